"""The words of the answer: one catalogue in two languages, quotes as they stand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from string import Formatter
from typing import Any, get_args

import pytest

from documents.metadata import display_title
from documents.parsing import parse_text
from documents.types import Defect, Department, Document, Reference, Status
from index.types import Hit, Ranks, SearchResult
from qa.answering import (
    Answer,
    by_document,
    compose,
    give_notices,
    judge_parts,
    list_parts,
    merge,
    point,
)
from qa.citations import cite
from qa.drafts import Draft, Reason
from qa.evidence import Evidence
from qa.forms import matter
from qa.outcome import Verdict
from qa.passages import Passage, take
from qa.phrases import TEXTS, join, list_departments, phrase
from qa.question import understand
from qa.types import Citation, Fact, Frame, Outcome
from tests.conftest import with_body
from tests.qa_library import make_evidence

DAY = date(2026, 1, 1)
LIBRARY: Mapping[str, Document] = {
    "plan": parse_text("吉林省某某方案\n一、支持充电站。\n二、支持换电站。\n", "plan"),
    "note": parse_text("《吉林省某某方案》政策解读\n一、方案支持充电站。\n", "note"),
}
QUESTIONS: dict[Frame, str] = {
    "zh": "充电站补贴",
    "zh-Hant": "充電站補貼",
    "en": "charging stations",
}
DEPARTMENTS = (
    Department("省能源局", "省能源局", "lead"),
    Department("省财政厅", "省财政厅", "support"),
    Department("省住建厅", "省住建厅", "support"),
)


def passage(document: str, path: str, library: Mapping[str, Document] = LIBRARY) -> Passage:
    clause = library[document].clause(path)
    return take(library[document], clause.start, clause.start + len(clause.text.rstrip()))


PASSAGES = (passage("plan", "一"), passage("note", "一"), passage("plan", "二"))


def evidence(item: Passage, nearness: float = 3.0) -> Evidence:
    span = (item.start, item.end)
    result = SearchResult(item.document.id, item.clause.path, 1.0, Ranks(1, 1))
    return Evidence(Hit(result, span, (span,), nearness), item, 1.0, {}, {})


def answer_of(
    passages: Sequence[Passage],
    outcome: Outcome = "answered",
    reason: Reason | None = None,
    *,
    question: str = QUESTIONS["zh"],
    found: Sequence[Evidence] = (),
    label: str | None = None,
    library: Mapping[str, Document] = LIBRARY,
) -> Answer:
    """Return the answer to a question about a matter, as the assistant makes it."""
    asked = understand(question)
    verdict = Verdict(outcome, tuple(map(evidence, passages)), reason, 0.5)
    return Answer(asked, matter.draft(asked, verdict, found, library), label=label)


def write(*answers: Answer, library: Mapping[str, Document] = LIBRARY) -> str:
    return compose(answers, cite(merge(answers), library, DAY))


# --- the catalogue


@pytest.mark.parametrize("name", list(TEXTS))
def test_both_languages_have_the_same_placeholders(name: str) -> None:
    chinese, english = TEXTS[name]
    fields = [
        {field for _, field, _, _ in Formatter().parse(t) if field} for t in (chinese, english)
    ]
    assert fields[0] == fields[1] and chinese != english
    # The language of each; a frame of punctuation has none.
    if re.search("[a-z]", re.sub(r"\{.*?\}", "", english)):
        assert re.search("[\u4e00-\u9fff]", re.sub(r"\{.*?\}", "", chinese))


@pytest.mark.parametrize("name", list(TEXTS))
def test_english_has_no_chinese_but_the_formula(name: str) -> None:
    assert not re.search("[\u4e00-\u9fff]", TEXTS[name][1].replace("(以原文为准)", ""))


def test_every_reason_outcome_status_and_department_role_has_its_text() -> None:
    names = {*get_args(Reason), *get_args(Outcome), "lead", "support", "responsible"}
    names |= {f"status_{status}" for status in get_args(Status)}
    assert names <= set(TEXTS)


def test_a_phrase_is_in_the_script_of_its_frame_and_its_values_as_they_stand() -> None:
    assert phrase("expired", "zh", title="《方案》") == "《方案》有效期已过。"
    traditional = phrase("expired", "zh-Hant", title="《汽车方案》")
    assert traditional == "《汽车方案》有效期已過。"
    assert phrase("expired", "en", title="《方案》") == "《方案》 has expired."


@pytest.mark.parametrize("value", ["{0}", "{x.__class__}", "{", "}", "%s", "{n}", "\\1"])
@pytest.mark.parametrize("frame", get_args(Frame))
def test_braces_in_a_value_are_text(value: str, frame: Frame) -> None:
    assert value in phrase("expired", frame, title=value)
    assert value in phrase("part", frame, name=value)


@pytest.mark.parametrize(
    ("frame", "joined"), [("zh", "甲、乙"), ("zh-Hant", "甲、乙"), ("en", "甲, 乙")]
)
def test_lists_are_joined_as_the_language_does(frame: Frame, joined: str) -> None:
    assert join(["甲", "乙"], frame) == joined


# --- one answer


@pytest.mark.parametrize("frame", get_args(Frame))
@pytest.mark.parametrize(
    ("outcome", "reason", "count"),
    [
        ("answered", None, 3),
        ("answered", None, 1),
        ("partial", "not_stated", 3),
        ("partial", "source_lost", 2),
        ("no_basis", "matter", 0),
        ("no_basis", "year", 0),
        ("no_basis", "place", 0),
        ("no_basis", "filters", 0),
        ("no_basis", "named", 0),
    ],
)
def test_answer_quotes_each_citation_by_its_number_and_ends_with_the_original(
    frame: Frame, outcome: Outcome, reason: Reason | None, count: int
) -> None:
    answer = answer_of(PASSAGES[:count], outcome, reason, question=QUESTIONS[frame])
    citations = cite(merge([answer]), LIBRARY, DAY)
    text = compose([answer], citations)
    assert sorted(map(int, re.findall(r"\[(\d+)\]", text))) == list(range(1, count + 1))
    for number, citation in enumerate(citations, 1):
        assert f"{citation.label} “{citation.quote}” [{number}]" in text
    assert text.endswith(phrase("prevails", frame))
    assert "{" not in text and "None" not in text
    if reason:
        places = {"places": "吉林省"} if reason == "place" else {}
        assert phrase(reason, frame, **places) in text


def test_refusal_says_what_the_library_holds() -> None:
    text = write(answer_of([], "no_basis", "place"))
    assert text.startswith("未检索到依据") and "（现有：吉林省）" in text
    assert "《吉林省某某方案》、《吉林省某某方案》政策解读。" in text


def test_citations_are_grouped_by_document_under_one_heading() -> None:
    citations = cite(PASSAGES, LIBRARY, DAY)
    assert [number for number, _ in by_document(citations)] == [1, 3, 2]
    text = write(answer_of(PASSAGES))
    assert text.index("[1]") < text.index("[3]") < text.index("[2]")
    assert text.count("《吉林省某某方案》\n") == 1


def test_heading_has_the_number_where_there_is_one() -> None:
    plan = LIBRARY["plan"]
    plan = replace(plan, metadata=replace(plan.metadata, number="吉政发〔2024〕1号"))
    library = {"plan": plan}
    text = write(answer_of([passage("plan", "一", library)], library=library), library=library)
    assert "《吉林省某某方案》（吉政发〔2024〕1号）\n" in text


def with_departments() -> Mapping[str, Document]:
    plan = LIBRARY["plan"]
    clauses = (replace(c, departments=DEPARTMENTS if c.path == "一" else ()) for c in plan.clauses)
    return {**LIBRARY, "plan": with_body(plan, clauses=tuple(clauses))}


def test_departments_are_listed_by_role() -> None:
    library = with_departments()
    cited = [passage("plan", "一", library)]
    text = write(answer_of(cited), library=library)
    assert "责任部门：牵头 省能源局；配合 省财政厅、省住建厅" in text
    english = write(answer_of(cited, question=QUESTIONS["en"]), library=library)
    assert "lead 省能源局；support 省财政厅、省住建厅" in english
    assert list_departments((), "zh") == ""


def test_who_is_responsible_is_said_first() -> None:
    library = with_departments()
    cited = [passage("plan", "二", library), passage("plan", "一", library)]
    text = write(answer_of(cited, question="充电站由谁负责"), library=library)
    assert text.split("\n\n")[1] == "牵头 省能源局；配合 省财政厅、省住建厅 [2]"


def test_a_yes_no_question_is_left_to_the_reader() -> None:
    assert write(answer_of(PASSAGES, question="充电站能建吗")).split("\n\n")[1] == phrase(
        "judge", "zh"
    )
    partial = write(answer_of(PASSAGES, "partial", "not_stated", question="充电站能建吗"))
    assert phrase("judge", "zh") not in partial


@pytest.mark.parametrize(
    ("question", "form"),
    [
        ("充电站有什么支持", "passages"),
        ("充电站多少座", "figure"),
        ("什么时候建充电站", "figure"),
        ("充电站由谁负责", "responsible"),
        ("什么是充电站", "definition"),
        ("充电站能建吗", "yes_no"),
        ("充电站怎么申请", "passages"),
    ],
)
def test_form_follows_what_is_asked(question: str, form: str) -> None:
    assert answer_of(PASSAGES, question=question).draft.form == form
    assert answer_of([], "no_basis", "matter", question=question).draft.form == "passages"


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        (Fact("figure", "100座", 4, 8), []),
        (Fact("figure", "100座", 4, 8, "goal", 2025), ["goal", "in_year"]),
        (Fact("ceiling", "最高50万元", 4, 8, "ceiling"), ["most"]),
        (Fact("figure", "100座", 4, 8, "present"), ["present"]),
    ],
)
def test_the_figure_is_said_first_with_what_it_is(fact: Fact, told: list[str]) -> None:
    items = [passage("plan", "一"), replace(passage("plan", "二"), figure=fact)]
    line = write(answer_of(items, question="充电站要建多少座")).split("\n\n")[1]
    what = [
        phrase(name, "zh", **({"year": fact.year} if name == "in_year" else {})) for name in told
    ]
    about = phrase("about", "zh", what=join(what, "zh")) if what else ""
    assert line == phrase("figure", "zh", text=fact.text, about=about) + " [2]"


def test_what_is_given_at_most_to_whom_and_until_when_is_listed_where_support_is_asked() -> None:
    plan = parse_text(
        "某某方案\n一、对符合条件的企业给予补贴，最高不超过50万元，2025年底前完成。\n", "plan"
    )
    library = {"plan": plan}
    item = passage("plan", "一", library)
    listed = write(answer_of([item], question="企业有什么支持", library=library), library=library)
    lines = listed.split("[1]\n")[1].split("\n\n")[0].splitlines()
    starts = [phrase(kind, "zh") for kind in ("ceiling", "condition", "deadline")]
    assert [line.split("：")[0] for line in lines] == starts
    for line in lines:
        for fact in re.findall("“(.*?)”", line):
            assert fact in item.quote
    other = write(answer_of([item], question="企业怎么办", library=library), library=library)
    assert starts[0] not in other


# --- nothing found


def test_refusal_names_the_nearest_clauses_which_are_no_citations() -> None:
    found = [evidence(item) for item in (*PASSAGES, PASSAGES[0])]
    answer = answer_of([], "no_basis", "matter", found=found)
    text = write(answer)
    assert answer.draft.nearest == PASSAGES
    listed = "《吉林省某某方案》一、；《吉林省某某方案》政策解读一、；《吉林省某某方案》二、"
    assert phrase("nearest", "zh", clauses=listed) in text
    assert "[" not in text and "“" not in text
    pointers = point(answer.draft.nearest)
    assert [(p.document, p.clause, p.label) for p in pointers] == [
        ("plan", "一", "一、"),
        ("note", "一", "一、"),
        ("plan", "二", "二、"),
    ]
    assert pointers[0].title == "吉林省某某方案"


@pytest.mark.parametrize(("nearness", "told"), [(5.0, True), (0.5, False)])
def test_the_office_of_the_field_is_named_where_something_is_near(
    nearness: float, told: bool
) -> None:
    library = with_departments()
    found = [evidence(passage("plan", "一", library), nearness)]
    text = write(answer_of([], "no_basis", "matter", found=found, library=library), library=library)
    assert (phrase("office", "zh", names="省能源局") in text) is told
    assert "省财政厅" not in text  # it only supports


# --- several


def test_merge_takes_the_best_of_each_then_the_next_and_none_twice() -> None:
    one, two, three = PASSAGES
    answers = [answer_of([one, two]), answer_of([three, one])]
    assert merge(answers) == [one, three, two]
    assert merge([]) == merge([answer_of([], "no_basis", "matter")]) == []


def test_parts_have_the_numbers_of_their_citations() -> None:
    one, two, three = PASSAGES
    answers = [
        answer_of([one, two]),
        answer_of([three, one], "partial", "not_stated", label="吉林"),
    ]
    citations = cite(merge(answers), LIBRARY, DAY)
    parts = list_parts(answers, citations)
    assert [part.citations for part in parts] == [(1, 3), (2, 1)]
    assert [(part.label, part.outcome) for part in parts] == [
        (None, "answered"),
        ("吉林", "partial"),
    ]
    # What is said beside titles and quotes.
    why = phrase("not_stated", "zh")
    assert [part.text for part in parts] == [
        phrase("answered", "zh", n=2),
        phrase("partial", "zh", n=2, why=why),
    ]


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (["answered"], "answered"),
        (["no_basis", "no_basis"], "no_basis"),
        (["answered", "answered"], "answered"),
        (["answered", "no_basis"], "partial"),
        (["partial", "partial"], "partial"),
        (["answered", "partial"], "partial"),
        (["no_basis", "partial"], "partial"),
    ],
)
def test_all_is_answered_only_where_every_part_is(
    outcomes: list[Outcome], expected: Outcome
) -> None:
    question = understand("充电站")
    assert judge_parts([Answer(question, Draft("passages", o)) for o in outcomes]) == expected


@pytest.mark.parametrize("frame", get_args(Frame))
def test_parts_are_told_under_their_names(frame: Frame) -> None:
    first = answer_of(PASSAGES[:1], question=QUESTIONS[frame], label="吉林")
    second = answer_of([], "no_basis", "matter", question=QUESTIONS[frame])
    text = write(first, second)
    names = [phrase("part", frame, name=name) for name in ("吉林", QUESTIONS[frame])]
    assert text.index(names[0]) < text.index("[1]") < text.index(names[1])
    assert text.count(phrase("prevails", frame)) == 1 and text.endswith(phrase("prevails", frame))
    assert names[0] not in write(first)


# --- notices


def notices(
    citations: Sequence[Citation],
    reason: Reason | None = None,
    *,
    question: str = QUESTIONS["zh"],
    library: Mapping[str, Document] = LIBRARY,
) -> list[tuple[str, str, str | None]]:
    passages = [passage(c.document, c.clause, library) for c in citations]
    outcome: Outcome = "partial" if reason else "answered"
    answer = answer_of(passages, outcome, reason, question=question, library=library)
    found = give_notices([answer], citations, library)
    return [(notice.code, notice.text, notice.document) for notice in found]


def cited(document: str, path: str, **values: Any) -> Citation:
    [citation] = cite([passage(document, path)], LIBRARY, DAY)
    return replace(citation, **values)


def test_text_in_force_needs_no_notice() -> None:
    assert notices([cited("plan", "一", status="in_force"), cited("plan", "二")]) == []


@pytest.mark.parametrize("status", ["repealed", "expired", "not_yet", "expiring"])
def test_validity_is_told_once_for_each_document(status: str) -> None:
    citations = [cited("plan", "一", status=status), cited("plan", "二", status=status)]
    [(code, text, document)] = notices(citations)
    assert (code, document) == (status, "plan") and text.startswith("《吉林省某某方案》")


def test_what_repealed_a_document_is_named() -> None:
    plan, note = LIBRARY["plan"], LIBRARY["note"]
    repeals = (Reference(plan.metadata.title, None),)
    library = {**LIBRARY, "note": replace(note, metadata=replace(note.metadata, repeals=repeals))}
    [(code, text, document)] = notices([cited("plan", "一", status="repealed")], library=library)
    assert (code, document) == ("repealed", "plan")
    assert text == "《吉林省某某方案》已被《吉林省某某方案》政策解读废止。"


def test_explanation_is_told_from_the_act() -> None:
    [(code, text, document)] = notices([cited("note", "一")])
    assert (code, document) == ("secondary", "note")
    assert text == "《吉林省某某方案》政策解读是对政策文件的解读，不是文件本身。"


def test_reason_names_the_first_clause() -> None:
    answer = answer_of([PASSAGES[2], PASSAGES[0]], "partial", "source_lost")
    [notice] = give_notices([answer], cite(merge([answer]), LIBRARY, DAY), LIBRARY)
    assert (notice.code, notice.document, notice.clause) == ("source_lost", "plan", "二")
    refused = answer_of([], "no_basis", "matter")
    [notice] = give_notices([refused], [], LIBRARY)
    assert (notice.code, notice.document, notice.clause) == ("matter", None, None)


def test_each_part_tells_its_reason_and_the_same_is_told_once() -> None:
    refused = answer_of([], "no_basis", "matter")
    lost = answer_of([PASSAGES[0]], "partial", "source_lost")
    found = give_notices([refused, lost, refused], cite(merge([lost]), LIBRARY, DAY), LIBRARY)
    assert [notice.code for notice in found] == ["matter", "source_lost"]


@pytest.mark.parametrize("frame", get_args(Frame))
def test_notices_are_in_the_language_and_script_of_the_question(frame: Frame) -> None:
    [(_, text, _)] = notices([cited("plan", "一", status="expired")], question=QUESTIONS[frame])
    expected = {"zh": "有效期已过。", "zh-Hant": "有效期已過。", "en": " has expired."}
    assert text == "《吉林省某某方案》" + expected[frame]


def test_what_is_damaged_and_what_was_hardly_legible_are_told_apart() -> None:
    plan = LIBRARY["plan"]
    citation = cited("plan", "一")
    start = citation.start
    doubts = (
        Defect("ocr_doubt", plan.clean[start : start + 2], start, start + 2),
        Defect("mojibake", plan.clean[start + 3 : start + 4], start + 3, start + 4),
    )
    clauses = tuple(replace(c, defects=doubts) if c.path == "一" else c for c in plan.clauses)
    library = {**LIBRARY, "plan": with_body(plan, clauses=clauses)}
    found = notices([citation], library=library)
    assert [code for code, _, _ in found] == ["doubtful", "damaged"]
    assert "识别存疑" in found[0][1] and "残缺" in found[1][1]


@pytest.mark.parametrize(
    ("title", "expected"), [("某某方案", "《某某方案》"), ("《某某方案》解读", "《某某方案》解读")]
)
def test_title_is_in_brackets_once(title: str, expected: str) -> None:
    assert display_title(title) == expected


def test_a_document_without_title_is_called_by_its_id() -> None:
    item = make_evidence(id="untitled")
    library = {"untitled": item.passage.document}
    assert "\n\n《untitled》\n\n" in write(
        answer_of([item.passage], library=library), library=library
    )

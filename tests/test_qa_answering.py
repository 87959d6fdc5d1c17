"""The words of the answer: one catalogue in two languages, quotes as they stand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from string import Formatter
from typing import Any, get_args

import pytest

from documents.metadata import display_title
from documents.parsing import parse_text
from documents.types import Defect, Department, Document
from qa import answering
from qa.answering import by_document, compose, give_notices, phrase
from qa.outcome import Reason, Verdict
from qa.question import understand
from qa.types import Citation, Language, Outcome

LIBRARY: Mapping[str, Document] = {
    "plan": parse_text("吉林省某某方案\n一、支持充电站。\n二、支持换电站。\n", "plan"),
    "note": parse_text("《吉林省某某方案》政策解读\n一、方案支持充电站。\n", "note"),
}


def make(document: str, clause: str, **values: Any) -> Citation:
    text = LIBRARY[document]
    start, end = text.clause(clause).start, text.clause(clause).end
    fields: dict[str, Any] = {
        "document": document,
        "clause": clause,
        "title": text.metadata.title or document,
        "number": None,
        "label": f"{clause}、",
        "quote": text.clean[start:end],
        "start": start,
        "end": end,
        "source_start": start,
        "source_end": end,
        "status": "in_force",
        "departments": (),
        "score": 1.0,
    }
    return Citation(**{**fields, **values})


CITATIONS = [make("plan", "一"), make("note", "一"), make("plan", "二")]
QUESTIONS: dict[Language, str] = {"zh": "充电站补贴", "en": "charging stations"}


def answer(
    language: Language, outcome: Outcome, reason: Reason | None, citations: list[Citation]
) -> str:
    question = understand(QUESTIONS[language])
    return compose(question, Verdict(outcome, (), reason), citations, LIBRARY)


@pytest.mark.parametrize("name", list(answering._TEXTS))
def test_both_languages_have_the_same_placeholders(name: str) -> None:
    chinese, english = answering._TEXTS[name]
    fields = [
        {field for _, field, _, _ in Formatter().parse(t) if field} for t in (chinese, english)
    ]
    assert fields[0] == fields[1]
    assert re.search("[\u4e00-\u9fff]", chinese) and chinese != english


def test_every_reason_outcome_and_department_role_has_its_text() -> None:
    names = {*get_args(Reason), *get_args(Outcome), "lead", "support", "responsible"}
    assert names <= set(answering._TEXTS)


@pytest.mark.parametrize("language", ["zh", "en"])
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
    ],
)
def test_answer_quotes_each_citation_by_its_number_and_ends_with_the_original(
    language: Language, outcome: Outcome, reason: Reason | None, count: int
) -> None:
    citations = CITATIONS[:count]
    text = answer(language, outcome, reason, citations)
    assert sorted(map(int, re.findall(r"\[(\d+)\]", text))) == list(range(1, count + 1))
    for number, citation in enumerate(citations, 1):
        assert f"{citation.label} “{citation.quote}” [{number}]" in text
    assert text.endswith({"zh": "以原文为准。", "en": "(以原文为准)."}[language])
    assert "{" not in text and "None" not in text
    if reason:
        places = {"places": "吉林省"} if reason == "place" else {}
        assert phrase(reason, language, **places) in text


def test_refusal_says_what_the_library_holds() -> None:
    text = answer("zh", "no_basis", "place", [])
    assert text.startswith("未检索到依据") and "（现有：吉林省）" in text
    assert "《吉林省某某方案》、《吉林省某某方案》政策解读。" in text


def test_citations_are_grouped_by_document_under_one_heading() -> None:
    assert [number for number, _ in by_document(CITATIONS)] == [1, 3, 2]
    text = answer("zh", "answered", None, CITATIONS)
    assert text.index("[1]") < text.index("[3]") < text.index("[2]")
    assert text.count("《吉林省某某方案》\n") == 1


def test_heading_has_the_number_where_there_is_one() -> None:
    text = answer("zh", "answered", None, [make("plan", "一", number="吉政发〔2024〕1号")])
    assert "《吉林省某某方案》（吉政发〔2024〕1号）\n" in text


def test_departments_are_listed_by_role() -> None:
    departments = (
        Department("省能源局", "省能源局", "lead"),
        Department("省财政厅", "省财政厅", "support"),
        Department("省住建厅", "省住建厅", "support"),
    )
    cited = [make("plan", "一", departments=departments)]
    assert "责任部门：牵头 省能源局；配合 省财政厅、省住建厅" in answer(
        "zh", "answered", None, cited
    )
    assert "lead 省能源局；support 省财政厅、省住建厅" in answer("en", "answered", None, cited)


@pytest.mark.parametrize(
    ("title", "expected"), [("某某方案", "《某某方案》"), ("《某某方案》解读", "《某某方案》解读")]
)
def test_title_is_in_brackets_once(title: str, expected: str) -> None:
    assert display_title(title) == expected


# --- notices


def notices(
    citations: list[Citation], reason: Reason | None = None, language: Language = "zh"
) -> list[tuple[str, str, str | None]]:
    verdict = Verdict("partial" if reason else "answered", (), reason)
    found = give_notices(understand(QUESTIONS[language]), verdict, citations, LIBRARY)
    return [(notice.code, notice.text, notice.document) for notice in found]


def test_text_in_force_needs_no_notice() -> None:
    assert notices([make("plan", "一"), make("plan", "二", status="unknown")]) == []


@pytest.mark.parametrize("status", ["repealed", "expired", "not_yet", "expiring"])
def test_validity_is_told_once_for_each_document(status: str) -> None:
    cited = [make("plan", "一", status=status), make("plan", "二", status=status)]
    [(code, text, document)] = notices(cited)
    assert (code, document) == (status, "plan") and text.startswith("《吉林省某某方案》")


def test_explanation_is_told_from_the_act() -> None:
    [(code, text, document)] = notices([make("note", "一")])
    assert (code, document) == ("secondary", "note")
    assert text == "《吉林省某某方案》政策解读是对政策文件的解读，不是文件本身。"


def test_reason_names_the_first_clause() -> None:
    question, verdict = understand("充电站补贴多少"), Verdict("partial", (), "source_lost")
    [notice] = give_notices(question, verdict, [make("plan", "二"), make("plan", "一")], LIBRARY)
    assert (notice.code, notice.document, notice.clause) == ("source_lost", "plan", "二")
    [(code, _, document)] = notices([], "matter")
    assert (code, document) == ("matter", None)


def test_notices_are_in_the_language_of_the_question() -> None:
    [(_, text, _)] = notices([make("plan", "一", status="expired")], language="en")
    assert text == "《吉林省某某方案》 has expired."


def test_what_is_damaged_and_what_was_hardly_legible_are_told_apart() -> None:
    plan = LIBRARY["plan"]
    cited = make("plan", "一")
    start = cited.start
    doubts = (
        Defect("ocr_doubt", plan.clean[start : start + 2], start, start + 2),
        Defect("mojibake", plan.clean[start + 3 : start + 4], start + 3, start + 4),
    )
    clauses = tuple(replace(c, defects=doubts) if c.path == "一" else c for c in plan.clauses)
    library = {**LIBRARY, "plan": replace(plan, clauses=clauses)}
    found = give_notices(
        understand(QUESTIONS["zh"]), Verdict("answered", (), None), [cited], library
    )
    assert [notice.code for notice in found] == ["doubtful", "damaged"]
    assert "识别存疑" in found[0].text and "残缺" in found[1].text

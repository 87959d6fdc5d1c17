"""The whole pipeline over the samples: deterministic, verbatim, and never a traceback."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.metadata import display_title
from documents.normalization import has_han, is_traditional, match_form
from index.filters import read_filters
from index.units import unit_of
from qa.assistant import EVIDENCE_DEPTH, PolicyAssistant
from qa.errors import RequestError
from qa.gate import Source
from qa.labels import format_title
from qa.phrases import phrase
from qa.question import frame_of
from qa.reply import MAX_REPLY
from qa.schema import write_response
from qa.types import Language, Request, Response
from tests.qa_library import build_assistant, sample_assistant

DAY = date(2026, 1, 1)
# Results among which all that an answer rests on must be, whichever of four parts it is for.
MOST = 4 * EVIDENCE_DEPTH
QUESTIONS = [
    "充电站建设有什么支持？",
    "what support exists for charging stations",
    "首台套装备的奖励最高多少",
    "零部件产业集群由谁牵头",
    "行动方案什么时候到期",
    "今天天气怎么样",
    "深圳的充电桩补贴是多少",
    "吉林和安徽的产业集群有什么不同",
    "充电站建设有什么支持？首台套装备的奖励最高多少？",
    "零部件產業集群有什麼支持",
]


@pytest.fixture(scope="module")
def assistant() -> PolicyAssistant:
    return sample_assistant()


class Mute:
    """A language model that must not be asked."""

    def generate(self, question: str, sources: Sequence[Source], language: Language) -> Any:
        raise AssertionError(question)

    def translate(self, quote: str) -> Any:
        raise AssertionError(quote)


@pytest.mark.parametrize("question", QUESTIONS[:2])
def test_a_language_model_can_be_left_out(assistant: PolicyAssistant, question: str) -> None:
    response = PolicyAssistant(assistant.index, Mute()).ask(question, composing=False)
    assert response.generated is None
    assert response == dataclasses.replace(assistant.ask(question), timings_ms=response.timings_ms)


@pytest.mark.parametrize(
    "question", ["充电站建设有什么支持？首台套装备的奖励最高多少？", "有哪些文件？"]
)
def test_times_of_the_stages_make_up_the_whole(assistant: PolicyAssistant, question: str) -> None:
    times = assistant.ask(question).timings_ms
    assert list(times) == ["total", "encode", "lexical", "dense", "rank", "answer"]
    assert sum(times.values()) == pytest.approx(2 * times["total"], abs=0.01)
    assert all(time >= 0 for time in times.values()) and times["answer"] > 0
    searched = [times[stage] for stage in ("encode", "lexical", "dense", "rank")]
    assert all(time > 0 for time in searched) or not any(searched)


def written(assistant: PolicyAssistant, question: str) -> str:
    obj: dict[str, Any] = write_response(assistant.ask(Request(question, as_of=DAY)))
    assert obj.pop("timings_ms")["total"] >= 0
    return json.dumps(obj, ensure_ascii=False)


def check(assistant: PolicyAssistant, response: Response) -> None:
    """Check what must hold for any answer to a request for as many results as there is evidence."""
    assert (response.outcome == "no_basis") == (not response.citations)
    assert response.confidence is not None and 0 <= response.confidence <= 1
    units = {(result.document, result.clause) for result in response.results}
    for number, citation in enumerate(response.citations, 1):
        document = assistant.index.documents[citation.document]
        clause = document.clause(citation.clause)
        assert citation.quote == document.clean[citation.start : citation.end] != ""
        assert clause.start <= citation.start < citation.end <= clause.end
        # What was looked up and not searched for has no score.
        assert not citation.score or (document.id, unit_of(document, clause.path)) in units
        assert f"“{citation.quote}” [{number}]" in response.answer
        assert 0 <= citation.source_start < citation.source_end <= len(document.source)
    assert f"[{len(response.citations) + 1}]" not in response.answer
    frame = frame_of(response.question)
    assert response.answer.endswith(phrase("prevails", frame))
    assert response.reply.endswith(phrase("prevails", frame)) and len(response.reply) <= MAX_REPLY
    cited = [number for part in response.parts for number in part.citations]
    assert set(cited) == set(range(1, len(response.citations) + 1))
    assert not (response.citations and response.nearest)


# --- deterministic


def test_two_assistants_answer_alike_to_the_byte(assistant: PolicyAssistant) -> None:
    other = build_assistant()
    for question in QUESTIONS:
        assert written(assistant, question) == written(other, question)


def test_questions_do_not_disturb_each_other(assistant: PolicyAssistant) -> None:
    before = [written(assistant, question) for question in QUESTIONS]
    assert [written(assistant, question) for question in reversed(QUESTIONS)] == before[::-1]


# --- any text


@pytest.mark.parametrize("question", QUESTIONS)
def test_answers_keep_their_promises(question: str, assistant: PolicyAssistant) -> None:
    check(assistant, assistant.ask(Request(question, k=MOST)))
    assert len(assistant.ask(question).results) == 10


POLICY_WORDS = st.sampled_from(
    "充电站 建设 支持 补贴 多少 吉林 安徽 深圳 2025年 由谁负责 什么时候 新能源汽车 產業 [1] 《》 “ { } "
    "charging stations Jilin who \u202e \x00 🚗 %s ' ; --".split(" ")
)


@given(st.text(max_size=60) | st.lists(POLICY_WORDS, max_size=8).map(" ".join))
def test_any_text_is_refused_or_answered_verbatim(text: str) -> None:
    assistant = sample_assistant()
    try:
        response = assistant.ask(Request(text, k=MOST))
    except RequestError as error:
        assert error.code == "empty_question"
        return
    check(assistant, response)


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("充电站" * 33_334, "question_too_long"),
        ("", "empty_question"),
        (" \t\n", "empty_question"),
        ("？！……——", "empty_question"),
        ("\x00\x07\x1b", "empty_question"),
        ("\u202e\u200f\u200b", "empty_question"),
        ("🚗🔌", "empty_question"),
        ("充电\ud83d", "not_text"),
    ],
)
def test_what_is_no_question_is_refused(
    question: str, code: str, assistant: PolicyAssistant
) -> None:
    with pytest.raises(RequestError) as caught:
        assistant.ask(question)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "question",
    [
        "充电站\x00\x1b[31m建设",
        "\u202e充电站建设\u202c",
        "🚗充电站🔌建设",
        "'; DROP TABLE clauses; -- 充电站建设",
        "<script>alert(1)</script>充电站建设",
        "{why} {} %s 充电站建设",
        "充电站建设" * 300,
    ],
)
def test_odd_text_around_a_question_is_no_obstacle(
    question: str, assistant: PolicyAssistant
) -> None:
    response = assistant.ask(Request(question, k=MOST))
    check(assistant, response)
    assert response.question == question and response.results


# --- what the request asks for


def test_response_repeats_the_request(assistant: PolicyAssistant) -> None:
    response = assistant.ask(Request("充电站建设", id="q1", as_of=DAY, k=3))
    assert (response.id, response.as_of, len(response.results)) == ("q1", DAY, 3)
    assert response.index == assistant.index.fingerprint
    assert assistant.ask("充电站建设").as_of == date.today()


def test_how_many_results_are_asked_for_changes_no_answer(assistant: PolicyAssistant) -> None:
    few, many = (assistant.ask(Request("零部件产业集群有什么支持", k=k)) for k in (1, 100))
    assert len(few.results) == 1 and len(many.results) == 100
    assert few.citations == many.citations and len(few.citations) > 1


def test_filters_that_leave_nothing_are_named(assistant: PolicyAssistant) -> None:
    filters = read_filters({"kind": "命令"})
    response = assistant.ask(Request("充电站建设有什么支持？", filters=filters))
    assert (response.outcome, response.notices[0].code) == ("no_basis", "filters")


def test_filters_limit_results_and_citations(assistant: PolicyAssistant) -> None:
    filters = read_filters({"document": "jilin-nev-action-plan-2024"})
    response = assistant.ask(Request("充电站建设", filters=filters))
    assert {result.document for result in response.results} == {"jilin-nev-action-plan-2024"}
    check(assistant, response)


def test_filter_and_place_of_the_question_both_hold(assistant: PolicyAssistant) -> None:
    filters = read_filters({"document": "anhui-manufacturing-clusters"})
    response = assistant.ask(Request("吉林省充电站建设", filters=filters))
    assert response.results == () and response.outcome == "no_basis"


def test_place_of_the_question_limits_results(assistant: PolicyAssistant) -> None:
    response = assistant.ask("安徽产业集群")
    assert {result.document for result in response.results} == {"anhui-manufacturing-clusters"}


@pytest.mark.parametrize("question", ["被辞退了，老板欠工资", "今天天气怎么样", "被辞退 dismissed"])
def test_expansions_are_what_was_searched(question: str, assistant: PolicyAssistant) -> None:
    pairs = [(e.source, e.target) for e in assistant.ask(question).expansions]
    assert pairs == list(assistant.index.expansions(question))


def test_expansions_of_an_english_question_are_the_forms_it_cites_each_once(
    assistant: PolicyAssistant,
) -> None:
    response = assistant.ask("support for auto parts industrial clusters")
    pairs = [(e.source, e.target) for e in response.expansions]
    assert response.citations and ("auto parts", "零部件") in pairs
    assert len(pairs) == len(set(pairs))
    cited = {assistant.index.documents[c.document].clean for c in response.citations}
    assert all(any(target in match_form(text) for text in cited) for _, target in pairs)


def test_place_outside_the_library_is_refused_by_reason(assistant: PolicyAssistant) -> None:
    response = assistant.ask("深圳的充电桩补贴是多少")
    assert (response.outcome, response.citations) == ("no_basis", ())
    assert [notice.code for notice in response.notices] == ["place"]


def test_follow_up_is_understood_as_a_whole_question(assistant: PolicyAssistant) -> None:
    response = assistant.ask(Request("那吉林呢？", history=("安徽的产业集群目标是什么？",)))
    assert response.understood_as == "吉林的产业集群目标是什么？"
    assert response.question == "那吉林呢？"
    assert {r.document[:5] for r in response.results} == {"jilin"}
    whole = assistant.ask(response.understood_as)
    assert whole.understood_as is None and whole.citations == response.citations


def test_filter_by_status_is_of_the_day_asked_about(assistant: PolicyAssistant) -> None:
    filters = read_filters({"document": "jilin-nev-action-plan-2024", "status": "in_force"})
    for day, listed in ((DAY, True), (date(2030, 1, 1), False)):
        response = assistant.ask(Request("充电站建设", filters=filters, as_of=day))
        assert bool(response.results) is listed


def test_figure_that_the_source_lost_is_told(assistant: PolicyAssistant) -> None:
    response = assistant.ask("首台套装备的奖励最高多少")
    assert response.outcome == "partial"
    [notice] = [notice for notice in response.notices if notice.code == "source_lost"]
    assert (notice.document, notice.clause) == (
        response.citations[0].document,
        response.citations[0].clause,
    )


def test_status_is_that_of_the_day(assistant: PolicyAssistant) -> None:
    filters = read_filters({"document": "jilin-nev-action-plan-2024"})
    request = Request("充电站建设", filters=filters, as_of=DAY)
    assert {c.status for c in assistant.ask(request).citations} == {"in_force"}
    later = assistant.ask(dataclasses.replace(request, as_of=date(2030, 1, 1)))
    assert {c.status for c in later.citations} == {"expired"}
    assert "expired" in [notice.code for notice in later.notices]


NUMBER = "吉政办发(2024)9号"


@pytest.mark.parametrize(
    ("question", "outcome", "clause"),
    [
        (NUMBER, "answered", "首"),
        (f"{NUMBER}的主要内容是什么", "answered", "首"),
        (f"{NUMBER}有效期到什么时候", "answered", "尾"),
        ("皖政办秘〔2023〕55号有效期多久", "partial", "首"),
    ],
)
def test_a_document_asked_about_by_its_number(
    question: str, outcome: str, clause: str, assistant: PolicyAssistant
) -> None:
    response = assistant.ask(question)
    assert (response.outcome, response.citations[0].clause) == (outcome, clause)
    assert len({citation.document for citation in response.citations}) == 1
    check(assistant, response)


@pytest.mark.parametrize(
    ("question", "outcome", "clauses"),
    [
        (f"{NUMBER}第13条", "answered", ["一/（五）/13"]),
        ("吉林新能源汽车行动方案第十三条说什么", "answered", ["一/（五）/13"]),
        ("吉林省第50条的内容", "answered", ["四/（十）/50"]),
        ("安徽的若干措施第（十一）条", "answered", ["四/（十一）"]),
        ("安徽指导意见第五部分", "answered", ["五"]),
        ("某某办法第五十条", "no_basis", []),
        ("吉林新能源汽车行动方案第99条", "no_basis", []),
        ("第十二条说什么", "no_basis", []),
        ("民法典第一条", "no_basis", []),
        ("劳动法第三十六条说了什么", "no_basis", []),
        ("汽车产业促进条例第3条有什么支持", "no_basis", []),
    ],
)
def test_a_clause_asked_about_by_its_number(
    question: str, outcome: str, clauses: list[str], assistant: PolicyAssistant
) -> None:
    response = assistant.ask(question)
    assert (response.outcome, sorted(c.clause for c in response.citations)) == (outcome, clauses)
    check(assistant, response)


def test_a_number_limits_the_answer_to_its_document(assistant: PolicyAssistant) -> None:
    response = assistant.ask(f"{NUMBER} 充电桩目标")
    assert {result.document for result in response.results} == {"jilin-nev-action-plan-2024"}


@pytest.mark.parametrize(
    "question", ["国办发〔2020〕1号讲什么", "国办发〔2020〕1号对充电站有什么支持"]
)
def test_a_number_that_nothing_names_is_refused(question: str, assistant: PolicyAssistant) -> None:
    response = assistant.ask(question)
    assert (response.outcome, response.notices[0].code) == ("no_basis", "named")


# --- several questions in one, and sides of a comparison


def test_two_questions_in_one_are_answered_apart(assistant: PolicyAssistant) -> None:
    first, second = "充电站建设有什么支持？", "首台套装备的奖励最高多少？"
    response = assistant.ask(Request(first + second, k=MOST))
    check(assistant, response)
    alone = [assistant.ask(question) for question in (first, second)]
    assert [part.question for part in response.parts] == [first, second]
    assert [part.outcome for part in response.parts] == [a.outcome for a in alone]
    for part, single in zip(response.parts, alone, strict=True):
        cited = {response.citations[number - 1] for number in part.citations}
        assert cited == set(single.citations)
    assert response.outcome == "partial"  # the source lost the second one's figure
    assert response.confidence == min(a.confidence for a in alone if a.confidence is not None)
    assert f"【{first}】" in response.answer and f"【{second}】" in response.answer


def test_the_same_clause_for_two_questions_is_cited_once(assistant: PolicyAssistant) -> None:
    response = assistant.ask("充电站建设有什么支持？充电站建设有哪些措施？")
    assert len(response.parts) == 2 and len(set(response.citations)) == len(response.citations)
    assert response.parts[0].citations == response.parts[1].citations != ()


def test_sides_of_a_comparison_are_answered_from_their_own_documents(
    assistant: PolicyAssistant,
) -> None:
    response = assistant.ask(Request("吉林和安徽的产业集群有什么不同", k=MOST))
    check(assistant, response)
    assert [part.label for part in response.parts] == ["吉林", "安徽"]
    for part, place in zip(response.parts, ("jilin", "anhui"), strict=True):
        assert part.outcome == "answered" and part.citations
        assert all(response.citations[n - 1].document.startswith(place) for n in part.citations)
    assert {r.document.split("-")[0] for r in response.results[:2]} == {"jilin", "anhui"}


def test_a_side_without_documents_is_told_and_the_other_answered(
    assistant: PolicyAssistant,
) -> None:
    response = assistant.ask("安徽和深圳的产业集群政策有什么不同")
    assert [(p.label, p.outcome) for p in response.parts] == [
        ("安徽", "answered"),
        ("深圳", "no_basis"),
    ]
    assert response.outcome == "partial" and response.citations
    assert "place" in [notice.code for notice in response.notices]


# --- what is said around the quotes


def test_a_traditional_question_is_answered_in_traditional_words_around_the_quotes(
    assistant: PolicyAssistant,
) -> None:
    response = assistant.ask("零部件产业集群有什麼支持")
    assert (response.outcome, response.language) == ("answered", "zh")
    quoted = [citation.quote for citation in response.citations]
    titles = {format_title(c.title, c.number) for c in response.citations}
    own = [
        paragraph
        for paragraph in response.answer.split("\n\n")
        if paragraph not in titles and not any(quote in paragraph for quote in quoted)
    ]
    assert own == [phrase("answered", "zh-Hant", n=len(quoted)), phrase("prevails", "zh-Hant")]
    assert phrase("prevails", "zh-Hant") != phrase("prevails", "zh")
    # They stand in the script of their documents.
    assert {is_traditional(quote) for quote in quoted} == {True, False}
    for number, quote in enumerate(quoted, 1):
        assert f"“{quote}” [{number}]" in response.answer
    title = next(
        c.title for c in response.citations if c.document == "chongqing-auto-parts-explainer"
    )
    [notice] = [notice for notice in response.notices if notice.code == "secondary"]
    assert notice.text == phrase("secondary", "zh-Hant", title=display_title(title))
    assert title in notice.text and notice.text != phrase("secondary", "zh", title=title)


def test_an_english_question_is_answered_in_english_around_the_quotes(
    assistant: PolicyAssistant,
) -> None:
    response = assistant.ask("what support is there for auto parts industrial clusters")
    assert (response.outcome, response.language) == ("answered", "en")
    names = [format_title(c.title, c.number) for c in response.citations]
    names += [c.quote for c in response.citations] + [c.label for c in response.citations]
    names += [d.name for c in response.citations for d in c.departments]
    # The reply may say a part of a long title.
    text = response.answer + re.sub("Basis: .*?(?=,| and others)", "", response.reply)
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "")
    text = re.sub("“.*?”", "", text).replace("(以原文为准)", "")
    assert not has_han(text)


def test_a_refusal_points_to_what_came_nearest_and_cites_nothing(
    assistant: PolicyAssistant,
) -> None:
    response = assistant.ask("今天天气怎么样")
    assert (response.outcome, response.citations) == ("no_basis", ())
    assert 0 < len(response.nearest) <= 3
    for pointer in response.nearest:
        document = assistant.index.documents[pointer.document]
        assert document.clause(pointer.clause) and pointer.title == document.metadata.title
        assert pointer.label in response.answer
    assert "[1]" not in response.answer


def test_answers_from_structure_keep_to_the_filters(assistant: PolicyAssistant) -> None:
    question = "吉政办发〔2024〕9号第13条"
    [cited] = assistant.ask(question).citations
    assert cited.document == "jilin-nev-action-plan-2024"
    elsewhere = read_filters({"region": "安徽省"})
    documents = {c.document for c in assistant.ask(Request(question, filters=elsewhere)).citations}
    assert cited.document not in documents
    listed = assistant.ask(Request("有哪些文件", filters=elsewhere))
    assert (
        "吉林省新能源和智能网联汽车产业高质量发展行动方案" not in listed.answer.split("现有文档")[0]
    )

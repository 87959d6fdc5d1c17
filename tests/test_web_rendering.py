"""What the page is made of: escaping, highlighting, citations, lists, languages."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import UTC, date, datetime
from html import unescape
from itertools import pairwise
from typing import get_args
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.types import Metadata
from qa.excerpts import choose_excerpt, find_matches, merge_spans
from qa.log import Reason
from qa.phrases import phrase
from qa.search import EXCERPT_LENGTH, search
from qa.types import Frame, Language, Notice, Request, Response
from qa.web.asking.answers import (
    Circumstances,
    end_with_original,
    format_copy,
    render_answer,
    render_notices,
    render_response,
    split_answer,
)
from qa.web.asking.citations import CITATIONS_SHOWN
from qa.web.asking.filter_bar import MOST_VALUES, render_filters
from qa.web.asking.results import render_search
from qa.web.asking.thread import Turn, render_thread
from qa.web.facets import Count
from qa.web.highlighting import Span, render_text
from qa.web.messages import render_message
from qa.web.places import Place, make_link
from qa.web.reading.body import render_body
from qa.web.reading.pane import render_alone, render_pane
from qa.web.texts import CHINESE, ENGLISH, TEXTS, Texts, choose_language, choose_line, format_date
from tests.conftest import with_body
from tests.web_library import HOSTILE, OPINION, PLAN, StubAssistant, StubIndex, build_document
from tests.web_reader import Reader

LIBRARY = StubIndex().documents
TEXT = st.text(st.sampled_from("充电站<>&\"'\n a1。"), max_size=40)


def ask(question: str = "充电站建设有什么支持？") -> Response:
    return StubAssistant().ask(Request(question))


# ---- highlighting --------------------------------------------------------------------------------


@given(TEXT, st.data())
def test_marks_are_exactly_their_spans_however_others_cut_them(
    text: str, data: st.DataObject
) -> None:
    bounds = st.integers(0, len(text))
    start, end = sorted((data.draw(bounds), data.draw(bounds)))
    left, right = sorted((data.draw(bounds), data.draw(bounds)))
    spans = [Span(left, right, "b"), Span(start, end, "mark", 'class="quote"')]
    reader = Reader(render_text(text, 0, len(text), spans))
    assert reader.text == text
    assert reader.marked == text[start:end]
    assert set(reader.tags) <= {"b", "mark"}


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)).map(sorted).map(tuple)))
def test_merged_spans_are_disjoint_and_cover_the_same(spans: list[tuple[int, int]]) -> None:
    merged = merge_spans(spans)
    assert {i for s in merged for i in range(*s)} == {i for s in spans for i in range(*s)}
    assert all(a[1] < b[0] for a, b in pairwise(merged))


def test_matches_are_pairs_of_characters_and_whole_latin_words() -> None:
    text = "推广充电站，5G-V2X 试点；电站。"
    found = [text[start:end] for start, end in find_matches(text, "充电站 v2x 广")]
    assert found == ["充电站", "V2X", "电站"]
    assert find_matches("İ充电", "充电") == []  # lower case would shift the offsets


@given(st.text("充电站Aa1 c，", max_size=30), st.text("充电站aA1 c，", max_size=12))
def test_matches_are_the_runs_and_pairs_of_the_question_wherever_they_stand(
    text: str, question: str
) -> None:
    runs = re.findall(r"[0-9a-z]+|[充电站]+", question.lower())
    words = [run for run in runs if run.isascii() and len(run) > 1]
    words += [run[i : i + 2] for run in runs if not run.isascii() for i in range(len(run) - 1)]
    marked = {
        place
        for word in words
        for start in range(len(text))
        if text.lower().startswith(word, start)
        for place in range(start, start + len(word))
    }
    assert {p for span in find_matches(text, question) for p in range(*span)} == marked


def test_an_excerpt_begins_at_the_sentence_with_the_most_matches() -> None:
    text = "前" * 50 + "。" + "充电站建设" * 3 + "。" + "后" * 50
    marked = find_matches(text, "充电站")
    assert choose_excerpt(text, [(0, len(text))], marked, 20) == (51, 71)
    assert choose_excerpt(text, [(10, 40)], marked, 20) == (10, 30)


# ---- the document --------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 3), TEXT), min_size=1, max_size=6), st.data())
def test_a_body_holds_the_whole_text_and_marks_exactly_the_quote(
    parts: list[tuple[int, str]], data: st.DataObject
) -> None:
    lines = [
        (level, "clause" if level else "front", f"{number}." if level else None, None, text)
        for number, (level, text) in enumerate(parts)
    ]
    document = build_document("x", Metadata(), lines)
    bounds = st.integers(0, len(document.clean))
    start, end = sorted((data.draw(bounds), data.draw(bounds)))
    reader = Reader(render_body(document, CHINESE, Place(None, start, end)))
    assert reader.text == document.clean
    assert reader.marked == document.clean[start:end]


def test_a_body_shows_what_no_clause_covers() -> None:
    plan = LIBRARY[PLAN]
    document = with_body(plan, clauses=(plan.clauses[3], plan.clauses[-1]))
    assert Reader(render_body(document, CHINESE)).text == plan.clean


def test_a_citation_is_highlighted_where_it_stands() -> None:
    for citation in ask().citations:
        document = LIBRARY[citation.document]
        place = Place(citation.clause, citation.start, citation.end)
        html = render_pane(document, "in_force", CHINESE, place)
        assert Reader(html).marked == citation.quote
        assert html.count(" chosen") == 1


def test_offsets_from_an_address_cannot_break_the_body() -> None:
    document = LIBRARY[PLAN]
    for place in (Place("x", -5, 10**9), Place(None, 9, 3), Place(None, 3, None)):
        assert Reader(render_body(document, CHINESE, place)).text == document.clean


def test_damage_is_marked_and_explained_but_not_repaired() -> None:
    html = render_pane(LIBRARY[PLAN], "in_force", CHINESE)
    assert 'title="原文缺损：数字缺失"' in html
    assert "最高<span" in html and ">不超过万元</span>" in html
    assert "原文有 1 处缺损" in html


@pytest.mark.parametrize("texts", TEXTS.values(), ids=TEXTS)
def test_hostile_documents_are_shown_as_text(texts: Texts) -> None:
    html = render_pane(LIBRARY[OPINION], "unknown", texts)
    reader = Reader(html)
    assert not {"img", "script"} & set(reader.tags)
    assert HOSTILE in reader.text and "<script>alert(3)</script>" in reader.text
    assert "<img" not in render_alone(html, texts)


def test_the_head_says_what_the_document_says_of_itself() -> None:
    text = Reader(render_pane(LIBRARY[PLAN], "in_force", CHINESE)).text
    for expected in (
        "吉政办发〔2024〕9号",
        "现行有效",
        "2024年5月22日",
    ):
        assert expected in text


def test_the_outline_leads_to_every_clause() -> None:
    html = render_pane(LIBRARY[PLAN], "in_force", CHINESE)
    links = [link for link in Reader(html).links if link.startswith("#")]
    assert len(links) == len(LIBRARY[PLAN].clauses)
    assert all(f'id="{link[1:]}"' in html for link in links)


def test_a_link_keeps_any_name_in_one_piece() -> None:
    link = make_link("../a b/？&", Place("一/（五）/13", 1, 2))
    assert link.startswith("documents/..%2Fa%20b%2F%EF%BC%9F%26?clause=")
    assert link.endswith("&start=1&end=2")


AROUND = Circumstances(LIBRARY, datetime(2026, 1, 2, 3, 4, tzinfo=UTC))


# ---- the answer ----------------------------------------------------------------------------------


def test_an_answer_shows_outcome_sources_and_departments() -> None:
    html = render_response(ask(), AROUND, CHINESE)
    reader = Reader(html)
    for expected in (
        "有依据",
        "《吉林省新能源汽车产业高质量发展行动方案》（吉政办发〔2024〕9号）",
        "一、（二）3.",
        "现行有效",
        "牵头 省能源局、省发展改革委",
        "配合 省住房城乡建设厅",
    ):
        assert expected in reader.text
    assert html.count('class="source reference"') == 2


def test_only_numbers_of_citations_become_links() -> None:
    html = render_answer("见[1]、[0]、[3]、[1234]、[a]。", ask(), CHINESE)
    assert html.count("<a ") == 1
    assert "[0]、[3]、[1234]、[a]" in html


@pytest.mark.parametrize(
    ("answer", "ended"),
    [
        ("答复。", "答复。\n\n以上内容以原文为准。"),
        ("答复。\n以原文为准。", "答复。\n\n以原文为准。"),
        ("答复。\n\n以原文为准。\n", "答复。\n\n以原文为准。"),
        ("答覆。\n\n以原文爲準。", "答覆。\n\n以原文爲準。"),
        ("Yes.\n\nThe original text prevails.", "Yes.\n\nThe original text prevails."),
        ("以原文为准吗？\n是。", "以原文为准吗？\n是。\n\n以上内容以原文为准。"),
        ("", "\n\n以上内容以原文为准。"),
    ],
)
def test_every_answer_ends_with_the_original_once(answer: str, ended: str) -> None:
    assert end_with_original(answer, CHINESE) == ended


@pytest.mark.parametrize("frame", get_args(Frame))
def test_the_assistant_s_own_end_is_known_in_every_script(frame: Frame) -> None:
    answer = f"…\n\n{phrase('prevails', frame)}"
    assert end_with_original(answer, CHINESE) == answer


def test_what_an_answer_quotes_is_shown_once_as_its_citations() -> None:
    response = ask()
    first = response.citations[0]
    answer = "\n\n".join(
        [
            "检索到 2 条依据：",
            f"《{first.title}》（{first.number}）",
            f"{first.label} “{first.quote}” [1]\n责任部门：牵头 省能源局",
            "另见[2]。",
            "以原文为准。",
        ]
    )
    response = dataclasses.replace(response, answer=answer)
    assert split_answer(response, CHINESE) == ("检索到 2 条依据：\n另见[2]。", "以原文为准。")
    reader = Reader(render_response(response, AROUND, CHINESE))
    assert reader.text.count(first.quote) == 1
    copied = format_copy(response, AROUND, CHINESE)
    assert copied.count(first.quote) == 1 and copied.startswith(answer.removesuffix("以原文为准。"))
    assert "[2] 《意见" in copied and "\n\n以原文为准。 索引更新于" in copied


def test_a_notice_that_the_answer_repeats_is_left_out() -> None:
    notice = Notice("lost", "原文缺数字")
    assert "原文缺数字" in render_notices([notice], "答复。", CHINESE)
    assert render_notices([notice], "答复：原文缺数字。", CHINESE) == ""


def test_citations_are_grouped_by_document_with_their_own_numbers() -> None:
    response = ask()
    first, second = response.citations
    html = render_response(
        dataclasses.replace(response, citations=(first, second, first)), AROUND, CHINESE
    )
    assert re.findall(r'data-number="(\d)"', html) == ["1", "3", "2"]
    assert html.count('<section class="cited">') == 2


def test_hostile_questions_and_answers_are_shown_as_text() -> None:
    response = dataclasses.replace(
        ask(),
        answer=f"{HOSTILE}\n[1]",
        understood_as=f"{HOSTILE}?",
        notices=(Notice('"><b>', HOSTILE, '"><b>', HOSTILE),),
    )
    html = render_thread([Turn(HOSTILE, render_response(response, AROUND, ENGLISH), True)], ENGLISH)
    reader = Reader(html)
    assert not {"img", "script"} & set(reader.tags)
    assert reader.text.count(HOSTILE) >= 4


def test_many_citations_are_folded_but_keep_their_numbers() -> None:
    response = ask()
    many = dataclasses.replace(response, citations=response.citations * 4)
    html = render_response(many, AROUND, CHINESE)
    assert f"其余 {8 - CITATIONS_SHOWN} 条依据" in html
    assert html.count('<li class="citation"') == 8
    assert sorted(re.findall(r'data-number="(\d)"', html)) == list("12345678")


def test_no_basis_has_a_badge_and_no_sources() -> None:
    html = render_response(ask("海水养殖补贴"), AROUND, CHINESE)
    assert "outcome-no_basis" in html and "未检索到依据" in html
    assert "citation" not in html and "以原文为准" in html


def test_a_partial_answer_shows_its_notice_with_a_link_to_the_clause() -> None:
    html = render_response(ask("充电站补多少？"), AROUND, CHINESE)
    assert "部分有依据" in html
    assert "原文此处缺少数字" in html
    assert Reader(html[html.index("notices") :]).links[0].startswith(f"documents/{PLAN}?clause=")


def test_a_copied_answer_carries_its_sources() -> None:
    text = format_copy(ask(), AROUND, CHINESE)
    assert (
        "[1] 《吉林省新能源汽车产业高质量发展行动方案》（吉政办发〔2024〕9号）一、（二）3. “推进"
        in text
    )
    assert text.splitlines()[-1].startswith("以上内容以原文为准。")


def test_an_answer_ends_with_the_original_the_index_s_day_and_who_issued_it() -> None:
    html = render_response(ask(), AROUND, CHINESE)
    foot = Reader(html[html.index('class="reminder"') : html.index("</p>", html.index("reminder"))])
    assert "以原文为准" in foot.text and "索引更新于 2026年1月2日" in foot.text
    assert "发文机关：吉林省人民政府办公厅" in foot.text


def test_the_reasons_give_both_ranks_and_the_words_held() -> None:
    html = render_response(ask(), AROUND, CHINESE)
    rows = re.findall(r"<tr>.*?</tr>", html[html.index("why") :])
    first = Reader(rows[1])
    assert "一、（二）3." in first.text and "已引用" in first.text
    assert "充电站" in first.text and "建设" in first.text
    assert re.search(r"<td[^>]*>1</td><td[^>]*>—</td>", rows[1])  # the stub ranks by words only


def test_filters_are_told_and_kept_for_the_link() -> None:
    around = dataclasses.replace(AROUND, chosen={"region": '长春市"><b>', "status": "in_force"})
    html = render_response(ask(), around, CHINESE)
    assert "筛选：长春市" in Reader(html).text and "现行有效" in html
    assert "<b>" not in html[html.index("understanding") : html.index("answer-text")]
    kept = re.search(r'data-chosen="([^"]*)"', html)
    assert kept and json.loads(unescape(kept[1])) == around.chosen


def test_the_lists_of_the_filters_are_as_long_as_a_person_reads() -> None:
    counts = [Count(f"{number:04}", 1) for number in range(MOST_VALUES + 50)]
    html = render_filters("ask", {}, dict.fromkeys(("region", "kind"), counts), CHINESE)
    assert html.count('<option value="0') == 2 * MOST_VALUES


def test_only_a_recorded_answer_can_be_judged() -> None:
    assert "judgement" not in render_response(ask(), AROUND, CHINESE)
    html = render_response(ask(), dataclasses.replace(AROUND, ask="0123456789abcdef"), CHINESE)
    assert 'data-ask="0123456789abcdef"' in html
    assert re.findall(r'name="reason-\w+" value="(\w+)"', html) == list(get_args(Reason))
    offered = re.findall(r'data-document="([^"]*)" data-clause="([^"]*)"', html)
    assert offered == [(r.document, r.clause) for r in ask().results]


def test_errors_are_announced_and_escaped() -> None:
    assert render_message("<b>", "error") == (
        '<p class="message message-error" role="alert">&lt;b&gt;</p>'
    )


# ---- lists ---------------------------------------------------------------------------------------


def test_search_results_mark_the_words_and_link_to_the_clause() -> None:
    html = render_search(search(StubIndex(), "充电站用地"), CHINESE)
    reader = Reader(html)
    assert "第二条 充电站用地按公用设施用地管理。" in reader.text
    assert reader.links[0].startswith(f"documents/{OPINION}?clause=")
    assert "充电站用地" in reader.marked
    assert "img" not in reader.tags


def test_search_results_show_status_and_date_and_open_at_the_excerpt() -> None:
    html = render_search(search(StubIndex(), "公共充电站 建设补助"), CHINESE)
    reader = Reader(html)
    assert "现行有效" in reader.text and "2024年5月22日" in reader.text
    query = parse_qs(urlsplit(reader.links[0]).query)
    clean = LIBRARY[PLAN].clean
    assert "充电站" in clean[int(query["start"][0]) : int(query["end"][0])]


def test_a_long_clause_is_shown_as_an_excerpt() -> None:
    html = render_search(search(StubIndex(), "公共领域新增"), CHINESE)
    first = Reader(html[html.index("<p lang") : html.index("</li>")]).text
    assert first.endswith("…") and len(first) <= EXCERPT_LENGTH + 1


def test_nothing_found_is_said() -> None:
    html = render_search(search(StubIndex(), "zz"), CHINESE)
    assert "没有找到相关条款" in html


# ---- languages -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "zh"),
        ("", "zh"),
        ("*", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-US,en;q=0.9,zh;q=0.8", "en"),
        ("en;q=0.5, zh-TW;q=0.8", "zh"),
        ("yue-HK", "zh"),
        ("de-DE", "en"),
        ("de;q=nonsense,zh", "zh"),
    ],
)
def test_the_browsers_first_language_decides(header: str | None, language: Language) -> None:
    assert choose_language(header) == language


def test_no_text_is_left_in_the_other_language() -> None:
    chinese = {"other_language"}
    for field in dataclasses.fields(ENGLISH):
        value = getattr(ENGLISH, field.name)
        words = value.values() if isinstance(value, dict) else [value]
        if field.name not in chinese | {"original_prevails"}:
            assert not any("\u4e00" <= letter <= "\u9fff" for letter in "".join(map(str, words)))
        assert getattr(CHINESE, field.name), field.name


def test_dates_and_messages_come_in_the_readers_language() -> None:
    assert format_date(date(2024, 5, 2), "zh") == "2024年5月2日"
    assert format_date(date(2024, 12, 2), "en") == "2 Dec 2024"
    assert [choose_line("坏了\nbroken", language) for language in ("zh", "en")] == [
        "坏了",
        "broken",
    ]
    assert choose_line("broken", "zh") == "broken"

"""Evidence: the quote, and how well its unit fits."""

from __future__ import annotations

import math

import pytest

from documents.parsing import parse_text
from index.hybrid import HybridIndex
from index.translation import Term
from qa.evidence import _OFFICIAL, MAX_QUOTE, Evidence, cover, gather, weigh
from qa.question import understand
from tests.conftest import FakeEncoder

TEXT = """吉林省某某意见
一、设施
（一）统筹布局。各地要做好规划。支持公共充电站建设。对充电站给予补助。其他事项另行规定。
（二）回收。建立动力电池回收体系。
二、落实
第一段说明组织领导。
"""


def evidence_for(question: str, text: str = TEXT, k: int = 10) -> list[Evidence]:
    index = HybridIndex.build([parse_text(text, "d")], FakeEncoder())
    return gather(understand(question), index.search(question, k=k), index)


def test_every_hit_has_evidence_in_order() -> None:
    found = evidence_for("充电站补助")
    assert found[0].hit.result.clause == "一/（一）"
    assert len(found) == 3


@pytest.mark.parametrize(
    "question", ["充电站补助", "回收", "组织", "subsidies", "无关的问题", "🚗"]
)
def test_quote_is_verbatim_inside_its_clause_and_unit(question: str) -> None:
    for item in evidence_for(question):
        passage = item.passage
        assert passage.quote == passage.document.clean[passage.start : passage.end]
        assert passage.quote == passage.quote.strip() != ""
        assert passage.clause.start <= passage.start < passage.end <= passage.clause.end
        assert any(a <= passage.start and passage.end <= b for a, b in item.hit.spans)
        assert passage.score == item.hit.result.score


def test_quote_is_the_run_of_sentences_that_hold_the_words() -> None:
    best = evidence_for("充电站补助")[0]
    assert "支持公共充电站建设。对充电站给予补助。" in best.passage.quote
    assert "各地要做好规划" not in best.passage.quote


def test_hardly_more_than_a_heading_goes_on_with_the_body() -> None:
    best = evidence_for("电池回收")[0]
    assert best.passage.quote == "建立动力电池回收体系。" or best.passage.quote.startswith(
        "（二）回收。建立"
    )
    heading = evidence_for("统筹布局")[0]
    assert heading.passage.quote.startswith("（一）统筹布局。各地要做好规划。支持公共充电站建设。")


def test_quotes_do_not_grow_beyond_a_breath_or_two() -> None:
    text = "某某意见\n一、任务。" + "支持公共充电站建设，由各地安排资金予以落实。" * 40 + "\n"
    [item] = evidence_for("充电站建设", text)
    assert MAX_QUOTE - 30 < len(item.passage.quote) <= MAX_QUOTE


def test_share_is_of_the_best_score_and_what_was_asked_for_by_number_is_above_the_scale() -> None:
    found = evidence_for("充电站补助")
    scores = [item.hit.result.score for item in found]
    assert [item.share for item in found] == pytest.approx([s / max(scores) for s in scores])
    index = HybridIndex.build(
        [parse_text("第一条 支持充电站。\n第二条 回收电池。\n", "d")], FakeEncoder()
    )
    hits = index.search("第二条支持充电站吗")
    assert [hit.result.clause for hit in hits] == ["第二条", "第一条"] and hits[0].result.score > 1
    first, second = gather(understand("第二条支持充电站吗"), hits, index)
    assert first.share == 1 and second.share == hits[1].result.score


def test_clause_is_the_innermost_that_holds_the_quote() -> None:
    text = "第一条 支持下列项目：\n（一）公共充电站；\n（二）动力电池回收利用体系建设和运行。\n"
    [item] = evidence_for("动力电池回收利用体系", text)
    assert item.hit.result.clause == "第一条"
    assert item.passage.clause.path == "第一条/（二）"


def test_coverage_is_the_weighted_share_of_the_words() -> None:
    charging, pile = Term("充电站", ("充电站",)), Term("补贴款", ("补贴款",))
    weights = {charging: 3.0, pile: 1.0}
    assert cover(weights, "建设充电站") == {charging: 3 / (3 + 1)}
    # One of the two pairs of 补贴款 (补贴, 贴款), at half its worth.
    assert cover(weights, "充电站补贴") == {charging: 3 / 4, pile: 1 / 4 * 0.5 * 1 / 2}
    assert cover(weights, "无关") == cover({}, "充电站") == {}


def test_any_form_counts_and_loose_ones_only_whole() -> None:
    known = Term("charging station", ("充电站", "充电桩"))
    loose = Term("piano", ("立式钢琴",), loose=True)
    assert cover({known: 1.0}, "公共充电桩") == {known: 1.0}
    assert cover({known: 1.0}, "充电") == {known: 0.25}
    assert cover({loose: 1.0}, "钢琴") == {}
    assert cover({loose: 1.0}, "立式钢琴") == {loose: 1.0}


def test_official_term_counts_less_than_the_word_and_adds_nothing_to_it() -> None:
    lay = Term("拆迁款", ("拆迁款",), official=("征收补偿", "补偿费"))
    assert cover({lay: 1.0}, "拆迁款") == cover({lay: 1.0}, "拆迁款，即征收补偿") == {lay: 1.0}
    assert cover({lay: 1.0}, "征收补偿") == cover({lay: 1.0}, "拆迁补偿费") == {lay: _OFFICIAL}
    assert cover({lay: 1.0}, "征收") == {}
    assert cover({lay: 1.0}, "拆迁")[lay] == 0.25 < _OFFICIAL < 1


def test_clause_in_official_words_is_quoted_for_a_lay_question() -> None:
    text = "某某意见\n一、任务。各地要做好规划并认真组织实施各项工作。依法解除劳动合同的给予经济补偿。\n"
    index = HybridIndex.build([parse_text(text, "d")], FakeEncoder())
    question = "被辞退了"
    pairs = index.expansions(question)
    [item] = gather(understand(question, expansions=pairs), index.search(question), index)
    assert "解除劳动合同" in item.passage.quote and item.coverage == pytest.approx(_OFFICIAL)
    [item] = gather(understand(question), index.search(question), index)
    assert item.coverage == 0


def test_word_weighs_as_its_most_frequent_form() -> None:
    index = HybridIndex.build([parse_text(TEXT, "d")], FakeEncoder())
    rare, common = Term("a", ("充电桩",)), Term("b", ("充电桩", "省"))
    weights = weigh([rare, common], index)
    assert weights[rare] == index.idf("充电桩") == pytest.approx(math.log(1 + 3.5 / 0.5))
    assert weights[common] == index.idf("省") < weights[rare]


def test_coverage_counts_title_and_headings_too() -> None:
    best = next(e for e in evidence_for("设施补助意见") if e.hit.result.clause == "一/（一）")
    assert {word.text for word in best.held} == {"设施", "补助", "意见"}
    assert best.coverage == pytest.approx(1.0)


def test_traditional_text_is_covered_by_a_simplified_question_and_quoted_as_it_stands() -> None:
    [item] = evidence_for("汽车产业", "某某意見\n一、支持汽車產業發展。\n")
    assert item.coverage == pytest.approx(1.0)
    assert "汽車產業" in item.passage.quote

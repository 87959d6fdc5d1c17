"""What is asked of a matter: stated, not stated, or lost; and the quote that shows it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.types import Defect, Department
from qa.attributes import _MAIN, _REACH, state
from qa.drafts import Reason
from qa.evidence import MAX_QUOTE, Evidence
from qa.question import understand
from tests.qa_library import at_likelihood, make_evidence

Told = tuple[Reason | None, str | None]


def tell(question: str, *basis: Evidence, found: tuple[Evidence, ...] = ()) -> Told:
    """Return why it is not stated, if it is not, and the figure that is highlighted first."""
    evidence, reason = state(understand(question), basis, found or basis)
    for item in evidence:
        check(item)
    return reason, highlighted(evidence[0])


def highlighted(item: Evidence) -> str | None:
    span = item.passage.highlight
    return span and item.passage.document.clean[slice(*span)]


def check(item: Evidence) -> None:
    """Check that the quote is verbatim, inside its clause and unit, and holds what is highlighted."""
    passage = item.passage
    assert passage.quote == passage.document.clean[passage.start : passage.end] != ""
    assert passage.clause.start <= passage.start < passage.end <= passage.clause.end
    assert any(a <= passage.start and passage.end <= b for a, b in item.hit.spans)
    if passage.highlight is not None:
        start, end = passage.highlight
        assert passage.start <= start < end <= passage.end


# --- figures


@pytest.mark.parametrize(
    ("question", "text", "told"),
    [
        ("充电站要建多少座", "到2025年，建成充电站100座。", (None, "100座")),
        ("充电站要建多少座", "建成充电站三百座、换电站20座。", (None, "三百座")),
        ("换电站要建多少座", "建成充电站三百座、换电站20座。", (None, "20座")),
        ("充电站补贴多少钱", "对充电站给予50万元补贴。", (None, "50万元")),
        ("充电站占比是多少", "充电站占比达到30%，共100座。", (None, "30%")),
        ("充电站要建多少座", "支持充电站建设。", ("not_stated", None)),
        ("充电站要建多少座", "充电站占比达到30%。", ("not_stated", None)),
        ("充电站补贴多少钱", "对充电站给予若干万元补贴。", ("not_stated", None)),
        ("how many charging stations", "建成充电站100座。", (None, "100座")),
        ("充電站要建多少座", "建成充電站100座。", (None, "100座")),
    ],
)
def test_figures(question: str, text: str, told: Told) -> None:
    assert tell(question, make_evidence(text)) == told


@pytest.mark.parametrize(
    ("question", "text", "told"),
    [
        ("充电站最高补贴多少", "对充电站最高补贴50万元。", (None, "最高补贴50万元")),
        (
            "补贴上限是多少",
            "按投资额的20%给予补贴，最高不超过500万元。",
            (None, "最高不超过500万元"),
        ),
        ("补贴上限是多少", "支持充电站建设。", ("not_stated", None)),
    ],
)
def test_ceilings(question: str, text: str, told: Told) -> None:
    reason, figure = tell(question, make_evidence(text))
    assert reason == told[0]
    assert (figure is None) == (told[1] is None)
    assert figure is None or (figure in str(told[1]) and "0万元" in figure)


@pytest.mark.parametrize(
    ("question", "text", "told"),
    [
        ("充电站什么时候建成", "充电站于2025年底前建成，共100座。", (None, "2025年底前")),
        ("方案有效期多久", "本方案有效期3年。", (None, "有效期3年")),
        ("充电站什么时候建成", "建成充电站100座。", ("not_stated", None)),
        ("when will charging stations be built", "充电站于2025年建成。", (None, "2025年")),
    ],
)
def test_dates(question: str, text: str, told: Told) -> None:
    assert tell(question, make_evidence(text)) == told


def test_the_number_of_the_clause_is_no_figure() -> None:
    evidence = make_evidence("支持充电站建设。")
    assert evidence.passage.quote.startswith("一、")
    assert tell("充电站有几个", evidence) == ("not_stated", None)


# --- the quote is moved to the figure

FILLER = "各地要做好规划并认真组织实施。"


@pytest.mark.parametrize("before", [True, False])
def test_the_quote_grows_to_a_figure_near_by(before: bool) -> None:
    figure, quote = "建成100座。", "支持充电站建设。"
    text = figure + FILLER + quote if before else quote + FILLER + figure
    evidence = make_evidence(text, quote=quote)
    [moved], reason = state(understand("充电站建多少座"), [evidence], [evidence])
    check(moved)
    assert reason is None and highlighted(moved) == "100座"
    assert quote in moved.passage.quote and "100座" in moved.passage.quote
    assert FILLER in moved.passage.quote and len(moved.passage.quote) <= MAX_QUOTE


def test_the_quote_moves_to_a_figure_far_away() -> None:
    quote = "支持充电站建设。"
    evidence = make_evidence(quote + FILLER * 30 + "建成充电站100座。" + FILLER, quote=quote)
    [moved], reason = state(understand("充电站建多少座"), [evidence], [evidence])
    check(moved)
    assert (reason, moved.passage.quote) == (None, "建成充电站100座。")


def test_a_quote_that_holds_the_figure_stays_and_keeps_its_score() -> None:
    quote = "建成充电站100座。"
    evidence = make_evidence(FILLER + quote + FILLER, quote=quote, share=0.7)
    [moved], _ = state(understand("充电站建多少座"), [evidence], [evidence])
    assert replace(moved.passage, figure=None) == evidence.passage
    assert moved.passage.score == 0.7


SENTENCES = st.sampled_from(
    [
        FILLER,
        "支持充电站建设。",
        "建成充电站100座。",
        "占比达到30%，",
        "给予50万元补贴；",
        "到2025年底前完成。",
        "最高不超过500万元。",
        "长" * 300 + "。",
    ]
)


@given(
    st.lists(SENTENCES, min_size=1, max_size=8).map("".join),
    st.sampled_from(["充电站建多少座", "补贴最高多少", "补贴多少钱", "占比是多少", "什么时候完成"]),
    st.data(),
)
def test_wherever_the_figure_stands_the_quote_holds_it(
    text: str, question: str, data: st.DataObject
) -> None:
    evidence = make_evidence(text)
    low, high = evidence.hit.spans[0]
    start = data.draw(st.integers(low, high - 1))
    end = data.draw(st.integers(start + 1, high))
    evidence = replace(evidence, passage=replace(evidence.passage, start=start, end=end))
    told, reason = state(understand(question), [evidence], [evidence])
    for item in told:
        check(item)
        assert (highlighted(item) is None) == (reason is not None)


# --- which clauses may state it


def test_only_clauses_that_state_the_figure_are_cited() -> None:
    with_figure = make_evidence("建成充电站100座。", likelihood=0.5)
    without = make_evidence("支持充电站建设。", likelihood=0.6)
    told, reason = state(understand("充电站建多少座"), [without, with_figure], [])
    assert reason is None and [item.hit for item in told] == [with_figure.hit]


@pytest.mark.parametrize(
    ("share", "reason"), [(_REACH + 0.01, None), (_REACH - 0.01, "not_stated")]
)
def test_a_clause_nearly_as_likely_may_state_what_the_cited_ones_do_not(
    share: float, reason: Reason | None
) -> None:
    best = make_evidence("支持充电站建设。", likelihood=0.8)
    further = make_evidence("建成充电站100座。", likelihood=0.8 * share)
    told, missing = state(understand("充电站建多少座"), [best], [best, further])
    assert missing == reason
    assert told[0].hit == (best.hit if reason else further.hit)


# --- what the source lost


def lose(text: str, lost: str, **values: float) -> Evidence:
    evidence = make_evidence(text, **values)  # type: ignore[arg-type]
    start = evidence.passage.document.clean.index(lost)
    defect = Defect("missing_number", lost, start, start + len(lost))
    return make_evidence(text, defects=(defect,), **values)  # type: ignore[arg-type]


LOST = lose("对充电站按5%给予补贴，最高不超过万元。", "最高不超过万元")


def test_a_lost_ceiling_is_lost_whatever_other_figures_stand_beside_it() -> None:
    assert tell("充电站补贴最高多少", LOST) == ("source_lost", None)
    assert tell("充电站补贴比例是多少", LOST) == (None, "5%")


def test_a_lost_ceiling_is_told_before_another_clause_is_tried() -> None:
    other = make_evidence("对换电站最高补贴50万元。", likelihood=0.49)
    assert tell("充电站补贴最高多少", LOST, other) == ("source_lost", None)
    assert tell("充电站补贴最高多少", LOST, found=(LOST, other)) == ("source_lost", None)


def test_a_lost_figure_is_told_where_none_of_its_unit_is_stated() -> None:
    lost = lose("建成充电站座，占比达到30%。", "建成充电站座")
    assert tell("充电站建多少座", lost) == ("source_lost", None)
    assert tell("充电站占比是多少", lost) == (None, "30%")
    assert tell("充电站有什么支持", lost) == (None, None)


@pytest.mark.parametrize(
    ("share", "reason"), [(_MAIN + 0.01, "source_lost"), (_MAIN - 0.01, "not_stated")]
)
def test_a_gap_counts_in_the_clauses_that_are_on_the_matter(share: float, reason: Reason) -> None:
    best = make_evidence("支持充电站建设。", likelihood=0.8)
    lost = at_likelihood(lose("建成充电站座。", "建成充电站座"), 0.8 * share)
    assert tell("充电站建多少座", best, lost) == (reason, None)


@pytest.mark.parametrize(
    "defect",
    [Defect("mojibake", "?", 4, 5), Defect("missing_number", "elsewhere", 60, 70)],
)
def test_other_damage_is_no_lost_figure(defect: Defect) -> None:
    evidence = make_evidence("支持充电站建设。", defects=(defect,))
    assert tell("充电站建多少座", evidence) == ("not_stated", None)


# --- who, and how


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("充电站由能源局负责。", None),
        ("由省能源局会同有关部门建设充电站。", None),
        ("办公室设在省工业和信息化厅。", None),
        ("本方案由省发展改革委起草。", None),
        ("支持充电站建设。", "not_stated"),
        ("加强部门协作。", "not_stated"),
    ],
)
def test_who_is_responsible(text: str, reason: Reason | None) -> None:
    assert tell("充电站由谁负责", make_evidence(text)) == (reason, None)


def test_departments_of_the_clause_say_who_is_responsible() -> None:
    item = make_evidence(departments=(Department("省能源局", "省能源局", "lead"),))
    assert tell("充电站由谁负责", item) == (None, None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("企业向县级主管部门提交申报材料。", None),
        ("经审核后予以备案。", None),
        ("支持充电站建设。", "not_stated"),
    ],
)
def test_how_to_apply(text: str, reason: Reason | None) -> None:
    assert tell("充电站补贴怎么申请", make_evidence(text)) == (reason, None)


@pytest.mark.parametrize(
    ("question", "text"),
    [("充电站由谁负责", "充电站由能源局负责。"), ("充电站补贴怎么申请", "企业提交申报材料。")],
)
@pytest.mark.parametrize(("share", "stated"), [(_MAIN + 0.01, True), (_MAIN - 0.01, False)])
def test_it_must_be_said_by_a_clause_on_the_matter(
    question: str, text: str, share: float, stated: bool
) -> None:
    best = make_evidence("支持充电站建设。", likelihood=0.8)
    says = make_evidence(text, likelihood=0.8 * share)
    basis, reason = state(understand(question), [best, says], [best, says])
    assert reason == (None if stated else "not_stated")
    assert basis == [best, says]


@pytest.mark.parametrize("question", ["充电站有什么支持", "什么是充电站", "充电站能建吗", "充电站"])
def test_anything_on_the_matter_answers_what_asks_for_nothing_more(question: str) -> None:
    item = make_evidence()
    assert state(understand(question), [item], [item]) == ([item], None)

"""Risk over coverage, against a count over every threshold; and its picture."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.curves import plot_curve
from evaluation.risk import Curve, Judged, Point, confidence_of, trace
from evaluation.tables import format_curve

SVG = "{http://www.w3.org/2000/svg}"

# Few confidences, so that ties are common.
JUDGED = st.lists(
    st.builds(Judged, st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0]), st.booleans()), max_size=30
)


def share(part: Sequence[Judged], whole: Sequence[Judged]) -> float | None:
    return len(part) / len(whole) if whole else None


def count(judged: Sequence[Judged], threshold: float) -> Point:
    """Return the point of one threshold, counted question by question."""
    taken = [one for one in judged if one.confidence >= threshold]
    right = [one for one in judged if one.answerable]
    wrong = [one for one in judged if not one.answerable]
    return Point(
        threshold,
        len(taken) / len(judged),
        len([one for one in taken if not one.answerable]) / len(taken),
        share([one for one in wrong if one not in taken], wrong),
        share([one for one in right if one not in taken], right),
    )


def area(judged: Sequence[Judged]) -> float:
    """Return the mean risk of answering each question and all that are at least as sure."""
    return sum(count(judged, one.confidence).risk for one in judged) / len(judged)


@given(JUDGED)
def test_points_and_area_are_those_of_a_count_over_every_threshold(judged: list[Judged]) -> None:
    curve = trace(judged)
    thresholds = sorted({one.confidence for one in judged}, reverse=True)
    assert curve.points == tuple(count(judged, threshold) for threshold in thresholds)
    assert curve.area == (pytest.approx(area(judged)) if judged else None)


@given(st.lists(st.booleans(), min_size=1, max_size=5))
def test_the_least_area_is_that_of_the_best_of_all_orders(answerable: list[bool]) -> None:
    orders = permutations(answerable)
    areas = [area([Judged(-i, one) for i, one in enumerate(order)]) for order in orders]
    curve = trace([Judged(0.5, one) for one in answerable])
    assert curve.least == pytest.approx(min(areas))


def test_a_curve_worked_by_hand() -> None:
    curve = trace([Judged(0.9, True), Judged(0.4, True), Judged(0.6, False), Judged(0.6, True)])
    assert curve.points == (
        Point(0.9, 0.25, 0.0, 1.0, 2 / 3),
        Point(0.6, 0.75, 1 / 3, 0.0, 1 / 3),
        Point(0.4, 1.0, 0.25, 0.0, 0.0),
    )
    assert curve.area == pytest.approx((0 + 2 / 3 + 1 / 4) / 4)
    assert curve.least == pytest.approx((1 / 4) / 4)


def test_without_a_confidence_the_outcome_speaks() -> None:
    assert confidence_of("answered", None) == 1.0
    assert [confidence_of(outcome, None) for outcome in ("partial", "no_basis", None)] == [0.0] * 3
    assert confidence_of("no_basis", 0.7) == 0.7


def test_nothing_asked_has_no_curve() -> None:
    assert trace([]) == Curve((), None, None)


@given(JUDGED)
def test_the_picture_holds_every_point_inside_its_axes(judged: list[Judged]) -> None:
    curve = trace(judged)
    given = curve.points[0] if curve.points else None
    plot = ElementTree.fromstring(plot_curve("题 <&>", curve, given))
    risk, refusals = (line.attrib["points"].split() for line in plot.iter(f"{SVG}polyline"))
    assert len(risk) == len(curve.points)
    both = {one.answerable for one in judged} == {True, False}
    assert len(refusals) == (len(curve.points) + 1 if both else 0)
    for left, places in ((72, risk), (492, refusals)):
        for x, y in (place.split(",") for place in places):
            assert left <= float(x) <= left + 320 and 96 <= float(y) <= 416
    words = ["".join(word.itertext()) for word in plot.iter(f"{SVG}text")]
    assert any(word.startswith("题 <&>") for word in words)


def test_less_risk_is_drawn_lower() -> None:
    safe, risky = Judged(1.0, True), Judged(0.0, False)
    plot = ElementTree.fromstring(plot_curve("", trace([safe, risky]), None))
    risk = next(plot.iter(f"{SVG}polyline")).attrib["points"].split()
    assert risk == ["232.0,416.0", "392.0,256.0"]


def test_the_text_shows_some_points_and_both_ends() -> None:
    curve = trace([Judged(i / 100, i % 2 == 0) for i in range(101)])
    rows = [line.split() for line in format_curve(curve, curve.points[0]).splitlines()[2:]]
    assert len(rows) == 13
    assert [rows[0][0], rows[-2][0]] == ["1.000", "0.000"]
    assert rows[-1][-1] == "按实得结果（outcomes as given）".split()[-1]

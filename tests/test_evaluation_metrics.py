"""Measures against values worked out by hand."""

from __future__ import annotations

from math import log2

import pytest

from evaluation.metrics import NAMES, mean, percentile, precision, recall, score_rankings


def test_a_ranking_is_scored_by_its_order() -> None:
    scores = score_rankings({"q": {"best": 2, "good": 1}}, {"q": ["other", "good", "x", "best"]})
    gain = 1 / log2(2 + 1) + 2 / log2(4 + 1)
    ideal = 2 / log2(1 + 1) + 1 / log2(2 + 1)
    assert scores["q"] == {
        "nDCG@10": pytest.approx(gain / ideal),
        "R@10": 1.0,
        "RR@10": 1 / 2,
        "Success@1": 0.0,
    }


def test_a_perfect_ranking_scores_one() -> None:
    scores = score_rankings({"q": {"best": 2, "good": 1}}, {"q": ["best", "good", "other"]})
    assert scores["q"] == dict.fromkeys(NAMES, pytest.approx(1.0))


def test_nothing_counts_below_the_tenth_place() -> None:
    others = [f"other-{place}" for place in range(10)]
    at_ten = score_rankings({"q": {"d": 1}}, {"q": [*others[:9], "d"]})["q"]
    assert at_ten["nDCG@10"] == pytest.approx(1 / log2(10 + 1))
    assert at_ten["RR@10"] == pytest.approx(1 / 10)
    below = score_rankings({"q": {"d": 1}}, {"q": [*others, "d"]})["q"]
    assert below == dict.fromkeys(NAMES, 0.0)


@pytest.mark.parametrize("rankings", [{}, {"q": []}, {"other": ["d"]}], ids=str)
def test_a_query_missing_from_the_run_counts_at_zero(rankings: dict[str, list[str]]) -> None:
    assert score_rankings({"q": {"d": 1}}, rankings) == {"q": dict.fromkeys(NAMES, 0.0)}


def test_a_query_missing_beside_others_counts_at_zero() -> None:
    scores = score_rankings({"a": {"d": 1}, "b": {"d": 1}}, {"a": ["d"], "c": ["d"]})
    assert scores == {"a": dict.fromkeys(NAMES, 1.0), "b": dict.fromkeys(NAMES, 0.0)}


def test_a_document_ranked_twice_counts_where_it_stands_first() -> None:
    scores = score_rankings({"q": {"d": 1, "e": 1}}, {"q": ["d", "x", "d", "e"]})
    assert scores["q"]["nDCG@10"] == pytest.approx((1 + 1 / log2(4)) / (1 + 1 / log2(3)))


def test_names_do_not_decide_the_order() -> None:
    """trec_eval breaks ties by name; here a place in the list is never a tie."""
    for ranking in (["a", "b"], ["b", "a"]):
        scores = score_rankings({"q": {"a": 1}}, {"q": ranking})
        assert scores["q"]["RR@10"] == 1 / (ranking.index("a") + 1)


def test_precision_and_recall_of_sets() -> None:
    assert precision(["a", "b", "b"], ["a", "c", "d"]) == 1 / 2
    assert recall(["a", "b", "b"], ["a", "c", "d"]) == 1 / 3
    assert precision(["a"], []) == 0.0
    assert recall([], ["a"]) == 0.0
    assert precision([], ["a"]) is None
    assert recall(["a"], []) is None


def test_mean_leaves_out_what_is_undefined() -> None:
    assert mean([1.0, None, 0.0]) == 1 / 2
    assert mean([None]) is None


def test_percentile_interpolates() -> None:
    assert percentile([40.0, 10.0, 20.0, 30.0], 0.5) == 25.0
    assert percentile([0.0, 100.0], 0.95) == pytest.approx(95.0)
    assert percentile([], 0.5) is None

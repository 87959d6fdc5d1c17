"""Scores, differences and slices of runs that can be worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evaluation.comparison import compare, measure
from evaluation.metrics import RUN_NAMES
from evaluation.types import Dataset, Query, Ranked, Run, Timings

# d is the right answer of each; f comes second best for q1.
QRELS = {"q1": {"d": 2, "f": 1}, "q2": {"d": 1}, "q3": {"d": 1}, "q4": {"d": 1}}
LANGUAGES = {"q1": "zh", "q2": "zh", "q3": "en", "q4": "en"}


def dataset() -> Dataset:
    queries = tuple(Query(id_, id_, {"language": LANGUAGES[id_]}) for id_ in QRELS)
    return Dataset("set", (), queries, QRELS, {})


def run(system: str, rankings: Mapping[str, Sequence[str]]) -> Run:
    ranked = {
        query: tuple(Ranked(record, float(-place)) for place, record in enumerate(found))
        for query, found in rankings.items()
    }
    return Run(system, {}, ranked, Timings(()))


OTHERS = [f"x{i}" for i in range(99)]
WORSE = run("worse", {"q1": ["f", "d"], "q2": [*OTHERS[:5], "d"], "q3": [*OTHERS, "d"]})
BETTER = run("better", {"q1": ["d", "f"], "q2": ["x", "d"], "q3": [*OTHERS[:9], "d"], "q4": []})


def test_scores_are_means_over_all_queries_found_or_not() -> None:
    measured = measure(dataset(), [WORSE, BETTER], baseline="worse")
    worse = {name: found.value for name, found in measured.overall.systems["worse"].items()}
    gain = (1 + 2 / log2(3)) / (2 + 1 / log2(3))
    assert worse == {
        "nDCG@10": pytest.approx((gain + 1 / log2(7)) / 4, abs=1e-6),
        "RR@10": pytest.approx((1 + 1 / 6) / 4, abs=1e-6),
        "R@5": 1 / 4,
        "R@10": 2 / 4,
        "R@100": 3 / 4,
        "Success@1": 1 / 4,
    }
    assert measured.scores["worse"]["q4"] == dict.fromkeys(RUN_NAMES, 0.0)


def test_differences_are_taken_query_by_query() -> None:
    measured = measure(dataset(), [WORSE, BETTER], baseline="worse")
    assert list(measured.overall.differences) == ["better"]
    found = measured.overall.differences["better"]
    # R@10 differs in q3 alone, of four: half of all sign flips reach as far as it does
    assert (found["R@10"].value, found["R@10"].p) == (1 / 4, 1.0)
    assert (found["R@10"].low, found["R@10"].high) == (0.0, 0.75)
    # RR@10: 0, 1/2 - 1/6, 1/10, 0; the two that differ agree, in half of their four sign flips
    assert found["RR@10"].value == pytest.approx((1 / 3 + 1 / 10) / 4, abs=1e-6)
    assert found["RR@10"].p == 1 / 2
    assert found["RR@10"].holm == 1 / 2
    assert found["Success@1"].value == 0.0


def test_each_slice_is_compared_by_itself() -> None:
    measured = measure(dataset(), [WORSE, BETTER], baseline="worse")
    assert {group: found.queries for group, found in measured.slices["language"].items()} == {
        "en": 2,
        "zh": 2,
    }
    assert list(measured.divided) == ["language"]
    english = measured.slices["language"]["en"]
    assert english.systems["better"]["R@10"].value == 1 / 2
    assert english.differences["better"]["R@10"].value == 1 / 2


def test_holm_corrects_over_the_systems_that_are_compared() -> None:
    generator = np.random.default_rng(0)
    table = generator.random((4, 12, len(RUN_NAMES)))
    found = compare(table, ["a", "b", "c", "d"], baseline="b").differences
    for name in RUN_NAMES:
        p = sorted((found[system][name].p, found[system][name].holm) for system in "acd")
        assert p[0][1] == pytest.approx(min(1.0, 3 * p[0][0]), abs=3e-6)
        assert all(holm >= one for one, holm in p)


@given(arrays(np.float64, (2, 5, len(RUN_NAMES)), elements=st.floats(0, 1, width=16)))
def test_a_mean_lies_in_its_interval_and_the_difference_between_the_means(
    table: np.ndarray,
) -> None:
    comparison = compare(table, ["a", "b"], baseline="a")
    for name in RUN_NAMES:
        a, b = (comparison.systems[system][name] for system in "ab")
        difference = comparison.differences["b"][name]
        assert a.low <= a.high and b.low <= b.high
        assert difference.value == pytest.approx(b.value - a.value, abs=2e-6)
        assert 0 < difference.p <= difference.holm <= 1


def test_the_same_runs_give_the_same_numbers() -> None:
    first = measure(dataset(), [WORSE, BETTER], baseline="worse")
    again = measure(dataset(), [WORSE, BETTER], baseline="worse")
    assert first.overall == again.overall
    assert first.slices == again.slices

"""Intervals and tests, against loops that do the same one draw at a time, and against enumeration."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.significance import (
    bootstrap_means,
    correct,
    interval,
    randomization_test,
)

scores = st.lists(st.floats(0, 1, width=32), min_size=1, max_size=9)
differences = st.lists(st.sampled_from([-1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0]), min_size=1)
p_values = st.lists(st.floats(0, 1), max_size=6)


def column(values: list[float]) -> np.ndarray:
    return np.array(values, dtype=np.float64)[:, None]


def test_resampled_means_are_those_of_a_loop() -> None:
    values = np.random.default_rng(1).random((40, 3))
    means = bootstrap_means(values, resamples=1_100, seed=5)
    generator = np.random.default_rng(5)
    for mean in means:
        times = generator.multinomial(40, np.full(40, 1 / 40))
        resample = [row for row, count in zip(values, times, strict=True) for _ in range(count)]
        assert len(resample) == 40
        assert mean == pytest.approx(np.mean(resample, axis=0))


def test_the_interval_is_that_of_independent_draws() -> None:
    """Drawn query by query, as the bootstrap is usually written; agreement within its own noise."""
    values = np.random.default_rng(2).random(60)
    generator = np.random.default_rng(3)
    means = [np.mean([values[generator.integers(60)] for _ in range(60)]) for _ in range(3_000)]
    low, high = interval(bootstrap_means(values[:, None]))
    assert low[0] == pytest.approx(np.quantile(means, 0.025), abs=0.01)
    assert high[0] == pytest.approx(np.quantile(means, 0.975), abs=0.01)


@given(scores)
def test_an_interval_lies_within_the_scores(values: list[float]) -> None:
    low, high = interval(bootstrap_means(column(values), resamples=200))
    assert min(values) - 1e-9 <= low[0] <= high[0] <= max(values) + 1e-9


def test_a_difference_of_columns_is_resampled_in_pairs() -> None:
    values = np.random.default_rng(4).random((30, 1))
    means = bootstrap_means(np.hstack([values, values + 0.25]), resamples=300)
    assert means[:, 1] - means[:, 0] == pytest.approx(np.full(300, 0.25))


@given(differences.filter(lambda values: len(values) <= 9))
def test_few_queries_are_tested_exactly(values: list[float]) -> None:
    signed = [
        sum(s * v for s, v in zip(signs, values, strict=True))
        for signs in product((1, -1), repeat=len(values))
    ]
    exact = sum(abs(total) >= abs(sum(values)) for total in signed) / len(signed)
    assert randomization_test(column(values))[0] == pytest.approx(exact)


def test_flips_that_are_drawn_come_near_to_all_of_them() -> None:
    values = column([0.9, 0.1, -0.3, 0.4, 0.0, 0.7, -0.2, 0.5])
    exact = randomization_test(values)[0]
    drawn = randomization_test(values, permutations=255)  # one less than there are
    many = randomization_test(np.vstack([values, np.zeros((8, 1))]))[0]
    assert 0.02 < exact < 0.2
    assert drawn[0] == pytest.approx(exact, abs=0.06)
    assert many == pytest.approx(exact, abs=0.01)  # queries without a difference change nothing


def test_columns_are_tested_apart() -> None:
    values = np.random.default_rng(6).normal(size=(7, 4))
    alone = [randomization_test(values[:, [i]])[0] for i in range(4)]
    assert randomization_test(values) == pytest.approx(np.array(alone))


def test_a_certain_difference_has_the_smallest_p_and_none_has_one() -> None:
    certain = randomization_test(np.ones((50, 1)), permutations=999)[0]
    assert certain == 1 / 1000
    assert randomization_test(np.zeros((50, 1)))[0] == 1.0


def test_holm_by_hand() -> None:
    assert correct([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert correct([0.5, 0.9]) == [1.0, 1.0]
    assert correct([]) == []


@given(p_values)
def test_holm_lies_between_no_correction_and_bonferroni(values: list[float]) -> None:
    corrected = correct(values)
    for p, found in zip(values, corrected, strict=True):
        assert p <= found <= min(1.0, len(values) * p) + 1e-12 or found == max(corrected)
    order = sorted(range(len(values)), key=values.__getitem__)
    assert [corrected[i] for i in order] == sorted(corrected)

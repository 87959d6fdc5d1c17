"""Min-max normalisation and convex combination, written out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from index.fusion import (
    best_positive,
    combine,
    follow_agreement,
    normalize,
    put_first,
    raise_named,
    rank,
    rescore,
)


def floats(*values: float) -> NDArray[np.float32]:
    return np.array(values, dtype=np.float32)


def test_combination_is_the_formula() -> None:
    lexical, dense, weight = floats(0, 3, 12), floats(0.8, 0.9, 0.84), 0.7
    expected = [
        0.7 * (0.80 - 0.8) / (0.9 - 0.8) + 0.3 * (0 - 0) / (12 - 0),
        0.7 * (0.90 - 0.8) / (0.9 - 0.8) + 0.3 * (3 - 0) / (12 - 0),
        0.7 * (0.84 - 0.8) / (0.9 - 0.8) + 0.3 * (12 - 0) / (12 - 0),
    ]
    combined = combine(lexical, dense, weight=weight)
    np.testing.assert_allclose(combined, expected, atol=1e-6)
    assert combined.dtype == np.float32


def test_constant_scores_say_nothing() -> None:
    np.testing.assert_array_equal(normalize(floats(5, 5, 5)), [0, 0, 0])
    np.testing.assert_allclose(combine(floats(5, 5), floats(1, 2), weight=0.5), [0, 0.5])


def test_the_less_the_sides_agree_the_more_the_dense_side_weighs() -> None:
    ten, others = np.arange(10), np.arange(100, 110)
    assert follow_agreement(ten, others) == 0.75
    assert follow_agreement(ten, ten[::-1]) == pytest.approx(0.45)
    half = np.concatenate([ten[5:], others[:5]])
    assert follow_agreement(ten, half) == pytest.approx(0.6)
    beyond = np.concatenate([others, ten])  # what comes after the tenth place does not count
    assert follow_agreement(ten, beyond) == 0.75
    assert follow_agreement(ten[:0], others) == 0.75


def test_nothing_stays_nothing() -> None:
    assert combine(floats(), floats(), weight=0.5).shape == (0,)
    assert rank(floats()).shape == (0,)


def test_equal_scores_keep_their_order() -> None:
    assert rank(floats(1, 2, 1, 2, 3)).tolist() == [4, 1, 3, 0, 2]


@given(st.lists(st.floats(-1000, 1000, width=32), min_size=1))
def test_normalised_scores_are_between_0_and_1_in_the_same_order(values: list[float]) -> None:
    normalized = normalize(floats(*values))
    assert ((normalized >= 0) & (normalized <= 1)).all()
    order = sorted(range(len(values)), key=lambda i: (-values[i], i))
    assert rank(floats(*values)).tolist() == order
    falling = normalized[order]
    assert (falling[:-1] >= falling[1:]).all()


@given(st.lists(st.tuples(st.floats(0, 2, width=32), st.booleans(), st.floats(0, 1, width=32))))
def test_what_is_ranked_again_stands_above_the_rest(
    rows: list[tuple[float, bool, float]],
) -> None:
    scores = floats(*(score for score, _, _ in rows))
    head = np.array([i for i, (_, first, _) in enumerate(rows) if first], dtype=np.int64)
    rest = [i for i, (_, first, _) in enumerate(rows) if not first]
    again = floats(*(value for _, first, value in rows if first))
    placed = put_first(scores, head, again)
    assert placed[rest].tolist() == scores[rest].tolist()
    if not rest:
        assert placed.tolist() == again.tolist()
    elif head.size:
        assert placed[head].min() > placed[rest].max()
        np.testing.assert_allclose(placed[head] - placed[head][0], again - again[0], atol=1e-5)


def test_named_numbers_stand_above_all_others_in_the_order_of_their_groups() -> None:
    scores = {1: 0.9, 2: 0.5, 3: 0.1, 4: 0.7}
    raised = raise_named(scores, [[3, 9], [], [2, 3]])
    order = sorted(raised, key=lambda number: -raised[number])
    assert order == [3, 9, 2, 1, 4]
    assert {number: raised[number] for number in (1, 4)} == {1: 0.9, 4: 0.7}
    assert raise_named(scores, []) == scores and raise_named({}, [[5]])[5] > 0


def test_rescored_numbers_get_their_probability_and_the_others_stay_below() -> None:
    scores = {7: 0.8, 1: 0.6, 3: 0.4, 2: 0.2, 5: 0.0}
    rescored = rescore(scores, {7: -1.0, 1: 2.0})
    low, high = 1 / (1 + np.exp(1)), 1 / (1 + np.exp(-2))
    expected = {7: low, 1: high, 3: 0.4 / 0.8 * low, 2: 0.2 / 0.8 * low, 5: 0.0}
    assert list(rescored) == list(scores)
    np.testing.assert_allclose(list(rescored.values()), list(expected.values()))
    assert rescore({}, {}) == {}
    assert rescore({4: 0.0, 6: 0.0}, {4: 0.0}) == {4: 0.5, 6: 0.0}


@given(
    st.lists(st.floats(0, 1, width=32), min_size=1, max_size=30),
    st.lists(st.floats(-30, 30, width=16), min_size=30, max_size=30),
    st.integers(1, 30),
)
def test_rescoring_orders_the_first_by_logit_and_leaves_the_rest(
    values: list[float], logits: list[float], depth: int
) -> None:
    scores = dict(enumerate(values))
    order = sorted(scores, key=lambda number: (-scores[number], number))
    head = dict(zip(order[:depth], logits, strict=False))
    rescored = rescore(scores, head)
    found = sorted(rescored, key=lambda number: (-rescored[number], number))
    assert found == [*sorted(head, key=lambda n: (-head[n], n)), *order[depth:]]
    assert all(0 <= score <= 1 for score in rescored.values())


@given(
    st.lists(st.sampled_from([-1.0, 0.0, 0.5, 1.0, 1.5, 2.0]), max_size=30),
    st.integers(1, 12),
)
def test_best_positive_are_those_of_the_whole_ranking(values: list[float], depth: int) -> None:
    scores = floats(*values)
    ranked = [position for position in rank(scores).tolist() if scores[position] > 0]
    assert best_positive(scores, depth).tolist() == ranked[:depth]


@given(st.integers(0, 2**32 - 1), st.integers(0, 700), st.integers(1, 12), st.integers(1, 9))
def test_best_of_many_are_those_of_the_whole_ranking(
    seed: int, size: int, depth: int, values: int
) -> None:
    # Few values, so that many tie across the blocks, and some are below zero.
    scores = np.random.default_rng(seed).integers(-2, values, size).astype(np.float32)
    ranked = [position for position in rank(scores).tolist() if scores[position] > 0]
    assert best_positive(scores, depth).tolist() == ranked[:depth]

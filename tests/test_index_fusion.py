"""Min-max normalisation and convex combination, written out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from index.fusion import combine, follow_agreement, normalize, raise_named, rank


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
    assert follow_agreement(ten, others) == 0.7
    assert follow_agreement(ten, ten[::-1]) == pytest.approx(0.4)
    half = np.concatenate([ten[5:], others[:5]])
    assert follow_agreement(ten, half) == pytest.approx(0.55)
    beyond = np.concatenate([others, ten])  # what comes after the tenth place does not count
    assert follow_agreement(ten, beyond) == 0.7
    assert follow_agreement(ten[:0], others) == 0.7


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


def test_named_numbers_stand_above_all_others_in_the_order_of_their_groups() -> None:
    scores = {1: 0.9, 2: 0.5, 3: 0.1, 4: 0.7}
    raised = raise_named(scores, [[3, 9], [], [2, 3]])
    order = sorted(raised, key=lambda number: -raised[number])
    assert order == [3, 9, 2, 1, 4]
    assert {number: raised[number] for number in (1, 4)} == {1: 0.9, 4: 0.7}
    assert raise_named(scores, []) == scores and raise_named({}, [[5]])[5] > 0

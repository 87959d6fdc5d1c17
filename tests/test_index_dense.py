"""The dense index against brute force on random vectors."""

from __future__ import annotations

import numpy as np
import pytest

from index.dense import DenseIndex
from index.types import Vectors

UNITS, DIMENSION = 60, 16


def unit_vectors(rng: np.random.Generator, count: int) -> Vectors:
    vectors = rng.normal(size=(count, DIMENSION)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(params=range(5))
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    return np.random.default_rng(request.param)


class Example:
    """Units of one to three chunks each, a question, and the cosines by hand."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.units = np.repeat(np.arange(UNITS), rng.integers(1, 4, size=UNITS))
        self.vectors = unit_vectors(rng, self.units.size)
        self.question = unit_vectors(rng, 1)
        self.index = DenseIndex(self.vectors, self.units.tolist(), UNITS)
        self.cosines = self.vectors @ self.question[0]
        self.best = np.array([self.cosines[self.units == unit].max() for unit in range(UNITS)])


@pytest.fixture
def example(rng: np.random.Generator) -> Example:
    return Example(rng)


def test_search_finds_the_nearest_units(example: Example) -> None:
    expected = np.argsort(-example.best)
    for depth in (1, 10, UNITS, UNITS * 2):
        assert example.index.search(example.question, depth).tolist() == expected[:depth].tolist()


def test_search_is_limited_to_the_admitted(example: Example, rng: np.random.Generator) -> None:
    admitted = rng.random(UNITS) < 0.3
    expected = [unit for unit in np.argsort(-example.best) if admitted[unit]]
    for depth in (3, UNITS):
        found = example.index.search(example.question, depth, admitted)
        assert found.tolist() == expected[:depth]


def test_nothing_admitted_finds_nothing(example: Example) -> None:
    nothing = np.zeros(UNITS, dtype=np.bool_)
    assert example.index.search(example.question, 10, nothing).tolist() == []


def test_score_is_the_best_chunk_s(example: Example, rng: np.random.Generator) -> None:
    units = rng.choice(UNITS, size=20, replace=False)
    similarity, chunks = example.index.score(example.question, units)
    np.testing.assert_allclose(similarity, example.best[units], atol=1e-6)
    for unit, chunk in zip(units, chunks, strict=True):
        own = np.flatnonzero(example.units == unit)
        assert chunk == own[example.cosines[own].argmax()]


def test_ties_are_in_order_of_position() -> None:
    vector = np.eye(1, DIMENSION, dtype=np.float32)
    other = np.eye(1, DIMENSION, 1, dtype=np.float32)
    index = DenseIndex(np.concatenate([other, *[vector] * 7]), [0, 1, 1, 2, 3, 4, 5, 5], 6)
    assert index.search(vector, 6).tolist() == [1, 2, 3, 4, 5, 0]
    similarity, chunks = index.score(vector, np.array([5, 1]))
    assert similarity.tolist() == [1, 1] and chunks.tolist() == [6, 1]


def test_index_of_nothing_finds_nothing() -> None:
    index = DenseIndex(np.zeros((0, DIMENSION), dtype=np.float32), [], 0)
    question = np.eye(1, DIMENSION, dtype=np.float32)
    assert index.search(question, 10).tolist() == []
    similarity, chunks = index.score(question, np.empty(0, dtype=np.int64))
    assert similarity.size == chunks.size == 0

"""The dense index against brute force on random vectors."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

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


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(1, 5), min_size=1, max_size=12))
def test_score_of_any_units_is_that_of_each_alone(seed: int, counts: list[int]) -> None:
    rng = np.random.default_rng(seed)
    # Few different vectors, so that chunks of one unit tie.
    vectors = unit_vectors(rng, 3)[rng.integers(0, 3, sum(counts))]
    question = unit_vectors(rng, 1)
    index = DenseIndex(vectors, np.repeat(np.arange(len(counts)), counts), len(counts))
    units = rng.integers(0, len(counts), rng.integers(0, 20))
    similarity, chunks = index.score(question, units)
    ends = np.cumsum(counts)
    for unit, score, chunk in zip(units, similarity, chunks, strict=True):
        own = range(ends[unit] - counts[unit], ends[unit])
        cosines = [float(np.einsum("i,i", vectors[i], question[0])) for i in own]
        assert score == pytest.approx(max(cosines), abs=1e-6)
        # The first of equal chunks.
        assert chunk == next(i for i in own if (vectors[i] == vectors[chunk]).all())
        assert cosines[chunk - own.start] == pytest.approx(max(cosines), abs=1e-6)


# --- codes

CLUSTERED, CLUSTERS, WIDE = 4000, 40, 96


class Clustered:
    """Vectors around some centres, as texts are; each unit is two of them, and some are equal."""

    def __init__(self, rng: np.random.Generator) -> None:
        centres = rng.normal(size=(CLUSTERS, WIDE))
        vectors = centres[rng.integers(0, CLUSTERS, CLUSTERED)]
        vectors = vectors + rng.normal(size=vectors.shape) + 3  # all of them on one side, as texts
        vectors[1::50] = vectors[0]
        self.vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        self.units = np.arange(CLUSTERED) // 2
        self.size = CLUSTERED // 2
        near = self.vectors[rng.integers(0, CLUSTERED, 30)]
        questions = near + 0.05 * rng.normal(size=near.shape)
        lengths = np.linalg.norm(questions, axis=1, keepdims=True)
        self.questions = (questions / lengths).astype(np.float32)
        self.index = DenseIndex(self.vectors, self.units, self.size, exact=0)

    def nearest(
        self, question: NDArray[np.float32], admitted: NDArray[np.bool_] | None = None
    ) -> NDArray[np.int64]:
        best = (self.vectors @ question).reshape(-1, 2).max(axis=1)
        ranking = np.lexsort((np.arange(self.size), -best))
        return ranking if admitted is None else ranking[admitted[ranking]]


@pytest.fixture(scope="module")
def clustered() -> Clustered:
    return Clustered(np.random.default_rng(7))


def test_codes_find_nearly_all_that_is_nearest(clustered: Clustered) -> None:
    found = [clustered.index.search(q[np.newaxis], 100)[:10] for q in clustered.questions]
    nearest = [clustered.nearest(q)[:10] for q in clustered.questions]
    recall = [np.intersect1d(*pair).size / 10 for pair in zip(found, nearest, strict=True)]
    assert np.mean(recall) >= 0.99
    # The codes are at work: exact search would miss nothing of the hundred either.
    missed = [
        np.setdiff1d(clustered.nearest(q)[:100], clustered.index.search(q[np.newaxis], 100)).size
        for q in clustered.questions
    ]
    assert 0 < sum(missed) < 0.1 * 100 * len(missed)


def test_codes_are_limited_to_the_admitted(clustered: Clustered) -> None:
    rng = np.random.default_rng(8)
    for share in (0.01, 0.3):
        admitted = rng.random(clustered.size) < share
        for question in clustered.questions[:10]:
            found = clustered.index.search(question[np.newaxis], 10, admitted)
            assert admitted[found].all()
            assert found.size == min(10, admitted.sum())
            if admitted.sum() <= 20:  # no more chunks than are compared exactly
                assert found.tolist() == clustered.nearest(question, admitted)[:10].tolist()


def test_what_codes_found_is_in_exact_order_and_ties_by_position(clustered: Clustered) -> None:
    question = clustered.vectors[:1]
    found = clustered.index.search(question, 100)
    similarity, _ = clustered.index.score(question, found)
    ranked = list(zip((-similarity).tolist(), found.tolist(), strict=True))
    assert all(one < two for one, two in pairwise(ranked))
    equal = np.unique(np.flatnonzero((clustered.vectors == question).all(axis=1)) // 2)
    assert equal.size > 50 and found[: equal.size].tolist() == equal.tolist()


@pytest.mark.parametrize("exact", [0, CLUSTERED])
def test_saved_index_finds_the_same(clustered: Clustered, tmp_path: Path, exact: int) -> None:
    index = DenseIndex(clustered.vectors, clustered.units, clustered.size, exact=exact)
    for name in ("one", "two"):
        index.save(tmp_path / name)
    # Where the vectors are enough, there is nothing to save.
    assert [path.parent.name for path in sorted(tmp_path.rglob("*.faiss"))] == (
        ["one", "two"] if exact == 0 else []
    )
    for path in tmp_path.glob("one/*"):
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
    np.save(tmp_path / "vectors.npy", clustered.vectors)
    vectors = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    loaded = DenseIndex.load(tmp_path / "one", vectors, clustered.units, clustered.size)
    for question in clustered.questions[:5]:
        found = index.search(question[np.newaxis], 20)
        assert loaded.search(question[np.newaxis], 20).tolist() == found.tolist()
        for one, two in zip(
            loaded.score(question[np.newaxis], found),
            index.score(question[np.newaxis], found),
            strict=True,
        ):
            np.testing.assert_array_equal(one, two)


def test_codes_of_other_vectors_or_broken_ones_are_refused(
    clustered: Clustered, tmp_path: Path
) -> None:
    clustered.index.save(tmp_path)
    with pytest.raises(ValueError, match="4000"):
        DenseIndex.load(tmp_path, clustered.vectors[:-2], clustered.units[:-2], clustered.size - 1)
    [path] = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=path.name):
        DenseIndex.load(tmp_path, clustered.vectors, clustered.units, clustered.size)

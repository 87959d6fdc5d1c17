"""The two sides of an index whose rows lie in a Milvus cluster.

The dense side is a search by inner product, like the embedded one. The lexical side is too: a unit is
the sparse vector of what our own BM25 makes each of its terms weigh, over the whole library, and a
question that of how often it has each term. So the scores are those of ``index.lexical`` but for the
order in which a server adds. Milvus' own BM25 would count documents segment by segment and cut words
in its own way.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.cluster_terms import TermCounts
from index.lexical import EXPANSION_WEIGHT
from index.milvus import LIMIT, Cluster
from index.tokenization import tokenize
from index.types import Vectors

# As many chunks to a unit as ``index.dense`` asks for.
_CHUNKS_PER_UNIT = 4
# Vectors of chunks that are kept: the same units are scored several times for one question.
_KEPT = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Holdings:
    """Which snapshot of which cluster, and the document of each unit, by number, (units,)."""

    cluster: Cluster
    snapshot: str
    documents: NDArray[np.int64]

    def admission(self, admitted: NDArray[np.bool_] | None) -> str:
        """Return the expression that admits these units (None: all); they are whole documents."""
        if admitted is None or admitted.all():
            return ""
        inside = np.unique(self.documents[admitted])
        outside = np.setdiff1d(self.documents, inside)
        # A region and the levels above it may leave most of a library: the shorter list is sent.
        if outside.size < inside.size:
            return f"document not in {outside.tolist()}"
        return f"document in {inside.tolist()}"


class ClusterDense:
    """Cosine similarity of chunks; a unit scores as its best chunk."""

    def __init__(self, holdings: Holdings, units: NDArray[np.int64]) -> None:
        """Search chunks of which number i is part of unit ``units[i]``; ``units`` ascends."""
        self._in = holdings
        self._units = units
        self._first = np.searchsorted(self._units, np.arange(holdings.documents.size + 1))
        # A snapshot's vectors never change, so what was fetched stays right.
        self._kept: dict[int, Vectors] = {}
        self._keeping = threading.Lock()

    def search(
        self, question: Vectors, depth: int, admitted: NDArray[np.bool_] | None = None
    ) -> NDArray[np.int64]:
        """Return up to ``depth`` unit numbers, nearest to the vector (1, dimension) first."""
        count = min(depth * _CHUNKS_PER_UNIT, self._units.size)
        if count == 0 or (admitted is not None and not admitted.any()):
            return np.empty(0, dtype=np.int64)
        found, scores = self._in.cluster.nearest(
            "chunks",
            self._in.snapshot,
            question[0],
            count,
            self._in.admission(admitted),
            rows=self._units.size,
        )
        units = self._units[found[np.lexsort((found, -scores))]]
        _, first = np.unique(units, return_index=True)
        nearest: NDArray[np.int64] = units[np.sort(first)][:depth]
        return nearest

    def score(
        self, question: Vectors, units: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return each unit's similarity and the number of the chunk it comes from, (units,) both."""
        counts = self._first[units + 1] - self._first[units]
        begins = np.cumsum(counts) - counts
        # The chunks of all the units, one unit after another.
        chunks = np.repeat(self._first[units] - begins, counts) + np.arange(counts.sum())
        if not chunks.size:
            return np.empty(0, dtype=np.float32), chunks
        # Row by row: a product of matrices rounds equal rows differently.
        cosines = np.einsum("ij,j->i", self._fetch(chunks.tolist()), question[0])
        similarity: NDArray[np.float32] = np.maximum.reduceat(cosines, begins)
        best = np.flatnonzero(cosines == np.repeat(similarity, counts))
        return similarity, chunks[best[np.searchsorted(best, begins)]]

    def save(self, folder: Path) -> None:
        """Write nothing: all of it is in the cluster."""

    def _fetch(self, chunks: Sequence[int]) -> Vectors:
        """Return the vectors of these chunks, (chunks, dimension)."""
        with self._keeping:
            found = {number: self._kept[number] for number in chunks if number in self._kept}
        missing = [number for number in chunks if number not in found]
        for start in range(0, len(missing), LIMIT):
            rows = self._in.cluster.rows(
                "chunks",
                self._in.snapshot,
                f"id in {missing[start : start + LIMIT]}",
                ["vector"],
            )
            found |= {row["id"]: np.array(row["vector"], dtype=np.float32) for row in rows}
        with self._keeping:
            if len(self._kept) > _KEPT:
                self._kept.clear()
            self._kept |= {number: found[number] for number in missing}
        return np.stack([found[number] for number in chunks])


@dataclass(frozen=True, slots=True, eq=False)
class ClusterAnswer:
    """What units score by their words for one question: {term's number: weight}."""

    holdings: Holdings
    question: Mapping[int, float]

    def best(self, depth: int, admitted: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """Return up to ``depth`` numbers of units that score, best first, among the admitted."""
        if admitted is not None and not admitted.any():
            return np.empty(0, dtype=np.int64)
        found, scores = self._search(depth, self.holdings.admission(admitted))
        found, scores = found[scores > 0], scores[scores > 0]
        return found[np.lexsort((found, -scores))]

    def of(self, units: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the scores of ``units``, shape (units,)."""
        scores: dict[int, float] = {}
        for start in range(0, units.size, LIMIT):
            numbers = units[start : start + LIMIT].tolist()
            found, of_found = self._search(len(numbers), f"id in {numbers}")
            scores |= zip(found.tolist(), of_found.tolist(), strict=True)
        return np.array([scores.get(unit, 0.0) for unit in units.tolist()], dtype=np.float32)

    def _search(self, depth: int, admission: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        if not self.question:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        size = self.holdings.documents.size
        return self.holdings.cluster.nearest(
            "units",
            self.holdings.snapshot,
            dict(self.question),
            min(depth, size),
            admission,
            rows=size,
        )


class ClusterLexical:
    """BM25 of units whose terms' weights lie in the cluster, and the counts of terms here."""

    def __init__(self, holdings: Holdings, counts: TermCounts) -> None:
        self._in = holdings
        self._counts = counts

    def ask(self, question: str, expansions: Iterable[str] = ()) -> ClusterAnswer:
        """Return what the units score for ``question`` and, at less weight, for ``expansions``."""
        own = tokenize(question)
        added = {term for text in expansions for term in tokenize(text)}.difference(own)
        weights: dict[int, float] = {}
        for terms, weight in ((own, 1.0), (sorted(added), EXPANSION_WEIGHT)):
            for number in map(self._counts.number, terms):
                if number is not None:
                    weights[number] = weights.get(number, 0.0) + weight
        return ClusterAnswer(self._in, weights)

    def idf(self, word: str) -> float:
        """Return the inverse document frequency of ``word``; see ``LexicalIndex.idf``."""
        frequency, size = self.bound(word), self._in.documents.size
        return math.log(1 + (size - frequency + 0.5) / (frequency + 0.5))

    def bound(self, word: str) -> int:
        """Return how many units can hold ``word`` at most: as many as hold the rarest of its terms."""
        return min(map(self._counts.frequency, tokenize(word)), default=0)

    def save(self, folder: Path) -> None:
        """Write what of it is here."""
        self._counts.save(folder)

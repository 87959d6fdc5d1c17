"""Cosine similarity of chunks, held by FAISS; a unit scores as its best chunk.

Few vectors are compared one by one. Of more, a code of two bits a dimension says which are worth it:
Gao and Long, "RaBitQ: Quantizing High-Dimensional Vectors with a Theoretical Error Bound for
Approximate Nearest Neighbor Search", SIGMOD 2024, with Gao et al., SIGMOD 2025, for more than one bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from index.types import Vectors

# So many chunks are searched exactly: it takes about as long as the question took to be encoded. Above,
# codes are read instead. On one core, for 400 questions of laypeople, 60,000 chunks of law take 5.8 ms
# exactly and 2.0 by codes; 153,237 take 15.2 and 3.5, one byte a dimension 5.5 (59 MB; the codes 18).
EXACT_LIMIT = 60_000
# Bits a dimension of the codes. With the 400 best of 153,237 compared exactly, two find all of the ten
# nearest and .998 of the hundred, one bit .999 and .928; three take four times as long.
_BITS = 2
# A long unit has several chunks, so more chunks than units are asked for.
_CHUNKS_PER_UNIT = 4
_FILE = "codes.faiss"


class DenseIndex:
    """An inner-product index over the unit vectors of chunks, grouped by unit.

    What it returns is compared exactly, whichever way it was found: the vectors may lie on disk, and
    of many only those of the candidates are read.
    """

    def __init__(
        self,
        vectors: Vectors,
        units: Sequence[int] | NDArray[np.int64],
        size: int,
        *,
        exact: int = EXACT_LIMIT,
        codes: Any | None = None,
    ) -> None:
        """Index ``vectors`` of shape (chunks, dimension); chunk i is part of unit ``units[i]``.

        ``units`` ascends and names each of the ``size`` units at least once. Up to ``exact`` chunks
        are searched exactly, more by ``codes`` (None: they are made).
        """
        # A plain view of rows on disk is faster to slice.
        self._vectors = np.asarray(vectors)
        self._units = np.asarray(units, dtype=np.int64)
        self._first = np.searchsorted(self._units, np.arange(size + 1))
        self._codes = codes if codes is not None else _index(self._vectors, exact)

    def search(
        self, question: Vectors, depth: int, admitted: NDArray[np.bool_] | None = None
    ) -> NDArray[np.int64]:
        """Return up to ``depth`` unit numbers, nearest to the question vector (1, dimension) first.

        ``admitted``, shape (units,), limits the search to some units.
        """
        parameters = None
        if admitted is not None:
            bits = np.packbits(admitted[self._units], bitorder="little")
            selector = faiss.IDSelectorBitmap(self._units.size, faiss.swig_ptr(bits))
            parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]  # faiss's own stub lacks it
        count = min(depth * _CHUNKS_PER_UNIT, self._units.size)
        if count == 0:
            return np.empty(0, dtype=np.int64)
        # One question is no work for two threads, and to wake them takes longer. It is said for each
        # thread anew, because OpenMP keeps it so.
        faiss.omp_set_num_threads(1)
        _, chunks = self._codes.search(question, count, params=parameters)
        found = np.sort(chunks[0][chunks[0] >= 0])
        order = np.argsort(-self._cosines(question, found), kind="stable")
        units = self._units[found[order]]
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
        cosines = self._cosines(question, chunks)
        similarity = np.maximum.reduceat(cosines, begins)
        best = np.flatnonzero(cosines == np.repeat(similarity, counts))
        return similarity, chunks[best[np.searchsorted(best, begins)]]

    def _cosines(self, question: Vectors, chunks: NDArray[np.int64]) -> NDArray[np.float32]:
        # Row by row: a product of matrices rounds equal rows differently, and would break their ties.
        cosines: NDArray[np.float32] = np.einsum("ij,j->i", self._vectors[chunks], question[0])
        return cosines

    def save(self, folder: Path) -> None:
        """Write what takes long to make into ``folder``; nothing where the vectors are enough."""
        if not isinstance(self._codes, faiss.IndexFlat):
            folder.mkdir(exist_ok=True)
            faiss.write_index(self._codes, str(folder / _FILE))

    @classmethod
    def load(
        cls, folder: Path, vectors: Vectors, units: Sequence[int] | NDArray[np.int64], size: int
    ) -> DenseIndex:
        """Read what ``save`` wrote of an index of the same ``vectors``.

        ValueError where it is of others.
        """
        path = folder / _FILE
        if not path.exists():
            return cls(vectors, units, size)
        try:
            codes = faiss.read_index(str(path))
        except RuntimeError as error:
            raise ValueError(f"{path.name}: {error}") from error
        if (codes.ntotal, codes.d) != vectors.shape:
            raise ValueError(f"{path.name}: {codes.ntotal} × {codes.d}, not {vectors.shape}")
        return cls(vectors, units, size, codes=codes)


def _index(vectors: Vectors, exact: int) -> Any:
    """Return a FAISS index of ``vectors``: of themselves up to so many, of their codes above."""
    count, dimension = vectors.shape
    index: Any
    if count <= exact:
        index = faiss.IndexFlatIP(dimension)
    else:
        index = faiss.IndexRaBitQ(dimension, faiss.METRIC_INNER_PRODUCT, _BITS)
        index.train(vectors)
    index.add(np.ascontiguousarray(vectors, dtype=np.float32))
    return index

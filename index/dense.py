"""Cosine similarity of chunks, held by FAISS; a unit scores as its best chunk."""

from __future__ import annotations

from collections.abc import Sequence

import faiss
import numpy as np
from numpy.typing import NDArray

from index.types import Vectors

# A long unit has several chunks, so more chunks than units are asked for.
_CHUNKS_PER_UNIT = 4


class DenseIndex:
    """An exact inner-product index over the unit vectors of chunks, grouped by unit."""

    def __init__(self, vectors: Vectors, units: Sequence[int], size: int) -> None:
        """Index ``vectors`` of shape (chunks, dimension); chunk i is part of unit ``units[i]``.

        ``units`` ascends and names each of the ``size`` units at least once.
        """
        self._units = np.asarray(units, dtype=np.int64)
        self._first = np.searchsorted(self._units, np.arange(size + 1))
        self._index = faiss.IndexFlatIP(vectors.shape[1])
        self._index.add(np.ascontiguousarray(vectors, dtype=np.float32))

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
        count = min(depth * _CHUNKS_PER_UNIT, int(self._index.ntotal))
        if count == 0:
            return np.empty(0, dtype=np.int64)
        scores, chunks = self._index.search(question, count, params=parameters)
        found = chunks[0][chunks[0] >= 0]
        order = np.lexsort((found, -scores[0][: found.size]))
        units = self._units[found[order]]
        _, first = np.unique(units, return_index=True)
        nearest: NDArray[np.int64] = units[np.sort(first)][:depth]
        return nearest

    def score(
        self, question: Vectors, units: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return each unit's similarity and the number of the chunk it comes from, (units,) both."""
        similarity = np.empty(units.size, dtype=np.float32)
        chunk = np.empty(units.size, dtype=np.int64)
        for i, unit in enumerate(units):
            first, end = int(self._first[unit]), int(self._first[unit + 1])
            cosines = self._index.reconstruct_n(first, end - first) @ question[0]
            best = int(cosines.argmax())
            similarity[i], chunk[i] = cosines[best], first + best
        return similarity, chunk

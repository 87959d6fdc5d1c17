"""Late interaction: a passage is as near as the nearest of its tokens to each of the question's.

Khattab and Zaharia, "ColBERT: Efficient and Effective Passage Search via Contextualized Late
Interaction over BERT", SIGIR 2020; here over the tokens of the encoder that makes the vectors of
whole passages, so there is no second model and no second pass.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.types import Codes, TokenVectors, Vectors

# Libraries of more chunks have no late interaction. A chunk of the samples takes 35 kB (91 tokens of
# 384 bytes), a unit 67 kB: here it is .7 GB on disk, twice that in memory while it is built, and the
# checksums are read through whenever the index is opened.
LATE_LIMIT = 20_000

_INT8_MAX = 127
# Below the cosine of any two tokens: what a passage without tokens scores.
_NOTHING = np.float32(-1)


def quantize(vectors: Vectors) -> Codes:
    """Return ``vectors``, (tokens, dimension), each scaled so that its largest component is ±127.

    The scale is not kept, because only directions are compared. Rounding turns a vector by an angle
    whose sine is at most √dimension / 254.
    """
    largest = np.abs(vectors).max(axis=1, keepdims=True, initial=0)
    # A vector of zeros has no direction, and stays.
    scaled = vectors / np.where(largest > 0, largest, 1) * _INT8_MAX
    return np.rint(scaled).astype(np.int8)


def join(texts: Sequence[Codes]) -> TokenVectors:
    """Return the tokens of ``texts``, (tokens, dimension) each, in one; no token, no dimension."""
    offsets = np.cumsum([0, *map(len, texts)], dtype=np.int64)
    tokens = [rows for rows in texts if len(rows)]
    rows = np.concatenate(tokens) if tokens else np.empty((0, 0), dtype=np.int8)
    return TokenVectors(rows, offsets)


def nearness(question: Vectors, passages: TokenVectors) -> NDArray[np.float32]:
    """Return for each passage the mean, over the question's tokens, of the best cosine in it.

    ``question``, (tokens, dimension), has unit rows, at least one. A passage without tokens has −1.
    """
    scores = np.full(passages.offsets.size - 1, _NOTHING, dtype=np.float32)
    # reduceat would give an empty passage the token behind it.
    filled = np.flatnonzero(np.diff(passages.offsets))
    if filled.size:
        rows = passages.rows.astype(np.float32)
        lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        cosines = rows @ question.T / np.maximum(lengths, 1)[:, np.newaxis]
        best = np.maximum.reduceat(cosines, passages.offsets[filled], axis=0)
        scores[filled] = best.mean(axis=1)
    return scores


class LateInteraction:
    """The tokens of chunks, grouped by unit; a unit scores as its best chunk."""

    def __init__(
        self, tokens: TokenVectors, units: Sequence[int] | NDArray[np.int64], size: int
    ) -> None:
        """Take the ``tokens`` of chunks; chunk i is part of unit ``units[i]``.

        ``units`` ascends and names each of the ``size`` units at least once.
        """
        # The rows may be on disk: a plain view of them is faster to slice.
        self._tokens = TokenVectors(np.asarray(tokens.rows), tokens.offsets)
        self._first = np.searchsorted(np.asarray(units, dtype=np.int64), np.arange(size + 1))

    @property
    def on(self) -> bool:
        """Whether there are any tokens to compare with."""
        return bool(self._tokens.rows.size)

    def score(self, question: Vectors, units: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the nearness of ``units`` to the question's tokens (tokens, dimension).

        200 units of the samples, 35,000 tokens, and 20 tokens of a question take 45 ms of one core.
        """
        if not units.size:
            return np.empty(0, dtype=np.float32)
        rows, offsets = self._tokens.rows, self._tokens.offsets
        spans = [(self._first[unit], self._first[unit + 1]) for unit in units]
        chosen = np.concatenate([rows[offsets[first] : offsets[end]] for first, end in spans])
        lengths = np.concatenate([np.diff(offsets[first : end + 1]) for first, end in spans])
        passages = TokenVectors(chosen, np.concatenate([[0], np.cumsum(lengths)]))
        counts = np.array([end - first for first, end in spans])
        starts = np.cumsum(counts) - counts
        best: NDArray[np.float32] = np.maximum.reduceat(nearness(question, passages), starts)
        return best

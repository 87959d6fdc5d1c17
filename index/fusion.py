"""Two score lists -> one: convex combination of min-max normalised scores, or reciprocal ranks.

Bruch, Gai, Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval", TOIS 2023; Cormack,
Clarke, Büttcher, "Reciprocal Rank Fusion", SIGIR 2009.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]

# The constant of reciprocal rank fusion, as its authors set it.
_RRF = 60


def normalize(scores: Scores) -> Scores:
    """Return ``scores`` mapped linearly onto 0..1; all zero where they are all equal."""
    if not scores.size:
        return scores
    low, high = scores.min(), scores.max()
    if high <= low:
        return np.zeros_like(scores)
    normalized: Scores = ((scores - low) / (high - low)).astype(np.float32)
    return normalized


def combine(lexical: Scores, dense: Scores, *, weight: float) -> Scores:
    """Return ``weight`` · dense + (1 − ``weight``) · lexical over the same candidates."""
    return (weight * normalize(dense) + (1 - weight) * normalize(lexical)).astype(np.float32)


def combine_ranks(lists: Sequence[Mapping[int, int]], candidates: Sequence[int]) -> Scores:
    """Return the sum of 1 / (60 + place) of each candidate over ``lists`` of {number: place}."""
    return np.array(
        [sum(1 / (_RRF + places[c]) for places in lists if c in places) for c in candidates],
        dtype=np.float32,
    )


def rank(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return positions by falling score; equal scores keep their order."""
    return np.lexsort((np.arange(scores.size), -scores))

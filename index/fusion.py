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
# Above it, 1 / (1 + exp(-x)) is 1.
_LARGEST_LOGIT = 36.0

# The weight of the dense side, where the best ten of the two sides have none in common and where
# they are the same ten. Chosen among weights that follow the sides' agreement, the lexical margin,
# the share of known terms or the language, and fixed ones (evaluation/LOG.md): sides that disagree
# have found different things, and a question asked in other words is the usual reason.
DENSE_WEIGHT = 0.75
DENSE_WEIGHT_AGREED = 0.45
_COMPARED = 10
# Scores of which the best is looked at first, where the best of very many are looked for.
_BLOCK = 64


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


def follow_agreement(lexical: NDArray[np.int64], dense: NDArray[np.int64]) -> float:
    """Return the weight of the dense side for two rankings, best first: less where they agree."""
    shared = np.intersect1d(lexical[:_COMPARED], dense[:_COMPARED]).size / _COMPARED
    return DENSE_WEIGHT + shared * (DENSE_WEIGHT_AGREED - DENSE_WEIGHT)


def combine_ranks(lists: Sequence[Mapping[int, int]], candidates: Sequence[int]) -> Scores:
    """Return the sum of 1 / (60 + place) of each candidate over ``lists`` of {number: place}."""
    return np.array(
        [sum(1 / (_RRF + places[c]) for places in lists if c in places) for c in candidates],
        dtype=np.float32,
    )


def put_first(scores: Scores, head: NDArray[np.int64], again: Scores) -> Scores:
    """Return ``scores`` with those at ``head`` replaced by ``again``, and above all others.

    Where ``head`` is all of them, the scores are ``again`` as they are; the others keep theirs.
    ``again`` is not negative.
    """
    others = np.ones(scores.size, dtype=np.bool_)
    others[head] = False
    step = scores[others].max() + 1 if others.any() else 0
    placed = scores.copy()
    placed[head] = again + step
    return placed


def raise_named(scores: Mapping[int, float], groups: Sequence[Sequence[int]]) -> dict[int, float]:
    """Return ``scores`` of {number: score} with the members of ``groups`` above all others.

    Groups stand one above the next, the first on top; inside a group the scores decide, 0 for a
    number without one. The others keep theirs.
    """
    step = max(scores.values(), default=0.0) + 1
    raised = dict(scores)
    for place, group in enumerate(reversed(groups), 1):
        raised.update({number: scores.get(number, 0.0) + place * step for number in group})
    return raised


def rescore(scores: Mapping[int, float], logits: Mapping[int, float]) -> dict[int, float]:
    """Return ``scores`` of {number: score} with those of ``logits`` first, in the order of these.

    ``logits`` are a cross-encoder's, of the numbers with the best scores. Their sigmoid is the new
    score, because such models are trained to give the probability of relevance by it: so a share of
    the first score still tells how much less relevant another one is, which a share of min-max
    normalised scores would not where all are relevant, or but one. The other scores, none of them
    negative, shrink in proportion to below the least of these. Logits beyond ±36 count alike.
    """
    best = max(scores.values(), default=0.0) or 1.0
    clipped = np.clip(list(logits.values()), -_LARGEST_LOGIT, _LARGEST_LOGIT)
    rescored = dict(zip(logits, (1 / (1 + np.exp(-clipped))).tolist(), strict=True))
    least = min(rescored.values(), default=1.0)
    return {number: rescored.get(number, score / best * least) for number, score in scores.items()}


def best_positive(scores: NDArray[np.float32], depth: int) -> NDArray[np.int64]:
    """Return the positions of the best ``depth`` scores above zero, best first; ties as ``rank``."""
    # Only those that can be among the best are sorted: most of a large library cannot.
    least = _least_of_best(scores, depth)
    found = np.flatnonzero(scores >= least if least > 0 else scores > 0)
    if found.size > depth:
        found = found[scores[found] >= np.partition(scores[found], -depth)[-depth]]
    return found[rank(scores[found])][:depth]


def _least_of_best(scores: NDArray[np.float32], depth: int) -> float:
    """Return what the best ``depth`` scores reach at least, for so many blocks hold one as good."""
    blocks = scores[: scores.size - scores.size % _BLOCK].reshape(-1, _BLOCK)
    if len(blocks) < depth:
        return 0.0
    return float(np.partition(blocks.max(axis=1), -depth)[-depth])


def rank(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return positions by falling score; equal scores keep their order."""
    return np.lexsort((np.arange(scores.size), -scores))

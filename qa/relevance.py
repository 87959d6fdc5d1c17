"""How likely it is that a clause answers the question, and which clauses are therefore cited.

A logistic model of three signals that can be compared between questions and libraries: how near the
clause is to the question (in deviations of the library's background), its share of the best score,
and how many of the question's content words it holds. Nearness alone tells fields apart (area under
the ROC curve .999 for questions on law and on an encyclopaedia, over a library on industry; see
evaluation/LOG.md); the words tell what is near from what is meant.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from qa.evidence import Evidence

# What is read of a clause, in the order of ``read_signals``.
SIGNALS = ("nearness", "share", "coverage")
# Fitted on the dev questions and, with a fifth of the weight, on questions of other fields
# (``python -m evaluation calibrate``; evaluation/LOG.md has the figures).
BIAS = -8.98
WEIGHTS = (0.403, 6.314, 0.630)

# Where every clause on the matter is asked for: a further one is cited where it is this share as
# likely as the best one, less where it holds the same weightiest word.
_LISTED = 0.7
_LISTED_SAME = 0.3
# Where one thing is asked: clauses are cited down to the first that is so much less likely than the
# one before it, or than the best one.
_STEP = 0.7
_POINTED = 0.4
MAX_CITATIONS = 8


def read_signals(evidence: Evidence) -> tuple[float, ...]:
    """Return what the evidence is judged by, one number for each of ``SIGNALS``."""
    return evidence.hit.nearness, evidence.share, evidence.coverage


def judge(evidence: Evidence) -> float:
    """Return the probability, 0..1, that the evidence belongs to an answer."""
    signals = zip(WEIGHTS, read_signals(evidence), strict=True)
    log_odds = BIAS + sum(weight * value for weight, value in signals)
    # The logistic function, in the form that overflows for none.
    return (1 + math.tanh(log_odds / 2)) / 2


def select(evidence: Sequence[Evidence], *, listing: bool) -> list[Evidence]:
    """Return what is cited of ``evidence``, the likeliest first; ties keep the order of the search.

    ``listing``: whether the question asks for all that there is on its matter, not for one thing.
    """
    ranked = sorted(evidence, key=judge, reverse=True)
    chosen = _list(ranked) if listing else _point(ranked)
    return chosen[:MAX_CITATIONS]


def _list(ranked: Sequence[Evidence]) -> list[Evidence]:
    best = ranked[0]
    key = max(best.held, key=best.held.__getitem__, default=None)
    return [
        item
        for item in ranked
        if item is best
        or judge(item) >= (_LISTED_SAME if key in item.held else _LISTED) * judge(best)
    ]


def _point(ranked: Sequence[Evidence]) -> list[Evidence]:
    chosen = list(ranked[:1])
    for before, item in pairwise(ranked):
        if judge(item) < max(_STEP * judge(before), _POINTED * judge(ranked[0])):
            break
        chosen.append(item)
    return chosen

"""How likely it is that a clause answers the question, and which clauses are therefore cited.

A logistic model of three signals that can be compared between questions and libraries: how near the
clause is to the question (in deviations of the library's background), its share of the best score,
and how many of the question's content words it holds. Nearness alone tells fields apart: of
laypeople's questions on law, and of questions on an encyclopaedia, 98 in 100 come no nearer to a
library on industry than the least near of its own; the words tell what is near from what is meant.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from qa.evidence import Evidence

# Fitted on the dev questions and, with a fifth of the weight, on questions of other fields
# (``python -m evaluation calibrate``; evaluation/LOG.md has the figures).
BIAS = -9.18
NEARNESS = 0.453
SHARE = 5.96
COVERAGE = 1.347

# Further clauses are cited where they are this share as likely as the best one.
RELATIVE = 0.5
MAX_CITATIONS = 8


def judge(evidence: Evidence) -> float:
    """Return the probability, 0..1, that the evidence belongs to an answer."""
    return 1 / (
        1
        + math.exp(
            -(
                BIAS
                + NEARNESS * evidence.hit.nearness
                + SHARE * evidence.share
                + COVERAGE * evidence.coverage
            )
        )
    )


def select(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Return what is cited of ``evidence``, the likeliest first; ties keep the order of the search."""
    ranked = sorted(evidence, key=judge, reverse=True)
    least = RELATIVE * judge(ranked[0]) if ranked else 0.0
    return [item for item in ranked if judge(item) >= least][:MAX_CITATIONS]

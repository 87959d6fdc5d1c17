"""Risk and coverage: how wrong the answers are when only the surest questions are answered.

An assistant that says how sure it is can be asked to answer those questions only of which it is at
least so sure. Each such threshold answers some share of the questions (coverage), and of those some
share should not have been answered (selective risk). The trade of one for the other is the
risk–coverage curve of R. El-Yaniv and Y. Wiener, "On the Foundations of Noise-free Selective
Classification", JMLR 11 (2010); the thresholds over a ready-made confidence are those of Y. Geifman
and R. El-Yaniv, "Selective Classification for Deep Neural Networks", NIPS 2017, and the area under
the curve of Y. Geifman, G. Uziel and R. El-Yaniv, "Bias-Reduced Uncertainty Estimation for Deep
Neural Classifiers", ICLR 2019.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from qa.types import Outcome


@dataclass(frozen=True, slots=True)
class Judged:
    """A question: how sure the assistant is that it can be answered (0..1), and whether it can."""

    confidence: float
    answerable: bool


@dataclass(frozen=True, slots=True)
class Point:
    """What comes of answering exactly the questions of at least the confidence ``threshold``.

    ``coverage``: the share of all questions that is answered. ``risk``: the share of those that is
    wrong. ``refusal_recall``: the share of the unanswerable questions that is refused, None where
    there are none; ``false_refusals``: the share of the answerable ones that is, likewise. All 0..1.
    """

    threshold: float
    coverage: float
    risk: float
    refusal_recall: float | None
    false_refusals: float | None


@dataclass(frozen=True, slots=True)
class Curve:
    """The points from the surest threshold to the one that answers everything.

    ``area``, 0..1, lower is better: the mean, over all questions, of the risk of answering the
    question and all that are at least as sure. ``least`` is the area of the best order there is of
    the same questions, every answerable one before any other. None where there is no question.
    """

    points: tuple[Point, ...]
    area: float | None
    least: float | None


def confidence_of(outcome: Outcome | None, confidence: float | None) -> float:
    """Return how sure a response is: without a confidence, what its outcome says (1.0 or 0.0)."""
    if confidence is not None:
        return confidence
    return 1.0 if outcome == "answered" else 0.0


def trace(judged: Iterable[Judged]) -> Curve:
    """Return the curve, with a point for each confidence there is: equal ones cannot be parted.

    One pass over the questions, sorted by confidence.
    """
    ordered = sorted(judged, key=lambda one: -one.confidence)
    right = sum(one.answerable for one in ordered)
    points = []
    answered = wrong = 0
    area = 0.0
    for threshold, group in groupby(ordered, key=lambda one: one.confidence):
        members = list(group)
        answered += len(members)
        wrong += sum(not one.answerable for one in members)
        area += len(members) * wrong / answered
        points.append(
            Point(
                threshold=threshold,
                coverage=answered / len(ordered),
                risk=wrong / answered,
                refusal_recall=_share_left(wrong, len(ordered) - right),
                false_refusals=_share_left(answered - wrong, right),
            )
        )
    if not ordered:
        return Curve((), None, None)
    return Curve(tuple(points), area / len(ordered), _least(right, len(ordered)))


def _share_left(taken: int, total: int) -> float | None:
    return (total - taken) / total if total else None


def _least(right: int, total: int) -> float:
    """Return the area where the ``right`` answerable questions come first, one by one."""
    return sum((count - right) / count for count in range(right + 1, total + 1)) / total

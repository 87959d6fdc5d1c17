"""Logistic regression with a quadratic penalty, by Newton's method.

The model is p(x) = 1 / (1 + exp(−b − w·x)). Fitted, b and w minimise over examples of label y (0 or 1)
and importance s

    sum of s · [ log(1 + exp(b + w·x)) − y · (b + w·x) ] + |w|² / 2C

with C the inverse strength of the penalty; the bias b is not penalised. Newton's method on it is
iteratively reweighted least squares (P. J. Green, "Iteratively Reweighted Least Squares for Maximum
Likelihood Estimation", JRSS B 46, 1984; with the penalty: S. le Cessie and J. C. van Houwelingen,
"Ridge Estimators in Logistic Regression", Applied Statistics 41, 1992). A step is halved until the
loss falls (S. Boyd and L. Vandenberghe, "Convex Optimization", 2004, 9.5).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Convergence is quadratic: some ten steps do, more where the data are nearly separable.
_MOST_STEPS = 100
# The squared length of a step as the curvature measures it; behind it there is only rounding.
_STILL = 1e-20
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Logistic:
    """The fitted constants, a weight for each signal."""

    bias: float
    weights: tuple[float, ...]

    def predict(self, signals: Array) -> Array:
        """Return the probability of each row of ``signals``, shape (n, d) -> (n,)."""
        return _probability(self.bias + signals @ np.array(self.weights))


def fit(signals: Array, labels: Array, importance: Array, *, strength: float = 1.0) -> Logistic:
    """Return the model that is fitted to ``signals`` (n, d), ``labels`` and ``importance`` (n,).

    ``strength`` is C; infinite for no penalty, which only data that cannot be separated allow. Both
    labels must occur.
    """
    design = np.column_stack([np.ones(len(signals)), signals])
    penalty = np.full(design.shape[1], 1 / strength)
    penalty[0] = 0.0
    found = np.zeros(design.shape[1])
    for _ in range(_MOST_STEPS):
        scores = design @ found
        # Both from their exponents: 1 − p is nothing where p rounds to 1.
        yes, no = _probability(scores), _probability(-scores)
        gradient = design.T @ (importance * (yes * (1 - labels) - no * labels)) + penalty * found
        curvature = importance * yes * no
        hessian = (design.T * curvature) @ design + np.diag(penalty)
        step = np.linalg.solve(hessian, gradient)
        before = _loss(found, design, labels, importance, penalty)
        scale = 1.0
        while _loss(found - scale * step, design, labels, importance, penalty) > before + abs(
            before * _ROUNDING
        ):
            scale /= 2
        found = found - scale * step
        if gradient @ step <= _STILL:
            break
    bias, *weights = found.tolist()
    return Logistic(bias, tuple(weights))


def _loss(found: Array, design: Array, labels: Array, importance: Array, penalty: Array) -> float:
    scores = design @ found
    losses = np.logaddexp(0, scores) - labels * scores
    return float(importance @ losses + penalty @ found**2 / 2)


def _probability(scores: Array) -> Array:
    probability: Array = np.exp(-np.logaddexp(0, -scores))
    return probability

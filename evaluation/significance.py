"""How sure a mean over queries is, and a difference between two systems asked the same queries.

Percentile bootstrap over queries (Efron, 1979; Sakai, "Evaluating Evaluation Metrics Based on the
Bootstrap", SIGIR 2006), two-sided paired randomisation test (Fisher's; Smucker, Allan, Carterette,
"A Comparison of Statistical Significance Tests for IR Evaluation", CIKM 2007), and Holm's correction
(1979) where several systems are compared with one. Every draw is seeded.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

RESAMPLES = 5_000
PERMUTATIONS = 10_000
CONFIDENCE = 0.95
_SEED = 20_240_601
# Draws at once, so that memory does not grow with their number.
_BLOCK = 500
# Sums of the same numbers in another order differ by less than this.
_EQUAL = 1e-12


def bootstrap_means(values: Values, *, resamples: int = RESAMPLES, seed: int = _SEED) -> Values:
    """Return the means of ``values``, shape (queries, columns), in each resample of the queries.

    The shape is (resamples, columns). All columns share the draws, so a difference of two columns
    of the result is the resampled difference of the two: a paired bootstrap.
    """
    generator, count = np.random.default_rng(seed), len(values)
    shares = np.full(count, 1 / count)
    blocks = [
        generator.multinomial(count, shares, size=min(_BLOCK, resamples - start)) @ values / count
        for start in range(0, resamples, _BLOCK)
    ]
    return np.concatenate(blocks)


def interval(means: Values) -> tuple[Values, Values]:
    """Return the ends of the 95 % interval of each column of resampled means."""
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(means, [tail, 1 - tail], axis=0)
    return low, high


def randomization_test(
    differences: Values, *, permutations: int = PERMUTATIONS, seed: int = _SEED
) -> Values:
    """Return the two-sided p-value of each column of paired ``differences`` (queries, columns).

    The share of sign flips under which the mean is as far from zero as it is. All flips are tried
    where there are no more than ``permutations`` of them; else that many are drawn, and the
    observed one counts among them, so that p is never zero.
    """
    count = len(differences)
    observed = np.abs(differences.sum(axis=0)) - _EQUAL
    exact = count < permutations.bit_length() and 2**count <= permutations
    total = 2**count if exact else permutations
    generator = np.random.default_rng(seed)
    reached = np.zeros(differences.shape[1])
    for start in range(0, total, _BLOCK):
        size = min(_BLOCK, total - start)
        if exact:
            flips = (np.arange(start, start + size)[:, None] >> np.arange(count)) & 1
        else:
            flips = generator.integers(0, 2, size=(size, count))
        reached += (np.abs((1 - 2 * flips) @ differences) >= observed).sum(axis=0)
    share: Values = reached / total if exact else (reached + 1) / (total + 1)
    return share


def correct(p_values: Sequence[float]) -> list[float]:
    """Return Holm's step-down correction of the p-values of one family, in their order."""
    corrected, highest = [0.0] * len(p_values), 0.0
    for step, i in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        highest = max(highest, min(1.0, (len(p_values) - step) * p_values[i]))
        corrected[i] = highest
    return corrected

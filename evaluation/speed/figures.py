"""Percentiles of times, and the straight line that costs follow with size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

from evaluation.metrics import percentile
from evaluation.speed.types import Percentiles


@dataclass(frozen=True, slots=True)
class Fit:
    """cost = intercept + slope x size, through ``points`` sizes.

    ``worst`` is the largest distance of a cost from the line, as a share of the cost; None for two
    points, through which any line goes.
    """

    intercept: float
    slope: float
    points: int
    worst: float | None

    def at(self, size: float) -> float:
        """Return the cost of a size."""
        return self.intercept + self.slope * size


def summarize(milliseconds: Sequence[float]) -> Percentiles:
    """Return p50, p95 and p99, linearly interpolated; ValueError where there is nothing."""
    if not milliseconds:
        raise ValueError("no times")
    return Percentiles(*(percentile(milliseconds, share) or 0.0 for share in (0.5, 0.95, 0.99)))


def compare_times(times: Sequence[float], units: Sequence[float]) -> tuple[float, float]:
    """Return the median of the ratios time / unit, pair by pair, and the ratio of the medians."""
    ratios = [time / unit for time, unit in zip(times, units, strict=True)]
    return median(ratios), median(times) / median(units)


def fit_line(sizes: Sequence[float], costs: Sequence[float]) -> Fit | None:
    """Return the line of least squares; None where there are not two different sizes."""
    if len(set(sizes)) < 2:
        return None
    centre, level = fmean(sizes), fmean(costs)
    pairs = list(zip(sizes, costs, strict=True))
    spread = sum((size - centre) ** 2 for size in sizes)
    slope = sum((size - centre) * (cost - level) for size, cost in pairs) / spread
    fit = Fit(level - slope * centre, slope, len(pairs), None)
    if len(set(sizes)) == 2:
        return fit
    worst = max((abs(fit.at(size) - cost) / cost for size, cost in pairs if cost), default=0.0)
    return Fit(fit.intercept, fit.slope, fit.points, worst)

"""Scores of the systems of one data set, each with its interval, against a baseline, and by slice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.metrics import RUN_MEASURES, RUN_NAMES, score_rankings
from evaluation.significance import (
    Values,
    bootstrap_means,
    correct,
    interval,
    randomization_test,
)
from evaluation.types import Dataset, Run

_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over queries with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """A system's mean minus the baseline's, its interval, and how likely chance makes as much.

    ``p`` is of a two-sided paired randomisation test, ``holm`` the same corrected for the number of
    systems that are compared.
    """

    value: float
    low: float
    high: float
    p: float
    holm: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Systems over the same queries: {system: {measure: …}}; no difference for the baseline."""

    queries: int
    systems: Mapping[str, Mapping[str, Estimate]]
    differences: Mapping[str, Mapping[str, Difference]]


@dataclass(frozen=True, slots=True)
class Measured:
    """All that was measured on a data set.

    ``scores`` are {system: {query: {measure: value}}}, ``slices`` {by: {group: comparison}}.
    """

    dataset: Dataset
    baseline: str
    runs: tuple[Run, ...]
    scores: Mapping[str, Mapping[str, Mapping[str, float]]]
    overall: Comparison
    slices: Mapping[str, Mapping[str, Comparison]]

    @property
    def divided(self) -> dict[str, Mapping[str, Comparison]]:
        """The slices that tell more than all queries together do: more than one group."""
        return {by: groups for by, groups in self.slices.items() if len(groups) > 1}


def measure(dataset: Dataset, runs: Sequence[Run], *, baseline: str) -> Measured:
    """Score ``runs`` of the same data set against the one of the system ``baseline``."""
    scores = {
        run.system: score_rankings(
            dataset.qrels,
            {query: [one.record for one in found] for query, found in run.rankings.items()},
            measures=RUN_MEASURES,
        )
        for run in runs
    }
    # (systems, queries, measures)
    table = np.array(
        [
            [[scores[run.system][q.id][name] for name in RUN_NAMES] for q in dataset.queries]
            for run in runs
        ]
    )
    names = [run.system for run in runs]
    return Measured(
        dataset=dataset,
        baseline=baseline,
        runs=tuple(runs),
        scores=scores,
        overall=compare(table, names, baseline=baseline),
        slices={
            by: {
                group: compare(table[:, rows], names, baseline=baseline)
                for group, rows in groups.items()
            }
            for by, groups in _groups(dataset).items()
        },
    )


def compare(table: Values, systems: Sequence[str], *, baseline: str) -> Comparison:
    """Compare the scores in ``table``, shape (systems, queries, measures)."""
    count, queries, measures = table.shape
    base = systems.index(baseline)
    # (queries, systems · measures): one set of draws for all
    columns = np.moveaxis(table, 0, 1).reshape(queries, -1)
    means = bootstrap_means(columns).reshape(-1, count, measures)
    low, high = interval(means)
    apart = table - table[base]
    apart_low, apart_high = interval(means - means[:, [base]])
    p = randomization_test(np.moveaxis(apart, 0, 1).reshape(queries, -1)).reshape(count, measures)
    others = [i for i in range(count) if i != base]
    holm = np.ones_like(p)
    for m in range(measures):
        holm[others, m] = correct([float(p[i, m]) for i in others])
    value, difference = table.mean(axis=1), apart.mean(axis=1)
    return Comparison(
        queries=queries,
        systems={
            systems[i]: {
                name: Estimate(*_rounded(value[i, m], low[i, m], high[i, m]))
                for m, name in enumerate(RUN_NAMES)
            }
            for i in range(count)
        },
        differences={
            systems[i]: {
                name: Difference(
                    *_rounded(
                        difference[i, m], apart_low[i, m], apart_high[i, m], p[i, m], holm[i, m]
                    )
                )
                for m, name in enumerate(RUN_NAMES)
            }
            for i in others
        },
    )


def _groups(dataset: Dataset) -> dict[str, dict[str, list[int]]]:
    """Return {by: {group: positions of its queries}}, groups in order of their names."""
    groups: dict[str, dict[str, list[int]]] = {}
    for row, query in enumerate(dataset.queries):
        for by, group in query.slices.items():
            groups.setdefault(by, {}).setdefault(group, []).append(row)
    return {by: dict(sorted(found.items())) for by, found in groups.items()}


def _rounded(*values: float) -> list[float]:
    # Beyond this, sums in another order differ. Adding zero makes one of minus zero.
    return [round(float(value), _DIGITS) + 0.0 for value in values]

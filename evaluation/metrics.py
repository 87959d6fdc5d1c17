"""Measures of ranking, citation and refusal. Rankings are scored by ``ir_measures``.

``qrels`` are {query: {document: grade}} with grades from 1, a ranking is documents, best first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import ir_measures
import numpy as np
from ir_measures import RR, R, Success, nDCG

from evaluation.types import Qrels

# nDCG with linear gain (Järvelin and Kekäläinen, 2002), as trec_eval computes it; RR of the first
# relevant document; R: the share of the relevant ones found; Success: 1 where any is.
MEASURES = (nDCG @ 10, R @ 10, RR @ 10, Success @ 1)
NAMES = tuple(str(measure) for measure in MEASURES)

# The same of long rankings: R@5 is what a reader sees at a glance, R@100 what a second stage gets.
RUN_MEASURES = (nDCG @ 10, RR @ 10, R @ 5, R @ 10, R @ 100, Success @ 1)
RUN_NAMES = tuple(str(measure) for measure in RUN_MEASURES)


def score_rankings(
    qrels: Qrels, rankings: Mapping[str, Sequence[str]], *, measures: Sequence[Any] = MEASURES
) -> dict[str, dict[str, float]]:
    """Return {query: {measure: value}} for every query of ``qrels``, by measures of ir_measures.

    A query without a ranking counts, at zero; a ranking without qrels does not count. Only the
    order of a ranking matters, so ties cannot be broken differently here than where it was made.
    """
    names = [str(measure) for measure in measures]
    values = {query: dict.fromkeys(names, 0.0) for query in qrels}
    run = {query: _scores(rankings[query]) for query in qrels if rankings.get(query)}
    if run:
        for found in ir_measures.iter_calc(measures, {q: dict(qrels[q]) for q in qrels}, run):
            values[found.query_id][str(found.measure)] = float(found.value)
    return values


def precision(found: Collection[str], right: Collection[str]) -> float | None:
    """Return the share of ``found`` that is in ``right``; None where nothing was found."""
    return len(set(found) & set(right)) / len(set(found)) if found else None


def recall(found: Collection[str], right: Collection[str]) -> float | None:
    """Return the share of ``right`` that is in ``found``; None where there is nothing to find."""
    return len(set(found) & set(right)) / len(set(right)) if right else None


def mean(values: Iterable[float | None]) -> float | None:
    """Return the mean of the values that are defined; None where none is."""
    defined = [value for value in values if value is not None]
    return sum(defined) / len(defined) if defined else None


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the value below which ``share`` (0 to 1) of them lie, linearly interpolated."""
    return float(np.quantile(values, share)) if values else None


def _scores(ranking: Sequence[str]) -> dict[str, float]:
    unique = list(dict.fromkeys(ranking))
    return {document: float(len(unique) - place) for place, document in enumerate(unique)}

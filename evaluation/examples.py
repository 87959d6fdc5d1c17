"""Questions as an adapter learns from them, and parts of them that share no clause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import DatasetError
from evaluation.halves import fill_folds
from evaluation.runs import find_admitted
from evaluation.types import Dataset, Qrels
from index.hybrid import HybridIndex
from index.types import Vectors


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Questions (n, d), passages (m, d), and per question its gold units as rows of passages.

    ``admitted`` says per question which passages it is searched in, (m,), gold among them; None: all.
    """

    questions: Vectors
    passages: Vectors
    gold: tuple[tuple[tuple[int, ...], ...], ...]
    admitted: tuple[NDArray[np.bool_] | None, ...]

    def take(self, rows: Sequence[int]) -> Examples:
        """Return some of the questions, over all passages."""
        return Examples(
            self.questions[rows],
            self.passages,
            tuple(self.gold[i] for i in rows),
            tuple(self.admitted[i] for i in rows),
        )


def build_examples(dataset: Dataset, index: HybridIndex, questions: Vectors) -> Examples:
    """Return the queries of ``dataset``, whose vectors are ``questions``, with their gold chunks.

    ``index`` holds the data set's documents. DatasetError where a query has no gold clause there, or
    its filters leave out all of them.
    """
    chunks: dict[str, list[int]] = {}
    admitted = _find_admitted(dataset, index)
    for row, chunk in enumerate(index.chunks):
        unit = index.units[chunk.unit]
        chunks.setdefault(dataset.record(unit.document, unit.clause), []).append(row)
    gold = []
    for query, among in zip(dataset.queries, admitted, strict=True):
        found = tuple(
            tuple(chunks[record])
            for record in dataset.qrels[query.id]
            if record in chunks and (among is None or among[chunks[record]].all())
        )
        if not found:
            raise DatasetError(
                f"{dataset.name} {query.id}",
                "索引中没有这一题的答案条款，或被它的筛选条件排除",
                "the index holds none of this question's clauses, or its filters leave them out",
            )
        gold.append(found)
    return Examples(questions, index.vectors, tuple(gold), admitted)


def _find_admitted(dataset: Dataset, index: HybridIndex) -> tuple[NDArray[np.bool_] | None, ...]:
    """Return which chunks each query is searched in; one array for all that filter alike."""
    of = [index.units[chunk.unit].document for chunk in index.chunks]
    known: dict[frozenset[str], NDArray[np.bool_]] = {}
    found = []
    for query in dataset.queries:
        among = find_admitted(dataset, query)
        if among is not None and among not in known:
            known[among] = np.array([document in among for document in of], dtype=np.bool_)
        found.append(None if among is None else known[among])
    return tuple(found)


def split_folds(qrels: Qrels, folds: int) -> dict[str, int]:
    """Return {query: fold}, so that no two folds share a gold clause; deterministic.

    Queries that share one, directly or through others, stay together; groups go, the largest first,
    to the fold with fewest queries. DatasetError where there are fewer groups than folds.
    """
    groups: dict[str, list[str]] = {}
    of: dict[str, str] = {}
    for query in qrels:
        # One list for whatever is connected: joined to those that hold a clause of this query.
        joined = [query]
        for name in dict.fromkeys(of[record] for record in qrels[query] if record in of):
            joined = groups.pop(name) + joined
        groups[joined[0]] = joined
        of |= {record: joined[0] for member in joined for record in qrels[member]}
    if len(groups) < folds:
        raise DatasetError(
            f"--folds {folds}",
            f"按条款只能分成 {len(groups)} 组，少于 {folds} 折；需要涉及更多条款的问题",
            f"only {len(groups)} groups that share no clause, fewer than {folds} folds; questions "
            "on more clauses are needed",
        )
    return fill_folds(groups.values(), folds)

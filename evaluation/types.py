"""The words of a search benchmark: queries, judged clauses of a corpus, and what a system ranked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from documents.types import Document
from index.types import Filters

# {query: {record: grade}}, grades from 1.
Qrels = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for, under ``filters`` as they are on the day ``as_of`` (None: today).

    ``slices`` says in which group of queries it is counted: {by: group}.
    """

    id: str
    text: str
    slices: Mapping[str, str]
    filters: Filters = Filters()
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """Documents to search, queries, and the right answers.

    ``records`` names clauses by the data set's own ids, {(document, clause path): id}; a clause
    that it lacks is named ``document::path``. Every query has an answer in ``qrels``; queries are in
    their file's order. ``split`` and ``half`` say which of the data set's queries these are; None: all.
    ``skipped`` are the ids of those whose answers the documents do not have.
    """

    name: str
    documents: tuple[Document, ...]
    queries: tuple[Query, ...]
    qrels: Qrels
    records: Mapping[tuple[str, str], str]
    split: str | None = None
    half: str | None = None
    skipped: tuple[str, ...] = ()

    def record(self, document: str, clause: str) -> str:
        """Return the name of a clause in runs and qrels."""
        return self.records.get((document, clause), f"{document}::{clause}")


@dataclass(frozen=True, slots=True)
class Ranked:
    """A record that a system found; a higher score is better, within one query only."""

    record: str
    score: float


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds of each query, in order: ``search`` with the question encoded, ``encode`` it.

    ``encode`` may be measured on fewer queries, and is empty for a system that encodes nothing.
    """

    search: tuple[float, ...]
    encode: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """What one system ranked: {query: best first}.

    ``system`` is its name, ``settings`` it spelt out, ``encoder`` the fingerprint of the model that
    its ranking depends on, None where it depends on none.
    """

    system: str
    settings: Mapping[str, bool | int | float | str | None]
    rankings: Mapping[str, tuple[Ranked, ...]]
    timings: Timings
    encoder: str | None = None

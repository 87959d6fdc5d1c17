"""A question and its answer, as every interface (Python, REST, command line) speaks them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from documents.types import Department, Status
from index.types import Filters, SearchResult

Language = Literal["zh", "en"]
Outcome = Literal["answered", "partial", "no_basis"]


@dataclass(frozen=True, slots=True)
class Request:
    """A question with its circumstances. ``as_of`` None means today."""

    question: str
    id: str | int | None = None
    history: tuple[str, ...] = ()
    filters: Filters = Filters()
    as_of: date | None = None
    k: int = 10


@dataclass(frozen=True, slots=True)
class Citation:
    """A verbatim quote of a retrieved clause; ``clean[start:end] == quote``."""

    document: str
    title: str
    number: str | None
    clause: str
    label: str
    quote: str
    start: int
    end: int
    source_start: int
    source_end: int
    status: Status
    departments: tuple[Department, ...]
    score: float


@dataclass(frozen=True, slots=True)
class Expansion:
    """A term of the question that was also searched as another term."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the reader must know beside the answer, in the answer's language."""

    code: str
    text: str
    document: str | None = None
    clause: str | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """The answer. ``citations``, best first, are what ``answer``'s [n] point to.

    ``confidence``, 0..1, is the calibrated probability that the library answers the question.
    """

    question: str
    language: Language
    as_of: date
    outcome: Outcome
    answer: str
    citations: tuple[Citation, ...]
    results: tuple[SearchResult, ...]
    index: str
    timings_ms: dict[str, float]
    id: str | int | None = None
    understood_as: str | None = None
    expansions: tuple[Expansion, ...] = ()
    notices: tuple[Notice, ...] = ()
    confidence: float | None = None

"""A question and its answer, as every interface (Python, REST, command line) speaks them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from documents.types import Department, Status
from index.types import Filters, SearchResult

Language = Literal["zh", "en"]
# The words around the quotes: a question in traditional characters is answered in them.
Frame = Literal["zh", "zh-Hant", "en"]
Outcome = Literal["answered", "partial", "no_basis"]


# How an answer is put.
Form = Literal[
    "passages",
    "figure",
    "responsible",
    "yes_no",
    "definition",
    "outline",
    "lookup",
    "duties",
    "validity",
    "library",
]
FactKind = Literal["figure", "ceiling", "condition", "deadline"]
Meaning = Literal["goal", "ceiling", "present"]


@dataclass(frozen=True, slots=True)
class Fact:
    """What a quote states: a verbatim ``text`` at ``start``..``end`` of the document's clean text.

    A figure keeps its unit; ``meaning`` says what it is, None where the words do not tell, and
    ``year`` when it holds or is to be reached, as the quote has it.
    """

    kind: FactKind
    text: str
    start: int
    end: int
    meaning: Meaning | None = None
    year: int | None = None


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
    """A verbatim quote of a clause; ``clean[start:end] == quote``.

    ``facts`` are what the quote states; ``highlight`` is the span, in the clean text, of the figure
    that was asked for; ``translation`` is a language model's, labelled so, for an English question.
    """

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
    facts: tuple[Fact, ...] = ()
    highlight: tuple[int, int] | None = None
    translation: str | None = None


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
class Part:
    """One of several questions in one, or one side of a comparison, with its own outcome.

    ``label`` names the side compared, None otherwise; ``text`` is what is said of it beside titles and
    quotes; ``citations`` are numbers [n] of the response's.
    """

    question: str
    form: Form
    outcome: Outcome
    label: str | None
    text: str
    citations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pointer:
    """A clause that came near where there is no basis; it is no answer."""

    document: str
    title: str
    number: str | None
    clause: str
    label: str


@dataclass(frozen=True, slots=True)
class Generated:
    """What a language model had to do with an answer.

    ``used``: the answer is its text, of which every sentence passed the gate; ``dropped`` sentences
    did not. Where it is not used, the answer is extractive and ``error`` says why.
    """

    used: bool
    dropped: int
    error: str | None


@dataclass(frozen=True, slots=True)
class Response:
    """The answer. ``citations``, best first, are what ``answer``'s [n] point to.

    ``reply`` is the answer as it is read out: at most 200 characters. ``confidence``, 0..1, is the
    probability that the library answers the question. ``timings_ms`` has ``total`` and what it is made
    up of: ``encode`` of the question, the ``lexical`` and the ``dense`` side, ``rank`` of what they
    found, and ``answer``, which is all the rest.
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
    parts: tuple[Part, ...] = ()
    reply: str = ""
    nearest: tuple[Pointer, ...] = ()
    generated: Generated | None = None

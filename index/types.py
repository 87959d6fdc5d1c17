"""The index side's words: what a search takes and returns, and the protocols it is built on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from documents.types import Clause, Document, Status

Vectors = NDArray[np.float32]
Codes = NDArray[np.int8]
Span = tuple[int, int]
# A document's id and the path of a clause in it.
ClauseId = tuple[str, str]
# A word of a question, and another that it is also searched as.
Expansion = tuple[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class TokenVectors:
    """The tokens of some texts, one after another, each a direction.

    ``rows``, shape (tokens, dimension), are as long as rounding made them; text i has the rows
    ``offsets[i]``..``offsets[i + 1]``, and ``offsets`` has shape (texts + 1,). Without any row there
    is no late interaction.
    """

    rows: Codes
    offsets: NDArray[np.int64]


class Encoding(NamedTuple):
    """Of one text: its vector (dimension,), its tokens (tokens, dimension), and whether it was cut.

    A text is cut where it is longer than the encoder reads.
    """

    vector: Vectors
    tokens: NDArray[Any]
    cut: bool


class Encoder(Protocol):
    """Turns text into unit vectors; sentence-transformers' own names."""

    @property
    def name(self) -> str: ...

    @property
    def fingerprint(self) -> str:
        """Identity of the weights: equal fingerprints give equal vectors."""

    @property
    def dimension(self) -> int: ...

    @property
    def max_tokens(self) -> int: ...

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors of shape (len(texts), dimension)."""

    def encode_document(
        self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
    ) -> Vectors:
        """Return unit vectors of shape (len(texts), dimension); progress gets (done, total)."""

    def encode_query_tokens(self, text: str) -> tuple[Vectors, Vectors]:
        """Return what ``encode_query`` does, (1, dimension), and a unit vector for each token.

        The tokens are those of ``text`` itself, without prompt and special tokens; none where the
        model has no vectors of tokens. Their dimension may be another than that of the whole.
        """

    def encode_document_tokens(
        self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
    ) -> tuple[Vectors, TokenVectors]:
        """Return what ``encode_document`` does, and the tokens of each text, from one pass."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]: ...


class Reranker(Protocol):
    """Judges passages beside the question that they are to answer."""

    @property
    def name(self) -> str: ...

    @property
    def fingerprint(self) -> str:
        """Identity of the weights: equal fingerprints give equal scores."""

    def score(self, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """Return a logit for each passage, shape (len(passages),): the higher the more it answers."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A clause as it is searched.

    ``context`` is its document's title and the headings above it, ``text`` its own words, which are
    ``spans`` of the clean text.
    """

    document: str
    clause: str
    context: str
    text: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """What is embedded: a unit, or a window of a long one. ``start``..``end`` in the clean text."""

    unit: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Filters:
    """What a search is limited to; None does not limit.

    ``region`` admits the place's own documents and those of the levels above it. ``since`` and
    ``until`` bound the day a document was written, both included. ``documents`` are the ids that the
    places and 文号 named in a question leave; no interface sets it.
    """

    region: str | None = None
    authority: str | None = None
    kind: str | None = None
    document: str | None = None
    status: Status | None = None
    since: date | None = None
    until: date | None = None
    documents: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Ranks:
    """A unit's place in each side's own list, from 1; None where that side did not return it."""

    lexical: int | None
    dense: int | None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A ranked unit. ``score`` orders one result list; it is not comparable between questions."""

    document: str
    clause: str
    score: float
    ranks: Ranks


@dataclass(frozen=True, slots=True)
class Hit:
    """A result with what its evidence is drawn from.

    ``chunk`` is the span of the clean text that the encoder found nearest, ``spans`` are the unit's.
    ``nearness`` tells how near the unit is to the question, in standard deviations above what
    questions on nothing that a library holds reach at best (``index.background``); it can be compared
    between questions.
    """

    result: SearchResult
    chunk: Span
    spans: tuple[Span, ...]
    nearness: float


@dataclass(frozen=True, slots=True)
class Reference:
    """What a question refers to by name, at ``start``..``end`` of its match form.

    ``documents`` are the ids that a 文号 or a title may mean (``by``); none where a clause number
    stands alone. ``number`` is the clause number as the question has it; ``clauses`` are what it may
    mean, in the order of the documents, none where it could be any of many. ``missing`` where the
    document is known and has no clause of that number, ``absent`` where a document is named before
    the number that the library does not have.
    """

    documents: tuple[str, ...]
    by: Literal["number", "title"] | None
    number: str | None
    clauses: tuple[ClauseId, ...]
    missing: bool
    start: int
    end: int
    absent: bool = False


class LexicalAnswer(Protocol):
    """What units score by their words for one question; a unit that shares none scores zero."""

    def best(self, depth: int, admitted: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """Return up to ``depth`` numbers of units that score, best first, among the admitted."""

    def of(self, units: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the scores of ``units``, shape (units,)."""


class LexicalSide(Protocol):
    """Searches units by their words."""

    def ask(self, question: str, expansions: Iterable[str] = ()) -> LexicalAnswer:
        """Return what the units score for ``question`` and, at less weight, for ``expansions``."""

    def idf(self, word: str) -> float:
        """Return the inverse document frequency of ``word``."""

    def bound(self, word: str) -> int:
        """Return how many units can hold ``word`` at most."""

    def save(self, folder: Path) -> None:
        """Write it into ``folder``."""


class DenseSide(Protocol):
    """Searches units by the vectors of their chunks."""

    def search(
        self, question: Vectors, depth: int, admitted: NDArray[np.bool_] | None = None
    ) -> NDArray[np.int64]:
        """Return up to ``depth`` unit numbers, nearest to the vector (1, dimension) first."""

    def score(
        self, question: Vectors, units: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return each unit's similarity and the number of the chunk it comes from, (units,) both."""

    def save(self, folder: Path) -> None:
        """Write into ``folder`` what is needed beside the vectors, if anything."""


class Index(Protocol):
    """A searchable snapshot of a library: the documents and their units."""

    @property
    def documents(self) -> Mapping[str, Document]: ...

    @property
    def fingerprint(self) -> str: ...

    @property
    def built(self) -> datetime:
        """When it was built, in UTC."""

    def clause(self, document: str, path: str) -> Clause: ...

    def idf(self, word: str) -> float: ...

    def mentions(self, term: str, documents: Collection[str] | None = None) -> bool:
        """Whether ``term``, in match form, stands in one of these documents (default: in any)."""

    def find_references(
        self, question: str, *, filters: Filters = Filters(), as_of: date | None = None
    ) -> tuple[Reference, ...]:
        """Return what ``question`` names, in order; of clauses, those that ``filters`` admit."""

    def correct(self, question: str) -> str:
        """Return ``question`` with its slips of typing set right, as ``search`` reads it; idempotent."""

    def expansions(self, question: str) -> tuple[Expansion, ...]:
        """Return what ``search`` reads for slips of typing, and what it also looks for."""

    def search(
        self,
        question: str,
        *,
        k: int = 10,
        filters: Filters = Filters(),
        as_of: date | None = None,
    ) -> tuple[Hit, ...]:
        """Return the best ``k`` units, best first; ties by document id, then position."""

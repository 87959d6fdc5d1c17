"""Plain search: the ranked clauses with what a reader needs to choose among them, and no answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from documents.types import Document, Status
from documents.validity import compute_statuses
from index.types import Filters, Hit, Index, Ranks
from qa.excerpts import choose_excerpt, find_matches
from qa.labels import format_label
from qa.types import Expansion

Sort = Literal["relevance", "date"]
SORTS: tuple[Sort, ...] = get_args(Sort)

# Characters of a clause shown in a list: about five lines of the page.
EXCERPT_LENGTH = 180


@dataclass(frozen=True, slots=True)
class Found:
    """A ranked unit; ``excerpt`` is the document's ``clean[start:end]``, word for word."""

    document: str
    title: str
    number: str | None
    clause: str
    label: str
    score: float
    ranks: Ranks
    status: Status
    written: date | None
    excerpt: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search found, in order, and what else it looked for; ``index`` is the fingerprint."""

    question: str
    results: tuple[Found, ...]
    expansions: tuple[Expansion, ...]
    index: str


def search(
    index: Index,
    question: str,
    *,
    k: int = 10,
    filters: Filters = Filters(),
    as_of: date | None = None,
    sort: Sort = "relevance",
) -> Searched:
    """Return the best ``k`` units for ``question``, by relevance, or those same ones newest first.

    By date, what has none comes last, and relevance decides within a day. ``as_of``, by default
    today, is the day of the statuses.
    """
    day = as_of or date.today()
    hits = index.search(question, k=k, filters=filters, as_of=day)
    expansions = tuple(Expansion(*pair) for pair in index.expansions(question))
    documents = index.documents
    found = {hit.result.document: documents[hit.result.document] for hit in hits}
    statuses = compute_statuses(found.values(), documents.values(), day)
    words = " ".join((question, *(expansion.target for expansion in expansions)))
    results = [_describe(hit, found[hit.result.document], statuses, words) for hit in hits]
    if sort == "date":
        results.sort(key=lambda item: item.written or date.min, reverse=True)
    return Searched(question, tuple(results), expansions, index.fingerprint)


def _describe(hit: Hit, document: Document, statuses: dict[str, Status], words: str) -> Found:
    metadata, result = document.metadata, hit.result
    start, end = _excerpt(document.clean, hit, words)
    return Found(
        document=document.id,
        title=metadata.title or document.id,
        number=metadata.number,
        clause=result.clause,
        label=format_label(result.clause),
        score=result.score,
        ranks=result.ranks,
        status=statuses[document.id],
        written=metadata.written,
        excerpt=document.clean[start:end],
        start=start,
        end=end,
    )


def _excerpt(clean: str, hit: Hit, words: str) -> tuple[int, int]:
    """Return what of the unit holds most of the words; where none does, what the encoder found."""
    matches = list(_match(clean, hit.spans, words)) or [hit.chunk]
    start, end = choose_excerpt(clean, hit.spans, matches, EXCERPT_LENGTH)
    excerpt = clean[start:end]
    return end - len(excerpt.lstrip()), start + len(excerpt.rstrip())


def _match(clean: str, spans: Sequence[tuple[int, int]], words: str) -> Iterable[tuple[int, int]]:
    for left, right in spans:
        for start, end in find_matches(clean[left:right], words):
            yield left + start, left + end

"""Verbatim spans of clauses: what every answer is made of, and the only thing a citation is made from."""

from __future__ import annotations

from dataclasses import dataclass

from documents.departments import read_departments_of
from documents.types import Clause, Department, Document
from index.types import Span
from qa.types import Fact


@dataclass(frozen=True, slots=True)
class Passage:
    """A span of a document's clean text and the innermost clause that holds it.

    ``score`` is the search's for what it ranked, 0 for what was looked up; ``figure`` is the
    one that was asked for, if any.
    """

    document: Document
    clause: Clause
    start: int
    end: int
    score: float = 0.0
    figure: Fact | None = None

    @property
    def quote(self) -> str:
        """The verbatim text, one contiguous span of the clean text."""
        return self.document.clean[self.start : self.end]

    @property
    def highlight(self) -> Span | None:
        """Where in the clean text the figure stands."""
        return (self.figure.start, self.figure.end) if self.figure else None

    @property
    def departments(self) -> tuple[Department, ...]:
        """Those that the quote assigns duties to, or that follow it in its clause."""
        text, end = self.document.clean, self.clause.end
        return read_departments_of(text, self.start, self.end, end) or self.clause.departments


def take(document: Document, start: int, end: int, *, score: float = 0.0) -> Passage:
    """Return the passage at ``start``..``end``; ValueError where no clause holds all of it."""
    around = [c for c in document.clauses if c.start <= start and end <= c.end]
    innermost = min(around, key=lambda clause: clause.end - clause.start)
    return Passage(document, innermost, start, end, score)

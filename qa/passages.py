"""Verbatim spans of clauses: what every answer is made of, and the only thing a citation is made from."""

from __future__ import annotations

from dataclasses import dataclass

from documents.types import Clause, Document


@dataclass(frozen=True, slots=True)
class Passage:
    """A span of a document's clean text and the innermost clause that holds it.

    ``score`` is the search's for what it ranked, 0 for what was looked up.
    """

    document: Document
    clause: Clause
    start: int
    end: int
    score: float = 0.0

    @property
    def quote(self) -> str:
        """The verbatim text, one contiguous span of the clean text."""
        return self.document.clean[self.start : self.end]


def take(document: Document, start: int, end: int, *, score: float = 0.0) -> Passage:
    """Return the passage at ``start``..``end``; ValueError where no clause holds all of it."""
    around = [c for c in document.clauses if c.start <= start and end <= c.end]
    innermost = min(around, key=lambda clause: clause.end - clause.start)
    return Passage(document, innermost, start, end, score)

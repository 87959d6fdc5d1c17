"""A library as its pages need it: what holds for all documents is worked out once an index and day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from documents.normalization import match_form
from documents.types import Document, Status
from documents.validity import compute_statuses
from index.types import Index
from qa.web.reading.relations import Mentions, collect_mentions


@dataclass(frozen=True, slots=True)
class Shelf:
    """The documents by id, what they say of each other, their statuses, and their order by title."""

    documents: Mapping[str, Document]
    mentions: Mentions
    statuses: Mapping[str, Status]
    by_title: tuple[str, ...]


def arrange(documents: Mapping[str, Document], day: date) -> Shelf:
    """Return the documents with statuses of ``day``."""
    return Shelf(
        documents,
        collect_mentions(documents),
        compute_statuses(documents.values(), documents.values(), day),
        tuple(sorted(documents, key=lambda name: (_title_key(documents[name]), name))),
    )


def _title_key(document: Document) -> bytes:
    """Return what sorts titles as a Chinese reader expects: GB 18030 has common ones by pinyin."""
    return match_form(document.metadata.title or document.id).strip("《").encode("gb18030")


class Shelves:
    """Keeps the shelf of the newest index; an older one is let go.

    One that was built anew of the same documents is another: what it reads may have been repaired.
    """

    def __init__(self) -> None:
        self._latest: tuple[date, Shelf] | None = None

    def get(self, index: Index, day: date) -> Shelf:
        """Return the index's documents as of ``day``."""
        documents = index.documents
        latest = self._latest
        if latest is None or latest[0] != day or latest[1].documents is not documents:
            latest = (day, arrange(documents, day))
            self._latest = latest
        return latest[1]

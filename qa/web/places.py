"""Places in documents, and their addresses."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote as quote_url
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look in a document: a clause, and the quote as offsets of the clean text."""

    clause: str | None = None
    start: int | None = None
    end: int | None = None


ANYWHERE = Place()


def make_link(document: str, place: Place = ANYWHERE) -> str:
    """Return the address of a document's own page at a place, relative to the page's base."""
    values = {"clause": place.clause, "start": place.start, "end": place.end}
    query = urlencode({name: value for name, value in values.items() if value is not None})
    path = f"documents/{quote_url(document, safe='')}"
    return f"{path}?{query}" if query else path

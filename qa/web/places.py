"""Places in documents, and their addresses."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from urllib.parse import quote as quote_url
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look in a document: a clause, and the quote as offsets of the clean text.

    ``said`` tells what stood there (``digest``): the document may be another one since.
    """

    clause: str | None = None
    start: int | None = None
    end: int | None = None
    said: str | None = None

    def holds(self, clean: str) -> bool:
        """Whether ``clean`` still has there what it had when the address was made."""
        return self.said is None or self.said == digest(clean[self.start : self.end])


ANYWHERE = Place()


def digest(quote: str) -> str:
    """Return 8 hex digits that tell one quote from another."""
    return hashlib.sha256(quote.encode(errors="surrogatepass")).hexdigest()[:8]


def make_link(document: str, place: Place = ANYWHERE) -> str:
    """Return the address of a document's own page at a place, relative to the page's base."""
    values = {"clause": place.clause, "start": place.start, "end": place.end, "said": place.said}
    query = urlencode({name: value for name, value in values.items() if value is not None})
    path = f"documents/{quote_url(document, safe='')}"
    return f"{path}?{query}" if query else path

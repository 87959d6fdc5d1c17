"""What documents of one library are to each other: status on a day (computed, never stored), links."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache

from documents.normalization import match_form
from documents.types import Document, Reference, Status

# Within this many days of its end a document is reported as expiring.
EXPIRING = timedelta(days=90)


def compute_status(document: Document, library: Iterable[Document], day: date) -> Status:
    """Return the status of ``document`` on ``day``, repeal by any of ``library`` included.

    ``unknown`` where the document states no date to judge by.
    """
    metadata = document.metadata
    if find_repealer(document, library, day):
        return "repealed"
    start = metadata.effective or metadata.written
    if start and start > day:
        return "not_yet"
    if metadata.expires and metadata.expires < day:
        return "expired"
    if metadata.expires and metadata.expires - day <= EXPIRING:
        return "expiring"
    return "in_force" if start else "unknown"


def compute_statuses(
    documents: Iterable[Document], library: Iterable[Document], day: date
) -> dict[str, Status]:
    """Return the status of each of ``documents`` on ``day``, by id, as ``compute_status`` does.

    What the library repeals is looked up by its names, so that thousands take no longer than they must.
    """
    repealers: dict[str, list[Document]] = {}
    for other in library:
        for reference in other.metadata.repeals:
            for name in _names(reference.number, reference.title):
                repealers.setdefault(name, []).append(other)
    statuses = {}
    for document in documents:
        metadata = document.metadata
        names = _names(metadata.number, metadata.title, metadata.notice) if repealers else ()
        candidates = [other for name in names for other in repealers.get(name, ())]
        statuses[document.id] = compute_status(document, candidates, day)
    return statuses


# Looked up for every reference of a library, for each question.
@lru_cache(maxsize=16384)
def _names(number: str | None, *titles: str | None) -> tuple[str, ...]:
    """Return every form that ``refers_to`` may know a document by."""
    form = number_form(number)
    return (*([form] if form else []), *(_title_form(title) for title in titles if title))


def find_repealer(document: Document, library: Iterable[Document], day: date) -> Document | None:
    """Return a document of ``library`` that repeals ``document`` by ``day``, or None."""
    for other in library:
        start = other.metadata.effective or other.metadata.written
        in_time = start is None or start <= day
        if other.id != document.id and in_time and _repeals(other, document):
            return other
    return None


def _repeals(other: Document, document: Document) -> bool:
    return any(refers_to(reference, document) for reference in other.metadata.repeals)


def link(library: Sequence[Document]) -> list[Document]:
    """Return the documents with every reference to another of them resolved to its id.

    Of several that it may mean, the first. They are looked up by their names, because comparing each
    of a library's references with each of its thousands of documents takes minutes.
    """
    known: dict[str, list[int]] = {}
    for place, document in enumerate(library):
        metadata = document.metadata
        for name in _names(metadata.number, metadata.title, metadata.notice):
            known.setdefault(name, []).append(place)

    def resolve(reference: Reference, source: Document) -> Reference:
        names = _names(reference.number, reference.title)
        places = sorted(place for name in names for place in known.get(name, ()))
        found = (library[place] for place in places)
        meant = (d.id for d in found if d.id != source.id and refers_to(reference, d))
        return replace(reference, document=next(meant, None))

    return [_link(document, resolve) for document in library]


def _link(document: Document, find: Callable[[Reference, Document], Reference]) -> Document:
    def resolve(references: Iterable[Reference]) -> tuple[Reference, ...]:
        return tuple(find(reference, document) for reference in references)

    known = document.metadata
    metadata = replace(
        known,
        repeals=resolve(known.repeals),
        amends=resolve(known.amends),
        implements=resolve(known.implements),
        explains=resolve(known.explains),
        cites=resolve(known.cites),
    )
    return replace(document, metadata=metadata)


def refers_to(reference: Reference, document: Document) -> bool:
    """Whether ``reference`` names ``document``: by 文号 where both have a whole one, else by title."""
    metadata = document.metadata
    mentioned, own = number_form(reference.number), number_form(metadata.number)
    if mentioned and own:
        return mentioned == own
    names = {_title_form(name) for name in (metadata.title, metadata.notice) if name}
    return reference.title is not None and _title_form(reference.title) in names


# Titles and numbers are those of a library and of what it names, compared with each other again and
# again: each is put into its form once.
@lru_cache(maxsize=16384)
def _title_form(title: str) -> str:
    return match_form(title)


@lru_cache(maxsize=16384)
def number_form(number: str | None) -> str | None:
    """Return a 文号 as it is compared: brackets of one kind; None where its year is lost."""
    if number is None:
        return None
    form = re.sub(r"[〔\[【〕\]】]", lambda m: "(" if m[0] in "〔[【" else ")", match_form(number))
    return None if "()" in form else form.replace(")第", ")")

"""The library by region, authority, kind and status: which documents pass, and how many would.

Each facet is counted under the other filters, so that a reader sees what choosing another value
of it would bring. Statuses are computed once for the whole library, not once a document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, get_args

from documents.normalization import match_form
from documents.types import Document, Status
from documents.validity import compute_statuses, number_form
from index.filters import filter_documents, find_place
from index.types import Filters

Facet = Literal["region", "authority", "kind", "status"]
FACETS: tuple[Facet, ...] = get_args(Facet)


@dataclass(frozen=True, slots=True)
class Count:
    """A value of a facet, as the documents spell it, and how many documents have it."""

    value: str
    count: int


def count_facets(
    documents: Iterable[Document],
    filters: Filters,
    day: date,
    *,
    statuses: Mapping[str, Status] | None = None,
) -> dict[Facet, tuple[Count, ...]]:
    """Return for each facet its values with counts, most frequent first, none of them 0.

    The documents of a region are those that apply there: its own, those of the levels above it, and
    national ones. ``statuses`` by id are computed where they are not given; give them where
    ``documents`` are not the whole library, which may repeal them.
    """
    library = tuple(documents)
    if statuses is None:
        statuses = compute_statuses(library, library, day)
    known = statuses
    count: Mapping[Facet, Callable[[Sequence[Document]], dict[str, int]]] = {
        "region": _count_regions,
        "authority": lambda found: _count([d.metadata.authorities for d in found]),
        "kind": lambda found: _count([(d.metadata.kind or "",) for d in found]),
        "status": lambda found: Counter(known[d.id] for d in found),
    }
    return {
        facet: _rank(
            count[facet](filter_documents(library, replace(filters, **{facet: None}), day, known))
        )
        for facet in FACETS
    }


def match_documents(documents: Iterable[Document], words: str) -> list[Document]:
    """Return the documents whose title, 文号 or authorities hold each of the words, in their order."""
    wanted = [(match_form(word), number_form(word)) for word in words.split()]
    return [document for document in documents if not wanted or _is_named(document, wanted)]


def _is_named(document: Document, words: Iterable[tuple[str, str | None]]) -> bool:
    """Whether names of the document hold each word, given as any text's form and as a 文号's."""
    metadata = document.metadata
    texts = (metadata.title, metadata.notice, metadata.number, *metadata.authorities, document.id)
    names = match_form("\n".join(text for text in texts if text))
    number = number_form(metadata.number) or ""
    return all(word in names or (form or "\n") in number for word, form in words)


def _count(values: Iterable[Sequence[str]]) -> dict[str, int]:
    """Return how many documents have each value, by its first spelling: 產業 and 产业 are one."""
    forms: dict[str, str] = {}
    first: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for own in values:
        for value in own:
            if value not in forms:
                forms[value] = match_form(value)
                first.setdefault(forms[value], value)
        counts.update({forms[value] for value in own if value})
    return {first[form]: count for form, count in counts.items()}


def _count_regions(documents: Sequence[Document]) -> dict[str, int]:
    """Return how many documents apply in each region that any of them is of."""
    national = sum(document.metadata.level == "国家" for document in documents)
    own = Counter(
        document.metadata.region
        for document in documents
        if document.metadata.region and document.metadata.level != "国家"
    )
    places = {name: place for name in own if (place := find_place(name))}
    at = Counter[tuple[str, ...]]()
    for name, place in places.items():
        at[place.path] += own[name]
    return {
        name: national + sum(at[place.path[:depth]] for depth in range(1, len(place.path) + 1))
        for name, place in places.items()
    }


def _rank(counts: Mapping[str, int]) -> tuple[Count, ...]:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Count(value, count) for value, count in ranked if count)

"""What the documents of a library are to each other, read in both directions.

A document states what it repeals, amends and so on; the other direction, by what it is repealed or
explained, is in the other documents only. Their references are collected once for a library, by
what they name, so that one document's relations need no walk through all the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from documents.normalization import match_form
from documents.types import Document, Reference, Status
from documents.validity import number_form, refers_to

RelationKind = Literal["repeals", "amends", "implements", "explains", "cites"]
RELATION_KINDS: tuple[RelationKind, ...] = get_args(RelationKind)


@dataclass(frozen=True, slots=True)
class Mention:
    """A document, by id, that names another one, and as what."""

    source: str
    kind: RelationKind
    reference: Reference


@dataclass(frozen=True, slots=True)
class Mentions:
    """Every reference of a library, by the 文号 and by the title that it names, in match form."""

    by_number: Mapping[str, tuple[Mention, ...]]
    by_title: Mapping[str, tuple[Mention, ...]]


@dataclass(frozen=True, slots=True)
class Relation:
    """One document beside another: ``kind``, and ``inverse`` where it is the other that says so.

    ``document`` is the other one's id, None where the library does not have it; ``status`` is
    its own, None likewise.
    """

    kind: RelationKind
    inverse: bool
    title: str | None
    number: str | None
    document: str | None
    status: Status | None


def collect_mentions(documents: Mapping[str, Document]) -> Mentions:
    """Return the references of all documents by what they name."""
    by_number: defaultdict[str, list[Mention]] = defaultdict(list)
    by_title: defaultdict[str, list[Mention]] = defaultdict(list)
    for document in documents.values():
        for mention in _read_mentions(document):
            number = number_form(mention.reference.number)
            if number:
                by_number[number].append(mention)
            if mention.reference.title:
                by_title[match_form(mention.reference.title)].append(mention)
    return Mentions(
        {name: tuple(found) for name, found in by_number.items()},
        {name: tuple(found) for name, found in by_title.items()},
    )


def find_mentions(document: Document, mentions: Mentions) -> tuple[Mention, ...]:
    """Return what other documents call ``document``, each source and kind once, in order of both."""
    metadata = document.metadata
    number = number_form(metadata.number)
    titles = {match_form(title) for title in (metadata.title, metadata.notice) if title}
    candidates = [
        *(mentions.by_number.get(number, ()) if number else ()),
        *(mention for title in titles for mention in mentions.by_title.get(title, ())),
    ]
    found = {
        (mention.kind, mention.source): mention
        for mention in candidates
        if mention.source != document.id and refers_to(mention.reference, document)
    }
    order = {kind: place for place, kind in enumerate(RELATION_KINDS)}
    return tuple(found[key] for key in sorted(found, key=lambda key: (order[key[0]], key[1])))


def relate(
    document: Document,
    documents: Mapping[str, Document],
    mentions: Mentions,
    statuses: Mapping[str, Status],
) -> tuple[Relation, ...]:
    """Return the document's relations: those it states, then those that others state of it.

    ``documents`` and ``statuses`` are the library's, by id.
    """

    def describe(
        kind: RelationKind, inverse: bool, other: Document | None, reference: Reference
    ) -> Relation:
        if other is None:
            return Relation(kind, inverse, reference.title, reference.number, None, None)
        metadata = other.metadata
        title = metadata.title or other.id
        return Relation(kind, inverse, title, metadata.number, other.id, statuses[other.id])

    stated = [
        describe(m.kind, False, documents.get(m.reference.document or ""), m.reference)
        for m in _read_mentions(document)
    ]
    told = [
        describe(m.kind, True, documents[m.source], m.reference)
        for m in find_mentions(document, mentions)
    ]
    return tuple(dict.fromkeys((*stated, *told)))


def _read_mentions(document: Document) -> Iterator[Mention]:
    for kind in RELATION_KINDS:
        for reference in getattr(document.metadata, kind):
            yield Mention(document.id, kind, reference)

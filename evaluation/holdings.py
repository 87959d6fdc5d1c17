"""What a library holds, as it is looked up when answers are checked against it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from documents.metadata import display_title
from documents.types import Clause, Document, Metadata, Reference
from evaluation.mentions import read_labels, read_numbers, read_titles
from index.units import build_units
from qa.labels import format_label


@dataclass(slots=True)
class Holdings:
    """Documents by their ids, with what is looked up in them; each look-up is made once."""

    documents: Mapping[str, Document]
    _titles: dict[str, set[str]] = field(init=False, default_factory=dict)
    _numbers: dict[str, set[str]] = field(init=False, default_factory=dict)
    _units: dict[str, frozenset[str]] = field(init=False, default_factory=dict)
    _labels: dict[str, frozenset[str]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for document in self.documents.values():
            for title in _titles_of(document):
                for one in read_titles(display_title(title)):
                    self._titles.setdefault(one, set()).add(document.id)
            for text in _numbers_of(document.metadata):
                for number in read_numbers(text):
                    self._numbers.setdefault(number, set()).add(document.id)

    def stands(self, text: str, first: Iterable[str] = ()) -> bool:
        """Whether a document holds ``text``; those named ``first`` are looked at before others."""
        documents = self.documents
        return any(text in documents[id_].clean for id_ in first if id_ in documents) or any(
            text in document.clean for document in documents.values()
        )

    def titled(self, title: str) -> set[str]:
        """Return the documents that have, or refer to, a title (with its 《》)."""
        return self._titles.get(title, set())

    def numbered(self, number: str) -> set[str]:
        """Return the documents that have, or refer to, the 文号 that ``number`` ends with."""
        return {id_ for own, ids in self._numbers.items() if number.endswith(own) for id_ in ids}

    def clause(self, document: str, path: str) -> Clause | None:
        """Return a clause, None where there is no such one."""
        if document not in self.documents:
            return None
        clauses = self.documents[document].clauses
        return next((clause for clause in clauses if clause.path == path), None)

    def has_unit(self, document: str, path: str) -> bool:
        """Whether ``document`` is searched by a unit of that path."""
        if document not in self.documents:
            return False
        if document not in self._units:
            units = build_units(self.documents[document])
            self._units[document] = frozenset(unit.clause for unit in units)
        return path in self._units[document]

    def labels(self, document: str) -> frozenset[str]:
        """Return the numbers by which a document's clauses can be named, from any heading down."""
        if document not in self._labels:
            paths = (clause.path.split("/") for clause in self.documents[document].clauses)
            tails = {"/".join(path[start:]) for path in paths for start in range(len(path))}
            found = (label for tail in tails for label in read_labels(format_label(tail)))
            self._labels[document] = frozenset(found)
        return self._labels[document]


def _titles_of(document: Document) -> Iterator[str]:
    """Yield the document's titles, those of further acts in it, and those it refers to."""
    metadata = document.metadata
    yield metadata.title or document.id
    yield from filter(None, [metadata.notice])
    yield from (reference.title for reference in _references(metadata) if reference.title)
    for body in {clause.path.partition("/")[0] for clause in document.clauses}:
        yield from read_titles(format_label(body))


def _numbers_of(metadata: Metadata) -> Iterator[str]:
    yield from filter(None, [metadata.number])
    yield from (reference.number for reference in _references(metadata) if reference.number)


def _references(metadata: Metadata) -> tuple[Reference, ...]:
    return (
        *metadata.repeals,
        *metadata.amends,
        *metadata.implements,
        *metadata.explains,
        *metadata.cites,
    )

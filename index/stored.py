"""What a snapshot keeps document by document, and reads when it is asked for.

A library of thousands of documents is hundreds of megabytes as objects, and a question needs some
twenty documents of it. So only what says something of every document is read at once (``Outline``);
a body is decompressed where it is wanted, and the last few are kept.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from documents.normalization import match_form
from documents.schema import read_body, write_body
from documents.types import Document, Parsed
from index.errors import SnapshotError
from index.ordinals import read_path
from index.types import Span, Unit
from index.units import build_units

# Bodies that are kept, and documents whose units are. A law is 0.1 MB as objects, the longest 5 MB; an
# answer reads some twenty of them, a list of results up to a hundred.
_BODIES = 64
_BUILT = 16

Item = TypeVar("Item", covariant=True)
# What makes the error of a snapshot in which something, named in two languages, is damaged.
Refuse = Callable[[str], SnapshotError]


@dataclass(frozen=True, slots=True)
class Outline:
    """A document with what is known of its clauses before its body is read.

    ``paths`` are those of its clauses, in order; ``titles`` are the paths that are titles, of the
    second bodies in it.
    """

    document: Document
    paths: tuple[str, ...]
    titles: tuple[str, ...]


def outline(document: Document) -> Outline:
    """Return the outline of a document whose body is at hand."""
    clauses = document.clauses
    titles = (
        c.path for c in clauses if c.level == 1 and c.marker is None and not read_path(c.path)
    )
    return Outline(document, tuple(clause.path for clause in clauses), tuple(titles))


class Listed(Sequence[Item]):
    """A sequence of ``size`` items, each made by ``make`` when it is asked for."""

    def __init__(self, size: int, make: Callable[[int], Item]) -> None:
        self._numbers = range(size)
        self._make = make

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, place: int) -> Item: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Item]: ...

    def __getitem__(self, place: int | slice) -> Item | Sequence[Item]:
        if isinstance(place, slice):
            return [self._make(number) for number in self._numbers[place]]
        return self._make(self._numbers[place])


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """Bytes of many texts, one after another: text i is ``data[offsets[i]:offsets[i + 1]]``."""

    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]

    def __getitem__(self, number: int) -> bytes:
        return self.data[self.offsets[number] : self.offsets[number + 1]].tobytes()


def join_pieces(texts: Iterable[bytes]) -> Pieces:
    """Return ``texts`` as one."""
    pieces = list(texts)
    offsets = np.cumsum([0, *map(len, pieces)], dtype=np.int64)
    return Pieces(np.frombuffer(b"".join(pieces), dtype=np.uint8), offsets)


# --- bodies ---------------------------------------------------------------------------------------


def pack_body(document: Document) -> bytes:
    """Return the body of ``document`` as compressed JSON, which carries a checksum of its own."""
    text = json.dumps(write_body(document.body), ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode())


def body_reader(bodies: Pieces, refuse: Refuse) -> Callable[[int], Parsed]:
    """Return a function that reads the body of the document of a number; the last few are kept.

    It raises what ``refuse`` returns where that body is damaged.
    """

    @lru_cache(maxsize=_BODIES)
    def read(number: int) -> Parsed:
        try:
            return read_body(json.loads(zlib.decompress(bodies[number])))
        except (zlib.error, ValueError, KeyError, TypeError) as error:
            raise refuse(
                f"第 {number + 1} 份文档已损坏 / document {number + 1}: {error}"
            ) from error

    return read


# --- match forms ----------------------------------------------------------------------------------


def make_form(document: Document) -> str:
    """Return what is looked through for a term: title and text of a document, in match form."""
    return match_form(f"{document.metadata.title or ''}\n{document.clean}")


# --- units ----------------------------------------------------------------------------------------


class Place(NamedTuple):
    """Where a unit stands: its document's id, its clause's path, its spans of the clean text."""

    document: str
    clause: str
    spans: tuple[Span, ...]


class Places:
    """Where the units stand, known without their words."""

    def __init__(self, outlines: Sequence[Outline], rows: NDArray[np.int32]) -> None:
        """Take ``rows``, shape (spans, 5), of which each is a span of a unit.

        A row has the numbers of the unit, of its document and of its clause therein, the span's start
        and its end. Units have at least one span; they ascend, and so do the documents.
        """
        self._outlines = outlines
        self.rows = rows
        count = int(rows[-1, 0]) + 1 if len(rows) else 0
        # The first row of each unit, and what would be that of the next.
        self._rows = np.searchsorted(rows[:, 0], np.arange(count + 1))
        self._documents = rows[self._rows[:-1], 1]
        self._units = np.searchsorted(self._documents, np.arange(len(outlines) + 1))
        self._numbers = {one.document.id: number for number, one in enumerate(outlines)}

    def __len__(self) -> int:
        return len(self._documents)

    def __getitem__(self, unit: int) -> Place:
        rows = self.rows[self._rows[unit] : self._rows[unit + 1]].tolist()
        _, document, clause, _, _ = rows[0]
        one = self._outlines[document]
        spans = tuple((start, end) for *_, start, end in rows)
        return Place(one.document.id, one.paths[clause], spans)

    def of(self, document: str) -> range:
        """Return the numbers of a document's units; none of an unknown one."""
        number = self._numbers.get(document)
        if number is None:
            return range(0)
        return range(int(self._units[number]), int(self._units[number + 1]))

    def among(self, documents: Iterable[str]) -> NDArray[np.bool_]:
        """Return which units are of ``documents``, shape (units,)."""
        admitted = np.zeros(len(self._outlines), dtype=np.bool_)
        admitted[[self._numbers[id] for id in documents if id in self._numbers]] = True
        units: NDArray[np.bool_] = admitted[self._documents]
        return units


def place_units(outlines: Sequence[Outline], units: Sequence[Unit]) -> Places:
    """Return the places of ``units``, which are in the order of the ``outlines``."""
    clauses = {
        (one.document.id, path): (number, position)
        for number, one in enumerate(outlines)
        for position, path in enumerate(one.paths)
    }
    rows = [
        (number, *clauses[unit.document, unit.clause], start, end)
        for number, unit in enumerate(units)
        for start, end in unit.spans
    ]
    return Places(outlines, np.array(rows, dtype=np.int32).reshape(-1, 5))


def list_units(outlines: Sequence[Outline], places: Places) -> Sequence[Unit]:
    """Return the units that stand at ``places``, made anew from their documents when asked for."""
    documents = {one.document.id: one.document for one in outlines}

    @lru_cache(maxsize=_BUILT)
    def build(id: str) -> list[Unit]:
        return build_units(documents[id])

    def make(number: int) -> Unit:
        id = places[number].document
        return build(id)[number - places.of(id).start]

    return Listed(len(places), make)


def words_of(units: Sequence[Unit]) -> Iterator[str]:
    """Yield the words of ``units``, and each document's title and headings once."""
    yield from dict.fromkeys(unit.context for unit in units)
    yield from (unit.text for unit in units)

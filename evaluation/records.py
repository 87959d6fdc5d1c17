"""Records of a benchmark's corpus -> documents, as though the laws themselves had been parsed.

A record whose title ends in an article (某某法第十二条) becomes that article of that law, under the
编, 章 and 节 that the record names; any other becomes a clause of a document of its title. Records of
one law or title make one document, in the order in which they come.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from documents.numbering import ARTICLE, find_inside, read_marker
from documents.types import Audit, Characters, Clause, ClauseKind, Document, Metadata, Parsed

_BETWEEN_HEADINGS = " / "


@dataclass(frozen=True, slots=True)
class Record:
    """A passage of a corpus. ``headings`` are those above it, outermost first."""

    id: str
    title: str
    text: str
    headings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Article:
    """Where a title says that its record stands; without an ordinal it is no article."""

    law: str
    ordinal: str | None = None
    marker: str | None = None


def split_headings(path: str) -> tuple[str, ...]:
    """Return the headings of 「第一编 总则 / 第一章 基本规定」, outermost first."""
    return tuple(filter(None, map(str.strip, path.split(_BETWEEN_HEADINGS))))


def build_documents(
    records: Iterable[Record],
) -> tuple[tuple[Document, ...], dict[tuple[str, str], str]]:
    """Return the documents of ``records``, and {(document, clause path): record id}."""
    groups: dict[str, list[tuple[Record, _Article]]] = {}
    for record in records:
        article = _read_title(record.title)
        groups.setdefault(article.law, []).append((record, article))
    documents = []
    ids: dict[tuple[str, str], str] = {}
    for law, group in groups.items():
        builder = _Builder()
        for record, article in group:
            ids[law, builder.add(record, article)] = record.id
        documents.append(builder.finish(law))
    return tuple(documents), ids


def _read_title(title: str) -> _Article:
    """Return the law and the article that a title names; as a whole where it names none."""
    title = title.strip()
    for marker in find_inside(ARTICLE, title, 0, len(title)):
        if marker.end == len(title) and title[: marker.start].strip():
            law = title[: marker.start].strip()
            return _Article(law, marker.ordinal, title[marker.start : marker.end])
    return _Article(title)


@dataclass(slots=True)
class _Open:
    """A heading that may still get clauses: its position among the clauses, and its line."""

    position: int
    line: str
    path: str


@dataclass(slots=True)
class _Builder:
    """The clean text and the clauses of one document, written one record after another."""

    _parts: list[str] = field(default_factory=list)
    _length: int = 0
    _clauses: list[Clause] = field(default_factory=list)
    _open: list[_Open] = field(default_factory=list)
    _paths: dict[str, int] = field(default_factory=dict)

    def add(self, record: Record, article: _Article) -> str:
        """Append a record and return the path of its clause."""
        self._enter(record.headings)
        text = record.text.strip()
        text = f"{article.marker}　{text}" if article.marker else text
        ordinal = article.ordinal or str(len(self._clauses) + 1)
        return self._append(ordinal, "clause", 1, article.marker, None, text)

    def finish(self, title: str) -> Document:
        self._close(0)
        clean = "".join(self._parts)
        return Document(
            id=title,
            metadata=Metadata(title=title or None),
            body=Parsed(
                source=clean,
                clean=clean,
                clauses=tuple(self._clauses),
                audit=Audit(Characters(len(clean), len(clean), 0, 0)),
            ),
        )

    def _enter(self, headings: Sequence[str]) -> None:
        """Close the headings that end here and open those that begin."""
        shared = 0
        for heading, opened in zip(headings, self._open, strict=False):
            if heading != opened.line:
                break
            shared += 1
        self._close(shared)
        for line in headings[shared:]:
            marker = read_marker(line, 0)
            ordinal = marker.ordinal if marker else line.replace("/", "／")
            above = f"{self._open[-1].path}/" if self._open else ""
            name = (line[: marker.end], line[marker.end :].strip()) if marker else (None, line)
            position, level = len(self._clauses), len(self._open) + 1
            path = self._append(above + ordinal, "heading", level, name[0], name[1] or None, line)
            self._open.append(_Open(position, line, path))

    def _close(self, depth: int) -> None:
        """End the headings below ``depth`` where the last clause ends."""
        end = self._clauses[-1].end if self._clauses else 0
        for opened in self._open[depth:]:
            self._clauses[opened.position] = _ending(self._clauses[opened.position], end)
        del self._open[depth:]

    def _append(
        self,
        path: str,
        kind: ClauseKind,
        level: int,
        marker: str | None,
        heading: str | None,
        text: str,
    ) -> str:
        path = self._unique(path)
        start = self._length
        end = start + len(text)
        clause = Clause(path, kind, level, marker, heading, text, start, end, start, end)
        self._clauses.append(clause)
        self._parts += [text, "\n"]
        self._length = end + 1
        return path

    def _unique(self, path: str) -> str:
        """Return the path, from its second use on with its number, as the parser writes it."""
        count = self._paths[path] = self._paths.get(path, 0) + 1
        return path if count == 1 else self._unique(f"{path}#{count}")


def _ending(clause: Clause, end: int) -> Clause:
    return replace(clause, end=end, source_end=end)

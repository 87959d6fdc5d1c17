"""The document side's main path: a file -> a Document."""

from __future__ import annotations

import hashlib
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterator, Sequence
from pathlib import Path

from documents.audit import audit
from documents.clauses import CLOSING, FRONT, ClauseSpan, build_tree
from documents.cleaning import Cleaned, clean
from documents.damage import find_defects, find_doubtful, find_truncation
from documents.departments import puts_leader_first, read_departments
from documents.loading import load_source
from documents.losses import find_lost_tables
from documents.metadata import read_metadata
from documents.offsets import Span
from documents.types import Clause, Defect, Document, Parsed, Source


def parse(path: Path, *, taken: Container[str] = ()) -> Document:
    """Read, clean and split ``path``; ``taken`` are ids that other content already has.

    Raises LoadError where the file cannot be read as a document.
    """
    return parse_source(load_source(path), document_id(path, taken=taken))


def parse_text(text: str, id: str) -> Document:
    """Clean and split a text that is already decoded."""
    return parse_source(Source(text), id)


def parse_source(source: Source, id: str) -> Document:
    """Clean and split a source."""
    cleaned = clean(source.text, furniture=source.furniture)
    tree = build_tree(cleaned.text)
    defects = _find_defects(cleaned.text, tree.clauses, _find_doubts(cleaned, source))
    leader_first = puts_leader_first(cleaned.text)
    pages = _page_ends(source)
    clauses = tuple(
        _clause(cleaned, span, own, leader_first, pages)
        for span, own in zip(tree.clauses, defects, strict=True)
    )
    front, body, closing = _parts(cleaned.text, tree.clauses)
    return Document(
        id=id,
        metadata=read_metadata(front, body, closing),
        body=Parsed(
            source=source.text,
            clean=cleaned.text,
            clauses=clauses,
            audit=audit(source.text, cleaned, tree, clauses),
        ),
        format=source.format,
    )


def document_id(path: Path, *, taken: Container[str] = (), data: bytes | None = None) -> str:
    """Return the file's stem in NFC, with 8 hex digits of its SHA-256 where the stem is taken.

    ``data`` is the content of a file that does not lie at ``path`` itself, but in an archive.
    """
    stem = unicodedata.normalize("NFC", path.stem)
    if stem not in taken:
        return stem
    content = path.read_bytes() if data is None else data
    return f"{stem}-{hashlib.sha256(content).hexdigest()[:8]}"


def _page_ends(source: Source) -> list[int] | None:
    """Return where the pages end, None for a format that has no pages of its own."""
    if source.format not in ("pdf", "scan"):
        return None
    return [i for i, character in enumerate(source.text) if character == "\f"]


def _clause(
    cleaned: Cleaned,
    span: ClauseSpan,
    defects: tuple[Defect, ...],
    leader_first: bool,
    page_ends: list[int] | None,
) -> Clause:
    text = "\n".join(cleaned.text[start:end] for start, end in span.own)
    source_start, source_end = cleaned.offsets.source_span(span.start, span.end)
    return Clause(
        path=span.path,
        kind=span.kind,
        level=span.level,
        marker=span.marker,
        heading=span.heading,
        text=text,
        start=span.start,
        end=span.end,
        source_start=source_start,
        source_end=source_end,
        page=None if page_ends is None else bisect_left(page_ends, source_start) + 1,
        departments=read_departments(text, leader_first=leader_first),
        defects=defects,
    )


def _find_doubts(cleaned: Cleaned, source: Source) -> list[Span]:
    """Return the spans of the clean text that were read with little confidence, ascending."""
    spans = (cleaned.offsets.remaining_span(*span) for span in source.doubts)
    return [span for span in spans if span is not None]


def _find_defects(
    text: str, spans: Sequence[ClauseSpan], doubts: Sequence[Span]
) -> list[tuple[Defect, ...]]:
    """Return the defects of each clause's own text; some show only in the whole document."""
    defects = find_defects(text, 0, len(text))
    defects += find_lost_tables(text) + find_doubtful(text, defects)
    if spans and spans[-1].kind != "closing":
        truncation = find_truncation(text, *spans[-1].own[-1])
        defects += [truncation] if truncation else []
    for start, end in (piece for span in spans for piece in span.own):
        defects += _doubted(text, start, end, doubts)
    found: list[list[Defect]] = [[] for _ in spans]
    pieces = sorted((start, i) for i, span in enumerate(spans) for start, _ in span.own)
    for defect in sorted(defects, key=lambda defect: defect.start):
        place = bisect_right(pieces, (defect.start, len(spans))) - 1
        found[pieces[max(place, 0)][1]].append(defect)
    return [tuple(own) for own in found]


def _doubted(text: str, start: int, end: int, doubts: Sequence[Span]) -> Iterator[Defect]:
    """Yield what of ``text[start:end]`` was read with little confidence."""
    for a, b in doubts[bisect_right(doubts, start, key=lambda span: span[1]) :]:
        if a >= end:
            return
        a, b = max(a, start), min(b, end)
        yield Defect("ocr_doubt", text[a:b], a, b)


def _parts(text: str, spans: tuple[ClauseSpan, ...]) -> tuple[str, str, str]:
    """Return the clean text before the first ordinal, of the clauses, and of the first 尾.

    A signature stands in 尾; what follows it in the same file are annexes and further documents.
    """
    front = next((s.end for s in spans if s.path == FRONT), 0)
    closings = [s for s in spans if s.kind == "closing"]
    closing = min(closings, key=lambda s: (s.level, s.path != CLOSING), default=None)
    if closing is None:
        return text[:front], text[front:], ""
    body = f"{text[front : closing.start]}\n{text[closing.end :]}"
    return text[:front], body, text[closing.start : closing.end]

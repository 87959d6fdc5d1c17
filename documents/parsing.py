"""The document side's main path: a file -> a Document."""

from __future__ import annotations

import hashlib
import unicodedata
from bisect import bisect_right
from collections.abc import Container, Iterator
from pathlib import Path

from documents.audit import audit
from documents.clauses import CLOSING, FRONT, ClauseSpan, build_tree
from documents.cleaning import Cleaned, clean
from documents.damage import find_defects, find_truncation
from documents.departments import read_departments
from documents.loading import load_source
from documents.metadata import read_metadata
from documents.offsets import Span
from documents.types import Clause, Defect, Document, Source


def parse(path: Path, *, taken: Container[str] = ()) -> Document:
    """Read, clean and split ``path``; ``taken`` are ids that other content already has.

    Raises LoadError where the file cannot be read as text.
    """
    return parse_source(load_source(path), document_id(path, taken=taken))


def parse_text(text: str, id: str) -> Document:
    """Clean and split a text that is already decoded."""
    return parse_source(Source(text), id)


def parse_source(source: Source, id: str) -> Document:
    """Clean and split a source."""
    cleaned = clean(source.text, furniture=source.furniture)
    tree = build_tree(cleaned.text)
    doubts = _doubts(cleaned, source)
    clauses = tuple(
        _clause(cleaned, span, doubts, span is tree.clauses[-1]) for span in tree.clauses
    )
    front, body, closing = _parts(cleaned.text, tree.clauses)
    return Document(
        id=id,
        source=source.text,
        clean=cleaned.text,
        metadata=read_metadata(front, body, closing),
        clauses=clauses,
        audit=audit(source.text, cleaned, tree, clauses),
    )


def document_id(path: Path, *, taken: Container[str] = ()) -> str:
    """Return the file's stem in NFC, with 8 hex digits of its SHA-256 where the stem is taken."""
    stem = unicodedata.normalize("NFC", path.stem)
    if stem not in taken:
        return stem
    return f"{stem}-{hashlib.sha256(path.read_bytes()).hexdigest()[:8]}"


def _doubts(cleaned: Cleaned, source: Source) -> list[Span]:
    """Return the spans of the clean text that were read with little confidence."""
    spans = (cleaned.offsets.remaining_span(*span) for span in source.doubts)
    return [span for span in spans if span is not None]


def _clause(cleaned: Cleaned, span: ClauseSpan, doubts: list[Span], last: bool) -> Clause:
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
        departments=read_departments(text),
        defects=_defects(cleaned.text, span, doubts, last),
    )


def _defects(text: str, span: ClauseSpan, doubts: list[Span], last: bool) -> tuple[Defect, ...]:
    found = [
        defect
        for start, end in span.own
        for defect in (*find_defects(text, start, end), *_doubtful(text, start, end, doubts))
    ]
    if last and span.path not in (FRONT, CLOSING):
        truncation = find_truncation(text, *span.own[-1])
        found.extend([truncation] if truncation else [])
    return tuple(found)


def _doubtful(text: str, start: int, end: int, doubts: list[Span]) -> Iterator[Defect]:
    """Yield what ``text[start:end]`` has of the doubts, which ascend."""
    for a, b in doubts[bisect_right(doubts, start, key=lambda span: span[1]) :]:
        if a >= end:
            return
        a, b = max(a, start), min(b, end)
        yield Defect("ocr_doubt", text[a:b], a, b)


def _parts(text: str, spans: tuple[ClauseSpan, ...]) -> tuple[str, str, str]:
    """Return the clean text before the first ordinal, of the clauses, and after the last."""
    front = next((s.end for s in spans if s.path == FRONT), 0)
    closing = next((s.start for s in spans if s.path == CLOSING), len(text))
    return text[:front], text[front:closing], text[closing:]

"""The document side's main path: a file -> a Document."""

from __future__ import annotations

import hashlib
import unicodedata
from bisect import bisect_left
from collections.abc import Container
from pathlib import Path

from documents.audit import audit
from documents.clauses import CLOSING, FRONT, ClauseSpan, build_tree
from documents.cleaning import Cleaned, clean
from documents.damage import find_defects, find_truncation
from documents.departments import read_departments
from documents.loading import load_source
from documents.metadata import read_metadata
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
    pages = _page_ends(source)
    clauses = tuple(
        _clause(cleaned, span, span is tree.clauses[-1], pages) for span in tree.clauses
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


def _page_ends(source: Source) -> list[int] | None:
    """Return where the pages end, None for a format that has no pages of its own."""
    if source.format not in ("pdf", "scan"):
        return None
    return [i for i, character in enumerate(source.text) if character == "\f"]


def _clause(cleaned: Cleaned, span: ClauseSpan, last: bool, page_ends: list[int] | None) -> Clause:
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
        departments=read_departments(text),
        defects=_defects(cleaned.text, span, last),
    )


def _defects(text: str, span: ClauseSpan, last: bool) -> tuple[Defect, ...]:
    found = [defect for start, end in span.own for defect in find_defects(text, start, end)]
    if last and span.path not in (FRONT, CLOSING):
        truncation = find_truncation(text, *span.own[-1])
        found.extend([truncation] if truncation else [])
    return tuple(found)


def _parts(text: str, spans: tuple[ClauseSpan, ...]) -> tuple[str, str, str]:
    """Return the clean text before the first ordinal, of the clauses, and after the last."""
    front = next((s.end for s in spans if s.path == FRONT), 0)
    closing = next((s.start for s in spans if s.path == CLOSING), len(text))
    return text[:front], text[front:closing], text[closing:]

"""Documents as JSON, the machine interface: what ``show`` prints, a snapshot stores, REST returns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from documents.types import (
    Audit,
    Body,
    Characters,
    Clause,
    Correction,
    Defect,
    Department,
    Document,
    Gap,
    Metadata,
    Parsed,
    Reference,
    Removal,
)

_ORDER = ("id", "source", "clean", "metadata", "clauses", "audit", "format", "corrections")
_DATES = ("written", "published", "effective", "expires")
_RELATIONS = ("repeals", "amends", "implements", "explains", "cites")


def write_document(document: Document) -> dict[str, Any]:
    """Return ``document`` as plain JSON values; dates as YYYY-MM-DD, unknown as null."""
    parts = {**write_outline(document), **write_body(document.body)}
    return {name: parts[name] for name in _ORDER}


def write_outline(document: Document) -> dict[str, Any]:
    """Return ``document`` without its body as plain JSON values."""
    return {
        "id": document.id,
        "metadata": write_metadata(document.metadata),
        "format": document.format,
        "corrections": _plain(document.corrections),
    }


def write_body(body: Body) -> dict[str, Any]:
    """Return the body of a document as plain JSON values."""
    return {
        "source": body.source,
        "clean": body.clean,
        "clauses": _plain(body.clauses),
        "audit": _plain(body.audit),
    }


def write_metadata(metadata: Metadata) -> dict[str, Any]:
    """Return ``metadata`` as plain JSON values."""
    obj: dict[str, Any] = _plain(metadata)
    return obj


def _plain(value: Any) -> Any:
    # A clause is hundreds of thousands of times nothing but these.
    if value is None or type(value) in (str, int):
        return value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}


def read_outline(obj: Mapping[str, Any], body: Body) -> Document:
    """Return the document that ``write_outline`` wrote, with ``body``."""
    return Document(
        id=obj["id"],
        metadata=_read_metadata(obj["metadata"]),
        body=body,
        # An index of before there was more than one format says nothing.
        format=obj.get("format", "text"),
        # Nor does one of before metadata could be corrected.
        corrections=tuple(Correction(**correction) for correction in obj.get("corrections", ())),
    )


def read_body(obj: Mapping[str, Any]) -> Parsed:
    """Return the body that ``write_body`` or ``write_document`` wrote; KeyError or TypeError else."""
    return Parsed(
        source=obj["source"],
        clean=obj["clean"],
        clauses=tuple(_read_clause(clause) for clause in obj["clauses"]),
        audit=_read_audit(obj["audit"]),
    )


def _read_metadata(obj: Mapping[str, Any]) -> Metadata:
    values = dict(obj)
    for name in _DATES:
        values[name] = date.fromisoformat(obj[name]) if obj[name] else None
    for name in _RELATIONS:
        values[name] = tuple(Reference(**reference) for reference in obj[name])
    values["authorities"] = tuple(obj["authorities"])
    return Metadata(**values)


def _read_clause(obj: Mapping[str, Any]) -> Clause:
    departments = tuple(Department(**department) for department in obj["departments"])
    defects = tuple(Defect(**defect) for defect in obj["defects"])
    return Clause(**{**obj, "departments": departments, "defects": defects})


def _read_audit(obj: Mapping[str, Any]) -> Audit:
    return Audit(
        characters=Characters(**obj["characters"]),
        dropped=tuple(Removal(**removal) for removal in obj["dropped"]),
        gaps=tuple(Gap(**gap) for gap in obj["gaps"]),
        duplicates=tuple(obj["duplicates"]),
        overlong=tuple(obj["overlong"]),
    )

"""Documents as JSON, the machine interface: what ``show`` prints, a snapshot stores, REST returns."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date
from typing import Any

from documents.types import (
    Audit,
    Characters,
    Clause,
    Correction,
    Defect,
    Department,
    Document,
    Gap,
    Metadata,
    Reference,
    Removal,
)

_DATES = ("written", "published", "effective", "expires")
_RELATIONS = ("repeals", "amends", "implements", "explains", "cites")


def write_document(document: Document) -> dict[str, Any]:
    """Return ``document`` as plain JSON values; dates as YYYY-MM-DD, unknown as null."""
    obj: dict[str, Any] = _plain(dataclasses.asdict(document))
    return obj


def write_metadata(metadata: Metadata) -> dict[str, Any]:
    """Return ``metadata`` as plain JSON values."""
    obj: dict[str, Any] = _plain(dataclasses.asdict(metadata))
    return obj


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def read_document(obj: Mapping[str, Any]) -> Document:
    """Return the document that ``write_document`` wrote; KeyError or TypeError on anything else."""
    return Document(
        id=obj["id"],
        source=obj["source"],
        clean=obj["clean"],
        metadata=_read_metadata(obj["metadata"]),
        clauses=tuple(_read_clause(clause) for clause in obj["clauses"]),
        audit=_read_audit(obj["audit"]),
        # An index of before there was more than one format says nothing.
        format=obj.get("format", "text"),
        # Nor does one of before metadata could be corrected.
        corrections=tuple(Correction(**correction) for correction in obj.get("corrections", ())),
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

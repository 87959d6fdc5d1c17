"""The JSON of a document: a contract, field by field, and the way back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from documents.corrections import apply
from documents.parsing import parse, parse_text
from documents.schema import read_body, read_outline, write_document
from documents.types import Document

SAMPLES = sorted((Path(__file__).parent.parent / "documents" / "samples").glob("*.txt"))


def read(obj: Mapping[str, Any]) -> Document:
    return read_outline(obj, read_body(obj))


def record(**properties: Any) -> dict[str, Any]:
    """An object with at least these fields; more may be added, none renamed or retyped."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def array(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def one_of(*words: str) -> dict[str, Any]:
    return {"enum": list(words)}


TEXT = {"type": "string"}
WORDS = {"type": "string", "minLength": 1}
UNKNOWN_OR_WORDS = {"type": ["string", "null"], "minLength": 1}
OFFSET = {"type": "integer", "minimum": 0}
DAY = {"type": ["string", "null"], "pattern": r"^\d{4}-\d{2}-\d{2}$"}
REFERENCE = record(title=UNKNOWN_OR_WORDS, number=UNKNOWN_OR_WORDS, document=UNKNOWN_OR_WORDS)
DEPARTMENT = record(name=WORDS, text=WORDS, role=one_of("lead", "support", "responsible"))
DEFECT = record(kind=WORDS, text=WORDS, start=OFFSET, end=OFFSET)
SCHEMA = record(
    id=WORDS,
    source=WORDS,
    clean=TEXT,
    metadata=record(
        title=UNKNOWN_OR_WORDS,
        notice=UNKNOWN_OR_WORDS,
        number=UNKNOWN_OR_WORDS,
        authorities=array(WORDS),
        region=UNKNOWN_OR_WORDS,
        level={"enum": ["国家", "省", "市", "县", None]},
        kind=UNKNOWN_OR_WORDS,
        written=DAY,
        published=DAY,
        effective=DAY,
        expires=DAY,
        repeals=array(REFERENCE),
        amends=array(REFERENCE),
        implements=array(REFERENCE),
        explains=array(REFERENCE),
        cites=array(REFERENCE),
    ),
    clauses=array(
        record(
            path=WORDS,
            kind=one_of("front", "heading", "clause", "closing"),
            level=OFFSET,
            marker=UNKNOWN_OR_WORDS,
            heading=UNKNOWN_OR_WORDS,
            text=WORDS,
            start=OFFSET,
            end=OFFSET,
            source_start=OFFSET,
            source_end=OFFSET,
            page={"type": ["integer", "null"]},
            departments=array(DEPARTMENT),
            defects=array(DEFECT),
        )
    ),
    audit=record(
        characters=record(source=OFFSET, clauses=OFFSET, front=OFFSET, dropped=OFFSET),
        dropped=array(record(start=OFFSET, end=OFFSET, reason=WORDS, text=WORDS)),
        gaps=array(record(path=WORDS, expected=WORDS, found=WORDS)),
        duplicates=array(WORDS),
        overlong=array(WORDS),
    ),
    format=one_of("text", "html", "docx", "pdf", "scan", "doc"),
    corrections=array(record(field=WORDS, found=UNKNOWN_OR_WORDS, value=UNKNOWN_OR_WORDS)),
)

ODD = "一、甲\n三、乙\n三、丙。（省科技厅牵头）\n最高不超过万元。\u200b"


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_document_keeps_the_contract(path: Path) -> None:
    jsonschema.validate(json.loads(json.dumps(write_document(parse(path)))), SCHEMA)


def test_every_list_of_the_contract_is_tried() -> None:
    """An empty list would satisfy the schema whatever its items are."""
    written = [write_document(parse(path)) for path in SAMPLES]
    written.append(write_document(parse_text(ODD, "odd")))
    jsonschema.validate(written[-1], SCHEMA)
    for group in ("repeals", "implements", "explains", "cites", "authorities"):
        assert any(document["metadata"][group] for document in written)
    for group in ("departments", "defects"):
        assert any(clause[group] for document in written for clause in document["clauses"])
    for group in ("dropped", "gaps", "duplicates"):
        assert any(document["audit"][group] for document in written)


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document.pop("clean"),
        lambda document: document["metadata"].update(title=""),
        lambda document: document["metadata"].update(written="22.05.2024"),
        lambda document: document["clauses"][0].update(kind="chapter"),
        lambda document: document["audit"]["characters"].pop("front"),
    ],
)
def test_the_contract_refuses_what_breaks_it(change: Any) -> None:
    document = write_document(parse_text(ODD, "odd"))
    change(document)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMA)


def names(schema: dict[str, Any]) -> list[str]:
    return list(schema["properties"])


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_fields_come_in_the_order_of_the_contract(path: Path) -> None:
    document = write_document(parse(path))
    properties = SCHEMA["properties"]
    assert list(document) == names(SCHEMA)
    assert list(document["metadata"]) == names(properties["metadata"])
    assert list(document["audit"]) == names(properties["audit"])
    for clause in document["clauses"]:
        assert list(clause) == names(properties["clauses"]["items"])
        assert all(list(item) == names(DEPARTMENT) for item in clause["departments"])
        assert all(list(item) == names(DEFECT) for item in clause["defects"])
    for removal in document["audit"]["dropped"]:
        assert list(removal) == ["start", "end", "reason", "text"]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_document_reads_back_from_json(path: Path) -> None:
    document = parse(path)
    assert read(json.loads(json.dumps(write_document(document)))) == document


def test_an_odd_document_reads_back() -> None:
    document = parse_text(ODD, "odd")
    assert document.audit.gaps
    assert document.audit.duplicates
    assert read(write_document(document)) == document


@pytest.mark.parametrize("field", ["id", "metadata", "clauses", "audit"])
def test_a_record_without_a_field_is_refused(field: str) -> None:
    written = write_document(parse_text(ODD, "odd"))
    del written[field]
    with pytest.raises(KeyError, match=field):
        read(written)


def test_a_document_of_before_there_were_formats_is_text() -> None:
    written = write_document(parse_text(ODD, "odd"))
    del written["format"]
    assert read(written).format == "text"


def test_a_document_of_before_there_were_corrections_has_none() -> None:
    written = write_document(parse_text(ODD, "odd"))
    del written["corrections"]
    assert read(written) == parse_text(ODD, "odd")


def test_corrections_read_back_and_keep_the_contract() -> None:
    document = apply(parse_text(ODD, "odd"), {"title": "某某办法", "kind": "-"})
    written = json.loads(json.dumps(write_document(document)))
    jsonschema.validate(written, SCHEMA)
    assert written["corrections"] == [{"field": "title", "found": None, "value": "某某办法"}]
    assert read(written) == document

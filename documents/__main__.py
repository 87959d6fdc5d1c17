"""Command line: ``python -m documents show FILE [--json]`` and ``list [--json]``; both only read."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from documents.errors import DocumentError
from documents.library import library_folder, read_documents
from documents.parsing import parse
from documents.schema import write_document, write_metadata
from documents.types import Document


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code: 0 ok, 1 some items failed, 2 bad input."""
    options = _parser().parse_args(arguments)
    try:
        return _show(options) if options.command == "show" else _list(options)
    except DocumentError as error:
        print(error, file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m documents", description="查看文档 / read documents"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    show = commands.add_parser("show", help="解析并显示一个文件 / parse and show a file")
    show.add_argument("file", type=Path)
    list_ = commands.add_parser("list", help="列出文档库 / list the library")
    for command in (show, list_):
        command.add_argument("--json", action="store_true", help="输出 JSON / print JSON")
    return parser


def _show(options: argparse.Namespace) -> int:
    document = parse(options.file)
    if options.json:
        print(json.dumps(write_document(document), ensure_ascii=False))
    else:
        print(outline(document))
    return 0


def _list(options: argparse.Namespace) -> int:
    read = list(read_documents([library_folder()]))
    documents = [item for item in read if isinstance(item, Document)]
    if options.json:
        rows = [{"id": d.id, "metadata": write_metadata(d.metadata)} for d in documents]
        print(json.dumps(rows, ensure_ascii=False))
    else:
        for d in documents:
            number = f"（{d.metadata.number}）" if d.metadata.number else ""
            print(f"{d.id}\t{d.metadata.title or d.id}{number}\t{len(d.clauses)}")
    for item in read:
        if not isinstance(item, Document):
            print(item, file=sys.stderr)
    return 0 if len(documents) == len(read) else 1


def outline(document: Document) -> str:
    """Return a document for reading at a terminal: metadata, clause tree, what was odd."""
    metadata, audit = document.metadata, document.audit
    lines = [f"# {metadata.title or document.id}"]
    for name, value in write_metadata(metadata).items():
        if value and name != "title":
            lines.append(f"{name}: {_readable(value)}")
    characters = audit.characters
    lines.append(
        f"characters: source {characters.source} = clauses {characters.clauses} "
        f"+ front {characters.front} + dropped {characters.dropped}"
    )
    for clause in document.clauses:
        indent = "  " * max(clause.level - 1, 0)
        start = (clause.heading or clause.text).replace("\n", " ")[:40]
        lines.append(f"{indent}{clause.path}  {start}")
        for department in clause.departments:
            lines.append(f"{indent}    · {department.role}: {department.name}")
        for defect in clause.defects:
            lines.append(f"{indent}    ! {defect.kind}: {defect.text}")
    for gap in audit.gaps:
        lines.append(f"gap: {gap.path}, expected {gap.expected}, found {gap.found}")
    for path in audit.duplicates:
        lines.append(f"duplicate: {path}")
    reasons = sorted({removal.reason for removal in audit.dropped})
    for reason in reasons:
        texts = [removal.text for removal in audit.dropped if removal.reason == reason]
        lines.append(f"dropped ({reason}): {len(texts)} × {' | '.join(map(repr, texts[:5]))}")
    return "\n".join(lines)


def _readable(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(_readable(item) for item in value)
    if isinstance(value, dict):
        return " ".join(str(item) for item in value.values() if item)
    return str(value)


if __name__ == "__main__":
    sys.exit(main())

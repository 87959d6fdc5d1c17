"""Command line: ``python -m documents show FILE | list | audit [PATH…] | verify``; all only read."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from documents.errors import DocumentError, explain_file
from documents.library import library_folder, read_document, read_documents, verify
from documents.reports import (
    format_audit,
    format_summary,
    format_verification,
    outline,
    write_audits,
    write_verification,
)
from documents.schema import write_document, write_metadata
from documents.terminal import visible_output
from documents.types import Document


@visible_output()
def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code: 0 ok, 1 some items failed, 2 bad input."""
    options = _parser().parse_args(arguments)
    try:
        return {"show": _show, "list": _list, "audit": _audit, "verify": _verify}[options.command](
            options
        )
    except DocumentError as error:
        print(error, file=sys.stderr)
    except OSError as error:
        print(explain_file(error), file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m documents", description="查看文档 / read documents"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    show = commands.add_parser("show", help="解析并显示一个文件 / parse and show a file")
    show.add_argument("file", type=Path)
    list_ = commands.add_parser("list", help="列出文档库 / list the library")
    audit = commands.add_parser(
        "audit", help="检查解析结果（默认：文档库）/ what parsing did to files or the library"
    )
    audit.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    verify_ = commands.add_parser(
        "verify", help="校验文档库中的原件 / compare the library's files with their checksums"
    )
    for command in (show, list_, audit, verify_):
        command.add_argument("--json", action="store_true", help="输出 JSON / print JSON")
    return parser


def _show(options: argparse.Namespace) -> int:
    document = read_document(options.file)
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


def _audit(options: argparse.Namespace) -> int:
    documents, failures = [], []
    for item in read_documents(options.paths or [library_folder()], progress=_show_progress):
        if isinstance(item, Document):
            documents.append(item)
            if not options.json:
                print(format_audit(item), end="\n\n")
        else:
            failures.append(item)
            print(item, file=sys.stderr)
    if options.json:
        print(json.dumps(write_audits(documents, failures), ensure_ascii=False))
    else:
        print(format_summary(documents, failures))
    return 1 if failures else 0


def _show_progress(done: int, total: int, name: str) -> None:
    if sys.stderr.isatty():
        print(f"{done}/{total} {name}", file=sys.stderr, flush=True)


def _verify(options: argparse.Namespace) -> int:
    found = verify()
    if options.json:
        print(json.dumps(write_verification(found), ensure_ascii=False))
    else:
        print(format_verification(found))
    return 1 if found.changed or found.missing or found.unreadable else 0


if __name__ == "__main__":
    sys.exit(main())

"""Command line: ``python -m qa ask "…" [--json]`` and ``python -m qa batch IN.jsonl OUT.jsonl``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from documents.errors import DocumentError
from index.errors import PolicyIndexError
from index.filters import FILTER_FIELDS
from index.hybrid import open_index
from index.progress import Progress
from qa.assistant import PolicyAssistant
from qa.errors import GenerationError, RequestError
from qa.generation import from_environment
from qa.schema import read_request, write_response


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code: 0 ok, 1 some items failed, 2 bad input."""
    options = _parser().parse_args(arguments)
    try:
        return _ask(options) if options.command == "ask" else _batch(options)
    except (RequestError, GenerationError) as error:
        print(error.message, file=sys.stderr)
    except UnicodeDecodeError as error:
        name = options.input
        print(
            f"{name}：不是 UTF-8 文本（{error}）。\n{name}: not UTF-8 ({error}).", file=sys.stderr
        )
    except (DocumentError, PolicyIndexError) as error:
        print(error, file=sys.stderr)
    except OSError as error:
        name, why = error.filename, error.strerror
        print(
            f"{name}：无法读写（{why}），请检查路径、权限和磁盘空间。\n"
            f"{name}: cannot be read or written ({why}); check the path, permissions and disk space.",
            file=sys.stderr,
        )
    except KeyboardInterrupt:
        print("已中断。\nInterrupted.", file=sys.stderr)
        return 130
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m qa", description="提问 / ask")
    commands = parser.add_subparsers(dest="command", required=True)
    ask = commands.add_parser("ask", help="回答一个问题 / answer one question")
    ask.add_argument("question")
    ask.add_argument(
        "--history",
        action="append",
        default=[],
        metavar="QUESTION",
        help="先前的问题 / an earlier question",
    )
    ask.add_argument("--k", type=int, default=10)
    ask.add_argument("--as-of", metavar="YYYY-MM-DD", help="哪一天的效力 / validity on this day")
    for name in FILTER_FIELDS:
        ask.add_argument(f"--{name}")
    ask.add_argument("--json", action="store_true", help="输出 JSON / print JSON")
    batch = commands.add_parser("batch", help="逐行回答文件中的问题 / answer a file of questions")
    batch.add_argument("input", type=Path, metavar="IN.jsonl")
    batch.add_argument("output", type=Path, metavar="OUT.jsonl")
    for command in (ask, batch):
        command.add_argument("--index", type=Path, metavar="DIR")
        command.add_argument("--model", metavar="NAME_OR_PATH")
        command.add_argument(
            "--reranker", metavar="NAME_OR_PATH", help="重排模型 / a cross-encoder to re-rank with"
        )
    return parser


def _open(options: argparse.Namespace) -> PolicyAssistant:
    composer = from_environment()
    index = open_index(
        options.index, model=options.model, reranker=options.reranker, progress=Progress()
    )
    return PolicyAssistant(index, composer)


def _ask(options: argparse.Namespace) -> int:
    filters = {name: getattr(options, name) for name in FILTER_FIELDS}
    request = read_request(
        {
            "question": options.question,
            "history": options.history,
            "filters": {name: value for name, value in filters.items() if value is not None},
            "as_of": options.as_of,
            "k": options.k,
        }
    )
    response = _open(options).ask(request)
    if options.json:
        print(json.dumps(write_response(response), ensure_ascii=False))
    else:
        print(response.answer)
        for notice in response.notices:
            print(f"※ {notice.text}")
    return 0


def _batch(options: argparse.Namespace) -> int:
    # Not splitlines: a JSON text may hold the other line ends of Unicode.
    lines = options.input.read_text(encoding="utf-8-sig").split("\n")
    assistant = _open(options)
    failed = 0
    # Written beside and renamed, so that an interrupted run leaves no half file behind.
    beside = options.output.with_name(f".{options.output.name}.{os.getpid()}")
    try:
        # Half a surrogate pair, which UTF-8 cannot hold, comes out as the JSON escape it came in as.
        with beside.open("w", encoding="utf-8", errors="backslashreplace") as file:
            for done, line in enumerate((line for line in lines if line.strip()), 1):
                answer = _answer(assistant, line)
                failed += "error" in answer
                file.write(json.dumps(answer, ensure_ascii=False) + "\n")
                if done % 100 == 0:
                    print(f"{done}/{len(lines)}", file=sys.stderr)
        beside.replace(options.output)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return 1 if failed else 0


def _answer(assistant: PolicyAssistant, line: str) -> dict[str, Any]:
    try:
        obj = json.loads(line)
    except (ValueError, RecursionError) as error:
        return _error(None, "not_json", f"不是 JSON：{error}\nNot JSON: {error}")
    id_ = obj.get("id") if isinstance(obj, dict) else None
    try:
        return write_response(assistant.ask(read_request(obj)))
    except RequestError as error:
        return _error(id_, error.code, error.message)


def _error(id_: object, code: str, message: str) -> dict[str, Any]:
    return {"id": id_, "error": {"code": code, "message": message}}


if __name__ == "__main__":
    sys.exit(main())

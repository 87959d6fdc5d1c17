"""Command line: ``python -m qa ask "…" [--json]``, ``batch IN.jsonl OUT.jsonl``, ``feedback``, ``log``,
``users``, ``backup FILE.zip``, ``restore FILE.zip``.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
from datetime import date
from pathlib import Path
from typing import Any

from documents.errors import DocumentError
from documents.library import policy_home
from documents.storage import write_atomically
from documents.terminal import visible_output
from index.address import add_store_options
from index.encoder import ENGINES, choose_engine
from index.errors import PolicyIndexError
from index.filters import FILTER_FIELDS, read_day
from index.progress import Progress
from index.stores import open_index
from qa.access.commands import add_users
from qa.access.errors import AccountsError
from qa.assistant import PolicyAssistant
from qa.backup import Contents, back_up
from qa.errors import BackupError, GenerationError, LogError, RequestError
from qa.feedback import explain_left_out, export, format_summary, summarize, write_records
from qa.generation import from_environment
from qa.log import Log, log_path
from qa.restoration import check, restore
from qa.retention import open_log, read_days
from qa.schema import read_request, write_response


@visible_output()
def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code: 0 ok, 1 some items failed, 2 bad input."""
    options = _parser().parse_args(arguments)
    choose_engine(getattr(options, "engine", None))
    try:
        code: int = options.run(options)
        return code
    except (RequestError, GenerationError, LogError, BackupError, AccountsError) as error:
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
    _add_ask(commands.add_parser("ask", help="回答一个问题 / answer one question"))
    _add_batch(
        commands.add_parser("batch", help="逐行回答文件中的问题 / answer a file of questions")
    )
    _add_feedback(commands.add_parser("feedback", help="提问和评价的统计与导出 / what was judged"))
    add_users(commands.add_parser("users", help="谁可以登录 / who may log in"))
    _add_log(commands.add_parser("log", help="问答记录的状况 / what the log of questions holds"))
    _add_backup(commands.add_parser("backup", help="备份全部数据 / back all state up"))
    _add_restore(commands.add_parser("restore", help="从备份恢复 / restore a back-up"))
    return parser


def _add_log(log: argparse.ArgumentParser) -> None:
    log.add_argument("--json", action="store_true", help="输出 JSON / print JSON")
    log.set_defaults(run=_log)


def _add_backup(backup: argparse.ArgumentParser) -> None:
    backup.add_argument("file", type=Path, metavar="FILE.zip")
    backup.add_argument(
        "--with-index",
        action="store_true",
        help="连同索引（否则恢复后首次启动时重建）/ the index, too; else it is built at the first start",
    )
    backup.set_defaults(run=_backup)


def _add_restore(restore: argparse.ArgumentParser) -> None:
    restore.add_argument("file", type=Path, metavar="FILE.zip")
    restore.add_argument(
        "--home",
        type=Path,
        help="恢复到哪个空文件夹 / the empty folder to restore to (POLICY_QA_HOME)",
    )
    restore.add_argument(
        "--check", action="store_true", help="只检查备份是否完好 / only see whether it is whole"
    )
    restore.set_defaults(run=_restore)


def _add_ask(ask: argparse.ArgumentParser) -> None:
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
    _add_index(ask)
    ask.set_defaults(run=_ask)


def _add_batch(batch: argparse.ArgumentParser) -> None:
    batch.add_argument("input", type=Path, metavar="IN.jsonl")
    batch.add_argument("output", type=Path, metavar="OUT.jsonl")
    _add_index(batch)
    batch.set_defaults(run=_batch)


def _add_index(command: argparse.ArgumentParser) -> None:
    add_store_options(command)
    command.add_argument("--model", metavar="NAME_OR_PATH")
    command.add_argument(
        "--engine", choices=ENGINES, help="默认模型由什么运行 / what runs the default model (onnx)"
    )
    command.add_argument(
        "--reranker", metavar="NAME_OR_PATH", help="重排模型 / a cross-encoder to re-rank with"
    )


def _add_feedback(feedback: argparse.ArgumentParser) -> None:
    either = feedback.add_mutually_exclusive_group()
    either.add_argument(
        "--export",
        type=Path,
        metavar="FILE",
        help="写成 python -m evaluation 的问题文件 / write a file of questions for it",
    )
    either.add_argument(
        "--forget-before",
        type=_day,
        metavar="YYYY-MM-DD",
        help="删除这一天（本地时间）以前的提问及其评价 / delete the questions of before this day (local"
        " time) and what was said of them",
    )
    feedback.add_argument(
        "--yes", action="store_true", help="删除前不再询问 / delete without asking first"
    )
    feedback.add_argument("--json", action="store_true", help="输出 JSON / print JSON")
    feedback.set_defaults(run=_feedback)


def _day(text: str) -> date | None:
    try:
        return read_day(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


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
        obj = json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        return _error(None, "not_json", f"不是 JSON：{error}\nNot JSON: {error}")
    id_ = obj.get("id") if isinstance(obj, dict) else None
    id_ = id_ if isinstance(id_, str | int) else None  # what is no id may be no JSON either: 1e999
    try:
        return write_response(assistant.ask(read_request(obj)))
    except RequestError as error:
        return _error(id_, error.code, error.message)


def _refuse(name: str) -> None:
    """Refuse NaN and Infinity, which Python takes for JSON and writes again."""
    raise ValueError(name)


def _error(id_: object, code: str, message: str) -> dict[str, Any]:
    return {"id": id_, "error": {"code": code, "message": message}}


def _feedback(options: argparse.Namespace) -> int:
    log = Log(log_path())
    if options.forget_before is not None:
        return _forget(log, options)
    judged = list(log.judged())
    exported = export(judged)
    summary = summarize(log.count_outcomes(), judged, exported)
    if options.export and exported.records:
        _write(options.export, write_records(exported.records))
    print(json.dumps(summary, ensure_ascii=False) if options.json else format_summary(summary))
    if left_out := explain_left_out(exported):
        print(left_out, file=sys.stderr)
    if options.export and not exported.records:
        print(
            "没有可以导出的评价，没有写出文件。\nThere is nothing to export; no file was written.",
            file=sys.stderr,
        )
        return 1
    return 0


def _forget(log: Log, options: argparse.Namespace) -> int:
    day, count = options.forget_before, log.count_before(options.forget_before)
    if count and not options.yes and not _agrees(count, day):
        print("没有删除任何内容。\nNothing was deleted.", file=sys.stderr)
        return 1
    forgotten = log.forget(day) if count else 0
    print(
        json.dumps({"forgotten": forgotten})
        if options.json
        else f"已删除 {day} 以前的 {forgotten} 次提问及其评价。\n"
        f"Deleted {forgotten} questions of before {day} and what was said of them."
    )
    return 0


def _agrees(count: int, day: date) -> bool:
    """Ask on the terminal whether to delete; RequestError where there is none to ask on."""
    if not sys.stdin.isatty():
        raise RequestError(
            "not_confirmed",
            f"将删除 {day} 以前的 {count} 次提问及其评价，不能恢复；确定要删除请加 --yes。",
            f"This would delete {count} questions of before {day} and what was said of them, for good; "
            "add --yes to do so.",
        )
    print(
        f"将删除 {day} 以前的 {count} 次提问及其评价，不能恢复。确定吗？\n"
        f"{count} questions of before {day} and what was said of them will be deleted for good. Do you "
        "want that? [y/N] ",
        end="",
        file=sys.stderr,
        flush=True,
    )
    return sys.stdin.readline().strip().lower() in ("y", "yes", "是")


def _log(options: argparse.Namespace) -> int:
    kept, days = open_log() is not None, read_days()
    log = Log(log_path())
    rows, changed = log.verify()
    told = {"file": str(log.path), "kept": kept, "days": days, "rows": rows, "damaged": changed}
    if options.json:
        print(json.dumps(told, ensure_ascii=False))
    else:
        print(
            f"{log.path}：{'记录中' if kept else '不记录'}，保留 {days or '不限'} 天；"
            f"{rows} 行，其中损坏 {len(changed)} 行。\n"
            f"{log.path}: {'kept' if kept else 'not kept'}, for {days or 'any number of'} days; {rows} "
            f"rows, {len(changed)} of them damaged."
        )
        print(*changed, sep="\n", end="\n" if changed else "")
    return 1 if changed else 0


def _backup(options: argparse.Namespace) -> int:
    contents = back_up(options.file, policy_home(), with_index=options.with_index, tell=_tell)
    print(_summarize(options.file, contents))
    return 0


def _restore(options: argparse.Namespace) -> int:
    if options.check:
        print(_summarize(options.file, check(options.file)))
        return 0
    home = options.home or policy_home()
    print(_summarize(home, restore(options.file, home, _tell)))
    return 0


def _tell(done: int, total: int) -> None:
    if done == total or done % 100 == 0:
        print(f"{done}/{total} 文件 files", file=sys.stderr)


def _summarize(path: Path, contents: Contents) -> str:
    count, size = len(contents.files), sum(size for _, size in contents.files.values())
    return (
        f"{path}：{count} 个文件，{size} 字节，备份于 {contents.made}，内容完好。\n"
        f"{path}: {count} files, {size} bytes, backed up {contents.made}, whole."
    )


def _write(path: Path, data: bytes) -> None:
    try:
        # As evaluation unpacks it; without a time, so that the same log gives the same file.
        write_atomically(path, gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    except OSError as error:
        # The name that was given, not that of the file it is prepared in.
        raise OSError(error.errno, error.strerror, str(path)) from error


if __name__ == "__main__":
    sys.exit(main())

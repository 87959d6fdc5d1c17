"""The command line of ``python -m evaluation speed``; what it runs is imported when it runs."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from documents.errors import DocumentError
from evaluation.errors import DatasetError, EvaluationError
from evaluation.speed.types import Plan
from index.encoder import ENGINES
from index.errors import PolicyIndexError

_OK, _MISSED, _BAD_INPUT, _INTERRUPTED = 0, 1, 2, 130
_SIZES, _ASKERS, _ENGINES = "500,5000,50000,all", "1,2,4,8,16,32,64", "onnx,torch"


def add_speed(speed: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    speed.add_argument("folder", type=Path, metavar="FOLDER", help="放有文档的文件夹")
    speed.add_argument(
        "--questions",
        type=Path,
        metavar="FILE",
        help="BEIR queries.jsonl，从未问过的问题（required）",
    )
    speed.add_argument(
        "--sizes",
        type=_read_sizes,
        default=_SIZES,
        metavar="N,…,all",
        help="条款数，默认 %(default)s（clauses）",
    )
    speed.add_argument("--report", type=Path, metavar="DIR", help="写出 SPEED.md、speed.json、图")
    speed.add_argument("--json", action="store_true", help="输出 JSON")
    speed.add_argument("--cache", type=Path, metavar="DIR", help="向量缓存的文件夹")
    speed.add_argument(
        "--work", type=Path, metavar="DIR", help="保留所建索引，再次运行时沿用（keep the indexes）"
    )
    speed.add_argument("--model", metavar="NAME", help="编码模型的名称或目录")
    speed.add_argument("--engine", choices=ENGINES, help="默认模型由什么运行，默认 onnx")
    speed.add_argument(
        "--timed",
        type=_at_least(1),
        default=500,
        metavar="N",
        help="提问、检索各计时多少题，默认 %(default)s",
    )
    speed.add_argument(
        "--warm-up", type=_at_least(1), default=20, metavar="N", help="预热题数，默认 %(default)s"
    )
    speed.add_argument(
        "--askers",
        type=_read_counts,
        default=_ASKERS,
        metavar="N,…",
        help="并发数，默认 %(default)s",
    )
    speed.add_argument(
        "--each",
        type=_at_least(1),
        default=200,
        metavar="N",
        help="每级并发问多少题，默认 %(default)s",
    )
    speed.add_argument(
        "--starts", type=_at_least(1), default=5, metavar="N", help="启动几次，默认 %(default)s"
    )
    speed.add_argument(
        "--sample",
        type=_at_least(1),
        default=300,
        metavar="N",
        help="向量已有时，实际编码多少片段来计时，默认 %(default)s",
    )
    speed.add_argument(
        "--engines",
        type=_read_engines,
        default=_ENGINES,
        metavar="A,B",
        help="比较的编码引擎，默认 %(default)s；'' 不比较（none）",
    )
    speed.add_argument("--seed", type=int, default=0, metavar="N", help="问题打乱的种子")
    speed.add_argument(
        "--strict", action="store_true", help="有一项未达到则退出码为 1（1 where a bar is missed）"
    )
    speed.set_defaults(run=run_speed)


def run_speed(options: argparse.Namespace) -> int:
    """Measure, print and write; 1 where ``--strict`` and a bar is missed, 2 for bad input."""
    # Imported here, because the libraries behind them take seconds.
    from evaluation.speed.bars import judge
    from evaluation.speed.measuring import measure
    from evaluation.speed.report import dump_json, write_markdown, write_report

    try:
        with _plan(options) as plan:
            speed = measure(plan)
        print(dump_json(speed) if options.json else write_markdown(speed))
        if options.report:
            write_report(options.report, speed)
    except (EvaluationError, DocumentError, PolicyIndexError, OSError) as error:
        print(error, file=sys.stderr)
        return _BAD_INPUT
    except KeyboardInterrupt:
        print(
            "已中断。用 --work 时，已建好的索引会在下次沿用。\n"
            "Interrupted. With --work, the indexes that are built are used the next time.",
            file=sys.stderr,
        )
        return _INTERRUPTED
    missed = [bar for bar in judge(speed) if not bar.holds]
    for bar in missed:
        print(f"未达到（missed）：{bar.name} <= {bar.limit:g} {bar.unit}", file=sys.stderr)
    return _MISSED if missed and options.strict else _OK


@contextmanager
def _plan(options: argparse.Namespace) -> Iterator[Plan]:
    """Yield the plan; DatasetError without questions."""
    from evaluation.encodings import default_cache

    if options.questions is None:
        raise DatasetError(
            "--questions",
            "请给出从未向此库提过的问题：BEIR 的 queries.jsonl，至少 2 × --timed + --warm-up 个",
            "name a file of questions that were never asked of this library: a BEIR queries.jsonl of "
            "2 x --timed + --warm-up questions at least",
        )
    with TemporaryDirectory(prefix="policy-qa-speed-") as scratch:
        yield Plan(
            folder=options.folder,
            questions=options.questions,
            sizes=options.sizes,
            cache=(options.cache or default_cache()).resolve(),
            work=(options.work or Path(scratch)).resolve(),
            model=options.model,
            timed=options.timed,
            warm_up=options.warm_up,
            askers=options.askers,
            each=options.each,
            starts=options.starts,
            sample=options.sample,
            engines=options.engines,
            seed=options.seed,
        )


def _read_sizes(text: str) -> tuple[int | None, ...]:
    return tuple(None if part == "all" else _at_least(1)(part) for part in text.split(","))


def _read_counts(text: str) -> tuple[int, ...]:
    return tuple(map(_at_least(1), text.split(",")))


def _read_engines(text: str) -> tuple[str, ...]:
    names = tuple(filter(None, text.split(",")))
    if len(names) not in (0, 2):
        raise argparse.ArgumentTypeError("应为两个，或 ''（two of them, or none）")
    return names


def _at_least(least: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]+", text.strip()) or int(text) < least:
            raise argparse.ArgumentTypeError(
                f"{text}：应为不小于 {least} 的整数（must be a whole number from {least}）"
            )
        return int(text)

    return read

"""``python -m evaluation.peers DATA``: the product beside LangChain, LlamaIndex, txtai, rank_bm25.

DATA holds BEIR folders. Peers run in an environment of their own, which ``make bench-peers`` makes.
Exit 0 ok, 1 where a system failed, 2 bad input.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from evaluation.encodings import default_cache
from evaluation.errors import EvaluationError
from evaluation.peers.prepare import prepare
from evaluation.peers.report import Contest, Entry, format_contests
from evaluation.peers.systems import SYSTEMS, System
from evaluation.peers.task import read_questions
from evaluation.peers.trial import read_trial
from index.encoder import load_encoder
from index.errors import PolicyIndexError
from index.progress import Progress

OK, FAILED, BAD_INPUT = 0, 1, 2
SETS = ("stard", "xquad_en2zh")
_ROOT = Path(__file__).parents[2]
# One thread for all; nothing is sent, nothing is downloaded.
_ENVIRONMENT = {
    "PYTHONPATH": str(_ROOT),
    "OMP_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
    "LANGSMITH_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare on every data set that is there, write the page, and return the exit code."""
    options = _parser().parse_args(arguments)
    sources = find_sets(options.data, options.sets)
    chosen = [system for system in SYSTEMS if not options.systems or system.key in options.systems]
    if not sources:
        print(
            f"{options.data}：没有 {'、'.join(options.sets)}，跳过比较。请用 DATA=目录 指明 BEIR 数据集所在。\n"
            f"{options.data}: holds none of {', '.join(options.sets)}; nothing is compared. Say where "
            "the BEIR folders are with DATA=FOLDER.",
            file=sys.stderr,
        )
        return OK
    if not options.python.is_file():
        print(
            f"{options.python}：没有这个 Python；请运行 make bench-peers。\n"
            f"{options.python}: no such Python; run make bench-peers.",
            file=sys.stderr,
        )
        return BAD_INPUT
    try:
        with tempfile.TemporaryDirectory(prefix="peers-") as work:
            contests = [
                compare(source, Path(work) / source.name, chosen, options.python, options.cache)
                for source in sources
            ]
    except (EvaluationError, PolicyIndexError, OSError) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    options.out.write_text(format_contests(contests, describe_machine()), encoding="utf-8")
    print(f"{options.out}：已写出 / written", file=sys.stderr)
    failed = any(entry.trial is None for contest in contests for entry in contest.entries)
    return FAILED if failed else OK


def find_sets(data: Path, names: Sequence[str]) -> list[Path]:
    """Return those of the BEIR folders ``names`` that ``data`` holds."""
    return [data / name for name in names if (data / name / "qrels").is_dir()]


def compare(
    source: Path, folder: Path, systems: Sequence[System], python: Path, cache: Path
) -> Contest:
    """Prepare the data set ``source`` in ``folder`` and try ``systems`` on it, one by one."""
    setting = prepare(source, folder, load_encoder(), cache=cache, progress=Progress())
    entries = [try_system(system, source, folder, python, cache) for system in systems]
    questions = read_questions(folder)
    return Contest(setting, questions.qrels, len(questions.warming), entries)


def try_system(system: System, source: Path, folder: Path, python: Path, cache: Path) -> Entry:
    """Run a system's trial in a process of its own, and return what came of it."""
    out = folder / f"{system.key}.json"
    script = ["-m", f"evaluation.peers.{system.script}", system.variant, str(folder), str(out)]
    command = (
        [sys.executable, *script, str(source), str(cache)]
        if system.ours
        else [str(python), *script]
    )
    print(f"{source.name}: {system.name}, {system.chinese}".rstrip(", "), file=sys.stderr)
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **_ENVIRONMENT},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        return Entry(system, None, _last_line(done.stderr) or f"exit code {done.returncode}")
    return Entry(system, read_trial(out))


def describe_machine() -> str:
    """Return what the figures were taken on."""
    with_memory = ""
    if hasattr(os, "sysconf"):
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
        with_memory = f", {size:.0f} GB"
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores{with_memory}, "
        f"Python {platform.python_version()}."
    )


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1].replace("|", "/") if lines else ""


def _absolute(text: str) -> Path:
    return Path(text).absolute()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m evaluation.peers", description="与其他检索库比较（compare with libraries）"
    )
    # Absolute, because trials run in a folder of their own; not resolved, because the Python of an
    # environment is a link.
    parser.add_argument("data", type=_absolute, metavar="DATA", help="BEIR 文件夹所在的目录")
    parser.add_argument("--sets", nargs="+", default=SETS, metavar="NAME", help="默认 %(default)s")
    parser.add_argument(
        "--systems",
        nargs="+",
        choices=[system.key for system in SYSTEMS],
        metavar="KEY",
        help="只比较这些（only these）：%(choices)s",
    )
    parser.add_argument(
        "--python",
        type=_absolute,
        default=_ROOT / ".venv-peers" / "bin" / "python",
        metavar="FILE",
        help="装有这些库的 Python（the Python that has the libraries）",
    )
    parser.add_argument(
        "--cache", type=_absolute, default=default_cache(), metavar="DIR", help="向量缓存的文件夹"
    )
    parser.add_argument(
        "--out",
        type=_absolute,
        default=_ROOT / "evaluation" / "PEERS.md",
        metavar="FILE",
        help="默认 %(default)s",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())

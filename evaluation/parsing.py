"""How fast documents are parsed: by size, and on lines made to be slow. CPU time of one core."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from documents.errors import DocumentError
from documents.loading import load_source
from documents.parsing import parse_text

SIZES = (0.1, 1.0, 3.0, 10.0)
_HOSTILE_CHARACTERS = 1_000_000
_ALPHABET = "（）()[]〔〕0123456789第一二三条章、.。 \u3000"


@dataclass(frozen=True, slots=True)
class Timing:
    """CPU seconds to parse one text of ``megabytes`` of UTF-8."""

    name: str
    megabytes: float
    seconds: float


def time_parsing(folder: Path) -> list[Timing]:
    """Parse texts of growing size, made of the documents in ``folder``, and hostile single lines.

    DocumentError where the folder holds no document.
    """
    texts = _read_texts(folder)
    for text in texts[:20]:
        parse_text(text, "warm")  # dictionaries are loaded on first use
    sound = [(f"{size:g} MB", _join(texts, int(size * 1e6))) for size in SIZES]
    return [_time(name, text) for name, text in [*sound, *_hostile_lines()]]


def format_timings(timings: list[Timing]) -> str:
    """Return the timings as a table."""
    rows = [
        f"{t.name:24}{t.megabytes:8.2f} MB{t.seconds:8.2f} s{t.megabytes / t.seconds:8.2f} MB/s"
        for t in timings
    ]
    return "\n".join(rows)


def _time(name: str, text: str) -> Timing:
    begin = time.process_time()
    parse_text(text, "timed")
    return Timing(name, len(text.encode()) / 1e6, time.process_time() - begin)


def _read_texts(folder: Path) -> list[str]:
    texts = []
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".txt", ".md"):
            texts.append(load_source(path).text)
    if not texts:
        raise DocumentError(
            f"{folder}：没有 .txt 或 .md 文档，请给出放有文本的文件夹。\n"
            f"{folder}: no .txt or .md documents; name a folder that holds texts."
        )
    return texts


def _join(texts: list[str], size: int) -> str:
    """Return texts one behind the other, again from the first where they end, ``size`` bytes long."""
    parts, length, i = [], 0, 0
    while length < size:
        part = texts[i % len(texts)]
        parts.append(part)
        length += len(part.encode())
        i += 1
    return "\n".join(parts)[: int(size / length * sum(map(len, parts)))]


def _hostile_lines() -> Iterator[tuple[str, str]]:
    """Yield single lines of a million characters that naive patterns choke on."""
    n = _HOSTILE_CHARACTERS
    mixed = random.Random(0)
    make: dict[str, Callable[[], str]] = {
        "brackets, digits, 第": lambda: "".join(mixed.choices(_ALPHABET, k=n)),
        "（": lambda: "（" * n,
        "（）": lambda: "（）" * (n // 2),
        "1": lambda: "1" * n,
        "第": lambda: "第" * n,
        "第一条 ": lambda: "第一条 " * (n // 4),
        "《": lambda: "《" * n,
        "spaces": lambda: " " * n,
    }
    for name, line in make.items():
        yield f"line of {name}", line()

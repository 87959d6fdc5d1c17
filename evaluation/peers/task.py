"""What every system is given: the same passages with their vectors, and the same questions.

A task is a folder, so that systems in an environment of their own can read it: this module needs
nothing but numpy.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Passages:
    """Texts with title and headings, the record each belongs to, and their vectors.

    ``vectors`` has shape (texts, dimension), unit length. A long article is several passages of one
    record.
    """

    records: tuple[str, ...]
    texts: tuple[str, ...]
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class Questions:
    """{id: question} that are asked, and others that only warm up; {question: {record: grade}}."""

    asked: Mapping[str, str]
    warming: tuple[str, ...]
    qrels: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Setting:
    """What the report says of a task. ``articles`` are the records that passages are made of."""

    name: str
    articles: int
    passages: int
    questions: int
    encoder: str


def write_task(folder: Path, setting: Setting, passages: Passages, questions: Questions) -> None:
    """Write a task into ``folder``, over what was there."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "setting.json", asdict(setting))
    _write(folder / "questions.json", asdict(questions))
    _write(folder / "passages.json", {"records": passages.records, "texts": passages.texts})
    np.save(folder / "passages.npy", passages.vectors)


def read_setting(folder: Path) -> Setting:
    """Return what ``write_task`` wrote."""
    return Setting(**_read(folder / "setting.json"))


def read_passages(folder: Path) -> Passages:
    """Return what ``write_task`` wrote; the vectors in memory."""
    found = _read(folder / "passages.json")
    vectors: Vectors = np.load(folder / "passages.npy")
    return Passages(tuple(found["records"]), tuple(found["texts"]), vectors)


def read_questions(folder: Path) -> Questions:
    """Return what ``write_task`` wrote."""
    found = _read(folder / "questions.json")
    return Questions(found["asked"], tuple(found["warming"]), found["qrels"])


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found

"""JSON Lines, plain or compressed, as data sets come in."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from evaluation.errors import DatasetError


def read_records(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield ("file:line", object) of each line that is not blank; ``.gz`` is unpacked.

    DatasetError where the file cannot be read, is not UTF-8, or a line is not a JSON object.
    """
    for where, line in read_lines(path):
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise DatasetError(where, "不是有效的 JSON", f"is not valid JSON: {error}") from error
        if not isinstance(record, dict):
            raise DatasetError(where, "应为 JSON 对象", "must be a JSON object")
        yield where, record


def read_lines(path: Path) -> Iterator[tuple[str, str]]:
    """Yield ("file:line", text) of each line that is not blank, its line end removed."""
    try:
        with _open(path) as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield f"{path}:{number}", line.rstrip("\r\n")
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetError(str(path), "文件无法读取", f"cannot be read: {error}") from error
    except UnicodeDecodeError as error:
        raise DatasetError(str(path), "文件不是 UTF-8 编码", f"is not UTF-8: {error}") from error


def _open(path: Path) -> IO[str]:
    # Lines end at LF only: a text may hold U+2028 and its like, which JSON leaves as they are.
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="\n")
    return path.open(encoding="utf-8-sig", newline="\n")

"""Metadata that people set right, kept apart from the documents, which stay as they are.

They lie beside the originals in the hidden file ``.corrections.json``, by the SHA-256 of the original
that they were made for: a file of other content under the same name has none of them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, get_args

from documents.errors import CorrectionError, LibraryError
from documents.normalization import match_form
from documents.regions import named_region
from documents.storage import seal, unseal, write_atomically
from documents.types import Correction, Document, Level, Metadata

CORRECTIONS = ".corrections.json"
# Written in the place of a value: the document has none, whatever was read from it.
NONE = "-"
_MANY = "、"
_DAYS = frozenset({"written", "published", "effective", "expires"})
# Longest values, in characters: far above any that a real document has.
_LONGEST = {"title": 300, "notice": 500, "number": 100, "authorities": 2000, "kind": 40}
FIELDS = tuple(
    "title notice number authorities region level kind written published effective expires".split()
)
_LEVELS: tuple[str, ...] = get_args(Level)
# Control characters, and halves of surrogate pairs, which JSON can carry and no file can.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

# By field, as it is written; None where the document has no such value.
Fields = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Entry:
    """The corrections of one document: its id when they were made, and its fields."""

    document: str
    fields: Fields


def check(fields: Mapping[str, Any]) -> dict[str, str | None]:
    """Return ``fields`` as they are kept, None where one is withdrawn.

    A value is a string, for ``authorities`` also a list of them; "-" says that the document has none.
    None and an empty string withdraw what was corrected before. CorrectionError where a field is not
    known, or its value not what it should be.
    """
    if not fields:
        raise CorrectionError(
            "metadata",
            f"没有给出要更正的字段（可更正：{_MANY.join(FIELDS)}）。",
            f"no field to correct is given (there are {', '.join(FIELDS)}).",
        )
    return {name: _check(name, value) for name, value in fields.items()}


def _check(name: str, value: object) -> str | None:
    if name not in FIELDS:
        raise CorrectionError(
            name,
            f"没有这个字段，可更正的有：{_MANY.join(FIELDS)}。",
            f"there is no such field to correct; there are {', '.join(FIELDS)}.",
        )
    if name == "authorities" and isinstance(value, list | tuple):
        if not all(isinstance(item, str) for item in value):
            raise CorrectionError(name, "列表中只能是文字。", "the list may hold strings only.")
        value = _MANY.join(item for item in value if item.strip()) or NONE
    if value is None:
        return None
    if not isinstance(value, str):
        raise CorrectionError(name, "应是文字或 null。", "expected a string or null.")
    if _UNPRINTABLE.search(value):
        raise CorrectionError(
            name,
            "含有换行或其他不可见字符，请写在一行内。",
            "it has line ends or other characters that cannot be shown; write it on one line.",
        )
    value = value.strip()
    longest = _LONGEST.get(name, 100)
    if len(value) > longest:
        raise CorrectionError(
            name,
            f"有 {len(value)} 个字，最多 {longest} 个。",
            f"{len(value)} characters long; at most {longest} are kept.",
        )
    if value in ("", NONE):
        return value or None
    match name:
        case "region":
            return _check_region(value)
        case "level":
            return _check_level(value)
        case "authorities":
            return _MANY.join(dict.fromkeys(_split(value))) or NONE
    return _check_day(name, value) if name in _DAYS else value


def _check_day(name: str, value: str) -> str:
    # fromisoformat also takes 20240522 and 2024-W21-3.
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            pass
    raise CorrectionError(
        name,
        f"日期「{value}」无效，应为 YYYY-MM-DD，如 2024-05-22。",
        f"{value!r} is not a date; write YYYY-MM-DD, such as 2024-05-22.",
    )


def _check_region(value: str) -> str:
    region = named_region(match_form(value))
    if region is None:
        raise CorrectionError(
            "region",
            f"没有地区「{value}」，请写省、市、县的全称，如 长春市。",
            f"there is no region {value!r}; write its full name in Chinese, such as 长春市.",
        )
    return region.name


def _check_level(value: str) -> str:
    if value not in _LEVELS:
        raise CorrectionError(
            "level",
            f"「{value}」不是层级，应为 {_MANY.join(_LEVELS)} 之一。",
            f"{value!r} is no level; it is one of {', '.join(_LEVELS)}.",
        )
    return value


def _merge(before: Fields, asked: Fields) -> dict[str, str | None]:
    """Return the fields after ``asked``, checked, was applied to those of ``before``."""
    merged = {name: value for name, value in before.items() if name not in asked}
    merged |= {name: value for name, value in asked.items() if value is not None}
    return {name: merged[name] for name in FIELDS if name in merged}


def apply(document: Document, fields: Fields) -> Document:
    """Return ``document`` with the metadata of ``fields``, and what it gave itself beside it.

    A field that the document itself gives alike is no correction. Pure.
    """
    corrections = []
    values: dict[str, Any] = {}
    for name, written in fields.items():
        value = None if written in (None, NONE) else written
        found = _write(getattr(document.metadata, name))
        if value != found:
            corrections.append(Correction(name, found, value))
            values[name] = _read(name, value)
    if not corrections:
        return document
    metadata: Metadata = replace(document.metadata, **values)
    return replace(document, metadata=metadata, corrections=tuple(corrections))


def _write(value: object) -> str | None:
    if isinstance(value, tuple):
        return _MANY.join(value) or None
    return value.isoformat() if isinstance(value, date) else None if value is None else str(value)


def _read(name: str, value: str | None) -> Any:
    if name == "authorities":
        return tuple(_split(value or ""))
    return date.fromisoformat(value) if name in _DAYS and value else value


def _split(value: str) -> list[str]:
    return [item.strip() for item in value.split(_MANY) if item.strip()]


# --- the file -------------------------------------------------------------------------------------


def read_corrections(folder: Path) -> dict[str, Entry]:
    """Return the corrections of a library by the SHA-256 of originals; LibraryError where damaged."""
    path = folder / CORRECTIONS
    if not path.exists():
        return {}
    try:
        found = unseal(path.read_bytes())["originals"]
        return {sha256: Entry(**entry) for sha256, entry in found.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise LibraryError(
            f"{path}：元数据更正的记录已损坏（{error}）。请从备份恢复这个文件；没有备份时请删除它，再重新"
            f"更正。文档本身不受影响。\n{path}: the record of corrected metadata is damaged ({error}). "
            "Restore this file from a backup; without one, delete it and correct again. The documents "
            "are unaffected."
        ) from error


def record(folder: Path, sha256: str, id: str, asked: Fields) -> bool:
    """Keep what ``check`` returned for the document of an original; return whether that is news.

    Hold the library's lock.
    """
    known = read_corrections(folder)
    before = known[sha256].fields if sha256 in known else {}
    after = _merge(before, asked)
    if after == before:
        return False
    _write_all(folder, known | {sha256: Entry(id, after)})
    return True


def forget(folder: Path, originals: Collection[str]) -> None:
    """Drop the corrections of these originals, by SHA-256; hold the library's lock."""
    known = read_corrections(folder)
    if known.keys() & set(originals):
        _write_all(folder, {k: entry for k, entry in known.items() if k not in originals})


def _write_all(folder: Path, originals: Mapping[str, Entry]) -> None:
    plain = {
        sha256: {"document": entry.document, "fields": dict(entry.fields)}
        for sha256, entry in sorted(originals.items())
        if entry.fields
    }
    write_atomically(folder / CORRECTIONS, seal({"originals": plain}))


def corrector(folder: Path) -> Callable[[Path, Document], Document]:
    """Return what corrects the metadata of a file's document, where it lies in the library's folder.

    LibraryError where the record of corrections is damaged.
    """
    known = read_corrections(folder)
    inside = folder.resolve()

    def correct(path: Path, document: Document) -> Document:
        if not known or not path.resolve().is_relative_to(inside):
            return document
        try:
            with path.open("rb") as file:
                entry = known.get(hashlib.file_digest(file, "sha256").hexdigest())
        except OSError:  # it was there a moment ago
            return document
        return apply(document, entry.fields) if entry else document

    return correct

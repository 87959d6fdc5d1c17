"""Filters as they are written (JSON, command line), and which documents they admit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any, get_args

from documents.normalization import match_form
from documents.regions import Region, named_region
from documents.types import Document, Status
from documents.validity import compute_status, compute_statuses
from index.types import Filters

# The fields of the interfaces; "from" and "to" are ``since`` and ``until``.
FILTER_FIELDS = ("region", "authority", "kind", "document", "status", "from", "to")
# Characters of a value: a name, an id or a date; and of an unknown field as it is told.
_LONGEST, _TOLD = 300, 40
# JSON and command lines can write half a character: nothing downstream can encode it.
_HALF = re.compile(r"[\ud800-\udfff]")


def read_filters(obj: Mapping[str, Any]) -> Filters:
    """Return the filters that ``obj`` names; ValueError says which field is wrong and why."""
    unknown = [name[:_TOLD] for name in sorted(set(obj) - set(FILTER_FIELDS))[:10]]
    if unknown:
        raise ValueError(
            f"未知的筛选条件：{'、'.join(unknown)}（可用：{'、'.join(FILTER_FIELDS)}）。\n"
            f"Unknown filters: {', '.join(unknown)} (known: {', '.join(FILTER_FIELDS)})."
        )
    for name, value in obj.items():
        if value is not None and not isinstance(value, str):
            raise ValueError(f"筛选条件 {name} 必须是文字。\nFilter {name} must be a string.")
        if value and len(value) > _LONGEST:
            raise ValueError(
                f"筛选条件 {name} 过长（{len(value)} 字，最多 {_LONGEST} 字），请改短。\n"
                f"Filter {name} is too long ({len(value)} characters, at most {_LONGEST})."
            )
        if value and _HALF.search(value):
            raise ValueError(
                f"筛选条件 {name} 含有无效字符（半个代理对），请重新输入。\n"
                f"Filter {name} holds an invalid character (half a surrogate pair); type it again."
            )
    values = {name: value for name, value in obj.items() if value}
    if "region" in values and find_place(values["region"]) is None:
        raise ValueError(
            f"没有地区「{values['region']}」，请写省、市、县的全称，如 长春市。\n"
            f"There is no region {values['region']!r}; write its full name in Chinese."
        )
    if "status" in values and values["status"] not in get_args(Status):
        known = ", ".join(get_args(Status))
        raise ValueError(f"status 只能是：{known}。\nstatus must be one of: {known}.")
    since, until = read_day(values.pop("from", None)), read_day(values.pop("to", None))
    return Filters(**values, since=since, until=until)


def write_filters(filters: Filters) -> dict[str, str]:
    """Return what is set, as ``read_filters`` takes it.

    ``documents``, which no interface names, is left out.
    """
    values = {
        "region": filters.region,
        "authority": filters.authority,
        "kind": filters.kind,
        "document": filters.document,
        "status": filters.status,
        "from": filters.since.isoformat() if filters.since else None,
        "to": filters.until.isoformat() if filters.until else None,
    }
    return {name: value for name, value in values.items() if value is not None}


def read_day(text: str | None) -> date | None:
    """Return the day written as YYYY-MM-DD; ValueError on anything else, None for none."""
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except (ValueError, TypeError):
        day = None
    # fromisoformat also takes 20240522 and 2024-W21-3.
    if day is None or day.isoformat() != text:
        raise ValueError(
            f"日期 {text!r} 无效，应为 YYYY-MM-DD。\n{text!r} is not a date; write YYYY-MM-DD."
        )
    return day


def admits(filters: Filters, document: Document, library: Iterable[Document], day: date) -> bool:
    """Whether ``document`` passes every set field of ``filters`` on ``day``."""
    metadata = document.metadata
    written = metadata.written or metadata.published
    return (
        (filters.document is None or document.id == filters.document)
        and (filters.documents is None or document.id in filters.documents)
        and (filters.kind is None or _same(filters.kind, metadata.kind))
        and (
            filters.authority is None
            or any(_same(filters.authority, a) for a in metadata.authorities)
        )
        and (filters.since is None or (written is not None and written >= filters.since))
        and (filters.until is None or (written is not None and written <= filters.until))
        and (filters.region is None or applies_in(document, filters.region))
        and (filters.status is None or compute_status(document, library, day) == filters.status)
    )


def filter_documents(
    documents: Iterable[Document],
    filters: Filters,
    day: date,
    statuses: Mapping[str, Status] | None = None,
) -> list[Document]:
    """Return the documents that ``admits`` lets pass, in their order, as fast as thousands need it.

    ``statuses`` of ``day``, by id, are computed where they are not given; give them where
    ``documents`` are not the whole library, which may repeal them.
    """
    library = tuple(documents)
    if filters.status is not None and statuses is None:
        statuses = compute_statuses(library, library, day)
    known = statuses or {}
    rest = replace(filters, status=None)
    return [
        document
        for document in library
        if (filters.status is None or known[document.id] == filters.status)
        and admits(rest, document, (), day)
    ]


def applies_in(document: Document, place: str) -> bool:
    """Whether the document is of ``place`` or of a level above it; national texts apply anywhere."""
    metadata = document.metadata
    if metadata.level == "国家":
        return True
    here = find_place(place)
    own = find_place(metadata.region) if metadata.region else None
    return here is not None and own is not None and own.covers(here)


# A library has few places, authorities and kinds, and a filter compares one with every document.
@lru_cache(maxsize=4096)
def find_place(name: str) -> Region | None:
    """Return the region of that name, however it is written; None where there is none."""
    return named_region(match_form(name))


@lru_cache(maxsize=4096)
def _form(text: str) -> str:
    return match_form(text)


def _same(wanted: str, found: str | None) -> bool:
    return found is not None and _form(wanted) == _form(found)

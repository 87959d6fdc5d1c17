"""What a question is asked under, as the page's script sends it: filters and a day."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date

from index.filters import FILTER_FIELDS, read_day, read_filters, write_filters
from index.types import Filters

# The names that the page's forms and links use, in the order they are shown.
NAMES = (*FILTER_FIELDS, "as_of")
# The page has so many; a link may name others, which are refused and not left out.
_MOST = 20


def read_chosen(text: str) -> dict[str, str]:
    """Return the values that the page has chosen; what it cannot have sent counts as nothing."""
    try:
        values = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return keep_chosen(values) if isinstance(values, dict) else {}


def dump_chosen(chosen: Mapping[str, str]) -> str:
    """Return what ``read_chosen`` reads, for the page's script."""
    return json.dumps(dict(chosen), ensure_ascii=False)


def keep_chosen(values: Mapping[str, object]) -> dict[str, str]:
    """Return those of ``values`` that are texts and not empty; the page's own names come first.

    One that is left out would widen what is found: what is wrong with any of them, its name too, is
    for ``read_circumstances`` to say.
    """
    names = [*NAMES, *(name for name in values if name not in NAMES)][:_MOST]
    return {
        name: value.strip()
        for name in names
        if isinstance(value := values.get(name), str) and value.strip()
    }


def split_chosen(chosen: Mapping[str, str]) -> tuple[dict[str, str], str | None]:
    """Return the filters as the interfaces write them, and the day, None for today."""
    filters = {name: value for name, value in chosen.items() if name != "as_of"}
    return filters, chosen.get("as_of")


def write_chosen(filters: Filters, day: date | None) -> dict[str, str]:
    """Return filters and day as the page writes them; what limits nothing is left out."""
    return write_filters(filters) | ({"as_of": day.isoformat()} if day else {})


def read_circumstances(chosen: Mapping[str, str]) -> tuple[Filters, date | None]:
    """Return the filters and the day; ValueError says, in two lines, what is wrong with them."""
    filters, day = split_chosen(chosen)
    return read_filters(filters), read_day(day)

"""Titles inside a text: where a second document begins in the same file."""

from __future__ import annotations

import re

from documents.closing import is_signing
from documents.metadata import find_titles


def find_title_above(text: str, start: int, end: int) -> tuple[int, str] | None:
    """Return (offset, title without white space) of the title that ``text[start:end]`` holds.

    That is the first title below the last signature or date; None where there is none.
    """
    places: list[int] = []
    lines: list[str] = []
    for match in re.finditer(r"\S[^\n]*", text[start:end]):
        line = match[0].strip()
        if is_signing(line):
            places, lines = [], []
        else:
            places.append(start + match.start())
            lines.append(line)
    title = next(iter(find_titles(lines)), None)
    return (places[title.first], title.text) if title else None

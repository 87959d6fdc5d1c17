"""The places that a question names."""

from __future__ import annotations

import re

from documents.normalization import has_han
from documents.regions import Mention, find_mentions, find_romanized_mentions
from index.tokenization import word_boundaries

_FULL = re.compile(r".{2,}[省市区县州盟]$")


def find_places(text: str) -> list[Mention]:
    """Return the places in ``text`` (match form where it is Chinese), in order.

    A short name counts where it stands as a word (not 大连 in 扩大连锁), a full one anywhere.
    """
    if not has_han(text):
        return find_romanized_mentions(text)
    mentions = find_mentions(text)
    ends = word_boundaries(text) if mentions else frozenset()
    return [m for m in mentions if _FULL.match(m.name) or {m.start, m.end} <= ends]


def without_places(text: str) -> str:
    """Return ``text`` with its places blanked out."""
    for place in reversed(find_places(text)):
        text = f"{text[: place.start]} {text[place.end :]}"
    return text

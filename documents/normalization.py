"""The match form of a text: what two spellings of the same words have in common.

Simplified characters, half-width letters and digits, lower case, years in digits, no space beside a
Chinese character. For comparing only: it is never stored, shown or cited, because offsets in it
mean nothing outside it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

import opencc

from documents.numbering import read_number

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_SPACE_BESIDE_HAN = re.compile(rf"(?<=[{_HAN}])\s+|\s+(?=[{_HAN}])")
_YEAR = re.compile(r"[〇○零一二三四五六七八九]{4}(?=年)")
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]")

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def match_form(text: str) -> str:
    """Return ``text`` as it is compared; idempotent."""
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    text = _simplifier().convert(text).lower()
    text = _SPACE_BESIDE_HAN.sub("", text)
    return _YEAR.sub(lambda m: str(read_number(m[0])), text)


def has_han(text: str) -> bool:
    """Whether ``text`` holds a Chinese character."""
    return re.search(rf"[{_HAN}]", text) is not None


def without_invisible(text: str) -> str:
    """Return ``text`` without what no reader sees (zero-width, direction marks); controls as spaces."""
    return _CONTROL.sub(" ", _INVISIBLE.sub("", text))


def is_traditional(text: str) -> bool:
    """Whether ``text`` is written in traditional characters, at least one of them."""
    simplified: str = _simplifier().convert(text)
    return simplified != text


def in_traditional(text: str) -> str:
    """Return our own words in traditional characters; never for a source, which stays as it is."""
    converted: str = _complicator().convert(text)
    return converted


@cache
def _simplifier() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@cache
def _complicator() -> opencc.OpenCC:
    return opencc.OpenCC("s2tw")

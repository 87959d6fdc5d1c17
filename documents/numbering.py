"""The grammar of Chinese ordinals: numerals, and the markers that open a clause.

A marker is read at the start of a line. ``read_marker`` only says what a line could open;
``clauses`` decides from the whole sequence what it does open.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10000}
_NUMERAL = "零〇○一二三四五六七八九十百千"
_NUMBER = rf"(?:[{_NUMERAL}]{{1,9}}|[0-9０-９]{{1,4}})"
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_INDENT = r"[ \t\u00a0\u3000]*"


@dataclass(frozen=True, slots=True)
class Scheme:
    """One way to number. ``rank`` is its usual depth: lower ranks contain higher ones."""

    name: str
    rank: int
    pattern: re.Pattern[str]
    template: str
    numerals: bool


@dataclass(frozen=True, slots=True)
class Marker:
    """An ordinal as found: offsets in the text, ``ordinal`` canonical as in a clause path."""

    scheme: Scheme
    ordinal: str
    value: int
    start: int
    end: int


def _scheme(name: str, rank: int, pattern: str, template: str, *, numerals: bool = True) -> Scheme:
    return Scheme(name, rank, re.compile(_INDENT + pattern), template, numerals)


# 第X条 may be followed by a space, by text or by nothing; 「第八条规定的」「第三条第二款」 speak of
# an article instead of opening one.
_REFERENCE = r"(?![的之至和与及、，,]|规定|所|第|款|项|中|或者|以及)"

# A title stands behind a chapter's number; one glued to it is a short line without a sentence.
_TITLED = r"(?=[\s\u3000]|$|(?![的之和与及至规所第中])[^\s，,。；;：:]{1,15}(?:\n|$))"

SCHEMES = (
    _scheme("part", 0, rf"(?P<marker>第(?P<n>{_NUMBER})[编編]){_TITLED}", "第{}编"),
    _scheme("chapter", 1, rf"(?P<marker>第(?P<n>{_NUMBER})章){_TITLED}", "第{}章"),
    _scheme("section", 2, rf"(?P<marker>第(?P<n>{_NUMBER})[节節]){_TITLED}", "第{}节"),
    _scheme(
        "article",
        3,
        rf"(?P<marker>第(?P<n>{_NUMBER})[条條](?:之(?P<sub>[一二三四五六七八九十]))?){_REFERENCE}",
        "第{}条",
    ),
    _scheme("comma", 4, rf"(?P<marker>(?P<n>[{_NUMERAL}]{{1,5}})、)", "{}"),
    _scheme("bracket", 5, rf"(?P<marker>[（(](?P<n>[{_NUMERAL}]{{1,5}})[)）])", "（{}）"),
    # A digit after the point makes it a decimal figure (1.5倍), not an ordinal.
    _scheme(
        "point", 6, r"(?P<marker>(?P<n>[0-9０-９]{1,3})[.．、])(?![0-9０-９])", "{}", numerals=False
    ),
    _scheme(
        "digit-bracket",
        7,
        r"(?P<marker>[（(](?P<n>[0-9０-９]{1,3})[)）])",
        "（{}）",
        numerals=False,
    ),
    _scheme(
        "digit-half-bracket", 8, r"(?P<marker>(?P<n>[0-9０-９]{1,3})[)）])", "{}）", numerals=False
    ),
    _scheme("circle", 9, rf"(?P<marker>(?P<n>[{_CIRCLED}]))", "{}", numerals=False),
)
INLINE = Scheme(
    "inline", 10, re.compile(rf"(?P<marker>(?P<n>[{_NUMERAL}]{{1,3}})是)"), "{}是", True
)


def read_number(text: str) -> int | None:
    """Return the value of a Chinese or Arabic numeral (「一千二百六十」, 「二〇二六」, 「１２」)."""
    if not text:
        return None
    if len(text) == 1 and text in _CIRCLED:
        return _CIRCLED.index(text) + 1
    if text.isdecimal():
        return int(text)
    if any(c in _UNITS for c in text):
        return _read_with_units(text)
    if all(c in _DIGITS for c in text):
        return int("".join(str(_DIGITS[c]) for c in text))
    return None


def _read_with_units(text: str) -> int | None:
    total = section = digit = 0
    for c in text:
        if c in _DIGITS:
            digit = _DIGITS[c]
        elif c == "万":
            total += (section + digit) * 10000
            section = digit = 0
        elif c in _UNITS:
            section += (digit or 1) * _UNITS[c]
            digit = 0
        else:
            return None
    return total + section + digit


def write_number(value: int) -> str:
    """Return the Chinese numeral of 1..9999 as ordinals write it (12 -> 十二, 105 -> 一百零五)."""
    if not 0 < value < 10000:
        raise ValueError(f"ordinals run from 1 to 9999, not {value}")
    digits = "零一二三四五六七八九"
    written = ""
    zero = False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // unit % 10
        if digit:
            written += ("零" if zero else "") + digits[digit] + name
            zero = False
        elif written:
            zero = True
    return written[1:] if written.startswith("一十") else written


def read_marker(text: str, start: int) -> Marker | None:
    """Return what the line that begins at ``start`` could open, or None."""
    for scheme in SCHEMES:
        match = scheme.pattern.match(text, start)
        if match:
            return _marker(scheme, match)
    return None


def read_inline(text: str, start: int, end: int) -> list[Marker]:
    """Return the 「X是」 markers in ``text[start:end]`` that stand where a sentence begins.

    A sentence begins at ``start`` or after 。；：，！？ in either width.
    """
    found = []
    for match in INLINE.pattern.finditer(text, start, end):
        before = text[start : match.start()].rstrip()
        if not before or before[-1] in "。；：，！？.;:,!?":
            marker = _marker(INLINE, match)
            if marker:
                found.append(marker)
    return found


def _marker(scheme: Scheme, match: re.Match[str]) -> Marker | None:
    value = read_number(match["n"])
    if value is None or not 0 < value < 10000:
        return None
    ordinal = write_ordinal(scheme, value)
    inserted = match.groupdict().get("sub")
    if inserted:
        ordinal += f"之{inserted}"
    return Marker(scheme, ordinal, value, match.start("marker"), match.end("marker"))


def write_ordinal(scheme: Scheme, value: int) -> str:
    """Return the canonical ordinal of ``value`` in ``scheme``."""
    if scheme.name == "circle":
        return _CIRCLED[value - 1] if value <= len(_CIRCLED) else str(value)
    return scheme.template.format(write_number(value) if scheme.numerals else str(value))

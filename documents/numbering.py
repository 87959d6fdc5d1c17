"""The grammar of Chinese ordinals: numerals, and the markers that open a clause.

``read_marker`` and ``find_markers`` only say what a line could open; ``sequence`` decides from all of
them together what they do open.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10000}
_NUMERAL = "零〇○一二三四五六七八九十百千"
_NUMBER = rf"(?:[{_NUMERAL}]{{1,9}}|[0-9０-９]{{1,4}})"
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_SPACE = r"[ \t\u00a0\u3000]"
_LONGEST_BARE = 30


@dataclass(frozen=True, slots=True)
class Scheme:
    """One way to number. ``rank`` is its usual depth: lower ranks contain higher ones.

    ``pattern`` matches an ordinal at its marker, without indent; its groups are named after the
    scheme, so that all patterns fit into one.
    """

    name: str
    rank: float
    pattern: str
    template: str
    numerals: bool = True


class Marker(NamedTuple):
    """An ordinal as found: offsets in the text, ``ordinal`` canonical as in a clause path.

    ``value`` is its last number; ``inserted`` the n of 第X条之n, else 0; ``prefix`` what stands
    before the last number of 1.2.3, else empty. ``bare`` is a number without any mark behind it.
    ``series`` is what it counts on in: its scheme, and for 1.2.3 the 1.2 as well; ``rank`` how deep
    it stands: 1.2.3 is deeper than 1.2, and that deeper than 1.
    """

    scheme: Scheme
    ordinal: str
    value: int
    start: int
    end: int
    series: str
    rank: float
    inserted: int = 0
    prefix: str = ""
    bare: bool = False


# 第X条 may be followed by a space, by text or by nothing; 「第八条规定的」「第三条第二款」 speak of
# an article instead of opening one.
_REFERENCE = (
    rf"(?![的之至和与及、，,）)》”」]|规定|所|第|款|项|中|或者|以及|{_SPACE}*第{_NUMBER}[款项])"
)

# A title stands behind a chapter's number; one glued to it is a short line without a sentence, or
# has the chapter's first article glued to it in turn.
_TITLED = (
    rf"(?={_SPACE}|\n|\Z|(?![的之和与及至规所第中])[^\s，,。；;：:]{{1,15}}"
    rf"(?:\n|\Z|第{_NUMBER}[条條章节節]{_SPACE}))"
)


def _structural(name: str, rank: float, word: str, template: str) -> Scheme:
    return Scheme(
        name, rank, rf"第{_SPACE}*(?P<{name}>{_NUMBER}){_SPACE}*{word}{_TITLED}", template
    )


ANNEX = Scheme(
    "annex",
    0,
    rf"附(?:{_SPACE}*[件表录錄](?:(?P<annex>{_SPACE}*{_NUMBER}(?:[-—－][0-9０-９]{{1,2}})?)"
    rf"(?={_SPACE}*(?:[:：]|\n|\Z)|{_SPACE}+[^\s。；，,;][^。；，,;\n]{{1,40}}(?:\n|\Z))"
    rf"|(?={_SPACE}*(?:[:：]|\n|\Z)))|(?={_SPACE}*[:：]))",
    "附件{}",
    numerals=False,
)
ARTICLE = Scheme(
    "article",
    5,
    rf"第{_SPACE}?(?P<article>{_NUMBER}){_SPACE}?[条條](?:之(?P<sub>[一二三四五六七八九十]))?{_REFERENCE}",
    "第{}条",
)
# Inside a bracket a careless typist leaves spaces.
_IN_BRACKETS = rf"[（(]{_SPACE}*{{}}{_SPACE}*[)）]"
SCHEMES = (
    ANNEX,
    _structural("part", 1, "[編编]", "第{}编"),
    _structural("division", 1, "部分", "第{}部分"),
    _structural("subpart", 2, "分[編编]", "第{}分编"),
    _structural("chapter", 3, "章", "第{}章"),
    _structural("section", 4, "[节節]", "第{}节"),
    ARTICLE,
    # 一. and 一． as well as 一、
    Scheme(
        "comma", 6, rf"(?P<comma>[{_NUMERAL}]{{1,5}}){_SPACE}*(?:、|[.．](?![{_NUMERAL}]))", "{}"
    ),
    Scheme("bracket", 7, _IN_BRACKETS.format(rf"(?P<bracket>[{_NUMERAL}]{{1,5}})"), "（{}）"),
    # 1.1 and 1.1.1; a unit behind makes it a decimal figure (1.5倍).
    Scheme(
        "decimal",
        8,
        r"(?P<decimal>[0-9０-９]{1,2}(?:[.．][0-9０-９]{1,2}){1,4})[.．、]?"
        r"(?![0-9０-９.．%％‰℃A-Za-z倍万亿元个米吨公千百户家人名项年月亩度])",
        "{}",
        numerals=False,
    ),
    Scheme("point", 8, r"(?P<point>[0-9０-９]{1,3})[.．、](?![0-9０-９])", "{}", numerals=False),
    Scheme(
        "digits", 9, _IN_BRACKETS.format(r"(?P<digits>[0-9０-９]{1,3})"), "（{}）", numerals=False
    ),
    Scheme("half", 10, r"(?P<half>[0-9０-９]{1,3})[)）]", "{}）", numerals=False),
    Scheme("circle", 11, rf"(?P<circle>[{_CIRCLED}])", "{}", numerals=False),
    # 1 总则: a number and a short title, as standards and emergency plans have them.
    Scheme(
        "bare",
        8,
        rf"(?P<bare>[0-9０-９]{{1,2}}){_SPACE}+(?=[㐀-鿿][^\n，,。；;：:\t]{{1,{_LONGEST_BARE}}}(?:\n|\Z))",
        "{}",
        numerals=False,
    ),
)
INLINE = Scheme("inline", 12, rf"(?P<inline>[{_NUMERAL}]{{1,3}})是", "{}是")
_BY_NAME = {scheme.name: scheme for scheme in SCHEMES}
_MARKER = re.compile("|".join(f"(?:{scheme.pattern})" for scheme in SCHEMES))
_LINE = re.compile(rf"^{_SPACE}*(?:{_MARKER.pattern})", re.MULTILINE)
_INDENT = re.compile(rf"{_SPACE}*")


@lru_cache(maxsize=4096)
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


@lru_cache(maxsize=4096)
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
    indent = _INDENT.match(text, start)
    match = _MARKER.match(text, indent.end() if indent else start)
    return _marker(match) if match else None


def find_markers(text: str) -> Iterator[Marker]:
    """Yield what each line of ``text`` could open, in order."""
    for match in _LINE.finditer(text):
        marker = _marker(match)
        if marker:
            yield marker


def find_inside(
    scheme: Scheme,
    text: str,
    start: int,
    end: int,
    *,
    where: Callable[[int, int], bool] | None = None,
) -> Iterator[Marker]:
    """Yield the markers of ``scheme`` anywhere in ``text[start:end]``, also in mid-line.

    ``where`` tells from where one begins and ends whether it may stand there.
    """
    for match in _compiled(scheme).finditer(text, start, end):
        if where is None or where(match.start(), match.end()):
            marker = _marker(match)
            if marker:
                yield marker


def read_inline(text: str, start: int, end: int) -> list[Marker]:
    """Return the 「X是」 markers in ``text[start:end]`` that stand where a sentence begins.

    A sentence begins at ``start``, on a new line, or after 。；：，！？ in either width.
    """
    found = []
    for marker in find_inside(INLINE, text, start, end):
        i = marker.start
        while i > start and text[i - 1].isspace() and text[i - 1] != "\n":
            i -= 1
        if i == start or text[i - 1] == "\n" or text[i - 1] in "。；：，！？.;:,!?":
            found.append(marker)
    return found


@cache
def _compiled(scheme: Scheme) -> re.Pattern[str]:
    return re.compile(scheme.pattern)


def _marker(match: re.Match[str]) -> Marker | None:
    name = match.lastgroup or "annex"
    name = "article" if name == "sub" else name
    scheme = _BY_NAME.get(name, INLINE)
    start = match.start() + len(match[0]) - len(match[0].lstrip())
    number = (match[name] or "").strip()
    if name == "decimal":
        return _decimal(number, start, match.end())
    if name == "annex":
        first, _, part = re.sub("[—－]", "-", number).partition("-")
        value = read_number(first) or 0
        ordinal = write_ordinal(scheme, value) if value else "附件"
        ordinal += f"-{read_number(part)}" if part else ""
        return Marker(scheme, ordinal, value, start, match.end(), name, scheme.rank)
    value = read_number(number) or 0
    if not 0 < value < 10000:
        return None
    ordinal = write_ordinal(scheme, value)
    if name == "bare":
        end, scheme = match.end(name), _BY_NAME["point"]
        return Marker(scheme, ordinal, value, start, end, scheme.name, scheme.rank, bare=True)
    inserted = read_number(match["sub"] or "") or 0 if name == "article" else 0
    if inserted:
        ordinal += f"之{match['sub']}"
    return Marker(scheme, ordinal, value, start, match.end(), name, scheme.rank, inserted)


def _decimal(number: str, start: int, end: int) -> Marker | None:
    scheme = _BY_NAME["decimal"]
    parts = [int(part) for part in re.split("[.．]", number)]
    if not all(parts):
        return None
    prefix = ".".join(map(str, parts[:-1]))
    series, rank = f"{scheme.name} {prefix}", scheme.rank + (len(parts) - 1) / 10
    ordinal = f"{prefix}.{parts[-1]}"
    return Marker(scheme, ordinal, parts[-1], start, end, series, rank, prefix=prefix)


def write_ordinal(scheme: Scheme, value: int) -> str:
    """Return the canonical ordinal of ``value`` in ``scheme``."""
    if scheme.name == "circle":
        return _CIRCLED[value - 1] if value <= len(_CIRCLED) else str(value)
    return scheme.template.format(write_number(value) if scheme.numerals else str(value))

"""Numbers by which a caller could be found, taken out of a text before it is kept.

Callers say them: mobile and landline numbers, ID numbers of persons, bank cards, e-mail addresses.
They are found in full-width digits and in digits spoken one by one (一三八, 幺), and with spaces,
hyphens and brackets between groups. What belongs to an office or a company stays: 文号, hotlines
(12345, 400…), unified social credit codes; so do dates, amounts, clauses and postcodes.

In doubt it is taken out: an ID number needs a province and a day of birth, not its check digit, since
one digit misheard still points at a person.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

PHONE, IDENTITY, CARD, EMAIL = "[电话]", "[证件号]", "[银行卡号]", "[邮箱]"

# Most digits of what is looked for: two trunk prefixes and a phone number, or a card.
_MOST = 19
_SPOKEN = {c: str(n) for n, c in enumerate("零一二三四五六七八九")} | {
    "〇": "0",
    "○": "0",
    "幺": "1",
}
_ALIKE = {
    **dict.fromkeys("‐‑‒–—―－﹣−", "-"),
    "（": "(",
    "）": ")",
    "＠": "@",
    "．": ".",
    "＋": "+",
}

_GROUP = re.compile(r"[0-9]+")
# Between groups of one number: what is said or written without meaning anything.
_GAP = re.compile(r"[^\S\n\t]*[-()]?[^\S\n\t]*[-()]?[^\S\n\t]*")
_LETTER = re.compile(_GAP.pattern + "[xX×叉]")
# What also stands between two numbers: only where each group is as long as groups of numbers are.
_PAUSE = re.compile(r"[^\S\n]?[,，、.·][^\S\n]?")
_PAUSED_GROUP = 3
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:[,，][0-9]{3})+")
_DAY = re.compile(r"(?:19|20)[0-9]{2}(?:[01][0-9][0-3][0-9]|-[01]?[0-9](?:-[0-3]?[0-9])?)?")
# No number begins or ends in the middle of one.
_DATE = re.compile(r"(?<![0-9-])(?:19|20)[0-9]{2}-[01]?[0-9]-[0-3]?[0-9](?![0-9-])")
_MONEY = re.compile(r"[^\S\n]*(?:[万亿]|万亿|[美日欧港])?元")

_MOBILE = re.compile(r"(?:00)?(?:86)?1[3-9][0-9]{9}")
# 010, 02x and 03xx to 09xx; the extension is said after it.
_LANDLINE = re.compile(r"(?:0086|86)?0(?:10|2[0-9]|[3-9][0-9]{2})[2-8][0-9]{6,7}")
_ABROAD = re.compile(r"[1-9][0-9]{7,14}")
_LOCAL = re.compile(r"[2-8][0-9]{6,7}")
_CUE = re.compile(r"(?:电话|手机|座机|联系方式|致电|拨打|\btel|phone)[^\n0-9]{0,6}$", re.IGNORECASE)
_EMAIL = re.compile(r"[a-z0-9][a-z0-9._%+-]*@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}", re.IGNORECASE)

# Of persons: GB/T 2260's provinces, and 83 for residents from Taiwan.
_PROVINCES = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71"
    " 81 82 83".split()
)


@dataclass(frozen=True, slots=True)
class _Span:
    """What is to be taken out of a text: from ``start`` up to ``end``, and what is put there."""

    start: int
    end: int
    mark: str


def mask(text: str) -> str:
    """Return ``text`` with each such number replaced by what it is, as in 「打[电话]找我」.

    Masking a masked text changes nothing. The same text always gives the same result.
    """
    plain = _plain(text)
    spans = sorted((*_find_emails(plain), *_find_numbers(plain)), key=lambda s: (s.start, -s.end))
    pieces, position = [], 0
    for start, end, mark in _merge(spans):
        pieces += [text[position:start], mark]
        position = end
    return "".join((*pieces, text[position:]))


def _plain(text: str) -> str:
    """Return the text with every digit as 0–9, and what separates them as ASCII; equally long."""
    return "".join(map(_plain_character, text))


@lru_cache(maxsize=4096)
def _plain_character(character: str) -> str:
    if character.isascii():
        return character
    if character in _SPOKEN or character in _ALIKE:
        return _SPOKEN.get(character) or _ALIKE[character]
    if unicodedata.category(character) == "Cf":  # zero width, which nobody sees
        return "\u00a0"
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    folded = unicodedata.normalize("NFKC", character)
    return folded if len(folded) == 1 and folded.isascii() and folded.isalnum() else character


def _find_emails(plain: str) -> Iterator[_Span]:
    for at in re.finditer("@", plain):
        # Looked for round each @: from the left, a long word without any would be read again and again.
        start = at.start()
        while (
            start and start > at.start() - 64 and re.match(r"[\w.%+-]", plain[start - 1], re.ASCII)
        ):
            start -= 1
        if found := _EMAIL.search(plain, start, at.end() + 255):
            yield _Span(found.start(), found.end(), EMAIL)


def _find_numbers(plain: str) -> Iterator[_Span]:
    """Yield every run of groups that reads as a number of a kind; they may overlap."""
    groups = [match.span() for match in _GROUP.finditer(plain)]
    paused = [_pauses(plain[a[1] : b[0]]) for a, b in pairwise(groups)]
    inside = {i for match in _DATE.finditer(plain) for i in range(match.start() + 1, match.end())}
    for first in range(len(groups)):
        digits, pause = "", False
        for last in range(first, len(groups)):
            if last > first:
                gap = paused[last - 1]
                if gap is None:
                    break
                pause |= gap
            digits += plain[slice(*groups[last])]
            if len(digits) > _MOST:
                break
            start, end = groups[first][0], groups[last][1]
            if start in inside or end in inside:
                continue
            if pause and min(b - a for a, b in groups[first : last + 1]) < _PAUSED_GROUP:
                continue
            if span := _read(plain, start, end, digits):
                yield span


def _pauses(gap: str) -> bool | None:
    """Whether a gap between groups is a pause; None where they are of two numbers."""
    if _GAP.fullmatch(gap):
        return False
    return True if _PAUSE.fullmatch(gap) else None


def _read(plain: str, start: int, end: int, digits: str) -> _Span | None:
    """Return what the digits are that lie from ``start`` to ``end``, with what belongs to them."""
    written = plain[start:end]
    if _THOUSANDS.fullmatch(written) or _MONEY.match(plain, end):
        return None
    if all(map(_DAY.fullmatch, written.split())):
        return None
    if len(digits) == 17 and (letter := _LETTER.match(plain, end)):
        digits, end = digits + "X", letter.end()
    if _is_identity(digits):
        return _Span(start, end, IDENTITY)
    if _is_phone(digits) or _is_told_as_phone(plain, start, digits):
        return _Span(start - (plain[max(start - 1, 0) : start] in ("(", "+")), end, PHONE)
    if _is_card(digits):
        return _Span(start, end, CARD)
    return None


def _is_phone(digits: str) -> bool:
    return bool(_MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(digits))


def _is_told_as_phone(plain: str, start: int, digits: str) -> bool:
    """Whether a number is one by what stands before it: + and a country, or 电话."""
    if plain[max(start - 1, 0) : start] == "+":
        return _ABROAD.fullmatch(digits) is not None
    return bool(_LOCAL.fullmatch(digits) and _CUE.search(plain, max(start - 20, 0), start))


def _is_identity(digits: str) -> bool:
    """Whether digits are built like a resident's number: province, day of birth (GB 11643)."""
    if digits[:2] not in _PROVINCES:
        return False
    if len(digits) == 18:
        return digits[6:8] in ("19", "20", "18") and _is_day(digits[6:14])
    return len(digits) == 15 and digits.isdigit() and _is_day("19" + digits[6:12])


def _is_day(digits: str) -> bool:
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:])
    return 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]


def _is_card(digits: str) -> bool:
    """Whether digits are a card's: ISO/IEC 7812, with Luhn's check digit, and no company's code."""
    if not 13 <= len(digits) <= 19 or not digits.isdigit() or digits[0] == "0":
        return False
    doubled = (int(d) * 2 for d in digits[-2::-2])
    total = sum(map(int, digits[::-2])) + sum(d - 9 * (d > 9) for d in doubled)
    return total % 10 == 0 and not _is_credit_code(digits)


def _is_credit_code(digits: str) -> bool:
    """Whether 18 digits are a company's unified social credit code (GB 32100, check digit modulo 31)."""
    if len(digits) != 18 or digits[2:4] not in _PROVINCES:
        return False
    total = sum(int(d) * pow(3, i, 31) for i, d in enumerate(digits[:17]))
    return -total % 31 == int(digits[17])


def _merge(spans: list[_Span]) -> Iterator[tuple[int, int, str]]:
    """Yield spans that do not overlap: those that did are one, marked as the longest of them."""
    current: list[_Span] = []
    end = 0
    for span in spans:
        if current and span.start >= end:
            yield current[0].start, end, _mark(current)
            current = []
        current.append(span)
        end = max(end, span.end) if len(current) > 1 else span.end
    if current:
        yield current[0].start, end, _mark(current)


def _mark(spans: list[_Span]) -> str:
    return max(spans, key=lambda span: span.end - span.start).mark

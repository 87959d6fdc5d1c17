"""What an answer prints: its quotations, its [n], and the titles, 文号 and clause numbers it names.

A quotation may hold quotation marks and titles of its own, and a title may hold both, so the two are
read from left to right, whichever opens first. Everything else is read from what is left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_OPENING = re.compile("[“《]")
_PAIRS = {"“": "”", "《": "》"}
_MARK = re.compile(r"\[(\d+)\]")
_NEXT_MARK = re.compile(r"\s*\[(\d+)\]")
_NUMBERED = re.compile(
    r"[\u4e00-\u9fff]{2,}(?:[〔\[（(【［]\d{4}[〕\])）】］]\s*第?\d{1,5}号|令\s*第?\s*\d{1,4}\s*号)"
)
_BRACKETS = str.maketrans("[（(【［]）)】］", "〔" * 5 + "〕" * 5)
_NUMERAL = "[〇零一二三四五六七八九十百千]+"
# 第十二条第二款第（三）项, 第十二条之一, 第二章.
_ARTICLE = (
    rf"第{_NUMERAL}条(?:之{_NUMERAL})?(?:第(?:{_NUMERAL}|\d+)款)?(?:第[（(]{_NUMERAL}[)）]项)?"
    rf"|第{_NUMERAL}[编章节]"
)
_ORDINAL = rf"(?:{_NUMERAL}[、是]|[（(](?:{_NUMERAL}|\d{{1,3}})[)）]|\d{{1,3}}[.）)]|[①-⑳])"
# A single ordinal is a clause number only where a quotation follows or nothing; 一、（五）13. anywhere.
_LABEL = re.compile(rf"{_ARTICLE}|(?<![\d.]){_ORDINAL}(?:{_ORDINAL}+|(?=\s*(?:“|$)))", re.MULTILINE)
_PARAGRAPH = re.compile(r"第[^第条]+款")


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words between “ and ”. ``stands``: they were found; ``mark``: the [n] right behind them."""

    text: str
    stands: bool
    mark: int | None


@dataclass(frozen=True, slots=True)
class Mentions:
    """What was read; titles are with their 《》, 文号 as ``read_numbers`` returns them."""

    quotations: tuple[Quotation, ...]
    marks: tuple[int, ...]
    titles: tuple[str, ...]
    numbers: tuple[str, ...]
    labels: tuple[str, ...]


def read_mentions(answer: str, stands: Callable[[str], bool]) -> Mentions:
    """Return what ``answer`` prints; ``stands`` tells whether words can be found in the sources.

    A quotation ends at the last ” up to which its words stand; where they do not up to the first,
    it is none of theirs and ends with the mark that balances its own.
    """
    quotations, titles, rest = [], [], []
    position = 0
    while opening := _OPENING.search(answer, position):
        start = opening.start()
        rest.append(answer[position:start])
        if opening[0] == "“":
            text, found = _read_quotation(answer, start + 1, stands)
            mark = _NEXT_MARK.match(answer, start + len(text) + 2)
            quotations.append(Quotation(text, found, int(mark[1]) if mark else None))
            rest.append("“”")
        else:
            text = answer[start + 1 : _balanced(answer, start)]
            titles.append(f"《{text}》")
            rest.append("《》")
        position = start + len(text) + 2
    left = "".join([*rest, answer[position:]])
    numbers = read_numbers(left)
    # The year of a 文号 may stand in brackets as an [n] does.
    plain = _NUMBERED.sub(" ", left)
    return Mentions(
        tuple(quotations),
        tuple(int(mark) for mark in _MARK.findall(plain)),
        tuple(titles),
        numbers,
        read_labels(plain),
    )


def read_titles(text: str) -> tuple[str, ...]:
    """Return the titles in ``text`` with their 《》, the outer ones where one holds another."""
    return read_mentions(text, lambda _: False).titles


def read_numbers(text: str) -> tuple[str, ...]:
    """Return the 文号 in ``text``, with the Chinese words that run into them.

    Spaces are left out, and the brackets around the year are 〔〕 however they are printed.
    """
    return tuple("".join(number.split()).translate(_BRACKETS) for number in _NUMBERED.findall(text))


def read_labels(text: str) -> tuple[str, ...]:
    """Return the clause numbers in ``text``: articles, and chains of ordinals."""
    return tuple(label[0] for label in _LABEL.finditer(text))


def without_paragraph(label: str) -> str:
    """Return the label of an article without the 款, which no path has."""
    return _PARAGRAPH.sub("", label)


def _read_quotation(answer: str, start: int, stands: Callable[[str], bool]) -> tuple[str, bool]:
    text = None
    for end in _closings(answer, start):
        # More words cannot stand where these do not.
        if not stands(answer[start:end]):
            break
        text = answer[start:end]
    return (
        (text, True) if text is not None else (answer[start : _balanced(answer, start - 1)], False)
    )


def _closings(answer: str, start: int) -> Iterator[int]:
    end = answer.find("”", start)
    while end >= 0:
        yield end
        end = answer.find("”", end + 1)


def _balanced(answer: str, start: int) -> int:
    """Return where the mark at ``start`` is closed, or the end of the answer where it is not."""
    opening, closing = answer[start], _PAIRS[answer[start]]
    depth = 0
    for end in range(start, len(answer)):
        depth += (answer[end] == opening) - (answer[end] == closing)
        if not depth:
            return end
    return len(answer)

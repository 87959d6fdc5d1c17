"""Tables and annexes that a document names and its source has lost.

Two signs, both of the whole document: the title of a table with nothing below it, and a list of
annexes with no annex behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import dropwhile, pairwise

from documents.closing import is_signing
from documents.numbering import read_marker
from documents.types import Defect

_LABEL = re.compile(r"(?:附件|附表|附图|附录|附)\s*[\d一二三四五六七八九十]{0,3}\s*[：:]?")
# 附件2：某某清单, 表1-2 某某情况
_LABELLED = re.compile(
    r"(?:附件|附表|附图|附录|表)\s*[\d一二三四五六七八九十]{1,3}(?:[-—.]\d{1,2})?"
    r"(?:[：:\s]\s*[^\t。；;]{2,60})?"
)
_NAMED = re.compile(
    r"[^\t，,。；;！？!?|]{2,60}(?:(?<![代发仪外钟手])表|图案|式样|示意图)"
    r"(?:\s*[（(][^（）()]{1,20}[)）])?"
)
# What may stand under a title and is no row of the table.
_UNDER_TITLE = re.compile(r"续表|[（(]?(?:计量)?单位[:：][^\t]{1,12}|[\W_]+")
_TABLE = re.compile(r"附?表\s*[\d一二三四五六七八九十]")
_PROSE = re.compile(r".{29}[。；：]$")
_LIST = re.compile(r"附\s?(?:件|表|图)?\s*[：:]\s*(?=\S)")
_ITEM = re.compile(r"\d{1,2}\s*[.．、]\s*(?=\S)")
_OMITTED = re.compile(r"略[)）]?$")
_Line = re.Match[str]
_Span = tuple[int, int]


def find_lost_tables(text: str) -> list[Defect]:
    """Return the titles in the clean ``text`` whose table or annex is not there, in order."""
    lines = list(re.finditer(r"\S(?:[^\n]*\S)?", text))
    spans = {*_last_titles(text, lines), *_bare_tables(text, lines), *_missing_annexes(text, lines)}
    return [Defect("lost_table", text[start:end], start, end) for start, end in sorted(spans)]


def _last_titles(text: str, lines: Sequence[_Line]) -> Iterator[_Span]:
    """Yield the titles that a text ends with, a signature aside."""
    below = ""
    for line in reversed(lines):
        words = line[0]
        if _UNDER_TITLE.fullmatch(words) or is_signing(words):
            continue
        if not _is_title(text, line):
            return
        # The label of an annex goes with the title below it.
        if not (below and _LABEL.fullmatch(words)) and not _OMITTED.search(words):
            yield line.span()
        below = words


def _bare_tables(text: str, lines: Sequence[_Line]) -> Iterator[_Span]:
    """Yield the numbered titles (表1 …) with a clause or a sentence where the rows should be."""
    for line, below in pairwise(lines):
        titled = _TABLE.match(line[0]) and _LABELLED.fullmatch(line[0])
        if titled and (_PROSE.search(below[0]) or read_marker(text, below.start())):
            yield line.span()


def _is_title(text: str, line: _Line) -> bool:
    if _LABEL.fullmatch(line[0]) or _LABELLED.fullmatch(line[0]):
        return True
    return _NAMED.fullmatch(line[0]) is not None and read_marker(text, line.start()) is None


def _missing_annexes(text: str, lines: Sequence[_Line]) -> Iterator[_Span]:
    """Yield the annexes of a list behind which nothing but a signature stands."""
    behind = dropwhile(lambda line: is_signing(line[0]), reversed(lines))
    items: list[_Span] = []
    for line in behind:
        opening = _LIST.match(text, *line.span())
        begin = opening.end() if opening else line.start()
        item = _ITEM.match(text, begin, line.end())
        if not opening and not item:
            return
        if not _OMITTED.search(line[0]):
            items.append((item.end() if item else begin, line.end()))
        if opening:
            yield from items
            return

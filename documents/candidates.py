"""Where a clause could open, and how sure each place is: the input of the scored reading.

A candidate is a marker at the start of a line; or, where line breaks were lost, an article or a
chapter in mid-line; where a line is so long that all its breaks must have been lost, any ordinal
behind the end of a sentence. The entries of a table of contents, of a list of annexes and the rows of
tables are none.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from documents.closing import annex_items, is_signing
from documents.numbering import (
    ANNEX,
    ARTICLE,
    SCHEMES,
    Marker,
    find_inside,
    find_markers,
    read_marker,
)
from documents.titles import find_title_above

# What it costs to take a marker for text. An article or a chapter at the start of a line is hardly
# ever anything else; a figure with a point may be the rest of a wrapped line.
_WEIGHTS = {
    "annex": 4.0,
    "article": 4.0,
    "comma": 3.0,
    "bracket": 3.0,
    "point": 3.0,
    "decimal": 2.0,
    "digits": 2.0,
    "half": 1.5,
    "circle": 2.0,
}
_STRUCTURAL_WEIGHT = 4.0
_BARE_WEIGHT = 0.4
# In mid-line an article follows the end of a sentence, or has the space behind it that statutes are
# printed with; and it has words, which one of a list of articles has not.
_SPACED_WEIGHT = 3.0
_GLUED_WEIGHT = 1.5
_LOOSE_WEIGHT = 1.0
# What stands in a quotation behind a colon belongs to the text that an amendment quotes, which may
# run over paragraphs; a mark that is missing must not put the rest of the text into one.
_QUOTATION = re.compile(r"(?<=[：:])\s*“[^“”]{1,3000}”")
_QUOTED_SHARE = 0.02
# A paragraph is shorter; a longer line has lost its breaks.
_LOST_BREAKS = 1000
_SENTENCE_ENDS = "。；;：:！？!?”’」』）)〕】"
_LONGEST_HEADING = 40
_LINE = re.compile(r"[^\n]+")
_LISTED = re.compile(r"\s*[:：]\s*(?:[1１一][.．、]|[（(][一1][)）])")
_ENDED = re.compile("。|[；：]$")
_LEADERS = re.compile(r"[\s.…·．。-]*\d*\s*$")


class Candidate(NamedTuple):
    """A marker, what it costs to take it for text, and where a title of a new body stands above it.

    ``title`` is (start, title without white space), or None.
    """

    marker: Marker
    weight: float
    title: tuple[int, str] | None = None


def find_candidates(text: str) -> list[Candidate]:
    """Return the candidates of ``text`` in order."""
    at_lines = [m for m in find_markers(text) if not _in_table(text, m)]
    listed = set(annex_items(text, 0, len(text)))
    found = [Candidate(m, _weigh(m)) for m in at_lines if m.start not in listed]
    found.extend(_in_mid_line(text, {m.start for m in at_lines}))
    found.sort(key=lambda candidate: candidate.marker.start)
    found = _without_loose_numbers(found)
    found = _without_contents(text, _without_listed_annexes(text, found))
    return _with_titles(text, _weigh_quoted(text, found))


def _weigh(marker: Marker) -> float:
    return _BARE_WEIGHT if marker.bare else _WEIGHTS.get(marker.scheme.name, _STRUCTURAL_WEIGHT)


# A cell ends with a tab; behind a mark inside a sentence a tab is only a space.
_CELL = re.compile(r"[^\s，。；：、]\t")


def _in_table(text: str, marker: Marker) -> bool:
    """Whether the marker begins a row of a table."""
    end = text.find("\n", marker.end)
    end = end if end >= 0 else len(text)
    # One tab right behind the ordinal sets off its words.
    begin = marker.end + text.startswith("\t", marker.end)
    return _CELL.search(text, begin, end) is not None


# --- mid-line -------------------------------------------------------------------------------------


def _in_mid_line(text: str, known: set[int]) -> Iterator[Candidate]:
    rows = [match.span() for match in _ROW.finditer(text)]

    def opens_article(start: int, end: int) -> bool:
        if start in known or _NO_WORDS.match(text, end) or _lies_in(rows, start):
            return False
        return text[end : end + 1].isspace() or _follows_sentence(text, start)

    def opens_chapter(start: int, end: int) -> bool:
        return start not in known and _HEADING.match(text, end) is not None

    for marker in find_inside(ARTICLE, text, 0, len(text), where=opens_article):
        spaced = text[marker.end : marker.end + 1].isspace()
        behind = _SPACED_WEIGHT if spaced else _GLUED_WEIGHT
        yield Candidate(marker, behind if _follows_sentence(text, marker.start) else _LOOSE_WEIGHT)
    for scheme in SCHEMES:
        if ANNEX.rank < scheme.rank < ARTICLE.rank:
            for marker in find_inside(scheme, text, 0, len(text), where=opens_chapter):
                yield Candidate(marker, _SPACED_WEIGHT)
    for match in _LONG_LINE.finditer(text):
        yield from _in_long_line(text, match.start(), match.end(), known)


def _in_long_line(text: str, start: int, end: int, known: set[int]) -> Iterator[Candidate]:
    def opens(start: int, _: int) -> bool:
        return start not in known and _follows_sentence(text, start)

    for scheme in SCHEMES:
        if scheme.name in ("comma", "bracket", "point"):
            for marker in find_inside(scheme, text, start, end, where=opens):
                yield Candidate(marker, _GLUED_WEIGHT)


def _follows_sentence(text: str, start: int) -> bool:
    before = text[max(0, start - 4) : start].rstrip(" \t\u00a0\u3000")
    return before[-1:] in _SENTENCE_ENDS if before else False


# What stands behind an article that opens nothing: it ends a sentence, or a list of articles goes on.
_NO_WORDS = re.compile(r"[：:。；;]|\s*第[^条條\n]{1,9}[条條]")
_LONG_LINE = re.compile(rf"[^\n]{{{_LOST_BREAKS},}}")
# A chapter in mid-line has a title and is followed by its first article or section.
_HEADING = re.compile(
    r"[ \t\u00a0\u3000]*[^。；：，\n]{1,30}?[ \t\u00a0\u3000]*第[零〇一二三四五六七八九十百\d]{1,6}[条條章节節]"
    r"|[ \t\u00a0\u3000]+[^。；：，\n]{1,20}?[一1][、.]"
)


# A row of a table, its cells parted by tabs or, in Markdown, by bars.
_ROW = re.compile(r"^[^\n\t|]*[\t|][^\n]*$", re.MULTILINE)


def _lies_in(spans: Sequence[tuple[int, int]], place: int) -> bool:
    i = bisect_left(spans, (place + 1,)) - 1
    return i >= 0 and place < spans[i][1]


# --- what is no clause ----------------------------------------------------------------------------


def _without_listed_annexes(text: str, candidates: list[Candidate]) -> list[Candidate]:
    """Drop the annexes that are only named in a list above the signature."""
    kept, end = [], len(text)
    for candidate in reversed(candidates):
        annex = candidate.marker.scheme is ANNEX
        if not annex or _is_annex_body(text, candidate.marker, end):
            kept.append(candidate)
        end = candidate.marker.start if annex else end
    return kept[::-1]


def _is_annex_body(text: str, marker: Marker, end: int) -> bool:
    """Whether the annex stands here; ``end`` is where the next one is named."""
    if _LISTED.match(text, marker.end):
        return False
    for line in _LINE.finditer(text, marker.end, end):
        if line.start() > marker.end and is_signing(line[0]):
            return False
        if "。" in line[0] or "\t" in line[0] or read_marker(text, line.start()):
            return True
    return False


def _without_loose_numbers(candidates: list[Candidate]) -> list[Candidate]:
    """Drop the bare numbers that no decimal ordinal goes on from: 1 总则 needs 1.1."""
    first = {int(c.marker.prefix.split(".")[0]) for c in candidates if c.marker.prefix}
    return [
        c
        for c in candidates
        if not c.marker.bare or c.marker.value in first or c.marker.value - 1 in first
    ]


def _without_contents(text: str, candidates: list[Candidate]) -> list[Candidate]:
    """Drop tables of contents: entries that come again, in order, each with its text below it."""
    gone: set[int] = set()
    broken = -1
    for first, again in _find_again(text, candidates):
        # What breaks off one table breaks off each that would run over the same place.
        if first in gone or again - first < 2 or first < broken < again:
            continue
        inside = range(first + 1, again + 1)
        broken = next((i for i in inside if not _goes_on(text, candidates, i)), -1)
        rank = candidates[first].marker.rank
        if broken < 0 and all(_lies_below(candidates[i], rank) for i in inside):
            gone.update(range(first, again))
    return [candidate for i, candidate in enumerate(candidates) if i not in gone]


def _find_again(text: str, candidates: Sequence[Candidate]) -> list[tuple[int, int]]:
    """Return the places of each first entry of its scheme, and where the same comes next."""
    found: list[tuple[int, int]] = []
    following: dict[tuple[str, str, str], int] = {}
    for i in reversed(range(len(candidates))):
        marker = candidates[i].marker
        words = _entry(text, candidates, i) if marker.value == 1 else ""
        if words:
            key = (marker.series, marker.ordinal, words)
            if key in following:
                found.append((i, following[key]))
            following[key] = i
    return found[::-1]


def _goes_on(text: str, candidates: Sequence[Candidate], i: int) -> bool:
    """Whether candidate ``i`` is an entry, and the one before it has nothing below its line."""
    start = candidates[i].marker.start
    end = text.find("\n", candidates[i - 1].marker.end, start)
    return bool(_entry(text, candidates, i)) and not (end >= 0 and text[end:start].strip())


def _lies_below(candidate: Candidate, rank: float) -> bool:
    """Whether a candidate may stand in a table of contents whose first entry has ``rank``."""
    return candidate.marker.rank >= rank or candidate.marker.scheme is ANNEX


def _entry(text: str, candidates: Sequence[Candidate], i: int) -> str:
    """Return the title of a candidate that could stand in a table of contents, else ''."""
    marker = candidates[i].marker
    end = candidates[i + 1].marker.start if i + 1 < len(candidates) else len(text)
    line = text.find("\n", marker.end, end)
    words = text[marker.end : min(line if line >= 0 else end, marker.end + 3 * _LONGEST_HEADING)]
    words = re.sub(r"\s", "", _LEADERS.sub("", words))
    return words if len(words) <= _LONGEST_HEADING and not _ENDED.search(words) else ""


def _weigh_quoted(text: str, candidates: list[Candidate]) -> list[Candidate]:
    quotations = [match.span() for match in _QUOTATION.finditer(text)]
    return [
        c._replace(weight=c.weight * _QUOTED_SHARE) if _lies_in(quotations, c.marker.start) else c
        for c in candidates
    ]


# --- titles of further bodies ---------------------------------------------------------------------


def _with_titles(text: str, candidates: list[Candidate]) -> list[Candidate]:
    titled, above = [], len(text)
    for candidate in candidates:
        marker = candidate.marker
        if marker.value == 1 and not marker.inserted and not marker.prefix and above < marker.start:
            title = find_title_above(text, above, marker.start)
            candidate = candidate._replace(title=title) if title else candidate
        line = text.find("\n", marker.end)
        above = line + 1 if line >= 0 else len(text)
        titled.append(candidate)
    return titled

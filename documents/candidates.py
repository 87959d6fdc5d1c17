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
from dataclasses import dataclass, replace

from documents.closing import annex_items, is_signed
from documents.numbering import (
    ANNEX,
    ARTICLE,
    SCHEMES,
    Marker,
    find_inside,
    find_markers,
)
from documents.titles import find_title_above

# What it costs to take a marker for text. An article or a chapter at the start of a line is hardly
# ever anything else; a figure with a point may be the rest of a wrapped line.
_WEIGHTS = {
    "annex": 4.0,
    "article": 4.0,
    "comma": 3.0,
    "bracket": 3.0,
    "point": 2.0,
    "decimal": 2.0,
    "digits": 2.0,
    "half": 1.5,
    "circle": 2.0,
}
_STRUCTURAL_WEIGHT = 4.0
_BARE_WEIGHT = 0.4
# In mid-line an article follows the end of a sentence, or the title of a chapter; a space behind it
# is how statutes are printed.
_SPACED_WEIGHT = 3.0
_GLUED_WEIGHT = 1.5
# An article inside open quotation marks belongs to the text that an amendment quotes.
_QUOTED_SHARE = 0.2
# A paragraph is shorter; a longer line has lost its breaks.
_LOST_BREAKS = 1000
_SENTENCE_ENDS = "。；;：:！？!?”’」』）)〕】》"
_LONGEST_HEADING = 40
_LEADERS = re.compile(r"[\s.…·．。-]*\d*\s*$")


@dataclass(frozen=True, slots=True)
class Candidate:
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
    found = _without_contents(text, [c for c in found if _is_annex_body(text, c, found)])
    return _with_titles(text, _weigh_quoted(text, found))


def _weigh(marker: Marker) -> float:
    return _BARE_WEIGHT if marker.bare else _WEIGHTS.get(marker.scheme.name, _STRUCTURAL_WEIGHT)


def _in_table(text: str, marker: Marker) -> bool:
    """Whether the marker begins a row of a table: cells are parted by tabs."""
    end = text.find("\n", marker.end)
    return "\t" in text[marker.end : end if end >= 0 else len(text)].strip()


# --- mid-line -------------------------------------------------------------------------------------


def _in_mid_line(text: str, known: set[int]) -> Iterator[Candidate]:
    for marker in find_inside(ARTICLE, text, 0, len(text)):
        if marker.start not in known and (
            _follows_sentence(text, marker.start) or _follows_heading(text, marker.start)
        ):
            spaced = text[marker.end : marker.end + 1].isspace()
            yield Candidate(marker, _SPACED_WEIGHT if spaced else _GLUED_WEIGHT)
    for scheme in SCHEMES:
        if ANNEX.rank < scheme.rank < ARTICLE.rank:
            for marker in find_inside(scheme, text, 0, len(text)):
                if marker.start not in known and _opens_heading(text, marker):
                    yield Candidate(marker, _SPACED_WEIGHT)
    for match in re.finditer(rf"[^\n]{{{_LOST_BREAKS},}}", text):
        yield from _in_long_line(text, match.start(), match.end(), known)


def _in_long_line(text: str, start: int, end: int, known: set[int]) -> Iterator[Candidate]:
    for scheme in SCHEMES:
        if scheme.name in ("comma", "bracket", "point"):
            for marker in find_inside(scheme, text, start, end):
                if marker.start not in known and _follows_sentence(text, marker.start):
                    yield Candidate(marker, _GLUED_WEIGHT)


def _follows_sentence(text: str, start: int) -> bool:
    before = text[max(0, start - 4) : start].rstrip(" \t\u00a0\u3000")
    return before[-1:] in _SENTENCE_ENDS if before else False


_HEADING_BEFORE = re.compile(
    r"第[零〇一二三四五六七八九十百\d]{1,6}[编編章节節][ \t\u00a0\u3000]+[^。；：，\n]{1,30}$"
)
_HEADING = re.compile(
    r"[ \t\u00a0\u3000]+[^。；：，\n]{1,30}?[ \t\u00a0\u3000]*第[零〇一二三四五六七八九十百\d]{1,6}[条條章节節]"
    r"|[ \t\u00a0\u3000]+[^。；：，\n]{1,20}?[一1][、.]"
)


def _follows_heading(text: str, start: int) -> bool:
    return _HEADING_BEFORE.search(text[max(0, start - _LONGEST_HEADING) : start]) is not None


def _opens_heading(text: str, marker: Marker) -> bool:
    """Whether a chapter in mid-line has a title and is followed by its first article or section."""
    return _HEADING.match(text, marker.end, marker.end + _LONGEST_HEADING) is not None


# --- what is no clause ----------------------------------------------------------------------------


def _is_annex_body(text: str, candidate: Candidate, candidates: Sequence[Candidate]) -> bool:
    """Whether an annex stands here, and not only its name in a list above the signature."""
    marker = candidate.marker
    if marker.scheme is not ANNEX:
        return True
    following = bisect_left([c.marker.start for c in candidates], marker.end)
    end = next(
        (c.marker.start for c in candidates[following:] if c.marker.scheme is ANNEX), len(text)
    )
    for line in text[marker.end : end].split("\n")[1:]:
        if is_signed(line):
            return False
        if "。" in line or "\t" in line or next(find_markers(line), None):
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
    entries = [_entry(text, candidates, i) for i in range(len(candidates))]
    places: dict[tuple[str, str], list[int]] = {}
    for i, (ordinal, words) in enumerate(entries):
        if words:
            places.setdefault((ordinal, words), []).append(i)
    gone: set[int] = set()
    for i, entry in enumerate(entries):
        if i in gone or candidates[i].marker.value != 1 or entry not in places:
            continue
        again = next((j for j in places[entry] if j > i), None)
        if again is not None and again - i > 1 and all(entries[k][1] for k in range(i, again)):
            gone.update(range(i, again))
    return [candidate for i, candidate in enumerate(candidates) if i not in gone]


def _entry(text: str, candidates: Sequence[Candidate], i: int) -> tuple[str, str]:
    """Return (ordinal, title) of a candidate that could stand in a table of contents, else ''."""
    marker = candidates[i].marker
    end = candidates[i + 1].marker.start if i + 1 < len(candidates) else len(text)
    if end - marker.end > 2 * _LONGEST_HEADING:
        end = text.find("\n", marker.end, end)
    words = re.sub(r"\s", "", _LEADERS.sub("", text[marker.end : max(end, marker.end)]))
    short = len(words) <= _LONGEST_HEADING and "。" not in words
    return f"{marker.prefix}{marker.ordinal}", words if short else ""


def _weigh_quoted(text: str, candidates: list[Candidate]) -> list[Candidate]:
    weighed, depth, position = [], 0, 0
    for candidate in candidates:
        start = candidate.marker.start
        depth += text.count("“", position, start) - text.count("”", position, start)
        # A mark that is missing somewhere must not put the rest of the text into a quotation.
        depth, position = max(0, min(depth, 1)), start
        article = candidate.marker.scheme is ARTICLE
        weight = candidate.weight * (_QUOTED_SHARE if depth and article else 1)
        weighed.append(replace(candidate, weight=weight))
    return weighed


# --- titles of further bodies ---------------------------------------------------------------------


def _with_titles(text: str, candidates: list[Candidate]) -> list[Candidate]:
    titled, above = [], 0
    for i, candidate in enumerate(candidates):
        marker = candidate.marker
        if i and marker.value == 1 and not marker.inserted and not marker.prefix:
            title = find_title_above(text, above, marker.start)
            candidate = replace(candidate, title=title)
        line = text.find("\n", marker.end)
        above = line if line >= 0 else len(text)
        titled.append(candidate)
    return titled

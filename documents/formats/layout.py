"""What stands where on a page -> text: lines in reading order, indents, gaps, rows of tables.

x runs along the lines and y from line to line, in any unit. Whatever reads pages, from a program's
text or from an image, has this written.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile
from statistics import median
from typing import NamedTuple

from documents.offsets import Span

# How a paragraph begins whose first line is indented.
INDENT = "\u3000\u3000"
# In widths of a Chinese character:
_SAME_LINE = 0.4  # baselines closer than this are one line, as those of a raised sign and its line
_SPACE = 0.7  # a gap beside a Chinese character is a space; justified lines have narrower ones
_WORD_SPACE = 0.25  # a gap between Latin letters is a space
_WIDE = 2.0  # a gap that sets two things apart
_AT_MARGIN = 0.4  # lines begin at the margin within this
_INDENTED = 1.2  # a paragraph's first line begins at least so far behind the margin
_FULL = 1.5  # a line is full that ends so near to the right margin
# A blank line stands where the lines are more than this many of the page's pitches apart.
_GAP = 1.6
_MIN_LINES = 8
_CHINESE = re.compile(
    r"[\u2014\u2018-\u201d\u2026\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff]"
)
_LATIN_BEFORE = re.compile(r"[A-Za-z0-9][,.;:)]?$")
_LATIN_AFTER = re.compile(r"[A-Za-z0-9(]")
# Rows that a table may repeat on each page, and lines that may stand between its parts.
_MAX_HEADER_ROWS = 3
_MAX_LINES_BETWEEN = 3


class Character(NamedTuple):
    """A character and its box; ``spaced``: the reader of the page sees a space before it."""

    text: str
    left: float
    right: float
    baseline: float
    height: float
    spaced: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text and its place; ``column`` is 1 for the right one of a page's two columns.

    ``doubts`` are spans of the text that were read with little confidence.
    """

    text: str
    left: float
    right: float
    baseline: float
    column: int = 0
    doubts: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: the texts of its cells by row, and the y where it begins."""

    rows: tuple[tuple[str, ...], ...]
    top: float


@dataclass(frozen=True, slots=True)
class Page:
    """What a page holds, in reading order.

    ``size`` is the width of a Chinese character in its text, ``marks`` what is stamped across it.
    """

    items: tuple[Line | Grid, ...]
    width: float
    size: float
    marks: tuple[str, ...] = ()


# --- characters -> lines --------------------------------------------------------------------------


def measure_size(characters: Sequence[Character]) -> float:
    """Return the width of a Chinese character among ``characters``; 1 where nothing shows it."""
    widths = [c.right - c.left for c in characters if _CHINESE.match(c.text)]
    return median(widths or [0.8 * c.height for c in characters] or [1.0]) or 1.0


def read_lines(characters: Sequence[Character]) -> list[Line]:
    """Return the lines from the top, those of a left column before those of a right one."""
    if not characters:
        return []
    size = measure_size(characters)
    rows = _read_rows(characters, size)
    gutter = _find_gutter(rows, size)
    if gutter is None:
        return [_write_line(row, size) for row in rows]
    lines: list[Line] = []
    columns: tuple[list[Line], list[Line]] = ([], [])
    for row in rows:
        if any(left < gutter < right for left, right in _segments(row, size)):
            lines += [*columns[0], *columns[1], _write_line(row, size)]
            columns = ([], [])
            continue
        for i, side in enumerate(
            ([c for c in row if c.left < gutter], [c for c in row if c.left >= gutter])
        ):
            columns[i].extend([_write_line(side, size, column=i)] if side else [])
    return [*lines, *columns[0], *columns[1]]


def _read_rows(characters: Sequence[Character], size: float) -> list[list[Character]]:
    """Return the characters that stand on one line, line by line, without white space around it."""
    rows: list[list[Character]] = []
    for character in sorted(characters, key=lambda c: c.baseline):
        if rows and character.baseline - rows[-1][0].baseline <= _SAME_LINE * size:
            rows[-1].append(character)
        else:
            rows.append([character])
    ordered = (_strip(sorted(row, key=lambda c: c.left)) for row in rows)
    return [row for row in ordered if row]


def _strip(row: list[Character]) -> list[Character]:
    written = [i for i, c in enumerate(row) if not c.text.isspace()]
    return row[written[0] : written[-1] + 1] if written else []


def _write_line(row: list[Character], size: float, *, column: int = 0) -> Line:
    row = _strip(row)
    parts = [row[0].text]
    for before, character in pairwise(row):
        parts += [_space(before, character, size), character.text]
    last = max(c.right for c in row)
    return Line("".join(parts), row[0].left, last, median(c.baseline for c in row), column)


def _space(before: Character, character: Character, size: float) -> str:
    """Return the white space that a gap between two characters stands for."""
    gap = character.left - before.right
    if before.text.isspace() or character.text.isspace():
        return ""
    if gap >= _WIDE * size:
        return "\u3000"
    if _CHINESE.match(before.text) or _CHINESE.match(character.text):
        return " " if gap >= _SPACE * size else ""
    return " " if character.spaced or gap >= _WORD_SPACE * size else ""


def _segments(row: list[Character], size: float) -> list[tuple[float, float]]:
    """Return the pieces of a row that wide gaps part, as (left, right)."""
    segments: list[tuple[float, float]] = []
    for character in row:
        if character.text.isspace():
            continue
        if segments and character.left - segments[-1][1] < _FULL * size:
            segments[-1] = (segments[-1][0], max(segments[-1][1], character.right))
        else:
            segments.append((character.left, character.right))
    return segments


def _find_gutter(rows: list[list[Character]], size: float) -> float | None:
    """Return the x between two columns of running text, None where a page has one column."""
    segments = [segment for row in rows for segment in _segments(row, size)]
    gutter = (min(left for left, _ in segments) + max(right for _, right in segments)) / 2
    sides = [s for s in segments if s[1] <= gutter], [s for s in segments if s[0] >= gutter]
    if len(segments) - len(sides[0]) - len(sides[1]) > len(segments) / 4:
        return None
    # Two columns of short pieces are a table without rules, to be read across.
    running = all(len(side) >= _MIN_LINES and _is_running(side, size) for side in sides)
    return gutter if running else None


def _is_running(segments: list[tuple[float, float]], size: float) -> bool:
    edge = max(right for _, right in segments) - _FULL * size
    return 2 * sum(right >= edge for _, right in segments) > len(segments)


def join_lines(lines: Iterable[Line]) -> str:
    """Return the text of lines that belong together, as those of a table's cell do."""
    joined = ""
    for line in lines:
        joined += f" {line.text}" if joined and _parts_words(joined, line.text) else line.text
    return joined


# --- lines -> text --------------------------------------------------------------------------------


def write_pages(pages: Sequence[Page]) -> tuple[str, tuple[Span, ...]]:
    """Return the text of ``pages`` and the spans of it that are stamped on or repeated.

    One line a line, one row of a table a line with tabs between its cells, a blank line for a wide
    gap, a form feed between pages.
    """
    parts: list[str] = []
    furniture: list[Span] = []
    position = 0
    margins = _find_margins(pages)
    for i, page in enumerate(pages):
        repeated = _count_repeated(pages[i - 1], page) if i else 0
        if i:
            parts.append("\f")
            position += 1
        for line, noise in _write_page(page, margins[i], repeated):
            parts.append(f"{line}\n")
            if noise:
                furniture.append((position, position + len(line) + 1))
            position += len(line) + 1
    return "".join(parts), tuple(furniture)


def place_doubts(text: str, pages: Sequence[Page]) -> tuple[Span, ...]:
    """Return where the doubts of the lines of ``pages`` stand in ``text``, which has them written."""
    doubts: list[Span] = []
    position = 0
    for page in pages:
        items = [
            (item.text, item.doubts) if isinstance(item, Line) else ("\t".join(row), ())
            for item in page.items
            for row in (item.rows if isinstance(item, Grid) else [()])
        ]
        for written, own in (*items, *((mark, ()) for mark in page.marks)):
            # Between two of them there is only white space.
            words = written.strip()
            first = text.index(words, position)
            start = first - written.find(words)
            doubts.extend((start + a, start + b) for a, b in own)
            position = first + len(words)
    return tuple(doubts)


def _write_page(page: Page, margins: list[float], repeated: int) -> Iterator[tuple[str, bool]]:
    """Yield each line and whether it is no part of the document."""
    pitch = _measure_pitch(page)
    following = (*page.items[1:], None)
    before: Line | Grid | None = None
    for item, after in zip(page.items, following, strict=False):
        if isinstance(item, Grid):
            for row in item.rows:
                yield "\t".join(row), repeated > 0
                repeated -= 1
        else:
            if isinstance(before, Line) and item.baseline - before.baseline > _GAP * pitch:
                yield "", False
            indented = item.left - margins[item.column] >= _INDENTED * page.size
            between = isinstance(after, Line) and _parts_words(item.text, after.text)
            yield f"{INDENT if indented else ''}{item.text}{' ' if between else ''}", False
        before = item
    yield from ((mark, True) for mark in page.marks)


def _parts_words(line: str, following: str) -> bool:
    """Whether a line end stands for the space between two Latin words."""
    return _LATIN_BEFORE.search(line[-2:]) is not None and _LATIN_AFTER.match(following) is not None


def _measure_pitch(page: Page) -> float:
    """Return the usual distance of two lines; without enough lines, a large one for their size."""
    lines = [item for item in page.items if isinstance(item, Line)]
    steps = [b.baseline - a.baseline for a, b in pairwise(lines)]
    steps = [step for step in steps if _SAME_LINE * page.size < step < 5 * page.size]
    return median(steps) if len(steps) >= _MIN_LINES else 2 * page.size


def _count_repeated(before: Page, page: Page) -> int:
    """Return how many rows a table that goes on from the page before repeats from there."""
    first = next((i for i, item in enumerate(page.items) if isinstance(item, Grid)), None)
    last = next((i for i, item in enumerate(before.items[::-1]) if isinstance(item, Grid)), None)
    if first is None or last is None or max(first, last) > _MAX_LINES_BETWEEN:
        return 0
    upper, lower = before.items[-1 - last], page.items[first]
    assert isinstance(upper, Grid) and isinstance(lower, Grid)
    same = takewhile(lambda rows: rows[0] == rows[1], zip(upper.rows, lower.rows, strict=False))
    count = sum(1 for _ in same)
    return count if count <= _MAX_HEADER_ROWS and count < len(lower.rows) else 0


# --- margins --------------------------------------------------------------------------------------


def _find_margins(pages: Sequence[Page]) -> list[list[float]]:
    """Return the left margins of each page's two columns.

    A page with few lines shares the margins of the pages of its own width and side.
    """
    margins: list[list[float]] = [[] for _ in pages]
    for column in (0, 1):
        groups: dict[tuple[int, bool], list[list[Line]]] = defaultdict(list)
        lines = [[x for x in p.items if isinstance(x, Line) and x.column == column] for p in pages]
        keys = [(round(page.width), i % 2 > 0) for i, page in enumerate(pages)]
        for key, written in zip(keys, lines, strict=True):
            groups[key].append(written)
        sizes = {key: page.size for key, page in zip(keys, pages, strict=True)}
        usual = {key: _measure_margin(group, sizes[key])[0] for key, group in groups.items()}
        for i, page in enumerate(pages):
            margin, seen = _measure_margin([lines[i]], page.size)
            margins[i].append(margin if seen >= _MIN_LINES else usual[keys[i]])
    return margins


def _measure_margin(pages: Iterable[list[Line]], size: float) -> tuple[float, int]:
    """Return where most lines begin that go on from a full one, and how many such lines there are."""
    pages = list(pages)
    rights = sorted(line.right for lines in pages for line in lines)
    if not rights:
        return 0.0, 0
    full = rights[int(0.95 * len(rights))] - _FULL * size
    starts = sorted(b.left for lines in pages for a, b in pairwise(lines) if a.right >= full)
    if not starts:
        return min(line.left for lines in pages for line in lines), 0
    counts = (bisect_right(starts, x + _AT_MARGIN * size) - i for i, x in enumerate(starts))
    # Of two places that begin as many lines the outer one is the margin.
    _, start = max(zip(counts, (-x for x in starts), strict=True))
    return -start, len(starts)

"""What stands where on a page -> text: lines in reading order, indents, gaps, rows of tables.

x runs along the lines and y from line to line, in any unit.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from statistics import median
from typing import NamedTuple

from documents.offsets import Span

# How a paragraph begins whose first line is indented.
INDENT = "\u3000\u3000"
# In widths of a Chinese character:
_SAME_LINE = 0.4  # baselines closer than this are one line, as those of a raised sign and its line
_OVERLAPPING = 0.9  # lines of running text are farther apart
_SPACE = 0.7  # a gap beside a Chinese character is a space; justified lines have narrower ones
_WORD_SPACE = 0.25  # a gap between Latin letters is a space
_WIDE = 2.0  # a gap that sets two things apart
_AT_MARGIN = 0.4  # lines begin at the margin within this
_INDENTED = 1.2  # a paragraph's first line begins at least so far behind the margin
_FULL = 1.5  # a line is full that ends so near to the right margin
# A blank line stands where the lines are more than this many times their usual distance apart.
_GAP = 1.2
_MIN_LINES = 8
_CHINESE = re.compile(
    r"[\u2014\u2018-\u201d\u2026\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff]"
)
_LATIN_BEFORE = re.compile(r"[A-Za-z0-9][,.;:)]?$")
_LATIN_AFTER = re.compile(r"[A-Za-z0-9(]")
# Rows that a table may repeat on each page, and lines that may stand between its parts.
_MAX_HEADER_ROWS = 3
_MAX_LINES_BETWEEN = 3
_ENDS = frozenset("。；！？")


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
    size = measure_size(characters)
    rows = _read_rows(characters, size)
    gutter = _find_gutter(rows, size)
    if gutter is None:
        return [_write_cells(group, size) for group in _find_cells(rows, size)]
    lines: list[Line] = []
    columns: tuple[list[Line], list[Line]] = ([], [])
    for row in rows:
        if any(left < gutter < right for left, right in _segments(row, size)):
            lines += [*columns[0], *columns[1], _write_line(row, size)]
            columns = ([], [])
            continue
        sides = [c for c in row if c.left < gutter], [c for c in row if c.left >= gutter]
        for i, side in enumerate(map(_strip, sides)):
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
    parts = [row[0].text]
    for before, character in pairwise(row):
        parts += [_space(before, character, size), character.text]
    last = max(c.right for c in row)
    return Line("".join(parts), row[0].left, last, median(c.baseline for c in row), column)


def _find_cells(rows: list[list[Character]], size: float) -> Iterator[list[list[Character]]]:
    """Yield the rows, together those that are closer than lines can be: cells beside each other.

    A cell of one line stands between the two lines of its neighbour, in a table without rules.
    """
    group: list[list[Character]] = []
    for row in rows:
        near = group and row[0].baseline - group[-1][0].baseline < _OVERLAPPING * size
        if group and not (near and len(_columns([*group, row], size)) > 1):
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def _columns(rows: list[list[Character]], size: float) -> list[tuple[float, float]]:
    """Return the columns, as (left, right), into which wide gaps part several rows alike."""
    columns: list[tuple[float, float]] = []
    for left, right in sorted(segment for row in rows for segment in _segments(row, size)):
        if columns and left < columns[-1][1]:
            columns[-1] = (columns[-1][0], max(columns[-1][1], right))
        else:
            columns.append((left, right))
    return columns


def _write_cells(rows: list[list[Character]], size: float) -> Line:
    """Return one row as a line, several as a row of a table: a cell a column, tabs between."""
    if len(rows) == 1:
        return _write_line(rows[0], size)
    cells = []
    for left, right in _columns(rows, size):
        parts = (_strip([c for c in row if left <= c.left < right]) for row in rows)
        cells.append(join_texts(_write_line(part, size).text for part in parts if part))
    first, last = min(row[0].left for row in rows), max(c.right for row in rows for c in row)
    return Line("\t".join(cells), first, last, rows[0][0].baseline)


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
    if not segments:
        return None
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


def join_texts(texts: Iterable[str]) -> str:
    """Return texts that go on from each other, as the lines of a table's cell do, as one."""
    joined = ""
    for text in texts:
        joined += f" {text}" if _parts_words(joined, text) else text
    return joined


# --- lines -> text --------------------------------------------------------------------------------


def write_pages(pages: Sequence[Page]) -> tuple[str, tuple[Span, ...], tuple[Span, ...]]:
    """Return the text of ``pages``, the spans of it that are stamped on or repeated, and the doubts.

    One line a line, one row of a table a line with tabs between its cells, a blank line for a wide
    gap, a form feed between pages.
    """
    parts: list[str] = []
    furniture: list[Span] = []
    doubts: list[Span] = []
    position = 0
    settings = _find_settings(pages)
    pages, headers = _join_tables(pages)
    for i, page in enumerate(pages):
        if i:
            parts.append("\f")
            position += 1
        for written in _write_page(page, settings[i], headers[i]):
            line = written.text
            parts.append(f"{line}\n")
            if written.noise:
                furniture.append((position, position + len(line) + 1))
            doubts.extend((position + start, position + end) for start, end in written.doubts)
            position += len(line) + 1
    return "".join(parts), tuple(furniture), tuple(doubts)


class _Written(NamedTuple):
    """A line as it is written; ``noise``: it is no part of the document; ``doubts`` are spans of it."""

    text: str
    noise: bool = False
    doubts: tuple[Span, ...] = ()


def _write_page(page: Page, settings: list[_Setting], repeated: int) -> Iterator[_Written]:
    """Yield each line of a page, ``repeated`` rows of its first table marked as noise."""
    following = (*page.items[1:], None)
    before: Line | Grid | None = None
    for item, after in zip(page.items, following, strict=False):
        if isinstance(item, Grid):
            for row in item.rows:
                yield _Written("\t".join(row), noise=repeated > 0)
                repeated -= 1
        else:
            setting = settings[item.column]
            if isinstance(before, Line) and item.baseline - before.baseline > _GAP * setting.pitch:
                yield _Written("")
            indent = INDENT if item.left - setting.margin >= _INDENTED * page.size else ""
            between = isinstance(after, Line) and _parts_words(item.text, after.text)
            doubts = tuple((len(indent) + a, len(indent) + b) for a, b in item.doubts)
            yield _Written(f"{indent}{item.text}{' ' if between else ''}", doubts=doubts)
        before = item
    yield from (_Written(mark, noise=True) for mark in page.marks)


def _parts_words(line: str, following: str) -> bool:
    """Whether a line end stands for the space between two Latin words."""
    return _LATIN_BEFORE.search(line[-2:]) is not None and _LATIN_AFTER.match(following) is not None


# --- tables over pages ----------------------------------------------------------------------------


def _join_tables(pages: Sequence[Page]) -> tuple[list[Page], list[int]]:
    """Return the pages with the rows joined that a page break cuts, and each page's repeated rows.

    A table that goes on from the page before may begin with so many rows of its header again.
    """
    joined, headers = list(pages), [0] * len(pages)
    for i in range(1, len(joined)):
        last = _find_grid(joined[i - 1].items[::-1])
        first = _find_grid(joined[i].items)
        if last is None or first is None:
            continue
        upper, lower = joined[i - 1].items[-1 - last], joined[i].items[first]
        assert isinstance(upper, Grid) and isinstance(lower, Grid)
        headers[i] = repeated = _count_repeated(upper, lower)
        if _is_cut(upper.rows[-1], lower.rows[repeated]):
            whole = tuple(map(join_texts, zip(upper.rows[-1], lower.rows[repeated], strict=True)))
            rows = (*lower.rows[:repeated], *lower.rows[repeated + 1 :])
            joined[i - 1] = _with_rows(joined[i - 1], upper, (*upper.rows[:-1], whole))
            joined[i] = _with_rows(joined[i], lower, rows)
    return joined, headers


def _find_grid(items: Sequence[Line | Grid]) -> int | None:
    """Return the index of the first table, None where too many lines stand before it."""
    first = next((i for i, item in enumerate(items) if isinstance(item, Grid)), None)
    return None if first is None or first > _MAX_LINES_BETWEEN else first


def _count_repeated(upper: Grid, lower: Grid) -> int:
    same = takewhile(lambda rows: rows[0] == rows[1], zip(upper.rows, lower.rows, strict=False))
    count = sum(1 for _ in same)
    return count if count <= _MAX_HEADER_ROWS and count < len(lower.rows) else 0


def _is_cut(upper: tuple[str, ...], lower: tuple[str, ...]) -> bool:
    """Whether ``lower`` is the rest of the row ``upper``: less of it, behind no end of a sentence.

    That its first cell is empty is not enough: it may span several rows, unless it numbers them.
    """
    if len(upper) != len(lower):
        return False
    pairs = list(zip(upper, lower, strict=True))
    goes_on = all(above and above[-1] not in _ENDS for above, below in pairs if below)
    missing = sum(bool(above) and not below for above, below in pairs)
    return goes_on and not lower[0] and (missing > 1 or upper[0].isdecimal())


def _with_rows(page: Page, grid: Grid, rows: tuple[tuple[str, ...], ...]) -> Page:
    items = (replace(grid, rows=rows) if item is grid else item for item in page.items)
    return replace(page, items=tuple(items))


# --- how the text is set --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Setting:
    """How the lines of a column are set: the left margin, and the distance of two lines.

    Both are taken from the ``seen`` lines that go on from a full one.
    """

    margin: float
    pitch: float
    seen: int


def _find_settings(pages: Sequence[Page]) -> list[list[_Setting]]:
    """Return the settings of each page's two columns.

    A page with few lines shares those of the pages of its own width and side.
    """
    settings: list[list[_Setting]] = [[] for _ in pages]
    keys = [(f"{page.width:.0f}", i % 2 > 0) for i, page in enumerate(pages)]
    for column in (0, 1):
        lines = [[x for x in p.items if isinstance(x, Line) and x.column == column] for p in pages]
        groups: dict[tuple[str, bool], list[list[Line]]] = defaultdict(list)
        for key, written in zip(keys, lines, strict=True):
            groups[key].append(written)
        sizes = {key: page.size for key, page in zip(keys, pages, strict=True)}
        usual = {key: _read_setting(group, sizes[key]) for key, group in groups.items()}
        for i, page in enumerate(pages):
            own = _read_setting([lines[i]], page.size)
            settings[i].append(own if own.seen >= _MIN_LINES else usual[keys[i]])
    return settings


def _read_setting(pages: Sequence[list[Line]], size: float) -> _Setting:
    rights = sorted(line.right for lines in pages for line in lines)
    full = rights[int(0.95 * len(rights))] - _FULL * size if rights else 0.0
    pairs = [(a, b) for lines in pages for a, b in pairwise(lines) if a.right >= full]
    if not pairs:
        left = min((line.left for lines in pages for line in lines), default=0.0)
        return _Setting(left, 2 * size, 0)
    starts = sorted(b.left for _, b in pairs)
    counts = (bisect_right(starts, x + _AT_MARGIN * size) - i for i, x in enumerate(starts))
    # Of two places where as many lines begin the outer one is the margin.
    _, start = max(zip(counts, (-x for x in starts), strict=True))
    pitch = median(b.baseline - a.baseline for a, b in pairs)
    return _Setting(-start, pitch if pitch > 0 else 2 * size, len(pairs))

"""PDF: PDFium says what is written where; ``layout`` makes a text of it.

A page that is only a picture of text has no text layer and is read by ``scan``.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import groupby, pairwise
from pathlib import Path
from threading import Lock

import pypdfium2
import pypdfium2.raw as pdfium

from documents.errors import LoadError
from documents.formats.layout import (
    Character,
    Grid,
    Line,
    Page,
    join_texts,
    measure_size,
    read_lines,
    write_pages,
)
from documents.formats.pdf_page import UNMAPPED, Glyph, Point, Segment, read_glyphs, read_shapes
from documents.formats.pdf_streams import check_streams
from documents.formats.scan import bind, check_count, read_page, render
from documents.formats.tables import Rule, Table, find_tables
from documents.limits import read_limit
from documents.types import Progress, Source

MAX_PAGES = 2000
# A page of a policy document has some 1,500 characters, one of a dense table 10,000.
MAX_PAGE_CHARACTERS = 100_000
MAX_CHARACTERS = 5_000_000
# A page with fewer characters and a picture over most of it is a scan, whose stamp may be text.
_MIN_TEXT = 20
_PICTURE_SHARE = 0.5
# In points: how much a rule may lean.
_STRAIGHT = 1.0
# In radians: what leans more is stamped across the page.
_LEANING = 0.1
# A cell that holds so many characters, and so much of its page, is a frame around running text.
_FRAME_TEXT = 600
_FRAME_SHARE = 0.4
# A page is written in columns from the right when so many characters stand below the one before.
_VERTICAL_SHARE = 0.6
# How (x, y) is seen on a page whose text runs right, up, left or down: x along it, y to the next line.
_TURNS: tuple[Callable[[float, float], Point], ...] = (
    lambda x, y: (x, -y),
    lambda x, y: (y, x),
    lambda x, y: (-x, y),
    lambda x, y: (-y, -x),
)
# PDFium must not be called from two threads at a time, not even for two documents.
_ONE_AT_A_TIME = Lock()


def read_pdf(data: bytes, *, where: str, progress: Progress | None = None) -> Source:
    """Return the source of a PDF; ``progress`` counts its pages.

    Raises LoadError, which names ``where``, for a PDF that is damaged or cut off, needs a password,
    is too large for a policy document or has no text. A page without a text layer is read by OCR.
    """
    check_streams(data, where=where)
    with _ONE_AT_A_TIME:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            raise _refuse(error, data, where) from error
        with closing(document):
            _check_document(document, data, where)
            pages = list(_read_pages(document, where, progress))
    if all(scanned for _, scanned in pages):
        return bind([page for page, _ in pages], where)
    read = [page for page, _ in pages]
    text, furniture, doubts = write_pages(read)
    if not text.strip():
        raise LoadError(where, "PDF 没有文字内容。", "the PDF has no text.")
    return Source(text, "pdf", furniture, doubts)


# --- what is refused ------------------------------------------------------------------------------


def _refuse(error: pypdfium2.PdfiumError, data: bytes, where: str) -> LoadError:
    # PDFium may still give the reason why the file before this one failed.
    locked = error.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY)
    if locked and b"/Encrypt" in data:
        return LoadError(
            where,
            "PDF 有密码保护，请先解除密码再添加。",
            "the PDF is protected by a password; remove it first.",
        )
    return LoadError(
        where,
        "PDF 已损坏，无法打开，请重新下载或另存后再添加。",
        "the PDF is damaged and cannot be opened; download it or save it again.",
    )


def _check_document(document: pypdfium2.PdfDocument, data: bytes, where: str) -> None:
    # PDFium repairs what it can, and so would read the first half of a file as if it were whole.
    if b"%%EOF" not in data.rstrip(b"\0\t\n\f\r ")[-1024:]:
        raise LoadError(
            where,
            "PDF 不完整（缺少文件结尾），请重新下载。",
            "the PDF is cut off (its end is missing); download it again.",
        )
    if not len(document):
        raise LoadError(where, "PDF 没有页面。", "the PDF has no pages.")
    limit = read_limit("POLICY_QA_MAX_PAGES", MAX_PAGES)
    if len(document) > limit:
        raise LoadError(
            where,
            f"PDF 有 {len(document)} 页，超过上限 {limit} 页，请拆分后再添加。",
            f"the PDF has {len(document)} pages, more than the limit of {limit}; split it first.",
        )


def _refuse_size(where: str, number: int) -> LoadError:
    return LoadError(
        where,
        f"PDF 到第 {number} 页文字过多，超过上限，请拆分后再添加。",
        f"the PDF has more text up to page {number} than the limit; split it first.",
    )


def _refuse_page(where: str, number: int) -> LoadError:
    return LoadError(
        where,
        f"PDF 第 {number} 页已损坏，请重新下载或另存后再添加。",
        f"page {number} of the PDF is damaged; download it or save it again.",
    )


def has_text_layer(characters: int, unmapped: int, picture: float) -> bool:
    """Whether a page's text is there to read, or only in a picture.

    ``unmapped`` of the page's ``characters`` have no meaning beyond their look; its largest picture
    covers ``picture`` (0..1) of it.
    """
    scanned = characters < _MIN_TEXT and picture > _PICTURE_SHARE
    return not scanned and 2 * unmapped <= characters


# --- pages ----------------------------------------------------------------------------------------


def _read_pages(
    document: pypdfium2.PdfDocument, where: str, progress: Progress | None
) -> Iterator[tuple[Page, bool]]:
    """Yield every page, and whether it has no text layer and was read by OCR."""
    count, characters, scanned = len(document), 0, 0
    for i in range(count):
        try:
            with closing(document[i]) as page, closing(page.get_textpage()) as text_page:
                characters += text_page.count_chars()
                if text_page.count_chars() > MAX_PAGE_CHARACTERS or characters > MAX_CHARACTERS:
                    raise _refuse_size(where, i + 1)
                width = page.get_width()
                glyphs = list(read_glyphs(page, text_page))
                segments, picture = read_shapes(page)
                unmapped = sum(glyph.text == UNMAPPED for glyph in glyphs)
                layered = has_text_layer(len(glyphs), unmapped, picture)
                image = None if layered else render(page)
        except pypdfium2.PdfiumError as error:
            raise _refuse_page(where, i + 1) from error
        if image is None:
            yield _lay_out(glyphs, segments, width), False
        else:
            scanned += 1
            check_count(scanned, where)
            yield read_page(image), True
        if progress is not None:
            progress(i + 1, count, Path(where).name)


def _lay_out(glyphs: Sequence[Glyph], segments: Iterable[Segment], width: float) -> Page:
    """Return the page as it is read in the direction that most of its text has."""
    turns = Counter(_quarter(glyph) for glyph in glyphs if _quarter(glyph) is not None)
    main = max(turns, key=lambda quarter: turns[quarter], default=0) or 0
    level = [glyph for glyph in glyphs if _quarter(glyph) == main]
    # Columns of upright characters, the first at the right, are lines that run down.
    turn = _TURNS[3 if main == 0 and _is_vertical(level) else main]
    characters = [_turn_glyph(glyph, turn) for glyph in level]
    runs = list(_read_runs(glyphs, main, turn))
    grids, rest = _fill_tables(find_tables(_read_rules(segments, turn)), characters)
    items: list[Line | Grid] = [*read_lines(rest)]
    aside: list[Line | Grid] = [*grids, *(line for line, stamped in runs if not stamped)]
    for item in aside:
        _insert(item, items)
    marks = tuple(line.text for line, stamped in runs if stamped)
    return Page(tuple(items), width, measure_size(characters), marks)


def _quarter(glyph: Glyph) -> int | None:
    """Return the quarters by which a character is turned to the left, None where it leans."""
    quarters = -glyph.angle / (math.pi / 2)
    near = round(quarters)
    return near % 4 if abs(quarters - near) * math.pi / 2 <= _LEANING else None


def _is_vertical(glyphs: Sequence[Glyph]) -> bool:
    """Whether most characters stand below the one before."""
    steps = [
        (b.origin[0] - a.origin[0], a.origin[1] - b.origin[1], a.upper[0] - a.lower[0])
        for a, b in pairwise(glyphs)
    ]
    down = sum(abs(dx) < size / 4 and size / 2 < dy < 2.5 * size for dx, dy, size in steps)
    return len(steps) >= _MIN_TEXT and down > _VERTICAL_SHARE * len(steps)


def _turn_glyph(glyph: Glyph, turn: Callable[[float, float], Point]) -> Character:
    (ax, ay), (bx, by) = turn(*glyph.lower), turn(*glyph.upper)
    baseline = turn(*glyph.origin)[1]
    return Character(glyph.text, min(ax, bx), max(ax, bx), baseline, abs(by - ay), glyph.spaced)


def _read_runs(
    glyphs: Sequence[Glyph], main: int, turn: Callable[[float, float], Point]
) -> Iterator[tuple[Line, bool]]:
    """Yield what is written in other directions, run by run, and whether it leans."""
    for quarter, run in groupby(glyphs, _quarter):
        if quarter == main:
            continue
        characters = [_turn_glyph(glyph, turn) for glyph in run]
        text = "".join(character.text for character in characters).strip()
        if text:
            left, right = min(c.left for c in characters), max(c.right for c in characters)
            baseline = max(c.baseline for c in characters)
            yield Line(text, left, right, baseline), quarter is None


def _insert(item: Line | Grid, items: list[Line | Grid]) -> None:
    """Put an item that stands beside the running lines before the first line below its top."""
    top = item.top if isinstance(item, Grid) else item.baseline
    below = (i for i, x in enumerate(items) if isinstance(x, Line) and x.baseline > top)
    items.insert(next(below, len(items)), item)


# --- tables ---------------------------------------------------------------------------------------


def _read_rules(
    segments: Iterable[Segment], turn: Callable[[float, float], Point]
) -> Iterator[Rule]:
    """Yield the level and the upright ones of a page's straight lines."""
    for a, b in segments:
        (ax, ay), (bx, by) = turn(*a), turn(*b)
        if abs(by - ay) <= _STRAIGHT:
            yield Rule(True, (ay + by) / 2, min(ax, bx), max(ax, bx))
        elif abs(bx - ax) <= _STRAIGHT:
            yield Rule(False, (ax + bx) / 2, min(ay, by), max(ay, by))


def _fill_tables(
    tables: Sequence[Table], characters: Sequence[Character]
) -> tuple[list[Grid], list[Character]]:
    """Return the tables with their text, and the characters that stand in none."""
    grids: list[Grid] = []
    rest = list(characters)
    for table in tables:
        cells: dict[int, list[Character]] = defaultdict(list)
        outside: list[Character] = []
        for character in rest:
            # The middle of a character is about a third of its height above its baseline.
            middle = character.baseline - character.height / 3
            cell = table.find_cell((character.left + character.right) / 2, middle)
            (outside if cell is None else cells[cell]).append(character)
        most = max(map(len, cells.values()), default=0)
        if cells and (most < _FRAME_TEXT or most < _FRAME_SHARE * len(characters)):
            grids.append(Grid(tuple(_read_rows(table, cells)), table.ys[0]))
            rest = outside
    return grids, rest


def _read_rows(table: Table, cells: dict[int, list[Character]]) -> Iterator[tuple[str, ...]]:
    """Yield the rows that have text; a cell's text stands in the first box that it spans."""
    texts = {
        number: join_texts(line.text for line in read_lines(found))
        for number, found in cells.items()
    }
    for row in table.cells:
        written = tuple(texts.pop(number, "") for number in row)
        if any(written):
            yield written

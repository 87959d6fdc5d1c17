"""Scanned pages: image files and PDF files without a text layer, read by OCR.

``ocr`` finds the lines; this module puts them in reading order and says what the page shows by its
layout: paragraphs, indents, the cells of a row, the page's number.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median

import numpy as np
import pypdfium2
from PIL import Image, ImageOps

from documents.errors import LoadError
from documents.formats.ocr import Line, Pixels, read_lines
from documents.types import Progress, Source

# Pillow's own guard against image bombs: about 270 MB of colours, an A4 page at 930 dpi.
MAX_PIXELS = 89_478_485
# At two to four seconds a page, a quarter of an hour.
MAX_PAGES = 300

_FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP")
# Beyond this a page is read from a reduced image: 340 dpi on A4.
_MAX_SIDE = 4000
_POINTS_PER_INCH = 72
# A page without an image in it has its letters drawn as shapes, and may be drawn at any resolution;
# a scan is best read at its own. More than 200 dpi gains nothing.
_MIN_DPI, _MAX_DPI = 100, 200


@dataclass(frozen=True, slots=True)
class Page:
    """A page as read; ``doubts`` and ``furniture`` are spans of ``text``, as in ``Source``."""

    text: str
    doubts: tuple[tuple[int, int], ...] = ()
    furniture: tuple[tuple[int, int], ...] = ()


def read_image(data: bytes, *, where: str, progress: Progress | None = None) -> Source:
    """Return the source of an image file: PNG, JPEG, BMP, WebP, or TIFF of several pages.

    LoadError names ``where``: the file is damaged, too large, or shows no text.
    """
    return _bind(_read_all(_frames(data, where), where, progress), where)


def read_scanned_pdf(data: bytes, *, where: str, progress: Progress | None = None) -> Source:
    """Return the source of a PDF file whose pages are pictures; LoadError as in ``read_image``."""
    return _bind(_read_all(_rendered(data, where), where, progress), where)


def read_page(image: Image.Image) -> Page:
    """Return what one page says; an empty page where there is no text on it."""
    return lay_out(read_lines(_pixels(image)))


def _read_all(
    images: tuple[int, Iterator[Image.Image]], where: str, progress: Progress | None
) -> Iterator[Page]:
    count, pages = images
    if count > MAX_PAGES:
        raise LoadError(
            where,
            f"扫描件有 {count} 页，超过上限 {MAX_PAGES} 页，请拆分后再添加。",
            f"the scan has {count} pages, more than the limit of {MAX_PAGES}; split it first.",
        )
    for number, image in enumerate(pages, 1):
        yield read_page(image)
        if progress:
            progress(number, count, f"{where} {number}")


def _bind(pages: Iterable[Page], where: str) -> Source:
    """Join the pages by form feeds."""
    text = ""
    doubts: list[tuple[int, int]] = []
    furniture: list[tuple[int, int]] = []
    for number, page in enumerate(pages):
        text += "\f" if number else ""
        doubts.extend((len(text) + a, len(text) + b) for a, b in page.doubts)
        furniture.extend((len(text) + a, len(text) + b) for a, b in page.furniture)
        text += page.text
    # What a photograph without text is read as is doubtful throughout.
    if len(re.sub(r"\s", "", text)) <= sum(b - a for a, b in doubts):
        raise LoadError(
            where,
            "图像中没有可识别的文字。请确认这是文件的扫描件，并以至少 100 dpi 重新扫描。",
            "no text found in the picture; make sure that it is a scan of a document, and scan it "
            "again at 100 dpi or more.",
        )
    return Source(text, "scan", tuple(furniture), tuple(doubts))


# --- files -> page images -------------------------------------------------------------------------


def _frames(data: bytes, where: str) -> tuple[int, Iterator[Image.Image]]:
    """Return how many pages an image file has, and the pages."""
    with _decoding(where):
        file = Image.open(io.BytesIO(data), formats=_FORMATS)
        # What other formats hold besides the first picture is animation, or a preview.
        count = getattr(file, "n_frames", 1) if file.format == "TIFF" else 1
    return count, (_decode(file, number, where) for number in range(count))


def _decode(file: Image.Image, number: int, where: str) -> Image.Image:
    with _decoding(where):
        file.seek(number)
        if file.width * file.height > MAX_PIXELS:
            raise Image.DecompressionBombError(f"{file.width} × {file.height}")
        return ImageOps.exif_transpose(file)


@contextmanager
def _decoding(where: str) -> Iterator[None]:
    """Turn what a decoder raises into a LoadError."""
    try:
        with warnings.catch_warnings():
            # Pillow warns of damage that it can live with, and of sizes below twice the limit.
            warnings.simplefilter("ignore")
            yield
    except Image.DecompressionBombError as error:
        raise LoadError(
            where,
            f"图像过大（{error}），超过上限 {MAX_PIXELS} 像素。请以 200–300 dpi 重新扫描。",
            f"the image is too large ({error}), more than the limit of {MAX_PIXELS} pixels; scan "
            "it again at 200 to 300 dpi.",
        ) from error
    except Exception as error:  # given damaged bytes, a decoder raises anything
        raise LoadError(
            where,
            f"图像已损坏或不完整（{error}）。请重新扫描或重新下载。",
            f"the image is damaged or incomplete ({error}); scan or download it again.",
        ) from error


def _rendered(data: bytes, where: str) -> tuple[int, Iterator[Image.Image]]:
    """Return how many pages a PDF file has, and pictures of them."""
    with _parsing(where):
        document = pypdfium2.PdfDocument(data)
        count = len(document)
    return count, (_render(document, number, where) for number in range(count))


def _render(document: pypdfium2.PdfDocument, number: int, where: str) -> Image.Image:
    with _parsing(where):
        page = document[number]
        scale = min(
            _dpi(page) / _POINTS_PER_INCH, _MAX_SIDE / max(page.get_width(), page.get_height(), 1)
        )
        image: Image.Image = page.render(scale=scale).to_pil()
        return image


@contextmanager
def _parsing(where: str) -> Iterator[None]:
    try:
        yield
    except pypdfium2.PdfiumError as error:
        raise LoadError(
            where,
            f"PDF 无法打开（{error}）。文件可能已损坏或加密，请重新下载，或另存为未加密的 PDF。",
            f"the PDF cannot be opened ({error}); it may be damaged or encrypted: download it "
            "again, or save it without encryption.",
        ) from error


def _dpi(page: pypdfium2.PdfPage) -> float:
    """Return the resolution of the sharpest picture on ``page``, within what is useful."""
    found = [float(_MIN_DPI)]
    for image in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]):
        left, bottom, right, top = image.get_bounds()
        width, height = image.get_px_size()
        found.append(max(width, height) / max(right - left, top - bottom, 1) * _POINTS_PER_INCH)
    return min(max(found), _MAX_DPI) if len(found) > 1 else _MAX_DPI


def _pixels(image: Image.Image) -> Pixels:
    """Return the colours of ``image`` on white paper, (height, width, 3), blue first."""
    image = image.copy()
    image.thumbnail((_MAX_SIDE, _MAX_SIDE))
    if image.mode[0] in "IF":  # 16 bits and more, of which Pillow would keep the lowest eight
        deep = np.asarray(image, dtype=np.float64)
        image = Image.fromarray((255 * deep / max(deep.max(), 1)).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.ascontiguousarray(np.asarray(image.convert("RGB"))[:, :, ::-1])


# --- lines -> the text of a page ------------------------------------------------------------------

# A character that the recognition gives less than this is in doubt.
DOUBT = 0.6
# Stands for a line that was seen and could not be read, as editors mark what they cannot decipher.
UNREADABLE = "□"
# Of a character's width: a smaller gap inside a row is none, a larger one parts the cells of a table.
_SPACE, _CELL = 0.8, 3.0
# A first line is indented by two characters; beyond that a line is set apart (centred, or at right).
_INDENT, _APART = 1.2, 3.4
# Of the usual distance between rows: a larger one is a blank line.
_BLANK = 1.6
# 「— 3 —」 (of whose dashes OCR may make 一), 「第3页 共12页」, 「3/12」, 「3」.
_PAGE_NUMBER = re.compile(
    r"[-—–―─一~·]+\s*\d{1,4}\s*[-—–―─一~·]+"
    r"|第\s*\d{1,4}\s*页(?:[\s/，,（(]*共\s*\d{1,4}\s*页[）)]?)?|\d{1,4}(?:\s*/\s*\d{1,4})?"
)


@dataclass(frozen=True, slots=True)
class _Row:
    """The pieces of a row from left to right."""

    pieces: tuple[Line, ...]

    @property
    def left(self) -> float:
        return self.pieces[0].left

    @property
    def middle(self) -> float:
        return median(piece.middle for piece in self.pieces)

    @property
    def text(self) -> str:
        """What the row says, without its layout."""
        return "".join(piece.text for piece in self.pieces)


# A character, and how sure it is; what the layout adds is sure.
_Characters = list[tuple[str, float]]


def lay_out(lines: list[Line]) -> Page:
    """Return the text of a page whose lines are given in any order."""
    lines = _without_specks(lines)
    if not lines:
        return Page("")
    rows = _rows(lines)
    width = _character_width(lines)
    margin = _margin(rows, width)
    pitch = median([b.middle - a.middle for a, b in pairwise(rows)] or [1.0])
    read: _Characters = []
    furniture: list[tuple[int, int]] = []
    for before, row, after in zip([None, *rows], rows, [*rows[1:], None], strict=False):
        if before:
            read += _sure(_break(before, row, margin, width, pitch))
        start = len(read)
        read += _read_row(row, margin, width)
        if _is_page_number(before, row, after, pitch):
            furniture.append((start, len(read)))
    text = "".join(character for character, _ in read)
    return Page(text, tuple(_doubts([score for _, score in read])), tuple(furniture))


def _sure(text: str) -> _Characters:
    return [(character, 1.0) for character in text]


def _without_specks(lines: list[Line]) -> list[Line]:
    """Leave out what was seen, not read, and is no line: rules, stains, the edge of a picture."""
    heights = [line.bottom - line.top for line in lines if line.text]
    if not heights:
        return []
    usual = median(heights)
    return [
        line
        for line in lines
        if line.text
        or (0.6 * usual < line.bottom - line.top < 2 * usual and line.right - line.left > usual)
    ]


def _rows(lines: list[Line]) -> list[_Row]:
    """Return the rows from top to bottom: a line joins the row that its middle lies in."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: line.middle):
        if (
            rows
            and line.top < median(piece.middle for piece in rows[-1])
            and any(piece.top < line.middle < piece.bottom for piece in rows[-1])
        ):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [_Row(tuple(sorted(row, key=lambda line: line.left))) for row in rows]


def _character_width(lines: list[Line]) -> float:
    return median((line.right - line.left) / len(line.text) for line in lines if line.text) or 1.0


def _margin(rows: list[_Row], width: float) -> float:
    """Return the left edge of the text: the leftmost at which a tenth of the rows begin."""
    edges = sorted(row.left for row in rows)
    enough = max(2, len(edges) // 10)
    for i, edge in enumerate(edges[: 1 - enough]):
        if edges[i + enough - 1] - edge < width:
            return edge
    return edges[0]


def _offset(row: _Row, margin: float, width: float) -> float:
    return (row.left - margin) / width


def _break(before: _Row, row: _Row, margin: float, width: float, pitch: float) -> str:
    apart = (_offset(before, margin, width) > _APART) != (_offset(row, margin, width) > _APART)
    return "\n\n" if apart or row.middle - before.middle > _BLANK * pitch else "\n"


def _read_row(row: _Row, margin: float, width: float) -> _Characters:
    read = _sure("　　") if _INDENT < _offset(row, margin, width) <= _APART else []
    for before, piece in zip((None, *row.pieces), row.pieces, strict=False):
        if before:
            gap = (piece.left - before.right) / width
            read += _sure("" if gap < _SPACE else " " if gap < _CELL else "\t")
        read += zip(piece.text, piece.scores, strict=True) if piece.text else [(UNREADABLE, 0.0)]
    return read


def _is_page_number(before: _Row | None, row: _Row, after: _Row | None, pitch: float) -> bool:
    """Whether a page's first or last row is its number: between dashes, or by itself."""
    if (before and after) or not _PAGE_NUMBER.fullmatch(row.text):
        return False
    neighbour = before or after
    far = neighbour is None or abs(neighbour.middle - row.middle) > _BLANK * pitch
    return far or not row.text.isdecimal()


def _doubts(scores: list[float]) -> Iterator[tuple[int, int]]:
    position = 0
    for doubtful, run in groupby(scores, key=lambda score: score < DOUBT):
        end = position + len(list(run))
        if doubtful:
            yield position, end
        position = end

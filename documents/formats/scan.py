"""Scanned pages: image files, and pages of a PDF without a text layer, read by OCR.

``ocr`` finds the pieces of text on a page; this module puts them together to rows, and ``layout``
writes the rows as it writes those of other pages.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from math import inf
from statistics import median

import numpy as np
import pypdfium2
from PIL import Image, ImageOps

from documents.errors import LoadError
from documents.formats.layout import Grid, Line, Page, write_pages
from documents.formats.ocr import Piece, Pixels, read_pieces
from documents.limits import read_limit
from documents.offsets import Span
from documents.types import Progress, Source

# Pillow's own guard against image bombs: about 270 MB of colours, an A4 page at 930 dpi.
MAX_PIXELS = 89_478_485
# At two to four seconds a page, a quarter of an hour.
MAX_PAGES = 300

_FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP")
# Beyond this a page is read from a reduced image: 340 dpi on A4.
_MAX_SIDE = 4000
_SLIMMEST = 16
_POINTS_PER_INCH = 72
# A page without an image in it has its letters drawn as shapes, and may be drawn at any resolution;
# a scan is best read at its own. More than 200 dpi gains nothing.
_MIN_DPI, _MAX_DPI = 100, 200


# A word's character that the recognition gives less than this is in doubt. Of 28,146 on 30 pages
# rendered in 9 to 16 points at 100 dpi, skewed by 1.2°, with noise of 8 to 25 and JPEG quality 30 to
# 45, 11 were wrong. Below .6 are 5 of these and 4 right ones, below .85 10 and 28, below .95 11 and 74.
# Punctuation is left out: whether a comma is full-width hardly shows, and is the doubt in most of it.
DOUBT = 0.85
# Stands for a line that was seen and could not be read, as editors mark what they cannot decipher.
UNREADABLE = "□"
# Of a character's width: a smaller gap inside a row is none, a larger one parts the cells of a table.
_SPACE, _CELL = 0.8, 3.0
_A4_WIDTH = 595.0


def read_image(data: bytes, *, where: str, progress: Progress | None = None) -> Source:
    """Return the source of an image file: PNG, JPEG, BMP, WebP, or TIFF of several pages.

    LoadError names ``where``: the file is damaged, too large, or shows no text.
    """
    return bind(list(_read_all(_frames(data, where), where, progress)), where)


def read_page(image: Image.Image) -> Page:
    """Return what one page shows; without lines where there is no text on it."""
    pixels = _pixels(image)
    height, width = pixels.shape[:2]
    page = lay_out(read_pieces(pixels), width, height)
    # What a photograph without text is read as is doubtful throughout.
    return page if any(map(_is_legible, page.items)) else replace(page, items=())


def _is_legible(item: Line | Grid) -> bool:
    if isinstance(item, Grid):
        return True
    doubtful = sum(end - start for start, end in item.doubts)
    return sum(map(str.isalnum, item.text)) > doubtful


def _read_all(
    images: tuple[int, Iterator[Image.Image]], where: str, progress: Progress | None
) -> Iterator[Page]:
    count, pages = images
    check_count(count, where)
    for number, image in enumerate(pages, 1):
        yield read_page(image)
        if progress:
            progress(number, count, f"{where} {number}")


def check_count(count: int, where: str) -> None:
    """Raise LoadError where ``count`` pictures are more than can be read."""
    limit = read_limit("POLICY_QA_MAX_SCANNED_PAGES", MAX_PAGES)
    if count > limit:
        raise LoadError(
            where,
            f"扫描件有 {count} 页，超过上限 {limit} 页，请拆分后再添加。",
            f"the scan has {count} pages, more than the limit of {limit}; split it first.",
        )


def bind(pages: Sequence[Page], where: str) -> Source:
    """Return the source of scanned ``pages``; LoadError where none of them has text."""
    text, furniture, doubts = write_pages(pages)
    if not text.strip():
        raise LoadError(
            where,
            "图像中没有可识别的文字。请确认这是文件的扫描件，并以至少 100 dpi 重新扫描。",
            "no text found in the picture; make sure that it is a scan of a document, and scan it "
            "again at 100 dpi or more.",
        )
    return Source(text, "scan", furniture, doubts)


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
    except MemoryError:
        raise  # no damage
    except Exception as error:  # given damaged bytes, a decoder raises anything
        raise LoadError(
            where,
            f"图像已损坏或不完整（{error}）。请重新扫描或重新下载。",
            f"the image is damaged or incomplete ({error}); scan or download it again.",
        ) from error


def render(page: pypdfium2.PdfPage) -> Image.Image:
    """Return a picture of a PDF's page, as sharp as what is on it."""
    longest = max(page.get_width(), page.get_height(), 1)
    scale = min(_dpi(page) / _POINTS_PER_INCH, _MAX_SIDE / longest)
    image: Image.Image = page.render(scale=scale).to_pil()
    return image


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
    # A strip is laid on a sheet: the detection knows pages.
    least = max(image.size) // _SLIMMEST
    sheet = Image.new("RGB", (max(image.width, least), max(image.height, least)), "white")
    sheet.paste(image.convert("RGB"))
    return np.ascontiguousarray(np.asarray(sheet)[:, :, ::-1])


# --- lines -> the layout of a page ----------------------------------------------------------------


def lay_out(pieces: list[Piece], width: float, height: float) -> Page:
    """Return the rows of a page of ``width`` and ``height`` whose pieces are given in any order.

    Lengths become points of an A4 page, so that pages of one document compare.
    """
    unit = _A4_WIDTH / min(width, height)
    pieces = _without_specks(pieces)
    size = _character_width(pieces)
    lines = [_write_row(row, size, unit) for row in _rows(pieces)]
    return Page(tuple(lines), round(width * unit, -1), size * unit)


def _without_specks(pieces: list[Piece]) -> list[Piece]:
    """Leave out what was seen, not read, and is no line: rules, stains, the edge of a picture."""
    usual = median([piece.height for piece in pieces if piece.text] or [inf])
    return [
        piece
        for piece in pieces
        if piece.text or (0.6 < piece.height / usual < 2 and piece.right - piece.left > usual)
    ]


def _character_width(pieces: list[Piece]) -> float:
    widths = [(piece.right - piece.left) / len(piece.text) for piece in pieces if piece.text]
    return median(widths or [1.0]) or 1.0


def _rows(pieces: list[Piece]) -> list[list[Piece]]:
    """Return the rows from the top, each from the left: a piece joins the row that it overlaps."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: piece.middle):
        last = rows[-1] if rows else []
        if any(piece.top < other.middle and piece.middle < other.bottom for other in last):
            last.append(piece)
        else:
            rows.append([piece])
    return [sorted(row, key=lambda piece: piece.left) for row in rows]


def _write_row(row: list[Piece], size: float, unit: float) -> Line:
    text = ""
    sure: list[bool] = []
    for before, piece in zip((None, *row), row, strict=False):
        gap = (piece.left - before.right) / size if before else 0.0
        between = "" if gap < _SPACE else " " if gap < _CELL else "\t"
        text += between + (piece.text or UNREADABLE)
        sure += [*(True for _ in between), *_are_sure(piece)]
    middle = median(piece.middle for piece in row)
    left, right = row[0].left, max(piece.right for piece in row)
    return Line(text, left * unit, right * unit, middle * unit, doubts=tuple(_doubts(sure)))


def _are_sure(piece: Piece) -> list[bool]:
    """Return whether each character of a piece can be relied on."""
    if not piece.text:
        return [False]
    return [
        score >= DOUBT or not character.isalnum()
        for character, score in zip(piece.text, piece.scores, strict=True)
    ]


def _doubts(sure: list[bool]) -> Iterator[Span]:
    position = 0
    for certain, run in groupby(sure):
        end = position + len(list(run))
        if not certain:
            yield position, end
        position = end

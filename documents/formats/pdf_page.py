"""What PDFium knows of a page: its characters and where they stand, its straight lines, its pictures.

Lengths are points, 1/72 inch; y runs upwards, as in the file.
"""

from __future__ import annotations

import ctypes
import unicodedata
from collections.abc import Iterator
from math import isfinite
from typing import NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

Point = tuple[float, float]
Segment = tuple[Point, Point]
_Matrix = tuple[float, float, float, float, float, float]

# Stands for a character that the file's font gives a look but no meaning.
UNMAPPED = "\ufffd"
# PDFium's sign for a hyphen at a line end.
_HYPHEN = 0x2
# Fonts name the radical where the text has the character of the same look: U+2F00 for 一.
_RADICALS = {
    code: unicodedata.normalize("NFKC", chr(code))
    for code in (*range(0x2F00, 0x2FD6), 0x2E9F, 0x2EF3)
}
# The thickness up to which a filled shape is a line.
_THIN = 3.0
# With more shapes than this a page is a drawing, whose lines are no table's.
_MAX_SHAPES = 100_000
_MAX_DEPTH = 4


class Glyph(NamedTuple):
    """A character, two corners of its box, and its origin.

    ``angle`` is by how much it is turned to the right, in radians; ``spaced``: PDFium sees a space
    before it.
    """

    text: str
    lower: Point
    upper: Point
    origin: Point
    angle: float
    spaced: bool


def read_glyphs(page: pypdfium2.PdfPage, text_page: pypdfium2.PdfTextPage) -> Iterator[Glyph]:
    """Yield the characters of a page that lie on it, in the order in which they are written."""
    box, x, y = pdfium.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    # PDFium mixes up the sides of the bounds of a page that lies on its side.
    bounded = page.get_rotation() in (0, 180)
    left, bottom, right, top = page.get_bbox()
    spaced, half = False, ""
    for i in range(text_page.count_chars()):
        code = pdfium.FPDFText_GetUnicode(text_page, i)
        if pdfium.FPDFText_IsGenerated(text_page, i):
            spaced = code == ord(" ")
            continue
        if 0xD800 <= code < 0xDC00:
            half = chr(code)
            continue
        unmapped = code == 0 or pdfium.FPDFText_HasUnicodeMapError(text_page, i) == 1
        text = UNMAPPED if unmapped else half + _read_code(code)
        half = ""
        pdfium.FPDFText_GetLooseCharBox(text_page, i, box)
        pdfium.FPDFText_GetCharOrigin(text_page, i, x, y)
        angle = pdfium.FPDFText_GetCharAngle(text_page, i)
        across, up = (box.left + box.right) / 2, (box.bottom + box.top) / 2
        # What lies beyond the page, or nowhere, nobody sees.
        outside = bounded and not (left <= across <= right and bottom <= up <= top)
        if outside or not isfinite(across + up + x.value + y.value + angle):
            continue
        yield Glyph(
            text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"),
            (box.left, box.bottom),
            (box.right, box.top),
            (x.value, y.value),
            angle,
            spaced,
        )
        spaced = False


def _read_code(code: int) -> str:
    if code == _HYPHEN:
        return "-"
    # A line end or a tab inside a page's text is a gap: where lines end is seen from their places.
    return _RADICALS.get(code) or (" " if chr(code) in "\t\n\v\f\r" else chr(code))


# --- shapes ---------------------------------------------------------------------------------------


def read_shapes(page: pypdfium2.PdfPage) -> tuple[list[Segment], float]:
    """Return a page's straight lines, and the share (0..1) of it that its largest picture covers."""
    segments: list[Segment] = []
    picture = 0.0
    for count, (shape, matrix) in enumerate(_shapes(page)):
        if count == _MAX_SHAPES:
            return [], picture
        kind = pdfium.FPDFPageObj_GetType(shape)
        if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            (left, bottom), (right, top) = _bounds(shape, matrix)
            picture = max(picture, abs((right - left) * (top - bottom)))
        elif kind == pdfium.FPDF_PAGEOBJ_PATH:
            segments.extend(_read_path(shape, matrix))
    width, height = page.get_size()
    return segments, picture / max(width * height, 1.0)


def _shapes(page: pypdfium2.PdfPage) -> Iterator[tuple[pdfium.FPDF_PAGEOBJECT, _Matrix]]:
    """Yield everything drawn on a page, also inside forms, each with the matrix of its form."""
    count = pdfium.FPDFPage_CountObjects(page)
    for i in range(count):
        yield from _unfold(pdfium.FPDFPage_GetObject(page, i), (1, 0, 0, 1, 0, 0), _MAX_DEPTH)


def _unfold(
    shape: pdfium.FPDF_PAGEOBJECT, matrix: _Matrix, depth: int
) -> Iterator[tuple[pdfium.FPDF_PAGEOBJECT, _Matrix]]:
    yield shape, matrix
    if depth and pdfium.FPDFPageObj_GetType(shape) == pdfium.FPDF_PAGEOBJ_FORM:
        inner = _multiply(_matrix_of(shape), matrix)
        for i in range(pdfium.FPDFFormObj_CountObjects(shape)):
            yield from _unfold(pdfium.FPDFFormObj_GetObject(shape, i), inner, depth - 1)


def _read_path(path: pdfium.FPDF_PAGEOBJECT, matrix: _Matrix) -> Iterator[Segment]:
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(path, fill, stroke)
    if stroke.value:
        yield from _read_segments(path, _multiply(_matrix_of(path), matrix))
    elif fill.value:
        (left, bottom), (right, top) = _bounds(path, matrix)
        x, y = (left + right) / 2, (bottom + top) / 2
        if abs(top - bottom) <= _THIN:
            yield (left, y), (right, y)
        elif abs(right - left) <= _THIN:
            yield (x, bottom), (x, top)


def _read_segments(path: pdfium.FPDF_PAGEOBJECT, matrix: _Matrix) -> Iterator[Segment]:
    x, y = ctypes.c_float(), ctypes.c_float()
    first = last = (0.0, 0.0)
    for i in range(min(pdfium.FPDFPath_CountSegments(path), _MAX_SHAPES)):
        segment = pdfium.FPDFPath_GetPathSegment(path, i)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        point = _transform((x.value, y.value), matrix)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            first = point
        elif kind == pdfium.FPDF_SEGMENT_LINETO:
            yield last, point
        if pdfium.FPDFPathSegment_GetClose(segment):
            yield point, first
        last = point


def _bounds(shape: pdfium.FPDF_PAGEOBJECT, matrix: _Matrix) -> Segment:
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    pdfium.FPDFPageObj_GetBounds(shape, left, bottom, right, top)
    a, b = (left.value, bottom.value), (right.value, top.value)
    return _transform(a, matrix), _transform(b, matrix)


def _matrix_of(shape: pdfium.FPDF_PAGEOBJECT) -> _Matrix:
    m = pdfium.FS_MATRIX()
    pdfium.FPDFPageObj_GetMatrix(shape, m)
    return m.a, m.b, m.c, m.d, m.e, m.f


def _multiply(m: _Matrix, n: _Matrix) -> _Matrix:
    """Return the matrix that does ``m``, then ``n``."""
    return (
        m[0] * n[0] + m[1] * n[2],
        m[0] * n[1] + m[1] * n[3],
        m[2] * n[0] + m[3] * n[2],
        m[2] * n[1] + m[3] * n[3],
        m[4] * n[0] + m[5] * n[2] + n[4],
        m[4] * n[1] + m[5] * n[3] + n[5],
    )


def _transform(point: Point, m: _Matrix) -> Point:
    x, y = point
    return m[0] * x + m[2] * y + m[4], m[1] * x + m[3] * y + m[5]

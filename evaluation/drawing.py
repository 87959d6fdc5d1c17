"""What pictures are made of: lines, letters and a frame, as SVG.

Written by hand rather than by a plotting library: a dot with its interval is three lines of SVG, the
letters stay letters, so that any viewer shows Chinese with its own fonts, and the same numbers give
the same file.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape

# Told apart also by people who do not see colours alike (Okabe and Ito, 2008).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f", "#000000")
_FONT = "'Noto Sans CJK SC','Noto Sans SC','PingFang SC','Microsoft YaHei',sans-serif"


def frame(width: int, height: int, marks: Iterable[str]) -> str:
    """Return the file that holds ``marks`` on white, its size in pixels."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="{_FONT}">\n'
        f'<rect width="{width}" height="{height}" fill="#fff"/>\n' + "\n".join(marks) + "\n</svg>\n"
    )


def draw_text(
    x: float,
    y: float,
    text: str,
    *,
    size: int,
    anchor: str = "start",
    bold: bool = False,
    faint: bool = False,
) -> str:
    """Return ``text`` at a place, in pixels; ``anchor`` is SVG's start, middle or end."""
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"{weight} '
        f'fill="{"#666" if faint else "#222"}">{escape(text)}</text>'
    )


def draw_line(x1: float, y1: float, x2: float, y2: float, colour: str, *, width: int = 1) -> str:
    """Return a straight line, its ends and width in pixels."""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="{colour}" stroke-width="{width}"/>'
    )


def draw_path(places: Iterable[tuple[float, float]], colour: str, *, width: int = 2) -> str:
    """Return the line through ``places``, in pixels, in their order."""
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="{width}"/>'


def draw_dot(x: float, y: float, colour: str) -> str:
    """Return a dot around a place, in pixels."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>'

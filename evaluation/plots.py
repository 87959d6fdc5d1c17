"""Two pictures of a comparison, as SVG: each system's scores, and where it differs from the baseline.

Written by hand rather than by a plotting library: a dot with its interval is three lines of SVG, the
letters stay letters, so that any viewer shows Chinese with its own fonts, and the same numbers give
the same file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from xml.sax.saxutils import escape

from evaluation.comparison import Measured

_METRICS = ("nDCG@10", "RR@10", "R@100")
_SLICED = "nDCG@10"
# Told apart also by people who do not see colours alike (Okabe and Ito, 2008).
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f", "#000000")
_FONT = "'Noto Sans CJK SC','Noto Sans SC','PingFang SC','Microsoft YaHei',sans-serif"
_LEFT, _WIDTH, _RIGHT, _TOP, _ROW, _GAP = 330, 460, 150, 64, 20, 30
_TICKS = 6
# Scores nearer to each other than this are not drawn further apart.
_LEAST = 0.05
# Room for float noise where a value lies on a tick.
_HAIR = 1e-9


@dataclass(frozen=True, slots=True)
class _Row:
    """A dot with its interval; ``colour`` numbers the system that it is of."""

    label: str
    value: float
    low: float
    high: float
    colour: int


@dataclass(frozen=True, slots=True)
class _Group:
    """Rows under a heading."""

    title: str
    rows: tuple[_Row, ...]


def plot_systems(measured: Measured) -> str:
    """Return each system's nDCG@10, RR@10 and R@100 with their intervals."""
    systems = measured.overall.systems
    groups = [
        _Group(
            name,
            tuple(
                _Row(system, values[name].value, values[name].low, values[name].high, i)
                for i, (system, values) in enumerate(systems.items())
            ),
        )
        for name in _METRICS
    ]
    head = f"{measured.dataset.name}：得分与 95 % 区间 Scores, 95 % intervals"
    return _draw(head, f"{measured.overall.queries} queries", groups, signed=False)


def plot_differences(measured: Measured) -> str:
    """Return each system's nDCG@10 less the baseline's, for all queries and for each slice."""
    order = list(measured.overall.systems)
    slices = [
        (f"{by} {group}", comparison)
        for by, groups in measured.divided.items()
        for group, comparison in groups.items()
    ]
    groups = []
    for title, comparison in [("全部 all", measured.overall), *slices]:
        rows = []
        for system, values in comparison.differences.items():
            found = values[_SLICED]
            rows.append(_Row(system, found.value, found.low, found.high, order.index(system)))
        groups.append(_Group(f"{title} ({comparison.queries})", tuple(rows)))
    head = f"{measured.dataset.name}：{_SLICED} 与 {measured.baseline} 之差 difference"
    return _draw(head, "95 % intervals; (queries)", groups, signed=True)


def _draw(head: str, note: str, groups: Sequence[_Group], *, signed: bool) -> str:
    """Return the rows of ``groups`` under one another on one scale, with zero marked if signed."""
    ends = [end for group in groups for row in group.rows for end in (row.low, row.high)]
    step, low, high = _scale([*ends, 0.0] if signed else ends)
    height = _TOP + sum(_GAP + _ROW * len(group.rows) for group in groups) + 2 * _ROW

    def x(value: float) -> float:
        return _LEFT + (value - low) / (high - low) * _WIDTH

    bottom = height - 2 * _ROW + 6
    marks = [_text(16, 26, head, size=16, bold=True), _text(16, 46, note, size=12, faint=True)]
    for i in range(round((high - low) / step) + 1):
        tick = low + i * step
        zero = signed and abs(tick) < step / 2
        marks.append(_line(x(tick), _TOP, x(tick), bottom, "#555" if zero else "#ddd"))
        label = f"{0.0 if zero else tick:{'+' if signed and not zero else ''}.{_decimals(step)}f}"
        marks.append(_text(x(tick), bottom + 18, label, size=12, anchor="middle"))
    y = float(_TOP)
    for group in groups:
        y += _GAP - 8
        marks.append(_text(16, y, group.title, size=13, bold=True))
        y += 8
        for row in group.rows:
            y += _ROW
            marks += _mark(row, y - 6, x, signed=signed)
    width = _LEFT + _WIDTH + _RIGHT
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="{_FONT}">\n'
        f'<rect width="{width}" height="{height}" fill="#fff"/>\n' + "\n".join(marks) + "\n</svg>\n"
    )


def _mark(row: _Row, y: float, x: Callable[[float], float], *, signed: bool) -> list[str]:
    """Return the label, the interval, the dot and the figure of one row."""
    colour = _COLOURS[row.colour % len(_COLOURS)]
    figure = f"{row.value:{'+' if signed else ''}.3f}"
    return [
        _text(_LEFT - 12, y + 4, row.label, size=12, anchor="end"),
        _line(x(row.low), y, x(row.high), y, colour, width=2),
        f'<circle cx="{x(row.value):.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>',
        _text(_LEFT + _WIDTH + 16, y + 4, figure, size=12),
    ]


def _scale(values: Sequence[float]) -> tuple[float, float, float]:
    """Return a round step, and the round ends between which all ``values`` lie."""
    low, high = min(values), max(values)
    span = max(high - low, _LEAST)
    size = 10 ** floor(log10(span / _TICKS))
    step = next(size * k for k in (1, 2, 5, 10) if span / (size * k) <= _TICKS)
    first = floor(low / step + _HAIR)
    return step, first * step, max(ceil(high / step - _HAIR), first + 1) * step


def _decimals(step: float) -> int:
    return max(0, -floor(log10(step) + _HAIR))


def _text(
    x: float,
    y: float,
    text: str,
    *,
    size: int,
    anchor: str = "start",
    bold: bool = False,
    faint: bool = False,
) -> str:
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"{weight} '
        f'fill="{"#666" if faint else "#222"}">{escape(text)}</text>'
    )


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, *, width: int = 1) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="{colour}" stroke-width="{width}"/>'
    )

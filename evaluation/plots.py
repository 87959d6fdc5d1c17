"""Two pictures of a comparison, as SVG: each system's scores, and where it differs from the baseline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from evaluation.comparison import Measured
from evaluation.drawing import COLOURS, draw_dot, draw_line, draw_text, frame

_METRICS = ("nDCG@10", "RR@10", "R@100")
_SLICED = "nDCG@10"
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
    marks = [
        draw_text(16, 26, head, size=16, bold=True),
        draw_text(16, 46, note, size=12, faint=True),
    ]
    for i in range(round((high - low) / step) + 1):
        tick = low + i * step
        zero = signed and abs(tick) < step / 2
        marks.append(draw_line(x(tick), _TOP, x(tick), bottom, "#555" if zero else "#ddd"))
        label = f"{0.0 if zero else tick:{'+' if signed and not zero else ''}.{_decimals(step)}f}"
        marks.append(draw_text(x(tick), bottom + 18, label, size=12, anchor="middle"))
    y = float(_TOP)
    for group in groups:
        y += _GAP - 8
        marks.append(draw_text(16, y, group.title, size=13, bold=True))
        y += 8
        for row in group.rows:
            y += _ROW
            marks += _mark(row, y - 6, x, signed=signed)
    width = _LEFT + _WIDTH + _RIGHT
    return frame(width, height, marks)


def _mark(row: _Row, y: float, x: Callable[[float], float], *, signed: bool) -> list[str]:
    """Return the label, the interval, the dot and the figure of one row."""
    colour = COLOURS[row.colour % len(COLOURS)]
    figure = f"{row.value:{'+' if signed else ''}.3f}"
    return [
        draw_text(_LEFT - 12, y + 4, row.label, size=12, anchor="end"),
        draw_line(x(row.low), y, x(row.high), y, colour, width=2),
        draw_dot(x(row.value), y, colour),
        draw_text(_LEFT + _WIDTH + 16, y + 4, figure, size=12),
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

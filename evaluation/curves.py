"""A picture of risk and coverage, as SVG: what answering only the surest questions costs and saves."""

from __future__ import annotations

from collections.abc import Sequence

from evaluation.drawing import COLOURS, draw_dot, draw_line, draw_path, draw_text, frame
from evaluation.risk import Curve, Point

_SIDE, _LEFT, _TOP, _BETWEEN, _BOTTOM = 320, 72, 96, 100, 64
_TICKS = 5
_CURVE, _GIVEN = COLOURS[0], COLOURS[1]

_Place = tuple[float, float]


def plot_curve(name: str, curve: Curve, operating: Point | None) -> str:
    """Return risk over coverage, and refusal recall over false refusals, each axis from 0 to 1.

    The dot is where the outcomes stand that were given.
    """
    right = _LEFT + _SIDE + _BETWEEN
    area = "-" if curve.area is None else f"{curve.area:.3f}"
    least = "-" if curve.least is None else f"{curve.least:.3f}"
    given = [operating] if operating else []
    refused_all = [(1.0, 1.0)] if _refusals(curve.points) else []
    marks = [
        draw_text(16, 26, f"{name}：风险与覆盖 Risk and coverage", size=16, bold=True),
        draw_text(16, 46, f"面积 area {area}（最好可到 least {least}）", size=12, faint=True),
        draw_dot(22, 62, _GIVEN),
        draw_text(32, 66, "按实得结果 outcomes as given", size=12, faint=True),
        *_panel(
            _LEFT,
            ("覆盖 coverage", "风险 risk"),
            [(point.coverage, point.risk) for point in curve.points],
            [(point.coverage, point.risk) for point in given],
        ),
        *_panel(
            right,
            ("误拒 false refusals", "应拒而拒 refusal recall"),
            [*refused_all, *_refusals(curve.points)],
            _refusals(given),
        ),
    ]
    return frame(right + _SIDE + _LEFT, _TOP + _SIDE + _BOTTOM, marks)


def _refusals(points: Sequence[Point]) -> list[_Place]:
    return [
        (point.false_refusals, point.refusal_recall)
        for point in points
        if point.false_refusals is not None and point.refusal_recall is not None
    ]


def _panel(
    left: int, axes: tuple[str, str], line: Sequence[_Place], dots: Sequence[_Place]
) -> list[str]:
    """Return a square with a grid, the names of its axes (across, up), a line and dots."""

    def at(place: _Place) -> _Place:
        return left + place[0] * _SIDE, _TOP + (1 - place[1]) * _SIDE

    marks = []
    for i in range(_TICKS + 1):
        share = i / _TICKS
        (x, y), (end_x, end_y) = at((share, share)), at((1.0, 1.0))
        marks += [
            draw_line(x, _TOP + _SIDE, x, end_y, "#ddd"),
            draw_line(left, y, end_x, y, "#ddd"),
            draw_text(x, _TOP + _SIDE + 18, f"{share:.1f}", size=12, anchor="middle"),
            draw_text(left - 8, y + 4, f"{share:.1f}", size=12, anchor="end"),
        ]
    across, up = axes
    middle = left + _SIDE / 2
    marks.append(draw_text(middle, _TOP + _SIDE + 40, across, size=13, anchor="middle"))
    marks.append(draw_text(left, _TOP - 10, up, size=13))
    marks.append(draw_path(map(at, line), _CURVE))
    marks += [draw_dot(*at(dot), _GIVEN) for dot in dots]
    return marks

"""Cost against size on two logarithmic axes, as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, floor, log10

from evaluation.drawing import COLOURS, draw_dot, draw_line, draw_path, draw_text, frame
from evaluation.speed.prediction import MILLION, list_costs, predict
from evaluation.speed.types import Speed

# What is drawn, by its name among the costs.
_DRAWN = (
    "build: encode",
    "build without encoding",
    "ask p50",
    "search p50",
    "start of qa ask",
    "page's first answer",
    "memory, most",
    "disk",
)
_LEFT, _TOP, _WIDTH, _HEIGHT, _RIGHT, _BOTTOM = 70, 70, 560, 420, 250, 56
_LABEL = 16
_GRID = "#ddd"

Places = Sequence[tuple[float, float]]


def plot_costs(speed: Speed) -> str:
    """Return the costs that are drawn, and what their lines make of a million clauses."""
    predicted = {(one.name, one.unit): one for one in predict(speed)}
    lines: dict[str, Places] = {}
    ends: dict[str, float] = {}
    for (name, unit), cost in list_costs(speed).items():
        known = [(size.build.clauses, cost(size)) for size in speed.sizes]
        places = [(float(clauses), value) for clauses, value in known if value]
        if name not in _DRAWN or not places:
            continue
        lines[f"{name}, {unit}"] = places
        found = predicted.get((name, unit))
        end = (found.alike or found.overall).at(MILLION) if found else 0.0
        if end > 0:
            ends[f"{name}, {unit}"] = end
    head = f"{speed.folder}：规模与代价 Cost against size"
    return _draw(head, lines, ends)


def _draw(head: str, lines: Mapping[str, Places], ends: Mapping[str, float]) -> str:
    values = [value for places in lines.values() for _, value in places] + list(ends.values())
    sizes = [size for places in lines.values() for size, _ in places]
    x_low, x_high = floor(log10(min(sizes))), ceil(log10(max([*sizes, MILLION])))
    y_low, y_high = (
        floor(log10(min(values))),
        max(ceil(log10(max(values))), floor(log10(min(values))) + 1),
    )

    def x(size: float) -> float:
        return _LEFT + (log10(size) - x_low) / (x_high - x_low) * _WIDTH

    def y(value: float) -> float:
        return _TOP + _HEIGHT - (log10(value) - y_low) / (y_high - y_low) * _HEIGHT

    marks = [
        draw_text(16, 26, head, size=16, bold=True),
        draw_text(
            16,
            46,
            "thin: to what the line through all sizes, or those alike, predicts for 1,000,000",
            size=12,
            faint=True,
        ),
        draw_text(
            _LEFT + _WIDTH / 2, _TOP + _HEIGHT + 42, "条款 clauses", size=12, anchor="middle"
        ),
    ]
    for power in range(x_low, x_high + 1):
        place = x(10.0**power)
        marks.append(draw_line(place, _TOP, place, _TOP + _HEIGHT, _GRID))
        marks.append(
            draw_text(place, _TOP + _HEIGHT + 20, f"{10**power:,}", size=12, anchor="middle")
        )
    for power in range(y_low, y_high + 1):
        place = y(10.0**power)
        marks.append(draw_line(_LEFT, place, _LEFT + _WIDTH, place, _GRID))
        marks.append(draw_text(_LEFT - 8, place + 4, f"{10.0**power:g}", size=12, anchor="end"))
    last = {name: ends.get(name, places[-1][1]) for name, places in lines.items()}
    labels = spread_labels([y(value) for value in last.values()])
    for number, (name, places) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        marks.append(draw_path([(x(size), y(value)) for size, value in places], colour))
        marks += [draw_dot(x(size), y(value), colour) for size, value in places]
        right = x(places[-1][0])
        if name in ends:
            size, value = places[-1]
            right = x(MILLION)
            marks.append(draw_line(x(size), y(value), right, y(ends[name]), colour))
        edge = _LEFT + _WIDTH + 12
        marks.append(draw_line(right, y(last[name]), edge, labels[number], colour))
        marks.append(
            draw_text(edge + 6, labels[number] + 4, f"{name} {_round(last[name])}", size=12)
        )
    return frame(_LEFT + _WIDTH + _RIGHT, _TOP + _HEIGHT + _BOTTOM, marks)


def spread_labels(places: Sequence[float]) -> list[float]:
    """Return places for labels, in the same order from top to bottom, none over another.

    Each is where it is wanted, or as far below as the one above it needs.
    """
    free = float("-inf")
    put = [0.0] * len(places)
    for number in sorted(range(len(places)), key=lambda i: places[i]):
        put[number] = max(places[number], free)
        free = put[number] + _LABEL
    return put


def _round(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"

"""Ruled tables: the lines drawn on a page -> cells.

Lengths are points, 1/72 inch; y runs downwards. Two rules closer than ``_SNAP`` are one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

_SNAP = 3.0
_MIN_LENGTH = 8.0
# Beyond these a page holds a drawing, not a table; what is read stays in proportion to the page.
_MAX_RULES = 1000
_MAX_BOXES = 10_000


class Rule(NamedTuple):
    """A straight line: ``at`` is its y if it is horizontal, else its x; it runs ``start``..``end``."""

    horizontal: bool
    at: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Table:
    """A grid of boxes between ``xs`` and ``ys``; ``cells[row][column]`` is the number of the cell.

    A cell that spans several boxes has one number in all of them.
    """

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    cells: tuple[tuple[int, ...], ...]

    def find_cell(self, x: float, y: float) -> int | None:
        """Return the number of the cell at a point, None outside the table."""
        column, row = bisect_right(self.xs, x) - 1, bisect_right(self.ys, y) - 1
        inside = 0 <= column < len(self.xs) - 1 and 0 <= row < len(self.ys) - 1
        return self.cells[row][column] if inside else None


def find_tables(rules: Iterable[Rule]) -> list[Table]:
    """Return the tables of at least two rows and two columns that ``rules`` draw, from the top."""
    merged = _merge(rules)
    if len(merged) > _MAX_RULES:
        return []
    found = (_read_grid(group) for group in _touching(merged))
    return sorted((table for table in found if table), key=lambda table: (table.ys[0], table.xs[0]))


def _merge(rules: Iterable[Rule]) -> list[Rule]:
    """Return the rules with those in one line joined, as dashes and the borders of cells are."""
    merged: list[Rule] = []
    # Rules in one line are neighbours once all of one line have the same place.
    for rule in sorted(_snapped(rules)):
        last = merged[-1] if merged else None
        if last and last[:2] == rule[:2] and rule.start <= last.end + _SNAP:
            merged[-1] = last._replace(end=max(last.end, rule.end))
        else:
            merged.append(rule)
    return [rule for rule in merged if rule.end - rule.start >= _MIN_LENGTH]


def _snapped(rules: Iterable[Rule]) -> list[Rule]:
    snapped: list[Rule] = []
    for rule in sorted(rules):
        last = snapped[-1] if snapped else None
        near = last and last.horizontal == rule.horizontal and rule.at - last.at <= _SNAP
        snapped.append(rule._replace(at=last.at) if last and near else rule)
    return snapped


def _touching(rules: list[Rule]) -> Iterable[list[Rule]]:
    """Return the rules in groups that hang together."""
    groups: list[list[Rule]] = []
    for rule in rules:
        apart: list[list[Rule]] = []
        joined = [rule]
        for group in groups:
            if any(_meet(rule, other) for other in group):
                joined += group
            else:
                apart.append(group)
        groups = [*apart, joined]
    return groups


def _meet(a: Rule, b: Rule) -> bool:
    return (
        a.horizontal != b.horizontal
        and a.start - _SNAP <= b.at <= a.end + _SNAP
        and b.start - _SNAP <= a.at <= b.end + _SNAP
    )


def _read_grid(rules: list[Rule]) -> Table | None:
    across = [rule for rule in rules if rule.horizontal]
    down = [rule for rule in rules if not rule.horizontal]
    # Many tables have no rule at their sides: the ends of the others stand for it.
    xs = _places([r.at for r in down] + [end for r in across for end in (r.start, r.end)])
    ys = _places([r.at for r in across] + [end for r in down for end in (r.start, r.end)])
    rows, columns = len(ys) - 1, len(xs) - 1
    if rows < 2 or columns < 2 or rows * columns > _MAX_BOXES:
        return None
    cells = _number_cells(rows, columns, _walls(down, xs, ys), _walls(across, ys, xs))
    return Table(tuple(xs), tuple(ys), cells) if max(map(max, cells)) > 1 else None


def _places(values: list[float]) -> list[float]:
    places: list[float] = []
    for value in sorted(values):
        if not places or value - places[-1] > _SNAP:
            places.append(value)
    return places


def _walls(rules: list[Rule], places: list[float], along: list[float]) -> set[tuple[int, int]]:
    """Return (i, j) where a rule at ``places[i]`` runs along the box ``along[j]..along[j + 1]``."""
    walls = set()
    for rule in rules:
        place = bisect_right(places, rule.at) - 1
        for j in range(len(along) - 1):
            if rule.start <= (along[j] + along[j + 1]) / 2 <= rule.end:
                walls.add((place, j))
    return walls


def _number_cells(
    rows: int, columns: int, left: set[tuple[int, int]], top: set[tuple[int, int]]
) -> tuple[tuple[int, ...], ...]:
    """Number the boxes so that those with no wall between them are one cell, in reading order.

    ``left`` are the walls (column, row) at the left of a box, ``top`` those (row, column) above it.
    """
    cells = [[-1] * columns for _ in range(rows)]
    number = -1
    for first in ((row, column) for row in range(rows) for column in range(columns)):
        if cells[first[0]][first[1]] >= 0:
            continue
        number += 1
        reached = [first]
        while reached:
            row, column = reached.pop()
            if cells[row][column] >= 0:
                continue
            cells[row][column] = number
            if column + 1 < columns and (column + 1, row) not in left:
                reached.append((row, column + 1))
            if column > 0 and (column, row) not in left:
                reached.append((row, column - 1))
            if row + 1 < rows and (row + 1, column) not in top:
                reached.append((row + 1, column))
            if row > 0 and (row, column) not in top:
                reached.append((row - 1, column))
    return tuple(map(tuple, cells))

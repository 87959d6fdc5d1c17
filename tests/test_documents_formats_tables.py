"""Lines drawn on a page -> tables and their cells."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from documents.formats.tables import Rule, Table, find_tables


def across(y: float, start: float = 0, end: float = 300) -> Rule:
    return Rule(True, y, start, end)


def down(x: float, start: float = 0, end: float = 100) -> Rule:
    return Rule(False, x, start, end)


GRID = [across(0), across(50), across(100), down(0), down(100), down(300)]


def only(rules: list[Rule]) -> Table:
    (table,) = find_tables(rules)
    return table


def test_a_grid_of_four_cells() -> None:
    table = only(GRID)
    assert table.cells == ((0, 1), (2, 3))
    assert [table.find_cell(x, y) for x, y in [(50, 25), (200, 25), (50, 75), (200, 75)]] == [
        0,
        1,
        2,
        3,
    ]
    assert [table.find_cell(x, y) for x, y in [(-5, 25), (305, 25), (50, -5), (50, 105)]] == [
        None
    ] * 4


def test_a_cell_over_two_columns() -> None:
    short = [across(0), across(50), across(100), down(0), down(100, 50, 100), down(300)]
    assert only(short).cells == ((0, 0), (1, 2))


def test_a_cell_over_two_rows() -> None:
    short = [across(0), across(50, 100, 300), across(100), down(0), down(100), down(300)]
    assert only(short).cells == ((0, 1), (0, 2))


def test_a_table_open_at_its_sides() -> None:
    assert only([across(0), across(50), across(100), down(100)]).cells == ((0, 1), (2, 3))


def test_a_table_open_above_and_below() -> None:
    assert only([across(50), down(0), down(100), down(300)]).cells == ((0, 1), (2, 3))


def test_borders_drawn_cell_by_cell_and_twice_are_one_rule() -> None:
    pieces = [
        Rule(rule.horizontal, rule.at + shift, start, start + 52)
        for rule in GRID
        for shift in (0, 1.5)
        for start in range(int(rule.start), int(rule.end), 50)
    ]
    assert only(pieces).cells == ((0, 1), (2, 3))


def test_two_tables_come_from_the_top() -> None:
    below = [
        rule._replace(at=rule.at + 500)
        if rule.horizontal
        else rule._replace(start=rule.start + 500, end=rule.end + 500)
        for rule in GRID
    ]
    assert [table.ys[0] for table in find_tables([*below, *GRID])] == [0, 500]


def test_no_table() -> None:
    assert find_tables([]) == []
    assert find_tables([across(0), across(50), across(100)]) == []  # underlines
    assert find_tables([across(0), across(100), down(0), down(300)]) == []  # a frame
    assert (
        find_tables([across(y) for y in range(0, 9000, 5)] + [down(x) for x in range(0, 9000, 5)])
        == []
    )


_PLACES = st.floats(-1000, 1000, allow_nan=False)
_RULES = st.builds(
    lambda horizontal, at, start, length: Rule(horizontal, at, start, start + length),
    st.booleans(),
    _PLACES,
    _PLACES,
    st.floats(0, 500, allow_nan=False),
)


@given(st.lists(_RULES, max_size=25))
def test_any_rules_give_whole_grids(rules: list[Rule]) -> None:
    for table in find_tables(rules):
        rows, columns = len(table.ys) - 1, len(table.xs) - 1
        assert rows >= 2
        assert columns >= 2
        assert [len(row) for row in table.cells] == [columns] * rows
        numbers = [number for row in table.cells for number in row]
        assert set(numbers) == set(range(max(numbers) + 1))
        # In reading order, each cell is met before those of a higher number.
        firsts = [numbers.index(number) for number in range(max(numbers) + 1)]
        assert firsts == sorted(firsts)

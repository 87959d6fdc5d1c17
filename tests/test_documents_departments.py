"""Departments with their roles, from the brackets in which policy texts assign a duty."""

from __future__ import annotations

import pytest

from documents.departments import read_departments, read_departments_of, without_duties


def read(text: str) -> list[tuple[str, str]]:
    return [(d.name, d.role) for d in read_departments(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "甲。（省科技厅牵头，省教育厅、省财政厅按职责分工负责）",
            [("省科技厅", "lead"), ("省教育厅", "responsible"), ("省财政厅", "responsible")],
        ),
        (
            "甲。(责任单位:省经济和信息化厅,配合单位:省财政厅)",
            [("省经济和信息化厅", "responsible"), ("省财政厅", "support")],
        ),
        (
            "甲。（牵头单位：省科技厅；配合单位：省教育厅、省财政厅）",
            [("省科技厅", "lead"), ("省教育厅", "support"), ("省财政厅", "support")],
        ),
        (
            "甲。（责任单位：省发展改革委、省科技厅）",
            [("省发展改革委", "responsible"), ("省科技厅", "responsible")],
        ),
        (
            "甲。（省科技厅、省财政厅共同牵头，各市政府配合）",
            [("省科技厅", "lead"), ("省财政厅", "lead"), ("各市政府", "support")],
        ),
        ("甲。（省科技厅负责）", [("省科技厅", "responsible")]),
        ("甲。（市科技局牽頭，市財政局負責）", [("市科技局", "lead"), ("市財政局", "responsible")]),
        (
            "甲。（省科技厅及各市（州）政府按职责分工负责）",
            [("省科技厅", "responsible"), ("各市（州）政府", "responsible")],
        ),
        (
            "甲。（省电力公司及各市〔州〕政府按职责分工负责）",
            [("省电力公司", "responsible"), ("各市（州）政府", "responsible")],
        ),
        ("甲。（责任单位：各县人民政府，下同）", [("各县人民政府", "responsible")]),
        ("甲。（责任单位：省科技厅、省财政厅等）", [("省科技厅", ""), ("省财政厅", "")]),
    ],
)
def test_names_and_roles(text: str, expected: list[tuple[str, str]]) -> None:
    assert read(text) == [(name, role or "responsible") for name, role in expected]


def test_the_words_of_the_text_are_kept() -> None:
    (department,) = read_departments("（省财政厅等相关部门负责）")
    assert (department.name, department.text) == ("省财政厅", "省财政厅等相关部门")


def test_several_brackets_in_one_clause() -> None:
    text = "甲。（责任单位：省科技厅）乙。（责任单位：省财政厅、省科技厅）"
    assert read(text) == [("省科技厅", "responsible"), ("省财政厅", "responsible")]


def test_a_department_may_have_two_roles() -> None:
    text = "甲。（省科技厅牵头）乙。（省科技厅负责）"
    assert read(text) == [("省科技厅", "lead"), ("省科技厅", "responsible")]


@pytest.mark.parametrize(
    "text",
    [
        "省科技厅牵头，省财政厅配合。",  # not in brackets
        "（以下简称方案）",
        "（2024年）",
        "（含新能源汽车、氢燃料电池汽车）",
        "（" + "这是一个在括号里的很长的句子" * 4 + "负责）",
        "",
    ],
)
def test_other_brackets_assign_nothing(text: str) -> None:
    assert read(text) == []


CLAUSE = "甲事。(责任单位:省甲厅)乙事。(责任单位:省乙厅)丙事。"


@pytest.mark.parametrize(
    ("part", "names"),
    [
        ("甲事。", ["省甲厅"]),
        ("乙事。", ["省乙厅"]),
        ("丙事。", []),
        ("甲事。(责任单位:省甲厅)乙事。", ["省乙厅"]),
    ],
)
def test_a_part_has_the_bracket_behind_it(part: str, names: list[str]) -> None:
    start = CLAUSE.index(part)
    found = read_departments_of(CLAUSE, start, start + len(part), len(CLAUSE))
    assert [department.name for department in found] == names


def test_a_quote_ends_before_its_duties() -> None:
    text = "甲事(含乙)。(省甲厅牵头)"
    assert text[: without_duties(text, 0, len(text))] == "甲事(含乙)。"
    assert without_duties("(省甲厅牵头)", 0, 7) == 7  # nothing else would be left
    assert without_duties("甲事。", 0, 3) == 3

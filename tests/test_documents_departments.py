"""Departments with their roles, from the brackets in which policy texts assign a duty."""

from __future__ import annotations

from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.departments import (
    normalize_name,
    puts_leader_first,
    read_departments,
    read_departments_of,
    read_forms,
    without_duties,
)
from documents.errors import DocumentError


def read(text: str) -> list[tuple[str, str]]:
    return [(d.text, d.role) for d in read_departments(text)]


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
            [("省电力公司", "responsible"), ("各市〔州〕政府", "responsible")],
        ),
        ("甲。（责任单位：各县人民政府，下同）", [("各县人民政府", "responsible")]),
        ("甲。（责任单位：省科技厅、省财政厅等）", [("省科技厅", ""), ("省财政厅等", "")]),
        (
            "甲。（商务部、全国总工会等和各有关省级人民政府负责）",
            [("商务部", ""), ("全国总工会等", ""), ("各有关省级人民政府", "")],
        ),
        (
            "甲。（省文化和旅游厅和省林业和草原局负责）",
            [("省文化和旅游厅", ""), ("省林业和草原局", "")],
        ),
        ("甲。（国家发展改革委会同有关部门负责）", [("国家发展改革委", "")]),
        ("甲。（省科技厅会同省财政厅负责）", [("省科技厅", ""), ("省财政厅", "support")]),
        (
            "甲。（由省科技厅牵头负责，省教育厅指导）",
            [("省科技厅", "lead"), ("省教育厅", "support")],
        ),
        ("甲。（负责部门：药监局，适用范围：福建自贸试验区）", [("药监局", "")]),
        ("甲。（财政部负责，不再列出）", [("财政部", "")]),
        ("甲。（财政部负责。以下均由地方落实，不再列出）", [("财政部", "")]),
        ("甲。（责任单位：省科技厅；完成时限：2025年底）", [("省科技厅", "")]),
        ("甲。（责任单位：省科技厅，2025年底前完成）", [("省科技厅", "")]),
        ("甲。【责任单位：省科技厅】", [("省科技厅", "")]),
        (
            "甲。\n牵头单位：省科技厅\n配合单位：省教育厅、各市（州）政府\n乙。",
            [("省科技厅", "lead"), ("省教育厅", "support"), ("各市（州）政府", "support")],
        ),
        ("甲。责任单位：省科技厅。乙、丙厅。", [("省科技厅", "")]),
        ("甲。（各有关部门和单位按职责分工负责）", [("各有关部门和单位", "")]),
        ("甲。（省推进制造强省建设领导小组负责）", [("省推进制造强省建设领导小组", "")]),
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
        "（列第一位者为牵头单位，下同）",
        "（适用范围：各有关部门）",
        "（牵头、参与）",
        "（牵头或参与、协助）",
        "（由申请人负责）",
        "落实：省科技厅要加大力度。",
        "（含新能源汽车、氢燃料电池汽车）",
        "（" + "这是一个在括号里的很长的句子" * 4 + "负责）",
        "",
    ],
)
def test_other_brackets_assign_nothing(text: str) -> None:
    assert read(text) == []


def test_the_first_of_a_list_leads_where_the_document_says_so() -> None:
    text = "甲。（税务总局、财政部负责，排在第一位的部门为牵头部门，下同）"
    assert read(text) == [("税务总局", "lead"), ("财政部", "responsible")]
    assert puts_leader_first(text) and not puts_leader_first("（税务总局、财政部负责）")
    other = "乙。（海关总署、商务部负责）"
    assert [d.role for d in read_departments(other)] == ["responsible", "responsible"]
    assert [d.role for d in read_departments(other, leader_first=True)] == ["lead", "responsible"]
    document = text + other
    found = read_departments_of(document, len(text), len(text) + 2, len(document))
    assert [(d.text, d.role) for d in found] == [("海关总署", "lead"), ("商务部", "responsible")]


@pytest.mark.parametrize(
    "text", ["（海关总署负责）", "（各市政府、省财政厅负责）", "（省科技厅牵头，省财政厅负责）"]
)
def test_a_list_without_a_first_keeps_its_roles(text: str) -> None:
    assert read_departments(text, leader_first=True) == read_departments(text)


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


# --- names ----------------------------------------------------------------------------------------

SHORT_AND_FULL = [
    (line.split("\t")[0], line.split("\t")[1])
    for line in resources.files("documents")
    .joinpath("departments.tsv")
    .read_text("utf-8")
    .split("\n")
    if line and not line.startswith("#") and line != "short\tfull"
]
NATIONAL = ("中国", "国家", "中央")
LOCAL = [pair for pair in SHORT_AND_FULL if not pair[1].startswith(NATIONAL)]
REGIONS = ["", "省", "市", "吉林省", "合肥市", "各市（州）", "国家"]
LEVELS = {"部": "部", "厅": "厅", "局": "局", "委": "委员会", "委员会": "委员会"}


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("省工信厅", "省工业和信息化厅"),
        ("市工信局", "市工业和信息化局"),
        ("省工业和信息化厅", "省工业和信息化厅"),
        ("省发展改革委", "省发展和改革委员会"),
        ("市发改委", "市发展和改革委员会"),
        ("县发改局", "县发展和改革局"),
        ("国家发展改革委", "国家发展和改革委员会"),
        ("国务院国资委", "国务院国有资产监督管理委员会"),
        ("省市场监管局", "省市场监督管理局"),
        ("市市监局", "市市场监督管理局"),
        ("市场监管总局", "国家市场监督管理总局"),
        ("省地方金融监管局", "省地方金融监督管理局"),
        ("省委网信办", "省委网络安全和信息化委员会办公室"),
        ("市网信办", "市互联网信息办公室"),
        ("人行安徽省分行", "中国人民银行安徽省分行"),
        ("人民银行长春中心支行", "中国人民银行长春中心支行"),
        ("中国人民银行", "中国人民银行"),
        ("证监会", "中国证券监督管理委员会"),
        ("国家税务总局", "国家税务总局"),
        ("食药监局", "食品药品监督管理局"),
        ("各市〔州〕政府", "各市（州）人民政府"),
        ("省财政厅等相关部门", "省财政厅"),
        ("人力资源社会保障部等有关部门和单位", "人力资源和社会保障部"),
        ("各有关部门和单位", "各有关部门和单位"),
        ("国务院有关部门", "国务院有关部门"),
        ("吉林证监局", "吉林证监局"),
        ("省大数据局", "省大数据局"),
        ("长春海关", "长春海关"),
        ("省工信厅办公室", "省工信厅办公室"),
    ],
)
def test_a_name_is_written_out(short: str, full: str) -> None:
    assert normalize_name(short) == full


@pytest.mark.parametrize(("short", "full"), SHORT_AND_FULL)
def test_every_short_form_of_the_file_counts(short: str, full: str) -> None:
    found = {normalize_name(short + level) for level in ("", *LEVELS)}
    assert full in {name.removesuffix(level) for name in found for level in ("", *LEVELS.values())}


@given(
    st.sampled_from(REGIONS),
    st.one_of(
        st.sampled_from([s for pair in SHORT_AND_FULL for s in pair]),
        st.text("省市工信发改和委局等", max_size=6),
    ),
    st.sampled_from(["", *LEVELS, "等", "等有关部门", "等等", "省分行"]),
)
def test_writing_out_twice_is_writing_out_once(region: str, body: str, end: str) -> None:
    name = normalize_name(region + body + end)
    assert normalize_name(name) == name


@given(
    st.lists(st.sampled_from(REGIONS), min_size=2, max_size=2, unique=True),
    st.sampled_from([s for pair in LOCAL for s in pair]),
    st.sampled_from(["", *LEVELS]),
)
def test_bodies_of_two_places_stay_two(regions: list[str], body: str, level: str) -> None:
    one, other = (normalize_name(region + body + level) for region in regions)
    assert one != other
    assert one.startswith(regions[0]) and other.startswith(regions[1])


@pytest.mark.parametrize(
    ("lines", "number"),
    [
        (["short\tfull", "工信"], 2),
        (["工信\t"], 1),
        (["# c", "", "工信\t工业和信息化\t注"], 3),
        (["工信\t工业和信息化", "工信\t工业信息化"], 2),
    ],
)
def test_a_malformed_line_is_named(lines: list[str], number: int) -> None:
    with pytest.raises(DocumentError, match=rf"forms\.tsv 第 {number} 行(?s:.)*line {number}:"):
        read_forms(lines, "forms.tsv")


def test_a_file_without_forms_changes_nothing() -> None:
    assert read_forms(["short\tfull", "# nothing"], "x").write_out("省工信厅") == "省工信厅"

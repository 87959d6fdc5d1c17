"""Which documents the library has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.parsing import parse_text
from index.hybrid import HybridIndex
from qa.drafts import Draft
from qa.forms.library import MOST_LISTED, draft, read
from tests.conftest import FakeEncoder
from tests.forms_library import ask, build, said

TITLES = {
    "meals": "老年助餐",
    "greenhouse": "设施蔬菜",
    "rent": "公共租赁",
    "toilets": "国家公园",
}


def answer(text: str) -> Draft:
    found = ask(draft, text)
    assert found is not None
    assert (found.form, found.outcome, found.passages) == ("library", "answered", ())
    return found


def listed(text: str) -> list[str]:
    lines = [line.text for line in answer(text).lines if line.text[:1].isdigit()]
    return [id for line in lines for id, title in TITLES.items() if title in line]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("有哪些文件", ["toilets", "meals", "greenhouse", "rent"]),
        ("你们都有什么文件", ["toilets", "meals", "greenhouse", "rent"]),
        ("list all documents", ["toilets", "meals", "greenhouse", "rent"]),
        # of a place, or inside it
        ("有哪些青岛的文件", ["rent"]),
        ("山东 文件 清单", ["greenhouse", "rent"]),
        ("库里有浙江的政策吗", ["meals"]),
        ("庫裡有浙江的政策嗎", ["meals"]),
        ("請問有沒有湖州的檔案或文件可以查", []),
        ("青岛有哪些政策", ["rent"]),
        ("which documents do you have on Shandong", ["greenhouse", "rent"]),
        ("有哪些国家的文件", ["toilets"]),
        ("list national documents", ["toilets"]),
        # of a year, a kind, an authority
        ("收录了哪些2024年的文件", ["meals"]),
        ("有哪些办法", ["meals"]),
        ("山东有哪些意见", ["greenhouse"]),
        ("有哪些指导意见", ["toilets"]),
        ("农业农村厅发布的文件有哪些", ["greenhouse"]),
        ("市政府办公室的文件有哪些", ["meals"]),
        ("documents issued in 2019", []),
        # without a word for documents, or with more around it
        ("山东那边的有啥", ["greenhouse", "rent"]),
        ("2024年出台的有哪一份?", ["meals"]),
        ("指导意见类的材料有没有", ["toilets"]),
        ("贵库收录的文件按省市列一下,各有哪些", ["toilets", "meals", "greenhouse", "rent"]),
        ("any docs from Shandong", ["greenhouse", "rent"]),
        ("How many of your documents come from Shandong?", ["greenhouse", "rent"]),
        ("which documents were issued in 2019", ["rent"]),
    ],
)
def test_documents_are_listed(text: str, expected: list[str]) -> None:
    if expected:
        assert listed(text) == expected
    else:
        assert ask(draft, text) is None


def test_a_document_comes_with_what_is_known_of_it() -> None:
    [head, line] = answer("有哪些青岛的文件").lines
    assert head.text == "文档库中共有 1 份文件（青岛）："
    assert line.text == (
        "1. 《青岛市公共租赁住房管理规定》（青政发〔2019〕3号） 青岛市人民政府，2019-01-20 成文，有效期已过"
    )
    english = answer("which documents do you have on Qingdao").lines[1].text
    assert english.endswith("青岛市人民政府; dated 2019-01-20; expired")


def test_a_place_without_documents_is_told_with_the_others() -> None:
    found = said(answer("有没有广东的文件可以查"))
    assert found.startswith(
        "文档库中没有这样的文件（广东）。\n现有的地区：山东省、湖州市、青岛市。"
    )
    # The state's apply everywhere, the province's in its cities.
    assert "国家公园" in found and "设施蔬菜" not in found
    assert "设施蔬菜" in said(answer("有没有济南的文件"))


def test_a_year_without_documents_is_told() -> None:
    assert said(answer("有哪些2001年的文件")).startswith("文档库中没有这样的文件（2001）。")


@pytest.mark.parametrize(
    "text",
    [
        "有哪些关于充电桩的文件",
        "山东有哪些农业政策",
        "有没有办法",
        "工会的文件有哪些",
        "有哪些文件要求",
        "文件",
        "",
    ],
)
def test_what_is_left_is_a_matter(text: str) -> None:
    assert ask(draft, text) is None


def test_a_long_list_is_cut() -> None:
    many = [parse_text(f"青岛市第{n}号通知\n一、甲。\n", f"d{n}") for n in range(MOST_LISTED + 7)]
    index = HybridIndex.build(many, FakeEncoder(16))
    found = ask(draft, "有哪些文件", index=index)
    assert found is not None and len(found.lines) == MOST_LISTED + 2
    assert found.lines[-1].text == "……另有 7 份未列出。"


@given(st.text("有哪些的文件青岛库里2024年办法厅吗 dο", max_size=15))
def test_whatever_is_left_makes_it_a_matter(text: str) -> None:
    assert read(f"{text}有哪些文件补贴") is None
    read(text)
    assert build().documents

"""A document as a whole."""

from __future__ import annotations

import pytest

from documents.parsing import parse_text
from index.hybrid import HybridIndex
from qa.drafts import Draft
from qa.forms.outline import MOST_HEADINGS, draft, find_headings
from tests.conftest import FakeEncoder
from tests.forms_library import ask, build, said


def answer(text: str) -> Draft:
    found = ask(draft, text)
    assert found is not None
    assert (found.form, found.outcome, found.reason) == ("outline", "answered", None)
    return found


@pytest.mark.parametrize(
    "text",
    [
        "鲁农发〔2023〕5号",
        "鲁农发〔2023〕5号？",
        "山东省农业农村厅关于支持设施蔬菜发展的实施意见",
        "鲁农发〔2023〕5号 主要内容",
        "鲁农发〔2023〕5号讲了什么",
        "山东设施蔬菜那个文件讲了什么",
        "山東設施蔬菜那個文件講了什麼",
        "山东设施蔬菜实施意见的目录",
        "总结一下山东设施蔬菜的意见",
        "what does 鲁农发〔2023〕5号 say",
        "outline of Shandong's 2023 opinions",
    ],
)
def test_the_whole_document_is_asked_for(text: str) -> None:
    assert {p.document.id for p in answer(text).passages} == {"greenhouse"}


def test_an_outline_has_facts_opening_and_headings() -> None:
    assert said(answer("鲁农发〔2023〕5号 主要内容")).split("\n") == [
        "《山东省农业农村厅关于支持设施蔬菜发展的实施意见》（鲁农发〔2023〕5号） "
        "山东省农业农村厅，2023-04-12 成文，有效",
        "开头原文：",
        "“为加快设施蔬菜发展，现提出如下实施意见。”",
        "共 5 个条款（一、–三、），标题如下：",
        "一、总体要求",
        "二、重点任务",
        "　（一）建设育苗中心。",
        "　（二）推广水肥一体化。",
        "三、保障措施",
        "　（一）加强资金支持。",
        "　（二）强化技术服务。",
    ]


def test_chapters_are_headings_and_articles_are_not() -> None:
    assert list(find_headings(build().documents["meals"])) == [
        "第一章 总则",
        "第二章 管理",
        "第三章 附则",
    ]
    assert "共 4 个条款（第一条–第四条）。" in said(answer("青政发〔2019〕3号 全文"))


def test_many_headings_are_cut() -> None:
    items = "\n".join(f"{n}. 任务{n}" for n in range(1, MOST_HEADINGS + 5))
    document = parse_text(f"青岛市行动计划\n青发〔2021〕9号\n{items}\n", "d")
    found = ask(draft, "青发〔2021〕9号", index=HybridIndex.build([document], FakeEncoder()))
    assert found is not None
    assert found.lines[-1].text == "……另有 4 个标题。"


@pytest.mark.parametrize(
    "text",
    [
        "设施蔬菜主要内容",
        "山东设施蔬菜政策讲了什么",
        "山东设施蔬菜意见的总体要求",
        "鲁农发〔2023〕5号的补贴内容",
        "湖政办发〔2020〕7号 全文",
        "意见",
        "",
    ],
)
def test_a_matter_is_not(text: str) -> None:
    assert ask(draft, text) is None


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("山东设施蔬菜意见的保障措施包括哪几个方面", ["三", "三/（一）", "三/（二）"]),
        ("列出山东设施蔬菜意见的重点任务目录", ["二", "二/（一）", "二/（二）"]),
        ("山东设施蔬菜意见的重点任务是哪两项", ["二", "二/（一）", "二/（二）"]),
    ],
)
def test_a_part_named_by_its_heading_is_outlined(text: str, paths: list[str]) -> None:
    assert [p.clause.path for p in answer(text).passages] == paths


@pytest.mark.parametrize(
    "text", ["山东设施蔬菜意见一共分几大部分", "山东设施蔬菜意见都讲了哪几块内容"]
)
def test_how_many_parts_a_document_has(text: str) -> None:
    assert "三、保障措施" in said(answer(text))

"""A clause asked for by its number."""

from __future__ import annotations

import pytest

from documents.parsing import parse_text
from index.hybrid import HybridIndex
from qa.drafts import Draft
from qa.forms.lookup import (
    MAX_BESIDE,
    MAX_QUOTE,
    describe_numbers,
    draft,
    find_beside,
    find_spoken,
    quote_clause,
)
from qa.labels import format_label
from tests.conftest import FakeEncoder
from tests.forms_library import ask, build, said


def answer(text: str) -> Draft:
    found = ask(draft, text)
    assert found is not None and found.form == "lookup"
    return found


@pytest.mark.parametrize(
    ("text", "first", "beside"),
    [
        ("青政发〔2019〕3号第二条", "第二条", ["第一条", "第三条"]),
        ("青島市公共租賃住房管理規定第二條", "第二条", ["第一条", "第三条"]),
        ("青岛市公共租赁住房管理规定第一条是什么", "第一条", ["第二条"]),
        ("青政发〔2019〕3号第四条", "第四条", ["第三条"]),
        # Through chapters.
        ("湖政办发〔2024〕18号第三条", "第三条", ["第二条", "第四条"]),
        ("鲁农发〔2023〕5号二（一）", "二/（一）", ["二/（二）"]),
    ],
)
def test_the_clause_is_quoted_with_those_beside_it(
    text: str, first: str, beside: list[str]
) -> None:
    found = answer(text)
    assert found.outcome == "answered"
    assert [p.clause.path for p in found.passages] == [first]
    # Those beside it are shown, and nothing rests on them.
    shown = [line.text for line in found.lines if line.text.endswith("”")]
    assert [text.partition(" “")[0] for text in shown] == [format_label(path) for path in beside]
    assert all(len(text.partition(" “")[2]) <= MAX_BESIDE + 1 for text in shown)


def test_a_number_that_is_not_there_is_refused_with_those_that_are() -> None:
    found = answer("青政发〔2019〕3号第九条")
    assert (found.outcome, found.reason, found.passages) == ("no_basis", "named", ())
    assert said(found) == (
        "《青岛市公共租赁住房管理规定》（青政发〔2019〕3号）中没有“第九条”，它的编号是：第一条–第四条。"
    )


def test_a_document_that_is_not_there_is_refused_by_its_name() -> None:
    found = answer("《劳动合同法》第八条的内容")
    assert (found.outcome, found.reason) == ("no_basis", "named")
    assert said(found) == "文档库中没有“《劳动合同法》第八条”所属的文件。"


@pytest.mark.parametrize(
    "text",
    [
        "青政发〔2019〕3号第三条租金怎么交",
        "青政发〔2019〕3号第三条由谁负责",
        "青政发〔2019〕3号第三条 期限",
        "我被辞退了，劳动合同法第八条怎么说的赔偿",
        "《劳动合同法》第八条规定了哪些赔偿",
        "青政发〔2019〕3号",
        "第三条",
        "三个条件",
    ],
)
def test_more_than_a_number_is_a_matter(text: str) -> None:
    assert ask(draft, text) is None


def test_a_long_clause_ends_with_a_sentence_and_says_so() -> None:
    sentences = "".join(f"这是第{n:03}句。" for n in range(150))
    document = parse_text(
        f"青岛市试行规定\n青发〔2022〕1号\n第一条 {sentences}\n第二条 乙。\n", "d"
    )
    index = HybridIndex.build([document], FakeEncoder())
    found = ask(draft, "青发〔2022〕1号第一条", index=index)
    assert found is not None
    quote = found.passages[0].quote
    assert MAX_QUOTE - 7 < len(quote) <= MAX_QUOTE and quote.endswith("句。")
    left = len(document.clause("第一条").text.strip()) - len(quote)
    assert f"其后还有 {left} 字" in said(found)
    assert quote_clause(document, document.clause("第二条")).quote == "第二条 乙。"


def test_items_that_run_through_their_parents_are_one_sequence() -> None:
    document = parse_text(
        "一、甲\n（一）乙\n1. 丙。\n2. 丁。\n（二）戊\n3. 己。\n二、庚\n（一）辛\n（二）壬\n", "d"
    )

    def beside(path: str) -> list[str]:
        return [clause.path for clause in find_beside(document, document.clause(path))]

    assert beside("一/（一）/2") == ["一/（一）/1", "一/（二）/3"]
    assert beside("一/（二）/3") == ["一/（一）/2"]
    # （一） begins anew below 二.
    assert beside("一/（二）") == ["一/（一）"]
    assert beside("二/（一）") == ["二/（二）"]
    assert beside("一") == ["二"]
    assert describe_numbers(document) == ["一、–二、", "1.–3."]


def test_numbers_of_chapters_and_articles() -> None:
    assert describe_numbers(build().documents["meals"]) == ["第一章–第三章", "第一条–第六条"]
    assert describe_numbers(parse_text("没有编号的通知\n正文。\n", "d")) == []


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("青岛公共租赁住房规定第三条写的什么", "第三条"),
        ("青岛公共租赁住房规定里第2点说了啥", "第二条"),
        ("山东设施蔬菜意见重点任务的第二项是什么", "二/（二）"),
        ("山东设施蔬菜意见第（三）条讲什么", None),
        ("What does item 2 of the Qingdao provisions say?", "第二条"),
        ("湖州老年助餐办法第9条讲什么", None),
    ],
)
def test_a_number_as_people_say_it(text: str, first: str | None) -> None:
    found = answer(text)
    assert [p.clause.path for p in found.passages] == ([first] if first else [])
    assert (found.outcome, found.reason) == (("answered", None) if first else ("no_basis", "named"))


def test_figures_are_points_before_they_are_brackets() -> None:
    document = parse_text("一、甲\n（一）乙\n1. 丙。\n2. 丁。\n（二）戊\n3. 己。\n", "d")

    def spoken(value: int, figure: bool) -> list[str]:
        return [clause.path for clause in find_spoken(document, value, figure, None)]

    assert spoken(2, True) == ["一/（一）/2"]
    assert spoken(2, False) == ["一/（一）/2", "一/（二）"]
    assert spoken(9, True) == []

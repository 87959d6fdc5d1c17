"""Which documents a question means as a whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.normalization import match_form
from index.translation import Term
from qa.targets import (
    GAP,
    Repealed,
    _part,
    _share,
    find_named,
    find_opening,
    find_targets,
    is_subject,
    target_title,
    without_spans,
)
from tests.forms_library import build


def targets(text: str, *, loose: bool = True) -> list[str]:
    """Return the ids of what ``text``, in which nothing else is asked, means; 文号 of the repealed."""
    index = build()
    named = find_named(text, index)
    found = find_targets(named, named.rest, index, loose=loose)
    return [str(t.reference.number) if isinstance(t, Repealed) else t.id for t in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # by name
        ("湖政办发〔2024〕18号", ["meals"]),
        ("湖政办发[2024]18号文件", ["meals"]),
        ("《青岛市公共租赁住房管理规定》", ["rent"]),
        ("湖政办发（2020）7号", ["湖政办发〔2020〕7号"]),
        ("湖州市老年助餐服务补贴暂行办法", ["湖政办发〔2020〕7号"]),
        ("青岛市公共租赁住房管理规定和鲁农发〔2023〕5号", ["rent", "greenhouse"]),
        # by description
        ("山东那个设施蔬菜的意见", ["greenhouse"]),
        ("山東設施蔬菜的實施意見", ["greenhouse"]),
        ("山东2023年的意见", ["greenhouse"]),
        ("国家公园游客设施的文件", ["toilets"]),
        ("公租房的规定", ["rent"]),
        ("湖州2020年那个助餐补贴的办法", ["湖政办发〔2020〕7号"]),
        ("湖州老年助餐的那个办法", ["meals", "湖政办发〔2020〕7号"]),
        # in English
        ("Shandong opinions on supporting facilities", ["greenhouse"]),
        ("Qingdao's 2019 housing rules", ["rent"]),
        # another place, year or kind, or something else besides
        ("河北那个设施蔬菜的意见", []),
        ("山东2021年设施蔬菜的意见", []),
        ("山东设施蔬菜的管理办法", []),
        ("山东设施蔬菜意见的大棚补助", []),
        ("湖政办发〔2024〕18号的补贴", []),
        ("江苏的青岛市公共租赁住房管理规定", []),
        # a clause
        ("青岛市公共租赁住房管理规定第三条", []),
        # no word for a document, or too many documents
        ("设施蔬菜", []),
        ("这个文件", []),
        ("这个办法", []),
        ("", []),
    ],
)
def test_documents_are_named_or_described(text: str, expected: list[str]) -> None:
    assert targets(text) == expected


def test_a_policy_is_a_document_only_where_it_is_pointed_to_or_loosely() -> None:
    assert targets("青岛公租房政策") == ["rent"]
    assert targets("青岛公租房政策", loose=False) == []
    assert targets("青岛那个公租房政策", loose=False) == []
    assert targets("青岛公租房那个政策", loose=False) == ["rent"]


def test_a_target_has_a_title_and_a_number() -> None:
    index = build()
    [old] = find_named("湖政办发〔2020〕7号", index).targets
    assert isinstance(old, Repealed) and old.by.id == "meals"
    assert target_title(old) == ("湖州市老年助餐服务补贴暂行办法", "湖政办发〔2020〕7号")
    assert target_title(index.documents["rent"])[1] == "青政发〔2019〕3号"


def test_names_leave_a_gap() -> None:
    assert find_named("请问湖政办发〔2024〕18号有效吗", build()).rest == f"请问{GAP}有效吗"
    assert find_named("第三条", build()).clause


@given(
    st.text("甲乙丙丁", max_size=12),
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=4),
)
def test_spans_are_taken_out_once(text: str, pairs: list[tuple[int, int]]) -> None:
    spans = [(min(p), max(p)) for p in pairs]
    inside = {i for start, end in spans for i in range(start, end)}
    kept = "".join(c for i, c in enumerate(text) if i not in inside)
    assert without_spans(text, spans).replace(GAP, "") == kept


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("", True),
        ("那个办法", True),
        ("《某某意见》", True),
        (f"请问{GAP}", True),
        ("公司法", True),
        ("某某规定2019年的", True),
        ("请问，", True),
        ("口头约定", False),
        ("补贴申请", False),
        ("办法的补贴", False),
    ],
)
def test_what_stands_before_tells_of_what_is_asked(before: str, expected: bool) -> None:
    assert is_subject(before) is expected


@given(st.text("甲乙丙丁", max_size=6), st.text("甲乙丙丁", max_size=12))
def test_a_part_counts_the_characters_beside_a_neighbour(form: str, title: str) -> None:
    beside = {
        i
        for start in range(len(form))
        for end in range(start + 2, len(form) + 1)
        if form[start:end] in title
        for i in range(start, end)
    }
    assert _part(form, title) == pytest.approx(len(beside) / max(len(form), 1))


def test_an_official_term_counts_less_than_the_word() -> None:
    word = Term("电动车", ("电动车",), official=("新能源汽车",))
    assert _share(word, "电动车管理办法") == 1
    assert _share(word, "新能源和智能网联汽车方案") == pytest.approx(0.7)
    assert _share(word, "自行车管理办法") == 0


def test_a_document_begins_with_its_purpose() -> None:
    openings = {id: find_opening(document) for id, document in build().documents.items()}
    quotes = {id: opening.quote for id, opening in openings.items() if opening}
    assert quotes["meals"].startswith("第一条 为规范老年助餐服务")
    assert quotes["greenhouse"] == "为加快设施蔬菜发展，现提出如下实施意见。"
    assert all("为" in match_form(quote) for quote in quotes.values())

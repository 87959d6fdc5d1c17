"""What a department does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.parsing import parse_text
from index.hybrid import HybridIndex
from qa.drafts import Draft
from qa.forms.duties import MOST_CLAUSES, draft, read, read_body
from qa.forms.lookup import MAX_BESIDE
from tests.conftest import FakeEncoder
from tests.forms_library import ask, said


def answer(text: str) -> Draft:
    found = ask(draft, text)
    assert found is not None and found.form == "duties"
    return found


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("省财政厅负责什么", ["二/（一）", "三/（一）"]),
        ("财政厅的职责", ["二/（一）", "三/（一）"]),
        ("财政厅的职责是什么？", ["二/（一）", "三/（一）"]),
        ("山东省财政厅要做什么工作", []),
        ("请问山东省财政厅负责哪些工作", ["二/（一）", "三/（一）"]),
        ("省財政廳負責什麼", ["二/（一）", "三/（一）"]),
        ("省农业农村厅牵头哪些工作", ["二/（一）"]),
        ("哪些工作由省水利厅牵头", ["二/（二）"]),
        ("市民政局负责什么", ["第三条", "第四条"]),
        ("湖州市民政局配合什么工作", ["第四条"]),
        ("市财政局牵头什么", ["第四条"]),
        ("各市政府负责什么", ["二/（一）"]),
        ("What is the Department of Finance responsible for?", ["二/（一）", "三/（一）"]),
        ("What does the Shandong water resources department lead?", ["二/（二）"]),
    ],
)
def test_every_clause_of_a_department_is_quoted(text: str, paths: list[str]) -> None:
    if paths:
        found = answer(text)
        assert found.outcome == "answered"
        assert [p.clause.path for p in found.passages] == paths
    else:
        assert ask(draft, text) is None


def test_clauses_stand_under_document_and_role() -> None:
    assert said(answer("市民政局负责什么")).split("\n") == [
        "文档库中有 2 处条款写明市民政局的职责：",
        "《湖州市老年助餐服务管理办法》（湖政办发〔2024〕18号）",
        "负责：",
        "“第三条 市民政局负责助餐服务的统筹指导。（责任单位：市民政局，配合单位：市财政局）”",
        "配合：",
        "“第四条 助餐点每餐补贴3元，补贴申请每年11月30日截止。（市财政局牵头，市民政局配合）”",
    ]


def test_another_role_than_asked_is_partial() -> None:
    found = answer("市民政局牵头哪些工作")
    assert (found.outcome, found.reason) == ("partial", "not_stated")
    assert len(found.passages) == 2


@pytest.mark.parametrize(
    "text",
    [
        "青岛市财政局负责什么",  # of another place
        "教育厅的职责",  # named by no clause
        "省财政厅在大棚方面负责什么",
        "大棚补助由哪个厅负责",
        "物业公司负责什么",
        "Which department is responsible for finance?",
        "What is the Department of Finance responsible for in greenhouses?",
        "",
    ],
)
def test_others_are_left_to_the_search(text: str) -> None:
    assert ask(draft, text) is None


def test_a_long_list_is_cut_and_quotes_are_short() -> None:
    duty = "做好各项工作，" * 40 + "完成任务。（责任单位：省体育局）"
    text = "\n".join(f"{n}. {duty}" for n in range(1, MOST_CLAUSES + 4))
    document = parse_text(f"山东省体育工作要点\n{text}\n", "d")
    found = ask(draft, "省体育局负责什么", index=HybridIndex.build([document], FakeEncoder(64)))
    assert found is not None and len(found.passages) == MOST_CLAUSES
    assert all(len(p.quote) <= MAX_BESIDE for p in found.passages)
    assert said(found).startswith(f"文档库中有 {MOST_CLAUSES + 3} 处条款")
    assert said(found).endswith(f"……只列出前 {MOST_CLAUSES} 处。")


@pytest.mark.parametrize(
    ("name", "core", "level", "place"),
    [
        ("省经信厅", "经济和信息化厅", "省", None),
        ("安徽省经信厅", "经济和信息化厅", "", "安徽省"),
        ("各市(州)政府", "人民政府", "各市", None),
        ("长春市人民政府", "人民政府", "", "长春市"),
        ("教育厅", "教育厅", "", None),
        ("国家税务总局", "国家税务总局", "", None),
    ],
)
def test_a_name_has_place_level_and_core(
    name: str, core: str, level: str, place: str | None
) -> None:
    body = read_body(name)
    assert (body.core, body.level) == (core, level)
    assert [region.name for region in body.places] == ([place] if place else [])


@given(st.text("省市财政厅局委负责牵头什么哪些工作的职责由是各 ？a", max_size=80))
def test_nothing_makes_it_fail(text: str) -> None:
    asked = read(text)
    assert asked is None or asked.roles


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("省水利厅在山东设施蔬菜意见里要干什么", ["二/（二）"]),
        ("山东设施蔬菜意见中，省财政厅都参与哪几项", ["二/（一）", "三/（一）"]),
        ("省财政厅职责 设施蔬菜", ["二/（一）", "三/（一）"]),
        (
            "What is the Department of Finance responsible for under the Shandong opinions?",
            ["二/（一）", "三/（一）"],
        ),
        ("省水利厅在湖州老年助餐办法里要干什么", []),
    ],
)
def test_duties_in_a_document_described(text: str, paths: list[str]) -> None:
    found = ask(draft, text)
    assert [p.clause.path for p in found.passages] == paths if found else not paths

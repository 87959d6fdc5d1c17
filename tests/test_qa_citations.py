"""Citations: where the quote stands in the clean text and in the source, and whether it is in force."""

from __future__ import annotations

from datetime import date

import pytest

from documents.parsing import parse_text
from index.hybrid import HybridIndex
from qa.citations import cite
from qa.evidence import gather
from qa.question import understand
from qa.types import Citation
from tests.conftest import FakeEncoder

SOURCE = """吉林省人民政府办公厅关于印发某某行动方案的通知
吉政办发〔2024〕9号
一、设施
（一）支持公共充(chōng)电站\u200b建设。（省能源局牵头，省财政厅配合）
2024年5月22日
"""


def cite_all(question: str, *sources: str, day: date = date(2024, 6, 1)) -> list[Citation]:
    documents = [parse_text(source, f"d{i}") for i, source in enumerate(sources or (SOURCE,))]
    index = HybridIndex.build(documents, FakeEncoder())
    evidence = gather(understand(question), index.search(question), index)
    return cite([item.passage for item in evidence], index.documents, day)


def test_citation_names_document_clause_and_departments() -> None:
    [citation] = cite_all("充电站建设")
    assert (citation.document, citation.clause, citation.label) == ("d0", "一/（一）", "一、（一）")
    assert citation.number == "吉政办发〔2024〕9号"
    assert "行动方案" in citation.title
    assert [(d.name, d.role) for d in citation.departments] == [
        ("省能源局", "lead"),
        ("省财政厅", "support"),
    ]


def test_quote_is_the_span_and_the_source_span_holds_it_with_its_noise() -> None:
    [citation] = cite_all("充电站建设")
    document = parse_text(SOURCE, "d0")
    assert document.clean[citation.start : citation.end] == citation.quote
    source = document.source[citation.source_start : citation.source_end]
    assert "充(chōng)电站\u200b建设" in source and "充电站建设" in citation.quote
    assert source[0] == citation.quote[0] and source[-1] == citation.quote[-1]


@pytest.mark.parametrize(
    ("day", "status"), [(date(2024, 5, 21), "not_yet"), (date(2024, 5, 22), "in_force")]
)
def test_status_is_that_of_the_day(day: date, status: str) -> None:
    [citation] = cite_all("充电站建设", day=day)
    assert citation.status == status


def test_status_knows_the_rest_of_the_library() -> None:
    newer = "某某新办法\n第一条 回收电池。\n第二条 《某某行动方案》（吉政办发〔2024〕9号）同时废止。\n2025年1月1日\n"
    citations = cite_all("充电站建设", SOURCE, newer, day=date(2026, 1, 1))
    assert {c.document: c.status for c in citations}["d0"] == "repealed"


def test_document_without_title_is_called_by_its_id() -> None:
    [citation] = cite_all("充电站", "第一条 支持充电站建设。\n")
    assert (citation.title, citation.number) == ("d0", None)


def test_citations_keep_the_order_of_the_evidence() -> None:
    citations = cite_all("充电站", "第一条 支持充电站。\n第二条 略过。\n", SOURCE)
    scores = [citation.score for citation in citations]
    assert scores == sorted(scores, reverse=True) and len(scores) == 3


def test_facts_are_what_the_quote_states_where_it_states_them() -> None:
    text = "第一条 对新建公共充电站的企业给予补贴，单个项目最高不超过50万元，2025年底前兑现，有效期3年。\n"
    [citation] = cite_all("充电站补贴", text)
    document = parse_text(text, "d0")
    assert {fact.kind for fact in citation.facts} == {"ceiling", "condition", "deadline"}
    for fact in citation.facts:
        assert document.clean[fact.start : fact.end] == fact.text
        assert citation.start <= fact.start < fact.end <= citation.end
    assert [f.start for f in citation.facts] == sorted(f.start for f in citation.facts)
    assert any("50万元" in fact.text for fact in citation.facts if fact.kind == "ceiling")
    assert citation.highlight is None

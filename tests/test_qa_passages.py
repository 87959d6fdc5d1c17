"""Passages: a verbatim span, the innermost clause around it, and who is responsible for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.parsing import parse_text
from qa.passages import take

TEXT = """吉林省某某意见
一、设施
（一）支持公共充电站建设。（省能源局牵头，省财政厅配合）
（二）支持下列项目：
1.换电站；（省能源局负责）
2.加氢站。
第二段说明组织领导。
二、回收
"""
DOCUMENT = parse_text(TEXT, "d")
SPAN = st.integers(0, len(DOCUMENT.clean))


@given(SPAN, SPAN)
def test_a_passage_is_its_span_in_the_smallest_clause_around_it(one: int, other: int) -> None:
    start, end = sorted((one, other))
    around = [c for c in DOCUMENT.clauses if c.start <= start and end <= c.end]
    if not around:
        with pytest.raises(ValueError):
            take(DOCUMENT, start, end)
        return
    passage = take(DOCUMENT, start, end, score=0.5)
    assert passage.quote == DOCUMENT.clean[start:end]
    assert (passage.start, passage.end, passage.score) == (start, end, 0.5)
    assert passage.document is DOCUMENT and passage.figure is None
    assert passage.clause in around
    assert all(c.start <= passage.clause.start and passage.clause.end <= c.end for c in around), (
        "another clause around the span is inside the one that was taken"
    )


def test_no_clause_holds_what_crosses_from_one_to_the_next() -> None:
    first, second = DOCUMENT.clause("一"), DOCUMENT.clause("二")
    with pytest.raises(ValueError):
        take(DOCUMENT, first.start, second.end)


def quote(text: str) -> tuple[str, list[tuple[str, str]]]:
    start = DOCUMENT.clean.index(text)
    passage = take(DOCUMENT, start, start + len(text))
    assert passage.quote == text
    return passage.clause.path, [(d.name, d.role) for d in passage.departments]


@pytest.mark.parametrize(
    ("text", "path", "departments"),
    [
        ("支持公共充电站建设。", "一/（一）", [("省能源局", "lead"), ("省财政厅", "support")]),
        ("换电站；", "一/（二）/1", [("省能源局", "responsible")]),
        ("加氢站。", "一/（二）/2", []),
        ("第二段说明组织领导。", "一/（二）/2", []),
    ],
)
def test_departments_are_those_of_the_quote(
    text: str, path: str, departments: list[tuple[str, str]]
) -> None:
    assert quote(text) == (path, departments)


def test_a_quote_without_departments_behind_it_has_those_of_its_clause() -> None:
    clause = DOCUMENT.clause("一/（一）")
    assert clause.departments
    passage = take(DOCUMENT, clause.end - 1, clause.end)
    assert passage.departments == clause.departments

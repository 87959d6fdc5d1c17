"""Tables and annexes that are named and not there."""

from __future__ import annotations

import pytest

from documents.losses import find_lost_tables
from documents.parsing import parse_text

BODY = "一、甲事。\n二、乙事。\n"
SIGNED = "某某省人民政府\n2024年5月22日\n（此件公开发布）"


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        (f"{BODY}重点任务分工表", ["重点任务分工表"]),
        (
            f"{BODY}目标分解表（单位：亿元）\n重大项目表\n|",
            ["目标分解表（单位：亿元）", "重大项目表"],
        ),
        (f"{BODY}税目税率表\n续表\n续表", ["税目税率表"]),
        (f"{BODY}目标分解表\n单位：亿元", ["目标分解表"]),
        (f"{BODY}附件1\n重点任务分工表\n", ["重点任务分工表"]),
        (f"{BODY}附图：\n标志式样", ["标志式样"]),
        (f"{BODY}附件", ["附件"]),
        ("一、甲事。\n表1 主要指标\n二、乙事。\n", ["表1 主要指标"]),
        (f"{BODY}附件：重点任务清单\n{SIGNED}", ["重点任务清单"]),
        (f"{BODY}附件：1.任务清单\n      2.责任清单\n{SIGNED}", ["任务清单", "责任清单"]),
        (f"{BODY}{SIGNED}\n附件：1．任务清单\n2．责任清单", ["任务清单", "责任清单"]),
        (f"{BODY}附件1：任务清单\n附件2：责任清单", ["附件1：任务清单", "附件2：责任清单"]),
    ],
)
def test_a_loss_is_found(text: str, lost: list[str]) -> None:
    found = find_lost_tables(text)
    assert [defect.text for defect in found] == lost
    assert {defect.kind for defect in found} == {"lost_table"}
    assert all(text[d.start : d.end] == d.text for d in found)


@pytest.mark.parametrize(
    "text",
    [
        f"{BODY}重点任务分工表\n序号\t任务\n1\t甲",
        f"{BODY}附件：1.任务清单\n2.责任清单\n{SIGNED}\n附件1\n任务清单\n一、甲",
        f"{BODY}附件：某某办法\n{SIGNED}\n某某办法\n第一条 为了甲。",
        f"{BODY}附件：印章式样（略）",
        f"{BODY}附件：任务清单（略）\n{SIGNED}",
        "一、甲事。\n表1 主要指标\n指标\t目标\n二、乙事。",
        "一、甲事。\n如表1所示，指标如下。\n二、乙事。",
        f"{BODY}选举人大代表",
        f"{BODY}{SIGNED}",
        BODY,
        "",
    ],
)
def test_what_is_there_or_left_out_on_purpose_is_not_lost(text: str) -> None:
    assert find_lost_tables(text) == []


def test_a_loss_belongs_to_the_clause_it_stands_in() -> None:
    document = parse_text(f"某某方案\n{BODY}{SIGNED}\n重点任务分工表", "x")
    assert [(c.path, d.text) for c in document.clauses for d in c.defects] == [
        ("尾", "重点任务分工表")
    ]

"""Labels: paths as people write them, with the 款 that is in no path."""

from __future__ import annotations

import pytest

from documents.parsing import parse_text
from qa.labels import format_citation_label, format_label


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("一/（五）/13", "一、（五）13."),
        ("三/（二）/十是", "三、（二）十是"),
        ("二十一", "二十一、"),
        ("第十二条/（三）", "第十二条第（三）项"),
        ("第十二条之一/（三）", "第十二条之一第（三）项"),
        ("第一编/第二章/第一节", "第一编第二章第一节"),
        ("某某办法/第三条/（一）", "《某某办法》第三条第（一）项"),
        ("附件1/一/（二）", "附件1 一、（二）"),
        ("附件/第三条/（一）", "附件 第三条第（一）项"),
        ("附件1#2/一", "附件1（第2处） 一、"),
        ("附件2", "附件2"),
        ("附件2/尾", "附件2 结尾"),
        ("某某市管理办法/第三条", "《某某市管理办法》第三条"),
        ("甲／乙办法/尾", "《甲/乙办法》结尾"),
        ("第一部分/一", "第一部分一、"),
        ("一百二十三", "一百二十三、"),
        ("一/（一）/1/（2）/①", "一、（一）1.（2）①"),
        ("1/1.1/1.1.1", "1.1.1"),
        ("一/（二）#2/1", "一、（二）（第2处）1."),
        ("三#2", "三、（第2处）"),
        ("第十二条#2/（三）", "第十二条（第2处）第（三）项"),
        ("首", "开头"),
        ("尾", "结尾"),
    ],
)
def test_path_as_a_citation_prints_it(path: str, label: str) -> None:
    assert format_label(path) == label


LAW = """第一条 各级政府支持充电站建设。
第二条 各级政府补助下列项目：
（一）充电站；
（二）换电站；
1. 公用的；
（三）加氢站。
前款所称补助由财政部门安排。
第三条 各级政府奖励：
（1）企业；
（2）个人。
第三条 号码重复的条文。
第二段。
（一）其中一项。
"""


@pytest.mark.parametrize(
    ("path", "words", "label"),
    [
        ("第一条", "支持充电站", "第一条"),
        ("第二条", "各级政府补助", "第二条第一款"),
        ("第二条/（一）", "充电站；", "第二条第一款第（一）项"),
        ("第二条/（二）/1", "公用的", "第二条第一款第（二）项1."),
        ("第二条", "前款所称", "第二条第二款"),
        ("第三条/（2）", "个人", "第三条第（2）项"),  # items are no 款
        ("第三条#2", "第二段", "第三条（第2处）第二款"),
        ("第三条#2/（一）", "其中一项", "第三条（第2处）第二款第（一）项"),
    ],
)
def test_paragraph_is_counted_from_where_the_quote_lies(path: str, words: str, label: str) -> None:
    document = parse_text(LAW, "d")
    start = document.clean.index(words)
    assert format_citation_label(document, document.clause(path), start) == label


def test_outside_articles_there_are_no_paragraphs() -> None:
    document = parse_text("一、任务\n第一段说明情况。\n第二段说明情况。\n", "d")
    start = document.clean.index("第二段")
    assert format_citation_label(document, document.clauses[0], start) == "一、"

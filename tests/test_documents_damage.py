"""Damage is found where it is, named once, and never seen in a whole text."""

from __future__ import annotations

import pytest

from documents.damage import find_defects, find_doubtful, find_truncation
from documents.types import Defect


def found(text: str) -> list[tuple[str, str]]:
    return [(defect.kind, defect.text) for defect in find_defects(text, 0, len(text))]


@pytest.mark.parametrize(
    ("text", "kind", "lost"),
    [
        ("给予补助，最高不超过万元。", "missing_number", "最高不超过万元"),
        ("最高支持额度不超过万元。", "missing_number", "最高支持额度不超过万元"),
        ("给予奖励万元。", "missing_number", "奖励万元"),
        ("投资不低于亿元的项目", "missing_number", "不低于亿元"),
        ("营业收入超过0万元的", "missing_number", "超过0万元"),
        ("奖励，0万元", "missing_number", "0万元"),
        ("增速不低于%，比重达到%以上", "missing_number", "不低于%"),
        ("培育企业不少于家，", "missing_number", "不少于家"),
        ("发展规划（2023—年）", "missing_number", "2023—年"),
        ("吉政发〔2024〕号", "missing_number", "吉政发〔2024〕号"),
        ("吉政发（）2号", "missing_number", "吉政发（）2号"),
        ("到年，全省产量", "missing_number", "到年"),
        ("吉政发〔〕2号", "missing_number", "吉政发〔〕2号"),
        ("吉政发[ ]2号", "missing_number", "吉政发[ ]2号"),
        ("企业RD经费", "lost_character", "RD"),
        ("&ldquo;十四五", "entity", "&ldquo;"),
        ("面积&#8805;5", "entity", "&#8805;"),
        ("面积&#x2265;5", "entity", "&#x2265;"),
        ("汽车\ufffd产业", "mojibake", "\ufffd"),
        ("汽车\ue123产业", "mojibake", "\ue123"),
        ("蓢?g)家", "mojibake", "?g)"),
        ("力爭(?jiǎng)", "mojibake", "?jiǎng)"),
        ("规模?;产业", "mojibake", "?;"),
        ("展?jié)摿Υ蟮产业", "mojibake", "?jié)摿Υ"),
        ("向?qū)I化、規?;?、高端化", "mojibake", "?qū)I"),
        ("协同出?!保餐谀繕?biāo)市", "mojibake", "?!保餐谀繕?biāo)"),
        ("使用锟斤拷锟斤拷方法", "mojibake", "锟斤拷锟斤拷"),
    ],
)
def test_damage_is_found(text: str, kind: str, lost: str) -> None:
    assert (kind, lost) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "给予补助，最高不超过500万元。",
        "最高不超过五百万元",
        "营业收入超过1000万元的",
        "营业收入超过2.0万元的",
        "到2026年，全省产量",
        "到年底，全省产量",
        "到年末完成",
        "吉政发〔2024〕2号",
        "R&D经费",
        "R&D;AT&T；A & B;",
        "BRD公司",
        "是否继续?",
        "新能源汽车NEV产业",
        "万元产值能耗",
        "①企业",
        "怎么办?!这样办。",
        "达到100%，",
        "超过个人能力",
        "（2023—2027年）",
        "签字：【 】",
        "（  ）年",
        "",
    ],
)
def test_a_whole_text_has_no_damage(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    ["应当满足①具有资质②注册满一年", "第I类企业", "收入≥百分之五", "汽车的β类", "补贴额度万元以上"],
)
def test_rare_characters_of_a_sound_text_are_no_damage(text: str) -> None:
    assert found(text) == []


def test_offsets_point_at_what_stands_there() -> None:
    text = "前文。最高不超过万元。到年，RD经费。"
    defects = find_defects(text, 3, len(text))
    assert [text[d.start : d.end] for d in defects] == [d.text for d in defects]
    assert [d.start for d in defects] == sorted(d.start for d in defects)
    assert len(defects) == 3


def test_only_the_given_part_is_searched() -> None:
    text = "最高不超过万元。到年，"
    assert [d.text for d in find_defects(text, 8, len(text))] == ["到年"]


def test_a_place_is_reported_once() -> None:
    assert found("最高不超过0万元") == [("missing_number", "最高不超过0万元")]


_RUNNING = "甲。加强对重要创新成果、高端人才引进、重大项目建设等的宣传，吸引资源要素聚集，形成广泛"


def test_a_text_that_stops_in_mid_sentence_is_truncated() -> None:
    assert find_truncation(_RUNNING, 0, len(_RUNNING)) == Defect(
        "truncated", "形成广泛", len(_RUNNING) - 4, len(_RUNNING)
    )


def test_a_text_that_stops_at_a_comma_is_truncated() -> None:
    text = "全省新能源和智能网联汽车产业发展布局更加优化，产业规模和竞争力位居国内前列，"
    found = find_truncation(text, 0, len(text))
    assert found is not None and found.text == "产业规模和竞争力位居国内前列，"


def test_vague_figures_are_lost_where_others_are() -> None:
    text = "年产值近亿元。"
    known = [Defect("missing_number", "到年", 0, 2)] * 3
    assert [d.text for d in find_doubtful(text, known)] == ["近亿元"]
    assert find_doubtful(text, known[:2]) == []
    assert find_doubtful(text, [Defect("mojibake", "", 0, 0)] * 3) == []


@pytest.mark.parametrize(
    "text",
    [
        _RUNNING + "影响。",
        _RUNNING + "影响）",
        "形成广泛",  # a title, not a sentence
        "附件：重点任务清单，分工",
        "国旗的制法，如图。\n\n附件：某某重点任务分工和完成时限以及责任单位一览的表格",
        "加强对重要创新成果和高端人才引进以及重大项目建设等成果的宣传推广目录汇总",
    ],
)
def test_what_is_finished_or_no_sentence_is_not_truncated(text: str) -> None:
    assert find_truncation(text, 0, len(text)) is None

"""Damage is found where it is, named once, and never seen in a whole text."""

from __future__ import annotations

import pytest

from documents.damage import find_defects, find_truncation
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
        ("营业收入超过0万元的", "missing_number", "0万元"),
        ("到年，全省产量", "missing_number", "到年"),
        ("吉政发〔〕2号", "missing_number", "吉政发〔〕2号"),
        ("吉政发[ ]2号", "missing_number", "吉政发[ ]2号"),
        ("企业RD经费", "lost_character", "RD"),
        ("&ldquo;十四五", "entity", "&ldquo;"),
        ("面积&#8805;5", "entity", "&#8805;"),
        ("面积&#x2265;5", "entity", "&#x2265;"),
        ("汽车\ufffd产业", "mojibake", "\ufffd"),
        ("汽车\ue123产业", "mojibake", "\ue123"),
        ("蓢?g)家", "mojibake", "蓢?g"),
        ("力爭(?jiǎng)", "mojibake", "?jiǎng)"),
        ("规模?;产业", "mojibake", "模?;"),
        ("展?jié)摿Υ蟮产业", "mojibake", "Υ"),
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
    assert found("最高不超过0万元") == [("missing_number", "0万元")]


_RUNNING = "甲。加强对重要创新成果、高端人才引进、重大项目建设等的宣传，吸引资源要素聚集，形成广泛"


def test_a_text_that_stops_in_mid_sentence_is_truncated() -> None:
    assert find_truncation(_RUNNING, 0, len(_RUNNING)) == Defect(
        "truncated", _RUNNING[2:], 2, len(_RUNNING)
    )


@pytest.mark.parametrize(
    "text",
    [
        _RUNNING + "影响。",
        _RUNNING + "影响）",
        "形成广泛",  # a title, not a sentence
        "附件：重点任务清单，分工",
        "加强对重要创新成果和高端人才引进以及重大项目建设等成果的宣传推广目录汇总",
    ],
)
def test_what_is_finished_or_no_sentence_is_not_truncated(text: str) -> None:
    assert find_truncation(text, 0, len(text)) is None

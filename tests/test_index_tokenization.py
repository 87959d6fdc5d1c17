"""Terms: the same for every spelling of the same words."""

from __future__ import annotations

import pytest

from index.tokenization import content_words, tokenize, vocabulary_of


def test_chinese_runs_give_characters_then_pairs() -> None:
    assert tokenize("充电站") == ["充", "电", "站", "充电", "电站"]


def test_no_pair_crosses_a_mark() -> None:
    assert tokenize("充电，站") == ["充", "电", "充电", "站"]


def test_words_and_figures_are_whole() -> None:
    assert tokenize("L3级R&D 2.5亿") == ["l", "3", "级", "r", "d", "2.5", "亿"]


def test_repetitions_are_kept() -> None:
    assert tokenize("站站") == ["站", "站", "站站"]


@pytest.mark.parametrize(
    ("one", "other"),
    [("汽車產業", "汽车产业"), ("ＮＥＶ２０２５", "nev2025"), ("充 电\u200b站", "充电站"), ("二〇二五年", "2025年")],
)  # fmt: skip
def test_spellings_give_the_same_terms(one: str, other: str) -> None:
    assert tokenize(one) == tokenize(other)


@pytest.mark.parametrize("text", ["", " \n", "，。！", "\u200f\u202e", "🚗", "\x00\x07"])
def test_text_without_words_has_no_terms(text: str) -> None:
    assert tokenize(text) == []
    assert content_words(text) == []


def test_rare_characters_of_other_planes_are_chinese() -> None:
    assert tokenize("㐀𠀀") == ["㐀", "𠀀", "㐀𠀀"]


def test_content_words_leave_out_what_says_nothing_of_the_matter() -> None:
    assert content_words("充电站的建设有什么支持？") == ["充电站", "建设", "有", "支持"]
    assert content_words("汽車和電池") == ["汽车", "电池"]


def test_words_that_begin_with_a_numeral_are_no_numerals() -> None:
    assert "零部件" in content_words("零部件产业")
    assert "三" not in content_words("三个产业")


def test_figures_and_english_words_are_content() -> None:
    assert content_words("2025年NEV") == ["2025", "nev"]


def test_vocabulary_is_in_order_of_first_appearance() -> None:
    assert vocabulary_of([["乙", "甲"], [], ["甲", "丙"]]) == {"乙": 0, "甲": 1, "丙": 2}

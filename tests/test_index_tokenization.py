"""Terms: the same for every spelling of the same words."""

from __future__ import annotations

import functools
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from index import tokenization
from index.tokenization import content_words, tokenize, vocabulary_of, word_boundaries


def words(text: str) -> list[str]:
    return [word.text for word in content_words(text)]


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
    assert words(text) == []


def test_rare_characters_of_other_planes_are_chinese() -> None:
    assert tokenize("㐀𠀀") == ["㐀", "𠀀", "㐀𠀀"]


def test_content_words_leave_out_what_says_nothing_of_the_matter() -> None:
    assert words("充电站的建设有什么支持？") == ["充电站", "建设", "有", "支持"]
    assert words("汽車和電池") == ["汽车", "电池"]


def test_words_that_begin_with_a_numeral_are_no_numerals() -> None:
    assert "零部件" in words("零部件产业")
    assert "三" not in words("三个产业")


def test_figures_and_english_words_are_content() -> None:
    assert words("2025年NEV") == ["2025", "nev"]


def test_vocabulary_is_in_order_of_first_appearance() -> None:
    assert vocabulary_of([["乙", "甲"], [], ["甲", "丙"]]) == {"乙": 0, "甲": 1, "丙": 2}


def test_names_of_places_are_marked() -> None:
    assert [w.text for w in content_words("日本和美国的汽车政策") if w.place] == ["日本", "美国"]


def test_boundaries_are_those_of_words() -> None:
    assert word_boundaries("扩大连锁") == {0, 2, 4}
    assert word_boundaries("") == {0}


def test_words_are_other_terms_than_pairs_of_characters() -> None:
    assert tokenize("支持充电站 APP", "words") == ["=支持", "=充电站", "app"]
    both = tokenize("支持", "both")
    assert both == [*tokenize("支持"), "=支持"]


def test_askers_who_come_first_together_load_one_dictionary(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded: list[int] = []

    @functools.cache
    def load() -> object:
        loaded.append(1)
        time.sleep(0.02)
        return object()

    monkeypatch.setattr(tokenization, "_load_tagger", load)
    with ThreadPoolExecutor(8) as pool:
        taggers = list(pool.map(lambda _: tokenization._tagger(), range(8)))
    assert len(loaded) == 1 and len(set(map(id, taggers))) == 1

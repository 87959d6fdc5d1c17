"""English words to Chinese terms: the lexicon first, then the dictionary read backwards."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from documents.normalization import has_han, match_form
from index.translation import Term, in_chinese, translate

LEXICON = Path(__file__).parent.parent / "index" / "lexicon" / "english.tsv"


def forms(text: str) -> tuple[str, ...]:
    [term] = translate(text)
    return term.forms


def test_word_is_not_what_another_form_of_it_means() -> None:
    assert "会议" in forms("meetings") and "见面" not in forms("meetings")
    assert "见面" in forms("meet") and "会议" not in forms("meet")


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("policies", "政策"),
        ("Subsidy", "补贴"),
        ("subsidies", "补贴"),
        ("companies", "企业"),
        ("enterprises’", "企业"),
    ],
)
def test_forms_of_a_word_are_tried(text: str, term: str) -> None:
    assert term in forms(text)


def test_longest_phrase_wins() -> None:
    assert [term.text for term in translate("new energy vehicles")] == ["new energy vehicles"]
    assert forms("new energy vehicles") == ("新能源汽车",)
    assert [term.text for term in translate("the charging stations of vehicles")] == [
        "charging stations",
        "vehicles",
    ]


def test_hyphens_and_slashes_part_words() -> None:
    assert forms("new-energy") == forms("new energy") == ("新能源",)


def test_unknown_words_stay_as_they_are_each_once() -> None:
    assert translate("BYD, byd and L3") == [Term("byd", ("byd",)), Term("l3", ("l3",))]


@pytest.mark.parametrize(
    "text", ["", "Which departments are responsible?", "what is there for us?", "？！", "充电站"]
)
def test_nothing_to_translate(text: str) -> None:
    assert translate(text) == []
    assert in_chinese(text) == ""


def test_dictionary_is_only_asked_for_what_the_lexicon_lacks() -> None:
    known, unknown = translate("subsidies"), translate("piano")
    assert [term.loose for term in (*known, *unknown)] == [False, True]
    assert unknown[0].forms == ("钢琴",)


def test_chinese_of_a_question_is_its_places_and_terms_in_order() -> None:
    assert in_chinese("new energy piano BYD") == "新能源 钢琴 byd"
    assert in_chinese("Sichuan-Chongqing subsidies") == "四川 重庆 补贴 补助 奖补"
    assert in_chinese("subsidies in Inner Mongolia").split()[0] == "内蒙古"


def test_lexicon_is_written_as_it_is_searched() -> None:
    with LEXICON.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert rows and all(list(row) == ["english", "chinese", "evidence"] for row in rows)
    for row in rows:
        assert row["english"] == row["english"].lower().strip() and row["evidence"], row
        assert has_han(row["chinese"]) and match_form(row["chinese"]) == row["chinese"], row
        assert row["chinese"] in forms(row["english"]), row
    pairs = [(row["english"], row["chinese"]) for row in rows]
    assert len(pairs) == len(set(pairs))

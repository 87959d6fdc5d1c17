"""What nearness means: standardised against questions that no policy answers."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.normalization import has_han
from documents.parsing import parse_text
from index.background import (
    UNMEASURED,
    Background,
    Language,
    Spread,
    _questions,
    language_of,
    measure_background,
)
from index.configuration import Configuration
from index.filters import read_filters
from index.hybrid import HybridIndex
from index.snapshot import current, read_manifest
from index.translation import known_in_chinese
from tests.conftest import FakeEncoder
from tests.qa_library import index_with_model, sample_assistant

LIBRARY = {
    "a": "吉林省某某意见\n一、支持公共充电站建设，给予一次性补助。\n二、周末想去海边玩的，住在酒店。\n",
    "b": "安徽省某某意见\n一、建立动力电池回收体系。\n二、支持换电站建设和运营。\n",
}
QUESTIONS = ("公共充电站建设有什么补助", "被辞退了", "charging station", "红烧肉怎么做", "🚗")


def build(encoder: FakeEncoder, late: int = 20) -> HybridIndex:
    documents = [parse_text(text, id) for id, text in LIBRARY.items()]
    return HybridIndex.build(documents, encoder, configuration=Configuration(late=late))


# --- the spread


def test_background_is_as_many_questions_in_each_language() -> None:
    chinese, english = _questions()["zh"], _questions()["en"]
    assert len(set(chinese)) == len(chinese) == len(set(english)) == len(english) >= 30
    assert all(map(has_han, chinese)) and not any(map(has_han, english))


@pytest.mark.parametrize(
    ("question", "language"),
    [("充电站", "zh"), ("NEV 补贴", "zh"), ("charging station", "en"), ("🚗", "en"), ("", "en")],
)
def test_a_question_is_compared_with_those_of_its_language(
    question: str, language: Language
) -> None:
    assert language_of(question) == language


def test_spread_is_mean_and_sample_deviation_of_each_language() -> None:
    background = measure_background(lambda question: float(len(question)))
    for language, questions in _questions().items():
        lengths = [len(question) for question in questions]
        mean = sum(lengths) / len(lengths)
        variance = sum((length - mean) ** 2 for length in lengths) / (len(lengths) - 1)
        assert background[language].mean == pytest.approx(mean, abs=1e-4)
        assert background[language].deviation == pytest.approx(math.sqrt(variance), abs=1e-4)


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(0.001, 1))
def test_nearness_is_told_in_deviations_above_the_mean(
    nearness: float, mean: float, deviation: float
) -> None:
    spread = Spread(mean, deviation)
    assert mean + spread.standardize(nearness) * deviation == pytest.approx(nearness, abs=1e-9)
    assert spread.standardize(mean) == 0
    assert spread.standardize(mean + deviation) == pytest.approx(1)


@pytest.mark.parametrize("noise", [0.0, 1e-9])
def test_where_all_are_alike_a_deviation_is_one(noise: float) -> None:
    background = measure_background(lambda question: 0.25 + noise * (len(question) % 2))
    assert background["zh"] == background["en"] == Spread(0.25, 1.0)


def test_unmeasured_leaves_nearness_as_it_is() -> None:
    assert [UNMEASURED[language].standardize(0.3) for language in UNMEASURED] == [0.3, 0.3]


# --- of an index, by hand


def bigrams(text: str) -> list[str]:
    characters = "".join(text.split())
    return ["".join(pair) for pair in pairwise(characters)] or [characters]


def read(index: HybridIndex, question: str) -> str:
    """Return what the encoder reads of ``question``: it, and what the lexicon knows of it."""
    known = dict.fromkeys(term for _, term in index.expansions(question))
    return " ".join([question, *(known if has_han(question) else known_in_chinese(question))])


def nearness_by_tokens(index: HybridIndex, question: str) -> list[float]:
    """Return for each unit the share of the question's bigrams that it has."""
    asked = bigrams(read(index, question))
    units = [set(bigrams(f"{unit.context}\n{unit.text}")) for unit in index.units]
    return [sum(bigram in unit for bigram in asked) / len(asked) for unit in units]


def nearness_by_vectors(index: HybridIndex, question: str) -> list[float]:
    """Return for each unit the cosine of its bigrams' counts with the question's."""

    def count(text: str) -> dict[str, int]:
        found = bigrams(text)
        return {bigram: found.count(bigram) for bigram in found}

    asked = count(read(index, question))
    units = [count(f"{unit.context}\n{unit.text}") for unit in index.units]
    return [
        sum(n * unit.get(bigram, 0) for bigram, n in asked.items())
        / math.hypot(*asked.values())
        / math.hypot(*unit.values())
        for unit in units
    ]


@pytest.mark.parametrize(
    ("late", "tokens", "by_hand"),
    [
        (20, True, nearness_by_tokens),
        (1, True, nearness_by_tokens),  # what is not among the first is measured all the same
        (0, True, nearness_by_vectors),
        (20, False, nearness_by_vectors),
    ],
)
def test_nearness_of_a_hit_is_that_of_its_unit_in_deviations(
    late: int, tokens: bool, by_hand: Callable[[HybridIndex, str], list[float]]
) -> None:
    index = build(FakeEncoder(65_536, tokens=tokens), late)
    # Every unit is among the best of four, so the best of a question is the best of all.
    values: Mapping[Language, list[float]] = {
        language: [max(by_hand(index, question)) for question in questions]
        for language, questions in _questions().items()
    }
    for question in QUESTIONS:
        hits = index.search(question, k=10)
        assert len(hits) == len(index.units) == 4
        raw = by_hand(index, question)
        numbers = {(u.document, u.clause): i for i, u in enumerate(index.units)}
        spread = values[language_of(question)]
        mean = sum(spread) / len(spread)
        deviation = math.sqrt(sum((v - mean) ** 2 for v in spread) / (len(spread) - 1)) or 1.0
        for hit in hits:
            expected = (raw[numbers[hit.result.document, hit.result.clause]] - mean) / deviation
            # Mean and deviation are kept with four digits.
            tolerance = 2e-4 * (1 + abs(expected)) / deviation
            assert hit.nearness == pytest.approx(expected, abs=tolerance)


def test_a_filter_does_not_change_how_near_a_unit_is() -> None:
    index = build(FakeEncoder())
    everywhere = {
        (h.result.document, h.result.clause): h.nearness for h in index.search("充电站建设")
    }
    [first, *others] = index.search("充电站建设", filters=read_filters({"document": "b"}))
    for hit in (first, *others):
        assert hit.result.document == "b"
        assert hit.nearness == everywhere["b", hit.result.clause]


def test_library_without_units_has_a_background_all_the_same() -> None:
    index = HybridIndex.build([parse_text("标题\n", "d")], FakeEncoder())
    assert index.search("充电站") == ()
    assert background_of(index) == {"zh": Spread(0.0, 1.0), "en": Spread(0.0, 1.0)}


# --- stored


def background_of(index: HybridIndex) -> Background:
    return index._content.background


def test_same_library_and_encoder_give_the_same_numbers() -> None:
    one, other = build(FakeEncoder()), build(FakeEncoder())
    assert background_of(one) == background_of(other) != UNMEASURED
    assert background_of(build(FakeEncoder(512))) != background_of(one)


def test_background_is_stored_in_the_snapshot_and_read_from_it(tmp_path: Path) -> None:
    index = build(FakeEncoder())
    index.save(tmp_path)
    folder = current(tmp_path)
    assert folder is not None
    stored = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["background"]
    assert stored == {
        language: [spread.mean, spread.deviation]
        for language, spread in background_of(index).items()
    }
    assert read_manifest(tmp_path).background.keys() == {"zh", "en"}
    loaded = HybridIndex.load(tmp_path, FakeEncoder())
    assert background_of(loaded) == background_of(index)
    for question in QUESTIONS:
        nearness = [hit.nearness for hit in loaded.search(question)]
        assert nearness == [hit.nearness for hit in index.search(question)]


# --- what it tells

ON_THE_MATTER = [
    "充电站建设",
    "零部件产业集群",
    "新能源汽车产业集群发展",
    "制造业产业集群培育",
    "推进新型基础设施建设",
]
# None of them is one of the background's own.
OFF_THE_MATTER = [
    "怎么给小狗洗澡",
    "明天下雨吗",
    "这部电影好看吗",
    "感冒了喝什么汤",
    "吉他怎么调音",
]


def best(index: HybridIndex, question: str) -> float:
    return max(hit.nearness for hit in index.search(question, k=20))


def test_the_background_itself_is_about_zero() -> None:
    index = sample_assistant().index
    assert isinstance(index, HybridIndex)
    for questions in _questions().values():
        found = np.array([best(index, question) for question in questions])
        assert found.mean() == pytest.approx(0, abs=0.05)
        assert found.std(ddof=1) == pytest.approx(1, abs=0.05)


def test_a_question_on_the_library_s_matter_is_far_above_zero() -> None:
    index = sample_assistant().index
    assert isinstance(index, HybridIndex)
    on = [best(index, question) for question in ON_THE_MATTER]
    off = [best(index, question) for question in OFF_THE_MATTER]
    assert max(off) < 3 < min(on) and abs(float(np.mean(off))) < 1


@pytest.mark.model
def test_the_default_model_tells_them_apart_too() -> None:
    index = index_with_model()
    on = [best(index, question) for question in [*ON_THE_MATTER, "charging stations"]]
    off = [best(index, question) for question in [*OFF_THE_MATTER, "how to bathe a puppy"]]
    assert max(off) < 3 < min(on) and abs(float(np.mean(off))) < 1
    for questions in _questions().values():
        found = np.array([best(index, question) for question in questions])
        assert found.mean() == pytest.approx(0, abs=0.2)

"""BM25: against rank_bm25 with Lucene's formula, and by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from rank_bm25 import BM25Okapi

from documents.library import read_documents
from documents.types import Document
from index.fusion import rank
from index.lexical import EXPANSION_WEIGHT, K1, B, LexicalIndex
from index.tokenization import tokenize
from index.units import build_units

QUESTIONS = [
    "充电站建设有什么支持？",
    "首台套重大技术装备奖励最高多少",
    "新能源汽车产业集群由谁牵头",
    "智能网联汽车测试示范",
    "汽車產業用地保障",
    "2025年产量目标",
    "企业研发费用补助",
    "动力电池回收利用",
    "人才引进和培养",
    "零部件本地配套率",
    "加氢站、换电站",
    "本方案有效期几年",
    "集群 集群 集群",
]


class Lucene(BM25Okapi):
    """rank_bm25 with Lucene's IDF, which is never negative, and without the constant k1 + 1."""

    def _calc_idf(self, nd: dict[str, int]) -> None:
        for word, count in nd.items():
            self.idf[word] = math.log(1 + (self.corpus_size - count + 0.5) / (count + 0.5))

    def get_scores(self, query: list[str]) -> NDArray[np.float64]:
        return super().get_scores(query) / (self.k1 + 1)


def reference(texts: list[str]) -> Lucene:
    return Lucene([tokenize(text) for text in texts], k1=K1, b=B)


@pytest.fixture(scope="module")
def texts(samples: Path) -> list[str]:
    documents = [d for d in read_documents([samples]) if isinstance(d, Document)]
    return [f"{u.context}\n{u.text}" for d in documents for u in build_units(d)]


@pytest.fixture(scope="module")
def index(texts: list[str]) -> LexicalIndex:
    return LexicalIndex.build(texts)


@pytest.mark.parametrize("question", QUESTIONS)
def test_scores_and_order_are_the_reference_s(
    question: str, texts: list[str], index: LexicalIndex
) -> None:
    expected = reference(texts).get_scores(tokenize(question))
    scores = index.score(question)
    assert scores.dtype == np.float32 and scores.shape == (len(texts),) and scores.max() > 0
    np.testing.assert_allclose(scores, expected, rtol=1e-4, atol=1e-4)
    assert rank(scores).tolist() == rank(expected.round(6)).tolist()


@given(
    st.lists(st.text(alphabet="甲乙丙丁a1 。", max_size=12), min_size=1, max_size=12),
    st.text(alphabet="甲乙丙丁戊a1 。", max_size=12),
)
def test_scores_of_any_corpus_are_the_reference_s(corpus: list[str], question: str) -> None:
    scores = LexicalIndex.build(corpus).score(question)
    # Without a term at all the reference would divide by a mean length of 0.
    terms = tokenize(question) if any(map(tokenize, corpus)) else []
    expected = reference(corpus).get_scores(terms) if terms else np.zeros(len(corpus))
    np.testing.assert_allclose(scores, expected, rtol=1e-4, atol=1e-4)


def test_score_is_the_formula() -> None:
    index = LexicalIndex.build(["甲", "乙b b", "丙"])
    lengths, mean = [1, 3, 1], 5 / 3
    idf = math.log(1 + (3 - 1 + 0.5) / (1 + 0.5))
    tf = 2 / (2 + 1.2 * (1 - 0.75 + 0.75 * lengths[1] / mean))
    np.testing.assert_allclose(index.score("b"), [0, idf * tf, 0], rtol=1e-6)


def test_idf_is_counted_by_units_and_bounded_by_the_rarest_term() -> None:
    index = LexicalIndex.build(["充电站，充电站", "充电桩", "电池", "补贴"])

    def idf(frequency: int) -> float:
        return math.log(1 + (4 - frequency + 0.5) / (frequency + 0.5))

    assert index.idf("电") == pytest.approx(idf(3))
    assert index.idf("充电") == pytest.approx(idf(2))
    assert index.idf("充电站") == pytest.approx(idf(1))
    assert index.idf("充值") == index.idf("煤") == index.idf("") == pytest.approx(idf(0))


@pytest.mark.parametrize("question", ["", "？！", "氢 hydrogen 99"])
def test_question_of_no_known_term_scores_nothing(question: str) -> None:
    scores = LexicalIndex.build(["充电站", "补贴"]).score(question)
    assert scores.tolist() == [0, 0] and scores.dtype == np.float32


def test_unknown_terms_change_nothing(index: LexicalIndex) -> None:
    # No pair of the question is broken by what is added.
    np.testing.assert_array_equal(index.score("充电站 zzz"), index.score("充电站"))


@given(
    st.lists(st.text(alphabet="甲乙丙丁a1 。", max_size=12), min_size=1, max_size=12),
    st.text(alphabet="甲乙丙丁戊a1 。", max_size=6),
    st.lists(st.text(alphabet="甲乙丙丁戊a1 。", max_size=4), max_size=3),
    st.floats(0, 1),
)
def test_expansions_add_the_weighted_score_of_new_terms_each_once(
    corpus: list[str], question: str, expansions: list[str], weight: float
) -> None:
    own = tokenize(question)
    new = {term for text in expansions for term in tokenize(text)} - set(own)
    scores = LexicalIndex.build(corpus).score(question, expansions, weight)
    if any(map(tokenize, corpus)):
        bm25 = reference(corpus)
        expected = bm25.get_scores(own) + weight * bm25.get_scores(list(new))
    else:
        expected = np.zeros(len(corpus))
    np.testing.assert_allclose(scores, expected, rtol=1e-4, atol=1e-4)


def test_expansions_weigh_as_chosen_unless_told() -> None:
    index = LexicalIndex.build(["拆迁", "征收", "其他"])
    own, all_ = index.score("拆迁"), index.score("拆迁", ["征收"])
    np.testing.assert_allclose(all_, own + EXPANSION_WEIGHT * index.score("征收"), rtol=1e-6)
    assert all_[0] > all_[1] > all_[2] == 0


def test_saved_index_scores_the_same(index: LexicalIndex, texts: list[str], tmp_path: Path) -> None:
    index.save(tmp_path / "lexical")
    loaded = LexicalIndex.load(tmp_path / "lexical", len(texts))
    for question in QUESTIONS:
        np.testing.assert_array_equal(loaded.score(question), index.score(question))
        assert loaded.idf(question) == index.idf(question)


def test_saved_files_are_the_same_again(texts: list[str], tmp_path: Path) -> None:
    for name in ("first", "second"):
        LexicalIndex.build(texts).save(tmp_path / name)
    for path in (tmp_path / "first").iterdir():
        assert path.read_bytes() == (tmp_path / "second" / path.name).read_bytes()


@pytest.mark.parametrize("texts", [[], ["", "！！"]])
def test_units_without_a_term_can_be_saved_too(texts: list[str], tmp_path: Path) -> None:
    built = LexicalIndex.build(texts)
    built.save(tmp_path / "lexical")
    for index in (built, LexicalIndex.load(tmp_path / "lexical", len(texts))):
        assert index.score("充电站").tolist() == [0] * len(texts)
        assert index.idf("充电站") == pytest.approx(math.log(1 + (len(texts) + 0.5) / 0.5))


def test_words_match_whole_where_pairs_match_in_part() -> None:
    texts = ["大连市场", "扩大连锁"]
    assert (LexicalIndex.build(texts).score("大连") > 0).all()
    by_words = LexicalIndex.build(texts, "words").score("大连")
    assert by_words[0] > 0 and by_words[1] == 0

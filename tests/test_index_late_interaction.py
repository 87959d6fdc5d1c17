"""Late interaction: every score recomputed token by token, rounding bounded, and what turns it off."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from documents.parsing import parse_text
from documents.types import Document
from index import hybrid
from index.configuration import Configuration
from index.filters import read_filters
from index.fusion import combine
from index.hybrid import HybridIndex
from index.late_interaction import LateInteraction, join, nearness, quantize
from index.lexical import LexicalIndex
from index.types import Codes, TokenVectors, Vectors
from tests.conftest import FakeEncoder
from tests.test_index_hybrid import weigh_by_hand

DIMENSION = 6
LIBRARY = {
    "a": "某某意见\n一、建设\n（一）支持公共充电站建设。\n（二）支持换电站建设，给予补助。\n",
    "b": "某某办法\n第一条 本办法规范回收动力电池。\n第二条 公共充电站的补助由市财政承担。\n",
}
QUESTION = "公共充电站建设有什么补助？"

components = st.floats(-4, 4, width=32).map(lambda x: np.float32(0) if abs(x) < 1e-3 else x)


def floats(rows: int) -> st.SearchStrategy[Vectors]:
    return arrays(np.float32, (rows, DIMENSION), elements=components)


def codes(rows: int) -> st.SearchStrategy[Codes]:
    return arrays(np.int8, (rows, DIMENSION), elements=st.integers(-127, 127))


passages = st.lists(st.integers(0, 4).flatmap(codes), min_size=1, max_size=6)
questions = st.integers(1, 4).flatmap(floats)


def unit(vector: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vector.astype(np.float64))
    return vector / length if length else vector


def by_hand(question: Vectors, passage: Codes) -> float:
    """Return the mean of the best cosines, by the definition."""
    if not len(passage):
        return -1.0
    return float(np.mean([max(float(q @ unit(token)) for token in passage) for q in question]))


# --- scores


@given(questions, passages)
def test_a_passage_scores_as_the_definition_says(question: Vectors, texts: list[Codes]) -> None:
    expected = [by_hand(question, text) for text in texts]
    np.testing.assert_allclose(nearness(question, join(texts)), expected, atol=1e-4)


@given(questions, st.lists(passages, min_size=1, max_size=4), st.data())
def test_a_unit_scores_as_its_best_chunk(
    question: Vectors, units: list[list[Codes]], data: st.DataObject
) -> None:
    chunks = [chunk for unit in units for chunk in unit]
    owners = [number for number, unit in enumerate(units) for _ in unit]
    index = LateInteraction(join(chunks), owners, len(units))
    asked = data.draw(st.permutations(range(len(units))))[: data.draw(st.integers(0, len(units)))]
    expected = [max(by_hand(question, chunk) for chunk in units[number]) for number in asked]
    scores = index.score(question, np.array(asked, dtype=np.int64))
    np.testing.assert_allclose(scores, expected, atol=1e-4)
    assert scores.dtype == np.float32


def test_empty_passages_do_not_borrow_their_neighbours_tokens() -> None:
    east, north, none = np.eye(2, dtype=np.int8)[:1] * 127, np.eye(2, dtype=np.int8)[1:] * 127, []
    empty = np.empty((0, 2), dtype=np.int8)
    question = np.array([[1, 0]], dtype=np.float32)
    assert nearness(question, join([empty, east, empty, north, empty])).tolist() == [
        -1, 1, -1, 0, -1,
    ]  # fmt: skip
    assert nearness(question, join([empty, empty])).tolist() == [-1, -1]
    assert nearness(question, join(none)).tolist() == []


def test_a_token_of_zeros_is_near_to_nothing_and_no_division_fails() -> None:
    question = np.array([[0.6, 0.8]], dtype=np.float32)
    assert nearness(question, join([np.zeros((1, 2), dtype=np.int8)])).tolist() == [0]


def test_without_tokens_it_is_off() -> None:
    empty = np.empty((0, 0), dtype=np.int8)
    assert not LateInteraction(join([empty]), [0], 1).on
    assert not LateInteraction(join([]), [], 0).on
    assert LateInteraction(join([np.ones((1, 2), dtype=np.int8)]), [0], 1).on


# --- rounding


@given(st.integers(0, 5).flatmap(floats))
def test_rounding_turns_a_token_by_no_more_than_it_says(vectors: Vectors) -> None:
    rounded = quantize(vectors)
    assert rounded.dtype == np.int8 and rounded.shape == vectors.shape
    for before, after in zip(vectors, rounded, strict=True):
        if not before.any():
            assert not after.any()
            continue
        assert np.abs(after).max() == 127
        a, b = unit(before), unit(after)
        sine = np.linalg.norm(b - (a @ b) * a)
        assert sine <= np.sqrt(DIMENSION) / 254 + 1e-6 and a @ b > 0


# --- search


def read(library: dict[str, str] = LIBRARY) -> list[Document]:
    return [parse_text(text, id) for id, text in library.items()]


@pytest.fixture
def index(encoder: FakeEncoder) -> HybridIndex:
    return HybridIndex.build(read(), encoder)


def scores(index: HybridIndex, question: str = QUESTION) -> dict[tuple[str, str], float]:
    return {
        (hit.result.document, hit.result.clause): hit.result.score
        for hit in index.search(question, k=100)
    }


def sides(
    index: HybridIndex, encoder: FakeEncoder, question: str, terms: str
) -> tuple[Vectors, Vectors]:
    """Return the lexical scores and the nearness of every unit, each of which is one chunk."""
    texts = [f"{unit.context}\n{unit.text}" for unit in index.units]
    official = [term for _, term in index.expansions(question)]
    lexical = LexicalIndex.build(texts).score(terms, official)
    _, asked = encoder.encode_query_tokens(question)
    _, made = encoder.encode_document_tokens(texts)
    pieces = np.split(made.rows, made.offsets[1:-1])
    return lexical, np.array([by_hand(asked, piece) for piece in pieces], dtype=np.float32)


def assert_scores(index: HybridIndex, question: str, expected: Vectors) -> None:
    found = scores(index, question)
    assert len(found) == len(index.units)
    for unit, score in zip(index.units, expected, strict=True):
        assert found[unit.document, unit.clause] == pytest.approx(float(score), abs=2e-6)


def test_candidates_are_ranked_by_words_and_by_tokens(
    index: HybridIndex, encoder: FakeEncoder
) -> None:
    lexical, near = sides(index, encoder, QUESTION, QUESTION)
    texts = [f"{unit.context}\n{unit.text}" for unit in index.units]
    dense = encoder.encode_document(texts) @ encoder.encode_query([QUESTION])[0]
    weight = weigh_by_hand(lexical, dense)
    assert_scores(index, QUESTION, combine(lexical, near, weight=weight))
    assert scores(index) != scores(index.configured(Configuration(late=0)))


def test_dense_side_alone_is_ranked_by_tokens_and_lexical_side_alone_never(
    index: HybridIndex, encoder: FakeEncoder
) -> None:
    _, near = sides(index, encoder, QUESTION, QUESTION)
    dense = index.configured(Configuration(sides="dense"))
    assert_scores(dense, QUESTION, combine(near, near, weight=1))
    on, off = (index.configured(Configuration(sides="lexical", late=n)) for n in (200, 0))
    assert on.search(QUESTION) == off.search(QUESTION)


def test_weight_that_is_set_counts_here_too(index: HybridIndex, encoder: FakeEncoder) -> None:
    lexical, near = sides(index, encoder, QUESTION, QUESTION)
    set_ = index.configured(Configuration(weight=0.25))
    assert_scores(set_, QUESTION, combine(lexical, near, weight=0.25))


def test_those_beyond_the_limit_follow_in_the_order_they_had(index: HybridIndex) -> None:
    before = list(scores(index.configured(Configuration(late=0))))
    after = scores(index.configured(Configuration(late=2)))
    assert set(list(after)[:2]) == set(before[:2]) and list(after)[2:] == before[2:]
    assert sorted(after.values(), reverse=True) == list(after.values())
    assert min(list(after.values())[:2]) > max(list(after.values())[2:])


def test_filters_are_respected(index: HybridIndex) -> None:
    hits = index.search(QUESTION, filters=read_filters({"document": "a"}))
    assert {hit.result.document for hit in hits} == {"a"}
    assert hits[0].result.score == pytest.approx(1.0)


def test_a_question_without_tokens_is_answered_without(index: HybridIndex) -> None:
    plain = index.configured(Configuration(late=0))
    for question in ("", " "):
        assert index.search(question) == plain.search(question)


# --- what turns it off


class Static(FakeEncoder):
    """Has vectors of whole texts only."""

    def encode_query_tokens(self, text: str) -> tuple[Vectors, Vectors]:
        return self.encode_query([text]), np.empty((0, 0), dtype=np.float32)

    def encode_document_tokens(
        self, texts: Sequence[str], *, progress: object = None
    ) -> tuple[Vectors, TokenVectors]:
        return self.encode_document(texts), join([np.empty((0, 0), dtype=np.int8)] * len(texts))


def test_model_without_vectors_of_tokens_searches_as_before(
    index: HybridIndex, tmp_path: Path
) -> None:
    static = HybridIndex.build(read(), Static())
    assert scores(static) == scores(index.configured(Configuration(late=0)))
    assert static.save(tmp_path).tokens == 0
    assert scores(HybridIndex.load(tmp_path, Static())) == scores(static)


def test_large_library_has_no_tokens(
    index: HybridIndex, encoder: FakeEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hybrid, "LATE_LIMIT", len(index.units))
    assert scores(HybridIndex.build(read(), encoder)) == scores(index)
    monkeypatch.setattr(hybrid, "LATE_LIMIT", len(index.units) - 1)
    large = HybridIndex.build(read(), encoder)
    assert scores(large) == scores(index.configured(Configuration(late=0)))
    assert large.save(tmp_path).tokens == 0


def test_stored_tokens_are_the_built_ones(index: HybridIndex, tmp_path: Path) -> None:
    manifest = index.save(tmp_path)
    assert manifest.tokens > manifest.chunks
    assert scores(HybridIndex.load(tmp_path, FakeEncoder())) == scores(index)

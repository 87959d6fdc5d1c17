"""Weights of terms turned from terms to units, and counts of terms kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from index.cluster_terms import TermCounts, count_terms, unit_vectors
from index.lexical import LexicalIndex
from index.tokenization import tokenize

TEXTS = st.lists(st.text("充电站建设 ab1", max_size=8), max_size=6)


@given(TEXTS, st.text("充电站建设 ab1", max_size=6))
def test_units_score_what_the_lexical_index_says(texts: list[str], question: str) -> None:
    index = LexicalIndex.build(texts)
    postings = index.postings()
    counts, vectors = count_terms(postings), dict(unit_vectors(postings))
    terms = [counts.number(term) for term in tokenize(question)]
    by_hand = [
        sum(vectors.get(unit, {}).get(number, 0.0) for number in terms if number is not None)
        for unit in range(len(texts))
    ]
    np.testing.assert_allclose(by_hand, index.score(question), rtol=1e-5)


@given(TEXTS)
def test_terms_are_counted_by_the_units_that_hold_them(texts: list[str]) -> None:
    counts = count_terms(LexicalIndex.build(texts).postings())
    for term in {term for text in texts for term in tokenize(text)}:
        assert counts.frequency(term) == sum(term in tokenize(text) for text in texts)
    assert counts.frequency("没有") == 0
    assert counts.number("没有") is None


def test_counts_are_read_as_they_were_written(tmp_path: Path) -> None:
    counts = TermCounts.of([("充", 3), ("充电", 2), ("a", 1)])
    counts.save(tmp_path / "terms")
    assert TermCounts.load(tmp_path / "terms").known == counts.known

"""Likelihood: monotone in each signal; what is cited, against the definition written out slowly."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.translation import Term
from qa.evidence import Evidence
from qa.relevance import (
    _LISTED,
    _LISTED_SAME,
    _POINTED,
    _STEP,
    BIAS,
    MAX_CITATIONS,
    WEIGHTS,
    judge,
    select,
)
from tests.qa_library import MATTER, OTHER, at_likelihood, at_nearness, make_evidence

ITEM = make_evidence()
UNIT = st.floats(0, 1)
NEAR = st.floats(-20, 20)


def make(nearness: float, share: float, coverage: float, word: Term = MATTER) -> Evidence:
    held = {word: coverage} if coverage else {}
    return at_nearness(replace(ITEM, share=share, held=held), nearness)


# --- how likely


@given(NEAR, UNIT, UNIT)
def test_likelihood_is_the_logistic_of_the_weighted_signals(
    nearness: float, share: float, coverage: float
) -> None:
    signals = nearness, share, coverage
    odds = math.exp(BIAS + sum(w * s for w, s in zip(WEIGHTS, signals, strict=True)))
    assert judge(make(nearness, share, coverage)) == pytest.approx(odds / (1 + odds))


@given(NEAR, UNIT, UNIT, st.floats(0.01, 1), st.sampled_from(["nearness", "share", "coverage"]))
def test_every_signal_speaks_for_the_clause(
    nearness: float, share: float, coverage: float, more: float, signal: str
) -> None:
    signals = {"nearness": nearness, "share": share, "coverage": coverage}
    raised = signals | {signal: signals[signal] + more}
    assert judge(make(**raised)) > judge(make(**signals))


@pytest.mark.parametrize("nearness", [-1e6, -2000.0, 2000.0, 1e6])
def test_no_nearness_is_too_far_to_be_judged(nearness: float) -> None:
    """Where a library's background hardly varies, a deviation may be very small."""
    assert judge(make(nearness, 1, 1)) == pytest.approx(float(nearness > 0))


def test_a_clause_that_holds_a_weightier_word_is_likelier() -> None:
    heavy, light = make(2, 1, 0.8), make(2, 1, 0.2)
    assert judge(heavy) > judge(light)
    assert select([light, heavy], listing=False)[0] == heavy


# --- which are cited


def select_slowly(evidence: list[Evidence], *, listing: bool) -> list[Evidence]:
    """Return what is cited, by the definition and nothing clever."""
    left, ranked = list(evidence), []
    while left:
        likeliest = left[0]
        for item in left:
            if judge(item) > judge(likeliest):
                likeliest = item
        ranked.append(likeliest)
        left = [item for item in left if item is not likeliest]
    best, chosen = ranked[0], [ranked[0]]
    heaviest = None
    for word in best.held:
        if heaviest is None or best.held[word] > best.held[heaviest]:
            heaviest = word
    for before, item in pairwise(ranked):
        if listing:
            least = _LISTED_SAME if heaviest in item.held else _LISTED
            if judge(item) >= least * judge(best):
                chosen.append(item)
        else:
            if judge(item) < _STEP * judge(before) or judge(item) < _POINTED * judge(best):
                break
            chosen.append(item)
    return chosen[:MAX_CITATIONS]


SOME = st.lists(
    st.builds(make, st.floats(-4, 8), UNIT, UNIT, st.sampled_from([MATTER, OTHER])),
    min_size=1,
    max_size=14,
)


@given(SOME, st.booleans())
def test_what_is_cited_is_what_the_definition_says(evidence: list[Evidence], listing: bool) -> None:
    assert select(evidence, listing=listing) == select_slowly(evidence, listing=listing)


@given(SOME, st.booleans())
def test_the_likeliest_come_first_each_once_and_no_more_than_can_be_read(
    evidence: list[Evidence], listing: bool
) -> None:
    chosen = select(evidence, listing=listing)
    likelihoods = [judge(item) for item in chosen]
    assert likelihoods == sorted(likelihoods, reverse=True)
    assert likelihoods[0] == max(map(judge, evidence))
    assert 1 <= len(chosen) <= MAX_CITATIONS
    assert len({id(item) for item in chosen}) == len(chosen)


def test_equally_likely_ones_keep_the_order_of_the_search() -> None:
    items = [replace(ITEM, weights={OTHER: float(n)}) for n in range(MAX_CITATIONS + 5)]
    for listing in (True, False):
        assert select(items, listing=listing) == items[:MAX_CITATIONS]


def test_a_list_goes_on_where_the_weightiest_word_is_held() -> None:
    best = at_likelihood(replace(ITEM, held={MATTER: 0.5, OTHER: 0.2}), 0.8)
    same = at_likelihood(replace(ITEM, held={MATTER: 0.1}), 0.3)
    other = at_likelihood(replace(ITEM, held={OTHER: 0.5}), 0.5)
    near = at_likelihood(replace(ITEM, held={OTHER: 0.5}), 0.7)
    assert select([same, other, near, best], listing=True) == [best, near, same]


def test_one_thing_is_cited_down_to_the_first_gap() -> None:
    steps = [at_likelihood(ITEM, p) for p in (0.9, 0.7, 0.5, 0.4, 0.35)]
    assert select(steps, listing=False) == steps[:4]  # the last is too far from the best
    gap = [at_likelihood(ITEM, p) for p in (0.9, 0.6, 0.59)]
    assert select(gap, listing=False) == gap[:1]
    assert select(gap, listing=True) == gap

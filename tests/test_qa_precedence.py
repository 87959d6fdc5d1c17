"""Which clause goes first: in force, the act before its explanation, the newer before the older."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.types import Document, Reference
from qa.evidence import Evidence
from qa.precedence import arrange, say_the_same
from tests.qa_library import make_evidence

DAY = date(2026, 1, 1)
SAME = "支持公共充电站建设，按照功率给予补助。"
NEARLY = "支持公共充电站建设，按照充电功率给予补助。"
OTHER = "建立动力电池回收利用体系。"


def make(id: str, text: str = SAME, **metadata: Any) -> Evidence:
    return make_evidence(text, id=id, title=f"{id}方案", **metadata)


def order(*items: Evidence, others: tuple[Document, ...] = (), day: date = DAY) -> str:
    """Return the ids of the documents, each one letter, in the order in which they are cited."""
    library = {d.id: d for d in (*(i.passage.document for i in items), *others)}
    arranged = arrange(items, library, day)
    assert sorted(map(id, arranged)) == sorted(map(id, items))
    return "".join(item.passage.document.id for item in arranged)


# --- in force first


def test_what_is_void_comes_last_and_the_rest_keeps_its_order() -> None:
    void = {"written": date(2015, 1, 1), "expires": date(2020, 1, 1)}
    a, b, c, d = make("a", **void), make("b", OTHER), make("c", **void), make("d", OTHER)
    assert order(a, b, c, d) == "bdac"
    assert order(a, b, c, d, day=date(2019, 1, 1)) == "abcd"


def test_repealed_by_a_document_of_the_library_that_is_not_cited() -> None:
    a, b = make("a", number="某发〔2019〕1号"), make("b", OTHER)
    repeal = make("r", repeals=(Reference("a方案", "某发〔2019〕1号"),)).passage.document
    assert order(a, b) == "ab"
    assert order(a, b, others=(repeal,)) == "ba"


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"written": date(2027, 1, 1)},  # not yet
        {"written": date(2024, 1, 1), "expires": date(2026, 2, 1)},  # expiring
    ],
)
def test_what_is_not_yet_or_soon_no_longer_in_force_is_not_void(metadata: dict[str, Any]) -> None:
    assert order(make("a", OTHER, **metadata), make("b", written=date(2024, 1, 1))) == "ab"


# --- two that say the same


EXPLAINS = {"explains": (Reference("b方案", None),)}


def test_the_act_comes_before_the_text_that_explains_it() -> None:
    assert order(make("a", **EXPLAINS), make("b", NEARLY)) == "ba"
    assert order(make("b", NEARLY), make("a", **EXPLAINS)) == "ba"


def test_an_explanation_that_says_something_else_keeps_its_place() -> None:
    assert order(make("a", OTHER, **EXPLAINS), make("b")) == "ab"


def test_an_explanation_of_another_act_keeps_its_place() -> None:
    assert order(make("a", explains=(Reference("z方案", None),)), make("b")) == "ab"


def test_the_act_comes_first_even_where_the_explanation_is_newer() -> None:
    newer = make("a", written=date(2025, 2, 1), **EXPLAINS)
    assert order(newer, make("b", written=date(2025, 1, 1))) == "ba"


def test_the_newer_comes_before_the_older() -> None:
    old, new = make("a", written=date(2020, 1, 1)), make("b", NEARLY, written=date(2024, 1, 1))
    assert order(old, new) == order(new, old) == "ba"
    assert order(old, replace(new, passage=make("b", OTHER).passage)) == "ab"


@pytest.mark.parametrize(
    ("first", "second"), [(None, date(2024, 1, 1)), (date(2020, 1, 1), None), (None, None)]
)
def test_without_both_dates_the_likelier_stays_first(
    first: date | None, second: date | None
) -> None:
    assert order(make("a", written=first), make("b", written=second)) == "ab"


def test_void_stays_behind_however_new() -> None:
    old = make("a", written=date(2018, 1, 1))
    void = make("b", written=date(2020, 1, 1), expires=date(2021, 1, 1))
    assert order(old, void) == order(void, old) == "ab"


def test_clauses_of_one_document_keep_their_order() -> None:
    a = make("a", written=date(2020, 1, 1))
    again = replace(a, share=0.5)
    assert arrange([a, again], {"a": a.passage.document}, DAY) == [a, again]
    assert arrange([again, a], {"a": a.passage.document}, DAY) == [again, a]


def test_nothing_is_arranged_of_nothing() -> None:
    assert arrange([], {}, DAY) == []


DATES = st.sampled_from([None, date(2018, 1, 1), date(2020, 1, 1), date(2024, 1, 1)])
ITEMS = st.lists(
    st.builds(
        make,
        st.sampled_from("abcd"),
        st.sampled_from([SAME, NEARLY, OTHER]),
        written=DATES,
        expires=st.sampled_from([None, date(2021, 1, 1)]),
        explains=st.sampled_from([(), (Reference("b方案", None),)]),
    ),
    max_size=6,
    unique_by=lambda item: item.passage.document.id,
)


@given(ITEMS)
def test_it_is_a_permutation_with_what_is_in_force_first(items: list[Evidence]) -> None:
    library = {item.passage.document.id: item.passage.document for item in items}
    arranged = arrange(items, library, DAY)
    assert sorted(map(id, arranged)) == sorted(map(id, items))
    void = [item.passage.document.metadata.expires is not None for item in arranged]
    assert void == sorted(void)


@given(ITEMS)
def test_unrelated_clauses_keep_their_order(items: list[Evidence]) -> None:
    plain = [replace(item, passage=make(item.passage.document.id, OTHER).passage) for item in items]
    assert arrange(plain, {i.passage.document.id: i.passage.document for i in plain}, DAY) == plain


# --- saying the same


TEXT = st.text("支持充电站建设补助", min_size=0, max_size=12)


@given(TEXT, TEXT)
def test_saying_the_same_is_jaccard_s_index_of_the_character_pairs(one: str, other: str) -> None:
    first = {one[i : i + 2] for i in range(len(one) - 1)}
    second = {other[i : i + 2] for i in range(len(other) - 1)}
    union = len(first | second)
    expected = union > 0 and len(first & second) / union >= 0.6
    assert say_the_same(one, other) == say_the_same(other, one) == expected


def test_script_and_width_do_not_tell_texts_apart() -> None:
    assert say_the_same("支持公共充電站建設２０座", "支持公共充电站建设20座")

"""Every branch of the verdict, on evidence made by hand."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any

import pytest

from documents.parsing import parse_text
from documents.types import Defect, Department, Document, Metadata
from index.translation import Term
from index.types import Hit, Ranks, SearchResult
from qa.evidence import Evidence
from qa.outcome import (
    MAX_CITATIONS,
    MIN_COVERAGE,
    MIN_COVERAGE_AGREED,
    Verdict,
    decide,
    documents_for,
    select,
)
from qa.question import understand

APART = Ranks(2, 2)  # the two sides do not agree on the first
MATTER, OTHER = Term("充电站", ("充电站",)), Term("补贴", ("补贴",))


def make(
    quote: str = "支持充电站建设。",
    *,
    held: dict[Term, float] | None = None,
    weights: dict[Term, float] | None = None,
    score: float = 1.0,
    ranks: Ranks = APART,
    defects: tuple[Defect, ...] = (),
    departments: tuple[Department, ...] = (),
    **metadata: Any,
) -> Evidence:
    """Return evidence whose unit is one clause, 一, and whose quote is all of it."""
    document = parse_text(f"一、{quote}\n", "d")
    document = dataclasses.replace(document, metadata=Metadata(**metadata))
    [clause] = document.clauses
    clause = dataclasses.replace(clause, departments=departments, defects=defects)
    span = (clause.start, clause.end)
    return Evidence(
        hit=Hit(SearchResult("d", "一", score, ranks), span, (span,)),
        document=document,
        clause=clause,
        start=span[0],
        end=span[1],
        weights={MATTER: 0.5, OTHER: 0.5} if weights is None else weights,
        held={MATTER: 0.5} if held is None else held,
    )


def verdict(question: str, *evidence: Evidence) -> tuple[str, str | None]:
    found = decide(understand(question), evidence)
    return found.outcome, found.reason


# --- the matter


def test_nothing_found_is_about_another_matter() -> None:
    assert decide(understand("充电站"), []) == Verdict("no_basis", (), "matter")


@pytest.mark.parametrize(
    ("coverage", "ranks", "expected"),
    [
        (MIN_COVERAGE, APART, "answered"),
        (MIN_COVERAGE - 0.001, APART, "no_basis"),
        (MIN_COVERAGE_AGREED, Ranks(1, 1), "answered"),
        (MIN_COVERAGE_AGREED, Ranks(1, 2), "no_basis"),
        (MIN_COVERAGE_AGREED - 0.001, Ranks(1, 1), "no_basis"),
    ],
)
def test_clause_must_hold_enough_of_the_words(coverage: float, ranks: Ranks, expected: str) -> None:
    item = make(held={MATTER: coverage}, ranks=ranks)
    found = decide(understand("充电站"), [item])
    assert found.outcome == expected
    assert found.evidence == ((item,) if expected == "answered" else ())
    assert found.reason == (None if expected == "answered" else "matter")


def test_only_the_first_ranks_decide() -> None:
    weak = make(held={})
    assert len(select([weak, weak, make()])) == 1
    assert select([weak, weak, weak, make()]) == []


def test_further_clauses_hold_the_weightiest_word_and_enough_of_all() -> None:
    best = make(held={MATTER: 0.7, OTHER: 0.3})
    assert len(select([best, make(held={MATTER: 0.6})])) == 2
    assert len(select([best, make(held={OTHER: 0.6})])) == 1
    assert len(select([best, make(held={MATTER: 0.3})])) == 1
    assert len(select([best, make(held={MATTER: 0.6}, score=0.3)])) == 1


def test_no_more_are_cited_than_can_be_read() -> None:
    assert len(select([make()] * (MAX_CITATIONS + 5))) == MAX_CITATIONS


def test_cited_in_the_order_of_the_search() -> None:
    weaker, best = make(held={MATTER: 0.5}, score=0.9), make(held={MATTER: 0.8}, score=0.8)
    assert select([weaker, best]) == [weaker, best]


# --- the year


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (make("2025年建设充电站。"), ("answered", None)),
        (make("二〇二五年建设充电站。"), ("answered", None)),
        (make(title="某某规划（2025年）"), ("answered", None)),
        (make(written=date(2025, 1, 1)), ("answered", None)),
        (make(written=date(2024, 1, 1), expires=date(2026, 1, 1)), ("answered", None)),
        (make(written=date(2024, 1, 1)), ("no_basis", "year")),
        (make(written=date(2020, 1, 1), expires=date(2024, 1, 1)), ("no_basis", "year")),
        (make(), ("no_basis", "year")),
    ],
)
def test_year_is_named_or_within_the_validity(
    item: Evidence, expected: tuple[str, str | None]
) -> None:
    assert verdict("2025年充电站", item) == expected


def test_every_year_asked_about_must_be_covered() -> None:
    item = make("2025年建设充电站。")
    assert verdict("2025年和2030年充电站", item) == ("no_basis", "year")


# --- what is asked of it


@pytest.mark.parametrize(
    ("question", "quote", "expected"),
    [
        ("充电站补贴多少", "充电站补助100元。", ("answered", None)),
        ("充电站多少座", "充电站建成三十座。", ("answered", None)),
        ("充电站补贴多少", "充电站建成三十座。", ("partial", "not_stated")),
        ("充电站补贴多少", "支持充电站建设。", ("partial", "not_stated")),  # 一、 is its number
        ("充电站什么时候建成", "充电站于2025年建成。", ("answered", None)),
        ("充电站什么时候建成", "充电站建成100座。", ("partial", "not_stated")),
        ("充电站由谁负责", "充电站由能源局负责。", ("answered", None)),
        ("充电站由谁负责", "支持充电站建设。", ("partial", "not_stated")),
        ("充电站建设有什么支持", "支持充电站建设。", ("answered", None)),
    ],
)
def test_what_is_asked_must_be_stated(
    question: str, quote: str, expected: tuple[str, str | None]
) -> None:
    assert verdict(question, make(quote)) == expected


def test_partial_cites_the_clause_all_the_same() -> None:
    item = make()
    assert decide(understand("充电站补贴多少"), [item]).evidence == (item,)


def test_departments_of_the_clause_state_who_is_responsible() -> None:
    item = make(departments=(Department("省能源局", "省能源局", "lead"),))
    assert verdict("充电站由谁负责", item) == ("answered", None)


def test_clause_that_fits_nearly_as_well_may_state_it() -> None:
    best, near = make(), make("充电站补助100元。", held={MATTER: 0.4})
    assert verdict("充电站补贴多少", best, near) == ("answered", None)
    far = make("充电站补助100元。", held={MATTER: 0.39})
    assert verdict("充电站补贴多少", best, far) == ("partial", "not_stated")


@pytest.mark.parametrize(
    ("defect", "expected"),
    [
        (Defect("missing_number", "不超过元", 8, 12), ("partial", "source_lost")),
        (Defect("mojibake", "?", 6, 7), ("partial", "not_stated")),
        (Defect("missing_number", "elsewhere", 60, 70), ("partial", "not_stated")),
    ],
)
def test_figure_that_the_source_lost_is_said_to_be_lost(
    defect: Defect, expected: tuple[str, str]
) -> None:
    item = make("对充电站最高不超过元。", defects=(defect,))
    assert verdict("充电站补贴多少", item) == expected
    assert verdict("充电站有什么支持", item) == ("answered", None)


def test_a_lost_ceiling_is_lost_whatever_other_figures_stand_beside_it() -> None:
    lost = Defect("missing_number", "最高不超过万元", 12, 19)
    item = make("充电站按5%给予奖励,最高不超过万元。", defects=(lost,))
    assert verdict("充电站奖励最高多少", item) == ("partial", "source_lost")
    assert verdict("充电站奖励比例是多少", item) == ("answered", None)


def test_a_bare_unit_is_no_figure() -> None:
    assert verdict("充电站补贴多少", make("充电站补助若干万元。")) == ("partial", "not_stated")


# --- the place


def library(**regions: str | None) -> dict[str, Document]:
    empty = parse_text("标题\n", "d")
    return {
        id: dataclasses.replace(empty, id=id, metadata=Metadata(region=region))
        for id, region in regions.items()
    }


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("充电站补贴", None),
        ("深圳充电站补贴", set()),
        ("吉林省充电站补贴", {"jilin", "changchun"}),
        ("长春充电站补贴", {"jilin", "changchun"}),
        ("安徽和吉林省的充电站", {"jilin", "changchun", "anhui"}),
        ("charging in Anhui", {"anhui"}),
    ],
)
def test_documents_of_the_places_named(question: str, expected: set[str] | None) -> None:
    texts = library(jilin="吉林省", changchun="长春市", anhui="安徽省", nowhere=None)
    assert documents_for(understand(question), texts) == expected


def test_national_documents_apply_everywhere() -> None:
    texts = library(law=None)
    texts["law"] = dataclasses.replace(texts["law"], metadata=Metadata(level="国家"))
    assert documents_for(understand("深圳充电站"), texts) == {"law"}


# --- few words


def test_a_short_question_is_about_its_weightiest_word() -> None:
    held = {OTHER: 0.38}
    other_matter = make(held=held, weights={MATTER: 5.7, OTHER: 3.5})
    assert verdict("残疾人补贴", other_matter) == ("no_basis", "matter")
    enough = make(held={OTHER: 0.6}, weights={MATTER: 3.5, OTHER: 5.7})
    assert verdict("残疾人补贴", enough) == ("answered", None)


def test_a_place_must_be_named_by_the_clause() -> None:
    place = Term("美国", ("美国",), required=True)
    item = make(held={MATTER: 0.9}, weights={MATTER: 5.0, place: 0.5})
    assert verdict("美国充电站", item) == ("no_basis", "matter")


def test_a_figure_of_another_year_is_no_figure_of_this_one() -> None:
    item = make("2026年充电站建成100座。")
    assert verdict("2025年充电站多少座", item) == ("no_basis", "year")

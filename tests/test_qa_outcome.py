"""Every branch of the verdict, on evidence made by hand."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from documents.parsing import parse_text
from documents.types import Document, Metadata
from index.hybrid import HybridIndex
from index.translation import Term
from qa.evidence import Evidence
from qa.outcome import (
    LEAST,
    LEAST_ENGLISH,
    Verdict,
    decide,
    documents_for,
    find_unmentioned,
    is_readable,
)
from qa.question import understand
from qa.relevance import judge
from tests.conftest import FakeEncoder
from tests.qa_library import MATTER, make_evidence


def verdict(question: str, *evidence: Evidence) -> tuple[str, str | None]:
    found = decide(understand(question), evidence)
    return found.outcome, found.reason


# --- the matter


def test_nothing_found_is_about_another_matter() -> None:
    assert decide(understand("充电站"), []) == Verdict("no_basis", (), "matter")


@pytest.mark.parametrize(
    ("likelihood", "expected"),
    [
        (LEAST + 1e-6, "answered"),
        (LEAST - 1e-6, "no_basis"),
        (0.999, "answered"),
        (0.001, "no_basis"),
    ],
)
def test_clause_must_be_likely_enough(likelihood: float, expected: str) -> None:
    item = make_evidence(likelihood=likelihood)
    found = decide(understand("充电站"), [item])
    assert found.outcome == expected
    assert found.evidence == ((item,) if expected == "answered" else ())
    assert found.reason == (None if expected == "answered" else "matter")
    assert found.confidence == judge(item) == pytest.approx(likelihood)


@pytest.mark.parametrize(
    ("likelihood", "expected"),
    [(LEAST_ENGLISH + 1e-6, "answered"), (LEAST_ENGLISH - 1e-6, "no_basis")],
)
def test_more_is_asked_of_a_clause_for_a_question_in_english(
    likelihood: float, expected: str
) -> None:
    assert LEAST_ENGLISH > LEAST
    item = make_evidence(likelihood=likelihood)
    assert decide(understand("charging stations"), [item]).outcome == expected


def test_the_likeliest_decides_wherever_the_search_ranked_it() -> None:
    weak = make_evidence(likelihood=LEAST / 2)
    likely = make_evidence(likelihood=0.9)
    found = decide(understand("充电站"), [weak, weak, weak, likely])
    assert (found.outcome, found.evidence) == ("answered", (likely,))
    assert found.confidence == pytest.approx(0.9)
    assert verdict("充电站", weak, weak, weak) == ("no_basis", "matter")


def test_all_there_is_is_cited_where_all_is_asked_for() -> None:
    items = [make_evidence(likelihood=p) for p in (0.8, 0.5, 0.5)]
    assert decide(understand("充电站有什么支持"), items).evidence == tuple(items)
    assert decide(understand("什么是充电站"), items).evidence == (items[0],)


# --- what is named


def test_what_is_required_must_be_named_by_the_clause() -> None:
    place = Term("美国", ("美国",), required=True)
    item = make_evidence(held={MATTER: 0.9}, weights={MATTER: 5.0, place: 0.5}, likelihood=0.9)
    assert verdict("美国充电站", item) == ("no_basis", "named")
    named = dataclasses.replace(item, held={MATTER: 0.9, place: 0.1})
    assert verdict("美国充电站", item, named) == ("answered", None)
    assert decide(understand("美国充电站"), [item, named]).evidence == (named,)


# --- a subject that the library never speaks of


LAW = "某某条例\n第一条 申领机动车驾驶证的，提交申请。\n"
OTHER_LAW = "某某方案\n第一条 支持充电站建设。\n"


@pytest.mark.parametrize(
    ("question", "documents", "missing"),
    [
        ("养老保险怎么交", None, True),
        ("机动车驾驶证怎么申领", None, False),
        ("驾驶证怎么申领", None, False),
        ("机动车驾驶证怎么申领", frozenset({"other"}), True),
        ("充电站有什么支持", None, False),  # no subject of administration
        ("天气怎么样", None, False),
    ],
)
def test_a_subject_that_no_document_speaks_of(
    question: str, documents: frozenset[str] | None, missing: bool
) -> None:
    index = HybridIndex.build(
        [parse_text(LAW, "law"), parse_text(OTHER_LAW, "other")], FakeEncoder()
    )
    asked = understand(question, expansions=index.expansions(question))
    found = find_unmentioned(asked, index, documents)
    assert bool(found) is missing
    assert set(found) <= {subject.text for subject in asked.subjects}


# --- words


@pytest.mark.parametrize(
    ("question", "readable"),
    [
        ("../../etc/passwd", False),
        ("/var/log/syslog", False),
        ("asdfghjkl", False),
        ("a" * 2000, False),
        ("11111", False),
        ("3.14159", False),
        ("d41d8cd98f00b204e9800998ecf8427e", False),
        ("漋鱖倠殔醃蓦帊籣", False),
        ("啊啊啊啊啊啊", False),
        ("充" * 2000, False),
        ("充电站有什么支持", True),
        ("充电站asdf", True),
        ("驾站怎么建", True),  # a compound of characters that the library uses
        ("红烧肉怎么做", True),  # no matter of the library's, but words
        ("what support do charging stations get", True),
        ("BYD charging stations", True),
    ],
)
def test_what_nobody_can_read(question: str, readable: bool) -> None:
    index = HybridIndex.build(
        [parse_text(LAW, "law"), parse_text(OTHER_LAW, "other")], FakeEncoder()
    )
    asked = understand(question, expansions=index.expansions(question))
    assert is_readable(asked, index) is readable


# --- the year


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (make_evidence("2025年建设充电站。"), ("answered", None)),
        (make_evidence("二〇二五年建设充电站。"), ("answered", None)),
        (make_evidence(title="某某规划（2025年）"), ("answered", None)),
        (make_evidence(written=date(2025, 1, 1)), ("answered", None)),
        (make_evidence(written=date(2024, 1, 1), expires=date(2026, 1, 1)), ("answered", None)),
        (make_evidence(written=date(2024, 1, 1)), ("no_basis", "year")),
        (make_evidence(written=date(2020, 1, 1), expires=date(2024, 1, 1)), ("no_basis", "year")),
        (make_evidence(), ("no_basis", "year")),
    ],
)
def test_year_is_named_or_within_the_validity(
    item: Evidence, expected: tuple[str, str | None]
) -> None:
    assert verdict("2025年充电站", item) == expected


def test_every_year_asked_about_must_be_covered() -> None:
    item = make_evidence("2025年建设充电站。")
    assert verdict("2025年和2030年充电站", item) == ("no_basis", "year")
    both = make_evidence("2025年至2030年建设充电站。")
    assert verdict("2025年和2030年充电站", item, both) == ("answered", None)


def test_a_figure_of_another_year_is_no_figure_of_this_one() -> None:
    item = make_evidence("2026年充电站建成100座。", written=date(2025, 1, 1))
    assert verdict("2025年充电站多少座", item) == ("no_basis", "year")
    assert verdict("2025年充电站有什么支持", item) == ("answered", None)


# --- what is asked of it (more of it in test_qa_attributes)


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
    assert verdict(question, make_evidence(quote)) == expected


def test_partial_cites_the_clause_all_the_same() -> None:
    item = make_evidence()
    assert decide(understand("充电站补贴多少"), [item]).evidence == (item,)


def test_a_clause_of_another_year_does_not_state_the_figure() -> None:
    asked = make_evidence("2025年建设充电站。", likelihood=0.6)
    other = make_evidence("2026年充电站建成100座。", likelihood=0.5)
    assert verdict("2025年充电站多少座", asked, other) == ("partial", "not_stated")


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

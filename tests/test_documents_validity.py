"""Whether a document is in force on a day, to the day, repeals by other documents included."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import pytest

from documents.parsing import parse_text
from documents.types import Document, Metadata, Reference
from documents.validity import EXPIRING, compute_status, find_repealer, link, refers_to

DAY = date(2026, 1, 1)
ONE = timedelta(days=1)
TITLE, NUMBER = "充电设施管理办法", "皖政〔2019〕41号"


def document(id: str = "old", **metadata: object) -> Document:
    return replace(parse_text("一、甲", id), metadata=Metadata(**metadata))  # type: ignore[arg-type]


def status(**metadata: object) -> str:
    return compute_status(document(**metadata), [], DAY)


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({}, "unknown"),
        ({"written": DAY - ONE}, "in_force"),
        ({"written": DAY}, "in_force"),
        ({"written": DAY + ONE}, "not_yet"),
        ({"effective": DAY}, "in_force"),
        ({"effective": DAY + ONE}, "not_yet"),
        ({"written": DAY - ONE, "effective": DAY + ONE}, "not_yet"),
        ({"effective": DAY - ONE, "written": DAY + ONE}, "in_force"),
        ({"published": DAY - ONE}, "unknown"),
    ],
)
def test_the_first_day(metadata: dict[str, date], expected: str) -> None:
    assert status(**metadata) == expected


@pytest.mark.parametrize(
    ("expires", "expected"),
    [
        (DAY - ONE, "expired"),
        (DAY, "expiring"),  # the last day still counts
        (DAY + EXPIRING, "expiring"),
        (DAY + EXPIRING + ONE, "in_force"),
    ],
)
def test_the_last_day(expires: date, expected: str) -> None:
    assert status(written=date(2023, 1, 1), expires=expires) == expected


def test_expiring_means_ninety_days() -> None:
    assert timedelta(days=90) == EXPIRING


def test_a_document_that_states_only_its_end_expires() -> None:
    assert status(expires=DAY - ONE) == "expired"
    assert status(expires=DAY) == "expiring"


OLD = document(title=TITLE, number=NUMBER, written=date(2019, 1, 1))


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (Reference(TITLE, NUMBER), "repealed"),
        (Reference("另一个名称", NUMBER), "repealed"),  # the 文号 decides
        (Reference("另一个名称", "皖政(2019)41号"), "repealed"),
        (Reference("另一个名称", "皖政［2019］第41号"), "repealed"),
        (Reference(TITLE, "皖政〔2018〕41号"), "in_force"),  # another 文号: another document
        (Reference(TITLE, "皖政〔〕41号"), "repealed"),  # lost its year: the title decides
        (Reference("另一个名称", "皖政〔〕41号"), "in_force"),
        (Reference(TITLE, None), "repealed"),
        (Reference("充電設施管理辦法", None), "repealed"),
        (Reference("充电设施管理办法实施细则", None), "in_force"),
        (Reference(None, None), "in_force"),
    ],
)
def test_repeal_by_number_or_title(reference: Reference, expected: str) -> None:
    other = document("new", written=date(2024, 1, 1), repeals=(reference,))
    assert compute_status(OLD, [OLD, other], DAY) == expected


def test_repeal_by_the_title_of_the_notice() -> None:
    old = document(title=TITLE, notice="关于印发充电设施管理办法的通知", written=date(2019, 1, 1))
    assert refers_to(Reference("关于印发充电设施管理办法的通知", None), old)


def test_a_title_decides_where_one_side_has_no_number() -> None:
    assert refers_to(Reference(TITLE, NUMBER), document(title=TITLE))


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ({"effective": DAY}, "repealed"),
        ({"effective": DAY + ONE}, "in_force"),
        ({"written": DAY + ONE}, "in_force"),
        ({"written": DAY - ONE, "effective": DAY + ONE}, "in_force"),
        ({}, "repealed"),
    ],
)
def test_a_repealer_not_yet_in_force_repeals_nothing(dates: dict[str, date], expected: str) -> None:
    other = document("new", repeals=(Reference(TITLE, NUMBER),), **dates)
    assert compute_status(OLD, [other], DAY) == expected


def test_two_numbers_without_their_years_are_not_the_same() -> None:
    old = document(title=TITLE, number="皖政〔〕41号")
    assert not refers_to(Reference("另一个名称", "皖政〔〕41号"), old)


def test_repealed_comes_before_expired() -> None:
    old = document(title=TITLE, written=date(2019, 1, 1), expires=date(2020, 1, 1))
    other = document("new", repeals=(Reference(TITLE, None),))
    assert compute_status(old, [], DAY) == "expired"
    assert compute_status(old, [other], DAY) == "repealed"


def test_the_repealer_is_named_and_no_document_repeals_itself() -> None:
    itself = document("old", title=TITLE, repeals=(Reference(TITLE, None),))
    other = document("new", repeals=(Reference(TITLE, None),))
    assert find_repealer(itself, [itself], DAY) is None
    assert find_repealer(itself, [itself, other], DAY) is other


def test_references_are_resolved_within_the_library() -> None:
    old = parse_text("某某市关于旧事的通知\n某政发〔2019〕1号\n一、旧事。\n", "old")
    new = parse_text(
        "某某市关于新事的通知\n某政发〔2024〕2号\n一、新事。\n二、废止。"
        "《某某市关于旧事的通知》（某政发〔2019〕1号）同时废止。《没有的文件》不在库中。\n",
        "new",
    )
    linked = {document.id: document for document in link([new, old])}
    assert [r.document for r in linked["new"].metadata.repeals] == ["old"]
    assert [r.document for r in linked["new"].metadata.cites] == [None]
    assert linked["old"] == old


def test_linking_finds_what_comparing_each_with_each_does() -> None:
    names = [
        (TITLE, NUMBER),
        (TITLE, None),
        (TITLE, "皖政〔2020〕1号"),
        (None, NUMBER),
        ("关于印发充电设施管理办法的通知", "皖政〔〕1号"),
        ("别的办法", "皖政[2019]41号"),
    ]
    references = tuple(Reference(title, number) for title, number in [*names, (None, None)])
    library = [
        document(f"d{i}", title=title, number=number, notice=notice, cites=references)
        for i, ((title, number), notice) in enumerate(product(names, [None, TITLE]))
    ]
    linked = link(library)
    assert [d.id for d in linked] == [d.id for d in library]
    for one in linked:
        for found, reference in zip(one.metadata.cites, references, strict=True):
            meant = (d.id for d in library if d.id != one.id and refers_to(reference, d))
            assert found == replace(reference, document=next(meant, None))

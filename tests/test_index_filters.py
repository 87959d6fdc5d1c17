"""Filters: how they are read, and what each admits."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents import validity
from documents.parsing import parse_text
from documents.types import Document, Metadata, Reference
from index.filters import (
    FILTER_FIELDS,
    admits,
    filter_documents,
    read_day,
    read_filters,
    write_filters,
)
from index.types import Filters

DAY = date(2025, 6, 1)
EMPTY = parse_text("标题\n", "d")


def document(**metadata: Any) -> Document:
    return dataclasses.replace(EMPTY, metadata=Metadata(**metadata))


PLAN = document(
    title="某某方案",
    number="吉政办发〔2024〕9号",
    authorities=("吉林省人民政府办公厅", "吉林省财政厅"),
    region="吉林省",
    level="省",
    kind="行动方案",
    written=date(2024, 5, 22),
    expires=date(2027, 5, 22),
)


def passes(obj: dict[str, Any], item: Document = PLAN, day: date = DAY) -> bool:
    return admits(read_filters(obj), item, (item,), day)


# --- reading


def test_fields_are_read() -> None:
    obj = {
        "region": "长春",
        "authority": "某厅",
        "kind": "意见",
        "document": "d",
        "status": "in_force",
        "from": "2024-01-01",
        "to": "2024-12-31",
    }
    expected = Filters(
        "长春", "某厅", "意见", "d", "in_force", date(2024, 1, 1), date(2024, 12, 31)
    )
    assert read_filters(obj) == expected


@pytest.mark.parametrize("name", FILTER_FIELDS)
def test_half_a_character_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"半个代理对.*\n.*half a surrogate pair"):
        read_filters({name: "\ud800"})


@pytest.mark.parametrize("obj", [{}, {"region": None, "to": None}, {"region": "", "status": ""}])
def test_unset_fields_do_not_limit(obj: dict[str, Any]) -> None:
    assert read_filters(obj) == Filters()


@pytest.mark.parametrize(
    ("obj", "named"),
    [
        ({"regoin": "吉林"}, "regoin"),
        ({"documents": ["d"]}, "documents"),
        ({"since": "2024-01-01"}, "since"),
        ({"region": ["吉林"]}, "region"),
        ({"region": "桃花源"}, "桃花源"),
        ({"kind": 3}, "kind"),
        ({"status": "valid"}, "status"),
        ({"from": "2024-02-30"}, "2024-02-30"),
        ({"from": "2024年"}, "2024年"),
        ({"to": "20240522"}, "20240522"),
        ({"to": "2024-W21-3"}, "2024-W21-3"),
    ],
)
def test_bad_values_are_told_in_both_languages(obj: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named) as caught:
        read_filters(obj)
    chinese, english = str(caught.value).splitlines()
    assert named in chinese and named in english
    assert any("\u4e00" <= character <= "\u9fff" for character in chinese)
    assert english.replace(named, "").isascii()


TEXTS = st.none() | st.text(min_size=1, max_size=8)
DAYS = st.none() | st.dates()


@given(
    st.builds(
        Filters,
        region=st.sampled_from([None, "长春", "吉林省", "長春市"]),
        authority=TEXTS,
        kind=TEXTS,
        document=TEXTS,
        status=st.sampled_from([None, "in_force", "expired", "unknown"]),
        since=DAYS,
        until=DAYS,
    )
)
def test_what_is_written_is_read_back(filters: Filters) -> None:
    written = write_filters(filters)
    assert read_filters(written) == filters
    # Nothing is written but what is set, in the order of the interfaces.
    assert list(written) == [name for name in FILTER_FIELDS if name in written]
    fields = (getattr(filters, field.name) for field in dataclasses.fields(filters))
    assert len(written) == sum(value is not None for value in fields)


def test_documents_are_not_written() -> None:
    assert write_filters(Filters(kind="意见", documents=frozenset("d"))) == {"kind": "意见"}


@pytest.mark.parametrize("text", ["", "2024-5-2", "2024-05-22T00:00", " 2024-05-22", "99999-01-01"])
def test_only_whole_days_are_days(text: str) -> None:
    with pytest.raises(ValueError):
        read_day(text)


def test_day_or_none() -> None:
    assert read_day("2024-02-29") == date(2024, 2, 29)
    assert read_day(None) is None


# --- admitting


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        ({}, True),
        ({"document": "d"}, True),
        ({"document": "e"}, False),
        ({"kind": "行动方案"}, True),
        ({"kind": "行動方案"}, True),
        ({"kind": "方案"}, False),
        ({"authority": "吉林省财政厅"}, True),
        ({"authority": "財政廳"}, False),
        ({"authority": "吉林省財政廳"}, True),
        ({"from": "2024-05-22"}, True),
        ({"from": "2024-05-23"}, False),
        ({"to": "2024-05-22"}, True),
        ({"to": "2024-05-21"}, False),
        ({"from": "2024-01-01", "to": "2024-12-31"}, True),
        ({"status": "in_force"}, True),
        ({"status": "expired"}, False),
        ({"kind": "行动方案", "status": "expired"}, False),
    ],
)
def test_each_field_and_all_together(obj: dict[str, Any], expected: bool) -> None:
    assert passes(obj) is expected


@pytest.mark.parametrize(
    ("place", "own", "expected"),
    [
        ("吉林省", "吉林省", True),
        ("长春市", "吉林省", True),  # the level above
        ("长春", "吉林省", True),
        ("長春", "吉林省", True),
        ("吉林省", "长春市", False),  # the level below
        ("长春市", "长春市", True),
        ("沈阳市", "吉林省", False),
        ("吉林省", None, False),
    ],
)
def test_place_admits_its_own_documents_and_those_above(
    place: str, own: str | None, expected: bool
) -> None:
    assert passes({"region": place}, document(region=own)) is expected


def test_national_documents_apply_anywhere() -> None:
    assert passes({"region": "长春市"}, document(level="国家"))


@pytest.mark.parametrize(
    ("day", "status"),
    [
        (date(2024, 5, 21), "not_yet"),
        (date(2024, 5, 22), "in_force"),
        (date(2027, 5, 1), "expiring"),
        (date(2027, 5, 22), "expiring"),
        (date(2027, 5, 23), "expired"),
    ],
)
def test_status_is_that_of_the_day(day: date, status: str) -> None:
    assert passes({"status": status}, day=day)


def test_status_knows_what_the_library_repeals() -> None:
    newer = document(written=date(2025, 1, 1), repeals=(Reference(None, PLAN.metadata.number),))
    library = (PLAN, dataclasses.replace(newer, id="e"))
    assert admits(read_filters({"status": "repealed"}), PLAN, library, DAY)
    assert not admits(read_filters({"status": "repealed"}), PLAN, library, date(2024, 12, 31))


def test_documents_without_a_date_are_in_no_period() -> None:
    assert not passes({"from": "1900-01-01"}, document())
    assert not passes({"to": "2100-01-01"}, document())
    assert passes({"status": "unknown"}, document())


def test_day_of_publication_stands_in_for_the_day_of_writing() -> None:
    assert passes({"from": "2024-01-01"}, document(published=date(2024, 1, 1)))


def test_ids_that_a_question_s_places_leave_limit() -> None:
    assert admits(Filters(documents=frozenset({"d"})), PLAN, (PLAN,), DAY)
    assert not admits(Filters(documents=frozenset()), PLAN, (PLAN,), DAY)


def test_thousands_are_filtered_without_a_walk_of_the_library_for_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared = 0
    refers_to = validity.refers_to

    def count(reference: Reference, document: Document) -> bool:
        nonlocal compared
        compared += 1
        return refers_to(reference, document)

    monkeypatch.setattr(validity, "refers_to", count)
    library = [
        dataclasses.replace(
            EMPTY,
            id=f"d{number:04}",
            metadata=Metadata(
                title=f"第{number}号方案",
                written=date(2024, 1, 1),
                repeals=(Reference(f"第{number + 1}号方案", None),) if number % 2 else (),
            ),
        )
        for number in range(2000)
    ]
    left = filter_documents(library, Filters(status="in_force"), DAY)
    assert [document.id for document in left] == ["d0000", *(f"d{n:04}" for n in range(1, 2000, 2))]
    assert 0 < compared < 5 * len(library)

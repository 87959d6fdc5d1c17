"""Facets: every count is what choosing the value would list, and thousands take no walk of each."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from documents import validity
from documents.types import Document, Metadata, Reference
from documents.validity import compute_status, compute_statuses
from index.filters import admits, filter_documents
from index.types import Filters
from qa.web.facets import FACETS, Count, count_facets, match_documents
from tests.web_library import build_document

DAY = date(2026, 1, 1)
PLACES = [
    (None, "国家"),
    ("吉林省", "省"),
    ("长春市", "市"),
    ("安徽省", "省"),
    ("合肥市", "市"),
    ("乌有乡", None),
    (None, None),
]


def build(id: str, **metadata: object) -> Document:
    return build_document(id, Metadata(**metadata), ())  # type: ignore[arg-type]


def build_library(size: int = 60) -> list[Document]:
    """Return documents of every kind of place, date and relation, the same on every run."""
    choice = random.Random(7)
    documents = []
    for number in range(size):
        region, level = choice.choice(PLACES)
        written = date(2020, 1, 1) + timedelta(days=choice.randrange(2600))
        documents.append(
            build(
                f"d{number:03}",
                title=f"方案{number}",
                notice=f"关于印发方案{number}的通知",
                number=choice.choice([None, f"某政发〔2020〕{number}号", f"某政发〔〕{number}号"]),
                region=region,
                level=level,
                kind=choice.choice([None, "行动方案", "意见", "行動方案"]),
                authorities=tuple(choice.sample(["甲厅", "乙局", "甲廳"], choice.randrange(3))),
                written=choice.choice([None, written]),
                expires=choice.choice([None, written + timedelta(days=900)]),
                repeals=tuple(
                    Reference(
                        choice.choice([None, f"方案{other}", f"关于印发方案{other}的通知"]),
                        choice.choice(
                            [None, f"某政发〔2020〕{other}号", f"某政发（2020）{other}号"]
                        ),
                    )
                    for other in choice.sample(range(size), choice.choice([0, 0, 2]))
                ),
            )
        )
    return documents


LIBRARY = build_library()


def test_statuses_at_once_are_those_of_each() -> None:
    every = {document.id: compute_status(document, LIBRARY, DAY) for document in LIBRARY}
    assert compute_statuses(LIBRARY, LIBRARY, DAY) == every
    assert set(every.values()) >= {"repealed", "in_force", "expired", "not_yet", "unknown"}
    assert compute_statuses(LIBRARY[:3], LIBRARY, DAY) == {
        document.id: every[document.id] for document in LIBRARY[:3]
    }


@pytest.mark.parametrize(
    "filters",
    [
        Filters(),
        Filters(region="长春市"),
        Filters(kind="行动方案", status="in_force"),
        Filters(authority="甲厅", region="吉林省", since=date(2022, 1, 1)),
        Filters(status="repealed", until=date(2025, 1, 1)),
        Filters(document="d001"),
    ],
    ids=str,
)
def test_each_count_is_what_choosing_the_value_lists(filters: Filters) -> None:
    facets = count_facets(LIBRARY, filters, DAY)
    assert tuple(facets) == FACETS
    for facet, counts in facets.items():
        for item in counts:
            chosen = replace(filters, **{facet: item.value})
            listed = [document for document in LIBRARY if admits(chosen, document, LIBRARY, DAY)]
            assert item.count == len(listed) > 0, (facet, item)
        assert [item.count for item in counts] == sorted(
            (item.count for item in counts), reverse=True
        )
        assert len({item.value for item in counts}) == len(counts)


def test_filtering_at_once_is_filtering_each() -> None:
    statuses = compute_statuses(LIBRARY, LIBRARY, DAY)
    for filters in (Filters(), Filters(status="expired"), Filters(region="合肥市", kind="意见")):
        assert filter_documents(LIBRARY, filters, DAY, statuses) == [
            document for document in LIBRARY if admits(filters, document, LIBRARY, DAY)
        ]


def test_a_region_counts_the_levels_above_it_and_national_texts() -> None:
    library = [
        build("a", region="吉林省", level="省"),
        build("b", region="长春市", level="市"),
        build("c", region="安徽省", level="省"),
        build("d", level="国家"),
        build("e"),
    ]
    assert count_facets(library, Filters(), DAY)["region"] == (
        Count("长春市", 3),
        Count("吉林省", 2),
        Count("安徽省", 2),
    )


def test_two_spellings_of_one_value_are_one() -> None:
    library = [build("a", kind="行動方案"), build("b", kind="行动方案"), build("c")]
    assert count_facets(library, Filters(), DAY)["kind"] == (Count("行動方案", 2),)


def test_an_empty_library_has_no_values() -> None:
    assert count_facets([], Filters(), DAY) == dict.fromkeys(FACETS, ())


def test_statuses_may_be_those_of_a_larger_library() -> None:
    old = build("old", title="旧方案", written=date(2020, 1, 1))
    new = build("new", repeals=(Reference("旧方案", None),), written=date(2021, 1, 1))
    statuses = compute_statuses([old, new], [old, new], DAY)
    assert count_facets([old], Filters(), DAY, statuses=statuses)["status"] == (
        Count("repealed", 1),
    )


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("", ["a", "b"]),
        ("  ", ["a", "b"]),
        ("产业", ["a"]),
        ("吉政办发(2024)9号", ["a"]),
        ("办公厅 产业", ["a"]),
        ("办公厅 意见", []),
        ("wholly", []),
        ("b", ["b"]),
    ],
)
def test_words_are_looked_for_in_what_names_a_document(words: str, ids: Sequence[str]) -> None:
    library = [
        build("a", title="產業方案", number="吉政办发〔2024〕9号", authorities=("吉林省办公厅",)),
        build("b", title="意见"),
    ]
    assert [document.id for document in match_documents(library, words)] == ids


def test_thousands_are_counted_without_a_walk_of_the_library_for_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared = 0
    refers_to = validity.refers_to

    def count(reference: Reference, document: Document) -> bool:
        nonlocal compared
        compared += 1
        return refers_to(reference, document)

    monkeypatch.setattr(validity, "refers_to", count)
    library = build_library(1000)
    count_facets(library, Filters(status="in_force"), DAY)
    assert 0 < compared < 5 * len(library)

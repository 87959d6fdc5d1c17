"""Plain search: what is said of each clause found, in which order, and whose words an excerpt is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from index.types import Filters
from qa.errors import RequestError
from qa.schema import read_search, write_searched
from qa.search import EXCERPT_LENGTH, search
from tests.qa_library import sample_assistant
from tests.web_library import OPINION, PLAN, StubIndex


@pytest.mark.parametrize(
    "question", ["充电站建设有什么支持", "charging stations", "科研投入", "zzz"]
)
def test_excerpts_are_the_documents_own_words(question: str) -> None:
    index = sample_assistant().index
    searched = search(index, question, k=30)
    hits = index.search(question, k=30)
    assert [(f.document, f.clause) for f in searched.results] == [
        (hit.result.document, hit.result.clause) for hit in hits
    ]
    for found, hit in zip(searched.results, hits, strict=True):
        document = index.documents[found.document]
        assert found.excerpt == document.clean[found.start : found.end]
        assert found.excerpt == found.excerpt.strip() != ""
        assert len(found.excerpt) <= EXCERPT_LENGTH
        assert any(start <= found.start and found.end <= end for start, end in hit.spans)
        assert found.title == document.metadata.title and found.written == document.metadata.written


def test_an_excerpt_shows_the_words_that_were_looked_for() -> None:
    index = sample_assistant().index
    first = search(index, "充电站建设", k=1).results[0]
    assert "充电" in first.excerpt
    lay = search(index, "充电桩", k=5)
    assert [(e.source, e.target) for e in lay.expansions] == list(index.expansions("充电桩"))


def test_by_date_the_same_clauses_come_newest_first_and_undated_last() -> None:
    index = StubIndex()
    ranked = search(index, "充电站", k=5).results
    dated = search(index, "充电站", k=5, sort="date").results
    assert {(f.document, f.clause) for f in ranked} == {(f.document, f.clause) for f in dated}
    days = [found.written or date.min for found in dated]
    assert days == sorted(days, reverse=True)
    assert dated[-1].document == OPINION
    # within a day, as ranked
    assert [f.clause for f in dated if f.document == PLAN] == [
        f.clause for f in ranked if f.document == PLAN
    ]


def test_statuses_are_those_of_the_day() -> None:
    index = sample_assistant().index
    id = "jilin-nev-action-plan-2024"
    statuses = {
        day.year: search(index, "充电站", filters=Filters(document=id), as_of=day).results[0].status
        for day in (date(2024, 1, 1), date(2025, 1, 1), date(2028, 1, 1))
    }
    assert statuses == {2024: "not_yet", 2025: "in_force", 2028: "expired"}


def test_filters_limit_it() -> None:
    found = search(sample_assistant().index, "充电站", filters=Filters(region="安徽省")).results
    assert {f.document for f in found} == {"anhui-manufacturing-clusters"}


def test_it_is_written_as_the_interface_has_it() -> None:
    searched = search(StubIndex(), "充电桩", k=2)
    written = write_searched(searched)
    assert list(written) == ["question", "results", "expansions", "index"]
    assert list(written["results"][0]) == [
        "document",
        "title",
        "number",
        "clause",
        "label",
        "score",
        "ranks",
        "status",
        "written",
        "excerpt",
        "start",
        "end",
    ]
    assert written["expansions"] == [{"from": "充电桩", "to": "充电站"}]
    assert write_searched(replace(searched, results=()))["results"] == []


def test_what_to_search_for_is_read_strictly() -> None:
    request, sort = read_search({"question": "充电站", "k": 3, "sort": "date"})
    assert (request.question, request.k, sort) == ("充电站", 3, "date")
    assert read_search({"question": "充电站"})[1] == "relevance"
    for wrong, code in (
        ({"sort": "newest"}, "bad_sort"),
        ({"sort": None}, "bad_sort"),
        ({"sort": ["date"]}, "bad_sort"),
        ({"history": ["充电站"]}, "unknown_field"),
        ({"id": 1}, "unknown_field"),
        ({"region": "吉林省"}, "unknown_field"),
        ({"k": 1001}, "bad_k"),
    ):
        with pytest.raises(RequestError) as refusal:
            read_search({"question": "充电站", **wrong})
        assert refusal.value.code == code
    with pytest.raises(RequestError):
        read_search(["充电站"])

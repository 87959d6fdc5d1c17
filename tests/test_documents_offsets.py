"""The offset map against a brute force: the list of the source indices that were kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.offsets import OffsetMap, Span


def disjoint(length: int) -> st.SearchStrategy[list[Span]]:
    """Ascending, disjoint spans of a text of ``length`` characters, some of them empty."""
    cuts = st.lists(st.integers(0, length), max_size=10).map(sorted)
    return cuts.map(lambda c: list(zip(c[::2], c[1::2], strict=False)))


def removed(kept: list[int], spans: list[Span]) -> list[int]:
    gone = {i for start, end in spans for i in range(start, end)}
    return [source for i, source in enumerate(kept) if i not in gone]


@st.composite
def maps(draw: st.DrawFn) -> tuple[OffsetMap, list[int]]:
    """A text from which spans were removed twice, and the source indices that are left."""
    length = draw(st.integers(0, 40))
    offsets, kept = OffsetMap.identity(length), list(range(length))
    for _ in range(2):
        spans = draw(disjoint(len(kept)))
        offsets, kept = offsets.removing(spans), removed(kept, spans)
    return offsets, kept


@given(maps())
def test_every_character_maps_to_its_source(case: tuple[OffsetMap, list[int]]) -> None:
    offsets, kept = case
    assert [offsets.to_source(i) for i in range(len(kept))] == kept


@given(maps())
def test_outside_the_text_there_is_no_source(case: tuple[OffsetMap, list[int]]) -> None:
    offsets, kept = case
    for outside in (-1, len(kept), len(kept) + 7):
        with pytest.raises(IndexError):
            offsets.to_source(outside)


@given(maps(), st.data())
def test_what_is_left_of_a_source_span_is_found(
    case: tuple[OffsetMap, list[int]], data: st.DataObject
) -> None:
    offsets, kept = case
    start = data.draw(st.integers(0, 45))
    end = data.draw(st.integers(start, 45))
    left = [i for i, source in enumerate(kept) if start <= source < end]
    assert offsets.remaining_span(start, end) == ((left[0], left[-1] + 1) if left else None)


@given(maps(), st.data())
def test_spans_map_to_the_smallest_span_and_to_exact_pieces(
    case: tuple[OffsetMap, list[int]], data: st.DataObject
) -> None:
    offsets, kept = case
    start = data.draw(st.integers(0, len(kept)))
    end = data.draw(st.integers(start, len(kept)))
    pieces = offsets.source_pieces(start, end)
    assert [i for a, b in pieces for i in range(a, b)] == kept[start:end]
    assert all(a < b for a, b in pieces)
    if start < end:
        assert offsets.source_span(start, end) == (kept[start], kept[end - 1] + 1)


@given(maps())
def test_what_is_kept_is_ascending_disjoint_and_not_empty(
    case: tuple[OffsetMap, list[int]],
) -> None:
    offsets, kept = case
    flat = [i for start, end in offsets.kept for i in range(start, end)]
    assert flat == kept
    assert all(start < end for start, end in offsets.kept)
    assert len(offsets.starts) == len(offsets.kept)


@given(st.integers(0, 30).flatmap(lambda n: st.tuples(st.just(n), disjoint(n))), st.randoms())
def test_without_takes_spans_in_any_order(case, random) -> None:  # type: ignore[no-untyped-def]
    length, spans = case
    shuffled = random.sample(spans, len(spans))
    offsets = OffsetMap.without(length, shuffled)
    kept = removed(list(range(length)), spans)
    assert [offsets.to_source(i) for i in range(len(kept))] == kept


def test_the_identity_maps_a_text_to_itself() -> None:
    assert OffsetMap.identity(3).source_span(1, 3) == (1, 3)
    assert OffsetMap.identity(0).source_pieces(0, 0) == []


def test_an_empty_span_has_no_source_span() -> None:
    with pytest.raises(IndexError):
        OffsetMap.identity(3).source_span(0, 0)

"""Sentences and chunks: nothing lost, nothing twice, nothing too long."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.types import Chunk, Unit
from index.windows import is_bracket, split_chunks, split_sentences

TEXT = "甲乙。丙丁！戊己？“庚辛。”壬癸；\n  子丑 \n\n（寅卯。）辰"


def words(text: str, spans: list[tuple[int, int]]) -> list[str]:
    return [text[start:end] for start, end in spans]


def make_unit(text: str, *spans: tuple[int, int]) -> Unit:
    return Unit("d", "一", "题", "\n".join(text[a:b] for a, b in spans), spans)


def test_sentences_end_at_their_marks_with_the_closing_quotes_and_at_lines() -> None:
    assert words(TEXT, split_sentences(TEXT, 0, len(TEXT))) == [
        "甲乙。", "丙丁！", "戊己？", "“庚辛。”", "壬癸；", "子丑", "（寅卯。）", "辰",
    ]  # fmt: skip


def test_sentences_of_a_part_are_cut_at_its_ends() -> None:
    assert words(TEXT, split_sentences(TEXT, 1, 5)) == ["乙。", "丙丁"]
    assert split_sentences(TEXT, 3, 3) == []


def test_short_unit_is_one_chunk() -> None:
    text = "甲乙。丙丁。"
    assert split_chunks(make_unit(text, (0, 6)), 7, text) == [Chunk(7, 0, 6)]


def test_windows_hold_as_many_whole_sentences_as_fit() -> None:
    text = "甲乙。丙丁。戊己。庚。"
    chunks = split_chunks(make_unit(text, (0, len(text))), 0, text, window=6)
    assert [text[c.start : c.end] for c in chunks] == ["甲乙。丙丁。", "戊己。庚。"]


def test_longer_sentence_is_cut() -> None:
    text = "甲乙丙丁戊己庚。辛。"
    chunks = split_chunks(make_unit(text, (0, len(text))), 0, text, window=3)
    assert [text[c.start : c.end] for c in chunks] == ["甲乙", "丙丁戊", "己庚。", "辛。"]


def test_bracket_stays_with_the_sentence_before_it() -> None:
    text = "甲乙丙丁。\n（省能源局）\n戊。"
    chunks = split_chunks(make_unit(text, (0, len(text))), 0, text, window=6)
    assert [text[c.start : c.end] for c in chunks] == ["甲乙丙丁。\n（省能源局）", "戊。"]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("（省能源局）", True),
        ("（省能源局(牵头)、省财政厅）", True),
        ("（省能源局牵头）（省财政厅配合）", True),
        ("（二）换电站（含移动的）", False),
        ("（省能源局", False),
        ("甲（乙）", False),
        ("甲", False),
    ],
)
def test_bracket_has_no_words_outside(sentence: str, expected: bool) -> None:
    assert is_bracket(sentence) is expected


def test_a_long_sentence_is_cut_evenly() -> None:
    text = "甲" * 13 + "。"
    chunks = split_chunks(make_unit(text, (0, len(text))), 0, text, window=13)
    assert [(chunk.start, chunk.end) for chunk in chunks] == [(0, 7), (7, 14)]


def test_no_window_crosses_from_span_to_span() -> None:
    text = "甲乙。丙丁。戊己。"
    chunks = split_chunks(make_unit(text, (0, 3), (6, 9)), 0, text)
    assert chunks == [Chunk(0, 0, 3), Chunk(0, 6, 9)]


@st.composite
def units(draw: st.DrawFn) -> tuple[str, Unit]:
    text = draw(st.text(alphabet="甲乙。；！”) \n\u3000a", max_size=80))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
    spans = list(pairwise(cuts))[::2]
    return text, make_unit(text, *spans)


@given(units(), st.integers(1, 20))
def test_chunks_cover_every_sentence_once_and_stay_within_span_and_window(
    made: tuple[str, Unit], window: int
) -> None:
    text, unit = made
    chunks = split_chunks(unit, 3, text, window=window)
    covered = [i for chunk in chunks for i in range(chunk.start, chunk.end)]
    assert len(covered) == len(set(covered))
    expected = {i for a, b in unit.spans for i in range(a, b) if not text[i].isspace()}
    assert {i for i in covered if not text[i].isspace()} == expected
    for chunk in chunks:
        assert chunk.unit == 3 and 0 < chunk.end - chunk.start <= window
        assert any(a <= chunk.start and chunk.end <= b for a, b in unit.spans)


@given(units())
def test_sentences_longer_than_no_window_are_kept_whole(made: tuple[str, Unit]) -> None:
    text, unit = made
    chunks = split_chunks(unit, 0, text, window=1000)
    for start, end in unit.spans:
        for sentence in split_sentences(text, start, end):
            assert sum(c.start <= sentence[0] and sentence[1] <= c.end for c in chunks) == 1

"""Where an excerpt ends."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qa.excerpts import cut

TEXT = st.text("甲乙，。； \n", max_size=40)


def test_a_text_that_fits_is_whole() -> None:
    assert cut("甲乙。丙丁。 \n", 0, 8, 6) == 6


def test_it_ends_with_the_last_whole_sentence() -> None:
    assert cut("甲乙。丙丁。戊己。", 0, 9, 8) == 6


def test_else_at_the_last_pause_before_it() -> None:
    assert cut("甲，乙丙，丁戊己", 0, 8, 6) == 4


def test_else_at_the_limit() -> None:
    assert cut("甲乙丙丁戊", 0, 5, 3) == 3


@given(TEXT, st.integers(0, 5), st.integers(1, 30))
def test_it_is_never_longer_than_the_limit(text: str, start: int, limit: int) -> None:
    start = min(start, len(text))
    end = cut(text, start, len(text), limit)
    assert start <= end <= min(len(text), start + limit)
    if text[start:].strip() and not text[start].isspace() and text[start] not in "，；":
        assert text[start:end].strip()

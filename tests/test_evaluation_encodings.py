"""The cache of vectors: the same vectors, each text once, whatever happens to the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation import encodings
from evaluation.encodings import EncoderCache, Unencoded
from evaluation.errors import CacheError
from index.types import TokenVectors, Vectors
from tests.conftest import FakeEncoder

TEXTS = ["支持充电站建设", "建立回收体系", "支持充电站建设", "", "第三条"]


class Counting(FakeEncoder):
    """Remembers what it was asked to encode, and stops after some calls if told to."""

    def __init__(self, *, calls: int = 1_000_000) -> None:
        super().__init__(64)
        self.passages: list[str] = []
        self.queries: list[str] = []
        self._calls = calls

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        self.queries += texts
        return -super().encode_query(texts)

    def encode_document(
        self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
    ) -> Vectors:
        self._calls -= 1
        if self._calls < 0:
            raise KeyboardInterrupt
        self.passages += texts
        return super().encode_query(texts)


def expected(texts: Sequence[str]) -> Vectors:
    return FakeEncoder(64).encode_query(texts)


class CountingTokens(FakeEncoder):
    """Remembers of which texts it was asked for the tokens."""

    def __init__(self) -> None:
        super().__init__(64)
        self.asked: list[str] = []

    def encode_query_tokens(self, text: str) -> tuple[Vectors, Vectors]:
        self.asked.append(text)
        return super().encode_query_tokens(text)

    def encode_document_tokens(
        self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
    ) -> tuple[Vectors, TokenVectors]:
        self.asked += texts
        return super().encode_document_tokens(texts, progress=progress)


def file_in(folder: Path) -> Path:
    (file,) = folder.glob("*.sqlite3")
    return file


def test_vectors_are_the_encoders_own_and_each_text_is_encoded_once(tmp_path: Path) -> None:
    encoder = Counting()
    first = EncoderCache(encoder, tmp_path).encode_document(TEXTS)
    again = EncoderCache(encoder, tmp_path).encode_document(TEXTS[::-1])
    assert np.array_equal(first, expected(TEXTS))
    assert np.array_equal(again, first[::-1])
    assert sorted(encoder.passages) == sorted(set(TEXTS))


def test_passages_and_queries_are_apart(tmp_path: Path) -> None:
    encoder = Counting()
    for _ in range(2):
        cache = EncoderCache(encoder, tmp_path)
        assert np.array_equal(cache.encode_document(TEXTS), expected(TEXTS))
        assert np.array_equal(cache.encode_query(TEXTS), -expected(TEXTS))
        assert np.array_equal(cache.encode_query(TEXTS), -expected(TEXTS))
    assert sorted(encoder.queries) == sorted(set(TEXTS))


def test_encoders_are_apart(tmp_path: Path) -> None:
    assert EncoderCache(FakeEncoder(64), tmp_path).encode_document(["一"]).shape == (1, 64)
    assert EncoderCache(FakeEncoder(32), tmp_path).encode_document(["一"]).shape == (1, 32)
    assert len(list(tmp_path.glob("*.sqlite3"))) == 2


def test_nothing_to_encode(tmp_path: Path) -> None:
    cache = EncoderCache(Counting(), tmp_path)
    assert cache.encode_document([]).shape == (0, 64)
    assert cache.encode_query([]).shape == (0, 64)


def test_it_is_what_it_wraps_in_all_else(tmp_path: Path) -> None:
    encoder = FakeEncoder(64)
    encoder.layers = 12  # type: ignore[attr-defined]
    cache = EncoderCache(encoder, tmp_path)
    assert (cache.name, cache.fingerprint, cache.dimension, cache.max_tokens) == (
        encoder.name,
        encoder.fingerprint,
        64,
        512,
    )
    assert cache.count_tokens(["一二三"]) == [3]
    assert cache.layers == 12
    with pytest.raises(AttributeError, match="wings"):
        _ = cache.wings


def test_tokens_are_the_encoders_own_and_each_text_is_encoded_once(tmp_path: Path) -> None:
    encoder = CountingTokens()
    vectors, tokens = FakeEncoder(64).encode_document_tokens(TEXTS)
    for _ in range(2):
        found, rows = EncoderCache(encoder, tmp_path).encode_document_tokens(TEXTS)
        assert np.array_equal(found, vectors)
        assert rows.rows.dtype == np.int8 and np.array_equal(rows.rows, tokens.rows)
        assert np.array_equal(rows.offsets, tokens.offsets)
    assert sorted(encoder.asked) == sorted(set(TEXTS))
    encoder.asked.clear()
    for _ in range(2):
        cache = EncoderCache(encoder, tmp_path)
        for text in (*TEXTS, *TEXTS):
            whole, own = cache.encode_query_tokens(text)
            assert np.array_equal(whole, expected([text])) and own.dtype == np.float32
            assert own.tolist() == FakeEncoder(64).encode_query_tokens(text)[1].tolist()
    assert sorted(encoder.asked) == sorted(set(TEXTS))


def test_tokens_are_made_where_they_are_asked_for_and_vectors_serve_both(tmp_path: Path) -> None:
    encoder = CountingTokens()
    EncoderCache(encoder, tmp_path).encode_document(TEXTS)
    assert encoder.asked == []
    EncoderCache(encoder, tmp_path).encode_document_tokens(TEXTS[:1])
    assert encoder.asked == TEXTS[:1]
    other = Counting()
    EncoderCache(other, tmp_path).encode_document(TEXTS)
    assert other.passages == []


@pytest.mark.parametrize("table", ["passages", "passage_tokens", "queries", "query_tokens"])
def test_damaged_tokens_are_made_again(table: str, tmp_path: Path) -> None:
    cache = EncoderCache(CountingTokens(), tmp_path)
    cache.encode_document_tokens(TEXTS)
    cache.encode_query_tokens(TEXTS[0])
    with sqlite3.connect(file_in(tmp_path)) as database:
        database.execute(f"UPDATE {table} SET vector = zeroblob(length(vector))")
    database.close()
    encoder = CountingTokens()
    vectors, tokens = EncoderCache(encoder, tmp_path).encode_document_tokens(TEXTS)
    whole, own = EncoderCache(encoder, tmp_path).encode_query_tokens(TEXTS[0])
    assert encoder.asked
    assert np.array_equal(vectors, expected(TEXTS)) and np.array_equal(whole, vectors[:1])
    assert tokens.rows.tolist() == FakeEncoder(64).encode_document_tokens(TEXTS)[1].rows.tolist()
    assert own.sum() == len(own) > 0


def test_an_interruption_loses_the_block_at_hand_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encodings, "_BLOCK", 2)
    texts = [f"第{'一' * n}条" for n in range(7)]
    stopped = Counting(calls=2)
    with pytest.raises(KeyboardInterrupt):
        EncoderCache(stopped, tmp_path).encode_document(texts)
    assert len(stopped.passages) == 4
    rest = Counting()
    reported: list[tuple[int, int]] = []
    vectors = EncoderCache(rest, tmp_path).encode_document(
        texts, progress=lambda done, total: reported.append((done, total))
    )
    assert np.array_equal(vectors, expected(texts))
    assert sorted(stopped.passages + rest.passages) == sorted(texts)
    assert reported == [(0, 3), (2, 3), (3, 3)]  # of what was still to do


def test_an_unfinished_write_is_as_though_it_had_not_begun(tmp_path: Path) -> None:
    EncoderCache(Counting(), tmp_path).encode_document(["一"])
    writing = sqlite3.connect(file_in(tmp_path))
    writing.execute("DELETE FROM passages")
    writing.close()  # without commit, as when the process is killed
    encoder = Counting()
    EncoderCache(encoder, tmp_path).encode_document(["一"])
    assert encoder.passages == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE passages SET vector = zeroblob(256)",
        "UPDATE passages SET vector = x'00'",
        "UPDATE passages SET checksum = checksum + 1",
    ],
)
def test_a_vector_that_was_changed_is_made_again(tmp_path: Path, change: str) -> None:
    EncoderCache(Counting(), tmp_path).encode_document(TEXTS)
    with sqlite3.connect(file_in(tmp_path)) as database:
        database.execute(change)
    database.close()
    encoder = Counting()
    assert np.array_equal(EncoderCache(encoder, tmp_path).encode_document(TEXTS), expected(TEXTS))
    assert sorted(encoder.passages) == sorted(set(TEXTS))
    EncoderCache(encoder, tmp_path).encode_document(TEXTS)
    assert len(encoder.passages) == len(set(TEXTS))


def test_a_file_that_is_none_of_ours_is_put_aside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    EncoderCache(Counting(), tmp_path).encode_document(TEXTS)
    file = file_in(tmp_path)
    file.write_bytes(b"no database" * 1000)
    assert np.array_equal(
        EncoderCache(Counting(), tmp_path).encode_document(TEXTS), expected(TEXTS)
    )
    assert file.with_suffix(".damaged").read_bytes().startswith(b"no database")
    assert "缓存已损坏" in capsys.readouterr().err


def test_pages_that_were_overwritten_are_noticed(tmp_path: Path) -> None:
    texts = [f"第{n}条" for n in range(400)]
    EncoderCache(Counting(), tmp_path).encode_document(texts)
    file = file_in(tmp_path)
    data = bytearray(file.read_bytes())
    data[4096 * 3 : 4096 * 9] = b"\xff" * (4096 * 6)
    file.write_bytes(data)
    assert np.array_equal(
        EncoderCache(Counting(), tmp_path).encode_document(texts), expected(texts)
    )


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CacheError, match="--cache"):
        EncoderCache(Counting(), tmp_path / "file")


@given(texts=st.lists(st.text(max_size=5), max_size=12))
def test_any_texts_come_back_in_their_order(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    cache = EncoderCache(Counting(), tmp_path_factory.mktemp("cache"))
    assert cache.encode_document(texts).tolist() == [
        row for text in texts for row in expected([text]).tolist()
    ]


def test_half_of_a_surrogate_pair_has_a_place_too(tmp_path: Path) -> None:
    class Lenient(Counting):
        def _encode(self, text: str) -> Vectors:
            return super()._encode(text.encode("utf-8", "replace").decode())

    vectors = EncoderCache(Lenient(), tmp_path).encode_document(["\ud800", "一"])
    assert vectors.shape == (2, 64)


def test_without_an_encoder_every_vector_is_zero() -> None:
    encoder = Unencoded()
    assert not encoder.encode_document(["一", "二"]).any()
    assert encoder.encode_query(["一"]).shape == (1, encoder.dimension)
    assert encoder.count_tokens(["一"]) == [0]
    vectors, tokens = encoder.encode_document_tokens(["一", "二"])
    assert not vectors.any() and tokens.offsets.tolist() == [0, 0, 0] and not tokens.rows.size
    vector, own = encoder.encode_query_tokens("一")
    assert vector.tolist() == [[0]] and not own.size

"""Vectors on disk, so that a corpus is encoded once however often and in whatever ways it is searched."""

from __future__ import annotations

import hashlib
import sqlite3
import sys
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import platformdirs
from numpy.typing import NDArray

from evaluation.errors import CacheError
from index.late_interaction import join
from index.types import Codes, Encoder, TokenVectors, Vectors

# Texts that are encoded between two writes: what an interruption loses, some seconds.
_BLOCK = 64
# Seconds to wait for another process that is writing.
_PATIENCE = 60.0

# What a table holds for a text: the vector of the whole, or those of its tokens.
Kind = Literal["passages", "queries", "passage_tokens", "query_tokens"]
# How many tokens there are, before their vectors.
_COUNT = np.dtype("<i4")


def default_cache() -> Path:
    """Return the folder of the vectors: ``evaluation`` in the platform's user cache folder."""
    return Path(platformdirs.user_cache_dir("policy-qa")) / "evaluation"


class EncoderCache:
    """An encoder that remembers, in one SQLite file per model, found by the text itself.

    Passages and queries are apart, because a model may encode them differently. Each block is one
    transaction, so a stop at any point loses that block only; every vector has a checksum, and one
    that does not match is made again. A file that SQLite cannot read is put aside, and said so.
    Queries are encoded one at a time, as the product does, so that what is asked beside a question
    changes nothing; passages go in blocks of like length, which changes them by float noise only.
    Without ``queries`` those are encoded anew each time, as where the time they take is measured.
    Several processes may share a folder. CacheError where it cannot be read or written.
    """

    def __init__(self, encoder: Encoder, folder: Path, *, queries: bool = True) -> None:
        name = hashlib.sha256(encoder.fingerprint.encode()).hexdigest()[:16]
        self._encoder = encoder
        self._remembers_queries = queries
        self._file = folder / f"{name}.sqlite3"
        with _reported(self._file):
            folder.mkdir(parents=True, exist_ok=True)
            _prepare(self._file)
        self._queries: dict[str, Vectors] = {}
        self._query_tokens: dict[str, tuple[Vectors, Vectors]] = {}

    @property
    def name(self) -> str:
        """The name of the encoder whose vectors these are."""
        return self._encoder.name

    @property
    def fingerprint(self) -> str:
        """The encoder's own: the vectors are its vectors."""
        return self._encoder.fingerprint

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._encoder.dimension

    @property
    def max_tokens(self) -> int:
        """Tokens the encoder reads."""
        return self._encoder.max_tokens

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """Questions -> (len(texts), dimension), from memory once they have been asked for."""
        if not self._remembers_queries:
            return self._encoder.encode_query(texts)
        missing = [text for text in dict.fromkeys(texts) if text not in self._queries]
        for text in missing:
            self._queries[text] = self._vectors("queries", [text], self._encoder.encode_query)
        rows = [self._queries[text] for text in texts]
        return np.concatenate(rows) if rows else self._empty(0)

    def encode_document(
        self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
    ) -> Vectors:
        """Passages -> (len(texts), dimension); progress counts the texts that had to be encoded."""
        return self._vectors("passages", texts, self._encoder.encode_document, progress)

    def encode_query_tokens(self, text: str) -> tuple[Vectors, Vectors]:
        """One question -> its vector (1, dimension) and those of its tokens; like encode_query."""
        if not self._remembers_queries:
            return self._encoder.encode_query_tokens(text)
        if text not in self._query_tokens:
            key = _key(text)
            with _reported(self._file):
                whole = self._read("queries", {key: None})
                tokens = self._read_tokens("query_tokens", {key: None}, np.dtype(np.float32))
            if key in whole and key in tokens:
                made = whole[key][np.newaxis], tokens[key]
            else:
                made = self._encoder.encode_query_tokens(text)
                self._write("queries", {key: made[0][0]})
                self._write_tokens("query_tokens", {key: made[1]})
            self._query_tokens[text] = made
        return self._query_tokens[text]

    def encode_document_tokens(
        self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
    ) -> tuple[Vectors, TokenVectors]:
        """Passages -> (len(texts), dimension) and their tokens, kept in a table of their own."""
        keys = [_key(text) for text in texts]
        with _reported(self._file):
            tokens: dict[bytes, Codes] = self._read_tokens(
                "passage_tokens", dict.fromkeys(keys), np.dtype(np.int8)
            )

        def encode(block: Sequence[str]) -> Vectors:
            made, found = self._encoder.encode_document_tokens(block)
            spans = pairwise(found.offsets.tolist())
            fresh = {
                _key(text): found.rows[start:end]
                for text, (start, end) in zip(block, spans, strict=True)
            }
            self._write_tokens("passage_tokens", fresh)
            tokens.update(fresh)
            return made

        vectors = self._vectors("passages", texts, encode, progress, among=tokens.keys())
        return vectors, join([tokens[key] for key in keys])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Ask the encoder."""
        return self._encoder.count_tokens(texts)

    def __getattr__(self, name: str) -> Any:
        """Whatever else the encoder can do, it does itself."""
        if name == "_encoder":  # not set yet: nothing to ask
            raise AttributeError(name)
        return getattr(self._encoder, name)

    def _vectors(
        self,
        kind: Kind,
        texts: Sequence[str],
        encode: Callable[[Sequence[str]], Vectors],
        progress: Callable[[int, int], None] | None = None,
        among: Collection[bytes] | None = None,
    ) -> Vectors:
        """Return the vectors of ``texts``; of those that are there, only ones ``among`` some."""
        keys = [_key(text) for text in texts]
        vectors = self._empty(len(texts))
        with _reported(self._file):
            usable = keys if among is None else [key for key in keys if key in among]
            found = self._read(kind, dict.fromkeys(usable))
        # From the longest down, as the encoder itself does, each text once.
        wanted = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        order = sorted(wanted, key=lambda key: (-len(wanted[key]), key))
        if progress is not None:
            progress(0, len(order))  # from here the time is taken
        for start in range(0, len(order), _BLOCK):
            block = order[start : start + _BLOCK]
            made = encode([wanted[key] for key in block])
            fresh = dict(zip(block, made, strict=True))
            self._write(kind, fresh)
            found.update(fresh)
            if progress is not None:
                progress(start + len(block), len(order))
        for row, key in enumerate(keys):
            vectors[row] = found[key]
        return vectors

    def _read(self, kind: Kind, keys: dict[bytes, None]) -> dict[bytes, Vectors]:
        """Return the vectors that are there and whole."""
        size = self.dimension * np.dtype(np.float32).itemsize
        return {
            key: np.frombuffer(data, dtype=np.float32)
            for key, data in self._read_bytes(kind, keys)
            if len(data) == size
        }

    def _read_tokens(
        self, kind: Kind, keys: dict[bytes, None], dtype: np.dtype[Any]
    ) -> dict[bytes, NDArray[Any]]:
        """Return the vectors of tokens that are there and whole."""
        return {key: _tokens(data, dtype) for key, data in self._read_bytes(kind, keys)}

    def _read_bytes(self, kind: Kind, keys: dict[bytes, None]) -> Iterator[tuple[bytes, bytes]]:
        statement = f"SELECT vector, checksum FROM {kind} WHERE key = ?"
        with closing(_connect(self._file)) as database:
            for key in keys:
                row = database.execute(statement, (key,)).fetchone()
                if row and zlib.crc32(row[0]) == row[1]:
                    yield key, row[0]

    def _write(self, kind: Kind, vectors: dict[bytes, Vectors]) -> None:
        self._write_bytes(kind, _bytes(vectors))

    def _write_tokens(self, kind: Kind, tokens: Mapping[bytes, NDArray[Any]]) -> None:
        counted = ((key, rows, _COUNT.type(len(rows))) for key, rows in tokens.items())
        self._write_bytes(kind, ((key, n.tobytes() + rows.tobytes()) for key, rows, n in counted))

    def _write_bytes(self, kind: Kind, items: Iterable[tuple[bytes, bytes]]) -> None:
        rows = ((key, data, zlib.crc32(data)) for key, data in items)
        # The inner context is a transaction.
        with _reported(self._file), closing(_connect(self._file)) as database, database:
            database.executemany(f"INSERT OR REPLACE INTO {kind} VALUES (?, ?, ?)", rows)

    def _empty(self, count: int) -> Vectors:
        return np.empty((count, self.dimension), dtype=np.float32)


class Unencoded:
    """Stands in for an encoder where no system needs one: every vector is a single zero."""

    name = "none"
    fingerprint = "none"
    dimension = 1
    max_tokens = sys.maxsize

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """Return zeros of shape (len(texts), 1)."""
        return np.zeros((len(texts), 1), dtype=np.float32)

    def encode_document(
        self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
    ) -> Vectors:
        """Return zeros of shape (len(texts), 1)."""
        return self.encode_query(texts)

    def encode_query_tokens(self, text: str) -> tuple[Vectors, Vectors]:
        """Return a zero, and no tokens."""
        return self.encode_query([text]), np.empty((0, 0), dtype=np.float32)

    def encode_document_tokens(
        self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
    ) -> tuple[Vectors, TokenVectors]:
        """Return zeros of shape (len(texts), 1), and no tokens."""
        return self.encode_query(texts), join([np.empty((0, 0), dtype=np.int8)] * len(texts))

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return zeros: nothing is read, so nothing is too long."""
        return [0] * len(texts)


def _key(text: str) -> bytes:
    # JSON can carry half of a surrogate pair.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _bytes(vectors: dict[bytes, Vectors]) -> Iterator[tuple[bytes, bytes]]:
    for key, vector in vectors.items():
        yield key, np.ascontiguousarray(vector, dtype=np.float32).tobytes()


def _tokens(data: bytes, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return the vectors of tokens, (tokens, dimension), from what was kept of them."""
    [count] = np.frombuffer(data[: _COUNT.itemsize], dtype=_COUNT)
    return np.frombuffer(data[_COUNT.itemsize :], dtype=dtype).reshape(
        int(count), -1 if count else 0
    )


@contextmanager
def _reported(file: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise CacheError(
            str(file),
            f"向量缓存无法读写（{error}）。请检查权限和磁盘空间，或用 --cache 指定其他文件夹",
            f"the cache of vectors cannot be used ({error}); check permissions and disk space, or "
            "name another folder with --cache",
        ) from error


def _connect(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(file, timeout=_PATIENCE)


def _prepare(file: Path) -> None:
    """Create the tables in ``file`` where it has none; put it aside where it is no database."""
    try:
        _create(file)
    except sqlite3.OperationalError:
        raise  # locked, or no right to write: the file itself may be whole
    except sqlite3.DatabaseError as error:
        aside = file.with_suffix(".damaged")
        file.replace(aside)
        print(
            f"{file}：缓存已损坏（{error}），移到 {aside.name}，重新编码。\n"
            f"{file}: the cache is damaged ({error}); it was moved to {aside.name}, and the texts "
            "are encoded again.",
            file=sys.stderr,
        )
        _create(file)


def _create(file: Path) -> None:
    with closing(_connect(file)) as database:
        for kind in get_args(Kind):
            database.execute(
                f"CREATE TABLE IF NOT EXISTS {kind}"
                " (key BLOB PRIMARY KEY, vector BLOB NOT NULL, checksum INTEGER NOT NULL)"
            )
        # A look through the whole file; the vectors have checksums of their own.
        if database.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("quick_check")

"""Vectors on disk, so that a corpus is encoded once however often and in whatever ways it is searched."""

from __future__ import annotations

import hashlib
import sqlite3
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
import platformdirs

from evaluation.errors import CacheError
from index.types import Encoder, Vectors

# Texts that are encoded between two writes: what an interruption loses, some seconds.
_BLOCK = 64
# Seconds to wait for another process that is writing.
_PATIENCE = 60.0

Kind = Literal["passages", "queries"]


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
    Several processes may share a folder. CacheError where it cannot be read or written.
    """

    def __init__(self, encoder: Encoder, folder: Path) -> None:
        name = hashlib.sha256(encoder.fingerprint.encode()).hexdigest()[:16]
        self._encoder = encoder
        self._file = folder / f"{name}.sqlite3"
        with _reported(self._file):
            folder.mkdir(parents=True, exist_ok=True)
            _prepare(self._file)
        self._queries: dict[str, Vectors] = {}

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
    ) -> Vectors:
        keys = [_key(text) for text in texts]
        vectors = self._empty(len(texts))
        with _reported(self._file):
            found = self._read(kind, dict.fromkeys(keys))
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
        statement = f"SELECT vector, checksum FROM {kind} WHERE key = ?"
        found = {}
        with closing(_connect(self._file)) as database:
            for key in keys:
                row = database.execute(statement, (key,)).fetchone()
                if row and len(row[0]) == size and zlib.crc32(row[0]) == row[1]:
                    found[key] = np.frombuffer(row[0], dtype=np.float32)
        return found

    def _write(self, kind: Kind, vectors: dict[bytes, Vectors]) -> None:
        rows = ((key, data, zlib.crc32(data)) for key, data in _bytes(vectors))
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

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return zeros: nothing is read, so nothing is too long."""
        return [0] * len(texts)


def _key(text: str) -> bytes:
    # JSON can carry half of a surrogate pair.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _bytes(vectors: dict[bytes, Vectors]) -> Iterator[tuple[bytes, bytes]]:
    for key, vector in vectors.items():
        yield key, np.ascontiguousarray(vector, dtype=np.float32).tobytes()


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
        for kind in ("passages", "queries"):
            database.execute(
                f"CREATE TABLE IF NOT EXISTS {kind}"
                " (key BLOB PRIMARY KEY, vector BLOB NOT NULL, checksum INTEGER NOT NULL)"
            )
        # A look through the whole file; the vectors have checksums of their own.
        if database.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("quick_check")

"""What a build has encoded so far, noted beside the index in case it is stopped.

A file that is only appended to: one record a text, with a checksum. A stop at any point, or a full
disk, leaves a last record that is not whole; reading ends before it. The next build begins the file
anew with what it still wants of it, so it never holds more than the texts of one build, and it goes
when an index with them is current.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np

from index.types import Encoding

KEY_LENGTH = 32
_PREFIX = ".encoded-"
_FLOAT, _CODE = np.dtype("<f4"), np.dtype("<i1")
# A text's key, whether it was cut, the length of its vector, the shape of its tokens; behind the
# vector and the tokens a checksum of it all.
_HEAD = struct.Struct(f"<{KEY_LENGTH}s?III")
_CHECKSUM = struct.Struct("<I")

Note = Callable[[bytes, Encoding], None]


def journal_path(store: Path, fingerprint: str) -> Path:
    """Return the journal of the builds into ``store`` by the encoder of that fingerprint."""
    return store / (_PREFIX + hashlib.sha256(fingerprint.encode()).hexdigest()[:16])


def discard_journals(store: Path) -> None:
    """Remove the journals in ``store``, of whatever encoder."""
    for path in store.glob(f"{_PREFIX}*"):
        path.unlink(missing_ok=True)


@contextmanager
def resume(path: Path, take: Callable[[bytes, Encoding], bool]) -> Iterator[Note]:
    """Give ``take`` what an earlier build noted in ``path``, and yield a function that notes more.

    Of the earlier records those remain that ``take`` wants. The caller alone writes the file.
    """
    beside = path.with_name(path.name + ".new")
    with beside.open("wb") as file:
        for key, encoding in read(path):
            if take(key, encoding):
                file.write(_pack(key, encoding))
    beside.replace(path)
    # Unbuffered: what is noted outlives the process.
    with path.open("ab", buffering=0) as file:
        yield lambda key, encoding: _append(file, _pack(key, encoding))


def read(path: Path) -> Iterator[tuple[bytes, Encoding]]:
    """Yield what is noted in ``path``, up to the first record that is not whole."""
    if not path.exists():
        return
    with path.open("rb") as file:
        while found := _read_record(file):
            yield found


def _append(file: BinaryIO, record: bytes) -> None:
    # The build goes on without: on a full disk it may have to encode again, no more.
    with suppress(OSError):
        file.write(record)


def _pack(key: bytes, encoding: Encoding) -> bytes:
    vector, tokens = encoding.vector.astype(_FLOAT), encoding.tokens.astype(_CODE)
    data = _HEAD.pack(key, encoding.cut, len(vector), *tokens.shape)
    data += vector.tobytes() + tokens.tobytes()
    return data + _CHECKSUM.pack(zlib.crc32(data))


def _read_record(file: BinaryIO) -> tuple[bytes, Encoding] | None:
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    key, cut, length, count, dimension = _HEAD.unpack(head)
    floats, codes = length * _FLOAT.itemsize, count * dimension
    rest = _CHECKSUM.size + floats + codes
    # A length that was not meant may be any number.
    if rest > os.fstat(file.fileno()).st_size - file.tell():
        return None
    data = file.read(rest)
    body, checksum = data[: -_CHECKSUM.size], data[-_CHECKSUM.size :]
    if _CHECKSUM.pack(zlib.crc32(head + body)) != checksum:
        return None
    vector = np.frombuffer(body[:floats], dtype=_FLOAT)
    tokens = np.frombuffer(body[floats:], dtype=_CODE).reshape(count, dimension)
    return key, Encoding(vector, tokens, cut)

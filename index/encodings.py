"""What an encoder made of texts, kept by the text itself, so that no text is encoded twice.

A text goes by the SHA-256 of exactly what the encoder reads, and of whether its tokens were asked
for too. What is kept are rows of a snapshot's own arrays, which may lie on disk: they are looked up
one by one and never read as a whole.

The default model makes of a text the same bytes whatever else is encoded with it. Models that torch
runs do so but for float noise: what else is in a batch changes the padding, and so a component of a
vector by about 1e-7. Built at once or bit by bit, their index holds vectors of the same text whose
cosine is 1 to six digits, and tokens that may be rounded to the next of their 255 steps; a text that
stays keeps its bytes. Questions are encoded one at a time, so theirs are always the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.journal import KEY_LENGTH, resume
from index.late_interaction import join
from index.types import Encoder, Encoding, TokenVectors, Vectors

# Texts that are encoded between two writes: what a stop loses, some seconds. A multiple of the
# encoder's own batches, which are then the same as if all were encoded at once.
_BLOCK = 64
_NO_TOKENS = np.empty((0, 0), dtype=np.int8)


@dataclass(frozen=True, slots=True, eq=False)
class Encodings:
    """Of some texts: row i of each is that of text i, a text's tokens as in ``TokenVectors``.

    ``keys`` has shape (texts, 32), ``vectors`` (texts, dimension), ``rows`` (tokens, dimension),
    ``offsets`` (texts + 1,), ``cut`` (texts,).
    """

    keys: NDArray[np.uint8]
    vectors: Vectors
    rows: NDArray[Any]
    offsets: NDArray[np.int64]
    cut: NDArray[np.bool_]

    @property
    def tokens(self) -> TokenVectors:
        """The tokens alone."""
        return TokenVectors(self.rows, self.offsets)


def no_encodings(dimension: int = 0) -> Encodings:
    """Return those of no text."""
    return gather([], dimension)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What builds before this one have encoded, with the same encoder.

    ``chunks`` and ``questions`` are those of the current snapshot. ``journal`` is where those that
    this build makes are noted, and where a build that was stopped has noted its own; None: nowhere.
    """

    chunks: Encodings = field(default_factory=no_encodings)
    questions: Encodings = field(default_factory=no_encodings)
    journal: Path | None = None


def make_key(text: str, *, tokens: bool) -> bytes:
    """Return what a text, with its tokens or without, is found by: 32 bytes."""
    # JSON can carry half of a surrogate pair.
    data = text.encode("utf-8", "surrogatepass")
    return hashlib.sha256((b"tokens\0" if tokens else b"whole\0") + data).digest()


def gather(items: Sequence[tuple[bytes, Encoding]], dimension: int) -> Encodings:
    """Return the encodings of some texts as one."""
    keys = np.frombuffer(b"".join(key for key, _ in items), dtype=np.uint8)
    found = [encoding for _, encoding in items]
    joined = join([encoding.tokens for encoding in found])
    return Encodings(
        keys.reshape(-1, KEY_LENGTH),
        np.array([e.vector for e in found], dtype=np.float32).reshape(len(found), dimension),
        joined.rows,
        joined.offsets,
        np.array([e.cut for e in found], dtype=np.bool_),
    )


def finder(encodings: Encodings) -> Callable[[bytes], Encoding | None]:
    """Return a function that finds the encoding of a key, as views of the rows; None: not there."""
    places = {key.tobytes(): row for row, key in enumerate(np.asarray(encodings.keys))}
    # Plain views of what may be on disk are faster to slice.
    vectors, rows = np.asarray(encodings.vectors), np.asarray(encodings.rows)
    offsets, cut = encodings.offsets, encodings.cut

    def find(key: bytes) -> Encoding | None:
        row = places.get(key)
        if row is None:
            return None
        return Encoding(vectors[row], rows[offsets[row] : offsets[row + 1]], bool(cut[row]))

    return find


def encode_texts(
    texts: Sequence[str],
    encoder: Encoder,
    *,
    tokens: bool,
    earlier: Earlier = Earlier(),
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Encodings, int]:
    """Return the encodings of ``texts``, and how many of these had to be encoded.

    A text that stands there twice is encoded once. ``progress`` gets the texts done and all that
    are to be encoded; it is not called where there is none.
    """
    keys = [make_key(text, tokens=tokens) for text in texts]
    places: dict[bytes, list[int]] = {}
    for place, key in enumerate(keys):
        places.setdefault(key, []).append(place)
    vectors = np.empty((len(texts), encoder.dimension), dtype=np.float32)
    pieces = [_NO_TOKENS] * len(texts)
    cut = np.zeros(len(texts), dtype=np.bool_)
    missing = dict.fromkeys(places)

    def put(key: bytes, encoding: Encoding) -> bool:
        """Take an encoding that is still missing; tell whether it was."""
        if key not in missing:
            return False
        del missing[key]
        for place in places[key]:
            vectors[place], pieces[place], cut[place] = encoding
        return True

    find = finder(earlier.chunks)
    for key in places:
        text = texts[places[key][0]]
        if found := find(key):
            put(key, found)
        # Vectors are the same with tokens and without.
        elif not tokens and (found := find(make_key(text, tokens=True))):
            put(key, found._replace(tokens=_NO_TOKENS))

    count = 0
    journal = resume(earlier.journal, put) if earlier.journal and missing else nullcontext()
    with journal as note:
        # From the longest down, as the encoder itself does.
        order = sorted((places[key][0] for key in missing), key=lambda i: -len(texts[i]))
        size = _BLOCK if note else max(len(order), 1)
        for start in range(0, len(order), size):
            block = [texts[place] for place in order[start : start + size]]
            report = _shifted(progress, start, len(order)) if note else progress
            made = list(_encode(block, encoder, tokens, report))
            for place, encoding in zip(order[start : start + size], made, strict=True):
                count += len(places[keys[place]])
                put(keys[place], encoding)
                if note:
                    note(keys[place], encoding)
    joined = join(pieces)
    data = np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(-1, KEY_LENGTH)
    return Encodings(data, vectors, joined.rows, joined.offsets, cut), count


def _shifted(
    progress: Callable[[int, int], None] | None, before: int, total: int
) -> Callable[[int, int], None] | None:
    """Return what reports the progress of a block as that of the whole."""
    return (lambda done, _: progress(before + done, total)) if progress else None


def _encode(
    texts: Sequence[str],
    encoder: Encoder,
    tokens: bool,
    progress: Callable[[int, int], None] | None,
) -> Iterator[Encoding]:
    """Yield the encoding of each text."""
    if tokens:
        vectors, found = encoder.encode_document_tokens(texts, progress=progress)
        rows, offsets = found.rows, found.offsets
        pieces: Iterable[NDArray[Any]] = (
            rows[offsets[i] : offsets[i + 1]] for i in range(len(texts))
        )
    else:
        vectors = encoder.encode_document(texts, progress=progress)
        pieces = [_NO_TOKENS] * len(texts)
    counts = encoder.count_tokens(texts)
    for vector, piece, count in zip(vectors, pieces, counts, strict=True):
        yield Encoding(vector, piece, count > encoder.max_tokens)


def encode_question(encoder: Encoder, text: str, tokens: bool) -> tuple[Vectors, Vectors]:
    """Return the vector of a question, (1, dimension), and its tokens where they are wanted."""
    if tokens:
        return encoder.encode_query_tokens(text)
    return encoder.encode_query([text]), np.empty((0, 0), dtype=np.float32)


# Of a question, and whether its tokens are wanted: its vector, (1, dimension), and its tokens.
Ask = Callable[[str, bool], tuple[Vectors, Vectors]]


class Questions:
    """Encodes questions, each once; ``kept`` are those that it was asked for."""

    def __init__(self, encoder: Encoder, earlier: Encodings) -> None:
        self._encoder = encoder
        self._find = finder(earlier)
        self._kept: dict[bytes, Encoding] = {}

    def encode(self, text: str, tokens: bool) -> tuple[Vectors, Vectors]:
        """Return what ``encode_question`` does."""
        key = make_key(text, tokens=tokens)
        found = self._kept.get(key) or self._find(key)
        if found is None:
            vectors, rows = encode_question(self._encoder, text, tokens)
            found = Encoding(vectors[0], rows, False)
        self._kept[key] = found
        return found.vector[np.newaxis], found.tokens

    @property
    def kept(self) -> Encodings:
        """All that it was asked for."""
        return gather(list(self._kept.items()), self._encoder.dimension)

"""The content of an index: held as it was built, written to a folder, read back from there.

What is small is read at once; arrays are mapped into memory, so that only what a question touches is
read; the documents' bodies are read one by one (``index.stored``).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from documents.schema import read_outline, write_outline
from documents.types import Deferred, Document, Parsed
from index.background import UNMEASURED, Background
from index.encodings import Encodings, no_encodings
from index.errors import SnapshotError
from index.journal import KEY_LENGTH
from index.spelling import Vocabulary
from index.stored import (
    Listed,
    Outline,
    Pieces,
    Places,
    Refuse,
    body_reader,
    join_pieces,
    list_units,
    make_form,
    outline,
    pack_body,
    place_units,
    words_of,
)
from index.types import Chunk, Unit

_OUTLINES = "outlines.jsonl.gz"
_BODIES = "bodies"
_FORMS = "forms"
_UNITS = "units.npy"
_CHUNKS = "chunks.npy"
_RUNS = "runs.npy"
_COUNTS = "run_counts.npy"
_VECTORS = "vectors.npy"
_TOKENS = "tokens.npy"
_TOKEN_OFFSETS = "token_offsets.npy"
_KEYS = "keys.npy"
_CUT = "cut.npy"
_QUESTIONS = "questions"


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """Everything of an index but its lexical side.

    ``outlines`` are of the documents, in order of id; ``places`` are those of the ``units``;
    ``owners``, shape (chunks,), has the number of each chunk's unit. ``form`` returns the match form
    of a document by its id, ``vocabulary`` the runs of characters of the units' words: neither is
    made before it is asked for. ``damage`` returns what was found damaged since it was opened, None
    where nothing was; ``refuse`` notes that something was, and makes the error of it. ``encodings``
    are those of the chunks, in order, ``truncated`` of which were cut; ``questions`` are those of the
    background's.
    """

    outlines: Sequence[Outline]
    units: Sequence[Unit]
    places: Places
    chunks: Sequence[Chunk]
    owners: NDArray[np.int64]
    form: Callable[[str], str]
    vocabulary: Callable[[], Vocabulary]
    encodings: Encodings
    truncated: int = 0
    background: Background = field(default_factory=lambda: UNMEASURED)
    questions: Encodings = field(default_factory=no_encodings)
    damage: Callable[[], str | None] = lambda: None
    refuse: Refuse = SnapshotError


def hold(
    documents: Iterable[Document],
    units: Sequence[Unit],
    chunks: Sequence[Chunk],
    encodings: Encodings,
) -> Content:
    """Return the content that was built of ``documents``, which are in order of id."""
    outlines = tuple(map(outline, documents))
    known = {one.document.id: one.document for one in outlines}
    return Content(
        outlines,
        tuple(units),
        place_units(outlines, units),
        tuple(chunks),
        np.array([chunk.unit for chunk in chunks], dtype=np.int64),
        cache(lambda id: make_form(known[id])),
        cache(lambda: Vocabulary.build(words_of(units))),
        encodings,
        int(encodings.cut.sum()),
    )


def write_content(folder: Path, content: Content) -> None:
    """Write ``content`` into ``folder``: the same content, the same bytes."""
    documents = [one.document for one in content.outlines]
    _write_lines(folder / _OUTLINES, map(_as_line, content.outlines))
    _write_pieces(folder, _BODIES, join_pieces(map(pack_body, documents)))
    forms = (content.form(document.id) for document in documents)
    _write_pieces(folder, _FORMS, join_pieces(form.encode() for form in forms))
    np.save(folder / _UNITS, content.places.rows)
    rows = [(chunk.unit, chunk.start, chunk.end) for chunk in content.chunks]
    np.save(folder / _CHUNKS, np.array(rows, dtype=np.int64).reshape(-1, 3))
    vocabulary = content.vocabulary()
    np.save(folder / _RUNS, vocabulary.keys)
    np.save(folder / _COUNTS, vocabulary.counts)
    _write_encodings(folder, content.encodings)
    (folder / _QUESTIONS).mkdir()
    _write_encodings(folder / _QUESTIONS, content.questions)


def read_content(
    folder: Path, refuse: Refuse, *, truncated: int, background: Background
) -> Content:
    """Return the content that lies in ``folder``, most of which stays there.

    OSError, ValueError, KeyError or TypeError where it cannot be read; what is read later and found
    damaged raises what ``refuse`` returns.
    """
    read = body_reader(_read_pieces(folder, _BODIES), refuse)
    outlines = tuple(
        _read_outline(obj, partial(read, number))
        for number, obj in enumerate(_read_lines(folder / _OUTLINES))
    )
    numbers = {one.document.id: number for number, one in enumerate(outlines)}
    forms = _read_pieces(folder, _FORMS)
    places = Places(outlines, np.load(folder / _UNITS))
    chunks = _map(folder / _CHUNKS)
    encodings, questions = read_own_encodings(folder)
    vocabulary = Vocabulary.over(_map(folder / _RUNS), _map(folder / _COUNTS))
    return Content(
        outlines,
        list_units(outlines, places),
        places,
        Listed(len(chunks), lambda number: Chunk(*chunks[number].tolist())),
        np.ascontiguousarray(chunks[:, 0]),
        partial(_read_form, forms, numbers, refuse),
        lambda: vocabulary,
        encodings,
        truncated,
        background,
        questions,
    )


def _read_form(forms: Pieces, numbers: Mapping[str, int], refuse: Refuse, id: str) -> str:
    try:
        return forms[numbers[id]].decode()
    except UnicodeDecodeError as error:
        raise refuse(f"{_FORMS}: {error}") from error


# --- outlines -------------------------------------------------------------------------------------


def _as_line(one: Outline) -> dict[str, Any]:
    return {
        **write_outline(one.document),
        "departments": one.document.departments,
        "paths": one.paths,
        "titles": one.titles,
    }


def _read_outline(obj: dict[str, Any], read: Callable[[], Parsed]) -> Outline:
    document = read_outline(obj, Deferred(read, tuple(obj["departments"])))
    return Outline(document, tuple(obj["paths"]), tuple(obj["titles"]))


def _write_lines(path: Path, objects: Iterable[dict[str, Any]]) -> None:
    # mtime=0: the same content gives the same bytes.
    with path.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as file:
        for obj in objects:
            line = json.dumps(obj, ensure_ascii=False, separators=(",", ":"))
            file.write(line.encode() + b"\n")


def _read_lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


# --- arrays ---------------------------------------------------------------------------------------


def _map(path: Path) -> NDArray[Any]:
    """Return an array that stays on disk, as a plain view, which is faster to slice."""
    return np.asarray(np.load(path, mmap_mode="r"))


def _write_pieces(folder: Path, name: str, pieces: Pieces) -> None:
    np.save(folder / f"{name}.npy", pieces.data)
    np.save(folder / f"{name}_offsets.npy", pieces.offsets)


def _read_pieces(folder: Path, name: str) -> Pieces:
    return Pieces(_map(folder / f"{name}.npy"), np.load(folder / f"{name}_offsets.npy"))


def _write_encodings(folder: Path, encodings: Encodings) -> None:
    np.save(folder / _KEYS, encodings.keys)
    np.save(folder / _VECTORS, encodings.vectors)
    np.save(folder / _TOKENS, encodings.rows)
    np.save(folder / _TOKEN_OFFSETS, encodings.offsets)
    np.save(folder / _CUT, encodings.cut)


def read_own_encodings(folder: Path) -> tuple[Encodings, Encodings]:
    """Return the encodings of the chunks and those of the background's questions."""
    return _read_encodings(folder), _read_encodings(folder / _QUESTIONS)


def _read_encodings(folder: Path) -> Encodings:
    """Return what ``_write_encodings`` wrote; what only the next build reads may be missing."""
    if not folder.exists():
        return no_encodings()
    keyed = (folder / _KEYS).exists()
    return Encodings(
        np.load(folder / _KEYS, mmap_mode="r") if keyed else np.empty((0, KEY_LENGTH), np.uint8),
        # A question reads the tokens of its candidates only, a build the rows that it takes over.
        np.load(folder / _VECTORS, mmap_mode="r"),
        np.load(folder / _TOKENS, mmap_mode="r"),
        np.load(folder / _TOKEN_OFFSETS),
        np.load(folder / _CUT) if keyed else np.empty(0, dtype=np.bool_),
    )

"""What is given any bytes, and what may come of them: the documented error, or every promise kept."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torture.fuzz import seeds

Read = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Target:
    """One kind of input.

    ``share`` is its part of all inputs, ``build`` returns what reads one of at most ``most`` bytes,
    ``words`` are put in by the mutator where the input is text. ``packages`` are instrumented: what is
    read in C is not, and its mutations are led by our code around it alone.
    """

    share: int
    build: Callable[[], Read]
    seeds: Callable[[], Sequence[bytes]]
    most: int = 4096
    words: Sequence[str] = ()
    packages: tuple[str, ...] = ("documents",)
    uninstrumented: str = ""


# --- files ----------------------------------------------------------------------------------------


def _check_source(data: bytes, *, parse: bool = True) -> None:
    # In this process, where the branches that are reached are seen, and what fails is not contained.
    from documents.loading import read_directly
    from documents.parsing import parse_source
    from tests.test_documents_parsing import check

    source = read_directly(data, where="x")
    assert source.text.strip(), "a source without text"
    source.text.encode()  # what is no text would fail wherever it is stored
    assert "\r" not in source.text
    assert all(0 <= a < b <= len(source.text) for a, b in (*source.furniture, *source.doubts))
    if parse:
        check(parse_source(source, "x"))


def _read_file() -> Read:
    from documents.errors import LoadError

    def read(data: bytes) -> None:
        with contextlib.suppress(LoadError):
            _check_source(data)

    return read


def _read_word() -> Read:
    read = _read_file()
    return lambda body: read(seeds.pack_word(body))


def _read_old_word() -> Read:
    # Each file that passes our own checks would start LibreOffice, which takes seconds.
    from documents.formats import doc

    doc._PROGRAMS = ()
    return _read_file()


def _read_picture() -> Read:
    # Reading the characters takes seconds and is a model's; decoding the picture is what is tried.
    from documents.formats import scan

    scan.read_pieces = lambda pixels: []
    return _read_file()


def _read_archive() -> Read:
    from documents.errors import LoadError
    from documents.formats.archive import MAX_MEMBERS, is_archive, read_members

    def read(data: bytes) -> None:
        is_archive(data)
        found = list(read_members(data, where="x", wanted=lambda name: True))
        assert len(found) <= MAX_MEMBERS + 1
        for item in found:
            if isinstance(item, LoadError):
                continue
            parts = item[0].split("/")
            assert parts and not {"", ".", ".."} & set(parts), item[0]
            assert item[0].isprintable() and "\\" not in item[0], item[0]

    return read


# --- texts ----------------------------------------------------------------------------------------


def _parse_text() -> Read:
    from documents.parsing import parse_text
    from documents.schema import read_body, read_outline, write_document
    from tests.test_documents_parsing import check

    def read(data: bytes) -> None:
        document = parse_text(data.decode("utf-8", "ignore").replace("\r", ""), "x")
        check(document)
        written = json.loads(json.dumps(write_document(document), allow_nan=False))
        assert read_outline(written, read_body(written)) == document

    return read


def _read_words() -> Read:
    """The small grammars: numerals and markers, names of places, figures, references, duties."""
    from documents.departments import read_departments
    from documents.normalization import match_form
    from documents.numbering import SCHEMES as schemes
    from documents.numbering import find_inside, find_markers, read_inline, read_number
    from documents.regions import find_mentions, find_romanized_mentions
    from index.ordinals import find_numbers
    from qa import claims, quantities
    from qa.comparison import find_sides
    from qa.conversation import resolve
    from qa.parts import split_question
    from qa.question import understand

    def read(data: bytes) -> None:
        text = data.decode("utf-8", "ignore")
        for marker in (*find_markers(text), *read_inline(text, 0, len(text))):
            assert 0 <= marker.start < marker.end <= len(text)
            assert marker.ordinal and "/" not in marker.ordinal
        for scheme in schemes:
            for marker in find_inside(scheme, text, 0, len(text)):
                assert 0 <= marker.start < marker.end <= len(text)
        number = read_number(text)
        assert number is None or number >= 0
        form = match_form(text)
        for mention in (*find_mentions(form), *find_romanized_mentions(form)):
            assert 0 <= mention.start < mention.end <= len(form)
        for department in read_departments(text):
            assert department.text in text and department.name
        claims.read(text)
        folded = quantities.fold(text)
        for quantity in (*quantities.find_quantities(folded), *quantities.find_times(folded)):
            assert 0 <= quantity.start < quantity.end <= len(folded)
        find_numbers(form)
        find_sides(text, lambda place: True)
        parts = split_question(text)
        assert (parts and all(parts)) or not text.strip()
        understand(text)
        resolve(text, [text[:40], "充电站建设有什么支持？"])

    return read


# --- what is kept, and what is asked --------------------------------------------------------------


def _read_records() -> Read:
    """The library's own JSON: as it is, and sealed anew, so that the seal does not keep all else out."""
    from documents import corrections, register
    from documents.errors import LibraryError
    from documents.storage import seal, unseal

    folder = Path(tempfile.mkdtemp(prefix="records-"))

    def read(data: bytes) -> None:
        with contextlib.suppress(ValueError):
            assert isinstance(unseal(data), dict)
        sealed = b""
        with contextlib.suppress(ValueError, RecursionError):
            obj = json.loads(data)
            sealed = seal(obj) if isinstance(obj, dict) and obj.keys() != {"seal"} else b""
        for content in (data, sealed):
            for name, reader in (
                (register.REGISTER, register.read_register),
                (corrections.CORRECTIONS, corrections.read_corrections),
            ):
                (folder / name).write_bytes(content)
                with contextlib.suppress(LibraryError):
                    assert isinstance(reader(folder), dict)

    return read


def _read_journal() -> Read:
    from index import journal

    path = Path(tempfile.mkdtemp(prefix="journal-")) / "journal"

    def read(data: bytes) -> None:
        path.write_bytes(data)
        written = b"".join(journal._pack(*record) for record in journal.read(path))
        assert data.startswith(written)

    return read


def _journals() -> tuple[bytes, ...]:
    import numpy as np

    from index.journal import _pack
    from index.types import Encoding

    def write(length: int, tokens: tuple[int, int], cut: bool) -> bytes:
        vector = np.linspace(-1, 1, length, dtype=np.float32)
        codes = np.arange(tokens[0] * tokens[1], dtype=np.int8).reshape(tokens)
        return _pack(bytes(range(32)), Encoding(vector, codes, cut))

    one, other = write(4, (2, 3), False), write(0, (0, 0), True)
    return one, other, one + other + one, one[:-1]


def _read_request() -> Read:
    from qa.errors import RequestError
    from qa.schema import read_request, read_search

    def read(data: bytes) -> None:
        try:
            obj: Any = json.loads(data)
        except (ValueError, RecursionError):
            return
        for reader in (read_request, read_search):
            try:
                found: Any = reader(obj)
            except RequestError as error:
                assert error.code and error.message.count("\n") == 1, error.message
                continue
            request = found if reader is read_request else found[0]
            request.question.encode()
            assert 1 <= request.k <= 1000

    return read


TARGETS: dict[str, Target] = {
    "text": Target(16, _read_file, seeds.text_files),
    "html": Target(12, _read_file, seeds.html_files, words=seeds.WORDS["html"], uninstrumented="lxml, trafilatura"),
    "docx body": Target(12, _read_word, seeds.word_parts, words=seeds.WORDS["docx"], uninstrumented="lxml"),
    "docx file": Target(5, _read_file, seeds.word_files, most=48_000, uninstrumented="lxml, zlib"),
    "doc": Target(8, _read_old_word, seeds.compound_files, uninstrumented="LibreOffice"),
    "pdf": Target(8, _read_picture, seeds.pdf_files, most=16_000, words=seeds.WORDS["pdf"], uninstrumented="pdfium"),
    "picture": Target(4, _read_picture, seeds.pictures, uninstrumented="Pillow"),
    "archive": Target(5, _read_archive, seeds.archives, uninstrumented="zlib"),
    "clauses": Target(14, _parse_text, lambda: (seeds.TEXT.encode(), b"\n"), words=seeds.TOKENS),
    "grammars": Target(5, _read_words, lambda: tuple(line.encode() for line in seeds.TEXT.split("\n")), most=400,
                       words=seeds.TOKENS, packages=("documents", "index", "qa")),
    "records": Target(4, _read_records, seeds.records, words=seeds.WORDS["json"]),
    "journal": Target(3, _read_journal, _journals, packages=("index.journal",), uninstrumented="NumPy"),
    "request": Target(4, _read_request, seeds.requests, words=seeds.WORDS["json"],
                      packages=("qa.schema", "index.filters", "json")),
}  # fmt: skip


def split(amount: int) -> dict[str, int]:
    """Return how many of ``amount`` inputs each target has, by its share, at least one."""
    whole = sum(target.share for target in TARGETS.values())
    return {name: max(1, amount * target.share // whole) for name, target in TARGETS.items()}

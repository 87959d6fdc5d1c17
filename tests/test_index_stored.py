"""A loaded index reads what it is asked for, and is the built one all the same."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from documents.parsing import parse
from documents.types import Document, Parsed
from index import snapshot, stored
from index.errors import SnapshotError
from index.hybrid import HybridIndex
from index.ordinals import last_number, read_path
from index.snapshot import build_lock, current, verify
from index.stored import (
    Listed,
    Places,
    body_reader,
    join_pieces,
    outline,
    pack_body,
    place_units,
)
from index.units import build_units
from tests.conftest import FakeEncoder

SAMPLES = sorted((Path(__file__).parent.parent / "documents" / "samples").glob("*.txt"))
QUESTIONS = (
    "充电桩建设有什么补贴",
    "充电庄补贴",
    "吉政办发〔2024〕9号第13条",
    "第三条是什么",
    "subsidies for charging stations",
)


@pytest.fixture(scope="module")
def built() -> HybridIndex:
    return HybridIndex.build([parse(path) for path in SAMPLES], FakeEncoder(256))


@pytest.fixture(scope="module")
def store(built: HybridIndex, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store")
    with build_lock(path):
        built.save(path)
    return path


@pytest.fixture
def loaded(store: Path) -> HybridIndex:
    return HybridIndex.load(store, FakeEncoder(256))


@pytest.fixture
def documents(built: HybridIndex) -> list[Document]:
    return list(built.documents.values())


# --- the same index


def test_loaded_documents_are_the_built_ones(built: HybridIndex, loaded: HybridIndex) -> None:
    assert list(loaded.documents) == list(built.documents)
    for one, other in zip(loaded.documents.values(), built.documents.values(), strict=True):
        assert one == other and other == one and hash(one) == hash(other)
        assert one.departments == other.departments
    assert any(document.departments for document in loaded.documents.values())


def test_loaded_clauses_are_the_built_ones(built: HybridIndex, loaded: HybridIndex) -> None:
    for document in built.documents.values():
        for clause in document.clauses:
            assert loaded.clause(document.id, clause.path) == clause
    for unknown in ((next(iter(built.documents)), "第九千条"), ("nothing", "一")):
        with pytest.raises(KeyError):
            loaded.clause(*unknown)


def test_loaded_units_and_chunks_are_the_built_ones(
    built: HybridIndex, loaded: HybridIndex
) -> None:
    assert list(loaded.units) == list(built.units)
    assert list(loaded.chunks) == list(built.chunks)
    assert loaded.units[-1] == built.units[-1]
    np.testing.assert_array_equal(loaded.vectors, built.vectors)


@pytest.mark.parametrize("question", QUESTIONS)
def test_loaded_index_finds_what_the_built_one_does(
    question: str, built: HybridIndex, loaded: HybridIndex
) -> None:
    assert loaded.search(question) == built.search(question)
    assert loaded.find_references(question) == built.find_references(question)
    assert loaded.expansions(question) == built.expansions(question)
    for documents in (None, frozenset(list(built.documents)[:2])):
        for term in ("充电", "产业", "从未有过的词"):
            assert loaded.mentions(term, documents) == built.mentions(term, documents)


def test_saving_what_was_loaded_is_the_same_snapshot(
    store: Path, loaded: HybridIndex, tmp_path: Path
) -> None:
    loaded.save(tmp_path)
    first, second = current(store), current(tmp_path)
    assert first is not None and second is not None and first.name == second.name


# --- read when asked for


def test_opening_reads_no_body(
    built: HybridIndex, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> Parsed:
        raise AssertionError("a body was read")

    monkeypatch.setattr(stored, "read_body", fail)
    loaded = HybridIndex.load(store, FakeEncoder(256))
    metadata = [document.metadata for document in loaded.documents.values()]
    assert metadata == [document.metadata for document in built.documents.values()]
    for question in QUESTIONS[:2]:
        assert loaded.search(question) == built.search(question)
    with pytest.raises(AssertionError, match="a body was read"):
        _ = next(iter(loaded.documents.values())).clean


def test_only_the_last_bodies_are_kept(
    documents: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "_BODIES", 2)
    read = body_reader(join_pieces(map(pack_body, documents)), SnapshotError)

    def count() -> int:
        gc.collect()
        # By type: to ask some objects for their class makes their library warn.
        return sum(type(one) is Parsed for one in gc.get_objects())

    before = count()
    for _ in range(2):
        for number, document in enumerate(documents):
            assert read(number) == document.body
    assert count() == before + 2


# --- damage in what is too large to be checked at every opening


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)


@pytest.fixture
def large(
    documents: list[Document], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Path, Path]]:
    """Yield a store, and the folder of its snapshot, whose files count as large."""
    HybridIndex.build(documents[-1:], FakeEncoder(64)).save(tmp_path)
    folder = current(tmp_path)
    assert folder is not None
    monkeypatch.setattr(snapshot, "CHECKED", 0)
    yield tmp_path, folder


def test_damaged_body_is_refused_when_it_is_read(large: tuple[Path, Path]) -> None:
    store, folder = large
    flip(folder / "bodies.npy")
    [document] = HybridIndex.load(store, FakeEncoder(64)).documents.values()
    with pytest.raises(SnapshotError, match="已损坏") as caught:
        _ = document.clean
    assert f"python -m index build --out {store}" in str(caught.value)


@pytest.mark.parametrize("name", ["bodies", "forms", "runs", "run_counts", "vectors"])
def test_damage_in_a_large_file_is_found_by_verify(name: str, large: tuple[Path, Path]) -> None:
    store, folder = large
    flip(folder / f"{name}.npy")
    HybridIndex.load(store, FakeEncoder(64))
    with pytest.raises(SnapshotError, match=rf"{name}\.npy"):
        verify(store)
    with pytest.raises(SnapshotError, match=rf"{name}\.npy"):
        snapshot.load_encodings(store)


@pytest.mark.parametrize("name", ["bodies", "forms", "runs", "run_counts", "vectors"])
def test_cut_off_large_file_is_refused_at_once(name: str, large: tuple[Path, Path]) -> None:
    store, folder = large
    path = folder / f"{name}.npy"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(SnapshotError, match=rf"{name}\.npy"):
        HybridIndex.load(store, FakeEncoder(64))


# --- where units stand


def test_places_are_those_of_the_units(documents: list[Document]) -> None:
    empty = parse_empty(documents[0])
    documents = sorted([*documents, empty], key=lambda document: document.id)
    units = [unit for document in documents for unit in build_units(document)]
    places = place_units(tuple(map(outline, documents)), units)
    assert len(places) == len(units)
    for number, unit in enumerate(units):
        assert places[number] == (unit.document, unit.clause, unit.spans)
    for id in [*(document.id for document in documents), "nothing"]:
        assert list(places.of(id)) == [n for n, unit in enumerate(units) if unit.document == id]
    for some in ([], [units[0].document], [units[-1].document, empty.id, "nothing"]):
        assert places.among(some).tolist() == [unit.document in some for unit in units]


def parse_empty(document: Document) -> Document:
    """Return a document without units that stands between others."""
    body = Parsed("", "", (), document.audit)
    return Document(f"{document.id}-", document.metadata, body)


def test_no_units_have_no_places() -> None:
    places = Places((), np.empty((0, 5), dtype=np.int32))
    assert len(places) == 0 and list(places.of("d")) == [] and places.among(["d"]).size == 0


def test_listed_is_a_sequence() -> None:
    listed, plain = Listed(5, lambda number: number * number), [0, 1, 4, 9, 16]
    assert list(listed) == plain and len(listed) == 5
    assert listed[-1] == 16 and list(listed[1:-1]) == plain[1:-1] and 9 in listed
    with pytest.raises(IndexError):
        listed[5]


def test_last_number_is_that_of_the_last_ordinal(documents: list[Document]) -> None:
    paths = [clause.path for document in documents for clause in document.clauses]
    for path in [*paths, "某某办法/第三条之一", "首", "某某办法/首", "第三条/（二）#2"]:
        ordinals = read_path(path)
        expected = (ordinals[-1].value, ordinals[-1].sub) if ordinals else None
        assert last_number(path) == expected

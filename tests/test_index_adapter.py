"""The adapter of question vectors: the map, its file, which one is loaded, and its place in a search."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from documents.parsing import parse_text
from index.__main__ import main
from index.adapter import (
    EncoderIdentity,
    QueryAdapter,
    identify,
    load_adapter,
    own_adapter,
    read_adapter,
    save_adapter,
    shipped_adapter,
)
from index.configuration import Configuration
from index.default_model import DEFAULT_MODEL
from index.errors import AdapterError
from index.hybrid import HybridIndex
from index.snapshot import build_lock
from index.stores import open_index
from tests.conftest import FakeEncoder

DEFAULT = EncoderIdentity(DEFAULT_MODEL, "sha256:of this machine", 384)
TEXT = "第一条 支持公共充电站建设。\n第二条 建立动力电池回收体系。\n"


def adapter(matrix: object, encoder: EncoderIdentity | None = None) -> QueryAdapter:
    values = np.asarray(matrix, dtype=np.float32)
    size = values.shape[0]
    return QueryAdapter(
        values, encoder or EncoderIdentity("m", f"f{size}", size), "a set: 3 questions"
    )


def swap(encoder: FakeEncoder, one: str, other: str) -> QueryAdapter:
    """Return a map that takes the vector of ``one`` to that of ``other``."""
    a, b = encoder.encode_query([one, other])
    return adapter(np.outer(a, b - a), identify(encoder))


# --- the map


def test_zero_matrix_changes_nothing() -> None:
    vectors = np.array([[0.6, 0.8], [1, 0]], dtype=np.float32)
    assert adapter(np.zeros((2, 2))).apply(vectors) == pytest.approx(vectors, abs=1e-6)


def test_map_by_hand() -> None:
    # (1, 0) + (1, 0) W = (1, 0) + (0, 1) = (1, 1)
    found = adapter([[0, 1], [0, 0]]).apply(np.array([[1, 0]], dtype=np.float32))
    assert found == pytest.approx(np.array([[0.5**0.5, 0.5**0.5]]), abs=1e-6)
    assert found.dtype == np.float32


@given(
    arrays(np.float32, (4, 4), elements=st.floats(-2, 2, width=32)),
    arrays(np.float32, (3, 4), elements=st.floats(-1, 1, width=32)),
)
def test_vectors_have_unit_length_or_stay(matrix: np.ndarray, vectors: np.ndarray) -> None:
    found = adapter(matrix).apply(vectors)
    moved = vectors.astype(np.float64) @ (np.eye(4) + matrix.astype(np.float64))
    for i in range(3):
        length = np.linalg.norm(moved[i])
        if length > 1e-3:
            assert found[i] == pytest.approx(moved[i] / length, abs=1e-3)
            assert np.linalg.norm(found[i]) == pytest.approx(1, abs=1e-5)
        elif not moved[i].any() and not vectors[i].any():
            assert (found[i] == vectors[i]).all()
    assert np.isfinite(found).all()


def test_vector_that_would_vanish_stays() -> None:
    one = np.array([[1, 0]], dtype=np.float32)
    assert (adapter(-np.eye(2)).apply(one) == one).all()


@pytest.mark.parametrize("shape", [(2,), (1, 3), (1, 2, 2)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="shape"):
        adapter(np.zeros((2, 2))).apply(np.zeros(shape, dtype=np.float32))


@pytest.mark.parametrize("matrix", [np.zeros((2, 3)), np.full((2, 2), np.nan)])
def test_matrices_that_are_no_map_are_refused(matrix: np.ndarray) -> None:
    with pytest.raises(ValueError, match="matrix"):
        adapter(matrix)


# --- the file


def test_saved_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.npz"
    matrix = np.random.default_rng(0).normal(0, 0.1, (8, 8))
    saved = adapter(matrix)
    save_adapter(saved, path)
    found = read_adapter(path)
    assert (found.encoder, found.description) == (saved.encoder, saved.description)
    assert (found.matrix == saved.matrix.astype(np.float16)).all()
    assert found.fingerprint == saved.fingerprint
    assert found.matrix.dtype == np.float32
    first = path.read_bytes()
    save_adapter(found, path)
    assert path.read_bytes() == first
    assert [p.name for p in path.parent.iterdir()] == ["a.npz"]


def test_every_flipped_byte_is_refused_and_one_of_before_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    save_adapter(adapter(np.eye(2, dtype=np.float32)), path)
    data = path.read_bytes()
    for i in range(len(data)):
        path.write_bytes(data[:i] + bytes([data[i] ^ 1]) + data[i + 1 :])
        with pytest.raises(AdapterError):
            read_adapter(path)
    path.write_bytes(data[:-32])  # without a checksum
    assert (read_adapter(path).matrix == np.eye(2)).all()


def test_file_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AdapterError, match="cannot be written"):
        save_adapter(adapter(np.zeros((2, 2))), tmp_path / "file" / "a.npz")


def damage(path: Path, how: str) -> None:
    data = path.read_bytes()
    if how == "empty":
        path.write_bytes(b"")
    elif how == "text":
        path.write_text("not an adapter")
    elif how == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif how == "flipped":
        with zipfile.ZipFile(path) as file:
            middle = file.getinfo("matrix.npy").header_offset + 120
        path.write_bytes(data[:middle] + bytes([data[middle] ^ 255]) + data[middle + 1 :])
    elif how == "other arrays":
        np.savez(path, weights=np.zeros(3))
    elif how == "one array":
        with path.open("wb") as file:
            np.save(file, np.zeros((2, 2)))
    elif how == "pickle":
        np.savez(path, matrix=np.array([{}], dtype=object), facts=np.array("{}"))
    elif how == "facts":
        np.savez(path, matrix=np.zeros((2, 2)), facts=np.array("[]"))
    elif how == "missing":
        path.unlink()


HOW = ["empty", "text", "cut", "flipped", "other arrays", "one array", "pickle", "facts", "missing"]


@pytest.mark.parametrize("how", HOW)
def test_damaged_file_says_what_to_do(how: str, tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    save_adapter(adapter(np.random.default_rng(0).normal(0, 0.1, (32, 32))), path)
    damage(path, how)
    with pytest.raises(AdapterError) as caught:
        read_adapter(path)
    chinese, english = str(caught.value).split("\n")
    assert str(path) in chinese and "重新训练" in chinese
    assert str(path) in english and "python -m evaluation tune" in english


# --- which one is loaded


def test_shipped_one_is_for_the_default_model_by_name_or_fingerprint() -> None:
    shipped = shipped_adapter(DEFAULT)
    assert shipped is not None and shipped.matrix.shape == (384, 384)
    assert np.linalg.norm(shipped.matrix) > 0
    moved = EncoderIdentity("/a/folder", shipped.encoder.fingerprint, 384)
    assert load_adapter(moved) is not None and load_adapter(DEFAULT) is not None
    for other in (
        EncoderIdentity("/a/folder", "sha256:x", 384),
        EncoderIdentity(DEFAULT_MODEL, shipped.encoder.fingerprint, 383),
    ):
        assert load_adapter(other) is None


def test_own_one_comes_before_the_shipped_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = adapter(np.eye(384) * 0.25, DEFAULT)
    save_adapter(own, own_adapter())
    found = load_adapter(DEFAULT)
    assert found is not None and found.fingerprint == own.fingerprint
    named = adapter(np.eye(384) * 0.5, DEFAULT)
    save_adapter(named, tmp_path / "named.npz")
    monkeypatch.setenv("POLICY_QA_ADAPTER", str(tmp_path / "named.npz"))
    found = load_adapter(DEFAULT)
    assert found is not None and found.fingerprint == named.fingerprint
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("how", ["text", "other model"])
def test_own_one_that_cannot_be_used_is_passed_over_and_said_so(
    how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    save_adapter(adapter(np.zeros((2, 2))), own_adapter())
    if how == "text":
        damage(own_adapter(), how)
    found, shipped = load_adapter(DEFAULT), shipped_adapter(DEFAULT)
    assert found is not None and shipped is not None
    assert found.fingerprint == shipped.fingerprint
    err = capsys.readouterr().err
    assert str(own_adapter()) in err and "cannot be used" in err
    if how == "other model":
        assert f"trained for the model m, the present one is {DEFAULT_MODEL}" in err


@pytest.mark.parametrize("how", ["text", "missing", "other model"])
def test_named_one_that_cannot_be_used_is_an_error(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "named.npz"
    save_adapter(adapter(np.zeros((2, 2))), path)
    damage(path, how)
    monkeypatch.setenv("POLICY_QA_ADAPTER", str(path))
    with pytest.raises(AdapterError, match="cannot be used"):
        load_adapter(DEFAULT)


@pytest.mark.model
def test_shipped_one_fits_the_default_model_as_it_is_made_here() -> None:
    from index.encoder import load_encoder

    encoder = load_encoder()
    found = shipped_adapter(identify(encoder))
    assert found is not None
    vectors = encoder.encode_query(["厂里把我辞了一分钱没给怎么办", "What support is there?"])
    adapted = found.apply(vectors)
    assert np.linalg.norm(adapted, axis=1) == pytest.approx(np.ones(2), abs=1e-5)
    cosines = (adapted * vectors).sum(axis=1)
    assert (cosines > 0.7).all() and (cosines < 0.9999).all()  # near where it was, yet moved


# --- in a search


def test_question_goes_through_it_on_the_dense_side_only(encoder: FakeEncoder) -> None:
    one, other = "公共充电站", "电池回收体系"
    built = HybridIndex.build([parse_text(TEXT, "a")], encoder, adapter=swap(encoder, one, other))
    dense = built.configured(Configuration(sides="dense", late=0))
    plain = built.configured(Configuration(sides="dense", adapter=False, late=0))

    def first(index: HybridIndex) -> str:
        return index.search(one)[0].result.clause

    assert (first(plain), first(dense)) == ("第一条", "第二条")
    assert first(dense.adapted(None)) == "第一条"
    assert first(dense) == "第二条"
    ranks = {hit.result.clause: hit.result.ranks for hit in built.search(one)}
    assert ranks["第二条"].dense == 1 and ranks["第一条"].lexical == 1


def test_index_is_opened_with_the_offices_own_and_info_names_it(
    tmp_path: Path,
    encoder: FakeEncoder,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("index.stores.load_encoder", lambda model: encoder)
    store = tmp_path / "store"
    with build_lock(store):
        HybridIndex.build([parse_text(TEXT, "a")], encoder).save(store)

    def told(*options: str) -> str:
        assert main(["info", "--index", str(store), *options]) == 0
        return capsys.readouterr().out

    assert json.loads(told("--json"))["adapter"] is None
    assert "adapter: None\n" in told()
    before = open_index(store)
    own = swap(encoder, "公共充电站", "电池回收体系")
    save_adapter(own, own_adapter())
    after = open_index(store)
    dense = [index.configured(Configuration(sides="dense", late=0)) for index in (before, after)]
    assert [index.search("公共充电站")[0].result.clause for index in dense] == ["第一条", "第二条"]
    assert before.fingerprint == after.fingerprint
    facts = json.loads(told("--json"))["adapter"]
    assert facts == {"fingerprint": own.fingerprint, "description": "a set: 3 questions"}
    assert f"adapter: {own.fingerprint} (a set: 3 questions)\n" in told()

"""Snapshots: whole or refused, switched in one step, the same bytes again."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from documents.parsing import parse_text
from documents.types import Document
from index import snapshot
from index.dense import DenseIndex
from index.errors import BuildInProgressError, SnapshotError
from index.hybrid import HybridIndex
from index.snapshot import CURRENT, FORMAT, build_lock, current, read_manifest, verify
from tests.conftest import FakeEncoder

ROOT = Path(__file__).parent.parent
FILES = [
    "bodies.npy",
    "bodies_offsets.npy",
    "chunks.npy",
    "cut.npy",
    "forms.npy",
    "forms_offsets.npy",
    "keys.npy",
    "lexical/data.csc.index.npy",
    "lexical/indices.csc.index.npy",
    "lexical/indptr.csc.index.npy",
    "lexical/params.index.json",
    "lexical/vocab.index.json",
    "outlines.jsonl.gz",
    *(f"questions/{name}.npy" for name in ("cut", "keys", "token_offsets", "tokens", "vectors")),
    "run_counts.npy",
    "runs.npy",
    "token_offsets.npy",
    "tokens.npy",
    "units.npy",
    "vectors.npy",
]


def read(*sentences: str) -> Document:
    lines = [f"（{ordinal}）{s}" for ordinal, s in zip("一二三四", sentences, strict=False)]
    return parse_text("\n".join(("吉林省某某方案", "一、任务", *lines)) + "\n", "d")


def save(store: Path, *sentences: str) -> HybridIndex:
    index = HybridIndex.build([read(*sentences)], FakeEncoder())
    with build_lock(store):
        index.save(store)
    return index


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "store"
    save(path, "建设充电站。", "发放补贴。")
    return path


@pytest.fixture
def folder(store: Path) -> Path:
    found = current(store)
    assert found is not None
    return found


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def refusal(store: Path) -> str:
    """Return the message of the error that loading raises, after checking what all of them say."""
    with pytest.raises(SnapshotError) as caught:
        HybridIndex.load(store, FakeEncoder())
    chinese, english = str(caught.value).splitlines()
    for line in (chinese, english):
        assert line.startswith(str(store))
        assert f"python -m index build --out {store}" in line
    return str(caught.value)


# --- round trip


def test_loaded_index_is_the_saved_one(tmp_path: Path) -> None:
    built = save(tmp_path, "建设充电站。", "发放补贴。")
    loaded = HybridIndex.load(tmp_path, FakeEncoder())
    assert loaded.documents == built.documents
    assert list(loaded.units) == list(built.units)
    assert list(loaded.chunks) == list(built.chunks)
    assert loaded.fingerprint == built.fingerprint
    for question in ("充电站补贴", "补贴", "subsidy"):
        assert loaded.search(question) == built.search(question)


def test_codes_of_many_vectors_are_kept_and_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("index.hybrid.DenseIndex", partial(DenseIndex, exact=0))
        built = save(tmp_path, "建设充电站。", "发放补贴。")
    folder = current(tmp_path)
    assert folder is not None
    [codes] = (folder / "dense").iterdir()
    assert f"dense/{codes.name}" in read_manifest(tmp_path).files
    loaded = HybridIndex.load(tmp_path, FakeEncoder())
    assert loaded.search("充电站补贴") == built.search("充电站补贴")
    flip(codes)
    assert codes.name in refusal(tmp_path)


def test_manifest_says_what_is_inside(store: Path) -> None:
    manifest = verify(store)
    assert manifest == read_manifest(store)
    assert (manifest.documents, manifest.clauses, manifest.units) == (1, 4, 2)
    assert (manifest.chunks, manifest.dimension) == (2, 1024)
    assert manifest.tokens > manifest.chunks
    assert (manifest.encoder, manifest.encoder_fingerprint) == ("fake", "fake-1024")
    assert list(manifest.files) == FILES


def test_document_without_units_round_trips(tmp_path: Path) -> None:
    index = HybridIndex.build([parse_text("标题\n", "d")], FakeEncoder())
    index.save(tmp_path)
    loaded = HybridIndex.load(tmp_path, FakeEncoder())
    assert list(loaded.documents) == ["d"] and loaded.search("充电站") == ()


# --- identity


def test_same_content_is_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, now in (("a", 1e9), ("b", 2e9)):
        monkeypatch.setattr("time.time", lambda now=now: now)
        save(tmp_path / name, "建设充电站。")
    first, second = (current(tmp_path / name) for name in ("a", "b"))
    assert first is not None and second is not None and first.name == second.name
    files = [path.relative_to(first) for path in first.rglob("*") if path.is_file()]
    assert len(files) == len(FILES) + 1
    for file in files:
        assert (first / file).read_bytes() == (second / file).read_bytes()


def test_fingerprint_follows_content_and_encoder() -> None:
    one, other = read("建设充电站。"), read("发放补贴。")
    found = {
        snapshot.fingerprint([one], "a"),
        snapshot.fingerprint([one], "b"),
        snapshot.fingerprint([other], "a"),
        snapshot.fingerprint([one, other], "a"),
    }
    assert len(found) == 4
    assert snapshot.fingerprint([read("建设充电站。")], "a") in found


# --- damage


@pytest.mark.parametrize("name", [*FILES, "manifest.json"])
def test_changed_byte_is_refused_by_name(name: str, store: Path, folder: Path) -> None:
    flip(folder / name)
    assert name in refusal(store)


@pytest.mark.parametrize("name", [*FILES, "manifest.json"])
def test_missing_file_is_refused_by_name(name: str, store: Path, folder: Path) -> None:
    (folder / name).unlink()
    assert name in refusal(store)


@pytest.mark.parametrize("field", ["fingerprint", "encoder", "units"])
def test_edited_manifest_is_refused(field: str, store: Path, folder: Path) -> None:
    path = folder / "manifest.json"
    obj = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**obj, field: type(obj[field])()}), encoding="utf-8")
    assert "manifest.json" in refusal(store)


@pytest.mark.parametrize("body", ["", "[]", "{}", "null", f'{{"format": {FORMAT}}}', "\xff"])
def test_foreign_manifest_is_refused(body: str, store: Path, folder: Path) -> None:
    (folder / "manifest.json").write_bytes(body.encode("latin-1"))
    assert "manifest.json" in refusal(store)


def test_other_format_version_is_refused(store: Path, folder: Path) -> None:
    path = folder / "manifest.json"
    obj = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**obj, "format": 99}), encoding="utf-8")
    assert "99" in refusal(store)
    assert "another version of this program" in refusal(store)


@pytest.mark.parametrize("pointer", ["", "..", "../elsewhere", "/etc", "0123456789abcdef"])
def test_pointer_to_no_snapshot_of_ours_is_refused(pointer: str, store: Path) -> None:
    (store / CURRENT).write_text(pointer)
    refusal(store)


def test_pointer_that_is_no_text_is_refused(store: Path) -> None:
    (store / CURRENT).write_bytes(b"\xff\xfe")
    refusal(store)


def test_no_store_is_refused(tmp_path: Path) -> None:
    assert "no index here" in refusal(tmp_path / "nothing")


def test_index_of_another_encoder_is_refused(store: Path) -> None:
    with pytest.raises(SnapshotError, match="--engine names") as caught:
        HybridIndex.load(store, FakeEncoder(dimension=64))
    assert f"python -m index build --out {store}" in str(caught.value)


# --- switching


def test_second_save_switches_and_keeps_the_first_for_its_readers(
    store: Path, folder: Path
) -> None:
    save(store, "回收电池。")
    second = current(store)
    assert second is not None and second != folder and folder.exists()
    [unit] = HybridIndex.load(store, FakeEncoder()).units
    assert "回收电池" in unit.text
    save(store, "支持出口。")
    third = current(store)
    assert third is not None
    assert names(store) == sorted([".lock", CURRENT, second.name, third.name])


def test_saving_the_same_again_replaces_what_may_be_damaged(store: Path, folder: Path) -> None:
    flip(folder / "vectors.npy")
    save(store, "建设充电站。", "发放补贴。")
    verify(store)
    assert current(store) != folder


def test_other_things_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    for sentence in ("建设充电站。", "发放补贴。"):
        save(tmp_path, sentence)
    assert (tmp_path / "thesis" / "chapter.txt").read_text() == "years of work"
    assert len(names(tmp_path)) == 5  # with .lock, CURRENT, this snapshot and the one before


def fail(*_: object, **__: object) -> None:
    raise OSError("No space left on device")


@pytest.mark.parametrize("step", ["write_content", "_checksum", "_switch", "_sync", "np.save"])
def test_crash_while_saving_leaves_the_old_snapshot_and_no_rubbish(
    step: str, store: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = names(store)
    target, name = (np, "save") if step == "np.save" else (snapshot, step)
    with monkeypatch.context() as patch:
        patch.setattr(target, name, fail)
        with pytest.raises(SnapshotError, match="No space"):
            save(store, "回收电池。")
    assert names(store) == before and current(store) == folder
    assert len(HybridIndex.load(store, FakeEncoder()).units) == 2


def test_what_a_killed_build_left_is_removed_by_the_next(store: Path) -> None:
    (store / ".writing-abc").mkdir()
    (store / "0123456789abcdef").mkdir()  # renamed, and then the power went
    before = current(store)
    save(store, "回收电池。")
    after = current(store)
    assert before is not None and after is not None
    assert names(store) == sorted([".lock", CURRENT, before.name, after.name])


def test_crash_between_rename_and_pointer_keeps_the_old(
    store: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        with pytest.raises(SnapshotError, match="No space"):
            save(store, "回收电池。")
    assert current(store) == folder
    verify(store)
    save(store, "回收电池。")
    after = current(store)
    assert after is not None
    assert names(store) == sorted([".lock", CURRENT, folder.name, after.name])


# --- one builder at a time


@pytest.fixture
def other_builder() -> Iterator[Callable[[Path], None]]:
    """Return a function by which another process takes the build lock of a store."""
    started: list[subprocess.Popen[str]] = []

    def hold(store: Path) -> None:
        code = (
            "import sys, pathlib; from index.snapshot import build_lock\n"
            "with build_lock(pathlib.Path(sys.argv[1])): print('held', flush=True); input()"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(store)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None and process.stdout.readline() == "held\n"

    yield hold
    for process in started:
        process.communicate("\n", timeout=30)


def test_second_builder_is_told_and_readers_are_not_disturbed(
    store: Path, other_builder: Callable[[Path], None]
) -> None:
    other_builder(store)
    with pytest.raises(BuildInProgressError, match="another process") as caught, build_lock(store):
        pass
    assert all(line.startswith(str(store)) for line in str(caught.value).splitlines())
    assert len(HybridIndex.load(store, FakeEncoder()).units) == 2


def test_store_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SnapshotError, match="--out"), build_lock(tmp_path / "file"):
        pass


def test_checksums_are_sha256(store: Path, folder: Path) -> None:
    for name, checksum in read_manifest(store).files.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == checksum

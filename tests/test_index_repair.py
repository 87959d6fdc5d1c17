"""The library's own index repaired: built anew over any damage, brought up to date after a stop."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from documents import library as originals
from documents.errors import UnknownDocumentError
from documents.types import Original
from index import library, snapshot, stores
from index.errors import SnapshotError
from tests.conftest import FakeEncoder

TEXT = "关于支持充电站建设的通知\n\n一、支持充电站建设。\n\n二、本通知自发布之日起施行。\n"


@pytest.fixture
def store(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the index of a library with two documents."""
    monkeypatch.setattr("index.stores.load_encoder", lambda model: FakeEncoder(64))
    (home / "documents").mkdir(parents=True)
    library.add([Original(f"{name}.txt", (name + TEXT).encode()) for name in "甲乙"])
    return home / "index"


def spoil_pointer(store: Path) -> None:
    (store / snapshot.CURRENT).write_bytes(b"\xff\x00garbage")


def make_pointer_a_folder(store: Path) -> None:
    (store / snapshot.CURRENT).unlink()
    (store / snapshot.CURRENT).mkdir()


def end_pointer_early(store: Path) -> None:
    path = store / snapshot.CURRENT
    path.write_bytes(path.read_bytes().rstrip(b"\n") + b" ")


def spoil_manifest(store: Path) -> None:
    (the_current(store) / "manifest.json").write_text("{}")


def lose_a_file(store: Path) -> None:
    (the_current(store) / "vectors.npy").unlink()


def lose_the_snapshot(store: Path) -> None:
    shutil.rmtree(the_current(store))


def make_the_snapshot_a_file(store: Path) -> None:
    current = the_current(store)
    shutil.rmtree(current)
    current.write_text("")


def the_current(store: Path) -> Path:
    current = snapshot.current(store)
    assert current is not None
    return current


@pytest.mark.parametrize(
    "spoil",
    [
        spoil_pointer,
        make_pointer_a_folder,
        end_pointer_early,
        spoil_manifest,
        lose_a_file,
        lose_the_snapshot,
        make_the_snapshot_a_file,
    ],
)
def test_any_damage_is_told_and_built_over(spoil: Callable[[Path], None], store: Path) -> None:
    files = snapshot.verify(store).files
    spoil(store)
    with pytest.raises(SnapshotError, match="python -m index build"):
        stores.open_index()
    library.rebuild()
    assert snapshot.verify(store).files == files
    assert set(stores.open_index().documents) == {"甲", "乙"}


def test_a_pointer_to_nothing_is_named(store: Path) -> None:
    name = (store / snapshot.CURRENT).read_text()
    (store / snapshot.CURRENT).write_text(("0" if name[0] != "0" else "1") + name[1:])
    with pytest.raises(SnapshotError, match="CURRENT names an index that is not there"):
        snapshot.verify(store)


def test_weights_of_no_unit_are_damage_when_they_are_met(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As in a library so large that its files are not read through when they are opened.
    monkeypatch.setattr(snapshot, "CHECKED", 0)
    path = the_current(store) / "lexical" / "indices.csc.index.npy"
    units = np.load(path)
    units[:] = 30_000
    np.save(path, units)
    index = stores.open_index()
    with pytest.raises(SnapshotError, match="python -m index build"):
        index.search("充电站")
    assert index.damage is not None


def test_a_file_in_the_place_of_the_index_is_left_and_told(store: Path) -> None:
    shutil.rmtree(store)
    store.write_text("mine")
    with pytest.raises(SnapshotError, match="不是文件夹"):
        library.rebuild()
    assert store.read_text() == "mine"


def test_a_stopped_removal_can_be_asked_for_again(store: Path) -> None:
    stop_after(store, lambda: originals.remove(["甲"]))
    with pytest.raises(UnknownDocumentError):
        library.remove(["丙"])
    [change] = library.remove(["甲"]).changes
    assert (change.outcome, change.id) == ("removed", "甲")
    assert set(stores.open_index().documents) == {"乙"} and not snapshot.is_outdated(store)
    with pytest.raises(UnknownDocumentError):
        library.remove(["甲"])


def test_a_library_that_was_emptied_loses_its_index_at_the_next_start(store: Path) -> None:
    stop_after(store, lambda: originals.remove(["甲", "乙"]))
    assert library.catch_up().emptied
    assert snapshot.current(store) is None and not snapshot.is_outdated(store)
    assert library.catch_up() == library.Update(())


def stop_after(store: Path, change: Callable[[], object]) -> None:
    """Leave what a change leaves that is killed before its index can follow."""
    snapshot.mark_outdated(store)
    change()

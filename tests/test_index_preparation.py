"""A prepared model: every byte of it is vouched for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from index.preparation import MANIFEST, Preparation, find_damage, prepare

WANTED = Preparation("model", "0" * 64, 1, {"model": "m"})


def write(folder: Path) -> None:
    (folder / "weights").write_bytes(b"weights")
    (folder / "part").mkdir()
    (folder / "part" / "config.json").write_text("{}")


@pytest.mark.parametrize("name", ["weights", "part/config.json", MANIFEST])
def test_a_flipped_byte_is_found_by_name(name: str, tmp_path: Path) -> None:
    folder = prepare(tmp_path, WANTED, write)
    assert find_damage(tmp_path) == {folder: ()}
    data = (folder / name).read_bytes()
    for i in range(len(data)):
        (folder / name).write_bytes(data[:i] + bytes([data[i] ^ 1]) + data[i + 1 :])
        assert find_damage(tmp_path) == {folder: (name,)}


def test_a_missing_file_is_found(tmp_path: Path) -> None:
    folder = prepare(tmp_path, WANTED, write)
    (folder / "weights").unlink()
    assert find_damage(tmp_path) == {folder: ("weights",)}


def test_a_folder_with_a_damaged_manifest_is_made_again(tmp_path: Path) -> None:
    folder = prepare(tmp_path, WANTED, write)
    data = (folder / MANIFEST).read_bytes()
    (folder / MANIFEST).write_bytes(data.replace(b'"m"', b'"n"'))
    prepare(tmp_path, WANTED, write)
    assert (folder / MANIFEST).read_bytes() == data


def test_one_of_an_earlier_version_is_not_damaged_and_made_again(tmp_path: Path) -> None:
    folder = prepare(tmp_path, WANTED, write)
    whole = json.loads((folder / MANIFEST).read_text())
    before = {name: value for name, value in whole.items() if name not in ("seal", "sha256")}
    (folder / MANIFEST).write_text(json.dumps(before))
    assert find_damage(tmp_path) == {}
    prepare(tmp_path, WANTED, write)
    assert find_damage(tmp_path) == {folder: ()}

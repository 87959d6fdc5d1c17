"""The library: made once with the samples, left alone afterwards, read file by file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from documents import library
from documents.errors import DocumentError, LoadError
from documents.library import find_files, library_folder, policy_home, read_documents
from documents.types import Document

TEXT = "关于甲的意见\n一、乙\n"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def write(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


# --- the folder -----------------------------------------------------------------------------------


def test_a_new_library_holds_the_samples_byte_for_byte(samples: Path, home: Path) -> None:
    folder = library_folder()
    assert folder == home / "documents"
    assert contents(folder) == {path.name: path.read_bytes() for path in samples.glob("*.txt")}


def test_an_existing_library_is_left_alone(home: Path) -> None:
    write(home / "documents" / "mine.txt", TEXT)
    assert contents(library_folder()) == {"mine.txt": TEXT.encode()}


def test_an_emptied_library_stays_empty(home: Path) -> None:
    (home / "documents").mkdir(parents=True)
    assert contents(library_folder()) == {}


def test_nothing_is_left_beside_the_library(home: Path) -> None:
    library_folder()
    assert [path.name for path in home.iterdir()] == ["documents"]


def test_many_may_create_it_at_once(home: Path, samples: Path) -> None:
    barrier = Barrier(8)

    def create(_: int) -> dict[str, bytes]:
        barrier.wait()
        return contents(library_folder())

    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(create, range(8)))
    expected = {path.name: path.read_bytes() for path in samples.glob("*.txt")}
    assert seen == [expected] * 8
    assert [path.name for path in home.iterdir()] == ["documents"]


def test_whoever_comes_second_keeps_the_first_ones_library(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other process finishes between this one's look and its rename."""

    def resources_files(_: str) -> Path:
        write(home / "documents" / "first.txt", TEXT)
        return write(home.parent / "package" / "samples" / "sample.txt", TEXT).parent.parent

    monkeypatch.setattr(library.resources, "files", resources_files)
    assert contents(library_folder()) == {"first.txt": TEXT.encode()}
    assert [path.name for path in home.iterdir()] == ["documents"]


def test_a_library_that_cannot_be_made_says_what_to_do(home: Path) -> None:
    write(home, "a file where the folder should be")
    with pytest.raises(DocumentError) as caught:
        library_folder()
    chinese, english = str(caught.value).split("\n")
    assert str(home) in chinese
    assert str(home) in english
    assert "POLICY_QA_HOME" in chinese
    assert "POLICY_QA_HOME" in english


def test_the_home_is_the_users_data_folder_by_default(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert policy_home() == home
    for value in ("", None):
        if value is None:
            monkeypatch.delenv("POLICY_QA_HOME")
        else:
            monkeypatch.setenv("POLICY_QA_HOME", value)
        assert policy_home().name == "policy-qa"
        assert policy_home().is_absolute()


# --- files ----------------------------------------------------------------------------------------


def test_folders_are_searched_and_files_taken_as_they_are(tmp_path: Path) -> None:
    names = ["b.txt", "a.md", "deep/er/c.TXT", "SOURCES.md", "README.txt", "d.PDF", "e", "g.zip"]
    names += [".hidden.txt", "~$a.docx"]
    for name in names:
        write(tmp_path / "in" / name, TEXT)
    named = write(tmp_path / "out" / "f.policy", TEXT)
    found = find_files([tmp_path / "in", named, tmp_path / "in" / "b.txt"])
    assert [path.name for path in found] == ["a.md", "b.txt", "d.PDF", "c.TXT", "f.policy"]


def test_a_file_that_cannot_be_read_does_not_stop_the_others(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", TEXT)
    write(tmp_path / "b.txt", bytes(range(256)))
    write(tmp_path / "c.txt", "")
    write(tmp_path / "d.txt", TEXT + "二、丙")
    first, binary, empty, last = read_documents([tmp_path])
    assert isinstance(first, Document)
    assert isinstance(last, Document)
    assert (first.id, last.id) == ("a", "d")
    assert isinstance(binary, LoadError)
    assert str(tmp_path / "b.txt") in str(binary)
    assert isinstance(empty, LoadError)
    assert str(tmp_path / "c.txt") in str(empty)


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    (error,) = read_documents([tmp_path / "missing.txt"])
    assert isinstance(error, LoadError)


def test_ids_are_unique(tmp_path: Path) -> None:
    for folder in ("x", "y", "z"):
        write(tmp_path / folder / "意见.txt", f"{folder}的意见\n一、乙")
    ids = [item.id for item in read_documents([tmp_path]) if isinstance(item, Document)]
    assert ids[0] == "意见"
    assert all(id.startswith("意见-") and len(id) == len("意见-") + 8 for id in ids[1:])
    assert len(set(ids)) == 3


def test_ids_do_not_depend_on_the_order_of_the_arguments(tmp_path: Path) -> None:
    paths = [write(tmp_path / name, f"{name}\n一、乙") for name in ("x/a.txt", "y/a.txt", "b.txt")]
    forwards = [d.id for d in read_documents(paths) if isinstance(d, Document)]
    backwards = [d.id for d in read_documents(reversed(paths)) if isinstance(d, Document)]
    assert forwards == backwards
    assert len(forwards) == 3


def test_progress_counts_every_file(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", TEXT)
    write(tmp_path / "b.txt", "")
    seen: list[tuple[int, int, str]] = []
    list(read_documents([tmp_path], progress=lambda *step: seen.append(step)))
    assert seen == [(1, 2, "a.txt"), (2, 2, "b.txt")]

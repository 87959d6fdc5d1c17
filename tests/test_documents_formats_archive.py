"""Zip archives: what is in them, whatever they claim, and no harm from those made to do some."""

from __future__ import annotations

import io
import struct
import unicodedata
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.errors import LoadError
from documents.formats import archive
from documents.formats.archive import is_archive, read_members, safe_path
from documents.library import add, find_files, library_folder, read_documents
from documents.types import Document, Original

TEXT = "关于甲的意见\n一、乙\n".encode()


def pack(members: Mapping[str, bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return buffer.getvalue()


def read(data: bytes) -> tuple[dict[str, bytes], list[LoadError]]:
    members, errors = {}, []
    for member in read_members(data, where="a.zip", wanted=lambda name: True):
        if isinstance(member, LoadError):
            errors.append(member)
        else:
            members[member[0]] = member[1]
    return members, errors


def rename(data: bytes, name: bytes, other: bytes) -> bytes:
    """Write another name of the same length into a finished archive."""
    assert len(name) == len(other) and data.count(name) == 2
    return data.replace(name, other)


# --- what is an archive ---------------------------------------------------------------------------


def test_a_zip_of_files_is_an_archive() -> None:
    assert is_archive(pack({"a.txt": TEXT, "b/c.txt": TEXT}))
    assert is_archive(pack({}))


@pytest.mark.parametrize(
    "part", ["[Content_Types].xml", "OFD.xml", "mimetype", "META-INF/container.xml"]
)
def test_a_document_whose_format_is_a_zip_is_none(part: str) -> None:
    assert not is_archive(pack({part: b"", "word/document.xml": b""}))


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\x03\x04", TEXT, pack({"a.txt": TEXT})[:-30]])
def test_other_bytes_are_none(data: bytes) -> None:
    assert not is_archive(data)


# --- members --------------------------------------------------------------------------------------


def test_members_are_read_with_their_folders() -> None:
    assert read(pack({"a.txt": TEXT, "b/c.txt": b"c"})) == ({"a.txt": TEXT, "b/c.txt": b"c"}, [])


def test_only_wanted_members_are_read() -> None:
    wanted = read_members(
        pack({"a.txt": TEXT, "b.exe": b"b"}), where="a.zip", wanted=lambda n: n.endswith(".txt")
    )
    assert list(wanted) == [("a.txt", TEXT)]


def test_an_archive_inside_is_opened_and_one_inside_that_is_not() -> None:
    third = pack({"c.txt": TEXT})
    second = pack({"b.txt": TEXT, "third.zip": third})
    members, errors = read(pack({"a.txt": TEXT, "second.zip": second}))
    assert members == {"a.txt": TEXT, "second.zip/b.txt": TEXT}
    assert [error.where for error in errors] == ["a.zip/second.zip/third.zip"]


def test_a_member_with_a_password_is_reported_and_the_others_read() -> None:
    data = bytearray(pack({"a.txt": TEXT, "b.txt": TEXT}))
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + at] |= 1
    members, errors = read(bytes(data))
    assert members == {"b.txt": TEXT}
    assert [error.where for error in errors] == ["a.zip/a.txt"]
    assert "password" in errors[0].english


def test_a_damaged_member_is_reported_and_the_others_read() -> None:
    data = pack({"a.txt": TEXT, "b.txt": b"other"}, compression=zipfile.ZIP_STORED)
    members, errors = read(data.replace("乙".encode(), "丙".encode()))
    assert members == {"b.txt": b"other"}
    assert [error.where for error in errors] == ["a.zip/a.txt"]
    assert "damaged" in errors[0].english


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, 99])
def test_an_unbounded_or_unknown_compression_is_reported(compression: int) -> None:
    data = bytearray(pack({"a.txt": TEXT, "b.txt": TEXT}))
    for signature, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        data[data.index(signature) + at] = compression
    members, errors = read(bytes(data))
    assert members == {"b.txt": TEXT}
    assert [error.where for error in errors] == ["a.zip/a.txt"]
    assert "method" in errors[0].english


@pytest.mark.parametrize("cut", [10, 30, 60])
def test_an_archive_that_is_cut_off_is_reported(cut: int) -> None:
    members, errors = read(pack({"a.txt": TEXT})[:-cut])
    assert not members
    assert [error.where for error in errors] == ["a.zip"]


# --- bombs ----------------------------------------------------------------------------------------


def test_a_bomb_is_stopped_by_its_ratio() -> None:
    bomb = pack({"bomb.txt": bytes(20_000_000), "a.txt": TEXT})
    assert len(bomb) < 30_000
    members, errors = read(bomb)
    assert members == {"a.txt": TEXT}
    assert [error.where for error in errors] == ["a.zip/bomb.txt"]


def test_what_an_archive_says_of_sizes_is_not_believed() -> None:
    """The sizes in the list say that it is small and hardly compressed."""
    bomb = bytearray(pack({"bomb.txt": bytes(20_000_000)}))
    entry = bomb.index(b"PK\x01\x02")
    struct.pack_into("<II", bomb, entry + 20, 10_000, 10_000)
    members, errors = read(bytes(bomb))
    assert not members or len(members["bomb.txt"]) <= 10_000
    assert members or len(errors) == 1


def test_a_member_and_the_whole_may_not_be_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_MEMBER_BYTES", 1000)
    large = pack({"a.txt": bytes(1000), "b.txt": bytes(1001)}, compression=zipfile.ZIP_STORED)
    members, errors = read(large)
    assert list(members) == ["a.txt"]
    assert [error.where for error in errors] == ["a.zip/b.txt"]

    monkeypatch.setattr(archive._Budget.__init__, "__defaults__", (10, 2500))
    inner = pack({"c.txt": bytes(400), "d.txt": bytes(400)}, compression=zipfile.ZIP_STORED)
    assert 900 + len(inner) + 400 < 2500 < 900 + len(inner) + 800
    whole = pack({"a.txt": bytes(900), "i.zip": inner, "z.txt": b"z"})
    members, errors = read(whole)
    assert list(members) == ["a.txt", "i.zip/c.txt"]
    assert [error.where for error in errors] == ["a.zip/i.zip/d.txt", "a.zip/z.txt"]


def test_members_are_counted_through_all_archives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive._Budget.__init__, "__defaults__", (4, 10**6))
    many = pack({f"{i}.txt": b"" for i in range(5)})
    assert read(many)[0] == {}
    assert [error.where for error in read(many)[1]] == ["a.zip"]
    members, errors = read(pack({"a.zip": pack({"1.txt": b"", "2.txt": b""}), "b.txt": b""}))
    assert len(members) == 3 and not errors
    nested = {f"{i}.zip": pack({"1.txt": b"", "2.txt": b""}) for i in range(2)}
    members, errors = read(pack(nested))
    assert len(members) == 2
    assert [error.where for error in errors] == ["a.zip"]


def test_a_million_listed_members_are_refused_before_they_are_read() -> None:
    data = pack({"a.txt": TEXT})
    start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    listed = data[start:end] * (archive.MAX_MEMBERS + 1)
    members, errors = read(data[:start] + listed + data[end:])
    assert not members
    assert [error.where for error in errors] == ["a.zip"]


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a.txt", "a.txt"),
        ("意见/甲.txt", "意见/甲.txt"),
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("C:\\Windows\\a.txt", "Windows/a.txt"),
        ("..\\a.txt", "a.txt"),
        ("a/./b//c.txt", "a/b/c.txt"),
        ("a\n\x1b[31mb.txt", "a__[31mb.txt"),
        ("a\u202etxt.exe", "a_txt.exe"),
        ("..", "_"),
        ("", "_"),
    ],
)
def test_names_are_made_safe(name: str, safe: str) -> None:
    assert safe_path(name) == safe


@given(st.text())
def test_no_name_leaves_the_archive(name: str) -> None:
    safe = safe_path(name)
    assert safe and len(safe.splitlines()) == 1
    assert not any(unicodedata.category(c)[0] == "C" for c in safe)
    assert not safe.startswith("/") and "\\" not in safe
    assert not {"", ".", ".."} & set(safe.split("/"))
    assert safe_path(safe) == safe


def test_names_of_members_are_made_safe() -> None:
    data = rename(pack({"aa/b.txt": TEXT}), b"aa/b.txt", b"../b.txt")
    assert read(data) == ({"b.txt": TEXT}, [])


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_names_that_do_not_say_their_encoding_are_understood(encoding: str) -> None:
    name = "关于甲的意见.txt".encode(encoding)
    data = rename(pack({"x" * len(name): TEXT}), b"x" * len(name), name)
    assert read(data) == ({"关于甲的意见.txt": TEXT}, [])


def test_names_that_say_their_encoding_are_kept() -> None:
    assert read(pack({"é甲.txt": TEXT})) == ({"é甲.txt": TEXT}, [])


# --- any bytes ------------------------------------------------------------------------------------


@given(st.binary() | st.binary().map(lambda tail: b"PK\x03\x04" + tail))
def test_any_bytes_give_members_or_errors(data: bytes) -> None:
    is_archive(data)
    assert not read(data)[0]


@given(st.data())
def test_a_damaged_archive_gives_members_or_errors(draw: st.DataObject) -> None:
    inner = pack({"c.txt": b"c" * 50})
    data = bytearray(pack({"a.txt": TEXT, "意见.txt": TEXT * 5, "i.zip": inner}))
    for at in draw.draw(st.lists(st.integers(0, len(data) - 1), min_size=1, max_size=8)):
        data[at] = draw.draw(st.integers(0, 255))
    is_archive(bytes(data))
    members, errors = read(bytes(data))
    assert all(isinstance(content, bytes) for content in members.values())
    assert all(error.where.startswith("a.zip") for error in errors)


# --- in the library -------------------------------------------------------------------------------


def numbered(n: int) -> bytes:
    return f"关于第{n}件事的意见\n一、做好第{n}件事\n".encode()


def test_an_archive_is_read_as_the_documents_in_it(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "b.txt").write_bytes(numbered(0))
    inside = {
        "甲.txt": numbered(1),
        "x/甲.txt": numbered(2),
        "坏.txt": bytes(range(256)),
        "readme.exe": b"MZ",
        "__MACOSX/._甲.txt": b"\0",
        "里.zip": pack({"乙.txt": numbered(3)}),
    }
    path = tmp_path / "in" / "c.zip"
    path.write_bytes(pack(inside))
    items = list(read_documents([tmp_path / "in"]))
    ids = [item.id for item in items if isinstance(item, Document)]
    assert [ids[0], ids[1], ids[3]] == ["b", "甲", "乙"]
    assert ids[2].startswith("甲-") and len(ids) == 4
    (error,) = [item for item in items if isinstance(item, LoadError)]
    assert error.where == f"{path}/坏.txt"
    assert [d.id for d in read_documents([path]) if isinstance(d, Document)] == ids[1:]


def test_an_archive_is_known_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(pack({"甲.txt": numbered(1)}))
    (document,) = read_documents([path])
    assert isinstance(document, Document)
    assert document.id == "甲"


def test_an_archive_without_documents_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(pack({"a.exe": b"MZ"}))
    (error,) = read_documents([path])
    assert isinstance(error, LoadError)
    assert error.where == str(path)


def test_progress_counts_an_archive_as_one_file(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(pack({"甲.txt": numbered(1), "乙.txt": numbered(2)}))
    (tmp_path / "b.txt").write_bytes(TEXT)
    seen: list[tuple[int, int, str]] = []
    list(read_documents([tmp_path], progress=lambda *step: seen.append(step)))
    assert seen == [(1, 2, "a.zip"), (2, 2, "b.txt")]


def test_the_documents_of_an_archive_are_added_to_the_library(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(pack({"x/甲.txt": numbered(1), "坏.txt": bytes(range(256))}))
    upload = Original("b.zip", pack({"乙.txt": numbered(2)}))
    changes = add([path, upload])
    assert [(change.file, change.outcome, change.id) for change in changes] == [
        (f"{path}/x/甲.txt", "added", "甲"),
        (f"{path}/坏.txt", "failed", None),
        ("b.zip/乙.txt", "added", "乙"),
    ]
    names = {file.name for file in find_files([library_folder()])}
    assert {"甲.txt", "乙.txt"} <= names


def test_a_damaged_archive_is_not_put_into_the_library(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(pack({"甲.txt": numbered(1)})[:-30])
    (change,) = add([path])
    assert change.outcome == "failed"
    assert not (library_folder() / "a.zip").exists()


def test_an_archive_in_the_library_is_none_of_its_documents() -> None:
    (library_folder() / "a.zip").write_bytes(pack({"甲.txt": numbered(1)}))
    ids = [item.id for item in read_documents([library_folder()]) if isinstance(item, Document)]
    assert "甲" not in ids

"""The library: made once with the samples, left alone afterwards, read file by file, changed whole."""

from __future__ import annotations

import json
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents import library
from documents.corrections import CORRECTIONS
from documents.errors import DocumentError, LibraryError, LoadError, UnknownDocumentError
from documents.library import (
    add,
    correct,
    find_files,
    library_folder,
    policy_home,
    read_documents,
    remove,
    verify,
)
from documents.register import REGISTER
from documents.reports import format_change, write_change
from documents.types import Change, Document, Original

TEXT = "关于甲的意见\n一、乙\n"


def contents(folder: Path) -> dict[str, bytes]:
    """Return the originals, not what the library keeps beside them."""
    return {p.name: p.read_bytes() for p in folder.iterdir() if not p.name.startswith(".")}


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
    assert [path.name for path in found] == ["a.md", "b.txt", "d.PDF", "c.TXT", "g.zip", "f.policy"]


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


# --- changes --------------------------------------------------------------------------------------

ACT = """某某市人民政府关于支持甲产业的意见

某政发〔2024〕{number}号

一、支持{what}。
二、本意见自印发之日起施行。
"""


def act(what: str = "充电站", number: int = 1) -> str:
    return ACT.format(what=what, number=number)


@pytest.fixture
def empty(home: Path) -> Path:
    """Return the folder of a library without documents."""
    folder = home / "documents"
    folder.mkdir(parents=True)
    return folder


def outcomes(changes: tuple[Change, ...]) -> list[tuple[str, str | None, str | None]]:
    return [(change.outcome, change.id, change.other) for change in changes]


def ids() -> list[str]:
    read = read_documents([library_folder()])
    return [item.id for item in read if isinstance(item, Document)]


def test_a_file_is_added_byte_for_byte_under_its_own_name(tmp_path: Path, samples: Path) -> None:
    data = "\ufeff".encode() + act().replace("\n", "\r\n").encode()
    path = write(tmp_path / "某某意见.txt", data)
    (change,) = add([path])
    assert change == Change(
        str(path), "added", "某某意见", None, "已添加为 某某意见。", "added as 某某意见."
    )
    before = {sample.name: sample.read_bytes() for sample in samples.glob("*.txt")}
    assert contents(library_folder()) == before | {"某某意见.txt": data}
    assert path.read_bytes() == data
    assert "某某意见" in ids()


def test_folders_are_added_with_everything_in_them(tmp_path: Path, empty: Path) -> None:
    for name in ("in/a.txt", "in/deep/b.txt", "in/deep/._b.txt", "in/notes.xyz"):
        write(tmp_path / name, f"{name}\n\n{TEXT}")
    assert outcomes(add([tmp_path / "in"])) == [("added", "a", None), ("version", "b", "a")]
    assert sorted(contents(empty)) == ["a.txt", "b.txt"]


def test_uploads_are_added_by_name_and_content(empty: Path) -> None:
    (change,) = add([Original("上传.txt", act().encode("gb18030"))])
    assert (change.file, change.outcome, change.id) == ("上传.txt", "added", "上传")
    assert contents(empty) == {"上传.txt": act().encode("gb18030")}


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("../../escape.txt", "escape.txt"),
        ("C:\\folder\\name.txt", "name.txt"),
        ("/etc/passwd.txt", "passwd.txt"),
        ("..hidden.txt", "hidden.txt"),
        ("a:b?c.txt", "a_b_c.txt"),
        ("line\nbreak\0.TXT", "line_break_.TXT"),
        ("政策" * 100 + ".txt", "政策" * 40 + ".txt"),
    ],
)
def test_the_name_of_an_upload_cannot_leave_the_library(
    name: str, stored: str, empty: Path
) -> None:
    (change,) = add([Original(name, act().encode())])
    assert change.outcome == "added"
    assert contents(empty) == {stored: act().encode()}
    assert ids() == [change.id]
    assert [path.name for path in empty.parent.iterdir()] == ["documents"]


@settings(max_examples=50)
@given(st.text(max_size=300), st.sampled_from([".txt", ".TXT", ".Txt"]))
def test_any_name_is_stored_inside_the_library_or_refused(stem: str, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as home, pytest.MonkeyPatch.context() as patch:
        patch.setenv("POLICY_QA_HOME", home)
        folder = Path(home) / "documents"
        folder.mkdir()
        (change,) = add([Original(stem + suffix, act().encode())])
        found = [(d.id, d.source) for d in read_documents([folder]) if isinstance(d, Document)]
        assert found == ([(change.id, act())] if change.outcome == "added" else [])
        assert (change.outcome == "failed") == (not stem.split("/")[-1].split("\\")[-1].strip(". "))
        assert os.listdir(home) == ["documents"]
        assert verify().intact == len(found)


def test_a_name_in_another_encoding_is_stored_readably(tmp_path: Path, empty: Path) -> None:
    path = tmp_path / os.fsdecode("政策.txt".encode("gb18030"))
    try:
        path.write_text(act(), "utf-8")
    except (OSError, UnicodeError):
        pytest.skip("this file system has no such names")
    (change,) = add([path])
    assert (change.outcome, change.id) == ("added", "____")
    json.dumps(write_change(change), ensure_ascii=False).encode()
    format_change(change).encode()
    assert contents(empty) == {"____.txt": act().encode()}


def test_the_same_content_is_not_stored_twice(tmp_path: Path, empty: Path) -> None:
    first = write(tmp_path / "a.txt", act())
    second = write(tmp_path / "b.txt", act())
    assert outcomes(add([first, second])) == [("added", "a", None), ("duplicate", None, "a")]
    (again,) = add([second])
    assert outcomes((again,)) == [("duplicate", None, "a")]
    assert "already in the library as a" in again.english and " a，" in again.chinese
    assert contents(empty) == {"a.txt": act().encode()}


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig", "utf-16", "utf-32"])
def test_the_same_text_in_another_encoding_is_recognised(encoding: str, empty: Path) -> None:
    add([Original("a.txt", act().encode())])
    (change,) = add([Original("b.txt", act().encode(encoding))])
    assert outcomes((change,)) == [("duplicate", None, "a")]
    assert "another format or encoding" in change.english and "格式或编码不同" in change.chinese
    assert contents(empty) == {"a.txt": act().encode()}


def test_the_same_text_with_other_line_ends_and_wraps_is_recognised(empty: Path) -> None:
    add([Original("a.txt", act().encode())])
    other = act().replace("\n", "\r\n\r\n").replace("一、", "\u200b一、 ").encode()
    assert outcomes(add([Original("b.txt", other)])) == [("duplicate", None, "a")]


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("b.txt", act("换电站").replace("甲产业", "乙产业").replace("〔2024〕", "[2024]"), "文号"),
        ("b.txt", act("换电站", 2), "标题"),
        ("a.txt", act("换电站", 2).replace("甲产业", "乙产业"), "文件名"),
    ],
)
def test_another_version_is_kept_and_named(name: str, text: str, why: str, empty: Path) -> None:
    add([Original("a.txt", act().encode())])
    (change,) = add([Original(name, text.encode())])
    assert (change.outcome, change.other) == ("version", "a")
    assert why in change.chinese and "another version" in change.english
    assert sorted(contents(empty).values()) == sorted([act().encode(), text.encode()])
    assert sorted(ids()) == sorted(["a", str(change.id)])


def test_a_title_that_says_only_the_kind_makes_no_version(empty: Path) -> None:
    texts = [f"通知\n\n一、支持{what}。\n" for what in ("甲", "乙")]
    changes = add([Original(f"{i}.txt", text.encode()) for i, text in enumerate(texts)])
    assert [change.outcome for change in changes] == ["added", "added"]


@pytest.mark.parametrize("name", ["a.txt", "A.txt", "a.TXT", "x/a.txt"])
def test_a_taken_stem_gets_part_of_the_checksum(name: str, empty: Path) -> None:
    """So the id of a document does not change when another file comes."""
    add([Original("a.txt", b"one")])
    (change,) = add([Original(name, b"two")])
    digits = "3fc4ccfe"  # sha256 of "two"
    stem, suffix = Path(name).stem, Path(name).suffix
    assert change.id == f"{stem}-{digits}"
    assert contents(empty) == {"a.txt": b"one", f"{stem}-{digits}{suffix}": b"two"}
    assert sorted(ids()) == sorted(["a", change.id])


def test_a_file_that_is_no_document_is_refused_and_the_others_are_added(
    tmp_path: Path, empty: Path
) -> None:
    good, nothing = write(tmp_path / "good.txt", act()), write(tmp_path / "empty.txt", "")
    binary, other = write(tmp_path / "b.txt", bytes(range(256))), write(tmp_path / "a.xyz", act())
    (tmp_path / "folder").mkdir()
    missing = tmp_path / "missing.xyz"
    changes = add([nothing, binary, good, other, missing, tmp_path / "folder"])
    assert [change.outcome for change in changes] == [
        "failed", "failed", "added", "failed", "failed", "failed",
    ]  # fmt: skip
    assert [change.file for change in changes] == list(
        map(str, [nothing, binary, good, other, missing, tmp_path / "folder"])
    )
    assert "没有内容" in changes[0].chinese and "no content" in changes[0].english
    assert "not a text file" in changes[1].english
    assert ".txt" in changes[3].chinese and "rename" in changes[3].english
    assert "no such file" in changes[4].english
    assert "no file that can be added" in changes[5].english
    assert contents(empty) == {"good.txt": act().encode()}


def test_nothing_changes_where_everything_fails(tmp_path: Path, empty: Path) -> None:
    add([tmp_path / "missing.txt"])
    assert contents(empty) == {}
    assert verify().intact == 0


def test_additions_report_progress(tmp_path: Path, empty: Path) -> None:
    write(tmp_path / "a.txt", TEXT)
    seen: list[tuple[int, int, str]] = []
    add([tmp_path / "a.txt", Original("b.txt", b"")], progress=lambda *step: seen.append(step))
    assert seen == [(1, 2, "a.txt"), (2, 2, "b.txt")]


def test_documents_are_removed_by_id(samples: Path) -> None:
    names = sorted(path.stem for path in samples.glob("*.txt"))
    changes = remove([names[1], names[0], names[1]])
    assert outcomes(changes) == [("removed", names[1], None), ("removed", names[0], None)]
    assert changes[0].file == f"{names[1]}.txt"
    assert ids() == names[2:]
    assert verify().intact == len(names) - 2


def test_a_removed_document_can_be_added_again(empty: Path) -> None:
    add([Original("a.txt", act().encode())])
    remove(["a"])
    assert contents(empty) == {}
    assert outcomes(add([Original("a.txt", act().encode())])) == [("added", "a", None)]


def test_an_unknown_id_removes_nothing_and_names_near_ones(samples: Path) -> None:
    with pytest.raises(UnknownDocumentError) as caught:
        remove(["nanchang-auto-action-plan", "jilin-nev-action-plan"])
    chinese, english = str(caught.value).split("\n")
    for message in (chinese, english):
        assert "jilin-nev-action-plan-2024" in message
        assert "documents list" in message
        assert "chongqing" not in message
    assert len(ids()) == len(list(samples.glob("*.txt")))
    for nonsense in ("", "/", "../documents/x", ".checksums"):
        with pytest.raises(UnknownDocumentError):
            remove([nonsense])


def test_ids_are_those_of_reading_though_files_share_a_stem(empty: Path) -> None:
    """Of the files with one stem, put there by hand, the first is not readable."""
    write(empty / "a.TXT", "")
    write(empty / "a.txt", "甲")
    write(empty / "deep" / "a.txt", "乙")
    documents = {d.id: d.clean for d in read_documents([empty]) if isinstance(d, Document)}
    assert sorted(documents.values()) == ["乙", "甲"]
    id = next(id for id, text in documents.items() if text == "甲")
    assert remove([id])[0].file == "a.txt"
    assert [d.clean for d in read_documents([empty]) if isinstance(d, Document)] == ["乙"]


# --- integrity ------------------------------------------------------------------------------------


def test_a_new_library_is_intact(samples: Path) -> None:
    found = verify()
    assert found.intact == len(list(samples.glob("*.txt")))
    assert (found.changed, found.missing, found.unregistered, found.unreadable) == ((),) * 4


def test_every_flipped_byte_is_found(empty: Path) -> None:
    data = act().encode()
    add([Original("a.txt", data)])
    for i in range(len(data)):
        (empty / "a.txt").write_bytes(data[:i] + bytes([data[i] ^ 1]) + data[i + 1 :])
        assert verify().changed == ("a.txt",)
    (empty / "a.txt").write_bytes(data)
    assert verify().intact == 1


@pytest.mark.parametrize("record", [REGISTER, CORRECTIONS])
def test_every_flipped_byte_of_a_record_is_found(record: str, empty: Path) -> None:
    add([Original("a.txt", act().encode())])
    correct("a", {"kind": "通知"})
    data = (empty / record).read_bytes()
    for i in range(len(data)):
        # A space that becomes a tab is one that JSON does not mind.
        (empty / record).write_bytes(data[:i] + bytes([data[i] ^ 0x29]) + data[i + 1 :])
        try:
            [(name, chinese, english)] = verify().unreadable
        except LibraryError as error:
            name, chinese, english = REGISTER, *str(error).split("\n")
        assert name == record and "删除" in chinese and "elete" in english
    (empty / record).write_bytes(data)
    assert verify().unreadable == ()


@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_adding_the_original_again_repairs_the_library(damage: str, empty: Path) -> None:
    add([Original("a.txt", act().encode()), Original("b.txt", b"other")])
    if damage == "changed":
        write(empty / "a.txt", act().replace("充", "\ufffd"))
    else:
        (empty / "a.txt").unlink()
    found = verify()
    assert (getattr(found, damage), found.intact) == (("a.txt",), 1)
    (change,) = add([Original("renamed.txt", act().encode())])
    assert outcomes((change,)) == [("added", "a", None)]
    assert "恢复" in change.chinese and "restored" in change.english
    assert contents(empty) == {"a.txt": act().encode(), "b.txt": b"other"}
    assert verify().intact == 2


def test_removing_a_missing_document_repairs_the_library(empty: Path) -> None:
    add([Original("a.txt", act().encode()), Original("b.txt", b"other")])
    (empty / "a.txt").unlink()
    assert outcomes(remove(["a"])) == [("removed", "a", None)]
    assert (verify().intact, verify().missing) == (1, ())


def test_the_name_of_a_missing_document_stays_its_own(empty: Path) -> None:
    add([Original("a.txt", b"one")])
    (empty / "a.txt").unlink()
    (change,) = add([Original("a.txt", b"two")])
    assert change.id != "a"
    assert outcomes(add([Original("a.txt", b"one")])) == [("added", "a", None)]
    assert verify().intact == 2


def test_files_put_there_by_hand_belong_to_the_library(empty: Path) -> None:
    write(empty / "hand.txt", act())
    write(empty / "2024" / "deep.txt", TEXT)
    write(empty / "broken.txt", "")
    found = verify()
    assert (found.intact, found.changed, found.missing) == (0, (), ())
    assert found.unregistered == ("2024/deep.txt", "hand.txt")
    assert [name for name, _, _ in found.unreadable] == ["broken.txt"]
    # Known when others come, though no checksum protects them.
    assert outcomes(add([Original("x.txt", act().encode("gb18030"))])) == [
        ("duplicate", None, "hand")
    ]
    assert outcomes(remove(["deep"])) == [("removed", "deep", None)]
    assert verify().unregistered == ("hand.txt",)


def test_adding_the_librarys_own_folder_registers_what_lies_there(empty: Path) -> None:
    write(empty / "hand.txt", act())
    write(empty / "same.txt", act())
    write(empty / "broken.txt", "")
    changes = add([empty])
    assert [(c.outcome, c.id) for c in changes] == [
        ("failed", None), ("duplicate", "hand"), ("duplicate", "same"),
    ]  # fmt: skip
    assert all("现已登记" in c.chinese for c in changes[1:])
    assert verify().intact == 2 and verify().unregistered == ()
    assert "现已登记" not in add([empty / "hand.txt"])[0].chinese
    write(empty / "hand.txt", act("换电站"))
    assert verify().changed == ("hand.txt",)
    assert "现已登记" in add([empty / "hand.txt"])[0].chinese
    assert verify().intact == 2
    assert sorted(contents(empty)) == ["broken.txt", "hand.txt", "same.txt"]


def test_an_original_that_cannot_be_read_is_told(empty: Path) -> None:
    add([Original("a.txt", act().encode())])
    (empty / "a.txt").unlink()
    (empty / "a.txt").mkdir()
    ((name, chinese, english),) = verify().unreadable
    assert name == "a.txt" and "无法读取" in chinese and "cannot be read" in english
    assert verify().intact == 0

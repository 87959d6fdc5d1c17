"""Corrected metadata: what may be written, what becomes of the document, and whose it is."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from documents.__main__ import main
from documents.corrections import CORRECTIONS, FIELDS, apply, check
from documents.errors import CorrectionError, LibraryError, UnknownDocumentError
from documents.library import add, correct, find_original, library_folder, read_documents, remove
from documents.parsing import parse_text
from documents.types import Correction, Document, Metadata, Original

TEXT = "长春市人民政府关于甲的意见\n长府发〔2024〕1号\n一、乙\n2024年3月1日\n"
DOCUMENT = parse_text(TEXT, "opinion")


# --- what may be written --------------------------------------------------------------------------


def test_every_field_that_is_no_relation_can_be_corrected() -> None:
    relations = {"repeals", "amends", "implements", "explains", "cites"}
    assert set(FIELDS) == set(Metadata.__dataclass_fields__) - relations


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("title", "  某某办法 ", "某某办法"),
        ("title", None, None),
        ("title", "  ", None),
        ("expires", "-", "-"),
        ("written", "2024-02-29", "2024-02-29"),
        ("region", "吉林", "吉林省"),
        ("region", "長春市", "长春市"),
        ("level", "市", "市"),
        ("authorities", ["省能源局", " ", "省科技厅"], "省能源局、省科技厅"),
        ("authorities", "省能源局、 省科技厅、省能源局", "省能源局、省科技厅"),
        ("authorities", [], "-"),
        ("authorities", "、", "-"),
    ],
)
def test_a_value_is_kept_as_it_is_meant(field: str, value: object, kept: str | None) -> None:
    assert check({field: value}) == {field: kept}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("written", "2024-02-30"),
        ("written", "20240522"),
        ("written", "2024-W21-3"),
        ("written", "２０２４-05-22"),
        ("expires", 20240522),
        ("region", "某某市"),
        ("level", "乡"),
        ("authorities", ["省能源局", 3]),
        ("authorities", "局" * 2001),
        ("title", "办法" * 151),
        ("title", "某某\n办法"),
        ("title", "\ud800"),
        ("kind", ["办法"]),
        ("repeals", "某某办法"),
        ("id", "x"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_field(field: str, value: object) -> None:
    with pytest.raises(CorrectionError) as caught:
        check({"title": "某某办法", field: value})
    assert caught.value.field == field
    chinese, english = str(caught.value).split("\n")
    assert chinese == f"{field}：{caught.value.chinese}"
    assert english == f"{field}: {caught.value.english}"


def test_no_field_at_all_is_refused() -> None:
    with pytest.raises(CorrectionError, match="没有给出要更正的字段"):
        check({})


# --- what becomes of the document -----------------------------------------------------------------


def test_only_metadata_is_corrected_and_what_was_found_stands_beside_it() -> None:
    fields = {"title": "某某办法", "written": "2024-05-22", "authorities": "甲、乙", "number": "-"}
    corrected = apply(DOCUMENT, fields)
    assert corrected.metadata == replace(
        DOCUMENT.metadata,
        title="某某办法",
        written=date(2024, 5, 22),
        authorities=("甲", "乙"),
        number=None,
    )
    assert corrected.corrections == (
        Correction("title", DOCUMENT.metadata.title, "某某办法"),
        Correction("written", "2024-03-01", "2024-05-22"),
        Correction("authorities", "长春市人民政府", "甲、乙"),
        Correction("number", "长府发〔2024〕1号", None),
    )
    assert replace(corrected, metadata=DOCUMENT.metadata, corrections=()) == DOCUMENT


def test_what_the_document_gives_itself_is_no_correction() -> None:
    assert apply(DOCUMENT, {"number": DOCUMENT.metadata.number, "expires": "-"}) == DOCUMENT


# --- the library's own ----------------------------------------------------------------------------


@pytest.fixture
def library(home: Path) -> Path:
    (home / "documents").mkdir(parents=True)
    add([Original("opinion.txt", TEXT.encode())])
    return library_folder()


def read(id: str = "opinion") -> Document:
    documents = [item for item in read_documents([library_folder()]) if isinstance(item, Document)]
    return {document.id: document for document in documents}[id]


def test_a_correction_is_read_with_the_library_and_leaves_the_original(library: Path) -> None:
    [change] = correct("opinion", {"title": "某某办法", "region": "吉林"})
    assert (change.file, change.outcome, change.id) == ("opinion.txt", "corrected", "opinion")
    assert (read().metadata.title, read().metadata.region) == ("某某办法", "吉林省")
    assert (library / "opinion.txt").read_bytes() == TEXT.encode()
    [change] = correct("opinion", {"title": "某某办法"})
    assert change.outcome == "unchanged"
    correct("opinion", {"title": None})
    assert read().metadata.title == DOCUMENT.metadata.title
    assert [correction.field for correction in read().corrections] == ["region"]
    correct("opinion", {"region": None})
    assert read() == replace(DOCUMENT, id="opinion")


def test_a_wrong_correction_changes_nothing(library: Path) -> None:
    before = sorted(library.iterdir())
    with pytest.raises(CorrectionError):
        correct("opinion", {"title": "某某办法", "written": "gestern"})
    with pytest.raises(UnknownDocumentError, match="nothing was changed"):
        correct("opinions", {"title": "某某办法"})
    assert sorted(library.iterdir()) == before and not read().corrections


def test_corrections_go_with_the_document(library: Path) -> None:
    correct("opinion", {"title": "某某办法"})
    remove(["opinion"])
    add([Original("opinion.txt", TEXT.encode())])
    assert not read().corrections


def test_a_file_of_other_content_does_not_inherit_them(library: Path) -> None:
    correct("opinion", {"title": "某某办法"})
    original = (library / "opinion.txt").read_bytes()
    (library / "opinion.txt").write_text("关于丙的意见\n一、丁\n", "utf-8")
    assert not read().corrections
    (library / "opinion.txt").write_bytes(original)
    assert read().metadata.title == "某某办法"


def test_a_file_put_there_by_hand_can_be_corrected(library: Path) -> None:
    (library / "hand.txt").write_text("关于丙的意见\n一、丁\n", "utf-8")
    correct("hand", {"title": "某某办法"})
    assert read("hand").metadata.title == "某某办法"
    remove(["hand"])
    (library / "hand.txt").write_text("关于丙的意见\n一、丁\n", "utf-8")
    assert not read("hand").corrections


def test_a_copy_outside_the_library_is_not_corrected(library: Path, tmp_path: Path) -> None:
    correct("opinion", {"title": "某某办法"})
    copy = tmp_path / "opinion.txt"
    copy.write_bytes(TEXT.encode())
    [document] = read_documents([copy])
    assert isinstance(document, Document) and not document.corrections


@pytest.mark.parametrize("damage", [b"", b"[]", b"{}", b'{"seal": "x", "originals": {}}'])
def test_a_damaged_record_is_told_and_nothing_is_guessed(library: Path, damage: bytes) -> None:
    correct("opinion", {"title": "某某办法"})
    (library / CORRECTIONS).write_bytes(damage)
    for use in (read, lambda: correct("opinion", {"kind": "办法"})):
        with pytest.raises(LibraryError, match=r"corrections\.json"):
            use()


@pytest.mark.parametrize("command", ["list", "show", "audit"])
def test_the_command_line_shows_what_holds(
    command: str, library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    correct("opinion", {"title": "某某办法"})
    arguments = [command, str(library / "opinion.txt")] if command == "show" else [command]
    assert main(arguments) == 0
    assert "某某办法" in capsys.readouterr().out
    assert main([*arguments, "--json"]) == 0
    obj: Any = json.loads(capsys.readouterr().out)
    if command == "show":
        assert obj["corrections"][0]["value"] == obj["metadata"]["title"] == "某某办法"


# --- originals ------------------------------------------------------------------------------------


def test_an_original_is_found_by_id_and_never_outside(library: Path, tmp_path: Path) -> None:
    path = find_original("opinion")
    assert path is not None and path.read_bytes() == TEXT.encode()
    secret = tmp_path / "secret.txt"
    secret.write_text(TEXT, "utf-8")
    (library / "link.txt").symlink_to(secret)
    for id in ("none", "", "link", "../documents/opinion", "opinion.txt", str(path)):
        assert find_original(id) is None

"""Back-up and restore: the same answers from an empty folder, or nothing at all."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import struct
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from documents import library
from documents.register import changing
from documents.storage import seal, unseal
from documents.types import Original
from index import snapshot
from index.stores import open_index
from qa import backup, restoration
from qa.__main__ import main
from qa.access.accounts import Accounts, accounts_path
from qa.assistant import PolicyAssistant
from qa.backup import MANIFEST, back_up
from qa.errors import BackupError
from qa.log import Feedback, Log, log_path
from qa.restoration import check, restore
from qa.schema import read_request, write_response
from tests.asks import asked
from tests.conftest import FakeEncoder

TEXT = "吉林省某某意见\n一、支持公共充电站建设。\n二、鼓励换电模式。\n"


@pytest.fixture
def filled(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home with a document, a correction of it, and a log."""
    encoder = FakeEncoder(256, tokens=False)
    monkeypatch.setattr("index.stores.load_encoder", lambda model: encoder)
    fill(home)
    return home


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a back-up of such a home; no test changes it."""
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("backup") / "home"
        patch.setenv("POLICY_QA_HOME", str(home))
        fill(home)
        back_up(home.parent / "b.zip", home)
        return home.parent / "b.zip"


def fill(home: Path) -> None:
    (home / "documents").mkdir(parents=True)
    library.add([Original("甲.txt", TEXT.encode())])
    library.correct("甲", {"kind": "意见"})
    key = Log(log_path()).record(*asked(), desk="d")
    Log(log_path()).judge(Feedback(key, "up"))


def answer() -> dict[str, Any]:
    response = PolicyAssistant(open_index()).ask(
        read_request({"question": "充电站建设有什么支持？", "as_of": "2026-01-01"})
    )
    return write_response(response) | {"timings_ms": None}


def expect(call: Callable[[], object], *told: str) -> None:
    with pytest.raises(BackupError) as raised:
        call()
    chinese, english = raised.value.message.split("\n")
    assert any("一" <= c <= "鿿" for c in chinese) and english
    for words in told:
        assert words in raised.value.message


@pytest.mark.parametrize(("with_index", "exists"), [(False, True), (True, False)])
def test_the_same_answers_come_from_an_empty_folder(
    with_index: bool, exists: bool, filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, other = tmp_path / "b.zip", tmp_path / "new" / "home"
    before = answer()
    Accounts(accounts_path()).add("甲", "admin", "correct horse battery staple")
    made = back_up(target, filled, with_index=with_index)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir() if p.name.endswith(".writing")] == []
    assert check(target) == made
    if exists:
        other.mkdir(parents=True)
    assert restore(target, other) == made
    monkeypatch.setenv("POLICY_QA_HOME", str(other))
    assert (snapshot.current(other / "index") is not None) is with_index
    assert answer() == before
    assert [call.question for call in Log(log_path()).recent("d")] == [asked()[0].question]
    assert [account.name for account in Accounts(accounts_path()).list()] == ["甲"]
    assert len(list(Log(log_path()).judged())) == 1 and Log(log_path()).verify() == (2, ())
    assert stat.S_IMODE(log_path().stat().st_mode) == 0o600
    assert {path.name for path in other.parent.iterdir()} == {"home"}
    assert (other / "documents" / "甲.txt").read_bytes() == TEXT.encode()


def test_what_was_learnt_is_kept_too(filled: Path, tmp_path: Path) -> None:
    (filled / "adapter.npz").write_bytes(b"learnt")
    back_up(tmp_path / "b.zip", filled)
    restore(tmp_path / "b.zip", tmp_path / "other")
    assert (tmp_path / "other" / "adapter.npz").read_bytes() == b"learnt"


def test_a_folder_with_anything_in_it_is_not_touched(filled: Path, tmp_path: Path) -> None:
    target = tmp_path / "b.zip"
    back_up(target, filled)
    before = sorted(filled.rglob("*"))
    expect(lambda: restore(target, filled), str(filled), "empty")
    (tmp_path / "file").write_text("x")
    expect(lambda: restore(target, tmp_path / "file"), "empty")
    assert sorted(filled.rglob("*")) == before


def test_a_volume_of_its_own_is_filled_in_place(
    target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume = tmp_path / "volume"
    volume.mkdir()
    monkeypatch.setattr(os.path, "ismount", lambda path: path == volume)
    number = volume.stat().st_ino
    restore(target, volume)
    assert volume.stat().st_ino == number
    assert {path.name for path in volume.iterdir()} == {"documents", "qa.sqlite3"}


def rewrite(source: Path, target: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """Write the archive again with other members, and a manifest that is sealed again."""
    with zipfile.ZipFile(source) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def refused(source: Path, tmp_path: Path, *told: str) -> None:
    """See that neither command takes it, and that nothing is left of it."""
    home = tmp_path / "refused"
    before = sorted(tmp_path.rglob("*"))
    expect(lambda: check(source), *told)
    expect(lambda: restore(source, home), *told)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_flipped_byte_of_any_member_is_found(target: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.zip"
    whole = target.read_bytes()
    with zipfile.ZipFile(target) as archive:
        entries = archive.infolist()
    for entry in entries:
        # In the middle of what is packed: its first and last bits may change without its content.
        lengths = whole[entry.header_offset + 26 : entry.header_offset + 30]
        start = entry.header_offset + 30 + sum(struct.unpack("<HH", lengths))
        damaged = bytearray(whole)
        damaged[start + entry.compress_size // 2] ^= 1
        bad.write_bytes(damaged)
        refused(bad, tmp_path)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_half_a_back_up_is_refused(share: float, target: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.zip"
    data = target.read_bytes()
    bad.write_bytes(data[: int(len(data) * share)])
    refused(bad, tmp_path, str(bad), "Use another one")


@pytest.mark.parametrize(
    "name",
    ["../out.txt", "documents/../../out.txt", "/etc/out", "documents\\..\\out", "C:/out", "other.txt",
     "documents//a.txt", "index", "qa.sqlite3/x"],
)  # fmt: skip
def test_nothing_is_written_elsewhere(name: str, target: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.zip"

    def add(members: dict[str, bytes]) -> None:
        told = unseal(members[MANIFEST])
        data = members["documents/甲.txt"]
        members[name] = data
        told["files"][name] = told["files"]["documents/甲.txt"]
        members[MANIFEST] = seal(told)

    rewrite(target, bad, add)
    refused(bad, tmp_path, "does not belong")


def test_a_link_is_refused(target: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.zip"
    data = target.read_bytes()
    regular, link = ((kind | 0o600) << 16 for kind in (stat.S_IFREG, stat.S_IFLNK))
    place = data.rindex(regular.to_bytes(4, "little"), 0, data.rindex(MANIFEST.encode()) - 10)
    bad.write_bytes(data[:place] + link.to_bytes(4, "little") + data[place + 4 :])
    refused(bad, tmp_path, "does not belong")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda t: t.update(format=99), "newer version"),
        (lambda t: t["versions"].update({"qa.sqlite3": 99}), "newer version"),
        (lambda t: t["files"].pop("documents/甲.txt"), "differ"),
        (lambda t: t["files"].update({"documents/x": ["0" * 64, 1]}), "differ"),
        (lambda t: t["files"]["documents/甲.txt"].__setitem__(1, 1), "checksum"),
        (lambda t: t.update(files=[]), "no whole back-up"),
        (lambda t: t["versions"].update({"qa.sqlite3": "x"}), "no whole back-up"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(
    change: Callable[[dict[str, Any]], None], told: str, target: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.zip"

    def alter(members: dict[str, bytes]) -> None:
        manifest = unseal(members[MANIFEST])
        change(manifest)
        members[MANIFEST] = seal(manifest)

    rewrite(target, bad, alter)
    refused(bad, tmp_path, told)


def test_a_full_disk_leaves_nothing(
    filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "b.zip"

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(backup, "_pack", fail)
        expect(lambda: back_up(target, filled), "No space left", str(target))
    assert not any("b.zip" in path.name for path in tmp_path.iterdir())
    back_up(target, filled)
    with monkeypatch.context() as patch:
        patch.setattr(restoration, "_put", fail)
        expect(lambda: restore(target, tmp_path / "other"), "No space left")
    with monkeypatch.context() as patch:
        patch.setattr(restoration.shutil, "disk_usage", lambda _: type("", (), {"free": 10}))
        expect(lambda: restore(target, tmp_path / "other"), "too full")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.zip", "home"]


def test_what_is_there_is_not_overwritten(filled: Path, tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_text("mine")
    expect(lambda: back_up(tmp_path / "b.zip", filled), "another name")
    expect(lambda: back_up(filled / "documents" / "b.zip", filled), "another name")
    expect(lambda: back_up(tmp_path / "c.zip", tmp_path / "nothing"), "no library")
    assert (tmp_path / "b.zip").read_text() == "mine"


def test_it_is_one_moment_while_others_write(
    filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    lock = snapshot.build_lock(filled / "index")
    lock.__enter__()

    def go_on(seconds: float) -> None:
        waited.append(seconds)
        lock.__exit__(None, None, None)

    monkeypatch.setattr(backup.time, "sleep", go_on)
    with closing(sqlite3.connect(log_path(), isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM calls")
        back_up(tmp_path / "b.zip", filled)  # neither waits for the writer nor has what it began
    assert waited
    restore(tmp_path / "b.zip", tmp_path / "other")
    assert Log(tmp_path / "other" / "qa.sqlite3").verify() == (2, ())
    with changing(filled / "documents"):  # the locks are free again
        pass


def test_the_commands(filled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target, other = str(tmp_path / "b.zip"), str(tmp_path / "other")
    assert main(["backup", target]) == 0
    assert main(["restore", target, "--check"]) == 0 and not Path(other).exists()
    assert main(["restore", target, "--home", other]) == 0
    assert main(["restore", target, "--home", other]) == 2
    assert main(["backup", target]) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert main(["log", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["kept"], told["days"], told["rows"], told["damaged"]) == (True, 184, 2, [])

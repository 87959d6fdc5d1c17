"""Changes of the library: all or nothing, whatever stops them, whoever else makes one."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents import register
from documents.errors import LibraryError
from documents.library import add, library_folder, remove, verify
from documents.register import CHANGE, REGISTER, Entry, changing, read_register, write_register
from documents.types import Original

ROOT = Path(__file__).parent.parent


@pytest.fixture
def library(home: Path) -> Path:
    """Return the folder of a library with one document, ``old``."""
    (home / "documents").mkdir(parents=True)
    add([Original("old.txt", "旧".encode())])
    return home / "documents"


def state(folder: Path) -> dict[str, str]:
    """Return the originals and their texts; every one must be intact, with nothing left beside."""
    found = verify()
    files = [path for path in folder.iterdir() if not path.name.startswith(".")]
    assert found.intact == len(files) and not (found.changed or found.missing)
    return {path.name: path.read_text("utf-8") for path in files}


# --- stopped half way -----------------------------------------------------------------------------


class Killed(BaseException):
    """Stands for the end of the process: nothing but ``finally`` runs after it."""


def add_two() -> None:
    add([Original("one.txt", b"1"), Original("two.txt", b"2")])


def remove_old() -> None:
    remove(["old"])


BEFORE = {"old.txt": "旧"}


@pytest.mark.parametrize(
    ("stop", "late"), [(Killed, False), (Killed, True), (OSError, False)], ids=str
)
@pytest.mark.parametrize(
    ("change", "after"),
    [(add_two, {**BEFORE, "one.txt": "1", "two.txt": "2"}), (remove_old, {})],
    ids=["add", "remove"],
)
def test_a_stop_at_any_step_leaves_the_library_before_or_after(
    stop: type[BaseException],
    late: bool,
    change: Callable[[], None],
    after: dict[str, str],
    library: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From some step on, each one fails before or right after it is done; what is told is true."""
    seen = set()
    for last in range(100):
        with monkeypatch.context() as patch:
            count = iter(range(last + 1))
            steps = [(os, "replace"), (os, "fsync"), (Path, "unlink")]
            # Stopped right after it, a file would never be closed.
            for owner, name in [*steps, *([] if late else [(Path, "open")])]:
                patch.setattr(owner, name, stopping(getattr(owner, name), count, stop, late))
            try:
                change()
                stopped = False
            except (Killed, LibraryError) as error:
                stopped = True
                told = str(error)
        now = state(library_folder())
        assert now in (BEFORE, after)
        if stopped and stop is OSError:
            assert ("is as it was" in told) == (now == BEFORE)
            assert ("it is finished when" in told) == (now == after)
        if now == after:
            for name in after.keys() - BEFORE.keys():
                remove([Path(name).stem])
            add([Original("old.txt", "旧".encode())])
        seen.add(now == after)
        if not stopped:
            assert now == after and seen == {False, True} and last > 5
            return
    pytest.fail("never came to an end")


def stopping(
    step: Callable[..., Any], count: Iterator[int], stop: type[BaseException], late: bool
) -> Callable[..., Any]:
    """Return ``step``, which stops everything when ``count`` has run out."""

    def run(*arguments: Any, **options: Any) -> Any:
        writes = step.__name__ != "open" or "wb" in arguments
        last = writes and next(count, None) is None
        if last and not late:
            raise stop("stopped")
        result = step(*arguments, **options)
        if last:
            raise stop("stopped")
        return result

    return run


ADDER = """
import sys
from documents.library import add, remove
from documents.types import Original

for batch in range(10_000):
    names = [f"{batch}-{i}" for i in range(4)]
    add([Original(f"{name}.txt", f"text {name}".encode()) for name in names])
    if batch == 0:
        print("ready", flush=True)
    if batch % 3 == 2:
        remove([f"{batch - 1}-{i}" for i in range(4)])
"""


def start(script: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_killed_process_leaves_whole_batches(library: Path) -> None:
    chance = random.Random(3)
    for _ in range(6):
        process = start(ADDER)
        assert process.stdout and process.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0, 0.2))
        process.kill()
        _, errors = process.communicate(timeout=60)
        assert errors == ""
        texts = state(library_folder())
        assert texts.pop("old.txt") == "旧"
        assert all(text == f"text {Path(name).stem}" for name, text in texts.items())
        batches: dict[str, int] = {}
        for name in texts:
            batches[name.split("-")[0]] = batches.get(name.split("-")[0], 0) + 1
        assert batches and set(batches.values()) == {4}
        remove([Path(name).stem for name in texts])
        assert sorted(path.name for path in library.glob(".adding-*")) == []


@settings(max_examples=30)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.integers(0, 3)), max_size=12))
def test_any_order_of_changes_keeps_the_library_sound(
    steps: list[tuple[bool, int, int]],
) -> None:
    with tempfile.TemporaryDirectory() as home, pytest.MonkeyPatch.context() as patch:
        patch.setenv("POLICY_QA_HOME", home)
        folder = Path(home) / "documents"
        folder.mkdir()
        held: dict[str, str] = {}
        for adding, name, text in steps:
            if adding:
                (change,) = add([Original(f"{name}.txt", f"text {text}".encode())])
                assert (change.outcome == "duplicate") == (f"text {text}" in held.values())
                if change.id:
                    assert change.id not in held
                    held[change.id] = f"text {text}"
            elif held:
                id = sorted(held)[name % len(held)]
                remove([id])
                del held[id]
            assert {Path(name).stem: text for name, text in state(folder).items()} == held


# --- several processes ----------------------------------------------------------------------------

ONE_OF_MANY = """
import sys
from documents.library import add
from documents.types import Original

print("ready", flush=True)
sys.stdin.readline()
for i in range(20):
    (change,) = add([Original(f"{i}.txt", f"{sys.argv[1]} {i}".encode())])
    assert change.outcome in ("added", "version"), change
    (change,) = add([Original("same.txt", f"the same {i}".encode())])
    assert change.outcome in ("added", "version", "duplicate"), change
"""


def test_processes_that_add_at_once_lose_nothing(library: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", ONE_OF_MANY, name],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("甲", "乙")
    ]
    for process in processes:
        assert process.stdout and process.stdout.readline() == "ready\n"
    for process in processes:
        _, errors = process.communicate("\n", timeout=120)
        assert (process.returncode, errors) == (0, "")
    texts = sorted(state(library).values())
    expected = [f"{name} {i}" for name in ("甲", "乙", "the same") for i in range(20)]
    assert texts == sorted([*expected, "旧"])


def test_who_comes_during_a_change_is_told(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register, "LOCK_TIMEOUT", 0.1)
    with changing(library):
        for change in (lambda: add([Original("x.txt", b"x")]), lambda: remove(["old"])):
            with pytest.raises(LibraryError) as caught:
                change()
            chinese, english = str(caught.value).split("\n")
            assert "另一个进程" in chinese and "another process" in english
        assert verify().intact == 1  # reading waits for nobody
    assert state(library) == BEFORE


# --- the register ---------------------------------------------------------------------------------


def test_the_register_is_read_as_it_was_written(tmp_path: Path) -> None:
    files = {"b/甲.txt": Entry("00", "11", "标题", "号"), "a.txt": Entry("22")}
    assert read_register(tmp_path) == {}
    write_register(tmp_path, files)
    assert read_register(tmp_path) == files
    assert [path.name for path in tmp_path.iterdir()] == [REGISTER]


def test_a_damaged_register_is_told_from_damaged_documents(library: Path) -> None:
    data = (library / REGISTER).read_bytes()
    wrong = [data[:i] + bytes([data[i] ^ 1]) + data[i + 1 :] for i in range(0, len(data) - 1, 7)]
    for damaged in [*wrong, b"", b"[]", b"null", b"{}", data[:-9]]:
        (library / REGISTER).write_bytes(damaged)
        for use in (verify, add_two, remove_old):
            with pytest.raises(LibraryError) as caught:
                use()
            chinese, english = str(caught.value).split("\n")
            assert str(library / REGISTER) in chinese and str(library / REGISTER) in english
            assert f"python -m index add {library}" in chinese
    # What the message says helps.
    (library / REGISTER).unlink()
    assert verify().unregistered == ("old.txt",)
    add([library])
    assert state(library) == BEFORE


def test_a_damaged_change_is_told(library: Path) -> None:
    (library / CHANGE).write_text(json.dumps({"put": {}, "drop": ["old.txt"], "files": {}}))
    with pytest.raises(LibraryError):
        library_folder()
    assert (library / "old.txt").exists()


def test_a_library_without_permission_says_what_to_do(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("Permission denied")

    monkeypatch.setattr(register.filelock.FileLock, "acquire", refuse)
    with pytest.raises(LibraryError) as caught:
        add([Original("x.txt", b"x")])
    chinese, english = str(caught.value).split("\n")
    assert "权限" in chinese and "permissions" in english and "Permission denied" in english

"""Numbered migrations: each step once and whole, foreign and newer files left alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from qa.migrations import (
    ForeignFileError,
    NewerVersionError,
    Step,
    migrate,
    read_version,
    statements,
)

OURS = 0x54455354
CREATE = statements("CREATE TABLE notes (text TEXT)", "INSERT INTO notes VALUES ('一')")
EXTEND = statements("ALTER TABLE notes ADD COLUMN day TEXT")


@pytest.fixture
def open_file(tmp_path: Path) -> Iterator[Callable[[], sqlite3.Connection]]:
    """Return what opens the same file again and again; all are closed in the end."""
    opened: list[sqlite3.Connection] = []

    def connect() -> sqlite3.Connection:
        opened.append(sqlite3.connect(tmp_path / "file.sqlite3", isolation_level=None))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


def test_an_empty_file_sees_every_step_once(
    open_file: Callable[[], sqlite3.Connection],
) -> None:
    connection = open_file()
    assert read_version(connection, OURS) == 0
    assert migrate(connection, [CREATE, EXTEND], OURS) == 2
    assert migrate(connection, [CREATE, EXTEND], OURS) == 0
    assert open_file().execute("SELECT text, day FROM notes").fetchall() == [("一", None)]


def test_an_older_file_sees_only_what_is_new(open_file: Callable[[], sqlite3.Connection]) -> None:
    assert migrate(open_file(), [CREATE], OURS) == 1
    assert migrate(open_file(), [CREATE, EXTEND], OURS) == 1
    assert read_version(open_file(), OURS) == 2


def test_a_step_that_fails_leaves_the_version_before(
    open_file: Callable[[], sqlite3.Connection],
) -> None:
    broken = statements("DELETE FROM notes", "INSERT INTO nowhere VALUES (1)")
    with pytest.raises(sqlite3.OperationalError):
        migrate(open_file(), [CREATE, broken], OURS)
    connection = open_file()
    assert read_version(connection, OURS) == 1
    assert connection.execute("SELECT text FROM notes").fetchall() == [("一",)]
    assert migrate(connection, [CREATE, EXTEND], OURS) == 1


def test_a_step_that_another_process_ran_is_not_run_again(
    open_file: Callable[[], sqlite3.Connection],
) -> None:
    migrate(open_file(), [CREATE], OURS)
    first, second = open_file(), open_file()
    raced: list[int] = []

    class Racing(list[Step]):
        """Lets ``second`` be first, between the look at the version and the lock."""

        def __len__(self) -> int:
            if not raced:
                raced.append(migrate(second, [CREATE, EXTEND], OURS))
            return super().__len__()

    assert migrate(first, Racing([CREATE, EXTEND]), OURS) == 0
    assert raced == [1] and read_version(first, OURS) == 2


@pytest.mark.parametrize(
    "made",
    [
        "CREATE TABLE other (x)",
        "PRAGMA user_version = 1",
        "PRAGMA application_id = 7",
        f"PRAGMA application_id = {OURS}",
    ],
)
def test_a_foreign_file_is_left_alone(
    made: str, open_file: Callable[[], sqlite3.Connection], tmp_path: Path
) -> None:
    with closing(open_file()) as connection:
        connection.execute(made)
    before = (tmp_path / "file.sqlite3").read_bytes()
    with pytest.raises(ForeignFileError):
        migrate(open_file(), [CREATE], OURS)
    assert (tmp_path / "file.sqlite3").read_bytes() == before


def test_a_newer_file_is_left_alone(
    open_file: Callable[[], sqlite3.Connection], tmp_path: Path
) -> None:
    with closing(open_file()) as connection:
        migrate(connection, [CREATE, EXTEND], OURS)
    before = (tmp_path / "file.sqlite3").read_bytes()
    with pytest.raises(NewerVersionError) as raised:
        migrate(open_file(), [CREATE], OURS)
    assert (raised.value.found, raised.value.known) == (2, 1)
    assert (tmp_path / "file.sqlite3").read_bytes() == before


def test_what_a_step_overwrites_is_nowhere_in_the_file(
    open_file: Callable[[], sqlite3.Connection], tmp_path: Path
) -> None:
    secret = "13800138000" * 500
    with closing(open_file()) as connection:
        migrate(connection, [CREATE], OURS)
        connection.execute("INSERT INTO notes VALUES (?)", (secret,))
        migrate(connection, [CREATE, statements("UPDATE notes SET text = '甲'")], OURS)
    assert b"13800138000" not in (tmp_path / "file.sqlite3").read_bytes()

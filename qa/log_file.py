"""The file of the log: an SQLite database that says what it is and which layout its tables have."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from qa.errors import LogError

# Says that an SQLite file is this log ("PQAL"), and how its tables are laid out.
_APPLICATION = 0x5051414C
_VERSION = 1

_SCHEMA = """
CREATE TABLE calls (
    id INTEGER PRIMARY KEY,
    ask TEXT NOT NULL,
    at TEXT NOT NULL,
    desk TEXT,
    question TEXT NOT NULL,
    history TEXT NOT NULL,
    filters TEXT NOT NULL,
    as_of TEXT,
    answered_for TEXT NOT NULL,
    language TEXT NOT NULL,
    outcome TEXT NOT NULL,
    understood_as TEXT,
    cited TEXT NOT NULL,
    results TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    reply TEXT NOT NULL,
    milliseconds REAL
);
CREATE INDEX calls_by_ask ON calls (ask, id);
CREATE INDEX calls_by_desk ON calls (desk, ask, id);
CREATE TABLE judgements (
    id INTEGER PRIMARY KEY,
    call INTEGER NOT NULL REFERENCES calls (id),
    ask TEXT NOT NULL,
    at TEXT NOT NULL,
    desk TEXT,
    verdict TEXT NOT NULL,
    reason TEXT,
    comment TEXT,
    document TEXT,
    clause TEXT
);
CREATE INDEX judgements_by_ask ON judgements (ask, desk, id);
"""


@contextlib.contextmanager
def open_file(path: Path, seconds: float) -> Iterator[sqlite3.Connection]:
    """Give a connection to a log of this version; file and folder are made where there are none.

    ``seconds`` is how long to wait for another writer. Closing takes back what is not committed.
    LogError, here and from what is done with the connection, where the file cannot be read or written,
    is damaged, is none of ours, or is a newer version's; nothing is overwritten then.
    """
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            # Callers' questions are nobody else's business.
            path.touch(mode=0o600)
        # No isolation level: transactions begin and end where the log says so.
        connection = sqlite3.connect(path, timeout=seconds, isolation_level=None)
        with contextlib.closing(connection):
            _prepare(connection, path)
            yield connection
    except (sqlite3.Error, OSError, ValueError) as error:
        raise _explain(path, error) from error


def busy(path: Path) -> LogError:
    """Return the error of a log that others are writing to for too long."""
    return LogError(
        f"{path}：问答记录正被占用，没有写入。请稍后再试；一直如此时，看看是否有别的程序打开了它。",
        f"{path}: the log of questions is in use, nothing was written. Try again later; if it stays so, "
        "see whether another program has it open.",
    )


def damaged(path: Path, why: object) -> LogError:
    """Return the error of a log that holds what no log does."""
    return LogError(
        f"{path}：问答记录文件已损坏（{why}），没有改动它。请把它移到别处保存，程序会另建一个。",
        f"{path}: the log of questions is damaged ({why}); it was left as it is. Move it away to keep "
        "it; a new one will be begun.",
    )


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """See that the file is a log of this version, and make one of an empty file.

    Nothing is changed in any other file.
    """
    if _is_blank(connection):
        connection.execute("BEGIN IMMEDIATE")
        # Another process may have been first.
        if _is_blank(connection):
            for statement in filter(str.strip, _SCHEMA.split(";")):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {_APPLICATION}")
            connection.execute(f"PRAGMA user_version = {_VERSION}")
        connection.execute("COMMIT")
    version = _pragma(connection, "user_version")
    if _pragma(connection, "application_id") != _APPLICATION or version < 1:
        raise LogError(
            f"{path}：这不是问答记录文件，没有改动它。请移走该文件，或用 POLICY_QA_HOME 指定其他文件夹。",
            f"{path}: this is no log of questions; it was left as it is. Move it away, or name another "
            "folder with POLICY_QA_HOME.",
        )
    if version > _VERSION:
        raise LogError(
            f"{path}：问答记录由更新的版本写成（格式 {version}，本程序支持 {_VERSION}），没有改动它。"
            "请升级程序。",
            f"{path}: the log was written by a newer version (format {version}, this one reads "
            f"{_VERSION}); it was left as it is. Upgrade the program.",
        )
    # Readers and a writer do not wait for each other. Where it cannot be had now (another process
    # is just starting, or a file system without it) everything works as well, only slower.
    with contextlib.suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA journal_mode = WAL")


def _is_blank(connection: sqlite3.Connection) -> bool:
    tables: int = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    return not (
        tables or _pragma(connection, "application_id") or _pragma(connection, "user_version")
    )


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    value: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value


def _explain(path: Path, error: Exception) -> LogError:
    if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
        return busy(path)
    if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
        return damaged(path, error)
    return LogError(
        f"{path}：问答记录无法读写（{error}）。请检查权限和磁盘空间，或用 POLICY_QA_HOME 指定其他文件夹。",
        f"{path}: the log of questions cannot be read or written ({error}). Check permissions and disk "
        "space, or name another folder with POLICY_QA_HOME.",
    )

"""The file of the log: an SQLite database that says what it is and which layout its tables have."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from qa.errors import LogError
from qa.log_rows import CALL, JUDGEMENT, mask_call, mask_judgement, seal
from qa.migrations import ForeignFileError, NewerVersionError, Step, migrate, statements

# Says that an SQLite file is this log ("PQAL").
APPLICATION = 0x5051414C

_CREATE = statements(
    """
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
)""",
    "CREATE INDEX calls_by_ask ON calls (ask, id)",
    "CREATE INDEX calls_by_desk ON calls (desk, ask, id)",
    """
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
)""",
    "CREATE INDEX judgements_by_ask ON judgements (ask, desk, id)",
)


def _mask_and_seal(connection: sqlite3.Connection) -> None:
    """Take callers' numbers out of what was kept before they were, and seal every row."""
    tables = (("calls", CALL, mask_call), ("judgements", JUDGEMENT, mask_judgement))
    for table, names, mask in tables:
        connection.execute(f"ALTER TABLE {table} ADD COLUMN seal TEXT")
        numbers = connection.execute(f"SELECT id FROM {table}").fetchall()
        for (number,) in numbers:  # one row at a time: a log may be longer than memory
            query = f"SELECT {', '.join(names)} FROM {table} WHERE id = ?"
            values = connection.execute(query, (number,)).fetchone()
            try:
                row = mask(dict(zip(names, values, strict=True)))
            except (ValueError, TypeError):
                continue  # damaged before: said when it is read
            marks = ", ".join(f"{name} = ?" for name in (*row, "seal"))
            update = f"UPDATE {table} SET {marks} WHERE id = ?"
            connection.execute(update, (*row.values(), seal(row), number))
            if table == "calls":  # the masked ask has another key
                ask = "UPDATE judgements SET ask = ? WHERE call = ?"
                connection.execute(ask, (row["ask"], number))


# Numbered from 1, and only ever added to.
STEPS: tuple[Step, ...] = (_CREATE, _mask_and_seal)


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
    """See that the file is a log of this version, and make one of an empty file or an older log.

    Nothing is changed in any other file.
    """
    try:
        changed = migrate(connection, STEPS, APPLICATION)
    except ForeignFileError as error:
        raise LogError(
            f"{path}：这不是问答记录文件，没有改动它。请移走该文件，或用 POLICY_QA_HOME 指定其他文件夹。",
            f"{path}: this is no log of questions; it was left as it is. Move it away, or name another "
            "folder with POLICY_QA_HOME.",
        ) from error
    except NewerVersionError as error:
        raise LogError(
            f"{path}：问答记录由更新的版本写成（格式 {error.found}，本程序支持 {error.known}），没有改动它。"
            "请升级程序。",
            f"{path}: the log was written by a newer version (format {error.found}, this one reads "
            f"{error.known}); it was left as it is. Upgrade the program.",
        ) from error
    # Readers and a writer do not wait for each other. Where it cannot be had now (another process
    # is just starting, or a file system without it) everything works as well, only slower.
    with contextlib.suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA journal_mode = WAL")
        if changed:  # what was taken out does not stay beside the file either
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


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

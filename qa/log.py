"""The log: which questions were asked, what came of them, and what was said of the answers.

One SQLite file, ``policy_home()/"qa.sqlite3"``, without the numbers by which a caller could be found
(``qa.privacy``): they are taken out before anything is written. A connection lives as long as one call
of a method, so that any thread of any process may use it, and a file that is moved away is simply begun
again.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar, get_args

from documents.library import policy_home
from qa.errors import RequestError, UnknownAskError
from qa.log_file import busy, damaged, open_file
from qa.log_rows import (
    CALL,
    JUDGEMENT,
    mask_judgement,
    read_call,
    read_feedback,
    seal,
    write_call,
)
from qa.log_rows import Call as Call
from qa.log_rows import Feedback as Feedback
from qa.log_rows import Judged as Judged
from qa.log_rows import Reason as Reason
from qa.types import Outcome, Request, Response

MAX_COMMENT = 2000

_T = TypeVar("_T")

# The day of a call where the log lies, as people who name a day mean it.
_BEFORE = "date(calls.at, 'localtime') < ?"

# Seconds to wait for another writer. An answer waits for its record, so that is not long.
_RECORD_SECONDS = 2.0
_JUDGE_SECONDS = 10.0

# Every value of a row and its seal.
_CALL = ", ".join(f"calls.{name}" for name in (*CALL, "seal"))
_FEEDBACK = ", ".join(f"judgements.{name}" for name in (*JUDGEMENT, "seal"))


def log_path() -> Path:
    """Return where this user's log lies."""
    return policy_home() / "qa.sqlite3"


def ask_key(request: Request, response: Response) -> str:
    """Return 16 hex digits; equal for the same question under the same circumstances.

    Those are history, filters, the day that the answer is of, and the index. Numbers of callers,
    which the log does not keep, make no difference.
    """
    key: str = write_call(request, response)["ask"]
    return key


def check_feedback(feedback: Feedback) -> None:
    """Raise RequestError for feedback that contradicts itself or is no text."""
    if feedback.verdict not in get_args(Judged):
        raise RequestError(
            "bad_verdict", "verdict 只能是 up 或 down。", "verdict must be up or down."
        )
    if feedback.reason is not None and feedback.reason not in get_args(Reason):
        known = ", ".join(get_args(Reason))
        raise RequestError(
            "bad_reason", f"reason 只能是：{known}。", f"reason must be one of: {known}."
        )
    if feedback.reason is not None and feedback.verdict == "up":
        raise RequestError(
            "bad_reason",
            "只有 verdict 为 down 时才能有 reason。",
            "There can be a reason only where the verdict is down.",
        )
    if len(feedback.comment or "") > MAX_COMMENT:
        raise RequestError(
            "comment_too_long",
            f"意见最多 {MAX_COMMENT} 字，请缩短。",
            f"The comment may have at most {MAX_COMMENT} characters; shorten it.",
        )
    if feedback.clause is not None and not all(part.strip() for part in feedback.clause):
        raise RequestError(
            "bad_clause",
            "clause 应同时写明文件和条款。",
            "clause must name both a document and a clause of it.",
        )
    try:
        "".join((feedback.ask, feedback.comment or "", *(feedback.clause or ()))).encode()
    except UnicodeEncodeError as error:
        raise RequestError(
            "not_text",
            "评价含有无效字符（半个代理对），请重新输入。",
            "The feedback holds an invalid character (half a surrogate pair); type it again.",
        ) from error


class Log:
    """The log in the file ``path``; the file and its folder are made when something is written.

    Every method may raise LogError, whose message is for people: the file cannot be read or written,
    is damaged, is none of ours, or was written by a newer version. Nothing is ever overwritten then.
    An answer must never be lost for it: who calls ``record`` goes on with the answer, which can then
    not be judged (``ask_key`` has the key without the log).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # SQLite lets writers try again at random; in one process they can queue up instead.
        self._turn = threading.Lock()

    def record(self, request: Request, response: Response, *, desk: str | None = None) -> str:
        """Keep that ``response`` was given to ``request``; return ``ask_key`` of the two."""
        row = write_call(request, response) | {"at": _now(), "desk": desk}
        with self._write(_RECORD_SECONDS) as connection:
            _insert(connection, "calls", row)
        key: str = row["ask"]
        return key

    def recent(self, desk: str, *, limit: int = 20) -> tuple[Call, ...]:
        """Return what ``desk`` asked last, newest first, every ask once."""
        newest = "SELECT max(id) FROM calls WHERE desk = ? GROUP BY ask ORDER BY 1 DESC LIMIT ?"
        query = f"SELECT {_CALL} FROM calls WHERE id IN ({newest}) ORDER BY id DESC"
        return tuple(self._select(read_call, query, desk, max(limit, 0)))

    def judge(self, feedback: Feedback, *, desk: str | None = None) -> int:
        """Keep what was said of an answer; it is on disk on return. Return the judgement's number.

        Of several by one desk on one ask the last counts; those without a desk are of one. RequestError
        for feedback that contradicts itself; UnknownAskError where no such ask was recorded.
        """
        check_feedback(feedback)
        document, clause = feedback.clause or (None, None)
        row = {
            "ask": feedback.ask,
            "at": _now(),
            "desk": desk,
            "verdict": feedback.verdict,
            "reason": feedback.reason,
            "comment": feedback.comment,
            "document": document,
            "clause": clause,
        }
        # The judge's own call, where there is one: a language model answers the same ask differently.
        query = (
            f"SELECT id, {_CALL} FROM calls WHERE ask = ? ORDER BY desk IS ? DESC, id DESC LIMIT 1"
        )
        with self._write(_JUDGE_SECONDS, durable=True) as connection:
            found = connection.execute(query, (feedback.ask, desk)).fetchone()
            if found is None:
                raise UnknownAskError(feedback.ask)
            number, *values = found
            [call] = self._read(read_call, [tuple(values)])
            kept = mask_judgement(row, {*call.cited, *call.results})
            return _insert(connection, "judgements", {"call": number, **kept})

    def judged(self) -> Iterator[tuple[Call, Feedback]]:
        """Yield each ask that was judged and the last thing that each desk said of it, oldest first."""
        newest = "SELECT max(id) FROM judgements GROUP BY ask, desk"
        query = (
            f"SELECT {_CALL}, {_FEEDBACK} FROM judgements JOIN calls ON calls.id = judgements.call"
            f" WHERE judgements.id IN ({newest}) ORDER BY judgements.id"
        )
        split = len(CALL) + 1
        yield from self._select(
            lambda row: (read_call(row[:split]), read_feedback(row[split:])), query
        )

    def count_outcomes(self) -> dict[Outcome, int]:
        """Return how many calls came to each outcome; 0 for those that none came to."""
        rows = self._select(_read_count, "SELECT outcome, count(*) FROM calls GROUP BY outcome")
        return {**dict.fromkeys(get_args(Outcome), 0), **dict(rows)}

    def verify(self) -> tuple[int, tuple[str, ...]]:
        """Return how many rows there are, and which are not as they were written, as "calls 12"."""
        rows, changed = 0, []
        if not os.path.exists(self.path):
            return 0, ()
        with open_file(self.path, _JUDGE_SECONDS) as connection:
            for table, names in (("calls", CALL), ("judgements", JUDGEMENT)):
                query = f"SELECT id, {', '.join(names)}, seal FROM {table} ORDER BY id"
                for number, *values, sealed in connection.execute(query):
                    rows += 1
                    if seal(dict(zip(names, values, strict=True))) != sealed:
                        changed.append(f"{table} {number}")
        return rows, tuple(changed)

    def count_before(self, day: date) -> int:
        """Return how many calls are older than ``day``, which begins at midnight of local time."""
        query = f"SELECT count(*) FROM calls WHERE {_BEFORE}"
        return sum(self._select(lambda row: int(row[0]), query, day.isoformat()))

    def forget(self, before: date) -> int:
        """Delete the calls older than that day and what was said of them; return how many calls.

        What they held does not stay in the file either, once no other program has it open.
        """
        if not os.path.exists(self.path):
            return 0
        old = f"FROM calls WHERE {_BEFORE}"
        day = (before.isoformat(),)
        with self._write(_JUDGE_SECONDS, durable=True) as connection:
            # Else deleted text stands in the file until something is written over it.
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute(f"DELETE FROM judgements WHERE call IN (SELECT id {old})", day)
            return connection.execute(f"DELETE {old}", day).rowcount

    def _select(
        self, read: Callable[[tuple[Any, ...]], _T], query: str, *values: object
    ) -> list[_T]:
        """Return what ``read`` makes of each row; none where there is no log yet."""
        # Asking what was said should leave no trace.
        if not os.path.exists(self.path):
            return []
        with open_file(self.path, _JUDGE_SECONDS) as connection:
            rows = connection.execute(query, values).fetchall()
        return self._read(read, rows)

    def _read(self, read: Callable[[tuple[Any, ...]], _T], rows: list[tuple[Any, ...]]) -> list[_T]:
        try:
            return [read(row) for row in rows]
        except (ValueError, TypeError) as error:
            raise damaged(self.path, error) from error

    @contextlib.contextmanager
    def _write(self, seconds: float, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """Give a connection in a transaction, which is committed where nothing is raised."""
        if not self._turn.acquire(timeout=seconds):
            raise busy(self.path)
        try:
            with open_file(self.path, seconds) as connection:
                # NORMAL never damages the file, but a power cut may take the last commits back.
                connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
        finally:
            self._turn.release()


def _insert(connection: sqlite3.Connection, table: str, row: dict[str, Any]) -> int:
    """Add a row, whose names are this module's own, with its seal; return its number."""
    sealed = {**row, "seal": seal(row)}
    marks = ", ".join("?" * len(sealed))
    statement = f"INSERT INTO {table} ({', '.join(sealed)}) VALUES ({marks})"
    number = connection.execute(statement, tuple(sealed.values())).lastrowid
    assert number is not None
    return number


def _read_count(row: tuple[Any, ...]) -> tuple[Outcome, int]:
    outcome, count = row
    return outcome, count


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")

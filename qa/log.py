"""The log: which questions were asked, what came of them, and what was said of the answers.

One SQLite file, ``policy_home()/"qa.sqlite3"``. A connection lives as long as one call of a method, so
that any thread of any process may use it, and a file that is moved away is simply begun again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from documents.library import policy_home
from index.filters import write_filters
from index.types import ClauseId, Filters
from qa.errors import RequestError, UnknownAskError
from qa.log_file import busy, damaged, open_file
from qa.types import Language, Outcome, Request, Response

Judged = Literal["up", "down"]
Reason = Literal["wrong_clause", "incomplete", "outdated", "should_refuse"]

MAX_COMMENT = 2000

_T = TypeVar("_T")

# The day of a call where the log lies, as people who name a day mean it.
_BEFORE = "date(calls.at, 'localtime') < ?"

# Seconds to wait for another writer. An answer waits for its record, so that is not long.
_RECORD_SECONDS = 2.0
_JUDGE_SECONDS = 10.0

_CALL = (
    "calls.ask, calls.at, question, outcome, filters, history, as_of, answered_for, language,"
    " understood_as, cited, results, fingerprint, reply, milliseconds, calls.desk"
)
_FEEDBACK = (
    "judgements.ask, verdict, reason, comment, document, clause, judgements.desk, judgements.at"
)


@dataclass(frozen=True, slots=True)
class Call:
    """A question as it was asked, and the facts of its answer.

    ``key`` names the ask (``ask_key``), ``at`` is when, in UTC. ``as_of`` is what the request said,
    ``answered_for`` the day that the answer is of. ``cited`` and ``results`` are (document, path),
    best first. ``desk`` is the opaque id of the browser that asked.
    """

    key: str
    at: datetime
    question: str
    outcome: Outcome
    filters: Filters
    history: tuple[str, ...]
    as_of: date | None
    answered_for: date
    language: Language
    understood_as: str | None
    cited: tuple[ClauseId, ...]
    results: tuple[ClauseId, ...]
    index: str
    reply: str
    milliseconds: float | None
    desk: str | None


@dataclass(frozen=True, slots=True)
class Feedback:
    """What somebody said of an answer; ``ask`` is the key of the ask, ``reason`` is of a "down" only.

    ``clause`` is the one that should have been cited, as (document, path). ``desk`` and ``at`` (UTC) say
    who judged and when: ``Log.judged`` fills them in, ``Log.judge`` does not read them.
    """

    ask: str
    verdict: Judged
    reason: Reason | None = None
    comment: str | None = None
    clause: ClauseId | None = None
    desk: str | None = None
    at: datetime | None = None


def log_path() -> Path:
    """Return where this user's log lies."""
    return policy_home() / "qa.sqlite3"


def ask_key(request: Request, response: Response) -> str:
    """Return 16 hex digits; equal for the same question under the same circumstances.

    Those are history, filters, the day that the answer is of, and the index.
    """
    ask = [
        request.question,
        request.history,
        _write_filters(request.filters),
        response.as_of.isoformat(),
        response.index,
    ]
    return hashlib.sha256(_dump(ask).encode()).hexdigest()[:16]


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
        key = ask_key(request, response)
        row = {
            "ask": key,
            "at": _now(),
            "desk": desk,
            "question": request.question,
            "history": _dump(request.history),
            "filters": _dump(_write_filters(request.filters)),
            "as_of": request.as_of.isoformat() if request.as_of else None,
            "answered_for": response.as_of.isoformat(),
            "language": response.language,
            "outcome": response.outcome,
            "understood_as": response.understood_as,
            "cited": _dump([(c.document, c.clause) for c in response.citations]),
            "results": _dump([(r.document, r.clause) for r in response.results]),
            "fingerprint": response.index,
            "reply": response.reply,
            "milliseconds": response.timings_ms.get("total"),
        }
        with self._write(_RECORD_SECONDS) as connection:
            _insert(connection, "calls", row)
        return key

    def recent(self, desk: str, *, limit: int = 20) -> tuple[Call, ...]:
        """Return what ``desk`` asked last, newest first, every ask once."""
        newest = "SELECT max(id) FROM calls WHERE desk = ? GROUP BY ask ORDER BY 1 DESC LIMIT ?"
        query = f"SELECT {_CALL} FROM calls WHERE id IN ({newest}) ORDER BY id DESC"
        return tuple(self._select(_read_call, query, desk, max(limit, 0)))

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
        call = "SELECT id FROM calls WHERE ask = ? ORDER BY desk IS ? DESC, id DESC LIMIT 1"
        with self._write(_JUDGE_SECONDS, durable=True) as connection:
            found = connection.execute(call, (feedback.ask, desk)).fetchone()
            if found is None:
                raise UnknownAskError(feedback.ask)
            return _insert(connection, "judgements", {"call": found[0], **row})

    def judged(self) -> Iterator[tuple[Call, Feedback]]:
        """Yield each ask that was judged and the last thing that each desk said of it, oldest first."""
        newest = "SELECT max(id) FROM judgements GROUP BY ask, desk"
        query = (
            f"SELECT {_CALL}, {_FEEDBACK} FROM judgements JOIN calls ON calls.id = judgements.call"
            f" WHERE judgements.id IN ({newest}) ORDER BY judgements.id"
        )
        split = len(fields(Call))
        yield from self._select(
            lambda row: (_read_call(row[:split]), _read_feedback(row[split:])), query
        )

    def count_outcomes(self) -> dict[Outcome, int]:
        """Return how many calls came to each outcome; 0 for those that none came to."""
        rows = self._select(_read_count, "SELECT outcome, count(*) FROM calls GROUP BY outcome")
        return {**dict.fromkeys(get_args(Outcome), 0), **dict(rows)}

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
    """Add a row, whose names are this module's own, and return its number."""
    marks = ", ".join("?" * len(row))
    statement = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})"
    number = connection.execute(statement, tuple(row.values())).lastrowid
    assert number is not None
    return number


def _read_call(row: tuple[Any, ...]) -> Call:
    return Call(
        key=row[0],
        at=datetime.fromisoformat(row[1]),
        question=row[2],
        outcome=row[3],
        filters=_read_filters(json.loads(row[4])),
        history=tuple(json.loads(row[5])),
        as_of=date.fromisoformat(row[6]) if row[6] else None,
        answered_for=date.fromisoformat(row[7]),
        language=row[8],
        understood_as=row[9],
        cited=_read_clauses(row[10]),
        results=_read_clauses(row[11]),
        index=row[12],
        reply=row[13],
        milliseconds=row[14],
        desk=row[15],
    )


def _read_count(row: tuple[Any, ...]) -> tuple[Outcome, int]:
    outcome, count = row
    return outcome, count


def _read_feedback(row: tuple[Any, ...]) -> Feedback:
    ask, verdict, reason, comment, document, clause, desk, at = row
    named = (document, clause) if document is not None else None
    return Feedback(ask, verdict, reason, comment, named, desk, datetime.fromisoformat(at))


def _read_clauses(text: str) -> tuple[ClauseId, ...]:
    return tuple((document, clause) for document, clause in json.loads(text))


def _write_filters(filters: Filters) -> dict[str, Any]:
    """Return all that is set; ``documents``, too, makes another ask of it."""
    documents = {} if filters.documents is None else {"documents": sorted(filters.documents)}
    return write_filters(filters) | documents


def _read_filters(obj: dict[str, Any]) -> Filters:
    values = dict(obj)
    since, until = (values.pop(name, None) for name in ("from", "to"))
    documents = values.pop("documents", None)
    return Filters(
        **values,
        since=date.fromisoformat(since) if since else None,
        until=date.fromisoformat(until) if until else None,
        documents=None if documents is None else frozenset(documents),
    )


def _dump(value: Any) -> str:
    # ASCII: a filter may hold half a surrogate pair, which UTF-8 cannot.
    return json.dumps(value, sort_keys=True)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")

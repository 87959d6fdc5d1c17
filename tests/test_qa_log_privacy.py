"""What the log keeps of its callers: no number of theirs, sealed rows, and no older log left as it was."""

from __future__ import annotations

import json
import sqlite3
import stat
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from index.types import Filters
from qa import log_file
from qa.errors import LogError
from qa.log import Feedback, Log, ask_key
from tests.asks import asked

NUMBER = "13812345678"
SAID = f"我的电话{NUMBER}"

# The tables of version 1, as the releases up to 2.x wrote them.
VERSION_1 = """
CREATE TABLE calls (id INTEGER PRIMARY KEY, ask TEXT NOT NULL, at TEXT NOT NULL, desk TEXT,
 question TEXT NOT NULL, history TEXT NOT NULL, filters TEXT NOT NULL, as_of TEXT,
 answered_for TEXT NOT NULL, language TEXT NOT NULL, outcome TEXT NOT NULL, understood_as TEXT,
 cited TEXT NOT NULL, results TEXT NOT NULL, fingerprint TEXT NOT NULL, reply TEXT NOT NULL,
 milliseconds REAL);
CREATE INDEX calls_by_ask ON calls (ask, id);
CREATE INDEX calls_by_desk ON calls (desk, ask, id);
CREATE TABLE judgements (id INTEGER PRIMARY KEY, call INTEGER NOT NULL REFERENCES calls (id),
 ask TEXT NOT NULL, at TEXT NOT NULL, desk TEXT, verdict TEXT NOT NULL, reason TEXT, comment TEXT,
 document TEXT, clause TEXT);
CREATE INDEX judgements_by_ask ON judgements (ask, desk, id);
PRAGMA application_id = 1347502412;
PRAGMA user_version = 1;
"""


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "qa.sqlite3")


def read_files(log: Log) -> bytes:
    """Return all that lies in the log's folder, its write-ahead log too."""
    return b"".join(path.read_bytes() for path in sorted(log.path.parent.iterdir()))


def make_version_1(path: Path) -> None:
    call = (
        "k" * 16, "2026-01-01T00:00:00.000000+00:00", "d", SAID, json.dumps([SAID, "安徽"]),
        json.dumps({"region": SAID}), None, "2026-01-01", "zh", "answered", SAID, '[["a", "一"]]',
        '[["a", "一"]]', "index-1", SAID, 3,
    )  # fmt: skip
    judgement = (
        1,
        "k" * 16,
        "2026-01-01T00:00:00.000000+00:00",
        "d",
        "down",
        None,
        SAID,
        "a",
        "一",
    )
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(VERSION_1)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"INSERT INTO calls VALUES (1, {', '.join('?' * 16)})", call)
        for number in range(2, 40):  # more than a page
            row = (number, f"{number:016x}", *call[1:3], SAID * 100, *call[4:])
            connection.execute(f"INSERT INTO calls VALUES ({', '.join('?' * 17)})", row)
        connection.execute(f"INSERT INTO judgements VALUES (1, {', '.join('?' * 9)})", judgement)


def test_no_number_of_a_caller_is_ever_written(log: Log) -> None:
    request, response = asked(SAID, history=[SAID], filters=Filters(region=SAID), reply=SAID)
    key = log.record(request, response, desk="d")
    log.judge(Feedback(key, "down", comment=SAID, clause=(SAID, SAID)), desk="d")
    assert NUMBER.encode() not in read_files(log)
    [(call, feedback)] = log.judged()
    masked = "我的电话[电话]"
    assert (call.question, call.history, call.filters.region) == (masked, (masked,), masked)
    assert (call.reply, feedback.comment, feedback.clause) == (masked, masked, (masked, masked))


def test_an_id_that_looks_like_a_number_is_kept_where_it_was_shown(log: Log) -> None:
    shown = (NUMBER, "一/（一）")
    filters = Filters(documents=frozenset({NUMBER}))
    key = log.record(*asked(cited=[shown], filters=filters))
    for clause in (shown, (NUMBER, "二")):
        log.judge(Feedback(key, "down", clause=clause), desk=clause[1])
    told = list(log.judged())
    assert [feedback.clause for _, feedback in told] == [shown, ("[电话]", "二")]
    assert {call.filters for call, _ in told} == {filters}


def test_what_is_said_of_a_damaged_row_is_refused(log: Log) -> None:
    key = log.record(*asked())
    with closing(sqlite3.connect(log.path, isolation_level=None)) as other:
        other.execute("UPDATE calls SET results = 'no json'")
    with pytest.raises(LogError, match="damaged"):
        log.judge(Feedback(key, "up"))


def test_the_key_does_not_tell_the_number(log: Log) -> None:
    other = ask_key(*asked(SAID.replace("5678", "5679")))
    assert ask_key(*asked(SAID)) == other == ask_key(*asked("我的电话[电话]"))
    assert log.record(*asked(SAID)) == other


def test_a_log_of_version_1_is_masked_sealed_and_goes_on(log: Log) -> None:
    make_version_1(log.path)
    assert NUMBER.encode() in read_files(log)
    calls = log.recent("d", limit=50)
    assert NUMBER.encode() not in read_files(log)
    assert len(calls) == 2  # the same question in two lengths, whose keys are of what is kept
    [(call, feedback)] = log.judged()
    assert call.key == feedback.ask and call.question == feedback.comment == "我的电话[电话]"
    # The same question again has the key of before, and is judged together with it.
    request, response = asked(
        SAID, history=[SAID, "安徽"], filters=Filters(region=SAID), as_of=date(2026, 1, 1)
    )
    assert log.record(request, response, desk="d") == call.key
    assert log.verify() == (41, ())


def test_a_row_that_was_damaged_before_does_not_stop_the_log(log: Log) -> None:
    make_version_1(log.path)
    with closing(sqlite3.connect(log.path, isolation_level=None)) as other:
        other.execute("UPDATE calls SET history = 'no json' WHERE id = 7")
    log.record(*asked(), desk="e")
    assert log.verify() == (41, ("calls 7",))


def test_every_version_is_brought_to_the_present_one(log: Log) -> None:
    make_version_1(log.path)
    assert len(log_file.STEPS) == 2, (
        "freeze the layout of the version before in a test like this one"
    )
    log.count_outcomes()
    with closing(sqlite3.connect(log.path)) as there, closing(sqlite3.connect(":memory:")) as new:
        for step in log_file.STEPS:
            step(new)
        query = "SELECT name, type FROM pragma_table_info(?)"
        for table in ("calls", "judgements"):
            assert (
                there.execute(query, (table,)).fetchall() == new.execute(query, (table,)).fetchall()
            )


@pytest.mark.parametrize(
    ("table", "changed"),
    [("calls", "reply = replace(reply, '有', '无')"), ("calls", "milliseconds = 12.25"),
     ("judgements", "verdict = 'up'"), ("calls", "cited = x'00ff'")],
)  # fmt: skip
def test_a_changed_value_is_told_and_named(table: str, changed: str, log: Log) -> None:
    key = log.record(*asked(), desk="d")
    log.judge(Feedback(key, "down"))
    assert log.verify() == (2, ())
    with closing(sqlite3.connect(log.path, isolation_level=None)) as other:
        other.execute(f"UPDATE {table} SET {changed}")
        assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)  # SQLite sees nothing
    assert log.verify() == (2, (f"{table} 1",))
    with pytest.raises(LogError, match="damaged"):
        list(log.judged())


def test_what_lies_beside_the_file_is_its_owners_too(log: Log) -> None:
    log.record(*asked())
    with closing(sqlite3.connect(log.path)) as open_elsewhere:
        open_elsewhere.execute("SELECT * FROM calls").fetchall()
        log.record(*asked("别的"))
        files = sorted(log.path.parent.iterdir())
        assert [file.name for file in files] == ["qa.sqlite3", "qa.sqlite3-shm", "qa.sqlite3-wal"]
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}

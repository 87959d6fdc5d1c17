"""The log: nothing that was acknowledged is lost, nothing of others is overwritten."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from documents.library import policy_home
from index.types import Filters
from qa import log as module
from qa.errors import LogError, RequestError, UnknownAskError
from qa.log import MAX_COMMENT, Feedback, Log, ask_key, log_path
from tests.asks import DAY, asked

ROOT = Path(__file__).parent.parent
FILTERS = Filters(
    region="吉林省", status="in_force", since=date(2024, 1, 1), documents=frozenset({"b", "a"})
)


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "home" / "new" / "qa.sqlite3")


def query(path: Path, text: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(text).fetchall()


# --- keys


def test_same_ask_same_key() -> None:
    key = ask_key(*asked())
    assert len(key) == 16 and int(key, 16) >= 0
    # What came of it, and how many results were wanted, does not matter.
    assert ask_key(*asked(outcome="partial", reply="别的")) == key
    # A day that is named and that is today is the same.
    assert ask_key(*asked(as_of=DAY)) == key


@pytest.mark.parametrize(
    "other",
    [
        asked("充电桩"),
        asked(history=["安徽"]),
        asked(filters=Filters(region="安徽省")),
        asked(filters=Filters(authority="安徽省")),
        asked(filters=Filters(documents=frozenset())),
        asked(as_of=date(2025, 1, 1)),
        asked(index="index-2"),
    ],
)
def test_other_circumstances_other_key(other: tuple[module.Request, module.Response]) -> None:
    assert ask_key(*other) != ask_key(*asked())


def test_the_log_lies_in_the_home() -> None:
    assert log_path() == policy_home() / "qa.sqlite3"


# --- record and recent


def test_what_was_recorded_is_read_back(log: Log) -> None:
    before = datetime.now(UTC)
    request, response = asked(history=["安徽呢"], filters=FILTERS, as_of=date(2025, 3, 4))
    key = log.record(request, response, desk="d")
    [call] = log.recent("d")
    assert key == ask_key(request, response) == call.key
    assert before <= call.at <= datetime.now(UTC) and call.at.utcoffset() is not None
    assert (call.question, call.history, call.filters) == (request.question, ("安徽呢",), FILTERS)
    assert (call.as_of, call.answered_for) == (date(2025, 3, 4), date(2025, 3, 4))
    assert (call.language, call.outcome, call.understood_as) == ("zh", "answered", "充电站")
    assert call.cited == call.results == (("a", "一/（一）"), ("b", "二"))
    assert (call.index, call.reply, call.milliseconds) == ("index-1", "有支持。", 12.5)
    assert call.desk == "d"


def test_a_day_that_was_not_asked_for_is_kept_apart(log: Log) -> None:
    log.record(*asked(), desk="d")
    [call] = log.recent("d")
    assert (call.as_of, call.answered_for) == (None, DAY)


def test_recent_is_newest_first_every_ask_once_and_of_this_desk(log: Log) -> None:
    for question in ("一", "二", "一", "三"):
        log.record(*asked(question), desk="d")
    log.record(*asked("四"), desk="e")
    log.record(*asked("五"))
    assert [call.question for call in log.recent("d")] == ["三", "一", "二"]
    assert [call.question for call in log.recent("d", limit=2)] == ["三", "一"]
    assert log.recent("d", limit=0) == log.recent("nobody") == log.recent("d", limit=-1) == ()
    assert len(query(log.path, "SELECT * FROM calls")) == 6


def test_outcomes_are_counted_by_call(log: Log) -> None:
    assert log.count_outcomes() == {"answered": 0, "partial": 0, "no_basis": 0}
    for cited in ((), (), (("a", "一"),)):
        log.record(*asked(cited=cited))
    assert log.count_outcomes() == {"answered": 1, "partial": 0, "no_basis": 2}


@pytest.mark.parametrize("text", ["'; DROP TABLE calls; --", "a\x00b", "\u2028", "𠮷\n"])
def test_any_text_comes_back_as_it_was(text: str, log: Log) -> None:
    key = log.record(*asked(text, history=[text], filters=Filters(kind=text)), desk=text)
    log.judge(Feedback(key, "down", comment=text, clause=("a" + text, "b")), desk=text)
    [(call, feedback)] = log.judged()
    assert (call.question, call.history, call.filters.kind) == (text, (text,), text)
    assert (feedback.comment, feedback.clause, feedback.desk) == (text, ("a" + text, "b"), text)
    assert [call.key for call in log.recent(text)] == [key]


def test_half_a_character_is_no_other_error(log: Log) -> None:
    log.record(*asked(filters=Filters(kind="\ud800")), desk="d")
    assert log.recent("d")[0].filters.kind == "\ud800"
    with pytest.raises(LogError):
        log.record(*asked("\ud800充电站"))
    assert len(log.recent("d")) == 1


# --- judge and judged


def test_judgement_is_read_back_with_its_call(log: Log) -> None:
    key = log.record(*asked(), desk="d")
    feedback = Feedback(key, "down", "wrong_clause", "应为第三条", ("c", "第三条"))
    number = log.judge(feedback, desk="e")
    [(call, found)] = log.judged()
    assert number == 1 and call.key == key and call.desk == "d"
    assert (found.ask, found.verdict, found.reason) == (key, "down", "wrong_clause")
    assert (found.comment, found.clause, found.desk) == ("应为第三条", ("c", "第三条"), "e")
    assert found.at is not None and found.at >= call.at


def test_a_desks_last_word_counts_and_the_earlier_ones_are_kept(log: Log) -> None:
    key = log.record(*asked())
    for verdict, desk in (("up", "d"), ("up", "e"), ("down", "d"), ("up", None), ("down", None)):
        log.judge(Feedback(key, verdict), desk=desk)  # type: ignore[arg-type]
    assert [(f.desk, f.verdict) for _, f in log.judged()] == [
        ("e", "up"),
        ("d", "down"),
        (None, "down"),
    ]
    assert len(query(log.path, "SELECT * FROM judgements")) == 5


def test_judgement_is_of_the_judges_own_call(log: Log) -> None:
    key = log.record(*asked(reply="甲"), desk="d")
    assert key == log.record(*asked(reply="乙"), desk="e")
    for desk in ("d", "e", "f"):
        log.judge(Feedback(key, "up"), desk=desk)
    # Who has none judges what was answered last.
    assert [call.reply for call, _ in log.judged()] == ["甲", "乙", "乙"]


def test_what_was_never_asked_cannot_be_judged(log: Log) -> None:
    log.record(*asked())
    with pytest.raises(UnknownAskError) as raised:
        log.judge(Feedback("0" * 16, "up"))
    assert "0" * 16 in raised.value.message and len(raised.value.message.split("\n")) == 2
    assert list(log.judged()) == []
    log.record(*asked())  # the transaction was given up, not left open


@pytest.mark.parametrize(
    ("feedback", "code"),
    [
        (Feedback("k", "good"), "bad_verdict"),  # type: ignore[arg-type]
        (Feedback("k", "down", "ugly"), "bad_reason"),  # type: ignore[arg-type]
        (Feedback("k", "up", "incomplete"), "bad_reason"),
        (Feedback("k", "down", comment="长" * (MAX_COMMENT + 1)), "comment_too_long"),
        (Feedback("k", "down", clause=("a", " ")), "bad_clause"),
        (Feedback("k", "down", clause=("", "一")), "bad_clause"),
        (Feedback("k", "down", comment="\ud800"), "not_text"),
        (Feedback("\ud800", "down"), "not_text"),
    ],
)
def test_bad_feedback_is_refused(feedback: Feedback, code: str, log: Log) -> None:
    with pytest.raises(RequestError) as raised:
        log.judge(feedback)
    assert raised.value.code == code and "\n" in raised.value.message
    assert not log.path.exists()


# --- forgetting


def record_at(log: Log, at: str, question: str = "充电站", *, desk: str = "d") -> str:
    """Record a call as though it were made at ``at``, in UTC."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_now", lambda: at)
        return log.record(*asked(question), desk=desk)


@pytest.fixture
def local_time(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Return what sets where this process is, as TZ of POSIX names it; undone in the end."""

    def be(zone: str) -> None:
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    yield be
    monkeypatch.undo()
    time.tzset()


def test_forgetting_takes_calls_and_what_was_said_of_them(
    log: Log, local_time: Callable[[str], None]
) -> None:
    local_time("UTC0")
    old = record_at(log, "2026-01-30T23:59:59.999000+00:00", "旧")
    new = record_at(log, "2026-01-31T00:00:00.000000+00:00", "新")
    for key in (old, new, old):
        log.judge(Feedback(key, "up"))
    assert log.count_before(date(2026, 1, 31)) == 1
    assert log.forget(date(2026, 1, 31)) == 1
    assert [call.question for call in log.recent("d")] == ["新"]
    assert [feedback.ask for _, feedback in log.judged()] == [new]
    assert len(query(log.path, "SELECT * FROM judgements")) == 1
    with pytest.raises(UnknownAskError):
        log.judge(Feedback(old, "up"))
    assert log.forget(date(2026, 1, 31)) == log.count_before(date(2026, 1, 31)) == 0
    # Both ends of what a day can be.
    assert log.forget(date.min) == 0 and log.forget(date.max) == 1


def test_an_ask_that_came_again_keeps_what_was_said_of_it_then(log: Log) -> None:
    record_at(log, "2026-01-01T12:00:00.000000+00:00", desk="d")
    key = record_at(log, "2026-03-01T12:00:00.000000+00:00", desk="e")
    for desk in ("d", "e"):
        log.judge(Feedback(key, "up"), desk=desk)
    assert log.forget(date(2026, 2, 1)) == 1
    assert [feedback.desk for _, feedback in log.judged()] == ["e"]


@pytest.mark.parametrize(("zone", "older"), [("UTC0", 0), ("CST-8", 0), ("PST8", 1)])
def test_a_day_begins_at_local_midnight(
    zone: str, older: int, log: Log, local_time: Callable[[str], None]
) -> None:
    local_time(zone)
    record_at(log, "2026-01-31T02:00:00.000000+00:00")
    assert log.count_before(date(2026, 1, 31)) == older
    assert log.forget(date(2026, 1, 31)) == older
    local_time("CST-8")
    record_at(log, "2026-01-30T16:00:00.000000+00:00")  # midnight there
    assert log.count_before(date(2026, 1, 31)) == 0


def test_what_is_forgotten_is_nowhere_in_the_file(log: Log) -> None:
    secret = "王某某的身份证号"
    for turn in range(20):
        key = record_at(log, "2026-01-01T00:00:00.000000+00:00", f"{secret}{turn}" * 50)
        log.judge(Feedback(key, "down", comment=secret))
    assert secret.encode() in log.path.read_bytes()
    assert log.forget(date(2026, 2, 1)) == 20
    for file in log.path.parent.iterdir():
        assert secret.encode() not in file.read_bytes(), file
    log.record(*asked(), desk="d")
    assert query(log.path, "PRAGMA integrity_check") == [("ok",)]


def test_forgetting_that_fails_takes_nothing(log: Log) -> None:
    key = record_at(log, "2026-01-01T00:00:00.000000+00:00")
    log.judge(Feedback(key, "up"))
    with closing(sqlite3.connect(log.path, isolation_level=None)) as other:
        other.execute(
            "CREATE TRIGGER no BEFORE DELETE ON calls BEGIN SELECT raise(ABORT, 'full'); END"
        )
    expect(lambda: log.forget(date(2026, 2, 1)), str(log.path))
    assert len(list(log.judged())) == 1


# --- threads, processes, reopening


def test_threads_lose_nothing(log: Log) -> None:
    def work(worker: int) -> list[str]:
        keys = []
        for turn in range(8):
            key = log.record(*asked(f"{worker}-{turn}"), desk=f"desk-{worker}")
            log.judge(Feedback(key, "up", comment=str(turn)), desk=f"desk-{worker}")
            assert log.recent(f"desk-{worker}")[0].key == key
            keys.append(key)
        return keys

    with ThreadPoolExecutor(12) as pool:
        keys = [key for worker in pool.map(work, range(12)) for key in worker]
    assert len(set(keys)) == 96
    assert {f.ask for _, f in log.judged()} == set(keys)
    assert sum(log.count_outcomes().values()) == 96
    for worker in range(12):
        assert len(log.recent(f"desk-{worker}")) == 8


WRITER = """
import sys
from pathlib import Path
from qa.log import Feedback, Log
from tests.asks import asked
log = Log(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for turn in range(int(sys.argv[3])):
    key = log.record(*asked(f"{sys.argv[2]}-{turn}"), desk=sys.argv[2])
    log.judge(Feedback(key, "up"), desk=sys.argv[2])
    print(key, flush=True)
"""


def start(path: Path, name: str, turns: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), name, str(turns)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    return process


def begin(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_processes_begin_one_log_together_and_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "qa.sqlite3"
    processes = [start(path, name, 20) for name in ("甲", "乙")]
    for process in processes:
        begin(process)
    keys = {key for process in processes for key in process.communicate()[0].split()}
    assert [process.returncode for process in processes] == [0, 0]
    assert len(keys) == 40
    assert {feedback.ask for _, feedback in Log(path).judged()} == keys


def test_what_was_acknowledged_outlives_a_killed_process(tmp_path: Path) -> None:
    path = tmp_path / "qa.sqlite3"
    process = start(path, "甲", 1_000_000)
    begin(process)
    assert process.stdout is not None and process.stdin is not None
    keys = [process.stdout.readline().strip() for _ in range(10)]
    process.send_signal(signal.SIGKILL)
    keys += [key for key in process.stdout.read().split("\n")[:-1]]
    process.wait()
    process.stdin.close()
    process.stdout.close()
    log = Log(path)
    assert set(keys) <= {feedback.ask for _, feedback in log.judged()}
    log.record(*asked(), desk="乙")
    assert query(path, "PRAGMA integrity_check") == [("ok",)]


def test_feedback_is_synced_and_readers_do_not_wait(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    connect = sqlite3.connect

    def watched(*arguments: object, **options: object) -> sqlite3.Connection:
        connection = connect(*arguments, **options)  # type: ignore[call-overload]
        connection.set_trace_callback(told.append)
        return connection  # type: ignore[no-any-return]

    monkeypatch.setattr(sqlite3, "connect", watched)
    key = log.record(*asked())
    assert "PRAGMA synchronous = NORMAL" in told
    told.clear()
    log.judge(Feedback(key, "up"))
    assert told.index("PRAGMA synchronous = FULL") < told.index("BEGIN IMMEDIATE")
    assert query(log.path, "PRAGMA journal_mode") == [("wal",)]


def test_reading_goes_on_while_another_writes(log: Log) -> None:
    log.record(*asked(), desk="d")
    with closing(sqlite3.connect(log.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM calls")
        assert len(log.recent("d")) == 1


# --- what goes wrong


def expect(call: Callable[[], object], *told: str) -> None:
    with pytest.raises(LogError) as raised:
        call()
    chinese, english = raised.value.message.split("\n")
    assert any("一" <= c <= "鿿" for c in chinese) and english.isascii()
    for words in told:
        assert words in raised.value.message


def everything(log: Log) -> list[Callable[[], object]]:
    return [
        lambda: log.record(*asked()),
        lambda: log.judge(Feedback("k", "up")),
        lambda: log.recent("d"),
        lambda: list(log.judged()),
        log.count_outcomes,
        lambda: log.count_before(DAY),
        lambda: log.forget(DAY),
    ]


def test_asking_an_absent_log_makes_none(log: Log) -> None:
    assert log.recent("d") == () and list(log.judged()) == []
    assert sum(log.count_outcomes().values()) == 0
    assert log.forget(date.max) == log.count_before(date.max) == 0
    assert not log.path.parent.exists()


def test_the_file_is_its_owners(log: Log) -> None:
    log.record(*asked())
    assert stat.S_IMODE(log.path.stat().st_mode) == 0o600


def test_a_log_that_is_moved_away_is_begun_again(log: Log) -> None:
    log.record(*asked(), desk="d")
    log.path.unlink()
    log.record(*asked("别的"), desk="d")
    assert [call.question for call in log.recent("d")] == ["别的"]


@pytest.mark.parametrize("content", [b"no database, " * 400, b"SQLite format 3\0" + b"\xff" * 9000])
def test_a_damaged_file_is_told_and_left(content: bytes, log: Log) -> None:
    log.path.parent.mkdir(parents=True)
    log.path.write_bytes(content)
    for call in everything(log):
        expect(call, str(log.path), "left as it is")
        assert log.path.read_bytes() == content
    assert [path.name for path in log.path.parent.iterdir()] == ["qa.sqlite3"]


def test_pages_that_are_lost_are_told(log: Log) -> None:
    for turn in range(200):
        log.record(*asked(f"充电站{turn}"), desk="d")
    whole = log.path.read_bytes()
    log.path.write_bytes(whole[:4096] + b"\x7f" * (len(whole) - 4096))
    expect(lambda: log.recent("d"), "damaged")


def test_an_entry_that_no_log_has_is_told(log: Log) -> None:
    log.record(*asked(), desk="d")
    with closing(sqlite3.connect(log.path, isolation_level=None)) as other:
        other.execute("UPDATE calls SET history = 'no json'")
    expect(lambda: log.recent("d"), "damaged")


def test_another_programs_database_is_told_and_left(log: Log) -> None:
    log.path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(log.path, isolation_level=None)) as other:
        other.execute("CREATE TABLE calls (id INTEGER)")
        other.execute("PRAGMA user_version = 1")
        other.execute("PRAGMA application_id = 1")
    content = log.path.read_bytes()
    for call in everything(log):
        expect(call, str(log.path), "no log of questions")
    assert log.path.read_bytes() == content


def test_a_newer_log_is_told_and_left(log: Log) -> None:
    log.record(*asked())
    with closing(sqlite3.connect(log.path, isolation_level=None)) as other:
        other.execute("PRAGMA user_version = 99")
    content = log.path.read_bytes()
    for call in everything(log):
        expect(call, "newer version", "Upgrade")
    assert log.path.read_bytes() == content


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    log = Log(tmp_path / "file" / "qa.sqlite3")
    expect(lambda: log.record(*asked()), str(log.path), "permissions")
    folder = Log(tmp_path)
    for call in everything(folder):
        expect(call, str(tmp_path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_file_that_may_not_be_written_is_told(log: Log) -> None:
    log.record(*asked())
    log.path.chmod(0o400)
    expect(lambda: log.record(*asked()), "permissions")


def test_a_full_disk_is_told_and_what_was_kept_stays(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.record(*asked(), desk="d")
    connect = sqlite3.connect

    def full(*arguments: object, **options: object) -> sqlite3.Connection:
        connection = connect(*arguments, **options)  # type: ignore[call-overload]
        connection.execute("PRAGMA max_page_count = 1")  # no page more than there are
        return connection  # type: ignore[no-any-return]

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", full)
        expect(lambda: log.record(*asked("长" * 9000), desk="d"), "full", "disk space")
    assert len(log.recent("d")) == 1


def test_a_log_in_use_is_told_and_not_waited_for_long(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = log.record(*asked(), desk="d")
    monkeypatch.setattr(module, "_RECORD_SECONDS", 0.01)
    monkeypatch.setattr(module, "_JUDGE_SECONDS", 0.01)
    with closing(sqlite3.connect(log.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        expect(lambda: log.record(*asked()), "in use")
        expect(lambda: log.judge(Feedback(key, "up")), "in use")
        other.execute("ROLLBACK")
    log._turn.acquire()
    expect(lambda: log.record(*asked()), "in use")
    log._turn.release()
    assert log.record(*asked()) == key

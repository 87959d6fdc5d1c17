"""Jobs that change the library: their queue and what is told of them, and a process of their own."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from documents import library
from documents.errors import CorrectionError
from documents.types import Change, Original
from index import snapshot
from index.errors import OutdatedIndexError
from index.stores import default_store
from qa.web import process
from qa.web.jobs import (
    KEPT,
    NOT_OPENED,
    WAITING,
    BusyError,
    Cancelled,
    Failure,
    Item,
    Job,
    Jobs,
    Report,
    Result,
    Stop,
    Task,
    estimate,
    write_job,
)
from qa.web.process import KILLED, change_library
from tests.test_index_encoder import make_model

FILE = Original("opinion.txt", "某某意见\n一、支持公共充电站建设。\n二、支持电池回收。\n".encode())
ADDED = Item(Change("opinion.txt", "added", "opinion", None, "已添加。", "added."), {"gaps": []})
CHANGED = Result((ADDED,), "new", changed=True)
LONG = 60.0


class Gate:
    """A change that waits until it may go on, or is to stop; ``tasks`` are those that began."""

    def __init__(self, result: Result = CHANGED) -> None:
        self.result = result
        self.tasks: list[Task] = []
        self.began = threading.Semaphore(0)
        self.may_end = threading.Semaphore(0)

    def __call__(self, task: Task, report: Report, stop: Stop) -> Result:
        self.tasks.append(task)
        stop.then(self.may_end.release)
        report("add", 1, 2)
        self.began.release()
        assert self.may_end.acquire(timeout=LONG)
        if stop.asked:
            raise Cancelled
        return self.result

    def begun(self) -> None:
        assert self.began.acquire(timeout=LONG)


def end(jobs: Jobs, job: Job) -> Job:
    *_, last = jobs.follow(job.id)
    return last


def states(jobs: Jobs) -> list[str]:
    return [job.state for job in jobs.list()]


# --- the queue ------------------------------------------------------------------------------------


def test_a_job_is_followed_from_the_queue_to_its_end() -> None:
    gate, reopened = Gate(), threading.Event()
    jobs = Jobs(gate, reopened.set)
    job = jobs.start_add([FILE])
    assert (job.kind, job.state) == ("add", "queued")
    follower = jobs.follow(job.id)
    gate.begun()
    seen = next(job for job in follower if job.stage)
    assert (seen.state, seen.stage, seen.done, seen.total) == ("running", "add", 1, 2)
    gate.may_end.release()
    *_, last = follower
    assert last == jobs.get(job.id) and last.ended and reopened.is_set()
    assert (last.state, last.index, last.items, last.stage) == ("done", "new", (ADDED,), None)
    assert gate.tasks == [Task("add", originals=(FILE,))]


def test_many_follow_one_job_and_all_see_its_end() -> None:
    gate = Gate()
    jobs = Jobs(gate)
    job = jobs.start_remove(["opinion"])
    with ThreadPoolExecutor(20) as threads:
        ends = [threads.submit(end, jobs, job) for _ in range(20)]
        gate.may_end.release()
        assert [each.result(LONG) for each in ends] == [jobs.get(job.id)] * 20


def test_changes_run_one_at_a_time_in_their_order() -> None:
    gate = Gate()
    jobs = Jobs(gate)
    first, second = jobs.start_remove(["a"]), jobs.start_correct("b", {"title": "某某"})
    gate.begun()
    assert states(jobs) == ["queued", "running"] and len(gate.tasks) == 1
    gate.may_end.release()
    end(jobs, first)
    gate.begun()
    gate.may_end.release()
    end(jobs, second)
    assert gate.tasks == [
        Task("remove", ids=("a",)),
        Task("correct", ids=("b",), fields={"title": "某某"}),
    ]


def test_a_full_queue_takes_no_more() -> None:
    gate = Gate()
    jobs = Jobs(gate)
    jobs.start_add([FILE])
    gate.begun()
    waiting = [jobs.start_add([FILE]) for _ in range(WAITING)]
    with pytest.raises(BusyError, match="排队"):
        jobs.start_remove(["opinion"])
    assert jobs.cancel(waiting[0].id)
    jobs.start_remove(["opinion"])
    jobs.close()


def test_files_that_wait_are_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.web.jobs.WAITING_BYTES", 3 * len(FILE.data))
    gate = Gate()
    jobs = Jobs(gate)
    jobs.start_add([FILE] * 4)
    gate.begun()
    first = jobs.start_add([FILE] * 4)  # however large, where none waits
    with pytest.raises(BusyError, match="太多"):
        jobs.start_add([FILE])
    jobs.cancel(first.id)
    jobs.start_add([FILE] * 2)
    jobs.start_add([FILE])
    with pytest.raises(BusyError, match="太多"):
        jobs.start_add([FILE])
    jobs.close()


def test_a_waiting_job_is_dropped_and_never_runs() -> None:
    gate = Gate()
    jobs = Jobs(gate)
    first, second, third = (jobs.start_remove([id]) for id in "abc")
    gate.begun()
    assert jobs.cancel(second.id) and end(jobs, second).state == "cancelled"
    gate.may_end.release(2)
    assert end(jobs, third).state == end(jobs, first).state == "done"
    assert [task.ids for task in gate.tasks] == [("a",), ("c",)]
    assert not jobs.cancel(second.id) and not jobs.cancel(first.id) and not jobs.cancel("none")


def test_an_addition_that_runs_is_stopped_and_a_removal_is_not() -> None:
    gate, reopened = Gate(), threading.Event()
    jobs = Jobs(gate, reopened.set)
    job = jobs.start_add([FILE])
    gate.begun()
    assert jobs.cancel(job.id)
    assert end(jobs, job).state == "cancelled" and not reopened.is_set()
    job = jobs.start_remove(["opinion"])
    gate.begun()
    assert not jobs.cancel(job.id)
    gate.may_end.release()
    assert end(jobs, job).state == "done" and reopened.is_set()


def test_a_fault_ends_the_job_and_not_the_queue(caplog: pytest.LogCaptureFixture) -> None:
    def run(task: Task, report: Report, stop: Stop) -> Result:
        if task.kind == "add":
            raise ZeroDivisionError("secret")
        return Result()

    jobs = Jobs(run)
    failed, done = jobs.start_add([FILE]), jobs.start_remove(["opinion"])
    last = end(jobs, failed)
    assert last.state == "failed" and last.failure is not None and "secret" in caplog.text
    assert last.failure.code == "internal" and "secret" not in str(write_job(last))
    assert end(jobs, done).state == "done"


def test_an_index_that_cannot_be_opened_again_does_not_undo_the_change(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def after() -> None:
        raise RuntimeError("no memory")

    gate = Gate()
    gate.may_end.release()
    jobs = Jobs(gate, after)
    last = end(jobs, jobs.start_add([FILE]))
    assert (last.state, last.failure) == ("failed", NOT_OPENED) and "no memory" in caplog.text
    assert (last.items, last.index) == ((ADDED,), "new")


def test_an_addition_that_is_made_already_is_not_stopped_any_more() -> None:
    opening, opened = threading.Event(), threading.Event()

    def after() -> None:
        opening.set()
        assert opened.wait(LONG)

    gate = Gate()
    gate.may_end.release()
    jobs = Jobs(gate, after)
    job = jobs.start_add([FILE])
    assert opening.wait(LONG)
    assert not jobs.cancel(job.id)
    opened.set()
    assert end(jobs, job).state == "done"


def test_what_changed_nothing_opens_nothing_again() -> None:
    failure = Failure("index_outdated", "未更新。", "not updated.")
    reopened = threading.Event()
    jobs = Jobs(lambda *_: Result((ADDED,), failure=failure), reopened.set)
    last = end(jobs, jobs.start_add([FILE]))
    assert (last.state, last.items, last.failure) == ("failed", (ADDED,), failure)
    assert not reopened.is_set()


def test_the_last_few_that_ended_are_kept() -> None:
    jobs = Jobs(lambda *_: Result())
    for _ in range(KEPT + 3):
        last = jobs.start_remove(["opinion"])
        end(jobs, last)
    assert len(jobs.list()) == KEPT and jobs.list()[0].id == last.id
    assert jobs.get("none") is None
    with pytest.raises(KeyError):
        jobs.follow("none")


def test_without_news_a_follower_hears_the_same_again() -> None:
    gate = Gate()
    jobs = Jobs(gate)
    job = jobs.start_add([FILE])
    gate.begun()
    follower = jobs.follow(job.id, heartbeat=0.0)
    assert next(follower) == next(follower) == next(follower)
    jobs.close()


def test_closing_stops_everything_and_lets_followers_go() -> None:
    gate = Gate()
    jobs = Jobs(gate)
    running, waiting = jobs.start_remove(["a"]), jobs.start_remove(["b"])
    gate.begun()
    with ThreadPoolExecutor(2) as threads:
        followers = [threads.submit(list, jobs.follow(job.id)) for job in (running, waiting)]
        jobs.close()
        assert followers[0].result(LONG) and followers[1].result(LONG)[-1].state == "cancelled"
    with pytest.raises(BusyError, match="stopping"):
        jobs.start_add([FILE])
    assert len(gate.tasks) == 1


def test_an_index_is_built_anew_once_at_a_time() -> None:
    gate = threading.Event()

    def run(task: Task, report: Report, stop: Stop) -> Result:
        assert task == Task("rebuild") and gate.wait(10)
        return Result(index="new", changed=True)

    jobs = Jobs(run)
    assert not jobs.rebuilding
    job = jobs.start_rebuild()
    assert jobs.rebuilding and jobs.start_rebuild().id == job.id
    gate.set()
    *_, last = jobs.follow(job.id)
    assert (last.kind, last.state, last.index) == ("rebuild", "done", "new")
    assert not jobs.rebuilding


def test_a_wrong_correction_makes_no_job() -> None:
    jobs = Jobs(lambda *_: Result())
    with pytest.raises(CorrectionError):
        jobs.start_correct("opinion", {"written": "gestern"})
    assert jobs.list() == ()


def test_the_time_left_follows_the_pace_of_the_stage() -> None:
    now = [100.0]
    told: list[float | None] = []

    def run(task: Task, report: Report, stop: Stop) -> Result:
        for stage, done, total, second in STEPS:
            now[0] = second
            report(stage, done, total)
            [job] = jobs.list()
            told.append(job.seconds_left)
        return Result()

    jobs = Jobs(run, clock=lambda: now[0])
    assert end(jobs, jobs.start_add([FILE])).seconds_left is None
    assert told == [None, 10.0, None, None, 60.0, 0.0]


STEPS = [
    ("read", 0, 4, 100.0),
    ("read", 2, 4, 110.0),
    ("model", 0, 0, 110.0),
    ("encode", 0, 80, 200.0),
    ("encode", 20, 80, 220.0),
    ("encode", 80, 80, 300.0),
]


def test_no_pace_no_time_left() -> None:
    assert estimate(5.0, 0, 10) is None and estimate(5.0, 0, 0) is None
    assert estimate(5.0, 5, 10) == 5.0


def test_a_job_as_json_keeps_the_contract() -> None:
    odd = Item(Change("\udcff.txt", "failed", None, None, "坏。", "bad."))
    failure = Failure("killed", "终止。", "killed.")
    job = Job("7", "add", "failed", "encode", 1, 2, 3.5, (ADDED, odd), failure, "new")
    assert write_job(job) == {
        "id": "7",
        "kind": "add",
        "state": "failed",
        "stage": "encode",
        "done": 1,
        "total": 2,
        "seconds_left": 3.5,
        "changes": [
            {
                "file": "opinion.txt",
                "outcome": "added",
                "id": "opinion",
                "other": None,
                "chinese": "已添加。",
                "english": "added.",
                "audit": {"gaps": []},
            },
            {
                "file": "\\udcff.txt",
                "outcome": "failed",
                "id": None,
                "other": None,
                "chinese": "坏。",
                "english": "bad.",
                "audit": None,
            },
        ],
        "error": {"code": "killed", "chinese": "终止。", "english": "killed."},
        "index": "new",
    }
    assert write_job(Job("8", "remove"))["error"] is None
    # The list of jobs grows with what was added of late, but not by what parsing did to each file.
    assert [c["audit"] for c in write_job(job, audits=False)["changes"]] == [None] * len(job.items)


# --- a process of its own -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(make_model(tmp_path_factory.mktemp("models") / "tiny"))


@pytest.fixture
def jobs(home: Path, model: str) -> Iterator[Jobs]:
    (home / "documents").mkdir(parents=True)
    jobs = Jobs(lambda *asked: change_library(*asked, model=model))
    yield jobs
    jobs.close()


def act_at(jobs: Jobs, job: Job, stage: str, act: Callable[[], Any]) -> Job:
    """Follow a job to its end, and do something once it is at ``stage``."""
    follower = jobs.follow(job.id)
    assert next((seen for seen in follower if seen.stage == stage), None)
    act()
    *_, last = follower
    return last


@pytest.fixture
def ignored_interrupts() -> Iterator[None]:
    """Ignore Ctrl-C, as a server does which a script began in the background."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


def kill_children() -> None:
    for child in multiprocessing.active_children():
        child.kill()


@pytest.mark.usefixtures("ignored_interrupts")
def test_the_library_is_changed_in_another_process(jobs: Jobs) -> None:
    reopened: list[int] = []
    jobs.after = lambda: reopened.append(1)
    added = end(jobs, jobs.start_add([FILE, Original("bad.txt", b"")]))
    assert added.state == "done", added
    good, bad = added.items
    assert good.change.id == "opinion" and bad.change.outcome == "failed" and bad.audit is None
    assert good.audit is not None and good.audit["adds_up"] and "dropped" not in good.audit
    assert good.audit["kinds"] == {"front": 1, "clause": 2} and good.audit["doubts"]
    assert added.index == snapshot.read_manifest(default_store()).fingerprint
    removed = end(jobs, jobs.start_remove(["opinion"]))
    assert (removed.state, removed.index, len(reopened)) == ("done", None, 2)
    assert library.list_files() == frozenset() and not multiprocessing.active_children()

    # What is stopped or killed leaves library and index whole.
    job = jobs.start_add([FILE])
    stopped = act_at(jobs, job, "model", lambda: jobs.cancel(job.id))
    assert (stopped.state, library.list_files()) == ("cancelled", frozenset())
    assert not snapshot.is_outdated(default_store())
    killed = act_at(jobs, jobs.start_add([FILE]), "model", kill_children)
    assert (killed.state, killed.failure) == ("failed", KILLED)
    assert library.list_files() == {"opinion.txt"} and library.verify().intact == 1
    assert snapshot.is_outdated(default_store()) and len(reopened) == 2
    again = end(jobs, jobs.start_add([FILE]))
    assert again.state == "done" and again.items[0].change.outcome == "duplicate"
    assert again.index == added.index and len(reopened) == 3
    assert not multiprocessing.active_children()


def test_an_index_that_cannot_follow_is_told_apart() -> None:
    told = process._explain(OutdatedIndexError("索引没有更新。\nThe index is not up to date."))
    assert told == Failure("index_outdated", "索引没有更新。", "The index is not up to date.")
    assert process._explain(OSError("full")) == Failure("failed", "full", "full")

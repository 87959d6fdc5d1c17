"""Changes of the library that the page or REST asks for: one at a time, each followed to its end.

What carries a change out is given (``run``); the product's own runs it in a process of its own, see
``qa.web.process``. ``Jobs`` keeps the queue, the state of each job, and who waits for news of it.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from documents.corrections import check
from documents.types import Change, Original

Kind = Literal["add", "remove", "correct", "rebuild"]
State = Literal["queued", "running", "done", "failed", "cancelled"]

# Jobs that may wait, and bytes of their files together: they lie in memory until their turn comes.
WAITING = 8
WAITING_BYTES = 512 * 1024 * 1024
# Jobs that have ended and can still be looked at.
KEPT = 20
# A follower hears at least this often, in seconds, so that one whose reader has gone away is found.
HEARTBEAT = 15.0
# The stage in which the change is made already.
OPENING = "open"
# Seconds that a job which runs has to stop, where the server does.
CLOSING = 5.0

logger = logging.getLogger(__name__)


class BusyError(Exception):
    """No further job is taken: too many wait already, or the server is stopping."""

    code = "busy"

    def __init__(self, chinese: str, english: str) -> None:
        self.chinese, self.english = chinese, english
        super().__init__(f"{chinese}\n{english}")


class Cancelled(Exception):
    """A change was stopped as asked; the library and its index are as they were."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a job is to do: originals to add, ids to remove, or fields of the one id to correct.

    To rebuild the index nothing more need be said.
    """

    kind: Kind
    originals: tuple[Original, ...] = ()
    ids: tuple[str, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job came to nothing, or not to all that was wanted; ``code`` is for programs."""

    code: str
    chinese: str
    english: str


@dataclass(frozen=True, slots=True)
class Item:
    """What became of one file; ``audit`` is what parsing did to it, where it was added.

    An audit has the fields of ``documents.reports.write_audit`` but ``dropped``.
    """

    change: Change
    audit: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What a change came to. ``index`` is the new index's fingerprint, None where there is none.

    ``changed`` says whether the index is another one now, or gone with the last document.
    """

    items: tuple[Item, ...] = ()
    index: str | None = None
    changed: bool = False
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it stands at one moment.

    ``done`` of ``total`` things of ``stage`` are finished; ``total`` is 0 where nothing is counted.
    Stages: ``add`` (files taken in), ``read``, ``model`` (loaded), ``encode``, ``measure`` (which
    nearness means nothing), ``open`` (the index, again, for questions). ``seconds_left`` are of the
    stage, None where nothing tells.
    """

    id: str
    kind: Kind
    state: State = "queued"
    stage: str | None = None
    done: int = 0
    total: int = 0
    seconds_left: float | None = None
    items: tuple[Item, ...] = ()
    failure: Failure | None = None
    index: str | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ("done", "failed", "cancelled")


class Stop:
    """Tells a running change to stop, once, from another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked = False
        self._call: Callable[[], None] | None = None

    @property
    def asked(self) -> bool:
        """Whether the change is to stop."""
        return self._asked

    def ask(self) -> None:
        """Tell the change to stop; asking again does nothing."""
        with self._lock:
            first, self._asked = not self._asked, True
            call = self._call
        if first and call:
            call()

    def then(self, call: Callable[[], None]) -> None:
        """Have ``call`` called when the change is to stop: at once where that was asked before."""
        with self._lock:
            self._call = call
            asked = self._asked
        if asked:
            call()


# Called with the stage, how much of it is done, and of how much.
Report = Callable[[str, int, int], None]
# Carries a change out; raises Cancelled where it stopped as asked and left everything as it was.
Run = Callable[[Task, Report, Stop], Result]


class Jobs:
    """The jobs of a server: those that wait, the one that runs, and the last few that ended.

    ``after`` is called, in the thread of the job, when the index has changed; the job ends when it
    returns, and has failed where it raises. It may be set once the application is put together.
    """

    def __init__(
        self,
        run: Run,
        after: Callable[[], None] = lambda: None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.after = after
        self._run = run
        self._clock = clock
        self._news = threading.Condition()
        self._jobs: dict[str, Job] = {}  # oldest first
        self._waiting: deque[tuple[str, Task]] = deque()
        self._stop: Stop | None = None  # of the job that runs
        self._busy = False  # whether a thread is carrying jobs out
        self._stage_began = 0.0
        self._closed = False

    def start_add(self, originals: Sequence[Original]) -> Job:
        """Have files added, archives unpacked; BusyError where too many jobs wait."""
        return self._start(Task("add", originals=tuple(originals)))

    def start_remove(self, ids: Sequence[str]) -> Job:
        """Have documents removed; BusyError where too many jobs wait."""
        return self._start(Task("remove", ids=tuple(ids)))

    def start_correct(self, id: str, fields: Mapping[str, Any]) -> Job:
        """Have metadata corrected, None withdrawing a correction; BusyError as the others.

        CorrectionError where a field or its value is wrong: see ``documents.corrections.check``.
        """
        check(fields)
        return self._start(Task("correct", ids=(id,), fields=dict(fields)))

    def start_rebuild(self) -> Job:
        """Have the index built anew; one that waits or runs already is returned. BusyError as the others."""
        with self._news:
            begun = self._rebuild()
        return begun or self._start(Task("rebuild"))

    @property
    def rebuilding(self) -> bool:
        """Whether the index is being built anew, or will be."""
        with self._news:
            return self._rebuild() is not None

    def _rebuild(self) -> Job | None:
        return next((j for j in self._jobs.values() if j.kind == "rebuild" and not j.ended), None)

    @property
    def busy(self) -> bool:
        """Whether a job runs or waits."""
        with self._news:
            return self._busy

    def get(self, id: str) -> Job | None:
        """Return the job as it stands, None where it is not known (any more)."""
        with self._news:
            return self._jobs.get(id)

    def list(self) -> tuple[Job, ...]:
        """Return the jobs that are known, newest first."""
        with self._news:
            return tuple(reversed(self._jobs.values()))

    def cancel(self, id: str) -> bool:
        """Stop a job; return False where it is too late, or no such job is known.

        One that waits is dropped. An addition that runs is told to stop and leaves everything as it
        was; the job says when it has. A removal or correction that runs is finished: it changes the
        library at once, and only its index is still being made.
        """
        with self._news:
            job = self._jobs.get(id)
            if job is None or job.ended:
                return False
            if job.state == "queued":
                self._drop(id)
                return True
            stop = self._stop if job.kind == "add" and job.stage != OPENING else None
        if stop:
            stop.ask()
        return stop is not None

    def follow(self, id: str, *, heartbeat: float = HEARTBEAT) -> Iterator[Job]:
        """Yield the job as it stands, and again whenever it has changed, until it has ended.

        Waits between; without news it yields the same again after ``heartbeat`` seconds. A slow
        follower misses what was in between, but never the end. KeyError where no such job is known.
        """
        with self._news:
            job = self._jobs[id]
        return self._follow(job, heartbeat)

    def _follow(self, job: Job, heartbeat: float) -> Iterator[Job]:
        yield job
        while not job.ended:
            job, closed = self._wait(job, heartbeat)
            yield job
            if closed:
                return

    def _wait(self, seen: Job, heartbeat: float) -> tuple[Job, bool]:
        """Wait for news of a job; return it as it stands, and whether there will be no more."""
        with self._news:
            self._news.wait_for(lambda: self._closed or self._latest(seen) != seen, heartbeat)
            return self._latest(seen), self._closed

    def _latest(self, seen: Job) -> Job:
        # Where it was forgotten meanwhile, it had ended long ago.
        return self._jobs.get(seen.id, replace(seen, state="cancelled"))

    def close(self) -> None:
        """Stop: take no more jobs, drop those that wait, stop the one that runs, wake followers.

        Waits a few seconds for the one that runs, so that an addition can be taken back.
        """
        with self._news:
            self._closed = True
            for id, _ in tuple(self._waiting):
                self._drop(id)
            stop = self._stop
            self._news.notify_all()
        if stop:
            stop.ask()
            with self._news:
                self._news.wait_for(lambda: self._stop is not stop, CLOSING)

    # --- the queue: what follows is called with the lock held, but for what runs in the thread ----

    def _start(self, task: Task) -> Job:
        with self._news:
            if self._closed:
                raise BusyError("服务正在停止，不再接受更改。", "the server is stopping.")
            if len(self._waiting) >= WAITING:
                raise BusyError(
                    f"已有 {WAITING} 项更改在排队，请等其中一项完成后再试。",
                    f"{WAITING} changes are waiting already; try again when one has finished.",
                )
            # One alone is taken whatever its size, which whoever reads the upload limits.
            held = sum(_measure(other) for _, other in self._waiting)
            if held and held + _measure(task) > WAITING_BYTES:
                raise BusyError(
                    "排队等待添加的文件太多，请等其中一项完成后再试。",
                    "too many files are waiting to be added already; try again when some are in.",
                )
            job = Job(uuid.uuid4().hex, task.kind)
            self._waiting.append((job.id, task))
            self._put(job)
            if not self._busy:
                self._busy = True
                threading.Thread(target=self._run_all, name="change-library", daemon=True).start()
            return job

    def _put(self, job: Job) -> None:
        """Make this what is known of the job, and tell those who follow it."""
        self._jobs[job.id] = job
        for old in [j.id for j in self._jobs.values() if j.ended][:-KEPT]:
            del self._jobs[old]
        self._news.notify_all()

    def _drop(self, id: str) -> None:
        self._waiting = deque(item for item in self._waiting if item[0] != id)
        self._put(replace(self._jobs[id], state="cancelled"))

    def _run_all(self) -> None:
        """Carry out what waits, one after the other, until nothing does."""
        while True:
            with self._news:
                if not self._waiting:
                    self._busy = False
                    return
                id, task = self._waiting.popleft()
                self._stop = stop = Stop()
                self._put(replace(self._jobs[id], state="running"))
            job = self._carry_out(id, task, stop)
            with self._news:
                self._stop = None
                self._put(job)

    def _carry_out(self, id: str, task: Task, stop: Stop) -> Job:
        """Run one job to its end and return it as it has ended."""
        try:
            result = self._run(task, lambda *progress: self._report(id, *progress), stop)
        except Cancelled:
            return self._ended(id, "cancelled")
        except Exception:  # whatever it is, the job must end and say so
            logger.exception("A change of the library failed")
            return self._ended(id, "failed", failure=INTERNAL)
        failure = result.failure
        if result.changed:
            self._report(id, OPENING, 0, 0)
            try:
                self.after()
            except Exception:
                logger.exception("The changed index could not be opened")
                failure = failure or NOT_OPENED
        return self._ended(
            id,
            "failed" if failure else "done",
            items=result.items,
            failure=failure,
            index=result.index,
        )

    def _ended(self, id: str, state: State, **known: Any) -> Job:
        with self._news:
            return replace(self._jobs[id], state=state, stage=None, seconds_left=None, **known)

    def _report(self, id: str, stage: str, done: int, total: int) -> None:
        with self._news:
            job, now = self._jobs[id], self._clock()
            if stage != job.stage:
                self._stage_began = now
            left = estimate(now - self._stage_began, done, total)
            self._put(replace(job, stage=stage, done=done, total=total, seconds_left=left))


def _measure(task: Task) -> int:
    """Return how many bytes of files a task holds."""
    return sum(len(original.data) for original in task.originals)


INTERNAL = Failure(
    "internal",
    "更改文档库时程序出错，详情见服务日志；索引仍可使用。",
    "The change failed by a fault of the program; the server's log has the details. The index can "
    "still be used.",
)


NOT_OPENED = Failure(
    "not_opened",
    "文档库和索引已更改，但新的索引无法打开，问答用的仍是原来的；详情见服务日志，请重启服务。",
    "The library and its index have changed, but the new index cannot be opened, and answers still come "
    "from the one of before; the server's log has the details. Start the server again.",
)


def estimate(elapsed: float, done: int, total: int) -> float | None:
    """Return the seconds that the rest of a stage takes at the pace so far; None before any is known."""
    if not 0 < done <= total:
        return None
    return round(elapsed / done * (total - done), 1)


def write_job(job: Job, *, audits: bool = True) -> dict[str, Any]:
    """Return the job as plain JSON values, without the audits where they are not wanted."""
    failure = job.failure
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "stage": job.stage,
        "done": job.done,
        "total": job.total,
        "seconds_left": job.seconds_left,
        "changes": [_write_item(item, audits) for item in job.items],
        "error": failure
        and {"code": failure.code, "chinese": failure.chinese, "english": failure.english},
        "index": job.index,
    }


def _write_item(item: Item, audits: bool) -> dict[str, Any]:
    change = item.change
    return {
        "file": change.file.encode(errors="backslashreplace").decode(),
        "outcome": change.outcome,
        "id": change.id,
        "other": change.other,
        "chinese": change.chinese,
        "english": change.english,
        "audit": item.audit if audits else None,
    }

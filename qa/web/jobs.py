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

from documents.types import Change, Original

Kind = Literal["add", "remove", "correct"]
State = Literal["queued", "running", "done", "failed", "cancelled"]

# Jobs that may wait: uploads lie in memory until their turn comes.
WAITING = 8
# Jobs that have ended and can still be looked at.
KEPT = 20
# A follower hears at least this often, in seconds, so that one whose reader has gone away is found.
HEARTBEAT = 15.0

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
    """What a job is to do: originals to add, ids to remove, or fields of the one id to correct."""

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
    Stages: ``add`` (files taken in), ``read``, ``model`` (loaded), ``encode``, ``open`` (the index
    reopened for questions). ``seconds_left`` are of the stage, None where nothing tells.
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
    returns. It may be set once the application is put together.
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
        self._running: tuple[str, Stop] | None = None
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

        What ``documents.corrections.check`` raises where a field or value is wrong.
        """
        raise NotImplementedError

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
        raise NotImplementedError

    def follow(self, id: str, *, heartbeat: float = HEARTBEAT) -> Iterator[Job]:
        """Yield the job as it stands, and again whenever it has changed, until it has ended.

        Waits between; without news it yields the same again after ``heartbeat`` seconds. A slow
        follower misses what was in between, but never the end. KeyError where no such job is known.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Stop: take no more jobs, drop those that wait, stop the one that runs, wake followers."""
        raise NotImplementedError

    def _start(self, task: Task) -> Job:
        raise NotImplementedError


def write_job(job: Job) -> dict[str, Any]:
    """Return the job as plain JSON values."""
    failure = job.failure
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "stage": job.stage,
        "done": job.done,
        "total": job.total,
        "seconds_left": job.seconds_left,
        "changes": [_write_item(item) for item in job.items],
        "error": failure
        and {"code": failure.code, "chinese": failure.chinese, "english": failure.english},
        "index": job.index,
    }


def _write_item(item: Item) -> dict[str, Any]:
    change = item.change
    return {
        "file": change.file.encode(errors="backslashreplace").decode(),
        "outcome": change.outcome,
        "id": change.id,
        "other": change.other,
        "chinese": change.chinese,
        "english": change.english,
        "audit": item.audit,
    }

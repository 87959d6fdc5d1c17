"""Whose question is answered when: a few at once, a bounded line behind them, the rest sent away.

Answering is computing, and Python computes one thing at a time: more at once finish no sooner, each
only takes longer. So a few run, the others wait in the order in which they came, without a thread,
and one that would wait too long is told so at once, with the time after which it is worth coming
again. The page, REST and MCP stand in the same line.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType

# Two, so that one computes while the other waits for the disk (the log). More give no more: measured
# with 32 askers, a second of the processor answers 22 to 23 questions whether 1, 2, 3, 4 or 8 run.
RUNNING = 2
# A language model is waited for over a network, and the machine computes for others meanwhile.
WRITING = 16
WAITING = 128
# Seconds of an answer before the first one has shown how long it takes.
_FIRST_GUESS = 0.5
# How much the newest answer counts in the mean of how long they take.
_NEWEST = 0.1
_MOST_SECONDS = 120


class CrowdedError(Exception):
    """Too many wait already; ``seconds`` is when about half of them will have had their turn."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(
            f"现在提问的人太多，请 {seconds} 秒后再试。\n"
            f"Too many questions are waiting; try again in {seconds} seconds."
        )


class Place:
    """One question's place in the line. ``leave`` it in any case: it is a context manager too."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self.granted: Future[None] = Future()
        # From now on who waits for it can go away without taking it along.
        self.granted.set_running_or_notify_cancel()
        self.began: float | None = None

    @property
    def ahead(self) -> int:
        """Return how many stand before this one and are not answered yet; 0 when it has its turn."""
        return self._admission.count_before(self)

    async def turn(self) -> None:
        """Wait for the turn, in any event loop and without a thread."""
        if not self.granted.done():
            await asyncio.wrap_future(self.granted)

    def leave(self) -> None:
        """Give the place to the next one, from any thread; again does nothing."""
        self._admission.release(self)

    def __enter__(self) -> Place:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.leave()


class Admission:
    """The line: at most ``running`` have their turn, at most ``waiting`` stand behind them."""

    def __init__(
        self,
        running: int = RUNNING,
        waiting: int = WAITING,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most_running, self._most_waiting = running, waiting
        self._clock = clock
        self._lock = threading.Lock()
        self._running: set[Place] = set()
        self._waiting: deque[Place] = deque()
        self._mean = _FIRST_GUESS

    @property
    def running(self) -> int:
        """Return how many have their turn."""
        return len(self._running)

    @property
    def waiting(self) -> int:
        """Return how many wait for it."""
        return len(self._waiting)

    def enter(self) -> Place:
        """Return a place at the end of the line; CrowdedError, at once, where it is full."""
        place = Place(self)
        with self._lock:
            if len(self._running) < self._most_running:
                self._start(place)
            elif len(self._waiting) < self._most_waiting:
                self._waiting.append(place)
            else:
                raise CrowdedError(self._estimate())
        return place

    def release(self, place: Place) -> None:
        """Let ``place`` go, and give its turn, if it had it, to the first that waits."""
        with self._lock:
            if place in self._running:
                self._running.remove(place)
                assert place.began is not None
                self._mean += _NEWEST * (self._clock() - place.began - self._mean)
                if self._waiting:
                    self._start(self._waiting.popleft())
            elif place in self._waiting:
                self._waiting.remove(place)

    def count_before(self, place: Place) -> int:
        """Return how many stand before ``place``; 0 for one that has its turn or has left."""
        with self._lock:
            if place not in self._waiting:
                return 0
            return len(self._running) + self._waiting.index(place)

    def _start(self, place: Place) -> None:
        place.began = self._clock()
        self._running.add(place)
        place.granted.set_result(None)

    def _estimate(self) -> int:
        """Return whole seconds until half of the line is through, at the pace of late."""
        seconds = self._mean * len(self._waiting) / self._most_running / 2
        return min(max(math.ceil(seconds), 1), _MOST_SECONDS)

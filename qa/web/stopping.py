"""A stop that is asked for: what is being answered is finished, nothing new is begun, all within 10 s.

In this order: no new connection is taken and a new request on an old one is refused; a change of the
library is told to stop, and with it those who follow it; requests that end by themselves are waited
for; then what is still open (an open page's heartbeat, a stream) is cut off. Who takes longer than
``LONGEST`` is not waited for: what was being written then is whole all the same, as after a crash.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import threading
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from qa.web.rest.problems import Problem, write_problem

# Seconds that requests are waited for, and after which the process ends whatever still runs.
ANSWERS = 6.0
LONGEST = 9.0
# Open as long as a page is, or as what they tell of.
_ENDLESS = re.compile(r"(?:/en)?/(?:gradio_api/heartbeat/.*|api/v1/jobs/[^/]+/events)")
_PAUSE = 0.05

logger = logging.getLogger(__name__)


class Stopping:
    """Knows what is being answered. But for ``begin`` and ``wait`` it belongs to the event loop.

    ``end`` ends what goes on apart from requests, within a few seconds; it is called in a thread.
    """

    def __init__(self, end: Callable[[], None]) -> None:
        self.running = 0
        self._end = end
        self._thread: threading.Thread | None = None

    @property
    def begun(self) -> bool:
        """Whether the server is stopping."""
        return self._thread is not None

    def begin(self) -> None:
        """Take nothing new, and have ``end`` called; again does nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._end, name="stopping", daemon=True)
            self._thread.start()

    def wait(self) -> None:
        """Wait until ``end`` has returned; an application may be started again then."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    async def drain(self, seconds: float = ANSWERS) -> None:
        """Wait until nothing is being answered that ends by itself, at most so long."""
        until = time.monotonic() + seconds
        while self.running and time.monotonic() < until:
            await asyncio.sleep(_PAUSE)


class Draining:
    """ASGI middleware: counts what is being answered, and refuses what comes when it stops."""

    def __init__(self, app: ASGIApp, stopping: Stopping) -> None:
        self.app = app
        self.stopping = stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 503."""
        if scope["type"] != "http" or _ENDLESS.fullmatch(scope["path"]):
            await self.app(scope, receive, send)
            return
        if self.stopping.begun:
            await write_problem(_REFUSAL)(scope, receive, send)
            return
        self.stopping.running += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.stopping.running -= 1


_REFUSAL = Problem(
    503,
    "stopping",
    "服务正在停止，请稍后再试。\nThe server is stopping; try again later.",
    {"Retry-After": "30", "Connection": "close"},
)


def end_at_last(seconds: float = LONGEST) -> None:
    """End the process after so many seconds, whatever still runs; it is not waited for."""

    def end() -> None:
        logger.warning("Stopped after %.0f s without waiting for what still runs", seconds)
        logging.shutdown()
        os._exit(0)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()

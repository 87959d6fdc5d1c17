"""Server-sent events: what a thread has to say, passed on as it comes.

The thread is the stream's own, so that long ones do not take the places of short requests. One whose
reader has gone away is stopped at the next thing it says.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import Any

from fastapi.responses import StreamingResponse

from qa.web.rest.problems import Problem, describe_problem, explain, write_json

EVENT_STREAM = "text/event-stream"
# Seconds of silence before a comment is sent: proxies cut a connection that is silent for a minute.
HEARTBEAT = 15.0
# Streams open at once; each is a thread.
STREAMS = 64

Say = Callable[[str, Any], None]

_places = threading.BoundedSemaphore(STREAMS)


class Gone(Exception):
    """Nobody reads the stream any more."""


class Stream:
    """What a thread says, as the lines of an event stream. Make it in the event loop.

    ``produce`` gets a function to say an event's name and a JSON value with; that raises Gone once
    ``close`` was called. An error of ``produce`` is the last event, ``problem``.
    """

    def __init__(self, produce: Callable[[Say], None]) -> None:
        self._produce = produce
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._closed = threading.Event()
        # What is logged in the thread, and a problem that it says, names the request it is for.
        run = partial(copy_context().run, self._run)
        threading.Thread(target=run, name="event-stream", daemon=True).start()

    async def __aiter__(self) -> AsyncIterator[str]:
        """Yield the events, and a comment where there is nothing to say for long."""
        try:
            while True:
                try:
                    line = await asyncio.wait_for(self._lines.get(), HEARTBEAT)
                except TimeoutError:
                    line = ":\n\n"
                if line is None:
                    return
                yield line
        finally:
            self.close()

    def close(self) -> None:
        """Have the thread stop when it next says something."""
        self._closed.set()

    def _run(self) -> None:
        try:
            self._produce(self._say)
        except Gone:
            pass
        except Exception as error:
            with suppress(Gone):
                self._say("problem", describe_problem(explain(error)))
        finally:
            self._put(None)
            _places.release()

    def _say(self, name: str, content: Any) -> None:
        if self._closed.is_set():
            raise Gone
        self._put(f"event: {name}\ndata: {write_json(content)}\n\n")

    def _put(self, line: str | None) -> None:
        with suppress(RuntimeError):  # the server has stopped, and its loop with it
            self._loop.call_soon_threadsafe(self._lines.put_nowait, line)


def respond(produce: Callable[[Say], None]) -> StreamingResponse:
    """Return a response of the events that ``produce`` says; Problem 503 where too many are open."""
    if not _places.acquire(blocking=False):
        raise Problem(
            503,
            "busy",
            f"同时打开的事件流已达 {STREAMS} 个，请稍后再试。\n"
            f"{STREAMS} streams are open already; try again later.",
            {"Retry-After": "30"},
        )
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(aiter(Stream(produce)), media_type=EVENT_STREAM, headers=headers)

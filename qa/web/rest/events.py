"""Server-sent events: what a thread has to say, passed on as it comes.

The thread is the stream's own, so that long ones do not take the places of short requests. One whose
reader has gone away is stopped at the next thing it says; what a slow reader has not read yet waits
for him here, not in the thread.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from contextvars import copy_context
from typing import Any

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from qa.web.rest.problems import Problem, describe_problem, explain, write_json

EVENT_STREAM = "text/event-stream"
# Seconds of silence before a comment is sent: proxies cut a connection that is silent for a minute.
HEARTBEAT = 15.0
# Jobs followed at once; each is a thread.
STREAMS = 64

Say = Callable[[str, Any], None]

_places = threading.BoundedSemaphore(STREAMS)


class Gone(Exception):
    """Nobody reads the stream any more."""


class Stream:
    """What a thread says, as the lines of an event stream. Make it in the event loop.

    ``produce`` gets a function to say an event's name and a JSON value with; that raises Gone once
    ``close`` was called. Its thread begins after ``turn``, and ``end`` is called when it has ended, or
    will never begin. An error of either is the last event, ``problem``.
    """

    def __init__(
        self, produce: Callable[[Say], None], turn: Awaitable[object], end: Callable[[], None]
    ) -> None:
        self._produce = produce
        self._end = end
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._closed = threading.Event()
        self._turn = asyncio.ensure_future(turn)
        self._turn.add_done_callback(self._begin)

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
        """Have the thread stop when it next says something, or never begin."""
        self._closed.set()
        self._turn.cancel()

    def _begin(self, turn: asyncio.Future[object]) -> None:
        error = None if turn.cancelled() else turn.exception()
        if turn.cancelled() or self._closed.is_set():
            self._finish()
        elif error is not None:
            self._explain(error)
            self._finish()
        else:
            # What is logged in the thread names the request it is for.
            run = copy_context().run
            threading.Thread(
                target=run, args=(self._run,), name="event-stream", daemon=True
            ).start()

    def _run(self) -> None:
        try:
            self._produce(self._say)
        except Gone:
            pass
        except Exception as error:
            self._explain(error)
        finally:
            self._finish()

    def _explain(self, error: BaseException) -> None:
        assert isinstance(error, Exception)
        with suppress(Gone):
            self._say("problem", describe_problem(explain(error)))

    def _finish(self) -> None:
        self._end()
        self._put(None)

    def _say(self, name: str, content: Any) -> None:
        if self._closed.is_set():
            raise Gone
        self._put(f"event: {name}\ndata: {write_json(content)}\n\n")

    def _put(self, line: str | None) -> None:
        with suppress(RuntimeError):  # the server has stopped, and its loop with it
            self._loop.call_soon_threadsafe(self._lines.put_nowait, line)


class Events(StreamingResponse):
    """The response that a stream is; it closes the stream also where it never came to read it."""

    media_type = EVENT_STREAM

    def __init__(self, stream: Stream) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(aiter(stream), headers=headers)
        self._stream = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events until they end or the reader leaves."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._stream.close()


def respond(produce: Callable[[Say], None]) -> Events:
    """Return a response of the events that ``produce`` says; Problem 503 where too many are open."""
    if not _places.acquire(blocking=False):
        raise Problem(
            503,
            "busy",
            f"同时打开的事件流已达 {STREAMS} 个，请稍后再试。\n"
            f"{STREAMS} streams are open already; try again later.",
            {"Retry-After": "30"},
        )
    return Events(Stream(produce, asyncio.sleep(0), _places.release))

"""An answer as it is being written: a language model's sentences first, then the whole."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from contextvars import copy_context


class _Left(Exception):
    """Nobody waits for the answer any more."""


async def stream_answer(
    write: Callable[[Callable[[str], None]], str], end: Callable[[], None]
) -> AsyncGenerator[tuple[str, bool], None]:
    """Yield (text, whether it is the whole): each sentence that ``write`` says, and what it returns.

    ``write`` has a thread of its own; ``end`` is called when that has ended, which it may after the
    reader has left: a model is stopped at its next sentence, and a search at its end. Raises what
    ``write`` raises.
    """
    loop = asyncio.get_running_loop()
    said: asyncio.Queue[tuple[str, bool] | BaseException] = asyncio.Queue()
    left = threading.Event()

    def put(item: tuple[str, bool] | BaseException) -> None:
        with suppress(RuntimeError):  # the server has stopped, and its loop with it
            loop.call_soon_threadsafe(said.put_nowait, item)

    def say(text: str) -> None:
        if left.is_set():
            raise _Left
        put((text, False))

    def work() -> None:
        last: tuple[str, bool] | BaseException
        try:
            last = write(say), True
        except BaseException as error:
            last = error
        end()
        put(last)

    # What is logged in the thread names the request it is for.
    threading.Thread(target=copy_context().run, args=(work,), name="answer", daemon=True).start()
    try:
        whole = False
        while not whole:
            item = await said.get()
            if isinstance(item, BaseException):
                raise item
            yield item
            whole = item[1]
    finally:
        left.set()

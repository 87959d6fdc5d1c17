"""An answer as it is being written: a language model's sentences first, then the response."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextvars import copy_context
from queue import Queue

from qa.types import Request, Response
from qa.web.startup import Assistant


class _Left(Exception):
    """Nobody waits for the answer any more."""


def stream_answer(assistant: Assistant, request: Request) -> Iterator[str | Response]:
    """Yield each sentence as it passes the gate, and at last the response.

    Raises what ``ask`` raises. Where the reader leaves, the model is stopped at its next sentence.
    """
    said: Queue[str | Response | BaseException] = Queue()
    left = threading.Event()

    def take(text: str) -> None:
        if left.is_set():
            raise _Left
        said.put(text)

    def work() -> None:
        try:
            said.put(assistant.ask(request, on_text=take))
        except BaseException as error:
            said.put(error)

    # What is logged in the thread names the request it is for.
    threading.Thread(target=copy_context().run, args=(work,), name="answer", daemon=True).start()
    try:
        while True:
            item = said.get()
            if isinstance(item, BaseException):
                raise item
            yield item
            if isinstance(item, Response):
                return
    finally:
        left.set()

"""Loading the model and the index behind the page, which answers meanwhile; and loading them again."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Literal, Protocol

from index.types import Index
from qa.types import Request, Response

State = Literal["loading", "ready", "failed"]

# Longest wait of one question for the model: a first index of a large library takes longer, and
# then the questioner is better told so than left waiting.
WAIT_SECONDS = 120.0

logger = logging.getLogger(__name__)


class Assistant(Protocol):
    """What the page needs of ``qa.assistant.PolicyAssistant``."""

    @property
    def index(self) -> Index: ...

    def ask(
        self,
        request: Request,
        *,
        on_text: Callable[[str], None] | None = None,
        composing: bool = True,
    ) -> Response: ...


class NotReady(Exception):
    """The assistant cannot be had: still loading, or loading failed with ``reason``."""

    def __init__(self, reason: str | None = None) -> None:
        super().__init__(reason or "still loading")
        self.reason = reason


class Startup:
    """Opens the assistant in a background thread, and again when the index has changed."""

    def __init__(self, open_assistant: Callable[[], Assistant]) -> None:
        self._open = open_assistant
        self._news = threading.Condition()
        self._assistant: Assistant | None = None
        self._reason: str | None = None
        self._opening = False
        # What those who wait for the loading hear: one for all of them, made anew with each loading.
        self._loaded = _make_news()
        # How often opening was wanted, and which of these the last attempt that ended was for.
        self._wanted = self._ended = 0

    def begin(self) -> None:
        """Start loading; returns at once."""
        self.reload()

    def reload(self, *, wait: bool = False) -> None:
        """Open the assistant again; questions go to the one of before until the new one is there.

        Returns at once, or with ``wait`` when an assistant is there that was opened after this call.
        Where it cannot be opened, the log says why and the one of before stays; NotReady with ``wait``.
        """
        with self._news:
            self._wanted += 1
            mine = self._wanted
            if not self._opening:
                self._opening = True
                if self._loaded.done():
                    self._loaded = _make_news()
                threading.Thread(target=self._load, name="load-assistant", daemon=True).start()
            if wait:
                self._news.wait_for(lambda: self._ended >= mine)
                if self._reason is not None:
                    raise NotReady(self._reason)

    @property
    def state(self) -> State:
        """Return how far loading is; ``ready`` while the assistant is only opened again."""
        with self._news:
            if self._assistant is not None:
                return "ready"
            return "failed" if self._reason is not None and not self._opening else "loading"

    @property
    def reason(self) -> str | None:
        """Return why there is no assistant, or None."""
        with self._news:
            return None if self._assistant or self._opening else self._reason

    def wait(self, seconds: float | None = None) -> Assistant:
        """Return the assistant, waiting for it; NotReady where it does not come in time.

        It holds a thread meanwhile: in the event loop ``come`` is what waits. Whoever has an assistant
        may go on using it, with the index it was opened with.
        """
        with self._news:
            self._news.wait_for(self._is_settled, WAIT_SECONDS if seconds is None else seconds)
            if self._assistant is not None:
                return self._assistant
        raise NotReady(self.reason)

    async def come(self) -> Assistant:
        """Return the assistant as ``wait`` does, waiting in the event loop, where it costs nothing."""
        with self._news:
            settled, loaded = self._is_settled(), self._loaded
        if not settled:
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.wrap_future(loaded), WAIT_SECONDS)
        return self.wait(0)

    def _is_settled(self) -> bool:
        return self._assistant is not None or bool(self._ended and not self._opening)

    def _load(self) -> None:
        """Open the assistant, once more where that was wanted meanwhile: the newest stays."""
        while True:
            with self._news:
                if self._ended == self._wanted:
                    self._opening = False
                    self._tell()
                    return
                wanted = self._wanted
            found, reason = self._try()
            with self._news:
                self._assistant = found or self._assistant
                self._reason = reason
                self._ended = wanted
                self._tell()

    def _tell(self) -> None:
        """Tell those who wait, in threads and in event loops, how it stands. The lock is held."""
        self._news.notify_all()
        if self._is_settled() and not self._loaded.done():
            self._loaded.set_result(None)

    def _try(self) -> tuple[Assistant | None, str | None]:
        try:
            return self._open(), None
        except (Exception, SystemExit) as error:  # whatever it is, the page must say so, not hang
            logger.exception("The assistant could not be loaded")
            return None, str(error) or type(error).__name__


def _make_news() -> Future[None]:
    """Return a future that many wait for: none of them takes it along when he goes away."""
    news: Future[None] = Future()
    news.set_running_or_notify_cancel()
    return news

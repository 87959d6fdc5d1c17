"""Loading the model and the index behind the page, which answers meanwhile."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
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
        self, request: Request, *, on_text: Callable[[str], None] | None = None
    ) -> Response: ...


class NotReady(Exception):
    """The assistant cannot be had: still loading, or loading failed with ``reason``."""

    def __init__(self, reason: str | None = None) -> None:
        super().__init__(reason or "still loading")
        self.reason = reason


class Startup:
    """Opens the assistant once, in a background thread."""

    def __init__(self, open_assistant: Callable[[], Assistant]) -> None:
        self._open = open_assistant
        self._done = threading.Event()
        self._assistant: Assistant | None = None
        self._reason: str | None = None

    def begin(self) -> None:
        """Start loading; returns at once."""
        threading.Thread(target=self._load, name="load-assistant", daemon=True).start()

    @property
    def state(self) -> State:
        """Return how far loading is."""
        if not self._done.is_set():
            return "loading"
        return "ready" if self._assistant is not None else "failed"

    @property
    def reason(self) -> str | None:
        """Return why loading failed, or None."""
        return self._reason if self._done.is_set() else None

    def wait(self, seconds: float | None = None) -> Assistant:
        """Return the assistant, waiting for it; NotReady where it does not come in time."""
        self._done.wait(WAIT_SECONDS if seconds is None else seconds)
        if self._assistant is None or not self._done.is_set():
            raise NotReady(self.reason)
        return self._assistant

    def _load(self) -> None:
        try:
            self._assistant = self._open()
        except (Exception, SystemExit) as error:  # whatever it is, the page must say so, not hang
            logger.exception("The assistant could not be loaded")
            self._reason = str(error) or type(error).__name__
        finally:
            self._done.set()

"""Loading the model and the index behind the page, which answers meanwhile; and loading them again."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Literal, Protocol

from documents.errors import explain_file
from index.errors import SnapshotError
from index.types import Index
from qa.types import Request, Response

# ``damaged``: the index has to be built anew, which ``rebuilding`` says is under way.
State = Literal["loading", "ready", "failed", "damaged", "rebuilding"]

# Told to who asks meanwhile.
DAMAGED = (
    "索引已损坏，或由其他版本建立，这个问题暂时无法作答；文档本身不受影响。请维护人员在网页上点「重建索引」，或运行 "
    "python -m index build。\nThe index is damaged, or was made by another version, so this cannot be "
    "answered now; the documents themselves are unaffected. Whoever keeps the library can choose “Rebuild "
    "the index” on the page, or run python -m index build."
)
REBUILDING = (
    "索引无法使用，正在从原文重建，完成后即可提问。\n"
    "The index cannot be used and is being rebuilt from the originals; ask again when it is done."
)

# Longest wait of one question for the model: a first index of a large library takes longer, and
# then the questioner is better told so than left waiting.
WAIT_SECONDS = 120.0
# Seconds between two looks whether another process has changed the index.
FOLLOWING = 3.0

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
    """Opens the assistant in a background thread, and again when the index has changed.

    ``read_version`` tells one index from the next without opening it, None where there is none.
    ``rebuilding`` tells whether a damaged index is being built anew. It may be set once the application
    is put together.
    """

    def __init__(
        self,
        open_assistant: Callable[[], Assistant],
        read_version: Callable[[], object] = lambda: None,
        rebuilding: Callable[[], bool] = lambda: False,
    ) -> None:
        self.rebuilding = rebuilding
        self._open = open_assistant
        self._read_version = read_version
        self._version: object = None  # of the index that was opened last, or could not be
        self._news = threading.Condition()
        self._assistant: Assistant | None = None
        self._reason: str | None = None
        self._refused = False  # whether that is an index which has to be built anew
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

    def refresh(self) -> None:
        """Open the assistant again where the index is another one by now; returns at once.

        Another process has made it. One that could not be opened is not tried again.
        """
        version = self._read_version()
        with self._news:
            changed = version != self._version and not self._opening
        if changed:
            logger.info("The index was changed by another process")
            self.reload()

    @property
    def state(self) -> State:
        """Return how far loading is; ``ready`` while the assistant is only opened again."""
        with self._news:
            if self._assistant is not None and not self._damage():
                return "ready"
            if self._assistant is None and (self._opening or self._reason is None):
                return "loading"
            damaged = self._assistant is not None or self._refused
        if not damaged:
            return "failed"
        return "rebuilding" if self.rebuilding() else "damaged"

    @property
    def reason(self) -> str | None:
        """Return why there is no assistant, or that its index is damaged; or None.

        Of a damaged index the log says what and where; this is for everyone who asks.
        """
        with self._news:
            reason = None if self._assistant or self._opening else self._reason
            reason = reason or self._damage()
        told = {"damaged": DAMAGED, "rebuilding": REBUILDING}
        return reason and told.get(self.state, reason)

    def _damage(self) -> str | None:
        """Return what was found damaged since the index was opened; not every index can tell."""
        return getattr(self._assistant.index, "damage", None) if self._assistant else None

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
            # One that is made meanwhile is then opened once more, unless it is our own first.
            version = self._read_version()
            found, reason, refused = self._try()
            version = self._read_version() if version is None else version
            with self._news:
                self._version = version
                self._assistant = found or self._assistant
                self._reason, self._refused = reason, refused
                self._ended = wanted
                self._tell()

    def _tell(self) -> None:
        """Tell those who wait, in threads and in event loops, how it stands. The lock is held."""
        self._news.notify_all()
        if self._is_settled() and not self._loaded.done():
            self._loaded.set_result(None)

    def _try(self) -> tuple[Assistant | None, str | None, bool]:
        """Return the assistant, else why there is none and whether its index is to be built anew."""
        try:
            return self._open(), None, False
        except (Exception, SystemExit) as error:  # whatever it is, the page must say so, not hang
            logger.exception("The assistant could not be loaded")
            reason = explain_file(error) if isinstance(error, OSError) else str(error)
            return None, reason or type(error).__name__, isinstance(error, SnapshotError)


async def follow_index(
    startup: Startup, changing: Callable[[], bool], *, pause: float = FOLLOWING
) -> None:
    """Have the assistant follow an index that other processes change, until cancelled.

    Not while ``changing``: what this process does to the index it tells itself.
    """
    while True:
        await asyncio.sleep(pause)
        if not changing():
            await asyncio.to_thread(startup.refresh)


def _make_news() -> Future[None]:
    """Return a future that many wait for: none of them takes it along when he goes away."""
    news: Future[None] = Future()
    news.set_running_or_notify_cancel()
    return news

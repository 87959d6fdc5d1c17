"""What the routes and the page's callbacks work with, in one place."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from pathlib import Path

from index.types import Index
from qa.log import Log
from qa.types import Request, Response
from qa.web.admission import Admission, Place
from qa.web.jobs import Jobs
from qa.web.startup import Assistant, Startup

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Resources:
    """The assistant, and what else is offered: what is None is not.

    Without ``log`` nothing is recorded and no feedback taken; without ``jobs`` the library is read
    only; without ``find_original`` originals are not handed out. ``seen`` is told of every answer.
    """

    startup: Startup
    log: Log | None = None
    jobs: Jobs | None = None
    find_original: Callable[[str], Path | None] | None = None
    admission: Admission = field(default_factory=Admission)
    seen: Callable[[Response], None] = lambda _: None

    async def open_index(self) -> Index:
        """Return the index of now, for what is read from it without standing in line; NotReady."""
        return (await self.startup.come()).index

    async def take_turn(self, place: Place) -> Assistant:
        """Return the assistant when there is one and it is this place's turn. Raises NotReady.

        In that order: nobody has a turn and does nothing with it.
        """
        assistant = await self.startup.come()
        await place.turn()
        return assistant

    async def approach(self, place: Place, every: float) -> AsyncGenerator[int, None]:
        """Yield how many stand before ``place`` every so many seconds, and end with its turn.

        Where it ends in another way, the place has been left.
        """
        turn = asyncio.ensure_future(self.take_turn(place))
        try:
            while True:
                done, _ = await asyncio.wait({turn}, timeout=every)
                if done:
                    turn.result()
                    return
                yield place.ahead
        except BaseException:
            place.leave()
            raise
        finally:
            turn.cancel()

    def answer(
        self,
        request: Request,
        *,
        desk: str | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> tuple[Response, str | None]:
        """Ask, and return the response with its key in the log, None where it is not recorded.

        Waits for the assistant. Raises NotReady, RequestError, and whatever ``on_text`` raises.
        """
        response = self.startup.wait().ask(request, on_text=on_text)
        return response, self.record(request, response, desk=desk)

    def record(
        self, request: Request, response: Response, *, desk: str | None = None
    ) -> str | None:
        """Record the answer and return its key; a log that fails is reported, never the answer lost."""
        self.seen(response)
        if self.log is None:
            return None
        try:
            return self.log.record(request, response, desk=desk)
        except Exception:
            logger.warning("An answer could not be recorded in the log", exc_info=True)
            return None

"""What the routes and the page's callbacks work with, in one place."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from qa.log import Log
from qa.types import Request, Response
from qa.web.jobs import Jobs
from qa.web.startup import Startup

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
    seen: Callable[[Response], None] = lambda _: None

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

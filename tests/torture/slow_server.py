"""``app.py`` whose answers take ``TORTURE_SECONDS`` longer, so that a stop comes while they run.

With ``TORTURE_ENCODER=fake`` nothing loads a model.
"""

from __future__ import annotations

import os
import time
from typing import Any

import app
from index import stores
from qa.assistant import PolicyAssistant
from qa.types import Request, Response
from tests.conftest import FakeEncoder

SECONDS = float(os.environ["TORTURE_SECONDS"])
open_assistant = app.open_assistant


class Slow:
    """The assistant, after a pause."""

    def __init__(self, assistant: PolicyAssistant) -> None:
        self._assistant = assistant

    @property
    def index(self) -> Any:
        """Return its index."""
        return self._assistant.index

    def ask(self, request: Request, **options: Any) -> Response:
        """Wait, then answer."""
        time.sleep(SECONDS)
        return self._assistant.ask(request, **options)


def open_slowly(*arguments: Any) -> Any:
    """Open the assistant as ``app`` does."""
    return Slow(open_assistant(*arguments))


if __name__ == "__main__":
    app.open_assistant = open_slowly
    if os.environ.get("TORTURE_ENCODER") == "fake":
        fake = FakeEncoder(256, tokens=False)
        app.load_model = stores.load_encoder = lambda model: fake
    app.leave(app.main())

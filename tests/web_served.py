"""The application over a real library in the test's own folder, with an encoder that needs no model."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from fastapi import FastAPI

from documents.library import find_original
from index.stores import open_index
from qa.assistant import PolicyAssistant
from qa.log import Log, log_path
from qa.web import process
from qa.web.application import create_web_app
from qa.web.jobs import Jobs, Report, Result, Stop, Task
from qa.web.patience import LIMITS, PatientProtocol
from tests.conftest import FakeEncoder, shorten_background


def build_app(monkeypatch: pytest.MonkeyPatch, *, editing: bool = True) -> FastAPI:
    """Return the application as ``app.py`` puts it together, changes made in this process."""
    encoder = FakeEncoder(16_384, tokens=False)
    shorten_background(monkeypatch)
    monkeypatch.setattr("index.stores.load_encoder", lambda model: encoder)
    return create_web_app(
        lambda: PolicyAssistant(open_index()),
        log=Log(log_path()),
        jobs=Jobs(run_here) if editing else None,
        find_original=find_original,
    )


def run_here(task: Task, report: Report, stop: Stop) -> Result:
    """Carry a change out as its process would."""
    return process._carry_out(task, report, None)


@contextmanager
def serve(app: FastAPI) -> Iterator[str]:
    """Serve the application on a free port, as ``app.py`` does; yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            app, http=PatientProtocol, log_level="error", timeout_graceful_shutdown=1, **LIMITS
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)

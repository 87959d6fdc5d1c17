"""The command that serves the page: its address, its options, and a port that is taken."""

from __future__ import annotations

import asyncio
import logging
import socket

import pytest
from fastapi import FastAPI

import app


def test_a_taken_port_is_explained_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert app.main(["--port", str(port)]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert f"无法监听 127.0.0.1:{port}" in output.err
    assert f"Cannot listen on 127.0.0.1:{port}" in output.err
    assert "--port" in output.err and "Traceback" not in output.err


def test_an_impossible_host_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert app.main(["--host", "nowhere.invalid"]) == 2
    assert "Cannot listen on nowhere.invalid:7860" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["99999", "-1", "x", ""])
def test_an_impossible_port_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refusal:
        app.main([f"--port={port}"])
    assert refusal.value.code == 2
    assert "port" in capsys.readouterr().err


def test_options_come_from_the_environment_unless_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOST", raising=False)
    monkeypatch.setenv("PORT", "")
    options = app.parse_arguments([])
    assert (options.host, options.port) == ("127.0.0.1", 7860)
    monkeypatch.setenv("HOST", "0.0.0.0")
    monkeypatch.setenv("PORT", "8000")
    options = app.parse_arguments(["--port", "9000"])
    assert (options.host, options.port) == ("0.0.0.0", 9000)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),
        ("::", "http://[::1]:80"),
        ("::1", "http://[::1]:80"),
        ("example.org", "http://example.org:80"),
    ],
)
def test_the_address_printed_can_be_opened(host: str, address: str) -> None:
    assert app.format_address(host, 80) == address


def test_create_app_returns_before_anything_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "open_assistant", lambda *_: pytest.fail("loaded too early"))
    assert isinstance(app.create_app(), FastAPI)


def test_stopping_with_open_pages_is_no_error() -> None:
    def record(message: str, error: BaseException | None = None) -> logging.LogRecord:
        trace = (type(error), error, None) if error else None
        return logging.LogRecord("uvicorn.error", logging.ERROR, "", 0, message, (), trace)

    assert not app.is_news(record("Exception in ASGI application", asyncio.CancelledError()))
    assert not app.is_news(record("Cancel 1 running task(s), timeout graceful shutdown exceeded"))
    assert app.is_news(record("Exception in ASGI application", ValueError("x")))

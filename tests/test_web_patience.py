"""Clients that do not come to the point are given up, and those that take their time within reason are not."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
import uvicorn
from fastapi import Request
from starlette.types import Receive, Scope, Send

from qa.web import patience
from qa.web.patience import LIMITS, PatientProtocol
from qa.web.rest import bodies
from qa.web.rest.problems import Problem

LONG = 60.0


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


async def talk(*sent: bytes) -> bytes:
    """Send each part when the one before has been answered; return all that comes until it closes."""
    config = uvicorn.Config(
        answer, lifespan="off", log_level="error", http=PatientProtocol, **LIMITS
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.ensure_future(server.serve([listener]))
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        said = b""
        for part in sent[:-1]:
            writer.write(part)
            said += await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), LONG)
        writer.write(sent[-1])
        said += await asyncio.wait_for(reader.read(), LONG)
        writer.close()
        server.should_exit = True
        await serving
    return said


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: loc"], ids=["nothing", "half"])
def test_a_request_that_does_not_come_closes_the_connection(
    monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(patience, "HEAD_SECONDS", 0.05)
    assert asyncio.run(talk(sent)) == b""


def test_one_that_comes_is_answered_and_the_next_is_waited_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(patience, "HEAD_SECONDS", 0.2)
    request = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    said = asyncio.run(talk(request, request[:9]))
    assert said.count(b"204 No Content") == 1


def test_a_body_that_stops_coming_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "read_limit", lambda *_: 0.01)

    async def read() -> Any:
        parts = [{"type": "http.request", "body": b'{"a"', "more_body": True}]

        async def receive() -> Any:
            return parts.pop() if parts else await asyncio.Event().wait()

        return await bodies.read_object(Request({"type": "http", "headers": []}, receive))

    with pytest.raises(Problem) as refusal:
        asyncio.run(read())
    assert (refusal.value.status, refusal.value.code) == (408, "too_slow")
    assert "太慢" in refusal.value.detail


def test_a_body_that_breaks_the_protocol_is_answered_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    request = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n"
    assert asyncio.run(talk(request)).startswith(b"HTTP/1.1 400 ")
    assert "Traceback" not in capsys.readouterr().err


def test_one_that_breaks_it_while_it_is_answered_ends_the_connection(
    caplog: pytest.LogCaptureFixture,
) -> None:
    first = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert asyncio.run(talk(first, b"-1\r\n\r\n")).startswith(b"HTTP/1.1 204 ")
    assert not [record for record in caplog.records if record.levelname == "ERROR"]

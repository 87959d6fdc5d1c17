"""The line of questions: its order, its bound, and that every way out gives the place back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from qa.types import Request, Response
from qa.web import application
from qa.web.admission import Admission, CrowdedError, Place
from qa.web.application import create_web_app
from qa.web.page import ask
from qa.web.resources import Resources
from qa.web.startup import Startup
from qa.web.texts import TEXTS
from tests.web_library import StubAssistant

QUESTION = "充电站建设有什么支持？"
LONG = 60.0


def test_first_come_first_served_and_the_rest_are_sent_away_at_once() -> None:
    now = [0.0]
    line = Admission(running=2, waiting=3, clock=lambda: now[0])
    places = [line.enter() for _ in range(5)]
    assert [place.granted.done() for place in places] == [True, True, False, False, False]
    assert [place.ahead for place in places] == [0, 0, 2, 3, 4]
    with pytest.raises(CrowdedError):
        line.enter()
    places[3].leave()  # one that gave up
    places[1].leave()
    places[1].leave()
    assert [place.granted.done() for place in places] == [True, True, True, False, False]
    assert [line.running, line.waiting] == [2, 1]


@given(st.lists(st.integers(0, 11), max_size=60), st.integers(1, 3), st.integers(0, 4))
def test_whatever_happens_the_line_keeps_its_order_and_its_bounds(
    steps: list[int], running: int, waiting: int
) -> None:
    """A step of 0 to 5 enters; any other is the place that leaves, counted from the oldest."""
    line = Admission(running, waiting)
    present: list[Place] = []
    for step in steps:
        if step < 6:
            full = len(present) == running + waiting
            try:
                present.append(line.enter())
            except CrowdedError:
                assert full
            else:
                assert not full
        elif present:
            present.pop(step % len(present)).leave()
        assert [p.granted.done() for p in present] == [n < running for n in range(len(present))]
    for place in present:
        place.leave()
    assert (line.running, line.waiting) == (0, 0)


def test_when_to_come_again_follows_the_pace() -> None:
    now = [0.0]

    def refuse(seconds: float) -> int:
        line = Admission(running=1, waiting=20, clock=lambda: now[0])
        for _ in range(60):  # so long do answers take of late
            with line.enter():
                now[0] += seconds
        places = [line.enter() for _ in range(21)]
        with pytest.raises(CrowdedError) as refusal:
            line.enter()
        assert len(places) == 21
        return refusal.value.seconds

    assert [refuse(seconds) for seconds in (0.01, 1.0, 1000.0)] == [1, 10, 120]


def test_a_turn_is_given_across_threads_and_one_that_is_cancelled_takes_nothing_along() -> None:
    line = Admission(running=1, waiting=2)

    async def wait() -> None:
        first, second, third = (line.enter() for _ in range(3))
        turns = [asyncio.ensure_future(place.turn()) for place in (second, third)]
        await asyncio.sleep(0)
        turns[0].cancel()
        second.leave()
        threading.Thread(target=first.leave).start()
        await asyncio.wait_for(turns[1], LONG)
        third.leave()

    asyncio.run(wait())
    assert (line.running, line.waiting) == (0, 0)


# ---- the page, REST and MCP ----------------------------------------------------------------------


class Held(StubAssistant):
    """Answers when it may; the one that is being answered is told of."""

    def __init__(self) -> None:
        super().__init__()
        self.began, self.may_end = threading.Semaphore(0), threading.Semaphore(0)

    def ask(
        self,
        request: Request,
        *,
        on_text: Callable[[str], None] | None = None,
        composing: bool = True,
    ) -> Response:
        self.began.release()
        assert self.may_end.acquire(timeout=LONG)
        return super().ask(request, on_text=on_text, composing=composing)


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Admission:
    """Return a line of one turn and one place to wait, which applications made now have."""
    line = Admission(running=1, waiting=1)
    monkeypatch.setattr(application, "Admission", lambda: line)
    return line


def in_thread(act: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    said: list[Any] = []
    thread = threading.Thread(target=lambda: said.append(act()))
    thread.start()
    return thread, said


def test_where_the_line_is_full_every_door_says_so_and_other_pages_open(line: Admission) -> None:
    assistant = Held()
    call = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "ask", "arguments": {"question": QUESTION}},
    }
    accept = {"accept": "application/json, text/event-stream"}
    with TestClient(create_web_app(lambda: assistant)) as client:
        begin = {"question": QUESTION}
        first, answered = in_thread(lambda: client.post("/api/v1/ask", json=begin))
        assert assistant.began.acquire(timeout=LONG)
        waiting = line.enter()
        for response in (
            client.post("/api/v1/ask", json=begin),
            client.post("/api/v1/ask", json=begin, headers={"accept": "text/event-stream"}),
            client.post("/api/v1/search", json=begin),
            client.get("/api/v1/search", params=begin),
        ):
            assert response.status_code == 503 and int(response.headers["retry-after"]) > 0
            assert response.json()["code"] == "crowded" and "人太多" in response.text
        told = client.post("/mcp", json=call, headers=accept).json()["result"]
        assert told["isError"] and "Too many" in told["content"][0]["text"]
        assert client.get("/healthz").json()["status"] == "ready"
        assert client.get("/api/v1/documents").status_code == 200
        waiting.leave()
        assistant.may_end.release()
        first.join(LONG)
    assert answered[0].status_code == 200
    assert (line.running, line.waiting) == (0, 0)


async def post(app: FastAPI, gone: asyncio.Event, accept: bytes) -> list[int]:
    """Ask as a client that goes away when ``gone`` is set; return the statuses it is sent."""
    body = [{"type": "http.request", "body": b'{"question": "q"}', "more_body": False}]
    statuses = []

    async def receive() -> Any:
        if body:
            return body.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    headers = [(b"host", b"localhost"), (b"accept", accept)]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "path": "/api/v1/ask",
        "raw_path": b"/api/v1/ask",
        "root_path": "",
        "scheme": "http",
        "query_string": b"",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    await app(scope, receive, send)
    return statuses


def test_a_client_that_goes_away_while_it_waits_gives_its_place_back(line: Admission) -> None:
    app = create_web_app(StubAssistant)

    async def leave_waiting(accept: bytes) -> None:
        with line.enter():
            gone = asyncio.Event()
            waiting = asyncio.ensure_future(post(app, gone, accept))
            while not line.waiting:
                await asyncio.sleep(0)
            gone.set()
            assert await asyncio.wait_for(waiting, LONG) in ([499], [200])
            assert (line.running, line.waiting) == (1, 0)

    for accept in (b"application/json", b"text/event-stream"):
        asyncio.run(leave_waiting(accept))
        assert line.running == 0


def test_answers_and_errors_alike_give_the_place_back(line: Admission) -> None:
    with TestClient(create_web_app(StubAssistant)) as client:
        for question in ("", "故障", QUESTION):
            for accept in ("application/json", "text/event-stream"):
                asked = {"question": question}
                client.post("/api/v1/ask", json=asked, headers={"accept": accept})
                assert (line.running, line.waiting) == (0, 0)


def test_on_the_page_the_wait_is_told_and_who_leaves_gives_the_place_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("qa.web.page.NEWS_SECONDS", 0)
    startup = Startup(StubAssistant)
    startup.begin()
    startup.wait(LONG)
    line = Admission(running=1, waiting=1)
    resources = Resources(startup, admission=line)

    async def wait() -> None:
        before = line.enter()
        async with aclosing(ask(resources, TEXTS["zh"], QUESTION, (), "")) as shown:
            await anext(shown)
            assert "前面还有 1 个问题" in (await anext(shown))[0]
            refused = [html async for html, _, _ in ask(resources, TEXTS["en"], "q", (), "")]
            assert "Too many questions" in refused[-1] and "人太多" not in refused[-1]
        assert (line.running, line.waiting) == (1, 0)
        before.leave()
        *_, (html, _, turns) = [
            item async for item in ask(resources, TEXTS["zh"], QUESTION, (), "")
        ]
        assert turns[0].answered and "有依据" in html

    asyncio.run(wait())
    assert (line.running, line.waiting) == (0, 0)

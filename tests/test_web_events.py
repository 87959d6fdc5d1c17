"""Event streams: what a model writes as it writes it, jobs as they change, and readers that leave."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from qa.types import Request, Response
from qa.web.application import create_web_app
from qa.web.jobs import Job, Jobs, Report, Result, Stop, Task
from qa.web.rest import events
from qa.web.rest.events import Gone, Say, Stream, respond
from qa.web.rest.problems import Problem
from tests.web_library import StubAssistant
from tests.web_served import serve

QUESTION = "充电站建设有什么支持？"
STREAM = {"accept": "text/event-stream"}


def read_events(text: str) -> list[tuple[str, Any]]:
    """Return the events of a stream: (name, value)."""
    found = []
    for block in text.strip().split("\n\n"):
        if block and not block.startswith(":"):
            name, data = block.split("\n")
            found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serve(create_web_app(StubAssistant)) as address:
        yield address


def ask(address: str, **fields: Any) -> httpx.Response:
    return httpx.post(f"{address}/api/v1/ask", json=fields, headers=STREAM, trust_env=False)


def test_texts_come_first_and_then_the_whole_response(address: str) -> None:
    response = ask(address, question=QUESTION)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["x-accel-buffering"] == "no"
    assert response.headers["cache-control"] == "no-store"
    *texts, (last, whole) = read_events(response.text)
    assert [name for name, _ in texts] == ["text", "text"] and last == "response"
    assert "".join(text["text"] for _, text in texts) == whole["answer"]
    plain = httpx.post(f"{address}/api/v1/ask", json={"question": QUESTION}, trust_env=False)
    assert plain.json() == whole


def test_without_a_language_model_there_is_the_response_alone(address: str) -> None:
    [(name, whole)] = read_events(ask(address, question="养老").text)
    assert name == "response" and whole["outcome"] == "no_basis"


def test_what_is_wrong_from_the_beginning_is_no_stream(address: str) -> None:
    response = ask(address, question="")
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"


def test_what_goes_wrong_later_is_the_last_event(address: str) -> None:
    [(name, problem)] = read_events(ask(address, question="故障").text)
    assert name == "problem" and problem["code"] == "internal" and problem["status"] == 500
    assert "secret" not in str(problem)


def test_texts_are_passed_on_before_the_answer_is_there() -> None:
    read = threading.Event()

    class Slow(StubAssistant):
        def ask(
            self,
            request: Request,
            *,
            on_text: Callable[[str], None] | None = None,
            composing: bool = True,
        ) -> Response:
            assert on_text is not None
            on_text("第一句。")
            assert read.wait(20), "the first text was held back"
            return super().ask(request)

    with (
        serve(create_web_app(Slow)) as address,
        httpx.stream(
            "POST",
            f"{address}/api/v1/ask",
            json={"question": QUESTION},
            headers=STREAM,
            timeout=30,
            trust_env=False,
        ) as response,
    ):
        lines = response.iter_lines()
        assert next(lines) == "event: text"
        assert "第一句。" in next(lines)
        read.set()
        assert "event: response" in list(lines)


def test_a_reader_that_leaves_stops_what_is_written() -> None:
    stopped = threading.Event()
    left = threading.Event()

    class Endless(StubAssistant):
        def ask(
            self,
            request: Request,
            *,
            on_text: Callable[[str], None] | None = None,
            composing: bool = True,
        ) -> Response:
            assert on_text is not None
            try:
                on_text("一句。")
                assert left.wait(20)
                for _ in range(2000):
                    on_text("又一句。")
                    stopped.wait(0.01)
            except Gone:
                stopped.set()
                raise
            raise AssertionError("written to nobody")

    with serve(create_web_app(Endless)) as address:
        with httpx.stream(
            "POST",
            f"{address}/api/v1/ask",
            json={"question": QUESTION},
            headers=STREAM,
            trust_env=False,
        ) as response:
            assert next(response.iter_lines()) == "event: text"
        left.set()
        assert stopped.wait(20)


def test_silence_is_broken_by_a_comment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "HEARTBEAT", 0.01)
    heard = threading.Event()

    def produce(say: Say) -> None:
        assert heard.wait(20)
        say("end", {"text": "换行\n也在一行里"})

    async def read() -> list[str]:
        lines = []
        assert events._places.acquire(blocking=False)
        async for line in Stream(produce, asyncio.sleep(0), events._places.release):
            lines.append(line)
            heard.set()
        return lines

    first, *_, last = asyncio.run(read())
    assert first == ":\n\n"
    assert last == 'event: end\ndata: {"text":"换行\\n也在一行里"}\n\n'


def test_too_many_streams_are_refused_and_a_finished_one_makes_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(events, "_places", threading.BoundedSemaphore(1))
    leave = threading.Event()

    async def open_two() -> None:
        response = respond(lambda say: assert_set(leave))
        with pytest.raises(Problem) as refusal:
            respond(lambda say: None)
        assert (refusal.value.status, refusal.value.code) == (503, "busy")
        leave.set()
        assert [part async for part in response.body_iterator] == []
        assert events._places.acquire(timeout=20)

    asyncio.run(open_two())


def assert_set(event: threading.Event) -> None:
    assert event.wait(20)


def test_a_job_is_followed_to_its_end() -> None:
    go = threading.Event()

    def run(task: Task, report: Report, stop: Stop) -> Result:
        assert go.wait(20)
        for done in range(3):
            report("read", done, 3)
        return Result(index="new")

    jobs = Jobs(run)
    with serve(create_web_app(StubAssistant, jobs=jobs)) as address:
        job: Job = jobs.start_remove(["x"])
        with httpx.stream(
            "GET", f"{address}/api/v1/jobs/{job.id}/events", timeout=30, trust_env=False
        ) as response:
            assert response.headers["x-accel-buffering"] == "no"
            lines = response.iter_lines()
            head = [next(lines), next(lines)]
            go.set()
            seen = [value for _, value in read_events("\n".join([*head, *lines]))]
    assert seen[0]["state"] in ("queued", "running")
    assert seen[-1]["state"] == "done" and seen[-1]["index"] == "new"
    assert all(value["id"] == job.id for value in seen)

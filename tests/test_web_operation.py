"""Running the server: request ids, what is logged, what is measured, whether it is ready, its stop."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

import app as command
from qa import retention
from qa.errors import RequestError
from qa.log import Log
from qa.web import stopping as stopping_module
from qa.web.application import create_web_app
from qa.web.jobs import Jobs, Result
from qa.web.page import explain_failure
from qa.web.stopping import Stopping
from qa.web.texts import TEXTS
from qa.web.tracing import Tracing, bind, choose_id, request_id, set_up_logging
from tests.asks import asked
from tests.web_library import StubAssistant, StubIndex

SAID = "充电站，我的电话13812345678"


@pytest.fixture
def lines(kept_logging: None) -> io.StringIO:
    """Return where the server's log goes, as JSON."""
    stream = io.StringIO()
    set_up_logging("info", "json", stream)
    return stream


@pytest.fixture
def client(lines: io.StringIO, tmp_path: Path) -> Iterator[TestClient]:
    jobs = Jobs(lambda *_: Result())
    app = create_web_app(StubAssistant, log=Log(tmp_path / "qa.sqlite3"), jobs=jobs)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def read(lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


# --- ids and the log


@pytest.mark.parametrize("came", ["abcdefgh", "A-b_9" * 8])
def test_a_plain_id_is_gone_on_with(came: str, client: TestClient) -> None:
    response = client.get("/api/v1/documents/none", headers={"X-Request-ID": came})
    assert response.headers["x-request-id"] == came == response.json()["request"]


@pytest.mark.parametrize(
    "came", [None, "", "short", "x" * 65, "a b c d e f", "电话13812345678", "a\nbcdefgh"]
)
def test_any_other_is_replaced(came: str | None) -> None:
    ids = {choose_id(came) for _ in range(3)}
    assert len(ids) == 3 and came not in ids and all(len(id) == 16 for id in ids)


def test_a_line_for_each_request_tells_nothing_of_what_was_asked(
    client: TestClient, lines: io.StringIO
) -> None:
    response = client.post("/api/v1/ask", json={"question": SAID})
    client.get(f"/api/v1/search?question={SAID}")
    client.get(f"/documents/{SAID}")
    client.get(f"/nothing/{SAID}")
    client.get("/healthz")
    told = [line for line in read(lines) if "route" in line]
    assert [(line["method"], line["route"], line["status"]) for line in told] == [
        ("POST", "/api/v1/ask", 200),
        ("GET", "/api/v1/search", 200),
        ("GET", "/documents/{name}", 404),
        ("GET", "other", 404),
    ]
    assert told[0]["request"] == response.headers["x-request-id"]
    assert all(line["level"] == "info" and line["milliseconds"] > 0 for line in told)
    for personal in ("充电", "13812345678", "%E5", "testclient", "建设补助"):
        assert personal not in lines.getvalue()


def test_a_failure_shows_the_number_under_which_the_log_tells_of_it(
    client: TestClient, lines: io.StringIO
) -> None:
    failed = client.post("/api/v1/ask", json={"question": "故障"})
    problem, id = failed.json(), failed.headers["x-request-id"]
    assert failed.status_code == 500 and problem["request"] == id
    assert f"编号 {id}" in problem["detail"] and f"number {id}" in problem["detail"]
    [line] = [line for line in read(lines) if line["level"] == "error"]
    assert line["request"] == id and "RuntimeError: secret detail" in line["trace"]


def test_the_id_reaches_the_thread_of_a_stream(client: TestClient, lines: io.StringIO) -> None:
    asked = {"json": {"question": "故障"}, "headers": {"accept": "text/event-stream"}}
    response = client.post("/api/v1/ask", **asked)  # type: ignore[arg-type]
    id = response.headers["x-request-id"]
    assert "event: problem" in response.text and f'"request":"{id}"' in response.text
    assert [line["request"] for line in read(lines) if line["level"] == "error"] == [id]


def test_what_no_route_foresaw_is_answered_with_its_number(lines: io.StringIO) -> None:
    async def fail(*_: object) -> None:
        raise ValueError(f"no such thing: {SAID}")

    response = TestClient(Tracing(fail)).get("/")
    id = response.headers["x-request-id"]
    assert response.status_code == 500 and response.text.count(id) == 2
    [failed, line] = read(lines)
    assert failed["request"] == id and "[电话]" in failed["trace"] and line["status"] == 500
    assert "13812345678" not in lines.getvalue()


def test_the_page_shows_the_number(lines: io.StringIO) -> None:
    bind({"x-request-id": "abcdefgh"})
    try:
        for texts in TEXTS.values():
            assert "abcdefgh" in explain_failure(RuntimeError("secret"), texts)
            assert "secret" not in explain_failure(RuntimeError("secret"), texts)
    finally:
        bind({})
    assert request_id() is None


def test_a_line_for_people_is_one_line(lines: io.StringIO) -> None:
    stream = io.StringIO()
    set_up_logging("info", "text", stream)
    logging.getLogger("qa.test").info("one\nERROR forged %s", "13812345678")
    logging.getLogger("qa.test").debug("not said")
    logging.getLogger("httpx").info("GET https://example.com/?question=x")
    assert stream.getvalue().count("\n") == 1
    assert stream.getvalue().endswith(" INFO qa.test: one\\nERROR forged [电话]\n")


# --- health and metrics


def test_alive_and_ready_are_two_things() -> None:
    gate = threading.Event()

    def open_slowly() -> StubAssistant:
        assert gate.wait(10)
        raise RuntimeError("模型不在\nthe model is missing")

    with TestClient(create_web_app(open_slowly)) as client:
        waiting = client.get("/readyz")
        assert waiting.status_code == 503 and waiting.json()["status"] == "loading"
        gate.set()
        client.post("/api/v1/ask", json={"question": "a"})
        failed = client.get("/readyz")
        assert failed.status_code == 503 and "missing" in failed.json()["reason"]
        assert client.get("/healthz").status_code == 200
        assert client.get("/en/readyz").status_code == 503
    with TestClient(create_web_app(StubAssistant)) as client:
        client.post("/api/v1/ask", json={"question": "a"})
        ready = client.get("/readyz")
        assert ready.status_code == 200 and ready.json()["ready"] is True


def test_what_another_process_makes_of_the_index_is_answered_from() -> None:
    version = "one"

    def open_assistant() -> StubAssistant:
        return StubAssistant(StubIndex(fingerprint=version))

    application = create_web_app(open_assistant, read_version=lambda: version)
    with TestClient(application, base_url="http://127.0.0.1:7860") as client:
        for wanted in ("one", "two"):
            version, patience = wanted, time.monotonic() + 60
            while client.get("/healthz").json()["index"] != wanted:
                assert time.monotonic() < patience
                time.sleep(0.05)


def test_what_is_measured(client: TestClient) -> None:
    client.post("/api/v1/ask", json={"question": SAID})
    client.post("/api/v1/ask", json={"question": "weather"})
    for number in range(5):
        client.get(f"/nothing/{number}")
        client.request("BREW", f"/documents/{number}")
    response = client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    lines = response.text.splitlines()
    for line in (
        'policy_qa_requests_total{method="POST",route="/api/v1/ask",status="200"} 2.0',
        'policy_qa_requests_total{method="GET",route="other",status="404"} 5.0',
        'policy_qa_request_seconds_count{method="POST",route="/api/v1/ask"} 2.0',
        'policy_qa_answers_total{language="zh",outcome="answered"} 1.0',
        'policy_qa_answers_total{language="en",outcome="no_basis"} 1.0',
        'policy_qa_answer_seconds_count{stage="total"} 2.0',
        'policy_qa_state{state="ready"} 1.0',
        "policy_qa_documents 2.0",
        'policy_qa_jobs{state="running"} 0.0',
    ):
        assert line in lines
    assert "13812345678" not in response.text and "nothing" not in response.text
    # Another application counts for itself.
    with TestClient(create_web_app(StubAssistant)) as other:
        assert "policy_qa_answers_total{" not in other.get("/metrics").text


# --- the log of questions


@pytest.mark.parametrize(
    ("name", "value"), [(retention.WANTED, "nein"), (retention.DAYS, "-1"), (retention.DAYS, "9e9"),
                        (retention.DAYS, "99999")],
)  # fmt: skip
def test_a_wrong_setting_is_told_before_anything_is_begun(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(RequestError):
        retention.open_log()
    monkeypatch.setattr("qa.web.tracing.set_up_logging", lambda *_: None)
    assert command.main(["--port=0"]) == 2
    assert f"{name}={value}" in capsys.readouterr().err


def test_no_log_where_none_is_wanted(
    monkeypatch: pytest.MonkeyPatch, home: Path, lines: io.StringIO
) -> None:
    monkeypatch.setenv(retention.WANTED, "off")
    assert retention.open_log() is None
    monkeypatch.setenv(retention.WANTED, "on")
    given: dict[str, Any] = {}
    monkeypatch.setattr("qa.web.application.create_web_app", lambda _, **more: given.update(more))
    command.create_app(logged=False)
    assert given["log"] is None
    with TestClient(create_web_app(StubAssistant, log=None)) as client:
        assert client.post("/api/v1/ask", json={"question": SAID}).json()["ask"] is None
        refused = client.post("/api/v1/feedback", json={"ask": "0" * 16, "verdict": "up"})
        assert refused.status_code == 503 and refused.json()["code"] == "no_log"
    assert not home.exists()


@pytest.mark.parametrize(("days", "left"), [("30", ["新"]), ("0", ["新", "旧"])])
def test_old_calls_go_when_the_server_starts(
    days: str, left: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log(tmp_path / "qa.sqlite3")
    with monkeypatch.context() as patch:
        patch.setattr("qa.log._now", lambda: "2020-01-01T00:00:00.000000+00:00")
        log.record(*asked("旧"), desk="d")
    log.record(*asked("新"), desk="d")
    monkeypatch.setenv(retention.DAYS, days)
    forgotten = threading.Event()
    forget = retention.forget_old

    def watched(*arguments: Any) -> int:
        count = forget(*arguments)
        forgotten.set()
        return count

    monkeypatch.setattr(retention, "forget_old", watched)
    with TestClient(create_web_app(StubAssistant, log=log)):
        assert forgotten.wait(10)
    assert [call.question for call in log.recent("d")] == left


def test_days_are_counted_back_from_today(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = Log(tmp_path / "qa.sqlite3")
    monkeypatch.setattr("qa.log._now", lambda: "2026-01-31T12:00:00.000000+00:00")
    log.record(*asked())
    assert retention.forget_old(log, 7, date(2026, 2, 7)) == 0
    assert retention.forget_old(log, 7, date(2026, 2, 9)) == 1


def test_it_goes_on_every_day_and_after_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, turns = Log(tmp_path), []  # a folder: no log can be there

    def count(*_: object) -> int:
        turns.append(1)
        return log.forget(date.today())

    monkeypatch.setattr(retention, "forget_old", count)

    async def run() -> None:
        task = asyncio.create_task(retention.keep_short(log, 1, pause=0))
        while len(turns) < 3:
            await asyncio.sleep(0)
        task.cancel()

    asyncio.run(run())
    assert len(turns) >= 3


# --- stopping


def test_nothing_new_is_begun_when_it_stops(lines: io.StringIO) -> None:
    app = create_web_app(StubAssistant)
    with TestClient(app) as client:
        assert client.get("/healthz").status_code == 200
        app.state.stopping.begin()
        refused = client.post("/api/v1/ask", json={"question": SAID})
        assert refused.status_code == 503 and refused.json()["code"] == "stopping"
        assert refused.headers["connection"] == "close"


def test_what_runs_is_waited_for_but_not_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    stopping = Stopping(ended.set)
    monkeypatch.setattr(stopping_module, "_PAUSE", 0)

    async def run() -> None:
        stopping.running = 1
        await stopping.drain(0)  # the time is over, and it goes on
        asyncio.get_running_loop().call_soon(setattr, stopping, "running", 0)
        await stopping.drain(1000)

    asyncio.run(run())
    stopping.begin()
    stopping.begin()
    assert stopping.begun
    stopping.wait()
    assert ended.is_set() and not stopping.begun  # an application may be started again

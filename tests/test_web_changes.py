"""Uploads, corrections and removals over REST: what is taken, what is refused, and by whom asked."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from documents.types import Original
from qa.log import Log
from qa.types import Request, Response
from qa.web.admission import RUNNING
from qa.web.application import create_web_app
from qa.web.jobs import Jobs, Report, Result, Stop, Task
from qa.web.rest import bodies, changes
from qa.web.rest.bodies import BODY_BYTES
from tests.test_web_api import read_problem
from tests.web_library import PLAN, StubAssistant
from tests.web_served import build_app, serve

NOTICE = "关于充电站的通知\n一、支持充电站建设。\n".encode()
QUESTION = "充电站建设有什么支持？"


class Recorder:
    """Keeps the tasks it was to carry out, and says that each is done."""

    def __init__(self) -> None:
        self.tasks: list[Task] = []

    def __call__(self, task: Task, report: Report, stop: Stop) -> Result:
        self.tasks.append(task)
        return Result(index="new")


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def client(recorder: Recorder) -> Iterator[TestClient]:
    with TestClient(create_web_app(StubAssistant, jobs=Jobs(recorder))) as client:
        yield client


def upload(client: TestClient, *files: tuple[str, bytes], field: str = "files") -> Any:
    return client.post("/api/v1/documents", files=[(field, file) for file in files])


def wait(client: TestClient, started: Any) -> dict[str, Any]:
    """Return the job as it ended."""
    assert started.status_code == 202, started.text
    address = started.headers["location"]
    assert address == f"/api/v1/jobs/{started.json()['id']}"
    client.get(f"{address}/events")
    job: dict[str, Any] = client.get(address).json()
    return job


# ---- the whole way -------------------------------------------------------------------------------


def test_a_document_comes_is_corrected_and_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    with TestClient(build_app(monkeypatch)) as client:
        before = client.get("/api/v1/documents").json()["total"]
        job = wait(client, upload(client, ("关于 充电站.txt", NOTICE)))
        [change] = job["changes"]
        assert (job["state"], change["outcome"], change["file"]) == (
            "done",
            "added",
            "关于 充电站.txt",
        )
        id = change["id"]
        assert client.get("/api/v1/documents").json()["total"] == before + 1
        assert client.get("/healthz").json()["index"] == job["index"]

        original = client.get(f"/api/v1/documents/{id}/original")
        assert original.content == NOTICE
        assert original.headers["content-disposition"].startswith("attachment; filename*=utf-8''")
        assert original.headers["x-content-type-options"] == "nosniff"
        assert original.headers["content-security-policy"].startswith("sandbox")
        assert original.headers["content-type"] == "application/octet-stream"

        corrected = wait(
            client,
            client.patch(f"/api/v1/documents/{id}", json={"metadata": {"region": "长春市"}}),
        )
        assert corrected["state"] == "done", corrected
        document = client.get(f"/api/v1/documents/{id}").json()
        assert document["metadata"]["region"] == "长春市"
        assert document["corrections"] == [{"field": "region", "found": None, "value": "长春市"}]

        assert wait(client, client.delete(f"/api/v1/documents/{id}"))["state"] == "done"
        read_problem(client.get(f"/api/v1/documents/{id}"), 404)
        read_problem(client.get(f"/api/v1/documents/{id}/original"), 404)
        kinds = [job["kind"] for job in client.get("/api/v1/jobs").json()["jobs"]]
        assert kinds == ["remove", "correct", "add"]


# ---- uploads -------------------------------------------------------------------------------------


def test_files_arrive_whole_under_safe_names(client: TestClient, recorder: Recorder) -> None:
    large = bytes(range(256)) * 8000  # goes over the disk
    started = upload(client, ("../../etc/甲.txt", NOTICE), ("C:\\乙?.pdf", large), ("空.txt", b""))
    wait(client, started)
    assert recorder.tasks[0].originals == (
        Original("甲.txt", NOTICE),
        Original("乙_.pdf", large),
        Original("空.txt", b""),
    )


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        ({"json": {}}, 415, "not_multipart"),
        ({"content": b"x"}, 415, "not_multipart"),
        ({"files": [("file", ("a.txt", b"x"))]}, 422, "unknown_field"),
        ({"files": [("files", ("a.txt", b"x"))], "data": {"kind": "x"}}, 422, "unknown_field"),
        ({"files": [("files", ("", b"x"))]}, 422, "unknown_field"),
        ({"files": [("files", ("a.txt", b"x"))] * 4}, 413, "too_many_files"),
        ({"files": [("files", ("a.txt", b"x" * 3001))]}, 413, "file_too_large"),
        ({"files": [("files", (f"{n}.txt", b"x" * 2900)) for n in range(3)]}, 413, "too_large"),
        (
            {
                "content": b"--x\r\nbroken",
                "headers": {"content-type": "multipart/form-data; boundary=x"},
            },
            400,
            "bad_multipart",
        ),
        (
            {"content": b"x", "headers": {"content-type": "multipart/form-data"}},
            400,
            "bad_multipart",
        ),
        (
            {
                "content": b"--x--\r\n",
                "headers": {"content-type": "multipart/form-data; boundary=x"},
            },
            422,
            "no_files",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_taken_is_a_problem_and_no_job(
    client: TestClient,
    recorder: Recorder,
    monkeypatch: pytest.MonkeyPatch,
    arguments: dict[str, Any],
    status: int,
    code: str,
) -> None:
    monkeypatch.setenv("POLICY_QA_MAX_UPLOAD_FILES", "3")
    monkeypatch.setenv("POLICY_QA_MAX_UPLOAD_BYTES", "4000")
    monkeypatch.setenv("POLICY_QA_MAX_BYTES", "3000")
    monkeypatch.setattr(bodies, "_PART_BYTES", 500)
    problem = read_problem(client.post("/api/v1/documents", **arguments), status)
    assert problem["code"] == code
    assert client.get("/api/v1/jobs").json() == {"jobs": []} and recorder.tasks == []


@pytest.mark.parametrize(("declared", "chunks"), [(b"10240000", 0), (None, 2), (b"wrong", 2)])
def test_too_much_is_refused_before_it_is_read(
    monkeypatch: pytest.MonkeyPatch, declared: bytes | None, chunks: int
) -> None:
    """At once where the request says how much it is, else with the chunk that is too much."""
    monkeypatch.setenv("POLICY_QA_MAX_UPLOAD_BYTES", "10")
    monkeypatch.setattr(bodies, "_PART_BYTES", 20)
    app = create_web_app(StubAssistant, jobs=Jobs(Recorder()))
    headers = [(b"content-type", b"multipart/form-data; boundary=x"), (b"host", b"localhost")]
    if declared is not None:
        headers.append((b"content-length", declared))
    read, sent = [], []

    async def receive() -> dict[str, Any]:
        read.append(1)
        return {"type": "http.request", "body": b"--x\r\n" + b"x" * 1000, "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/api/v1/documents",
        "query_string": b"",
        "headers": headers,
    }
    asyncio.run(app(scope, receive, send))
    assert sent[0]["status"] == 413 and b"too_large" in sent[1]["body"]
    assert len(read) == chunks


def test_a_limit_that_is_no_number_is_told(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLICY_QA_MAX_UPLOAD_FILES", "many")
    read_problem(upload(client, ("a.txt", NOTICE)), 500)


# ---- who may, and what is not offered ------------------------------------------------------------


CHANGES: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/api/v1/documents", {"files": [("files", ("a.txt", NOTICE))]}),
    ("DELETE", f"/api/v1/documents/{PLAN}", {}),
    ("PATCH", f"/api/v1/documents/{PLAN}", {"json": {"metadata": {"kind": "意见"}}}),
    ("DELETE", "/api/v1/jobs/x", {}),
]
ELSEWHERE = [
    {"origin": "http://evil.example"},
    {"origin": "null"},
    {"origin": "http://testserver:81"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "origin": "http://testserver"},
]


@pytest.mark.parametrize(("method", "path", "arguments"), CHANGES, ids=lambda v: str(v)[:30])
def test_other_sites_change_nothing(
    client: TestClient, recorder: Recorder, method: str, path: str, arguments: dict[str, Any]
) -> None:
    for headers in ELSEWHERE:
        refused = client.request(method, path, headers=headers, **arguments)
        assert read_problem(refused, 403)["code"] == "cross_site"
    rebound = {"host": "evil.example", "origin": "http://evil.example"}
    for headers in (rebound, {**rebound, "sec-fetch-site": "same-origin"}):
        refused = client.request(method, path, headers=headers, **arguments)
        assert read_problem(refused, 403)["code"] == "unknown_host"
    assert recorder.tasks == []


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:7860", "localhost", "[::1]:7860", "10.1.2.3", "qa.localhost", "policy.corp:80"],
)
def test_pages_of_this_site_change_the_library(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("POLICY_QA_HOSTS", "policy.corp, other.corp")
    for headers in (
        {"host": host, "origin": f"http://{host}"},
        {"host": host, "origin": f"http://{host}", "sec-fetch-site": "same-origin"},
    ):
        started = client.delete(f"/api/v1/documents/{PLAN}", headers=headers)
        assert started.status_code == 202, started.text


def test_the_page_is_sent_no_more_than_a_question(client: TestClient) -> None:
    long = b"x" * (BODY_BYTES + 1)
    for path in ("/gradio_api/queue/join", "/en/gradio_api/queue/join"):
        for body in (long, iter([long])):  # the second does not say how long it is
            problem = read_problem(client.post(path, content=body), 413)
            assert problem["code"] == "too_large"


def test_other_sites_do_not_ask_or_judge(client: TestClient) -> None:
    for path in ("/api/v1/ask", "/api/v1/feedback", "/gradio_api/queue/join"):
        for headers in ELSEWHERE:
            assert client.post(path, json={"question": "x"}, headers=headers).status_code == 403
    same = {"origin": "http://testserver"}
    assert client.post("/api/v1/ask", json={"question": QUESTION}, headers=same).status_code == 200


def test_what_is_not_offered_is_said() -> None:
    with TestClient(create_web_app(StubAssistant)) as client:
        for method, path, arguments in [*CHANGES, ("GET", "/api/v1/jobs", {})]:
            assert (
                read_problem(client.request(method, path, **arguments), 403)["code"] == "read_only"
            )
        for path in ("/api/v1/jobs/x", "/api/v1/jobs/x/events"):
            assert read_problem(client.get(path), 403)["code"] == "read_only"
        original = client.get(f"/api/v1/documents/{PLAN}/original")
        assert read_problem(original, 404)["code"] == "no_original"
        feedback = client.post("/api/v1/feedback", json={"ask": "0" * 16, "verdict": "up"})
        assert read_problem(feedback, 503)["code"] == "no_log"
        assert client.post("/api/v1/ask", json={"question": QUESTION}).json()["ask"] is None


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("DELETE", "/documents/none", None, 404, "document_not_found"),
        ("PATCH", "/documents/none", {"metadata": {"kind": "意见"}}, 404, "document_not_found"),
        ("PATCH", f"/documents/{PLAN}", {}, 422, "bad_metadata"),
        ("PATCH", f"/documents/{PLAN}", {"metadata": []}, 422, "bad_metadata"),
        ("PATCH", f"/documents/{PLAN}", {"metadata": {"colour": "红"}}, 422, "bad_metadata"),
        ("PATCH", f"/documents/{PLAN}", {"metadata": {"written": "昨天"}}, 422, "bad_metadata"),
        ("PATCH", f"/documents/{PLAN}", {"metadata": {}, "x": 1}, 422, "bad_metadata"),
        ("GET", "/jobs/none", None, 404, "job_not_found"),
        ("GET", "/jobs/none/events", None, 404, "job_not_found"),
        ("DELETE", "/jobs/none", None, 404, "job_not_found"),
    ],
)
def test_what_cannot_be_done_is_a_problem(
    client: TestClient, method: str, path: str, body: Any, status: int, code: str
) -> None:
    response = client.request(method, f"/api/v1{path}", json=body)
    assert read_problem(response, status)["code"] == code


def test_a_job_that_waits_is_cancelled_and_too_many_are_refused() -> None:
    go = threading.Event()

    def run(task: Task, report: Report, stop: Stop) -> Result:
        assert go.wait(20)
        return Result()

    with TestClient(create_web_app(StubAssistant, jobs=Jobs(run))) as client:
        started = [client.delete(f"/api/v1/documents/{PLAN}") for _ in range(12)]
        busy = [response for response in started if response.status_code == 503]
        assert busy and all(read_problem(response, 503)["code"] == "busy" for response in busy)
        assert busy[0].headers["retry-after"]
        waiting = [response.json()["id"] for response in started if response.status_code == 202][-1]
        assert client.delete(f"/api/v1/jobs/{waiting}").json()["state"] == "cancelled"
        again = client.delete(f"/api/v1/jobs/{waiting}")
        assert read_problem(again, 409)["code"] == "too_late"
        go.set()


# ---- the log -------------------------------------------------------------------------------------


def test_answers_are_recorded_and_judged(tmp_path: Path) -> None:
    log = Log(tmp_path / "qa.sqlite3")
    with TestClient(create_web_app(StubAssistant, log=log)) as client:
        ask = client.post("/api/v1/ask", json={"question": QUESTION}).json()["ask"]
        body = {
            "ask": ask,
            "verdict": "down",
            "reason": "wrong_clause",
            "comment": "另一条",
            "clause": {"document": PLAN, "clause": "一/（二）/4"},
        }
        assert client.post("/api/v1/feedback", json=body).status_code == 201
        [(call, feedback)] = log.judged()
        assert call.question == QUESTION
        assert (feedback.verdict, feedback.reason, feedback.clause) == (
            "down",
            "wrong_clause",
            (PLAN, "一/（二）/4"),
        )
        for wrong, status, code in (
            ({"ask": "0" * 16}, 404, "unknown_ask"),
            ({"ask": 3}, 422, "bad_ask"),
            ({"verdict": "sideways"}, 422, "bad_verdict"),
            ({"verdict": "up"}, 422, "bad_reason"),
            ({"reason": 3}, 422, "bad_reason"),
            ({"comment": "\ud800"}, 422, "not_text"),
            ({"clause": [PLAN, "一"]}, 422, "bad_clause"),
            ({"clause": {"document": PLAN}}, 422, "bad_clause"),
            ({"colour": "red"}, 422, "unknown_field"),
        ):
            response = client.post("/api/v1/feedback", content=json.dumps({**body, **wrong}))
            assert read_problem(response, status)["code"] == code
        assert len([*log.judged()]) == 1


def test_a_log_that_fails_costs_no_answer(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "qa.sqlite3").write_bytes(b"no database at all, and quite long enough to see" * 9)
    with TestClient(create_web_app(StubAssistant, log=Log(tmp_path / "qa.sqlite3"))) as client:
        answer = client.post("/api/v1/ask", json={"question": QUESTION})
        assert answer.status_code == 200 and answer.json()["ask"] is None
        assert "could not be recorded" in caplog.text
        feedback = client.post("/api/v1/feedback", json={"ask": "0" * 16, "verdict": "up"})
        assert read_problem(feedback, 503)["code"] == "log_failed"


# ---- side by side --------------------------------------------------------------------------------


def test_ten_questions_are_answered_while_an_upload_is_read(tmp_path: Path) -> None:
    """The upload ends only once all ten are answered, as many at once as may be."""
    together = threading.Barrier(RUNNING, timeout=30)

    class Together(StubAssistant):
        def ask(
            self,
            request: Request,
            *,
            on_text: Callable[[str], None] | None = None,
            composing: bool = True,
        ) -> Response:
            together.wait()
            return super().ask(request, on_text=on_text)

    begun, answered = threading.Event(), threading.Event()

    def send() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
        yield b"x" * 3_000_000
        begun.set()
        assert answered.wait(60)
        yield b"x\r\n--x--\r\n"

    recorder = Recorder()
    log = Log(tmp_path / "qa.sqlite3")
    app = create_web_app(Together, log=log, jobs=Jobs(recorder))
    headers = {"content-type": "multipart/form-data; boundary=x"}
    with (
        serve(app) as address,
        httpx.Client(base_url=address, timeout=90, trust_env=False) as client,
        ThreadPoolExecutor(11) as pool,
    ):
        uploaded = pool.submit(client.post, "/api/v1/documents", content=send(), headers=headers)
        assert begun.wait(30)
        try:
            questions = [{"question": f"{QUESTION}{n}"} for n in range(10)]
            answers = [pool.submit(client.post, "/api/v1/ask", json=each) for each in questions]
            assert [answer.result(60).status_code for answer in answers] == [200] * 10
        finally:
            answered.set()
        assert uploaded.result(60).status_code == 202
        client.get(f"{uploaded.result().headers['location']}/events")
    assert len(recorder.tasks[0].originals[0].data) == 3_000_001
    assert sum(log.count_outcomes().values()) == 10


def test_no_more_than_a_few_uploads_are_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    reading: list[int] = []
    most = [0]

    async def read(request: Any) -> tuple[Original, ...]:
        reading.append(1)
        most[0] = max(most[0], len(reading))
        await asyncio.sleep(0.05)
        reading.pop()
        return (Original("a.txt", b"x"),)

    monkeypatch.setattr(changes, "read_files", read)
    jobs = Jobs(lambda task, report, stop: Result())
    with (
        TestClient(create_web_app(StubAssistant, jobs=jobs)) as client,
        ThreadPoolExecutor(6) as pool,
    ):
        posted = list(
            pool.map(
                lambda _: client.post("/api/v1/documents", files={"files": ("a.txt", b"x")}),
                range(6),
            )
        )
    assert [response.status_code for response in posted] == [202] * 6
    assert most[0] == changes.READING

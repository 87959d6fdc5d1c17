"""REST, health, the documents' own pages, and what the boundary lets through."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from documents.schema import write_document
from qa.web import startup as web_startup
from qa.web.application import create_web_app
from qa.web.boundary import complete_page
from qa.web.rest.bodies import BODY_BYTES
from qa.web.startup import Assistant, Startup
from tests.web_library import OPINION, PLAN, StubAssistant

QUESTION = "充电站建设有什么支持？"


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_web_app(StubAssistant), raise_server_exceptions=False) as client:
        yield client


def read_problem(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert set(problem) == {"type", "title", "status", "detail", "code", "request"}
    assert problem["request"] == response.headers["x-request-id"]
    assert problem["status"] == status
    assert "Traceback" not in response.text
    return problem


# ---- REST ----------------------------------------------------------------------------------------


def test_ask_returns_the_response(client: TestClient) -> None:
    response = client.post("/api/v1/ask", json={"id": "7", "question": QUESTION})
    assert response.status_code == 200
    answer = response.json()
    assert answer["id"] == "7" and answer["outcome"] == "answered"
    first = answer["citations"][0]
    document = client.get(f"/api/v1/documents/{first['document']}").json()
    assert document["clean"][first["start"] : first["end"]] == first["quote"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[" * 50_000, 400),
        (b"[]", 400),
        (b"{}", 422),
        (b'{"question": ""}', 422),
        (b'{"question": 3}', 422),
        (b'{"question": "a", "history": 3}', 422),
        (b'{"question": "' + b"a" * BODY_BYTES + b'"}', 413),
    ],
    ids=lambda value: repr(value[:24]) if isinstance(value, bytes) else str(value),
)
def test_bad_input_is_a_problem(client: TestClient, body: bytes, status: int) -> None:
    problem = read_problem(client.post("/api/v1/ask", content=body), status)
    assert re.fullmatch(r"[a-z_]+", problem["code"]) and problem["detail"]


def test_a_failure_is_a_problem_without_its_particulars(client: TestClient) -> None:
    response = client.post("/api/v1/ask", json={"question": "故障"})
    assert "secret" not in str(read_problem(response, 500))
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in response.headers["content-security-policy"]


def test_documents_are_listed_and_read(client: TestClient) -> None:
    listed = client.get("/api/v1/documents").json()["documents"]
    assert [item["id"] for item in listed] == [OPINION, PLAN]
    assert listed[1]["status"] == "in_force"
    assert listed[1]["metadata"]["number"] == "吉政办发〔2024〕9号"
    assert listed[1]["counts"] == {
        "clauses": 9,
        "characters": listed[1]["counts"]["characters"],
    } | {"defects": 1}
    document = client.get(f"/api/v1/documents/{PLAN}").json()
    assert document == write_document(StubAssistant().index.documents[PLAN])
    read_problem(client.get("/api/v1/documents/none"), 404)


def test_the_list_is_paged_filtered_and_counted(client: TestClient) -> None:
    def read(**query: str) -> dict[str, Any]:
        listed: dict[str, Any] = client.get("/api/v1/documents", params=query).json()
        return listed

    whole = read()
    assert (whole["total"], whole["offset"]) == (2, 0)
    page = read(offset="1", limit="1")
    assert [item["id"] for item in page["documents"]] == [PLAN] and page["total"] == 2
    assert page["facets"] == whole["facets"]
    assert read(offset="2")["documents"] == []
    chosen = read(region="长春市", status="in_force", kind="行动方案")
    assert [item["id"] for item in chosen["documents"]] == [PLAN]
    assert chosen["facets"]["kind"] == [{"value": "行动方案", "count": 1}]
    assert read(q="产业 吉政办发（2024）9号")["total"] == 1
    assert read(q="意见")["documents"][0]["id"] == OPINION
    assert read(status="expired", as_of="2100-01-01")["total"] == 1
    nothing = read(q="没有这样的文件")
    assert nothing["total"] == 0 and nothing["facets"]["region"] == []
    assert read(**{"from": "2025-01-01"})["total"] == 0


def test_a_clause_comes_with_its_place(client: TestClient) -> None:
    clause = client.get(f"/api/v1/clauses/{PLAN}/一/（二）/3").json()
    clean = StubAssistant().index.documents[PLAN].clean
    assert clause["quote"] == clean[clause["start"] : clause["end"]]
    assert clause["label"] == "一、（二）3." and clause["status"] == "in_force"
    assert [link["clause"] for link in clause["headings"]] == ["一", "一/（二）"]
    assert clause["previous"] is None and clause["next"]["clause"] == "一/（二）/4"
    assert clause["departments"][0]["name"] == "省能源局" and clause["defects"]
    above = client.get(f"/api/v1/clauses/{PLAN}/一").json()
    assert [link["clause"] for link in above["children"]] == ["一/（一）", "一/（二）"]
    assert (above["previous"]["clause"], above["next"]["clause"]) == ("首", "二")
    assert above["text"] == "一、主要任务\n" and above["quote"].startswith("一、主要任务\n（一）")
    assert clause["quote"] in above["quote"]
    read_problem(client.get(f"/api/v1/clauses/{PLAN}/三"), 404)
    read_problem(client.get("/api/v1/clauses/none/一"), 404)


def test_search_takes_an_address_or_a_body(client: TestClient) -> None:
    by_address = client.get(
        "/api/v1/search",
        params={"question": "充电站", "k": "1", "region": "吉林省", "sort": "date"},
    )
    body = {"question": "充电站", "k": 1, "filters": {"region": "吉林省"}, "sort": "date"}
    by_body = client.post("/api/v1/search", json=body)
    assert by_address.status_code == by_body.status_code == 200
    assert by_address.json() == by_body.json()
    assert len(by_body.json()["results"]) == 1


@pytest.mark.parametrize(
    "address",
    [
        "search",
        "search?question=",
        "search?question=a&k=0",
        "search?question=a&k=x",
        "search?question=a&k=1001",
        "search?question=a&sort=x",
        "search?question=a&regoin=吉林省",
        "search?question=a&region=乌有省",
        "search?question=a&from=2024",
        "search?question=a&as_of=x",
        "search?question=a&status=x",
        "search?question=？",
        "documents?limit=501",
        "documents?limit=0",
        "documents?offset=-1",
        "documents?region=乌有省",
        "documents?as_of=20240101",
        "documents?since=2024-01-01",
        "documents?q=" + "x" * 201,
    ],
)
def test_bad_parameters_are_problems(client: TestClient, address: str) -> None:
    problem = read_problem(client.get(f"/api/v1/{address}"), 422)
    assert re.fullmatch(r"[a-z_]+", problem["code"]) and problem["detail"]


def test_an_address_with_a_line_end_is_answered_as_any_other(client: TestClient) -> None:
    read_problem(client.get("/api/v1/documents/a%0Ab"), 404)


@pytest.mark.parametrize("path", ["/api/v1/ask", "/", "/gradio_api/queue/join", "/healthz"])
@pytest.mark.parametrize("method", ["QUERY", "TRACE"])
def test_a_method_that_there_is_not_is_a_problem(
    method: str, path: str, client: TestClient
) -> None:
    response = client.request(method, path)
    assert read_problem(response, 405)["code"] == "method_not_allowed"
    assert "POST" in response.headers["allow"]


def test_a_whole_number_may_have_a_point(client: TestClient) -> None:
    assert client.post("/api/v1/ask", json={"question": QUESTION, "k": 3.0}).status_code == 200
    read_problem(client.post("/api/v1/ask", json={"question": QUESTION, "k": 3.5}), 422)


def test_half_a_character_does_no_harm(client: TestClient) -> None:
    body = b'{"question": "a", "\\ud800": 1}'
    problem = read_problem(client.post("/api/v1/ask", content=body), 422)
    assert problem["code"] == "unknown_field" and "\ud800" in problem["detail"]
    filters = b'{"question": "a", "filters": {"region": "\\udc00"}}'
    read_problem(client.post("/api/v1/search", content=filters), 422)


def test_unknown_addresses_and_methods_are_problems(client: TestClient) -> None:
    read_problem(client.get("/api/v2/ask"), 404)
    refused = client.get("/api/v1/ask")
    read_problem(refused, 405)
    assert refused.headers["allow"] == "POST"


def test_the_schema_is_served_but_no_page_from_elsewhere(client: TestClient) -> None:
    schema = client.get("/api/v1/openapi.json").json()
    paths = {path.removeprefix("/api/v1"): set(schema["paths"][path]) for path in schema["paths"]}
    assert paths == {
        "/ask": {"post"},
        "/search": {"get", "post"},
        "/feedback": {"post"},
        "/documents": {"get", "post"},
        "/documents/{id}": {"get", "patch", "delete"},
        "/documents/{id}/original": {"get"},
        "/clauses/{document}/{path}": {"get"},
        "/index/rebuild": {"post"},
        "/jobs": {"get"},
        "/jobs/{id}": {"get", "delete"},
        "/jobs/{id}/events": {"get"},
    }
    assert client.get("/docs").status_code == 404


# ---- start-up ------------------------------------------------------------------------------------


def test_health_tells_loading_from_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_startup, "WAIT_SECONDS", 0.01)
    gate = threading.Event()

    def open_slowly() -> Assistant:
        assert gate.wait(10)
        return StubAssistant()

    app = create_web_app(open_slowly)
    with TestClient(app, headers={"accept-language": "zh"}) as client:
        health = client.get("/healthz")
        assert health.status_code == 200
        assert health.json() == {
            "status": "loading",
            "index": None,
            "documents": 0,
            "message": None,
        }
        assert client.get("/").status_code == 200  # the page does not wait
        problem = read_problem(client.post("/api/v1/ask", json={"question": "a"}), 503)
        assert problem["code"] == "loading"
        gate.set()
        monkeypatch.setattr(web_startup, "WAIT_SECONDS", 10)
        assert client.post("/api/v1/ask", json={"question": QUESTION}).status_code == 200
        assert client.get("/healthz").json() == {
            "status": "ready",
            "index": "stub",
            "documents": 2,
            "message": None,
        }


def fail_to_open() -> Assistant:
    raise RuntimeError("模型不在\nthe model is missing")


def test_a_failed_start_is_reported_everywhere() -> None:
    with TestClient(create_web_app(fail_to_open)) as client:
        read_problem(client.post("/api/v1/ask", json={"question": "a"}), 503)  # waits for it
        health = client.get("/healthz")
        assert health.status_code == 200  # alive, if of no use: /readyz is for that
        assert health.json()["message"] == "模型不在\nthe model is missing"
        problem = read_problem(client.post("/api/v1/ask", json={"question": "a"}), 503)
        assert problem["code"] == "failed"
        page = client.get(f"/en/pane/{PLAN}")
        assert page.status_code == 503 and "the model is missing" in page.text


def begin(open_assistant: Any) -> Startup:
    startup = Startup(open_assistant)
    startup.begin()
    startup.wait(10)
    return startup


# ---- pages and the boundary ----------------------------------------------------------------------


def test_a_documents_page_stands_alone_and_highlights(client: TestClient) -> None:
    citation = client.post("/api/v1/ask", json={"question": QUESTION}).json()["citations"][0]
    query = {name: citation[name] for name in ("clause", "start", "end")}
    for prefix, language in (("", "zh-CN"), ("/en", "en")):
        for kind in ("documents", "pane"):
            response = client.get(f"{prefix}/{kind}/{PLAN}", params=query)
            assert response.status_code == 200
            assert '<mark class="quote">' in response.text
            assert (f'<html lang="{language}"' in response.text) == (kind == "documents")
    assert client.get("/documents/none").status_code == 404
    assert client.get(f"/pane/{PLAN}?start=x").status_code == 422


@pytest.mark.parametrize(
    ("path", "accept", "cookie", "location"),
    [
        ("/", "zh-CN", None, None),
        ("/", None, None, None),
        ("/", "en-US", None, "./en/"),
        ("/", "en-US", "zh", None),
        ("/", "zh-CN", "en", "./en/"),
        ("/?lang=zh", "en-US", "en", None),
        ("/?lang=en", "zh-CN", None, "./en/"),
        ("/?lang=xx", "zh-CN", "xx", None),
        ("/en/", "zh-CN", "zh", None),
    ],
)
def test_the_page_comes_in_the_language_wanted(
    client: TestClient, path: str, accept: str | None, cookie: str | None, location: str | None
) -> None:
    headers = {"accept-language": accept or ""}
    if cookie:
        headers["cookie"] = f"policy_qa_language={cookie}"
    response = client.get(path, headers=headers, follow_redirects=False)
    assert response.headers.get("location") == location
    if location is None:
        language = "en" if path.startswith("/en") else "zh-CN"
        assert f'<html lang="{language}"' in response.text


def test_the_page_names_no_other_machine_and_only_its_own_scripts(client: TestClient) -> None:
    response = client.get("/en/")
    policy = response.headers["content-security-policy"]
    assert "http" not in policy and policy.count("'unsafe-inline'") == 1
    assert "style-src-attr 'unsafe-inline';" in policy
    assert re.findall("<style[^>]*>", response.text)
    assert not re.findall(r"<style(?! nonce)[^>]*>", response.text)
    nonce = re.search(r"'nonce-([\w-]+)'", policy)
    assert nonce is not None
    scripts = re.findall(r"<script[^>]*>", response.text)
    assert scripts and all(f'nonce="{nonce[1]}"' in script for script in scripts)
    assert client.get("/en/").headers["content-security-policy"] != policy
    assert not re.search(r'(?:src|href|content)="https?://', response.text)
    assert "unsafe" not in client.get(f"/documents/{PLAN}").headers["content-security-policy"]
    bare = client.get("/api/v1/documents").headers
    assert "'self'" not in bare["content-security-policy"]
    assert bare["cross-origin-resource-policy"] == "same-origin"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_no_script_of_a_document_could_run() -> None:
    """Were one ever let through unescaped, it would still lack the nonce that Gradio's own get."""
    page = b"<html><head></head><body><script>alert(1)</script></body></html>"
    assert complete_page(page, "zh", "secret") == page
    framed = page.replace(b"<body>", b"<body><gradio-app>")
    assert b'<script nonce="secret">alert(1)' in complete_page(framed, "zh", "secret")


@pytest.mark.parametrize("prefix", ["", "/en"])
@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/upload",
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/proxy=http://example.org",
        "/gradio_api/info",
        "/gradio_api/run/predict",
        "/gradio_api/call/ask",
        "/gradio_api/mcp/",
        "/gradio_api/runs",
        "/monitoring",
        "/login",
    ],
)
def test_what_the_page_does_not_use_is_closed(client: TestClient, prefix: str, path: str) -> None:
    assert client.get(prefix + path).status_code == 404
    assert client.post(prefix + path).status_code == 404


def test_static_files_do_not_lead_outside(client: TestClient) -> None:
    style = client.get("/page/page.css")
    assert style.status_code == 200 and style.headers["cache-control"] == "no-cache"
    assert client.get("/page/..%2Fpage.py").status_code == 404

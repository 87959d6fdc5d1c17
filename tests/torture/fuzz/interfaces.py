"""REST in process: what OpenAPI allows and forbids, by schemathesis; and bodies that are no request."""

from __future__ import annotations

import json
import random
import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import hypothesis
import requests
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.core.failures import FailureGroup

PROBLEM = "application/problem+json"
# Waiting for a job's events is what that address is for.
_SKIPPED = {"GET /api/v1/jobs/{id}/events"}

load_all_checks()


def run_schema(app: FastAPI, client: TestClient, cases: int, seed: int) -> tuple[int, list[str]]:
    """Send ``cases`` requests for each operation, valid and invalid by turns; return how many, and what failed.

    All of schemathesis' checks are made: no server error, status, content type, headers and body as
    described, what is not allowed refused, what is allowed accepted, methods that are not there.
    """
    schema = schemathesis.openapi.from_dict(app.openapi())
    counted: Counter[str] = Counter()
    failures: dict[str, str] = {}
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.label in _SKIPPED:
            continue
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                strategy = operation.as_strategy(generation_mode=mode)
                _try_all(strategy, client, cases // 2, seed, operation.label, counted, failures)
            except hypothesis.errors.Unsatisfiable:
                pass  # nothing about this operation can be wrong
    return counted.total(), list(failures.values())


def _try_all(
    strategy: Any,
    client: TestClient,
    cases: int,
    seed: int,
    label: str,
    counted: Counter[str],
    failures: dict[str, str],
) -> None:
    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=max(1, cases),
        deadline=None,
        database=None,
        derandomize=False,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(strategy)
    def check(case: Any) -> None:
        counted[label] += 1
        response = send(case, client)
        try:
            case.validate_response(response)
        except FailureGroup as group:
            for failure in group.exceptions:
                key = f"{label}: {type(failure).__name__}"
                told = " ".join(str(failure).split())[:300]
                failures.setdefault(key, f"{key}: {told} — {case.as_curl_command()[:400]}")

    check()


def send(case: Any, client: TestClient) -> Any:
    """Send a case through the client, written as schemathesis' own library writes it."""
    sent = case.as_transport_kwargs(base_url="http://testserver")
    names = ("method", "url", "headers", "files", "data", "params", "cookies", "json")
    made = requests.Request(**{name: sent[name] for name in names if name in sent}).prepare()
    request = client.build_request(
        str(made.method), str(made.url), headers=dict(made.headers), content=made.body
    )
    request.read()  # the checks look at what was sent
    return client.send(request)


# --- bodies and addresses that nothing describes --------------------------------------------------

_DEEP = "[" * 100_000
BODIES: tuple[bytes, ...] = (
    b"", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf" + b'{"question":"a"}', _DEEP.encode(), b'{"a":' * 50_000,
    b'{"question":NaN}', b'{"question":"a","k":Infinity}', b'{"question":"a","k":-Infinity}', b'{"id":NaN,"question":3}',
    b'{"question":"a","k":1e999}', b'{"question":"a","k":' + b"9" * 5000 + b"}", b'{"question":"a","question":3}',
    b'{"question":"\\ud800"}', b'{"question":"a","id":"\\ud800"}', b'{"question":"a","history":["\\udc00"]}',
    b'{"question":"a","filters":{"region":"\\ud800"}}', b'{"question":"a","filters":{"document":"\\u0000"}}',
    b'{"question":"a","as_of":"\\ud800"}', b'{"question":"a","as_of":"0000-00-00"}', b'{"question":"a","\\ud800":1}',
    b'{"question":"a","filters":{"\\ud800":"x"}}', b'{"question":"\\u0000\\u0001a"}', b'{"question":true}', b'"a"', b"1", b"null",
    '{"question":"充电站"}'.encode("utf-16"), '{"question":"充电站"}'.encode("gb18030"), b'{"question":"a"}garbage',
    b'{"question":"a","sort":"\\ud800"}', b'{"ask":"\\ud800","verdict":"up"}', b'{"ask":"' + b"0" * 16 + b'","verdict":"up"}',
    b'{"ask":"' + b"0" * 16 + b'","verdict":"down","reason":"other","text":"\\ud800\\u0000"}', b'{"title":"\\ud800"}', b'{"written":"9999-99-99"}',
    b"--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a\xff\x00.txt\"\r\n\r\n\x00\r\n--x--",
    b"--x\r\nContent-Disposition: form-data; name=\"files\"; filename*=utf-8''%ff%fe\r\n\r\na\r\n--x--\r\n",
    b"--x\r\n\r\n--x", b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--", b"--x" * 10_000,
    b"question=a&k=1", b'{"fn_index":0,"data":[],"session_hash":"x"}', b'{"fn_index":99999,"data":[],"session_hash":"x"}',
    b'{"fn_index":-1,"data":null,"session_hash":null}', b'{"fn_index":"0","data":{"a":1},"session_hash":["x"]}',
    b'{"fn_index":0,"data":["\\ud800",null,1e999,[],{}],"session_hash":"\\ud800"}', b'{"data":["a"]}',
    b'{"fn_index":1,"data":[{"path":"/etc/passwd","meta":{"_type":"gradio.FileData"}}],"session_hash":"x"}',
    b'{"event_id":"\\ud800","session_hash":"\\ud800","fn_index":0}', b'{"event_id":3}',
    b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ask","arguments":{"question":"\\ud800"}}}',
    b'{"jsonrpc":"2.0","id":1,"method":"\\ud800"}', b'[{"jsonrpc":"2.0"}]', b'{"jsonrpc":"2.0","id":NaN,"method":"initialize"}',
)  # fmt: skip
ADDRESSES = (
    *"/api/v1/ask /api/v1/search /api/v1/feedback /api/v1/documents /api/v1/documents/x /api/v1/jobs/x /mcp".split(),
    *"/gradio_api/queue/join /gradio_api/reset /gradio_api/cancel /en/gradio_api/queue/join /gradio_api/startup-events".split(),
    *"/gradio_api/heartbeat/x /gradio_api/queue/data /config /filters /examples /calls /library /healthz".split(),
)  # fmt: skip
# What a path or a query may be, as bytes of the request line: bad escapes, bad UTF-8, wide numbers.
PATHS = (
    *"/api/v1/documents/%ff /api/v1/documents/%00 /api/v1/documents/%ED%A0%80 /api/v1/documents/..%2f..%2fetc%2fpasswd".split(),
    *"/api/v1/documents/%2e%2e /api/v1/documents//// /api/v1/clauses/x/%ff%fe /api/v1/clauses//一 /documents/%ff /documents/%00".split(),
    *"/documents/..%2f..%2fetc%2fpasswd /pane/%ff /pane/a%00b /page/%2e%2e /page/..%2f..%2fapp.py /en/page/%ff /en/en/ //".split(),
    *"/api/v1/documents/x/original%00 /api/v1/jobs/%ff /api/%ff /static/%ff /assets/..%2f..%2f..%2fetc%2fpasswd /%ff".split(),
    *"/svelte/%00 /static/%2e%2e%2f%2e%2e%2fetc%2fpasswd /gradio_api/heartbeat/%ff /pwa_icon/99999999999999999999".split(),
    "/documents/" + "a" * 5000, "/documents/" + "%E7%94%B2" * 1000, "/page/" + "a" * 300,
)  # fmt: skip
QUERIES = (
    "%ff=%ff", "q=%ff", "q=%00", "question=%ED%A0%80", "question=%ED%A0%80&k=1", "question=%00a", "k=99999999999999999999&question=a",
    "question=a&k=1e9", "offset=-1", "offset=99999999999999999999999", "limit=0", "limit=" + "9" * 5000, "as_of=0000-00-00", "as_of=%ff",
    "from=9999-12-31&to=0001-01-01", "status=%00", "region=" + "a" * 3000, "kind=%E2%80%AE", "&&&===", "lang=%ff", "lang=en&lang=zh",
    "clause=%ff", "clause=" + "%E4%B8%80/" * 500, "start=-1&end=99999999999999999999", "session_hash=%ff", "session_hash=" + "x" * 3000,
    "document=%ff", "question=a&question=b", "filters[region]=x", "page=NaN", "sort=%ff", "q=" + "%28" * 1500, "day=%00",
)  # fmt: skip
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY", "get", "X" * 300)
TYPES = ("application/json", "text/plain", "multipart/form-data; boundary=x", "multipart/form-data", "application/x-www-form-urlencoded",
         "application/json; charset=\xff", "", "text/event-stream", "application/json; charset=utf-16")  # fmt: skip
HEADERS = (
    {}, {"Accept": "text/event-stream"}, {"Accept": "application/json, text/event-stream"}, {"Accept": "\xff"},
    {"Cookie": "policy_qa_desk=\xff; policy_qa_language=\xff"}, {"Cookie": "=" * 4000}, {"Accept-Language": ";q=x,," * 200},
    {"Origin": "null"}, {"Origin": "\xff"}, {"Host": "\xff"}, {"Host": "a:b:c"}, {"Range": "bytes=-1-99999999999999999999"},
    {"If-None-Match": "\xff"}, {"X-Forwarded-For": "\xff"}, {"Content-Length": "-1"}, {"X-Request-ID": "\xff\x01"}, {"Last-Event-ID": "x"},
    {"If-Modified-Since": "Thu, 99 Foo 99999"}, {"Mcp-Session-Id": "\xff"}, {"MCP-Protocol-Version": "1"}, {"Authorization": "Bearer \xff"},
)  # fmt: skip


def draw_raw(amount: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield requests: first every odd thing once in a plain request, then mixtures."""
    random_ = random.Random(seed)
    plain: list[dict[str, Any]] = [
        *({"method": "POST", "path": a, "body": b} for a in ADDRESSES[:8] for b in BODIES),
        *({"path": path} for path in PATHS),
        *({"path": "/api/v1/search", "query": query} for query in QUERIES),
        *({"path": path, "query": query} for path in ("/api/v1/documents", "/") for query in QUERIES),
        *({"method": method, "path": path} for method in METHODS for path in ADDRESSES),
        *({"method": "POST", "path": "/api/v1/documents", "type": t, "body": b} for t in TYPES[2:4] for b in BODIES),
        *({"path": path, "headers": h} for h in HEADERS for path in ("/", "/api/v1/documents", "/mcp")),
    ]  # fmt: skip
    random_.shuffle(plain)
    yield from plain[:amount]
    for _ in range(amount - len(plain)):
        yield {
            "method": random_.choice(METHODS),
            "path": random_.choice((*ADDRESSES, *PATHS)),
            "query": random_.choice(("", *QUERIES)),
            "type": random_.choice(TYPES),
            "headers": random_.choice(HEADERS),
            "body": random_.choice(BODIES),
        }

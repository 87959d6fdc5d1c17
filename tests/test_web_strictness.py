"""What Gradio is not given: each of these made it fail, or repeat what it got."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message

from qa.web.application import create_web_app
from qa.web.strictness import Strict, is_json, without_unused
from tests.web_library import StubAssistant

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_web_app(StubAssistant)) as client:
        yield client


@pytest.mark.parametrize("path", ["queue/join", "cancel", "reset"])
@pytest.mark.parametrize(
    "body",
    [
        b'{"question":NaN}',
        b'{"k":1e999}',
        b'{"k":-Infinity}',
        b'{"title":"\\ud800"}',
        b'{"fn_index":0,"data":["\\udc00"],"session_hash":"x"}',
        b"\xff",
        b"[" * 10_000,
    ],
    ids=repr,
)
def test_what_is_no_json_is_a_problem(path: str, body: bytes, client: TestClient) -> None:
    headers = {"Content-Type": "application/json"}
    response = client.post(f"/gradio_api/{path}", content=body, headers=headers)
    assert response.status_code == 400 and response.json()["code"] == "not_json"


def test_a_function_that_there_is_not_is_a_problem(client: TestClient) -> None:
    call = {"fn_index": 99999, "data": [], "session_hash": "x"}
    response = client.post("/gradio_api/queue/join", json=call)
    assert response.status_code == 404 and response.json()["code"] == "not_found"


@pytest.mark.parametrize("query", ["page=NaN", "%70age=x", "deep_link=x", "lang=zh&page=x"])
@pytest.mark.parametrize("path", ["/", "/config"])
def test_parameters_of_gradio_that_the_page_has_no_use_for(
    path: str, query: str, client: TestClient
) -> None:
    assert client.get(f"{path}?{query}").status_code == 200


def test_other_parameters_stay() -> None:
    assert without_unused(b"lang=zh&page=1&x=%ff&deep+link=1") == b"lang=zh&x=%ff&deep+link=1"
    assert without_unused(b"") == b""


@given(JSON)
def test_json_is_what_can_be_written_again(value: object) -> None:
    body = json.dumps(value).encode()
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
        whole = True
    except ValueError:
        whole = False
    assert is_json(body) is whole


def test_a_body_that_breaks_off_is_not_answered() -> None:
    messages: list[Message] = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    async def fail(*_: object) -> None:
        raise AssertionError("passed on")

    asyncio.run(Strict(fail)({"type": "http", "method": "POST"}, receive, send))
    assert not sent and not messages

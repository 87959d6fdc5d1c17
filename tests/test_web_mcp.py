"""The library's tools as a client of the Model Context Protocol sees them."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from fastapi.testclient import TestClient
from mcp import Client
from mcp.types import CallToolResult, TextContent

from qa.log import Log
from qa.web.application import create_web_app
from qa.web.resources import Resources
from qa.web.rest.mcp import build_tools
from qa.web.startup import Startup
from tests.qa_library import sample_assistant
from tests.web_library import PLAN, StubAssistant
from tests.web_served import serve

QUESTION = "充电站建设有什么支持？"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serve(create_web_app(sample_assistant)) as address:
        yield address


def talk(target: Any, conversation: Callable[[Client], Awaitable[Any]], mode: str = "auto") -> Any:
    async def run() -> Any:
        async with Client(target, mode=mode) as client:
            return await conversation(client)

    return asyncio.run(run())


def call(target: Any, tool: str, mode: str = "auto", **arguments: Any) -> CallToolResult:
    result = talk(target, lambda client: client.call_tool(tool, arguments), mode)
    assert isinstance(result, CallToolResult)
    return result


def read_text(result: CallToolResult) -> str:
    [content] = result.content
    assert isinstance(content, TextContent)
    return content.text


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_an_answer_over_http_is_that_of_rest(address: str, mode: str) -> None:
    result = call(address + "/mcp", "ask", mode, question=QUESTION)
    assert not result.is_error
    answer = result.structured_content
    plain = httpx.post(f"{address}/api/v1/ask", json={"question": QUESTION}, trust_env=False).json()
    for response in (answer, plain):
        response.pop("timings_ms")
    assert answer == plain and answer["outcome"] == "answered"
    assert json.loads(read_text(result)) == {
        **answer,
        "timings_ms": json.loads(read_text(result))["timings_ms"],
    }
    documents = sample_assistant().index.documents
    for citation in answer["citations"]:
        clean = documents[citation["document"]].clean
        assert clean[citation["start"] : citation["end"]] == citation["quote"]


def test_the_tools_say_what_they_take_and_return(address: str) -> None:
    tools = talk(address + "/mcp", lambda client: client.list_tools()).tools
    assert [tool.name for tool in tools] == ["ask", "search", "get_clause"]
    for tool in tools:
        chinese, english = tool.description.split("\n", 1)
        assert any("\u4e00" <= character <= "\u9fff" for character in chinese) and english
        assert tool.annotations.read_only_hint and not tool.annotations.open_world_hint
        assert tool.input_schema["additionalProperties"] is False
    results = {
        "ask": call(address + "/mcp", "ask", question=QUESTION),
        "search": call(
            address + "/mcp",
            "search",
            question="充电站",
            k=3,
            filters={"region": "吉林省"},
            as_of="2025-01-01",
            sort="date",
        ),
        "get_clause": call(
            address + "/mcp",
            "get_clause",
            document="jilin-nev-action-plan-2024",
            clause="一/（五）/13",
        ),
    }
    for tool in tools:
        jsonschema.validate(results[tool.name].structured_content, tool.output_schema)
    found = results["search"].structured_content["results"]
    assert len(found) == 3 and {item["document"][:5] for item in found} == {"jilin"}
    clause = results["get_clause"].structured_content
    clean = sample_assistant().index.documents["jilin-nev-action-plan-2024"].clean
    assert clause["quote"] == clean[clause["start"] : clause["end"]]
    assert clause["label"] == "一、（五）13." and clause["quote"].startswith("13.")


def test_a_follow_up_is_understood(address: str) -> None:
    result = call(
        address + "/mcp",
        "ask",
        question="那吉林呢？",
        history=["安徽对充电站建设有什么支持？"],
        as_of="2026-01-01",
    )
    assert "吉林" in result.structured_content["understood_as"]
    assert result.structured_content["as_of"] == "2026-01-01"


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("ask", {}, "question"),
        ("ask", {"question": "？"}, "问题没有内容"),
        ("ask", {"question": "充电站", "region": "吉林省"}, "region"),
        ("ask", {"question": "充电站", "filters": {"regoin": "吉林省"}}, "regoin"),
        ("ask", {"question": "充电站", "filters": {"region": "乌有省"}}, "没有地区"),
        ("ask", {"question": "充电站", "as_of": "2026"}, "日期"),
        ("search", {"question": "充电站", "k": 0}, "k"),
        ("search", {"question": "充电站", "sort": "size"}, "sort"),
        ("get_clause", {"document": PLAN, "clause": "第九十九条"}, "第九十九条"),
        ("get_clause", {"document": "none", "clause": "一"}, "none"),
        ("ask", {"question": "故障"}, "could not be processed"),
    ],
)
def test_what_is_wrong_is_told_to_the_model(
    tool: str, arguments: dict[str, Any], said: str
) -> None:
    startup = Startup(StubAssistant)
    startup.begin()
    result = call(build_tools(Resources(startup)), tool, **arguments)
    assert result.is_error and said in read_text(result)
    assert "secret" not in read_text(result) and "Traceback" not in read_text(result)


def test_answers_are_recorded(tmp_path: Path) -> None:
    startup = Startup(StubAssistant)
    startup.begin()
    log = Log(tmp_path / "qa.sqlite3")
    call(build_tools(Resources(startup, log)), "ask", question=QUESTION)
    assert log.count_outcomes()["answered"] == 1


def test_calls_run_side_by_side() -> None:
    """Both must be inside the assistant at once for either to go on."""
    both = threading.Barrier(2, timeout=20)

    class Together(StubAssistant):
        def ask(self, request: Any, **options: Any) -> Any:
            both.wait()
            return super().ask(request, **options)

    startup = Startup(Together)
    startup.begin()

    async def ask_twice(client: Client) -> list[CallToolResult]:
        return await asyncio.gather(
            *(client.call_tool("ask", {"question": f"{QUESTION}{n}"}) for n in range(2))
        )

    results = talk(build_tools(Resources(startup)), ask_twice)
    assert not any(result.is_error for result in results)


def test_the_address_takes_posts_of_programs_and_of_this_site_only() -> None:
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    accept = {"accept": "application/json, text/event-stream"}
    app = create_web_app(StubAssistant)
    for _ in range(2):  # an application may be started again
        with TestClient(app) as client:
            assert client.post("/mcp", json=message, headers=accept).status_code == 200
    with TestClient(app) as client:
        assert client.get("/mcp").status_code == 405
        for headers in (
            {"origin": "http://evil.example"},
            {"sec-fetch-site": "cross-site"},
            {"origin": "http://evil.example", "host": "evil.example"},
        ):
            refused = client.post("/mcp", json=message, headers=accept | headers)
            assert refused.status_code == 403, headers
        large = client.post("/mcp", content=b"[" + b" " * 300_000, headers=accept)
        assert large.status_code == 413


def test_over_stdio_nothing_else_is_on_standard_output(home: Path) -> None:
    script = (
        "import app; from tests.web_library import StubAssistant\n"
        "app.prepare = lambda *_: StubAssistant\n"
        "raise SystemExit(app.main(['--stdio']))"
    )
    messages = [
        {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "initialize",
            "params": {
                "protocolVersion": "2025-06-18",
                "capabilities": {},
                "clientInfo": {"name": "test", "version": "1"},
            },
        },
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {
            "jsonrpc": "2.0",
            "id": 2,
            "method": "tools/call",
            "params": {"name": "ask", "arguments": {"question": QUESTION}},
        },
    ]
    done = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        cwd=Path(__file__).parent.parent,
        env={**os.environ, "POLICY_QA_HOME": str(home)},
    )
    assert done.stdin and done.stdout
    with done:
        for message in messages:
            done.stdin.write(json.dumps(message) + "\n")
        done.stdin.flush()
        answers = [json.loads(done.stdout.readline()) for _ in range(2)]
        done.stdin.close()
        assert done.stdout.read() == ""
    assert done.returncode == 0
    assert answers[1]["result"]["structuredContent"]["outcome"] == "answered"
    assert (home / "qa.sqlite3").exists()

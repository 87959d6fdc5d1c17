"""MCP: the library as tools for a language model's client, over HTTP at /mcp or over stdio.

Tools only read. What they return are the same objects as those of REST; a quote is the document's
own text, character for character, and says where it stands.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from mcp.server import MCPServer
from mcp.server.mcpserver.tools import Tool
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import Field
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from qa.schema import read_request
from qa.search import Sort
from qa.web.resources import Resources
from qa.web.rest.holdings import write_clause
from qa.web.rest.models import Answer, AsOf, ClauseView, Filters, Question, SearchResponse
from qa.web.rest.problems import explain, write_json
from qa.web.rest.questions import answer, find, write_filters

PATH = "/mcp"
# A question with all of its history.
BODY_BYTES = 256 * 1024

INSTRUCTIONS = """\
中国政策文件库：逐条原文、文号、条款和效力。回答用户时只引用工具返回的 quote（逐字原文）及其出处，\
并注明「以原文为准」；outcome 为 no_basis 时如实说未检索到依据，不要自行补充。
A library of Chinese policy documents: clauses word for word, with 文号, clause number and status. When \
you answer, quote only what the tools return as quote, with its source, and say that the original \
prevails. Where the outcome is no_basis, say that nothing was found; add nothing of your own."""
ASK = """\
就政策库提问，得到有逐字依据的答案：每条依据含文件、文号、条款、原文和效力；没有依据时如实说明。
Ask the library a question, in Chinese or English. Returns an answer that rests on verbatim citations \
(document, 文号, clause, quote, offsets, status), or outcome no_basis. Give the conversation's earlier \
questions as history, so that a follow-up is understood."""
SEARCH = """\
按相关程度列出条款（逐字摘录），不作答复。
List the clauses nearest to the words, with verbatim excerpts and their places, without an answer."""
GET_CLAUSE = """\
取一条条款的全文、上级标题、下级条款和前后条款；编号用 ask 或 search 返回的 document 和 clause。
Read one clause in full, with the headings above it, its children and its neighbours. Use the \
document and clause that ask or search returned."""

_READS = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)


def build_tools(resources: Resources) -> MCPServer[Any]:
    """Return the server of the tools; questions stand in the line of all others."""

    async def in_turn(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        with resources.admission.enter() as place:
            await resources.take_turn(place)
            return await run_in_threadpool(work)

    async def ask(
        question: Question,
        history: Annotated[
            tuple[str, ...], Field(description="Earlier questions, oldest first / 先前的问题")
        ] = (),
        filters: Filters | None = None,
        as_of: AsOf = None,
    ) -> Annotated[CallToolResult, Answer]:
        fields = {
            "question": question,
            "history": list(history),
            "filters": write_filters(filters),
            "as_of": as_of,
        }
        return await _tell(in_turn(lambda: answer(resources, read_request(fields))))

    async def search(
        question: Question,
        k: Annotated[int, Field(ge=1, le=100, description="How many / 条数")] = 10,
        filters: Filters | None = None,
        as_of: AsOf = None,
        sort: Annotated[Sort, Field(description="date: newest first / 新的在前")] = "relevance",
    ) -> Annotated[CallToolResult, SearchResponse]:
        fields = {
            "question": question,
            "k": k,
            "filters": write_filters(filters),
            "as_of": as_of,
            "sort": sort,
        }
        return await _tell(in_turn(lambda: find(resources, fields)))

    async def get_clause(
        document: Annotated[str, Field(description="The document's id / 文件编号")],
        clause: Annotated[
            str, Field(description="The clause's path / 条款编号", examples=["一/（五）/13"])
        ],
    ) -> Annotated[CallToolResult, ClauseView]:
        async def read() -> dict[str, Any]:
            index = await resources.open_index()
            return await run_in_threadpool(write_clause, index, document, clause)

        return await _tell(read())

    return MCPServer(
        "policy-qa",
        title="政策问答 Policy Q&A",
        instructions=INSTRUCTIONS,
        tools=[
            _describe(ask, "提问 Ask", ASK),
            _describe(search, "检索 Search", SEARCH),
            _describe(get_clause, "读条款 Read a clause", GET_CLAUSE),
        ],
        log_level="WARNING",
    )


def _describe(
    function: Callable[..., Awaitable[CallToolResult]], title: str, description: str
) -> Tool:
    """Return the tool, which refuses unknown arguments: a misplaced filter must not widen a search."""
    tool = Tool.from_function(function, title=title, description=description, annotations=_READS)
    arguments = tool.fn_metadata.arg_model
    arguments.model_config["extra"] = "forbid"
    arguments.model_rebuild(force=True)
    tool.parameters = arguments.model_json_schema(by_alias=True)
    return tool


async def _tell(reading: Awaitable[dict[str, Any]]) -> CallToolResult:
    """Return what comes of ``reading``, as an object and as its text; or what went wrong, for the model."""
    try:
        content = await reading
    except Exception as error:
        text = explain(error).detail
        return CallToolResult(content=[TextContent(type="text", text=text)], is_error=True)
    text = write_json(content)
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content=json.loads(text)
    )


@asynccontextmanager
async def serve_tools(server: MCPServer[Any]) -> AsyncIterator[None]:
    """Have the tools answer over HTTP meanwhile. A request stands alone: there are no sessions."""
    server.streamable_http_app(
        json_response=True,
        stateless_http=True,
        max_request_body_size=BODY_BYTES,
        # The boundary checks where a request comes from, for every address alike.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    async with server.session_manager.run():
        yield


def add_tools(app: FastAPI, server: MCPServer[Any]) -> None:
    """Add the address of the tools to the application; ``serve_tools`` must be running."""
    app.router.routes.append(Route(PATH, _Endpoint(server)))


class _Endpoint:
    """Passes requests to the session manager, of which each run of the application has its own."""

    def __init__(self, server: MCPServer[Any]) -> None:
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":  # there is no session whose messages could be listened to
            refusal = PlainTextResponse("Method Not Allowed", 405, headers={"Allow": "POST"})
            await refusal(scope, receive, send)
            return
        await self._server.session_manager.handle_request(scope, receive, send)

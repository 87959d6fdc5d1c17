"""REST: ask, search, and what is said of an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from index.types import ClauseId
from qa.errors import RequestError
from qa.log import Feedback
from qa.schema import read_request, read_search, write_response, write_searched
from qa.search import search
from qa.types import Request as Asked
from qa.web.access.visitors import read_desk
from qa.web.resources import Resources
from qa.web.rest.bodies import read_object
from qa.web.rest.events import EVENT_STREAM, Events, Say, Stream
from qa.web.rest.models import Answer, FeedbackReceipt, Filters, SearchQuery, SearchResponse
from qa.web.rest.openapi import describe_body, describe_events, describe_response
from qa.web.rest.problems import PlainResponse, Problem

# What is sent to a client that has gone away: nobody reads it, but it is counted as what it is.
GONE = 499

ASK_EVENTS = (
    'With `Accept: text/event-stream`: `text` events ({"text": …}) as a language model writes, then '
    "one `response`, or a `problem`. What the texts say is void where the response's "
    "`generated.used` is not true."
)


def build_questions(resources: Resources) -> APIRouter:
    """Return the routes of questions."""
    routes = APIRouter(tags=["questions"])

    @routes.post(
        "/ask",
        operation_id="ask",
        responses={
            200: describe_response(Answer, "The answer", **describe_events(ASK_EVENTS)),
        },
        openapi_extra=describe_body("AskRequest", {"question": "充电站建设有什么支持？"}),
    )
    async def ask(request: Request) -> Response:
        """Answer a question with citations, or with an honest 「未检索到依据」."""
        asked = read_request(await read_object(request))
        if EVENT_STREAM in request.headers.get("accept", ""):
            say = partial(say_answer, resources, asked, read_desk(request))
            place = resources.admission.enter()
            return Events(Stream(say, resources.take_turn(place), place.leave))
        return await respond(
            resources, request, partial(answer, resources, asked, read_desk(request))
        )

    @routes.get(
        "/search",
        operation_id="search",
        responses={200: describe_response(SearchResponse, "The clauses found")},
    )
    async def search_by_address(
        request: Request, query: Annotated[SearchQuery, Query()]
    ) -> Response:
        """List the clauses nearest to a question, without an answer."""
        fields = query.model_dump(include={"question", "k", "sort", "as_of"})
        work = partial(find, resources, {**fields, "filters": write_filters(query)})
        return await respond(resources, request, work)

    @routes.post(
        "/search",
        operation_id="search_with_body",
        responses={200: describe_response(SearchResponse, "The clauses found")},
        openapi_extra=describe_body("SearchRequest", {"question": "充电站建设", "k": 5}),
    )
    async def search_by_body(request: Request) -> Response:
        """List the clauses nearest to a question, without an answer; the question as JSON."""
        fields = await read_object(request)
        return await respond(resources, request, partial(find, resources, fields))

    @routes.post(
        "/feedback",
        status_code=201,
        operation_id="give_feedback",
        responses={201: describe_response(FeedbackReceipt, "It was kept")},
        openapi_extra=describe_body(
            "FeedbackRequest",
            {"ask": "0123456789abcdef", "verdict": "down", "reason": "outdated"},
        ),
    )
    async def give_feedback(request: Request) -> Response:
        """Say whether an answer was right; `ask` is the answer's own."""
        feedback = read_feedback(await read_object(request))
        log = resources.log
        if log is None:
            raise Problem(
                503,
                "no_log",
                "此服务不记录问答，无法保存评价。\nThis server keeps no log, so feedback is not taken.",
            )
        number = await run_in_threadpool(log.judge, feedback, desk=read_desk(request))
        return PlainResponse({"id": number}, 201)

    return routes


async def respond(
    resources: Resources, request: Request, work: Callable[[], dict[str, Any]]
) -> Response:
    """Return what ``work`` returns, done in a thread when it is its turn.

    A client that goes away before gives its place back. Raises CrowdedError, NotReady and what ``work``
    raises.
    """
    with resources.admission.enter() as place:
        turn = asyncio.ensure_future(resources.take_turn(place))
        gone = asyncio.ensure_future(_leave(request))
        try:
            await asyncio.wait({turn, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not turn.done():
                return Response(status_code=GONE)
            turn.result()
        finally:
            turn.cancel()
            gone.cancel()
        return PlainResponse(await run_in_threadpool(work))


async def _leave(request: Request) -> None:
    """Return when the client has gone away; its body was read before, or there is none."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def answer(resources: Resources, asked: Asked, desk: str | None = None) -> dict[str, Any]:
    """Ask, and return the response with its key in the log as JSON values."""
    response, key = resources.answer(asked, desk=desk)
    return {**write_response(response), "ask": key}


def say_answer(resources: Resources, asked: Asked, desk: str | None, say: Say) -> None:
    """Ask, and say what is written as it is, then the response."""
    response, key = resources.answer(
        asked, desk=desk, on_text=lambda text: say("text", {"text": text})
    )
    say("response", {**write_response(response), "ask": key})


def find(resources: Resources, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Search, and return what was found as JSON values."""
    request, sort = read_search(fields)
    searched = search(
        resources.startup.wait().index,
        request.question,
        k=request.k,
        filters=request.filters,
        as_of=request.as_of,
        sort=sort,
    )
    return write_searched(searched)


def write_filters(filters: Filters | None) -> dict[str, str]:
    """Return the filters that are set as those of a request."""
    if filters is None:
        return {}
    return filters.model_dump(by_alias=True, exclude_none=True, include=set(Filters.model_fields))


def read_feedback(fields: Mapping[str, Any]) -> Feedback:
    """Return the feedback that an object holds; RequestError says what is wrong with it."""
    unknown = sorted(set(fields) - {"ask", "verdict", "reason", "comment", "clause"})
    if unknown:
        raise RequestError(
            "unknown_field",
            f"未知字段：{'、'.join(unknown)}。",
            f"Unknown fields: {', '.join(unknown)}.",
        )
    for name in ("ask", "verdict", "reason", "comment"):
        value = fields.get(name)
        if not isinstance(value, str) and (value is not None or name in ("ask", "verdict")):
            raise RequestError(f"bad_{name}", f"{name} 应为文字。", f"{name} must be a string.")
    return Feedback(
        ask=fields["ask"],
        verdict=fields["verdict"],
        reason=fields.get("reason"),
        comment=fields.get("comment"),
        clause=_read_clause(fields.get("clause")),
    )


def _read_clause(value: object) -> ClauseId | None:
    if value is None:
        return None
    if isinstance(value, Mapping) and set(value) == {"document", "clause"}:
        document, clause = value["document"], value["clause"]
        if isinstance(document, str) and isinstance(clause, str):
            return document, clause
    raise RequestError(
        "bad_clause",
        'clause 应为 {"document": "…", "clause": "…"}。',
        'clause must be {"document": "…", "clause": "…"}.',
    )

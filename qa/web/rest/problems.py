"""What goes wrong, as problem+json (RFC 9457): one shape for every address of the API.

A problem's ``code`` is for programs and stays; ``detail`` is for people.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from documents.errors import CorrectionError, DocumentError
from index.errors import ClusterError, SnapshotError
from qa.errors import LogError, RequestError, UnknownAskError
from qa.web.admission import CrowdedError
from qa.web.jobs import BusyError
from qa.web.startup import DAMAGED, NotReady
from qa.web.tracing import explain_failure, request_id

PROBLEM_TYPE = "application/problem+json"

logger = logging.getLogger(__name__)


class Problem(Exception):
    """A request that is answered with a problem: an HTTP status, what is wrong, and a code."""

    def __init__(
        self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})


class PlainResponse(JSONResponse):
    """JSON in UTF-8; half a character, which a file name may hold, goes out as JSON's own escape."""

    def render(self, content: Any) -> bytes:
        """Return the JSON."""
        return write_json(content).encode()


def write_json(content: Any) -> str:
    """Return ``content`` as one line of JSON that UTF-8 can hold."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode(errors="backslashreplace").decode()


def add_problems(app: FastAPI) -> None:
    """Have every failure below /api answered with a problem."""
    for error in (
        Problem,
        NotReady,
        RequestError,
        UnknownAskError,
        LogError,
        SnapshotError,
        DocumentError,
        BusyError,
        CrowdedError,
        RequestValidationError,
    ):
        app.add_exception_handler(error, _answer)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_middleware(Failures)


async def _answer(_: Request, error: Exception) -> Response:
    return write_problem(explain(error))


async def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if not is_api(request.scope):
        return await http_exception_handler(request, error)
    return write_problem(explain(error))


def explain(error: Exception) -> Problem:
    """Return the problem that an error is; of one that is not foreseen, none of its particulars."""
    match error:
        case Problem():
            return error
        case NotReady():
            if error.reason:
                return Problem(503, "failed", error.reason)
            text = "模型和索引仍在加载，请稍后再试。\nStill loading; try again in a moment."
            return Problem(503, "loading", text, {"Retry-After": "10"})
        case CrowdedError():
            return Problem(503, "crowded", str(error), {"Retry-After": str(error.seconds)})
        case RequestError():
            return Problem(422, error.code, error.message)
        case UnknownAskError():
            return Problem(404, "unknown_ask", error.message)
        case LogError():
            return Problem(503, "log_failed", error.message)
        case SnapshotError():
            logger.error("The index is damaged", exc_info=error)
            return Problem(503, "index_damaged", DAMAGED)
        case ClusterError():
            # The log says which, and why: addresses are not for everyone who asks.
            logger.error("The index cannot be reached", exc_info=error)
            return Problem(
                503,
                "index_unreachable",
                "检索用的索引暂时无法访问，请稍后重试。\nThe index cannot be reached now; try again later.",
                {"Retry-After": "30"},
            )
        case CorrectionError():
            return Problem(422, "bad_metadata", str(error))
        case BusyError():
            return Problem(503, error.code, str(error), {"Retry-After": "30"})
        case RequestValidationError():
            return Problem(422, "bad_parameter", "\n".join(map(_describe, error.errors())))
        case HTTPException():
            phrase = HTTPStatus(error.status_code).phrase
            code = phrase.lower().replace(" ", "_").replace("-", "_")
            return Problem(error.status_code, code, error.detail, error.headers)
    logger.error("A request failed", exc_info=error)
    return Problem(500, "internal", explain_failure(request_id()))


def _describe(error: Mapping[str, Any]) -> str:
    """Return what is wrong with a parameter; what was sent is not repeated."""
    place = ".".join(str(part) for part in error["loc"][1:]) or str(error["loc"][0])
    return f"参数 {place} 有误 / {place}: {error['msg']}"


def write_problem(problem: Problem) -> Response:
    """Return the problem as application/problem+json."""
    return PlainResponse(
        describe_problem(problem),
        problem.status,
        headers=problem.headers,
        media_type=PROBLEM_TYPE,
    )


def describe_problem(problem: Problem) -> dict[str, Any]:
    """Return the members of a problem."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        "request": request_id(),
    }


def is_api(scope: Scope) -> bool:
    """Whether a request is for an address below /api."""
    path: str = scope["path"].removeprefix(scope.get("root_path", ""))
    return path.startswith("/api/")


class Failures:
    """ASGI middleware: what no route foresaw is a problem too, with the headers of every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request of the API on, and answer where it fails before anything was sent."""
        if scope["type"] != "http" or not is_api(scope):
            await self.app(scope, receive, send)
            return
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except ClientDisconnect:  # broken off before all of it came: nobody waits for an answer
            return
        except Exception as error:
            if started:
                raise
            await write_problem(explain(error))(scope, receive, send)

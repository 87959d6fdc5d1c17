"""REST: ask, list the documents, read one. Errors are problem+json (RFC 9457)."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from documents.schema import write_document, write_metadata
from documents.types import Document
from documents.validity import compute_status
from qa.errors import RequestError
from qa.schema import read_request, write_response
from qa.web.rendering import count_clauses
from qa.web.startup import NotReady, Startup

# A question with its history is a few kilobytes; more is a mistake or an attack.
BODY_BYTES = 64 * 1024
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]

logger = logging.getLogger(__name__)


class Problem(Exception):
    """A request that is answered with a problem: an HTTP status, what is wrong, and a code."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail


def add_api(app: FastAPI, startup: Startup) -> None:
    """Add the routes below /api/v1 to the application."""

    @app.exception_handler(Problem)
    async def answer_problem(_: Request, problem: Problem) -> JSONResponse:
        return write_problem(problem)

    @app.exception_handler(NotReady)
    async def answer_not_ready(_: Request, error: NotReady) -> JSONResponse:
        code, detail = ("failed", error.reason) if error.reason else ("loading", str(error))
        return write_problem(Problem(503, code, detail))

    @app.post("/api/v1/ask", openapi_extra=ASK_SCHEMA)
    async def ask(request: Request) -> JSONResponse:
        """Answer a question with citations, or with an honest 「未检索到依据」."""
        fields = parse_body(await read_body(request))
        return await run_in_threadpool(answer, startup, fields)

    @app.get("/api/v1/documents")
    def list_documents() -> JSONResponse:
        """List the documents: id, metadata, status today, and counts."""
        documents = startup.wait().index.documents
        today = date.today()
        summaries = [summarize(documents[name], documents, today) for name in sorted(documents)]
        return JSONResponse({"documents": summaries})

    @app.get("/api/v1/documents/{name}")
    def read_document(name: str) -> JSONResponse:
        """Return one document with its clauses and its audit."""
        document = startup.wait().index.documents.get(name)
        if document is None:
            raise Problem(404, "document_not_found", f"no document {name!r} in the library")
        return JSONResponse(write_document(document))

    @app.api_route("/api/{path:path}", methods=METHODS, include_in_schema=False)
    def refuse_path(path: str) -> JSONResponse:
        raise Problem(404, "not_found", f"no such address: /api/{path}")


async def read_body(request: Request) -> bytes:
    """Return the body; Problem 413 as soon as it is longer than allowed."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES:
            raise Problem(413, "too_large", f"the body is limited to {BODY_BYTES} bytes")
    return body


def parse_body(body: bytes) -> Mapping[str, Any]:
    """Return the JSON object of a body; Problem 400 where it is none."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Problem(400, "not_json", f"the body is not JSON in UTF-8: {error}") from error
    if not isinstance(fields, dict):
        raise Problem(400, "not_an_object", "the body is JSON, but not an object")
    return fields


def answer(startup: Startup, fields: Mapping[str, Any]) -> JSONResponse:
    """Ask and return the response; RequestError becomes a problem 422."""
    try:
        request = read_request(fields)
    except RequestError as error:
        raise Problem(422, error.code, error.message) from error
    assistant = startup.wait()
    try:
        return JSONResponse(write_response(assistant.ask(request)))
    except RequestError as error:
        raise Problem(422, error.code, error.message) from error
    except Exception as error:  # the log has the reason; the caller gets no internals
        logger.exception("A question failed")
        raise Problem(500, "internal", "the question could not be processed") from error


def summarize(document: Document, documents: Mapping[str, Document], today: date) -> dict[str, Any]:
    """Return what the list of documents says of one."""
    defects = {
        (defect.start, defect.end) for clause in document.clauses for defect in clause.defects
    }
    return {
        "id": document.id,
        "metadata": write_metadata(document.metadata),
        "status": compute_status(document, documents.values(), today),
        "counts": {
            "clauses": count_clauses(document),
            "characters": len(document.clean),
            "defects": len(defects),
        },
    }


def write_problem(problem: Problem) -> JSONResponse:
    """Return the problem as application/problem+json."""
    content = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
    }
    return JSONResponse(content, problem.status, media_type="application/problem+json")


ASK_SCHEMA: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["question"],
                    "properties": {
                        "id": {"type": ["string", "null"]},
                        "question": {"type": "string"},
                        "history": {"type": "array", "items": {"type": ["string", "object"]}},
                        "filters": {"type": "object"},
                        "as_of": {"type": "string", "format": "date"},
                        "k": {"type": "integer", "default": 10},
                    },
                },
                "example": {"question": "充电站建设有什么支持？"},
            }
        },
    }
}

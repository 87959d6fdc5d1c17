"""Each request has a short id: in its response, in every line of the log about it, in what failed.

A line per request says method, route, status and milliseconds. It never says what was asked: no query
string, no part of a path that a visitor chose, no address. What else the log says passes
``qa.privacy.mask``, so that an error's own words bring no caller's number into it.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.privacy import mask

HEADER = "X-Request-ID"
LogFormat = Literal["text", "json"]
# Called with route, method, status and seconds of every request that was answered.
Observe = Callable[[str, str, int, float], None]

# What is taken from a proxy in front: long enough to be its own, and nothing but letters.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,64}")
_METHODS = frozenset("GET HEAD POST PUT PATCH DELETE OPTIONS".split())
# The page's own files and its questions whether the server is there: said at DEBUG only.
_FREQUENT = re.compile(
    r"(?:/en)?/(?:page|assets|static|svelte|healthz|readyz|metrics|gradio_api/heartbeat)\b.*"
    r"|(?:/en)?/(?:theme\.css|favicon\.ico|manifest\.json)"
)
_OWN_LOGGERS = ("__main__", "app", "qa", "index", "documents", "evaluation")

_request: ContextVar[str | None] = ContextVar("request", default=None)

logger = logging.getLogger(__name__)


def request_id() -> str | None:
    """Return the id of the request that this thread or task works for, None outside any.

    A thread that is started by hand has it where it runs in ``contextvars.copy_context()``.
    """
    return _request.get()


def bind(headers: Mapping[str, str]) -> None:
    """Go on for the request with these headers, as what Gradio calls does, outside the request."""
    _request.set(headers.get(HEADER.lower()))


class Tracing:
    """ASGI middleware, the outermost: gives a request its id, and says and counts what came of it."""

    def __init__(self, app: ASGIApp, observe: Observe = lambda *_: None) -> None:
        self.app = app
        self.observe = observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under its id; what nobody else caught is answered here."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        id = choose_id(Headers(scope=scope).get(HEADER))
        # Below, too, the header has the id that was chosen, and not what came.
        kept = [
            (name, value) for name, value in scope["headers"] if name != HEADER.lower().encode()
        ]
        scope["headers"] = [*kept, (HEADER.lower().encode(), id.encode())]
        path, began, status = scope["path"], time.perf_counter(), 0

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = id
            await send(message)

        token = _request.set(id)
        try:
            await self.app(scope, receive, tell)
        except Exception:
            logger.exception("A request failed")
            if not status:
                await PlainTextResponse(explain_failure(id), 500)(scope, receive, tell)
        finally:
            seconds = time.perf_counter() - began
            method = scope["method"] if scope["method"] in _METHODS else "other"
            route = find_route(scope, path)
            self.observe(route, method, status, seconds)
            # A status of 0: the visitor left, or the server stopped, before there was any.
            usual = status < 400 or status == 503
            level = logging.DEBUG if usual and _FREQUENT.fullmatch(path) else logging.INFO
            fields = {
                "method": method,
                "route": route,
                "status": status,
                "milliseconds": round(seconds * 1000, 1),
            }
            logger.log(level, "%s %s %d %.1f ms", *fields.values(), extra={"fields": fields})
            _request.reset(token)


def choose_id(came: str | None) -> str:
    """Return the id that came with a request where it is a short plain token, else a new one."""
    return came if came and _TOKEN.fullmatch(came) else secrets.token_hex(8)


def find_route(scope: Scope, path: str) -> str:
    """Return which route a request took, as it was declared: with no part that a visitor chose.

    One of a fixed number; "other" where none was taken.
    """
    prefix = (re.match(r"/en(?=/)|/api/v1(?=/)", path) or [""])[0]
    route = getattr(scope.get("route"), "path", None)
    if isinstance(route, str):
        return route if route.startswith(f"{prefix}/") else prefix + route
    found = re.match(r"(?:/en)?/(?:page|mcp)\b", path)
    return found[0] if found else "other"


def explain_failure(id: str | None) -> str:
    """Return what a visitor is told of a failure that nobody foresaw, in Chinese and English."""
    return (
        f"处理时出错，请重试；若仍出错，请把编号 {id} 告知管理员。\n"
        "The request could not be processed. Try again; if it persists, tell your administrator the "
        f"number {id}."
    )


def set_up_logging(level: str, format: LogFormat, stream: TextIO | None = None) -> None:
    """Have everything logged to ``stream`` (standard error) in one format.

    ``level`` is of our own loggers; other libraries say warnings only, since what they say of a
    request may hold what was asked. Calling it again replaces what was set up before.
    """
    printer = logging.StreamHandler(stream or sys.stderr)
    printer.addFilter(_is_wanted)
    printer.setFormatter(JsonLines() if format == "json" else Lines())
    logging.basicConfig(level=logging.WARNING, handlers=[printer], force=True)
    for name in _OWN_LOGGERS:
        logging.getLogger(name).setLevel(level.upper())


def _is_wanted(record: logging.LogRecord) -> bool:
    # Some libraries choose their own level.
    return record.levelno >= logging.WARNING or record.name.split(".")[0] in _OWN_LOGGERS


class Lines(logging.Formatter):
    """A line for people: time, level, logger, id of the request, message; a traceback below."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        time, id = _write_time(record), request_id()
        about = f"{time} {record.levelname} {record.name}" + (f" [{id}]" if id else "")
        # A line end in the message would begin a line that nobody has written.
        message = mask(record.getMessage()).replace("\r", "\\r").replace("\n", "\\n")
        trace = _write_trace(self, record)
        return f"{about}: {message}" + (f"\n{trace}" if trace else "")


class JsonLines(logging.Formatter):
    """A JSON object a line: time, level, logger, request, message, a request's fields, traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        told: dict[str, Any] = {
            "time": _write_time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "request": request_id(),
            "message": mask(record.getMessage()),
            **getattr(record, "fields", {}),
        }
        if trace := _write_trace(self, record):
            told["trace"] = trace
        return json.dumps(told, ensure_ascii=False).encode(errors="backslashreplace").decode()


def _write_time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _write_trace(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    return mask(formatter.formatException(record.exc_info)) if record.exc_info else ""

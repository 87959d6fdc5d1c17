"""What Gradio is given: JSON that is JSON, and no parameters that it fails on.

Python's own reader takes NaN and halves of surrogate pairs for JSON. Gradio repeats a body that it cannot
use, fails on writing such a value, and may hold the place of a caller for whom there is no answer.
"""

from __future__ import annotations

import json
import re
from urllib.parse import unquote_plus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.web.rest.problems import Problem, write_problem

# A page of several, and a link to what somebody left: this page has neither.
_UNUSED = frozenset({"page", "deep_link"})
_HALF = re.compile(r"[\ud800-\udfff]")


class Strict:
    """ASGI middleware: a body that is no JSON in UTF-8 is refused with a problem, not passed on.

    Holds the whole body, so its length must have been limited before.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body of a POST, and pass the request on where it is JSON."""
        if scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        body = b""
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if not is_json(body):
            problem = Problem(
                400,
                "not_json",
                "请求体不是 UTF-8 的 JSON。\nThe body is not JSON in UTF-8.",
            )
            await write_problem(problem)(scope, receive, send)
            return
        held: Message | None = {"type": "http.request", "body": body, "more_body": False}

        async def replay() -> Message:
            nonlocal held
            message, held = held, None
            return message or await receive()

        if scope["path"].rstrip("/").endswith("/queue/join"):
            await self._join(scope, replay, send)
        else:
            await self.app(scope, replay, send)

    async def _join(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what asks for a function of the page; a problem where there is none of that number.

        Nothing is run here, only looked up; Gradio answers 500 first, and raises the KeyError then.
        """
        failure: list[Message] = []

        async def watch(message: Message) -> None:
            if failure or message.get("status") == 500:
                failure.append(message)
            else:
                await send(message)

        try:
            await self.app(scope, receive, watch)
        except KeyError:
            problem = Problem(
                404, "not_found", "页面没有这项功能。\nThe page has no such function."
            )
            await write_problem(problem)(scope, receive, send)
            return
        for message in failure:
            await send(message)


def is_json(body: bytes) -> bool:
    """Whether ``body`` is empty, or JSON that can be written again as UTF-8."""
    if not body:
        return True
    try:
        value = json.loads(body, parse_constant=_refuse, parse_float=_read_finite)
        return not _HALF.search(json.dumps(value, ensure_ascii=False))
    except (ValueError, RecursionError):
        return False


def _refuse(name: str) -> None:
    raise ValueError(name)


def _read_finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(text)
    return value


def without_unused(query: bytes) -> bytes:
    """Return a query string without the parameters of Gradio that this page has no use for."""
    fields = query.split(b"&")
    return b"&".join(f for f in fields if _name(f) not in _UNUSED)


def _name(field: bytes) -> str:
    return unquote_plus(field.partition(b"=")[0].decode("latin-1"))

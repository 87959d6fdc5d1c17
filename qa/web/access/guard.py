"""The decision who is let in, before Gradio, REST, MCP and files alike."""

from __future__ import annotations

import logging
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.access.errors import AccountsError
from qa.access.types import Visitor, covers
from qa.web.access.permissions import SAFE_METHODS, find_role
from qa.web.access.visitors import Access, find_visitor, read_session
from qa.web.boundary import split_path
from qa.web.origin import is_cross_site, is_foreign, tells_origin
from qa.web.rest.problems import Problem, write_problem

# A proxy in front of the server makes everybody look like somebody on this machine.
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")

logger = logging.getLogger(__name__)


class Guard:
    """ASGI middleware: lets a request through with its visitor noted in the scope's state, or not."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self.app = app
        self.access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer why not."""
        if scope["type"] == "websocket":  # nothing here speaks it
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            # In the loop: some .3 ms, and said also where every thread is waiting.
            visitor = find_visitor(self.access, headers)
            refusal = self._refuse(scope, headers, visitor)
        except AccountsError:
            logger.exception("The accounts cannot be read")
            refusal = write_problem(UNREADABLE)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        scope.setdefault("state", {})["visitor"] = visitor

        async def keep_private(message: Message) -> None:
            if message["type"] == "http.response.start" and visitor and visitor.id:
                MutableHeaders(scope=message).setdefault("Cache-Control", "private, no-cache")
            await send(message)

        await self.app(scope, receive, keep_private)

    def _refuse(self, scope: Scope, headers: Headers, visitor: Visitor | None) -> Response | None:
        language, path = split_path(scope["path"].removeprefix(scope.get("root_path", "")))
        needed = find_role(scope["method"], path)
        if self.access.local and visitor is not None and visitor.id is None:
            if is_foreign(headers):
                return write_problem(FOREIGN)
            if any(name in headers for name in _FORWARDED):
                return write_problem(FORWARDED)
        signing = path in ("/sign-in", "/sign-out")
        if scope["method"] not in SAFE_METHODS and _rides_on_cookie(headers, signing):
            return write_problem(UNKNOWN_ORIGIN)
        if needed is None:
            return None
        if visitor is None:
            if scope["method"] == "GET" and "text/html" in headers.get("accept", ""):
                return _show_login(scope, "/en/" if language == "en" else "/")
            return write_problem(NOBODY)
        if not covers(visitor.role, needed):
            return write_problem(
                Problem(
                    403,
                    "forbidden",
                    f"需要 {needed} 角色，当前为 {visitor.role}。请联系管理员。\n"
                    f"This takes the role {needed}, and yours is {visitor.role}. Ask an administrator.",
                )
            )
        return None


def _rides_on_cookie(headers: Headers, signing: bool) -> bool:
    """Whether a browser may have been made to send this by a page of another site.

    A session's cookie goes with whatever a browser sends, so such a request must say where it is from;
    so must one that opens a session. A token is sent on purpose only.
    """
    if not signing and ("authorization" in headers or read_session(headers) is None):
        return False
    return is_cross_site(headers) or not tells_origin(headers)


def _show_login(scope: Scope, prefix: str) -> Response:
    asked = scope["path"] + (
        f"?{scope['query_string'].decode('latin-1')}" * bool(scope["query_string"])
    )
    address = f"{scope.get('root_path', '')}{prefix}sign-in?next={quote(asked, safe='')}"
    return RedirectResponse(address, 303, headers={"Cache-Control": "no-store"})


NOBODY = Problem(
    401,
    "login_required",
    "请先登录；程序请在 Authorization 头中带上令牌（Bearer）。\n"
    "Log in first; a program sends its token as Authorization: Bearer.",
    {"WWW-Authenticate": 'Bearer realm="policy-qa"', "Cache-Control": "no-store"},
)
UNREADABLE = Problem(
    503,
    "accounts_unreadable",
    "用户文件无法读取，暂时不能登录和使用；请联系管理员查看服务日志。\n"
    "The file of accounts cannot be read, so nobody can be let in; the server's log has the reason.",
)
UNKNOWN_ORIGIN = Problem(
    403,
    "unknown_origin",
    "请求没有说明来自本站页面，已拒绝；程序请使用令牌。\n"
    "The request does not say that it comes from a page of this site and is refused; programs use a "
    "token.",
)
FOREIGN = Problem(
    403,
    "unknown_host",
    "此服务只供本机使用，请求用的却是其他主机名，已拒绝。请用 127.0.0.1 或 localhost 访问，或把主机名写入 "
    "POLICY_QA_HOSTS。\nThis server is for this machine only, and the request names another host, so it "
    "is refused. Use 127.0.0.1 or localhost, or list the name in POLICY_QA_HOSTS.",
)
FORWARDED = Problem(
    403,
    "forwarded_without_login",
    "请求经代理转来，而此服务没有用户、不需登录，任何人都能经代理进入，因此已拒绝。请先添加用户："
    "python -m qa users add 名字 --role admin；确实要不登录就开放，请用 --without-login 启动。\n"
    "The request came through a proxy, and this server has no accounts: whoever reaches the proxy would "
    "be let in, so it is refused. Add an account first: python -m qa users add NAME --role admin; to "
    "serve without login on purpose, start it with --without-login.",
)

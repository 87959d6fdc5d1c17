"""What surrounds every request: security headers, the page's language, Gradio's closed doors.

Gradio serves more than this page needs (uploads, file reads, a proxy, its own API): only what the
page uses is let through. Its HTML is completed here with the language and a nonce for its scripts,
so that the Content-Security-Policy can refuse any other inline script and style and any other origin.
"""

from __future__ import annotations

import re
import secrets
from html import escape

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.access.types import Visitor
from qa.types import Language
from qa.web.access.permissions import SAFE_METHODS
from qa.web.access.visitors import DESK_COOKIE, read_visitor
from qa.web.origin import HOSTS, is_cross_site, is_rebound
from qa.web.rest.bodies import BODY_BYTES, read_length, too_large
from qa.web.rest.problems import Problem, write_problem
from qa.web.strictness import Strict, without_unused
from qa.web.texts import TEXTS, choose_language

# Where the English page is mounted; the Chinese one is at the root.
ENGLISH_PREFIX = "/en"
LANGUAGE_COOKIE = "policy_qa_language"
_YEAR = 365 * 24 * 3600

# What Gradio's browser side asks for on this page, below the page's prefix.
GRADIO_PATHS = re.compile(
    r"/(?:|config|theme\.css|manifest\.json|favicon\.ico|robots\.txt|pwa_icon(?:/\d+)?"
    r"|(?:assets|static|svelte)/.+"
    r"|gradio_api/(?:theme\.css|app_id|startup-events|heartbeat/\w+|queue/(?:join|data)|reset/?"
    r"|cancel)/?)"
)
# An address may hold a line end, written %0A, and is answered as any other.
OWN_PATHS = re.compile(
    r"/(?:healthz|readyz|metrics|sign-in|sign-out|api/.*|mcp|documents/.+|pane/.+|page/[\w.]+"
    r"|filters|examples|calls|library)",
    re.DOTALL,
)
# What changes the library, or is no browser's business: not by a name that may be another's.
GUARDED_PATHS = re.compile(r"/(?:mcp|api/v1/(?:documents|index|jobs).*)", re.DOTALL)
METHODS = SAFE_METHODS | {"POST", "PUT", "PATCH", "DELETE"}

# What Gradio forces open, tried directive by directive in Chromium: unsafe-eval, because Blocks compiles
# the ``js`` of an event, and gr.HTML its template, with Function; style attributes, which its page and
# its components set. gr.HTML also adds a <style> that is empty here, allowed by the hash of nothing.
POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; "
    "style-src-elem 'self' 'nonce-{nonce}' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; "
    "style-src-attr 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
# Of pages that are ours alone, such as those of the documents.
OWN_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
# Of what is no page.
BARE_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

_INLINE = re.compile(rb"<(script|style)(?=[\s>])")
_HTML_LANGUAGE = re.compile(rb'<html\s+lang="[^"]*"')
# Set here and not by Gradio's own ``head``, which arrives after the page has been drawn.
_ASSETS = (
    b'<link rel="icon" href="page/icon.png">'
    b'<link rel="stylesheet" href="page/page.css">'
    b'<link rel="stylesheet" href="page/conversation.css">'
    b'<link rel="stylesheet" href="page/composer.css">'
    b'<link rel="stylesheet" href="page/document.css">'
    b'<link rel="stylesheet" href="page/library.css">'
    b'<link rel="stylesheet" href="page/narrow.css">'
    b'<link rel="stylesheet" href="page/print.css">'
    b'<script type="module" src="page/page.js"></script>'
)
_SHARING_TAG = re.compile(rb'<meta\s+(?:property|name)="(?:og|twitter):[^>]*>')


class Boundary:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, redirect, refuse or pass on a request, and complete its response."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        language, path = split_path(scope["path"].removeprefix(scope.get("root_path", "")))
        nonce = secrets.token_urlsafe(16)
        # What is noted of the request further in is read again on the way out.
        scope.setdefault("state", {})
        own = OWN_PATHS.fullmatch(path) is not None
        desk = None if read_cookie(scope, DESK_COOKIE) or path != "/" else secrets.token_urlsafe(16)
        completed = _Completion(scope, send, language, nonce, fresh=own, desk=desk)
        if path == "/" and scope["method"] == "GET" and language == "zh":
            wanted = choose_page(scope)
            if wanted == "en":
                response = RedirectResponse(f".{ENGLISH_PREFIX}/", status_code=307)
                response.headers["Vary"] = "Accept-Language, Cookie"
                response.headers["Cache-Control"] = "no-store"
                await response(scope, receive, completed)
                return
        if not (own or GRADIO_PATHS.fullmatch(path)):
            await PlainTextResponse("Not Found", status_code=404)(scope, receive, completed)
            return
        if refusal := refuse(scope, path):
            await write_problem(refusal)(scope, receive, completed)
            return
        if own:
            await self.app(scope, receive, completed)
            return
        scope = {**scope, "query_string": without_unused(scope["query_string"])}
        await Strict(self.app)(scope, receive, completed)


def refuse(scope: Scope, path: str) -> Problem | None:
    """Return why a request that may change something is not served, None where it is.

    Another site's page sent it, or it is longer than any that the page sends.
    """
    headers = Headers(scope=scope)
    if scope["method"] not in METHODS:
        allowed = ", ".join(sorted(METHODS))
        return Problem(
            405,
            "method_not_allowed",
            f"不支持这种请求方法，只接受 {allowed}。\nThis method is not taken; there are {allowed}.",
            {"Allow": allowed},
        )
    if scope["method"] in SAFE_METHODS:
        return None
    if is_cross_site(headers):
        return Problem(
            403,
            "cross_site",
            "请求来自其他网站的页面，已拒绝。\nThe request comes from a page of another site and is refused.",
        )
    # Gradio keeps bodies whole, several times over, and writes one that it cannot use to the log.
    if GRADIO_PATHS.fullmatch(path) and (
        "transfer-encoding" in headers or read_length(headers) > BODY_BYTES
    ):
        return too_large(BODY_BYTES)
    if GUARDED_PATHS.fullmatch(path) and is_rebound(headers):
        return Problem(
            403,
            "unknown_host",
            f"只接受以 IP 地址、localhost 或本机名打开的页面；如要用其他域名，请把它写入环境变量 {HOSTS}。\n"
            "Taken only from pages opened by IP address, localhost or this machine's name; to use another "
            f"name, list it in the environment variable {HOSTS}.",
        )
    return None


class _Completion:
    """Adds the headers to a response, and completes it where it is a page of HTML."""

    def __init__(
        self,
        scope: Scope,
        send: Send,
        language: Language,
        nonce: str,
        *,
        fresh: bool,
        desk: str | None,
    ) -> None:
        self._scope = scope
        self._send = send
        self._language = language
        self._nonce = nonce
        self._fresh = fresh  # what changes with the library or a new version is asked for again
        self._desk = desk  # a new visitor's
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            if self._fresh:
                headers.setdefault("Cache-Control", "no-cache")
            if self._desk:
                headers.append(
                    "Set-Cookie",
                    f"{DESK_COOKIE}={self._desk}; Max-Age={_YEAR}; Path=/; HttpOnly; SameSite=Lax",
                )
            page = headers.get("content-type", "").startswith("text/html")
            policy = BARE_POLICY if not page else OWN_POLICY if self._fresh else POLICY
            # A download is sandboxed, which is stricter.
            headers.setdefault("Content-Security-Policy", policy.format(nonce=self._nonce))
            if page:
                self._start = message
                return
        elif self._start is not None:
            self._body += message.get("body", b"")
            if message.get("more_body"):
                return
            visitor = read_visitor(self._scope)
            body = complete_page(self._body, self._language, self._nonce, visitor)
            headers = MutableHeaders(scope=self._start)
            if "content-length" in headers and self._body:
                headers["content-length"] = str(len(body))
            await self._send(self._start)
            message = {"type": "http.response.body", "body": body}
            self._start = None
        await self._send(message)


def split_path(path: str) -> tuple[Language, str]:
    """Return the page's language and the path below its prefix."""
    if path == ENGLISH_PREFIX:
        return "en", "/"
    if path.startswith(f"{ENGLISH_PREFIX}/"):
        return "en", path.removeprefix(ENGLISH_PREFIX)
    return "zh", path


def choose_page(scope: Scope) -> Language:
    """Return the language to show: asked for in the address, chosen before, or the browser's."""
    headers = Headers(scope=scope)
    asked = QueryParams(scope.get("query_string", b"")).get("lang")
    chosen = read_cookie(scope, LANGUAGE_COOKIE)
    for language in TEXTS:
        if language == asked:
            return language
    for language in TEXTS:
        if language == chosen:
            return language
    return choose_language(headers.get("accept-language"))


def read_cookie(scope: Scope, name: str) -> str | None:
    """Return the value of a cookie that came with the request."""
    return cookie_parser(Headers(scope=scope).get("cookie", "")).get(name)


def complete_page(
    body: bytes, language: Language, nonce: str, visitor: Visitor | None = None
) -> bytes:
    """Return Gradio's page with its language set, its inline parts allowed and its own adverts gone.

    It says whom it is for: who is logged in, and what they may do.

    Any other page is returned as it is: it has no script of its own, so that none is allowed.
    """
    if b"<gradio-app" not in body:
        return body
    texts = TEXTS[language]
    opening = f'<html lang="{texts.html_language}"'
    if visitor is not None:
        opening += f' data-role="{visitor.role}"'
    if visitor is not None and visitor.name is not None:
        opening += f' data-user="{escape(visitor.name)}" data-logout="{escape(texts.log_out)}"'
    body = _HTML_LANGUAGE.sub(lambda _: opening.encode(), body, count=1)
    body = _SHARING_TAG.sub(b"", body)
    body = body.replace(b"</head>", _ASSETS + b"</head>", 1)
    return _INLINE.sub(rb'<\1 nonce="' + nonce.encode() + b'"', body)

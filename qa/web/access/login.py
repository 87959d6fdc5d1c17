"""The page to log in on, in two languages, without any script; and the way out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from html import escape

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from qa.access.accounts import SESSION, Accounts, fold
from qa.access.passwords import LONGEST
from qa.types import Language
from qa.web.access.attempts import Attempts
from qa.web.access.visitors import SESSION_COOKIE, Access, read_session, read_visitor
from qa.web.messages import render_message
from qa.web.rest.bodies import read_length, too_large

# Name, password and an address, each letter percent-encoded.
FORM_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class LoginTexts:
    """What the page says."""

    html_language: str
    site: str
    title: str
    name: str
    password: str
    button: str
    wrong: str
    wait: str
    help: str


LOGIN_TEXTS: dict[Language, LoginTexts] = {
    "zh": LoginTexts(
        html_language="zh-CN",
        site="政策问答",
        title="登录",
        name="用户名",
        password="密码",
        button="登录",
        wrong="用户名或密码不对，或用户已停用。忘记密码请联系管理员。",
        wait="尝试次数太多，请在 {} 秒后再试。",
        help="没有用户名？请联系本系统的管理员。",
    ),
    "en": LoginTexts(
        html_language="en",
        site="Policy Q&A",
        title="Log in",
        name="Name",
        password="Password",
        button="Log in",
        wrong="Name and password do not match, or the account is disabled. Forgotten it? Ask an "
        "administrator.",
        wait="Too many attempts; try again in {} seconds.",
        help="No account? Ask the administrator of this system.",
    ),
}


def add_login(
    app: FastAPI, access: Access, attempts: Attempts, language: Language, prefix: str
) -> None:
    """Add the routes of one language; with ``access.accounts`` None there is nothing to log in to."""
    texts = LOGIN_TEXTS[language]
    home = f"{prefix}/"

    @app.get(f"{prefix}/sign-in", include_in_schema=False)
    def show_login(request: Request, next: str = "") -> Response:
        if read_visitor(request.scope) is not None:
            return _go(request, find_next(next, home))
        return _show(texts, find_next(next, home))

    @app.post(f"{prefix}/sign-in", include_in_schema=False)
    async def log_in(request: Request) -> Response:
        accounts = access.accounts
        if accounts is None or not access.closed:
            return _go(request, home)
        if "transfer-encoding" in request.headers or read_length(request.headers) > FORM_BYTES:
            raise too_large(FORM_BYTES)
        form = await request.form(max_files=0, max_fields=10)
        name, password, asked = (_read(form.get(key)) for key in ("name", "password", "next"))
        address = request.client.host if request.client else ""
        attempt = partial(accounts.log_in, name, password)
        outcome = await attempts.take(fold(name), address, attempt)
        where = find_next(asked, home)
        if isinstance(outcome, int):
            return _show(texts, where, texts.wait.format(outcome), 429, wait=outcome)
        if outcome is None:
            return _show(texts, where, texts.wrong, 401)
        response = _go(request, where)
        # Whoever had a session before has another now.
        await run_in_threadpool(_end, accounts, request)
        response.set_cookie(
            SESSION_COOKIE,
            outcome,
            max_age=int(SESSION.total_seconds()),
            path=request.scope.get("root_path") or "/",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )
        return response

    @app.post(f"{prefix}/sign-out", include_in_schema=False)
    async def log_out(request: Request) -> Response:
        if access.accounts is not None and access.closed:
            await run_in_threadpool(_end, access.accounts, request)
        response = _go(request, f"{home}sign-in")
        response.delete_cookie(SESSION_COOKIE, path=request.scope.get("root_path") or "/")
        # What this browser keeps of the page: the last questions' answers, what is typed.
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response


def find_next(asked: str, home: str) -> str:
    """Return the address of this site that was asked for, else ``home``: never another site's."""
    inside = asked.startswith("/") and not asked.startswith(("//", "/\\"))
    return asked if inside and asked.isascii() and asked.isprintable() else home


def _read(value: object) -> str:
    return value if isinstance(value, str) and len(value) <= 4 * LONGEST else ""


def _end(accounts: Accounts, request: Request) -> None:
    if cookie := read_session(request.headers):
        accounts.log_out(cookie)


def _go(request: Request, where: str) -> Response:
    address = request.scope.get("root_path", "") + where if where.startswith("/") else where
    return RedirectResponse(address, 303, headers={"Cache-Control": "no-store"})


def _show(
    texts: LoginTexts, where: str, message: str = "", status: int = 200, *, wait: int | None = None
) -> Response:
    said = render_message(message, "error") if message else ""
    headers = {"Cache-Control": "no-store"} | ({"Retry-After": str(wait)} if wait else {})
    html = (
        f'<!doctype html><html lang="{texts.html_language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(texts.title)} · {escape(texts.site)}</title>"
        '<link rel="icon" href="page/icon.png"><link rel="stylesheet" href="page/page.css">'
        '<link rel="stylesheet" href="page/login.css"></head><body class="login"><main>'
        f"<h1>{escape(texts.site)}</h1>{said}"
        '<form method="post" action="sign-in">'
        f'<input type="hidden" name="next" value="{escape(where)}">'
        f'<label>{escape(texts.name)}<input name="name" autocomplete="username" autofocus required'
        ' autocapitalize="none" spellcheck="false" maxlength="64"></label>'
        f'<label>{escape(texts.password)}<input name="password" type="password" required'
        f' autocomplete="current-password" maxlength="{LONGEST}"></label>'
        f'<button type="submit">{escape(texts.button)}</button></form>'
        f"<p>{escape(texts.help)}</p></main></body></html>"
    )
    return HTMLResponse(html, status, headers=headers)

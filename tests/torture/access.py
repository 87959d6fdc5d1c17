"""Every address of the application, asked for by nobody, by each role, and with forged letters of it.

Requests go to the application as the server hands them on (ASGI), so that no client tidies a path.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from fastapi import FastAPI
from starlette.routing import Mount
from starlette.types import Message

from qa.access.accounts import Accounts
from qa.access.types import ROLES, Role, covers
from qa.log import Log
from qa.web.access.visitors import SESSION_COOKIE, Access
from qa.web.application import create_web_app
from qa.web.jobs import Jobs, Result
from tests.web_library import StubAssistant
from torture.section import Section

FULL = 50_000
PASSWORD = "correct horse battery"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

# What each address of ours needs, said here once more and apart from the program's own table: below
# the language prefix, parameters as the routes name them. Of the rest, which are Gradio's, a reader
# may ask for those that the boundary lets through at all.
PUBLIC = {
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("POST", "/sign-out"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/page/{path}"),
    ("GET", "/favicon.ico"),
    ("GET", "/robots.txt"),
}
NEEDED: dict[tuple[str, str], Role] = {
    ("POST", "/api/v1/documents"): "editor",
    ("PATCH", "/api/v1/documents/{id}"): "editor",
    ("DELETE", "/api/v1/documents/{id}"): "editor",
    ("POST", "/api/v1/index/rebuild"): "editor",
    ("GET", "/api/v1/jobs"): "editor",
    ("GET", "/api/v1/jobs/{id}"): "editor",
    ("GET", "/api/v1/jobs/{id}/events"): "editor",
    ("DELETE", "/api/v1/jobs/{id}"): "editor",
    ("GET", "/metrics"): "admin",
}
# Sent by a reader all the same.
ASKING = {
    "/api/v1/ask",
    "/api/v1/search",
    "/api/v1/feedback",
    "/mcp",
    "/gradio_api/queue/join",
    "/gradio_api/queue/data",
    "/gradio_api/reset",
    "/gradio_api/cancel",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back first: the status and the headers."""

    status: int
    headers: Mapping[str, str]

    @property
    def shut(self) -> bool:
        """Whether nothing was handed out: refused, not there, or sent to the login."""
        return self.status in (400, 401, 403, 404, 405, 413) or (
            self.status in (303, 307) and "sign-in" in self.headers.get("location", "")
        )


async def send(
    app: FastAPI,
    method: str,
    path: str,
    headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
    body: bytes = b"",
) -> Answer:
    """Send a request whose path is ``path`` before decoding, and return how it is answered."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    raw, _, query = path.partition("?")
    begun: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote_to_bytes(raw).decode(errors="replace"),
        "raw_path": raw.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [
            (name.lower().encode("latin-1"), value.encode("latin-1", "replace"))
            for name, value in [("host", "127.0.0.1"), ("content-length", str(len(body))), *pairs]
        ],
        "client": ("127.0.0.1", 1234),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    sent = False

    async def receive() -> Message:
        nonlocal sent
        if sent:
            await asyncio.sleep(3600)
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def note(message: Message) -> None:
        if message["type"] == "http.response.start" and not begun.done():
            found = {name.decode(): value.decode("latin-1") for name, value in message["headers"]}
            begun.set_result(Answer(message["status"], found))

    task = asyncio.create_task(app(scope, receive, note))  # type: ignore[arg-type]
    await asyncio.wait({task, begun}, timeout=20, return_when=asyncio.FIRST_COMPLETED)
    if not begun.done():
        if task.done() and (error := task.exception()):
            raise error
        task.cancel()
        raise TimeoutError(f"{method} {path}")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return begun.result()


def list_routes(app: FastAPI) -> list[tuple[str, str]]:
    """Return every (method, path) of the application and of what is mounted on it, Gradio's too."""
    found = set()
    for path, methods in _walk(app.routes, ""):
        # A route that takes any method is asked with all of them.
        found.update((method, path) for method in methods or METHODS)
    return sorted(found)


def _walk(routes: Sequence[Any], prefix: str) -> Iterator[tuple[str, set[str]]]:
    for route in routes:
        if isinstance(route, Mount):
            below = getattr(route.app, "routes", None)
            if below is None:
                yield f"{prefix}{route.path}/{{path}}", {"GET", "HEAD"}
            else:
                yield from _walk(below, prefix + route.path)
        elif hasattr(route, "original_router"):
            inside = prefix + getattr(route.include_context, "prefix", "")
            yield from _walk(route.original_router.routes, inside)
        else:
            yield prefix + route.path, set(route.methods or ())


def find_needed(method: str, path: str) -> Role | None:
    """Return the role that a route needs, None where nobody has to log in."""
    below = re.sub(r"^/en(?=/|$)", "", path) or "/"
    known = "GET" if method in ("HEAD", "OPTIONS") else method
    if (known, below) in PUBLIC or (below in {path for _, path in PUBLIC} and known == "GET"):
        return None
    if (known, below) in NEEDED:
        return NEEDED[known, below]
    if below.startswith(("/api/v1/jobs", "/metrics")):
        return "admin" if "jobs" not in below else "editor"
    return "reader" if known == "GET" or below.rstrip("/") in ASKING else "editor"


def fill(path: str) -> str:
    """Return a path with something in place of its parameters."""
    values = {"path": "page.css" if "/page/" in path else "x"}
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda match: values.get(match[1], "x"), path)


@asynccontextmanager
async def open_application(folder: Path) -> Any:
    """Give an application that everybody has to log in to, its accounts, and a cookie of each role."""
    accounts = Accounts(folder / "users.sqlite3")
    cookies = {}
    for role in ROLES:
        accounts.add(role, role, PASSWORD)
        cookies[role] = accounts.log_in(role, PASSWORD)
    app = create_web_app(
        StubAssistant,
        log=Log(folder / "qa.sqlite3"),
        jobs=Jobs(lambda task, report, stop: Result()),
        find_original=lambda name: None,
        access=Access(accounts, open_as=None),
    )
    async with app.router.lifespan_context(app):
        yield app, accounts, cookies


def carry(cookie: str) -> dict[str, str]:
    """Return the headers of a browser that is logged in."""
    return {"cookie": f"{SESSION_COOKIE}={cookie}", "sec-fetch-site": "same-origin"}


async def try_routes(app: FastAPI, cookies: Mapping[Role, str]) -> tuple[int, list[str]]:
    """Ask every route without and with each role; return how many requests, and what was wrong."""
    wrong, count = [], 0
    for method, route in list_routes(app):
        path, needed = fill(route), find_needed(method, route)
        answer = await send(app, method, path, {"sec-fetch-site": "same-origin"})
        count += 1
        if needed is not None and not answer.shut:
            wrong.append(f"{method} {path} without login: {answer.status}")
        if "/sign-" in path:  # which would end the sessions that are used here
            continue
        for role in ROLES:
            answer = await send(app, method, path, carry(cookies[role]))
            count += 1
            allowed = needed is None or covers(role, needed)
            if not allowed and answer.status not in (403, 404):
                wrong.append(f"{method} {path} as {role}: {answer.status}, needs {needed}")
            if allowed and answer.status in (401, 403):
                wrong.append(f"{method} {path} as {role}: {answer.status}, though {needed} may")
    return count, wrong


def forge(chance: random.Random, cookies: Mapping[Role, str], token: str) -> dict[str, str]:
    """Return headers that look as if somebody were logged in."""
    cookie = cookies[chance.choice(ROLES)]
    # Not the last letter: it holds bits that count for nothing.
    at = chance.randrange(len(cookie) - 1)
    changed = cookie[:at] + chance.choice("Aa0-_.") + cookie[at + 1 :]
    changed = "x" + cookie if changed == cookie else changed
    spoilt = token[:-1] if chance.random() < 0.5 else token + "A"
    return chance.choice(
        [
            {},
            {"cookie": f"{SESSION_COOKIE}={changed}"},
            {"cookie": f"{SESSION_COOKIE}={cookie.rpartition('.')[0]}"},
            {"cookie": f'{SESSION_COOKIE}="; {SESSION_COOKIE.upper()}={cookie}'},
            {"cookie": f"x{SESSION_COOKIE}={cookie}"},
            {"authorization": f"Bearer {spoilt}"},
            {"authorization": f"Basic {token}", "cookie": f"{SESSION_COOKIE}={cookie}"},
            {"authorization": "Bearer ", "cookie": f"{SESSION_COOKIE}={cookie}"},
            {"x-forwarded-for": "127.0.0.1", "x-forwarded-user": "admin", "remote-user": "admin"},
            {"x-original-url": "/page/page.css", "x-rewrite-url": "/page/page.css"},
            {"x-http-method-override": "GET", "x-role": "admin"},
        ]
    )


def bend(chance: random.Random, path: str) -> str:
    """Return a path written otherwise, as one would who looks for a way around."""
    public = chance.choice(["/page/page.css", "/sign-in", "/healthz", "/en/page/page.css"])
    at = chance.randrange(len(path))
    letter = "".join(f"%{byte:02x}" for byte in path[at].encode())
    return chance.choice(
        [
            path,
            path + "/",
            "/" + path,
            path.upper(),
            path + "?",
            path + ";/page/page.css",
            path[:at] + letter + path[at + 1 :],
            path[:at] + letter.replace("%", "%25") + path[at + 1 :],
            public + "/.." * chance.randrange(1, 4) + path,
            public + "/%2e%2e/%2e%2e" + path,
            "/page/..%2f" + path.lstrip("/"),
            "/page" + path,
            "/en" * chance.randrange(1, 3) + path,
            path + "%00/page/page.css",
            path + "%0a",
            path + "#/page/page.css",
            path.replace("/", "\\"),
            path.replace("/", "//"),
            "http://127.0.0.1" + path,
        ]
    )


async def try_forgeries(
    app: FastAPI, accounts: Accounts, cookies: Mapping[Role, str], amount: int, seed: int
) -> tuple[int, list[str]]:
    """Ask for what needs a role, with forged letters of it; return how many got in, and which."""
    chance = random.Random(seed)
    token = accounts.add_token("admin", "trial")
    closed = [
        (method, path)
        for method, path in list_routes(app)
        if find_needed(method, path) is not None and method != "OPTIONS"
    ]
    public = re.compile(
        r"/(en/)?(sign-in|sign-out|healthz|readyz|favicon\.ico|robots\.txt|page/[\w.]+)"
    )
    wrong = []
    for number in range(amount):
        method, route = chance.choice(closed)
        path, headers = bend(chance, fill(route)), forge(chance, cookies, token)
        answer = await send(app, method, path, {**headers, "sec-fetch-site": "same-origin"})
        served = unquote_to_bytes(path.partition("?")[0]).decode(errors="replace")
        if not answer.shut and not public.fullmatch(served):
            sent = f"{method} {path} {headers}"
            wrong.append(f"seed {seed}, request {number}: {sent} -> {answer.status}")
    return amount, wrong


def run(folder: Path, amount: int, seed: int) -> Section:
    """Try every route with every role, and ``amount`` forgeries."""
    return asyncio.run(_run(folder, amount, seed))


async def _run(folder: Path, amount: int, seed: int) -> Section:
    async with open_application(folder) as (app, accounts, cookies):
        routes = len(list_routes(app))
        asked, wrong = await try_routes(app, cookies)
        forged, let_in = await try_forgeries(app, accounts, cookies, amount, seed)
    return Section(
        title="Nobody is let in who has not logged in",
        promise="With accounts, each address of the application, Gradio's included, needs its role; no "
        "forged cookie or token, no other way to write a path gets around that.",
        figures=(
            ("routes (method and path), Gradio's included", f"{routes:,}"),
            ("requests without and with each of three roles", f"{asked:,}"),
            ("forged requests (cookies, tokens, paths, methods)", f"{forged:,}"),
        ),
        failures=(*wrong, *let_in),
    )

"""Who is let in: every route with every role, the login page, tokens, other sites' pages."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from fastapi.concurrency import run_in_threadpool
from fastapi.testclient import TestClient

from qa.access import passwords
from qa.access.accounts import Accounts
from qa.access.types import ROLES
from qa.log import Log
from qa.web.access.attempts import Attempts, find_network
from qa.web.access.login import find_next
from qa.web.access.permissions import find_role
from qa.web.access.visitors import SESSION_COOKIE, Access
from qa.web.application import create_web_app
from qa.web.jobs import Jobs, Result
from tests.torture import access as trial
from tests.web_library import PLAN, StubAssistant

HERE = "http://127.0.0.1:7860"
PASSWORD = trial.PASSWORD


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", weak)


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    accounts = Accounts(tmp_path / "users.sqlite3")
    for role in ROLES:
        accounts.add(role, role, PASSWORD)
    return accounts


def build(tmp_path: Path, access: Access) -> Any:
    return create_web_app(
        StubAssistant,
        log=Log(tmp_path / "qa.sqlite3"),
        jobs=Jobs(lambda task, report, stop: Result()),
        access=access,
    )


@pytest.fixture
def client(tmp_path: Path, accounts: Accounts) -> Iterator[TestClient]:
    app = build(tmp_path, Access(accounts, open_as=None))
    with TestClient(app, base_url=HERE, follow_redirects=False) as client:
        yield client


def log_in(client: TestClient, name: str, password: str = PASSWORD, **headers: str) -> Any:
    form = {"name": name, "password": password, "next": "/"}
    return client.post("/sign-in", data=form, headers={"origin": HERE, **headers})


def test_every_route_needs_its_role_and_no_forgery_gets_around_it(tmp_path: Path) -> None:
    section = trial.run(tmp_path, 300, seed=1)
    assert section.failures == ()
    # Both pages of Gradio are walked, with all that it adds.
    assert int(dict(section.figures)["routes (method and path), Gradio's included"]) > 150


def test_the_walk_notices_an_open_door(tmp_path: Path) -> None:
    async def walk() -> list[str]:
        async with trial.open_application(tmp_path) as (app, _, cookies):
            app.user_middleware[:] = [m for m in app.user_middleware if "access" not in m.kwargs]
            app.middleware_stack = None
            return (await trial.try_routes(app, cookies))[1]

    wrong = asyncio.run(walk())
    assert any("POST /api/v1/documents without login" in line for line in wrong)
    assert any(line.startswith("GET / without login") for line in wrong)
    assert any("gradio_api/queue/join without login" in line for line in wrong)


def test_a_browser_is_shown_the_login_and_comes_back_to_where_it_was(client: TestClient) -> None:
    page = client.get(f"/documents/{PLAN}?clause=首", headers={"accept": "text/html"})
    assert page.status_code == 303
    assert page.headers["location"].startswith("/sign-in?next=%2Fdocuments%2F")
    shown = client.get(page.headers["location"])
    assert shown.status_code == 200 and shown.headers["cache-control"] == "no-store"
    assert "<script" not in shown.text and 'name="password"' in shown.text
    found = re.search('name="next" value="([^"]+)"', shown.text)
    assert found is not None
    form = {"name": "Reader", "password": PASSWORD, "next": found[1].replace("&amp;", "&")}
    entered = client.post("/sign-in", data=form, headers={"origin": HERE})
    assert entered.status_code == 303
    assert client.get(entered.headers["location"]).status_code == 200


def test_the_english_page_has_its_own_login(client: TestClient) -> None:
    sent = client.get("/", headers={"accept": "text/html", "accept-language": "en"})
    assert sent.headers["location"] == "./en/"
    sent = client.get("/en/", headers={"accept": "text/html"})
    assert sent.headers["location"] == "/en/sign-in?next=%2Fen%2F"
    assert "Log in" in client.get(sent.headers["location"]).text


def test_the_session_s_cookie_is_kept_from_scripts_and_other_sites(client: TestClient) -> None:
    cookie = log_in(client, "reader").headers["set-cookie"]
    assert cookie.startswith(f"{SESSION_COOKIE}=") and "Secure" not in cookie
    for word in ("HttpOnly", "SameSite=lax", "Path=/", "Max-Age=43200"):
        assert word in cookie
    with TestClient(client.app, base_url="https://127.0.0.1", follow_redirects=False) as safe:
        answer = log_in(safe, "reader", origin="https://127.0.0.1")
        assert "Secure" in answer.headers["set-cookie"]


def test_who_logs_in_again_has_another_session(client: TestClient, accounts: Accounts) -> None:
    log_in(client, "reader")
    first = client.cookies[SESSION_COOKIE]
    log_in(client, "reader")
    second = client.cookies[SESSION_COOKIE]
    assert first != second
    assert accounts.find_session(first) is None and accounts.find_session(second) is not None
    client.post("/sign-out", headers={"origin": HERE})
    assert accounts.find_session(second) is None
    assert client.get("/api/v1/documents").status_code == 401


def test_a_wrong_login_says_the_same_whoever_it_names(client: TestClient) -> None:
    for name in ("reader", "nobody", "", "x" * 5000, "\x00"):
        answer = log_in(client, name, "wrong password")
        assert answer.status_code == 401 and "用户名或密码不对" in answer.text
        assert SESSION_COOKIE not in client.cookies


def test_who_tries_too_often_has_to_wait(client: TestClient) -> None:
    for _ in range(5):
        assert log_in(client, "admin", "wrong password").status_code == 401
    held = log_in(client, "admin", "wrong password")
    assert held.status_code == 429 and int(held.headers["retry-after"]) > 0
    assert log_in(client, "admin").status_code == 429
    assert log_in(client, "reader").status_code == 303


def test_another_site_cannot_act_through_a_session(client: TestClient) -> None:
    for headers, refused in (
        ({"origin": HERE}, False),
        ({"sec-fetch-site": "same-origin"}, False),
        ({"origin": "http://evil.example"}, True),
        ({"sec-fetch-site": "cross-site"}, True),
        ({"sec-fetch-site": "same-site", "origin": HERE}, True),
        ({"origin": "null"}, True),
        ({}, True),
    ):
        log_in(client, "editor")
        answer = client.delete(f"/api/v1/documents/{PLAN}", headers=headers)
        assert answer.status_code == (403 if refused else 202), answer.text
        asked = client.post("/api/v1/search", json={"question": "充电站"}, headers=headers)
        assert asked.status_code == (403 if refused else 200)
        out = client.post("/sign-out", headers=headers)
        assert out.status_code == (403 if refused else 303)


def test_a_program_comes_with_a_token(client: TestClient, accounts: Accounts) -> None:
    token = accounts.add_token("editor", "statistics", "reader")
    headers = {"authorization": f"Bearer {token}"}
    asked = client.post("/api/v1/ask", json={"question": "充电站"}, headers=headers)
    assert asked.status_code == 200 and asked.headers["cache-control"] == "private, no-cache"
    assert client.delete(f"/api/v1/documents/{PLAN}", headers=headers).status_code == 403
    refused = client.get("/api/v1/documents")
    assert refused.status_code == 401 and refused.headers["www-authenticate"].startswith("Bearer")
    assert refused.json()["code"] == "login_required"


def test_a_token_that_is_wrong_is_not_made_up_for_by_a_cookie(client: TestClient) -> None:
    log_in(client, "admin")
    assert client.get("/api/v1/documents").status_code == 200
    for value in ("Bearer pqa_x", "Basic YTpi", "Bearer"):
        assert client.get("/api/v1/documents", headers={"authorization": value}).status_code == 401


def test_one_s_questions_are_one_s_own_in_whatever_browser(client: TestClient) -> None:
    log_in(client, "reader")
    client.post("/api/v1/ask", json={"question": "充电站建设"}, headers={"origin": HERE})
    assert "充电站建设" in client.get("/calls").text
    log_in(client, "editor")  # in the same browser
    assert "充电站建设" not in client.get("/calls").text
    with TestClient(client.app, base_url=HERE, follow_redirects=False) as other:
        log_in(other, "reader")
        assert "充电站建设" in other.get("/calls").text


def test_a_reader_is_not_offered_to_change_anything(client: TestClient) -> None:
    shown = {}
    for name in ("reader", "editor"):
        log_in(client, name)
        shown[name] = client.get("/library").text + client.get(f"/pane/{PLAN}").text
    assert 'type="file"' in shown["editor"] and 'type="file"' not in shown["reader"]
    assert "<form" in shown["editor"].split("<article")[1]
    assert "<form" not in shown["reader"].split("<article")[1]


def test_who_is_logged_in_stands_on_the_page_as_text(
    client: TestClient, accounts: Accounts
) -> None:
    accounts.add('a"><script>', "reader", PASSWORD)
    log_in(client, 'a"><script>')
    page = client.get("/", headers={"accept-language": "zh"}).text
    assert 'data-role="reader" data-user="a&quot;&gt;&lt;script&gt;"' in page


def test_accounts_that_cannot_be_read_let_nobody_in(client: TestClient, accounts: Accounts) -> None:
    log_in(client, "admin")
    for path in accounts.path.parent.glob("users.sqlite3*"):
        path.unlink()
    accounts.path.write_bytes(b"damaged")
    answer = client.get("/api/v1/documents")
    assert answer.status_code == 503 and answer.json()["code"] == "accounts_unreadable"
    assert str(accounts.path) not in answer.text
    accounts.path.unlink()
    assert client.get("/api/v1/documents").status_code == 401


def test_on_this_machine_it_is_open_until_there_is_an_account(tmp_path: Path) -> None:
    accounts = Accounts(tmp_path / "users.sqlite3")
    app = build(tmp_path, Access(accounts, open_as="admin", local=True))
    with TestClient(app, base_url=HERE, follow_redirects=False) as client:
        assert client.get("/api/v1/documents").status_code == 200
        assert client.get("/sign-in").status_code == 303
        for headers in ({"host": "evil.example"}, {"x-forwarded-for": "10.0.0.7"}):
            answer = client.get("/api/v1/documents", headers=headers)
            assert answer.status_code == 403 and "refused" in answer.json()["detail"]
        accounts.add("wang", "admin", PASSWORD)
        assert client.get("/api/v1/documents").status_code == 401
        assert client.get("/sign-in").status_code == 200


@pytest.mark.parametrize("role", ROLES)
def test_without_login_everybody_has_the_role_that_was_said(tmp_path: Path, role: Any) -> None:
    app = build(tmp_path, Access(None, open_as=role))
    with TestClient(app, base_url=HERE, follow_redirects=False) as client:
        assert client.get("/api/v1/documents").status_code == 200
        changed = client.delete(f"/api/v1/documents/{PLAN}").status_code
        assert changed == (403 if role == "reader" else 202)
        assert log_in(client, "x").status_code == 303


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/a\r\nset-cookie: x",
        "/\u3000",
    ],
)
def test_the_login_leads_to_this_site_only(asked: str) -> None:
    assert find_next(asked, "/en/") == "/en/"
    assert find_next("/documents/x?clause=%E4%B8%80", "/") == "/documents/x?clause=%E4%B8%80"


def test_a_strange_method_or_address_is_nobody_s() -> None:
    assert find_role("BREW", "/api/v1/ask2") == "editor"
    assert find_role("GET", "/page/../metrics") == "reader"
    assert find_role("GET", "/metrics") == "admin"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("fe80::1%eth0", "fe80::2", True),
    ],
)
def test_one_machine_counts_as_one(one: str, other: str, same: bool) -> None:
    assert (find_network(one) == find_network(other)) is same


def test_an_office_is_not_locked_out_by_those_who_get_in() -> None:
    attempts = Attempts()
    for _ in range(100):
        assert attempts.judge("wang", "10.0.0.1", lambda: "in") == "in"
    for number in range(30):
        assert attempts.judge(f"name{number}", "10.0.0.1", lambda: None) is None
    assert isinstance(attempts.judge("wang", "10.0.0.1", lambda: "in"), int)
    assert attempts.judge("wang", "10.0.0.2", lambda: "in") == "in"


def test_those_who_wait_to_log_in_hold_up_nobody_else() -> None:
    attempts, door = Attempts(), threading.Event()

    def wait() -> str:
        assert door.wait(20)
        return "in"

    async def come() -> None:
        waiting = [
            asyncio.ensure_future(attempts.take(f"name{number}", f"10.0.0.{number}", wait))
            for number in range(100)
        ]
        await asyncio.sleep(0.2)
        # More than there are threads would be waiting, and this would never be done.
        await asyncio.wait_for(run_in_threadpool(door.set), 20)
        assert await asyncio.gather(*waiting) == ["in"] * 100

    asyncio.run(come())

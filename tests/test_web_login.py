"""The login in a real browser: in, out, and when a session ends in the middle of a day's work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from qa.access import passwords
from qa.access.accounts import Accounts
from qa.log import Log
from qa.web.access.visitors import Access
from tests.browsing import OpenPage, ask, overflow, serve
from tests.web_library import StubAssistant

pytestmark = [
    pytest.mark.browser,
    # Gradio's queue sets an option that pandas has deprecated
    pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting'"),
]

PASSWORD = "correct horse battery"
QUESTION = "充电站建设有什么支持？"


@pytest.fixture
def accounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Accounts:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", weak)
    accounts = Accounts(tmp_path / "users.sqlite3")
    accounts.add("王芳", "reader", PASSWORD)
    return accounts


@pytest.fixture
def address(accounts: Accounts, tmp_path: Path) -> Iterator[str]:
    access = Access(accounts, open_as=None)
    with serve(StubAssistant, access=access, log=Log(tmp_path / "qa.sqlite3")) as address:
        yield address


def test_one_logs_in_asks_again_after_the_session_has_ended_and_leaves(
    open_page: OpenPage, accounts: Accounts
) -> None:
    page = open_page(width=360)
    expect(page.locator("h1")).to_have_text("政策问答")
    assert not overflow(page)
    assert Axe().run(page).violations_count == 0

    def log_in(password: str) -> None:
        page.locator('[name="name"]').fill("王芳")
        page.locator('[name="password"]').fill(password)
        page.keyboard.press("Enter")

    log_in("wrong password")
    expect(page.locator("[role=alert]")).to_contain_text("用户名或密码不对")
    log_in(PASSWORD)
    expect(page.locator("#logout bdi")).to_have_text("王芳")
    ask(page, QUESTION)
    expect(page.locator(".outcome")).to_contain_text("有依据")

    accounts.set_password("王芳", PASSWORD + "2")
    page.locator("#question textarea").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator('[name="password"]')).to_be_visible()
    log_in(PASSWORD + "2")
    expect(page.locator(".question").first).to_contain_text(QUESTION)

    page.locator("#logout button").click()
    expect(page.locator('[name="password"]')).to_be_visible()
    page.goto(page.url.partition("sign-")[0])
    expect(page.locator('[name="password"]')).to_be_visible()

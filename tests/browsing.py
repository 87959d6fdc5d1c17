"""Real Chromium over the served application: what the tests of the page share."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from playwright.sync_api import Browser, Page, TimeoutError, expect

from qa.web.application import create_web_app
from qa.web.startup import Assistant

ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Patience with a busy machine; nothing here is timed.
TIMEOUT = 15_000
expect.set_options(timeout=TIMEOUT)

OpenPage = Callable[..., Page]


@contextmanager
def serve(open_assistant: Callable[[], Assistant], **offered: Any) -> Iterator[str]:
    """Serve the application on a free port, as ``app.py`` does; yield its address.

    ``offered`` is what else ``create_web_app`` takes.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            create_web_app(open_assistant, **offered),
            log_level="error",
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        # A daemon, so that a page which fails to load cannot keep the test run from ending.
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


@contextmanager
def visit(browser: Browser, address: str) -> Iterator[OpenPage]:
    """Give a function that opens the page as a new visitor.

    At the end no page may have asked another machine, logged an error or opened a dialog.
    """
    contexts, faults = [], list[str]()

    def open_one(
        locale: str = "zh-CN", width: int = 1280, path: str = "/", at: str = "", dark: bool = False
    ) -> Page:
        context = browser.new_context(
            locale=locale,
            viewport={"width": width, "height": 800},
            color_scheme="dark" if dark else "light",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(TIMEOUT)
        local = (at or address, "data:", "blob:")
        page.on("request", lambda r: None if r.url.startswith(local) else faults.append(r.url))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
        page.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.dismiss()))
        page.goto((at or address) + path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    # 503: failed to start; 401: a wrong password, or a session that has ended
    expected = ("status of 503", "status of 401")
    assert [fault for fault in faults if not any(known in fault for known in expected)] == []


def ask(page: Page, question: str, turns: int = 1) -> None:
    box = page.locator("#question textarea")
    box.fill(question)
    box.press("Enter")
    expect(page.locator(".turn .answer")).to_have_count(turns)


def is_in_sight(page: Page, selector: str) -> bool:
    """Whether the element's first line comes to lie inside the window and the pane's own window."""
    script = """selector => {
        const box = document.querySelector(selector)?.getClientRects()[0];
        const pane = document.querySelector(".pane-content")?.getBoundingClientRect();
        return box && pane && box.top >= pane.top && box.bottom <= Math.min(pane.bottom, innerHeight)
            && box.left >= 0 && box.right <= innerWidth;
    }"""
    try:
        page.wait_for_function(script, arg=selector, timeout=5000)
    except TimeoutError:
        return False
    return True


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))

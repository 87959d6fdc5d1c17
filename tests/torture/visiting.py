"""Browsers that ask on the page and open what is cited, while the library changes."""

from __future__ import annotations

import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from playwright.sync_api import Error, Page, sync_playwright

from tests.browsing import ARGUMENTS
from tests.conftest import find_chromium
from tests.torture.writing import QUESTIONS

_TIMEOUT = 90_000
_TOLD = ("已被更换", "可能已被删除")


@dataclass(slots=True)
class Visited:
    """What browsers saw; ``cited`` as readers over REST have it, where the answer's index is known."""

    browsers: int = 0
    asked: int = 0
    opened: int = 0
    gone: int = 0
    cited: list[tuple[str, str, int, int, str]] = field(default_factory=list)
    wrong: Counter[str] = field(default_factory=Counter)


@contextmanager
def give_way() -> Iterator[None]:
    """Have this thread, and the processes that it starts, take only what processor others leave.

    They stand for other machines, which would take nothing from the server and its changes.
    """
    usual = os.sched_param(0)
    os.sched_setscheduler(0, os.SCHED_IDLE, usual)
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, usual)


def visit(address: str, browsers: int, seed: str, ended: threading.Event) -> Visited:
    """Ask and open with so many browsers until it is over; none where there is no Chromium."""
    visited = Visited()
    path = find_chromium()
    if path is None:
        return visited
    random_ = random.Random(seed)
    with ExitStack() as stack:
        with give_way():  # Chromium would undo a mere niceness
            playwright = stack.enter_context(sync_playwright())
            chromium = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        pages = [chromium.new_context(locale="zh-CN").new_page() for _ in range(browsers)]
        for page in pages:
            page.set_default_timeout(_TIMEOUT)
            page.on("pageerror", lambda error: visited.wrong.update([f"script: {error}"[:200]]))
            page.goto(address)
        visited.browsers = len(pages)
        turns = 0
        while not ended.wait(1):
            turns += 1
            _take_turn(pages, turns, random_, visited)
        chromium.close()
    return visited


def _take_turn(pages: list[Page], turns: int, random_: random.Random, visited: Visited) -> None:
    """Have all ask at once, then each open one of its citations."""
    asked = [random_.choice(QUESTIONS) for _ in pages]
    try:
        for page, question in zip(pages, asked, strict=True):
            page.locator("#question textarea").fill(question)
        for page in pages:
            page.locator("#question textarea").press("Enter")
        for page, question in zip(pages, asked, strict=True):
            last = page.locator(".turn").nth(min(turns, 20) - 1)
            last.locator(".answer").wait_for()
            visited.asked += 1
            if last.locator(".message-error").count():
                visited.wrong[f"{question}: {last.inner_text()}"[:200]] += 1
            else:
                _open_one(page, last, random_, visited)
    except Error as error:
        visited.wrong[f"{type(error).__name__}: {error}"[:300]] += 1


def _open_one(page: Page, turn: Any, random_: random.Random, visited: Visited) -> None:
    items = turn.locator(".citation:visible")
    if not (count := items.count()):
        return
    item = items.nth(random_.randrange(count))
    quote = item.locator("blockquote").text_content() or ""
    link = item.locator("a.source").get_attribute("href") or ""
    item.locator("a.source").click()
    pane = page.locator("#pane")
    shown = page.locator("#pane mark.quote, #pane .message")
    shown.first.wait_for()
    visited.opened += 1
    marked = "".join(page.locator("#pane mark.quote").all_text_contents())
    if marked != quote:
        visited.gone += 1
        if marked or not any(text in pane.inner_text() for text in _TOLD):
            visited.wrong[f"{link} opens at {marked[:40]!r} for {quote[:40]!r}"] += 1
    page.locator(".pane-close").click()
    index = turn.locator(".answer").get_attribute("data-index")
    if index:
        place = parse_qs(urlsplit(link).query)
        document = unquote(urlsplit(link).path.removeprefix("documents/"))
        start, end = int(place["start"][0]), int(place["end"][0])
        visited.cited.append((index, document, start, end, quote))

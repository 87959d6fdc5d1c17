"""Every view in a real browser over the shipped documents, as it looks and as axe reads it.

Of each a picture is kept in the folder that POLICY_QA_SCREENSHOTS names, by default in
``screenshots`` below pytest's temporary folder: VIEW-LOOK.png.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect

from documents.library import find_original
from documents.parsing import parse_text
from documents.reports import write_audit
from documents.types import Change
from qa.log import Log
from qa.types import Request, Response
from qa.web.jobs import Item, Jobs, Report, Result, Stop, Task
from qa.web.startup import Assistant
from tests.browsing import OpenPage, ask, overflow, serve, visit
from tests.qa_library import sample_assistant
from tests.web_views import DAMAGED, NEW, PLAN, converse, keep, read

pytestmark = [
    pytest.mark.browser,
    # Gradio's queue sets an option that pandas has deprecated
    pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting'"),
]

# What they lead to with the encoder of the tests.
CHINESE = {
    "answer": "充电站建设有什么支持？",
    "partial": "汽车产业集群最高支持额度不超过多少万元？",
    "no-basis": "火星移民有补贴吗？",
    "parts": "安徽、吉林和重庆对零部件企业分别有什么支持？",
    "follow-up": "那安徽呢？",
    "search": "充电站 建设",
}
ENGLISH = {
    "answer": "new energy vehicles",
    "no-basis": "What support exists for charging stations?",
    "search": "charging stations",
}
WORST = ("serious", "critical")
# Axe leaves out by itself whether what is touched is 24 pixels large, or as far from anything else.
FINGERS = {"target-size": {"enabled": True}}


class Held:
    """Changes of the library that are under way for as long as they are held; they change nothing."""

    def __init__(self) -> None:
        self.gate = threading.Event()

    def run(self, task: Task, report: Report, stop: Stop) -> Result:
        report("encode", 3, 12)
        self.gate.wait(30)
        audit = write_audit(parse_text(NEW, "new"))
        items = [
            Item(Change(original.name, "added", PLAN, None, "已添加", "Added"), audit)
            for original in task.originals
        ]
        return Result(tuple(items), changed=True)


@pytest.fixture(scope="module")
def held() -> Held:
    return Held()


@pytest.fixture(scope="module")
def address(held: Held, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = Log(tmp_path_factory.mktemp("log") / "qa.sqlite3")
    offered = {"jobs": Jobs(held.run), "find_original": find_original}
    sample_assistant()  # before the page waits for it
    with serve(sample_assistant, log=log, **offered) as address:
        yield address


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    named = os.environ.get("POLICY_QA_SCREENSHOTS")
    folder = Path(named) if named else tmp_path_factory.getbasetemp() / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def inspect(page: Page, pictures: Path, view: str, looks: Sequence[str]) -> list[str]:
    """Return what is wrong with a view that the page shows, in each look; keep their pictures.

    In the second look only the colours differ, and earlier answers have been looked at already.
    """
    faults = []
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)  # through the debugger, which the page's policy does not bind
    for number, look in enumerate(looks):
        if len(looks) > 1:
            page.emulate_media(color_scheme="dark" if "dark" in look else "light")
            page.wait_for_timeout(200)  # colours change by a transition
        page.screenshot(path=pictures / f"{view}-{look}.png")
        if overflow(page) > 0:
            faults.append(f"{view}-{look}: scrolls sideways by {overflow(page)} px")
        rules = {"runOnly": ["color-contrast"]} if number else {"rules": FINGERS}
        options = {"resultTypes": ["violations"], "preload": False, **rules}
        found = page.evaluate(
            "options => axe.run({ exclude: '.turn:not(:last-child)' }, options)", options
        )["violations"]
        faults += [
            f"{view}-{look}: {violation['id']} {node['target']} {node['failureSummary']}"
            for violation in found
            if violation["impact"] in WORST
            for node in violation["nodes"]
        ]
    if len(looks) > 1:
        page.emulate_media(color_scheme="light")
    return faults


LOOKS = pytest.mark.parametrize(
    ("locale", "width", "looks"),
    [
        ("zh-CN", 1280, ("light", "dark")),
        ("zh-CN", 360, ("phone",)),
        ("en-US", 1280, ("english",)),
    ],
    ids=["desk", "phone", "english"],
)


@LOOKS
def test_every_view_can_be_read_by_everybody(
    open_page: OpenPage, held: Held, pictures: Path, locale: str, width: int, looks: Sequence[str]
) -> None:
    faults = []
    held.gate.clear()
    page = open_page(locale, width)
    for view in converse(page, ENGLISH if locale == "en-US" else CHINESE):
        faults += inspect(page, pictures, view, looks)
    for view in keep(page, held.gate.clear, held.gate.set):
        faults += inspect(page, pictures, view, looks)
    page.goto(page.url.split("?")[0] + f"documents/{DAMAGED}")
    for view in read(page):
        faults += inspect(page, pictures, view, looks)
    assert faults == []


def test_very_wide_and_on_paper_the_lines_stay_short_and_the_page_stays_behind(
    open_page: OpenPage, pictures: Path
) -> None:
    page = open_page(width=1920)
    views = converse(page, {"answer": CHINESE["answer"], "search": CHINESE["search"]})
    assert next(views) == "welcome"
    faults = inspect(page, pictures, "welcome", ["wide"])
    while (view := next(views)) != "answer":
        pass
    faults += inspect(page, pictures, view, ["wide"])
    for text in (".citation blockquote", "#pane .document-body"):
        assert measure(page, text) <= 40
    page.set_viewport_size({"width": 794, "height": 1123})  # A4
    page.emulate_media(media="print", color_scheme="dark")
    page.screenshot(path=pictures / "answer-print.png")
    for kept in (".question", ".citation blockquote", ".reminder"):
        expect(page.locator(kept).first).to_be_visible()
    for hidden in ("#composer", "#pane", ".tabs button", ".actions", ".why", ".judgement"):
        assert [e for e in page.locator(hidden).all() if e.is_visible()] == []
    assert overflow(page) <= 0
    page.emulate_media(media="screen", color_scheme="light")
    page.goto(page.url.split("?")[0] + f"documents/{PLAN}")
    page.set_viewport_size({"width": 1920, "height": 1080})
    faults += inspect(page, pictures, "document", ["wide"])
    assert measure(page, ".document-body") <= 40
    page.emulate_media(media="print")
    page.screenshot(path=pictures / "document-print.png")
    for hidden in (".outline", ".document-about", ".tools", ".back"):
        expect(page.locator(hidden).first).to_be_hidden()
    assert faults == []


def measure(page: Page, selector: str) -> float:
    """Return how many Chinese characters find room in a line of the element."""
    return float(
        page.locator(selector).first.evaluate(
            """element => {
                const style = getComputedStyle(element);
                const margins = parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
                return (element.clientWidth - margins) / parseFloat(style.fontSize);
            }"""
        )
    )


def test_before_the_model_is_loaded_and_where_it_cannot_be(
    browser: Browser, pictures: Path
) -> None:
    gate = threading.Event()

    def open_late() -> Assistant:
        gate.wait(30)
        raise RuntimeError("无法读取索引。\nThe index cannot be read.")

    faults = []
    with serve(open_late) as address, visit(browser, address) as open_page:
        page = open_page()
        expect(page.locator("#state")).to_have_attribute("data-state", "loading")
        page.locator("#question textarea").fill(CHINESE["answer"])
        page.locator("#question textarea").press("Enter")
        expect(page.locator(".message-waiting")).to_be_visible()
        faults += inspect(page, pictures, "loading", ["light", "dark"])
        gate.set()
        expect(page.locator(".message-error")).to_be_visible()
        expect(page.locator("#state")).to_have_attribute("data-state", "failed")
        page.get_by_role("tab", name="文档").click()
        page.get_by_role("tab", name="问答").click()
        faults += inspect(page, pictures, "failed", ["light", "dark"])
    assert faults == []


# Shifts that a key or a click brought about within half a second do not count, as in a browser's own.
SHIFTS = """() => {
    window.shifted = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) shifted += entry.value;
    }).observe({ type: "layout-shift" });
}"""


@pytest.mark.parametrize("width", [360, 1280, 1920])
def test_nothing_jumps_while_an_answer_arrives(browser: Browser, slowly: str, width: int) -> None:
    with visit(browser, slowly) as open_page:
        page = open_page(width=width)
        expect(page.locator("#examples button").first).to_be_visible()
        page.evaluate(SHIFTS)
        for turns, name in enumerate(("answer", "no-basis"), start=1):
            ask(page, CHINESE[name], turns)
            page.wait_for_timeout(300)  # until the source has come
        assert page.evaluate("shifted") < 0.1


@pytest.fixture(scope="module")
def slowly() -> Iterator[str]:
    """An answer takes longer than what a browser takes for the key's own doing."""

    class Slow:
        index = sample_assistant().index

        def ask(self, request: Request, **options: Any) -> Response:
            time.sleep(0.8)
            return sample_assistant().ask(request, **options)

    with serve(Slow) as address:
        yield address


# Where the focus is, if it can be seen there: inside the window, nothing over it, and set off.
FOCUS = """() => {
    const element = document.activeElement;
    if (element === document.body) return "lost";
    const shown = element.matches("input[type=file]") ? element.closest("label") : element;
    const box = shown.getClientRects()[0];
    const style = getComputedStyle(shown);
    const x = Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 2);
    const y = Math.min(Math.max(box.top + box.height / 2, 1), innerHeight - 2);
    const top = document.elementFromPoint(x, y);
    const name = element.id || element.className || element.textContent.trim() || element.nodeName;
    if (!shown.contains(top) && !top?.contains(shown)) return `covered: ${name}`;
    const set = style.outlineStyle !== "none" || style.boxShadow !== "none";
    return set || element.matches(":not(:focus-visible)") ? "" : `not to be seen: ${name}`;
}"""


def tab_to(page: Page, selector: str, key: str = "Tab") -> None:
    """Go on with a key until an element has the focus; on the way it is always to be seen."""
    for _ in range(60):
        page.keyboard.press(key)
        assert page.evaluate(FOCUS) == ""
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
    pytest.fail(f"not reached with {key}: {selector}")


def test_the_keyboard_leads_from_the_question_to_a_correction(open_page: OpenPage) -> None:
    page = open_page()
    expect(page.locator("#examples button").first).to_be_visible()
    expect(page.locator("#question textarea")).to_be_focused()
    page.keyboard.type(CHINESE["answer"])
    page.keyboard.press("Enter")
    expect(page.locator(".citation")).to_have_count(1)
    expect(page.locator("#pane mark.quote").first).to_be_visible()
    # The conversation stands before the box, so back leads into the newest answer.
    for passed in ("#fresh", ".judgement button", ".why summary", ".citation a.source"):
        tab_to(page, passed, "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#pane mark.quote").first).to_be_focused()
    tab_to(page, ".pane-close", "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#pane")).to_be_hidden()
    expect(page.locator(".citation a.source").first).to_be_focused()
    tab_to(page, "[role=tab]", "Shift+Tab")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("table.documents tbody tr")).to_have_count(5)
    for passed in ("input[name=q]", "input[type=file]", f"a[href='documents/{PLAN}']"):
        tab_to(page, passed)
    page.keyboard.press("Enter")
    expect(page.locator("#pane .document-title")).to_be_focused()
    tab_to(page, "a.pane-alone", "Shift+Tab")
    with page.expect_popup() as opened:
        page.keyboard.press("Enter")
    own = opened.value
    own.wait_for_load_state()
    tab_to(own, ".facts > summary")
    own.keyboard.press("Enter")
    tab_to(own, "button.correct")
    own.keyboard.press("Enter")
    expect(own.get_by_role("dialog")).to_be_visible()
    tab_to(own, "dialog [name=number]")
    own.keyboard.press("Escape")
    expect(own.get_by_role("dialog")).to_be_hidden()
    expect(own.locator("button.correct")).to_be_focused()

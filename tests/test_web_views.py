"""Every view in a real browser over the shipped documents, as it looks and as axe reads it.

Of each a picture is kept in the folder that POLICY_QA_SCREENSHOTS names, by default in
``screenshots`` below pytest's temporary folder: VIEW-LOOK.png.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect

from documents.library import find_original
from documents.parsing import parse_text
from documents.reports import write_audit
from documents.types import Change
from qa.log import Log
from qa.web.jobs import Item, Jobs, Report, Result, Stop, Task
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

    In the second look only the colours differ.
    """
    faults = []
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)  # through the debugger, which the page's policy does not bind
    for number, look in enumerate(looks):
        page.emulate_media(color_scheme="dark" if "dark" in look else "light")
        page.wait_for_timeout(200)  # colours change by a transition
        page.screenshot(path=pictures / f"{view}-{look}.png")
        if overflow(page) > 0:
            faults.append(f"{view}-{look}: scrolls sideways by {overflow(page)} px")
        rules = {"runOnly": ["color-contrast"]} if number else {}
        options = {"resultTypes": ["violations"], **rules}
        found = page.evaluate("options => axe.run(options)", options)["violations"]
        faults += [
            f"{view}-{look}: {violation['id']} {node['target']} {node['failureSummary']}"
            for violation in found
            if violation["impact"] in WORST
            for node in violation["nodes"]
        ]
    page.emulate_media(color_scheme="dark" if "dark" in looks[0] else "light")
    return faults


LOOKS = pytest.mark.parametrize(
    ("locale", "width", "looks"),
    [
        ("zh-CN", 1280, ("light", "dark")),
        ("zh-CN", 360, ("phone", "phone-dark")),
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

"""Every view of the page, one after the other: what a visitor does to come from each to the next.

A walk yields the name of a view as soon as the page shows it, and goes on from there. Questions are
given by what they lead to, because an encoder of its own answers others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from playwright.sync_api import Page, expect

from tests.browsing import ask

PLAN = "jilin-nev-action-plan-2024"
DAMAGED = "jilin-auto-cluster-upgrade"

NEW = """长春市充电设施管理办法

长府办发〔2025〕7号

根据《吉林省新能源和智能网联汽车产业高质量发展行动方案》（吉政办发〔2024〕9号），制定本办法。

第一条 充电设施建设应当符合规划。
第二条 补助标准最高不超过万元。
第三条 本办法自2025年3月1日起施行。

长春市人民政府办公室
2025年2月10日
"""
# Names that files really have: they must not push anything out of the window.
LONG = "关于印发长春市新能源汽车充电设施建设管理办法的通知-v2-final-2025-03-01-with-annexes"

Views = Iterator[str]


def converse(page: Page, questions: Mapping[str, str]) -> Views:
    """Walk through the conversation and the search, from the page as it opens."""
    expect(page.locator("#state")).to_have_attribute("data-state", "ready")
    expect(page.locator("#examples button").first).to_be_visible()
    yield "welcome"
    page.locator("#tray .filter-toggle").click()
    expect(page.locator("#ask-region")).to_be_visible()
    yield "filters"
    page.locator("#tray .filter-toggle").click()
    ask(page, questions["answer"])
    settle(page)
    yield "answer"
    page.locator(".turn:last-child .why summary").click()
    yield "why"
    page.locator(".turn:last-child .judgement button").nth(1).click()
    expect(page.locator(".judgement form")).to_be_visible()
    yield "judgement"
    page.locator(".judgement form [type=radio]").first.press("Escape")
    for name in ("partial", "no-basis", "parts", "follow-up"):
        if name in questions:
            ask(page, questions[name], page.locator(".turn").count() + 1)
            settle(page)
            yield name
    page.locator("#operator").click()
    expect(page.locator("#calls .call").first).to_be_visible()
    yield "operator"
    page.locator("#operator").click()
    if page.locator("#pane").is_visible():
        page.locator(".pane-close").click()
    page.get_by_role("tab").nth(1).click()
    page.locator("#terms textarea").fill(questions["search"])
    page.locator("#search-button").click()
    expect(page.locator(".result").first).to_be_visible()
    yield "search"


def settle(page: Page) -> None:
    """Wait until the source stands beside the newest answer, where it has one and there is room."""
    page.wait_for_function(
        """() => {
            const cites = document.querySelector(".turn:last-child .citation");
            const beside = cites ? ".pane-content .document" : ".pane-hint";
            return innerWidth < 1000 || document.querySelector(beside);
        }"""
    )


def keep(page: Page, hold: Callable[[], None], release: Callable[[], None]) -> Views:
    """Walk through the library: the list, an addition under way and done, and a removal not done."""
    page.get_by_role("tab").nth(2).click()
    expect(page.locator("table.documents tbody tr").first).to_be_visible()
    yield "library"
    hold()
    buffers = {f"{LONG}.txt": NEW.encode(), "表.xyz": b"x"}
    page.locator(".library-add input[type=file]").set_input_files(
        [
            {"name": name, "mimeType": "application/octet-stream", "buffer": buffer}
            for name, buffer in buffers.items()
        ]
    )
    card = page.locator(".work").first
    expect(card.locator(".work-line")).to_contain_text("12")
    yield "upload"
    release()
    expect(card).to_have_attribute("data-state", "done", timeout=300_000)
    yield "audit"
    page.locator("button.remove").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    yield "removal"
    page.keyboard.press("Escape")
    page.locator("#library input[name=q]").fill("没有这样的文件")
    expect(page.locator("table.documents tbody tr")).to_have_count(0)
    yield "library-nothing"


def read(page: Page) -> Views:
    """Walk through the page of a document: as it opens, with its audit open, with its form open."""
    expect(page.locator(".outline [aria-current]")).to_have_count(1)
    yield "document"
    page.locator(".audit > summary").click()
    page.locator(".audit .places a").nth(3).click()
    expect(page.locator(".defect.reached")).to_be_in_viewport()
    yield "document-audit"
    if not page.locator("button.correct").is_visible():
        page.locator(".facts > summary").click()
    page.locator("button.correct").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    yield "correction"
    page.keyboard.press("Escape")

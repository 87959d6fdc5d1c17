"""The keeper's side of the page in a real browser, over a real library that is really changed."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from documents.library import find_original
from qa.web.application import create_web_app
from tests.browsing import ARGUMENTS
from tests.web_keeping import Keeping, open_keeper, read_library

pytestmark = [
    pytest.mark.browser,
    # Gradio's queue sets an option that pandas has deprecated
    pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting'"),
]

RULES = """长春市充电设施管理办法

长府办发〔2025〕7号

根据《吉林省新能源和智能网联汽车产业高质量发展行动方案》（吉政办发〔2024〕9号），制定本办法。

第一条 充电设施建设应当符合规划。
第二条 补助标准最高不超过万元。
第三条 本办法自2025年3月1日起施行。

长春市人民政府办公室
2025年2月10日
"""
PLAN = "jilin-nev-action-plan-2024"
DAMAGED = "jilin-auto-cluster-upgrade"
SAMPLES = 5


@dataclass
class Site:
    """A server of a library: its address, and how its changes are held up."""

    address: str
    keeping: Keeping


@contextmanager
def serve(keeping: Keeping, *, editable: bool = True) -> Iterator[Site]:
    jobs = keeping.make_jobs() if editable else None
    app = create_web_app(open_keeper, jobs=jobs, find_original=find_original)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield Site(f"http://127.0.0.1:{listener.getsockname()[1]}", keeping)
        finally:
            keeping.gate.set()
            server.should_exit = True
            thread.join(10)


@pytest.fixture
def site(home: Path) -> Iterator[Site]:
    with serve(Keeping()) as site:
        yield site


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=list(ARGUMENTS))
        yield browser
        browser.close()


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Return a function that opens an address; no page may log an error or ask another machine."""
    contexts, faults = [], list[str]()

    def open_one(
        site: Site,
        path: str = "/",
        *,
        locale: str = "zh-CN",
        width: int = 1280,
        dark: bool = False,
        allowed: str = "",
    ) -> Page:
        context = browser.new_context(
            locale=locale,
            viewport={"width": width, "height": 800},
            color_scheme="dark" if dark else "light",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        local = (site.address, "data:", "blob:")
        page.on("request", lambda r: None if r.url.startswith(local) else faults.append(r.url))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console",
            lambda m: (
                faults.append(m.text)
                if m.type == "error" and not (allowed and allowed in m.text)
                else None
            ),
        )
        page.goto(site.address + path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert faults == []


def open_library(page: Page) -> Locator:
    """Open the tab of documents and return the rows of the list."""
    page.get_by_role("tab", name=re.compile("文档|Documents")).click()
    rows = page.locator("table.documents tbody tr")
    expect(rows.first).to_be_visible()
    return rows


def choose(page: Page, *files: tuple[str, str | bytes]) -> None:
    page.locator(".library-add input").set_input_files(
        [
            {
                "name": name,
                "mimeType": "application/octet-stream",
                "buffer": content.encode() if isinstance(content, str) else content,
            }
            for name, content in files
        ]
    )


def wait_for(page: Page, state: str) -> Locator:
    card = page.locator(".work").first
    expect(card).to_have_attribute("data-state", state)
    return card


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


# ---- finding -------------------------------------------------------------------------------------


def test_typing_and_filters_narrow_the_list(site: Site, open_page: OpenPage) -> None:
    page = open_page(site)
    rows = open_library(page)
    expect(rows).to_have_count(SAMPLES)
    box = page.get_by_role("searchbox")
    box.fill("吉林")
    expect(rows).to_have_count(2)
    expect(box).to_be_focused()
    page.locator(".library-filters summary").click()
    page.get_by_label("文种").select_option("行动方案")
    expect(rows).to_have_count(1)
    expect(page.locator(".library-list .count")).to_have_text("符合条件 1 份，全库 5 份")
    expect(page.locator(".library-filters .summary-note")).to_have_text("1")
    expect(page.get_by_label("文种")).to_have_value("行动方案")
    page.get_by_role("button", name="清除条件").click()
    expect(rows).to_have_count(SAMPLES)
    expect(box).to_have_value("")
    expect(box).to_be_focused()


def test_a_heading_sorts_the_list_and_keeps_the_focus(site: Site, open_page: OpenPage) -> None:
    page = open_page(site)
    rows = open_library(page)
    heading = page.locator("th").nth(2)
    heading.get_by_role("button").click()
    expect(heading).to_have_attribute("aria-sort", "descending")
    expect(rows.first).to_contain_text("2024年5月22日")
    expect(heading.get_by_role("button")).to_be_focused()
    page.keyboard.press("Enter")
    expect(heading).to_have_attribute("aria-sort", "ascending")
    expect(rows.first).to_contain_text("2023年12月1日")


# ---- adding --------------------------------------------------------------------------------------


def test_files_are_added_and_each_is_told_what_became_of_it(
    site: Site, open_page: OpenPage, samples: Path
) -> None:
    page = open_page(site)
    rows = open_library(page)
    site.keeping.gate.clear()
    same = (samples / f"{PLAN}.txt").read_bytes()
    choose(page, ("办法.txt", RULES), ("同一份.txt", same), ("表.xyz", "x"), ("空.txt", ""))
    card = wait_for(page, "running")
    expect(card.locator(".work-line")).to_contain_text("更新索引 · 3/12")
    expect(card.get_by_role("progressbar")).to_have_attribute("value", "3")
    expect(card.locator(".change-failed")).to_have_count(2)
    site.keeping.gate.set()
    wait_for(page, "done")
    expect(card.locator(".work-line")).to_have_text("已完成 · 添加 1 份 · 未添加 3 份")
    added = card.locator(".change-added")
    expect(added).to_contain_text("3 条条款，缺损 1 处，字符无遗漏")
    expect(card.locator(".change-duplicate")).to_contain_text("已有")
    expect(card).to_contain_text("不支持这种格式")
    expect(card).to_contain_text("文件是空的")
    expect(rows).to_have_count(SAMPLES + 1)
    added.get_by_role("link", name="查看").click()
    expect(page.locator("#pane .document-title")).to_have_text("长春市充电设施管理办法")
    expect(page.locator("#pane .relations")).to_contain_text("吉政办发〔2024〕9号")
    assert "办法" in read_library()


def test_files_are_added_by_dropping_them(site: Site, open_page: OpenPage) -> None:
    page = open_page(site)
    rows = open_library(page)
    data = page.evaluate_handle(
        """text => {
            const data = new DataTransfer();
            data.items.add(new File([text], "办法.txt"));
            return data;
        }""",
        RULES,
    )
    zone = page.locator(".library-add")
    rows.first.dispatch_event("dragover", {"dataTransfer": data})
    expect(zone).to_have_class(re.compile("dropping"))
    rows.first.dispatch_event("drop", {"dataTransfer": data})
    expect(zone).not_to_have_class(re.compile("dropping"))
    wait_for(page, "done")
    expect(rows).to_have_count(SAMPLES + 1)


def test_an_addition_that_is_cancelled_leaves_the_library_as_it_was(
    site: Site, open_page: OpenPage
) -> None:
    page = open_page(site)
    rows = open_library(page)
    site.keeping.gate.clear()
    choose(page, ("办法.txt", RULES))
    card = wait_for(page, "running")
    expect(card.locator(".work-line")).to_contain_text("更新索引")
    card.get_by_role("button", name="取消").click()
    wait_for(page, "cancelled")
    expect(card).to_contain_text("文档库没有改动")
    card.get_by_role("button", name="收起").click()
    expect(page.locator(".work")).to_have_count(0)
    expect(rows).to_have_count(SAMPLES)
    assert "办法" not in read_library()


def test_a_change_in_progress_is_found_again_after_a_reload(
    site: Site, open_page: OpenPage
) -> None:
    page = open_page(site)
    open_library(page)
    site.keeping.gate.clear()
    choose(page, ("办法.txt", RULES))
    wait_for(page, "running")
    expect(page.locator(".work-line")).to_contain_text("更新索引")
    page.reload()
    rows = open_library(page)
    wait_for(page, "running")
    site.keeping.gate.set()
    wait_for(page, "done")
    expect(rows).to_have_count(SAMPLES + 1)


def test_the_list_is_renewed_where_the_reader_is(site: Site, open_page: OpenPage) -> None:
    page = open_page(site)
    rows = open_library(page)
    box = page.get_by_role("searchbox")
    box.fill("省")
    link = page.locator(f"table.documents a[href='documents/{PLAN}']")
    expect(rows).to_have_count(3)
    site.keeping.gate.clear()
    choose(page, ("办法.txt", RULES.replace("长春市", "吉林省")))
    wait_for(page, "running")
    link.focus()
    before = page.evaluate("scrollY")
    site.keeping.gate.set()
    wait_for(page, "done")
    expect(rows).to_have_count(4)
    expect(box).to_have_value("省")
    expect(link).to_be_focused()
    assert page.evaluate("scrollY") == before


# ---- removing ------------------------------------------------------------------------------------


def test_removal_asks_first_and_cancelling_removes_nothing(site: Site, open_page: OpenPage) -> None:
    page = open_page(site)
    rows = open_library(page)
    button = page.locator(f"button[data-document='{PLAN}']")
    button.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("吉林省新能源和智能网联汽车产业高质量发展行动方案")
    expect(dialog).to_contain_text("删除它的原件")
    expect(dialog.get_by_role("button", name="取消")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()
    button.click()
    dialog.get_by_role("button", name="取消").click()
    expect(page.locator(".work")).to_have_count(0)
    expect(rows).to_have_count(SAMPLES)
    assert PLAN in read_library()


def test_a_confirmed_removal_deletes_the_original(site: Site, open_page: OpenPage) -> None:
    page = open_page(site)
    rows = open_library(page)
    page.locator(f"button[data-document='{PLAN}']").click()
    page.get_by_role("button", name="移除并删除原件").click()
    card = wait_for(page, "done")
    expect(card).to_contain_text("已移除")
    expect(rows).to_have_count(SAMPLES - 1)
    assert find_original(PLAN) is None


# ---- reading -------------------------------------------------------------------------------------


def test_the_outline_follows_the_reader_and_its_branches_fold(
    site: Site, open_page: OpenPage
) -> None:
    page = open_page(site, f"/documents/{DAMAGED}", width=1440)
    outline = page.locator(".outline")
    expect(outline.locator("[aria-current=location]")).to_have_text("前言")
    page.locator("[data-path='三/（一）/2']").evaluate("e => e.scrollIntoView()")
    current = outline.locator("[aria-current=location]")
    expect(current).to_contain_text("推进关键共性技术攻关")
    expect(current).to_be_in_viewport()
    branch = outline.locator("li.level-1:has-text('三、') > button.branch")
    branch.click()
    expect(branch).to_have_attribute("aria-expanded", "false")
    expect(current).to_be_hidden()
    branch.locator("xpath=../a").focus()
    page.keyboard.press("ArrowRight")
    expect(branch).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowRight")
    expect(page.locator(":focus")).to_contain_text("强化创新驱动")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(":focus")).to_contain_text("三、")


def test_a_clause_s_link_is_copied_and_opens_the_document_there(
    site: Site, open_page: OpenPage
) -> None:
    page = open_page(site, f"/documents/{PLAN}")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    clause = page.locator("[data-path='一/（五）/13']")
    clause.scroll_into_view_if_needed()
    clause.hover()
    link = clause.locator("> .permalink")
    expect(link).to_have_css("opacity", "1")
    link.click()
    expect(page.locator(".toast")).to_have_text("链接已复制")
    address = page.evaluate("navigator.clipboard.readText()")
    assert address == page.url
    page.goto("about:blank")
    page.goto(address)
    expect(page.locator(".clause.chosen")).to_be_in_viewport()
    expect(page.locator(".clause.chosen")).to_contain_text("推进新型基础设施建设")
    # Of all these links only the one of the clause being read is in the keyboard's way.
    expect(page.locator(".permalink[tabindex='0']")).to_have_count(1)


def test_damage_is_listed_and_one_click_from_its_place(site: Site, open_page: OpenPage) -> None:
    page = open_page(site, f"/documents/{DAMAGED}")
    page.locator(".audit > summary").click()
    expect(page.locator(".audit")).to_contain_text("没有遗漏")
    place = page.locator(".audit .places a").nth(3)
    found = place.locator("q").text_content() or ""
    place.click()
    target = page.locator(".defect.reached")
    expect(target).to_have_text(found)
    expect(target).to_be_in_viewport()
    expect(target).to_be_focused()


# ---- correcting ----------------------------------------------------------------------------------


def test_facts_are_corrected_and_a_correction_is_withdrawn(site: Site, open_page: OpenPage) -> None:
    page = open_page(site, f"/documents/{PLAN}", width=1440, allowed="422")
    page.get_by_role("button", name="更正文件信息").click()
    form = page.get_by_role("dialog")
    form.get_by_label("文号").fill("吉政办发〔2024〕10号")
    form.get_by_label("地区").fill("乌有市")
    form.get_by_role("button", name="保存更正").click()
    expect(form.get_by_role("alert")).to_contain_text("地区：没有地区「乌有市」")
    expect(form.get_by_label("地区")).to_be_focused()
    form.get_by_label("地区").fill("吉林省")
    site.keeping.gate.clear()
    form.get_by_role("button", name="保存更正").click()
    line = page.locator(".job-line")
    expect(line).to_contain_text("正在更新索引（3/12）")
    expect(page.get_by_role("button", name="更正文件信息")).to_be_disabled()
    site.keeping.gate.set()
    expect(line).to_have_text("已更新。")
    expect(page.locator(".document-number")).to_have_text("吉政办发〔2024〕10号")
    expect(page.locator(".corrected")).to_contain_text("已更正；原文：吉政办发〔2024〕9号")
    assert read_library()[PLAN].metadata.number == "吉政办发〔2024〕10号"
    page.get_by_role("button", name="撤回更正").click()
    expect(page.locator(".document-number")).to_have_text("吉政办发〔2024〕9号")
    expect(page.locator(".corrected")).to_have_count(0)
    assert read_library()[PLAN].corrections == ()


def test_a_form_without_changes_sends_nothing(site: Site, open_page: OpenPage) -> None:
    page = open_page(site, f"/documents/{PLAN}", width=1440)
    sent = list[str]()
    page.on("request", lambda request: sent.append(request.method))
    page.get_by_role("button", name="更正文件信息").click()
    form = page.get_by_role("dialog")
    form.get_by_role("button", name="保存更正").click()
    expect(form.get_by_role("alert")).to_have_text("没有改动。")
    form.get_by_role("button", name="取消").click()
    expect(form).to_be_hidden()
    assert "PATCH" not in sent


def test_a_correction_in_the_pane_renews_the_list_behind_it(
    site: Site, open_page: OpenPage
) -> None:
    page = open_page(site)
    open_library(page)
    page.locator(f"table.documents a[href='documents/{PLAN}']").click()
    page.locator("#pane .facts summary").click()
    page.get_by_role("button", name="更正文件信息").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("#pane")).to_be_visible()
    page.get_by_role("button", name="更正文件信息").click()
    page.get_by_role("dialog").get_by_label("标题").fill("更正后的标题")
    page.keyboard.press("Enter")
    expect(page.locator("#pane .document-title")).to_have_text("更正后的标题")
    expect(page.locator("table.documents")).to_contain_text("更正后的标题")
    expect(page.locator("table.documents .badge")).to_have_text("已更正")


# ---- who may not, how narrow, in which language, with which hands --------------------------------


def test_who_may_only_read_is_told_so(home: Path, open_page: OpenPage) -> None:
    with serve(Keeping(), editable=False) as site:
        page = open_page(site)
        open_library(page)
        expect(page.locator(".read-only")).to_contain_text("请联系管理员")
        assert page.locator(".library-add, button.remove, dialog").count() == 0
        page.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_phone_never_scrolls_sideways(site: Site, open_page: OpenPage, dark: bool) -> None:
    page = open_page(site, width=360, dark=dark)
    open_library(page)
    page.locator(".library-filters summary").click()
    choose(page, ("一个名字很长很长的文件" * 6 + ".txt", RULES), ("表.xyz", "x"))
    wait_for(page, "done")
    assert overflow(page) <= 0
    page.locator("button.remove").first.click()
    assert overflow(page) <= 0
    page.keyboard.press("Escape")
    for name in (PLAN, DAMAGED):
        page.goto(f"{site.address}/documents/{name}")
        for summary in page.locator(
            ".document > details > summary, .document-about > details > summary"
        ).all():
            summary.click()
        assert overflow(page) <= 0


def test_the_keyboard_is_enough_to_find_read_and_remove(site: Site, open_page: OpenPage) -> None:
    page = open_page(site)
    tab = page.get_by_role("tab", name="文档")
    tab.focus()
    page.keyboard.press("Enter")
    rows = page.locator("table.documents tbody tr")
    expect(rows).to_have_count(SAMPLES)

    def tab_to(selector: str) -> None:
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                return
        pytest.fail(f"not reached by Tab: {selector}")

    tab_to("input[name=q]")
    page.keyboard.type("吉林")
    expect(rows).to_have_count(2)
    tab_to("input[type=file]")
    tab_to("table.documents a")
    page.keyboard.press("Enter")
    expect(page.locator("#pane .document-title")).to_be_focused()
    page.keyboard.press("Escape")
    expect(rows.first.locator("a")).to_be_focused()
    tab_to("button.remove")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="取消")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    wait_for(page, "done")
    expect(rows).to_have_count(1)


def test_english_readers_keep_the_library_in_english(site: Site, open_page: OpenPage) -> None:
    page = open_page(site, locale="en-US")
    rows = open_library(page)
    choose(page, ("rules.txt", RULES))
    card = wait_for(page, "done")
    expect(card).to_contain_text("Done · added: 1")
    expect(card).to_contain_text("clauses: 3, damaged places: 1, every character accounted for")
    expect(rows).to_have_count(SAMPLES + 1)
    page.locator("[data-document='rules']").click()
    page.get_by_role("button", name="Remove and delete original").click()
    expect(rows).to_have_count(SAMPLES)

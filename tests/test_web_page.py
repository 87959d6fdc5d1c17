"""The page in a real browser: what a visitor sees, clicks and reads."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from qa.web.startup import Assistant
from tests.browsing import OpenPage, ask, is_in_sight, overflow, serve
from tests.web_library import HOSTILE, PLAN, REPLY, StubAssistant

pytestmark = [
    pytest.mark.browser,
    # Gradio's queue sets an option that pandas has deprecated
    pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting'"),
]

QUESTION = "充电站建设有什么支持？"
QUOTE = "推进新型基础设施建设。统筹充换电"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serve(StubAssistant) as address:
        yield address


def test_the_cursor_waits_in_the_box_and_an_answer_appears(open_page: OpenPage) -> None:
    page = open_page()
    expect(page.locator("#question textarea")).to_be_focused()
    expect(page.locator("#state")).to_have_text("2 份文件可查")
    assert page.title() == "政策问答"
    ask(page, QUESTION)
    expect(page.locator(".question")).to_contain_text(QUESTION)
    expect(page.locator(".outcome")).to_contain_text("有依据")
    expect(page.locator(".reminder")).to_contain_text("以原文为准")
    expect(page.locator("#question textarea")).to_have_value("")
    expect(page.locator("#announcer")).to_contain_text("公共充电站可获建设补助")


def test_a_citation_opens_the_source_at_the_quote(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, QUESTION)
    page.locator(".citation a.source").first.click()
    expect(page.locator("#pane mark.quote").first).to_be_visible()
    marked = "".join(page.locator("#pane mark.quote").all_text_contents())
    assert marked.startswith(QUOTE)
    assert marked == page.locator(".citation blockquote").first.text_content()
    assert is_in_sight(page, "#pane mark.quote")
    expect(page.locator("#pane h2")).to_have_text("吉林省新能源汽车产业高质量发展行动方案")
    assert page.url.rstrip("/").count("/") == 2  # beside the conversation, not instead of it


def test_a_number_in_the_answer_opens_its_source_too(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, QUESTION)
    page.get_by_role("link", name="查看第 2 条依据的原文", exact=True).click()
    expect(page.locator("#pane mark.quote").first).to_contain_text("充电站用地")
    assert is_in_sight(page, "#pane mark.quote")


def test_the_keyboard_is_enough(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, QUESTION)
    link = page.locator(".citation a.source").first
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#pane mark.quote").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#pane")).to_be_hidden()
    expect(link).to_be_focused()


def test_the_outline_leads_to_a_clause(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, QUESTION)
    page.locator(".citation a.source").first.click()
    page.locator("#pane .outline summary").click()
    page.locator("#pane .outline").get_by_text("加强组织领导").click()
    expect(page.locator("#pane .clause.reached")).to_contain_text("建立工作协调机制")
    assert is_in_sight(page, "#pane .clause.reached p")


def test_a_source_opens_on_its_own_page(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, QUESTION)
    address = page.locator(".citation a.source").first.evaluate("link => link.href")
    page.goto(address)
    expect(page.locator("mark.quote").first).to_be_in_viewport()
    page.get_by_text("返回问答").click()
    expect(page.locator("#question textarea")).to_be_focused()


def test_an_english_browser_gets_english(open_page: OpenPage) -> None:
    page = open_page("en-US")
    expect(page.locator("#question textarea")).to_be_focused()
    assert page.evaluate("document.documentElement.lang") == "en"
    ask(page, "What support exists for charging stations?")
    expect(page.locator(".outcome")).to_contain_text("Supported")
    page.locator(".citation a.source").first.click()
    assert is_in_sight(page, "#pane mark.quote")
    expect(page.locator(".pane-close")).to_have_text("Close")
    for name in ("Search", "Documents"):
        page.get_by_role("tab", name=name).click()
    expect(page.locator("table.documents")).to_contain_text("22 May 2024")
    page.locator("#language").click()
    expect(page.get_by_role("tab", name="问答")).to_be_visible()
    page.goto(page.url.split("?")[0])  # the choice outlives the address
    expect(page.get_by_role("tab", name="问答")).to_be_visible()


def test_hostile_text_is_shown_as_text(open_page: OpenPage) -> None:
    page = open_page()
    for number, text in enumerate((HOSTILE, "${alert(1)} {{value}} 充电", "**a** <b>b</b>"), 1):
        ask(page, text, number)
        expect(page.locator(".question").nth(number - 1)).to_contain_text(text)
    page.locator(".citation a.source").nth(1).click()
    expect(page.locator("#pane")).to_contain_text("<script>alert(3)</script>")
    assert page.locator("#thread img, #pane img, #pane script, #thread b b").count() == 0


def test_the_search_lists_clauses_and_opens_them(open_page: OpenPage) -> None:
    page = open_page()
    page.get_by_role("tab", name="检索").click()
    page.locator("#terms textarea").fill("公共充电站 补助")
    page.locator("#search-button").click()
    expect(page.locator(".result mark").first).to_be_visible()
    page.locator(".result a").first.click()
    expect(page.locator("#pane .clause.chosen")).to_contain_text("公共充电站")
    assert is_in_sight(page, "#pane .clause.chosen p")


def test_the_list_opens_documents(open_page: OpenPage) -> None:
    page = open_page()
    page.get_by_role("tab", name="文档").click()
    expect(page.locator("table.documents tbody tr")).to_have_count(2)
    page.locator(f"a[href='documents/{PLAN}']").click()
    expect(page.locator("#pane h2")).to_be_focused()
    assert overflow(page) <= 0


def test_examples_and_new_conversations_are_one_click(open_page: OpenPage) -> None:
    page = open_page()
    page.get_by_role("button", name=QUESTION).click()
    expect(page.locator(".turn .answer")).to_have_count(1)
    ask(page, "那吉林呢？", 2)
    expect(page.locator(".outcome-no_basis")).to_contain_text("未检索到依据")
    page.locator("#fresh").click()
    expect(page.locator(".welcome")).to_be_visible()
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.locator("#question textarea")).to_be_focused()


def test_an_answer_can_be_copied(open_page: OpenPage) -> None:
    page = open_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(page, QUESTION)
    reply, whole, _ = page.locator("button.copy").all()
    for button, told in (
        (
            whole,
            "[1] 《吉林省新能源汽车产业高质量发展行动方案》（吉政办发〔2024〕9号）一、（二）3.",
        ),
        (reply, REPLY),
    ):
        button.click()
        expect(button).to_have_text("已复制")
        assert told in page.evaluate("navigator.clipboard.readText()")


def test_two_visitors_are_served_at_once_and_kept_apart(open_page: OpenPage) -> None:
    assistant = StubAssistant(delay=1.5)
    with serve(lambda: assistant) as slow:
        first, second = open_page(at=slow), open_page(at=slow)
        for page, question in ((first, "充电站一"), (second, "充电站二")):
            page.locator("#question textarea").fill(question)
        began = time.monotonic()
        for page in (first, second):
            page.locator("#question textarea").press("Enter")
        for page in (first, second):
            expect(page.locator(".turn .answer")).to_have_count(1)
        assert time.monotonic() - began < 2.9  # one after the other takes 3
        assert "充电站二" not in first.content() and "充电站一" not in second.content()
        assert all(request.history == () for request in assistant.asked)
        first.close()
        second.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_narrow_screen_never_scrolls_sideways(open_page: OpenPage, dark: bool) -> None:
    page = open_page(width=360, dark=dark)
    expect(page.locator("#question textarea")).to_be_visible()
    assert overflow(page) <= 0
    ask(page, QUESTION)
    assert overflow(page) <= 0
    page.locator(".citation a.source").first.click()
    expect(page.locator("#pane mark.quote").first).to_be_visible()
    assert is_in_sight(page, "#pane mark.quote") and overflow(page) <= 0
    page.go_back()  # a phone's back button closes the pane, and keeps the conversation
    expect(page.locator("#pane")).to_be_hidden()
    page.locator(".citation a.source").first.click()
    page.locator(".pane-close").click()
    expect(page.locator("#pane")).to_be_hidden()
    expect(page.locator(".turn")).to_have_count(1)
    for name in ("检索", "文档"):
        page.get_by_role("tab", name=name).click()
        assert overflow(page) <= 0


def test_a_failed_start_is_told_on_the_page(open_page: OpenPage) -> None:
    def fail() -> Assistant:
        raise RuntimeError("模型文件损坏\nthe model file is damaged")

    with serve(fail) as broken:
        page = open_page(at=broken)
        expect(page.locator("#state")).to_have_text("加载失败")
        page.locator("#question textarea").fill(QUESTION)
        page.locator("#question textarea").press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("模型文件损坏")
        page.close()


def test_a_question_asked_while_loading_is_answered_when_ready(open_page: OpenPage) -> None:
    gate = threading.Event()

    def open_slowly() -> Assistant:
        gate.wait(30)
        return StubAssistant()

    with serve(open_slowly) as loading:
        page = open_page(at=loading)
        expect(page.locator("#state")).to_have_text("正在加载模型…")
        page.locator("#question textarea").fill(QUESTION)
        page.locator("#question textarea").press("Enter")
        expect(page.locator(".message")).to_contain_text("正在加载模型")
        gate.set()
        expect(page.locator(".outcome")).to_contain_text("有依据")
        expect(page.locator("#state")).to_have_text("2 份文件可查")
        page.close()

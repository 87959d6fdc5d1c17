"""The desk in a real browser: filters, sharing, the operator's view, judgement, reasons."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from index.types import Filters
from qa.errors import LogError
from qa.log import Log
from tests.browsing import OpenPage, ask, is_in_sight, overflow, serve
from tests.web_library import OPINION, REPLY, StubAssistant

pytestmark = [
    pytest.mark.browser,
    # Gradio's queue sets an option that pandas has deprecated
    pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting'"),
]

QUESTION = "充电站建设有什么支持？"


@pytest.fixture(scope="module")
def assistant() -> StubAssistant:
    return StubAssistant()


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    return Log(tmp_path_factory.mktemp("log") / "qa.sqlite3")


@pytest.fixture(scope="module")
def address(assistant: StubAssistant, log: Log) -> Iterator[str]:
    with serve(lambda: assistant, log=log) as address:
        yield address


def choose(page: Page, name: str, value: str) -> None:
    """Set a filter of the asking view."""
    toggle = page.locator("#tray .filter-toggle")
    if toggle.get_attribute("aria-expanded") == "false":
        toggle.click()
    field = page.locator(f"#ask-{name}")
    if name in ("region", "from", "to", "as_of"):
        field.fill(value)
        field.press("Enter")
        field.blur()
    else:
        field.select_option(value)


# ---- asking --------------------------------------------------------------------------------------


def test_a_first_visitor_gets_a_cited_answer_beside_its_source_with_one_click(
    open_page: OpenPage,
) -> None:
    page = open_page()
    page.locator("#examples button").first.click()
    expect(page.locator(".outcome")).to_contain_text("有依据")
    expect(page.locator("#pane mark.quote").first).to_contain_text("推进新型基础设施建设")
    assert is_in_sight(page, "#pane mark.quote")
    expect(page.locator("#question textarea")).to_be_focused()  # the next question can be typed


def test_a_phone_is_not_covered_by_the_source_unasked(open_page: OpenPage) -> None:
    page = open_page(width=360)
    ask(page, QUESTION)
    page.wait_for_timeout(300)
    expect(page.locator("#pane")).to_have_count(0)


def test_keys_lead_from_one_citation_to_the_next_while_typing(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, QUESTION)
    expect(page.locator(".pane-place")).to_have_text("1 / 2")
    page.locator("#question textarea").type("下一")
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator("#pane mark.quote").first).to_contain_text("充电站用地")
    expect(page.locator(".pane-place")).to_have_text("2 / 2")
    expect(page.locator(".pane-next")).to_be_disabled()
    expect(page.locator("#question textarea")).to_be_focused()
    expect(page.locator("#question textarea")).to_have_value("下一")
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("#pane mark.quote").first).to_contain_text("推进新型基础设施建设")
    page.locator(".pane-next").click()
    expect(page.locator(".pane-place")).to_have_text("2 / 2")


def test_a_source_that_was_closed_stays_closed_until_it_is_asked_for(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, QUESTION)
    page.locator(".pane-close").click()
    expect(page.locator("#pane")).to_be_hidden()
    ask(page, "充电站用地怎么管？", 2)
    page.wait_for_timeout(300)
    expect(page.locator("#pane")).to_be_hidden()
    page.locator(".turn").nth(1).locator(".citation a.source").first.click()
    expect(page.locator("#pane")).to_be_visible()


def test_no_source_stands_beside_an_answer_without_one(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, QUESTION)
    expect(page.locator("#pane mark.quote").first).to_be_visible()
    ask(page, "海水养殖有补贴吗？", 2)
    expect(page.locator(".outcome-no_basis")).to_contain_text("未检索到依据")
    expect(page.locator("#pane mark.quote")).to_have_count(0)
    expect(page.locator(".pane-hint")).to_be_visible()


def test_an_answer_moves_nothing_on_a_wide_screen(open_page: OpenPage) -> None:
    page = open_page()
    page.locator("#question textarea").fill(QUESTION)
    page.locator("#question textarea").press("Enter")
    page.wait_for_selector(".turn")
    left = page.locator(".turn .question").bounding_box()
    expect(page.locator(".turn .answer")).to_be_visible()
    assert left and (after := page.locator(".turn .question").bounding_box())
    assert (left["x"], left["width"]) == (after["x"], after["width"])


def test_every_answer_says_how_current_it_is_and_why_it_cites_what_it_does(
    open_page: OpenPage,
) -> None:
    page = open_page()
    ask(page, QUESTION)
    foot = page.locator(".reminder")
    expect(foot).to_contain_text("以原文为准")
    expect(foot).to_contain_text("索引更新于 2026年1月2日")
    expect(foot).to_contain_text("吉林省人民政府办公厅")
    page.get_by_text("为什么是这些条款").click()
    row = page.locator(".why tbody tr").first
    expect(row).to_contain_text("一、（二）3.")
    expect(row).to_contain_text("已引用")
    row.locator("a").click()
    expect(page.locator("#pane .clause.chosen")).to_contain_text("公共充电站")


# ---- filters -------------------------------------------------------------------------------------


def test_a_filter_is_chosen_with_its_count_told_and_removed(
    open_page: OpenPage, assistant: StubAssistant
) -> None:
    page = open_page()
    choose(page, "status", "in_force")
    expect(page.locator("#ask-status option[value=in_force]")).to_have_text("现行有效 (1)")
    expect(page.locator("#tray .chip")).to_have_text("现行有效 ×")
    ask(page, QUESTION)
    assert assistant.asked[-1].filters == Filters(status="in_force")
    expect(page.locator(".understanding")).to_contain_text("筛选：现行有效")
    page.locator("#tray .chip").click()
    expect(page.locator("#tray .chip")).to_have_count(0)
    ask(page, QUESTION, 2)
    assert assistant.asked[-1].filters == Filters()


def test_the_own_region_is_remembered_and_shared_by_both_views(
    open_page: OpenPage, assistant: StubAssistant
) -> None:
    page = open_page()
    expect(page.locator("#examples button").first).to_be_visible()
    choose(page, "region", "长春市")
    expect(page.locator("#tray .chip")).to_have_text("长春市 ×")
    expect(page.locator("#examples")).to_be_hidden()  # they were tried without filters
    page.reload()
    expect(page.locator("#tray .chip")).to_have_text("长春市 ×")
    ask(page, QUESTION)
    assert assistant.asked[-1].filters == Filters(region="长春市")
    page.get_by_role("tab", name="检索").click()
    expect(page.locator("#search-filters .chip")).to_have_text("长春市 ×")
    page.locator("#search-filters [data-clear]").click()
    expect(page.locator("#search-filters .chip")).to_have_count(0)
    page.reload()
    expect(page.locator("#tray .filters-all")).to_be_visible()


def test_a_link_does_not_change_the_own_region(open_page: OpenPage) -> None:
    page = open_page()
    choose(page, "region", "长春市")
    expect(page.locator("#tray .chip")).to_have_text("长春市 ×")
    page.goto(f"{page.url}?q={quote(QUESTION)}&region={quote('吉林省')}")
    expect(page.locator("#tray .chip")).to_have_text("吉林省 ×")
    expect(page.locator(".answer")).to_have_count(1)
    choose(page, "kind", "行动方案")
    expect(page.locator("#tray .chip")).to_have_count(2)
    page.goto(page.url.partition("?")[0])
    expect(page.locator("#tray .chip")).to_have_text("长春市 ×")


def test_an_unknown_place_is_told_where_it_was_typed(open_page: OpenPage) -> None:
    page = open_page()
    choose(page, "region", "亚特兰蒂斯")
    expect(page.locator("#tray .filter-form")).to_contain_text("没有地区「亚特兰蒂斯」")
    expect(page.locator("#ask-region")).to_have_value("亚特兰蒂斯")


def test_search_is_sorted_by_date_and_opened_at_the_clause(open_page: OpenPage) -> None:
    page = open_page()
    page.get_by_role("tab", name="检索").click()
    page.locator("#terms textarea").fill("充电站用地按公用设施")
    page.locator("#search-button").click()
    expect(page.locator(".result").first).to_contain_text("第二条")
    page.get_by_label("按成文日期").check()
    first = page.locator(".result").first
    expect(first).to_contain_text("2024年5月22日")
    expect(first).to_contain_text("现行有效")
    page.locator(".result a").first.click()
    assert is_in_sight(page, "#pane mark.quote")


# ---- sharing -------------------------------------------------------------------------------------


def test_a_link_asks_the_same_question_under_the_same_filters(
    open_page: OpenPage, assistant: StubAssistant
) -> None:
    page = open_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    choose(page, "kind", "行动方案")
    choose(page, "as_of", "2025-03-04")
    ask(page, QUESTION)
    page.locator("button.share").click()
    expect(page.locator("button.share")).to_have_text("链接已复制")
    link = page.evaluate("navigator.clipboard.readText()")
    before = len(assistant.asked)
    other = open_page(path=link.removeprefix(page.url.rstrip("/")))
    expect(other.locator(".question")).to_contain_text(QUESTION)
    expect(other.locator(".outcome")).to_contain_text("有依据")
    assert len(assistant.asked) == before + 1
    assert assistant.asked[-1].filters == Filters(kind="行动方案")
    assert str(assistant.asked[-1].as_of) == "2025-03-04"


def test_a_link_may_lead_to_a_search_and_in_english(open_page: OpenPage) -> None:
    page = open_page("en-US", path=f"/en/?search={quote('充电站用地')}")
    expect(page.locator(".result").first).to_contain_text("充电站")
    asked = open_page("en-US", path="/en/?q=charging%20support")
    expect(asked.locator(".outcome")).to_contain_text("Supported")


def test_a_hostile_link_is_only_a_question(open_page: OpenPage) -> None:
    page = open_page(path="/?q=" + quote("<img src=x onerror=alert(1)>") + "&region=%22%3E%3Cb%3E")
    expect(page.locator(".question")).to_contain_text("<img src=x onerror=alert(1)>")
    expect(page.get_by_role("alert").first).to_contain_text("没有地区")
    assert page.locator("#thread img, .chip b").count() == 0


# ---- the operator's view -------------------------------------------------------------------------


def test_the_operator_s_view_stays_and_has_a_key_for_each_step(open_page: OpenPage) -> None:
    page = open_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("() => { window.print = () => { window.printed = (window.printed ?? 0) + 1; }; }")
    ask(page, QUESTION)
    size = "element => parseFloat(getComputedStyle(element).fontSize)"
    expect(page.locator(".reply")).to_be_hidden()
    page.locator("#operator").click()
    expect(page.locator("#operator")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".reply")).to_have_text(REPLY)
    assert page.locator(".reply").evaluate(size) >= 20
    page.locator(".pane-content").focus()
    page.keyboard.press("F2")
    expect(page.locator("#question textarea")).to_be_focused()
    page.keyboard.press("F8")
    expect(page.locator("button.copy-reply")).to_have_text("已复制")
    assert page.evaluate("navigator.clipboard.readText()") == REPLY
    page.keyboard.press("F9")
    assert page.evaluate("window.printed") == 1
    page.reload()
    expect(page.locator("#operator")).to_have_attribute("aria-pressed", "true")
    page.locator("#operator").click()
    page.reload()
    expect(page.locator("#operator")).to_have_attribute("aria-pressed", "false")


def test_what_is_pressed_before_the_page_is_ready_is_heard(open_page: OpenPage) -> None:
    page = open_page()
    page.add_init_script(
        "const usual = setInterval; setInterval = (act, wait) => usual(act, wait + 1000);"
    )
    page.reload()
    page.locator("#operator").click()
    expect(page.locator("#state")).to_contain_text("份")
    expect(page.locator("#operator")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("body")).to_have_class("operator")


def test_the_last_calls_are_at_hand_and_asked_again_with_their_filters(
    open_page: OpenPage, assistant: StubAssistant
) -> None:
    page = open_page()
    page.locator("#operator").click()
    choose(page, "status", "in_force")
    ask(page, QUESTION)
    page.locator("#tray [data-clear]").click()
    ask(page, "海水养殖", 2)
    expect(page.locator("#calls .call")).to_have_text(["海水养殖", QUESTION])
    page.reload()
    page.locator("#calls .call").nth(1).click()
    expect(page.locator(".turn .answer")).to_have_count(1)
    assert assistant.asked[-1].question == QUESTION
    assert assistant.asked[-1].filters == Filters(status="in_force")
    other = open_page()
    other.locator("#operator").click()
    other.wait_for_timeout(300)
    expect(other.locator("#calls .call")).to_have_count(0)


def test_what_is_printed_is_the_answer_and_nothing_of_the_page(open_page: OpenPage) -> None:
    page = open_page()
    page.evaluate("() => { window.print = () => {}; }")
    ask(page, QUESTION)
    ask(page, "海水养殖", 2)
    page.locator("button.print").first.click()
    page.emulate_media(media="print")
    expect(page.locator(".turn").first).to_be_visible()
    for hidden in (
        ".turn >> nth=1",
        "#composer",
        "#pane",
        ".actions >> nth=0",
        ".judgement >> nth=0",
    ):
        expect(page.locator(hidden)).to_be_hidden()
    expect(page.locator(".citation blockquote").first).to_be_visible()
    expect(page.locator(".reminder").first).to_be_visible()


# ---- judgement -----------------------------------------------------------------------------------


def test_an_answer_is_approved_with_one_click(open_page: OpenPage, log: Log) -> None:
    page = open_page()
    ask(page, "充电站补助给谁？")
    page.get_by_role("button", name="有用", exact=True).click()
    expect(page.locator(".judgement-said")).to_have_text("已记录，谢谢。")
    expect(page.get_by_role("button", name="有用", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    (found,) = [f for call, f in log.judged() if call.question == "充电站补助给谁？"]
    assert (found.verdict, found.reason) == ("up", None)


def test_a_wrong_answer_gets_a_reason_and_the_right_clause(open_page: OpenPage, log: Log) -> None:
    page = open_page()
    ask(page, "充电站用地归谁管？")
    page.get_by_role("button", name="有问题").click()
    expect(page.get_by_label("条款不对")).to_be_focused()
    page.keyboard.press("Space")
    choices = page.get_by_label("正确的条款（可选）").locator("option")
    place = next(i for i, text in enumerate(choices.all_text_contents()) if "第二条" in text)
    page.get_by_label("正确的条款（可选）").select_option(index=place)
    page.get_by_label("补充说明（可选）").fill("应引第二条")
    page.get_by_role("button", name="提交").click()
    expect(page.locator(".judgement-said")).to_have_text("已记录，谢谢。")
    expect(page.locator(".judgement form")).to_be_hidden()
    (found,) = [f for call, f in log.judged() if call.question == "充电站用地归谁管？"]
    assert (found.verdict, found.reason, found.comment) == ("down", "wrong_clause", "应引第二条")
    assert found.clause == (OPINION, "第二条")


def test_a_judgement_that_cannot_be_saved_is_told(
    open_page: OpenPage, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise LogError("磁盘已满", "the disk is full")

    page = open_page()
    ask(page, QUESTION)
    monkeypatch.setattr(log, "judge", refuse)
    page.get_by_role("button", name="有用", exact=True).click()
    expect(page.locator(".judgement-said")).to_contain_text("未能保存")


# ---- all languages and widths --------------------------------------------------------------------


def test_the_english_desk_is_english(open_page: OpenPage) -> None:
    page = open_page("en-US")
    page.locator("#operator").click()
    ask(page, "What support exists for charging stations?")
    page.locator("#tray .filter-toggle").click()
    page.get_by_text("Why these clauses").click()
    page.get_by_role("button", name="Problem").click()
    visible = page.locator("main").inner_text()
    for phrase in (
        "Filters",
        "Place",
        "By words",
        "Wrong clause",
        "Index of 2 Jan 2026",
        "Helpful",
    ):
        assert phrase in visible
    own = page.locator(
        ".actions, .judgement legend, .filter-form label, .why th[scope=col], #tray h2"
    )
    for text in own.all_inner_texts():
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in text), text


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_desk_fits_a_phone(open_page: OpenPage, dark: bool) -> None:
    page = open_page(width=360, dark=dark)
    page.locator("#operator").click()
    ask(page, QUESTION)
    page.locator("#tray .filter-toggle").click()
    page.get_by_text("为什么是这些条款").click()
    page.get_by_role("button", name="有问题").click()
    assert overflow(page) <= 0

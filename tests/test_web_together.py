"""Many browsers at once, and a server that is stopped and started again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from documents.library import find_original
from qa.log import Log, log_path
from tests.browsing import OpenPage, ask, serve, visit
from tests.web_keeping import Keeping, open_keeper

pytestmark = [
    pytest.mark.browser,
    # Gradio's queue sets an option that pandas has deprecated
    pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting'"),
]

PLAN = "jilin-nev-action-plan-2024"
RULES = "长春市充电设施管理办法\n\n第一条 充电设施建设应当符合规划。\n第二条 补助按年发放。\n"


@pytest.fixture
def keeping() -> Keeping:
    return Keeping()


@pytest.fixture
def address(home: Path, keeping: Keeping) -> Iterator[str]:
    offered = {"jobs": keeping.make_jobs(), "find_original": find_original}
    with serve(open_keeper, log=Log(log_path()), **offered) as address:
        yield address
        keeping.gate.set()


def test_ten_browsers_are_served_while_a_file_is_added(
    open_page: OpenPage, keeping: Keeping
) -> None:
    keeper = open_page()
    keeper.get_by_role("tab", name="文档").click()
    keeping.gate.clear()  # the addition does not end until it is let go on
    keeper.locator("#library input[type=file]").set_input_files(
        {"name": "rules.txt", "mimeType": "text/plain", "buffer": RULES.encode()}
    )
    expect(keeper.locator("#library")).to_contain_text("3/12")
    pages = [open_page() for _ in range(10)]
    for number, page in enumerate(pages):
        page.locator("#question textarea").fill(f"研发{number}")
    for page in pages:
        page.locator("#question textarea").press("Enter")
    for number, page in enumerate(pages):
        expect(page.locator(".turn .answer")).to_have_count(1)
        expect(page.locator(".question")).to_contain_text(f"研发{number}")
    expect(keeper.locator("#library")).to_contain_text("3/12")  # still on its way
    keeping.gate.set()
    expect(keeper.locator("#library")).to_contain_text("长春市充电设施管理办法")


def test_a_restart_keeps_library_corrections_feedback_and_log(
    home: Path, browser: Browser, chromium_path: str
) -> None:
    for again in (False, True):
        keeping = Keeping()
        offered = {"jobs": keeping.make_jobs(), "find_original": find_original}
        with (
            serve(open_keeper, log=Log(log_path()), **offered) as address,
            visit(browser, address) as open_page,
        ):
            page = open_page()
            if not again:
                page.get_by_role("tab", name="文档").click()
                page.locator("#library input[type=file]").set_input_files(
                    {"name": "rules.txt", "mimeType": "text/plain", "buffer": RULES.encode()}
                )
                expect(page.locator("#library")).to_contain_text("共 6 份文件")
                fixed = page.request.patch(
                    f"{address}/api/v1/documents/{PLAN}", data={"metadata": {"region": "长春市"}}
                )
                assert fixed.status == 202
                expect(page.locator("#library tbody")).to_contain_text("长春市", timeout=20_000)
                page.get_by_role("tab", name="问答").click()
                ask(page, "研发平台")
                page.get_by_role("button", name="有用", exact=True).click()
                expect(page.locator(".judgement-said")).to_have_text("已记录，谢谢。")
                continue
            expect(page.locator("#state")).to_have_text("6 份文件可查")
            page.goto(f"{address}/documents/{PLAN}")
            expect(page.locator(".facts")).to_contain_text("长春市")
            expect(page.locator(".facts")).to_contain_text("吉林省")  # what the source says
    ((call, feedback),) = Log(log_path()).judged()
    assert (call.question, feedback.verdict) == ("研发平台", "up")

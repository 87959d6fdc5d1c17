"""What the page's callbacks yield, without a browser: questions, searches, fragments."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from fastapi.testclient import TestClient

from index.types import Filters
from qa.errors import LogError
from qa.log import Log
from qa.types import Request, Response
from qa.web import page as web_page
from qa.web import startup as web_startup
from qa.web.access.visitors import DESK_COOKIE
from qa.web.application import create_web_app
from qa.web.asking.circumstances import keep_chosen, read_chosen, read_circumstances, write_chosen
from qa.web.asking.examples import find_examples
from qa.web.asking.streaming import stream_answer
from qa.web.asking.thread import Turn
from qa.web.page import Turns, ask, search
from qa.web.resources import Resources
from qa.web.startup import Assistant, NotReady, Startup
from qa.web.texts import CHINESE, ENGLISH, TEXTS, Texts
from tests.web_library import HOSTILE, PLAN, StubAssistant

T = TypeVar("T")

QUESTION = "充电站建设有什么支持？"


def begin(open_assistant: Callable[[], Assistant], log: Log | None = None) -> Resources:
    startup = Startup(open_assistant)
    startup.begin()
    startup.wait(10)
    return Resources(startup, log)


def put(
    resources: Resources, question: str, turns: Turns = (), texts: Texts = CHINESE, **chosen: str
) -> list[tuple[str, str, Turns]]:
    return collect(ask(resources, texts, question, turns, json.dumps(chosen), "desk"))


def collect(shown: AsyncIterator[T]) -> list[T]:
    async def read() -> list[T]:
        return [item async for item in shown]

    return asyncio.run(read())


def look(resources: Resources, terms: str, texts: Texts = CHINESE, chosen: str = "") -> list[str]:
    return collect(search(resources, texts, terms, "relevance", chosen))


def fail_to_open() -> Assistant:
    raise RuntimeError("模型不在\nthe model is missing")


# ---- questions -----------------------------------------------------------------------------------


def test_a_question_is_shown_at_once_and_then_answered() -> None:
    first, *_, last = put(begin(StubAssistant), f" {QUESTION} ")
    assert QUESTION in first[0] and "正在检索" in first[0] and first[1] == ""
    assert "有依据" in last[0]
    assert last[2] == (Turn(QUESTION, last[2][0].html, True),)


def test_earlier_questions_are_passed_on_but_not_failed_ones() -> None:
    assistant = StubAssistant()
    resources = begin(lambda: assistant)
    turns: Turns = ()
    for question in ("充电站", "故障", "那吉林呢？"):
        *_, (_, _, turns) = put(resources, question, turns)
    assert assistant.asked[-1].history == ("充电站",)
    assert "secret" not in turns[1].html and "处理时出错" in turns[1].html


def test_a_long_day_does_not_grow_the_page() -> None:
    resources = begin(StubAssistant)
    turns: Turns = ()
    for number in range(web_page.TURNS_KEPT + 5):
        *_, (_, _, turns) = put(resources, f"充电站{number}", turns)
    assert len(turns) == web_page.TURNS_KEPT


def test_nothing_is_asked_for_an_empty_box() -> None:
    resources = begin(StubAssistant)
    assert [turns for _, _, turns in put(resources, " \n")] == [()]
    assert "只列条款" in look(resources, " ")[0]


def test_what_fails_is_explained_in_the_readers_language() -> None:
    startup = Startup(fail_to_open)
    startup.begin()
    with pytest.raises(NotReady):
        startup.wait()
    assert "模型不在" in put(Resources(startup), "问")[-1][0]
    assert "the model is missing" in look(Resources(startup), "问", ENGLISH)[-1]


def test_loading_is_said_while_a_question_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_startup, "WAIT_SECONDS", 0.01)
    startup = Startup(StubAssistant)  # never begun
    shown = [html for html, _, _ in put(Resources(startup), "q", texts=ENGLISH)]
    assert "Loading the model" in shown[0] and "still loading" in shown[1]


# ---- filters -------------------------------------------------------------------------------------


def test_what_is_chosen_reaches_question_and_search() -> None:
    assistant = StubAssistant()
    resources = begin(lambda: assistant)
    shown = put(resources, QUESTION, region="长春市", status="in_force", as_of="2025-01-02")[-1][0]
    asked = assistant.asked[-1]
    assert asked.filters == Filters(region="长春市", status="in_force")
    assert asked.as_of == date(2025, 1, 2)
    assert "筛选：长春市、现行有效、效力截至 2025-01-02" in shown


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"region": "亚特兰蒂斯"}, "没有地区「亚特兰蒂斯」"),
        ({"as_of": "昨天"}, "日期"),
        ({"regoin": "吉林省"}, "未知的筛选条件：regoin"),
        ({"authority": "省" * 301}, "筛选条件 authority 过长"),
    ],
)
def test_a_wrong_filter_is_told_and_widens_nothing(chosen: dict[str, str], said: str) -> None:
    assistant = StubAssistant()
    resources = begin(lambda: assistant)
    assert said in put(resources, QUESTION, **chosen)[-1][0]
    found = look(resources, "充电", chosen=json.dumps(chosen))
    assert said in found[-1] and "result" not in found[-1]
    assert assistant.asked == []


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "null", '{"region": 3}', "[" * 9999])
def test_what_the_page_cannot_have_sent_counts_as_nothing(text: str) -> None:
    assert read_chosen(text) == {}


def test_only_circumstances_are_kept_and_they_come_back_as_they_were() -> None:
    kept = keep_chosen({"region": " 长春市 ", "kind": "", "q": 3, "from": "2024-01-01"})
    assert kept == {"region": "长春市", "from": "2024-01-01"}
    assert write_chosen(*read_circumstances(kept)) == kept


# ---- what a language model writes ----------------------------------------------------------------


@dataclass
class Writer(StubAssistant):
    """Says the answer in two sentences before it is there."""

    def ask(
        self,
        request: Request,
        *,
        on_text: Callable[[str], None] | None = None,
        composing: bool = True,
    ) -> Response:
        if on_text:
            on_text("第一句。")
            on_text(f"第二句{HOSTILE}。")
        return super().ask(request)


def test_sentences_are_shown_as_they_come() -> None:
    shown = [html for html, _, _ in put(begin(Writer), QUESTION)]
    assert ["第一句" in html for html in shown] == [False, True, True, False]
    assert "第二句&lt;img" in shown[2]


def test_a_reader_who_leaves_stops_the_writing() -> None:
    said: list[str] = []

    gone, ended = threading.Event(), threading.Event()

    def write(say: Callable[[str], None]) -> str:
        say("第一句。")
        assert gone.wait(20)
        say("第二句。")
        said.append("第二句。")
        return ""

    async def read_one() -> tuple[str, bool]:
        async with aclosing(stream_answer(write, ended.set)) as stream:
            return await anext(stream)

    assert asyncio.run(read_one()) == ("第一句。", False)
    gone.set()
    assert ended.wait(20) and said == []


# ---- the log -------------------------------------------------------------------------------------


def test_answers_are_recorded_and_can_be_judged(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.sqlite3")
    shown = put(begin(StubAssistant, log), QUESTION, region="吉林省")[-1][0]
    (call,) = log.recent("desk")
    assert (call.question, call.outcome) == (QUESTION, "answered")
    assert call.filters == Filters(region="吉林省")
    assert f'data-ask="{call.key}"' in shown


def test_a_log_that_fails_loses_no_answer(tmp_path: Path) -> None:
    class Broken(Log):
        def record(self, *_: Any, **__: Any) -> str:
            raise LogError("坏了", "broken")

    shown = put(begin(StubAssistant, Broken(tmp_path / "x")), QUESTION)[-1][0]
    assert "有依据" in shown and "judgement" not in shown


# ---- fragments -----------------------------------------------------------------------------------


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    app = create_web_app(StubAssistant, log=Log(tmp_path / "log.sqlite3"))
    with TestClient(app) as client:
        while client.get("/healthz").json()["status"] == "loading":
            pass
        yield client


def test_filters_are_offered_with_counts(client: TestClient) -> None:
    html = client.get("/filters?place=search&status=in_force").text
    assert '<option value="吉林省" label="1">' in html
    assert '<option value="in_force" selected>现行有效 (1)</option>' in html
    assert '<option value="unknown">效力待核 (1)</option>' in html
    assert 'id="search-region"' in html and 'data-remove="status"' in html
    assert "In force (1)" in client.get("/en/filters?place=ask").text


def test_a_wrong_or_hostile_filter_is_told_in_the_form(client: TestClient) -> None:
    html = client.get("/filters", params={"region": HOSTILE, "place": '"><b>'}).text
    assert "没有地区" in html and 'role="alert"' in html
    assert "<img" not in html and "<b>" not in html


def test_examples_are_those_that_are_answered(client: TestClient) -> None:
    html = client.get("/examples").text
    assert QUESTION in html and "首台套" not in html  # the stub answers on charging only


def test_examples_are_tried_once_while_others_are_told_to_come_again() -> None:
    began, may_end = threading.Event(), threading.Event()

    class Slow(StubAssistant):
        def ask(
            self,
            request: Request,
            *,
            on_text: Callable[[str], None] | None = None,
            composing: bool = True,
        ) -> Response:
            began.set()
            assert may_end.wait(60)
            return super().ask(request)

    with TestClient(create_web_app(Slow)) as client, ThreadPoolExecutor(1) as threads:
        assert client.get("/library").status_code == 200  # it is there
        first = threads.submit(client.get, "/examples")
        assert began.wait(60)
        try:
            assert client.get("/examples").status_code == 202
        finally:
            may_end.set()
        assert QUESTION in first.result(60).text == client.get("/examples").text


def test_examples_are_tried_without_a_language_model() -> None:
    composed = []

    class Watched(StubAssistant):
        def ask(
            self,
            request: Request,
            *,
            on_text: Callable[[str], None] | None = None,
            composing: bool = True,
        ) -> Response:
            composed.append(composing)
            return super().ask(request)

    assert find_examples(Watched(), TEXTS["zh"])
    assert set(composed) == {False}


@pytest.mark.parametrize("language", TEXTS)
def test_every_example_is_answered_from_another_clause(language: Any) -> None:
    assistant = StubAssistant()
    found = find_examples(assistant, TEXTS[language])
    answers = [assistant.ask(Request(question)) for question in found]
    assert all(answer.outcome == "answered" for answer in answers)
    firsts = [(a.citations[0].document, a.citations[0].clause) for a in answers]
    assert found and len(set(firsts)) == len(firsts)


def test_the_last_questions_are_those_of_the_own_browser(client: TestClient) -> None:
    client.get("/", headers={"accept-language": "zh-CN"})
    desk = client.cookies[DESK_COOKIE]
    assert len(desk) > 16
    assert client.get("/calls").text == ""
    client.post("/api/v1/ask", json={"question": QUESTION})
    client.post(
        "/api/v1/ask", json={"question": f"海水养殖{HOSTILE}", "filters": {"region": "吉林省"}}
    )
    html = client.get("/calls").text
    assert html.index("海水养殖") < html.index(QUESTION)
    assert "outcome-no_basis" in html and "<img" not in html and "吉林省" in html
    other = TestClient(client.app, cookies={DESK_COOKIE: "another"})
    assert other.get("/calls").text == ""


def test_fragments_wait_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    client = TestClient(create_web_app(StubAssistant))  # never begun
    assert [client.get(path).status_code for path in ("/filters", "/examples")] == [204, 204]


def test_the_stub_is_what_it_is_taken_for() -> None:
    index = StubAssistant().index
    assert PLAN in index.documents and index.built == datetime(2026, 1, 2, 3, 4, tzinfo=UTC)

"""Is a document in force, since when, until when, and what replaced it."""

from __future__ import annotations

import calendar
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.parsing import parse_text
from index.hybrid import HybridIndex
from qa.drafts import Draft
from qa.forms.validity import Asked, Statements, draft, find_later, find_statements, read
from tests.conftest import FakeEncoder
from tests.forms_library import TEXTS, ask, build, said

DAY = date(2026, 3, 1)


def answer(text: str, day: date = DAY) -> Draft:
    found = ask(draft, text, day=day)
    assert found is not None
    return found


# --- the question


@pytest.mark.parametrize(
    ("text", "aspects", "rest"),
    [
        ("那个办法还有效吗", {"force"}, "那个办法□"),
        ("那个办法过期了没", {"force"}, "那个办法□"),
        ("那个办法是否已经废止", {"force"}, "那个办法□"),
        ("那个办法作废没有", {"force"}, "那个办法□"),
        ("那个办法管几年", {"end"}, "那个办法□"),
        ("那个办法到哪年就不管用了", {"end"}, "那个办法□"),
        ("那个办法的有效期是多久", {"end"}, "那个办法的□"),
        ("那个办法什么时候失效", {"end"}, "那个办法□"),
        ("那个办法什么时候施行的", {"start"}, "那个办法□"),
        ("那个办法何时生效", {"start"}, "那个办法□"),
        ("那个办法什么时候印发的", {"issue"}, "那个办法□"),
        ("那个办法被什么文件替代了", {"repeal"}, "那个办法□"),
        ("还有效吗，那个办法", {"force"}, "□，那个办法"),
        ("is the plan still in force", {"force"}, None),
        ("when does the plan expire", {"end"}, None),
        ("when did the plan take effect", {"start"}, None),
        ("what replaced the plan", {"repeal"}, None),
    ],
)
def test_a_question_asks_for_an_aspect(text: str, aspects: set[str], rest: str | None) -> None:
    asked = read(text, DAY)
    assert asked is not None
    assert asked.aspects == aspects
    assert rest is None or asked.rest == rest


@pytest.mark.parametrize(
    "text",
    [
        "那个实施办法",
        "关于执行国家标准的意见",
        "补贴申请什么时候截止",
        "合同有效吗",
        "办法中的有效期",
        "a plan",
    ],
)
def test_other_questions_ask_for_none(text: str) -> None:
    assert read(text, DAY) is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("办法到2026年底还有效吗", date(2026, 12, 31)),
        ("办法2027年6月还有效吗", date(2027, 6, 30)),
        ("办法在2027年6月5日是否有效", date(2027, 6, 5)),
        ("办法2028年初还有效吗", date(2028, 1, 1)),
        ("明年底办法还管用吗", date(2027, 12, 31)),
        ("办法后年还有效吗", date(2028, 12, 31)),
        ("办法到2026年上半年还有效吗", date(2026, 6, 30)),
        ("2019年的办法还有效吗", None),
        ("2024年印发的办法还有效吗", None),
        ("明年印发的办法还有效吗", None),
        ("is the plan in force at the end of 2026", date(2026, 12, 31)),
        ("will the plan be in force in 2027", date(2027, 12, 31)),
        ("is the plan in force at the start of 2027", date(2027, 1, 1)),
        ("is the plan valid next year", date(2027, 12, 31)),
        ("is the 2024 plan in force", None),
        ("is the plan issued in 2024 in force", None),
    ],
)
def test_a_question_may_say_the_day(text: str, day: date | None) -> None:
    asked = read(text, DAY)
    assert asked is not None and asked.day == day
    if day is None and "明" not in text:
        assert "20" in asked.rest


@given(st.integers(2020, 2060), st.integers(1, 12))
def test_a_month_is_its_last_day(year: int, month: int) -> None:
    asked = read(f"办法{year}年{month}月还有效吗", DAY)
    last = calendar.monthrange(year, month)[1]
    assert asked == Asked(frozenset({"force"}), date(year, month, last), "办法□□")


@given(st.text("办法还有效吗什么时候到期2027年13月底的，废止 \n", max_size=25), st.dates())
def test_nothing_makes_it_fail(text: str, day: date) -> None:
    asked = read(text, day)
    assert asked is None or asked.aspects


# --- documents


def statements(text: str) -> list[str | None]:
    document = parse_text(text, "d")
    found: Statements = find_statements(document)
    return [document.clean[slice(*span)] if span else None for span in (found.start, found.end)]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("一、支持\n本方案自印发之日起施行，有效期3年。\n", 0, 0),
        (
            "第一条 甲。\n第二条 本办法自2020年1月1日起施行。有效期至2022年1月1日。\n",
            "第二条",
            "有效期至",
        ),
        ("第一条 证书自发证之日起生效，有效期3年。\n第二条 乙。\n", None, None),
        ("第一条 本办法所称有效期，是指合同的期限。\n", None, None),
        ("第一条 甲。\n第二条 自2020年1月1日起施行。\n", "第二条", None),
        ("一、甲\n本通知自发布之日起执行，至2025年12月31日止。\n", 0, 0),
    ],
)
def test_only_what_a_document_says_of_itself_counts(
    text: str, start: str | int | None, end: str | int | None
) -> None:
    found = statements(text)
    for sentence, expected in zip(found, (start, end), strict=True):
        if expected is None:
            assert sentence is None
        else:
            assert sentence is not None
            assert sentence.startswith(expected if isinstance(expected, str) else "本")


# --- the answer


def test_a_document_in_force_with_its_sentence() -> None:
    found = answer("湖政办发〔2024〕18号还有效吗")
    assert (found.form, found.outcome, found.reason) == ("validity", "answered", None)
    assert [p.quote for p in found.passages] == [
        "第六条 本办法自2024年7月15日起施行，有效期至2027年7月14日。"
    ]
    assert "2026-03-01" in said(found) and "有效期至 2027-07-14" in said(found)
    assert "有效期已过" not in said(found)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "湖政办发〔2024〕18号到2027年底还有效吗",
            "2027-12-31，《湖州市老年助餐服务管理办法》（湖政办发〔2024〕18号）有效期已过",
        ),
        ("湖政办发〔2024〕18号到2027年6月还有效吗", "90 天内到期"),
        ("湖政办发〔2024〕18号2024年6月还有效吗", "尚未施行"),
        ("青岛公租房规定还管用吗", "有效期已过"),
        ("青島公租房規定還管用嗎", "有效期已過"),
        ("Is 青政发〔2019〕3号 still in force?", "has expired"),
        ("Are Qingdao's 2019 housing rules still in force?", "has expired"),
    ],
)
def test_the_status_is_that_of_the_day_asked_about(text: str, says: str) -> None:
    found = answer(text)
    assert found.outcome == "answered"
    assert says in said(found)


def test_a_document_outside_the_library_is_repealed_by_one_in_it() -> None:
    found = answer("湖政办发〔2020〕7号还有效吗")
    assert found.outcome == "answered"
    [passage] = found.passages
    assert passage.document.id == "meals" and passage.clause.path == "第六条"
    assert passage.quote == "《湖州市老年助餐服务补贴暂行办法》（湖政办发〔2020〕7号）同时废止。"
    assert "已废止" in said(found) and "自 2024-07-15 起" in said(found)
    before = answer("湖政办发〔2020〕7号还有效吗", date(2024, 7, 1))
    assert "尚未废止" in said(before)


def test_a_repealed_document_of_the_library_is_shown_with_its_repeal() -> None:
    old = "湖州市老年助餐服务补贴暂行办法\n湖政办发〔2020〕7号\n第一条 甲。\n第二条 本办法自2020年2月1日起施行。\n"
    documents = [parse_text(text, id) for id, text in TEXTS.items()] + [parse_text(old, "old")]
    index = HybridIndex.build(documents, FakeEncoder())
    found = ask(draft, "湖政办发〔2020〕7号被什么文件替代了", index=index)
    assert found is not None and found.outcome == "answered"
    assert [p.document.id for p in found.passages] == ["meals", "old"]
    assert "由《湖州市老年助餐服务管理办法》（湖政办发〔2024〕18号）废止" in said(found)


def test_what_is_not_stated_is_partial() -> None:
    silent = answer("山东设施蔬菜的意见还有效吗")
    assert (silent.outcome, silent.reason) == ("partial", "not_stated")
    assert silent.passages[0].quote == "为加快设施蔬菜发展，现提出如下实施意见。"
    assert "没有写明有效期" in said(silent)
    assert answer("湖政办发〔2024〕18号被什么文件替代了").outcome == "partial"


def test_the_day_of_issue_is_quoted() -> None:
    found = answer("国家公园游客设施的意见什么时候印发的")
    assert found.outcome == "answered"
    assert [p.quote for p in found.passages] == ["2025年9月1日"]


def test_two_documents_are_both_answered() -> None:
    found = answer("湖政办发〔2024〕18号和青政发〔2019〕3号还有效吗")
    assert {p.document.id for p in found.passages} == {"meals", "rent"}


def test_a_later_text_of_the_title_is_told() -> None:
    later = TEXTS["rent"].replace("2019", "2025")
    documents = [parse_text(TEXTS["rent"], "old"), parse_text(later, "new")]
    old, new = documents
    assert find_later(old, documents, DAY) == new
    assert find_later(old, documents, date(2025, 1, 1)) is None
    assert find_later(new, documents, DAY) is None
    index = HybridIndex.build(documents, FakeEncoder())
    found = ask(draft, "青岛市公共租赁住房管理规定还有效吗", index=index)
    assert found is not None and "同名的较新文本，自 2025-03-01 起施行" in said(found)


def test_the_index_is_not_asked_for_other_questions() -> None:
    assert ask(draft, "助餐点每餐补多少") is None
    assert build().documents["meals"].metadata.repeals

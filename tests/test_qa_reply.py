"""What is read out: short, verbatim where it quotes, honest where there is nothing to quote."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.parsing import parse_text
from documents.types import Document, Metadata, Status
from qa.answering import Answer
from qa.drafts import Draft, Line, Reason
from qa.forms import matter
from qa.outcome import Verdict
from qa.passages import Passage, take
from qa.phrases import phrase
from qa.question import understand
from qa.reply import MAX_FIRST, MAX_REPLY, choose_stretch, compose_reply
from qa.types import Citation, Fact, Frame, Outcome

QUESTIONS: dict[Frame, str] = {
    "zh": "充电站建设有什么支持",
    "zh-Hant": "充電站建設有什麼支持",
    "en": "what support exists for charging stations",
}
# What stands before and behind the text in 原文：“…”.
MARKS = {frame: phrase("says", frame, text="\0").split("\0") for frame in get_args(Frame)}


def document(text: str, title: str = "某某方案", number: str | None = None) -> Document:
    parsed = parse_text(f"第一条 {text}\n", "d")
    return replace(parsed, metadata=Metadata(title=title, number=number))


def passage(text: str, **metadata: str | None) -> Passage:
    source = document(text, **metadata)  # type: ignore[arg-type]
    clause = source.clause("第一条")
    return take(source, clause.start, clause.start + len(clause.text.rstrip()))


def cited(item: Passage, label: str = "第一条", status: Status = "in_force") -> Citation:
    metadata = item.document.metadata
    return Citation(
        document="d",
        title=metadata.title or "d",
        number=metadata.number,
        clause="第一条",
        label=label,
        quote=item.quote,
        start=item.start,
        end=item.end,
        source_start=item.start,
        source_end=item.end,
        status=status,
        departments=(),
        score=1.0,
    )


def answered(item: Passage, frame: Frame = "zh", label: str | None = None) -> Answer:
    line = Line(phrase("answered", frame, n=1, why=""))
    draft = Draft("passages", "answered", (item,), (line, Line(passages=(0,), quote=True)))
    return Answer(understand(QUESTIONS[frame]), draft, label=label)


def refused(
    outcome: Outcome, reason: Reason, frame: Frame = "zh", label: str | None = None
) -> Answer:
    question = understand(QUESTIONS[frame])
    draft = matter.draft(question, Verdict(outcome, (), reason), (), {"d": document("支持。")})
    return Answer(question, draft, label=label)


def spoken(reply: str, frame: Frame) -> str:
    """Return what comes before the basis, or before the reminder where there is none."""
    reply = reply.removesuffix(phrase("prevails", frame))
    before = phrase("basis", frame, name="\0", more="", status="").split("\0")[0]
    return reply.split(before)[0]


# --- its bounds


def long(characters: str, size: int, least: int = 1) -> st.SearchStrategy[str]:
    """Return texts of ``characters``, as often long as short."""
    lengths = st.integers(least, size)
    repeated = lengths.map(lambda length: (characters * size)[:length])
    return repeated | st.text(characters, min_size=least, max_size=size)


LONG = long("支持充电站建设方案ab ”“。，；\n", 400, least=0)


@given(
    st.lists(LONG, min_size=1, max_size=4),
    long("关于方案《》（）x", 300),
    st.none() | long("吉政办发〔2024〕号", 60),
    long("第条款一（）", 80),
    st.sampled_from(get_args(Status)),
    st.sampled_from(get_args(Frame)),
    st.none() | st.sampled_from(["吉林", "新疆维吾尔自治区", "Xinjiang Uygur Autonomous Region"]),
)
def test_it_is_short_and_ends_with_the_original_and_quotes_verbatim(
    texts: list[str],
    title: str,
    number: str | None,
    label: str,
    status: Status,
    frame: Frame,
    side: str | None,
) -> None:
    items = [passage(f"充电站{text}", title=title, number=number) for text in texts]
    answers = [answered(item, frame, side) for item in items]
    reply = compose_reply(answers, [cited(item, label, status) for item in items])
    check(reply, frame)
    first = compose_reply(answers[:1], [cited(items[0], label, status)])
    check(first, frame)
    said = spoken(first, frame)
    assert 0 < len(said.rstrip()) <= MAX_FIRST
    before, behind = MARKS[frame]
    quoted = (
        said.removeprefix(f"{side}：" if side else "").removeprefix(before).removesuffix(behind)
    )
    quote = " ".join(items[0].quote.split())
    assert quoted in quote or (quoted.endswith("…") and quoted[:-1] in quote)
    assert len(quoted) >= 5  # enough to be heard, however long the title


def check(reply: str, frame: Frame) -> None:
    assert len(reply) <= MAX_REPLY
    assert reply.endswith(phrase("prevails", frame))


@pytest.mark.parametrize("frame", get_args(Frame))
@pytest.mark.parametrize("status", get_args(Status))
def test_the_basis_names_the_best_citation_and_whether_it_is_in_force(
    status: Status, frame: Frame
) -> None:
    item = passage("支持充电站建设。", number="某政发〔2024〕1号")
    citation = cited(item, status=status)
    name = "《某某方案》（某政发〔2024〕1号）第一条"
    told = phrase(f"status_{status}", frame)
    one = phrase("basis", frame, name=name, more="", status=told)
    assert compose_reply([answered(item, frame)], [citation]) == (
        phrase("says", frame, text="第一条 支持充电站建设。") + one + phrase("prevails", frame)
    )
    more = phrase("basis", frame, name=name, more=phrase("more", frame, n=3), status=told)
    assert more in compose_reply([answered(item, frame)], [citation] * 3)


def test_of_a_long_title_a_part_is_said_and_the_clause_whole() -> None:
    item = passage("支持充电站建设。", title="关于" + "支持充电站建设的" * 30 + "通知")
    for frame in get_args(Frame):
        reply = compose_reply([answered(item, frame)], [cited(item, "一、（二）13.")] * 8)
        check(reply, frame)
        assert "《关于支持充电站建设的" in reply and "…一、（二）13." in reply


# --- what is said


def stretch(text: str, limit: int, question: str = QUESTIONS["zh"], **values: str) -> str:
    item = passage(text)
    if "highlight" in values:
        start = item.document.clean.index(values["highlight"])
        end = start + len(values["highlight"])
        item = replace(item, figure=Fact("figure", values["highlight"], start, end))
    return choose_stretch(understand(question), item, limit)


FILLER = "统筹做好各项有关工作，"


def test_the_stretch_holds_the_words_of_the_question() -> None:
    text = FILLER * 8 + "支持充电站建设，" + FILLER * 8
    assert "支持充电站建设，" in stretch(text, 40)
    assert len(stretch(text, 40)) <= 40


def test_the_stretch_holds_the_figure_that_was_asked_for() -> None:
    text = "支持充电站建设，" + FILLER * 8 + "给予100万元，" + FILLER * 3
    assert "100万元" not in stretch(text, 40)
    assert "100万元" in stretch(text, 40, highlight="100万元")


def test_a_short_quote_is_said_whole() -> None:
    assert stretch("支持充电站。鼓励建设；", 60) == "第一条 支持充电站。鼓励建设；"


def test_a_segment_longer_than_the_limit_is_cut_with_a_mark() -> None:
    said = stretch("充电站" * 40, 30)
    assert said.endswith("…") and len(said) == 30 and said[:-1] in "第一条 " + "充电站" * 40


@given(LONG, st.integers(5, 120))
def test_a_stretch_is_a_run_of_whole_segments_or_cut(text: str, limit: int) -> None:
    item = passage(f"充电站{text}")
    said = choose_stretch(understand(QUESTIONS["zh"]), item, limit)
    assert 0 < len(said) <= limit
    quote = " ".join(item.quote.split())
    if said.endswith("…"):
        assert said[:-1] in quote
    else:
        start = quote.index(said)
        end = start + len(said)
        assert not start or re.search(r"[，；。！？,;\s”“ ]$", quote[:start])
        assert (
            end == len(quote)
            or re.search(r"[，；。！？,;\n”“]$", said)
            or quote[end] in " ”“，。；"
        )


# --- honesty


@pytest.mark.parametrize("frame", get_args(Frame))
@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        ("no_basis", "matter"),
        ("no_basis", "year"),
        ("no_basis", "filters"),
        ("no_basis", "named"),
    ],
)
def test_no_basis_is_said_and_nothing_is_quoted(
    outcome: Outcome, reason: Reason, frame: Frame
) -> None:
    reply = compose_reply([refused(outcome, reason, frame)], [])
    said = phrase("no_basis", frame, why=phrase(reason, frame))
    assert said.startswith(spoken(reply, frame).rstrip().removesuffix("…"))
    assert "“" not in reply
    if frame == "en":
        assert reply.removesuffix(phrase("prevails", frame)).endswith(" ")
    check(reply, frame)


@pytest.mark.parametrize("frame", get_args(Frame))
def test_partial_is_said_and_names_where_to_look(frame: Frame) -> None:
    item = passage("支持充电站建设。")
    question = understand("充电站补贴多少" if frame != "en" else QUESTIONS["en"])
    why = phrase("source_lost", frame)
    lines = (Line(phrase("partial", frame, n=1, why=why)),)
    answer = Answer(replace(question, frame=frame), Draft("figure", "partial", (item,), lines))
    reply = compose_reply([answer], [cited(item)])
    assert lines[0].text.startswith(spoken(reply, frame).rstrip().removesuffix("…"))
    assert "《某某方案》第一条" in reply and "“" not in reply
    check(reply, frame)


def parts(*answers: Answer, citations: Sequence[Citation] = ()) -> str:
    reply = compose_reply(answers, citations)
    check(reply, "zh")
    return reply


def test_sides_are_named_and_a_silent_one_is_told() -> None:
    item = passage("支持充电站建设。")
    reply = parts(
        answered(item, label="吉林"),
        refused("no_basis", "place", label="深圳"),
        citations=[cited(item)],
    )
    assert reply.startswith("吉林：原文：“第一条 支持充电站建设。”深圳：未检索到依据")


def test_more_parts_than_there_is_room_for_are_left_to_the_answer() -> None:
    item = passage("支持充电站建设，" + FILLER * 20)
    reply = parts(*[answered(item, label="吉林")] * 4, citations=[cited(item)] * 4)
    assert 1 <= reply.count("吉林：") < 4

"""What was said of answers, as questions that the evaluation reads."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation import __main__ as evaluation
from evaluation.datasets import read_questions
from evaluation.questions import read_over
from index import stores
from index.filters import write_filters
from index.stores import build_store
from index.types import ClauseId, Filters
from qa.assistant import PolicyAssistant
from qa.feedback import (
    Export,
    Lesson,
    explain_left_out,
    export,
    format_summary,
    learn,
    summarize,
    write_records,
)
from qa.log import Call, Feedback, Log
from qa.types import Outcome, Request
from tests.asks import DAY, asked
from tests.conftest import FakeEncoder

A, B, C = ("a", "一"), ("b", "二"), ("c", "第三条")


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "qa.sqlite3")


def judge(log: Log, feedback: dict[str, Any], *, desk: str = "d", **circumstances: Any) -> None:
    """Ask and judge the answer at once."""
    key = log.record(*asked(**circumstances), desk=desk)
    log.judge(Feedback(key, **feedback), desk=desk)


def exported(log: Log) -> Export:
    return export(log.judged())


UP = {"verdict": "up"}
WRONG = {"verdict": "down", "reason": "wrong_clause", "clause": C}
REFUSE = {"verdict": "down", "reason": "should_refuse"}
BAD = {"verdict": "down", "reason": "incomplete"}


# --- what a judgement teaches


@pytest.mark.parametrize(
    ("outcome", "cited", "feedback", "lesson"),
    [
        ("answered", [A, B, C], UP, Lesson("answered", ((A, 2), (B, 1), (C, 1)))),
        ("partial", [A, B], UP, Lesson("partial", ((A, 2), (B, 1)))),
        ("answered", [A, A, B, A], UP, Lesson("answered", ((A, 2), (B, 1)))),
        ("answered", [], UP, Lesson("answered", ())),
        ("answered", [A, B], {**UP, "clause": B}, Lesson("answered", ((B, 2), (A, 2)))),
        ("no_basis", [], UP, Lesson("no_basis", ())),
        ("answered", [A], REFUSE, Lesson("no_basis", ())),
        ("answered", [A], {**REFUSE, "clause": A}, Lesson("no_basis", ())),
        ("answered", [A], WRONG, Lesson("answered", ((C, 2),))),
        ("no_basis", [], WRONG, Lesson("answered", ((C, 2),))),
        ("partial", [A], {**WRONG, "reason": "outdated"}, Lesson("answered", ((C, 2),))),
        ("answered", [A], {"verdict": "down", "clause": C}, Lesson("answered", ((C, 2),))),
        ("answered", [A, B], {**BAD, "clause": C}, Lesson("answered", ((C, 2), (A, 1), (B, 1)))),
        ("answered", [A, B], {**BAD, "clause": B}, Lesson("answered", ((B, 2), (A, 1)))),
        ("answered", [A], BAD, None),
        ("answered", [A], {"verdict": "down"}, None),
        ("answered", [A], {"verdict": "down", "reason": "outdated"}, None),
    ],
)
def test_lessons(
    outcome: Outcome,
    cited: list[ClauseId],
    feedback: dict[str, Any],
    lesson: Lesson | None,
    log: Log,
) -> None:
    judge(log, feedback, outcome=outcome, cited=cited)
    [(call, kept)] = log.judged()
    assert learn(call, kept) == lesson


# --- records


def test_record_is_what_a_file_of_questions_holds(log: Log) -> None:
    judge(log, UP, question="那吉林呢？", history=["安徽充电站", " "], cited=[A, B])
    [record] = exported(log).records
    assert record.pop("id").startswith("feedback-")
    assert record == {
        "question": "那吉林呢？",
        "history": ["安徽充电站"],
        "language": "zh",
        "outcome": "answered",
        "gold": [
            {"document": "a", "clause": "一", "grade": 2},
            {"document": "b", "clause": "二", "grade": 1},
        ],
        "as_of": DAY.isoformat(),
    }


def test_ids_stay_over_indexes_and_days_and_differ_between_questions(log: Log) -> None:
    judge(log, UP)
    [before] = exported(log).records
    judge(log, UP, index="index-2", cited=[C])
    [after] = exported(log).records
    assert after["id"] == before["id"] and after["gold"] != before["gold"]
    judge(log, UP, history=["别的"])
    judge(log, UP, as_of=date(2025, 1, 1))
    judge(log, UP, as_of=DAY)
    ids = [record["id"] for record in exported(log).records]
    assert len(set(ids)) == 4 and ids == sorted(ids)


def test_a_desk_that_thinks_again_is_believed(log: Log) -> None:
    judge(log, UP)
    judge(log, WRONG)
    [record] = exported(log).records
    assert [gold["clause"] for gold in record["gold"]] == ["第三条"]
    # Nor does it contradict itself with another day's answer over the same index.
    request, response = asked()
    key = log.record(request, replace(response, as_of=date(2026, 1, 3)), desk="d")
    log.judge(Feedback(key, "down", "should_refuse"), desk="d")
    [record] = exported(log).records
    assert (record["outcome"], record["as_of"]) == ("no_basis", "2026-01-03")
    # A last word that teaches nothing takes back what the desk said before.
    log.judge(Feedback(key, "down"), desk="d")
    assert exported(log) == Export((), contradicted=0, unlearnable=1)


@pytest.mark.parametrize(
    ("first", "second", "contradict"),
    [
        (UP, UP, False),
        (UP, WRONG, True),
        (BAD, UP, True),
        (WRONG, REFUSE, True),
        (WRONG, {**WRONG, "clause": B}, True),
        (WRONG, {**WRONG, "reason": "incomplete"}, False),
        (WRONG, BAD, False),
        (BAD, WRONG, False),
    ],
)
def test_desks_that_contradict_each_other_teach_nothing(
    first: dict[str, Any], second: dict[str, Any], contradict: bool, log: Log
) -> None:
    judge(log, first, desk="d")
    judge(log, second, desk="e")
    found = exported(log)
    assert (len(found.records), found.contradicted) == ((0, 1) if contradict else (1, 0))


def test_what_was_said_of_another_library_does_not_contradict(log: Log) -> None:
    judge(log, REFUSE, desk="d", index="index-1")
    judge(log, UP, desk="e", index="index-2")
    [record] = exported(log).records
    assert record["outcome"] == "answered"


def test_filters_are_exported_and_make_other_questions(log: Log) -> None:
    region = Filters(region="吉林省", since=date(2024, 1, 1))
    judge(log, UP, filters=region)
    # What is right here may be wrong there.
    judge(log, WRONG, filters=Filters(region="安徽省"), desk="e")
    judge(log, REFUSE, desk="f")
    found = exported(log)
    assert (len({record["id"] for record in found.records}), found.contradicted) == (3, 0)
    kept = {r["gold"][0]["document"] if r["gold"] else None: r for r in found.records}
    assert kept["a"]["filters"] == {"region": "吉林省", "from": "2024-01-01"}
    assert kept["c"]["filters"] == {"region": "安徽省"}
    assert "filters" not in kept[None]


def test_what_no_file_of_questions_can_say_is_not_exported(log: Log) -> None:
    judge(log, UP, filters=Filters(documents=frozenset({"a"})))
    assert exported(log) == Export((), contradicted=0, unlearnable=0)


def test_left_out_is_told_in_both_languages() -> None:
    assert explain_left_out(Export((), 0, 0)) == ""
    lines = explain_left_out(Export((), 3, 2)).split("\n")
    assert len(lines) == 4 and "3" in lines[0] and "3" in lines[1] and "2" in lines[3]


def test_summary_counts(log: Log) -> None:
    judge(log, UP)
    judge(log, WRONG, question="充电桩")
    judge(log, {"verdict": "down"}, question="天气", cited=[])
    judged = list(log.judged())
    summary = summarize(log.count_outcomes(), judged, export(judged))
    assert summary == {
        "calls": 3,
        "outcomes": {"answered": 2, "partial": 0, "no_basis": 1},
        "up": 1,
        "down": 2,
        "reasons": {
            "wrong_clause": 1,
            "incomplete": 0,
            "outdated": 0,
            "should_refuse": 0,
            "none": 1,
        },
        "export": {
            "questions": 2,
            "left_out": {"contradicted": 0, "unlearnable": 1},
        },
    }
    text = format_summary(summary)
    assert "提问 calls: 3" in text and "wrong clause: 1" in text


# --- the file

TEXTS = st.text(min_size=1, max_size=12)
CLAUSES = st.tuples(*[TEXTS.filter(str.strip)] * 2)
QUESTIONS = st.sampled_from(["充电站？", "回收\u2028\x85?", '"a"\n\ufeff', "𠮷a"]) | TEXTS


FILTERS = st.just(Filters()) | st.builds(
    Filters,
    region=st.sampled_from([None, "吉林省"]),
    kind=st.none() | TEXTS,
    since=st.none() | st.dates(),
)


@st.composite
def judgements(draw: st.DrawFn) -> tuple[Call, Feedback]:
    outcome: Outcome = draw(st.sampled_from(["answered", "partial", "no_basis"]))
    request = Request(
        draw(QUESTIONS),
        history=tuple(draw(st.lists(TEXTS | st.just(" "), max_size=2))),
        filters=draw(FILTERS),
        as_of=draw(st.none() | st.dates()),
    )
    verdict = draw(st.sampled_from(["up", "down"]))
    reasons = [None, "wrong_clause", "incomplete", "outdated", "should_refuse"]
    reason = draw(st.sampled_from(reasons)) if verdict == "down" else None
    clause = draw(st.none() | CLAUSES)
    cited = () if outcome == "no_basis" else tuple(draw(st.lists(CLAUSES, max_size=3)))
    index = draw(st.sampled_from(["i", "j"]))
    call = _call(request, outcome, cited, index)
    return call, Feedback("k", verdict, reason, None, clause, draw(st.sampled_from("de")))


def _call(request: Request, outcome: Outcome, cited: tuple[ClauseId, ...], index: str) -> Call:
    return Call(
        key="k",
        at=datetime(2026, 1, 2, tzinfo=UTC),
        question=request.question,
        outcome=outcome,
        filters=request.filters,
        history=request.history,
        as_of=request.as_of,
        answered_for=request.as_of or DAY,
        language="zh",
        understood_as=None,
        cited=cited,
        results=(),
        index=index,
        reply="",
        milliseconds=None,
        desk="d",
    )


@given(st.lists(judgements(), min_size=1, max_size=6))
def test_exported_file_is_always_readable_with_the_same_content(
    judged: list[tuple[Call, Feedback]],
) -> None:
    found = export(judged)
    records = found.records
    assert len(records) + found.contradicted + found.unlearnable == len(
        {(c.question, tuple(filter(str.strip, c.history)), c.filters, c.as_of) for c, _ in judged}
    )
    assert len({record["id"] for record in records}) == len(records)
    if not records:
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "feedback.jsonl"
        file.write_bytes(write_records(records))
        questions = read_questions(file)
    for question, record in zip(questions, records, strict=True):
        assert question.id == record["id"] and question.question == record["question"]
        assert list(question.history) == record.get("history", [])
        assert write_filters(question.filters) == record.get("filters", {})
        assert (question.language, question.outcome) == (record["language"], record["outcome"])
        assert question.as_of is not None and question.as_of.isoformat() == record["as_of"]
        gold = [
            {"document": g.document, "clause": g.clause, "grade": g.grade} for g in question.gold
        ]
        assert gold == record["gold"]


def test_half_a_character_is_written_as_an_escape() -> None:
    data = write_records([{"question": "\ud800充\u2028"}])
    assert json.loads(data)["question"] == "\ud800充\u2028" and data.count(b"\n") == 1


TEXT = "吉林省某某意见\n一、支持公共充电站建设，给予一次性补助。\n二、建立电池回收体系。\n"


def test_evaluation_asks_what_was_exported(
    log: Log,
    tmp_path: Path,
    encoder: FakeEncoder,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(stores, "load_encoder", lambda model: encoder)
    document, store, file = tmp_path / "opinion.txt", tmp_path / "store", tmp_path / "f.jsonl"
    document.write_text(TEXT, encoding="utf-8")
    build_store(store, [document])
    assistant = PolicyAssistant(stores.open_index(store))
    here, elsewhere = Filters(region="长春市"), Filters(region="安徽省")
    for question, history, filters, feedback in (
        ("充电站建设有什么补助？", (), Filters(), Feedback("", "up")),
        ("充电站建设有什么补助？", (), elsewhere, Feedback("", "up")),
        ("充电站怎么补助？", (), here, Feedback("", "up")),
        (
            "那安徽呢？",
            ("充电站建设有什么补助？",),
            Filters(),
            Feedback("", "down", "should_refuse"),
        ),
        ("电池怎么办？", (), Filters(), Feedback("", "down", None, None, ("opinion", "二"))),
    ):
        request = Request(question, history=history, filters=filters, as_of=DAY)
        key = log.record(request, assistant.ask(request))
        log.judge(replace(feedback, ask=key))
    records = exported(log).records
    assert len(records) == 5
    file.write_bytes(write_records(records))

    code = evaluation.main(["answers", str(file), "--index", str(store), "--json"])
    report = json.loads(capsys.readouterr().out)
    assert code == 0 and report["failed"] == []
    items = {item["id"]: item for item in report["items"]}
    assert set(items) == {record["id"] for record in records}
    # The same question is asked as it was: of the whole library, and of a region without any document.
    [approved] = [
        r for r in records if r["question"].startswith("充电站建设") and "filters" not in r
    ]
    [refused] = [r for r in records if r.get("filters") == {"region": "安徽省"}]
    assert items[refused["id"]]["outcome"] == refused["outcome"] == "no_basis"
    [near] = [r for r in records if r.get("filters") == {"region": "长春市"}]
    assert items[near["id"]]["outcome"] == near["outcome"] == "answered"
    assert items[approved["id"]]["outcome"] == approved["outcome"] == "answered"
    assert items[approved["id"]]["first_citation"] == 1
    # What a query adapter learns from: the questions with gold, over the same index.
    benchmark = read_over(file, assistant.index.documents)
    assert {query.id for query in benchmark.queries} == {r["id"] for r in records if r["gold"]}
    assert benchmark.qrels[approved["id"]] == {"opinion::一": 2}

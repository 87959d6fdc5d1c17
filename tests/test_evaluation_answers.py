"""Scoring answers, with an assistant that says what it is told to; and the shipped questions."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import date
from functools import cache
from math import log2
from pathlib import Path

import pytest

import evaluation.__main__ as command
from documents.parsing import parse
from documents.types import Document
from evaluation.answers import METRICS, OUTCOMES, RATES, KindCount, Report, evaluate, unit_qrels
from evaluation.curves import plot_curve
from evaluation.datasets import Gold, Question, read_questions
from evaluation.risk import Point
from evaluation.tables import format_report
from index.types import Filters, Ranks, SearchResult
from qa.types import Citation, Language, Outcome, Request, Response

QUESTIONS = Path(command.__file__).parent / "data" / "questions.jsonl"
ACCEPTANCE_CHECKS = {
    "充电站建设有什么支持？",
    "what support exists for charging stations",
    "今天天气怎么样",
    "深圳的充电桩补贴是多少",
}


class StubAssistant:
    """Answers by heart; a question it does not know raises KeyError."""

    def __init__(self, **answers: Response) -> None:
        self.answers = answers
        self.requests: list[Request] = []

    def ask(self, request: Request) -> Response:
        self.requests.append(request)
        assert request.id is not None
        return self.answers[request.id]


def respond(
    outcome: Outcome,
    *,
    cites: Sequence[str] = (),
    ranks: Sequence[str] = (),
    ms: float = 1.0,
    confidence: float | None = None,
) -> Response:
    """Return a response that cites and ranks these clauses of the document ``d``."""
    return Response(
        question="",
        language="zh",
        as_of=date(2026, 1, 1),
        outcome=outcome,
        answer="",
        citations=tuple(
            Citation("d", "", None, path, "", "", 0, 0, 0, 0, "unknown", (), 1.0) for path in cites
        ),
        results=tuple(SearchResult("d", path, 1.0, Ranks(1, None)) for path in ranks),
        index="print",
        timings_ms={"total": ms},
        confidence=confidence,
    )


def ask(id: str, outcome: Outcome, *, language: Language = "zh", **grades: int) -> Question:
    """Return a question whose gold are clauses of ``d`` with these grades."""
    gold = tuple(Gold("d", path, grade) for path, grade in grades.items())
    return Question(id, "…", language, outcome, gold)


def same(document: str, clause: str) -> str | None:
    """Every clause is its own unit, but for those of a document that the index lacks."""
    return clause if document == "d" else None


@pytest.fixture
def report() -> Report:
    """Four questions: one right, one refused, one answered without a basis, one that fails."""
    questions = [
        ask("right", "answered", a=2, b=1, c=2),
        ask("refused", "answered", language="en", a=2),
        ask("baseless", "no_basis"),
        ask("broken", "partial", a=2),
    ]
    assistant = StubAssistant(
        right=respond("answered", cites=["a", "a", "b", "x"], ranks=["a", "x", "b"], ms=10),
        refused=respond("no_basis", ranks=["x", "a"], ms=20),
        baseless=respond("answered", cites=["x"], ms=30),
    )
    return evaluate(assistant, questions, find_unit=same)


def test_ranking_is_scored_over_the_questions_with_gold(report: Report) -> None:
    right = (2 + 1 / log2(4)) / (2 + 2 / log2(3) + 1 / log2(4))
    assert report.metrics["nDCG@10"] == pytest.approx((right + 1 / log2(3) + 0) / 3)
    assert report.metrics["R@10"] == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert report.metrics["RR@10"] == pytest.approx((1 + 1 / 2 + 0) / 3)
    assert report.metrics["Success@1"] == pytest.approx((1 + 0 + 0) / 3)
    assert report.items[2].ranking is None


def test_citations_are_scored_by_exact_path(report: Report) -> None:
    # Two of the three clauses that `right` cites are gold, `baseless` cites what is none; those
    # that cite nothing have no precision. Of the two that answer `right` it cites one.
    assert report.metrics["citation_precision"] == pytest.approx((2 / 3 + 0) / 2)
    assert report.metrics["citation_recall"] == pytest.approx((1 / 2 + 0 + 0) / 3)
    assert report.items[0].citations == ("d::a", "d::b", "d::x")
    assert report.items[0].missed == ("d::c",)


def test_outcomes_are_counted(report: Report) -> None:
    assert report.outcomes == {
        "answered": {"answered": 1, "partial": 0, "no_basis": 1},
        "partial": {"answered": 0, "partial": 0, "no_basis": 0},
        "no_basis": {"answered": 1, "partial": 0, "no_basis": 0},
    }
    assert report.false_refusals == ("refused",)
    assert report.false_answers == ("baseless",)
    assert report.metrics["outcome_accuracy"] == 1 / 4
    assert report.metrics["refusal_precision"] == 0.0
    assert report.metrics["refusal_recall"] == 0.0


def test_a_partial_answer_is_a_refusal() -> None:
    questions = [ask("a", "answered", x=2), ask("b", "partial", x=2), ask("c", "no_basis")]
    told = respond("partial", cites=["x"])
    report = evaluate(StubAssistant(a=told, b=told, c=told), questions, find_unit=same)
    assert report.false_refusals == ("a",)
    assert report.false_answers == ()
    assert report.metrics["refusal_precision"] == pytest.approx(2 / 3)
    assert report.metrics["refusal_recall"] == 1.0
    assert report.metrics["outcome_accuracy"] == pytest.approx(1 / 3)


def test_questions_are_asked_under_their_filters() -> None:
    filters, day = Filters(region="吉林省"), date(2025, 1, 1)
    limited = replace(ask("a", "no_basis"), filters=filters, as_of=day)
    assistant = StubAssistant(a=respond("no_basis"), b=respond("no_basis"))
    evaluate(assistant, [limited, ask("b", "no_basis")], find_unit=same)
    asked = [(request.filters, request.as_of) for request in assistant.requests]
    assert asked == [(filters, day), (Filters(), None)]


def test_languages_are_scored_apart(report: Report) -> None:
    assert list(report.by_language) == ["zh", "en"]
    assert report.by_language["en"]["RR@10"] == 1 / 2
    assert report.by_language["en"]["refusal_recall"] is None


def test_a_question_that_fails_is_named_and_counts(report: Report) -> None:
    assert report.failed == ("broken",)
    assert report.items[3].error == "KeyError: 'broken'"
    assert report.items[3].outcome is None


def test_latency_is_of_the_questions_that_were_answered(report: Report) -> None:
    assert report.timings_ms == {"p50": 20.0, "p95": pytest.approx(29.0)}


def test_gold_that_the_index_lacks_fails_its_question() -> None:
    question = Question("q", "…", "zh", "answered", (Gold("elsewhere", "一", 2),))
    report = evaluate(StubAssistant(q=respond("answered")), [question], find_unit=same)
    assert report.failed == ("q",)
    assert "elsewhere::一" in (report.items[0].error or "")
    assert report.metrics["R@10"] == 0.0


def test_gold_counts_in_the_unit_that_holds_it() -> None:
    """Two items of an article are one unit, at the better grade; citations stay exact."""

    def article(document: str, clause: str) -> str:
        return clause.split("/")[0]

    gold = (Gold("d", "第一条/（一）", 1), Gold("d", "第一条/（二）", 2), Gold("d", "第二条", 1))
    question = Question("q", "…", "zh", "answered", gold)
    assert unit_qrels([question], article) == {"q": {"d::第一条": 2, "d::第二条": 1}}
    response = respond("answered", cites=["第一条"], ranks=["第一条", "第二条"])
    report = evaluate(StubAssistant(q=response), [question], find_unit=article)
    assert report.metrics["nDCG@10"] == pytest.approx(1.0)
    assert report.metrics["citation_precision"] == report.metrics["citation_recall"] == 0.0
    assert report.metrics["first_citation"] == 0.0
    assert report.metrics["citation_precision_unit"] == 1.0
    assert report.metrics["citation_recall_unit"] == 1.0
    assert report.metrics["first_citation_unit"] == 1.0


def test_a_unit_that_is_cited_twice_counts_once() -> None:
    def article(document: str, clause: str) -> str:
        return clause.split("/")[0]

    gold = (Gold("d", "第一条/（一）", 2), Gold("d", "第三条", 2), Gold("d", "第二条", 1))
    question = Question("q", "…", "zh", "answered", gold)
    cites = ["第一条/（二）", "第一条/（三）", "第二条", "第四条"]
    report = evaluate(
        StubAssistant(q=respond("answered", cites=cites)), [question], find_unit=article
    )
    assert report.metrics["citation_precision_unit"] == pytest.approx(2 / 3)
    assert report.metrics["citation_precision"] == pytest.approx(1 / 4)
    assert report.metrics["citation_recall_unit"] == 1 / 2


def test_the_first_citation_is_that_of_a_question_to_be_answered() -> None:
    """It must answer: a clause that only helps is not enough, and a question failed is missed."""
    questions = [
        ask("first", "answered", a=2, b=1),
        ask("second", "answered", language="en", a=2, b=1),
        ask("none", "answered", a=2),
        ask("failed", "answered", a=2),
        ask("partial", "partial", a=2),
        ask("helped", "answered", a=1),
    ]
    assistant = StubAssistant(
        first=respond("answered", cites=["a", "b"]),
        second=respond("answered", cites=["b", "a"]),
        none=respond("no_basis"),
        partial=respond("partial", cites=["a"]),
        helped=respond("answered", cites=["a"]),
    )
    report = evaluate(assistant, questions, find_unit=same)
    assert [item.first_citation for item in report.items] == [1.0, 0.0, 0.0, 0.0, None, None]
    assert report.metrics["first_citation"] == 1 / 4
    assert report.by_language["en"]["first_citation"] == 0.0


def test_false_refusals_and_false_answers_are_shares_of_what_they_spoil(report: Report) -> None:
    # One of the two to be answered is refused; of the other two one is answered, one fails.
    assert report.metrics["false_refusal_rate"] == 1 / 2
    assert report.metrics["false_answer_rate"] == 1 / 2
    assert report.by_language["en"]["false_refusal_rate"] == 1.0
    assert report.by_language["en"]["false_answer_rate"] is None


def test_kinds_are_counted_those_to_be_answered_first() -> None:
    questions = [
        replace(ask("a", "no_basis"), kind="hostile"),
        replace(ask("b", "answered"), kind="support"),
        replace(ask("c", "answered"), kind="support"),
        replace(ask("d", "partial"), kind="support"),
        replace(ask("e", "partial"), kind="lost_figure"),
        ask("f", "answered"),
    ]
    answered = respond("answered")
    assistant = StubAssistant(
        a=answered, b=answered, c=respond("partial"), d=respond("partial"), f=answered
    )
    report = evaluate(assistant, questions, find_unit=same)
    assert list(report.by_kind) == ["-", "support", "lost_figure", "hostile"]
    assert report.by_kind["support"] == KindCount(
        3, {"answered": 1, "partial": 2, "no_basis": 0}, 2
    )
    assert report.by_kind["hostile"].right == 0
    failed = report.by_kind["lost_figure"]
    assert (failed.questions, sum(failed.outcomes.values()), failed.right) == (1, 0, 0)
    rows = {
        line.split()[0]: line.split()[1:] for line in format_report(report).splitlines() if line
    }
    assert rows["support"] == ["3", "1", "2", "0", "2"]


def test_confidence_makes_the_curve_and_outcomes_the_point_on_it() -> None:
    questions = [ask(id, "answered") for id in "ab"] + [ask(id, "no_basis") for id in "cd"]
    assistant = StubAssistant(
        a=respond("answered", confidence=0.9),
        b=respond("no_basis", confidence=0.3),
        c=respond("answered", confidence=0.6),
    )
    report = evaluate(assistant, questions, find_unit=same)
    assert [point.threshold for point in report.curve.points] == [0.9, 0.6, 0.3, 0.0]
    assert [point.risk for point in report.curve.points] == [0, 1 / 2, 1 / 3, 1 / 2]
    assert report.operating == Point(1.0, 1 / 2, 1 / 2, 1 / 2, 1 / 2)
    assert [item.confidence for item in report.items] == [0.9, 0.3, 0.6, None]


def test_where_nothing_is_answered_there_is_no_point() -> None:
    report = evaluate(StubAssistant(), [ask("a", "answered")], find_unit=same)
    assert report.operating is None


def test_the_assistant_gets_the_whole_question() -> None:
    assistant = StubAssistant(q=respond("no_basis"))
    question = Question(
        "q", "那吉林呢？", "zh", "no_basis", history=("安徽呢？",), as_of=date(2026, 1, 2)
    )
    evaluate(assistant, [question], find_unit=same)
    assert assistant.requests == [
        Request("那吉林呢？", id="q", history=("安徽呢？",), as_of=date(2026, 1, 2))
    ]


def test_follow_ups_are_scored_apart_with_their_history_or_without() -> None:
    questions = [
        replace(ask("alone", "answered", a=2)),
        replace(ask("follow", "answered", a=2), history=("安徽呢？",)),
    ]
    assistant = StubAssistant(alone=respond("answered", cites=["a"]), follow=respond("no_basis"))
    report = evaluate(assistant, questions, find_unit=same, history=False)
    assert [request.history for request in assistant.requests] == [(), ()]
    assert (report.history, report.follow_ups["outcome_accuracy"]) == (False, 0.0)
    assert report.metrics["outcome_accuracy"] == 1 / 2
    assert [item.follow_up for item in report.items] == [False, True]
    text = format_report(report)
    assert "追问（follow-ups）1，不带上文" in text
    assert "follow-up" in text
    again = evaluate(assistant, questions, find_unit=same)
    assert assistant.requests[-1].history == ("安徽呢？",)
    assert again.history
    assert "追问" not in format_report(evaluate(assistant, questions[:1], find_unit=same))


def test_progress_is_told_of_every_question() -> None:
    told: list[tuple[int, int]] = []
    evaluate(
        StubAssistant(),
        [ask("a", "no_basis"), ask("b", "no_basis")],
        find_unit=same,
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(1, 2), (2, 2)]


def test_text_shows_the_matrix_and_who_failed(report: Report) -> None:
    text = format_report(report)
    rows = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line.strip()}
    assert rows["nDCG@10"][2] == "0.631"
    assert rows["answered"] == ["1", "0", "1"]
    assert rows["refusal_recall"] == ["0.000", "0.000", "-"]
    assert "误拒（false refusals）：1  refused" in text
    assert "失败（failed）broken：KeyError: 'broken'" in text


# The command


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], report: Report
) -> Callable[..., tuple[int, str, str]]:
    """Run the command with the report of a run that went well, returning (code, out, err)."""

    def run(*arguments: str) -> tuple[int, str, str]:
        good = replace(report, failed=())
        monkeypatch.setattr(command, "_ask", lambda *_, **__: good)
        code = command.main(["answers", *arguments])
        return code, *capsys.readouterr()

    return run


Run = Callable[..., tuple[int, str, str]]


def test_json_holds_the_whole_report(run: Run, report: Report) -> None:
    code, out, err = run(str(QUESTIONS), "--split", "dev", "--json")
    printed = json.loads(out)
    assert (code, err) == (0, "")
    assert (printed["file"], printed["split"]) == ("questions.jsonl", "dev")
    assert printed["metrics"] == report.metrics
    assert printed["outcomes"]["no_basis"] == dict(zip(OUTCOMES, (1, 0, 0), strict=True))
    assert printed["items"][0] == json.loads(json.dumps(asdict(report.items[0])))


def test_the_curve_is_drawn_and_its_points_are_in_the_json(
    run: Run, report: Report, tmp_path: Path
) -> None:
    code, out, _ = run(
        str(QUESTIONS), "--split", "dev", "--json", "--curve", str(tmp_path / "c.svg")
    )
    assert code == 0
    assert json.loads(out)["curve"] == json.loads(json.dumps(asdict(report.curve)))
    drawn = (tmp_path / "c.svg").read_text(encoding="utf-8")
    assert drawn == plot_curve("questions dev", report.curve, report.operating)
    code, _, err = run(str(QUESTIONS), "--curve", str(tmp_path / "none" / "c.svg"))
    assert code == 2 and "c.svg" in err


def test_follow_ups_are_asked_as_the_command_says(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[bool] = []

    def ask_all(*_: object, history: bool) -> Report:
        told.append(history)
        return evaluate(StubAssistant(), [], find_unit=same)

    monkeypatch.setattr(command, "_ask", ask_all)
    assert command.main(["answers", str(QUESTIONS)]) == 0
    assert command.main(["answers", str(QUESTIONS), "--without-history"]) == 0
    assert told == [True, False]


def test_a_floor_that_is_reached_passes_and_one_that_is_not_fails(run: Run) -> None:
    assert run(str(QUESTIONS), "--floor", "outcome_accuracy=0.25")[0] == 0
    code, _, err = run(str(QUESTIONS), "--floor", "R@10=0.5", "--floor", "RR@10=0.9")
    assert code == 1
    assert "RR@10" in err
    assert "R@10 低于" not in err.replace("RR@10", "")


def test_a_failed_question_is_exit_code_1(monkeypatch: pytest.MonkeyPatch, report: Report) -> None:
    monkeypatch.setattr(command, "_ask", lambda *_, **__: report)
    assert command.main(["answers", str(QUESTIONS)]) == 1


def test_bad_input_is_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text("{}\n", encoding="utf-8")
    assert command.main(["answers", str(file)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"{file}:1：" in captured.err


@pytest.mark.parametrize("floor", ["R@10", "R@10=high", "speed=1"])
def test_a_floor_that_cannot_be_read_is_exit_code_2(floor: str) -> None:
    with pytest.raises(SystemExit) as raised:
        command.main(["answers", str(QUESTIONS), "--floor", floor])
    assert raised.value.code == 2


def test_every_metric_is_in_the_report(report: Report) -> None:
    assert tuple(report.metrics) == (*METRICS, *RATES)


# The shipped questions


@cache
def sample(document: str) -> Document:
    return parse(Path(__file__).parent.parent / "documents" / "samples" / f"{document}.txt")


@pytest.mark.parametrize("question", read_questions(QUESTIONS), ids=lambda question: question.id)
def test_gold_exists_and_its_snippet_is_verbatim(question: Question) -> None:
    for gold in question.gold:
        clause = sample(gold.document).clause(gold.clause)
        assert gold.snippet
        assert gold.snippet in clause.text


def test_acceptance_checks_are_in_no_split() -> None:
    assert not ACCEPTANCE_CHECKS & {question.question for question in read_questions(QUESTIONS)}

"""Asks an assistant each question and scores its ranking, its citations and its outcome.

The three are scored apart, because they fail apart: a clause may be ranked and not cited, or cited
where the question should have been refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, get_args

from evaluation.datasets import Gold, Question
from evaluation.metrics import NAMES, mean, percentile, precision, recall, score_rankings
from qa.types import Outcome, Request, Response

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
# All of them better when higher, so that a floor can be set on each.
METRICS = (
    *NAMES,
    "citation_precision",
    "citation_recall",
    "outcome_accuracy",
    "refusal_precision",
    "refusal_recall",
)

Metrics = dict[str, float | None]
# The path of the unit that a clause is searched in, or None where the index lacks the clause.
FindUnit = Callable[[str, str], str | None]


class Assistant(Protocol):
    """What answers; ``qa.assistant.PolicyAssistant`` does."""

    def ask(self, request: Request) -> Response: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with what came back; ``error`` says what went wrong, with or without an answer."""

    question: Question
    response: Response | None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One question's scores. ``ranking`` is None without gold; ``missed`` should be cited."""

    id: str
    language: str
    kind: str | None
    expected: Outcome
    outcome: Outcome | None
    ranking: dict[str, float] | None
    citation_precision: float | None
    citation_recall: float | None
    citations: tuple[str, ...]
    missed: tuple[str, ...]
    error: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """The scores of a file of questions. Metrics are from 0 to 1, None where undefined."""

    questions: int
    index: str | None
    metrics: Metrics
    by_language: dict[str, Metrics]
    outcomes: dict[Outcome, dict[Outcome, int]]
    false_refusals: tuple[str, ...]
    false_answers: tuple[str, ...]
    failed: tuple[str, ...]
    items: tuple[Item, ...]
    timings_ms: dict[str, float | None]


def evaluate(
    assistant: Assistant,
    questions: Sequence[Question],
    *,
    find_unit: FindUnit,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Ask each question and score the answers; ``progress`` gets (done, total)."""
    asked = []
    for done, question in enumerate(questions, start=1):
        asked.append(_ask(assistant, question, find_unit))
        if progress is not None:
            progress(done, len(questions))
    return score(asked, find_unit=find_unit)


def score(asked: Sequence[Asked], *, find_unit: FindUnit) -> Report:
    """Score what came back. A question without an answer counts, at zero."""
    items = _items(asked, find_unit)
    responses = [one.response for one in asked if one.response is not None]
    totals = [response.timings_ms["total"] for response in responses]
    return Report(
        questions=len(asked),
        index=responses[0].index if responses else None,
        metrics=_metrics(items),
        by_language={
            language: _metrics([item for item in items if item.language == language])
            for language in sorted({item.language for item in items}, reverse=True)
        },
        outcomes=_matrix(items),
        false_refusals=tuple(item.id for item in items if _is_false_refusal(item)),
        false_answers=tuple(item.id for item in items if _is_false_answer(item)),
        failed=tuple(item.id for item in items if item.error),
        items=items,
        timings_ms={"p50": percentile(totals, 0.5), "p95": percentile(totals, 0.95)},
    )


def unit_qrels(questions: Iterable[Question], find_unit: FindUnit) -> dict[str, dict[str, int]]:
    """Return {question: {unit: grade}} of the questions with gold, each unit at its best grade."""
    qrels: dict[str, dict[str, int]] = {}
    for question in questions:
        for gold in question.gold:
            grades = qrels.setdefault(question.id, {})
            unit = f"{gold.document}::{find_unit(gold.document, gold.clause) or gold.clause}"
            grades[unit] = max(gold.grade, grades.get(unit, 0))
    return qrels


def format_report(report: Report) -> str:
    """Return the report as text for a terminal."""
    columns = {"all": report.metrics, **report.by_language}
    lines = [
        f"问题 {report.questions}，失败 {len(report.failed)}，索引 {report.index or '-'}",
        "",
        f"{'':20}" + "".join(f"{name:>8}" for name in columns),
        *(
            f"{name:20}" + "".join(f"{_number(column[name]):>8}" for column in columns.values())
            for name in METRICS
        ),
        "",
        "结果：行为应有，列为实得（rows: expected, columns: given）",
        f"{'':20}" + "".join(f"{outcome:>10}" for outcome in OUTCOMES),
        *(
            f"{expected:20}" + "".join(f"{row[given]:>10}" for given in OUTCOMES)
            for expected, row in report.outcomes.items()
        ),
        "",
        _listing("误拒（false refusals）", report.false_refusals),
        _listing("误答（false answers）", report.false_answers),
        *(f"失败（failed）{item.id}：{item.error}" for item in report.items if item.error),
        f"耗时（ms）：p50 {_number(report.timings_ms['p50'], 1)}，"
        f"p95 {_number(report.timings_ms['p95'], 1)}",
    ]
    return "\n".join(lines)


def _ask(assistant: Assistant, question: Question, find_unit: FindUnit) -> Asked:
    request = Request(
        question.question, id=question.id, history=question.history, as_of=question.as_of
    )
    try:
        response = assistant.ask(request)
    except Exception as raised:  # one question that fails must not lose the others
        return Asked(question, None, f"{type(raised).__name__}: {raised}")
    unknown = [gold.id for gold in question.gold if find_unit(gold.document, gold.clause) is None]
    error = f"索引中没有条款（not in the index）：{', '.join(unknown)}" if unknown else None
    return Asked(question, response, error)


def _items(asked: Sequence[Asked], find_unit: FindUnit) -> tuple[Item, ...]:
    rankings = score_rankings(
        unit_qrels((one.question for one in asked), find_unit),
        {
            one.question.id: [f"{found.document}::{found.clause}" for found in one.response.results]
            for one in asked
            if one.response is not None
        },
    )
    return tuple(_item(one, rankings.get(one.question.id)) for one in asked)


def _item(asked: Asked, ranking: dict[str, float] | None) -> Item:
    question, response = asked.question, asked.response
    cited = _cited(response)
    answering = [gold.id for gold in question.gold if gold.grade == 2]
    return Item(
        id=question.id,
        language=question.language,
        kind=question.kind,
        expected=question.outcome,
        outcome=response.outcome if response else None,
        ranking=ranking,
        citation_precision=precision(cited, _ids(question.gold)),
        citation_recall=recall(cited, answering),
        citations=cited,
        missed=tuple(gold for gold in answering if gold not in cited),
        error=asked.error,
    )


def _cited(response: Response | None) -> tuple[str, ...]:
    """Return the cited clauses, best first, each once however often it is quoted."""
    citations = response.citations if response else ()
    return tuple(dict.fromkeys(f"{one.document}::{one.clause}" for one in citations))


def _ids(gold: Iterable[Gold]) -> list[str]:
    return [one.id for one in gold]


def _metrics(items: Sequence[Item]) -> Metrics:
    ranked = [item.ranking for item in items if item.ranking is not None]
    refusals = [item.id for item in items if item.outcome in ("partial", "no_basis")]
    unanswerable = [item.id for item in items if item.expected != "answered"]
    return {
        **{name: mean(values[name] for values in ranked) for name in NAMES},
        "citation_precision": mean(item.citation_precision for item in items),
        "citation_recall": mean(item.citation_recall for item in items),
        "outcome_accuracy": mean(float(item.outcome == item.expected) for item in items),
        "refusal_precision": precision(refusals, unanswerable),
        "refusal_recall": recall(refusals, unanswerable),
    }


def _matrix(items: Iterable[Item]) -> dict[Outcome, dict[Outcome, int]]:
    matrix = {expected: dict.fromkeys(OUTCOMES, 0) for expected in OUTCOMES}
    for item in items:
        if item.outcome is not None:
            matrix[item.expected][item.outcome] += 1
    return matrix


def _is_false_refusal(item: Item) -> bool:
    return item.expected == "answered" and item.outcome in ("partial", "no_basis")


def _is_false_answer(item: Item) -> bool:
    return item.expected != "answered" and item.outcome == "answered"


def _number(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _listing(title: str, ids: Sequence[str]) -> str:
    return f"{title}：{len(ids)}" + (f"  {' '.join(ids)}" if ids else "")

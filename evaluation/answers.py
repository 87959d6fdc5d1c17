"""Asks an assistant each question and scores its ranking, its citations, its outcome and its doubts.

They are scored apart, because they fail apart: a clause may be ranked and not cited, or cited where
the question should have been refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, get_args

from evaluation.datasets import Gold, Question
from evaluation.metrics import NAMES, mean, percentile, precision, recall, score_rankings
from evaluation.risk import Curve, Judged, Point, confidence_of, trace
from qa.types import Outcome, Request, Response

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
# All of them better when higher, so that a floor can be set on each.
METRICS = (
    *NAMES,
    "first_citation",
    "first_citation_unit",
    "citation_precision",
    "citation_recall",
    "citation_precision_unit",
    "citation_recall_unit",
    "outcome_accuracy",
    "refusal_precision",
    "refusal_recall",
)
# Better when lower.
RATES = ("false_refusal_rate", "false_answer_rate")

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
class CitationScores:
    """How one question's citations meet its gold, 0..1; None where undefined.

    ``first``: 1 where the first citation is of grade 2, of questions that are to be answered.
    """

    precision: float | None
    recall: float | None
    first: float | None


@dataclass(frozen=True, slots=True)
class Item:
    """One question's scores. ``ranking`` is None without gold; ``missed`` should be cited.

    ``by_unit`` compares the units that hold the cited clauses with those that hold the gold, where
    the other citation scores compare exact paths. ``confidence`` is None without an answer.
    """

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
    first_citation: float | None
    by_unit: CitationScores
    follow_up: bool
    confidence: float | None


@dataclass(frozen=True, slots=True)
class KindCount:
    """The questions of one kind: the outcomes they were given, and how many of those are right."""

    questions: int
    outcomes: dict[Outcome, int]
    right: int


@dataclass(frozen=True, slots=True)
class Report:
    """The scores of a file of questions. Metrics are from 0 to 1, None where undefined.

    ``metrics`` holds ``METRICS`` and ``RATES``; ``follow_ups`` the same of the questions that have
    earlier ones, which were passed on where ``history`` is true. ``curve`` is over all questions,
    ``operating`` its point where exactly the questions ``answered`` count as answered, None where
    none was.
    """

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
    by_kind: dict[str, KindCount]
    history: bool
    follow_ups: Metrics
    curve: Curve
    operating: Point | None


def evaluate(
    assistant: Assistant,
    questions: Sequence[Question],
    *,
    find_unit: FindUnit,
    history: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Ask each question and score the answers; ``progress`` gets (done, total).

    Without ``history`` follow-ups are asked as they stand.
    """
    asked = []
    for done, question in enumerate(questions, start=1):
        asked.append(_ask(assistant, question, find_unit, history=history))
        if progress is not None:
            progress(done, len(questions))
    return score(asked, find_unit=find_unit, history=history)


def score(asked: Sequence[Asked], *, find_unit: FindUnit, history: bool = True) -> Report:
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
        by_kind=_by_kind(items),
        history=history,
        follow_ups=_metrics([item for item in items if item.follow_up]),
        curve=trace(
            Judged(confidence_of(item.outcome, item.confidence), item.expected == "answered")
            for item in items
        ),
        operating=_operating(items),
    )


def unit_qrels(questions: Iterable[Question], find_unit: FindUnit) -> dict[str, dict[str, int]]:
    """Return {question: {unit: grade}} of the questions with gold, each unit at its best grade."""
    return {q.id: _unit_grades(q.gold, find_unit) for q in questions if q.gold}


def _unit_grades(gold: Iterable[Gold], find_unit: FindUnit) -> dict[str, int]:
    grades: dict[str, int] = {}
    for one in gold:
        unit = _unit(one.document, one.clause, find_unit)
        grades[unit] = max(one.grade, grades.get(unit, 0))
    return grades


def _unit(document: str, clause: str, find_unit: FindUnit) -> str:
    return f"{document}::{find_unit(document, clause) or clause}"


def _ask(assistant: Assistant, question: Question, find_unit: FindUnit, *, history: bool) -> Asked:
    earlier = question.history if history else ()
    request = Request(
        question.question,
        id=question.id,
        history=earlier,
        filters=question.filters,
        as_of=question.as_of,
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
    return tuple(_item(one, rankings.get(one.question.id), find_unit) for one in asked)


def _item(asked: Asked, ranking: dict[str, float] | None, find_unit: FindUnit) -> Item:
    question, response = asked.question, asked.response
    citations = response.citations if response else ()
    answerable = question.outcome == "answered"
    # Each clause once however often it is quoted, best first.
    cited = tuple(dict.fromkeys(f"{one.document}::{one.clause}" for one in citations))
    units = tuple(dict.fromkeys(_unit(one.document, one.clause, find_unit) for one in citations))
    grades = {gold.id: gold.grade for gold in question.gold}
    exact = _score_citations(cited, grades, answerable=answerable)
    return Item(
        id=question.id,
        language=question.language,
        kind=question.kind,
        expected=question.outcome,
        outcome=response.outcome if response else None,
        ranking=ranking,
        citation_precision=exact.precision,
        citation_recall=exact.recall,
        citations=cited,
        missed=tuple(id_ for id_, grade in grades.items() if grade == 2 and id_ not in cited),
        error=asked.error,
        first_citation=exact.first,
        by_unit=_score_citations(
            units, _unit_grades(question.gold, find_unit), answerable=answerable
        ),
        follow_up=bool(question.history),
        confidence=response.confidence if response else None,
    )


def _score_citations(
    cited: Sequence[str], grades: dict[str, int], *, answerable: bool
) -> CitationScores:
    """Score clauses or units, best first, each once, against the grades of the gold ones."""
    answering = [id_ for id_, grade in grades.items() if grade == 2]
    first = float(bool(cited) and cited[0] in answering) if answerable and answering else None
    return CitationScores(precision(cited, list(grades)), recall(cited, answering), first)


def _metrics(items: Sequence[Item]) -> Metrics:
    ranked = [item.ranking for item in items if item.ranking is not None]
    refusals = [item.id for item in items if item.outcome in ("partial", "no_basis")]
    unanswerable = [item.id for item in items if item.expected != "answered"]
    answerable = [item.id for item in items if item.expected == "answered"]
    answers = [item.id for item in items if item.outcome == "answered"]
    return {
        **{name: mean(values[name] for values in ranked) for name in NAMES},
        "first_citation": mean(item.first_citation for item in items),
        "first_citation_unit": mean(item.by_unit.first for item in items),
        "citation_precision": mean(item.citation_precision for item in items),
        "citation_recall": mean(item.citation_recall for item in items),
        "citation_precision_unit": mean(item.by_unit.precision for item in items),
        "citation_recall_unit": mean(item.by_unit.recall for item in items),
        "outcome_accuracy": mean(float(item.outcome == item.expected) for item in items),
        "refusal_precision": precision(refusals, unanswerable),
        "refusal_recall": recall(refusals, unanswerable),
        "false_refusal_rate": recall(refusals, answerable),
        "false_answer_rate": recall(answers, unanswerable),
    }


def _matrix(items: Iterable[Item]) -> dict[Outcome, dict[Outcome, int]]:
    matrix = {expected: dict.fromkeys(OUTCOMES, 0) for expected in OUTCOMES}
    for item in items:
        if item.outcome is not None:
            matrix[item.expected][item.outcome] += 1
    return matrix


def _by_kind(items: Sequence[Item]) -> dict[str, KindCount]:
    """Return the counts of each kind, first those whose questions mostly should be answered."""
    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(item.kind or "-", []).append(item)

    def place(kind: str) -> tuple[int, str]:
        [(usual, _)] = Counter(item.expected for item in groups[kind]).most_common(1)
        return OUTCOMES.index(usual), kind

    return {
        kind: KindCount(
            questions=len(groups[kind]),
            outcomes={
                outcome: sum(item.outcome == outcome for item in groups[kind])
                for outcome in OUTCOMES
            },
            right=sum(item.outcome == item.expected for item in groups[kind]),
        )
        for kind in sorted(groups, key=place)
    }


def _operating(items: Iterable[Item]) -> Point | None:
    curve = trace(
        Judged(confidence_of(item.outcome, None), item.expected == "answered") for item in items
    )
    return next((point for point in curve.points if point.threshold == 1.0), None)


def _is_false_refusal(item: Item) -> bool:
    return item.expected == "answered" and item.outcome in ("partial", "no_basis")


def _is_false_answer(item: Item) -> bool:
    return item.expected != "answered" and item.outcome == "answered"

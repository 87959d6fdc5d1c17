"""What was said of answers, as questions with known answers: the file that ``evaluation`` reads.

A judgement teaches what should have come of a question, and which clauses a good answer rests on
(grade 2 answers it, 1 helps):

- "up": the outcome as it was; of what was cited the leading clause has grade 2, the others 1. Nothing
  where there was no basis. A clause that is named as well has grade 2.
- "down", should_refuse: no_basis, without a clause.
- "down" with the right clause named: answered, that clause of grade 2. Where the answer was only
  incomplete, what it cited helps, with grade 1; else it is wrong, or does not hold any more.
- "down" without either: that the answer was bad, but not what a good one is. Nothing to learn.

A question under the same circumstances (history, filters, and the day where one was asked for) is
one record. What counts is what was said of answers from the library as it last was, by each desk its
last word. Where desks then contradict each other, nobody knows, and it is left out. What was asked
under filters is to be asked under them again: without them other clauses are as right.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, get_args

from index.filters import write_filters
from index.types import ClauseId, Filters
from qa.log import Call, Feedback, Reason
from qa.types import Outcome

Judgement = tuple[Call, Feedback]

_OUTCOMES: dict[Outcome, str] = {
    "answered": "有依据 answered",
    "partial": "部分有依据 partial",
    "no_basis": "未检索到依据 no basis",
}
_REASONS: dict[Reason | None, str] = {
    "wrong_clause": "条款不对 wrong clause",
    "incomplete": "不完整 incomplete",
    "outdated": "已过时 outdated",
    "should_refuse": "本应答无依据 should refuse",
    None: "未说明 no reason given",
}


@dataclass(frozen=True, slots=True)
class Lesson:
    """What should have come of a question; ``gold`` are (document, path) -> grade, best first."""

    outcome: Outcome
    gold: tuple[tuple[ClauseId, int], ...]


@dataclass(frozen=True, slots=True)
class Export:
    """The ``records`` of a file of questions, and how many questions were judged but left out.

    ``contradicted``: desks disagree; ``unlearnable``: only that the answer was bad is known.
    """

    records: tuple[dict[str, Any], ...]
    contradicted: int
    unlearnable: int


@dataclass(frozen=True, slots=True)
class _Circumstances:
    question: str
    history: tuple[str, ...]
    filters: Filters
    as_of: date | None


def learn(call: Call, feedback: Feedback) -> Lesson | None:
    """Return what a judgement teaches, None where that is nothing."""
    named = [feedback.clause] if feedback.clause else []
    if feedback.verdict == "up":
        if call.outcome == "no_basis":
            return Lesson("no_basis", ())
        return Lesson(call.outcome, _grade([*named, *call.cited[:1]], call.cited[1:]))
    if feedback.reason == "should_refuse":
        return Lesson("no_basis", ())
    if not named:
        return None
    return Lesson("answered", _grade(named, call.cited if feedback.reason == "incomplete" else ()))


def export(judged: Iterable[Judgement]) -> Export:
    """Return the records of what was judged (``Log.judged``), by id; the same log gives the same."""
    by_circumstances: dict[_Circumstances, list[Judgement]] = {}
    for call, feedback in judged:
        # No interface limits a question to such a set of documents, nor can a file of questions.
        if call.filters.documents is None:
            by_circumstances.setdefault(_circumstances(call), []).append((call, feedback))

    records, left_out = [], Counter[str]()
    for circumstances, judgements in by_circumstances.items():
        last = _last_words(judgements)
        lessons = [(call, lesson) for call, word in last if (lesson := learn(call, word))]
        if _contradict(last, [lesson for _, lesson in lessons]):
            left_out["contradicted"] += 1
        elif not lessons:
            left_out["unlearnable"] += 1
        else:
            records.append(_record(circumstances, *lessons[-1]))
    return Export(
        records=tuple(sorted(records, key=lambda record: record["id"])),
        contradicted=left_out["contradicted"],
        unlearnable=left_out["unlearnable"],
    )


def write_records(records: Sequence[Mapping[str, Any]]) -> bytes:
    """Return the records as JSON Lines in UTF-8."""
    lines = (json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    # Half a surrogate pair, which UTF-8 cannot hold, comes out as a JSON escape.
    return "".join(lines).encode("utf-8", "backslashreplace")


def summarize(
    outcomes: Mapping[Outcome, int], judged: Sequence[Judgement], exported: Export
) -> dict[str, Any]:
    """Return the counts as plain JSON values; of reasons, ``null`` is none."""
    verdicts = Counter(feedback.verdict for _, feedback in judged)
    reasons = Counter(feedback.reason for _, feedback in judged if feedback.verdict == "down")
    return {
        "calls": sum(outcomes.values()),
        "outcomes": {outcome: outcomes[outcome] for outcome in get_args(Outcome)},
        "up": verdicts["up"],
        "down": verdicts["down"],
        "reasons": {reason or "none": reasons[reason] for reason in _REASONS},
        "export": {
            "questions": len(exported.records),
            "left_out": {
                "contradicted": exported.contradicted,
                "unlearnable": exported.unlearnable,
            },
        },
    }


def format_summary(summary: Mapping[str, Any]) -> str:
    """Return what ``summarize`` counted, for people."""
    return "\n".join(
        (
            f"提问 calls: {summary['calls']}",
            *(f"  {name}: {summary['outcomes'][outcome]}" for outcome, name in _OUTCOMES.items()),
            f"好评 up: {summary['up']}",
            f"差评 down: {summary['down']}",
            *(f"  {name}: {summary['reasons'][r or 'none']}" for r, name in _REASONS.items()),
            f"可导出的问题 questions to export: {summary['export']['questions']}",
        )
    )


def explain_left_out(exported: Export) -> str:
    """Return how many judged questions cannot be exported, and why; empty where all can."""
    told = (
        (
            exported.contradicted,
            "评价相互矛盾",
            "judged one way at one desk and another at another",
        ),
        (
            exported.unlearnable,
            "只说不好，没有指出正确的条款",
            "judged bad without naming a clause",
        ),
    )
    return "\n".join(
        f"未导出 {count} 题：{chinese}。\nLeft out {count}: {english}."
        for count, chinese, english in told
        if count
    )


def _grade(
    answering: Iterable[ClauseId], helping: Iterable[ClauseId]
) -> tuple[tuple[ClauseId, int], ...]:
    """Return each clause once, at its best grade."""
    grades = {clause: 2 for clause in answering}
    for clause in helping:
        grades.setdefault(clause, 1)
    return tuple(grades.items())


def _circumstances(call: Call) -> _Circumstances:
    # An empty turn says nothing, and a file of questions has none.
    history = tuple(turn for turn in call.history if turn.strip())
    return _Circumstances(call.question, history, call.filters, call.as_of)


def _last_words(judgements: Sequence[Judgement]) -> list[Judgement]:
    """Return the last judgement of each desk over the index that was judged last, oldest first."""
    index = judgements[-1][0].index
    last: dict[str | None, Judgement] = {}
    for call, feedback in judgements:
        if call.index == index:
            # Taken out first, so that it comes in again behind the others.
            last.pop(feedback.desk, None)
            last[feedback.desk] = (call, feedback)
    return list(last.values())


def _contradict(judgements: Sequence[Judgement], lessons: Sequence[Lesson]) -> bool:
    verdicts = {feedback.verdict for _, feedback in judgements}
    instead = {
        (lesson.outcome, frozenset(clause for clause, grade in lesson.gold if grade == 2))
        for lesson in lessons
    }
    # Good answers can differ; what should have come instead of a bad one cannot.
    return len(verdicts) > 1 or (verdicts == {"down"} and len(instead) > 1)


def _record(circumstances: _Circumstances, call: Call, lesson: Lesson) -> dict[str, Any]:
    history = list(circumstances.history)
    filters = write_filters(circumstances.filters)
    as_of = circumstances.as_of.isoformat() if circumstances.as_of else None
    name = json.dumps([circumstances.question, history, filters, as_of], sort_keys=True)
    return {
        "id": f"feedback-{hashlib.sha256(name.encode()).hexdigest()[:16]}",
        "question": circumstances.question,
        **({"history": history} if history else {}),
        **({"filters": filters} if filters else {}),
        "language": call.language,
        "outcome": lesson.outcome,
        "gold": [
            {"document": document, "clause": clause, "grade": grade}
            for (document, clause), grade in lesson.gold
        ],
        # What holds on one day need not on another: the judgement is of that day.
        "as_of": call.answered_for.isoformat(),
    }

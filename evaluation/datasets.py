"""Reads files of questions with known answers.

A file is JSON Lines, UTF-8, one question a line: ``{id, question, history?, filters?, language,
style?, kind?, outcome, gold: [{document, clause, grade, snippet?}], as_of?, split?, group?}``. Other
fields are left alone, blank lines are skipped. See ``README.md`` for what the fields mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, cast, get_args

from evaluation.errors import DatasetError
from evaluation.lines import read_records
from index.filters import read_filters
from index.types import Filters
from qa.types import Language, Outcome


@dataclass(frozen=True, slots=True)
class Gold:
    """A clause that a good answer rests on: ``grade`` 2 answers it, 1 is related and helps."""

    document: str
    clause: str
    grade: int
    snippet: str | None = None

    @property
    def id(self) -> str:
        """Its name in runs and qrels."""
        return f"{self.document}::{self.clause}"


@dataclass(frozen=True, slots=True)
class Question:
    """A question with the outcome and the clauses it should get, asked under ``filters``.

    ``as_of`` None means today. Questions of one ``group`` are paraphrases of one need.
    """

    id: str
    question: str
    language: Language
    outcome: Outcome
    gold: tuple[Gold, ...] = ()
    history: tuple[str, ...] = ()
    style: str | None = None
    kind: str | None = None
    as_of: date | None = None
    split: str | None = None
    group: str | None = None
    filters: Filters = Filters()


def read_questions(path: Path, *, split: str | None = None) -> tuple[Question, ...]:
    """Return the questions of ``path`` in its order, only those of ``split`` if one is named.

    Raises DatasetError where the file or a line of it cannot be used, or no question is left.
    """
    questions: dict[str, Question] = {}
    for where, record in read_records(path):
        question = _question(record, where)
        if question.id in questions:
            raise DatasetError(where, f"编号 {question.id} 重复", f"id {question.id} is repeated")
        questions[question.id] = question
    chosen = tuple(q for q in questions.values() if split in (None, q.split))
    if not chosen:
        known = ", ".join(sorted({q.split for q in questions.values() if q.split})) or "-"
        raise DatasetError(
            str(path),
            f"没有可用的问题（split={split or '-'}；文件中有：{known}）",
            f"no questions (split={split or '-'}; the file has: {known})",
        )
    return chosen


def _question(record: dict[str, Any], where: str) -> Question:
    question = Question(
        id=_text(record, "id", where),
        question=_text(record, "question", where),
        language=cast(Language, _choice(record, "language", get_args(Language), where)),
        outcome=cast(Outcome, _choice(record, "outcome", get_args(Outcome), where)),
        gold=tuple(_gold(item, where) for item in _list(record, "gold", where)),
        history=tuple(_turn(turn, where) for turn in _list(record, "history", where, [])),
        style=_optional_text(record, "style", where),
        kind=_optional_text(record, "kind", where),
        as_of=_day(record, where),
        split=_optional_text(record, "split", where),
        group=_optional_text(record, "group", where),
        filters=_filters(record, where),
    )
    if question.outcome == "no_basis" and question.gold:
        raise DatasetError(
            where,
            "outcome 为 no_basis 时 gold 应为空",
            "gold must be empty where the outcome is no_basis",
        )
    if len({gold.id for gold in question.gold}) < len(question.gold):
        raise DatasetError(where, "gold 中有重复的条款", "gold names a clause twice")
    return question


def _gold(item: Any, where: str) -> Gold:
    if not isinstance(item, dict):
        raise DatasetError(where, "gold 的每一项应为对象", "each item of gold must be an object")
    grade = item.get("grade")
    if type(grade) is not int or grade not in (1, 2):
        raise DatasetError(where, f"grade 应为 1 或 2：{grade}", f"grade must be 1 or 2: {grade}")
    return Gold(
        document=_text(item, "document", where),
        clause=_text(item, "clause", where),
        grade=grade,
        snippet=_optional_text(item, "snippet", where),
    )


def _turn(turn: Any, where: str) -> str:
    """Return an earlier question, given as a string or as {question}."""
    return _text(turn if isinstance(turn, dict) else {"question": turn}, "question", where)


def _text(record: dict[str, Any], name: str, where: str) -> str:
    value = record.get(name)
    if not isinstance(value, str) or not value.strip():
        raise DatasetError(where, f"{name} 应为非空字符串", f"{name} must be a non-empty string")
    return value


def _optional_text(record: dict[str, Any], name: str, where: str) -> str | None:
    return None if record.get(name) is None else _text(record, name, where)


def _choice(record: dict[str, Any], name: str, allowed: Sequence[str], where: str) -> str:
    value = record.get(name)
    if value not in allowed:
        choices = ", ".join(allowed)
        raise DatasetError(
            where,
            f"{name} 应为 {choices} 之一：{value}",
            f"{name} must be one of {choices}: {value}",
        )
    return cast(str, value)


def _list(
    record: dict[str, Any], name: str, where: str, default: list[Any] | None = None
) -> list[Any]:
    value = default if record.get(name) is None else record[name]
    if not isinstance(value, list):
        raise DatasetError(where, f"{name} 应为数组", f"{name} must be an array")
    return value


def _filters(record: dict[str, Any], where: str) -> Filters:
    value = {} if record.get("filters") is None else record["filters"]
    if not isinstance(value, dict):
        raise DatasetError(where, "filters 应为对象", "filters must be an object")
    try:
        return read_filters(value)
    except ValueError as error:
        chinese, _, english = str(error).partition("\n")
        raise DatasetError(where, f"filters：{chinese}", f"filters: {english}") from error


def _day(record: dict[str, Any], where: str) -> date | None:
    text = _optional_text(record, "as_of", where)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise DatasetError(
            where, f"as_of 应为 YYYY-MM-DD：{text}", f"as_of must be YYYY-MM-DD: {text}"
        ) from error

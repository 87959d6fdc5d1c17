"""The questions that ship: complete, verbatim, and split so that a clause leads in one part only."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import evaluation
from documents.library import read_documents
from documents.normalization import has_han, match_form
from documents.types import Document
from evaluation.datasets import Question, read_questions
from index.tokenization import content_words

DATA = Path(evaluation.__file__).parent / "data" / "questions.jsonl"
SAMPLES = Path(evaluation.__file__).parent.parent / "documents" / "samples"
STYLES = {"lay", "colloquial", "official", "keyword", "slip", "traditional"}
REFUSED = {"uncovered", "near_miss", "other_region", "other_year", "off_topic", "hostile"}


@pytest.fixture(scope="module")
def questions() -> tuple[Question, ...]:
    return read_questions(DATA)


@pytest.fixture(scope="module")
def documents() -> dict[str, Document]:
    return {d.id: d for d in read_documents([SAMPLES]) if isinstance(d, Document)}


def records() -> Iterator[dict[str, Any]]:
    for line in DATA.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def test_every_gold_clause_exists_and_holds_its_snippet(
    questions: tuple[Question, ...], documents: dict[str, Document]
) -> None:
    texts = {(d.id, c.path): c.text for d in documents.values() for c in d.clauses}
    for question in questions:
        for gold in question.gold:
            assert gold.snippet, question.id
            assert gold.snippet in texts[gold.document, gold.clause], (question.id, gold.id)


def test_every_answer_rests_on_a_clause_that_answers(questions: tuple[Question, ...]) -> None:
    for question in questions:
        if question.outcome != "no_basis" and question.kind != "library":
            assert any(gold.grade == 2 for gold in question.gold), question.id


def test_kinds_fit_outcomes(questions: tuple[Question, ...]) -> None:
    for question in questions:
        assert question.style in STYLES, question.id
        assert (question.kind in REFUSED) == (question.outcome == "no_basis"), question.id
        assert question.kind != "follow_up" or question.history, question.id
        assert (question.language == "zh") == has_han(question.question), question.id


def test_the_mix_of_questions(questions: tuple[Question, ...]) -> None:
    assert len(questions) >= 400
    assert sum(q.language == "en" for q in questions) >= 80
    assert sum(q.style == "traditional" for q in questions) >= 10
    assert sum(q.outcome == "no_basis" for q in questions) >= 80
    kinds = Counter(q.kind for q in questions)
    wanted = {"figure": 40, "responsible": 25, "comparison": 12, "two_part": 12, "follow_up": 15}
    assert all(kinds[kind] >= least for kind, least in wanted.items()), kinds
    assert kinds["lost_figure"] + kinds["not_stated"] >= 25 and kinds["library"] >= 10


def test_a_clause_leads_questions_of_one_split_only(questions: tuple[Question, ...]) -> None:
    split_of: dict[str, str | None] = {}
    for question in questions:
        first = next((gold.id for gold in question.gold if gold.grade == 2), None)
        if first:
            assert split_of.setdefault(first, question.split) == question.split, question.id
    parts = Counter(q.split for q in questions)
    assert set(parts) == {"dev", "test"} and parts["test"] > parts["dev"] > 0.35 * len(questions)


def test_paraphrases_share_a_split() -> None:
    split_of: dict[str, str] = {}
    for record in records():
        assert split_of.setdefault(record["group"], record["split"]) == record["split"], record


def test_a_third_of_the_lay_questions_avoid_the_words_of_the_heading(
    questions: tuple[Question, ...], documents: dict[str, Document]
) -> None:
    headings = {
        (d.id, c.path): match_form(c.heading or "") for d in documents.values() for c in d.clauses
    }
    asked = [q for q in questions if q.style in ("lay", "colloquial") and q.language == "zh"]
    lay = [q for q in asked if q.gold]
    apart = 0
    for question in lay:
        words = [word.text for word in content_words(question.question) if len(word.text) > 1]
        leads = [headings[g.document, g.clause] for g in question.gold if g.grade == 2]
        apart += any(leads) and not any(word in heading for word in words for heading in leads)
    assert apart >= len(lay) / 3, (apart, len(lay))

"""Fits the model of ``qa.relevance`` and the threshold of ``qa.outcome``, and tells how good they are.

An example is a clause that is found for a question: its signals, and whether it is gold. The model is
fitted to all of them (``evaluation.logistic``); what it is worth is measured on questions that it was
not fitted to, paraphrases of one need always together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np

from documents.types import Document
from evaluation.answers import unit_qrels
from evaluation.datasets import Question
from evaluation.errors import DatasetError
from evaluation.halves import fill_folds
from evaluation.logistic import Array, Logistic, fit
from evaluation.metrics import mean
from evaluation.questions import find_unit
from evaluation.risk import Judged, trace
from evaluation.tables import format_number
from qa.assistant import PolicyAssistant
from qa.conversation import resolve
from qa.errors import RequestError
from qa.evidence import Evidence
from qa.outcome import LEAST, find_unmentioned
from qa.question import understand
from qa.relevance import BIAS, SIGNALS, WEIGHTS, read_signals
from qa.schema import check_request
from qa.types import Outcome, Request

# Nothing is searched for a question about what the library holds.
STRUCTURAL = "library"
# What a pair of another field counts: there are as many as one likes.
OTHER_IMPORTANCE = 0.2
# Shares of the questions with a clause that one may be ready to refuse.
FALSE_REFUSALS = (0.02, 0.03, 0.05, 0.1)
THRESHOLDS = tuple(round(0.05 * n, 2) for n in range(1, 11))
# The threshold is the highest, of two digits, that refuses no more of them than this.
ACCEPTED = 0.03
CANDIDATES = tuple(round(0.01 * n, 2) for n in range(1, 100))

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A question with the ``signals`` (n, d) of the clauses found for it, and their ``grades`` (n,).

    A grade is that of the gold in the clause's unit, 0 where there is none. ``source`` names the set
    of another field that the question is from.
    """

    id: str
    group: str
    expected: Outcome
    signals: Array
    grades: Array
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Threshold:
    """What comes of refusing where the likeliest clause has less than the probability ``least``.

    ``false_refusals``: the share refused of the questions with a clause; ``refusals``: of those with
    none; ``let_through``: the share of each set of another field that is not refused.
    """

    least: float
    false_refusals: float | None
    refusals: float | None
    let_through: dict[str, float]


@dataclass(frozen=True, slots=True)
class Quality:
    """How good a model is, 0..1; None where undefined.

    ``area``: under the ROC curve of the likeliest clause's probability, questions with a clause
    against those with none. ``refusal_recall``: {share of false refusals: the share of the questions
    with none that can be refused at it}. ``first``: the share of the questions to be answered whose
    likeliest clause has grade 2. ``chosen`` is the threshold at ``ACCEPTED``.
    """

    area: float | None
    refusal_recall: dict[float, float | None]
    first: float | None
    thresholds: tuple[Threshold, ...]
    chosen: Threshold | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """The model ``fitted`` to all cases with its ``cross_validated`` quality, and the one in use."""

    questions: int
    pairs: int
    positives: int
    others: dict[str, int]
    folds: int
    fitted: Logistic
    cross_validated: Quality
    used: Logistic
    used_quality: Quality


# --- cases ----------------------------------------------------------------------------------------


def gather_cases(
    assistant: PolicyAssistant,
    questions: Iterable[Question],
    *,
    progress: Progress = lambda stage, done, total: None,
) -> list[Case]:
    """Ask each question that is searched for, as a whole, and label what is found.

    DatasetError where a gold clause is not in the assistant's library.
    """
    asked = [question for question in questions if question.kind != STRUCTURAL]
    documents = assistant.index.documents
    _check_gold(asked, documents)
    qrels = unit_qrels(asked, lambda id_, clause: find_unit(documents, id_, clause))
    cases = []
    for done, question in enumerate(asked, 1):
        text = resolve(question.question, question.history) or question.question
        request = Request(text, filters=question.filters, as_of=question.as_of)
        evidence = _find(assistant, request)
        units = [f"{e.hit.result.document}::{e.hit.result.clause}" for e in evidence]
        grades = [qrels.get(question.id, {}).get(unit, 0) for unit in units]
        group = question.group or question.id
        cases.append(_case(question.id, group, question.outcome, evidence, grades))
        progress("ask", done, len(asked))
    return cases


def gather_others(
    assistant: PolicyAssistant,
    queries: Sequence[tuple[str, str]],
    *,
    source: str,
    progress: Progress = lambda stage, done, total: None,
) -> list[Case]:
    """Ask the queries (id, text) of another field, for none of which there is a clause."""
    cases = []
    for done, (id_, text) in enumerate(queries, 1):
        evidence = _find(assistant, Request(text))
        grades = [0] * len(evidence)
        cases.append(_case(id_, id_, "no_basis", evidence, grades, source))
        progress(f"ask {source}", done, len(queries))
    return cases


def _case(
    id_: str,
    group: str,
    expected: Outcome,
    evidence: Sequence[Evidence],
    grades: Sequence[int],
    source: str | None = None,
) -> Case:
    signals = [read_signals(item) for item in evidence]
    table = np.array(signals, dtype=float).reshape(-1, len(SIGNALS))
    return Case(id_, group, expected, table, np.array(grades, dtype=float), source)


def _find(assistant: PolicyAssistant, request: Request) -> list[Evidence]:
    """Return the evidence that a question is judged by; none where it is refused before that.

    That is where it is not taken as one, where no document is of its place, or speaks of its subject.
    """
    try:
        check_request(request)
    except RequestError:
        return []
    index = assistant.index
    expansions = index.expansions(request.question)
    text = index.correct(request.question)
    references = index.find_references(text)
    question = understand(text, references=references, expansions=expansions)
    found = assistant.find(question, references, request, request.as_of or date.today())
    elsewhere = found.documents is not None and not found.documents
    if elsewhere or find_unmentioned(question, index, found.documents):
        return []
    return found.evidence


def _check_gold(questions: Iterable[Question], documents: Mapping[str, Document]) -> None:
    for question in questions:
        for gold in question.gold:
            if find_unit(documents, gold.document, gold.clause) is None:
                raise DatasetError(
                    question.id,
                    f"索引中没有条款 {gold.id}，请用 --index 指定含有这些文件的索引",
                    f"the index has no clause {gold.id}; name one of these documents with --index",
                )


# --- the model ------------------------------------------------------------------------------------


def calibrate(cases: Sequence[Case], *, folds: int) -> Calibration:
    """Fit the model to the pairs of ``cases`` and measure it, and the one in use.

    DatasetError where there are no pairs of one label, in all or without one fold, or too few groups.
    """
    own = [case for case in cases if case.source is None]
    sources = dict.fromkeys(case.source for case in cases if case.source is not None)
    used = Logistic(BIAS, WEIGHTS)
    return Calibration(
        questions=len(own),
        pairs=sum(len(case.grades) for case in own),
        positives=sum(int((case.grades >= 1).sum()) for case in own),
        others={name: sum(case.source == name for case in cases) for name in sources},
        folds=folds,
        fitted=train(cases),
        cross_validated=assess(cases, cross_validate(cases, folds=folds)),
        used=used,
        used_quality=assess(cases, [used.predict(case.signals) for case in cases]),
    )


def train(cases: Sequence[Case]) -> Logistic:
    """Return the model fitted to the pairs of ``cases``; DatasetError where one label is missing."""
    counts = [len(case.grades) for case in cases]
    labels = np.concatenate([case.grades for case in cases] or [np.zeros(0)]) >= 1
    if not labels.any() or labels.all():
        which = ("没有找到任何一个答案条款", "no clause that was found is gold")
        if labels.any():
            which = ("找到的条款全是答案条款", "every clause that was found is gold")
        raise DatasetError(
            f"{len(cases)} 题，{len(labels)} 对（questions, pairs）",
            f"{which[0]}，无法拟合；请核对问题与索引是否相配，或增加问题",
            f"{which[1]}, so nothing can be fitted; see that questions and index belong together, "
            "or add questions",
        )
    importance = [1.0 if case.source is None else OTHER_IMPORTANCE for case in cases]
    signals = np.concatenate([case.signals for case in cases])
    return fit(signals, labels.astype(float), np.repeat(importance, counts))


def cross_validate(cases: Sequence[Case], *, folds: int) -> list[Array]:
    """Return the probability of each case's clauses, from the cases outside its fold.

    Our own questions of a group are in one fold; the sets of other fields are divided each for
    itself. DatasetError where there are fewer groups than folds.
    """
    fold = _divide(cases, folds)
    models = [
        train([case for case, its in zip(cases, fold, strict=True) if its != number])
        for number in range(folds)
    ]
    return [models[its].predict(case.signals) for case, its in zip(cases, fold, strict=True)]


def _divide(cases: Sequence[Case], folds: int) -> list[int]:
    """Return the fold of each case."""
    groups: dict[str | None, dict[str, list[str]]] = {}
    for case in cases:
        groups.setdefault(case.source, {}).setdefault(case.group, []).append(case.id)
    own = groups.get(None, {})
    if len(own) < folds:
        raise DatasetError(
            f"--folds {folds}",
            f"问题只有 {len(own)} 组，少于 {folds} 折；请增加问题",
            f"only {len(own)} groups of questions, fewer than {folds} folds; add questions",
        )
    fold = {source: fill_folds(of.values(), folds) for source, of in groups.items()}
    return [fold[case.source][case.id] for case in cases]


# --- measuring ------------------------------------------------------------------------------------


def assess(cases: Sequence[Case], probabilities: Sequence[Array]) -> Quality:
    """Return how well the ``probabilities`` of each case's clauses tell the cases apart."""
    best = [float(found.max(initial=0.0)) for found in probabilities]
    own = [
        Judged(value, case.expected != "no_basis")
        for case, value in zip(cases, best, strict=True)
        if case.source is None
    ]
    of: dict[str, list[float]] = {}
    for case, value in zip(cases, best, strict=True):
        if case.source is not None:
            of.setdefault(case.source, []).append(value)
    points = trace(own).points
    thresholds = {least: _threshold(least, own, of) for least in CANDIDATES}
    accepted = [
        found
        for found in thresholds.values()
        if found.false_refusals is not None and found.false_refusals <= ACCEPTED
    ]
    return Quality(
        area=measure_area(
            [one.confidence for one in own if one.answerable],
            [one.confidence for one in own if not one.answerable],
        ),
        refusal_recall={
            share: max(
                (
                    point.refusal_recall
                    for point in points
                    if point.false_refusals is not None
                    and point.false_refusals <= share
                    and point.refusal_recall is not None
                ),
                default=None,
            )
            for share in FALSE_REFUSALS
        },
        first=mean(_first(case, found) for case, found in zip(cases, probabilities, strict=True)),
        thresholds=tuple(_threshold(least, own, of) for least in sorted({*THRESHOLDS, LEAST})),
        chosen=accepted[-1] if accepted else None,
    )


def measure_area(positives: Sequence[float], negatives: Sequence[float]) -> float | None:
    """Return the area under the ROC curve: the share of pairs of which the positive is the higher.

    Ties count half (J. A. Hanley and B. J. McNeil, Radiology 143, 1982). None without pairs.
    """
    if not positives or not negatives:
        return None
    order = np.sort(negatives)
    below = np.searchsorted(order, positives, "left") + np.searchsorted(order, positives, "right")
    return float(below.sum()) / 2 / len(positives) / len(negatives)


def _threshold(
    least: float, own: Sequence[Judged], others: Mapping[str, Sequence[float]]
) -> Threshold:
    def refused(*, answerable: bool) -> float | None:
        return mean(float(one.confidence < least) for one in own if one.answerable == answerable)

    return Threshold(
        least=least,
        false_refusals=refused(answerable=True),
        refusals=refused(answerable=False),
        let_through={
            name: sum(value >= least for value in values) / len(values)
            for name, values in others.items()
        },
    )


def _first(case: Case, probabilities: Array) -> float | None:
    """Return whether the likeliest clause answers; None where the question has no answer."""
    if case.expected != "answered":
        return None
    return float(len(case.grades) > 0 and case.grades[probabilities.argmax()] == 2)


# --- telling --------------------------------------------------------------------------------------


def write_calibration(found: Calibration) -> dict[str, Any]:
    """Return what was found as JSON objects."""
    models = {"fitted": found.fitted, "used": found.used}
    qualities = {"fitted": found.cross_validated, "used": found.used_quality}
    return {
        "questions": found.questions,
        "pairs": found.pairs,
        "positives": found.positives,
        "others": found.others,
        "folds": found.folds,
        **{
            name: {
                "bias": model.bias,
                "weights": dict(zip(SIGNALS, model.weights, strict=True)),
                "quality": asdict(qualities[name]),
            }
            for name, model in models.items()
        },
    }


def format_calibration(found: Calibration) -> str:
    """Return what was found as text for a terminal, the constants as lines of ``qa/relevance.py``."""
    others = "，".join(f"{name} {count}" for name, count in found.others.items()) or "-"
    return "\n".join(
        [
            f"问题（questions）{found.questions}，条款（clauses）{found.pairs}，"
            f"其中答案（gold）{found.positives}",
            f"其他领域的问题（other fields）：{others}",
            "",
            *_constants(found.fitted),
            *_least(found.cross_validated.chosen),
            "",
            f"{found.folds} 折交叉检验（cross-validated, {found.folds} folds）",
            *_quality(found.cross_validated),
            "",
            "现用的常数（the constants in use）",
            *_constants(found.used),
            f"LEAST = {LEAST}",
            *_quality(found.used_quality),
        ]
    )


def _constants(model: Logistic) -> list[str]:
    weights = ", ".join(f"{weight:.3f}" for weight in model.weights)
    return [f"BIAS = {model.bias:.2f}", f"WEIGHTS = ({weights})  # {', '.join(SIGNALS)}"]


def _least(chosen: Threshold | None) -> list[str]:
    """Return the threshold as a line of ``qa/outcome.py``."""
    if chosen is None:
        return [f"LEAST: -（没有合适的；none with at most {ACCEPTED:.0%} of false refusals）"]
    return [f"LEAST = {chosen.least}"]


def _quality(quality: Quality) -> list[str]:
    recall = "，".join(
        f"{format_number(value)} @ {share:.0%}" for share, value in quality.refusal_recall.items()
    )
    chosen = [quality.chosen] if quality.chosen else []
    # Each threshold once, in its place.
    columns = sorted({one.least: one for one in (*quality.thresholds, *chosen)}.items())
    rows = {
        "阈值（threshold）": [f"{least:.2f}" for least, _ in columns],
        "误拒（false refusals）": [format_number(one.false_refusals) for _, one in columns],
        "应拒且拒（refused, no clause）": [format_number(one.refusals) for _, one in columns],
    }
    for name in columns[0][1].let_through:
        rows[f"放行（let through）{name}"] = [
            format_number(one.let_through[name]) for _, one in columns
        ]
    return [
        f"ROC 曲线下面积（area under the ROC curve）{format_number(quality.area)}",
        f"拒答召回率 @ 误拒率（refusal recall @ false refusals）{recall}",
        f"首条即答案（likeliest clause answers）{format_number(quality.first)}",
        *("".join(f"{cell:>7}" for cell in cells) + f"  {name}" for name, cells in rows.items()),
    ]

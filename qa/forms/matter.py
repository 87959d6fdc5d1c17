"""A question about a matter, answered by the clauses that the search found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from documents.metadata import display_title
from documents.types import Document
from qa.drafts import Draft, Line, Reason
from qa.evidence import Evidence
from qa.labels import format_label, format_title
from qa.outcome import Verdict
from qa.passages import Passage
from qa.phrases import join, list_departments, phrase
from qa.question import FIGURES, Question
from qa.types import Fact, Form, Frame

# Nearest clauses that are told where there is no basis, and how near they must be to name the office
# of the field: so many deviations above questions on nothing that the library holds.
_NEAREST = 3
_FIELD = 2.5


def draft(
    question: Question,
    verdict: Verdict,
    evidence: Sequence[Evidence],
    library: Mapping[str, Document],
) -> Draft:
    """Return the answer that ``verdict`` stands for; ``evidence`` is all that was found."""
    if verdict.outcome == "no_basis":
        return _refusal(question, verdict, evidence, library)
    passages = tuple(item.passage for item in verdict.evidence)
    return Draft(
        form=_form(question),
        outcome=verdict.outcome,
        passages=passages,
        lines=(_opening(question, verdict), *_head(question, verdict), *list_passages(passages)),
        reason=verdict.reason,
        confidence=verdict.confidence,
    )


def list_passages(passages: Sequence[Passage]) -> list[Line]:
    """Return the quotes under the titles of their documents, documents by their best passage."""
    first: dict[str, int] = {}
    for position, passage in enumerate(passages):
        first.setdefault(passage.document.id, position)
    order = sorted(range(len(passages)), key=lambda i: (first[passages[i].document.id], i))
    lines = []
    for _, group in groupby(order, key=lambda i: passages[i].document.id):
        positions = list(group)
        metadata = passages[positions[0]].document.metadata
        title = metadata.title or passages[positions[0]].document.id
        lines.append(Line(format_title(title, metadata.number)))
        lines.extend(Line(passages=(position,), quote=True) for position in positions)
    return lines


def explain(reason: Reason, frame: Frame, library: Mapping[str, Document]) -> str:
    """Return why there is no full answer."""
    places = dict.fromkeys(d.metadata.region for d in library.values() if d.metadata.region)
    return phrase(reason, frame, places=join(places, frame))


def _form(question: Question) -> Form:
    if question.kind in FIGURES:
        return "figure"
    if question.kind in ("responsible", "definition", "yes_no"):
        return question.kind
    return "passages"


def _opening(question: Question, verdict: Verdict) -> Line:
    why = phrase(verdict.reason, question.frame) if verdict.reason else ""
    return Line(phrase(verdict.outcome, question.frame, n=len(verdict.evidence), why=why))


def _head(question: Question, verdict: Verdict) -> list[Line]:
    """Return what answers in a line: the figure, the departments, or how to read the quotes."""
    if verdict.outcome != "answered":
        return []
    frame = question.frame
    if question.kind == "responsible":
        return [
            Line(list_departments(item.passage.departments, frame), (i,))
            for i, item in enumerate(verdict.evidence)
            if item.passage.departments
        ][:1]
    if question.kind in FIGURES:
        return [
            Line(_tell_figure(item.passage.figure, frame), (i,))
            for i, item in enumerate(verdict.evidence)
            if item.passage.figure
        ][:1]
    if question.kind == "yes_no":
        return [Line(phrase("judge", frame))]
    return []


def _tell_figure(figure: Fact, frame: Frame) -> str:
    """Return the figure with what it is and of which year, where its clause tells."""
    meanings = {"goal": "goal", "ceiling": "most", "present": "present"}
    what = [phrase(meanings[figure.meaning], frame)] if figure.meaning else []
    if figure.year:
        what.append(phrase("in_year", frame, year=figure.year))
    about = phrase("about", frame, what=join(what, frame)) if what else ""
    return phrase("figure", frame, text=figure.text, about=about)


def _refusal(
    question: Question,
    verdict: Verdict,
    evidence: Sequence[Evidence],
    library: Mapping[str, Document],
) -> Draft:
    frame = question.frame
    reason = verdict.reason or "matter"
    titles = (display_title(d.metadata.title or d.id) for d in library.values())
    why = explain(reason, frame, library)
    if verdict.subjects:
        why = phrase("never_said", frame, subjects=join(verdict.subjects, frame))
    lines = [Line(phrase("no_basis", frame, why=why))]
    if library:
        lines.append(Line(phrase("covers", frame, titles=join(titles, frame))))
    nearest = tuple(item.passage for item in evidence[:_NEAREST])
    if nearest:
        clauses = (
            # Without the full stop of 42., which would meet the sentence's own.
            display_title(p.document.metadata.title or p.document.id)
            + format_label(p.clause.path).rstrip(".")
            for p in nearest
        )
        lines.append(
            Line(phrase("nearest", frame, clauses=("; " if frame == "en" else "；").join(clauses)))
        )
        near = [e.passage for e in evidence[:1] if e.hit.nearness >= _FIELD]
        offices = [d.name for p in near for d in p.departments if d.role != "support"]
        if offices:
            lines.append(Line(phrase("office", frame, names=join(dict.fromkeys(offices), frame))))
    return Draft(
        form="passages",
        outcome="no_basis",
        lines=tuple(lines),
        reason=reason,
        why=why,
        confidence=verdict.confidence,
        nearest=nearest,
    )

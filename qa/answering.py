"""Verdict -> the words of the answer, in the language of the question; quotes stay as they stand.

Extractive: whatever is said of the matter is a quote. The words around it come from the catalogue
below.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from documents.metadata import display_title
from documents.types import Department, Document
from qa.labels import format_title
from qa.outcome import Reason, Verdict
from qa.phrases import TEXTS, phrase
from qa.question import Question
from qa.types import Citation, Frame, Notice


def compose(
    question: Question,
    verdict: Verdict,
    citations: Sequence[Citation],
    library: Mapping[str, Document],
) -> str:
    """Return the answer: every quote with its [n], grouped by document, ending with 以原文为准."""
    language = question.frame
    why = explain(verdict.reason, language, library) if verdict.reason else ""
    opening = phrase(verdict.outcome, language, n=len(citations), why=why)
    if verdict.outcome == "no_basis":
        titles = "、".join(display_title(d.metadata.title or d.id) for d in library.values())
        covers = phrase("covers", language, titles=titles)
        return f"{opening}\n{covers}\n\n{phrase('prevails', language)}"
    parts = [opening]
    for _, group in groupby(by_document(citations), key=lambda item: item[1].document):
        cited = list(group)
        parts.append(format_title(cited[0][1].title, cited[0][1].number))
        parts.extend(_quote(number, citation, language) for number, citation in cited)
    return "\n\n".join([*parts, phrase("prevails", language)])


def by_document(citations: Sequence[Citation]) -> list[tuple[int, Citation]]:
    """Return (n, citation) with those of one document together, documents by their best citation."""
    first: dict[str, int] = {}
    for number, citation in enumerate(citations):
        first.setdefault(citation.document, number)
    numbered = list(enumerate(citations, 1))
    return sorted(numbered, key=lambda item: (first[item[1].document], item[0]))


def _quote(number: int, citation: Citation, language: Frame) -> str:
    lines = [f"{citation.label} “{citation.quote}” [{number}]"]
    if citation.departments:
        names = _departments(citation.departments, language)
        lines.append(f"{phrase('departments', language)}：{names}")
    return "\n".join(lines)


def _departments(departments: Iterable[Department], language: Frame) -> str:
    """Return the departments by role (牵头：…；负责：…)."""
    roles: dict[str, list[str]] = {}
    for department in departments:
        roles.setdefault(department.role, []).append(department.name)
    return "；".join(
        f"{phrase(role, language)} {'、'.join(names)}" for role, names in roles.items()
    )


def explain(reason: Reason, language: Frame, library: Mapping[str, Document]) -> str:
    """Return why there is no full answer."""
    places = dict.fromkeys(d.metadata.region for d in library.values() if d.metadata.region)
    return phrase(reason, language, places="、".join(places))


def give_notices(
    question: Question,
    verdict: Verdict,
    citations: Sequence[Citation],
    library: Mapping[str, Document],
) -> list[Notice]:
    """Return what must be known beside the answer: why it is not full, and each text's validity."""
    language = question.frame
    notices = []
    if verdict.reason:
        main = citations[0] if citations else None
        notices.append(
            Notice(
                code=verdict.reason,
                text=explain(verdict.reason, language, library),
                document=main.document if main else None,
                clause=main.clause if main else None,
            )
        )
    for document, citation in {c.document: c for c in citations}.items():
        codes: list[str] = [citation.status] if citation.status in TEXTS else []
        if library[document].metadata.explains:
            codes.append("secondary")
        for code in codes:
            text = phrase(code, language, title=display_title(citation.title))
            notices.append(Notice(code, text, document))
    for citation in citations:
        notices.extend(_damage(citation, library[citation.document], language))
    return notices


def _damage(citation: Citation, document: Document, language: Frame) -> Iterator[Notice]:
    """Yield a notice for every place inside the quote that is damaged, or was hardly legible."""
    for defect in document.clause(citation.clause).defects:
        if citation.start < defect.end and defect.start < citation.end:
            code = "doubtful" if defect.kind == "ocr_doubt" else "damaged"
            text = phrase(code, language, label=citation.label, text=defect.text)
            yield Notice(code, text, citation.document, citation.clause)

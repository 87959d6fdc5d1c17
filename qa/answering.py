"""Drafts -> the words of the answer, in the language of the question; quotes stay as they stand.

Extractive: whatever is said of the matter is a quote. The words around it come from ``qa.phrases``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from documents.metadata import display_title
from documents.types import Document
from documents.validity import find_repealer
from index.types import Expansion, Hit
from qa.drafts import Draft, Line
from qa.forms.matter import explain
from qa.labels import format_label, format_title
from qa.passages import Passage
from qa.phrases import TEXTS, list_departments, phrase
from qa.question import Question
from qa.types import Citation, Fact, Frame, Notice, Outcome, Part, Pointer

# A passage by document, start and end.
Key = tuple[str, int, int]

# Tags, what looks like a citation's [n], what controls a terminal or the direction of writing.
_FOREIGN = re.compile(
    r"<[^<>]*>|[<>{}\[\]]|[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One question with its draft; ``label`` names the side of a comparison that it is.

    ``hits`` are what the search returned, ``expansions`` what it also looked for.
    """

    question: Question
    draft: Draft
    hits: tuple[Hit, ...] = ()
    expansions: tuple[Expansion, ...] = ()
    label: str | None = None


def merge(answers: Sequence[Answer]) -> list[Passage]:
    """Return the passages of all answers, each once: the best of every one, then the next best."""
    most = max((len(answer.draft.passages) for answer in answers), default=0)
    found: dict[Key, Passage] = {}
    for place in range(most):
        for answer in answers:
            for passage in answer.draft.passages[place : place + 1]:
                found.setdefault(_span(passage), passage)
    return list(found.values())


def by_document(citations: Sequence[Citation]) -> list[tuple[int, Citation]]:
    """Return (n, citation) with those of one document together, documents by their best citation."""
    first: dict[str, int] = {}
    for number, citation in enumerate(citations):
        first.setdefault(citation.document, number)
    numbered = list(enumerate(citations, 1))
    return sorted(numbered, key=lambda item: (first[item[1].document], item[0]))


def judge_parts(answers: Sequence[Answer]) -> Outcome:
    """Return the outcome of all together: partial where only some are answered."""
    outcomes = {answer.draft.outcome for answer in answers}
    return outcomes.pop() if len(outcomes) == 1 else "partial"


def compose(answers: Sequence[Answer], citations: Sequence[Citation]) -> str:
    """Return the answer: the parts in order, every quote with its [n], 以原文为准 at the end."""
    frame = answers[0].question.frame
    paragraphs: list[str] = []
    for answer in answers:
        if len(answers) > 1:
            name = answer.label or _plain(answer.question.text)
            paragraphs.append(phrase("part", frame, name=name))
        paragraphs.extend(_paragraphs(answer, citations))
    return "\n\n".join([*paragraphs, phrase("prevails", frame)])


def list_parts(answers: Sequence[Answer], citations: Sequence[Citation]) -> tuple[Part, ...]:
    """Return what each part came to, with the numbers of its citations."""
    numbers = _numbers(citations)
    return tuple(
        Part(
            answer.question.text,
            answer.draft.form,
            answer.draft.outcome,
            answer.label,
            _tell(answer, numbers),
            tuple(numbers[_span(passage)] for passage in answer.draft.passages),
        )
        for answer in answers
    )


def point(passages: Sequence[Passage]) -> tuple[Pointer, ...]:
    """Return what a reader needs to look the passages' clauses up."""
    return tuple(
        Pointer(
            p.document.id,
            p.document.metadata.title or p.document.id,
            p.document.metadata.number,
            p.clause.path,
            format_label(p.clause.path),
        )
        for p in passages
    )


def _plain(text: str) -> str:
    """Return a question as it is repeated in an answer: nothing in it can be taken for ours."""
    return _FOREIGN.sub("", text)


def _paragraphs(answer: Answer, citations: Sequence[Citation]) -> Iterator[str]:
    numbers = _numbers(citations)
    for line in answer.draft.lines:
        if line.quote:
            number = numbers[_span(answer.draft.passages[line.passages[0]])]
            yield _quote(citations[number - 1], f"[{number}]", answer.question)
        else:
            yield _say(line, answer.draft, numbers)


def _say(line: Line, draft: Draft, numbers: Mapping[Key, int]) -> str:
    marks = "".join(f"[{numbers[_span(draft.passages[position])]}]" for position in line.passages)
    return f"{line.text} {marks}".strip()


def _tell(answer: Answer, numbers: Mapping[Key, int]) -> str:
    """Return what a part says beside the quotes and the titles above them."""
    draft = answer.draft
    metadata = {passage.document.id: passage.document.metadata for passage in draft.passages}
    titles = {format_title(m.title or id, m.number) for id, m in metadata.items()}
    lines = (line for line in draft.lines if not line.quote and line.text not in titles)
    return "\n".join(_say(line, draft, numbers) for line in lines)


def _quote(citation: Citation, marks: str, question: Question) -> str:
    frame = question.frame
    lines = [f"{citation.label} “{citation.quote}” {marks}"]
    if citation.translation:
        lines.append(citation.translation)
    if question.kind == "support":
        lines.extend(_list_facts(citation.facts, frame))
    if citation.departments:
        names = list_departments(citation.departments, frame)
        lines.append(f"{phrase('departments', frame)}：{names}")
    return "\n".join(lines)


def _list_facts(facts: Sequence[Fact], frame: Frame) -> Iterator[str]:
    """Yield a line for each kind of fact: what is given at most, to whom, until when."""
    for kind in ("ceiling", "condition", "deadline"):
        texts = dict.fromkeys(f"“{fact.text}”" for fact in facts if fact.kind == kind)
        if texts:
            yield f"{phrase(kind, frame)}：{'；'.join(texts)}"


def _numbers(citations: Sequence[Citation]) -> dict[Key, int]:
    return {(c.document, c.start, c.end): number for number, c in enumerate(citations, 1)}


def _span(passage: Passage) -> Key:
    return passage.document.id, passage.start, passage.end


def give_notices(
    answers: Sequence[Answer], citations: Sequence[Citation], library: Mapping[str, Document]
) -> list[Notice]:
    """Return what must be known beside the answer: why it is not full, and each text's validity."""
    frame = answers[0].question.frame
    notices = [_reason(answer, library) for answer in answers if answer.draft.reason]
    for document, citation in {c.document: c for c in citations}.items():
        title = display_title(citation.title)
        if citation.status in TEXTS:
            text = phrase(citation.status, frame, title=title)
            if citation.status == "repealed":
                # On some day: that it is the case on the day asked is what the status says.
                repealer = find_repealer(library[document], library.values(), date.max)
                if repealer:
                    metadata = repealer.metadata
                    by = format_title(metadata.title or repealer.id, metadata.number)
                    text = phrase("repealed_by", frame, title=title, by=by)
            notices.append(Notice(citation.status, text, document))
        if library[document].metadata.explains:
            notices.append(Notice("secondary", phrase("secondary", frame, title=title), document))
    for citation in citations:
        notices.extend(_damage(citation, library[citation.document], frame))
    return list(dict.fromkeys(notices))


def _reason(answer: Answer, library: Mapping[str, Document]) -> Notice:
    reason = answer.draft.reason or "matter"
    first = next(iter(answer.draft.passages), None)
    return Notice(
        code=reason,
        text=answer.draft.why or explain(reason, answer.question.frame, library),
        document=first.document.id if first else None,
        clause=first.clause.path if first else None,
    )


def _damage(citation: Citation, document: Document, frame: Frame) -> Iterator[Notice]:
    """Yield a notice for every place inside the quote that is damaged, or was hardly legible."""
    for defect in document.clause(citation.clause).defects:
        if citation.start < defect.end and defect.start < citation.end:
            code = "doubtful" if defect.kind == "ocr_doubt" else "damaged"
            text = phrase(code, frame, label=citation.label, text=defect.text)
            yield Notice(code, text, citation.document, citation.clause)

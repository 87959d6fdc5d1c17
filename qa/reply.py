"""The answer as an operator reads it out: one sentence that says it, one more, then the basis.

The first sentence has at most 60 characters, the whole at most 200. Nothing is put in other words:
a sentence too long is cut at its commas, to the stretch that holds most of what was asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from documents.normalization import match_form
from index.windows import split_sentences
from qa.answering import Answer
from qa.labels import format_title
from qa.passages import Passage
from qa.phrases import phrase
from qa.question import Question
from qa.types import Citation, Frame

MAX_FIRST = 60
MAX_REPLY = 200
_SEGMENT = re.compile(r"[^，；。！？,;\n]+[，；。！？,;\n]*")
_PAIR = 2
_TITLE = re.compile(r"《[^《》]*(?:《[^《》]*》[^《》]*)*》")
# Forms whose first line says it; of the others a quote does.
_TOLD = frozenset({"validity", "library", "duties", "outline"})


def compose_reply(answers: Sequence[Answer], citations: Sequence[Citation]) -> str:
    """Return what is read out: at most 200 characters, 以原文为准 at the end."""
    frame = answers[0].question.frame
    prevails = phrase("prevails", frame)
    basis = _basis(citations, frame, MAX_REPLY - MAX_FIRST - len(prevails))
    spoken: list[str] = []
    room = MAX_REPLY - len(basis) - len(prevails)
    for answer in answers:
        sentence = _say(answer, MAX_FIRST)
        if len(sentence) <= room:
            spoken.append(sentence)
            room -= len(sentence)
    return "".join([*spoken, basis, prevails])


def _say(answer: Answer, limit: int) -> str:
    """Return the draft in one sentence of at most ``limit`` characters."""
    draft, frame = answer.draft, answer.question.frame
    label = f"{answer.label}：" if answer.label else ""
    if draft.outcome != "answered" or draft.form in _TOLD:
        space = " " if frame == "en" else ""
        room = limit - len(space)
        told = draft.lines[0].text
        if draft.outcome == "partial" and draft.form not in _TOLD and draft.reason:
            told = phrase("partial_said", frame, why=phrase(draft.reason, frame)).strip()
        return _cut(label + _shorten(told, frame, room), room) + space
    room = limit - len(label) - len(phrase("says", frame, text=""))
    return label + phrase(
        "says", frame, text=choose_stretch(answer.question, draft.passages[0], room)
    )


def choose_stretch(question: Question, passage: Passage, limit: int) -> str:
    """Return the stretch of whole segments of the quote that holds most of the question's words.

    At most ``limit`` characters; where the best segment alone is longer, its beginning and 「…」.
    """
    text = passage.document.clean
    pieces = [
        (a + m.start(), a + m.end())
        for a, b in split_sentences(text, passage.start, passage.end)
        for m in _SEGMENT.finditer(text[a:b])
    ]
    asked = _pairs(match_form(question.text)) | {
        f for w in question.words for f in w.forms + w.official
    }
    scores = [_score(asked, match_form(text[a:b])) for a, b in pieces]
    if passage.figure:
        start = passage.figure.start
        scores = [s + 100 * (a <= start < b) for s, (a, b) in zip(scores, pieces, strict=True)]
    best = max(range(len(pieces)), key=scores.__getitem__)
    first = last = best
    while True:
        left = scores[first - 1] if first else -1.0
        right = scores[last + 1] if last + 1 < len(pieces) else -1.0
        grown = [(left, first - 1, last), (right, first, last + 1)]
        fits = [g for g in grown if g[0] >= 0 and pieces[g[2]][1] - pieces[g[1]][0] <= limit]
        if not fits:
            break
        _, first, last = max(fits)
    return _cut(" ".join(text[pieces[first][0] : pieces[last][1]].split()), limit)


def _basis(citations: Sequence[Citation], frame: Frame, limit: int) -> str:
    """Return what the answer rests on in at most ``limit`` characters: of a long title a part."""
    if not citations:
        return ""
    first = citations[0]
    status = phrase(f"status_{first.status}", frame)
    more = phrase("more", frame, n=len(citations)) if len(citations) > 1 else ""
    room = limit - len(phrase("basis", frame, name="", more=more, status=status))
    label = _cut(first.label, room // 2)
    title = _cut(format_title(first.title, first.number), room - len(label))
    return phrase("basis", frame, name=title + label, more=more, status=status)


def _shorten(text: str, frame: Frame, limit: int) -> str:
    """Return ``text`` with 该文件 for titles where it is too long: the basis names them in full."""
    return text if len(text) <= limit else _TITLE.sub(phrase("document", frame), text)


def _score(asked: set[str], form: str) -> float:
    return float(sum(pair in form for pair in asked))


def _pairs(form: str) -> set[str]:
    return {form[i : i + _PAIR] for i in range(len(form) - 1)}


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"

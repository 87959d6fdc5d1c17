"""What is asked of a matter (a figure, a date, a body, a procedure), and whether clauses state it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from documents.normalization import has_han, match_form
from index.windows import split_sentences
from qa.drafts import Reason
from qa.evidence import MAX_QUOTE, Evidence
from qa.facts import choose_figure, find_dates, find_figures
from qa.passages import Passage, take
from qa.question import FIGURES, Question
from qa.relevance import judge
from qa.types import Fact

# Clauses that are this share as likely as the best one may state what it does not.
_REACH = 0.4
# And those of them that are this share as likely are on the matter, so that a gap of theirs is told.
_MAIN = 0.8

_DUTY = re.compile(
    r"(?:厅|局|委|部|办|院|政府|小组|中心|办公室|部门|单位|机构|公司|协会)[^，。；]{0,16}(?:负责|牵头|起草|制定|主管|审批|认定|组织|承担)"
    r"|(?:由|设在|会同|负责单位|责任单位|牵头单位)[^，。；]{0,12}(?:厅|局|委|部|办|院|政府|中心|部门)|负责"
)
_PROCEDURE = re.compile(r"材料|申报|申请|提交|提出|手续|流程|程序|受理|登记|报送|备案|窗口|办理")


def state(
    question: Question, basis: Sequence[Evidence], found: Sequence[Evidence]
) -> tuple[list[Evidence], Reason | None]:
    """Return the evidence for what is asked of the matter, and why it is not stated, if it is not.

    ``basis`` is what would be cited, likeliest first, ``found`` all that is on the matter. Quotes are
    moved to the figure that was asked for.
    """
    if question.kind in FIGURES:
        return _state_figure(question, basis, found)
    main = [e for e in basis if judge(e) >= _MAIN * judge(basis[0])]
    if question.kind == "responsible":
        stated = any(e.passage.departments or _DUTY.search(_body(e)) for e in main)
    elif question.kind == "procedure":
        stated = any(_PROCEDURE.search(_body(e)) for e in main)
    else:
        stated = True
    return list(basis), None if stated else "not_stated"


def _state_figure(
    question: Question, basis: Sequence[Evidence], found: Sequence[Evidence]
) -> tuple[list[Evidence], Reason | None]:
    if question.kind == "ceiling" and _lost_number(basis[0]):
        # Other figures may stand there; the one that was asked for does not.
        return list(basis), "source_lost"
    asked = match_form(question.text) if has_han(question.text) else question.text.lower()
    stated = [told for e in basis if (told := _quote_figure(asked, question, e))]
    if stated:
        return stated, None
    if any(_lost_number(e) for e in basis if judge(e) >= _MAIN * judge(basis[0])):
        return list(basis), "source_lost"
    likely = [e for e in found if judge(e) >= _REACH * judge(basis[0])]
    stated = [told for e in likely if (told := _quote_figure(asked, question, e))]
    return (stated, None) if stated else (list(basis), "not_stated")


def _quote_figure(asked: str, question: Question, evidence: Evidence) -> Evidence | None:
    """Return the evidence with the figure asked for in its quote; None where the unit has none."""
    passage = evidence.passage
    spans = sorted(evidence.hit.spans, key=lambda span: not span[0] <= passage.start < span[1])
    for start, end in spans:
        text = passage.document.clean[start:end]
        facts = find_dates(text) if question.kind == "date" else find_figures(text)
        fact = choose_figure(asked, facts, text)
        if fact is not None:
            return replace(evidence, passage=_show(passage, start, (start, end), fact))
    return None


def _show(passage: Passage, offset: int, span: tuple[int, int], fact: Fact) -> Passage:
    """Return ``passage`` extended, or moved, to hold the fact as its figure."""
    first, last = offset + fact.start, offset + fact.end
    start, end = passage.start, passage.end
    if not (start <= first and last <= end):
        sentences = split_sentences(passage.document.clean, *span)
        a, b = next(((a, b) for a, b in sentences if a <= first < b), (first, last))
        b = max(b, last)
        joined = min(a, start), max(b, end)
        near = joined[1] - joined[0] <= MAX_QUOTE and span[0] <= start < span[1]
        start, end = joined if near else (a, b)
    moved = take(passage.document, start, end, score=passage.score)
    return replace(moved, figure=replace(fact, start=first, end=last))


def _lost_number(evidence: Evidence) -> bool:
    passage = evidence.passage
    return any(
        defect.kind == "missing_number"
        and passage.start <= defect.start
        and defect.end <= passage.end
        for defect in passage.clause.defects
    )


def _body(evidence: Evidence) -> str:
    """Return the match form of the quote without the clause's own number."""
    marker = evidence.passage.clause.marker
    quote = evidence.passage.quote
    return match_form(quote.removeprefix(marker) if marker else quote)

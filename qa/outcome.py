"""Answered, partial or no basis: decided before anything is said, by rules over the evidence.

- The place asked about: documents of that place, of a level above it or of a place inside it.
- What is named (a 文号, a title): only a clause that names it is about it.
- The year asked about: named in the clause, or within the document's own validity.
- The matter asked about: the likeliest clause is likely enough (``qa.relevance``).
- What is asked of it: a figure, a date, a responsible body must be in the quoted text, and not be
  one that the source lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from documents.normalization import match_form
from documents.regions import Region, named_region
from documents.types import Document
from index.windows import split_sentences
from qa.drafts import Reason
from qa.evidence import Evidence, cover
from qa.question import FIGURES, Question
from qa.relevance import judge, select
from qa.types import Outcome

# The probability that the likeliest clause must have: chosen on the dev questions by the curve that
# ``python -m evaluation answers --curve`` draws (evaluation/README.md).
LEAST = 0.16
# Clauses that are this share as likely as the best one are where the figure may stand.
_MAIN = 0.8


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome, the evidence that it rests on, and why it is not ``answered``.

    ``confidence`` is the probability that the likeliest clause belongs to an answer.
    """

    outcome: Outcome
    evidence: tuple[Evidence, ...]
    reason: Reason | None = None
    confidence: float = 0.0


def documents_for(question: Question, library: Mapping[str, Document]) -> frozenset[str] | None:
    """Return the ids of the documents that the question's places leave; None where it names none.

    National documents apply everywhere. A place inside another answers for it in part, so both
    directions count here; a filter by place is stricter.
    """
    if not question.places:
        return None
    return frozenset(
        document.id
        for document in library.values()
        if any(document.metadata.level == "国家" or is_of(document, p) for p in question.places)
    )


def is_of(document: Document, place: Iterable[Region]) -> bool:
    """Whether ``document`` is of ``place``, of a place above it or of one inside it."""
    name = document.metadata.region
    region = named_region(match_form(name)) if name else None
    return region is not None and any(
        region.covers(reading) or reading.covers(region) for reading in place
    )


def decide(question: Question, evidence: Sequence[Evidence]) -> Verdict:
    """Return the verdict on ``evidence``, which is in the order of the search."""
    if not evidence:
        return Verdict("no_basis", (), "matter")
    meant = [e for e in evidence if not any(w.required and w not in e.held for w in e.weights)]
    if not meant:
        return Verdict("no_basis", (), "named")
    basis = select(meant, listing=question.kind in ("support", "other"))
    confidence = judge(basis[0])
    if confidence < LEAST:
        return Verdict("no_basis", (), "matter", confidence)
    dated = [e for e in basis if all(_covers_year(question, e, year) for year in question.years)]
    if not dated:
        return Verdict("no_basis", (), "year", confidence)
    missing = _missing(question, dated)
    return Verdict("partial" if missing else "answered", tuple(dated), missing, confidence)


def _covers_year(question: Question, evidence: Evidence, year: int) -> bool:
    """Whether the clause names the year, or applies in it where no figure of the year is asked."""
    text = "\n".join(evidence.passage.document.clean[a:b] for a, b in evidence.hit.spans)
    if str(year) in match_form(text):
        return True
    if question.kind in FIGURES - {"date"}:
        return False
    metadata = evidence.passage.document.metadata
    first, last = metadata.effective or metadata.written, metadata.expires
    if first and last and first.year <= year <= last.year:
        return True
    return str(year) in match_form(metadata.title or "") or bool(first and first.year == year)


# --- what is asked of the matter ------------------------------------------------------------------

_DUTY = re.compile(
    r"(?:厅|局|委|部|办|院|政府|小组|中心|办公室|部门|单位|机构|公司|协会)[^，。；]{0,16}(?:负责|牵头|起草|制定|主管|审批|认定|组织|承担)"
    r"|(?:由|设在|会同|负责单位|责任单位|牵头单位)[^，。；]{0,12}(?:厅|局|委|部|办|院|政府|中心|部门)|负责"
)
_PROCEDURE = re.compile(r"材料|申报|申请|提交|提出|手续|流程|程序|受理|登记|报送|备案|窗口|办理")
_NUMBER = re.compile(
    r"\d|[一二三四五六七八九十两][一二三四五六七八九十百千万亿两]*"
    r"(?:个|家|项|座|倍|成|年|月|日|元|人|%|％)|百分之"
)
_MONEY = re.compile(
    r"\d[\d.,，]*\s*(?:元|万元|亿元|万|亿|%|％)|[一二三四五六七八九十两百千][一二三四五六七八九十百千万亿]*元|百分之"
)
_DATE = re.compile(r"\d{2,4}\s*年|\d+\s*(?:个月|日|天|年)|之日起|[一二两三四五六七八九十]+年")


def _missing(question: Question, basis: Sequence[Evidence]) -> Reason | None:
    """Return why the basis does not hold what is asked, None where it does."""
    main = [e for e in basis if judge(e) >= _MAIN * judge(basis[0])]
    if question.kind == "responsible":
        stated = any(e.passage.departments or _DUTY.search(match_form(_body(e))) for e in main)
        return None if stated else "not_stated"
    if question.kind == "procedure":
        stated = any(_PROCEDURE.search(match_form(_body(e))) for e in main)
        return None if stated else "not_stated"
    if question.kind not in FIGURES:
        return None
    if question.kind == "ceiling" and _lost_number(main[0]):
        # Other figures may stand there; the one that was asked for does not.
        return "source_lost"
    pattern = {"date": _DATE, "money": _MONEY}.get(question.kind, _NUMBER)
    if any(_states(e, pattern) for e in main):
        return None
    return "source_lost" if any(map(_lost_number, main)) else "not_stated"


def _states(evidence: Evidence, pattern: re.Pattern[str]) -> bool:
    """Whether a sentence of the quote that holds the weightiest word also holds the pattern."""
    body = _body(evidence)
    sentences = [body[a:b] for a, b in split_sentences(body, 0, len(body))]
    if not evidence.held:
        return any(pattern.search(sentence) for sentence in sentences)
    key = max(evidence.held, key=evidence.held.__getitem__)
    about = [s for s in sentences if cover({key: 1.0}, match_form(s))]
    return any(pattern.search(sentence) for sentence in about or sentences)


def _lost_number(evidence: Evidence) -> bool:
    return any(
        defect.kind == "missing_number"
        and evidence.passage.start <= defect.start
        and defect.end <= evidence.passage.end
        for defect in evidence.passage.clause.defects
    )


def _body(evidence: Evidence) -> str:
    """Return the quote without the clause's own number."""
    marker = evidence.passage.clause.marker
    return evidence.passage.quote.removeprefix(marker) if marker else evidence.passage.quote

"""Answered, partial or no basis: decided before anything is said, by rules over the evidence.

- The place asked about: documents of that place, of a level above it or of a place inside it.
- The year asked about: named in the clause, or within the document's own validity.
- The matter asked about: the clause holds enough of the question's content words.
- What is asked of it: a figure, a date, a responsible body must be in the quoted text, and not be
  one that the source lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from documents.normalization import match_form
from documents.regions import Region, named_region
from documents.types import Document
from index.windows import split_sentences
from qa.evidence import Evidence, cover
from qa.question import Question
from qa.types import Outcome

# The weighted share of the question's words that a clause must hold. Of questions about other fields,
# which must all be refused, it lets 2 in 100 through (evaluation/LOG.md).
MIN_COVERAGE = 0.35
# A question of few words is about its weightiest one; a clause without it must hold this much else.
MIN_COVERAGE_WITHOUT = 0.55
_FEW_WORDS = 3
# A clause that both sides rank first may hold less: other words for the same matter.
MIN_COVERAGE_AGREED = 0.20
# Further clauses are cited when they hold the best one's weightiest word and this share of what it
# holds.
_RELATIVE_COVERAGE = 0.5
# This share of its score: of the fused one or, of a cross-encoder, of the probability of relevance.
_RELATIVE_SCORE = 0.4
# Clauses that hold this share of what the best one holds are where the answer may stand.
_MAIN_COVERAGE = 0.8
# The matter must be among the first ranks; further down, any library holds any word.
_DECISIVE_RANKS = 3
MAX_CITATIONS = 8

Reason = Literal["place", "filters", "year", "matter", "not_stated", "source_lost"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome, the evidence that it rests on, and why it is not ``answered``."""

    outcome: Outcome
    evidence: tuple[Evidence, ...]
    reason: Reason | None = None


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
        if any(_concerns(document, readings) for readings in question.places)
    )


def _concerns(document: Document, readings: Iterable[Region]) -> bool:
    if document.metadata.level == "国家":
        return True
    name = document.metadata.region
    region = named_region(match_form(name)) if name else None
    return region is not None and any(
        region.covers(place) or place.covers(region) for place in readings
    )


def decide(question: Question, evidence: Sequence[Evidence]) -> Verdict:
    """Return the verdict on ``evidence``, which is in the order of the search."""
    dated = [e for e in evidence if all(_covers_year(question, e, year) for year in question.years)]
    if evidence and not dated:
        return Verdict("no_basis", (), "year")
    basis = select(dated)
    if not basis:
        return Verdict("no_basis", (), "matter")
    missing = _missing(question, basis)
    return Verdict("partial" if missing else "answered", tuple(basis), missing)


def state(question: Question, named: Sequence[Evidence]) -> Verdict:
    """Return the verdict on clauses that the question asks for by their numbers."""
    missing = _missing(question, named)
    return Verdict("partial" if missing else "answered", tuple(named[:MAX_CITATIONS]), missing)


def introduce(question: Question, openings: Sequence[Evidence]) -> Verdict:
    """Return the verdict on documents asked about as a whole, by what they say they are."""
    if question.kind == "other":
        return Verdict("answered", tuple(openings))
    return Verdict("partial", tuple(openings), "not_stated")


def select(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Return the evidence that is about the matter, in order; none where nothing is."""
    decisive = [e for e in evidence[:_DECISIVE_RANKS] if _is_about(e)]
    if not decisive:
        return []
    best = max(decisive, key=lambda e: e.coverage)
    key = max(best.held, key=best.held.__getitem__)
    least = min(best.coverage, max(MIN_COVERAGE_AGREED, _RELATIVE_COVERAGE * best.coverage))
    score = _RELATIVE_SCORE * decisive[0].hit.result.score
    chosen = [
        e for e in evidence if key in e.held and e.coverage >= least and e.hit.result.score >= score
    ]
    return chosen[:MAX_CITATIONS]


def _is_about(evidence: Evidence) -> bool:
    # A term that the lexicon knows has one official name; a clause without it is about another thing.
    terms = [word for word in evidence.weights if word.known]
    if terms and max(terms, key=evidence.weights.__getitem__) not in evidence.held:
        return False
    words = evidence.weights
    if any(word.required and word not in evidence.held for word in words):
        return False
    if 0 < len(words) <= _FEW_WORDS and evidence.coverage < MIN_COVERAGE_WITHOUT:
        return max(words, key=words.__getitem__) in evidence.held and _holds_enough(evidence)
    return _holds_enough(evidence)


def _holds_enough(evidence: Evidence) -> bool:
    ranks = evidence.hit.result.ranks
    agreed = ranks.lexical == 1 and ranks.dense == 1
    return evidence.coverage >= (MIN_COVERAGE_AGREED if agreed else MIN_COVERAGE)


def _covers_year(question: Question, evidence: Evidence, year: int) -> bool:
    """Whether the clause names the year, or applies in it where no figure of the year is asked."""
    text = "\n".join(evidence.document.clean[a:b] for a, b in evidence.hit.spans)
    if str(year) in match_form(text):
        return True
    if question.kind in ("ceiling", "figure", "money"):
        return False
    metadata = evidence.document.metadata
    first, last = metadata.effective or metadata.written, metadata.expires
    if first and last and first.year <= year <= last.year:
        return True
    return str(year) in match_form(metadata.title or "") or bool(first and first.year == year)


# --- what is asked of the matter ------------------------------------------------------------------

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
    best = max(e.coverage for e in basis)
    main = [e for e in basis if e.coverage >= _MAIN_COVERAGE * best]
    if question.kind == "responsible":
        stated = any(e.clause.departments or "负责" in match_form(_body(e)) for e in main)
        return None if stated else "not_stated"
    if question.kind == "other":
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
        and evidence.start <= defect.start
        and defect.end <= evidence.end
        for defect in evidence.clause.defects
    )


def _body(evidence: Evidence) -> str:
    """Return the quote without the clause's own number."""
    marker = evidence.clause.marker
    return evidence.quote.removeprefix(marker) if marker else evidence.quote

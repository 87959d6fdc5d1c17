"""Answered, partial or no basis: decided before anything is said, by rules over the evidence.

- The place asked about: documents of that place, of a level above it or of a place inside it.
- What is named (a 文号, a title): only a clause that names it is about it.
- The year asked about: named in the clause, or within the document's own validity.
- The subject asked about, where it has an official name: some document speaks of it.
- Its words: half of them are known to the library, the lexicon or a general dictionary.
- The matter asked about: the likeliest clause is likely enough (``qa.relevance``).
- What is asked of it: a figure, a date, a responsible body must be in the quoted text, and not be
  one that the source lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from documents.normalization import has_han, match_form
from documents.regions import Region
from documents.types import Document
from index.filters import find_place
from index.tokenization import frequency_of
from index.translation import Term, is_headword
from index.types import Index
from qa.attributes import state
from qa.drafts import Reason
from qa.evidence import Evidence
from qa.question import FIGURES, Question
from qa.relevance import judge, select
from qa.types import Outcome

# The probability that the likeliest clause must have: chosen on the dev questions and on half of those
# of other fields (evaluation/LOG.md). A question in English comes nearer to anything.
LEAST = 0.18
LEAST_ENGLISH = 0.2


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome, the evidence that it rests on, and why it is not ``answered``.

    ``confidence`` is the probability that the likeliest clause belongs to an answer; ``subjects`` are
    those that no document speaks of.
    """

    outcome: Outcome
    evidence: tuple[Evidence, ...]
    reason: Reason | None = None
    confidence: float = 0.0
    subjects: tuple[str, ...] = ()


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


def find_unmentioned(
    question: Question, index: Index, documents: frozenset[str] | None
) -> tuple[str, ...]:
    """Return the subjects of the question that none of ``documents`` (None: all) speaks of.

    What a question calls in lay words may stand there in others; a subject of administration has its
    name, and a library that never uses it says nothing about it.
    """
    return tuple(
        subject.text
        for subject in question.subjects
        if not any(index.mentions(form, documents) for form in subject.forms)
    )


def is_readable(question: Question, index: Index) -> bool:
    """Whether at least half of the question's words are known to anybody.

    That is to the library, to the lexicon or to a general dictionary. What is typed by accident, or is
    meant for a program (``../../etc/passwd``), is near to some clause all the same: the encoder places
    any text somewhere. A figure alone says nothing, and counts neither way.
    """
    words = [word for word in question.words if not word.text.replace(".", "").isdigit()]
    return 2 * sum(_is_known(word, index) for word in words) >= max(len(words), 1)


def _is_known(word: Term, index: Index) -> bool:
    text = word.text
    if word.required or word.official:
        return True
    if word.forms != (text,):  # translated; of a single letter a dictionary says many things
        return len(text) > 1
    if index.mentions(text):
        return True
    if len(text) > 1 and (frequency_of(text) or is_headword(text)):
        return True
    # A compound that no dictionary lists, of characters that the library uses: 造车.
    return has_han(text) and all(map(index.mentions, text))


def is_of(document: Document, place: Iterable[Region]) -> bool:
    """Whether ``document`` is of ``place``, of a place above it or of one inside it."""
    name = document.metadata.region
    region = find_place(name) if name else None
    return region is not None and any(
        region.covers(reading) or reading.covers(region) for reading in place
    )


def decide(question: Question, evidence: Sequence[Evidence]) -> Verdict:
    """Return the verdict on ``evidence``, which is in the order of the search."""
    # What says nothing of any matter may be near to something all the same.
    if not evidence or not question.words:
        return Verdict("no_basis", (), "matter")
    meant = [e for e in evidence if not any(w.required and w not in e.held for w in e.weights)]
    if not meant:
        return Verdict("no_basis", (), "named")
    basis = select(meant, listing=question.kind in ("support", "other"))
    confidence = judge(basis[0])
    if confidence < (LEAST if question.language == "zh" else LEAST_ENGLISH):
        return Verdict("no_basis", (), "matter", confidence)
    dated = _covering(question, basis)
    if not dated:
        return Verdict("no_basis", (), "year", confidence)
    stated, missing = state(question, dated, _covering(question, meant))
    return Verdict("partial" if missing else "answered", tuple(stated), missing, confidence)


def decide_named(question: Question, evidence: Sequence[Evidence]) -> Verdict:
    """Return the verdict on clauses that the question names by their numbers, at least one."""
    stated, missing = state(question, evidence, evidence)
    return Verdict("partial" if missing else "answered", tuple(stated), missing, 1.0)


def _covering(question: Question, evidence: Sequence[Evidence]) -> list[Evidence]:
    """Return the evidence that covers every year asked about."""
    return [e for e in evidence if all(_covers_year(question, e, year) for year in question.years)]


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

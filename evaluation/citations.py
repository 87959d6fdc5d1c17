"""Checks every citation of every answer against the library, and every answer against its citations.

Nothing here knows how an answer is made: a response is taken as it is given, and each thing that it
says of the library is looked up there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from documents.normalization import match_form
from documents.types import Document
from evaluation.answers import OUTCOMES, Assistant
from evaluation.holdings import Holdings
from evaluation.mentions import (
    Mentions,
    Quotation,
    read_labels,
    read_mentions,
    read_numbers,
    without_paragraph,
)
from evaluation.metrics import percentile
from qa.errors import RequestError
from qa.labels import format_citation_label
from qa.types import Citation, Outcome, Request, Response

# What is broken:
#   document  a citation or notice of a document that the library does not have
#   title     its title or 文号 is not the document's
#   clause    the document has no such clause, or the clause does not hold the quote
#   quote     the quote is empty, or not what stands at start..end of the clean text
#   source    the source at source_start..source_end, less what cleaning took out, is not the quote
#   label     the label is not that of the clause
#   outcome   ``no_basis`` with citations
#   result    there is no such unit
#   confidence  it is not from 0 to 1
#   mark      an [n] without an n-th citation
#   quotation a quotation that stands nowhere in the library
#   attribution  a quotation whose [n] cites another clause
#   name      a title or 文号 that is neither cited nor the library's
#   number    a clause number that no document which is cited or named has
#   failed    no response at all
Rule = Literal[
    "document", "title", "clause", "quote", "source", "label", "outcome", "result", "confidence",
    "mark", "quotation", "attribution", "name", "number", "failed",
]  # fmt: skip
RULES: tuple[Rule, ...] = get_args(Rule)

# What a report prints of a text.
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that the response to one question breaks, and what breaks it."""

    question: str
    rule: Rule
    detail: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of asking a set of questions.

    ``declined`` are ids of what was not taken as a question. ``timings_ms`` are percentiles of each
    answer's total, None where there was none.
    """

    name: str
    questions: int
    outcomes: dict[Outcome, int]
    citations: int
    results: int
    declined: tuple[str, ...]
    broken: dict[Rule, int]
    violations: tuple[Violation, ...]
    timings_ms: dict[str, float | None]


# --- one response


def check(request: Request, response: Response, library: Holdings) -> Iterator[tuple[Rule, str]]:
    """Yield (rule, detail) for whatever is wrong with ``response``."""
    for place, citation in enumerate(response.citations, start=1):
        for rule, detail in _check_citation(citation, library):
            yield rule, f"[{place}] {detail}"
    if response.outcome == "no_basis" and response.citations:
        yield "outcome", f"no_basis, {len(response.citations)} citations"
    for result in response.results:
        if not library.has_unit(result.document, result.clause):
            yield "result", f"{result.document}::{result.clause}"
    for notice in response.notices:
        if notice.document is not None and notice.document not in library.documents:
            yield "document", f"notice {notice.code}: {notice.document}"
        elif (
            notice.document and notice.clause and not library.clause(notice.document, notice.clause)
        ):
            yield "clause", f"notice {notice.code}: {notice.document}::{notice.clause}"
    if response.confidence is not None and not 0 <= response.confidence <= 1:
        yield "confidence", str(response.confidence)
    yield from _check_answer(request, response, library)


def _check_citation(citation: Citation, library: Holdings) -> Iterator[tuple[Rule, str]]:
    document = library.documents.get(citation.document)
    if document is None:
        yield "document", citation.document
        return
    metadata = document.metadata
    if (citation.title, citation.number) != (metadata.title or document.id, metadata.number):
        yield "title", f"{citation.title} {citation.number}"
    start, end, quote = citation.start, citation.end, citation.quote
    if not 0 <= start < end <= len(document.clean) or document.clean[start:end] != quote:
        yield "quote", f"{start}..{end} {_shown(quote)}"
    if _without_removed(document, citation.source_start, citation.source_end) != quote:
        yield "source", f"{citation.source_start}..{citation.source_end} {_shown(quote)}"
    clause = library.clause(citation.document, citation.clause)
    if clause is None:
        yield "clause", f"{document.id}::{citation.clause}"
    else:
        if not clause.start <= start <= end <= clause.end:
            yield "clause", f"{document.id}::{clause.path} {start}..{end}"
        label = format_citation_label(document, clause, start)
        if citation.label != label:
            yield "label", f"{citation.label} ({label})"


def _without_removed(document: Document, start: int, end: int) -> str | None:
    """Return the source between two offsets without what cleaning took out; None if out of it."""
    if not 0 <= start < end <= len(document.source):
        return None
    pieces = []
    for removal in sorted(document.audit.dropped, key=lambda removal: removal.start):
        if removal.end > start and removal.start < end:
            pieces.append(document.source[start : max(start, removal.start)])
            start = max(start, removal.end)
    return "".join([*pieces, document.source[start:end]])


def _check_answer(
    request: Request, response: Response, library: Holdings
) -> Iterator[tuple[Rule, str]]:
    cited = {one.document for one in response.citations if one.document in library.documents}
    said = [request.question, *request.history, response.understood_as or ""]
    mentions = read_mentions(
        response.answer,
        lambda text: any(text in one for one in said) or library.stands(text, cited),
    )
    for mark in mentions.marks:
        if not 1 <= mark <= len(response.citations):
            yield "mark", f"[{mark}] of {len(response.citations)}"
    for quotation in mentions.quotations:
        if not quotation.stands:
            yield "quotation", _shown(quotation.text)
        elif not _is_of_its_mark(quotation, response.citations, library):
            yield "attribution", f"[{quotation.mark}] {_shown(quotation.text)}"
    # Who is told that something is not there may be told what: the question's own words.
    repeated = [match_form(text) for text in said] if response.outcome != "answered" else []
    yield from _check_names(mentions, response.citations, repeated, library)


def _is_of_its_mark(quotation: Quotation, citations: Sequence[Citation], library: Holdings) -> bool:
    """Whether the clause that the [n] behind a quotation cites holds it; true without such an n."""
    if quotation.mark is None or not 1 <= quotation.mark <= len(citations):
        return True
    citation = citations[quotation.mark - 1]
    document = library.documents.get(citation.document)
    clause = library.clause(citation.document, citation.clause) if document else None
    return (
        document is None
        or clause is None
        or quotation.text in document.clean[clause.start : clause.end]
    )


def _check_names(
    mentions: Mentions,
    citations: Sequence[Citation],
    repeated: Sequence[str],
    library: Holdings,
) -> Iterator[tuple[Rule, str]]:
    cited = [library.documents[c.document] for c in citations if c.document in library.documents]
    named = {document.id for document in cited}

    def is_repeated(name: str) -> bool:
        return any(match_form(name) in text for text in repeated)

    for title in mentions.titles:
        named |= library.titled(title)
        known = library.titled(title) or any(title in document.clean for document in cited)
        if not known and not is_repeated(title.strip("《》")):
            yield "name", title
    for number in mentions.numbers:
        named |= library.numbered(number)
        printed = [*repeated, *(document.clean for document in cited)]
        if not library.numbered(number) and not any(_holds(text, number) for text in printed):
            yield "name", number
    labels = {label for citation in citations for label in read_labels(citation.label)}
    for label in mentions.labels:
        # A 款 is counted where a quote lies: only a citation can have one.
        plain = without_paragraph(label)
        known = label in labels or (
            plain == label and any(label in library.labels(id_) for id_ in named)
        )
        if not known and not is_repeated(label):
            yield "number", label


def _holds(text: str, number: str) -> bool:
    """Whether ``text`` has a 文号, from the last two characters of the agency on.

    Before those the words that run into it may differ.
    """
    return _tail(number) in map(_tail, read_numbers(text))


def _tail(number: str) -> str:
    return number[max(number.rfind("〔"), number.rfind("令")) - 2 :]


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


# --- a set of questions


def check_answers(
    assistant: Assistant,
    library: Holdings,
    requests: Sequence[Request],
    *,
    name: str,
    progress: Callable[[int, int], None] | None = None,
) -> Checked:
    """Ask every request and check what comes back; ``progress`` gets (done, total)."""
    responses: list[Response] = []
    declined: list[str] = []
    violations: list[Violation] = []
    for done, request in enumerate(requests, start=1):
        id_ = str(request.id)
        try:
            response = assistant.ask(request)
        except RequestError:
            declined.append(id_)
        except Exception as raised:  # one question that fails must not lose the others
            violations.append(Violation(id_, "failed", f"{type(raised).__name__}: {raised}"))
        else:
            responses.append(response)
            found = check(request, response, library)
            violations += [Violation(id_, rule, detail) for rule, detail in found]
        if progress is not None:
            progress(done, len(requests))
    totals = [response.timings_ms["total"] for response in responses]
    given = Counter(response.outcome for response in responses)
    broken = Counter(violation.rule for violation in violations)
    return Checked(
        name=name,
        questions=len(requests),
        outcomes={outcome: given[outcome] for outcome in OUTCOMES},
        citations=sum(len(response.citations) for response in responses),
        results=sum(len(response.results) for response in responses),
        declined=tuple(declined),
        broken={rule: broken[rule] for rule in RULES},
        violations=tuple(violations),
        timings_ms={"p50": percentile(totals, 0.5), "p95": percentile(totals, 0.95)},
    )

"""The whole pipeline: question -> search -> evidence -> outcome -> answer with citations."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from documents.normalization import without_invisible
from index.filters import admits
from index.stages import record
from index.types import Filters, Hit, Index, Reference, SearchResult
from qa.answering import Answer, compose, give_notices, judge_parts, list_parts, merge, point
from qa.citations import cite
from qa.comparison import ask_of, find_sides
from qa.conversation import resolve
from qa.drafts import Draft
from qa.evidence import Evidence, expand, gather
from qa.forms import duties, library, lookup, matter, outline, validity
from qa.generation import Composer
from qa.outcome import (
    Verdict,
    decide,
    decide_named,
    documents_for,
    find_unmentioned,
    is_of,
    is_readable,
)
from qa.parts import split_question
from qa.passages import Passage
from qa.precedence import arrange
from qa.question import Question, frame_of, understand
from qa.reply import compose_reply
from qa.schema import check_request
from qa.types import Expansion, Frame, Request, Response
from qa.writing import rewrite, translate_quotes

# Units that an answer is drawn from, however many results are asked for.
EVIDENCE_DEPTH = 20

# Forms that answer from what the documents are, tried in this order before anything is searched.
STRUCTURAL: tuple[Callable[[Question, Index, date], Draft | None], ...] = (
    library.draft,
    validity.draft,
    outline.draft,
    lookup.draft,
    duties.draft,
)
# Of what was asked before, so many turns are read, and so much of each.
_TURNS, _TURN = 8, 300
# Results among which what they cite is looked for, to be listed first.
_LISTED = 100


@dataclass(frozen=True, slots=True)
class Found:
    """What a search brought: ``evidence`` is that of the first ``EVIDENCE_DEPTH`` hits.

    ``documents`` are the ids that the question leaves; None where it leaves all.
    """

    documents: frozenset[str] | None
    hits: tuple[Hit, ...]
    evidence: list[Evidence]


class PolicyAssistant:
    """Answers questions from one index; keeps nothing between questions.

    With a ``composer``, a language model, answers are in its words as far as they pass the gate.
    """

    def __init__(self, index: Index, composer: Composer | None = None) -> None:
        self.index = index
        self.composer = composer

    def ask(
        self,
        request: Request | str,
        *,
        on_text: Callable[[str], None] | None = None,
        composing: bool = True,
    ) -> Response:
        """Return the answer to a question. RequestError where it cannot be taken as it is.

        ``on_text`` gets what a language model writes, sentence by sentence; what it got is void where
        the response says that the model's answer is not used. Without ``composing`` none is asked.
        """
        began = time.perf_counter()
        with record() as stages:
            response = self._respond(request, on_text, self.composer if composing else None)
        total = (time.perf_counter() - began) * 1000
        times: dict[str, float] = {"total": total, **stages, "answer": total - sum(stages.values())}
        return replace(response, timings_ms={name: round(ms, 3) for name, ms in times.items()})

    def _respond(
        self,
        request: Request | str,
        on_text: Callable[[str], None] | None,
        composer: Composer | None,
    ) -> Response:
        """Return the answer, not yet timed."""
        if isinstance(request, str):
            request = Request(request)
        check_request(request)
        day = request.as_of or date.today()
        documents = self.index.documents

        asked = without_invisible(request.question)
        standalone = resolve(asked, [turn[:_TURN] for turn in request.history[-_TURNS:]])
        # A follow-up may stand for a question in the language of the one before.
        frame = frame_of(request.question)
        answers = [
            replace(self._answer(text, frame, request, day), label=label)
            for text, label in self._divide(standalone or asked)
        ]
        citations = cite(merge(answers), documents, day)
        if composer and frame == "en":
            citations = translate_quotes(citations, composer)

        response = Response(
            id=request.id,
            question=request.question,
            language="en" if frame == "en" else "zh",
            as_of=day,
            understood_as=standalone,
            outcome=judge_parts(answers),
            answer=compose(answers, citations),
            citations=tuple(citations),
            results=_interleave([answer.hits for answer in answers], request.k),
            expansions=_list_expansions(answers),
            notices=tuple(give_notices(answers, citations, documents)),
            confidence=round(min(answer.draft.confidence for answer in answers), 4),
            parts=list_parts(answers, citations),
            reply=compose_reply(answers, citations),
            nearest=point(answers[0].draft.nearest) if len(answers) == 1 else (),
            index=self.index.fingerprint,
            timings_ms={},
        )
        if composer:
            response = rewrite(response, composer, documents, frame, on_text=on_text)
        return response

    def _divide(self, text: str) -> list[tuple[str, str | None]]:
        """Return the questions in ``text``: one for each place compared, each with its label."""
        sides = find_sides(
            text, lambda place: any(is_of(d, place) for d in self.index.documents.values())
        )
        if sides:
            return [(ask_of(text, side, sides), side.name) for side in sides]
        return [(part, None) for part in split_question(text)]

    def _answer(self, text: str, frame: Frame, request: Request, day: date) -> Answer:
        """Return the answer to one question, in the words of ``frame``."""
        expansions = self.index.expansions(text)
        # Typing slips are put right first: what follows reads what was meant.
        text = self.index.correct(text)
        references = self.index.find_references(text)
        understood = understand(text, references=references, expansions=expansions)
        question = replace(understood, frame=frame)
        if not self.index.documents:
            nothing = Verdict("no_basis", (), "empty")
            return Answer(question, matter.draft(question, nothing, [], {}), (), expansions)
        for form in STRUCTURAL:
            draft = form(question, self.index, day)
            if draft and self._admits(draft, request.filters, day):
                hits = self.index.search(text, k=_LISTED, filters=request.filters, as_of=day)
                return Answer(question, draft, _put_first(hits, draft.passages), expansions)
        found = self.find(question, references, request, day)
        if found.documents is not None and not found.documents:
            verdict = Verdict("no_basis", (), "place")
        elif not found.hits:
            verdict = Verdict("no_basis", (), "filters")
        elif named := self._named(references, found.evidence):
            verdict = decide_named(question, named)
        elif any(r.absent for r in references) and not any(r.clauses for r in references):
            verdict = Verdict("no_basis", (), "named")
        elif subjects := find_unmentioned(question, self.index, found.documents):
            verdict = Verdict("no_basis", (), "unmentioned", subjects=subjects)
        elif not is_readable(question, self.index):
            verdict = Verdict("no_basis", (), "matter")
        else:
            verdict = decide(question, found.evidence)
        cited = tuple(arrange(verdict.evidence, self.index.documents, day))
        verdict = replace(verdict, evidence=cited)
        draft = matter.draft(question, verdict, found.evidence, self.index.documents)
        return Answer(question, draft, found.hits, expansions + expand(cited))

    def _admits(self, draft: Draft, filters: Filters, day: date) -> bool:
        """Whether an answer from structure keeps to the filters; with any, it must cite."""
        library = tuple(self.index.documents.values())
        admitted = (admits(filters, p.document, library, day) for p in draft.passages)
        return filters == Filters() or (bool(draft.passages) and all(admitted))

    def _named(
        self, references: Sequence[Reference], evidence: Sequence[Evidence]
    ) -> list[Evidence]:
        """Return the evidence of the clauses that the question names by their numbers."""
        clauses = [
            (document, self.index.clause(document, path))
            for reference in references
            for document, path in reference.clauses
        ]
        return [
            item
            for item in evidence
            if any(
                item.hit.result.document == document
                and any(start < clause.end and clause.start < end for start, end in item.hit.spans)
                for document, clause in clauses
            )
        ]

    def find(
        self, question: Question, references: Sequence[Reference], request: Request, day: date
    ) -> Found:
        """Search for ``question``, in the documents that its 文号 or its places leave."""
        named = frozenset(id for r in references if r.by == "number" for id in r.documents)
        documents = named or documents_for(question, self.index.documents)
        # Where no document is of the place, nothing is cited; what was found is listed all the same.
        hits = self.index.search(
            question.text,
            k=max(request.k, EVIDENCE_DEPTH),
            filters=replace(request.filters, documents=documents or None),
            as_of=day,
        )
        return Found(documents, hits, gather(question, hits[:EVIDENCE_DEPTH], self.index))


def _put_first(hits: Sequence[Hit], passages: Sequence[Passage]) -> tuple[Hit, ...]:
    """Return ``hits`` with the units of ``passages`` in front, in the order of the passages."""

    def place(hit: Hit) -> int:
        for number, passage in enumerate(passages):
            if passage.document.id == hit.result.document and any(
                start < passage.end and passage.start < end for start, end in hit.spans
            ):
                return number
        return len(passages)

    return tuple(sorted(hits, key=place))


def _interleave(lists: Sequence[Sequence[Hit]], k: int) -> tuple[SearchResult, ...]:
    """Return the best ``k`` of several rankings: the first of each, then the second, none twice."""
    found: dict[tuple[str, str], SearchResult] = {}
    for place in range(max(map(len, lists), default=0)):
        for hits in lists:
            for hit in hits[place : place + 1]:
                found.setdefault((hit.result.document, hit.result.clause), hit.result)
    return tuple(found.values())[:k]


def _list_expansions(answers: Sequence[Answer]) -> tuple[Expansion, ...]:
    pairs = dict.fromkeys(pair for answer in answers for pair in answer.expansions)
    return tuple(Expansion(*pair) for pair in pairs)

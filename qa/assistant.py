"""The whole pipeline: question -> search -> evidence -> outcome -> answer with citations."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from datetime import date

from index.types import Filters, Hit, Index
from qa.answering import compose, give_notices
from qa.citations import cite
from qa.conversation import resolve
from qa.evidence import expand, gather
from qa.outcome import Verdict, decide, documents_for, introduce, state
from qa.question import Question, understand
from qa.schema import MAX_K, check_request
from qa.types import Expansion, Request, Response

# Units that an answer is drawn from, however many results are asked for.
EVIDENCE_DEPTH = 10


class PolicyAssistant:
    """Answers questions from one index; keeps nothing between questions."""

    def __init__(self, index: Index) -> None:
        self.index = index

    def ask(self, request: Request | str) -> Response:
        """Return the answer to a question. RequestError where it cannot be taken as it is."""
        began = time.perf_counter()
        if isinstance(request, str):
            request = Request(request)
        check_request(request)
        day = request.as_of or date.today()
        library = self.index.documents

        standalone = resolve(request.question, request.history)
        text = standalone or request.question
        references = self.index.find_references(text)
        named = [r for r in references if r.by == "number" or r.number]
        searched = self.index.expansions(text)
        question = understand(text, named=named, expansions=searched)
        by_number = frozenset(id for r in references if r.by == "number" for id in r.documents)
        documents = by_number or documents_for(question, library)
        # Where no document is of the place, nothing is cited; what was found is listed all the same.
        filters = dataclasses.replace(request.filters, documents=documents or None)
        k = max(request.k, EVIDENCE_DEPTH)
        hits = self.index.search(question.text, k=k, filters=filters, as_of=day)
        if documents is not None and not documents:
            verdict = Verdict("no_basis", (), "place")
        elif not hits:
            verdict = Verdict("no_basis", (), "filters")
        else:
            verdict = decide(question, gather(question, hits[:EVIDENCE_DEPTH], self.index))
        found_none = not any(reference.clauses for reference in references)
        missing = question.whole and any(reference.missing for reference in references)
        if found_none and (missing or any(reference.absent for reference in references)):
            # It asks for a clause of a document that is not here, or for nothing but a clause that
            # the document does not have.
            verdict = Verdict("no_basis", (), "matter")
        elif question.whole and verdict.reason == "matter":
            clauses = self._named(question, hits, filters, day)
            if clauses:
                verdict = state(question, gather(question, clauses, self.index))
            elif by_number:
                # The document as a whole: its units in order, and what it says it is.
                found = self.index.search(question.text, k=MAX_K, filters=filters, as_of=day)
                hits = tuple(sorted(found, key=lambda hit: (hit.result.document, hit.spans)))
                first = {hit.result.document: hit for hit in reversed(hits)}
                verdict = introduce(question, gather(question, first.values(), self.index))
        citations = cite(verdict.evidence, library, day)

        return Response(
            id=request.id,
            question=request.question,
            language=question.language,
            as_of=day,
            understood_as=standalone,
            outcome=verdict.outcome,
            answer=compose(question, verdict, citations, library),
            citations=tuple(citations),
            results=tuple(hit.result for hit in hits[: request.k]),
            expansions=tuple(
                Expansion(*pair) for pair in dict.fromkeys([*searched, *expand(verdict.evidence)])
            ),
            notices=tuple(give_notices(question, verdict, citations, library)),
            index=self.index.fingerprint,
            timings_ms={"total": round((time.perf_counter() - began) * 1000, 3)},
        )

    def _named(
        self, question: Question, hits: Sequence[Hit], filters: Filters, day: date
    ) -> list[Hit]:
        """Return those of ``hits`` that are clauses which the question names by their numbers."""
        references = self.index.find_references(question.text, filters=filters, as_of=day)
        named = [
            (document, self.index.clause(document, path))
            for reference in references
            for document, path in reference.clauses
        ]
        return [
            hit
            for hit in hits
            if any(
                hit.result.document == document
                and any(start < clause.end and clause.start < end for start, end in hit.spans)
                for document, clause in named
            )
        ]

"""The whole pipeline: question -> search -> evidence -> outcome -> answer with citations."""

from __future__ import annotations

import dataclasses
import time
from datetime import date

from index.types import Index
from qa.answering import compose, give_notices
from qa.citations import cite
from qa.conversation import resolve
from qa.evidence import expand, gather
from qa.lookup import find_named
from qa.outcome import Verdict, decide, documents_for, introduce
from qa.question import understand
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
        named = find_named(text, library.values())
        searched = self.index.expansions(text)
        question = understand(text, named=named, expansions=searched)
        documents = frozenset(d.id for d in named) or documents_for(question, library)
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
        if question.whole and verdict.reason == "matter":
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

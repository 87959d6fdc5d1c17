"""Questions and answers as the log gets them, without an index behind them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from index.types import ClauseId, Filters, Ranks, SearchResult
from qa.types import Citation, Outcome, Request, Response

DAY = date(2026, 1, 2)


def asked(
    question: str = "充电站建设有什么支持？",
    *,
    cited: Sequence[ClauseId] = (("a", "一/（一）"), ("b", "二")),
    outcome: Outcome | None = None,
    history: Sequence[str] = (),
    filters: Filters = Filters(),
    as_of: date | None = None,
    index: str = "index-1",
    reply: str = "有支持。",
) -> tuple[Request, Response]:
    """Return a request and its response, ``answered`` where something is cited."""
    request = Request(question, history=tuple(history), filters=filters, as_of=as_of)
    response = Response(
        question=question,
        language="zh",
        as_of=as_of or DAY,
        outcome=outcome or ("answered" if cited else "no_basis"),
        answer="",
        citations=tuple(_citation(*clause) for clause in cited),
        results=tuple(SearchResult(*clause, 1.0, Ranks(1, None)) for clause in cited),
        index=index,
        timings_ms={"total": 12.5},
        understood_as="充电站",
        reply=reply,
    )
    return request, response


def _citation(document: str, clause: str) -> Citation:
    return Citation(
        document,
        "题",
        None,
        clause,
        clause,
        "文",
        0,
        1,
        0,
        1,
        "in_force",
        departments=(),
        score=1.0,
    )

"""Passages -> citations. A citation is only ever made from a clause of the index, so its
number cannot be invented."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from documents.offsets import OffsetMap
from documents.types import Document, Status
from documents.validity import compute_statuses
from qa.facts import find_ceilings, find_conditions, find_deadlines
from qa.labels import format_citation_label
from qa.passages import Passage
from qa.types import Citation, Fact


def cite(passages: Iterable[Passage], library: Mapping[str, Document], day: date) -> list[Citation]:
    """Return a citation for each passage, in order, with its status on ``day``."""
    passages = tuple(passages)
    cited = {passage.document.id: passage.document for passage in passages}
    statuses = compute_statuses(cited.values(), library.values(), day)
    return [_cite(passage, statuses[passage.document.id]) for passage in passages]


def _cite(passage: Passage, status: Status) -> Citation:
    document, clause = passage.document, passage.clause
    gone = ((removal.start, removal.end) for removal in document.audit.dropped)
    offsets = OffsetMap.without(len(document.source), gone)
    source_start, source_end = offsets.source_span(passage.start, passage.end)
    return Citation(
        document=document.id,
        title=document.metadata.title or document.id,
        number=document.metadata.number,
        clause=clause.path,
        label=format_citation_label(document, clause, passage.start),
        quote=passage.quote,
        start=passage.start,
        end=passage.end,
        source_start=source_start,
        source_end=source_end,
        status=status,
        departments=passage.departments,
        score=passage.score,
        facts=_read_facts(passage),
        highlight=passage.highlight,
    )


def _read_facts(passage: Passage) -> tuple[Fact, ...]:
    """Return the ceilings, conditions and deadlines that the quote states, in order."""
    quote, offset = passage.quote, passage.start
    found = [*find_ceilings(quote), *find_conditions(quote), *find_deadlines(quote)]
    moved = (replace(f, start=offset + f.start, end=offset + f.end) for f in found)
    return tuple(sorted(moved, key=lambda fact: (fact.start, fact.end)))

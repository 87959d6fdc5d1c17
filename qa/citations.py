"""Evidence -> citations. A citation is only ever made from a clause that the search returned, so its
number cannot be invented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from documents.departments import read_departments_of
from documents.offsets import OffsetMap
from documents.types import Document
from documents.validity import compute_status
from qa.evidence import Evidence
from qa.labels import format_citation_label
from qa.types import Citation


def cite(
    evidence: Sequence[Evidence], library: Mapping[str, Document], day: date
) -> list[Citation]:
    """Return a citation for each piece of evidence, best first, with its status on ``day``."""
    return [_cite(item, library, day) for item in evidence]


def _cite(evidence: Evidence, library: Mapping[str, Document], day: date) -> Citation:
    document, clause = evidence.document, evidence.clause
    gone = ((removal.start, removal.end) for removal in document.audit.dropped)
    offsets = OffsetMap.without(len(document.source), gone)
    source_start, source_end = offsets.source_span(evidence.start, evidence.end)
    return Citation(
        document=document.id,
        title=document.metadata.title or document.id,
        number=document.metadata.number,
        clause=clause.path,
        label=format_citation_label(document, clause, evidence.start),
        quote=evidence.quote,
        start=evidence.start,
        end=evidence.end,
        source_start=source_start,
        source_end=source_end,
        status=compute_status(document, library.values(), day),
        departments=read_departments_of(document.clean, evidence.start, evidence.end, clause.end)
        or clause.departments,
        score=evidence.hit.result.score,
    )

"""Which of several clauses goes first where more than their likelihood decides.

What is in force comes before what is not; where two clauses say the same, the act before the text
that explains it, and the newer before the older.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from documents.normalization import match_form
from documents.types import Document
from documents.validity import compute_statuses, refers_to
from qa.evidence import Evidence

# The share of their character pairs that two quotes have in common when they say the same.
_SAME = 0.6
_VOID = frozenset({"expired", "repealed"})


def arrange(
    evidence: Sequence[Evidence], library: Mapping[str, Document], day: date
) -> list[Evidence]:
    """Return ``evidence`` in the order in which it is cited on ``day``; otherwise as it stands."""
    cited = {e.passage.document.id: e.passage.document for e in evidence}
    statuses = compute_statuses(cited.values(), library.values(), day)
    void = {document: status in _VOID for document, status in statuses.items()}
    ranked = sorted(evidence, key=lambda e: void[e.passage.document.id])
    arranged: list[Evidence] = []
    for item in ranked:
        place = next(
            (i for i, other in enumerate(arranged) if _precedes(item, other, void)), len(arranged)
        )
        arranged.insert(place, item)
    return arranged


def say_the_same(one: str, other: str) -> bool:
    """Whether two texts have most of their character pairs in common (Jaccard's index)."""
    first, second = _pairs(one), _pairs(other)
    return len(first & second) >= _SAME * len(first | second) > 0


def _precedes(item: Evidence, other: Evidence, void: Mapping[str, bool]) -> bool:
    """Whether ``item`` goes before ``other``, which is likelier, because it says the same."""
    later, earlier = item.passage.document, other.passage.document
    if later.id == earlier.id or void[later.id] != void[earlier.id]:
        return False
    if not say_the_same(item.passage.quote, other.passage.quote):
        return False
    if _explains(earlier, later) != _explains(later, earlier):
        return _explains(earlier, later)
    dates = later.metadata.written, earlier.metadata.written
    return bool(dates[0] and dates[1] and dates[0] > dates[1])


def _explains(document: Document, other: Document) -> bool:
    return any(refers_to(reference, other) for reference in document.metadata.explains)


def _pairs(text: str) -> set[str]:
    form = match_form(text)
    return {form[i : i + 2] for i in range(len(form) - 1)}

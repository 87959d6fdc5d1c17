"""What parsing did: what was dropped, what is odd, and that every character is accounted for."""

from __future__ import annotations

from documents.clauses import FRONT, ClauseTree
from documents.cleaning import Cleaned
from documents.types import Audit, Characters, Clause

# A clause longer than this is likely to hold ordinals that were not recognised.
OVERLONG = 3000


def audit(source: str, cleaned: Cleaned, tree: ClauseTree, clauses: tuple[Clause, ...]) -> Audit:
    """Return the audit of a parse.

    The white space between two clauses counts with the one before it, so that the four counts of
    ``characters`` add up: source = clauses + front + dropped.
    """
    first = next((clause.start for clause in clauses if clause.path != FRONT), len(cleaned.text))
    return Audit(
        characters=Characters(
            source=len(source),
            clauses=len(cleaned.text) - first,
            front=first,
            dropped=sum(len(removal.text) for removal in cleaned.removals),
        ),
        dropped=cleaned.removals,
        gaps=tree.gaps,
        duplicates=tree.duplicates,
        overlong=tuple(clause.path for clause in clauses if len(clause.text) > OVERLONG),
    )

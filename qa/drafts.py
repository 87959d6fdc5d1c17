"""An answer before its citations have numbers: what each form of answer returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from qa.passages import Passage
from qa.types import Form, Outcome

# Why an answer is not ``answered``.
Reason = Literal[
    "empty",
    "place",
    "filters",
    "year",
    "named",
    "unmentioned",
    "matter",
    "not_stated",
    "source_lost",
]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an answer; behind it come the numbers of ``passages``, positions in the draft's.

    A ``quote`` line has no text of its own: it is its one passage, with its label and departments.
    """

    text: str = ""
    passages: tuple[int, ...] = ()
    quote: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer in its form: its lines in order, resting on ``passages``, best first.

    Without passages nothing is cited: no basis, or a question about the library itself.
    ``why`` puts the reason in words where the reason alone does not. ``confidence`` is the probability
    that the library answers the question; ``nearest`` is what came nearest where there is no basis,
    and no answer.
    """

    form: Form
    outcome: Outcome
    passages: tuple[Passage, ...] = ()
    lines: tuple[Line, ...] = ()
    reason: Reason | None = None
    why: str = ""
    confidence: float = 1.0
    nearest: tuple[Passage, ...] = ()

"""How long the stages of a question take, told to whoever records them in the same thread."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

Stage = Literal["encode", "lexical", "dense", "rank"]

_recorded: ContextVar[dict[str, float] | None] = ContextVar("recorded", default=None)


@contextmanager
def record() -> Iterator[dict[str, float]]:
    """Yield the milliseconds that each stage has taken since, added up; 0 for one not entered.

    What other threads measure, or a record inside this one, is not in it.
    """
    times: dict[str, float] = {"encode": 0.0, "lexical": 0.0, "dense": 0.0, "rank": 0.0}
    token = _recorded.set(times)
    try:
        yield times
    finally:
        _recorded.reset(token)


@contextmanager
def measure(stage: Stage) -> Iterator[None]:
    """Add what the block takes to the stage, if anybody records. Stages do not lie in each other."""
    times = _recorded.get()
    began = time.perf_counter()
    try:
        yield
    finally:
        if times is not None:
            times[stage] += (time.perf_counter() - began) * 1000

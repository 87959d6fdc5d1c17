"""Which candidates are ordinals: the reading of the whole sequence that costs least.

A reading takes each candidate for an ordinal or for text. Taking it for text costs the candidate's
weight; taking it for an ordinal costs what its number costs where it would stand, against the open
chain of ordinals (outer before inner, told apart by the rank of their schemes):

====================================================  =============================================
the next number of an open clause of its scheme       nothing
the first of a new level                              OPEN, half of it back when a second one follows
a new level that goes on from the last of its scheme  CONTINUE (numbering that runs through headings)
a number later than expected                          GAP + log2 of how many are missing, at most JUMP
the same number again                                 REPEAT
one again in the same clause                          RESTART, or BODY where a title stands above it
an earlier number                                     JUMP
1.2.3 where no 1.2 is open                            ORPHAN more
====================================================  =============================================

So one wrong candidate loses against what it breaks, and one lost line costs less than everything
behind it. The cheapest reading is found by beam search (Lowerre, 1976): candidates in order, of all
readings with the same open chain the cheapest is kept, and those far behind the best are given up.
The costs were set by hand on statutes and checked on damaged ones (``python -m evaluation clauses``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import log2
from typing import NamedTuple

from documents.candidates import Candidate
from documents.numbering import ANNEX, Marker, write_ordinal

OPEN = 0.6
CONTINUE = 0.2
GAP = 0.8
JUMP = 4.5
REPEAT = 2.5
RESTART = 3.0
BODY = 0.3
ORPHAN = 1.5
# Readings that cost this much more than the best are given up, and all but the best few.
MARGIN = 3.0
WIDTH = 8


class Ordinal(NamedTuple):
    """A candidate that was taken: ``expected`` is the ordinal that should stand there, if another.

    ``body`` is true where a new numbered body begins, ``depth`` is how many ordinals are open around.
    """

    candidate: Candidate
    expected: str | None
    body: bool
    depth: int


class _Step(NamedTuple):
    """What taking a candidate costs, the ordinal expected in its place, and what stays open."""

    cost: float
    expected: str | None
    depth: int
    body: bool = False


# The open chain, and the last number of each series anywhere in the body.
_Chain = tuple[Marker, ...]
_Last = dict[str, int]


class _Reading(NamedTuple):
    """What the candidates so far were taken for; ``taken`` is the last ordinal and what led to it."""

    cost: float
    chain: _Chain
    last: _Last
    taken: tuple[Ordinal, _Reading] | None


def read_sequence(
    candidates: Iterable[Candidate], *, width: int = WIDTH, margin: float = MARGIN
) -> list[Ordinal]:
    """Return the candidates that are ordinals, in order; time linear in the candidates."""
    beam = [_Reading(0.0, (), {}, None)]
    for candidate in candidates:
        following = [_take(reading, candidate) for reading in beam]
        best = min(reading.cost for reading in following)
        # Most often the candidate is what was expected, and taking it for text is hopeless.
        following.extend(
            _Reading(reading.cost + candidate.weight, reading.chain, reading.last, reading.taken)
            for reading in beam
            if reading.cost + candidate.weight < best + margin
        )
        beam = _prune(following, width, margin) if len(following) > 1 else following
    return list(_trail(beam[0]))[::-1]


def _prune(readings: list[_Reading], width: int, margin: float) -> list[_Reading]:
    """Keep the cheapest of all readings that are alike in what they leave open, and the best few."""
    readings.sort(key=lambda reading: reading.cost)
    kept: dict[object, _Reading] = {}
    for reading in readings:
        if len(kept) == width or reading.cost >= readings[0].cost + margin:
            break
        open_ = tuple((m.series, m.value, m.inserted) for m in reading.chain)
        kept.setdefault((open_, tuple(reading.last.items())), reading)
    return list(kept.values())


def _trail(reading: _Reading) -> Iterator[Ordinal]:
    taken = reading.taken
    while taken is not None:
        yield taken[0]
        taken = taken[1].taken


def _take(reading: _Reading, candidate: Candidate) -> _Reading:
    marker = candidate.marker
    step = find_step(reading.chain, reading.last, candidate)
    last = {} if step.body or marker.scheme is ANNEX else dict(reading.last)
    last[marker.series] = marker.value
    ordinal = Ordinal(candidate, step.expected, step.body, step.depth)
    chain = (*reading.chain[: step.depth], marker)
    return _Reading(reading.cost + step.cost, chain, last, (ordinal, reading))


def find_step(chain: _Chain, last: _Last, candidate: Candidate) -> _Step:
    """Return what taking ``candidate`` costs behind the open ``chain``, and where it then stands."""
    marker = candidate.marker
    if marker.scheme is ANNEX:
        return _Step(0.0, None, 0)
    depth = len(chain)
    while depth and chain[depth - 1].rank > marker.rank:
        depth -= 1
    while depth and _is_other_branch(chain[depth - 1], marker):
        depth -= 1
    if depth and chain[depth - 1].series == marker.series:
        return _follow(chain[depth - 1], candidate, depth - 1)
    if candidate.title and depth <= _annexes(chain) < len(chain):
        return _Step(BODY, None, 0, body=True)
    while depth and chain[depth - 1].rank == marker.rank:
        depth -= 1
    step = _open(marker, last, depth)
    orphan = marker.prefix and not (depth and _has_number(chain[depth - 1], marker.prefix))
    return step._replace(cost=step.cost + ORPHAN) if orphan else step


def _follow(before: Marker, candidate: Candidate, depth: int) -> _Step:
    marker = candidate.marker
    if marker.value == 1 and not marker.inserted:
        if candidate.title:
            return _Step(BODY, None, 0, body=True)
        return _Step(RESTART if before.value > 1 else REPEAT, None, depth)
    if (marker.value, marker.inserted) == (before.value, before.inserted):
        return _Step(REPEAT, None, depth)
    if marker.inserted:
        goes_on = (marker.value, marker.inserted) == (before.value, before.inserted + 1)
        return _Step(0.0 if goes_on else REPEAT, None, depth)
    missing = marker.value - before.value - 1
    if missing == 0:
        return _Step(-OPEN / 2 if before.value == 1 else 0.0, None, depth)
    if missing < 0:
        return _Step(JUMP, None, depth)
    return _Step(_gap(missing), _expected(marker, before.value + 1), depth)


def _open(marker: Marker, last: _Last, depth: int) -> _Step:
    before = last.get(marker.series, 0)
    if marker.value == 1:
        return _Step(OPEN, None, depth)
    missing = marker.value - before - 1
    if missing == 0:
        return _Step(CONTINUE, None, depth)
    if missing < 0:
        return _Step(JUMP, None, depth)
    return _Step(_gap(missing) + OPEN, _expected(marker, before + 1), depth)


def _gap(missing: int) -> float:
    return min(GAP + log2(missing + 1), JUMP)


def _expected(marker: Marker, value: int) -> str:
    if marker.prefix:
        return f"{marker.prefix}.{value}"
    return write_ordinal(marker.scheme, value)


def _is_other_branch(outer: Marker, marker: Marker) -> bool:
    """Whether ``outer`` is a number of another branch than the 1.2.3 that ``marker`` is."""
    if not marker.prefix or outer.scheme.rank != marker.scheme.rank:
        return False
    return not f"{marker.prefix}.".startswith(f"{outer.ordinal}.") and outer.prefix != marker.prefix


def _has_number(outer: Marker, prefix: str) -> bool:
    """Whether ``outer`` is the 1.2 of a 1.2.3, or the 第三条 of a 3.1."""
    return outer.ordinal == prefix or str(outer.value) == prefix


def _annexes(chain: _Chain) -> int:
    """How much of the chain is an annex, whose own title opens no further body."""
    return int(bool(chain) and chain[0].scheme is ANNEX)

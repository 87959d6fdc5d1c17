"""Killed at any moment: a change of library, index, log or model that nothing could tidy up after.

Three kinds of end, each by a signal that runs no code of ours: before every single step that the file
system sees (a file opened for writing, synced, renamed, removed); in the middle of a write, when a file
reaches a size; and at a random moment of the change.
"""

from __future__ import annotations

import contextlib
import os
import random
import resource
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from torture.home import CHANGES, Ended, Say, act, describe, fill, lay_out, measure, warm
from torture.section import Section

FULL = 600
PROMISE = (
    "Whatever is killed, and whenever: the next start succeeds, library and index are both as before "
    "the change or both as after it, byte for byte, every checksum is right, and no feedback that was "
    "acknowledged is lost. Before that start a reader sees the library as before or after, and the index "
    "as before or after; the index may be the older of the two."
)
KINDS = ("step", "write", "moment")
# Largest file that a change of the small home writes, in bytes.
_LARGEST = 1_000_000
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_STEPS = frozenset({"os.rename", "os.remove", "os.mkdir", "os.rmdir", "sqlite3.connect"})


@dataclass(frozen=True, slots=True)
class Case:
    """A change and how it is killed: ``at`` is a step, a size in bytes, or a part of its length."""

    change: str
    kind: str
    at: float

    def __str__(self) -> str:
        return f"{self.change}, killed at {self.kind} {self.at:g}"


@dataclass(frozen=True, slots=True)
class Known:
    """A change undisturbed: the home before it, both states, its seconds and its steps."""

    before: Path
    states: tuple[dict[str, Any], dict[str, Any]]
    seconds: float
    steps: int


def run_case(case: Case, known: Known, home: Path) -> tuple[Ended, str | None]:
    """Kill one change over a copy of its home; return how it ended, and what is wrong after a start."""
    shutil.copytree(known.before, home)
    change = CHANGES[case.change]
    work = _WORKS[case.kind](case.at, lambda say: change(home, say), home)
    wait = case.at * known.seconds if case.kind == "moment" else None
    ended = act(home, work, kill_after=wait)
    state, error = describe(home)
    shutil.rmtree(home)
    if ended.error is not None:
        return ended, f"failed instead of being killed: {ended.error}"
    if state is None:
        return ended, error
    return ended, compare(state, known.states) or _check_feedback(state["feedback"], ended.said)


def compare(state: dict[str, Any], states: tuple[dict[str, Any], dict[str, Any]]) -> str | None:
    """Return what of a state, but for its feedback, is that of neither of ``states``."""
    state, *known = map(_without_feedback, (state, *states))
    if state in known:
        return None
    parts = [name for name in state if not any(state[name] == one[name] for one in known)]
    told = ", ".join(parts) or "library and index, one as before and one as after"
    return f"neither before nor after: {told}"


def _without_feedback(state: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in state.items() if name != "feedback"}


def _check_feedback(kept: Sequence[str], said: Sequence[str]) -> str | None:
    """Return what is wrong with the comments that are kept, where ``said`` were acknowledged."""
    lost = [number for number in said if f"comment {number}" not in kept]
    if lost:
        return f"acknowledged feedback is lost: {', '.join(lost)}"
    # The last may be kept and its acknowledgement not have been heard.
    if len(kept) != len(set(kept)) or len(kept) > len(said) + 1:
        return f"feedback that nobody gave: {kept}"
    return None


# --- three kinds of end ---------------------------------------------------------------------------


def _kill_at_step(at: float, work: Callable[[Say], None], home: Path) -> Callable[[Say], None]:
    def run_until(say: Say) -> None:
        steps = iter(range(int(at)))
        with watching(home, lambda: next(steps, None) is None and _kill()):
            work(say)

    return run_until


def _kill_at_size(at: float, work: Callable[[Say], None], home: Path) -> Callable[[Say], None]:
    def run_until(say: Say) -> None:
        # What fits is written; the rest of the same write meets the signal. Python ignores it.
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(at), int(at)))
        work(say)

    return run_until


def _leave(at: float, work: Callable[[Say], None], home: Path) -> Callable[[Say], None]:
    return work


_WORKS = {"step": _kill_at_step, "write": _kill_at_size, "moment": _leave}


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@contextlib.contextmanager
def watching(home: Path, told: Callable[[], object]) -> Iterator[None]:
    """Call ``told`` before each step that changes something below ``home``.

    For a child only: what watches can never be taken away again.
    """
    watched, where = True, os.fsencode(home)

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if not watched or not (event in _STEPS or (event == "open" and arguments[2] & _WRITES)):
            return
        path = arguments[0]
        if isinstance(path, str | bytes | os.PathLike) and os.fsencode(path).startswith(where):
            told()

    def sync(descriptor: int) -> None:
        told()
        synced(descriptor)

    synced = os.fsync
    sys.addaudithook(hear)
    os.fsync = sync
    try:
        yield
    finally:
        watched, os.fsync = False, synced


# --- all of them ----------------------------------------------------------------------------------


def learn(folder: Path, change: str, filled: Path) -> Known:
    """Return what is known of a change from doing it undisturbed."""
    before = folder / f"before {change}"
    lay_out(before, change, filled)
    copy = folder / "copy"
    states = []
    shutil.copytree(before, copy)
    states.append(_state(copy))
    shutil.rmtree(copy)
    shutil.copytree(before, copy)
    seconds = measure(copy, change)
    states.append(_state(copy))
    shutil.rmtree(copy)
    shutil.copytree(before, copy)

    def count(say: Say) -> None:
        with watching(copy, lambda: say("step")):
            CHANGES[change](copy, lambda _: None)

    steps = len(act(copy, count).said)
    shutil.rmtree(copy)
    return Known(before, (states[0], states[1]), seconds, steps)


def _state(home: Path) -> dict[str, Any]:
    state, error = describe(home)
    assert state is not None, error
    return state


def choose(known: dict[str, Known], amount: int, seed: int) -> Iterator[Case]:
    """Yield ``amount`` cases, of the three kinds in turn; no step twice."""
    chance = random.Random(seed)
    steps = [Case(change, "step", at) for change in known for at in range(known[change].steps)]
    chance.shuffle(steps)
    sizes = [
        Case(chance.choice(list(known)), "write", int(_LARGEST ** chance.uniform(0.2, 1)))
        for _ in range(amount)
    ]
    moments = [
        Case(chance.choice(list(known)), "moment", round(chance.uniform(0, 1.1), 4))
        for _ in range(amount)
    ]
    cases = [case for turn in zip_longest(steps, sizes, moments) for case in turn if case]
    yield from cases[:amount]


def run_all(folder: Path, amount: int, seed: int, changes: tuple[str, ...]) -> Section:
    """Kill ``changes`` ``amount`` times."""
    warm(folder)
    filled = folder / "filled"
    made = act(filled, lambda say: fill(filled))
    assert made.error is None, made.error
    known = {change: learn(folder, change, filled) for change in changes}
    failures: list[str] = []
    tried, killed, judged = Counter[str](), Counter[str](), 0
    for case in choose(known, amount, seed):
        ended, wrong = run_case(case, known[case.change], folder / "trial")
        tried[case.change] += 1
        killed[case.kind] += ended.signal != 0
        judged += len(ended.said)
        if wrong:
            again = f"python -m torture crashes --amount {amount} --seed {seed}"
            failures.append(f"{case}: {wrong.strip().splitlines()[-1]} ({again})")
    figures = (
        ("killed before a step of the file system", str(killed["step"])),
        ("of steps that there are", str(sum(one.steps for one in known.values()))),
        ("killed in the middle of a write", str(killed["write"])),
        ("killed at a random moment", str(killed["moment"])),
        ("ended before they were killed", str(sum(tried.values()) - sum(killed.values()))),
        ("changes", ", ".join(f"{change} {tried[change]}" for change in changes)),
        ("feedback acknowledged before the end", str(judged)),
    )
    return Section("Killed at any moment", PROMISE, figures, tuple(failures))


def run(folder: Path, amount: int, seed: int) -> Section:
    """Kill every kind of change."""
    return run_all(folder, amount, seed, tuple(CHANGES))

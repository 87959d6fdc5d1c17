"""Stages of a question are recorded for whoever asks, and for nobody else."""

from __future__ import annotations

import threading

import pytest

from index import stages
from index.stages import measure, record


class Clock:
    """Stands still but when told to go on, in seconds."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(stages, "time", found)
    return found


def test_times_of_a_stage_add_up(clock: Clock) -> None:
    with record() as times:
        for seconds in (0.25, 0.5):
            with measure("dense"):
                clock.now += seconds
            clock.now += 8
        with pytest.raises(KeyError), measure("rank"):
            clock.now += 1
            raise KeyError
    assert times == {"encode": 0, "lexical": 0, "dense": 750, "rank": 1000}


def test_nothing_is_recorded_after_the_record_or_in_one_inside(clock: Clock) -> None:
    with measure("dense"):
        clock.now += 1
    with record() as outer:
        with record() as inner, measure("encode"):
            clock.now += 1
        with measure("lexical"):
            clock.now += 2
    with measure("dense"):
        clock.now += 4
    assert inner == {"encode": 1000, "lexical": 0, "dense": 0, "rank": 0}
    assert outer == {"encode": 0, "lexical": 2000, "dense": 0, "rank": 0}


def test_each_thread_has_its_own(clock: Clock) -> None:
    turn = threading.Barrier(2, timeout=10)
    found: dict[int, float] = {}

    def ask(number: int) -> None:
        with record() as times:
            turn.wait()  # both record now
            for mover in (0, 1):
                if mover == number:
                    with measure("dense"):
                        clock.now += 1 + number
                turn.wait()
        found[number] = times["dense"]

    threads = [threading.Thread(target=ask, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {0: 1000, 1: 2000}

"""One stop of a server that answers, streams and has a page open."""

from __future__ import annotations

import signal
from pathlib import Path

from torture.stopping import LIMIT, Situation, stop


def test_a_stop_in_the_middle_of_answers(tmp_path: Path) -> None:
    situation = Situation(
        answers=1, streams=1, heartbeats=1, job=False, loading=False, signal=signal.SIGTERM
    )
    seconds, answers = stop(tmp_path, situation)
    assert seconds <= LIMIT and answers == 2

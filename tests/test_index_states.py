"""Additions, removals, corrections, builds and questions in any order, against a plain model."""

from __future__ import annotations

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.index_states import Library


def test_library_and_index_are_those_of_the_model_after_every_step() -> None:
    run_state_machine_as_test(Library, settings=settings(max_examples=3, stateful_step_count=8))

"""A handful of what is hostile, everywhere; ``python -m torture payloads`` tries all of it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from torture import payloads

pytestmark = [
    pytest.mark.browser,
    # Gradio's queue sets an option that pandas has deprecated
    pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting'"),
]


def test_what_is_hostile_is_shown_as_text(tmp_path: Path) -> None:
    section = payloads.run(tmp_path, 5, 3)
    assert section.failures == ()
    assert dict(section.figures)["payloads"] == "5"

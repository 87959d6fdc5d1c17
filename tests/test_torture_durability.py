"""Killed, refused, flipped: a few of the trials of ``make torture``."""

from __future__ import annotations

from pathlib import Path

from torture import crashes, disks, flips


def test_a_killed_change_is_as_if_it_was_or_was_not(tmp_path: Path) -> None:
    section = crashes.run_all(tmp_path, 6, 2, ("remove", "feedback"))
    assert section.failures == ()
    killed = {what: int(number) for what, number in section.figures if what.startswith("killed")}
    assert killed["killed before a step of the file system"] == 2


def test_a_refused_change_says_so_and_damages_nothing(tmp_path: Path) -> None:
    section = disks.run_all(tmp_path, 6, 2, ("correct", "preparation"))
    assert section.failures == ()
    assert any("refused" in value and ", 0 refused" not in value for _, value in section.figures)


def test_a_flipped_byte_is_found_and_repaired_as_told(tmp_path: Path) -> None:
    section = flips.run(tmp_path, 6, 2)
    assert section.failures == ()
    assert dict(section.figures)["different files"] == "6"

"""Progress: not too many lines, the last one always, and the time left."""

from __future__ import annotations

import pytest

from index import progress
from index.progress import Progress


def test_two_lines_a_second_and_the_last_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter(range(1000, 1011))
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock) / 10)
    report = Progress()
    for done in range(1, 12):
        report("encode", done, 11)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert [line.split()[2] for line in captured.err.splitlines()] == ["1/11", "6/11", "11/11"]


def test_pace_and_the_time_left_that_follows_from_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([100.0, 110.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    report = Progress()
    report("read", 0, 4)
    report("read", 1, 4)
    assert "1/4 文档 documents, 每秒 0.1 a second, 剩余约 30 秒 left" in capsys.readouterr().err

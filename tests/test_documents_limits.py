"""Limits that an installation may set."""

from __future__ import annotations

from pathlib import Path

import pytest

from documents.errors import DocumentError, LoadError
from documents.limits import read_limit
from documents.loading import load_source


def test_a_limit_is_its_default_unless_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POLICY_QA_MAX_X", raising=False)
    assert read_limit("POLICY_QA_MAX_X", 5) == 5
    monkeypatch.setenv("POLICY_QA_MAX_X", " 7 ")
    assert read_limit("POLICY_QA_MAX_X", 5) == 7
    monkeypatch.setenv("POLICY_QA_MAX_X", "")
    assert read_limit("POLICY_QA_MAX_X", 5) == 5


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "64 MB", "no"])
def test_a_limit_that_is_no_number_is_said(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLICY_QA_MAX_X", value)
    with pytest.raises(DocumentError, match="POLICY_QA_MAX_X"):
        read_limit("POLICY_QA_MAX_X", 5)


def test_a_smaller_limit_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_text("关于某事的通知", "utf-8")
    assert load_source(path).text
    monkeypatch.setenv("POLICY_QA_MAX_BYTES", "20")
    with pytest.raises(LoadError, match="20"):
        load_source(path)

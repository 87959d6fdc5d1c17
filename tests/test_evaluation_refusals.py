"""Questions of another field: read, split in two by their ids, counted."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from evaluation.errors import DatasetError
from evaluation.refusals import count_refusals, format_refusals, read_queries
from qa.errors import RequestError


def write(path: Path, count: int) -> Path:
    lines = [json.dumps({"_id": f"q{i}", "text": f"question {i}"}) for i in range(count)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_the_halves_are_disjoint_and_complete(tmp_path: Path) -> None:
    file = write(tmp_path / "queries.jsonl", 100)
    first = dict(read_queries(file, half="choose", limit=100))
    second = dict(read_queries(file, half="report", limit=100))
    assert first and second
    assert not set(first) & set(second)
    assert set(first) | set(second) == {f"q{i}" for i in range(100)}


def test_a_limit_takes_the_same_queries_whatever_the_order_of_the_file(tmp_path: Path) -> None:
    file = write(tmp_path / "queries.jsonl", 60)
    turned = tmp_path / "turned.jsonl"
    turned.write_text("\n".join(reversed(file.read_text().split("\n"))), encoding="utf-8")
    assert read_queries(file, half="report", limit=7) == read_queries(
        turned, half="report", limit=7
    )


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "queries.jsonl"
    file.write_text('{"_id": "a", "text": "b"}\n{"id": 1}\n', encoding="utf-8")
    with pytest.raises(DatasetError, match=r"queries\.jsonl:2"):
        read_queries(file, half="report", limit=10)


def test_outcomes_are_counted_and_what_was_let_through_is_named() -> None:
    def ask(request: object) -> object:
        text = request.question  # type: ignore[attr-defined]
        if text == "?":
            raise RequestError("empty_question", "空", "empty")
        return SimpleNamespace(outcome=text)

    queries = [("a", "answered"), ("b", "no_basis"), ("c", "partial"), ("d", "?")]
    refusals = count_refusals(SimpleNamespace(ask=ask), queries)
    assert refusals.outcomes == {"answered": 1, "partial": 1, "no_basis": 2}
    assert refusals.let_through == ("a", "c")
    assert refusals.let_through_as == {"answered": ("a",), "partial": ("c",)}
    text = format_refusals(refusals)
    assert "50.0%" in text
    assert "放行（let through）2，50.0%：answered 1，partial 1" in text

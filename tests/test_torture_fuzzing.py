"""The trial of any input in short; and that it sees what it is there to see."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from torture import fuzzing
from torture.fuzz import growth
from torture.fuzz.commands import run_commands
from torture.fuzz.growth import Pattern, draw_patterns, find_growth
from torture.fuzz.guided import find_failure, mutator, pack, shorten, unpack
from torture.fuzz.interfaces import run_schema
from torture.fuzz.targets import TARGETS, split
from torture.fuzz.wire import run_wire

from documents.formats import doc, scan
from qa.log import Log
from qa.web.application import create_web_app
from tests.web_library import StubAssistant
from tests.web_served import serve

OPERATIONS = ("POST /api/v1/ask", "GET /api/v1/documents/{id}")
INPUTS = {"pdf": 4, "html": 8, "docx file": 8}


@pytest.mark.parametrize("name", TARGETS)
def test_any_input_keeps_every_promise(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # What a target puts in the place of LibreOffice and of reading characters goes after the test.
    monkeypatch.setattr(doc, "_PROGRAMS", doc._PROGRAMS)
    monkeypatch.setattr(scan, "read_pieces", scan.read_pieces)
    target = TARGETS[name]
    read, mutate, start = target.build(), mutator(target), target.seeds()
    inputs = list(start)
    for number in range(INPUTS.get(name, 25)):
        inputs.append(mutate(start[number % len(start)], target.most, number))
    for data in inputs:
        failure = find_failure(read, data)
        assert failure is None, (failure, pack(data))


def test_a_run_in_a_process_of_its_own_counts_what_it_did(tmp_path: Path) -> None:
    figures, failures = fuzzing.try_files(tmp_path, 2000, 1, targets=("journal",))
    assert not failures
    assert figures[1][0] == "– journal" and figures[1][1].startswith("60")


def test_every_target_has_its_share() -> None:
    assert min(split(1).values()) == 1
    assert sum(split(100_000).values()) == pytest.approx(100_000, abs=len(TARGETS))


def test_a_failure_is_told_by_its_place_and_made_short() -> None:
    def read(data: bytes) -> None:
        if b"!" in data and b"?" in data:
            raise KeyError("x")

    assert find_failure(read, b"fine") is None
    failure = find_failure(read, b"many! more? words")
    assert failure and failure.startswith("KeyError in test_torture_fuzzing.py:")
    assert shorten(read, b"many! more? words" * 20, failure) in (b"!?", b"?!")
    assert unpack(pack(b"\x00\xff" * 9)) == b"\x00\xff" * 9


@pytest.mark.parametrize(("power", "found"), [(1.0, 0), (1.2, 0), (2.0, 1), (3.0, 1)])
def test_what_grows_faster_than_its_text_is_found(
    power: float, found: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seconds are what the reader says they are: nothing is timed here."""
    monkeypatch.setattr(growth, "_measure", lambda read, text: read(text))
    slow = find_growth(
        lambda text: (len(text) / 20_000) ** power,
        iter([Pattern("（", "一", "）")]),
        short=growth.SHORT,
        long=growth.LONG,
    )
    assert len(list(slow)) == found


def test_patterns_are_the_same_each_time() -> None:
    assert list(draw_patterns(300, 7)) == list(draw_patterns(300, 7))
    assert len(Pattern("甲", "乙丙", "丁").write(10)) == 12


def test_requests_that_openapi_allows_and_forbids(tmp_path: Path) -> None:
    app = create_web_app(StubAssistant, log=Log(tmp_path / "log.sqlite3"))
    with TestClient(app, raise_server_exceptions=False) as client:
        sent, failures = run_schema(app, client, 6, 1, only=OPERATIONS)
    assert sent >= 9 and not failures


def test_requests_that_are_hardly_http(tmp_path: Path) -> None:
    app = create_web_app(StubAssistant, log=Log(tmp_path / "log.sqlite3"))
    with serve(app) as address:
        assert json.load(urllib.request.urlopen(f"{address}/healthz"))
        assert not list(run_wire(address, 120, 1))


def test_command_lines(tmp_path: Path) -> None:
    assert not list(run_commands(tmp_path, 12, 3))

"""Any input at all: files, texts, records, requests, command lines; and texts that could take for ever."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from documents.errors import LoadError
from documents.formats.html import read_html
from documents.parsing import parse_text
from qa.errors import RequestError
from qa.types import Request
from tests.qa_library import sample_assistant
from tests.web_served import build_app, serve
from torture.fuzz.commands import run_commands
from torture.fuzz.growth import LONG, SHORT, draw_patterns, find_growth, find_slow_questions
from torture.fuzz.guided import is_guided
from torture.fuzz.interfaces import run_schema
from torture.fuzz.seeds import TEXT, TOKENS, WORDS
from torture.fuzz.targets import TARGETS, split
from torture.fuzz.wire import run_wire
from torture.section import Section

# Inputs to what reads files, texts, records and requests; the rest is tried in proportion.
FULL = 50_000
# Seconds of the process's own time that a question of the greatest length may take, and a long text
# for each megabyte.
QUESTION_SECONDS, MEGABYTE_SECONDS = 10.0, 20.0
# Seconds for a target's whole run, far above what it takes: what hangs is ended.
_TARGET_SECONDS = 4 * 3600
_PROMISE = (
    "Whatever comes as a file, a record, a request or a command line is read or refused with the "
    "documented error: no crash, no traceback, no hang, no broken promise (offsets, paths, every "
    "character accounted for). Time grows with the length of a text and no faster. What nobody can "
    "read is not answered."
)

Part = tuple[tuple[tuple[str, str], ...], list[str]]


def run(folder: Path, amount: int, seed: int) -> Section:
    """Try ``amount`` inputs, and requests, command lines and patterns in proportion."""
    parts = [try_files(folder, amount, seed)]
    parts.append(try_growth(amount // 100, seed))
    parts.append(try_long_text(amount * 100))
    parts.append(try_questions(amount // 500, seed))
    parts.append(try_interfaces(folder, amount // 500, amount // 25, seed))
    parts.append(try_commands(folder, amount // 100, seed))
    figures = tuple(figure for found, _ in parts for figure in found)
    return Section("Any input", _PROMISE, figures, tuple(f for _, failed in parts for f in failed))


# --- files, texts, records, requests --------------------------------------------------------------


def try_files(folder: Path, amount: int, seed: int, targets: tuple[str, ...] = ()) -> Part:
    """Run the targets, each in a process of its own, since libFuzzer ends the process it runs in.

    As many at once as there are processors.
    """
    led = (
        "led by coverage (atheris)" if is_guided() else "changed blindly: atheris is not installed"
    )
    figures = [("inputs to readers", f"{amount:,}, {led}")]
    failures: list[str] = []
    chosen = {name: runs for name, runs in split(amount).items() if not targets or name in targets}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        ended = pool.map(
            lambda one: _run_target(*one, seed, folder / "targets" / one[0]), chosen.items()
        )
        told = dict(zip(chosen, ended, strict=True))
    for name, (done, found) in told.items():
        failures += found
        unseen = TARGETS[name].uninstrumented
        figures.append((f"– {name}", f"{done}{f' (not seen into: {unseen})' if unseen else ''}"))
    return tuple(figures), failures


def _run_target(name: str, runs: int, seed: int, folder: Path) -> tuple[str, list[str]]:
    """Run a target; return how many inputs and what they reached, and a line for each failure."""
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", "torture.fuzz.guided", name, "--runs", str(runs)]
    command += ["--seed", str(seed), "--folder", str(folder)]
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": os.pathsep.join(sys.path)}
    again = f"python -m torture.fuzz.guided {name!r} --again"
    try:
        ended = subprocess.run(
            command, capture_output=True, env=environment, timeout=_TARGET_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return "hung", [f"{name}: no end after {_TARGET_SECONDS} s ({runs} inputs, seed {seed})"]
    told = ended.stderr.decode(errors="replace")
    failures = []
    with contextlib.suppress(FileNotFoundError):
        found = json.loads((folder / "failures.json").read_text(encoding="utf-8"))
        failures = [f"{name}: {failure}: {again} {data}" for failure, data in found.items()]
    if ended.returncode != 0 or "Done" not in told:
        failures.append(f"{name}: ended with {ended.returncode} (seed {seed}): {told[-300:]}")
    done = re.search(r"Done (\d+) runs", told)
    reached = re.findall(r"cov: (\d+)", told)
    count = f"{int(done[1]):,}" if done else "broken off"
    return count + (f", {int(reached[-1]):,} branches" if reached else ""), failures


# --- time -----------------------------------------------------------------------------------------


def try_growth(amount: int, seed: int, *, short: int = SHORT, long: int = LONG) -> Part:
    """Repeat patterns of policy words and of markup, and compare the times of two lengths."""

    def read_page(text: str) -> None:
        with contextlib.suppress(LoadError):
            read_html(f"<html>{text}".encode(), where="x")

    stages = (
        ("text to clauses", lambda text: parse_text(text, "x"), TOKENS, short, long),
        ("web page to text", read_page, WORDS["html"], short // 4, long // 4),
    )
    figures, failures = [], []
    for name, read, words, less, more in stages:
        found = list(find_growth(read, draw_patterns(amount, seed, words), short=less, long=more))
        figures.append((f"patterns repeated to {more:,} characters, {name}", f"{amount:,}"))
        failures += [
            f"{name}: {g.short:.2f} s at {less}, {g.long:.2f} s at {more} characters: {g.pattern}"
            for g in found
        ]
    return tuple(figures), failures


def try_long_text(size: int) -> Part:
    """Parse a text of ``size`` bytes."""
    text = TEXT * (size // len(TEXT.encode()) + 1)
    began = time.process_time()
    parse_text(text, "x")
    taken = time.process_time() - began
    limit = max(1.0, MEGABYTE_SECONDS * size / 1e6)
    failures = [f"a text of {size:,} bytes took {taken:.0f} s"] if taken > limit else []
    return ((f"a text of {size:,} bytes", f"{taken:.1f} s"),), failures


def try_questions(amount: int, seed: int) -> Part:
    """Ask questions of the greatest length, made of repetitions."""
    assistant = sample_assistant()
    assistant.ask("充电站建设有什么支持？")  # what is loaded once is not counted

    def ask(text: str) -> None:
        with contextlib.suppress(RequestError):
            assistant.ask(Request(text, as_of=date(2026, 1, 1)))

    most, slow = find_slow_questions(ask, amount, seed, limit=QUESTION_SECONDS)
    told = f"{amount:,}, at most {most:.1f} s"
    return (("questions of 2,000 characters", told),), [f"a question: {line}" for line in slow]


# --- interfaces -----------------------------------------------------------------------------------


def try_interfaces(folder: Path, cases: int, requests: int, seed: int) -> Part:
    """Send what OpenAPI allows and forbids, and what is hardly HTTP."""
    with _application(folder) as app, TestClient(app, raise_server_exceptions=False) as client:
        _wait(lambda: client.get("/healthz").json()["status"])
        sent, failures = run_schema(app, client, cases, seed)
    with _application(folder) as app, serve(app) as address:
        _wait(lambda: json.load(urllib.request.urlopen(f"{address}/healthz"))["status"])
        failures += run_wire(address, requests, seed)
    figures = (
        ("requests from the OpenAPI description (schemathesis, all checks)", f"{sent:,}"),
        ("hostile requests over a socket", f"{requests:,}"),
    )
    return figures, failures


@contextmanager
def _application(folder: Path) -> Iterator[object]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POLICY_QA_HOME", str(folder / "served"))
        yield build_app(patch)


def _wait(state: object) -> None:
    while callable(state) and state() == "loading":
        time.sleep(0.05)


def try_commands(folder: Path, amount: int, seed: int) -> Part:
    """Run command lines of every kind of argument."""
    place = folder / "commands"
    place.mkdir()
    failures = list(run_commands(place, amount, seed))
    return (("command lines, each twice", f"{amount:,}"),), failures

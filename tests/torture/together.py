"""Readers during writers, two writers, ten browsers; and a state machine beside a model."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from hypothesis import seed as seeded
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.index_states import Library
from tests.torture.section import Section
from tests.torture.served import build, serve
from tests.torture.visiting import Visited, visit
from tests.torture.writing import QUESTIONS, Recorder, Written, write_by_command, write_over_rest

# Changes by each of the two writers; a change takes some seconds.
FULL = 20
READERS, PROCESSES, BROWSERS = 4, 2, 10
# Seconds between two questions of one reader, at most: a change must get its share of two cores.
PAUSE = 1.0
# Of the state machine, for each change of the writers.
_EXAMPLES = 2
_STEPS = 15


@dataclass(slots=True)
class Read:
    """What readers over REST saw: by fingerprint, (document, start, end, quote) of each citation."""

    asked: int = 0
    cited: list[tuple[str, str, int, int, str]] = field(default_factory=list)
    wrong: Counter[str] = field(default_factory=Counter)


def run(folder: Path, amount: int, seed: int) -> Section:
    """Have ``amount`` changes made by each writer while all others read."""
    home = folder / "home"
    environment = {**os.environ, "POLICY_QA_HOME": str(home)}
    processes, browsers = min(PROCESSES, amount), min(BROWSERS, 2 * amount)
    build(home)
    ended = threading.Event()
    with ExitStack() as stack:
        server = stack.enter_context(serve(home))
        recorder = stack.enter_context(Recorder(home / "index"))
        threads = stack.enter_context(ThreadPoolExecutor(READERS + 3))
        writers = [
            threads.submit(write_over_rest, server.address, amount, f"{seed}-rest"),
            threads.submit(
                write_by_command, home, folder / "new", amount, f"{seed}-command", ended
            ),
        ]
        readers = [
            threads.submit(ask_on, server.address, f"{seed}-{number}", ended)
            for number in range(READERS)
        ]
        beside = [read_beside(environment, f"{seed}-{number}") for number in range(processes)]
        visiting = threads.submit(visit, server.address, browsers, f"{seed}-browsers", ended)
        written = [writer.result() for writer in writers]
        ended.set()
        read, visited = [reader.result() for reader in readers], visiting.result()
        told = [json.loads(process.communicate()[0] or "{}") for process in beside]
    failures = [
        *list_wrong("a writer", *(w.wrong for w in written)),
        *list_wrong("a reader", *(r.wrong for r in read)),
        *list_wrong("a browser", visited.wrong),
        *list_wrong("a process", *(Counter(one.get("wrong", {"no result": 1})) for one in told)),
        *check_quotes(read, visited, recorder.texts),
        *check_library(environment, folder, written),
    ]
    steps = run_states(amount, seed)
    figures = (
        ("changes over REST, by the command line", ", ".join(str(w.changes) for w in written)),
        ("told that another writer was at it", ", ".join(str(w.busy) for w in written)),
        ("snapshots that became current", str(len(recorder.texts))),
        (
            f"{READERS} readers over REST: questions, citations compared",
            f"{sum(r.asked for r in read)}, {sum(len(r.cited) for r in read)}",
        ),
        (
            f"{processes} processes: indexes opened, questions, citations compared",
            ", ".join(
                str(sum(one.get(n, 0) for one in told)) for n in ("opened", "asked", "cited")
            ),
        ),
        (
            f"{visited.browsers} browsers: questions, citations opened, of these replaced or removed since",
            f"{visited.asked}, {visited.opened}, {visited.gone}",
        ),
        ("state machine: steps, each checked against the model", str(steps)),
    )
    return Section(
        "Together",
        "While two writers change the library, every reader sees the library as it was before or after a "
        "change: each quote stands, character for character, in the snapshot that the answer names, and "
        "each link opens it or says that the document is another one now. Neither writer loses a change: "
        "it is made, or told at once that the other is at it.",
        figures,
        tuple(failures),
    )


def ask_on(address: str, seed: str, ended: threading.Event) -> Read:
    """Ask until it is over, and keep what was cited from which index."""
    random_, read = random.Random(seed), Read()
    with httpx.Client(base_url=address, trust_env=False, timeout=120) as client:
        while not ended.wait(random_.uniform(0, PAUSE)):
            question = random_.choice(QUESTIONS)
            try:
                response = client.post("/api/v1/ask", json={"question": question})
            except httpx.HTTPError as error:
                read.wrong[f"{question}: {type(error).__name__}"] += 1
                continue
            read.asked += 1
            if response.status_code != 200:
                read.wrong[f"{question}: {response.status_code}"] += 1
                continue
            answer = response.json()
            read.cited += [
                (answer["index"], c["document"], c["start"], c["end"], c["quote"])
                for c in answer["citations"]
            ]
    return read


def read_beside(environment: dict[str, str], seed: str) -> subprocess.Popen[str]:
    """Begin to read the index in another process, which ends when its input is closed."""
    command = [sys.executable, "-m", "tests.torture.reading", seed]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True)


def check_quotes(read: list[Read], visited: Visited, texts: dict[str, dict[str, str]]) -> list[str]:
    """Return which citations do not stand in the snapshot that their answer names."""
    cited = [citation for reader in read for citation in reader.cited] + visited.cited
    return [
        f"not in snapshot {index}: {document} {start}-{end}"
        for index, document, start, end, quote in dict.fromkeys(cited)
        if texts.get(index, {}).get(document, "")[start:end] != quote
    ]


def check_library(environment: dict[str, str], folder: Path, written: list[Written]) -> list[str]:
    """Return where the library, or its index, is not what the writers made of it."""

    failures = []

    def tell(*arguments: str) -> Any:
        command = [sys.executable, "-m", *arguments]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True)
        if ended.returncode:
            failures.append(f"{' '.join(arguments)}: {ended.stderr[-300:]}")
            return None
        return json.loads(ended.stdout) if "--json" in arguments else None

    wanted = {id for one in written for id in one.held}
    found = {document["id"] for document in tell("documents", "list", "--json") or ()}
    for id in sorted(found ^ wanted):
        if id.startswith(("rest-", "command-")):
            failures.append(f"the library and what was written differ in {id}")
    again = str(folder / "again")
    tell("index", "verify")
    tell("index", "build", str(Path(environment["POLICY_QA_HOME"]) / "documents"), "--out", again)
    now, fresh = (
        tell("index", "info", *store, "--json") or {} for store in ((), ("--index", again))
    )
    if now.get("fingerprint") != fresh.get("fingerprint"):
        failures.append("the index is not the one that is made afresh of the library")
    return failures


def list_wrong(who: str, *wrong: Counter[str]) -> list[str]:
    """Return a line for each thing that went wrong."""
    return [f"{who}: {count} times {what}" for one in wrong for what, count in one.items()]


def run_states(amount: int, seed: int) -> int:
    """Run the state machine; return the steps. What it finds is raised, with how to have it again."""
    Library.steps = 0
    machine = seeded(seed)(Library)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=_EXAMPLES * amount,
            stateful_step_count=_STEPS,
            deadline=None,
            database=None,
        ),
    )
    return Library.steps

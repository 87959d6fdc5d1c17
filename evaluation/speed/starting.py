"""How long the product takes from the start of its process to an answer: the command and the page."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from time import perf_counter
from typing import IO
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

from evaluation.speed.processes import MeasuringError
from evaluation.speed.types import Plan, Starts
from index.progress import Progress

_ROOT = Path(__file__).parents[2]
# Seconds after which a start is given up.
_PATIENCE = 600.0
# What is shown of what a process said before it stopped.
_LAST = 2000

Command = Sequence[str]
# What starts the command with a question, and the page, over the index in a store.
Commands = tuple[Callable[[str], Command], Command]


def commands_of(store: Path, model: str | None) -> Commands:
    """Return how the product is started over the index in ``store``."""
    options = ["--index", str(store.resolve()), *(["--model", model] if model else [])]
    ask = [sys.executable, "-m", "qa", "ask", *options, "--json", "--"]
    page = [sys.executable, str(_ROOT / "app.py"), "--port", "0", *options]
    return (lambda question: [*ask, question]), page


def time_starts(commands: Commands, plan: Plan, questions: Sequence[str]) -> Starts:
    """Start the command and the page ``plan.starts`` times each, by turns, a question each time.

    MeasuringError where one stops, or does not answer.
    """
    ask, page = commands
    progress = Progress()
    asked, served, answered = [], [], []
    for turn in range(plan.starts):
        question = questions[turn % len(questions)]
        asked.append(time_command(ask(question)))
        until_served, until_answered = time_page(page, question)
        served.append(until_served)
        answered.append(until_answered)
        progress("start", turn + 1, plan.starts)
    return Starts(tuple(asked), tuple(served), tuple(answered))


def time_command(command: Command) -> float:
    """Return the seconds until ``command`` has printed an answer and ended."""
    began = perf_counter()
    done = subprocess.run(command, capture_output=True, cwd=_ROOT, timeout=_PATIENCE, check=False)
    took = perf_counter() - began
    if done.returncode or "outcome" not in json.loads(done.stdout or b"{}"):
        raise _stopped("qa ask", done.stderr)
    return took


def time_page(command: Command, question: str) -> tuple[float, float]:
    """Return the seconds until the page is served, and until a question to it is answered."""
    began = perf_counter()
    with _running(command) as (address, said):
        try:
            _fetch(address)
            served = perf_counter() - began
            answer = _fetch(f"{address}/api/v1/ask", {"question": question})
            answered = perf_counter() - began
            if "outcome" not in json.loads(answer):
                raise ValueError(answer[:_LAST].decode(errors="replace"))
        except (URLError, OSError, ValueError) as error:
            said.seek(0)
            raise _stopped("app.py", f"{error}\n".encode() + said.read()) from error
    return served, answered


@contextmanager
def _running(command: Command) -> Iterator[tuple[str, IO[bytes]]]:
    """Start the page; yield its address once it prints it, and what it says on standard error."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, cwd=_ROOT)
        # A page that never comes would be waited for forever.
        limit = Timer(_PATIENCE, process.kill)
        limit.start()
        try:
            address = process.stdout.readline().decode().strip() if process.stdout else ""
            if not address:
                process.wait()
                said.seek(0)
                raise _stopped("app.py", said.read())
            yield address, said
        finally:
            limit.cancel()
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout:
                process.stdout.close()


def _fetch(address: str, body: object = None) -> bytes:
    """Return what the address answers; URLError where that is no success."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(address, data=data, headers={"Content-Type": "application/json"})
    # This machine itself: no proxy that the environment may name.
    with build_opener(ProxyHandler({})).open(request, timeout=_PATIENCE) as answer:
        found: bytes = answer.read()
    return found


def _stopped(name: str, said: bytes) -> MeasuringError:
    last = said.decode(errors="replace")[-_LAST:].strip()
    return MeasuringError(name, f"没有给出回答：{last}", f"gave no answer: {last}")

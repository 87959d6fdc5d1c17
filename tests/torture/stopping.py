"""The server is told to stop in the middle of things; ``amount`` stops, each of another situation."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from documents import library
from index import snapshot
from qa.log import Log
from torture.section import Section

FULL = 20
LIMIT = 10.0
# Longer than it takes to send everything, shorter than answers are waited for.
ANSWER_SECONDS = 2.0
ROOT = Path(__file__).parent.parent.parent
ASK = json.dumps({"question": "充电站建设有什么支持？我的电话是13812345678"}).encode()
DOCUMENT = "某某办法\n" + "".join(f"第{n}条 支持公共充电站建设{n}。\n" for n in range(1, 400))
LOADING = 180.0


@dataclass(frozen=True, slots=True)
class Situation:
    """What goes on when the stop comes: how many of each, and the signal."""

    answers: int
    streams: int
    heartbeats: int
    job: bool
    loading: bool
    signal: signal.Signals


def run(folder: Path, amount: int, seed: int) -> Section:
    """Start a server and stop it, ``amount`` times; ``seed`` chooses the situations."""
    failures: list[str] = []
    seconds: list[float] = []
    finished = 0
    for number in range(amount):
        situation = choose(random.Random(f"{seed}/{number}"))
        about = f"stop {number} of seed {seed}, {situation}"
        try:
            took, answered = stop(folder, situation)
        except Exception as error:  # a trial that cannot be held has failed, and the next is held
            failures.append(f"{about}: {type(error).__name__}: {error}")
            continue
        seconds.append(took)
        finished += answered
    figures = (
        ("stops", str(amount)),
        ("longest, seconds", f"{max(seconds, default=0.0):.1f}"),
        ("answers that were running and came whole", str(finished)),
    )
    promise = (
        "SIGTERM and SIGINT end the server within 10 s with exit code 0, while answers run, streams and "
        "heartbeats are open, a change of the library runs or the index is loaded: answers that run are "
        "finished, the library, its index and the log are whole, and no process is left."
    )
    return Section("Stopping", promise, figures, tuple(failures))


def choose(chance: random.Random) -> Situation:
    """Return what goes on at one stop."""
    loading = chance.random() < 0.2
    busy = 0 if loading else 3
    return Situation(
        answers=chance.randint(0, busy),
        streams=chance.randint(0, busy),
        heartbeats=chance.randint(0, 2),
        job=not loading and chance.random() < 0.5,
        loading=loading,
        signal=chance.choice((signal.SIGTERM, signal.SIGINT)),
    )


def stop(folder: Path, situation: Situation) -> tuple[float, int]:
    """Hold one trial; return seconds until the process had ended, and how many answers came.

    AssertionError says which promise did not hold.
    """
    # A change of the library has a process of its own, which takes the real encoder.
    home = folder / ("home" if situation.job else "quick")
    environment = os.environ | {
        "POLICY_QA_HOME": str(home),
        "TORTURE_SECONDS": str(ANSWER_SECONDS),
        "TORTURE_ENCODER": "" if situation.job else "fake",
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests"))),
    }
    errors = folder / "errors.txt"
    with errors.open("w") as said, ThreadPoolExecutor(12) as pool:
        server = subprocess.Popen(
            [sys.executable, "-m", "torture.slow_server", "--port=0"],
            cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=said, text=True,
        )  # fmt: skip
        try:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            assert address, "it did not start"
            sent = _busy(pool, address, situation)
            began = time.monotonic()
            server.send_signal(situation.signal)
            code = server.wait(LIMIT + 20)
            took = time.monotonic() - began
        finally:
            server.kill()
            server.wait()
            server.stdout.close()
        answers = [answer.result() for answer in sent]
    log = errors.read_text(encoding="utf-8")
    assert code == 0, f"exit code {code}: {log[-500:]}"
    assert took <= LIMIT, f"{took:.1f} s"
    assert "Traceback" not in log, log[-2000:]
    assert "13812345678" not in log, "a caller's number in the log of the server"
    assert all(answers), f"{answers.count(False)} of {len(answers)} answers were cut off"
    _look(home)
    return took, len(answers)


def _busy(pool: ThreadPoolExecutor, address: str, situation: Situation) -> list[Future[bool]]:
    """Begin all that goes on, and return what answers will have come."""
    if situation.loading:
        return []
    until = time.monotonic() + LOADING
    while not _get(f"{address}/readyz"):
        assert time.monotonic() < until, "it did not get ready"
        time.sleep(0.1)
    for number in range(situation.heartbeats):
        beat = f"{address}/gradio_api/heartbeat/beat{number}"
        threading.Thread(target=_get, args=(beat,), daemon=True).start()
    if situation.job:
        id = _upload(address)
        events = f"{address}/api/v1/jobs/{id}/events"
        threading.Thread(target=_get, args=(events,), daemon=True).start()
    began = [threading.Event() for _ in range(situation.answers + situation.streams)]
    sent = [
        pool.submit(_ask, address, number >= situation.answers, begun)
        for number, begun in enumerate(began)
    ]
    for begun in began:
        begun.wait(10)
    time.sleep(ANSWER_SECONDS / 2)  # all of them are being answered by now
    return sent


def _ask(address: str, streamed: bool, begun: threading.Event) -> bool:
    """Ask; return whether the answer came whole."""
    accept = "text/event-stream" if streamed else "application/json"
    request = urllib.request.Request(
        f"{address}/api/v1/ask",
        data=ASK,
        headers={"Content-Type": "application/json", "Accept": accept},
    )
    begun.set()
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            body = response.read()
            return b'"outcome"' in body and body.rstrip().endswith(b"}")
    except (OSError, ValueError):
        return False


def _get(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=60) as response:
            response.read()
            return True
    except (OSError, ValueError):
        return False


def _upload(address: str) -> str:
    """Have a document added, of other content each time; return the job's id."""
    text = f"{DOCUMENT}{time.time_ns()}\n"
    body = (
        '--b\r\nContent-Disposition: form-data; name="files"; filename="trial.txt"\r\n\r\n'
        f"{text}\r\n--b--\r\n"
    ).encode()
    request = urllib.request.Request(
        f"{address}/api/v1/documents",
        data=body,
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        id: str = json.load(response)["id"]
        return id


def _look(home: Path) -> None:
    """See that what lies on the disk is whole, and that no process is left that works on it."""
    before = os.environ.get("POLICY_QA_HOME")
    os.environ["POLICY_QA_HOME"] = str(home)
    try:
        found = library.verify()
    finally:
        os.environ.pop("POLICY_QA_HOME")
        if before is not None:
            os.environ["POLICY_QA_HOME"] = before
    assert not (found.changed or found.missing or found.unreadable), f"library: {found}"
    if snapshot.current(home / "index") is not None:  # else it was stopped before there was any
        snapshot.verify(home / "index")
    _, damaged = Log(home / "qa.sqlite3").verify()
    assert not damaged, f"damaged in the log: {damaged}"
    assert not _find_processes(home), "a process was left"


def _find_processes(home: Path) -> list[int]:
    """Return the processes whose environment names ``home`` (Linux only)."""
    wanted = f"POLICY_QA_HOME={home}".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if wanted in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found

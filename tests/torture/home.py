"""A small home that trials damage: what is in it, the changes of it, and how it stands after a start.

Everything happens in forked children: the libraries are imported once, and a child that is killed, runs
out of space or has lost its rights leaves this process as it was.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import select
import shutil
import signal
import sqlite3
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import app
from documents import library as originals
from documents.corrections import CORRECTIONS
from documents.register import REGISTER
from documents.types import Original
from index import library, snapshot, stores
from index.preparation import Preparation, find_damage, prepare
from qa.log import Feedback, Log, log_path
from qa.types import Request
from tests.conftest import FakeEncoder

ENCODER = FakeEncoder(64)
QUESTION = "充电站补贴是多少？"
TEXTS = {
    f"notice{number}.txt": (
        f"关于支持充电站建设的第{number}号通知\n\n一、支持充电站建设。每站补贴{number}万元。\n\n"
        "二、各区应当简化审批。\n\n三、本通知自发布之日起施行。\n"
    )
    for number in range(1, 5)
}
FEEDBACKS = 12
# Stands for the weights that a model is prepared from: some hundred kilobytes in three files.
MODEL = {f"part{number}.bin": bytes([number]) * 150_000 for number in range(3)}
PREPARATION = Preparation("model", hashlib.sha256(b"weights").hexdigest(), 1, {"model": "trial"})

Say = Callable[[str], None]
# What happens in a child; what it says, a line each, the parent hears though it is killed after that.
Work = Callable[[Say], None]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended: the signal that killed it or 0, what it said, and what it failed with."""

    signal: int
    said: tuple[str, ...]
    error: str | None = None


def act(home: Path, work: Work, *, kill_after: float | None = None) -> Ended:
    """Do ``work`` over ``home`` in a child; kill it after so many seconds."""
    ears, mouth = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if not child:
        os.close(ears)
        _be_child(home, work, mouth)
    os.close(mouth)
    with os.fdopen(ears, "rb") as heard:
        if kill_after is not None:
            _wait(heard.fileno(), child, kill_after)
        lines = heard.read().decode(errors="replace").split("\n")
    _, status = os.waitpid(child, 0)
    # What follows the last line end is what was being said when it was killed.
    said = [line for line in lines[:-1] if not line.startswith("!")]
    error = next((json.loads(line[1:]) for line in lines[:-1] if line.startswith("!")), None)
    return Ended(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, tuple(said), error)


def _wait(ears: int, child: int, seconds: float) -> None:
    """Kill the child after so many seconds; what it says meanwhile fits into the pipe."""
    end = select.poll()
    end.register(ears, 0)  # only that nobody holds the other end any more
    if not end.poll(seconds * 1000):
        os.kill(child, signal.SIGKILL)


def _be_child(home: Path, work: Work, mouth: int) -> None:
    """Do the work and leave, whatever comes."""
    try:
        quiet = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(quiet, stream)
        use(home)
        work(lambda line: _write(mouth, line))
    except BaseException:
        _write(mouth, "!" + json.dumps(traceback.format_exc()))
    os._exit(0)


def _write(mouth: int, line: str) -> None:
    os.write(mouth, line.encode() + b"\n")


def use(home: Path) -> None:
    """Have this process work over ``home``, with the encoder that needs no model."""
    os.environ["POLICY_QA_HOME"] = str(home)
    stores.load_encoder = lambda model=None: ENCODER  # type: ignore[assignment,misc]


# --- what is in it --------------------------------------------------------------------------------


def fill(home: Path) -> None:
    """Make a home: three documents, one of them corrected, their index, a few questions asked."""
    (home / "documents").mkdir(parents=True)
    library.add([Original(name, text.encode()) for name, text in list(TEXTS.items())[:3]])
    library.correct("notice1", {"kind": "通知"})
    assistant, log = start(), Log(log_path())
    for number in range(FEEDBACKS):
        request = Request(f"第{number}问：{QUESTION}")
        log.record(request, assistant.ask(request))


def warm(folder: Path) -> None:
    """Do everything once, so that children need not load dictionaries again."""
    home = os.environ.get("POLICY_QA_HOME")
    encoder = stores.load_encoder
    try:
        use(folder / "warm")
        with open(os.devnull, "w") as quiet, contextlib.redirect_stderr(quiet):
            fill(folder / "warm")
    finally:
        stores.load_encoder = encoder
        os.environ.pop("POLICY_QA_HOME")
        if home is not None:
            os.environ["POLICY_QA_HOME"] = home


def _add(home: Path, say: Say) -> None:
    library.add([Original(name, text.encode()) for name, text in list(TEXTS.items())[2:]])


def _remove(home: Path, say: Say) -> None:
    library.remove(["notice1", "notice2"])


def _empty(home: Path, say: Say) -> None:
    library.remove(["notice1", "notice2", "notice3"])


def _correct(home: Path, say: Say) -> None:
    library.correct("notice2", {"kind": "办法", "number": "市发〔2024〕2号"})


def _build(home: Path, say: Say) -> None:
    stores.build_store(stores.default_store(), fresh=True)


def _judge(home: Path, say: Say) -> None:
    log = Log(log_path())
    for number, ask in enumerate(asks(log)):
        log.judge(Feedback(ask, "down", "incomplete", f"comment {number}"), desk=f"desk{number}")
        say(str(number))


def asks(log: Log) -> list[str]:
    """Return the keys of what was asked."""
    with contextlib.closing(sqlite3.connect(log.path)) as connection:
        return [ask for (ask,) in connection.execute("SELECT ask FROM calls ORDER BY id")]


def _prepare(home: Path, say: Say) -> None:
    prepare(home / "models", PREPARATION, write_model)


def write_model(folder: Path) -> None:
    """Write what stands for a model."""
    for name, data in MODEL.items():
        (folder / name).write_bytes(data)


def _begin(home: Path, say: Say) -> None:
    start()


# By name: the change, and what its home lacks before it.
CHANGES: Mapping[str, Callable[[Path, Say], None]] = {
    "add": _add,
    "remove": _remove,
    "empty": _empty,
    "correct": _correct,
    "build": _build,
    "feedback": _judge,
    "preparation": _prepare,
    "first start": _begin,
}


def lay_out(home: Path, change: str, filled: Path) -> None:
    """Make the home that ``change`` begins with: as ``filled``, but for what is made anew."""
    if change == "first start":
        home.mkdir()
        return
    shutil.copytree(filled, home)
    if change == "build":
        # Put there by hand: in the library, not in its index.
        text = next(reversed(TEXTS.values()))
        (home / "documents" / "by-hand.txt").write_text(text, encoding="utf-8")


# --- how it stands --------------------------------------------------------------------------------


def start() -> Any:
    """Open the assistant as the page does, after what was stopped is finished."""
    return app.open_assistant(None, None, None, lambda: ENCODER)


def look(say: Say) -> None:
    """Start, and say how library, index, feedback and model stand, as one line of JSON.

    Fails where anything is damaged.
    """
    assistant = start()
    folder, store = originals.library_folder(), stores.default_store()
    found = originals.verify()
    assert not (found.changed or found.missing or found.unreadable), found
    assert not snapshot.is_outdated(store)
    files = snapshot.verify(store).files if snapshot.current(store) else {}
    answer = assistant.ask(Request(QUESTION))
    for citation in answer.citations:
        clean = assistant.index.documents[citation.document].clean
        assert clean[citation.start : citation.end] == citation.quote, citation
    models = Path(os.environ["POLICY_QA_HOME"]) / "models"
    if models.exists():
        prepared = prepare(models, PREPARATION, write_model)
        assert find_damage(models) == {prepared: ()}
        assert {name: (prepared / name).read_bytes() for name in MODEL} == MODEL
    hidden = [folder / REGISTER, folder / CORRECTIONS]
    say(
        json.dumps(
            {
                "originals": _hash(p for p in folder.iterdir() if not p.name.startswith(".")),
                "records": _hash(path for path in hidden if path.exists()),
                "index": files,
                "indexed": sorted(assistant.index.documents),
                "cited": [[c.document, c.clause, c.quote] for c in answer.citations],
                "feedback": read_feedback(),
            },
            sort_keys=True,
        )
    )


def read_feedback() -> list[str]:
    """Return the comments that are kept, in a file that SQLite finds sound."""
    if not log_path().exists():
        return []
    with contextlib.closing(sqlite3.connect(log_path())) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    return [str(feedback.comment) for _, feedback in Log(log_path()).judged()]


def _hash(paths: Any) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(paths)}


def describe(home: Path) -> tuple[dict[str, Any] | None, str | None]:
    """Return how ``home`` stands after a start, or why that failed."""
    ended = act(home, look)
    if ended.error is not None or not ended.said:
        return None, ended.error or f"killed by signal {ended.signal}"
    return json.loads(ended.said[-1]), None


def measure(home: Path, change: str) -> float:
    """Do ``change`` once and return its seconds; AssertionError where it fails undisturbed."""
    began = time.monotonic()
    ended = act(home, lambda say: CHANGES[change](home, say))
    assert ended.error is None, ended.error
    return time.monotonic() - began

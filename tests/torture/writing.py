"""Writers of one library: over REST and by the command line, with texts whose place is known."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from index import snapshot

MATTERS = (
    "充电设施",
    "养老服务",
    "农田水利",
    "科技创新",
    "外贸出口",
    "冰雪旅游",
    "人才引进",
    "节能改造",
)
QUESTIONS = (
    *(f"{matter}有什么支持？" for matter in MATTERS),
    "充电桩能补多少钱",
    "What support is there for charging stations?",
)
_TRIES = 40


def write_text(matter: str, variant: int) -> str:
    """Return a short rule on a matter; each variant has other words at other places."""
    more = f"第{'二三四五六'[variant % 5]}期" * (variant + 1)
    return (
        f"长春市{matter}管理办法（{more}）\n\n第一条 为支持{matter}{more}，制定本办法。\n"
        f"第二条 对{matter}项目{more}给予补助，最高不超过{variant + 1}0万元。\n"
        f"第三条 {matter}由长春市人民政府负责。\n第四条 本办法自2024年1月1日起施行。\n"
    )


class Recorder:
    """Keeps the texts of every snapshot that becomes current, by its fingerprint."""

    def __init__(self, store: Path) -> None:
        self.texts: dict[str, dict[str, str]] = {}
        self._store = store
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Recorder:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join(30)

    def _watch(self) -> None:
        before = None
        while not self._done.wait(0.05):
            pointer = snapshot.read_pointer(self._store)
            if pointer is not None and pointer != before:
                manifest, content, _ = snapshot.load(self._store)
                documents = (one.document for one in content.outlines)
                self.texts[manifest.fingerprint] = {d.id: d.clean for d in documents}
                before = pointer


@dataclass(slots=True)
class Written:
    """What writers came to: how many changes, how often they were told to wait, what was wrong."""

    changes: int = 0
    busy: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    held: dict[str, str] = field(default_factory=dict)  # what the library has by them


def write_over_rest(address: str, rounds: int, seed: str) -> Written:
    """Add, remove, replace and correct so often, each to its end."""
    random_, written = random.Random(seed), Written()
    with httpx.Client(base_url=f"{address}/api/v1", trust_env=False, timeout=120) as client:
        for _ in range(rounds):
            matter = random_.choice(MATTERS)
            id = f"rest-{matter}"
            if id not in written.held:
                text = write_text(matter, random_.randrange(5))
                files = {"files": (f"{id}.txt", text.encode(), "text/plain")}
                job = _finish(client, written, "POST", "/documents", files=files)
                if job:
                    written.held[id] = text
            elif random_.random() < 0.3:
                body = {"metadata": {"region": random_.choice(("吉林省", "南昌市"))}}
                job = _finish(client, written, "PATCH", f"/documents/{id}", json=body)
            else:
                job = _finish(client, written, "DELETE", f"/documents/{id}")
                if job:
                    del written.held[id]
            written.changes += job is not None
    return written


def _finish(
    client: httpx.Client, written: Written, method: str, path: str, **sent: object
) -> dict[str, object] | None:
    """Have a change made, again where another writer was at it; None where it cannot be had."""
    for _ in range(_TRIES):
        response = client.request(method, path, **sent)  # type: ignore[arg-type]
        job = response.json()
        if response.status_code != 202:
            written.wrong[f"{method} {path}: {response.status_code} {job}"[:300]] += 1
            return None
        while job["state"] in ("queued", "running"):
            time.sleep(0.1)
            job = client.get(f"/jobs/{job['id']}").json()
        if job["state"] == "done":
            return dict(job)
        if job["error"] is None or job["error"]["code"] != "busy":
            written.wrong[f"{method} {path}: {job['state']} {job['error']}"[:300]] += 1
            return None
        written.busy += 1
        time.sleep(0.5)
    written.wrong[f"{method} {path}: busy {_TRIES} times"] += 1
    return None


def write_by_command(
    home: Path, folder: Path, rounds: int, seed: str, stopped: threading.Event
) -> Written:
    """Add and remove so often with ``python -m index``, each to its end."""
    random_, written = random.Random(seed), Written()
    folder.mkdir(exist_ok=True)
    for _ in range(rounds):
        if stopped.is_set():
            break
        matter = random_.choice(MATTERS)
        id = f"command-{matter}"
        if id in written.held:
            done = _run(home, written, "remove", id)
            if done:
                del written.held[id]
        else:
            text = write_text(f"{matter}服务", random_.randrange(5))
            (folder / f"{id}.txt").write_text(text, encoding="utf-8")
            done = _run(home, written, "add", str(folder / f"{id}.txt"))
            if done:
                written.held[id] = text
        written.changes += done
    return written


def _run(home: Path, written: Written, *arguments: str) -> bool:
    environment = {**os.environ, "POLICY_QA_HOME": str(home)}
    command = [sys.executable, "-m", "index", *arguments, "--json"]
    for _ in range(_TRIES):
        ended = subprocess.run(command, env=environment, capture_output=True, text=True)
        if ended.returncode == 0:
            json.loads(ended.stdout)
            return True
        if "another process is building" not in ended.stderr:
            written.wrong[f"index {arguments[0]}: {ended.returncode} {ended.stderr}"[-300:]] += 1
            return False
        written.busy += 1
        time.sleep(0.5)
    written.wrong[f"index {arguments[0]}: busy {_TRIES} times"] += 1
    return False

"""The real server in a process of its own, and its questions."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

# Seconds for the server to load the model and build the index of the samples.
_STARTING = 300.0

_CHINESE = (
    "{}有什么支持？",
    "{}由谁负责？",
    "关于{}有哪些规定",
    "{}能补多少钱",
    "吉林省{}的目标是什么？",
    "我们公司想做{}，去哪里问？",
    "{}和{}有什么要求？",
)
_ENGLISH = (
    "What support exists for {}?",
    "Who is responsible for {}?",
    "What does Jilin plan for {}?",
    "Is there a subsidy for {}?",
)
_LAY = (
    "充电桩能补多少钱",
    "开汽修店要办什么手续",
    "那个新能源车的政策啥时候到期",
    "小区里能不能装充电桩",
    "老板想扩厂房有没有补贴",
    "今天天气怎么样",
    "红烧肉怎么做",
    "南昌汽车产业到2025年要达到什么规模",
)
_MATTERS = (
    "charging stations",
    "new energy vehicles",
    "industrial clusters",
    "auto parts suppliers",
    "battery recycling",
    "smart connected cars",
    "research and development",
    "small companies",
    "exports",
    "hydrogen",
)


@dataclass(frozen=True, slots=True)
class Server:
    """The server: its address, and its process."""

    address: str
    process: psutil.Process

    def resident(self) -> int:
        """Return the bytes of memory that it has."""
        return int(self.process.memory_info().rss)


@contextmanager
def serve(home: Path, *options: str) -> Iterator[Server]:
    """Run ``app.py`` with the library in ``home`` on a free port until the end; it is ready."""
    environment = {**os.environ, "POLICY_QA_HOME": str(home)}
    command = [sys.executable, "app.py", "--port", "0", *options]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            assert address, "the server did not start"
            wait_ready(address)
            yield Server(address, psutil.Process(process.pid))
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_ready(address: str) -> None:
    """Return when the server answers questions; TimeoutError where it never does."""
    ends = time.monotonic() + _STARTING
    while time.monotonic() < ends:
        health = httpx.get(f"{address}/healthz", trust_env=False, timeout=60).json()
        if health["status"] == "ready":
            return
        time.sleep(0.5)
    raise TimeoutError(str(health))


def read_headings(address: str) -> list[str]:
    """Return the headings of the clauses of the server's library."""
    with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
        found = []
        for summary in client.get("/api/v1/documents").json()["documents"]:
            document = client.get(f"/api/v1/documents/{summary['id']}").json()
            headings = (clause["heading"] for clause in document["clauses"])
            found += [h.strip("。 　") for h in headings if h and len(h) < 30]
    return sorted(set(found))


def ask_endlessly(headings: list[str], seed: str) -> Iterator[str]:
    """Yield questions, Chinese and English, on what the library has and on what it has not."""
    random_ = random.Random(seed)
    while True:
        kind = random_.random()
        if kind < 0.15:
            yield random_.choice(_LAY)
        elif kind < 0.4:
            matters = " and ".join(random_.sample(_MATTERS, 2))
            yield random_.choice(_ENGLISH).format(matters)
        else:
            yield random_.choice(_CHINESE).format(*random_.sample(headings, 2))


def connect(address: str) -> socket.socket:
    """Return a raw connection to the server."""
    host, _, port = address.removeprefix("http://").rpartition(":")
    return socket.create_connection((host, int(port)), timeout=30)

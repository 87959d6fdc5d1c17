"""Many askers for long, more than there is room for, and clients that do not get on with it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.torture.obstacles import SLOW, obstruct
from tests.torture.section import Section
from tests.torture.served import Server, ask_endlessly, read_headings, serve

# Seconds of asking.
FULL = 600
ASKERS = 64
OVERLOAD = 300
# Seconds in which each of an overload is answered, one way or the other.
BOUND = 60.0
FEW = 10
GROWTH = 5.0
_SAMPLE_SECONDS = 5.0


@dataclass(slots=True)
class Asked:
    """What came of questions: seconds of those that were answered, and what else was said."""

    seconds: list[float] = field(default_factory=list)
    refused: list[str | None] = field(default_factory=list)  # Retry-After of each 503
    wrong: Counter[str] = field(default_factory=Counter)

    def percentile(self, share: float) -> float:
        """Return the seconds within which that share of the answers came; 0 without any."""
        ordered = sorted(self.seconds)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0


def run(folder: Path, amount: int, seed: int) -> Section:
    """Ask for ``amount`` seconds, then overload, then ask among slow clients and uploads."""
    with serve(folder / "home") as server:
        headings = read_headings(server.address)
        steady, growth, size = asyncio.run(hold(server, headings, amount, f"{seed}"))
        crowd, slowest = asyncio.run(overload(server.address, headings, OVERLOAD, f"{seed}-crowd"))
        calm = asyncio.run(ask_for(server.address, headings, FEW, amount / 20 + 5, f"{seed}-calm"))
        with obstruct(server.address) as came:
            among = asyncio.run(
                ask_for(server.address, headings, FEW, amount / 20 + 5, f"{seed}-among")
            )
        healthy = httpx.get(f"{server.address}/healthz", trust_env=False, timeout=60).json()[
            "status"
        ]
    failures = [
        *(f"asking: {count} times {what}" for what, count in steady.wrong.items()),
        *(f"asking: refused {len(steady.refused)} times" for _ in steady.refused[:1]),
        *([f"memory grew by {growth:.1f} % to {size >> 20} MB"] if growth > GROWTH else []),
        *(f"overload: {count} times {what}" for what, count in crowd.wrong.items()),
        *("overload: a 503 without Retry-After" for wait in crowd.refused[:1] if not wait),
        *([f"overload: the slowest took {slowest:.1f} s"] if slowest > BOUND else []),
        *(f"among slow clients: {count} times {what}" for what, count in among.wrong.items()),
        *(f"among slow clients: refused {len(among.refused)} times" for _ in among.refused[:1]),
        *([f"afterwards: {healthy}"] if healthy != "ready" else []),
        *came.failures(),
    ]
    waits = sorted({int(wait) for wait in crowd.refused if wait})
    figures = (
        (f"{ASKERS} askers, seconds", str(amount)),
        ("answers", str(len(steady.seconds))),
        ("answers a second", f"{len(steady.seconds) / amount:.1f}"),
        ("p50, p95, p99", ", ".join(f"{steady.percentile(p):.2f} s" for p in (0.5, 0.95, 0.99))),
        ("errors", str(steady.wrong.total() + len(steady.refused))),
        ("memory after the warm-up and at the end", f"{size >> 20} MB, {growth:+.1f} %"),
        (
            f"{OVERLOAD} at once: answered, refused with Retry-After",
            f"{len(crowd.seconds)}, "
            f"{len(crowd.refused)} ({'-'.join(map(str, waits[:: max(len(waits) - 1, 1)]))} s)",
        ),
        ("the slowest of them", f"{slowest:.1f} s"),
        (
            f"{FEW} askers alone: p50, p99",
            f"{calm.percentile(0.5):.2f} s, {calm.percentile(0.99):.2f} s",
        ),
        (
            f"{FEW} askers among {SLOW} slow clients and two uploads: p50, p99",
            f"{among.percentile(0.5):.2f} s, {among.percentile(0.99):.2f} s",
        ),
        ("what became of the slow ones", came.tell()),
    )
    return Section(
        "Load",
        f"{ASKERS} askers at once are all answered, for as long as they ask, and memory grows by at "
        f"most {GROWTH:.0f} %. Beyond the line's room a question is refused at once with 503 and "
        "Retry-After. Slow clients and huge uploads hold nobody else up.",
        figures,
        tuple(failures),
    )


async def hold(
    server: Server, headings: list[str], seconds: float, seed: str
) -> tuple[Asked, float, int]:
    """Ask for so long after a warm-up; return what came of it, the growth in %, and the bytes at last."""
    window = min(60.0, seconds / 4)
    samples: list[tuple[float, int]] = []

    async def watch() -> None:
        while True:
            samples.append((time.monotonic(), server.resident()))
            await asyncio.sleep(min(_SAMPLE_SECONDS, window / 4))

    await ask_for(server.address, headings, ASKERS, window, f"{seed}-warm")
    watching = asyncio.ensure_future(watch())
    asked = await ask_for(server.address, headings, ASKERS, seconds, seed)
    watching.cancel()
    first, last = samples[0][0], samples[-1][0]
    before = statistics.median(size for at, size in samples if at <= first + window)
    after = statistics.median(size for at, size in samples if at >= last - window)
    return asked, (after / before - 1) * 100, int(after)


async def ask_for(
    address: str, headings: list[str], askers: int, seconds: float, seed: str
) -> Asked:
    """Have so many ask one question after the other for so long."""
    asked = Asked()
    ends = time.monotonic() + seconds

    async def ask_on(client: httpx.AsyncClient, number: int) -> None:
        for question in ask_endlessly(headings, f"{seed}-{number}"):
            if time.monotonic() >= ends:
                return
            await ask(client, question, asked)

    async with open_client(address) as client:
        await asyncio.gather(*(ask_on(client, number) for number in range(askers)))
    return asked


async def overload(address: str, headings: list[str], count: int, seed: str) -> tuple[Asked, float]:
    """Ask very many questions at once; return what came of them, and the seconds of the slowest."""
    asked = Asked()
    questions = itertools.islice(ask_endlessly(headings, seed), count)
    began = time.monotonic()
    async with open_client(address) as client:
        await asyncio.gather(*(ask(client, question, asked) for question in questions))
    return asked, time.monotonic() - began


@contextlib.asynccontextmanager
async def open_client(address: str) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client without a limit of its own."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(
        base_url=address, trust_env=False, timeout=120, limits=limits
    ) as client:
        yield client


async def ask(client: httpx.AsyncClient, question: str, asked: Asked) -> None:
    """Ask one question, and note what came of it."""
    began = time.monotonic()
    try:
        response = await client.post("/api/v1/ask", json={"question": question})
    except httpx.HTTPError as error:
        asked.wrong[f"{type(error).__name__} ({question})"] += 1
        return
    if response.status_code == 503:
        asked.refused.append(response.headers.get("retry-after"))
    elif response.status_code != 200:
        asked.wrong[f"{response.status_code} ({question})"] += 1
    else:
        asked.seconds.append(time.monotonic() - began)

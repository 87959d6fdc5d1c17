"""Opening the assistant, and opening it again while questions go on being answered."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from qa.web.startup import Assistant, NotReady, Startup
from tests.web_library import StubAssistant, StubIndex

LONG = 60.0


class Opener:
    """Opens what it is told to, each time when it may."""

    def __init__(self, *found: StubAssistant | Exception) -> None:
        self.left = list(found)
        self.began = threading.Semaphore(0)
        self.may_end = threading.Semaphore(0)

    def __call__(self) -> Assistant:
        found = self.left.pop(0)
        self.began.release()
        assert self.may_end.acquire(timeout=LONG)
        if isinstance(found, Exception):
            raise found
        return found


def assistant(fingerprint: str) -> StubAssistant:
    return StubAssistant(StubIndex(fingerprint=fingerprint))


def opened(startup: Startup) -> str:
    return startup.wait(0).index.fingerprint


def in_thread(act: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=act)
    thread.start()
    return thread


def begin(*found: StubAssistant | Exception) -> tuple[Startup, Opener]:
    opener = Opener(*found)
    startup = Startup(opener)
    assert startup.state == "loading"
    startup.begin()
    opener.may_end.release()
    startup.wait(LONG)
    assert opener.began.acquire(timeout=LONG)
    return startup, opener


def test_the_old_one_answers_until_the_new_one_is_there() -> None:
    startup, opener = begin(assistant("old"), assistant("new"))
    held = startup.wait(0)
    thread = in_thread(lambda: startup.reload(wait=True))
    assert opener.began.acquire(timeout=LONG)
    assert (startup.state, startup.reason, opened(startup)) == ("ready", None, "old")
    opener.may_end.release()
    thread.join(LONG)
    assert (startup.state, opened(startup)) == ("ready", "new")
    # An answer that was begun before is resolved in the index it was made from.
    assert held.index.fingerprint == "old"


def test_one_that_cannot_be_opened_again_leaves_the_old_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    startup, opener = begin(assistant("old"), RuntimeError("no memory"), assistant("new"))
    opener.may_end.release()
    with pytest.raises(NotReady, match="no memory"):
        startup.reload(wait=True)
    assert (startup.state, startup.reason, opened(startup)) == ("ready", None, "old")
    assert "no memory" in caplog.text
    opener.may_end.release()
    startup.reload(wait=True)
    assert opened(startup) == "new"


def test_of_several_at_once_the_newest_stays() -> None:
    startup, opener = begin(assistant("old"), assistant("new"), assistant("newest"))
    startup.reload()
    assert opener.began.acquire(timeout=LONG)  # reads what there is now, and not what comes
    startup.reload()
    thread = in_thread(lambda: startup.reload(wait=True))
    opener.may_end.release()
    assert opener.began.acquire(timeout=LONG)
    opener.may_end.release(2)
    thread.join(LONG)
    assert opened(startup) == "newest"


def test_after_a_failed_start_it_can_be_opened_all_the_same() -> None:
    opener = Opener(RuntimeError("模型不在"), assistant("new"))
    startup = Startup(opener)
    opener.may_end.release()
    with pytest.raises(NotReady, match="模型不在"):
        startup.reload(wait=True)
    assert (startup.state, startup.reason) == ("failed", "模型不在")
    with pytest.raises(NotReady, match="模型不在"):
        startup.wait(LONG)
    startup.reload()
    assert opener.began.acquire(timeout=LONG) and opener.began.acquire(timeout=LONG)
    assert (startup.state, startup.reason) == ("loading", None)
    opener.may_end.release()
    assert startup.wait(LONG).index.fingerprint == "new" and startup.state == "ready"


def test_those_who_wait_in_the_event_loop_hold_no_thread_and_may_go_away() -> None:
    opener = Opener(assistant("new"))
    startup = Startup(opener)

    async def wait() -> list[str]:
        startup.begin()
        before = threading.active_count()
        coming = [asyncio.ensure_future(startup.come()) for _ in range(100)]
        await asyncio.sleep(0)
        assert threading.active_count() == before
        coming.pop().cancel()
        opener.may_end.release()
        return [found.index.fingerprint for found in await asyncio.gather(*coming)]

    assert asyncio.run(wait()) == ["new"] * 99
    assert asyncio.run(startup.come()) is startup.wait(0)

"""Opening the assistant, and opening it again while questions go on being answered."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from index.errors import SnapshotError
from qa.web.startup import DAMAGED, REBUILDING, Assistant, NotReady, Startup, follow_index
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


def test_a_damaged_index_is_told_apart_and_answers_when_it_is_built_anew(
    caplog: pytest.LogCaptureFixture,
) -> None:
    opener = Opener(SnapshotError("/home/x/index: 索引无法使用"), assistant("new"))
    startup = Startup(opener)
    opener.may_end.release()
    with pytest.raises(NotReady):
        startup.reload(wait=True)
    assert (startup.state, startup.reason) == ("damaged", DAMAGED)
    startup.rebuilding = lambda: True
    assert (startup.state, startup.reason) == ("rebuilding", REBUILDING)
    with pytest.raises(NotReady, match="正在从原文重建"):
        startup.wait(0)
    assert "/home/x/index" in caplog.text  # for whoever keeps it, and nobody else
    opener.may_end.release()
    startup.reload(wait=True)
    assert (startup.state, startup.reason, opened(startup)) == ("ready", None, "new")


def test_damage_that_is_found_later_is_told_while_the_rest_is_answered() -> None:
    damaged = assistant("old")
    startup, opener = begin(damaged, assistant("new"))
    assert (startup.state, startup.reason) == ("ready", None)
    object.__setattr__(damaged.index, "damage", "第 2 份文档已损坏 / document 2")
    assert (startup.state, startup.reason) == ("damaged", DAMAGED)
    assert opened(startup) == "old"
    opener.may_end.release()
    startup.reload(wait=True)
    assert (startup.state, opened(startup)) == ("ready", "new")


def test_a_file_that_cannot_be_read_is_told_in_two_languages() -> None:
    opener = Opener(PermissionError(13, "Permission denied", "/home/x/documents"))
    startup = Startup(opener)
    opener.may_end.release()
    with pytest.raises(NotReady, match=r"(?s)无法读写.*cannot be read"):
        startup.reload(wait=True)
    assert startup.state == "failed"


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


class Kept:
    """An index that another process may change; ``opened`` are the versions that were opened."""

    def __init__(self, version: str | None) -> None:
        self.version = version
        self.meanwhile: str | None = None  # what another makes of it while it is opened
        self.opened: list[str | None] = []
        self.startup = Startup(self.open, lambda: self.version)

    def open(self) -> Assistant:
        self.version = self.version or "own"  # where there is none, it is built
        read, self.version = self.version, self.meanwhile or self.version
        self.meanwhile = None
        self.opened.append(read)
        if read == "damaged":
            raise SnapshotError("damaged")
        return assistant(read)

    def look(self) -> list[str | None]:
        """Look for changes, and return what was opened when nothing more is done."""
        self.startup.refresh()
        with self.startup._news:
            assert self.startup._news.wait_for(lambda: not self.startup._opening, LONG)
        return self.opened


@pytest.mark.parametrize("first", ["old", None])
def test_an_index_that_another_process_changed_is_opened_once(first: str | None) -> None:
    kept = Kept(first)
    kept.startup.reload(wait=True)
    assert kept.look() == kept.look() == [first or "own"]
    kept.version = "new"
    assert kept.look() == kept.look() == [first or "own", "new"]
    assert opened(kept.startup) == "new"
    kept.version = "damaged"
    assert kept.look()[2:] == kept.look()[2:] == ["damaged"]
    assert (kept.startup.state, opened(kept.startup)) == ("ready", "new")
    kept.version = "mended"
    assert kept.look()[3:] == ["mended"] and opened(kept.startup) == "mended"


def test_one_that_changes_while_it_is_opened_is_opened_again() -> None:
    kept = Kept("old")
    kept.meanwhile = "new"
    kept.startup.reload(wait=True)
    assert opened(kept.startup) == "old"
    assert kept.look() == kept.look() == ["old", "new"]
    assert opened(kept.startup) == "new"


def test_what_this_process_changes_is_not_followed() -> None:
    kept, changing = Kept("old"), True
    kept.startup.reload(wait=True)

    async def follow() -> None:
        nonlocal changing
        task = asyncio.create_task(follow_index(kept.startup, lambda: changing, pause=0.01))
        kept.version = "new"
        await asyncio.sleep(0.2)
        assert kept.opened == ["old"]
        changing = False
        while kept.opened == ["old"]:
            await asyncio.sleep(0.01)
        task.cancel()

    asyncio.run(asyncio.wait_for(follow(), LONG))
    assert kept.opened == ["old", "new"]

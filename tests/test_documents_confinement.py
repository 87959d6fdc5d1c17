"""Files read in a process of their own: what comes back, and what does not where one goes wrong."""

from __future__ import annotations

import os
import platform
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from documents import confinement
from documents.confinement import close_shared, read_confined
from documents.errors import DocumentError, LoadError
from documents.loading import read_directly, read_source

ROOT = Path(__file__).parent.parent
TEXT = "第一条 充电设施建设应当符合规划。\n第二条 补助标准另行规定。\n"


@pytest.fixture
def rogue(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have files read by the process that has gone wrong."""
    close_shared()
    monkeypatch.setattr(confinement, "MODULE", "tests.rogue_reader")
    yield
    close_shared()


def refusal(data: bytes) -> str:
    with pytest.raises(LoadError) as caught:
        read_confined(data, where="某文件.pdf")
    chinese, english = str(caught.value).split("\n")
    assert chinese.startswith("某文件.pdf：") and english.startswith("某文件.pdf: ")
    return english


@pytest.mark.parametrize(
    "data",
    [
        f"<html><body><p>{TEXT}</p></body></html>".encode(),
        TEXT.encode("gb18030"),
        f"\ufeff{TEXT}".encode("utf-16-le"),
    ],
)
def test_the_source_is_what_is_read_in_this_process(data: bytes) -> None:
    assert read_source(data, where="f") == read_directly(data, where="f")


def test_plain_text_needs_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confinement, "_ask_shared", lambda *_: pytest.fail("asked for"))
    assert read_source(TEXT.encode(), where="f").text == TEXT


def test_a_name_that_is_no_text_comes_through(rogue: None) -> None:
    with pytest.raises(LoadError) as caught:
        read_confined(b"no format", where="\udcff.html")
    assert caught.value.where == "\udcff.html"


def test_one_process_reads_many_files() -> None:
    data = TEXT.encode("gb18030")
    read_source(data, where="f")
    (first,) = confinement._shared
    read_source(data, where="f")
    assert confinement._shared == [first]


def test_a_wrong_limit_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLICY_QA_MAX_READING_SECONDS", "long")
    with pytest.raises(DocumentError, match="POLICY_QA_MAX_READING_SECONDS"):
        read_source(TEXT.encode("gb18030"), where="f")


@pytest.mark.parametrize("data", [b"hang", b"hang over pages"])
def test_what_takes_too_long_is_stopped(
    data: bytes, rogue: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confinement, "_seconds", lambda _: 0)
    assert "longer than the limit of 0 seconds" in refusal(data)
    assert not any(reader.alive for reader in confinement._shared)


def test_what_takes_too_much_memory_is_stopped(
    rogue: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLICY_QA_MAX_READING_MEGABYTES", "500")
    assert "limit of 500 MB" in refusal(b"take memory")


def test_an_end_is_told_and_the_next_file_is_read(rogue: None) -> None:
    assert "broke off" in refusal(b"die")
    assert read_confined(b"text", where="f").text == "read"


def test_a_file_is_not_blamed_for_the_one_before(rogue: None) -> None:
    assert read_confined(b"text", where="f").text == "read"
    assert read_confined(b"die of another", where="f").text == "read"


@pytest.mark.parametrize(
    "data",
    [b"pickle", b"no JSON", b"endless", b"exe", b"spans 1", b"spans 2", b"spans 3", b"spans 4"],
)
def test_nothing_that_it_says_is_believed(data: bytes, rogue: None) -> None:
    refusal(data)
    assert read_confined(b"text", where="f").text == "read"


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64", reason="a filter of Linux on x86-64"
)
def test_it_can_do_nothing_but_read_and_knows_no_secret(
    rogue: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLICY_QA_LLM_API_KEY", "secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:password@proxy")
    told = read_confined(b"surroundings", where="f").text.split("\n")
    assert "PYTHONPATH" in told
    assert not [line for line in told if line.startswith(("possible", "POLICY_QA_LLM", "HTTP"))]


def test_progress_is_passed_on_and_what_interrupts_it_ends_the_process(rogue: None) -> None:
    told: list[tuple[int, int, str]] = []
    read_confined(b"pages", where="f", progress=lambda *page: told.append(page))
    assert told == [(1, 2, "page"), (2, 2, "page")]

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_confined(b"pages", where="f", progress=interrupt)
    assert read_confined(b"text", where="f").text == "read"


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits for a process as Linux does")
def test_it_ends_with_whoever_asked(tmp_path: Path) -> None:
    code = (
        "from documents import confinement as c, loading\n"
        f"loading.read_source({TEXT.encode('gb18030')!r}, where='f')\n"
        "print(c._shared[0]._process.pid, flush=True)\n"
        "input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        reader = os.pidfd_open(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
    ended, _, _ = select.select([reader], [], [], 60)
    os.close(reader)
    assert ended

"""Untrusted files, read in a process of their own: with limits of memory and time, and no secrets.

What takes a file apart (lxml, trafilatura, PDFium, Pillow, rapidocr, zip, guesses of an encoding) runs
in ``confined``. It is begun when the first file needs it, and anew where it has ended or had to be
ended. Nothing that it says is run or believed: plain JSON and bytes, checked here.
"""

from __future__ import annotations

import atexit
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, get_args

from documents.errors import DocumentError, LoadError
from documents.formats.archive import safe_path
from documents.framing import receive, send
from documents.limits import read_limit
from documents.types import Format, Progress, Source

# What runs in the process.
MODULE = "documents.confined"
# Of memory. The largest pictures that are taken, 89 million pixels, need 1.6 GB, four threads of OCR
# beside it some tenths; an ordinary scan .6, a web page of a megabyte .07.
MAX_MEGABYTES = 3072
# For a file, or for its next page where pages are counted; and for each megabyte of it. A page of OCR
# takes two to four, on a core shared by seven sixteen.
MAX_SECONDS = 120
_SECONDS_A_MEGABYTE = 5
# Pages beyond these are no reason to wait longer, members beyond these not taken: nothing has so many.
_MOST_PAGES = _MOST_MEMBERS = 10_000
# Files that one process reads, so that what a library never gives back stays little.
_FILES = 500
# How often, in seconds, whoever waits can be interrupted.
_GLANCE = 0.1
# Seconds for a process to end by itself.
_ENDING = 5.0

# What a process needs of its surroundings. All else stays away, the key of a language model with it.
_NEEDED = frozenset(
    "PATH LANG TZ TMPDIR TEMP TMP SYSTEMROOT WINDIR LD_LIBRARY_PATH DYLD_LIBRARY_PATH PYTHONPATH "
    "PYTHONHOME PYTHONDONTWRITEBYTECODE ORT_DISABLE_TELEMETRY".split()
)
_NEEDED_STARTS = ("LC_", "POLICY_QA_MAX_")
_NEEDED_ENDS = ("_NUM_THREADS",)

Fields = dict[str, Any]
_Frame = tuple[Fields, bytes]


class _Ended(Exception):
    """The process ended without an answer; ``late`` where it took too long and was ended."""

    def __init__(self, *, late: bool) -> None:
        self.late = late


def read_confined(data: bytes, *, where: str, progress: Progress | None = None) -> Source:
    """Return the source of a file's content; LoadError, also where it takes too much or too long."""
    with _lock:
        fields, text = _ask_shared("source", data, where, progress)
    return _check_source(fields, text, where)


def is_archive(data: bytes, *, where: str) -> bool:
    """Whether ``data`` is a zip of files; LoadError where finding out takes too much or too long."""
    if not data.startswith(b"PK"):
        return False
    with _lock:
        return _ask_shared("archive", data, where, None)[0].get("value") is True


def read_members(data: bytes, *, where: str) -> Iterator[tuple[str, bytes] | LoadError]:
    """Yield name and content of each document in a zip, or why it has none; see ``formats.archive``.

    In a process of its own, because documents are read between one member and the next.
    """
    with closing(_begin(where)) as reader:
        try:
            _ask(reader, "open", data, where)
            for _ in range(_MOST_MEMBERS):
                if (member := _next_member(reader, where)) is None:
                    return
                yield member
        except _Ended as end:
            yield _explain_end(end, where, len(data))


def _next_member(reader: _Reader, where: str) -> tuple[str, bytes] | LoadError | None:
    try:
        fields, content = _ask(reader, "next", b"", where)
    except LoadError as error:
        return error
    return (safe_path(str(fields["name"])), content) if "name" in fields else None


# --- one process ----------------------------------------------------------------------------------


class _Reader:
    """A process that reads files, one at a time."""

    def __init__(self) -> None:
        self.served = 0
        megabytes = read_limit("POLICY_QA_MAX_READING_MEGABYTES", MAX_MEGABYTES)
        self.limits = _limits()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", MODULE, str(megabytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_surroundings(),
        )

    def ask(self, fields: Fields, data: bytes, progress: Progress | None) -> _Frame:
        """Send a request and return its answer; _Ended where none comes in time."""
        self.served += 1
        seconds = fields["seconds"]
        heard: queue.SimpleQueue[_Frame | None] = queue.SimpleQueue()
        threading.Thread(target=self._talk, args=(fields, data, heard), daemon=True).start()
        pages, deadline = 0, time.monotonic() + seconds
        try:
            while True:
                try:
                    # By glances, so that Ctrl-C and a change told to stop do not wait for the file.
                    frame = heard.get(timeout=_GLANCE)
                except queue.Empty:
                    if time.monotonic() > deadline:
                        raise _Ended(late=True) from None
                    continue
                if frame is None:
                    raise _Ended(late=self._was_late())
                told = _read_progress(frame[0])
                if told is None:
                    return frame
                done, total, what = told
                if pages < done <= _MOST_PAGES:
                    pages, deadline = done, time.monotonic() + seconds
                if progress:
                    progress(done, total, what)
        except BaseException:
            self.kill()  # what it would say next is no answer to what is asked next
            raise

    def _talk(self, fields: Fields, data: bytes, heard: queue.SimpleQueue[_Frame | None]) -> None:
        """Send the request and pass on what comes back, None at the end."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        try:
            send(stdin, fields, data)
            while (frame := receive(stdout)) and _read_progress(frame[0]):
                heard.put(frame)
        except (OSError, ValueError, RecursionError):  # it ended, or says what is no frame
            self._process.kill()
            frame = None
        heard.put(frame)

    def _was_late(self) -> bool:
        """Whether the process, which has ended, was ended by its own clock."""
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(_ENDING) == -_ALARM
        return False

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()
        self.close()

    def close(self) -> None:
        """Let the process end, which it does as soon as its input has."""
        assert self._process.stdin is not None and self._process.stdout is not None
        with suppress(OSError):  # what could not be sent is wanted no more
            self._process.stdin.close()
        try:
            self._process.wait(_ENDING)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


_ALARM = 14  # SIGALRM, which Windows has not


def _surroundings() -> dict[str, str]:
    """Return the environment that a process begins with."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.upper() in _NEEDED or name.startswith(_NEEDED_STARTS) or name.endswith(_NEEDED_ENDS)
    }
    here = str(Path(__file__).parents[1])
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, (here, kept.get("PYTHONPATH"))))
    return kept


def _limits() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("POLICY_QA_MAX_")}


# --- what is asked of it --------------------------------------------------------------------------

# One process for all threads, which take turns, as they would in the libraries themselves.
_lock = threading.RLock()
_shared: list[_Reader] = []


def _ask_shared(task: str, data: bytes, where: str, progress: Progress | None) -> _Frame:
    """Ask the process that all share; hold the lock."""
    reader = _get_shared(where)
    fresh = reader.served == 0
    try:
        return _ask(reader, task, data, where, progress)
    except _Ended as end:
        # It may have died of what it read before.
        if fresh or end.late:
            raise _explain_end(end, where, len(data)) from end
    try:
        return _ask(_get_shared(where), task, data, where, progress)
    except _Ended as end:
        raise _explain_end(end, where, len(data)) from end


def _get_shared(where: str) -> _Reader:
    while _shared and (
        not _shared[0].alive or _shared[0].served >= _FILES or _shared[0].limits != _limits()
    ):
        _shared.pop().close()
    if not _shared:
        _shared.append(_begin(where))
    return _shared[0]


def _begin(where: str) -> _Reader:
    try:
        return _Reader()
    except OSError as error:
        raise LoadError(
            where,
            f"无法启动读取文件的进程（{error}）。请关闭其他程序后再试。",
            f"the process that reads files cannot be started ({error}); close other programs and try "
            "again.",
        ) from error


@atexit.register
def close_shared() -> None:
    """Let the process that all share end; the next file begins another."""
    with _lock:
        while _shared:
            _shared.pop().close()


def _forget_shared() -> None:
    """After a fork: the process is the parent's, and would hear two voices."""
    _shared.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_shared)


def _ask(
    reader: _Reader, task: str, data: bytes, where: str, progress: Progress | None = None
) -> _Frame:
    """Return the answer to one request; LoadError where it is that the file cannot be read."""
    asked = {"task": task, "where": where, "seconds": _seconds(len(data))}
    fields, answer = reader.ask(asked, data, progress)
    if "wrong" in fields:
        raise DocumentError(str(fields["wrong"]))
    if "fault" in fields:
        raise _explain_fault(where, str(fields["fault"]))
    if "chinese" in fields:
        chinese, english = str(fields["chinese"]), str(fields.get("english"))
        raise LoadError(str(fields.get("where", where)), chinese, english)
    return fields, answer


def _seconds(size: int) -> int:
    """Return how long a file of ``size`` bytes, or its next page, may take."""
    seconds = read_limit("POLICY_QA_MAX_READING_SECONDS", MAX_SECONDS)
    return seconds + size * _SECONDS_A_MEGABYTE // 1024**2


# --- what it answers ------------------------------------------------------------------------------


def _read_progress(fields: Fields) -> tuple[int, int, str] | None:
    """Return how far reading is, None where the frame is the answer itself."""
    match fields:
        case {"done": int(done), "total": int(total), "what": str(what)}:
            return done, total, what
    return None


def _check_source(fields: Fields, data: bytes, where: str) -> Source:
    """Return the source that was sent; LoadError where it is none."""
    with suppress(ValueError, TypeError):
        text = data.decode(errors="surrogatepass")
        format: Format = fields.get("format")  # type: ignore[assignment]
        if format in get_args(Format):
            furniture = _check_spans(fields.get("furniture"), len(text))
            return Source(text, format, furniture, _check_spans(fields.get("doubts"), len(text)))
    raise _explain_fault(where, "no source")


def _check_spans(spans: Any, length: int) -> tuple[tuple[int, int], ...]:
    """Return spans of a text of ``length``; ValueError or TypeError where they are none."""
    checked = tuple((start, end) for start, end in spans)
    for start, end in checked:
        if type(start) is not int or type(end) is not int or not 0 <= start <= end <= length:
            raise ValueError
    return checked


def _explain_end(end: _Ended, where: str, size: int) -> LoadError:
    if not end.late:
        return _explain_memory(where)
    seconds = _seconds(size)
    return LoadError(
        where,
        f"读取时间超过上限（一个文件或一页 {seconds} 秒），已停止。请拆分文件，或另存为 docx 或文本后再添加；"
        "上限可用环境变量 POLICY_QA_MAX_READING_SECONDS 调整。",
        f"reading took longer than the limit of {seconds} seconds (for a file, or a page) and was "
        "stopped; split the file, or save it as docx or text. The environment variable "
        "POLICY_QA_MAX_READING_SECONDS sets the limit.",
    )


def _explain_memory(where: str) -> LoadError:
    megabytes = read_limit("POLICY_QA_MAX_READING_MEGABYTES", MAX_MEGABYTES)
    return LoadError(
        where,
        f"读取时内存超过上限（{megabytes} MB），或文件已损坏而使读取中断。请拆分文件，或另存为 docx 或文本后"
        "再添加；上限可用环境变量 POLICY_QA_MAX_READING_MEGABYTES 调整。",
        f"reading needed more memory than the limit of {megabytes} MB, or broke off over damage in the "
        "file; split it, or save it as docx or text. The environment variable "
        "POLICY_QA_MAX_READING_MEGABYTES sets the limit.",
    )


def _explain_fault(where: str, fault: str) -> LoadError:
    return LoadError(
        where,
        f"读取时程序出错（{fault}）。请另存为 docx 或文本后再添加，并报告这个错误。",
        f"the program failed while reading it ({fault}); save it as docx or text, and report this.",
    )

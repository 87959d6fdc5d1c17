"""The process that untrusted files are read in: ``python -m documents.confined``, for ``confinement``.

It takes requests on standard input and answers on standard output, both in frames, until its input
ends. Before it reads anything it gives up what reading never needs; see ``give_up``.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from typing import IO, Any

from documents.errors import DocumentError, LoadError
from documents.formats.archive import is_archive, read_members
from documents.framing import receive, send
from documents.loading import read_directly
from documents.names import is_wanted
from documents.syscalls import confine
from documents.types import Source

Fields = dict[str, Any]
Members = Iterator[tuple[str, bytes] | LoadError]
# Called with the fields and the bytes of a frame.
Tell = Callable[..., None]


def main() -> None:
    """Read what is sent until nothing more comes."""
    # What a library prints must not come between the frames.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    give_up(megabytes=int(sys.argv[1]))
    serve(sys.stdin.buffer, answers)


def give_up(megabytes: int) -> None:
    """Give up memory beyond the limit, a dump when killed, and on Linux what ``syscalls`` names."""
    # Ctrl-C is for whoever asked, who then ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform != "win32":
        import resource

        # Not the address space: onnxruntime reserves three times what it uses.
        _limit(resource.RLIMIT_DATA, megabytes * 1024 * 1024)
        _limit(resource.RLIMIT_CORE, 0)
    confine()


def _limit(kind: int, most: int) -> None:
    import resource

    _, hard = resource.getrlimit(kind)
    if hard == resource.RLIM_INFINITY or most < hard:
        resource.setrlimit(kind, (most, most))


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer each request by one frame; before it one a page, where pages are counted."""
    members: Members = iter(())

    def tell(fields: Fields, data: bytes = b"") -> None:
        send(answers, fields, data)

    while request := receive(requests):
        fields, data = request
        _set_alarm(fields["seconds"])
        try:
            match fields["task"]:
                case "source":
                    tell(*_write(_read(fields, data, tell)))
                case "archive":
                    tell({"value": is_archive(data)})
                case "open":
                    members = read_members(data, where=fields["where"], wanted=is_wanted)
                    tell({})
                case "next":
                    _tell_member(next(members, None), tell)
        except LoadError as error:
            tell(_write_error(error))
        except DocumentError as error:
            tell({"wrong": str(error)})
        except Exception as error:  # a reader's own fault must not end the reading of other files
            if _lacks_memory(error):
                return  # a new process begins with all of it
            tell({"fault": f"{type(error).__name__}: {str(error).partition(chr(10))[0][:200]}"})
        _set_alarm(0)


def _read(fields: Fields, data: bytes, tell: Tell) -> Source:
    def progress(done: int, total: int, what: str) -> None:
        _set_alarm(fields["seconds"])
        tell({"done": done, "total": total, "what": what})

    return read_directly(data, where=fields["where"], progress=progress)


def _tell_member(member: tuple[str, bytes] | LoadError | None, tell: Tell) -> None:
    if isinstance(member, LoadError):
        tell(_write_error(member))
    elif member:
        tell({"name": member[0]}, member[1])
    else:
        tell({})


def _lacks_memory(error: Exception) -> bool:
    # OpenCV and onnxruntime have errors of their own for it.
    return isinstance(error, MemoryError) or bool(re.search("alloc|memory", str(error)))


def _set_alarm(seconds: int) -> None:
    """Have the system end this process by then, also where whoever asked is gone; 0 for never."""
    if sys.platform != "win32":
        signal.alarm(seconds)


def _write(source: Source) -> tuple[Fields, bytes]:
    fields = {
        "format": source.format,
        "furniture": source.furniture,
        "doubts": source.doubts,
    }
    return fields, source.text.encode(errors="surrogatepass")


def _write_error(error: LoadError) -> Fields:
    return {"where": error.where, "chinese": error.chinese, "english": error.english}


if __name__ == "__main__":
    main()

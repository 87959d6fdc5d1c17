"""A process of ``documents.confinement`` in which what reads a file has gone wrong, or over to it.

The file's content says how.
"""

from __future__ import annotations

import os
import pickle
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from documents.confined import give_up
from documents.framing import receive, send

Answer = tuple[dict[str, object], bytes]
SOURCE = {"format": "text", "furniture": [], "doubts": []}


def main() -> None:
    give_up(int(sys.argv[1]))
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    served = 0
    while request := receive(requests):
        served += 1
        data = request[1]
        match data:
            case b"hang":
                signal.pause()
            case b"hang over pages":
                for page in (1, 1, 1):
                    send(answers, {"done": page, "total": 1, "what": "page"})
                signal.pause()
            case b"die":
                os.abort()
            case b"die of another":
                if served > 1:
                    os.abort()
                send(answers, SOURCE, b"read")
            case b"take memory":
                try:
                    send(answers, SOURCE, b"%d" % len(bytearray(1 << 30)))
                except MemoryError:
                    return
            case b"pages":
                for page in (1, 2):
                    send(answers, {"done": page, "total": 2, "what": "page"})
                send(answers, SOURCE, b"read")
            case b"surroundings":
                told = "\n".join([*os.environ, *try_all()])
                send(answers, SOURCE, told.encode())
            case b"pickle":
                answers.write(pickle.dumps(Path("x")))
                answers.flush()
            case b"no JSON":
                answers.write(b"\0\0\0\2\0\0\0\0[[")
                answers.flush()
            case b"endless":
                answers.write(b"\xff" * 64)
                answers.flush()
            case _ if data.startswith(b"spans"):
                send(answers, SOURCE | {"furniture": eval_spans(data)}, b"read")
            case _:
                send(answers, {"format": data.decode(), "furniture": [], "doubts": []}, b"read")


def eval_spans(data: bytes) -> object:
    return {b"spans 1": [[0, 5]], b"spans 2": [[-1, 2]], b"spans 3": 7, b"spans 4": [["0", "1"]]}[
        data
    ]


def try_all() -> list[str]:
    """Return which of what reading never needs was possible."""
    own = Path(__file__)
    tries: dict[str, Callable[[], object]] = {
        "network": socket.socket,
        "program": lambda: subprocess.run([sys.executable, "-c", ""], check=True),
        "fork": os.fork,
        "writing": lambda: own.with_suffix(".written").write_bytes(b""),
        "renaming": lambda: own.rename(own),
        "removing": lambda: own.with_suffix(".none").unlink(),
        "killing": lambda: os.kill(os.getppid(), 0),
        "more memory": lambda: bytearray(1 << 32),
    }
    possible = []
    for name, attempt in tries.items():
        try:
            attempt()
        except (PermissionError, MemoryError):
            continue
        except OSError:
            pass  # it was tried, and came to nothing for another reason
        possible.append(f"possible: {name}")
    return possible


if __name__ == "__main__":
    main()

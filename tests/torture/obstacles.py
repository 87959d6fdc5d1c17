"""Clients that do not get on with it: they trickle, read nothing, do nothing, or send far too much."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.torture.served import connect

IDLE, TRICKLING, NOT_READING = 200, 20, 40
SLOW = IDLE + TRICKLING + NOT_READING
# What the server allows of one upload.
_LIMIT = 256 * 1024 * 1024
_UPLOAD = (
    "POST /api/v1/documents HTTP/1.1\r\nHost: localhost\r\n"
    "Content-Type: multipart/form-data; boundary=x\r\n{}\r\n\r\n"
)
_PART = b'--x\r\nContent-Disposition: form-data; name="files"; filename="huge.txt"\r\n\r\n'


@dataclass(slots=True)
class Came:
    """What became of them: seconds until all that never ask were closed, and of the uploads."""

    closed: int = 0
    seconds: float = 0.0
    large: str = "not answered"
    declared: str = "not answered"
    slow: str = "not answered"

    def tell(self) -> str:
        """Return it as a figure."""
        return (
            f"{self.closed} of {IDLE + TRICKLING} that never asked were closed, after "
            f"{self.seconds:.0f} s; uploads: over the limit {self.large}, declared so {self.declared}, "
            f"trickling {self.slow}"
        )

    def failures(self) -> list[str]:
        """Return what the server should have done with them and did not."""
        failures = [
            f"slow clients: an upload {what} came to {said}"
            for what, said, wanted in (
                ("over the limit", self.large, "413"),
                ("declared over the limit", self.declared, "413"),
                ("that trickles", self.slow, "408"),
            )
            if said != wanted
        ]
        if self.closed < IDLE + TRICKLING:
            failures.append(f"slow clients: {self.tell()}")
        return failures


@contextlib.contextmanager
def obstruct(address: str) -> Iterator[Came]:
    """Have them meanwhile, and until the server has done with them: some ten seconds longer than it lets.

    What became of them is known at the end.
    """
    came = Came()
    with contextlib.ExitStack() as stack:

        def open_one(data: bytes = b"") -> socket.socket:
            connection = stack.enter_context(connect(address))
            connection.sendall(data)
            return connection

        began = time.monotonic()
        idle = [open_one() for _ in range(IDLE)]
        trickling = [open_one(b"POST /api/v1/ask HTTP/1.1\r\nX-Slow: ") for _ in range(TRICKLING)]
        for data in (_read_pages(), _ask_events()):
            for _ in range(NOT_READING // 2):
                open_one(data)
        slow = open_one(_UPLOAD.format(f"Content-Length: {_LIMIT}").encode() + _PART)
        threads = [
            threading.Thread(target=act)
            for act in (
                lambda: _trickle(trickling, b"x", began + 45),
                lambda: setattr(came, "slow", _trickle_upload(slow)),
                lambda: setattr(came, "large", _upload(address, "Transfer-Encoding: chunked")),
                lambda: setattr(
                    came, "declared", _upload(address, f"Content-Length: {_LIMIT * 2}")
                ),
            )
        ]
        for thread in threads:
            thread.start()
        yield came
        ends = began + 60
        while time.monotonic() < ends:
            came.closed = sum(map(_is_closed, idle)) + sum(map(_is_closed, trickling))
            if came.closed == IDLE + TRICKLING:
                break
            time.sleep(0.5)
        came.seconds = time.monotonic() - began
        for thread in threads:
            thread.join(120)


def _read_pages() -> bytes:
    """Return requests for many long answers, one after the other."""
    path = "/api/v1/documents/jilin-nev-action-plan-2024"
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() * 20


def _ask_events() -> bytes:
    """Return a question whose answer comes as events."""
    body = json.dumps({"question": "充电站建设有什么支持？"}).encode()
    return (
        "POST /api/v1/ask HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def _trickle(connections: list[socket.socket], data: bytes, ends: float) -> None:
    """Send each a little every second."""
    while time.monotonic() < ends:
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.sendall(data)
        time.sleep(1)


def _trickle_upload(connection: socket.socket) -> str:
    """Send a kilobyte a second until the server says something; return its status."""
    connection.settimeout(1)
    ends = time.monotonic() + 90
    while time.monotonic() < ends:
        with contextlib.suppress(TimeoutError):
            return _read_status(connection)
        connection.sendall(b"x" * 1000)
    return "not answered"


def _upload(address: str, header: str) -> str:
    """Send more than is allowed until the server says no; return its status."""
    chunked = header.startswith("Transfer")
    data = b"x" * (1 << 20)
    framed = b"%x\r\n%s\r\n" % (len(data), data) if chunked else data
    part = b"%x\r\n%s\r\n" % (len(_PART), _PART) if chunked else _PART
    with connect(address) as connection:
        connection.settimeout(60)
        # It need not read to the end what it does not take.
        with contextlib.suppress(ConnectionError):
            connection.sendall(_UPLOAD.format(header).encode() + part)
            for _ in range(300):
                connection.settimeout(0.001)
                with contextlib.suppress(TimeoutError):
                    return _read_status(connection)
                connection.settimeout(60)
                connection.sendall(framed)
        with contextlib.suppress(OSError):
            return _read_status(connection)
    return "cut off"


def _read_status(connection: socket.socket) -> str:
    """Return the status that a response begins with."""
    return connection.recv(12).decode("ascii", "replace")[9:] or "cut off"


def _is_closed(connection: socket.socket) -> bool:
    """Whether the server has closed its side."""
    connection.settimeout(0.001)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True

"""How long the server waits for a client that does not get on with it, and for how many at once.

uvicorn waits for ever for the head of a request, and TCP for ever for a reader that reads nothing: a
few hundred such connections, which cost nobody anything, would use up what the system allows.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

# Connections at once; the system's usual limit is 1024 open files. A page holds two.
CONNECTIONS = 900
# Seconds in which a request's head must have come.
HEAD_SECONDS = 20.0
# Seconds without any progress after which a client that does not take its response is given up.
STALL_SECONDS = 60
# Seconds that an idle connection is kept for its next request: longer than a page takes to fetch all
# its parts, shorter than a person thinks.
KEEP_ALIVE_SECONDS = 5

# What uvicorn is told: see ``app.serve``.
LIMITS: dict[str, Any] = {
    "limit_concurrency": CONNECTIONS,
    "timeout_keep_alive": KEEP_ALIVE_SECONDS,
    # A browser's cookies are the longest that is sent before a body.
    "h11_max_incomplete_event_size": 32 * 1024,
}


class PatientProtocol(H11Protocol):
    """uvicorn's protocol, which closes a connection whose next request does not come to its point."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for the first request."""
        super().connection_made(transport)  # type: ignore[arg-type]
        give_up_stalled(transport.get_extra_info("socket"))
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Take what came, and see whether a request is whole enough to be answered."""
        super().data_received(data)
        self._watch()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP; the application, if it is at work on the request, answers no more."""
        begun = self.cycle is not None and self.cycle.response_started
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if begun:  # what has been said of the response cannot be taken back
            self.transport.close()
        else:
            super().send_400_response(msg)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        super().connection_lost(exc)
        self._forget()

    def _watch(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._forget()
        elif self._deadline is None and not self.transport.is_closing():
            self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _forget(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def give_up_stalled(connection: socket.socket) -> None:
    """Have the system end a connection whose other side takes nothing of what is sent (Linux only)."""
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    if option is not None and connection.family in (socket.AF_INET, socket.AF_INET6):
        connection.setsockopt(socket.IPPROTO_TCP, option, STALL_SECONDS * 1000)

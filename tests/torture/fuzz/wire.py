"""HTTP as nobody should write it, over a socket: what no client library would send.

Odd methods, bytes that are no UTF-8, lengths that lie, broken chunks and parts, JSON that is none, and
Gradio's own addresses with wild bodies. The server may refuse any of it; it may not fail, keep a
connection for ever, or write a traceback.
"""

from __future__ import annotations

import contextlib
import logging
import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

PROBLEM = b"application/problem+json"
# Seconds until an answer counts as none. Streams are never ended by the server and are not tried.
PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as bytes: its line, its headers and its body; ``framing`` of None is a true length."""

    method: bytes = b"GET"
    target: bytes = b"/"
    headers: tuple[bytes, ...] = ()
    body: bytes = b""
    framing: bytes | None = None

    def write(self) -> bytes:
        """Return it as it goes over the wire."""
        framing = self.framing
        if framing is None:
            framing = b"Content-Length: %d" % len(self.body)
        host = () if any(h.lower().startswith(b"host:") for h in self.headers) else (b"Host: x",)
        lines = (*host, b"Connection: close", *self.headers, *filter(None, (framing,)))
        head = b"\r\n".join((self.method + b" " + self.target + b" HTTP/1.1", *lines))
        return head + b"\r\n\r\n" + self.body


_DEEP = b"[" * 100_000
BODIES: tuple[bytes, ...] = (
    b"", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf" + b'{"question":"a"}', _DEEP, b'{"a":' * 50_000,
    b'{"question":NaN}', b'{"question":"a","k":Infinity}', b'{"question":"a","k":-Infinity}',
    b'{"id":NaN,"question":3}',
    b'{"question":"a","k":1e999}', b'{"question":"a","k":' + b"9" * 5000 + b"}", b'{"question":"a","question":3}',
    b'{"question":"\\ud800"}', b'{"question":"a","id":"\\ud800"}', b'{"question":"a","history":["\\udc00"]}',
    b'{"question":"a","filters":{"region":"\\ud800"}}', b'{"question":"a","filters":{"document":"\\u0000"}}',
    b'{"question":"a","as_of":"\\ud800"}', b'{"question":"a","as_of":"0000-00-00"}', b'{"question":"a","\\ud800":1}',
    b'{"question":"a","filters":{"\\ud800":"x"}}', b'{"question":"\\u0000\\u0001a"}', b'{"question":true}',
    b'"a"', b"1", b"null",
    '{"question":"充电站"}'.encode("utf-16"), '{"question":"充电站"}'.encode("gb18030"), b'{"question":"a"}garbage',
    b'{"question":"a","sort":"\\ud800"}', b'{"ask":"\\ud800","verdict":"up"}',
    b'{"ask":"' + b"0" * 16 + b'","verdict":"up"}',
    b'{"ask":"' + b"0" * 16 + b'","verdict":"down","reason":"other","text":"\\ud800\\u0000"}',
    b'{"title":"\\ud800"}', b'{"written":"9999-99-99"}',
    b"--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a\xff\x00.txt\"\r\n\r\n\x00\r\n--x--",
    b"--x\r\nContent-Disposition: form-data; name=\"files\"; filename*=utf-8''%ff%fe\r\n\r\na\r\n--x--\r\n",
    b"--x\r\n\r\n--x", b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--", b"--x" * 10_000,
    b"question=a&k=1", b'{"fn_index":0,"data":[],"session_hash":"x"}',
    b'{"fn_index":99999,"data":[],"session_hash":"x"}',
    b'{"fn_index":-1,"data":null,"session_hash":null}', b'{"fn_index":"0","data":{"a":1},"session_hash":["x"]}',
    b'{"fn_index":0,"data":["\\ud800",null,1e999,[],{}],"session_hash":"\\ud800"}', b'{"data":["a"]}',
    b'{"fn_index":1,"data":[{"path":"/etc/passwd","meta":{"_type":"gradio.FileData"}}],"session_hash":"x"}',
    b'{"event_id":"\\ud800","session_hash":"\\ud800","fn_index":0}', b'{"event_id":3}',
    b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ask","arguments":{"question":"\\ud800"}}}',
    b'{"jsonrpc":"2.0","id":1,"method":"\\ud800"}', b'[{"jsonrpc":"2.0"}]',
    b'{"jsonrpc":"2.0","id":NaN,"method":"initialize"}',
)  # fmt: skip
POSTED = tuple(
    b"/api/v1/ask /api/v1/search /api/v1/feedback /mcp "
    b"/gradio_api/queue/join /gradio_api/cancel /gradio_api/reset".split()
)
ADDRESSES = (
    *b"/api/v1/ask /api/v1/search /api/v1/feedback /api/v1/documents /api/v1/documents/x /api/v1/jobs/x /mcp".split(),
    *b"/gradio_api/queue/join /gradio_api/reset /gradio_api/cancel /en/gradio_api/queue/join".split(),
    *b"/gradio_api/startup-events".split(),
    *b"/config /filters /examples /calls /library /healthz".split(),
)  # fmt: skip
# What a path or a query may be, as bytes of the request line: bad escapes, bad UTF-8, wide numbers.
PATHS = (
    *b"/api/v1/documents/%ff /api/v1/documents/%00 /api/v1/documents/%ED%A0%80".split(),
    *b"/api/v1/documents/..%2f..%2fetc%2fpasswd".split(),
    *b"/api/v1/documents/%2e%2e /api/v1/documents//// /api/v1/clauses/x/%ff%fe /api/v1/clauses//x".split(),
    *b"/documents/%ff /documents/%00".split(),
    *b"/documents/..%2f..%2fetc%2fpasswd /pane/%ff /pane/a%00b /page/%2e%2e /page/..%2f..%2fapp.py".split(),
    *b"/en/page/%ff /en/en/ //".split(),
    *b"/api/v1/documents/x/original%00 /api/v1/jobs/%ff /api/%ff /static/%ff".split(),
    *b"/assets/..%2f..%2f..%2fetc%2fpasswd /%ff".split(),
    *b"/svelte/%00 /static/%2e%2e%2f%2e%2e%2fetc%2fpasswd /pwa_icon/99999999999999999999".split(),
    b"/documents/" + b"a" * 5000, b"/documents/" + b"%E7%94%B2" * 1000, b"/page/" + b"a" * 300, b"/\xff", b"*",
    b"http://y/", b"/api/v1/x%0Ay", b"/documents/%0A",
)  # fmt: skip
QUERIES = (
    b"%ff=%ff", b"q=%ff", b"q=%00", b"question=%ED%A0%80", b"question=%ED%A0%80&k=1", b"question=%00a",
    b"k=99999999999999999999&question=a",
    b"question=a&k=1e9", b"offset=-1", b"offset=99999999999999999999999", b"limit=0", b"limit=" + b"9" * 5000,
    b"as_of=0000-00-00", b"as_of=%ff",
    b"from=9999-12-31&to=0001-01-01", b"status=%00", b"region=" + b"a" * 3000, b"kind=%E2%80%AE", b"&&&===",
    b"lang=%ff", b"lang=en&lang=zh",
    b"clause=%ff", b"clause=" + b"%E4%B8%80/" * 500, b"start=-1&end=99999999999999999999", b"session_hash=%ff",
    b"session_hash=" + b"x" * 3000,
    b"document=%ff", b"question=a&question=b", b"filters[region]=x", b"page=NaN", b"sort=%ff",
    b"q=" + b"%28" * 1500, b"day=%00",
)  # fmt: skip
METHODS = (
    *(b"GET HEAD POST PUT PATCH DELETE OPTIONS TRACE QUERY CONNECT get PRI".split()),
    b"X" * 300,
)
TYPES = (
    b"application/json", b"text/plain", b"multipart/form-data; boundary=x", b"multipart/form-data", b"", b"\xff/\xff",
    b"application/x-www-form-urlencoded", b"application/json; charset=utf-16",
    b"multipart/form-data; boundary=" + b"x" * 9000,
)  # fmt: skip
HEADERS: tuple[bytes, ...] = (
    b"Accept: text/event-stream", b"Accept: application/json, text/event-stream", b"Accept: \xff",
    b"Cookie: policy_qa_desk=\xff; x=\xff",
    b"Cookie: " + b"=;" * 2000, b"Accept-Language: " + b";q=x,," * 200, b"Origin: null", b"Origin: \xff",
    b"Host: \xff", b"Host: a:b:c",
    b"Range: bytes=-1-99999999999999999999", b"If-None-Match: \xff", b"X-Forwarded-For: \xff",
    b"X-Request-ID: \xff\x01", b"Last-Event-ID: x",
    b"If-Modified-Since: Thu, 99 Foo 99999", b"Mcp-Session-Id: \xff", b"MCP-Protocol-Version: 1",
    b"Authorization: Bearer \xff",
    b"X: " + b"x" * 100_000, b"\r\nX: y", b": y", b"X y", b"Expect: 100-continue", b"Upgrade: websocket",
    b"Accept-Encoding: \xff",
    b"Content-Encoding: gzip", b"Forwarded: for=\xff",
)  # fmt: skip
# Lengths that lie, and chunks that break off.
FRAMINGS = (
    b"", b"Content-Length: 0", b"Content-Length: 1", b"Content-Length: 99999", b"Content-Length: -1",
    b"Content-Length: x",
    b"Content-Length: 99999999999999999999999", b"Content-Length: 3\r\nContent-Length: 4",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip", b"Transfer-Encoding: chunked\r\nContent-Length: 5", b"Transfer-Encoding: \xff",
)  # fmt: skip
CHUNKS = (
    b"5\r\n{\"a\":\r\n", b"ffffffffffffffff\r\n", b"-1\r\n\r\n", b"x\r\n", b"2\r\n{}\r\n0\r\n\r\n",
    b"0\r\nX: \xff\r\n\r\n", b"1\r\n{" * 2000, b"1;" + b"x" * 5000 + b"\r\n{\r\n0\r\n\r\n",
)  # fmt: skip
_JSON = (b"Content-Type: application/json",)


def draw(amount: int, seed: int) -> Iterator[Sent]:
    """Yield requests: first every odd thing in a plain one, in any order, then mixtures."""
    random_ = random.Random(seed)
    parts = (b"Content-Type: multipart/form-data; boundary=x",)
    plain = [
        *(Sent(b"POST", a, _JSON, body) for a in POSTED for body in BODIES),
        *(Sent(b"POST", b"/api/v1/documents", parts, body) for body in BODIES),
        *(Sent(target=path) for path in PATHS),
        *(Sent(target=a + b"?" + q) for a in (b"/api/v1/search", b"/api/v1/documents", b"/") for q in QUERIES),
        *(Sent(method, path) for method in METHODS for path in ADDRESSES),
        *(Sent(target=path, headers=(h,)) for h in HEADERS for path in (b"/", b"/api/v1/documents", b"/mcp")),
        *(Sent(b"POST", path, _JSON, b"{}", f) for f in FRAMINGS for path in POSTED[::4]),
        *(Sent(b"POST", b"/api/v1/ask", _JSON, chunk, b"Transfer-Encoding: chunked") for chunk in CHUNKS),
    ]  # fmt: skip
    random_.shuffle(plain)
    yield from plain[:amount]
    for _ in range(amount - len(plain)):
        target = random_.choice((*ADDRESSES, *PATHS))
        query = random_.choice((b"", b"?" + random_.choice(QUERIES)))
        headers = (b"Content-Type: " + random_.choice(TYPES), *random_.sample(HEADERS, 2))
        framing = random_.choice((None, None, random_.choice(FRAMINGS)))
        body = random_.choice((*BODIES, *CHUNKS))
        yield Sent(random_.choice(METHODS), target + query, headers, body, framing)


def run_wire(address: str, amount: int, seed: int) -> Iterator[str]:
    """Send ``amount`` requests to the server at ``address``; yield what fails, with its number."""
    parts = urlsplit(address)
    place = str(parts.hostname), int(parts.port or 80)
    with _tracebacks() as written:
        for number, sent in enumerate(draw(amount, seed)):
            failure = check(sent, place)
            if failure is None and written:
                failure = f"a traceback in the log: {written[0][:200]}"
            written.clear()
            if failure:
                yield f"{failure} — request {number} of seed {seed}: {sent.write()[:300]!r}"


def check(sent: Sent, place: tuple[str, int]) -> str | None:
    """Return what is wrong with the answer to a request, None where nothing is."""
    try:
        answer = _exchange(sent.write(), place)
    except TimeoutError:
        return f"no answer in {PATIENCE:.0f} s"
    if not answer:  # the connection was closed: what came was no HTTP, or broke off
        return None
    head, _, body = answer.partition(b"\r\n\r\n")
    line = head.split(b"\r\n")[0]
    if not line.startswith(b"HTTP/1.1 ") or not line[9:12].isdigit():
        return f"no HTTP: {line[:80]!r}"
    status = int(line[9:12])
    if status >= 500 and status != 503:
        return f"status {status}: {body[:120]!r}"
    if b"Traceback (most recent" in body:
        return "a traceback"
    # What is no HTTP is refused by the server, before anything of ours sees it.
    own = b"\r\nx-content-type-options:" in head.lower()
    if own and sent.target.startswith(b"/api/") and status >= 400 and sent.method != b"HEAD":
        return None if PROBLEM in head else f"status {status} is no problem: {body[:80]!r}"
    return None


def _exchange(data: bytes, place: tuple[str, int]) -> bytes:
    """Send, say that no more will come, and return all that is answered."""
    answer = b""
    with socket.create_connection(place, timeout=PATIENCE) as connection:
        try:
            connection.sendall(data)
            with contextlib.suppress(OSError):  # the server has closed already
                connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(1 << 16):
                answer += piece
        except (ConnectionError, BrokenPipeError):
            pass  # refused before all of it was sent
    return answer


@contextmanager
def _tracebacks() -> Iterator[list[str]]:
    """Collect what any part of the server logs as an error with a traceback."""
    written: list[str] = []

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.exc_info and record.levelno >= logging.ERROR:
                written.append(
                    f"{record.name}: {record.exc_info[0].__name__}: {record.exc_info[1]}"
                )  # type: ignore[union-attr]

    handler = Collect()
    loggers = [logging.getLogger(name) for name in (None, "uvicorn.error", "uvicorn")]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        yield written
    finally:
        for logger in loggers:
            logger.removeHandler(handler)

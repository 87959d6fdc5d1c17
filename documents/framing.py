"""What two processes tell each other over a pipe: a JSON object, and bytes that it speaks of.

Plain data, so that a process which reads untrusted files can tell nothing but wrong values: what
``multiprocessing`` sends would run code where it arrives.
"""

from __future__ import annotations

import json
import struct
from typing import IO, Any

# A frame: the lengths of the JSON and of the bytes, then both.
_LENGTHS = struct.Struct(">II")
# The text of the largest file that is taken, and as much again.
MAX_FRAME = 512 * 1024 * 1024


def send(pipe: IO[bytes], fields: dict[str, Any], data: bytes = b"") -> None:
    """Write one frame; OSError where nobody reads any more."""
    header = json.dumps(fields).encode()
    pipe.write(_LENGTHS.pack(len(header), len(data)))
    pipe.write(header)
    pipe.write(data)
    pipe.flush()


def receive(pipe: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """Read one frame, None where the pipe has ended; ValueError where it is none."""
    start = pipe.read(_LENGTHS.size)
    if len(start) < _LENGTHS.size:
        return None
    length, size = _LENGTHS.unpack(start)
    if length + size > MAX_FRAME:
        raise ValueError(f"a frame of {length + size} bytes")
    header, data = pipe.read(length), pipe.read(size)
    if len(header) < length or len(data) < size:
        return None
    fields = json.loads(header)
    if not isinstance(fields, dict):
        raise ValueError("a frame without fields")
    return fields, data

"""Files written so that a stop at any moment, of the process or the machine, leaves old or new."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_atomically(path: Path, data: bytes) -> None:
    """Make ``data`` the content of ``path`` in one step, and have it on disk before returning."""
    beside = path.with_name(f".{path.name}.writing")
    write_synced(beside, data)
    os.replace(beside, path)
    sync(path.parent)


def write_synced(path: Path, data: bytes) -> None:
    """Write a file and have its content on disk; its name is, once its folder is synced."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync(path: Path) -> None:
    """Have the names in a folder on disk, or the content of a file."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        # Windows opens no folder.
        return
    try:
        os.fsync(descriptor)
    except OSError:
        # Some file systems cannot sync a folder; the rename itself is still atomic.
        pass
    finally:
        os.close(descriptor)


def seal(obj: Mapping[str, Any]) -> bytes:
    """Return ``obj`` as JSON with a checksum of its own, which tells when it was damaged."""
    sealed = {"seal": _seal(obj), **obj}
    return json.dumps(sealed, ensure_ascii=False, indent=1).encode() + b"\n"


def unseal(data: bytes) -> dict[str, Any]:
    """Return what ``seal`` was given; ValueError where ``data`` differs from that in any byte."""
    obj = json.loads(data)
    # Also in one that JSON does not mind, such as a space that became a tab.
    if not isinstance(obj, dict) or obj.pop("seal", None) != _seal(obj) or seal(obj) != data:
        raise ValueError("checksum differs")
    return obj


def _seal(obj: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(obj, sort_keys=True).encode()).hexdigest()

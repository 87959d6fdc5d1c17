"""Files written so that a stop at any moment, of the process or the machine, leaves old or new."""

from __future__ import annotations

import os
from pathlib import Path


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

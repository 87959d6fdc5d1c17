"""All state in one file: ``python -m qa backup FILE``; for the way back see ``qa.restoration``.

A back-up is a zip file of the documents as they are kept (originals, checksums, corrections), the
databases, an adapter of one's own, the current index where it is wanted, and a manifest: the SHA-256
and the size of every file, the versions of what is in them, and a seal of its own. It is made while the
server runs: no document is changed meanwhile, and databases are copied by SQLite's own back-up. It
holds questions and password hashes, and is its owner's only.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import stat
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from documents.register import changing
from documents.storage import seal, sync
from index import snapshot
from index.errors import BuildInProgressError
from qa import log_file
from qa.access import accounts
from qa.errors import BackupError

FORMAT = 1
MANIFEST = "manifest.json"
DOCUMENTS, INDEX = "documents", "index"
# Databases that may lie in the folder of all state, with the newest version that is known of each.
DATABASES: Mapping[str, int] = {
    "qa.sqlite3": len(log_file.STEPS),
    "users.sqlite3": len(accounts.STEPS),
}
# What was learnt from an office's own questions: ``index.adapter``.
LEARNT = "adapter.npz"
# Not state: locks, and what a change that was stopped has left.
_PASSING = (".lock", ".adding-", ".writing-")
CHUNK = 1 << 20
# Seconds to wait for a change of the library to end: that of a large one takes long.
WAITING = 600.0
_PAUSE = 0.5

# Called with how many files are done, and of how many.
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Contents:
    """What a back-up holds: SHA-256 and bytes of each file by its name, versions by kind, and when."""

    files: Mapping[str, tuple[str, int]]
    versions: Mapping[str, int]
    made: str


def back_up(
    target: Path, home: Path, *, with_index: bool = False, tell: Tell = lambda *_: None
) -> Contents:
    """Write all state of ``home`` to the new file ``target``, in one step; return what it holds.

    BackupError; LibraryError and BuildInProgressError where a change goes on for too long.
    """
    folder = home / DOCUMENTS
    if not folder.is_dir():
        raise BackupError(
            f"{home}：这里没有文档库，没有可备份的内容。请检查 POLICY_QA_HOME。",
            f"{home}: there is no library here, nothing to back up. Check POLICY_QA_HOME.",
        )
    if target.exists() or target.resolve().is_relative_to(folder.resolve()):
        raise BackupError(
            f"{target}：文件已存在，或在文档库之内，没有写入。请换一个文件名。",
            f"{target}: there is such a file, or it lies in the library; nothing was written. Choose "
            "another name.",
        )
    beside = target.with_name(f".{target.name}.writing")
    with _unchanging(home), _explaining(target):
        try:
            beside.unlink(missing_ok=True)
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                contents = _write(file, home, with_index, tell)
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, target)
            sync(target.parent)
        finally:
            beside.unlink(missing_ok=True)
    return contents


@contextlib.contextmanager
def _explaining(target: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, sqlite3.Error) as error:
        raise BackupError(
            f"{target}：备份失败（{error}），没有留下备份文件。请检查权限、磁盘空间和提到的文件。",
            f"{target}: the back-up failed ({error}), and no file was left. Check permissions, disk "
            "space, and the file that is named.",
        ) from error


@contextlib.contextmanager
def _unchanging(home: Path) -> Iterator[None]:
    """Hold the library and its index as they are, waiting for a change to end."""
    until = time.monotonic() + WAITING
    with contextlib.ExitStack() as held:
        while True:
            try:
                held.enter_context(snapshot.build_lock(home / INDEX))
                break
            except BuildInProgressError:
                if time.monotonic() > until:
                    raise
                time.sleep(_PAUSE)
        held.enter_context(changing(home / DOCUMENTS))
        yield


def _write(file: IO[bytes], home: Path, with_index: bool, tell: Tell) -> Contents:
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        tempfile.TemporaryDirectory(prefix="policy-qa-backup-") as copies,
    ):
        databases = _copy_databases(home, Path(copies))
        sources = {path.name: path for path in databases}
        sources |= {name: home / name for name in _list_files(home, with_index)}
        files: dict[str, tuple[str, int]] = {}
        for done, (name, source) in enumerate(sorted(sources.items()), 1):
            files[name] = _pack(archive, name, source)
            tell(done, len(sources))
        versions = {path.name: _read_version(path) for path in databases}
        if with_index:
            versions[INDEX] = snapshot.FORMAT
        contents = Contents(files, versions, datetime.now(UTC).isoformat(timespec="seconds"))
        told = {"format": FORMAT, "made": contents.made, "versions": versions, "files": files}
        archive.writestr(_entry(MANIFEST), seal(told))
        return contents


def _copy_databases(home: Path, folder: Path) -> list[Path]:
    """Copy each database as it is at one moment, whoever writes to it."""
    copies = []
    for name in DATABASES:
        if (home / name).exists():
            copies.append(folder / name)
            source = sqlite3.connect(home / name)
            copy = sqlite3.connect(copies[-1])
            with contextlib.closing(source), contextlib.closing(copy):
                source.backup(copy)
                if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                    raise ValueError(f"{home / name}: damaged")
    return copies


def _read_version(path: Path) -> int:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        return version


def _list_files(home: Path, with_index: bool) -> Iterator[str]:
    """Yield the names, below ``home`` and with /, of all but the databases: an index where wanted."""
    if (home / LEARNT).is_file():
        yield LEARNT
    folders = [home / DOCUMENTS]
    if with_index and (current := snapshot.current(home / INDEX)) is not None:
        yield f"{INDEX}/{snapshot.CURRENT}"
        folders.append(current)
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and not path.name.startswith(_PASSING):
                yield path.relative_to(home).as_posix()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)  # with the same time always
    entry.external_attr = (stat.S_IFREG | 0o600) << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _pack(archive: zipfile.ZipFile, name: str, source: Path) -> tuple[str, int]:
    """Add a file; return the SHA-256 and the bytes of what was added."""
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as file, archive.open(_entry(name), "w", force_zip64=True) as member:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            member.write(chunk)
    return digest.hexdigest(), size

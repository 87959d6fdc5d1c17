"""State from a back-up: ``python -m qa restore FILE [--home DIR]``; ``qa.backup`` made it.

Restoring takes an empty folder or none. Everything is unpacked beside, compared with the manifest and
put in place in one step at the end; what is damaged, incomplete, of a newer version, or would lie
anywhere else than where state lies, is refused and leaves nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from documents.storage import sync, unseal
from index import snapshot
from qa.backup import CHUNK, DATABASES, DOCUMENTS, FORMAT, INDEX, LEARNT, MANIFEST, Contents, Tell
from qa.errors import BackupError

# What zipfile raises on damage, as it happens.
_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError,
    LookupError, OverflowError,
)  # fmt: skip
_MOST_MANIFEST = 256 << 20


def check(source: Path) -> Contents:
    """Read a back-up through and return what it holds; BackupError where anything of it is damaged."""
    with _open(source) as (archive, contents):
        for name in contents.files:
            _unpack(archive, name, contents, None)
        return contents


def restore(source: Path, home: Path, tell: Tell = lambda *_: None) -> Contents:
    """Put what a back-up holds into ``home``, which is empty or absent; return what it holds.

    BackupError leaves ``home`` as it was. An index of another version is left out: it is built again.
    """
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise BackupError(
            f"{home}：这里已有内容，没有恢复。只能恢复到空的或还不存在的文件夹：请先移走它，或用 --home 指定别处。",
            f"{home}: there is something here; nothing was restored. Only an empty folder or none is "
            "taken: move it away first, or name another with --home.",
        )
    with _open(source) as (archive, contents):
        wanted = [
            n for n in contents.files if not n.startswith(f"{INDEX}/") or _has_index(contents)
        ]
        _check_space(home, sum(contents.files[name][1] for name in wanted))
        try:
            home.parent.mkdir(parents=True, exist_ok=True)
            # Beside: a rename puts all in place at once. In it, where it is a volume of its own.
            place = home if os.path.ismount(home) else home.parent
            staged = Path(tempfile.mkdtemp(prefix=f".{home.name}-restoring-", dir=place))
            try:
                for done, name in enumerate(wanted, 1):
                    (staged / name).parent.mkdir(parents=True, exist_ok=True)
                    _unpack(archive, name, contents, staged / name)
                    tell(done, len(wanted))
                _put(staged, home)
            finally:
                shutil.rmtree(staged, ignore_errors=True)
        except OSError as error:
            raise BackupError(
                f"{home}：无法恢复（{error}），没有留下任何内容。请检查权限和磁盘空间。",
                f"{home}: could not be restored ({error}), and nothing was left. Check permissions and "
                "disk space.",
            ) from error
        return contents


def _has_index(contents: Contents) -> bool:
    return contents.versions.get(INDEX) == snapshot.FORMAT


def _put(staged: Path, home: Path) -> None:
    """Make ``staged`` the content of ``home``."""
    for folder in {path.parent for path in staged.rglob("*")}:
        sync(folder)
    if staged.parent != home:
        if home.exists():
            home.rmdir()
        staged.rename(home)
        sync(home.parent)
        return
    moved: list[Path] = []
    try:
        # The documents last: without them there is no library yet.
        for path in sorted(staged.iterdir(), key=lambda path: path.name == DOCUMENTS):
            path.rename(home / path.name)
            moved.append(home / path.name)
    except OSError:
        for path in moved:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise
    sync(home)


def _check_space(home: Path, size: int) -> None:
    there = next(path for path in (home, *home.absolute().parents) if path.is_dir())
    free = shutil.disk_usage(there).free
    if size > free:
        raise BackupError(
            f"{home}：磁盘空间不足，恢复需要 {size} 字节，现有 {free} 字节；没有恢复。",
            f"{home}: the disk is too full: {size} bytes are needed, {free} are free; nothing was "
            "restored.",
        )


@contextlib.contextmanager
def _open(source: Path) -> Iterator[tuple[zipfile.ZipFile, Contents]]:
    """Open a back-up whose manifest fits what is in it; BackupError, here and from reading it."""
    try:
        with zipfile.ZipFile(source) as archive:
            yield archive, _read_contents(source, archive)
    except FileNotFoundError as error:
        raise BackupError(
            f"{source}：没有这个文件。", f"{source}: there is no such file."
        ) from error
    except _UNREADABLE as error:
        raise _damaged(source, error) from error


def _read_contents(source: Path, archive: zipfile.ZipFile) -> Contents:
    try:
        if archive.getinfo(MANIFEST).file_size > _MOST_MANIFEST:
            raise ValueError("manifest too long")
        told = unseal(archive.read(MANIFEST))
        _check_version(source, "format", told["format"], FORMAT)
        versions = {str(kind): int(version) for kind, version in told["versions"].items()}
        files = {str(n): (str(sha256), int(size)) for n, (sha256, size) in told["files"].items()}
        made = str(told["made"])
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError, OSError) as error:
        raise _damaged(source, error) from error
    for database, known in DATABASES.items():
        _check_version(source, database, versions.get(database, 0), known)
    listed = [entry.filename for entry in archive.infolist()]
    if sorted(listed) != sorted([*files, MANIFEST]):
        raise _damaged(source, "manifest and content differ")
    for entry in archive.infolist():
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if entry.filename != MANIFEST and not (
            _is_ours(entry.filename) and kind in (0, stat.S_IFREG)
        ):
            raise BackupError(
                f"{source}：其中的 {entry.filename!r} 不属于备份（会写到别处，或是链接），没有恢复任何内容。",
                f"{source}: {entry.filename!r} in it does not belong to a back-up (it would lie elsewhere, "
                "or is a link); nothing was restored.",
            )
    return Contents(files, versions, made)


def _is_ours(name: str) -> bool:
    """Whether a file of this name lies where state lies, on any system."""
    parts = PurePosixPath(name).parts
    plain = "/".join(parts) == name and ".." not in parts and not set(name) & set("\\:\0")
    single = name == LEARNT or name in DATABASES
    return plain and (single or (len(parts) > 1 and parts[0] in (DOCUMENTS, INDEX)))


def _check_version(source: Path, kind: str, found: object, known: int) -> None:
    if not isinstance(found, int) or found < 0:
        raise _damaged(source, f"{kind}: {found!r}")
    if found > known:
        raise BackupError(
            f"{source}：由更新的版本备份（{kind} 为 {found}，本程序支持 {known}），没有恢复。请升级程序。",
            f"{source}: made by a newer version ({kind} is {found}, this one knows {known}); nothing was "
            "restored. Upgrade the program.",
        )


def _unpack(archive: zipfile.ZipFile, name: str, contents: Contents, target: Path | None) -> None:
    """Read a file, into ``target`` where there is one; BackupError where it is not as it was."""
    sha256, size = contents.files[name]
    digest, read = hashlib.sha256(), 0
    with contextlib.ExitStack() as opened:
        member = opened.enter_context(archive.open(name))
        file = opened.enter_context(_create(target)) if target else None
        # No more than the manifest says, however much a member unpacks to.
        while chunk := member.read(min(CHUNK, size - read + 1)):
            read += len(chunk)
            digest.update(chunk)
            if read > size:
                break
            if file is not None:
                file.write(chunk)
        if file is not None:
            file.flush()
            os.fsync(file.fileno())
    if read != size or digest.hexdigest() != sha256:
        raise _damaged(Path(archive.filename or ""), f"{name}: checksum differs")


def _create(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _damaged(source: Path, why: object) -> BackupError:
    return BackupError(
        f"{source}：不是完整的备份文件（{why}），没有恢复任何内容。请换用另一份备份。",
        f"{source}: no whole back-up ({why}); nothing was restored. Use another one.",
    )

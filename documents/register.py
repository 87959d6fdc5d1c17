"""What the library knows of its files, and changes to it that nothing can stop half way.

Three hidden files lie beside the originals. ``.checksums.json`` has an entry for every original that
was added. ``.lock`` lets one process at a time change the library. ``.change.json`` is there only
during a change: the new originals already lie beside under hidden names, it says which names they get
and which files go, and whoever opens the library next carries out what is left of it. Where it is
missing, such hidden files are what remains of a change that never was.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import filelock

from documents import corrections
from documents.errors import LibraryError
from documents.storage import seal, sync, unseal, write_atomically, write_synced

REGISTER = ".checksums.json"
CHANGE = ".change.json"
_LOCK = ".lock"
_STAGED = ".adding-"
# Seconds to wait for another process; reading scanned pages can take it far longer.
LOCK_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Entry:
    """An original as it was added: its SHA-256, and what tells it from other documents.

    ``text`` is the SHA-256 of its clean text without white space, None where there is none.
    """

    sha256: str
    text: str | None = None
    title: str | None = None
    number: str | None = None


def read_register(folder: Path) -> dict[str, Entry]:
    """Return the entries by file name (relative, with /); LibraryError where they are damaged."""
    return _read(folder / REGISTER)["files"] if (folder / REGISTER).exists() else {}


def write_register(folder: Path, files: Mapping[str, Entry]) -> None:
    """Write the entries in one step."""
    write_atomically(folder / REGISTER, seal({"files": _plain(files)}))


@contextlib.contextmanager
def changing(folder: Path) -> Iterator[None]:
    """Hold the right to change the library, settled; LibraryError where another process has it."""
    try:
        lock = filelock.FileLock(folder / _LOCK, timeout=LOCK_TIMEOUT)
        lock.acquire()
    except filelock.Timeout as error:
        raise LibraryError(
            f"{folder}：另一个进程正在更改文档库，请等它完成后再试；文档库没有改变。\n"
            f"{folder}: another process is changing the library; try again when it has finished. "
            "Nothing was changed."
        ) from error
    except OSError as error:
        raise cannot_write(folder, error) from error
    try:
        _settle(folder)
        for left in folder.glob(f"{_STAGED}*"):
            left.unlink()
        yield
    except OSError as error:
        raise cannot_write(folder, error) from error
    finally:
        lock.release()


def settle(folder: Path) -> None:
    """Finish a change that was decided but not carried out, if there is one."""
    if (folder / CHANGE).exists():
        with changing(folder):
            pass


def stage(folder: Path, data: bytes, sha256: str) -> str:
    """Write a new original beside the others under a hidden name, and return that name."""
    name = _STAGED + sha256
    write_synced(folder / name, data)
    return name


def commit(
    folder: Path,
    files: Mapping[str, Entry],
    *,
    put: Mapping[str, str] | None = None,
    drop: Sequence[str] = (),
    forget: Sequence[str] = (),
) -> None:
    """Change the library in one step, holding ``changing``.

    ``put`` maps staged names to final ones, ``drop`` lists files to delete, ``forget`` the SHA-256 of
    originals whose corrections go with them, ``files`` is the register after it. OSError before the
    step leaves the library as it was; after it, whoever opens the library next finishes the change.
    """
    sync(folder)
    obj = {
        "put": dict(put or {}),
        "drop": list(drop),
        "forget": list(forget),
        "files": _plain(files),
    }
    write_atomically(folder / CHANGE, seal(obj))
    _settle(folder)


def _settle(folder: Path) -> None:
    """Carry out what the change says; each part may have been done before."""
    if not (folder / CHANGE).exists():
        return
    change = _read(folder / CHANGE)
    for staged, name in change["put"].items():
        if (folder / staged).exists():
            os.replace(folder / staged, folder / name)
    for name in change["drop"]:
        (folder / name).unlink(missing_ok=True)
    # A change that an earlier version was stopped in has none.
    corrections.forget(folder, change.get("forget", ()))
    sync(folder)
    write_register(folder, change["files"])
    (folder / CHANGE).unlink()


def cannot_write(folder: Path, error: OSError) -> LibraryError:
    """Return the error for a library that cannot be written, and what became of the change."""
    if (folder / CHANGE).exists():
        return LibraryError(
            f"{folder}：更改已保存但尚未完成（{error}）。请检查权限和磁盘空间；下次使用文档库时会自动完成。\n"
            f"{folder}: the change is saved but not finished ({error}). Check permissions and disk "
            "space; it is finished when the library is used next."
        )
    return LibraryError(
        f"{folder}：无法更改文档库（{error}），文档库没有改变。请检查权限和磁盘空间。\n"
        f"{folder}: the library cannot be changed ({error}), and is as it was. Check permissions and "
        "disk space."
    )


# --- files ----------------------------------------------------------------------------------------


def _plain(files: Mapping[str, Entry]) -> dict[str, Any]:
    return {name: asdict(files[name]) for name in sorted(files)}


def _read(path: Path) -> dict[str, Any]:
    try:
        obj = unseal(path.read_bytes())
        obj["files"] = {name: Entry(**entry) for name, entry in obj["files"].items()}
        return obj
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        if path.name == CHANGE:
            raise LibraryError(
                f"{path}：一次被中断的更改留下的记录已损坏（{error}），无法完成那次更改。请删除这个文件，运行 "
                f"python -m index add {path.parent} 登记现有的文件，再用 python -m documents list 核对，"
                f"需要时重做那次更改。\n{path}: the record of a change that was stopped is damaged "
                f"({error}), so the change cannot be finished. Delete this file, run python -m index add "
                f"{path.parent} to record the files as they are, compare python -m documents list, and "
                "make the change again where it is wanting."
            ) from error
        raise LibraryError(
            f"{path}：文档库的校验记录已损坏（{error}）。请删除这个文件，再运行 "
            f"python -m index add {path.parent} 重新登记；文档本身不受影响。\n"
            f"{path}: the library's record of checksums is damaged ({error}). Delete this file and "
            f"run python -m index add {path.parent} to record the documents again; they themselves "
            "are unaffected."
        ) from error

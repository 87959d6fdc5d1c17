"""A self-contained index on disk: manifest, documents, chunks, encodings, lexical index.

A store is a folder of snapshots and a pointer file ``CURRENT`` that names the one in use. A snapshot
is written beside the others and the pointer replaced in one step, so a reader sees the old or the
new one and never a half. Beside what a search reads, a snapshot has what the next build takes over
from it: the keys of the encoded texts, and the encodings of the background's questions.

Every file's size and SHA-256 are in the manifest, and the manifest's SHA-256 is the snapshot's name.
Opening compares all sizes, the checksums of what says where a thing lies, and those of all files of
up to ``CHECKED`` bytes, which are all those of a small library. To read the larger ones through would
take longer than most questions: of these, the documents' bodies have a checksum each, which is
compared when one is read; of the rest, vectors, match forms and counts, a changed byte is found by
``verify``, and by the next build before it takes anything over.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import filelock

from documents.schema import write_document
from documents.storage import sync, write_atomically
from documents.types import Document
from index.background import Language, Spread
from index.contents import Content, read_content, read_own_encodings, write_content
from index.encodings import Encodings
from index.errors import BuildInProgressError, SnapshotError
from index.journal import discard_journals

# Of the files, and of how units, chunks and terms are made: an index of another number is refused.
FORMAT = 4
# Files of up to so many bytes are checked whenever an index is opened, together in some .1 s.
CHECKED = 16 << 20
# Those that grow with the words of a library; what says where in them a thing lies is always checked.
BULK = frozenset(
    (
        *("bodies.npy", "forms.npy", "runs.npy", "run_counts.npy"),
        *("vectors.npy", "tokens.npy", "keys.npy"),
        *("data.csc.index.npy", "indices.csc.index.npy", "codes.faiss"),
    )
)
CURRENT = "CURRENT"
# Lies in a store from before its library is changed until an index of the changed one is current.
_OUTDATED = ".outdated"
_MANIFEST = "manifest.json"
_LEXICAL = "lexical"
DENSE = "dense"
_WRITING = ".writing-"
# The start of the manifest's SHA-256, and what tells two builds of the same content apart.
_SNAPSHOT = re.compile(r"[0-9a-f]{16}(?:-\w+)?")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a snapshot is: its identity, what it was made with, its counts and checksums.

    ``truncated`` chunks are longer than the encoder reads; their ends are searched by words only.
    Where ``tokens``, how many have a vector of their own, is 0, late interaction is off.
    ``background`` is, by language, the mean and standard deviation of ``index.background``.
    ``files`` are the SHA-256 of every other file by its name in the folder, ``sizes`` their bytes.
    """

    format: int
    fingerprint: str
    encoder: str
    encoder_fingerprint: str
    dimension: int
    documents: int
    clauses: int
    units: int
    chunks: int
    tokens: int
    truncated: int
    background: dict[Language, tuple[float, float]]
    files: dict[str, str]
    sizes: dict[str, int]


def fingerprint(documents: Sequence[Document], encoder_fingerprint: str) -> str:
    """Return the identity of the index of ``documents`` under an encoder: same input, same value."""
    digest = hashlib.sha256(f"{FORMAT}\n{encoder_fingerprint}\n".encode())
    for document in documents:
        digest.update(_line(write_document(document)))
    return digest.hexdigest()[:16]


@contextmanager
def build_lock(store: Path) -> Iterator[None]:
    """Hold the right to write ``store``; BuildInProgressError where another process has it.

    SnapshotError where it cannot be written, now or inside.
    """
    try:
        if store.is_file():
            raise SnapshotError(
                f"{store}：这里是一个文件，不是文件夹，无法写入索引。请把它移走，或用 --out 指定其他文件夹。\n"
                f"{store}: this is a file and no folder, so no index can be written. Move it away, or name "
                "another folder with --out."
            )
        store.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(store / ".lock", timeout=0)
        lock.acquire()
    except filelock.Timeout as error:
        raise BuildInProgressError(
            f"{store}：另一个进程正在建立索引，请等它完成后再试；已有的索引不受影响。\n"
            f"{store}: another process is building this index; try again when it has finished. "
            "The present index is unaffected."
        ) from error
    except OSError as error:
        raise _unwritable(store, error) from error
    try:
        yield
    except OSError as error:
        raise _unwritable(store, error) from error
    finally:
        lock.release()


def _unwritable(store: Path, error: OSError) -> SnapshotError:
    return SnapshotError(
        f"{store}：无法写入索引（{error}）。请检查权限和磁盘空间，或用 --out 指定其他文件夹。\n"
        f"{store}: the index cannot be written ({error}); check permissions and disk space, or "
        "name another folder with --out."
    )


def save(
    store: Path,
    content: Content,
    *,
    fingerprint: str,
    encoder: str,
    encoder_fingerprint: str,
    save_lexical: Callable[[Path], None],
    save_dense: Callable[[Path], None],
) -> Manifest:
    """Write a snapshot into ``store`` and make it the current one. Hold ``build_lock`` around it."""
    beside = Path(tempfile.mkdtemp(prefix=_WRITING, dir=store))
    try:
        write_content(beside, content)
        save_lexical(beside / _LEXICAL)
        save_dense(beside / DENSE)
        names = _files(beside)
        manifest = Manifest(
            format=FORMAT,
            fingerprint=fingerprint,
            encoder=encoder,
            encoder_fingerprint=encoder_fingerprint,
            dimension=int(content.encodings.vectors.shape[1]),
            documents=len(content.outlines),
            clauses=sum(len(one.paths) for one in content.outlines),
            units=len(content.units),
            chunks=len(content.chunks),
            tokens=len(content.encodings.rows),
            truncated=content.truncated,
            background={
                language: (spread.mean, spread.deviation)
                for language, spread in content.background.items()
            },
            files={name: _checksum(beside / name) for name in names},
            sizes={name: (beside / name).stat().st_size for name in names},
        )
        body = json.dumps(_as_dict(manifest), ensure_ascii=False, indent=2, sort_keys=True)
        (beside / _MANIFEST).write_text(body + "\n", encoding="utf-8")
        _switch(store, beside)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    return manifest


def mark_outdated(store: Path) -> None:
    """Note that the library is about to change. Hold ``build_lock`` around it."""
    write_atomically(store / _OUTDATED, b"")


def unmark_outdated(store: Path) -> None:
    """Note that the library did not change after all, or that its index is up to date."""
    (store / _OUTDATED).unlink(missing_ok=True)


def is_outdated(store: Path) -> bool:
    """Whether the library may have changed without its index following; it may be changing now."""
    return (store / _OUTDATED).exists()


def discard(store: Path) -> None:
    """Remove every snapshot of ``store`` and every journal. Hold ``build_lock`` around it."""
    # The pointer goes first, so that a stop half way leaves no index rather than half of one.
    (store / CURRENT).unlink(missing_ok=True)
    sync(store)
    unmark_outdated(store)
    discard_journals(store)
    _remove_snapshots(store, keep=())


def current(store: Path) -> Path | None:
    """Return the folder of the current snapshot of ``store``, None where it has none."""
    try:
        pointer = (store / CURRENT).read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise damaged(store, f"{CURRENT}: {error}") from error
    name = pointer.removesuffix("\n")
    if not _SNAPSHOT.fullmatch(name) or pointer == name:
        raise damaged(store, f"{CURRENT} 内容无效 / is not a snapshot's name")
    return store / name


def read_pointer(store: Path) -> bytes | None:
    """Return what tells the current snapshot from the next one, None where there is none."""
    try:
        return (store / CURRENT).read_bytes()
    except OSError:
        return None


def read_manifest(store: Path) -> Manifest:
    """Return the manifest of the current snapshot; SnapshotError where it is not one of ours."""
    return _open(store)[1]


def _open(store: Path) -> tuple[Path, Manifest]:
    """Return the folder of the current snapshot and its manifest, from one look at the pointer."""
    folder = current(store)
    if folder is None:
        raise damaged(store, "没有索引 / no index here")
    if not folder.is_dir():
        raise damaged(
            store, f"{CURRENT} 所指的索引不存在 / {CURRENT} names an index that is not there"
        )
    try:
        data = (folder / _MANIFEST).read_bytes()
        obj = json.loads(data)
        if obj["format"] != FORMAT:
            raise damaged(
                store,
                f"由本程序的其他版本建立，格式 {obj['format']}，现为 {FORMAT} / "
                "made by another version of this program: the format differs",
            )
        if not folder.name.startswith(_name(data)):
            raise damaged(store, f"文件已损坏 / checksum differs: {_MANIFEST}")
        return folder, Manifest(**obj)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise damaged(store, f"{_MANIFEST}: {error}") from error


def read_time(folder: Path) -> datetime:
    """Return when the snapshot in ``folder`` was written, in UTC."""
    return datetime.fromtimestamp((folder / _MANIFEST).stat().st_mtime, UTC)


def verify(store: Path) -> Manifest:
    """Check every file of the current snapshot against its checksum and return the manifest.

    SnapshotError names the first file that is missing or changed.
    """
    folder, manifest = _open(store)
    _check(store, folder, manifest)
    return manifest


def _check(store: Path, folder: Path, manifest: Manifest, *, most: float = math.inf) -> None:
    """Compare every file with its size, and with its checksum; of bulk, up to ``most`` bytes only."""
    for name, checksum in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise damaged(store, f"缺少文件 / missing file: {name}")
        size = manifest.sizes[name]
        read = size <= most or path.name not in BULK
        if path.stat().st_size != size or (read and _checksum(path) != checksum):
            raise damaged(store, f"文件已损坏 / checksum differs: {name}")


def load(store: Path) -> tuple[Manifest, Content, Path]:
    """Return the manifest, the content, and the folder of the lexical index.

    Of what is checked when, the module's docstring tells.
    """
    folder, manifest = _open(store)
    found: list[str] = []

    def refuse(reason: str) -> SnapshotError:
        error = damaged(store, reason)
        found.append(str(error))
        return error

    try:
        _check(store, folder, manifest, most=CHECKED)
        background = {language: Spread(*pair) for language, pair in manifest.background.items()}
        content = read_content(
            folder,
            refuse,
            truncated=manifest.truncated,
            background=background,
        )
    except SnapshotError:
        raise
    except Exception as error:  # a damaged file may make its reader fail in any way
        raise damaged(store, f"{type(error).__name__}: {error}") from error
    content = replace(content, refuse=refuse, damage=lambda: found[0] if found else None)
    return manifest, content, folder / _LEXICAL


def load_encodings(store: Path) -> tuple[Manifest, Encodings, Encodings] | None:
    """Return the checked manifest, and the encodings of the chunks and of the background's questions.

    None where there is no snapshot; SnapshotError where it cannot be used.
    """
    if current(store) is None:
        return None
    folder, manifest = _open(store)
    # What a build takes over is checked whole: it goes into the next snapshot, as sound.
    _check(store, folder, manifest)
    try:
        return manifest, *read_own_encodings(folder)
    except (OSError, ValueError) as error:
        raise damaged(store, str(error)) from error


def damaged(store: Path, reason: str) -> SnapshotError:
    """Return the error for an index that cannot be used, with the command that rebuilds it."""
    return SnapshotError(
        f"{store}：索引无法使用（{reason}）。请运行 python -m index build --out {store} 重新建立。\n"
        f"{store}: the index cannot be used ({reason}). Rebuild it with: "
        f"python -m index build --out {store}"
    )


def _switch(store: Path, beside: Path) -> None:
    """Give the new snapshot its name, point to it, and remove the ones before.

    The one that was current stays until the next build, for whoever is reading it.
    """
    target = store / _name((beside / _MANIFEST).read_bytes())
    if target.exists():
        # The same content was built before; what lies there may be damaged, so it is replaced.
        target = store / f"{target.name}-{beside.name.removeprefix(_WRITING)}"
    (beside / CURRENT).write_text(target.name + "\n", encoding="utf-8")
    try:
        previous = current(store)
    except SnapshotError:
        previous = None
    _sync(beside)
    beside.rename(target)
    if (store / CURRENT).is_dir():  # nothing of ours
        shutil.rmtree(store / CURRENT)
    (target / CURRENT).replace(store / CURRENT)
    sync(store)
    unmark_outdated(store)
    _remove_snapshots(store, keep=(target, previous))


def _remove_snapshots(store: Path, *, keep: Sequence[Path | None]) -> None:
    for old in store.iterdir():
        # The folder may be one that its owner also keeps other things in.
        ours = old.name.startswith(_WRITING) or _SNAPSHOT.fullmatch(old.name)
        if ours and old not in keep:
            shutil.rmtree(old, ignore_errors=True)


def _name(manifest: bytes) -> str:
    return hashlib.sha256(manifest).hexdigest()[:16]


def _sync(folder: Path) -> None:
    """Have the files of ``folder`` and its names on disk before the next step relies on them."""
    for path in [*folder.rglob("*"), folder]:
        sync(path)


def _files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _as_dict(item: Any) -> dict[str, Any]:
    return {name: getattr(item, name) for name in item.__dataclass_fields__}


def _line(obj: dict[str, Any]) -> bytes:
    return json.dumps(obj, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

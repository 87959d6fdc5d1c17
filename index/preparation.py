"""A prepared model on disk: a folder that is whole, or not there.

It is built beside its place and renamed into it, so that readers see a whole folder or none; of
several preparations at once one is kept. A manifest, written last and sealed, vouches for the files:
for their sizes whenever a model is opened, for every byte where ``find_damage`` is asked.
"""

import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from documents.storage import seal, sync, unseal, write_synced

MANIFEST = "prepared.json"  # written last: a folder without a true one is not a model

_TEMPORARY = ".preparing-"
_ABANDONED = 3600.0  # seconds; a preparation takes less than a minute


@dataclass(frozen=True, slots=True)
class Preparation:
    """A folder to be made: its name, what its files are made of, and the version of the way they are.

    ``digest`` is the SHA-256 of the weights. Where ``format`` or ``digest`` of a folder differ from
    these it is made again. ``facts`` go into the manifest for whoever reads it.
    """

    name: str
    digest: str
    format: int
    facts: Mapping[str, str]


def prepare(
    root: Path,
    wanted: Preparation,
    write: Callable[[Path], None],
    *,
    begin: Callable[[], None] = lambda: None,
) -> Path:
    """Return the folder ``wanted`` in ``root``; ``write`` fills an empty one where there is none.

    ``begin`` is called before that. OSError where it cannot be written.
    """
    folder = root / wanted.name
    if _is_complete(folder, wanted):
        return folder
    begin()
    root.mkdir(parents=True, exist_ok=True)
    _sweep(root)
    workspace = Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=root))
    try:
        built = workspace / folder.name
        built.mkdir()
        write(built)
        _seal(built, wanted)
        _publish(built, folder, wanted)
    finally:
        shutil.rmtree(workspace, ignore_errors=True)
    return folder


def find_damage(root: Path) -> dict[Path, tuple[str, ...]]:
    """Return the prepared folders in ``root``, each with its files that are missing or changed.

    Reads every byte. A folder that is whole has none; of one whose manifest is damaged that is all that
    is known. Folders of earlier versions, which are made anew when they are wanted, are not in it.
    """
    manifests = sorted(root.glob(f"*/{MANIFEST}"))
    return {path.parent: _damaged(path.parent) for path in manifests if not _is_earlier(path)}


def _is_earlier(manifest: Path) -> bool:
    """Whether it is whole, and without what the present one has two signs of."""
    try:
        found = json.loads(manifest.read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and not found.keys() & {"seal", "sha256"}


def _damaged(folder: Path) -> tuple[str, ...]:
    try:
        sums: Mapping[str, str] = _read_manifest(folder)["sha256"]
    except (OSError, ValueError, KeyError):
        return (MANIFEST,)
    return tuple(name for name, sha256 in sums.items() if _hash_if_any(folder / name) != sha256)


def _hash_if_any(path: Path) -> str | None:
    with suppress(OSError):  # what cannot be read is no more use than what is gone
        return hash_file(path)
    return None


def _read_manifest(folder: Path) -> dict[str, Any]:
    return unseal((folder / MANIFEST).read_bytes())


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json(path: Path, value: object) -> None:
    """Write ``value`` as JSON for people, making the folder that it lies in."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _is_complete(folder: Path, wanted: Preparation) -> bool:
    """Whether the folder was finished for these weights and every file still has its size."""
    try:
        manifest = _read_manifest(folder)
        return (
            manifest["format"] == wanted.format
            and manifest["weights_sha256"] == wanted.digest
            and all((folder / name).stat().st_size == n for name, n in manifest["files"].items())
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return False  # absent or half-written: either way it is made again


def _seal(folder: Path, wanted: Preparation) -> None:
    """Force every file to disk, then write the manifest that vouches for them."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        sync(path)
    names = {path: path.relative_to(folder).as_posix() for path in files}
    manifest = {
        "format": wanted.format,
        **wanted.facts,
        "weights_sha256": wanted.digest,
        "files": {name: path.stat().st_size for path, name in names.items()},
        "sha256": {name: hash_file(path) for path, name in names.items()},
    }
    write_synced(folder / MANIFEST, seal(manifest))
    for directory in {path.parent for path in files}:  # the folder itself among them
        sync(directory)


def _publish(built: Path, folder: Path, wanted: Preparation) -> None:
    """Rename the finished folder into its place, unless someone else was first.

    A rename fails where a folder with content stands. If that one is complete, ours is not needed;
    if it is damaged it is moved out of the way, into our workspace, which is deleted afterwards.
    """
    for attempt in range(3):  # another process may be replacing the same damaged folder
        try:
            built.rename(folder)
        except OSError:
            if _is_complete(folder, wanted):
                return
            if attempt == 2:
                raise
            with suppress(FileNotFoundError):
                folder.rename(built.with_name(f"damaged-{attempt}"))
        else:
            sync(folder.parent)
            return


def _sweep(root: Path) -> None:
    """Delete what preparations left behind that were killed; each is half a gigabyte."""
    for leftover in root.glob(f"{_TEMPORARY}*"):
        with suppress(OSError):
            if time.time() - leftover.stat().st_mtime > _ABANDONED:
                shutil.rmtree(leftover)

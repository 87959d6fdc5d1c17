"""The library and its index changed together: documents added, removed or corrected, then indexed.

The index is built only after the library has changed. A stop in between leaves the index as it was,
and a mark in its store; the next change, the next start of the page, or ``python -m index build``
brings it up to date. An addition that is interrupted is taken back. Only texts that are new are
encoded: see ``index.encodings``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from documents import library
from documents.errors import CorrectionError, DocumentError, UnknownDocumentError
from documents.types import Change, Original
from index import snapshot
from index.errors import OutdatedIndexError, PolicyIndexError, SnapshotError
from index.hybrid import Progress
from index.stores import Build, build_locked, default_store

# What a change of the library can come to that its index has to follow.
_CHANGED = frozenset({"added", "version", "removed", "corrected"})


@dataclass(frozen=True, slots=True)
class Update:
    """What became of each file, and of the index.

    ``build`` is None where nothing was built: nothing changed, the library is ``emptied`` and has no
    index now, or ``error`` says why the index is still the one of before.
    """

    changes: tuple[Change, ...]
    build: Build | None = None
    emptied: bool = False
    error: OutdatedIndexError | None = None


def add(
    items: Iterable[Path | Original], *, model: str | None = None, progress: Progress | None = None
) -> Update:
    """Add files to the library and bring its index up to date; see ``documents.library.add``.

    Raises, with nothing changed, LibraryError, and BuildInProgressError where another process is
    building the index, and KeyboardInterrupt where it was interrupted.
    """
    report = (lambda done, total, name: progress("add", done, total)) if progress else None
    return _update(lambda _: library.add(items, progress=report), model, progress, take_back=True)


def remove(
    ids: Iterable[str], *, model: str | None = None, progress: Progress | None = None
) -> Update:
    """Remove documents from the library and its index; see ``documents.library.remove``.

    Where the same removal was stopped before its index could follow, this is its end. Raises, with
    nothing changed, what ``add`` raises, and UnknownDocumentError.
    """
    return _update(
        lambda behind: library.remove(ids, gone=_indexed() if behind else ()), model, progress
    )


def _indexed() -> frozenset[str]:
    """Return the ids in the present index; none where it cannot be used."""
    try:
        _, content, _ = snapshot.load(default_store())
    except SnapshotError:
        return frozenset()
    return frozenset(one.document.id for one in content.outlines)


def correct(
    document_id: str,
    fields: Mapping[str, Any],
    *,
    model: str | None = None,
    progress: Progress | None = None,
) -> Update:
    """Correct a document's metadata and index it again; see ``documents.library.correct``.

    Raises, with nothing changed, what ``add`` raises, UnknownDocumentError and CorrectionError.
    """
    return _update(lambda _: library.correct(document_id, fields), model, progress)


def rebuild(*, model: str | None = None, progress: Progress | None = None) -> Update:
    """Build the library's index anew from the originals, whatever lies in its place.

    Raises BuildInProgressError where another process is at it, and what a build raises; the present
    index stays then.
    """
    store = default_store()
    with snapshot.build_lock(store):
        return _follow(store, (), model, progress)


def catch_up(*, model: str | None = None, progress: Progress | None = None) -> Update:
    """Have the index follow a change that was stopped before it could, if there was one.

    Raises BuildInProgressError where another process is at it, and what a build raises.
    """
    store = default_store()
    with snapshot.build_lock(store):
        # Whoever had the lock before may have done it.
        if not snapshot.is_outdated(store):
            return Update(())
        return _follow(store, (), model, progress)


def _update(
    change: Callable[[bool], tuple[Change, ...]],
    model: str | None,
    progress: Progress | None,
    *,
    take_back: bool = False,
) -> Update:
    """Make a change, which is told whether the index is behind already, and have the index follow."""
    store = default_store()
    # Held from the beginning, so that the library does not change where it cannot be indexed.
    with snapshot.build_lock(store):
        behind, pointer = snapshot.is_outdated(store), snapshot.read_pointer(store)
        before = library.list_files()
        snapshot.mark_outdated(store)
        changes: tuple[Change, ...] = ()
        try:
            changes = change(behind)
            if behind or any(c.outcome in _CHANGED for c in changes):
                return _follow(store, changes, model, progress)
        except KeyboardInterrupt:
            if snapshot.read_pointer(store) != pointer:
                # Too late: the new index is in use.
                return Update(changes, Build(snapshot.read_manifest(store), ()))
            if not take_back and changes:
                return Update(changes, error=_outdated("已中断 / interrupted"))
            if take_back:
                library.take_back(before)
                if not behind:
                    snapshot.unmark_outdated(store)
            raise
        except (DocumentError, PolicyIndexError, OSError, ValueError) as error:
            if changes:
                return Update(changes, error=_outdated(str(error)))
            if not behind and isinstance(error, UnknownDocumentError | CorrectionError):
                snapshot.unmark_outdated(store)
            raise
        except BaseException as error:
            # A fault of ours keeps its traceback, and still says what state it left.
            if changes:
                error.add_note(str(_outdated(repr(error))))
            raise
        snapshot.unmark_outdated(store)
        return Update(changes)


def _follow(
    store: Path, changes: tuple[Change, ...], model: str | None, progress: Progress | None
) -> Update:
    """Have the index follow the library."""
    if not library.find_files([library.library_folder()]):
        snapshot.discard(store)
        return Update(changes, emptied=True)
    return Update(changes, build_locked(store, model=model, progress=progress))


def _outdated(reason: str) -> OutdatedIndexError:
    chinese, _, english = reason.partition("\n")
    return OutdatedIndexError(
        "文档库已更改，但索引没有更新，检索用的仍是原来的索引。请运行 python -m index build 更新。原因："
        f"{chinese}\nThe library has changed but its index has not: searches still use the one of "
        "before. Run python -m index build to bring it up to date. Reason: "
        f"{english or chinese}"
    )

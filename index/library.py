"""The library and its index changed together: documents added or removed, then indexed.

The index is built only after the library has changed, so a stop in between leaves the index as it
was, and ``python -m index build`` brings it up to date.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from documents import library
from documents.errors import DocumentError
from documents.types import Change, Original
from index import snapshot
from index.errors import OutdatedIndexError, PolicyIndexError
from index.hybrid import Build, Progress, build_locked, default_store


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
    building the index.
    """
    report = (lambda done, total, name: progress("add", done, total)) if progress else None
    return _update(lambda: library.add(items, progress=report), model, progress)


def remove(
    ids: Iterable[str], *, model: str | None = None, progress: Progress | None = None
) -> Update:
    """Remove documents from the library and its index; see ``documents.library.remove``.

    Raises, with nothing changed, what ``add`` raises, and UnknownDocumentError.
    """
    return _update(lambda: library.remove(ids), model, progress)


def _update(
    change: Callable[[], tuple[Change, ...]], model: str | None, progress: Progress | None
) -> Update:
    store = default_store()
    # Held from the beginning, so that the library does not change where it cannot be indexed.
    with snapshot.build_lock(store):
        changes = change()
        if not any(c.outcome in ("added", "version", "removed") for c in changes):
            return Update(changes)
        try:
            if not library.find_files([library.library_folder()]):
                snapshot.discard(store)
                return Update(changes, emptied=True)
            return Update(changes, build_locked(store, model=model, progress=progress))
        except (DocumentError, PolicyIndexError, OSError, ValueError) as error:
            return Update(changes, error=_outdated(str(error)))
        except KeyboardInterrupt:
            return Update(changes, error=_outdated("已中断 / interrupted"))
        except BaseException as error:
            # A fault of ours keeps its traceback, and still says what state it left.
            error.add_note(str(_outdated(repr(error))))
            raise


def _outdated(reason: str) -> OutdatedIndexError:
    return OutdatedIndexError(
        "文档库已更改，但索引没有更新，检索用的仍是原来的索引。请运行 python -m index build 更新。原因："
        f"{reason}\nThe library has changed but its index has not: searches still use the one of "
        f"before. Run python -m index build to bring it up to date. Reason: {reason}"
    )

"""One document of a library changes: how long until its new text is found."""

from __future__ import annotations

import shutil
from pathlib import Path
from time import perf_counter

from evaluation.speed.types import Change, Plan, Subset
from index import stores
from index.progress import Progress

# What a document says after the change; no document and no question has it.
ADDED = "测速专用条文甲戊壬由本机构按季度复核。"
# The search must list the change among so many.
_LISTED = 10
_TEXTS = frozenset({".txt", ".md"})
# A line that is changed has so many characters at least, so that it is no heading.
_LINE = 20


def change_one(store: Path, plan: Plan, subset: Subset, folder: Path) -> Change | None:
    """Change one document, index all of them again and search; None where no text can be changed.

    The documents and the index are copied into ``folder`` before the time is taken: the store holds
    the index of before, whose encodings are taken over. For a process of its own.
    """
    names = [name for name in subset.names if Path(name).suffix.lower() in _TEXTS]
    originals, copy = folder / "documents", folder / "store"
    for name in subset.names:
        (originals / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(plan.folder / name, originals / name)
    shutil.copytree(store, copy)
    # One of middle size.
    names.sort(key=lambda name: ((originals / name).stat().st_size, name))
    changed = next((n for n in names[len(names) // 2 :] if alter(originals / n)), None)
    if changed is None:
        return None
    began = perf_counter()
    build = stores.build_store(copy, [originals], model=plan.model, progress=Progress())
    built, encoded, chunks = perf_counter(), build.encoded or 0, build.manifest.chunks
    del build  # its documents: who opens an index holds none of another
    index = stores.open_index(copy, model=plan.model)
    hits = index.search(ADDED, k=_LISTED)
    ended = perf_counter()
    return Change(
        build=built - began,
        open=ended - built,
        encoded=encoded,
        chunks=chunks,
        found=any(
            ADDED in index.documents[hit.result.document].clean[start:end]
            for hit in hits
            for start, end in hit.spans
        ),
    )


def alter(path: Path) -> bool:
    """Add ``ADDED`` to the middle one of the long lines of a text; tell whether there is one."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError:
        return False
    long = [number for number, line in enumerate(lines) if len(line.strip()) >= _LINE]
    if not long:
        return False
    middle = long[len(long) // 2]
    lines[middle] = lines[middle].rstrip() + ADDED
    path.write_text("\n".join(lines), encoding="utf-8")
    return True

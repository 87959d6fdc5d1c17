"""A library's index where it is kept: built from the files, opened for questions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from documents.errors import EmptyLibraryError, LoadError
from documents.library import library_folder, policy_home, read_documents
from documents.names import SUFFIXES
from documents.types import Document
from index import snapshot
from index.adapter import identify, load_adapter
from index.address import Address, Store
from index.cluster_store import fetch
from index.configuration import Configuration
from index.cross_encoder import wanted_reranker
from index.encoder import load_encoder
from index.encodings import Earlier
from index.errors import SnapshotError
from index.hybrid import HybridIndex, Progress
from index.journal import discard_journals, journal_path
from index.snapshot import Manifest
from index.types import Encoder


@dataclass(frozen=True, slots=True)
class Build:
    """What a build made: the documents in it, and the files that could not be read, with reasons.

    ``encoded`` of its chunks were encoded, the others taken over (None: not known); ``unusable``
    says why the snapshot that was current could not be looked into, None where it could or there was
    none.
    """

    manifest: Manifest
    failures: tuple[LoadError, ...]
    documents: tuple[Document, ...] = ()
    encoded: int | None = None
    unusable: SnapshotError | None = None


def default_store() -> Path:
    """Return the folder of the library's own index."""
    return policy_home() / "index"


def build_store(
    store: Path,
    paths: Sequence[Path] = (),
    *,
    model: str | None = None,
    fresh: bool = False,
    progress: Progress | None = None,
) -> Build:
    """Read ``paths`` (none: the library), index them and make the result current in ``store``.

    Texts that the current snapshot holds, or that a build encoded which was stopped, are not encoded
    again, if the model is the same; with ``fresh``, all are.
    Files that cannot be read are left out and reported. LoadError where nothing could be read;
    BuildInProgressError where another process builds the same store; ModelError.
    """
    with snapshot.build_lock(store):
        return build_locked(store, paths, model=model, fresh=fresh, progress=progress)


def build_locked(
    store: Path,
    paths: Sequence[Path] = (),
    *,
    model: str | None = None,
    fresh: bool = False,
    progress: Progress | None = None,
) -> Build:
    """Do what ``build_store`` does, inside ``snapshot.build_lock``."""
    report = (lambda done, total, name: progress("read", done, total)) if progress else None
    read = list(read_documents(paths or [library_folder()], progress=report))
    documents = [item for item in read if isinstance(item, Document)]
    failures = tuple(item for item in read if isinstance(item, LoadError))
    if not documents:
        raise failures[0] if failures else _nothing_to_index(paths)
    if progress:
        progress("model", 0, 0)
    encoder = load_encoder(model)
    if fresh:
        discard_journals(store)
    earlier, unusable = _earlier(store, encoder, fresh=fresh)
    index = HybridIndex.build(documents, encoder, earlier=earlier, progress=progress)
    manifest = index.save(store)
    discard_journals(store)
    return Build(manifest, failures, tuple(index.documents.values()), index.encoded, unusable)


def _earlier(store: Path, encoder: Encoder, *, fresh: bool) -> tuple[Earlier, SnapshotError | None]:
    """Return what builds into ``store`` have encoded, and why its snapshot tells nothing of it."""
    nothing = Earlier(journal=journal_path(store, encoder.fingerprint))
    try:
        found = None if fresh else snapshot.load_encodings(store)
    except SnapshotError as error:
        return nothing, error
    if found is None or found[0].encoder_fingerprint != encoder.fingerprint:
        return nothing, None
    _, chunks, questions = found
    return replace(nothing, chunks=chunks, questions=questions), None


def _nothing_to_index(paths: Sequence[Path]) -> LoadError:
    if not paths:
        return EmptyLibraryError(
            str(library_folder()),
            "文档库是空的。请先添加文件：python -m index add 文件或文件夹。",
            "the library is empty; add files first: python -m index add FILE_OR_FOLDER.",
        )
    known = " ".join(sorted(SUFFIXES))
    return LoadError(
        ", ".join(map(str, paths)),
        f"没有可以建立索引的文档（支持 {known}）。",
        f"no documents to index ({known} are read).",
    )


def open_index(
    store: Store | None = None,
    *,
    model: str | None = None,
    reranker: str | None = None,
    progress: Progress | None = None,
    encoder: Callable[[], Encoder] | None = None,
) -> HybridIndex:
    """Open the index in ``store`` (default: the library's own), building that one at first use.

    ``store`` is a folder, or the address of a cluster.

    ``encoder`` returns what ``model`` names, to one who keeps it (default: it is loaded). Questions
    go through the adapter that is meant for their model, if any; see ``load_adapter``. ``reranker``
    names a cross-encoder, as does POLICY_QA_RERANKER; it is loaded at the first search.
    EmptyLibraryError where the library has no document; ClusterError.
    """
    source = fetch(store) if isinstance(store, Address) else _readable(store, model, progress)
    loaded = encoder() if encoder else load_encoder(model)
    adapter = load_adapter(identify(loaded))
    if isinstance(source, Path):
        index = HybridIndex.load(source, loaded, adapter=adapter)
    else:
        index = source.open(loaded, adapter=adapter)
    return index.configured(Configuration(reranker=wanted_reranker(reranker)))


def _readable(store: Path | None, model: str | None, progress: Progress | None) -> Path:
    """Return the folder ``store``, or the library's own, which is built where there is none.

    An index that cannot be used is told at once, not after the model has loaded.
    """
    folder = store or default_store()
    if store is None and snapshot.current(folder) is None:
        build_store(folder, model=model, progress=progress)
    snapshot.read_manifest(folder)
    return folder

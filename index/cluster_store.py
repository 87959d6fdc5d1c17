"""A snapshot in a Milvus cluster: uploaded from the folder it was built in, opened from anywhere.

The vectors and the terms' weights become rows that the cluster searches. Every other file of the
snapshot lies in the cluster in pieces; whoever opens the index fetches them once into a cache, where
they are a snapshot of their own without vectors. The rows get names that end in the snapshot's, and
only when all are there does the cluster's alias point to them: a reader sees the old index or the new
one. The one that was in use stays until the next upload, for whoever is reading it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import os
import shutil
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from documents.library import policy_home
from index import snapshot
from index.adapter import QueryAdapter
from index.address import Address
from index.cluster_sides import ClusterDense, ClusterLexical, Holdings
from index.cluster_terms import TermCounts, count_terms, unit_vectors
from index.contents import Content
from index.errors import ClusterError, SnapshotError
from index.hybrid import HybridIndex, Progress, explain_encoder
from index.lexical import LexicalIndex
from index.milvus import KINDS, Cluster, Kind
from index.snapshot import Manifest
from index.types import Encoder

_MANIFEST = "manifest.json"
# Searched in the cluster, or read by the next build only, which has them where it is made.
_LEFT_OUT = ("vectors", "dense", "keys", "cut", "questions/", "lexical/")
_VECTORS = "vectors.npy"
_TERMS = "terms"
# Bytes of a file in one row: compressed or not, they fit a text field in base 64.
_PIECE = 49_000
# Rows of one request: some megabytes at most.
_BATCH: dict[Kind, int] = {"files": 64, "units": 1000, "chunks": 1000}


Row = dict[str, Any]


def upload(store: Path, cluster: Cluster, progress: Progress | None = None) -> bool:
    """Make the current snapshot of ``store`` the one in use in ``cluster``; False where it was.

    Where it is stopped, or fails with ClusterError, what was in use still is.
    """
    manifest, content, lexical = snapshot.load(store)
    name = _identity((lexical.parent / _MANIFEST).read_bytes())
    postings = LexicalIndex.load(lexical, len(content.units)).postings()
    documents, units = find_owners(content)
    with tempfile.TemporaryDirectory() as folder:
        thin = Path(folder)
        _prepare(lexical.parent, manifest, count_terms(postings), thin)
        rows: dict[Kind, Iterable[Row]] = {
            "files": _file_rows(thin),
            "units": (
                {"id": unit, "document": int(documents[unit]), "terms": terms}
                for unit, terms in unit_vectors(postings)
            ),
            "chunks": (
                {"id": chunk, "document": int(documents[unit]), "vector": vector}
                for chunk, (unit, vector) in enumerate(
                    zip(units, content.encodings.vectors, strict=True)
                )
            ),
        }
        counts: dict[Kind, int] = {
            "files": sum(map(_pieces, _files(thin))),
            "units": np.unique(postings.units).size,
            "chunks": len(content.chunks),
        }
        previous = cluster.current()
        if previous == name:
            cluster.load(name)
        if previous == name and all(cluster.count(kind, name) == counts[kind] for kind in KINDS):
            return False
        cluster.drop(name)
        try:
            _insert(cluster, name, manifest.dimension, rows, counts, progress)
        except BaseException:
            # What cannot be removed now is removed by the next upload.
            with suppress(ClusterError):
                cluster.drop(name)
            raise
    cluster.switch(name)
    for old in cluster.snapshots() - {name, previous}:
        cluster.drop(old)
    return True


def _insert(
    cluster: Cluster,
    name: str,
    dimension: int,
    rows: Mapping[Kind, Iterable[Row]],
    counts: Mapping[Kind, int],
    progress: Progress | None,
) -> None:
    """Make and fill the collections of a snapshot."""
    done, total = 0, sum(counts.values())
    for kind in KINDS:
        cluster.create(kind, name, dimension=dimension)
        for batch in _batches(rows[kind], _BATCH[kind]):
            cluster.insert(kind, name, batch)
            done += len(batch)
            if progress:
                progress("upload", done, total)
        cluster.complete(kind, name, counts[kind])


def find_owners(content: Content) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the number of each unit's document, in order, (units,), and each chunk's unit, (chunks,)."""
    rows = content.places.rows
    # The places alone: a unit would be read with its document.
    _, first = np.unique(rows[:, 0], return_index=True)
    return rows[first, 1].astype(np.int64), content.owners


@dataclass(frozen=True, slots=True)
class Fetched:
    """The snapshot in use in ``cluster``, by name, and the store that its files were fetched into."""

    cluster: Cluster
    snapshot: str
    store: Path

    def open(self, encoder: Encoder, *, adapter: QueryAdapter | None = None) -> HybridIndex:
        """Open the index; questions go through ``adapter``.

        ClusterError where it was made with another encoder.
        """
        manifest, content, lexical = snapshot.load(self.store)
        if manifest.encoder_fingerprint != encoder.fingerprint:
            raise unusable(self.cluster.address, explain_encoder(manifest.encoder, encoder.name))
        documents, units = find_owners(content)
        holdings = Holdings(self.cluster, self.snapshot, documents)
        return HybridIndex(
            content,
            ClusterLexical(holdings, TermCounts.load(lexical.parent / _TERMS)),
            encoder,
            manifest.fingerprint,
            adapter=adapter,
            built=snapshot.read_time(lexical.parent),
            dense=ClusterDense(holdings, units),
        )


def fetch(address: Address) -> Fetched:
    """Fetch the files of the snapshot in use at ``address`` where they are not here, or not whole.

    ClusterError where nothing is in use or it cannot be used.
    """
    cluster = Cluster(address)
    name = cluster.current()
    if name is None:
        raise ClusterError(
            f"{address}：集群中没有索引。请运行 python -m index build --store {address}\n"
            f"{address}: there is no index in this cluster. Run: "
            f"python -m index build --store {address}"
        )
    cluster.load(name)
    cache = policy_home() / "cluster"
    store = cache / name
    with suppress(SnapshotError):
        snapshot.verify(store)
        return Fetched(cluster, name, store)
    cache.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".fetching-", dir=cache))
    try:
        _write_files(cluster, name, beside)
        try:
            snapshot.verify(beside)
        except SnapshotError as error:
            raise unusable(
                address,
                "取回的文件不完整，或由本程序的其他版本建立 / the files fetched are not whole, or of "
                "another version of this program",
            ) from error
        shutil.rmtree(store, ignore_errors=True)
        # Somebody else who fetched the same meanwhile has what we have.
        with suppress(OSError):
            beside.rename(store)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    _prune(cache, keep=store)
    return Fetched(cluster, name, store)


def unusable(address: Address, reason: str) -> ClusterError:
    """Return the error for an index that cannot be used, with the command that replaces it."""
    return ClusterError(
        f"{address}：索引无法使用（{reason}）。请运行 python -m index build --store {address} 重新建立。\n"
        f"{address}: the index cannot be used ({reason}). Rebuild it with: "
        f"python -m index build --store {address}"
    )


def _prepare(folder: Path, manifest: Manifest, counts: TermCounts, store: Path) -> None:
    """Write into ``store`` the snapshot in ``folder`` without its vectors, as one of its own."""
    made = store / "made"
    made.mkdir()
    for name in manifest.files:
        if not name.startswith(_LEFT_OUT):
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(folder / name, made / name)
    np.save(made / _VECTORS, np.empty((0, manifest.dimension), dtype=np.float32))
    counts.save(made / _TERMS)
    described = json.loads((folder / _MANIFEST).read_bytes())
    described["files"] = {
        path.relative_to(made).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in _files(made)
    }
    described["sizes"] = {
        path.relative_to(made).as_posix(): path.stat().st_size for path in _files(made)
    }
    body = json.dumps(described, ensure_ascii=False, indent=2, sort_keys=True).encode()
    (made / _MANIFEST).write_bytes(body)
    # Its time is when the index was built.
    shutil.copystat(folder / _MANIFEST, made / _MANIFEST)
    (store / snapshot.CURRENT).write_text(_identity(body) + "\n", encoding="utf-8")
    made.rename(store / _identity(body))


def _file_rows(store: Path) -> Iterator[dict[str, Any]]:
    """Yield the files of ``store`` in pieces, as rows; a file has at least one."""
    ids = count()
    for path in _files(store):
        name, modified = path.relative_to(store).as_posix(), path.stat().st_mtime_ns
        with path.open("rb") as file:
            for _ in range(_pieces(path)):
                data = base64.b64encode(zlib.compress(file.read(_PIECE))).decode()
                yield {
                    "id": next(ids),
                    "name": name,
                    "modified": modified,
                    "data": data,
                    "vector": [0.0, 0.0],
                }


def _write_files(cluster: Cluster, name: str, store: Path) -> None:
    """Write the files of a snapshot into ``store``, as ``_file_rows`` found them."""
    batch = _BATCH["files"]
    for start in count(0, batch):
        rows = cluster.rows(
            "files",
            name,
            f"id >= {start} and id < {start + batch}",
            ["name", "modified", "data"],
        )
        for row in rows:
            path = store / row["name"]
            if not path.resolve().is_relative_to(store.resolve()):
                raise unusable(cluster.address, row["name"])
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as file:
                file.write(zlib.decompress(base64.b64decode(row["data"])))
            os.utime(path, ns=(row["modified"], row["modified"]))
        if len(rows) < batch:
            return


def _prune(cache: Path, keep: Path) -> None:
    """Remove what was fetched of earlier snapshots but the last, which may still be open."""
    others = [path for path in cache.iterdir() if path != keep and not path.name.startswith(".")]
    others.sort(key=lambda path: path.stat().st_mtime_ns)
    for old in others[:-1]:
        shutil.rmtree(old, ignore_errors=True)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _pieces(path: Path) -> int:
    return max(1, math.ceil(path.stat().st_size / _PIECE))


def _identity(manifest: bytes) -> str:
    """Return the name of a snapshot with this manifest, as ``index.snapshot`` gives it."""
    return hashlib.sha256(manifest).hexdigest()[:16]


def _batches(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, size)):
        yield batch

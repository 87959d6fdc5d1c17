"""Builds the index of a subset and takes the time of each stage; kept for another run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Any

from documents.library import read_documents
from documents.types import Document
from evaluation.encodings import EncoderCache
from evaluation.speed.clock import PASSAGES, Clock, ClockedEncoder
from evaluation.speed.memory import weigh_process
from evaluation.speed.subsets import digest_code, digest_files, draw_evenly
from evaluation.speed.types import Build, Encoding, Plan, Subset
from index import encoder as encoders
from index.hybrid import HybridIndex
from index.progress import Progress
from index.snapshot import build_lock, current, read_manifest
from index.types import Encoder
from index.units import build_units

# The stages of a build; those between come from the encoder and from what the index reports.
READ, UNITS, SAVE = "read", "units", "save"
# Texts that are encoded before the sample is timed.
_WARM = 3


def count_clauses(plan: Plan, names: Sequence[str]) -> dict[str, int]:
    """Return how many clauses each file holds as they are searched; none where it cannot be read."""
    key = hashlib.sha256(f"{digest_code()} {digest_files(plan.folder, names)}".encode()).hexdigest()
    kept = plan.work / f"clauses-{key[:16]}.json"
    if kept.is_file():
        found: dict[str, int] = json.loads(kept.read_text(encoding="utf-8"))
        return found
    progress = Progress()
    counts = {}
    for done, name in enumerate(names, 1):
        read = read_documents([plan.folder / name])
        counts[name] = sum(len(build_units(d)) for d in read if isinstance(d, Document))
        progress("count", done, len(names))
    _write(kept, counts)
    return counts


def build_subset(plan: Plan, subset: Subset) -> tuple[Path, Build]:
    """Build the index of a subset in a store below ``plan.work``; return the store and what it took.

    Where an earlier run built the same files by the same code and encoder, nothing is built: the
    figures are those of then.
    """
    encoder = encoders.load_encoder(plan.model)
    parts = [digest_code(), digest_files(plan.folder, subset.names), encoder.fingerprint]
    folder = (
        plan.work / hashlib.sha256("\n".join([*parts, str(plan.sample)]).encode()).hexdigest()[:16]
    )
    store, kept = folder / "store", folder / "build.json"
    if kept.is_file():
        found = read_build(json.loads(kept.read_text(encoding="utf-8")))
        if current(store) and read_manifest(store).fingerprint == found.fingerprint:
            return store, found
    made, sample = _build(plan, subset, store, encoder)
    _write(store.parent / "passages.json", sample)
    _write(kept, asdict(made))
    return store, made


def read_passages(store: Path) -> tuple[str, ...]:
    """Return the passages that were drawn when the index in ``store`` was built."""
    return tuple(json.loads((store.parent / "passages.json").read_text(encoding="utf-8")))


def _build(
    plan: Plan, subset: Subset, store: Path, encoder: Encoder
) -> tuple[Build, tuple[str, ...]]:
    clock, inner = Clock(), Clock()
    progress = Progress()

    def report(stage: str, done: int, total: int) -> None:
        # How long the encoder works, it tells itself.
        if stage != PASSAGES:
            clock.enter(stage)
        progress(stage, done, total)

    paths = [plan.folder / name for name in subset.names]
    clock.enter(READ)
    read = list(read_documents(paths, progress=lambda *step: progress(READ, *step[:2])))
    documents = [item for item in read if isinstance(item, Document)]
    clock.enter(UNITS)
    encoding = ClockedEncoder(encoder, inner)
    # The questions of the background are encoded anew; the passages' vectors may be there.
    cache = EncoderCache(encoding, plan.cache, queries=False)
    outer = ClockedEncoder(cache, clock)
    index = HybridIndex.build(documents, outer, progress=report)
    with build_lock(store):
        clock.enter(SAVE)
        manifest = index.save(store)
        clock.enter(None)
    peak = weigh_process().peak
    sample = draw_evenly(outer.texts, plan.sample)
    seconds = {stage: took for stage, took in clock.seconds.items() if stage != PASSAGES}
    snapshot = current(store)
    made = Build(
        documents=manifest.documents,
        failures=len(read) - len(documents),
        clauses=manifest.units,
        chunks=manifest.chunks,
        tokens=manifest.tokens,
        source=sum(path.stat().st_size for path in paths),
        seconds=seconds,
        encoding=_time_encoding(encoder, encoding, inner, outer, sample),
        peak=peak,
        disk=_weigh_parts(snapshot) if snapshot else {},
        encoder=encoder.name,
        weights=encoder.fingerprint,
        fingerprint=manifest.fingerprint,
    )
    return made, sample


def _time_encoding(
    encoder: Encoder,
    inner: ClockedEncoder,
    clock: Clock,
    outer: ClockedEncoder,
    sample: Sequence[str],
) -> Encoding:
    """Return what encoding took where all texts were encoded, else what the sample takes."""
    texts = len(set(outer.texts))
    if len(inner.texts) == texts:
        return Encoding(texts, texts, clock.seconds.get(PASSAGES, 0.0), _megabytes(inner.texts))
    encode = encoder.encode_document_tokens if outer.tokens else encoder.encode_document
    encode(sample[:_WARM])
    began = perf_counter()
    encode(sample)
    return Encoding(texts, len(sample), perf_counter() - began, _megabytes(sample))


def _megabytes(texts: Sequence[str]) -> float:
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in texts) / 1e6


def _weigh_parts(snapshot: Path) -> dict[str, int]:
    """Return the bytes of each file and folder of a snapshot."""
    return {part.name: _weigh(part) for part in sorted(snapshot.iterdir())}


def _weigh(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def read_build(obj: dict[str, Any]) -> Build:
    """Return the build that ``dataclasses.asdict`` made ``obj`` of."""
    return Build(**{**obj, "encoding": Encoding(**obj["encoding"])})


def _write(path: Path, obj: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(obj, ensure_ascii=False), encoding="utf-8")
    beside.replace(path)

"""Runs systems over a data set: builds what they share, asks every query, takes the time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import quote

import numpy as np

from evaluation.baseline import WordIndex
from evaluation.encodings import EncoderCache, Unencoded
from evaluation.systems import System
from evaluation.types import Dataset, Query, Ranked, Run, Timings
from index.adapter import QueryAdapter, identify, load_adapter
from index.cross_encoder import shared_reranker
from index.filters import filter_documents
from index.hybrid import HybridIndex, Progress
from index.types import Encoder, Filters
from index.units import build_units

# How deep rankings go.
DEPTH = 100
# Questions that are encoded once more to take the time.
_TIMED = 50

Search = Callable[[Query], Iterable[Ranked]]


def run_systems(
    dataset: Dataset,
    systems: Sequence[System],
    load_encoder: Callable[[], Encoder],
    *,
    cache: Path,
    progress: Progress,
) -> tuple[Run, ...]:
    """Ask every query of every system, in order, for its best ``DEPTH`` records.

    Systems whose content is the same search one index. The encoder is loaded only where a system
    needs it, and its vectors are kept in the folder ``cache``. ModelError, before anything is built,
    where a reranker cannot be loaded.
    """
    settings = [_settings(system) for system in systems]
    encoder: Encoder = Unencoded()
    adapter: QueryAdapter | None = None
    encoding: tuple[float, ...] = ()
    if any(system.encodes for system in systems):
        model = load_encoder()
        encoding = _time_encoding(model, dataset.queries[:_TIMED])
        encoder = EncoderCache(model, cache)
        adapter = load_adapter(identify(model))
        # The index encodes whatever the system; from here on that is a look-up.
        for done, query in enumerate(dataset.queries, start=1):
            encoder.encode_query([query.text])
            progress("encode queries", done, len(dataset.queries))
    built: dict[Any, HybridIndex] = {}
    runs = []
    for system, spelt in zip(systems, settings, strict=True):
        search = _search(dataset, system, encoder, adapter, built, progress)
        rankings, times = _ask(dataset, system, search, progress)
        timings = Timings(times, encoding if system.encodes else ())
        identity = encoder.fingerprint if system.encodes else None
        runs.append(Run(system.name, spelt, rankings, timings, identity))
    return tuple(runs)


def _settings(system: System) -> dict[str, Any]:
    """Return the settings; of a reranker also its fingerprint, which loads it."""
    name = system.settings.get("reranker")
    identity = {"reranker_fingerprint": shared_reranker(name).fingerprint} if name else {}
    return system.settings | identity


def _search(
    dataset: Dataset,
    system: System,
    encoder: Encoder,
    adapter: QueryAdapter | None,
    built: dict[Any, HybridIndex],
    progress: Progress,
) -> Search:
    """Return how to ask ``system``, from what is ``built`` already where that will do."""
    configuration = system.configuration
    if configuration is None:
        return _ask_words(dataset)
    if configuration.content not in built:
        built[configuration.content] = HybridIndex.build(
            dataset.documents,
            encoder,
            configuration=configuration,
            adapter=adapter,
            progress=progress,
        )
    index = built[configuration.content].configured(configuration)
    for query in dataset.queries:
        index.encode(query.text)  # the cache keeps it: encoding is timed on its own
    return lambda query: rank_records(dataset, index, query)


def rank_records(dataset: Dataset, index: HybridIndex, query: Query) -> list[Ranked]:
    """Return the best ``DEPTH`` records of an index over the documents of ``dataset``.

    Those that the query's filters admit.
    """
    hits = index.search(query.text, k=DEPTH, filters=query.filters, as_of=query.as_of)
    results = (hit.result for hit in hits)
    return [Ranked(dataset.record(r.document, r.clause), r.score) for r in results]


def find_admitted(dataset: Dataset, query: Query) -> frozenset[str] | None:
    """Return the ids of the documents that a query is searched in; None where that is all."""
    if query.filters == Filters():
        return None
    day = query.as_of or date.today()
    return frozenset(d.id for d in filter_documents(dataset.documents, query.filters, day))


def _ask_words(dataset: Dataset) -> Search:
    documents = sorted(dataset.documents, key=lambda document: document.id)
    units = [unit for document in documents for unit in build_units(document)]
    index = WordIndex(units)

    def ask(query: Query) -> Iterable[Ranked]:
        among = find_admitted(dataset, query)
        depth = DEPTH if among is None else len(units)
        found = ((units[number], score) for number, score in index.search(query.text, depth))
        return [
            Ranked(dataset.record(unit.document, unit.clause), score)
            for unit, score in found
            if among is None or unit.document in among
        ][:DEPTH]

    return ask


def _ask(
    dataset: Dataset, system: System, search: Search, progress: Progress
) -> tuple[dict[str, tuple[Ranked, ...]], tuple[float, ...]]:
    """Return what each query finds, and the milliseconds it takes."""
    search(dataset.queries[0])  # what is loaded at first use is not a query's time
    rankings, times = {}, []
    for done, query in enumerate(dataset.queries, start=1):
        began = perf_counter()
        found = search(query)
        times.append((perf_counter() - began) * 1000)
        rankings[query.id] = tuple(found)
        progress(f"search {system.name}", done, len(dataset.queries))
    return rankings, tuple(times)


def _time_encoding(encoder: Encoder, queries: Sequence[Query]) -> tuple[float, ...]:
    encoder.encode_query([queries[0].text])
    times = []
    for query in queries:
        began = perf_counter()
        encoder.encode_query([query.text])
        times.append((perf_counter() - began) * 1000)
    return tuple(times)


# --- TREC files -----------------------------------------------------------------------------------


def write_runs(folder: Path, dataset: Dataset, runs: Sequence[Run]) -> None:
    """Write ``<system>.run`` for each run and ``qrels.txt``, as trec_eval reads them.

    White space in an id is percent-encoded in both, because the columns are separated by it. A
    score equal to the one above is written a hair lower: trec_eval sorts by score, not by rank.
    """
    folder.mkdir(parents=True, exist_ok=True)
    qrels = [
        f"{_column(query.id)} 0 {_column(record)} {grade}\n"
        for query in dataset.queries
        for record, grade in dataset.qrels[query.id].items()
    ]
    (folder / "qrels.txt").write_text("".join(qrels), encoding="utf-8")
    for run in runs:
        lines = [line for query in dataset.queries for line in _lines(run, query.id)]
        (folder / f"{_file_name(run.system)}.run").write_text("".join(lines), encoding="utf-8")


def _lines(run: Run, query: str) -> Iterable[str]:
    previous = np.float32(np.inf)
    for place, ranked in enumerate(run.rankings[query], start=1):
        score = min(np.float32(ranked.score), np.nextafter(previous, np.float32(-np.inf)))
        previous = score
        yield (
            f"{_column(query)} Q0 {_column(ranked.record)} {place} {score:.9g} "
            f"{_column(run.system)}\n"
        )


def _column(text: str) -> str:
    return re.sub(r"\s", lambda match: quote(match[0]), text)


def _file_name(system: str) -> str:
    return re.sub(r"[^\w.+=,-]", "_", system)

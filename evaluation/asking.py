"""Sets of questions as requests, and the libraries that they are asked of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from evaluation.beir import find_corpus, find_queries, read_corpus, read_queries
from evaluation.datasets import read_questions
from evaluation.encodings import EncoderCache
from evaluation.halves import hash_id
from index.adapter import identify, load_adapter
from index.hybrid import HybridIndex, Progress
from index.types import Encoder
from qa.types import Request


def read_requests(
    path: Path, *, split: str | None = None, limit: int | None = None
) -> tuple[Request, ...]:
    """Return the queries of a BEIR folder, or the questions of a file of our own (of one split).

    With a ``limit`` at most so many, the first by a hash of their ids. DatasetError names the file
    and line that cannot be used.
    """
    requests: Sequence[Request]
    if path.is_dir():
        queries = read_queries(find_queries(path))
        requests = [Request(text, id=id_) for id_, text in queries.items()]
    else:
        requests = [
            Request(q.question, id=q.id, history=q.history, filters=q.filters, as_of=q.as_of)
            for q in read_questions(path, split=split)
        ]
    if limit is None:
        return tuple(requests)
    return tuple(sorted(requests, key=lambda request: hash_id(str(request.id)))[:limit])


def group_sets(
    paths: Iterable[Path], *, corpus: Path | None = None
) -> dict[Path | None, list[Path]]:
    """Return {corpus: sets} in the order of the sets; a file of our own has none.

    A BEIR folder is asked of ``corpus`` where one is named, else of its own; DatasetError where it
    has none.
    """
    groups: dict[Path | None, list[Path]] = {}
    for path in paths:
        source = (corpus or find_corpus(path)).resolve() if path.is_dir() else None
        groups.setdefault(source, []).append(path)
    return groups


def index_corpus(
    corpus: Path, encoder: Encoder, *, cache: Path, progress: Progress | None = None
) -> HybridIndex:
    """Index the laws and passages of a BEIR corpus as the product would, with vectors from ``cache``.

    Questions are encoded anew, so that answers take the time they take. DatasetError, CacheError.
    """
    documents, _ = read_corpus(corpus)
    return HybridIndex.build(
        documents,
        EncoderCache(encoder, cache, queries=False),
        adapter=load_adapter(identify(encoder)),
        progress=progress,
    )

"""The product's own trial: ``search`` or ``ask``, built on the spot or opened from a snapshot."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from evaluation.beir import read_beir
from evaluation.encodings import EncoderCache
from evaluation.peers.task import read_questions
from evaluation.peers.trial import FUSED, Search, timed, try_out, write_trial
from evaluation.types import Dataset
from index.adapter import identify, load_adapter
from index.encoder import load_encoder
from index.hybrid import HybridIndex
from index.types import Encoder, TokenVectors, Vectors
from qa.assistant import PolicyAssistant

# The records of a data set by document and clause.
Names = Mapping[tuple[str, str], str]


class TimedEncoder:
    """An encoder that adds up the ``seconds`` that questions take."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.seconds = 0.0
        self.name, self.fingerprint = encoder.name, encoder.fingerprint
        self.dimension, self.max_tokens = encoder.dimension, encoder.max_tokens

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """Questions -> (len(texts), dimension)."""
        vectors, seconds = timed(lambda: self._encoder.encode_query(texts))
        self.seconds += seconds
        return vectors

    def encode_query_tokens(self, text: str) -> tuple[Vectors, Vectors]:
        """One question -> its vector (1, dimension) and those of its tokens."""
        vectors, seconds = timed(lambda: self._encoder.encode_query_tokens(text))
        self.seconds += seconds
        return vectors

    def encode_document(
        self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
    ) -> Vectors:
        """Passages -> (len(texts), dimension)."""
        return self._encoder.encode_document(texts, progress=progress)

    def encode_document_tokens(
        self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
    ) -> tuple[Vectors, TokenVectors]:
        """Passages -> (len(texts), dimension) and their tokens."""
        return self._encoder.encode_document_tokens(texts, progress=progress)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text."""
        return self._encoder.count_tokens(texts)


def build(dataset: Dataset, encoder: Encoder, cache: Path) -> tuple[HybridIndex, float]:
    """Return the index of ``dataset``, and the seconds it took with all vectors in ``cache``.

    Questions are encoded anew whenever they are asked.
    """
    kept = EncoderCache(encoder, cache, queries=False)
    adapter = load_adapter(identify(encoder))
    return timed(lambda: HybridIndex.build(dataset.documents, kept, adapter=adapter))


def open_snapshot(store: Path, encoder: Encoder) -> tuple[HybridIndex, float]:
    """Return the index in ``store``, and the seconds it took to open."""
    adapter = load_adapter(identify(encoder))
    return timed(lambda: HybridIndex.load(store, encoder, adapter=adapter))


def make_search(index: HybridIndex, records: Names) -> Search:
    """Return how the index is searched; ``records`` names what it finds."""

    def search(text: str) -> list[str]:
        results = (hit.result for hit in index.search(text, k=FUSED))
        return [records[result.document, result.clause] for result in results]

    return search


def make_ask(index: HybridIndex, records: Names) -> Search:
    """Return how a question is answered, citations and all, with its results as the ranking."""
    assistant = PolicyAssistant(index)

    def ask(text: str) -> list[str]:
        results = assistant.ask(text).results
        return [records[result.document, result.clause] for result in results]

    return ask


def write_names(task: Path, names: Names) -> None:
    """Write ``names`` into the folder ``task``, for who opens the snapshot without the data set."""
    rows = [[*clause, record] for clause, record in names.items()]
    (task / "names.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")


def read_names(task: Path) -> Names:
    """Return what ``write_names`` wrote."""
    rows = json.loads((task / "names.json").read_text(encoding="utf-8"))
    return {(document, clause): record for document, clause, record in rows}


def main() -> None:
    """Run ``VARIANT TASK OUT SOURCE CACHE`` of the command line, and write the file OUT.

    VARIANT is ``search`` or ``ask``; with ``-opened`` behind it, from the snapshot that ``search``
    leaves in the folder TASK; with ``-unadapted``, so too, and without the adapter of questions.
    """
    variant, (task, out, source, cache) = sys.argv[1], map(Path, sys.argv[2:6])
    way, _, how = variant.partition("-")
    encoder, store = TimedEncoder(load_encoder()), task / "index"
    if how:
        index, seconds = open_snapshot(store, encoder)
        index = index.adapted(None) if how == "unadapted" else index
        records = read_names(task)
    else:
        dataset = read_beir(source)
        records = dict(dataset.records)
        index, seconds = build(dataset, encoder, cache)
    make = {"search": make_search, "ask": make_ask}[way]
    search = make(index, records)
    questions = read_questions(task)
    # While it is built, questions are encoded too, to measure what is near by chance.
    seconds -= encoder.seconds
    trial = try_out(search, questions, lambda: encoder.seconds, seconds, ["bm25s", "faiss-cpu"])
    write_trial(out, trial)
    if variant == "search":
        store.mkdir(exist_ok=True)
        index.save(store)
        write_names(task, records)


if __name__ == "__main__":
    main()

"""A data set as a task: the passages that the product's index is made of, and questions to ask."""

from __future__ import annotations

from pathlib import Path

from evaluation.beir import find_queries, read_beir, read_queries
from evaluation.encodings import EncoderCache
from evaluation.halves import hash_id
from evaluation.peers.task import Passages, Questions, Setting, write_task
from evaluation.types import Dataset
from index.hybrid import HybridIndex, Progress
from index.types import Encoder

# Questions that are asked: all of a split with no more, else the first by a hash of their ids.
ASKED = 320
# Others, asked before them and not counted.
WARMING = 5


def prepare(
    source: Path, folder: Path, encoder: Encoder, *, cache: Path, progress: Progress | None = None
) -> Setting:
    """Write the BEIR data set in ``source`` into ``folder`` as a task; its vectors go to ``cache``.

    DatasetError where it cannot be used, CacheError.
    """
    dataset = read_beir(source)
    index = HybridIndex.build(dataset.documents, EncoderCache(encoder, cache), progress=progress)
    passages = cut_passages(dataset, index)
    questions = choose_questions(dataset, read_queries(find_queries(source)))
    setting = Setting(
        name=dataset.name,
        articles=len(set(passages.records)),
        passages=len(passages.texts),
        questions=len(questions.asked),
        encoder=encoder.fingerprint,
    )
    write_task(folder, setting, passages, questions)
    return setting


def cut_passages(dataset: Dataset, index: HybridIndex) -> Passages:
    """Return the chunks of ``index``, each as its encoder read it."""
    records, texts = [], []
    for chunk in index.chunks:
        unit = index.units[chunk.unit]
        text = index.documents[unit.document].clean[chunk.start : chunk.end]
        records.append(dataset.record(unit.document, unit.clause))
        texts.append(f"{unit.context}\n{text}" if unit.context else text)
    return Passages(tuple(records), tuple(texts), index.vectors)


def choose_questions(dataset: Dataset, known: dict[str, str]) -> Questions:
    """Return the questions to ask of ``dataset``, and of the others ``known`` some to warm up.

    Where all are asked, the last ones warm up as well.
    """
    order = sorted((query.id for query in dataset.queries), key=hash_id)
    asked = {id_: known[id_] for id_ in order[:ASKED]}
    others = [*sorted(known.keys() - asked.keys(), key=hash_id), *reversed(order)]
    return Questions(
        asked=asked,
        warming=tuple(known[id_] for id_ in others[:WARMING]),
        qrels={id_: dict(dataset.qrels[id_]) for id_ in asked},
    )

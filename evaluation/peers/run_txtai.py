"""txtai: one hybrid index of its own, dense and keyword, with its own fusion and settings.

As its documentation sets it up: https://neuml.github.io/txtai/embeddings/configuration/general/
(``hybrid``), …/vectors/ (``external`` with ``transform``), …/scoring/ (``tokenizer``). Its dense side
is approximate above 5,000 passages (IVF), and each side brings ten times what is asked for.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from txtai import Embeddings

from evaluation.baseline import cut_words
from evaluation.peers.task import Passages, Vectors
from evaluation.peers.trial import FUSED, Encode, Find, main


def build(words: bool, passages: Passages, encode: Encode) -> Find:
    """Return the hybrid index; with ``words`` Chinese is cut by jieba.

    Its tokenizer splits by Unicode's rules for words (UAX #29), which take each Chinese character for
    one. It can be told to split at spaces, which are then put between words.
    """
    spaced = _spaced if words else str
    texts = [spaced(text) for text in passages.texts]
    rows = {text: row for row, text in enumerate(texts)}
    questions: dict[str, str] = {}

    def transform(batch: list[str]) -> Vectors:
        # Passages while it is built, then one question at a time.
        if questions:
            return np.stack([encode(questions[text]) for text in batch])
        return passages.vectors[[rows[text] for text in batch]]

    keyword = {"method": "bm25", "terms": True, "normalize": True}
    scoring = {"scoring": keyword | {"tokenizer": {"whitespace": True}}} if words else {}
    index = Embeddings(method="external", transform=transform, hybrid=True, **scoring)
    index.index((row, text, None) for row, text in enumerate(texts))
    rows.clear()

    def find(question: str) -> list[int]:
        questions.clear()
        questions[spaced(question)] = question
        return [int(row) for row, _ in index.search(spaced(question), FUSED)]

    return find


def _spaced(text: str) -> str:
    return " ".join(cut_words(text))


if __name__ == "__main__":
    main(
        {"shipped": partial(build, False), "jieba": partial(build, True)},
        ["txtai", "faiss-cpu", "torch"],
    )

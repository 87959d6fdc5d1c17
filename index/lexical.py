"""BM25 over character terms, run by bm25s (Lù, "BM25S", 2024; Lucene's variant of the formula)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
from numpy.typing import NDArray

from index.tokenization import tokenize, vocabulary_of

# Lucene's own defaults; policy clauses are neither very short nor very long.
K1 = 1.2
B = 0.75


class LexicalIndex:
    """BM25 scores of units. It is built anew when a unit changes: every weight depends on all."""

    def __init__(self, model: Any | None, size: int) -> None:
        """Wrap a bm25s model of ``size`` units; None where they hold no term at all."""
        self._model = model
        self._size = size
        self._known: dict[str, int] = model.vocab_dict if model is not None else {}

    @classmethod
    def build(cls, texts: Sequence[str]) -> LexicalIndex:
        """Index ``texts``, one per unit, in order."""
        terms = [tokenize(text) for text in texts]
        # Ids in order of first appearance make the saved files the same on every run.
        vocabulary = vocabulary_of(terms)
        if not vocabulary:
            return cls(None, len(texts))
        ids = [[vocabulary[term] for term in unit] for unit in terms]
        model = bm25s.BM25(method="lucene", k1=K1, b=B)
        model.index((ids, vocabulary), show_progress=False)
        return cls(model, len(texts))

    def score(self, question: str) -> NDArray[np.float32]:
        """Return the BM25 score of every unit, shape (units,); zero where no term is shared."""
        terms = [term for term in tokenize(question) if term in self._known]
        if self._model is None or not terms:
            return np.zeros(self._size, dtype=np.float32)
        scores: NDArray[np.float32] = self._model.get_scores(terms)
        return scores

    def idf(self, word: str) -> float:
        """Return the inverse document frequency of ``word``, a term or several in a row.

        The rarest of its terms bounds how many units can hold it; a word of unknown terms weighs
        most.
        """
        frequency = min(map(self._frequency, tokenize(word)), default=0)
        return math.log(1 + (self._size - frequency + 0.5) / (frequency + 0.5))

    def _frequency(self, term: str) -> int:
        if self._model is None or term not in self._known:
            return 0
        starts, number = self._model.scores["indptr"], self._known[term]
        return int(starts[number + 1] - starts[number])

    def save(self, folder: Path) -> None:
        """Write the index as plain arrays and JSON."""
        folder.mkdir(exist_ok=True)
        if self._model is not None:
            self._model.save(folder, show_progress=False)

    @classmethod
    def load(cls, folder: Path, size: int) -> LexicalIndex:
        """Read what ``save`` wrote for ``size`` units."""
        saved = folder.is_dir() and any(folder.iterdir())
        return cls(bm25s.BM25.load(folder, mmap=False) if saved else None, size)

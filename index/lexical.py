"""BM25 over character terms, run by bm25s (Lù, "BM25S", 2024; Lucene's variant of the formula)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
from numpy.typing import NDArray

from index.fusion import best_positive
from index.tokenization import Terms, tokenize, vocabulary_of

# Lucene's own defaults; policy clauses are neither very short nor very long.
K1 = 1.2
B = 0.75
# What terms from the lexicon count beside the question's own. On 637 questions of laypeople over 55,537
# articles of law (half of them by a hash of their ids), nDCG@10 is .423 without them, .427 with .2,
# .430 with .3, .431 with .5; on 211 questions of lawyers .723, .723, .722 and .720.
EXPANSION_WEIGHT = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class LexicalScores:
    """What every unit scores for one question: ``all``, shape (units,)."""

    all: NDArray[np.float32]

    def best(self, depth: int, admitted: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """Return up to ``depth`` unit numbers with a score above zero, best first.

        ``admitted``, shape (units,), limits them to some units.
        """
        scores = self.all if admitted is None else np.where(admitted, self.all, np.float32(0))
        return best_positive(scores, depth)

    def of(self, units: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the scores of ``units``."""
        found: NDArray[np.float32] = self.all[units]
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Postings:
    """Every weight of an index.

    Term i of ``terms`` weighs ``weights[j]`` in unit ``units[j]``, j from ``starts[i]`` to before
    ``starts[i + 1]``; a unit's score is the sum of what the question's terms weigh in it.
    """

    terms: tuple[str, ...]
    starts: NDArray[np.int64]
    units: NDArray[np.int32]
    weights: NDArray[np.float32]


class LexicalIndex:
    """BM25 scores of units. It is built anew when a unit changes: every weight depends on all."""

    def __init__(
        self,
        model: Any | None,
        size: int,
        terms: Terms = "grams",
        refuse: Callable[[str], Exception] = ValueError,
    ) -> None:
        """Wrap a bm25s model of ``size`` units; None where they hold no term at all.

        ``refuse`` makes the error of weights that are of no unit.
        """
        self._refuse = refuse
        self._model = model
        self._terms: Terms = terms
        self._size = size
        self._known: dict[str, int] = model.vocab_dict if model is not None else {}

    @classmethod
    def build(cls, texts: Sequence[str], terms: Terms = "grams") -> LexicalIndex:
        """Index ``texts``, one per unit, in order, by these terms."""
        tokens = [tokenize(text, terms) for text in texts]
        # Ids in order of first appearance make the saved files the same on every run.
        vocabulary = vocabulary_of(tokens)
        if not vocabulary:
            return cls(None, len(texts), terms)
        ids = [[vocabulary[token] for token in unit] for unit in tokens]
        model = bm25s.BM25(method="lucene", k1=K1, b=B)
        model.index((ids, vocabulary), show_progress=False)
        return cls(model, len(texts), terms)

    def ask(self, question: str, expansions: Iterable[str] = ()) -> LexicalScores:
        """Return what the units score for ``question``; see ``score``."""
        return LexicalScores(self.score(question, expansions))

    def score(
        self, question: str, expansions: Iterable[str] = (), weight: float = EXPANSION_WEIGHT
    ) -> NDArray[np.float32]:
        """Return the BM25 score of every unit, shape (units,); zero where no term is shared.

        To the question's own score, ``weight`` times that of the terms which ``expansions`` add to
        it, each once.
        """
        own = tokenize(question, self._terms)
        scores = self._score(own)
        added = dict.fromkeys(term for text in expansions for term in tokenize(text, self._terms))
        return scores + np.float32(weight) * self._score([t for t in added if t not in own])

    def _score(self, terms: Sequence[str]) -> NDArray[np.float32]:
        terms = [term for term in terms if term in self._known]
        if self._model is None or not terms:
            return np.zeros(self._size, dtype=np.float32)
        try:
            scores: NDArray[np.float32] = self._model.get_scores(terms)
        except IndexError as error:  # in a large file a damaged byte is met only here
            raise self._refuse(f"词语索引已损坏 / the index of words: {error}") from error
        return scores

    def idf(self, word: str) -> float:
        """Return the inverse document frequency of ``word``, a term or several in a row.

        The rarest of its terms bounds how many units can hold it; a word of unknown terms weighs
        most.
        """
        frequency = self.bound(word)
        return math.log(1 + (self._size - frequency + 0.5) / (frequency + 0.5))

    def bound(self, word: str) -> int:
        """Return how many units can hold ``word`` at most: as many as hold the rarest of its terms."""
        return min(map(self._frequency, tokenize(word, self._terms)), default=0)

    def _frequency(self, term: str) -> int:
        if self._model is None or term not in self._known:
            return 0
        starts, number = self._model.scores["indptr"], self._known[term]
        return int(starts[number + 1] - starts[number])

    def postings(self) -> Postings:
        """Return all weights, for an index that is kept elsewhere."""
        if self._model is None:
            none = np.empty(0)
            return Postings((), np.zeros(1, np.int64), none.astype(np.int32), none.astype("f4"))
        scores = self._model.scores
        # bm25s knows one more term, the empty one, that no unit holds.
        terms = sorted(self._known, key=self._known.__getitem__)[: len(scores["indptr"]) - 1]
        return Postings(tuple(terms), scores["indptr"], scores["indices"], scores["data"])

    def save(self, folder: Path) -> None:
        """Write the index as plain arrays and JSON."""
        folder.mkdir(exist_ok=True)
        if self._model is not None:
            self._model.save(folder, show_progress=False)

    @classmethod
    def load(
        cls, folder: Path, size: int, refuse: Callable[[str], Exception] = ValueError
    ) -> LexicalIndex:
        """Read what ``save`` wrote for ``size`` units; the arrays stay on disk."""
        saved = folder.is_dir() and any(folder.iterdir())
        if not saved:
            return cls(None, size)
        model = bm25s.BM25.load(folder, mmap=True)
        # A question reads the rows of its terms only; plain views are faster to slice.
        model.scores.update(
            {name: np.asarray(model.scores[name]) for name in ("data", "indices", "indptr")}
        )
        return cls(model, size, refuse=refuse)

"""The reference: BM25 over words, as a first attempt at Chinese search is commonly written.

Okapi BM25 (Robertson et al., TREC-3, 1994) by rank_bm25 with its own settings, over the words that
jieba cuts. It reads what the product's index reads: each unit with its title and headings.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

import jieba
import numpy as np
from rank_bm25 import BM25Okapi

from index.types import Unit

_WORD = re.compile(r"\w")


class WordIndex:
    """Units ranked by rank_bm25."""

    def __init__(self, units: Sequence[Unit]) -> None:
        words = [cut_words(f"{unit.context}\n{unit.text}") for unit in units]
        self._model = BM25Okapi(words) if any(words) else None

    def search(self, question: str, k: int) -> list[tuple[int, float]]:
        """Return (unit number, score) of up to ``k`` units, best first; those above zero only.

        Ties are in order of the units.
        """
        if self._model is None:
            return []
        scores = self._model.get_scores(cut_words(question))
        order = np.lexsort((np.arange(scores.size), -scores))[:k]
        return [(int(i), float(scores[i])) for i in order if scores[i] > 0]


def cut_words(text: str) -> list[str]:
    """Return jieba's words of ``text``, lower case, without punctuation."""
    jieba.setLogLevel(logging.WARNING)
    return [word for word in jieba.lcut(text.lower()) if _WORD.search(word)]

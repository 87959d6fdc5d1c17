"""rank_bm25 alone, as its README shows it: https://github.com/dorianbrown/rank_bm25."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from rank_bm25 import BM25Okapi

from evaluation.baseline import cut_words
from evaluation.peers.task import Passages
from evaluation.peers.trial import FUSED, Encode, Find, main


def build(cut: Callable[[str], list[str]], passages: Passages, encode: Encode) -> Find:
    """Return BM25Okapi over the words that ``cut`` makes; it encodes nothing."""
    model = BM25Okapi([cut(text) for text in passages.texts])

    def find(question: str) -> list[int]:
        scores = model.get_scores(cut(question))
        return [int(row) for row in np.argsort(-scores, kind="stable")[:FUSED] if scores[row] > 0]

    return find


if __name__ == "__main__":
    # The README cuts at spaces, and leaves better cutting to the user.
    main(
        {"shipped": partial(build, str.split), "jieba": partial(build, cut_words)},
        ["rank-bm25", "jieba"],
    )

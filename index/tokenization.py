"""Match form -> terms. One function serves clauses and questions, so both speak the same terms.

Terms are the single characters and character pairs of Chinese runs, and whole words and figures of
the rest. On 4,369 passages of policy documents and 1,262 human questions, BM25 over these terms
reaches nDCG@10 .764, over jieba's words .728. Words are cut by jieba where a word matters as such:
which words of a question a clause holds.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from documents.normalization import match_form

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_RUN = re.compile(rf"[{_HAN}]+|[a-z]+|\d+(?:\.\d+)?")
_HAN_RUN = re.compile(rf"[{_HAN}]")


def tokenize(text: str) -> list[str]:
    """Return the terms of ``text`` in order, repetitions kept."""
    terms: list[str] = []
    for match in _RUN.finditer(match_form(text)):
        run = match[0]
        if _HAN_RUN.match(run):
            terms.extend(run)
            terms.extend(run[i : i + 2] for i in range(len(run) - 1))
        else:
            terms.append(run)
    return terms


def cut_words(text: str) -> list[str]:
    """Return the words of ``text`` (match form) in order, punctuation left out."""
    return [word for word in _segmenter().cut(match_form(text)) if _RUN.match(word)]


@cache
def _segmenter() -> Any:
    import jieba

    jieba.setLogLevel(logging.WARNING)
    segmenter = jieba.Tokenizer()
    segmenter.initialize()
    return segmenter


def vocabulary_of(texts: Iterable[Iterable[str]]) -> dict[str, int]:
    """Return the terms of ``texts`` with ids in order of first appearance."""
    ids: dict[str, int] = {}
    for terms in texts:
        for term in terms:
            ids.setdefault(term, len(ids))
    return ids

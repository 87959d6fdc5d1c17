"""Which stretch of a text is shown: where a quote ends, and what of a unit holds the question's words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from index.windows import split_sentences

_PAUSE = re.compile(r"[，,；;、：:]")
_WORD = re.compile(r"[0-9A-Za-z]+|[\u3400-\u9fff\uf900-\ufaff]+")


def cut(text: str, start: int, end: int, limit: int) -> int:
    """Return where an excerpt of ``text[start:end]`` ends, ``limit`` characters behind ``start`` at most.

    That is the end of its last whole sentence within them, else its last pause, else the limit.
    """
    end = start + len(text[start:end].rstrip())
    if end - start <= limit:
        return end
    last = start + limit
    ends = [stop for _, stop in split_sentences(text, start, end) if stop <= last]
    pauses = [match.start() for match in _PAUSE.finditer(text, start + 1, last)]
    return max(ends, default=0) or max(pauses, default=last)


def find_matches(text: str, question: str) -> list[tuple[int, int]]:
    """Return the spans of ``text`` that repeat the question's words, in order and disjoint.

    A word is a run of Latin letters and digits, or two neighbouring Chinese characters; a
    single Chinese character would mark half the page.
    """
    latin: set[str] = set()
    pairs: set[str] = set()
    for run in _WORD.findall(question.lower()):
        if not run.isascii():
            pairs.update(map("".join, pairwise(run)))
        elif len(run) > 1:
            latin.add(run)
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters change their length: no offsets to be had
        return []
    # A long question has two thousand pairs: the text is gone through once, not once for each.
    found = [(i, i + 2) for i in range(len(lowered) - 1) if lowered[i : i + 2] in pairs]
    for word in latin:
        start = lowered.find(word)
        while start >= 0:
            found.append((start, start + len(word)))
            start = lowered.find(word, start + 1)
    return merge_spans(found)


def merge_spans(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the union of the spans as disjoint spans in order; touching ones become one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def choose_excerpt(
    text: str, allowed: Sequence[tuple[int, int]], marked: Sequence[tuple[int, int]], length: int
) -> tuple[int, int]:
    """Return at most ``length`` characters of ``text`` that hold the most marked ones.

    They lie inside one of the ``allowed`` spans and begin where it does or after a full stop.
    """

    def count_marked(window: tuple[int, int]) -> int:
        return sum(max(0, min(end, window[1]) - max(start, window[0])) for start, end in marked)

    windows = []
    for left, right in allowed:
        stops = [match.end() for match in re.finditer(r"[。；;\n]", text[left:right])]
        for start in (left, *(left + stop for stop in stops if left + stop < right)):
            windows.append((start, min(right, start + length)))
    return max(windows, key=lambda window: (count_marked(window), -window[0]))

"""Escaped HTML for a stretch of text with some of its spans wrapped in elements.

Offsets are those of the whole text, so that a citation's ``start`` and ``end`` are used as they
are. The text content of what is returned is exactly ``text[start:end]``: nothing is added,
dropped or repeated, however the spans overlap.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Span:
    """The half-open ``start``..``end`` of a text, to be wrapped in ``<tag attributes>``.

    ``attributes`` is HTML already: whoever makes the span escapes it.
    """

    start: int
    end: int
    tag: str
    attributes: str = ""

    def wrap(self, html: str) -> str:
        """Return ``html`` inside the span's element."""
        opening = f"{self.tag} {self.attributes}" if self.attributes else self.tag
        return f"<{opening}>{html}</{self.tag}>"


def render_text(text: str, start: int, end: int, spans: Sequence[Span] = ()) -> str:
    """Return ``text[start:end]`` escaped, with every span that touches it wrapped.

    Where spans overlap, the later one of ``spans`` is the inner element; a span that another
    one cuts comes out as several elements.
    """
    touching = [span for span in spans if span.start < end and span.end > start]
    cuts = {start, end}
    for span in touching:
        cuts.update((max(span.start, start), min(span.end, end)))
    edges = sorted(cuts)
    pieces = []
    for left, right in pairwise(edges):
        html = escape(text[left:right])
        for span in reversed(touching):
            if span.start <= left and right <= span.end:
                html = span.wrap(html)
        pieces.append(html)
    return "".join(pieces)


_WORD = re.compile(r"[0-9A-Za-z]+|[\u3400-\u9fff\uf900-\ufaff]+")


def find_matches(text: str, question: str) -> list[tuple[int, int]]:
    """Return the spans of ``text`` that repeat the question's words, in order and disjoint.

    A word is a run of Latin letters and digits, or two neighbouring Chinese characters; a
    single Chinese character would mark half the page.
    """
    words: set[str] = set()
    for run in _WORD.findall(question.lower()):
        if run.isascii():
            words.add(run)
        else:
            words.update(run[i : i + 2] for i in range(len(run) - 1))
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters change their length: no offsets to be had
        return []
    found = (
        (match.start(), match.start() + len(word))
        for word in words
        if len(word) > 1
        for match in re.finditer(f"(?={re.escape(word)})", lowered)
    )
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
    text: str, allowed: Sequence[tuple[int, int]], marked: Sequence[Span], length: int
) -> tuple[int, int]:
    """Return at most ``length`` characters of ``text`` that hold the most marked ones.

    They lie inside one of the ``allowed`` spans and begin where it does or after a full stop.
    """

    def count_marked(window: tuple[int, int]) -> int:
        return sum(max(0, min(s.end, window[1]) - max(s.start, window[0])) for s in marked)

    windows = []
    for left, right in allowed:
        stops = [match.end() for match in re.finditer(r"[。；;\n]", text[left:right])]
        for start in (left, *(left + stop for stop in stops if left + stop < right)):
            windows.append((start, min(right, start + length)))
    return max(windows, key=lambda window: (count_marked(window), -window[0]))

"""Escaped HTML for a stretch of text with some of its spans wrapped in elements.

Offsets are those of the whole text, so that a citation's ``start`` and ``end`` are used as they
are. The text content of what is returned is exactly ``text[start:end]``: nothing is added,
dropped or repeated, however the spans overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
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

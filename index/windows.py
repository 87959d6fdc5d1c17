"""Units -> chunks: what is embedded. A short unit is one chunk, a long one several windows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from index.types import Chunk, Span, Unit

# Characters of a window. An encoder blurs what a long text says in one place; windows of 160 rank
# the samples no better and take two thirds more encoding and room (evaluation/LOG.md).
WINDOW = 320

# A bracket right behind the full stop, as the list of departments is, belongs to its sentence.
_SENTENCE = re.compile(
    r"[^。！？；\n]*(?:[。！？；]+[”’」』）)]*(?:[（(](?:[^（）()\n]|[（(][^（）()\n]*[)）])*[)）])?|\n|$)"
)


def split_sentences(text: str, start: int, end: int) -> list[Span]:
    """Return the spans of the sentences of ``text[start:end]``, without space around them."""
    spans: list[Span] = []
    for match in _SENTENCE.finditer(text, start, end):
        sentence = match[0].strip()
        if sentence:
            begin = match.start() + match[0].index(sentence)
            spans.append((begin, begin + len(sentence)))
    return spans


def split_chunks(unit: Unit, number: int, text: str, *, window: int = WINDOW) -> list[Chunk]:
    """Return the chunks of ``unit`` (the ``number``-th) whose spans lie in the clean ``text``.

    Windows hold whole sentences, as many as fit; a single longer sentence is cut evenly. A bracket that
    follows a sentence stays with it, whatever the length: by itself it says nothing of the matter.
    None crosses from one span of the unit to the next.
    """
    chunks = []
    for start, end in unit.spans:
        for first, last in _pack(text, split_sentences(text, start, end), window):
            chunks.append(Chunk(number, first, last))
    return chunks


def is_bracket(sentence: str) -> bool:
    """Whether a sentence is nothing but a bracket, as the list of departments behind a clause is.

    「（二）换电站（含移动的）」 has words outside its brackets.
    """
    depth = 0
    for character in sentence:
        depth += character in "（("
        if not depth:
            return False
        depth -= character in "）)"
    return depth == 0


def _pack(text: str, sentences: Sequence[Span], window: int) -> list[Span]:
    packed: list[Span] = []
    for start, end in sentences:
        if packed and (end - packed[-1][0] <= window or is_bracket(text[start:end])):
            packed[-1] = (packed[-1][0], end)
            continue
        # In parts of like length: a last one of a character or two is near to everything.
        parts = -(-(end - start) // window)
        cuts = [start + (end - start) * part // parts for part in range(parts + 1)]
        packed.extend(pairwise(cuts))
    return packed

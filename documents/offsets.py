"""A map between a text and what is left of it after spans were removed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class OffsetMap:
    """``kept`` are the source spans that remain, ascending and disjoint, none empty.

    ``starts[i]`` is where ``kept[i]`` begins in the remaining text.
    """

    kept: tuple[Span, ...]
    starts: tuple[int, ...]

    @classmethod
    def identity(cls, length: int) -> OffsetMap:
        """Return the map of a text of ``length`` characters to itself."""
        return cls.keeping([(0, length)] if length else [])

    @classmethod
    def without(cls, length: int, gone: Iterable[Span]) -> OffsetMap:
        """Return the map of a text of ``length`` characters after the spans ``gone`` were removed."""
        return cls.identity(length).removing(sorted(gone))

    @classmethod
    def keeping(cls, kept: Iterable[Span]) -> OffsetMap:
        """Return the map that keeps exactly ``kept``."""
        spans = tuple(kept)
        ends = accumulate(end - start for start, end in spans)
        return cls(spans, (0, *ends)[: len(spans)])

    def to_source(self, offset: int) -> int:
        """Return where in the source the character at ``offset`` stands; IndexError outside."""
        i = bisect_right(self.starts, offset) - 1
        if i < 0 or offset >= self.starts[i] + self.kept[i][1] - self.kept[i][0]:
            raise IndexError(f"no character at offset {offset}")
        return self.kept[i][0] + offset - self.starts[i]

    def source_span(self, start: int, end: int) -> Span:
        """Return the smallest source span that holds ``start..end``, which must not be empty."""
        return self.to_source(start), self.to_source(end - 1) + 1

    def source_pieces(self, start: int, end: int) -> list[Span]:
        """Return the source spans whose characters are exactly those of ``start..end``."""
        pieces = []
        i = max(bisect_right(self.starts, start) - 1, 0)
        while i < len(self.kept) and self.starts[i] < end:
            first, last = self.kept[i]
            shift = first - self.starts[i]
            piece = max(first, start + shift), min(last, end + shift)
            if piece[0] < piece[1]:
                pieces.append(piece)
            i += 1
        return pieces

    def remaining_span(self, start: int, end: int) -> Span | None:
        """Return the span of what is left of the source's ``start..end``, None where nothing is.

        What is left stands together, because removing keeps the order.
        """
        first, last = self._remaining_before(start), self._remaining_before(end)
        return (first, last) if first < last else None

    def _remaining_before(self, offset: int) -> int:
        """Return how many of the source's first ``offset`` characters remain."""
        i = bisect_right(self.kept, offset, key=lambda span: span[0]) - 1
        if i < 0:
            return 0
        start, end = self.kept[i]
        return self.starts[i] + min(offset, end) - start

    def removing(self, spans: Iterable[Span]) -> OffsetMap:
        """Return the map after ``spans`` (of the remaining text, ascending, disjoint) go too."""
        kept: list[Span] = []
        gone = [span for span in spans if span[0] < span[1]]
        i = 0
        for (source, source_end), start in zip(self.kept, self.starts, strict=True):
            shift = source - start
            position, end = start, start + source_end - source
            while i < len(gone) and gone[i][1] <= position:
                i += 1
            j = i
            while j < len(gone) and gone[j][0] < end:
                if gone[j][0] > position:
                    kept.append((position + shift, gone[j][0] + shift))
                position = min(gone[j][1], end)
                j += 1
            if position < end:
                kept.append((position + shift, end + shift))
        return OffsetMap.keeping(kept)

"""Where a quote ends that must not be longer than so many characters."""

from __future__ import annotations

import re

from index.windows import split_sentences

_PAUSE = re.compile(r"[，,；;、：:]")


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

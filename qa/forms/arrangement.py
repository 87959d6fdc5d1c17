"""What an answer says, in order -> its lines and the passages behind them."""

from __future__ import annotations

from collections.abc import Iterable

from qa.drafts import Line
from qa.passages import Passage

# A text of our own, or a passage to be quoted.
Item = str | Passage


def arrange(items: Iterable[Item]) -> tuple[tuple[Line, ...], tuple[Passage, ...]]:
    """Return the lines of ``items`` and their passages, each once, in order of appearance."""
    lines: list[Line] = []
    places: dict[tuple[str, int, int], int] = {}
    passages: list[Passage] = []
    for item in items:
        if isinstance(item, str):
            lines.append(Line(item))
            continue
        key = (item.document.id, item.start, item.end)
        if key not in places:
            places[key] = len(passages)
            passages.append(item)
        lines.append(Line(passages=(places[key],), quote=True))
    return tuple(lines), tuple(passages)

"""Clean text -> clause tree.

Every line start that could open a clause (``numbering.read_marker``) is a candidate. Candidates are
read in order against the open chain of ordinals, and one is accepted when its number makes sense
there:

- a sibling of an open clause of the same scheme: the next number, a later one (a gap, reported), the
  same number again or a restart at one (a duplicate, reported);
- the first of a new level: one, or the number after the last one of its scheme anywhere (numbering
  that runs through headings), or a later one (a gap).

Anything else, such as a wrapped line that happens to begin with a figure, stays text. How far a
number may jump is bounded, because a scraper loses a line or two, not a chapter. Inside a clause, an
inline series (一是…二是…) opens clauses in mid-paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from documents.closing import annex_items, find_closing
from documents.numbering import (
    Marker,
    read_inline,
    read_marker,
    write_ordinal,
)
from documents.types import ClauseKind, Gap

FRONT = "首"
CLOSING = "尾"

# Numbers a sequence may skip and still be the same sequence.
_MAX_GAP = 5
_MAX_HEADING = 30
_ITEM_ENDS = ("。", "；", ";")
_STRUCTURAL = {"part", "chapter", "section"}


@dataclass(frozen=True, slots=True)
class ClauseSpan:
    """A clause before its details: offsets in the clean text, ``own`` its pieces without children."""

    path: str
    kind: ClauseKind
    level: int
    marker: str | None
    heading: str | None
    start: int
    end: int
    own: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class ClauseTree:
    """The clauses in document order, and what was odd about their numbers."""

    clauses: tuple[ClauseSpan, ...]
    gaps: tuple[Gap, ...]
    duplicates: tuple[str, ...]


@dataclass(slots=True)
class _Node:
    """A clause under construction; ``end`` is set once its last descendant is known."""

    path: str
    level: int
    marker: Marker | None
    start: int
    parent: int | None
    end: int = -1
    children: list[int] = field(default_factory=list)


def build_tree(text: str) -> ClauseTree:
    """Return the clause tree of a clean text; every non-space character is in one clause."""
    reader = _Reader()
    for marker in _candidates(text):
        reader.offer(marker)
    return reader.finish(text)


def _candidates(text: str) -> Iterator[Marker]:
    annexes = set(annex_items(text))
    for match in re.finditer(r"^", text, re.MULTILINE):
        marker = read_marker(text, match.start())
        if marker and marker.start not in annexes:
            yield marker


class _Reader:
    """Reads candidates in order; holds the open chain (indices into ``nodes``)."""

    def __init__(self) -> None:
        self.nodes: list[_Node] = []
        self.chain: list[int] = []
        self.last: dict[str, Marker] = {}
        self.gaps: list[Gap] = []
        self.duplicates: list[str] = []
        self.seen: dict[str, int] = {}

    def offer(self, marker: Marker) -> None:
        """Accept ``marker`` as a clause, or leave it as text."""
        depth = len(self.chain)
        while depth and self._marker(depth - 1).scheme.rank > marker.scheme.rank:
            depth -= 1
        sibling = depth > 0 and self._marker(depth - 1).scheme is marker.scheme
        if sibling:
            expected = self._follows_sibling(self._marker(depth - 1), marker)
            depth -= 1
        else:
            expected = self._opens_level(marker)
        if expected is None:
            return
        self.chain = self.chain[:depth]
        path = self._open(marker)
        if expected not in (0, marker.value):
            self.gaps.append(Gap(path, write_ordinal(marker.scheme, expected), marker.ordinal))

    @staticmethod
    def _follows_sibling(before: Marker, marker: Marker) -> int | None:
        """Return the number expected (0 for any), or None where ``marker`` cannot follow."""
        if marker.value == before.value:
            return 0
        if before.value < marker.value <= before.value + 1 + _MAX_GAP:
            return before.value + 1
        return 0 if marker.value == 1 else None

    def _opens_level(self, marker: Marker) -> int | None:
        if marker.value == 1:
            return 1
        before = self.last.get(marker.scheme.name)
        expected = before.value + 1 if before else 1
        return expected if expected <= marker.value <= expected + _MAX_GAP else None

    def _marker(self, depth: int) -> Marker:
        marker = self.nodes[self.chain[depth]].marker
        assert marker is not None
        return marker

    def _open(self, marker: Marker) -> str:
        parent = self.chain[-1] if self.chain else None
        path = self._path(marker, parent)
        self.chain.append(len(self.nodes))
        self._append(_Node(path, path.count("/") + 1, marker, marker.start, parent))
        self.last[marker.scheme.name] = marker
        return path

    def _append(self, node: _Node) -> None:
        if node.parent is not None:
            self.nodes[node.parent].children.append(len(self.nodes))
        self.nodes.append(node)

    def _path(self, marker: Marker, parent: int | None) -> str:
        # Articles run through parts and chapters, so their numbers need no prefix.
        prefix = ""
        if parent is not None and marker.scheme.name != "article":
            prefix = self.nodes[parent].path + "/"
        path = prefix + marker.ordinal
        self.seen[path] = self.seen.get(path, 0) + 1
        if self.seen[path] > 1:
            path = f"{path}#{self.seen[path]}"
            self.duplicates.append(path)
        return path

    def finish(self, text: str) -> ClauseTree:
        """Close every clause, add 首, 尾 and the inline series, and freeze the tree."""
        first = self.nodes[0].start if self.nodes else len(text)
        closing = find_closing(text, self.nodes[-1].start) if self.nodes else len(text)
        self._set_ends(closing)
        self._return_paragraphs(text)
        self._add_inline(text)
        order = sorted(
            range(len(self.nodes)), key=lambda i: (self.nodes[i].start, -self.nodes[i].end)
        )
        spans: list[ClauseSpan] = []
        front = _trim(text, 0, first)
        if front[0] < front[1]:
            spans.append(_edge(FRONT, "front", front))
        spans.extend(self._freeze(text, self.nodes[i]) for i in order)
        tail = _trim(text, closing, len(text))
        if tail[0] < tail[1]:
            spans.append(_edge(CLOSING, "closing", tail))
        return ClauseTree(tuple(spans), tuple(self.gaps), tuple(self.duplicates))

    def _set_ends(self, closing: int) -> None:
        for i, node in enumerate(self.nodes):
            later = (n.start for n in self.nodes[i + 1 :] if not self._inside(n, i))
            node.end = next(later, closing)

    def _return_paragraphs(self, text: str) -> None:
        """Give the paragraphs behind the last item of an article back to the article.

        An item is one paragraph; one that stops without an end is a heading, and keeps what follows.
        """
        for article in self.nodes:
            if not article.children or article.marker is None:
                continue
            if article.marker.scheme.name != "article":
                continue
            chain = [article]
            while chain[-1].children:
                chain.append(self.nodes[chain[-1].children[-1]])
            stop = text.find("\n", chain[-1].start, chain[-1].end)
            if stop >= 0 and text[chain[-1].start : stop].rstrip().endswith(_ITEM_ENDS):
                for node in chain[1:]:
                    node.end = stop

    def _inside(self, node: _Node, ancestor: int) -> bool:
        parent = node.parent
        while parent is not None and parent > ancestor:
            parent = self.nodes[parent].parent
        return parent == ancestor

    def _add_inline(self, text: str) -> None:
        for i in range(len(self.nodes)):
            node = self.nodes[i]
            if not node.children:
                end = _trim(text, node.start, node.end)[1]
                for marker, stop in _inline_series(text, _after_marker(node), end):
                    path = self._path(marker, i)
                    self._append(_Node(path, node.level + 1, marker, marker.start, i, stop))

    def _freeze(self, text: str, node: _Node) -> ClauseSpan:
        marker = node.marker
        assert marker is not None
        start, end = _trim(text, node.start, node.end)
        own = _own_pieces(text, start, end, [self.nodes[c] for c in node.children])
        heading = read_heading(text, marker.end, own[0][1])
        structural = marker.scheme.name in _STRUCTURAL
        only_heading = bool(node.children) and _is_heading_only(text, marker, own)
        return ClauseSpan(
            path=node.path,
            kind="heading" if structural or only_heading else "clause",
            level=node.level,
            marker=text[marker.start : marker.end],
            heading=heading,
            start=start,
            end=end,
            own=own,
        )


def _edge(path: str, kind: ClauseKind, span: tuple[int, int]) -> ClauseSpan:
    return ClauseSpan(path, kind, 0, None, None, *span, own=(span,))


def _after_marker(node: _Node) -> int:
    return node.marker.end if node.marker else node.start


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span without the white space at its ends, empty where nothing is left."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _own_pieces(
    text: str, start: int, end: int, children: list[_Node]
) -> tuple[tuple[int, int], ...]:
    pieces, position = [], start
    for child in children:
        pieces.append(_trim(text, position, child.start))
        position = child.end
    pieces.append(_trim(text, position, end))
    return tuple(piece for piece in pieces if piece[0] < piece[1])


def read_heading(text: str, start: int, end: int) -> str | None:
    """Return the heading of a clause whose own text is ``text[start:end]``, marker left out.

    The whole first line if it has no 。, else its first sentence if that has at most 30 characters
    and more follows in the paragraph.
    """
    line = text[start:end].lstrip(" \t\u00a0\u3000").split("\n", 1)[0].strip()
    if "。" not in line:
        return line or None
    sentence, rest = line.split("。", 1)
    return f"{sentence}。" if rest.strip() and len(sentence) + 1 <= _MAX_HEADING else None


def _is_heading_only(text: str, marker: Marker, own: tuple[tuple[int, int], ...]) -> bool:
    """Whether a clause says nothing beyond its heading: one line, one sentence, no colon."""
    line = text[own[0][0] : own[0][1]]
    return (
        len(own) == 1
        and marker.scheme.name != "article"
        and "\n" not in line
        and "。" not in line[:-1]
        and line[-1] not in "：:"
    )


# --- inline series --------------------------------------------------------------------------------


def _inline_series(text: str, start: int, end: int) -> Iterator[tuple[Marker, int]]:
    """Yield (marker, end of its item) of every series that has at least 一是 and 二是."""
    if "是" not in text[start:end]:
        return
    series: list[Marker] = []
    for marker in [*read_inline(text, start, end), None]:
        if marker is not None and marker.value == len(series) + 1:
            series.append(marker)
            continue
        if marker is None or marker.value == 1:
            yield from _items(text, series, end)
            series = [] if marker is None else [marker]


def _items(text: str, series: list[Marker], end: int) -> Iterator[tuple[Marker, int]]:
    if len(series) < 2:
        return
    for marker, following in zip(series, [*series[1:], None], strict=True):
        limit = following.start if following else end
        paragraph = text.find("\n", marker.start, limit)
        yield marker, _trim(text, marker.start, limit if paragraph < 0 else paragraph)[1]

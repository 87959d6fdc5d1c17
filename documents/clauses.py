"""Clean text -> clause tree.

``candidates`` finds every place where a clause could open, ``sequence`` reads which of them do, and
this module makes the tree: it gives each clause its path, its end and its own text, and puts what
stands before the first ordinal into 首 and what stands behind the last one of a body into 尾. Inside
a clause, an inline series (一是…二是…) opens clauses in mid-paragraph.

A file may hold several bodies: annexes (附件1), and a second numbered document whose title stands
above its first ordinal. Each has a node of its own, whose path its clauses carry as a prefix.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from documents.candidates import find_candidates
from documents.closing import find_closing
from documents.numbering import ANNEX, ARTICLE, Marker, Scheme, read_inline
from documents.sequence import Ordinal, read_sequence
from documents.types import ClauseKind, Gap

FRONT = "首"
CLOSING = "尾"

_MAX_HEADING = 30
_ITEM_ENDS = ("。", "；", ";")


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


@dataclass(slots=True, eq=False)
class _Node:
    """A clause under construction; ``marker`` is None for the title of a second body and for 尾."""

    path: str
    marker: Marker | None
    start: int
    depth: int
    kind: ClauseKind = "clause"
    end: int = -1
    children: list[_Node] = field(default_factory=list)


@dataclass(slots=True)
class _Body:
    """A numbered document inside a file: what opens it (None for the first), and its ordinals."""

    opener: _Node | None
    nodes: list[_Node]


@dataclass(slots=True)
class _Paths:
    """The paths given so far; ``running`` are the schemes whose numbers run through chapters."""

    running: frozenset[str]
    seen: dict[str, int] = field(default_factory=dict)
    duplicates: list[str] = field(default_factory=list)

    def take(self, path: str) -> str:
        """Return ``path``, or ``path#2`` where it is taken."""
        self.seen[path] = self.seen.get(path, 0) + 1
        if self.seen[path] == 1:
            return path
        self.duplicates.append(f"{path}#{self.seen[path]}")
        return self.duplicates[-1]

    def of(self, marker: Marker, chain: Sequence[_Node]) -> str:
        """Return the path of ``marker`` under the open ``chain``, outermost first."""
        around = list(chain)
        if marker.scheme is ARTICLE:
            around = [node for node in around if _opens_body(node)][:1]
        elif around and _is_structural(around[-1].marker) and marker.scheme.name in self.running:
            around = [node for node in around if not _is_structural(node.marker)]
        prefix = f"{around[-1].path}/" if around else ""
        return self.take(prefix + marker.ordinal)


def build_tree(text: str) -> ClauseTree:
    """Return the clause tree of a clean text; every non-space character is in one clause."""
    ordinals = read_sequence(find_candidates(text))
    paths = _Paths(_running_through(ordinals))
    bodies, gaps = _build_bodies(ordinals, paths)
    top: list[_Node] = []
    limits = [*map(_start, bodies[1:]), len(text)]
    for body, limit in zip(bodies, limits, strict=False):
        top.extend(_close(text, body, limit, paths))
        for node in body.nodes:
            _return_paragraphs(text, node)
            _add_inline(text, node, paths)
    spans: list[ClauseSpan] = []
    for node in top:
        _freeze(text, node, spans)
    front = _trim(text, 0, _start(bodies[0]) if bodies else len(text))
    if front[0] < front[1]:
        spans.insert(0, ClauseSpan(FRONT, "front", 0, None, None, *front, own=(front,)))
    return ClauseTree(tuple(spans), tuple(gaps), tuple(paths.duplicates))


def _build_bodies(ordinals: list[Ordinal], paths: _Paths) -> tuple[list[_Body], list[Gap]]:
    bodies: list[_Body] = []
    gaps: list[Gap] = []
    chain: list[_Node] = []
    for ordinal in ordinals:
        marker, title = ordinal.candidate.marker, ordinal.candidate.title
        if marker.scheme is ANNEX:
            opener = _Node(paths.of(marker, ()), marker, marker.start, 0)
            bodies.append(_Body(opener, []))
            chain = [opener]
            continue
        if ordinal.body and title:
            opener = _Node(paths.take(title[1].replace("/", "／")), None, title[0], 0)
            bodies.append(_Body(opener, []))
            chain = [opener]
        elif not bodies:
            bodies.append(_Body(None, []))
        titled = bool(chain) and chain[0].marker is None
        chain = chain[: ordinal.depth + titled]
        node = _Node(paths.of(marker, chain), marker, marker.start, len(chain))
        if ordinal.expected:
            gaps.append(Gap(node.path, ordinal.expected, marker.ordinal))
        if chain:
            chain[-1].children.append(node)
        bodies[-1].nodes.append(node)
        chain.append(node)
    return bodies, gaps


def _running_through(ordinals: Sequence[Ordinal]) -> frozenset[str]:
    """Return the schemes that stand right below chapters, and whose numbers never begin anew there.

    Their numbers name a clause without its chapter, as an article's do.
    """
    chain: list[Marker] = []
    values: dict[str, list[int]] = {}
    chapters: dict[str, set[int]] = {}
    for ordinal in ordinals:
        marker = ordinal.candidate.marker
        chain = [*chain[: ordinal.depth], marker]
        if ordinal.depth and _is_structural(chain[-2]) and not _is_structural(marker):
            values.setdefault(marker.scheme.name, []).append(marker.value)
            chapters.setdefault(marker.scheme.name, set()).add(chain[-2].start)
    return frozenset(
        name
        for name, numbers in values.items()
        if len(chapters[name]) > 1 and all(a < b for a, b in pairwise(numbers))
    )


def _is_structural(marker: Marker | None) -> bool:
    return marker is not None and ANNEX.rank < marker.scheme.rank < ARTICLE.rank


def _opens_body(node: _Node) -> bool:
    return node.marker is None or node.marker.scheme is ANNEX


def _start(body: _Body) -> int:
    return (body.opener or body.nodes[0]).start


# --- ends -----------------------------------------------------------------------------------------


def _close(text: str, body: _Body, limit: int, paths: _Paths) -> Iterator[_Node]:
    """Set every end in ``body``, which reaches to ``limit``, and yield its outermost nodes."""
    closing = find_closing(text, body.nodes[-1].start, limit) if body.nodes else limit
    open_: list[_Node] = []
    for node in body.nodes:
        while open_ and open_[-1].depth >= node.depth:
            open_.pop().end = node.start
        open_.append(node)
    for node in open_:
        node.end = closing
    tail = []
    if _trim(text, closing, limit)[0] < limit:
        prefix = f"{body.opener.path}/" if body.opener else ""
        path = paths.take(prefix + CLOSING)
        tail.append(_Node(path, None, closing, 0, "closing", limit))
    if body.opener is None:
        yield from (node for node in body.nodes if node.depth == 0)
        yield from tail
    else:
        body.opener.end = limit
        body.opener.children.extend(tail)
        yield body.opener


def _return_paragraphs(text: str, article: _Node) -> None:
    """Give the paragraphs behind the last item of an article back to the article.

    An item is one paragraph; one that stops without an end is a heading, and keeps what follows.
    """
    if not article.children or article.marker is None or article.marker.scheme is not ARTICLE:
        return
    chain = [article]
    while chain[-1].children:
        chain.append(chain[-1].children[-1])
    stop = text.find("\n", chain[-1].start, chain[-1].end)
    if stop >= 0 and text[chain[-1].start : stop].rstrip().endswith(_ITEM_ENDS):
        for node in chain[1:]:
            node.end = stop


def _add_inline(text: str, node: _Node, paths: _Paths) -> None:
    if node.children or node.marker is None:
        return
    end = _trim(text, node.start, node.end)[1]
    for marker, stop in _inline_series(text, node.marker.end, end):
        path = paths.of(marker, [node])
        node.children.append(_Node(path, marker, marker.start, node.depth + 1, end=stop))


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span without the white space at its ends, empty where nothing is left."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


# --- what a clause says of itself -----------------------------------------------------------------


def _freeze(text: str, node: _Node, spans: list[ClauseSpan]) -> None:
    """Append the clause of ``node`` and those below it to ``spans``, in document order."""
    start, end = _trim(text, node.start, node.end)
    own = _own_pieces(text, start, end, node.children)
    marker = node.marker
    if marker is None:
        heading = read_heading(text, *own[0]) if node.kind != "closing" else None
    else:
        heading = read_heading(text, marker.end, own[0][1])
    span = ClauseSpan(
        path=node.path,
        kind=_read_kind(text, node, own),
        level=0 if node.kind == "closing" else node.path.count("/") + 1,
        marker=text[marker.start : marker.end] if marker else None,
        heading=heading,
        start=start,
        end=end,
        own=own,
    )
    spans.append(span)
    for child in node.children:
        _freeze(text, child, spans)


def _own_pieces(
    text: str, start: int, end: int, children: list[_Node]
) -> tuple[tuple[int, int], ...]:
    pieces, position = [], start
    for child in children:
        pieces.append(_trim(text, position, child.start))
        position = child.end
    pieces.append(_trim(text, position, end))
    return tuple(piece for piece in pieces if piece[0] < piece[1])


def _read_kind(text: str, node: _Node, own: tuple[tuple[int, int], ...]) -> ClauseKind:
    if node.kind == "closing":
        return node.kind
    if node.marker is None or node.marker.scheme is ANNEX:
        speaks = any("。" in text[start:end] for start, end in own)
        return "clause" if speaks or not node.children else "heading"
    only_heading = bool(node.children) and _is_heading_only(text, node.marker.scheme, own)
    return "heading" if only_heading or _is_structural(node.marker) else node.kind


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


def _is_heading_only(text: str, scheme: Scheme, own: tuple[tuple[int, int], ...]) -> bool:
    """Whether a clause says nothing beyond its heading: one line, one sentence, no colon."""
    line = text[own[0][0] : own[0][1]]
    return (
        len(own) == 1
        and scheme is not ARTICLE
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

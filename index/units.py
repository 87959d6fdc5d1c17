"""Which clauses are searched, and in what words.

A unit is an article (条) with everything below it; elsewhere each leaf, except that items below the
third level shorter than 40 characters go with their parent; a heading's own text where it holds a
sentence; the running paragraphs of 首 and 尾.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from documents.types import Clause, Document
from index.types import Span, Unit

_ARTICLE = re.compile(r"(?:^|/)第[^/]+条(?:之[^/]+)?(?:#\d+)?$")
_SHORT_ITEM = 40
_DEEP_LEVEL = 3
_SENTENCE = re.compile(r"[。！？；：:;]")
_ADDRESSEE = re.compile(
    r"(?:政府|单位|單位|部门|部門|机构|機構|委员会|办公室|厅|局|委|办|院|会|公司|企业|学校|处)[^，。]{0,4}[:：]$"
)
_MIN_RUNNING = 30
_MAX_HEADING = 60


@dataclass(frozen=True, slots=True)
class _Tree:
    """Parents and children of a document's clauses, by their position in it."""

    clauses: Sequence[Clause]
    parents: tuple[int | None, ...]
    children: tuple[tuple[int, ...], ...]

    def ancestors(self, i: int) -> list[int]:
        """Return the positions of the clauses around ``i``, the nearest first."""
        found: list[int] = []
        parent = self.parents[i]
        while parent is not None:
            found.append(parent)
            parent = self.parents[parent]
        return found


def _tree(document: Document) -> _Tree:
    parents: list[int | None] = []
    children: list[list[int]] = [[] for _ in document.clauses]
    chain: list[int] = []
    for i, clause in enumerate(document.clauses):
        while chain and document.clauses[chain[-1]].end <= clause.start:
            chain.pop()
        parents.append(chain[-1] if chain else None)
        if chain:
            children[chain[-1]].append(i)
        chain.append(i)
    return _Tree(document.clauses, tuple(parents), tuple(map(tuple, children)))


def build_units(document: Document) -> list[Unit]:
    """Return the units of ``document`` in order of position."""
    tree = _tree(document)
    units = []
    for i, clause in enumerate(document.clauses):
        spans = _spans(document, tree, i) if _unit(tree, i) == i else ()
        if spans:
            text = "\n".join(document.clean[start:end] for start, end in spans)
            units.append(Unit(document.id, clause.path, _context(document, tree, i), text, spans))
    return units


def unit_of(document: Document, path: str) -> str:
    """Return the path of the unit that holds the clause at ``path``.

    The clause's own path where it is a heading that no unit holds; KeyError where the document has
    no such clause.
    """
    paths = [clause.path for clause in document.clauses]
    if path not in paths:
        raise KeyError(path)
    return paths[_unit(_tree(document), paths.index(path))]


def _unit(tree: _Tree, i: int) -> int:
    """Return the position of the clause whose unit holds the clause at position ``i``."""
    for ancestor in tree.ancestors(i):
        if _ARTICLE.search(tree.clauses[ancestor].path):
            return ancestor
    parent = tree.parents[i]
    return _unit(tree, parent) if parent is not None and _goes_with_parent(tree, i) else i


def _goes_with_parent(tree: _Tree, i: int) -> bool:
    clause = tree.clauses[i]
    return clause.level > _DEEP_LEVEL and not tree.children[i] and len(clause.text) < _SHORT_ITEM


def _spans(document: Document, tree: _Tree, i: int) -> tuple[Span, ...]:
    """Return the spans of the clean text that are the unit's words; none where it has no sentence."""
    clause = document.clauses[i]
    if clause.kind in ("front", "closing"):
        return tuple(_running_paragraphs(document.clean, clause.start, clause.end))
    if _ARTICLE.search(clause.path):
        return ((clause.start, clause.end),)
    others = [c for c in tree.children[i] if not _goes_with_parent(tree, c)]
    spans = _without(document.clean, clause, [document.clauses[c] for c in others])
    # A bare heading is left to its children's contexts, unless it holds some of them itself.
    bare = clause.kind == "heading" or not _holds_sentence(document.clean, clause, spans)
    return () if bare and len(others) == len(tree.children[i]) > 0 else spans


def _without(text: str, clause: Clause, children: Sequence[Clause]) -> tuple[Span, ...]:
    spans, position = [], clause.start
    for start, end in [*((c.start, c.end) for c in children), (clause.end, clause.end)]:
        piece = _trim(text, position, start)
        if piece[0] < piece[1]:
            spans.append(piece)
        position = end
    return tuple(spans)


def _trim(text: str, start: int, end: int) -> Span:
    stripped = text[start:end].lstrip()
    start = end - len(stripped)
    return start, start + len(stripped.rstrip())


def _holds_sentence(text: str, clause: Clause, spans: Sequence[Span]) -> bool:
    body = "\n".join(text[start:end] for start, end in spans)
    return _SENTENCE.search(body.removeprefix(clause.marker or "")) is not None


def _running_paragraphs(text: str, start: int, end: int) -> list[Span]:
    found = []
    for match in re.finditer(r"\S[^\n]*", text[start:end]):
        line = match[0].rstrip()
        colon = line.endswith(("：", ":")) and len(line) >= _MIN_RUNNING
        if "。" in line or (colon and not _ADDRESSEE.search(line)):
            found.append((start + match.start(), start + match.start() + len(line)))
    return found


def _context(document: Document, tree: _Tree, i: int) -> str:
    """Return the title and the headings above the unit, the words its text leaves unsaid."""
    above = [heading_line(tree.clauses[a]) for a in reversed(tree.ancestors(i))]
    return " ".join([document.metadata.title or "", *above]).strip()


def heading_line(clause: Clause) -> str:
    """Return the marker and heading of a clause as one line, "" where it has no heading."""
    line = clause.text.split("\n", 1)[0]
    if clause.heading and len(clause.heading) <= _MAX_HEADING:
        return f"{clause.marker or ''}{clause.heading}"
    return line if clause.kind == "heading" and len(line) <= _MAX_HEADING else ""

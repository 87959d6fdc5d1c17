"""The tree of a document's clauses, and the outline to navigate by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from documents.types import Clause, Document
from qa.labels import format_label
from qa.web.reading.document_texts import DOCUMENT_TEXTS
from qa.web.texts import Texts

# The outline's entries are cut to this many characters: one line of a phone, two of the pane.
OUTLINE_LENGTH = 28
# Entries shown before any branch is opened by hand: about two screens, so that a plan of 70 clauses
# is seen as a whole and a code of 1,200 articles begins with its chapters.
OUTLINE_ENTRIES = 100


@dataclass(slots=True)
class Block:
    """A clause in the tree that containment of spans makes; ``number`` is its place in the list."""

    number: int
    clause: Clause
    depth: int
    children: list[Block] = field(default_factory=list)


def make_tree(clauses: Sequence[Clause]) -> list[Block]:
    """Return the outermost clauses, each with those that lie inside it."""
    roots: list[Block] = []
    stack: list[Block] = []
    for number, clause in enumerate(clauses):
        while stack and clause.start >= stack[-1].clause.end:
            stack.pop()
        block = Block(number, clause, len(stack))
        (stack[-1].children if stack else roots).append(block)
        stack.append(block)
    return roots


def choose_depth(blocks: Sequence[Block]) -> int:
    """Return how many levels to show at first: all that fit into ``OUTLINE_ENTRIES``, at least 1."""
    sizes = Counter[int]()
    waiting = list(blocks)
    while waiting:
        block = waiting.pop()
        sizes[block.depth] += 1
        waiting.extend(block.children)
    shown, depth = 0, 0
    while sizes[depth] and (depth == 0 or shown + sizes[depth] <= OUTLINE_ENTRIES):
        shown += sizes[depth]
        depth += 1
    return max(depth, 1)


def render_outline(document: Document, texts: Texts) -> str:
    """Return the clauses as nested lists of links, folded until they are wanted."""
    tree = make_tree(document.clauses)
    items = _render_blocks(tree, choose_depth(tree), texts)
    return (
        f'<details class="outline"><summary lang="{texts.html_language}">'
        f"{escape(texts.outline)}</summary>"
        f'<nav aria-label="{escape(texts.outline)}"><ol>{items}</ol></nav></details>'
    )


def _render_blocks(blocks: Sequence[Block], shown: int, texts: Texts) -> str:
    return "".join(_render_block(block, shown, texts) for block in blocks)


def _render_block(block: Block, shown: int, texts: Texts) -> str:
    clause = block.clause
    name = escape(name_clause(clause, texts))
    link = f'<a href="#clause-{block.number}">{name}</a>'
    level = min(clause.level, 4)
    if not block.children:
        return f'<li class="level-{level} kind-{clause.kind}">{link}</li>'
    is_open = block.depth + 1 < shown
    branch = f"branch-{block.number}"
    label = escape(DOCUMENT_TEXTS[texts.language].branch.format(clause.marker or ""))
    return (
        f'<li class="level-{level} kind-{clause.kind}">'
        f'<button type="button" class="branch" aria-expanded="{str(is_open).lower()}" '
        f'data-branch="{branch}" lang="{texts.html_language}" aria-label="{label}"></button>{link}'
        f'<ol class="{branch}"{"" if is_open else " hidden"}>'
        f"{_render_blocks(block.children, shown, texts)}</ol></li>"
    )


def name_clause(clause: Clause, texts: Texts) -> str:
    """Return the outline's line for a clause: its own ordinal and what it is about."""
    if clause.kind == "front":
        return texts.front
    if clause.kind == "closing":
        return texts.closing
    marker = (clause.marker or format_label(clause.path)).strip()
    about = clause.heading or clause.text.strip().removeprefix(marker)
    about = " ".join(about.split()).removeprefix(marker).strip().rstrip("。")
    if len(about) > OUTLINE_LENGTH:
        about = about[:OUTLINE_LENGTH] + "…"
    between = "" if marker.endswith(("、", "）")) else " "
    return f"{marker}{between}{about}".strip()

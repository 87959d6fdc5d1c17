"""A document's text as HTML: its clauses as nested blocks, damage and the quote marked.

The text content of the body is the document's clean text, character for character, whatever the
clause tree looks like: what no clause covers is shown too, and what the page adds (links to clauses,
the kinds of damage) are attributes, which the style sheet shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from documents.types import Clause, Defect, Document
from qa.labels import format_label
from qa.web.highlighting import Span, render_text
from qa.web.places import ANYWHERE, Place, make_link
from qa.web.reading.document_texts import DOCUMENT_TEXTS
from qa.web.reading.outline import Block, make_tree
from qa.web.texts import Texts

# A heading clause's first line of at most this many characters is set bold, full stop or not.
TITLE_LENGTH = 40


@dataclass(frozen=True, slots=True)
class _Setting:
    document: Document
    texts: Texts
    place: Place


def render_body(document: Document, texts: Texts, place: Place = ANYWHERE) -> str:
    """Return the whole clean text as nested blocks, with the place highlighted."""
    spans = [
        Span(defect.start, defect.end, "span", _describe_defect(defect, texts))
        for defect in find_defects(document)
    ]
    if place.start is not None and place.end is not None and place.holds(document.clean):
        spans.append(Span(place.start, place.end, "mark", 'class="quote"'))
    roots = make_tree(document.clauses)
    setting = _Setting(document, texts, place)
    return _render_range(0, len(document.clean), roots, spans, setting)


def find_defects(document: Document) -> list[Defect]:
    """Return the document's defects once each: a clause may repeat its children's."""
    found = {
        (defect.start, defect.end): defect
        for clause in document.clauses
        for defect in clause.defects
        if defect.end > defect.start
    }
    return [found[span] for span in sorted(found)]


def name_defect(kind: str, texts: Texts) -> str:
    """Return a kind of damage in the page's language."""
    return texts.defect_kinds.get(kind, kind.replace("_", " "))


def _render_range(
    start: int, end: int, blocks: Sequence[Block], spans: Sequence[Span], setting: _Setting
) -> str:
    clean = setting.document.clean
    pieces, position = [], start
    for block in blocks:
        begin = max(block.clause.start, position)
        stop = min(block.clause.end, end)
        pieces.append(_render_paragraphs(clean, position, begin, spans))
        pieces.append(_render_block(begin, stop, block, spans, setting))
        position = max(position, stop)
    pieces.append(_render_paragraphs(clean, position, end, spans))
    return "".join(pieces)


def _render_block(
    start: int, end: int, block: Block, spans: Sequence[Span], setting: _Setting
) -> str:
    clause = block.clause
    inner = [*_find_title(setting.document.clean, clause), *spans]
    chosen = " chosen" if clause.path == setting.place.clause else ""
    return (
        f'<section id="clause-{block.number}" data-path="{escape(clause.path)}"'
        f' class="clause kind-{clause.kind} level-{min(clause.level, 4)}{chosen}">'
        f"{_render_permalink(clause, setting)}"
        f"{_render_range(start, end, block.children, inner, setting)}</section>"
    )


def _render_permalink(clause: Clause, setting: _Setting) -> str:
    """Return a link without text to the clause; the style sheet draws its sign."""
    if clause.kind in ("front", "closing"):
        return ""
    words = DOCUMENT_TEXTS[setting.texts.language]
    name = escape(words.permalink.format(format_label(clause.path)))
    address = escape(make_link(setting.document.id, Place(clause.path)))
    return (
        f'<a class="permalink" href="{address}" lang="{setting.texts.html_language}" '
        f'aria-label="{name}" title="{name}"></a>'
    )


def _render_paragraphs(clean: str, start: int, end: int, spans: Sequence[Span]) -> str:
    """Return one <p> a line; the line break stays inside it, so that no character is lost."""
    pieces = []
    while start < end:
        newline = clean.find("\n", start, end)
        stop = end if newline < 0 else newline + 1
        html = render_text(clean, start, stop, spans)
        if clean[start:stop].strip():
            pieces.append(f"<p>{html}</p>")
        else:
            pieces.append(f'<span class="gap">{html}</span>')
        start = stop
    return "".join(pieces)


def _find_title(clean: str, clause: Clause) -> list[Span]:
    """Return the span of the clause's marker and heading, to be set bold."""
    end = clause.start + len(clause.marker or "")
    if clause.kind == "heading" and not clause.heading:
        line = clause.text.split("\n", 1)[0]
        end = clause.start + len(line) if len(line) <= TITLE_LENGTH else end
    if clause.heading:
        limit = end + len(clause.heading) + 8  # white space between marker and heading
        found = clean.find(clause.heading, clause.start, limit)
        if found >= 0:
            end = found + len(clause.heading)
    return [Span(clause.start, end, "b")] if end > clause.start else []


def _describe_defect(defect: Defect, texts: Texts) -> str:
    kind = name_defect(defect.kind, texts)
    return (
        f'class="defect defect-{escape(defect.kind)}" data-kind="{escape(kind)}" '
        f'data-at="{defect.start}" title="{escape(texts.defect.format(kind))}"'
    )

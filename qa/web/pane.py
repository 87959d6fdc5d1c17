"""A document as HTML: its clauses as nested blocks, an outline, and the quote highlighted.

Everything of the document is escaped. The text content of the body is the document's clean text,
character for character, whatever the clause tree looks like: what no clause covers is shown too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from urllib.parse import quote as quote_url
from urllib.parse import urlencode

from documents.metadata import display_title
from documents.types import Clause, Defect, Document, Reference, Status
from qa.labels import format_label
from qa.web.highlighting import Span, render_text
from qa.web.texts import Texts, format_date

# The outline's entries are cut to this many characters: one line of a phone, two of the pane.
OUTLINE_LENGTH = 28
# A heading clause's first line of at most this many characters is set bold, full stop or not.
TITLE_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look in a document: a clause, and the quote as offsets of the clean text."""

    clause: str | None = None
    start: int | None = None
    end: int | None = None


@dataclass(slots=True)
class _Block:
    """A clause in the tree that containment of spans makes."""

    number: int
    clause: Clause
    children: list[_Block] = field(default_factory=list)


def make_link(document: str, place: Place = Place()) -> str:
    """Return the address of a document's own page at a place, relative to the page's base."""
    values = {"clause": place.clause, "start": place.start, "end": place.end}
    query = urlencode({name: value for name, value in values.items() if value is not None})
    path = f"documents/{quote_url(document, safe='')}"
    return f"{path}?{query}" if query else path


def render_pane(document: Document, status: Status, texts: Texts, place: Place = Place()) -> str:
    """Return the pane's HTML: head, outline and body."""
    return (
        f'<article class="document" lang="zh-CN" data-document="{escape(document.id)}">'
        f"{render_head(document, status, texts)}"
        f"{render_outline(document, texts)}"
        f'<div class="document-body">{render_body(document, texts, place)}</div>'
        "</article>"
    )


def render_alone(html: str, texts: Texts) -> str:
    """Return a whole page around a document's HTML, one folder below the main page."""
    return (
        f'<!doctype html><html lang="{texts.html_language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(texts.pane_label)} · {escape(texts.title)}</title><base href="..">'
        '<link rel="icon" href="page/icon.png">'
        '<link rel="stylesheet" href="page/page.css"><script type="module" src="page/page.js"></script>'
        f'</head><body class="alone"><p class="back"><a href="./">{escape(texts.back)}</a></p>'
        f"<main>{html}</main></body></html>"
    )


def render_head(document: Document, status: Status, texts: Texts) -> str:
    """Return title, 文号, status and what else the document says of itself."""
    metadata = document.metadata
    number = f'<p class="document-number">{escape(metadata.number)}</p>' if metadata.number else ""
    count = len(_find_defects(document))
    damage = f'<p class="damage">{escape(texts.defects_count.format(count))}</p>' if count else ""
    return (
        '<header class="document-head">'
        f'<h2 tabindex="-1">{escape(metadata.title or document.id)}</h2>'
        f"{number}"
        f'<p lang="{texts.html_language}">{render_status(status, texts)}</p>'
        f"{_render_facts(document, texts)}"
        f'<div lang="{texts.html_language}">{damage}</div>'
        "</header>"
    )


def render_status(status: Status, texts: Texts) -> str:
    """Return the badge that says whether a document is in force."""
    return f'<span class="status status-{status}">{escape(texts.statuses[status])}</span>'


def render_outline(document: Document, texts: Texts) -> str:
    """Return the list of clauses to navigate by, folded until it is wanted."""
    items = "".join(
        f'<li class="level-{min(clause.level, 4)}">'
        f'<a href="#clause-{number}">{escape(name_clause(clause, texts))}</a></li>'
        for number, clause in enumerate(document.clauses)
    )
    return (
        f'<details class="outline"><summary lang="{texts.html_language}">'
        f"{escape(texts.outline)}</summary>"
        f'<nav aria-label="{escape(texts.outline)}"><ol>{items}</ol></nav></details>'
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
    return f"{marker} {about}".strip()


def render_body(document: Document, texts: Texts, place: Place = Place()) -> str:
    """Return the whole clean text as nested blocks, with the place highlighted."""
    spans = [
        Span(defect.start, defect.end, "span", _describe_defect(defect, texts))
        for defect in _find_defects(document)
    ]
    if place.start is not None and place.end is not None:
        spans.append(Span(place.start, place.end, "mark", 'class="quote"'))
    roots: list[_Block] = []
    stack: list[_Block] = []
    for number, clause in enumerate(document.clauses):
        block = _Block(number, clause)
        while stack and clause.start >= stack[-1].clause.end:
            stack.pop()
        (stack[-1].children if stack else roots).append(block)
        stack.append(block)
    return _render_range(document.clean, 0, len(document.clean), roots, spans, place)


def _render_range(
    clean: str, start: int, end: int, blocks: Sequence[_Block], spans: Sequence[Span], place: Place
) -> str:
    pieces, position = [], start
    for block in blocks:
        begin = max(block.clause.start, position)
        stop = min(block.clause.end, end)
        pieces.append(_render_paragraphs(clean, position, begin, spans))
        pieces.append(_render_block(clean, begin, stop, block, spans, place))
        position = max(position, stop)
    pieces.append(_render_paragraphs(clean, position, end, spans))
    return "".join(pieces)


def _render_block(
    clean: str, start: int, end: int, block: _Block, spans: Sequence[Span], place: Place
) -> str:
    clause = block.clause
    inner = [*_find_title(clean, clause), *spans]
    chosen = " chosen" if clause.path == place.clause else ""
    return (
        f'<section id="clause-{block.number}" data-path="{escape(clause.path)}"'
        f' class="clause kind-{clause.kind} level-{min(clause.level, 4)}{chosen}">'
        f"{_render_range(clean, start, end, block.children, inner, place)}</section>"
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


def _find_defects(document: Document) -> list[Defect]:
    """Return the document's defects once each: a clause may repeat its children's."""
    found = {
        (defect.start, defect.end): defect
        for clause in document.clauses
        for defect in clause.defects
        if defect.end > defect.start
    }
    return [found[span] for span in sorted(found)]


def _describe_defect(defect: Defect, texts: Texts) -> str:
    kind = texts.defect_kinds.get(defect.kind, defect.kind.replace("_", " "))
    return f'class="defect" title="{escape(texts.defect.format(kind))}"'


def _render_facts(document: Document, texts: Texts) -> str:
    metadata = document.metadata
    dates = {
        texts.written: metadata.written,
        texts.effective: metadata.effective,
        texts.expires: metadata.expires,
    }
    relations = {
        texts.repeals: metadata.repeals,
        texts.amends: metadata.amends,
        texts.implements: metadata.implements,
        texts.explains: metadata.explains,
    }
    facts: dict[str, str] = {
        texts.authorities: escape("、".join(metadata.authorities)),
        texts.region: escape(metadata.region or ""),
        **{name: format_date(day, texts.language) for name, day in dates.items() if day},
        texts.notice: escape(metadata.notice or ""),
        **{
            name: "<br>".join(_render_reference(reference) for reference in references)
            for name, references in relations.items()
        },
    }
    rows = _render_rows({name: value for name, value in facts.items() if value})
    if not rows:
        return ""
    return (
        f'<details class="facts"><summary lang="{texts.html_language}">'
        f"{escape(texts.details)}</summary><dl>{rows}</dl></details>"
    )


def _render_rows(facts: Mapping[str, str]) -> str:
    return "".join(
        f"<div><dt>{escape(name)}</dt><dd>{value}</dd></div>" for name, value in facts.items()
    )


def _render_reference(reference: Reference) -> str:
    title = display_title(reference.title) if reference.title else ""
    number = f"（{reference.number}）" if reference.number and title else reference.number or ""
    text = escape(title + number)
    if reference.document is None:
        return text
    return f'<a class="source" href="{escape(make_link(reference.document))}">{text}</a>'

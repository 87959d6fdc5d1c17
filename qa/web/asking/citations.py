"""Citations as HTML: by document, numbered, each with its quote and departments."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import groupby

from documents.types import Department
from qa.answering import by_document
from qa.labels import format_title
from qa.types import Citation
from qa.web.places import Place, digest, make_link
from qa.web.status import render_status
from qa.web.texts import Texts

# Citations shown at once; the others are one click away. Five fill a 1280x800 window.
CITATIONS_SHOWN = 5


def render_citations(citations: Sequence[Citation], texts: Texts) -> str:
    """Return the numbered citations by document: the first few open, the others folded."""
    if not citations:
        return ""
    numbered = by_document(citations)
    shown, folded = numbered[:CITATIONS_SHOWN], numbered[CITATIONS_SHOWN:]
    more = (
        f'<details class="more"><summary>{escape(texts.more_sources.format(len(folded)))}'
        f"</summary>{render_groups(folded, texts)}</details>"
        if folded
        else ""
    )
    return render_groups(shown, texts) + more


def render_groups(numbered: Sequence[tuple[int, Citation]], texts: Texts) -> str:
    """Return numbered citations, those of one document, which stand together, under its title."""
    groups = []
    for _, group in groupby(numbered, key=lambda item: item[1].document):
        members = list(group)
        first = members[0][1]
        items = "".join(render_citation(citation, number, texts) for number, citation in members)
        groups.append(
            '<section class="cited"><h3><a class="source" lang="zh-CN" '
            f'href="{escape(make_link(first.document))}">'
            f"{render_title(first.title, first.number)}</a> "
            f'{render_status(first.status, texts)}</h3><ul class="citations">{items}</ul></section>'
        )
    return "".join(groups)


def render_citation(citation: Citation, number: int, texts: Texts) -> str:
    """Return a citation below its document's title: the label as a link, quote, departments."""
    name = f"{texts.open_citation.format(number)}：{format_source(citation)}"
    departments = render_departments(citation.departments, texts)
    return (
        f'<li class="citation" data-number="{number}">'
        f'<a class="source" href="{escape(link_citation(citation))}" aria-label="{escape(name)}">'
        f'<span class="citation-number" aria-hidden="true">{number}</span>'
        f'<b class="citation-label" lang="zh-CN">{escape(citation.label)}</b></a>'
        f'<blockquote lang="zh-CN">{_mark_figure(citation)}</blockquote>'
        f"{_render_translation(citation)}"
        f'{f"""<p class="citation-foot">{departments}</p>""" if departments else ""}</li>'
    )


def render_title(title: str, number: str | None) -> str:
    """Return 《title》（文号）; a 文号 that is broken across lines is hard to read and to copy."""
    behind = f'<span class="unbroken">{escape(f"（{number}）")}</span>' if number else ""
    return escape(format_title(title, None)) + behind


def _mark_figure(citation: Citation) -> str:
    """Return the quote with the figure that was asked for marked."""
    if citation.highlight is None:
        return escape(citation.quote)
    start, end = (offset - citation.start for offset in citation.highlight)
    before, figure, behind = citation.quote[:start], citation.quote[start:end], citation.quote[end:]
    return f"{escape(before)}<mark>{escape(figure)}</mark>{escape(behind)}"


def _render_translation(citation: Citation) -> str:
    if citation.translation is None:
        return ""
    return f'<p class="translation" lang="en">{escape(citation.translation)}</p>'


def render_departments(departments: Sequence[Department], texts: Texts) -> str:
    """Return the departments by role, in the order the clause names the roles."""
    roles = dict.fromkeys(department.role for department in departments)
    pieces = []
    for role in roles:
        names = dict.fromkeys(item.name for item in departments if item.role == role)
        pieces.append(
            f'<span class="departments">{escape(texts.roles[role])}'
            f'<span lang="zh-CN"> {escape("、".join(names))}</span></span>'
        )
    return "".join(pieces)


def format_source(citation: Citation) -> str:
    """Return 《title》（文号）label, as a citation is printed."""
    return format_title(citation.title, citation.number) + citation.label


def link_citation(citation: Citation) -> str:
    """Return the address of the document at the quote."""
    place = Place(citation.clause, citation.start, citation.end, digest(citation.quote))
    return make_link(citation.document, place)

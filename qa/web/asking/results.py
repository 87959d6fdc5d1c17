"""The clauses that a search found, as HTML."""

from __future__ import annotations

import re
from html import escape

from qa.excerpts import find_matches
from qa.search import Found, Searched
from qa.web.asking.citations import render_title
from qa.web.highlighting import Span, render_text
from qa.web.messages import render_message
from qa.web.places import Place, digest, make_link
from qa.web.status import render_status
from qa.web.texts import Texts, format_date

# A clause that is not cut ends with one of these.
_ENDED = re.compile(r"[。！？；：…）)》”」]\s*$")


def render_search(searched: Searched, texts: Texts) -> str:
    """Return the clauses that were found, what was searched for marked."""
    if not searched.results:
        return render_message(texts.search_nothing, "empty")
    words = " ".join((searched.question, *(e.target for e in searched.expansions)))
    items = "".join(_render_found(found, words, texts) for found in searched.results)
    count = escape(texts.search_count.format(len(searched.results)))
    return f'<p class="count" role="status">{count}</p><ol class="results">{items}</ol>'


def _render_found(found: Found, words: str, texts: Texts) -> str:
    marks = [Span(*match, "mark") for match in find_matches(found.excerpt, words)]
    place = Place(found.clause, found.start, found.end, digest(found.excerpt))
    link = make_link(found.document, place)
    title = render_title(found.title, found.number)
    written = (
        f'<span class="written">{format_date(found.written, texts.language)}</span>'
        if found.written
        else ""
    )
    return (
        f'<li class="result"><a class="source" lang="zh-CN" href="{escape(link)}">'
        f'{title} <b class="citation-label">{escape(found.label)}</b></a> '
        f'<span class="standing">{render_status(found.status, texts)}{written}</span>'
        f'<p lang="zh-CN">{render_text(found.excerpt, 0, len(found.excerpt), marks)}'
        f"{'' if _ENDED.search(found.excerpt) else '…'}</p></li>"
    )

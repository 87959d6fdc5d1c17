"""Why these clauses: each result's place in the two rankings, and the words it shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from documents.types import Clause, Document
from index.types import SearchResult
from qa.excerpts import find_matches
from qa.labels import format_label, format_title
from qa.types import Response
from qa.web.pane import Place, make_link
from qa.web.texts import Texts

# Results listed; those behind them never become evidence.
MOST_LISTED = 10
# Matched words shown of one clause.
MOST_WORDS = 6


def render_reasons(response: Response, documents: Mapping[str, Document], texts: Texts) -> str:
    """Return the folded table of what was found for a question, best first."""
    rows = "".join(
        _render_row(number, result, response, documents, texts)
        for number, result in enumerate(response.results[:MOST_LISTED], start=1)
        if result.document in documents
    )
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in texts.why_head)
    return (
        f'<details class="why"><summary>{escape(texts.why)}</summary>'
        f"<p>{escape(texts.why_detail)}</p>"
        f'<div class="scrolling" tabindex="0" role="region" aria-label="{escape(texts.why)}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></details>"
    )


def _render_row(
    number: int,
    result: SearchResult,
    response: Response,
    documents: Mapping[str, Document],
    texts: Texts,
) -> str:
    document = documents[result.document]
    clause = document.clause(result.clause)
    title = format_title(document.metadata.title or document.id, None)
    link = escape(make_link(document.id, Place(result.clause)))
    cited = (
        f' <span class="tag">{escape(texts.why_cited)}</span>'
        if _is_cited(clause, document.id, response)
        else ""
    )
    words = find_words(list_terms(response), document, clause)
    matched = escape("、".join(words)) if words else escape(texts.matched_none)
    return (
        f'<tr><td>{number}</td><th scope="row"><a class="source" lang="zh-CN" href="{link}">'
        f"{escape(title)} {escape(format_label(result.clause))}</a>{cited}</th>"
        f"<td>{result.ranks.lexical or '—'}</td><td>{result.ranks.dense or '—'}</td>"
        f'<td lang="zh-CN">{matched}</td></tr>'
    )


def _is_cited(clause: Clause, document: str, response: Response) -> bool:
    return any(
        citation.document == document
        and clause.start <= citation.start
        and citation.end <= clause.end
        for citation in response.citations
    )


def list_terms(response: Response) -> Sequence[str]:
    """Return the texts that were searched for: the question as understood, and its expansions."""
    asked = response.understood_as or response.question
    return (asked, *dict.fromkeys(expansion.target for expansion in response.expansions))


def find_words(terms: Sequence[str], document: Document, clause: Clause) -> list[str]:
    """Return the words of ``terms`` that ``clause`` repeats, longest first, at most a few."""
    text = document.clean[clause.start : clause.end]
    found = {
        text[start:end].strip()
        for term in terms
        for start, end in find_matches(text, term)
        if end - start > 1
    }
    inner = {word for word in found if any(word != other and word in other for other in found)}
    return sorted(found - inner, key=lambda word: (-len(word), word))[:MOST_WORDS]

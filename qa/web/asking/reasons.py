"""Why these clauses: each result's place in the two rankings, and the words it shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from documents.normalization import match_form
from documents.types import Clause, Document
from index.translation import Term
from index.types import SearchResult
from qa.labels import format_label, format_title
from qa.question import understand
from qa.types import Response
from qa.web.places import Place, make_link
from qa.web.texts import Texts

# Results listed; those behind them never become evidence.
MOST_LISTED = 10


def render_reasons(response: Response, documents: Mapping[str, Document], texts: Texts) -> str:
    """Return the folded table of what was found for a question, best first."""
    asked = response.understood_as or response.question
    pairs = [(expansion.source, expansion.target) for expansion in response.expansions]
    words = understand(asked, expansions=pairs).words
    rows = "".join(
        _render_row(number, result, response, words, documents[result.document], texts)
        for number, result in enumerate(response.results[:MOST_LISTED], start=1)
        if result.document in documents
    )
    if not rows:
        return ""
    title = texts.why if response.citations else texts.why_nothing
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in texts.why_head)
    return (
        f'<details class="why"><summary>{escape(title)}</summary>'
        f"<p>{escape(texts.why_detail)}</p>"
        f'<div class="scrolling" tabindex="0" role="region" aria-label="{escape(title)}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></details>"
    )


def _render_row(
    number: int,
    result: SearchResult,
    response: Response,
    words: Sequence[Term],
    document: Document,
    texts: Texts,
) -> str:
    clause = document.clause(result.clause)
    title = format_title(document.metadata.title or document.id, None)
    link = escape(make_link(document.id, Place(result.clause)))
    cited = (
        f' <span class="tag">{escape(texts.why_cited)}</span>'
        if _is_cited(clause, document.id, response)
        else ""
    )
    matched = "、".join(find_words(words, document, clause)) or texts.matched_none
    ranks = "".join(
        f'<td data-name="{escape(name)}">{rank or "—"}</td>'
        for name, rank in zip(
            texts.why_head[2:4], (result.ranks.lexical, result.ranks.dense), strict=True
        )
    )
    return (
        f'<tr><td>{number}</td><th scope="row"><a class="source" lang="zh-CN" href="{link}">'
        f"{escape(title)} {escape(format_label(result.clause))}</a>{cited}</th>"
        f"{ranks}"
        f'<td lang="zh-CN">{escape(matched)}</td></tr>'
    )


def _is_cited(clause: Clause, document: str, response: Response) -> bool:
    return any(
        citation.document == document
        and clause.start <= citation.start
        and citation.end <= clause.end
        for citation in response.citations
    )


def find_words(words: Sequence[Term], document: Document, clause: Clause) -> list[str]:
    """Return the forms in which ``clause`` holds ``words``, in the order of the question."""
    form = match_form(document.clean[clause.start : clause.end])
    held = (next((f for f in (*word.forms, *word.official) if f in form), None) for word in words)
    return list(dict.fromkeys(filter(None, held)))

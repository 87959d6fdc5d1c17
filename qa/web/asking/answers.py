"""Answers and lists as HTML. Pure functions; every word from outside is escaped here.

A link to a source is an ordinary link to the document's own page; the page's script opens it
beside the conversation instead. The class ``source`` marks such links.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape

from documents.normalization import match_form
from documents.types import Document
from qa.answering import by_document
from qa.labels import format_title
from qa.types import Citation, Notice, Outcome, Part, Pointer, Response
from qa.web.asking.circumstances import dump_chosen
from qa.web.asking.citations import format_source, link_citation, render_citations, render_groups
from qa.web.asking.filter_bar import show_value
from qa.web.asking.judgement import render_judgement
from qa.web.asking.reasons import render_reasons
from qa.web.places import Place, make_link
from qa.web.texts import Texts, format_date

# Letters that are read from the right, and signs that turn the direction.
_TURNING = re.compile(
    "[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc"
    "\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_QUOTED = re.compile("(?<=“)[^”]*(?=”)|(?<=《)[^》]*(?=》)")
_MARK = re.compile(r"\[(\d{1,3})\]")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What an answer is shown with.

    ``documents`` are those of the index, which was ``built`` then; ``chosen`` are the filters as the
    page writes them; ``ask`` names the ask in the log, None where it was not recorded.
    """

    documents: Mapping[str, Document]
    built: datetime
    chosen: Mapping[str, str] = field(default_factory=dict)
    ask: str | None = None


def render_response(response: Response, around: Circumstances, texts: Texts) -> str:
    """Return the outcome's badge, the answer, the notices, the citations and what led to them.

    The answer's own quotes are shown once, as the citations; where it has several parts, each part
    with its own.
    """
    language = "zh-CN" if response.language == "zh" else "en"
    body, reminder = split_answer(response, texts)
    asked = response.understood_as or response.question
    judgement = (
        render_judgement(around.ask, response, around.documents, texts) if around.ask else ""
    )
    return (
        f'<div class="answer" data-outcome="{response.outcome}" data-asked="{escape(asked)}"'
        f' data-index="{escape(response.index)}"'
        f' data-chosen="{escape(dump_chosen(around.chosen))}">'
        f'<div class="answer-head">{_render_outcome(response.outcome, texts)}'
        f"{_render_actions(response, around, texts)}</div>"
        f"{_render_understanding(response, around.chosen, texts)}"
        f'<p class="reply" lang="{language}">{escape(response.reply)}</p>'
        f'<div class="answer-text" lang="{language}">{render_answer(body, response, texts)}</div>'
        f"{render_notices(response.notices, body, texts)}"
        f"{render_parts(response, texts) or render_citations(response.citations, texts)}"
        f"{_render_foot(reminder, response, around, texts)}"
        f"{render_reasons(response, around.documents, texts)}"
        f"{judgement}</div>"
    )


def _tell_end(response: Response, around: Circumstances, texts: Texts) -> tuple[str, str]:
    """Return how current an answer is, and who issued what it cites, "" where nobody is known."""
    cited = dict.fromkeys(citation.document for citation in response.citations)
    authorities = dict.fromkeys(
        authority
        for name in cited
        if name in around.documents
        for authority in around.documents[name].metadata.authorities
    )
    built = texts.index_built.format(format_date(around.built.astimezone(), texts.language))
    return built, texts.issued_by.format("、".join(authorities)) if authorities else ""


def _render_foot(reminder: str, response: Response, around: Circumstances, texts: Texts) -> str:
    """Return the line that every answer ends with: the original prevails, how current, and whose."""
    language = "zh-CN" if response.language == "zh" else "en"
    pieces = [f'<span lang="{language}">{escape(reminder)}</span>']
    pieces += [escape(told) for told in _tell_end(response, around, texts) if told]
    return f'<p class="reminder">{" ".join(f"<span>{piece}</span>" for piece in pieces)}</p>'


def _render_outcome(outcome: Outcome, texts: Texts) -> str:
    return (
        f'<p class="outcome outcome-{outcome}">'
        f'<span class="unseen">{escape(texts.outcome_label)}: </span>'
        f"{escape(texts.outcomes[outcome])}</p>"
    )


def render_parts(response: Response, texts: Texts) -> str:
    """Return the parts of an answer, each with its outcome and citations; "" where it has but one.

    The sides of a comparison stand in a table, the questions of one sentence below each other.
    """
    if len(response.parts) < 2:
        return ""
    rows = "".join(
        f'<tr><th scope="row" lang="zh-CN">{escape(part.label or part.question)}</th>'
        f"<td>{_render_outcome(part.outcome, texts)}{render_answer(part.text, response, texts)}"
        f"{render_groups(_cited(part, response.citations), texts)}</td></tr>"
        for part in response.parts
    )
    return f'<table class="parts"><tbody>{rows}</tbody></table>'


def _cited(part: Part, citations: Sequence[Citation]) -> list[tuple[int, Citation]]:
    """Return the citations of a part with their numbers, those of one document together."""
    return [item for item in by_document(citations) if item[0] in part.citations]


def split_answer(response: Response, texts: Texts) -> tuple[str, str]:
    """Return what the answer says beside its citations, and the reminder that it ends with.

    Of several parts each says it for itself.
    """
    *paragraphs, reminder = re.split(r"\n{2,}", end_with_original(response.answer, texts))
    if len(response.parts) > 1:
        return "", reminder
    repeated = {format_title(citation.title, citation.number) for citation in response.citations}
    kept = [
        paragraph
        for paragraph in paragraphs
        if paragraph not in repeated
        and not any(citation.quote in paragraph for citation in response.citations)
    ]
    return "\n".join(kept), reminder


def render_answer(text: str, response: Response, texts: Texts) -> str:
    """Return the text's paragraphs, its [n] as links to the citations."""

    def link(match: re.Match[str]) -> str:
        number = int(match.group(1))
        if not 1 <= number <= len(response.citations):
            return match.group()
        citation = response.citations[number - 1]
        name = escape(texts.open_citation.format(number))
        return (
            f'<a class="source reference" href="{escape(link_citation(citation))}"'
            f' aria-label="{name}">[{number}]</a>'
        )

    html = "".join(
        f"<p>{_MARK.sub(link, _isolate(escape(line)))}</p>"
        for line in text.splitlines()
        if line.strip()
    )
    return _link_nearest(html, response.nearest)


def _isolate(html: str) -> str:
    """Return a line in which what is quoted turns the reading direction of nothing but itself."""
    return _QUOTED.sub(r"<bdi>\g<0></bdi>", html) if _TURNING.search(html) else html


def _link_nearest(html: str, nearest: Sequence[Pointer]) -> str:
    """Return ``html`` with the clauses that came near, as a refusal names them, as links."""
    places = {
        escape(format_title(pointer.title, None) + pointer.label.rstrip(".")): make_link(
            pointer.document, Place(pointer.clause)
        )
        for pointer in nearest
    }
    if not places:
        return html
    # The longest name first: 四、（六）42. begins as 四、（六）4 does.
    names = "|".join(map(re.escape, sorted(places, key=len, reverse=True)))
    return re.sub(
        names,
        lambda m: f'<a class="source" lang="zh-CN" href="{escape(places[m[0]])}">{m[0]}</a>',
        html,
    )


def end_with_original(answer: str, texts: Texts) -> str:
    """Return the answer ending with a paragraph that reminds of the original, added if missing."""
    lines = answer.strip().split("\n")
    if "以原文为准" in match_form(lines[-1]) or "original text prevails" in lines[-1].lower():
        body, reminder = "\n".join(lines[:-1]).rstrip(), lines[-1]
    else:
        body, reminder = answer.strip(), texts.original_prevails
    return f"{body}\n\n{reminder}"


def render_notices(notices: Iterable[Notice], answer: str, texts: Texts) -> str:
    """Return what the reader must know beside the answer, but for what the answer says itself."""
    items = []
    for notice in notices:
        if notice.text in answer:
            continue
        link = ""
        if notice.document is not None:
            address = escape(make_link(notice.document, Place(clause=notice.clause)))
            link = f' <a class="source" href="{address}">{escape(texts.open_source)}</a>'
        items.append(f'<li data-code="{escape(notice.code)}">{escape(notice.text)}{link}</li>')
    return f'<ul class="notices">{"".join(items)}</ul>' if items else ""


def format_copy(response: Response, around: Circumstances, texts: Texts) -> str:
    """Return the answer as plain text to paste or read out, with whatever it does not quote."""
    body, _, reminder = end_with_original(response.answer, texts).rpartition("\n\n")
    sources = [
        f"[{number}] {format_source(citation)} “{citation.quote}”"
        for number, citation in enumerate(response.citations, start=1)
        if citation.quote not in body
    ]
    listed = "\n".join([f"{texts.sources}：", *sources]) if sources else ""
    end = " ".join(filter(None, [reminder, *_tell_end(response, around, texts)]))
    return "\n\n".join(filter(None, [body, listed, end]))


def _render_actions(response: Response, around: Circumstances, texts: Texts) -> str:
    said = f' data-copied="{escape(texts.copied)}" data-failed="{escape(texts.copy_failed)}"'
    return (
        '<span class="actions">'
        f'<button type="button" class="copy copy-reply" data-copy="{escape(response.reply)}"{said}>'
        f"{escape(texts.copy_reply)}</button>"
        f'<button type="button" class="copy" data-copy="{escape(format_copy(response, around, texts))}"'
        f"{said}>{escape(texts.copy)}</button>"
        f'<button type="button" class="copy share" data-copied="{escape(texts.shared)}"'
        f' data-failed="{escape(texts.copy_failed)}">{escape(texts.share)}</button>'
        f'<button type="button" class="print">{escape(texts.print_answer)}</button></span>'
    )


def _render_understanding(response: Response, chosen: Mapping[str, str], texts: Texts) -> str:
    lines = []
    if response.understood_as and response.understood_as != response.question:
        lines.append(texts.understood_as.format(response.understood_as))
    targets = dict.fromkeys(expansion.target for expansion in response.expansions)
    if targets:
        lines.append(texts.also_searched.format("、".join(targets)))
    if chosen:
        values = (show_value(name, value, texts) for name, value in chosen.items())
        lines.append(texts.filtered_by.format("、".join(values)))
    return f'<p class="understanding">{"<br>".join(map(escape, lines))}</p>' if lines else ""

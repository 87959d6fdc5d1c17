"""Answers and lists as HTML. Pure functions; every word from outside is escaped here.

A link to a source is an ordinary link to the document's own page; the page's script opens it
beside the conversation instead. The class ``source`` marks such links.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from itertools import groupby

from documents.normalization import match_form
from documents.types import Department, Document
from qa.answering import by_document
from qa.excerpts import find_matches
from qa.labels import format_title
from qa.log import Call
from qa.search import Found, Searched
from qa.types import Citation, Notice, Outcome, Part, Response
from qa.web.circumstances import write_chosen
from qa.web.filter_bar import show_value
from qa.web.highlighting import Span, render_text
from qa.web.judgement import render_judgement
from qa.web.places import Place, make_link
from qa.web.reasons import render_reasons
from qa.web.status import render_status
from qa.web.texts import Texts, format_date

# Citations shown at once; the others are one click away. Five fill a 1280x800 window.
CITATIONS_SHOWN = 5

# A clause that is not cut ends with one of these.
_ENDED = re.compile(r"[。！？；：…）)》”」]\s*$")
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


@dataclass(frozen=True, slots=True)
class Turn:
    """One exchange as the page shows it. ``answered`` is false for failures: no history."""

    question: str
    html: str
    answered: bool = False


def render_thread(turns: Sequence[Turn], texts: Texts) -> str:
    """Return the conversation, or the welcome where there is none yet."""
    if not turns:
        return (
            '<div class="welcome">'
            f"<h2>{escape(texts.welcome)}</h2><p>{escape(texts.welcome_detail)}</p></div>"
        )
    return f'<div class="thread">{"".join(render_turn(turn, texts) for turn in turns)}</div>'


def render_turn(turn: Turn, texts: Texts) -> str:
    """Return a question and what came back, which is HTML already."""
    return (
        '<section class="turn">'
        f'<h2 class="question"><span class="unseen">{escape(texts.you_asked)}</span>'
        f"{escape(turn.question)}</h2>{turn.html}</section>"
    )


def render_message(text: str, kind: str = "waiting") -> str:
    """Return a line that stands where the answer will, or instead of it."""
    role = "alert" if kind == "error" else "status"
    return f'<p class="message message-{kind}" role="{role}">{escape(text)}</p>'


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
        f' data-chosen="{escape(_write_json(around.chosen))}">'
        f'<div class="answer-head">{_render_outcome(response.outcome, texts)}'
        f"{_render_actions(response, texts)}</div>"
        f"{_render_understanding(response, around.chosen, texts)}"
        f'<p class="reply" lang="{language}">{escape(response.reply)}</p>'
        f'<div class="answer-text" lang="{language}">{render_answer(body, response, texts)}</div>'
        f"{render_notices(response.notices, body, texts)}"
        f"{render_parts(response, texts) or render_citations(response.citations, texts)}"
        f"{_render_foot(reminder, response, around, texts)}"
        f"{render_reasons(response, around.documents, texts)}"
        f"{judgement}</div>"
    )


def _write_json(values: Mapping[str, str]) -> str:
    return json.dumps(dict(values), ensure_ascii=False)


def render_writing(sentences: Sequence[str], texts: Texts) -> str:
    """Return what a language model has written so far, as it passes the gate."""
    text = escape("".join(sentences))
    return (
        f'<div class="answer-text"><p>{text}</p></div>{render_message(texts.searching, "waiting")}'
    )


def _render_foot(reminder: str, response: Response, around: Circumstances, texts: Texts) -> str:
    """Return the line that every answer ends with: the original prevails, how current, and whose."""
    language = "zh-CN" if response.language == "zh" else "en"
    cited = dict.fromkeys(citation.document for citation in response.citations)
    authorities = dict.fromkeys(
        authority
        for name in cited
        if name in around.documents
        for authority in around.documents[name].metadata.authorities
    )
    pieces = [
        f'<span lang="{language}">{escape(reminder)}</span>',
        escape(texts.index_built.format(format_date(around.built.astimezone(), texts.language))),
    ]
    if authorities:
        names = f'<span lang="zh-CN">{escape("、".join(authorities))}</span>'
        pieces.append(escape(texts.issued_by).format(names))
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
        f"{_render_groups(_cited(part, response.citations), texts)}</td></tr>"
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
            f'<a class="source reference" href="{escape(_link_citation(citation))}"'
            f' aria-label="{name}">[{number}]</a>'
        )

    return "".join(
        f"<p>{_MARK.sub(link, escape(line))}</p>" for line in text.splitlines() if line.strip()
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


def render_citations(citations: Sequence[Citation], texts: Texts) -> str:
    """Return the numbered citations by document: the first few open, the others folded."""
    if not citations:
        return ""
    numbered = by_document(citations)
    shown, folded = numbered[:CITATIONS_SHOWN], numbered[CITATIONS_SHOWN:]
    more = (
        f'<details class="more"><summary>{escape(texts.more_sources.format(len(folded)))}'
        f"</summary>{_render_groups(folded, texts)}</details>"
        if folded
        else ""
    )
    return _render_groups(shown, texts) + more


def _render_groups(numbered: Sequence[tuple[int, Citation]], texts: Texts) -> str:
    groups = []
    for _, group in groupby(numbered, key=lambda item: item[1].document):
        members = list(group)
        first = members[0][1]
        items = "".join(render_citation(citation, number, texts) for number, citation in members)
        groups.append(
            '<section class="cited"><h3><a class="source" lang="zh-CN" '
            f'href="{escape(make_link(first.document))}">'
            f"{_render_title(first.title, first.number)}</a> "
            f'{render_status(first.status, texts)}</h3><ul class="citations">{items}</ul></section>'
        )
    return "".join(groups)


def render_citation(citation: Citation, number: int, texts: Texts) -> str:
    """Return a citation below its document's title: the label as a link, quote, departments."""
    name = f"{texts.open_citation.format(number)}：{format_source(citation)}"
    departments = render_departments(citation.departments, texts)
    return (
        f'<li class="citation" data-number="{number}">'
        f'<a class="source" href="{escape(_link_citation(citation))}" aria-label="{escape(name)}">'
        f'<span class="citation-number" aria-hidden="true">{number}</span>'
        f'<b class="citation-label" lang="zh-CN">{escape(citation.label)}</b></a>'
        f'<blockquote lang="zh-CN">{_mark_figure(citation)}</blockquote>'
        f"{_render_translation(citation)}"
        f'{f"""<p class="citation-foot">{departments}</p>""" if departments else ""}</li>'
    )


def _render_title(title: str, number: str | None) -> str:
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


def format_copy(response: Response, texts: Texts) -> str:
    """Return the answer as plain text to paste or read out, with whatever it does not quote."""
    body, _, reminder = end_with_original(response.answer, texts).rpartition("\n\n")
    sources = [
        f"[{number}] {format_source(citation)} “{citation.quote}”"
        for number, citation in enumerate(response.citations, start=1)
        if citation.quote not in body
    ]
    listed = "\n".join([f"{texts.sources}：", *sources]) if sources else ""
    return "\n\n".join(filter(None, [body, listed, reminder]))


def render_calls(calls: Sequence[Call], texts: Texts) -> str:
    """Return the last questions of a browser, newest first, to be asked again."""
    items = "".join(
        f'<li><button type="button" class="call outcome-{call.outcome}"'
        f' data-question="{escape(call.understood_as or call.question)}"'
        f' data-chosen="{escape(_write_json(write_chosen(call.filters, call.as_of)))}"'
        f' title="{escape(texts.outcomes[call.outcome])}">{escape(call.question)}</button></li>'
        for call in calls
    )
    return f"<h2>{escape(texts.calls)}</h2><ol>{items}</ol>" if items else ""


def render_search(searched: Searched, texts: Texts) -> str:
    """Return the clauses that were found, what was searched for marked."""
    if not searched.results:
        return render_message(texts.search_nothing, "empty")
    words = " ".join((searched.question, *(e.target for e in searched.expansions)))
    items = "".join(_render_found(found, words, texts) for found in searched.results)
    count = escape(texts.search_count.format(len(searched.results)))
    return f'<p class="count" role="status">{count}</p><ol class="results">{items}</ol>'


def count_clauses(document: Document) -> int:
    """Return how many numbered clauses and headings a document has."""
    return sum(clause.kind in ("clause", "heading") for clause in document.clauses)


def _link_citation(citation: Citation) -> str:
    return make_link(citation.document, Place(citation.clause, citation.start, citation.end))


def _render_actions(response: Response, texts: Texts) -> str:
    said = f' data-copied="{escape(texts.copied)}" data-failed="{escape(texts.copy_failed)}"'
    return (
        '<span class="actions">'
        f'<button type="button" class="copy copy-reply" data-copy="{escape(response.reply)}"{said}>'
        f"{escape(texts.copy_reply)}</button>"
        f'<button type="button" class="copy" data-copy="{escape(format_copy(response, texts))}"'
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


def _render_found(found: Found, words: str, texts: Texts) -> str:
    marks = [Span(*match, "mark") for match in find_matches(found.excerpt, words)]
    link = make_link(found.document, Place(found.clause, found.start, found.end))
    title = _render_title(found.title, found.number)
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

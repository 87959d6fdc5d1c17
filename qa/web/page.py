"""The Gradio page: a conversation, a search and the list of documents.

The callbacks hold no logic: they wait for the assistant, ask it and hand the result to
``rendering``. A conversation lives in the session's state only. The document pane is no Gradio
component: ``static/page.js`` fetches it from the routes of ``application``.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from html import escape
from typing import Any

import gradio as gr
from fastapi.concurrency import run_in_threadpool

from index.errors import SnapshotError
from qa.errors import RequestError
from qa.schema import read_request
from qa.search import Sort
from qa.search import search as find_clauses
from qa.web.access.visitors import read_desk
from qa.web.admission import WAITING, CrowdedError
from qa.web.asking.answers import Circumstances, render_response
from qa.web.asking.circumstances import read_chosen, read_circumstances, split_chosen
from qa.web.asking.results import render_search
from qa.web.asking.streaming import stream_answer
from qa.web.asking.thread import Turn, render_thread, render_writing
from qa.web.messages import render_message
from qa.web.reading.library_view import render_placeholder
from qa.web.resources import Resources
from qa.web.startup import DAMAGED, NotReady
from qa.web.texts import Texts, choose_line
from qa.web.tracing import bind, request_id

# Events that Gradio begins at once. All that wait stand in ``admission``'s line and hold no thread, so
# that Gradio's own, which knows no bound and no order between the two languages, is never used.
EVENTS = 2 * WAITING
# Seconds between two words to one who waits; where he has gone away, Gradio notices then.
NEWS_SECONDS = 3.0
# Visitors whose state Gradio keeps, some 30 KB each besides their conversations; its own bound would let
# it grow to hundreds of megabytes.
SESSIONS = 1000
# Turns kept on the page, and questions passed on as history: an operator's page stays open all day.
TURNS_KEPT = 20
HISTORY_KEPT = 6
SEARCH_RESULTS = 20
QUESTION_LENGTH = 2000
# A conversation that nobody goes on with is forgotten after a night.
STATE_SECONDS = 12 * 3600

logger = logging.getLogger(__name__)

# The last input is filled in by the page's script with the filters that are chosen.
_CIRCUMSTANCES = "(...inputs) => [...inputs.slice(0, -1), globalThis.policyQA.circumstances()]"

Turns = tuple[Turn, ...]


def build_page(resources: Resources, texts: Texts) -> gr.Blocks:
    """Return the page in one language."""
    page: gr.Blocks = gr.Blocks(title=texts.title, analytics_enabled=False, fill_width=True)
    page.max_threads = EVENTS
    page.state_session_capacity = SESSIONS
    with page:
        header = _render_header(texts, editable=resources.jobs is not None)
        gr.HTML(header, elem_id="header", apply_default_css=False)
        with gr.Tabs(elem_id="views"):
            with gr.Tab(texts.tab_ask, id="ask"):
                _build_conversation(resources, texts)
            with gr.Tab(texts.tab_search, id="search"):
                _build_search(resources, texts)
            with gr.Tab(texts.tab_documents, id="documents"):
                # Filled and kept up to date by static/library.js
                gr.HTML(render_placeholder(texts), apply_default_css=False)
    page.queue()  # made anew, with as many places
    return page


async def ask(
    resources: Resources,
    texts: Texts,
    question: str,
    turns: Turns,
    circumstances: str,
    desk: str | None = None,
) -> AsyncGenerator[tuple[str, str, Turns], None]:
    """Yield (thread, box, turns): first with the question and a line that says to wait.

    ``circumstances`` are what the page's script sends: see ``qa.web.asking.circumstances``.
    """
    question = question.strip()
    if not question:
        yield render_thread(turns, texts), "", turns
        return
    async with aclosing(answer(resources, texts, question, turns, circumstances, desk)) as said:
        async for html, answered in said:
            shown = (*turns, Turn(question, html, answered))[-TURNS_KEPT:]
            yield render_thread(shown, texts), "", shown


async def answer(
    resources: Resources,
    texts: Texts,
    question: str,
    turns: Turns,
    circumstances: str,
    desk: str | None,
) -> AsyncGenerator[tuple[str, bool], None]:
    """Yield (HTML, whether it is an answer): a waiting line, then the answer or a failure.

    What a language model writes is shown as it passes the gate.
    """
    yield render_wait(resources, texts), False
    try:
        chosen = read_chosen(circumstances)
        filters, day = split_chosen(chosen)
        history = [turn.question for turn in turns if turn.answered][-HISTORY_KEPT:]
        request = read_request(
            {"question": question, "history": history, "filters": filters, "as_of": day}
        )

        def write(say: Callable[[str], None]) -> str:
            assistant = resources.startup.wait(0)
            response = assistant.ask(request, on_text=say)
            key = resources.record(request, response, desk=desk)
            index = assistant.index
            around = Circumstances(index.documents, index.built, chosen, key)
            return render_response(response, around, texts)

        place = resources.admission.enter()
        async with aclosing(resources.approach(place, NEWS_SECONDS)) as waiting:
            async for ahead in waiting:
                yield render_wait(resources, texts, ahead), False
        written: list[str] = []
        # Left when the thread has ended, and not when the reader has gone: it still computes.
        async with aclosing(stream_answer(write, place.leave)) as said:
            async for text, whole in said:
                written.append(text)
                yield text if whole else render_writing(written, texts), whole
    except RequestError as error:
        reason = choose_line(error.message, texts.language)
        yield render_message(texts.refused.format(reason), "error"), False
    except Exception as error:  # the page says that it failed, the log why
        yield render_message(explain_failure(error, texts), "error"), False


async def search(
    resources: Resources, texts: Texts, question: str, sort: Sort, circumstances: str
) -> AsyncGenerator[str, None]:
    """Yield the ranked clauses, after a line that says to wait."""
    question = question.strip()
    if not question:
        yield render_message(texts.search_hint, "hint")
        return
    yield render_wait(resources, texts)
    try:
        filters, day = read_circumstances(read_chosen(circumstances))

        def find() -> str:
            found = find_clauses(
                resources.startup.wait(0).index,
                question[:QUESTION_LENGTH],
                k=SEARCH_RESULTS,
                filters=filters,
                as_of=day,
                sort=sort,
            )
            return render_search(found, texts)

        with resources.admission.enter() as place:
            async with aclosing(resources.approach(place, NEWS_SECONDS)) as waiting:
                async for ahead in waiting:
                    yield render_wait(resources, texts, ahead)
            html = await run_in_threadpool(find)
        yield html
    except ValueError as error:
        yield render_message(texts.refused.format(choose_line(str(error), texts.language)), "error")
    except Exception as error:  # the page says that it failed, the log why
        yield render_message(explain_failure(error, texts), "error")


def render_wait(resources: Resources, texts: Texts, ahead: int = 0) -> str:
    """Return the line that says what a question waits for; ``ahead`` others are answered first."""
    if resources.startup.state == "loading":
        return render_message(texts.loading)
    return render_message(texts.queued.format(ahead) if ahead else texts.searching)


def explain_failure(error: Exception, texts: Texts) -> str:
    """Return what to tell the visitor; the particulars go to the log, never to the page."""
    if isinstance(error, CrowdedError):
        return choose_line(str(error), texts.language)
    if isinstance(error, NotReady):
        if error.reason is None:
            return texts.still_loading
        return texts.failed.format(choose_line(error.reason, texts.language))
    logger.error("A request failed", exc_info=error)
    if isinstance(error, SnapshotError):
        return choose_line(DAMAGED, texts.language)
    return texts.internal_error.format(request_id() or "–")


def _build_conversation(resources: Resources, texts: Texts) -> None:
    async def ask_here(
        question: str, turns: Turns, circumstances: str, request: gr.Request
    ) -> AsyncGenerator[tuple[str, str, Turns], None]:
        bind(request.headers)
        desk = read_desk(request.request) if request.request else None
        async with aclosing(ask(resources, texts, question, turns, circumstances, desk)) as shown:
            async for item in shown:
                yield item

    turns = gr.State((), time_to_live=STATE_SECONDS)
    thread = gr.HTML(render_thread((), texts), elem_id="thread", apply_default_css=False)
    with gr.Column(elem_id="composer"):
        with gr.Row(elem_id="ask-row"):
            fresh = gr.Button(texts.new_conversation, elem_id="fresh", scale=0)
            box = _build_box(texts.ask_label, texts.ask_placeholder, "question", focus=True)
            button = gr.Button(texts.ask_button, variant="primary", elem_id="ask-button", scale=0)
        gr.HTML(_render_tray(texts), elem_id="tray", apply_default_css=False)
    circumstances = gr.Textbox(visible=False)
    _listen(
        [box.submit, button.click],
        ask_here,
        [box, turns, circumstances],
        [thread, box, turns],
        js=_CIRCUMSTANCES,
    )
    _listen(fresh.click, lambda: (render_thread((), texts), "", ()), [], [thread, box, turns])


def _build_search(resources: Resources, texts: Texts) -> None:
    async def search_here(
        question: str, sort: Sort, circumstances: str, request: gr.Request
    ) -> AsyncGenerator[str, None]:
        bind(request.headers)
        async with aclosing(search(resources, texts, question, sort, circumstances)) as shown:
            async for item in shown:
                yield item

    with gr.Row(elem_id="search-row"):
        box = _build_box(texts.search_label, texts.search_placeholder, "terms")
        button = gr.Button(texts.search_button, variant="primary", elem_id="search-button", scale=0)
    with gr.Row(elem_id="search-tray"):
        gr.HTML(_render_filters_place("search"), elem_id="search-filters", apply_default_css=False)
        sort = gr.Radio(
            [(texts.sort_relevance, "relevance"), (texts.sort_date, "date")],
            value="relevance",
            label=texts.sort,
            elem_id="sort",
            container=False,
            show_label=False,
        )
    results = gr.HTML(
        render_message(texts.search_hint, "hint"), elem_id="results", apply_default_css=False
    )
    circumstances = gr.Textbox(visible=False)
    _listen(
        [box.submit, button.click, sort.change],
        search_here,
        [box, sort, circumstances],
        [results],
        js=_CIRCUMSTANCES,
    )


def _render_filters_place(place: str) -> str:
    """Return where the page's script puts the filters; it is as high before as after."""
    return f'<div class="filters-place" data-place="{place}"></div>'


def _render_tray(texts: Texts) -> str:
    """Return what lies below the question: filters, examples, and an operator's last calls."""
    return (
        f"{_render_filters_place('ask')}"
        f'<section id="examples" aria-label="{escape(texts.examples_label)}"></section>'
        f'<section id="calls" aria-label="{escape(texts.calls)}"></section>'
    )


def _build_box(label: str, placeholder: str, name: str, *, focus: bool = False) -> gr.Textbox:
    return gr.Textbox(
        label=label,
        placeholder=placeholder,
        elem_id=name,
        autofocus=focus,
        lines=1,
        max_lines=6,
        max_length=QUESTION_LENGTH,
        show_label=False,
        container=False,
        scale=1,
        min_width=100,
    )


def _listen(
    triggers: Any, callback: Any, inputs: list[Any], outputs: list[Any], js: str | None = None
) -> None:
    """Attach a callback: not part of any public API, and many visitors at once.

    ``js`` is run in the browser first, on the inputs, and gives the inputs that are sent.
    """
    gr.on(
        triggers,
        callback,
        inputs=inputs,
        outputs=outputs,
        show_progress="hidden",
        api_visibility="private",
        concurrency_limit=None,
        trigger_mode="once",
        js=js,
    )


def _render_header(texts: Texts, *, editable: bool) -> str:
    language = "zh" if texts.language == "en" else "en"
    return (
        f'<header class="masthead" data-language="{texts.language}">'
        f'<a class="skip" href="#question">{escape(texts.skip)}</a>'
        f"<h1>{escape(texts.title)}</h1><p>{escape(texts.subtitle)}</p>"
        '<div class="masthead-side"><p id="state" role="status" '
        f'data-loading="{escape(texts.loading_status)}" data-ready="{escape(texts.ready_status)}" '
        f'data-failed="{escape(texts.failed_status)}" '
        f'data-damaged="{escape(texts.damaged_status)}" '
        f'data-rebuilding="{escape(texts.rebuilding_status)}" '
        f'data-unreachable="{escape(texts.unreachable)}"></p>'
        f'<button type="button" id="operator" class="quiet" aria-pressed="false"'
        f' title="{escape(texts.operator_hint)}">{escape(texts.operator_view)}</button>'
        f'<a id="language" lang="{"zh-CN" if language == "zh" else "en"}" '
        f'data-choose="{language}" href="?lang={language}">{escape(texts.other_language)}</a></div>'
        f'<template id="pane-texts" data-label="{escape(texts.pane_label)}" '
        f'data-close="{escape(texts.close)}" data-loading="{escape(texts.pane_loading)}" '
        f'data-error="{escape(texts.pane_error)}" data-alone="{escape(texts.standalone)}" '
        f'data-previous="{escape(texts.previous_citation)}" '
        f'data-next="{escape(texts.next_citation)}" data-empty="{escape(texts.pane_empty)}">'
        "</template></header>"
        f'<aside id="repair" hidden data-damaged="{escape(texts.damaged)}" '
        f'data-rebuilding="{escape(texts.rebuilding)}" data-refused="{escape(texts.not_rebuilt)}" '
        f'data-ask="{escape(texts.ask_rebuild)}"><p role="alert"></p>'
        + (f'<button type="button">{escape(texts.rebuild)}</button>' if editable else "")
        + "</aside>"
    )

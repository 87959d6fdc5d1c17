"""Parts of the page that change with the library or the visitor, fetched as HTML by its script."""

from __future__ import annotations

import logging
import threading
from datetime import date
from html import escape

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse

from index.types import Filters
from qa.errors import LogError
from qa.types import Language
from qa.web.access.visitors import read_desk
from qa.web.asking.circumstances import keep_chosen, read_circumstances
from qa.web.asking.examples import find_examples
from qa.web.asking.filter_bar import render_filters
from qa.web.asking.thread import render_calls
from qa.web.facets import count_facets
from qa.web.reading.shelf import Shelves
from qa.web.resources import Resources
from qa.web.texts import TEXTS, choose_line

# Places of the page that have filters: their elements' names begin so.
_PLACES = ("ask", "search")
CALLS_SHOWN = 6

logger = logging.getLogger(__name__)


def add_fragments(
    app: FastAPI, resources: Resources, shelves: Shelves, language: Language, prefix: str
) -> None:
    """Add the routes of one language's page."""
    texts = TEXTS[language]
    startup = resources.startup
    # Before the library is loaded there is nothing to show; the page asks again when it is.
    nothing = Response(status_code=204)
    # They are being tried for somebody else, who has the only thread that is spent on it.
    later = Response(status_code=202)
    examples: dict[str, tuple[str, ...]] = {}  # by the index they were tried on
    trying = threading.Lock()

    @app.get(f"{prefix}/filters", include_in_schema=False)
    def read_filter_bar(request: Request, place: str = "ask") -> Response:
        if startup.state != "ready":
            return nothing
        chosen = keep_chosen({n: v for n, v in request.query_params.items() if n != "place"})
        index = startup.wait(0).index
        error = None
        filters, day = Filters(), None
        try:
            filters, day = read_circumstances(chosen)
        except ValueError as wrong:
            error = choose_line(str(wrong), language)
        day = day or date.today()
        statuses = shelves.get(index, day).statuses if day == date.today() else None
        facets = count_facets(index.documents.values(), filters, day, statuses=statuses)
        name = place if place in _PLACES else _PLACES[0]
        by_name = {str(facet): counts for facet, counts in facets.items()}
        return HTMLResponse(render_filters(name, chosen, by_name, texts, error))

    @app.get(f"{prefix}/examples", include_in_schema=False)
    def read_examples() -> Response:
        if startup.state != "ready":
            return nothing
        assistant = startup.wait(0)
        fingerprint = assistant.index.fingerprint
        if fingerprint not in examples:
            if not trying.acquire(blocking=False):
                return later
            try:
                found = find_examples(assistant, texts)
                examples.clear()
                examples[fingerprint] = found
            finally:
                trying.release()
        buttons = "".join(
            f'<button type="button" class="example">{escape(question)}</button>'
            for question in examples.get(fingerprint, ())
        )
        return HTMLResponse(buttons)

    @app.get(f"{prefix}/calls", include_in_schema=False)
    def read_calls(request: Request) -> HTMLResponse:
        desk = read_desk(request)
        if resources.log is None or not desk:
            return HTMLResponse("")
        try:
            calls = resources.log.recent(desk, limit=CALLS_SHOWN)
        except LogError:
            logger.warning("The log could not be read", exc_info=True)
            return HTMLResponse("")
        return HTMLResponse(render_calls(calls, texts))

"""The routes of the library view and of the documents' own pages, in one language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import get_args

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from index.errors import SnapshotError
from index.filters import FILTER_FIELDS, read_filters
from qa.types import Language
from qa.web.access.visitors import may
from qa.web.messages import render_message
from qa.web.page import explain_failure
from qa.web.places import Place
from qa.web.reading.head import Offer
from qa.web.reading.library_texts import Sort
from qa.web.reading.library_view import Query, render_library, select
from qa.web.reading.pane import render_alone, render_pane
from qa.web.reading.relations import relate
from qa.web.reading.shelf import Shelf, Shelves
from qa.web.resources import Resources
from qa.web.startup import NotReady
from qa.web.texts import TEXTS, Texts, choose_line

# Characters of the words to find documents by; more is no title.
WORDS_LENGTH = 200


def add_documents_pages(
    app: FastAPI, resources: Resources, shelves: Shelves, language: Language, prefix: str
) -> None:
    """Add the library view, the documents' own pages, and the same as fragments for the pane."""
    texts = TEXTS[language]

    def offers_editing(request: Request) -> bool:
        return resources.jobs is not None and may(request, "editor")

    async def read_shelf() -> Shelf:
        index = await resources.open_index()
        return await run_in_threadpool(shelves.get, index, date.today())

    async def render(
        request: Request, name: str, place: Place, *, level: int
    ) -> tuple[int, str, str | None]:
        """Return HTTP status, HTML and the document's title."""
        try:
            shelf = await read_shelf()
            return await run_in_threadpool(render_from, request, shelf, name, place, level)
        except (NotReady, SnapshotError) as error:
            return 503, render_message(explain_failure(error, texts), "error"), None

    def render_from(
        request: Request, shelf: Shelf, name: str, place: Place, level: int
    ) -> tuple[int, str, str | None]:
        document = shelf.documents.get(name)
        if document is None:
            return 404, render_message(texts.not_found, "error"), None
        html = render_pane(
            document,
            shelf.statuses[name],
            texts,
            place,
            relations=relate(document, shelf.documents, shelf.mentions, shelf.statuses),
            # Whether an original is still there is seen when it is asked for: a page reads the index.
            offer=Offer(offers_editing(request), resources.find_original is not None),
            level=level,
        )
        return 200, html, document.metadata.title or name

    @app.get(f"{prefix}/pane/{{name}}", include_in_schema=False)
    async def read_pane(
        request: Request,
        name: str,
        clause: str | None = None,
        start: int | None = None,
        end: int | None = None,
        said: str | None = None,
    ) -> HTMLResponse:
        status, html, _ = await render(request, name, Place(clause, start, end, said), level=2)
        return HTMLResponse(html, status)

    @app.get(f"{prefix}/documents/{{name}}", include_in_schema=False)
    async def read_document(
        request: Request,
        name: str,
        clause: str | None = None,
        start: int | None = None,
        end: int | None = None,
        said: str | None = None,
    ) -> HTMLResponse:
        status, html, title = await render(request, name, Place(clause, start, end, said), level=1)
        return HTMLResponse(render_alone(html, texts, title), status)

    @app.get(f"{prefix}/library", include_in_schema=False)
    async def read_library(request: Request) -> HTMLResponse:
        try:
            query = read_query(request.query_params)
        except ValueError as error:
            return _refuse(str(error), texts)
        try:
            shelf = await read_shelf()
            return HTMLResponse(await run_in_threadpool(render_list, request, shelf, query))
        except (NotReady, SnapshotError) as error:
            return HTMLResponse(render_message(explain_failure(error, texts), "error"), 503)

    def render_list(request: Request, shelf: Shelf, query: Query) -> str:
        listing = select(shelf, query, date.today())
        editable = offers_editing(request)
        return render_library(listing, query, shelf.statuses, texts, editable=editable)


def read_query(fields: Mapping[str, str]) -> Query:
    """Return what the address asks of the list; ValueError, in both languages, where it cannot be."""
    filters = {name: fields[name] for name in FILTER_FIELDS if fields.get(name)}
    sort: Sort = "title"
    for known in get_args(Sort):
        if fields.get("sort") == known:
            sort = known
    offset = fields.get("offset", "")
    return Query(
        words=fields.get("q", "")[:WORDS_LENGTH],
        filters=read_filters(filters),
        sort=sort,
        offset=int(offset) if offset.isdecimal() and len(offset) < 9 else 0,
    )


def _refuse(message: str, texts: Texts) -> HTMLResponse:
    reason = choose_line(message, texts.language)
    return HTMLResponse(render_message(reason, "error"), 422)

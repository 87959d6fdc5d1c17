"""REST: the documents of the library, their clauses and their originals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import FileResponse, Response

from documents.reports import count_clauses
from documents.schema import write_document, write_metadata
from documents.types import Clause, Document, Status
from documents.validity import compute_statuses
from index.filters import filter_documents, read_day, read_filters
from index.types import Index
from qa.errors import RequestError
from qa.labels import format_label
from qa.web.facets import count_facets, match_documents
from qa.web.resources import Resources
from qa.web.rest.models import ClauseView, DocumentList, DocumentView, ListQuery
from qa.web.rest.openapi import ClausePath, DocumentId, describe_file, describe_response
from qa.web.rest.problems import PlainResponse, Problem
from qa.web.rest.questions import write_filters


def build_holdings(resources: Resources) -> APIRouter:
    """Return the routes that read the library."""
    routes = APIRouter(tags=["documents"])
    present = Depends(resources.open_index)

    @routes.get(
        "/documents",
        operation_id="list_documents",
        responses={200: describe_response(DocumentList, "A page of the library, by id")},
    )
    def list_documents(query: Annotated[ListQuery, Query()], index: Index = present) -> Response:
        """List the documents: id, metadata, status, counts; and how the library divides."""
        return PlainResponse(list_page(index, query))

    @routes.get(
        "/documents/{id}",
        operation_id="read_document",
        responses={200: describe_response(DocumentView, "The document")},
    )
    def read_document(id: DocumentId, index: Index = present) -> Response:
        """Return one document with its texts, its clauses and its audit."""
        return PlainResponse(write_document(get_document(index, id)))

    @routes.get(
        "/documents/{id}/original",
        operation_id="download_original",
        response_class=FileResponse,
        responses={200: describe_file("The file as it was added, byte for byte")},
    )
    def download_original(id: DocumentId) -> Response:
        """Download the file that a document was read from."""
        path = resources.find_original(id) if resources.find_original else None
        if path is None or not path.is_file():
            raise Problem(
                404,
                "no_original",
                f"没有文件 {id} 的原件可供下载。\nThere is no original of {id} to download.",
            )
        # Whatever it is, it is a file to be kept, and no page of this site.
        headers = {"Content-Security-Policy": "sandbox; default-src 'none'"}
        return FileResponse(
            path,
            media_type="application/octet-stream",
            filename=path.name.encode(errors="replace").decode(),
            headers=headers,
        )

    @routes.get(
        "/clauses/{document}/{path:path}",
        operation_id="read_clause",
        responses={200: describe_response(ClauseView, "The clause")},
    )
    def read_clause(document: DocumentId, path: ClausePath, index: Index = present) -> Response:
        """Return one clause with its label, what it lies in, what lies in it, and its neighbours."""
        return PlainResponse(write_clause(index, document, path))

    return routes


def list_page(index: Index, query: ListQuery) -> dict[str, Any]:
    """Return the page of the library that is asked for, and the facets of all that match."""
    try:
        filters = read_filters(write_filters(query))
        day = read_day(query.as_of) or date.today()
    except ValueError as error:
        chinese, _, english = str(error).partition("\n")
        raise RequestError("bad_value", chinese, english) from error
    library = tuple(index.documents.values())
    statuses = compute_statuses(library, library, day)
    matching = match_documents(library, query.q)
    found = filter_documents(matching, filters, day, statuses)
    found.sort(key=lambda document: document.id)
    facets = count_facets(matching, filters, day, statuses=statuses)
    return {
        "documents": [
            summarize(document, statuses[document.id])
            for document in found[query.offset : query.offset + query.limit]
        ],
        "total": len(found),
        "offset": query.offset,
        "facets": {name: [asdict(count) for count in counts] for name, counts in facets.items()},
    }


def summarize(document: Document, status: Status) -> dict[str, Any]:
    """Return what the list of documents says of one."""
    defects = {
        (defect.start, defect.end) for clause in document.clauses for defect in clause.defects
    }
    return {
        "id": document.id,
        "metadata": write_metadata(document.metadata),
        "status": status,
        "counts": {
            "clauses": count_clauses(document),
            "characters": len(document.clean),
            "defects": len(defects),
        },
    }


def get_document(index: Index, id: str) -> Document:
    """Return a document; Problem 404 where the library has none of that id."""
    document = index.documents.get(id)
    if document is None:
        raise Problem(
            404,
            "document_not_found",
            f"库中没有文件 {id!r}，编号见文件列表。\n"
            f"There is no document {id!r} in the library; see the list of documents for ids.",
        )
    return document


def write_clause(index: Index, id: str, path: str, *, as_of: date | None = None) -> dict[str, Any]:
    """Return a clause and its place in its document as JSON values; Problem 404 where there is none."""
    document = get_document(index, id)
    clauses = document.clauses
    place = next((n for n, clause in enumerate(clauses) if clause.path == path), None)
    if place is None:
        raise Problem(
            404,
            "clause_not_found",
            f"文件 {id} 没有条款 {path!r}，写法如 一/（五）/13、第十二条。\n"
            f"Document {id} has no clause {path!r}; paths are written like 一/（五）/13 or 第十二条.",
        )
    clause, parents = clauses[place], find_parents(clauses)
    above = []
    parent = parents[place]
    while parent is not None:
        above.append(clauses[parent])
        parent = parents[parent]
    siblings = [n for n in range(len(clauses)) if parents[n] == parents[place]]
    order = siblings.index(place)
    status = compute_statuses([document], index.documents.values(), as_of or date.today())[id]
    return {
        "document": id,
        "title": document.metadata.title or id,
        "number": document.metadata.number,
        "status": status,
        "clause": clause.path,
        "label": format_label(clause.path),
        "kind": clause.kind,
        "level": clause.level,
        "marker": clause.marker,
        "heading": clause.heading,
        "text": clause.text,
        "quote": document.clean[clause.start : clause.end],
        "start": clause.start,
        "end": clause.end,
        "source_start": clause.source_start,
        "source_end": clause.source_end,
        "page": clause.page,
        "departments": [asdict(department) for department in clause.departments],
        "defects": [asdict(defect) for defect in clause.defects],
        "headings": [_link(other) for other in reversed(above)],
        "children": [_link(clauses[n]) for n in range(len(clauses)) if parents[n] == place],
        "previous": _link(clauses[siblings[order - 1]]) if order else None,
        "next": _link(clauses[siblings[order + 1]]) if order + 1 < len(siblings) else None,
        "index": index.fingerprint,
    }


def find_parents(clauses: Sequence[Clause]) -> list[int | None]:
    """Return for each clause, in document order, the position of the one it lies in."""
    parents: list[int | None] = []
    around: list[int] = []
    for place, clause in enumerate(clauses):
        while around and clauses[around[-1]].end <= clause.start:
            around.pop()
        parents.append(around[-1] if around else None)
        around.append(place)
    return parents


def _link(clause: Clause) -> dict[str, Any]:
    return {"clause": clause.path, "label": format_label(clause.path), "heading": clause.heading}

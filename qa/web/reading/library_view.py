"""The library as HTML: a form to find documents with, the list, and where changes are asked for.

Pure functions. The whole view is rendered for every request; the page's script replaces the parts
that have changed, so that what is being typed or in progress stays.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from documents.names import SUFFIXES
from documents.reports import count_clauses
from documents.types import Document, Status
from index.filters import filter_documents
from index.types import Filters
from qa.web.facets import Count, Facet, count_facets, match_documents
from qa.web.messages import render_message
from qa.web.places import make_link
from qa.web.reading.body import find_defects
from qa.web.reading.head import find_api
from qa.web.reading.library_texts import LIBRARY_TEXTS, LibraryTexts, Sort
from qa.web.reading.shelf import Shelf
from qa.web.status import render_status
from qa.web.texts import Texts, format_date

# Documents on one page of the list: three screens.
PAGE = 50
# The order in which suffixes are named; one that is not here comes behind them.
_ORDER = ".txt .md .html .htm .doc .docx .pdf .png .jpg .jpeg .tif .tiff .bmp .webp".split()
# Suffixes of the library, and archives.
ACCEPTED = (
    *(suffix for suffix in _ORDER if suffix in SUFFIXES),
    *sorted(SUFFIXES.difference(_ORDER)),
    ".zip",
)
# Values offered of a facet: those with the most documents. A longer list is no help.
VALUES = 60


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of the list: words in titles, 文号 and authorities, filters, order, place."""

    words: str = ""
    filters: Filters = Filters()
    sort: Sort = "title"
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the list: ``shown`` of ``found`` documents, from ``offset``, of ``total``."""

    shown: tuple[Document, ...]
    found: int
    total: int
    offset: int
    facets: Mapping[Facet, Sequence[Count]]


def select(shelf: Shelf, query: Query, day: date) -> Listing:
    """Return the page of documents that a query asks for; an offset behind the end is the last page."""
    ordered = [shelf.documents[name] for name in shelf.by_title]
    matching = match_documents(ordered, query.words) if query.words.strip() else ordered
    found = filter_documents(matching, query.filters, day, shelf.statuses)
    if query.sort != "title":
        newest = query.sort == "newest"
        dated = [document for document in found if _read_day(document)]
        dated.sort(key=lambda document: _read_day(document) or date.min, reverse=newest)
        found = [*dated, *(document for document in found if not _read_day(document))]
    last = max(0, (len(found) - 1) // PAGE * PAGE)
    offset = min(max(query.offset, 0) // PAGE * PAGE, last)
    facets = count_facets(matching, query.filters, day, statuses=shelf.statuses)
    shown = tuple(found[offset : offset + PAGE])
    return Listing(shown, len(found), len(shelf.documents), offset, facets)


def render_placeholder(texts: Texts) -> str:
    """Return what stands in the view's place until the script has fetched it."""
    words = LIBRARY_TEXTS[texts.language].script
    return (
        f'<div id="library" data-error="{escape(words["error"])}">'
        f"{render_message(words['loading'])}</div>"
    )


def render_library(
    listing: Listing,
    query: Query,
    statuses: Mapping[str, Status],
    texts: Texts,
    *,
    editable: bool = False,
) -> str:
    """Return the view: form, place to add, the list, and the dialog that asks before removing."""
    words = LIBRARY_TEXTS[texts.language]
    script = escape(json.dumps(dict(words.script), ensure_ascii=False))
    return (
        f'<section class="library-view" aria-label="{escape(words.name)}" '
        f'data-api="{find_api(texts)}" data-language="{texts.language}" '
        f'data-accepted="{" ".join(ACCEPTED)}" data-texts="{script}">'
        f"{_render_form(listing, query, texts, words)}"
        f"{_render_add(words) if editable else _render_read_only(words)}"
        f'<div class="library-work" role="group" aria-label="{escape(words.work)}"></div>'
        f'<div class="library-list">{render_list(listing, query, statuses, texts, editable)}</div>'
        f"{_render_dialog(words) if editable else ''}</section>"
    )


def render_list(
    listing: Listing,
    query: Query,
    statuses: Mapping[str, Status],
    texts: Texts,
    editable: bool,
) -> str:
    """Return the count, the table that a narrow screen shows as cards, and the paging."""
    words = LIBRARY_TEXTS[texts.language]
    if not listing.total:
        return f'<p class="count">{escape(texts.documents_none)}</p>'
    told = words.count_all.format(f"{listing.total:,}")
    if listing.found < listing.total:
        told = words.count_some.format(f"{listing.found:,}", f"{listing.total:,}")
    count = f'<p class="count">{escape(told)}</p>'
    if not listing.found:
        return f'{count}<p class="message message-empty">{escape(words.nothing)}</p>'
    names = (words.document, texts.region, words.written, words.status, words.clauses)
    rows = "".join(
        _render_row(document, statuses[document.id], names, texts, editable)
        for document in listing.shown
    )
    action = f'<th scope="col"><span class="unseen">{escape(words.action)}</span></th>'
    return (
        f"{count}"
        f'<table class="documents"><thead><tr>{_render_headings(names, query.sort, words)}'
        f"{action if editable else ''}</tr></thead><tbody>{rows}</tbody></table>"
        f"{_render_paging(listing, words)}"
    )


def _read_day(document: Document) -> date | None:
    return document.metadata.written or document.metadata.published


# --- the form ---------------------------------------------------------------------------------------


def _render_form(listing: Listing, query: Query, texts: Texts, words: LibraryTexts) -> str:
    filters = query.filters
    chosen: dict[Facet, tuple[str, str | None]] = {
        "status": (words.status, filters.status),
        "region": (words.region, filters.region),
        "authority": (words.authority, filters.authority),
        "kind": (words.kind, filters.kind),
    }
    selects = "".join(
        _render_facet(facet, name, value, listing.facets.get(facet, ()), texts, words)
        for facet, (name, value) in chosen.items()
    )
    days = "".join(
        f'<label class="field"><span>{escape(name)}</span><input type="date" name="{field}" '
        f'value="{day.isoformat() if day else ""}"></label>'
        for field, name, day in (
            ("from", words.since, filters.since),
            ("to", words.until, filters.until),
        )
    )
    orders = "".join(
        f'<option value="{sort}"{" selected" if sort == query.sort else ""}>{escape(name)}</option>'
        for sort, name in words.sorts.items()
    )
    count = sum(value is not None for _, value in chosen.values())
    count += (filters.since is not None) + (filters.until is not None)
    return (
        f'<form class="library-form" role="search" aria-label="{escape(words.search)}" action="#">'
        '<div class="library-search">'
        f'<input type="search" name="q" value="{escape(query.words)}" autocomplete="off" '
        f'aria-label="{escape(words.search)}" placeholder="{escape(words.search_placeholder)}">'
        f'<button type="submit" class="plain">{escape(words.search_button)}</button></div>'
        f'<details class="library-filters"><summary>{escape(words.filters)} '
        f'<span class="summary-note active">{count or ""}</span></summary>'
        f'<div class="fields">{selects}{days}'
        f'<label class="field"><span>{escape(words.sort)}</span>'
        f'<select name="sort">{orders}</select></label>'
        f'<button type="button" class="plain clear"{"" if count or query.words else " hidden"}>'
        f"{escape(words.clear)}</button></div></details></form>"
    )


def _render_facet(
    facet: Facet,
    name: str,
    chosen: str | None,
    counts: Sequence[Count],
    texts: Texts,
    words: LibraryTexts,
) -> str:
    offered = {count.value: count.count for count in counts[:VALUES]}
    if chosen is not None and chosen not in offered:
        offered[chosen] = next((c.count for c in counts if c.value == chosen), 0)
    labels = {str(status): label for status, label in texts.statuses.items()}
    language = "" if facet == "status" else ' lang="zh-CN"'
    options = "".join(
        f'<option{language} value="{escape(value)}"{" selected" if value == chosen else ""}>'
        f"{escape(labels[value] if facet == 'status' else value)} ({count:,})</option>"
        for value, count in offered.items()
    )
    return (
        f'<label class="field"><span>{escape(name)}</span><select name="{facet}">'
        f'<option value="">{escape(words.anything)}</option>{options}</select></label>'
    )


# --- the list ---------------------------------------------------------------------------------------


def _render_headings(names: Sequence[str], sort: Sort, words: LibraryTexts) -> str:
    document, region, written, status, clauses = map(escape, names)
    by_title = ' aria-sort="ascending"' if sort == "title" else ""
    by_day = {"newest": ' aria-sort="descending"', "oldest": ' aria-sort="ascending"'}.get(sort, "")
    turned = "oldest" if sort == "newest" else "newest"

    def button(name: str, target: str) -> str:
        label = escape(words.sort_by.format(name))
        return (
            f'<button type="button" class="sort" data-sort="{target}" title="{label}">'
            f"{name}</button>"
        )

    return (
        f'<th scope="col"{by_title}>{button(document, "title")}</th><th scope="col">{region}</th>'
        f'<th scope="col"{by_day}>{button(written, turned)}</th><th scope="col">{status}</th>'
        f'<th scope="col">{clauses}</th>'
    )


def _render_row(
    document: Document, status: Status, names: Sequence[str], texts: Texts, editable: bool
) -> str:
    words = LIBRARY_TEXTS[texts.language]
    metadata = document.metadata
    title = metadata.title or document.id
    below = " · ".join(filter(None, (metadata.number, "、".join(metadata.authorities))))
    corrected = (
        f' <span class="badge">{escape(words.corrected)}</span>' if document.corrections else ""
    )
    defects = len(find_defects(document))
    damage = (
        f'<span class="defects" title="{escape(words.defects.format(defects))}">'
        f"{escape(words.defects.format(defects))}</span>"
        if defects
        else ""
    )
    day = _read_day(document)
    cells = (
        f'<a class="source" lang="zh-CN" href="{escape(make_link(document.id))}">{escape(title)}</a>'
        f'{corrected}<span class="below" lang="zh-CN">{escape(below)}</span>',
        f'<span lang="zh-CN">{escape(metadata.region or "—")}</span>',
        escape(format_date(day, texts.language)) if day else "—",
        render_status(status, texts) + _render_expiry(metadata.expires, texts),
        f"{count_clauses(document):,}{damage}",
    )
    row = "".join(
        f'<td data-name="{escape(name)}">{cell}</td>'
        for name, cell in zip(names, cells, strict=True)
    )
    return f"<tr>{row}{_render_remove(document.id, title, words) if editable else ''}</tr>"


def _render_remove(name: str, title: str, words: LibraryTexts) -> str:
    return (
        f'<td class="action"><button type="button" class="remove" data-document="{escape(name)}" '
        f'data-title="{escape(title)}" aria-label="{escape(words.remove_name.format(title))}">'
        f"{escape(words.remove)}</button></td>"
    )


def _render_expiry(expires: date | None, texts: Texts) -> str:
    if expires is None:
        return ""
    text = texts.expires_suffix.format(format_date(expires, texts.language))
    return f'<span class="expiry">{escape(text)}</span>'


def _render_paging(listing: Listing, words: LibraryTexts) -> str:
    if listing.found <= PAGE:
        return ""
    first, last = listing.offset + 1, listing.offset + len(listing.shown)

    def button(name: str, offset: int, possible: bool) -> str:
        return (
            f'<button type="button" class="plain page" data-offset="{offset}"'
            f"{'' if possible else ' disabled'}>{escape(name)}</button>"
        )

    return (
        f'<nav class="paging" aria-label="{escape(words.paging)}">'
        f"{button(words.previous, listing.offset - PAGE, listing.offset > 0)}"
        f"<span>{escape(words.range.format(f'{first:,}', f'{last:,}'))}</span>"
        f"{button(words.next, listing.offset + PAGE, last < listing.found)}</nav>"
    )


# --- changes ----------------------------------------------------------------------------------------


def _render_add(words: LibraryTexts) -> str:
    kinds = " ".join(suffix.removeprefix(".") for suffix in ACCEPTED)
    return (
        f'<div class="library-add"><p>{escape(words.add_hint)} '
        f'<label class="plain choose">{escape(words.add)}<input type="file" multiple '
        f'class="unseen" accept="{",".join(ACCEPTED)}" aria-describedby="accepted"></label></p>'
        f'<p class="hint" id="accepted">{escape(words.accepted.format(kinds))}</p></div>'
    )


def _render_read_only(words: LibraryTexts) -> str:
    return f'<p class="read-only">{escape(words.read_only)}</p>'


def _render_dialog(words: LibraryTexts) -> str:
    return (
        '<dialog class="sheet removal" aria-labelledby="removal-title" '
        'aria-describedby="removal-text"><form method="dialog">'
        f'<h3 id="removal-title">{escape(words.remove_title)}</h3>'
        f'<p class="removal-name" lang="zh-CN"></p><p id="removal-text">{escape(words.remove_text)}'
        '</p><p class="buttons">'
        f'<button value="cancel" class="plain" autofocus>{escape(words.cancel)}</button>'
        f'<button value="remove" class="danger">{escape(words.remove_sure)}</button>'
        "</p></form></dialog>"
    )

"""The filters of a question or a search: what is chosen, and what can be, with counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from qa.web.facets import Count
from qa.web.texts import Texts

# Filled in by hand; the others are chosen from what the library has.
_LISTED = ("authority", "kind", "status")
# A list is for choosing from at a glance; the values of the most documents come first.
MOST_VALUES = 200

Facets = Mapping[str, Sequence[Count]]


def render_filters(
    place: str, chosen: Mapping[str, str], facets: Facets, texts: Texts, error: str | None = None
) -> str:
    """Return the folded form of one ``place`` of the page, and its chosen values as buttons.

    ``chosen`` are the values as the interfaces write them, and ``as_of``. ``error`` says which of
    them cannot be used.
    """
    chips = "".join(
        f'<button type="button" class="chip" data-remove="{escape(name)}"'
        f' aria-label="{escape(texts.filters_remove.format(texts.filters_named.get(name, name)))}">'
        f'{escape(show_value(name, value, texts))}<span aria-hidden="true"> ×</span></button>'
        for name, value in chosen.items()
        if value
    )
    said = chips or f'<span class="filters-all">{escape(texts.filters_all)}</span>'
    wrong = f'<p class="message-error" role="alert">{escape(error)}</p>' if error else ""
    clear = (
        f'<button type="button" class="quiet" data-clear>{escape(texts.filters_clear)}</button>'
        if chips
        else ""
    )
    return (
        '<div class="filter-line">'
        f'<button type="button" class="quiet filter-toggle" aria-expanded="{str(bool(error)).lower()}"'
        f' aria-controls="{place}-filters">{escape(texts.filters)}</button>'
        f'<span class="chips" role="group" aria-label="{escape(texts.filters)}">{said}</span>{clear}'
        f'</div><form class="filter-form" id="{place}-filters"{"" if error else " hidden"}>{wrong}'
        f"{_render_region(place, chosen, facets.get('region', ()), texts)}"
        f"{''.join(_render_list(place, n, chosen, facets.get(n, ()), texts) for n in _LISTED)}"
        f"{_render_days(place, chosen, texts)}</form>"
    )


def show_value(name: str, value: str, texts: Texts) -> str:
    """Return a filter's value as people read it."""
    if name == "status":
        return {str(status): text for status, text in texts.statuses.items()}.get(value, value)
    if name in ("from", "to", "as_of"):
        return f"{texts.filters_named[name]} {value}"
    return value


def _render_region(
    place: str, chosen: Mapping[str, str], counts: Sequence[Count], texts: Texts
) -> str:
    options = "".join(
        f'<option value="{escape(item.value)}" label="{item.count}"></option>'
        for item in counts[:MOST_VALUES]
    )
    name = f"{place}-region"
    return (
        f'<div class="field"><label for="{name}">{escape(texts.filters_named["region"])}</label>'
        f'<input id="{name}" name="region" list="{name}s" lang="zh-CN" autocomplete="off"'
        f' maxlength="40" value="{escape(chosen.get("region", ""))}"'
        f' placeholder="{escape(texts.region_placeholder)}" aria-describedby="{name}-note">'
        f'<datalist id="{name}s">{options}</datalist>'
        f'<p class="note" id="{name}-note">{escape(texts.region_kept)}</p></div>'
    )


def _render_list(
    place: str,
    facet: str,
    chosen: Mapping[str, str],
    counts: Sequence[Count],
    texts: Texts,
) -> str:
    value = chosen.get(facet, "")
    known = [(item.value, item.count) for item in counts[:MOST_VALUES]]
    if value and value not in dict(known):
        known.append((value, 0))
    options = "".join(
        f'<option value="{escape(name)}"{" selected" if name == value else ""}>'
        f"{escape(show_value(facet, name, texts))} ({count})</option>"
        for name, count in known
    )
    return (
        f'<div class="field"><label for="{place}-{facet}">'
        f"{escape(texts.filters_named[facet])}</label>"
        f'<select id="{place}-{facet}" name="{facet}">'
        f'<option value="">{escape(texts.filter_any)}</option>{options}</select></div>'
    )


def _render_days(place: str, chosen: Mapping[str, str], texts: Texts) -> str:
    labels = {"from": texts.from_day, "to": texts.to_day, "as_of": texts.as_of}
    return "".join(
        f'<div class="field"><label for="{place}-{name}">{escape(label)}</label>'
        f'<input type="date" id="{place}-{name}" name="{name}"'
        f' value="{escape(chosen.get(name, ""))}"></div>'
        for name, label in labels.items()
    )

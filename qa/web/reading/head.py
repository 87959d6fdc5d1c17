"""What a document says of itself as HTML: title, 文号, status, facts, and what was corrected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from html import escape
from urllib.parse import quote

from documents.types import Correction, Document, Status
from qa.web.places import make_link
from qa.web.reading.body import find_defects
from qa.web.reading.correction_form import render_form
from qa.web.reading.document_texts import DOCUMENT_TEXTS, DocumentTexts
from qa.web.status import render_status
from qa.web.texts import Texts, format_date


@dataclass(frozen=True, slots=True)
class Offer:
    """What the document page offers: to correct the metadata, to download the original."""

    editable: bool = False
    original: bool = False


NOTHING = Offer()


def render_head(
    document: Document, status: Status, texts: Texts, offer: Offer = NOTHING, *, level: int = 2
) -> str:
    """Return title, 文号, status and tools; ``level`` is that of the title as a heading."""
    metadata = document.metadata
    number = f'<p class="document-number">{escape(metadata.number)}</p>' if metadata.number else ""
    count = len(find_defects(document))
    damage = f'<p class="damage">{escape(texts.defects_count.format(count))}</p>' if count else ""
    title = escape(metadata.title or document.id)
    return (
        '<header class="document-head">'
        f'<h{level} class="document-title" tabindex="-1">{title}</h{level}>'
        f"{number}"
        f'<div class="document-line" lang="{texts.html_language}">{render_status(status, texts)}'
        f"{_render_tools(document, texts, offer)}</div>"
        f'<div lang="{texts.html_language}">{damage}</div>'
        "</header>"
    )


def render_facts(document: Document, texts: Texts, offer: Offer = NOTHING) -> str:
    """Return what else the document says of itself, folded, with what was corrected and how to."""
    words = DOCUMENT_TEXTS[texts.language]
    corrected = {correction.field: correction for correction in document.corrections}
    rows = "".join(
        f"<div><dt>{escape(words.fields[name])}</dt><dd>{value}"
        f"{_render_correction(corrected.get(name), words, texts, offer)}</dd></div>"
        for name, value in _read_facts(document, texts, words).items()
        if value or name in corrected
    )
    form = render_form(document, texts) if offer.editable else ""
    if not rows and not form:
        return ""
    return (
        f'<details class="facts"><summary lang="{texts.html_language}">'
        f'{escape(texts.details)}</summary><dl lang="{texts.html_language}">{rows}</dl>{form}'
        "</details>"
    )


def _render_tools(document: Document, texts: Texts, offer: Offer) -> str:
    words = DOCUMENT_TEXTS[texts.language]
    own = escape(make_link(document.id))
    tools = [
        f'<a class="tool copy-link" href="{own}">{escape(words.copy_link)}</a>',
        f'<a class="tool own-page" href="{own}" target="_blank" rel="noopener">'
        f"{escape(words.own_page)}</a>",
    ]
    if offer.original:
        address = f"{find_api(texts)}documents/{quote(document.id, safe='')}/original"
        link = f'<a class="tool" href="{escape(address)}" download>{escape(words.original)}</a>'
        tools.insert(0, link)
    return f'<span class="tools">{"".join(tools)}</span>'


def find_api(texts: Texts) -> str:
    """Return where the REST interface lies, relative to the base of a page in this language."""
    return "../api/v1/" if texts.language == "en" else "api/v1/"


def _read_facts(document: Document, texts: Texts, words: DocumentTexts) -> Mapping[str, str]:
    """Return the facts by field as HTML; "" where the document does not say."""
    metadata = document.metadata

    def show(text: str | None) -> str:
        return f'<span lang="zh-CN">{escape(text)}</span>' if text else ""

    def show_day(day: date | None) -> str:
        return escape(format_date(day, texts.language)) if day else ""

    level = f"（{words.levels[metadata.level]}）" if metadata.level else ""
    if texts.language == "en" and metadata.level:
        level = f" ({words.levels[metadata.level]})"
    return {
        # The head has title and number; here they stand only where they were corrected.
        "title": "" if not _is_corrected(document, "title") else show(metadata.title),
        "number": "" if not _is_corrected(document, "number") else show(metadata.number),
        "authorities": show("、".join(metadata.authorities)),
        "region": show(metadata.region) + (escape(level) if metadata.region else ""),
        "level": show(metadata.level)
        if _is_corrected(document, "level") or not metadata.region
        else "",
        "kind": show(metadata.kind),
        "written": show_day(metadata.written),
        "published": show_day(metadata.published),
        "effective": show_day(metadata.effective),
        "expires": show_day(metadata.expires),
        "notice": show(metadata.notice),
    }


def _is_corrected(document: Document, field: str) -> bool:
    return any(correction.field == field for correction in document.corrections)


def _render_correction(
    correction: Correction | None, words: DocumentTexts, texts: Texts, offer: Offer
) -> str:
    """Return what the source says where a field was corrected, and the way back."""
    if correction is None:
        return ""
    # A value that is not there is said, or the row would be empty.
    missing = escape(words.not_stated) if correction.value is None else ""
    found = words.corrected.format(_show_found(correction, words, texts))
    button = (
        f'<button type="button" class="withdraw" data-field="{escape(correction.field)}">'
        f"{escape(words.withdraw)}</button>"
        if offer.editable
        else ""
    )
    return f'{missing}<span class="corrected">{escape(found)} {button}</span>'


def _show_found(correction: Correction, words: DocumentTexts, texts: Texts) -> str:
    if correction.found is None:
        return words.not_stated
    if correction.field in ("written", "published", "effective", "expires"):
        return format_date(date.fromisoformat(correction.found), texts.language)
    return correction.found

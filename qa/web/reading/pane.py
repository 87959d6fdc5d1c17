"""A document as HTML: the frame of its page, beside the conversation and on its own.

Everything of the document is escaped. The parts are modules of their own: head and facts, outline,
relations, audit, body. One HTML serves both places; the style sheet lays it out by the width.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

from documents.types import Document, Status
from qa.web.messages import render_message
from qa.web.places import ANYWHERE, Place
from qa.web.reading.audit_view import render_audit
from qa.web.reading.body import render_body
from qa.web.reading.document_texts import DOCUMENT_TEXTS
from qa.web.reading.head import NOTHING, Offer, find_api, render_facts, render_head
from qa.web.reading.outline import render_outline
from qa.web.reading.relations import Relation
from qa.web.reading.relations_view import render_relations
from qa.web.texts import Texts


def render_pane(
    document: Document,
    status: Status,
    texts: Texts,
    place: Place = ANYWHERE,
    *,
    relations: Sequence[Relation] = (),
    offer: Offer = NOTHING,
    level: int = 2,
) -> str:
    """Return the document's HTML; its title is a heading of ``level``."""
    script = json.dumps(dict(DOCUMENT_TEXTS[texts.language].script), ensure_ascii=False)
    return (
        f'<article class="document" lang="zh-CN" data-document="{escape(document.id)}" '
        f'data-api="{find_api(texts)}" data-texts="{escape(script)}">'
        f"{render_head(document, status, texts, offer, level=level)}"
        f"{'' if place.holds(document.clean) else render_message(texts.moved, 'hint')}"
        f'<div class="document-about">{render_facts(document, texts, offer)}'
        f"{render_relations(relations, texts)}{render_audit(document, texts)}</div>"
        f"{render_outline(document, texts)}"
        f'<div class="document-body">{render_body(document, texts, place)}</div>'
        "</article>"
    )


def render_alone(html: str, texts: Texts, title: str | None = None) -> str:
    """Return a whole page around a document's HTML, one folder below the main page."""
    name = escape(title or texts.pane_label)
    return (
        f'<!doctype html><html lang="{texts.html_language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{name} · {escape(texts.title)}</title><base href="..">'
        '<link rel="icon" href="page/icon.png">'
        '<link rel="stylesheet" href="page/page.css">'
        '<link rel="stylesheet" href="page/document.css">'
        '<link rel="stylesheet" href="page/narrow.css">'
        '<link rel="stylesheet" href="page/print.css">'
        '<script type="module" src="page/page.js"></script>'
        '</head><body class="alone">'
        f'<nav class="back"><a href="./">{escape(texts.back)}</a></nav>'
        f"<main>{html}</main></body></html>"
    )

"""A document's relations as HTML: what it says of others, and what others say of it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import groupby

from documents.metadata import display_title
from qa.web.places import make_link
from qa.web.reading.document_texts import DOCUMENT_TEXTS, DocumentTexts
from qa.web.reading.relations import Relation
from qa.web.status import render_status
from qa.web.texts import Texts

# Documents shown of one relation before the others are folded: a law may be cited by hundreds.
RELATIONS_SHOWN = 8


def render_relations(relations: Sequence[Relation], texts: Texts) -> str:
    """Return the relations by kind, or "" where there are none."""
    if not relations:
        return ""
    words = DOCUMENT_TEXTS[texts.language]
    groups = []
    for (kind, inverse), group in groupby(relations, lambda r: (r.kind, r.inverse)):
        name = (words.told if inverse else words.stated)[kind]
        groups.append(f"<h3>{escape(name)}</h3>{_render_group(list(group), texts, words)}")
    return (
        f'<details class="relations" lang="{texts.html_language}"><summary>'
        f'{escape(words.relations)} <span class="summary-note">{len(relations)}</span></summary>'
        f'<div class="relations-body">{"".join(groups)}</div></details>'
    )


def _render_group(relations: Sequence[Relation], texts: Texts, words: DocumentTexts) -> str:
    items = [f"<li>{_render_relation(relation, texts, words)}</li>" for relation in relations]
    if len(items) <= RELATIONS_SHOWN + 1:
        return f"<ul>{''.join(items)}</ul>"
    more = words.more_relations.format(len(items) - RELATIONS_SHOWN)
    return (
        f"<ul>{''.join(items[:RELATIONS_SHOWN])}</ul><details><summary>{escape(more)}</summary>"
        f"<ul>{''.join(items[RELATIONS_SHOWN:])}</ul></details>"
    )


def _render_relation(relation: Relation, texts: Texts, words: DocumentTexts) -> str:
    title = display_title(relation.title) if relation.title else relation.number or ""
    number = relation.number if relation.title else None
    name = f'<span lang="zh-CN">{escape(title)}</span>'
    note = f'<span class="number" lang="zh-CN">{escape(number)}</span> ' if number else ""
    if relation.document is None or relation.status is None:
        return f'{name} <small>{note}<span class="outside">{escape(words.outside)}</span></small>'
    return (
        f'<a class="source" href="{escape(make_link(relation.document))}">{name}</a> '
        f"<small>{note}{render_status(relation.status, texts)}</small>"
    )

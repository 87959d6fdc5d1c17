"""The form to correct a document's metadata with."""

from __future__ import annotations

from html import escape
from typing import get_args

from documents.schema import write_metadata
from documents.types import Document, Level
from qa.web.reading.document_texts import DOCUMENT_TEXTS, DocumentTexts
from qa.web.texts import Texts

# In the order of the form; the longer texts first. ``documents.corrections`` knows the same fields.
TEXTS_LONG = ("title", "notice")
TEXTS_SHORT = ("number", "kind", "region")
DAYS = ("written", "published", "effective", "expires")


def render_form(document: Document, texts: Texts) -> str:
    """Return a button and the dialog it opens; the script sends what was changed in it.

    Each control's ``data-found`` is its value when the form was made.
    """
    words = DOCUMENT_TEXTS[texts.language]
    values = write_metadata(document.metadata)
    fields = [
        *(_render_input(name, values[name], words) for name in TEXTS_LONG),
        _render_list(values["authorities"], words),
        *(_render_input(name, values[name], words) for name in TEXTS_SHORT),
        _render_level(values["level"], words),
        *(_render_input(name, values[name], words, kind="date") for name in DAYS),
    ]
    return (
        f'<button type="button" class="plain correct">{escape(words.correct)}</button>'
        f'<p class="job-line" role="status" hidden></p>'
        f'<dialog class="sheet correction" lang="{texts.html_language}" '
        f'aria-labelledby="correction-title"><form method="dialog" novalidate>'
        f'<h3 id="correction-title">{escape(words.correct_title)}</h3>'
        f'<p class="hint">{escape(words.correct_hint)}</p>'
        f'<div class="fields">{"".join(fields)}</div>'
        '<p class="form-error" role="alert" hidden></p>'
        '<p class="buttons">'
        f'<button type="button" class="plain cancel">{escape(words.cancel)}</button>'
        f'<button type="submit" class="primary">{escape(words.save)}</button></p></form></dialog>'
    )


def _render_input(name: str, value: str | None, words: DocumentTexts, *, kind: str = "text") -> str:
    found = escape(value or "")
    wide = " wide" if name in TEXTS_LONG else ""
    language = "" if kind == "date" else ' lang="zh-CN"'
    return (
        f'<label class="field{wide}"><span>{escape(words.fields[name])}</span>'
        f'<input type="{kind}" name="{name}" value="{found}" data-found="{found}"{language} '
        'autocomplete="off"></label>'
    )


def _render_list(values: list[str], words: DocumentTexts) -> str:
    found = escape("\n".join(values))
    return (
        f'<label class="field wide"><span>{escape(words.fields["authorities"])}'
        f" <small>{escape(words.list_hint)}</small></span>"
        f'<textarea name="authorities" rows="2" data-found="{found}" lang="zh-CN">\n{found}'
        "</textarea></label>"
    )


def _render_level(value: str | None, words: DocumentTexts) -> str:
    options = "".join(
        f'<option value="{level}"{" selected" if level == (value or "") else ""}>'
        f"{escape(words.levels.get(level, '—'))}</option>"
        for level in ("", *get_args(Level))
    )
    return (
        f'<label class="field"><span>{escape(words.fields["level"])}</span>'
        f'<select name="level" data-found="{value or ""}">{options}</select></label>'
    )

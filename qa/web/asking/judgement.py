"""What a reader can say of an answer: that it helped, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from documents.types import Document
from qa.labels import format_label, format_title
from qa.types import Response
from qa.web.texts import Texts


def render_judgement(
    key: str, response: Response, documents: Mapping[str, Document], texts: Texts
) -> str:
    """Return the buttons and the folded form; ``key`` names the ask in the log."""
    name = f"reason-{key}"
    reasons = "".join(
        f'<label><input type="radio" name="{name}" value="{reason}" required>'
        f" {escape(text)}</label>"
        for reason, text in texts.reasons.items()
    )
    return (
        f'<div class="judgement" data-ask="{escape(key)}" data-thanks="{escape(texts.judge_thanks)}"'
        f' data-failed="{escape(texts.judge_failed)}">'
        f'<button type="button" class="quiet" data-verdict="up" aria-pressed="false">'
        f"{escape(texts.useful)}</button>"
        f'<button type="button" class="quiet" data-verdict="down" aria-pressed="false"'
        f' aria-expanded="false">{escape(texts.not_useful)}</button>'
        '<span class="judgement-said" role="status"></span>'
        f"<form hidden><fieldset><legend>{escape(texts.judge_which)}</legend>{reasons}</fieldset>"
        f"{_render_clauses(response, documents, texts)}"
        f"<label>{escape(texts.judge_comment)}"
        '<textarea name="comment" rows="2" maxlength="2000"></textarea></label>'
        f'<p class="judgement-actions"><button type="submit">{escape(texts.judge_send)}</button>'
        f'<button type="button" class="quiet" data-cancel>{escape(texts.judge_cancel)}</button></p>'
        "</form></div>"
    )


def _render_clauses(response: Response, documents: Mapping[str, Document], texts: Texts) -> str:
    """Return the choice of the clause that should have been cited, among what was found."""
    options = "".join(
        f'<option lang="zh-CN" value="{number}" data-document="{escape(result.document)}"'
        f' data-clause="{escape(result.clause)}">'
        f"{escape(_name(documents[result.document]))} {escape(format_label(result.clause))}</option>"
        for number, result in enumerate(response.results)
        if result.document in documents
    )
    if not options:
        return ""
    return (
        f"<label>{escape(texts.judge_clause)}"
        f'<select name="clause"><option value="">{escape(texts.judge_no_clause)}</option>'
        f"{options}</select></label>"
    )


def _name(document: Document) -> str:
    return format_title(document.metadata.title or document.id, None)

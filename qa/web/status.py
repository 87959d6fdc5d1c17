"""The badge that says whether a document is in force."""

from __future__ import annotations

from html import escape

from documents.types import Status
from qa.web.texts import Texts


def render_status(status: Status, texts: Texts) -> str:
    """Return the badge of a status, in words and, for the eye, in a colour."""
    return f'<span class="status status-{status}">{escape(texts.statuses[status])}</span>'

"""A line that stands where something will, or instead of it."""

from __future__ import annotations

from html import escape


def render_message(text: str, kind: str = "waiting") -> str:
    """Return a line that stands where the answer will, or instead of it."""
    role = "alert" if kind == "error" else "status"
    return f'<p class="message message-{kind}" role="{role}">{escape(text)}</p>'

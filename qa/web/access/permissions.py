"""Which role a request needs: one table for every address, Gradio's included.

Paths are those below a page's language prefix, as ``qa.web.boundary.split_path`` gives them.
"""

from __future__ import annotations

import re

from qa.access.types import Role

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

# Served to whoever asks: what is needed to log in, and whether the server is alive.
_PUBLIC = re.compile(r"/(?:sign-in|sign-out|healthz|readyz|favicon\.ico|robots\.txt|page/[\w.]+)")
# How the server fares.
_ADMIN = re.compile(r"/metrics")
# What was changed, by whom it is watched; and what a change leaves to look at.
_EDITOR = re.compile(r"/api/v1/jobs(?:/.*)?", re.DOTALL)
# What is sent without changing the library.
_ASKING = re.compile(
    r"/(?:api/v1/(?:ask|search|feedback)|mcp|gradio_api/(?:queue/join|queue/data|reset|cancel)/?)"
)


def find_role(method: str, path: str) -> Role | None:
    """Return the least role that may send such a request, None where nobody has to log in.

    An address that is not listed may be read by a reader; to send anything else there takes an editor.
    """
    if _PUBLIC.fullmatch(path):
        return None
    if _ADMIN.fullmatch(path):
        return "admin"
    if _EDITOR.fullmatch(path):
        return "editor"
    if method in SAFE_METHODS or _ASKING.fullmatch(path):
        return "reader"
    return "editor"

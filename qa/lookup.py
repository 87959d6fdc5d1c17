"""Documents that a question names by their 文号."""

from __future__ import annotations

from collections.abc import Iterable

from documents.types import Document
from documents.validity import number_form


def find_named(text: str, library: Iterable[Document]) -> list[Document]:
    """Return the documents of ``library`` whose 文号 stands in ``text``, whatever its brackets."""
    form = number_form(text)
    found = []
    for document in library:
        number = number_form(document.metadata.number)
        if form and number and number in form:
            found.append(document)
    return found


def without_numbers(text: str, documents: Iterable[Document]) -> str:
    """Return ``text`` in match form without the 文号 of ``documents``: what is asked of them."""
    form = number_form(text) or text
    for document in documents:
        form = form.replace(number_form(document.metadata.number) or "", " ")
    return form.strip()

"""Example questions that the library really answers: each is asked before it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice

from documents.metadata import display_title
from documents.types import Document
from qa.types import Request
from qa.web.startup import Assistant
from qa.web.texts import Texts

SHOWN = 4
# Asked at most, so that a large library's page is not held up by a search for examples.
TRIED = 12
# Documents whose headings are looked through, likewise: their texts are read for it.
READ = 100
# A heading of so many characters names a matter: shorter ones are on every document (指导思想), longer
# ones are sentences.
_HEADING = range(6, 15)


def find_examples(assistant: Assistant, texts: Texts) -> tuple[str, ...]:
    """Return questions that are answered with citations, each from another clause."""
    documents = islice(assistant.index.documents.values(), READ)
    shown: dict[tuple[str, str], str] = {}
    candidates = chain(texts.examples, _interleave(_propose(d, texts) for d in documents))
    for question, _ in zip(candidates, range(TRIED), strict=False):
        # Whether it is answered does not depend on a language model, which takes its time and price.
        response = assistant.ask(Request(question), composing=False)
        if response.outcome == "answered" and response.citations:
            first = response.citations[0]
            shown.setdefault((first.document, first.clause), question)
        if len(shown) == SHOWN:
            break
    return tuple(shown.values())


def _propose(document: Document, texts: Texts) -> Iterator[str]:
    """Yield questions on what a document's headings name, and on its validity."""
    for clause in document.clauses:
        heading = (clause.heading or "").strip("。 　")
        if clause.kind == "clause" and len(heading) in _HEADING:
            yield texts.example_matter.format(heading)
    if document.metadata.title and document.metadata.expires:
        yield texts.example_validity.format(display_title(document.metadata.title))


def _interleave(sources: Iterable[Iterator[str]]) -> Iterator[str]:
    """Yield the first of each source, then the second of each."""
    left = list(sources)
    while left:
        still = []
        for source in left:
            for item in source:
                yield item
                still.append(source)
                break
        left = still

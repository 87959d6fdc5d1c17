"""A response in a language model's words, as far as its sentences pass the gate.

The extractive answer stands wherever the model is silent, slow, wrong or not there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from documents.types import Document
from qa.errors import GenerationError
from qa.gate import read_sources
from qa.generation import Composer, translate, write
from qa.phrases import phrase
from qa.types import Citation, Frame, Generated, Notice, Response


def rewrite(
    response: Response,
    composer: Composer,
    library: Mapping[str, Document],
    frame: Frame,
    *,
    on_text: Callable[[str], None] | None = None,
) -> Response:
    """Return ``response`` with the model's answer; ``on_text`` gets its sentences as they pass.

    The response as it is, with a notice that says why, where no sentence passes or the model fails.
    """
    if not response.citations:
        return response
    question = response.understood_as or response.question
    sources = read_sources(response.citations, library)
    written = write(composer, question, sources, response.language, on_text=on_text)
    if written.text:
        closing = f"{phrase('written', frame)}\n\n{phrase('prevails', frame)}"
        generated = Generated(used=True, dropped=len(written.dropped), error=None)
        return replace(response, answer=f"{written.text}\n\n{closing}", generated=generated)
    code = written.error.code if written.error else "llm_empty"
    notice = Notice(code, phrase("llm_failed" if written.error else "llm_empty", frame))
    return replace(
        response,
        notices=(*response.notices, notice),
        generated=Generated(used=False, dropped=len(written.dropped), error=code),
    )


def translate_quotes(citations: Sequence[Citation], composer: Composer) -> list[Citation]:
    """Return the citations with a translation of each quote whose figures are all in it."""
    try:
        translations = translate(composer, [citation.quote for citation in citations])
    except GenerationError:
        return list(citations)
    return [replace(c, translation=t) for c, t in zip(citations, translations, strict=True)]

"""The document that a question describes, or a part of it named by its heading."""

from __future__ import annotations

import re
from dataclasses import dataclass

from documents.normalization import has_han
from documents.types import Clause, Document
from index.tokenization import content_words
from index.types import Index
from index.units import heading_line
from qa.targets import GAP, STRICT_NOUNS, Named, find_named, find_targets

_LEVELS = 2
_FEWEST_WORDS = 2
# Where what describes the document may end and the heading begin.
_END = re.compile(rf"{GAP}|{'|'.join(sorted(STRICT_NOUNS, key=len, reverse=True))}")
_EDGES = re.compile(
    r"^[的里中内上之在，,、\s面”\"'》〉]+|(?:(?:这|那)?(?:一|个)?(?:部分|块|章|方面))?[的里中内上之，,、\s面]*$"
)
_PLAIN = re.compile(r"[\W_]")


@dataclass(frozen=True, slots=True)
class Part:
    """A document, and the clause whose heading is named; None for the document as a whole."""

    document: Document
    clause: Clause | None = None


def find_part(text: str, index: Index) -> Part | None:
    """Return the one document that ``text`` describes, with the one part of it that it names.

    None where ``text`` says anything else, or fits several.
    """
    named = find_named(text, index)
    whole = find_targets(named, named.rest, index, loose=False)
    if whole:
        return _only(whole)
    if not has_han(text):
        return _find_but_for_one_word(named, index)
    for end in reversed([match.end() for match in _END.finditer(named.rest)]):
        name = _EDGES.sub("", named.rest[end:])
        part = _only(find_targets(named, named.rest[:end], index, loose=False)) if name else None
        clause = find_headed(part.document, name) if part else None
        if part and clause:
            return Part(part.document, clause)
    return None


def _find_but_for_one_word(named: Named, index: Index) -> Part | None:
    """Return the one document that all words but one describe: translations miss a word of a title.

    What is left must still tell a place or a name, a matter and a kind.
    """
    words = list(re.finditer(r"[A-Za-z]{4,}", named.rest))
    found: dict[str, Part] = {}
    for word in words if len(words) > _FEWEST_WORDS else ():
        rest = f"{named.rest[: word.start()]} {named.rest[word.end() :]}"
        part = _only(find_targets(named, rest, index, loose=False))
        if part:
            found[part.document.id] = part
    return next(iter(found.values())) if len(found) == 1 else None


def _only(targets: tuple[object, ...]) -> Part | None:
    [first, *others] = targets or (None,)
    return Part(first) if isinstance(first, Document) and not others else None


def find_headed(document: Document, name: str) -> Clause | None:
    """Return the one clause of the first two levels with ``name``, in match form, for its heading.

    A heading that is the name comes before those that hold it, these before those that hold its words.
    """
    headed = [
        (_PLAIN.sub("", heading_line(clause).removeprefix(clause.marker or "")), clause)
        for clause in document.clauses
        if 0 < clause.level <= _LEVELS
    ]
    plain = _PLAIN.sub("", name)
    words = [word.text for word in content_words(name)]
    tests = (
        lambda heading: heading == plain,
        lambda heading: plain in heading,
        lambda heading: bool(words) and all(word in heading for word in words),
    )
    for fits in tests:
        found = [clause for heading, clause in headed if heading and fits(heading)]
        if found:
            return found[0] if len(found) == 1 else None
    return None

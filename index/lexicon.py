"""The words of the field, from TSV files under ``lexicon/`` that are yours to edit.

``lay.tsv`` (lay, official, evidence) says how policies and statutes put what people say: a question
about 「拆迁」 is also searched as 「征收」. ``english.tsv`` (english, chinese, evidence) is read by
``index.translation``. The evidence of a row is ``CC-CEDICT``, where that dictionary glosses both words
alike, or three documents that use the second word; none of them is among the shipped samples.

``official.tsv`` (term, field, evidence) names what is regulated and served, as statutes and
administrative rules name it: certificates, taxes, insurances, permits, facilities, institutions,
classes of people and enterprises, offences. Its fields are those of administration. The evidence is
how many of 3,315 laws, regulations and judicial interpretations use the term (versions of one text
count once), at least three, or ``-`` where the term is established but younger than most of them.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources

from documents.normalization import match_form
from index.tokenization import word_boundaries
from index.types import Expansion


def expand(question: str) -> tuple[Expansion, ...]:
    """Return (lay word of the question, official term that it lacks), in the question's order.

    Both in match form. From left to right the longest lay word counts, and only where words begin
    and end: 「告」 does not stand in 「公告」.
    """
    form = match_form(question)
    lexicon, boundaries = _lay(), word_boundaries(form)
    found: dict[Expansion, None] = {}
    longest = max(map(len, lexicon), default=0)
    position = 0
    for start in sorted(boundaries):
        if start < position:
            continue
        ends = (end for end in range(start + longest, start, -1) if end in boundaries)
        lay = next((form[start:end] for end in ends if form[start:end] in lexicon), "")
        position = start + len(lay)
        found.update({(lay, term): None for term in lexicon.get(lay, ()) if term not in form})
    return tuple(found)


def find_official(text: str) -> tuple[str, ...]:
    """Return the official terms in ``text``, in match form and in its order, each once.

    From left to right the longest term counts, and none inside it. A term of two characters counts
    only where words begin and end (「会计」 does not stand in 「社会计划」); a longer one anywhere,
    because the words of a text break where a term does not.
    """
    form = match_form(text)
    terms, boundaries = official_terms(), word_boundaries(form)
    longest = max(map(len, terms), default=0)
    found: dict[str, None] = {}
    start = 0
    while start < len(form):
        ends = (
            end
            for end in range(min(start + longest, len(form)), start + 1, -1)
            if form[start:end] in terms and (end - start > 2 or {start, end} <= boundaries)
        )
        end = next(ends, start)
        if end > start:
            found[form[start:end]] = None
        start = max(end, start + 1)
    return tuple(found)


@cache
def official_terms() -> frozenset[str]:
    """Return the terms by which official documents name what they are about, in match form."""
    return frozenset(term for term, _ in read_lexicon("official"))


def read_lexicon(name: str) -> list[tuple[str, str]]:
    """Return the rows of a lexicon, (word, what it is searched as or its field), without evidence."""
    path = resources.files("index").joinpath("lexicon", f"{name}.tsv")
    rows = csv.reader(
        path.read_text(encoding="utf-8").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE
    )
    return [(word, term) for word, term, _ in rows][1:]


@cache
def _lay() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for lay, official in read_lexicon("lay"):
        found.setdefault(lay, []).append(official)
    return {lay: tuple(terms) for lay, terms in found.items()}

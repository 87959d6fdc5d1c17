"""The words of the field, from TSV files under ``lexicon/`` that are yours to edit.

``lay.tsv`` (lay, official, evidence) says how policies and statutes put what people say: a question
about 「拆迁」 is also searched as 「征收」. ``english.tsv`` (english, chinese, evidence) is read by
``index.translation``. The evidence of a row is ``CC-CEDICT``, where that dictionary glosses both words
alike, or three documents that use the second word; none of them is among the shipped samples.
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


def read_lexicon(name: str) -> list[tuple[str, str]]:
    """Return the rows of a lexicon, (word, what it is searched as), without their evidence."""
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

"""Follow-ups -> standalone questions, from the questions asked before in the same conversation."""

from __future__ import annotations

import re
from collections.abc import Sequence

from documents.normalization import has_han, match_form
from qa.places import find_places
from qa.question import understand

_OPENING = re.compile(r"^(?:那么?|还有|另外|再问|and |what about |how about )", re.IGNORECASE)
_POINTING = re.compile(
    r"(?:它|其|这个|那个|这些|上述|该)(?!他|它|中|余|次|实)|\b(?:it|its|that|those|they)\b",
    re.IGNORECASE,
)
# Asking for more of the same.
_MORE = re.compile(
    r"^(?:还有|另外|其他|其它|别的)(?:其他|其它|别的)?的?(?:吗|呢|么)?[？?。\s]*$"
    r"|^(?:anything|what) else\b",
    re.IGNORECASE,
)
# A follow-up leaves out what was said; a question with more words of its own stands alone.
_MAX_WORDS = 2


def resolve(question: str, history: Sequence[str]) -> str | None:
    """Return the standalone question that a follow-up stands for; None where it stands alone.

    「那吉林呢？」 asks the last question of another place; 「它由谁负责？」 asks further about the last
    question's matter. Earlier questions are themselves read as follow-ups of those before them.
    """
    last: str | None = None
    for earlier in history:
        last = _follow(earlier, last) or earlier
    return _follow(question, last)


def _follow(question: str, last: str | None) -> str | None:
    # A change of language starts anew: words of one cannot be put into a sentence of the other.
    if last is None or has_han(question) != has_han(last):
        return None
    places = _places(question)
    words = understand(question).words
    pointing = _OPENING.search(question) or _POINTING.search(question)
    if len(words) > _MAX_WORDS or not (pointing or not words):
        return None
    if places and not words:
        return _with_places(last, places)
    if _MORE.match(question):
        return last
    rest = _OPENING.sub("", question)
    return f"{last.rstrip('？?。 ')}{'，' if has_han(rest) else ', '}{rest}"


def _places(text: str) -> list[str]:
    """Return the places that ``text`` names, as it spells them (match form where Chinese)."""
    return [place.name for place in find_places(match_form(text) if has_han(text) else text)]


def _with_places(question: str, names: Sequence[str]) -> str:
    """Return ``question`` with the places it names replaced by ``names``."""
    chinese = has_han(question)
    question = match_form(question) if chinese else question
    joined = ("、" if chinese else " and ").join(names)
    spoken = _places(question)
    if not spoken:
        return f"{joined}{question}" if chinese else f"{question.rstrip('? ')} in {joined}?"
    first = question.index(spoken[0])
    for name in spoken[1:]:
        start = question.index(name, first + len(spoken[0]))
        before = question[:start].rstrip("、和与及" if chinese else " ,")
        question = before.removesuffix(" and") + question[start + len(name) :]
    return question[:first] + joined + question[first + len(spoken[0]) :]

"""Follow-ups -> standalone questions, from the questions asked before in the same conversation."""

from __future__ import annotations

import re
from collections.abc import Sequence

from documents.normalization import match_form
from documents.regions import region_spans
from qa.question import understand

_OPENING = re.compile(r"^(?:那么?|还有|另外|再问|and |what about |how about )", re.IGNORECASE)
_POINTING = re.compile(
    r"(?:它|其|这个|那个|这些|上述|该)(?!他|它|中|余|次|实)|\b(?:it|its|that|those|they)\b",
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
    if last is None:
        return None
    places = [name for _, _, name in region_spans(match_form(question))]
    words = understand(question).words
    pointing = _OPENING.search(question) or _POINTING.search(question)
    if len(words) > _MAX_WORDS or not (pointing or not words):
        return None
    if places and not words:
        return _with_places(match_form(last), places)
    return f"{last.rstrip('？?。 ')}，{_OPENING.sub('', question)}"


def _with_places(question: str, names: Sequence[str]) -> str:
    """Return ``question`` with the places it names replaced by ``names``."""
    joined = "、".join(names)
    spans = region_spans(question)
    if not spans:
        return f"{joined}{question}"
    for start, end, _ in reversed(spans[1:]):
        question = question[:start].rstrip("、和与及") + question[end:]
    start, end, _ = spans[0]
    return question[:start] + joined + question[end:]

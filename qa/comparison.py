"""A comparison of places -> one question for each of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import combinations

from documents.normalization import has_han, match_form
from documents.regions import Mention, Region
from qa.places import find_places

Readings = tuple[Region, ...]

# Words that ask for a comparison, so that a side on which the library is silent is told.
_CUE = re.compile(
    r"不同|区别|差别|差异|比较|对比|相比|一样|各自|各有|各打算|分别|哪家|哪个(?:更|多|高|大|好)|谁(?:更|多|高|大|好)|都在|都有"
    r"|\b(?:compar\w+|differ\w*|versus|vs|both|each|than)\b"
)
# More sides make a list of questions and no comparison that can be read.
_MOST = 4
_JOINTS = r"[、,，和与跟及同比\s]|以及|还有|and|with|versus|vs\.?|than"


def find_sides(question: str, is_documented: Callable[[Readings], bool]) -> list[Mention]:
    """Return the places that ``question`` compares; none where it compares nothing.

    Two to four places of which none holds another. Without a word that asks for a comparison, the
    library must have documents of each of them: 「四川和重庆一起造车」 speaks of one plan.
    """
    text = match_form(question) if has_han(question) else question
    places: dict[str, Mention] = {}
    for place in find_places(text):
        places.setdefault(place.name, place)
    sides = list(places.values())
    if not 2 <= len(sides) <= _MOST or any(_overlap(*pair) for pair in combinations(sides, 2)):
        return []
    asked = _CUE.search(text.lower()) is not None
    return sides if asked or all(is_documented(s.readings) for s in sides) else []


def ask_of(question: str, side: Mention, sides: Sequence[Mention]) -> str:
    """Return ``question`` asked of one side alone: the other places left out."""
    text = match_form(question) if has_han(question) else question
    names = "|".join(re.escape(place.name) for place in sides)
    text = re.sub(rf"(?:{names})(?:(?:{_JOINTS})+(?:{names}))+", side.name, text)
    others = "|".join(re.escape(place.name) for place in sides if place.name != side.name)
    return re.sub(r"\s+", " ", re.sub(others, " ", text)).strip()


def _overlap(a: Mention, b: Mention) -> bool:
    return any(x.covers(y) or y.covers(x) for x in a.readings for y in b.readings)

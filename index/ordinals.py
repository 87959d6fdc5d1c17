"""Clause numbers as questions write them, and the paths that they mean.

A question says 第三十九条第二款, 第133条之一, 第二部分第（三）条, 四（二） or 第13条; a path is 第三十九条,
二/（三）, 一/（五）/13. Both are read into ordinals with a value, so that every way of writing a numeral
is the same number. A 款 (paragraph) is never in a path and says nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from documents.numbering import read_number

_N = r"(?:[零〇○一二三四五六七八九十百千两]{1,9}|\d{1,4})"
_DIVISIONS = {"编": "part", "部分": "division", "分编": "subpart", "章": "chapter", "节": "section"}
# How a path writes an ordinal, the names of the schemes as in ``documents.numbering``.
_COMPONENT = re.compile(
    rf"第(?P<article>{_N})条(?:之(?P<sub>{_N}))?|第(?P<division>{_N})(?P<word>部分|分编|编|章|节)"
    rf"|（(?P<bracket>[^\d（）]+)）|（(?P<digits>\d+)）|(?P<half>\d+)）|附件(?P<annex>\d+)(?:-\d+)?"
    rf"|(?P<decimal>\d+(?:\.\d+)+)|(?P<inline>[^\d]+)是|(?P<circle>[①-⑳])|(?P<point>\d+)|(?P<comma>{_N})"
)

Kinds = frozenset[str]
_ARTICLE: Kinds = frozenset({"article"})
_ITEMS: Kinds = frozenset({"bracket", "digits", "point", "half", "circle", "inline"})
# What is called 第N条 in a text that has no articles.
_COUNTED: Kinds = frozenset({"comma", "bracket", "point", "digits"})


class Ordinal(NamedTuple):
    """One component of a path: its scheme, its number (of 1.2.3 the whole), the n of 第X条之n."""

    kind: str
    value: int | str
    sub: int = 0


class Wanted(NamedTuple):
    """One ordinal of a question: the schemes that it may mean, the likeliest first."""

    kinds: tuple[Kinds, ...]
    value: int | str
    sub: int = 0


@dataclass(frozen=True, slots=True)
class Number:
    """A clause number at ``start``..``end`` of a text, its ordinals from outer to inner.

    ``firm`` where it is one wherever it stands (第十二条); others (三十九条, （三）) are one only right
    behind the name of a document.
    """

    start: int
    end: int
    ordinals: tuple[Wanted, ...]
    firm: bool


@lru_cache(maxsize=65536)
def _read_component(text: str) -> Ordinal | None:
    match = _COMPONENT.fullmatch(text.partition("#")[0])
    if match is None:
        return None
    kind = match.lastgroup or ""
    if match["decimal"]:
        return Ordinal("decimal", match["decimal"])
    if match["word"]:
        kind, number = _DIVISIONS[match["word"]], match["division"]
    else:
        kind = "article" if kind == "sub" else kind
        number = match[kind]
    value = read_number(number)
    return Ordinal(kind, value, read_number(match["sub"] or "") or 0) if value else None


def read_path(path: str) -> tuple[Ordinal, ...]:
    """Return the ordinals of a clause's path; none of 首, 尾 and the title of a second body."""
    return tuple(filter(None, map(_read_component, path.split("/"))))


def last_number(path: str) -> tuple[int | str, int] | None:
    """Return the number of a path's last ordinal, which is the clause's own; None where it has none."""
    while path:
        path, _, component = path.rpartition("/")
        if ordinal := _read_component(component):
            return ordinal.value, ordinal.sub
    return None


# --- in a question --------------------------------------------------------------------------------

# What begins like a clause number and goes on as something else.
_NO_ARTICLE = r"(?!生产线|产线|线路|铁路|高速|地铁|跑道|道路|河|街|消息|短信|评论|龙|建议|意见)"
_NO_SECTION = r"(?!能|约|水|课|假|目|点|气|日|省)"
# Behind a document's name 十二条 is a clause, 十二条措施 is a count.
_NO_COUNT = (
    r"(?!的?(?:具体|新|主要|重点)*(?:措施|举措|政策|建议|任务|意见|要求|支持|扶持|奖补|内容规定))"
)
_PART = re.compile(
    rf"第(?P<list>{_N}(?:[、和与及至到\-~—]第?{_N}){{1,20}})条"
    rf"|第(?P<before>{_N})之(?P<n>{_N})条|第(?P<article>{_N})条(?:之(?P<sub>{_N}))?{_NO_ARTICLE}"
    rf"|第\((?P<bracketed>{_N})\)[条款项点]?|第(?P<number>{_N})(?P<word>部分|分编|编|章|节{_NO_SECTION})"
    rf"|第(?P<paragraph>{_N})款|第(?P<item>{_N})[项目]|附件(?P<annex>{_N})"
)
# These need a document before them, or another part.
_LOOSE = re.compile(
    rf"\((?P<bracketed>{_N})\)[条款项点]?"
    rf"|(?P<decimal>\d{{1,2}}(?:\.\d{{1,2}}){{1,4}})(?![\d.])[条款项点]?"
    rf"|(?P<article>{_N})条(?:之(?P<sub>{_N}))?{_NO_COUNT}"
    rf"|第?(?P<point>{_N})(?:点|大点|个?方面){_NO_COUNT}"
    rf"|(?P<comma>[一二三四五六七八九十]{{1,3}})、?(?=\()"
    rf"|(?P<figure>(?<=[)、])\d{{1,3}})(?![\d年月日万亿%个家元])[.、]?[条款项点]?"
)
_ENGLISH = re.compile(r"(?:article|art\.|clause)(?P<article>\d{1,4})(?!\d)")
_GLUE = re.compile(r"[的之,、]?")
_BARE_SERIES = re.compile(
    r"(?<![零〇一二三四五六七八九十百千两第之\d])[一二三四五六七八九十]{1,3}、?\([一二三四五六七八九十]{1,3}\)"
)
_MOST_LISTED = 20


def find_numbers(text: str, names: Iterable[int] = ()) -> list[Number]:
    """Return the clause numbers in ``text``, which is in match form without white space, in order.

    ``names`` are the offsets right behind the documents that it names.
    """
    found = [*_firm(text), *_behind(text, names), *_series(text)]
    kept: list[Number] = []
    for number in sorted(found, key=lambda n: (n.start, -n.end)):
        # Of a list 第三、四条 all members stand at the same place.
        if not kept or number.start >= kept[-1].end or _same_place(number, kept[-1]):
            kept.append(number)
    return kept


def _same_place(one: Number, other: Number) -> bool:
    return (one.start, one.end) == (other.start, other.end) and one.ordinals != other.ordinals


def _firm(text: str) -> Iterator[Number]:
    position = 0
    while match := _PART.search(text, position):
        position = match.end()
        if match["list"]:
            for value in _listed(match["list"]):
                yield Number(match.start(), match.end(), (_article(value),), firm=True)
            continue
        if match["item"] or match["paragraph"]:
            continue  # of which article, nobody knows
        parts, position = _chain(text, match)
        yield Number(match.start(), position, parts, firm=True)
    for match in _ENGLISH.finditer(text):
        yield Number(match.start(), match.end(), (_article(int(match["article"])),), firm=True)


def _behind(text: str, names: Iterable[int]) -> Iterator[Number]:
    for name in names:
        glue = _GLUE.match(text, name)
        start = glue.end() if glue else name
        match = _LOOSE.match(text, start)
        if match and not match["figure"]:
            parts, end = _chain(text, match)
            yield Number(start, end, parts, firm=False)


def _series(text: str) -> Iterator[Number]:
    """Yield 四（二） and its like, which stand where a phrase begins."""
    for series in _BARE_SERIES.finditer(text):
        before = text[series.start() - 1 : series.start()]
        if series.start() == 0 or before in "的和与及中里在按据照看," or not before.isalnum():
            first = _LOOSE.match(text, series.start())
            if first:
                parts, end = _chain(text, first)
                yield Number(series.start(), end, parts, firm=True)


def _chain(text: str, match: re.Match[str]) -> tuple[tuple[Wanted, ...], int]:
    """Return the ordinals that begin with ``match``, and where they end."""
    parts, end = [_wanted(match)], match.end()
    while after := _goes_on(text, end, any(map(_is_article, parts))):
        parts.append(_wanted(after))
        end = after.end()
    return tuple(part for part in parts if part is not None), end


def _goes_on(text: str, end: int, has_article: bool) -> re.Match[str] | None:
    """Return the part that goes on at ``end``; a second article is another clause."""
    after = _PART.match(text, end + (text[end : end + 1] in ("的", "之")))
    if after is not None:
        another = after["list"] or (has_article and _is_article(_wanted(after)))
        return None if another else after
    loose = _LOOSE.match(text, end)
    return loose if loose is not None and (loose["bracketed"] or loose["figure"]) else None


def _is_article(wanted: Wanted | None) -> bool:
    return wanted is not None and wanted.kinds[0] == _ARTICLE


def _article(value: int, sub: int = 0) -> Wanted:
    return Wanted((_ARTICLE, _COUNTED), value, sub)


def _wanted(match: re.Match[str]) -> Wanted | None:
    """Return what one part asks for; None for a 款."""
    found = {name: text for name, text in match.groupdict().items() if text}
    number = {name: read_number(text) or 0 for name, text in found.items()}
    if "paragraph" in found:
        return None
    if "before" in found:
        return _article(number["before"], number["n"])
    if "article" in found:
        return _article(number["article"], number.get("sub", 0))
    if "word" in found:
        kind = frozenset({_DIVISIONS[found["word"]]})
        return Wanted((kind, frozenset({"comma"})), number["number"])
    if "bracketed" in found:
        return _bracketed(found["bracketed"], number["bracketed"], match[0])
    if "decimal" in found:
        return Wanted((frozenset({"decimal"}),), found["decimal"])
    if "annex" in found:
        return Wanted((frozenset({"annex"}),), number["annex"])
    if "comma" in found:
        return Wanted((frozenset({"comma"}),), number["comma"])
    if "figure" in found:
        return Wanted((frozenset({"point"}), frozenset({"digits"})), number["figure"])
    if "point" in found:
        return Wanted((frozenset({"comma", "bracket", "point"}),), number["point"])
    return Wanted((_ITEMS,), number["item"])


def _bracketed(text: str, value: int, whole: str) -> Wanted:
    """（三） before (3), and the other way round; 第（三）条 may be an article."""
    own, other = ("digits", "bracket") if text.isdecimal() else ("bracket", "digits")
    kinds: tuple[Kinds, ...] = (frozenset({own}), frozenset({other}))
    return Wanted((_ARTICLE, *kinds) if whole.endswith("条") else (*kinds, _ITEMS), value)


def _listed(text: str) -> Iterator[int]:
    """Yield the numbers of 三、四 and 十二至十五."""
    last = 0
    for mark, numeral in re.findall(rf"(^|[、和与及至到\-~—])第?({_N})", text):
        value = read_number(numeral) or 0
        many = mark in "至到-~—" and bool(mark) and 0 < last < value <= last + _MOST_LISTED
        yield from range(last + 1, value + 1) if many else (value,)
        last = value


# --- in a document --------------------------------------------------------------------------------


class Paths:
    """The paths of one document, found by number."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._of: dict[tuple[int | str, int], list[tuple[str, tuple[Ordinal, ...]]]] = {}
        self.has_articles = False
        for path in paths:
            ordinals = read_path(path)
            if ordinals:
                last = ordinals[-1]
                self._of.setdefault((last.value, last.sub), []).append((path, ordinals))
                self.has_articles |= last.kind == "article"

    def find(self, wanted: Sequence[Wanted], *, under: str = "") -> tuple[str, ...]:
        """Return the paths that ``wanted`` may mean, none where the document has no such number.

        Paths begin with ``under``. The last ordinal is the path's own; the others stand above it in
        their order. An item that an article does not have in its path is looked for in its text:
        the article is returned. Of several, those of the likeliest scheme are left, and of these
        the outermost.
        """
        if not wanted:
            return ()
        articles = [i for i, part in enumerate(wanted) if part.kinds[0] == _ARTICLE]
        if articles and self.has_articles:
            # Chapters are not in an article's path, and an article is nothing but an article.
            first = wanted[articles[-1]]
            article = Wanted((_ARTICLE,), first.value, first.sub)
            rest = wanted[articles[-1] + 1 :]
            return self._find((article, *rest), under) or (
                self._find((article,), under) if rest else ()
            )
        return self._find(wanted, under)

    def _find(self, wanted: Sequence[Wanted], under: str) -> tuple[str, ...]:
        *above, last = wanted
        best: dict[tuple[int, ...], dict[str, list[tuple[int, str]]]] = {}
        for path, ordinals in self._of.get((last.value, last.sub), ()):
            tier = _tier(last, ordinals[-1])
            tiers = _tiers_above(above, ordinals[:-1])
            if tier is not None and tiers is not None and path.startswith(under):
                skipped = path.count("/") - len(above)
                group = best.setdefault((*tiers, tier), {})
                group.setdefault(ordinals[-1].kind, []).append((skipped, path))
        if not best:
            return ()
        return _outermost(best[min(best)])


def _outermost(by_kind: Mapping[str, Sequence[tuple[int, str]]]) -> tuple[str, ...]:
    """Return the paths with the fewest ordinals unnamed, of each kind; unique ones before others."""
    left = []
    for found in by_kind.values():
        fewest = min(skipped for skipped, _ in found)
        left.append([path for skipped, path in found if skipped == fewest])
    # A number that a scheme has once counts through the document; one it has often does not.
    alone = [paths for paths in left if len(paths) == 1]
    return tuple(path for paths in alone or left for path in paths)


def _tier(wanted: Wanted, ordinal: Ordinal) -> int | None:
    if (wanted.value, wanted.sub) != (ordinal.value, ordinal.sub):
        return None
    return next((i for i, kinds in enumerate(wanted.kinds) if ordinal.kind in kinds), None)


def _tiers_above(wanted: Sequence[Wanted], ordinals: Sequence[Ordinal]) -> tuple[int, ...] | None:
    """Return how well the outer ordinals fit, None where they do not stand there in this order."""
    tiers = []
    left = iter(ordinals)
    for part in wanted:
        tier = next((t for o in left if (t := _tier(part, o)) is not None), None)
        if tier is None:
            return None
        tiers.append(tier)
    return tuple(tiers)

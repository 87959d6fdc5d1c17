"""What a question refers to by name: documents, by 文号 or title, and clauses, by number.

Names in full are looked up in a dictionary at every place of the question, the longest first (the
「maximum munch」 of scanners); shortened titles (see ``names``) are sought at the words that end them,
among the documents that share the two characters before. A clause number belongs to the document
named last before it, else to the one named first behind it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Literal

from documents.normalization import match_form
from documents.numbering import read_number
from documents.regions import find_mentions
from index import names
from index.ordinals import Number, Paths, find_numbers, last_number
from index.stored import Outline
from index.tokenization import word_boundaries
from index.types import ClauseId, Reference, Span

# A shortened title that may mean more documents than these means none.
MOST_DOCUMENTS = 3
# A number that may mean more clauses than these goes to none of them.
MOST_CLAUSES = 6
# A shortened title says this much beside its last word; where a clause number follows, two
# characters are enough.
_TELLING = 4
_LEAST = 2
_LONGEST_SHORTENED = 40
# Names are looked for in the first so many characters: time grows with each.
_LONGEST_QUESTION = 2000
# These are called by their names from the beginning; other documents often by what is in the middle.
_FORMAL = frozenset({"法", "法典", "条例", "细则", "规则", "解释", "规定"})
# What may stand right before a shortened title; any other word would be a part of it.
_LEADS = tuple(
    "请问 问下 问一下 一下 咨询 查询 查 查看 看 看看 想看 问 说 根据 按照 依据 依照 遵照 对照 参照 违反 适用 执行 遵守 "
    "落实 介绍 解读 说明 了解 知道 比较 按 照 依 据 是 在 以及 跟 从 由 对 把 有 还有 关于 "
    "新 旧 老 现行 最新 我国 国家 中国 吗 呢 你好 您好".split()
)
# The initials of 刑诉法, 税收征管法.
_INITIALS = range(5, 1, -1)
_NEIGHBOURHOOD = 10
# Documents whose clause numbers are kept read.
_KEPT = 256
_HEADS = re.compile("|".join(sorted(map(re.escape, names.HEADS), key=len, reverse=True)))
# 公司法解释, 劳动合同法实施条例: another document than the law; 民法典的规定 is the law's own.
_DERIVED = re.compile(r"的?(?:司法)?(?:解释|实施条例|实施细则|实施办法|修正案)")
_MAKES_ANOTHER = frozenset({"解释", "条例", "细则", "办法"})
_NATIONAL = frozenset({"法", "法典", "解释"})
_SKIPPED = ("司法", "的")
# Nobody says 法 or 条例 for short, as one says 方案: what stands before is a name.
_NAMED_ALWAYS = frozenset({"法", "法典", "条例"})
_POINTING = re.compile(r"(?:^|\W|本|该|此|这个|那个|这部|那部|上述|前述|的)$")
# A number this near behind a name is written as one reference with it.
_NEAR = 2
# Courts number their interpretations of one law; behind other names （三） is a clause.
_SERIES = ("解释", "规定", "决定", "批复")
_NUMERALS = "零〇一二三四五六七八九十百千0123456789"
_SERIAL = re.compile(rf"\(([{_NUMERALS}]{{1,3}})\)|([{_NUMERALS}]{{1,2}})(?=第|$)")
_YEAR = re.compile(r"\(\d{4}")
_NUMBER_AHEAD = re.compile(rf"[的之,、]?(?:第|[{_NUMERALS}]+条|[{_NUMERALS}]*、?\()")


@dataclass(frozen=True, slots=True)
class _Name:
    """A title of a document, or of a second body in it, whose paths begin with ``under``."""

    document: str
    under: str
    stem: str
    head: str
    serial: int
    anchors: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class _Mention:
    """A name at ``start``..``end`` of the folded question."""

    start: int
    end: int
    targets: tuple[tuple[str, str], ...]
    by: Literal["number", "title"]
    short: bool = False


@dataclass(frozen=True, slots=True)
class _Word:
    """A word for a document at ``start`` of the folded question; it ``points`` to one (该办法).

    Else it ends the name of a document that is not in the library.
    """

    kind: str
    start: int
    points: bool


class Catalogue:
    """The names and clause numbers of a library's documents."""

    def __init__(self, outlines: Iterable[Outline]) -> None:
        outlines = list(outlines)
        paths = {one.document.id: one.paths for one in outlines}
        # Those of all documents would take more time and memory than all the rest of an index.
        self._paths = lru_cache(maxsize=_KEPT)(lambda id: Paths(paths[id]))
        self._having = cache(lambda: _owners(paths))
        self._titles: dict[str, dict[tuple[str, str], None]] = defaultdict(dict)
        self._whole: dict[str, dict[tuple[str, str], None]] = defaultdict(dict)
        self._numbers: dict[str, dict[tuple[str, str], None]] = defaultdict(dict)
        self._shortened: dict[tuple[str, str], list[_Name]] = defaultdict(list)
        self._laws: dict[str, list[_Name]] = defaultdict(list)
        self._kinds: dict[str, set[str]] = defaultdict(set)
        for one in outlines:
            document = one.document
            for spelling in names.number_names(document.metadata.number):
                self._numbers[spelling][document.id, ""] = None
            for title, under in _titles(one):
                self._add_title(document.id, title, under)
        self._lengths = _lengths([*self._titles, *self._numbers])

    def _add_title(self, document: str, title: str, under: str) -> None:
        for name in names.title_names(title):
            self._titles[name][document, under] = None
        for name in names.whole_names(title):
            self._whole[name][document, under] = None
        stem, serial = names.split_title(names.fold(title)[0])
        head = names.head_of(stem)
        if head is None:
            return
        self._kinds[head].add(document)
        stem = stem.removesuffix(head)
        anchors = tuple(names.find_anchors(stem)) if head in _FORMAL else None
        entry = _Name(document, under, stem, head, serial, anchors)
        if head == "法":
            self._laws[stem[0]].append(entry)
        for pair in {entry.stem[i : i + 2] for i in range(len(entry.stem) - 1)}:
            self._shortened[head, pair].append(entry)

    # --- documents

    def find_names(self, text: str) -> list[_Mention]:
        """Return the documents that folded ``text`` names, in order; mentions do not overlap."""
        exact = [m for m in self._full(text) if self._stands_alone(text, m)]
        found = [*exact, *self._shortened_in(text, exact)]
        kept: list[_Mention] = []
        # The longest; of equal ones the whole title.
        for mention in sorted(found, key=lambda m: (m.start - m.end, m.short, m.start)):
            if all(mention.end <= k.start or k.end <= mention.start for k in kept):
                kept.append(mention)
        return sorted(kept, key=lambda m: m.start)

    def _full(self, text: str) -> Iterator[_Mention]:
        for start in range(len(text)):
            for length in self._lengths.get(text[start : start + 2], ()):
                name = text[start : start + length]
                if len(name) < length:
                    continue
                if name in self._numbers:
                    yield _Mention(start, start + length, tuple(self._numbers[name]), "number")
                elif name in self._titles:
                    targets = tuple(self._whole.get(name) or self._titles[name])
                    yield _Mention(start, start + length, targets, "title")

    def _stands_alone(self, text: str, mention: _Mention) -> bool:
        """Whether the name is none by accident: no part of a longer word or of another's name."""
        if mention.by == "number":
            return True
        name = text[mention.start : mention.end]
        if name[-1] in _NUMERALS and text[mention.end : mention.end + 1] in [*_NUMERALS, "条"]:
            return False
        if _DERIVED.match(text, mention.end):
            return False
        if name.endswith(_SERIES) and _SERIAL.match(text, mention.end):
            return False  # the (三) that the library does not have
        if name not in self._whole and _YEAR.match(text, mention.end):
            return False  # a version that the library does not have
        return _is_word(text, mention.start, mention.end) and not _is_of_another_place(
            text, mention.start, name
        )

    def _shortened_in(self, text: str, exact: Sequence[_Mention]) -> Iterator[_Mention]:
        for match in _HEADS.finditer(text):
            mention = self._shortened_at(text, match.start(), match[0], exact)
            if mention is None and match[0] == "法":
                mention = self._initials_at(text, match.start())
            if mention is not None:
                yield mention

    def _shortened_at(
        self, text: str, place: int, head: str, exact: Sequence[_Mention]
    ) -> _Mention | None:
        before = place
        while skipped := next((w for w in _SKIPPED if text.endswith(w, 0, before)), None):
            before -= len(skipped)
        if head not in _MAKES_ANOTHER and any(m.end in (before, place) for m in exact):
            return None
        entries = self._shortened.get((head, text[max(before - 2, 0) : before]), [])
        if before < 2 or not entries:
            return None
        end = place + len(head)
        serial, end = _read_serial(text, end) if head in _SERIES else (0, end)
        if _DERIVED.match(text, end) or (head in _FORMAL and _YEAR.match(text, end)):
            return None
        starts = {
            entry: start
            for entry in entries
            if serial in (0, entry.serial)
            and (start := _beginning(text, reach(text, before, entry.stem, entry.anchors), end))
            is not None
        }
        if not starts:
            return None
        first = min(starts.values())
        targets = dict.fromkeys(
            (entry.document, entry.under) for entry, start in starts.items() if start == first
        )
        numbered = _NUMBER_AHEAD.match(text, end) is not None
        if before < place and not numbered:
            return None  # 劳动保护的规定 is any rule on the matter
        least = _LEAST if numbered else _TELLING
        name = text[first : place + len(head)]
        told = names.content(_without_skipped(name, head))
        if len(targets) > MOST_DOCUMENTS or len(told) < least:
            return None
        if _is_of_another_place(text, first, name):
            return None
        return _Mention(first, end, tuple(targets), "title", short=True)

    def _initials_at(self, text: str, place: int) -> _Mention | None:
        """Return the one law that 刑诉法 stands for: it begins alike and has the others in order.

        Only before a clause number.
        """
        if _NUMBER_AHEAD.match(text, place + 1) is None or _YEAR.match(text, place + 1):
            return None
        for count in _INITIALS:
            start = place - count
            if start >= 0 and _is_led(text, start) and _is_word(text, start, place + 1):
                initials = text[start:place]
                laws = [law for law in self._laws.get(initials[0], ()) if _in_order(initials, law)]
                if len({(law.document, law.under) for law in laws}) == 1:
                    target = laws[0].document, laws[0].under
                    return _Mention(start, place + 1, (target,), "title", short=True)
        return None

    def is_kind(self, targets: Iterable[tuple[str, str]], kind: str) -> bool:
        """Whether the title of one of ``targets`` ends with ``kind``."""
        return any(document in self._kinds.get(kind, ()) for document, _ in targets)

    # --- clauses

    def find_clauses(
        self, number: Number, targets: Iterable[tuple[str, str]]
    ) -> tuple[ClauseId, ...]:
        """Return the clauses that ``number`` may mean in ``targets``, (document, path prefix)."""
        return tuple(
            (document, path)
            for document, under in targets
            for path in self._paths(document).find(number.ordinals, under=under)
        )

    def find_anywhere(
        self, number: Number, kind: str | None, among: Collection[str] | None
    ) -> tuple[ClauseId, ...]:
        """Return the clauses of the one document of ``among`` that has ``number``; else none.

        ``kind`` is the word for a document before the number (该办法第三条), if any.
        """
        last = number.ordinals[-1]
        having = self._having().get((last.value, last.sub), ())
        kinds = self._kinds.get(kind or "")
        if kind in _NAMED_ALWAYS and not kinds:
            return ()
        found: tuple[ClauseId, ...] = ()
        for document in having:
            if (among is None or document in among) and (not kinds or document in kinds):
                clauses = self.find_clauses(number, [(document, "")])
                if clauses and found:
                    return ()
                found = clauses or found
        return found


def _titles(one: Outline) -> Iterator[tuple[str, str]]:
    """Yield every title in a document with what the paths below it begin with."""
    metadata = one.document.metadata
    for title in dict.fromkeys([metadata.title or one.document.id, metadata.notice or ""]):
        yield title, ""
    for path in one.titles:
        yield path.replace("／", "/"), f"{path}/"


def _owners(paths: Mapping[str, Iterable[str]]) -> dict[tuple[int | str, int], tuple[str, ...]]:
    """Return the documents that have a clause whose path ends with a number, by that number."""
    found: dict[tuple[int | str, int], dict[str, None]] = defaultdict(dict)
    for id, own in paths.items():
        for number in filter(None, map(last_number, own)):
            found[number][id] = None
    return {number: tuple(ids) for number, ids in found.items()}


def _lengths(keys: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Return the lengths of ``keys``, longest first, by their first two characters."""
    found: dict[str, set[int]] = defaultdict(set)
    for key in keys:
        found[key[:2]].add(len(key))
    return {start: tuple(sorted(lengths, reverse=True)) for start, lengths in found.items()}


def reach(text: str, end: int, stem: str, anchors: Sequence[int] | None = None) -> list[int]:
    """Return from where on ``text[…:end]`` is a shortened ``stem``, ascending; [] where nowhere.

    That is: a row of pieces of two characters or more, each of which stands in ``stem`` behind the
    one before; 的 may stand between two. The first stands at one of ``anchors``, if there are any.
    """
    # How far into the stem the pieces from a place on leave room for more, the best of all ways.
    room = {end: len(stem)}
    begins = []
    for start in range(end - 1, max(end - _LONGEST_SHORTENED, 0) - 1, -1):
        best = -1
        anchored = anchors is None
        if text[start] == "的" and room.get(start + 1, -1) >= 0 and start + 1 < end:
            best = room[start + 1]
            anchored = False
        for stop in range(start + 2, end + 1):
            piece = text[start:stop]
            if piece not in stem:
                break
            limit = room.get(stop, -1)
            found = stem.rfind(piece, 0, limit) if limit >= 0 else -1
            best = max(best, found)
            anchored |= found >= 0 and any(
                stem.startswith(piece, a) and a + len(piece) <= limit for a in anchors or ()
            )
        if best >= 0:
            room[start] = best
            if anchored and text[start] != "的":
                begins.append(start)
        elif start + 1 not in room and start + 2 not in room:
            break
    return sorted(begins)


def _in_order(characters: str, law: _Name) -> bool:
    left = iter(law.stem)
    return all(character in left for character in characters)


def _beginning(text: str, starts: Sequence[int], end: int) -> int | None:
    """Return the first of ``starts`` that no word of the same name stands before."""
    return next((s for s in starts if _is_led(text, s) and _is_word(text, s, end)), None)


def _is_led(text: str, start: int) -> bool:
    """Whether what stands before ``start`` is no part of a name that goes on there."""
    return (
        start == 0
        or not text[start - 1].isalpha()
        or text.endswith(_LEADS, 0, start)
        or names.head_of(text[:start].rstrip("和与及或")) is not None
    )


def _is_word(text: str, start: int, end: int) -> bool:
    """Whether ``text[start:end]`` begins and ends where words do: no 保险法 in 工伤保险法."""
    left = start == 0 or not text[start - 1].isalpha() or names.head_of(text[:start]) is not None
    right = (
        end == len(text)
        or not text[end].isalpha()
        or _NUMBER_AHEAD.match(text, end) is not None
        or text[end] in "的和与及或中里"
    )
    if left and right:
        return True
    # Words are cut in the neighbourhood only, for speed.
    first = max(start - _NEIGHBOURHOOD, 0)
    boundaries = _boundaries(text[first : end + _NEIGHBOURHOOD])
    return (left or start - first in boundaries) and (right or end - first in boundaries)


@lru_cache(maxsize=64)
def _boundaries(text: str) -> frozenset[int]:
    return word_boundaries(text)


def _is_of_another_place(text: str, start: int, name: str) -> bool:
    """Whether a place before the name makes it another one: 北京市 before a national 条例."""
    head = names.head_of(re.sub(r"\(?.{1,2}\)$", "", name))
    if head in _NATIONAL or start < 2 or not text[start - 1].isalpha():
        return False
    before = text[max(start - _NEIGHBOURHOOD, 0) : start]
    return any(place.end == len(before) for place in find_mentions(before))


def _read_serial(text: str, end: int) -> tuple[int, int]:
    """Return the n of 解释（n） and where the name ends; (0, ``end``) where there is none."""
    match = _SERIAL.match(text, end)
    if match is None:
        return 0, end
    value = read_number(match[1] or match[2])
    return (value, match.end()) if value else (0, end)


def _without_skipped(name: str, head: str) -> str:
    stem = name.removesuffix(head)
    for skipped in _SKIPPED:
        stem = stem.removesuffix(skipped)
    return stem + head


# --- questions ------------------------------------------------------------------------------------


def find_references(
    question: str, catalogue: Catalogue, *, among: Collection[str] | None = None
) -> tuple[Reference, ...]:
    """Return what ``question`` refers to, in order; of clauses, those in ``among`` (None: all).

    A clause number for which the question names no document means the one document of ``among``
    that has it, and nothing where several do.
    """
    text, places = names.fold(question)
    text = text[:_LONGEST_QUESTION]
    mentions = catalogue.find_names(text)
    numbers = [
        number
        for number in find_numbers(text, [mention.end for mention in mentions])
        if all(number.end <= m.start or m.end <= number.start for m in mentions)
    ]
    found: list[Reference] = []
    joined: set[_Mention] = set()
    for number in numbers:
        owner, word = _owner(text, number, mentions, catalogue)
        start = number.start
        if owner is not None and 0 <= start - owner.end <= _NEAR:
            joined.add(owner)
            start = owner.start
        elif word is not None:
            start = word.start
        if owner is not None:
            clauses = catalogue.find_clauses(number, owner.targets)
        elif word is None or word.points:
            clauses = catalogue.find_anywhere(number, word.kind if word else None, among)
        else:
            clauses = ()
        span = places[start], places[number.end - 1] + 1
        reference = _reference(owner, text[number.start : number.end], clauses, span)
        if owner is None and word is not None and not word.points:
            reference = replace(reference, absent=True)
        if among is not None:
            admitted = tuple(clause for clause in reference.clauses if clause[0] in among)
            reference = replace(reference, clauses=admitted)
        found.append(reference)
    for mention in mentions:
        if mention not in joined:
            span = places[mention.start], places[mention.end - 1] + 1
            found.append(_reference(mention, None, (), span))
    return tuple(sorted(found, key=lambda reference: (reference.start, reference.end)))


def _owner(
    text: str, number: Number, mentions: Sequence[_Mention], catalogue: Catalogue
) -> tuple[_Mention | None, _Word | None]:
    """Return the mention that ``number`` belongs to, and the word for a document before it."""
    before = [m for m in mentions if m.end <= number.start]
    if before and not names.content(text[before[-1].end : number.start]):
        return before[-1], None
    word = _word_before(text, number.start, before[-1].end if before else 0)
    if word is None:
        return before[-1] if before else (mentions[0] if mentions else None), None
    fitting = [m for m in before if word.points and catalogue.is_kind(m.targets, word.kind)]
    return (fitting[-1] if fitting else None), word


def _word_before(text: str, end: int, begin: int) -> _Word | None:
    """Return the word for a document that ends right before ``end`` of ``text[begin:]``, if any."""
    begin = max(begin, end - _LONGEST_SHORTENED)
    name = names.without_serial(text[begin:end].rstrip("的中里之,:"))
    kind = names.head_of(name)
    if kind is None:
        return None
    left = names.content(name)
    start = begin + len(left)
    if kind not in _NAMED_ALWAYS:
        places = [place.start for place in find_mentions(left) if place.end == len(left)]
        left = left[: min(places, default=len(left))]
    points = _POINTING.search(left) is not None or _is_led(left, len(left))
    return _Word(kind, start, points)


def _reference(
    mention: _Mention | None, number: str | None, clauses: tuple[ClauseId, ...], span: Span
) -> Reference:
    documents = tuple(dict.fromkeys(d for d, _ in mention.targets)) if mention else ()
    by = mention.by if mention else None
    clear = len(clauses) <= MOST_CLAUSES * max(len(documents), 1)
    missing = bool(documents) and number is not None and not clauses
    return Reference(documents, by, number, clauses if clear else (), missing, *span)


def without_names(question: str, references: Iterable[Reference]) -> str:
    """Return the match form of ``question`` without what ``references`` stand for in it."""
    form = match_form(question)
    left, position = [], 0
    for start, end in sorted((reference.start, reference.end) for reference in references):
        left.append(form[position:start])
        position = max(position, end)
    return " ".join([*left, form[position:]]).strip()

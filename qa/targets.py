"""The documents that a question is about as a whole: named in it, or described by what titles say.

A name is a 文号 or a title. A description is a word for a document (方案, 文件, plan) with words of
its title, its place and its year; it means the documents whose titles account for all of those words,
and most of them by weight. What a document of the library repeals counts as well, though it need not
be in the library. Whatever else a question says is a matter, and then it means no document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from documents.metadata import KINDS
from documents.normalization import has_han, match_form
from documents.regions import Region
from documents.types import Document, Reference
from index.filters import find_place
from index.names import fold, number_names, title_names
from index.tokenization import content_words
from index.translation import Term, translate
from index.types import Index, Span
from index.units import build_units
from index.windows import split_sentences
from qa.excerpts import cut
from qa.passages import Passage, take
from qa.places import find_places

# A description that fits more documents than these means none of them.
MOST_TARGETS = 3
# The weighted share of a description's words that a title must account for.
_MIN_COVERAGE = 0.6
# What the official term for a lay word counts.
_OFFICIAL = 0.7
# What is quoted of how a document begins, in characters, and where that is looked for.
_MAX_OPENING = 280
_FIRST_UNITS = 3
_PURPOSE = re.compile(r"(?:第一条)?(?:为|为了|根据|依据|按照)(?!的)")
# Stands where a name or a phrase was: it parts words, and is none.
GAP = "□"


@dataclass(frozen=True, slots=True)
class Repealed:
    """A document outside the library that one of the library, ``by``, repeals."""

    reference: Reference
    by: Document


Target = Document | Repealed


@dataclass(frozen=True, slots=True)
class Named:
    """What a question names: ``targets``, and the ``rest`` of its text (match form where Chinese).

    ``clause`` where it names a clause, or a document which the library does not have.
    """

    targets: tuple[Target, ...]
    rest: str
    clause: bool = False


@dataclass(frozen=True, slots=True)
class _Description:
    """What a text says of a document; ``kinds`` are the words for its kind, alternatives together.

    ``noun`` where there is a word for a document at all.
    """

    words: tuple[Term, ...]
    places: tuple[tuple[Region, ...], ...]
    years: tuple[int, ...]
    kinds: tuple[tuple[str, ...], ...]
    noun: bool


def find_named(text: str, index: Index) -> Named:
    """Return what ``text`` names by 文号 or title."""
    form = match_form(text)
    repealed, form = _take_repealed(form, index)
    references = index.find_references(form)
    if not (repealed or references or has_han(text)):
        form = text  # capitals tell the names of places
    documents = dict.fromkeys(id for reference in references for id in reference.documents)
    return Named(
        targets=(*repealed, *(index.documents[id] for id in documents)),
        rest=without_spans(form, [(r.start, r.end) for r in references]),
        clause=any(reference.number for reference in references),
    )


def without_spans(text: str, spans: Iterable[Span]) -> str:
    """Return ``text`` with a gap for each of the ``spans``, which may overlap."""
    left, position = [], 0
    for start, end in sorted(spans):
        if start >= position:
            left.append(text[position:start])
        position = max(position, end)
    return GAP.join([*left, text[position:]])


def find_targets(
    named: Named, rest: str, index: Index, *, loose: bool = True
) -> tuple[Target, ...]:
    """Return the documents that are meant; () where ``rest`` says more than what they are.

    ``rest`` is that of ``named`` without what is asked of them. With ``loose``, policy and measures
    count as words for a document wherever they stand, else only where they are pointed to.
    """
    if named.clause:
        return ()
    pattern = _NOUN if has_han(rest) else _ENGLISH_NOUN
    if not named.targets and not any(_is_noun(n, loose) for n in pattern.finditer(rest)):
        return ()
    described = _describe(rest, index, loose=loose)
    weights = [min(map(index.idf, word.forms)) for word in described.words]
    if named.targets:
        # How a document is called beside its name (这份通知) need not be its kind.
        described = replace(described, kinds=())
        return tuple(t for t in named.targets if _coverage(described, weights, t) is not None)
    if not described.noun:
        return ()
    candidates: tuple[Target, ...] = (*index.documents.values(), *_repealed(index))
    scored = [(_coverage(described, weights, target), target) for target in candidates]
    fitting = [(score, target) for score, target in scored if score is not None]
    highest = max((score for score, _ in fitting), default=0.0)
    best = [target for score, target in fitting if score > highest - 1e-9]
    # 这个办法 alone is clear only where there is but one.
    told = described.words or described.places or described.years
    return tuple(best) if len(best) <= (MOST_TARGETS if told else 1) else ()


def target_title(target: Target) -> tuple[str, str | None]:
    """Return title and 文号 of a target; its 文号 for a title where that is all there is."""
    if isinstance(target, Document):
        return target.metadata.title or target.id, target.metadata.number
    reference = target.reference
    return (
        (reference.title, reference.number) if reference.title else (reference.number or "", None)
    )


def is_subject(before: str) -> bool:
    """Whether what is asked behind ``before`` (Chinese, match form) is asked of a document.

    That is where ``before`` ends with a word for one or with a name, or where a phrase begins.
    """
    return _SUBJECT.search(before) is not None


def find_opening(document: Document) -> Passage | None:
    """Return the sentence that says what a document is for (为…制定本办法), else its first one."""
    spans = [span for unit in build_units(document)[:_FIRST_UNITS] for span in unit.spans]
    spans = spans or [(c.start, c.end) for c in document.clauses[:1]]
    sentences = [s for span in spans for s in split_sentences(document.clean, *span)]
    if not sentences:
        return None
    purposes = (s for s in sentences if _PURPOSE.match(match_form(document.clean[slice(*s)])))
    start, end = next(purposes, sentences[0])
    return take(document, start, cut(document.clean, start, end, _MAX_OPENING))


# --- names ----------------------------------------------------------------------------------------


def _repealed(index: Index) -> Iterator[Repealed]:
    """Yield the documents outside the library that its documents repeal."""
    for document in index.documents.values():
        for reference in document.metadata.repeals:
            if reference.document is None:
                yield Repealed(reference, document)


def _take_repealed(form: str, index: Index) -> tuple[tuple[Repealed, ...], str]:
    """Return the repealed documents that ``form`` names in full, and ``form`` without their names."""
    folded, places = fold(form)
    named: list[Repealed] = []
    spans: list[Span] = []
    for target in _repealed(index):
        name = next((n for n in _spellings(target.reference) if n in folded), None)
        if name is None or (name not in _numbers(target.reference) and _has_title(name, index)):
            continue  # an edition of the same title is in the library
        start = folded.index(name)
        named.append(target)
        spans.append((places[start], places[start + len(name) - 1] + 1))
    return tuple(named), without_spans(form, spans) if spans else form


def _has_title(name: str, index: Index) -> bool:
    """Whether the library has a document that folded ``name`` is the title of."""
    return any(
        reference.documents and (reference.start, reference.end) == (0, len(name))
        for reference in index.find_references(name)
    )


@lru_cache(maxsize=65536)
def _spellings(reference: Reference) -> tuple[str, ...]:
    """Return the names of a document that another one refers to, folded, the longest first."""
    names = _numbers(reference) | (title_names(reference.title) if reference.title else frozenset())
    return tuple(sorted(names, key=lambda name: (-len(name), name)))


def _numbers(reference: Reference) -> frozenset[str]:
    return number_names(reference.number)


# --- descriptions ---------------------------------------------------------------------------------

# Words for documents which as often mean what one says.
_LOOSE = tuple("政策措施 若干措施 若干政策 政策 措施 举措 规定 标准 规范 指南 目录 清单".split())
STRICT_NOUNS = tuple(k for k in KINDS if len(k) > 1 and k not in _LOOSE)
_POINTED = r"(?:那|这|该|此|本|\d年的?|新|旧|老)(?:个|份|部|项|套|条|些|版)?(?:新|旧|老)?的?"
_NOUN = re.compile(
    rf"(?P<pointed>{_POINTED})?(?:"
    rf"(?P<strict>{'|'.join(sorted(STRICT_NOUNS, key=len, reverse=True))})"
    rf"|(?P<any>(?:政策|红头)?文件)|(?P<loose>{'|'.join(_LOOSE)}))(?!化)"
)
_SUBJECT = re.compile(
    rf"(?:(?:^|[{GAP}，,。？?！!；;\s])(?:请|帮我|麻烦|给我|你好|您好|请问|问一下|想问下?)*"
    rf"|{'|'.join([*STRICT_NOUNS, *_LOOSE, '文件', '法'])}|[》〉」”\"')）]|\d号)(?:20\d\d年)?[的在\s]*$"
)
_ENGLISH_KINDS: dict[str, tuple[str, ...]] = {
    r"(?:action |work |implementation )?(?:plan|programme|program)": ("方案", "计划", "规划"),
    r"(?:guiding |implementing )?opinions?|guidance|guidelines?": ("意见", "指南", "指引"),
    "measures": ("措施", "办法"),
    "notice|circular": ("通知", "通告"),
    "regulations?|rules|provisions": ("条例", "规定", "办法", "细则", "规则"),
    "law|act": ("法",),
    "decision": ("决定",),
    "announcement": ("公告", "通告"),
    "document|policy|paper|file": (),
}
_ENGLISH_NOUN = re.compile(
    r"\b(?:" + "|".join(f"(?P<k{i}>{p})" for i, p in enumerate(_ENGLISH_KINDS)) + r")\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<!\d)(20\d{2})(?!\d)年?")
# What people say around the name of a document.
_EMPTY = frozenset(
    "是 有 在 请问 问 想 想问 问下 问一下 请教 咨询 知道 了解 告诉 麻烦 你好 您好 看 看看 查 查询 查一下 说 说说 讲 "
    "现在 目前 今天 现行 最新 当时 以前 原来 之前 新 老 旧 印发 发布 出台 公布 颁布 制定 下发 发 出 发文 年 号 版 "
    "省 市 县 区 国家 省里 市里 县里 区里 政府 省政府 市政府 关于 有关 相关 针对 里面 里 上 中 搞 弄 做 帮 叫 给 "
    "会 能 要 让 把 对 一下 什么样 s".split()
)


def _describe(text: str, index: Index, *, loose: bool) -> _Description:
    """Read what ``text``, without names and what is asked, says of a document."""
    chinese = has_han(text)
    places = find_places(text)
    text = without_spans(text, [(p.start, p.end) for p in places])
    nouns = [n for n in (_NOUN if chinese else _ENGLISH_NOUN).finditer(text) if _is_noun(n, loose)]
    years = [int(year) for year in _YEAR.findall(text)]
    bare = _YEAR.sub(GAP, without_spans(text, [_noun_span(n, chinese) for n in nouns]))
    return _Description(
        words=tuple(_words(bare, index) if chinese else _english_words(bare)),
        places=tuple(place.readings for place in places),
        years=tuple(years),
        kinds=tuple(filter(None, map(_kinds, nouns))),
        noun=bool(nouns),
    )


def _is_noun(match: re.Match[str], loose: bool) -> bool:
    groups = match.groupdict()
    return loose or not groups.get("loose") or bool(groups.get("pointed"))


def _noun_span(match: re.Match[str], chinese: bool) -> Span:
    """Return the span of the word itself: a year that points to it stays."""
    if not chinese:
        return match.span()
    group = next(name for name in ("strict", "any", "loose") if match[name])
    return match.span(group)


def _kinds(match: re.Match[str]) -> tuple[str, ...]:
    groups = match.groupdict()
    if "strict" in groups:
        return (match["strict"],) if match["strict"] else ()
    return list(_ENGLISH_KINDS.values())[int((match.lastgroup or "k0")[1:])]


def _words(text: str, index: Index) -> Iterator[Term]:
    expansions = index.expansions(text)
    for word in dict.fromkeys(word.text for word in content_words(text)):
        if word not in _EMPTY:
            official = tuple(term for lay, term in expansions if word in lay)
            yield Term(word, (word,), official=official)


def _english_words(text: str) -> Iterator[Term]:
    return (term for term in translate(text) if term.text not in _EMPTY)


# --- what fits ------------------------------------------------------------------------------------


def _coverage(described: _Description, weights: Sequence[float], target: Target) -> float | None:
    """Return the weighted share of the words that the target's title holds; None where it is another.

    A word that it does not hold at all makes it another document, as do place, year and kind.
    """
    title = _titles(target)
    if not all(any(kind in title for kind in kinds) for kinds in described.kinds):
        return None
    if not all(_is_of_year(target, year) for year in described.years):
        return None
    if not all(_is_of(target, readings) for readings in described.places):
        return None
    covered = 0.0
    for word, weight in zip(described.words, weights, strict=True):
        share = _share(word, title)
        if not share:
            return None
        covered += weight * share
    coverage = covered / sum(weights) if weights else 1.0
    return coverage if coverage >= _MIN_COVERAGE else None


def _share(word: Term, title: str) -> float:
    """Return how much of ``word`` stands in ``title``: 1 for a spelling, else that of its parts."""
    if any(form in title for form in word.forms):
        return 1.0
    # 新能源汽车 stands in 新能源和智能网联汽车.
    official = _OFFICIAL if any(_part(term, title) == 1 for term in word.official) else 0.0
    return max(official, *(_part(form, title) for form in word.forms))


def _part(form: str, title: str) -> float:
    """Return the share of the characters that stand in ``title`` beside one of their neighbours."""
    held = [form[i : i + 2] in title for i in range(len(form) - 1)]
    beside = zip([False, *held], [*held, False], strict=True)
    return sum(a or b for a, b in beside) / max(len(form), 1)


def _titles(target: Target) -> str:
    if isinstance(target, Document):
        return _form(target.metadata.title, target.metadata.notice)
    return _form(target.reference.title)


def _is_of(target: Target, readings: Sequence[Region]) -> bool:
    """Whether the target is a document of that very place, or has it in its title."""
    if any(region.short in _titles(target) for region in readings):
        return True
    document = target if isinstance(target, Document) else target.by
    region = document.metadata.region
    own = find_place(region) if region else None
    return own is not None and own in readings


def _is_of_year(target: Target, year: int) -> bool:
    if isinstance(target, Repealed):
        return str(year) in f"{target.reference.title}{target.reference.number}"
    metadata = target.metadata
    days = (metadata.written or metadata.published, metadata.effective)
    names = f"{_titles(target)}{metadata.number}"
    return any(day is not None and day.year == year for day in days) or str(year) in names


@lru_cache(maxsize=65536)
def _form(*titles: str | None) -> str:
    return "\n".join(match_form(title) for title in titles if title)

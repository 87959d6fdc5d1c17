"""Which documents the library has: of a place, a year, a kind, an authority, or all of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from documents.departments import normalize_name
from documents.metadata import KINDS
from documents.normalization import has_han, match_form
from documents.regions import Region, find_mentions, named_region
from documents.types import Document
from documents.validity import compute_status
from index.types import Index
from qa.drafts import Draft
from qa.forms.arrangement import arrange
from qa.labels import format_title
from qa.phrases import phrase
from qa.places import find_places
from qa.question import Question
from qa.targets import GAP, without_spans
from qa.types import Frame

MOST_LISTED = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which documents are asked for; empty does not limit. ``places`` are (as spelled, readings),
    ``national`` those of the state itself."""

    places: tuple[tuple[str, tuple[Region, ...]], ...] = ()
    years: tuple[int, ...] = ()
    kinds: tuple[str, ...] = ()
    authority: str = ""
    national: bool = False


def draft(question: Question, index: Index, day: date) -> Draft | None:
    """Return the list of the documents asked for, with their status on ``day``."""
    wanted = read(question.text)
    if wanted is None:
        return None
    library = tuple(index.documents.values())
    known = _STATE.search(wanted.authority) or _of_authority(library, wanted.authority)
    if wanted.authority and not known:
        return None  # no authority: it is a matter that is left
    own = select(wanted, library)
    frame = question.frame
    scope = _scope(wanted, frame)
    if own:
        lines = [
            phrase("library", frame, scope=scope, n=len(own)),
            *_list(own, library, day, frame),
        ]
    else:
        lines = [_none(wanted, frame), phrase("library_places", frame, places=_places(library))]
        if wanted.places and (above := _above(wanted, library)):
            lines += [phrase("library_above", frame), *_list(above, library, day, frame)]
    return Draft(form="library", outcome="answered", lines=arrange(lines)[0])


# --- the question ---------------------------------------------------------------------------------

# The library itself, or that it is to be listed.
_ABOUT = (
    r"有没有|有无|有哪些|有什么|有啥|有几(?:个|份|部)|有多少(?:个|份|部)?|哪些|哪几(?:个|份|部)|多少(?:个|份|部)|几(?:个|份|部)"
    r"|都有|清单|列表|列出来?|列一下|列举|一览表?|目录|收录|收藏|入库|收|存|库里面?|库中|库内|知识库|文档库|文件库|资料库|数据库|政策库"
    r"|系统(?:里面?|中)?|能查到?|能看到?|可以查到?|可以看|可查|查得到|查到|你(?:们)?(?:这里|这儿|那里|知道|了解|有|能)"
)
# As many kinds of documents are words for what a document says (有什么措施, 申报指南): only these.
_AMBIGUOUS = frozenset(
    "措施 政策措施 若干措施 标准 规范 规定 若干规定 指南 目录 清单 要点 工作要点 须知 问答 解释 法 令 函 章程 预案 "
    "应急预案 "
    "计划 工作计划 报告 答复 决定 批复 准则 规则 指引 规程 导则 守则 起草说明 编制说明 倡议书 议案 纪要 政策".split()
)
_PLAIN_KINDS = tuple(sorted({*KINDS} - _AMBIGUOUS, key=len, reverse=True))
_NOUN = rf"(?:政策|政府)?(?:法规|规章|规范性)?(?:文件|文档|资料|公文|法规|文本)|法律|政策|{'|'.join(_PLAIN_KINDS)}"
_LAWS = {"法律": "法"}
_FILLER = (
    r"请问|请|想问(?:一下|下)?|问(?:一下|下)|麻烦|帮我|给我|帮忙|我想|想|你好|您好|看看|看一下|看|查一下|查询|查|找一下|找"
    r"|告诉我|介绍|现在|目前|当前|全部|所有|一共|总共|共|都|关于|有关|相关|对于|是|有|的|了|过|吗|么|呢|嘛|吧|啊|呀|没有|没|不"
    r"|可以|可|能|里面|里|中|内|上|在|和|与|及|或|以及|跟|出台|印发|发布|发|制定|公布|颁布|下发|写|成文|份|个|部|些|到|本|这|这个|这里|您|你们|你|我们"
    r"|贵库|贵|按|各|分别|省市|那边|那儿|那里|这边|类型?|性质|材料|哪里|哪儿|一份|省里|市里|年|哪|什么|各地区?|地区|地方"
)
_SPACE = re.compile(rf"[{GAP}\s，,。.？?！!、；;：:“”\"'《》]+")
_YEAR = re.compile(r"(?<!\d)(20\d{2})(?!\d)年?度?")
_CUE = re.compile(rf"(?:{_ABOUT})")
_NATIONAL = re.compile(r"国家(?:级|层面|出台)|(?:国家|中央|全国)(?=的)")
_ENGLISH_NATIONAL = re.compile(r"\b(?:national|central)\b", re.IGNORECASE)
# 有什么办法 asks for a way out: a kind alone needs words that ask for a list.
_LISTED = re.compile(
    r"哪些|哪几|有几|几(?:个|份|部)|多少|清单|列|一览|目录|收录|入库|库里|库中|库内|知识库|文档库|数据库|系统|查|类的?(?:材料|文件)"
)
# 江西那边的有啥, 2024年出台的有哪一份: documents of a place or a year, without a word for them.
_UNNAMED = re.compile(
    r"(?:的|那边|那儿)(?:都|还|又|一共|总共)*(?:收录?了?|有)(?:些)?(?:什么|啥|哪些|哪(?:几|一)?[份个部]|几[份个部]|多少[份个部]?)"
    r"(?:呢|呀|啊)*[？?。\s]*$"
)
_STATE = re.compile(r"^(?:国务院|中共中央|党中央|全国人大|全国人民代表大会)")
_NOUNS = re.compile(_NOUN)
_FILLERS = re.compile(_FILLER)
_AUTHORITY = re.compile(r"[\u4e00-\u9fff]{2,20}(?:[厅局委办部府院室署]|委员会)$")
_ENGLISH_NOUN = re.compile(
    r"\b(?:policy |source |official )?"
    r"(?:documents?|docs?|files?|policies|texts?|papers?|regulations|laws|notices|plans|opinions)\b",
    re.IGNORECASE,
)
_ENGLISH_KINDS = {
    "regulations": ("条例", "规定", "办法", "细则"),
    "laws": ("法",),
    "notices": ("通知",),
    "plans": ("方案", "计划", "规划"),
    "opinions": ("意见",),
}
_ENGLISH_ABOUT = re.compile(
    r"\b(?:which|what|any|list|show|library|database|collection|do you have|have you got|are there|is there|"
    r"available|how many|index(?:ed)?)\b",
    re.IGNORECASE,
)
_ENGLISH_FILLER = re.compile(
    r"\b(?:all|any|the|of|your|my|me|you|do|does|have|has|got|are|is|was|were|there|here|in|on|from|for|about|by|"
    r"come|comes|it|its|please|can|could|give|tell|us|a|an|and|or|every|hold|holds|contain|contains|cover|covered|"
    r"issued|published|written|dated|year|province|city|concerning|s|provincial|municipal|national|central|government)\b",
    re.IGNORECASE,
)


def read(text: str) -> Wanted | None:
    """Return which documents a question about the library asks for; None where it asks for a matter.

    Every word of it must belong to the asking.
    """
    if not has_han(text):
        return _read_english(text)
    form = match_form(text)
    nouns = _NOUNS.findall(form) if _CUE.search(form) else []
    kinds = [_LAWS.get(noun, noun) for noun in nouns if noun in _PLAIN_KINDS or noun in _LAWS]
    if not nouns and not _UNNAMED.search(form):
        return None
    if nouns and (len(kinds) == len(nouns) and not _LISTED.search(form)):
        return None
    years = tuple(int(year) for year in _YEAR.findall(form))
    rest = _YEAR.sub(GAP, form)
    national = _NATIONAL.search(rest) is not None
    rest = _NOUNS.sub(GAP, _CUE.sub(GAP, _NATIONAL.sub(GAP, rest)))
    # As every word must be accounted for, a name is not read across two of them.
    places = find_mentions(rest)
    rest = without_spans(rest, [(p.start, p.end) for p in places])
    pieces = [p for p in _SPACE.split(_FILLERS.sub(GAP, rest)) if p]
    named = tuple((place.name, place.readings) for place in places)
    if not nouns and (pieces or not (named or years)):
        return None
    if not pieces:
        return Wanted(named, years, tuple(dict.fromkeys(kinds)), national=national)
    # What is left may be an authority; its name holds words that were taken out.
    authority = max(_SPACE.split(_strip(rest)), key=len)
    left = _FILLERS.sub(GAP, rest.replace(authority, GAP))
    if _SPACE.sub("", left) or not _AUTHORITY.fullmatch(authority):
        return None
    name = re.sub(r"(?<!人民)政府", "人民政府", re.sub(r"^[省市县区](?=.{3})", "", authority))
    return Wanted(named, years, tuple(dict.fromkeys(kinds)), normalize_name(name))


def _strip(text: str) -> str:
    """Return ``text`` without the words of asking around each piece of it."""
    edge = re.compile(rf"^(?:{_FILLER})+|(?:{_FILLER})+$")
    return GAP.join(edge.sub("", piece) for piece in _SPACE.split(text))


def _read_english(text: str) -> Wanted | None:
    if not (_ENGLISH_ABOUT.search(text) and (noun := _ENGLISH_NOUN.search(text))):
        return None
    places = find_places(text)
    rest = without_spans(text, [(p.start, p.end) for p in places])
    for pattern in (_YEAR, _ENGLISH_NOUN, _ENGLISH_ABOUT, _ENGLISH_FILLER):
        rest = pattern.sub(" ", rest)
    if any(character.isalnum() for character in rest):
        return None
    return Wanted(
        tuple((place.name, place.readings) for place in places),
        tuple(int(year) for year in _YEAR.findall(text)),
        _ENGLISH_KINDS.get(noun[0].lower(), ()),
        national=_ENGLISH_NATIONAL.search(text) is not None,
    )


# --- the documents --------------------------------------------------------------------------------


def select(wanted: Wanted, library: Iterable[Document]) -> list[Document]:
    """Return the documents asked for, the latest first: of the places themselves, or inside them."""
    found = [document for document in library if _is_wanted(wanted, document)]
    return sorted(found, key=lambda d: (-_written(d).toordinal(), d.id))


def _is_wanted(wanted: Wanted, document: Document) -> bool:
    metadata = document.metadata
    region = _region(document)
    return (
        (not wanted.years or _written(document).year in wanted.years)
        and (not wanted.kinds or any(_is_kind(metadata.kind, kind) for kind in wanted.kinds))
        and (not wanted.national or metadata.level == "国家")
        and (not wanted.authority or bool(_of_authority([document], wanted.authority)))
        and (
            not wanted.places
            or any(
                region is not None and place.covers(region)
                for _, readings in wanted.places
                for place in readings
            )
        )
    )


def _is_kind(kind: str | None, wanted: str) -> bool:
    """Whether a document's kind is the wanted one, or a sort of it: 行动方案 is a 方案, 办法 no 法."""
    return kind is not None and (kind == wanted or (len(wanted) > 1 and kind.endswith(wanted)))


def _above(wanted: Wanted, library: Iterable[Document]) -> list[Document]:
    """Return the documents that apply in the places asked about because they come from above."""
    places = [place for _, readings in wanted.places for place in readings]
    unplaced = replace(wanted, places=())
    return [
        document
        for document in select(unplaced, library)
        if document.metadata.level == "国家"
        or any((region := _region(document)) and region.covers(place) for place in places)
    ]


def _region(document: Document) -> Region | None:
    name = document.metadata.region
    return named_region(match_form(name)) if name else None


def _written(document: Document) -> date:
    return document.metadata.written or document.metadata.published or date.min


def _of_authority(library: Iterable[Document], authority: str) -> list[Document]:
    """Return the documents of an authority, named with or without its place."""
    return [
        document
        for document in library
        if any(
            normalize_name(match_form(name)).endswith(authority)
            for name in document.metadata.authorities
        )
    ]


# --- the answer -----------------------------------------------------------------------------------


def _list(
    documents: Sequence[Document], library: Sequence[Document], day: date, frame: Frame
) -> list[str]:
    lines = [
        f"{number}. {describe(document, library, day, frame)}"
        for number, document in enumerate(documents[:MOST_LISTED], 1)
    ]
    more = len(documents) - MOST_LISTED
    return [*lines, phrase("library_more", frame, n=more)] if more > 0 else lines


def describe(document: Document, library: Iterable[Document], day: date, frame: Frame) -> str:
    """Return title and 文号 of a document, its authorities, its date and its status on ``day``."""
    metadata = document.metadata
    status = compute_status(document, library, day)
    dated = "written" if metadata.written else "published"
    written = metadata.written or metadata.published
    facts = [
        "、".join(metadata.authorities),
        phrase(f"fact_{dated}", frame, day=written) if written else "",
        phrase(f"status_{status}", frame),
    ]
    title = format_title(metadata.title or document.id, metadata.number)
    return f"{title} {phrase('fact_join', frame).join(filter(None, facts))}"


def _none(wanted: Wanted, frame: Frame) -> str:
    return phrase("library_none", frame, scope=_scope(wanted, frame))


def _scope(wanted: Wanted, frame: Frame) -> str:
    """Return what the list is limited to, in the words of the question."""
    parts = ["、".join(dict.fromkeys(name for name, _ in wanted.places))]
    parts += [phrase("library_national", frame)] if wanted.national else []
    parts += ["、".join(map(str, wanted.years)), wanted.authority, "、".join(wanted.kinds)]
    told = " ".join(filter(None, parts))
    return phrase("library_scope", frame, told=told) if told else ""


def _places(library: Iterable[Document]) -> str:
    return "、".join(dict.fromkeys(d.metadata.region for d in library if d.metadata.region))

"""What a department does: every clause that assigns it a duty, by document and role."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import groupby

from documents.departments import normalize_name
from documents.normalization import has_han, match_form
from documents.regions import Region, find_mentions
from documents.types import Clause, DepartmentRole, Document
from index.filters import find_place
from index.translation import translate
from index.types import Index
from qa.drafts import Draft
from qa.forms.arrangement import Item, arrange
from qa.forms.lookup import quote_head
from qa.forms.part import find_part
from qa.labels import format_title
from qa.phrases import phrase
from qa.places import find_places
from qa.question import Question
from qa.targets import without_spans
from qa.types import Frame

MOST_CLAUSES = 30
# A longer question asks for more than a department's duties.
_LONGEST = 60
_ROLES: Sequence[DepartmentRole] = ("lead", "responsible", "support")


@dataclass(frozen=True, slots=True)
class Body:
    """The parts of a department's name.

    ``core`` in full form without what stands before it; ``level`` 省, 市 … or 各市; ``places`` the
    readings of its place, () where it names none.
    """

    core: str
    level: str
    places: tuple[Region, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A department whose duties are asked for, in ``roles``; of an English name the ``words``."""

    body: Body
    roles: tuple[DepartmentRole, ...]
    words: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class _Duty:
    """A clause and the role that a department, by its full ``name``, has in it."""

    document: Document
    clause: Clause
    role: DepartmentRole
    name: str


def draft(question: Question, index: Index, day: date) -> Draft | None:
    """Return the clauses in which the department that the question names has a role."""
    asked, library = read(question.text), tuple(index.documents.values())
    if asked is None:
        asked, library = _read_scoped(question.text, index)
    if asked is None:
        return None
    every = find_duties(asked, library)
    if not every:
        return None
    duties = [duty for duty in every if duty.role in asked.roles]
    lines, passages = arrange(_say(duties or every, question.frame))
    if not duties:
        # It has duties, but not in the role asked about.
        return Draft("duties", "partial", passages=passages, lines=lines, reason="not_stated")
    return Draft("duties", "answered", passages=passages, lines=lines)


# --- the question ---------------------------------------------------------------------------------

_BODY = r"[\u4e00-\u9fff]{1,18}?(?:[部厅局委办院行署社处]|委员会|办公室|政府|中心|公司|联合会|协会|海关|银行)"
_WHAT = r"(?:什么|啥|哪些|哪几?(?:项|条|个|件)|那些|些什么)"
_WORK = r"(?:工作|事项?|任务|职责|职能|责任|条款|方面|内容|项目|事情|东西)"
_ACT = r"(?:牵头|负责|主管|主办|承担|配合|参与|协助|管)"
_DUTY = r"(?:职责|职能|任务|责任|分工)"
_HEAD = r"(?:请问|想问(?:一下|下)?|问(?:一下|下)|请教|你好|您好|[，,。\s])*"
_MIDDLE = (
    r"(?:(?:具体|主要|都|要|需要?|应当?|应该|会|得|共|一共|分别|到底"
    r"|在(?:这些|上述)?(?:文件|政策|方案|库)(?:里面?|中))*)"
)
_DONE = r"(?:的|了|着|做|干|落实|推进|实施|组织)*"
_TAIL = r"(?:有(?:关|哪些)?|的|了|呢|吗|呀|啊|[？?。！!\s])*$"
# 商务厅负责什么, 商务厅的职责, 哪些工作由商务厅负责.
_ASKS = (
    re.compile(
        rf"{_HEAD}(?P<name>{_BODY}){_MIDDLE}(?P<act>{_ACT}){_DONE}"
        rf"(?:{_WHAT}(?:的?{_WORK})?|的?{_WORK}(?:有|是|包括)*{_WHAT}?){_TAIL}"
    ),
    re.compile(
        rf"{_HEAD}(?P<name>{_BODY})的?{_MIDDLE}(?:工作)?(?P<act>{_DUTY})"
        rf"(?:是|有|包括|都|分工|主要)*{_WHAT}?{_TAIL}"
    ),
    re.compile(
        rf"{_HEAD}有?{_WHAT}(?:{_WORK})?(?:是|由|归)+(?P<name>{_BODY})来?(?P<act>{_ACT})的?{_TAIL}"
    ),
)
# A department and what it has to do in a document: 省民政厅在安徽集群培育里要干什么, 意见中，省民政厅负责什么.
_SCOPED = (
    re.compile(
        rf"{_HEAD}(?P<name>{_BODY})在(?P<scope>.{{2,30}}?)(?:里面?|之?中|之?内|上)?[，,\s]*"
        rf"(?P<asks>{_MIDDLE}(?:{_ACT}|干|做|有).+)$"
    ),
    re.compile(
        rf"{_HEAD}(?P<scope>.{{2,30}}?)(?:里面?|之?中|之?内)[，,\s]*(?P<name>{_BODY})"
        rf"(?P<asks>{_MIDDLE}(?:{_ACT}|干|做|有).+)$"
    ),
    re.compile(rf"{_HEAD}(?P<name>{_BODY})的?\s*(?P<asks>{_DUTY})\s*(?P<scope>[^\s].{{2,30}})$"),
)
_DOES = re.compile(rf"{_MIDDLE}(?:干|做)(?:些|点|的)?(?:是)?{_WHAT}(?:{_WORK})?{_TAIL}")
_ENGLISH_SCOPE = re.compile(
    r"\s(?:under|according to|within|in)\s+(?P<scope>(?:the|that|this)\s.+?)\W*$", re.IGNORECASE
)
_ACTS: dict[str, tuple[DepartmentRole, ...]] = {
    "牵头": ("lead",),
    "主办": ("lead",),
    "配合": ("support",),
    "协助": ("support",),
}
# The official English names of Chinese departments, where a dictionary would go astray.
_ENGLISH_NAMES = {
    "agriculture and rural affairs": "农业农村",
    "civil affairs": "民政",
    "commerce": "商务",
    "culture and tourism": "文化和旅游",
    "development and reform": "发展和改革",
    "ecology and environment": "生态环境",
    "economy and information technology": "经济和信息化",
    "education": "教育",
    "emergency management": "应急管理",
    "energy": "能源",
    "finance": "财政",
    "health": "卫生健康",
    "housing and urban-rural development": "住房和城乡建设",
    "human resources and social security": "人力资源和社会保障",
    "industry and information technology": "工业和信息化",
    "justice": "司法",
    "market regulation": "市场监督管理",
    "market supervision": "市场监督管理",
    "natural resources": "自然资源",
    "public security": "公安",
    "science and technology": "科学技术",
    "transport": "交通运输",
    "transportation": "交通运输",
    "water resources": "水利",
}
_OFFICIAL_ENGLISH = re.compile(
    rf"\b(?:{'|'.join(sorted(_ENGLISH_NAMES, key=len, reverse=True))})\b", re.IGNORECASE
)
_ENGLISH_ACTS: dict[str, tuple[DepartmentRole, ...]] = {"lead": ("lead",), "supp": ("support",)}
_LEVEL = re.compile(
    r"(?:全|本|我)?(?P<level>各?(?:[省市县区州]|自治区))(?:[（(][^（）()]*[）)])?级?(?=.{2})"
)
_ENGLISH_BODY = r"(?:department|bureau|commission|office|ministry|administration)"
_ENGLISH_ASKS = re.compile(
    r"\b(?P<act>responsib\w*|in charge|duties|tasks?|leads?|leading|supports?)\b", re.IGNORECASE
)
# Asks for the department, and not for its duties.
_ENGLISH_WHO = re.compile(rf"\b(?:which|what) {_ENGLISH_BODY}|\bwho\b|\bby whom\b", re.IGNORECASE)
_ENGLISH_FILLER = re.compile(
    rf"\b(?:{_ENGLISH_BODY}|responsib\w*|in charge|duties|tasks?|leads?|leading|supports?|work|clauses?|"
    r"provincial|municipal|province|city|national|assigned|s)\b",
    re.IGNORECASE,
)


def read(text: str) -> Asked | None:
    """Return the department whose duties a question asks for; None where it asks for anything else."""
    if not has_han(text):
        return _read_english(text)
    form = match_form(text)
    matches = (asks.match(form) for asks in _ASKS) if len(form) <= _LONGEST else iter(())
    match = next(filter(None, matches), None)
    if match is None:
        return None
    name, act = match["name"], match["act"]
    return Asked(read_body(name), _ACTS.get(act, tuple(_ROLES)))


def _read_scoped(text: str, index: Index) -> tuple[Asked | None, tuple[Document, ...]]:
    """Return the department asked about in a document that the question describes, and that document."""
    for name, asks, scope in _take_scopes(text):
        # 做什么 asks for all roles, as 职责 does.
        asked = read(f"{name}的职责" if _DOES.fullmatch(asks) else f"{name}{asks}")
        if asked is None:
            continue
        place = "".join(m.name for m in find_places(name)[:1])
        noun = " document" if asked.words else "文件"
        # Its place may be that of the document, too, and a scope need have no word for a document.
        for described in (f"{place} {scope}", scope, f"{place}{scope}{noun}", f"{scope}{noun}"):
            part = find_part(described, index)
            if part is not None and part.clause is None:
                return asked, (part.document,)
    return None, ()


def _take_scopes(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield the ways to read a question as a department, what is asked of it, and in what."""
    if not has_han(text):
        match = _ENGLISH_SCOPE.search(text)
        if match:
            yield text[: match.start()], "", match["scope"]
        return
    form = match_form(text)
    if len(form) <= _LONGEST:
        for match in filter(None, (pattern.match(form) for pattern in _SCOPED)):
            yield match["name"], match["asks"], match["scope"]


@lru_cache(maxsize=65536)
def read_body(name: str) -> Body:
    """Take a department's name apart; in match form, as a clause or a question writes it."""
    first = next((m for m in find_mentions(name) if m.start == 0 and m.end < len(name)), None)
    rest = name[first.end :] if first else name
    match = _LEVEL.match(rest)
    core = normalize_name(rest[match.end() :] if match else rest)
    return Body(core, match["level"] if match else "", first.readings if first else ())


def _read_english(text: str) -> Asked | None:
    asks = _ENGLISH_ASKS.search(text)
    if (
        asks is None
        or _ENGLISH_WHO.search(text)
        or not re.search(_ENGLISH_BODY, text, re.IGNORECASE)
    ):
        return None
    places = find_places(text)
    rest = _ENGLISH_FILLER.sub(" ", without_spans(text, [(p.start, p.end) for p in places]))
    official = _OFFICIAL_ENGLISH.search(rest)
    if official:
        rest = f"{rest[: official.start()]} {rest[official.end() :]}"
    words = tuple(term.forms for term in translate(rest))
    if official:
        # Beside the official name any other word is a matter.
        words = () if words else ((_ENGLISH_NAMES[official[0].lower()],),)
    roles = _ENGLISH_ACTS.get(asks["act"].lower()[:4], tuple(_ROLES))
    readings = tuple(region for place in places for region in place.readings)
    return Asked(Body("", "", readings), roles, words) if words else None


# --- the clauses ----------------------------------------------------------------------------------


def find_duties(asked: Asked, library: Iterable[Document]) -> list[_Duty]:
    """Return the clauses in which the department has a role, by document, role and position."""
    found: dict[tuple[str, str, DepartmentRole], _Duty] = {}
    for document in library:
        here = document.metadata.region
        region = find_place(here) if here else None
        meant = {
            name
            for name in document.departments
            if _is_meant(asked, read_body(match_form(name)), region)
        }
        # A body may lie on disk: only those that name the department are looked into.
        for clause in document.clauses if meant else ():
            for department in clause.departments:
                if department.name in meant:
                    duty = _Duty(document, clause, department.role, department.name)
                    found.setdefault((document.id, clause.path, department.role), duty)
    duties = list(found.values())
    if asked.words and duties:
        # The words of a translation stand in longer names, too: the shortest is the department.
        core = min((_core(duty) for duty in duties), key=lambda name: (len(name), name))
        duties = [duty for duty in duties if _core(duty) == core]
    order = {id: number for number, id in enumerate(dict.fromkeys(d.document.id for d in duties))}
    return sorted(
        duties, key=lambda d: (order[d.document.id], _ROLES.index(d.role), d.clause.start)
    )


def _core(duty: _Duty) -> str:
    return read_body(match_form(duty.name)).core


def _is_meant(asked: Asked, body: Body, here: Region | None) -> bool:
    """Whether ``body``, named in a document of ``here``, is the department asked about."""
    if asked.words:
        named = all(any(_holds(body.core, form) for form in forms) for forms in asked.words)
    else:
        named = body.core == asked.body.core
    return named and _is_there(asked.body, body, here)


def _holds(core: str, form: str) -> bool:
    """Whether a name holds a word: 信息化 begins as 信息技术 does."""
    return form in core or form[:2] in core


def _is_there(asked: Body, body: Body, here: Region | None) -> bool:
    """Whether place and level of a body are those asked about; what is not said fits any."""
    if asked.places and not any(place in asked.places for place in body.places or (here,)):
        return False
    levels = {body.level} if body.level else {place.level for place in body.places}
    return not asked.level or not levels or asked.level in levels


# --- the answer -----------------------------------------------------------------------------------


def _say(duties: Sequence[_Duty], frame: Frame) -> Iterator[Item]:
    names = "、".join(dict.fromkeys(duty.name for duty in duties))
    yield phrase("duties", frame, who=names, n=len(duties))
    listed = duties[:MOST_CLAUSES]
    for id, of_document in groupby(listed, key=lambda duty: duty.document.id):
        group = list(of_document)
        metadata = group[0].document.metadata
        yield format_title(metadata.title or id, metadata.number)
        for role, of_role in groupby(group, key=lambda duty: duty.role):
            yield phrase("duties_role", frame, role=phrase(role, frame))
            yield from (quote_head(duty.document, duty.clause) for duty in of_role)
    if len(duties) > len(listed):
        yield phrase("duties_more", frame, n=len(listed))

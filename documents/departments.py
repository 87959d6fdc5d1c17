"""Duties -> departments: （省科技厅牵头，省教育厅按职责分工负责）, （责任单位：…，配合单位：…）.

Only brackets and sentences that begin with such a label are read: they are where policy documents
assign a clause, and what stands there is a list. The role comes from the label before a list or the
verb behind it. ``departments.tsv`` says how the names are abbreviated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

from documents.errors import DocumentError
from documents.normalization import match_form
from documents.types import Department, DepartmentRole

_TASK = (
    "(?:牵头|牽頭|主责|主責|责任|責任|主办|主辦|承办|承辦|协办|協辦|配合|参与|參與|参加|參加|负责|負責|实施|實施"
    "|落实|落實|主管)"
)
_BODY = "(?:单位|單位|部门|部門|主体|主體)"
_LABEL = re.compile(rf"{_TASK}{_BODY}?[:：]")
_OTHER_LABEL = re.compile(r"[\u4e00-\u9fff]{2,8}[:：]")
_DUTY = r"(?:负责|負責)(?:组织实施|组织|实施|落实|落實)?"
_VERB = re.compile(
    r"(?P<verb>为责任主体|為責任主體"
    r"|(?:共同|联合)?(?:牵头|牽頭)(?:负责|負責|落实|落實|组织|实施|推进)?"
    r"|(?:按照|按|根据|依)[^、，,]{0,8}(?:分工|职责|職責)[^、，,]{0,4}?(?:负责|負責|配合|落实|落實)?(?:实施|落实|落實)?"
    rf"|(?:分别|共同|具体|牵头)?{_DUTY}"
    r"|(?:积极|协同|共同)?(?:配合|参与|參與|参加|协助|協助|协办|指导|指導)|落实|落實)$"
)
_NESTED = r"[（(][^（）()]{0,20}[)）]"
_BRACKET = rf"[（(【［\[](?:[^（）()【】［］\[\]]|{_NESTED})*[)）】］\]]"
_SENTENCE = rf"(?:(?<=\n)|(?<=[。；])|^)[ \t\u3000]*{_TASK}{_BODY}[:：][^\n。（(]*(?:{_NESTED}[^\n。（(]*)*。?"
_ASSIGNMENT = re.compile(rf"(?P<bracket>{_BRACKET})|{_SENTENCE}")
# What every assignment holds; looked for first, because most brackets are none.
_WORDS = re.compile(
    r"牵头|牽頭|主办|单位|單位|部门|部門|责任|責任|负责|負責|配合|职责分工|职责落实"
)
# 和 stands inside names (工业和信息化厅), so it ends one only behind the last word of a body's name.
_NAMES = re.compile(
    r"、|会同|會同|(?<=[厅廳局委办辦部会會行署院司心校所站府处處等社队室关關联聯团團])(?:以及|及|和|与|與)|(?:以及|及|和|与)(?=各)"
)
# What is said about a list instead of a name in it.
_REMARK = re.compile(
    r"^以下|下同|名不分先后|第一位|不再|略$|\d年|\d月|完成$|推进$|^(?:长期|持续)|^(?:有关|相关|其他)(?:部门|单位|方面)"
)
_BY = re.compile(r"^.*(?<!自)由")
_LEADER_FIRST = re.compile(r"(?:列|排)[^。，,；;、）)]{0,12}(?:为|為)(?:牵头|牽頭|主办)")
_ET_CETERA = re.compile(
    r"(?:等(?:(?:相关|有关|相關|有關)?(?:部门|单位|部門|單位)(?:[和及、](?:单位|部门|地区))?)?)+$"
)
# The last character of a body's name. Behind a label anything counts; before a verb only such a name
# does, because prose has brackets with verbs, too: （牵头或参与）, （由申请人负责）.
_BODY_END = re.compile(
    r"[部厅廳局委办辦会會府行院署司心校所站处處队室关關联聯社团團组組位门門央学學区區市州县縣镇鎮乡鄉街道村业業台馆館）)]$"
)
_JOINTLY = ("会同", "會同")
# A list names bodies; a longer piece is a sentence that merely stands in brackets.
_MAX_NAME = 40


def read_departments(text: str, *, leader_first: bool = False) -> tuple[Department, ...]:
    """Return the departments to which ``text`` assigns duties, in order, none twice per role.

    ``leader_first``: whether the document says that the first of a list leads (see
    ``puts_leader_first``).
    """
    found: dict[tuple[str, str], Department] = {}
    for assignment in _assignments(text, 0, len(text)):
        first = leader_first or puts_leader_first(assignment[0])
        for department in _read_list(_inside(assignment), leader_first=first):
            found.setdefault((department.text, department.role), department)
    return tuple(found.values())


def puts_leader_first(text: str) -> bool:
    """Whether ``text`` says so of its lists: 列第一位者为牵头单位，下同."""
    return _LEADER_FIRST.search(text) is not None


def without_duties(text: str, start: int, end: int) -> int:
    """Return where ``text[start:end]`` ends without the duties it may end with."""
    for assignment in _assignments(text, start, end):
        if assignment.end() == end and assignment.start() > start:
            return assignment.start()
    return end


def read_departments_of(text: str, start: int, end: int, limit: int) -> tuple[Department, ...]:
    """Return the departments that ``text[start:end]``, part of a clause that ends at ``limit``, has.

    ``text`` is the whole document. They are in the first assignment of duties that does not end
    before the part; () where none follows.
    """
    for assignment in _assignments(text, start, limit):
        if assignment.end() >= end:
            return read_departments(assignment[0], leader_first=puts_leader_first(text))
    return ()


def _assignments(text: str, start: int, end: int) -> Iterator[re.Match[str]]:
    for match in _ASSIGNMENT.finditer(text, start, end):
        if _WORDS.search(match[0]) and any(_read_list(_inside(match), leader_first=False)):
            yield match


def _inside(assignment: re.Match[str]) -> str:
    return assignment[0][1:-1] if assignment["bracket"] else assignment[0].strip()


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a list between commas: the names, and the role that a label or a verb gives them."""

    names: str
    label: str | None
    verb: str | None


def _read_list(text: str, *, leader_first: bool) -> Iterator[Department]:
    parts = (part.strip() for part in re.split(r"[,，;；。]", text))
    pieces = [_read_piece(part) for part in parts if not _REMARK.match(part)]
    last = max((i for i, piece in enumerate(pieces) if piece.verb), default=-1)
    role: DepartmentRole = "responsible"
    labelled = False
    found: list[Department] = []
    for i, piece in enumerate(pieces):
        if piece.label is not None:
            labelled, role = bool(_LABEL.fullmatch(piece.label)), _role(piece.label)
        # Behind the last verb, or behind a label of something else, no bodies are named.
        if labelled or (i <= last and piece.label is None):
            names = _read_names(piece.names, _role(piece.verb) if piece.verb else role)
            found.extend(d for d in names if labelled or _BODY_END.search(d.name))
    # 各省级人民政府 lead nothing together.
    single = len(found) > 1 and not found[0].text.startswith("各")
    if leader_first and single and all(d.role == "responsible" for d in found):
        found[0] = Department(found[0].name, found[0].text, "lead")
    yield from found


def _read_piece(piece: str) -> _Piece:
    label = _LABEL.match(piece) or _OTHER_LABEL.match(piece)
    names = piece[label.end() :] if label else piece
    verb = _VERB.search(names)
    if verb:
        names = _BY.sub("", names[: verb.start()])
    return _Piece(names, label[0] if label else None, verb["verb"] if verb else None)


def _read_names(names: str, role: DepartmentRole) -> Iterator[Department]:
    position = 0
    for separator in [*_NAMES.finditer(names), None]:
        name = names[position : separator.start() if separator else None].strip()
        if 1 < len(name) <= _MAX_NAME and not _REMARK.search(name):
            yield Department(normalize_name(name), name, role)
        if separator:
            position = separator.end()
            # Who is asked to join in does not answer for it.
            role = "support" if separator[0] in _JOINTLY else role


def _role(word: str) -> DepartmentRole:
    word = match_form(word)
    if any(lead in word for lead in ("牵头", "主办", "主责")):
        return "lead"
    if any(s in word for s in ("配合", "参与", "参加", "协办", "协助", "指导")):
        return "support"
    return "responsible"


# --- names ----------------------------------------------------------------------------------------

_LEVEL_WORD = re.compile(r"[部厅局委办会行院社联协府]$")
_LEVEL = r"(?P<level>总局|局|厅|部|委员会|委)"
_NATIONAL = ("中国", "国家", "中央")


@dataclass(frozen=True, slots=True)
class Forms:
    """The abbreviations of ``departments.tsv``: how each kind is found, and what it stands for."""

    full: dict[str, str]
    national: re.Pattern[str]
    ending: re.Pattern[str]

    def write_out(self, name: str) -> str:
        match = self.national.match(name) or self.ending.search(name)
        if not match:
            return name
        level = match.groupdict().get("level") or ""
        short = match.groupdict().get("stem") or match["short"]
        full = self.full[short] + ("委员会" if level == "委" else level)
        return name[: match.start()] + full + name[match.end() :]


def normalize_name(name: str) -> str:
    """Return the full name of a body: 省工信厅等 -> 省工业和信息化厅, 各市〔州〕政府 -> 各市（州）人民政府.

    What stands before the abbreviation stays, so that bodies of two places never become one.
    Idempotent.
    """
    name = name.translate(str.maketrans("〔〕()", "（）（）"))
    return _forms().write_out(_ET_CETERA.sub("", name) or name)


@cache
def _forms() -> Forms:
    path = resources.files("documents").joinpath("departments.tsv")
    return read_forms(path.read_text("utf-8").splitlines(), "departments.tsv")


def read_forms(lines: Iterable[str], where: str) -> Forms:
    """Return the abbreviations in ``lines`` (short, tab, full; # begins a comment; a head first).

    Raises DocumentError, with the number of the line, where one is not of this form, or where a short
    form stands for two names.
    """
    full: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#") or line == "short\tfull":
            continue
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) != 2 or not all(cells):
            raise _malformed(
                where, number, "应为“简称<制表符>全称”两列", "must be two columns: short, tab, full"
            )
        if full.setdefault(cells[0], cells[1]) != cells[1]:
            raise _malformed(
                where,
                number,
                f"“{cells[0]}”已有另一全称",
                f"{cells[0]} has another full name above",
            )
    # A full name is its own abbreviation, so that the longest form wins and nothing is written twice.
    full = {name: name for name in full.values()} | full
    national = {s for s, name in full.items() if name.startswith(_NATIONAL)}
    whole = {s for s in full if _LEVEL_WORD.search(s)} - national
    stems = set(full) - whole - national
    return Forms(
        full,
        re.compile(rf"(?P<short>{_any_of(national)})"),
        re.compile(rf"(?:(?P<short>{_any_of(whole)})|(?P<stem>{_any_of(stems)}){_LEVEL})$"),
    )


def _any_of(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True))) or "(?!)"


def _malformed(where: str, number: int, chinese: str, english: str) -> DocumentError:
    return DocumentError(
        f"{where} 第 {number} 行：{chinese}，请改正。\n{where} line {number}: {english}; correct it."
    )

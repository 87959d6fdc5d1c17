"""Bracketed duties -> departments: （省科技厅牵头，省教育厅按职责分工负责）, （责任单位：…，配合单位：…）.

Only brackets are read: they are where policy documents assign a clause, and what stands there is a
list. The role comes from the label before a list or the verb behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from documents.normalization import match_form
from documents.types import Department, DepartmentRole

_BRACKET = re.compile(r"[（(]((?:[^（）()]|[（(][^（）()]{0,20}[)）])*)[)）]")
_DUTY = re.compile(
    r"牵头|牽頭|责任单位|責任單位|责任部门|配合单位|配合單位|责任主体|責任主體|负责|負責"
)
_LABEL = re.compile(
    r"^(?P<label>(?:牵头|牽頭|责任|責任|主办|配合|协办|参与|参加)(?:单位|單位|部门|部門)?)[:：]"
)
_VERB = re.compile(
    r"(?P<verb>为责任主体|為責任主體|共同牵头|牵头|牽頭|(?:按|根据|依)[^、，,]{0,8}(?:分工|职责)[^、，,]{0,4}负责"
    r"|(?:分别|共同)?(?:负责|負責)|配合|参与|协助)$"
)
_NAMES = re.compile(r"、|(?:及|和|以及)(?=各|省|市|区|县|州|自治|长白山)")
_ET_CETERA = re.compile(r"等?(?:相关|有关)?(?:部门|单位)?$")
_SAME_BELOW = re.compile(r"^下同$|^排?名不分先后$")
# A list names bodies; a longer piece is a sentence that merely stands in brackets.
_MAX_NAME = 40


def read_departments(text: str) -> tuple[Department, ...]:
    """Return the departments that the brackets in ``text`` name, in order, none twice per role."""
    found: dict[tuple[str, str], Department] = {}
    for bracket in _BRACKET.finditer(text):
        if _DUTY.search(bracket[1]):
            for department in _read_list(bracket[1]):
                found.setdefault((department.text, department.role), department)
    return tuple(found.values())


def without_duties(text: str, start: int, end: int) -> int:
    """Return where ``text[start:end]`` ends without the bracket of duties it may end with."""
    for bracket in _BRACKET.finditer(text, start, end):
        if bracket.end() == end and bracket.start() > start and _DUTY.search(bracket[1]):
            return bracket.start()
    return end


def read_departments_of(text: str, start: int, end: int, limit: int) -> tuple[Department, ...]:
    """Return the departments that ``text[start:end]``, part of a clause that ends at ``limit``, has.

    They are in the first bracket of duties that does not end before it; () where none follows.
    """
    for bracket in _BRACKET.finditer(text, start, limit):
        if _DUTY.search(bracket[1]) and bracket.end() >= end:
            return read_departments(bracket[0])
    return ()


def _read_list(text: str) -> Iterator[Department]:
    role: DepartmentRole = "responsible"
    for piece in re.split(r"[,，;；]", text):
        piece = piece.strip()
        label = _LABEL.match(piece)
        if label:
            role = _role(label["label"])
            piece = piece[label.end() :]
        verb = _VERB.search(piece)
        own_role = _role(verb["verb"]) if verb else role
        for name in _NAMES.split(piece[: verb.start()] if verb else piece):
            name = name.strip()
            if 1 < len(name) <= _MAX_NAME and not _SAME_BELOW.match(name):
                yield Department(_canonical(name), name, own_role)


def _role(word: str) -> DepartmentRole:
    word = match_form(word)
    if "牵头" in word or "主办" in word:
        return "lead"
    if any(support in word for support in ("配合", "参与", "参加", "协办", "协助")):
        return "support"
    return "responsible"


def _canonical(name: str) -> str:
    """Return the name without 「等相关部门」 and with round brackets (各市〔州〕政府)."""
    name = name.translate(str.maketrans("〔〕()", "（）（）"))
    return _ET_CETERA.sub("", name) or name

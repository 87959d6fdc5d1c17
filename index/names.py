"""The names that a question may give a document: its 文号, its title, and what is left of a title.

A name in full is the title, or a part of it that people take for the title: without 中华人民共和国,
without a version in brackets, without the authority and the 关于…的通知 around it. A shortened title is
a run of the title's pieces, each of two characters or more, in the title's order, that ends with
the title's last word (法, 条例, 方案, 意见, …): 吉林新能源汽车行动方案 for
吉林省新能源和智能网联汽车产业高质量发展行动方案.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from documents.metadata import KINDS, read_kind
from documents.normalization import match_form
from documents.numbering import read_number, write_number
from documents.validity import number_form

_COUNTRY = "中华人民共和国"
_MARKS = frozenset("《》<>〈〉「」『』“”‘’\"'")
_BRACKETS = str.maketrans("〔[【〕]】", "((()))")
# The words that a shortened title ends with: the last word of each kind of document (行动方案 -> 方案).
HEADS = frozenset(
    kind for kind in KINDS if not any(len(k) > 1 and k != kind and kind.endswith(k) for k in KINDS)
) - {"令", "函"} | {"总则", "通则"}
_LONGEST_HEAD = max(map(len, HEADS))
_HEAD = re.compile(f"(?:{'|'.join(sorted(HEADS, key=len, reverse=True))})$")
# (2018修正), (试行), (2023—2027年): which version, not which document. (二) tells two apart.
_VERSION = re.compile(r"\((?![一二三四五六七八九十]+\))[^()]*\)$")
_SERIAL = re.compile(r"\((?P<serial>[一二三四五六七八九十]{1,3})\)$")
_ABOUT = re.compile(
    r"^(?P<authority>[^()]{2,60}?[院府厅室委会局部署办行省市县区央组司心处社])关于(?=.)"
)
_FRAME = re.compile(
    r"^(?:关于)?(?:印发|转发|批转|公布|发布|颁布)(?P<act>.{4,}?)的(?:通知|公告|函|决定)$"
)
_BEGINNING = re.compile(
    r"关于(?:(?:适用|实施|贯彻|执行|审理|办理|印发)(?=.))?|(?<=关于)(?:适用|实施|执行|审理|办理)|^.{2,7}?(?:省|市|自治区|自治州|县|区)(?=..)"
)
# What may stand before the kind and still says nothing of the matter.
_EMPTY = frozenset(
    "实施 暂行 试行 有关 相关 具体 工作 若干 管理 发展 行动 总体 专项 什么 哪些 这个 那个 本 该 此 的 司法 关于 "
    "国家 全国 我国 中国 地方 政府 部门 企业 法律 法规 政策".split()
)


def fold(text: str) -> tuple[str, list[int]]:
    """Return ``text`` as names are compared, and where each character stands in its match form.

    No white space and no quotation marks; brackets are round.
    """
    form = match_form(text).translate(_BRACKETS)
    kept = [i for i, c in enumerate(form) if c not in _MARKS and not c.isspace()]
    return "".join([form[i] for i in kept]), kept


def number_names(number: str | None) -> frozenset[str]:
    """Return the spellings of a 文号, folded; none where its year is lost."""
    form = number_form(number)
    if not form:
        return frozenset()
    form = fold(form)[0]
    return frozenset({form, re.sub(r"\)(?=\d)", ")第", form)})


def head_of(title: str) -> str | None:
    """Return the last word of a folded title (方案), None where it is no kind of document."""
    match = _HEAD.search(title[-_LONGEST_HEAD:])
    return match[0] if match else None


def split_title(title: str) -> tuple[str, int]:
    """Return a folded title up to its last word, without version and 中华人民共和国, and its （N）.

    Zero where it has none.
    """
    stem = title
    while match := _VERSION.search(stem):
        stem = stem[: match.start()]
    serial = _SERIAL.search(stem)
    if serial:
        stem = stem[: serial.start()]
    while match := _VERSION.search(stem):
        stem = stem[: match.start()]
    stem = stem.replace(_COUNTRY, "") or stem
    return stem, (read_number(serial["serial"]) or 0) if serial else 0


def title_names(title: str) -> frozenset[str]:
    """Return the names in full of a document with this title, folded."""
    whole = fold(title)[0]
    stem, serial = split_title(whole)
    names = {whole, whole.replace(_COUNTRY, ""), *_acts(whole)}
    for act in _acts(stem):
        names.update({act, *serials(act, serial)})
    return frozenset(name for name in names if is_telling(name))


def whole_names(title: str) -> frozenset[str]:
    """Return the names that are this title to the letter, with and without 中华人民共和国."""
    whole = fold(title)[0]
    return frozenset({whole, whole.replace(_COUNTRY, "") or whole})


def find_anchors(stem: str) -> Iterator[int]:
    """Yield where a shortened title may begin in ``stem``: at what the document is about.

    That is its beginning, behind its authority, behind 关于 and 适用, behind a place.
    """
    yield 0
    for match in _BEGINNING.finditer(stem):
        yield match.end()


def without_serial(name: str) -> str:
    """Return ``name`` without the （二） behind it."""
    return _SERIAL.sub("", name)


def serials(stem: str, serial: int) -> Iterator[str]:
    """Yield the spellings of 解释（二）."""
    if serial:
        chinese = write_number(serial)
        yield from (
            f"{stem}({chinese})",
            f"{stem}({serial})",
            f"{stem}{chinese}",
            f"{stem}{serial}",
        )


def _acts(title: str) -> Iterator[str]:
    """Yield ``title``, and what is left of it without its authority and without its frame."""
    yield title
    about = _ABOUT.match(title)
    rest = title[about.end("authority") :] if about else title
    if rest.startswith("关于"):
        yield rest
        yield rest.removeprefix("关于")
    frame = _FRAME.match(rest)
    if frame:
        yield from _acts(frame["act"])


def is_telling(name: str) -> bool:
    """Whether a name in full says more than a kind of document (管理办法, 若干意见)."""
    without_kind = head_of(name) is None and len(name) > _SHORTEST_WITHOUT_KIND
    return without_kind or bool(content(name))


# A title that does not end in a kind of document could be any word.
_SHORTEST_WITHOUT_KIND = 4


def content(name: str) -> str:
    """Return what ``name`` says beside its kind: nothing where that is empty words."""
    name = re.sub(r"\(?[一二三四五六七八九十\d]*\)?$", "", name)
    left = name.removesuffix(read_kind(name) or head_of(name) or name)
    while left and (word := next((w for w in _EMPTY if left.endswith(w)), None)):
        left = left.removesuffix(word)
    return left

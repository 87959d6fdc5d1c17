"""Damage that a source already has: found and reported, never repaired.

Each pattern describes what is lost in any document: a unit with no figure before it, a bracket with
no year in it, a character that no Chinese text has. Each kind is a word that the interfaces show.
Lost tables and annexes show only in a whole document: see ``losses``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from documents.types import Defect

_HAN = "\u4e00-\u9fff"
_TONED = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ"


@dataclass(frozen=True, slots=True)
class _Loss:
    """What shows a loss: ``sign`` is looked for, and must stand behind ``before``."""

    kind: str
    sign: re.Pattern[str]
    before: re.Pattern[str]


def _loss(kind: str, before: str, sign: str) -> _Loss:
    return _Loss(kind, re.compile(sign), re.compile(rf"(?:{before})$"))


_LIMIT = (
    rf"(?:(?:最高|最低|最多|累计)[{_HAN}]{{0,4}}?)?"
    r"(?:不?超过?|不?高于|不?低于|不少于|至少|最高|最多|累计|奖励|补助|补贴|达到?)(?:人民币)?"
)
_BLANK = r"(?:\[\s*\]|［\s*］|【\s*】|（\s*）|\(\s*\))"
_LOSSES = (
    # 「最高不超过万元」: a ceiling whose figure is gone. 「超过0万元」: what stripping left of 1000.
    _loss("missing_number", rf"{_LIMIT}0*|(?<![\d.．])0+", "[万亿]元(?!以上|以下|左右)"),
    # 「不低于%」, 「不少于家，」
    _loss(
        "missing_number",
        "不?超过|不?低于|不?高于|不少于|达到|至少",
        r"[%％]|(?:个百分点|元|[家个项座台辆])(?=[，,。；;、）)]|以上)",
    ),
    # 「到年，」: a target year that is gone. 「到年底」 and 「到年末」 are whole.
    _loss("missing_number", r"(?<![\d一二三四五六七八九十〇])(?:[到至]|截至)", "年(?=[，,、])"),
    # 「（2023—年）」
    _loss("missing_number", r"\d{4}\s?[—–－-]{1,2}", "年(?=[）)])"),
    # 「吉政发〔〕2号」, 「吉政发〔2024〕号」
    _loss(
        "missing_number",
        rf"[{_HAN}]{{1,10}}",
        rf"〔\s*〕\s*(?:第?\d+号)?|{_BLANK}\s*第?\d+号|〔\d{{4}}〕\s*第?号",
    ),
    # 「RD经费」: R&D without its sign.
    _loss("lost_character", "(?<![A-Za-z])", rf"RD(?=[{_HAN}])"),
    # &ldquo;: a character written as an entity, which a plain text does not resolve.
    _loss("entity", "", r"&(?:[A-Za-z]{2,8}[0-9]{0,2}|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});"),
    # Replacement characters, and private-use characters that only one font can show.
    _loss("mojibake", "", r"(?:[\ufffd\ue000-\uf8ff]|锟斤拷)+"),
)
# As far back as the longest ``before``.
_REACH = 20
# 「近亿元」 is good Chinese, but not where a scraper took the figures: with this many lost elsewhere.
_VAGUE = re.compile(r"[近约逾][万亿]元")
_STRIPPED = 3

# Bytes read in the wrong encoding leave question marks with half a pinyin or a stray mark behind
# them. Greek letters, enclosed figures and the like stand in sound texts, too: they count beside a
# sure sign, and so do the few characters between two signs.
_SURE_SIGN = rf"\?[a-z]*[{_TONED}][a-z]*[)）]|(?<=[{_HAN}])\?(?:[a-z]{{1,6}}[)）]|[;；]\??)"
_SIGN = rf"(?:{_SURE_SIGN}|\?[!！?？]|[\u0370-\u03ff\u2200-\u22ff\u2460-\u249b]|(?<![A-Za-z])I(?![A-Za-z]))"
_GARBLED = re.compile(rf"{_SIGN}(?:[{_HAN}]{{0,8}}{_SIGN})*")
_SURE = re.compile(_SURE_SIGN)

_RUNNING = re.compile(r"[，,；;。]")
_MIN_RUNNING = 30
_ENDED = re.compile(r"[。！？：；.!?:;…|”’》」』)）】〕\]]$")
_PAUSE = re.compile(r"[。！？：；，、.!?:;,]")


def find_defects(text: str, start: int, end: int) -> list[Defect]:
    """Return the damage in ``text[start:end]``, in order; a place is reported once."""
    found: list[Defect] = []
    for loss in _LOSSES:
        for match in loss.sign.finditer(text, start, end):
            lead = loss.before.search(text[max(start, match.start() - _REACH) : match.start()])
            if lead:
                begin = match.start() - len(lead[0])
                found.append(Defect(loss.kind, text[begin : match.end()], begin, match.end()))
    # A sure sign has a question mark.
    for match in _GARBLED.finditer(text, start, end) if text.find("?", start, end) >= 0 else ():
        if _SURE.search(text, *match.span()):
            found.append(Defect("mojibake", match[0], *match.span()))
    return list(_without_overlaps(found))


def _without_overlaps(found: list[Defect]) -> Iterator[Defect]:
    """Yield in order, and of defects that overlap the one that begins first, then the longest."""
    position = -1
    for defect in sorted(found, key=lambda d: (d.start, -d.end)):
        if defect.start >= position:
            yield defect
            position = defect.end


def find_doubtful(text: str, known: Sequence[Defect]) -> list[Defect]:
    """Return what is damage only in a ``text`` that is known to have lost several figures."""
    if sum(defect.kind == "missing_number" for defect in known) < _STRIPPED:
        return []
    return [Defect("missing_number", m[0], *m.span()) for m in _VAGUE.finditer(text)]


def find_truncation(text: str, start: int, end: int) -> Defect | None:
    """Return a defect where the last clause, ``text[start:end]``, stops in mid-sentence.

    It does when its last paragraph is running text, longer than a title, and is not finished. The
    defect is the words behind the last mark.
    """
    body = text[start:end].rstrip()
    paragraph = body[body.rfind("\n") + 1 :]
    if (
        len(paragraph) < _MIN_RUNNING
        or _ENDED.search(paragraph)
        or not _RUNNING.search(paragraph)
        or "\t" in paragraph
    ):
        return None
    stop = start + len(body)
    # The last character may be a comma itself.
    pauses = _PAUSE.finditer(text, stop - len(paragraph), stop - 1)
    begin = max((match.end() for match in pauses), default=stop - len(paragraph))
    return Defect("truncated", text[begin:stop], begin, stop)

"""Damage that a source already has: found and reported, never repaired.

Each pattern describes what is lost in any document: a unit with no figure before it, a bracket with
no year in it, a character that no Chinese text has. Each kind is a word that the interfaces show.
"""

from __future__ import annotations

import re

from documents.types import Defect

_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    # 「最高不超过万元」: a ceiling whose figure is gone.
    (
        "missing_number",
        re.compile(
            r"(?:(?:最高|最低|最多|累计)[\u4e00-\u9fff]{0,4}?)?"
            r"(?:不?超过?|不?高于|不?低于|不少于|至少|最高|最多|累计|奖励|补助|补贴|达到?)"
            r"(?:人民币)?[万亿]元(?!以上|以下|左右)"
        ),
    ),
    # 「超过0万元」: what is left of 1000 when digits are stripped.
    ("missing_number", re.compile(r"(?<![\d.．])0+[万亿]元")),
    # 「到年，」: a target year that is gone. 「到年底」 and 「到年末」 are whole.
    ("missing_number", re.compile(r"(?<![\d一二三四五六七八九十〇])(?:[到至]|截至)年(?=[，,、])")),
    ("missing_number", re.compile(r"[\u4e00-\u9fff]{1,10}[〔\[【]\s*[〕\]】]\s*(?:第?\d+号)?")),
    # 「RD经费」: R&D without its sign.
    ("lost_character", re.compile(r"(?<![A-Za-z])RD(?=[\u4e00-\u9fff])")),
    # &ldquo;: a character written as an entity, which a plain text does not resolve.
    ("entity", re.compile(r"&(?:[A-Za-z]{2,8}[0-9]{0,2}|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});")),
    # Replacement characters, private-use characters, and question marks with a non-Chinese letter
    # or a second mark beside them: bytes read in the wrong encoding.
    (
        "mojibake",
        re.compile(
            r"[\ufffd\ue000-\uf8ff]+"
            r"|\?[a-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜü]+[)）]"
            r"|[\u4e00-\u9fff]\?[a-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜü;；!！?？]"
        ),
    ),
)
# What bytes read in the wrong encoding also leave, but sound texts hold too (①, ≥, β, I): damage only
# within this many characters of a sure sign.
_SUSPECT = re.compile(
    r"(?<=[\u4e00-\u9fff\u2200-\u22ff])[\u0370-\u03ff\u2460-\u249b\u2200-\u22ffI](?=[\u4e00-\u9fff\u2460-\u249b])"
)
_NEAR = 20
_RUNNING = re.compile(r"[，,；;。]")
_MIN_RUNNING = 30
_ENDED = re.compile(r"[。！？：；.!?:;…|”’》」』)）】〕\]]$")


def find_defects(text: str, start: int, end: int) -> list[Defect]:
    """Return the damage in ``text[start:end]``, in order; a place is reported once."""
    found: list[Defect] = []
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text, start, end):
            if not any(d.start < match.end() and match.start() < d.end for d in found):
                found.append(Defect(kind, match[0], match.start(), match.end()))
    sure = [d for d in found if d.kind == "mojibake"]
    for match in _SUSPECT.finditer(text, start, end) if sure else ():
        near = any(d.start - _NEAR <= match.start() <= d.end + _NEAR for d in sure)
        if near and not any(d.start < match.end() and match.start() < d.end for d in found):
            found.append(Defect("mojibake", match[0], match.start(), match.end()))
    return sorted(found, key=lambda defect: defect.start)


def find_truncation(text: str, start: int, end: int) -> Defect | None:
    """Return a defect where the last clause, ``text[start:end]``, stops in mid-sentence.

    It does when it is running text, longer than a title, and its last sentence is not finished.
    """
    body = text[start:end].rstrip()
    if _ENDED.search(body) or not _RUNNING.search(body) or len(body) < _MIN_RUNNING:
        return None
    last = start + body.rfind("。") + 1
    return Defect("truncated", text[last : start + len(body)], last, start + len(body))

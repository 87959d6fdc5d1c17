"""尾: what stands after the last clause of a document and belongs to none.

A paragraph that speaks of the document itself, a signature, a date, a list of annexes, the title of a
lost table; any other unnumbered paragraph stays in its clause.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from documents.numbering import read_marker

# What a paragraph says when it speaks of the document itself.
_SELF = re.compile(
    r"本(?:行动)?(?:方案|意见|办法|通知|规定|细则|措施|规划|计划|条例|政策|决定|纲要|指南|公告|通告|标准|目录)"
    r"|有效期|起(?:施行|执行|实施|生效)|同时废止|负责解释|以上.{0,12}(?:通知|意见)"
    r"|特此(?:通知|公告|通告|批复|函复)"
)
_DATE = re.compile(
    r"^[〇○零一二三四五六七八九十\d]{2,4}\s*年\s*[一二三四五六七八九十\d]{1,3}\s*月\s*[一二三四五六七八九十\d]{1,3}\s*日$"
)
_SIGNATURE = re.compile(
    r"^[\u4e00-\u9fff、（）()\s]{2,40}(?:政府|办公厅|办公室|委员会|委|厅|局|部|院|署|会|行|中心|领导小组)$"
)
_ANNEX = re.compile(r"^(?:附[件表图录]|附[:：])")
_TABLE_TITLE = re.compile(r"^(?:续表|[^。；]{2,60}(?:表|式样|图案))(?:[（(][^（）()]{1,20}[)）])?$")
# After the signature: who else gets a copy, whom to ask, when it was printed.
_COLOPHON = re.compile(
    r"^(?:抄送|抄報|抄报|联系人|联系电话)|(?:办公厅|办公室|局|委)\s*\S{8,12}日印发$"
)
_SIGNED = re.compile(_SIGNATURE.pattern.rstrip("$") + r"\s*" + _DATE.pattern.lstrip("^"))
_DEBRIS = re.compile(r"^[\W_]+$")
# （此件公开发布）, but not the （责任单位：…） of the last clause.
_PUBLIC = re.compile(r"^[（(](?!.*(?:牵头|責任|责任|負責|负责|配合|單位|单位)).{2,20}[)）]$")
_SIGNING = (_DATE, _SIGNATURE, _SIGNED, _COLOPHON, _PUBLIC, _DEBRIS)
_PATTERNS = (_SELF, _ANNEX, _TABLE_TITLE, *_SIGNING)
_ANNEX_LIST = re.compile(r"^[ \t\u00a0\u3000]*附件?[:：]\s*[1１][.．、]", re.MULTILINE)
_LINE = re.compile(r"\S[^\n]*")


def find_closing(text: str, last: int, end: int) -> int:
    """Return where 尾 begins in ``text[last:end]``, ``last`` being where the last ordinal stands.

    It is the last paragraphs, as many as each belong there; ``end`` where none does.
    """
    begin = end
    annexes = set(annex_items(text, last, end))
    paragraphs = list(re.finditer(r"\S[^\n]*", text[last:end]))[1:]
    for match in reversed(paragraphs):
        if not _is_closing(match[0].strip()) and last + match.start() not in annexes:
            break
        begin = last + match.start()
    return begin


def is_signing(paragraph: str) -> bool:
    """Whether ``paragraph`` is a signature, a date or a note on the issue, and says nothing else."""
    return any(pattern.search(paragraph) for pattern in _SIGNING)


def _is_closing(paragraph: str) -> bool:
    return any(pattern.search(paragraph) for pattern in _PATTERNS)


def annex_items(text: str, start: int, end: int) -> Iterator[int]:
    """Yield where the second and later lines of a list of annexes begin: 附件：1. …, 2. …"""
    for head in _ANNEX_LIST.finditer(text, start, end):
        listed = 1
        for line in _LINE.finditer(text, text.find("\n", head.end()) % (end + 1), end):
            marker = read_marker(text, line.start())
            if marker is None or marker.scheme.name != "point" or marker.value != listed + 1:
                break
            listed += 1
            yield line.start()

"""尾: what stands after the last clause of a document and belongs to none.

A paragraph that speaks of the document itself, a signature, a date, a list of annexes, the title of a
lost table; any other unnumbered paragraph stays in its clause.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from documents.numbering import read_marker

# What a paragraph says when it speaks of the document itself.
_OWN = (
    r"本(?:行动|实施|工作)?(?:方案|意见|办法|通知|规定|细则|措施|规划|计划|条例|政策|决定|纲要|指南|公告|通告|标准"
    r"|目录|预案|规则)"
)
_SELF = re.compile(
    rf"^(?:凡|以上|自)?{_OWN}(?!所称|所指|所列|适用)|(?:^|[，。；（(])自?{_OWN}.{{0,20}}(?:施行|执行|实施|生效|解释|印发)"
    r"|有效期|起(?:正式)?(?:施行|执行|实施|生效)|(?:同时|予以)废止|停止执行|负责解释|以上.{0,12}(?:通知|意见)"
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
_ANNEX_LIST = re.compile(r"^[ \t\u00a0\u3000]*附件?[:：]\s*(?=\S)", re.MULTILINE)
_LINE = re.compile(r"\S[^\n]*")


def find_closing(text: str, last: int, end: int) -> int:
    """Return where 尾 begins in ``text[last:end]``, ``last`` being where the last ordinal stands.

    It is the last paragraphs, as many as each belong there; ``end`` where none does.
    """
    begin = end
    annexes = set(annex_items(text, last, end))
    paragraphs = list(re.finditer(r"\S[^\n]*", text[last:end]))
    for above, match in reversed(list(pairwise(paragraphs))):
        place = last + match.start()
        if place not in annexes and not _is_closing(match[0].strip(), above[0].strip()):
            break
        # What a bare heading announces is its own: 三、实施时间, and below it the day.
        announced = above is paragraphs[0] and not re.search("[。；：，]", above[0])
        if announced and _SELF.search(match[0]) and not is_signing(match[0].strip()):
            break
        begin = place
    return begin


def is_signing(paragraph: str) -> bool:
    """Whether ``paragraph`` is a signature, a date or a note on the issue, and says nothing else."""
    return any(pattern.search(paragraph) for pattern in _SIGNING)


def _is_closing(paragraph: str, above: str) -> bool:
    """Whether ``paragraph`` belongs in 尾; a table's title does not below a list that names it."""
    if _TABLE_TITLE.search(paragraph) and above.endswith(("：", "；", ":", ";")):
        return False
    return any(pattern.search(paragraph) for pattern in _PATTERNS)


def annex_items(text: str, start: int, end: int) -> Iterator[int]:
    """Yield where the lines of a list of annexes begin, but for a first one behind 附件：itself.

    A list goes on with the next number of its scheme, line by line; what has items below its own is
    the annex and no list.
    """
    for head in _ANNEX_LIST.finditer(text, start, end):
        first = read_marker(text, head.end())
        if first is None or first.value != 1:
            continue
        places = [head.end()] if "\n" in head[0] else []
        below = None
        line = text.find("\n", head.end(), end)
        for item in _LINE.finditer(text, line if line >= 0 else end, end):
            below = read_marker(text, item.start())
            expected = 2 + len(places) - ("\n" in head[0])
            if below is None or below.series != first.series or below.value != expected:
                break
            places.append(item.start())
        if below is None or below.rank <= first.rank:
            yield from places

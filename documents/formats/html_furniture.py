"""Which lines of a web page belong to the site around the document."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from typing import Any

from lxml import etree

from documents.cleaning import is_control
from documents.formats.html_lines import Line, is_prose
from documents.metadata import read_kind
from documents.numbering import read_marker

# A running line shorter than this may stand in any text by chance; a longer one is told by its
# beginning.
_MIN_TELLING = 4
_MAX_TELLING = 24
_IGNORED = re.compile(r"[\s|]+")
_SPACES = re.compile(r"[^\S\t]+")

# Facts about the document, as a table or as lines above its text.
_FACT = re.compile(
    r"(?:索引号|主题分类|体裁分类|组配分类|分类|发文机关|发文单位|发布机构|制定机关|成文日期|发文日期|发布日期|发布时间|公开日期"
    r"|生成日期|印发日期|标题|名称|发文字号|发文文号|文号|主题词|关键词|有效性|效力状态|时效|生效日期|施行日期|实施日期"
    r"|失效日期|废止日期|公开方式|公开范围|信息来源|来源)\s*[:：\t]"
)
_NUMBER = re.compile(
    r"[\u4e00-\u9fff]{1,12}\s*[〔\[（(【［]\s*\d{4}\s*[〕\])）】］]\s*(?:第\s*)?\d{1,5}\s*号$"
    r"|(?:[\u4e00-\u9fff]{2,20}令)?\s*第\s*\d{1,4}\s*号$"
)
_DATE = re.compile(
    r"[〇○零一二三四五六七八九十\d]{2,4}\s*年\s*[一二三四五六七八九十\d]{1,3}\s*月\s*[一二三四五六七八九十\d]{1,3}\s*日$"
)
_SIGNATURE = re.compile(
    r"[\u4e00-\u9fff、\s]{2,40}(?:政府|国务院|办公厅|办公室|委员会|委|厅|局|部|院|署|会|行)$"
)
_ANNEX = re.compile(r"附[件表录]|附[:：]|抄送|[（(].{2,30}[)）]$")
_ATTACHED = re.compile(
    r"附[件表录]|.*\.(?:docx?|xlsx?|pptx?|pdf|wps|et|ofd|zip|rar)$", re.IGNORECASE
)
_MIN_TITLE = 6


def find_furniture(lines: Sequence[Line], tree: Any, title: str) -> list[bool]:
    """Return for each line whether it is furniture; ``title`` is the page's own.

    The document is the running text that the detection of main content keeps, with what stands in
    the same elements. Between its first line and its last only links and controls of other elements
    are furniture, and no running text. Around it, what stands in the same elements and is neither
    belongs to it, its title, number and labelled facts, and what reads like the end of a document.
    Where nothing is detected, or less running text than would be left out, only controls are
    furniture.
    """
    controls = [line.control for line in lines]
    running = [i for i, line in enumerate(lines) if _is_running(line)]
    kept = _find_kept(lines, running, _main_content(tree))
    if not kept:
        return controls
    containers = {lines[i].container for i in kept}
    same = [line.container in containers for line in lines]
    inside = [i for i in running if same[i] or kept[0] <= i <= kept[-1]]
    if _size(lines, running) > 2 * _size(lines, inside):
        return controls
    begin, end = inside[0], inside[-1]
    furniture = []
    goes_on = True
    for i, line in enumerate(lines):
        if begin <= i <= end:
            site = line.control or (not same[i] and _is_site(line))
            belongs = not site or is_prose(line.text)
        elif i < begin:
            belongs = _belongs_around(line, same[i]) or _is_title(line, title)
        else:
            belongs = _belongs_around(line, same[i] or (goes_on and _is_end(line)))
            goes_on = goes_on and (belongs or _is_site(line))
        furniture.append(not belongs)
    return furniture


def _belongs_around(line: Line, near: bool) -> bool:
    if line.control:
        return False
    if _FACT.match(_SPACES.sub("", line.text)):
        return True
    return near and not _is_site(line)


def _is_site(line: Line) -> bool:
    """Whether a line is a control or a link of the site."""
    if line.linked:
        return not _ATTACHED.match(line.text)
    return is_control(line.text) and read_marker(line.text, 0) is None


def _is_running(line: Line) -> bool:
    """Whether a line is text or data of some document: no menu, no fact about it."""
    if line.linked or line.control or _is_site(line):
        return False
    if "\t" in line.text:
        return not _FACT.match(_SPACES.sub("", line.text))
    return is_prose(line.text)


def _is_title(line: Line, title: str) -> bool:
    if line.control or line.linked:
        return False
    words, name = _key(line.text), _key(title)
    if len(words) >= _MIN_TITLE and (words in name or (name and name in words)):
        return True
    text = line.text.strip()
    return bool(_NUMBER.match(text)) or (len(words) >= _MIN_TITLE and read_kind(text) is not None)


def _is_end(line: Line) -> bool:
    text = line.text.strip()
    ends = (_DATE, _SIGNATURE, _ANNEX, _NUMBER, _ATTACHED)
    return _is_running(line) or any(pattern.match(text) for pattern in ends)


def _size(lines: Sequence[Line], chosen: Sequence[int]) -> int:
    return sum(len(lines[i].text) for i in chosen)


# --- main content ---------------------------------------------------------------------------------


# The detection takes time with the square of a page's size or depth. Policy pages have up to some
# 2,000 elements, 30 deep.
_MAX_ELEMENTS = 20_000
_MAX_DEPTH = 100
# Characters below which the detection mistrusts itself and takes the whole page; its own 250 are
# meant for letters, and many a 批复 is shorter.
_MIN_CONTENT = 50


def _main_content(tree: Any) -> str:
    """The text of the page's main content as trafilatura sees it, recall before precision."""
    if not _is_moderate(tree):
        return ""
    # Imported here because it takes a fifth of a second, which only web pages are worth.
    import trafilatura
    from trafilatura.settings import use_config

    # It logs where it finds nothing; that is an answer, not a problem.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    config = use_config()
    config.set("DEFAULT", "MIN_EXTRACTED_SIZE", str(_MIN_CONTENT))
    return trafilatura.extract(tree, favor_recall=True, include_comments=False, config=config) or ""


def _is_moderate(tree: Any) -> bool:
    """Whether a page is of a size and depth that are worth the detection."""
    elements = depth = deepest = 0
    for event, _ in etree.iterwalk(tree, events=("start", "end")):
        elements += event == "start"
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
    return elements <= _MAX_ELEMENTS and deepest <= _MAX_DEPTH


def _find_kept(lines: Sequence[Line], chosen: Sequence[int], content: str) -> list[int]:
    """Those of the ``chosen`` lines that stand in ``content``, told by their beginning.

    One pass over ``content`` looks up each of its windows, so that the time is linear in it.
    """
    content = _key(content)
    tellings = {i: _key(lines[i].text)[:_MAX_TELLING] for i in chosen}
    lengths: dict[str, set[int]] = {}
    for telling in tellings.values():
        if len(telling) >= _MIN_TELLING:
            lengths.setdefault(telling[:_MIN_TELLING], set()).add(len(telling))
    found = {
        content[start : start + length]
        for start in range(len(content) - _MIN_TELLING + 1)
        for length in lengths.get(content[start : start + _MIN_TELLING], ())
    }
    return [i for i, telling in tellings.items() if telling in found]


def _key(text: str) -> str:
    return _IGNORED.sub("", text)

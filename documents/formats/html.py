"""Web pages: what a browser would show as text, one block a line, with navigation marked.

A table's row is one line, its cells separated by tabs; a table that only arranges a page comes out
as the paragraphs in its cells. Blocks that lie side by side in one element follow line on line; a
blank line stands where the page goes on in another element.
"""

from __future__ import annotations

import re
from typing import Any

from lxml import etree, html

from documents.errors import LoadError
from documents.formats.html_furniture import find_furniture
from documents.formats.html_lines import Line, read_lines
from documents.formats.text import decode
from documents.types import Source


def read_html(data: bytes, *, where: str) -> Source:
    """Return the source of a web page; LoadError names ``where``.

    ``furniture`` are the lines that belong to the site, not to the document.
    """
    tree = _parse(_decode(data, where=where), where=where)
    lines = read_lines(tree)
    if not lines:
        raise LoadError(
            where,
            "网页里没有文字（内容可能由脚本生成，或在框架内的另一个页面上）。请在浏览器中打开，将正文"
            "另存为网页、docx 或文本文件后再添加。",
            "the page has no text (scripts may make it, or a frame may show another page); open it in "
            "a browser and save the text itself as a page, docx or text file.",
        )
    title = " ".join(tree.findtext("head/title", "").split())
    lines = _with_title(title, lines)
    return _assemble(lines, find_furniture(lines, tree, title))


# --- decoding -------------------------------------------------------------------------------------

_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_DECLARED_WITHIN = 4096
_MAX_DAMAGED_SHARE = 0.01
# The encodings whose declaration is believed, where the bytes agree. GB18030 and Big5-HKSCS contain
# the ones that pages name; a page in Chinese that names a Western one only kept its server's default.
_ENCODINGS = {
    "utf-8": "utf_8",
    "utf8": "utf_8",
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "big5-hkscs": "big5hkscs",
}


def _decode(data: bytes, *, where: str) -> str:
    declared = _DECLARED.search(data[:_DECLARED_WITHIN])
    name = declared[1].decode("ascii", "replace").lower() if declared else ""
    encoding = _ENCODINGS.get(name, "utf_8")
    for candidate in ("utf_8_sig", encoding):
        try:
            # UTF-8 comes first because other encodings never look like it by accident.
            return data.decode(candidate)
        except UnicodeDecodeError:
            continue
    try:
        return decode(data, where=where)
    except LoadError:
        # A few broken bytes in an encoding that is known: they show as U+FFFD, a defect.
        text = data.decode(encoding, "replace")
        if text.count("\ufffd") > _MAX_DAMAGED_SHARE * len(text):
            raise
        return text


# --- parsing --------------------------------------------------------------------------------------


# Parsing takes time with the square of the attributes of one tag; real ones have a few.
_LONG_TAG = re.compile(r"<[A-Za-z][^<>]{50000,}")
_MAX_ATTRIBUTES = 10_000


def _parse(text: str, *, where: str) -> Any:
    if any(len(tag[0].split()) > _MAX_ATTRIBUTES for tag in _LONG_TAG.finditer(text)):
        raise LoadError(
            where,
            "网页的标签异常（属性过多），无法读取。请在浏览器中打开，另存为 docx、pdf 或文本文件。",
            "a tag of the page has too many attributes to be read; open it in a browser and save it as "
            "docx, pdf or text.",
        )
    # Without huge_tree, nesting beyond 256 and texts beyond 10 MB would be cut off without a word.
    parser = html.HTMLParser(
        encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True, no_network=True
    )
    try:
        tree = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        raise LoadError(
            where, "网页没有内容，请检查文件。", "the page has no content; check the file."
        ) from error
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise LoadError(
            where,
            "网页的标签嵌套过深，无法完整读取。请在浏览器中打开，另存为 docx、pdf 或文本文件。",
            "the page's tags are nested too deep to be read in full; open it in a browser and save it "
            "as docx, pdf or text.",
        )
    return tree


# --- writing --------------------------------------------------------------------------------------

# Between a page's name and its site's: 关于…的通知_某市人民政府. A dash between figures is a range.
_TITLE_BREAK = re.compile(r"[_|]|(?<!\d)[-–—]+|[-–—]+(?!\d)")


def _with_title(title: str, lines: list[Line]) -> list[Line]:
    """Put the page's title above its lines: as a control, as far as they show it themselves."""
    name = max(_TITLE_BREAK.split(title), key=len).strip()
    shown = "".join(name.split()) in "".join("".join(line.text.split()) for line in lines)
    site = title if shown else title.replace(name, "", 1).strip()
    above = [Line(name, -1)] if name and not shown else []
    return [*above, *([Line(site, -1, control=True)] if site else []), *lines]


def _assemble(lines: list[Line], furniture: list[bool]) -> Source:
    parts: list[str] = []
    spans: list[tuple[int, int]] = []
    position = 0
    for i, line in enumerate(lines):
        below = lines[i + 1] if i + 1 < len(lines) else None
        blank = below and (below.apart or below.container != line.container)
        part = line.text + ("\n\n" if blank else "\n")
        parts.append(part)
        if furniture[i]:
            begin = spans.pop()[0] if spans and spans[-1][1] == position else position
            spans.append((begin, position + len(part)))
        position += len(part)
    return Source("".join(parts), "html", tuple(spans))

"""Which format a file has, by its content: names lie, first bytes seldom do."""

from __future__ import annotations

import codecs
import io
import re
import zipfile

from documents.errors import LoadError
from documents.types import Format

# What tells a format stands here.
_HEAD = 64 * 1024
# A PDF may have other bytes before its header.
_PDF_WITHIN = 1024
_FORMATS: tuple[tuple[re.Pattern[bytes], Format], ...] = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "scan"),
    (re.compile(rb"\xff\xd8\xff"), "scan"),
    (re.compile(rb"II\*\x00|MM\x00\*"), "scan"),
    (re.compile(rb"BM.{4}\x00{4}", re.DOTALL), "scan"),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), "scan"),
    (re.compile(rb"\s*\{\\rtf"), "doc"),
)
_ZIP = b"PK\x03\x04"
_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Files of which more than the first bytes must be read.
CONTAINERS = (_ZIP, _OLE2)

_DOCUMENT = ("另存为 docx 或 pdf", "save it as docx or pdf")
_PAGE = (
    "在浏览器中打开，另存为网页（.html）",
    "open it in a browser and save it as a page (.html)",
)
_ARCHIVE = ("解压后添加其中的文件", "extract it and add the files in it")
_ZIP_OF_FILES = (
    "解压后查看其中的文件，或用 documents audit、index add 整包读取",
    "extract it, or read all of it with documents audit or index add",
)
_LOCKED = ("去掉密码后再添加", "remove the password first")
# What is told from its first bytes and cannot be read: its name and what to do.
_REFUSED: tuple[tuple[re.Pattern[bytes], str, tuple[str, str]], ...] = (
    (re.compile(rb"(?:From: <Saved by|(?:[\w-]+: .*\r?\n)*MIME-Version:)"), "MHTML", _PAGE),
    (re.compile(rb"Rar!\x1a\x07"), "RAR", _ARCHIVE),
    (re.compile(rb"7z\xbc\xaf\x27\x1c"), "7z", _ARCHIVE),
    (re.compile(rb"\x1f\x8b"), "gzip", _ARCHIVE),
    (re.compile(rb"PK\x05\x06"), "zip", _ARCHIVE),
)
# Names inside a zip, and inside an OLE2 file.
_ZIPPED: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"xl/"), "Excel (xlsx)"),
    (re.compile(r"ppt/"), "PowerPoint (pptx)"),
    (re.compile(r"OFD\.xml$", re.IGNORECASE), "OFD"),
    (re.compile(r"META-INF/container\.xml$"), "EPUB"),
    (re.compile(r"content\.xml$"), "OpenDocument (odt)"),
)
_WORD_PART = re.compile(r"word/document\d*\.xml$")
_STORED: tuple[tuple[str, str, tuple[str, str]], ...] = (
    ("EncryptedPackage", "encrypted Office", _LOCKED),
    ("Workbook", "Excel (xls)", _DOCUMENT),
    ("PowerPoint Document", "PowerPoint (ppt)", _DOCUMENT),
)


def sniff(data: bytes, *, where: str) -> Format:
    """Return the format of a file's content: text, unless something else is sure.

    Raises LoadError, naming ``where``, for formats that are known and cannot be read.
    """
    if data.startswith(_ZIP):
        return _sniff_zip(data, where)
    if data.startswith(_OLE2):
        return _sniff_ole2(data, where)
    if b"%PDF-" in data[:_PDF_WITHIN]:
        return "pdf"
    head = data[:_HEAD]  # an expression remembers each line that it has passed
    for pattern, format in _FORMATS:
        if pattern.match(head):
            return format
    for pattern, name, advice in _REFUSED:
        if pattern.match(head):
            raise _refusal(where, name, advice)
    return "html" if _is_html(data) else "text"


def _sniff_zip(data: bytes, where: str) -> Format:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise LoadError(
            where,
            "文件已损坏（压缩结构不完整），请重新下载或另存后再添加。",
            "the file is damaged (its zip structure is incomplete); download or save it again.",
        ) from error
    if any(map(_WORD_PART.match, names)):
        return "docx"
    for pattern, name in _ZIPPED:
        if any(map(pattern.match, names)):
            raise _refusal(where, name, _DOCUMENT)
    raise _refusal(where, "zip", _ZIP_OF_FILES)


def _sniff_ole2(data: bytes, where: str) -> Format:
    if "WordDocument".encode("utf-16-le") not in data:
        for stream, name, advice in _STORED:
            if stream.encode("utf-16-le") in data:
                raise _refusal(where, name, advice)
    return "doc"


def _refusal(where: str, name: str, advice: tuple[str, str]) -> LoadError:
    return LoadError(
        where,
        f"这是 {name} 文件，无法读取。请{advice[0]}。",
        f"this is a file of the format {name}, which cannot be read; {advice[1]}.",
    )


# --- web pages ------------------------------------------------------------------------------------

_PREAMBLE = re.compile(r"\s+|<\?[^>]*>|<!--.*?-->", re.DOTALL)
_PAGE_MARK = re.compile(r"\s*<(?:!doctype\s+html|html|head|body|meta|title|base)\b", re.IGNORECASE)
_PAGE_MARK_WITHIN = 1024
_TAG = re.compile(r"</?[a-z][a-z0-9:]*(?:\s[^<>]*)?/?>", re.IGNORECASE)


def _is_html(data: bytes) -> bool:
    """Whether a text is a web page, or a piece of one.

    A page says so near its start. A piece begins with a tag and has one on every other line at
    least; Markdown may begin with a tag, too, but goes on in lines of its own.
    """
    text = _read_head(data)
    start = 0
    while match := _PREAMBLE.match(text, start):
        start = match.end()
    near = text[start : start + _PAGE_MARK_WITHIN]
    if any(_PAGE_MARK.match(line) for line in near.split("\n")):
        return True
    lines = sum(bool(line.strip()) for line in text.split("\n"))
    return _TAG.match(text, start) is not None and 2 * len(_TAG.findall(text)) >= lines


def _read_head(data: bytes) -> str:
    """The first part of a text, its letters beyond ASCII in any reading."""
    head = data[:_HEAD]
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return head.decode("utf-16", "ignore")
    return head.removeprefix(codecs.BOM_UTF8).decode("latin-1")

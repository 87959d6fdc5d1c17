"""The package of a Word document: the few XML parts that hold its text, read without trusting them.

A package is a zip archive of parts that name one another by relationships. Only the parts needed are
ever decompressed, in memory; nothing is written to disk and nothing outside the archive is opened.
"""

from __future__ import annotations

import posixpath
import struct
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO

from lxml import etree

from documents.errors import LoadError
from documents.formats.word_xml import WORD, parse_xml, too_large

_RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"

# A package has about a dozen parts, and one more for each picture.
_MAX_PARTS = 50_000
# The text of a code of law, 2 MB, is 20 MB in Word's XML. At most seven parts are read.
_MAX_PART_BYTES = 128 * 1024 * 1024
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What the standard library raises on archives that are cut off, altered or made up.
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Package:
    """The roots of the parts that make up the text; None where a document has no such part."""

    document: etree._Element
    styles: etree._Element | None
    numbering: etree._Element | None
    footnotes: etree._Element | None
    endnotes: etree._Element | None


def read_package(data: bytes, *, where: str) -> Package:
    """Return the parts of a .docx file; LoadError where it is damaged, hostile or no Word document."""
    try:
        # Counted before they are listed: each takes much more memory than bytes in the file.
        if data.count(b"PK\x01\x02") > _MAX_PARTS:
            raise too_large(where)
        with zipfile.ZipFile(BytesIO(data)) as archive:
            return _read_parts(_Archive(archive, _list_members(archive)), where=where)
    except _ZIP_ERRORS as error:
        raise LoadError(
            where,
            f"Word 文件已损坏或不完整（{error}）。请用 Word 打开并另存为 docx，或重新获取该文件。",
            f"the Word file is damaged or incomplete ({error}); open it in Word and save it as docx, "
            "or get the file again.",
        ) from error


# --- parts ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Archive:
    zip: zipfile.ZipFile
    members: dict[str, zipfile.ZipInfo]


def _list_members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    # Part names are compared without case; some programs write them with backslashes.
    return {info.filename.replace("\\", "/").lower(): info for info in archive.infolist()}


def _read_parts(archive: _Archive, *, where: str) -> Package:
    main = _read_relationships(archive, "", where=where).get("officeDocument")
    root = None if main is None else _read_part(archive, main, where=where)
    if main is None or root is None or root.tag != f"{WORD}document":
        raise LoadError(
            where,
            "不是 Word 文档（压缩包里没有 Word 正文）。请提供 docx 文件。",
            "not a Word document (the archive has no document part); supply a docx file.",
        )
    related = _read_relationships(archive, main, where=where)

    def read(kind: str) -> etree._Element | None:
        return _read_part(archive, related[kind], where=where) if kind in related else None

    return Package(root, read("styles"), read("numbering"), read("footnotes"), read("endnotes"))


def _read_relationships(archive: _Archive, part: str, *, where: str) -> dict[str, str]:
    """Return the first part of each kind that ``part`` ("" is the package) refers to."""
    folder, name = posixpath.split(part)
    root = _read_part(archive, posixpath.join(folder, "_rels", f"{name}.rels"), where=where)
    found: dict[str, str] = {}
    for relationship in () if root is None else root.iter(_RELATIONSHIP):
        if relationship.get("TargetMode") != "External":
            kind = relationship.get("Type", "").rsplit("/", 1)[-1]
            target = posixpath.normpath(posixpath.join("/", folder, relationship.get("Target", "")))
            found.setdefault(kind, target.lstrip("/"))
    return found


def _read_part(archive: _Archive, name: str, *, where: str) -> etree._Element | None:
    """Return the root of a part, or None where the package has none of that name."""
    info = archive.members.get(name.lower())
    if info is None:
        return None
    if info.flag_bits & 0x1:
        raise LoadError(
            where,
            "文件受密码保护，无法读取。请解除密码后再添加。",
            "the file is protected by a password; remove it first.",
        )
    if info.compress_type not in _COMPRESSIONS:
        raise zipfile.BadZipFile(f"compression method {info.compress_type}")
    if info.file_size > _MAX_PART_BYTES:
        raise too_large(where)
    with archive.zip.open(info) as stream:
        content = stream.read(_MAX_PART_BYTES + 1)  # the size above is only what the archive says
    if len(content) > _MAX_PART_BYTES:
        raise too_large(where)
    return parse_xml(content, where=where)

"""A file -> its source text: the format is decided by the content, never by the name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from documents.confinement import read_confined
from documents.errors import LoadError
from documents.formats.sniffing import CONTAINERS, sniff
from documents.formats.text import read_text
from documents.limits import read_limit
from documents.types import Format, Progress, Source

# A policy document is a few hundred kilobytes; a code of law two megabytes.
MAX_BYTES = 64 * 1024 * 1024

_PAGED: frozenset[Format] = frozenset({"pdf", "scan"})


def load_source(path: Path, *, progress: Progress | None = None) -> Source:
    """Return the source of ``path``; ``progress`` counts pages where reading them takes long.

    Raises LoadError where the file is missing, unreadable, empty, too large or of no format that
    is read.
    """
    return read_source(read_file(path), where=str(path), progress=progress)


def read_file(path: Path) -> bytes:
    """Return the content of ``path``; LoadError where it is missing, unreadable or too large."""
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise LoadError(
                str(path), "这是文件夹，请给出文件。", "this is a folder; give the file itself."
            )
        limit = read_limit("POLICY_QA_MAX_BYTES", MAX_BYTES)
        if size > limit:
            raise LoadError(
                str(path),
                f"文件有 {size} 字节，超过上限 {limit} 字节，请拆分后再添加。",
                f"the file has {size} bytes, more than the limit of {limit}; split it first.",
            )
        return path.read_bytes()
    except FileNotFoundError as error:
        raise LoadError(
            str(path), "文件不存在，请检查路径。", "no such file; check the path."
        ) from error
    except (OSError, ValueError) as error:
        raise LoadError(
            str(path), f"无法读取（{error}）。", f"cannot be read ({error})."
        ) from error


def read_source(data: bytes, *, where: str, progress: Progress | None = None) -> Source:
    """Return the source of a file's content; LoadError names ``where``.

    Whatever takes more than Python's own UTF-8 is read in a process of its own: see ``confinement``.
    """
    if _is_plain(data, where):
        return read_text(data, where=where)
    return read_confined(data, where=where, progress=progress)


def _is_plain(data: bytes, where: str) -> bool:
    """Whether reading ``data`` needs nothing but Python's decoding of UTF-8 and a look at its start.

    So thousands of text files cost what they did.
    """
    # What is inside these is listed to tell their format.
    if data.startswith(CONTAINERS) or sniff(data, where=where) != "text":
        return False
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def read_directly(data: bytes, *, where: str, progress: Progress | None = None) -> Source:
    """Return the source of a file's content as ``read_source``, but in this process, without limits."""
    format = sniff(data, where=where)
    options = {"progress": progress} if format in _PAGED else {}
    return _reader(format)(data, where=where, **options)


def _reader(format: Format) -> Callable[..., Source]:
    """Return the reader of a format: it takes the bytes and ``where``; a paged one ``progress``.

    Imported where it is needed: what the formats are read with takes a second to import, and a
    question reads no file.
    """
    match format:
        case "text":
            read: Callable[..., Source] = read_text
        case "html":
            from documents.formats.html import read_html as read
        case "docx":
            from documents.formats.docx import read_docx as read
        case "doc":
            from documents.formats.doc import read_doc as read
        case "pdf":
            from documents.formats.pdf import read_pdf as read
        case "scan":
            from documents.formats.scan import read_image as read
    return read

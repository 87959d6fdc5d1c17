"""Zip archives of documents: their members one by one, whatever the archive claims of itself.

Nothing is written to disk. What an archive says of sizes is not believed: bytes are counted as they
come out. A member that cannot be read is reported, and the others are read.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from documents.errors import LoadError

# A library is a few hundred documents of some megabytes; an archive of more is better split.
MAX_MEMBERS = 2000
MAX_MEMBER_BYTES = 64 * 1024 * 1024
MAX_TOTAL_BYTES = 512 * 1024 * 1024
# Text shrinks to a tenth, a blank page to a hundredth; what deflate can do at most is a thousandth.
MAX_RATIO = 200
# Archives within the archive that was given; those within these are not opened.
MAX_DEPTH = 1

_CHUNK = 1024 * 1024
_MEMBER, _EMPTY, _LISTED = b"PK\x03\x04", b"PK\x05\x06", b"PK\x01\x02"
# Parts that make a zip one document: Office, OFD, OpenDocument, EPUB.
_DOCUMENT_PARTS = re.compile(
    r"\[Content_Types\]\.xml|OFD\.xml|mimetype|META-INF/container\.xml", re.IGNORECASE
)
# Control and format characters, surrogates, private and unassigned ones; line and paragraph ends.
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_ENCRYPTED, _UTF8 = 0x1, 0x800


@dataclass(slots=True)
class _Budget:
    """What may still come out of the archive that was given, with those inside it."""

    members: int = MAX_MEMBERS
    size: int = MAX_TOTAL_BYTES


def is_archive(data: bytes) -> bool:
    """Whether ``data`` is a zip of files, and not a document whose format is a zip, or damaged."""
    if not data.startswith((_MEMBER, _EMPTY)):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return not any(map(_DOCUMENT_PARTS.fullmatch, archive.namelist()))
    except MemoryError:
        raise
    except Exception:  # zipfile raises anything on damaged bytes
        return False


def read_members(
    data: bytes, *, where: str, wanted: Callable[[str], bool]
) -> Iterator[tuple[str, bytes] | LoadError]:
    """Yield name and content of each member whose name is ``wanted``, or why it has none.

    Names are relative, with / between folders, and safe to print; those of a member of an archive
    inside are behind that archive's name. Errors name ``where``/name.
    """
    yield from _read(data, where, "", wanted, _Budget(), 0)


def _read(
    data: bytes,
    where: str,
    folder: str,
    wanted: Callable[[str], bool],
    budget: _Budget,
    depth: int,
) -> Iterator[tuple[str, bytes] | LoadError]:
    # Counted before the list is read, which takes ten times the memory that it takes in the file.
    if data.count(_LISTED) > budget.members:
        yield _too_many(where)
        return
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        members = [member for member in archive.infolist() if not member.is_dir()]
    except MemoryError:
        raise  # no damage
    except Exception as error:  # zipfile raises anything on damaged bytes
        yield LoadError(
            where,
            f"压缩包已损坏（{error}），请重新下载。",
            f"the archive is damaged ({error}); download it again.",
        )
        return
    with archive:
        for member in members:
            name = folder + safe_path(_decode_name(member))
            if not wanted(name):
                continue
            budget.members -= 1
            if budget.members < 0:
                yield _too_many(where)
                return
            try:
                content = _extract(archive, member, f"{where}/{name}", budget)
            except LoadError as error:
                yield error
                continue
            if not is_archive(content):
                yield name, content
            elif depth < MAX_DEPTH:
                yield from _read(content, where, f"{name}/", wanted, budget, depth + 1)
            else:
                yield LoadError(
                    f"{where}/{name}",
                    "压缩包嵌套过深，未打开。请解压后添加其中的文件。",
                    "an archive nested too deep was not opened; extract it and add the files in it.",
                )


def _extract(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, where: str, budget: _Budget
) -> bytes:
    if member.flag_bits & _ENCRYPTED:
        raise LoadError(
            where,
            "压缩包中的这个文件有密码，无法读取。请解压后添加。",
            "this member of the archive has a password; extract it and add the file.",
        )
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # zipfile takes others apart without a bound: 4 KB of bzip2 can be 100 MB.
        raise LoadError(
            where,
            "压缩包中的这个文件使用了不支持的压缩方法。请解压后添加。",
            "this member of the archive is compressed by a method that is not supported; extract it "
            "and add the file.",
        )
    limit = min(MAX_MEMBER_BYTES, max(member.compress_size, 1) * MAX_RATIO, budget.size)
    parts: list[bytes] = []
    try:
        with archive.open(member) as file:
            while part := file.read(_CHUNK):
                parts.append(part)
                budget.size -= len(part)
                limit -= len(part)
                if limit < 0:
                    break
    except MemoryError:
        raise
    except Exception as error:  # damaged bytes raise anything, in zipfile and in the decompressors
        raise LoadError(
            where,
            f"压缩包中的这个文件已损坏（{error}），请重新下载。",
            f"this member of the archive is damaged ({error}); download it again.",
        ) from error
    if limit < 0:
        raise LoadError(
            where,
            f"解压后过大（上限：单个文件 {MAX_MEMBER_BYTES} 字节、压缩比 {MAX_RATIO}，整个压缩包 "
            f"{MAX_TOTAL_BYTES} 字节），未读取。请拆分后再添加。",
            f"too large when extracted (limits: {MAX_MEMBER_BYTES} bytes or a ratio of {MAX_RATIO} "
            f"for a file, {MAX_TOTAL_BYTES} bytes for the archive), not read; split it first.",
        )
    return b"".join(parts)


def _too_many(where: str) -> LoadError:
    return LoadError(
        where,
        f"压缩包中的文件超过 {MAX_MEMBERS} 个，其余未读取。请拆分后再添加。",
        f"the archive holds more than {MAX_MEMBERS} files, the rest is not read; split it first.",
    )


# --- names ----------------------------------------------------------------------------------------


def _decode_name(member: zipfile.ZipInfo) -> str:
    """Return a member's name as it was meant: UTF-8, or what Chinese Windows writes without saying."""
    if member.flag_bits & _UTF8:
        return member.orig_filename
    raw = member.orig_filename.encode("cp437")
    for encoding in ("utf_8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return member.orig_filename


def safe_path(name: str) -> str:
    """Return ``name`` as a relative path without ``..``, drives and characters that are not seen."""
    parts = re.split(r"[/\\]", re.sub(r"^[A-Za-z]:", "", replace_unseen(name)))
    return "/".join(part for part in parts if part.strip(" .")) or "_"


def replace_unseen(name: str) -> str:
    """Return ``name`` with an underscore for each character that is not seen or is no text."""
    return "".join("_" if unicodedata.category(c) in _UNSEEN else c for c in name)

"""Additions to the library, decided one by one: what is new, what it has already, what to call it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

from documents.formats.archive import replace_unseen
from documents.loading import read_file, read_source
from documents.parsing import document_id, parse_source
from documents.recognition import Known, Stored, describe, stem_form
from documents.register import Entry, stage
from documents.types import Change, Original

# Of a file name, in bytes, on every common file system.
_MAX_NAME = 255
_UNSAFE = re.compile(r'[<>:"|?*]')
# What Windows takes for a device, whatever its suffix.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|\s|$)", re.IGNORECASE)


@dataclass(slots=True)
class Intake:
    """A library as it would be after the additions decided so far.

    ``files`` are those in the folder, by resolved path; ``before`` and ``register`` are the register
    before and after, ``put`` the staged names of new originals with their final ones.
    """

    folder: Path
    files: dict[Path, Stored]
    known: Known
    before: dict[str, Entry]
    register: dict[str, Entry]
    put: dict[str, str] = field(default_factory=dict)


def open_intake(folder: Path, library: list[Stored], register: dict[str, Entry]) -> Intake:
    """Return the library with nothing added yet."""
    files = {stored.path.resolve(): stored for stored in library}
    return Intake(folder, files, Known.of(library), register, dict(register))


def consider(item: Path | Original, intake: Intake) -> Change:
    """Decide about one file, and stage it where it is to be stored; LoadError where it is unreadable.

    Hold the library's lock.
    """
    if isinstance(item, Original):
        return _consider_data(item.name, item.name, item.data, intake)
    data = read_file(item)
    own = intake.files.get(item.resolve())
    if own:
        return _register(str(item), own, intake)
    return _consider_data(str(item), item.name, data, intake)


def _register(where: str, own: Stored, intake: Intake) -> Change:
    """Take a file that lies in the library already into its register."""
    if own.error:
        raise own.error
    name = own.path.relative_to(intake.folder).as_posix()
    if intake.register.get(name) == own.entry:
        chinese, english = "已在文档库中。", "already in the library."
    else:
        intake.register[name] = own.entry
        chinese, english = "已在文档库中，现已登记。", "already in the library; registered now."
    return Change(where, "duplicate", own.id, None, chinese, english)


def _consider_data(where: str, name: str, data: bytes, intake: Intake) -> Change:
    sha256 = hashlib.sha256(data).hexdigest()
    same = intake.known.by_content.get(sha256)
    if same:
        return Change(
            where,
            "duplicate",
            None,
            same.id,
            f"文档库中已有内容完全相同的 {same.id}，没有重复存放。",
            f"already in the library as {same.id}; not stored again.",
        )
    lost = next((n for n, entry in intake.before.items() if entry.sha256 == sha256), None)
    if lost:
        return _restore(where, lost, data, intake)
    name = safe_name(name)
    document = parse_source(read_source(data, where=where), Path(name).stem)
    entry = describe(document, sha256)
    twin = intake.known.find_text(entry)
    if twin:
        return Change(
            where,
            "duplicate",
            None,
            twin.id,
            f"文字与文档库中的 {twin.id} 完全相同，只是格式或编码不同，没有重复存放。要改用这个文件，"
            f"请先删除 {twin.id}。",
            f"the same text as {twin.id} in another format or encoding; not stored again. To keep "
            f"this file instead, remove {twin.id} first.",
        )
    version = intake.known.find_version(entry, name)
    path = intake.folder / _free_name(name, sha256, intake)
    id = document_id(path)
    _put(path, data, Stored(id, path, entry), intake)
    if version is None:
        return Change(where, "added", id, None, f"已添加为 {id}。", f"added as {id}.")
    return Change(
        where,
        "version",
        id,
        version.other,
        f"已添加为 {id}。它与 {version.other} 的{version.chinese}相同而内容不同，可能是同一文件的不同版本。"
        "两份都已保留，请删除不再需要的一份。",
        f"added as {id}. It has the {version.english} of {version.other} but other content, and may be "
        "another version of it. Both are kept; remove the one that is no longer needed.",
    )


def _restore(where: str, name: str, data: bytes, intake: Intake) -> Change:
    """Put back an original whose stored file was changed or is missing."""
    path = intake.folder / name
    before = intake.files.get(path.resolve())
    id = before.id if before else document_id(path)
    _put(path, data, Stored(id, path, intake.before[name]), intake)
    return Change(
        where,
        "added",
        id,
        None,
        f"文档库中 {id} 的原件已缺失或被改动，现已恢复。",
        f"the original of {id} was missing from the library or changed, and is restored.",
    )


def _put(path: Path, data: bytes, stored: Stored, intake: Intake) -> None:
    name = path.relative_to(intake.folder).as_posix()
    intake.put[stage(intake.folder, data, stored.entry.sha256)] = name
    intake.register[name] = stored.entry
    intake.known.add(stored)


# --- names ----------------------------------------------------------------------------------------


def safe_name(name: str) -> str:
    """Return a name that every file system takes, with room for the digits of a taken one.

    Nor does it hold what is not seen, such as a sign that turns the reading direction; a letter that
    only looks like another stays as it is, since nothing is decided by a name.
    """
    last = _UNSAFE.sub("_", replace_unseen(re.split(r"[/\\]", name)[-1])).lstrip(". ")
    last = _DEVICE.sub(r"_\g<0>", last, count=1) if _DEVICE.match(last) else last
    suffix = Path(last).suffix
    room = _MAX_NAME - len(suffix.encode()) - len("-12345678")
    return last.removesuffix(suffix).encode()[:room].decode(errors="ignore") + suffix


def _free_name(name: str, sha256: str, intake: Intake) -> str:
    """Return ``name``, or one with part of the checksum where its stem, the id, is taken."""
    stem, suffix = Path(name).stem, Path(name).suffix
    reserved = {stem_form(other) for other in intake.before}
    return next(
        free
        for free in (name, f"{stem}-{sha256[:8]}{suffix}", f"{sha256}{suffix}")
        if stem_form(free) not in intake.known.by_stem
        and stem_form(free) not in reserved
        and not (intake.folder / free).exists()
    )

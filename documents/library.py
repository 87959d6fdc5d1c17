"""The folder of source documents: the source of truth that every index is built from.

It lies under ``POLICY_QA_HOME`` (default: the platform's user data folder). A new library begins
with the sample documents. Originals are kept byte for byte under their own names; a file put into the
folder by hand belongs to the library as well, but only what was added is protected by a checksum.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import platformdirs

from documents import corrections, names
from documents.confinement import is_archive, read_members
from documents.errors import DocumentError, LibraryError, LoadError, UnknownDocumentError
from documents.intake import consider, open_intake, safe_name
from documents.loading import read_file, read_source
from documents.names import SUFFIXES, is_document
from documents.parsing import document_id, parse, parse_source
from documents.recognition import Stored, describe
from documents.register import (
    CHANGE,
    Entry,
    changing,
    commit,
    read_register,
    settle,
    write_register,
)
from documents.types import Change, Document, Original, Progress, Verification


def policy_home() -> Path:
    """Return the folder of all state: ``POLICY_QA_HOME`` or the platform's user data folder."""
    home = os.environ.get("POLICY_QA_HOME")
    return Path(home) if home else Path(platformdirs.user_data_dir("policy-qa", appauthor=False))


def library_folder() -> Path:
    """Return the library's folder, created with the samples where there is none yet.

    A change that was stopped half way is finished first.
    """
    folder = policy_home() / "documents"
    if not folder.is_dir():
        _create(folder)
    settle(folder)
    return folder


def _create(folder: Path) -> None:
    """Copy the samples beside ``folder`` and rename, so that a half-made library is never seen."""
    beside: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=".documents-", dir=folder.parent))
        for sample in resources.files("documents").joinpath("samples").iterdir():
            if is_document(sample.name):
                (beside / sample.name).write_bytes(sample.read_bytes())
        write_register(beside, {s.path.name: s.entry for s in _survey(beside, {})})
        beside.rename(folder)
    except OSError as error:
        if beside is not None:
            shutil.rmtree(beside, ignore_errors=True)
        # Where another process created the library first, its copy is as good.
        if not folder.is_dir():
            raise DocumentError(
                f"{folder}：无法建立文档库（{error}）。请检查权限和磁盘空间，或用 POLICY_QA_HOME 指定其他"
                f"文件夹。\n{folder}: the library cannot be created ({error}); check permissions and "
                "disk space, or name another folder with POLICY_QA_HOME."
            ) from error


def find_files(paths: Iterable[Path]) -> list[Path]:
    """Return the documents and archives in ``paths`` (files as they are, folders searched), sorted.

    An archive in the library's own folder is none of its documents: the library knows files.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            archives = not path.resolve().is_relative_to((policy_home() / "documents").resolve())
            found.extend(
                p
                for p in path.rglob("*")
                if (is_document(p.name) or (archives and names.is_archive(p.name))) and p.is_file()
            )
        else:
            found.append(path)
    return sorted(set(found))


def unpack(item: Path | Original) -> Iterator[Path | Original | LoadError]:
    """Yield an archive's documents, or why one cannot be read; an item that is none as it is.

    A document inside is named ``archive.zip/its name``.
    """
    try:
        data = item.data if isinstance(item, Original) else _read_zip(item)
    except LoadError as error:
        yield error
        return
    where = item.name if isinstance(item, Original) else str(item)
    try:
        packed = is_archive(data, where=where)
    except LoadError as error:
        yield error
        return
    if not packed:
        yield item
        return
    empty = True
    for member in read_members(data, where=where):
        empty = False
        yield (
            member if isinstance(member, LoadError) else Original(f"{where}/{member[0]}", member[1])
        )
    if empty:
        known = " ".join(sorted(SUFFIXES))
        yield LoadError(
            where,
            f"压缩包里没有可以读取的文件（支持 {known}）。",
            f"the archive holds no file that can be read ({known}).",
        )


def _read_zip(path: Path) -> bytes:
    """Return the content of a file that begins as a zip does; of any other, nothing."""
    try:
        with path.open("rb") as file:
            begins = file.read(2) == b"PK"
    except (OSError, ValueError):
        return b""  # whoever reads the file says what is wrong with it
    return read_file(path) if begins else b""


def read_documents(
    paths: Iterable[Path], *, progress: Progress | None = None
) -> Iterator[Document | LoadError]:
    """Yield each file's document, or the error that says why it has none; ids are unique.

    Metadata of the library's own documents is as it was corrected.
    """
    files = find_files(paths)
    taken: set[str] = set()
    correct = corrections.corrector(policy_home() / "documents")
    for done, path in enumerate(files, 1):
        for item in unpack(path):
            read = _read_document(item, taken)
            yield correct(path, read) if isinstance(read, Document) else read
        if progress:
            progress(done, len(files), path.name)


def _read_document(item: Path | Original | LoadError, taken: set[str]) -> Document | LoadError:
    """Read one file, and add its id to those that are ``taken``."""
    if isinstance(item, LoadError):
        return item
    path = item if isinstance(item, Path) else Path(item.name)
    try:
        if isinstance(item, Path):
            document = parse(item, taken=taken)
        else:
            source = read_source(item.data, where=item.name)
            document = parse_source(source, document_id(path, taken=taken, data=item.data))
    except LoadError as error:
        taken.add(document_id(path))
        return error
    taken.add(document.id)
    return document


def read_document(path: Path) -> Document:
    """Return the document in a file; LoadError. Metadata as ``read_documents`` has it."""
    return corrections.corrector(policy_home() / "documents")(path, parse(path))


def find_original(id: str) -> Path | None:
    """Return the file of the library's document ``id``, None where it has none such."""
    folder = library_folder()
    path = dict(_identify(folder)).get(id)
    # A link in the folder may point anywhere.
    if path is None or not path.resolve().is_relative_to(folder.resolve()):
        return None
    return path


# --- changes --------------------------------------------------------------------------------------


def add(
    items: Iterable[Path | Original], *, progress: Progress | None = None
) -> tuple[Change, ...]:
    """Add files to the library, folders searched, all in one step; say what became of each.

    A file that cannot be read as a document, or whose content or text the library has, is left out.
    One whose stem is taken gets 8 hex digits of its SHA-256 behind it. A file that lies in the
    library's folder is registered there. LibraryError where the library cannot be changed.
    """
    folder = library_folder()
    expanded = list(_expand(items))
    changes = []
    with changing(folder):
        register = read_register(folder)
        intake = open_intake(folder, list(_survey(folder, register)), register)
        for done, item in enumerate(expanded, 1):
            try:
                if isinstance(item, LoadError):
                    raise item
                change = consider(item, intake)
            except LoadError as error:
                change = Change(error.where, "failed", None, None, error.chinese, error.english)
            changes.append(change)
            if progress:
                progress(done, len(expanded), Path(change.file).name)
        if intake.register != register or intake.put:
            commit(folder, intake.register, put=intake.put)
    return tuple(changes)


def _expand(items: Iterable[Path | Original]) -> Iterator[Path | Original | LoadError]:
    """Yield the files in ``items``, and an error for each item that the library cannot hold."""
    for item in items:
        if isinstance(item, Path) and item.is_dir():
            files = find_files([item])
            if not files:
                known = " ".join(sorted(SUFFIXES))
                yield LoadError(
                    str(item),
                    f"文件夹里没有可以添加的文件（支持 {known}）。",
                    f"the folder holds no file that can be added ({known}).",
                )
            for file in files:
                yield from map(_admit, unpack(file))
        else:
            yield from map(_admit, unpack(item))


def _admit(item: Path | Original | LoadError) -> Path | Original | LoadError:
    """Return the item, or an error where its name shows that the library could not find it again."""
    # A missing file is told as such, whatever its name.
    if isinstance(item, LoadError) or (isinstance(item, Path) and not item.exists()):
        return item
    if is_document(safe_name(item.name)):
        return item
    known = " ".join(sorted(SUFFIXES))
    return LoadError(
        str(item) if isinstance(item, Path) else item.name,
        f"文档库只收扩展名为 {known} 的文件，请改名后再添加。",
        f"the library holds files that end in {known}; rename the file first.",
    )


def remove(ids: Iterable[str], *, gone: Collection[str] = ()) -> tuple[Change, ...]:
    """Remove documents from the library, all in one step, and what was corrected of them.

    Of those in ``gone`` it is no matter that they are not there any more. UnknownDocumentError, which
    names the nearest ids, where another one of ``ids`` is not there; nothing is removed then.
    LibraryError where the library cannot be changed.
    """
    folder = library_folder()
    with changing(folder):
        register = read_register(folder)
        missing = (name for name in register if not (folder / name).exists())
        files = {document_id(Path(name)): name for name in missing}
        files |= {id: _relative(folder, path) for id, path in _identify(folder)}
        wanted = tuple(dict.fromkeys(ids))
        for id in wanted:
            if id not in files and id not in gone:
                raise _unknown(id, files)
        drop = {files[id] for id in wanted if id in files}
        sums = {register[name].sha256 for name in drop if name in register}
        sums |= {_checksum(folder / name) for name in drop if (folder / name).exists()}
        corrected = sums & corrections.read_corrections(folder).keys()
        left = {name: entry for name, entry in register.items() if name not in drop}
        commit(folder, left, drop=sorted(drop), forget=sorted(corrected))
    return tuple(
        Change(files.get(id, id), "removed", id, None, f"已删除 {id}。", f"removed {id}.")
        for id in wanted
    )


def take_back(before: Collection[str]) -> None:
    """Remove what was added since the library's files were ``before``; see ``list_files``.

    Files put into the folder by hand meanwhile stay.
    """
    folder = library_folder()
    with changing(folder):
        register = read_register(folder)
        new = sorted(set(register) - set(before))
        if new:
            left = {name: entry for name, entry in register.items() if name not in new}
            commit(folder, left, drop=new)


def list_files() -> frozenset[str]:
    """Return the names of the library's files, and of those that are missing from it."""
    folder = library_folder()
    there = (_relative(folder, path) for path in find_files([folder]))
    return frozenset(there) | frozenset(read_register(folder))


def correct(id: str, fields: Mapping[str, Any]) -> tuple[Change, ...]:
    """Correct fields of a document's metadata, apart from the document, which stays as it is.

    None withdraws a correction; for the fields and their values see ``corrections.check``, whose
    CorrectionError is raised before anything is changed. UnknownDocumentError where the library has
    no such document; LibraryError where the library cannot be changed.
    """
    asked = corrections.check(fields)
    folder = library_folder()
    with changing(folder):
        files = dict(_identify(folder))
        if id not in files:
            raise _unknown(id, files)
        changed = corrections.record(folder, _checksum(files[id]), id, asked)
    name, listed = _relative(folder, files[id]), ", ".join(asked)
    if changed:
        chinese = f"已更正 {id} 的元数据：{listed}。"
        return (Change(name, "corrected", id, None, chinese, f"corrected {listed} of {id}."),)
    chinese = f"{id} 的元数据没有变化。"
    return (Change(name, "unchanged", id, None, chinese, f"the metadata of {id} is as it was."),)


def _unknown(id: str, files: Iterable[str]) -> UnknownDocumentError:
    ids = sorted(files)
    near = [i for i in ids if id and (id in i or i in id)]
    near += [i for i in difflib.get_close_matches(id, ids, n=5, cutoff=0.5) if i not in near]
    listed = "、".join(near[:5])
    return UnknownDocumentError(
        f"文档库中没有 {id}{f'（相近的有：{listed}）' if near else ''}，没有更改任何文档。全部编号见 "
        "python -m documents list。\n"
        f"The library has no document {id}{f' (near: {listed})' if near else ''}; nothing was changed. "
        "For all ids: python -m documents list."
    )


def verify() -> Verification:
    """Compare every file of the library with its checksum, and see that its records are whole.

    Files put there by hand have none; they are read, to tell documents from other files.
    """
    while True:
        folder = library_folder()
        register = read_register(folder)
        found = _verify(folder, register)
        # Where another process changed the library meanwhile, it is looked at again.
        if not (folder / CHANGE).exists() and read_register(folder) == register:
            return found


def _verify(folder: Path, register: dict[str, Entry]) -> Verification:
    intact = 0
    changed, missing, unregistered = [], [], []
    unreadable: list[tuple[str, str, str]] = []
    try:
        corrections.read_corrections(folder)
    except LibraryError as error:
        chinese, _, english = str(error).partition("\n")
        unreadable.append((corrections.CORRECTIONS, chinese, english))
    for name, entry in sorted(register.items()):
        try:
            if _checksum(folder / name) == entry.sha256:
                intact += 1
            else:
                changed.append(name)
        except FileNotFoundError:
            missing.append(name)
        except OSError as error:
            unreadable.append((name, f"无法读取（{error}）。", f"cannot be read ({error})."))
    for path in find_files([folder]):
        name = _relative(folder, path)
        if name not in register:
            try:
                parse(path)
                unregistered.append(name)
            except LoadError as error:
                unreadable.append((name, error.chinese, error.english))
    return Verification(
        intact, tuple(changed), tuple(missing), tuple(unregistered), tuple(unreadable)
    )


def _survey(folder: Path, register: dict[str, Entry]) -> Iterator[Stored]:
    """Yield every file of the library; what the register does not know of one is read from it."""
    for id, path in _identify(folder):
        sha256 = ""
        try:
            sha256 = _checksum(path)
            entry = register.get(_relative(folder, path))
            if entry is None or entry.sha256 != sha256:
                entry = describe(parse(path), sha256)
            yield Stored(id, path, entry)
        except LoadError as error:
            yield Stored(id, path, Entry(sha256), error)
        except OSError as error:
            reason = LoadError(str(path), f"无法读取（{error}）。", f"cannot be read ({error}).")
            yield Stored(id, path, Entry(sha256), reason)


def _identify(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield id and file of everything in the library, with the ids that ``read_documents`` gives."""
    taken: set[str] = set()
    for path in find_files([folder]):
        id = document_id(path, taken=taken)
        taken.add(id)
        yield id, path


def _relative(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

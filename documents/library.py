"""The folder of source documents: the source of truth that every index is built from.

It lies under ``POLICY_QA_HOME`` (default: the platform's user data folder). A new library begins
with the sample documents.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path

import platformdirs

from documents.errors import DocumentError, LoadError
from documents.parsing import parse
from documents.types import Document, Progress

# Which files of a folder are looked at; what they are is told by their content.
SUFFIXES = frozenset(
    ".txt .md .html .htm .docx .doc .pdf .png .jpg .jpeg .tif .tiff .bmp .webp".split()
)
# What speaks of a folder is no document in it.
_NOTES = frozenset({"readme", "sources", "license"})


def policy_home() -> Path:
    """Return the folder of all state: ``POLICY_QA_HOME`` or the platform's user data folder."""
    home = os.environ.get("POLICY_QA_HOME")
    return Path(home) if home else Path(platformdirs.user_data_dir("policy-qa", appauthor=False))


def library_folder() -> Path:
    """Return the library's folder, created with the samples where there is none yet."""
    folder = policy_home() / "documents"
    if not folder.is_dir():
        _create(folder)
    return folder


def _create(folder: Path) -> None:
    """Copy the samples beside ``folder`` and rename, so that a half-made library is never seen."""
    beside: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=".documents-", dir=folder.parent))
        for sample in resources.files("documents").joinpath("samples").iterdir():
            if _is_document(sample.name):
                (beside / sample.name).write_bytes(sample.read_bytes())
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


def _is_document(name: str) -> bool:
    stem, suffix = Path(name).stem.lower(), Path(name).suffix.lower()
    # A hidden file is some program's own, such as the lock that Word lays beside an open document.
    return suffix in SUFFIXES and stem not in _NOTES and not name.startswith((".", "~$"))


def find_files(paths: Iterable[Path]) -> list[Path]:
    """Return the document files in ``paths`` (files as they are, folders searched), sorted."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found.extend(p for p in path.rglob("*") if _is_document(p.name) and p.is_file())
        else:
            found.append(path)
    return sorted(set(found))


def read_documents(
    paths: Iterable[Path], *, progress: Progress | None = None
) -> Iterator[Document | LoadError]:
    """Yield each file's document, or the error that says why it has none; ids are unique."""
    files = find_files(paths)
    taken: set[str] = set()
    for done, path in enumerate(files, 1):
        try:
            document = parse(path, taken=taken)
        except LoadError as error:
            yield error
        else:
            taken.add(document.id)
            yield document
        if progress:
            progress(done, len(files), path.name)

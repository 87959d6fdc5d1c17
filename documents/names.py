"""Which files of a folder or an archive are looked at; what they are is told by their content."""

from __future__ import annotations

from pathlib import Path

SUFFIXES = frozenset(
    ".txt .md .html .htm .docx .doc .pdf .png .jpg .jpeg .tif .tiff .bmp .webp".split()
)
# What speaks of a folder is no document in it.
_NOTES = frozenset({"readme", "sources", "license"})


def is_document(name: str) -> bool:
    """Whether a file of this name may be a document."""
    stem, suffix = Path(name).stem.lower(), Path(name).suffix.lower()
    # A hidden file is some program's own, such as the lock that Word lays beside an open document.
    return suffix in SUFFIXES and stem not in _NOTES and not name.startswith((".", "~$"))


def is_archive(name: str) -> bool:
    """Whether a file of this name may be an archive of documents."""
    return Path(name).suffix.lower() == ".zip" and not name.startswith(".")


def is_wanted(name: str) -> bool:
    """Whether a member of an archive, its folders before it, is read."""
    last = name.rsplit("/", 1)[-1]
    return is_document(last) or is_archive(last)

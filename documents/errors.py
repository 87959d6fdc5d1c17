"""The document side's errors.

DocumentError
├── LoadError: a file cannot be read as a policy document
│   └── EmptyLibraryError: the library has no document to read
├── LibraryError: the library cannot be changed, or what it knows of its files is damaged
├── UnknownDocumentError: the library has no document of that id
└── CorrectionError: metadata cannot be corrected as asked

Every message says what happened, where and what to do, Chinese first, then English.
"""

from __future__ import annotations


def explain_file(error: OSError) -> str:
    """Return what to tell of a file that cannot be read or written, in two languages."""
    name, why = error.filename, error.strerror or error
    return (
        f"{name}：无法读写（{why}）。请检查路径、权限和磁盘空间。\n"
        f"{name}: cannot be read or written ({why}); check the path, permissions and disk space."
    )


class DocumentError(Exception):
    """Base of what the document side raises on bad input."""


class LoadError(DocumentError):
    """A file cannot be read as a policy document: ``where``, and why in two languages."""

    def __init__(self, where: str, chinese: str, english: str) -> None:
        self.where, self.chinese, self.english = where, chinese, english
        super().__init__(f"{where}：{chinese}\n{where}: {english}")


class EmptyLibraryError(LoadError):
    """The library has no document to read."""


class LibraryError(DocumentError):
    """The library cannot be changed, or what it knows of its files is damaged."""


class UnknownDocumentError(DocumentError):
    """The library has no document of that id."""


class CorrectionError(DocumentError):
    """Metadata cannot be corrected as asked: ``field``, and why in two languages."""

    def __init__(self, field: str, chinese: str, english: str) -> None:
        self.field, self.chinese, self.english = field, chinese, english
        super().__init__(f"{field}：{chinese}\n{field}: {english}")

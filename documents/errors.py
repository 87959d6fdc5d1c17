"""The document side's errors.

DocumentError
└── LoadError: a file cannot be read as a policy document

Every message says what happened, where and what to do, Chinese first, then English.
"""

from __future__ import annotations


class DocumentError(Exception):
    """Base of what the document side raises on bad input."""


class LoadError(DocumentError):
    """A file cannot be read as a policy document."""

    def __init__(self, where: str, chinese: str, english: str) -> None:
        super().__init__(f"{where}：{chinese}\n{where}: {english}")

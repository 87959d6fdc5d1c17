"""All exceptions of the package. Messages are two lines, Chinese first: what, where, what to do."""

from __future__ import annotations


class EvaluationError(ValueError):
    """Base of everything this package raises on purpose."""

    def __init__(self, where: str, chinese: str, english: str) -> None:
        super().__init__(f"{where}：{chinese}\n{where}: {english}")


class DatasetError(EvaluationError):
    """A file of questions or of a corpus cannot be used; the message says where and what is wrong."""


class UnknownSystemError(EvaluationError):
    """A system that is named cannot be built: it, or a setting of it, is unknown."""


class CacheError(EvaluationError):
    """The vectors on disk cannot be read or written."""

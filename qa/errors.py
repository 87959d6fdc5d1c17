"""The answer side's errors.

QaError
└── RequestError: a question cannot be taken as it is
"""

from __future__ import annotations


class QaError(Exception):
    """Base of what the answer side raises on bad input."""


class RequestError(QaError):
    """A question cannot be taken as it is; ``code`` is for programs, ``message`` for people."""

    def __init__(self, code: str, chinese: str, english: str) -> None:
        self.code = code
        self.message = f"{chinese}\n{english}"
        super().__init__(self.message)

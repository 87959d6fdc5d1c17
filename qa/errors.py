"""The answer side's errors.

QaError
├── RequestError: a question cannot be taken as it is
└── GenerationError: a language model gave no usable answer
    ├── UnreachableError: no connection to it
    ├── SlowError: it did not answer in time
    ├── RefusedError: its server refused the request
    └── MalformedError: what it sent is no whole answer
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


class GenerationError(QaError):
    """A language model gave no usable answer; ``code`` is for programs, ``message`` for people.

    No message holds the key, nor what the server said: it may repeat the key.
    """

    code = "llm_failed"

    def __init__(self, chinese: str, english: str) -> None:
        self.message = f"{chinese}\n{english}"
        super().__init__(self.message)


class UnreachableError(GenerationError):
    """No connection to the language model."""

    code = "llm_unreachable"


class SlowError(GenerationError):
    """The language model did not answer in time."""

    code = "llm_slow"


class RefusedError(GenerationError):
    """The language model's server refused the request."""

    code = "llm_refused"


class MalformedError(GenerationError):
    """What the language model's server sent is no whole answer."""

    code = "llm_malformed"

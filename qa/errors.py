"""The answer side's errors.

QaError
├── RequestError: a question, or what is said of an answer, cannot be taken as it is
├── LogError: the log of questions cannot be read or written
├── BackupError: a back-up cannot be made or restored
├── UnknownAskError: a judgement is of an answer that the log does not have
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
    """A question, or what is said of an answer, cannot be taken as it is.

    ``code`` is for programs, ``message`` for people.
    """

    def __init__(self, code: str, chinese: str, english: str) -> None:
        self.code = code
        self.message = f"{chinese}\n{english}"
        super().__init__(self.message)


class LogError(QaError):
    """The log of questions cannot be read or written; what it holds was left as it is."""

    def __init__(self, chinese: str, english: str) -> None:
        self.message = f"{chinese}\n{english}"
        super().__init__(self.message)


class BackupError(QaError):
    """A back-up cannot be made or restored; what is there was left as it is."""

    def __init__(self, chinese: str, english: str) -> None:
        self.message = f"{chinese}\n{english}"
        super().__init__(self.message)


class UnknownAskError(QaError):
    """A judgement is of an answer that the log does not have."""

    def __init__(self, ask: str) -> None:
        self.message = (
            f"记录中没有编号为 {ask!r} 的问答，评价没有保存。请重新提问后再评价。\n"
            f"The log has no answer {ask!r}, so the judgement was not kept; ask again and judge that."
        )
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

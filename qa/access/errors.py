"""What goes wrong with accounts."""

from __future__ import annotations

from qa.errors import QaError


class AccountsError(QaError):
    """Accounts cannot be read or changed as asked; ``message`` is for people, in both languages."""

    def __init__(self, chinese: str, english: str) -> None:
        self.message = f"{chinese}\n{english}"
        super().__init__(self.message)

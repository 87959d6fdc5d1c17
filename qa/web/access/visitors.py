"""Who sent a request, told by its cookie or token; and what routes ask about it."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, cookie_parser
from starlette.types import Scope

from qa.access.accounts import Accounts
from qa.access.types import Account, Role, Visitor, covers

SESSION_COOKIE = "policy_qa_session"
# Tells browsers apart, so that each finds its own last questions; random, and says nothing else.
DESK_COOKIE = "policy_qa_desk"

# Of an application that is put together without access, as tests do: whoever reaches it may do all.
_ANYBODY = Visitor(None, None, "admin")


@dataclass(frozen=True, slots=True)
class Access:
    """What decides who is let in.

    ``open_as`` is what anybody may while there are no accounts, None: nothing. ``local`` says that only
    this machine reaches the server, so that a request that names another is not meant for it.
    ``accounts`` are None where nobody has to log in, whatever accounts there are.
    """

    accounts: Accounts | None
    open_as: Role | None
    local: bool = False

    @property
    def closed(self) -> bool:
        """Whether whoever comes has to log in; AccountsError."""
        return self.open_as is None or (self.accounts is not None and self.accounts.exist())


def find_visitor(access: Access, headers: Headers) -> Visitor | None:
    """Return who sent a request with these headers, None where nobody is known; AccountsError."""
    if access.accounts is None or not access.accounts.exist():
        return Visitor(None, None, access.open_as) if access.open_as else None
    account = _find_account(access.accounts, headers)
    # Opaque, and another than any cookie of a browser.
    return Visitor(f"account-{account.id}", account.name, account.role) if account else None


def _find_account(accounts: Accounts, headers: Headers) -> Account | None:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    # A token that does not count is not made up for by a cookie.
    if scheme:
        return accounts.find_token(token.strip()) if scheme.lower() == "bearer" else None
    cookie = read_session(headers)
    return accounts.find_session(cookie) if cookie else None


def read_session(headers: Headers) -> str | None:
    """Return the cookie of a session, None where none was sent."""
    return cookie_parser(headers.get("cookie", "")).get(SESSION_COOKIE)


def read_visitor(scope: Scope) -> Visitor | None:
    """Return who sent a request; None for what is served to those who have not logged in."""
    visitor: Visitor | None = scope.get("state", {}).get("visitor", _ANYBODY)
    return visitor


def may(request: HTTPConnection, role: Role) -> bool:
    """Whether who sent the request may do what ``role`` may, where that is offered at all."""
    visitor = read_visitor(request.scope)
    return visitor is not None and covers(visitor.role, role)


def read_desk(request: HTTPConnection) -> str | None:
    """Return whose the questions of this request are: the account's, or else the browser's.

    None for a browser that has not opened the page, and for scripts without an account.
    """
    visitor = read_visitor(request.scope)
    return (visitor and visitor.id) or request.cookies.get(DESK_COOKIE)

"""Roles, and who has one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

# Each may do what those before it may: ask and read; change the library; see how the server fares.
Role = Literal["reader", "editor", "admin"]
ROLES: tuple[Role, ...] = ("reader", "editor", "admin")


def covers(role: Role, needed: Role) -> bool:
    """Whether ``role`` may do what ``needed`` may."""
    return ROLES.index(role) >= ROLES.index(needed)


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may log in, unless ``disabled``. ``created`` is in UTC."""

    id: int
    name: str
    role: Role
    disabled: bool
    created: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """What a program logs in with; ``role`` is the most it may, ``account`` the name it acts for."""

    id: str
    account: str
    label: str
    role: Role
    created: datetime


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who sent a request; ``id`` and ``name`` are None where nobody has to log in."""

    id: str | None
    name: str | None
    role: Role

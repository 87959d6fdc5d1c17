"""Passwords: which are taken, how they are kept, and whether one is right."""

from __future__ import annotations

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from qa.access.errors import AccountsError

# NIST SP 800-63B: length matters, composition rules do not; the upper bound is for the hashing.
SHORTEST, LONGEST = 10, 256

# Argon2id with the library's own parameters, those of RFC 9106 for little memory: 64 MiB, 3 passes.
_HASHER = PasswordHasher()


def check_password(password: str, name: str) -> None:
    """Raise AccountsError for a password that is too short, too long, or the name."""
    if not SHORTEST <= len(_normalize(password)) <= LONGEST:
        raise AccountsError(
            f"密码应有 {SHORTEST} 到 {LONGEST} 个字符。",
            f"A password has {SHORTEST} to {LONGEST} characters.",
        )
    if _normalize(password).casefold() in (name.casefold(), name.casefold() * 2):
        raise AccountsError("密码不能与用户名相同。", "The password must differ from the name.")
    if len(set(_normalize(password))) < 4:
        raise AccountsError(
            "密码至少应含 4 个不同的字符。", "A password has at least 4 different characters."
        )


def hash_password(password: str) -> str:
    """Return what is kept of a password: it can be compared with, but not read back."""
    return _HASHER.hash(_normalize(password))


def is_right(password: str, kept: str | None) -> bool:
    """Whether this is the password of which ``kept`` was kept.

    None stands for an account that does not exist: that takes as long, so that it cannot be told.
    """
    if len(password) > LONGEST:
        return False
    try:
        return _HASHER.verify(kept or _decoy(), _normalize(password)) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(kept: str) -> bool:
    """Whether it was hashed with weaker parameters than a password is now."""
    return _HASHER.check_needs_rehash(kept)


def _normalize(password: str) -> str:
    """Return the password as any keyboard would have typed it (SP 800-63B, 5.1.1.2)."""
    text = unicodedata.normalize("NFKC", password)
    return text.encode(errors="surrogatepass").decode(errors="replace")


@cache
def _decoy() -> str:
    return _HASHER.hash("nobody's password")

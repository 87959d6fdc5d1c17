"""Half of a set to choose on, the other half to report: told apart by a hash of the queries' ids."""

from __future__ import annotations

import hashlib

# The half whose ids' SHA-256 begins with an even byte, and the other.
HALVES = ("choose", "report")


def hash_id(id_: str) -> bytes:
    """Return the SHA-256 of an id: an order that no file's own order shows through."""
    return hashlib.sha256(id_.encode()).digest()


def half_of(id_: str) -> str:
    """Return the half that a query belongs to."""
    return HALVES[hash_id(id_)[0] % 2]

"""Parts of a set, the same whatever its order: halves by a hash of the ids, and folds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

# Half of a set to choose on, the other to report: that whose ids' SHA-256 begins with an even byte,
# and the other.
HALVES = ("choose", "report")


def hash_id(id_: str) -> bytes:
    """Return the SHA-256 of an id: an order that no file's own order shows through."""
    return hashlib.sha256(id_.encode()).digest()


def half_of(id_: str) -> str:
    """Return the half that a query belongs to."""
    return HALVES[hash_id(id_)[0] % 2]


def fill_folds(groups: Iterable[Sequence[str]], folds: int) -> dict[str, int]:
    """Return {id: fold}: the groups go, the largest first, whole to the fold with fewest ids."""
    sizes = [0] * folds
    fold: dict[str, int] = {}
    for group in sorted(groups, key=lambda g: (-len(g), min(map(hash_id, g)))):
        smallest = sizes.index(min(sizes))
        sizes[smallest] += len(group)
        fold |= dict.fromkeys(group, smallest)
    return fold

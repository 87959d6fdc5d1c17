"""Fair samples of a folder: whole files in the order of a hash of their names, so that each size holds
all smaller ones."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path

from evaluation.speed.types import Subset

ALL = "all"
# What an index is made by: where it changes, what was built before tells nothing of now.
_CODE = ("documents", "index")


def choose_subsets(clauses: Mapping[str, int], sizes: Iterable[int | None]) -> tuple[Subset, ...]:
    """Return a subset of the files in ``clauses`` for each size, smallest first, each once.

    It takes files by the SHA-256 of their names until it is as near to the size as whole files let
    it come, one at least. A size that the files do not reach is all of them, as is None. Files
    without a clause are left out.
    """
    order = sorted((name for name, count in clauses.items() if count), key=_hash)
    reached = list(accumulate(clauses[name] for name in order))
    if not reached:
        return ()
    counts: dict[int, int | None] = {}
    for size in sizes:
        counts.setdefault(_files(reached, size), size)
    return tuple(
        Subset(
            ALL if count == len(order) else str(counts[count]),
            tuple(sorted(order[:count])),
            reached[count - 1],
        )
        for count in sorted(counts)
    )


def _files(reached: Sequence[int], size: int | None) -> int:
    """Return how many files come nearest to ``size``, the fewer where two are as near."""
    if size is None or size >= reached[-1]:
        return len(reached)
    return min(range(1, len(reached) + 1), key=lambda count: abs(reached[count - 1] - size))


def draw_evenly(texts: Iterable[str], count: int) -> tuple[str, ...]:
    """Return ``count`` of the texts, evenly over their lengths; all where there are no more.

    Of the texts in order of length, those in the middle of ``count`` equal parts, so that the mean
    cost of the sample is about that of all.
    """
    order = sorted(texts, key=lambda text: (len(text), text))
    if len(order) <= count:
        return tuple(order)
    return tuple(order[(2 * i + 1) * len(order) // (2 * count)] for i in range(count))


def digest_files(folder: Path, names: Iterable[str]) -> str:
    """Return the identity of the files: equal names and contents, equal values."""
    digest = hashlib.sha256()
    for name in names:
        digest.update(hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest())
        digest.update(hashlib.sha256((folder / name).read_bytes()).digest())
    return digest.hexdigest()


def digest_code() -> str:
    """Return the identity of what makes an index."""
    root = Path(__file__).parents[2]
    found = (path for package in _CODE for path in (root / package).rglob("*"))
    sources = sorted(path.relative_to(root) for path in found if path.suffix in (".py", ".tsv"))
    return digest_files(root, (path.as_posix() for path in sources))


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()

"""The terms of an index in a cluster: the number of each, and how many units hold it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.lexical import Postings

_FILE = "terms.json"


@dataclass(frozen=True, slots=True, eq=False)
class TermCounts:
    """Of each term its number, which is its dimension in sparse vectors, and its count of units."""

    known: Mapping[str, tuple[int, int]]

    @classmethod
    def of(cls, counts: Iterable[tuple[str, int]]) -> TermCounts:
        """Return those of (term, count) in order of the terms' numbers."""
        return cls({term: (number, count) for number, (term, count) in enumerate(counts)})

    def number(self, term: str) -> int | None:
        """Return the number of ``term``, None where no unit holds it."""
        found = self.known.get(term)
        return None if found is None else found[0]

    def frequency(self, term: str) -> int:
        """Return how many units hold ``term``."""
        return self.known.get(term, (0, 0))[1]

    def save(self, folder: Path) -> None:
        """Write the terms into ``folder``, in order of their numbers."""
        folder.mkdir(exist_ok=True)
        counts = {term: frequency for term, (_, frequency) in self.known.items()}
        (folder / _FILE).write_text(json.dumps(counts, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> TermCounts:
        """Read what ``save`` wrote; OSError or ValueError where it is not there."""
        counts = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        return cls.of(counts.items())


def count_terms(postings: Postings) -> TermCounts:
    """Return the counts of the terms of ``postings``, numbered as there."""
    return TermCounts.of(zip(postings.terms, np.diff(postings.starts).tolist(), strict=True))


def unit_vectors(postings: Postings) -> Iterator[tuple[int, dict[int, float]]]:
    """Yield (unit, {term's number: weight}) of each unit that holds a term, in order."""
    numbers = np.arange(len(postings.terms), dtype=np.int32)
    terms = np.repeat(numbers, np.diff(postings.starts))
    order = np.argsort(postings.units, kind="stable")
    units, terms, weights = postings.units[order], terms[order], postings.weights[order]
    held, first = np.unique(units, return_index=True)
    ends = np.append(first, units.size)[1:]
    for unit, start, end in zip(held.tolist(), first.tolist(), ends.tolist(), strict=True):
        yield unit, dict(zip(terms[start:end].tolist(), weights[start:end].tolist(), strict=True))

"""What nearness means in a library: how near it comes to questions that it cannot answer.

Cosines of sentence encoders crowd together, each model's in a place of its own, and the best of a
large library is nearer to anything than the best of a small one. So nearness is told in standard
deviations above what questions of everyday life (``background.tsv``: cooking, songs, holidays; no
policy speaks of them) reach at best in the same library with the same encoder. This is the z-norm of
speaker verification (Auckenthaler, Carey, Lloyd-Thomas, "Score Normalization for Text-Independent
Speaker Verification Systems", Digital Signal Processing 10, 2000).
"""

from __future__ import annotations

import csv
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

from documents.normalization import has_han

Language = Literal["zh", "en"]

# Digits that are kept, so that float noise does not make another snapshot of the same library.
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and standard deviation of the raw nearness that questions of the background reach."""

    mean: float = 0.0
    deviation: float = 1.0

    def standardize(self, nearness: float) -> float:
        """Return a raw nearness in standard deviations above the mean."""
        return (nearness - self.mean) / self.deviation


Background = Mapping[Language, Spread]
UNMEASURED: Background = {"zh": Spread(), "en": Spread()}


def language_of(question: str) -> Language:
    """Return whose questions this one is compared with: Chinese where it has a Chinese character."""
    return "zh" if has_han(question) else "en"


def measure_background(nearest: Callable[[str], float]) -> Background:
    """Return the spread for each language; ``nearest`` gives the raw nearness of the best unit."""
    return {language: _spread([nearest(q) for q in qs]) for language, qs in _questions().items()}


def _spread(values: list[float]) -> Spread:
    # An encoder that gives all of them the same tells nothing; nearness is then left as it is.
    deviation = statistics.stdev(values) or 1.0
    return Spread(round(statistics.mean(values), _DIGITS), round(deviation, _DIGITS) or 1.0)


@cache
def _questions() -> Mapping[Language, tuple[str, ...]]:
    path = resources.files("index").joinpath("background.tsv")
    rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines(), delimiter="\t"))[1:]
    return {"zh": tuple(row[0] for row in rows), "en": tuple(row[1] for row in rows)}

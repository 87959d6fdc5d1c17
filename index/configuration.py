"""What an index is made of and how it ranks; the defaults are the product's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from index.tokenization import Terms
from index.windows import WINDOW

Sides = Literal["both", "lexical", "dense"]
Fusion = Literal["convex", "rrf"]


@dataclass(frozen=True, slots=True)
class Configuration:
    """The choices of one index, their defaults chosen by measurement (evaluation/LOG.md).

    Only ``rerank`` is not: no cross-encoder was at hand.

    When the index is built: ``context`` puts title and headings before a unit's own words, ``terms``
    are what the lexical side cuts Chinese into, ``window`` is how many characters of a long unit are
    embedded at once. When it is searched: ``sides`` that are asked, the ``fusion`` of the two, the
    ``weight`` of the dense side (None: it follows the question), whether the question's vector goes
    through the ``adapter`` before it reaches the dense side, how many of the best by the fusion are
    ranked again by ``late`` interaction (0: none), whether with ``lookup`` the clauses that the
    question names come first, whether the ``lexicon`` adds official terms to its lay words and,
    to what the encoder reads of an English question, Chinese ones, and whether ``spelling`` replaces
    what was typed by sound in a question before anything else reads it.
    ``reranker`` is the name or the folder of a cross-encoder that re-scores the best ``rerank`` units
    after that; None: none.
    """

    context: bool = True
    terms: Terms = "grams"
    window: int = WINDOW
    sides: Sides = "both"
    fusion: Fusion = "convex"
    weight: float | None = None
    late: int = 200
    adapter: bool = True
    lookup: bool = True
    lexicon: bool = True
    spelling: bool = True
    reranker: str | None = None
    rerank: int = 20

    def __post_init__(self) -> None:
        """ValueError where a setting makes no sense."""
        if self.rerank < 1:
            raise ValueError(f"rerank must be at least 1, not {self.rerank}")

    @property
    def content(self) -> tuple[bool, Terms, int]:
        """What decides the parts that are built: equal values can share them."""
        return self.context, self.terms, self.window

"""Where time goes: a clock that is in one stage at a time, and an encoder that tells it its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter

from index.types import Encoder, TokenVectors, Vectors

# Stages of the clock that an encoder enters.
PASSAGES, QUESTIONS, COUNTING = "encode", "encode_questions", "count_tokens"


class Clock:
    """Adds up the seconds of each stage; between two moments it is in exactly one."""

    def __init__(self, now: Callable[[], float] = perf_counter) -> None:
        self._now = now
        self._stage: str | None = None
        self._since = 0.0
        self.seconds: dict[str, float] = {}

    def enter(self, stage: str | None) -> str | None:
        """Go into ``stage``, None for none, and return the one that it was in."""
        now, before = self._now(), self._stage
        if before is not None:
            self.seconds[before] = self.seconds.get(before, 0.0) + now - self._since
        self._stage, self._since = stage, now
        return before

    @contextmanager
    def within(self, stage: str) -> Iterator[None]:
        """Be in ``stage`` for a while, then where it was before."""
        before = self.enter(stage)
        try:
            yield
        finally:
            self.enter(before)


class ClockedEncoder:
    """An encoder that enters a stage of ``clock`` for as long as it works; for one thread.

    ``texts`` are the passages that it was given, ``tokens`` whether also for their tokens.
    """

    def __init__(self, encoder: Encoder, clock: Clock) -> None:
        self._encoder = encoder
        self._clock = clock
        self.texts: list[str] = []
        self.tokens = False

    @property
    def name(self) -> str:
        """The encoder's own."""
        return self._encoder.name

    @property
    def fingerprint(self) -> str:
        """The encoder's own: the vectors are its vectors."""
        return self._encoder.fingerprint

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._encoder.dimension

    @property
    def max_tokens(self) -> int:
        """Tokens that the encoder reads."""
        return self._encoder.max_tokens

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """Questions -> (len(texts), dimension)."""
        with self._clock.within(QUESTIONS):
            return self._encoder.encode_query(texts)

    def encode_document(
        self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
    ) -> Vectors:
        """Passages -> (len(texts), dimension)."""
        self.texts += texts
        with self._clock.within(PASSAGES):
            return self._encoder.encode_document(texts, progress=progress)

    def encode_query_tokens(self, text: str) -> tuple[Vectors, Vectors]:
        """One question -> its vector (1, dimension) and those of its tokens."""
        with self._clock.within(QUESTIONS):
            return self._encoder.encode_query_tokens(text)

    def encode_document_tokens(
        self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
    ) -> tuple[Vectors, TokenVectors]:
        """Passages -> (len(texts), dimension) and their tokens."""
        self.texts += texts
        self.tokens = True
        with self._clock.within(PASSAGES):
            return self._encoder.encode_document_tokens(texts, progress=progress)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text."""
        with self._clock.within(COUNTING):
            return self._encoder.count_tokens(texts)

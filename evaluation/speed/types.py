"""What is measured: seconds, milliseconds and bytes, by the size of the library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Subset:
    """Whole files of a folder, by name, that hold so many clauses as they are searched."""

    label: str
    names: tuple[str, ...]
    clauses: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure, over which documents, with which questions.

    ``sizes`` are numbers of clauses, None for all. ``timed`` questions are timed as answers and as
    many others as searches, after ``warm_up`` others; each level of ``askers`` asks ``each``.
    ``work`` keeps the indexes for another run; ``cache`` the vectors.
    """

    folder: Path
    questions: Path
    sizes: tuple[int | None, ...]
    cache: Path
    work: Path
    model: str | None = None
    timed: int = 500
    warm_up: int = 20
    askers: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64)
    each: int = 200
    starts: int = 5
    sample: int = 300
    engines: tuple[str, ...] = ()
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Machine:
    """Where it was measured; ``memory`` in bytes, ``libraries`` name to version."""

    processor: str
    cores: int
    memory: int
    python: str
    threads: str
    libraries: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Of some times, in milliseconds."""

    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class Encoding:
    """How long texts take to be encoded: ``encoded`` of the ``texts`` that an index needs were timed.

    They took ``seconds`` and are ``megabytes`` of UTF-8. Where they are fewer than the texts, they
    are a sample drawn evenly over the lengths, and the others' vectors were there already.
    """

    texts: int
    encoded: int
    seconds: float
    megabytes: float

    @property
    def sampled(self) -> bool:
        """Whether the time for all is told from a sample."""
        return self.encoded < self.texts

    @property
    def total(self) -> float:
        """Seconds for all texts."""
        return self.seconds / self.encoded * self.texts if self.encoded else 0.0


@dataclass(frozen=True, slots=True)
class Build:
    """What a build took and made.

    ``clauses`` are those that are searched, ``tokens`` the vectors of tokens (0: no late
    interaction), ``seconds`` by stage without the encoding of passages, ``peak`` the most memory the
    building process held and ``disk`` the bytes of each part of the snapshot. ``weights`` is the
    fingerprint of the encoder, ``fingerprint`` that of the index.
    """

    documents: int
    failures: int
    clauses: int
    chunks: int
    tokens: int
    source: int
    seconds: Mapping[str, float]
    encoding: Encoding
    peak: int
    disk: Mapping[str, int]
    encoder: str
    weights: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Latency:
    """What a question takes: answered whole, by stage, its search alone; and one pass of the encoder.

    ``encoding`` is one pass over the question as it was asked. ``median_of_ratios`` and
    ``ratio_of_medians`` are the answer in multiples of it. ``declined`` questions are left out.
    """

    questions: int
    declined: int
    answer: Percentiles
    stages: Mapping[str, Percentiles]
    encoding: Percentiles
    median_of_ratios: float
    ratio_of_medians: float
    search: Percentiles


@dataclass(frozen=True, slots=True)
class Level:
    """What so many askers at once get, who ask one after another in threads of one process."""

    askers: int
    questions: int
    per_second: float
    answer: Percentiles


@dataclass(frozen=True, slots=True)
class Starts:
    """Seconds of each start, from the start of the process.

    ``ask`` until the answer of ``python -m qa ask``; of ``python app.py``: ``page`` until it is
    served, ``page_ask`` until a question to its REST interface is answered.
    """

    ask: tuple[float, ...]
    page: tuple[float, ...]
    page_ask: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Weight:
    """Bytes that a process holds now and held at most; ``own`` are not pages of files."""

    resident: int
    peak: int
    own: int


@dataclass(frozen=True, slots=True)
class Memory:
    """Of a fresh process: with the index open, and after so many questions."""

    opened: Weight
    asked: Weight
    questions: int


@dataclass(frozen=True, slots=True)
class Size:
    """All that was measured over one subset."""

    label: str
    build: Build
    latency: Latency
    levels: tuple[Level, ...]
    starts: Starts
    memory: Memory


@dataclass(frozen=True, slots=True)
class Change:
    """One document of the library changed: seconds until its new text is found.

    ``build`` of them until the index is made, with the model's loading, and ``encoded`` chunks of
    ``chunks``. ``found`` tells whether a search found the change.
    """

    build: float
    open: float
    encoded: int
    chunks: int
    found: bool

    @property
    def total(self) -> float:
        """Seconds from the change until a search."""
        return self.build + self.open


@dataclass(frozen=True, slots=True)
class Engines:
    """Two ways to run the encoder over the same texts, by turns.

    ``milliseconds`` of one text, by engine; ``ratio`` is the median over the texts of the first
    engine's time through the second's, ``cosine`` the least between their vectors of one text.
    """

    texts: str
    count: int
    characters: float
    milliseconds: Mapping[str, Percentiles]
    ratio: float
    cosine: float


@dataclass(frozen=True, slots=True)
class Speed:
    """A whole measurement: of ``files`` in a folder, smallest size first."""

    folder: str
    files: int
    day: str
    plan: Mapping[str, object]
    machine: Machine
    encoder: str
    sizes: tuple[Size, ...]
    change: Change | None
    engines: tuple[Engines, ...]

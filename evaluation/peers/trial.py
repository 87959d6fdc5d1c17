"""One system's trial: built, asked every question, timed, in a process of its own.

Needs nothing but numpy and, to encode questions, ``index.encoder``: the systems beside ours run it
in an environment of their own.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import TypeVar

from evaluation.peers.task import Passages, Questions, Vectors, read_passages, read_questions

# Places that are scored.
TOP = 10
# Passages that a system is asked for, because several of one article take one place.
FUSED = 20
# Passages that each side of a hybrid search brings: as many as the product's own.
DEPTH = 100

# A question's vector, shape (dimension,).
Encode = Callable[[str], Vectors]
# The passages found for a question by their numbers, best first.
Find = Callable[[str], Sequence[int]]
# How a system is built over the passages, and by what it encodes a question.
Build = Callable[[Passages, Encode], Find]
# The records found for a question, best first.
Search = Callable[[str], Sequence[str]]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Trial:
    """What a system's trial came to.

    ``build_seconds`` are without encoding. Milliseconds are of each question, in order: ``whole`` from
    question to ranking, ``encode`` what of it the encoder took. Memory in MB: ``built`` and ``peak``
    the most that the process held until it was built, and to the end; ``resident`` what it held then.
    """

    build_seconds: float
    whole: tuple[float, ...]
    encode: tuple[float, ...]
    built: float
    peak: float
    resident: float
    rankings: Mapping[str, tuple[str, ...]]
    versions: Mapping[str, str]

    @property
    def search(self) -> tuple[float, ...]:
        """Milliseconds of each question but for its encoding."""
        return tuple(a - b for a, b in zip(self.whole, self.encode, strict=True))


@dataclass(slots=True)
class Stopwatch:
    """Encodes questions, and adds up the ``seconds`` that takes."""

    anew: Encode
    seconds: float = 0.0

    def encode(self, text: str) -> Vectors:
        """Return the vector of ``text``, shape (dimension,)."""
        vector, seconds = timed(lambda: self.anew(text))
        self.seconds += seconds
        return vector


def main(variants: Mapping[str, Build], packages: Sequence[str]) -> None:
    """Run ``VARIANT TASK OUT`` of the command line: try that variant, and write the file OUT."""
    build, folder, out = variants[sys.argv[1]], Path(sys.argv[2]), Path(sys.argv[3])
    questions = read_questions(folder)
    watch = Stopwatch(_load_encoder())
    find, records, seconds = _build(folder, build, watch.encode)

    def search(text: str) -> list[str]:
        return [records[number] for number in find(text)]

    write_trial(out, try_out(search, questions, lambda: watch.seconds, seconds, packages))


def try_out(
    search: Search,
    questions: Questions,
    encoding: Callable[[], float],
    build_seconds: float,
    packages: Sequence[str],
) -> Trial:
    """Ask ``questions`` of what has just been built, each once: what is remembered helps nobody.

    ``encoding`` returns the seconds that questions have taken to encode so far.
    """
    built = memory("VmHWM")
    for text in questions.warming:
        search(text)
    whole, encode = [], []
    rankings: dict[str, tuple[str, ...]] = {}
    for id_, text in questions.asked.items():
        before, began = encoding(), perf_counter()
        found = search(text)
        whole.append((perf_counter() - began) * 1000)
        encode.append((encoding() - before) * 1000)
        rankings[id_] = tuple(dict.fromkeys(found))[:TOP]
    gc.collect()
    return Trial(
        build_seconds=build_seconds,
        whole=tuple(whole),
        encode=tuple(encode),
        built=built,
        peak=memory("VmHWM"),
        resident=memory("VmRSS"),
        rankings=rankings,
        versions={name: version(name) for name in packages},
    )


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """Return what ``work`` returns, and the seconds it took."""
    began = perf_counter()
    done = work()
    return done, perf_counter() - began


def memory(name: str) -> float:
    """Return a figure of this process in MB, such as VmHWM, the most it held; Linux only.

    Not ``getrusage``, whose maximum a process inherits from the one that started it.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    [line] = [line for line in status.splitlines() if line.startswith(f"{name}:")]
    return int(line.split()[1]) / 1024


def write_trial(path: Path, trial: Trial) -> None:
    """Write ``trial`` as JSON."""
    path.write_text(json.dumps(asdict(trial), ensure_ascii=False), encoding="utf-8")


def read_trial(path: Path) -> Trial:
    """Return what ``write_trial`` wrote."""
    found = json.loads(path.read_text(encoding="utf-8"))
    times = {name: tuple(found[name]) for name in ("whole", "encode")}
    rankings = {id_: tuple(ranking) for id_, ranking in found["rankings"].items()}
    return Trial(**{**found, **times, "rankings": rankings})


def _load_encoder() -> Encode:
    """Return how the product encodes one question."""
    from index.encoder import load_encoder

    encoder = load_encoder()
    return lambda text: encoder.encode_query([text])[0]


def _build(folder: Path, build: Build, encode: Encode) -> tuple[Find, tuple[str, ...], float]:
    """Return the system, the record of each passage, and the seconds; what was read is let go."""
    passages = read_passages(folder)
    find, seconds = timed(lambda: build(passages, encode))
    return find, passages.records, seconds

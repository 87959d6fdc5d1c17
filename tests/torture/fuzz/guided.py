"""One target in a process of its own: ``python -m torture.fuzz.guided TARGET --runs N --seed N``.

atheris (libFuzzer) leads the inputs by the branches that they reach; where it is not installed, the same
mutator changes the seeds blindly. What fails is kept and gone on from: once for each place in the code,
with the shortest input that was seen. What ends the process is seen from outside.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import sys
import time
import traceback
import zlib
from collections.abc import Callable
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

from torture.fuzz import seeds
from torture.fuzz.targets import TARGETS, Read, Target

# Seconds of the process's own time for one input of some kilobytes.
SLOW = 5.0
# Calls that may be spent on making a failing input shorter.
_SHORTENING = 300


def main(arguments: list[str] | None = None) -> int:
    """Run one target, or one input of it (``--again``); the failures are JSON in the folder."""
    parser = argparse.ArgumentParser(prog="python -m torture.fuzz.guided", description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--again", help="an input as a failure line gives it")
    options = parser.parse_args(arguments)
    target = TARGETS[options.target]
    if options.again:
        target.build()(unpack(options.again))
        return 0
    folder: Path = options.folder
    watch = Watch(folder / "failures.json")
    if is_guided():
        _run_guided(target, watch, options.runs, options.seed, folder)
    else:
        _run_blind(target, watch, options.runs, options.seed)
    return 0


def is_guided() -> bool:
    """Whether atheris is installed."""
    return find_spec("atheris") is not None


def pack(data: bytes) -> str:
    """Return ``data`` as a word for a command line."""
    return base64.urlsafe_b64encode(zlib.compress(data, 9)).decode()


def unpack(text: str) -> bytes:
    """Return what ``pack`` was given."""
    return zlib.decompress(base64.urlsafe_b64decode(text))


class Watch:
    """Runs inputs, and keeps what fails: written at once, since the process may end at any input."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found: dict[str, str] = {}

    def over(self, read: Read) -> Callable[[bytes], None]:
        """Return ``read`` with its failures kept, each place in the code once."""

        def watched(data: bytes) -> None:
            failure = find_failure(read, data)
            if failure is not None and failure not in self._found:
                self._found[failure] = pack(shorten(read, data, failure))
                self._path.write_text(json.dumps(self._found, ensure_ascii=False), "utf-8")

        return watched


def find_failure(read: Read, data: bytes) -> str | None:
    """Return what fails for an input, and where; None where all is as promised."""
    began = time.process_time()
    try:
        read(data)
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} in {Path(frame.filename).name}:{frame.lineno} {frame.name}"
    if time.process_time() - began > SLOW:
        return f"more than {SLOW:.0f} s"
    return None


def shorten(read: Read, data: bytes, failure: str) -> bytes:
    """Return a shorter input that fails alike, by leaving out smaller and smaller pieces."""
    if failure.startswith("more"):
        return data
    size, calls = max(1, len(data) // 2), 0
    while calls < _SHORTENING:
        at, before = 0, len(data)
        while at < len(data) and calls < _SHORTENING:
            calls += 1
            rest = data[:at] + data[at + size :]
            if find_failure(read, rest) == failure:
                data = rest
            else:
                at += size
        if size == 1 and len(data) == before:
            break
        size = max(1, size // 2)
    return data


def mutator(target: Target) -> Callable[[bytes, int, int], bytes]:
    """Return what changes an input of a target: (data, most bytes, seed) -> data."""
    if not target.words:
        return seeds.mutate_bytes
    return lambda data, most, seed: seeds.mutate_text(data, most, seed, target.words)


def _run_blind(target: Target, watch: Watch, runs: int, seed: int) -> None:
    random_ = random.Random(seed)
    read, mutate = watch.over(target.build()), mutator(target)
    start = list(target.seeds())
    for run in range(runs):
        data = start[run % len(start)]
        for _ in range(random_.choice((1, 1, 2, 4)) if run >= len(start) else 0):
            data = mutate(data, target.most, random_.getrandbits(32))
        read(data)
    print(f"Done {runs} runs", file=sys.stderr)


def _run_guided(target: Target, watch: Watch, runs: int, seed: int, folder: Path) -> None:
    import atheris

    with ExitStack() as stack:
        stack.enter_context(atheris.instrument_imports(include=list(target.packages)))
        read = target.build()
        for data in target.seeds():  # what is imported late is instrumented too
            find_failure(read, data)
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, data in enumerate(target.seeds()):
        (corpus / f"{number:02}").write_bytes(data)
    own = mutator(target)

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        # Turn about with libFuzzer's own, which crosses inputs and puts in what was compared with.
        return own(data, most, seed) if seed % 2 else atheris.Mutate(data, most)

    command = [
        sys.argv[0],
        str(corpus),
        f"-runs={runs}",
        f"-seed={seed}",
        f"-max_len={target.most}",
        "-timeout=60",
        "-rss_limit_mb=2048",
        f"-artifact_prefix={folder}/",
        "-print_final_stats=1",
        "-verbosity=1",
    ]
    atheris.Setup(command, watch.over(read), custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())

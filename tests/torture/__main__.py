"""Command line: ``python -m torture [TRIAL…] [--amount N] [--seed N] [--results DIR] [--out FILE]``."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from torture.section import render, write

# In the order of the page.
TRIALS = (
    "crashes",
    "disks",
    "flips",
    "together",
    "load",
    "access",
    "payloads",
    "fuzzing",
    "stopping",
)


def main(arguments: list[str] | None = None) -> int:
    """Run the trials; return 1 where anything failed."""
    parser = argparse.ArgumentParser(prog="python -m torture", description=__doc__)
    parser.add_argument("trials", nargs="*", metavar="TRIAL", help=f"of {', '.join(TRIALS)} (all)")
    parser.add_argument("--amount", type=int, help="how much of it (default: the full amount)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--results", type=Path, default=Path("tests/torture/results"), help="where each is kept"
    )
    parser.add_argument("--out", type=Path, help="the page of all that is kept")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.trials) - set(TRIALS))
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}")
    options.results.mkdir(parents=True, exist_ok=True)
    failed = 0
    for name in options.trials or TRIALS:
        failed += _run(name, options.amount, options.seed, options.results)
        if options.out:
            kept = [options.results / f"{trial}.json" for trial in TRIALS]
            options.out.write_text(render(path for path in kept if path.exists()), encoding="utf-8")
    return 1 if failed else 0


def _run(name: str, amount: int | None, seed: int, results: Path) -> int:
    """Run one kind of trial and keep what it came to; return how much failed."""
    trial = importlib.import_module(f"torture.{name}")
    number = amount or trial.FULL
    command = f"python -m torture {name} --amount {number} --seed {seed}"
    print(command, file=sys.stderr, flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        section = trial.run(Path(folder), number, seed)
    about = {
        "command": command,
        "day": date.today().isoformat(),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "seconds": str(round(time.monotonic() - began)),
    }
    write(section, results / f"{name}.json", about)
    for what, value in section.figures:
        print(f"  {what}: {value}", file=sys.stderr)
    for failure in section.failures:
        print(f"  FAILED {failure}", file=sys.stderr, flush=True)
    return len(section.failures)


if __name__ == "__main__":
    sys.exit(main())

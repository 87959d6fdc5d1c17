"""What a trial came to, and the page that tells of all of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

HEAD = """# Reliability

What was tried to break the system, and what came of it. `make torture` runs all of it again and writes
this page; one trial alone: the command below its title, with `PYTHONPATH=.:tests`. `make test` runs a short
version of each.
What is promised, and against whom, is in [SECURITY.md](SECURITY.md). A trial that is not here has not been
run to its end.
"""


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of trial: what was promised, how much was tried, and what failed.

    ``figures`` are (what, value) in the order they are shown. ``failures`` say, a line each, how to have
    one again; without any the promise held.
    """

    title: str
    promise: str
    figures: tuple[tuple[str, str], ...]
    failures: tuple[str, ...] = ()


def write(section: Section, path: Path, about: Mapping[str, str]) -> None:
    """Keep a section as JSON, with ``about``: its command, day, machine and seconds."""
    path.write_text(
        json.dumps({**asdict(section), "about": dict(about)}, ensure_ascii=False, indent=1) + "\n",
        encoding="utf-8",
    )


def render(paths: Iterable[Path]) -> str:
    """Return the page of the sections that were kept."""
    return HEAD + "".join(_render(json.loads(path.read_text(encoding="utf-8"))) for path in paths)


def _render(kept: Mapping[str, object]) -> str:
    about, figures, failures = kept["about"], kept["figures"], kept["failures"]
    assert isinstance(about, dict) and isinstance(figures, list) and isinstance(failures, list)
    lines = [
        f"\n## {kept['title']}\n",
        f"`{about['command']}` ({about['day']}, {about['machine']}, {about['seconds']} s)\n",
        f"{kept['promise']}\n",
        "| | |",
        "|---|---|",
        *(f"| {what} | {value} |" for what, value in figures),
        f"| **failures** | **{len(failures)}** |",
    ]
    if failures:
        lines += ["", *(f"- {failure}" for failure in failures[:20])]
    return "\n".join(lines) + "\n"

"""What a machine is, as far as figures of speed depend on it."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from evaluation.speed.types import Machine

# What the time is spent in.
_LIBRARIES = (
    "numpy",
    "faiss-cpu",
    "bm25s",
    "jieba",
    "rjieba",
    "onnxruntime",
    "tokenizers",
    "torch",
    "sentence-transformers",
)
# Variables that say how many threads such libraries may use.
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def describe_machine() -> Machine:
    """Return the machine's facts; no name and no path."""
    return Machine(
        processor=read_processor(_read("/proc/cpuinfo")) or platform.machine(),
        cores=len(os.sched_getaffinity(0)),
        memory=read_memory(_read("/proc/meminfo")),
        python=platform.python_version(),
        threads=" ".join(f"{n}={os.environ[n]}" for n in _THREADS if n in os.environ) or "-",
        libraries={name: found for name in _LIBRARIES if (found := _version(name))},
    )


def read_processor(cpuinfo: str) -> str | None:
    """Return the model that ``/proc/cpuinfo`` names, None where it names none."""
    found = re.search(r"(?m)^model name\s*:\s*(.+?)\s*$", cpuinfo)
    return found[1] if found else None


def read_memory(meminfo: str) -> int:
    """Return the bytes of memory that ``/proc/meminfo`` tells, 0 where it tells none."""
    found = re.search(r"(?m)^MemTotal:\s+(\d+) kB$", meminfo)
    return int(found[1]) * 1024 if found else 0


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None

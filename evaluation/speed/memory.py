"""What a process holds, as Linux tells it."""

from __future__ import annotations

import re
from pathlib import Path

from evaluation.errors import EvaluationError
from evaluation.speed.types import Weight

_STATUS = Path("/proc/self/status")


def weigh_process() -> Weight:
    """Return what this process holds. EvaluationError where there is no /proc to tell it."""
    try:
        return read_status(_STATUS.read_text(encoding="ascii", errors="replace"))
    except OSError as error:
        raise EvaluationError(
            str(_STATUS),
            "无法读取；内存只能在 Linux 上测量",
            f"cannot be read ({error}); memory can be measured on Linux only",
        ) from error


def read_status(text: str) -> Weight:
    """Return what ``/proc/PID/status`` says, in bytes; its kB are of 1,024."""
    found = {name: int(kib) * 1024 for name, kib in re.findall(r"(?m)^(\w+):\s+(\d+) kB$", text)}
    return Weight(resident=found["VmRSS"], peak=found["VmHWM"], own=found["RssAnon"])

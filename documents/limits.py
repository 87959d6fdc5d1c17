"""Limits on what is read: each has a default beside its use, and an environment variable."""

from __future__ import annotations

import os

from documents.errors import DocumentError


def read_limit(name: str, default: int) -> int:
    """Return the limit that the environment variable ``name`` sets, else ``default``.

    Raises DocumentError where it is set to anything but a whole number above 0.
    """
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    if not value.isdecimal() or not int(value):
        raise DocumentError(
            f"环境变量 {name}={value} 应是大于 0 的整数，请改正或删去。\n"
            f"The environment variable {name}={value} should be a whole number above 0; correct or "
            "unset it."
        )
    return int(value)

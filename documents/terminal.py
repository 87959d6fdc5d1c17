"""What commands print: any file name, also one that is no UTF-8."""

from __future__ import annotations

import io
import sys


def take_any_name() -> None:
    """Have standard output show what it cannot encode as an escape, which in JSON means the same.

    A name that is no UTF-8 reaches Python as halves of surrogate pairs, which nothing can encode.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")

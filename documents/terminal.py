"""What is printed: text of files and questions, without what a terminal would take for an order.

A file's name or text may hold escape sequences, which move the cursor, set the window's title or fill
the clipboard, and characters that turn the reading direction of what stands around them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

# All controls of C0 and C1 but tab and line feed; directions; other line ends; half characters.
_ORDERS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def make_visible(text: str) -> str:
    r"""Return ``text`` with its control characters written out, as ``\u001b``.

    That is JSON's own notation: a line of JSON means what it did.
    """
    return _ORDERS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


@contextmanager
def visible_output() -> Iterator[None]:
    """Have all that is printed made visible; what programs write to files stays as it is."""
    visible: list[Any] = [_Visible(sys.stdout), _Visible(sys.stderr)]
    with redirect_stdout(visible[0]), redirect_stderr(visible[1]):
        yield


class _Visible:
    """A text stream that writes to another what can be seen."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write the text; the return value counts what was given."""
        self._stream.write(make_visible(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

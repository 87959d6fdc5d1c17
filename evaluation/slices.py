"""The groups in which queries are counted, beside all of them."""

from __future__ import annotations

import re

from documents.normalization import has_han

_HAN = re.compile(r"[㐀-鿿]")
_OTHER = re.compile(r"[^\W\d_㐀-鿿]+|\d+")
# In characters of Chinese; a word or figure of another script weighs as much as a Chinese word, two.
_OTHER_WORD = 2
_LENGTHS = (10, 20, 40)


def language_of(text: str) -> str:
    """Return ``zh`` where the text has a Chinese character, else ``en``."""
    return "zh" if has_han(text) else "en"


def length_of(text: str) -> str:
    """Return the range that the text's length lies in, in Chinese characters or their equal."""
    length = len(_HAN.findall(text)) + _OTHER_WORD * len(_OTHER.findall(text))
    below = 0
    for limit in _LENGTHS:
        if length <= limit:
            return f"{below + 1}-{limit}"
        below = limit
    return f">{below}"

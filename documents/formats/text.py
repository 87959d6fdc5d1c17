"""Plain text in any encoding that Chinese files come in: decoded, byte-order mark removed, LF."""

from __future__ import annotations

import codecs
import re

from documents.errors import LoadError
from documents.types import Source

# What Chinese government files come in, besides UTF-8: GB18030 contains GBK and GB2312.
_LEGACY_ENCODINGS = ["gb18030", "big5hkscs", "utf_16_le", "utf_16_be"]
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf_8"),
    (codecs.BOM_UTF32_LE, "utf_32_le"),
    (codecs.BOM_UTF32_BE, "utf_32_be"),
    (codecs.BOM_UTF16_LE, "utf_16_le"),
    (codecs.BOM_UTF16_BE, "utf_16_be"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
# Stray control characters happen in scraped text; a file with more than one in a hundred is not
# text.
_MAX_CONTROL_SHARE = 0.01


def read_text(data: bytes, *, where: str) -> Source:
    """Return the source of a text file; LoadError names ``where``."""
    return Source(decode(data, where=where))


def decode(data: bytes, *, where: str) -> str:
    """Decode ``data`` and unify its line ends to LF; LoadError names ``where``."""
    text = _decode(data)
    if text is None or _count_controls(text) > _MAX_CONTROL_SHARE * len(text):
        raise LoadError(
            where,
            "不是文本文件（编码无法识别）。请提供 UTF-8 或 GB18030 编码的文本文件。",
            "not a text file (no encoding fits); supply text in UTF-8 or GB18030.",
        )
    if not text.strip():
        raise LoadError(where, "文件没有内容。", "the file has no content.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _count_controls(text: str) -> int:
    return len(text) - len(_CONTROL.sub("", text))


def _decode(data: bytes) -> str | None:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _decode_strictly(data[len(mark) :], encoding)
    text = _decode_strictly(data, "utf_8")
    if text is not None:
        return text
    import charset_normalizer  # here, because UTF-8 needs none of it

    # Statistical detection comes second because UTF-8 never decodes by accident.
    best = charset_normalizer.from_bytes(data, cp_isolation=_LEGACY_ENCODINGS).best()
    # It gives up on a text of many unusual letters, such as one with pinyin behind each character.
    return _decode_strictly(data, "gb18030") if best is None else str(best)


def _decode_strictly(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None

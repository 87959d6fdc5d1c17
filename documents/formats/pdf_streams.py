"""Whether a PDF unpacks to a bounded size and without damage, seen before PDFium unpacks it."""

from __future__ import annotations

import re
import zlib

from documents.errors import LoadError

# What a font or an attachment may unpack to, what any other stream may, and all of them together.
# PDFium takes some 200 bytes of memory for a byte of a page's content; a full page has 20,000.
MAX_FONT = 64 * 1024 * 1024
MAX_CONTENT = 8 * 1024 * 1024
MAX_STREAMS = 512 * 1024 * 1024
_STREAM = re.compile(rb">>\s{0,9}stream\r?\n")
_FLATE = re.compile(rb"/Filter\s*\[?\s*/Fl(?:ateDecode)?\b")
# Pictures are not unpacked to read text, and large ones are sound.
_PICTURE = re.compile(rb"/Subtype\s*/Image\b")
_FONT = re.compile(
    rb"/Length[123]\b|/Subtype\s*/(?:Type1C|CIDFontType0C|OpenType)\b|/Type\s*/EmbeddedFile\b"
)
_MAX_DICTIONARY = 4096
_PIECE = 1024 * 1024


def check_streams(data: bytes, *, where: str) -> None:
    """Raise LoadError where a stream of the PDF ``data`` is damaged or unpacks to too much."""
    total = end = 0
    while match := _STREAM.search(data, end):
        end = data.find(b"endstream", match.end())
        end = len(data) if end < 0 else end
        begin = data.rfind(b"obj", max(match.start() - _MAX_DICTIONARY, 0), match.start())
        dictionary = data[max(begin, 0) : match.end()]
        if _PICTURE.search(dictionary):
            continue
        limit = MAX_FONT if _FONT.search(dictionary) else MAX_CONTENT
        size = end - match.end()
        if _FLATE.search(dictionary):
            try:
                size = _measure(memoryview(data)[match.end() : end], limit)
            except zlib.error as error:
                # What is encrypted unpacks only once it is decrypted.
                if b"/Encrypt" not in data:
                    raise LoadError(
                        where,
                        "PDF 已损坏（内容无法解压），请重新下载或另存后再添加。",
                        "the PDF is damaged (it does not unpack); download it or save it again.",
                    ) from error
        total += size
        if size > limit or total > MAX_STREAMS:
            raise LoadError(
                where,
                "PDF 的页面内容超过上限，不像政策文件，请拆分或重新导出后再添加。",
                "the PDF's pages hold more than the limit, unlike a policy document's; "
                "split it or export it again.",
            )


def _measure(data: memoryview, limit: int) -> int:
    """Return how many bytes the Flate stream at the start of ``data`` unpacks to, or over ``limit``.

    Raises zlib.error where it is no such stream.
    """
    unpacker = zlib.decompressobj()
    size = 0
    for begin in range(0, len(data), _PIECE):
        pending: bytes | memoryview = data[begin : begin + _PIECE]
        while pending and not unpacker.eof and size <= limit:
            size += len(unpacker.decompress(pending, _PIECE))
            pending = unpacker.unconsumed_tail
    return size

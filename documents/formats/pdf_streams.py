"""Whether a PDF unpacks to a bounded size and without damage, seen before PDFium unpacks it."""

from __future__ import annotations

import re
import zlib

from documents.errors import LoadError

# What one stream, such as a page's content or a font, may unpack to, and all of them together.
MAX_STREAM = 64 * 1024 * 1024
MAX_STREAMS = 512 * 1024 * 1024
_STREAM = re.compile(rb">>\s{0,9}stream\r?\n")
_FLATE = re.compile(rb"/Filter\s*\[?\s*/Fl(?:ateDecode)?\b")
# Pictures are not unpacked to read text, and large ones are sound.
_PICTURE = re.compile(rb"/Subtype\s*/Image\b")
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
        if _FLATE.search(dictionary) and not _PICTURE.search(dictionary):
            try:
                total += _measure(memoryview(data)[match.end() : end], where)
            except zlib.error as error:
                if b"/Encrypt" not in data:
                    raise LoadError(
                        where,
                        "PDF 已损坏（内容无法解压），请重新下载或另存后再添加。",
                        "the PDF is damaged (it does not unpack); download it or save it again.",
                    ) from error
            if total > MAX_STREAMS:
                raise _refuse(where)


def _measure(data: memoryview, where: str) -> int:
    """Return how many bytes the Flate stream at the start of ``data`` unpacks to."""
    unpacker = zlib.decompressobj()
    total = 0
    for begin in range(0, len(data), _PIECE):
        pending: bytes | memoryview = data[begin : begin + _PIECE]
        while pending and not unpacker.eof:
            total += len(unpacker.decompress(pending, _PIECE))
            pending = unpacker.unconsumed_tail
            if total > MAX_STREAM:
                raise _refuse(where)
    return total


def _refuse(where: str) -> LoadError:
    return LoadError(
        where,
        "PDF 解压后的内容超过上限，不像政策文件，请拆分或重新导出后再添加。",
        "the PDF unpacks to more than the limit, unlike a policy document; split or export it again.",
    )

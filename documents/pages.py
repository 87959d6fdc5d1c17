"""What a printed page adds to its text: page marks, page numbers, running headers and footers.

A page ends at a form feed or, in a text that has none, at a line that holds a page number. Only the
lines at the edges of pages are looked at, from the edge inwards, as far as each is a page number or
repeats, digits aside, on most pages.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise, takewhile
from statistics import median_low

from documents.numbering import read_marker
from documents.offsets import Span

# Lines at the top and at the bottom of a page that may belong to the page and not to its text.
_EDGE = 4
_DASH = r"[-\u2010-\u2015\u2500－~～·•]"
# A number that only a page has, white space left out: —3—, 第3页共10页, 3/10页, Page3of10.
_PAGE_NUMBER = re.compile(
    rf"{_DASH}+(\d{{1,4}}){_DASH}+|[(（]?第(\d{{1,4}})[页頁](?:[/，,、]?[共总總]\d{{1,4}}[页頁])?[)）]?"
    r"|(\d{1,4})/\d{1,4}[页頁]|Page(\d{1,4})(?:of\d{1,4})?"
)
# A number that could be anything, so it must count up with the pages: 3, 3/10, 3—.
_BARE_NUMBER = re.compile(rf"{_DASH}*(\d{{1,4}})(?:/\d{{1,4}})?{_DASH}*")
_NUMBER_LINE = re.compile(r"^[^\n\d]{0,12}\d[^\n]{0,20}$", re.MULTILINE)
# How a page number is written down among the texts that repeat.
_PAGE_SIGN = "\f"
_MARKS = re.compile(r"(?<!\f)\f+(?=\n|\Z)|(?:\A|(?<=\n))\f+")
_DIGITS = re.compile(r"\d+")
_WORD = re.compile(r"[^\W\d_]")
_SENTENCE_PARTS = frozenset("。，、；")
_ANNEX = re.compile(r"附[件表录錄图圖]")
# In a text without page marks a bare number is a page's only in a regular series of pages.
_MIN_SERIES = 3
_MIN_PAGE = 8
_IRREGULAR = 2


def find_pages(text: str) -> list[Span]:
    """Page numbers, running headers and footers, with all the white space between two pages.

    One line end of it stays, and one page mark, which says that a blank line there shows nothing.
    """
    ends = [match.end() for match in re.finditer("\f", text)] or _find_number_lines(text)
    if not ends:
        return []
    pages = [list(_lines(text, *page)) for page in pairwise([0, *ends, len(text)])]
    tops = _count_noise([[text[slice(*line)] for line in page[:_EDGE]] for page in pages])
    feet = _count_noise(
        [[text[slice(*line)] for line in page[: -_EDGE - 1 : -1]] for page in pages]
    )
    first = next((i for i, page in enumerate(pages) if page), 0)
    tops[first] = _count_before_title([text[slice(*line)] for line in pages[first]], tops[first])
    kept = [
        (*line, i)
        for i, page in enumerate(pages)
        for line in page[tops[i] : max(len(page) - feet[i], tops[i])]
    ]
    return list(_joints(text, kept))


def find_marks(text: str) -> list[Span]:
    """Page marks beside a line end; one in mid-line stays, for nothing else parts its two sides."""
    return [match.span() for match in _MARKS.finditer(text)] if "\f" in text else []


def _lines(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield the lines that are not blank, with their indent, without the white space behind."""
    for line in text[start:end].split("\n"):
        if line and not line.isspace():
            yield start, start + len(line.rstrip())
        start += len(line) + 1


def _joints(text: str, kept: list[tuple[int, int, int]]) -> Iterator[Span]:
    """Yield what stands between two lines of different pages, but for a line end and a page mark.

    ``kept`` are the lines that stay: start, end and page.
    """
    beyond = len(text)
    edges = [(0, 0, -1), *kept, (beyond, beyond, -2)]
    for (_, end, page), (start, _, following) in pairwise(edges):
        between = text[end:start] if page != following else ""
        if not between.strip() and "\f" not in between:
            continue
        places = [between.find("\n"), between.find("\f")]
        if page == -1:
            places = []
        elif places[0] < 0 and following != -2:
            continue
        cuts = [end - 1, *sorted(end + place for place in places if place >= 0), start]
        yield from ((a + 1, b) for a, b in pairwise(cuts) if a + 1 < b)


# --- what repeats at the edges of pages -----------------------------------------------------------


def _count_noise(edges: list[list[str]]) -> list[int]:
    """Return how many lines of each page's edge, from the outside in, are the page's own."""
    signs = [[_read_sign(line) for line in edge] for edge in edges]
    running = _find_running(signs) | {_PAGE_SIGN}
    # A bare number is a page's where another page counts on from it.
    numbers = ({n - i for n in page if isinstance(n, int)} for i, page in enumerate(signs))
    offsets = Counter(offset for found in numbers for offset in found)
    counts = []
    for i, page in enumerate(signs):
        noise = (offsets[s - i] > 1 if isinstance(s, int) else s in running for s in page)
        counts.append(sum(1 for _ in takewhile(bool, noise)))
    return counts


def _read_sign(line: str) -> int | str:
    """Return what a line at the edge of a page has in common with those of other pages.

    A bare number is itself; of any other line it is the text, digits and spaces aside. The digits of
    an ordinal stay, for it says what follows. "" is what never runs: a row of a table, which has
    tabs, a part of a sentence, and a line without a word.
    """
    squeezed = "".join(line.split())
    if _PAGE_NUMBER.fullmatch(squeezed):
        return _PAGE_SIGN
    bare = _BARE_NUMBER.fullmatch(squeezed)
    if bare:
        return int(bare[1])
    if "\t" in line or squeezed[-1:] in _SENTENCE_PARTS or not _WORD.search(squeezed):
        return ""
    ordinal = read_marker(squeezed, 0) or _ANNEX.match(squeezed)
    return squeezed if ordinal else _DIGITS.sub("#", squeezed)


def _find_running(signs: list[list[int | str]]) -> set[int | str]:
    """Return the signs at the edge of most pages, or of most left or right ones."""
    texts = [{sign for sign in page if isinstance(sign, str)} for page in signs if page]

    def most(pages: list[set[str]], least: int) -> set[int | str]:
        counts = Counter(sign for page in pages for sign in page)
        return {sign for sign, n in counts.items() if n >= least and 2 * n > len(pages)}

    return (most(texts, 2) | most(texts[::2], 3) | most(texts[1::2], 3)) - {""}


def _count_before_title(lines: list[str], top: int) -> int:
    """Return how many of the ``top`` first lines of a text say nothing that it does not say again.

    A title that runs on as the header of the other pages must stay where it is the title.
    """
    squeezed = ["".join(line.split()) for line in lines]
    noted = [_read_sign(line) in (_PAGE_SIGN, "") or not _WORD.search(line) for line in squeezed]
    for count in range(top, 0, -1):
        rest = "".join(squeezed[count:])
        if all(noted[i] or squeezed[i] in rest for i in range(count)):
            return count
    return 0


# --- pages without marks --------------------------------------------------------------------------


def _find_number_lines(text: str) -> list[int]:
    """Return the ends of the lines that hold a page number, in a text without page marks."""
    found = list(_NUMBER_LINE.finditer(text))
    sure = [match.end() for match in found if _read_sign(match[0]) == _PAGE_SIGN]
    return sure or [match.end() for match in _find_series(text, found)]


def _find_series(text: str, found: list[re.Match[str]]) -> list[re.Match[str]]:
    """Return the longest series of bare numbers between blank lines that count up page by page."""
    longest: dict[int, list[re.Match[str]]] = {}
    for match in found:
        number = _read_sign(match[0])
        if isinstance(number, int) and _is_alone(text, match):
            series = longest.pop(number - 1, [])
            series.append(match)
            longest[number] = max(series, longest.get(number, []), key=len)
    series = max(longest.values(), key=len, default=[])
    heights = [text.count("\n", a.end(), b.start()) for a, b in pairwise(series)]
    regular = (
        heights and min(heights) >= _MIN_PAGE and max(heights) <= _IRREGULAR * median_low(heights)
    )
    return series if len(series) >= _MIN_SERIES and regular else []


def _is_alone(text: str, match: re.Match[str]) -> bool:
    """Whether the lines above and below are blank."""
    above = text.rfind("\n", 0, max(match.start() - 1, 0)) + 1
    below = text.find("\n", match.end() + 1)
    below = len(text) if below < 0 else below
    return not text[above : match.start()].strip() and not text[match.end() : below].strip()

"""Line ends inside a paragraph: a sentence that is cut by the width of a page, or by blank lines."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from documents.numbering import read_marker
from documents.offsets import Span

LABELLED = re.compile(
    r"\s*(?:发布时间|发布日期|成文日期|发文日期|生效日期|施行日期|发文字号|文号|发文机关|索引号|标题|来源|信息来源)[:：]"
)
# A line shorter than this is a title or a heading, whatever it ends with.
MIN_RUNNING = 12
_TERMINAL = re.compile(r"[。！？：；.!?:;…|”’》」』)）】〕\]]$")
_SENTENCE_ENDED = re.compile(r"[。！？；：;:!?][”’》）)]*$")
_RUNNING = re.compile(r"[，,。；;、]")
# A table title, a date or a list entry rather than half a sentence.
_CLOSED = re.compile(r"[年月日表件页]$")
# No line begins with one of these but where a sentence was cut.
_NEVER_FIRST = frozenset("，。、；：！？）》」』】〕％")
_INDENTED = re.compile(r"[ \t\u00a0]{2,}|[ \t\u00a0]*\u3000")
# What is not cut at a line end unless every line is cut where it is full: a word, a figure.
_UNIT = re.compile(r"[A-Za-z0-9.,%-]{1,20}|.")
_TWO_WORDS = re.compile(r"[A-Za-z][,.;:)]?\s+[A-Za-z0-9(]|[0-9]\s+[A-Za-z]")
# A text is hard-wrapped when most of its lines end within this many characters of the longest.
_RAGGED = 3
_WRAPPED_SHARE = 0.5
_MIN_WRAPPED = 8
# What so many of its lines do is the rule of a text.
_RULE = 0.9
_MIN_CASES = 3


class _Line(NamedTuple):
    """A line that is not blank: where it begins, where its text starts behind the indent, its end."""

    begin: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Wrapping:
    """How a text is hard-wrapped: at which width, and how its lines are measured.

    ``exact``: each line is cut where it is full, if need be in mid-word. ``indented``: a paragraph
    begins with an indent.
    """

    width: float
    measure: Callable[[str], float]
    exact: bool = False
    indented: bool = False

    def is_full(self, line: str, following: str) -> bool:
        """Whether ``line`` goes on in the line ``following`` because it has no room for more."""
        unit = _UNIT.match(following)
        first = following[:1] if self.exact or unit is None else unit[0]
        if self.measure(line) + self.measure(first) > self.width:
            return True
        # A sentence that ends just short of the width ends a paragraph more often than it does not.
        ended = not self.indented and _SENTENCE_ENDED.search(line) is not None
        return not (self.exact or ended) and self.measure(line) >= self.width - _RAGGED


def find_wraps(text: str) -> list[Span]:
    """Line breaks inside a paragraph, but for the white space between two words.

    A break is inside a paragraph when the line before it is running text that stops without an end
    (or stops at the width to which the whole text is wrapped), and the line after it opens nothing:
    no ordinal, no indent, no labelled fact.
    """
    lines = list(_read_lines(text))
    wrapping = _find_wrapping(text, lines)
    return [
        span
        for line, following in pairwise(lines)
        if _continues(text, line, following, wrapping)
        for span in _cut(text, line.end, following.start, wrapping)
    ]


def _read_lines(text: str) -> Iterator[_Line]:
    begin = 0
    for line in text.split("\n"):
        start = len(line) - len(line.lstrip())
        if start < len(line):
            yield _Line(begin, begin + start, begin + len(line.rstrip()))
        begin += len(line) + 1


def _continues(text: str, line: _Line, following: _Line, wrapping: _Wrapping | None) -> bool:
    if (
        "\f" in text[line.end : following.start]
        or "\t" in text[line.start : line.end]
        or "\t" in text[following.start : following.end]
    ):
        return False
    if text[following.start] in _NEVER_FIRST:
        return True
    if _is_indented(text, following):
        return False
    if wrapping is not None and text.count("\n", line.end, following.start) == 1:
        if not _is_full(text, line, following, wrapping):
            return False
        # Where every paragraph is indented, an ordinal at the margin is quoted in mid-sentence.
        if wrapping.indented:
            return True
    elif not _stops_short(text[line.start : line.end]):
        return False
    opens = LABELLED.match(text, following.start) or read_marker(text, following.start)
    return opens is None


def _is_indented(text: str, line: _Line) -> bool:
    return _INDENTED.match(text, line.begin, line.start) is not None


def _is_full(text: str, line: _Line, following: _Line, wrapping: _Wrapping) -> bool:
    return wrapping.is_full(text[line.begin : line.end], text[following.start : following.end])


def _stops_short(line: str) -> bool:
    """Whether ``line`` is running text that stops without an end."""
    return (
        len(line) >= MIN_RUNNING
        and _TERMINAL.search(line[-1:]) is None
        and _CLOSED.search(line[-1:]) is None
        and _RUNNING.search(line) is not None
    )


def _cut(text: str, end: int, start: int, wrapping: _Wrapping | None) -> Iterator[Span]:
    """Yield what goes of the white space between two lines: all, or all but one between words."""
    kept = -1
    if _TWO_WORDS.search(text[max(end - 2, 0) : start + 1]):
        kept = text.find(" ", end, start)
        if kept < 0 and not (wrapping is not None and wrapping.exact):
            kept = text.find("\n", end, start)
    spans = [(end, start)] if kept < 0 else [(end, kept), (kept + 1, start)]
    yield from (span for span in spans if span[0] < span[1])


# --- how a text is wrapped ------------------------------------------------------------------------


def _find_wrapping(text: str, lines: list[_Line]) -> _Wrapping | None:
    """Return how ``text`` is wrapped, or None: by characters, or as printed, whichever fits."""
    # Rows of a table are as long as they are.
    written = [line for line in (text[a:c] for a, _, c in lines) if "\t" not in line]
    if len(written) < _MIN_WRAPPED:
        return None
    share, wrapping = max(
        (_measured(written, m) for m in (len, _printed_width)), key=lambda f: f[0]
    )
    if share < _WRAPPED_SHARE or wrapping.width < MIN_RUNNING:
        return None
    return _with_habits(text, lines, wrapping)


def _measured(lines: list[str], measure: Callable[[str], float]) -> tuple[float, _Wrapping]:
    lengths = sorted(map(measure, lines))
    longest = lengths[int(len(lengths) * 0.98)]
    near = len(lengths) - bisect_left(lengths, longest - _RAGGED)
    return near / len(lengths), _Wrapping(longest, measure)


def _printed_width(line: str) -> float:
    """The width of ``line`` in Chinese characters: a Latin letter or a digit is half of one."""
    return len(line) - len(line.encode("ascii", "ignore")) / 2


def _with_habits(text: str, lines: list[_Line], wrapping: _Wrapping) -> _Wrapping:
    """Return ``wrapping`` with what the text shows of where its lines are cut and paragraphs begin."""
    cut, indented = [], []
    strictly = replace(wrapping, exact=True)
    for line, following in pairwise(lines):
        written = text[line.begin : line.end]
        if _is_full(text, line, following, wrapping):
            if not _SENTENCE_ENDED.search(written) and not _is_indented(text, following):
                cut.append(_is_full(text, line, following, strictly))
        elif _RUNNING.search(text, following.start, following.end):
            indented.append(_is_indented(text, following))
    return replace(wrapping, exact=_is_rule(cut), indented=_is_rule(indented))


def _is_rule(cases: list[bool]) -> bool:
    return len(cases) >= _MIN_CASES and sum(cases) >= _RULE * len(cases)

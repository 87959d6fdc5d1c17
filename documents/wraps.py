"""Line ends inside a paragraph: a sentence that is cut by the width of a page, or by blank lines."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median_high
from typing import NamedTuple

from documents.closing import is_signing
from documents.numbering import read_marker
from documents.offsets import Span

LABELLED = re.compile(
    r"\s*(?:发布时间|发布日期|成文日期|发文日期|生效日期|施行日期|发文字号|文号|发文机关|索引号|标题|来源|信息来源)[:：]"
)
# A line shorter than this is a title or a heading, whatever it ends with.
MIN_RUNNING = 12
# Where nothing shows a width, a numbered line shorter than this is a heading that has a comma.
_MIN_NUMBERED = 40
# What ends a title, and what begins a line of a form: it goes on nowhere.
_TITLE = re.compile(
    r"(?:通知|意见|方案|办法|规定|细则|措施|规划|计划|条例|决定|公告|通告|函|批复|报告|解读)$"
)
_FORM = re.compile(r"[\u4e00-\u9fff]{2,6}[:：]")
_TERMINAL = re.compile(r"[。！？：；.!?:;…|”’》」』)）】〕\]]")
_SENTENCE_ENDED = re.compile(r"[。！？；：;:!?][”’》）)]*$")
# Titles and headings have no more than 、 between two things that they name.
_RUNNING = re.compile(r"[，,。；;]")
# A table title, a date or a list entry rather than half a sentence.
_CLOSED = re.compile(r"[年月日表件页]")
# No line begins with one of these but where a sentence was cut.
_NEVER_FIRST = frozenset("，。、；：！？）》」』】〕％")
# No paragraph ends with one of these.
_NEVER_LAST = frozenset("，、")
_INDENTED = re.compile(r"[ \t\u00a0]{2,}|[ \t\u00a0]*\u3000")
# What is not cut at a line end unless every line is cut where it is full: a word, a figure.
_UNIT = re.compile(r"[A-Za-z0-9.,%-]{1,20}|.")
_TWO_WORDS = re.compile(r"[A-Za-z][,.;:)]?\s+[A-Za-z0-9(]|[0-9]\s+[A-Za-z]")
# A text is hard-wrapped when most of its lines end within this many characters of one width, or a
# good part of them, and so many times fewer a little before it.
_RAGGED = 3
_WRAPPED_SHARE = 0.5
_MIN_SHARE = 0.2
_STEEP = 3
_MIN_WRAPPED = 8
# What so many of its lines do is the rule of a text.
_RULE = 0.9
_MIN_CASES = 3


class _Line(NamedTuple):
    """A line that is not blank: where its indent begins, where its text starts and ends."""

    begin: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Wrapping:
    """How a text is hard-wrapped: at which width, and how its lines are measured.

    ``exact``: each line is cut where it is full, if need be in mid-word. ``indented`` and
    ``spaced``: every paragraph begins with an indent, or at least below a blank line.
    """

    width: float
    measure: Callable[[str], float]
    exact: bool = False
    indented: bool = False
    spaced: bool = False

    def is_full(self, line: str, following: str, *, within: bool) -> bool:
        """Whether ``line`` goes on in the line ``following`` because it has no room for more.

        ``within``: nothing shows that a paragraph begins there, where something would.
        """
        unit = _UNIT.match(following)
        first = following[:1] if self.exact or unit is None else unit[0]
        if self.measure(line) + self.measure(first) > self.width:
            return True
        # A sentence that ends just short of the width ends a paragraph more often than it does not.
        ended = not within and _SENTENCE_ENDED.search(line) is not None
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
            page = len(line) - len(line.lstrip("\f"))
            yield _Line(begin + page, begin + start, begin + len(line.rstrip()))
        begin += len(line) + 1


def _continues(text: str, line: _Line, following: _Line, wrapping: _Wrapping | None) -> bool:
    if "\t" in text[line.start : line.end] or "\t" in text[following.start : following.end]:
        return False
    if text[following.start] in _NEVER_FIRST:
        return True
    if _is_indented(text, following):
        return False
    if wrapping is not None and text.count("\n", line.end, following.start) == 1:
        # A blank line cannot show a paragraph that begins on a new page.
        turned = "\f" in text[line.end : following.start]
        within = wrapping.indented or (wrapping.spaced and not turned)
        full = _is_full(text, line, following, wrapping, within)
        if not full and text[line.end - 1] not in _NEVER_LAST:
            return False
        # Where the beginning of a paragraph is shown, an ordinal elsewhere is quoted in mid-sentence.
        if within:
            return True
    elif not _stops_short(text, line) or is_signing(text[following.start : following.end]):
        return False
    opens = LABELLED.match(text, following.start) or read_marker(text, following.start)
    return opens is None


def _is_indented(text: str, line: _Line) -> bool:
    return _INDENTED.match(text, line.begin, line.start) is not None


def _is_full(
    text: str, line: _Line, following: _Line, wrapping: _Wrapping, within: bool = False
) -> bool:
    written, after = text[line.begin : line.end], text[following.start : following.end]
    return wrapping.is_full(written, after, within=within)


def _stops_short(text: str, line: _Line) -> bool:
    """Whether ``line`` is running text that stops without an end."""
    last = text[line.end - 1]
    written = text[line.start : line.end]
    if len(written) < MIN_RUNNING or _TERMINAL.match(last) or _CLOSED.match(last):
        return False
    if _TITLE.search(written) or _FORM.match(written):
        return False
    if len(written) < _MIN_NUMBERED and last not in _NEVER_LAST and read_marker(text, line.start):
        return False
    return last in _NEVER_LAST or _RUNNING.search(text, line.start, line.end) is not None


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
    found = [_measure_width(written, measure) for measure in (len, _printed_width)]
    _, wrapping = max(found, key=lambda pair: pair[0])
    if wrapping is None or _is_list(written, wrapping):
        return None
    return _with_habits(text, lines, wrapping)


def _is_list(lines: list[str], wrapping: _Wrapping) -> bool:
    """Whether the lines are as long as each other because they are alike: most are sentences."""
    full = [line for line in lines if wrapping.measure(line) >= wrapping.width - _RAGGED]
    return 2 * sum(_SENTENCE_ENDED.search(line) is not None for line in full) > len(full)


def _measure_width(
    lines: list[str], measure: Callable[[str], float]
) -> tuple[float, _Wrapping | None]:
    """Return the share of lines that end at one width, and that width if the text is wrapped to it."""
    lengths = sorted(map(measure, lines))
    longest = lengths[int(0.98 * len(lengths))]
    # Justified lines hold more where their punctuation is squeezed: the usual one counts.
    width = median_high(lengths[bisect_left(lengths, longest - _RAGGED) :])
    below, near, exactly, beyond = (
        bisect_left(lengths, width - step) for step in (3 * _RAGGED, _RAGGED, 0.5, -_RAGGED)
    )
    full = beyond - near
    wrapped = full >= _WRAPPED_SHARE * len(lengths) or (
        full >= _MIN_SHARE * len(lengths) and full >= _STEEP * (near - below)
    )
    wrapped = wrapped and width >= MIN_RUNNING
    return (beyond - exactly) / len(lengths), _Wrapping(width, measure) if wrapped else None


def _printed_width(line: str) -> float:
    """The width of ``line`` in Chinese characters: a Latin letter or a digit is half of one."""
    return len(line) - len(line.encode("ascii", "ignore")) / 2


def _with_habits(text: str, lines: list[_Line], wrapping: _Wrapping) -> _Wrapping:
    """Return ``wrapping`` with what the text shows of where its lines are cut and paragraphs begin."""
    cut, indented, spaced, punctuated = [], [], [], False
    strictly = replace(wrapping, exact=True)
    for line, following in pairwise(lines):
        indent = _is_indented(text, following)
        below = text.count("\n", line.end, following.begin) > 1
        if _is_full(text, line, following, wrapping):
            if not (indent or below or _SENTENCE_ENDED.search(text[line.start : line.end])):
                cut.append(_is_full(text, line, following, strictly))
                punctuated = punctuated or text[following.start] in _NEVER_FIRST
        elif _RUNNING.search(text, following.start, following.end):
            indented.append(indent)
            if "\f" not in text[line.end : following.start]:
                spaced.append(indent or below)
    return replace(
        wrapping,
        # Who sets type keeps punctuation from the beginning of a line, and cuts no line exactly.
        exact=punctuated and _is_rule(cut),
        indented=_is_rule(indented),
        spaced=_is_rule(spaced),
    )


def _is_rule(cases: list[bool]) -> bool:
    return len(cases) >= _MIN_CASES and sum(cases) >= _RULE * len(cases)

"""Source -> clean text: removes noise and nothing else; script, width and digits stay.

A chain of steps. Each is a pure function from a text to the spans that it would remove, so the map
back to the source is exact by construction and every removal can be listed. No step knows a
particular document: each removes what is noise in any document.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import takewhile

from documents.numbering import read_marker
from documents.offsets import OffsetMap, Span
from documents.pages import find_marks, find_pages
from documents.types import Removal
from documents.wraps import LABELLED, MIN_RUNNING, find_wraps

_Step = Callable[[str], list[Span]]


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The clean text, its map to the source, and what was removed, by source offsets."""

    text: str
    offsets: OffsetMap
    removals: tuple[Removal, ...]


def clean(source: str, *, furniture: tuple[Span, ...] = ()) -> Cleaned:
    """Run the chain over ``source``; ``furniture`` is what its format already knows to be noise."""
    text, offsets = source, OffsetMap.identity(len(source))
    removals: list[Removal] = []
    known: tuple[str, _Step] = ("furniture", lambda _: list(furniture))
    for reason, find in (known, *_STEPS):
        spans = find(text)
        pieces = (piece for span in spans for piece in offsets.source_pieces(*span))
        removals.extend(Removal(a, b, reason, source[a:b]) for a, b in pieces)
        offsets = offsets.removing(spans)
        text = _without(text, spans)
    return Cleaned(text, offsets, tuple(sorted(removals, key=lambda r: r.start)))


def _without(text: str, spans: list[Span]) -> str:
    parts, position = [], 0
    for start, end in spans:
        parts.append(text[position:start])
        position = end
    return "".join([*parts, text[position:]])


# --- invisible characters -------------------------------------------------------------------------

_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b\x0e-\x1f\x7f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]+"
)


def find_invisible(text: str) -> list[Span]:
    """Zero-width, directional and control characters, soft hyphens."""
    return [match.span() for match in _INVISIBLE.finditer(text)]


# --- bracketed pinyin -----------------------------------------------------------------------------

_SYLLABLE = re.compile(
    r"(?P<before>\S)(?P<pinyin>[(（][a-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňǹḿê]{1,6}[)）])"
)
_TONED = re.compile(r"[āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿ]")


def find_pinyin(text: str) -> list[Span]:
    """Bracketed pinyin behind its own character, as scrapers of ruby text leave it: 關(guān).

    A syllable without tone mark counts only where the dictionary gives that character this reading,
    so that an abbreviation in brackets stays; one with a tone mark can be nothing else, even where
    the character before it was damaged.
    """
    return [
        match.span("pinyin")
        for match in _SYLLABLE.finditer(text)
        if _TONED.search(match["pinyin"]) or match["pinyin"][1:-1] in _readings(match["before"])
    ]


@cache
def _readings(character: str) -> frozenset[str]:
    import pypinyin  # its dictionary takes half a second to read

    styles = (pypinyin.Style.TONE, pypinyin.Style.NORMAL)
    found = (pypinyin.pinyin(character, style=style, heteronym=True)[0] for style in styles)
    return frozenset(reading for readings in found for reading in readings)


# --- markup ---------------------------------------------------------------------------------------

_COMMENT_START, _COMMENT_END = "<!--", "-->"
_HEADING = re.compile(r"^[ \t\u00a0\u3000]{0,8}(?P<mark>#{1,6}[ \t]+)(?=\S)", re.MULTILINE)
_STRONG = re.compile(
    r"(?<!\*)(?P<open>\*{2,3})(?=[^\s*])[^*\n]*(?<=[^\s*])(?P<close>(?P=open))(?!\*)"
)
# Spaces; and of &amp; all but the & that it stands for.
_ENTITY = re.compile(
    r"&(?:amp;)?(?:nbsp|ensp|emsp|thinsp|zwnj|zwj"
    r"|#0{0,4}(?:160|819[45]|8201|12288)|#[xX]0{0,4}(?:[aA]0|200[239]|3000));"
    r"|(?<=&)amp;"
)


def find_markup(text: str) -> list[Span]:
    """Marks of Markdown or HTML in a plain text: # before a heading, ** around words, comments.

    Spaces that are written as entities go, too. Other entities stay, because a step can only
    remove; they are reported as damage.
    """
    headings = (match.span("mark") for match in _HEADING.finditer(text))
    strong = (match.span(mark) for match in _STRONG.finditer(text) for mark in ("open", "close"))
    entities = (match.span() for match in _ENTITY.finditer(text))
    return _merge([*_comments(text), *headings, *strong, *entities])


def _comments(text: str) -> Iterator[Span]:
    start = text.find(_COMMENT_START)
    while start >= 0:
        end = text.find(_COMMENT_END, start + len(_COMMENT_START))
        if end < 0:
            return
        yield start, end + len(_COMMENT_END)
        start = text.find(_COMMENT_START, end)


# --- web furniture --------------------------------------------------------------------------------

# Phrases of the controls around a page's text. A line counts when a phrase makes up most of it, so
# that a sentence which happens to contain one (「打印」「关闭」) stays.
_FURNITURE = re.compile(
    r"选择浏览器打开|请点击右上角|欢迎您|注销|字号[:：]?|\[?[小中大]\]?(?=[\s\[【]|$)|打印(?:正文|本页)?"
    r"|关闭(?:窗口|本页)?|分享到?[:：]?|扫一扫.{0,12}|返回顶部|上一[篇页条]|下一[篇页条]|收藏|无障碍(?:阅读|浏览)?"
    r"|语音播报|点击我|为您|您访问的链接即将离开.{0,30}|门户网站|是否继续|继续访问|放\s*弃|当前位置[:：].*|首页"
    r"|浏览次数[:：]?\s*\d*|责任编辑[:：]?.{0,10}|版权所有.*|网站地图|联系我们|.?ICP备.*|手机版|登录|注册"
)
_FURNITURE_SHARE = 0.5
_SENTENCE = re.compile(r"[。；]")
_BLOCK = re.compile(r"\S[^\n]*(?:\n[^\S\n]*\S[^\n]*)*")
_DATE = re.compile(
    r"[〇○零一二三四五六七八九十\d]{4}\s?年\s?[一二三四五六七八九十\d]{1,3}\s?月\s?[一二三四五六七八九十\d]{1,3}\s?日"
)
_NOT_TEXT = re.compile(r"[\W_]+")


def find_furniture(text: str) -> list[Span]:
    """Controls of the web page around the text, above its first sentence and below its last.

    Works on blocks of lines between blank lines. A block that holds a control and nothing but short
    lines beside goes as a whole; from one with labelled facts, a title or an addressee only the
    controls go, and so from the edges of the text itself.
    """
    spans: list[Span] = []
    blocks = [match.span() for match in _BLOCK.finditer(text)]
    for start, end in [*_leading(text, blocks), *_trailing(text, blocks)]:
        lines = list(_lines(text, start, end))
        if any(is_control(text[a:b]) for a, b in lines):
            whole = not any(_is_kept(text[a:b]) for a, b in lines)
            gone = [(start, end)] if whole else [s for s in lines if is_control(text[slice(*s)])]
            spans.extend(_with_line_end(text, span) for span in gone)
    spans.extend(_with_line_end(text, span) for span in _at_edges(text, blocks))
    return _merge(spans)


def _at_edges(text: str, blocks: list[Span]) -> Iterator[Span]:
    """Yield the controls right above the first line of the body and right below its last.

    A page that was printed has no blank line between its text and them.
    """
    first = next((block for block in blocks if _is_body(text, *block)), None)
    last = next((block for block in reversed(blocks) if _is_body(text, *block)), None)
    if first and last:
        above, below = list(_lines(text, *first)), list(_lines(text, *last))[::-1]
        for lines in (above, below):
            yield from takewhile(lambda line: _is_bare_control(text[slice(*line)]), lines)


def _is_bare_control(line: str) -> bool:
    return is_control(line) and not _SENTENCE.search(line)


def _leading(text: str, blocks: list[Span]) -> Iterator[Span]:
    for start, end in blocks:
        if _is_body(text, start, end):
            return
        yield start, end


def _trailing(text: str, blocks: list[Span]) -> Iterator[Span]:
    for start, end in reversed(blocks):
        if _is_body(text, start, end):
            return
        yield start, end


def _is_body(text: str, start: int, end: int) -> bool:
    return _SENTENCE.search(text, start, end) is not None or any(
        read_marker(text, line) for line, _ in _lines(text, start, end)
    )


def is_control(line: str) -> bool:
    """Whether a line is mostly the wording of a web page's controls."""
    words = _NOT_TEXT.sub("", line)
    rest = _NOT_TEXT.sub("", _FURNITURE.sub("", line))
    return bool(words) and len(rest) <= (1 - _FURNITURE_SHARE) * len(words) and rest != words


def _is_kept(line: str) -> bool:
    """Whether a line beside controls says something: a fact, a date, or more than a few words."""
    if is_control(line):
        return False
    if _DATE.fullmatch(line.strip()):
        return True
    return LABELLED.match(line) is not None or len(line.strip()) >= MIN_RUNNING


def _with_line_end(text: str, span: Span) -> Span:
    start, end = span
    return start, end + (text[end : end + 1] == "\n")


# --- shared ---------------------------------------------------------------------------------------


def _lines(text: str, start: int, end: int) -> Iterator[Span]:
    while start < end:
        stop = text.find("\n", start, end)
        stop = end if stop < 0 else stop
        yield start, stop
        start = stop + 1


def _merge(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(set(spans)):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


_STEPS: tuple[tuple[str, _Step], ...] = (
    ("invisible", find_invisible),
    ("markup", find_markup),
    ("pinyin", find_pinyin),
    ("page", find_pages),
    ("furniture", find_furniture),
    ("wrap", find_wraps),
    ("page", find_marks),
)

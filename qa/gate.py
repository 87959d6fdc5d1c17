"""What may be said: sentences of which every fact stands in the clauses that they cite.

Whoever wrote a text, a sentence of it passes only if it marks its clauses with [n], these exist, and
every clause number, 文号, date, figure and quotation in it occurs in them. A figure of one level (省级)
is not another's; otherwise it is not judged what the parts of a sentence say of one another, nor are
words that are no facts (支持, 不). In doubt a sentence is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from documents.normalization import match_form
from documents.types import Document
from qa import claims
from qa.labels import format_title
from qa.types import Citation

Reason = Literal["unmarked", "unknown_mark", "quotation", "number", "clause", "date", "figure"]

# Frames say nothing of the matter, so they are short.
_LONGEST_FRAME = 80


@dataclass(frozen=True, slots=True)
class Source:
    """A citation with the text of the whole clause; [n] is its position, from 1."""

    citation: Citation
    text: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """A sentence that may not be said; ``detail`` is what of it stands nowhere."""

    sentence: str
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What is left of a text, empty where no sentence that cites is, and what was dropped."""

    text: str
    kept: int
    dropped: tuple[Dropped, ...]


def read_sources(
    citations: Iterable[Citation], library: Mapping[str, Document]
) -> tuple[Source, ...]:
    """Return each citation with the text of its clause, everything below it included."""
    return tuple(_source(citation, library[citation.document]) for citation in citations)


def _source(citation: Citation, document: Document) -> Source:
    clause = document.clause(citation.clause)
    return Source(citation, document.clean[clause.start : clause.end])


def check(text: str, sources: Sequence[Source], *, frames: Collection[str] = ()) -> Checked:
    """Return ``text`` without the sentences that ``sources`` do not support.

    ``frames`` are sentences that the program itself put around the answer; they stay as they are, and
    so does a document's title on a line of its own.
    """
    passed = list(sift(split_sentences([text]), sources, frames=frames))
    kept = [piece for piece in passed if isinstance(piece, str)]
    return Checked(
        text="".join(kept).strip(),
        kept=sum(not piece.isspace() for piece in kept),
        dropped=tuple(piece for piece in passed if isinstance(piece, Dropped)),
    )


def sift(
    sentences: Iterable[str], sources: Sequence[Source], *, frames: Collection[str] = ()
) -> Iterator[str | Dropped]:
    """Yield each sentence as it is, or as dropped; its line ends stay.

    An opening (以下是…：) waits for the first sentence that cites; without any, nothing is said.
    """
    framing = {part.strip() for part in split_sentences(f"{frame}\n" for frame in frames)}
    for citation in (source.citation for source in sources):
        framing |= {citation.title, format_title(citation.title, None)}
        framing.add(format_title(citation.title, citation.number))
    opening = ""
    cited = False
    counted = 0
    for sentence in sentences:
        counted, said = _without_list_marker(sentence, counted)
        marks, bare = _take_marks(said)
        # A heading may be in bold, or end with a colon; with a mark it still says nothing.
        is_heading = bare.strip("*#:：。.¦ \n") in framing
        is_frame = (is_heading and not marks) or sentence.strip() in framing
        is_frame = is_frame or not re.search(r"\w", said)
        if not is_frame:
            is_frame = _is_frame(said, opens=not cited and not opening.strip())
            dropped = _judge(sentence, said, sources, marked=not is_frame)
            if dropped is not None:
                yield dropped
                sentence = "\n" * sentence.count("\n") if cited else ""
        cited = cited or not (is_frame or is_heading or sentence.isspace() or not sentence)
        if not cited:
            opening += sentence
        elif sentence:
            yield opening + sentence
            opening = ""


def _judge(sentence: str, said: str, sources: Sequence[Source], *, marked: bool) -> Dropped | None:
    """Return why a sentence may not be said, or None; ``said`` is it without a list marker."""
    # 1**00**万元 is shown as 100万元.
    marks, said = _take_marks(re.sub(r"\*\*|__|`", "", said))
    if marked and not marks:
        return Dropped(sentence, "unmarked", "")
    unknown = [n for n in marks if not 0 < n <= len(sources)]
    if unknown:
        return Dropped(sentence, "unknown_mark", f"[{unknown[0]}]")
    cited = [sources[n - 1] for n in marks] if marks else sources
    for reason, detail in _unsupported(said, cited):
        return Dropped(sentence, reason, detail)
    return None


def _unsupported(said: str, cited: Sequence[Source]) -> Iterator[tuple[Reason, str]]:
    titles = tuple(dict.fromkeys(n for source in cited for n in _names(source.citation.title)))
    for quotation in _quotations(said):
        if not any(_quotes(quotation, source) for source in cited):
            yield "quotation", quotation
    stated = claims.read(said, titles)
    texts = [claims.read(source.text) for source in cited]
    exact = claims.read("¦".join(source.citation.number or "" for source in cited)).numbers
    mentioned = frozenset[claims.Number]().union(*(text.numbers for text in texts))
    for number in sorted(stated.numbers):
        if not claims.has_number(number, exact, mentioned):
            yield "number", f"{number.agency}〔{number.year}〕{number.serial}号"
    own = [claims.read_chain(s.citation.clause, s.citation.label) for s in cited]
    for chain in stated.chains:
        if not any(
            claims.has_chain(chain, numbers, text.chains)
            for numbers, text in zip(own, texts, strict=True)
        ):
            yield "clause", "/".join(str(ordinal.value) for ordinal in chain)
    for day in sorted(stated.days, key=str):
        if not any(claims.has_day(day, text.days) for text in texts):
            yield "date", "-".join(str(part) for part in day if part is not None)
    for figure in sorted(stated.figures, key=str):
        if not any(claims.has_figure(figure, text.figures) for text in texts):
            yield "figure", f"{figure.value}{figure.unit}"
    around = frozenset[tuple[claims.Figure, str]]().union(*(text.levels_around for text in texts))
    for figure, level in sorted(stated.levels, key=str):
        if claims.is_of_another_level(figure, level, around):
            yield "figure", f"{level}{figure.value}{figure.unit}"


def _names(title: str) -> list[str]:
    """Return a title, and the titles inside it, as a sentence may spell them out without 《》."""
    return [
        title,
        title.removeprefix("《").removesuffix("》"),
        *re.findall("《([^《》]+)》", title),
    ]


# --- sentences ------------------------------------------------------------------------------------

_OPEN, _CLOSE = "“「『", "”」』"
_MARK = r"[\[［【]\s*(?P<n>\d{1,3}(?:\s*[,，、;；]\s*\d{1,3})*)\s*[\]］】](?!\s*第?\d{1,5}号)"
_MARKS = re.compile(_MARK)
_MARKED = re.compile(rf"{_MARK}[ \t\u3000]*$")
# What belongs to a sentence behind its full stop, and what may become that with more text.
_TAIL = re.compile(rf"[”」』’\")）]*(?:[ \t\u3000]*{_MARK}[。.;；]?)*[ \t\u3000]*")
_UNFINISHED = re.compile(r"[\[［【][\d\s,，、;；]*$")
# 13. and （五）13. before a quotation, No. 9, e.g.
_NO_STOP = re.compile(
    r"(?:(?:^|[\n)）、》]|[-*•])\s*\d+|(?<![A-Za-z])(?:[Nn]o|[Aa]rt|[Ss]ec|[Pp]ara|e\.g|i\.e|cf|vs|[A-Z]))$"
)
# Behind 13. it is a number's dot.
_CHINESE_AHEAD = re.compile(r"[ \t\u3000]*[\u4e00-\u9fff“「『《（(]")


def split_sentences(pieces: Iterable[str]) -> Iterator[str]:
    """Yield the sentences of a text that comes in pieces, each with the marks and space behind it.

    A sentence ends at 。！？, at a full stop before white space, or with its line; not in quotation
    marks. Joined, the sentences are the text.
    """
    text = ""
    for piece in pieces:
        text += piece
        while (end := _first_end(text, final=False)) is not None:
            yield text[:end]
            text = text[end:]
    while text:
        end = _first_end(text, final=True) or len(text)
        yield text[:end]
        text = text[end:]


def _first_end(text: str, *, final: bool) -> int | None:
    """Return where the first sentence ends; None where more text could tell otherwise."""
    depth, straight = 0, False
    for i, character in enumerate(text):
        depth += (character in _OPEN) - (character in _CLOSE and depth > 0)
        straight ^= character == '"'
        if character == "\n" and _MARKED.search(text, 0, i):
            depth, straight = 0, False  # a quotation that was never closed
        quoted = depth > 0 or straight
        if quoted or not (_stops(text, i, final=final) or _ends_quoted(text, i)):
            continue
        tail = _TAIL.match(text, i + 1) if character != "\n" else None
        end = tail.end() if tail else i + 1
        end += len(text[end:]) - len(text[end:].lstrip())
        if not final and (end == len(text) or _UNFINISHED.match(text, end)):
            return None
        return end
    return None


def _ends_quoted(text: str, i: int) -> bool:
    """Whether a quotation ends at ``i`` with its own stop and a mark behind it: “…。”[1]."""
    stops = text[i] in _CLOSE + '"' and text[i - 1 : i] in tuple("。！？.!?")
    return stops and re.match(rf"[ \t\u3000]*{_MARK}", text[i + 1 :]) is not None


def _stops(text: str, i: int, *, final: bool) -> bool:
    if text[i] in "。！？\n":
        return bool(text[:i].strip()) or text[i] != "\n"
    if text[i] not in ".!?":
        return False
    if text[i - 1 : i].isdigit() and _CHINESE_AHEAD.match(text, i + 1):
        return False
    following = text[i + 1 : i + 2]
    ends = following.isspace() or following in _CLOSE + "[［【\"'）)" or (final and not following)
    return ends and not _NO_STOP.search(text, 0, i)


# --- marks, lists, frames -------------------------------------------------------------------------

_LIST = re.compile(
    r"\s*(?:[-*•#>]+\s*)?(?:(?P<n>\d{1,2})(?:[.．]\s|[.．](?=[^\d\s“\"「《（(\[])|[、)）](?![“\"「《（(\[])))?\s*"
)
_OPENING = re.compile(r"[:：]\W*$")
_CLOSING = re.compile(r"以原文为准|original text prevails", re.IGNORECASE)


def _take_marks(text: str) -> tuple[list[int], str]:
    """Return the n of every [n] in ``text``, each once, and ``text`` without them."""
    numbers = [int(n) for match in _MARKS.finditer(text) for n in re.findall(r"\d+", match["n"])]
    return list(dict.fromkeys(numbers)), _MARKS.sub("¦", text)


def _without_list_marker(sentence: str, counted: int) -> tuple[int, str]:
    """Return the number of the last list item, and ``sentence`` without the marker of the next one.

    A number that does not count on, or that a quotation follows, may be a clause's: it stays.
    """
    match = _LIST.match(sentence)
    if match is None or match["n"] is None:
        return counted, sentence
    number, rest = int(match["n"]), sentence[match.end() :]
    if number not in (1, counted + 1) or rest[:1] in '“"「《（([':
        return counted, sentence
    return number, rest


def _is_frame(said: str, *, opens: bool) -> bool:
    """Whether an unmarked sentence opens or closes the answer instead of telling something.

    ``opens`` where nothing stands before it.
    """
    if _MARKS.search(said) or len(said.strip()) > _LONGEST_FRAME:
        return False
    return bool(_CLOSING.search(said) or (opens and _OPENING.search(said)))


# --- quotations -----------------------------------------------------------------------------------

_BOOK = re.compile(r"《((?:[^《》]|《[^《》]*》)+)》")
# ’ alone is an apostrophe.
_SINGLE = re.compile("‘([^‘’]*)’")


def _quotations(text: str) -> Iterator[str]:
    """Yield what stands in quotation marks or 《》, the outermost of nested ones; of 《》 with them."""
    yield from (match[0] for match in _BOOK.finditer(text))
    yield from (match[1] for match in _SINGLE.finditer(text))
    depth, start, straight = 0, 0, False
    for i, character in enumerate(text):
        opens = character in _OPEN or (character == '"' and not straight)
        closes = character in _CLOSE or (character == '"' and straight)
        straight ^= character == '"'
        if opens:
            start = i + 1 if not depth else start
            depth += 1
        elif closes and depth:
            depth -= 1
            if not depth:
                yield text[start:i]
    if depth:
        # A mark inside was never closed, or this one was not.
        end = max(text.rfind(c, start) for c in _CLOSE)
        yield text[start : end if end > start else len(text)]


def _quotes(quotation: str, source: Source) -> bool:
    """Whether ``quotation`` stands in the clause or its document's title word for word."""
    wanted, text = _joined(quotation), _joined(source.text)
    # The stop that a sentence ends with inside the quotation marks is the sentence's.
    if wanted.rstrip("。，；,.;") in text:
        return True
    title, wanted = (_joined(match_form(t)) for t in (source.citation.title, quotation))
    return wanted.strip("《》") == title.strip("《》") or wanted in title


def _joined(text: str) -> str:
    return "".join(text.split())

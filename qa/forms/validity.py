"""Is a document still in force, since when and until when, and what replaced it."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import dropwhile
from typing import Literal

from documents.metadata import KINDS
from documents.normalization import has_han, match_form
from documents.types import Document, Reference
from documents.validity import compute_status, find_repealer, refers_to
from index.names import fold, number_names
from index.types import Index, Span
from index.windows import split_sentences
from qa.drafts import Draft
from qa.forms.arrangement import Item, arrange
from qa.labels import format_title
from qa.passages import Passage, take
from qa.phrases import phrase
from qa.question import Question
from qa.targets import (
    Repealed,
    Target,
    find_named,
    find_opening,
    find_targets,
    is_subject,
    target_title,
    without_spans,
)
from qa.types import Frame

# What is asked: whether it is in force, when it begins or ends, when it was issued, what repealed it.
Aspect = Literal["force", "start", "end", "issue", "repeal"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question asks of a document's validity, on ``day`` where it says one; ``rest`` is the rest."""

    aspects: frozenset[Aspect]
    day: date | None
    rest: str


@dataclass(frozen=True, slots=True)
class _Finding:
    """What is said of one target, and whether that is all that was asked."""

    items: tuple[Item, ...]
    complete: bool


def draft(question: Question, index: Index, day: date) -> Draft | None:
    """Return the validity of the documents asked about on ``day``, or on that of the question."""
    # Both spellings, because the match form leaves no space beside a Chinese 文号.
    texts = (match_form(question.text), question.text)
    if not any(_CUE.search(text) and read(text, day) for text in texts):
        return None
    named = find_named(question.text, index)
    asked = read(named.rest, day)
    if asked is None:
        return None
    targets = find_targets(named, asked.rest, index)
    found = [_find(target, asked, index, day, question.frame) for target in targets]
    if not found or not all(finding.items for finding in found):
        return None
    lines, passages = arrange(item for finding in found for item in finding.items)
    complete = all(finding.complete for finding in found)
    return Draft(
        form="validity",
        outcome="answered" if complete else "partial",
        passages=passages,
        lines=lines,
        reason=None if complete else "not_stated",
    )


# --- the question ---------------------------------------------------------------------------------

_WHEN = r"(?:哪(?:一)?(?:年|天|日)|什么(?:时候|时间|日期)|何(?:时|日)|啥时候|几(?:时|年|月)|多(?:久|少年|长时间|长))"
_MANNER = (
    r"(?:到底|究竟|现在|目前|如今|现行|现|还|仍然?|依然|依旧|是否|是不是|有没有|会不会|能不能|能否|可否|已经?|一直|继续|就"
    r"|从|打|不再|不|没有?被?|正式|开始|算(?:不算)?|具有|有|被|给|由|会|要|将|能|可以|是|在)"
)
_TAIL = r"(?:了没有?|没有|了|吗|么|呢|嘛|吧|啊|的|为止|截止|结束)"
_WHAT = r"(?:(?:什么|哪(?:个|份|部|项)|啥|谁)(?:新)?(?:的)?(?:文件|政策|办法|规定|方案)?(?:给|所)?)"
# These always ask of a document's validity; the others only beside a word of time or manner, because
# titles and matters have them too.
_ALWAYS = {
    "end": r"有效期限?|有效时间|有效多久|时效|管到|管用到|管(?=几年|多久|多长)",
    "force": r"有效力?|管用|作数|算数|法律效力|效力",
    "repeal": r"失效|作废|(?:取|替)代|代替",
}
_BESIDE = {
    "end": r"过期|到期|期满|(?:执行|实施|施行|实行|适用|用|持续)到|到(?="
    + _WHEN
    + r")|至(?="
    + _WHEN
    + r")",
    "force": r"适用|执行|能用|可用|可以用|有用|好使|无效",
    "start": r"施行|生效|实施|执行|起效|起(?:施行|执行)",
    "repeal": r"废止|废除|停止执行|停用|取消|撤销|终止",
    "issue": r"印发|发布|公布|颁布|出台|成文|制定|下发",
}
_TOKEN = re.compile(
    "|".join(
        [
            *(f"(?P<always_{name}>{pattern})" for name, pattern in _ALWAYS.items()),
            f"(?P<when>{_WHEN})",
            *(f"(?P<beside_{name}>{pattern})" for name, pattern in _BESIDE.items()),
            f"(?P<what>{_WHAT})",
            f"(?P<manner>{_MANNER})",
            f"(?P<tail>{_TAIL})",
        ]
    )
)
_ENGLISH = {
    "end": r"(?:until when|how long)(?= )|expir(?:e[sd]?|y|ation)(?: date)?|validity(?: period)?",
    "force": r"in force|in effect|effective(?! date)|valid|applicable|apply|applies",
    "start": r"(?:take|took|takes) effect|(?:come|came|comes|enter(?:ed|s)?) into (?:force|effect)|effective date",
    "repeal": r"repeal(?:ed)?|abolish(?:ed)?|revoked|rescinded|annulled|superseded?|replaced?",
    "issue": r"issued|published|released|promulgated",
}
_ENGLISH_CUE = re.compile(
    r"\b(?:" + "|".join(f"(?P<{name}>{pattern})" for name, pattern in _ENGLISH.items()) + r")\b",
    re.IGNORECASE,
)
_ENGLISH_FILLER = re.compile(
    r"\b(?:still|yet|now|currently|already|no longer|any ?more|any longer|until|when|by what|what|which|"
    r"has|been|is|was|does|did|will|be|date)\b",
    re.IGNORECASE,
)
# Looked for first, in any question.
_CUE = re.compile(
    "|".join([*_ALWAYS.values(), *_BESIDE.values(), *_ENGLISH.values()]), re.IGNORECASE
)
# What the document itself says about the validity of something else.
_WITHIN = re.compile(
    rf"(?:(?:里面?|中|内)|(?:里面?|中|内|所|文件|{'|'.join(sorted(KINDS, key=len, reverse=True))})"
    r"(?:规定|要求|明确|提到))的?$"
)


def read(text: str, day: date) -> Asked | None:
    """Return what ``text``, a question without the names in it, asks of a validity; None where nothing.

    ``day`` is what 明年 counts from.
    """
    asked_day, text = _take_day(text, day)
    # An English question may hold a Chinese 文号.
    found = (_read_chinese(text) if has_han(text) else None) or _read_english(text)
    if found is None:
        return None
    aspects, rest = found
    return Asked(aspects, asked_day, rest)


def _read_chinese(text: str) -> tuple[frozenset[Aspect], str] | None:
    aspects: set[Aspect] = set()
    spans: list[Span] = []
    for run in _runs(text):
        # 的 before belongs to what it is asked of.
        tokens = list(dropwhile(lambda token: token.lastgroup == "tail", run))
        if not tokens:
            continue
        start = tokens[0].start()
        names = [token.lastgroup or "" for token in tokens]
        end = tokens[-1].end()
        at_end = end == len(text) or not text[end].isalnum()
        beside = at_end or any(name in ("when", "manner", "what") for name in names)
        told = {n.removeprefix("always_") for n in names if n.startswith("always_")}
        if beside:
            told |= {n.removeprefix("beside_") for n in names if n.startswith("beside_")}
        if told and _WITHIN.search(text[:start]):
            return None
        if told and is_subject(text[:start]):
            aspects |= _aspects(told, names)
            spans.append((start, end))
    return (frozenset(aspects), without_spans(text, spans)) if aspects else None


def _runs(text: str) -> Iterator[list[re.Match[str]]]:
    """Yield the runs of tokens in ``text``."""
    run: list[re.Match[str]] = []
    for token in _TOKEN.finditer(text):
        if run and token.start() != run[-1].end():
            yield run
            run = []
        run.append(token)
    if run:
        yield run


def _aspects(told: set[str], names: list[str]) -> set[Aspect]:
    """Return what a run of tokens asks: 什么时候失效 is about the end, 失效了吗 about being in force."""
    when, what = "when" in names, "what" in names
    found: set[Aspect] = set()
    for name in told:
        if name == "repeal":
            found.add("repeal" if what else "end" if when else "force")
        elif name == "force":
            found.add(
                "start" if when and "always_force" not in names else "end" if when else "force"
            )
        elif name == "start":
            found.add("start" if when else "force")
        elif name == "end":
            found.add("end" if when or "always_end" in names else "force")
        elif name == "issue" and when:
            found.add("issue")
    return found


def _read_english(text: str) -> tuple[frozenset[Aspect], str] | None:
    aspects: set[Aspect] = set()
    when = re.search(r"\bwhen\b|how long", text, re.IGNORECASE) is not None
    by = re.search(
        r"\b(?:by what|what (?:has )?(?:replaced|superseded|repealed))", text, re.IGNORECASE
    )
    for match in _ENGLISH_CUE.finditer(text):
        name = match.lastgroup
        if name == "end":
            aspects.add("end")
        elif name == "force":
            aspects.add("end" if when else "force")
        elif name == "start":
            aspects.add("start")
        elif name == "repeal":
            aspects.add("repeal" if by else "end" if when else "force")
        elif name == "issue" and when:
            aspects.add("issue")
    if not aspects:
        return None
    return frozenset(aspects), _ENGLISH_FILLER.sub(",", _ENGLISH_CUE.sub(",", text))


# --- the day asked about --------------------------------------------------------------------------

_EDGE = r"(?P<edge>年?[底末初]|上半年|下半年)"
_DAY = re.compile(
    rf"(?P<by>截至|截止到?|直?到了?|至|等到?|在)?(?:(?P<year>20\d\d)年?|(?P<word>明年|后年|今年|来年|(?<!\w)年(?=[底末])))"
    rf"(?:(?P<month>\d{{1,2}})月(?:(?P<day>\d{{1,2}})[日号])?)?(?:{_EDGE})?"
    r"(?:的?时候|那时|时|以后|之后|前后|为止)?"
)
_ENGLISH_DAY = re.compile(
    r"\b(?P<by>(?:at|by|until|till|through|as of|in|after|from)\s+)?(?:the\s+)?(?P<edge>(?:end|beginning|start) of\s+)?"
    r"(?:(?P<year>20\d\d)|(?P<word>next year|this year))\b",
    re.IGNORECASE,
)
_PREDICATE = re.compile(
    rf"[，,\s]*(?:{_MANNER}*(?:{'|'.join(_ALWAYS.values())})|还|仍|依然|是否|是不是|会不会|能不能|继续|过期|到期)"
)

_ISSUED = re.compile(r"的|(?:新|刚)?(?:印发|发布|公布|出台|发|出|制定)")


def _take_day(text: str, day: date) -> tuple[date | None, str]:
    """Return the day that the question asks about, if any, and ``text`` without it.

    A year alone is its last day. A year that tells which document (2019年的办法) is left.
    """
    if not has_han(text):
        return _take_english_day(text, day)
    for match in _DAY.finditer(text):
        end = match.end()
        last = end == len(text.rstrip("？?。 ,，吗呢"))
        clear = match["by"] or match["edge"]
        named = match["word"] or (match["by"] and match["by"] != "在")
        told = named and not _ISSUED.match(text, end)
        if told or _PREDICATE.match(text, end) or (clear and last):
            words = {"明年": 1, "来年": 1, "后年": 2}
            year = int(match["year"] or day.year + words.get(match["word"], 0))
            found = _last_day(year, match["month"], match["day"], match["edge"] or "")
            if found is not None:
                return found, without_spans(text, [match.span()])
    return None, text


def _take_english_day(text: str, day: date) -> tuple[date | None, str]:
    cue = _ENGLISH_CUE.search(text)
    for match in _ENGLISH_DAY.finditer(text):
        by = (match["by"] or "").strip().lower()
        behind = cue is not None and match.start() > cue.start() and cue.lastgroup != "issue"
        if (
            match["word"]
            or match["edge"]
            or by in ("until", "till", "through", "as of")
            or (by and behind)
        ):
            year = int(match["year"] or day.year + (match["word"].lower() == "next year"))
            edge = "初" if re.match("beg|st", match["edge"] or "", re.IGNORECASE) else ""
            return _last_day(year, None, None, edge), without_spans(text, [match.span()])
    return None, text


def _last_day(year: int, month: str | None, day: str | None, edge: str) -> date | None:
    """Return the day that is meant: the last one of what is said, the first of 年初."""
    if edge.endswith("初"):
        return date(year, int(month or 1), 1)
    number = int(month) if month else 6 if edge.startswith("上") else 12
    try:
        return date(year, number, int(day) if day else calendar.monthrange(year, number)[1])
    except (ValueError, calendar.IllegalMonthError):
        return None


# --- what documents say of their validity ---------------------------------------------------------

_OWN = re.compile(
    rf"本[^，。；、\s]{{0,6}}?(?:{'|'.join(sorted(KINDS, key=len, reverse=True))}|文件)"
)
_N = r"(?:\d|[一二三四五六七八九十两])"
_ENDS = re.compile(
    rf"有效期限?(?:至|到|截至|截止|为|是|{_N})|(?:施行|执行|实施|生效|试行)[,，]?(?:有效期)?至.{{4,16}}止|试行{_N}+年"
)
_STARTS = re.compile(r"(?:起|日后)(?:正式)?(?:施行|执行|实施|生效)")
_REPEALS = re.compile(r"废止|停止执行|失效")


@dataclass(frozen=True, slots=True)
class Statements:
    """The sentences of a document on its own validity, spans of its clean text."""

    start: Span | None
    end: Span | None


def find_statements(document: Document) -> Statements:
    """Return the first sentence that says when the document begins, and the first that says its end.

    A sentence counts where it names the document (本办法), follows one that does, or stands in 首 or 尾.
    """
    start: Span | None = None
    end: Span | None = None
    for span in _own_sentences(document):
        form = match_form(document.clean[slice(*span)])
        if start is None and _STARTS.search(form):
            start = span
        if end is None and _ENDS.search(form):
            end = span
    return Statements(start, end)


def _own_sentences(document: Document) -> Iterator[Span]:
    """Yield the sentences that speak of the document itself: of its clauses and 尾, then of 首."""
    for clause in sorted(document.clauses, key=lambda clause: clause.kind == "front"):
        if clause.level > 1 and clause.kind not in ("front", "closing"):
            continue  # inside another, which is read whole
        own = False
        for span in split_sentences(document.clean, clause.start, clause.end):
            form = match_form(document.clean[slice(*span)])
            about = _OWN.search(form) is not None
            own = about or (own and form.startswith("有效期"))
            if (
                own
                or clause.kind in ("front", "closing")
                or re.search(r"(?:^|条)自.{2,14}起", form)
            ):
                yield span


def _find_repeal(by: Document, reference: Reference) -> Span | None:
    """Return the sentence in which ``by`` says that what ``reference`` names is repealed."""
    names = {
        *number_names(reference.number),
        *([fold(reference.title)[0]] if reference.title else []),
    }
    for clause in by.clauses:
        for start, end in split_sentences(by.clean, clause.start, clause.end):
            form = fold(by.clean[start:end])[0]
            if _REPEALS.search(form) and any(name in form for name in names):
                return start, end
    return None


def _find_issue(document: Document) -> Span | None:
    """Return the line that gives the day of issue, in 首 or 尾."""
    written = document.metadata.written
    if written is None:
        return None
    pattern = re.compile(
        rf"[^\S\n]*[^\n]*{written.year}\s*[年./-]\s*0?{written.month}\s*[月./-]\s*0?{written.day}(?!\d)\s*日?"
    )
    for clause in document.clauses:
        if clause.kind in ("front", "closing"):
            match = pattern.search(document.clean, clause.start, clause.end)
            if match:
                text = match[0].strip()
                begin = match.start() + match[0].index(text)
                return begin, begin + len(text)
    return None


# --- the answer -----------------------------------------------------------------------------------


def _find(target: Target, asked: Asked, index: Index, day: date, frame: Frame) -> _Finding:
    if isinstance(target, Repealed):
        return _repealed(target, asked, day, frame)
    return _of_library(target, asked, index, day, frame)


def _repealed(target: Repealed, asked: Asked, day: date, frame: Frame) -> _Finding:
    """A document outside the library: what repeals it says so."""
    by, on = target.by, asked.day or day
    title = format_title(*target_title(target))
    start = _begin(by)
    status = "repealed" if start is None or start <= on else "to_be_repealed"
    line = phrase(f"validity_{status}", frame, day=on, title=title, why=_by(by, frame))
    span = _find_repeal(by, target.reference)
    if span is None:
        return _Finding((), complete=False)
    complete = not asked.aspects & {"start", "issue"}
    return _Finding((line, take(by, *span)), complete)


def _of_library(
    document: Document, asked: Asked, index: Index, day: date, frame: Frame
) -> _Finding:
    on = asked.day or day
    library = tuple(index.documents.values())
    status = compute_status(document, library, on)
    repealer = find_repealer(document, library, on)
    statements = find_statements(document)
    why = _why(document, statements, repealer, find_later(document, library, on), frame)
    title = format_title(*target_title(document))
    line = phrase(f"validity_{status}", frame, day=on, title=title, why=why)
    quotes = list(_quotes(document, statements, repealer, asked))
    if not quotes:
        opening = find_opening(document)
        return _Finding((line, opening) if opening else (), complete=False)
    return _Finding((line, *quotes), _is_complete(document, statements, repealer, asked))


def _quotes(
    document: Document, statements: Statements, repealer: Document | None, asked: Asked
) -> Iterator[Passage]:
    """Yield what states the validity: the repeal first, then the document's own words."""
    if repealer is not None:
        for reference in repealer.metadata.repeals:
            if refers_to(reference, document) and (span := _find_repeal(repealer, reference)):
                yield take(repealer, *span)
                break
    for own in dict.fromkeys(filter(None, (statements.end, statements.start))):
        yield take(document, *own)
    # Where it runs from the day of issue, that day belongs to the answer.
    metadata = document.metadata
    from_issue = metadata.effective is not None and metadata.effective == metadata.written
    issue = _find_issue(document) if from_issue or "issue" in asked.aspects else None
    if issue is not None:
        yield take(document, *issue)


def _is_complete(
    document: Document, statements: Statements, repealer: Document | None, asked: Asked
) -> bool:
    """Whether everything that was asked is stated."""
    stated: dict[Aspect, bool] = {
        "force": True,
        "start": statements.start is not None,
        "end": statements.end is not None or repealer is not None,
        "issue": document.metadata.written is not None,
        "repeal": repealer is not None,
    }
    return all(stated[aspect] for aspect in asked.aspects)


def _why(
    document: Document,
    statements: Statements,
    repealer: Document | None,
    later: Document | None,
    frame: Frame,
) -> str:
    """Return the dates that the status comes from, and what is not stated."""
    metadata = document.metadata
    parts = []
    if repealer is not None:
        parts.append(_by(repealer, frame))
    if metadata.effective:
        parts.append(phrase("validity_since", frame, day=metadata.effective))
    elif metadata.written:
        parts.append(phrase("validity_written", frame, day=metadata.written))
    if metadata.expires:
        parts.append(phrase("validity_until", frame, day=metadata.expires))
    elif repealer is None and statements.end is None:
        parts.append(phrase("validity_no_end", frame))
    if later is not None:
        parts.append(phrase("validity_newer", frame, day=_begin(later)))
    elif repealer is None:
        parts.append(phrase("validity_no_repealer", frame))
    return phrase("validity_join", frame).join(parts)


def find_later(document: Document, library: Iterable[Document], day: date) -> Document | None:
    """Return the last text with the title of ``document`` that took effect behind it, by ``day``."""
    title, begin = document.metadata.title, _begin(document)
    if title is None or begin is None:
        return None
    later = [
        (start, other)
        for other in library
        if (start := _begin(other)) is not None
        and begin < start <= day
        and match_form(other.metadata.title or "") == match_form(title)
    ]
    return max(later, key=lambda item: (item[0], item[1].id))[1] if later else None


def _begin(document: Document) -> date | None:
    return document.metadata.effective or document.metadata.written


def _by(document: Document, frame: Frame) -> str:
    title = format_title(*target_title(document))
    start = _begin(document)
    if start is None:
        return phrase("validity_by", frame, title=title)
    return phrase("validity_by_from", frame, title=title, day=start)

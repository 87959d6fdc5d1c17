"""A document as a whole: what it is, how it begins, and its headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from documents.normalization import has_han, match_form
from documents.types import Clause, Document
from index.names import fold, title_names
from index.types import Index
from index.units import heading_line
from qa.drafts import Draft
from qa.forms.arrangement import Item, arrange
from qa.forms.library import describe
from qa.forms.lookup import describe_numbers, quote_head
from qa.forms.part import find_part
from qa.labels import format_label, format_title
from qa.phrases import phrase
from qa.question import Question
from qa.targets import (
    GAP,
    Repealed,
    find_named,
    find_opening,
    find_targets,
    is_subject,
    without_spans,
)
from qa.types import Frame

MOST_HEADINGS = 60
_LEVELS = 2
_ARTICLE = re.compile(r"第[^/]+条(?:之[^/]+)?(?:#\d+)?(?:/|$)")

_SAYS = r"(?:讲|说|写|谈)(?:了|的|到)?(?:都)?(?:是|些|了些)?(?:什么|啥|哪些)(?:内容|东西|方面|事)?"
_CUE = re.compile(
    r"(?:一共|总共|都|主要|大概)*(?:讲|说|写|分|有|包括|包含)(?:了|为|成)?(?:几|哪几|哪些)(?:个|大)*(?:部分|块|方面|板块|章节|大点)(?:的)?(?:内容)?"
    rf"|(?:主要|都|大概|大致|具体|到底|究竟|里面?|中|是|的)*(?:{_SAYS}|(?:有|包括|包含|涉及)(?:什么|啥|哪些)(?:主要)?(?:内容|章节|条款))"
    r"|(?:主要|核心|基本|大致|大概|具体|整体|全部)?(?:内容|精神)(?:概要|提要|摘要|简介|概述|梗概)?(?:是|有|包括)?(?:什么|哪些|啥)?"
    r"|(?:文件)?(?:全文|原文|目录|框架|结构|提纲|大纲|纲目|梗概|概述|概要|摘要|大意|简介)(?:是|有)?(?:什么|哪些|啥)?"
    r"|(?:总结|概括|归纳|介绍|概述|解读)(?:一下|下)?|关于什么的?|是(?:讲|说|干)(?:什么|啥)的?"
    r"|有(?:几|多少)(?:条|章|部分|个部分)|分(?:为|成)?(?:几|哪几)(?:个)?(?:条|章|部分)"
)
_ENGLISH_CUE = re.compile(
    r"\b(?:outline|summar(?:y|i[sz]e)|overview|table of contents|contents|full text|structure|"
    r"main (?:points?|contents?|provisions)|key points?|"
    r"what (?:does|do|is|are)\b(?=.*\b(?:say|cover|contain|about)\W*$)|"
    r"(?:say|cover|contain|about)(?=\W*$))\b",
    re.IGNORECASE,
)
_ENGLISH_FILLER = re.compile(
    r"\b(?:give|show|me|an?|the|of|for|what|is|are|please)\b", re.IGNORECASE
)


def draft(question: Question, index: Index, day: date) -> Draft | None:
    """Return the outlines of the documents that the question asks about as a whole."""
    part = find_asked_part(question.text, index)
    if part is not None:
        lines, passages = arrange(_outline_part(*part, question.frame))
        return Draft(form="outline", outcome="answered", passages=passages, lines=lines)
    text = question.text
    # Both spellings, because the match form leaves no space beside a Chinese 文号.
    asks = any(read(spelling) is not None for spelling in (match_form(text), text))
    if not asks and not _is_bare(text, index):
        return None
    named = find_named(text, index)
    rest = read(named.rest)
    targets = find_targets(named, named.rest if rest is None else rest, index, loose=False)
    documents = [target for target in targets if not isinstance(target, Repealed)]
    if not documents or len(documents) < len(targets):
        return None
    items = [item for d in documents for item in _outline(d, index, day, question.frame)]
    lines, passages = arrange(items)
    return Draft(form="outline", outcome="answered", passages=passages, lines=lines)


# The 保障措施 of a document 包括哪几个方面: what a part of it lists.
_N = r"[一二两三四五六七八九十\d]{1,3}"
_UNIT = r"(?:大|个|大类)?(?:方面|部分|块|点|项|条|类|章|节)"
_PART_CUE = re.compile(
    rf"(?:(?:一共|总共|主要|都|具体|分别|到底|又)*(?:有|是|包括|包含|分为|分成|分|列了?|列出了?|讲了?|涉及)*(?:了)?"
    rf"(?:哪{_N}{_UNIT}|哪几{_UNIT}|几{_UNIT}|哪些{_UNIT})(?:内容|任务|措施|东西)?"
    r"|(?:的)?(?:目录|提纲|大纲|纲目|框架|标题|小标题|条目)(?:是什么|有哪些)?)(?:呢|呀|啊|来着)*[？?。！!\s]*$"
)
_SHOW = re.compile(
    r"^(?:(?:请|麻烦|帮我|给我)*(?:列出来?|列一下|列举|列|看看|看|介绍)(?:一下|下)?)+"
)


def find_asked_part(text: str, index: Index) -> tuple[Document, Clause] | None:
    """Return the part whose outline ``text`` asks for, with its document, if it has parts of its own."""
    form = match_form(text)
    cue = _PART_CUE.search(form) if has_han(text) else None
    if cue is None:
        return None
    part = find_part(_SHOW.sub("", form[: cue.start()]), index)
    if part is None or part.clause is None or not _below(part.document, part.clause):
        return None
    return part.document, part.clause


def _below(document: Document, clause: Clause) -> list[Clause]:
    return [c for c in document.clauses if c.path.startswith(f"{clause.path}/")]


def _outline_part(document: Document, clause: Clause, frame: Frame) -> Iterator[Item]:
    """Yield the heading of ``clause`` and what stands right below it, quoted; deeper headings indented."""
    yield format_title(document.metadata.title or document.id, document.metadata.number)
    yield quote_head(document, clause)
    below = _below(document, clause)
    yield from (quote_head(document, c) for c in below[:MOST_HEADINGS])
    if len(below) > MOST_HEADINGS:
        yield phrase("outline_more", frame, n=len(below) - MOST_HEADINGS)


def read(text: str) -> str | None:
    """Return ``text``, a question without names, without asking for an outline; None where it asks none."""
    cues = [match.span() for match in _CUE.finditer(text) if is_subject(text[: match.start()])]
    if cues:
        return without_spans(text, cues)
    # An English question may hold a Chinese 文号.
    left = _ENGLISH_CUE.sub(GAP, text)
    return None if left == text else _ENGLISH_FILLER.sub(" ", left)


def _is_bare(text: str, index: Index) -> bool:
    """Whether ``text`` is the 文号 or the whole title of a document, and nothing else."""
    references = index.find_references(text)
    if len(references) != 1 or references[0].number:
        return False
    [reference] = references
    form = match_form(text)
    if any(c.isalnum() for c in form[: reference.start] + form[reference.end :]):
        return False
    name = fold(form[reference.start : reference.end])[0]
    titles = (index.documents[id].metadata.title or "" for id in reference.documents)
    return reference.by == "number" or any(name in title_names(title) for title in titles)


def _outline(document: Document, index: Index, day: date, frame: Frame) -> Iterator[Item]:
    yield describe(document, index.documents.values(), day, frame)
    opening = find_opening(document)
    if opening is not None:
        yield phrase("outline_opening", frame)
        yield opening
    headings = list(find_headings(document))
    count = sum(clause.kind == "clause" for clause in document.clauses)
    numbers = phrase("lookup_join", frame).join(describe_numbers(document))
    yield phrase("outline" if headings else "outline_bare", frame, n=count, range=numbers)
    yield from headings[:MOST_HEADINGS]
    if len(headings) > MOST_HEADINGS:
        yield phrase("outline_more", frame, n=len(headings) - MOST_HEADINGS)


def find_headings(document: Document) -> Iterator[str]:
    """Yield the headings of the first two levels behind their labels, the second indented.

    Articles have none: what is short enough for one is their first sentence.
    """
    for clause in document.clauses:
        if 0 < clause.level <= _LEVELS and not _ARTICLE.search(clause.path):
            words = heading_line(clause).removeprefix(clause.marker or "").strip()
            if words:
                own = clause.path.rpartition("/")[2] if clause.level > 1 else clause.path
                label = format_label(own)
                space = " " if label.endswith(("编", "章", "节", "分")) else ""
                yield f"{'　' * (clause.level - 1)}{label}{space}{words}"

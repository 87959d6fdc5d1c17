"""A clause asked for by its number and nothing else: its text, and the clauses beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from documents.normalization import has_han, match_form
from documents.numbering import read_number
from documents.types import Clause, Document
from index.ordinals import Paths, Wanted, read_path
from index.types import Index, Reference
from index.units import heading_line
from index.windows import split_sentences
from qa.drafts import Draft
from qa.excerpts import cut
from qa.forms.arrangement import Item, arrange
from qa.forms.part import find_part
from qa.labels import format_label, format_title
from qa.passages import Passage, take
from qa.phrases import phrase
from qa.question import Question, understand
from qa.types import Frame

# A clause is quoted whole up to so many characters, one beside it up to fewer.
MAX_QUOTE = 600
MAX_BESIDE = 120
# What a clause number holds, in any language.
_CUE = re.compile(
    r"[条條款项項章节節编編点點）)\d一二三四五六七八九十]|article|clause", re.IGNORECASE
)
_BREAK = re.compile(r"[\s，,。；;？?！!]")


def draft(question: Question, index: Index, day: date) -> Draft | None:
    """Return the clauses that the question names, or which numbers there are instead."""
    if not _CUE.search(question.text) or question.kind != "other":
        return None
    references = [r for r in index.find_references(question.text) if r.number]
    if not _asks_nothing_else(question, references):
        return _draft_spoken(question, index)
    clauses = dict.fromkeys(clause for r in references for clause in r.clauses)
    if clauses:
        found = [(index.documents[id], index.clause(id, path)) for id, path in clauses]
        lines, passages = arrange(_quote(found, question.frame))
        return Draft(form="lookup", outcome="answered", passages=passages, lines=lines)
    refused = [r for r in references if r.missing or r.absent]
    if not refused:
        return None
    lines, _ = arrange(_refuse(refused, question, index))
    return Draft(form="lookup", outcome="no_basis", lines=lines, reason="named")


# 里第6点说了啥, 的第（十一）条写的什么: a number as people say it, behind what says whose it is.
_NUMERAL = r"(?:[零〇一二两三四五六七八九十百]{1,6}|\d{1,3})"
_SPOKEN = re.compile(
    rf"^(?P<whose>.+?)[的里中内面之，,、\s]*(?P<number>第[（(]?(?P<n>{_NUMERAL})[）)]?"
    rf"(?:大?[条点项款]|个?(?:方面|任务)|项(?:重点)?任务))[的里中，,\s]*"
    r"(?:(?:到底|具体|主要|都|是|是不是)*(?:写|说|讲|谈|规定|要求|提)?[了的到]*(?:些|都)?(?:是|些)?"
    r"(?:什么|啥|哪些)?(?:内容|东西|事)?(?:是什么|是啥)?)(?:来着|呢|呀|啊|吗)*[？?。！!\s]*$"
)
_ENGLISH_SPOKEN = re.compile(
    r"^(?:(?:please\s+)?(?:what (?:does|do|is|are)|what's|show|quote|give|read|tell)(?: me)?\s+)?"
    r"(?:the (?:text|content)s? of\s+)?"
    r"(?P<number>(?:item|point|task|paragraph|clause|article|measure|no\.?|number)\s*(?P<n>\d{1,3}))\s+"
    r"(?:of|in|under|from)\s+(?P<whose>.+?)\s*"
    r"(?:\b(?:say|says|provide|provides|state|states|cover|covers|contain|contains|require|requires|about|read))*\W*$",
    re.IGNORECASE,
)
# The schemes that such a number may mean: figures stand for points first.
_ARTICLES = frozenset({"article"})
_FIGURES = frozenset({"point", "digits", "half", "circle"})
_NUMERALS = frozenset({"bracket", "comma", "inline"})


def _draft_spoken(question: Question, index: Index) -> Draft | None:
    """Return the clauses with a number as people say it, of the one document or part described."""
    text = question.text
    pattern, text = (_SPOKEN, match_form(text)) if has_han(text) else (_ENGLISH_SPOKEN, text)
    match = pattern.match(text)
    part = find_part(match["whose"], index) if match else None
    value = read_number(match["n"]) if match else None
    if match is None or part is None or not value:
        return None
    document = part.document
    found = find_spoken(document, value, match["n"].isdecimal(), part.clause)
    if not found:
        numbers = phrase("lookup_join", question.frame).join(describe_numbers(document))
        title = format_title(document.metadata.title or document.id, document.metadata.number)
        line = phrase(
            "lookup_missing", question.frame, title=title, number=match["number"], range=numbers
        )
        return Draft(form="lookup", outcome="no_basis", lines=arrange([line])[0], reason="named")
    lines, passages = arrange(_quote([(document, clause) for clause in found], question.frame))
    return Draft(form="lookup", outcome="answered", passages=passages, lines=lines)


def find_spoken(document: Document, value: int, figure: bool, part: Clause | None) -> list[Clause]:
    """Return the clauses with number ``value``, of whatever scheme; below ``part`` where there is one.

    A ``figure`` (6) is one of 6. before it is one of （六）, a numeral any.
    """
    items = (_FIGURES, _NUMERALS) if figure else (_FIGURES | _NUMERALS,)
    under = f"{part.path}/" if part else ""
    paths = Paths(clause.path for clause in document.clauses)
    found = paths.find((Wanted((_ARTICLES, *items), value),), under=under)
    return [document.clause(path) for path in found]


def _asks_nothing_else(question: Question, references: Sequence[Reference]) -> bool:
    """Whether the question says nothing but the numbers, and whose they are."""
    if question.whole:
        return not question.words
    if len(references) != 1 or not references[0].absent:
        return False
    # Of a document that the library lacks, only the last word is known: its name is what runs up to it.
    form = match_form(question.text)
    before, behind = form[: references[0].start], form[references[0].end :]
    return not (_BREAK.search(before.strip()) or understand(behind).words)


def _quote(found: Sequence[tuple[Document, Clause]], frame: Frame) -> Iterator[Item]:
    yield phrase("lookup", frame)
    for document, clause in found:
        passage = quote_clause(document, clause)
        yield passage
        if left := len(document.clean[passage.end : clause.end].strip()):
            yield phrase("lookup_goes_on", frame, n=left)
    asked = {(document.id, clause.path) for document, clause in found}
    beside = [
        quote_clause(document, other, limit=MAX_BESIDE)
        for document, clause in found
        for other in find_beside(document, clause)
        if (document.id, other.path) not in asked
    ]
    if beside:
        yield phrase("lookup_around", frame)
        # Shown for orientation; the answer does not rest on them.
        yield from (f"{format_label(p.clause.path)} “{p.quote}”" for p in beside)


def quote_clause(document: Document, clause: Clause, *, limit: int = MAX_QUOTE) -> Passage:
    """Return a clause with all below it, up to its last whole sentence within ``limit`` characters.

    Where its first sentence is longer, it ends at a pause.
    """
    return take(document, clause.start, cut(document.clean, clause.start, clause.end, limit))


def quote_head(document: Document, clause: Clause) -> Passage:
    """Return a clause's heading with its number, else its first sentence."""
    text = document.clean
    line = heading_line(clause)
    if line and text.startswith(line, clause.start):
        return take(
            document, clause.start, cut(text, clause.start, clause.start + len(line), MAX_BESIDE)
        )
    start, end = next(
        iter(split_sentences(text, clause.start, clause.end)), (clause.start, clause.end)
    )
    return take(document, start, cut(text, start, end, MAX_BESIDE))


def find_beside(document: Document, clause: Clause) -> list[Clause]:
    """Return the numbered clauses right before and right behind ``clause`` in its sequence, if any.

    A sequence are the clauses of one scheme and depth, in the order of the document, as long as their
    numbers rise: articles run through chapters, and items may run through their parents.
    """
    sequence = [c for c in document.clauses if _scheme(c.path) == _scheme(clause.path)]
    place = next(i for i, c in enumerate(sequence) if c.path == clause.path)
    before, behind = sequence[max(place - 1, 0) : place], sequence[place + 1 : place + 2]
    number = _number(clause.path)
    return [
        *(c for c in before if _number(c.path) < number),
        *(c for c in behind if _number(c.path) > number),
    ]


def _scheme(path: str) -> tuple[int, str]:
    """Return the depth of a clause, and the scheme of its own ordinal."""
    ordinals = read_path(path.rpartition("/")[2])
    return path.count("/"), ordinals[-1].kind if ordinals else path


def _number(path: str) -> tuple[int, ...]:
    """Return the number of a clause in its sequence; () of 首, 尾 and the title of a body."""
    ordinals = read_path(path.rpartition("/")[2])
    if not ordinals:
        return ()
    return (*(int(n) for n in str(ordinals[-1].value).split(".")), ordinals[-1].sub)


def _refuse(refused: Sequence[Reference], question: Question, index: Index) -> Iterator[str]:
    frame = question.frame
    for reference in refused:
        if reference.absent:
            yield phrase("lookup_absent", frame, number=_name_absent(question.text, reference))
        for id in reference.documents:
            document = index.documents[id]
            title = format_title(document.metadata.title or id, document.metadata.number)
            numbers = phrase("lookup_join", frame).join(describe_numbers(document))
            yield phrase(
                "lookup_missing", frame, title=title, number=reference.number, range=numbers
            )


def _name_absent(text: str, reference: Reference) -> str:
    """Return what is asked for of a document that is not there, with its name."""
    return match_form(text)[: reference.end].strip()


def describe_numbers(document: Document) -> list[str]:
    """Return the numbers of a document's clauses: 第一条–第五十条, or 一、–四、 and what runs through."""
    schemes: dict[str, list[tuple[int, str]]] = {}
    outer: set[str] = set()
    for clause in document.clauses:
        ordinals = read_path(clause.path)
        if ordinals and isinstance(ordinals[-1].value, int):
            last = ordinals[-1]
            schemes.setdefault(last.kind, []).append((int(last.value), clause.path))
            if len(ordinals) == 1:
                outer.add(last.kind)
    found = []
    for kind, numbered in schemes.items():
        values = [value for value, _ in numbered]
        # What begins anew inside each parent is no range of the document.
        if values == sorted(values) and (kind in outer or len(set(values)) == len(values) > 1):
            first, last_path = (
                path.rpartition("/")[2] for path in (numbered[0][1], numbered[-1][1])
            )
            labels = list(dict.fromkeys((format_label(first), format_label(last_path))))
            found.append("–".join(labels))
    return found

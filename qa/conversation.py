"""Follow-ups -> standalone questions, from the questions asked before in the same conversation.

What a question has of its own (``qa.turns``) decides whether it stands alone, together with the signs
by which speakers mark that they go on: an opening (那, and, what about), a fragment's 呢, a pointing
word (它, 这个补贴, it), the number of a clause, 也. In this order, the first that fits:

1.  「换个问题」 and courtesies (好的谢谢) are no follow-ups.
2.  「还有吗」「详细说说」 asks the last question again.
3.  Nothing but places and years: they replace those of the last question.
4.  The number of a clause, and no document: that clause of the last document.
5.  Nothing of its own: what it asks (由谁负责, 申请条件) is asked of the last matter.
6.  A fragment (X呢, what about X): X takes the place of the thing most like it.
7.  A pointing word with nothing of its own before it, or 也, and little of its own after it: asked of the last matter.
8.  An opening, and a question of its own: of the last matter where it only asks yes or no, or what
    then (那没有社保怎么办), else a new matter in the last place.
9.  Anything else stands alone, however short: a wrong topic does more harm than a missing one.

Across languages places and years are carried over, and what is asked where a table has it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from documents.normalization import has_han
from documents.regions import romanized_name
from index.tokenization import word_boundaries
from qa.subjects import document_of, noun_of, subject_of
from qa.turns import CLAUSE, YEAR, YEAR_ENGLISH, Turn, is_interrogative, own_matter, read_turn

# More than this of its own, in characters and in words, and a question needs no other to be understood.
_LITTLE = {True: 6, False: 2}
_LONGEST_FRAGMENT = {True: 14, False: 5}
_PARTICLE = re.compile(r"的?[呢呐捏吶]?[\s?？!！。.…~，,]*$")
# Begins the second half of a sentence whose first is the matter.
_LINKING = re.compile(
    r"由|归|有|是|需|要|能|可以|可不|什么时候|何时|怎么|如何|哪|谁|最[多高少低长]|多[少久]|管|该|的|给|几|第|20\d\d"
)
_POLAR = re.compile(
    r"(?:吗|嘛|么|呢|行不行|可不可以|能不能行|怎么办|咋办|怎么样|会怎样|怎么处理)[\s?？。!！]*$|(?P<verb>[能行算要用])不(?P=verb)"
)
_FIGURE = re.compile(r"多少|几|百分之|多大")
_BARE_POINTING = re.compile(
    r"^(?:(?:它们?|其)的?|[这那]个?(?=由|归|谁|什么|啥|怎么|多少|几|哪|有|要|能|可|管|最))"
)
# 「有哪些安徽的文件」 asks what the library holds of a place.
_HOLDINGS = re.compile(r"文件|政策|方案|办法|措施|规定|documents?", re.I)
# Something is narrowed to such a place, not replaced by it.
_LOCATIVE = re.compile(r"(?:区|县|镇|乡|村|城|路|高速|校园|景点|港口|机场)$")

# What is asked of a matter, for questions in the other language: how to tell it, how to say it.
_ATTRIBUTES = [
    (
        re.compile(r"谁|哪(?:个|些)?(?:部门|单位|厅|局)|牵头|主管"),
        "由谁负责",
        re.compile(r"\bwho\b|responsible|in charge|which (?:department|agency|body)", re.I),
        "who is responsible",
    ),
    (
        re.compile(r"有效期|管到|管几年|到期|失效"),
        "有效期到什么时候",
        re.compile(r"how long|valid|expire|in force|\blast\b", re.I),
        "how long is it valid",
    ),
    (
        re.compile(r"什么时候|何时|哪一?年|截止|期限|多久"),
        "什么时候",
        re.compile(r"\bwhen\b|deadline|what date", re.I),
        "when",
    ),
    (
        re.compile(r"上限|最高|最多|封顶"),
        "最高多少",
        re.compile(r"maximum|ceiling|\bcap\b|upper limit|at most|limit", re.I),
        "what is the maximum",
    ),
    (
        re.compile(r"材料|手续|证件"),
        "需要什么材料",
        re.compile(r"documents?|paperwork|materials", re.I),
        "what documents are needed",
    ),
    (
        re.compile(r"条件|资格|要求|门槛"),
        "需要什么条件",
        re.compile(r"conditions?|require|eligib|qualif|criteria", re.I),
        "what are the conditions",
    ),
    (
        re.compile(r"申请|申报|办理|怎么办|流程"),
        "怎么申请",
        re.compile(r"apply|procedure|process|steps", re.I),
        "how does one apply",
    ),
    (
        re.compile(r"多少|几"),
        "多少钱",
        re.compile(r"how (?:much|many)|amount", re.I),
        "how much is it",
    ),
]


def resolve(question: str, history: Sequence[str]) -> str | None:
    """Return the standalone question that a follow-up stands for; None where it stands alone.

    「那吉林呢？」 asks the last question of another place; 「它由谁负责？」 asks further about the last
    question's matter. Earlier questions, oldest first, are themselves read as follow-ups of those
    before them; courtesies among them count for nothing.
    """
    last: str | None = None
    for earlier in history:
        turn = read_turn(earlier)
        if not turn.courtesy:
            last = _follow(turn, last) or turn.text
    return _follow(read_turn(question), last)


def carry_scope(question: str, last: str) -> str:
    """Return ``question`` in the document that ``last`` names, else in its place.

    A question that names a document or a place of its own is left as it is.
    """
    turn, before = read_turn(question), read_turn(last)
    if turn.places or turn.chinese != before.chinese or document_of(question):
        return question
    if not turn.chinese:
        return f"In {_names(before)}, {_lower(turn.text)}" if before.places else question
    scope = document_of(last) or _names(before)
    return f"{scope}{turn.text}" if scope else question


def ask_of(question: str, last: str) -> str:
    """Return ``question`` as asked of the matter of ``last``."""
    return _ask(subject_of(last), read_turn(question).text)


def _follow(turn: Turn, last: str | None) -> str | None:
    if last is None or turn.reset or turn.courtesy:
        return None
    if turn.more:
        return last
    before = read_turn(last)
    return (
        _follow_scope(turn, before) or _follow_across(turn, before) or _follow_matter(turn, before)
    )


def _follow_scope(turn: Turn, last: Turn) -> str | None:
    """Rule 3."""
    if turn.matter or not (turn.places or turn.years):
        return None
    rest = _without(turn, years=True)
    if re.search(
        r"\w",
        re.sub(r"[的呢呐捏吶到年底和与及跟]|\b(?:and|in|for|by|at|the|year|of|or)\b", "", rest),
    ):
        return None
    text = _with_places(last, turn) if turn.places else last.text
    if not turn.years:
        return text
    return _with_year(text, turn.years[0][0])


def _follow_across(turn: Turn, last: Turn) -> str | None:
    """Rule 5 between a question in one language and a last one in the other."""
    if turn.chinese == last.chinese or turn.matter:
        return None
    for chinese, in_chinese, english, in_english in _ATTRIBUTES:
        if (chinese if turn.chinese else english).search(turn.form):
            said = in_chinese if last.chinese else in_english
            base = _with_places(last, turn) if turn.places else last.text
            return _ask(subject_of(base), said + ("？" if last.chinese else "?"))
    return None


def _follow_matter(turn: Turn, last: Turn) -> str | None:
    """Rules 4 to 8, within one language."""
    if turn.chinese != last.chinese:
        return None
    if turn.clause and turn.clause.start() == 0 and not document_of(turn.text):
        return _with_clause(turn, last)
    if not turn.matter:
        return _with_asked(turn, last) if turn.asks else None
    if turn.opens or turn.fragment:
        answer = _with_thing(turn, last)
        if answer:
            return answer
    little = turn.size <= _LITTLE[turn.chinese] and not turn.places
    if little and turn.pointing and not own_matter(turn.form[: turn.pointing.start()]):
        return _ask(subject_of(last.text), turn.text)
    if little and turn.chinese and re.search(r"也", turn.form) and turn.asks:
        return _ask(subject_of(last.text), turn.text)
    if not turn.opens or not turn.chinese or turn.places:
        return None
    if little and _POLAR.search(turn.form):
        return _ask(subject_of(last.text), turn.text)
    return _in_scope(turn, last)


def _in_scope(turn: Turn, last: Turn) -> str | None:
    scope = document_of(last.text) or _names(last)
    if not scope or document_of(turn.text):
        return None
    years = [year[0] for year in last.years if _FIGURE.search(turn.form) and not turn.years]
    year = years[0] if years and years[0] not in scope else ""
    return f"{scope}{year}{_PARTICLE.sub('', turn.text) if turn.fragment else turn.text}"


def _with_asked(turn: Turn, last: Turn) -> str | None:
    """Rule 5: what ``turn`` asks, asked of the matter of ``last``."""
    if turn.places:
        if _HOLDINGS.search(turn.form) and not turn.opens and not turn.fragment:
            return None
        last = read_turn(_with_places(last, turn))
        turn = read_turn(_without(turn))
    asked = _BARE_POINTING.sub("", turn.text) if _BARE_POINTING.match(turn.form) else turn.text
    if not turn.chinese:
        return _ask(subject_of(last.text), turn.text)
    if turn.fragment and not is_interrogative(_PARTICLE.sub("", turn.form)):
        asked = _PARTICLE.sub("", asked)
        joint = "" if asked.startswith("的") or turn.years else "的"
        return f"{noun_of(last.text)}{joint}{asked}"
    return _ask(subject_of(last.text), asked)


def _with_clause(turn: Turn, last: Turn) -> str | None:
    """Rule 4: the clause of that number where the last question was about a document or a clause."""
    assert turn.clause is not None
    numbered = CLAUSE.search(last.form)
    rest = _PARTICLE.sub("", turn.text)
    if numbered and len(rest) == turn.clause.end() and numbered[0][-1] == turn.clause[0][-1]:
        return last.text[: numbered.start()] + rest + last.text[numbered.end() :]
    document = document_of(last.text)
    if document:
        return f"{document}{rest}"
    return f"{subject_of(last.text)}，{rest}" if turn.size <= _LITTLE[True] else None


def _with_thing(turn: Turn, last: Turn) -> str | None:
    """Rule 6: ``last`` of another thing, or of a part of it."""
    thing = _PARTICLE.sub("", turn.text)
    length = len(thing) if turn.chinese else len(thing.split())
    if not turn.chinese:
        bare = not re.match(
            r"(?:what|who|how|when|where|which|is|are|do|does|can|will)\b", thing, re.I
        )
        if not bare or length > _LONGEST_FRAGMENT[False]:
            return None
        return _with_thing_english(turn, thing, last)
    if not turn.fragment or length > _LONGEST_FRAGMENT[True] or re.search(r"[，,。？]", thing):
        return None
    if turn.places:
        # Another thing in another place (那重庆的换电站呢), unless it says all itself.
        if turn.asks or turn.form[turn.places[0].end :][:1] == "":
            return None
        thing = re.sub(r"^的", "", _PARTICLE.sub("", _without(turn)))
        return _with_thing(read_turn(f"那{thing}呢"), read_turn(_with_places(last, turn)))
    spans = last.spans
    span = _like(thing, spans, last)
    if span is None and turn.asks:
        # It says what is asked itself (充电站的补贴标准呢): only the place is left out.
        return _in_scope(turn, last)
    if not spans:
        return None
    if span is None and _LOCATIVE.search(thing):
        span = (spans[0][0], spans[0][0])
    if span is None and len(spans) == 1 and spans[0][1] - spans[0][0] <= _LITTLE[True]:
        span = spans[0]
    if span is None:
        return _ask(subject_of(last.text), turn.text)
    return last.text[: span[0]] + thing + last.text[span[1] :]


def _like(thing: str, spans: Sequence[tuple[int, int]], last: Turn) -> tuple[int, int] | None:
    """Return the span in ``last`` of what is most like ``thing``: what ends, else begins, like it.

    What comes before the common end is taken to be as long in both, from where a word begins.
    """
    edges = word_boundaries(last.form)
    best: tuple[int, tuple[int, int]] | None = None
    for start, end in spans:
        for stop in range(start + 1, end + 1):
            shared = _common_end(thing, last.form[start:stop])
            if shared and (best is None or shared > best[0]):
                begin = max(start, stop - len(thing))
                while begin > start and begin not in edges:
                    begin -= 1
                best = (shared, (begin, stop))
    if best:
        return best[1]
    return next(((a, b) for a, b in spans if last.form[a] == thing[0]), None)


def _common_end(one: str, other: str) -> int:
    n = 0
    while n < min(len(one), len(other)) and one[-1 - n] == other[-1 - n]:
        n += 1
    return n


def _with_thing_english(turn: Turn, thing: str, last: Turn) -> str:
    words, before = thing.split(), list(re.finditer(r"[\w'’-]+", last.text))
    same = [i for i, word in enumerate(before) if word[0].lower() == words[-1].lower()]
    if same and len(words) <= same[-1] + 1:
        start, end = before[same[-1] - len(words) + 1].start(), before[same[-1]].end()
        return last.text[:start] + thing + last.text[end:]
    return f"{subject_of(last.text)}, and {_lower(thing)}?"


def _with_places(last: Turn, turn: Turn) -> str:
    """Return ``last`` with the places it names replaced by those of ``turn``."""
    names = _names(turn, last.chinese)
    if not last.places:
        return f"{names}{last.text}" if last.chinese else f"{last.text.rstrip('? ')} in {names}?"
    first, text = last.places[0], last.text
    for place in reversed(last.places[1:]):
        before = text[: place.start].rstrip("、和与及跟同" if last.chinese else " ,")
        text = before.removesuffix(" and") + text[place.end :]
    return text[: first.start] + names + text[first.end :]


def _with_year(text: str, year: str) -> str:
    """Return the question ``text`` of another year."""
    chinese = has_han(text)
    if chinese and year.isdigit():
        year += "年"
    if chinese and re.fullmatch(r"\d\d年", year):
        year = f"20{year}"
    if not chinese:
        year = year.rstrip("年")
    pattern = YEAR if chinese else YEAR_ENGLISH
    if pattern.search(text):
        return pattern.sub(year, text, count=1)
    if not chinese:
        return f"{text.rstrip('? ')} in {year}?"
    places = read_turn(text).places
    at = places[0].end if places else 0
    return f"{text[:at]}{year}{text[at:]}"


def _names(turn: Turn, chinese: bool | None = None) -> str:
    """Return the places of ``turn`` as one phrase, in its language or the one asked for."""
    spelled = [turn.text[place.start : place.end] for place in turn.places]
    chinese = turn.chinese if chinese is None else chinese
    if chinese != turn.chinese:
        regions = [
            min(place.readings, key=lambda region: len(region.path)) for place in turn.places
        ]
        spelled = [
            region.short if chinese else romanized_name(region) or region.short
            for region in regions
        ]
    return ("、" if chinese else " and ").join(dict.fromkeys(spelled))


def _without(turn: Turn, *, years: bool = False) -> str:
    """Return the text of ``turn`` without its places, and its years too if asked."""
    spans = [(place.start, place.end) for place in turn.places]
    spans += [year.span() for year in turn.years] if years else []
    text = turn.text
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + text[end:]
    return text


def _ask(subject: str, asked: str) -> str:
    """Return one question: ``asked``, of ``subject``."""
    if not has_han(asked):
        return f"{subject}: {_lower(asked)}"
    joint = "" if _LINKING.match(asked) and "，" not in subject else "，"
    return f"{subject}{joint}{asked}"


def _lower(text: str) -> str:
    """Return ``text`` as it stands within a sentence; a name or an abbreviation keeps its capital."""
    first = re.match(r"[A-Z][a-z]*\b", text)
    common = first and first[0] in _SENTENCE_WORDS
    return text[0].lower() + text[1:] if common else text


_SENTENCE_WORDS = frozenset(
    "Am What Which Who Whose When Where Why How Is Are Was Were Do Does Did Can Could Will Would Should Must May"
    " Has Have For In On By At To And The A An If Any".split()
)

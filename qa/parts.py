"""Two questions in one -> standalone questions. A wrong split does more harm than a missed one.

A text is cut where a sentence ends (？ ； 。), at a comma, and in English before 「and」 with a word that
asks. What has no word that asks belongs to what follows it (a background to its question), at the
end to what precedes it. Two pieces stay together

- where a comma or nothing parts them and the second has nothing of its own (最长管几年: another
  attribute of the same matter, which the same clause is likely to answer), unless it turns from what
  the matter is to whether the government pays for it;
- where the second points back at the first (有这回事吗, 支持搞这个吗) or offers a choice (还是…);
- where the whole compares (各, 有何不同, 哪家高), or lists alternatives that hold for one question
  (不管, 无论).

Later parts are completed as follow-ups of those before them, or put in their document or place.
"""

from __future__ import annotations

import re
from functools import reduce

from documents.normalization import has_han, match_form
from qa.conversation import ask_of, carry_scope, resolve
from qa.subjects import document_of
from qa.turns import asks, is_interrogative, own_matter, read_turn

# More questions than this in one text are a list, or a text.
_MOST = 3
# Nor are so many pieces that ask put together to questions: it would take time with their square.
_MOST_PIECES = 12
# A later part with no more of its own, in characters, is of the first one's matter (租金怎么算).
_SHORT = 2
_STOP = re.compile(r"[?？;；。!！\n]+")
_COMMA = re.compile(r"[,，]+")
_ASKS_ENGLISH = (
    r"(?:what|which|who|whom|whose|when|where|why|how|is|are|was|were|do|does|did|can|could|will|would|should|must|may|has"
    r"|have)\b"
)
_JOINT_ENGLISH = re.compile(rf"[?;]+\s*|,?\s+and\s+(?=(?:also\s+)?{_ASKS_ENGLISH})", re.I)
_QUESTION_ENGLISH = re.compile(rf"(?:^|,\s*)(?:and |also |but |then )*{_ASKS_ENGLISH}", re.I)
_COMPARES = re.compile(
    r"各自?(?=[有是要打做占能怎])|分别|不同|不一样|一样吗|区别|差别|差异|对比|比较|相比|哪(?:个|家|边|里|一个|一家)(?:[\u4e00-\u9fff]?得)?(?:更|高|低|多|少|好|大)"
    r"|哪(?:个|家|边).{1,3}得(?:更|高|低|多|少|好|大)|多久比"
)
_COMPARES_ENGLISH = re.compile(
    r"\b(?:differ|difference|compare|compared|comparison|versus|vs)\b", re.I
)
_REGARDLESS = re.compile(r"不管|无论|不论|哪怕|不问|^想?(?:知道|了解|搞清)")
_CHOICE = re.compile(r"^(?:还是|或者|或是|要么|以及|和|及|or\b)", re.I)
_BACK = re.compile(
    r"这个(?!月|季|年)|这(?:件|回|种|方面|一?[段块类]|项|些|事)|那个(?=[?？吗呢]|$)|这样|有人[收管]|回事|说法|它|该(?=[项政办])"
)
_LEADING = re.compile(
    r"^(?:(?:另外|还有|再就是|再有|然后|并且|而且|同时|以及|顺便|其次|第二)(?:就是|问一?下|想问一?下|请问)?[，,、：:\s]*)+"
)
_LEADING_ENGLISH = re.compile(r"^(?:and|also|then|but|secondly|second)\b[\s,]*", re.I)
_PAYS = re.compile(r"出钱|给钱|掏钱|支持|扶持|补贴|补助|奖|资助|资金|补")
# A number that is not asked for: 几家小厂想合伙.
_INDEFINITE = re.compile(
    r"(?:^|[头好这那近前后我你他们有十])几(?=[\u4e00-\u9fff])|多少(?:[\u4e00-\u9fff]{1,2})?以[上下]"
)


def split_question(text: str) -> tuple[str, ...]:
    """Return the standalone questions that ``text`` consists of; ``text`` itself where it is one."""
    parts = _split_chinese(text) if has_han(text) else _split_english(text)
    if not 1 < len(parts) <= _MOST:
        return (text,)
    return reduce(lambda done, part: (*done, _complete(part, done)), parts[1:], (parts[0],))


def _complete(part: str, before: tuple[str, ...]) -> str:
    if not has_han(part) and read_turn(part).pointing:
        return ask_of(part, before[-1])
    turn = read_turn(part)
    if turn.chinese and 0 < turn.size <= _SHORT and not turn.places and not document_of(before[-1]):
        return ask_of(part, before[-1])
    return resolve(part, [before[-1]]) or carry_scope(part, before[-1])


def _split_chinese(text: str) -> list[str]:
    form = match_form(text)
    if _COMPARES.search(form) or _REGARDLESS.search(form):
        return [text]
    pieces = [p for p in _pieces(text) if re.search(r"\w", p)]
    asking = [_asks(piece) for piece in pieces]
    if sum(asking) > _MOST_PIECES:
        return [text]
    parts: list[str] = []
    background = ""
    for piece, asks_itself in zip(pieces, asking, strict=True):
        piece = background + piece
        background = ""
        if not asks_itself:
            background = piece
        elif parts and _belongs(piece, parts[-1]):
            parts[-1] += piece
        else:
            parts.append(piece)
    if background and parts:
        parts[-1] += background
    return [parts[0].strip("，,；; "), *(_opened(p) for p in parts[1:])] if parts else [text]


def _pieces(text: str) -> list[str]:
    """Return ``text`` cut after every comma and every end of a sentence; joined they are ``text``."""
    ends = [m.end() for m in re.finditer(f"{_STOP.pattern}|{_COMMA.pattern}", text)]
    return [text[a:b] for a, b in zip([0, *ends], [*ends, len(text)], strict=True) if a < b]


def _asks(piece: str) -> bool:
    turn = read_turn(piece)
    if turn.courtesy:
        return False
    form = _INDEFINITE.sub(" ", turn.form)
    return is_interrogative(form) or turn.fragment


def _belongs(piece: str, part: str) -> bool:
    """Whether ``piece``, which asks, is no question of its own beside ``part``."""
    turn, before = read_turn(piece), read_turn(part)
    form = _LEADING.sub("", turn.form)
    if _CHOICE.match(form) or not before.matter:
        return True
    ended = _STOP.search(part[-1:]) is not None
    if ended:
        return False
    if _BACK.search(form):
        return True
    if turn.matter:
        return False
    return not (_PAYS.search(form) and not _PAYS.search(before.form))


def _opened(part: str) -> str:
    part = part.strip("，,;； ")
    match = _LEADING.match(match_form(part)) if len(match_form(part)) == len(part) else None
    return part[match.end() :] if match else part


def _split_english(text: str) -> list[str]:
    if _COMPARES_ENGLISH.search(text):
        return [text]
    cuts = [(m.start(), m.end()) for m in _JOINT_ENGLISH.finditer(text)]
    starts, ends = [0, *(b for _, b in cuts)], [*(a for a, _ in cuts), len(text)]
    pieces = [text[a:b].strip() for a, b in zip(starts, ends, strict=True)]
    pieces = [_LEADING_ENGLISH.sub("", p) for p in pieces if re.search(r"\w", p)]
    if len(pieces) < 2 or not all(_QUESTION_ENGLISH.search(p) for p in pieces):
        return [text]
    if not own_matter(pieces[0]):
        return [text]
    stops = ["?" in text[a:b] or ";" in text[a:b] for a, b in cuts]
    for piece, stopped in zip(pieces[1:], stops, strict=False):
        if not own_matter(piece) and not (stopped and asks(piece)):
            return [text]
    return [piece.rstrip(" ?.;,") + "?" for piece in pieces]

"""What a question asks: its language, its words, the places and years it names, its kind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from documents.normalization import has_han, is_traditional, match_form
from documents.regions import Region
from index.lexicon import find_official, official_terms
from index.lookup import without_names
from index.tokenization import content_words
from index.translation import Term, translate
from index.types import Expansion, Reference
from qa.places import find_places, without_places
from qa.types import Frame, Language

Kind = Literal[
    "ceiling",
    "money",
    "figure",
    "date",
    "responsible",
    "procedure",
    "definition",
    "yes_no",
    "support",
    "other",
]
# Questions that nothing but a figure or a date answers.
FIGURES: frozenset[Kind] = frozenset({"ceiling", "money", "figure", "date"})

# Verbs, nouns and adjectives that ask or polish and say nothing about the matter. What merely occurs
# everywhere needs no list: its weight is small.
_STOP_WORDS = frozenset(
    "是 有 对 到 给 为 能 能否 可以 会 要 想 想要 需要 应该 应 请 请问 问 想问 问下 咨询 麻烦 你好 您好 "
    "没有 是不是 是否 有没有 情况 问题 具体 相关 有关 目前 现在 主要 内容 规定 说 讲 告诉 介绍 知道 了解 "
    "看看 找 查 查询 让 做 搞 办 弄 来 去 得 大 多 小 新 方面 时候 人 东西 事 事情 啥 拿 行 好 成 算 "
    "全文 原文 正文 文件 属于 包括 指 意思 一下 怎么样 怎么办 还有 其他 其它 另外 啊 啦 百分之几".split()
)
# Words for what is asked of the matter, which are not the matter (see Kind).
_ASKED = frozenset(
    "负责 牵头 部门 单位 主管 管 有效期 到期 期限 截止 申请 材料 钱 条件 流程 手续 不同 区别 比较 对比 差别 "
    "上限 最高 最低 金额 额度".split()
)
# 「几家小厂想合伙」 tells who asks; 几 asks where something stands before it that is not a person.
_FIGURE = re.compile(
    r"多少|(?<=[^我们咱俩他她好，。,？?！!\s])几(?:个|家|座|万|亿|成|倍|项|条|种|人|辆|处|名|件|年|天|块)|第几|多大|多高|百分之几"
    r"|(?:收入|产值|产量|销量|规模|数量|增速|率|占比|出口)[^，。？?]{0,4}目标|比例|占比|金额|额度|上限|最高|最低|规模有"
    r"|how (?:many|much|large|big|high)|what (?:percentage|share|proportion)"
    r"|maximum|minimum|ceiling|what is the (?:number|amount|target|rate|revenue)"
)
_CEILING = re.compile(
    r"最高|最多|上限|封顶|不超过|额度|maximum|ceiling|upper limit|\bcap\b|at most"
)
_MONEY = re.compile(
    r"多少(?:钱|万|元)|(?:奖励|奖补|奖金|补贴|补助|资助|扶持资金|专项资金)(?:标准)?(?:是|有|给)?(?:多少|多大|几)"
    r"|(?:奖|补|给|领|拿)(?:到)?(?:多少|几万|几块|几千)|几万块|多少奖金"
    r"|how much (?:money|subsidy|reward|support|does .* (?:pay|give|get))"
    r"|\b(?:subsidy|grant|reward|bonus) (?:per|amount|rate)"
)
_DATE = re.compile(
    r"什么时候|何时|哪(?:一)?年|(?<!好)几年|多久|多长时间|截止|到期|期限|有效期"
    r"|^when\b|\b(?:by|since|until) when\b|\bwhen (?:will|does|do|did|is|are|was|can|must|should)\b"
    r"|(?:which|what) year|how long|deadline"
)
_RESPONSIBLE = re.compile(
    r"谁(?:来)?(?:负责|牵头|管|主管)|哪(?:个|些)(?:部门|单位|厅|局|委)|由谁|牵头(?:单位|部门)|责任(?:单位|部门)"
    r"|归(?:谁|哪)|谁(?:起草|制定|发布|印发|审批|认定|主持|组织)|哪个?(?:厅|局|委|部|办|单位)|\bwho\b"
    r"|(?:which|what) (?:department|agency|body|authority|office)|responsible|in charge"
)
_PROCEDURE = re.compile(
    r"材料|手续|流程|怎么(?:申请|申报|办理|办|报名|登记)|如何(?:申请|申报|办理|登记)|(?:到|去)?(?:哪里|哪儿|哪)(?:申请|申报|办|登记|报名)"
    r"|(?:what|which) (?:documents|papers|materials)|how (?:do|can|to) .{0,12}(?:apply|register)"
)
_DEFINITION = re.compile(
    r"是什么意思|啥意思|是啥|什么是|是指|指的是|怎么理解|的?定义|的?含义|\bmeaning of\b|\bdefin|what (?:is|are) meant"
    r"|what does .+ mean"
)
_YES_NO = re.compile(
    r"(?:吗|(?<![什怎多那这])么|不|没|没有|吧)[？?。！!\s]*$|是不是|是否|能不能|可不可以|会不会|要不要|让不让|给不给|行不行|有没有|能否|可否"
    r"|^(?:is|are|was|were|do|does|did|can|could|will|would|must|should|may|has|have)\b"
)
_SUPPORT = re.compile(
    r"支持|扶持|补贴|补助|奖励|奖补|资助|优惠|政策|措施|鼓励|帮助|帮扶|好处|照顾|待遇|怎么帮|帮.{0,4}忙"
    r"|\b(?:support|subsid|incentive|measures?|polic(?:y|ies)|help|benefit|grant|aid|assist)"
)
# A name in its brackets: a document is meant, whether or not the library has it.
_TITLE = re.compile(r"《([^《》]{2,80})》")
_YEAR = re.compile(r"(?<!\d)(20\d{2})(?!\d)")
# A 文号 from the last two characters of its agency on; its year is not a year that is asked about.
_NUMBERED = re.compile(
    r"(?:[国中京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][\u4e00-\u9fff]{0,4}?)?"
    r"(?P<agency>[\u4e00-\u9fff]{2})[〔(\[【]\s*(?P<year>\d{4})\s*[〕)\]】]\s*第?(?P<serial>\d+)号"
)
_LATIN = re.compile(r"[a-z]{2}", re.I)
# A key that was held down: 啊啊啊啊.
_HELD_DOWN = re.compile(r"([\u4e00-\u9fff])\1{2,}")
_YEAR_WORD = re.compile(r"(?<!\d)20\d{2}年?(?!\d)")


@dataclass(frozen=True, slots=True)
class Question:
    """A question as understood.

    ``words`` are its content words, each once, places and years left out; ``places`` the divisions
    that it names, each as its possible readings. ``subjects`` are the subjects of administration
    among its words (养老保险, 驾驶证), each in the forms that a text may use for it. ``whole`` where it
    gives a 文号 or names a clause and says nothing more of the matter.
    """

    text: str
    language: Language
    words: tuple[Term, ...]
    places: tuple[tuple[Region, ...], ...]
    years: tuple[int, ...]
    kind: Kind
    whole: bool = False
    frame: Frame = "zh"
    subjects: tuple[Term, ...] = ()


def understand(
    text: str, *, references: Sequence[Reference] = (), expansions: Iterable[Expansion] = ()
) -> Question:
    """Read ``text``, a standalone question; ``references`` are what it refers to by name.

    ``expansions`` are what it is also searched as. A question that says nothing but what is asked of
    a document (有效期) has that for its matter.
    """
    named = [r for r in references if r.by == "number" or r.number]
    form = without_names(text, named)
    chinese = has_han(text)
    words = _chinese_words(form) if chinese else _english_words(text)
    words = [_with_official(word, expansions) for word in words]
    matter = [word for word in words if word.text not in _STOP_WORDS | _ASKED]
    asked = [word for word in words if named and word.text in _ASKED]
    return Question(
        text=text,
        language="zh" if chinese else "en",
        words=(*_unknown_titles(text, references), *(matter or asked)),
        places=tuple(place.readings for place in find_places(form if chinese else text)),
        years=tuple(sorted({int(year) for year in _YEAR.findall(_NUMBERED.sub(" ", form))})),
        kind=_kind(form),
        whole=bool(named) and not matter,
        frame=frame_of(text),
        subjects=_subjects(form, expansions) if chinese else _subjects_of(words),
    )


def _subjects(form: str, expansions: Iterable[Expansion]) -> tuple[Term, ...]:
    """Return the official terms in ``form``, each with what else stands for it.

    That is what it is also searched as, and the official terms that it ends in: a text that speaks of
    the 驾驶证 speaks of the 机动车驾驶证.
    """
    official = official_terms()
    found = []
    for term in find_official(without_places(form)):
        ends = (term[i:] for i in range(1, len(term) - 2) if term[i:] in official)
        others = (other for lay, other in expansions if lay in term or term in lay)
        found.append(Term(term, (term, *ends, *others)))
    return tuple(found)


def _subjects_of(words: Iterable[Term]) -> tuple[Term, ...]:
    """Return the terms of an English question one of whose Chinese forms is official.

    A single word of the dictionary has too many senses to count.
    """
    official = official_terms()
    return tuple(
        word
        for word in words
        if (word.known or " " in word.text) and any(form in official for form in word.forms)
    )


def _unknown_titles(text: str, references: Iterable[Reference]) -> list[Term]:
    """Return the titles in brackets that mean no document of the library.

    Only a clause that names such a document is about it.
    """
    known = [slice(r.start, r.end) for r in references if r.documents]
    form = match_form(text)
    return [
        Term(match[0], (match[1],), required=True)
        for match in _TITLE.finditer(form)
        if not any(k.start < match.end() and match.start() < k.stop for k in known)
    ]


def frame_of(text: str) -> Frame:
    """Return the language and script in which a question wants its answer.

    A Chinese title or 文号 in an English question is a name; alone it is a Chinese question.
    """
    own = _TITLE.sub("", _NUMBERED.sub("", text))
    if not has_han(own) and (_LATIN.search(own) or not has_han(text)):
        return "en"
    return "zh-Hant" if is_traditional(text) else "zh"


def _chinese_words(form: str) -> list[Term]:
    numbers = [_number(match) for match in _NUMBERED.finditer(form)]
    form = without_places(_HELD_DOWN.sub(" ", _NUMBERED.sub(" ", form)))
    words = {word.text: word.place for word in content_words(_YEAR_WORD.sub(" ", form))}
    return numbers + [Term(word, (word,), required=place) for word, place in words.items()]


def _with_official(word: Term, expansions: Iterable[Expansion]) -> Term:
    """Return ``word`` with the official terms of the lay word that it is, or is part of."""
    official = tuple(term for lay, term in expansions if word.text in lay)
    return word if word.required else replace(word, official=official)


def _number(match: re.Match[str]) -> Term:
    """Return a 文号 that no document of the library has: only a clause that names it is about it."""
    agency, year, serial = match["agency"], match["year"], match["serial"]
    forms = tuple(f"{agency}{a}{year}{b}{serial}号" for a, b in ("〔〕", "()", "[]", "【】"))
    return Term(match[0], forms, required=True)


def _english_words(text: str) -> list[Term]:
    return translate(_YEAR.sub(" ", without_places(text)))


def _kind(form: str) -> Kind:
    if _RESPONSIBLE.search(form):
        return "responsible"
    if _DATE.search(form):
        return "date"
    if _FIGURE.search(form) or _MONEY.search(form):
        if _CEILING.search(form):
            return "ceiling"
        return "money" if _MONEY.search(form) else "figure"
    if _PROCEDURE.search(form):
        return "procedure"
    if _DEFINITION.search(form):
        return "definition"
    if _SUPPORT.search(form):
        return "support"
    return "yes_no" if _YES_NO.search(form) else "other"

"""What kind of figure or date a question asks for, and the words by which to find it.

A Chinese question is read in its match form, an English one in lower case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from documents.normalization import has_han
from index.lexicon import expand
from index.translation import translate
from qa.quantities import Unit
from qa.types import Meaning

_ANY: frozenset[Unit] = frozenset({"money", "share", "count", "measure", "number", "rank"})
# What is measured and what is counted, as a question names it: 多少吨, 几座.
_MEASURED = "平方公里|平方米|立方米|公里|千米|米|公顷|亩|吨|公斤|千克|斤|升|千瓦时|千瓦|兆瓦|周?岁|课时|学时"
_COUNTED = (
    "个(?!百?分?点|亿|月|工作日)|[家座所处名人位户项条款种台套辆艘架张份件次场支头间栋站桩分]"
)
_TIMES = "(?:working )?(?:years|months|weeks|days|hours|minutes)"
# A magnitude without a unit (10万) may be money or a count. Every row that matches adds its units.
_ASKED: tuple[tuple[frozenset[Unit], str], ...] = (
    (
        frozenset({"date"}),
        r"哪一?[年月天日]|哪个月|何[年时日]|[什啥]么?时[候间]|几[时月号]|几年(?=实现|达到|建成|完成)|时间节点"
        r"|\bwhen\b|(?:what|which) (?:year|date|month|day)|\bexpir",
    ),
    (
        frozenset({"period"}),
        r"多久|多长时间|(?:几|多少)(?:年|个月|天|日|周|个?工作日|个?小时|分钟)"
        rf"|how long|how often|how many {_TIMES}",
    ),
    (frozenset({"date", "period"}), r"截止|到期|期限|时限|有效期|deadline|validity"),
    (
        frozenset({"money", "number"}),
        rf"多少(?:[十百千万亿]*(?:元|块)|钱|个?亿(?!{_COUNTED}|{_MEASURED})|万(?!{_COUNTED}|{_MEASURED}))"
        rf"|几[十百千万]*(?:元|块|个?亿|万(?!{_COUNTED}|{_MEASURED}))|金额|[奖补贴助罚给领拿交]款?多少"
        r"|(?:奖励|补贴|补助|费用)是?多少"
        r"|how (?:much|many) (?:money|funding|cash|subsidy|yuan|rmb)|\brevenue\b|\bamount\b",
    ),
    (
        frozenset({"share"}),
        r"几成|百分之|百分比|百分点|(?:几|多少)个点|比例|占比|比重|份额|多少(?=是|来自|属于)|几折|(?:几|多少)倍"
        r"|[率比](?:是|为|要|会|能|有|占|将|多少|多高|达|到|提|目标|$)"
        r"|percent|\bshare\b|proportion|\bratio\b|\brate\b|fraction",
    ),
    (
        frozenset({"count", "number"}),
        rf"(?:多少|几)[十百千万亿]*(?P<word>{_COUNTED})|数量|[个家人总]数",
    ),
    (frozenset({"measure"}), rf"(?:多少|几)[十百千万亿]*(?P<word>{_MEASURED})|面积|里程"),
    (frozenset({"count", "measure", "number"}), rf"产量|how many (?!{_TIMES})|number of"),
    (frozenset({"rank"}), r"第几|排名|名次|\brank"),
)
_PATTERNS = tuple((units, re.compile(pattern)) for units, pattern in _ASKED)
_SUPPORT = re.compile(
    r"奖|补[贴助]|资助|[减免退返]|优惠|支持|subsid|reward|grant|bonus|award|support|refund"
)
_REQUIREMENT = re.compile(
    r"条件|门槛|要求|资格|才能|才可以|才算|至少|最低|不低于|满足|符合"
    r"|require|eligib|qualif|minimum|at least"
)
_MEANINGS: tuple[tuple[Meaning, re.Pattern[str]], ...] = (
    (
        "ceiling",
        re.compile(
            r"最[高多]|最大(?:金?额|限)|上限|封顶|不超过|顶格|至多"
            r"|maximum|ceiling|upper limit|\bcap\b|capped|at most|up to"
        ),
    ),
    (
        "present",
        re.compile(r"目前|现在|现有|当前|眼下|如今|已经|current|\bnow\b|at present|so far"),
    ),
    (
        "goal",
        re.compile(r"目标|打算|计划|将来|以后|力争|target|\bgoal|\baim|\bplan|want to|intend"),
    ),
)
_YEAR = re.compile(r"(?<!\d)(?:19|20|21)\d\d(?!\d)")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question wants: ``units`` that may answer, ``word`` the measure word that it names.

    ``support`` where it asks what is granted, ``requirement`` where what is demanded.
    """

    units: frozenset[Unit]
    word: str
    meaning: Meaning | None
    years: frozenset[int]
    support: bool
    requirement: bool


def read_asked(question: str) -> Asked:
    """Return what ``question`` asks for; any quantity where it names no unit."""
    matches = [(units, m) for units, pattern in _PATTERNS if (m := pattern.search(question))]
    units = frozenset[Unit]().union(*(units for units, _ in matches))
    words = (match.groupdict().get("word") for _, match in matches)
    support = _SUPPORT.search(question) is not None
    # A subsidy may be a share of what was spent.
    if "money" in units and support:
        units |= {"share"}
    return Asked(
        units or _ANY,
        next(filter(None, words), ""),
        next((meaning for meaning, cue in _MEANINGS if cue.search(question)), None),
        frozenset(map(int, _YEAR.findall(question))),
        support,
        _REQUIREMENT.search(question) is not None,
    )


# --- its words ------------------------------------------------------------------------------------

_CUES = re.compile(
    r"多少|几|哪|什么|时候|时间|目标|打算|计划|目前|现在|最[高多大低少]|上限|百分之|(?:19|20|21)\d\d年?"
    r"|[吗呢啊吧了的是要会能到给]|\btargets?\b|\bgoals?\b|\bmaximum\b|\bnumber\b|\bcurrent(?:ly)?\b"
)
_WORDS = re.compile(r"[\u3400-\u9fff]+|[a-z]+|\d+(?:\.\d+)?")
# A character in common says little, more if it is a word; what another word is translated to, less.
_SINGLE, _WORD, _OFFICIAL, _LOOSE = 0.2, 0.5, 0.7, 0.4


def weigh_grams(question: str) -> dict[str, float]:
    """Return the characters and character pairs of a question, 0..1 by what each tells of its matter.

    The official terms for its lay words count, too; an English question has those of its translation.
    """
    matter = _CUES.sub(" ", question)
    if has_han(question):
        parts = [(matter, 1.0), *((official, _OFFICIAL) for _, official in expand(question))]
    else:
        terms = translate(matter)
        parts = [(form, _LOOSE if term.loose else 1.0) for term in terms for form in term.forms]
    grams: dict[str, float] = {}
    for part, weight in parts:
        for match in _WORDS.finditer(part):
            for gram, share in _cut(match[0]):
                grams[gram] = max(weight * share, grams.get(gram, 0.0))
    return grams


def _cut(word: str) -> list[tuple[str, float]]:
    """Return the pairs and characters of a Chinese word, another one whole, with their shares."""
    if not has_han(word):
        return [(word, 1.0)]
    single = _SINGLE if len(word) > 1 else _WORD
    pairs = [(word[i : i + 2], 1.0) for i in range(len(word) - 1)]
    return [*pairs, *((character, single) for character in word)]

"""What a question asks: its language, its words, the places and years it names, its kind."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from documents.normalization import has_han, match_form
from documents.regions import Region, find_regions, find_romanized_regions
from index.tokenization import cut_words
from qa.types import Language

Kind = Literal["figure", "date", "responsible", "other"]

# Words that ask or polish and say nothing about the matter. What merely occurs everywhere needs no
# list: its weight is small.
_STOP_WORDS = frozenset(
    "的 了 和 与 及 或 在 是 有 对 对于 关于 就 都 也 还 又 很 吗 呢 吧 啊 呀 么 个 些 下 上 里 中 到 从 把 被 给 为 "
    "为了 以 向 跟 等 能 能否 可以 可 会 要 想 需要 应该 应 请 请问 问 问下 一下 咨询 想问 麻烦 你好 您好 我 我们 你 你们 "
    "他 他们 她 它 自己 咱们 人家 什么 哪些 哪个 哪 哪里 哪儿 谁 怎么 怎样 怎么样 怎么办 如何 为什么 为何 多少 几 几个 "
    "多大 多久 多长 何时 什么时候 是不是 是否 有没有 没有 不 不是 这 这个 这些 那 那个 那些 那么 其 该 此 方面 情况 "
    "问题 具体 相关 有关 目前 现在 主要 内容 规定 说 讲 告诉 介绍 知道 了解 看看 找 查 查询 得 地 着 过 让 做 搞 办 弄 "
    "一个 一些 哪一 哪些方面 还有 以及 另外 并且 如果 的话".split()
)
_FIGURE = re.compile(
    r"多少|几(?:个|家|座|万|亿|成|倍|项|年|条|种|人)|多大|多高|百分之几|比例|占比|金额|额度|上限|最高|最低|标准是|目标是|how (?:many|much)|what percentage|maximum|ceiling"
)
_DATE = re.compile(r"什么时候|何时|哪(?:一)?年|几年|多久|多长时间|截止|到期|期限|有效期|\bwhen\b|how long|deadline")
_RESPONSIBLE = re.compile(
    r"谁(?:来)?(?:负责|牵头|管|主管)|哪(?:个|些)(?:部门|单位|厅|局|委)|由谁|牵头(?:单位|部门)|责任(?:单位|部门)|归(?:谁|哪)|\bwho\b|which (?:department|agency|body)|responsible"
)
_YEAR = re.compile(r"(?<!\d)(20\d{2})(?=年|\b)")


@dataclass(frozen=True, slots=True)
class Question:
    """A question as understood.

    ``words`` are its content words (match form), each once; ``places`` the divisions that it names,
    each as its possible readings with the spelling's position in ``text``.
    """

    text: str
    language: Language
    words: tuple[str, ...]
    places: tuple[tuple[Region, ...], ...]
    years: tuple[int, ...]
    kind: Kind


def understand(text: str) -> Question:
    """Read ``text``, a standalone question."""
    form = match_form(text)
    chinese = has_han(text)
    words = dict.fromkeys(w for w in cut_words(text) if w not in _STOP_WORDS) if chinese else {}
    places = find_regions(form) if chinese else find_romanized_regions(text)
    return Question(
        text=text,
        language="zh" if chinese else "en",
        words=tuple(words),
        places=tuple(places),
        years=tuple(sorted({int(year) for year in _YEAR.findall(form)})),
        kind=_kind(form),
    )


def _kind(form: str) -> Kind:
    if _RESPONSIBLE.search(form):
        return "responsible"
    if _DATE.search(form):
        return "date"
    return "figure" if _FIGURE.search(form) else "other"

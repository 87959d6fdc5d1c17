"""The matter of a question: the question without what it asks, so that something else can be asked.

「吉林对换电模式有哪些支持？」 -> 「吉林对换电模式的支持」. Where nothing of its own would be left, or no rule
fits, the question itself without its end is the matter: a question after another question is clumsy
but never wrong.
"""

from __future__ import annotations

import re
from functools import reduce

from documents.normalization import match_form
from qa.turns import ASKING, YEAR, is_interrogative, own_matter, read_turn

_END = re.compile(r"[\s?？!！。.…~，,;；]+$")
_POLAR = re.compile(r"(?:吗|嘛|(?<![什怎那这多])么|没有|没|不)$")
_PARTICLES = re.compile(r"(?:呢|啊|呀|啦|哦|吧|嘞|来着|的啊|了)+$")
_WHO = r"(?:谁|哪(?:个|些|一个|几个)?(?:部门|单位|厅局?|局|委办?局?|机构|处室)|什么(?:部门|单位|机构)|哪)"
_LEAD = (
    r"(?:牵头|负责|主管|分管|管|搞|起草|制定|组织|实施|落实|审批|审核|解释|印发|发布|出台|出|办|定)"
)
# What a question ends with when all before it is its matter.
_TAILS = [
    # 有哪些支持 -> 的支持: what is had stays, for it tells one clause of a matter from another.
    (
        re.compile(
            rf"(?<!的)(?:(?:都|又)?(?:有|给|提供))(?:{ASKING})?的?(?P<had>(?:[\u4e00-\u9fff]{{0,4}})(?:支持|扶持|补贴|补助|奖励|优惠|政策"
            r"|措施|待遇|规定)+)$"
        ),
        r"的\g<had>",
    ),
    (
        re.compile(
            r"(?:需要|要|有|得|是|应|都)*(?:什么|哪些|啥|多少)?(?:的)?(?:样的)?(?:申请|报名|办理|申报)?"
            r"(?:条件|要求|资格|门槛|材料|手续|证件|流程|程序|步骤|后果)$"
        ),
        "",
    ),
    (re.compile(rf"(?:具体)?(?:是|该|要|得|应该)*(?:由|归|找)?{_WHO}(?:来)?{_LEAD}*的?$"), ""),
    (
        re.compile(
            r"(?:是|要|会|到|在|从|管|能|可以|大概)*(?:什么时候|啥时候|何时|哪一?年|几年|几个月|多久|多长时间)"
            r"(?:开始|起)?(?:印发|发布|出台|公布|制定|施行|实施|生效|执行|到期|截止|失效|废止|发放?|到账)?的?$"
        ),
        "",
    ),
    (
        re.compile(
            r"(?:应该|应当|应|该|要|是)*(?:怎么|怎样|如何|咋)"
            r"(?:办理|办|弄|样|整|申请|申报|申领|领取|领|报名|报|交|缴纳|缴|规定|处理|算|看|说|写|搞|回事)?的?$"
        ),
        "",
    ),
    (re.compile(r"(?:会|将)(?:怎么样|怎样|如何|有什么后果)$"), ""),
    (
        re.compile(
            r"在(?:哪里?|哪儿|什么地方)(?:可以|能)?(?:办理?|看|查|领|申请|报名|交|买|下载)?$"
        ),
        "",
    ),
    (
        re.compile(
            r"(?:主要|具体|都|大概|到底)*(?:是|讲|说|指|包括|规定|写|有|含)*(?:了)?(?:的)?"
            r"(?:什么|哪些|啥|哪几[个项条种样])(?:内容|意思|东西|方面|规定)?$"
        ),
        "",
    ),
    (
        re.compile(
            r"(?:要|会|能|可以|需要?|应|是|有|给|补|奖|罚|交|缴|领|拿|达到?|建到?|建成|建设|做到|占到?|占|定|打算|计划|准备|将"
            r"|到|为|得|大概|一共|总共|每年|每月|每人|每亩|每个|最多|最高|最少|一个月|一年|贷|提)*"
            rf"(?:{ASKING})(?:左右|以上)?$"
        ),
        "",
    ),
]
_INNER = re.compile(
    r"(?:打算|计划|准备)?(?:能不能|可不可以|要不要|会不会|是不是|有没有|该不该|是否|能否|可否|多少(?:个|家|座|台|套|条|项|次|名)?"
    r"|怎么|怎样|如何|什么时候|何时|由谁(?:来)?(?:负责|牵头)?|哪(?:个|些)(?:部门|单位)(?:牵头|负责|主管|管)?|(?:哪些|什么)人|谁|哪些|什么)"
)
_TRAILING = re.compile(
    r"(?:要|会|能|可以|需要|需|应|是|由|的|到|在|将|打算|计划|准备|申请|申报|申领|每年|最多|最高"
    r"|(?:的)?(?:申请条件|条件|有效期|期限|截止时间|标准|目标|指标|比例|金额|额度|上限|材料|流程|数量|牵头(?:单位|部门)))+$"
)
_LEADING = re.compile(r"^(?:可以|能够|能|会|要|需要)(?=[\u4e00-\u9fff]{2})")
_HAD = re.compile(r"的(?:[\u4e00-\u9fff]{0,4})(?:支持|扶持|政策|措施|规定)+$")
_BOUND = re.compile(rf"(?:到|至|截至|截止到?)?{YEAR.pattern}(?:底|末|年底|年末)?(?:以前|之前|前)?")
_OF_THE_YEAR = re.compile(r"\s*(?:的|那|这|版|出台|发布|印发|制定)")
_FIGURE = re.compile(r"多少|几|目标|占比|比例|百分之|做到|达到|多大|数量")

_KINDS = "方案|办法|条例|细则|规划|行动计划|实施意见|指导意见|若干意见|若干措施|若干政策|规定|通知|公告|纲要|目录|指南"
_DOCUMENT = re.compile(
    rf"《[^》]+》|[\u4e00-\u9fff]{{1,6}}[〔\[(]\d{{4}}[〕\])]第?\d+号(?:文件?)?|^[^，。？?,;；:：《》]{{2,40}}?(?:{_KINDS})"
)

_ENGLISH_HEADS = [
    (re.compile(r"^what (?:is|are|was|were) ", re.I), ""),
    (
        re.compile(
            r"^(?:what|which) (?P<had>[a-z-]+(?: [a-z-]+)?) (?:exists?|(?:is|are) (?:there|available|given|offered))\b",
            re.I,
        ),
        r"\g<had>",
    ),
    (re.compile(r"^(?:is|are) there (?:any )?", re.I), ""),
    (re.compile(r"^who (?:is|are) (?:responsible|in charge) (?:for|of) ", re.I), ""),
    (
        re.compile(
            r"^(?:who|which (?:department|agency|body|office))"
            r" (?:wrote|drafted|issued|leads?|manages|runs|funds|pays(?: for)?|administers) ",
            re.I,
        ),
        "",
    ),
]


def subject_of(last: str, *, of_figure: bool = False) -> str:
    """Return the matter of the question ``last``, as it is typed.

    A year that only bounds the figure asked for is no part of it, unless another figure is asked
    (``of_figure``).
    """
    turn = read_turn(last)
    stem = _END.sub("", turn.text)
    if not turn.chinese:
        stated = next(
            (head.sub(put, stem) for head, put in _ENGLISH_HEADS if head.match(stem)), stem
        )
        return stated if own_matter(stated) else stem
    stem = _END.sub("", _PARTICLES.sub("", stem))
    plain = match_form(stem)
    if len(plain) == len(stem) and plain.translate(_WIDTHS) != stem.translate(_WIDTHS):
        # Rules are written in simplified characters.
        stem = plain
    stated = _without_question(stem)
    if not of_figure and _FIGURE.search(stem):
        stated = _without_bound(stated)
    return stated if own_matter(match_form(stated)) else stem


_WIDTHS = str.maketrans("（），？：；！", "(),?:;!")


def noun_of(last: str) -> str:
    """Return the matter of ``last`` as something that may have a condition, a limit, a term."""
    subject = subject_of(last)
    short = _HAD.sub("", subject)
    return short if own_matter(match_form(short)) else subject


def document_of(text: str) -> str | None:
    """Return the words by which the Chinese question ``text`` names a document, or None."""
    turn = read_turn(text)
    match = _DOCUMENT.search(turn.form) if turn.chinese else None
    if match is None or is_interrogative(match[0]):
        return None
    named = match[0].startswith("《") or match[0].endswith(("号", "文", "文件"))
    if not named and not own_matter(match[0]):
        return None
    return turn.text[match.start() : match.end()]


def _without_question(stem: str) -> str:
    polar = _POLAR.search(stem)
    stem = stem[: polar.start()] if polar else stem
    for tail, put in _TAILS:
        match = tail.search(stem)
        if match and own_matter(rest := stem[: match.start()]):
            had = match.expand(put)
            if had and polar and "，" in rest:
                break
            return _trimmed(rest, had)
    stem = _INNER.sub("", stem, count=1) if not polar else stem
    return _trimmed(stem, "")


def _trimmed(text: str, had: str) -> str:
    text = _LEADING.sub("", text.rstrip("，, "))
    short = reduce(lambda t, _: _TRAILING.sub("", t), range(3), text).rstrip("，, ")
    return (short if own_matter(short) else text) + had


def _without_bound(text: str) -> str:
    """Return ``text`` without the years that bound a figure; one that names a document stays."""
    for match in reversed(list(_BOUND.finditer(text))):
        if not _OF_THE_YEAR.match(text, match.end()) and text[
            match.start() - 1 : match.start()
        ] not in (
            "(",
            "（",
            "《",
        ):
            text = text[: match.start()] + text[match.end() :]
    return text

"""One turn of a conversation as it is typed: what it opens with, and what it has of its own.

What a question has of its own is what is left of it when every word is taken out that any question
about any policy may have: words that ask (多少, 由谁), words for what is asked of a matter (部门,
有效期, 申请条件), auxiliaries, particles, places and years. The lists are closed on purpose: an
unknown word is matter, so a question that is not understood stands alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from documents.normalization import has_han, match_form
from documents.regions import Mention
from index.tokenization import word_boundaries
from qa.places import find_places

_END = r"[\s?？!！。.…~，,;；]*$"
_FILLER = re.compile(
    r"^(?:(?:哎|诶|欸|呃|额|嗯|啊|哦|噢|喔|唉|喂|哈喽|那个(?=[,，、…])|就是(?=[,，])|对了|那行|那好|不好意思"
    r"|你好啊?|您好|请问(?:一?下)?|麻烦问(?:一?下)?|问(?:一?下)|我?(?:就|再|还)?想问(?:一?下)?|我?再问(?:一?下)"
    r"|好的?(?=[\s,，!！。谢明知])|行(?=[,，])|(?:谢谢|多谢|感谢)(?:你|您|啦|了)?|明白了?|知道了?|懂了|了解了?)[\s,，、!！。…:：]*"
    r"|(?:(?:ok(?:ay)?|thanks?|thank you|hi|hello|well|um+|please)\b[\s,.!]*))+",
    re.IGNORECASE,
)
_COURTESY = re.compile(
    r"^(?:谢|多谢|感谢|好|的|了|啦|嗯|哦|噢|行|对|是的?|明白|知道|懂|清楚|了解|收到|没事|没有了|不用|你|您|再见|拜拜"
    r"|辛苦|麻烦|你好|您好|在吗|喂|听得?到|听得?见|能|吗|早上好|下午好"
    r"|ok|okay|thanks?|thank you|thx|bye|goodbye|hello|hi|great|good"
    rf"|very much|so much|got it|i see|[\s,，.!！。~?？])+{_END}",
    re.IGNORECASE,
)
_RESET = re.compile(
    r"^(?:我?(?:想|再)?换(?:一?个)(?:问题|话题|事|别的)|不问这个了|说点?别的|(?:再)?问(?:一?个)别的|下一个问题"
    r"|(?:another|a (?:different|new|separate)|new|next|different) (?:question|topic|subject)"
    r"|on another (?:topic|subject|note)|changing the (?:topic|subject))[\s,，:：。!！—-]*",
    re.IGNORECASE,
)
# Also begins something new, but where nothing new comes, more is asked of the same.
_ASIDE = re.compile(
    r"^(?:另外|还有(?![效没吗几多])|顺便|再|还)(?:一?个(?:问题|事)|我?(?:想|要|再|请)*(?:问|咨询|请教|了解)(?:一?下|一个)?)[\s,，:：是]*"
)
_OPENING = re.compile(
    r"^(?:那么?(?!个|些|边|种|样|里|儿|位|时|年|天|块|项|条|家|笔|份|几|次|段)|拿(?=.{1,8}呢)|哪(?=.{2,12}[呢呐捏]"
    rf"{_END})(?!个|些|里|儿|家|年|种|样|怕|位|几)|还有(?![效没吗几多])|另外|然后|再问)[\s,，]*"
    r"|^(?:(?:and|but|so|then|also)\b[\s,]*)?(?:(?:what|how) about\b|and\b|then\b)[\s,]*",
    re.IGNORECASE,
)
_FRAGMENT = re.compile(rf"[呢呐捏吶]{_END}")
_POINTING = re.compile(
    r"它们?|其(?!他|它|中|余|次|实)|上述|刚才|前面(?:说|讲|提)的?|此(?=项|政策|办法|条|外|文|类)"
    r"|该(?=项|办法|政策|方案|条例|补贴|补助|奖励|文件|规定|措施|资金|项目|计划|通知|意见|条)"
    r"|这(?!里|边|样|么|几|两|周|月|年|次|会儿|时|个(?:月|季|年|星期|礼拜|周))(?:个|项|些|份|类|种|条|笔)?"
    r"|那(?:个|项|些|份|笔|条|种)(?=的?(?:政策|办法|方案|条例|补贴|补助|奖励|奖|文件|规定|措施|资金|钱|项目|计划|通知"
    r"|条件|材料|期限|标准|目标|由|什么|多少|怎么|谁|归))",
)
_POINTING_ENGLISH = re.compile(r"\b(?:it|its|this|that|these|those|they|them|their)\b", re.I)
_MORE = re.compile(
    r"^(?:还有|另外|其他|其它|别的|还有没有|有没有)(?:没有)?(?:其他|其它|别的|更多|补充|啥|什么)*的?(?:内容|政策|要求|规定|措施|条款)?(?:吗|呢|么|没|嘛|没有)?"
    rf"{_END}"
    r"|^(?:能不能|能|可以|麻烦|请|给我|帮我|再|你)*(?:详细|具体|展开|仔细|深入|细)(?:地|的|一?点)?(?:再)?(?:说|讲|介绍|解释|展开|讲解)?"
    rf"(?:说|讲|一?下|一?点|来)*(?:儿)?(?:吗|呗|吧|么)?{_END}"
    r"|^(?:能不能|能|可以|请|再)*(?:说|讲|解释)(?:得|的)?(?:再)?(?:详细|具体|清楚|明白)(?:一?[点些])?(?:儿)?(?:吗|呗|吧)?"
    rf"{_END}|^(?:继续|然后呢|接着说|再说一遍|什么意思|没听懂|没看懂|举个例子)(?:吧|啊|呢)?{_END}"
    r"|^(?:and )?(?:anything|what|something|is there anything|are there any others?) ?(?:else|more)?"
    r"(?: on (?:that|this|it))?[\s?.]*$(?<!what)"
    r"|^(?:please |can you |could you )*(?:tell me more|(?:give me )?more details?|elaborate|go on"
    r"|explain(?: that| it| further)?)"
    r"(?: please| on (?:that|this|it)| about (?:it|that|this))*[\s?.!]*$",
    re.IGNORECASE,
)
YEAR = re.compile(
    r"(?:(?<!\d)20\d{2}年?(?:\s*[-—–~至到]+\s*20\d{2}年?)?|(?<!\d)[1-4]\d年(?=[呢底的])|今年|明年|后年|去年|前年)"
)
YEAR_ENGLISH = re.compile(r"(?<!\d)20\d{2}(?!\d)")
CLAUSE = re.compile(
    r"第[一二三四五六七八九十百零〇\d]+(?:条(?:之[一二三四五])?|款|项|点|章|节|部分|个(?=$|[呢是说讲]|具体|展开|详细|怎么|什么))"
)

# Words of number and kind after 多少, 几 and 哪.
_MEASURES = (
    "个月 个百分点 百分点 个工作日 工作日 个 家 座 条 项 次 天 日 年 月 倍 成 档 级 类 种 样 "
    "位 名 人 户 万元 亿元 万 亿 元 块 钱 辆 台 套 件 份 批 亩 吨 公里 岁 点钱 折 期 轮 笔"
).split()
_MEASURE = "|".join(sorted(_MEASURES, key=len, reverse=True))
ASKING = (
    rf"多少(?:{_MEASURE})?|(?<![好近这前那十们])几(?:{_MEASURE})|百分之几|多(?:久|大|高|长(?:时间)?|快|远|重)"
    r"|什么(?:时候|样|地方|意思)?|啥(?:时候|样)?|何时|何种|哪(?:个|些|里|儿|家|几?(?:种|样|项|类|条)|(?:一|几)?年|一?级|位)?|谁"
    r"|怎么(?:样|办|弄|回事)?|怎样|咋(?:办|弄|样|整)?|如何|为什么|为啥|为何|是不是|有没有|能不能|可不可以|可否|能否|是否"
    r"|(?P<verb>[\u4e00-\u9fff])[不没](?P=verb)|有无|与否|吗|嘛|没有(?=[?？]?$)"
)
# What may be asked of any matter; not the matter.
_ASKED = (
    "负责 牵头 主管 主办 承办 配合 管理 管 部门 单位 机构 科室 厅 局 责任 有效期 有效 期限 "
    "时限 时间 时候 年限 截止 到期 过期 逾期 开始 起算 结束 生效 失效 施行 实施 执行 印发 发布 "
    "公布 出台 制定 起草 废止 适用 条件 要求 资格 门槛 范围 对象 标准 金额 额度 上限 下限 封顶 "
    "最高 最低 最多 最少 最长 最短 最晚 最迟 至少 比例 比率 数量 总数 总额 目标 指标 材料 资料 "
    "证件 证明 表格 手续 流程 程序 步骤 环节 渠道 途径 方式 地点 地方 地址 电话 网址 网站 官网 "
    "网上 线上 线下 现场 窗口 大厅 申请 申报 申领 报名 报 办理 代办 补办 办成 办下来 办完 办 "
    "受理 审核 审批 审 公示 公开 认定 评定 评审 评价 评 验收 考核 考 领取 领到 领 发放 发到 发 "
    "到账 到位 到手 兑现 兑付 拨付 拨 缴纳 缴 交 退还 退 提交 准备 带 罚款 处罚 罚 后果 依据 "
    "根据 规定 写 文件 文号 原文 政策 办法 措施 条款 内容 支持 扶持 补贴 补助 补偿 奖励 奖补 "
    "奖金 资助 奖 补 给 发钱 出钱 掏钱 拿钱 钱 资金 费用 收费 优惠 享受 享 叠加 重复 同时 兼得 "
    "延期 延长 续期 续 变更 修改 取消 撤销 收回 摘牌 一次性 分期 分几次 每年 每月 每次 每人 "
    "一次 一年 一个月 一共 总共 不过 没过 不通过 没通过 不合格 不达标 没达标 没完成 超过 超了 "
    "通过 合格 达标 区别 不同 咨询 联系 查询 查 找 市里 省里 县里 区里 政府 国家 上面 官方 "
    "财政 个人 自己 印 版本 算数 算 收 说法 安排 回事 情况 全额 差额 先后 参与 参加 违反 复审 "
    "复核 年审 批准 批 一起 别的 其他 其它 男的 女的 最新 优先 明确 依照 按 原则 名额 周期 "
    "频率 工作日 月底 年底 什么样 意思 解释 解读 作用 名单 有人 目的 好处 哪些人 什么人 人员"
).split()
_LIGHT = (
    "可以 能够 能 会 要 需要 需 得 应该 应当 应 该 想 打算 计划 准备 将 将要 必须 必需 是 有 "
    "没有 没 不 无 未 也 都 还 又 再 就 才 只 最 很 太 到 至 在 从 由 归 被 把 对 于 为 向 跟 "
    "和 与 及 或 还是 给 让 叫 做 搞 弄 干 去 来 拿 得到 行 成 好 好的 对的 可 的 地 了 着 过 "
    "吧 啊 呀 啦 哦 呗 嘛 么 呢 哈 喽 那 这 此 它 其 他 她 我 我们 咱 咱们 大家 你说 个 些 "
    "一下 一点 具体 大概 大约 到底 究竟 一般 主要 分别 各 各自 现在 目前 以后 今后 之后 后 前 "
    "时 如果 要是 的话 那么 因为 所以 但是 但 而 并 且 并且 以及 另外 请 请问 吗 里 中 上 下 "
    "内 第 一 两 二 三 这边 那边 这里 那里 那个 这个 这些 那些 这项 那项 该项 上述 刚才 前面 "
    "说 讲 提到 提 说的 讲的 看 知道 告诉 帮 帮我 麻烦 哪 等 等等 什么 出来 下来 出 起 完 用 "
    "真的 确实 一定 直接 快 慢 晚 早 长 多 少 大 小 高 低"
).split()
_COMMON = re.compile(f"{ASKING}|" + "|".join(sorted({*_ASKED, *_LIGHT}, key=len, reverse=True)))
_ASKS = re.compile(f"{ASKING}|" + "|".join(sorted(_ASKED, key=len, reverse=True)))
_ASKS_ONLY = re.compile(ASKING)
_COMMON_ENGLISH = frozenset(
    "who what which when where why how long many much often soon far is are was were be been "
    "being am does do did done has have had can could will would shall should must may might "
    "there any some a an the of to for in on by at from with about under over per each every "
    "it its they them their this that these those i we my our me us one ones get got gets give "
    "given gives need needed needs require required requires apply applies applied applying "
    "application applications responsible charge lead leads leading led department departments "
    "agency agencies body authority authorities deadline due date dates start starts started "
    "begin begins end ends valid validity expire expires expired last lasts force effect "
    "condition conditions requirement requirements eligible eligibility qualify qualifies "
    "criteria document documents materials paperwork procedure procedures process steps cap "
    "capped limit limits ceiling maximum minimum max min amount amounts rate rates percentage "
    "share cost costs fee fees money pay pays paid payment payments funded funding online "
    "offline person office address phone contact penalty penalties fine fines fail fails "
    "failed happens happen if and or but so then also next month year years months days "
    "exactly not no yes more less most least please as well too else other others clause "
    "article paragraph section item point second first third fourth fifth details detail mean "
    "means".split()
)
_WORD_ENGLISH = re.compile(r"[a-z0-9][a-z0-9&'’-]*")


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn without its courtesies and openings.

    ``text`` is as typed, ``form`` its match form (itself where English), both of one length, so that
    an offset in one is an offset in the other. ``matter`` is what it has of its own, one string a run
    of Chinese or a word of English; ``spans`` where that lies in a Chinese form, in whole words.
    ``opens`` where it began with 那, 还有, and; ``asks`` where it has a word that asks or a word for what
    is asked.
    """

    text: str
    form: str
    chinese: bool
    opens: bool
    reset: bool
    places: tuple[Mention, ...]
    years: tuple[re.Match[str], ...]
    matter: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    asks: bool
    fragment: bool
    pointing: re.Match[str] | None
    clause: re.Match[str] | None
    courtesy: bool
    more: bool

    @property
    def size(self) -> int:
        """How much it has of its own: characters in Chinese, words in English."""
        if not self.chinese:
            return len(self.matter)
        return sum(end - start for start, end in self.spans)


def read_turn(text: str) -> Turn:
    """Read ``text`` as a turn of a conversation."""
    text = align(text.strip())
    courtesy = bool(_COURTESY.match(match_form(text))) or not re.search(r"\w", text)
    text = _cut(text, _FILLER)
    more = bool(_MORE.match(match_form(text)))
    bare = _cut(text, _RESET)
    reset = bare != text
    aside = _cut(_cut(bare, _FILLER), _ASIDE)
    body = _cut(aside, _OPENING)
    opens = body != aside
    body = _cut(body, _FILLER) if has_han(body) else body
    chinese = has_han(body)
    form = match_form(body) if chinese else body
    places = tuple(find_places(form))
    matter = own_matter(form)
    return Turn(
        text=body,
        form=form,
        chinese=chinese,
        opens=opens,
        reset=reset or (aside != bare and bool(matter)),
        places=places,
        years=tuple((YEAR if chinese else YEAR_ENGLISH).finditer(form)),
        matter=matter,
        spans=_spans(form, matter) if chinese else (),
        asks=asks(form),
        fragment=bool(_FRAGMENT.search(form)),
        pointing=(_POINTING if chinese else _POINTING_ENGLISH).search(form),
        clause=CLAUSE.search(form) if chinese else None,
        courtesy=courtesy,
        more=more,
    )


def align(text: str) -> str:
    """Return ``text`` where its match form has as many characters, else the match form."""
    form = match_form(text)
    return text if len(form) == len(text) or not has_han(text) else form


def own_matter(form: str) -> tuple[str, ...]:
    """Return what is left of ``form`` without the words that any question may have."""
    for place in reversed(find_places(form)):
        form = f"{form[: place.start]} {form[place.end :]}"
    if not has_han(form):
        words = _WORD_ENGLISH.findall(YEAR_ENGLISH.sub(" ", form.lower()))
        return tuple(word for word in words if word not in _COMMON_ENGLISH)
    form = _COMMON.sub(" ", CLAUSE.sub(" ", YEAR.sub(" ", form)))
    return tuple(re.findall(r"[\w]+", form))


def _spans(form: str, matter: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Return where ``matter`` lies in the Chinese ``form``, in order, in whole words."""
    edges = word_boundaries(form)
    spans: list[tuple[int, int]] = []
    found = 0
    for run in matter:
        start = form.index(run, found)
        found = start + len(run)
        start = max(edge for edge in edges if edge <= start)
        end = min(edge for edge in edges if edge >= found)
        if spans and start <= spans[-1][1]:
            start = spans.pop()[0]
        spans.append((start, end))
    return tuple(spans)


def asks(form: str) -> bool:
    """Whether ``form`` has a word that asks, or a word for what is asked of a matter."""
    if has_han(form):
        return _ASKS.search(form) is not None
    return re.search(r"\w", form) is not None


def is_interrogative(form: str) -> bool:
    """Whether the Chinese ``form`` has a word that makes it a question."""
    return _ASKS_ONLY.search(form) is not None


def _cut(text: str, opening: re.Pattern[str]) -> str:
    """Return ``text`` without an ``opening``, which is told in match form."""
    match = opening.match(match_form(text) if len(match_form(text)) == len(text) else text)
    return text[match.end() :] if match else text

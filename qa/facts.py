"""What a verbatim passage states: figures, ceilings, conditions, deadlines; and which one is asked for.

Pure functions over a text; offsets are those of the text given. What stands in the text is found and
nothing else: where the source lost a number (「最高不超过万元」) there is no fact.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from documents.normalization import has_han
from documents.numbering import read_number
from index.lexicon import expand
from index.translation import translate
from qa.quantities import DATE, EDGE, PERIOD, SINCE, YEAR, Quantity, Unit, find_quantities, find_times, fold
from qa.types import Fact, Meaning

# --- the surroundings of a fact -------------------------------------------------------------------

_SENTENCE_END = re.compile(r"[。!?\n]")
# The comma of 1,000 divides nothing, nor the colon of 1:1.
_SEGMENT_END = re.compile(r"[;。!?\n]|(?<!\d)[,:]|,(?!\d{3}(?!\d))|:(?!\d)")


class _Text:
    """A folded text with its sentences, segments (between commas) and conditions."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.folded = fold(text)
        self._sentences = [0, *(m.end() for m in _SENTENCE_END.finditer(self.folded))]
        self._segments = [0, *(m.end() for m in _SEGMENT_END.finditer(self.folded))]

    def sentence(self, position: int) -> int:
        """Return where the sentence that holds ``position`` begins."""
        return self._sentences[bisect_right(self._sentences, position) - 1]

    def segment(self, position: int) -> int:
        """Return where the segment that holds ``position`` begins."""
        return self._segments[bisect_right(self._segments, position) - 1]

    def segment_end(self, position: int) -> int:
        """Return where the segment that holds ``position`` ends, its mark included."""
        i = bisect_right(self._segments, position)
        return self._segments[i] if i < len(self._segments) else len(self.folded)

    def sentence_end(self, position: int) -> int:
        """Return where the sentence that holds ``position`` ends, its mark included."""
        i = bisect_right(self._sentences, position)
        return self._sentences[i] if i < len(self._sentences) else len(self.folded)

    @cached_property
    def conditions(self) -> list[tuple[int, int]]:
        """The spans that say who or what qualifies, disjoint."""
        return _disjoint(
            (m.start("condition"), m.end("condition"))
            for pattern in _CONDITIONS
            for m in pattern.finditer(self.folded)
        )

    def is_condition(self, position: int) -> bool:
        """Whether ``position`` lies in a condition."""
        i = bisect_right(self.conditions, (position, len(self.folded))) - 1
        return i >= 0 and position < self.conditions[i][1]


def _disjoint(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return in order, and of spans that overlap the one that begins first, then the longest."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept


# --- conditions -----------------------------------------------------------------------------------

_RUN = r"[^,。;:!?\n]"
_BEGIN = r"(?:(?<=[,。;:!?\n) 是、])|\A)"
_MANNER = (
    r"(?:择优|分别|统一|一次性|优先|适当|依法|可以?|应当?|每年|最高|再|均|由[^,。;\n]{1,12}?|(?:[省市县区]级?)?财政"
    r"|在[^,。;\n]{1,16}?(?:方面|环节|领域|[上中时]))"
)
_GRANT = r"(?:给予|予以|减按|减半|减征|减免|免征|免收|免缴|不予|不再|发放)"
_ACT = rf"(?:{_GRANT}|按|奖励|奖补|补助|补贴|资助|提供|享受|支持|取消|撤销|追回|处)"
_BY_RATE = r"可?按照?[^,。;:!?\n]{0,16}(?:[%‰]|标准|比例|给予|予以|安排|执行|计算)"
_WHO = (
    "企业 项目 单位 个人 机构 产品 园区 集群 人才 人员 家庭 地区 城市 组织 平台 团队 基地 合作社 农户 农民 学生 毕业生 居民 "
    "职工 劳动者 纳税人 经营者 当事人 设备 装备 车辆 车型 工厂 车间 协会 商会 学校 医院 品牌 成果 活动 用地 住房 县区 市县 乡镇 村 中心 实验室 载体"
).split()
_ANYONE = f"(?:{'|'.join(_WHO)})"
_BEHIND_WHO = "(?:" + "|".join(rf"(?<={word})" for word in [*_WHO, "的", r"\)"]) + ")"
_OF = r"[^,。;:!?\n的]"
_QUALIFIED = (
    rf"(?:符合|有条件|(?:满足|达到|具备|具有){_OF}{{0,24}}(?:条件|要求|标准|规定|资格|资质|能力|基础)(?=的)"
    rf"|(?:首次|新|经|已|被){_OF}{{0,12}}(?:认定|评定|批准|备案|获批|入选|评为)|连续{_OF}{{0,4}}年"
    rf"|(?:获得|取得){_OF}{{0,24}}(?:认定|称号|证书?|资格|许可|批准|奖|资质|专利|备案)|获评|入选|列入|纳入|(?:引进|落户|毕业)(?=的)"
    rf"|通过{_OF}{{0,12}}(?:认定|考核|评审|验收|评价|审核|备案|评估))"
)
_CONDITIONS = (
    re.compile(
        rf"(?:(?<![\u4e00-\u9fff])|(?<=[是并时中可]))(?P<condition>对(?![标接照应外口比策象手此])"
        rf"[^。;!?\n]{{2,200}}?)(?=(?=,(?![且并或及以同近已])){_BEHIND_WHO}"
        rf"|,{_MANNER}{{0,3}}{_ACT}|{_MANNER}{{0,3}}{_GRANT}|{_BY_RATE})"
    ),
    # 「连续两年亏损的，」「有下列情形之一的，」
    re.compile(rf"{_BEGIN}(?P<condition>(?![,。;:!?\n) ]){_RUN}{{1,60}}的)(?=[,;])"),
    re.compile(
        rf"(?P<condition>{_QUALIFIED}{_RUN}{{0,40}}?的(?:{_RUN}{{0,15}}?{_ANYONE}(?:\([^()\n]{{1,8}}\))?)?)"
    ),
)


def find_conditions(text: str) -> list[Fact]:
    """Return the spans that say who or what qualifies, in order: 「对首次认定的国家级…企业」."""
    return [Fact("condition", text[a:b], a, b) for a, b in _Text(text).conditions]


# --- figures --------------------------------------------------------------------------------------

_CEILING = re.compile(r"最高|最多|至多|最长|不得?(?:超过|高于|多于|大于)|上限|限额|封顶")
_AT_MOST = re.compile(r" ?(?:以内|之内|封顶|为限|为?上限)")
# 「…以下罚款」 is the most that can be imposed.
_PENALTY = re.compile(r"(?:以下)?的?罚[款金]")
# 「不超过5亿元的企业」 is a threshold, 「不超过50万元的奖励」 a ceiling.
_THRESHOLD = re.compile(
    r"(?<=以[上下])(?:的?[^,。;、的\n]{0,12}(?:企业|项目|单位))| ?的(?!奖|补|资[助金]|支持|额度|标准|贴息|贷款|授信|信贷|担保|一次性|经费|扶持|租金|保[费障]|罚|创业|财政|专项|[,。;、)]|\Z)"
)
_PRESENT = (
    r"截[至止]|目前|当前|现有|现状|现为|已(?!经?纳入|列入)|尚[不未]|仅[为有占]|去年|(?:比|较)上年|同比|近年来"
)
_AIM = (
    rf"(?<!截)[到至] ?{YEAR} ?年|力争|争取|目标(?=[是为:,]|值)|计划(?=[在到用新建投培引完实])|拟(?=[在到用新建投培引完实])|努力|确保"
    r"|预计|预期|将(?=[达建新完突形])|规划(?=[到建新])"
)
_STRONG = re.compile(rf"(?P<present>{_PRESENT})|(?P<goal>{_AIM})")
_WEAK = re.compile(
    r"达|建[成设]|[新改扩]建|培育|提[升高]|新增|打造|引[进育]|招引|实施|推[动进出]|实现|完成|突破|形成|降[至到低]"
    r"|下降|增长|认定|遴选|制定|创建|组建|保持|稳定在|覆盖"
)
_GIVEN = re.compile(r"给予|予以|奖励|奖补|补助|补贴|资助|罚|征收|处(?=[^于理])")
_YEAR_NAMED = re.compile(
    rf"(?P<base>[比较与同自从])? ?{YEAR}(?: ?年?(?:至|到|[-–—~]{{1,2}}))?"
    rf"(?P<last>{YEAR})? ?年(?P<after>度?[底末]? ?(?:以来|相比|基础上|以前|之前|起))?"
)
_IN_TITLE = re.compile(r"《[^》\n]{0,120}》")


def find_figures(text: str) -> list[Fact]:
    """Return every figure with its unit and what bounds it, in order (「超过800家」「10万个」).

    A ceiling's kind is ``ceiling``. Neither ordinals nor dates nor periods are figures, nor the numerals
    of names; for those see ``find_dates``.
    """
    surroundings = _Text(text)
    return [
        Fact(
            "ceiling" if meaning == "ceiling" else "figure",
            text[q.start : q.end],
            q.start,
            q.end,
            meaning,
            year,
        )
        for q, meaning, year in _read(surroundings, find_quantities(surroundings.folded))
    ]


def _read(
    text: _Text, quantities: Sequence[Quantity]
) -> Iterator[tuple[Quantity, Meaning | None, int | None]]:
    """Yield each quantity with what it means and the year that it holds for."""
    years = _years(text.folded)
    previous: tuple[int, Meaning | None] = (0, None)
    for quantity in quantities:
        start, (end, before) = quantity.start, previous
        joined = before == "ceiling" and text.folded[end:start].strip() in ("、", "或", "和")
        meaning = "ceiling" if joined else _meaning(text, quantity, end)
        i = bisect_right(years, (start, 0)) - 1
        known = i >= 0 and years[i][0] >= text.sentence(start)
        yield quantity, meaning, years[i][1] if known else None
        previous = (quantity.end, meaning)


def _years(folded: str) -> list[tuple[int, int]]:
    """Return (offset, year) of the years in ``folded`` but those that others are compared with."""
    titles = _disjoint(match.span() for match in _IN_TITLE.finditer(folded))
    found = []
    for match in _YEAR_NAMED.finditer(folded):
        i = bisect_right(titles, (match.start(), len(folded))) - 1
        if match["base"] or match["after"] or (i >= 0 and match.start() < titles[i][1]):
            continue
        year = read_number(re.sub(r"[^\d〇零○一二三四五六七八九]", "", match[0])[-4:])
        found.append((match.start(), year or 0))
    return found


def _meaning(text: _Text, quantity: Quantity, previous: int) -> Meaning | None:
    folded, start, end = text.folded, quantity.start, quantity.end
    segment = text.segment(start)
    if text.is_condition(start) or _THRESHOLD.match(folded, end):
        return None
    lead = folded[max(segment, previous) : start]
    if _is_ceiling(lead, folded[start:end], folded[end : end + 6]):
        return "ceiling"
    given = _GIVEN.search(folded, segment, min(end + 8, text.segment_end(start)))
    if given or quantity.word == "大" or (quantity.unit == "share" and "按" in lead):
        return None
    last = None
    for match in _STRONG.finditer(folded, text.sentence(start), end):
        last = match
    if last:
        return "present" if last["present"] else "goal"
    return "goal" if _WEAK.search(folded, segment, end) else None


def _is_ceiling(lead: str, figure: str, behind: str) -> bool:
    cue = None
    for cue in _CEILING.finditer(lead):
        pass
    near = cue is not None and len(lead) - cue.end() <= 12
    within = "以内" in figure and ("在" in lead or "元" in figure)
    penalty = figure.endswith("以下") and _PENALTY.match(behind)
    return bool(
        near or within or penalty or _CEILING.search(figure) or _AT_MOST.match(behind)
    )


def find_ceilings(text: str) -> list[Fact]:
    """Return what is at most given or asked, with its subject: 「单个项目最高不超过50万元」."""
    surroundings = _Text(text)
    folded = surroundings.folded
    found = []
    quantities = [*find_quantities(folded), *(t for t in find_times(folded) if t.unit == "period")]
    quantities.sort()
    for quantity, meaning, year in _read(surroundings, quantities):
        if meaning == "ceiling" and (not found or quantity.start >= found[-1].end):
            start, end = _ceiling_span(surroundings, quantity, found[-1].end if found else 0)
            found.append(Fact("ceiling", text[start:end], start, end, "ceiling", year))
    return found


# What a ceiling is said of belongs to it if it is short: 「单个项目」, 「每户每年」.
_MAX_SUBJECT = 14
_NO_SUBJECT = re.compile(r"给予|予以|[按对处]")
_INDENT = re.compile(r"[\s(]*(?:\d{1,3}[.、] ?)?")


def _ceiling_span(text: _Text, quantity: Quantity, after: int) -> tuple[int, int]:
    folded, end = text.folded, quantity.end
    begin = max(text.segment(quantity.start), after)
    begin = max(begin, folded.rfind("(", begin, quantity.start) + 1)
    indent = _INDENT.match(folded, begin, quantity.start)
    begin = indent.end() if indent else begin
    cue = _CEILING.search(folded, begin, end)
    stop = cue.start() if cue else quantity.start
    behind = _AT_MOST.match(folded, end)
    short = stop - begin <= _MAX_SUBJECT and not _NO_SUBJECT.search(folded, begin, stop)
    short = short and not folded.startswith(("、", "或", "和"), begin)
    return begin if short else min(stop, quantity.start), behind.end() if behind else end


# --- times ----------------------------------------------------------------------------------------

_A_YEAR = re.compile(YEAR)
_BY = r"(?:之?前|以前|为?止)"
_DUE = r"(?:申报|申请|受理|报名|征集|提交|报送|缴费|登记|办理)"
_DEADLINES = re.compile(
    # 「自本办法施行之日起30日内」, 「自印发之日起施行」, 「自2025年1月1日起施行」
    rf"(?:{SINCE}|自 ?{DATE} ?起)(?:[的后]? ?{PERIOD}|,? ?(?:正式)?(?:施行|执行|实施|生效))?"
    # 「有效期3年」, 「有效期至2027年12月31日」
    rf"|有效期(?:限)? ?(?:[为是]|至|到|截至|截止到?)?:? ?(?:{DATE}{EDGE}?|{PERIOD})"
    rf"|(?:执行|延续|实施|延长|保留|试行)[至到] ?{DATE}{EDGE}?"
    rf"|(?:{_DUE}{{1,2}}(?:截[止至]|时间|日期)|截止(?=[时日期])|期限)(?:时间|日期|期)? ?(?:[为是]|[至到])?:? ?(?:{DATE}{EDGE}?|{PERIOD})"
    # 「2025年底前」, 「每年3月底前」, 「30日内」
    rf"|{DATE} ?{_BY}"
    rf"|(?:每年|次年|当年|下一?年度?)? ?(?<![\d.])\d{{1,2}} ?月(?:份)?(?: ?\d{{1,2}} ?日| ?[底末]| ?[上中下]旬)? ?{_BY}"
    rf"|[年月]?[每当次]?[年月季][度]?[底末] ?{_BY}"
    rf"|{PERIOD}(?<=内)"
)


def find_deadlines(text: str) -> list[Fact]:
    """Return by when or for how long something is to be done or holds, in order.

    「自本办法施行之日起30日内」, 「2025年底前」, 「有效期3年」.
    """
    folded = fold(text)
    found = [match.span() for match in _DEADLINES.finditer(folded) if match[0].strip()]
    return [_time(text, folded, start, end) for start, end in found]


def find_dates(text: str) -> list[Fact]:
    """Return every date, period and deadline, in order; of those that overlap the longest first."""
    folded = fold(text)
    spans = [(f.start, f.end) for f in find_deadlines(text)]
    spans += [(t.start, t.end) for t in find_times(folded)]
    return [_time(text, folded, start, end) for start, end in _disjoint(spans)]


def _time(text: str, folded: str, start: int, end: int) -> Fact:
    years = [read_number(year) for year in _A_YEAR.findall(folded, start, end)]
    return Fact("deadline", text[start:end], start, end, None, years[-1] if years else None)


# --- what is asked --------------------------------------------------------------------------------

_ANY: frozenset[Unit] = frozenset({"money", "share", "count", "measure", "number", "rank"})
# What is counted and what is measured, as a question names it: 多少吨, 几座.
_MEASURE_ASKED = (
    "平方公里|平方米|立方米|公里|千米|米|公顷|亩|吨|公斤|千克|斤|升|千瓦时|千瓦|兆瓦|度电|周?岁|课时|学时"
)
_COUNT_ASKED = "个(?!百?分?点|亿|月|工作日)|家|座|所|处|名|人|位|户|项|条|款|种|台|套|辆|艘|架|张|份|件|次|场|支|头|间|栋|站|桩|分"
_ASKED: tuple[tuple[frozenset[Unit], re.Pattern[str]], ...] = (
    (
        frozenset({"date"}),
        re.compile(
            r"哪一?[年月天日]|哪个月|何[年时日]|[什啥]么?时[候间]|几[时月号]|几年(?=实现|达到|建成|完成)|截止|到期|时间节点|有效期"
            r"|\bwhen\b|(?:what|which) (?:year|date|month|day)|deadline|\bexpir"
        ),
    ),
    (
        frozenset({"period"}),
        re.compile(
            r"多久|多长时间|(?:几|多少)(?:年|个月|天|日|周|个?工作日|个?小时|分钟)|期限|有效期|截止|到期|时限"
            r"|how long|how often|how many (?:working )?(?:years|months|weeks|days|hours)|deadline|validity"
        ),
    ),
    (
        frozenset({"money", "number"}),
        re.compile(
            rf"多少(?:[十百千万亿]*(?:元|块)|钱|[万亿](?!{_COUNT_ASKED}|{_MEASURE_ASKED}))"
            rf"|几[十百千万]*(?:元|块|个?亿|万(?!{_COUNT_ASKED}|{_MEASURE_ASKED}))|金额|[奖补贴助罚给领拿交]款?多少|费用是?多少"
            r"|奖励多少|补贴多少|补助多少|how (?:much|many) (?:money|funding|cash|subsidy|yuan|rmb)|\brevenue\b|\bamount\b"
        ),
    ),
    (
        frozenset({"share"}),
        re.compile(
            r"几成|百分之|百分比|百分点|几个点|多少个点|比例|占比|比重|份额|多少(?=是|来自|属于)|几折|几倍|多少倍"
            r"|(?:[率比])(?:是|为|要|会|能|有|占|将|多少|多高|达|到|提|目标|$)"
            r"|percent|\bshare\b|proportion|\bratio\b|\brate\b|fraction"
        ),
    ),
    (
        frozenset({"count", "number"}),
        re.compile(
            rf"(?:多少|几)[十百千万亿]*(?P<word>{_COUNT_ASKED})|数量|个数|家数|人数|总数|how many(?! (?:working )?(?:years|months|weeks|days))|number of"
        ),
    ),
    (
        frozenset({"measure"}),
        re.compile(rf"(?:多少|几)[十百千万亿]*(?P<word>{_MEASURE_ASKED})|面积|里程|产量|how (?:large|far|big)"),
    ),
    (frozenset({"rank"}), re.compile(r"第几|排名|排第|名次|\brank")),
)
_SUPPORT = re.compile(r"奖|补[贴助]|资助|[减免退返]|优惠|支持|subsid|reward|grant|bonus|award|support|refund")
_REQUIREMENT = re.compile(r"条件|门槛|要求|资格|才能|才可以|才算|至少|最低|不低于|满足|符合|require|eligib|qualif|minimum|at least")
_MEANINGS: tuple[tuple[Meaning, re.Pattern[str]], ...] = (
    (
        "ceiling",
        re.compile(r"最[高多大]|上限|封顶|不超过|顶格|至多|maximum|ceiling|upper limit|\bcap\b|capped|at most|up to"),
    ),
    ("present", re.compile(r"目前|现在|现有|当前|眼下|如今|已经|\bcurrent|\bnow\b|at present|so far|already")),
    ("goal", re.compile(r"目标|打算|计划|将来|以后|力争|准备|target|\bgoal|\baim|\bplan|want to|intend")),
)
_QUESTION_YEAR = re.compile(r"(?<!\d)(?:19|20|21)\d\d(?!\d)")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a question wants: ``units`` that may answer, ``word`` the measure word that it names."""

    units: frozenset[Unit]
    word: str
    meaning: Meaning | None
    years: frozenset[int]
    support: bool
    requirement: bool


def _asked(question: str) -> _Asked:
    units: set[Unit] = set()
    word = ""
    for classes, pattern in _ASKED:
        match = pattern.search(question)
        if match:
            units |= classes
            word = word or match.groupdict().get("word") or ""
    support = _SUPPORT.search(question) is not None
    # A subsidy may be a share of what was spent.
    if "money" in units and support:
        units.add("share")
    return _Asked(
        frozenset(units) or _ANY,
        word,
        next((meaning for meaning, cue in _MEANINGS if cue.search(question)), None),
        frozenset(int(year) for year in _QUESTION_YEAR.findall(question)),
        support,
        _REQUIREMENT.search(question) is not None,
    )


def fits(question_form: str, fact: Fact) -> bool:
    """Whether ``fact`` is of the unit that the question asks for: money, a share, a count, a date."""
    return _fits(_asked(question_form), fact)


def _fits(asked: _Asked, fact: Fact) -> bool:
    folded = fold(fact.text)
    if fact.kind == "condition":
        return False
    if fact.kind == "deadline":
        return bool(asked.units & _units_of_time(folded))
    quantities = find_quantities(folded)
    times = [q for q in find_times(folded) if q.unit == "period"] if not quantities else []
    last = (quantities or times or [None])[-1]
    if last is None or last.unit not in asked.units:
        return False
    return not (asked.word and last.unit == "measure" and asked.word not in last.word)


def _units_of_time(folded: str) -> set[Unit]:
    """Return what a time is: a date is no period, but 「自印发之日起30日内」 is both."""
    units = {time.unit for time in find_times(folded)}
    return units | ({"date"} if "之日起" in folded or units != {"period"} else set())


def choose_figure(question_form: str, facts: Sequence[Fact], text: str) -> Fact | None:
    """Return the fact of ``text`` that the question asks for, None where none has the unit asked.

    ``question_form`` is a Chinese question in match form, or an English one in lower case; ``facts`` are
    any of those found in ``text``. Of those that fit, the one beside which the question's words stand:
    each character pair of the question counts by how few of the facts it stands beside, wholly in the
    words between the neighbouring figures, by half in the segment, by a quarter earlier in the sentence.
    """
    asked = _asked(question_form)
    surroundings = _Text(text)
    able = [fact for fact in facts if _fits(asked, fact) and _may(asked, fact, surroundings)]
    if asked.meaning == "ceiling":
        able = _at_most(asked, able)
    if not able:
        return None
    cells = _cells(surroundings, able, facts)
    grams = _grams(question_form)
    rarity = {g: 1 / (1 + sum(g in cell[1] for cell in cells)) for g in grams}

    def score(i: int) -> tuple[float, int]:
        beside, segment, before = cells[i]
        held = sum(
            weight * rarity[gram] * max((gram in beside) * 1.0, (gram in segment) * 0.5, (gram in before) * 0.25)
            for gram, weight in grams.items()
        )
        return held + _preference(asked, able[i]), -i

    return able[max(range(len(able)), key=score)]


def _may(asked: _Asked, fact: Fact, text: _Text) -> bool:
    """Whether a fact of the right unit may answer: not one of another year, time, or of who qualifies."""
    if fact.kind == "deadline":
        return True
    if asked.years and fact.year and fact.year not in asked.years:
        return False
    if {asked.meaning, fact.meaning} == {"present", "goal"}:
        return False
    threshold = text.is_condition(fact.start) or _THRESHOLD.match(text.folded, fact.end)
    return not (threshold and asked.support and not asked.requirement)


def _at_most(asked: _Asked, able: Sequence[Fact]) -> list[Fact]:
    """Return the ceilings; without any, a fixed amount is the most there is, a share is not."""
    ceilings = [fact for fact in able if fact.meaning == "ceiling"]
    if ceilings or "money" not in asked.units:
        return ceilings or list(able)
    return [f for f in able if not any(q.unit == "share" for q in find_quantities(fold(f.text)))]


_DIVIDER = re.compile(r"[、,(;]|和|及|以及|与|或")


def _cells(
    text: _Text, able: Sequence[Fact], facts: Sequence[Fact]
) -> list[tuple[str, str, str]]:
    """Return for each of ``able`` the words beside it, of its segment, and before that segment."""
    found = []
    for fact in able:
        begin, stop = text.segment(fact.start), text.segment_end(fact.end - 1)
        before = text.folded[text.sentence(fact.start) : begin]
        peers = [f for f in facts if (f.kind == "deadline") == (fact.kind == "deadline")]
        last = max((f.end for f in peers if f.end <= fact.start), default=0)
        following = min((f.start for f in peers if f.start >= fact.end), default=len(text.folded))
        if fact.kind == "deadline":
            # What is due stands behind the date, up to the next one.
            stop = min(following, text.sentence_end(fact.end - 1))
            beside = text.folded[begin:stop]
        else:
            left = _divide(text.folded, last, fact.start) if last > begin else begin
            right = _divide(text.folded, fact.end, following) if following < stop else stop
            beside = text.folded[left:right]
        found.append(
            tuple(part.replace(" ", "") for part in (beside, text.folded[begin:stop], before))
        )
    return found


def _divide(folded: str, start: int, end: int) -> int:
    """Return where between two figures the words of the first end."""
    divider = _DIVIDER.search(folded, start, end)
    return divider.start() if divider else start


_CUES = re.compile(
    r"多少|几|哪|什么|时候|时间|目标|打算|计划|目前|现在|最[高多大低少]|上限|百分之|(?:19|20|21)\d\d年?|[吗呢啊吧了的是要会能到给]"
)
_WORDS = re.compile(r"[\u3400-\u9fff]+|[a-z]+|\d+(?:\.\d+)?")
# A single character in common says little, a translated or official word less than the own one.
_SINGLE, _OFFICIAL, _LOOSE = 0.2, 0.7, 0.4


def _grams(question: str) -> dict[str, float]:
    """Return the characters and character pairs of a question with what each counts."""
    grams: dict[str, float] = {}
    if has_han(question):
        parts = [(_CUES.sub(" ", question), 1.0)]
        parts += [(official, _OFFICIAL) for _, official in expand(question)]
    else:
        terms = translate(question)
        parts = [(f, _LOOSE if term.loose else 1.0) for term in terms for f in term.forms]
    for part, weight in parts:
        for match in _WORDS.finditer(part):
            word = match[0]
            pairs = [word[i : i + 2] for i in range(len(word) - 1)] if has_han(word) else [word]
            for gram in pairs:
                grams[gram] = max(weight, grams.get(gram, 0.0))
            for character in word if has_han(word) else "":
                grams[character] = max(_SINGLE * weight, grams.get(character, 0.0))
    return grams


def _preference(asked: _Asked, fact: Fact) -> float:
    """Return what speaks for a fact beside the words around it, in grams."""
    score = 0.5 * (asked.meaning is not None and fact.meaning == asked.meaning)
    score += 0.5 * (fact.year in asked.years)
    # A ceiling is rarely meant unless it is asked for; 个 counts anything.
    score -= 0.5 * (fact.meaning == "ceiling" and asked.meaning != "ceiling")
    score += 0.3 * (asked.word not in ("", "个") and asked.word in fold(fact.text))
    return score

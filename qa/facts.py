"""What a verbatim passage states: figures, ceilings, conditions, deadlines; and which one is asked for.

Pure functions over a text; offsets are those of the text given. What stands in the text is found and
nothing else: where the source lost a number (「最高不超过万元」) there is no fact.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from documents.numbering import read_number
from qa.asked import Asked, read_asked, weigh_grams
from qa.quantities import (
    DATE,
    EDGE,
    MONTH_DAY,
    PART,
    PERIOD,
    SINCE,
    YEAR,
    Quantity,
    Unit,
    find_quantities,
    find_times,
    find_titles,
    fold,
    lies_in,
)
from qa.types import Fact, Meaning

# --- the surroundings of a fact -------------------------------------------------------------------

_SENTENCE_END = re.compile(r"[。!?\n]")
# The comma of 1,000 divides nothing, nor the colon of 1:1.
_SEGMENT_END = re.compile(r"[;。!?\n]|(?<!\d)[,:]|,(?!\d{3}(?!\d))|:(?!\d)")


class _Text:
    """A folded text with what every fact in it is seen against, each read once."""

    def __init__(self, text: str) -> None:
        self.folded = fold(text)
        self._sentences = [0, *(m.end() for m in _SENTENCE_END.finditer(self.folded))]
        self._segments = [0, *(m.end() for m in _SEGMENT_END.finditer(self.folded))]

    def sentence(self, position: int) -> tuple[int, int]:
        """Return where the sentence that holds ``position`` begins and ends, its mark included."""
        return self._around(self._sentences, position)

    def segment(self, position: int) -> tuple[int, int]:
        """Return where the part between commas that holds ``position`` begins and ends."""
        return self._around(self._segments, position)

    def _around(self, starts: Sequence[int], position: int) -> tuple[int, int]:
        i = bisect_right(starts, position)
        return starts[i - 1], starts[i] if i < len(starts) else len(self.folded)

    @cached_property
    def conditions(self) -> list[tuple[int, int]]:
        """The spans that say who or what qualifies."""
        found = (m.span("who") for pattern in _CONDITIONS for m in pattern.finditer(self.folded))
        return _disjoint(found)

    @cached_property
    def years(self) -> list[tuple[int, int]]:
        """Where years stand, and which; not those that others are compared with or counted from."""
        titles = find_titles(self.folded)
        return [
            (match.start(), _year(match["last"] or match["first"]))
            for match in _YEAR_NAMED.finditer(self.folded)
            if not (match["base"] or match["after"] or lies_in(match.start(), titles))
        ]

    @cached_property
    def tenses(self) -> list[tuple[int, Meaning]]:
        """Where the words stand that tell what is from what is to be, and which they tell."""
        return [
            (match.start(), "present" if match["present"] else "goal")
            for match in _STRONG.finditer(self.folded)
        ]

    @cached_property
    def verbs(self) -> list[int]:
        """Where a verb of achieving stands."""
        return [match.start() for match in _WEAK.finditer(self.folded)]

    @cached_property
    def grants(self) -> list[int]:
        """Where a verb of giving or fining stands."""
        return [match.start() for match in _GIVEN.finditer(self.folded)]


def _disjoint(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return in order, and of spans that overlap the one that begins first, then the longest."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept


def _any(positions: Sequence[int], start: int, end: int) -> bool:
    """Whether one of the sorted ``positions`` is at ``start`` or behind, before ``end``."""
    i = bisect_left(positions, start)
    return i < len(positions) and positions[i] < end


def _year(numeral: str) -> int:
    return read_number(numeral) or 0


# --- conditions -----------------------------------------------------------------------------------

_RUN = r"[^,。;:!?\n]"
_ORDINAL = (
    r"(?:第[一二三四五六七八九十百千零\d]{1,9}条|\([一二三四五六七八九十\d]{1,4}\)|\d{1,3}[.、])"
)
_BEGIN = r"(?:(?<=[,。;:!?\n) 是、])|\A)"
_MANNER = (
    r"(?:择优|分别|统一|一次性|优先|适当|依法|可以?|应当?|每年|最高|再|均|由[^,。;\n]{1,12}?|(?:[省市县区]级?)?财政"
    r"|在[^,。;\n]{1,16}?(?:方面|环节|领域|[上中时]))"
)
_GRANT = r"(?:给予|予以|减按|减半|减征|减免|免征|免收|免缴|不予|不再|发放)"
_ACT = rf"(?:{_GRANT}|按|奖励|奖补|补助|补贴|资助|提供|享受|支持|取消|撤销|追回|处)"
_BY_RATE = r"可?按照?[^,。;:!?\n]{0,16}(?:[%‰]|标准|比例|给予|予以|安排|执行|计算)"
_WHO = (
    "企业 项目 单位 个人 机构 产品 园区 集群 人才 人员 家庭 地区 城市 组织 平台 团队 基地 农民合作社 合作社 农户 农民 "
    "学生 毕业生 居民 职工 劳动者 纳税人 经营者 当事人 设备 装备 车辆 车型 工厂 车间 协会 商会 学校 医院 品牌 "
    "成果 活动 用地 住房 县区 市县 乡镇 村 中心 实验室 载体"
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
        rf"(?:(?<![\u4e00-\u9fff])|(?<=[是并时中可]))(?P<who>对(?![标接照应外口比策象手此])"
        rf"[^。;!?\n]{{2,200}}?)(?=(?=,(?![且并或及以同近已])){_BEHIND_WHO}"
        rf"|,{_MANNER}{{0,3}}{_ACT}|{_MANNER}{{0,3}}{_GRANT}|{_BY_RATE})"
    ),
    # 「连续两年亏损的，」「有下列情形之一的，」
    re.compile(rf"{_BEGIN}(?:{_ORDINAL} ?)?(?P<who>(?![,。;:!?\n) ]){_RUN}{{1,60}}的)(?=[,;])"),
    re.compile(
        rf"(?P<who>{_QUALIFIED}{_RUN}{{0,40}}?的(?:{_RUN}{{0,15}}?{_ANYONE}(?:\([^()\n]{{1,8}}\))?)?)"
    ),
)


def find_conditions(text: str) -> list[Fact]:
    """Return the spans that say who or what qualifies, in order: 「对首次认定的国家级…企业」."""
    return [Fact("condition", text[a:b], a, b) for a, b in _Text(text).conditions]


# --- figures --------------------------------------------------------------------------------------

_CEILING = re.compile(r"最高|最多|至多|最长|不得?(?:超过|高于|多于|大于)|上限|限额|封顶")
_AT_MOST = re.compile(r" ?(?:以内|之内|封顶|为限|为?上限)")
# As far as 「最高支持额度不超过」 reaches before its figure.
_NEAR = 16
# 「年营业收入1亿元以上企业」 is one of that size.
_SIZED = re.compile(r"(?<=以[上下])的?[^,。;、的\n]{0,12}(?:企业|项目|单位)")
# 「…以下罚款」 is the most that can be imposed.
_PENALTY = re.compile(r"(?:以下)?的?罚[款金]")
# 「不超过5亿元的企业」 is a threshold, 「不超过50万元的奖励」 a ceiling.
_THRESHOLD = re.compile(
    r" ?的(?!奖|补|资[助金]|支持|额度|标准|贴息|贷款"
    r"|授信|信贷|担保|一次性|经费|扶持|租金"
    r"|保[费障]|罚|创业|财政|专项|[,。;、)]|\Z)"
)
_PRESENT = (
    r"截[至止]|目前|当前|现有|现状|现为|已(?!经?纳入|列入|满)|尚[不未]|仅[为有占]"
    r"|去年|(?:比|较)上年|同比|近年来"
)
_AIM = (
    rf"(?<!截)[到至] ?{YEAR} ?年|力争|争取|目标(?=[是为:,]|值)|计划(?=[在到用新建投培引完实])"
    r"|拟(?=[在到用新建投培引完实])|努力|确保|预计|预期|将(?=[达建新完突形])|规划(?=[到建新])"
)
_STRONG = re.compile(rf"(?P<present>{_PRESENT})|(?P<goal>{_AIM})")
_WEAK = re.compile(
    r"达|建[成设]|[新改扩]建|培育|提[升高]|新增|打造|引[进育]|招引|实施|推[动进出]|实现|完成|突破|形成|降[至到低]"
    r"|下降|增长|认定|遴选|制定|创建|组建|保持|稳定在|覆盖"
)
_FLOOR = re.compile(r"不得?[低少小]于|至少")
# 三大任务 and 六周岁 are what they are, whatever is aimed at.
_NO_AIM = frozenset({"大", "岁", "周岁"})
_GIVEN = re.compile(
    r"给予|予以|奖励|奖补|补助|补贴|资助|罚|征收|处(?=罚|[\d一二两三四五六七八九十百])"
)
_YEAR_NAMED = re.compile(
    rf"(?P<base>[比较与同自从])? ?(?P<first>{YEAR})(?: ?年?(?:至|到|[-–—~]{{1,2}})(?P<last>{YEAR}))? ?年"
    r"(?P<after>度?[底末]? ?(?:以来|相比|基础上|以前|之前|起))?"
)


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
    previous: tuple[int, Meaning | None] = (0, None)
    for quantity in quantities:
        start, (end, before) = quantity.start, previous
        joined = before == "ceiling" and text.folded[end:start].strip() in ("、", "或", "和")
        meaning = "ceiling" if joined else _meaning(text, quantity, end)
        i = bisect_left(text.years, (start,)) - 1
        known = i >= 0 and text.years[i][0] >= text.sentence(start)[0]
        yield quantity, meaning, text.years[i][1] if known else None
        previous = (quantity.end, meaning)


def _meaning(text: _Text, quantity: Quantity, previous: int) -> Meaning | None:
    folded, start, end = text.folded, quantity.start, quantity.end
    first, last = text.segment(start)
    if _qualifies(text, start, end):
        return None
    lead = folded[max(first, previous) : start]
    if _is_ceiling(lead, folded[start:end], folded[end : end + 6]):
        return "ceiling"
    granted = _any(text.grants, first, min(end + 8, last))
    if granted or quantity.word in _NO_AIM or (quantity.unit == "share" and "按" in lead):
        return None
    i = bisect_left(text.tenses, (end,)) - 1
    if i >= 0 and text.tenses[i][0] >= text.sentence(start)[0]:
        return text.tenses[i][1]
    # 「居住区绿地率不低于30%」 demands; it aims at nothing.
    aimed = _any(text.verbs, first, end) and not _FLOOR.search(folded, start, end)
    return "goal" if aimed else None


def _qualifies(text: _Text, start: int, end: int) -> bool:
    """Whether the figure at ``start``..``end`` says who qualifies, not what is given or aimed at."""
    sized = "元" in text.folded[start:end] and _SIZED.match(text.folded, end)
    return bool(lies_in(start, text.conditions) or sized or _THRESHOLD.match(text.folded, end))


def _is_ceiling(lead: str, figure: str, behind: str) -> bool:
    near = _CEILING.search(lead[-_NEAR:])
    within = "以内" in figure and ("在" in lead or "元" in figure)
    penalty = figure.endswith("以下") and _PENALTY.match(behind)
    return bool(near or within or penalty or _CEILING.search(figure) or _AT_MOST.match(behind))


def find_ceilings(text: str) -> list[Fact]:
    """Return what is at most given or asked, with its subject: 「单个项目最高不超过50万元」."""
    surroundings = _Text(text)
    folded = surroundings.folded
    found: list[Fact] = []
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
    begin = max(text.segment(quantity.start)[0], after)
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
    rf"|(?:{_DUE}{{1,2}}(?:截[止至]|时间|日期)|截止(?=[时日期])|期限)(?:时间|日期|期)?"
    rf" ?(?:[为是]|[至到])?:? ?(?:{DATE}{EDGE}?|{PERIOD})"
    # 「2025年底前」, 「每年3月底前」, 「30日内」
    rf"|{DATE} ?{_BY}"
    rf"|(?:[每当次]年|下一?年度?)? ?{MONTH_DAY}{PART}? ?{_BY}|[每当次]?(?:年|月|季度)[底末] ?{_BY}"
    rf"|{PERIOD}(?<=内)"
)


def find_deadlines(text: str) -> list[Fact]:
    """Return by when or for how long something is to be done or holds, in order.

    「自本办法施行之日起30日内」, 「2025年底前」, 「有效期3年」.
    """
    folded = fold(text)
    titles = find_titles(folded)
    found = [match.span() for match in _DEADLINES.finditer(folded)]
    return [_time(text, folded, a, b) for a, b in found if not lies_in(a, titles)]


def find_dates(text: str) -> list[Fact]:
    """Return every date, period and deadline, in order; of those that overlap the longest first."""
    folded = fold(text)
    spans = [(f.start, f.end) for f in find_deadlines(text)]
    spans += [(t.start, t.end) for t in find_times(folded)]
    return [_time(text, folded, start, end) for start, end in _disjoint(spans)]


def _time(text: str, folded: str, start: int, end: int) -> Fact:
    years = _A_YEAR.findall(folded, start, end)
    return Fact("deadline", text[start:end], start, end, None, _year(years[-1]) if years else None)


# --- which is asked for ---------------------------------------------------------------------------


def fits(question_form: str, fact: Fact) -> bool:
    """Whether ``fact`` is of the unit that the question asks for: money, a share, a count, a date."""
    return _fits(read_asked(question_form), fact)


def choose_figure(question_form: str, facts: Sequence[Fact], text: str) -> Fact | None:
    """Return the fact of ``text`` that the question asks for, None where none has the unit asked.

    ``question_form`` is a Chinese question in match form, or an English one in lower case; ``facts`` are
    any of those found in ``text``. Of those that fit, it is the one beside which the question's words
    stand: each character pair counts by how few of the facts it stands beside, wholly between the
    neighbouring figures, by half in the segment, by a quarter earlier in the sentence.
    """
    asked = read_asked(question_form)
    surroundings = _Text(text)
    able = [fact for fact in facts if _fits(asked, fact) and _may(asked, fact, surroundings)]
    if asked.meaning == "ceiling":
        able = _at_most(asked, able)
    if not able:
        return None
    cells = [_words_around(surroundings, fact, facts) for fact in able]
    grams = {
        gram: weight / (1 + sum(gram in beside for beside, _, _ in cells))
        for gram, weight in weigh_grams(question_form).items()
    }
    scores = [
        _preference(asked, fact, surroundings)
        + sum(w * _nearness(gram, *cell) for gram, w in grams.items())
        for fact, cell in zip(able, cells, strict=True)
    ]
    return able[scores.index(max(scores))]


# 多少人: of all that is counted, only people are.
_PEOPLE = ("人", "名", "位", "人次")


def _fits(asked: Asked, fact: Fact) -> bool:
    folded = fold(fact.text)
    if fact.kind == "condition":
        return False
    if fact.kind == "deadline":
        return bool(asked.units & _units_of_time(folded))
    quantity = _quantity(folded)
    if quantity is None or quantity.unit not in asked.units:
        return False
    if quantity.unit == "measure" and asked.word:
        return asked.word in quantity.word
    return asked.word != "人" or quantity.unit != "count" or quantity.word in _PEOPLE


def _quantity(folded: str) -> Quantity | None:
    """Return the last quantity, or else period, of a fact; its offsets are not those of the fact."""
    # Behind a sign, the number of 「5 座」 is not that of a line.
    folded = f"={folded}"
    found = find_quantities(folded) or [q for q in find_times(folded) if q.unit == "period"]
    return found[-1] if found else None


def _units_of_time(folded: str) -> set[Unit]:
    """Return what a time is: 「2025年底」 a date, 「3年」 a period, 「自印发之日起3年内」 both."""
    units = {time.unit for time in find_times(folded)}
    return units | ({"date"} if "之日起" in folded or units != {"period"} else set())


def _may(asked: Asked, fact: Fact, text: _Text) -> bool:
    """Whether a fact of the right unit may answer: not of another year or tense, nor of who qualifies."""
    if fact.kind == "deadline":
        return True
    if asked.years and fact.year and fact.year not in asked.years:
        return False
    if {asked.meaning, fact.meaning} == {"present", "goal"}:
        return False
    # What is aimed at or reached is nothing that is granted.
    if asked.support and "money" in asked.units and fact.meaning in ("goal", "present"):
        return False
    qualifies = _qualifies(text, fact.start, fact.end)
    return not (qualifies and asked.support and not asked.requirement)


def _at_most(asked: Asked, able: Sequence[Fact]) -> list[Fact]:
    """Return the ceilings; without any, a fixed amount is the most there is, a share is not."""
    ceilings = [fact for fact in able if fact.meaning == "ceiling"]
    if ceilings or "money" not in asked.units:
        return ceilings or list(able)
    return [f for f in able if (q := _quantity(fold(f.text))) is not None and q.unit != "share"]


_DIVIDER = re.compile(r"[、,(;]|和|及|以及|与|或")


def _words_around(text: _Text, fact: Fact, facts: Sequence[Fact]) -> tuple[str, str, str]:
    """Return the words beside a fact, those of its segment, and those of the sentence before that."""
    folded = text.folded
    (begin, _), (_, stop) = text.segment(fact.start), text.segment(fact.end - 1)
    before = folded[text.sentence(fact.start)[0] : begin]
    peers = [other for other in facts if (other.kind == "deadline") == (fact.kind == "deadline")]
    last = max((other.end for other in peers if other.end <= fact.start), default=0)
    following = min((o.start for o in peers if o.start >= fact.end), default=len(folded))
    if fact.kind == "deadline":
        # What is due stands behind the date, up to the next one.
        left, right = begin, min(following, text.sentence(fact.end - 1)[1])
        stop = right
    else:
        left = _divide(folded, last, fact.start) if last > begin else begin
        right = _divide(folded, fact.end, following) if following < stop else stop
    beside, segment, before = (
        part.replace(" ", "") for part in (folded[left:right], folded[begin:stop], before)
    )
    return beside, segment, before


def _divide(folded: str, start: int, end: int) -> int:
    """Return where between two figures the words of the first end."""
    divider = _DIVIDER.search(folded, start, end)
    return divider.start() if divider else start


def _nearness(gram: str, beside: str, segment: str, before: str) -> float:
    return 1.0 if gram in beside else 0.5 if gram in segment else 0.25 if gram in before else 0.0


def _preference(asked: Asked, fact: Fact, text: _Text) -> float:
    """Return what speaks for a fact beside the words around it, in character pairs."""
    score = float(asked.requirement and _qualifies(text, fact.start, fact.end))
    score += 0.5 * (asked.meaning is not None and fact.meaning == asked.meaning)
    score += 0.5 * (fact.year in asked.years)
    # A ceiling is rarely meant unless it is asked for; 个 counts anything.
    score -= 0.5 * (fact.meaning == "ceiling" and asked.meaning != "ceiling")
    score += 0.3 * (asked.word not in ("", "个") and asked.word in fold(fact.text))
    return score

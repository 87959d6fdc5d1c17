"""How Chinese policy texts write quantities and times: the grammar, without what it is said of.

All patterns run over the folded text: ``fold`` replaces single characters only, so that every offset
in it is one in the text. Numerals are Arabic or Chinese, in either width, digits grouped or not.
Repetitions are bounded or possessive, so that the time taken grows with the text and no faster.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Literal, NamedTuple

from documents.normalization import match_form

# ``number`` is a magnitude without a unit (10万): of what, only its surroundings tell.
Unit = Literal["money", "share", "count", "measure", "rank", "number", "date", "period"]


class Quantity(NamedTuple):
    """A quantity or a time at ``start``..``end``; ``word`` is its unit as folded, without 万, 亿."""

    start: int
    end: int
    unit: Unit
    word: str = ""


def fold(text: str) -> str:
    """Return ``text`` simplified, half-width and lower case, of the same length as ``text``."""
    return "".join(map(_fold_character, text))


@lru_cache(maxsize=1 << 14)
def _fold_character(character: str) -> str:
    # ① is an ordinal and ² an exponent: as digits they would join the numbers beside them.
    if unicodedata.category(character) == "No":
        return character
    form = match_form(character)
    return form if len(form) == 1 else character


# --- numbers --------------------------------------------------------------------------------------

_DIGIT = "零〇一二两三四五六七八九"
_HAN_NUMERAL = rf"{_DIGIT}十百千万亿"
_ARABIC = r"(?:\d{1,3}(?:,\d{3}){1,5}(?!\d)|\d++)(?:\.\d++)?+"
# Not inside a longer number, nor behind a letter: L3, GB/T-2020, PM2.5.
_FREE = r"(?<![\d.a-z])(?<![a-z][-/])"
_MAGNITUDE = r"[十百千万亿]{1,3}"
# 百 and 千 alone count only where something says so: 近百家, 上千家, 千亿元, 万亿级.
_ALONE = (
    r"(?:(?<=[近超逾上约破达过])[百千](?=[余多家个名人项户万亿])"
    r"|[百千]?万?亿(?=[元级])(?<=[百千万]亿)|[百千]万(?=元))"
)
_HAN = (
    rf"(?<![{_HAN_NUMERAL}几数])(?:[{_DIGIT}十][{_HAN_NUMERAL}]{{0,15}}"
    rf"|{_ALONE}[{_HAN_NUMERAL}]{{0,3}})(?: [万亿]{{1,2}})?(?![{_HAN_NUMERAL}])"
)
_NUMBER = rf"(?:{_FREE}{_ARABIC}(?: ?{_MAGNITUDE}){{0,2}}|{_HAN})(?:[余多几]{_MAGNITUDE}|[余多几])?"
_DASH = r" ?(?:[-–—~]{1,2}|至|到) ?"

# --- units ----------------------------------------------------------------------------------------

_PER = (
    r"(?: ?/ ?(?:人|亩|公顷|年|月|天|日|次|户|吨|台|辆|平方米|㎡|m2|立方米|m3|千瓦时|千瓦|度|个|家|项"
    r"|套|公里|公斤|头|床|升|件|标箱|课时|小时)(?:[·•/.][人年月天日次])?)?"
)
_MONEY = (
    r"(?:[美欧港日澳英]?元(?![旦月素件器宵首化年锂论牌]|正极|材料|电池|结构)|人民币|英镑)" + _PER
)
_SHARE = (
    r"%|‰|个?百分点|倍(?!增|受|加|感|率)"
    r"|成(?![立为员本果效功熟长品都绩分套人年就交因型片林体文群])"
)
_MEASURE = (
    r"平方公里|平方千米|平方米|立方米|公里|千米|毫米|厘米|海里|公顷|亩|㎡|m2|km2|km|m3|米"
    r"|吨标准煤|吨|公斤|千克|毫克|微克|克|斤|毫升|升|标准煤"
    r"|千瓦时|兆瓦时|吉瓦时|千瓦|兆瓦|吉瓦|千伏安|千伏|kwh|mwh|gwh|kva|kv|kw|mw|gw"
    r"|公里/小时|分贝|℃|摄氏度|周?岁|学时|课时|学分|teu|标准?箱|tops|pflops|eflops|mg/l|ug/m3|t/d"
)
_COUNT = (
    r"个(?!百分点|月|工作日|自然日|交易日|小时|季度|学期|星期|人所得|体|性|别|案)|人次|人(?![均工民口大])"
    r"|家(?![庭长禽畜具电政园装居教乡])|座|所(?![有得在属需以谓述])|处(?![理于罚分置长方])|名(?![单录称誉义牌])"
    r"|户(?![外籍口])|项(?!目)|条(?![件例款龙])|款(?!项)|种(?![植子业养类])"
    r"|套(?!餐|利)|台(?!账|湾|风|阶)|辆|艘|架(?!构)"
    r"|张|份(?!额)|件(?!套)|宗|次(?![性产元供分要])|场(?![所地景])|支(?![持付出部一])|只(?!有|能|要)"
    r"|头(?!部|等)|匹|羽|株|棵|床(?!位数)|门(?![类槛峡])|间(?!接)|栋|幢|枚|颗|粒|瓶|篇|部(?![门委分署位件队级长])"
    r"|站(?!点)|孔|桩|点位|车位|泊位|席(?!位)|例(?!如|行|外|会)|对(?!接|应|口)|位(?![一于置居])|强|批次"
    r"|分(?![之钟别期级类布散担配享解析开为成工])|大(?=[\u4e00-\u9fff])(?!学|会|代|幅|力|多|量|于)"
)
_UNIT = (
    rf"(?P<money>{_MONEY})|(?P<share>{_SHARE})|(?P<measure>(?:{_MEASURE}){_PER})|(?P<count>{_COUNT})"
    r"|(?<=[百千万]亿)级"
)

# What bounds a quantity belongs to it: 「超过800家」 is not 800.
_BOUND = (
    r"最高|最多|最低|最少|至少|至多|不得?(?:超过|高于|低于|少于|多于|大于|小于)|不到|不足"
    r"|[不未年]?满(?=[\d一二三四五六七八九十])|超过|超出|高于|低于|大于|小于|多于|少于|突破|接近|(?<![最附邻临靠亲])近|(?<![节预合条制契签违公大])约|(?<![赶反])超|逾"
    r"|(?<!以)上(?=[百千])|(?<![之以目年日月天期底末])前"
    r"|每(?:年|月|日|天|次|[人户亩家台辆套个吨](?:每[年月日天次])?|平方米)|[年月人户亩]均"
)
_BOUNDS = rf"(?P<bound>(?:(?:{_BOUND}) ?){{0,3}})"
_INCLUSIVE = r"(?: ?\(含[^()\n]{0,8}\))"
_TAIL = rf"{_INCLUSIVE}?(?: ?(?:[及或]?以[上下内]|左右|上下|之内|不等|\+))?{_INCLUSIVE}?"

_FIGURE = re.compile(
    rf"{_BOUNDS}(?P<number>{_NUMBER})(?:(?: ?(?:{_MONEY}|{_SHARE}|{_MEASURE}|个|家))?{_DASH}{_NUMBER})?"
    rf"(?: ?(?:{_UNIT})|(?<=[万亿])(?=[、,或和。;)\n]|大关|规模|以[上下内]|左右|\Z))"
    rf"(?P<tail>{_TAIL})"
)
_PARTS = re.compile(
    rf"(?:{_BOUND})?(?:"
    rf"(?<![{_HAN_NUMERAL}])[百千万]分之(?:{_ARABIC}|[{_HAN_NUMERAL}点]{{1,8}})"
    rf"(?:{_DASH}(?:[百千万]分之)?[{_HAN_NUMERAL}]{{1,6}})?"
    rf"|(?<![{_HAN_NUMERAL}])[{_HAN_NUMERAL}]{{1,3}}分之[{_HAN_NUMERAL}]{{1,3}}"
    rf"|翻(?:[{_DIGIT}]?番|倍)|(?<![{_HAN_NUMERAL}])一半|半数|过半(?=[,。;、数]|\Z)"
    rf"){_TAIL}"
)
_RATIO = re.compile(rf"(?<![\d.a-z:∶]){_ARABIC} ?[:∶比] ?{_ARABIC}(?![\d:∶.%])")
_CLOCK = re.compile(r"\d{1,2} ?: ?[0-5]\d")
_IN_RATIO = re.compile(r"比[^,。;]{0,8}:|:\d\d ?的?比")
# A number without a unit is a figure only where a verb says that it is one.
_PLAIN = re.compile(
    rf"(?:(?:{_BOUND}) ?|(?<=[达到至为]))(?<![\d.a-z]){_ARABIC}"
    r"(?: ?(?:[及或]?以[上下内]|左右)|(?=[,。;、)\n]|\Z))"
)
_RANK = re.compile(rf"第 ?(?:\d{{1,4}}|[{_HAN_NUMERAL}]{{1,5}}) ?(?:位|名)")
_LIKE_YEAR = re.compile(r"(?<!\d)(?:19|20|21)\d\d(?![\d.])")
_CLASSES: tuple[Unit, ...] = ("money", "share", "measure", "count")

# --- times ----------------------------------------------------------------------------------------

YEAR = rf"(?:(?<![\d.])(?:19|20|21)\d\d(?!\d)|(?<![{_HAN_NUMERAL}])[一二][〇零○一二三四五六七八九]{{3}})"
_MONTH = rf"(?:(?<!\d)\d{{1,2}}|(?<![{_HAN_NUMERAL}])[一二三四五六七八九十]{{1,2}})"
_DAY = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3}) ?[日号]"
PART = r"(?: ?(?:年?[底末初]|上半年|下半年|上旬|中旬|下旬))"
EDGE = r"(?: ?(?:之?前|以前|之?后|以后|起|为?止))"
MONTH_DAY = rf"{_MONTH} ?月(?:份)?(?: ?{_DAY})?"
DATE = rf"{YEAR} ?年度?(?: ?{MONTH_DAY})?{PART}?"
_AMOUNT = rf"(?:{_FREE}\d{{1,3}}(?:\.\d)?|(?<![{_HAN_NUMERAL}第])[一二两三四五六七八九十百]{{1,4}}|(?<![上下过])半)"
_SPAN = (
    r"(?:年(?![级龄代轻人产薪报检货味会终度均鉴])|个月|个?(?:工作日|自然日|交易日)|个?(?:季度|学期|星期|小时)"
    r"|日(?![益常])|天(?![然气津])|周(?![岁边年])|学年|分钟)"
)
_LONG = rf"{_AMOUNT}(?:(?: ?{_SPAN})?{_DASH}{_AMOUNT})? ?{_SPAN}(?:半|期)?"
_LEAST = (
    r"(?:(?:最长|最短|最多|最少|至少|不得?(?:超过|少于|低于|足)|不满|超过|连续|每|近"
    r"|(?:未|年)?满|(?<![提满之以目年日月天期底末当])前|未来|为期) ?){0,2}"
)
PERIOD = rf"{_LEAST}(?<!第){_LONG}(?: ?(?:[及或]?以[上下内]|之?内|之?前|以前|左右|上下))?"
_FREQUENCY = r"每(?:半?年|季度|个?月|周|日)(?=[^,。;\n]{0,20}(?:一|1)次)"
SINCE = r"(?<![各来])自(?![然主身行动治愿律由])[^,。;:\n《》]{1,20}之日起"
_TIMES: tuple[tuple[Unit, re.Pattern[str]], ...] = (
    (
        "date",
        re.compile(
            rf"{YEAR}(?: ?年)?{_DASH}{DATE}{EDGE}?|{DATE}(?:{_DASH}(?:{DATE}|{MONTH_DAY}))?{EDGE}?"
        ),
    ),
    (
        "date",
        re.compile(rf"(?:每年 ?)?{MONTH_DAY}{PART}?(?:{_DASH}{MONTH_DAY}{PART}?)?{EDGE}?"),
    ),
    (
        "date",
        re.compile(
            rf"每(?:年|月|季度) ?(?:{_DAY}|[底末初]){EDGE}?|[当次下]月 ?{_DAY}{EDGE}?|[年月][底末]{EDGE}"
        ),
    ),
    ("date", re.compile(SINCE)),
    ("period", re.compile(rf"(?:{SINCE}的? ?)?{PERIOD}|{_FREQUENCY}")),
)

# --- what is no quantity --------------------------------------------------------------------------

_TITLE = re.compile(r"《[^》\n]{0,120}》")
_QUOTED = re.compile(r"“[^”\n]{0,40}”|「[^」\n]{0,40}」|‘[^’\n]{0,40}’")
_LINE_NUMBER = re.compile(r"^[ \t]*\d{1,3} ", re.MULTILINE)
# 第三 and 第四、五、六 are ordinals; so are the two of 前两款.
_ORDINAL = re.compile(rf"第 ?(?:[\d{_HAN_NUMERAL}]{{1,4}}[、和至或])*\Z")
_LOST = re.compile(r"0+ ?[万亿]")
# 「一」 before other words is an article: 一个, 一批, 一项; 「二」 an ordinal: 二级, 二次.
_ONE = frozenset("家座所处倍成套台")
_TWO = frozenset("人名个家倍成元座项")


def find_quantities(folded: str) -> list[Quantity]:
    """Return the quantities of a folded text in order, disjoint; see ``Unit`` for the classes."""
    found = _without_overlaps([*_read_figures(folded), *_read_others(folded)])
    amounts = [q for q in found if _is_amount(q)]
    others = _outside([q for q in found if not _is_amount(q)], _find_quoted(folded))
    return _join_spreads(folded, _outside(sorted([*amounts, *others]), find_titles(folded)))


def find_times(folded: str) -> list[Quantity]:
    """Return the calendar dates (``date``) and durations (``period``) of a folded text, in order."""
    found = [
        Quantity(*match.span(), unit)
        for unit, pattern in _TIMES
        for match in pattern.finditer(folded)
    ]
    found = _outside(_without_overlaps(found), _find_quoted(folded))
    return _outside(found, find_titles(folded))


def lies_in(position: int, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether ``position`` lies in one of ``spans``, which are disjoint and in order."""
    i = bisect_right(spans, position, key=itemgetter(0)) - 1
    return i >= 0 and position < spans[i][1]


def find_titles(folded: str) -> list[tuple[int, int]]:
    """Return the spans of the titles in 《》: the numbers and years in them say nothing here."""
    return [match.span() for match in _TITLE.finditer(folded)]


def _find_quoted(folded: str) -> list[tuple[int, int]]:
    return [match.span() for match in _QUOTED.finditer(folded)]


def _outside(found: list[Quantity], spans: Sequence[tuple[int, int]]) -> list[Quantity]:
    return [quantity for quantity in found if not lies_in(quantity.start, spans)]


def _read_figures(folded: str) -> Iterator[Quantity]:
    markers = {match.end() for match in _LINE_NUMBER.finditer(folded)}
    for match in _FIGURE.finditer(folded):
        number, bound = match["number"], match["bound"]
        unit, word = next(((u, match[u]) for u in _CLASSES if match[u]), ("number", ""))
        start = match.start("number")
        if (
            _LOST.fullmatch(number)
            or _ORDINAL.search(folded, max(0, start - 12), start)
            or (word in ("款", "条", "项") and bound == "前")
            or match.end("number") + 1 in markers
            or not _is_counted(number, word, bool(bound or match["tail"]))
        ):
            continue
        if word == "强":
            if "前" not in bound:
                continue
            unit = "rank"
        yield Quantity(match.start(), match.end(), unit, word)


def _is_counted(number: str, word: str, bounded: bool) -> bool:
    """Whether a Chinese numeral before ``word`` is a number, and not part of a word or a name."""
    if number == "一":
        return word in _ONE or bounded
    if number == "二":
        return word in _TWO or bounded
    if word in ("大", "强"):
        return len(number) <= 2 and (number[0].isdecimal() or len(number) == 1)
    # 十分重要, 三次产业, 六次全会
    return word not in ("分", "次") or number[0].isdecimal() or number == "两" or bounded


def _read_others(folded: str) -> Iterator[Quantity]:
    for match in _PARTS.finditer(folded):
        yield Quantity(*match.span(), "share")
    for match in _RATIO.finditer(folded):
        around = folded[max(0, match.start() - 12) : match.end() + 4]
        # 9:00 is a time of day, unless the words around it speak of a ratio (师生比1:20).
        if not _CLOCK.fullmatch(match[0]) or _IN_RATIO.search(around):
            yield Quantity(*match.span(), "share")
    for match in _RANK.finditer(folded):
        yield Quantity(*match.span(), "rank")
    for match in _PLAIN.finditer(folded):
        if not _LIKE_YEAR.search(match[0]):
            yield Quantity(*match.span(), "number")


def _is_amount(quantity: Quantity) -> bool:
    """Whether a quantity is one even inside quotes: the names that stand there count, too."""
    return quantity.unit == "money" or quantity.word in ("%", "‰")


def _join_spreads(folded: str, found: list[Quantity]) -> list[Quantity]:
    joined: list[Quantity] = []
    for quantity in found:
        last = joined[-1] if joined else None
        if (
            last
            and last.end == quantity.start
            and last.unit in (quantity.unit, "number")
            and "以上" in folded[last.start : last.end]
            and "以下" in folded[quantity.start : quantity.end]
        ):
            joined[-1] = quantity._replace(start=last.start)
        else:
            joined.append(quantity)
    return joined


def _without_overlaps(found: list[Quantity]) -> list[Quantity]:
    """Return in order, and of those that overlap the one that begins first, then the longest."""
    kept: list[Quantity] = []
    for quantity in sorted(found, key=lambda q: (q.start, -q.end)):
        if not kept or quantity.start >= kept[-1].end:
            kept.append(quantity)
    return kept

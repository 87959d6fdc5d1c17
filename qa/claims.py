"""The claims of a text that can be compared: figures with units, dates, clause numbers, 文号.

The same fact has one form, however it is written and in Chinese or English: 一百万元, 100 万元 and
RMB 1 million are all ``Figure(1000000, "元")``, 百分之七十 and 70% ``Figure(70, "%")``. What is read
first is blanked out, so that the 9 of 吉政办发〔2024〕9号 is no figure. A numeral that cannot be read
(数十亿, L3, 万元 that lost its number) is a figure too, compared as it is spelled.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple, TypeVar

from documents.normalization import match_form
from documents.numbering import read_number
from index.ordinals import read_path


class Figure(NamedTuple):
    """A number with its unit: "" for a bare one, a classifier (家, 座) as it is written.

    ``value`` is the spelling where the numeral has no value; 第一批 has the unit 第批.
    """

    value: Fraction | str
    unit: str


class Day(NamedTuple):
    """A date as far as it is written."""

    year: int | None
    month: int | None = None
    day: int | None = None


class Ordinal(NamedTuple):
    """One number of a clause; ``kinds`` are the schemes that it may mean, none for any of them.

    The names of the schemes are those of ``documents.numbering``, and ``paragraph`` for a 款.
    """

    kinds: frozenset[str]
    value: int | str
    sub: int = 0


class Number(NamedTuple):
    """A 文号; what stands before the agency may be part of ``agency`` (根据吉政办发)."""

    agency: str
    year: str
    serial: int


Chain = tuple[Ordinal, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a text states. ``chains`` are clause numbers, each from outer to inner, in order.

    ``levels`` are the levels (省级) that stand before a figure in its phrase, ``levels_around`` those
    that do in its sentence, behind the figure before it.
    """

    numbers: frozenset[Number]
    chains: tuple[Chain, ...]
    days: frozenset[Day]
    figures: frozenset[Figure]
    levels: frozenset[tuple[Figure, str]]
    levels_around: frozenset[tuple[Figure, str]]


@lru_cache(maxsize=512)
def read(text: str, names: tuple[str, ...] = ()) -> Facts:
    """Return the facts of ``text``; those inside ``names``, titles that it spells out, are none."""
    form = _fold(text)
    for name in sorted(map(_fold, names), key=len, reverse=True):
        form = form.replace(name, _BLANK) if name else form
    numbers, form = _take(_NUMBER, form, _number)
    chains, form = _read_chains(form)
    days: list[Day] = []
    for pattern in _DATES:
        found, form = _take(pattern, form, _days)
        days.extend(found)
    figures: list[Figure] = []
    for pattern, make in _SPECIAL:
        others, form = _take(pattern, form, make)
        figures.extend(others)
    form = _ROUGHLY.sub("", form)
    quantities = _read_quantities(form)
    years = [Day(int(q.value)) for q in quantities if q.is_year]
    figures.extend(Figure(q.value, q.unit) for q in quantities if not q.is_year)
    return Facts(
        frozenset(numbers),
        tuple(chains),
        frozenset([*days, *years]),
        frozenset(figures),
        frozenset(_levels(form, quantities, "。;,:、")),
        frozenset(_levels(form, quantities, "。")),
    )


def read_chain(path: str, label: str) -> tuple[Chain, ...]:
    """Return the numbers of a clause: those of its path, and of its label, which may name a 款."""
    ordinals = tuple(Ordinal(frozenset({o.kind}), o.value, o.sub) for o in read_path(path))
    chains, _ = _read_chains(_fold(label))
    return (ordinals, tuple(ordinal for chain in chains for ordinal in chain))


# --- comparing ------------------------------------------------------------------------------------

_COUNTED = frozenset({"comma", "bracket", "point", "digits"})


def has_figure(figure: Figure, figures: Iterable[Figure]) -> bool:
    """Whether one of ``figures`` is the same.

    个 stands for any classifier; a bare number, as English writes it, for whatever is counted.
    """
    return any(
        figure.value == other.value and _same_unit(figure.unit, other.unit) for other in figures
    )


def _same_unit(one: str, other: str) -> bool:
    if one == other:
        return True
    if one.startswith("第") or other.startswith("第"):
        return one[:1] == other[:1] and "第" in (one, other)
    if "" in (one, other):
        return not {one, other} & _MEASURED
    return "个" in (one, other) and {one, other} <= _CLASSIFIERS


def is_of_another_level(figure: Figure, level: str, levels: Iterable[tuple[Figure, str]]) -> bool:
    """Whether ``levels`` have ``figure`` for other levels only: 500万元 is what 省级 gets, not 国家级."""
    found = {other for f, other in levels if has_figure(figure, [f])}
    return bool(found) and level not in found


def has_day(day: Day, days: Iterable[Day]) -> bool:
    """Whether one of ``days`` is the same as far as ``day`` is written."""
    return any(all(mine in (None, its) for mine, its in zip(day, d, strict=True)) for d in days)


def has_number(number: Number, exact: Iterable[Number], mentioned: Iterable[Number]) -> bool:
    """Whether ``number`` is one of ``exact``, or of those in a running text.

    The agency begins somewhere in what was read for it; the character of a province is part of it.
    """

    def same(other: Number) -> bool:
        return number[1:] == other[1:] and number.agency.endswith(other.agency)

    def same_mentioned(other: Number) -> bool:
        if number[1:] != other[1:] or not other.agency.endswith(number.agency):
            return same(other)
        before = other.agency.removesuffix(number.agency)
        return not before or (len(number.agency) > 1 and before[-1] not in _PLACES)

    return any(map(same, exact)) or any(map(same_mentioned, mentioned))


def has_chain(chain: Chain, own: Sequence[Chain], text: Sequence[Chain]) -> bool:
    """Whether ``chain`` is the number of a clause, or stands in its text.

    ``own`` are the clause's own numbers; what ``chain`` adds to them must follow in the text, which
    its last number opens (in 三、（一）一是 “一是…” it stands twice).
    """
    inside = tuple(ordinal for found in text for ordinal in found)
    return any(
        _is_subsequence(chain, (*numbers, *numbers[-1:], *inside), numbers) for numbers in own
    )


def _is_subsequence(chain: Chain, ordinals: Chain, own: Chain) -> bool:
    articles = any("article" in ordinal.kinds for ordinal in own)
    left = iter(ordinals)
    return all(any(_means(part, ordinal, articles) for ordinal in left) for part in chain)


def _means(part: Ordinal, other: Ordinal, articles: bool) -> bool:
    if (part.value, part.sub) != (other.value, other.sub):
        return False
    # Where there are articles, 第三条 is not (三).
    loose = _COUNTED if "article" in part.kinds and not articles else frozenset()
    return not part.kinds or not other.kinds or bool((part.kinds | loose) & other.kinds)


# --- folding and blanking -------------------------------------------------------------------------

_BLANK = "¦"
_CIRCLED = {ord(c): f"({i})" for i, c in enumerate("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳", 1)}
# Of 5，300家 and 5,300家 only the second is one number; a line's end parts two.
_APART = {ord("，"): ";", ord("\n"): ";"}


_FORMAL = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟", "一二三四五六七八九十百千")
# 伍佰万元, not 队伍 and 陆续.
_FORMAL_NUMERAL = re.compile(
    "(?<!队)[壹贰叁肆伍陆柒捌玖拾佰仟](?=[拾佰仟零万亿元圆年月个家%])|[拾佰仟零][壹贰叁肆伍陆柒捌玖]"
)


def _fold(text: str) -> str:
    form = match_form(text.translate(_CIRCLED | _APART)).replace(_BLANK, ";")
    return _FORMAL_NUMERAL.sub(lambda match: match[0].translate(_FORMAL), form)


_T = TypeVar("_T")


def _take(
    pattern: re.Pattern[str], form: str, make: Callable[[re.Match[str]], Iterable[_T]]
) -> tuple[list[_T], str]:
    """Return what ``make`` reads at the matches, and ``form`` without them."""
    found = [made for match in pattern.finditer(form) for made in make(match)]
    return found, pattern.sub(_BLANK, form)


# --- 文号 -----------------------------------------------------------------------------------------

_HAN = r"\u4e00-\u9fff"
_PLACES = frozenset("国中京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼")
_NUMBER = re.compile(
    rf"(?P<agency>[{_HAN}]{{1,16}})\s*[〔\[(【〈<]\s*(?P<year>(?:\d{{4}})?)\s*[〕\])】〉>]\s*第?"
    rf"(?P<serial>\d{{1,5}})号|(?P<order>[{_HAN}]{{1,16}}令)第?(?P<no>\d{{1,5}})号"
)


def _number(match: re.Match[str]) -> Iterator[Number]:
    serial = int(match["serial"] or match["no"])
    yield Number(match["agency"] or match["order"], match["year"] or "", serial)


# --- clause numbers -------------------------------------------------------------------------------

_DIGITS = "零〇○一二三四五六七八九"
_C = f"[{_DIGITS}十百]{{1,4}}"
_N = rf"(?:[{_DIGITS}十百千]{{1,6}}|\d{{1,4}})"
_DIVISIONS = {"编": "part", "部分": "division", "分编": "subpart", "章": "chapter", "节": "section"}
_ITEMS = frozenset({"item", "bracket", "digits", "point", "half", "circle", "inline"})
_KINDS: dict[str, frozenset[str]] = {
    "article": frozenset({"article"}),
    "bracketed": frozenset({"article", "bracket", "digits"}),
    "item": _ITEMS,
    "nth": _ITEMS,
    "digits": frozenset({"digits", "circle", "half", "bracket"}),
    "half": frozenset({"half", "digits"}),
    "word": frozenset(),
}
# Clause numbers wherever they stand.
_FIRM = (
    rf"第(?P<article>{_N})条(?:之(?P<sub>{_N}))?(?!生产线|产线|线路|铁路|高速|地铁|跑道|道路|河|街|龙)"
    rf"|第\((?P<bracketed>{_N})\)条|第(?P<division>{_N})(?P<name>部分|分编|编|章|节)"
    rf"|第(?P<paragraph>{_N})款|第(?:\((?P<item>{_N})\)[项目]?|(?P<nth>{_N})[项目])|附件(?P<annex>{_N})"
    rf"|\((?P<bracket>{_C})\)|\((?P<digits>\d{{1,3}})\)"
    r"|(?<![a-z])(?:articles?|art\.|clauses?|sections?|sec\.|items?|paragraphs?|para\.|chapters?"
    r"|annex|appendix|parts?|points?)\s*(?P<word>\d{1,4}(?![\d.,]*\d|%)|[ivx]+(?![a-z])|{words}(?![a-z]))"
)
# Those that are clause numbers where a phrase begins, and those behind another one.
_COMMA = rf"(?P<comma>{_C})、(?!{_C}(?![、{_DIGITS}十百]))"
_DECIMAL = (
    rf"(?P<decimal>\d{{1,2}}(?:\.\d{{1,2}}){{1,4}})(?=[.、]?[{_HAN}])"
    r"(?![.、]?[倍万亿元个米吨公千百户家人名项年月亩度级版代座辆台条种次成余多以的至到])"
)
_HALF = r"(?P<half>\d{1,2})\)"
_AT_START = rf"{_COMMA}|{_DECIMAL}|{_HALF}|(?P<point>\d{{1,3}})[.、](?!\d)(?=\s*[{_HAN}“\"「《\[(])"
_BEHIND = (
    rf"{_COMMA}|{_DECIMAL}|{_HALF}|(?P<inline>{_C})是"
    r"|(?P<point>\d{1,3})(?:[.、](?!\d)|(?=[\s“\"「:;,。)》¦]|$))"
)
_ENGLISH_UNITS = {
    word: number
    for number, word in enumerate(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
        "sixteen seventeen eighteen nineteen".split(),
        1,
    )
} | {
    word: 10 * number
    for number, word in enumerate(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(), 2
    )
}
_FIRM = _FIRM.replace("{words}", f"(?:{'|'.join(_ENGLISH_UNITS)})")
_PHRASE = r"(?:^|(?<=[;:。!?,、》)\]”“\"「」\s¦(]))"
_CHAIN = re.compile(rf"{_FIRM}|{_PHRASE}(?:{_AT_START})")
_NEXT = re.compile(rf"[的之、]?\s*(?:{_FIRM}|{_BEHIND})")
_ROMAN = {"i": 1, "v": 5, "x": 10}


def _read_chains(form: str) -> tuple[list[Chain], str]:
    """Return the clause numbers of ``form``, and ``form`` without them."""
    chains: list[Chain] = []
    left: list[str] = []
    position = 0
    while match := _CHAIN.search(form, position):
        left.append(form[position : match.start()])
        chain, position = [_ordinal(match)], match.end()
        while behind := _NEXT.match(form, position):
            chain.append(_ordinal(behind))
            position = behind.end()
        chains.append(tuple(chain))
    return chains, _BLANK.join([*left, form[position:]])


def _ordinal(match: re.Match[str]) -> Ordinal:
    kind, text = next(
        (kind, text)
        for kind, text in match.groupdict().items()
        if text and kind not in ("sub", "name")
    )
    if kind == "decimal":
        return Ordinal(frozenset({kind}), text)
    if kind == "division":
        return Ordinal(frozenset({_DIVISIONS[match["name"]], "comma"}), read_number(text) or 0)
    value = read_number(text) or _ENGLISH_UNITS.get(text) or _read_roman(text)
    sub = read_number(match["sub"] or "") or 0
    return Ordinal(_KINDS.get(kind, frozenset({kind})), value, sub)


def _read_roman(text: str) -> int:
    values = [_ROMAN.get(c, 0) for c in text]
    return sum(-a if a < b else a for a, b in pairwise([*values, 0]))


# --- dates ----------------------------------------------------------------------------------------

_MONTHS = {
    name: number
    for number, name in enumerate(
        "january february march april may june july august september october november december".split(),
        1,
    )
}
_MONTH = (
    rf"(?<![a-z])(?P<month>{'|'.join(f'{name[:3]}(?:{name[3:]})?' for name in _MONTHS)}|sept)\.?"
)
_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?"
_CHINESE_DAY = r"\d{1,2}|[一二三四五六七八九十]{1,3}"
_YEAR = r"(?P<y>[12]\d{3})"
_TO = r"\s*(?:[-—–~至到]{1,2}|to)\s*"
_DATES = [
    re.compile(pattern)
    for pattern in (
        rf"(?<!\d){_YEAR}年?{_TO}(?P<until>[12]\d{{3}})年(?!\d|{_CHINESE_DAY}月)",
        rf"(?<![\d,.])(?P<y>(?:19|20)\d\d){_TO}(?P<until>(?:19|20)\d\d)(?![\w%,.]*\d|[\w%])",
        rf"(?<!\d){_YEAR}年(?:(?P<m>{_CHINESE_DAY})月(?:(?P<d>{_CHINESE_DAY})[日号])?)?",
        rf"(?<![\d.]){_YEAR}[-/.](?P<m>\d{{1,2}})[-/.](?P<d>\d{{1,2}})(?![\d.]*\d)",
        rf"(?P<m>{_CHINESE_DAY})月(?:(?P<d>{_CHINESE_DAY})[日号])?",
        rf"{_MONTH}\s*{_DAY}\s*,?\s*{_YEAR}(?!\d)",
        rf"(?<!\d){_DAY}\s+(?:of\s+)?{_MONTH}\s*,?\s*{_YEAR}(?!\d)",
        rf"{_MONTH}\s*,?\s*{_YEAR}(?!\d)",
        rf"{_MONTH}\s*{_DAY}(?!\d|,\d|\.\d|%)|(?<!\d)(?P<day>\d{{1,2}})\s+(?P<of>{'|'.join(_MONTHS)})(?![a-z])",
    )
]


def _days(match: re.Match[str]) -> Iterator[Day]:
    found = match.groupdict()
    year, until, month, day = (
        read_number(found.get(name) or "") for name in ("y", "until", "m", "d")
    )
    name = found.get("month") or found.get("of")
    if name:
        month = next(number for word, number in _MONTHS.items() if word.startswith(name[:3]))
    yield Day(year, month, day or read_number(found.get("day") or ""))
    if until:
        yield Day(until)


# --- numerals -------------------------------------------------------------------------------------

_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}
_ENGLISH_SCALES = {
    "hundred": 100,
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
}
_ARABIC = r"(?<![\d.])(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"
_DIGIT = f"[{_DIGITS}两]"
# 50万千瓦 are 50万 of 千瓦.
_SCALE = "(?:十|百(?!分)|千(?![瓦克米伏])|万|亿)"
_RUN = rf"[数几]?(?:{_ARABIC}|{_DIGIT}|{_SCALE})+"
_TOKEN = re.compile(rf"{_ARABIC}|{_DIGIT}+|{_SCALE}")
_ENGLISH_WORD = rf"(?:{'|'.join(_ENGLISH_UNITS)}|{'|'.join(_ENGLISH_SCALES)}|dozen)(?![a-z])"
_ENGLISH_RUN = (
    r"(?<![a-z])(?:an?\s+(?=hundred|thousand|million|billion|trillion|dozen))?"
    rf"{_ENGLISH_WORD}(?:(?:[\s-]+|(?<=hundred|housand)\s+and\s+){_ENGLISH_WORD})*"
)


def _read_run(run: str) -> Fraction | str:
    """Return the value of a Chinese or Arabic numeral, in part scaled (1.2万亿), else itself."""
    tokens = _TOKEN.findall(run)
    # 「不超过万元」 has lost its number; 数十 has none.
    if run[0] in "数几万亿" or not tokens:
        return run
    total = section = Fraction(0)
    current: Fraction | None = None
    below = 10**5
    for token in tokens:
        scale = _SCALES.get(token)
        if scale is None:
            if current is not None or (section and len(token) > 1 and token[0] in _DIGITS[3:]):
                return run
            current = _read_plain(token)
        elif scale < 10**4:
            if scale >= below:
                return run
            section += (1 if current is None else current) * scale
            current, below = None, scale
        else:
            total += section + (current or 0)
            # 1亿5000万: what 亿 has multiplied stays.
            done = total - total % 10**8 if scale == 10**4 else Fraction(0)
            total = done + (total - done) * scale
            section, current, below = Fraction(0), None, 10**5
    # 「超过0万元」 has lost its number too.
    return total + section + (current or 0) or run


def _read_plain(token: str) -> Fraction:
    if token[0].isascii():
        return Fraction(token.replace(",", ""))
    return Fraction("".join(str(2 if c == "两" else read_number(c)) for c in token))


def _read_english(run: str) -> Fraction | str:
    total = current = 0
    for word in re.sub(r"^an?\s", "one ", run.replace(" and ", " ")).replace("-", " ").split():
        if word == "dozen":
            current = 12 * (current or 1)
        elif word == "hundred":
            current = 100 * (current or 1)
        elif word in _ENGLISH_SCALES:
            total, current = total + (current or 1) * _ENGLISH_SCALES[word], 0
        else:
            value = _ENGLISH_UNITS[word]
            if current % (10 if value < 10 else 100) or (10 <= current % 100 < 20):
                return run
            current += value
    return Fraction(total + current)


# --- units ----------------------------------------------------------------------------------------

_SPELLINGS = {
    "元": "元 块钱 yuan rmb cny renminbi 人民币 ¥",
    "美元": "美元 usd us$ $ dollar dollars",
    "欧元": "欧元 eur € euro euros",
    "港元": "港元 港币 hk$ hkd",
    "日元": "日元 jpy yen",
    "%": "% percent",
    "百分点": "个百分点 百分点",
    "‰": "‰",
    "年": "年 周年 year years",
    "月": "个月 month months",
    "周": "周 星期 week weeks",
    "天": "天 日 day days",
    "工作日": "个工作日 工作日",
    "小时": "小时 hour hours",
    "分钟": "分钟 minute minutes min",
    "秒": "秒 second seconds",
    "倍": "倍 times",
    "公里": "公里 千米 km kilometer kilometers kilometre kilometres",
    "米": "米 m meter meters metre metres",
    "平方公里": "平方公里 km2",
    "平方米": "平方米 m2",
    "立方米": "立方米 m3",
    "亩": "亩 mu",
    "公顷": "公顷 hectare hectares",
    "吨": "吨 ton tons tonne tonnes",
    "公斤": "公斤 千克 kg kilogram kilograms",
    "千瓦": "千瓦 kw kilowatt kilowatts",
    "兆瓦": "兆瓦 mw megawatt megawatts",
    "吉瓦": "吉瓦 gw gigawatt gigawatts",
    "千瓦时": "千瓦时 kwh",
    "兆瓦时": "兆瓦时 mwh",
    "吉瓦时": "吉瓦时 gwh",
    "伏": "伏 v volt volts",
}
_UNITS = {spelling: unit for unit, words in _SPELLINGS.items() for spelling in words.split()}
# Those of two words.
_UNITS |= {
    "per cent": "%",
    "percentage point": "百分点",
    "percentage points": "百分点",
    "working day": "工作日",
    "working days": "工作日",
    "business days": "工作日",
    "square kilometers": "平方公里",
    "square kilometres": "平方公里",
    "square meters": "平方米",
    "square metres": "平方米",
    "cubic meters": "立方米",
    "cubic metres": "立方米",
}
_MEASURED = frozenset(_UNITS.values()) | {"分之", "五年规划", "码"}
# What 个 may stand for.
_CLASSIFIERS = frozenset("个家座项辆台名户条种所处次套件批类人位支款期组只片场部门本")
_MONEY = ("元", "美元", "欧元", "港元", "日元")
_UNIT = "|".join(
    re.escape(spelling)
    + ("(?![a-z0-9])" if spelling[-1].isascii() and spelling[-1].isalnum() else "")
    for spelling in sorted(_UNITS, key=len, reverse=True)
)
_CURRENCY = "|".join(
    re.escape(word)
    for unit in _MONEY
    for word in sorted(_SPELLINGS[unit].split(), key=len, reverse=True)
    if word in ("人民币", "rmb", "cny", "usd", "eur", "hkd", "jpy") or not word[-1].isalpha()
)
# What follows a numeral and is no classifier.
_NO_CLASSIFIER = frozenset(
    "至到和与及或的等以左右余多是在为内外中上下之将前后起来去了也都均则其由从对向按比超约近含不于被"
)
# 100多万元, 10余家
_ROUGHLY = re.compile(rf"(?<=[\d十百千万亿])[余多](?=[{_HAN}])")
_QUANTITY = re.compile(
    rf"(?:(?<![a-z])(?P<currency>{_CURRENCY})\s*)?"
    rf"(?:(?P<run>{_RUN})(?P<scale>(?:\s*-?(?:{'|'.join(_ENGLISH_SCALES)})(?![a-z]))*)"
    rf"|(?P<words>{_ENGLISH_RUN}))"
    rf"(?:\s*-?\s*(?P<unit>{_UNIT})|(?P<classifier>[{_HAN}]))?"
)
_BEFORE_YEAR = re.compile(
    r"(?:(?<![a-z])(?:in|by|from|since|until|till|through|of|during|before|after|between|and|year|the"
    r"|end|for|spring|summer|autumn|winter|early|late|mid)[\s-]+|\()$"
)
# 一 that counts: 一个, 一批, 一方面 do not.
_COUNTED_ONE = frozenset("家座辆台户名")


@dataclass(frozen=True, slots=True)
class _Quantity:
    value: Fraction | str
    unit: str
    start: int
    end: int
    scale: int = 1
    is_year: bool = False


def _read_quantities(form: str) -> list[_Quantity]:
    found = [q for match in _QUANTITY.finditer(form) if (q := _quantity(match, form)) is not None]
    # 3—5年, 100至200万元: the first has the unit of the second, and its scale.
    for i in reversed(range(len(found) - 1)):
        first, second = found[i], found[i + 1]
        between = form[first.end : second.start]
        if first.unit or first.is_year or not re.fullmatch(_TO, between):
            continue
        value = first.value
        if not isinstance(value, str) and first.scale == 1:
            value *= second.scale
        found[i] = _Quantity(
            value, second.unit, first.start, first.end, second.scale, second.is_year
        )
    return found


_LEVEL = re.compile("(?:世界|国家|省|市|县|区|州|部|镇|村)级")


def _levels(form: str, quantities: Sequence[_Quantity], stops: str) -> Iterator[tuple[Figure, str]]:
    """Yield each figure with the levels before it, as far back as the next figure or stop."""
    behind = 0
    for quantity in quantities:
        start = max(behind, *(form.rfind(stop, 0, quantity.start) + 1 for stop in stops))
        for level in _LEVEL.findall(form, start, quantity.start):
            yield Figure(quantity.value, quantity.unit), level
        behind = quantity.end


def _quantity(match: re.Match[str], form: str) -> _Quantity | None:
    """Return what a match states, None where it is an article or a pronoun (一些, one of)."""
    run, words = match["run"], match["words"]
    value = _read_run(run) if run else _read_english(words)
    scale = _scale_of(run or words)
    for word in re.findall("[a-z]+", match["scale"] or ""):
        scale *= _ENGLISH_SCALES[word]
        if not isinstance(value, str):
            value *= _ENGLISH_SCALES[word]
    classifier = match["classifier"] or ""
    end = match.end("classifier") if classifier else match.end()
    if classifier in _NO_CLASSIFIER:
        classifier, end = "", match.start("classifier") if classifier else match.end()
    unit = _UNITS[match["unit"]] if match["unit"] else classifier
    if match["currency"] and unit not in _MONEY:
        unit = _UNITS[match["currency"]]
    if (run == "一" or words == "one") and unit not in _MEASURED | _COUNTED_ONE:
        return None
    year = bool(
        run
        and re.fullmatch(r"(?:19|20)\d\d", run)
        and scale == 1
        and not unit
        and _BEFORE_YEAR.search(form, 0, match.start())
    )
    return _Quantity(value, unit, match.start(), end, scale, year)


def _scale_of(run: str) -> int:
    """Return what the end of a numeral multiplies by: 10,000 in 200万."""
    scale = 1
    for character in reversed(run):
        if character not in "万亿":
            break
        scale *= _SCALES[character]
    if run[-1:].isascii():
        scale = _ENGLISH_SCALES.get(re.split(r"[\s-]", run)[-1], 1)
    return scale


# --- figures that are written otherwise -----------------------------------------------------------

_ENGLISH_ORDINALS = {
    word: number
    for number, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
        "fourteenth fifteenth".split(),
        1,
    )
}
_ORDINAL_WORD = rf"(?<![a-z])(?P<nth>{'|'.join(_ENGLISH_ORDINALS)}|\d+(?:st|nd|rd|th))(?![a-z])"


def _nth(text: str) -> Fraction:
    return Fraction(_ENGLISH_ORDINALS.get(text) or int(re.sub(r"\D", "", text)))


def _nothing(match: re.Match[str]) -> Iterator[Figure]:
    return iter(())


def _five_year_plan(match: re.Match[str]) -> Iterator[Figure]:
    found = match.groupdict()
    chinese = found.get("plan") or found.get("plan2")
    value = _nth(match["nth"]) if found.get("nth") else Fraction(read_number(chinese or "") or 0)
    yield Figure(value, "五年规划")


def _percentage(match: re.Match[str]) -> Iterator[Figure]:
    yield Figure(_read_run(match["value"]), "%" if match["of"] == "百" else "‰")


def _part(match: re.Match[str]) -> Iterator[Figure]:
    whole, part = _read_run(match["whole"]), _read_run(match["part"])
    if isinstance(whole, str) or isinstance(part, str) or not whole:
        yield Figure(match[0], "分之")
    else:
        yield Figure(part / whole, "分之")


def _tenths(match: re.Match[str]) -> Iterator[Figure]:
    yield Figure(10 * _read_plain(match["tenths"]), "%")


def _spelling(match: re.Match[str]) -> Iterator[Figure]:
    yield Figure(match[0], "码")


def _chinese_ordinal(match: re.Match[str]) -> Iterator[Figure]:
    yield Figure(_read_run(match["value"]), f"第{match['unit'] or ''}")


def _english_ordinal(match: re.Match[str]) -> Iterator[Figure]:
    yield Figure(_nth(match["nth"]), "第")


_SPECIAL: list[tuple[re.Pattern[str], Callable[[re.Match[str]], Iterator[Figure]]]] = [
    # No figures, but as easily made up.
    (re.compile(r"(?:https?:/+|www\.)[!-~]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII), _spelling),
    (
        re.compile(
            rf"(?P<plan>十[一二三四五六七八九])五(?![{_DIGITS}十百千万亿])"
            rf"|第(?P<plan2>十[一二三四五六七八九])个五年|{_ORDINAL_WORD}\s+five[\s-]year"
        ),
        _five_year_plan,
    ),
    # Numerals that count nothing: idioms, 一是 … 二是 …, First, …
    (
        re.compile(
            rf"(?<![{_DIGITS}十百千\d])万一(?![十百千])|百姓|百货|千方百计|万物|万众|千家万户|四面八方|五花八门|十分(?!钟|之)|第三方|third[\s-]part(?:y|ies)"
            rf"|first[\s-](?:class|rate)|(?<!分)之一|其[一二三]|{_PHRASE}{_C}(?:是|要|来|则)|第{_C}(?=[,;:、])"
            rf"|{_PHRASE}{_ORDINAL_WORD}(?=,)"
        ),
        _nothing,
    ),
    (re.compile(rf"(?P<of>[百千])分之(?P<value>{_RUN})"), _percentage),
    (re.compile(rf"(?P<whole>{_RUN})分之(?P<part>{_RUN})"), _part),
    (
        re.compile(
            rf"(?<![{_DIGITS}十百千万亿数几\d.])(?P<tenths>[一二三四五六七八九]|\d(?:\.\d)?)成"
            r"(?![立为功员果本套品长都熟就分型效交])"
        ),
        _tenths,
    ),
    (re.compile(rf"第(?P<value>{_RUN})(?P<unit>[{_HAN}])?"), _chinese_ordinal),
    (re.compile(_ORDINAL_WORD), _english_ordinal),
    # 1:1, L3, 5G, and words that are figures without a numeral.
    (re.compile(r"(?<![\d.])\d+(?:\.\d+)?(?::\d+(?:\.\d+)?)+"), _spelling),
    (
        re.compile(
            rf"(?<![a-z0-9])(?!(?:{_CURRENCY})?\d+(?:(?:{_UNIT})|{'|'.join(_ENGLISH_SCALES)})?(?![a-z0-9]))"
            r"(?=[a-z0-9]*\d)(?=[a-z0-9]*[a-z])[a-z0-9]+"
        ),
        _spelling,
    ),
    (
        re.compile(
            r"(?<![a-z])(?:half|halves|twice|doubl(?:e|es|ed|ing)|tripl(?:e|es|ed|ing)|tens|dozens|hundreds"
            r"|thousands|millions|billions)(?![a-z])|一半|减半|过半|半数|翻[一两]?番|双倍|加倍"
        ),
        _spelling,
    ),
]

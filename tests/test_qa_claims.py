"""One fact, however it is written; another one, however alike it looks."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from qa.claims import (
    Day,
    Figure,
    Number,
    has_chain,
    has_day,
    has_figure,
    has_number,
    read,
    read_chain,
)

DIGITS = "零一二三四五六七八九"


def spell(value: int) -> str:
    """Return ``value`` in Chinese numerals, four digits at a time: a reference for the reader."""
    groups: list[int] = []
    while value:
        value, group = divmod(value, 10_000)
        groups.append(group)
    written = ""
    for i, group in reversed(list(enumerate(groups))):
        digits = f"{group:04d}"
        part = "".join(
            DIGITS[int(d)] + unit if d != "0" else "零"
            for d, unit in zip(digits, "千百十 ", strict=True)
        ).replace(" ", "")
        while "零零" in part:
            part = part.replace("零零", "零")
        part = part.rstrip("零")
        written += part + ["", "万", "亿"][i] if part else ""
    return written.removeprefix("零").replace("零零", "零")


def english(value: int) -> str:
    """Return ``value`` below a million in English words: a reference for the reader."""
    small = (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
        "sixteen seventeen eighteen nineteen"
    ).split()
    tens = "twenty thirty forty fifty sixty seventy eighty ninety".split()
    if value < 20:
        return small[value]
    if value < 100:
        return tens[value // 10 - 2] + (f"-{small[value % 10]}" if value % 10 else "")
    if value < 1000:
        rest = f" and {english(value % 100)}" if value % 100 else ""
        return f"{small[value // 100]} hundred{rest}"
    rest = f" {english(value % 1000)}" if value % 1000 else ""
    return f"{english(value // 1000)} thousand{rest}"


def figures(text: str) -> set[Figure]:
    return set(read(text).figures)


values = st.integers(2, 10**12 - 1) | st.integers(2, 99) | st.sampled_from([10, 100, 10**4, 10**8])


@given(values)
@example(100_000_000)
@example(10_010)
def test_every_way_to_write_an_amount_is_the_same(value: int) -> None:
    amount = {Figure(Fraction(value), "元")}
    full_width = str(value).translate({ord("0") + i: ord("０") + i for i in range(10)})
    ways = [f"{value}元", f"{value:,} yuan", f"RMB {value:,}", f"{full_width} 元", f"¥{value}"]
    ways.append(f"{spell(value)}元")
    if value % 10_000 == 0 and value < 10**8:
        ways += [
            f"{value // 10_000}万元",
            f"{value // 10_000:,} 万元",
            f"{spell(value // 10_000)}万元",
        ]
    if value % 10**8 == 0:
        ways += [f"{value // 10**8}亿元", f"{value // 10**8}00 million yuan"]
    if value % 10**6 == 0:
        ways += [f"RMB {value // 10**6} million", f"{value // 10**6}-million-yuan"]
    if value % 10**5 == 0 and value > 10**6:
        ways.append(f"{value / 10**6:.1f} million yuan")
    if value < 10**6:
        ways.append(f"{english(value)} yuan")
    for way in ways:
        assert figures(f"奖励{way}。") == amount, way


@given(values, values)
def test_other_amounts_are_others(one: int, other: int) -> None:
    assume(one != other)
    for a in (f"{one}元", f"{spell(one)}元", f"RMB {one:,}"):
        for b in (f"{other}元", f"{spell(other)}元", f"{other:,} yuan"):
            assert not figures(a) & figures(b)


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("70%", 70, "%"),
        ("７０％", 70, "%"),
        ("百分之七十", 70, "%"),
        ("70 per cent", 70, "%"),
        ("七成", 70, "%"),
        ("伍佰万元", 5_000_000, "元"),
        ("貳拾叁個", 23, "个"),
        ("see https://example.org/a", "https://example.org/a", "码"),
        ("联系 a.b@example.org", "a.b@example.org", "码"),
        ("千分之三", 3, "‰"),
        ("三分之二", Fraction(2, 3), "分之"),
        ("5个百分点", 5, "百分点"),
        ("5 percentage points", 5, "百分点"),
        ("1.2万亿元", 12 * 10**11, "元"),
        ("1亿5000万元", 15 * 10**7, "元"),
        ("50万千瓦", 500_000, "千瓦"),
        ("500 MW", 500, "兆瓦"),
        ("3年", 3, "年"),
        ("three years", 3, "年"),
        ("两个月", 2, "月"),
        ("30日", 30, "天"),
        ("100多家", 100, "家"),
        ("10余万辆", 100_000, "辆"),
        ("两百家", 200, "家"),
        ("百强", 100, "强"),
        ("第十四个五年规划", 14, "五年规划"),
        ("“十四五”", 14, "五年规划"),
        ("the 14th Five-Year Plan", 14, "五年规划"),
        ("the fourteenth five-year plan", 14, "五年规划"),
        ("第三批", 3, "第批"),
        ("the third batch", 3, "第"),
        ("a dozen stations", 12, ""),
        ("a million vehicles", 10**6, ""),
        ("L3级", "l3", "码"),
        ("1:1", "1:1", "码"),
        ("数十家", "数十", "家"),
        ("不超过万元", "万", "元"),
        ("超过0万元", "0万", "元"),
        ("一家企业", 1, "家"),
        ("一年", 1, "年"),
        ("翻一番", "翻一番", "码"),
    ],
)
def test_a_figure_is_read(text: str, value: int | Fraction | str, unit: str) -> None:
    value = value if isinstance(value, str) else Fraction(value)
    assert figures(text) == {Figure(value, unit)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3—5年", {(3, "年"), (5, "年")}),
        ("100至200万元", {(10**6, "元"), (2 * 10**6, "元")}),
        ("100元至200万元", {(100, "元"), (2 * 10**6, "元")}),
        ("5 to 10 million yuan", {(5 * 10**6, "元"), (10**7, "元")}),
        ("1000-2000家", {(1000, "家"), (2000, "家")}),
        ("5，300家", {(5, ""), (300, "家")}),
        ("5,300家", {(5300, "家")}),
        ("①50家②30家", {(50, "家"), (30, "家")}),
    ],
)
def test_several_figures_are_told_apart(text: str, expected: set[tuple[int, str]]) -> None:
    assert figures(text) == {Figure(Fraction(value), unit) for value, unit in expected}


@pytest.mark.parametrize(
    "text",
    [
        "一些", "一个企业", "一方面", "一批", "进一步", "统一", "万一", "十分重要", "第三方机构", "一流",
        "其一", "一是加强，二是支持", "第一，加强；第二，支持", "百姓", "one of the measures", "third-party",
        "First, it helps.", "someone", "weighty", "到年", "队伍年轻化", "陆续推进", "大陆",
    ],
)  # fmt: skip
def test_what_is_no_figure_is_none(text: str) -> None:
    facts = read(text)
    assert (facts.figures, facts.days, facts.chains, facts.numbers) == (set(), set(), (), set())


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024年5月22日", Day(2024, 5, 22)),
        ("２０２４ 年 5 月 22 日", Day(2024, 5, 22)),
        ("二〇二四年五月二十二日", Day(2024, 5, 22)),
        ("2024-05-22", Day(2024, 5, 22)),
        ("2024.5.22", Day(2024, 5, 22)),
        ("May 22, 2024", Day(2024, 5, 22)),
        ("22nd of May 2024", Day(2024, 5, 22)),
        ("Sept. 2024", Day(2024, 9)),
        ("2024年5月", Day(2024, 5)),
        ("5月22日", Day(None, 5, 22)),
        ("2027年底", Day(2027)),
        ("by the end of 2027", Day(2027)),
    ],
)
def test_a_date_is_read(text: str, day: Day) -> None:
    assert read(text).days == {day} and not read(text).figures


@pytest.mark.parametrize("text", ["2023—2027年", "2023年至2027年", "(2023-2027)", "2023–2027 plan"])
def test_both_years_of_a_span_are_read(text: str) -> None:
    assert read(text).days == {Day(2023), Day(2027)}


@given(st.dates(), st.dates())
def test_a_date_is_supported_by_itself_alone(one: object, other: object) -> None:
    year, month, day = map(int, str(one).split("-"))
    assume(one != other and 1000 <= year < 3000)
    days = read(f"自{year}年{month}月{day}日起").days
    assert days == {Day(year, month, day)}
    assert has_day(Day(year), days) and has_day(Day(year, month), days)
    assert has_day(Day(None, month, day), days)
    assert not has_day(Day(*map(int, str(other).split("-"))), days)
    assert not has_day(Day(year, month, day), [Day(year)])


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("", "家", True),
        ("个", "座", True),
        ("", "个", True),
        ("", "链", True),
        ("家", "座", False),
        ("个", "地", False),
        ("", "元", False),
        ("个", "年", False),
        ("", "%", False),
        ("第", "第批", True),
        ("第批", "第期", False),
        ("", "第批", False),
        ("元", "美元", False),
        ("%", "百分点", False),
    ],
)
def test_units_count_alike_or_not(one: str, other: str, same: bool) -> None:
    for a, b in ((one, other), (other, one)):
        assert has_figure(Figure(Fraction(5), a), [Figure(Fraction(5), b)]) == same
        assert not has_figure(Figure(Fraction(5), a), [Figure(Fraction(6), b)])


@pytest.mark.parametrize(
    ("text", "path", "label", "same"),
    [
        ("一、（五）13.", "一/（五）/13", "一、（五）13.", True),
        ("（五）13", "一/（五）/13", "一、（五）13.", True),
        ("一（五）", "一/（五）/13", "一、（五）13.", True),
        ("第13条", "一/（五）/13", "一、（五）13.", True),
        ("clause 1(5)13", "一/（五）/13", "一、（五）13.", True),
        ("Section V", "一/（五）/13", "一、（五）13.", True),
        ("（一）5", "一/（五）/13", "一、（五）13.", False),
        ("13.（五）", "一/（五）/13", "一、（五）13.", False),
        ("第五十条", "一/（五）/13", "一、（五）13.", False),
        ("第十二条第二款第三项", "第十二条/（三）", "第十二条第二款第（三）项", True),
        ("第十二条第（三）项", "第十二条/（三）", "第十二条第二款第（三）项", True),
        ("第十二条第三款", "第十二条/（三）", "第十二条第二款第（三）项", False),
        ("第三条", "第十二条/（三）", "第十二条第二款第（三）项", False),
        ("第133条之一", "第一百三十三条之一", "第一百三十三条之一", True),
        ("第133条", "第一百三十三条之一", "第一百三十三条之一", False),
        ("第133条之二", "第一百三十三条之一", "第一百三十三条之一", False),
        ("附件1第三条", "附件1/第三条", "附件1 第三条", True),
        ("附件2第三条", "附件1/第三条", "附件1 第三条", False),
        ("三、（一）二是", "三/（一）/二是", "三、（一）二是", True),
        ("三、（一）三是", "三/（一）/二是", "三、（一）二是", False),
        ("第二部分", "二/（一）", "二、（一）", True),
        ("1.1 支持", "1/1.1", "1.1", True),
        ("1.2 支持", "1/1.1", "1.1", False),
    ],
)
def test_a_clause_number_is_of_that_clause(text: str, path: str, label: str, same: bool) -> None:
    facts = read(f"{text} ")
    assert len(facts.chains) == 1 and not facts.figures
    assert has_chain(facts.chains[0], read_chain(path, label), ()) == same


def test_a_clause_number_stands_in_the_text() -> None:
    own, text = (
        read_chain("第十二条", "第十二条"),
        read("依照第三条第二款：（一）支持；（二）奖励。").chains,
    )
    for chain, same in (
        ("第三条", 1),
        ("第三条第二款", 1),
        ("第十二条第（二）项", 1),
        ("第四条", 0),
    ):
        assert has_chain(read(chain).chains[0], own, text) == bool(same), chain


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("吉政办发〔2024〕9号", True),
        ("吉政办发（２０２４）第9号", True),
        ("根据吉政办发[2024]9号", True),
        ("吉政办发〔2024〕8号", False),
        ("吉政办发〔2023〕9号", False),
        ("政办发〔2024〕9号", False),
        ("皖政办发〔2024〕9号", False),
    ],
)
def test_a_document_number_is_that_one(text: str, same: bool) -> None:
    (number,) = read(text).numbers
    exact = [Number("吉政办发", "2024", 9)]
    assert has_number(number, exact, []) == same
    assert not has_number(number, [], [])
    assert not read(text).figures and not read(text).days


def test_an_agency_begins_somewhere_in_the_running_text() -> None:
    (mentioned,) = read("按照国办发〔2020〕39号").numbers
    assert has_number(Number("国办发", "2020", 39), [], [mentioned])
    assert has_number(Number("依据按照国办发", "2020", 39), [], [mentioned])
    for agency in ("办发", "发", "皖办发"):
        assert not has_number(Number(agency, "2020", 39), [], [mentioned])


def test_names_are_no_facts() -> None:
    title = "某市三年行动方案（2023—2027年）"
    assert read(f"{title}支持5家", (title,)).figures == {Figure(Fraction(5), "家")}
    assert not read(f"{title}支持5家", (title,)).days


@given(
    st.text(
        alphabet="0123456789十百千万亿两零一二三年月日个元%第条款（）()〔〕号、.，。- abit是rmb¥$数",
        max_size=25,
    )
)
def test_any_text_can_be_read_and_supports_itself(text: str) -> None:
    facts = read(text)
    assert all(has_figure(figure, facts.figures) for figure in facts.figures)
    assert all(has_day(day, facts.days) for day in facts.days)
    assert all(has_number(number, [], facts.numbers) for number in facts.numbers)
    assert all(has_chain(chain, [()], facts.chains) for chain in facts.chains)

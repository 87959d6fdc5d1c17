"""Numerals and markers: what opens a clause, how its ordinal is written, and what only looks so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.numbering import (
    SCHEMES,
    read_inline,
    read_marker,
    read_number,
    write_number,
    write_ordinal,
)


def opened(line: str) -> tuple[str, str, str] | None:
    """Return (scheme, ordinal, marker as written) of what a line could open."""
    marker = read_marker(line, 0)
    return marker and (marker.scheme.name, marker.ordinal, line[marker.start : marker.end])


# --- numerals -------------------------------------------------------------------------------------


@given(st.integers(1, 9999))
def test_every_ordinal_reads_back(value: int) -> None:
    assert read_number(write_number(value)) == value


@given(st.integers(0, 9999))
def test_digits_of_both_widths_read_alike(value: int) -> None:
    wide = str(value).translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    assert read_number(str(value)) == read_number(wide) == value


@given(st.integers(1000, 9999))
def test_years_are_read_digit_by_digit(year: int) -> None:
    spelled = "".join("〇一二三四五六七八九"[int(digit)] for digit in str(year))
    assert read_number(spelled) == year


@pytest.mark.parametrize(
    ("numeral", "value"),
    [
        ("一", 1),
        ("十", 10),
        ("十一", 11),
        ("二十", 20),
        ("二十二", 22),
        ("两百", 200),
        ("一百零五", 105),
        ("一百一十", 110),
        ("一千二百六十", 1260),
        ("一千零一", 1001),
        ("三千〇五十", 3050),
        ("二〇二六", 2026),
        ("二○二六", 2026),
        ("零", 0),
        ("12", 12),
        ("１２", 12),
        ("①", 1),
        ("⑳", 20),
    ],
)
def test_numerals_are_read(numeral: str, value: int) -> None:
    assert read_number(numeral) == value


@pytest.mark.parametrize("text", ["", "甲", "十甲", "1.5", "-1", "①②", "12号"])
def test_what_is_no_numeral_has_no_value(text: str) -> None:
    assert read_number(text) is None


@pytest.mark.parametrize(
    ("value", "numeral"),
    [
        (1, "一"),
        (10, "十"),
        (12, "十二"),
        (20, "二十"),
        (100, "一百"),
        (105, "一百零五"),
        (110, "一百一十"),
        (1005, "一千零五"),
        (1260, "一千二百六十"),
        (9999, "九千九百九十九"),
    ],
)
def test_numerals_are_written_as_laws_write_them(value: int, numeral: str) -> None:
    assert write_number(value) == numeral


@pytest.mark.parametrize("value", [0, -1, 10000])
def test_no_ordinal_lies_outside_1_to_9999(value: int) -> None:
    with pytest.raises(ValueError, match=str(value)):
        write_number(value)


# --- markers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "scheme", "ordinal", "written"),
    [
        ("第一编 总则", "part", "第一编", "第一编"),
        ("第二章　人才", "chapter", "第二章", "第二章"),
        ("第二章总则", "chapter", "第二章", "第二章"),
        ("第二章", "chapter", "第二章", "第二章"),
        ("第一編 總則", "part", "第一编", "第一編"),
        ("第三節 申報", "section", "第三节", "第三節"),
        ("第3节 申报", "section", "第三节", "第3节"),
        ("第十二条 本办法", "article", "第十二条", "第十二条"),
        ("第12条 本办法", "article", "第十二条", "第12条"),
        ("第１２条 本办法", "article", "第十二条", "第１２条"),
        ("第十二條 本辦法", "article", "第十二条", "第十二條"),
        ("第一百零五条本办法", "article", "第一百零五条", "第一百零五条"),
        ("第十二条之一 市级", "article", "第十二条之一", "第十二条之一"),
        ("第二十〇条 市级", "article", "第二十条", "第二十〇条"),
        ("一、总体要求", "comma", "一", "一、"),
        ("二十三、附则", "comma", "二十三", "二十三、"),
        ("（五）完善", "bracket", "（五）", "（五）"),
        ("(五)完善", "bracket", "（五）", "(五)"),
        ("(五）完善", "bracket", "（五）", "(五）"),
        ("13. 推进", "point", "13", "13."),
        ("13、推进", "point", "13", "13、"),
        ("13．推进", "point", "13", "13．"),
        ("１３．推进", "point", "13", "１３．"),
        ("（1）企业", "digits", "（1）", "（1）"),
        ("(１)企业", "digits", "（1）", "(１)"),
        ("1)企业", "half", "1）", "1)"),
        ("1）企业", "half", "1）", "1）"),
        ("①企业", "circle", "①", "①"),
        ("⑫企业", "circle", "⑫", "⑫"),
        ("一. 企业", "comma", "一", "一."),
        ("一．企业", "comma", "一", "一．"),
        ("（ 一 ）企业", "bracket", "（一）", "（ 一 ）"),
        ("( 1 )企业", "digits", "（1）", "( 1 )"),
        ("第 十二 条 企业", "article", "第十二条", "第 十二 条"),
        ("1.1 企业", "decimal", "1.1", "1.1"),
        ("1.1企业", "decimal", "1.1", "1.1"),
        ("４．２．１　企业", "decimal", "4.2.1", "４．２．１"),
        ("1 总则", "point", "1", "1"),
        ("第一分编 通则", "subpart", "第一分编", "第一分编"),
        ("第一部分 总则", "division", "第一部分", "第一部分"),
        ("附件", "annex", "附件", "附件"),
        ("附件1", "annex", "附件1", "附件1"),
        ("附 件 2：清单", "annex", "附件2", "附 件 2"),
        ("附表三", "annex", "附件3", "附表三"),
    ],
)
def test_markers_of_every_scheme(line: str, scheme: str, ordinal: str, written: str) -> None:
    assert opened(line) == (scheme, ordinal, written)


@pytest.mark.parametrize("indent", ["　　", "  ", "\t", "\u00a0"])
def test_an_indent_stands_outside_the_marker(indent: str) -> None:
    marker = read_marker(f"{indent}一、总体要求", 0)
    assert marker is not None
    assert (marker.start, marker.end) == (len(indent), len(indent) + 2)


def test_an_inserted_article_knows_both_its_numbers() -> None:
    marker = read_marker("第十二条之三 市级", 0)
    assert marker is not None
    assert (marker.value, marker.ordinal) == (12, "第十二条之三")


@pytest.mark.parametrize(
    "line",
    [
        "第八条规定的企业",
        "第三条第二款",
        "第三条、第四条",
        "第三条的规定",
        "第三条和第四条",
        "第一章规定的企业",
        "第一章和第二章",
        "第一章确定的标准，由各市执行。",
        "第三节能源汽车推广应用和充电设施建设的有关要求执行",
        "1.5倍的奖励",
        "3.0版",
        "１．５倍",
        "2026年，全省",
        "2026年",
        "12345热线",
        "50家以上企业",
        "一是加强领导",
        "一批项目",
        "（以下简称方案）",
        "（2024）9号",
        "零、总则",
        "总体要求",
        "",
    ],
)
def test_what_only_looks_like_a_marker(line: str) -> None:
    assert read_marker(line, 0) is None


@pytest.mark.parametrize(
    "scheme",
    [s for s in SCHEMES if s.name not in ("annex", "decimal", "bare")],
    ids=lambda scheme: scheme.name,
)
@given(value=st.integers(1, 20))
def test_a_canonical_ordinal_is_stable(scheme, value: int) -> None:  # type: ignore[no-untyped-def]
    """An ordinal written back into a text reads as itself."""
    ordinal = write_ordinal(scheme, value)
    suffix = {"comma": "、", "point": "."}.get(scheme.name, "")
    assert opened(f"{ordinal}{suffix} 内容") == (scheme.name, ordinal, ordinal + suffix)


# --- inline series --------------------------------------------------------------------------------


def test_inline_markers_stand_where_a_sentence_begins() -> None:
    text = "三项任务：一是强化协同；二是优化布局。三是加强合作，四是总结,五是推广"
    assert [m.ordinal for m in read_inline(text, 0, len(text))] == [
        "一是",
        "二是",
        "三是",
        "四是",
        "五是",
    ]


@pytest.mark.parametrize("text", ["唯一是企业", "其中之一是企业，统一是关键", "这十是虚数"])
def test_a_numeral_inside_a_word_opens_nothing(text: str) -> None:
    assert read_inline(text, 0, len(text)) == []


def test_only_the_given_part_is_read() -> None:
    text = "一是甲。二是乙。三是丙。"
    assert [m.ordinal for m in read_inline(text, 4, 8)] == ["二是"]

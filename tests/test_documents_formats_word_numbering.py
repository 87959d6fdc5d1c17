"""Word's automatic numbering: what a reader sees before each paragraph, written by hand."""

from __future__ import annotations

import pytest
from lxml import etree

from documents.formats.word_numbering import (
    Counters,
    find_list,
    read_lists,
    write_label,
    write_value,
)
from documents.formats.word_styles import read_properties, read_styles
from documents.formats.word_xml import WORD, read_value

NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)
CHINESE = "chineseCountingThousand"


def level(
    index: int, text: str, format: str = "decimal", *, start: int | None = 1, more: str = ""
) -> str:
    begin = "" if start is None else f'<w:start w:val="{start}"/>'
    return (
        f'<w:lvl w:ilvl="{index}">{begin}<w:numFmt w:val="{format}"/>{more}'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
    )


def definition(*levels: str, id: int = 0, more: str = "") -> str:
    return f'<w:abstractNum w:abstractNumId="{id}">{more}{"".join(levels)}</w:abstractNum>'


def use(number: int, overrides: str = "", *, of: int = 0) -> str:
    return f'<w:num w:numId="{number}"><w:abstractNumId w:val="{of}"/>{overrides}</w:num>'


def start_override(index: int, start: int) -> str:
    return f'<w:lvlOverride w:ilvl="{index}"><w:startOverride w:val="{start}"/></w:lvlOverride>'


def paragraph_style(id: str, properties: str, *, based_on: str = "", more: str = "") -> str:
    base = f'<w:basedOn w:val="{based_on}"/>' if based_on else ""
    return (
        f'<w:style w:type="paragraph" w:styleId="{id}"{more}>{base}'
        f"<w:pPr>{properties}</w:pPr></w:style>"
    )


def numbered(index: int | None = 0, number: int | None = 1, style: str = "") -> str:
    """The properties of a paragraph on a level of a list."""
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    level = "" if index is None else f'<w:ilvl w:val="{index}"/>'
    list = "" if number is None else f'<w:numId w:val="{number}"/>'
    return named + (f"<w:numPr>{level}{list}</w:numPr>" if level or list else "")


def labels(definitions: str, paragraphs: list[str], styles: str = "") -> list[str]:
    """Return what stands before each paragraph, given by its properties."""
    known = read_styles(etree.fromstring(f"<w:styles {NAMESPACES}>{styles}</w:styles>"))
    root = etree.fromstring(f"<w:numbering {NAMESPACES}>{definitions}</w:numbering>")
    lists = read_lists(root, known)
    counters = Counters()
    found = []
    for properties in paragraphs:
        element = etree.fromstring(f"<w:pPr {NAMESPACES}>{properties}</w:pPr>")
        chain = known.paragraph(read_value(element, "pStyle"))
        place = find_list(read_properties(element, element.find(f"{WORD}rPr")), chain, lists)
        found.append(write_label(*place, lists, counters) if place else "")
    return found


# --- formats --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("format", "expected"),
    [
        ("decimal", {0: "0", 1: "1", 10: "10", 101: "101"}),
        ("decimalHalfWidth", {12: "12"}),
        ("decimalZero", {1: "01", 9: "09", 10: "10", 100: "100"}),
        ("decimalFullWidth", {1: "１", 10: "１０"}),
        ("decimalFullWidth2", {29: "２９"}),
        ("chineseCounting", {1: "一", 10: "十", 11: "十一", 20: "二十", 99: "九十九"}),
        ("chineseCounting", {100: "一○○", 101: "一○一", 110: "一一○"}),
        ("taiwaneseCounting", {1: "一", 10: "十", 21: "二十一"}),
        (CHINESE, {1: "一", 10: "十", 12: "十二", 20: "二十", 100: "一百", 101: "一百〇一"}),
        (CHINESE, {110: "一百一十", 111: "一百一十一", 1001: "一千〇一", 1260: "一千二百六十"}),
        ("taiwaneseCountingThousand", {10: "十", 101: "一百零一"}),
        (
            "japaneseCounting",
            {1: "一", 10: "十", 21: "二十一", 100: "百", 105: "百五", 1111: "千百十一"},
        ),
        ("chineseLegalSimplified", {1: "壹", 2: "贰", 10: "壹拾", 11: "壹拾壹", 105: "壹佰零伍"}),
        ("ideographLegalTraditional", {2: "貳", 3: "參", 20: "貳拾"}),
        ("ideographDigital", {1: "一", 10: "一〇", 26: "二六"}),
        ("taiwaneseDigital", {10: "一○"}),
        ("ideographTraditional", {1: "甲", 10: "癸", 11: "11"}),
        ("ideographZodiac", {1: "子", 3: "寅", 12: "亥", 13: "13"}),
        ("ideographZodiacTraditional", {1: "甲子", 11: "甲戌", 60: "癸亥", 61: "61"}),
        ("ideographEnclosedCircle", {1: "㊀", 10: "㊉", 11: "11"}),
        ("decimalEnclosedCircle", {1: "①", 10: "⑩", 20: "⑳", 21: "21"}),
        ("decimalEnclosedCircleChinese", {1: "①", 20: "⑳", 21: "21"}),
        ("decimalEnclosedParen", {1: "⑴", 20: "⒇"}),
        ("decimalEnclosedFullstop", {1: "⒈", 20: "⒛"}),
        ("upperRoman", {1: "I", 4: "IV", 9: "IX", 14: "XIV", 1994: "MCMXCIV", 0: "0"}),
        ("lowerRoman", {3: "iii", 40: "xl"}),
        ("upperLetter", {1: "A", 26: "Z", 27: "AA", 28: "BB", 53: "AAA", 0: "0"}),
        ("lowerLetter", {1: "a", 27: "aa"}),
        ("ordinal", {1: "1st", 2: "2nd", 3: "3rd", 4: "4th", 11: "11th", 13: "13th", 21: "21st"}),
        ("numberInDash", {1: "- 1 -"}),
        ("none", {1: "", 5: ""}),
        ("a format of tomorrow", {7: "7"}),
    ],
)
def test_a_number_in_each_format(format: str, expected: dict[int, str]) -> None:
    digits = 2 if format == "decimalZero" else 1
    assert {value: write_value(value, format, digits) for value in expected} == expected


@pytest.mark.parametrize("format", ["upperLetter", "lowerRoman", CHINESE, "chineseCounting"])
@pytest.mark.parametrize("value", [10_000, 999_999, -1])
def test_a_number_that_no_format_has_is_a_figure(value: int, format: str) -> None:
    assert write_value(value, format) == str(value)


def test_figures_of_three_digits() -> None:
    custom = (
        '<w:lvl w:ilvl="0"><w:start w:val="9"/><mc:AlternateContent><mc:Choice Requires="w14">'
        '<w:numFmt w:val="custom" w:format="001, 002, 003, ..."/></mc:Choice><mc:Fallback>'
        '<w:numFmt w:val="decimal"/></mc:Fallback></mc:AlternateContent>'
        '<w:lvlText w:val="%1"/></w:lvl>'
    )
    assert labels(definition(custom) + use(1), [numbered()] * 2) == ["009 ", "010 "]


# --- the text around a number ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "format", "expected"),
    [
        ("第%1条", CHINESE, ["第一条 ", "第二条 "]),
        ("%1、", "chineseCounting", ["一、 ", "二、 "]),
        ("（%1）", CHINESE, ["（一） ", "（二） "]),
        ("%1.", "decimal", ["1. ", "2. "]),
        ("附件%1：", "decimal", ["附件1： ", "附件2： "]),
        ("100%", "decimal", ["100% ", "100% "]),
        ("", "decimal", ["", ""]),
        ("%1", "none", ["", ""]),
        ("注：%1", "none", ["注： ", "注： "]),
    ],
)
def test_text_of_a_level(text: str, format: str, expected: list[str]) -> None:
    assert labels(definition(level(0, text, format)) + use(1), [numbered()] * 2) == expected


@pytest.mark.parametrize(
    ("suffix", "expected"), [("tab", "一、 "), ("space", "一、 "), ("nothing", "一、")]
)
def test_what_follows_a_number(suffix: str, expected: str) -> None:
    more = f'<w:suff w:val="{suffix}"/>'
    list = definition(level(0, "%1、", CHINESE, more=more)) + use(1)
    assert labels(list, [numbered()]) == [expected]


@pytest.mark.parametrize(
    ("text", "font", "expected"),
    [
        ("\uf0b7", "Symbol", "• "),
        ("\uf06c", "", "• "),
        ("l", "Wingdings", "• "),
        ("●", "宋体", "● "),
        ("—", "", "— "),
        (" ", "Wingdings", ""),
    ],
)
def test_a_bullet(text: str, font: str, expected: str) -> None:
    fonts = f'<w:rPr><w:rFonts w:ascii="{font}" w:hAnsi="{font}"/></w:rPr>' if font else ""
    bullet = level(0, text, "bullet").replace("</w:lvl>", f"{fonts}</w:lvl>")
    assert labels(definition(bullet) + use(1), [numbered()]) == [expected]


def test_a_hidden_number_counts_unseen() -> None:
    hidden = level(0, "%1.").replace("</w:lvl>", "<w:rPr><w:vanish/></w:rPr></w:lvl>")
    list = definition(hidden, level(1, "%1.%2")) + use(1)
    assert labels(list, [numbered(), numbered(), numbered(1)]) == ["", "", "2.1 "]


# --- levels ---------------------------------------------------------------------------------------

OUTLINE = definition(*(level(i, ".".join(f"%{k + 1}" for k in range(i + 1))) for i in range(9)))


def test_a_level_starts_again_below_a_higher_one() -> None:
    assert labels(OUTLINE + use(1), [numbered(i) for i in (0, 1, 1, 2, 0, 1, 2, 2, 1)]) == [
        *("1 ", "1.1 ", "1.2 ", "1.2.1 "),
        *("2 ", "2.1 ", "2.1.1 ", "2.1.2 ", "2.2 "),
    ]


def test_a_policy_with_three_kinds_of_ordinals() -> None:
    levels = level(0, "%1、", CHINESE), level(1, "（%2）", CHINESE), level(2, "%3.")
    list = definition(*levels) + use(1)
    assert labels(list, [numbered(i) for i in (0, 1, 2, 2, 1, 2, 0, 1)]) == [
        *("一、 ", "（一） ", "1. ", "2. ", "（二） ", "1. ", "二、 ", "（一） ")
    ]


def test_articles_run_through_chapters() -> None:
    never = '<w:lvlRestart w:val="0"/>'
    levels = level(0, "第%1章", CHINESE), level(1, "第%2条", CHINESE, more=never)
    list = definition(*levels) + use(1)
    assert labels(list, [numbered(i) for i in (0, 1, 1, 0, 1, 0, 1)]) == [
        *("第一章 ", "第一条 ", "第二条 ", "第二章 ", "第三条 ", "第三章 ", "第四条 ")
    ]


def test_a_level_starts_again_only_below_the_one_it_names() -> None:
    """Sections (level 2) start again in a part (level 1 of 3), not in a chapter."""
    levels = level(0, "%1"), level(1, "%2"), level(2, "%3", more='<w:lvlRestart w:val="1"/>')
    list = definition(*levels) + use(1)
    assert labels(list, [numbered(i) for i in (0, 1, 2, 2, 1, 2, 0, 2)]) == [
        *("1 ", "1 ", "1 ", "2 ", "2 ", "3 ", "2 ", "1 ")
    ]


def test_a_level_begins_at_its_start() -> None:
    levels = level(0, "%1", start=5), level(1, "%1.%2", start=0)
    list = definition(*levels) + use(1)
    assert labels(list, [numbered(i) for i in (0, 1, 1, 0, 1)]) == [
        *("5 ", "5.0 ", "5.1 ", "6 ", "6.0 ")
    ]


def test_a_level_without_a_start_begins_at_nought() -> None:
    assert labels(definition(level(0, "%1", start=None)) + use(1), [numbered()] * 2) == ["0 ", "1 "]


def test_a_level_that_was_skipped_is_at_its_start() -> None:
    assert labels(OUTLINE + use(1), [numbered(i) for i in (1, 1, 0, 2, 1)]) == [
        *("1.1 ", "1.2 ", "2 ", "2.1.1 ", "2.2 ")
    ]


def test_legal_numbers_are_figures() -> None:
    levels = (
        level(0, "第%1章", CHINESE),
        level(1, "%1.%2", "upperRoman", more="<w:isLgl/>"),
        level(2, "%1.%2.%3", "lowerLetter"),
    )
    assert labels(definition(*levels) + use(1), [numbered(i) for i in (0, 1, 2)]) == [
        *("第一章 ", "1.1 ", "一.I.a ")
    ]


def test_legal_may_be_switched_off() -> None:
    levels = level(0, "%1", CHINESE), level(1, "%1.%2", more='<w:isLgl w:val="0"/>')
    assert labels(definition(*levels) + use(1), [numbered(0), numbered(1)]) == ["一 ", "一.1 "]


def test_a_number_of_a_deeper_level_is_not_shown() -> None:
    levels = level(0, "%1%2"), level(1, "%2")
    assert labels(definition(*levels) + use(1), [numbered(i) for i in (0, 1, 0)]) == [
        *("1 ", "1 ", "2 ")
    ]


# --- several lists --------------------------------------------------------------------------------


def test_lists_of_one_definition_count_on() -> None:
    assert labels(OUTLINE + use(1) + use(2), [numbered(0, n) for n in (1, 1, 2, 1)]) == [
        *("1 ", "2 ", "3 ", "4 ")
    ]


def test_lists_of_two_definitions_count_apart() -> None:
    lists = definition(level(0, "%1.")) + definition(level(0, "（%1）"), id=7)
    found = labels(lists + use(1) + use(2, of=7), [numbered(0, n) for n in (1, 2, 1, 2)])
    assert found == ["1. ", "（1） ", "2. ", "（2） "]


def test_a_list_that_starts_again_does_so_once() -> None:
    lists = OUTLINE + use(1) + use(2, start_override(0, 1))
    assert labels(lists, [numbered(0, n) for n in (1, 1, 2, 2, 1)]) == [
        *("1 ", "2 ", "1 ", "2 ", "3 ")
    ]


def test_a_list_may_start_again_on_a_lower_level() -> None:
    lists = OUTLINE + use(1) + use(2, start_override(1, 5))
    paragraphs = [numbered(0), numbered(1), numbered(1, 2), numbered(1, 2), numbered(0, 2)]
    found = labels(lists, [*paragraphs, numbered(1, 2)])
    assert found == ["1 ", "1.1 ", "1.5 ", "1.6 ", "2 ", "2.5 "]


def test_a_list_may_replace_a_level() -> None:
    other = f'<w:lvlOverride w:ilvl="0">{level(0, "（%1）", CHINESE)}</w:lvlOverride>'
    lists = OUTLINE + use(1) + use(2, other)
    assert labels(lists, [numbered(0, n) for n in (1, 2, 1)]) == ["1 ", "（二） ", "3 "]


def test_a_list_may_replace_a_level_and_its_start() -> None:
    other = (
        f'<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/>{level(0, "%1)")}</w:lvlOverride>'
    )
    lists = OUTLINE + use(1) + use(2, other)
    assert labels(lists, [numbered(0, n) for n in (1, 1, 2, 2)]) == ["1 ", "2 ", "1) ", "2) "]


@pytest.mark.parametrize(
    "properties",
    [
        numbered(0, 0),
        numbered(0, 9),
        numbered(0, None),
        numbered(9, 1),
        numbered(-1, 1),
        '<w:numPr><w:ilvl w:val="x"/><w:numId w:val="y"/></w:numPr>',
        "",
    ],
    ids=["list 0", "no such list", "only a level", "too deep", "negative", "no figures", "plain"],
)
def test_a_paragraph_without_a_number(properties: str) -> None:
    assert labels(OUTLINE + use(1), [numbered(), properties, numbered()]) == ["1 ", "", "2 "]


def test_a_list_of_a_definition_that_is_missing() -> None:
    assert labels(OUTLINE + use(1, of=5), [numbered()]) == [""]


def test_a_level_that_its_definition_lacks_counts_without_a_number() -> None:
    list = definition(level(0, "%1"), level(2, "%1.%2.%3")) + use(1)
    assert labels(list, [numbered(i) for i in (0, 1, 2)]) == ["1 ", "", "1..1 "]


# --- numbers that come with a style ---------------------------------------------------------------


def test_a_style_numbers_its_paragraphs() -> None:
    styles = paragraph_style("Article", numbered(None, 1))
    list = definition(level(0, "第%1条", CHINESE)) + use(1)
    article = '<w:pStyle w:val="Article"/>'
    assert labels(list, [article, "", article], styles) == ["第一条 ", "", "第二条 "]


def test_levels_name_the_styles_that_they_number() -> None:
    levels = (
        level(0, "第%1章", CHINESE, more='<w:pStyle w:val="Chapter"/>'),
        level(1, "第%2条", CHINESE, more='<w:pStyle w:val="Article"/>'),
    )
    styles = paragraph_style("Chapter", numbered(None, 1)) + paragraph_style(
        "Article", numbered(None, 1)
    )
    paragraphs = [f'<w:pStyle w:val="{name}"/>' for name in ("Chapter", "Article", "Article")]
    assert labels(definition(*levels) + use(1), paragraphs, styles) == [
        *("第一章 ", "第一条 ", "第二条 ")
    ]


def test_a_style_may_state_its_level() -> None:
    styles = paragraph_style("Section", numbered(1, 1))
    section = '<w:pStyle w:val="Section"/>'
    assert labels(OUTLINE + use(1), [numbered(0), section], styles) == ["1 ", "1.1 "]


def test_a_style_takes_its_number_from_the_one_below() -> None:
    styles = (
        paragraph_style("A", numbered(None, 1))
        + paragraph_style("B", "", based_on="A")
        + paragraph_style("C", numbered(1, None), based_on="B")
        + paragraph_style("D", numbered(None, 0), based_on="A")
    )
    paragraphs = [f'<w:pStyle w:val="{name}"/>' for name in "ABCDB"]
    assert labels(OUTLINE + use(1), paragraphs, styles) == ["1 ", "2 ", "2.1 ", "", "3 "]


def test_a_paragraph_overrules_its_style() -> None:
    styles = paragraph_style("A", numbered(None, 1))
    lists = OUTLINE + definition(level(0, "（%1）"), level(1, "%2)"), id=1) + use(1) + use(2, of=1)
    paragraphs = [
        numbered(None, None, "A"),
        numbered(0, 2, "A"),
        numbered(1, None, "A"),
        numbered(None, 0, "A"),
    ]
    assert labels(lists, paragraphs, styles) == ["1 ", "（1） ", "1.1 ", ""]


def test_the_default_style_numbers_paragraphs_that_name_none() -> None:
    styles = paragraph_style("Normal", numbered(0, 1), more=' w:default="1"')
    assert labels(OUTLINE + use(1), ["", ""], styles) == ["1 ", "2 "]


def test_styles_in_a_circle() -> None:
    styles = paragraph_style("A", "", based_on="B") + paragraph_style(
        "B", numbered(0, 1), based_on="A"
    )
    assert labels(OUTLINE + use(1), ['<w:pStyle w:val="A"/>'], styles) == ["1 "]


def test_a_definition_may_be_that_of_a_numbering_style() -> None:
    """The list counts on with the style's own, whose definition it borrows."""
    own = definition(level(0, "第%1条", CHINESE), id=5, more='<w:styleLink w:val="Articles"/>')
    borrowed = definition(id=6, more='<w:numStyleLink w:val="Articles"/>')
    style = (
        '<w:style w:type="numbering" w:styleId="Articles"><w:pPr><w:numPr><w:numId w:val="1"/>'
        "</w:numPr></w:pPr></w:style>"
    )
    lists = own + borrowed + use(1, of=5) + use(2, of=6) + use(3, start_override(0, 1), of=6)
    found = labels(lists, [numbered(0, n) for n in (1, 2, 3, 2)], style)
    assert found == ["第一条 ", "第二条 ", "第一条 ", "第二条 "]


def test_a_numbering_style_in_a_circle_is_no_list() -> None:
    borrowed = definition(id=6, more='<w:numStyleLink w:val="Articles"/>')
    style = (
        '<w:style w:type="numbering" w:styleId="Articles"><w:pPr><w:numPr><w:numId w:val="1"/>'
        "</w:numPr></w:pPr></w:style>"
    )
    assert labels(borrowed + use(1, of=6), [numbered()], style) == [""]


def test_no_numbering_part() -> None:
    assert read_lists(None, read_styles(None)) == {}

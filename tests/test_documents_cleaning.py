"""Each step of cleaning by itself, and what holds of the chain for any text at all."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.cleaning import clean, find_furniture, find_invisible, find_markup, find_pinyin
from documents.numbering import write_number
from documents.offsets import Span
from documents.pages import find_marks, find_pages
from documents.wraps import find_wraps


def without(text: str, spans: list[Span]) -> str:
    for start, end in reversed(spans):
        text = text[:start] + text[end:]
    return text


# --- any text -------------------------------------------------------------------------------------

# Characters and phrases that the steps look for, so that random texts reach their branches.
_SCRAPS = st.sampled_from(
    [
        *"一二三十、，。；：（）()第条章是 \n\n\n\t\u3000\u00a0\u200b\ufeff\x00\x0b\f\r\x85\u2028",
        "关(guān)",
        "新(xin)",
        "(ā)",
        "**",
        "\n# ",
        "<!--",
        "-->",
        "&nbsp;",
        "&amp;",
        "打印正文",
        "字号:",
        "首页",
        "\n\n",
        "放 弃",
        "发布日期：2024年5月22日",
        "一、",
        "（一）",
        "1. ",
        "第一条 ",
        "为进一步推动全省汽车产业的发展，现提出意见",
        "安徽省人民政府",
        "🚗𠮷",
        "\n\f",
        "\n— 3 —\n",
        "\n\n4\n\n",
        "\n第 5 页 共 9 页\n",
        "Office of",
    ]
)
_ANY_CHARACTER = st.characters(exclude_categories=["Cs"])
TEXTS = st.one_of(
    st.lists(st.one_of(_SCRAPS, _ANY_CHARACTER), max_size=60).map("".join),
    st.text(_ANY_CHARACTER, max_size=80),
)


@given(TEXTS)
def test_cleaning_only_removes(source: str) -> None:
    cleaned = clean(source)
    removals = cleaned.removals
    assert all(r.start < r.end and source[r.start : r.end] == r.text for r in removals)
    assert all(a.end <= b.start for a, b in pairwise(removals))
    assert without(source, [(r.start, r.end) for r in removals]) == cleaned.text
    assert sum(len(r.text) for r in removals) == len(source) - len(cleaned.text)


@given(TEXTS)
def test_every_clean_character_maps_to_itself_in_the_source(source: str) -> None:
    cleaned = clean(source)
    places = [cleaned.offsets.to_source(i) for i in range(len(cleaned.text))]
    assert [source[place] for place in places] == list(cleaned.text)
    assert places == sorted(set(places))


@given(TEXTS)
def test_only_breaks_furniture_and_known_noise_go(source: str) -> None:
    """A wrap takes white space only, and nothing is removed without one of the five reasons."""
    for removal in clean(source).removals:
        assert removal.reason in {"invisible", "markup", "pinyin", "page", "furniture", "wrap"}
        assert removal.reason != "wrap" or not removal.text.strip()


@given(TEXTS)
def test_no_page_mark_is_left_beside_a_line_end(source: str) -> None:
    found = clean(source).text
    assert "\n\f" not in found
    assert "\f\n" not in found


@given(TEXTS)
def test_what_stood_on_two_pages_is_not_glued(source: str) -> None:
    """Removing what is between two pages leaves one line end of it."""
    kept = without(source, find_pages(source))
    words = [line.strip() for line in kept.replace("\f", "\n").split("\n")]
    lines = [line.strip() for line in source.replace("\f", "\n").split("\n")]
    assert all(word in lines for word in words if word)


def test_a_text_without_noise_stays_as_it_is() -> None:
    text = "關於促進汽車產業的意見\n\n一、總體要求\n（一）到２０２６年，產值達到1.5倍。\n"
    assert clean(text).text == text
    assert clean(text).removals == ()


# --- invisible characters -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "noise", ["\u200b", "\ufeff", "\u00ad", "\u202e", "\u2060", "\x00", "\x7f", "\u200b\u200d"]
)
def test_invisible_characters_go(noise: str) -> None:
    text = f"汽车{noise}产业"
    assert without(text, find_invisible(text)) == "汽车产业"


@pytest.mark.parametrize("kept", ["\n", "\t", "\f", " ", "\u3000", "\u00a0"])
def test_white_space_is_not_invisible(kept: str) -> None:
    assert find_invisible(f"汽车{kept}产业") == []


# --- markup ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# 某办法\n## 第一章 总则\n　　### 第一节\n", "某办法\n第一章 总则\n　　第一节\n"),
        ("甲\n<!-- INFO END -->\n乙", "甲\n\n乙"),
        ("甲<!--# 一\n**二**-->乙<!---->", "甲乙"),
        ("**第一条** 为了**甲&nbsp;乙**", "第一条 为了甲乙"),
        ("***第一条***", "第一条"),
        ("## **第一条**", "第一条"),
        ("甲&nbsp;&emsp;乙&#160;&#xA0;&#12288;&#x3000;丙", "甲乙丙"),
        ("R&amp;D经费&amp;nbsp;投入", "R&D经费投入"),
    ],
)
def test_marks_of_markdown_and_html_go(text: str, expected: str) -> None:
    assert without(text, find_markup(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "#1机组 # 2",
        "####### 七级",
        "甲\n#\n乙",
        "2**3 ** 4** 注*",
        "**甲\n乙**",
        "____年____月____日",
        "甲<!-- 未完",
        "甲 -- > 乙 -->",
        "AT&T；R&D；&ldquo;甲&rdquo;；&lt;；nbsp;",
    ],
)
def test_what_only_looks_like_markup_stays(text: str) -> None:
    assert find_markup(text) == []


@pytest.mark.parametrize(
    "piece",
    ["<!--", "<!---->", "**甲", "**甲**", "*", "# ", "#", " ", "&", "&amp;", "&#0000", "\n"],
)
def test_markup_is_found_in_time_linear_in_the_text(piece: str) -> None:
    begin = time.perf_counter()
    find_markup(piece * 200_000)
    # A second at most; in quadratic time it would be hours.
    assert time.perf_counter() - begin < 30


# --- pinyin ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("關(guān)於(yú)汽車(chē)", "關於汽車"),
        ("關（guān）於", "關於"),
        ("新(xin)能(neng)源", "新能源"),
        ("重(chóng)慶(qìng)", "重慶"),
        ("重(zhong)點", "重點"),
        ("蓢(guó)家", "蓢家"),  # a tone mark shows it, though the character itself was damaged
        ("旅(lǚ)游", "旅游"),
    ],
)
def test_bracketed_pinyin_goes(text: str, expected: str) -> None:
    assert without(text, find_pinyin(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "人工智能(ai)产业",
        "研发(rd)经费",
        "新(xing)能源",  # not a reading of that character
        "公里(km)",
        "企业(cn)",
        "新能源(NEV)汽车",
        "(xin)",
        "新 (xin)",
        "能源(2024)",
    ],
)
def test_other_brackets_stay(text: str) -> None:
    assert find_pinyin(text) == []


# --- pages ----------------------------------------------------------------------------------------


def page(number: int, lines: int = 12) -> str:
    """Return the lines of a page, none of which is like another's."""
    return "".join(
        f"第{write_number(number * 40 + i + 1)}项工作任务要求如期完成。\n" for i in range(lines)
    )


NUMBERS = ["— {} —", "-{}-", "－ {} －", "{}", "第{}页", "第 {} 页 共 9 页", "{}/9", "Page {} of 9"]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("at_top", [False, True])
def test_page_numbers_beside_page_marks_go(number: str, at_top: bool) -> None:
    numbers = [number.format(i) for i in range(1, 5)]
    pages = [page(i) for i in range(4)]
    text = "\f".join(
        f"{n}\n\n{p}" if at_top else f"{p}\n{n}\n" for n, p in zip(numbers, pages, strict=True)
    )
    assert clean(text).text.strip() == "".join(pages).strip()


@pytest.mark.parametrize(
    ("number", "around"),
    [
        *((number, "\n") for number in ("— {} —", "-{}-", "{}", "第 {} 页 共 9 页", "{}/9")),
        # A bare number between lines of text could be anything.
        *((number, "") for number in ("— {} —", "-{}-", "第 {} 页 共 9 页")),
    ],
)
def test_page_numbers_in_a_plain_text_go(number: str, around: str) -> None:
    pages = [page(i) for i in range(5)]
    text = "".join(f"{p}{around}{number.format(i + 3)}\n{around}" for i, p in enumerate(pages))
    assert clean(text).text == "".join(pages)
    removed = [r for r in clean(text).removals if r.reason == "page"]
    assert [r.text.strip() for r in removed if r.text.strip()] == [
        number.format(i) for i in range(3, 8)
    ]


@pytest.mark.parametrize(
    "text",
    [
        f"{page(0)}\n12\n\n{page(1)}",  # no series
        f"{page(0)}\n7\n\n{page(1)}\n7\n\n{page(2)}\n7\n\n{page(3)}",  # does not count up
        "".join(f"{page(i, 2)}\n{i}\n\n" for i in range(1, 6)),  # too close: a column of a table
        f"{page(0)}\n1\n\n{page(1, 60)}\n2\n\n{page(2)}\n3\n\n{page(3)}",  # no rhythm
        f"{page(0)}2026\n\f{page(1)}1.5\n\f{page(2)}300\n",  # figures at the foot
        f"序号\n1\n项目\n2\n任务\n\f{page(1)}",  # not at an edge
        "到年底前完成3/10的任务。\n",
        "— 某某省 —\n",
    ],
)
def test_a_number_that_is_content_stays(text: str) -> None:
    assert clean(text).text.replace("\n", "") == text.replace("\n", "").replace("\f", "")


def test_running_headers_and_footers_go() -> None:
    text = "\f".join(
        f"某某省人民政府公报　2024年第5期\n\n{page(i)}\n网址：www.example.cn　{i + 1}\n"
        for i in range(5)
    )
    found = clean(text).text
    assert found == "某某省人民政府公报　2024年第5期\n\n" + "".join(page(i) for i in range(5))


def test_the_first_page_that_has_text_counts_as_the_first() -> None:
    text = "\f".join(["", "", *(f"省政府文件\n\n{page(i)}" for i in range(4))])
    assert clean(text).text == "省政府文件\n\n" + "".join(page(i) for i in range(4))


def test_headers_that_differ_on_left_and_right_pages_go() -> None:
    text = "\f".join(f"{'某某省公报' if i % 2 else '省政府文件'}\n\n{page(i)}" for i in range(8))
    found = clean(text).text
    assert found.count("某某省公报") == 0
    assert found.count("省政府文件") == 1  # on the first page, for it is said nowhere else


def test_a_title_that_runs_on_as_a_header_stays_where_it_is_the_title() -> None:
    title = "关于促进产业发展的若干意见"
    for first in ("", f"{title}\n\n"):
        text = f"{first}{title}\n\n{page(0)}\f{title}\n\n{page(1)}\f{title}\n\n{page(2)}"
        assert clean(text).text.count(title) == 1
        assert clean(text).text.startswith(title)


@pytest.mark.parametrize(
    "text",
    [
        "\f".join(f"附件{i}\n{page(i)}" for i in range(1, 6)),  # each annex on a page of its own
        "\f".join(f"第{i}章　各章的名称\n{page(i)}" for i in range(1, 6)),
        "\f".join(f"项目\t{i}\t完成\n{page(i)}" for i in range(1, 6)),  # rows of a table
        "\f".join(f"各市要重视这项工作。\n{page(i)}" for i in range(1, 6)),  # sentences
        f"特此通知。\n{page(0)}\f{page(1)}\f特此通知。\n{page(2)}\f{page(3)}",  # not on most pages
    ],
)
def test_what_begins_pages_but_does_not_run_stays(text: str) -> None:
    assert clean(text).text == text.replace("\f", "")


def test_a_repeated_line_inside_pages_stays() -> None:
    text = "\f".join(f"{page(i, 6)}牵头单位：省发展改革委\n{page(i + 10, 6)}" for i in range(4))
    assert clean(text).text == text.replace("\f", "")


def test_a_page_mark_inside_a_line_stays() -> None:
    """Nothing else would part the words on its two sides."""
    assert clean("第一页的话\f第二页的话").text == "第一页的话\f第二页的话"
    assert find_marks("甲\f乙\n\f丙\f\n") == [(4, 5), (6, 7)]


def test_each_removal_says_what_it_took() -> None:
    text = f"{page(0)}\n— 1 —\n\f{page(1)}\n— 2 —\n"
    removals = clean(text).removals
    assert {r.reason for r in removals} == {"page"}
    assert [r.text for r in removals] == ["\n— 1 —\n", "\f", "\n— 2 —\n"]


# --- furniture ------------------------------------------------------------------------------------

_BODY = "为推动汽车产业发展，现提出意见。\n\n一、加强领导。各市要重视。"


@pytest.mark.parametrize(
    "controls",
    [
        "首页 | 登录 | 注册",
        "字号: [小] [大] 【打印正文】",
        "(欢迎您)注销",
        "当前位置：首页 > 政务公开 > 政策",
        "打印本页\n关闭窗口",
        "我是“小宝”\n点击我，为您语音播报",
    ],
)
def test_controls_around_the_text_go(controls: str) -> None:
    assert clean(f"{controls}\n\n{_BODY}").text.strip() == _BODY
    assert clean(f"{_BODY}\n\n{controls}").text.strip() == _BODY


@pytest.mark.parametrize(
    "sentence",
    [
        "申请人可以在网上打印证书，也可以到窗口领取。",
        "平台提供登录、注册服务；企业可以收藏。",
        "请关闭窗口。",
    ],
)
def test_a_sentence_that_names_a_control_stays(sentence: str) -> None:
    for text in (f"{sentence}\n\n{_BODY}", f"{_BODY}\n\n{sentence}"):
        assert find_furniture(text) == []


def test_a_title_that_names_a_control_stays() -> None:
    assert find_furniture(f"关于企业登录政务平台办理登记的通知\n\n{_BODY}") == []


def test_controls_in_the_middle_of_the_text_stay() -> None:
    assert find_furniture(f"{_BODY}\n\n首页 登录\n\n{_BODY}") == []


def test_labelled_facts_stay_beside_the_controls() -> None:
    text = f"发布时间:2023-12-04 16:15\n字号: [小] [大] 【打印正文】\n分享到:\n\n{_BODY}"
    assert without(text, find_furniture(text)) == f"发布时间:2023-12-04 16:15\n\n{_BODY}"


def test_a_title_above_the_text_stays() -> None:
    text = f"关于促进汽车产业的意见\n\n首页 登录\n\n{_BODY}"
    assert without(text, find_furniture(text)) == f"关于促进汽车产业的意见\n\n\n{_BODY}"


# --- wraps ----------------------------------------------------------------------------------------


def unwrapped(text: str) -> str:
    return without(text, find_wraps(text))


@pytest.mark.parametrize("cut", ["\n\n", "\n", "\n\n\n", "  \n  \n", "\n\u3000\n"])
def test_a_sentence_cut_by_a_line_end_is_joined(cut: str) -> None:
    before = "鼓励各地出台政策，加快建设充电设施，大"
    assert unwrapped(f"{before}{cut}力发展新能源汽车。") == f"{before}力发展新能源汽车。"


@pytest.mark.parametrize(
    "text",
    [
        "鼓励各地出台政策，加快建设充电设施。\n力争用三年时间。",  # a sentence ends
        "鼓励各地出台政策，加快建设充电设施\n一、总体要求",  # an ordinal follows
        "鼓励各地出台政策，加快建设充电设施\n（一）总体要求",
        "鼓励各地出台政策，加快建设充电设施\n第一条 为了",
        "鼓励各地出台政策，加快建设充电设施\n　　力争用三年时间。",  # an indent follows
        "鼓励各地出台政策，加快建设充电设施\f力争用三年时间。",  # a page ends
        "鼓励各地出台政策，加快建设充电设施。\n\f力争用三年时间。",
        "年度，\t产值，\t任务，增加的值\n合计",  # a table row
        "鼓励各地出台政策，加快建设充电设施\n发布日期：2024年5月22日",  # a labelled fact
        "总体要求\n\n力争用三年时间。",  # a heading
        "安徽省人民政府办公厅\n2023年12月1日",  # a signature
        "关于促进汽车产业集群发展的\n指导意见",  # a title of two lines: metadata joins it
        "附件1、汽车产业集群发展行动目标分解表\n附件2、项目",  # a list of annexes
        "各市人民政府、省政府各部门、各直属机构：\n经同意，印发意见。",  # an addressee
    ],
)
def test_a_paragraph_is_not_joined_to_the_next(text: str) -> None:
    assert unwrapped(text) == text


def wrapped(paragraph: str, width: int) -> str:
    return "\n".join(paragraph[i : i + width] for i in range(0, len(paragraph), width))


_PARAGRAPH = (
    "推动整车企业壮大产销规模、加大培育和采购力度。开放配套市场与零部件企业加强技术合作，" * 6
)


def test_a_hard_wrapped_text_is_joined() -> None:
    """Even where a line happens to end with a full stop."""
    assert unwrapped(wrapped(_PARAGRAPH, 20)) == _PARAGRAPH


def test_a_text_wrapped_as_printed_is_joined() -> None:
    """A digit is half as wide as a Chinese character, so the lines differ in their number of them."""
    paragraph = (
        "到2026年力争建成100个项目和12345个充电桩以及2000座换电站其中城区不少于800座全部联网，" * 6
    )
    cut, used, rows = 0, 0.0, []
    for i, character in enumerate(paragraph):
        used += 0.5 if character.isascii() else 1
        if used > 20:
            rows.append(paragraph[cut:i])
            cut, used = i, 0.5 if character.isascii() else 1
    rows.append(paragraph[cut:])
    assert len({len(row) for row in rows[:-1]}) > 1
    assert unwrapped("\n".join(rows)) == paragraph


def test_a_table_in_a_hard_wrapped_text_does_not_widen_it() -> None:
    table = "项目一\t牵头单位为省科技厅和省财政厅\t到2026年底以前全部完成并且通过验收\n"
    assert unwrapped(f"{table}{wrapped(_PARAGRAPH, 20)}") == f"{table}{_PARAGRAPH}"


def test_a_sentence_that_ends_short_of_the_width_ends_a_paragraph() -> None:
    rows = wrapped(_PARAGRAPH, 20)
    last = "各地要按照要求抓好各项工作落实到位。"
    assert len(last) == 18
    text = f"{rows}\n{last}\n{rows}"
    assert unwrapped(text).endswith(f"{last}\n{_PARAGRAPH}")


def test_headings_of_a_hard_wrapped_text_are_not_joined() -> None:
    text = f"一、总体要求\n{wrapped(_PARAGRAPH, 20)}\n二、主要任务\n{wrapped(_PARAGRAPH, 20)}"
    assert unwrapped(text) == f"一、总体要求\n{_PARAGRAPH}\n二、主要任务\n{_PARAGRAPH}"


def test_a_list_is_not_joined() -> None:
    text = "".join(f"{i}. 支持第{i}类企业申报项目\n" for i in range(1, 12))
    assert unwrapped(text) == text


def test_a_title_beside_controls_stays() -> None:
    text = (
        "某某市人民政府关于促进就业的通知\n【打印】【关闭】\n各区人民政府、市政府各部门：\n\n"
        "一、促进就业。支持企业。\n"
    )
    assert clean(text).text.startswith("某某市人民政府关于促进就业的通知\n各区人民政府")


def as_page(lines: list[str], number: int) -> str:
    return "\n".join([*lines, "", f"— {number} —", ""])


def indented(text: str, width: int) -> list[str]:
    return wrapped(f"　　{text}", width).split("\n")


@pytest.mark.parametrize("separator", ["\f", "\n"], ids=["page marks", "numbers only"])
@pytest.mark.parametrize("width", [20, 28, 33])
def test_paragraphs_go_on_over_pages(width: int, separator: str) -> None:
    """A page may end anywhere, in a paragraph or between two, and the last line may be full."""
    paragraphs = [
        "".join(f"支持第{write_number(n * 10 + k)}类企业，给予奖励" for k in range(1, 5 + n % 3))[
            n % 7 :
        ]
        + "。"
        for n in range(1, 25)
    ]
    rows = [row for paragraph in paragraphs for row in indented(paragraph, width)]
    pages = [rows[i : i + 17] for i in range(0, len(rows), 17)]
    text = separator.join(as_page(lines, i) for i, lines in enumerate(pages, 1))
    assert clean(text).text.rstrip("\n") == "\n".join(f"　　{p}" for p in paragraphs)


def test_an_ordinal_at_the_margin_of_an_indented_text_is_quoted() -> None:
    quote = "依照本办法的有关规定并且参照本省公布的标准和以下条文"
    paragraphs = [f"{quote}第十二条执行，其余部分按照原有的规定继续执行。", *[_PARAGRAPH] * 4]
    rows = [row for paragraph in paragraphs for row in indented(paragraph, len(quote) + 2)]
    assert rows[1].startswith("第十二条")
    assert unwrapped("\n".join(rows)) == "\n".join(f"　　{p}" for p in paragraphs)


def test_an_ordinal_at_the_margin_of_a_text_without_indents_opens() -> None:
    rows = wrapped(_PARAGRAPH[:40] + "扩大", 21)
    text = f"{rows}\n一、总体要求\n{rows}\n二、主要任务\n{rows}"
    assert "\n一、" in unwrapped(text)
    assert "\n二、" in unwrapped(text)


def test_where_paragraphs_are_set_apart_a_full_stop_at_the_width_goes_on() -> None:
    paragraph = "各地要按照要求抓好各项工作落实到位。" * 6
    text = "\n\n".join([wrapped(paragraph[i:], 19) for i in range(0, 30, 3)])
    assert unwrapped(text).split("\n\n") == [paragraph[i:] for i in range(0, 30, 3)]


@pytest.mark.parametrize("mark", list("，。、；：）》"))
@pytest.mark.parametrize("between", ["\n", "\n\n", "\n　　"])
def test_no_line_begins_with_closing_punctuation(mark: str, between: str) -> None:
    assert unwrapped(f"产业发展{between}{mark}各地要重视") == f"产业发展{mark}各地要重视"


@pytest.mark.parametrize("mark", list("，、"))
def test_no_paragraph_ends_with_a_comma(mark: str) -> None:
    text = f"{wrapped(_PARAGRAPH, 20)}\n支持企业{mark}\n高等学校"
    assert unwrapped(text).endswith(f"支持企业{mark}高等学校")


@pytest.mark.parametrize(
    ("before", "after", "joined"),
    [
        ("the General Office", "of the State Council", "the General Office\nof the State Council"),
        ("the General Office ", "of the State", "the General Office of the State"),
        ("the General Office", " of the State", "the General Office of the State"),
        ("推广使用Windows", "10操作系统", "推广使用Windows\n10操作系统"),
        ("产业规模达到100", "亿元以上", "产业规模达到100亿元以上"),
        ("产业规模在20", "26年达到", "产业规模在2026年达到"),
        ("推广使用Windows", "操作系统", "推广使用Windows操作系统"),
    ],
)
def test_two_words_at_a_line_end_are_not_glued(before: str, after: str, joined: str) -> None:
    start = "为推动整车企业壮大产销规模，"
    assert unwrapped(f"{start}{before}\n{after}") == f"{start}{joined}"


def test_a_text_cut_in_mid_word_is_glued() -> None:
    """Where lines begin with punctuation, whoever cut them looked at nothing."""
    text = "支持企业使用Internet和GPS等技术，推动整车企业壮大产销规模，加大采购力度。" * 8
    assert "G\nPS" in wrapped(text, 20)
    assert unwrapped(wrapped(text, 20)) == text


def test_a_heading_of_two_things_is_not_joined_over_a_blank_line() -> None:
    text = "国务院办公厅、中央军委办公厅\n\n关于加强管理工作的通知"
    assert unwrapped(text) == text


def test_short_lines_are_no_wrapped_text() -> None:
    text = "\n".join(["汽车", "零部件", "新能源", "充电桩"] * 5)
    assert unwrapped(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "一、坚持创新驱动，推动产业升级\n\n加快建设产业创新中心，培育龙头企业。",
        "杭州市财政局关于加强管理，促进发展的通知\n\n杭财〔2024〕9号",
        "各市要加强组织领导，狠抓工作落实\n杭州市财政局\n2024年1月1日",
        "邮箱地址：someone，anyone\n特此通知。",
    ],
)
def test_headings_titles_and_signatures_go_on_nowhere(text: str) -> None:
    assert clean(text).text == text

"""Each step of cleaning by itself, and what holds of the chain for any text at all."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.cleaning import (
    clean,
    find_furniture,
    find_invisible,
    find_markup,
    find_pinyin,
    find_wraps,
)
from documents.offsets import Span


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
        assert removal.reason in {"invisible", "markup", "pinyin", "furniture", "wrap"}
        assert removal.reason != "wrap" or not removal.text.strip()


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
        "鼓励各地出台政策，加快建设充电设施\n\f力争用三年时间。",
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

"""The clause tree: the samples against hand-written golden files, its rules, and any text at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents import candidates
from documents.clauses import ClauseSpan, ClauseTree, build_tree
from documents.parsing import parse
from documents.types import Gap

GOLDEN = Path(__file__).parent / "golden"
NAMES = sorted(path.name.removesuffix(".clauses.tsv") for path in GOLDEN.glob("*.clauses.tsv"))


def paths(text: str) -> list[str]:
    return [clause.path for clause in build_tree(text).clauses]


def clause(text: str, path: str) -> ClauseSpan:
    return next(clause for clause in build_tree(text).clauses if clause.path == path)


def own(text: str, path: str) -> str:
    return "|".join(text[start:end] for start, end in clause(text, path).own)


# --- the samples ----------------------------------------------------------------------------------


def test_every_sample_has_a_golden_file(samples: Path) -> None:
    assert sorted(path.stem for path in samples.glob("*.txt")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_clauses_of_a_sample(name: str, samples: Path) -> None:
    document = parse(samples / f"{name}.txt")
    rows = ["path\tkind\tstart"]
    for c in document.clauses:
        start = document.clean[c.start : c.start + 10].replace("\n", "\\n").replace("\t", "\\t")
        rows.append(f"{c.path}\t{c.kind}\t{start}")
    assert rows == (GOLDEN / f"{name}.clauses.tsv").read_text("utf-8").splitlines()


# --- any text -------------------------------------------------------------------------------------

_SCRAPS = st.sampled_from(
    [
        *"\n\n\n\n　 \t。；，\f\r\x85",
        *"一、 二、 三、 五、 （一） （二） (三) 1. 2. 3、 7． 1) （1） （2） ① ② ③".split(),
        *"第一条 第二条 第二条之一 第三条的 第一编 第一章 第一节 一是 二是 三是".split(),
        "第一章 总则",
        "鼓励企业建设。",
        "总体要求",
        "1.5倍",
        "本办法自印发之日起施行。",
        "安徽省人民政府",
        "2023年12月1日",
        "附件：目录",
    ]
)
TEXTS = st.lists(st.one_of(_SCRAPS, st.characters(exclude_categories=["Cs"])), max_size=50).map(
    "".join
)


@given(TEXTS)
def test_children_lie_inside_parents_in_order_and_apart(text: str) -> None:
    clauses = build_tree(text).clauses
    assert [c.start for c in clauses] == sorted(c.start for c in clauses)
    around: list[ClauseSpan] = []
    for c in clauses:
        assert c.start < c.end
        while around and around[-1].end <= c.start:
            around.pop()
        # What is still open holds all of this one, and begins before it: nothing overlaps in part.
        assert all(outer.start < c.start and c.end <= outer.end for outer in around)
        around.append(c)


@given(TEXTS)
def test_paths_are_unique(text: str) -> None:
    found = paths(text)
    assert len(found) == len(set(found))


@given(TEXTS)
def test_every_character_belongs_to_exactly_one_clause(text: str) -> None:
    owners = [0] * len(text)
    for c in build_tree(text).clauses:
        assert c.start == c.own[0][0]
        for start, end in c.own:
            assert c.start <= start < end <= c.end
            for i in range(start, end):
                owners[i] += 1
    assert all(n == 1 for n, c in zip(owners, text, strict=True) if not c.isspace())
    assert max(owners, default=0) <= 1


@given(TEXTS)
def test_markers_open_their_clauses(text: str) -> None:
    for c in build_tree(text).clauses:
        if c.marker is None:
            assert (c.path, c.level, c.heading) in {("首", 0, None), ("尾", 0, None)}
        else:
            assert text.startswith(c.marker, c.start)
            assert c.level == c.path.count("/") + 1


# --- numbering ------------------------------------------------------------------------------------


def test_a_text_without_ordinals_is_front() -> None:
    assert paths("关于促进汽车产业的意见\n各市要重视。") == ["首"]
    assert paths("") == paths(" \n　") == []


def test_levels_join_their_ordinals() -> None:
    text = "意见\n一、甲\n（一）乙\n1. 丙\n（1）丁\n①戊\n②己\n2、庚\n（二）辛\n二、壬"
    assert paths(text) == [
        "首",
        "一",
        "一/（一）",
        "一/（一）/1",
        "一/（一）/1/（1）",
        "一/（一）/1/（1）/①",
        "一/（一）/1/（1）/②",
        "一/（一）/2",
        "一/（二）",
        "二",
    ]


def test_an_unusual_order_of_schemes_nests_by_rank() -> None:
    assert paths("一、甲\n1. 乙\n2. 丙\n二、丁\n3. 戊") == ["一", "一/1", "一/2", "二", "二/3"]


def test_numbers_may_run_through_headings() -> None:
    tree = build_tree("一、甲\n（一）乙\n（二）丙\n二、丁\n（三）戊\n（四）己")
    assert [c.path for c in tree.clauses][-2:] == ["二/（三）", "二/（四）"]
    assert tree.gaps == tree.duplicates == ()


def test_numbers_may_begin_again_under_each_heading() -> None:
    tree = build_tree("一、甲\n（一）乙\n（二）丙\n二、丁\n（一）戊\n（二）己")
    assert [c.path for c in tree.clauses][-2:] == ["二/（一）", "二/（二）"]
    assert tree.gaps == tree.duplicates == ()


def test_a_restart_inside_one_parent_is_told_apart_and_reported() -> None:
    tree = build_tree("一、甲\n1. 乙\n（1）丙\n2. 丁\n1. 戊\n（1）己\n2. 庚")
    assert [c.path for c in tree.clauses] == [
        "一",
        "一/1",
        "一/1/（1）",
        "一/2",
        "一/1#2",
        "一/1#2/（1）",
        "一/2#2",
    ]
    assert tree.duplicates == ("一/1#2", "一/2#2")


def test_a_number_given_twice_is_told_apart_and_reported() -> None:
    tree = build_tree("一、甲\n二、乙\n二、丙\n三、丁")
    assert [c.path for c in tree.clauses] == ["一", "二", "二#2", "三"]
    assert tree.duplicates == ("二#2",)


@pytest.mark.parametrize(
    ("text", "gap"),
    [
        ("一、甲\n二、乙\n四、丁", Gap("四", "三", "四")),
        ("一、甲\n1. 乙\n4. 丙", Gap("一/4", "2", "4")),
        ("第一条 甲\n第四条 乙", Gap("第四条", "第二条", "第四条")),
        ("二、甲\n三、乙", Gap("二", "一", "二")),
        ("一、甲\n（二）乙", Gap("一/（二）", "（一）", "（二）")),
    ],
)
def test_a_skipped_number_is_reported(text: str, gap: Gap) -> None:
    assert build_tree(text).gaps == (gap,)


@pytest.mark.parametrize(
    "text",
    [
        "一、甲\n10. 年代的车\n二、乙",  # too far from 1
        "一、甲\n1. 乙\n2. 丙\n20. 丁\n二、乙",
        "一、甲\n五十、丙\n二、乙",
        "一、甲\n2.5倍的奖励\n二、乙",
        "一、甲\n2026年\n二、乙",
        "一、甲\n第一条规定的企业\n二、乙",
    ],
)
def test_a_false_marker_stays_text(text: str) -> None:
    tree = build_tree(text)
    assert [c.path for c in tree.clauses if c.path not in ("一/1", "一/2")] == ["一", "二"]
    assert tree.gaps == ()


def test_how_much_a_sequence_may_lose() -> None:
    """At its end a few numbers; more only where what follows goes on from there."""
    assert paths("1. 甲\n2. 乙\n6. 丙") == ["1", "2", "6"]
    assert paths("1. 甲\n2. 乙\n9. 丙") == ["1", "2"]
    assert paths("1. 甲\n2. 乙\n9. 丙\n10. 丁\n11. 戊") == ["1", "2", "9", "10", "11"]


def test_a_number_never_goes_back_within_a_sequence() -> None:
    text = "1. 甲\n2. 乙\n3. 丙\n2. 丁"
    assert paths(text) == ["1", "2", "3"]
    assert own(text, "3") == "3. 丙\n2. 丁"


# --- articles -------------------------------------------------------------------------------------

_ACT = """某某办法
第一编 总则
第一章 一般规定
第一节 范围
第一条 为了甲，制定本办法。
第二条 乙包括：
（一）丙；
（二）丁。
第二章 申报
第三条 戊。
第三条之一 己。
第四条 庚。
第二编 附则
第五条 辛。"""


def test_articles_never_carry_their_chapters() -> None:
    assert paths(_ACT) == [
        "首",
        "第一编",
        "第一编/第一章",
        "第一编/第一章/第一节",
        "第一条",
        "第二条",
        "第二条/（一）",
        "第二条/（二）",
        "第一编/第二章",
        "第三条",
        "第三条之一",
        "第四条",
        "第二编",
        "第五条",
    ]


def test_an_act_has_no_gaps_or_duplicates() -> None:
    tree = build_tree(_ACT)
    assert tree.gaps == tree.duplicates == ()


def test_parts_chapters_and_sections_are_headings() -> None:
    kinds = {c.path: c.kind for c in build_tree(_ACT).clauses}
    assert {path for path, kind in kinds.items() if kind == "heading"} == {
        "第一编",
        "第一编/第一章",
        "第一编/第一章/第一节",
        "第一编/第二章",
        "第二编",
    }
    assert kinds["第一条"] == "clause"


def test_articles_lie_inside_their_chapters() -> None:
    assert clause(_ACT, "第二条").end <= clause(_ACT, "第一编/第一章").end
    assert clause(_ACT, "第三条").start > clause(_ACT, "第一编/第一章").end


def test_a_paragraph_of_an_article_belongs_to_it() -> None:
    text = "第一条 甲。\n乙。\n第二条 丙。"
    assert own(text, "第一条") == "第一条 甲。\n乙。"


def test_a_paragraph_after_the_last_item_belongs_to_the_article() -> None:
    text = "第一条 甲包括：\n（一）乙；\n（二）丙。\n前款规定由丁负责。\n第二条 戊。"
    assert own(text, "第一条/（二）") == "（二）丙。"
    assert own(text, "第一条") == "第一条 甲包括：|前款规定由丁负责。"


def test_outside_articles_a_second_paragraph_stays_in_its_clause() -> None:
    text = "一、甲\n（一）乙。\n（二）丙。\n丁。\n二、戊"
    assert own(text, "一/（二）") == "（二）丙。\n丁。"


# --- headings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "heading"),
    [
        ("一、总体要求", "总体要求"),
        ("一、　总体要求", "总体要求"),
        ("一、总体要求；主要任务", "总体要求；主要任务"),
        ("一、加强领导。各市要重视。", "加强领导。"),
        ("一、加强领导。", None),  # nothing follows: the sentence is the clause
        ("一、加强领导。\n各市要重视。", None),  # what follows is another paragraph
        ("一、" + "领" * 29 + "。各市要重视。", "领" * 29 + "。"),
        ("一、" + "领" * 30 + "。各市要重视。", None),
        ("一、", None),
    ],
)
def test_headings(line: str, heading: str | None) -> None:
    assert build_tree(line).clauses[0].heading == heading


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("一、总体要求\n（一）甲。", "heading"),
        ("一、总体要求。\n（一）甲。", "heading"),
        ("一、总体要求", "clause"),  # nothing below it
        ("一、总体要求\n为此制定。\n（一）甲。", "clause"),
        ("一、加强领导。各市要重视。\n（一）甲。", "clause"),
        ("一、有下列情形的，不予支持：\n（一）甲。", "clause"),
        ("第一条 总体要求\n（一）甲。", "clause"),
    ],
)
def test_a_heading_says_nothing_beyond_itself(text: str, kind: str) -> None:
    assert build_tree(text).clauses[0].kind == kind


# --- inline series --------------------------------------------------------------------------------


def test_an_inline_series_opens_clauses() -> None:
    text = "一、任务。一是甲。二是乙；三是丙。\n丁。\n二、戊"
    assert paths(text) == ["一", "一/一是", "一/二是", "一/三是", "二"]
    assert own(text, "一/二是") == "二是乙；"
    assert own(text, "一/三是") == "三是丙。"
    assert own(text, "一") == "一、任务。|丁。"


@pytest.mark.parametrize(
    "text",
    [
        "一、任务。一是甲。",  # no 二是
        "一、任务。二是甲。三是乙。",  # no 一是
        "一、唯一是甲。二是乙。",
        "一、任务。一是甲。三是乙。",
    ],
)
def test_a_single_item_is_no_series(text: str) -> None:
    assert paths(text) == ["一"]


def test_two_series_in_one_clause_are_told_apart() -> None:
    text = "一、甲。一是乙。二是丙。\n丁。一是戊。二是己。"
    assert paths(text) == ["一", "一/一是", "一/二是", "一/一是#2", "一/二是#2"]


def test_a_series_belongs_to_the_innermost_clause() -> None:
    assert paths("一、甲\n（一）乙。一是丙。二是丁。") == [
        "一",
        "一/（一）",
        "一/（一）/一是",
        "一/（一）/二是",
    ]


# --- front and closing ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "closing",
    [
        "本方案自印发之日起施行，有效期3年。",
        "本意见由省科技厅负责解释。",
        "原办法同时废止。",
        "安徽省人民政府办公厅",
        "2023年12月1日",
        "二〇二三年十二月一日",
        "附件：重点任务清单",
        "（此件公开发布）",
        "汽车产业发展目标分解表（单位：亿元）",
        "特此通知。",
        "安徽省人民政府办公厅\n2023年12月1日",
    ],
)
def test_what_speaks_of_the_document_itself_is_its_closing(closing: str) -> None:
    text = f"一、甲\n（一）乙。\n{closing}"
    assert paths(text) == ["一", "一/（一）", "尾"]
    assert own(text, "尾") == closing
    assert clause(text, "尾").kind == "closing"


@pytest.mark.parametrize(
    "paragraph",
    [
        "各市要抓好落实。",
        "支持企业申报项目，给予补助。",
        "（责任单位：省科技厅）",
        "（省科技厅牵头）",
    ],
)
def test_any_other_last_paragraph_stays_in_its_clause(paragraph: str) -> None:
    text = f"一、甲\n（一）乙。\n{paragraph}"
    assert paths(text) == ["一", "一/（一）"]
    assert own(text, "一/（一）") == f"（一）乙。\n{paragraph}"


@pytest.mark.parametrize("label", ["附件：", "附件: ", "附："])
def test_a_list_of_annexes_opens_no_clauses(label: str) -> None:
    annexes = f"{label}1. 重点任务清单\n      2. 项目汇总\n      3. 名单\n安徽省人民政府"
    text = f"一、甲\n（一）乙。\n{annexes}"
    assert paths(text) == ["一", "一/（一）", "尾"]
    assert own(text, "尾") == annexes


def test_a_numbered_body_behind_a_list_of_annexes_is_read() -> None:
    text = "通知\n附件：1. 清单\n2. 名单\n\n一、甲\n1. 乙\n2. 丙"
    assert paths(text) == ["首", "一", "一/1", "一/2"]


def test_a_closing_paragraph_in_the_middle_stays_in_its_clause() -> None:
    text = "一、甲\n本方案自印发之日起施行。\n各市要抓好落实。"
    assert paths(text) == ["一"]


def test_a_numbered_closing_keeps_its_number() -> None:
    assert paths("第一条 甲。\n第二条 本办法自印发之日起施行。") == ["第一条", "第二条"]


def test_front_is_everything_before_the_first_ordinal() -> None:
    text = "关于甲的意见\n\n各市：\n现印发给你们。\n\n一、乙"
    front: ClauseTree = build_tree(text)
    assert front.clauses[0].kind == "front"
    assert own(text, "首") == "关于甲的意见\n\n各市：\n现印发给你们。"


def test_a_deadline_in_the_last_paragraph_is_no_closing() -> None:
    text = "某某办法\n第一条 为了就业。\n第二条 办理。\n审核部门应当自收到申请之日起15日内办结。\n"
    assert [span.path for span in build_tree(text).clauses] == ["首", "第一条", "第二条"]


# --- decimals -------------------------------------------------------------------------------------


def test_decimal_ordinals_nest() -> None:
    text = "1 总则\n1.1 目的\n为了应对。\n1.2 依据\n1.2.1 国家\n1.2.2 省\n（1）甲；\n（2）乙。\n2 组织\n2.1 机构"
    assert paths(text) == (
        "1 1/1.1 1/1.2 1/1.2/1.2.1 1/1.2/1.2.2 1/1.2/1.2.2/（1） 1/1.2/1.2.2/（2） 2 2/2.1".split()
    )


def test_a_point_may_stand_above_decimals() -> None:
    assert paths("1. 总则\n1.1 目的\n2. 组织\n2.1 机构") == ["1", "1/1.1", "2", "2/2.1"]


@pytest.mark.parametrize("text", ["一、名单\n1 合肥市\n2 芜湖市", "一、甲\n1.5 倍的奖励\n二、乙"])
def test_numbers_without_a_mark_need_decimals_below_them(text: str) -> None:
    assert all("/" not in path for path in paths(text))


# --- chapters -------------------------------------------------------------------------------------


def test_numbers_that_run_through_chapters_stand_alone() -> None:
    text = "第一章 总则\n一、甲\n二、乙\n第二章 职责\n三、丙\n（一）丁"
    assert paths(text) == ["第一章", "一", "二", "第二章", "三", "三/（一）"]


def test_numbers_that_begin_anew_in_each_chapter_carry_it() -> None:
    text = "第一章 总则\n一、甲\n二、乙\n第二章 职责\n一、丙"
    assert paths(text) == ["第一章", "第一章/一", "第一章/二", "第二章", "第二章/一"]


@pytest.mark.parametrize(
    "contents", ["第一章 总则\n第二章 职责\n", "第一章 总则……1\n第二章 职责……12\n"]
)
def test_a_table_of_contents_is_front_matter(contents: str) -> None:
    text = f"某某条例\n目录\n{contents}第一章 总则\n第一条 甲。\n第二章 职责\n第二条 乙。"
    assert paths(text) == ["首", "第一章", "第一条", "第二章", "第二条"]
    assert "目录" in own(text, "首")
    assert "职责" in own(text, "首")


def test_alike_items_of_two_articles_are_no_table_of_contents() -> None:
    text = "第一条 应当：\n（一）有场所\n（二）有人员\n第二条 应当：\n（一）有场所\n（二）有人员"
    assert paths(text).count("第二条/（一）") == 1


# --- lost line breaks -----------------------------------------------------------------------------


def test_articles_in_mid_line_open_where_line_breaks_were_lost() -> None:
    text = "某某条例第一章 总则第一条 为了甲。第二条 违反第一条规定的，依照第三条处理。第二章　罚则第三条 罚款。"
    assert paths(text) == ["首", "第一章", "第一条", "第二条", "第二章", "第三条"]
    assert own(text, "第二条") == "第二条 违反第一条规定的，依照第三条处理。"


@pytest.mark.parametrize(
    "reference",
    [
        "依照第二条处理。",
        "违反第二条 规定的，罚款。",
        "“第二条 甲。”",
        "见下表。第二条所列企业除外。",
    ],
)
def test_a_reference_in_mid_line_opens_nothing(reference: str) -> None:
    text = f"第一条 {reference}\n第二条 乙。\n第三条 丙。"
    assert paths(text) == ["第一条", "第二条", "第三条"]
    assert own(text, "第一条").endswith(reference)


def test_items_of_a_very_long_line_open() -> None:
    filler = "支持企业建设充电设施。" * 60
    text = f"一、总体要求。{filler}（一）指导思想。{filler}（二）目标。{filler}二、任务。{filler}"
    assert paths(text) == ["一", "一/（一）", "一/（二）", "二"]
    assert paths("一、任务。包括：（一）甲；（二）乙。") == ["一"]


# --- tables ---------------------------------------------------------------------------------------


def test_rows_of_a_table_stay_in_their_clause() -> None:
    text = "一、任务\n序号\t任务\t单位\n一、\t甲\t省科技厅\n二、\t乙\t省财政厅\n二、保障"
    assert paths(text) == ["一", "二"]
    assert own(text, "一").count("\n") == 3


# --- several bodies -------------------------------------------------------------------------------

NOTICE = "关于印发办法的通知\n一、执行。\n二、监督。\n某某市人民政府\n2024年1月2日\n"


def test_a_second_numbered_document_carries_its_title() -> None:
    text = (
        NOTICE + "某某市充电设施\n管理办法\n第一章 总则\n第一条 为了甲。\n第二条 乙。\n（一）丙。"
    )
    title = "某某市充电设施管理办法"
    assert paths(text) == [
        *("首", "一", "二", "尾", title),
        *(f"{title}/{path}" for path in ("第一章", "第一条", "第二条", "第二条/（一）")),
    ]
    assert own(text, "尾") == "某某市人民政府\n2024年1月2日"
    assert clause(text, title).marker is None
    assert clause(text, title).kind == "heading"


def test_a_title_with_a_slash_stays_one_step_of_a_path() -> None:
    text = NOTICE + "甲/乙管理办法\n一、丙\n二、丁"
    assert "甲／乙管理办法/一" in paths(text)


def test_a_restart_without_a_title_is_a_repeated_number() -> None:
    assert paths("一、甲\n二、乙\n一、丙") == ["一", "二", "一#2"]


def test_a_notice_without_ordinals_is_front_matter() -> None:
    text = "关于印发办法的通知\n现印发给你们。\n某某市人民政府\n2024年1月2日\n某某办法\n第一条 甲。"
    assert paths(text) == ["首", "第一条"]


def test_annexes_open_bodies_of_their_own() -> None:
    first = "附件1\n实施方案\n一、甲。\n（一）乙。\n"
    text = (
        f"{NOTICE}{first}附件2：名单\n合肥市支持三家。\n附件 3\n一、丙。\n本方案自印发之日起施行。"
    )
    assert paths(text) == [
        *("首", "一", "二", "尾", "附件1", "附件1/一", "附件1/一/（一）", "附件2"),
        *("附件3", "附件3/一", "附件3/尾"),
    ]
    assert own(text, "附件2") == "附件2：名单\n合肥市支持三家。"


@pytest.mark.parametrize(
    "listed",
    ["附件：某某办法\n", "附件1：甲办法\n附件2：乙办法\n", "附件：1. 甲办法\n2. 乙办法\n"],
)
def test_a_list_of_annexes_above_the_signature_opens_nothing(listed: str) -> None:
    text = f"一、甲。\n二、乙。\n{listed}某某市人民政府\n2024年1月2日"
    assert paths(text) == ["一", "二", "尾"]
    assert own(text, "尾").startswith("附件")


# --- as documents really come ---------------------------------------------------------------------

BODY = "推动产业发展并完善相关支持政策。" * 7


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # a table of contents that names an annex; one whose first section is short
        (
            f"方案\n目录\n一、总体要求\n二、任务\n附件：清单\n一、总体要求\n{BODY}\n二、任务\n{BODY}",
            "首 一 二",
        ),
        ("办法\n目录\n一、甲\n二、乙\n一、甲\n好。\n二、乙\n好。", "首 一 二"),
        # the title of an annex on its line
        (
            "一、落实。\n附件1 某市方案\n一、目标。\n附件2 清单\n1.甲任务。\n2.乙任务。",
            "一 附件1 附件1/一 附件2 附件2/1 附件2/2",
        ),
        ("一、甲。\n附件1-1\n名单\n支持三家。", "一 附件1-1"),
        # a list of annexes below its label
        ("一、甲。\n附件：\n1.甲表\n2.乙表\n杭州市财政局\n2024年1月1日", "一 尾"),
        ("一、甲。\n附件：一、甲表\n二、乙表\n杭州市财政局", "一 尾"),
        # automatic numbers of Word, pasted as text
        ("一、\t总体要求\n二、\t任务", "一 二"),
        # a series on lines of its own
        ("一、工作\n一是抓落实。\n二是抓督查。", "一 一/一是 一/二是"),
        # what an amendment quotes
        ("一、修改为：“一、总体\n（一）甲。\n（二）乙。”\n二、删去。", "一 二"),
        # numbers of articles in decimals; a unit behind a figure
        ("第一条 甲\n1.1 乙。\n第三条 丙\n3.1 丁。", "第一条 第一条/1.1 第三条 第三条/3.1"),
        ("1.产业规模\n1.1GW算力建成。\n2.乙", "1 2"),
        # what speaks of the document in passing is no closing
        (
            "一、甲。\n二、人才。\n对符合本办法的人才，给予补贴。\n本措施所称人才，是指博士。",
            "一 二",
        ),
        ("一、甲\n二、实施时间\n本预案自印发之日起实施。", "一 二"),
        ("一、甲。\n二、请报送：\n营业执照复印件；\n申报表", "一 二"),
    ],
)
def test_clauses_of_documents_as_they_come(text: str, expected: str) -> None:
    assert paths(text) == expected.split()


def test_looking_for_contents_is_linear(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many first entries that come again behind a line that is none: it is met once, not each time."""
    looked_at = 0
    real = candidates._entry

    def count(*arguments: Any) -> str:
        nonlocal looked_at
        looked_at += 1
        return real(*arguments)

    monkeypatch.setattr(candidates, "_entry", count)
    titles = [f"1. 任务{i}事项" for i in range(300)]
    text = "\n".join([*titles, "2. 这一行说完了。", "这里有正文。", *titles])
    assert len(paths(text)) > len(titles)
    assert looked_at < 5 * len(titles)

"""Which places a question compares, and what is asked of each of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.normalization import match_form
from qa.comparison import Readings, ask_of, find_sides

# What the library of these tests has documents of.
DOCUMENTED = {"吉林省", "安徽省", "重庆市", "南昌市"}


def is_documented(readings: Readings) -> bool:
    return any(region.name in DOCUMENTED for region in readings)


def sides_of(question: str) -> list[str]:
    return [side.name for side in find_sides(question, is_documented)]


# (question, what is asked of each side)
COMPARED = [
    (
        "吉林和安徽的产业集群政策有什么不同",
        ["吉林的产业集群政策有什么不同", "安徽的产业集群政策有什么不同"],
    ),
    (
        "安徽与重庆对链主企业的支持有何区别",
        ["安徽对链主企业的支持有何区别", "重庆对链主企业的支持有何区别"],
    ),
    (
        "吉林、安徽、重庆三地谁的目标更高",
        ["吉林三地谁的目标更高", "安徽三地谁的目标更高", "重庆三地谁的目标更高"],
    ),
    (
        "吉林省和安徽省的有效期分别是多久",
        ["吉林省的有效期分别是多久", "安徽省的有效期分别是多久"],
    ),
    ("对比一下南昌和重庆的汽车产业", ["对比一下南昌的汽车产业", "对比一下重庆的汽车产业"]),
    ("南昌跟吉林都有充电桩补贴吗", ["南昌都有充电桩补贴吗", "吉林都有充电桩补贴吗"]),
    ("重庆和南昌都在搞零部件吗", ["重庆都在搞零部件吗", "南昌都在搞零部件吗"]),
    ("吉林和安徽各有多少家企业", ["吉林各有多少家企业", "安徽各有多少家企业"]),
    (
        "安徽、吉林兩省的產業集群有何區別",
        ["安徽两省的产业集群有何区别", "吉林两省的产业集群有何区别"],
    ),
    # Without a cue, where there are documents of every side.
    ("吉林和安徽对产业集群有什么支持", ["吉林对产业集群有什么支持", "安徽对产业集群有什么支持"]),
    ("吉林同安徽的牵头部门", ["吉林的牵头部门", "安徽的牵头部门"]),
    ("吉林以及重庆的产量目标", ["吉林的产量目标", "重庆的产量目标"]),
    ("吉林还有安徽的集群目标", ["吉林的集群目标", "安徽的集群目标"]),
    ("吉林比安徽多多少", ["吉林多多少", "安徽多多少"]),
    (
        "support for clusters in Jilin and Anhui",
        ["support for clusters in Jilin", "support for clusters in Anhui"],
    ),
    # With one, where there are documents of some side or of none: the silence is told.
    ("安徽和深圳的集群有什么不同", ["安徽的集群有什么不同", "深圳的集群有什么不同"]),
    ("四川和重庆的造车政策有什么不同", ["四川的造车政策有什么不同", "重庆的造车政策有什么不同"]),
    ("深圳和广州的充电桩补贴比较", ["深圳的充电桩补贴比较", "广州的充电桩补贴比较"]),
    ("长春市和吉林市有什么区别", ["长春市有什么区别", "吉林市有什么区别"]),
    (
        "北京、上海、广州、深圳有什么不同",
        ["北京有什么不同", "上海有什么不同", "广州有什么不同", "深圳有什么不同"],
    ),
    (
        "compare Jilin and Anhui on charging stations",
        ["compare Jilin on charging stations", "compare Anhui on charging stations"],
    ),
    (
        "How do Jilin and Anhui differ in support?",
        ["How do Jilin differ in support?", "How do Anhui differ in support?"],
    ),
    (
        "Jilin vs Chongqing: charging targets",
        ["Jilin: charging targets", "Chongqing: charging targets"],
    ),
]
NOT_COMPARED = [
    # one place, or none
    "吉林的产业集群",
    "产业集群有什么不同",
    "吉林、吉林有什么不同",
    "support for clusters in Jilin Province",
    "扩大连锁经营和安徽有什么不同",  # 大连 is no word there
    # one holds another
    "长春和吉林省的补贴有什么不同",
    "吉林省长春市的充电站",
    "合肥和安徽的产业集群有什么区别",
    "compare Changchun and Jilin Province",
    # without a cue, and a place without documents
    "四川和重庆一起造车",
    "北京和上海的充电站",
    "安徽以及浙江的产量目标",
    "support for clusters in Anhui and Shenzhen",
    # a list of questions
    "北京、上海、广州、深圳、杭州有什么不同",
    "",
    "？",
]


@pytest.mark.parametrize(("question", "asked"), COMPARED)
def test_places_are_compared_and_each_is_asked_the_same(question: str, asked: list[str]) -> None:
    sides = find_sides(question, is_documented)
    assert [ask_of(question, side, sides) for side in sides] == asked
    for side, own in zip(sides, asked, strict=True):
        assert sides_of(own) == [] and side.name in own
        assert not any(other.name in own for other in sides if other.name != side.name)


@pytest.mark.parametrize("question", NOT_COMPARED)
def test_no_comparison(question: str) -> None:
    assert sides_of(question) == []


def test_sides_are_in_the_order_of_the_question_each_once() -> None:
    assert sides_of("安徽和吉林，安徽比吉林多吗，有什么不同") == ["安徽", "吉林"]


def test_documents_are_asked_for_only_where_no_cue_is() -> None:
    def refuse(_: Readings) -> bool:
        raise AssertionError("asked")

    assert len(find_sides("深圳和广州有什么不同", refuse)) == 2
    with pytest.raises(AssertionError, match="asked"):
        find_sides("深圳和广州的补贴", refuse)


PIECES = st.sampled_from(
    [
        "吉林",
        "安徽省",
        "深圳",
        "长春市",
        "和",
        "、",
        "的",
        "充电站",
        "有什么不同",
        "各",
        "Jilin",
        " and ",
        "支持",
        "2025年",
    ]
)


@given(st.lists(PIECES, max_size=9).map("".join))
def test_each_side_is_asked_of_itself_and_nothing_else_is_lost(question: str) -> None:
    sides = find_sides(question, is_documented)
    assert len(sides) in (0, 2, 3, 4)
    names = {side.name for side in sides}
    assert len(names) == len(sides)
    for side in sides:
        own = ask_of(question, side, sides)
        assert own == own.strip() and set(own) <= {*match_form(question), *question, " "}
        assert not any(name in own for name in names - {side.name} if name not in side.name)

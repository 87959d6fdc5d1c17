"""Follow-ups: of another place, of the same matter, or none at all."""

from __future__ import annotations

import pytest

from qa.conversation import resolve

LAST = "安徽省的产业集群目标是什么？"


@pytest.mark.parametrize(
    ("question", "history", "expected"),
    [
        ("那吉林呢？", [LAST], "吉林的产业集群目标是什么?"),
        ("吉林呢", [LAST], "吉林的产业集群目标是什么?"),
        ("那吉林和重庆呢？", [LAST], "吉林、重庆的产业集群目标是什么?"),
        ("吉林呢？", ["产业集群目标是什么？"], "吉林产业集群目标是什么?"),
        ("那吉林呢？", ["安徽和重庆的产业集群目标"], "吉林的产业集群目标"),
        ("它由谁负责？", [LAST], "安徽省的产业集群目标是什么，它由谁负责？"),
        ("那补贴呢？", [LAST], "安徽省的产业集群目标是什么，补贴呢？"),
    ],
)
def test_follow_up_stands_for_a_whole_question(
    question: str, history: list[str], expected: str
) -> None:
    assert resolve(question, history) == expected


def test_follow_ups_are_followed_from_the_first() -> None:
    assert resolve("那南昌呢？", [LAST, "那吉林呢？"]) == "南昌的产业集群目标是什么?"


def test_last_whole_question_counts() -> None:
    history = [LAST, "首台套装备的奖励是多少？"]
    assert resolve("那吉林呢？", history) == "吉林首台套装备的奖励是多少?"


@pytest.mark.parametrize(
    "question",
    [
        "新能源汽车充电设施怎么建设",
        "充电站补贴",
        "那充电站补贴标准呢？",  # three words of its own
        "吉林省的首台套奖励",
        "那新能源汽车电池回收体系怎么建立？",
        "其他支持充电站建设的政策",
        "What support exists for charging stations?",
    ],
)
def test_new_topic_stands_alone(question: str) -> None:
    assert resolve(question, [LAST]) is None


@pytest.mark.parametrize("question", ["那吉林呢？", "它由谁负责？", "充电站补贴", "", "？"])
def test_without_history_every_question_stands_alone(question: str) -> None:
    assert resolve(question, []) is None


def test_pointing_in_english() -> None:
    assert resolve("Who leads it?", ["Charging stations in Jilin"]) == (
        "Charging stations in Jilin, Who leads it?"
    )


@pytest.mark.parametrize(
    ("question", "last", "expected"),
    [
        (
            "What about Jilin?",
            "What support does Anhui give to clusters?",
            "What support does Jilin give to clusters?",
        ),
        (
            "How about Chongqing?",
            "subsidies in Jilin and Anhui for batteries",
            "subsidies in Chongqing for batteries",
        ),
        ("What about Jilin?", "support for clusters?", "support for clusters in Jilin?"),
    ],
)
def test_another_place_in_english(question: str, last: str, expected: str) -> None:
    assert resolve(question, [last]) == expected


@pytest.mark.parametrize("question", ["还有吗", "还有其他的吗？"])
def test_asking_for_more_asks_the_same(question: str) -> None:
    assert resolve(question, ["充电站用地有什么支持"]) == "充电站用地有什么支持"


def test_a_change_of_language_starts_anew() -> None:
    assert resolve("那吉林呢？", ["What support does Anhui give?"]) is None


@pytest.mark.parametrize(
    "question",
    ["谁负责？", "哪个部门管？", "需要什么材料？", "有效期呢", "多少钱？", "什么时候到期？"],
)
def test_what_is_asked_of_the_matter_is_asked_of_the_last_one(question: str) -> None:
    standalone = resolve(question, ["充电站建设有什么支持？"])
    assert standalone == f"充电站建设有什么支持，{question}"

"""Places in a question: a short name counts where it stands as a word."""

from __future__ import annotations

import pytest

from qa.places import find_places, without_places


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("吉林省和安徽的补贴", ["吉林省", "安徽"]),
        ("长春充电桩", ["长春"]),
        ("扩大连锁充电站经营", []),  # 大连
        ("美丽水乡建设", []),  # 丽水
        ("大理石加工", []),  # 大理
        ("鼓励出海南美市场", []),  # 海南
        ("海南省的政策", ["海南省"]),
        ("support in Jilin and beijing", ["Jilin", "beijing"]),
    ],
)
def test_places_of_a_question(text: str, names: list[str]) -> None:
    assert [place.name for place in find_places(text)] == names


def test_the_rest_of_the_question_stays() -> None:
    assert without_places("吉林省和安徽的补贴").split() == ["和", "的补贴"]

"""Masking: what a caller says of himself is taken out, however it is said; nothing else is."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.privacy import mask

SPOKEN = str.maketrans("0123456789", "零幺二三四五六七八九")
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
SCRIPTS = [{}, SPOKEN, WIDE]
GAPS = ["", " ", "-", "　", " - ", "－", "\u200b"]

digits = st.integers(0, 9).map(str)


def several(count: int) -> st.SearchStrategy[str]:
    return st.lists(digits, min_size=count, max_size=count).map("".join)


mobiles = st.builds("1{}{}".format, st.integers(3, 9), several(9))
landlines = st.builds(
    "0{}{}{}".format, st.sampled_from(["10", "21", "431", "891"]), st.integers(2, 8), several(7)
)


@st.composite
def identities(draw: st.DrawFn) -> str:
    born = draw(st.dates(date(1900, 1, 1), date(2025, 12, 31)))
    province = draw(st.sampled_from(["11", "22", "44", "65", "82"]))
    if draw(st.booleans()):
        return f"{province}{draw(several(4))}{born:%y%m%d}{draw(several(3))}"
    first = f"{province}{draw(several(4))}{born:%Y%m%d}{draw(several(3))}"
    # GB 11643: weights 2^(17-i) modulo 11
    total = sum(int(d) * pow(2, 17 - i, 11) for i, d in enumerate(first))
    return first + "10X98765432"[total % 11]


@st.composite
def cards(draw: st.DrawFn) -> str:
    first = "62" + draw(several(draw(st.integers(10, 16))))
    for check in range(10):
        doubled = [int(d) * (1 + i % 2) for i, d in enumerate(reversed(f"{first}{check}"))]
        if sum(d - 9 * (d > 9) for d in doubled) % 10 == 0:
            return f"{first}{check}"
    raise AssertionError("a check digit always exists")


@st.composite
def grouped(draw: st.DrawFn, number: str) -> str:
    """A number in one script or another, with gaps between any of its digits."""
    between = len(number) - 1
    gaps = draw(st.lists(st.sampled_from(GAPS), min_size=between, max_size=between))
    script = draw(st.sampled_from(SCRIPTS))
    return "".join(d.translate(script) + gap for d, gap in zip(number, [*gaps, ""], strict=True))


@given(st.data(), st.one_of(mobiles, landlines, identities(), cards()))
def test_a_number_is_masked_whatever_the_grouping(data: st.DataObject, number: str) -> None:
    said = data.draw(grouped(number))
    masked = mask(f"我叫王某，{said}，充电站有什么补贴？")
    assert masked.startswith("我叫王某，[") and masked.endswith("]，充电站有什么补贴？"), masked
    assert len(masked) < 30


@given(st.lists(st.one_of(mobiles, identities(), cards()), min_size=2, max_size=4))
def test_nothing_is_left_of_numbers_one_after_the_other(numbers: list[str]) -> None:
    masked = mask("，".join(numbers) + "谢谢")
    assert not any(c.isdigit() for c in masked) and masked.endswith("谢谢")


@given(st.text(st.sampled_from("0123456789一二〇幺 -，、.()+@aX元年\n"), max_size=60))
def test_masking_again_changes_nothing(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@given(
    st.text(
        st.characters(exclude_categories=["Nd"], exclude_characters="零〇○一二三四五六七八九幺@＠")
    )
)
def test_a_text_without_numbers_stays_as_it_is(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("打13800138000找我", "打[电话]找我"),
        ("幺三八，零零幺三，八零零零", "[电话]"),
        ("+86 138-0013-8000", "[电话]"),
        ("(0431) 8890 1234转801", "[电话]转801"),
        ("座机是88901234", "座机是[电话]"),
        ("+852 9123 4567", "[电话]"),
        ("22010219900307453X本人", "[证件号]本人"),
        ("证件220102199003074531", "证件[证件号]"),  # its check digit is wrong
        ("二二零一零二幺九九零零三零七四五三叉", "[证件号]"),
        ("6222020200112233445也行", "6222020200112233445也行"),  # Luhn's check digit is wrong
        ("发到zhang.san@mail.example.com吧", "发到[邮箱]吧"),
        ("zhang＠qq．com", "[邮箱]"),
        ("2024-05-22 13812345678", "2024-05-22 [电话]"),
    ],
)
def test_what_callers_say(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "吉政办发〔2024〕9号第十二条第（三）项",
        "从2024-05-22到2025-06-22，或20240522—20250622",
        "2020 2021 2022 2023年",
        "投资13800138000元，其中13,800,138,000",
        "拨打12345或400-820-8820，邮编130000",
        "统一社会信用代码911101085923662400和91220101MA0Y3K1X7P",
        "索引号000014349/2024-00056",
        "第一、二、三、四、五、六、七、八、九、十条",
        "一三八五规划 二〇二四年",
        "@all a@b x@",
    ],
)
def test_what_is_nobodys_own_stays(text: str) -> None:
    assert mask(text) == text


def test_nothing_of_the_samples_is_masked(samples: Path) -> None:
    for path in samples.glob("*.txt"):
        for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
            assert mask(line) == line


@pytest.mark.parametrize("text", ["1 " * 10_000, "1" * 100_000, "a" * 100_000 + "@", "@" * 20_000])
def test_a_long_text_is_masked_in_linear_time(text: str) -> None:
    # Not timed: what grows with the square of the length would not come to an end.
    assert mask(text) is not None

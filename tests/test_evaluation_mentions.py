"""Reading what an answer prints, against answers that are put together from known pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.mentions import (
    Mentions,
    Quotation,
    read_labels,
    read_mentions,
    read_numbers,
    read_titles,
    without_paragraph,
)

TEXT = "关于“上台阶”工程，按照《某某规划》[2]执行。第九条不在其中。"


def read(answer: str) -> Mentions:
    return read_mentions(answer, lambda text: text in TEXT)


def test_an_answer_is_taken_apart() -> None:
    mentions = read(
        "检索到 2 条依据：\n\n《某某办法》（某政发〔2024〕9号）\n\n"
        "第十二条第二款第（三）项 “关于“上台阶”工程，按照《某某规划》[2]执行。” [1]\n"
        "一、（五）13. “第九条不在其中。” [2]\n13. “不在原文” 见 [3]"
    )
    assert mentions == Mentions(
        quotations=(
            Quotation("关于“上台阶”工程，按照《某某规划》[2]执行。", True, 1),
            Quotation("第九条不在其中。", True, 2),
            Quotation("不在原文", False, None),
        ),
        marks=(1, 2, 3),
        titles=("《某某办法》",),
        numbers=("某政发〔2024〕9号",),
        labels=("第十二条第二款第（三）项", "一、（五）13.", "13."),
    )


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("《甲》和《乙》", ("《甲》", "《乙》")),
        ("《关于印发《甲》的通知》", ("《关于印发《甲》的通知》",)),
        ("《甲“乙”丙》", ("《甲“乙”丙》",)),
        ("《没有完", ("《没有完》",)),
        ("没有", ()),
    ],
)
def test_titles(text: str, titles: tuple[str, ...]) -> None:
    assert read_titles(text) == titles


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("（吉政办发〔2024〕9号）", ("吉政办发〔2024〕9号",)),
        ("国发 [2019] 12号", ()),  # the agency stands apart
        ("国发[2019] 12号", ("国发〔2019〕12号",)),
        ("依据国发（2019）第12号", ("依据国发〔2019〕第12号",)),
        ("国务院令第 743 号", ("国务院令第743号",)),
        ("吉政发〔〕2号", ()),
        ("2024年9号", ()),
    ],
)
def test_numbers(text: str, numbers: tuple[str, ...]) -> None:
    assert read_numbers(text) == numbers


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("第十二条第二款第（三）项", ["第十二条第二款第（三）项"]),
        ("见第三条之一和第二章", ["第三条之一", "第二章"]),
        ("一、（五）13. “”", ["一、（五）13."]),
        ("三、（二）十是 “”", ["三、（二）十是"]),
        ("1.（2）③ “”", ["1.（2）③"]),
        ("附件1 第三条", ["第三条"]),
        ("一、 “”", ["一、"]),
        ("共 13. 项", []),
        ("第二、三产业", []),
        ("约 2.5 亿元", []),
        ("（一）支持", []),
    ],
)
def test_labels(text: str, labels: list[str]) -> None:
    assert list(read_labels(text)) == labels


def test_a_year_in_brackets_is_no_mark() -> None:
    assert read("见国发[2019]12号 [1]").marks == (1,)


def test_a_paragraph_is_counted_and_no_part_of_a_path() -> None:
    assert without_paragraph("第十二条第二款第（三）项") == "第十二条第（三）项"
    assert without_paragraph("第十二条第11款") == "第十二条"
    assert without_paragraph("一、（五）13.") == "一、（五）13."


@given(st.text("甲乙“”《》", max_size=12), st.text("甲乙“”《》", max_size=12))
def test_a_quotation_ends_at_the_last_mark_up_to_which_it_stands(source: str, answer: str) -> None:
    start = answer.find("“")
    quotations = read_mentions(answer, lambda text: text in source).quotations
    if start < 0 or "《" in answer[:start]:
        return
    inside = [answer[start + 1 : end] for end, c in enumerate(answer) if c == "”" and end > start]
    standing = [text for text in inside if text in source]
    assert quotations[0].stands == bool(standing)
    if standing:
        assert quotations[0].text == max(standing, key=len)


# Sources with quotation marks and titles of their own, of all sorts.
PIECES = st.lists(st.text("甲乙丙“”《》。[1]第一条", min_size=1, max_size=15), max_size=4)


@given(PIECES)
def test_verbatim_quotations_are_found_whole(pieces: list[str]) -> None:
    """Each stands in the source; none runs on into the next, because none holds the words between."""
    answer = "\n".join(f"“{piece}” [{n}]" for n, piece in enumerate(pieces, 1))
    mentions = read_mentions(answer, lambda text: any(text in piece for piece in pieces))
    assert [quotation.text for quotation in mentions.quotations] == pieces
    assert [quotation.mark for quotation in mentions.quotations] == list(range(1, len(pieces) + 1))
    assert mentions.marks == tuple(range(1, len(pieces) + 1))
    assert (mentions.titles, mentions.labels) == ((), ())


@given(st.text("“”《》〈〉[]〔〕0123第一二条款项号令、（）.是\n 甲", max_size=60))
def test_any_text_can_be_read_and_all_of_it_is_accounted_for(answer: str) -> None:
    mentions = read_mentions(answer, lambda _: False)
    for name in (*mentions.titles, *mentions.labels):
        assert name.rstrip("》") in answer
    assert all(quotation.text in answer for quotation in mentions.quotations)

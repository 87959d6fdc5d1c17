"""Which clauses are units, and in what words."""

from __future__ import annotations

from pathlib import Path

import pytest

from documents.library import read_documents
from documents.parsing import parse_text
from documents.types import Document
from index.units import build_units, unit_of

LONG = "支持公共充电站建设，对符合条件的项目按照充电功率给予一次性补助，补助资金由省级财政统筹安排解决。"
SHORT = "补齐短板。"
assert len(LONG) > 40 > len(SHORT)


def read(*lines: str) -> Document:
    return parse_text("\n".join(("某某方案", *lines)) + "\n", "d")


def units(document: Document) -> dict[str, str]:
    return {unit.clause: unit.text for unit in build_units(document)}


def test_article_is_a_unit_with_everything_below_it() -> None:
    document = read(
        "第一条 为了发展，制定本办法。",
        "第二条 支持下列项目：",
        "（一）" + LONG,
        "1. " + LONG,
        "（二）销售。",
        "第二款另起一段。",
    )
    assert units(document) == {
        "第一条": "第一条 为了发展，制定本办法。",
        "第二条": f"第二条 支持下列项目：\n（一）{LONG}\n1. {LONG}\n（二）销售。\n第二款另起一段。",
    }
    for path in ("第二条", "第二条/（一）", "第二条/（一）/1", "第二条/（二）"):
        assert unit_of(document, path) == "第二条"


def test_articles_of_chapters_have_the_chapters_as_context() -> None:
    document = read("第一章 总则", "第一条 为了发展，制定本办法。", "第二章 支持", "第二条 补助。")
    assert [(u.clause, u.context) for u in build_units(document)] == [
        ("第一条", "某某方案 第一章总则"),
        ("第二条", "某某方案 第二章支持"),
    ]


def test_elsewhere_each_leaf_is_a_unit_however_short_down_to_the_third_level() -> None:
    document = read(
        "一、任务", "（一）设施", "1. " + SHORT, "2. " + LONG, "（二）" + SHORT, "二、" + SHORT
    )
    assert list(units(document)) == ["一/（一）/1", "一/（一）/2", "一/（二）", "二"]


def test_context_is_the_title_and_the_headings_above() -> None:
    document = read("一、任务", "（一）设施。" + LONG, "1. 布局。" + LONG)
    contexts = {unit.clause: unit.context for unit in build_units(document)}
    assert contexts["一/（一）/1"] == "某某方案 一、任务 （一）设施。"


def test_short_items_below_the_third_level_go_with_their_parent() -> None:
    document = read("一、任务", "（一）设施", "1. 布局。" + LONG, "（1）" + LONG, "（2）" + SHORT)
    assert units(document) == {
        "一/（一）/1": f"1. 布局。{LONG}\n（2）{SHORT}",
        "一/（一）/1/（1）": f"（1）{LONG}",
    }
    assert unit_of(document, "一/（一）/1/（2）") == "一/（一）/1"
    assert unit_of(document, "一/（一）/1/（1）") == "一/（一）/1/（1）"


def test_short_item_below_a_bare_heading_is_not_lost() -> None:
    document = read("一、任务", "（一）设施", "1. 布局", "（1）" + LONG, "（2）" + SHORT)
    assert units(document) == {
        "一/（一）/1": f"1. 布局\n（2）{SHORT}",
        "一/（一）/1/（1）": f"（1）{LONG}",
    }


@pytest.mark.parametrize("length", [39, 40])
def test_forty_characters_make_an_item_a_unit(length: int) -> None:
    item = ("（1）" + LONG)[: length - 1] + "。"
    found = units(read("一、任务", "（一）设施", "1. 布局。" + LONG, item, "（2）" + LONG))
    assert ("一/（一）/1/（1）" in found) is (length >= 40)


def test_heading_is_a_unit_only_where_it_holds_a_sentence() -> None:
    document = read("一、任务", "（一）" + LONG, "二、保障", "各地要抓好落实。", "（一）" + LONG)
    assert units(document) == {
        "一/（一）": f"（一）{LONG}",
        "二": "二、保障\n各地要抓好落实。",
        "二/（一）": f"（一）{LONG}",
    }
    assert unit_of(document, "一") == "一"


def test_spans_are_the_words_and_skip_the_children() -> None:
    document = read("一、任务", "（一）设施", "1. 布局。" + LONG, "（1）" + LONG, "（2）" + SHORT)
    for unit in build_units(document):
        pieces = [document.clean[start:end] for start, end in unit.spans]
        assert "\n".join(pieces) == unit.text
        assert all(piece == piece.strip() for piece in pieces)
    assert [len(unit.spans) for unit in build_units(document)] == [2, 1]


def test_of_front_and_closing_only_running_paragraphs_are_units() -> None:
    document = parse_text(
        "某省人民政府关于某事的通知\n某政发〔2024〕1号\n"
        "各市（州）人民政府，省政府各厅委办、各直属机构：\n"
        "为推动产业发展，制定本方案。\n"
        f"一、任务\n{LONG}\n"
        "本方案自印发之日起施行。\n某省人民政府\n2024年5月22日\n",
        "d",
    )
    found = units(document)
    assert found["首"] == "为推动产业发展，制定本方案。"
    assert found["尾"] == "本方案自印发之日起施行。"


def test_document_of_a_title_has_no_units() -> None:
    assert build_units(parse_text("标题\n", "d")) == []


def test_unknown_path_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="九"):
        unit_of(read("一、" + LONG), "九")


def test_every_clause_of_the_samples_is_in_a_unit_or_a_heading_without_a_sentence(
    samples: Path,
) -> None:
    for document in read_documents([samples]):
        assert isinstance(document, Document)
        built = {unit.clause: unit for unit in build_units(document)}
        assert list(built) == [c.path for c in document.clauses if c.path in built]
        for clause in document.clauses:
            unit = built.get(unit_of(document, clause.path))
            if unit is None:
                assert clause.kind == "heading" or "。" not in clause.text, clause.path
                continue
            holder = document.clause(unit.clause)
            assert holder.start <= clause.start and clause.end <= holder.end
            if holder is not clause:
                assert clause.text in unit.text

"""What a question names: documents by 文号 and title, clauses by number."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.normalization import match_form
from documents.numbering import write_number
from documents.parsing import parse_text
from documents.types import Document, Metadata
from index.configuration import Configuration
from index.filters import read_filters
from index.hybrid import HybridIndex
from index.lookup import Catalogue, find_references, reach, without_names
from index.stored import outline
from index.types import Reference
from tests.conftest import FakeEncoder

LAW = """中华人民共和国某某法
（2020年5月28日通过）
第一章 总则
第一条 为了保护公平，制定本法。
第二条 经营者应当守信。
（一）不得欺诈；
（二）不得胁迫。
第二章 责任
第三条 违反本法的，责令改正。
第三条之一 情节严重的，处以罚款。
"""
RULES = """中华人民共和国某某法实施条例
第一条 根据某某法，制定本条例。
第二条 登记由市场监管部门负责。
第四条 本条例自公布之日起施行。
"""
PLAN = """甲省新能源和智能网联汽车产业高质量发展行动方案
甲政办发〔2024〕9号
一、发展目标
（一）到2027年，产量达到一百万辆。
（二）建设充电设施。
1.建设公共充电站。
2.建设换电站。
二、保障措施
（一）加强领导，明确分工。
3.设立专项资金。
"""
OPINION = """乙省人民政府办公厅关于培育发展先进制造业集群的指导意见
乙政办〔2023〕55号
一、总体要求
（一）坚持市场主导。
（二）坚持政府引导。
二、重点任务
（三）打造标志性集群。
（四）支持企业创新。
"""
INTERPRETATIONS = {
    "i1": "最高人民法院关于适用《中华人民共和国某某法》若干问题的解释（一）\n第一条 甲。\n第二条 乙。\n",
    "i2": "最高人民法院关于适用《中华人民共和国某某法》若干问题的解释（二）\n第一条 丙。\n第二条 丁。\n",
}
TEXTS = {"law": LAW, "rules": RULES, "plan": PLAN, "opinion": OPINION, **INTERPRETATIONS}
DOCUMENTS = [parse_text(text, id) for id, text in sorted(TEXTS.items())]
CATALOGUE = Catalogue(map(outline, DOCUMENTS))


def find(question: str, catalogue: Catalogue = CATALOGUE, **kw: frozenset[str]) -> list[Reference]:
    return list(find_references(question, catalogue, **kw))


def clauses(question: str) -> list[tuple[str, str]]:
    return [clause for reference in find(question) for clause in reference.clauses]


def named(question: str, catalogue: Catalogue = CATALOGUE) -> list[str]:
    return [document for r in find(question, catalogue) for document in r.documents]


# --- 文号


def document(id: str, number: str | None) -> Document:
    return dataclasses.replace(parse_text("标题\n", id), metadata=Metadata(number=number))


NUMBERED = Catalogue(
    [
        outline(document("a", "吉政办发〔2024〕9号")),
        outline(document("b", "吉政办发〔2024〕19号")),
        outline(document("damaged", "吉政发〔〕2号")),
        outline(document("none", None)),
    ]
)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("吉政办发〔2024〕9号", ["a"]),
        ("请问吉政办发(2024)9号的有效期", ["a"]),
        ("请问吉政办发（2024）第9号的有效期", ["a"]),
        ("吉政办发 〔2024〕 9 号", ["a"]),
        ("吉政办发［2024］19号讲什么", ["b"]),
        ("吉政办发【2024】19号讲什么", ["b"]),
        ("比较吉政办发〔2024〕9号和吉政办发〔2024〕19号", ["a", "b"]),
        ("吉政办发〔2023〕9号", []),
        ("吉政发〔〕2号", []),  # a number that lost its year names nothing for certain
        ("吉政发2号", []),
        ("充电站", []),
    ],
)
def test_documents_are_found_by_number_whatever_the_brackets(text: str, ids: list[str]) -> None:
    assert named(text, NUMBERED) == ids
    assert {reference.by for reference in find(text, NUMBERED)} <= {"number"}


def test_the_rest_is_what_is_asked() -> None:
    text = "吉政办发〔2024〕9号充电桩目标"
    assert without_names(text, find(text, NUMBERED)) == "充电桩目标"
    assert without_names("产业集群", []) == "产业集群"
    text = "某某法第一、三条和甲政办发〔2024〕9号的期限"
    assert without_names(text, find(text)) == "和 的期限"


# --- titles


@pytest.mark.parametrize(
    ("question", "ids"),
    [
        ("《中华人民共和国某某法》规定了什么", ["law"]),
        ("某某法规定了什么", ["law"]),
        ("违反某某法的后果", ["law"]),
        ("民法商法某某法第一条", ["law"]),  # a category glued before it
        ("某某法实施条例", ["rules"]),  # not the law that its name holds
        ("中华人民共和国某某法实施条例第一条", ["rules"]),
        ("最高人民法院关于适用《某某法》若干问题的解释（二）", ["i2"]),
        ("关于适用《中华人民共和国某某法》若干问题的解释（一）", ["i1"]),
        ("某某法解释（二）第一条", ["i2"]),
        ("某某法司法解释一第一条", ["i1"]),
        ("某某法解释第一条", ["i1", "i2"]),  # the few it may be
        ("某某法解释（三）第一条", []),
        ("甲省新能源和智能网联汽车产业高质量发展行动方案有效期", ["plan"]),
        ("甲省新能源汽车行动方案第一部分", ["plan"]),
        ("甲省汽车方案第一部分", ["plan"]),
        ("请问甲省新能源汽车产业方案讲什么", ["plan"]),
        ("培育发展先进制造业集群的指导意见", ["opinion"]),
        ("乙省制造业集群指导意见的有效期", ["opinion"]),
        ("某某法和某某法实施条例有什么不同", ["law", "rules"]),
    ],
)
def test_titles_are_found_in_full_and_shortened(question: str, ids: list[str]) -> None:
    assert named(question) == ids


@pytest.mark.parametrize(
    "question",
    [
        "你有什么意见",
        "有哪些办法",
        "发展规划",
        "总则",
        "行动方案什么时候到期",
        "方案的第一次修改",
        "某某法律问题",  # 法律, not 某某法
        "某某法人第一条",
        "汽车产业办法第一条",
        "丙省新能源和智能网联汽车产业高质量发展行动方案第一部分",  # of another place
        "",
        "，。？",
    ],
)
def test_words_that_are_no_title(question: str) -> None:
    assert named(question) == []


def test_the_end_of_another_law_s_name_is_no_name() -> None:
    texts = {
        "a": "中华人民共和国保险法\n第三条 甲。\n",
        "b": "中华人民共和国社会保险法\n第三条 乙。\n",
    }
    catalogue = Catalogue(outline(parse_text(text, id)) for id, text in texts.items())
    for question, ids in {
        "保险法第三条": ["a"],
        "社会保险法第三条": ["b"],
        "民法商法保险法第三条": ["a"],
        "社保法第三条": ["b"],  # its initials
        "工伤保险法第三条": [],
        "工伤社会保险法第三条": ["b"],
    }.items():
        assert named(question, catalogue) == ids


def test_a_title_without_a_matter_names_nothing() -> None:
    catalogue = Catalogue([outline(parse_text("管理办法\n第一条 甲。\n", "d"))])
    assert named("有什么管理办法", catalogue) == named("管理办法", catalogue) == []


def test_the_title_to_the_letter_wins_over_other_versions() -> None:
    texts = {
        "new": "中华人民共和国某某法\n第一条 甲。\n",
        "old": "中华人民共和国某某法（2018修正）\n第一条 乙。\n",
    }
    documents = [
        dataclasses.replace(parse_text(text, id), metadata=Metadata(title=text.split("\n")[0]))
        for id, text in texts.items()
    ]
    assert named("某某法", Catalogue(map(outline, documents))) == ["new"]
    assert named("某某法（2018修正）", Catalogue(map(outline, documents))) == ["old"]
    assert named("某某法", Catalogue(map(outline, documents[1:]))) == ["old"]
    assert named("某某法（2004修正）", Catalogue(map(outline, documents[1:]))) == []


def test_a_second_body_in_a_file_is_named_by_its_own_title() -> None:
    text = """某市人民政府关于印发某市停车管理办法的通知
各单位：
一、请认真执行。
二、执行中的问题请反馈。
某市人民政府
2024年5月1日

某市停车收费办法
第一条 为规范停车，制定本办法。
第二条 停车应当付费。
"""
    parsed = parse_text(text, "d")
    paths = {clause.path for clause in parsed.clauses}
    [path] = [path for path in paths if path.endswith("/第二条")]
    [reference] = find("某市停车收费办法第二条", Catalogue([outline(parsed)]))
    assert reference.clauses == (("d", path),)


PIECES = st.text("新能源汽车方", min_size=0, max_size=7)


@given(PIECES, PIECES)
def test_shortened_titles_are_those_of_the_definition(text: str, stem: str) -> None:
    def splits(piece: str, begin: int) -> Iterator[int]:
        """Yield where in ``stem`` a row of pieces that is ``piece`` can end."""
        if not piece:
            yield begin
        for length in range(2, len(piece) + 1):
            for place in range(begin, len(stem)):
                if stem.startswith(piece[:length], place):
                    yield from splits(piece[length:], place + length)

    starts = [i for i in range(len(text)) if any(True for _ in splits(text[i:], 0))]
    # From the last word of the title on, leftwards; a gap of words that are not the title's ends it.
    assert set(reach(text, len(text), stem)) == set(starts)


# --- clause numbers


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("某某法第三条", [("law", "第三条")]),
        ("《中华人民共和国某某法》的第3条", [("law", "第三条")]),
        ("某某法三条", [("law", "第三条")]),
        ("某某法第三条第二款", [("law", "第三条")]),
        ("某某法第三条之一", [("law", "第三条之一")]),
        ("某某法第3条之1第二款", [("law", "第三条之一")]),
        ("某某法第三之一条", [("law", "第三条之一")]),
        ("某某法第二条第（二）项", [("law", "第二条/（二）")]),
        ("某某法第二条第二项", [("law", "第二条/（二）")]),
        ("某某法第二条第九项", [("law", "第二条")]),  # perhaps inside its text
        ("某某法第二章", [("law", "第二章")]),
        ("某某法第二章第三条", [("law", "第三条")]),
        ("某某法第一条和第三条", [("law", "第一条"), ("law", "第三条")]),
        ("某某法第一、三条", [("law", "第一条"), ("law", "第三条")]),
        ("某某法第一至三条", [("law", "第一条"), ("law", "第二条"), ("law", "第三条")]),
        ("第三条是某某法的吗", [("law", "第三条")]),
        ("某某法和某某法实施条例第二条", [("rules", "第二条")]),
        ("某某法第九条", []),
        ("甲政办发〔2024〕9号第3条", [("plan", "二/（一）/3")]),
        ("甲政办发〔2024〕9号第二部分", [("plan", "二")]),
        ("甲政办发〔2024〕9号第二部分第（一）条", [("plan", "二/（一）")]),
        ("甲政办发〔2024〕9号一（二）", [("plan", "一/（二）")]),
        ("甲政办发〔2024〕9号一、（二）1.", [("plan", "一/（二）/1")]),
        ("甲政办发〔2024〕9号 article 3", [("plan", "二/（一）/3")]),
        ("乙省指导意见第（三）条", [("opinion", "二/（三）")]),
        ("乙省指导意见（四）", [("opinion", "二/（四）")]),
        ("该方案第二部分", [("plan", "二")]),  # the one that is a 方案
        ("第（四）项", [("opinion", "二/（四）")]),  # the one document that has it
        ("第三条之一", [("law", "第三条之一")]),
        ("某某办法第三条之一", []),  # of a document that is not there
        ("第二条", []),
        ("一（二）", []),
        ("前三条", []),
        ("第一次", []),
        ("三条具体措施", []),
        ("某某法三条具体措施", []),
        ("甲政办发〔2024〕9号第三条生产线", []),
    ],
)
def test_clause_numbers_go_to_their_clause(question: str, expected: list[tuple[str, str]]) -> None:
    assert clauses(question) == expected


def test_all_that_a_number_may_mean_is_given() -> None:
    found = clauses("甲政办发〔2024〕9号第二条")
    assert sorted(found) == [("plan", "一/（二）"), ("plan", "一/（二）/2"), ("plan", "二")]


def test_a_clause_that_its_document_does_not_have_is_told() -> None:
    [reference] = find("某某法第九条")
    assert (reference.documents, reference.number, reference.missing) == (("law",), "第九条", True)
    [reference] = find("第九条")
    assert (reference.documents, reference.missing) == ((), False)


@pytest.mark.parametrize(
    ("question", "absent"),
    [
        ("海洋渔业捕捞条例第三条", True),  # a name, of a document that is not here
        ("该条例第三条", False),
        ("第三条", False),
        ("某某法第一条", False),
    ],
)
def test_a_named_document_that_is_not_here_is_told(question: str, absent: bool) -> None:
    [reference] = find(question)
    assert reference.absent == absent


def test_a_filter_may_leave_one_document() -> None:
    assert find("第二条", among=frozenset({"rules", "law"}))[0].clauses == ()
    [reference] = find("第二条", among=frozenset({"rules"}))
    assert reference.clauses == (("rules", "第二条"),)
    [reference] = find("某某法第二条", among=frozenset({"rules"}))
    assert (reference.documents, reference.clauses) == (("law",), ())


def test_references_say_where_they_stand() -> None:
    question = "请问《某某法》第三条和第二条，以及甲政办发〔２０２４〕９号？"
    form = match_form(question)
    assert [form[r.start : r.end] for r in find(question)] == [
        "某某法》第三条", "第二条", "甲政办发〔2024〕9号",
    ]  # fmt: skip


def long_law() -> Document:
    lines = [f"第{write_number(n)}条 内容{n}。" for n in range(1, 1301)]
    return parse_text("\n".join(["中华人民共和国长长法", *lines]), "long")


LONG = Catalogue([outline(long_law())])


def spell(value: int, style: int) -> str:
    digits = "〇一二三四五六七八九"
    fullwidth = str(value).translate({48 + i: 0xFF10 + i for i in range(10)})
    return (
        write_number(value),
        str(value),
        fullwidth,
        "".join(digits[int(c)] for c in str(value)),
        write_number(value).replace("零", "〇"),
    )[style]


FORMS = st.sampled_from(["长长法第{}条", "长长法 第 {} 条规定了什么", "长长法{}条"])


@given(st.integers(1, 1300), st.integers(0, 4), FORMS)
def test_any_number_in_any_style_finds_its_clause(value: int, style: int, form: str) -> None:
    question = form.format(spell(value, style))
    [reference] = find(question, LONG)
    assert reference.clauses == (("long", f"第{write_number(value)}条"),)


@given(st.text(alphabet="某法第三条（二）款项之一至、和 甲省方案《》意见12的", max_size=25))
def test_any_text_gives_references_in_order_that_exist(text: str) -> None:
    form = match_form(text)
    found = find(text)
    assert [(r.start, r.end) for r in found] == sorted((r.start, r.end) for r in found)
    paths = {(d.id, c.path) for d in DOCUMENTS for c in d.clauses}
    for reference in found:
        assert 0 <= reference.start < reference.end <= len(form)
        assert set(reference.clauses) <= paths
        assert {d for d, _ in reference.clauses} <= set(reference.documents) or not (
            reference.documents
        )


# --- search


@pytest.fixture(scope="module")
def index() -> HybridIndex:
    return HybridIndex.build(DOCUMENTS, FakeEncoder())


def ranking(index: HybridIndex, question: str, **filters: str) -> list[tuple[str, str]]:
    hits = index.search(question, k=100, filters=read_filters(filters))
    scores = [hit.result.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    return [(hit.result.document, hit.result.clause) for hit in hits]


def test_a_named_clause_comes_first_and_the_rest_stays_as_it_was(index: HybridIndex) -> None:
    question = "某某法实施条例第四条和某某法第三条：登记由市场监管部门负责"
    named = [("rules", "第四条"), ("law", "第三条")]
    plain = ranking(index.configured(Configuration(lookup=False)), question)
    assert plain[:2] != named
    assert ranking(index, question) == [*named, *(unit for unit in plain if unit not in named)]


def test_the_unit_that_holds_the_clause_comes_first(index: HybridIndex) -> None:
    assert ranking(index, "某某法第二条第（一）项")[0] == ("law", "第二条")


def test_a_heading_brings_all_that_stands_below_it(index: HybridIndex) -> None:
    found = ranking(index, "乙省指导意见第二部分")
    assert set(found[:2]) == {("opinion", "二/（三）"), ("opinion", "二/（四）")}
    assert set(ranking(index, "某某法第一章")[:2]) == {("law", "第一条"), ("law", "第二条")}


def test_of_several_documents_the_score_decides(index: HybridIndex) -> None:
    first, second = ranking(index, "某某法解释第二条 丁")[:2]
    assert (first, second) == (("i2", "第二条"), ("i1", "第二条"))


def test_filters_hold_for_named_clauses_too(index: HybridIndex) -> None:
    assert {document for document, _ in ranking(index, "某某法第三条", document="rules")} == {
        "rules"
    }
    assert ranking(index, "第二条", document="rules")[0] == ("rules", "第二条")
    assert index.find_references("第二条")[0].clauses == ()
    [reference] = index.find_references("第二条", filters=read_filters({"document": "rules"}))
    assert reference.clauses == (("rules", "第二条"),)


def test_a_clause_that_neither_side_found_is_brought_all_the_same() -> None:
    text = "\n".join(
        ["某市消防办法", *(f"第{write_number(n)}条 支持充电站建设。" for n in range(1, 260))]
    )
    other = "某市养犬办法\n第一条 犬只应当登记。\n第二条 携犬出户应当系绳。\n"
    index = HybridIndex.build([parse_text(text, "a"), parse_text(other, "b")], FakeEncoder())
    question = "支持充电站建设，某市养犬办法第二条"
    [hit] = index.search(question, k=1)
    assert (hit.result.document, hit.result.clause) == ("b", "第二条")
    clean = index.documents["b"].clean
    assert "系绳" in clean[slice(*hit.chunk)]


def test_lookup_can_be_turned_off(index: HybridIndex) -> None:
    plain = index.configured(Configuration(lookup=False))
    question = "某某法第三条之一"
    assert max(hit.result.score for hit in plain.search(question)) <= 1
    assert max(hit.result.score for hit in index.search(question)) > 1

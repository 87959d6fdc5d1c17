"""Data sets in BEIR's layout: read, their records set into laws, what is wrong with them named."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.beir import read_beir
from evaluation.errors import DatasetError
from evaluation.halves import half_of
from evaluation.records import Record, build_documents, split_headings
from evaluation.slices import language_of, length_of
from index.units import build_units

CORPUS = [
    {
        "_id": "a1",
        "title": "某某法第一条",
        "text": "为了发展，制定本法。",
        "metadata": {"heading": "第一编 总则 / 第一章 目的"},
    },
    {
        "_id": "a2",
        "title": "某某法第二条",
        "text": "国家支持充电站建设。\n（一）公共的；\n（二）换电的。",
        "metadata": {"heading": "第一编 总则 / 第二章 支持"},
    },
    {
        "_id": "a3",
        "title": "某某法第一百零二条之一",
        "text": "建立电池回收体系。",
        "metadata": {"heading": "附则"},
    },
    {"_id": "b1", "title": "某某条例第12条", "text": "企业应当报告。"},
    {"_id": "c", "title": "", "text": "一段没有标题的话"},
    {"_id": "d", "title": "", "text": "另一段没有标题的话"},
]
QUERIES = [
    {"_id": "q2", "text": "充电站有什么支持"},
    {"_id": "q1", "text": "what is the purpose"},
    {"_id": "q3", "text": "没有答案的问题"},
]
QRELS = "query-id\tcorpus-id\tscore\nq1\ta1\t1\nq2\ta2\t2\nq2\ta3\t1\nq2\tb1\t0\n"


def write(folder: Path, name: str, records: list[dict[str, Any]]) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    data = lines.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    write(folder, "corpus.jsonl", CORPUS)
    write(folder, "queries.jsonl", QUERIES)
    (folder / "qrels").mkdir()
    (folder / "qrels" / "test.tsv").write_text(QRELS, encoding="utf-8")
    return folder


def test_queries_with_answers_are_read_in_order(folder: Path) -> None:
    dataset = read_beir(folder)
    assert dataset.name == "set"
    assert [query.id for query in dataset.queries] == ["q2", "q1"]
    assert dataset.qrels == {"q2": {"a2": 2, "a3": 1}, "q1": {"a1": 1}}
    assert dataset.queries[1].slices == {"language": "en", "length": "1-10"}


def test_every_record_is_a_unit_of_its_law(folder: Path) -> None:
    dataset = read_beir(folder)
    units = [unit for document in dataset.documents for unit in build_units(document)]
    found = {dataset.record(unit.document, unit.clause): unit for unit in units}
    assert list(found) == [record["_id"] for record in CORPUS]
    assert found["a1"].context == "某某法 第一编总则 第一章目的"
    assert found["a2"].context == "某某法 第一编总则 第二章支持"
    assert found["a2"].text == "第二条　国家支持充电站建设。\n（一）公共的；\n（二）换电的。"
    assert (found["a3"].clause, found["a3"].context) == ("第一百零二条之一", "某某法 附则")
    assert (found["b1"].document, found["b1"].clause) == ("某某条例", "第十二条")
    assert (found["c"].text, found["c"].context) == ("一段没有标题的话", "")
    assert found["c"].document == found["d"].document


def test_headings_enclose_their_articles(folder: Path) -> None:
    law = read_beir(folder).documents[0]
    assert [(clause.path, clause.level) for clause in law.clauses] == [
        ("第一编", 1),
        ("第一编/第一章", 2),
        ("第一条", 1),
        ("第一编/第二章", 2),
        ("第二条", 1),
        ("附则", 1),
        ("第一百零二条之一", 1),
    ]
    by_path = {clause.path: clause for clause in law.clauses}
    assert by_path["第一编"].end == by_path["第一编/第二章"].end == by_path["第二条"].end
    assert by_path["第一编/第一章"].end == by_path["第一条"].end
    assert by_path["第一编"].marker == "第一编"
    assert by_path["第一编"].heading == "总则"


def test_a_corpus_may_be_compressed_or_lie_elsewhere(folder: Path) -> None:
    expected = read_beir(folder)
    elsewhere = write(folder.parent, "other/laws.jsonl.gz", CORPUS)
    (folder / "corpus.jsonl").unlink()
    assert read_beir(folder, corpus=elsewhere) == expected
    elsewhere.rename(folder / "corpus.jsonl.gz")
    assert read_beir(folder) == expected


def test_one_half_of_the_queries(folder: Path) -> None:
    halves = {"q1": half_of("q1"), "q2": half_of("q2")}
    for half in set(halves.values()):
        chosen = [query.id for query in read_beir(folder, half=half).queries]
        assert chosen == [id_ for id_ in ("q2", "q1") if halves[id_] == half]


def test_the_first_line_of_qrels_may_be_missing(folder: Path) -> None:
    with_head = read_beir(folder)
    (folder / "qrels" / "test.tsv").write_text(QRELS.partition("\n")[2], encoding="utf-8")
    assert read_beir(folder) == with_head


def test_an_answer_that_the_corpus_lacks_stays_to_be_found(folder: Path) -> None:
    with (folder / "qrels" / "test.tsv").open("a", encoding="utf-8") as file:
        file.write("q1\tnowhere\t1\n")
    assert read_beir(folder).qrels["q1"] == {"a1": 1, "nowhere": 1}


@pytest.mark.parametrize(
    ("file", "text", "where"),
    [
        ("corpus.jsonl", '{"_id": "x", "text": "a"}\n{', r"corpus\.jsonl:2"),
        ("corpus.jsonl", '{"_id": "x", "text": "a"}\n[]', r"corpus\.jsonl:2"),
        ("corpus.jsonl", '\n{"text": "a"}', r"corpus\.jsonl:2"),
        ("corpus.jsonl", '{"_id": "x"}', r"corpus\.jsonl:1"),
        ("corpus.jsonl", '{"_id": "x", "title": 1, "text": "a"}', r"corpus\.jsonl:1"),
        ("corpus.jsonl", '{"_id": "x", "text": "a"}\n' * 2, r"corpus\.jsonl:2.*重复"),
        ("corpus.jsonl", '{"_id": "x", "text": "a"}', "corpus.*check --corpus"),
        ("queries.jsonl", '{"_id": "q1", "text": " "}', r"queries\.jsonl:1"),
        ("queries.jsonl", '{"_id": "q1", "text": "a"}\n' * 2, r"queries\.jsonl:2"),
        ("queries.jsonl", '{"_id": "q1", "text": "a"}', "q2"),
        ("qrels/test.tsv", "q1\ta1\n", r"test\.tsv:1"),
        ("qrels/test.tsv", "q1\ta1\t1\nq1\ta1\tmany\n", r"test\.tsv:2"),
        ("qrels/test.tsv", "q1\ta1\t0\n", "no query"),
    ],
)
def test_what_cannot_be_used_is_named(folder: Path, file: str, text: str, where: str) -> None:
    (folder / file).write_text(text, encoding="utf-8")
    with pytest.raises(DatasetError, match=f"(?s){where}"):
        read_beir(folder)


@pytest.mark.parametrize("file", ["corpus.jsonl", "queries.jsonl", "qrels/test.tsv"])
def test_what_is_missing_is_named(folder: Path, file: str) -> None:
    (folder / file).unlink()
    with pytest.raises(DatasetError, match=Path(file).name):
        read_beir(folder)


def test_a_split_that_is_missing_is_answered_with_those_there_are(folder: Path) -> None:
    with pytest.raises(DatasetError, match="test"):
        read_beir(folder, split="train")


@pytest.mark.parametrize(
    "data", [b"\x1f\x8b\x08\x00cut", b"no gzip", gzip.compress(b"x" * 99, mtime=0)[:20]]
)
def test_a_broken_archive_is_named(folder: Path, data: bytes) -> None:
    (folder / "corpus.jsonl").unlink()
    (folder / "corpus.jsonl.gz").write_bytes(data)
    with pytest.raises(DatasetError, match=r"corpus\.jsonl\.gz"):
        read_beir(folder)


def test_a_file_in_another_encoding_is_named(folder: Path) -> None:
    (folder / "queries.jsonl").write_bytes('{"_id": "q1", "text": "充电"}'.encode("gb18030"))
    with pytest.raises(DatasetError, match=r"queries\.jsonl.*UTF-8"):
        read_beir(folder)


ORDINALS = ["第一条", "第二条", "第十条", "第二条之一", ""]
HEADINGS = [(), ("第一章 总则",), ("第一编 一", "第一章 总则"), ("附/则",)]


@given(
    st.lists(
        st.builds(
            lambda law, ordinal, text, headings: (law + ordinal, text, headings),
            st.sampled_from(["甲法", "乙法", ""]),
            st.sampled_from(ORDINALS),
            st.text("甲乙。\n", min_size=1).filter(str.strip),
            st.sampled_from(HEADINGS),
        ),
        max_size=12,
    )
)
def test_any_records_become_a_unit_each(rows: list[tuple[str, str, tuple[str, ...]]]) -> None:
    records = [Record(str(i), *row) for i, row in enumerate(rows)]
    documents, ids = build_documents(records)
    assert sorted(ids.values()) == sorted(record.id for record in records)
    found = {
        ids[unit.document, unit.clause]: unit
        for document in documents
        for unit in build_units(document)
    }
    assert sorted(found) == sorted(record.id for record in records)
    for record in records:
        assert found[record.id].text.endswith(record.text.strip())
    for document in documents:
        paths = [clause.path for clause in document.clauses]
        assert len(set(paths)) == len(paths)
        for clause in document.clauses:
            assert document.clean[clause.start : clause.end].startswith(clause.text)


def test_headings_are_split_where_they_are_joined() -> None:
    assert split_headings("第一编 总则 / 第一章 目的") == ("第一编 总则", "第一章 目的")
    assert split_headings("") == ()


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("充电", "1-10"),
        ("一二三四五六七八九十", "1-10"),
        ("一二三四五六七八九十？一", "11-20"),
        ("what support exists for stations", "1-10"),
        ("what support exists for charging stations", "11-20"),
        ("2025年 GDP", "1-10"),
        ("一" * 41, ">40"),
    ],
)
def test_lengths_count_chinese_characters_and_twice_the_words(text: str, length: str) -> None:
    assert length_of(text) == length


def test_a_question_with_a_chinese_character_is_chinese() -> None:
    assert language_of("GDP 是什么") == "zh"
    assert language_of("what is GDP?") == "en"

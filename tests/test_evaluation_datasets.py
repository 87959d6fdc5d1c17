"""Reading files of questions: what is read, and what a bad line is told."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from evaluation.datasets import Gold, Question, read_questions
from evaluation.errors import DatasetError
from index.types import Filters

GOLD = {"document": "plan", "clause": "一/（五）/13", "grade": 2, "snippet": "充电桩"}
RECORD = {
    "id": "q1",
    "question": "要建多少充电桩？",
    "language": "zh",
    "outcome": "answered",
    "gold": [GOLD],
}


def write(path: Path, *records: dict[str, Any]) -> Path:
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "questions.jsonl"


def test_optional_fields_default_to_unknown(file: Path) -> None:
    (question,) = read_questions(write(file, RECORD))
    assert question == Question(
        id="q1",
        question="要建多少充电桩？",
        language="zh",
        outcome="answered",
        gold=(Gold("plan", "一/（五）/13", 2, "充电桩"),),
    )
    assert question.gold[0].id == "plan::一/（五）/13"


def test_every_field_is_read(file: Path) -> None:
    more = {
        "history": ["安徽呢？", {"question": "重庆呢？"}],
        "filters": {"region": "吉林省", "status": "in_force", "from": "2024-01-01", "kind": None},
        "style": "lay",
        "kind": "figure",
        "as_of": "2026-01-02",
        "split": "dev",
        "remark": "fields we do not know are left alone",
    }
    (question,) = read_questions(write(file, RECORD | more))
    assert question.history == ("安徽呢？", "重庆呢？")
    assert (question.style, question.kind, question.split) == ("lay", "figure", "dev")
    assert question.as_of == date(2026, 1, 2)
    assert question.filters == Filters(region="吉林省", status="in_force", since=date(2024, 1, 1))


@pytest.mark.parametrize("filters", [None, {}, {"region": None}])
def test_filters_that_are_not_set_do_not_limit(file: Path, filters: object) -> None:
    (question,) = read_questions(write(file, RECORD | {"filters": filters}))
    assert question.filters == Filters()


def test_a_split_keeps_the_order_of_the_file(file: Path) -> None:
    splits = {"c": "dev", "a": "test", "b": "dev"}
    write(file, *(RECORD | {"id": id, "split": split} for id, split in splits.items()))
    assert [question.id for question in read_questions(file, split="dev")] == ["c", "b"]
    assert [question.id for question in read_questions(file)] == ["c", "a", "b"]


def test_byte_order_mark_blank_lines_crlf_and_line_separators_are_no_trouble(file: Path) -> None:
    text = json.dumps(RECORD | {"question": "甲\u2028乙"}, ensure_ascii=False)
    file.write_bytes(f"\ufeff\r\n{text}\r\n\r\n".encode())
    assert [question.question for question in read_questions(file)] == ["甲\u2028乙"]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"id": ""}, "id must be a non-empty string"),
        ({"id": 7}, "id must be a non-empty string"),
        ({"question": " "}, "question must be a non-empty string"),
        ({"language": "fr"}, "language must be one of zh, en: fr"),
        ({"language": ["zh"]}, "language must be one of zh, en"),
        ({"outcome": None}, "outcome must be one of answered, partial, no_basis: None"),
        ({"outcome": "no_basis"}, "gold must be empty where the outcome is no_basis"),
        ({"gold": None}, "gold must be an array"),
        ({"gold": ["plan"]}, "each item of gold must be an object"),
        ({"gold": [GOLD | {"grade": 3}]}, "grade must be 1 or 2: 3"),
        ({"gold": [GOLD | {"grade": True}]}, "grade must be 1 or 2: True"),
        ({"gold": [GOLD | {"clause": None}]}, "clause must be a non-empty string"),
        ({"gold": [GOLD, GOLD]}, "gold names a clause twice"),
        ({"history": "安徽呢？"}, "history must be an array"),
        ({"history": [1]}, "question must be a non-empty string"),
        ({"as_of": "2026-13-01"}, "as_of must be YYYY-MM-DD: 2026-13-01"),
        ({"filters": "吉林省"}, "filters must be an object"),
        ({"filters": []}, "filters must be an object"),
        ({"filters": {"place": "吉林省"}}, "filters: Unknown filters: place (known: region,"),
        ({"filters": {"region": "桃花源"}}, "filters: There is no region '桃花源'"),
        ({"filters": {"kind": 3}}, "filters: Filter kind must be a string"),
        ({"filters": {"from": "2024"}}, "filters: '2024' is not a date"),
        ({"split": 1}, "split must be a non-empty string"),
    ],
    ids=str,
)
def test_a_bad_line_is_named(file: Path, change: dict[str, Any], complaint: str) -> None:
    write(file, RECORD, RECORD | {"id": "q2"} | change)
    with pytest.raises(DatasetError) as raised:
        read_questions(file)
    chinese, english = str(raised.value).split("\n")
    assert chinese.startswith(f"{file}:2：")
    assert english.startswith(f"{file}:2: {complaint}")


@pytest.mark.parametrize(
    ("text", "complaint"), [("{", "is not valid JSON"), ("[1]", "must be a JSON object")]
)
def test_a_line_that_is_no_record_is_named(file: Path, text: str, complaint: str) -> None:
    file.write_text(f"\n\n{text}\n", encoding="utf-8")
    with pytest.raises(DatasetError, match=rf":3: {complaint}"):
        read_questions(file)


def test_a_repeated_id_is_named(file: Path) -> None:
    with pytest.raises(DatasetError, match=r":2: id q1 is repeated"):
        read_questions(write(file, RECORD, RECORD))


def test_an_unknown_split_names_the_known_ones(file: Path) -> None:
    write(file, RECORD | {"split": "dev"}, RECORD | {"id": "q2", "split": "test"})
    with pytest.raises(DatasetError, match=r"split=train; the file has: dev, test"):
        read_questions(file, split="train")


@pytest.mark.parametrize("content", [None, b"", b"\n\n", b"\xff\xfe{"], ids=str)
def test_a_file_without_questions_is_an_error(file: Path, content: bytes | None) -> None:
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(DatasetError, match=str(file)):
        read_questions(file)

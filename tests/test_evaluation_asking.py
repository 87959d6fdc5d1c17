"""Sets of questions as requests, and the library that a corpus makes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from evaluation.asking import group_sets, index_corpus, read_requests
from evaluation.encodings import EncoderCache
from evaluation.errors import DatasetError
from index.types import Filters, Vectors
from qa.types import Request
from tests.conftest import FakeEncoder

LAW = [{"_id": "r", "title": "某某法第一条", "text": "国家支持公共充电站建设。"}]


def write(path: Path, records: Sequence[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps(record, ensure_ascii=False) for record in records)
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def beir(folder: Path, count: int, *, corpus: bool = True) -> Path:
    queries = [{"_id": f"b{i}", "text": f"问题{i}"} for i in range(count)]
    write(folder / "queries.jsonl", queries)
    if corpus:
        write(folder / "corpus.jsonl", LAW)
    return folder


def test_our_own_questions_keep_their_circumstances(tmp_path: Path) -> None:
    question = {
        "id": "o",
        "question": "那吉林呢？",
        "language": "zh",
        "outcome": "no_basis",
        "gold": [],
    }
    more = {
        "history": ["安徽呢？"],
        "filters": {"region": "吉林省"},
        "as_of": "2026-01-02",
        "split": "dev",
    }
    file = write(tmp_path / "own.jsonl", [{**question, **more}, {**question, "id": "p"}])
    expected = Request(
        "那吉林呢？",
        id="o",
        history=("安徽呢？",),
        filters=Filters(region="吉林省"),
        as_of=date(2026, 1, 2),
    )
    assert read_requests(file, split="dev") == (expected,)
    assert [request.id for request in read_requests(file)] == ["o", "p"]


def test_all_queries_of_a_folder_are_asked_without_judgements(tmp_path: Path) -> None:
    requests = read_requests(beir(tmp_path, 3))
    assert requests == tuple(Request(f"问题{i}", id=f"b{i}") for i in range(3))


def test_a_limit_takes_the_same_queries_whatever_the_order_of_the_file(tmp_path: Path) -> None:
    folder = beir(tmp_path / "a", 40)
    lines = (folder / "queries.jsonl").read_text(encoding="utf-8").split("\n")
    turned = beir(tmp_path / "b", 40)
    (turned / "queries.jsonl").write_text("\n".join(reversed(lines)), encoding="utf-8")
    chosen = read_requests(folder, limit=7)
    assert len(chosen) == 7
    assert chosen == read_requests(turned, limit=7)
    assert set(read_requests(folder, limit=100)) == set(read_requests(folder))


def test_sets_over_one_corpus_go_together(tmp_path: Path) -> None:
    own = tmp_path / "own.jsonl"
    with_, without = beir(tmp_path / "a", 1), beir(tmp_path / "b", 1, corpus=False)
    corpus = with_ / "corpus.jsonl"
    assert group_sets([with_, own]) == {corpus.resolve(): [with_], None: [own]}
    both = group_sets([with_, own, without], corpus=corpus)
    assert both == {corpus.resolve(): [with_, without], None: [own]}
    with pytest.raises(DatasetError, match="corpus"):
        group_sets([without])


class Counting(FakeEncoder):
    """Counts what it encodes."""

    def __init__(self) -> None:
        super().__init__()
        self.queries: list[str] = []
        self.passages: list[str] = []

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        self.queries += texts
        return super().encode_query(texts)

    def encode_document_tokens(self, texts: Sequence[str], **options: Any) -> Any:
        self.passages += texts
        return super().encode_document_tokens(texts, **options)


def test_a_corpus_is_encoded_once_and_a_question_by_each_index(tmp_path: Path) -> None:
    corpus = write(tmp_path / "corpus.jsonl", LAW)
    encoder = Counting()
    for _ in range(2):
        index = index_corpus(corpus, encoder, cache=tmp_path / "cache")
        encoder.queries.clear()
        [hit] = index.search("充电站建设")
        assert (hit.result.document, hit.result.clause) == ("某某法", "第一条")
        assert len(encoder.queries) == 1
        index.search("充电站")
        assert len(encoder.queries) == 2
    assert len(encoder.passages) == 1


def test_queries_that_are_not_remembered_are_the_encoders_own(tmp_path: Path) -> None:
    encoder = Counting()
    cache = EncoderCache(encoder, tmp_path, queries=False)
    for _ in range(2):
        assert (cache.encode_query(["甲乙"]) == FakeEncoder().encode_query(["甲乙"])).all()
    assert encoder.queries == ["甲乙", "甲乙"]

"""Reads a data set in the layout of BEIR (Thakur et al., NeurIPS Datasets and Benchmarks 2021).

A folder with ``corpus.jsonl[.gz]`` ({_id, title, text, metadata}), ``queries.jsonl[.gz]`` ({_id,
text}) and ``qrels/<split>.tsv`` (query-id, corpus-id, score, with or without that first line). The
metadata of a record may name the headings above it: ``"heading": "第一编 总则 / 第一章 基本规定"``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from documents.types import Document
from evaluation.errors import DatasetError
from evaluation.halves import half_of
from evaluation.lines import read_lines, read_records
from evaluation.records import Record, build_documents, split_headings
from evaluation.slices import language_of, length_of
from evaluation.types import Dataset, Query


def read_beir(
    folder: Path, *, corpus: Path | None = None, split: str = "test", half: str | None = None
) -> Dataset:
    """Return the data set in ``folder``, its corpus from another file where ``corpus`` names one.

    Only the queries that ``qrels/<split>.tsv`` gives an answer are taken, of one ``half`` if named.
    DatasetError names the file and the line that cannot be used. A right answer that the corpus
    lacks counts as not found; a corpus that lacks them all is refused.
    """
    texts = read_queries(find_queries(folder))
    path = folder / "qrels" / f"{split}.tsv"
    judged = _read_qrels(path, known=sorted(p.stem for p in path.parent.glob("*.tsv")))
    lost = sorted(judged.keys() - texts.keys())
    if lost:
        raise DatasetError(
            str(path), f"queries.jsonl 中没有问题 {lost[0]}", f"no such query: {lost[0]}"
        )
    qrels = {query: judged[query] for query in texts if _asked(query, judged, half)}
    if not qrels:
        raise DatasetError(str(path), "没有可用的问题", "no query is left")
    source = corpus or find_corpus(folder)
    documents, ids = read_corpus(source)
    answers = {record for grades in qrels.values() for record in grades}
    if answers.isdisjoint(ids.values()):
        raise DatasetError(
            str(source),
            f"{path} 的答案一个也不在其中；请检查 --corpus",
            f"holds none of the answers of {path}; check --corpus",
        )
    return Dataset(
        name=folder.resolve().name,
        documents=documents,
        queries=tuple(Query(query, texts[query], _slices(texts[query])) for query in qrels),
        qrels=qrels,
        records=ids,
        split=split,
        half=half,
    )


def find_queries(folder: Path) -> Path:
    """Return the file of the queries in ``folder``; DatasetError where there is none."""
    return _one_of(folder, "queries.jsonl", "queries.jsonl.gz")


def find_corpus(folder: Path) -> Path:
    """Return the file of the corpus in ``folder``; DatasetError where there is none."""
    return _one_of(folder, "corpus.jsonl", "corpus.jsonl.gz")


def read_corpus(path: Path) -> tuple[tuple[Document, ...], dict[tuple[str, str], str]]:
    """Return the documents that the records of a corpus make, and {(document, clause): record}."""
    return build_documents(_read_records(path))


def read_queries(path: Path) -> dict[str, str]:
    """Return {id: text} of a ``queries.jsonl`` in its order."""
    queries: dict[str, str] = {}
    for where, record in read_records(path):
        id_ = _id(record, where, queries)
        queries[id_] = _text(record, "text", where)
        if not queries[id_].strip():
            raise DatasetError(where, "text 不能为空", "text must not be empty")
    return queries


def _read_records(path: Path) -> Iterator[Record]:
    seen: set[str] = set()
    for where, record in read_records(path):
        id_ = _id(record, where, seen)
        seen.add(id_)
        metadata = record.get("metadata")
        heading = metadata.get("heading") if isinstance(metadata, dict) else None
        yield Record(
            id=id_,
            title=_text(record, "title", where) if record.get("title") is not None else "",
            text=_text(record, "text", where),
            headings=split_headings(heading) if isinstance(heading, str) else (),
        )


def _read_qrels(path: Path, *, known: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return {query: {record: grade}}; a grade of zero says that the record is no answer."""
    if not path.is_file():
        raise DatasetError(
            str(path),
            f"没有这个文件；可用的 --split：{', '.join(known) or '-'}",
            f"no such file; --split may be: {', '.join(known) or '-'}",
        )
    qrels: dict[str, dict[str, int]] = {}
    for number, (where, line) in enumerate(read_lines(path)):
        fields = line.split("\t")
        if number == 0 and fields[-1].strip() == "score":
            continue
        try:
            query, record, grade = fields[0], fields[1], int(fields[2])
        except (IndexError, ValueError) as error:
            raise DatasetError(
                where,
                "应为以制表符分隔的三列：问题、记录、整数分数",
                "must be three columns, separated by tabs: query, record, an integer",
            ) from error
        if grade > 0:
            qrels.setdefault(query, {})[record] = grade
    return qrels


def _asked(query: str, judged: dict[str, dict[str, int]], half: str | None) -> bool:
    return query in judged and half in (None, half_of(query))


def _slices(text: str) -> dict[str, str]:
    return {"language": language_of(text), "length": length_of(text)}


def _one_of(folder: Path, *names: str) -> Path:
    for name in names:
        if (folder / name).is_file():
            return folder / name
    if not folder.is_dir():
        raise DatasetError(str(folder), "没有这个文件夹", "no such folder")
    hint = "；也可以用 --corpus 指定" if names[0].startswith("corpus") else ""
    raise DatasetError(str(folder), f"缺少 {names[0]}{hint}", f"lacks {names[0]}")


def _id(record: dict[str, Any], where: str, known: set[str] | dict[str, str]) -> str:
    id_ = record.get("_id")
    if not isinstance(id_, str) or not id_.strip():
        raise DatasetError(where, "_id 应为非空字符串", "_id must be a non-empty string")
    if id_ in known:
        raise DatasetError(where, f"编号 {id_} 重复", f"_id {id_} is repeated")
    return id_


def _text(record: dict[str, Any], name: str, where: str) -> str:
    value = record.get(name)
    if not isinstance(value, str):
        raise DatasetError(where, f"{name} 应为字符串", f"{name} must be a string")
    return value

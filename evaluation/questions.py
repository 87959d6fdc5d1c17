"""A file of our own questions as a search benchmark over documents that are parsed as any other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from importlib import resources
from pathlib import Path

from documents.library import read_documents
from documents.types import Document
from evaluation.answers import unit_qrels
from evaluation.datasets import Question, read_questions
from evaluation.errors import DatasetError
from evaluation.halves import half_of
from evaluation.slices import length_of
from evaluation.types import Dataset, Query
from index.filters import admits
from index.units import unit_of
from qa.conversation import resolve


def read_own(
    file: Path, *, corpus: Path | None = None, split: str | None = None, half: str | None = None
) -> Dataset:
    """Return the questions of ``file`` that have gold, over the documents in ``corpus``.

    Without ``corpus``, over the samples. See ``read_over``; LoadError where a document cannot be
    read.
    """
    return read_over(file, _read_documents(corpus), split=split, half=half)


def read_over(
    file: Path,
    documents: Mapping[str, Document],
    *,
    split: str | None = None,
    half: str | None = None,
    skip: bool = False,
) -> Dataset:
    """Return the questions of ``file`` that have gold, over ``documents`` by their ids.

    A follow-up is asked as the question it stands for; a gold clause stands for the unit that is
    searched for it. DatasetError where a gold clause is in none of the documents. With ``skip`` a
    question of such a clause, or of one that its own filters leave out, is only ``skipped``, and it is
    an error where no other is left.
    """
    chosen = [
        question
        for question in read_questions(file, split=split)
        if question.gold and half in (None, half_of(question.id))
    ]
    if not chosen:
        raise DatasetError(str(file), "没有带 gold 的问题", "no question has gold")
    kept = [q for q in chosen if _can_be_found(q, documents)] if skip else chosen
    if not kept:
        raise DatasetError(
            str(file),
            f"{len(chosen)} 题的 gold 条款都不在索引中，或被这些题的筛选条件排除；请用 --index 指定"
            "含有这些文件的索引",
            f"of none of the {len(chosen)} questions does the index hold the gold clauses and do its "
            "filters admit them; name the index of these documents with --index",
        )
    for question in kept:
        for gold in question.gold:
            if find_unit(documents, gold.document, gold.clause) is None:
                raise DatasetError(
                    f"{file} {question.id}",
                    f"文档中没有条款 {gold.id}，请用 --corpus（文档所在的文件夹）或 --index 指定",
                    f"the documents have no clause {gold.id}; name their folder with --corpus, or "
                    "their index with --index",
                )
    qrels = unit_qrels(kept, lambda id_, clause: find_unit(documents, id_, clause))
    return Dataset(
        name=file.stem,
        documents=tuple(documents.values()),
        queries=tuple(_query(question) for question in kept),
        qrels=qrels,
        records={},
        split=split,
        half=half,
        skipped=tuple(q.id for q in chosen if q.id not in qrels),
    )


def find_unit(documents: Mapping[str, Document], document: str, clause: str) -> str | None:
    """Return the path of the unit that holds the clause, None where there is no such clause."""
    try:
        return unit_of(documents[document], clause)
    except KeyError:
        return None


def _can_be_found(question: Question, documents: Mapping[str, Document]) -> bool:
    """Whether every gold clause is there, in a document that the question's filters admit."""
    day = question.as_of or date.today()
    return all(
        find_unit(documents, gold.document, gold.clause) is not None
        and admits(question.filters, documents[gold.document], documents.values(), day)
        for gold in question.gold
    )


def _query(question: Question) -> Query:
    text = resolve(question.question, question.history) or question.question
    slices = {
        "language": question.language,
        "style": question.style,
        "kind": question.kind,
        "length": length_of(text),
    }
    return Query(
        question.id,
        text,
        {by: group for by, group in slices.items() if group},
        filters=question.filters,
        as_of=question.as_of,
    )


def _read_documents(folder: Path | None) -> dict[str, Document]:
    documents: dict[str, Document] = {}
    with resources.as_file(resources.files("documents") / "samples") as samples:
        for read in read_documents([folder or samples]):
            if not isinstance(read, Document):
                raise read
            documents[read.id] = read
    if not documents:
        raise DatasetError(str(folder), "没有可以读取的文档", "no documents to read")
    return documents

"""Documents that a question names by their 文号."""

from __future__ import annotations

import dataclasses

import pytest

from documents.parsing import parse_text
from documents.types import Document, Metadata
from qa.lookup import find_named, without_numbers


def document(id: str, number: str | None) -> Document:
    return dataclasses.replace(parse_text("标题\n", id), metadata=Metadata(number=number))


LIBRARY = [
    document("a", "吉政办发〔2024〕9号"),
    document("b", "吉政办发〔2024〕19号"),
    document("damaged", "吉政发〔〕2号"),
    document("none", None),
]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("吉政办发〔2024〕9号", ["a"]),
        ("请问吉政办发(2024)9号的有效期", ["a"]),
        ("吉政办发［2024］19号讲什么", ["b"]),
        ("比较吉政办发〔2024〕9号和吉政办发〔2024〕19号", ["a", "b"]),
        ("吉政办发〔2023〕9号", []),
        ("吉政发〔〕2号", []),  # a number that lost its year names nothing for certain
        ("吉政发2号", []),
        ("充电站", []),
    ],
)
def test_documents_are_found_whatever_the_brackets(text: str, ids: list[str]) -> None:
    assert [found.id for found in find_named(text, LIBRARY)] == ids


def test_the_rest_is_what_is_asked() -> None:
    text = "吉政办发〔2024〕9号充电桩目标"
    assert without_numbers(text, find_named(text, LIBRARY)) == "充电桩目标"

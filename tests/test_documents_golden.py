"""Duties, damage and noise of the samples, against files written by hand from the sources.

Each file is tab-separated with a head; in ``dropped`` a line end is written as \\n, and of the many
syllables of pinyin only the first and the last five stand there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

from documents.parsing import parse
from documents.types import Document

GOLDEN = Path(__file__).parent / "golden"
SUBJECTS = ("departments", "defects", "dropped")
NAMES = sorted(path.name.split(".")[0] for path in GOLDEN.glob("*.departments.tsv"))
ENDS = 5

Row = tuple[str, ...]


def read_golden(name: str, subject: str) -> list[Row]:
    head, *lines = (GOLDEN / f"{name}.{subject}.tsv").read_text("utf-8").splitlines()
    assert all(line.count("\t") == head.count("\t") for line in lines)
    return [tuple(line.split("\t")) for line in lines]


@cache
def sample(folder: Path, name: str) -> Document:
    return parse(folder / f"{name}.txt")


def differences(expected: Iterable[Row], found: Iterable[Row]) -> str:
    """What is missing and what is too much, one row a line; empty where both hold the same."""
    wanted, given = Counter(expected), Counter(found)
    missing = [f"missing: {row}" for row in (wanted - given).elements()]
    return "\n".join([*missing, *(f"too much: {row}" for row in (given - wanted).elements())])


def test_every_sample_has_golden_files(samples: Path) -> None:
    names = sorted(path.stem for path in samples.glob("*.txt"))
    for subject in SUBJECTS:
        assert names == sorted(path.name.split(".")[0] for path in GOLDEN.glob(f"*.{subject}.tsv"))


@pytest.mark.parametrize("name", NAMES)
def test_departments_of_a_sample(name: str, samples: Path) -> None:
    found: list[Row] = [
        (clause.path, department.role, department.text)
        for clause in sample(samples, name).clauses
        for department in clause.departments
    ]
    # The file has every mention, a clause a body once per role.
    expected = list(dict.fromkeys(read_golden(name, "departments")))
    assert differences(expected, found) == ""
    assert found == expected


@pytest.mark.parametrize("name", NAMES)
def test_defects_of_a_sample(name: str, samples: Path) -> None:
    document = sample(samples, name)
    found: list[Row] = [
        (clause.path, defect.kind, defect.text)
        for clause in document.clauses
        for defect in clause.defects
    ]
    assert differences(read_golden(name, "defects"), found) == ""
    for clause in document.clauses:
        for defect in clause.defects:
            assert document.clean[defect.start : defect.end] == defect.text


@pytest.mark.parametrize("name", NAMES)
def test_what_is_dropped_from_a_sample(name: str, samples: Path) -> None:
    removals = sample(samples, name).audit.dropped
    pinyin = [removal.text for removal in removals if removal.reason == "pinyin"]
    found: list[Row] = []
    if pinyin:
        ends = f"{' '.join(pinyin[:ENDS])} … {' '.join(pinyin[-ENDS:])}"
        found.append(("pinyin", str(len(pinyin)), ends))
    for removal in removals:
        if removal.reason == "furniture":
            found.extend(("furniture", "1", line) for line in removal.text.splitlines())
        elif removal.reason != "pinyin":
            found.append((removal.reason, "1", removal.text.replace("\n", "\\n")))
    assert differences(read_golden(name, "dropped"), found) == ""

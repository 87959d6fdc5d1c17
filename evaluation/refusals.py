"""Questions of another field, all of which must be refused: how many are let through.

Any BEIR ``queries.jsonl`` whose subject the library does not hold will do. The set is split in two
by a hash of the query ids, one half to choose a threshold on and the other to report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from evaluation.answers import Assistant
from evaluation.beir import read_queries as read_beir_queries
from evaluation.halves import half_of, hash_id
from qa.errors import RequestError
from qa.types import Outcome, Request


@dataclass(frozen=True, slots=True)
class Refusals:
    """How many questions had which outcome, and the ids of those that were let through.

    ``let_through_as`` says whether as ``answered``, which is false, or as ``partial``, where clauses
    are shown that do not answer.
    """

    questions: int
    outcomes: dict[Outcome, int]
    let_through: tuple[str, ...]
    let_through_as: dict[Outcome, tuple[str, ...]]


def read_queries(path: Path, *, half: str, limit: int) -> list[tuple[str, str]]:
    """Return (id, text) of at most ``limit`` queries of one half, in the order of their hashes.

    DatasetError names the file and line that cannot be used.
    """
    queries = read_beir_queries(path).items()
    wanted = [(id_, text) for id_, text in queries if half_of(id_) == half]
    return sorted(wanted, key=lambda query: hash_id(query[0]))[:limit]


def count_refusals(
    assistant: Assistant,
    queries: Sequence[tuple[str, str]],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Refusals:
    """Ask every query; one that cannot be taken as a question counts as refused."""
    given: dict[Outcome, list[str]] = {outcome: [] for outcome in get_args(Outcome)}
    let_through = []
    for done, (id_, text) in enumerate(queries, 1):
        outcome = _outcome(assistant, text)
        given[outcome].append(id_)
        if outcome != "no_basis":
            let_through.append(id_)
        if progress:
            progress(done, len(queries))
    return Refusals(
        questions=len(queries),
        outcomes={outcome: len(ids) for outcome, ids in given.items()},
        let_through=tuple(let_through),
        let_through_as={
            outcome: tuple(ids) for outcome, ids in given.items() if outcome != "no_basis"
        },
    )


def _outcome(assistant: Assistant, text: str) -> Outcome:
    try:
        return assistant.ask(Request(text)).outcome
    except RequestError:
        return "no_basis"


def format_refusals(refusals: Refusals) -> str:
    """Return the counts and shares as a table."""
    rows: Iterable[str] = (
        f"{outcome:<10}{count:>7}{count / max(refusals.questions, 1):>9.1%}"
        for outcome, count in refusals.outcomes.items()
    )
    count = len(refusals.let_through)
    let_through = "，".join(f"{name} {len(ids)}" for name, ids in refusals.let_through_as.items())
    return "\n".join(
        [
            f"问题 {refusals.questions}，应全部拒答（all must be refused）",
            *rows,
            f"放行（let through）{count}，{count / max(refusals.questions, 1):.1%}：{let_through}",
        ]
    )

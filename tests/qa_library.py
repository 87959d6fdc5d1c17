"""Evidence made by hand, and an assistant over the samples that needs no model."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from documents.library import read_documents
from documents.parsing import parse_text
from documents.types import Defect, Department, Document, Metadata
from index.adapter import identify, load_adapter
from index.default_model import DEFAULT_MODEL
from index.encoder import load_encoder
from index.hybrid import HybridIndex
from index.translation import Term
from index.types import Hit, Ranks, SearchResult
from qa.assistant import PolicyAssistant
from qa.evidence import Evidence
from qa.passages import take
from qa.relevance import judge
from tests.conftest import FakeEncoder, with_body

SAMPLES = Path(__file__).parent.parent / "documents" / "samples"
MATTER, OTHER = Term("充电站", ("充电站",)), Term("补贴", ("补贴",))


def make_evidence(
    text: str = "支持充电站建设。",
    *,
    id: str = "d",
    quote: str | None = None,
    likelihood: float = 0.5,
    share: float = 1.0,
    held: Mapping[Term, float] | None = None,
    weights: Mapping[Term, float] | None = None,
    defects: tuple[Defect, ...] = (),
    departments: tuple[Department, ...] = (),
    **metadata: Any,
) -> Evidence:
    """Return evidence whose unit is a clause, 一, that says ``text``; its quote is all or a part of it.

    It is as near to the question as ``likelihood`` takes.
    """
    document = parse_text(f"一、{text}\n", id)
    [clause] = document.clauses
    clause = dataclasses.replace(clause, departments=departments, defects=defects)
    document = with_body(document, clauses=(clause,))
    document = dataclasses.replace(document, metadata=Metadata(**metadata))
    span = (clause.start, clause.end)
    start, end = span
    if quote is not None:
        start = document.clean.index(quote)
        end = start + len(quote)
    evidence = Evidence(
        hit=Hit(SearchResult(id, "一", share, Ranks(2, 2)), span, (span,), 0.0),
        passage=take(document, start, end, score=share),
        share=share,
        weights={MATTER: 0.5, OTHER: 0.5} if weights is None else weights,
        held={MATTER: 0.5} if held is None else held,
    )
    return at_likelihood(evidence, likelihood)


def at_likelihood(evidence: Evidence, likelihood: float) -> Evidence:
    """Return ``evidence`` moved to where it is this likely, found by halving."""
    low, high = -100.0, 100.0
    for _ in range(80):
        middle = (low + high) / 2
        if judge(at_nearness(evidence, middle)) < likelihood:
            low = middle
        else:
            high = middle
    return at_nearness(evidence, high)


def at_nearness(evidence: Evidence, nearness: float) -> Evidence:
    """Return ``evidence`` so near to the question."""
    return dataclasses.replace(evidence, hit=dataclasses.replace(evidence.hit, nearness=nearness))


def read_samples() -> list[Document]:
    """Return the shipped documents."""
    return [item for item in read_documents([SAMPLES]) if isinstance(item, Document)]


def build_assistant() -> PolicyAssistant:
    """Return a new assistant over the samples.

    Its encoder has few collisions: what has nothing in common with the samples is far from them.
    """
    return PolicyAssistant(HybridIndex.build(read_samples(), FakeEncoder(16_384, tokens=False)))


@cache
def sample_assistant() -> PolicyAssistant:
    """Return the assistant over the samples that tests share; it keeps nothing between questions."""
    return build_assistant()


@cache
def index_with_model() -> HybridIndex:
    """Return the samples indexed with the default model, prepared as anywhere else."""
    encoder = load_encoder(DEFAULT_MODEL)
    return HybridIndex.build(read_samples(), encoder, adapter=load_adapter(identify(encoder)))

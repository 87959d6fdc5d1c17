"""The API's requests and responses as models: what OpenAPI and MCP tell a client of them.

Responses are written by ``qa.schema``, ``documents.schema`` and ``qa.web.jobs``, not by these; where a
response holds one of our dataclasses as it is, the model does too. Requests refuse unknown fields.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from documents.corrections import FIELDS
from documents.types import (
    Audit,
    Clause,
    ClauseKind,
    Correction,
    Defect,
    Department,
    Format,
    Metadata,
    Status,
)
from documents.types import Outcome as ChangeOutcome
from index.types import SearchResult
from qa.log import MAX_COMMENT, Judged, Reason
from qa.schema import MAX_K, MAX_QUESTION
from qa.search import Found, Sort
from qa.types import Citation, Generated, Language, Notice, Outcome, Part, Pointer
from qa.web.jobs import Kind, State

_DATE: dict[str, JsonValue] = {"format": "date"}
Day = Annotated[
    str, Field(description="YYYY-MM-DD", examples=["2026-01-01"], json_schema_extra=_DATE)
]
Question = Annotated[
    str,
    Field(
        description="The question, in Chinese or English / 问题，中文或英文",
        min_length=1,
        max_length=MAX_QUESTION,
        examples=["充电站建设有什么支持？"],
    ),
]
AsOf = Annotated[
    str | None,
    Field(
        description="The day on which documents must be in force, YYYY-MM-DD; default: today / "
        "按哪一天的效力，默认今天",
        examples=["2026-01-01"],
        json_schema_extra=_DATE,
    ),
]


class Filters(BaseModel):
    """What documents a question or search is limited to / 只查哪些文件."""

    model_config = ConfigDict(extra="forbid")

    region: str | None = Field(
        None,
        description="A place, by its full Chinese name: its own documents and those of the levels above "
        "it / 地区全称，含其上级的文件",
        examples=["吉林省"],
    )
    authority: str | None = Field(None, description="Issued by / 发文机关")
    kind: str | None = Field(None, description="Kind of document / 文种", examples=["行动方案"])
    document: str | None = Field(None, description="One document, by its id / 文件编号")
    status: Status | None = Field(None, description="Status on the day / 效力")
    since: Day | None = Field(None, alias="from", description="Written on this day or later")
    until: Day | None = Field(None, alias="to", description="Written on this day or earlier")


class AskRequest(BaseModel):
    """A question with its circumstances."""

    model_config = ConfigDict(extra="forbid")

    question: Question
    id: str | int | None = Field(None, description="Returned as it is")
    history: list[str | EarlierQuestion] = Field(
        [], description="The conversation's earlier questions, oldest first; the last 20 count"
    )
    filters: Filters | None = None
    as_of: AsOf = None
    k: int = Field(10, ge=1, le=MAX_K, description="How many results are listed")


class EarlierQuestion(BaseModel):
    """A question asked before; whatever else it holds, such as its answer, is not read."""

    question: str


class SearchRequest(BaseModel):
    """What to search for."""

    model_config = ConfigDict(extra="forbid")

    question: Question
    k: int = Field(10, ge=1, le=MAX_K, description="How many clauses are found")
    sort: Sort = Field(
        "relevance", description="relevance, or date: the clauses found, newest document first"
    )
    filters: Filters | None = None
    as_of: AsOf = None


class FilterQuery(Filters):
    """The filters as parameters of an address."""

    as_of: AsOf = None


class SearchQuery(FilterQuery):
    """A search as an address."""

    question: Question
    k: int = Field(10, ge=1, le=MAX_K, description="How many clauses are found")
    sort: Sort = Field("relevance", description="relevance, or date: newest document first")


class ListQuery(FilterQuery):
    """Which documents to list."""

    q: str = Field("", description="Words that title, 文号, authorities or id hold", max_length=200)
    offset: int = Field(0, ge=0, le=10_000_000, description="How many to leave out")
    limit: int = Field(50, ge=1, le=500, description="How many to list at most")


class ExpansionModel(BaseModel):
    """A term that was also searched as another."""

    source: str = Field(alias="from")
    target: str = Field(alias="to")


class Answer(BaseModel):
    """The answer: verbatim quotes with their places, or an honest 「未检索到依据」."""

    id: str | int | None
    question: str
    language: Language
    as_of: date
    understood_as: str | None = Field(description="A follow-up, as a question of its own")
    outcome: Outcome = Field(
        description="answered; partial: the thing is covered, but not what was asked of it, or the "
        "source lost it; no_basis: nothing in the library answers it"
    )
    answer: str = Field(description="The answer; [n] is the nth citation")
    citations: list[Citation] = Field(
        description="What the answer rests on, best first; a quote is the document's "
        "clean[start:end], character for character"
    )
    results: list[SearchResult] = Field(description="The k best clauses, whatever the outcome")
    expansions: list[ExpansionModel]
    notices: list[Notice] = Field(description="What the reader must know beside the answer")
    confidence: float | None = Field(description="0..1: that the library answers the question")
    parts: list[Part] = Field(description="One for each question in the sentence, or side compared")
    reply: str = Field(description="The answer as it is read out, at most 200 characters")
    nearest: list[Pointer] = Field(description="Clauses that came near, where there is no basis")
    generated: Generated | None = Field(description="What a language model had to do with it")
    index: str = Field(description="The index's fingerprint: the same index answers the same")
    timings_ms: dict[str, float] = Field(
        description="Milliseconds: total, and what of it went into encode (the question), lexical and "
        "dense (search), rank (of what they found) and answer (the rest); all else is the same again"
    )
    ask: str | None = Field(
        description="The answer's key in the log, for feedback; null where it was not recorded"
    )


class SearchResponse(BaseModel):
    """The clauses found, in order."""

    question: str
    results: list[Found] = Field(
        description="An excerpt is the document's clean[start:end], character for character"
    )
    expansions: list[ExpansionModel]
    index: str


class Counts(BaseModel):
    """How much there is of a document."""

    clauses: int
    characters: int
    defects: int = Field(description="Places where the source is damaged")


class Summary(BaseModel):
    """A document in the list."""

    id: str
    metadata: Metadata
    status: Status
    counts: Counts


class FacetValue(BaseModel):
    """A value of a facet, and how many documents have it under the other filters."""

    value: str
    count: int


class Facets(BaseModel):
    """How the documents divide. Of a region are the documents that apply there."""

    region: list[FacetValue]
    authority: list[FacetValue]
    kind: list[FacetValue]
    status: list[FacetValue]


class DocumentList(BaseModel):
    """A page of the library."""

    documents: list[Summary]
    total: int = Field(description="How many documents pass the filters")
    offset: int
    facets: Facets


class DocumentView(BaseModel):
    """A document with its texts, its clauses and its audit."""

    id: str
    source: str = Field(description="The text of the file")
    clean: str = Field(description="The text without noise, in which all offsets are")
    metadata: Metadata
    clauses: list[Clause]
    audit: Audit
    format: Format
    corrections: list[Correction]


class ClauseLink(BaseModel):
    """A clause beside, above or below another."""

    clause: str
    label: str
    heading: str | None


class ClauseView(BaseModel):
    """A clause with its place in the document; ``quote`` is the document's clean[start:end]."""

    document: str
    title: str
    number: str | None
    status: Status
    clause: str
    label: str
    kind: ClauseKind
    level: int
    marker: str | None
    heading: str | None
    text: str = Field(description="Its own words, without those of its children")
    quote: str = Field(description="All of it, children included")
    start: int
    end: int
    source_start: int
    source_end: int
    page: int | None
    departments: list[Department]
    defects: list[Defect]
    headings: list[ClauseLink] = Field(description="The clauses it lies in, outermost first")
    children: list[ClauseLink]
    previous: ClauseLink | None = Field(description="The clause before it at the same place")
    next: ClauseLink | None = Field(description="The clause behind it at the same place")
    index: str


class FeedbackClause(BaseModel):
    """A clause by its document's id and its path."""

    model_config = ConfigDict(extra="forbid")

    document: str
    clause: str


class FeedbackRequest(BaseModel):
    """What somebody says of an answer."""

    model_config = ConfigDict(extra="forbid")

    ask: str = Field(description="The answer's key, `ask` of the response")
    verdict: Judged
    reason: Reason | None = Field(None, description="Only with down")
    comment: str | None = Field(None, max_length=MAX_COMMENT)
    clause: FeedbackClause | None = Field(None, description="What should have been cited")


class FeedbackReceipt(BaseModel):
    """That feedback was kept."""

    id: int


class Patch(BaseModel):
    """Corrections of metadata; null withdraws one, and "-" says that the document has no such value."""

    model_config = ConfigDict(extra="forbid")

    metadata: dict[str, str | list[str] | None] = Field(
        description="By field: title, notice, number, authorities, kind, region, level, written, "
        "published, effective, expires",
        examples=[{"kind": "行动方案"}],
        min_length=1,
        json_schema_extra={"propertyNames": {"enum": list(FIELDS)}},
    )


class JobChange(BaseModel):
    """What became of one file."""

    file: str
    outcome: ChangeOutcome
    id: str | None
    other: str | None
    chinese: str
    english: str
    audit: dict[str, Any] | None


class JobError(BaseModel):
    """Why a job failed."""

    code: str
    chinese: str
    english: str


class JobView(BaseModel):
    """A change of the library as it stands."""

    id: str
    kind: Kind
    state: State
    stage: str | None
    done: int
    total: int
    seconds_left: float | None
    changes: list[JobChange]
    error: JobError | None
    index: str | None


class JobList(BaseModel):
    """The changes that wait or run, and the last few that ended, newest first."""

    jobs: list[JobView]


class ProblemView(BaseModel):
    """What went wrong (RFC 9457); ``code`` is for programs, ``detail`` for people.

    ``request`` is the number under which the server's log tells of it: that of X-Request-ID.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    request: str | None


# What FastAPI does not see, because bodies are read by ``qa.schema`` or are files.
COMPONENTS: tuple[type[BaseModel], ...] = (
    AskRequest,
    SearchRequest,
    FeedbackRequest,
    Patch,
    ProblemView,
)

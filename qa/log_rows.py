"""The rows of the log: what is kept of a question and its answer, and of what was said of it.

Each row has a seal, the start of the SHA-256 of its values: SQLite itself does not find every byte of
a text that a disk has changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from index.filters import write_filters
from index.types import ClauseId, Filters
from qa.privacy import mask
from qa.types import Language, Outcome, Request, Response

Judged = Literal["up", "down"]
Reason = Literal["wrong_clause", "incomplete", "outdated", "should_refuse"]

# What a row says, in the order it is sealed.
CALL = (
    "ask at desk question history filters as_of answered_for language outcome understood_as cited"
    " results fingerprint reply milliseconds"
).split()
JUDGEMENT = "call ask at desk verdict reason comment document clause".split()


@dataclass(frozen=True, slots=True)
class Call:
    """A question as it was asked, and the facts of its answer.

    ``key`` names the ask (``ask_key``), ``at`` is when, in UTC. ``as_of`` is what the request said,
    ``answered_for`` the day that the answer is of. ``cited`` and ``results`` are (document, path),
    best first. ``desk`` is the opaque id of the browser that asked.
    """

    key: str
    at: datetime
    question: str
    outcome: Outcome
    filters: Filters
    history: tuple[str, ...]
    as_of: date | None
    answered_for: date
    language: Language
    understood_as: str | None
    cited: tuple[ClauseId, ...]
    results: tuple[ClauseId, ...]
    index: str
    reply: str
    milliseconds: float | None
    desk: str | None


@dataclass(frozen=True, slots=True)
class Feedback:
    """What somebody said of an answer; ``ask`` is the key of the ask, ``reason`` is of a "down" only.

    ``clause`` is the one that should have been cited, as (document, path). ``desk`` and ``at`` (UTC) say
    who judged and when: ``Log.judged`` fills them in, ``Log.judge`` does not read them.
    """

    ask: str
    verdict: Judged
    reason: Reason | None = None
    comment: str | None = None
    clause: ClauseId | None = None
    desk: str | None = None
    at: datetime | None = None


def write_call(request: Request, response: Response) -> dict[str, Any]:
    """Return what is kept of a question and its answer; when and by whom is not known here."""
    total = response.timings_ms.get("total")
    row = dict.fromkeys(CALL) | {
        "question": request.question,
        "history": dump(request.history),
        "filters": dump(_write_filters(request.filters)),
        "as_of": request.as_of.isoformat() if request.as_of else None,
        "answered_for": response.as_of.isoformat(),
        "language": response.language,
        "outcome": response.outcome,
        "understood_as": response.understood_as,
        "cited": dump([(c.document, c.clause) for c in response.citations]),
        "results": dump([(r.document, r.clause) for r in response.results]),
        "fingerprint": response.index,
        "reply": response.reply,
        "milliseconds": None if total is None else float(total),
    }
    return mask_call(row)


def _unseal(names: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    """Return a row by its names; ValueError where it is not as it was written."""
    *said, sealed = values
    row = dict(zip(names, said, strict=True))
    if seal(row) != sealed:
        raise ValueError("checksum differs")
    return row


def read_call(values: Sequence[Any]) -> Call:
    """Return the call that the values of a row and its seal are; ValueError, TypeError."""
    row = _unseal(CALL, values)
    return Call(
        key=row["ask"],
        at=datetime.fromisoformat(row["at"]),
        question=row["question"],
        outcome=row["outcome"],
        filters=_read_filters(json.loads(row["filters"])),
        history=tuple(json.loads(row["history"])),
        as_of=date.fromisoformat(row["as_of"]) if row["as_of"] else None,
        answered_for=date.fromisoformat(row["answered_for"]),
        language=row["language"],
        understood_as=row["understood_as"],
        cited=_read_clauses(row["cited"]),
        results=_read_clauses(row["results"]),
        index=row["fingerprint"],
        reply=row["reply"],
        milliseconds=row["milliseconds"],
        desk=row["desk"],
    )


def read_feedback(values: Sequence[Any]) -> Feedback:
    """Return what the values of a row and its seal say; ValueError, TypeError."""
    row = _unseal(JUDGEMENT, values)
    return Feedback(
        ask=row["ask"],
        verdict=row["verdict"],
        reason=row["reason"],
        comment=row["comment"],
        clause=(row["document"], row["clause"]) if row["document"] is not None else None,
        desk=row["desk"],
        at=datetime.fromisoformat(row["at"]),
    )


def _read_clauses(text: str) -> tuple[ClauseId, ...]:
    return tuple((document, clause) for document, clause in json.loads(text))


def _write_filters(filters: Filters) -> dict[str, Any]:
    """Return all that is set; ``documents``, too, makes another ask of it."""
    documents = {} if filters.documents is None else {"documents": sorted(filters.documents)}
    return write_filters(filters) | documents


def _read_filters(obj: dict[str, Any]) -> Filters:
    values = dict(obj)
    since, until = (values.pop(name, None) for name in ("from", "to"))
    documents = values.pop("documents", None)
    return Filters(
        **values,
        since=date.fromisoformat(since) if since else None,
        until=date.fromisoformat(until) if until else None,
        documents=None if documents is None else frozenset(documents),
    )


def mask_call(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row of a call without callers' numbers, and with the key that it has then.

    The key is made of what is kept: one made of the question as it was asked would let a number be
    found again by trying all.
    """
    masked = {
        **row,
        "question": mask(row["question"]),
        "history": dump(_mask_value(json.loads(row["history"]))),
        "filters": dump(_mask_filters(json.loads(row["filters"]))),
        "understood_as": row["understood_as"] and mask(row["understood_as"]),
        "reply": mask(row["reply"]),
    }
    ask = [masked["question"], json.loads(masked["history"]), json.loads(masked["filters"])]
    told = dump([*ask, row["answered_for"], row["fingerprint"]])
    return {**masked, "ask": hashlib.sha256(told.encode()).hexdigest()[:16]}


def mask_judgement(row: Mapping[str, Any], shown: Container[ClauseId] = ()) -> dict[str, Any]:
    """Return the row of a judgement without callers' numbers.

    A clause that was ``shown`` with the answer stays as it is: an id may look like such a number.
    """
    chosen = (row["document"], row["clause"]) in shown
    said = ("comment",) if chosen else ("comment", "document", "clause")
    return {**row, **{name: row[name] and mask(row[name]) for name in said}}


def _mask_filters(filters: Mapping[str, Any]) -> dict[str, Any]:
    """Return filters with what was typed masked; ``documents`` are ids."""
    return {
        name: value if name == "documents" else _mask_value(value)
        for name, value in filters.items()
    }


def _mask_value(value: Any) -> Any:
    match value:
        case str():
            return mask(value)
        case list():
            return [_mask_value(item) for item in value]
        case dict():
            return {name: _mask_value(item) for name, item in value.items()}
    return value


def seal(row: Mapping[str, Any]) -> str:
    """Return 16 hex digits, which are other ones when any value of the row is."""
    # A damaged file may hold bytes where text was.
    told = json.dumps(dict(row), sort_keys=True, default=repr)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def dump(value: Any) -> str:
    """Return JSON that is the same for the same value."""
    # ASCII: a filter may hold half a surrogate pair, which UTF-8 cannot.
    return json.dumps(value, sort_keys=True)

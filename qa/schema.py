"""Requests and responses as JSON: one reading and one writing for Python, REST and command line."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from index.filters import read_day, read_filters
from qa.errors import RequestError
from qa.search import SORTS, Searched, Sort
from qa.types import Expansion, Request, Response

# A long e-mail; anything longer is a document and not a question.
MAX_QUESTION = 2000
MAX_HISTORY = 20
MAX_K = 1000

_FIELDS = {"id", "question", "history", "filters", "as_of", "k"}


def read_request(obj: object) -> Request:
    """Return the request that a JSON value holds; RequestError says what is wrong with it.

    Unknown fields are refused, so that a misspelled filter never widens a search.
    """
    if not isinstance(obj, Mapping):
        raise RequestError(
            "not_an_object", "请求应为 JSON 对象。", "The request must be a JSON object."
        )
    unknown = sorted(set(map(str, obj)) - _FIELDS)
    if unknown:
        raise RequestError(
            "unknown_field",
            f"未知字段：{'、'.join(unknown)}。",
            f"Unknown fields: {', '.join(unknown)}.",
        )
    question = obj.get("question")
    if not isinstance(question, str):
        raise RequestError(
            "no_question", "缺少 question（文字）。", "The field question (a string) is missing."
        )
    id_ = obj.get("id")
    if id_ is not None and (not isinstance(id_, str | int) or isinstance(id_, bool)):
        raise RequestError("bad_id", "id 应为文字或整数。", "id must be a string or an integer.")
    k = obj.get("k", 10)
    if isinstance(k, float) and k.is_integer():
        k = int(k)  # 10.0 is a whole number to JSON
    if not isinstance(k, int) or isinstance(k, bool):
        raise RequestError("bad_k", "k 应为整数。", "k must be an integer.")
    filters = obj.get("filters")
    if filters is None:
        filters = {}
    if not isinstance(filters, Mapping):
        raise RequestError("bad_filters", "filters 应为对象。", "filters must be an object.")
    try:
        request = Request(
            question=question,
            id=id_,
            history=_read_history(obj.get("history")),
            filters=read_filters(filters),
            as_of=read_day(obj.get("as_of")),
            k=k,
        )
    except ValueError as error:
        chinese, _, english = str(error).partition("\n")
        raise RequestError("bad_value", chinese, english) from error
    check_request(request)
    return request


def read_search(obj: object) -> tuple[Request, Sort]:
    """Return what to search for, and in which order; RequestError says what is wrong with it."""
    fields = dict(obj) if isinstance(obj, Mapping) else obj
    wanted = fields.pop("sort", SORTS[0]) if isinstance(fields, dict) else SORTS[0]
    request = read_request(fields)
    if request.id is not None or request.history:
        raise RequestError(
            "unknown_field",
            "检索没有 id 和 history 字段。",
            "A search has no fields id and history.",
        )
    for sort in SORTS:
        if sort == wanted:
            return request, sort
    known = ", ".join(SORTS)
    raise RequestError("bad_sort", f"sort 只能是：{known}。", f"sort must be one of: {known}.")


def _read_history(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    questions = []
    for item in value if isinstance(value, list) else [None]:
        question = item.get("question") if isinstance(item, Mapping) else item
        if not isinstance(question, str):
            raise RequestError(
                "bad_history",
                'history 应为先前问题的列表：["…"] 或 [{"question": "…"}]。',
                'history must list earlier questions: ["…"] or [{"question": "…"}].',
            )
        questions.append(question)
    return tuple(questions[-MAX_HISTORY:])


def check_request(request: Request) -> None:
    """Raise RequestError for a question that is no text, empty or far too long, or a bad k."""
    try:
        "".join((str(request.id or ""), request.question, *request.history)).encode()
    except UnicodeEncodeError as error:
        # JSON can write half a character: nothing downstream can encode it.
        raise RequestError(
            "not_text",
            "问题含有无效字符（半个代理对），请重新输入。",
            "The question holds an invalid character (half a surrogate pair); type it again.",
        ) from error
    if not any(character.isalnum() for character in request.question):
        raise RequestError(
            "empty_question",
            "问题没有内容，请输入要查询的事项。",
            "The question is empty; type what you want to know.",
        )
    longest = max(map(len, (request.question, *request.history)))
    if longest > MAX_QUESTION:
        raise RequestError(
            "question_too_long",
            f"问题有 {longest} 字，最多 {MAX_QUESTION} 字，请只保留要查询的事项。",
            f"The question has {longest} characters, at most {MAX_QUESTION} are taken; "
            "keep only what you want to know.",
        )
    if not 1 <= request.k <= MAX_K:
        raise RequestError(
            "bad_k", f"k 应在 1 到 {MAX_K} 之间。", f"k must be between 1 and {MAX_K}."
        )


def write_response(response: Response) -> dict[str, Any]:
    """Return a response as plain JSON values, in the order of the interface."""
    return {
        "id": response.id,
        "question": response.question,
        "language": response.language,
        "as_of": response.as_of.isoformat(),
        "understood_as": response.understood_as,
        "outcome": response.outcome,
        "answer": response.answer,
        "citations": [_plain(citation) for citation in response.citations],
        "results": [_plain(result) for result in response.results],
        "expansions": _write_expansions(response.expansions),
        "notices": [_plain(notice) for notice in response.notices],
        "confidence": response.confidence,
        "parts": [_plain(part) for part in response.parts],
        "reply": response.reply,
        "nearest": [_plain(pointer) for pointer in response.nearest],
        "generated": _plain(response.generated) if response.generated else None,
        "index": response.index,
        "timings_ms": dict(response.timings_ms),
    }


def write_searched(searched: Searched) -> dict[str, Any]:
    """Return what a search found as plain JSON values."""
    return {
        "question": searched.question,
        "results": [
            {**_plain(found), "written": found.written.isoformat() if found.written else None}
            for found in searched.results
        ],
        "expansions": _write_expansions(searched.expansions),
        "index": searched.index,
    }


def _write_expansions(expansions: Iterable[Expansion]) -> list[dict[str, str]]:
    return [{"from": expansion.source, "to": expansion.target} for expansion in expansions]


def _plain(item: Any) -> dict[str, Any]:
    obj = dataclasses.asdict(item)
    return {name: list(v) if isinstance(v, tuple) else v for name, v in obj.items()}

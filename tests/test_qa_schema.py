"""Requests and responses as JSON: the interface that others build on."""

from __future__ import annotations

import dataclasses
import json
from datetime import date
from typing import Any, get_args

import jsonschema
import pytest

from documents.types import Department
from index.types import Filters, Ranks, SearchResult
from qa.errors import RequestError
from qa.schema import MAX_HISTORY, MAX_K, MAX_QUESTION, read_request, write_response
from qa.types import (
    Citation,
    Expansion,
    Fact,
    Form,
    Generated,
    Notice,
    Part,
    Pointer,
    Request,
    Response,
)
from tests.qa_library import sample_assistant

# --- requests


def test_question_alone_is_a_request() -> None:
    assert read_request({"question": "充电站"}) == Request("充电站")


def test_every_field_is_read() -> None:
    obj = {
        "id": "q1",
        "question": "充电站",
        "history": ["安徽？", {"question": "吉林？"}],
        "filters": {"region": "吉林省", "from": "2024-01-01"},
        "as_of": "2025-01-01",
        "k": 3,
    }
    assert read_request(obj) == Request(
        question="充电站",
        id="q1",
        history=("安徽？", "吉林？"),
        filters=Filters(region="吉林省", since=date(2024, 1, 1)),
        as_of=date(2025, 1, 1),
        k=3,
    )


def test_null_is_unset_and_numbers_are_ids() -> None:
    obj = {"question": "充电站", "id": None, "history": None, "filters": None, "as_of": None}
    assert read_request(obj) == Request("充电站")
    assert read_request({"question": "充电站", "id": 7}).id == 7


def test_only_the_latest_questions_of_a_long_history_count() -> None:
    history = [f"问题{i}" for i in range(MAX_HISTORY + 5)]
    assert read_request({"question": "充电站", "history": history}).history == tuple(history[5:])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"qestion": "x"}, "unknown_field"),
        ({"question": None}, "no_question"),
        ({"question": ["充电站"]}, "no_question"),
        ({"question": ""}, "empty_question"),
        ({"question": " \n？！…—"}, "empty_question"),
        ({"question": "\u202e\u200f\x00"}, "empty_question"),
        ({"question": "🚗🔌"}, "empty_question"),
        ({"question": "充" * (MAX_QUESTION + 1)}, "question_too_long"),
        ({"question": "充" * 100_000}, "question_too_long"),
        ({"history": ["充" * (MAX_QUESTION + 1)]}, "question_too_long"),
        ({"question": "充电\ud800"}, "not_text"),
        ({"history": ["\udfff"]}, "not_text"),
        ({"id": "\ud800"}, "not_text"),
        ({"id": {}}, "bad_id"),
        ({"id": True}, "bad_id"),
        ({"k": "10"}, "bad_k"),
        ({"k": 1.5}, "bad_k"),
        ({"k": True}, "bad_k"),
        ({"k": None}, "bad_k"),
        ({"k": 0}, "bad_k"),
        ({"k": MAX_K + 1}, "bad_k"),
        ({"filters": []}, "bad_filters"),
        ({"filters": "region"}, "bad_filters"),
        ({"filters": {"regoin": "吉林"}}, "bad_value"),
        ({"filters": {"status": "valid"}}, "bad_value"),
        ({"filters": {"region": 1}}, "bad_value"),
        ({"as_of": "yesterday"}, "bad_value"),
        ({"as_of": ""}, "bad_value"),
        ({"as_of": 20250101}, "bad_value"),
        ({"history": "吉林"}, "bad_history"),
        ({"history": [1]}, "bad_history"),
        ({"history": [{"q": "吉林"}]}, "bad_history"),
        ({"history": [None]}, "bad_history"),
    ],
)
def test_bad_request_is_refused_by_code_and_in_both_languages(
    change: dict[str, Any], code: str
) -> None:
    with pytest.raises(RequestError) as caught:
        read_request({"question": "充电站", **change})
    assert caught.value.code == code
    chinese, english = caught.value.message.splitlines()
    assert any("\u4e00" <= character <= "\u9fff" for character in chinese) and english


@pytest.mark.parametrize("obj", [None, [], "充电站", 3])
def test_request_is_an_object(obj: object) -> None:
    with pytest.raises(RequestError) as caught:
        read_request(obj)
    assert caught.value.code == "not_an_object"


def test_longest_question_and_largest_k_are_taken() -> None:
    assert read_request({"question": "充" * MAX_QUESTION, "k": MAX_K}).k == MAX_K


# --- responses

TEXT, COUNT, NUMBER = {"type": "string"}, {"type": "integer"}, {"type": "number"}
TEXT_OR_NULL, COUNT_OR_NULL = {"type": ["string", "null"]}, {"type": ["integer", "null"]}


def record(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(fields), "properties": fields}


def listing(**fields: Any) -> dict[str, Any]:
    return {"type": "array", "items": record(**fields)}


DAY = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
STATUS = {"enum": ["not_yet", "in_force", "expiring", "expired", "repealed", "unknown"]}
OUTCOME = {"enum": ["answered", "partial", "no_basis"]}
RESPONSE = record(
    id=TEXT_OR_NULL,
    question=TEXT,
    language={"enum": ["zh", "en"]},
    as_of=DAY,
    understood_as=TEXT_OR_NULL,
    outcome=OUTCOME,
    answer=TEXT,
    citations=listing(
        document=TEXT,
        title=TEXT,
        number=TEXT_OR_NULL,
        clause=TEXT,
        label=TEXT,
        quote=TEXT,
        start=COUNT,
        end=COUNT,
        source_start=COUNT,
        source_end=COUNT,
        status=STATUS,
        departments=listing(
            name=TEXT, text=TEXT, role={"enum": ["lead", "support", "responsible"]}
        ),
        score=NUMBER,
        facts=listing(
            kind={"enum": ["figure", "ceiling", "condition", "deadline"]},
            text=TEXT,
            start=COUNT,
            end=COUNT,
            meaning={"enum": ["goal", "ceiling", "present", None]},
            year=COUNT_OR_NULL,
        ),
        highlight={"type": ["array", "null"], "items": COUNT, "minItems": 2, "maxItems": 2},
        translation=TEXT_OR_NULL,
    ),
    results=listing(
        document=TEXT,
        clause=TEXT,
        score=NUMBER,
        ranks=record(lexical=COUNT_OR_NULL, dense=COUNT_OR_NULL),
    ),
    expansions=listing(**{"from": TEXT, "to": TEXT}),
    notices=listing(code=TEXT, text=TEXT, document=TEXT_OR_NULL, clause=TEXT_OR_NULL),
    confidence={"type": ["number", "null"], "minimum": 0, "maximum": 1},
    parts=listing(
        question=TEXT,
        form={"enum": list(get_args(Form))},
        outcome=OUTCOME,
        label=TEXT_OR_NULL,
        text=TEXT,
        citations={"type": "array", "items": COUNT},
    ),
    reply=TEXT,
    nearest=listing(document=TEXT, title=TEXT, number=TEXT_OR_NULL, clause=TEXT, label=TEXT),
    generated={
        "anyOf": [
            record(used={"type": "boolean"}, dropped=COUNT, error=TEXT_OR_NULL),
            {"type": "null"},
        ]
    },
    index=TEXT,
    timings_ms=record(
        total=NUMBER, encode=NUMBER, lexical=NUMBER, dense=NUMBER, rank=NUMBER, answer=NUMBER
    ),
)


def in_order(schema: dict[str, Any], value: Any) -> bool:
    """Whether every object in ``value`` has the schema's fields first to last in its order."""
    if schema.get("type") == "array":
        return all(in_order(schema["items"], item) for item in value)
    if schema.get("type") != "object":
        return True
    fields = schema["properties"]
    return [name for name in value if name in fields] == list(fields) and all(
        in_order(fields[name], value[name]) for name in fields
    )


def check_response(obj: Any) -> None:
    """Check a response as JSON against the interface: fields, types and order."""
    jsonschema.validate(obj, RESPONSE)
    assert in_order(RESPONSE, obj)


FULL = Response(
    question="充电站",
    language="zh",
    as_of=date(2026, 1, 1),
    outcome="answered",
    answer="… [1] …",
    citations=(
        Citation("d", "某某方案", None, "一", "一、", "支持。", 0, 3, 0, 3, "in_force",
                 (Department("省能源局", "省能源局", "lead"),), 0.5,
                 (Fact("figure", "持。", 1, 3, "goal", 2025),), (1, 3)),
        Citation("d", "某某方案", "某发〔2024〕1号", "二", "二、", "鼓励。", 3, 6, 3, 6, "unknown", (), 0.0),
    ),
    results=(SearchResult("d", "一", 0.5, Ranks(1, None)),),
    index="0123",
    timings_ms={
        "total": 1.5,
        "encode": 0.5,
        "lexical": 0.25,
        "dense": 0.25,
        "rank": 0.25,
        "answer": 0.25,
    },
    expansions=(Expansion("充电桩", "充电设施"),),
    notices=(Notice("expired", "…", "d", None),),
    confidence=0.75,
    parts=(Part("充电站", "passages", "answered", None, "检索到", (1, 2)),),
    reply="原文：“支持。”",
    nearest=(Pointer("d", "某某方案", None, "三", "三、"),),
    generated=Generated(used=True, dropped=1, error=None),
)  # fmt: skip


def test_response_keeps_the_interface() -> None:
    obj = write_response(FULL)
    check_response(obj)
    assert obj["as_of"] == "2026-01-01" and obj["id"] is None
    assert obj["results"][0]["ranks"] == {"lexical": 1, "dense": None}
    assert obj["confidence"] == 0.75
    assert obj["expansions"] == [{"from": "充电桩", "to": "充电设施"}]
    first, second = obj["citations"]
    assert first["departments"][0]["role"] == "lead"
    assert (first["highlight"], second["highlight"]) == ([1, 3], None)
    assert first["facts"] == [
        {"kind": "figure", "text": "持。", "start": 1, "end": 3, "meaning": "goal", "year": 2025}
    ]
    assert obj["parts"][0]["citations"] == [1, 2] and obj["reply"] == "原文：“支持。”"
    assert obj["nearest"][0]["clause"] == "三"
    # Nothing but what JSON has: written and read, it is the same.
    assert json.loads(json.dumps(obj)) == obj


def test_what_the_assistant_says_keeps_the_interface() -> None:
    for question in ("零部件产业集群由谁牵头", "今天天气怎么样", "首台套装备的奖励最高多少"):
        obj = write_response(sample_assistant().ask(question))
        check_response(obj)
        assert json.loads(json.dumps(obj)) == obj


def test_the_interface_names_every_field() -> None:
    """Whoever adds a field pins it here."""
    assert set(write_response(FULL)) == set(RESPONSE["properties"])
    citation, fact = FULL.citations[0], FULL.citations[0].facts[0]
    for item, schema in (
        (citation, RESPONSE["properties"]["citations"]["items"]),
        (fact, RESPONSE["properties"]["citations"]["items"]["properties"]["facts"]["items"]),
        (FULL.parts[0], RESPONSE["properties"]["parts"]["items"]),
        (FULL.nearest[0], RESPONSE["properties"]["nearest"]["items"]),
        (FULL.notices[0], RESPONSE["properties"]["notices"]["items"]),
    ):
        assert {field.name for field in dataclasses.fields(item)} == set(schema["properties"])


@pytest.mark.parametrize("field", ["outcome", "citations", "parts", "reply", "timings_ms"])
def test_interface_has_teeth(field: str) -> None:
    obj = write_response(FULL)
    check_response({**obj, "a_new_field": 1})
    with pytest.raises(jsonschema.ValidationError):
        check_response({name: value for name, value in obj.items() if name != field})
    with pytest.raises(jsonschema.ValidationError):
        check_response({**obj, field: None})
    with pytest.raises(AssertionError):
        check_response(dict(reversed(obj.items())))

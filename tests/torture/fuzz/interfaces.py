"""REST in process: what OpenAPI allows and what it forbids, by schemathesis."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import hypothesis
import requests
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import AcceptedNegativeData, positive_data_acceptance

# What a schema cannot say: a region that there is, a question with a letter in it, a judgement that
# does not contradict itself. Such a request is refused with one of these codes.
SEMANTIC = frozenset("empty_question bad_metadata bad_reason bad_clause".split())
# Waiting for a job's events is what that address is for.
_SKIPPED = {"GET /api/v1/jobs/{id}/events"}
_OF_A_DOCUMENT = {
    "GET /api/v1/documents/{id}",
    "PATCH /api/v1/documents/{id}",
    "GET /api/v1/documents/{id}/original",
}

_PARAMETER = re.compile(r"Invalid component: parameter `([^`]+)` in query")

load_all_checks()


@dataclass(slots=True)
class _Tally:
    """How many requests were sent, and what failed: one of each kind for each operation."""

    sent: int = 0
    failures: dict[str, str] = field(default_factory=dict)


def run_schema(
    app: FastAPI, client: TestClient, cases: int, seed: int, *, only: Collection[str] = ()
) -> tuple[int, list[str]]:
    """Send ``cases`` requests for each operation, half of them valid; return how many, and what failed.

    All of schemathesis' checks are made: no server error, status, content type, headers and body as
    described, what is not allowed refused, what is allowed accepted, methods that are not there.
    ``only`` names the operations (GET /api/v1/documents); all of them where it is empty.
    """
    schema = schemathesis.openapi.from_dict(app.openapi())
    ids = [item["id"] for item in client.get("/api/v1/documents").json()["documents"]]
    tally = _Tally()
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.label in _SKIPPED or (only and operation.label not in only):
            continue
        # Documents that there are, for what reads or corrects one: most ids are of none.
        known = ids if operation.label in _OF_A_DOCUMENT else []
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            check = _checker(operation.label, client, known, tally)
            # Nothing about an operation without parameters can be wrong.
            with contextlib.suppress(hypothesis.errors.Unsatisfiable):
                strategy = operation.as_strategy(generation_mode=mode)
                _try_all(strategy, check, max(1, cases // 2), seed)
    return tally.sent, list(tally.failures.values())


def _try_all(strategy: Any, check: Callable[[Any], None], cases: int, seed: int) -> None:
    settings = hypothesis.settings(
        max_examples=cases,
        deadline=None,
        database=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )

    @hypothesis.seed(seed)
    @settings
    @hypothesis.given(strategy)
    def run(case: Any) -> None:
        check(case)

    run()


def _checker(
    label: str, client: TestClient, known: Sequence[str], tally: _Tally
) -> Callable[[Any], None]:
    """Return what sends a case of an operation and notes what fails; it raises nothing."""

    def check(case: Any) -> None:
        tally.sent += 1
        if known and case.meta.generation.mode.is_positive:
            case.path_parameters["id"] = known[tally.sent % len(known)]
        response = send(case, client)
        excluded = _find_excluded(response)
        try:
            case.validate_response(response, excluded_checks=excluded)
        except FailureGroup as group:
            for failure in group.exceptions:
                if isinstance(failure, AcceptedNegativeData) and _is_allowed(failure, case):
                    continue
                key = f"{label}: {type(failure).__name__}"
                told = " ".join(str(failure).split())[:300]
                tally.failures.setdefault(key, f"{key}: {told} — {case.as_curl_command()[:400]}")

    return check


def _find_excluded(response: Any) -> list[Any]:
    """Return the checks that have nothing to say of this response."""
    if _is_semantic(response):
        return [positive_data_acceptance]
    # What is in the queue is not worked off here as fast as it comes.
    if response.status_code == 503 and response.json()["code"] == "busy":
        return [not_a_server_error, positive_data_acceptance]
    return []


def _is_allowed(failure: Exception, case: Any) -> bool:
    """Whether what was accepted is allowed: an empty parameter is one left out, a file holds anything."""
    told = str(failure)
    if parameter := _PARAMETER.search(told):
        return (case.query or {}).get(parameter[1]) == ""
    return "in body - violates" in told and "at /properties/files/items" in told


def _is_semantic(response: Any) -> bool:
    """Whether a request was refused for what no schema can say."""
    if response.status_code != 422:
        return False
    problem = response.json()
    if problem["code"] == "bad_value":  # days and status are in the schema, regions are not
        return "地区" in problem["detail"]
    return problem["code"] in SEMANTIC


def send(case: Any, client: TestClient) -> Any:
    """Send a case through the client, written as schemathesis' own library writes it."""
    sent = case.as_transport_kwargs(base_url="http://testserver")
    names = ("method", "url", "headers", "files", "data", "params", "cookies", "json")
    made = requests.Request(**{name: sent[name] for name in names if name in sent}).prepare()
    request = client.build_request(
        str(made.method), str(made.url), headers=dict(made.headers), content=made.body
    )
    request.read()  # the checks look at what was sent
    return client.send(request)

"""REST in process: what OpenAPI allows and what it forbids, by schemathesis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import hypothesis
import requests
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import positive_data_acceptance

# What a schema cannot say: a region that there is, a question with a letter in it, a judgement that
# does not contradict itself. Such a request is refused with one of these codes.
SEMANTIC = frozenset("empty_question bad_metadata bad_reason bad_clause".split())
# Waiting for a job's events is what that address is for.
_SKIPPED = {"GET /api/v1/jobs/{id}/events"}

load_all_checks()


def run_schema(app: FastAPI, client: TestClient, cases: int, seed: int) -> tuple[int, list[str]]:
    """Send ``cases`` requests for each operation, valid and invalid by turns; return how many, and what failed.

    All of schemathesis' checks are made: no server error, status, content type, headers and body as
    described, what is not allowed refused, what is allowed accepted, methods that are not there.
    """
    schema = schemathesis.openapi.from_dict(app.openapi())
    ids = [item["id"] for item in client.get("/api/v1/documents").json()["documents"]]
    counted: Counter[str] = Counter()
    failures: dict[str, str] = {}
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.label in _SKIPPED:
            continue
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            # Documents that there are, for what reads or corrects one; most ids are of none.
            known = (
                ids
                if mode is GenerationMode.POSITIVE and "documents/{id}" in operation.path
                else ()
            )
            known = () if operation.method.upper() == "DELETE" else known
            try:
                strategy = operation.as_strategy(generation_mode=mode)
                _try_all(
                    strategy, client, cases // 2, seed, operation.label, counted, failures, known
                )
            except hypothesis.errors.Unsatisfiable:
                pass  # nothing about this operation can be wrong
    return counted.total(), list(failures.values())


def _try_all(
    strategy: Any,
    client: TestClient,
    cases: int,
    seed: int,
    label: str,
    counted: Counter[str],
    failures: dict[str, str],
    known: Sequence[str],
) -> None:
    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=max(1, cases),
        deadline=None,
        database=None,
        derandomize=False,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(strategy)
    def check(case: Any) -> None:
        counted[label] += 1
        if known and case.path_parameters and "id" in case.path_parameters:
            case.path_parameters["id"] = known[counted.total() % len(known)]
        response = send(case, client)
        excluded = [positive_data_acceptance] if _is_semantic(response) else []
        try:
            case.validate_response(response, excluded_checks=excluded)
        except FailureGroup as group:
            for failure in group.exceptions:
                key = f"{label}: {type(failure).__name__}"
                told = " ".join(str(failure).split())[:300]
                failures.setdefault(key, f"{key}: {told} — {case.as_curl_command()[:400]}")

    check()


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

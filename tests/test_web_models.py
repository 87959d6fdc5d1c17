"""What is described is what is sent: models, OpenAPI and its examples against real responses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from fastapi.testclient import TestClient
from pydantic import BaseModel

from qa.schema import read_request, write_response
from qa.web.application import create_web_app
from qa.web.rest import models
from qa.web.rest.holdings import write_clause
from tests.qa_library import sample_assistant
from tests.web_library import OPINION, PLAN, StubAssistant
from tests.web_served import build_app

QUESTIONS = (
    {"question": "充电站建设有什么支持？"},
    {"question": "How are charging stations supported?"},
    {"question": "首台套奖补最高多少钱？"},
    {"question": "吉林和安徽对制造业集群各有什么支持？"},
    {"question": "谁负责充电站建设？有效期到什么时候？"},
    {"question": "行动方案还有效吗？"},
    {"question": "库里有哪些吉林省的文件？"},
    {"question": "那谁负责？", "history": ["充电站建设有什么支持？"]},
    {"question": "养老金怎么领？", "id": 7},
    {"question": "安徽指导意见第一条", "filters": {"region": "安徽省"}, "k": 3},
)


def follow(model: type[BaseModel], obj: dict[str, Any]) -> None:
    """Check that ``obj`` has exactly the model's fields, at every depth."""
    model.model_validate(obj, extra="forbid")
    assert list(obj) == [field.alias or name for name, field in model.model_fields.items()]


@pytest.mark.parametrize("fields", QUESTIONS, ids=lambda fields: str(fields["question"]))
@pytest.mark.parametrize("stub", [True, False], ids=["stub", "samples"])
def test_answers_are_as_described(fields: dict[str, Any], stub: bool) -> None:
    assistant = StubAssistant() if stub else sample_assistant()
    response = assistant.ask(read_request(fields))
    follow(models.Answer, {**write_response(response), "ask": "0123456789abcdef"})
    if not stub and fields == QUESTIONS[0]:
        assert response.citations and response.results  # the lists are checked by what is in them


def test_clauses_and_documents_are_as_described() -> None:
    index = sample_assistant().index
    for id, document in index.documents.items():
        for clause in document.clauses[::7]:
            follow(models.ClauseView, write_clause(index, id, clause.path))


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_web_app(sample_assistant)) as client:
        yield client


def test_what_is_listed_is_as_described(client: TestClient) -> None:
    follow(models.DocumentList, client.get("/api/v1/documents").json())
    follow(models.SearchResponse, client.get("/api/v1/search?question=充电桩").json())
    document = client.get("/api/v1/documents/nanchang-auto-action-plan").json()
    follow(models.DocumentView, document)
    follow(models.ProblemView, client.get("/api/v1/documents/none").json())


# ---- OpenAPI -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def schema(client: TestClient) -> dict[str, Any]:
    document: dict[str, Any] = client.get("/api/v1/openapi.json").json()
    return document


def walk(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in a JSON value."""
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from walk(item)
    elif isinstance(value, list):
        for item in value:
            yield from walk(item)


def test_every_reference_leads_somewhere_and_every_schema_is_one(schema: dict[str, Any]) -> None:
    assert schema["openapi"].startswith("3.1")
    components = schema["components"]["schemas"]
    references = {item["$ref"] for item in walk(schema) if isinstance(item.get("$ref"), str)}
    assert references and references <= {f"#/components/schemas/{name}" for name in components}
    for component in components.values():
        jsonschema.Draft202012Validator.check_schema(component)
    assert "HTTPValidationError" not in components


def list_operations(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
    ]


def test_every_operation_is_described(schema: dict[str, Any]) -> None:
    operations = list_operations(schema)
    assert len({operation["operationId"] for _, _, operation in operations}) == len(operations)
    for method, path, operation in operations:
        assert operation["summary"] and operation["description"] and operation["tags"], path
        assert "application/problem+json" in operation["responses"]["default"]["content"]
        succeeded = [status for status in operation["responses"] if status.startswith("2")]
        assert len(succeeded) == 1 and "422" not in operation["responses"]
        for parameter in operation.get("parameters", []):
            assert parameter["schema"].get("examples") or not parameter["required"], (method, path)
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            assert kind == "multipart/form-data" or content["example"], path


def order(item: tuple[str, str, dict[str, Any]]) -> int:
    """Reading first, then what changes something, then its jobs; at last the removal."""
    method, path, _ = item
    if "/jobs/" in path:
        return 3 + (method == "delete")
    return {"get": 0, "post": 1, "patch": 2, "delete": 5}[method]


def test_every_example_works(schema: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    components = {"components": schema["components"]}
    with TestClient(build_app(monkeypatch)) as client:
        ask = client.post("/api/v1/ask", json={"question": "充电站"}).json()["ask"]
        job = ""
        for method, path, operation in sorted(list_operations(schema), key=order):
            query: dict[str, Any] = {}
            for parameter in operation.get("parameters", []):
                example = (parameter["schema"].get("examples") or [None])[0]
                if parameter["in"] == "path":
                    shown = job if "/jobs/" in path else example
                    path = path.replace(f"{{{parameter['name']}}}", shown)
                elif example is not None:
                    jsonschema.validate(example, parameter["schema"])
                    query[parameter["name"]] = example
            arguments: dict[str, Any] = {"params": query}
            for kind, content in operation.get("requestBody", {}).get("content", {}).items():
                if kind == "application/json":
                    body = content["example"]
                    jsonschema.validate(body, content["schema"] | components)
                    arguments["json"] = body | ({"ask": ask} if "ask" in body else {})
                else:
                    text = "关于充电站的通知\n一、支持充电站建设。\n"
                    arguments["files"] = [("files", ("notice.txt", text.encode()))]
            response = client.request(method, path, **arguments)
            if method == "delete" and "/jobs/" in path:
                assert response.status_code == 409  # the job has ended by then
                continue
            assert response.is_success, (method, path, response.text)
            described = operation["responses"][str(response.status_code)]["content"]
            kind = response.headers["content-type"].split(";")[0]
            assert kind in described, (path, kind)
            if kind == "application/json":
                jsonschema.validate(response.json(), described[kind]["schema"] | components)
            if response.status_code == 202:
                job = response.json()["id"]
                assert '"state":"done"' in client.get(f"/api/v1/jobs/{job}/events").text


def test_models_of_the_stub_hold_its_documents() -> None:
    for id in (PLAN, OPINION):
        index = StubAssistant().index
        first = index.documents[id].clauses[0].path
        follow(models.ClauseView, write_clause(index, id, first))

"""What OpenAPI says of requests that we read ourselves, of responses and of problems."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI, Path
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from qa.web.rest.events import EVENT_STREAM
from qa.web.rest.models import COMPONENTS
from qa.web.rest.problems import PROBLEM_TYPE

DocumentId = Annotated[
    str, Path(description="The document's id", examples=["jilin-nev-action-plan-2024"])
]
ClausePath = Annotated[str, Path(description="The clause's path", examples=["一/（五）/13"])]
JobId = Annotated[
    str, Path(description="The job's id", examples=["0123456789abcdef0123456789abcdef"])
]

_REFERENCE = "#/components/schemas/{model}"


def describe_body(model: str, example: dict[str, Any]) -> dict[str, Any]:
    """Return the description of a JSON body that is one of ``COMPONENTS``."""
    schema = {"$ref": _REFERENCE.format(model=model)}
    content = {"application/json": {"schema": schema, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


def describe_response(model: Any, description: str, **more: Any) -> dict[str, Any]:
    """Return the description of a JSON response."""
    return {"model": model, "description": description, **more}


def describe_events(description: str) -> dict[str, Any]:
    """Return the description of an event stream."""
    schema = {"type": "string", "description": description}
    return {"content": {EVENT_STREAM: {"schema": schema}}}


def describe_file(description: str) -> dict[str, Any]:
    """Return the description of a download."""
    schema = {"type": "string", "format": "binary"}
    return {
        "description": description,
        "content": {"application/octet-stream": {"schema": schema}},
    }


def add_schema(app: FastAPI) -> None:
    """Have the application describe itself with what FastAPI does not see."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
            )
            schemas = schema["components"]["schemas"]
            for model in COMPONENTS:
                schemas.update(_list_schemas(model))
            # Every failure is a problem; FastAPI's own validation error is never sent.
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            problem = {
                "description": "What went wrong",
                "content": {
                    PROBLEM_TYPE: {"schema": {"$ref": _REFERENCE.format(model="ProblemView")}}
                },
            }
            for path in schema["paths"].values():
                for operation in path.values():
                    operation["responses"].pop("422", None)
                    operation["responses"]["default"] = problem
            schema["components"]["securitySchemes"] = {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "From `python -m qa users token`; needed where there are accounts.",
                }
            }
            schema["security"] = [{}, {"token": []}]
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]


def _list_schemas(model: type[BaseModel]) -> dict[str, Any]:
    """Return the model's schema and those that it refers to, by name."""
    schema = model.model_json_schema(ref_template=_REFERENCE)
    return {**schema.pop("$defs", {}), model.__name__: schema}

"""The REST interface below /api/v1, put together."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from fastapi.responses import Response
from starlette.routing import Match, Route

from qa.web.resources import Resources
from qa.web.rest.changes import build_changes
from qa.web.rest.holdings import build_holdings
from qa.web.rest.openapi import add_schema
from qa.web.rest.problems import Problem, add_problems
from qa.web.rest.questions import build_questions

PREFIX = "/api/v1"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def add_api(app: FastAPI, resources: Resources) -> None:
    """Add the routes below /api/v1 to the application, and problems for all other addresses."""
    add_problems(app)
    routers = [build(resources) for build in (build_questions, build_holdings, build_changes)]
    for router in routers:
        app.include_router(router, prefix=PREFIX)
    add_schema(app)

    @app.api_route("/api/{path:path}", methods=METHODS, include_in_schema=False)
    def refuse(path: str) -> Response:
        allowed = find_methods(routers, "/" + path.removeprefix("v1/"))
        if allowed:
            raise Problem(
                405,
                "method_not_allowed",
                f"此地址只接受 {'、'.join(allowed)}。\nThis address takes {', '.join(allowed)} only.",
                {"Allow": ", ".join(allowed)},
            )
        raise Problem(404, "not_found", f"没有这个地址。\nThere is no such address: /api/{path}")


def find_methods(routers: list[APIRouter], path: str) -> list[str]:
    """Return the methods that a path of the routers takes, none where there is no such path."""
    scope = {"type": "http", "method": "", "path": path, "headers": []}
    return sorted(
        method
        for router in routers
        for route in router.routes
        if isinstance(route, Route) and route.matches(scope)[0] != Match.NONE
        for method in route.methods or ()
    )

"""Whether the server is alive, and whether questions can be answered: two questions of two askers.

``/healthz`` is for whoever restarts what hangs, and for the page's own line of state: it answers 200
as long as the process answers at all, and says how far loading is. A restart mends neither a long
first build nor a damaged index. ``/readyz`` is for whoever sends visitors here: 200 only when a
question can be answered, else 503 and why.
"""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from qa.web.access.visitors import may
from qa.web.startup import Startup

_HEADERS = {"Cache-Control": "no-store"}


def add_health(app: FastAPI, startup: Startup, prefix: str) -> None:
    """Add both addresses below a page's ``prefix``; they are answered in the event loop.

    So it is said also where every thread is waiting.
    """

    @app.get(f"{prefix}/healthz", include_in_schema=False)
    async def read_health(request: Request) -> JSONResponse:
        state = startup.state
        index = startup.wait(0).index if state == "ready" else None
        content = {
            "status": state,
            "index": index.fingerprint if index else None,
            "documents": len(index.documents) if index else 0,
            "message": _tell_reason(request, startup),
        }
        return JSONResponse(content, headers=_HEADERS)

    @app.get(f"{prefix}/readyz", include_in_schema=False)
    async def read_readiness(request: Request) -> JSONResponse:
        state = startup.state
        ready = state == "ready"
        content = {"ready": ready, "status": state, "reason": _tell_reason(request, startup)}
        return JSONResponse(content, 200 if ready else 503, headers=_HEADERS)


def _tell_reason(request: Request, startup: Startup) -> str | None:
    """Return why nothing can be answered, which names folders, to those who may ask questions."""
    return startup.reason if may(request, "reader") else None

"""The web application: REST, MCP, the documents' own pages, and the Gradio page in two languages."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import gradio as gr
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from qa.log import Log
from qa.retention import keep_short, read_days
from qa.types import Language
from qa.web.access.attempts import Attempts
from qa.web.access.guard import Guard
from qa.web.access.login import add_login
from qa.web.access.visitors import Access
from qa.web.admission import Admission
from qa.web.asking.fragments import add_fragments
from qa.web.boundary import ENGLISH_PREFIX, Boundary
from qa.web.health import add_health
from qa.web.jobs import Jobs
from qa.web.metrics import Metrics, add_metrics
from qa.web.page import build_page
from qa.web.reading.pages import add_documents_pages
from qa.web.reading.shelf import Shelves
from qa.web.resources import Resources
from qa.web.rest.api import add_api
from qa.web.rest.mcp import add_tools, build_tools, serve_tools
from qa.web.startup import Assistant, Startup, follow_index
from qa.web.stopping import Draining, Stopping
from qa.web.texts import TEXTS
from qa.web.tracing import Tracing

# Gradio counts its events in tables that only its own monitoring shows, and makes them anew after
# each: a cost that would grow to ten thousand rows an answer.
os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "1")
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", str(2**62))

STATIC = Path(__file__).parent / "static"
PREFIXES: dict[Language, str] = {"en": ENGLISH_PREFIX, "zh": ""}  # the root's mount comes last

DESCRIPTION = (
    "Questions on a library of Chinese policy texts, answered with verbatim clauses, each cited by "
    "document, 文号 and clause. Errors are problem+json; MCP is at /mcp."
)

# Fonts of the system only: a web font would be a request to another machine.
SANS = ("PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif")


def create_web_app(
    open_assistant: Callable[[], Assistant],
    *,
    log: Log | None = None,
    jobs: Jobs | None = None,
    find_original: Callable[[str], Path | None] | None = None,
    admission: Admission | None = None,
    access: Access | None = None,
    read_version: Callable[[], object] = lambda: None,
) -> FastAPI:
    """Return the application. ``open_assistant`` runs in the background once it starts.

    It runs again when ``read_version``, which tells one index from the next, returns another value.

    ``access`` decides who is let in; without, whoever reaches the application is.

    What is None is not offered: see ``Resources``. ``jobs`` are closed when the application stops.
    """
    startup = Startup(open_assistant, read_version)
    line = admission or Admission()
    metrics = Metrics(startup, jobs, lambda: (line.running, line.waiting))
    resources = Resources(startup, log, jobs, find_original, line, seen=metrics.count_answer)
    if jobs is not None:
        jobs.after = partial(startup.reload, wait=True)
        startup.rebuilding = lambda: jobs.rebuilding
    tools = build_tools(resources)
    stopping = Stopping(jobs.close if jobs else lambda: None)

    def is_changing() -> bool:
        return jobs is not None and jobs.busy

    @asynccontextmanager
    async def begin(_: FastAPI) -> AsyncIterator[None]:
        startup.begin()
        beside = [asyncio.create_task(follow_index(startup, is_changing))]
        if log is not None:
            beside.append(asyncio.create_task(keep_short(log, read_days())))
        async with serve_tools(tools):
            yield
        for task in beside:
            task.cancel()
        stopping.begin()
        await asyncio.to_thread(stopping.wait)

    app = FastAPI(
        title="Policy Q&A",
        version=find_version(),
        description=DESCRIPTION,
        lifespan=begin,
        docs_url=None,  # Swagger's and Redoc's pages come from a CDN
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    add_api(app, resources)
    add_tools(app, tools)
    add_metrics(app, metrics)
    app.state.stopping = stopping
    if access is not None:
        app.add_middleware(Guard, access=access)
    app.add_middleware(Boundary)
    app.add_middleware(Draining, stopping=stopping)
    app.add_middleware(Tracing, observe=metrics.count_request)  # the last is the outermost
    attempts = Attempts()
    shelves = Shelves()
    for language, prefix in PREFIXES.items():
        app.mount(f"{prefix}/page", StaticFiles(directory=STATIC), name=f"static-{language}")
        add_health(app, startup, prefix)
        if access is not None:
            add_login(app, access, attempts, language, prefix)
        add_fragments(app, resources, shelves, language, prefix)
        add_documents_pages(app, resources, shelves, language, prefix)
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(_mount_in_loop(app, resources))
    else:
        _mount_pages(app, resources)
    return app


def find_version() -> str:
    """Return the version that is installed; of a folder that is only run, that it is none."""
    try:
        return version("policy-qa")
    except PackageNotFoundError:
        return "0"


async def _mount_in_loop(app: FastAPI, resources: Resources) -> None:
    """Mount inside a loop: without one, Gradio makes several and never closes them."""
    _mount_pages(app, resources)


def _mount_pages(app: FastAPI, resources: Resources) -> None:
    for language, prefix in PREFIXES.items():
        gr.mount_gradio_app(
            app,
            build_page(resources, TEXTS[language]),
            path=prefix or "/",
            theme=gr.themes.Base(font=SANS, font_mono=("monospace",)),
            footer_links=[],
            run_history=False,  # keeps questions in the browser, where the next user finds them
            show_error=False,
            ssr_mode=False,
            enable_monitoring=False,
            pwa=False,
            mcp_server=False,
            max_file_size=1,
        )

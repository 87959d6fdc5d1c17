"""What is measured while the server runs, in Prometheus' text format at /metrics.

A registry of its own for each application: nothing is counted twice where a process has two. Labels
are of fixed sets (routes as they are declared, outcomes, languages, stages), so that no visitor can
make the page grow. Nothing personal is among them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from fastapi import FastAPI, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from qa.types import Response as Answer
from qa.web.jobs import Jobs
from qa.web.startup import Startup

PATH = "/metrics"
# From a static file to a language model's answer; upper bounds, in seconds.
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_STATES = ("loading", "ready", "failed")
_JOB_STATES = ("queued", "running", "done", "failed", "cancelled")

# When each label was first seen doubles the page, and tells nothing.
disable_created_metrics()  # type: ignore[no-untyped-call]

# How many questions (run, wait).
Line = Callable[[], tuple[int, int]]


class Metrics:
    """Counts what the application is told, and looks at its state when it is asked."""

    def __init__(
        self, startup: Startup, jobs: Jobs | None = None, line: Line | None = None
    ) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "policy_qa_requests",
            "Requests answered; status 0: left before any answer",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "policy_qa_request_seconds",
            "Time until a response was sent whole",
            ("route", "method"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._answers = Counter(
            "policy_qa_answers",
            "Questions answered",
            ("outcome", "language"),
            registry=self.registry,
        )
        self._stages = Histogram(
            "policy_qa_answer_seconds",
            "Time of an answer, and of its stages",
            ("stage",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.registry.register(_State(startup, jobs, line))
        ProcessCollector(registry=self.registry)

    def count_request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request; what ``Tracing`` observes."""
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route, method).observe(seconds)

    def count_answer(self, answer: Answer) -> None:
        """Count an answer and the time that it took."""
        self._answers.labels(answer.outcome, answer.language).inc()
        for stage, milliseconds in answer.timings_ms.items():
            self._stages.labels(stage).observe(milliseconds / 1000)


class _State(Collector):
    """What is so at the moment, looked up when it is asked for."""

    def __init__(self, startup: Startup, jobs: Jobs | None, line: Line | None) -> None:
        self._startup = startup
        self._jobs = jobs
        self._line = line

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Yield nothing: else the state would be looked up when this is registered."""
        yield from ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the gauges."""
        state = self._startup.state
        yield _tell(
            "state", "1 for what the assistant is", "state", {s: s == state for s in _STATES}
        )
        if state == "ready":
            index = self._startup.wait(0).index
            age = (datetime.now(UTC) - index.built).total_seconds()
            yield _tell("documents", "Documents of the index", value=len(index.documents))
            # Where the index lies on a cluster, it is not known here how many there are.
            if (units := getattr(index, "units", None)) is not None:
                yield _tell("units", "Clauses of the index, as they are searched", value=len(units))
            yield _tell("index_age_seconds", "Time since the index was built", value=age)
        if self._jobs is not None:
            states: list[str] = [job.state for job in self._jobs.list()]
            counted = {state: states.count(state) for state in _JOB_STATES}
            yield _tell("jobs", "Changes of the library that are remembered", "state", counted)
        if self._line is not None:
            running, waiting = self._line()
            counted = {"running": running, "waiting": waiting}
            yield _tell("questions", "Questions that are being answered", "state", counted)


def _tell(
    name: str,
    about: str,
    label: str = "",
    values: dict[str, int] | dict[str, bool] | None = None,
    value: float | None = None,
) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(f"policy_qa_{name}", about, labels=[label] if label else None)
    if value is not None:
        gauge.add_metric([], value)
    for key, number in (values or {}).items():
        gauge.add_metric([key], float(number))
    return gauge


def add_metrics(app: FastAPI, metrics: Metrics) -> None:
    """Add the page of all that is measured."""

    @app.get(PATH, include_in_schema=False)
    def read_metrics() -> Response:
        headers = {"Cache-Control": "no-store"}
        return Response(
            generate_latest(metrics.registry), headers=headers, media_type=CONTENT_TYPE_LATEST
        )

"""What larger libraries would cost, by the straight line through what was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from evaluation.speed.figures import Fit, fit_line
from evaluation.speed.types import Size, Speed

MILLION = 1_000_000
# Of a size, None where it has no such figure.
Cost = Callable[[Size], float | None]


@dataclass(frozen=True, slots=True)
class Prediction:
    """A cost, and the lines through it: over all sizes, and over those ``alike``.

    Alike are the sizes that have late interaction, or have none, as the largest has; None where that
    is all of them or only one.
    """

    name: str
    unit: str
    overall: Fit
    alike: Fit | None


def predict(speed: Speed) -> tuple[Prediction, ...]:
    """Return a line for each cost that two sizes have."""
    late = bool(speed.sizes[-1].build.tokens)
    alike = [size for size in speed.sizes if bool(size.build.tokens) == late]
    found = []
    for (name, unit), cost in list_costs(speed).items():
        overall = _fit(speed.sizes, cost)
        if overall:
            same = _fit(alike, cost) if len(alike) < len(speed.sizes) else None
            found.append(Prediction(name, unit, overall, same))
    return tuple(found)


def list_costs(speed: Speed) -> Mapping[tuple[str, str], Cost]:
    """Return what a size costs, by name and unit."""
    costs: dict[tuple[str, str], Cost] = {}
    for stage in speed.sizes[-1].build.seconds:
        costs[f"build: {stage}", "s"] = _stage_of_build(stage)
    costs |= {
        ("build: encode", "s"): lambda size: size.build.encoding.total,
        ("build without encoding", "s"): without_encoding,
        ("build: most memory", "MB"): lambda size: size.build.peak / 1e6,
        ("ask p50", "ms"): lambda size: size.latency.answer.p50,
        ("ask p95", "ms"): lambda size: size.latency.answer.p95,
        ("search p50", "ms"): lambda size: size.latency.search.p50,
    }
    for stage in speed.sizes[-1].latency.stages:
        costs[f"ask: {stage} p50", "ms"] = _stage_of_answer(stage)
    return costs | {
        ("start of qa ask", "s"): lambda size: median(size.starts.ask),
        ("page served", "s"): lambda size: median(size.starts.page),
        ("page's first answer", "s"): lambda size: median(size.starts.page_ask),
        ("memory, open", "MB"): lambda size: size.memory.opened.resident / 1e6,
        ("memory, most", "MB"): lambda size: size.memory.asked.peak / 1e6,
        ("disk", "MB"): lambda size: sum(size.build.disk.values()) / 1e6,
    }


def without_encoding(size: Size) -> float:
    """Return the seconds of a build but for encoding its passages."""
    return sum(size.build.seconds.values())


def _stage_of_build(stage: str) -> Cost:
    return lambda size: size.build.seconds.get(stage)


def _stage_of_answer(stage: str) -> Cost:
    return lambda size: size.latency.stages[stage].p50 if stage in size.latency.stages else None


def _fit(sizes: Sequence[Size], cost: Cost) -> Fit | None:
    known = [(size.build.clauses, value) for size in sizes if (value := cost(size)) is not None]
    return fit_line([clauses for clauses, _ in known], [value for _, value in known])

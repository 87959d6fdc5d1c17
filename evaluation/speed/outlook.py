"""The prediction as Markdown, with what it rests on and where it is weak."""

from __future__ import annotations

from collections.abc import Iterable

from evaluation.markdown import write_table
from evaluation.speed.figures import Fit
from evaluation.speed.prediction import MILLION, predict
from evaluation.speed.types import Speed


def write_prediction(speed: Speed) -> Iterable[str]:
    """Yield the section: the lines, what they predict, and what of it not to rely on."""
    found = predict(speed)
    if not found:
        return
    rows = (
        [
            one.name,
            one.unit,
            _line(one.overall),
            _worst(one.overall),
            _round(one.overall.at(MILLION)),
            _round(one.alike.at(MILLION)) if one.alike else "-",
        ]
        for one in found
    )
    yield f"## 推算 Prediction for {MILLION:,} clauses"
    yield write_table(
        ["", "unit", "line", "worst residual", "at 1,000,000", "by the sizes alike"], rows
    )
    memory = next(one for one in found if one.name == "build: most memory")
    needs, has = (memory.alike or memory.overall).at(MILLION) * 1e6, speed.machine.memory
    full = (
        f"\n- A build would need {needs / 1e9:.0f} GB and this machine has {has / 1e9:.0f} GB: there "
        "the lines of the build break off."
        if needs > has
        else ""
    )
    yield (
        "The model is cost = a + b x clauses, by least squares over all sizes; the worst residual is "
        "a size's distance from the line, as a share of its cost (- where there are two sizes only, "
        "through which any line goes). “By the sizes alike” is the line through those that have late "
        "interaction, or none, as the largest has. Where the two disagree, so much is unknown. What "
        "extrapolates badly:\n"
        "- Least squares follow the largest sizes: a small size far off the line says that fixed costs "
        "or late interaction rule there, not that the prediction is wrong.\n"
        "- Answers and searches: the dense index may be of another kind beyond some size, and vectors "
        "that do not fit into the processor's caches cost more each; a line sees neither.\n"
        "- Memory: pages of files count as long as nobody else needs them, so what is resident depends "
        "on what was asked.\n"
        "- Starts: nearly all is loading libraries; the slope is a small difference of noisy figures.\n"
        "- Tails (p95) are those of one machine at one time.\n"
        f"- What does extrapolate: reading, units and encoding, which take each text by itself.{full}"
    )


def _line(fit: Fit) -> str:
    sign = "-" if fit.slope < 0 else "+"
    return f"{fit.intercept:.3g} {sign} {abs(fit.slope) * 1000:.3g} per 1,000 ({fit.points} sizes)"


def _worst(fit: Fit) -> str:
    return "-" if fit.worst is None else f"{fit.worst:.0%}"


def _round(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"

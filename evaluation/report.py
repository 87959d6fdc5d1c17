"""What was measured, as JSON, as Markdown, and question by question."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from evaluation.comparison import Comparison, Difference, Estimate, Measured
from evaluation.markdown import write_table
from evaluation.metrics import RUN_NAMES, percentile
from evaluation.plots import plot_differences, plot_systems
from evaluation.significance import PERMUTATIONS, RESAMPLES
from evaluation.types import Run, Timings

# What the slices are shown by.
_SLICED = "nDCG@10"
_DIGITS = 3
# What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def write_json(measured: Measured) -> dict[str, Any]:
    """Return the report as JSON objects. All but ``timings_ms`` is the same in every run."""
    dataset = measured.dataset
    return {
        "dataset": dataset.name,
        "split": dataset.split,
        "half": dataset.half,
        "documents": len(dataset.documents),
        "encoder": next((run.encoder for run in measured.runs if run.encoder), None),
        "queries": measured.overall.queries,
        "baseline": measured.baseline,
        "resamples": RESAMPLES,
        "permutations": PERMUTATIONS,
        **_comparison(measured.overall),
        "settings": {run.system: dict(run.settings) for run in measured.runs},
        "slices": {
            by: {
                group: {"queries": found.queries, **_comparison(found)}
                for group, found in groups.items()
            }
            for by, groups in measured.slices.items()
        },
        "timings_ms": {run.system: _timings(run.timings) for run in measured.runs},
    }


def write_markdown(measured: Measured) -> str:
    """Return the report as Markdown: scores, differences, slices, latency."""
    overall, baseline = measured.overall, measured.baseline
    dataset = measured.dataset
    sections = [
        f"# {' '.join(filter(None, (dataset.name, dataset.split, dataset.half)))}",
        f"问题 {overall.queries}；基线 `{baseline}`；括号内为 95 % 区间。\n"
        f"{overall.queries} queries; baseline `{baseline}`; 95 % intervals in brackets.",
        "## 得分 Scores",
        write_table(
            ["", *RUN_NAMES],
            (
                [f"`{system}`", *(_estimate(values[name]) for name in RUN_NAMES)]
                for system, values in overall.systems.items()
            ),
        ),
    ]
    if overall.differences:
        sections += [
            f"## 与 {baseline} 之差 Differences",
            "p：双侧配对随机化检验，按系统数 Holm 校正。\n"
            "p: two-sided paired randomisation test, Holm's correction over the systems.",
            write_table(
                ["", *RUN_NAMES],
                (
                    [f"`{system}`", *(_difference(values[name]) for name in RUN_NAMES)]
                    for system, values in overall.differences.items()
                ),
            ),
        ]
    for by, groups in measured.divided.items():
        sections += [f"## {_SLICED}: {by}", _slice_table(groups)]
    sections += ["## 耗时 Latency", _latency(measured.runs)]
    return "\n\n".join(sections) + "\n"


def write_queries(measured: Measured) -> str:
    """Return a table, separated by tabs, of what each system made of each query.

    For each system nDCG@10, RR@10, the place of the first right record (empty where none is among
    those found) and the record found first.
    """
    columns = ("nDCG@10", "RR@10", "first", "top")
    names = [f"{run.system} {column}" for run in measured.runs for column in columns]
    rows = [["id", "text", *names]]
    for query in measured.dataset.queries:
        row = [query.id, query.text]
        for run in measured.runs:
            scores = measured.scores[run.system][query.id]
            found = [one.record for one in run.rankings[query.id]]
            right = measured.dataset.qrels[query.id]
            first = next((i for i, record in enumerate(found, 1) if record in right), "")
            row += [f"{scores['nDCG@10']:.4f}", f"{scores['RR@10']:.4f}", str(first)]
            row.append(found[0] if found else "")
        rows.append(row)
    return "".join("\t".join(map(_write_cell, row)) + "\n" for row in rows)


def _write_cell(text: str) -> str:
    """Return a cell without tab and line end, so that the file is read without quotes.

    One that a spreadsheet would compute begins with an apostrophe, which it takes for text.
    """
    plain = " ".join(text.split())
    return f"'{plain}" if plain.startswith(_FORMULA) else plain


def write_report(folder: Path, measured: Measured) -> None:
    """Write ``report.md``, ``report.json``, ``queries.tsv`` and the plots into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    plots = {"systems.svg": plot_systems(measured)}
    if measured.overall.differences:
        plots["slices.svg"] = plot_differences(measured)
    pictures = "\n\n".join(f"![{name}]({name})" for name in plots)
    files = {
        **plots,
        "report.md": f"{write_markdown(measured)}\n## 图 Plots\n\n{pictures}\n",
        "report.json": dump_json(measured) + "\n",
        "queries.tsv": write_queries(measured),
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def dump_json(measured: Measured) -> str:
    """Return the report as JSON text."""
    return json.dumps(write_json(measured), ensure_ascii=False, indent=2)


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "systems": {
            system: {name: asdict(estimate) for name, estimate in values.items()}
            for system, values in comparison.systems.items()
        },
        "differences": {
            system: {name: asdict(difference) for name, difference in values.items()}
            for system, values in comparison.differences.items()
        },
    }


def _timings(timings: Timings) -> dict[str, dict[str, float | None]]:
    return {
        "search": _percentiles(timings.search),
        "with_encoding": _percentiles(_with_encoding(timings)),
    }


def _with_encoding(timings: Timings) -> list[float]:
    """Return the times of whole questions, of those that were also encoded on the clock."""
    if not timings.encode:
        return list(timings.search)
    return [search + encode for search, encode in zip(timings.search, timings.encode, strict=False)]


def _percentiles(values: Sequence[float]) -> dict[str, float | None]:
    found = {"p50": percentile(values, 0.5), "p95": percentile(values, 0.95)}
    return {name: None if value is None else round(value, 2) for name, value in found.items()}


def _slice_table(groups: Mapping[str, Comparison]) -> str:
    systems = list(next(iter(groups.values())).systems)
    return write_table(
        ["", "queries", *(f"`{system}`" for system in systems)],
        (
            [
                group,
                str(found.queries),
                *(_sliced(found, system) for system in systems),
            ]
            for group, found in groups.items()
        ),
    )


def _sliced(comparison: Comparison, system: str) -> str:
    score = f"{comparison.systems[system][_SLICED].value:.{_DIGITS}f}"
    if system not in comparison.differences:
        return score
    found = comparison.differences[system][_SLICED]
    return f"{score} ({found.value:+.{_DIGITS}f} [{found.low:+.2f}, {found.high:+.2f}])"


def _latency(runs: Iterable[Run]) -> str:
    rows = []
    for run in runs:
        timings = _timings(run.timings)
        values = [timings[part][name] for part in timings for name in ("p50", "p95")]
        rows.append([f"`{run.system}`", *("-" if v is None else f"{v:.1f}" for v in values)])
    return write_table(["ms", "search p50", "p95", "with encoding p50", "p95"], rows)


def _estimate(estimate: Estimate) -> str:
    value, low, high = (
        f"{number:.{_DIGITS}f}" for number in (estimate.value, estimate.low, estimate.high)
    )
    return f"{value} [{low}, {high}]"


def _difference(difference: Difference) -> str:
    value, low, high = (
        f"{number:+.{_DIGITS}f}" for number in (difference.value, difference.low, difference.high)
    )
    p = "p<0.001" if difference.holm < 0.001 else f"p={difference.holm:.3f}"
    return f"{value} [{low}, {high}] {p}"

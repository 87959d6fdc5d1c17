"""The report of numbers that are given: tables, the dump of queries, and plots."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.comparison import Comparison, Difference, Estimate, Measured
from evaluation.metrics import RUN_NAMES
from evaluation.plots import plot_differences, plot_systems
from evaluation.report import write_json, write_markdown, write_queries, write_report
from evaluation.types import Dataset, Query, Ranked, Run, Timings

SVG = "{http://www.w3.org/2000/svg}"
NO_DIFFERENCE = Difference(0.0, 0.0, 0.0, 1.0, 1.0)


def comparison(score: float, difference: Difference = NO_DIFFERENCE) -> Comparison:
    def values(number: float) -> dict[str, Estimate]:
        return dict.fromkeys(RUN_NAMES, Estimate(number, number / 2, (number + 1) / 2))

    systems = {"基线": values(0.25), "b|c": values(score)}
    return Comparison(2, systems, {"b|c": dict.fromkeys(RUN_NAMES, difference)})


def measured(overall: Comparison) -> Measured:
    queries = (Query("q1", "充电\t站\n建设", {}), Query("q2", "回收", {}))
    qrels = {"q1": {"d": 1}, "q2": {"e": 1}}
    found = {"q1": (Ranked("x", 2.0), Ranked("d", 1.0)), "q2": ()}
    timings = Timings((1.0, 2.0, 3.0), (10.0, 20.0))
    runs = tuple(Run(name, {}, found, timings) for name in overall.systems)
    scores = {
        name: {"q1": dict.fromkeys(RUN_NAMES, 0.5), "q2": dict.fromkeys(RUN_NAMES, 0.0)}
        for name in overall.systems
    }
    by = {"language": {"zh": overall}, "length": {"1-10": overall, ">40": comparison(0.5)}}
    return Measured(Dataset("集 <&>", (), queries, qrels, {}), "基线", runs, scores, overall, by)


def test_a_table_holds_score_interval_difference_and_p() -> None:
    text = write_markdown(measured(comparison(0.5, Difference(0.25, -0.125, 0.5, 0.01, 0.02))))
    assert "| `b/c` | 0.500 [0.250, 0.750] |" in text  # a bar would end the cell
    assert "| `b/c` | +0.250 [-0.125, +0.500] p=0.020 |" in text
    assert "| 1-10 | 2 | 0.250 | 0.500 (+0.250 [-0.12, +0.50]) |" in text
    assert "nDCG@10: language" not in text  # one group says what all queries say
    certain = Difference(0.25, 0.125, 0.5, 0.0001, 0.0004)
    assert "p<0.001" in write_markdown(measured(comparison(0.5, certain)))


def test_a_single_system_has_nothing_to_be_compared_with(tmp_path: Path) -> None:
    alone = comparison(0.5)
    only = replace(alone, systems={"基线": alone.systems["基线"]}, differences={})
    write_report(tmp_path, replace(measured(only), slices={}))
    assert {path.name for path in tmp_path.iterdir()} == {
        "report.md",
        "report.json",
        "queries.tsv",
        "systems.svg",
    }
    assert "Differences" not in (tmp_path / "report.md").read_text(encoding="utf-8")


def test_times_are_of_search_alone_and_with_the_questions_that_were_encoded() -> None:
    timings = write_json(measured(comparison(0.5)))["timings_ms"]["基线"]
    assert timings["search"] == {"p50": 2.0, "p95": pytest.approx(2.9)}
    assert timings["with_encoding"] == {"p50": 16.5, "p95": pytest.approx(21.45)}


def test_the_dump_of_queries_has_a_line_and_a_column_for_each() -> None:
    head, first, second = write_queries(measured(comparison(0.5))).splitlines()
    cells = dict(zip(head.split("\t"), first.split("\t"), strict=True))
    assert cells["text"] == "充电 站 建设"
    assert (cells["b|c first"], cells["b|c top"], cells["b|c RR@10"]) == ("2", "x", "0.5000")
    missed = dict(zip(head.split("\t"), second.split("\t"), strict=True))
    assert (missed["b|c first"], missed["b|c top"]) == ("", "")


@pytest.mark.parametrize("text", ["=1+1", " +cmd|' /C calc'!A0", "\t@SUM(1)", "-2+3", "＝1+1"])
def test_no_cell_is_a_formula(text: str) -> None:
    found = measured(comparison(0.5))
    queries = (Query("=q1()", text, {}),)
    found = replace(found, dataset=replace(found.dataset, queries=queries))
    for run in found.runs:
        found.scores[run.system]["=q1()"] = found.scores[run.system]["q1"]
        run.rankings["=q1()"] = (Ranked("@x", 1.0),)
    found.dataset.qrels["=q1()"] = {}
    cells = write_queries(found).splitlines()[1].split("\t")
    assert cells[:2] == ["'=q1()", f"'{text.strip()}"]
    assert "'@x" in cells
    assert not any(cell.startswith(("=", "+", "-", "@", "＝")) for cell in cells)


@given(st.floats(0, 1), st.floats(-1, 1), st.floats(0, 1))
def test_plots_show_every_number_in_its_place(score: float, value: float, width: float) -> None:
    difference = Difference(value, value - width, value + width, 0.5, 0.5)
    found = measured(comparison(score, difference))
    for text, rows in ((plot_systems(found), 6), (plot_differences(found), 3)):
        plot = ElementTree.fromstring(text)
        right, bottom = float(plot.attrib["width"]), float(plot.attrib["height"])
        dots = list(plot.iter(f"{SVG}circle"))
        assert len(dots) == rows
        for dot in dots:
            assert 330 <= float(dot.attrib["cx"]) <= 790
            assert 0 < float(dot.attrib["cy"]) < bottom
        for line in plot.iter(f"{SVG}line"):
            assert 329.9 <= float(line.attrib["x1"]) <= float(line.attrib["x2"]) <= 790.1 < right


def test_dots_lie_in_order_of_their_scores() -> None:
    plot = ElementTree.fromstring(plot_systems(measured(comparison(0.75))))
    places = [float(dot.attrib["cx"]) for dot in plot.iter(f"{SVG}circle")]
    assert places[0] < places[1]
    zero = ElementTree.fromstring(plot_differences(measured(comparison(0.5))))
    words = ["".join(word.itertext()) for word in zero.iter(f"{SVG}text")]
    assert "+0.000" in words
    assert any(word.startswith("集 <&>") for word in words)

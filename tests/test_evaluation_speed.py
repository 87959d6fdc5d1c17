"""Speed by size: the figures against brute force, the subsets, and each measurement on a small library."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import evaluation.__main__ as command
from evaluation.errors import DatasetError, EvaluationError
from evaluation.speed import changing, engines, measuring, starting
from evaluation.speed.asking import ask_together, divide_questions
from evaluation.speed.bars import judge
from evaluation.speed.building import build_subset, count_clauses, read_build, read_passages
from evaluation.speed.clock import COUNTING, PASSAGES, QUESTIONS, Clock, ClockedEncoder
from evaluation.speed.figures import compare_times, fit_line, summarize
from evaluation.speed.machine import read_memory, read_processor
from evaluation.speed.memory import read_status, weigh_process
from evaluation.speed.plot import plot_costs, spread_labels
from evaluation.speed.prediction import MILLION, list_costs, predict
from evaluation.speed.processes import MeasuringError, as_shipped, call_apart
from evaluation.speed.report import dump_json, write_markdown, write_report
from evaluation.speed.starting import Commands, time_command, time_page, time_starts
from evaluation.speed.subsets import choose_subsets, digest_files, draw_evenly
from evaluation.speed.types import (
    Build,
    Change,
    Encoding,
    Engines,
    Latency,
    Level,
    Machine,
    Memory,
    Percentiles,
    Plan,
    Size,
    Speed,
    Starts,
    Weight,
)
from index.types import Vectors
from qa.errors import RequestError
from tests.conftest import FakeEncoder

LAW = "{name}管理办法\n\n第一条 为了规范{name}的管理，制定本办法。\n\n"
LAW += "第二条 {name}由主管部门负责登记，申请人应当提交真实的材料。\n"
NAMES = ("养犬", "渡口", "公园", "档案")
TIMES = st.floats(0.001, 1e6, allow_nan=False)


# --- figures --------------------------------------------------------------------------------------


@given(st.lists(TIMES, min_size=1, max_size=30))
def test_percentiles_are_those_of_the_sorted_times(times: list[float]) -> None:
    def brute(share: float) -> float:
        ordered = sorted(times)
        place = share * (len(ordered) - 1)
        low = int(place)
        high = min(low + 1, len(ordered) - 1)
        return ordered[low] + (ordered[high] - ordered[low]) * (place - low)

    found = summarize(times)
    assert (found.p50, found.p95, found.p99) == pytest.approx(
        (brute(0.5), brute(0.95), brute(0.99))
    )


def test_no_times_have_no_percentiles() -> None:
    with pytest.raises(ValueError):
        summarize([])


def test_multiples_are_told_in_both_ways() -> None:
    assert compare_times([10, 40, 90], [10, 10, 30]) == (3, 4)


@given(st.lists(st.tuples(st.integers(1, 10**6), TIMES), min_size=3, max_size=8))
def test_the_line_is_that_of_least_squares(points: list[tuple[int, float]]) -> None:
    sizes, costs = [size for size, _ in points], [cost for _, cost in points]
    fit = fit_line(sizes, costs)
    if len(set(sizes)) < 2:
        assert fit is None
        return
    assert fit and fit.points == len(points)

    def error(intercept: float, slope: float) -> float:
        return sum((intercept + slope * s - c) ** 2 for s, c in points)

    least = error(fit.intercept, fit.slope)
    room = 1e-6 * (1 + sum(cost**2 for cost in costs))
    for dx, dy in ((0.1, 0), (-0.1, 0), (0, 1e-4), (0, -1e-4), (0.1, -1e-4)):
        assert least <= error(fit.intercept + dx, fit.slope + dy) + room
    if len(set(sizes)) > 2:
        assert fit.worst == pytest.approx(max(abs(fit.at(s) - c) / c for s, c in points))


def test_a_line_through_two_sizes_has_no_residual() -> None:
    fit = fit_line([500, 1500], [3.0, 5.0])
    assert fit and (fit.intercept, fit.slope, fit.worst) == pytest.approx((2, 0.002, None))
    assert fit.at(MILLION) == pytest.approx(2002)
    assert fit_line([500], [3.0]) is None


# --- subsets --------------------------------------------------------------------------------------

COUNTS = st.dictionaries(st.text("ab法/", min_size=1, max_size=4), st.integers(0, 300), max_size=20)
SIZES = st.lists(st.one_of(st.none(), st.integers(1, 4000)), min_size=1, max_size=5)


@settings(max_examples=50)
@given(COUNTS, SIZES)
def test_subsets_are_nested_whole_files_as_near_as_they_come(
    counts: dict[str, int], sizes: list[int | None]
) -> None:
    found = choose_subsets(counts, sizes)
    filled = {name for name, number in counts.items() if number}
    assert bool(found) == bool(filled)
    for small, large in pairwise(found):
        assert set(small.names) < set(large.names) and small.clauses < large.clauses
    for subset in found:
        assert subset.clauses == sum(counts[name] for name in subset.names)
        assert set(subset.names) <= filled and list(subset.names) == sorted(subset.names)
        assert (subset.label == "all") == (set(subset.names) == filled)
    if found and (None in sizes or max(s or 0 for s in sizes) >= sum(counts.values())):
        assert found[-1].label == "all"


def test_a_subset_is_the_nearest_of_all_beginnings() -> None:
    counts = {f"{number}.md": 1 + number * 7 % 40 for number in range(50)}
    whole = [
        set(choose_subsets(counts, [size])[0].names) for size in range(1, sum(counts.values()))
    ]
    beginnings = [set(names) for names in {frozenset(names) for names in whole}]
    for size in (1, 30, 111, 400):
        [subset] = choose_subsets(counts, [size])
        off = [abs(sum(counts[name] for name in names) - size) for names in beginnings]
        assert abs(subset.clauses - size) == min(off)


def test_subsets_depend_on_names_only() -> None:
    counts = {f"{number}.md": 10 for number in range(40)}
    shuffled = dict(sorted(counts.items(), reverse=True))
    assert choose_subsets(counts, [100]) == choose_subsets(shuffled, [100])
    # A sample, and not the beginning of the alphabet.
    assert set(choose_subsets(counts, [100])[0].names) != set(sorted(counts)[:10])


@given(st.permutations(range(40)), st.integers(0, 40), st.integers(1, 20))
def test_a_drawn_sample_is_even_over_the_lengths(
    lengths: list[int], most: int, number: int
) -> None:
    texts = ["条" * length for length in lengths if length < most]
    found = [len(text) for text in draw_evenly(texts, number)]
    if most <= number:
        assert found == list(range(most))
        return
    # The middle of the part that each of ``number`` equal parts is.
    assert found == [int((i + 0.5) * most / number) for i in range(number)]


def test_files_are_told_apart_by_name_and_content(tmp_path: Path) -> None:
    for name, text in {"a": "1", "b": "1", "c": "2"}.items():
        (tmp_path / name).write_text(text)
    assert digest_files(tmp_path, ["a"]) == digest_files(tmp_path, ["a"])
    assert len({digest_files(tmp_path, [name]) for name in "abc"}) == 3


# --- time and memory ------------------------------------------------------------------------------


def test_every_moment_belongs_to_one_stage() -> None:
    ticks = count()
    clock = Clock(lambda: float(next(ticks)))
    clock.enter("read")
    with clock.within("encode"), clock.within("count"):
        pass
    clock.enter("save")
    clock.enter(None)
    assert clock.seconds == {"read": 2, "encode": 2, "count": 1, "save": 1}
    assert sum(clock.seconds.values()) == next(ticks) - 1


def test_an_encoder_tells_the_clock_and_gives_the_same_vectors() -> None:
    clock, plain = Clock(count().__next__), FakeEncoder(64)
    encoder = ClockedEncoder(plain, clock)
    np.testing.assert_array_equal(encoder.encode_query(["甲"]), plain.encode_query(["甲"]))
    np.testing.assert_array_equal(encoder.encode_document(["乙"]), plain.encode_document(["乙"]))
    assert not encoder.tokens
    vectors, tokens = encoder.encode_document_tokens(["丙丁"])
    assert encoder.tokens and encoder.texts == ["乙", "丙丁"] and len(tokens.rows)
    np.testing.assert_array_equal(vectors, plain.encode_document(["丙丁"]))
    np.testing.assert_array_equal(encoder.encode_query_tokens("戊")[0], plain.encode_query(["戊"]))
    assert encoder.count_tokens(["戊己"]) == [2]
    assert (encoder.fingerprint, encoder.name, encoder.dimension, encoder.max_tokens) == (
        plain.fingerprint,
        plain.name,
        64,
        plain.max_tokens,
    )
    assert clock.seconds == {QUESTIONS: 2, PASSAGES: 2, COUNTING: 1}


def test_memory_is_read_from_what_linux_says() -> None:
    text = "Name:\tpython\nVmHWM:\t  3000 kB\nVmRSS:\t  2000 kB\nRssAnon:\t  1000 kB\n"
    assert read_status(text) == Weight(2000 * 1024, 3000 * 1024, 1000 * 1024)
    found = weigh_process()
    assert 0 < found.own <= found.resident <= found.peak + 2**20


def test_the_machine_is_named_where_linux_names_it() -> None:
    assert read_processor("processor\t: 0\nmodel name\t: Fast  CPU \n") == "Fast  CPU"
    assert read_processor("") is None
    assert (read_memory("MemTotal:    10 kB\n"), read_memory("")) == (10240, 0)


# --- processes ------------------------------------------------------------------------------------


def test_a_process_of_its_own_answers_or_tells_why_not() -> None:
    assert call_apart(os.path.join, "a", "b") == "a/b"
    with pytest.raises(MeasuringError, match=r"FileNotFoundError.*nothing-here"):
        call_apart(os.stat, "nothing-here")
    with pytest.raises(MeasuringError, match="exit code 7"):
        call_apart(os._exit, 7)


def test_what_a_user_chose_is_put_aside_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLICY_QA_RERANKER", "mine")
    monkeypatch.delenv("POLICY_QA_ADAPTER", raising=False)
    home = os.environ["POLICY_QA_HOME"]
    with as_shipped(tmp_path):
        assert os.environ["POLICY_QA_HOME"] == str(tmp_path)
        assert "POLICY_QA_RERANKER" not in os.environ
    assert (os.environ["POLICY_QA_HOME"], os.environ["POLICY_QA_RERANKER"]) == (home, "mine")
    assert "POLICY_QA_ADAPTER" not in os.environ


# What stands in for the product: prints an answer; serves a page that answers.
ANSWER = 'print(\'{"outcome": "answered"}\')'
PAGE = """
import http.server
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"page")
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert self.path == "/api/v1/ask" and b"question" in body
        self.send_response(STATUS); self.end_headers(); self.wfile.write(b'{"outcome": "partial"}')
    def log_message(self, *arguments): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Page)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
"""


def stand_in(store: Path, model: str | None) -> Commands:
    page = [sys.executable, "-c", PAGE.replace("STATUS", "200")]
    return (lambda question: [sys.executable, "-c", ANSWER, question]), page


def test_starts_are_timed_until_the_answer(plan: Plan) -> None:
    found = time_starts(stand_in(plan.work, None), replace(plan, starts=2), ["问"])
    assert len(found.ask) == len(found.page) == len(found.page_ask) == 2
    assert min(found.ask) > 0
    assert all(0 < page < ask for page, ask in zip(found.page, found.page_ask, strict=True))


@pytest.mark.parametrize("program", ["raise SystemExit('no model')", "print('{}')"])
def test_a_start_without_an_answer_says_what_it_said(program: str) -> None:
    with pytest.raises(MeasuringError, match=r"qa ask.*\n.*(no model|gave no answer)"):
        time_command([sys.executable, "-c", program])


@pytest.mark.parametrize(
    ("program", "why"),
    [("raise SystemExit('port in use')", "port in use"), (PAGE.replace("STATUS", "500"), "500")],
)
def test_a_page_that_does_not_answer_says_what_it_said(program: str, why: str) -> None:
    with pytest.raises(MeasuringError, match=why):
        time_page([sys.executable, "-c", program], "问")


# --- questions ------------------------------------------------------------------------------------


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Return a folder of four laws, one of them in a folder of its own."""
    folder = tmp_path / "laws"
    (folder / "inner").mkdir(parents=True)
    for number, name in enumerate(NAMES):
        path = folder / ("inner" if number == 0 else ".") / f"{name}管理办法.md"
        path.write_text(LAW.format(name=name), encoding="utf-8")
    return folder


@pytest.fixture
def plan(tmp_path: Path, library: Path) -> Plan:
    questions = tmp_path / "queries.jsonl"
    texts = [
        f"{name}由谁{what}{n}次？" for name in NAMES for what in ("登记", "管理") for n in "两三四"
    ]
    lines = [json.dumps({"_id": str(i), "text": text}) for i, text in enumerate(texts)]
    questions.write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "work").mkdir()
    return Plan(
        folder=library,
        questions=questions,
        sizes=(4, None),
        cache=tmp_path / "cache",
        work=tmp_path / "work",
        timed=4,
        warm_up=2,
        askers=(1, 3),
        each=5,
        starts=1,
        sample=3,
        engines=("onnx", "torch"),
    )


class Counting(FakeEncoder):
    """Keeps what it was asked to encode."""

    asked: list[str]
    read: list[str]

    def __init__(self) -> None:
        super().__init__(256)
        self.asked, self.read = [], []

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        return super().encode_query(texts)

    def encode_document_tokens(self, texts: Sequence[str], **options: Any) -> Any:
        self.read += texts
        return super().encode_document_tokens(texts, **options)


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Counting:
    """Return the encoder that is loaded whatever is asked for."""
    encoder = Counting()

    def load(*_: object, **__: object) -> Counting:
        return encoder

    monkeypatch.setattr("index.encoder.load_encoder", load)
    monkeypatch.setattr("index.stores.load_encoder", load)
    return encoder


def test_questions_are_shuffled_and_none_is_in_two_parts(plan: Plan) -> None:
    found = divide_questions(plan)
    parts = (found.warm_up, found.answered, found.searched)
    assert [len(part) for part in parts] == [2, 4, 18]
    assert len({text for part in parts for text in part}) == 24
    assert divide_questions(plan) == found != divide_questions(replace(plan, seed=1))
    with pytest.raises(DatasetError, match=r"(?s)24 个不同的问题，需要 26.*--timed 11"):
        divide_questions(replace(plan, timed=12))


class Slow:
    """Answers when two ask at once; a question that is refused is no answer."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._two = threading.Barrier(2, timeout=10)

    def ask(self, question: str) -> None:
        self.asked.append(question)
        if question == "拒":
            raise RequestError("empty", "空", "empty")
        if question == "坏":
            raise RuntimeError("broken")
        self._two.wait()


def test_askers_share_the_questions() -> None:
    assistant: Any = Slow()
    level = ask_together(assistant, ["甲", "拒", "乙", "丙", "丁"], 2)
    assert (level.askers, level.questions) == (2, 4)
    assert sorted(assistant.asked) == sorted(["甲", "拒", "乙", "丙", "丁"])
    assert level.per_second > 0 and level.answer.p50 <= level.answer.p99
    with pytest.raises(RuntimeError, match="broken"):
        ask_together(assistant, ["坏"], 2)


# --- a small library ------------------------------------------------------------------------------


def test_a_build_accounts_for_its_time_and_is_used_again(plan: Plan, counting: Counting) -> None:
    names = measuring.find_names(plan.folder)
    assert len(names) == 4 and "inner/养犬管理办法.md" in names
    counts = count_clauses(plan, names)
    assert set(counts) == set(names) and all(counts.values())
    [subset] = choose_subsets(counts, [None])
    store, build = build_subset(plan, subset)
    assert (build.documents, build.failures, build.clauses) == (4, 0, sum(counts.values()))
    assert set(build.seconds) == {
        *("read", "units", "count_tokens", "lexical", "dense", "measure"),
        *("encode_questions", "save"),
    }
    assert not build.encoding.sampled and build.encoding.texts == len(counting.read) == build.chunks
    assert build.source == sum((plan.folder / name).stat().st_size for name in names)
    assert sum(build.disk.values()) > 0 and "manifest.json" in build.disk
    assert len(read_passages(store)) == 3 and set(read_passages(store)) <= set(counting.read)
    assert read_build(json.loads(json.dumps(asdict(build)))) == build

    counting.read.clear()
    assert build_subset(plan, subset) == (store, build) and not counting.read
    # Another sample is another build; the vectors are there, so a sample is timed.
    _, again = build_subset(replace(plan, sample=2), subset)
    assert again.encoding.sampled and again.encoding.encoded == 2
    assert again.encoding.texts == build.encoding.texts
    assert again.fingerprint == build.fingerprint


def test_a_change_encodes_what_changed_and_is_found(
    plan: Plan, counting: Counting, tmp_path: Path
) -> None:
    [subset] = choose_subsets(count_clauses(plan, measuring.find_names(plan.folder)), [None])
    store, build = build_subset(plan, subset)
    change = changing.change_one(store, plan, subset, tmp_path / "aside")
    assert change and change.found and change.encoded == 1 and change.chunks == build.chunks
    assert all(changing.ADDED not in p.read_text("utf-8") for p in plan.folder.rglob("*.md"))
    empty = tmp_path / "short.md"
    empty.write_text("短\n", encoding="utf-8")
    assert not changing.alter(empty)
    empty.write_bytes(b"\xff\xfe")
    assert not changing.alter(empty)


def test_it_measures_everything_by_size(plan: Plan, counting: Counting) -> None:
    speed = measuring.measure(plan, call=lambda f, *a, **k: f(*a, **k), start=stand_in)
    assert [size.label for size in speed.sizes] == ["4", "all"]
    assert speed.files == 4 and speed.change and speed.change.found
    for size in speed.sizes:
        assert size.latency.questions == 4 and "total" in size.latency.stages
        assert size.latency.encoding.p50 > 0 and size.latency.search.p50 > 0
        assert [(level.askers, level.questions) for level in size.levels] == [(1, 5), (3, 5)]
        assert size.memory.questions == 4
    assert [one.texts for one in speed.engines] == ["questions", "passages"]
    assert all(one.cosine == pytest.approx(1) for one in speed.engines)
    # No question was read from a cache.
    asked = divide_questions(plan)
    assert set(asked.answered) <= set(counting.asked)
    assert json.loads(dump_json(speed))["sizes"][1]["label"] == "all"
    assert {
        path.name for path in plan.work.iterdir() if path.name.startswith(("home", "change"))
    } == set()


@pytest.mark.model
def test_the_product_starts_and_answers(plan: Plan) -> None:
    """The commands themselves, over one short law."""
    [subset] = choose_subsets({"公园管理办法.md": 2}, [None])
    store, _ = call_apart(build_subset, plan, subset)
    found = time_starts(starting.commands_of(store, None), plan, ["公园由谁登记？"])
    assert found.ask[0] > 0 and 0 < found.page[0] <= found.page_ask[0]


def test_engines_go_by_turns() -> None:
    order: list[str] = []

    def run(name: str) -> engines.Encode:
        def encode(texts: Sequence[str]) -> Vectors:
            order.append(name)
            return FakeEncoder(16).encode_query(texts)

        return encode

    found = engines.time_by_turns("questions", ["一二", "三四五"], {"a": run("a"), "b": run("b")})
    assert order == ["a", "b", "a", "b", "b", "a"]
    assert (found.count, found.characters) == (2, 2.5) and found.cosine == pytest.approx(1)
    assert engines.choose_short(["一" * n for n in (3, 19, 40, 22)], 2) == ["一" * 19, "一" * 22]


# --- what is told ---------------------------------------------------------------------------------

FLAT = Percentiles(1.0, 2.0, 3.0)


def make_size(label: str, clauses: int, tokens: int) -> Size:
    latency = Latency(
        500,
        1,
        Percentiles(clauses / 1e4 + 40, 90, 120),
        {"encode": FLAT, "total": FLAT},
        FLAT,
        8.5,
        9.0,
        FLAT,
    )
    weight = Weight(clauses * 5_000, clauses * 6_000, clauses * 4_000)
    build = Build(
        documents=clauses // 40,
        failures=0,
        clauses=clauses,
        chunks=clauses,
        tokens=tokens,
        source=clauses * 400,
        seconds={"read": clauses / 2000, "lexical": 1.0, "surprise": 0.0},
        encoding=Encoding(clauses, 300, 6.0, 0.1),
        peak=clauses * 20_000,
        disk={"vectors.npy": clauses * 1536, "lexical": clauses * 500},
        encoder="/models/some",
        weights="sha256:abc",
        fingerprint="f",
    )
    starts = Starts((3.0, 4.0, 9.0), (2.0,), (5.0, 7.0))
    level = Level(8, 200, 31.5, FLAT)
    return Size(label, build, latency, (level,), starts, Memory(weight, weight, 500))


@pytest.fixture
def speed() -> Speed:
    sizes = (make_size("500", 520, 40_000), make_size("5000", 5_010, 400_000))
    sizes += (make_size("50000", 50_020, 0), make_size("all", 147_283, 0))
    told = {"questions": "queries.jsonl", "timed": 500, "warm_up": 20, "seed": 0}
    machine = Machine("Some CPU", 2, 16 * 10**9, "3.11", "-", {"numpy": "2"})
    one = Engines("questions", 100, 20.1, {"onnx": FLAT, "torch": FLAT}, 0.2, 0.999)
    change = Change(20.0, 2.0, 1, 150_000, True)
    return Speed("laws", 3421, "2026-11-22", told, machine, "some", sizes, change, (one,))


def test_the_report_has_every_table(speed: Speed, tmp_path: Path) -> None:
    write_report(tmp_path, speed)
    text = (tmp_path / "SPEED.md").read_text(encoding="utf-8")
    headings = [line for line in text.split("\n") if line.startswith("## ")]
    for word in (
        *("Sizes", "Must hold", "Build", "Questions", "Askers", "Start", "Memory", "Disk"),
        *("changed", "Engines", "Prediction"),
    ):
        assert any(word in heading for heading in headings), word
    rows = [line for line in text.split("\n") if line.startswith("|")]
    for part in text.split("\n\n"):
        if part.startswith("|"):
            assert len({line.count("|") for line in part.split("\n")}) == 1, part
    for cell in (
        "3,421",
        "147,283",
        "31.5",
        "surprise",
        "lexical index",
        "vectors.npy",
        "– encode",
        "8.50",
    ):
        assert any(cell in line for line in rows) or cell in text, cell
    assert "told from a sample: 300 of 147,283 texts" in text
    assert "/models" not in text
    found = json.loads((tmp_path / "speed.json").read_text(encoding="utf-8"))
    assert len(found["sizes"]) == 4 and len(found["bars"]) == 7
    assert (tmp_path / "speed.svg").read_text(encoding="utf-8").startswith("<svg")


def test_a_report_does_without_what_was_not_measured(speed: Speed) -> None:
    alone = replace(speed, sizes=speed.sizes[-1:], change=None, engines=())
    text = write_markdown(alone)
    assert "Not measured" in text and "Engines" not in text and "Prediction" not in text
    assert plot_costs(alone).startswith("<svg")


def test_bars_are_judged_at_the_largest_size(speed: Speed) -> None:
    bars = {bar.unit + bar.name[:2]: bar for bar in judge(speed)}
    assert bars["x提问"].measured == 9.0 and bars["x提问"].holds  # the worse of the two
    assert bars["s命令"].measured == 4.0 and bars["s网页"].measured == 6.0
    assert bars["MB内存"].measured == pytest.approx(147_283 * 6_000 / 1e6) and bars["MB内存"].holds
    assert bars["s建立"].measured == pytest.approx(147_283 / 2000 + 1)
    assert bars["s改一"].measured == 22.0 and all(bar.holds for bar in bars.values())
    lost = replace(speed, change=Change(1.0, 1.0, 1, 10, False))
    assert [bar.name[:2] for bar in judge(lost) if not bar.holds] == ["改一"]


def test_predictions_tell_sizes_with_late_interaction_apart(speed: Speed) -> None:
    found = {one.name: one for one in predict(speed)}
    read = found["build: read"]
    assert read.overall.points == 4 and read.overall.at(MILLION) == pytest.approx(500)
    assert read.alike and read.alike.points == 2 and read.alike.worst is None
    assert found["ask p50"].overall.at(MILLION) == pytest.approx(140)
    assert found["build: encode"].overall.at(MILLION) == pytest.approx(20_000)
    same = replace(speed, sizes=speed.sizes[2:])
    assert all(one.alike is None for one in predict(same))
    assert set(found) == {name for name, _ in list_costs(speed)}


@given(st.lists(st.floats(0, 500), max_size=9))
def test_labels_lie_over_none(places: list[float]) -> None:
    put = spread_labels(places)
    assert all(b - a >= 16 - 1e-9 for a, b in pairwise(sorted(put)))
    assert all(there >= wanted for there, wanted in zip(put, places, strict=True))


# --- the command ----------------------------------------------------------------------------------


@pytest.fixture
def call(plan: Plan, speed: Speed, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., int]]:
    """Return the command, which finds ``speed`` without measuring."""
    plans: list[Plan] = []

    def measure(wanted: Plan) -> Speed:
        plans.append(wanted)
        return speed

    monkeypatch.setattr("evaluation.speed.measuring.measure", measure)
    yield lambda *options: command.main(["speed", *map(str, options)])
    assert all(found.work.is_absolute() for found in plans)


def test_the_command_prints_and_writes(
    call: Callable[..., int], plan: Plan, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report"
    assert call(plan.folder, "--questions", plan.questions, "--report", out) == 0
    assert "# laws" in capsys.readouterr().out and (out / "SPEED.md").is_file()
    assert call(plan.folder, "--questions", plan.questions, "--json", "--strict") == 0
    assert json.loads(capsys.readouterr().out)["folder"] == "laws"


def test_a_missed_bar_fails_where_it_must(
    plan: Plan, speed: Speed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    slow = replace(speed, change=None)
    monkeypatch.setattr("evaluation.speed.measuring.measure", lambda plan: slow)
    arguments = ["speed", str(plan.folder), "--questions", str(plan.questions)]
    assert command.main(arguments) == 0
    assert command.main([*arguments, "--strict"]) == 1
    assert "one document changed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["{missing}", "--questions", "{questions}"], ("没有这个文件夹", "no such folder")),
        (["{empty}", "--questions", "{questions}"], ("没有可以建立索引", "holds no document")),
        (["{folder}"], ("请给出从未", "name a file of questions")),
        (["{folder}", "--questions", "{missing}"], ("无法读取", "cannot be read")),
        (["{folder}", "--questions", "{questions}"], ("只有 24 个", "holds 24 different")),
    ],
)
def test_bad_input_is_told_in_both_languages(
    options: list[str],
    words: tuple[str, str],
    plan: Plan,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    places = {"folder": plan.folder, "questions": plan.questions, "empty": empty}
    where = {**places, "missing": tmp_path / "missing"}
    assert command.main(["speed", *(option.format(**where) for option in options)]) == 2
    chinese, english = capsys.readouterr().err.strip().split("\n")
    assert words[0] in chinese and words[1] in english


@pytest.mark.parametrize(
    "option", [["--sizes", "0"], ["--sizes", "some"], ["--askers", "1,x"], ["--engines", "onnx"]]
)
def test_an_option_that_makes_no_sense_is_refused(
    option: list[str], plan: Plan, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        command.main(["speed", str(plan.folder), "--questions", str(plan.questions), *option])
    assert option[0] in capsys.readouterr().err


def test_an_interruption_says_what_is_kept(
    plan: Plan, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(plan: Plan) -> Speed:
        raise KeyboardInterrupt

    monkeypatch.setattr("evaluation.speed.measuring.measure", interrupt)
    assert command.main(["speed", str(plan.folder), "--questions", str(plan.questions)]) == 130
    assert "Interrupted" in capsys.readouterr().err


def test_memory_cannot_be_told_without_proc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluation.speed.memory._STATUS", tmp_path / "none")
    with pytest.raises(EvaluationError, match="Linux"):
        weigh_process()

"""The comparison with other libraries: what they are given, how it is timed, what is reported.

None of the libraries is needed here: a peer's place is taken by a search of a few lines.
"""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evaluation.beir import read_beir
from evaluation.peers import __main__ as command
from evaluation.peers import ours, prepare, trial
from evaluation.peers.prepare import choose_questions
from evaluation.peers.report import Contest, Entry, format_contests, score
from evaluation.peers.systems import ALONE, SYSTEMS, System
from evaluation.peers.task import Passages, read_passages, read_questions, read_setting
from evaluation.peers.trial import Encode, Find, Stopwatch, Trial, read_trial, try_out
from evaluation.types import Dataset
from tests.conftest import FakeEncoder

ROOT = Path(__file__).parent.parent
LAW = [
    "国家支持公共充电站建设。",
    "建立动力电池回收体系。",
    "企业应当每年报告碳排放。",
    "县级以上地方人民政府负责充电站用地。" * 30,
]
QUERIES = {"q1": "充电站建设", "q2": "电池回收体系", "q3": "碳排放", "spare": "用地"}
ANSWERS = {"q1": "r0", "q2": "r1", "q3": "r2"}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "laws"
    (folder / "qrels").mkdir(parents=True)
    records = [
        {"_id": f"r{i}", "title": f"某某法第{'一二三四'[i]}条", "text": text}
        for i, text in enumerate(LAW)
    ]
    queries = [{"_id": id_, "text": text} for id_, text in QUERIES.items()]
    for name, rows in (("corpus", records), ("queries", queries)):
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    qrels = "".join(f"{query}\t{record}\t1\n" for query, record in ANSWERS.items())
    (folder / "qrels" / "test.tsv").write_text(qrels, encoding="utf-8")
    return folder


@pytest.fixture
def dataset(source: Path) -> Dataset:
    return read_beir(source)


@pytest.fixture
def task(source: Path, tmp_path: Path, encoder: FakeEncoder) -> Path:
    prepare.prepare(source, tmp_path / "task", encoder, cache=tmp_path / "cache")
    return tmp_path / "task"


def by_vector(passages: Passages, encode: Encode) -> Find:
    """Return the passages nearest to a question, the way a peer does without its lexical side."""
    return lambda question: np.argsort(-(passages.vectors @ encode(question))).tolist()


def test_passages_are_what_our_encoder_reads_with_its_vectors(
    task: Path, encoder: FakeEncoder
) -> None:
    passages = read_passages(task)
    assert set(passages.records) == {"r0", "r1", "r2", "r3"}
    assert passages.records.count("r3") > 1, "a long article is several passages"
    assert all(text.startswith("某某法") for text in passages.texts)
    assert LAW[1] in passages.texts[passages.records.index("r1")]
    np.testing.assert_array_equal(
        passages.vectors, encoder.encode_document(passages.texts).astype(np.float32)
    )


def test_a_task_says_what_it_is_made_of(task: Path) -> None:
    setting = read_setting(task)
    assert (setting.name, setting.articles, setting.questions) == ("laws", 4, 3)
    assert setting.passages == len(read_passages(task).texts)
    questions = read_questions(task)
    assert questions.asked == {id_: QUERIES[id_] for id_ in questions.asked}
    assert set(questions.asked) == set(ANSWERS)
    assert questions.qrels == {id_: {record: 1} for id_, record in ANSWERS.items()}


def test_what_warms_up_is_not_asked_where_there_are_others(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare, "ASKED", 2)
    monkeypatch.setattr(prepare, "WARMING", 2)
    questions = choose_questions(dataset, QUERIES)
    assert len(questions.asked) == len(questions.warming) == 2
    assert not set(questions.asked.values()) & set(questions.warming)
    turned = replace(dataset, queries=dataset.queries[::-1])
    assert choose_questions(turned, dict(reversed(QUERIES.items()))) == questions


def test_each_question_is_asked_once_and_its_encoding_told_apart(
    task: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0

    def spend(seconds: float) -> None:
        nonlocal now
        now += seconds

    def encode(text: str) -> np.ndarray:
        spend(0.003)
        return np.zeros(1, dtype=np.float32)

    monkeypatch.setattr(trial, "perf_counter", lambda: now)
    watch, asked = Stopwatch(encode), []

    def search(text: str) -> list[str]:
        asked.append(text)
        watch.encode(text)
        spend(0.002)
        return ["r1", "r1", *(f"r{i}" for i in range(20))]

    questions = read_questions(task)
    found = try_out(search, questions, lambda: watch.seconds, 1.5, ["numpy"])
    assert asked == [*questions.warming, *questions.asked.values()]
    assert found.whole == pytest.approx([5.0] * 3)
    assert found.encode == pytest.approx([3.0] * 3)
    assert found.search == pytest.approx([2.0] * 3)
    assert found.rankings["q1"] == ("r1", "r0", *(f"r{i}" for i in range(2, 10)))
    assert (found.build_seconds, found.versions) == (1.5, {"numpy": np.__version__})


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_memory_is_the_process_own() -> None:
    before = trial.memory("VmHWM")
    held = np.ones(30_000_000)
    assert trial.memory("VmHWM") >= trial.memory("VmRSS") > before / 2
    assert trial.memory("VmHWM") >= held.nbytes / 2**20


def test_a_peer_is_tried_from_the_command_line(
    task: Path, tmp_path: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        trial, "_load_encoder", lambda: lambda text: encoder.encode_query([text])[0]
    )
    out = tmp_path / "trial.json"
    monkeypatch.setattr(sys, "argv", ["run_it", "plain", str(task), str(out)])
    trial.main({"plain": by_vector}, ["numpy"])
    found = read_trial(out)
    assert {id_: ranking[0] for id_, ranking in found.rankings.items()} == ANSWERS
    assert all(len(set(ranking)) == len(ranking) for ranking in found.rankings.values())
    assert all(0 < a <= b for a, b in zip(found.encode, found.whole, strict=True))
    assert found.build_seconds > 0 and found.peak >= found.built > 0


def test_we_are_tried_built_and_opened(
    source: Path,
    task: Path,
    tmp_path: Path,
    encoder: FakeEncoder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ours, "load_encoder", lambda: encoder)
    trials = {}
    for variant in [system.variant for system in SYSTEMS if system.ours]:
        out = tmp_path / f"{variant}.json"
        arguments = [variant, task, out, source, tmp_path / "cache"]
        monkeypatch.setattr(sys, "argv", ["ours", *map(str, arguments)])
        ours.main()
        trials[variant] = read_trial(out)
    for way in ("search", "ask"):
        assert trials[way].rankings == trials[f"{way}-opened"].rankings
        assert {id_: ranking[0] for id_, ranking in trials[way].rankings.items()} == ANSWERS
        # A question that was among the first, to warm up, is remembered.
        assert all(0 <= a < b for a, b in zip(trials[way].encode, trials[way].whole, strict=True))


TRIAL = Trial(
    build_seconds=12.34,
    whole=(10.0, 20.0, 30.0),
    encode=(4.0, 4.0, 4.0),
    built=100.0,
    peak=1234.0,
    resident=200.0,
    rankings={"q1": ("r0",), "q2": ("r9", "r1"), "q3": ("r9",)},
    versions={"numpy": "1.2"},
)
QRELS = {id_: {record: 1} for id_, record in ANSWERS.items()}


def test_the_score_is_the_mean_over_all_questions_with_its_interval() -> None:
    expected = (1 + 1 / math.log2(3) + 0) / 3
    found = re.fullmatch(r"(\.\d+) \((\.\d+)–([\d.]+)\)", score(TRIAL, QRELS))
    assert found is not None
    assert float(found[1]) == pytest.approx(expected, abs=5e-4)
    assert float(found[2]) <= expected <= float(found[3])


def test_the_page_has_a_row_for_each_system(task: Path) -> None:
    failing, working = (System(name, "jieba", "run_it", name) for name in ("broken", "working"))
    entries = [
        Entry(ALONE, TRIAL),
        Entry(working, TRIAL),
        Entry(failing, None, "No module named 'it'"),
    ]
    page = format_contests([Contest(read_setting(task), QRELS, 5, entries)], "A machine.")
    table = [line for line in page.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in table}) == 1
    rows = {line.split(" | ")[0].removeprefix("| "): line for line in table}
    assert "| 16.0 | 25.0 | 20.0 | 29.0 | 12.3 | 1,234 | 200 |" in rows["working"]
    assert "failed: No module named 'it'" in rows["broken"]
    assert ".544" in rows["working"] and ".544" not in rows[ALONE.name]
    assert "numpy 1.2" in page and "4.0 to 4.0 ms" in page and "A machine." in page


def test_every_system_has_a_script_that_knows_its_variant() -> None:
    assert len({system.key for system in SYSTEMS}) == len(SYSTEMS)
    for system in SYSTEMS:
        script = (ROOT / "evaluation" / "peers" / f"{system.script}.py").read_text(encoding="utf-8")
        variant, _, how = system.variant.partition("-") if system.ours else (system.variant, "", "")
        assert f'"{variant}"' in script
        assert how in script


def test_a_system_that_fails_is_reported_with_its_reason(tmp_path: Path) -> None:
    missing = System("missing", "", "run_nothing", "shipped")
    entry = command.try_system(missing, tmp_path, tmp_path, Path(sys.executable), tmp_path)
    assert entry.trial is None
    assert "run_nothing" in entry.failure


def test_without_data_nothing_is_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main([str(tmp_path)]) == command.OK
    assert "DATA=" in capsys.readouterr().err


def test_without_the_libraries_we_say_how_to_get_them(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(source.parent), "--sets", "laws", "--python", str(tmp_path / "python")]
    assert command.main(arguments) == command.BAD_INPUT
    assert "make bench-peers" in capsys.readouterr().err


def test_make_skips_without_data(tmp_path: Path) -> None:
    done = subprocess.run(
        ["make", "-C", str(ROOT), "bench-peers", f"DATA={tmp_path}"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    assert "DATA=" in done.stdout

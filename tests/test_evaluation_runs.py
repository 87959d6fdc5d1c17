"""Systems over a small data set, with the encoder of the tests: rankings, files, the command."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import ir_measures
import jieba
import pytest

import evaluation.__main__ as command
from documents.parsing import parse_text
from evaluation.baseline import WordIndex
from evaluation.beir import read_beir
from evaluation.encodings import EncoderCache
from evaluation.metrics import RUN_MEASURES, RUN_NAMES
from evaluation.questions import read_own
from evaluation.runs import run_systems, write_runs
from evaluation.systems import read_systems
from evaluation.types import Dataset, Query, Ranked, Run, Timings
from index.hybrid import HybridIndex
from index.types import Encoder, Filters, Unit, Vectors
from tests.conftest import FakeEncoder

LAW = [
    "国家支持公共充电站建设。",
    "建立动力电池回收体系。",
    "企业应当每年报告碳排放。",
    "县级以上地方人民政府负责充电站用地。",
]
QUERIES = {"q1": "充电站建设有什么支持", "q2": "电池怎么回收", "q3": "碳排放多久报告一次"}
ANSWERS = {"q1": "r0", "q2": "r1", "q3": "r2"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
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
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    monkeypatch.setattr("index.encoder.load_encoder", lambda model: FakeEncoder())

    def call(*arguments: object) -> int:
        cache = ["--cache", str(tmp_path / "cache")]
        return command.main(["run", *map(str, arguments), *cache])

    return call


def quiet(stage: str, done: int, total: int) -> None:
    """Report nothing."""


def fails() -> Encoder:
    raise AssertionError("no encoder is needed")


def test_rankings_are_those_of_the_products_index(folder: Path, tmp_path: Path) -> None:
    dataset = read_beir(folder)
    systems = read_systems("default,lexical,dense,lexical:context=false")
    runs = run_systems(dataset, systems, FakeEncoder, cache=tmp_path / "c", progress=quiet)
    for system, found in zip(systems, runs, strict=True):
        assert system.configuration is not None
        index = HybridIndex.build(
            dataset.documents, FakeEncoder(), configuration=system.configuration
        )
        for id_, text in QUERIES.items():
            hits = [hit.result for hit in index.search(text, k=100)]
            assert [one.score for one in found.rankings[id_]] == [hit.score for hit in hits]
            assert [one.record for one in found.rankings[id_]] == [
                dataset.records[hit.document, hit.clause] for hit in hits
            ]
    assert runs[1].rankings["q1"] != runs[3].rankings["q1"]  # the title counts in one of them


def test_without_vectors_to_compare_no_encoder_is_loaded(folder: Path, tmp_path: Path) -> None:
    dataset = read_beir(folder)
    with_encoder = run_systems(
        dataset, read_systems("lexical,dense"), FakeEncoder, cache=tmp_path / "c", progress=quiet
    )
    alone = run_systems(
        dataset, read_systems("rank-bm25,lexical"), fails, cache=tmp_path / "d", progress=quiet
    )
    assert alone[1].rankings == with_encoder[0].rankings
    assert not (tmp_path / "d").exists()


def test_systems_of_one_content_share_an_index(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = []
    build = HybridIndex.build

    def count(*arguments: Any, **options: Any) -> HybridIndex:
        built.append(options["configuration"])
        return build(*arguments, **options)

    monkeypatch.setattr(HybridIndex, "build", count)
    systems = read_systems("lexical,dense,hybrid:weight=0.3,default,dense:window=20")
    run_systems(read_beir(folder), systems, FakeEncoder, cache=tmp_path / "c", progress=quiet)
    assert len(built) == 2


def test_every_query_is_timed(folder: Path, tmp_path: Path) -> None:
    systems = read_systems("lexical,dense")
    lexical, dense = run_systems(
        read_beir(folder), systems, FakeEncoder, cache=tmp_path / "c", progress=quiet
    )
    assert len(lexical.timings.search) == len(dense.timings.search) == len(QUERIES)
    assert lexical.timings.encode == ()
    assert len(dense.timings.encode) == len(QUERIES)
    assert all(time > 0 for time in (*dense.timings.search, *dense.timings.encode))


def test_no_question_is_encoded_while_a_search_is_timed(folder: Path, tmp_path: Path) -> None:
    encoded: list[str] = []
    stages: list[str] = []

    class Watched(FakeEncoder):
        def encode_query(self, texts: Sequence[str]) -> Vectors:
            if any(stage.startswith("search") for stage in stages):
                encoded.extend(texts)
            return super().encode_query(texts)

    run_systems(
        read_beir(folder),
        read_systems("lexical,dense"),
        Watched,
        cache=tmp_path / "c",
        progress=lambda stage, done, total: stages.append(stage),
    )
    assert "search lexical" in stages
    assert encoded == []


def test_the_reference_is_okapi_bm25_over_words() -> None:
    """The formula by hand: k1 1.5, b .75, the negative idf of a common word lifted."""
    texts = ["充电站 建设 充电站", "电池 回收", "充电站 用地 政府", "碳排放"]
    units = [Unit("d", str(i), "", text, ()) for i, text in enumerate(texts)]
    words = [[word for word in jieba.lcut(text) if word.strip()] for text in texts]
    average = sum(map(len, words)) / len(words)
    frequency = Counter(word for found in words for word in set(found))
    idf = {w: math.log(len(words) - n + 0.5) - math.log(n + 0.5) for w, n in frequency.items()}

    def score(asked: list[str], found: list[str]) -> float:
        total = 0.0
        for word in asked:
            times = found.count(word)
            length = 1 - 0.75 + 0.75 * len(found) / average
            total += idf.get(word, 0.0) * times * 2.5 / (times + 1.5 * length)
        return total

    asked = jieba.lcut("电池回收用地")
    expected = {i: score(asked, found) for i, found in enumerate(words)}
    assert min(idf[word] for word in asked if word in idf) > 0
    found = dict(WordIndex(units).search("电池回收用地", 10))
    assert found == pytest.approx({i: s for i, s in expected.items() if s > 0})
    assert WordIndex(units).search("毫不相干", 10) == []
    assert WordIndex([Unit("d", "1", "", "。", ())]).search("充电", 10) == []


def test_own_questions_are_searched_under_their_filters(
    tmp_path: Path, run: Callable[..., int]
) -> None:
    """The reference and the product alike."""
    library, file = tmp_path / "library", tmp_path / "own.jsonl"
    library.mkdir()
    for name in "ab":
        text = "\n".join(
            [f"某某办法{name}", *(f"第{n}条　{c}" for n, c in zip("一二三四", LAW, strict=True))]
        )
        (library / f"{name}.txt").write_text(text, encoding="utf-8")
    asked = [
        {
            "id": f"in-{name}",
            "question": "充电站建设",
            "language": "zh",
            "outcome": "answered",
            "gold": [{"document": "a", "clause": "第一条", "grade": 2}],
            "filters": {"document": name} if name != "any" else None,
        }
        for name in ("a", "b", "any")
    ]
    file.write_text("\n".join(map(json.dumps, asked)), encoding="utf-8")
    systems = ["rank-bm25", "default"]
    options = ("--corpus", library, "--systems", ",".join(systems), "--runs", tmp_path / "runs")
    assert run(file, *options) == 0
    for system in systems:
        found: dict[str, set[str]] = {}
        lines = (tmp_path / "runs" / f"{system}.run").read_text(encoding="utf-8").splitlines()
        for query, _, record, *_ in map(str.split, lines):
            found.setdefault(query, set()).add(record)
        documents = {query: {r.partition("::")[0] for r in of} for query, of in found.items()}
        assert documents == {"in-a": {"a"}, "in-b": {"b"}, "in-any": {"a", "b"}}
        assert found["in-a"] | found["in-b"] == found["in-any"]


def test_the_reference_gives_way_below_what_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluation.runs.DEPTH", 1)
    documents = tuple(
        parse_text(
            f"办法{name}\n第一条　充电站{'建设' * (name == 'a')}。\n第二条　电池。\n第三条　回收。",
            name,
        )
        for name in "ab"
    )
    queries = tuple(Query(name, "充电站建设", {}, filters=Filters(document=name)) for name in "ab")
    qrels = {name: {f"{name}::第一条": 2} for name in "ab"}
    dataset = Dataset("s", documents, queries, qrels, {})
    (found,) = run_systems(
        dataset, read_systems("rank-bm25"), fails, cache=tmp_path / "c", progress=quiet
    )
    first = {query: [one.record for one in ranked] for query, ranked in found.rankings.items()}
    assert first == {"a": ["a::第一条"], "b": ["b::第一条"]}


def test_run_files_score_as_the_rankings_do(tmp_path: Path) -> None:
    """Equal scores and names with spaces in them change nothing for a reader of the files."""
    queries = (Query("q 1", "a", {}), Query("q2", "b", {}))
    dataset = Dataset("s", (), queries, {"q 1": {"b d": 1}, "q2": {"z": 1, "a": 2}}, {})
    ranked = {
        "q 1": (Ranked("z", 0.5), Ranked("b d", 0.5), Ranked("y", 0.5), Ranked("x", 0.0)),
        "q2": (),
    }
    write_runs(tmp_path, dataset, [Run("a:b=1", {}, ranked, Timings(()))])
    (file,) = tmp_path.glob("*.run")
    lines = file.read_text(encoding="utf-8").splitlines()
    assert [line.split(" ")[:4] for line in lines[:2]] == [
        ["q%201", "Q0", "z", "1"],
        ["q%201", "Q0", "b%20d", "2"],
    ]
    found = ir_measures.calc_aggregate(
        RUN_MEASURES,
        list(ir_measures.read_trec_qrels(str(tmp_path / "qrels.txt"))),
        list(ir_measures.read_trec_run(str(file))),
    )
    assert found[ir_measures.RR @ 10] == (1 / 2 + 0) / 2


def test_the_command_prints_the_contract(
    folder: Path, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, "--json", "--systems", "rank-bm25,lexical,hybrid:weight=0.5") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["dataset"] == "laws"
    assert (report["split"], report["half"], report["encoder"]) == ("test", None, "fake-1024")
    assert (report["queries"], report["documents"]) == (3, 1)
    assert list(report["systems"]) == ["rank-bm25", "lexical", "hybrid:weight=0.5"]
    for values in report["systems"].values():
        assert list(values) == list(RUN_NAMES)
        for value in values.values():
            assert value["low"] <= value["value"] <= value["high"]
    assert report["systems"]["lexical"]["nDCG@10"]["value"] == 1.0
    assert set(report["differences"]) == {"lexical", "hybrid:weight=0.5"}
    assert set(report["differences"]["lexical"]["RR@10"]) == {"value", "low", "high", "p", "holm"}
    assert report["settings"]["hybrid:weight=0.5"]["weight"] == 0.5
    assert report["slices"]["language"]["zh"]["queries"] == 3
    assert set(report["timings_ms"]["lexical"]["search"]) == {"p50", "p95"}


def test_all_but_timings_is_the_same_in_every_run(
    folder: Path, run: Callable[..., int], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    outputs, files = [], []
    for name in ("first", "again"):
        out = tmp_path / name
        assert run(folder, "--json", "--runs", out / "runs", "--report", out / "report") == 0
        report = json.loads(capsys.readouterr().out)
        del report["timings_ms"]
        outputs.append(json.dumps(report))
        files.append(
            {
                path.name: path.read_bytes()
                for path in sorted(out.rglob("*"))
                if path.is_file() and path.name not in {"report.md", "report.json"}
            }
        )
    assert outputs[0] == outputs[1]
    assert files[0] == files[1]
    assert {"qrels.txt", "lexical.run", "queries.tsv", "systems.svg", "slices.svg"} <= set(files[0])


def test_the_report_says_what_was_measured(
    folder: Path, run: Callable[..., int], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(folder, "--report", tmp_path / "out", "--baseline", "dense") == 0
    printed = capsys.readouterr().out
    report = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    assert report.startswith(printed.rstrip())
    assert "基线 `dense`" in printed
    assert "![systems.svg](systems.svg)" in report
    rows = [
        line.split("\t")
        for line in (tmp_path / "out" / "queries.tsv").read_text(encoding="utf-8").splitlines()
    ]
    assert rows[0][:6] == [
        "id",
        "text",
        "rank-bm25 nDCG@10",
        "rank-bm25 RR@10",
        "rank-bm25 first",
        "rank-bm25 top",
    ]
    cell = dict(zip(rows[0], rows[1], strict=True))
    assert (cell["id"], cell["text"]) == ("q1", QUERIES["q1"])
    assert (cell["lexical first"], cell["lexical top"]) == ("1", "r0")
    assert {len(row) for row in rows} == {len(rows[0])}
    for name in ("systems.svg", "slices.svg"):
        plot = ElementTree.parse(tmp_path / "out" / name).getroot()
        words = ["".join(text.itertext()) for text in plot.iter("{http://www.w3.org/2000/svg}text")]
        assert "lexical" in words
        dots = list(plot.iter("{http://www.w3.org/2000/svg}circle"))
        assert len(dots) == words.count("lexical") * (5 if name == "systems.svg" else 4)


def test_a_floor_decides_the_exit_code(
    folder: Path, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    system = "hybrid:weight=0.5"
    systems = ("--systems", f"lexical,{system}")
    assert run(folder, *systems, "--floor", "lexical:nDCG@10=0.9") == 0
    assert run(folder, *systems, "--floor", f"{system}:R@5=1.1", "--floor", "lexical:R@5=1") == 1
    assert f"{system} R@5" in capsys.readouterr().err
    assert run(folder, *systems, "--floor", "dense:R@5=0.1") == 2
    assert "dense" in capsys.readouterr().err


@pytest.mark.parametrize("floor", ["nDCG@10=0.5", "lexical:F1=0.5", "lexical:nDCG@10", "x:R@5=a"])
def test_a_floor_that_cannot_be_read_is_refused(
    folder: Path, run: Callable[..., int], floor: str
) -> None:
    with pytest.raises(SystemExit) as raised:
        run(folder, "--floor", floor)
    assert raised.value.code == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--systems", "bm42"], "bm42"),
        (["--systems", "hybrid:weight=heavy"], "weight"),
        (["--baseline", "lexical:window=3"], "--systems"),
        (["--split", "train"], r"train.tsv"),
        (["--corpus", "nowhere.jsonl"], "nowhere.jsonl"),
    ],
)
def test_bad_input_is_told_in_two_languages(
    folder: Path,
    run: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    assert run(folder, *arguments) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert message in output.err
    assert len(output.err.strip().splitlines()) == 2


def test_no_data_set_is_bad_input(
    tmp_path: Path, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "nothing") == 2
    assert "nothing" in capsys.readouterr().err


def test_a_cache_that_cannot_be_used_is_bad_input(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.encoder.load_encoder", lambda model: FakeEncoder())
    file = folder / "corpus.jsonl"
    assert command.main(["run", str(folder), "--cache", str(file)]) == 2
    assert "--cache" in capsys.readouterr().err


def test_what_is_printed_on_the_way_is_not_in_the_results(
    folder: Path, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    run(folder, "--json")
    output = capsys.readouterr()
    assert json.loads(output.out)
    assert "秒 left" in output.err


# --- our own questions ----------------------------------------------------------------------------


def write_questions(path: Path, *questions: dict[str, Any]) -> Path:
    common = {"language": "zh", "style": "lay", "kind": "support", "outcome": "answered"}
    lines = [json.dumps({**common, **question}, ensure_ascii=False) for question in questions]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def gold(clause: str, document: str = "plan", grade: int = 2) -> dict[str, Any]:
    return {"document": document, "clause": clause, "grade": grade}


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "plan.txt").write_text(
        "吉林省人民政府关于充电设施的意见\n"
        "第一条　支持充电设施：\n（一）公共充电站给予补助；\n（二）换电站给予补助。\n"
        "第二条　建立动力电池回收体系。\n",
        encoding="utf-8",
    )
    return folder


def test_questions_with_gold_are_asked_and_gold_is_the_unit_that_is_searched(
    tmp_path: Path, plan: Path
) -> None:
    file = write_questions(
        tmp_path / "own.jsonl",
        {
            "id": "a",
            "question": "充电站有补助吗",
            "gold": [gold("第一条/（一）"), gold("第一条", grade=1)],
        },
        {
            "id": "b",
            "question": "那吉林呢？",
            "history": ["长春电池怎么回收？"],
            "gold": [gold("第二条")],
        },
        {"id": "c", "question": "今天天气", "outcome": "no_basis", "gold": []},
        {"id": "d", "question": "碳排放", "split": "dev", "gold": [gold("第二条")]},
    )
    dataset = read_own(file, corpus=plan)
    assert dataset.qrels == {
        "a": {"plan::第一条": 2},
        "b": {"plan::第二条": 2},
        "d": {"plan::第二条": 2},
    }
    assert dataset.queries[1].text == "吉林电池怎么回收？"
    assert dataset.queries[0].slices == {
        "language": "zh",
        "style": "lay",
        "kind": "support",
        "length": "1-10",
    }
    assert [query.id for query in read_own(file, corpus=plan, split="dev").queries] == ["d"]


def test_our_own_questions_run_over_the_samples(
    tmp_path: Path, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_questions(
        tmp_path / "own.jsonl",
        {
            "id": "a",
            "question": "充电桩建设目标",
            "gold": [gold("一/（五）/13", "jilin-nev-action-plan-2024")],
        },
    )
    assert run(file, "--json", "--systems", "lexical", "--runs", tmp_path / "runs") == 0
    assert json.loads(capsys.readouterr().out)["dataset"] == "own"
    ranked = (tmp_path / "runs" / "lexical.run").read_text(encoding="utf-8")
    assert "jilin-nev-action-plan-2024::一/（五）/13 " in ranked


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({"id": "a", "question": "甲", "gold": [gold("第九条")]}, "plan::第九条"),
        ({"id": "a", "question": "甲", "gold": [gold("第一条", "other")]}, "other::第一条"),
        ({"id": "a", "question": "甲", "outcome": "no_basis", "gold": []}, "gold"),
    ],
)
def test_questions_that_cannot_be_scored_are_refused(
    tmp_path: Path,
    plan: Path,
    run: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    question: dict[str, Any],
    message: str,
) -> None:
    file = write_questions(tmp_path / "own.jsonl", question)
    assert run(file, "--corpus", plan) == 2
    assert message in capsys.readouterr().err


def test_a_document_that_cannot_be_read_is_bad_input(
    tmp_path: Path, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "plan.pdf").write_bytes(b"%PDF-1.7 cut")
    file = write_questions(
        tmp_path / "own.jsonl", {"id": "a", "question": "甲", "gold": [gold("第一条")]}
    )
    assert run(file, "--corpus", folder) == 2
    assert "plan.pdf" in capsys.readouterr().err


def test_the_cache_is_an_encoder_to_the_index(tmp_path: Path, plan: Path) -> None:
    documents = list(
        read_own(
            write_questions(
                tmp_path / "own.jsonl", {"id": "a", "question": "甲", "gold": [gold("第一条")]}
            ),
            corpus=plan,
        ).documents
    )
    cached = HybridIndex.build(documents, EncoderCache(FakeEncoder(), tmp_path / "cache"))
    plain = HybridIndex.build(documents, FakeEncoder())
    assert cached.search("电池回收") == plain.search("电池回收")
    assert cached.fingerprint == plain.fingerprint

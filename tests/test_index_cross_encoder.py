"""Cross-encoders: loading, scores, and the order of a search. The models are tiny and random."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest

import app
from documents.parsing import parse_text
from evaluation.__main__ import main as evaluate
from evaluation.systems import read_system
from index import cross_encoder, hybrid, stores
from index.__main__ import main as search
from index.configuration import Configuration
from index.cross_encoder import load_reranker, shared_reranker, wanted_reranker
from index.errors import ModelError
from index.hybrid import PASSAGE, HybridIndex
from index.stores import build_store, open_index
from index.types import Reranker
from qa.__main__ import main as ask
from qa.assistant import PolicyAssistant
from tests.conftest import FakeEncoder

ROOT = Path(__file__).parent.parent
LENGTH = 64
ALPHABET = "一二三四五六七八九十第条支持公共充电站建设动力池回收体系新能源汽车补贴怎么有什，。？\n"
QUESTION = "充电站建设有什么支持？"
PASSAGES = [(ALPHABET[i:] + ALPHABET)[: 2 + (7 * i) % 30] for i in range(20)]
REVISION = "0123456789abcdef0123456789abcdef01234567"


def make_model(folder: Path, labels: int = 1) -> Path:
    """Save a BERT classifier of two layers with random weights, whose tokens are characters."""
    import torch
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary = {token: i for i, token in enumerate([*special, *dict.fromkeys(ALPHABET)])}
    backend = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    backend.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    names = dict(zip(("pad", "unk", "cls", "sep", "mask"), special, strict=True))
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, **{f"{name}_token": token for name, token in names.items()}
    )
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=LENGTH,
        initializer_range=0.5,  # so that scores come out far apart
        num_labels=labels,
    )
    torch.manual_seed(0)
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("rerankers") / "tiny")


@pytest.fixture(autouse=True)
def nothing_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POLICY_QA_RERANKER", raising=False)
    monkeypatch.setattr(cross_encoder, "_loaded", {})


# --- scores


def test_scores_are_the_logits_of_the_classifier(model: Path) -> None:
    import torch
    from transformers import AutoTokenizer, BertForSequenceClassification

    network = BertForSequenceClassification.from_pretrained(model)
    tokenizer = AutoTokenizer.from_pretrained(model)
    expected = []
    with torch.inference_mode():
        for passage in PASSAGES:
            pair = tokenizer(
                QUESTION, passage, truncation=True, max_length=LENGTH, return_tensors="pt"
            )
            expected.append(network(**pair).logits.item())
    scores = load_reranker(str(model)).score(QUESTION, PASSAGES)
    assert scores.shape == (len(PASSAGES),) and scores.dtype == np.float32
    np.testing.assert_allclose(scores, expected, atol=1e-5)
    assert np.ptp(scores) > 0.5  # or the comparison would show nothing


def test_scores_are_the_same_bytes_again_and_depend_on_the_question(model: Path) -> None:
    first, second = load_reranker(str(model)), load_reranker(str(model))
    scores = first.score(QUESTION, PASSAGES)
    assert first.score(QUESTION, PASSAGES).tobytes() == scores.tobytes()
    assert second.score(QUESTION, PASSAGES).tobytes() == scores.tobytes()
    assert not np.allclose(first.score("动力电池怎么回收", PASSAGES), scores, atol=0.1)


def test_a_model_s_own_activation_is_left_out(model: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(model, tmp_path / "sigmoid")
    config = json.loads((folder / "config.json").read_text())
    config["sentence_transformers"] = {"activation_fn": "torch.nn.modules.activation.Sigmoid"}
    (folder / "config.json").write_text(json.dumps(config))
    scores = load_reranker(str(folder)).score(QUESTION, PASSAGES)
    assert scores.tobytes() == load_reranker(str(model)).score(QUESTION, PASSAGES).tobytes()


def test_nothing_empty_damaged_and_endless_texts(model: Path) -> None:
    reranker = load_reranker(str(model))
    assert reranker.score(QUESTION, []).shape == (0,)
    scores = reranker.score("充\ud800电", ["", "新\ud800能", "新\0能", "建设" * 1000])
    assert scores.shape == (4,) and np.isfinite(scores).all()
    with pytest.raises(TypeError):
        reranker.score(QUESTION, "建设")


def test_threads_do_not_disturb_each_other(model: Path) -> None:
    reranker = load_reranker(str(model))
    lists = [PASSAGES[i:] for i in range(4)]
    alone = [reranker.score(QUESTION, passages) for passages in lists]

    def agrees(turn: int) -> bool:
        found = reranker.score(QUESTION, lists[turn % 4])
        return bool(np.allclose(found, alone[turn % 4], atol=1e-5))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(agrees, range(40)))


# --- which model


def test_argument_then_environment_then_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert wanted_reranker() is None
    monkeypatch.setenv("POLICY_QA_RERANKER", "a/b")
    assert wanted_reranker() == "a/b" and wanted_reranker("c/d") == "c/d"
    assert read_system("hybrid+ce").configuration.reranker == "a/b"
    assert read_system("hybrid").configuration.reranker is None
    monkeypatch.setenv("POLICY_QA_RERANKER", "")
    assert wanted_reranker() is None


def test_name_is_looked_up_in_the_local_cache(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for owner in ("someone", "cross-encoder"):
        repository = tmp_path / f"models--{owner}--tiny"
        shutil.copytree(model, repository / "snapshots" / REVISION)
        (repository / "refs").mkdir()
        (repository / "refs" / "main").write_text(REVISION)
    monkeypatch.setenv("SENTENCE_TRANSFORMERS_HOME", str(tmp_path))
    expected = load_reranker(str(model)).score(QUESTION, PASSAGES).tobytes()
    for name in ("someone/tiny", "tiny"):
        reranker = load_reranker(name)
        assert (reranker.name, reranker.fingerprint) == (name, f"{name}@{REVISION}")
        assert reranker.score(QUESTION, PASSAGES).tobytes() == expected


def test_fingerprint_is_that_of_the_files(model: Path, tmp_path: Path) -> None:
    reranker = load_reranker(str(model))
    assert reranker.name == str(model) and reranker.fingerprint.startswith("sha256:")
    copy = shutil.copytree(model, tmp_path / "copy")
    (copy / "README.md").write_text("a copy")
    assert load_reranker(str(copy)).fingerprint == reranker.fingerprint
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x3f")
    assert load_reranker(str(copy)).fingerprint != reranker.fingerprint


def test_it_is_loaded_once_by_however_many_threads(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []

    def load(name: str) -> Reranker:
        loaded.append(name)
        return load_reranker(name)

    monkeypatch.setattr(cross_encoder, "load_reranker", load)
    barrier = Barrier(4)

    def get(_: int) -> Reranker:
        barrier.wait()
        return shared_reranker(str(model))

    with ThreadPoolExecutor(4) as pool:
        assert len({id(reranker) for reranker in pool.map(get, range(4))}) == 1
    assert loaded == [str(model)]


def test_loading_and_scoring_print_nothing_and_need_no_network(model: Path) -> None:
    code = (
        "import socket, sys\n"
        "def refuse(*args, **kwargs): print('network', args); raise OSError\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from index.cross_encoder import load_reranker\n"
        "assert not {'torch', 'sentence_transformers', 'transformers'} & set(sys.modules)\n"
        "print(load_reranker(sys.argv[1]).score('新', ['能', '源']).shape)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(model)],
        cwd=ROOT,
        env={"PATH": "", "HF_HUB_OFFLINE": "0", "TRANSFORMERS_OFFLINE": "0"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "(2,)\n", "")


# --- what cannot be loaded


def told(name: str) -> str:
    """Return the error that loading raises, which has its two lines."""
    with pytest.raises(ModelError) as caught:
        load_reranker(name)
    chinese, english = str(caught.value).splitlines()
    assert chinese.startswith(f"无法加载重排模型 {name}：")
    assert english.startswith(f"Cannot load reranker {name}: ")
    for line in (chinese, english):
        assert "--reranker" in line and "POLICY_QA_RERANKER" in line
    return english


@pytest.mark.parametrize("name", ["nobody/no-such-model", "no-such-model", "./no/such/folder"])
def test_unknown_model_offline_is_an_error_naming_it_and_the_way_out(name: str) -> None:
    assert "cannot be had from the hub" in told(name)


def test_files_and_folders_that_are_no_model(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    assert "not a folder" in told(str(tmp_path / "file"))
    assert "no config.json" in told(str(tmp_path / "folder"))


@pytest.mark.parametrize("damage", ["missing weights", "cut weights", "bad config"])
def test_damaged_model(damage: str, model: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(model, tmp_path / "damaged")
    weights = folder / "model.safetensors"
    if damage == "missing weights":
        weights.unlink()
    elif damage == "cut weights":
        weights.write_bytes(weights.read_bytes()[:-100])
    else:
        (folder / "config.json").write_text("[")
    told(str(folder))


def test_models_of_another_kind_are_told_apart(
    model: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from transformers import BertModel

    # An encoder: it would load, and its scores would come from a layer that nobody has trained.
    encoder = shutil.copytree(model, tmp_path / "encoder")
    BertModel.from_pretrained(model).save_pretrained(encoder)
    three = make_model(tmp_path / "three", labels=3)
    capfd.readouterr()
    assert "BertModel" in told(str(encoder))
    assert "num_labels=3" in told(str(three))
    assert capfd.readouterr() == ("", "")


def test_weights_that_are_no_numbers(model: Path, tmp_path: Path) -> None:
    import torch
    from transformers import BertForSequenceClassification

    network = BertForSequenceClassification.from_pretrained(model)
    torch.nn.init.constant_(network.classifier.bias, float("nan"))
    folder = shutil.copytree(model, tmp_path / "nan")
    network.save_pretrained(folder)
    assert "not numbers" in told(str(folder))


# --- searches

TEXT = "".join(
    f"第{ordinal}条 {words}\n"
    for ordinal, words in zip(
        "一二三四五六七八",
        [
            "支持公共充电站建设，有补贴。",
            "支持公共充电站。",
            "充电站建设。",
            "动力电池回收体系。",
            "新能源汽车补贴。",
            "支持建设充电站，支持公共充电。",
            "公共充电站建设有什么支持。",
            "汽车回收体系建设。",
        ],
        strict=True,
    )
)


@pytest.fixture
def index() -> HybridIndex:
    return HybridIndex.build([parse_text(TEXT, "d")], FakeEncoder())


def clauses(index: HybridIndex, question: str = QUESTION) -> list[str]:
    return [hit.result.clause for hit in index.search(question, k=100)]


@pytest.mark.parametrize("depth", [1, 3, 5, 8, 20])
def test_the_best_units_stand_in_the_order_of_its_scores(
    depth: int, model: Path, index: HybridIndex
) -> None:
    plain = clauses(index)
    texts = {unit.clause: f"{unit.context}\n{unit.text}".strip() for unit in index.units}
    logits = load_reranker(str(model)).score(QUESTION, [texts[c] for c in plain[:depth]])
    order = [plain[i] for i in np.argsort(-logits)]
    reranked = index.configured(Configuration(reranker=str(model), rerank=depth))
    hits = reranked.search(QUESTION, k=100)
    assert [hit.result.clause for hit in hits] == [*order, *plain[depth:]]
    assert depth == 1 or order != plain[:depth]  # or nothing would be shown
    scores = [hit.result.score for hit in hits]
    assert scores == sorted(scores, reverse=True) and scores[-1] >= 0 and scores[0] < 1
    probabilities = 1 / (1 + np.exp(-np.sort(logits.astype(float))[::-1]))
    np.testing.assert_allclose(scores[: len(order)], probabilities, atol=1e-5)
    assert clauses(index) == plain
    # The places in the two sides' own lists are what they were.
    ranks = {hit.result.clause: hit.result.ranks for hit in hits}
    assert ranks == {h.result.clause: h.result.ranks for h in index.search(QUESTION, k=100)}


def test_a_clause_that_is_named_by_number_still_comes_first(
    model: Path, index: HybridIndex
) -> None:
    reranked = index.configured(Configuration(reranker=str(model)))
    orders = {}
    for ordinal in "一二三四五六七八":
        found = clauses(reranked, f"第{ordinal}条有什么支持？")
        assert found[0] == f"第{ordinal}条"
        orders[ordinal] = clauses(
            index.configured(Configuration(reranker=str(model), lookup=False)),
            f"第{ordinal}条有什么支持？",
        )
    assert any(order[0] != f"第{ordinal}条" for ordinal, order in orders.items())


class Recorder:
    """A reranker that keeps what it was given, and finds all alike."""

    name = fingerprint = "recorder"

    def __init__(self) -> None:
        self.given: list[str] = []

    def score(self, question: str, passages: list[str]) -> np.ndarray:
        self.given = list(passages)
        return np.zeros(len(passages), dtype=np.float32)


def test_it_reads_titles_and_of_long_units_the_best_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder()
    monkeypatch.setattr(hybrid, "shared_reranker", lambda name: recorder)
    filler = "各地区各部门要高度重视抓好落实。" * (PASSAGE // 16)
    text = (
        "某某意见\n一、氢能\n（一）支持氢能建设。\n"
        f"（二）任务。{filler}建立氢能储运体系。{filler}\n"
    )
    index = HybridIndex.build([parse_text(text, "d")], FakeEncoder())
    reranked = index.configured(Configuration(reranker="any"))
    hits = {hit.result.clause: hit for hit in reranked.search("氢能储运体系")}
    [short] = [given for given in recorder.given if "支持氢能建设" in given]
    [long] = [given for given in recorder.given if "储运体系" in given]
    assert short.startswith("某某意见") and short.endswith("（一）支持氢能建设。")
    clean = index.documents["d"].clean
    assert long.endswith("\n" + clean[slice(*hits["一/（二）"].chunk)])
    assert long.startswith("某某意见") and len(long) < PASSAGE


def test_where_all_are_alike_nothing_moves(
    monkeypatch: pytest.MonkeyPatch, index: HybridIndex
) -> None:
    """Ties are by document, then position, as everywhere."""
    monkeypatch.setattr(hybrid, "shared_reranker", lambda name: Recorder())
    found = clauses(index.configured(Configuration(reranker="any", rerank=4)))
    plain = clauses(index)
    ordinals = [f"第{ordinal}条" for ordinal in "一二三四五六七八"]
    assert found == [*sorted(plain[:4], key=ordinals.index), *plain[4:]]


def test_nothing_found_loads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> Reranker:
        raise AssertionError("loaded")

    monkeypatch.setattr(hybrid, "shared_reranker", refuse)
    empty = HybridIndex.build([], FakeEncoder(), configuration=Configuration(reranker="any"))
    assert empty.search(QUESTION) == ()


@pytest.mark.parametrize("rerank", [0, -1])
def test_impossible_depth_is_refused(rerank: int) -> None:
    with pytest.raises(ValueError, match="rerank"):
        Configuration(rerank=rerank)


def test_answers_rest_on_what_it_finds_relevant(
    monkeypatch: pytest.MonkeyPatch, index: HybridIndex
) -> None:
    """A clause well below the first in probability is not cited beside it."""

    class Sure:
        name = fingerprint = "sure"

        def __init__(self, *relevant: str) -> None:
            self.relevant = relevant

        def score(self, question: str, passages: list[str]) -> np.ndarray:
            return np.array(
                [4.0 if p.startswith(self.relevant) else -4.0 for p in passages], np.float32
            )

    def cited(*relevant: str) -> set[str]:
        monkeypatch.setattr(hybrid, "shared_reranker", lambda name: Sure(*relevant))
        reranked = index.configured(Configuration(reranker="any"))
        answer = PolicyAssistant(reranked).ask("公共充电站建设")
        return {citation.clause for citation in answer.citations}

    assert cited("第一条") == {"第一条"}
    assert cited("第一条", "第七条") == {"第一条", "第七条"}


# --- commands


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(stores, "load_encoder", lambda model: FakeEncoder())
    path = tmp_path / "d.txt"
    path.write_text(TEXT, encoding="utf-8")
    build_store(tmp_path / "store", [path])
    return str(tmp_path / "store")


def test_every_command_takes_one(
    model: Path,
    store: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    expected = clauses(open_index(Path(store), reranker=str(model)))
    assert expected != clauses(open_index(Path(store)))
    given = ["--index", store, "--reranker", str(model)]
    lines = tmp_path / "questions.jsonl"
    lines.write_text(json.dumps({"question": QUESTION}) + "\n", encoding="utf-8")
    out = tmp_path / "answers.jsonl"

    assert search(["search", QUESTION, "--json", *given]) == 0
    assert [r["clause"] for r in json.loads(capsys.readouterr().out)] == expected
    assert ask(["ask", QUESTION, "--json", *given]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert ask(["batch", str(lines), str(out), *given]) == 0
    batch = json.loads(out.read_text(encoding="utf-8"))
    for response in (answer, batch):
        assert [result["clause"] for result in response["results"]] == expected
    assistant = app.open_assistant(Path(store), None, str(model), FakeEncoder)
    assert [r.clause for r in assistant.ask(QUESTION).results] == expected
    assert app.parse_arguments(["--reranker", "a/b"]).reranker == "a/b"

    monkeypatch.setenv("POLICY_QA_RERANKER", str(model))
    capsys.readouterr()
    assert search(["search", QUESTION, "--json", "--index", store]) == 0
    assert [r["clause"] for r in json.loads(capsys.readouterr().out)] == expected


def test_one_that_cannot_be_loaded_is_bad_input(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = tmp_path / "questions.jsonl"
    lines.write_text(json.dumps({"question": QUESTION}) + "\n", encoding="utf-8")
    given = ["--index", store, "--reranker", str(tmp_path / "none")]
    for command, *arguments in (
        (search, "search", QUESTION),
        (ask, "ask", QUESTION),
        (ask, "batch", str(lines), str(tmp_path / "out.jsonl")),
    ):
        code = command([*arguments, *given])
        output = capsys.readouterr()
        assert (code, output.out) == (2, "")
        assert "无法加载重排模型" in output.err and "Cannot load reranker" in output.err
    assert not (tmp_path / "out.jsonl").exists()


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    folder = tmp_path / "laws"
    (folder / "qrels").mkdir(parents=True)
    records = [
        {"_id": f"r{i}", "title": f"某某法第{'一二三四'[i]}条", "text": words}
        for i, words in enumerate(["充电站建设。", "支持充电站。", "电池回收。", "公共汽车。"])
    ]
    for name, rows in (("corpus", records), ("queries", [{"_id": "q", "text": QUESTION}])):
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    (folder / "qrels" / "test.tsv").write_text("q\tr1\t1\n", encoding="utf-8")
    return folder


def test_it_is_measured(
    model: Path,
    dataset: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    loaded: list[str | None] = []

    def load(name: str | None) -> FakeEncoder:
        loaded.append(name)
        return FakeEncoder()

    monkeypatch.setattr("index.encoder.load_encoder", load)
    cache = ["--cache", str(tmp_path / "cache"), "--json"]
    system = f"hybrid+ce:reranker={model}"
    runs = tmp_path / "runs"
    arguments = [str(dataset), "--systems", f"hybrid,{system}", "--runs", str(runs), *cache]
    assert evaluate(["run", *arguments]) == 0
    settings = json.loads(capsys.readouterr().out)["settings"]
    assert settings[system]["reranker"] == str(model)
    fingerprint = load_reranker(str(model)).fingerprint
    assert settings[system]["reranker_fingerprint"] == fingerprint
    assert "reranker_fingerprint" not in settings["hybrid"]
    ranked = [
        [line.split()[2] for line in path.read_text(encoding="utf-8").splitlines()]
        for path in sorted(runs.glob("*.run"))
    ]
    assert len(ranked) == 2 and sorted(ranked[0]) == sorted(ranked[1]) and ranked[0] != ranked[1]

    loaded.clear()
    missing = f"hybrid+ce:reranker={tmp_path / 'none'}"
    assert evaluate(["run", str(dataset), "--systems", missing, *cache]) == 2
    output = capsys.readouterr()
    assert output.out == "" and "Cannot load reranker" in output.err
    assert loaded == []  # told before anything slow is begun

"""Training a query adapter: the loss against plain numpy, folds, and the command end to end."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import evaluation.__main__ as command
from documents.numbering import write_number
from documents.parsing import parse_text
from evaluation import tuning
from evaluation.errors import DatasetError
from evaluation.examples import Examples, build_examples, split_folds
from evaluation.questions import read_over
from evaluation.runs import rank_records
from evaluation.tuning import Recipe, loss, train
from index.adapter import own_adapter, read_adapter
from index.hybrid import HybridIndex
from index.snapshot import build_lock
from index.types import Vectors
from tests.conftest import FakeEncoder


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def random_unit(generator: np.random.Generator, *shape: int) -> np.ndarray:
    return unit(generator.normal(size=shape))


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Matrices this small are slower on several."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


# --- the loss

GOLD = (((0,),), ((1, 2), (4,)), ((3, 5),), ((2,), (0, 1), (5,)))


def plain_loss(
    matrix: np.ndarray,
    questions: np.ndarray,
    anchors: np.ndarray,
    passages: np.ndarray,
    recipe: Recipe,
) -> list[float]:
    """Return the loss of each question, written out."""
    losses = []
    for q, start, gold in zip(questions, anchors, GOLD, strict=True):
        f = q + q @ matrix
        f = f / np.sqrt((f * f).sum())
        logits = [float(f @ p) / recipe.temperature for p in passages]
        top = max(logits)
        total = top + np.log(sum(np.exp(x - top) for x in logits))
        positive = sum(max(logits[row] for row in rows) for rows in gold) / len(gold)
        losses.append(total - positive + recipe.penalty * ((f - start) ** 2).sum())
    return losses


def setting(seed: int) -> tuple[np.ndarray, ...]:
    generator = np.random.default_rng(seed)
    matrix = generator.normal(0, 0.3, (5, 5))
    return matrix, *(random_unit(generator, n, 5) for n in (4, 4, 6))


@given(st.integers(0, 10**6), st.floats(0.05, 1), st.floats(0, 30))
def test_loss_is_that_of_the_formula(seed: int, temperature: float, penalty: float) -> None:
    recipe = Recipe(temperature=temperature, penalty=penalty)
    matrix, questions, anchors, passages = setting(seed)
    gold = torch.from_numpy(tuning._pad(GOLD))
    tensors = map(torch.from_numpy, (matrix, questions, anchors, passages))
    found = loss(*tensors, gold, recipe)
    assert found.numpy() == pytest.approx(
        plain_loss(matrix, questions, anchors, passages, recipe), rel=1e-9, abs=1e-9
    )


def test_what_filters_leave_out_counts_for_nothing() -> None:
    """As though those passages were not there; a question without filters sees all of them."""
    recipe = Recipe(temperature=0.5, penalty=3)
    matrix, questions, anchors, passages = map(torch.from_numpy, setting(3))
    gold = torch.from_numpy(tuning._pad(GOLD))
    kept = np.array([True, True, True, False, True, False])  # what the first two questions need
    admitted = tuning._stack([kept, kept, None, None], len(passages))
    assert tuning._stack([None, None], len(passages)) is None
    found = loss(matrix, questions, anchors, passages, gold, recipe, admitted)
    whole = loss(matrix, questions, anchors, passages, gold, recipe)
    assert torch.equal(found[2:], whole[2:]) and (found[:2] < whole[:2]).all()
    fewer = torch.from_numpy(tuning._pad((((0,),), ((1, 2), (3,)))))
    alone = loss(
        matrix, questions[:2], anchors[:2], passages[torch.from_numpy(kept)], fewer, recipe
    )
    assert found[:2].numpy() == pytest.approx(alone.numpy(), rel=1e-12)
    tensor = matrix.clone().requires_grad_()
    loss(tensor, questions, anchors, passages, gold, recipe, admitted).sum().backward()
    assert tensor.grad is not None and tensor.grad.isfinite().all()


def test_gradient_is_that_of_finite_differences() -> None:
    recipe = Recipe(temperature=0.5, penalty=3)
    matrix, questions, anchors, passages = setting(7)
    tensor = torch.from_numpy(matrix.copy()).requires_grad_()
    others = map(torch.from_numpy, (questions, anchors, passages))
    loss(tensor, *others, torch.from_numpy(tuning._pad(GOLD)), recipe).sum().backward()
    assert tensor.grad is not None
    step = 1e-6
    for i in range(5):
        for j in range(5):
            moved = [matrix.copy(), matrix.copy()]
            moved[0][i, j] -= step
            moved[1][i, j] += step
            low, high = (sum(plain_loss(m, questions, anchors, passages, recipe)) for m in moved)
            assert float(tensor.grad[i, j]) == pytest.approx((high - low) / (2 * step), abs=1e-5)


# --- training


def examples(seed: int = 0, size: int = 40) -> Examples:
    """Return questions whose clauses lie where a fixed rotation would take them."""
    generator = np.random.default_rng(seed)
    passages = random_unit(generator, size, 16).astype(np.float32)
    rotation = np.linalg.qr(generator.normal(size=(16, 16)))[0]
    questions = unit(passages + passages @ rotation).astype(np.float32)
    gold = tuple(((i,),) for i in range(size))
    return Examples(questions, passages, gold, (None,) * size)


def mean_loss(given: Examples, matrix: Vectors, recipe: Recipe) -> float:
    questions, passages = map(torch.from_numpy, (given.questions, given.passages))
    gold = torch.from_numpy(tuning._pad(given.gold))
    found = loss(torch.from_numpy(matrix), questions, questions, passages, gold, recipe)
    return float(found.mean())


def test_training_lowers_the_loss_and_the_penalty_holds_it_back() -> None:
    given, zero = examples(), np.zeros((16, 16), dtype=np.float32)
    recipe = Recipe(penalty=0)
    learnt = train(given, recipe)
    assert mean_loss(given, learnt, recipe) < 0.8 * mean_loss(given, zero, recipe)
    held = train(given, Recipe(penalty=1e4))
    assert 0 < np.linalg.norm(held) < 0.2 * np.linalg.norm(learnt)


def test_no_steps_leave_the_start() -> None:
    start = np.random.default_rng(1).normal(0, 0.1, (16, 16)).astype(np.float32)
    assert (train(examples(), Recipe(steps=0)) == 0).all()
    found = train(examples(), Recipe(steps=0), start=start)
    assert (found == start).all() and found is not start


def test_same_seed_same_matrix_and_pieces_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    given, recipe = examples(), Recipe(batch=16, steps=9)
    first = train(given, recipe)
    assert (train(given, recipe) == first).all()
    assert (train(given, Recipe(batch=16, steps=9, seed=1)) != first).any()
    monkeypatch.setattr(tuning, "_SIMILARITIES", 5 * len(given.passages))
    assert train(given, recipe) == pytest.approx(first, abs=1e-4)


def test_every_question_comes_once_before_any_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []
    whole = tuning.loss

    def watched(*arguments: torch.Tensor) -> torch.Tensor:
        seen.extend(arguments[1][:, 0].tolist())
        return whole(*arguments)  # type: ignore[arg-type, call-arg]

    monkeypatch.setattr(tuning, "loss", watched)
    given = examples(size=10)
    train(given, Recipe(batch=4, steps=6))  # 4 + 4 + 2, twice
    expected = sorted(given.questions[:, 0].tolist())
    assert sorted(seen[:10]) == sorted(seen[10:]) == expected
    assert seen[:10] != seen[10:]


# --- folds


@given(
    st.lists(st.sets(st.integers(0, 30), min_size=1, max_size=3), min_size=1, max_size=25),
    st.integers(2, 5),
)
def test_folds_share_no_clause(gold: Sequence[set[int]], folds: int) -> None:
    qrels = {f"q{i}": dict.fromkeys(map(str, sorted(clauses)), 1) for i, clauses in enumerate(gold)}
    # Connected by brute force: merge whatever overlaps until nothing does.
    groups = [set(clauses) for clauses in gold]
    merged = True
    while merged:
        merged = False
        for i, one in enumerate(groups):
            other = next((g for g in groups[i + 1 :] if g & one), None)
            if other is not None:
                groups.remove(other)
                one |= other
                merged = True
                break
    if len(groups) < folds:
        with pytest.raises(DatasetError, match=f"only {len(groups)} groups"):
            split_folds(qrels, folds)
        return
    fold = split_folds(qrels, folds)
    assert fold.keys() == qrels.keys() and set(fold.values()) == set(range(folds))
    for a, of_a in qrels.items():
        for b, of_b in qrels.items():
            assert fold[a] == fold[b] or not of_a.keys() & of_b.keys()
    assert fold == split_folds(dict(reversed(qrels.items())), folds)


# --- the command

CHARACTERS = [chr(code) for code in range(0x4E00, 0x4E00 + 3000)]


LAW = {"document": "law", "grade": 2}


def words(count: int, seed: int) -> list[str]:
    drawn = random.Random(seed).sample(CHARACTERS, 2 * count)
    return ["".join(drawn[i : i + 2]) for i in range(0, 2 * count, 2)]


def toy(*, mixed: bool = False) -> list[tuple[str, str]]:
    """Return (question, article) of every two of ten topics.

    A topic has a word of law and a lay word, which share nothing: what an unseen pair of topics is
    called can be learnt from the other pairs, unless the questions are ``mixed``.
    """
    law, lay = words(10, 1), words(10, 2)
    pairs = list(combinations(range(10), 2))
    asked = random.Random(5).sample(pairs, len(pairs)) if mixed else pairs
    return [
        (f"{lay[c]}？{lay[d]}？", f"{law[a]}。{law[b]}。")
        for (a, b), (c, d) in zip(pairs, asked, strict=True)
    ]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return what writes the toy data as a BEIR folder."""

    def write(*, mixed: bool = False) -> Path:
        folder = tmp_path / "set"
        (folder / "qrels").mkdir(parents=True)
        corpus, queries, qrels = [], [], []
        for i, (question, article) in enumerate(toy(mixed=mixed)):
            corpus.append({"_id": f"r{i}", "title": f"法{i}", "text": article})
            queries.append({"_id": f"q{i}", "text": question})
            qrels.append(f"q{i}\tr{i}\t1\n")
        for name, rows in (("corpus", corpus), ("queries", queries)):
            lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
        (folder / "qrels" / "train.tsv").write_text("".join(qrels), encoding="utf-8")
        return folder

    return write


@pytest.fixture
def tune(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    monkeypatch.setattr("index.encoder.load_encoder", lambda model: FakeEncoder(256))
    # As in a large library: late interaction would rank all of one so small again, by tokens.
    monkeypatch.setattr("index.hybrid.LATE_LIMIT", 0)

    def call(*arguments: object) -> int:
        cache = ["--cache", str(tmp_path / "cache")]
        return command.main(["tune", "--folds", "3", "--steps", "60", *map(str, arguments), *cache])

    return call


def test_what_can_be_learnt_is_written_and_used(
    write: Callable[..., Path],
    tune: Callable[..., int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder, out = write(), tmp_path / "new" / "adapter.npz"
    assert tune("--dataset", folder, "--out", out, "--json") == 0
    told, err = capsys.readouterr()
    found = json.loads(told)
    assert (found["questions"], found["folds"], found["gains"]) == (45, 3, True)
    for name in ("dense", "default"):
        values = found["systems"][name]["nDCG@10"]
        assert values["after"] > values["before"] + 0.1
        assert values["difference"]["value"] == pytest.approx(
            values["after"] - values["before"], abs=2e-6
        )
        assert values["difference"]["p"] < 0.05
    adapter = read_adapter(out)
    assert adapter.fingerprint in err and str(out) in err
    assert adapter.encoder.fingerprint == FakeEncoder(256).fingerprint
    assert adapter.description.startswith("set: 45 questions; Recipe(steps=60,")
    assert not own_adapter().exists()
    # The same arguments give the same file; a table says what the JSON does.
    first = out.read_bytes()
    assert tune("--dataset", folder, "--out", out) == 0
    assert out.read_bytes() == first
    table = capsys.readouterr().out
    assert f"{found['systems']['default']['nDCG@10']['after']:.3f}" in table


def test_what_cannot_be_learnt_is_refused(
    write: Callable[..., Path],
    tune: Callable[..., int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "adapter.npz"
    assert tune("--dataset", write(mixed=True), "--out", out, "--json") == 1
    told, err = capsys.readouterr()
    assert json.loads(told)["gains"] is False
    assert "no significant gain" in err and "没有显著提升" in err
    assert not out.exists() and not own_adapter().exists()


def test_dry_run_and_interruption_write_nothing(
    write: Callable[..., Path],
    tune: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = write()
    assert tune("--dataset", folder, "--dry-run") == 0
    assert not own_adapter().exists()

    def interrupt(*arguments: object, **options: object) -> Vectors:
        raise KeyboardInterrupt

    monkeypatch.setattr(tuning, "train", interrupt)
    assert tune("--dataset", folder) == 130
    assert "nothing was written" in capsys.readouterr().err
    assert not own_adapter().exists()


def test_own_questions_over_an_index_make_the_offices_own(
    tune: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = toy()
    clauses = [f"第{write_number(i)}条" for i in range(1, len(pairs) + 1)]
    lines = [f"{clause}　{article}" for clause, (_, article) in zip(clauses, pairs, strict=True)]
    store, file = tmp_path / "store", tmp_path / "asked.jsonl"
    with build_lock(store):
        HybridIndex.build([parse_text("\n".join(lines), "law")], FakeEncoder(256)).save(store)
    head = {"language": "zh", "outcome": "answered"}
    asked = [
        {**head, "id": f"q{i}", "question": question, "gold": [{**LAW, "clause": clauses[i]}]}
        for i, (question, _) in enumerate(pairs)
    ]
    asked.append({**head, "id": "n", "question": "？", "outcome": "no_basis", "gold": []})
    file.write_text("".join(json.dumps(q) + "\n" for q in asked), encoding="utf-8")
    assert tune("--questions", file, "--index", store, "--json") == 0
    found = json.loads(capsys.readouterr().out)["systems"]["default"]["nDCG@10"]
    assert found["after"] > found["before"] + 0.1
    adapter = read_adapter(own_adapter())
    assert adapter.description.startswith("asked: 45 questions;")
    plain = HybridIndex.load(store, FakeEncoder(256))
    adapted = plain.adapted(adapter)

    def places(index: HybridIndex) -> list[int]:
        ranked = [[hit.result.clause for hit in index.search(q, k=45)] for q, _ in pairs]
        return [found.index(clause) for found, clause in zip(ranked, clauses, strict=True)]

    assert np.mean(places(adapted)) < 0.5 * np.mean(places(plain))


def build_twins(store: Path) -> HybridIndex:
    """Return an index of two documents that say the same of four matters."""
    lines = ["第一条　充电站。", "第二条　电池。", "第三条　氢能。", "第四条　碳排放。"]
    twins = [parse_text("\n".join([f"某某办法{name}", *lines]), name) for name in "ab"]
    with build_lock(store):
        index = HybridIndex.build(twins, FakeEncoder(256))
        index.save(store)
    return index


def about(id_: str, clause: str, *, of: str = "a", **more: object) -> dict[str, object]:
    gold = [{"document": of, "clause": clause, "grade": 2}]
    head = {"id": id_, "question": f"{id_}？", "language": "zh", "outcome": "answered"}
    return {**head, "gold": gold, **more}


def test_an_example_has_the_passages_of_its_filters(tmp_path: Path) -> None:
    index, file = build_twins(tmp_path / "store"), tmp_path / "asked.jsonl"
    asked = [
        about("all", "第一条"),
        about("one", "第一条", filters={"document": "a"}),
        about("same", "第二条", filters={"document": "a"}),
        about("other", "第二条", of="b", filters={"document": "b"}),
    ]
    file.write_text("\n".join(map(json.dumps, asked)), encoding="utf-8")
    dataset = read_over(file, index.documents)
    vectors = FakeEncoder(256).encode_query([query.text for query in dataset.queries])
    found = build_examples(dataset, index, vectors)
    everything, one, same, other = found.admitted
    documents = [index.units[chunk.unit].document for chunk in index.chunks]
    assert everything is None and one is same
    assert one is not None and one.tolist() == [document == "a" for document in documents]
    assert other is not None and other.tolist() == [document == "b" for document in documents]
    assert found.take([3, 0]).admitted == (other, None)
    # The filters decide what is found, too.
    ranked = rank_records(dataset, index, dataset.queries[3])
    assert {one.record.partition("::")[0] for one in ranked} == {"b"}
    # Gold that they leave out can be neither found nor learnt.
    file.write_text(json.dumps(about("x", "第一条", filters={"document": "b"})), encoding="utf-8")
    dataset = read_over(file, index.documents)
    with pytest.raises(DatasetError, match=r"x: .*or its filters leave them out"):
        build_examples(dataset, index, vectors[:1])


def test_questions_of_documents_that_went_are_skipped_and_counted(
    tune: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, file = tmp_path / "store", tmp_path / "asked.jsonl"
    build_twins(store)
    good = [about(f"q{i}", clause) for i, clause in enumerate(("第一条", "第二条", "第三条"))]
    good[1]["filters"] = {"document": "a"}
    stray = [
        about("gone", "第一条", of="removed"),
        about("renumbered", "第九条"),
        about("elsewhere", "第一条", filters={"document": "b"}),
    ]
    arguments = ("--questions", file, "--index", store, "--dry-run", "--json")

    file.write_text("\n".join(map(json.dumps, [*stray, *good])), encoding="utf-8")
    assert tune(*arguments) in (0, 1)  # whether three questions teach anything is not the point
    told, err = capsys.readouterr()
    assert json.loads(told)["questions"] == 3
    assert f"{file}：跳过 3 题（gone, renumbered, elsewhere）" in err
    assert f"{file}: skipped 3 questions (gone, renumbered, elsewhere)" in err

    file.write_text("\n".join(map(json.dumps, good)), encoding="utf-8")
    assert tune(*arguments) in (0, 1)
    assert "skipped" not in capsys.readouterr().err

    file.write_text("\n".join(map(json.dumps, stray)), encoding="utf-8")
    assert tune(*arguments) == 2
    told, err = capsys.readouterr()
    assert told == "" and f"{file}: of none of the 3 questions" in err


def test_only_tuning_skips(tmp_path: Path) -> None:
    index, file = build_twins(tmp_path / "store"), tmp_path / "asked.jsonl"
    asked = [about("q", "第一条"), about("gone", "第一条", of="removed")]
    file.write_text("\n".join(map(json.dumps, asked)), encoding="utf-8")
    with pytest.raises(DatasetError, match="gone: the documents have no clause removed::第一条"):
        read_over(file, index.documents)
    assert read_over(file, index.documents, skip=True).skipped == ("gone",)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--dataset", "nowhere"], "nowhere: no such folder"),
        (["--questions", "nowhere.jsonl", "--index", "nowhere"], "no index here"),
        (["--dataset", "set", "--split", "dev"], "--split may be: train"),
        (["--dataset", "set", "--folds", "46"], "only 45 groups"),
    ],
)
def test_bad_input_says_what_is_wrong(
    arguments: list[str],
    message: str,
    write: Callable[..., Path],
    tune: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(write().parent)
    assert tune(*arguments) == 2
    told, err = capsys.readouterr()
    assert told == "" and message in err


def test_fewer_than_two_folds_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command.main(["tune", "--dataset", "x", "--folds", "1"])
    assert caught.value.code == 2 and "at least 2" in capsys.readouterr().err

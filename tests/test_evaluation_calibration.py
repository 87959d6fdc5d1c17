"""Calibration: the fit against a slow one, the measures against brute force, and the command."""

from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import evaluation.__main__ as command
from documents.parsing import parse_text
from evaluation.calibration import (
    ACCEPTED,
    CANDIDATES,
    FALSE_REFUSALS,
    OTHER_IMPORTANCE,
    Case,
    Quality,
    assess,
    calibrate,
    cross_validate,
    format_calibration,
    gather_cases,
    gather_others,
    measure_area,
    train,
)
from evaluation.datasets import Gold, Question
from evaluation.errors import DatasetError
from evaluation.halves import fill_folds
from evaluation.logistic import Array, Logistic, fit
from index.hybrid import HybridIndex
from index.snapshot import build_lock
from index.types import Filters
from qa.assistant import EVIDENCE_DEPTH, PolicyAssistant
from qa.outcome import LEAST
from qa.relevance import BIAS, SIGNALS, WEIGHTS
from qa.types import Outcome, Request
from tests.conftest import FakeEncoder

# --- the fit


def examples(seed: int, size: int = 60, width: int = 3) -> tuple[Array, Array, Array]:
    """Return signals, labels and importance that no plane separates."""
    generator = np.random.default_rng(seed)
    signals = generator.normal(size=(size, width)) * [1, 3, 0.5][:width]
    chances = 1 / (1 + np.exp(-signals @ np.array([1.5, -0.4, 2.0])[:width] + 0.5))
    labels = (generator.random(size) < chances).astype(float)
    # One point twice, with both labels.
    signals[1], labels[:2] = signals[0], [0, 1]
    return signals, labels, generator.choice([1.0, 0.2], size)


def gradient(
    model: Logistic, signals: Array, labels: Array, importance: Array, strength: float
) -> list[float]:
    """Return the slope of the loss in the bias and in each weight, written out."""
    slopes = [0.0, *(weight / strength for weight in model.weights)]
    for row, label, counts in zip(signals, labels, importance, strict=True):
        score = model.bias + sum(w * x for w, x in zip(model.weights, row, strict=True))
        apart = counts * (1 / (1 + math.exp(-score)) - label)
        for place, value in enumerate([1.0, *row]):
            slopes[place] += apart * value
    return slopes


@given(st.integers(0, 10**6), st.sampled_from([0.01, 1.0, 50.0]))
def test_the_loss_is_flat_at_the_solution(seed: int, strength: float) -> None:
    given_ = examples(seed)
    found = fit(*given_, strength=strength)
    assert gradient(found, *given_, strength) == pytest.approx([0] * 4, abs=1e-8)


@pytest.mark.parametrize("strength", [1.0, math.inf])
def test_plain_gradient_descent_ends_at_the_same_place(strength: float) -> None:
    signals, labels, importance = examples(3, size=40, width=2)
    slow = Logistic(0.0, (0.0, 0.0))
    for _ in range(6000):
        bias, *weights = gradient(slow, signals, labels, importance, strength)
        slow = Logistic(
            slow.bias - 0.02 * bias,
            tuple(w - 0.02 * slope for w, slope in zip(slow.weights, weights, strict=True)),
        )
    found = fit(signals, labels, importance, strength=strength)
    assert (found.bias, *found.weights) == pytest.approx((slow.bias, *slow.weights), abs=1e-6)


@pytest.mark.parametrize("scale", [1.0, 1e3, 1e6, 1e9])
def test_data_that_a_plane_separates_stay_finite(scale: float) -> None:
    signals = scale * np.array([[-2.0, 0.0], [-1.0, 0.0], [1.0, 0.0], [2.0, 0.0]])
    given_ = (signals, np.array([0.0, 0.0, 1.0, 1.0]), np.ones(4))
    found = fit(*given_)
    assert 0 < found.weights[0] < 10 and found.weights[1] == 0
    assert found.bias == pytest.approx(0, abs=1e-4)
    assert gradient(found, *given_, 1.0) == pytest.approx([0] * 3, abs=1e-8)


@given(st.integers(0, 10**6), st.sampled_from([1e-3, 0.1, 7.0, 1e3]), st.integers(0, 2))
def test_scaling_a_signal_rescales_its_weight(seed: int, scale: float, place: int) -> None:
    signals, labels, importance = examples(seed)
    plain = fit(signals, labels, importance, strength=1e9)
    signals[:, place] *= scale
    scaled = fit(signals, labels, importance, strength=math.inf)
    weights = list(scaled.weights)
    weights[place] *= scale
    unpenalised = fit(*examples(seed), strength=math.inf)
    assert weights == pytest.approx(unpenalised.weights, rel=1e-6)
    assert scaled.bias == pytest.approx(unpenalised.bias, rel=1e-6)
    assert plain.weights == pytest.approx(unpenalised.weights, rel=1e-4)


def test_a_whole_importance_is_as_good_as_so_many_copies() -> None:
    signals, labels, _ = examples(5)
    times = np.arange(len(labels)) % 3 + 1
    found = fit(signals, labels, times.astype(float))
    copies = fit(np.repeat(signals, times, axis=0), np.repeat(labels, times), np.ones(times.sum()))
    assert (found.bias, *found.weights) == pytest.approx((copies.bias, *copies.weights), rel=1e-9)


def test_a_penalty_draws_the_weights_to_nothing_but_not_the_bias() -> None:
    signals, _, importance = examples(1)
    labels = (np.arange(len(importance)) < 6).astype(float)
    found = fit(signals, labels, importance, strength=1e-9)
    assert found.weights == pytest.approx((0, 0, 0), abs=1e-6)
    share = importance @ labels / importance.sum()
    assert found.bias == pytest.approx(math.log(share / (1 - share)), abs=1e-6)


def test_the_same_data_give_the_same_constants() -> None:
    assert fit(*examples(2)) == fit(*examples(2))


def test_probabilities_are_those_of_the_product() -> None:
    signals = np.array([[2.0, 1.0, 0.9], [-800.0, 0.1, 0.0], [4000.0, 1.0, 1.0]])
    found = Logistic(BIAS, WEIGHTS).predict(signals)
    expected = 1 / (1 + math.exp(-BIAS - WEIGHTS[0] * 2 - WEIGHTS[1] - WEIGHTS[2] * 0.9))
    assert found.tolist() == pytest.approx([expected, 0.0, 1.0])


# --- measures

values = st.lists(st.sampled_from([0.0, 0.1, 0.16, 0.3, 0.3001, 0.7, 1.0]), max_size=8)


@given(values, values)
def test_area_is_the_share_of_pairs_in_order(
    positives: list[float], negatives: list[float]
) -> None:
    pairs = [(a > b) + (a == b) / 2 for a in positives for b in negatives]
    expected = sum(pairs) / len(pairs) if pairs else None
    assert measure_area(positives, negatives) == pytest.approx(expected)


def case(
    id_: str,
    expected: Outcome,
    grades: list[int],
    *,
    signals: list[float] | None = None,
    group: str | None = None,
    source: str | None = None,
) -> Case:
    """Return a case whose clauses have one signal three times."""
    table = np.repeat(np.array(signals or [0.0] * len(grades))[:, None], 3, axis=1)
    return Case(id_, group or id_, expected, table, np.array(grades, dtype=float), source)


def judged(*rows: tuple[str, Outcome, list[int], list[float], str | None]) -> Quality:
    cases = [case(id_, outcome, grades, source=source) for id_, outcome, grades, _, source in rows]
    return assess(cases, [np.array(found) for *_, found, _ in rows])


def test_measures_of_a_hand_made_set() -> None:
    quality = judged(
        ("right", "answered", [0, 2], [0.1, 0.9], None),
        ("helped", "answered", [1, 2], [0.6, 0.5], None),
        ("part", "partial", [1], [0.4], None),
        ("unfound", "answered", [], [], None),
        ("far", "no_basis", [0, 0], [0.05, 0.02], None),
        ("near", "no_basis", [0], [0.5], None),
        ("law", "no_basis", [0], [0.2], "laws"),
        ("court", "no_basis", [0], [0.01], "laws"),
    )
    # Likeliest: .9 .6 .4 0 with a clause, .05 .5 without.
    assert quality.area == pytest.approx((2 + 2 + 1 + 0) / 8)
    assert quality.first == pytest.approx(1 / 3)  # a partial answer has no first clause
    at = {one.least: one for one in quality.thresholds}
    assert set(at) == {LEAST, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5}
    assert (at[0.05].false_refusals, at[0.05].refusals) == (1 / 4, 0)
    assert (at[0.45].false_refusals, at[0.45].refusals) == (2 / 4, 1 / 2)
    assert [at[least].let_through for least in (0.2, 0.25)] == [{"laws": 0.5}, {"laws": 0.0}]
    # Whatever is refused costs the question for which nothing was found.
    assert quality.refusal_recall == dict.fromkeys(FALSE_REFUSALS, 0.0)
    assert quality.chosen is None


outcomes: st.SearchStrategy[Outcome] = st.sampled_from(["answered", "partial", "no_basis"])


@given(st.lists(st.tuples(outcomes, st.floats(0, 1)), min_size=1, max_size=30))
def test_recall_and_threshold_are_the_best_there_are(rows: list[tuple[Outcome, float]]) -> None:
    quality = judged(
        *((str(i), outcome, [2], [value], None) for i, (outcome, value) in enumerate(rows))
    )
    having = [value for outcome, value in rows if outcome != "no_basis"]
    lacking = [value for outcome, value in rows if outcome == "no_basis"]
    # A threshold just above each probability, and one below all.
    cuts = [-1.0, *(math.nextafter(value, 2) for _, value in rows)]
    for share, recall in quality.refusal_recall.items():
        allowed = [c for c in cuts if having and sum(v < c for v in having) / len(having) <= share]
        if not having or not lacking:
            assert recall is None
            continue
        assert recall == pytest.approx(
            max(sum(v < cut for v in lacking) / len(lacking) for cut in allowed)
        )
    if having:
        allowed = [c for c in CANDIDATES if sum(v < c for v in having) / len(having) <= ACCEPTED]
        assert (quality.chosen.least if quality.chosen else None) == max(allowed, default=None)
    else:
        assert quality.chosen is None


# --- folds


@given(st.lists(st.integers(1, 5), min_size=2, max_size=30), st.integers(2, 5))
def test_folds_hold_whole_groups_and_are_even(sizes: list[int], folds: int) -> None:
    groups = [[f"{i}-{j}" for j in range(size)] for i, size in enumerate(sizes)]
    fold = fill_folds(groups, folds)
    assert fold.keys() == {id_ for group in groups for id_ in group}
    assert all(len({fold[id_] for id_ in group}) == 1 for group in groups)
    filled = [list(fold.values()).count(number) for number in range(folds)]
    assert max(filled) - min(filled) <= max(sizes)
    assert fold == fill_folds(groups[::-1], folds)


def grown(size: int = 30) -> list[Case]:
    """Return cases in pairs of one group; the likelier clause of each is gold, of a third none."""
    generator = np.random.default_rng(0)
    return [
        case(
            f"q{i}",
            "no_basis" if i % 3 == 0 else "answered",
            [0, 0] if i % 3 == 0 else [2, 0],
            signals=[float(generator.normal(1 if i % 3 else -1)), -2.0],
            group=f"g{i // 2}",
        )
        for i in range(size)
    ]


def test_a_case_is_judged_by_a_model_that_saw_no_case_of_its_group() -> None:
    cases = grown()
    before = cross_validate(cases, folds=5)
    # However a group is labelled, its own probabilities stay as they are.
    for place, one in enumerate(cases):
        turned = [replace(c, grades=2 - c.grades) if c.group == one.group else c for c in cases]
        assert cross_validate(turned, folds=5)[place].tolist() == before[place].tolist()
    assert [found.tolist() for found in before] != [
        train(cases).predict(c.signals).tolist() for c in cases
    ]


def test_other_fields_count_a_fifth_and_are_cross_validated_too() -> None:
    cases = grown()
    other = [case(f"o{i}", "no_basis", [0], signals=[0.1 * i], source="laws") for i in range(20)]
    signals = np.concatenate([one.signals for one in (*cases, *other)])
    labels = np.concatenate([one.grades for one in (*cases, *other)]) >= 1
    importance = np.array([1.0] * 60 + [OTHER_IMPORTANCE] * 20)
    assert train([*cases, *other]) == fit(signals, labels.astype(float), importance)
    assert len(cross_validate([*cases, *other], folds=5)) == 50
    found = calibrate([*cases, *other], folds=5)
    assert (found.questions, found.pairs, found.positives) == (30, 60, 20)
    assert found.others == {"laws": 20}
    assert found.cross_validated.area == calibrate([*cases, *other], folds=5).cross_validated.area
    assert set(found.cross_validated.thresholds[0].let_through) == {"laws"}


def test_ids_of_another_set_may_be_those_of_questions() -> None:
    cases = grown()
    other = [case(f"q{i}", "no_basis", [0], signals=[3.0], source="laws") for i in range(30)]
    found = cross_validate([*cases, *other], folds=3)
    alone = cross_validate([*cases, *(replace(o, id=f"o{o.id}") for o in other)], folds=3)
    assert len(found) == len(alone) == 60


@pytest.mark.parametrize(
    ("grades", "message"),
    [([0, 0], "no clause that was found is gold"), ([2, 1], "every clause that was found is gold")],
)
def test_pairs_of_one_label_fit_nothing(grades: list[int], message: str) -> None:
    cases = [case(f"q{i}", "answered", grades) for i in range(9)]
    with pytest.raises(DatasetError, match=message):
        calibrate(cases, folds=2)


def test_no_case_at_all_fits_nothing() -> None:
    with pytest.raises(DatasetError, match="no clause that was found is gold"):
        train([])


def test_fewer_groups_than_folds_are_refused() -> None:
    with pytest.raises(DatasetError, match="only 15 groups of questions, fewer than 16 folds"):
        calibrate(grown(), folds=16)


# --- questions over a library

DOCUMENT = """南昌市人民政府办公厅关于充电站建设的若干措施

第一条　对新建的充电站，按投资额给予补贴。
第二条　对利用屋顶建设光伏电站的企业，按发电量给予奖励。
第三条　对引进高层次人才的企业，给予安家费。
第四条　对购买商业保险的养殖户，给予保费补贴。
第五条　对开展技术改造的企业，给予贷款贴息。
第六条　对参加境外展会的企业，给予展位费补助。
"""
NANCHANG = "南昌市充电站措施"
ASKED: list[tuple[str, str, Outcome, str | None]] = [
    ("c1", "新建充电站有补贴吗", "answered", "第一条"),
    ("c2", "充电站按什么给补贴", "answered", "第一条"),
    ("p1", "屋顶光伏电站有奖励吗", "answered", "第二条"),
    ("p2", "光伏电站按发电量给多少奖励", "partial", "第二条"),
    ("t1", "引进高层次人才给安家费吗", "answered", "第三条"),
    ("b1", "养殖户购买商业保险有补贴吗", "answered", "第四条"),
    ("n1", "婚姻登记要带户口本吗", "no_basis", None),
    ("n2", "今天天气怎么样", "no_basis", None),
    ("n3", "交通违章怎么处理", "no_basis", None),
    ("l1", "有哪些文件", "answered", None),
]


def questions() -> list[Question]:
    return [
        Question(
            id_,
            text,
            "zh",
            outcome,
            gold=(Gold(NANCHANG, clause, 2),) if clause else (),
            kind="library" if id_ == "l1" else None,
            group=id_[0] if id_[0] in "cp" else None,
        )
        for id_, text, outcome, clause in ASKED
    ]


def library() -> HybridIndex:
    other = "长春市展会办法\n\n" + DOCUMENT.split("\n\n", 1)[1].replace("充电站", "换电站")
    documents = [parse_text(DOCUMENT, NANCHANG), parse_text(other, "长春市展会办法")]
    return HybridIndex.build(documents, FakeEncoder())


@pytest.fixture(scope="module")
def assistant() -> PolicyAssistant:
    return PolicyAssistant(library())


def test_cases_have_what_the_product_judges(assistant: PolicyAssistant) -> None:
    cases = gather_cases(assistant, questions())
    assert [one.id for one in cases] == [id_ for id_, *_ in ASKED if id_ != "l1"]
    assert [one.group for one in cases] == ["c", "c", "p", "p", "t1", "b1", "n1", "n2", "n3"]
    for one, (_, text, outcome, clause) in zip(cases, ASKED, strict=False):
        assert one.expected == outcome and one.source is None
        assert one.signals.shape == (len(one.grades), len(SIGNALS))
        # What is refused before it is judged has none.
        assert len(one.grades) <= EVIDENCE_DEPTH and (len(one.grades) or outcome == "no_basis")
        assert sorted(one.grades) == sorted(
            [2] * bool(clause) + [0] * (len(one.grades) - bool(clause))
        )
        response = assistant.ask(Request(text))
        if response.outcome == "answered":
            likeliest = Logistic(BIAS, WEIGHTS).predict(one.signals).max()
            assert response.confidence == pytest.approx(likeliest, abs=1e-4)


def test_follow_ups_are_resolved_and_places_limit_the_documents(
    assistant: PolicyAssistant,
) -> None:
    asked = Question("a", "南昌市新建充电站有补贴吗", "zh", "answered", as_of=date(2026, 1, 1))
    whole, alone, after, anywhere = gather_cases(
        assistant,
        [
            asked,
            replace(asked, question="那南昌呢"),
            replace(asked, question="那南昌呢", history=("长春市新建充电站有补贴吗",)),
            replace(asked, question="新建充电站有补贴吗"),
        ],
    )
    assert np.allclose(after.signals[:, 2], whole.signals[:, 2])
    assert after.signals[:, 2].tolist() != alone.signals[:, 2].tolist()
    assert len(whole.grades) < len(anywhere.grades)


def test_filters_limit_the_documents(assistant: PolicyAssistant) -> None:
    asked = Question("a", "新建充电站有补贴吗", "zh", "answered", as_of=date(2026, 1, 1))
    alone, anywhere = gather_cases(
        assistant, [replace(asked, filters=Filters(document=NANCHANG)), asked]
    )
    # Of two documents with six clauses each, one.
    assert 0 < len(alone.grades) <= 6 < len(anywhere.grades)


def test_questions_that_are_not_taken_have_no_evidence(assistant: PolicyAssistant) -> None:
    [one] = gather_others(assistant, [("long", "问" * 100_000)], source="laws")
    assert one.signals.shape == (0, len(SIGNALS)) and one.expected == "no_basis"
    assert assess([one], [np.zeros(0)]).thresholds[0].let_through == {"laws": 0.0}


def test_gold_that_the_library_lacks_is_named(assistant: PolicyAssistant) -> None:
    stray = Question("s", "问题", "zh", "answered", gold=(Gold("无此文件", "第一条", 2),))
    with pytest.raises(DatasetError, match="s: the index has no clause 无此文件::第一条"):
        gather_cases(assistant, [stray])


# --- the command


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Return what runs the command on the questions above over a stored index."""
    monkeypatch.setattr("index.encoder.load_encoder", lambda model: FakeEncoder())
    monkeypatch.setattr("index.stores.load_encoder", lambda model: FakeEncoder())
    store, file = tmp_path / "store", tmp_path / "asked.jsonl"
    with build_lock(store):
        library().save(store)
    rows = [
        {
            "id": q.id,
            "question": q.question,
            "language": "zh",
            "outcome": q.outcome,
            "kind": q.kind,
            "group": q.group,
            "split": "dev",
            "gold": [{"document": g.document, "clause": g.clause, "grade": 2} for g in q.gold],
        }
        for q in questions()
    ]
    rows.append({**rows[0], "id": "unseen", "split": "test"})
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    for name in ("laws", "tales"):
        text = "".join(
            json.dumps({"_id": f"{name}{i}", "text": f"{name}{random.Random(i).random()}"}) + "\n"
            for i in range(40)
        )
        (tmp_path / f"{name}.jsonl").write_text(text, encoding="utf-8")

    def call(*arguments: object) -> int:
        monkeypatch.chdir(tmp_path)
        head = ["calibrate", str(file), "--index", str(store), "--folds", "3"]
        return command.main([*head, *map(str, arguments)])

    return call


def test_constants_can_be_pasted_and_are_those_of_the_json(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    others = ("--others", "laws.jsonl", "tales.jsonl", "--limit", "12")
    assert run(*others, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["file"], told["split"], told["questions"]) == ("asked.jsonl", "dev", 9)
    assert told["others"] == {"laws.jsonl": 12, "tales.jsonl": 12}
    assert told["folds"] == 3 and told["positives"] == 6
    assert (told["used"]["bias"], tuple(told["used"]["weights"].values())) == (BIAS, WEIGHTS)
    fitted = told["fitted"]
    assert tuple(fitted["weights"]) == SIGNALS
    assert fitted["quality"]["area"] > 0.8
    assert set(fitted["quality"]["refusal_recall"]) == {"0.02", "0.03", "0.05", "0.1"}
    assert set(fitted["quality"]["thresholds"][0]["let_through"]) == set(told["others"])

    assert run(*others) == 0
    text = capsys.readouterr().out
    constants: dict[str, object] = {}
    exec("\n".join(re.findall(r"^(?:BIAS|WEIGHTS|LEAST) = .*", text, re.M)[:3]), constants)
    assert constants["BIAS"] == pytest.approx(fitted["bias"], abs=0.006)
    assert constants["WEIGHTS"] == pytest.approx(list(fitted["weights"].values()), abs=6e-4)
    assert constants["LEAST"] == fitted["quality"]["chosen"]["least"]
    assert run(*others) == 0
    assert capsys.readouterr().out == text


def test_half_and_limit_choose_the_queries(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    counts = []
    for half in ("choose", "report"):
        assert run("--others", "laws.jsonl", "--half", half, "--json") == 0
        counts.append(json.loads(capsys.readouterr().out)["others"]["laws.jsonl"])
    assert sum(counts) == 40 and min(counts) > 0
    assert run("--json") == 0
    assert json.loads(capsys.readouterr().out)["others"] == {}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--split", "nowhere"], "no questions (split=nowhere"),
        (["--others", "nowhere.jsonl"], "nowhere.jsonl"),
        (["--index", "nowhere"], "no index here"),
        (["--folds", "8"], "only 7 groups of questions, fewer than 8 folds"),
    ],
)
def test_bad_input_says_what_is_wrong(
    arguments: list[str],
    message: str,
    run: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(*arguments) == 2
    told, err = capsys.readouterr()
    assert told == "" and message in err


def test_no_threshold_that_will_do_is_told() -> None:
    # Of the questions with a clause, one in 21 is refused however low the threshold.
    found = calibrate([*grown(), case("u", "answered", [])], folds=3)
    assert found.cross_validated.chosen is None
    assert "LEAST: -" in format_calibration(found)

"""Learns a query adapter from questions with known clauses, and tells whether it helps.

The map is f(q) = normalise(q + qW). Over batches B of questions the loss is

    mean over B of [ logsumexp(f(q)·P / T) − mean over gold of f(q)·p / T ] + λ · mean |f(q) − f₀(q)|²

with P the vectors of all chunks of the index, p the gold unit's nearest chunk, T a temperature and
f₀ the map that training starts from: a softmax over the whole corpus (InfoNCE, van den Oord et al.,
2018, with every passage a negative and several positives), held near where it began. Adam (Kingma,
Ba, ICLR 2015), for a fixed number of steps.

Of a question that is asked under filters P are the chunks of the documents that they admit: another
region's clause may answer it as well, and to learn that it does not would be wrong.

Whether it helps is measured on questions that it has not seen, nor any of their clauses, each
searched under its own filters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from evaluation.comparison import Comparison, Difference, compare
from evaluation.examples import Examples, build_examples, split_folds
from evaluation.metrics import RUN_MEASURES, RUN_NAMES, score_rankings
from evaluation.runs import rank_records
from evaluation.significance import Values
from evaluation.types import Dataset
from index.adapter import QueryAdapter, identify
from index.configuration import Configuration
from index.hybrid import HybridIndex
from index.types import Encoder, Vectors

BEFORE, AFTER = "before", "after"
# What is compared: the side that is trained, without later stages, and what people use. The latter
# decides, by this measure.
SYSTEMS: Mapping[str, Mapping[str, Any]] = {
    "dense": {"sides": "dense", "late": 0, "reranker": None},
    "default": {},
}
DECIDING_SYSTEM, DECIDING_MEASURE = "default", "nDCG@10"
MEASURES = (DECIDING_MEASURE, "R@100")
SIGNIFICANCE = 0.05
# Similarities held at once: 64 MB. A larger batch goes through in pieces.
_SIMILARITIES = 2**24

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train. The defaults are chosen by measurement (LOG.md)."""

    steps: int = 75
    batch: int = 256
    rate: float = 1e-3
    temperature: float = 0.02
    penalty: float = 20.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """Cross-validation: of each system ``before`` and ``after``, over questions left out."""

    questions: int
    folds: int
    comparisons: Mapping[str, Comparison]

    @property
    def difference(self) -> Difference:
        """What decides."""
        return self.comparisons[DECIDING_SYSTEM].differences[AFTER][DECIDING_MEASURE]

    @property
    def gains(self) -> bool:
        """Whether what people use gets better, beyond chance."""
        return self.difference.value > 0 and self.difference.p < SIGNIFICANCE


# --- training -------------------------------------------------------------------------------------


def train(
    examples: Examples,
    recipe: Recipe,
    *,
    start: Vectors | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Vectors:
    """Return the matrix learnt from ``examples``, shape (d, d); ``start`` None is the identity map.

    The same arguments give the same matrix on the same machine. ``progress`` gets (step, steps).
    """
    size = examples.questions.shape[1]
    generator = torch.Generator().manual_seed(recipe.seed)
    questions = torch.from_numpy(np.ascontiguousarray(examples.questions))
    # A copy: those of a snapshot lie in a file that is only read, which torch cannot promise.
    passages = torch.from_numpy(np.array(examples.passages))
    gold = torch.from_numpy(_pad(examples.gold))
    matrix = torch.zeros(size, size) if start is None else torch.from_numpy(start.copy())
    anchors = _map(questions, matrix)
    matrix.requires_grad_()
    optimizer = torch.optim.Adam([matrix], lr=recipe.rate)
    piece = max(1, _SIMILARITIES // len(passages))
    waiting: list[int] = []
    for step in range(1, recipe.steps + 1):
        if not waiting:  # every question once before any comes again
            waiting = torch.randperm(len(questions), generator=generator).tolist()
        rows, waiting = waiting[: recipe.batch], waiting[recipe.batch :]
        optimizer.zero_grad()
        for first in range(0, len(rows), piece):
            part = torch.tensor(rows[first : first + piece])
            among = _stack([examples.admitted[row] for row in part.tolist()], len(passages))
            losses = loss(
                matrix, questions[part], anchors[part], passages, gold[part], recipe, among
            )
            torch.autograd.backward(losses.sum() / len(rows))
        optimizer.step()
        if progress is not None:
            progress(step, recipe.steps)
    learnt: Vectors = matrix.detach().numpy()
    return learnt


def loss(
    matrix: torch.Tensor,
    questions: torch.Tensor,
    anchors: torch.Tensor,
    passages: torch.Tensor,
    gold: torch.Tensor,
    recipe: Recipe,
    admitted: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return each question's loss, shape (b,).

    ``questions`` and ``anchors`` (where they started) are (b, d), ``passages`` (m, d); ``gold``
    (b, units, chunks) holds rows of passages, −1 where there is none; ``admitted`` (b, m) is true
    where a passage counts for a question, None where all do.
    """
    mapped = _map(questions, matrix)
    logits = mapped @ passages.T / recipe.temperature
    if admitted is not None:
        logits = logits.masked_fill(~admitted, -torch.inf)
    there = gold >= 0
    # One gather: picking rows of passages one by one makes the gradient twenty times as slow.
    of_gold = logits.gather(1, gold.clamp(min=0).flatten(1)).view(gold.shape)
    nearest = of_gold.masked_fill(~there, -torch.inf).amax(2)
    units = there.any(2)
    positive = nearest.masked_fill(~units, 0).sum(1) / units.sum(1)
    moved = (mapped - anchors).square().sum(1)
    return torch.logsumexp(logits, 1) - positive + recipe.penalty * moved


def _map(questions: torch.Tensor, matrix: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.normalize(questions + questions @ matrix, dim=1)


def _stack(admitted: Sequence[NDArray[np.bool_] | None], size: int) -> torch.Tensor | None:
    """Return the rows as one array (questions, passages), None where none leaves anything out."""
    if all(one is None for one in admitted):
        return None
    everything = np.ones(size, dtype=np.bool_)
    return torch.from_numpy(np.stack([everything if one is None else one for one in admitted]))


def _pad(gold: Sequence[Sequence[Sequence[int]]]) -> NDArray[np.int64]:
    """Return the rows as one array (questions, units, chunks), −1 where there is none."""
    units = max(map(len, gold))
    chunks = max(len(rows) for question in gold for rows in question)
    table = np.full((len(gold), units, chunks), -1, dtype=np.int64)
    for i, question in enumerate(gold):
        for j, rows in enumerate(question):
            table[i, j, : len(rows)] = rows
    return table


# --- measuring ------------------------------------------------------------------------------------


def cross_validate(
    dataset: Dataset,
    index: HybridIndex,
    examples: Examples,
    start: QueryAdapter | None,
    make: Callable[[Vectors], QueryAdapter],
    recipe: Recipe,
    *,
    folds: int,
    progress: Progress,
) -> Trial:
    """Train on all folds but one and search with that one's questions, for each fold in turn.

    ``start`` is what is searched with before, and what training starts from; ``make`` turns a
    matrix into an adapter of the index's encoder. DatasetError where there are too few folds.
    """
    fold = split_folds(dataset.qrels, folds)
    indexes = {query: {BEFORE: index.adapted(start)} for query in fold}
    for number in range(folds):
        rows = [i for i, query in enumerate(dataset.queries) if fold[query.id] != number]
        matrix = train(
            examples.take(rows),
            recipe,
            start=start.matrix if start else None,
            progress=partial(progress, f"train {number + 1}/{folds}"),
        )
        trained = index.adapted(make(matrix))
        for query, its in fold.items():
            if its == number:
                indexes[query][AFTER] = trained
    comparisons = {
        name: _compare(dataset, indexes, name, replace(index.configuration, **changes), progress)
        for name, changes in SYSTEMS.items()
    }
    return Trial(len(fold), folds, comparisons)


def _compare(
    dataset: Dataset,
    indexes: Mapping[str, Mapping[str, HybridIndex]],
    name: str,
    configuration: Configuration,
    progress: Progress,
) -> Comparison:
    """Compare BEFORE and AFTER, each query asked of its own index, searched as system ``name``."""
    rankings: dict[str, dict[str, list[str]]] = {BEFORE: {}, AFTER: {}}
    for done, query in enumerate(dataset.queries, 1):
        for when, found in rankings.items():
            index = indexes[query.id][when].configured(configuration)
            found[query.id] = [one.record for one in rank_records(dataset, index, query)]
        progress(f"search {name}", done, len(dataset.queries))
    scores = {
        when: score_rankings(dataset.qrels, found, measures=RUN_MEASURES)
        for when, found in rankings.items()
    }
    table: Values = np.array(
        [
            [[scores[when][q.id][measure] for measure in RUN_NAMES] for q in dataset.queries]
            for when in (BEFORE, AFTER)
        ]
    )
    return compare(table, [BEFORE, AFTER], baseline=BEFORE)


def tune(
    dataset: Dataset,
    index: HybridIndex,
    encoder: Encoder,
    recipe: Recipe,
    *,
    start: QueryAdapter | None,
    folds: int,
    progress: Progress,
) -> tuple[Trial, QueryAdapter | None]:
    """Cross-validate, and where that shows a gain train on all questions.

    ``index`` holds the documents of ``dataset`` and was made with ``encoder``; ``start`` is what
    training starts from and is compared with. DatasetError where the questions are too few.
    """
    questions = encoder.encode_query([query.text for query in dataset.queries])
    examples = build_examples(dataset, index, questions)
    origin = f"{dataset.name}: {len(dataset.queries)} questions; {recipe}"

    def make(matrix: Vectors) -> QueryAdapter:
        return QueryAdapter(matrix, identify(encoder), origin)

    trial = cross_validate(
        dataset, index, examples, start, make, recipe, folds=folds, progress=progress
    )
    if not trial.gains:
        return trial, None
    matrix = train(
        examples,
        recipe,
        start=start.matrix if start else None,
        progress=partial(progress, "train"),
    )
    return trial, make(matrix)


def write_trial(trial: Trial) -> dict[str, Any]:
    """Return what was measured as JSON objects."""
    return {
        "questions": trial.questions,
        "folds": trial.folds,
        "gains": trial.gains,
        "systems": {
            name: {
                measure: {
                    **{when: found.systems[when][measure].value for when in (BEFORE, AFTER)},
                    "difference": asdict(found.differences[AFTER][measure]),
                }
                for measure in MEASURES
            }
            for name, found in trial.comparisons.items()
        },
    }


def format_trial(trial: Trial) -> str:
    """Return what was measured as a table for a terminal."""
    lines = [
        f"问题 {trial.questions}，{trial.folds} 折交叉检验，各折的条款不重复"
        f"（{trial.questions} questions, {trial.folds} folds that share no clause）",
        f"{'':20}{BEFORE:>8}{AFTER:>8}{'+/-':>9}{'95 %':>19}{'p':>9}",
    ]
    for name, found in trial.comparisons.items():
        for measure in MEASURES:
            before, after = (found.systems[when][measure].value for when in (BEFORE, AFTER))
            apart = found.differences[AFTER][measure]
            interval = f"{apart.low:+.3f} … {apart.high:+.3f}"
            lines.append(
                f"{name + ' ' + measure:20}{before:8.3f}{after:8.3f}{apart.value:+9.3f}"
                f"{interval:>19}{apart.p:9.4f}"
            )
    return "\n".join(lines)

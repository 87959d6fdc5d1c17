"""The whole measurement: subsets, and of each its build, its questions, its starts and its memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from documents.library import find_files
from evaluation.errors import DatasetError
from evaluation.speed.asking import (
    Questions,
    divide_questions,
    time_askers,
    time_questions,
    weigh_asking,
)
from evaluation.speed.building import build_subset, count_clauses, read_passages
from evaluation.speed.changing import change_one
from evaluation.speed.engines import compare_engines
from evaluation.speed.machine import describe_machine
from evaluation.speed.processes import Call, as_shipped, call_apart
from evaluation.speed.starting import Commands, commands_of, time_starts
from evaluation.speed.subsets import choose_subsets
from evaluation.speed.types import Build, Plan, Size, Speed

# What the report says of the plan; its folders are nobody's concern.
_TOLD = ("timed", "warm_up", "each", "starts", "sample", "seed")


def measure(
    plan: Plan,
    *,
    call: Call = call_apart,
    start: Callable[[Path, str | None], Commands] = commands_of,
) -> Speed:
    """Measure what ``plan`` says, each part by ``call``, which is to be a process of its own.

    DatasetError where folder or questions cannot be used, before anything is built.
    """
    names = find_names(plan.folder)
    questions = divide_questions(plan)
    plan.work.mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory(prefix="home-", dir=plan.work) as home,
        TemporaryDirectory(prefix="change-", dir=plan.work) as aside,
        as_shipped(Path(home)),
    ):
        subsets = choose_subsets(call(count_clauses, plan, names), plan.sizes)
        if not subsets:
            raise _without_clauses(plan.folder)
        built = [call(build_subset, plan, subset) for subset in subsets]
        sizes = tuple(
            _measure_size(plan, subset.label, store, build, questions, call, start)
            for subset, (store, build) in zip(subsets, built, strict=True)
        )
        largest, [store, _] = subsets[-1], built[-1]
        change = call(change_one, store, plan, largest, Path(aside))
        engines = (
            call(compare_engines, plan, questions.fresh, read_passages(store))
            if plan.engines
            else ()
        )
    told = {name: value for name, value in asdict(plan).items() if name in _TOLD}
    return Speed(
        folder=plan.folder.resolve().name,
        files=len(names),
        day=datetime.now(UTC).date().isoformat(),
        plan={"questions": plan.questions.name, **told},
        machine=describe_machine(),
        encoder=Path(sizes[-1].build.encoder).name,
        sizes=sizes,
        change=change,
        engines=engines,
    )


def find_names(folder: Path) -> Sequence[str]:
    """Return the names of the documents in ``folder``, within it; DatasetError where it has none."""
    if not folder.is_dir():
        raise DatasetError(
            str(folder),
            "没有这个文件夹；请给出放有文档的文件夹",
            "no such folder; name one of documents",
        )
    names = [path.relative_to(folder).as_posix() for path in find_files([folder])]
    if not names:
        raise _without_clauses(folder)
    return names


def _measure_size(
    plan: Plan,
    label: str,
    store: Path,
    build: Build,
    questions: Questions,
    call: Call,
    start: Callable[[Path, str | None], Commands],
) -> Size:
    return Size(
        label=label,
        build=build,
        latency=call(time_questions, store, plan, questions),
        levels=call(time_askers, store, plan, questions),
        starts=time_starts(start(store, plan.model), plan, questions.fresh),
        memory=call(weigh_asking, store, plan, questions),
    )


def _without_clauses(folder: Path) -> DatasetError:
    return DatasetError(
        str(folder), "其中没有可以建立索引的文档", "holds no document that can be indexed"
    )

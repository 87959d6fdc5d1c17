"""``python -m evaluation run|tune|calibrate|answers|citations|refusals|clauses|speed``.

Exit 0 ok, 1 below a floor, without a gain, or failed, 2 bad input.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from documents.errors import DocumentError
from documents.terminal import visible_output
from evaluation.answers import METRICS, Report, evaluate
from evaluation.citations import Checked, check_answers
from evaluation.clauses import (
    Measure,
    format_measures,
    measure_formats,
    measure_laws,
    measure_noisy,
    measure_scan,
)
from evaluation.curves import plot_curve
from evaluation.datasets import Question, read_questions
from evaluation.errors import DatasetError, EvaluationError, UnknownSystemError
from evaluation.halves import HALVES
from evaluation.holdings import Holdings
from evaluation.metrics import RUN_NAMES
from evaluation.parsing import format_timings, time_parsing
from evaluation.questions import find_unit, read_own
from evaluation.refusals import count_refusals, format_refusals, read_queries
from evaluation.scans import Damage
from evaluation.speed.command import add_speed
from evaluation.systems import BASELINE, DEFAULT_SYSTEMS, System, read_systems
from evaluation.tables import format_checked, format_report
from index.encoder import ENGINES, choose_engine
from index.errors import PolicyIndexError

if TYPE_CHECKING:
    from evaluation.comparison import Measured
    from evaluation.tuning import Trial
    from index.adapter import QueryAdapter
    from qa.assistant import PolicyAssistant
    from qa.types import Request

OK, BELOW, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
# How many ids of questions a message names.
_TOLD = 10


@visible_output()
def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    choose_engine(getattr(options, "engine", None))
    command: int = options.run(options)
    return command


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m evaluation", description="评测检索与问答（measure search and answers）"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(commands.add_parser("run", help="比较检索方案（compare systems of search）"))
    _add_tune(commands.add_parser("tune", help="用已有答案的问题训练（train a query adapter）"))
    _add_calibrate(
        commands.add_parser(
            "calibrate", help="拟合相关性模型的常数（fit the constants of qa/relevance.py）"
        )
    )
    answers = commands.add_parser("answers", help="逐题提问并评分（ask each question, and score）")
    refusals = commands.add_parser(
        "refusals",
        help="其他领域的问题，应全部拒答（questions of another field, all to be refused）",
    )
    for command in (answers, refusals):
        command.add_argument("file", type=Path, metavar="FILE", help="问题文件，JSON Lines")
        command.add_argument("--index", type=Path, metavar="DIR", help="索引目录（默认：本机索引）")
        command.add_argument("--model", metavar="NAME", help="编码模型的名称或目录")
        command.add_argument("--engine", choices=ENGINES, help="默认模型由什么运行，默认 onnx")
        command.add_argument("--json", action="store_true", help="输出 JSON")
    refusals.add_argument("--half", choices=HALVES, default="report", help="按编号哈希分成两半")
    refusals.add_argument("--limit", type=int, default=500, metavar="N", help="最多问多少题")
    refusals.set_defaults(run=_refusals)
    answers.add_argument("--split", metavar="NAME", help="只用这一部分问题，如 dev 或 test")
    answers.add_argument(
        "--floor",
        type=_floor,
        action="append",
        default=[],
        metavar="METRIC=VALUE",
        help=f"低于此值则退出码为 1，可重复。METRIC：{', '.join(METRICS)}",
    )
    answers.add_argument(
        "--without-history",
        action="store_true",
        help="追问不带上文（ask follow-ups as they stand）",
    )
    answers.add_argument("--curve", type=Path, metavar="SVG", help="画出风险与覆盖的曲线")
    answers.set_defaults(run=_answers)
    _add_citations(
        commands.add_parser(
            "citations", help="逐条核对答案的引用（check every citation of every answer）"
        )
    )
    clauses = commands.add_parser("clauses", help="条款拆分是否准确（are documents split right）")
    clauses.add_argument("set", choices=("laws", "noisy", "formats", "scan", "speed"))
    clauses.add_argument("folder", type=Path, metavar="FOLDER")
    clauses.add_argument("--counts", type=Path, metavar="TSV", help="laws：每个文件的条数")
    clauses.add_argument("--dpi", type=int, default=100, metavar="N", help="scan：分辨率")
    clauses.add_argument("--skew", type=float, default=1.2, metavar="N", help="scan：倾斜度数")
    clauses.add_argument("--noise", type=float, default=8.0, metavar="N", help="scan：噪声标准差")
    clauses.add_argument("--quality", type=int, default=45, metavar="N", help="scan：JPEG 质量")
    clauses.add_argument("--points", type=float, default=16.0, metavar="N", help="scan：字号（磅）")
    clauses.add_argument("--differences", type=int, default=10, metavar="N", help="列出多少处差异")
    clauses.add_argument("--json", action="store_true", help="输出 JSON")
    clauses.add_argument(
        "--floor", type=float, default=0.0, metavar="SHARE", help="低于此值退出码 1"
    )
    clauses.set_defaults(run=_clauses)
    add_speed(
        commands.add_parser("speed", help="速度与规模（what building and asking cost by size）")
    )
    return parser


def _add_run(run: argparse.ArgumentParser) -> None:
    run.add_argument(
        "dataset", type=Path, metavar="DATASET", help="BEIR 文件夹，或自有问题文件 .jsonl"
    )
    run.add_argument(
        "--corpus",
        type=Path,
        metavar="PATH",
        help="另一处的 corpus.jsonl[.gz]；自有问题：文档所在的文件夹（默认：附带的样例）",
    )
    run.add_argument("--split", metavar="NAME", help="BEIR：qrels 的文件名，默认 test")
    run.add_argument("--half", choices=HALVES, help="只用按编号哈希分出的一半问题")
    run.add_argument(
        "--systems",
        default=",".join(DEFAULT_SYSTEMS),
        metavar="A,B,…",
        help="默认 %(default)s；改设置：hybrid:weight=0.5,fusion=rrf",
    )
    run.add_argument(
        "--baseline", metavar="NAME", help=f"与哪个系统比较，默认 {BASELINE}，或第一个"
    )
    run.add_argument("--json", action="store_true", help="输出 JSON")
    run.add_argument("--runs", type=Path, metavar="DIR", help="写出 TREC 格式的排序结果")
    run.add_argument("--report", type=Path, metavar="DIR", help="写出报告、图和逐题结果")
    run.add_argument("--model", metavar="NAME", help="编码模型的名称或目录")
    run.add_argument("--engine", choices=ENGINES, help="默认模型由什么运行，默认 onnx")
    run.add_argument("--cache", type=Path, metavar="DIR", help="向量缓存的文件夹")
    run.add_argument(
        "--floor",
        type=_system_floor,
        action="append",
        default=[],
        metavar="SYSTEM:METRIC=VALUE",
        help=f"低于此值则退出码为 1，可重复。METRIC：{', '.join(RUN_NAMES)}",
    )
    run.set_defaults(run=_run)


def _add_citations(citations: argparse.ArgumentParser) -> None:
    citations.add_argument(
        "sets", type=Path, nargs="+", metavar="SET", help="自有问题文件 .jsonl，或 BEIR 文件夹"
    )
    citations.add_argument(
        "--corpus", type=Path, metavar="FILE", help="BEIR：另一处的 corpus.jsonl[.gz]"
    )
    citations.add_argument(
        "--index", type=Path, metavar="DIR", help="自有问题：索引目录（默认：本机索引）"
    )
    citations.add_argument("--split", metavar="NAME", help="自有问题：只用这一部分")
    citations.add_argument("--limit", type=int, metavar="N", help="每个集合最多问多少题")
    citations.add_argument("--list", type=int, default=20, metavar="N", help="列出多少处违规")
    citations.add_argument("--model", metavar="NAME", help="编码模型的名称或目录")
    citations.add_argument("--engine", choices=ENGINES, help="默认模型由什么运行，默认 onnx")
    citations.add_argument("--cache", type=Path, metavar="DIR", help="BEIR：向量缓存的文件夹")
    citations.add_argument("--json", action="store_true", help="输出 JSON")
    citations.set_defaults(run=_citations)


def _add_tune(tune: argparse.ArgumentParser) -> None:
    source = tune.add_mutually_exclusive_group(required=True)
    source.add_argument("--questions", type=Path, metavar="FILE", help="自有问题文件 .jsonl")
    source.add_argument("--dataset", type=Path, metavar="FOLDER", help="BEIR 文件夹")
    tune.add_argument(
        "--index", type=Path, metavar="DIR", help="--questions：索引目录（默认：本机索引）"
    )
    tune.add_argument(
        "--corpus", type=Path, metavar="PATH", help="--dataset：另一处的 corpus.jsonl[.gz]"
    )
    tune.add_argument("--window", type=int, metavar="N", help="--dataset：片段的字数")
    tune.add_argument("--split", metavar="NAME", help="只用这一部分问题；--dataset 默认 train")
    tune.add_argument("--out", type=Path, metavar="FILE", help="写到哪里（默认：本机，随即启用）")
    tune.add_argument("--dry-run", action="store_true", help="只检验，不写出（measure only）")
    tune.add_argument("--fresh", action="store_true", help="不从附带的适配器开始")
    tune.add_argument("--folds", type=_folds, default=5, metavar="N", help="几折交叉检验，默认 5")
    tune.add_argument("--steps", type=int, metavar="N", help="训练步数")
    tune.add_argument("--penalty", type=float, metavar="N", help="离起点越远罚得越重的系数")
    tune.add_argument("--seed", type=int, metavar="N", help="随机数种子")
    tune.add_argument("--json", action="store_true", help="输出 JSON")
    tune.add_argument("--model", metavar="NAME", help="编码模型的名称或目录")
    tune.add_argument("--engine", choices=ENGINES, help="默认模型由什么运行，默认 onnx")
    tune.add_argument("--cache", type=Path, metavar="DIR", help="向量缓存的文件夹")
    tune.set_defaults(run=_tune)


def _add_calibrate(calibrate: argparse.ArgumentParser) -> None:
    calibrate.add_argument("file", type=Path, metavar="FILE", help="自有问题文件，JSON Lines")
    calibrate.add_argument("--split", default="dev", metavar="NAME", help="默认 %(default)s")
    calibrate.add_argument("--index", type=Path, metavar="DIR", help="索引目录（默认：本机索引）")
    calibrate.add_argument(
        "--others",
        type=Path,
        nargs="+",
        action="extend",
        default=[],
        metavar="QUERIES",
        help="其他领域的问题，BEIR queries.jsonl，可多个（questions of other fields）",
    )
    calibrate.add_argument(
        "--half", choices=HALVES, default="choose", help="--others：按编号哈希分成两半"
    )
    calibrate.add_argument(
        "--limit", type=int, default=500, metavar="N", help="--others：每个最多问多少题"
    )
    calibrate.add_argument(
        "--folds", type=_folds, default=5, metavar="N", help="几折交叉检验，默认 5"
    )
    calibrate.add_argument("--json", action="store_true", help="输出 JSON")
    calibrate.add_argument("--model", metavar="NAME", help="编码模型的名称或目录")
    calibrate.add_argument("--engine", choices=ENGINES, help="默认模型由什么运行，默认 onnx")
    calibrate.set_defaults(run=_calibrate)


def _folds(text: str) -> int:
    if int(text) < 2:
        raise argparse.ArgumentTypeError("至少为 2（must be at least 2）")
    return int(text)


def _tune(options: argparse.Namespace) -> int:
    # Imported here, because the libraries behind them take seconds and bad input needs none.
    from evaluation.tuning import format_trial, write_trial
    from index.adapter import own_adapter, save_adapter

    try:
        trial, adapter = _measure_tuning(options)
        print(json.dumps(write_trial(trial)) if options.json else format_trial(trial))
        if adapter is None:
            print(
                "没有写出：在未见过的问题上没有显著提升。请补充更多、更贴近实际的问题。\n"
                "Nothing was written: on questions left out there is no significant gain. Add more "
                "questions, as people really ask them.",
                file=sys.stderr,
            )
            return BELOW
        if not options.dry_run:
            out = options.out or own_adapter()
            save_adapter(adapter, out)
            print(f"{out}：已写出 / written, {adapter.label}", file=sys.stderr)
        return OK
    except (EvaluationError, DocumentError, PolicyIndexError, OSError) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("已中断，没有写出任何文件。\nInterrupted; nothing was written.", file=sys.stderr)
        return INTERRUPTED


def _measure_tuning(options: argparse.Namespace) -> tuple[Trial, QueryAdapter | None]:
    from evaluation.beir import read_beir
    from evaluation.encodings import EncoderCache, default_cache
    from evaluation.questions import read_over
    from evaluation.tuning import Recipe, tune
    from index.adapter import identify, shipped_adapter
    from index.configuration import Configuration
    from index.encoder import load_encoder
    from index.hybrid import HybridIndex
    from index.progress import Progress
    from index.snapshot import read_manifest
    from index.stores import default_store

    given = {name: getattr(options, name) for name in ("steps", "penalty", "seed")}
    recipe = Recipe(**{name: value for name, value in given.items() if value is not None})
    progress = Progress()
    # Bad input is told before the model loads.
    if options.dataset:
        dataset = read_beir(options.dataset, corpus=options.corpus, split=options.split or "train")
    else:
        store = options.index or default_store()
        read_manifest(store)
    encoder = EncoderCache(load_encoder(options.model), options.cache or default_cache())
    if options.dataset:
        window = {"window": options.window} if options.window else {}
        index = HybridIndex.build(
            dataset.documents, encoder, configuration=Configuration(**window), progress=progress
        )
    else:
        index = HybridIndex.load(store, encoder)
        # Documents come and go: what was judged of those that went must not hold up the rest.
        dataset = read_over(options.questions, index.documents, split=options.split, skip=True)
        _tell_skipped(options.questions, dataset.skipped)
    start = None if options.fresh else shipped_adapter(identify(encoder))
    return tune(
        dataset, index, encoder, recipe, start=start, folds=options.folds, progress=progress
    )


def _tell_skipped(file: Path, ids: Sequence[str]) -> None:
    if ids:
        few = ", ".join([*ids[:_TOLD], *(["…"] if len(ids) > _TOLD else [])])
        print(
            f"{file}：跳过 {len(ids)} 题（{few}）：gold 条款不在现在的索引中，或被该题的筛选条件排除。\n"
            f"{file}: skipped {len(ids)} questions ({few}): the present index does not hold their gold "
            "clauses, or their own filters leave them out.",
            file=sys.stderr,
        )


def _calibrate(options: argparse.Namespace) -> int:
    # Imported here, because the libraries behind it take seconds.
    from evaluation.calibration import (
        calibrate,
        format_calibration,
        gather_cases,
        gather_others,
        write_calibration,
    )
    from index.progress import Progress

    progress = Progress()
    try:
        # Bad input is told before the model loads.
        questions = read_questions(options.file, split=options.split)
        others = {
            str(path): read_queries(path, half=options.half, limit=options.limit)
            for path in options.others
        }
        assistant = _open(options.index, options.model)
        cases = gather_cases(assistant, questions, progress=progress)
        for name, queries in others.items():
            cases += gather_others(assistant, queries, source=name, progress=progress)
        found = calibrate(cases, folds=options.folds)
    except (EvaluationError, DocumentError, PolicyIndexError, OSError) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    if options.json:
        head = {"file": options.file.name, "split": options.split}
        print(json.dumps({**head, **write_calibration(found)}, ensure_ascii=False, indent=2))
    else:
        print(format_calibration(found))
    return OK


def _clauses(options: argparse.Namespace) -> int:
    try:
        if options.set == "speed":
            timings = time_parsing(options.folder)
            print(
                json.dumps([asdict(t) for t in timings])
                if options.json
                else format_timings(timings)
            )
            return OK
        measures = _measure(options)
    except (DocumentError, OSError, KeyError) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    if options.json:
        print(json.dumps([asdict(m) | {"share": m.share} for m in measures], ensure_ascii=False))
    else:
        print(format_measures(measures, differences=options.differences))
    return OK if all(m.share >= options.floor for m in measures) else BELOW


def _measure(options: argparse.Namespace) -> list[Measure]:
    if options.set == "laws":
        counts = options.counts or options.folder / "laws_clause_counts.tsv"
        return [measure_laws(options.folder, counts)]
    if options.set == "scan":
        damage = Damage(options.dpi, options.skew, options.noise, options.quality)
        return list(measure_scan(options.folder, damage=damage, points=options.points))
    return (measure_noisy if options.set == "noisy" else measure_formats)(options.folder)


def _floor(text: str) -> tuple[str, float]:
    """Read METRIC=VALUE; argparse turns ValueError and this message into exit code 2."""
    name, _, value = text.partition("=")
    if name not in METRICS:
        raise argparse.ArgumentTypeError(
            f"没有指标 {name}，可用（unknown metric, use one of）：{', '.join(METRICS)}"
        )
    return name, float(value)


def _system_floor(text: str) -> tuple[str, str, float]:
    """Read SYSTEM:METRIC=VALUE, where SYSTEM may hold both signs itself."""
    head, _, value = text.rpartition("=")
    system, _, name = head.rpartition(":")
    if name not in RUN_NAMES or not system:
        raise argparse.ArgumentTypeError(
            f"应为 SYSTEM:METRIC=VALUE，METRIC 可用（must be one of）：{', '.join(RUN_NAMES)}"
        )
    return system, name, float(value)


def _run(options: argparse.Namespace) -> int:
    try:
        systems = read_systems(options.systems)
        names = [system.name for system in systems]
        baseline = options.baseline or (BASELINE if BASELINE in names else names[0])
        for name in [baseline, *(floor[0] for floor in options.floor)]:
            if name not in names:
                raise UnknownSystemError(
                    name,
                    f"不在 --systems 之中（{'；'.join(names)}）",
                    f"is not among --systems ({'; '.join(names)})",
                )
        measured = _measure_systems(options, systems, baseline)
    except (EvaluationError, DocumentError, PolicyIndexError, OSError) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    from evaluation.report import dump_json, write_markdown

    print(dump_json(measured) if options.json else write_markdown(measured).rstrip())
    below = [f for f in options.floor if measured.overall.systems[f[0]][f[1]].value < f[2]]
    for name, metric, value in below:
        print(f"{name} {metric} 低于下限（below the floor）{value}", file=sys.stderr)
    return BELOW if below else OK


def _measure_systems(
    options: argparse.Namespace, systems: Sequence[System], baseline: str
) -> Measured:
    # Imported here, because the libraries behind them take seconds and bad input needs none.
    from evaluation.beir import read_beir
    from evaluation.comparison import measure
    from evaluation.encodings import default_cache
    from evaluation.report import write_report
    from evaluation.runs import run_systems, write_runs
    from index.encoder import load_encoder
    from index.progress import Progress

    where = {"corpus": options.corpus, "half": options.half}
    if options.dataset.is_dir():
        dataset = read_beir(options.dataset, split=options.split or "test", **where)
    else:
        dataset = read_own(options.dataset, split=options.split, **where)
    runs = run_systems(
        dataset,
        systems,
        lambda: load_encoder(options.model),
        cache=options.cache or default_cache(),
        progress=Progress(),
    )
    measured = measure(dataset, runs, baseline=baseline)
    if options.runs:
        write_runs(options.runs, dataset, runs)
    if options.report:
        write_report(options.report, measured)
    return measured


def _answers(options: argparse.Namespace) -> int:
    try:
        questions = read_questions(options.file, split=options.split)
        report = _ask(questions, options.index, options.model, history=not options.without_history)
    except (DatasetError, DocumentError, PolicyIndexError) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    if options.json:
        head = {"file": options.file.name, "split": options.split}
        print(json.dumps({**head, **asdict(report)}, ensure_ascii=False, indent=2))
    else:
        print(format_report(report))
    if options.curve:
        name = f"{options.file.stem} {options.split or ''}".strip()
        try:
            options.curve.write_text(
                plot_curve(name, report.curve, report.operating), encoding="utf-8"
            )
        except OSError as error:
            print(f"{options.curve}：图无法写出（cannot be written）：{error}", file=sys.stderr)
            return BAD_INPUT
    below = [floor for floor in options.floor if not _reaches(report, *floor)]
    for name, value in below:
        print(f"{name} 低于下限（below the floor）{value}", file=sys.stderr)
    return BELOW if below or report.failed else OK


def _citations(options: argparse.Namespace) -> int:
    # Imported here, because the libraries behind them take seconds.
    from evaluation.asking import group_sets, read_requests

    try:
        groups = group_sets(options.sets, corpus=options.corpus)
        # Bad input is told before anything is built.
        requests = {
            path: read_requests(path, split=options.split, limit=options.limit)
            for path in options.sets
        }
        checked = [
            found
            for corpus, paths in groups.items()
            for found in _check(options, corpus, {path: requests[path] for path in paths})
        ]
    except (EvaluationError, DocumentError, PolicyIndexError, OSError) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    if options.json:
        print(json.dumps([asdict(one) for one in checked], ensure_ascii=False, indent=2))
    else:
        print("\n\n".join(format_checked(one, most=options.list) for one in checked))
    return BELOW if any(one.violations for one in checked) else OK


def _check(
    options: argparse.Namespace, corpus: Path | None, sets: Mapping[Path, Sequence[Request]]
) -> list[Checked]:
    """Return what came of asking each set of the library that is made of ``corpus``, or our own."""
    from index.progress import Progress

    progress = Progress()
    assistant = _open_corpus(options, corpus) if corpus else _open(options.index, options.model)
    library = Holdings(assistant.index.documents)
    return [
        check_answers(
            assistant,
            library,
            requests,
            name=path.resolve().name,
            progress=partial(progress, f"ask {path.name}"),
        )
        for path, requests in sets.items()
    ]


def _open_corpus(options: argparse.Namespace, corpus: Path) -> PolicyAssistant:
    from evaluation.asking import index_corpus
    from evaluation.encodings import default_cache
    from index.encoder import load_encoder
    from index.progress import Progress
    from qa.assistant import PolicyAssistant

    cache = options.cache or default_cache()
    encoder = load_encoder(options.model)
    return PolicyAssistant(index_corpus(corpus, encoder, cache=cache, progress=Progress()))


def _refusals(options: argparse.Namespace) -> int:
    try:
        queries = read_queries(options.file, half=options.half, limit=options.limit)
        assistant = _open(options.index, options.model)
    except (DatasetError, DocumentError, PolicyIndexError) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    refusals = count_refusals(
        assistant, queries, progress=lambda done, total: _show_progress("ask", done, total)
    )
    if options.json:
        print(json.dumps(asdict(refusals), ensure_ascii=False, indent=2))
    else:
        print(format_refusals(refusals))
    return OK


def _open(directory: Path | None, model: str | None) -> PolicyAssistant:
    # Imported here, because loading the model's libraries takes seconds and bad input needs none.
    from index.stores import open_index
    from qa.assistant import PolicyAssistant

    return PolicyAssistant(open_index(directory, model=model, progress=_show_progress))


def _ask(
    questions: Sequence[Question], directory: Path | None, model: str | None, *, history: bool
) -> Report:
    assistant = _open(directory, model)
    documents = assistant.index.documents
    return evaluate(
        assistant,
        questions,
        find_unit=lambda document, clause: find_unit(documents, document, clause),
        history=history,
        progress=lambda done, total: _show_progress("ask", done, total),
    )


def _reaches(report: Report, name: str, floor: float) -> bool:
    value = report.metrics[name]
    return value is not None and value >= floor


def _show_progress(stage: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        print(f"\r{stage} {done}/{total}", end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

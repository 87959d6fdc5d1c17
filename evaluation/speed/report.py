"""What was measured, as Markdown, JSON and a plot."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median

from evaluation.markdown import write_table
from evaluation.speed.bars import judge
from evaluation.speed.figures import Fit
from evaluation.speed.outlook import write_prediction
from evaluation.speed.plot import plot_costs
from evaluation.speed.prediction import MILLION, predict, without_encoding
from evaluation.speed.types import Build, Change, Percentiles, Size, Speed

_P = ("p50", "p95", "p99")
# What a build's stages are, in the order of a build.
_STAGES = {
    "read": "读取、解析 read and parse",
    "units": "拆分条款 units, chunks, keys",
    "encode": "编码 encode",
    "count_tokens": "数词元 count tokens",
    "lexical": "分词、词语索引 tokenise, lexical index",
    "dense": "向量索引、目录 dense index, look-up",
    "measure": "校准 background, but for its encoding",
    "encode_questions": "校准的编码 encode the background's questions",
    "save": "写出 save",
}


def write_markdown(speed: Speed) -> str:
    """Return the report: what must hold, then each measurement by size, at last the prediction."""
    return "\n\n".join(
        [
            f"# {speed.folder}：速度与规模 Speed by size",
            _machine(speed),
            "## 规模 Sizes",
            _sizes(speed),
            "## 必须达到 Must hold, at the largest size",
            _bars(speed),
            "## 建立索引 Build",
            *_builds(speed),
            "## 提问 Questions",
            *_questions(speed),
            "## 并发 Askers at once",
            *_askers(speed),
            "## 启动 Start",
            *_starts(speed),
            "## 内存 Memory",
            *_memory(speed),
            "## 磁盘 Disk",
            _disk(speed.sizes),
            "## 改一份文档 One document changed",
            _change(speed.change),
            *_engines(speed),
            *write_prediction(speed),
        ]
    )


def write_report(folder: Path, speed: Speed) -> None:
    """Write ``SPEED.md``, ``speed.json`` and ``speed.svg`` into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "SPEED.md": f"{write_markdown(speed)}\n\n![Cost against size](speed.svg)\n",
        "speed.json": dump_json(speed) + "\n",
        "speed.svg": plot_costs(speed),
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def dump_json(speed: Speed) -> str:
    """Return all figures as JSON text: what was measured, the bars and the lines."""
    bars = [asdict(bar) | {"holds": bar.holds} for bar in judge(speed)]
    lines = [
        asdict(one) | {"million": one.overall.at(MILLION)} | _alike(one.alike)
        for one in predict(speed)
    ]
    found = asdict(speed) | {"bars": bars, "predictions": lines}
    return json.dumps(found, ensure_ascii=False, indent=2)


def _alike(fit: Fit | None) -> dict[str, float | None]:
    return {"million_alike": fit.at(MILLION) if fit else None}


def _machine(speed: Speed) -> str:
    machine, plan = speed.machine, speed.plan
    libraries = ", ".join(f"{name} {version}" for name, version in machine.libraries.items())
    return (
        f"{speed.day}. {machine.processor}, {machine.cores} cores, {machine.memory / 1e9:.1f} GB; "
        f"threads {machine.threads}; Python {machine.python}; {libraries}. Encoder {speed.encoder} "
        f"({speed.sizes[-1].build.weights}). "
        f"Questions of {plan['questions']}, shuffled with seed {plan['seed']}: {plan['warm_up']} to "
        f"warm up, {plan['timed']} answered, {plan['timed']} others searched, none of them twice in "
        "one process. Each measurement is made in a process of its own. 1 MB is 1,000,000 bytes."
    )


def _sizes(speed: Speed) -> str:
    head = ["", "documents", "clauses", "chunks", "source MB", "late interaction"]
    rows = (
        [
            size.label,
            f"{size.build.documents:,}",
            f"{size.build.clauses:,}",
            f"{size.build.chunks:,}",
            f"{size.build.source / 1e6:.2f}",
            "on" if size.build.tokens else "off",
        ]
        for size in speed.sizes
    )
    note = (
        f"{speed.files:,} files in the folder. Clauses are those that are searched. A subset takes "
        "whole files in the order of the SHA-256 of their names, as near to the size as they come, so "
        "each holds all smaller ones. Small libraries have late interaction, which makes an answer "
        "dearer: lines of the table are alike only where it is on, or off, in both."
    )
    return f"{write_table(head, rows)}\n\n{note}"


def _bars(speed: Speed) -> str:
    rows = (
        [
            bar.name,
            f"<= {bar.limit:g} {bar.unit}",
            "-" if bar.measured is None else f"{bar.measured:.2f} {bar.unit}",
            "是 yes" if bar.holds else "否 no",
        ]
        for bar in judge(speed)
    )
    return write_table(["", "bar", "measured", "holds"], rows)


def _builds(speed: Speed) -> Iterable[str]:
    for size in speed.sizes:
        build = size.build
        seconds = {**build.seconds, "encode": build.encoding.total}
        rows = [
            _build_row(_STAGES.get(stage, stage), seconds[stage], build)
            for stage in dict.fromkeys([*_STAGES, *seconds])
            if stage in seconds
        ]
        rows.append(_build_row("合计，不含编码 all but encode", without_encoding(size), build))
        rows.append(_build_row("合计 all", sum(seconds.values()), build))
        yield f"### {size.label}"
        yield write_table(["", "s", "MB/s of source", "clauses/s"], rows)
        yield _encoding(build)


def _build_row(name: str, seconds: float, build: Build) -> list[str]:
    rates = (
        [f"{build.source / 1e6 / seconds:.2f}", f"{build.clauses / seconds:,.0f}"]
        if seconds
        else ["-", "-"]
    )
    return [name, f"{seconds:.2f}", *rates]


def _encoding(build: Build) -> str:
    found = build.encoding
    rate = f"{found.encoded / found.seconds:.1f} texts/s" if found.seconds else "-"
    how = (
        f"encode is told from a sample: {found.encoded} of {found.texts:,} texts, drawn evenly over "
        f"their lengths, were encoded in {found.seconds:.1f} s ({rate}), and that times the texts is "
        "the figure; the vectors of the build were there already."
        if found.sampled
        else f"All {found.texts:,} texts were encoded in {found.seconds:.1f} s ({rate})."
    )
    failed = f" {build.failures} documents could not be read." if build.failures else ""
    return f"{how} The building process held {build.peak / 1e6:,.0f} MB at most.{failed}"


def _questions(speed: Speed) -> Iterable[str]:
    rows = []
    for size in speed.sizes:
        latency = size.latency
        figures = {
            "ask": latency.answer,
            **{f"– {stage}": times for stage, times in latency.stages.items()},
            "search, already encoded": latency.search,
            "one pass of the encoder": latency.encoding,
        }
        rows += [
            [size.label, name, str(latency.questions), *_times(times)]
            for name, times in figures.items()
        ]
    yield write_table(["", "ms", "questions", *_P], rows)
    multiples = (
        [
            size.label,
            f"{size.latency.median_of_ratios:.2f}",
            f"{size.latency.ratio_of_medians:.2f}",
            str(size.latency.declined),
        ]
        for size in speed.sizes
    )
    yield write_table(
        ["ask / one pass", "median of the ratios", "ratio of the medians", "declined"], multiples
    )
    yield (
        "`PolicyAssistant.ask` as it is by default, one question after another. Each question is asked "
        "once and was never asked before; the warm-up has loaded libraries, dictionaries and what is "
        "counted at the first question. The encoder encodes each question anew; its one pass reads "
        "the question as it was asked, right after the answer. The stages are those that the answer "
        "reports. `search` is `HybridIndex.search` over the other questions, less what the encoder took."
    )


def _askers(speed: Speed) -> Iterable[str]:
    rows = (
        [
            size.label,
            str(level.askers),
            str(level.questions),
            f"{level.per_second:.1f}",
            *_times(level.answer),
        ]
        for size in speed.sizes
        for level in size.levels
    )
    yield write_table(["", "askers", "questions", "questions/s", *(f"ms {p}" for p in _P)], rows)
    yield (
        "Threads that call `ask` of one assistant in one process, without HTTP between; each asks "
        "the next question when it has its answer. Questions come round again where they run out."
    )


def _starts(speed: Speed) -> Iterable[str]:
    rows = (
        [
            size.label,
            str(len(size.starts.ask)),
            *(
                f"{median(times):.2f} ({min(times):.2f}–{max(times):.2f})"
                for times in (size.starts.ask, size.starts.page, size.starts.page_ask)
            ),
        ]
        for size in speed.sizes
    )
    yield write_table(["s", "starts", "`qa ask`", "page served", "page's first answer"], rows)
    yield (
        "Median (least–most), from the start of the process: until `python -m qa ask` has answered and "
        "ended; with `python app.py`, until GET / is answered and until POST /api/v1/ask is. Files are "
        "in the system's cache."
    )


def _memory(speed: Speed) -> Iterable[str]:
    rows = (
        [
            size.label,
            *(
                f"{value / 1e6:,.0f}"
                for weight in (size.memory.opened, size.memory.asked)
                for value in (weight.resident, weight.own, weight.peak)
            ),
            str(size.memory.questions),
        ]
        for size in speed.sizes
    )
    head = [
        "MB",
        "open: VmRSS",
        "RssAnon",
        "VmHWM",
        "asked: VmRSS",
        "RssAnon",
        "VmHWM",
        "questions",
    ]
    yield write_table(head, rows)
    yield (
        "A fresh process with the index open, and after the questions. RssAnon leaves out pages of "
        "files, which the system takes back when it needs them."
    )


def _disk(sizes: Sequence[Size]) -> str:
    parts = dict.fromkeys(part for size in sizes for part in size.build.disk)
    rows = [
        [part, *(f"{size.build.disk.get(part, 0) / 1e6:.2f}" for size in sizes)] for part in parts
    ]
    rows.append(["all", *(f"{sum(size.build.disk.values()) / 1e6:.2f}" for size in sizes)])
    return write_table(["MB", *(size.label for size in sizes)], rows)


def _change(change: Change | None) -> str:
    if change is None:
        return "Not measured: no document of plain text."
    found = "found" if change.found else "NOT found"
    return (
        f"{change.total:.2f} s until its new text is searched for, and {found}: {change.build:.2f} s to "
        f"read all documents again, load the model and index them, {change.open:.2f} s to open the "
        f"index; {change.encoded} of {change.chunks:,} chunks were encoded. A sentence was added to a "
        "document of middle size of the largest library."
    )


def _engines(speed: Speed) -> Iterable[str]:
    if not speed.engines:
        return
    names = list(speed.engines[0].milliseconds)
    rows = (
        [
            f"{one.texts}: {engine}",
            str(one.count),
            f"{one.characters:.0f}",
            *_times(times),
            f"{one.ratio:.2f}",
            f"{one.cosine:.5f}",
        ]
        for one in speed.engines
        for engine, times in one.milliseconds.items()
    )
    yield "## 编码引擎 Engines of the encoder"
    yield write_table(
        ["ms a text", "texts", "characters", *_P, f"{names[0]} / {names[1]}", "least cosine"], rows
    )
    yield (
        "One text at a time in one run, the engines by turns, now one first and now the other; the "
        "ratio is the median over the texts."
    )


def _times(times: Percentiles) -> list[str]:
    return [f"{value:.2f}" for value in (times.p50, times.p95, times.p99)]

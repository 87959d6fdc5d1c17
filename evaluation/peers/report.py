"""Trials as a page of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.metrics import percentile, score_rankings
from evaluation.peers.systems import ALONE, System
from evaluation.peers.task import Setting
from evaluation.peers.trial import DEPTH, FUSED, TOP, Trial
from evaluation.significance import bootstrap_means, interval
from evaluation.types import Qrels

_HEAD = (
    "system | Chinese is cut | nDCG@10 (95 %) | search p50 | p95 | with encoding p50 | p95 "
    "| build s | peak MB | held MB"
)
_NOTES = f"""\
How it was done (`evaluation/peers/`; `make bench-peers` runs it again):

- Same machine, same run, one system after another, each in a process of its own with one thread
  (`OMP_NUM_THREADS=1`). Same passages (the product's chunks, each with title and headings), same
  vectors, made before and passed in, same encoder for the questions: what a library would do by
  itself with another model is not compared.
- Each side of a hybrid brings {DEPTH} candidates (txtai: ten times what is asked for, {FUSED * 10}),
  {FUSED} passages are asked for, and the first {TOP} different articles are scored; fusion, weights and
  every other setting are the library's own. rank_bm25 and the product's lexical side see no more
  than the rest: title, headings, text. The product cuts long articles for its dense side only.
- *As shipped* is what the library does to Chinese if nothing is said; *jieba* is jieba's words, lower
  case, without punctuation, given in the way that the library's documentation has for it. As shipped,
  the lexical side of LangChain and LlamaIndex finds next to nothing in Chinese but still returns its
  {DEPTH} candidates, and the fusion by rank believes them.
- Milliseconds are of each question asked once, after {{warming}} others: *with encoding* from question to
  ranking (`ask`: to the answer with its citations), *search* the same less what the encoder took.
- *Build* is from texts and vectors to the first question, without encoding; ours reads its vectors
  from a database and measures what is near by chance; opened, it is the time of opening.
  *Peak* is the most that the process held, the encoder and the texts included, *held* what it holds
  after the last question. The encoder alone is the first line.
- Ours is as it ships. Its query adapter was trained on the 1,235 training questions of stard, none of
  them a test question: help that the libraries do not have there, so the last line is without it.
  Up to 20,000 passages it ranks again by late interaction, with token vectors of the same encoder.
- LlamaIndex' default store keeps vectors in lists; with FAISS it is asked by inner product.
  txtai's dense side is approximate above 5,000 passages, as it ships.
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A system with its trial; None and the reason where it failed."""

    system: System
    trial: Trial | None
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Contest:
    """All that was tried on one data set."""

    setting: Setting
    qrels: Qrels
    warming: int
    entries: Sequence[Entry]


def format_contests(contests: Sequence[Contest], machine: str) -> str:
    """Return the page: a table for each data set, the versions, and how it was done."""
    parts = ["# Beside other libraries", machine]
    for contest in contests:
        parts.append(_format_contest(contest))
    versions = _versions(entry.trial for contest in contests for entry in contest.entries)
    parts.append("Versions: " + ", ".join(f"{name} {of}" for name, of in versions.items()) + ".")
    parts.append(_NOTES.format(warming=max(contest.warming for contest in contests)))
    return "\n\n".join(parts)


def _format_contest(contest: Contest) -> str:
    setting = contest.setting
    columns = _HEAD.count("|") + 1
    rows = [f"| {_HEAD} |", "|" + "---|" * 2 + "---:|" * (columns - 2)]
    rows += [_row(entry, contest.qrels, columns) for entry in contest.entries]
    encoding = [
        percentile(entry.trial.encode, 0.5) or 0.0
        for entry in contest.entries
        if entry.trial is not None and any(entry.trial.encode)
    ]
    told = (
        f"Encoding a question took {min(encoding):.1f} to {max(encoding):.1f} ms at the median of a "
        "system: how alike the conditions were."
        if encoding
        else ""
    )
    return "\n".join(
        [
            f"## {setting.name}",
            "",
            f"{setting.articles:,} articles in {setting.passages:,} passages, "
            f"{setting.questions:,} questions. {told}".rstrip(),
            "",
            *rows,
        ]
    )


def _row(entry: Entry, qrels: Qrels, columns: int) -> str:
    trial = entry.trial
    named = [entry.system.name, entry.system.chinese]
    if trial is None:
        cells = [*named, f"failed: {entry.failure}", *[""] * (columns - 3)]
    else:
        cells = [
            *named,
            "" if entry.system == ALONE else score(trial, qrels),
            *_times(() if entry.system == ALONE else trial.search),
            *_times(trial.whole),
            "" if entry.system == ALONE else f"{trial.build_seconds:.1f}",
            f"{trial.peak:,.0f}",
            f"{trial.resident:,.0f}",
        ]
    return f"| {' | '.join(cells)} |"


def score(trial: Trial, qrels: Qrels) -> str:
    """Return nDCG@10 over all questions of ``qrels``, with its bootstrap interval."""
    by_query = score_rankings(qrels, trial.rankings)
    values = np.array([[by_query[query]["nDCG@10"]] for query in qrels])
    low, high = interval(bootstrap_means(values))
    return f"{_short(values.mean())} ({_short(low[0])}–{_short(high[0])})"


def _times(values: Sequence[float]) -> list[str]:
    if not values:
        return ["", ""]
    return [f"{percentile(values, share):.1f}" for share in (0.5, 0.95)]


def _versions(trials: Iterable[Trial | None]) -> Mapping[str, str]:
    found = {name: of for trial in trials if trial for name, of in trial.versions.items()}
    return dict(sorted(found.items()))


def _short(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")

"""Ways to run the encoder, side by side: the same texts, one at a time, by turns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean
from time import perf_counter

import numpy as np

from evaluation.speed.figures import compare_times, summarize
from evaluation.speed.types import Engines, Plan
from index import encoder as encoders
from index.progress import Progress
from index.types import Vectors

# What people type into a box, and how many of such questions and of passages are timed.
_SHORT, _QUESTIONS, _PASSAGES = 20, 100, 60

Encode = Callable[[Sequence[str]], Vectors]


def compare_engines(
    plan: Plan, questions: Sequence[str], passages: Sequence[str]
) -> tuple[Engines, ...]:
    """Return what short questions and passages take by each engine; for a process of its own."""
    loaded = {name: encoders.load_encoder(plan.model, engine=name) for name in plan.engines}
    return (
        time_by_turns(
            "questions",
            choose_short(questions, _QUESTIONS),
            {name: encoder.encode_query for name, encoder in loaded.items()},
        ),
        time_by_turns(
            "passages",
            passages[:: max(1, len(passages) // _PASSAGES)],
            {name: encoder.encode_document for name, encoder in loaded.items()},
        ),
    )


def choose_short(questions: Iterable[str], count: int) -> list[str]:
    """Return the questions whose length is nearest to what people type, in their order."""
    texts = list(questions)
    nearest = sorted(range(len(texts)), key=lambda i: (abs(len(texts[i]) - _SHORT), i))[:count]
    return [texts[i] for i in sorted(nearest)]


def time_by_turns(name: str, texts: Sequence[str], encode: Mapping[str, Encode]) -> Engines:
    """Encode each text by every engine, the first one first and then last, turn about."""
    for run in encode.values():
        run(texts[:1])
    times: dict[str, list[float]] = {engine: [] for engine in encode}
    progress, cosine = Progress(), 1.0
    for done, text in enumerate(texts, 1):
        order = list(encode) if done % 2 else list(encode)[::-1]
        vectors = {}
        for engine in order:
            began = perf_counter()
            vectors[engine] = encode[engine]([text])[0]
            times[engine].append((perf_counter() - began) * 1000)
        first, *others = (vectors[engine] for engine in encode)
        cosine = min([cosine, *(float(np.dot(first, other)) for other in others)])
        progress(name, done, len(texts))
    ratio, _ = compare_times(*list(times.values())[:2])
    return Engines(
        texts=name,
        count=len(texts),
        characters=fmean(map(len, texts)),
        milliseconds={engine: summarize(took) for engine, took in times.items()},
        ratio=ratio,
        cosine=cosine,
    )

"""Asks an index questions that it was never asked: how long each takes, alone and beside others."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from time import perf_counter

from evaluation.beir import read_queries
from evaluation.errors import DatasetError
from evaluation.speed.clock import Clock, ClockedEncoder
from evaluation.speed.figures import compare_times, summarize
from evaluation.speed.memory import weigh_process
from evaluation.speed.types import Latency, Level, Memory, Plan
from index import encoder as encoders
from index.progress import Progress
from index.stores import open_index
from index.types import Encoder
from qa.assistant import PolicyAssistant
from qa.errors import RequestError

# A question of the other language, whose dictionary is loaded at first use.
_ENGLISH = "what support exists for charging stations"
_SEARCHING = "search"


@dataclass(frozen=True, slots=True)
class Questions:
    """Questions in the order they are asked, none in two parts.

    ``searched`` are all that are left; what is not searched is there for many askers.
    """

    warm_up: tuple[str, ...]
    answered: tuple[str, ...]
    searched: tuple[str, ...]

    @property
    def fresh(self) -> tuple[str, ...]:
        """All but the warm-up."""
        return self.answered + self.searched


def divide_questions(plan: Plan) -> Questions:
    """Read the questions and divide them, in the order of the file after a seeded shuffle.

    DatasetError where they are too few.
    """
    texts = list(dict.fromkeys(text.strip() for text in read_queries(plan.questions).values()))
    needed = plan.warm_up + 2 * plan.timed
    if len(texts) < needed:
        most = (len(texts) - plan.warm_up) // 2
        raise DatasetError(
            str(plan.questions),
            f"只有 {len(texts)} 个不同的问题，需要 {needed} 个：预热 {plan.warm_up}，提问和检索各 "
            f"{plan.timed}；请换更大的文件，或用 --timed {max(most, 0)}（--warm-up 也可减少）",
            f"holds {len(texts)} different questions and {needed} are needed: {plan.warm_up} to warm "
            f"up, {plan.timed} to ask and as many to search; give a larger file, or --timed "
            f"{max(most, 0)} (--warm-up can be lowered too)",
        )
    random.Random(plan.seed).shuffle(texts)
    warm, timed = texts[: plan.warm_up], texts[plan.warm_up :]
    return Questions(tuple(warm), tuple(timed[: plan.timed]), tuple(timed[plan.timed :]))


def time_questions(store: Path, plan: Plan, questions: Questions) -> Latency:
    """Return how long each question takes, one after another; for a process of its own.

    After the warm-up each question is answered, and then the encoder reads it once more by itself:
    were anything remembered from the answer, the pass would be the faster, and the answer look the
    slower beside it. Other questions are then searched only, less what the encoder takes.
    """
    clock = Clock()
    encoder = encoders.load_encoder(plan.model)
    clocked = ClockedEncoder(encoder, clock)
    index = open_index(store, encoder=lambda: clocked)
    assistant = PolicyAssistant(index)
    progress = Progress()
    _warm_up(assistant, encoder, questions.warm_up)
    stages: dict[str, list[float]] = {}
    answers, passes, declined = [], [], 0
    for done, question in enumerate(questions.answered, 1):
        began = perf_counter()
        try:
            response = assistant.ask(question)
        except RequestError:
            declined += 1
            continue
        asked = perf_counter()
        encoder.encode_query([question])
        passes.append((perf_counter() - asked) * 1000)
        answers.append((asked - began) * 1000)
        for stage, took in response.timings_ms.items():
            stages.setdefault(stage, []).append(took)
        progress("ask", done, len(questions.answered))
    searches = []
    for done, question in enumerate(questions.searched[: plan.timed], 1):
        before = clock.seconds.get(_SEARCHING, 0.0)
        with clock.within(_SEARCHING):
            index.search(question)
        searches.append((clock.seconds[_SEARCHING] - before) * 1000)
        progress("search", done, plan.timed)
    paired, medians = compare_times(answers, passes)
    return Latency(
        questions=len(answers),
        declined=declined,
        answer=summarize(answers),
        stages={stage: summarize(times) for stage, times in stages.items()},
        encoding=summarize(passes),
        median_of_ratios=paired,
        ratio_of_medians=medians,
        search=summarize(searches),
    )


def time_askers(store: Path, plan: Plan, questions: Questions) -> tuple[Level, ...]:
    """Return what each number of askers gets from one assistant; for a process of its own.

    Each level asks the next ``plan.each`` questions, from the first again where there are no more.
    """
    encoder = encoders.load_encoder(plan.model)
    assistant = PolicyAssistant(open_index(store, encoder=lambda: encoder))
    progress = Progress()
    _warm_up(assistant, encoder, questions.warm_up)
    levels = []
    for done, askers in enumerate(plan.askers, 1):
        first = plan.each * (done - 1)
        asked = [
            questions.fresh[place % len(questions.fresh)]
            for place in range(first, first + plan.each)
        ]
        levels.append(ask_together(assistant, asked, askers))
        progress("askers", done, len(plan.askers))
    return tuple(levels)


def ask_together(assistant: PolicyAssistant, questions: Sequence[str], askers: int) -> Level:
    """Have ``askers`` threads ask the questions, each the next one when it has its answer.

    What one raises ends the measurement, and is raised.
    """
    waiting: SimpleQueue[str | None] = SimpleQueue()
    for item in (*questions, *[None] * askers):  # an end for each
        waiting.put(item)
    begin = threading.Barrier(askers + 1)
    times: list[float] = []
    errors: list[Exception] = []

    def ask() -> None:
        begin.wait()
        for question in iter(waiting.get, None):
            began = perf_counter()
            try:
                assistant.ask(question)
            except RequestError:
                continue
            except Exception as error:  # told by the thread that waits: here nobody would see it
                errors.append(error)
                return
            times.append((perf_counter() - began) * 1000)

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(askers)]
    for thread in threads:
        thread.start()
    begin.wait()
    began = perf_counter()
    for thread in threads:
        thread.join()
    took = perf_counter() - began
    if errors:
        raise errors[0]
    return Level(askers, len(times), len(times) / took, summarize(times))


def weigh_asking(store: Path, plan: Plan, questions: Questions) -> Memory:
    """Return what a process holds that opens the index and asks; for a process of its own."""
    assistant = PolicyAssistant(open_index(store, model=plan.model))
    opened = weigh_process()
    asked = 0
    for _ in _answers(assistant, questions.answered):
        asked += 1
    return Memory(opened, weigh_process(), asked)


def _answers(assistant: PolicyAssistant, questions: Iterable[str]) -> Iterator[Mapping[str, float]]:
    """Ask, and yield the times of what is taken as a question."""
    for question in questions:
        try:
            yield assistant.ask(question).timings_ms
        except RequestError:
            continue


def _warm_up(assistant: PolicyAssistant, encoder: Encoder, questions: Sequence[str]) -> None:
    for _ in _answers(assistant, [_ENGLISH, *questions]):
        pass
    encoder.encode_query([_ENGLISH])

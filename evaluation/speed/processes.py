"""Measurements in processes of their own, so that none finds memory or caches of another."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar

from evaluation.errors import EvaluationError

P = ParamSpec("P")
T = TypeVar("T")

# What a user may have chosen beside the product's own ways, which are what is measured.
_CHOICES = ("POLICY_QA_ADAPTER", "POLICY_QA_RERANKER", "POLICY_QA_LLM_URL")
# Seconds that a process has to end after it has answered.
_LEAVE = 10.0


class MeasuringError(EvaluationError):
    """A process that was measured stopped before its end; the message has its last words."""


class Call(Protocol):
    """Calls a function, wherever that is."""

    def __call__(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T: ...


def call_apart(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a module's function in a fresh process and return what it returns.

    Arguments and result are pickled. MeasuringError where it raises or dies, with its reason.
    """
    # Not a fork: that would begin with all that this process holds.
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(sender, function, args, kwargs), daemon=True)
    process.start()
    sender.close()
    try:
        ended, found = receiver.recv()
        process.join(_LEAVE)  # it has its own things to put away
    except EOFError:
        process.join()
        ended, found = False, f"exit code {process.exitcode}"
    finally:
        process.kill()
        process.join()
    if not ended:
        raise MeasuringError(function.__name__, f"测量中断：{found}", f"stopped: {found}")
    result: T = found
    return result


def _answer(
    sender: Connection, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    # Who interrupts at the terminal reaches all processes; the first one ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        sender.send((True, function(*args, **kwargs)))
    except Exception as error:  # whatever it is, it is told to the process that waits
        sender.send((False, f"{type(error).__name__}: {error}"))


def _end_with_parent() -> None:
    """Stop this process when the one that started it is gone, however that ended."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def as_shipped(home: Path) -> Iterator[None]:
    """Have this process and those it starts run as shipped, with ``home`` for all state."""
    before = {name: os.environ.get(name) for name in ("POLICY_QA_HOME", *_CHOICES)}
    try:
        for name in _CHOICES:
            os.environ.pop(name, None)
        os.environ["POLICY_QA_HOME"] = str(home)
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

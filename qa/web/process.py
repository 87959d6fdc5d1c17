"""A change of the library in a process of its own, so that questions go on being answered fast.

The process starts afresh (spawn), loads its own model, and gives way to the server. It is told to
stop, and learns that the server is gone, through the same pipe on which it tells how far it is.
"""

from __future__ import annotations

import _thread
import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from qa.web.jobs import INTERNAL, Cancelled, Failure, Item, Report, Result, Stop, Task

if TYPE_CHECKING:
    from documents.types import Change, Document
    from index.library import Update

# What the libraries below read when they are first imported.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
_NICENESS = 10
# Seconds for a process to end that has told its result.
_ENDING = 10.0

KILLED = Failure(
    "killed",
    "更改文档库的进程意外终止（可能是内存不足），文档库和索引都完好。请重试；如果文档已在文档库中却检索不到，"
    "下一次更改或 python -m index build 会补上。",
    "The process that changed the library was killed (perhaps for want of memory); the library and its "
    "index are whole. Try again. If a document is in the library but is not found, the next change, or "
    "python -m index build, brings the index up to date.",
)


def change_library(task: Task, report: Report, stop: Stop, *, model: str | None = None) -> Result:
    """Carry out ``task`` in a process of its own; what ``Jobs`` runs, with the server's ``model``."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    # A daemon: it is ended with the server.
    process = context.Process(target=_work, args=(theirs, task, model), daemon=True)
    with ours:
        with theirs:
            process.start()
        stop.then(lambda: _tell(ours, "stop"))
        try:
            while isinstance(message := ours.recv(), tuple):
                report(*message)
        except (EOFError, OSError):
            message = Result(failure=KILLED)
    process.join(_ENDING)
    if process.is_alive():
        process.kill()
        process.join()
    if message is None:
        raise Cancelled
    result: Result = message
    return result


def _tell(connection: Connection, message: object) -> None:
    with suppress(OSError):  # nobody is there to hear it any more
        connection.send(message)


# --- in the process -------------------------------------------------------------------------------


def _work(connection: Connection, task: Task, model: str | None) -> None:
    """Carry the task out; send (stage, done, total) meanwhile, at last a Result, None if stopped."""
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    # A server that a script began in the background ignores interrupts, and so would its children:
    # then nothing could be stopped.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    result: Result | None = None
    listener = _Listener(connection)
    try:
        threading.Thread(target=listener.listen, daemon=True).start()
        try:
            result = _carry_out(task, lambda *progress: _tell(connection, progress), model)
        except Exception:
            traceback.print_exc()  # to the server's own log
            result = Result(failure=INTERNAL)
        listener.leave()
    except KeyboardInterrupt:
        listener.leave()  # all is as it was, or the result is there already
    _tell(connection, result)


class _Listener:
    """Hears, in a thread, that the change is to stop, or that the server is gone."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._left = False

    def listen(self) -> None:
        """Wait for a word, and do as it says as long as there is something to stop."""
        try:
            told = bool(self._connection.recv())
        except (EOFError, OSError):
            told = False
        with self._lock:
            if self._left:
                return
            if told:
                _thread.interrupt_main()
            else:
                os._exit(1)  # what a process leaves that is killed at any moment is whole

    def leave(self) -> None:
        """Stop no more: what is to be said is known."""
        with self._lock:
            self._left = True


def _carry_out(task: Task, report: Report, model: str | None) -> Result:
    # Imported here, once the number of threads is set.
    from documents.errors import DocumentError
    from index import library
    from index.errors import PolicyIndexError

    try:
        match task.kind:
            case "add":
                update = library.add(task.originals, model=model, progress=report)
            case "remove":
                update = library.remove(task.ids, model=model, progress=report)
            case "correct":
                [id] = task.ids
                update = library.correct(id, task.fields, model=model, progress=report)
            case "rebuild":
                update = library.rebuild(model=model, progress=report)
    except (DocumentError, PolicyIndexError, OSError) as error:
        return Result(failure=_explain(error))
    return _tell_update(update)


def _tell_update(update: Update) -> Result:
    built = update.build
    documents = {document.id: document for document in built.documents} if built else {}
    return Result(
        items=tuple(Item(change, _audit(change, documents)) for change in update.changes),
        index=built.manifest.fingerprint if built else None,
        changed=built is not None or update.emptied,
        failure=_explain(update.error) if update.error else None,
    )


def _audit(change: Change, documents: Mapping[str, Document]) -> dict[str, Any] | None:
    from documents.reports import write_audit

    document = documents.get(change.id) if change.id else None
    if document is None or change.outcome not in ("added", "version"):
        return None
    audit = write_audit(document)
    del audit["dropped"]  # every removed piece of text; how many characters they are is said
    return audit


def _explain(error: Exception) -> Failure:
    from documents.errors import CorrectionError, LibraryError, UnknownDocumentError
    from index.errors import BuildInProgressError, ModelError, OutdatedIndexError

    codes = {
        UnknownDocumentError: "document_not_found",
        CorrectionError: "wrong_metadata",
        LibraryError: "library",
        BuildInProgressError: "busy",
        ModelError: "model",
        OutdatedIndexError: "index_outdated",
    }
    chinese, _, english = str(error).partition("\n")
    return Failure(codes.get(type(error), "failed"), chinese, english or chinese)

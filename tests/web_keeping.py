"""A real library that is changed as the server changes it, without processes and models.

Needs POLICY_QA_HOME. Searching is a stub's; documents, corrections and files are real.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, field, replace

from documents import library
from documents.errors import DocumentError
from documents.reports import write_audit
from documents.types import Document
from documents.validity import link
from qa.web.jobs import Cancelled, Failure, Item, Jobs, Report, Result, Stop, Task
from tests.web_library import StubAssistant, StubIndex


def read_library() -> dict[str, Document]:
    """Return the library's documents by id, linked as an index has them."""
    found = library.read_documents([library.library_folder()])
    return {d.id: d for d in link([d for d in found if isinstance(d, Document)])}


def open_keeper() -> StubAssistant:
    """Return an assistant over the library as it is now."""
    documents = read_library()
    identity = repr([(d.id, d.metadata, d.clean) for d in documents.values()])
    fingerprint = hashlib.sha256(identity.encode()).hexdigest()[:16]
    return StubAssistant(replace(StubIndex(documents), fingerprint=fingerprint))


@dataclass
class Keeping:
    """Carries changes out in the server's own process; while ``gate`` is shut they wait, encoding."""

    gate: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    def make_jobs(self) -> Jobs:
        return Jobs(self.run)

    def run(self, task: Task, report: Report, stop: Stop) -> Result:
        report("encode", 3, 12)
        while not self.gate.wait(0.05):
            if stop.asked:
                raise Cancelled
        try:
            match task.kind:
                case "add":
                    changes = library.add(
                        task.originals, progress=lambda done, total, _: report("add", done, total)
                    )
                case "remove":
                    changes = library.remove(task.ids)
                case "correct":
                    changes = library.correct(task.ids[0], task.fields)
        except DocumentError as error:
            chinese, _, english = str(error).partition("\n")
            return Result(failure=Failure("failed", chinese, english))
        documents = read_library()
        items = tuple(
            Item(change, write_audit(documents[change.id]) if change.outcome == "added" else None)
            for change in changes
            if change.id is None or change.id in documents or change.outcome != "added"
        )
        return Result(items, index=open_keeper().index.fingerprint, changed=True)

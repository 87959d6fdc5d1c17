"""A library that is changed in any order, beside a model of it: what ``test_index_states`` runs.

The model is what the library should hold: (content, corrected region) by id. After every step the list
equals it, the index is the one that is made afresh of the same documents, and what is found or cited
stands in its documents, word for word.
"""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from documents import library as files
from documents.errors import UnknownDocumentError
from documents.types import Change, Document, Original
from index import library, snapshot, stores
from index.hybrid import HybridIndex
from index.stores import build_store, default_store, open_index
from qa.assistant import PolicyAssistant
from qa.types import Request
from tests.conftest import FakeEncoder

CONTENTS = tuple(
    f"{place}{matter}管理办法\n\n第一条 {place}支持{matter}建设，由{place}人民政府负责。\n"
    f"第二条 {matter}补助按年发放。\n第三条 本办法自2024年1月1日起施行。\n"
    for place in ("吉林省", "长春市")
    for matter in ("充电设施", "养老服务", "农田水利")
)
NAMES = ("办法", "rules", "a-1")
QUESTIONS = ("充电设施有什么支持？", "养老服务由谁负责？", "农田水利补助", "charging stations")
REGIONS = ("南昌市", "安徽省")
ENCODER = FakeEncoder(4096, tokens=False)

names, contents = st.sampled_from(NAMES), st.sampled_from(CONTENTS)


@dataclass(frozen=True, slots=True)
class Held:
    """What the model knows of a document."""

    content: str
    region: str | None = None


class Library(RuleBasedStateMachine):
    """The library with its index, and the model."""

    steps = 0

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.folder = tempfile.TemporaryDirectory()
        home = Path(self.folder.name)
        self.patch.setenv("POLICY_QA_HOME", str(home))
        self.patch.setattr(stores, "load_encoder", lambda model: ENCODER)
        (home / "documents").mkdir()  # else it begins with the samples
        self.held: dict[str, Held] = {}
        self.behind = False  # a file was put into the folder, which no index knows yet
        self.index: HybridIndex | None = None

    def teardown(self) -> None:
        self.patch.undo()
        self.folder.cleanup()

    # ---- changes -------------------------------------------------------------------------------

    @initialize(content=contents)
    def begin(self, content: str) -> None:
        self.add("办法", content)

    @rule(name=names, content=contents)
    def add(self, name: str, content: str) -> None:
        data = content.encode()
        update = library.add([Original(f"{name}.txt", data)])
        [change] = update.changes
        same = [id for id, held in self.held.items() if held.content == content]
        if same:
            assert (change.outcome, change.id) == ("duplicate", None) and change.other in same
            # A file that was put there by hand is indexed only when something has changed.
            assert update.build is None
            return
        taken = name in self.held
        assert change.id == (f"{name}-{hashlib.sha256(data).hexdigest()[:8]}" if taken else name)
        assert change.outcome in ("added", "version")
        self.held[change.id] = Held(content)
        self._follow(update)

    @rule(name=names)
    def add_unreadable(self, name: str) -> None:
        update = library.add([Original(f"{name}.docx", b"PK\x03\x04 cut off")])
        [change] = update.changes
        assert (change.outcome, change.id, update.build) == ("failed", None, None)

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        id = data.draw(st.sampled_from(sorted(self.held)))
        update = library.remove([id])
        assert [(c.outcome, c.id) for c in update.changes] == [("removed", id)]
        del self.held[id]
        assert update.emptied == (not self.held)
        self._follow(update)

    @rule()
    def remove_unknown(self) -> None:
        with pytest.raises(UnknownDocumentError):
            library.remove([*self.held, "unknown"])

    @precondition(lambda self: self.held)
    @rule(data=st.data(), region=st.sampled_from((*REGIONS, None)))
    def correct(self, data: st.DataObject, region: str | None) -> None:
        id = data.draw(st.sampled_from(sorted(self.held)))
        update = library.correct(id, {"region": region})
        changed = region != self.held[id].region
        assert [c.outcome for c in update.changes] == ["corrected" if changed else "unchanged"]
        self.held[id] = replace(self.held[id], region=region)
        if changed:
            self._follow(update)

    @rule(content=contents)
    def put_by_hand(self, content: str) -> None:
        if "by-hand" in self.held or content in {held.content for held in self.held.values()}:
            return
        (files.library_folder() / "by-hand.txt").write_text(content, encoding="utf-8")
        self.held["by-hand"] = Held(content)
        self.behind = True

    @precondition(lambda self: self.held)
    @rule(fresh=st.booleans())
    def build(self, fresh: bool) -> None:
        build_store(default_store(), fresh=fresh)
        self.behind = False

    # ---- questions -----------------------------------------------------------------------------

    @rule()
    def reopen(self) -> None:
        self.index = self._open()

    @rule(question=st.sampled_from(QUESTIONS))
    def ask(self, question: str) -> None:
        """Ask the index of now, and one that was opened before: it answers from what it was."""
        for index in filter(None, (self._open(), self.index)):
            response = PolicyAssistant(index).ask(Request(question))
            assert response.index == index.fingerprint
            for citation in response.citations:
                document = index.documents[citation.document]
                assert document.clean[citation.start : citation.end] == citation.quote
                source = document.source[citation.source_start : citation.source_end]
                assert source == citation.quote  # nothing is cleaned away in these texts
                clause = index.clause(citation.document, citation.clause)
                assert clause.start <= citation.start < citation.end <= clause.end
            found = index.search(question, k=50)
            assert {hit.result.document for hit in found} <= set(index.documents)

    # ---- what always holds ---------------------------------------------------------------------

    @invariant()
    def the_list_is_that_of_the_model(self) -> None:
        Library.steps += 1
        found = list(files.read_documents([files.library_folder()]))
        read = {d.id: d for d in found if isinstance(d, Document)}
        assert len(read) == len(found)
        assert {id: document.source for id, document in read.items()} == {
            id: held.content for id, held in self.held.items()
        }
        for id, held in self.held.items():
            own = held.content[:3]
            assert read[id].metadata.region == (held.region or own)

    @invariant()
    def the_index_is_that_of_the_library(self) -> None:
        store = default_store()
        if not self.held or self.behind:
            return
        with tempfile.TemporaryDirectory() as beside:
            fresh = build_store(Path(beside)).manifest
        assert snapshot.verify(store).fingerprint == fresh.fingerprint
        assert not snapshot.is_outdated(store)

    def _follow(self, update: library.Update) -> None:
        """See that the index has followed; with any change, it follows those by hand too."""
        assert update.error is None
        assert update.emptied or update.build is not None
        assert all(isinstance(change, Change) for change in update.changes)
        self.behind = False

    def _open(self) -> HybridIndex | None:
        return open_index() if snapshot.current(default_store()) else None

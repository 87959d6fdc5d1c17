"""What is encoded already is taken over, and an index built bit by bit is the one built at once."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents import library as shelf
from documents.library import read_documents
from documents.parsing import parse_text
from documents.types import Document, Original
from evaluation.questions import read_own
from index import hybrid, library, snapshot, stores
from index.__main__ import main
from index.background import _questions
from index.encoder import load_encoder
from index.encodings import Earlier, Encodings, Questions, encode_texts, make_key, no_encodings
from index.hybrid import HybridIndex
from index.journal import journal_path, read
from index.stores import build_store, default_store
from index.types import TokenVectors, Vectors
from qa.assistant import PolicyAssistant
from tests.conftest import FakeEncoder, shorten_background
from tests.test_acceptance import QUESTIONS

TEXTS = ["建设充电站", "发放补贴", "回收电池", "发放补贴", ""]
CHARGING = Original("a.txt", "甲意见\n一、支持公共充电站建设。\n二、支持电池回收。\n".encode())
SUBSIDY = Original("b.txt", "乙意见\n一、发放购车补贴。\n二、支持出口。\n三、支持研发。\n".encode())


class Counting(FakeEncoder):
    """Keeps what it was asked to encode, and stops when asked for more than ``most`` texts."""

    max_tokens = 12

    def __init__(self, dimension: int = 64, *, tokens: bool = True, most: int = 10**6) -> None:
        super().__init__(dimension, tokens=tokens)
        self.most = most
        self.documents: list[str] = []
        self.questions: list[str] = []
        self.counted = 0

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        self.questions += texts
        return super().encode_query(texts)

    def encode_document(
        self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
    ) -> Vectors:
        if len(self.documents) + len(texts) > self.most:
            raise KeyboardInterrupt
        self.documents += texts
        vectors = np.stack([self._encode(text) for text in texts])
        if progress:
            progress(len(texts), len(texts))
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        self.counted += len(texts)
        return super().count_tokens(texts)


def encode(
    texts: Sequence[str],
    encoder: FakeEncoder | None = None,
    *,
    tokens: bool = True,
    earlier: Earlier = Earlier(),
) -> tuple[Encodings, int]:
    return encode_texts(texts, encoder or Counting(), tokens=tokens, earlier=earlier)


def same(one: Encodings, other: Encodings) -> bool:
    pairs = zip(dataclasses.astuple(one), dataclasses.astuple(other), strict=True)
    return all(a.shape == b.shape and a.tobytes() == b.tobytes() for a, b in pairs)


# --- texts


def test_encodings_are_the_encoder_s_own_and_a_text_is_encoded_once() -> None:
    encoder = Counting()
    made, count = encode(TEXTS, encoder)
    vectors, tokens = FakeEncoder(64).encode_document_tokens(TEXTS)
    assert np.array_equal(made.vectors, vectors) and np.array_equal(made.rows, tokens.rows)
    assert np.array_equal(made.offsets, tokens.offsets) and not made.cut.any()
    assert count == 5 and sorted(encoder.documents) == sorted(set(TEXTS))
    assert [key.tobytes() for key in made.keys] == [make_key(t, tokens=True) for t in TEXTS]


def test_only_new_texts_are_encoded_and_the_others_keep_their_bytes() -> None:
    first, _ = encode(TEXTS[:2])
    marked = dataclasses.replace(first, vectors=first.vectors + 1, cut=~first.cut)
    encoder = Counting()
    made, count = encode(TEXTS, encoder, earlier=Earlier(marked))
    assert count == 2 and sorted(encoder.documents) == ["", "回收电池"] and encoder.counted == 2
    assert np.array_equal(made.vectors[[0, 1, 3]], marked.vectors[[0, 1, 1]])
    assert made.cut.tolist() == [True, True, False, True, False]
    fresh, _ = encode(TEXTS)
    assert np.array_equal(made.rows, fresh.rows) and np.array_equal(made.offsets, fresh.offsets)


def test_what_is_too_long_to_be_read_is_known_without_counting_again() -> None:
    first, _ = encode(["很长的一段文字，超过十二个字。", "短"])
    encoder = Counting()
    made, _ = encode(["短", "很长的一段文字，超过十二个字。"], encoder, earlier=Earlier(first))
    assert made.cut.tolist() == [False, True] and encoder.counted == 0


def test_tokens_that_are_wanted_and_not_there_are_made() -> None:
    whole, _ = encode(TEXTS, tokens=False)
    assert whole.rows.size == 0 and whole.offsets.tolist() == [0] * 6
    encoder = Counting()
    made, count = encode(TEXTS, encoder, earlier=Earlier(whole))
    assert count == 5 and len(encoder.documents) == 4 and same(made, encode(TEXTS)[0])
    # The other way round nothing has to be made.
    encoder = Counting()
    again, count = encode(TEXTS, encoder, tokens=False, earlier=Earlier(made))
    assert count == 0 and encoder.documents == [] and same(again, whole)


def test_a_model_without_tokens_is_asked_once_too() -> None:
    first, _ = encode(TEXTS, Counting(tokens=False))
    encoder = Counting(tokens=False)
    made, count = encode(TEXTS, encoder, earlier=Earlier(first))
    assert count == 0 and encoder.documents == [] and same(made, first)


def test_no_text_is_no_encoding() -> None:
    made, count = encode([])
    assert count == 0 and made.vectors.shape == (0, 64) and same(made, no_encodings(64))


def test_half_of_a_surrogate_pair_has_a_key() -> None:
    assert make_key("\ud800", tokens=True) != make_key("\ud801", tokens=True)


def test_progress_counts_what_is_to_be_encoded(tmp_path: Path) -> None:
    known, _ = encode(["0", "1"])
    texts = [str(number) for number in range(200)]
    for journal in (None, tmp_path / "journal"):
        told: list[tuple[int, int]] = []
        encode_texts(
            texts,
            Counting(),
            tokens=True,
            earlier=Earlier(known, journal=journal),
            progress=lambda *done, told=told: told.append(done),
        )
        assert told[-1] == (198, 198) and {total for _, total in told} == {198}
        assert [done for done, _ in told] == sorted({done for done, _ in told})


def test_questions_are_encoded_once() -> None:
    encoder = Counting()
    questions = Questions(encoder, no_encodings())
    for question, tokens in (("充电站", True), ("补贴", False), ("充电站", True)):
        vector, rows = questions.encode(question, tokens)
        plain = FakeEncoder(64)
        expected = (
            plain.encode_query_tokens(question) if tokens else (plain.encode_query([question]),)
        )
        assert np.array_equal(vector, expected[0])
        assert np.array_equal(rows, expected[1]) if tokens else not rows.size
    assert encoder.questions == ["充电站", "补贴"]
    again = Questions(Counting(most=0), questions.kept)
    assert np.array_equal(again.encode("充电站", True)[1], questions.encode("充电站", True)[1])
    assert len(again.kept.keys) == 1  # what is asked no more is not kept


# --- the library


@pytest.fixture
def encoder(home: Path, monkeypatch: pytest.MonkeyPatch) -> Counting:
    (home / "documents").mkdir(parents=True)
    encoder = Counting()
    monkeypatch.setattr(stores, "load_encoder", lambda model: encoder)
    return encoder


def encoded(encoder: Counting) -> list[str]:
    """Return the last lines of what was encoded since it was last asked."""
    found = [text.splitlines()[-1] for text in encoder.documents]
    encoder.documents.clear()
    return sorted(found)


def assert_as_built_at_once(encoder: Counting) -> None:
    """Compare the library's index with one of the same documents that takes nothing over."""
    index = HybridIndex.load(default_store(), encoder)
    documents = [d for d in read_documents([shelf.library_folder()]) if isinstance(d, Document)]
    fresh = HybridIndex.build(documents, Counting())
    assert list(index.units) == list(fresh.units) and list(index.chunks) == list(fresh.chunks)
    assert index.fingerprint == fresh.fingerprint
    ours, theirs = index._content, fresh._content
    assert same(ours.encodings, theirs.encodings) and ours.background == theirs.background
    assert same(ours.questions, theirs.questions)
    for question in ("公共充电站建设", "购车补贴", "subsidy"):
        assert index.search(question) == fresh.search(question)


def test_a_change_encodes_what_it_changed(encoder: Counting) -> None:
    library.add([CHARGING])
    assert encoded(encoder) == ["一、支持公共充电站建设。", "二、支持电池回收。"]
    encoder.questions.clear()
    library.add([SUBSIDY])
    assert encoded(encoder) == ["一、发放购车补贴。", "三、支持研发。", "二、支持出口。"]
    library.correct("b", {"region": "吉林省"})  # nothing that the encoder reads
    assert encoded(encoder) == []
    library.correct("b", {"title": "丙意见"})
    assert encoded(encoder) == ["一、发放购车补贴。", "三、支持研发。", "二、支持出口。"]
    library.remove(["a"])
    assert encoded(encoder) == [] and encoder.questions == []
    assert_as_built_at_once(encoder)


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["add", "remove", "correct"]),
        st.sampled_from("abc"),
        st.lists(
            st.sampled_from(["建设充电站。", "发放补贴。", "支持出口。"]), min_size=1, max_size=3
        ),
        st.sampled_from(["某某意见", "某某办法"]),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=15)
@given(CHANGES)
def test_any_changes_come_to_the_index_built_at_once(
    tmp_path_factory: pytest.TempPathFactory,
    changes: list[tuple[str, str, list[str], str]],
) -> None:
    store = tmp_path_factory.mktemp("store")
    with pytest.MonkeyPatch.context() as patch:
        shorten_background(patch)
        follow(store, changes)


def follow(store: Path, changes: list[tuple[str, str, list[str], str]]) -> None:
    documents: dict[str, Document] = {}
    known: set[str] = set()
    for kind, id, sentences, title in changes:
        if kind == "remove":
            documents.pop(id, None)
        elif kind == "correct" and id in documents:
            changed = dataclasses.replace(documents[id].metadata, title=title)
            documents[id] = dataclasses.replace(documents[id], metadata=changed)
        else:
            lines = [f"{o}、{s}" for o, s in zip("一二三", sentences, strict=False)]
            documents[id] = parse_text("\n".join(("某某意见", *lines)) + "\n", id)
        encoder = Counting()
        earlier, unusable = stores._earlier(store, encoder, fresh=False)
        index = HybridIndex.build(list(documents.values()), encoder, earlier=earlier)
        index.save(store)
        fresh = HybridIndex.build(list(documents.values()), full := Counting())
        assert unusable is None and not known & set(encoder.documents)
        assert set(encoder.documents) == set(full.documents) - known
        known = set(full.documents)
        loaded = HybridIndex.load(store, encoder)
        assert list(loaded.units) == list(fresh.units) and loaded.truncated == fresh.truncated
        assert same(loaded._content.encodings, fresh._content.encodings)
        for question in ("充电站补贴", "出口", "subsidy"):
            assert loaded.search(question) == fresh.search(question)


@pytest.mark.parametrize("limits", [(0, 99), (99, 0)])
def test_late_interaction_can_be_switched(
    limits: tuple[int, int], encoder: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hybrid, "LATE_LIMIT", limits[0])
    library.add([CHARGING])
    encoded(encoder)
    monkeypatch.setattr(hybrid, "LATE_LIMIT", limits[1])
    update = library.add([SUBSIDY])
    assert update.build and len(encoded(encoder)) == update.build.encoded == (5 if limits[1] else 3)
    assert bool(update.build.manifest.tokens) == bool(limits[1])
    assert_as_built_at_once(encoder)


def test_fresh_takes_nothing_over(encoder: Counting, capsys: pytest.CaptureFixture[str]) -> None:
    library.add([CHARGING])
    encoder.documents.clear()
    assert main(["build"]) == 0 and encoded(encoder) == []
    told = capsys.readouterr().err
    assert "沿用 2 个片段的编码，新编码 0 个。\n" in told and "2 chunks were taken over" in told
    encoder.questions.clear()
    assert main(["build", "--fresh"]) == 0 and len(encoded(encoder)) == 2
    assert encoder.questions and "taken over" not in capsys.readouterr().err


def test_another_model_s_encodings_are_not_taken_over(
    encoder: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add([CHARGING])
    other = Counting(dimension=32)
    monkeypatch.setattr(stores, "load_encoder", lambda model: other)
    built = build_store(default_store())
    assert built.encoded == 2 and built.unusable is None and len(encoded(other)) == 2


@pytest.mark.parametrize("name", ["keys.npy", "vectors.npy", "units.npy", "manifest.json"])
def test_a_damaged_index_is_not_taken_over(
    name: str, encoder: Counting, capsys: pytest.CaptureFixture[str]
) -> None:
    library.add([CHARGING])
    encoder.documents.clear()
    folder = snapshot.current(default_store())
    assert folder is not None
    data = bytearray((folder / name).read_bytes())
    data[-1] ^= 1
    (folder / name).write_bytes(data)
    assert main(["build"]) == 0 and len(encoded(encoder)) == 2
    told = capsys.readouterr().err
    assert told.count("nothing was taken over from it") == told.count("没有沿用其编码") == 1
    assert_as_built_at_once(encoder)


def test_an_index_of_before_keys_were_kept_can_be_read_and_is_encoded_anew(
    encoder: Counting, capsys: pytest.CaptureFixture[str]
) -> None:
    library.add([CHARGING])
    encoder.documents.clear()
    make_older(default_store())
    before = HybridIndex.load(default_store(), encoder)
    assert before.search("公共充电站")
    assert main(["build"]) == 0 and len(encoded(encoder)) == 2
    assert "damaged" not in capsys.readouterr().err
    assert_as_built_at_once(encoder)


def make_older(store: Path) -> None:
    """Leave of the current snapshot what it had before."""
    folder = snapshot.current(store)
    assert folder is not None
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    newer = [
        f for f in manifest["files"] if f.startswith("questions/") or f in ("keys.npy", "cut.npy")
    ]
    assert len(newer) == 7
    for file in newer:
        (folder / file).unlink()
        del manifest["files"][file]
    (folder / "questions").rmdir()
    body = json.dumps(manifest).encode()
    (folder / "manifest.json").write_bytes(body)
    older = folder.rename(store / snapshot._name(body))
    (store / snapshot.CURRENT).write_text(older.name + "\n")


# --- builds that are stopped


def write_many(folder: Path, *, count: int = 200) -> Path:
    lines = [f"第{n}条 支持第{n}号项目建设。" for n in range(1, count + 1)]
    path = folder / "many.txt"
    path.write_text("某某办法\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("broken", [False, True])
def test_what_was_encoded_before_a_stop_is_not_encoded_again(
    broken: bool, tmp_path: Path, encoder: Counting
) -> None:
    store, path = tmp_path / "store", write_many(tmp_path)
    journal = journal_path(store, encoder.fingerprint)
    encoder.most = 150
    with pytest.raises(KeyboardInterrupt):
        build_store(store, [path])
    before = encoder.documents.copy()
    assert len(before) == 128 == len(list(read(journal)))
    if broken:  # as a power cut in the middle of a write may leave it
        journal.write_bytes(journal.read_bytes()[:-1])
        before = before[:-1]
    encoder.most = 10**6
    encoder.documents.clear()
    built = build_store(store, [path])
    assert built.encoded == len(encoder.documents) == built.manifest.chunks - len(before)
    assert not set(before) & set(encoder.documents)
    assert list(store.glob(".encoded*")) == []
    fresh = HybridIndex.build(list(built.documents), Counting())
    assert same(HybridIndex.load(store, encoder)._content.encodings, fresh._content.encodings)


def test_fresh_does_not_resume(tmp_path: Path, encoder: Counting) -> None:
    store, path = tmp_path / "store", write_many(tmp_path)
    encoder.most = 150
    with pytest.raises(KeyboardInterrupt):
        build_store(store, [path])
    encoder.most = 10**6
    encoder.documents.clear()
    built = build_store(store, [path], fresh=True)
    assert built.encoded == len(encoder.documents) == built.manifest.chunks


def test_an_emptied_library_leaves_no_journal(home: Path, encoder: Counting) -> None:
    library.add([CHARGING])
    journal_path(default_store(), "any").write_bytes(b"")
    library.remove(["a"])
    assert list(default_store().glob(".encoded*")) == []


# --- with the real model


class Spy:
    """An encoder that keeps the texts it encodes."""

    def __init__(self) -> None:
        self._encoder = load_encoder()
        self.texts: list[str] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._encoder, name)

    def encode_document_tokens(
        self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
    ) -> tuple[Vectors, TokenVectors]:
        self.texts += texts
        return self._encoder.encode_document_tokens(texts, progress=progress)


@pytest.mark.model
def test_with_the_default_model_the_index_ranks_and_answers_the_same(
    tmp_path: Path, samples: Path
) -> None:
    read = [d for d in read_documents([samples]) if isinstance(d, Document)]
    documents = sorted(read, key=lambda document: len(document.clean))[:3]
    spy = Spy()
    fresh = HybridIndex.build(documents, spy)
    spy.texts.clear()
    # One document, then two more, after the others.
    for number in (1, 3):
        earlier, _ = stores._earlier(tmp_path, spy, fresh=False)
        index = HybridIndex.build(documents[:number], spy, earlier=earlier)
        index.save(tmp_path)
    assert len(spy.texts) == len(set(spy.texts))
    cosines = np.einsum("ij,ij->i", index.vectors, fresh.vectors)
    assert cosines.min() >= 0.99999
    ours, theirs = index._content.encodings, fresh._content.encodings
    assert np.array_equal(ours.offsets, theirs.offsets)
    assert np.abs(ours.rows.astype(int) - theirs.rows).max() <= 1
    one, other = PolicyAssistant(index), PolicyAssistant(fresh)
    asked = read_own(QUESTIONS, split="dev").queries[::36]
    for question in [query.text for query in asked]:
        hits = [
            [(h.result.document, h.result.clause) for h in i.search(question)]
            for i in (index, fresh)
        ]
        assert hits[0] == hits[1]
        answers = [assistant.ask(question) for assistant in (one, other)]
        assert answers[0].outcome == answers[1].outcome
        assert answers[0].answer == answers[1].answer
    assert len(_questions()["zh"]) + len(_questions()["en"]) == len(index._content.questions.keys)

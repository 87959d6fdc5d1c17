"""An index in milvus-lite beside the same one in a folder: both sides, filters, answers, uploads."""

from __future__ import annotations

import builtins
import json
import logging
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index import milvus, snapshot, stores
from index.__main__ import main
from index.address import Address, read_address
from index.cluster_store import fetch, upload
from index.errors import ClusterError
from index.hybrid import HybridIndex
from index.milvus import Cluster
from index.stores import open_index
from index.types import Filters
from qa.__main__ import main as ask
from qa.assistant import PolicyAssistant
from qa.schema import read_request, write_response
from tests.cluster_library import QUESTIONS, build, make_documents, serve
from tests.conftest import FakeEncoder

pytest.importorskip("pymilvus", reason="no Milvus client: pip install '.[milvus]'")
pytest.importorskip("milvus_lite", reason="no Milvus to talk to: pip install milvus-lite")

ENCODER = FakeEncoder(256, tokens=False)
DAY = date(2024, 6, 1)


@pytest.fixture(scope="module", autouse=True)
def _quick() -> Iterator[None]:
    """Look for what was asked for at once: the client would look every half a second."""
    sleep = time.sleep
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "sleep", lambda seconds: sleep(min(seconds, 0.01)))
        yield


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("store"), ENCODER)


@pytest.fixture(scope="module")
def smaller(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the stores of two indexes of one document each."""
    first, second, _ = make_documents()
    return (
        build(tmp_path_factory.mktemp("first"), ENCODER, [first]),
        build(tmp_path_factory.mktemp("second"), ENCODER, [second]),
    )


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, store: Path) -> Iterator[Address]:
    """Return the address of a server that has the index of ``store``; tests only read it."""
    with serve(tmp_path_factory.mktemp("server")) as text:
        address = read_address(text)
        assert upload(store, Cluster(address))
        yield address


@pytest.fixture
def here(store: Path) -> HybridIndex:
    return HybridIndex.load(store, ENCODER)


@pytest.fixture(scope="module")
def there(address: Address, _home_of_session: None) -> HybridIndex:
    return fetch(address).open(ENCODER)


@pytest.fixture
def own(tmp_path: Path) -> Address:
    """Return the address of an empty cluster in this process, which a test may write."""
    return read_address(f"milvus+file:{tmp_path / 'lite.db'}")


@pytest.fixture(autouse=True)
def _fake_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "load_encoder", lambda model: ENCODER)


def vector_of(question: str) -> Any:
    return ENCODER.encode_query([question])


MASKS = [None, slice(0, 25), slice(25, None), slice(0, 0)]


def mask(admitted: slice | None, size: int) -> Any:
    """Return the units of some of the documents, which have 25 each."""
    if admitted is None:
        return None
    found = np.zeros(size, dtype=np.bool_)
    found[admitted] = True
    return found


# --- the two sides


@pytest.mark.parametrize("admitted", MASKS, ids=str)
def test_the_dense_side_finds_what_faiss_finds(
    here: HybridIndex, there: HybridIndex, admitted: slice | None
) -> None:
    admission = mask(admitted, len(here.units))
    for question in QUESTIONS:
        vector = vector_of(question)
        found = there._dense.search(vector, 10, admission)
        expected = here._dense.search(vector, 10, admission)
        # In the order of exact similarity: where two are equal but for rounding, either may be first.
        scores, chunks = there._dense.score(vector, found)
        np.testing.assert_allclose(scores, here._dense.score(vector, expected)[0], atol=1e-6)
        again, same = here._dense.score(vector, found)
        np.testing.assert_allclose(scores, again, atol=1e-6)
        assert chunks.tolist() == same.tolist()
        if admission is not None:
            assert admission[found].all()


@pytest.mark.parametrize("admitted", MASKS, ids=str)
def test_the_lexical_side_scores_what_bm25_scores(
    here: HybridIndex, there: HybridIndex, admitted: slice | None
) -> None:
    admission, everything = mask(admitted, len(here.units)), np.arange(len(here.units))
    for question in QUESTIONS:
        asked, expected = (side._lexical.ask(question, ["换电站"]) for side in (there, here))
        np.testing.assert_allclose(
            asked.of(everything), expected.of(everything), rtol=1e-5, atol=1e-6
        )
        best = asked.best(10, admission)
        np.testing.assert_allclose(
            expected.of(best), expected.of(expected.best(10, admission)), rtol=1e-5
        )
        if admission is not None:
            assert admission[best].all()


def test_a_word_weighs_the_same(here: HybridIndex, there: HybridIndex) -> None:
    for word in ("充电站", "吉林省", "没有的词", "abc", "支持"):
        assert there.idf(word) == here.idf(word)
        assert there.mentions(word) == here.mentions(word)


def test_a_graph_finds_nearly_what_comparing_all_finds(
    store: Path, here: HybridIndex, own: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(milvus, "GRAPH_FROM", 10)
    upload(store, Cluster(own))
    there = fetch(own).open(ENCODER)
    shared = [
        len(
            set(there._dense.search(vector_of(q), 10).tolist())
            & set(here._dense.search(vector_of(q), 10).tolist())
        )
        for q in QUESTIONS
    ]
    assert np.mean(shared) >= 9.5


# --- searches and answers


FILTERS = [
    Filters(),
    Filters(region="吉林省"),
    Filters(kind="意见"),
    Filters(document="anhui"),
    Filters(status="in_force"),
    Filters(since=date(2023, 1, 1), until=date(2023, 12, 31)),
    Filters(region="广东省"),
]


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_searches_find_the_same(here: HybridIndex, there: HybridIndex, filters: Filters) -> None:
    for question in QUESTIONS:
        expected = here.search(question, filters=filters, as_of=DAY)
        found = there.search(question, filters=filters, as_of=DAY)
        assert rounded(found) == pytest.approx(rounded(expected), abs=1e-4)


def rounded(hits: Any) -> dict[tuple[str, str], float]:
    return {(hit.result.document, hit.result.clause): hit.result.score for hit in hits}


def test_a_clause_is_looked_up_by_its_number(there: HybridIndex) -> None:
    hit, *_ = there.search("吉政发〔2024〕2号第三条")
    assert (hit.result.document, hit.result.clause) == ("jilin", "第三条")


def answer(index: HybridIndex, question: str) -> dict[str, Any]:
    request = read_request({"question": question, "as_of": "2024-06-01"})
    response = write_response(PolicyAssistant(index).ask(request))
    return {name: response[name] for name in ("outcome", "answer", "expansions", "index")} | {
        "cited": [(c["document"], c["clause"], c["quote"]) for c in response["citations"]],
    }


def test_answers_and_citations_are_the_same(here: HybridIndex, there: HybridIndex) -> None:
    answers = [(answer(there, question), answer(here, question)) for question in QUESTIONS]
    for found, expected in answers:
        assert found == expected
    assert sum(bool(found["cited"]) for found, _ in answers) >= 8


def test_two_processes_may_serve_one_cluster(
    address: Address, there: HybridIndex, home: Path
) -> None:
    # A process of its own has a home of its own, and shares nothing but the cluster.
    other = open_index(address)
    assert (home / "cluster").is_dir()
    assert other.built == there.built
    assert answer(other, QUESTIONS[0]) == answer(there, QUESTIONS[0])


# --- uploads


def test_an_upload_replaces_and_the_one_before_stays_for_its_readers(
    store: Path, smaller: tuple[Path, Path], own: Address, home: Path
) -> None:
    cluster, names, readers = Cluster(own), [], []
    for source, documents in ((store, 3), (smaller[0], 1), (smaller[1], 1)):
        assert upload(source, cluster)
        fetched = fetch(own)
        assert fetched.snapshot == cluster.current()
        names.append(fetched.snapshot)
        readers.append(fetched.open(ENCODER))
        assert len(readers[-1].documents) == documents
        # A reader of the one before goes on.
        assert all(reader.search(QUESTIONS[0]) for reader in readers[-2:])
        assert cluster.snapshots() == set(names[-2:])
        assert {path.name for path in (home / "cluster").iterdir()} == set(names[-2:])
    with pytest.raises(ClusterError):
        readers[0].search(QUESTIONS[0])
    assert not upload(smaller[1], cluster)


def test_an_upload_that_is_stopped_leaves_what_was_in_use(
    store: Path, smaller: tuple[Path, Path], own: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = Cluster(own)
    upload(smaller[0], cluster)
    current = cluster.current()

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    for where in ("insert", "complete", "switch"):
        with monkeypatch.context() as patch:
            patch.setattr(Cluster, where, stop)
            with pytest.raises(KeyboardInterrupt):
                upload(store, cluster)
        assert cluster.current() == current
        assert len(fetch(own).open(ENCODER).documents) == 1
    assert upload(store, cluster)
    assert len(fetch(own).open(ENCODER).documents) == 3


def test_rows_that_got_lost_are_noticed_before_the_switch(
    store: Path, own: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster, insert = Cluster(own), Cluster.insert

    def lose(self: Cluster, kind: milvus.Kind, name: str, rows: Any) -> None:
        insert(self, kind, name, rows[:-1])

    monkeypatch.setattr(Cluster, "insert", lose)
    with pytest.raises(ClusterError, match="incomplete"):
        upload(store, cluster)
    assert cluster.current() is None and cluster.snapshots() == set()


def test_an_index_in_use_whose_rows_are_gone_is_uploaded_again(
    smaller: tuple[Path, Path], own: Address
) -> None:
    store, cluster = smaller[0], Cluster(own)
    upload(store, cluster)
    name = cluster.current()
    assert name is not None
    cluster._client.drop_collection(milvus.collection_name("units", name))
    assert upload(store, cluster)
    assert fetch(own).open(ENCODER).search(QUESTIONS[0])


def test_collections_that_a_restart_released_are_ready_again(
    smaller: tuple[Path, Path], own: Address
) -> None:
    store, cluster = smaller[0], Cluster(own)
    upload(store, cluster)
    name = cluster.current()
    assert name is not None

    def release() -> None:
        for kind in milvus.KINDS:
            cluster._client.release_collection(milvus.collection_name(kind, name))

    release()
    assert fetch(own).open(ENCODER).search(QUESTIONS[0])
    release()
    assert upload(store, cluster) is False


# --- what is fetched


def test_files_that_were_damaged_here_are_fetched_again(address: Address) -> None:
    fetched = fetch(address)
    units = max(fetched.store.rglob("*.*"), key=lambda path: path.stat().st_size)
    units.write_bytes(b"damaged")
    assert len(fetch(address).open(ENCODER).documents) == 3


def test_a_file_that_would_lie_elsewhere_is_refused(
    address: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = Cluster.rows

    def escape(*arguments: Any) -> list[dict[str, Any]]:
        return [row | {"name": "../../../outside"} for row in rows(*arguments)]

    monkeypatch.setattr(Cluster, "rows", escape)
    with pytest.raises(ClusterError, match="outside"):
        fetch(address)
    assert not list(tmp_path.rglob("outside"))


# --- the command line, and what goes wrong


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    return code, *capsys.readouterr()


def test_build_info_search_and_ask(
    tmp_path: Path,
    own: Address,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document = tmp_path / "opinion.txt"
    document.write_text(
        "某某意见\n一、支持公共充电站建设。\n二、支持电池回收。\n", encoding="utf-8"
    )
    code, out, err = run(capsys, "build", document, "--store", own)
    assert code == 0 and f"{own}: 已启用 in use" in out and "uploading" in err
    assert "没有变化 unchanged" in run(capsys, "build", document, "--store", own)[1]
    code, out, _ = run(capsys, "info", "--store", own, "--json")
    assert code == 0 and json.loads(out)["units"] == 2
    # What the process has of its own is not what it reads.
    monkeypatch.setenv("POLICY_QA_HOME", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("POLICY_QA_STORE", str(own))
    code, out, _ = run(capsys, "search", "充电站", "--json")
    assert code == 0 and json.loads(out)[0]["clause"] == "一"
    assert ask(["ask", "支持充电站建设吗？", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["citations"][0]["clause"] == "一"
    questions, answers = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    questions.write_text('{"question": "支持电池回收吗？"}\n', encoding="utf-8")
    assert ask(["batch", str(questions), str(answers), "--store", str(own)]) == 0
    assert json.loads(answers.read_text("utf-8"))["citations"][0]["clause"] == "二"
    assert not (tmp_path / "elsewhere" / "index").exists()


def test_a_cluster_without_an_index_says_how_to_make_one(
    own: Address, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "search", "充电站", "--store", own)
    assert (code, out) == (2, "")
    assert f"集群中没有索引。请运行 python -m index build --store {own}" in err


def test_another_encoder_is_told(address: Address) -> None:
    with pytest.raises(ClusterError, match="another engine or version of the same model"):
        fetch(address).open(FakeEncoder(64, tokens=False))


def test_an_index_of_another_version_is_told(
    address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "FORMAT", 99)
    with pytest.raises(ClusterError, match="another version of this program"):
        fetch(address)


def test_a_cluster_that_does_not_answer_is_told_without_its_password(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        for command in (["search", "充电站"], ["info"], ["build"]):
            code, out, err = run(
                capsys, *command, "--store", "milvus+http://root:secret@127.0.0.1:1/laws"
            )
            assert (code, out) == (2, "")
            assert "milvus+http://127.0.0.1:1/laws：Milvus 集群无法访问" in err
            assert "secret" not in err and "Traceback" not in err
    assert "secret" not in caplog.text


def test_without_the_client_it_is_told_how_to_install_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: Any, **named: Any) -> Any:
        if name == "pymilvus":
            raise ImportError(name)
        return real(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    code, _, err = run(capsys, "search", "充电站", "--store", "milvus+http://127.0.0.1:1")
    assert code == 2 and "pip install 'policy-qa[milvus]'" in err

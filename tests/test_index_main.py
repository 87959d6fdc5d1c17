"""The command line: exit codes, JSON alone on standard output, no traceback."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from documents import register
from documents.library import library_folder
from index import hybrid, snapshot, stores
from index.__main__ import main
from index.snapshot import build_lock, current
from qa.__main__ import main as ask
from tests.conftest import FakeEncoder

ROOT = Path(__file__).parent.parent
TEXT = "某某意见\n一、支持公共充电站建设。\n二、支持电池回收。\n"


pytestmark = pytest.mark.usefixtures("short_background")


@pytest.fixture(autouse=True)
def _fake_model(monkeypatch: pytest.MonkeyPatch, encoder: FakeEncoder) -> None:
    monkeypatch.setattr(stores, "load_encoder", lambda model: encoder)


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "opinion.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture
def store(tmp_path: Path, document: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    path = tmp_path / "store"
    assert main(["build", str(document), "--out", str(path)]) == 0
    capsys.readouterr()
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    return code, *capsys.readouterr()


def test_build_reports_progress_beside_and_counts_in_the_output(
    document: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "build", document, "--out", tmp_path / "store")
    assert code == 0
    assert f"{tmp_path / 'store'}: 1 份文档 documents, 3 条 clauses, 2 个检索单元 units" in out
    assert "reading: 1/1" in err and "encoding: 2/2" in err


def test_build_without_a_path_indexes_the_library(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for sample in library_folder().glob("*"):
        sample.unlink()
    (home / "documents" / "mine.txt").write_text(TEXT, encoding="utf-8")
    code, out, _ = run(capsys, "build")
    assert code == 0 and out.startswith(f"{home / 'index'}: 1 份文档 documents")


@pytest.mark.parametrize(("name", "data"), [("image.png", bytes(range(256)) * 9), ("empty", b"")])
def test_unreadable_file_among_others_is_told_and_makes_the_exit_code_1(
    name: str, data: bytes, document: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / name
    bad.write_bytes(data)
    code, out, err = run(capsys, "build", document, bad, "--out", tmp_path / "store")
    assert code == 1 and "1 份文档 documents" in out
    assert err.count(str(bad)) == 2  # in Chinese and in English
    assert run(capsys, "build", bad, "--out", tmp_path / "other")[0] == 2


def test_missing_path_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "build", tmp_path / "missing", "--out", tmp_path / "store")
    assert (code, out) == (2, "")
    assert "文件不存在" in err and "no such file" in err


def test_document_without_a_unit_is_indexed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "title.txt").write_text("标题\n", encoding="utf-8")
    store = tmp_path / "store"
    code, out, _ = run(capsys, "build", tmp_path / "title.txt", "--out", store)
    assert code == 0 and "0 个检索单元 units" in out
    assert run(capsys, "search", "充电站", "--index", store, "--json")[1] == "[]\n"


def test_second_build_during_the_first_is_refused(
    store: Path, document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = current(store)
    with build_lock(store):
        code, out, err = run(capsys, "build", document, "--out", store)
        assert (code, out) == (2, "") and "另一个进程" in err and "another process" in err
        assert run(capsys, "verify", "--index", store)[0] == 0
    assert current(store) == before


def test_interrupted_build_leaves_the_index(
    store: Path,
    document: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(stores, "load_encoder", interrupt)
    code, out, err = run(capsys, "build", document, "--out", store)
    assert (code, out) == (130, "") and "unchanged" in err
    assert run(capsys, "verify", "--index", store)[0] == 0


def test_full_disk_is_told(
    store: Path,
    document: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("index.snapshot._sync", fail)
    code, out, err = run(capsys, "build", document, "--out", store)
    assert (code, out) == (2, "") and "No space left" in err


def test_info_is_the_manifest(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "info", "--index", store, "--json")
    obj = json.loads(out)
    assert (code, err) == (0, "")
    assert (obj["documents"], obj["units"], obj["encoder"]) == (1, 2, "fake")
    code, out, _ = run(capsys, "info", "--index", store)
    assert code == 0 and f"fingerprint: {obj['fingerprint']}\n" in out
    assert obj["tokens"] > 0 and "late interaction: 开 / on\n" in out


@pytest.mark.parametrize(
    ("limit", "reason"), [(1, "more than 1 chunks"), (99, "the model gives no vectors")]
)
def test_info_says_why_there_is_no_late_interaction(
    limit: int,
    reason: str,
    store: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without = dataclasses.replace(snapshot.read_manifest(store), tokens=0)
    monkeypatch.setattr(snapshot, "read_manifest", lambda _: without)
    monkeypatch.setattr("index.__main__.LATE_LIMIT", limit)
    code, out, _ = run(capsys, "info", "--index", store)
    [line] = [line for line in out.splitlines() if line.startswith("late interaction:")]
    assert code == 0 and "/ off: " in line and reason in line


def test_verify_names_what_is_damaged(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "verify", "--index", store)
    assert code == 0 and "intact" in out
    folder = current(store)
    assert folder is not None
    (folder / "units.npy").write_bytes(b"")
    code, out, err = run(capsys, "verify", "--index", store)
    assert (code, out) == (2, "") and "units.npy" in err
    assert f"python -m index build --out {store}" in err


@pytest.mark.parametrize("command", ["info", "verify", "search"])
def test_store_that_is_none_is_bad_input(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    question = ["充电站"] if command == "search" else []
    code, out, err = run(capsys, command, *question, "--index", tmp_path / "nothing")
    assert (code, out) == (2, "") and "no index here" in err


def test_search_prints_json_alone(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "search", "公共充电站", "--index", store, "--json")
    assert (code, err) == (0, "")
    [first, second] = json.loads(out)
    assert first == {
        "document": "opinion",
        "clause": "一",
        "score": 1.0,
        "ranks": {"lexical": 1, "dense": 1},
    }
    assert second["clause"] == "二"
    assert run(capsys, "search", "公共充电站", "--index", store, "--json")[1] == out


def test_search_prints_title_and_clause(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "search", "公共充电站", "--index", store, "--k", 1)
    assert code == 0
    assert out == "1. 1.000  《某某意见》 一\n   一、支持公共充电站建设。\n"


def test_search_filters(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    search = ("search", "公共充电站", "--index", store, "--json")
    assert run(capsys, *search, "--document", "other")[1] == "[]\n"
    assert len(json.loads(run(capsys, *search, "--document", "opinion")[1])) == 2
    code, out, err = run(capsys, *search, "--from", "yesterday")
    assert (code, out) == (2, "") and "yesterday" in err


# --- the library and its index --------------------------------------------------------------------


def found(capsys: pytest.CaptureFixture[str], question: str) -> list[str]:
    """Return the documents that a search of the library's own index finds."""
    code, out, _ = run(capsys, "search", question, "--json")
    assert code == 0
    return [result["document"] for result in json.loads(out)]


@pytest.fixture
def empty(home: Path) -> Path:
    folder = home / "documents"
    folder.mkdir(parents=True)
    return folder


def test_an_added_document_is_found_and_asked(
    document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "opinion" not in found(capsys, "支持公共充电站建设")
    code, out, err = run(capsys, "add", document)
    assert code == 0
    assert f"{document}：已添加为 opinion。\n{document}: added as opinion.\n" in out
    assert "6 份文档 documents" in out
    assert "添加 adding: 1/1" in err and "reading: 6/6" in err and "encoding" in err
    assert found(capsys, "支持公共充电站建设")[0] == "opinion"
    code = ask(["ask", "某某意见支持公共充电站建设吗？", "--json"])
    results = json.loads(capsys.readouterr().out)["results"]
    assert code == 0 and results[0]["document"] == "opinion"


def test_a_removed_document_is_found_no_more(
    document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "add", document)
    code, out, _ = run(capsys, "remove", "opinion")
    assert code == 0
    assert "opinion.txt：已删除 opinion。\nopinion.txt: removed opinion.\n" in out
    assert "5 份文档 documents" in out
    assert "opinion" not in found(capsys, "支持公共充电站建设")


def test_results_as_json_are_alone_on_standard_output(
    document: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "missing.txt"
    code, out, err = run(capsys, "add", document, missing, "--json")
    assert code == 1 and "6 份文档 documents" in err
    obj = json.loads(out)
    assert obj["index"] == json.loads(run(capsys, "info", "--json")[1])["fingerprint"]
    assert obj["results"] == [
        {
            "file": str(document),
            "outcome": "added",
            "id": "opinion",
            "other": None,
            "message": {"zh": "已添加为 opinion。", "en": "added as opinion."},
        },
        {
            "file": str(missing),
            "outcome": "failed",
            "id": None,
            "other": None,
            "message": {
                "zh": "文件不存在，请检查路径。",
                "en": "no such file; check the path.",
            },
        },
    ]
    code, out, _ = run(capsys, "remove", "opinion", "--json")
    obj = json.loads(out)
    assert code == 0 and obj["index"]
    assert [(r["outcome"], r["id"]) for r in obj["results"]] == [("removed", "opinion")]


def test_nothing_new_builds_nothing(
    document: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "add", document)
    before = current(home / "index")
    copy = document.with_name("copy.txt")
    copy.write_bytes(document.read_bytes())
    code, out, err = run(capsys, "add", copy, "--json")
    assert code == 0 and "encoding" not in err
    obj = json.loads(out)
    assert obj["index"] is None
    assert [(r["outcome"], r["other"]) for r in obj["results"]] == [("duplicate", "opinion")]
    assert current(home / "index") == before


def test_adding_only_what_fails_is_bad_input(
    tmp_path: Path, empty: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "add", tmp_path / "missing.txt")
    assert (code, out) == (2, "") and "文件不存在" in err and "no such file" in err
    assert list(empty.glob("*.txt")) == []


def test_removing_an_unknown_document_is_bad_input(
    capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    found(capsys, "充电站")
    before = current(home / "index")
    code, out, err = run(capsys, "remove", "nanchang-auto-action", "--json")
    assert (code, out) == (2, "")
    assert err.count("nanchang-auto-action-plan") == 2
    assert current(home / "index") == before
    assert len(list((home / "documents").glob("*.txt"))) == 5


def test_an_emptied_library_has_no_index(
    document: Path, empty: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "add", document)[0] == 0
    code, out, err = run(capsys, "remove", "opinion", "--json")
    assert code == 0 and json.loads(out)["index"] is None
    assert "文档库现在是空的" in err and "library is empty now" in err
    assert current(home / "index") is None
    assert [path.name for path in (home / "index").iterdir() if path.is_dir()] == []
    for command in (["build"], ["search", "充电站"]):
        code, out, err = run(capsys, *command)
        assert (code, out) == (2, "")
        assert "文档库是空的" in err and "python -m index add" in err
    assert run(capsys, "add", document)[0] == 0
    assert found(capsys, "公共充电站")[0] == "opinion"


def test_an_index_that_cannot_follow_says_how_to_go_on(
    document: Path,
    empty: Path,
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (empty / "other.txt").write_text("某某办法\n一、支持换电站。\n", "utf-8")
    assert found(capsys, "换电站") == ["other"]
    before = current(home / "index")
    with monkeypatch.context() as patch:
        patch.setattr(hybrid.HybridIndex, "save", raising(OSError("No space left on device")))
        code, out, err = run(capsys, "add", document, "--json")
    assert code == 1
    obj = json.loads(out)
    assert obj["index"] is None and obj["results"][0]["outcome"] == "added"
    assert "索引没有更新" in err and "python -m index build" in err
    assert (empty / "opinion.txt").exists()
    assert current(home / "index") == before
    assert found(capsys, "换电站") == ["other"]
    assert run(capsys, "build")[0] == 0
    assert found(capsys, "公共充电站")[0] == "opinion"


def test_an_index_that_could_not_follow_does_so_at_the_next_change(
    document: Path,
    empty: Path,
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(hybrid.HybridIndex, "save", raising(OSError("No space left on device")))
        assert run(capsys, "add", document)[0] == 1
    assert snapshot.is_outdated(home / "index")
    code, out, _ = run(capsys, "add", document, "--json")
    obj = json.loads(out)
    assert (code, obj["results"][0]["outcome"]) == (0, "duplicate") and obj["index"]
    assert not snapshot.is_outdated(home / "index")
    assert found(capsys, "公共充电站")[0] == "opinion"


@pytest.mark.parametrize("place", ["documents.register._settle", "index.hybrid.HybridIndex.save"])
def test_an_addition_interrupted_at_any_moment_is_taken_back(
    place: str,
    document: Path,
    empty: Path,
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (empty / "other.txt").write_text("某某办法\n一、支持换电站。\n", "utf-8")
    assert found(capsys, "换电站") == ["other"]
    before = current(home / "index")
    commit = register.commit
    if place.endswith("_settle"):  # the change is decided, and nothing of it carried out

        def stop(*arguments: Any, **named: Any) -> None:
            with monkeypatch.context() as patch:
                patch.setattr(place, raising(KeyboardInterrupt()))
                commit(*arguments, **named)

        monkeypatch.setattr("documents.library.commit", once(stop, commit))
    else:
        monkeypatch.setattr(place, raising(KeyboardInterrupt()))
    code, out, err = run(capsys, "add", document)
    assert (code, out) == (130, "") and "unchanged" in err
    assert [path.name for path in empty.glob("[!.]*")] == ["other.txt"]
    assert current(home / "index") == before and not snapshot.is_outdated(home / "index")


def once(first: Callable[..., None], then: Callable[..., None]) -> Callable[..., None]:
    """Return what is ``first`` when it is called, and ``then`` ever after."""
    left = [first]
    return lambda *args, **named: (left.pop() if left else then)(*args, **named)


def test_an_interrupt_after_the_index_has_changed_comes_too_late(
    document: Path,
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert found(capsys, "换电站")
    monkeypatch.setattr("index.snapshot._remove_snapshots", raising(KeyboardInterrupt()))
    code, out, _ = run(capsys, "add", document)
    assert code == 0 and "6 份文档" in out
    monkeypatch.undo()


def test_an_interrupted_removal_says_how_to_go_on(
    document: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(capsys, "add", document)
    with monkeypatch.context() as patch:
        patch.setattr(hybrid.HybridIndex, "save", raising(KeyboardInterrupt()))
        code, _, err = run(capsys, "remove", "opinion")
    assert code == 1 and "索引没有更新" in err
    assert found(capsys, "支持公共充电站建设")[0] == "opinion"
    assert run(capsys, "build")[0] == 0
    assert "opinion" not in found(capsys, "支持公共充电站建设")


def test_corrected_metadata_is_searched_and_survives_a_build(
    document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "add", document)
    code, out, _ = run(
        capsys, "correct", "opinion", "title=某省充电办法", "region=长春", "written=2024-05-22"
    )
    assert code == 0 and "已更正 opinion 的元数据：title, region, written。" in out
    search = ["search", "支持公共充电站建设", "--region", "长春市", "--json"]
    for _ in range(2):
        assert json.loads(run(capsys, *search)[1])[0]["document"] == "opinion"
        assert run(capsys, "build")[0] == 0
    code, out, _ = run(capsys, "correct", "opinion", "region=", "--json")
    assert (code, json.loads(out)["results"][0]["outcome"]) == (0, "corrected")
    assert "opinion" not in found_in(capsys, *search)
    code, out, _ = run(capsys, "correct", "opinion", "region=", "--json")
    assert (code, json.loads(out)["index"]) == (0, None)
    assert json.loads(out)["results"][0]["outcome"] == "unchanged"


def found_in(capsys: pytest.CaptureFixture[str], *search: str) -> list[str]:
    return [result["document"] for result in json.loads(run(capsys, *search)[1])]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["opinion", "written=2024年5月"], "written: '2024年5月' is not a date"),
        (["opinion", "nothing=1"], "nothing: there is no such field"),
        (
            ["opinions", "title=某某"],
            "has no document opinions (near: opinion); nothing was changed",
        ),
    ],
)
def test_a_wrong_correction_is_bad_input_and_changes_nothing(
    arguments: list[str],
    told: str,
    document: Path,
    home: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(capsys, "add", document)
    before = current(home / "index")
    code, out, err = run(capsys, "correct", *arguments)
    assert (code, out) == (2, "") and told in err
    assert current(home / "index") == before and not snapshot.is_outdated(home / "index")
    assert not (home / "documents" / ".corrections.json").exists()


def test_a_fault_of_ours_keeps_its_traceback_and_says_how_to_go_on(
    document: Path, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hybrid.HybridIndex, "build", raising(ZeroDivisionError("oops")))
    with pytest.raises(ZeroDivisionError) as caught:
        main(["add", str(document)])
    assert "python -m index build" in caught.value.__notes__[0]


def raising(error: BaseException) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def test_a_library_that_is_being_indexed_is_not_changed(
    document: Path, empty: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with build_lock(home / "index"):
        code, out, err = run(capsys, "add", document)
    assert (code, out) == (2, "") and "另一个进程" in err
    assert list(empty.glob("*.txt")) == []


def test_an_interrupted_addition_changes_nothing(
    document: Path,
    empty: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("documents.intake.read_source", raising(KeyboardInterrupt()))
    code, out, err = run(capsys, "add", document)
    assert (code, out) == (130, "") and "unchanged" in err
    assert list(empty.glob("*.txt")) == []


def test_an_unreadable_file_of_the_library_is_told(
    document: Path, empty: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (empty / "broken.txt").write_bytes(b"")
    code, out, err = run(capsys, "add", document)
    assert code == 1 and "1 份文档 documents" in out and str(empty / "broken.txt") in err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["add"],
        ["remove"],
        ["correct", "x"],
        ["correct", "x", "title"],
        ["search"],
        ["search", "x", "--k", "0"],
        ["search", "x", "--k", "many"],
        ["x"],
    ],
)
def test_wrong_use_is_bad_input(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2 and capsys.readouterr().out == ""


def test_module_runs_as_a_program(store: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "index", "info", "--index", str(store), "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "") and json.loads(done.stdout)["units"] == 2

"""The command line: one question, and a file of them."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

from evaluation.datasets import read_questions
from index import stores
from index.stores import build_store
from qa import __main__ as command
from qa.__main__ import main
from qa.log import Feedback, Log, log_path
from tests.asks import asked
from tests.conftest import FakeEncoder

TEXT = "吉林省某某意见\n一、支持公共充电站建设，给予一次性补助。\n二、建立电池回收体系。\n"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoder: FakeEncoder) -> str:
    monkeypatch.setattr(stores, "load_encoder", lambda model: encoder)
    document = tmp_path / "opinion.txt"
    document.write_text(TEXT, encoding="utf-8")
    build_store(tmp_path / "store", [document])
    return str(tmp_path / "store")


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    return code, *capsys.readouterr()


# --- ask


def test_ask_prints_the_answer_and_the_notices(
    store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "ask", "充电站补助多少", "--index", store)
    assert (code, err) == (0, "")
    assert "支持公共充电站建设" in out and "以原文为准。" in out
    assert out.splitlines()[-1].startswith("※ ")


def test_ask_prints_json_alone(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("ask", "那吉林呢？", "--history", "安徽充电站建设", "--index", store, "--json")
    code, out, err = run(capsys, *arguments, "--as-of", "2026-01-01", "--k", 1)
    obj = json.loads(out)
    assert (code, err) == (0, "")
    assert obj["understood_as"] == "吉林充电站建设" and obj["as_of"] == "2026-01-01"
    assert [citation["clause"] for citation in obj["citations"]] == ["一"]
    assert len(obj["results"]) == 1


def test_ask_filters(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "ask", "充电站建设", "--region", "安徽省", "--index", store, "--json")
    assert json.loads(out)["results"] == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["？"], "The question is empty"),
        (["充电站", "--as-of", "soon"], "YYYY-MM-DD"),
        (["充电站", "--status", "valid"], "in_force"),
        (["充电站", "--k", "0"], "between 1 and"),
    ],
)
def test_bad_question_is_told(
    arguments: list[str], told: str, store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "ask", *arguments, "--index", store)
    assert (code, out) == (2, "") and told in err


def test_missing_index_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "ask", "充电站", "--index", tmp_path / "nothing")
    assert (code, out) == (2, "") and "no index here" in err


# --- batch


def batch(
    capsys: pytest.CaptureFixture[str], store: str, tmp_path: Path, text: str | bytes
) -> tuple[int, list[dict[str, Any]]]:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(text if isinstance(text, bytes) else text.encode())
    code, out, _ = run(capsys, "batch", source, target, "--index", store)
    assert out == ""
    return code, [json.loads(line) for line in target.read_text("utf-8").split("\n")[:-1]]


def test_batch_keeps_the_order(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    questions = ["充电站", "回收", "天气", "charging station"]
    lines = [json.dumps({"id": f"q{i}", "question": q}) for i, q in enumerate(questions)]
    code, answers = batch(capsys, store, tmp_path, "\n\n".join(lines) + "\n")
    assert code == 0
    assert [answer["id"] for answer in answers] == ["q0", "q1", "q2", "q3"]
    assert [answer["question"] for answer in answers] == questions


def test_batch_answers_as_ask_does(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = json.dumps({"question": "充电站建设", "as_of": "2026-01-01"})
    _, [answer] = batch(capsys, store, tmp_path, line)
    arguments = ("ask", "充电站建设", "--as-of", "2026-01-01", "--index", store, "--json")
    asked = json.loads(run(capsys, *arguments)[1])
    for obj in (answer, asked):
        del obj["timings_ms"]
    assert answer == asked


@pytest.mark.parametrize(
    ("line", "id", "code"),
    [
        ("{", None, "not_json"),
        ("充电站", None, "not_json"),
        ("[" * 100_000, None, "not_json"),
        ("1" * 5000, None, "not_json"),
        ('"充电站"', None, "not_an_object"),
        ('{"id": "b", "question": "？"}', "b", "empty_question"),
        ('{"id": 7, "question": "充电站", "k": 0}', 7, "bad_k"),
        ('{"id": "b", "question": "\\ud800充电站"}', "b", "not_text"),
        ('{"id": "\\ud800", "question": "充电站"}', "\ud800", "not_text"),
        ('{"question": "充电站", "filters": {"kind": "\\ud800"}}', None, "bad_value"),
        ('{"id": NaN, "question": 3}', None, "not_json"),
        ('{"id": [1e999], "question": 3}', None, "no_question"),
    ],
)
def test_bad_line_is_an_error_in_its_place(
    line: str, id: object, code: str, store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = '{"id": "a", "question": "充电站"}'
    exit_code, answers = batch(capsys, store, tmp_path, f"{good}\n{line}\n{good}\n")
    assert exit_code == 1
    first, bad, last = answers
    assert first["id"] == last["id"] == "a" and "error" not in first
    assert set(bad) == {"id", "error"} and set(bad["error"]) == {"code", "message"}
    assert (bad["id"], bad["error"]["code"]) == (id, code)
    assert "\n" in bad["error"]["message"]  # Chinese, then English


def test_only_line_feeds_end_lines(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ['{"question": "充电站\u2028建设\x85"}', '{"question": "回收"}']
    code, answers = batch(capsys, store, tmp_path, "\ufeff" + "\r\n".join(lines))
    assert code == 0 and len(answers) == 2


def test_file_without_questions_gives_no_answers(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert batch(capsys, store, tmp_path, "\n") == (0, [])


def test_missing_input_is_told(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out.jsonl"
    code, out, err = run(capsys, "batch", tmp_path / "missing.jsonl", target, "--index", store)
    assert (code, out) == (2, "") and "missing.jsonl" in err
    assert not target.exists()


def test_input_that_is_no_text_is_told(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes("充电站".encode("gb18030"))
    code, out, err = run(capsys, "batch", source, tmp_path / "out.jsonl", "--index", store)
    assert (code, out) == (2, "") and "in.jsonl" in err and "UTF-8" in err


def test_interrupted_batch_leaves_the_output_as_it_was(
    store: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out" / "out.jsonl"
    source.write_text('{"question": "充电站"}\n' * 3, encoding="utf-8")
    target.parent.mkdir()
    target.write_text("earlier answers\n")
    answered: list[str] = []

    def interrupt(_: object, line: str) -> dict[str, Any]:
        if answered:
            raise KeyboardInterrupt
        answered.append(line)
        return {}

    monkeypatch.setattr(command, "_answer", interrupt)
    code, out, err = run(capsys, "batch", source, target, "--index", store)
    assert (code, out) == (130, "") and "Interrupted" in err and answered
    assert target.read_text() == "earlier answers\n"
    assert list(target.parent.iterdir()) == [target]


# --- feedback


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a log with two calls, one judged good, the other bad without a word why."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("no index is needed")

    monkeypatch.setattr(command, "open_index", refuse)
    monkeypatch.setattr(stores, "load_encoder", refuse)
    log = Log(log_path())
    log.judge(Feedback(log.record(*asked()), "up"))
    log.judge(Feedback(log.record(*asked("天气", cited=[])), "down"))


@pytest.mark.usefixtures("judged")
def test_feedback_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "feedback")
    assert code == 0 and "提问 calls: 2" in out and "差评 down: 1" in out
    assert err.count("\n") == 2 and "未导出 1 题" in err and "Left out 1" in err


@pytest.mark.usefixtures("judged")
def test_feedback_prints_json_alone(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "feedback", "--json")
    counts = json.loads(out)
    assert (code, counts["calls"], counts["up"], counts["down"]) == (0, 2, 1, 1)
    assert counts["export"]["questions"] == counts["export"]["left_out"]["unlearnable"] == 1


@pytest.mark.usefixtures("judged")
@pytest.mark.parametrize("name", ["f.jsonl", "f.jsonl.gz"])
def test_feedback_is_exported_for_evaluation(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / name
    file.write_bytes(b"of before")
    assert run(capsys, "feedback", "--export", file)[0] == 0
    [question] = read_questions(file)
    assert (question.question, question.outcome) == ("充电站建设有什么支持？", "answered")
    assert [gold.grade for gold in question.gold] == [2, 1]
    first = file.read_bytes()
    assert first.startswith(gzip.compress(b"")[:2]) == name.endswith(".gz")
    assert run(capsys, "feedback", "--export", file, "--json")[0] == 0
    assert file.read_bytes() == first


def test_without_a_log_there_is_nothing_to_export(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "f.jsonl"
    assert run(capsys, "feedback")[0] == 0
    code, out, err = run(capsys, "feedback", "--export", file, "--json")
    assert code == 1 and json.loads(out)["calls"] == 0 and "nothing to export" in err
    assert not file.exists() and not log_path().exists()


@pytest.mark.usefixtures("judged")
def test_export_that_cannot_be_written_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "missing" / "f.jsonl"
    code, out, err = run(capsys, "feedback", "--export", file)
    assert (code, out) == (2, "") and f"{file}：" in err and "permissions" in err


def test_damaged_log_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    log_path().parent.mkdir(parents=True)
    log_path().write_bytes(b"no log" * 1000)
    code, out, err = run(capsys, "feedback")
    assert (code, out) == (2, "") and str(log_path()) in err and "damaged" in err


# --- forgetting


class Terminal(io.StringIO):
    """A terminal at which this is typed."""

    def isatty(self) -> bool:
        return True


def calls() -> int:
    return sum(Log(log_path()).count_outcomes().values())


@pytest.mark.usefixtures("judged")
def test_what_is_older_is_forgotten(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "feedback", "--forget-before", "2020-01-01")
    assert (code, err) == (0, "") and "Deleted 0 questions" in out and calls() == 2
    code, out, err = run(capsys, "feedback", "--forget-before", "9999-01-01", "--yes")
    assert (code, err) == (0, "") and calls() == 0
    assert "已删除 9999-01-01 以前的 2 次提问" in out and "Deleted 2 questions" in out


@pytest.mark.usefixtures("judged")
def test_forgetting_prints_json_alone(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "feedback", "--forget-before", "9999-01-01", "--yes", "--json")
    assert (code, json.loads(out), err) == (0, {"forgotten": 2}, "")


@pytest.mark.usefixtures("judged")
@pytest.mark.parametrize(
    ("typed", "agreed"),
    [("y\n", True), (" YES \n", True), ("是\n", True), ("\n", False), ("n\n", False), ("", False)],
)
def test_a_terminal_is_asked_first(
    typed: str, agreed: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    code, out, err = run(capsys, "feedback", "--forget-before", "9999-01-01")
    assert "将删除 9999-01-01 以前的 2 次提问" in err and "2 questions of before 9999-01-01" in err
    assert (code, calls(), "Deleted 2" in out) == ((0, 0, True) if agreed else (1, 2, False))
    assert ("Nothing was deleted" in err) is not agreed


@pytest.mark.usefixtures("judged")
def test_without_a_terminal_nothing_is_forgotten_unasked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    code, out, err = run(capsys, "feedback", "--forget-before", "9999-01-01")
    assert (code, out, calls()) == (2, "", 2) and "add --yes" in err and "请加 --yes" in err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--forget-before", "2026"], "write YYYY-MM-DD"),
        (["--forget-before", "2026-01-01", "--export", "f.jsonl"], "not allowed with"),
    ],
)
def test_forgetting_that_makes_no_sense_is_refused(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["feedback", *arguments])
    assert raised.value.code == 2 and told in capsys.readouterr().err


def test_without_a_log_there_is_nothing_to_forget(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "feedback", "--forget-before", "9999-01-01")[0] == 0
    assert not log_path().exists()


def test_help_says_what_is_forgotten(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["feedback", "--help"])
    told = "".join(capsys.readouterr().out.split())
    assert "--forget-before" in told and "--yes" in told and "删除这一天" in told

"""The command line: exit codes, JSON alone on stdout, errors without a traceback on stderr."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from documents.__main__ import main
from documents.parsing import parse
from documents.reports import format_audit, write_audit
from documents.schema import write_document, write_metadata
from tests.conftest import with_body

Run = Callable[..., tuple[int, str, str]]
ROOT = Path(__file__).parent.parent
NAMES = sorted(path.stem for path in (ROOT / "documents" / "samples").glob("*.txt"))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs the command and gives (exit code, stdout, stderr)."""

    def run(*arguments: object) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return run


@pytest.mark.parametrize("name", NAMES)
def test_show_prints_a_document_as_json(name: str, samples: Path, run: Run) -> None:
    path = samples / f"{name}.txt"
    code, out, err = run("show", path, "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == write_document(parse(path))


def test_show_prints_an_outline(samples: Path, run: Run) -> None:
    code, out, err = run("show", samples / "jilin-auto-cluster-upgrade.txt")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "# 吉林省人民政府关于实施汽车产业集群“上台阶”工程的意见"
    assert "region: 吉林省" in lines
    assert any(line.lstrip().startswith("三/（五）/15 ") for line in lines)
    assert any("! missing_number: 最高不超过万元" in line for line in lines)


def test_the_outline_names_what_was_odd(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "odd.txt"
    path.write_text("一、甲\n三、乙\u200b\n三、丙", "utf-8")
    out = run("show", path)[1]
    assert "gap: 三, expected 二, found 三" in out
    assert "duplicate: 三#2" in out
    assert "dropped (invisible): 1" in out


@pytest.mark.parametrize("json_too", [[], ["--json"]])
def test_bad_input_is_told_on_stderr(json_too: list[str], tmp_path: Path, run: Run) -> None:
    for path in (tmp_path / "missing.txt", tmp_path):
        code, out, err = run("show", path, *json_too)
        assert (code, out) == (2, "")
        assert str(path) in err
        assert "Traceback" not in err


@pytest.mark.parametrize(
    "arguments", [[], ["show"], ["destroy"], ["list", "--yaml"], ["verify", "x"]]
)
def test_a_wrong_command_is_bad_input(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "usage" in err


def test_list_reads_the_library(run: Run, samples: Path) -> None:
    code, out, err = run("list", "--json")
    assert (code, err) == (0, "")
    expected = [
        {"id": name, "metadata": write_metadata(parse(samples / f"{name}.txt").metadata)}
        for name in NAMES
    ]
    assert json.loads(out) == expected


def test_list_prints_a_line_for_each_document(run: Run) -> None:
    code, out, _ = run("list")
    assert code == 0
    rows = [line.split("\t") for line in out.splitlines()]
    assert [row[0] for row in rows] == NAMES
    assert all(len(row) == 3 and int(row[2]) > 0 for row in rows)


@pytest.mark.parametrize("json_too", [[], ["--json"]])
def test_some_unreadable_files_make_exit_code_1(json_too: list[str], home: Path, run: Run) -> None:
    folder = home / "documents"
    folder.mkdir(parents=True)
    (folder / "good.txt").write_text("一、甲", "utf-8")
    (folder / "bad.txt").write_bytes(b"")
    code, out, err = run("list", *json_too)
    assert code == 1
    assert "good" in out
    assert "bad" not in out
    assert str(folder / "bad.txt") in err


def test_a_home_that_is_no_folder_is_bad_input(home: Path, run: Run) -> None:
    home.write_text("a file", "utf-8")
    code, out, err = run("list", "--json")
    assert (code, out) == (2, "")
    assert "POLICY_QA_HOME" in err


# --- audit ----------------------------------------------------------------------------------------

ODD = """某某意见

一、甲\u200b。
三、最高不超过万元。
三、乙(yǐ)。
"""


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    path = tmp_path / "in" / "odd.txt"
    path.parent.mkdir()
    path.write_text(ODD, "utf-8")
    return path


def test_audit_as_json_has_everything(odd: Path, run: Run) -> None:
    code, out, err = run("audit", odd, "--json")
    assert (code, err) == (0, "")
    obj = json.loads(out)
    (document,) = obj["documents"]
    shown = write_document(parse(odd))
    assert (document["id"], document["format"], document["adds_up"]) == ("odd", "text", True)
    for name in ("characters", "dropped", "gaps", "duplicates", "overlong"):
        assert document[name] == shown["audit"][name]
    assert {(d["reason"], d["text"]) for d in document["dropped"]} == {
        ("invisible", "\u200b"),
        ("pinyin", "(yǐ)"),
    }
    assert document["kinds"] == {"front": 1, "clause": 3}
    assert document["levels"] == {"1": 3}
    assert [gap["path"] for gap in document["gaps"]] == ["三"]
    assert document["duplicates"] == ["三#2"]
    (defect,) = document["defects"]
    assert (defect["clause"], defect["kind"], defect["text"]) == (
        "三", "missing_number", "最高不超过万元",
    )  # fmt: skip
    assert shown["clean"][defect["start"] : defect["end"]] == defect["text"]
    assert document["doubts"] == ["no_number", "no_closing"]
    assert obj["failed"] == []
    assert obj["summary"] == {
        "documents": 1,
        "failed": 0,
        "clauses": 4,
        "defects": 1,
        "characters": document["characters"],
        "adds_up": True,
    }


def test_audit_for_a_terminal_names_what_is_odd(odd: Path, run: Run) -> None:
    code, out, err = run("audit", odd)
    assert (code, err) == (0, "")
    c = parse(odd).audit.characters
    for line in (
        "# odd  《某某意见》",
        "格式 format: 纯文本 text",
        f"字符 characters: 原文 source {c.source} = 条款 clauses {c.clauses} + 首 front {c.front} + "
        f"清除 dropped {c.dropped} (无遗漏 adds up)",
        "条款 clauses: 首 front 1, 条款 clause 3; 第1级 level 1: 3",
        "清除 dropped (invisible): 1 处, 1 字: '\\u200b'",
        "清除 dropped (pinyin): 1 处, 4 字: '(yǐ)'",
        "跳号 gap: 三, 应为 expected 二, 实为 found 三",
        "重号 duplicate: 三#2",
        "残损 defect: 三: missing_number: '最高不超过万元'",
        "存疑 doubtful: 没有文号 no_number",
    ):
        assert line in out.splitlines()
    assert out.splitlines()[-1].startswith("合计 total: 文档 documents 1, 未能读取 failed 0, ")


def test_audit_shortens_on_a_terminal_only(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "long.txt"
    path.write_text("一、甲" + "乙" * 3001 + "\n" + "丙\u200b" * 9 + "\u200b" * 50, "utf-8")
    out = run("audit", path)[1]
    assert "过长 overlong: 一" in out
    assert "\\u200b" * 40 not in out and "9 处, 59 字" in out and out.count(" | ") == 5
    (document,) = json.loads(run("audit", path, "--json")[1])["documents"]
    dropped = [d["text"] for d in document["dropped"] if d["reason"] == "invisible"]
    assert sum(map(len, dropped)) == 59


def test_audit_without_a_path_is_of_the_library(run: Run) -> None:
    code, out, err = run("audit", "--json")
    assert (code, err) == (0, "")
    obj = json.loads(out)
    assert [document["id"] for document in obj["documents"]] == NAMES
    assert obj["summary"]["adds_up"] is True
    assert obj["summary"]["clauses"] == sum(sum(d["kinds"].values()) for d in obj["documents"])
    assert obj["summary"]["defects"] == sum(len(d["defects"]) for d in obj["documents"]) > 0


def test_audit_searches_folders_and_tells_what_failed(odd: Path, run: Run) -> None:
    bad = odd.parent / "bad.txt"
    bad.write_bytes(b"")
    code, out, err = run("audit", odd.parent)
    assert code == 1 and "# odd" in out and str(bad) in err
    assert "未能读取 failed 1" in out
    code, out, err = run("audit", odd.parent, "--json")
    assert code == 1 and str(bad) in err
    (failed,) = json.loads(out)["failed"]
    assert failed == {
        "file": str(bad),
        "message": {"zh": "文件没有内容。", "en": "the file has no content."},
    }


def test_lost_characters_do_not_add_up(odd: Path) -> None:
    document = parse(odd)
    assert write_audit(document)["adds_up"]
    lost = with_body(document, clauses=document.clauses[:-1])
    uncounted = with_body(document, source=document.source + "x")
    unlisted = with_body(document, audit=replace(document.audit, dropped=()))
    for wrong in (lost, uncounted, unlisted):
        assert not write_audit(wrong)["adds_up"]
        assert "does NOT add up" in format_audit(wrong)


# --- verify ---------------------------------------------------------------------------------------


def test_verify_tells_an_intact_library(home: Path, run: Run) -> None:
    code, out, err = run("verify", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == {
        "intact": len(NAMES),
        "changed": [],
        "missing": [],
        "unregistered": [],
        "unreadable": [],
    }
    code, out, err = run("verify")
    assert (code, err) == (0, "")
    assert out.startswith(f"{home / 'documents'}: 完好 intact {len(NAMES)}, ")


def test_verify_lists_what_is_wrong_and_how_to_repair_it(home: Path, run: Run) -> None:
    folder = home / "documents"
    run("list")
    (folder / f"{NAMES[0]}.txt").write_text("x", "utf-8")
    (folder / f"{NAMES[1]}.txt").unlink()
    (folder / "hand.txt").write_text("一、甲", "utf-8")
    (folder / "broken.txt").write_bytes(b"")
    code, out, err = run("verify", "--json")
    assert (code, err) == (1, "")
    assert json.loads(out) == {
        "intact": len(NAMES) - 2,
        "changed": [f"{NAMES[0]}.txt"],
        "missing": [f"{NAMES[1]}.txt"],
        "unregistered": ["hand.txt"],
        "unreadable": [
            {
                "file": "broken.txt",
                "message": {"zh": "文件没有内容。", "en": "the file has no content."},
            }
        ],
    }
    code, out, err = run("verify")
    assert (code, err) == (1, "")
    for line in (
        f"已被改动 changed: {NAMES[0]}.txt",
        f"缺失 missing: {NAMES[1]}.txt",
        "未登记 not registered: hand.txt",
    ):
        assert line in out.splitlines()
    assert "无法读取 unreadable: broken.txt" in out
    assert "python -m index remove" in out and f"python -m index add {folder}" in out


def test_files_put_there_by_hand_are_no_error(home: Path, run: Run) -> None:
    run("list")
    (home / "documents" / "hand.txt").write_text("一、甲", "utf-8")
    code, out, _ = run("verify")
    assert code == 0 and "未登记 not registered: hand.txt" in out


def test_a_damaged_register_is_bad_input(home: Path, run: Run) -> None:
    run("list")
    (home / "documents" / ".checksums.json").write_text("{}", "utf-8")
    code, out, err = run("verify", "--json")
    assert (code, out) == (2, "")
    assert ".checksums.json" in err and "已损坏" in err and "damaged" in err


def process(*arguments: str, home: Path, locale: str) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "POLICY_QA_HOME": str(home), **dict.fromkeys(["LC_ALL"], locale)}
    return subprocess.run(
        [sys.executable, "-m", "documents", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        check=False,
    )


def test_two_processes_print_the_same_bytes(home: Path, samples: Path) -> None:
    """Whatever the order of sets; and in UTF-8, whatever the terminal's locale."""
    path = str(samples / "jilin-nev-action-plan-2024.txt")
    first = process("show", path, "--json", home=home, locale="C")
    second = process("show", path, "--json", home=home, locale="C.UTF-8")
    assert first.returncode == second.returncode == 0
    assert first.stdout == second.stdout
    assert json.loads(first.stdout.decode("utf-8"))["id"] == "jilin-nev-action-plan-2024"
    assert first.stderr == b""


def test_a_process_fails_without_a_traceback(home: Path, tmp_path: Path) -> None:
    failed = process("show", str(tmp_path / "没有.txt"), home=home, locale="C.UTF-8")
    assert failed.returncode == 2
    assert failed.stdout == b""
    assert "没有.txt" in failed.stderr.decode("utf-8")
    assert b"Traceback" not in failed.stderr


def test_a_name_that_is_no_utf8_is_printed(tmp_path: Path) -> None:
    """In a process of its own: standard output is strict there."""
    path = os.fsencode(tmp_path) + b"/\xff.txt"
    with open(path, "wb") as file:
        file.write("一、支持充电站建设。\n".encode())
    for arguments in ([b"show", path, b"--json"], [b"audit", path]):
        command = [os.fsencode(sys.executable), b"-m", b"documents", *arguments]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        assert not done.stderr and b"\\udcff" in done.stdout
        if b"--json" in arguments:
            assert json.loads(done.stdout)["id"] == "\udcff"

"""The command line: exit codes, JSON alone on stdout, errors without a traceback on stderr."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from documents.__main__ import main
from documents.parsing import parse
from documents.schema import write_document, write_metadata

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


@pytest.mark.parametrize("arguments", [[], ["show"], ["destroy"], ["list", "--yaml"]])
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

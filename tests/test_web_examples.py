"""Every example of the documented interfaces, run as it stands against a served application."""

from __future__ import annotations

import ast
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote, urlencode

import httpx
import pytest

from documents.types import Status
from tests.web_served import build_app, serve

ADDRESS = "http://127.0.0.1:7860"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "qa/web/rest/API.md").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Example:
    """A command, and the block that says what comes of it: "" where there is none."""

    command: str
    language: str
    expected: str


def read_examples() -> list[Example]:
    """Return each command with the block right behind it, unless that is the next command."""
    blocks = [*BLOCK.findall(TEXT), ("sh", "")]
    return [
        Example(command, language, "" if language == "sh" else shown)
        for (kind, command), (language, shown) in pairwise(blocks)
        if kind == "sh"
    ]


def parse_curl(command: str, files: Path) -> tuple[str, str, dict[str, Any]]:
    """Return method, address and httpx's arguments; an option that is not known is an error."""
    program, *words = shlex.split(command.replace("\\\n", " "))
    assert program == "curl"
    method, address, headers, data = None, "", {}, []
    form: list[tuple[str, tuple[str, bytes]]] = []
    get = False
    rest = iter(words)
    for word in rest:
        match word:
            case "-s" | "-N" | "-O" | "-J":
                pass
            case "-G":
                get = True
            case "-X":
                method = next(rest)
            case "-H":
                name, _, value = next(rest).partition(": ")
                headers[name] = value
            case "-d":
                data.append(next(rest))
            case "--data-urlencode":
                name, _, value = next(rest).partition("=")
                data.append(urlencode({name: value}))
            case "-F":
                field, _, name = next(rest).partition("=@")
                form.append((field, (name, (files / name).read_bytes())))
            case _:
                assert word.startswith(ADDRESS), word
                address = quote(word.removeprefix(ADDRESS), safe="/?=&%")
    if get:
        return "GET", f"{address}?{'&'.join(data)}", {"headers": headers}
    arguments: dict[str, Any] = {"headers": headers}
    if form:
        arguments["files"] = form
    elif data:
        arguments["content"] = "&".join(data).encode()
    return method or ("POST" if data or form else "GET"), address, arguments


def check_shape(found: Any, shown: Any, place: str) -> None:
    """Check that what came has the fields, types and texts that are shown.

    null and … may be anything, a number any other; a status depends on the day of the test.
    """
    if shown is None or shown == "…":
        return
    if isinstance(shown, dict):
        assert set(found) >= set(shown), place
        for name, value in shown.items():
            check_shape(found[name], value, f"{place}.{name}")
    elif isinstance(shown, list):
        assert isinstance(found, list) and (found or not shown), place
        for value in shown:
            check_shape(found[0], value, f"{place}[0]")
    elif isinstance(shown, int | float):
        assert isinstance(found, int | float), place
    elif place.endswith("].status"):
        assert found in get_args(Status), place
    else:
        assert found == shown, place


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with serve(build_app(monkeypatch)) as address:
        yield address


def find_problems() -> set[tuple[int, str]]:
    """Return (status, code) of every problem that the source names."""
    return {
        (status.value, code.value)
        for path in (ROOT / "qa/web").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Problem"
        for status, code in [node.args[:2]]
        if isinstance(status, ast.Constant) and isinstance(code, ast.Constant)
    }


def test_every_problem_is_in_the_table_at_its_status() -> None:
    told = {
        (int(status), code)
        for statuses, codes in re.findall(r"^\| ([\d, ]+) \| (.*) \|$", TEXT, re.MULTILINE)
        for status in statuses.split(", ")
        for code in re.findall(r"`([a-z_]+)`", codes)
    }
    found = find_problems()
    assert (503, "stopping") in found and found - told == set()


def test_every_command_does_what_is_shown(address: str, tmp_path: Path) -> None:
    (tmp_path / "notice.txt").write_text(
        "关于充电站的通知\n一、支持充电站建设。\n", encoding="utf-8"
    )
    known = {"ASK": "", "JOB": ""}
    examples = read_examples()
    assert len(examples) == TEXT.count("```sh\n") > 15
    with httpx.Client(base_url=address, timeout=60, trust_env=False) as client:
        for example in examples:
            command = re.sub(r"\b(ASK|JOB)\b", lambda match: known[match[0]], example.command)
            method, path, arguments = parse_curl(command, tmp_path)
            response = client.request(method, path, **arguments)
            if example.language != "json":
                assert response.is_success, (command, response.text)
                assert example.expected.strip() in response.text
                continue
            shown, found = json.loads(example.expected), response.json()
            status = shown["status"] if "type" in shown else None
            assert status == response.status_code if status else response.is_success, response.text
            check_shape(found, shown, path)
            known["ASK"] = found.get("ask", known["ASK"])
            if response.status_code == 202:
                known["JOB"] = found["id"]
                assert follow_job(client, found["id"])["state"] == "done"


def follow_job(client: httpx.Client, id: str) -> dict[str, Any]:
    """Return the job as its last event has it."""
    lines = client.get(f"/api/v1/jobs/{id}/events").text.splitlines()
    last: dict[str, Any] = json.loads([line for line in lines if line][-1].removeprefix("data: "))
    return last


def test_the_client_of_the_tools_runs(address: str) -> None:
    [script] = [text for language, text in BLOCK.findall(TEXT) if language == "python"]
    done = subprocess.run(
        [sys.executable, "-c", script.replace(ADDRESS, address)],
        capture_output=True,
        encoding="utf-8",
        env={"PYTHONIOENCODING": "utf-8", "PATH": "", "NO_PROXY": "*"},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    citation, count, *clause = done.stdout.splitlines()
    assert "充电" in citation and count == "3" and "充电" in "".join(clause)


def test_the_stdio_example_names_an_option_that_exists() -> None:
    configuration = next(
        json.loads(text) for language, text in BLOCK.findall(TEXT) if "mcpServers" in text
    )
    assert configuration["mcpServers"]["policy-qa"]["args"][-1] == "--stdio"

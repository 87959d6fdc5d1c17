"""The command lines, whatever they are given: JSON that keeps its contract, alike twice, or a clear refusal.

In process, over a small library with an encoder that needs no model; standard output is UTF-8 and strict,
as a terminal's is.
"""

from __future__ import annotations

import contextlib
import io
import json
import random
import shlex
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import documents.__main__
import index.__main__
import qa.__main__
from index import stores
from tests.conftest import FakeEncoder
from tests.test_documents_schema import SCHEMA as DOCUMENT
from tests.test_qa_schema import check_response
from torture.fuzz.seeds import TEXT, TOKENS, html_files, mutate_text, requests, word_files

MAINS: dict[str, Callable[[list[str]], int]] = {
    "documents": documents.__main__.main,
    "index": index.__main__.main,
    "qa": qa.__main__.main,
}
# Arguments that no one means: half characters (bytes that are no UTF-8), NUL, wide numbers, options.
ODD = (
    "", " ", "\udcff", "a\udcff.txt", "\x00", "\n", "-", "--", "--k", "-1", "0", "1e9", "NaN", "9" * 5000, "１",
    "①", "../..", "/", ".",
    "/etc/passwd", "/dev/null", "a" * 300, "a" * 5000, "\u202e", "\U0010ffff", "%s%n", "{0}", "2024-02-30",
    "0000-00-00", "2024-W21-3",
    "9999-12-31", "吉林省", "不存在市", "in_force", "policy", "充" * 2000, "充" * 2001, "？", "'; DROP TABLE",
    "--json", "--index", "é", "\ufeff",
)  # fmt: skip
_FIELDS = ("--region", "--authority", "--kind", "--document", "--status", "--from", "--to")


def run_commands(folder: Path, amount: int, seed: int) -> Iterator[str]:
    """Run ``amount`` command lines, each twice where it only reads; yield what fails."""
    random_ = random.Random(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POLICY_QA_HOME", str(folder / "home"))
        patch.setattr(stores, "load_encoder", lambda model: FakeEncoder())
        files = _write_files(folder, random_)
        (folder / "home" / "documents").mkdir(parents=True)
        (folder / "home" / "documents" / "plan.txt").write_text(TEXT, encoding="utf-8")
        store = str(folder / "store")
        assert _run(["index", "build", files[0], "--out", store])[0] == 0
        for arguments in _draw(amount, random_, files, store, folder):
            failure = check(arguments)
            if failure:
                yield f"{failure}: {shlex.join(arguments)!r}"


def check(arguments: list[str]) -> str | None:
    """Return what is wrong with what a command line comes to; None where nothing is."""
    try:
        code, out, err = _run(arguments)
        again = _run(arguments)
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} in {Path(frame.filename).name}:{frame.lineno}: {str(error)[:80]}"
    if code not in (0, 1, 2):
        return f"exit code {code}"
    if "Traceback" in err:
        return "a traceback"
    if code == 2 and not err.strip():
        return "refused without a word"
    if (code, _without_times(out)) != (again[0], _without_times(again[1])):
        return "not alike twice"
    if "--json" in arguments and code != 2 and arguments[:2] != ["qa", "batch"]:
        return _check_json(arguments, out)
    return (
        _check_lines(Path(arguments[3])) if arguments[:2] == ["qa", "batch"] and code < 2 else None
    )


def _run(arguments: list[str]) -> tuple[int, str, str]:
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code: Any = MAINS[arguments[0]](arguments[1:])
        except SystemExit as ended:  # argparse
            code = ended.code or 0
        out.flush()
        err.flush()
    return code, out.buffer.getvalue().decode(), err.buffer.getvalue().decode()  # type: ignore[attr-defined]


def _without_times(out: str) -> str:
    try:
        obj = json.loads(out)
    except (ValueError, RecursionError):
        return out
    if isinstance(obj, dict):
        obj.pop("timings_ms", None)
    return json.dumps(obj)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _check_json(arguments: list[str], out: str) -> str | None:
    try:
        obj = json.loads(out, parse_constant=_refuse_constant)
        match arguments[:2]:
            case ["documents", "show"]:
                jsonschema.validate(obj, DOCUMENT)
            case ["documents", "list"] | ["index", "search"]:
                assert isinstance(obj, list) and all(isinstance(item, dict) for item in obj)
            case ["documents", _]:
                assert isinstance(obj, dict)
            case ["qa", "ask"]:
                check_response(obj)
    except (ValueError, AssertionError, jsonschema.ValidationError) as error:
        return f"no JSON of the contract ({str(error)[:80]})"
    return None


def _check_lines(path: Path) -> str | None:
    for line in path.read_text(encoding="utf-8").split("\n")[:-1]:
        try:
            obj = json.loads(line, parse_constant=_refuse_constant)
            if "error" in obj:
                assert set(obj) == {"id", "error"} and set(obj["error"]) == {"code", "message"}
            else:
                check_response(obj)
        except (ValueError, AssertionError, jsonschema.ValidationError) as error:
            return f"a line that is no JSON of the contract ({str(error)[:80]}): {line[:80]}"
    return None


# --- what is given --------------------------------------------------------------------------------


def _write_files(folder: Path, random_: random.Random) -> list[str]:
    """Write files of several kinds, some damaged, and batches of requests; return their paths."""
    contents = {
        "plan.txt": TEXT.encode(),
        "page.html": html_files()[0],
        "word.docx": word_files()[0],
        "odd.txt": mutate_text(TEXT.encode(), 4000, random_.getrandbits(32), TOKENS),
        "binary.txt": bytes(range(256)) * 9,
        "empty.txt": b"",
        "一 二\u3000%s.txt": TEXT.encode("gb18030"),
        "\udcff.txt": TEXT.encode(),  # a name that is no UTF-8
        "batch.jsonl": b"\n".join((*requests(), *_LINES)),
        "bad.jsonl": b"\xff\n",
    }
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    return [str(folder / name) for name in contents]


_LINES = (
    b"", b"{", b"[" * 5000, b'{"id":NaN,"question":3}', b'{"id":"\\ud800","question":"a"}',
    b'{"id":[1e999],"question":3}',
    b'{"id":' + b"1" * 4000 + b',"question":3}', b'{"question":"\\u2028\\u0085 a"}',
    b'{"question":"a","k":NaN}', b"NaN", b"\xef\xbb\xbf{}",
    '{"question":"充电站","filters":{"kind":"\\ud800"}}'.encode(),
    b'{"id":{"a":Infinity},"question":"a","question":"\\udfff"}',
)  # fmt: skip


def _draw(
    amount: int, random_: random.Random, files: list[str], store: str, folder: Path
) -> Iterator[list[str]]:
    def odd() -> str:
        if random_.random() < 0.6:
            return random_.choice(ODD)
        text = "".join(random_.choice(TOKENS) for _ in range(random_.randint(1, 6)))
        return text.replace("\x00", "")

    def some(names: tuple[str, ...], most: int) -> list[str]:
        chosen = random_.sample(names, random_.randint(0, most))
        return [part for name in chosen for part in (name, odd())]

    for number in range(amount):
        file = random_.choice([*files, odd()])
        json_ = ["--json"] if random_.random() < 0.8 else []
        match number % 6:
            case 0:
                yield ["documents", "show", file, *json_]
            case 1:
                yield [
                    "documents",
                    random_.choice(("list", "verify")),
                    *json_,
                    *some(("--x",), 1)[:1],
                ]
            case 2:
                yield ["documents", "audit", file, random_.choice(files), *json_]
            case 3:
                filters = some((*_FIELDS, "--k"), 2)
                yield ["index", "search", odd(), "--index", store, *filters, *json_]
            case 4:
                filters = some((*_FIELDS, "--k", "--as-of", "--history"), 2)
                yield ["qa", "ask", odd(), "--index", store, *filters, *json_]
            case 5:
                batch = random_.choice((*files[-2:], file))
                yield ["qa", "batch", batch, str(folder / "out.jsonl"), "--index", store]


def main() -> int:
    """Run one command line as a failure gives it: ``python -m torture.fuzz.commands 'qa ask …'``."""
    print(check(shlex.split(sys.argv[1])))
    return 0


if __name__ == "__main__":
    sys.exit(main())

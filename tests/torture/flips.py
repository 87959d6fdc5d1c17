"""One byte flipped in every file that is stored: found, named, repaired, and never answered from."""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import documents.__main__
import index.__main__
from documents import library as originals
from documents.corrections import CORRECTIONS
from documents.errors import DocumentError
from documents.register import REGISTER
from documents.types import Original
from index import library, snapshot, stores
from index.adapter import QueryAdapter, identify, own_adapter, save_adapter
from index.errors import PolicyIndexError
from index.preparation import prepare
from qa.errors import LogError
from qa.log import Log
from qa.types import Request
from torture.home import (
    ENCODER,
    PREPARATION,
    QUESTION,
    TEXTS,
    Ended,
    Say,
    act,
    describe,
    fill,
    start,
    warm,
    write_model,
)
from torture.section import Section

FULL = 600
PROMISE = (
    "`documents verify` or `index verify` finds a flipped byte in any original, record, index file, "
    "prepared model or adapter, names the file and says how to repair it; doing so does. Over the damage "
    "the product answers as before or refuses with a clear message, never with a wrong quote; also as in "
    "a library so large that its files are not read through when they are opened. A journal of a build "
    "needs no finding: what is damaged of it is encoded again. `qa log` finds a flipped byte of any row."
)
# By part of the home: what is damaged, and the words by which the finding says what to do.
_REPAIRS = {
    "originals": "python -m index add",
    "register": "python -m index add",
    "corrections": "delete it and correct again",
    "index": "python -m index build",
    "model": "Delete this folder",
    "adapter": "Delete the file",
}


@dataclass(frozen=True, slots=True)
class Flip:
    """A byte of a file, by its place below the home, and the bits of it that change."""

    file: str
    position: int
    bits: int

    def __str__(self) -> str:
        return f"{self.file}, byte {self.position} ^ {self.bits:#04x}"


def fill_all(home: Path) -> None:
    """Make a home with one of every file that is stored."""
    fill(home)
    # The journal of a build that was stopped at its very end.
    stores.discard_journals = lambda store: None
    stores.build_store(stores.default_store(), fresh=True)
    prepare(home / "models", PREPARATION, write_model)
    size = ENCODER.dimension
    matrix = np.eye(size, dtype=np.float32) * np.float32(0.25)
    save_adapter(QueryAdapter(matrix, identify(ENCODER), "trial"), own_adapter())


def find_part(home: Path, file: Path) -> str | None:
    """Return what a file belongs to, None where nothing reads it."""
    where = file.relative_to(home).parts
    if where[0] == "documents":
        return {REGISTER: "register", CORRECTIONS: "corrections"}.get(file.name, "originals")
    if where[0] == "index":
        current = snapshot.current(home / "index")
        if file.name.startswith(".encoded-"):
            return "journal"
        ours = file.name == snapshot.CURRENT or (current and current in file.parents)
        return "index" if ours else None
    return {"models": "model", "adapter.npz": "adapter", "qa.sqlite3": "log"}.get(where[0])


def choose(home: Path, amount: int, seed: int) -> Iterator[tuple[str, Flip]]:
    """Yield ``amount`` flips and their parts: every file in turn, its ends first, then anywhere."""
    chance = random.Random(seed)
    files = sorted(path for path in home.rglob("*") if path.is_file() and path.stat().st_size)
    parts = [(part, path) for path in files if (part := find_part(home, path))]
    chance.shuffle(parts)
    for number in range(amount):
        part, path = parts[number % len(parts)]
        size = path.stat().st_size
        turn = number // len(parts)
        position = chance.randrange(size) if turn > 1 else (0, size - 1)[turn]
        yield part, Flip(path.relative_to(home).as_posix(), position, chance.randrange(1, 256))


def flip(home: Path, one: Flip) -> None:
    """Change the byte; doing it again changes it back."""
    with (home / one.file).open("rb+") as file:
        file.seek(one.position)
        [byte] = file.read(1)
        file.seek(one.position)
        file.write(bytes([byte ^ one.bits]))


# --- found ----------------------------------------------------------------------------------------


def verify(say: Say) -> None:
    """Run both commands, and say their exit codes and what they print."""
    heard = io.StringIO()
    os.environ["POLICY_QA_MODELS"] = str(Path(os.environ["POLICY_QA_HOME"]) / "models")
    with contextlib.redirect_stdout(heard), contextlib.redirect_stderr(heard):
        codes = [documents.__main__.main(["verify"]), index.__main__.main(["verify"])]
    say(json.dumps([codes, heard.getvalue()]))


def check_found(part: str, one: Flip, ended: Ended) -> str | None:
    """Return what is wrong with how a flip was found, None where nothing is."""
    if ended.error is not None:
        return f"verify failed: {ended.error.strip().splitlines()[-1]}"
    codes, said = json.loads(ended.said[0])
    if part in ("journal", "log"):
        return None if codes == [0, 0] else f"sound files are refused: {said}"
    if codes == [0, 0]:
        return "not found"
    if Path(one.file).name not in said and "document 1" not in said:
        return f"the file is not named: {said}"
    return None if _REPAIRS[part] in said else f"no way to repair it is told: {said}"


# --- not answered from ----------------------------------------------------------------------------


def ask(say: Say) -> None:
    """Start, ask, read every document; say how that went: nothing wrong may come of it."""
    try:
        assistant = start()
        for citation in assistant.ask(Request(QUESTION)).citations:
            _compare(citation.document, citation.quote)
        for id, document in assistant.index.documents.items():
            _compare(id, document.clean)
    except (DocumentError, PolicyIndexError) as error:
        assert "\n" in str(error), f"one language only: {error}"
        say("refused")
    else:
        say("answered")


def ask_as_in_a_large_library(say: Say) -> None:
    """Do the same where no file is read through when it is opened."""
    snapshot.CHECKED = -1
    ask(say)


def _compare(document: str, text: str) -> None:
    known = {Path(name).stem: body for name, body in TEXTS.items()}[document]
    assert text.strip() in known, f"wrong words: {text!r}"


# --- repaired -------------------------------------------------------------------------------------


def repair(part: str, one: Flip, home: Path) -> None:
    """Do what the finding said."""
    folder = originals.library_folder() if part != "register" else home / "documents"
    match part:
        case "originals":
            name = Path(one.file).name
            library.add([Original(name, TEXTS[name].encode())])
        case "register":
            (home / one.file).unlink()
            library.add([folder])
        case "corrections":
            (home / one.file).unlink()
            library.correct("notice1", {"kind": "通知"})
        case "index":
            stores.build_store(stores.default_store())
        case "model":
            shutil.rmtree((home / one.file).parent)
        case "adapter":
            (home / one.file).unlink()
        case "journal":
            # Nothing to repair; that it is of use is seen where there is no index to take over.
            (home / "index" / snapshot.CURRENT).unlink()


# --- all of them ----------------------------------------------------------------------------------


def try_flip(
    part: str, one: Flip, filled: Path, folder: Path, known: Mapping[str, object]
) -> tuple[Counter[str], list[str]]:
    """Flip one byte in a copy; return what was counted, and what went wrong."""
    home = folder / "flipped"
    shutil.copytree(filled, home)
    flip(home, one)
    wrong = [check_found(part, one, act(home, verify))]
    counted = Counter([f"flips: {part}"])
    for how, work in (("", ask), (" unchecked", ask_as_in_a_large_library)):
        copy = folder / "asked"
        shutil.copytree(home, copy)
        asked = act(copy, work)
        shutil.rmtree(copy)
        counted[f"{asked.said[0] if asked.said else 'failed'}{how}"] += 1
        if asked.error is not None:
            wrong.append(f"asked over it{how}: {asked.error.strip().splitlines()[-1]}")
    if part == "log":
        found = look_at_log(home / one.file, filled / one.file)
        counted[f"log: {found}"] += 1
        if found == "missed":
            wrong.append("the log is taken for whole")
    else:
        repaired = act(home, lambda say: repair(part, one, home))
        state, error = describe(home)
        if repaired.error or state is None:
            wrong.append(
                f"not repaired: {(repaired.error or error or '').strip().splitlines()[-1]}"
            )
        elif state != known:
            parts = ", ".join(name for name in state if state[name] != known[name])
            wrong.append(f"repaired to something else: {parts}")
    shutil.rmtree(home)
    return counted, [found for found in wrong if found]


def look_at_log(path: Path, before: Path) -> str:
    """Return "found", "of no row" where all rows are as they were ``before``, or "missed"."""
    try:
        if Log(path).verify()[1]:
            return "found"
        return "of no row" if _read_rows(path) == _read_rows(before) else "missed"
    except (LogError, sqlite3.Error):
        return "found"


def _read_rows(path: Path) -> list[object]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            raise sqlite3.DatabaseError("integrity")
        queries = ("SELECT * FROM calls ORDER BY id", "SELECT * FROM judgements ORDER BY id")
        return [connection.execute(query).fetchall() for query in queries]


def run(folder: Path, amount: int, seed: int) -> Section:
    """Flip ``amount`` bytes, one at a time."""
    warm(folder)
    filled = folder / "filled"
    made = act(filled, lambda say: fill_all(filled))
    assert made.error is None, made.error
    shutil.copytree(filled, folder / "known")
    known, error = describe(folder / "known")
    assert known is not None, error
    counted, failures, files = Counter[str](), [], set()
    for part, one in choose(filled, amount, seed):
        files.add(one.file)
        found, wrong = try_flip(part, one, filled, folder, known)
        counted += found
        again = f"python -m torture flips --amount {amount} --seed {seed}"
        failures.extend(f"{one}: {text} ({again})" for text in wrong)
    parts = (*_REPAIRS, "journal", "log")
    figures = (
        ("bytes flipped", str(amount)),
        ("different files", str(len(files))),
        *((f"of them: {part}", str(counted[f"flips: {part}"])) for part in parts),
        ("asked over the damage: answered right", str(counted["answered"])),
        ("asked over the damage: refused, saying why", str(counted["refused"])),
        ("the same, nothing checked at opening: answered", str(counted["answered unchecked"])),
        ("the same, nothing checked at opening: refused", str(counted["refused unchecked"])),
        ("of the log's: found, of no row", f"{counted['log: found']}, {counted['log: of no row']}"),
    )
    return Section("A flipped byte in every stored file", PROMISE, figures, tuple(failures))

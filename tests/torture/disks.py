"""No room, no rights: a change of library, index, log or model that the file system refuses.

The full disk is a small tmpfs where this process may mount one. Everywhere a disk is also filled by
refusing every step from some step on, and a file's growth is limited, so that writes end in the middle.
Without rights means another user, where this one is root, and files and folders of every kind.
"""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import random
import resource
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import index.__main__
from documents.errors import DocumentError, explain_file
from index.errors import PolicyIndexError
from qa.errors import LogError
from torture.crashes import Known, compare, learn, watching
from torture.home import CHANGES, TEXTS, Ended, Say, act, describe, fill, warm
from torture.section import Section

FULL = 400
PROMISE = (
    "On a full disk, in a read-only folder, without rights: the command ends with exit code 2 (1 where "
    "the library has changed and only its index could not follow) and says in Chinese and English what "
    "failed, where, and what to do; there is no traceback. Nothing that is stored is damaged: with room "
    "and rights again everything is as before or as after, and the same change succeeds."
)
KINDS = ("disk", "size", "step", "rights")
NOBODY = 65534
_KB = 1024
# Above what a change of the small home writes, in KB.
_MOST = 3000


@dataclass(frozen=True, slots=True)
class Case:
    """A change and what it is refused: ``at`` are KB of room or bytes of a file, a step, or a path."""

    change: str
    kind: str
    at: int | str

    def __str__(self) -> str:
        return f"{self.change}, refused by {self.kind} {self.at}"


# --- the changes, as people ask for them ----------------------------------------------------------


def request(change: str, home: Path, say: Say) -> None:
    """Carry a change out as a command, or as the page does; say its exit code and what it says."""
    heard = io.StringIO()
    with contextlib.redirect_stdout(heard), contextlib.redirect_stderr(heard):
        code = _request(change, home)
    say(json.dumps([code, heard.getvalue()]))


def _request(change: str, home: Path) -> int:
    sources = home.with_name("sources")
    commands = {
        "add": ["add", *(str(sources / name) for name in list(TEXTS)[2:])],
        "remove": ["remove", "notice1", "notice2"],
        "empty": ["remove", "notice1", "notice2", "notice3"],
        "correct": ["correct", "notice2", "kind=办法", "number=市发〔2024〕2号"],
        "build": ["build", "--fresh"],
    }
    if change in commands:
        return index.__main__.main(commands[change])
    try:
        CHANGES[change](home, lambda _: None)
    except LogError as error:
        print(error.message)
    except (DocumentError, PolicyIndexError) as error:
        print(error)
    except OSError as error:
        # Told so by who opens the page's assistant, and by who prepares a model.
        if change not in ("first start", "preparation"):
            raise
        print(explain_file(error))
    else:
        return 0
    return 2


# --- refusals -------------------------------------------------------------------------------------


def refuse_steps(at: int, change: str, home: Path) -> Callable[[Say], None]:
    """Do the change until a step; that one and all later ones find the disk full."""

    def work(say: Say) -> None:
        left = iter(range(at))

        def refuse() -> None:
            if next(left, None) is None:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(home))

        with watching(home, refuse):
            request(change, home, say)

    return work


def limit_sizes(at: int, change: str, home: Path) -> Callable[[Say], None]:
    """Do the change with no file growing beyond a size."""

    def work(say: Say) -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (at, at))
        request(change, home, say)

    return work


def drop_rights(change: str, home: Path) -> Callable[[Say], None]:
    """Do the change as a user who may do what the file system lets everybody do."""

    def work(say: Say) -> None:
        if os.getuid() == 0:
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        request(change, home, say)

    return work


@contextlib.contextmanager
def mounted(folder: Path) -> Iterator[Callable[[int], None] | None]:
    """Mount a small file system on ``folder``; yield what sets its size in KB, None where we may not."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={1 << 16}k", "tmpfs", str(folder)]
    try:
        allowed = subprocess.run(mount, capture_output=True).returncode == 0
    except OSError:
        allowed = False
    if not allowed:
        yield None
        return

    def resize(size: int) -> None:
        again = ["mount", "-o", f"remount,size={size}k", str(folder)]
        subprocess.run(again, check=True, capture_output=True)

    try:
        yield resize
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextlib.contextmanager
def forbidden(path: Path) -> Iterator[None]:
    """Take everybody's right to change a folder, or to read a file, below a home that all may use."""
    home = next(parent for parent in path.parents if parent.name == "home")
    for one in [home, *home.rglob("*")]:
        one.chmod(0o777 if one.is_dir() else 0o666)
    path.chmod(0o555 if path.is_dir() else 0)
    try:
        yield
    finally:
        path.chmod(0o777 if path.is_dir() else 0o666)


# --- all of them ----------------------------------------------------------------------------------


def try_case(
    case: Case, known: Known, folder: Path, resize: Callable[[int], None] | None
) -> tuple[Ended, list[str]]:
    """Refuse one change over a copy of its home; return how it ended, and what is wrong then."""
    home = (folder / "disk" if case.kind == "disk" else folder) / "home"
    shutil.copytree(known.before, home)
    match case.kind:
        case "disk":
            assert resize is not None and isinstance(case.at, int)
            resize(_used(home.parent) + case.at)
            ended = act(home, lambda say: request(case.change, home, say))
            resize(1 << 16)
        case "size":
            ended = act(home, limit_sizes(int(case.at), case.change, home))
        case "step":
            ended = act(home, refuse_steps(int(case.at), case.change, home))
        case _:
            with forbidden(home / str(case.at)):
                ended = act(home, drop_rights(case.change, home))
    wrong = _check_told(ended)
    state, error = describe(home)
    if state is None:
        wrong = [f"damaged: {(error or '').strip().splitlines()[-1]}"]
    elif problem := compare(state, known.states):
        wrong.append(problem)
    elif not _same(state, known.states[1]):
        again = act(home, lambda say: request(case.change, home, say))
        state, error = describe(home)
        if again.error or state is None or not _same(state, known.states[1]):
            wrong.append(f"cannot be done with room again: {again.error or again.said or error}")
    shutil.rmtree(home)
    return ended, wrong


def _same(state: dict[str, Any], other: dict[str, Any]) -> bool:
    # Feedback that was taken before the disk was full is there twice when it is given again.
    return {**state, "feedback": []} == {**other, "feedback": []}


def _check_told(ended: Ended) -> list[str]:
    if ended.error is not None:
        return [f"a traceback: {ended.error.strip().splitlines()[-1]}"]
    code, said = json.loads(ended.said[0])
    if code == 0:
        return []
    if "Traceback" in said:
        return [f"a traceback is printed: {said}"]
    chinese = any("\u4e00" <= character <= "\u9fff" for character in said)
    english = any(word in said for word in ("space", "ermission", "isk", "again", "build"))
    return [] if chinese and english else [f"not told in two languages: {code} {said}"]


def _used(disk: Path) -> int:
    """Return the KB that are in use."""
    found = os.statvfs(disk)
    return (found.f_blocks - found.f_bfree) * found.f_frsize // _KB


def choose(known: dict[str, Known], kinds: list[str], amount: int, seed: int) -> Iterator[Case]:
    """Yield ``amount`` cases, of the kinds in turn."""
    chance = random.Random(seed)
    for number in range(amount):
        change, kind = chance.choice(list(known)), kinds[number % len(kinds)]
        before = known[change].before
        at: int | str = int(_MOST ** chance.random()) - 1
        if kind == "size":
            at = int((1 << 20) ** chance.uniform(0.1, 1))
        elif kind == "step":
            at = chance.randrange(known[change].steps)
        elif kind == "rights":
            paths = [path for path in sorted(before.rglob("*")) if not path.is_symlink()]
            at = chance.choice(paths).relative_to(before).as_posix() if paths else ""
        yield Case(change, kind, at)


def run_all(folder: Path, amount: int, seed: int, changes: tuple[str, ...]) -> Section:
    """Refuse ``changes`` ``amount`` times."""
    warm(folder)
    filled = folder / "filled"
    made = act(filled, lambda say: fill(filled))
    assert made.error is None, made.error
    (folder / "sources").mkdir()
    for name, text in TEXTS.items():
        (folder / "sources" / name).write_text(text, encoding="utf-8")
    folder.chmod(0o755)
    known = {change: learn(folder, change, filled) for change in changes}
    failures: list[str] = []
    tried, refused = Counter[str](), Counter[str]()
    with mounted(folder / "disk") as resize:
        if resize is not None:
            shutil.copytree(folder / "sources", folder / "disk" / "sources")
        kinds = [kind for kind in KINDS if kind != "disk" or resize is not None]
        for case in choose(known, kinds, amount, seed):
            ended, wrong = try_case(case, known[case.change], folder, resize)
            tried[case.kind] += 1
            refused[case.kind] += not ended.said or json.loads(ended.said[0])[0] != 0
            again = f"python -m torture disks --amount {amount} --seed {seed}"
            failures.extend(f"{case}: {text} ({again})" for text in wrong)
    figures = (
        (
            "full disk (tmpfs)",
            _tell("disk", tried, refused) if resize else "may not be mounted here",
        ),
        ("a file may not grow (RLIMIT_FSIZE)", _tell("size", tried, refused)),
        ("every step from one on finds the disk full", _tell("step", tried, refused)),
        ("without rights to one file or folder", _tell("rights", tried, refused)),
        ("as another user than root", "yes" if os.getuid() == 0 else "no: this user's own rights"),
    )
    return Section("No room, no rights", PROMISE, figures, tuple(failures))


def _tell(kind: str, tried: Counter[str], refused: Counter[str]) -> str:
    return f"{tried[kind]} trials, {refused[kind]} refused"


def run(folder: Path, amount: int, seed: int) -> Section:
    """Refuse every kind of change."""
    return run_all(folder, amount, seed, tuple(CHANGES))

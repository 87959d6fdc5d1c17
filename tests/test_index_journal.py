"""The journal of a build: what is whole is read, whatever a stop or a disk left behind it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.journal import KEY_LENGTH, discard_journals, journal_path, read, resume
from index.types import Encoding

Noted = list[tuple[bytes, Encoding]]


def make(number: int, tokens: int = 3) -> tuple[bytes, Encoding]:
    rows = np.arange(tokens * 4, dtype=np.int8).reshape(tokens, 4) - number
    return bytes([number]) * KEY_LENGTH, Encoding(
        np.array([number, 0.5], dtype=np.float32), rows, number % 2 == 0
    )


def note(path: Path, *items: tuple[bytes, Encoding], keep: bool = True) -> None:
    with resume(path, lambda key, encoding: keep) as write:
        for item in items:
            write(*item)


def plain(items: Noted) -> list[tuple[bytes, list[float], list[list[int]], bool]]:
    return [(key, e.vector.tolist(), e.tokens.tolist(), e.cut) for key, e in items]


def test_what_is_noted_is_read_again(tmp_path: Path) -> None:
    items = [make(1), make(2, tokens=0), make(3)]
    note(tmp_path / "j", items[0])
    note(tmp_path / "j", *items[1:])
    found = list(read(tmp_path / "j"))
    assert plain(found) == plain(items)
    assert found[0][1].vector.dtype == np.float32 and found[0][1].tokens.dtype == np.int8
    assert list(read(tmp_path / "none")) == []


def test_what_is_wanted_no_more_goes(tmp_path: Path) -> None:
    note(tmp_path / "j", make(1), make(2))
    note(tmp_path / "j", make(3), keep=False)
    assert plain(list(read(tmp_path / "j"))) == plain([make(3)])
    assert [path.name for path in tmp_path.iterdir()] == ["j"]


def test_what_is_noted_is_there_before_the_build_ends(tmp_path: Path) -> None:
    with resume(tmp_path / "j", lambda key, encoding: True) as write:
        write(*make(1))
        assert plain(list(read(tmp_path / "j"))) == plain([make(1)])


@given(cut=st.integers(0, 10**6), flipped=st.integers(0, 10**6))
def test_of_a_damaged_file_the_records_before_the_damage_are_read(
    tmp_path_factory: pytest.TempPathFactory, cut: int, flipped: int
) -> None:
    path = tmp_path_factory.mktemp("journal") / "j"
    items = [make(number) for number in range(4)]
    note(path, *items)
    whole = path.read_bytes()
    size = len(whole) // len(items)
    torn = whole[: cut % len(whole)]
    path.write_bytes(torn)
    assert plain(list(read(path))) == plain(items[: len(torn) // size])
    place = flipped % len(whole)
    path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x40]) + whole[place + 1 :])
    assert plain(list(read(path))) == plain(items[: place // size])
    # And the next build goes on behind them.
    note(path, make(9))
    assert plain(list(read(path))) == plain([*items[: place // size], make(9)])


def test_a_full_disk_does_not_stop_the_build() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full")
    from index.journal import _append

    with full.open("ab", buffering=0) as file:
        _append(file, b"record")


def test_each_encoder_has_its_own_and_all_can_be_discarded(tmp_path: Path) -> None:
    one, other = journal_path(tmp_path, "a"), journal_path(tmp_path, "b")
    assert one != other
    for path in (one, other, tmp_path / "CURRENT"):
        path.write_bytes(b"")
    discard_journals(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["CURRENT"]

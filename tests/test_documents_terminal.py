"""What is printed holds no order for a terminal, and JSON means what it did."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.__main__ import main
from documents.terminal import make_visible

# Screen and colour, the window's title, a link, the clipboard, C1, directions, half a character.
ORDERS = "\x1b[2J\x1b[31m\x1b]0;x\x07\x1b]8;;http://x\x1b\\\x1b]52;c;eA==\x07\x9b1A\u202e\u2066\udcff\r\x08"
DIRECTIONS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def is_order(character: str) -> bool:
    if character in "\n\t":
        return False
    return (
        unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
        or unicodedata.bidirectional(character) in DIRECTIONS
    )


@given(st.text())
def test_no_order_is_left_and_json_says_the_same(text: str) -> None:
    visible = make_visible(text + ORDERS)
    assert not any(map(is_order, visible))
    line = json.dumps([text + ORDERS], ensure_ascii=False)
    assert json.loads(make_visible(line)) == [text + ORDERS]


def test_what_is_only_text_stays() -> None:
    text = "第一条\t充电设施　é\u200b👩‍👩‍👧\n\\u001b"
    assert make_visible(text) == text


def test_a_hostile_file_is_shown_as_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"{ORDERS.replace('/', '')}.txt"
    content = "".join(c for c in ORDERS if c != "\udcff")
    path.write_text(f"关于充电设施的通知{content}\n\n" + "第一条 充电设施。\n" * 300, "utf-8")
    assert main(["show", str(path)]) == 0
    assert not any(map(is_order, capsys.readouterr().out))
    assert main(["show", str(path), "--json"]) == 0
    shown = capsys.readouterr().out
    assert not any(map(is_order, shown))
    assert json.loads(shown)["source"].startswith("关于充电设施的通知\x1b[2J")
    assert main(["show", str(path.with_suffix(".none"))]) == 2
    assert not any(map(is_order, capsys.readouterr().err))

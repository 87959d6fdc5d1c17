"""Texts set on pages and scanned badly: the measure of OCR, and the command that prints it."""

from __future__ import annotations

import io
import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from evaluation import clauses
from evaluation.__main__ import main
from evaluation.scans import Damage, bind, degrade, edit_distance, find_typeface, render_pages

words = st.text("甲乙丙", max_size=8)


@given(words, words)
def test_edit_distance_is_what_its_definition_says(a: str, b: str) -> None:
    @cache
    def distance(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        replaced = distance(i - 1, j - 1) + (a[i - 1] != b[j - 1])
        return min(replaced, distance(i - 1, j) + 1, distance(i, j - 1) + 1)

    assert edit_distance(a, b) == distance(len(a), len(b))


def test_the_same_seed_gives_the_same_damage() -> None:
    page = Image.new("L", (200, 100), 255)
    page.paste(0, (50, 40, 150, 60))
    first, again, other = (
        degrade(page, Damage(), np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert first == again != other
    pixels = np.asarray(Image.open(io.BytesIO(first)))
    assert pixels.shape == (100, 200)
    assert pixels.std() > 0 and (pixels[50, 60:140] < 100).all()
    assert bind([first, other], dpi=100).startswith(b"%PDF-")


def test_a_folder_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if find_typeface() is None:
        pytest.skip("no Chinese typeface to print pages with, such as fonts-noto-cjk")
    text = "关于支持甲的意见\n一、总体要求。\n二、加强保障。\n（一）加强领导。\n（二）落实责任。\n"
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    assert main(["clauses", "scan", str(tmp_path), "--json", "--floor", "1"]) == 0
    (measure,) = json.loads(capsys.readouterr().out)
    assert (measure["name"], measure["right"], measure["expected"]) == ("a.txt", 5, 5)
    assert measure["figures"]["characters"] > 0.9


def test_long_texts_fill_several_pages() -> None:
    typeface = find_typeface()
    if typeface is None:
        pytest.skip("no Chinese typeface to print pages with, such as fonts-noto-cjk")
    pages = list(render_pages("字" * 28 * 30, typeface, dpi=50))
    assert len(pages) == 2
    assert all(np.asarray(page).min() < 128 for page in pages)


def test_a_missing_typeface_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(clauses, "find_typeface", lambda: None)
    assert main(["clauses", "scan", str(tmp_path)]) == 2
    assert "typeface" in capsys.readouterr().err

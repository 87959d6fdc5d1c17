"""Bytes to text: every encoding that policy files come in, and every file that is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from documents import loading
from documents.errors import LoadError
from documents.loading import load_source

SIMPLIFIED = (
    "关于促进新能源汽车产业高质量发展的若干政策措施\n\n"
    "一、支持充电设施建设。对新建公共充电站的企业，按照设备投资额给予补助。\n"
    "二、支持企业创新。鼓励整车企业与高等学校、科研院所联合攻关。\n"
)
TRADITIONAL = (
    "關於促進新能源汽車產業高質量發展的若干政策措施\n\n"
    "一、支持充電設施建設。對新建公共充電站的企業,按照設備投資額給予補助。\n"
    "二、支持企業創新。鼓勵整車企業與高等學校、科研院所聯合攻關。\n"
)


def write(folder: Path, data: bytes, name: str = "政策.txt") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


# --- encodings ------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "gb2312", "utf-16"])
def test_simplified_text_in_any_encoding(encoding: str, tmp_path: Path) -> None:
    assert load_source(write(tmp_path, SIMPLIFIED.encode(encoding))).text == SIMPLIFIED


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "big5", "big5hkscs", "utf-16", "utf-32"])
def test_traditional_text_in_any_encoding(encoding: str, tmp_path: Path) -> None:
    assert load_source(write(tmp_path, TRADITIONAL.encode(encoding))).text == TRADITIONAL


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_a_byte_order_mark_decides_and_goes(encoding: str, tmp_path: Path) -> None:
    data = f"\ufeff{SIMPLIFIED}".encode(encoding)
    assert load_source(write(tmp_path, data)).text == SIMPLIFIED


def test_a_short_text_with_pinyin_in_gb18030(samples: Path, tmp_path: Path) -> None:
    source = (samples / "nanchang-auto-action-plan.txt").read_text("utf-8")
    start = source.index("團(tuán)隊(duì)和創(chu")
    text = source[start : start + 200]
    assert load_source(write(tmp_path, text.encode("gb18030"))).text == text


def test_characters_beyond_the_basic_plane(tmp_path: Path) -> None:
    text = "𠮷林省㐂政策🚗"
    assert load_source(write(tmp_path, text.encode())).text == text


@pytest.mark.parametrize("line_end", ["\r\n", "\r", "\n"])
def test_line_ends_become_lf(line_end: str, tmp_path: Path) -> None:
    data = SIMPLIFIED.replace("\n", line_end).encode()
    assert load_source(write(tmp_path, data)).text == SIMPLIFIED


def test_white_space_and_page_marks_stay(tmp_path: Path) -> None:
    text = "　　一、总则\t表\f 第二页\n"
    assert load_source(write(tmp_path, text.encode())).text == text


def test_a_stray_nul_byte_stays_for_cleaning_to_report(tmp_path: Path) -> None:
    text = f"{SIMPLIFIED * 2}\x00"
    assert load_source(write(tmp_path, text.encode())).text == text


def test_every_sample_is_read_as_it_is(samples: Path) -> None:
    for path in samples.glob("*.txt"):
        assert load_source(path).text.encode() == path.read_bytes().replace(b"\r\n", b"\n")


# --- formats --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["政策.html", "政策.txt", "政策.pdf", "政策"])
def test_the_content_decides_the_format_whatever_the_name(name: str, tmp_path: Path) -> None:
    page = write(tmp_path, f"<html><body><p>{SIMPLIFIED}</p></body></html>".encode(), name)
    assert load_source(page).format == "html"
    text = write(tmp_path, SIMPLIFIED.encode(), name)
    assert load_source(text).format == "text"
    assert load_source(text).text == SIMPLIFIED


def test_a_format_that_is_not_read(tmp_path: Path) -> None:
    assert "gzip" in refusal(write(tmp_path, b"\x1f\x8b\x08\x00", "政策.docx"))[1]


# --- refusals -------------------------------------------------------------------------------------


def refusal(path: Path) -> list[str]:
    """Return the two lines of the message, each of which names the file."""
    with pytest.raises(LoadError) as caught:
        load_source(path)
    chinese, english = str(caught.value).split("\n")
    assert chinese.startswith(f"{path}：")
    assert english.startswith(f"{path}: ")
    chinese, english = chinese.removeprefix(f"{path}："), english.removeprefix(f"{path}: ")
    assert any("\u4e00" <= c <= "\u9fff" for c in chinese)
    assert english.isascii()
    return [chinese, english]


@pytest.mark.parametrize(
    "data", [b"", b" \n\t\r\n", "　\u00a0\n".encode(), b"\xef\xbb\xbf", b"\xff\xfe"]
)
def test_a_file_without_content(data: bytes, tmp_path: Path) -> None:
    assert "no content" in refusal(write(tmp_path, data))[1]


@pytest.mark.parametrize(
    "data",
    [
        bytes(range(256)) * 16,
        b"\x00" * 100,
        SIMPLIFIED.encode()[:30] + b"\x00" * 60,
        b"\xef\xbb\xbf\xff\xff\xff",
    ],
    ids=["bytes", "nul", "half nul", "false mark"],
)
def test_a_file_that_is_no_text(data: bytes, tmp_path: Path) -> None:
    assert "not a text file" in refusal(write(tmp_path, data))[1]


def test_a_missing_file(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "没有.txt")[1]


def test_a_folder(tmp_path: Path) -> None:
    assert "folder" in refusal(tmp_path)[1]


def test_a_name_that_no_file_can_have(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path / "a\0b.txt")[1]


def test_a_file_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulated, because an administrator may read any file."""

    def refuse(_: Path) -> bytes:
        raise PermissionError("not yours")

    path = write(tmp_path, SIMPLIFIED.encode())
    monkeypatch.setattr(Path, "read_bytes", refuse)
    chinese, english = refusal(path)
    assert "无法读取（not yours）" in chinese
    assert "cannot be read (not yours)" in english


def test_a_file_above_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, SIMPLIFIED.encode())
    size = path.stat().st_size
    monkeypatch.setattr(loading, "MAX_BYTES", size)
    assert load_source(path).text == SIMPLIFIED
    monkeypatch.setattr(loading, "MAX_BYTES", size - 1)
    for line in refusal(path):
        assert str(size) in line
        assert str(size - 1) in line

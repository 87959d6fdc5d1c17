"""The format of a file is told by its content: every format, look-alikes, and what is refused."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.errors import LoadError
from documents.formats.sniffing import sniff

OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), "<xml/>")
    return buffer.getvalue()


def stored(*streams: str) -> bytes:
    return OLE2 + b"".join(stream.encode("utf-16-le") + bytes(40) for stream in streams)


@pytest.mark.parametrize(
    ("data", "format"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "pdf"),
        (b"\xef\xbb\xbf\n\n%PDF-1.4", "pdf"),
        (zipped("[Content_Types].xml", "word/document.xml"), "docx"),
        (zipped("[Content_Types].xml", "word/document2.xml"), "docx"),
        (OLE2, "doc"),
        (stored("Root Entry", "WordDocument", "Workbook"), "doc"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "scan"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "scan"),
        (b"II*\x00\x08\x00", "scan"),
        (b"MM\x00*\x00\x00", "scan"),
        (b"BM\x36\x00\x0a\x00\x00\x00\x00\x00\x36\x00", "scan"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "scan"),
        (b"", "text"),
        (b"BM25 is a measure.", "text"),
        ("一、总则\n二、附则\n".encode("gb18030"), "text"),
        ("\ufeff一、总则".encode("utf-16-le"), "text"),
    ],
)
def test_first_bytes_tell_the_format(data: bytes, format: str) -> None:
    assert sniff(data, where="f") == format


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE html><html><body>一</body></html>",
        "\n\n<!doctype HTML PUBLIC '-//W3C//DTD HTML 4.01//EN'>\n一",
        '<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml">',
        "<!-- saved from url=(0033)http://www.gov.cn -->\n<HTML>",
        "<head><title>某办法</title></head>",
        "<meta charset=utf-8>一",
        "<body class=a>一",
        "<table><tr><td>一</td></tr></table>",
        "<p>一、总则</p>\n<p>二、附则</p>\n",
        "<div class='content'>\n<p>一、总则</p>\n\n<p>二、附则</p>\n</div>",
        "本页由某市提供\n<html><body>一</body></html>",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_page_or_a_piece_of_one_is_html(text: str, encoding: str) -> None:
    assert sniff(text.encode(encoding), where="f") == "html"


@pytest.mark.parametrize(
    "text",
    [
        "# 某办法\n\n<!-- INFO END -->\n\n## 第一章 总则\n\n第一条 为了甲。\n",
        "<!-- INFO END -->\n\n# 某办法\n\n第一条 为了甲。\n",
        "<div align=center>\n\n# 某办法\n\n第一条 为了甲。\n\n第二条 为了乙。\n\n第三条 为了丙。\n\n</div>\n",
        "某办法\n网页应当使用<html>标记，表格使用<table>标记。\n",
        "<关于甲的通知>\n各市人民政府：\n",
        "<2024年>一、总则",
        "a < b，b > c",
        "一、总则\n" + "\n" * 3000 + "<html>",
    ],
)
def test_a_text_that_speaks_of_tags_or_has_a_few_is_text(text: str) -> None:
    assert sniff(text.encode(), where="f") == "text"


@pytest.mark.parametrize(
    ("data", "name", "advice"),
    [
        (zipped("xl/workbook.xml"), "xlsx", "docx"),
        (zipped("ppt/presentation.xml"), "pptx", "docx"),
        (zipped("OFD.xml", "Doc_0/Document.xml"), "OFD", "pdf"),
        (zipped("mimetype", "content.xml"), "OpenDocument", "docx"),
        (zipped("META-INF/container.xml", "content.xml"), "EPUB", "docx"),
        (zipped("a.txt", "b/word/document.xml"), "zip", "extract"),
        (zipped(), "zip", "extract"),
        (b"Rar!\x1a\x07\x01\x00", "RAR", "extract"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04", "7z", "extract"),
        (b"\x1f\x8b\x08\x00", "gzip", "extract"),
        (stored("Workbook"), "xls", "docx"),
        (stored("PowerPoint Document"), "ppt", "docx"),
        (stored("EncryptedPackage"), "encrypted", "password"),
        (b"From: <Saved by Blink>\r\nMIME-Version: 1.0\r\n", "MHTML", "page"),
        (b"From: a\r\nSubject: b\r\nMIME-Version: 1.0\r\n", "MHTML", "page"),
        (zipped("word/document.xml")[:60], "damaged", "again"),
    ],
)
def test_a_format_that_is_not_read_is_named_with_what_to_do(
    data: bytes, name: str, advice: str
) -> None:
    with pytest.raises(LoadError) as caught:
        sniff(data, where="某文件.txt")
    chinese, english = str(caught.value).split("\n")
    assert chinese.startswith("某文件.txt：")
    assert "请" in chinese
    assert name in english
    assert advice in english


@given(st.binary(max_size=100), st.sampled_from([b"", b"PK\x03\x04", b"BM", b"<", b"<!--", b"{"]))
def test_any_bytes_have_a_format_or_are_refused(data: bytes, start: bytes) -> None:
    try:
        assert sniff(start + data, where="f") in {"text", "html", "pdf", "scan"}
    except LoadError as error:
        assert start == b"PK\x03\x04" or "MHTML" in str(error) or "gzip" in str(error)

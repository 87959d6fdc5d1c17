"""Word documents: what a reader sees, line by line, and every file that is refused."""

from __future__ import annotations

import contextlib
import re
import shutil
import struct
import subprocess
import time
import zipfile
from io import BytesIO
from pathlib import Path

import docx
import pytest
from docx.shared import Cm
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.errors import LoadError
from documents.formats import doc, word_package, word_xml
from documents.formats import docx as reader
from documents.formats.doc import read_doc
from documents.formats.docx import read_docx
from documents.parsing import parse_source

NAMESPACES = " ".join(
    f'xmlns:{prefix}="{name}"'
    for prefix, name in {
        "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
        "v": "urn:schemas-microsoft-com:vml",
        "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    }.items()
)
RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
CONTENT = "application/vnd.openxmlformats-officedocument.wordprocessingml"
SOFFICE = shutil.which("soffice")
needs_libreoffice = pytest.mark.skipif(SOFFICE is None, reason="needs LibreOffice (soffice)")


def pack(members: dict[str, str | bytes]) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def members(body: str, **parts: str) -> dict[str, str | bytes]:
    """The members of a package: a document of ``body``, and the content of other parts."""
    types = "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="{CONTENT}.{kind}+xml"/>'
        for name, kind in [("document", "document.main"), *((name, name) for name in parts)]
    )
    related = "".join(
        f'<Relationship Id="r{n}" Type="{RELATIONSHIPS}/{name}" Target="{name}.xml"/>'
        for n, name in enumerate(parts)
    )
    package = "http://schemas.openxmlformats.org/package/2006"
    return {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{types}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r" '
        f'Type="{RELATIONSHIPS}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{package}/relationships">{related}'
        "</Relationships>",
        "word/document.xml": f"<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>",
        **{
            f"word/{name}.xml": f"<w:{name} {NAMESPACES}>{content}</w:{name}>"
            for name, content in parts.items()
        },
    }


def read(body: str, **parts: str) -> list[str]:
    """Return the lines of a document of ``body``."""
    return lines(pack(members(body, **parts)))


def lines(data: bytes) -> list[str]:
    text = read_docx(data, where="政策.docx").text
    assert text.endswith("\n")
    return text[:-1].split("\n")


def run(text: str, properties: str = "") -> str:
    formatted = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    return f'<w:r>{formatted}<w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(content: str, properties: str = "") -> str:
    formatted = f"<w:pPr>{properties}</w:pPr>" if properties else ""
    return f"<w:p>{formatted}{content}</w:p>"


def cell(*blocks: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{''.join(blocks)}</w:tc>"


def row(*cells: str) -> str:
    return f"<w:tr>{''.join(cells)}</w:tr>"


def table(*rows: str) -> str:
    return f"<w:tbl>{''.join(rows)}</w:tbl>"


def said(text: str) -> str:
    return paragraph(run(text))


# --- paragraphs -----------------------------------------------------------------------------------


def test_a_document_that_python_docx_wrote() -> None:
    document = docx.Document()
    document.add_heading("关于促进新能源汽车产业发展的若干措施", 0)
    document.add_paragraph("一、支持充电设施建设。")
    document.add_paragraph("")
    table = document.add_table(rows=2, cols=3)
    for place, text in enumerate(("序号", "任务", "单位", "1", "建设充电桩", "市发改委")):
        table.cell(*divmod(place, 3)).text = text
    last = document.add_paragraph("二、")
    last.add_run("支持企业创新。").bold = True
    file = BytesIO()
    document.save(file)
    source = read_docx(file.getvalue(), where="政策.docx")
    assert source.format == "docx"
    assert source.furniture == source.doubts == ()
    assert source.text == (
        "关于促进新能源汽车产业发展的若干措施\n一、支持充电设施建设。\n\n"
        "序号\t任务\t单位\n1\t建设充电桩\t市发改委\n二、支持企业创新。\n"
    )


def test_a_document_is_split_into_its_clauses() -> None:
    list = (
        '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/>'
        '<w:numFmt w:val="chineseCountingThousand"/><w:suff w:val="space"/>'
        '<w:lvlText w:val="第%1条"/></w:lvl></w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    )
    numbered = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    texts = ("为了促进发展，制定本办法。", "本办法适用于本市。", "本办法自印发之日起施行。")
    body = said("某市充电设施管理办法") + "".join(paragraph(run(t), numbered) for t in texts)
    document = parse_source(
        read_docx(pack(members(body, numbering=list)), where="办法.docx"), "办法"
    )
    assert [clause.path for clause in document.clauses if clause.marker] == [
        *("第一条", "第二条", "第三条")
    ]
    assert document.clauses[1].text == "第一条 为了促进发展，制定本办法。"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (run("甲") + run("乙", "<w:b/>"), ["甲乙"]),
        ("<w:r><w:t>甲</w:t><w:br/><w:t>乙</w:t><w:cr/><w:t>丙</w:t></w:r>", ["甲", "乙", "丙"]),
        ('<w:r><w:br w:type="page"/><w:t>甲</w:t></w:r>', ["甲"]),
        ('<w:r><w:t>甲</w:t><w:br w:type="page"/><w:t>乙</w:t></w:r>', ["甲", "乙"]),
        ("<w:r><w:lastRenderedPageBreak/><w:t>甲</w:t></w:r>", ["甲"]),
        ("<w:r><w:t>甲</w:t><w:tab/><w:t>乙</w:t></w:r>", ["甲 乙"]),
        ("<w:r><w:t>T</w:t><w:noBreakHyphen/><w:t>1</w:t><w:softHyphen/></w:r>", ["T-1"]),
        (run("　　甲  乙　 "), ["　　甲  乙"]),
        (run("甲\n\t乙"), ["甲  乙"]),
        (run("A &amp; B &lt; C"), ["A & B < C"]),
        (run("𠮷林省㐂政策"), ["𠮷林省㐂政策"]),
    ],
)
def test_a_paragraph(content: str, expected: list[str]) -> None:
    assert read(paragraph(content)) == expected


def test_empty_paragraphs_stay() -> None:
    assert read(said("甲") + "<w:p/>" + said("乙")) == ["甲", "", "乙"]


@pytest.mark.parametrize(
    ("indent", "expected"),
    [
        ('w:firstLine="420"', "　　甲"),
        ('w:firstLineChars="200" w:firstLine="420"', "　　甲"),
        ('w:firstLineChars="0" w:firstLine="420"', "甲"),
        ('w:left="420"', "甲"),
        ('w:hanging="420"', "甲"),
    ],
)
def test_an_indented_paragraph(indent: str, expected: str) -> None:
    assert read(paragraph(run("甲"), f"<w:ind {indent}/>")) == [expected]


def test_python_docx_indents_by_style_and_by_paragraph() -> None:
    document = docx.Document()
    document.styles["Normal"].paragraph_format.first_line_indent = Cm(0.8)
    document.add_paragraph("正文缩进。")
    document.add_paragraph("　　已有空格。")
    document.add_paragraph("标题").paragraph_format.first_line_indent = Cm(0)
    document.add_paragraph("")
    file = BytesIO()
    document.save(file)
    assert lines(file.getvalue()) == ["　　正文缩进。", "　　已有空格。", "标题", ""]


@pytest.mark.parametrize(
    ("wrapped", "expected"),
    [
        ("<w:hyperlink>{}</w:hyperlink>", "甲"),
        ("<w:smartTag>{}</w:smartTag>", "甲"),
        ("<w:sdt><w:sdtPr><w:text/></w:sdtPr><w:sdtContent>{}</w:sdtContent></w:sdt>", "甲"),
        ("<w:customXml>{}</w:customXml>", "甲"),
        ('<w:fldSimple w:instr="REF a">{}</w:fldSimple>', "甲"),
        ("<w:ins>{}</w:ins>", "甲"),
        ("<w:moveTo>{}</w:moveTo>", "甲"),
        ("<w:del>{}</w:del>", ""),
        ("<w:moveFrom>{}</w:moveFrom>", ""),
        ("<w:ins><w:del>{}</w:del></w:ins>", ""),
    ],
)
def test_what_wraps_runs(wrapped: str, expected: str) -> None:
    inline = paragraph(wrapped.format(run("甲")) + run("乙"))
    assert read(inline) == [f"{expected}乙"]


def test_what_wraps_blocks() -> None:
    control = "<w:sdt><w:sdtContent>{}</w:sdtContent></w:sdt>"
    body = control.format(control.format(said("甲") + table(row(cell(said("乙")))))) + said("丙")
    assert read(body) == ["甲", "乙", "丙"]


def test_ruby_is_read_by_its_base() -> None:
    ruby = f"<w:ruby><w:rubyPr/><w:rt>{run('guān')}</w:rt><w:rubyBase>{run('關')}</w:rubyBase></w:ruby>"
    assert read(paragraph(run("有") + f"<w:r>{ruby}</w:r>" + run("部門"))) == ["有關部門"]


def test_formulas_on_a_line() -> None:
    fraction = (
        "<m:f><m:num><m:r><m:t>a</m:t></m:r></m:num><m:den><m:r><m:t>b</m:t></m:r></m:den></m:f>"
    )
    formula = f"<m:oMath><m:r><m:t>x=</m:t></m:r>{fraction}</m:oMath>"
    assert read(paragraph(run("其中") + formula)) == ["其中x=a/b"]


@pytest.mark.parametrize(
    ("font", "code", "expected"),
    [
        ("Wingdings", "F0FE", "☑"),
        ("Wingdings", "00A8", "□"),
        ("Wingdings 2", "F052", "☑"),
        ("Symbol", "F0B3", "≥"),
        ("Symbol", "F061", "α"),
        ("宋体", "2264", "≤"),
        ("Webdings", "F021", "\uf021"),
        ("Symbol", "D800", "\ufffd"),
        ("Symbol", "", "\ufffd"),
    ],
)
def test_a_symbol(font: str, code: str, expected: str) -> None:
    symbol = f'<w:r><w:sym w:font="{font}" w:char="{code}"/></w:r>'
    assert read(paragraph(run("值") + symbol + run("5"))) == [f"值{expected}5"]


# --- hidden, deleted, generated -------------------------------------------------------------------

HIDING = (
    '<w:style w:type="character" w:styleId="Secret"><w:rPr><w:vanish/></w:rPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="Draft"><w:rPr><w:vanish/></w:rPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="Copy"><w:basedOn w:val="Draft"/></w:style>'
)


def test_hidden_runs() -> None:
    hidden = run("乙", "<w:vanish/>") + run("丙", '<w:rStyle w:val="Secret"/>')
    shown = run("丁", '<w:vanish w:val="0"/>') + run("戊", "<w:webHidden/>")
    assert read(paragraph(run("甲") + hidden + shown), styles=HIDING) == ["甲丁戊"]


def test_a_hidden_paragraph_leaves_no_line() -> None:
    hidden = paragraph(run("乙", "<w:vanish/>"), "<w:rPr><w:vanish/></w:rPr>")
    by_style = paragraph(run("丙"), '<w:pStyle w:val="Copy"/>')
    assert read(said("甲") + hidden + by_style + said("丁"), styles=HIDING) == ["甲", "丁"]


def test_a_run_may_show_itself_in_a_hidden_paragraph() -> None:
    shown = paragraph(run("甲", '<w:vanish w:val="0"/>') + run("乙"), '<w:pStyle w:val="Draft"/>')
    assert read(shown + said("丙"), styles=HIDING) == ["甲丙"]


@pytest.mark.parametrize("mark", ["<w:del/>", "<w:moveFrom/>", "<w:vanish/>"])
def test_a_paragraph_without_its_end_goes_on_in_the_next(mark: str) -> None:
    joined = paragraph(run("甲，"), f"<w:rPr>{mark}</w:rPr>")
    assert read(joined + said("乙。") + said("丙。")) == ["甲，乙。", "丙。"]
    assert read(said("丙。") + joined) == ["丙。", "甲，"]


def test_a_deleted_paragraph_does_not_count() -> None:
    list = (
        '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/>'
        '<w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl></w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    )
    numbered = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    deleted = paragraph(f"<w:del>{run('乙')}</w:del>", f"{numbered}<w:rPr><w:del/></w:rPr>")
    body = paragraph(run("甲"), numbered) + deleted + paragraph(run("丙"), numbered)
    assert read(body, numbering=list) == ["1. 甲", "2. 丙"]


def field(instructions: str, result: str | None, *, end: bool = True) -> str:
    mark = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
    parts = [mark.format("begin"), f"<w:r><w:instrText>{instructions}</w:instrText></w:r>"]
    parts += [] if result is None else [mark.format("separate"), result]
    return "".join([*parts, mark.format("end") if end else ""])


def test_a_field_shows_its_result() -> None:
    nested = field("IF ", None).replace("</w:instrText></w:r>", "</w:instrText></w:r>" + run("隐"))
    body = paragraph(run("见") + field("REF a", run("第三条")) + nested + run("。"))
    assert read(body) == ["见第三条。"]


def test_a_field_that_never_ends_hides_nothing() -> None:
    body = paragraph(field("REF a", None, end=False) + run("甲")) + said("乙")
    assert read(body) == ["甲", "乙"]


def test_a_field_may_open_in_hidden_text() -> None:
    mark = '<w:r><w:rPr><w:vanish/></w:rPr><w:fldChar w:fldCharType="{}"/></w:r>'
    entry = mark.format("begin") + run("甲") + mark.format("end")
    assert read(paragraph(run("乙") + entry + run("丙"))) == ["乙丙"]


def test_a_table_of_contents_is_furniture() -> None:
    begin, end = field('TOC \\o "1-3"', run("第一章 总则") + "|").split("|")
    body = (
        said("某市办法")
        + paragraph(begin)
        + paragraph(run("第二章 附则") + end)
        + "".join(said(f"第{n}章") + said("为了促进产业发展，制定本办法。") for n in "一二")
    )
    source = read_docx(pack(members(body)), where="办法.docx")
    assert [source.text[a:b] for a, b in source.furniture] == ["第一章 总则\n", "第二章 附则\n"]
    assert source.text.startswith("某市办法\n第一章 总则\n第二章 附则\n第一章\n")


def test_a_control_for_a_table_of_contents_is_furniture() -> None:
    gallery = '<w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj>'
    body = (
        f"<w:sdt><w:sdtPr>{gallery}</w:sdtPr><w:sdtContent>{said('目录')}</w:sdtContent></w:sdt>"
        + said("第一章 总则")
    )
    source = read_docx(pack(members(body)), where="办法.docx")
    assert [source.text[a:b] for a, b in source.furniture] == ["目录\n"]


def test_a_table_of_contents_that_holds_the_document_is_a_mistake() -> None:
    begin, end = field("TOC", "|").split("|")
    body = paragraph(begin) + said("为了促进产业发展，制定本办法。") + paragraph(end) + said("附则")
    assert read_docx(pack(members(body)), where="办法.docx").furniture == ()


# --- notes and text boxes -------------------------------------------------------------------------


def test_notes_follow_their_paragraph() -> None:
    notes = (
        f'<w:footnote w:type="separator" w:id="-1">{paragraph("<w:r><w:separator/></w:r>")}'
        f'</w:footnote><w:footnote w:id="1">{paragraph("<w:r><w:footnoteRef/></w:r>" + run(" 下同。"))}'
        f'</w:footnote><w:footnote w:id="2">{said("含县")}{said("和区。")}</w:footnote>'
    )
    endnotes = f'<w:endnote w:id="1">{said("见附件。")}</w:endnote>'
    footnote = '<w:r><w:footnoteReference w:id="{}"/></w:r>'
    endnote = '<w:r><w:endnoteReference w:id="1"/></w:r>'
    body = (
        paragraph(
            run("市发改委") + footnote.format(2) + run("牵头") + footnote.format(1) + run("。")
        )
        + said("二、")
        + paragraph(run("完") + endnote + footnote.format(9))
    )
    assert read(body, footnotes=notes, endnotes=endnotes) == [
        *("市发改委牵头。", "[注1] 含县 和区。", "[注2] 下同。", "二、", "完", "[注3] 见附件。")
    ]


def test_a_note_with_a_mark_of_its_own() -> None:
    reference = '<w:r><w:footnoteReference w:customMarkFollows="1" w:id="1"/><w:t>*</w:t></w:r>'
    notes = f'<w:footnote w:id="1">{said("下同。")}</w:footnote>'
    body = paragraph(run("甲") + reference + run("乙"))
    assert read(body, footnotes=notes) == ["甲乙", "[注1] 下同。"]


def test_a_note_in_a_table_follows_its_row() -> None:
    reference = run("甲") + '<w:r><w:footnoteReference w:id="1"/></w:r>'
    notes = f'<w:footnote w:id="1">{said("下同。")}</w:footnote>'
    body = table(
        row(cell(paragraph(reference)), cell(said("乙"))), row(cell(said("丙")), cell(said("丁")))
    )
    assert read(body, footnotes=notes) == ["甲\t乙", "[注1] 下同。", "丙\t丁"]


def test_a_text_box_is_read_once_after_its_paragraph() -> None:
    box = f"<w:txbxContent>{said('红头')}<w:p/>{said('文件')}</w:txbxContent>"
    alternatives = (
        f'<mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:txbx>{box}</wps:txbx>'
        f"</w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict>"
        "</mc:Fallback></mc:AlternateContent>"
    )
    body = paragraph(f"<w:r>{alternatives}</w:r>" + run("甲")) + said("乙")
    assert read(body) == ["甲", "红头", "文件", "乙"]


def test_a_fallback_is_read_where_the_choice_has_no_text() -> None:
    emoji = '<mc:Choice Requires="w16se"><w16se:symEx xmlns:w16se="urn:x" w16se:char="1F600"/></mc:Choice>'
    alternatives = f"<mc:AlternateContent>{emoji}<mc:Fallback><w:t>😀</w:t></mc:Fallback></mc:AlternateContent>"
    assert read(paragraph(f"<w:r>{alternatives}</w:r>" + run("甲"))) == ["😀甲"]


def test_word_art_is_text() -> None:
    art = '<w:r><w:pict><v:shape><v:textpath string="某市人民政府文件"/></v:shape></w:pict></w:r>'
    assert read(paragraph(art)) == ["某市人民政府文件"]


def test_headers_footers_and_comments_stay_out() -> None:
    document = docx.Document()
    document.add_paragraph("正文。")
    document.sections[0].header.paragraphs[0].text = "页眉"
    document.sections[0].footer.paragraphs[0].text = "页脚"
    document.add_comment(document.paragraphs[0].runs, text="批注", author="某人")
    file = BytesIO()
    document.save(file)
    assert lines(file.getvalue()) == ["正文。"]


# --- tables ---------------------------------------------------------------------------------------


def test_merged_cells_are_read_once() -> None:
    document = docx.Document()
    grid = document.add_table(rows=3, cols=3)
    for place, text in enumerate("甲乙丙丁戊己庚辛壬"):
        grid.cell(*divmod(place, 3)).text = text
    grid.cell(0, 0).merge(grid.cell(0, 1)).text = "跨两列"
    grid.cell(1, 0).merge(grid.cell(2, 0)).text = "跨两行"
    file = BytesIO()
    document.save(file)
    assert lines(file.getvalue()) == ["跨两列\t丙", "跨两行\t戊\t己", "\t辛\t壬"]


def test_white_space_in_a_cell_is_one_space() -> None:
    blocks = (
        said("充电\u3000 设施"),
        paragraph("<w:r><w:t>建</w:t><w:br/><w:t>设</w:t></w:r>"),
        "<w:p/>",
    )
    body = table(row(cell(*blocks), cell(said("是"))), row(cell("<w:p/>"), cell("<w:p/>")))
    assert read(body) == ["充电 设施 建 设\t是"]


def test_a_table_in_a_cell_becomes_its_text() -> None:
    inner = table(row(cell(said("子")), cell(said("丑"))), row(cell(said("寅")), cell(said("卯"))))
    body = table(row(cell(said("甲"), inner, "<w:p/>"), cell(said("乙"))))
    assert read(body) == ["甲 子 丑 寅 卯\t乙"]


def test_a_table_of_one_column_is_lines() -> None:
    body = table(row(cell(said("一、总则"), said("为了发展。"))), row(cell(said("二、附则"))))
    assert read(body) == ["一、总则", "为了发展。", "二、附则"]


def test_a_table_that_frames_the_document_is_lines() -> None:
    clauses = said("一、支持企业创新，给予补助。"), said("二、支持充电设施建设，给予补助。")
    inner = table(row(cell(said("某市办法"), *clauses)))
    body = table(row(cell(inner, "<w:p/>"), cell(said("导航"))))
    assert read(body) == ["某市办法", *(re.sub("<.*?>", "", text) for text in clauses), "", "导航"]


def test_a_text_box_in_a_frame_is_read() -> None:
    box = f"<w:r><w:txbxContent>{said('公开方式：主动公开')}</w:txbxContent></w:r>"
    assert read(table(row(cell(paragraph(box)))) + said("甲")) == ["", "公开方式：主动公开", "甲"]


def test_deleted_rows_and_cells_are_gone() -> None:
    gone = f"<w:tr><w:trPr><w:del/></w:trPr>{cell(said('乙'))}{cell(said('丙'))}</w:tr>"
    kept = row(cell(said("丁")), cell(said("戊"), properties="<w:cellDel/>"), cell(said("己")))
    assert read(table(row(cell(said("甲")), cell(said("子"))), gone, kept)) == ["甲\t子", "丁\t己"]


def test_numbers_in_cells_count_with_the_text() -> None:
    list = (
        '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/>'
        '<w:numFmt w:val="decimal"/><w:suff w:val="nothing"/><w:lvlText w:val="%1."/></w:lvl>'
        '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    )
    numbered = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    item = paragraph(run("事项"), numbered)
    rows = [row(cell(paragraph("", numbered)), cell(said(text))) for text in "甲乙"]
    assert read(item + table(*rows) + item, numbering=list) == [
        "1.事项",
        "2.\t甲",
        "3.\t乙",
        "4.事项",
    ]


# --- packages -------------------------------------------------------------------------------------


def test_a_strict_package() -> None:
    strict = {
        name: content.replace(
            "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
            "http://purl.oclc.org/ooxml/wordprocessingml/main",
        ).replace(RELATIONSHIPS, "http://purl.oclc.org/ooxml/officeDocument/relationships")
        for name, content in members(said("甲")).items()
        if isinstance(content, str)
    }
    assert lines(pack({**strict})) == ["甲"]


def test_parts_by_other_names() -> None:
    parts = members(said("甲"), styles="")
    renamed = {
        name.replace("document.xml", "正文2.xml"): content.replace(
            "word/document.xml", "/WORD/./x/../正文2.xml"
        )
        for name, content in parts.items()
        if isinstance(content, str)
    }
    assert lines(pack({**renamed})) == ["甲"]


def test_a_part_in_utf_16() -> None:
    parts = members(said("甲"))
    content = parts["word/document.xml"]
    assert isinstance(content, str)
    parts["word/document.xml"] = ('<?xml version="1.0" encoding="UTF-16"?>' + content).encode(
        "utf-16"
    )
    assert lines(pack(parts)) == ["甲"]


def refusal(data: bytes, read=read_docx) -> str:  # type: ignore[no-untyped-def]
    """Return the English half of a refusal, which comes soon and in two languages."""
    begin = time.monotonic()
    with pytest.raises(LoadError) as caught:
        read(data, where="政策.docx")
    assert time.monotonic() - begin < 20
    chinese, english = str(caught.value).split("\n")
    assert chinese.startswith("政策.docx：") and re.search("请|没有", chinese)
    assert english.startswith("政策.docx: ")
    return english


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04", b"PK\x05\x06" + bytes(18), b"\xd0\xcf\x11\xe0", b"text" * 100]
)
def test_what_is_no_package(data: bytes) -> None:
    assert "damaged" in refusal(data) or "not a Word document" in refusal(data)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_package_that_is_cut_off(share: float) -> None:
    data = pack(members(said("甲")))
    assert "damaged or incomplete" in refusal(data[: int(len(data) * share)])


@pytest.mark.parametrize("name", ["_rels/.rels", "word/document.xml"])
def test_a_package_without_a_needed_part(name: str) -> None:
    parts = members(said("甲"))
    del parts[name]
    assert "not a Word document" in refusal(pack(parts))


def test_a_package_without_its_other_parts() -> None:
    parts = members(said("甲"), styles="", numbering="", footnotes="")
    for name in ("word/styles.xml", "word/numbering.xml", "word/footnotes.xml"):
        del parts[name]
    assert lines(pack(parts)) == ["甲"]


def test_another_office_file() -> None:
    parts = members(said("甲"))
    parts["word/document.xml"] = (
        '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
    )
    assert "not a Word document" in refusal(pack(parts))


def test_names_outside_the_package_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.xml"
    secret.write_text("<x/>", encoding="utf-8")
    parts = members(said("甲"))
    relationships = parts["_rels/.rels"]
    assert isinstance(relationships, str)
    for target in (f"../../../..{secret}", f"file://{secret}", "../../etc/passwd"):
        parts["_rels/.rels"] = relationships.replace("word/document.xml", target)
        assert "not a Word document" in refusal(pack(parts))
    parts["_rels/.rels"] = relationships
    parts["../../../../evil.xml"] = "<x/>"
    assert lines(pack(parts)) == ["甲"]
    assert not list(tmp_path.parent.rglob("evil.xml"))


@pytest.mark.parametrize(
    "content",
    [
        "<w:p><w:r><w:t>甲</w:t></w:r>",
        "",
        "甲",
        "<a></b>",
        "<w:document/>",
        "\x00\x01",
        f"<w:document {NAMESPACES}><w:t>&undefined;</w:t></w:document>",
        b"\xff\xfe\x00\xd8\x00",
        f"<w:document {NAMESPACES}>甲</w:document>".encode("gb18030"),
    ],
)
def test_a_part_that_is_no_xml(content: str | bytes) -> None:
    assert "damaged" in refusal(pack(members("") | {"word/document.xml": content}))


BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    "declared",
    [
        f'<!DOCTYPE x [<!ENTITY e0 "甲">{BOMB}]>',
        '<!DOCTYPE x [<!ENTITY e11 SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://localhost:9/x.dtd"> %p; <!ENTITY e11 "甲">]>',
        '<!DOCTYPE w:document SYSTEM "x.dtd">',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("name", ["word/document.xml", "word/styles.xml", "_rels/.rels"])
def test_a_document_type_is_refused(declared: str, encoding: str, name: str) -> None:
    parts = members(said("&e11;" if name == "word/document.xml" else "甲"), styles="")
    content = parts[name]
    assert isinstance(content, str)
    assert "document type" in refusal(pack(parts | {name: (declared + content).encode(encoding)}))


def test_an_encoding_that_would_hide_a_document_type() -> None:
    content = f'<!DOCTYPE x [<!ENTITY e "x">]><w:document {NAMESPACES}/>'
    for encoding in ("utf-7", "cp037", "utf-32"):
        declared = f'<?xml version="1.0" encoding="{encoding}"?>{content}'.encode(encoding)
        refusal(pack(members("") | {"word/document.xml": declared}))


@pytest.mark.parametrize("tag", ["w:sdt", "w:tbl", "w:p", "w:r", "x"])
def test_deep_nesting(tag: str) -> None:
    nested = f"<{tag}>" * 100_000 + f"</{tag}>" * 100_000
    assert "damaged" in refusal(pack(members(nested)))


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("<w:ins>", "</w:ins>"),
        ("<w:sdt><w:sdtContent>", "</w:sdtContent></w:sdt>"),
        ("<w:tbl><w:tr><w:tc>", "</w:tc></w:tr></w:tbl>"),
        ("<w:p><w:r><w:txbxContent>", "</w:txbxContent></w:r></w:p>"),
        ("<mc:AlternateContent><mc:Choice>", "</mc:Choice></mc:AlternateContent>"),
    ],
)
def test_nesting_as_deep_as_is_read(begin: str, end: str) -> None:
    depth = 240 // begin.count("<")
    assert read(begin * depth + said("甲") + end * depth)[-1] == "甲"


def test_a_part_that_unpacks_to_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    data = pack(members(said("甲" * 100_000)))
    assert len(data) < 3_000
    assert lines(data) == ["甲" * 100_000]
    monkeypatch.setattr(word_package, "_MAX_PART_BYTES", 300_000)
    assert "too large" in refusal(data)


def test_a_part_that_lies_about_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sizes that the archive states are altered to a few bytes."""
    parts = members(said("甲" * 100_000))
    size = len(str(parts["word/document.xml"]).encode())
    data = pack(parts)
    assert data.count(struct.pack("<I", size)) == 2
    lying = data.replace(struct.pack("<I", size), struct.pack("<I", 100))
    assert "damaged" in refusal(lying)


def test_too_much_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_xml, "_MAX_MARKUP", 1_000)
    assert lines(pack(members(said("甲") * 50)))[:2] == ["甲", "甲"]
    assert "too large" in refusal(pack(members(said("甲") * 500)))


def test_a_million_paragraphs() -> None:
    body = "<w:p><w:r><w:t>第一条 内容。</w:t></w:r></w:p>" * 1_000_000
    assert "too large" in refusal(pack(members(body)))


def test_too_many_paragraphs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_MAX_PARAGRAPHS", 50)
    assert len(read(said("甲") * 50)) == 50
    assert "too large" in refusal(pack(members(said("甲") * 51)))


def test_numbers_that_make_a_text_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_MAX_CHARACTERS", 10_000)
    list = (
        '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="9000"/>'
        f'<w:numFmt w:val="upperLetter"/><w:lvlText w:val="{"%1" * 50}"/></w:lvl></w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    )
    numbered = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    data = pack(members(paragraph(run("甲"), numbered), numbering=list))
    assert "too large" in refusal(data)


def test_too_many_members(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_package, "_MAX_PARTS", 100)
    parts = members(said("甲"))
    assert lines(pack(parts | {f"word/media/{n}.png": "" for n in range(90)})) == ["甲"]
    assert "too large" in refusal(pack(parts | {f"word/media/{n}.png": "" for n in range(110)}))


def altered(data: bytes, offset: int, value: int) -> bytes:
    """Set a 16-bit field of every member's header in the archive, local and central."""
    changed = bytearray(data)
    for signature, shift in ((b"PK\x03\x04", 0), (b"PK\x01\x02", 2)):
        position = changed.find(signature)
        while position >= 0:
            struct.pack_into("<H", changed, position + offset + shift, value)
            position = changed.find(signature, position + 4)
    return bytes(changed)


def test_an_encrypted_member() -> None:
    assert "password" in refusal(altered(pack(members(said("甲"))), 6, 1))


@pytest.mark.parametrize("method", [1, 9, 12, 14, 93, 99])
def test_a_compression_that_no_word_file_has(method: int) -> None:
    assert "damaged" in refusal(altered(pack(members(said("甲"))), 8, method))


def test_a_file_without_text() -> None:
    assert "no text" in refusal(pack(members("<w:p/>")))


def test_a_file_of_pictures() -> None:
    assert "scan" in refusal(pack(members(paragraph("<w:r><w:drawing/></w:r>"))))


SAMPLE = pack(
    members(
        said("甲") + table(row(cell(said("乙")), cell(said("丙")))), styles=HIDING, numbering=""
    )
)


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda rest: b"PK\x03\x04" + rest))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with pytest.raises(LoadError):
        read_docx(data, where="x")


@given(st.integers(0, len(SAMPLE) - 1), st.binary(min_size=1, max_size=4))
@settings(max_examples=300)
def test_any_alteration_is_read_or_refused(position: int, change: bytes) -> None:
    data = SAMPLE[:position] + change + SAMPLE[position + len(change) :]
    with contextlib.suppress(LoadError):
        assert read_docx(data, where="x").text


NAMES = st.sampled_from(
    "p r t tbl tr tc sdt sdtContent ins del br tab fldChar instrText sym pPr rPr numPr ilvl numId "
    "vanish pStyle footnoteReference txbxContent ind ruby rt rubyBase hyperlink tcPr vMerge".split()
)
VALUES = st.sampled_from(["", "0", "1", "-1", "99999999999999999999", "x", "begin", "end", "TOC"])
ELEMENTS = st.recursive(
    st.tuples(NAMES, VALUES).map(
        lambda e: (
            f'<w:{e[0]} w:val="{e[1]}" w:id="1" w:fldCharType="{e[1]}" w:char="{e[1]}">甲</w:{e[0]}>'
        )
    ),
    lambda inner: st.tuples(NAMES, st.lists(inner, max_size=4)).map(
        lambda e: f"<w:{e[0]}>{''.join(e[1])}</w:{e[0]}>"
    ),
)
DEFINED = (
    '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:lvlText w:val="%1"/></w:lvl>'
    '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
)


@given(st.lists(ELEMENTS, max_size=5).map("".join), ELEMENTS, ELEMENTS)
def test_any_elements_are_read_or_refused(body: str, styles: str, numbering: str) -> None:
    data = pack(members(body, styles=styles, numbering=DEFINED + numbering, footnotes=body))
    try:
        source = read_docx(data, where="x")
    except LoadError:
        return
    assert source.text.strip()
    assert not re.search("[\r\x0b\x0c]", source.text)


# --- against LibreOffice --------------------------------------------------------------------------


def convert(folder: Path, data: bytes, form: str, suffix: str) -> bytes:
    (folder / "in.docx").write_bytes(data)
    profile = (folder / "profile").as_uri()
    command = [
        SOFFICE or "",
        f"-env:UserInstallation={profile}",
        "--headless",
        "--convert-to",
        form,
    ]
    subprocess.run(
        [*command, "--outdir", str(folder), str(folder / "in.docx")],
        check=True,
        capture_output=True,
        timeout=170,
    )
    return (folder / f"in.{suffix}").read_bytes()


def policy(*, lists: int) -> bytes:
    """Parts, chapters, items and skipped levels, by turns in one or more uses of one list."""
    levels = [
        ("第%1编", "chineseCountingThousand", ""),
        ("第%2章", "chineseCountingThousand", ""),
        ("（%3）", "chineseCounting", ""),
        ("%1.%2.%4", "decimal", ""),
        ("%5", "decimalEnclosedCircle", '<w:suff w:val="nothing"/>'),
    ]
    list = "".join(
        f'<w:lvl w:ilvl="{index}"><w:start w:val="{1 + index % 2}"/><w:numFmt w:val="{format}"/>'
        f'{more}<w:lvlText w:val="{text}"/></w:lvl>'
        for index, (text, format, more) in enumerate(levels)
    )
    numbering = (
        f'<w:abstractNum w:abstractNumId="0">{list}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
        '<w:num w:numId="2"><w:abstractNumId w:val="0"/></w:num>'
    )
    style = (
        '<w:style w:type="paragraph" w:styleId="Part"><w:name w:val="Part"/><w:pPr><w:numPr>'
        '<w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
    )
    body = said("某市条例")
    for place, index in enumerate((0, 1, 2, 2, 4, 4, 1, 2, 0, 2, 3, 3, 1, 0, 4, 0)):
        properties = (
            '<w:pStyle w:val="Part"/>'
            if index == 0
            else f'<w:numPr><w:ilvl w:val="{index}"/><w:numId w:val="{1 + place % lists}"/></w:numPr>'
        )
        body += paragraph(run(f"内容{place}"), properties)
    return pack(members(body + said("附则"), numbering=numbering, styles=style))


@needs_libreoffice
def test_libreoffice_shows_the_same_numbers(tmp_path: Path) -> None:
    data = policy(lists=2)
    shown = convert(tmp_path, data, "txt:Text (encoded):UTF8", "txt").decode("utf-8-sig")
    expected = [re.sub(r"\s", "", line) for line in shown.splitlines()]
    assert [re.sub(r"\s", "", line) for line in lines(data)] == expected
    assert expected[:4] == ["某市条例", "第一编内容0", "第二章内容1", "（一）内容2"]


# --- old Word files -------------------------------------------------------------------------------


def compound(*names: str) -> bytes:
    """A compound file of nothing but a header and a directory with these entries."""
    entries = b"".join(f"{name}\0".encode("utf-16-le").ljust(128, b"\0") for name in names)
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0") + entries


@needs_libreoffice
def test_an_old_word_file_is_converted(tmp_path: Path) -> None:
    data = policy(lists=1)
    source = read_doc(convert(tmp_path, data, "doc", "doc"), where="条例.doc")
    assert source.format == "doc"
    assert [line for line in source.text.splitlines() if line.strip()] == lines(data)


@needs_libreoffice
def test_rich_text_is_converted() -> None:
    text = "".join(f"\\u{ord(c)}?" for c in "第一条 支持充电设施建设。")
    source = read_doc(f"{{\\rtf1\\ansi {text}\\par}}".encode("ascii"), where="条例.doc")
    assert source.text.strip() == "第一条 支持充电设施建设。"


@needs_libreoffice
def test_an_old_word_file_that_is_damaged() -> None:
    data = compound("Root Entry", "WordDocument")
    with pytest.raises(LoadError, match="cannot open the file"):
        read_doc(data, where="条例.doc")


def test_without_libreoffice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doc, "_PROGRAMS", ("no-such-program",))
    assert "Install LibreOffice" in refusal(compound("Root Entry", "WordDocument"), read_doc)


def test_libreoffice_that_hangs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    started = tmp_path / "started"
    program = tmp_path / "soffice"
    program.write_text(f"#!/bin/sh\nsleep 60 &\necho $! > {started}\nwait\n")
    program.chmod(0o755)
    monkeypatch.setattr(doc, "_PROGRAMS", (str(program),))
    monkeypatch.setattr(doc, "_MAX_SECONDS", 2)
    assert "was stopped" in refusal(compound("Root Entry", "WordDocument"), read_doc)
    child = Path("/proc") / started.read_text().strip() / "stat"
    assert not child.exists() or child.read_text().split()[2] == "Z"


def test_libreoffice_that_cannot_be_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "soffice"
    program.write_bytes(b"\x7fELF no program")
    program.chmod(0o755)
    monkeypatch.setattr(doc, "_PROGRAMS", (str(program),))
    assert "cannot be started" in refusal(compound("Root Entry", "WordDocument"), read_doc)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "not a Word file"),
        (b"text", "not a Word file"),
        (compound("Root Entry", "Workbook"), "perhaps Excel"),
        (compound("Root Entry", "EncryptionInfo", "EncryptedPackage"), "password"),
        (compound("Root Entry").ljust(700, b"x") + "WordDocument\0".encode("utf-16-le"), "Excel"),
    ],
    ids=["empty", "text", "xls", "encrypted docx", "a name in the text"],
)
def test_what_is_no_old_word_file(data: bytes, expected: str) -> None:
    assert expected in refusal(data, read_doc)


@given(st.binary(max_size=2000))
def test_any_bytes_are_no_old_word_file(data: bytes) -> None:
    for begin in (b"", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        with pytest.raises(LoadError):
            read_doc(begin + data, where="x")

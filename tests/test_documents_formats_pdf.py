"""PDFs with a text layer: lines, indents, pages and tables, and every file that is refused."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from reportlab.lib import colors, pdfencrypt
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from documents.cleaning import clean
from documents.errors import LoadError
from documents.formats import pdf, pdf_streams
from documents.formats.pdf import has_text_layer, read_pdf
from documents.formats.pdf_page import _read_code
from documents.numbering import write_number
from documents.parsing import parse_source
from documents.types import Source

FONT = "STSong-Light"
SIZE, PITCH, LEFT, TOP, WIDTH = 16, 28, 90, 740, 26
pdfmetrics.registerFont(UnicodeCIDFont(FONT))

PARAGRAPH = (
    "为深入贯彻落实国家关于新能源汽车产业发展的决策部署，结合本省实际，加快建设现代化产业体系，"
    "推动整车企业壮大产销规模，支持零部件企业加强技术合作，力争到二〇二六年产业规模再上新台阶，"
    "并且完善公共充电设施网络体系，提升服务保障能力。"
)
PARAGRAPHS = [
    "".join(f"第{write_number(n + k)}类企业给予奖励，" for k in range(9)) for n in range(10, 30)
]


def draw(*pages: Callable[[Canvas], None], **options: object) -> bytes:
    """Return a PDF; each page is drawn by one function, with the Chinese font set."""
    data = io.BytesIO()
    canvas = Canvas(data, pagesize=A4, **options)
    for page in pages:
        canvas.setFont(FONT, SIZE)
        page(canvas)
        canvas.showPage()
    canvas.save()
    return data.getvalue()


def lines(canvas: Canvas, *texts: str, top: float = TOP, left: float = LEFT) -> None:
    """Draw one line below the other; a leading full-width space moves a line, and is not written."""
    for i, text in enumerate(texts):
        written = text.lstrip("\u3000")
        canvas.drawString(left + SIZE * (len(text) - len(written)), top - i * PITCH, written)


def page(*texts: str, top: float = TOP, left: float = LEFT) -> Callable[[Canvas], None]:
    return lambda canvas: lines(canvas, *texts, top=top, left=left)


def wrap(paragraph: str, width: int = WIDTH) -> list[str]:
    """Return the lines of a paragraph that is indented by two characters."""
    text = f"　　{paragraph}"
    return [text[i : i + width] for i in range(0, len(text), width)]


def read(data: bytes) -> Source:
    return read_pdf(data, where="x.pdf")


def cleaned(data: bytes) -> list[str]:
    source = read(data)
    return clean(source.text, furniture=source.furniture).text.split("\n")


# --- lines and paragraphs -------------------------------------------------------------------------


def test_a_visual_line_is_a_line() -> None:
    source = read(draw(page("第一条　为了促进发展，制定本办法。", "第二条　本办法适用于本省。")))
    assert source.text == "第一条　为了促进发展，制定本办法。\n第二条　本办法适用于本省。\n"
    assert source.format == "pdf"
    assert source.furniture == ()


def test_an_indent_on_the_page_is_two_full_width_spaces() -> None:
    rows = wrap(PARAGRAPH) * 3
    assert read(draw(page(*rows))).text == "\n".join(rows) + "\n"


@pytest.mark.parametrize("width", [20, 23, 26])
def test_wrapped_paragraphs_come_out_whole(width: int) -> None:
    rows = [row for text in (PARAGRAPH, PARAGRAPH[40:], PARAGRAPH) for row in wrap(text, width)]
    found = cleaned(draw(page(*rows)))
    assert found == [f"　　{PARAGRAPH}", f"　　{PARAGRAPH[40:]}", f"　　{PARAGRAPH}", ""]


def test_lines_come_in_reading_order_however_they_are_written() -> None:
    def draw_page(canvas: Canvas) -> None:
        for i in (2, 0, 1):
            canvas.drawString(LEFT, TOP - i * PITCH, f"第{i}行的文字")

    assert read(draw(draw_page)).text == "第0行的文字\n第1行的文字\n第2行的文字\n"


def test_a_wide_gap_above_a_line_is_a_blank_line() -> None:
    def draw_page(canvas: Canvas) -> None:
        lines(canvas, *wrap(PARAGRAPH))
        lines(canvas, *wrap(PARAGRAPH), top=TOP - 8 * PITCH)

    rows = "\n".join(wrap(PARAGRAPH))
    assert read(draw(draw_page)).text == f"{rows}\n\n{rows}\n"


def test_gaps_between_characters() -> None:
    """Between Chinese characters and figures none is a space, unless it is as wide as one."""

    def draw_page(canvas: Canvas) -> None:
        canvas.drawString(90, 700, "到")
        canvas.drawString(110, 700, "2026")
        canvas.drawString(150, 700, "年")
        canvas.drawString(190, 700, "省长")
        canvas.drawString(300, 700, "Ministry of Commerce")

    assert read(draw(draw_page)).text == "到2026年 省长　Ministry of Commerce\n"


def test_two_words_at_a_line_end_stay_two() -> None:
    row = "推动实施新能源汽车产业发展规划以及"
    rows = [f"{row}Made in", "China等政策措施，支持企业创新发展壮大。"] * 6
    found = "".join(cleaned(draw(page(*rows))))
    assert found.count("Made in China") == 6


def test_a_raised_sign_stays_in_its_line() -> None:
    def draw_page(canvas: Canvas) -> None:
        lines(canvas, "建筑面积达到一百", "以上的公共建筑")
        canvas.setFont(FONT, 8)
        canvas.drawString(LEFT + 8 * SIZE, TOP + 5, "①")

    assert read(draw(draw_page)).text == "建筑面积达到一百①\n以上的公共建筑\n"


def test_two_columns_are_read_one_after_the_other() -> None:
    left, right = wrap(PARAGRAPH, 12), wrap(PARAGRAPH[::-1], 12)

    def draw_page(canvas: Canvas) -> None:
        lines(canvas, *left, left=60)
        lines(canvas, *right, left=320)

    assert read(draw(draw_page)).text == "\n".join([*left, *right]) + "\n"


@pytest.mark.parametrize(("turn", "at"), [(90, (500, 100)), (180, (500, 700)), (270, (100, 700))])
def test_a_page_that_is_turned_is_read_as_it_is_turned(turn: int, at: tuple[int, int]) -> None:
    def draw_page(canvas: Canvas) -> None:
        canvas.translate(*at)
        canvas.rotate(turn)
        lines(canvas, *wrap(PARAGRAPH, 18), top=200, left=20)
        draw_table(canvas, [_HEAD, task(1)], top=0)

    table = ["\t".join(_HEAD), "\t".join(text.replace("\n", "") for text in task(1))]
    found = [line for line in read(draw(draw_page)).text.split("\n") if line]
    assert found == [*wrap(PARAGRAPH, 18), *table]


def test_upright_columns_are_read_from_the_right() -> None:
    def draw_page(canvas: Canvas) -> None:
        for column, text in enumerate(["为了促进产业发展制定本办法", "本办法自发布之日起开始施行"]):
            for row, character in enumerate(text):
                canvas.drawString(400 - column * PITCH, 700 - row * 18, character)

    assert read(draw(draw_page)).text == "为了促进产业发展制定本办法\n本办法自发布之日起开始施行\n"


def test_a_stamp_across_the_page_is_furniture() -> None:
    def draw_page(canvas: Canvas) -> None:
        lines(canvas, "第一条　总则。", "第二条　附则。")
        canvas.translate(200, 300)
        canvas.rotate(45)
        canvas.drawString(0, 0, "内部资料注意保存")

    source = read(draw(draw_page))
    assert [source.text[a:b] for a, b in source.furniture] == ["内部资料注意保存\n"]
    assert clean(source.text, furniture=source.furniture).text == "第一条　总则。\n第二条　附则。\n"


def test_radicals_that_a_font_names_become_characters() -> None:
    """Some fonts say U+2F00, the radical, where the text has 一, and show the same."""
    data = draw(page("一、总体要求", "二、工作目标"))
    assert read(data).text.startswith("一、")
    assert [_read_code(code) for code in (0x2F00, 0x2F47, 0x4E00)] == ["一", "日", "一"]


# --- pages ----------------------------------------------------------------------------------------


def paged(count: int, *, header: str = "", number: str = "— {} —") -> bytes:
    """Return a PDF of paragraphs that go on over its pages, with a header and page numbers."""
    rows = [row for text in PARAGRAPHS for row in wrap(text)]
    height = len(rows) // count + 1

    def draw_page(i: int, canvas: Canvas) -> None:
        lines(canvas, *rows[i * height : (i + 1) * height])
        if header:
            canvas.drawString(200, 800, header)
        canvas.drawString(280, 40, number.format(i + 1))

    return draw(*(partial(draw_page, i) for i in range(count)))


@pytest.mark.parametrize("number", ["— {} —", "- {} -", "{}", "第 {} 页 共 4 页", "{}/4"])
@pytest.mark.parametrize("header", ["", "某某省人民政府公报"])
def test_paragraphs_go_on_over_pages(header: str, number: str) -> None:
    data = paged(4, header=header, number=number)
    source = read(data)
    assert source.text.count("\f") == 3
    result = clean(source.text, furniture=source.furniture)
    # What is said nowhere else stays once.
    stays = [f"　　{header}"] if header else []
    paragraphs = [paragraph for paragraph in result.text.split("\n") if paragraph]
    assert paragraphs == stays + [f"　　{paragraph}" for paragraph in PARAGRAPHS]
    noise = "".join(r.text for r in result.removals if r.reason == "page")
    assert noise.count(header) >= 3 * bool(header)
    assert [int(n) for n in re.findall(r"(?<!共 )(?<!/)\d", noise)] == [1, 2, 3, 4]


def test_a_clause_knows_its_page() -> None:
    source = read(
        draw(
            page("关于促进产业发展的意见"),
            page("一、总体要求。坚持创新驱动。", "二、主要任务。支持企业发展。"),
            page("三、保障措施。加强组织领导。"),
        )
    )
    pages = {clause.path: clause.page for clause in parse_source(source, "x").clauses}
    assert pages == {"首": 1, "一": 2, "二": 2, "三": 3}


def test_a_text_has_no_pages() -> None:
    document = parse_source(Source("一、总体要求。\n\f二、主要任务。"), "x")
    assert [clause.page for clause in document.clauses] == [None, None]


def test_an_empty_page_counts() -> None:
    source = read(draw(page("第一页的文字"), page(" "), page("第三页的文字")))
    assert source.text == "第一页的文字\n\f\f第三页的文字\n"


def test_progress_counts_pages() -> None:
    seen: list[tuple[int, int, str]] = []
    data = draw(page("甲"), page("乙"))
    read_pdf(data, where="某处/x.pdf", progress=lambda *step: seen.append(step))
    assert seen == [(1, 2, "x.pdf"), (2, 2, "x.pdf")]


# --- tables ---------------------------------------------------------------------------------------

_HEAD = ["序号", "重点任务", "责任单位"]
_COLUMNS = (90, 140, 300, 480)
_HEIGHT = 44


def draw_table(
    canvas: Canvas, rows: list[list[str]], *, top: float = 700, sides: bool = True
) -> None:
    """Draw a ruled table; a cell's text is wrapped where it has a line end."""
    bottom = top - _HEIGHT * len(rows)
    for i in range(len(rows) + 1):
        canvas.line(_COLUMNS[0], top - i * _HEIGHT, _COLUMNS[-1], top - i * _HEIGHT)
    for x in _COLUMNS if sides else _COLUMNS[1:-1]:
        canvas.line(x, top, x, bottom)
    for i, row in enumerate(rows):
        for x, text in zip(_COLUMNS, row, strict=False):
            for k, piece in enumerate(text.split("\n")):
                canvas.drawString(x + 4, top - i * _HEIGHT - 18 - k * 18, piece)


def task(i: int) -> list[str]:
    return [str(i), f"推进第{i}项建设\n任务", "省工业和\n信息化厅"]


@pytest.mark.parametrize("sides", [True, False], ids=["boxed", "open at the sides"])
def test_a_table_is_rows_with_tabs_at_its_place(sides: bool) -> None:
    def draw_page(canvas: Canvas) -> None:
        lines(canvas, "附件1　重点任务分工表", top=740)
        draw_table(canvas, [_HEAD, task(1), task(2)], sides=sides)
        lines(canvas, "以上任务由各单位分工负责。", top=500)

    assert [line for line in read(draw(draw_page)).text.split("\n") if line] == [
        "附件1　重点任务分工表",
        "序号\t重点任务\t责任单位",
        "1\t推进第1项建设任务\t省工业和信息化厅",
        "2\t推进第2项建设任务\t省工业和信息化厅",
        "以上任务由各单位分工负责。",
    ]


def test_a_table_over_two_pages_keeps_every_row_and_one_header() -> None:
    first = [_HEAD, *(task(i) for i in range(1, 6))]
    second = [_HEAD, *(task(i) for i in range(6, 9))]
    data = draw(partial(draw_table, rows=first), partial(draw_table, rows=second))
    source = read(data)
    assert [source.text[a:b] for a, b in source.furniture] == ["序号\t重点任务\t责任单位\n"]
    rows = [line.split("\t") for line in cleaned(data) if line]
    assert rows[0] == _HEAD
    assert [row[0] for row in rows[1:]] == [str(i) for i in range(1, 9)]


@pytest.mark.parametrize(
    ("above", "below", "whole"),
    [
        (
            ["1", "推进产业\n集群", "省厅"],
            ["", "建设任务", ""],
            ["1", "推进产业集群建设任务", "省厅"],
        ),
        (["甲", "推进产业", "省厅"], ["", "集群建设", ""], ["甲", "推进产业集群建设", "省厅"]),
        (["9", "推进产业", "省"], ["", "集群", "厅"], ["9", "推进产业集群", "省厅"]),
    ],
)
def test_a_row_that_a_page_break_cuts_is_one_row(
    above: list[str], below: list[str], whole: list[str]
) -> None:
    next_row = ["2", "完善网络", "省财政厅"]
    data = draw(
        partial(draw_table, rows=[_HEAD, above]), partial(draw_table, rows=[_HEAD, below, next_row])
    )
    assert [line.split("\t") for line in cleaned(data) if line] == [_HEAD, whole, next_row]


@pytest.mark.parametrize(
    "below",
    [["", "完善网络", "省财政厅"], ["2", "完善网络", ""]],
    ids=["the first cell spans two rows", "a row of its own"],
)
def test_a_row_that_begins_on_a_new_page_is_its_own(below: list[str]) -> None:
    above = ["甲", "推进产业集群", "省厅"]
    data = draw(
        partial(draw_table, rows=[_HEAD, above]), partial(draw_table, rows=[_HEAD, below, task(3)])
    )
    assert [line.split("\t") for line in cleaned(data) if line][:3] == [_HEAD, above, below]


def test_a_cell_over_several_columns_is_written_once() -> None:
    def draw_page(canvas: Canvas) -> None:
        draw_table(canvas, [_HEAD, task(1)])
        bottom = 700 - 2 * _HEIGHT
        canvas.rect(_COLUMNS[0], bottom - _HEIGHT, _COLUMNS[-1] - _COLUMNS[0], _HEIGHT)
        canvas.drawString(200, bottom - 20, "合计共一项")

    assert read(draw(draw_page)).text.split("\n")[-2] == "合计共一项\t\t"


def test_lines_that_form_no_table_change_nothing() -> None:
    def draw_page(canvas: Canvas) -> None:
        lines(canvas, "某某省人民政府文件", "关于促进发展的意见")
        canvas.line(90, 730, 500, 730)
        canvas.rect(60, 60, 480, 720)

    assert read(draw(draw_page)).text == "某某省人民政府文件\n关于促进发展的意见\n"


def test_thin_filled_shapes_are_rules_and_shading_is_not() -> None:
    def draw_page(canvas: Canvas) -> None:
        canvas.setFillColor(colors.lightgrey)
        canvas.rect(_COLUMNS[0], 612, _COLUMNS[-1] - _COLUMNS[0], _HEIGHT, stroke=0, fill=1)
        canvas.setFillColor(colors.black)
        for i in range(3):
            canvas.rect(_COLUMNS[0], 700 - i * _HEIGHT, 390, 0.5, stroke=0, fill=1)
        for x in _COLUMNS:
            canvas.rect(x, 700 - 2 * _HEIGHT, 0.5, 2 * _HEIGHT, stroke=0, fill=1)
        lines(canvas, "序号", top=682, left=94)
        lines(canvas, "1", top=640, left=94)
        lines(canvas, "任务", top=640, left=144)

    assert read(draw(draw_page)).text == "序号\t\t\n1\t任务\t\n"


# --- what is refused ------------------------------------------------------------------------------


def refusal(data: bytes) -> str:
    """Return the English line of the message; both name the file."""
    with pytest.raises(LoadError) as caught:
        read(data)
    chinese, english = str(caught.value).split("\n")
    assert chinese.startswith("x.pdf：")
    assert any("\u4e00" <= c <= "\u9fff" for c in chinese)
    assert english.startswith("x.pdf: ")
    assert english.isascii()
    return english


def test_a_password() -> None:
    locked = pdfencrypt.StandardEncryption("secret", canPrint=0)
    assert "password" in refusal(draw(page("机密"), encrypt=locked))
    # The next file is refused for its own reason.
    assert "password" not in refusal(write_raw(zlib.compress(b""), pages=0))


def test_an_encrypted_file_that_opens_without_password_is_read() -> None:
    open_to_all = pdfencrypt.StandardEncryption("", ownerPassword="owner", canModify=0)
    assert read(draw(page("公开的文件"), encrypt=open_to_all)).text == "公开的文件\n"


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.9, 0.98])
def test_a_file_that_is_cut_off(share: float) -> None:
    data = paged(3)
    assert re.search("damaged|cut off", refusal(data[: int(len(data) * share)]))


def test_a_file_cut_off_that_could_be_repaired_is_refused_too() -> None:
    data = draw(page("第一条"), page("第二条"))
    assert "cut off" in refusal(data.replace(b"%%EOF", b""))


def test_damaged_content() -> None:
    content = zlib.compress(b"BT /F1 12 Tf 50 700 Td (text) Tj ET")
    assert read(write_raw(content)).text == "text\n"
    assert "unpack" in refusal(write_raw(content[:6] + b"\xff\xff" + content[8:]))


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"%PDF-1.7\n%%EOF", b"\0" * 5000])
def test_no_pdf(data: bytes) -> None:
    assert "damaged" in refusal(data)


def test_no_pages() -> None:
    assert re.search("no pages|damaged", refusal(write_raw(zlib.compress(b""), pages=0)))


def test_a_page_without_text() -> None:
    assert "no text" in refusal(draw(lambda canvas: canvas.line(0, 0, 9, 9)))


def test_too_many_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_raw(zlib.compress(b"BT /F1 12 Tf 50 700 Td (text) Tj ET"), pages=pdf.MAX_PAGES)
    assert read(data).text.count("\f") == pdf.MAX_PAGES - 1
    more = write_raw(zlib.compress(b"BT ET"), pages=pdf.MAX_PAGES + 1)
    monkeypatch.setattr(pdf, "_read_pages", lambda *_: pytest.fail("checked before reading"))
    assert str(pdf.MAX_PAGES + 1) in refusal(more)


def test_too_much_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MAX_PAGE_CHARACTERS", 10)
    assert read(draw(page("十个字的一页文字"))).text
    assert "page 2" in refusal(draw(page("第一页"), page("这一页的文字超过了十个字")))


def test_all_pages_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MAX_CHARACTERS", 10)
    assert "page 2" in refusal(draw(page("第一页有六字"), page("第二页有六字")))


@pytest.mark.parametrize("fill", [b" ", b"0 0 m 9 9 l S "])
def test_content_that_unpacks_to_too_much(fill: bytes) -> None:
    bomb = zlib.compress(fill * (2 * pdf_streams.MAX_CONTENT // len(fill)))
    assert len(bomb) < 50_000
    assert "hold more than the limit" in refusal(write_raw(bomb))


def scan(*, stamp: str = "") -> Callable[[Canvas], None]:
    """Return a page that is a picture, with a few characters over it at most."""

    def draw_page(canvas: Canvas) -> None:
        canvas.drawImage(ImageReader(Image.new("L", (60, 80), 200)), 20, 20, 550, 800)
        canvas.drawString(300, 30, stamp)

    return draw_page


def test_scans_only() -> None:
    assert "no text found" in refusal(draw(scan(), scan(stamp="扫描仪 创建")))


def test_pictures_among_pages_of_text_are_empty_pages() -> None:
    assert read(draw(page("第一条　总则"), scan(), page("第三条　附则"))).text == (
        "第一条　总则\n\f\f第三条　附则\n"
    )


@pytest.mark.parametrize(
    ("characters", "unmapped", "picture", "expected"),
    [
        (1500, 0, 0.0, True),
        (1500, 0, 1.0, True),  # a scan that was read, with its text below
        (5, 0, 0.0, True),  # a short page
        (5, 0, 0.9, False),
        (0, 0, 0.9, False),
        (1500, 1400, 0.0, False),  # a font without meanings
        (1500, 20, 0.0, True),
    ],
)
def test_which_pages_have_a_text_layer(
    characters: int, unmapped: int, picture: float, expected: bool
) -> None:
    assert has_text_layer(characters, unmapped, picture) is expected


def write_raw(content: bytes, *, pages: int = 1) -> bytes:
    """Return a PDF whose ``pages`` all have the Flate stream ``content``."""
    kids = b" ".join(b"%d 0 R" % (5 + i) for i in range(pages))
    bodies = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%b]/Count %d>>" % (kids, pages),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Filter/FlateDecode/Length %d>>stream\n%b\nendstream" % (len(content), content),
        *[
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R"
            b"/Resources<</Font<</F1 3 0 R>>>>>>"
        ]
        * pages,
    ]
    data, places = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, 1):
        places.append(b"%010d 00000 n \n" % len(data))
        data += b"%d 0 obj%bendobj\n" % (number, body)
    table = b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(bodies) + 1, b"".join(places))
    trailer = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return data + table + trailer % (len(bodies) + 1, len(data))


# --- any bytes ------------------------------------------------------------------------------------

_WHOLE = draw(page(*wrap(PARAGRAPH)), partial(draw_table, rows=[_HEAD, task(1)]))


@given(st.binary(max_size=200), st.sampled_from([b"", b"%PDF-1.7\n"]))
def test_any_bytes_are_refused_in_order(data: bytes, head: bytes) -> None:
    with pytest.raises(LoadError):
        read(head + data)


@given(st.lists(st.tuples(st.integers(0, len(_WHOLE) - 1), st.integers(0, 255)), max_size=8))
def test_a_damaged_file_is_read_or_refused(changes: list[tuple[int, int]]) -> None:
    data = bytearray(_WHOLE)
    for place, value in changes:
        data[place] = value
    try:
        source = read(bytes(data))
    except LoadError:
        return
    assert source.text.strip()


@given(st.integers(0, len(_WHOLE) - 2))
def test_a_file_without_its_end_is_refused(length: int) -> None:
    if b"%%EOF" not in _WHOLE[:length].rstrip()[-1024:]:
        with pytest.raises(LoadError):
            read(_WHOLE[:length])

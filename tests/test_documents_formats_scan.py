"""Scans: what OCR makes of pages that are skewed, noisy, turned, damaged or no pages at all."""

from __future__ import annotations

import io
import socket
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import rapidocr
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from documents.errors import LoadError
from documents.formats import ocr, scan
from documents.formats.layout import Grid, Line, Page, write_pages
from documents.formats.ocr import Piece
from documents.formats.pdf import read_pdf
from documents.formats.scan import _A4_WIDTH, UNREADABLE, lay_out, read_image, read_page
from documents.parsing import parse_source, parse_text
from documents.types import Source
from evaluation.scans import (
    Damage,
    Setting,
    Typeface,
    bind,
    degrade,
    edit_distance,
    find_typeface,
    render_pages,
)

SENTENCE = "第一条　为了规范管理，制定本办法。"
READ = "第一条为了规范管理，制定本办法。"


@pytest.fixture(scope="session")
def typeface() -> Typeface:
    found = find_typeface()
    if found is None:
        pytest.skip("no Chinese typeface to print pages with, such as fonts-noto-cjk")
    return found


@pytest.fixture
def strip(typeface: Typeface) -> Image.Image:
    """A picture of one sentence."""
    return print_text(SENTENCE, typeface)


def print_text(text: str, typeface: Typeface, size: tuple[int, int] = (700, 60)) -> Image.Image:
    image = Image.new("L", size, 255)
    face = ImageFont.truetype(typeface.file, 24, index=typeface.index)
    ImageDraw.Draw(image).text((10, 10), text, font=face, fill=0)
    return image


def save(image: Image.Image, format: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def squeeze(text: str) -> str:
    return "".join(text.split())


# --- a poor scan ----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def excerpt(typeface: Typeface) -> str:
    """The paragraphs of a sample that fill three pages."""
    sample = Path(__file__).parent.parent / "documents/samples/anhui-manufacturing-clusters.txt"
    paragraphs = sample.read_text(encoding="utf-8").splitlines()
    text = ""
    for paragraph in paragraphs:
        longer = f"{text}{paragraph}\n"
        if sum(1 for _ in render_pages(longer, typeface, dpi=100)) > 3:
            break
        text = longer
    return text


@pytest.fixture(scope="session")
def poor_pages(excerpt: str, typeface: Typeface) -> list[bytes]:
    rng = np.random.default_rng(20240522)
    damage = Damage(dpi=100, skew=1.2, noise=8.0, quality=45)
    return [degrade(page, damage, rng) for page in render_pages(excerpt, typeface, dpi=100)]


@pytest.fixture(scope="session")
def poor_scan(poor_pages: list[bytes]) -> Source:
    return read_pdf(bind(poor_pages, dpi=100), where="scan.pdf")


def test_a_poor_scan_keeps_its_characters(poor_scan: Source, excerpt: str) -> None:
    truth, read = squeeze(excerpt), squeeze(poor_scan.text)
    assert poor_scan.format == "scan"
    assert poor_scan.text.count("\f") == 2
    assert edit_distance(truth, read) <= 0.02 * len(truth)


def test_a_poor_scan_keeps_its_clauses(poor_scan: Source, excerpt: str) -> None:
    expected = [clause.path for clause in parse_text(excerpt, "a").clauses]
    assert len(expected) > 5
    assert [clause.path for clause in parse_source(poor_scan, "a").clauses] == expected


def test_a_poor_scan_keeps_its_paragraphs(poor_scan: Source, excerpt: str) -> None:
    lines = parse_source(poor_scan, "a").clean.split("\n")
    found = Counter(squeeze(line)[:6] for line in lines if line.strip())
    expected = Counter(squeeze(line)[:6] for line in excerpt.splitlines() if line.strip())
    assert (found & expected).total() >= 0.9 * expected.total()
    assert found.total() <= 1.1 * expected.total()


def test_a_page_may_lie_in_any_direction(poor_pages: list[bytes]) -> None:
    """The skew of some degrees comes on top of the quarter turns."""
    page = Image.open(io.BytesIO(poor_pages[0])).convert("RGB")
    # Between two lines, so that no half of one is left.
    above, below = rows(read_page(page))[8:10]
    cut = int((above.baseline + below.baseline) / 2 * page.width / _A4_WIDTH)
    page.paste("white", (0, cut, page.width, page.height))
    upright = [line.text for line in rows(read_page(page))]
    assert len(upright) > 4
    for angle in (90, 180, 270, -5):
        turned = page.rotate(
            angle, resample=Image.Resampling.BICUBIC, expand=True, fillcolor="white"
        )
        read = [line.text for line in rows(read_page(turned))]
        assert edit_distance("".join(read), "".join(upright)) < 0.02 * len("".join(upright)), angle


def test_small_print_is_not_turned_upside_down(samples: Path, typeface: Typeface) -> None:
    text = (samples / "chongqing-auto-parts-explainer.txt").read_text(encoding="utf-8")
    setting = Setting(points=9, pitch=1.3)
    page = next(render_pages(text, typeface, dpi=100, setting=setting))
    page.paste(255, (0, page.height // 4, page.width, page.height))
    poor = Image.open(io.BytesIO(degrade(page, Damage(), np.random.default_rng(3))))
    for image in (poor, poor.rotate(180)):
        read = squeeze("".join(line.text for line in rows(read_page(image))))
        assert len(read) > 250
        assert edit_distance(read, squeeze(text)[: len(read)]) < 0.1 * len(read)


def rows(page: Page) -> list[Line]:
    return [item for item in page.items if isinstance(item, Line)]


# --- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["PNG", "JPEG", "TIFF", "BMP", "WEBP"])
def test_image_files_are_read(strip: Image.Image, format: str) -> None:
    source = read_image(save(strip, format), where="a")
    assert squeeze(source.text) == READ
    assert (source.format, source.furniture) == ("scan", ())


@pytest.mark.parametrize("mode", ["1", "P", "LA", "RGBA", "CMYK", "I;16"])
def test_colours_of_every_kind_are_read(strip: Image.Image, mode: str) -> None:
    if mode == "I;16":
        deep = Image.fromarray(np.asarray(strip).astype(np.uint16) * 100)
        assert squeeze(read_image(save(deep), where="a").text) == READ
    else:
        assert squeeze(read_image(save(strip.convert(mode), "TIFF"), where="a").text) == READ


def test_letters_on_nothing_lie_on_white(strip: Image.Image) -> None:
    clear = Image.new("RGBA", strip.size, (0, 0, 0, 0))
    clear.putalpha(Image.eval(strip, lambda value: 255 - value))
    assert squeeze(read_image(save(clear), where="a").text) == READ


def test_a_photograph_says_which_way_up_it_is(strip: Image.Image) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter to the right
    turned = strip.rotate(90, expand=True)
    assert squeeze(read_image(save(turned, "JPEG", exif=exif), where="a").text) == READ


def test_the_pages_of_a_file_are_counted(typeface: Typeface) -> None:
    first, second = (print_text(text, typeface) for text in ("第一页的文字", "第二页的文字"))
    data = save(first, "TIFF", save_all=True, append_images=[second])
    seen: list[tuple[int, int]] = []
    source = read_image(data, where="a", progress=lambda *step: seen.append(step[:2]))
    assert source.text.split() == ["第一页的文字", "第二页的文字"]
    assert "\f" in source.text
    assert seen == [(1, 2), (2, 2)]


def test_the_pages_of_a_pdf_are_counted(typeface: Typeface) -> None:
    pages = [save(print_text(text, typeface), "JPEG") for text in ("第一页的文字", "第二页的文字")]
    seen: list[tuple[int, int]] = []
    source = read_pdf(bind(pages, dpi=100), where="a", progress=lambda *step: seen.append(step[:2]))
    assert source.text.split() == ["第一页的文字", "第二页的文字"]
    assert seen == [(1, 2), (2, 2)]


def test_reading_is_silent_needs_no_network_and_leaves_the_package_alone(
    strip: Image.Image, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked for")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    models = Path(rapidocr.__file__).parent / "models"
    before = {path: path.stat().st_mtime_ns for path in [models, *models.iterdir()]}
    ocr._engine.cache_clear()
    assert squeeze(read_image(save(strip), where="a").text) == READ
    assert {path: path.stat().st_mtime_ns for path in [models, *models.iterdir()]} == before
    assert capfd.readouterr() == ("", "")


# --- files that are refused -----------------------------------------------------------------------


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (30, 4000), (600, 800)])
def test_a_picture_without_text_is_refused(size: tuple[int, int]) -> None:
    refused(save(Image.new("L", size, 255)), "no text found")


def test_a_picture_of_noise_is_refused() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (600, 800, 3), dtype=np.uint8)
    refused(save(Image.fromarray(noise)), "no text found")


def test_what_is_in_doubt_throughout_is_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    blank = save(Image.new("L", (600, 800), 255))
    read = [piece("雲。"), piece("A", top=100)]
    doubtful = [replace(p, scores=tuple(0.5 for _ in p.scores)) for p in read]
    monkeypatch.setattr(scan, "read_pieces", lambda pixels: doubtful)
    refused(blank, "no text found")
    monkeypatch.setattr(scan, "read_pieces", lambda pixels: read)
    assert read_image(blank, where="a").text.split() == ["雲。", "A"]


def test_a_truncated_image_is_refused(strip: Image.Image) -> None:
    for format in ("PNG", "JPEG", "TIFF", "BMP", "WEBP"):
        data = save(strip, format)
        refused(data[: len(data) // 2], "damaged")


def test_a_page_missing_from_a_file_is_not_passed_over(typeface: Typeface) -> None:
    first, second = (print_text(text, typeface) for text in ("第一页的文字", "第二页的文字"))
    data = save(first, "TIFF", save_all=True, append_images=[second])
    single = save(first, "TIFF")
    refused(data[: len(single) + 100], "damaged")


def test_other_formats_are_refused(strip: Image.Image) -> None:
    refused(save(strip, "GIF"), "damaged")


def test_an_image_bomb_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytearray(save(Image.new("L", (8, 8), 255), "BMP"))
    for side, word in ((12_000, "too large"), (60_000, "too large")):
        data[18:26] = side.to_bytes(4, "little") * 2
        refused(bytes(data), word)
    monkeypatch.setattr(scan, "MAX_PIXELS", 99)
    refused(save(Image.new("L", (10, 10), 255)), "too large")


def test_too_many_pages_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "MAX_PAGES", 1)
    page = Image.new("L", (60, 80), 255)
    refused(save(page, "TIFF", save_all=True, append_images=[page]), "more than the limit")
    with pytest.raises(LoadError, match="more than the limit"):
        read_pdf(bind([save(page, "JPEG")] * 2, dpi=100), where="a")


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n", b"%PDF-1.4\n%%EOF"])
def test_a_damaged_pdf_is_refused(data: bytes) -> None:
    with pytest.raises(LoadError, match=r"a\.pdf"):
        read_pdf(data, where="a.pdf")


def refused(data: bytes, reason: str) -> None:
    with pytest.raises(LoadError) as caught:
        read_image(data, where="图.png")
    chinese, english = str(caught.value).split("\n")
    assert chinese.startswith("图.png：")
    assert reason in english


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decoding is what is tried: whatever comes of it has no text."""
    monkeypatch.setattr(scan, "read_pieces", lambda pixels: [])


@pytest.mark.usefixtures("unread")
def test_any_bytes_are_refused() -> None:
    @given(st.binary())
    def check(data: bytes) -> None:
        for read in (read_image, read_pdf):
            with pytest.raises(LoadError):
                read(data, where="a")

    check()


@pytest.mark.usefixtures("unread")
def test_a_damaged_image_is_refused() -> None:
    page = Image.new("L", (40, 30), 255)
    files = [save(page, format) for format in ("PNG", "JPEG", "TIFF", "BMP", "WEBP")]
    files.append(save(page, "TIFF", save_all=True, append_images=[page]))

    @given(st.data(), st.sampled_from(files))
    def check(draw: st.DataObject, file: bytes) -> None:
        data = bytearray(file)
        for at in draw.draw(st.lists(st.integers(0, len(data) - 1), min_size=1, max_size=8)):
            data[at] = draw.draw(st.integers(0, 255))
        with pytest.raises(LoadError):
            read_image(bytes(data), where="a")

    check()


# --- layout ---------------------------------------------------------------------------------------

CHARACTER = 20.0


def piece(text: str, *, left: float = 100, top: float = 50, tilt: float = 0) -> Piece:
    """A piece of text of 20-pixel characters that leans by ``tilt`` pixels."""
    right = left + CHARACTER * max(len(text), 10 * (not text))
    return Piece(left, top + tilt, right, top + 24 + tilt, text, (1.0,) * len(text))


def texts(page: Page) -> list[str]:
    return [line.text for line in rows(page)]


def lines_of(count: int, *, left: float = 100) -> Iterator[Piece]:
    for i in range(count):
        yield piece("字" * 20, left=left, top=50 + 40 * i)


def test_rows_are_read_from_the_top_and_pieces_from_the_left() -> None:
    pieces = [
        piece("丁戊", top=90, left=300),
        piece("甲乙", tilt=6),
        piece("丙丙丙丙丙丙丙丙", left=140),
        piece("己庚辛壬癸子丑寅卯辰", top=90, tilt=-5),
    ]
    assert texts(lay_out(pieces, 800, 1100)) == ["甲乙丙丙丙丙丙丙丙丙", "己庚辛壬癸子丑寅卯辰丁戊"]


def test_gaps_in_a_row_are_spaces_and_wide_ones_part_cells() -> None:
    pieces = [piece("甲乙"), piece("丙", left=165), piece("丁", left=300)]
    assert texts(lay_out(pieces, 800, 1100)) == ["甲乙 丙\t丁"]


def test_an_indented_line_begins_a_paragraph() -> None:
    pieces = [*lines_of(12)]
    pieces[5] = replace(pieces[5], left=pieces[5].left + 2 * CHARACTER)
    pieces[7] = replace(pieces[7], left=pieces[7].left + 0.5 * CHARACTER)
    text, _, _ = write_pages([lay_out(pieces, 800, 1100)])
    assert [i for i, line in enumerate(text.split("\n")) if line.startswith("　　")] == [5]


def test_a_wide_gap_is_a_blank_line() -> None:
    pieces = [replace(p, top=p.top + 40 * (i > 5), bottom=p.bottom + 40 * (i > 5))
              for i, p in enumerate(lines_of(12))]  # fmt: skip
    text, _, _ = write_pages([lay_out(pieces, 800, 1100)])
    assert [i for i, line in enumerate(text.split("\n")) if not line] == [6, 13]


def test_pages_of_any_resolution_compare() -> None:
    small = lay_out(list(lines_of(3)), 827, 1170)
    large = lay_out(
        [
            Piece(3 * p.left, 3 * p.top, 3 * p.right, 3 * p.bottom, p.text, p.scores)
            for p in lines_of(3)
        ],
        3 * 827,
        3 * 1170,
    )
    assert small.width == large.width == 600
    assert large.size == pytest.approx(small.size)
    assert [line.left for line in rows(large)] == pytest.approx([line.left for line in rows(small)])


def test_a_line_that_cannot_be_read_is_marked_and_doubted() -> None:
    page = lay_out([piece("甲乙"), piece("", top=90), piece("丙丁", top=130)], 800, 1100)
    assert texts(page) == ["甲乙", UNREADABLE, "丙丁"]
    assert rows(page)[1].doubts == ((0, 1),)


def test_a_speck_is_no_line() -> None:
    specks = [
        Piece(0, 0, 5, 400, "", ()),
        Piece(0, 500, 700, 504, "", ()),
        Piece(9, 9, 20, 32, "", ()),
    ]
    assert texts(lay_out([piece("甲乙"), *specks], 800, 1100)) == ["甲乙"]
    assert lay_out(specks, 800, 1100).items == ()


def test_letters_and_figures_read_with_little_confidence_are_doubted() -> None:
    unsure = replace(piece("补助1万元，"), scores=(1.0, 0.3, 0.84, 1.0, 0.86, 0.2))
    (line,) = rows(lay_out([piece("每", left=40), unsure], 800, 1100))
    assert line.text == "每 补助1万元，"
    assert [line.text[a:b] for a, b in line.doubts] == ["助1"]


@st.composite
def written(draw: st.DrawFn) -> list[Page]:
    """Pages of lines, some with doubts, tables and marks."""
    words = st.text("字数 \t1", min_size=1, max_size=6).filter(str.strip)

    def line(top: int) -> Line:
        text = draw(words).strip()
        cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=4)))
        doubts = tuple(pair for pair in list(pairwise(cuts))[::2])
        return Line(text, draw(st.integers(0, 60)), 300, 20 * top, doubts=doubts)

    def item(top: int) -> Line | Grid:
        if draw(st.booleans()):
            return line(top)
        cells = st.lists(words | st.just(""), min_size=1, max_size=3).map(tuple)
        return Grid(tuple(draw(st.lists(cells, min_size=1, max_size=2))), 20 * top)

    def page() -> Page:
        items = tuple(item(top) for top in range(draw(st.integers(0, 4))))
        return Page(items, 595, 16, tuple(draw(st.lists(words.map(str.strip), max_size=1))))

    return [page() for _ in range(draw(st.integers(1, 3)))]


@given(written())
def test_doubts_are_found_in_what_is_written(pages: list[Page]) -> None:
    text, _, spans = write_pages(pages)
    doubted = [line.text[a:b] for page in pages for line in rows(page) for a, b in line.doubts]
    assert [text[a:b] for a, b in spans] == doubted
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


# --- doubts in clauses ----------------------------------------------------------------------------


def doubting(text: str, *words: str) -> Source:
    spans = tuple((text.index(word), text.index(word) + len(word)) for word in words)
    return Source(text, "scan", doubts=spans)


def test_doubts_become_defects_of_their_clauses() -> None:
    text = "关于甲的意见\n一、总体要求\n（一）补助1万元。\n（二）补助2万元。\n"
    document = parse_source(doubting(text, "意", "总体", "1", "元。\n（二）补"), "a")
    found = {c.path: [(d.kind, d.text) for d in c.defects] for c in document.clauses if c.defects}
    assert found == {
        "首": [("ocr_doubt", "意")],
        "一": [("ocr_doubt", "总体")],
        "一/（一）": [("ocr_doubt", "1"), ("ocr_doubt", "元。")],
        "一/（二）": [("ocr_doubt", "（二）补")],
    }
    for clause in document.clauses:
        assert all(document.clean[d.start : d.end] == d.text for d in clause.defects)


def test_doubts_follow_the_text_through_cleaning() -> None:
    text = "关于甲的意见\n一、\u200b补\u200b助（对企业\u200b）万元。\n"
    document = parse_source(doubting(text, "补\u200b助", "\u200b）万"), "a")
    defects = document.clause("一").defects
    assert [d.text for d in defects if d.kind == "ocr_doubt"] == ["补助", "）万"]


def test_a_text_without_doubts_has_none(samples: Path) -> None:
    for path in sorted(samples.glob("*.txt"))[:2]:
        document = parse_text(path.read_text(encoding="utf-8"), "a")
        kinds: Sequence[str] = [d.kind for clause in document.clauses for d in clause.defects]
        assert "ocr_doubt" not in kinds

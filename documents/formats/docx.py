"""Word documents: what a reader sees on the page, one paragraph a line, with automatic numbers.

Tracked changes count as accepted; hidden text, comments, headers and footers stay out. A note's text
and that of a text box follow the paragraph that refers to it. A generated table of contents is
marked as furniture.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from lxml import etree

from documents.errors import LoadError
from documents.formats.word_numbering import (
    Counters,
    NumberedList,
    find_list,
    read_lists,
    write_label,
)
from documents.formats.word_package import Package, read_package
from documents.formats.word_styles import (
    Styles,
    is_hidden,
    is_indented,
    read_properties,
    read_styles,
)
from documents.formats.word_symbols import read_symbol
from documents.formats.word_xml import (
    COMPATIBILITY,
    MATH,
    VML,
    WORD,
    read_switch,
    read_value,
    too_large,
)
from documents.types import Source

# The largest codes of law have a million characters in ten thousand paragraphs.
_MAX_CHARACTERS = 50_000_000
_MAX_PARAGRAPHS = 300_000
_INDENT = "\u3000\u3000"


def read_docx(data: bytes, *, where: str) -> Source:
    """Return the source of a .docx file.

    Raises LoadError, which names ``where``, where it is damaged, encrypted, made to exhaust its
    reader, or without text.
    """
    package = read_package(data, where=where)
    if next(islice(package.document.iter(_P), _MAX_PARAGRAPHS, None), None) is not None:
        raise too_large(where)
    lines = []
    characters = 0
    for line in _read_body(package):
        characters += len(line.text) + 1
        if characters > _MAX_CHARACTERS:
            raise too_large(where)
        lines.append(line)
    if not any(line.text.strip() for line in lines):
        raise _without_text(package, where=where)
    return Source("".join(f"{line.text}\n" for line in lines), "docx", tuple(_furniture(lines)))


def _furniture(lines: list[_Line]) -> Iterator[tuple[int, int]]:
    """Yield the spans of the tables of contents, unless one holds most of the text by mistake."""
    listed = sum(len(line.text) for line in lines if line.contents)
    if 2 * listed > sum(len(line.text) for line in lines):
        return
    position = 0
    for line in lines:
        end = position + len(line.text) + 1
        if line.contents and line.text:
            yield position, end
        position = end


def _without_text(package: Package, *, where: str) -> LoadError:
    if next(package.document.iter(f"{WORD}drawing", f"{WORD}pict", f"{WORD}object"), None) is None:
        return LoadError(where, "文件没有文字。", "the file has no text.")
    return LoadError(
        where,
        "文件里只有图片，没有文字（可能是扫描件）。请另存为 pdf 后再添加，以便识别图片中的文字。",
        "the file has pictures but no text (it may be a scan); save it as pdf, so that the text in "
        "the pictures can be recognised.",
    )


# --- reading a story ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the text; ``contents``: of a generated table of contents; ``aside``: not in the flow
    of its paragraph, as a note is."""

    text: str
    contents: bool = False
    aside: bool = False


@dataclass(frozen=True, slots=True)
class _Field:
    """A field that is open: whether its result has been reached, and what it makes."""

    result: bool
    contents: bool


@dataclass(slots=True)
class _Reading:
    """What is known of the document, and how far it has been read."""

    styles: Styles
    lists: dict[str, NumberedList]
    notes: dict[tuple[str, str | None], etree._Element]
    instructions: dict[etree._Element, str]
    fields: list[_Field] = field(default_factory=list)
    noted: int = 0
    # A story counts for itself.
    body: Counters = field(default_factory=Counters)
    asides: Counters = field(default_factory=Counters)

    @property
    def shown(self) -> bool:
        """Whether text stands on the page here, not among a field's instructions."""
        return all(field.result for field in self.fields)

    @property
    def contents(self) -> bool:
        """Whether this is the result of a field that makes a table of contents."""
        return any(field.contents for field in self.fields)


def _read_body(package: Package) -> Iterator[_Line]:
    styles = read_styles(package.styles)
    reading = _Reading(
        styles=styles,
        lists=read_lists(package.numbering, styles),
        notes=dict(_read_notes(package)),
        instructions=_read_instructions(package.document),
    )
    yield from _read_blocks(reading, package.document, reading.body)


def _read_notes(package: Package) -> Iterator[tuple[tuple[str, str | None], etree._Element]]:
    for kind, root in (("footnote", package.footnotes), ("endnote", package.endnotes)):
        for note in () if root is None else root.iterchildren(f"{WORD}{kind}"):
            yield (f"{WORD}{kind}Reference", note.get(f"{WORD}id")), note


def _read_instructions(root: etree._Element) -> dict[etree._Element, str]:
    """Return every mark (``w:fldChar``) of a complete field with the field's instructions.

    A mark without its partner does not count, so that it hides nothing of what follows.
    """
    found: dict[etree._Element, str] = {}
    marks: list[tuple[list[etree._Element], list[str]]] = []
    for element in root.iter(f"{WORD}fldChar", f"{WORD}instrText"):
        kind = element.get(f"{WORD}fldCharType")
        if kind == "begin":
            marks.append(([element], []))
        elif marks and kind is None:
            marks[-1][1].append(element.text or "")
        elif marks:
            marks[-1][0].append(element)
            if kind == "end":
                complete, instructions = marks.pop()
                found.update(dict.fromkeys(complete, "".join(instructions).strip()))
    return found


# --- blocks ---------------------------------------------------------------------------------------

# What is gone once the tracked changes are accepted, and what is never shown as text.
_DROPPED = frozenset(
    f"{WORD}{name}"
    for name in "del moveFrom pPr rPr sdtPr sdtEndPr tblPr tblGrid trPr tcPr sectPr rt rubyPr "
    "instrText delText delInstrText fldData ffData".split()
)
_P, _TABLE, _ROW, _CELL = (f"{WORD}{name}" for name in ("p", "tbl", "tr", "tc"))
_SDT, _ALTERNATIVES = f"{WORD}sdt", f"{COMPATIBILITY}AlternateContent"


def _read_blocks(
    reading: _Reading, container: etree._Element, counters: Counters
) -> Iterator[_Line]:
    """Yield the lines of the paragraphs and tables in ``container``."""
    text, contents, asides = "", False, list[_Line]()
    for block, listed in _find(container, (_P, _TABLE)):
        if block.tag == _P:
            paragraph = _read_paragraph(reading, block, counters, follows=bool(text))
            text += paragraph.text
            contents = contents or listed or paragraph.contents
            asides += paragraph.asides
            if not paragraph.ended:
                continue
            yield from _break(text, contents, asides)
        else:
            if text or asides:
                yield from _break(text, contents, asides)
            yield from _read_table(reading, block, counters)
        text, contents, asides = "", False, []
    if text or asides:
        yield from _break(text, contents, asides)


def _break(text: str, contents: bool, asides: list[_Line]) -> Iterator[_Line]:
    for line in text.strip("\n").split("\n"):
        yield _Line(line.rstrip(), contents)
    yield from asides


def _find(
    container: etree._Element, tags: tuple[str, ...], contents: bool = False
) -> Iterator[tuple[etree._Element, bool]]:
    """Yield the nearest descendants that have one of ``tags``, through all that only wraps them.

    With each comes whether it stands in a table of contents.
    """
    for child in container:
        if child.tag in tags:
            yield child, contents
        elif child.tag == _ALTERNATIVES:
            yield from _find(_choose(child), tags, contents)
        elif child.tag == _SDT:
            yield from _find(child, tags, contents or _is_contents(child))
        elif child.tag not in _DROPPED:
            yield from _find(child, tags, contents)


def _is_contents(control: etree._Element) -> bool:
    gallery = next(control.iterfind(f"{WORD}sdtPr/{WORD}docPartObj/{WORD}docPartGallery"), None)
    return gallery is not None and gallery.get(f"{WORD}val") == "Table of Contents"


def _choose(alternatives: etree._Element) -> etree._Element:
    """Return the first way to show something that has text: the others are for older programs."""
    for branch in alternatives:
        if next(branch.iter(f"{WORD}t", f"{MATH}t", f"{VML}textpath"), None) is not None:
            return branch
    return alternatives[-1] if len(alternatives) else alternatives


# --- tables ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Cell:
    lines: tuple[_Line, ...]

    @property
    def text(self) -> str:
        """The cell on one line."""
        return " ".join(" ".join(line.text for line in self.lines if not line.aside).split())


def _read_table(reading: _Reading, table: etree._Element, counters: Counters) -> Iterator[_Line]:
    rows = [
        [_Cell(tuple(_read_cell(reading, cell, counters))) for cell in _cells(row)]
        for row, _ in _find(table, (_ROW,))
        if not _is_deleted(row.find(f"{WORD}trPr"), "del")
    ]
    if _is_layout(rows):
        for cell in (cell for row in rows for cell in row):
            if any(line.text for line in cell.lines):
                yield from cell.lines
        return
    for row in rows:
        text = "\t".join(cell.text for cell in row).rstrip()
        lines = [line for cell in row for line in cell.lines]
        if text:
            yield _Line(text, any(line.contents for line in lines))
        yield from (line for line in lines if line.aside)


def _read_cell(reading: _Reading, cell: etree._Element, counters: Counters) -> Iterator[_Line]:
    """Yield what a cell shows: nothing where it continues one above it."""
    merge = cell.find(f"{WORD}tcPr/{WORD}vMerge")
    if merge is None or merge.get(f"{WORD}val") == "restart":
        yield from _read_blocks(reading, cell, counters)


def _cells(row: etree._Element) -> Iterator[etree._Element]:
    for cell, _ in _find(row, (_CELL,)):
        properties = cell.find(f"{WORD}tcPr")
        merge = None if properties is None else properties.find(f"{WORD}hMerge")
        continues = merge is not None and merge.get(f"{WORD}val") != "restart"
        if not continues and not _is_deleted(properties, "cellDel"):
            yield cell


def _is_deleted(properties: etree._Element | None, mark: str) -> bool:
    return properties is not None and properties.find(f"{WORD}{mark}") is not None


_SENTENCE = re.compile("[。；]")


def _is_layout(rows: list[list[_Cell]]) -> bool:
    """Whether a table arranges a page instead of holding data.

    It does where no row has two cells with text, and where the paragraphs of one cell are more than
    half of all its text: a document in a frame.
    """
    sizes = [[len(cell.text) for cell in row] for row in rows]
    if all(sum(map(bool, row)) <= 1 for row in sizes):
        return True
    total = sum(map(sum, sizes))
    return any(
        2 * size > total and sum(_SENTENCE.search(line.text) is not None for line in cell.lines) > 1
        for row, row_sizes in zip(rows, sizes, strict=True)
        for cell, size in zip(row, row_sizes, strict=True)
    )


# --- paragraphs -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """What a paragraph shows; not ``ended``: its mark is hidden or deleted, the next one goes on."""

    text: str
    asides: list[_Line]
    contents: bool
    ended: bool


def _read_paragraph(
    reading: _Reading, paragraph: etree._Element, counters: Counters, *, follows: bool
) -> _Paragraph:
    """Read a paragraph; ``follows``: it goes on in a line that has begun."""
    properties = paragraph.find(f"{WORD}pPr")
    mark = None if properties is None else properties.find(f"{WORD}rPr")
    chain = reading.styles.paragraph(read_value(properties, "pStyle"))
    direct = read_properties(properties, mark)
    pieces = _Pieces(reading, is_hidden(None, chain) or False)
    _read_inline(pieces, paragraph)
    text = "".join(pieces.text).lstrip("\n")
    ended = not (
        is_hidden(direct.hidden, chain) or _is_deleted(mark, "del") or _is_deleted(mark, "moveFrom")
    )
    asides = [line for element in pieces.asides for line in _read_aside(reading, element)]
    if not follows and (ended or text.strip()):
        found = find_list(direct, chain, reading.lists)
        label = write_label(*found, reading.lists, counters) if found else ""
        indented = is_indented(direct.indented, chain) and text[:1].strip()
        text = (_INDENT if indented else "") + label + text
    return _Paragraph(text, asides, pieces.contents, ended)


def _read_aside(reading: _Reading, element: etree._Element) -> Iterator[_Line]:
    """Yield a text box by its lines, a note in one line under the number it has here."""
    lines = (line.text for line in _read_blocks(reading, element, reading.asides))
    if element.tag == _TEXT_BOX:
        yield from (_Line(text, aside=True) for text in lines if text)
        return
    reading.noted += 1
    number = reading.noted
    yield _Line(f"[注{number}] {' '.join(' '.join(lines).split())}", aside=True)


# --- runs -----------------------------------------------------------------------------------------

_TEXT_BOX = f"{WORD}txbxContent"
_RUN, _MARK, _SYMBOL = f"{WORD}r", f"{WORD}fldChar", f"{WORD}sym"
_WORD_ART, _FRACTION = f"{VML}textpath", f"{MATH}f"
_NOTES = frozenset((f"{WORD}footnoteReference", f"{WORD}endnoteReference"))
_TEXTS = frozenset((f"{WORD}t", f"{MATH}t"))
_CHARACTERS = {
    f"{WORD}tab": " ",  # a tab would be the border of a cell
    f"{WORD}ptab": " ",
    f"{WORD}br": "\n",
    f"{WORD}cr": "\n",
    f"{WORD}noBreakHyphen": "-",
}
# White space in the XML of a text shows as spaces.
_SPACES = {ord(c): " " for c in "\t\n\r"}


@dataclass(slots=True)
class _Pieces:
    """What has been found in a paragraph; ``hidden``: its style hides the runs that say nothing."""

    reading: _Reading
    hidden: bool
    text: list[str] = field(default_factory=list)
    asides: list[etree._Element] = field(default_factory=list)
    contents: bool = False

    def add(self, text: str) -> None:
        """Add text, unless a field does not show it."""
        if self.reading.shown:
            self.text.append(text)
            self.contents = self.contents or self.reading.contents


def _read_inline(pieces: _Pieces, element: etree._Element) -> None:
    """Collect what the children of ``element`` show."""
    for child in element:
        tag = child.tag
        if tag in _TEXTS:
            pieces.add((child.text or "").translate(_SPACES))
        elif tag == _RUN:
            _read_run(pieces, child)
        elif tag in _DROPPED:
            continue
        elif tag in _CHARACTERS:
            pieces.add(_CHARACTERS[tag])
        elif tag == _MARK:
            _follow_field(pieces.reading, child)
        elif tag == _ALTERNATIVES:
            _read_inline(pieces, _choose(child))
        elif tag == _TEXT_BOX:
            pieces.asides.append(child)
        elif tag == _SYMBOL:
            pieces.add(read_symbol(child.get(f"{WORD}font", ""), child.get(f"{WORD}char", "")))
        elif tag in _NOTES:
            note = pieces.reading.notes.pop((tag, child.get(f"{WORD}id")), None)
            pieces.asides.extend(() if note is None else (note,))
            if child.get(f"{WORD}customMarkFollows") in ("1", "true", "on"):
                return
        elif tag == _WORD_ART:
            pieces.add(child.get("string", "").translate(_SPACES))
        elif tag == _FRACTION:
            _read_fraction(pieces, child)
        else:
            _read_inline(pieces, child)


def _read_run(pieces: _Pieces, run: etree._Element) -> None:
    properties = run.find(f"{WORD}rPr")
    if properties is not None:
        chain = pieces.reading.styles.run(read_value(properties, "rStyle"))
        hidden = is_hidden(read_switch(properties, "vanish"), chain)
    else:
        hidden = None
    if pieces.hidden if hidden is None else hidden:
        # A field may begin or end in hidden text.
        for mark in run.iterchildren(_MARK):
            _follow_field(pieces.reading, mark)
    else:
        _read_inline(pieces, run)


def _read_fraction(pieces: _Pieces, fraction: etree._Element) -> None:
    for part, after in ((f"{MATH}num", "/"), (f"{MATH}den", "")):
        for child in fraction.iterchildren(part):
            _read_inline(pieces, child)
        pieces.add(after)


def _follow_field(reading: _Reading, mark: etree._Element) -> None:
    instructions = reading.instructions.get(mark)
    kind = mark.get(f"{WORD}fldCharType")
    if instructions is None:
        return
    if kind == "begin":
        reading.fields.append(_Field(False, instructions.upper().startswith("TOC")))
    elif reading.fields and kind == "separate":
        reading.fields[-1] = _Field(True, reading.fields[-1].contents)
    elif reading.fields:
        reading.fields.pop()

"""A web page's tree -> the lines that a browser would show."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from documents.numbering import read_marker


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page: a block, a part of one up to a line break, or a table's row.

    ``container`` is the number of the element that holds the line's block: blocks side by side
    have the same one. ``linked``: all its words are links. ``control``: it is part of a menu, a
    button or another control of the page. ``apart``: an empty line stands before it.
    """

    text: str
    container: int = 0
    linked: bool = False
    control: bool = False
    apart: bool = False


_BLOCKS = frozenset(
    "address article aside blockquote body button caption center dd details dialog dir div dl dt "
    "fieldset figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend "
    "li main menu nav noframes ol option p pre section select summary table tbody td textarea tfoot "
    "th thead tr ul".split()
)
# What no browser shows in the page. The brackets of <rp> are written around <rt>, given or not.
_UNSEEN = frozenset(
    "head title script style template noscript iframe object embed applet svg canvas audio video map "
    "datalist rp link meta".split()
)
_CONTROLS = frozenset("nav select button textarea".split())
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px|pt|em|%)?\s*(?:[;!]|$)",
    re.IGNORECASE,
)
_INDENT_STYLE = re.compile(r"text-indent\s*:\s*(?P<width>-?[0-9]*\.?[0-9]+)", re.IGNORECASE)
_INDENT = "\u3000\u3000"
_BLOCK_STYLE = re.compile(r"display\s*:\s*(?:block|flex|grid|table|list-item)\b", re.IGNORECASE)

# A line end of the page's own source between two wide characters is no space.
_WIDE = r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef“”‘’…—]"
_SOURCE_BREAK = re.compile(rf"(?<={_WIDE})[ \t\r\f]*\n[ \t\r\f\n]*(?={_WIDE})")
_SPACES = re.compile(r"[ \t\r\n\f\v]+")
_WORD = re.compile(r"\w")


def read_lines(tree: Any) -> list[Line]:
    """Return the lines of a page in order, none of them blank; hidden elements are left out."""
    writer = _Writer()
    unseen = None
    # Not a recursion, which would overflow on a deep page.
    walker = etree.iterwalk(tree, events=("start", "end"))
    for event, element in walker:
        if event == "end":
            if element is not unseen:
                writer.close(element)
            writer.write(element.tail)
        elif _is_unseen(element):
            walker.skip_subtree()
            unseen = element
        else:
            writer.open(element)
            writer.write(element.text)
    writer.end_line()
    return writer.lines()


def _is_unseen(element: Any) -> bool:
    return (
        element.tag in _UNSEEN
        or "hidden" in element.attrib
        or _HIDDEN.search(element.get("style", "")) is not None
    )


def _is_block(element: Any) -> bool:
    return element.tag in _BLOCKS or _BLOCK_STYLE.search(element.get("style", "")) is not None


# --- tables ---------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Cell:
    """The lines of a table's cell, or of the page."""

    lines: list[Line] = field(default_factory=list)
    nested: bool = False


@dataclass(slots=True)
class _Table:
    rows: list[list[_Cell]] = field(default_factory=list)


_SENTENCE = re.compile(r"[。；]")
_LABEL_CELL = re.compile(r"[\u4e00-\u9fff\s]{2,12}[:：]")


def is_prose(text: str) -> bool:
    """Whether a line is running text, or opens a clause."""
    return _SENTENCE.search(text) is not None or read_marker(text, 0) is not None


def _table_lines(table: _Table, container: int) -> list[Line]:
    """The rows of a table, a line each; or all that its cells hold, where it only lays out a page."""
    if _is_layout(table):
        return [line for row in table.rows for cell in row for line in cell.lines]
    found = []
    for row in table.rows:
        lines = [line for cell in row for line in cell.lines]
        text = _row_text([_cell_text(cell) for cell in row])
        if text.strip():
            linked = all(line.linked for line in lines)
            control = all(line.control for line in lines)
            found.append(Line(text, container, linked, control))
    return found


def _is_layout(table: _Table) -> bool:
    """Whether a table arranges a page instead of holding data.

    It does where a cell holds another table, where no row has two cells with text, and where the
    paragraphs of one cell are more than half of all its text, as beside a menu.
    """
    cells = [cell for row in table.rows for cell in row]
    if any(cell.nested for cell in cells):
        return True
    if all(sum(bool(cell.lines) for cell in row) <= 1 for row in table.rows):
        return True
    total = sum(_size(cell) for cell in cells)
    return any(
        2 * _size(cell) > total and sum(is_prose(line.text) for line in cell.lines) > 1
        for cell in cells
    )


def _size(cell: _Cell) -> int:
    return sum(len(line.text) for line in cell.lines)


def _cell_text(cell: _Cell) -> str:
    return " ".join(" ".join(line.text for line in cell.lines).split())


def _row_text(cells: list[str]) -> str:
    """Join the cells by tabs; a cell that is a label (索 引 号：) goes before the one it labels."""
    parts: list[str] = []
    label = ""
    for cell in cells:
        if _LABEL_CELL.fullmatch(cell):
            parts.extend([label] if label else [])
            label = "".join(cell.split())
        else:
            parts.append(label + cell)
            label = ""
    return "\t".join([*parts, label]).rstrip()


# --- lines ----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Block:
    """An open element that begins on a new line; ``place`` is where its lines go.

    ``indented``: by its style, or by that of an element around it, its first line is.
    """

    element: Any
    number: int
    place: _Cell | _Table
    indented: bool = False
    begun: bool = False


class _Writer:
    """Follows the tags of a page and collects its text into lines, cells and tables."""

    def __init__(self) -> None:
        page = _Block(None, 0, _Cell())
        self._page = page
        self._blocks = [page]
        self._count = 0
        self._text: list[str] = []
        self._linked = True
        self._open = dict.fromkeys((*_CONTROLS, "a", "pre", "footer", "article", "main"), 0)
        # The number of the next item of each open <ol>, and the one that the next line begins with.
        self._next_items: list[int] = []
        self._item = ""
        self._apart = False

    def lines(self) -> list[Line]:
        place = self._page.place
        assert isinstance(place, _Cell)
        return place.lines

    def open(self, element: Any) -> None:
        """Follow a start tag."""
        tag = element.tag
        if tag in self._open:
            self._open[tag] += 1
        if _is_block(element):
            self.end_line()
            self._open_block(element)
        if tag == "br":
            self._apart = not self.end_line() or self._apart
        elif tag == "rt":
            self._text.append("(")
        elif tag == "ol":
            self._next_items.append(_integer(element.get("start"), 1))
        elif tag == "li":
            self._open_item(element)

    def close(self, element: Any) -> None:
        """Follow an end tag."""
        tag = element.tag
        if tag == "rt":
            self._text.append(")")
        elif tag == "ol":
            self._next_items.pop()
        if self._blocks[-1].element is element:
            self.end_line()
            self._close_block()
        if tag in self._open:
            self._open[tag] -= 1

    def write(self, text: str | None) -> None:
        """Add text, with its line ends only inside <pre>."""
        if not text:
            return
        if self._open["pre"]:
            first, *rest = text.split("\n")
            self._write(first)
            for line in rest:
                self.end_line()
                self._write(line)
        else:
            self._write(_SOURCE_BREAK.sub("", text))

    def _write(self, text: str) -> None:
        self._text.append(text)
        if not self._open["a"] and _WORD.search(text):
            self._linked = False

    def end_line(self) -> bool:
        """Finish the line; return whether it has any text."""
        text = _SPACES.sub(" ", "".join(self._text)).strip(" ").rstrip()
        linked, control = self._linked, self._in_control()
        self._text, self._linked = [], True
        if text:
            if self._item and read_marker(text, 0) is None:
                text = self._item + text
            block, container = self._blocks[-1], self._blocks[-2:][0].number
            if block.indented and not block.begun and not text[0].isspace():
                text = _INDENT + text
            self._add([Line(text, container, linked, control, self._apart)])
            self._item, self._apart, block.begun = "", False, True
        return bool(text)

    def _in_control(self) -> bool:
        """Whether the text stands in a control; a footer is one of the page, not of an article."""
        if self._open["footer"] and not self._open["article"] and not self._open["main"]:
            return True
        return any(self._open[tag] for tag in _CONTROLS)

    def _add(self, lines: list[Line]) -> None:
        place = self._blocks[-1].place
        if isinstance(place, _Cell):
            place.lines.extend(lines)
        else:
            # Text between the tags of a table, outside its cells, such as a caption.
            place.rows.extend([_Cell([line])] for line in lines)

    def _open_block(self, element: Any) -> None:
        parent = self._blocks[-1]
        place, indented = parent.place, parent.indented
        styled = _INDENT_STYLE.search(element.get("style", ""))
        if styled:
            indented = float(styled["width"]) > 0
        if element.tag == "table":
            place = _Table()
        elif isinstance(place, _Table) and element.tag == "tr":
            place.rows.append([])
        elif isinstance(place, _Table) and element.tag in ("td", "th"):
            if not place.rows:
                place.rows.append([])
            cell = _Cell()
            place.rows[-1].append(cell)
            place = cell
        self._count += 1
        self._blocks.append(_Block(element, self._count, place, indented))

    def _close_block(self) -> None:
        block = self._blocks.pop()
        if block.element.tag == "table" and isinstance(block.place, _Table):
            lines = _table_lines(block.place, block.number)
            self._add(lines)
            place = self._blocks[-1].place
            if lines and isinstance(place, _Cell):
                place.nested = True

    def _open_item(self, element: Any) -> None:
        """Number an item of an ordered list, as a browser does, where its text has no number."""
        parent = element.getparent()
        if not self._next_items or parent.tag != "ol" or parent.get("type", "1") != "1":
            return
        number = _integer(element.get("value"), self._next_items[-1])
        self._next_items[-1] = number + 1
        self._item = f"{number}. "


def _integer(text: str | None, default: int) -> int:
    return int(text) if text and re.fullmatch(r"\d{1,6}", text) else default

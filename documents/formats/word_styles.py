"""What a Word paragraph inherits from its style: a list, a first-line indent, being hidden."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from documents.formats.word_xml import WORD, read_figure, read_switch, read_value, to_figure

# Word itself allows ten.
_MAX_CHAIN = 20


@dataclass(frozen=True, slots=True)
class Properties:
    """What a paragraph or a style says itself; None is what it leaves to the style below it.

    ``list`` is the number of a list (``w:numId``), "0" for none; ``level`` counts from 0.
    """

    list: str | None
    level: int | None
    indented: bool | None
    hidden: bool | None


@dataclass(frozen=True, slots=True)
class Style:
    """A style and the id of the one it is based on."""

    id: str
    based_on: str | None
    properties: Properties


@dataclass(frozen=True, slots=True)
class Styles:
    """Each style's chain, from itself down to the one it rests on, by its id.

    ``default`` is the style of a paragraph that names none.
    """

    chains: dict[str, tuple[Style, ...]]
    default: str | None

    def paragraph(self, id: str | None) -> tuple[Style, ...]:
        """Return the chain of a paragraph of style ``id``: the default's where that is unknown."""
        return self.chains.get(id or "") or self.chains.get(self.default or "", ())

    def run(self, id: str | None) -> tuple[Style, ...]:
        """Return the chain of a run of style ``id``."""
        return self.chains.get(id or "", ())


def read_styles(root: etree._Element | None) -> Styles:
    """Return the styles of a document; ``root`` is the root of its styles part."""
    styles: dict[str, Style] = {}
    default = None
    for element in () if root is None else root.iterchildren(f"{WORD}style"):
        id = element.get(f"{WORD}styleId", "")
        properties = read_properties(element.find(f"{WORD}pPr"), element.find(f"{WORD}rPr"))
        styles[id] = Style(id, read_value(element, "basedOn"), properties)
        is_default = element.get(f"{WORD}default") not in (None, "0", "false", "off")
        if is_default and element.get(f"{WORD}type") == "paragraph":
            default = id
    return Styles({id: _chain(styles, id) for id in styles}, default)


def read_properties(paragraph: etree._Element | None, run: etree._Element | None) -> Properties:
    """Return what a paragraph's and a run's properties (``w:pPr``, ``w:rPr``) say."""
    list = None if paragraph is None else paragraph.find(f"{WORD}numPr")
    return Properties(
        list=read_value(list, "numId"),
        level=read_figure(list, "ilvl"),
        indented=_read_indent(paragraph),
        hidden=read_switch(run, "vanish"),
    )


def is_hidden(direct: bool | None, chain: tuple[Style, ...]) -> bool | None:
    """Return what text itself or else its style says of being hidden, None where neither does."""
    values = (direct, *(style.properties.hidden for style in chain))
    return next((value for value in values if value is not None), None)


def is_indented(direct: bool | None, chain: tuple[Style, ...]) -> bool:
    """Whether the first line of a paragraph is indented, by itself or by its style."""
    values = (direct, *(style.properties.indented for style in chain))
    return next((value for value in values if value is not None), False)


def _read_indent(paragraph: etree._Element | None) -> bool | None:
    indent = None if paragraph is None else paragraph.find(f"{WORD}ind")
    if indent is None:
        return None
    for name in ("firstLineChars", "firstLine", "hangingChars", "hanging"):
        figure = to_figure(indent.get(f"{WORD}{name}"))
        if figure is not None:
            return figure > 0 and name.startswith("firstLine")
    return None


def _chain(styles: dict[str, Style], id: str) -> tuple[Style, ...]:
    chain: list[Style] = []
    style = styles.get(id)
    while style is not None and len(chain) < _MAX_CHAIN:  # it may run in a circle
        chain.append(style)
        style = styles.get(style.based_on or "")
    return tuple(chain)

"""Word's automatic numbering: the ordinal that a reader sees before a paragraph and no text holds.

A paragraph names a list (``w:num``) and a level, itself or through its style. A list is a use of an
abstract definition, which it may override; the lists of one definition count on together. The
ordinals are a fold over the paragraphs in their order, kept in ``Counters``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from documents.formats.word_styles import Properties, Style, Styles
from documents.formats.word_xml import WORD, read_figure, read_switch, read_value, to_figure
from documents.numbering import write_number

_LEVELS = 9
# A style may refer to a list that refers to a style: in sound files once.
_MAX_LINKS = 10


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a list.

    ``text`` has %1 to %9 for the numbers of the levels; ``digits`` is how many a figure has at least
    (01, 001); ``restart`` is the level, counted from 1, that makes this one start again, 0 for none
    and None for every one above it; ``style`` is the paragraph style that is numbered by it.
    """

    start: int
    format: str
    digits: int
    text: str
    suffix: str
    restart: int | None
    legal: bool
    style: str | None


@dataclass(frozen=True, slots=True)
class NumberedList:
    """A list as its paragraphs refer to it.

    ``definition`` is what it shares with others that count on together, ``starts`` are the numbers
    with which it begins again on the levels that it overrides.
    """

    definition: str
    levels: Mapping[int, Level]
    starts: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Counters:
    """How far a story (the body, the notes, the text boxes) has counted.

    ``values`` are the numbers that each definition has reached on its levels, None where a level
    has to start; ``begun`` are the overriding starts already made, by list and level.
    """

    values: dict[str, list[int | None]] = field(default_factory=dict)
    begun: set[tuple[str, int]] = field(default_factory=set)


# --- reading the definitions ----------------------------------------------------------------------


def read_lists(root: etree._Element | None, styles: Styles) -> dict[str, NumberedList]:
    """Return the lists of a document by their numbers; ``root`` is the root of its numbering part."""
    if root is None:
        return {}
    definitions = {
        element.get(f"{WORD}abstractNumId", ""): element
        for element in root.iterchildren(f"{WORD}abstractNum")
    }
    uses = {element.get(f"{WORD}numId", ""): element for element in root.iterchildren(f"{WORD}num")}
    levels = {id: _read_levels(element) for id, element in definitions.items()}
    links = {id: read_value(element, "numStyleLink") for id, element in definitions.items()}

    def follow(number: str, depth: int = 0) -> NumberedList | None:
        """Return list ``number``, or, where its definition is a style's, that style's list."""
        use = uses.get(number)
        definition = read_value(use, "abstractNumId") or ""
        if use is None or definition not in definitions:
            return None
        base = NumberedList(definition, levels[definition], {})
        linked = next((style.properties.list for style in styles.run(links[definition])), None)
        if linked is not None and depth < _MAX_LINKS:
            base = follow(linked, depth + 1) or base
        return _override(base, use)

    found = {number: follow(number) for number in uses}
    return {number: list for number, list in found.items() if list is not None}


def _override(base: NumberedList, use: etree._Element) -> NumberedList:
    levels, starts = dict(base.levels), dict(base.starts)
    for override in use.iterchildren(f"{WORD}lvlOverride"):
        index = to_figure(override.get(f"{WORD}ilvl"))
        start = read_figure(override, "startOverride")
        level = override.find(f"{WORD}lvl")
        if index is not None and level is not None:
            levels[index] = _read_level(level)
        if index is not None and start is not None:
            starts[index] = start
    if not levels.keys() - base.levels.keys() and levels == base.levels and starts == base.starts:
        return base
    return NumberedList(base.definition, levels, starts)


def _read_levels(definition: etree._Element) -> dict[int, Level]:
    found = {}
    for element in definition.iterchildren(f"{WORD}lvl"):
        index = to_figure(element.get(f"{WORD}ilvl"))
        if index is not None:
            found[index] = _read_level(element)
    return found


def _read_level(element: etree._Element) -> Level:
    format, digits = _read_format(element)
    text = read_value(element, "lvlText") or ""
    properties = element.find(f"{WORD}rPr")
    if format == "bullet" and (_is_symbol(properties) or _PRIVATE.search(text)):
        text = _BULLET if text.strip() else ""
    if read_switch(properties, "vanish"):
        text = ""
    start = read_figure(element, "start")
    return Level(
        # Where it says nothing, Word counts from 0, though every program writes a start.
        start=0 if start is None else start,
        format=format,
        digits=digits,
        text=text[:_MAX_TEXT],
        suffix=_SUFFIXES.get(read_value(element, "suff") or "tab", " "),
        restart=read_figure(element, "lvlRestart"),
        legal=read_switch(element, "isLgl") or False,
        style=read_value(element, "pStyle"),
    )


_SUFFIXES = {"tab": " ", "space": " ", "nothing": ""}
# Word takes no longer one.
_MAX_TEXT = 255
_BULLET = "•"
# In these fonts a letter or a private-use character is a dot, a square or an arrow.
_SYMBOL_FONTS = ("symbol", "wingdings", "webdings", "marlett", "zapf dingbats", "zapfdingbats")
_PRIVATE = re.compile("[\ue000-\uf8ff]")


def _is_symbol(properties: etree._Element | None) -> bool:
    fonts = None if properties is None else properties.find(f"{WORD}rFonts")
    font = "" if fonts is None else fonts.get(f"{WORD}ascii") or fonts.get(f"{WORD}hAnsi") or ""
    return font.lower().startswith(_SYMBOL_FONTS)


def _read_format(element: etree._Element) -> tuple[str, int]:
    """Return the format and its digits; 001 is a format of its own, with another beside it."""
    for format in element.iter(f"{WORD}numFmt"):
        name = format.get(f"{WORD}val", "decimal")
        if name == "custom":
            example = format.get(f"{WORD}format", "").split(",")[0].strip()
            return "decimal", min(len(example), _LEVELS) if example.isdecimal() else 1
        return name, 2 if name == "decimalZero" else 1
    return "decimal", 1


# --- finding a paragraph's list -------------------------------------------------------------------


def find_list(
    direct: Properties, chain: tuple[Style, ...], lists: Mapping[str, NumberedList]
) -> tuple[str, int] | None:
    """Return the list and the level of a paragraph, None where it has no number.

    ``direct`` is what it says itself, ``chain`` its style and those below it.
    """
    stated = (direct.list, *(style.properties.list for style in chain))
    number = next((id for id in stated if id is not None), None)
    if number is None or number not in lists:
        return None
    level = direct.level
    if level is None:
        level = next(_style_levels(lists[number], chain), 0)
    return (number, level) if 0 <= level < _LEVELS else None


def _style_levels(list: NumberedList, chain: tuple[Style, ...]) -> Iterator[int]:
    for style in chain:
        yield from (index for index, level in list.levels.items() if level.style == style.id)
        if style.properties.level is not None:
            yield style.properties.level


# --- counting -------------------------------------------------------------------------------------


def write_label(
    number: str, level: int, lists: Mapping[str, NumberedList], counters: Counters
) -> str:
    """Count a paragraph of list ``number`` and return what stands before its text."""
    list = lists[number]
    values = _count(number, level, list, counters)
    shown = list.levels.get(level)
    if shown is None:
        return ""

    def write(match: re.Match[str]) -> str:
        index = int(match[1]) - 1
        value, other = values[index], list.levels.get(index)
        if value is None or other is None or index > level:
            return ""
        format = "decimal" if shown.legal and other.format != "none" else other.format
        return write_value(value, format, other.digits)

    label = shown.text if shown.format == "bullet" else _PLACE.sub(write, shown.text)
    return label + shown.suffix if label.strip() else ""


_PLACE = re.compile(r"%([1-9])")


def _count(number: str, level: int, list: NumberedList, counters: Counters) -> Sequence[int | None]:
    """Take the next number on ``level`` and return those of all levels.

    A level above that has not been used yet is at its start; those below have to start again.
    """
    values = counters.values.setdefault(list.definition, [None] * _LEVELS)
    for index in range(level + 1):
        value = values[index]
        overridden = index in list.starts and (number, index) not in counters.begun
        if value is None or (overridden and index == level):
            values[index] = _start(list, index)
            counters.begun.add((number, index))
        elif index == level:
            values[index] = value + 1
    for index in range(level + 1, _LEVELS):
        definition = list.levels.get(index)
        restart = None if definition is None else definition.restart
        if level < (index if restart is None else restart):
            values[index] = None
    return values


def _start(list: NumberedList, level: int) -> int:
    definition = list.levels.get(level)
    return list.starts.get(level, 1 if definition is None else definition.start)


# --- writing a number -----------------------------------------------------------------------------


def write_value(value: int, format: str, digits: int = 1) -> str:
    """Return ``value`` in one of Word's number formats, as a figure where the format has no such."""
    writer = _WRITERS.get(format)
    written = writer(value) if writer is not None and 0 <= value < 10_000 else None
    return f"{value:0{digits}d}" if written is None else written


def _write_row(characters: str) -> Callable[[int], str | None]:
    """A writer of numbers that are each a character of their own, as many as there are."""
    return lambda value: characters[value - 1] if 0 < value <= len(characters) else None


def _write_run(first: str) -> Callable[[int], str | None]:
    """A writer of 20 characters that Unicode has side by side."""
    return _write_row("".join(chr(ord(first) + offset) for offset in range(20)))


def _write_digits(digits: str) -> Callable[[int], str]:
    """A writer of a number digit by digit (二〇二六)."""
    return lambda value: str(value).translate({ord("0") + n: c for n, c in enumerate(digits)})


def _write_counting(value: int) -> str:
    """Up to 99 in tens, from 100 on digit by digit, as Word counts in Chinese (一○一)."""
    return write_number(value) if 0 < value < 100 else _write_digits("○一二三四五六七八九")(value)


def _write_thousands(zero: str) -> Callable[[int], str]:
    """A writer of numbers in thousands, hundreds and tens; ``zero`` stands for what is skipped."""
    return lambda value: write_number(value).replace("零", zero) if value else zero


def _write_japanese(value: int) -> str | None:
    """No zero, and no 一 before 十, 百 and 千."""
    return re.sub("零|一(?=[十百千])", "", write_number(value)) if value else None


def _write_formal(digits: str, units: str) -> Callable[[int], str]:
    """A writer of the forms that cannot be altered (壹拾贰), ten with its one."""
    table = str.maketrans("零一二三四五六七八九十百千", digits + units)

    def write(value: int) -> str:
        plain = write_number(value) if value else "零"
        return ("一" + plain if plain.startswith("十") else plain).translate(table)

    return write


def _write_roman(value: int) -> str | None:
    units = zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        "M CM D CD C XC L XL X IX V IV I".split(),
        strict=True,
    )
    written = ""
    for unit, numeral in units:
        written += numeral * (value // unit)
        value %= unit
    return written or None


def _write_letter(value: int) -> str | None:
    """A to Z, then AA, BB and on: the letter repeats."""
    return chr(ord("A") + (value - 1) % 26) * ((value - 1) // 26 + 1) if value else None


def _write_ordinal(value: int) -> str:
    endings = {1: "st", 2: "nd", 3: "rd"}
    return f"{value}{'th' if value // 10 % 10 == 1 else endings.get(value % 10, 'th')}"


def _lower(write: Callable[[int], str | None]) -> Callable[[int], str | None]:
    return lambda value: (write(value) or str(value)).lower()


_STEMS = "甲乙丙丁戊己庚辛壬癸"
_BRANCHES = "子丑寅卯辰巳午未申酉戌亥"

_WRITERS: dict[str, Callable[[int], str | None]] = {
    "none": lambda _: "",
    "bullet": lambda _: "",
    "upperRoman": _write_roman,
    "lowerRoman": _lower(_write_roman),
    "upperLetter": _write_letter,
    "lowerLetter": _lower(_write_letter),
    "ordinal": _write_ordinal,
    "numberInDash": lambda value: f"- {value} -",
    "decimalFullWidth": _write_digits("０１２３４５６７８９"),
    "decimalFullWidth2": _write_digits("０１２３４５６７８９"),
    "decimalEnclosedCircle": _write_run("①"),
    "decimalEnclosedCircleChinese": _write_run("①"),
    "decimalEnclosedParen": _write_run("⑴"),
    "decimalEnclosedFullstop": _write_run("⒈"),
    "ideographEnclosedCircle": _write_row("㊀㊁㊂㊃㊄㊅㊆㊇㊈㊉"),
    "ideographTraditional": _write_row(_STEMS),
    "ideographZodiac": _write_row(_BRANCHES),
    "ideographZodiacTraditional": lambda value: (
        _STEMS[(value - 1) % 10] + _BRANCHES[(value - 1) % 12] if 0 < value <= 60 else None
    ),
    "chineseCounting": _write_counting,
    "taiwaneseCounting": _write_counting,
    "chineseCountingThousand": _write_thousands("〇"),
    "taiwaneseCountingThousand": _write_thousands("零"),
    "japaneseCounting": _write_japanese,
    "chineseLegalSimplified": _write_formal("零壹贰叁肆伍陆柒捌玖", "拾佰仟"),
    "ideographLegalTraditional": _write_formal("零壹貳參肆伍陸柒捌玖", "拾佰仟"),
    "ideographDigital": _write_digits("〇一二三四五六七八九"),
    "japaneseDigitalTenThousand": _write_digits("〇一二三四五六七八九"),
    "taiwaneseDigital": _write_digits("○一二三四五六七八九"),
}

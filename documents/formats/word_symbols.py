"""Characters that Word keeps as a place in a symbol font, and what a reader sees there."""

from __future__ import annotations


def _row(first: int, characters: str) -> dict[int, str]:
    return dict(enumerate(characters, first))


_FONTS = {
    "symbol": {
        **_row(0x41, "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ"),
        **_row(0x61, "αβχδεφγηιϕκλμνοπθρστυϖωξψζ"),
        **dict(zip(b"\xa3\xa5\xae\xb0\xb1\xb3\xb4\xb7\xb8\xb9\xbb", "≤∞→°±≥×•÷≠≈", strict=True)),
        **dict(zip(b"\xc7\xc8\xce\xd5\xd6\xde\xe5\xf2", "∩∪∈∏√⇒∑∫", strict=True)),
    },
    "wingdings": {
        **_row(0x81, "①②③④⑤⑥⑦⑧⑨⑩"),
        **_row(0x8C, "❶❷❸❹❺❻❼❽❾❿"),
        **dict(zip(b"\x28\x2a\x6c\x6e\x6f\x71\x72\x75\x76", "☎✉●■□❑❒◆❖", strict=True)),
        **dict(zip(b"\x9f\xa7\xa8\xab\xd8\xe0\xfb\xfc\xfd\xfe", "•▪□★➢→✗✓☒☑", strict=True)),
    },
    "wingdings 2": {
        **_row(0x6A, "①②③④⑤⑥⑦⑧⑨⑩"),
        **dict(zip(b"\x4f\x50\x51\x52\x53\x54\xa3", "✗✓☒☑☒☒□", strict=True)),
    },
}
_REPLACEMENT = "\ufffd"


def read_symbol(font: str, code: str) -> str:
    """Return the character at the hexadecimal ``code`` of a font.

    One that is not known stays a private-use character, and one that cannot be becomes U+FFFD, so
    that it is reported as damage.
    """
    try:
        place = int(code, 16)
    except ValueError:
        return _REPLACEMENT
    known = _FONTS.get(font.strip().lower(), {})
    # The place may be given as it is in the font or in the private area.
    if place & 0xFF in known and place >> 8 in (0x00, 0xF0):
        return known[place & 0xFF]
    if not 0x20 <= place <= 0x10FFFF or 0xD800 <= place <= 0xDFFF:
        return _REPLACEMENT
    return chr(place)

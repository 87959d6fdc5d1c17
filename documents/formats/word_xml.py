"""The XML of Word: parsed without trusting it, its names, and the values of its elements."""

from __future__ import annotations

from lxml import etree

from documents.errors import LoadError

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
VML = "{urn:schemas-microsoft-com:vml}"

# A strict package spells the same elements in other namespaces.
_STRICT = {
    b"http://purl.oclc.org/ooxml/wordprocessingml/main": WORD[1:-1].encode(),
    b"http://purl.oclc.org/ooxml/officeDocument/math": MATH[1:-1].encode(),
}
# Tags and attributes of a part: each takes some 100 bytes in memory. Long documents have a million.
_MAX_MARKUP = 6_000_000
# A larger figure in an attribute is not meant; Word's own counters end at 32,767.
_MAX_FIGURE = 1_000_000


def parse_xml(content: bytes, *, where: str) -> etree._Element:
    """Return the root of a part; LoadError where it is broken, or made to exhaust its reader."""
    # A part is UTF-8 or UTF-16. The encoding is settled here, so that no other, in which what is
    # searched for below would look different, can be declared.
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        content = content.decode("utf-16").encode()
    if b"<!DOCTYPE" in content:
        raise LoadError(
            where,
            "文件内含文档类型定义（DTD），Word 不会生成这种内容，出于安全不予读取。请用 Word 另存为 docx。",
            "the file declares a document type (DTD), which Word never writes; it is refused for "
            "safety. Save it as docx in Word.",
        )
    if content.count(b"<") + content.count(b"=") > _MAX_MARKUP:
        raise too_large(where)
    for strict, usual in _STRICT.items():
        content = content.replace(strict, usual)
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,  # bounds the nesting
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise LoadError(
            where,
            f"Word 文件的内容已损坏（{error}）。请用 Word 打开并另存为 docx，或重新获取该文件。",
            f"the content of the Word file is damaged ({error}); open it in Word and save it as "
            "docx, or get the file again.",
        ) from error


def too_large(where: str) -> LoadError:
    """Return the refusal of a file that is larger, once unpacked, than any policy document."""
    return LoadError(
        where,
        "Word 文件解压后过大，不像政策文件，不予读取。请检查文件，或拆分后再添加。",
        "the Word file is too large when unpacked to be a policy document; check it, or split it "
        "first.",
    )


# --- values ---------------------------------------------------------------------------------------


def read_value(element: etree._Element | None, name: str) -> str | None:
    """Return the value of the child ``name`` of an element, None where either is missing."""
    child = None if element is None else element.find(f"{WORD}{name}")
    value: str | None = None if child is None else child.get(f"{WORD}val")
    return value


def read_figure(element: etree._Element | None, name: str) -> int | None:
    """Return the value of the child ``name`` as a figure, None where it is none that is meant."""
    return to_figure(read_value(element, name))


def to_figure(text: str | None) -> int | None:
    """Return what an attribute says as a figure, None where it is none that is meant."""
    try:
        figure = int(text or "")
    except ValueError:
        return None
    return figure if abs(figure) <= _MAX_FIGURE else None


def read_switch(element: etree._Element | None, name: str) -> bool | None:
    """Return whether the child ``name`` is on or off, None where it is missing."""
    child = None if element is None else element.find(f"{WORD}{name}")
    return None if child is None else child.get(f"{WORD}val") not in ("0", "false", "off")

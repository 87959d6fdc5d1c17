"""Changes to a text that must not change its clauses, tried on the shipped documents."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from documents.loading import load_source
from documents.parsing import parse, parse_text

SAMPLES = Path(__file__).parent.parent / "documents" / "samples"
every_sample = pytest.mark.parametrize(
    "sample", sorted(SAMPLES.glob("*.txt")), ids=lambda p: p.stem
)


def paths(source: str) -> list[str]:
    return [clause.path for clause in parse_text(source, "x").clauses]


# Each of the same kind and length; digits keep their number of places.
_PLACES = {
    "安徽": "湖北",
    "重庆": "天津",
    "吉林": "山西",
    "南昌": "武汉",
    "江西": "湖南",
    "长春": "太原",
    "四平": "大同",
}


@every_sample
def test_other_places_and_figures(sample: Path) -> None:
    """No rule knows a place or a figure. Ordinals and 文号 stay, for they are what is read."""
    source = load_source(sample).text
    for place, other in _PLACES.items():
        source = source.replace(place, other)
    changed = re.sub(
        r"(?<=[\u4e00-\u9fff(])[1-9](?=\d*(?:\.\d+)?(?:[家个万亿项%辆台]|亿元|万元))",
        lambda m: str(10 - int(m[0])),
        source,
    )
    assert changed != load_source(sample).text
    assert paths(changed) == paths(load_source(sample).text)


_REWRITTEN = {
    "half-width brackets": (r"(?m)^([　 ]*)（([一二三四五六七八九十]+)）", r"\1(\2)"),
    "full-width brackets": (r"(?m)^([　 ]*)\(([一二三四五六七八九十]+)\)", r"\1（\2）"),
    "full-width points": (r"(?m)^([　 ]*)(\d{1,3})\.(?!\d)", r"\1\2．"),
    "enumeration commas": (r"(?m)^([　 ]*)(\d{1,3})\.(?!\d)", r"\1\2、"),
    "a space behind": (r"(?m)^([　 ]*\d{1,3}\.)(?=\S)(?!\d)", r"\1 "),
    "an indent": (r"(?m)^(?=[一二三四五六七八九十]+、|[（(][一二三四五六七八九十]+[）)])", "　　"),
}


@every_sample
@pytest.mark.parametrize("rewriting", _REWRITTEN)
def test_ordinals_in_another_width(sample: Path, rewriting: str) -> None:
    pattern, replacement = _REWRITTEN[rewriting]
    source = load_source(sample).text
    assert paths(re.sub(pattern, replacement, source)) == paths(source)


def test_every_rewriting_changes_a_sample() -> None:
    """So that none of the comparisons above is of a text with itself only."""
    sources = [load_source(path).text for path in SAMPLES.glob("*.txt")]
    for pattern, replacement in _REWRITTEN.values():
        assert any(re.sub(pattern, replacement, source) != source for source in sources)


def by_characters(character: str) -> float:
    return 1


def as_printed(character: str) -> float:
    """A Latin letter or a digit is half as wide as a Chinese character."""
    return 0.5 if character.isascii() else 1


def rewrap(line: str, width: int, measure: Callable[[str], float]) -> str:
    """Cut ``line`` at ``width``, as the text of a PDF is cut; tables stay."""
    if "\t" in line:
        return line
    rows, used = [""], 0.0
    # Bracketed pinyin is one glyph with its character.
    for glyph in re.findall(r"\S\([a-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜü]{1,6}\)|.", line):
        used += measure(glyph[0])
        if used > width:
            rows.append("")
            used = measure(glyph[0])
        rows[-1] += glyph
    return "\n".join(rows)


@every_sample
@pytest.mark.parametrize("width", [25, 30, 34, 40])
@pytest.mark.parametrize("measure", [by_characters, as_printed])
def test_hard_wrapped(sample: Path, width: int, measure: Callable[[str], float]) -> None:
    source = load_source(sample).text
    wrapped = "\n".join(rewrap(line, width, measure) for line in source.split("\n"))
    assert wrapped.count("\n") > source.count("\n")
    assert paths(wrapped) == paths(source)


@every_sample
def test_converted_to_gb18030_with_crlf(sample: Path, tmp_path: Path) -> None:
    converted = tmp_path / sample.name
    converted.write_bytes(load_source(sample).text.replace("\n", "\r\n").encode("gb18030"))
    assert parse(converted) == parse(sample)

"""How well documents are split: four measures on files whose clauses are known from elsewhere.

``laws``: statutes whose articles were counted by others. ``noisy``: the same statutes damaged in
known ways; every form must give the articles of the sound one. ``formats``: one document in several
file formats; every format must give the clauses of its web page. ``scan``: texts printed, scanned badly
and read by OCR; each must give the clauses of the text.
"""

from __future__ import annotations

import csv
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np

from documents.errors import DocumentError
from documents.formats.pdf import read_pdf
from documents.loading import load_source
from documents.numbering import write_number
from documents.parsing import parse, parse_source, parse_text
from documents.types import Clause, Document
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

_ARTICLE = re.compile(r"第[零一二三四五六七八九十百千]+条(?:之[一二三四五六七八九十])?")
_BEYOND_TITLE = re.compile(r"目\s*[录錄次]")


@dataclass(frozen=True, slots=True)
class Difference:
    """A file, or one form of it, that did not come out as expected; ``what`` says how."""

    file: str
    what: str


@dataclass(frozen=True, slots=True)
class Measure:
    """Counts of one set: ``right`` of ``expected`` clauses, ``invented`` ones, and other figures."""

    name: str
    expected: int
    right: int
    invented: int
    figures: dict[str, float]
    differences: tuple[Difference, ...]

    @property
    def share(self) -> float:
        """``right`` as a share of ``expected``."""
        return self.right / self.expected if self.expected else 1.0


def format_measures(measures: Iterable[Measure], *, differences: int) -> str:
    """Return a table of the measures, and the first ``differences`` differences of each."""
    lines = []
    for m in measures:
        figures = "".join(f", {name} {value:.4g}" for name, value in m.figures.items())
        lines.append(
            f"{m.name}: {m.right}/{m.expected} = {m.share:.2%}, invented {m.invented}{figures}, "
            f"{len(m.differences)} files differ"
        )
        lines.extend(f"  {d.file}: {d.what}" for d in m.differences[:differences])
    return "\n".join(lines)


# --- statutes -------------------------------------------------------------------------------------


def measure_laws(folder: Path, counts: Path) -> Measure:
    """Compare the articles of every file that ``counts`` (TSV) lists with their known numbers.

    Where the table says that a file's articles run 1..N, each must be there under its own number;
    elsewhere only how many there are is known.
    """
    expected = right = invented = clauses = defects = outside = characters = size = 0
    seconds = 0.0
    differences = []
    for row in _read_tsv(counts):
        path = folder / row["file"]
        count = int(row["articles"])
        begin = time.perf_counter()
        document = parse(path)
        seconds += time.perf_counter() - begin
        found = Counter(_last(clause.path) for clause in document.clauses if _is_article(clause))
        known = _known_articles(row, found)
        matched = (known & found).total()
        expected, right = expected + count, right + matched
        invented += found.total() - matched
        if matched != count or found.total() != matched:
            missing = sorted((known - found).elements())[:5]
            more = sorted((found - known).elements())[:5]
            what = (
                f"expected {count} ({row['sequence']}), found {found.total()}; "
                f"missing {' '.join(missing) or '-'}; more {' '.join(more) or '-'}"
            )
            differences.append(Difference(row["file"], what))
        clauses += len(document.clauses)
        defects += sum(len(clause.defects) for clause in document.clauses)
        outside += _outside(document)
        characters += len(document.source)
        size += path.stat().st_size
    figures = {
        "outside clauses": outside / max(characters, 1),
        "defects per 1000 clauses": 1000 * defects / max(clauses, 1),
        "MB/s": size / 1e6 / max(seconds, 1e-9),
    }
    return Measure("laws", expected, right, invented, figures, tuple(differences))


def _known_articles(row: dict[str, str], found: Counter[str]) -> Counter[str]:
    """Return the articles that the table knows: 1..N, and 第X条之一 as many as it counted.

    Where it knows only how many there are, the first so many of those found.
    """
    if row["sequence"] != "1..N":
        return Counter(list(found.elements())[: int(row["articles"])])
    inserted = [path for path in found.elements() if "之" in path]
    count = int(row["articles"]) - int(row["articles_without_zhi"])
    numbers = [f"第{write_number(n)}条" for n in range(1, int(row["max_article"]) + 1)]
    return Counter([*numbers, *inserted[:count]])


def _outside(document: Document) -> int:
    """Characters of front and dropped that are neither title, 目录, markup nor white space."""
    front = next((c.text for c in document.clauses if c.path == "首"), "")
    listed = _BEYOND_TITLE.search(front)
    front = front[: listed.start()] if listed else front
    title = document.metadata.title or ""
    kept = re.sub(r"\s", "", front).replace(re.sub(r"\s", "", title), "", 1)
    dropped = sum(
        len(re.sub(r"\s", "", removal.text))
        for removal in document.audit.dropped
        if removal.reason != "markup"
    )
    return len(kept) + dropped


def _is_article(clause: Clause) -> bool:
    return clause.marker is not None and _ARTICLE.fullmatch(_last(clause.path)) is not None


def _last(path: str) -> str:
    return path.rsplit("/", 1)[-1]


# --- damaged statutes -----------------------------------------------------------------------------


def measure_noisy(folder: Path) -> list[Measure]:
    """Compare number and text of every article in each damaged form with the sound form's."""
    rows = list(_read_tsv(folder / "expected.tsv"))
    sound = {row["file"]: _articles(parse(folder / "plain" / row["file"])) for row in rows}
    forms = sorted(path.name for path in folder.iterdir() if path.is_dir())
    return [_measure_form(folder / form, rows, sound) for form in forms]


def _measure_form(
    folder: Path, rows: list[dict[str, str]], sound: dict[str, dict[str, str]]
) -> Measure:
    expected = right = invented = 0
    differences = []
    for row in rows:
        count = int(row["expected_articles"])
        found = _articles(parse(folder / row["file"]))
        numbers = [f"第{write_number(n)}条" for n in range(1, count + 1)]
        known = sound[row["file"]]
        wrong = [n for n in numbers if n not in known or found.get(n) != known[n]]
        more = [n for n in found if n not in numbers]
        expected, right, invented = (
            expected + count,
            right + count - len(wrong),
            invented + len(more),
        )
        if wrong or more:
            first = f": {_differing(known.get(wrong[0]), found.get(wrong[0]))}" if wrong else ""
            what = f"wrong {len(wrong)} ({' '.join(wrong[:5])}{first}); more {' '.join(more[:5]) or '-'}"
            differences.append(Difference(f"{folder.name}/{row['file']}", what))
    return Measure(folder.name, expected, right, invented, {}, tuple(differences))


def _articles(document: Document) -> dict[str, str]:
    """Return every article's text without its number and without white space, by its path."""
    return {
        clause.path: re.sub(
            r"\s", "", document.clean[clause.start + len(clause.marker or "") : clause.end]
        )
        for clause in document.clauses
        if _is_article(clause)
    }


def _differing(a: str | None, b: str | None) -> str:
    """Say where two texts part, for a reader."""
    if a is None or b is None:
        return "absent in " + ("plain" if a is None else "this form")
    at = next(
        (i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b))
    )
    return f"{a[max(0, at - 8) : at + 12]!r} became {b[max(0, at - 8) : at + 12]!r}"


# --- one document in several formats --------------------------------------------------------------

_COUNTED = (
    ("chapter", re.compile(r"第[^第]{1,6}[章编]")),
    ("article", re.compile(r"第[^第]{1,7}条")),
    ("L1_一、", re.compile(r"[一二三四五六七八九十]+[、.．]")),
    ("L2_（一）", re.compile(r"[（(]\s*[一二三四五六七八九十]+\s*[)）]")),
    ("L3_1.", re.compile(r"[0-9０-９]+[.．、]")),
    ("L4_（1）", re.compile(r"[（(]\s*[0-9０-９]+\s*[)）]")),
)


def measure_formats(folder: Path) -> list[Measure]:
    """Compare the web pages' clauses with known counts, and the other formats' with the pages'."""
    pages = {_number(path): parse(path) for path in sorted((folder / "html").iterdir())}
    rows = {row["document"]: row for row in _read_tsv(folder / "clause_counts.tsv")}
    measures = [_measure_counts(pages, rows)]
    for form in ("docx", "pdf", "doc"):
        files = sorted((folder / form).iterdir()) if (folder / form).is_dir() else []
        measures.append(_measure_format(form, files, pages))
    return measures


def _measure_counts(pages: dict[str, Document], rows: dict[str, dict[str, str]]) -> Measure:
    expected = right = invented = 0
    differences = []
    for number, document in pages.items():
        markers = [clause.marker for clause in document.clauses if clause.marker]
        for name, pattern in _COUNTED:
            known = int(rows[number][name])
            found = sum(pattern.fullmatch(marker) is not None for marker in markers)
            expected, right = expected + known, right + min(known, found)
            invented += max(0, found - known)
            if known != found:
                differences.append(Difference(number, f"{name}: expected {known}, found {found}"))
    return Measure("html counts", expected, right, invented, {}, tuple(differences))


def _measure_format(form: str, files: list[Path], pages: dict[str, Document]) -> Measure:
    """Compare the clauses of each file with its page's, as far as the file holds their text.

    A converter may cut a file off; how many clauses are not in the files at all is a figure.
    """
    expected = right = invented = absent = 0
    differences = []
    for path in files:
        page = pages[_number(path)]
        whole = Counter(_contents(page))
        try:
            source = load_source(path)
            found = Counter(_contents(parse_source(source, path.stem)))
            held = re.sub(r"\s", "", source.text)
        except DocumentError as error:
            differences.append(Difference(path.name, str(error).splitlines()[-1]))
            found, held = Counter(), re.sub(r"\s", "", page.source)
        known = Counter(_contents(page, held))
        absent += whole.total() - known.total()
        matched = (known & found).total()
        expected, right = expected + known.total(), right + matched
        invented += (found - whole).total()
        if matched != known.total():
            missing = [p for p, _ in (known - found).elements()][:5]
            more = [p for p, _ in (found - whole).elements()][:5]
            what = f"missing {' '.join(missing) or '-'}; more {' '.join(more) or '-'}"
            differences.append(Difference(f"{form}/{path.name}", what))
    return Measure(
        form, expected, right, invented, {"not in the files": absent}, tuple(differences)
    )


def _contents(document: Document, held: str | None = None) -> Iterator[tuple[str, str]]:
    """Yield path and text of each clause without white space; of those whose lines ``held`` has."""
    for clause in document.clauses:
        lines = [re.sub(r"\s", "", line) for line in clause.text.split("\n")]
        if held is None or all(line in held for line in lines):
            yield clause.path, "".join(lines)


# --- texts as poor scans --------------------------------------------------------------------------


class NoTypeface(DocumentError):
    """Pages cannot be printed, because no Chinese typeface is installed here."""


def measure_scan(folder: Path, *, damage: Damage, points: float) -> Iterator[Measure]:
    """Print, damage and read every text in ``folder``; yield its paths compared with the text's.

    The figure ``characters`` is 1 - edit distance / length, white space left out.
    """
    typeface = find_typeface()
    if typeface is None:
        raise NoTypeface(
            "没有中文字体，无法生成页面图像，请安装，例如 fonts-noto-cjk。\n"
            "no Chinese typeface to print pages with; install one, such as fonts-noto-cjk."
        )
    for path in sorted(folder.glob("*.txt")):
        text = load_source(path).text
        yield _measure_scan(path.name, text, typeface, damage, points)


def _measure_scan(
    name: str, text: str, typeface: Typeface, damage: Damage, points: float
) -> Measure:
    rng = np.random.default_rng(crc32(name.encode()))
    pages = render_pages(text, typeface, dpi=damage.dpi, setting=Setting(points))
    scan = bind([degrade(page, damage, rng) for page in pages], dpi=damage.dpi)
    begin = time.perf_counter()
    source = read_pdf(scan, where=name)
    seconds = time.perf_counter() - begin
    expected = Counter(clause.path for clause in parse_text(text, name).clauses)
    found = Counter(clause.path for clause in parse_source(source, name).clauses)
    missing, more = sorted((expected - found).elements()), sorted((found - expected).elements())
    truth, read = "".join(text.split()), "".join(source.text.split())
    what = f"missing {' '.join(missing[:5]) or '-'}; more {' '.join(more[:5]) or '-'}"
    figures = {
        "characters": 1 - edit_distance(truth, read) / max(len(truth), 1),
        "characters in doubt": sum(b - a for a, b in source.doubts) / max(len(read), 1),
        "seconds a page": seconds / (source.text.count("\f") + 1),
    }
    return Measure(
        name,
        expected.total(),
        (expected & found).total(),
        len(more),
        figures,
        (Difference(name, what),) if missing or more else (),
    )


def _number(path: Path) -> str:
    return path.name.split("_", 1)[0]


def _read_tsv(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t")

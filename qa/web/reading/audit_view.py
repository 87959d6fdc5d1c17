"""What parsing did to a document, in plain words: where every character went, and what is odd."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import groupby

from documents.reports import find_doubts
from documents.types import Characters, Clause, Defect, Document, Removal
from qa.labels import format_label
from qa.web.places import Place, make_link
from qa.web.reading.body import find_defects, name_defect
from qa.web.reading.document_texts import DOCUMENT_TEXTS, DocumentTexts
from qa.web.texts import Texts

# Removed texts shown of each reason, and places of each kind of damage before the others are folded.
EXAMPLES = 5
PLACES = 8
# Characters shown of a removed or damaged text.
PIECE = 40


def count_oddities(document: Document) -> int:
    """Return how many places of a document someone should look at."""
    audit = document.audit
    odd = (find_defects(document), audit.gaps, audit.duplicates, audit.overlong)
    return sum(map(len, odd)) + len(find_doubts(document)) + (not _adds_up(audit.characters))


def render_audit(document: Document, texts: Texts) -> str:
    """Return the audit, folded; its line says how much there is to look at."""
    words = DOCUMENT_TEXTS[texts.language]
    audit = document.audit
    count = count_oddities(document)
    told = words.audit_odd.format(count) if count else words.audit_clean
    sections = (
        _render_characters(audit.characters, words),
        _render_dropped(audit.dropped, words),
        _render_defects(document, texts),
        _render_section(
            words.gaps,
            [
                f"{_link(document, gap.path)} {escape(words.gap.format(gap.expected, gap.found))}"
                for gap in audit.gaps
            ],
        ),
        _render_section(words.duplicates, [_link(document, path) for path in audit.duplicates]),
        _render_section(words.overlong, [_link(document, path) for path in audit.overlong]),
        _render_section(
            words.doubts, [escape(words.doubt[name]) for name in find_doubts(document)]
        ),
        "" if count else f"<p>{escape(words.nothing)}</p>",
    )
    return (
        f'<details class="audit" lang="{texts.html_language}"><summary>{escape(words.audit)}'
        f' <span class="summary-note{" odd" if count else ""}">{escape(told)}</span></summary>'
        f'<div class="audit-body">{"".join(sections)}</div></details>'
    )


def _adds_up(characters: Characters) -> bool:
    return characters.source == characters.clauses + characters.front + characters.dropped


def _render_characters(found: Characters, words: DocumentTexts) -> str:
    parts = {
        "clauses": (words.part_clauses, found.clauses),
        "front": (words.part_front, found.front),
        "dropped": (words.part_dropped, found.dropped),
    }
    total = sum(count for _, count in parts.values())
    told = words.characters.format(f"{found.source:,}")
    if not _adds_up(found):
        told = words.characters_wrong.format(f"{found.source:,}", f"{total:,}")
    shown = {name: part for name, part in parts.items() if part[1]}
    bar = _render_bar({name: count for name, (_, count) in shown.items()})
    legend = "".join(
        f'<li class="part-{name}">{escape(text.format(f"{count:,}"))}</li>'
        for name, (text, count) in shown.items()
    )
    return (
        f"<p{'' if _adds_up(found) else ' class=damage'}>{escape(told)}</p>"
        f'{bar}<ul class="legend">{legend}</ul>'
    )


def _render_bar(counts: Mapping[str, int]) -> str:
    """Return the parts side by side: a drawing, because these pages allow no style of an element."""
    least = sum(counts.values()) / 200  # what is drawn narrower would not be seen
    widths = {name: max(count, least) for name, count in counts.items()}
    left, drawn = 0.0, ""
    for name, width in widths.items():
        drawn += f'<rect class="part-{name}" x="{left:g}" width="{width:g}" height="1"></rect>'
        left += width
    return (
        f'<svg class="bar" viewBox="0 0 {left:g} 1" preserveAspectRatio="none" aria-hidden="true">'
        f"{drawn}</svg>"
    )


def _render_dropped(dropped: Sequence[Removal], words: DocumentTexts) -> str:
    items = []
    for reason, group in groupby(sorted(dropped, key=lambda r: r.reason), lambda r: r.reason):
        pieces = [removal.text for removal in group]
        count = words.dropped_count.format(f"{len(pieces):,}", f"{sum(map(len, pieces)):,}")
        examples = " ".join(
            f'<q lang="zh-CN">{escape(piece)}</q>'
            for piece in dict.fromkeys(_shorten(piece, words) for piece in pieces[: 3 * EXAMPLES])
        )
        name = escape(words.reasons.get(reason, reason))
        items.append(f'<b>{name}</b> {escape(count)}<span class="examples">{examples}</span>')
    return _render_section(words.dropped, items)


def _shorten(piece: str, words: DocumentTexts) -> str:
    piece = " ".join(piece.split()) or words.white_space
    return piece if len(piece) <= PIECE else piece[:PIECE] + "…"


def _render_defects(document: Document, texts: Texts) -> str:
    words = DOCUMENT_TEXTS[texts.language]
    defects = sorted(find_defects(document), key=lambda defect: defect.kind)
    items = []
    for kind, group in groupby(defects, key=lambda defect: defect.kind):
        links = [f"<li>{_link_defect(document, defect, words)}</li>" for defect in group]
        more = ""
        if len(links) > PLACES + 1:  # a fold for a single one would be no shorter
            more = (
                f"<details><summary>{escape(words.more_places.format(len(links) - PLACES))}"
                f'</summary><ul class="places">{"".join(links[PLACES:])}</ul></details>'
            )
            links = links[:PLACES]
        name = escape(name_defect(kind, texts))
        items.append(f'<b>{name}</b><ul class="places">{"".join(links)}</ul>{more}')
    return _render_section(words.defects, items)


def _link_defect(document: Document, defect: Defect, words: DocumentTexts) -> str:
    clause = find_clause(document.clauses, defect.start)
    place = Place(clause.path if clause else None, defect.start, defect.end)
    where = f"{escape(format_label(clause.path))} " if clause else ""
    return (
        f'<a class="place" lang="zh-CN" href="{escape(make_link(document.id, place))}" '
        f'data-at="{defect.start}">{where}<q>{escape(_shorten(defect.text, words))}</q></a>'
    )


def find_clause(clauses: Iterable[Clause], offset: int) -> Clause | None:
    """Return the innermost clause that holds an offset of the clean text."""
    holding = (clause for clause in clauses if clause.start <= offset < clause.end)
    return max(holding, key=lambda clause: clause.start, default=None)


def _link(document: Document, path: str) -> str:
    return (
        f'<a class="place" lang="zh-CN" href="{escape(make_link(document.id, Place(path)))}" '
        f'data-path="{escape(path)}">{escape(format_label(path))}</a>'
    )


def _render_section(name: str, items: Sequence[str]) -> str:
    if not items:
        return ""
    listed = "".join(f"<li>{item}</li>" for item in items)
    return f"<section><h3>{escape(name)}</h3><ul>{listed}</ul></section>"

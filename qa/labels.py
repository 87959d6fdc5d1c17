"""Clause paths as people write them: 一/（五）/13 -> 一、（五）13."""

from __future__ import annotations

import re

from documents.metadata import display_title
from documents.types import Clause, Document

_EDGES = {"首": "开头", "尾": "结尾"}
_ARTICLE = re.compile(r"第[^/]+条(?:之[^/#]+)?(?:#\d+)?")
# A further document in the same file, by its title, or an annex; everything else is an ordinal.
_BODY = re.compile(r"附件|[^/]*[^/\d.#〇零一二三四五六七八九十百千第条之编章节分部是首尾）（①-⑳]")
_ITEM = re.compile(r"[（(]")


def format_title(title: str, number: str | None) -> str:
    """Return 《title》（文号）."""
    return display_title(title) + (f"（{number}）" if number else "")


def format_label(path: str) -> str:
    """Return ``path`` as a citation prints it: 附件1/第三条 -> 附件1 第三条."""
    body, _, rest = path.partition("/")
    if _BODY.match(body):
        annex = body.startswith("附件")
        name = body.replace("#", "（第", 1) + "处）" if "#" in body else body
        name = f"{name} " if annex else display_title(name.replace("／", "/"))
        return (name + (format_label(rest) if rest else "")).strip()
    if path in _EDGES:
        return _EDGES[path]
    inside_article = False
    written: list[str] = []
    above = ""
    for ordinal in path.split("/"):
        part, _, repeat = ordinal.partition("#")
        if above and part.startswith(f"{above}."):
            written[-1] = part  # 1.1 repeats the 1 above it
        elif inside_article and _ITEM.match(part):
            written.append(f"第{part}项")
        elif re.fullmatch(r"[一二三四五六七八九十百]+", part):
            written.append(f"{part}、")
        elif re.fullmatch(r"\d+", part):
            written.append(f"{part}.")
        else:
            written.append(part)
        if repeat:
            written[-1] += f"（第{repeat}处）"
        inside_article = inside_article or _ARTICLE.fullmatch(part) is not None
        above = part
    return "".join(written)


def format_citation_label(document: Document, clause: Clause, start: int) -> str:
    """Return the label of a quote that begins at ``start``: with its 款 where the article has more.

    款 are the unnumbered paragraphs of an article; they are counted, never part of a path.
    """
    label = format_label(clause.path)
    match = re.match(rf"(?:.*/)?{_ARTICLE.pattern}", clause.path)
    if not match:
        return label
    article = document.clause(match[0])
    items = {c.start for c in document.clauses if c.start != article.start}
    lines = re.finditer(r"\S[^\n]*", document.clean[article.start : article.end])
    paragraphs = [b for b in (article.start + line.start() for line in lines) if b not in items]
    if len(paragraphs) < 2:
        return label
    number = sum(begin <= start for begin in paragraphs)
    name = format_label(match[0])
    return label.replace(name, f"{name}第{_chinese(number)}款", 1)


def _chinese(number: int) -> str:
    digits = "零一二三四五六七八九十"
    return digits[number] if number <= 10 else str(number)

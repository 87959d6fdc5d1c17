"""Clause paths as people write them: 一/（五）/13 -> 一、（五）13."""

from __future__ import annotations

import re

from documents.types import Clause, Document

_EDGES = {"首": "开头", "尾": "结尾"}
_ARTICLE = re.compile(r"第[^/]+条(?:之[^/]+)?(?:#\d+)?")
_ITEM = re.compile(r"[（(]")


def format_label(path: str) -> str:
    """Return ``path`` as a citation prints it."""
    if path in _EDGES:
        return _EDGES[path]
    parts = path.split("/")
    inside_article = False
    written = []
    for part in parts:
        if inside_article and _ITEM.match(part):
            written.append(f"第{part}项")
        elif re.fullmatch(r"[一二三四五六七八九十百]+", part):
            written.append(f"{part}、")
        elif re.fullmatch(r"\d+", part):
            written.append(f"{part}.")
        else:
            written.append(part)
        inside_article = inside_article or _ARTICLE.fullmatch(part) is not None
    return "".join(written)


def format_citation_label(document: Document, clause: Clause, start: int) -> str:
    """Return the label of a quote that begins at ``start``: with its 款 where the article has more.

    款 are the unnumbered paragraphs of an article; they are counted, never part of a path.
    """
    label = format_label(clause.path)
    match = re.match(r"(?:.*/)?(第[^/]+条(?:之[^/]+)?)", clause.path)
    if not match:
        return label
    article = document.clause(match[0])
    paragraphs = [
        article.start + found.start()
        for found in re.finditer(
            r"^[^\S\n]*(?=\S)(?![（(][一二三四五六七八九十]+[)）])",
            document.clean[article.start : article.end],
            re.MULTILINE,
        )
    ]
    if len(paragraphs) < 2:
        return label
    number = sum(begin <= start for begin in paragraphs)
    name = format_label(match[0])
    return label.replace(name, f"{name}第{_chinese(number)}款", 1)


def _chinese(number: int) -> str:
    digits = "零一二三四五六七八九十"
    return digits[number] if number <= 10 else str(number)

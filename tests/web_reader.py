"""Reads HTML as a test does: its text, what is marked, its elements and its links."""

from __future__ import annotations

from html.parser import HTMLParser


class Reader(HTMLParser):
    """Collects a page's text, the text inside its <mark>s, and its elements' names and links."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = self.marked = ""
        self.tags: list[str] = []
        self.links: list[str] = []
        self._depth = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._depth += tag == "mark"
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_endtag(self, tag: str) -> None:
        self._depth -= tag == "mark"

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._depth:
            self.marked += data

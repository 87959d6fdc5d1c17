"""Whether a new document is one that the library has: the same text, or another version of one."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from documents.errors import LoadError
from documents.metadata import read_kind
from documents.normalization import match_form
from documents.register import Entry
from documents.types import Document
from documents.validity import number_form


@dataclass(frozen=True, slots=True)
class Stored:
    """An original in the library: its document's id, its file, and what is known of its content.

    ``error`` says why a file that was put there by hand cannot be read.
    """

    id: str
    path: Path
    entry: Entry
    error: LoadError | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """What a new document has in common with one of the library, said in two languages."""

    other: str
    chinese: str
    english: str


@dataclass(slots=True)
class Known:
    """The documents of a library by all that one can be recognised by; the first one counts."""

    by_content: dict[str, Stored] = field(default_factory=dict)
    by_text: dict[str, Stored] = field(default_factory=dict)
    by_number: dict[str, Stored] = field(default_factory=dict)
    by_title: dict[str, Stored] = field(default_factory=dict)
    by_stem: dict[str, Stored] = field(default_factory=dict)

    @classmethod
    def of(cls, library: Iterable[Stored]) -> Known:
        """Return the documents of ``library``."""
        known = cls()
        for stored in library:
            known.add(stored)
        return known

    def add(self, stored: Stored) -> None:
        """Take one more document in."""
        entry = stored.entry
        for table, key in (
            (self.by_content, entry.sha256),
            (self.by_text, entry.text),
            (self.by_number, number_form(entry.number)),
            (self.by_title, _title_form(entry.title)),
            (self.by_stem, stem_form(stored.path.name)),
        ):
            if key:
                table.setdefault(key, stored)

    def find_text(self, entry: Entry) -> Stored | None:
        """Return the document with the same clean text, whatever its format or encoding."""
        return self.by_text.get(entry.text) if entry.text else None

    def find_version(self, entry: Entry, name: str) -> Relation | None:
        """Return how a document in file ``name`` is another version of one that is known."""
        if other := self.by_number.get(number_form(entry.number) or ""):
            return Relation(other.id, f"文号（{entry.number}）", f"文号 ({entry.number})")
        if other := self.by_title.get(_title_form(entry.title) or ""):
            return Relation(other.id, f"标题（{entry.title}）", f"title ({entry.title})")
        if other := self.by_stem.get(stem_form(name)):
            return Relation(other.id, f"文件名（{name}）", f"file name ({name})")
        return None


def describe(document: Document, sha256: str) -> Entry:
    """Return what tells ``document``, whose file has this SHA-256, from others."""
    # Formats and encodings differ in how they break lines and pages.
    text = re.sub(r"\s", "", document.clean)
    return Entry(
        sha256=sha256,
        text=hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest() if text else None,
        title=document.metadata.title,
        number=document.metadata.number,
    )


def stem_form(name: str) -> str:
    """Return a file name's stem as it is compared: some file systems take two spellings for one."""
    return unicodedata.normalize("NFC", Path(name).stem).casefold()


def _title_form(title: str | None) -> str | None:
    """A title as it is compared; None for one that says no more than its kind (「通知」)."""
    form = match_form(title) if title else None
    return None if form is None or form == read_kind(form) else form

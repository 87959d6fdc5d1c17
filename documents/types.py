"""What the document side produces: plain frozen data, no I/O and no behaviour beyond look-up.

Offsets are Unicode code points, half-open. A document has three texts (see ``cleaning`` and
``normalization``); ``Document`` carries two of them, ``source`` and ``clean``; the match form is
made when needed and never stored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

ClauseKind = Literal["front", "heading", "clause", "closing"]
DepartmentRole = Literal["lead", "support", "responsible"]
Level = Literal["国家", "省", "市", "县"]
Status = Literal["not_yet", "in_force", "expiring", "expired", "repealed", "unknown"]


# Called with how much is done, of how much, and what it was: a file, or a page of one.
Progress = Callable[[int, int, str], None]
Format = Literal["text", "html", "docx", "pdf", "scan", "doc"]
Outcome = Literal["added", "duplicate", "version", "failed", "removed", "corrected", "unchanged"]


@dataclass(frozen=True, slots=True)
class Source:
    """What loading returns: the text of a file, and what only its format knows about that text.

    ``text`` has LF line ends; pages are separated by a form feed, the cells of a table's row by
    tabs, one row a line, and a paragraph that is indented on its page begins with two full-width
    spaces. ``furniture`` are spans that the format itself marks as no part of the document
    (navigation of a web page), ``doubts`` spans that were read with little confidence (OCR).
    """

    text: str
    format: Format = "text"
    furniture: tuple[tuple[int, int], ...] = ()
    doubts: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Original:
    """A file to be added that lies in no folder: an upload, or a member of an archive."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one file that was to be added to the library, removed from it, or corrected.

    ``id`` is the document's own, None where nothing was stored. ``other`` is the document that has
    the same content (``duplicate``) or may be another version of it (``version``, stored all the
    same). ``chinese`` and ``english`` say so.
    """

    file: str
    outcome: Outcome
    id: str | None
    other: str | None
    chinese: str
    english: str


@dataclass(frozen=True, slots=True)
class Verification:
    """How the library's files compare with their checksums: relative names, ``intact`` a count.

    ``unregistered`` files were put into the folder by hand, ``unreadable`` ones are (file, Chinese
    reason, English reason).
    """

    intact: int
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    unregistered: tuple[str, ...]
    unreadable: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Defect:
    """Damage that the source already has, reported and never repaired.

    ``start`` and ``end`` are offsets in the clean text, ``text`` is what stands there.
    """

    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Department:
    """A body named as leading, supporting or responsible; ``text`` is as written."""

    name: str
    text: str
    role: DepartmentRole


@dataclass(frozen=True, slots=True)
class Reference:
    """Another document that this one names; ``document`` is its id where the library has it."""

    title: str | None
    number: str | None
    document: str | None = None


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a document says of itself. Unknown is None, or empty for a list."""

    title: str | None = None
    notice: str | None = None
    number: str | None = None
    authorities: tuple[str, ...] = ()
    region: str | None = None
    level: Level | None = None
    kind: str | None = None
    written: date | None = None
    published: date | None = None
    effective: date | None = None
    expires: date | None = None
    repeals: tuple[Reference, ...] = ()
    amends: tuple[Reference, ...] = ()
    implements: tuple[Reference, ...] = ()
    explains: tuple[Reference, ...] = ()
    cites: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class Clause:
    """A node of the clause tree, in document order; parents precede their children.

    ``start``..``end`` run in the clean text from the marker to the end of the last descendant;
    ``text`` is that span minus the children's spans. ``source_start``..``source_end`` is the
    smallest span of the source that holds the same characters. ``level`` is 0 for 首 and 尾 and
    counts ordinals from 1. ``page`` is where the clause begins, from 1; None in a format without
    pages.
    """

    path: str
    kind: ClauseKind
    level: int
    marker: str | None
    heading: str | None
    text: str
    start: int
    end: int
    source_start: int
    source_end: int
    page: int | None = None
    departments: tuple[Department, ...] = ()
    defects: tuple[Defect, ...] = ()


@dataclass(frozen=True, slots=True)
class Removal:
    """A span of the source that cleaning took out, with the reason."""

    start: int
    end: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A place where a sequence of ordinals skips: ``found`` stands where ``expected`` should."""

    path: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Characters:
    """Where every character of the source went: source = clauses + front + dropped."""

    source: int
    clauses: int
    front: int
    dropped: int


@dataclass(frozen=True, slots=True)
class Audit:
    """What parsing did to a document: nothing is lost without a line here."""

    characters: Characters
    dropped: tuple[Removal, ...] = ()
    gaps: tuple[Gap, ...] = ()
    duplicates: tuple[str, ...] = ()
    overlong: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Correction:
    """A field of the metadata that a person set right; the texts are as they were.

    ``found`` is what the document itself gives, ``value`` what holds instead, both as they are
    written: a day as YYYY-MM-DD, several authorities with 、 between them, None for unknown.
    """

    field: str
    found: str | None
    value: str | None


class Body(Protocol):
    """What of a document is large; ``clauses`` is the tree in document order."""

    @property
    def source(self) -> str: ...

    @property
    def clean(self) -> str: ...

    @property
    def clauses(self) -> tuple[Clause, ...]: ...

    @property
    def audit(self) -> Audit: ...

    @property
    def departments(self) -> tuple[str, ...]:
        """The names of the departments in its clauses, each once."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A body as parsing makes it, held in memory."""

    source: str
    clean: str
    clauses: tuple[Clause, ...]
    audit: Audit

    @property
    def departments(self) -> tuple[str, ...]:
        """The names of the departments in its clauses, each once."""
        return tuple(dict.fromkeys(d.name for clause in self.clauses for d in clause.departments))


@dataclass(frozen=True, slots=True, eq=False)
class Deferred:
    """A body that lies elsewhere: ``read`` returns it whenever something of it is asked for.

    ``departments``, which are looked for in a whole library, are known without. It is equal to the
    body that it reads.
    """

    read: Callable[[], Parsed]
    departments: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """The source."""
        return self.read().source

    @property
    def clean(self) -> str:
        """The clean text."""
        return self.read().clean

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """The clauses."""
        return self.read().clauses

    @property
    def audit(self) -> Audit:
        """The audit."""
        return self.read().audit

    def __eq__(self, other: object) -> bool:
        return self.read() == (other.read() if isinstance(other, Deferred) else other)

    def __hash__(self) -> int:
        return hash(self.read())


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document: what it says of itself, and its body, which may lie on disk until then.

    ``corrections`` say which fields of ``metadata`` are not what the document itself gives. The
    parts of the body go by their own names; whoever needs many of them takes the body once.
    """

    id: str
    metadata: Metadata
    body: Body
    format: Format = "text"
    corrections: tuple[Correction, ...] = ()

    @property
    def source(self) -> str:
        """The text of the file."""
        return self.body.source

    @property
    def clean(self) -> str:
        """The text without noise, in which all offsets are."""
        return self.body.clean

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """The tree in document order."""
        return self.body.clauses

    @property
    def audit(self) -> Audit:
        """What parsing did."""
        return self.body.audit

    @property
    def departments(self) -> tuple[str, ...]:
        """The names of the departments in its clauses, each once; the body need not be read."""
        return self.body.departments

    def clause(self, path: str) -> Clause:
        """Return the clause at ``path``; KeyError where there is none."""
        for clause in self.clauses:
            if clause.path == path:
                return clause
        raise KeyError(path)

"""What the command line says: a document's outline, audits, changes of the library, verification."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from documents.errors import LoadError
from documents.library import library_folder
from documents.metadata import display_title
from documents.schema import write_document, write_metadata
from documents.types import Change, Characters, Document, Verification

# Removed or damaged text on a terminal: how many pieces, and how many characters of each.
_PIECES = 5
_PIECE = 40

_FORMATS = {
    "text": "纯文本",
    "html": "网页",
    "docx": "Word",
    "pdf": "PDF",
    "scan": "扫描件",
    "doc": "旧版 Word",
}
_KINDS = {"front": "首", "heading": "标题", "clause": "条款", "closing": "尾"}
_DOUBTS = {
    "no_title": "没有标题",
    "no_number": "没有文号",
    "no_clauses": "没有任何条款",
    "no_closing": "没有尾部（落款、日期或施行日期）",
}


def outline(document: Document) -> str:
    """Return a document for reading at a terminal: metadata, clause tree, what was odd."""
    metadata, audit = document.metadata, document.audit
    lines = [f"# {metadata.title or document.id}"]
    for name, value in write_metadata(metadata).items():
        if value and name != "title":
            lines.append(f"{name}: {_readable(value)}")
    characters = audit.characters
    lines.append(
        f"characters: source {characters.source} = clauses {characters.clauses} "
        f"+ front {characters.front} + dropped {characters.dropped}"
    )
    for clause in document.clauses:
        indent = "  " * max(clause.level - 1, 0)
        start = (clause.heading or clause.text).replace("\n", " ")[:40]
        lines.append(f"{indent}{clause.path}  {start}")
        for department in clause.departments:
            lines.append(f"{indent}    · {department.role}: {department.name}")
        for defect in clause.defects:
            lines.append(f"{indent}    ! {defect.kind}: {defect.text}")
    for gap in audit.gaps:
        lines.append(f"gap: {gap.path}, expected {gap.expected}, found {gap.found}")
    for path in audit.duplicates:
        lines.append(f"duplicate: {path}")
    for reason, texts in _dropped(document).items():
        lines.append(f"dropped ({reason}): {len(texts)} × {' | '.join(map(repr, texts[:5]))}")
    return "\n".join(lines)


def _readable(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(_readable(item) for item in value)
    if isinstance(value, dict):
        return " ".join(str(item) for item in value.values() if item)
    return str(value)


def _dropped(document: Document) -> dict[str, list[str]]:
    """Return the removed texts by the cleaning step that removed them."""
    texts: dict[str, list[str]] = {}
    for removal in document.audit.dropped:
        texts.setdefault(removal.reason, []).append(removal.text)
    return dict(sorted(texts.items()))


# --- audits ---------------------------------------------------------------------------------------


def write_audit(document: Document) -> dict[str, Any]:
    """Return what parsing did to a document, as plain JSON values."""
    obj = write_document(document)
    return {
        "id": document.id,
        "format": document.format,
        "title": document.metadata.title,
        "number": document.metadata.number,
        "adds_up": _adds_up(document),
        "kinds": dict(Counter(clause.kind for clause in document.clauses)),
        "levels": {str(n): count for n, count in sorted(_levels(document).items())},
        **obj["audit"],
        "defects": [
            {"clause": clause["path"], **defect}
            for clause in obj["clauses"]
            for defect in clause["defects"]
        ],
        "doubts": find_doubts(document),
    }


def write_audits(documents: Sequence[Document], failures: Sequence[LoadError]) -> dict[str, Any]:
    """Return the audits of several documents with what they sum up to, as plain JSON values."""
    return {
        "documents": [write_audit(document) for document in documents],
        "failed": [{"file": e.where, "message": _message(e)} for e in failures],
        "summary": _summary(documents, failures),
    }


def count_clauses(document: Document) -> int:
    """Return how many numbered clauses and headings a document has."""
    return sum(clause.kind in ("clause", "heading") for clause in document.clauses)


def find_doubts(document: Document) -> list[str]:
    """Return what a policy document should have and this one has not."""
    kinds = {clause.kind for clause in document.clauses}
    missing = {
        "no_title": document.metadata.title is None,
        "no_number": document.metadata.number is None,
        "no_clauses": not kinds & {"clause", "heading"},
        "no_closing": "closing" not in kinds,
    }
    return [name for name, is_missing in missing.items() if is_missing]


def _adds_up(document: Document) -> bool:
    """Whether every character of the source is in a clause, in 首, or listed as dropped."""
    c = document.audit.characters
    listed = sum(len(removal.text) for removal in document.audit.dropped)
    held = sum(_inked(clause.text) for clause in document.clauses)
    return (
        c.source == len(document.source) == c.clauses + c.front + c.dropped
        and c.dropped == listed
        and held == _inked(document.clean)
    )


def _inked(text: str) -> int:
    """Count the characters that are not white space, which lies between clauses too."""
    return len("".join(text.split()))


def _levels(document: Document) -> Counter[int]:
    return Counter(clause.level for clause in document.clauses if clause.level)


def _summary(documents: Sequence[Document], failures: Sequence[LoadError]) -> dict[str, Any]:
    counts = [document.audit.characters for document in documents]
    return {
        "documents": len(documents),
        "failed": len(failures),
        "clauses": sum(len(document.clauses) for document in documents),
        "defects": sum(_defects(document) for document in documents),
        "characters": {
            name: sum(getattr(count, name) for count in counts)
            for name in Characters.__dataclass_fields__
        },
        "adds_up": all(map(_adds_up, documents)),
    }


def _defects(document: Document) -> int:
    return sum(len(clause.defects) for clause in document.clauses)


def format_audit(document: Document) -> str:
    """Return a document's audit for a terminal, removed and damaged texts shortened."""
    metadata, audit = document.metadata, document.audit
    title = display_title(metadata.title) if metadata.title else ""
    number = f"（{metadata.number}）" if metadata.number else ""
    lines = [f"# {document.id}  {title}{number}"]
    lines.append(f"格式 format: {_FORMATS[document.format]} {document.format}")
    lines.append(_format_characters(audit.characters, _adds_up(document)))
    kinds = Counter(clause.kind for clause in document.clauses)
    lines.append(
        "条款 clauses: "
        + ", ".join(f"{_KINDS[kind]} {kind} {count}" for kind, count in kinds.items())
        + "".join(f"; 第{n}级 level {n}: {c}" for n, c in sorted(_levels(document).items()))
    )
    for reason, texts in _dropped(document).items():
        length = sum(map(len, texts))
        lines.append(f"清除 dropped ({reason}): {len(texts)} 处, {length} 字: {_shorten(texts)}")
    for gap in audit.gaps:
        lines.append(f"跳号 gap: {gap.path}, 应为 expected {gap.expected}, 实为 found {gap.found}")
    lines.extend(f"重号 duplicate: {path}" for path in audit.duplicates)
    lines.extend(f"过长 overlong: {path}" for path in audit.overlong)
    for clause in document.clauses:
        for defect in clause.defects:
            lines.append(f"残损 defect: {clause.path}: {defect.kind}: {_shorten([defect.text])}")
    for doubt in find_doubts(document):
        lines.append(f"存疑 doubtful: {_DOUBTS[doubt]} {doubt}")
    return "\n".join(lines)


def format_summary(documents: Sequence[Document], failures: Sequence[LoadError]) -> str:
    """Return what the audits sum up to, on one line."""
    s = _summary(documents, failures)
    return (
        f"合计 total: 文档 documents {s['documents']}, 未能读取 failed {s['failed']}, "
        f"条款 clauses {s['clauses']}, 残损 defects {s['defects']}, "
        + _format_characters(Characters(**s["characters"]), s["adds_up"])
    )


def _format_characters(c: Characters, adds_up: bool) -> str:
    equals = "=" if adds_up else "≠"
    verdict = "无遗漏 adds up" if adds_up else "对不上 does NOT add up"
    return (
        f"字符 characters: 原文 source {c.source} {equals} 条款 clauses {c.clauses} + "
        f"首 front {c.front} + 清除 dropped {c.dropped} ({verdict})"
    )


def _shorten(texts: Sequence[str]) -> str:
    shown = [repr(t if len(t) <= _PIECE else f"{t[:_PIECE]}…") for t in texts[:_PIECES]]
    return " | ".join(shown) + (" | …" if len(texts) > _PIECES else "")


# --- the library ----------------------------------------------------------------------------------


def write_change(change: Change) -> dict[str, Any]:
    """Return what became of a file as plain JSON values."""
    return {
        "file": _printable(change.file),
        "outcome": change.outcome,
        "id": change.id,
        "other": change.other,
        "message": _message(change),
    }


def format_change(change: Change) -> str:
    """Return what became of a file, in two lines."""
    file = _printable(change.file)
    return f"{file}：{change.chinese}\n{file}: {change.english}"


def _printable(name: str) -> str:
    """Return a file name with escapes for what is not UTF-8 in it, such as a name in GBK."""
    return name.encode(errors="backslashreplace").decode()


def write_verification(found: Verification) -> dict[str, Any]:
    """Return how files compare with their checksums as plain JSON values."""
    return {
        "intact": found.intact,
        "changed": list(found.changed),
        "missing": list(found.missing),
        "unregistered": list(found.unregistered),
        "unreadable": [
            {"file": name, "message": {"zh": chinese, "en": english}}
            for name, chinese, english in found.unreadable
        ],
    }


def format_verification(found: Verification) -> str:
    """Return how files compare with their checksums, and how to repair what does not."""
    folder = library_folder()
    lines = [
        *_list("已被改动", "changed", found.changed),
        *_list("缺失", "missing", found.missing),
        *_list("未登记", "not registered", found.unregistered),
    ]
    for name, chinese, english in found.unreadable:
        lines.append(f"无法读取 unreadable: {name}: {chinese} {english}")
    if found.changed or found.missing:
        lines.append(
            "恢复：把原文件重新添加一次（python -m index add 文件）；或删除该文档（python -m index remove "
            f"编号）；如改动是有意的，请登记现有内容（python -m index add {folder}/文件）。\n"
            "To repair: add the original file again (python -m index add FILE), or remove the document "
            "(python -m index remove ID); if the change was meant, register the file as it is "
            f"(python -m index add {folder}/FILE)."
        )
    if found.unregistered:
        lines.append(
            f"未登记的文件同样会被检索，但没有校验和；登记：python -m index add {folder}\n"
            "Files that are not registered are searched all the same, but have no checksum; to "
            f"register them: python -m index add {folder}"
        )
    lines.append(
        f"{folder}: 完好 intact {found.intact}, 改动 changed {len(found.changed)}, 缺失 missing "
        f"{len(found.missing)}, 未登记 not registered {len(found.unregistered)}, 无法读取 unreadable "
        f"{len(found.unreadable)}"
    )
    return "\n".join(lines)


def _list(chinese: str, english: str, names: Iterable[str]) -> list[str]:
    return [f"{chinese} {english}: {name}" for name in names]


def _message(item: Change | LoadError) -> Mapping[str, str]:
    return {"zh": item.chinese, "en": item.english}

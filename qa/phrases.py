"""The words of answers around the quotes, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from documents.normalization import in_traditional
from qa.types import Frame

Texts = Mapping[str, tuple[str, str]]

# name -> (Chinese, English)
TEXTS: Texts = {
    "answered": ("检索到 {n} 条依据：", "Found {n} clause(s), quoted in Chinese as they stand:"),
    "partial": (
        "检索到相关条款，但所问内容{why}：",
        "Found clauses on this matter, but {why}; quoted in Chinese as they stand:",
    ),
    "no_basis": ("未检索到依据：{why}。", "No basis found: {why}."),
    "matter": ("文档库中没有关于所问事项的条款", "no clause in the library is about this matter"),
    "year": (
        "文档库中没有涉及所问年份的条款",
        "no clause in the library covers the year asked about",
    ),
    "place": (
        "文档库中没有适用于该地区的文件（现有：{places}）",
        "the library has no document for this place (it has: {places})",
    ),
    "filters": (
        "没有文件符合所选的筛选条件",
        "no document passes the filters",
    ),
    "not_stated": ("在条款中没有写明", "they do not state what is asked"),
    "source_lost": (
        "在原文中缺失（数字脱落），请核对原始文件",
        "the source text lost the figure; check the original document",
    ),
    "departments": ("责任部门", "Departments"),
    "lead": ("牵头", "lead"),
    "support": ("配合", "support"),
    "responsible": ("负责", "responsible"),
    "covers": ("现有文档：{titles}。", "The library holds: {titles}."),
    "prevails": ("以原文为准。", "The original text prevails (以原文为准)."),
    "repealed": ("{title}已废止。", "{title} has been repealed."),
    "expired": ("{title}有效期已过。", "{title} has expired."),
    "not_yet": ("{title}尚未施行。", "{title} is not yet in force."),
    "expiring": ("{title}将在 90 天内到期。", "{title} expires within 90 days."),
    "damaged": (
        "{label} 的原文有残缺：「{text}」，请核对原始文件。",
        "{label}: the source text is damaged here: “{text}”; check the original document.",
    ),
    "doubtful": (
        "{label} 读自扫描件，其中「{text}」识别存疑，请核对原始文件。",
        "{label} was read from a scan, “{text}” with little confidence; check the original document.",
    ),
    "secondary": (
        "{title}是对政策文件的解读，不是文件本身。",
        "{title} explains a policy document and is not the document itself.",
    ),
}


def phrase(name: str, frame: Frame, **values: object) -> str:
    """Return a text of the catalogue with its values, which stay as they are."""
    chinese, english = TEXTS[name]
    if frame == "en":
        return english.format(**values)
    return (in_traditional(chinese) if frame == "zh-Hant" else chinese).format(**values)

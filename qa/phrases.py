"""The words of answers around the quotes, in both languages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from documents.normalization import in_traditional
from documents.types import Department
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
    "named": (
        "文档库中没有所问的文件或条款",
        "the library does not have the document or clause asked about",
    ),
    "silent": ("其中一部分未检索到依据", "no basis was found for a part of it"),
    "judge": (
        "原文有以下规定，是否适用请据原文判断：",
        "The texts provide as follows; judge by them whether it applies:",
    ),
    "nearest": (
        "最接近的条款（不是答案）：{clauses}。",
        "The nearest clauses, which are no answer: {clauses}.",
    ),
    "office": (
        "可向文件中负责相近事项的部门咨询：{names}。",
        "Departments that the documents name for what comes nearest: {names}.",
    ),
    "part": ("【{name}】", "[{name}]"),
    "says": ("原文：“{text}”", "The text says: “{text}” "),
    "basis": ("依据：{name}{more}，{status}。", "Basis: {name}{more}, {status}. "),
    "more": ("等 {n} 条", " and others, {n} clauses in all"),
    "status_in_force": ("现行有效", "in force"),
    "status_expiring": ("即将到期", "expires within 90 days"),
    "status_expired": ("已过有效期", "expired"),
    "status_repealed": ("已废止", "repealed"),
    "status_not_yet": ("尚未施行", "not yet in force"),
    "status_unknown": ("效力未写明", "validity not stated"),
    "figure": ("所问数字：“{text}”{about}", "The figure asked for: “{text}”{about}"),
    "about": ("（{what}）", " ({what})"),
    "goal": ("目标", "goal"),
    "most": ("上限", "ceiling"),
    "present": ("现状", "present state"),
    "in_year": ("{year} 年", "{year}"),
    "ceiling": ("上限", "Ceiling"),
    "condition": ("条件", "Condition"),
    "deadline": ("期限", "Deadline"),
    "written": (
        "以上由语言模型依据下列条款写成，每句均已与条款核对。",
        "Written by a language model from the clauses cited; every sentence was checked against them.",
    ),
    "llm_empty": (
        "语言模型的回答没有一句通过核对，现直接引用原文。",
        "No sentence of the language model passed the check; the clauses are quoted instead.",
    ),
    "llm_failed": (
        "语言模型没有给出可用的回答，现直接引用原文。",
        "The language model gave no usable answer; the clauses are quoted instead.",
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


def phrase(name: str, frame: Frame, /, **values: object) -> str:
    """Return a text of the catalogue with its values, which stay as they are."""
    chinese, english = TEXTS[name]
    if frame == "en":
        return english.format(**values)
    return (in_traditional(chinese) if frame == "zh-Hant" else chinese).format(**values)


def join(items: Iterable[str], frame: Frame) -> str:
    """Return ``items`` as a list in running text."""
    return (", " if frame == "en" else "、").join(items)


def list_departments(departments: Iterable[Department], frame: Frame) -> str:
    """Return the departments by role (牵头 …；负责 …), names as written."""
    roles: dict[str, list[str]] = {}
    for department in departments:
        roles.setdefault(department.role, []).append(department.name)
    return "；".join(f"{phrase(role, frame)} {'、'.join(names)}" for role, names in roles.items())

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
    "empty": (
        "文档库现在是空的，请先添加文件",
        "the library is empty; documents have to be added first",
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
    "unmentioned": (
        "文档库中没有提到所问的事项",
        "no document in the library speaks of the subject asked about",
    ),
    "never_said": (
        "文档库中没有提到「{subjects}」",
        "no document in the library speaks of: {subjects}",
    ),
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
    "document": ("该文件", "the document"),
    "part": ("【{name}】", "[{name}]"),
    "partial_said": (
        "检索到相关条款，但所问内容{why}。",
        "Clauses on this matter were found, but {why}. ",
    ),
    "says": ("原文：“{text}”", "The text says: “{text}” "),
    "basis": ("依据：{name}{more}，{status}。", "Basis: {name}{more}, {status}. "),
    "more": ("等 {n} 条", " and others, {n} clauses in all"),
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
    "repealed_by": ("{title}已被{by}废止。", "{title} has been repealed by {by}."),
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
    # --- validity
    "validity_in_force": ("{day}，{title}有效：{why}。", "On {day}, {title} is in force: {why}."),
    "validity_expiring": (
        "{day}，{title}仍有效，但 90 天内到期：{why}。",
        "On {day}, {title} is still in force and expires within 90 days: {why}.",
    ),
    "validity_expired": (
        "{day}，{title}有效期已过：{why}。",
        "On {day}, {title} has expired: {why}.",
    ),
    "validity_not_yet": (
        "{day}，{title}尚未施行：{why}。",
        "On {day}, {title} is not yet in force: {why}.",
    ),
    "validity_repealed": (
        "{day}，{title}已废止：{why}。",
        "On {day}, {title} is repealed: {why}.",
    ),
    "validity_to_be_repealed": (
        "{day}，{title}尚未废止，但已规定废止：{why}。",
        "On {day}, {title} is not yet repealed, but its repeal is laid down: {why}.",
    ),
    "validity_unknown": (
        "无法判断{title}在 {day} 是否有效：{why}。",
        "Whether {title} is in force on {day} cannot be told: {why}.",
    ),
    "validity_since": ("自 {day} 起施行", "it took effect on {day}"),
    "validity_written": (
        "成文日期 {day}，没有写明施行日期",
        "it is dated {day} and states no day of effect",
    ),
    "validity_until": ("有效期至 {day}", "it is valid until {day}"),
    "validity_no_end": ("没有写明有效期", "it states no end of validity"),
    "validity_no_repealer": (
        "文档库中没有废止它的文件",
        "no document in the library repeals it",
    ),
    "validity_newer": (
        "文档库中有同名的较新文本，自 {day} 起施行",
        "the library has a later text of this title, in effect from {day}",
    ),
    "validity_by": ("由{title}废止", "repealed by {title}"),
    "validity_by_from": ("由{title}废止，自 {day} 起", "repealed by {title} from {day}"),
    "validity_join": ("，", "; "),
    # --- outline
    "outline": (
        "共 {n} 个条款（{range}），标题如下：",
        "{n} clauses ({range}), under these headings:",
    ),
    "outline_bare": ("共 {n} 个条款（{range}）。", "{n} clauses ({range})."),
    "outline_opening": ("开头原文：", "It begins, in Chinese as it stands:"),
    "outline_more": ("……另有 {n} 个标题。", "… and {n} more headings."),
    # --- a document in a list
    "fact_written": ("{day} 成文", "dated {day}"),
    "fact_published": ("{day} 发布", "published {day}"),
    "fact_join": ("，", "; "),
    "status_in_force": ("有效", "in force"),
    "status_expiring": ("有效，90 天内到期", "in force, expires within 90 days"),
    "status_expired": ("有效期已过", "expired"),
    "status_not_yet": ("尚未施行", "not yet in force"),
    "status_repealed": ("已废止", "repealed"),
    "status_unknown": ("未写明日期，无法判断是否有效", "undated, validity cannot be told"),
    # --- a clause by number
    "lookup": ("所问条款原文：", "The clause, in Chinese as it stands:"),
    "lookup_goes_on": (
        "（该条款较长，以上到完整的一句为止，其后还有 {n} 字。）",
        "(The clause is long; {n} more characters follow this sentence.)",
    ),
    "lookup_around": ("前后条款：", "The clauses before and after it:"),
    "lookup_missing": (
        "{title}中没有“{number}”，它的编号是：{range}。",
        "{title} has no “{number}”; its numbers are: {range}.",
    ),
    "lookup_join": ("，", ", "),
    "lookup_absent": (
        "文档库中没有“{number}”所属的文件。",
        "The library does not have the document of “{number}”.",
    ),
    # --- duties
    "duties": (
        "文档库中有 {n} 处条款写明{who}的职责：",
        "{n} clause(s) in the library assign duties to {who}, quoted in Chinese as they stand:",
    ),
    "duties_more": ("……只列出前 {n} 处。", "… the first {n} are listed."),
    "duties_role": ("{role}：", "{role}:"),
    # --- library
    "library": ("文档库中共有 {n} 份文件{scope}：", "The library has {n} document(s){scope}:"),
    "library_scope": ("（{told}）", " ({told})"),
    "library_national": ("国家", "national"),
    "library_none": (
        "文档库中没有这样的文件{scope}。",
        "The library has no such document{scope}.",
    ),
    "library_places": (
        "现有的地区：{places}。",
        "It has documents of: {places}.",
    ),
    "library_above": (
        "其上级的下列文件也适用于该地：",
        "These documents of levels above apply there too:",
    ),
    "library_more": ("……另有 {n} 份未列出。", "… and {n} more."),
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

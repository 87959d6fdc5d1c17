"""What the library view says beside the texts of the whole page, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from qa.types import Language

Sort = Literal["title", "newest", "oldest"]


@dataclass(frozen=True, slots=True)
class LibraryTexts:
    """The texts of the library view in one language; ``{}`` is filled with ``str.format``.

    ``script`` is what the page's script says.
    """

    name: str
    search: str
    search_placeholder: str
    search_button: str
    filters: str
    region: str
    kind: str
    authority: str
    status: str
    since: str
    until: str
    anything: str
    clear: str
    sort: str
    sorts: Mapping[Sort, str]
    sort_by: str
    count_all: str
    count_some: str
    range: str
    nothing: str
    previous: str
    next: str
    paging: str
    document: str
    written: str
    clauses: str
    defects: str
    action: str
    remove: str
    remove_name: str
    remove_title: str
    remove_text: str
    remove_sure: str
    cancel: str
    add: str
    add_hint: str
    accepted: str
    read_only: str
    work: str
    corrected: str
    script: Mapping[str, str]


CHINESE = LibraryTexts(
    name="文档库",
    search="查找文件",
    search_placeholder="按标题、文号或发文机关查找",
    search_button="查找",
    filters="筛选与排序",
    region="适用地区",
    kind="文种",
    authority="发文机关",
    status="效力",
    since="成文不早于",
    until="成文不晚于",
    anything="不限",
    clear="清除条件",
    sort="排序",
    sorts={"title": "按标题", "newest": "最新成文在前", "oldest": "最早成文在前"},
    sort_by="按{}排序",
    count_all="共 {} 份文件",
    count_some="符合条件 {} 份，全库 {} 份",
    range="第 {}–{} 份",
    nothing="没有符合条件的文件。",
    previous="上一页",
    next="下一页",
    paging="翻页",
    document="文件",
    written="成文日期",
    clauses="条款",
    defects="缺损 {}",
    action="操作",
    remove="移除",
    remove_name="移除 {}",
    remove_title="移除这份文件？",
    remove_text="将从文档库中删除它的原件，索引随之更新，之后不再检索和引用。此操作不能撤销；需要时可以重新添加。",
    remove_sure="移除并删除原件",
    cancel="取消",
    add="选择文件",
    add_hint="把文件拖放到此处，或",
    accepted="可添加 {}；可多选，压缩包自动展开。",
    read_only="此处只供查阅；添加、移除和更正文件请联系管理员。",
    work="正在进行的改动",
    corrected="已更正",
    script={
        "loading": "正在读取文档库…",
        "error": "文档库未能读取，请重试。",
        "uploading": "正在上传 {} 个文件",
        "queued": "排队等待其他改动完成",
        "starting": "正在准备",
        "add": "登记文件",
        "read": "解析文件库",
        "model": "加载模型",
        "encode": "更新索引",
        "open": "启用新索引",
        "steps": "{}/{}",
        "left": "约还需 {} 秒",
        "leftMinutes": "约还需 {} 分钟",
        "cancel": "取消",
        "cancelling": "正在取消…",
        "close": "收起",
        "jobAdd": "添加文件",
        "jobRemove": "移除文件",
        "jobCorrect": "更正信息",
        "jobRebuild": "重建索引",
        "done": "已完成",
        "failed": "未完成",
        "cancelled": "已取消，文档库没有改动",
        "problem": "请求未被接受：{}",
        "unreachable": "与服务的连接中断，请刷新页面查看结果。",
        "outcomeAdded": "已添加",
        "outcomeDuplicate": "已有",
        "outcomeVersion": "已添加，疑为另一版本",
        "outcomeFailed": "未能添加",
        "outcomeRemoved": "已移除",
        "outcomeCorrected": "已更正",
        "outcomeUnchanged": "无变化",
        "notAccepted": "不支持这种格式，没有上传。",
        "empty": "文件是空的，没有上传。",
        "auditClauses": "{} 条条款",
        "auditDefects": "缺损 {} 处",
        "auditOdd": "跳号重号 {} 处",
        "auditSound": "没有缺损",
        "auditComplete": "字符无遗漏",
        "auditIncomplete": "字符合计不符",
        "openDocument": "查看",
        "other": "对照 {}",
        "added": "添加 {} 份",
        "notAdded": "未添加 {} 份",
    },
)

ENGLISH = LibraryTexts(
    name="Library",
    search="Find documents",
    search_placeholder="Title, number or authority",
    search_button="Find",
    filters="Filter and sort",
    region="Applies in",
    kind="Type",
    authority="Issued by",
    status="Status",
    since="Issued from",
    until="Issued until",
    anything="Any",
    clear="Clear all",
    sort="Sort",
    sorts={"title": "By title", "newest": "Newest first", "oldest": "Oldest first"},
    sort_by="Sort by {}",
    count_all="Documents: {}",
    count_some="Matching: {} of {} documents",
    range="{}–{}",
    nothing="No document matches.",
    previous="Previous",
    next="Next",
    paging="Pages",
    document="Document",
    written="Issued",
    clauses="Clauses",
    defects="Damage: {}",
    action="Action",
    remove="Remove",
    remove_name="Remove {}",
    remove_title="Remove this document?",
    remove_text=(
        "Its original is deleted from the library and the index is updated; it will no longer be "
        "searched or cited. This cannot be undone, but the file can be added again."
    ),
    remove_sure="Remove and delete original",
    cancel="Cancel",
    add="Choose files",
    add_hint="Drop files here, or",
    accepted="Accepted: {}. Archives are unpacked.",
    read_only=(
        "The library can only be read here. To add, remove or correct documents, ask your "
        "administrator."
    ),
    work="Changes in progress",
    corrected="corrected",
    script={
        "loading": "Reading the library…",
        "error": "The library could not be read. Please try again.",
        "uploading": "Uploading files: {}",
        "queued": "Waiting for other changes to finish",
        "starting": "Preparing",
        "add": "Recording files",
        "read": "Reading the library",
        "model": "Loading the model",
        "encode": "Updating the index",
        "open": "Opening the new index",
        "steps": "{} of {}",
        "left": "about {} s left",
        "leftMinutes": "about {} min left",
        "cancel": "Cancel",
        "cancelling": "Cancelling…",
        "close": "Dismiss",
        "jobAdd": "Adding documents",
        "jobRemove": "Removing a document",
        "jobCorrect": "Correcting facts",
        "jobRebuild": "Rebuilding the index",
        "done": "Done",
        "failed": "Not completed",
        "cancelled": "Cancelled; the library is unchanged",
        "problem": "The request was not accepted: {}",
        "unreachable": "The connection was lost. Reload the page to see the result.",
        "outcomeAdded": "Added",
        "outcomeDuplicate": "Already there",
        "outcomeVersion": "Added; may be another version",
        "outcomeFailed": "Not added",
        "outcomeRemoved": "Removed",
        "outcomeCorrected": "Corrected",
        "outcomeUnchanged": "Unchanged",
        "notAccepted": "This format is not supported; it was not uploaded.",
        "empty": "The file is empty; it was not uploaded.",
        "auditClauses": "clauses: {}",
        "auditDefects": "damaged places: {}",
        "auditOdd": "skipped or repeated numbers: {}",
        "auditSound": "no damage",
        "auditComplete": "every character accounted for",
        "auditIncomplete": "characters do not add up",
        "openDocument": "Open",
        "other": "Compare {}",
        "added": "added: {}",
        "notAdded": "not added: {}",
    },
)

LIBRARY_TEXTS: Mapping[Language, LibraryTexts] = {"zh": CHINESE, "en": ENGLISH}

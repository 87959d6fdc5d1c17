"""What the document page says beside the texts of the whole page, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qa.types import Language
from qa.web.reading.relations import RelationKind


@dataclass(frozen=True, slots=True)
class DocumentTexts:
    """The texts of the document page in one language; ``{}`` is filled with ``str.format``.

    ``stated`` and ``told`` name a relation as its own document states it, and as seen from the
    other. ``script`` is what the page's script says.
    """

    level: str
    kind: str
    published: str
    expires: str
    clauses: str
    original: str
    own_page: str
    copy_link: str
    permalink: str
    branch: str
    relations: str
    stated: Mapping[RelationKind, str]
    told: Mapping[RelationKind, str]
    outside: str
    more_relations: str
    audit: str
    audit_clean: str
    audit_odd: str
    characters: str
    characters_wrong: str
    part_clauses: str
    part_front: str
    part_dropped: str
    dropped: str
    dropped_count: str
    reasons: Mapping[str, str]
    white_space: str
    defects: str
    more_places: str
    gaps: str
    gap: str
    duplicates: str
    overlong: str
    doubts: str
    doubt: Mapping[str, str]
    nothing: str
    corrected: str
    not_stated: str
    withdraw: str
    correct: str
    correct_title: str
    correct_hint: str
    fields: Mapping[str, str]
    list_hint: str
    levels: Mapping[str, str]
    save: str
    cancel: str
    script: Mapping[str, str]


CHINESE = DocumentTexts(
    level="层级",
    kind="文种",
    published="发布日期",
    expires="有效期至",
    clauses="条款",
    original="下载原件",
    own_page="单独打开",
    copy_link="复制链接",
    permalink="复制本条链接：{}",
    branch="{} 的下级条款",
    relations="关联文件",
    stated={
        "repeals": "废止",
        "amends": "修改",
        "implements": "落实",
        "explains": "解读",
        "cites": "引用",
    },
    told={
        "repeals": "被废止",
        "amends": "被修改",
        "implements": "落实文件",
        "explains": "解读文件",
        "cites": "被引用",
    },
    outside="不在库中",
    more_relations="其余 {} 份",
    audit="解析核对",
    audit_clean="无异常",
    audit_odd="{} 处待核",
    characters="原文 {} 字，去向合计相符，没有遗漏。",
    characters_wrong="原文 {} 字，去向合计为 {} 字，对不上，请核对原件。",
    part_clauses="条款 {} 字",
    part_front="前言 {} 字",
    part_dropped="清理 {} 字",
    dropped="清理的内容",
    dropped_count="{} 处，共 {} 字",
    reasons={
        "furniture": "网页栏目与导航",
        "invisible": "不可见字符",
        "markup": "排版标记",
        "pinyin": "括注拼音",
        "page": "页眉、页脚与页码",
        "wrap": "句中断行",
    },
    white_space="（空白）",
    defects="原文缺损",
    more_places="其余 {} 处",
    gaps="跳号",
    gap="应为 {}，实为 {}",
    duplicates="重号",
    overlong="过长条款",
    doubts="要素缺失",
    doubt={
        "no_title": "没有标题",
        "no_number": "没有文号",
        "no_clauses": "没有任何条款",
        "no_closing": "没有落款、日期或施行日期",
    },
    nothing="没有跳号、重号、过长条款，也没有发现缺损。",
    corrected="已更正；原文：{}",
    not_stated="未载明",
    withdraw="撤回更正",
    correct="更正文件信息",
    correct_title="更正文件信息",
    correct_hint="更正只用于显示、筛选和判断效力，不改动原件，随时可以撤回。清空一栏表示文件没有这一项。",
    fields={
        "title": "标题",
        "notice": "印发通知",
        "number": "文号",
        "authorities": "发文机关",
        "region": "地区",
        "level": "层级",
        "kind": "文种",
        "written": "成文日期",
        "published": "发布日期",
        "effective": "施行日期",
        "expires": "有效期至",
    },
    list_hint="每行一个",
    levels={"国家": "国家级", "省": "省级", "市": "市级", "县": "县级"},
    save="保存更正",
    cancel="取消",
    script={
        "copied": "链接已复制",
        "notCopied": "未能复制，请从地址栏复制",
        "unchanged": "没有改动。",
        "saving": "正在保存并更新索引…",
        "queued": "排队等待其他改动完成…",
        "add": "正在登记…",
        "read": "正在读取文件库（{}/{}）…",
        "encode": "正在更新索引（{}/{}）…",
        "left": "约还需 {} 秒",
        "done": "已更新。",
        "failed": "未能保存：{}",
        "cancelled": "已取消，没有改动。",
        "unreachable": "与服务的连接中断，请稍后刷新页面查看结果。",
    },
)

ENGLISH = DocumentTexts(
    level="Level",
    kind="Type",
    published="Published",
    expires="Valid until",
    clauses="Clauses",
    original="Download original",
    own_page="Open separately",
    copy_link="Copy link",
    permalink="Copy the link to {}",
    branch="Clauses under {}",
    relations="Related documents",
    stated={
        "repeals": "Repeals",
        "amends": "Amends",
        "implements": "Implements",
        "explains": "Explains",
        "cites": "Cites",
    },
    told={
        "repeals": "Repealed by",
        "amends": "Amended by",
        "implements": "Implemented by",
        "explains": "Explained by",
        "cites": "Cited by",
    },
    outside="not in the library",
    more_relations="{} more",
    audit="How it was read",
    audit_clean="nothing unusual",
    audit_odd="to check: {}",
    characters="All {} characters of the source are accounted for.",
    characters_wrong=(
        "The source has {} characters, but {} are accounted for. Please check the original."
    ),
    part_clauses="clauses {}",
    part_front="preamble {}",
    part_dropped="removed {}",
    dropped="What was removed",
    dropped_count="places: {}, characters: {}",
    reasons={
        "furniture": "web page menus and links",
        "invisible": "invisible characters",
        "markup": "formatting marks",
        "pinyin": "pinyin in brackets",
        "page": "page headers, footers and numbers",
        "wrap": "line breaks within sentences",
    },
    white_space="(white space)",
    defects="Damage in the source",
    more_places="{} more",
    gaps="Skipped numbers",
    gap="expected {}, found {}",
    duplicates="Repeated numbers",
    overlong="Very long clauses",
    doubts="Missing elements",
    doubt={
        "no_title": "no title",
        "no_number": "no document number",
        "no_clauses": "no clause at all",
        "no_closing": "no signature, date or entry into force",
    },
    nothing="No number is skipped or repeated, no clause is very long, no damage was found.",
    corrected="Corrected. The source says: {}",
    not_stated="not stated",
    withdraw="Withdraw",
    correct="Correct these facts",
    correct_title="Correct the facts about this document",
    correct_hint=(
        "Corrections serve display, filters and validity; the original stays as it is, and they can "
        "be withdrawn. An empty field says that the document has no such thing."
    ),
    fields={
        "title": "Title",
        "notice": "Transmitted by",
        "number": "Number",
        "authorities": "Issued by",
        "region": "Region",
        "level": "Level",
        "kind": "Type",
        "written": "Issued",
        "published": "Published",
        "effective": "In force from",
        "expires": "Valid until",
    },
    list_hint="one a line",
    levels={"国家": "national", "省": "province", "市": "city", "县": "county"},
    save="Save",
    cancel="Cancel",
    script={
        "copied": "Link copied",
        "notCopied": "Could not copy; please copy it from the address bar",
        "unchanged": "Nothing was changed.",
        "saving": "Saving and updating the index…",
        "queued": "Waiting for other changes to finish…",
        "add": "Recording…",
        "read": "Reading the library ({}/{})…",
        "encode": "Updating the index ({}/{})…",
        "left": "about {} s left",
        "done": "Updated.",
        "failed": "Not saved: {}",
        "cancelled": "Cancelled; nothing was changed.",
        "unreachable": "The connection was lost. Reload the page later to see the result.",
    },
)

DOCUMENT_TEXTS: Mapping[Language, DocumentTexts] = {"zh": CHINESE, "en": ENGLISH}

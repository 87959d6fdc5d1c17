"""Every word the page says, in Chinese and in English.

One dataclass, one instance per language: a text that one language lacks does not type-check.
Names of policies, quotes and labels are never translated; they come from the documents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from documents.types import DepartmentRole, Status
from qa.types import Language, Outcome


@dataclass(frozen=True, slots=True)
class Texts:
    """The page's texts in one language; ``{}`` in a text is filled with ``str.format``."""

    language: Language
    html_language: str
    title: str
    subtitle: str
    other_language: str
    log_out: str
    skip: str
    loading: str
    queued: str
    loading_status: str
    ready_status: str
    failed: str
    failed_status: str
    damaged: str
    damaged_status: str
    rebuild: str
    ask_rebuild: str
    rebuilding: str
    rebuilding_status: str
    not_rebuilt: str
    unreachable: str
    still_loading: str
    internal_error: str
    refused: str
    tab_ask: str
    tab_search: str
    tab_documents: str
    operator_view: str
    operator_hint: str
    filters: str
    filters_all: str
    filters_clear: str
    filters_remove: str
    filters_named: Mapping[str, str]
    filter_any: str
    region_placeholder: str
    region_kept: str
    from_day: str
    to_day: str
    as_of: str
    filtered_by: str
    calls: str
    share: str
    shared: str
    print_answer: str
    previous_citation: str
    next_citation: str
    pane_empty: str
    why: str
    why_nothing: str
    why_detail: str
    why_head: tuple[str, ...]
    why_cited: str
    matched_none: str
    index_built: str
    issued_by: str
    useful: str
    not_useful: str
    judge_thanks: str
    judge_failed: str
    judge_which: str
    reasons: Mapping[str, str]
    judge_clause: str
    judge_no_clause: str
    judge_comment: str
    judge_send: str
    judge_cancel: str
    sort: str
    sort_relevance: str
    sort_date: str
    ask_label: str
    ask_placeholder: str
    ask_button: str
    new_conversation: str
    welcome: str
    welcome_detail: str
    examples_label: str
    examples: tuple[str, ...]
    example_matter: str
    example_validity: str
    searching: str
    you_asked: str
    understood_as: str
    also_searched: str
    outcomes: Mapping[Outcome, str]
    outcome_label: str
    sources: str
    more_sources: str
    open_source: str
    open_citation: str
    copy: str
    copy_reply: str
    copied: str
    copy_failed: str
    original_prevails: str
    statuses: Mapping[Status, str]
    roles: Mapping[DepartmentRole, str]
    search_label: str
    search_placeholder: str
    search_button: str
    search_hint: str
    search_count: str
    search_nothing: str
    documents_none: str
    region: str
    details: str
    outline: str
    close: str
    standalone: str
    back: str
    pane_label: str
    pane_loading: str
    pane_error: str
    not_found: str
    moved: str
    defects_count: str
    defect: str
    defect_kinds: Mapping[str, str]
    front: str
    closing: str
    expires_suffix: str


CHINESE = Texts(
    language="zh",
    html_language="zh-CN",
    title="政策问答",
    subtitle="逐条引用政策原文，一键核对出处",
    other_language="English",
    log_out="退出登录",
    skip="跳到提问框",
    loading="正在加载模型和索引，首次启动需要一两分钟。现在就可以提问，加载完成后自动作答。",
    queued="提问的人较多，前面还有 {} 个问题，轮到后自动作答。",
    loading_status="正在加载模型…",
    ready_status="{} 份文件可查",
    failed="未能加载模型或索引，暂时无法作答。原因：{}",
    failed_status="加载失败",
    damaged="索引已损坏，或由其他版本建立，部分或全部问题暂时无法作答。文档本身不受影响，可以从原文重建索引。",
    damaged_status="索引无法使用",
    rebuild="重建索引",
    ask_rebuild="请联系维护文档库的人员重建。",
    rebuilding="索引无法使用，正在从原文重建，完成后即可提问。文档较多时需要几分钟。",
    rebuilding_status="正在重建索引…",
    not_rebuilt="未能重建索引：{}",
    unreachable="与服务的连接已中断",
    still_loading="模型仍在加载，请稍后再问。",
    internal_error="处理时出错，请重试；若仍出错，请把编号 {} 告知管理员。",
    refused="无法处理这个问题：{}",
    tab_ask="问答",
    tab_search="检索",
    tab_documents="文档",
    operator_view="话务台",
    operator_hint="F2 提问　F8 复制读稿　F9 打印　Alt+↑↓ 换依据",
    filters="筛选",
    filters_all="全部文件",
    filters_clear="清除筛选",
    filters_remove="去掉筛选条件：{}",
    filters_named={
        "region": "地区",
        "authority": "发文机关",
        "kind": "文件类型",
        "status": "时效",
        "document": "文件",
        "from": "成文不早于",
        "to": "成文不晚于",
        "as_of": "效力截至",
    },
    filter_any="不限",
    region_placeholder="如 长春市",
    region_kept="含上级地区和国家的文件；本机会记住所选地区。",
    from_day="成文日期从",
    to_day="到",
    as_of="按哪一天的效力",
    filtered_by="筛选：{}",
    calls="最近提问",
    share="复制链接",
    shared="链接已复制",
    print_answer="打印",
    previous_citation="上一条依据（Alt+↑）",
    next_citation="下一条依据（Alt+↓）",
    pane_empty="点开任一条依据，原文在这里打开，并标出所引的文字。",
    why="为什么是这些条款",
    why_nothing="检索到了哪些条款",
    why_detail=(
        "按词检索与按意思检索各自排名，再合并；“—”表示该方法的前列没有它。命中词是问题与条款共有的词。"
    ),
    why_head=("序", "条款", "按词", "按意思", "命中词"),
    why_cited="已引用",
    matched_none="无相同的词",
    index_built="索引更新于 {}",
    issued_by="发文机关：{}",
    useful="有用",
    not_useful="有问题",
    judge_thanks="已记录，谢谢。",
    judge_failed="未能保存，请重试；若仍出错，请告知管理员。",
    judge_which="哪里有问题？",
    reasons={
        "wrong_clause": "条款不对",
        "incomplete": "不完整",
        "outdated": "已过时",
        "should_refuse": "本应答“未检索到依据”",
    },
    judge_clause="正确的条款（可选）",
    judge_no_clause="不确定",
    judge_comment="补充说明（可选）",
    judge_send="提交",
    judge_cancel="取消",
    sort="排序",
    sort_relevance="按相关程度",
    sort_date="按成文日期（新的在前）",
    ask_label="问题",
    ask_placeholder="输入问题，回车发送",
    ask_button="提问",
    new_conversation="新对话",
    welcome="想查哪条政策？",
    welcome_detail="答案只引用库中文件的原文，逐条标明文件、文号和条款；查不到依据时会直说。",
    examples_label="例如",
    examples=(
        "充电站建设有什么支持？",
        "先进制造业集群由哪些部门负责？",
        "首台套奖补最高多少钱？",
        "行动方案的有效期到什么时候？",
    ),
    example_matter="{}有哪些规定？",
    example_validity="{}的有效期到什么时候？",
    searching="正在检索…",
    you_asked="您问",
    understood_as="按此理解：{}",
    also_searched="同时检索：{}",
    outcomes={"answered": "有依据", "partial": "部分有依据", "no_basis": "未检索到依据"},
    outcome_label="结果",
    sources="依据",
    more_sources="其余 {} 条依据",
    open_source="查看原文",
    open_citation="查看第 {} 条依据的原文",
    copy="复制全文",
    copy_reply="复制读稿",
    copied="已复制",
    copy_failed="未能复制，请手动选取",
    original_prevails="以上内容以原文为准。",
    statuses={
        "not_yet": "尚未施行",
        "in_force": "现行有效",
        "expiring": "即将到期",
        "expired": "已过有效期",
        "repealed": "已废止",
        "unknown": "效力待核",
    },
    roles={"lead": "牵头", "support": "配合", "responsible": "责任单位"},
    search_label="检索词",
    search_placeholder="输入词语或问题",
    search_button="检索",
    search_hint="只列条款，不作答复；按相关程度排列。",
    search_count="{} 条条款，按相关程度排列",
    search_nothing="没有找到相关条款。",
    documents_none="库中还没有文件。",
    region="地区",
    details="文件信息",
    outline="条款目录",
    close="关闭",
    standalone="单独打开",
    back="返回问答",
    pane_label="原文",
    pane_loading="正在打开原文…",
    pane_error="原文未能打开，请重试。",
    not_found="库中没有这份文件，可能已被删除。",
    moved="这份文件在作答之后已被更换，引用的原文不在原处。请重新提问。",
    defects_count="原文有 {} 处缺损，已在文中用虚线标出，未作修补。",
    defect="原文缺损：{}",
    defect_kinds={
        "missing_number": "数字缺失",
        "lost_character": "字符缺失",
        "mojibake": "乱码",
        "ocr_doubt": "扫描件识别存疑",
        "entity": "字符未还原",
        "truncated": "文末缺失",
        "lost_table": "表格或附件缺失",
    },
    front="前言",
    closing="结尾",
    expires_suffix="有效期至 {}",
)

ENGLISH = Texts(
    language="en",
    html_language="en",
    title="Policy Q&A",
    subtitle="Verbatim clauses, each one click from its source",
    other_language="中文",
    log_out="Log out",
    skip="Skip to the question box",
    loading=(
        "Loading the model and the index; the first start takes a minute or two. "
        "You can ask now: the answer comes as soon as they are loaded."
    ),
    queued="Many are asking: {} questions come first, then yours is answered.",
    loading_status="Loading the model…",
    ready_status="Documents: {}",
    failed="The model or the index could not be loaded, so nothing can be answered. Reason: {}",
    failed_status="Loading failed",
    damaged=(
        "The index is damaged, or was made by another version: some questions, or all, cannot be answered. "
        "The documents themselves are unaffected, and the index can be rebuilt from them."
    ),
    damaged_status="Index unusable",
    rebuild="Rebuild the index",
    ask_rebuild="Please ask whoever keeps the library to rebuild it.",
    rebuilding=(
        "The index cannot be used and is being rebuilt from the originals. You can ask again when it is done; "
        "a large library takes some minutes."
    ),
    rebuilding_status="Rebuilding the index…",
    not_rebuilt="The index could not be rebuilt: {}",
    unreachable="Connection to the server lost",
    still_loading="The model is still loading. Please ask again in a moment.",
    internal_error=(
        "Something went wrong. Please try again; if it persists, tell your administrator the number {}."
    ),
    refused="This question cannot be processed: {}",
    tab_ask="Ask",
    tab_search="Search",
    tab_documents="Documents",
    operator_view="Operator",
    operator_hint="F2 ask · F8 copy reply · F9 print · Alt+↑↓ sources",
    filters="Filters",
    filters_all="all documents",
    filters_clear="Clear filters",
    filters_remove="Remove filter: {}",
    filters_named={
        "region": "Place",
        "authority": "Issued by",
        "kind": "Kind",
        "status": "Status",
        "document": "Document",
        "from": "Not before",
        "to": "Not after",
        "as_of": "Validity on",
    },
    filter_any="Any",
    region_placeholder="full name in Chinese",
    region_kept="With documents of the levels above it. This browser remembers the place.",
    from_day="Issued from",
    to_day="to",
    as_of="Validity on",
    filtered_by="Filters: {}",
    calls="Recent questions",
    share="Copy link",
    shared="Link copied",
    print_answer="Print",
    previous_citation="Previous source (Alt+↑)",
    next_citation="Next source (Alt+↓)",
    pane_empty="Open any source: the document appears here with the quoted words marked.",
    why="Why these clauses",
    why_nothing="What was found",
    why_detail=(
        "Clauses are ranked by words and by meaning, and the two rankings are merged; “—” means "
        "not among the first of that ranking. Matched words stand in both question and clause."
    ),
    why_head=("No.", "Clause", "By words", "By meaning", "Matched words"),
    why_cited="cited",
    matched_none="no word in common",
    index_built="Index of {}",
    issued_by="Issued by: {}",
    useful="Helpful",
    not_useful="Problem",
    judge_thanks="Recorded. Thank you.",
    judge_failed="Could not be saved. Please try again; if it persists, tell your administrator.",
    judge_which="What is wrong?",
    reasons={
        "wrong_clause": "Wrong clause",
        "incomplete": "Incomplete",
        "outdated": "Outdated",
        "should_refuse": "Should have said “no basis”",
    },
    judge_clause="The right clause (optional)",
    judge_no_clause="Not sure",
    judge_comment="Comment (optional)",
    judge_send="Send",
    judge_cancel="Cancel",
    sort="Sort",
    sort_relevance="By relevance",
    sort_date="By date, newest first",
    ask_label="Question",
    ask_placeholder="Ask in English or Chinese",
    ask_button="Ask",
    new_conversation="New conversation",
    welcome="Which policy are you looking for?",
    welcome_detail=(
        "Answers quote the documents of this library word for word, with document, number and "
        "clause. Where nothing supports an answer, you are told so. The documents are in Chinese."
    ),
    examples_label="For example",
    examples=(
        "What support exists for charging stations?",
        "Who coordinates advanced manufacturing clusters?",
        "How much is the bonus for first-of-a-kind equipment?",
        "Until when is the action plan valid?",
    ),
    example_matter="What is laid down on {}?",
    example_validity="Until when is {} valid?",
    searching="Searching…",
    you_asked="You asked",
    understood_as="Understood as: {}",
    also_searched="Also searched: {}",
    outcomes={"answered": "Supported", "partial": "Partly supported", "no_basis": "No basis found"},
    outcome_label="Outcome",
    sources="Sources",
    more_sources="More sources: {}",
    open_source="View in the document",
    open_citation="View source {} in the document",
    copy="Copy answer",
    copy_reply="Copy reply",
    copied="Copied",
    copy_failed="Could not copy; please select the text",
    original_prevails="The original Chinese text prevails (以原文为准).",
    statuses={
        "not_yet": "Not yet in force",
        "in_force": "In force",
        "expiring": "Expiring soon",
        "expired": "Expired",
        "repealed": "Repealed",
        "unknown": "Validity unknown",
    },
    roles={"lead": "Lead", "support": "Support", "responsible": "Responsible"},
    search_label="Search terms",
    search_placeholder="Words or a question",
    search_button="Search",
    search_hint="Lists clauses by relevance, without an answer.",
    search_count="Clauses by relevance: {}",
    search_nothing="No clause was found.",
    documents_none="The library is empty.",
    region="Region",
    details="About this document",
    outline="Clauses",
    close="Close",
    standalone="Open separately",
    back="Back to questions",
    pane_label="Source document",
    pane_loading="Opening the document…",
    pane_error="The document could not be opened. Please try again.",
    not_found="There is no such document in the library; it may have been removed.",
    moved="This document was replaced after the answer was given, and the quote is not where it was. "
    "Ask again.",
    defects_count="Damaged places in the source, underlined with dots and not repaired: {}",
    defect="Damaged in the source: {}",
    defect_kinds={
        "missing_number": "a number is missing",
        "lost_character": "a character is missing",
        "mojibake": "garbled characters",
        "ocr_doubt": "read from a scan with little confidence",
        "entity": "a character left as its code",
        "truncated": "the end is missing",
        "lost_table": "a table or an annex is missing",
    },
    front="Preamble",
    closing="Closing",
    expires_suffix="valid until {}",
)

TEXTS: Mapping[Language, Texts] = {"zh": CHINESE, "en": ENGLISH}


def choose_language(accept_language: str | None) -> Language:
    """Return the language for a browser's Accept-Language: its first choice decides.

    Without the header (scripts, curl) the page is Chinese.
    """
    if not accept_language or not accept_language.strip():
        return "zh"
    ranked = []
    for position, part in enumerate(accept_language.split(",")):
        tag, _, parameters = part.strip().partition(";")
        quality = parameters.strip().removeprefix("q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            weight = 0.0
        ranked.append((-weight, position, tag.strip().lower()))
    first = min(ranked)[2]
    return "zh" if first == "*" or first.split("-")[0] in ("zh", "yue", "cmn") else "en"


def format_date(day: date, language: Language) -> str:
    """Return a day as the language writes it: 2024年5月22日, or 22 May 2024."""
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    month = "JanFebMarAprMayJunJulAugSepOctNovDec"[3 * day.month - 3 : 3 * day.month]
    return f"{day.day} {month} {day.year}"


def choose_line(message: str, language: Language) -> str:
    """Return the line of a message in the language: errors say it in Chinese, then in English."""
    lines = message.strip().splitlines()
    return lines[0 if language == "zh" else -1] if lines else message

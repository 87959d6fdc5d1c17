"""What a document says of itself: title, 文号, authorities, region, kind, dates, relations.

Read from the front matter (title lines, index table, labelled lines), the closing (signature, date,
有效期, 废止) and the 《…》 of the text. What the text does not say stays unknown.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from documents.normalization import match_form
from documents.numbering import read_marker, read_number
from documents.regions import find_region
from documents.types import Level, Metadata, Reference

# The last word of a title; the longest that fits counts (指导意见, not 意见).
KINDS = (
    "指导意见 实施意见 若干意见 意见 行动方案 实施方案 工作方案 总体方案 试点方案 专项方案 方案 行动计划 "
    "三年行动计划 工作计划 发展规划 专项规划 规划纲要 规划 计划 纲要 管理办法 实施办法 暂行办法 试行办法 办法 "
    "实施细则 管理细则 细则 暂行规定 若干规定 规定 暂行条例 实施条例 条例 若干措施 政策措施 措施 若干政策 政策 "
    "通知 通告 公告 公报 通报 决定 决议 命令 令 批复 复函 函 答复 报告 议案 纪要 规则 准则 规范 标准 指南 "
    "工作要点 要点 指引 规程 导则 须知 守则 问答 起草说明 编制说明 白皮书 "
    "目录 清单 章程 应急预案 预案 倡议书 政策解读 解读 法典 法 解释"
).split()
_KINDS = frozenset(KINDS)
_KIND_LENGTHS = sorted(set(map(len, KINDS)), reverse=True)
_CHINESE_NUMBER = r"[\u4e00-\u9fff]{1,12}"
_NUMBER = re.compile(
    rf"(?P<agency>{_CHINESE_NUMBER})\s*[〔\[（(【［]\s*(?P<year>\d{{0,4}})\s*[〕\])）】］]\s*(?:第\s*)?(?P<serial>\d{{1,5}})\s*号"
    r"|(?:中华人民共和国)?[\u4e00-\u9fff]{2,20}令\s*第?\s*\d{1,4}\s*号"
)
# 索引号：…, also spaced out (索 引 号：) or with its value in the next cell; a line may hold several.
_SPACE = r"[^\S\t\n]"
_NEXT_LABEL = r"[\u4e00-\u9fff]{2,6}[:：]"
_LABEL = re.compile(
    rf"(?P<label>[\u4e00-\u9fff]{{2,6}}|[\u4e00-\u9fff](?:{_SPACE}{{1,6}}[\u4e00-\u9fff]){{1,5}})"
    rf"{_SPACE}*[:：]{_SPACE}*(?:\t(?!{_NEXT_LABEL}))?"
    rf"(?P<value>[^\t\n]*?)(?=\s{{1,8}}{_NEXT_LABEL}|\t|\n|$)"
)
# The words for one fact, the usual one first.
_FACTS = {
    "title": ("标题", "名称", "文件名称", "信息名称"),
    "number": ("发文字号", "文号", "发文文号", "文件编号"),
    "authority": (
        "发文机关",
        "发布机构",
        "制定机关",
        "发文单位",
        "发文机构",
        "发布机关",
        "制发机关",
    ),
    "written": ("成文日期", "发文日期", "印发日期", "生成日期", "制发日期"),
    "published": ("发布日期", "发布时间", "公布日期", "公开日期"),
    "effective": ("施行日期", "生效日期", "实施日期"),
}
_FACT_NAMES = frozenset(word for words in _FACTS.values() for word in words)
_DATE = re.compile(
    r"(?P<y>[12]\d{3}|[〇○零一二三四五六七八九]{4})\s*(?:年|[-./])\s*"
    r"(?P<m>\d{1,2}|[一二三四五六七八九十]{1,2})\s*(?:月|[-./])\s*"
    r"(?P<d>\d{1,2}|[一二三四五六七八九十]{1,3})\s*日?"
)
_BOOK = re.compile(r"《(?P<title>[^《》\n]{2,100}(?:《[^《》\n]{2,80}》[^《》\n]{0,40})?)》")
# A name that the text gives a document for itself: 以下简称《方案》.
_SHORT_NAME = re.compile(r"[称稱][^（）()《》]{0,3}《([^《》]+)》")
_TRANSMITS = re.compile(r"(?:印发|转发|批转|公布|发布|颁布)")
_OFFICES = r"[\u4e00-\u9fff]{2,24}?(?:人民政府办公厅|人民政府办公室|人民政府|办公厅|办公室|委员会|委|厅|局|部|院|署|会)"
_TITLE_AUTHORITY = re.compile(rf"^(?P<names>(?:{_OFFICES}[、\s]+)*{_OFFICES})\s*关于")
_SIGNATURE = re.compile(rf"^{_OFFICES}(?:[\s、]+{_OFFICES})*$")
_NATIONAL = re.compile(
    r"^(?:中共中央|国务院|全国|中华人民共和国|国家|最高人民|中央"
    r"|(?:外交|国防|教育|科技|科学技术|工业和信息化|公安|民政|司法|财政|人力资源和?社会保障|自然资源|生态环境"
    r"|住房和?城乡建设|交通运输|水利|农业农村|商务|文化和旅游|退役军人事务|应急管理)部)"
)
_SIGNED_ON_ONE_LINE = re.compile(
    rf"(?<=\S)[ \t\u3000]+(?={_DATE.pattern}[ \t\u3000]*$)", re.MULTILINE
)
# A line of a table of contents: 1 总则, 1.1 编制目的.
_LISTED = re.compile(
    r"\d{1,3}(?:[.．]\d{1,3})*[.．]?[\s\u3000]|\d{1,3}[.．]\d{1,3}\D|\d{1,2}[.．、]\D"
)
_SENTENCE_END = re.compile(r"[。；]|[:：]$")
_MAX_TITLE_LINES = 4


@dataclass(frozen=True, slots=True)
class Title:
    """``spaced`` is the title as its lines have it, where a space parts two authorities.

    ``line`` is the index of its last line, ``first`` that of its first.
    """

    text: str
    spaced: str
    number: str | None
    line: int
    first: int


def read_metadata(front: str, body: str, closing: str) -> Metadata:
    """Return the metadata of a document given its clean text in three parts."""
    lines = [line.strip() for line in front.split("\n")]
    closing = _SIGNED_ON_ONE_LINE.sub("\n", closing)
    facts = _read_facts(lines)
    titles = find_titles([facts.get("title", ""), "", *lines])
    title, notice = _choose_title(titles, facts.get("title"))
    number = _find_number(lines, titles, facts)
    authorities = _find_authorities(title, notice, lines, closing, facts)
    region, level = _find_region(authorities, title)
    written = _date(facts.get("written")) or _signed_date(closing) or _signed_date(front)
    published = _date(facts.get("published"))
    effective, expires = _find_validity(front, body, closing, facts, written or published)
    relations = _find_relations(f"{front}\n{body}\n{closing}", title, notice)
    return Metadata(
        title=title.text if title else None,
        notice=notice.text if notice else None,
        number=number,
        authorities=authorities,
        region=region,
        level=level,
        kind=read_kind(title.text) if title else None,
        written=written,
        published=published,
        effective=effective,
        expires=expires,
        **relations,
    )


# --- labelled facts -------------------------------------------------------------------------------


def _read_facts(lines: list[str]) -> dict[str, str]:
    """What the lines say of the document behind labels (标题：…) or in the cells beside them."""
    found: dict[str, str] = {}
    for line in lines:
        for label, value in (*_labelled(line), *_beside(line)):
            if value.strip():
                found.setdefault("".join(label.split()), value.strip())
    named = {
        fact: [found[word] for word in words if word in found] for fact, words in _FACTS.items()
    }
    return {fact: values[0] for fact, values in named.items() if values}


def _labelled(line: str) -> Iterator[tuple[str, str]]:
    return ((match["label"], match["value"]) for match in _LABEL.finditer(line))


def _beside(line: str) -> Iterator[tuple[str, str]]:
    """Each cell of a row that is a label without a colon, with the next one."""
    cells = pairwise(line.split("\t"))
    return ((a, b) for a, b in cells if _is_label(a) and not _is_label(b))


def _is_label(cell: str) -> bool:
    return "".join(cell.split()) in _FACT_NAMES


# --- title, kind, 文号 ----------------------------------------------------------------------------


def read_kind(title: str) -> str | None:
    """Return the type of document that a title ends with, simplified (行动方案), or None."""
    words = re.sub(r"[（(][^（）()]*[)）]$", "", match_form(title)).rstrip("》")
    found = next((words[-n:] for n in _KIND_LENGTHS if words[-n:] in _KINDS), None)
    return "解读" if found == "政策解读" else found


def display_title(title: str) -> str:
    """Return a title in 《》, once."""
    return title if title.startswith("《") else f"《{title}》"


def _choose_title(titles: list[Title], stated: str | None) -> tuple[Title | None, Title | None]:
    """Return the act's title and that of the notice which transmits it, if it is another.

    ``stated`` is the title that the index table gives the document: its first in ``titles``. Without
    one, the last title is the act's, because what a page or a notice says stands above it.
    """
    if not titles:
        return None, None
    first, *others = titles
    if stated and first.text == re.sub(r"\s+", "", stated) and not _is_notice(first.text):
        return first, next((t for t in others if _is_notice(t.text) and first.text in t.text), None)
    return titles[-1], next((t for t in titles[:-1] if _is_notice(t.text)), None)


def find_titles(lines: list[str]) -> list[Title]:
    """Titles of the front matter in order, each joined from its lines, none twice."""
    found: list[Title] = []
    for i, line in enumerate(lines):
        number, words = _split_number(line)
        if not words or not _could_be_title(line) or read_kind(words) is None:
            continue
        parts = [words]
        first = i
        for j in reversed(range(i)):
            above = lines[j]
            if not above and _goes_on_above(lines[:j], parts[0]):
                continue  # large type is set wide, which looks like a blank line
            before, rest = _split_number(above)
            if not _could_be_title(above) or before or read_kind(rest):
                break
            if not _belongs_above(above, parts[0]):
                break
            parts.insert(0, above)
            first = j
        text = re.sub(r"\s+", "", "".join(parts))
        if text.startswith("《") and text.endswith("》") and text.count("《") == 1:
            text = text[1:-1]
        if all(text != title.text for title in found):
            found.append(Title(text, " ".join(parts), number, i, first))
    return found


def _goes_on_above(lines: list[str], below: str) -> bool:
    """Whether ``lines`` end with the first part of the title that goes on ``below``.

    It begins with an authority or with 关于, and no line of it has a kind yet.
    """
    about = ("关于", "關於")
    for line in [line for line in lines if line][: -_MAX_TITLE_LINES - 1 : -1]:
        if not _could_be_title(line) or read_kind(line):
            return False
        if _TITLE_AUTHORITY.match(line) or line.startswith(about):
            return True
        if _SIGNATURE.match(line):
            return below.startswith(about)
    return False


def _belongs_above(line: str, below: str) -> bool:
    """Whether ``line`` begins the title that goes on ``below``.

    A line of nothing but offices is a signature, unless a title goes on with 关于 below it.
    """
    if _SIGNATURE.match(below):
        return _SIGNATURE.match(line) is not None
    return _SIGNATURE.match(line) is None or below.startswith(("关于", "關於"))


def _could_be_title(line: str) -> bool:
    return (
        bool(line)
        and "\t" not in line
        and len(line) <= 100
        and not _SENTENCE_END.search(line)
        and not _LABEL.match(line)
        and not _LISTED.match(line)
        and read_marker(line, 0) is None
        and "".join(line.split()) not in ("目录", "目錄", "目次")
        and not _DATE.fullmatch(line)
        and not re.match(r"^[（(].*[)）]$", line)
        and not re.search(r"[，,].*[，,]", line)
    )


def _split_number(line: str) -> tuple[str | None, str]:
    """Split a 文号 that is glued before a title, or stands alone, from the rest of its line."""
    match = _NUMBER.match(line)
    if not match:
        return None, line
    return re.sub(r"\s+", "", match[0]), line[match.end() :].strip()


def _is_notice(title: str) -> bool:
    return read_kind(title) in {"通知", "函", "公告", "令", "决定"} and bool(
        _TRANSMITS.search(match_form(title))
    )


def _find_number(lines: list[str], titles: list[Title], facts: dict[str, str]) -> str | None:
    """The document's own 文号: on a line of its own, glued to its title, or from the index table.

    The text's own spelling wins over the table's, which often has round brackets.
    """
    for line in lines:
        number, rest = _split_number(line)
        if number and not rest:
            return number
    for title in titles:
        if title.number:
            return title.number
    labelled = facts.get("number")
    return re.sub(r"\s+", "", labelled) if labelled else None


# --- authorities, region --------------------------------------------------------------------------


def _find_authorities(
    title: Title | None,
    notice: Title | None,
    lines: list[str],
    closing: str,
    facts: dict[str, str],
) -> tuple[str, ...]:
    named = facts.get("authority")
    if named:
        return tuple(re.split(r"[、,，;；\s]+", named))
    for source in (notice, title):
        spellings = (source.spaced, source.text) if source else ()
        match = next(filter(None, map(_TITLE_AUTHORITY.match, spellings)), None)
        if match:
            return tuple(re.split(r"[、\s]+", match["names"]))
    signed = [line.strip() for line in closing.split("\n") if _SIGNATURE.match(line.strip())]
    if signed:
        return tuple(name for line in signed for name in re.split(r"[、\s]+", line))
    return _issued_in_news(title, lines)


def _issued_in_news(title: Title | None, lines: list[str]) -> tuple[str, ...]:
    """The body that a sentence of the front says issued exactly this document."""
    if title is None:
        return ()
    act = match_form(title.text)
    for line in map(match_form, lines):
        match = re.search(
            rf"(?:^|[,，。日])(?P<name>{_OFFICES})(?:正式)?(?:关于)?(?:印发|发布|出台)(?:了)?《(?P<title>[^《》]+)》",
            line,
        )
        if match and act.endswith(match["title"]):
            return (match["name"],)
    return ()


def _find_region(
    authorities: tuple[str, ...], title: Title | None
) -> tuple[str | None, Level | None]:
    for name in (*authorities, *([title.text.lstrip("《")] if title else [])):
        words = match_form(name)
        region = find_region(words)
        if region:
            return region.name, region.level
        if _NATIONAL.match(words):
            return None, "国家"
    return None, None


# --- dates ----------------------------------------------------------------------------------------


def _date(text: str | None) -> date | None:
    match = _DATE.search(text) if text else None
    if not match:
        return None
    year, month, day = (read_number(match[part]) for part in "ymd")
    try:
        return date(year or 0, month or 0, day or 0)
    except ValueError:
        return None


def _signed_date(text: str) -> date | None:
    """The last line that is nothing but a date."""
    lines = (line.strip() for line in reversed(text.split("\n")))
    return next((_date(line) for line in lines if _DATE.fullmatch(line)), None)


# What a document says of its own validity names it (本办法自…起施行) or stands in its closing.
_OWN = re.compile(
    r"本(?:行动|实施|工作|若干|暂行|管理)?(?:方案|意见|办法|通知|规定|细则|措施|规划|计划|条例|政策|决定|纲要|指南|公告|通告"
    r"|标准|目录|规则|法|文件)"
)
_STARTS = r"起(?:正式)?(?:施行|执行|实施|生效)"


# A term is the document's own behind its name, behind its beginning, or where a sentence begins.
_TERM_BEFORE = re.compile(
    rf"(?:^|[。；]|{_OWN.pattern}的?|(?:施行|执行|实施|生效|之日起)[，,、]?(?:试行[，,])?)$"
)
_TERM = re.compile(
    rf"有效期(?:限)?(?:(?:至|到|截至|截止到?)(?P<date>{_DATE.pattern})|[为是]?(?P<n>\d{{1,2}}|[一二三四五六七八九十两]{{1,2}})年)"
)
_DAYS_LATER = r"自(?:印发|发布|公布|颁布)之日起(?P<n>\d{1,3}|[一二三四五六七八九十]{1,4})[个]?日后"


def _find_validity(
    front: str, body: str, closing: str, facts: dict[str, str], issued: date | None
) -> tuple[date | None, date | None]:
    """Return (effective, expires) as the text states them; years run from the day it begins.

    The act itself is asked first, then the notice or decree above it (现予公布，自…起施行).
    """
    own = "。".join([*_own_sentences(body), *_sentences(closing)])
    effective = _date(facts.get("effective"))
    for text in (own, "。".join(_sentences(front))):
        effective = effective or _find_start(text, issued)
    ends = re.search(rf"(?:施行|执行|实施|生效)[，,]?至(?P<date>{_DATE.pattern})止", own)
    if ends:
        return effective, _date(ends["date"])
    term = next((m for m in _TERM.finditer(own) if _TERM_BEFORE.search(own[: m.start()])), None)
    if term is None or term["date"]:
        return effective, _date(term["date"]) if term else None
    first = effective or issued
    n = read_number(term["n"])
    return effective, _add_years(first, n) if first and n else None


def _find_start(text: str, issued: date | None) -> date | None:
    start = re.search(rf"自(?P<date>{_DATE.pattern}){_STARTS}", text)
    if start:
        return _date(start["date"])
    later = re.search(rf"{_DAYS_LATER}(?:正式)?(?:施行|执行|实施|生效)", text)
    if later:
        days = read_number(later["n"])
        return issued + timedelta(days=days) if issued and days else None
    if re.search(rf"自(?:印发|发布|公布|颁布)之日{_STARTS}", text):
        return issued
    return None


def _own_sentences(text: str) -> Iterator[str]:
    """Yield the sentences that name the document itself, with a 有效期 right behind."""
    own = False
    for sentence in _sentences(text):
        own = _OWN.search(sentence) is not None or (own and sentence.startswith("有效期"))
        if own:
            yield sentence


def _sentences(text: str) -> list[str]:
    return re.split(r"[。；\n]", re.sub(r"[ \t\u00a0\u3000]", "", text))


def _add_years(day: date, years: int) -> date | None:
    year = day.year + years
    if year > date.max.year:
        return None
    return day.replace(year=year, day=min(day.day, calendar.monthrange(year, day.month)[1]))


# --- relations ------------------------------------------------------------------------------------


def _find_relations(
    text: str, title: Title | None, notice: Title | None
) -> dict[str, tuple[Reference, ...]]:
    """Sort the 《…》 of the text by what the words around them say the document does to them."""
    own = [match_form(t.text) for t in (title, notice) if t]
    short = set(_SHORT_NAME.findall(text))
    explained = _explained(title)
    groups: dict[str, dict[str, Reference]] = {
        name: {} for name in ("repeals", "amends", "implements", "explains", "cites")
    }
    for match in _BOOK.finditer(text):
        words = match_form(match["title"])
        number = _number_behind(text, match.end())
        if explained and match_form(explained) == words:
            group = "explains"
        elif any(name.endswith(words) for name in own) or match["title"] in short:
            continue
        else:
            group = _relation(text, match)
        known = groups[group].get(words)
        if known is None or (known.number is None and number):
            groups[group][words] = Reference(re.sub(r"\s+", "", match["title"]), number)
    for words in [
        w for name in ("repeals", "amends", "implements", "explains") for w in groups[name]
    ]:
        groups["cites"].pop(words, None)
    return {name: tuple(references.values()) for name, references in groups.items()}


def _explained(title: Title | None) -> str | None:
    """What an explanation explains: the 《…》 of its own title."""
    if title is None or read_kind(title.text) != "解读":
        return None
    match = _BOOK.search(title.text)
    return match["title"] if match else None


def _number_behind(text: str, end: int) -> str | None:
    match = re.match(r"\s*[（(]\s*", text[end : end + 6])
    found = _NUMBER.match(text, end + match.end()) if match else None
    return re.sub(r"\s+", "", found[0]) if found else None


def _relation(text: str, match: re.Match[str]) -> str:
    before = match_form(text[max(0, match.start() - 40) : match.start()])
    before = re.split(r"[。;]", before)[-1]
    behind = match_form(text[match.end() : match.end() + 60])
    behind = re.split(r"[。;]", behind)[0]
    if re.search(r"(?:废止|失效|停止执行)(?!的)", behind) or re.search(
        r"(?<!不得)(?<!不)(?:废止|取代|代替)[^,，]{0,6}$", before
    ):
        return "repeals"
    if re.search(r"(?:修改|修订|修正)[^,，]{0,6}$", before):
        return "amends"
    if re.search(r"(?:贯彻|落实|执行|实施|根据|依据|按照)[^,，。]{0,24}$", before):
        return "implements" if re.search(r"(?:贯彻|落实|实施)", before) else "cites"
    return "cites"

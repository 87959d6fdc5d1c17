"""A small library of varied fields, and what the forms of answer make of a question about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache

from documents.parsing import parse_text
from index.hybrid import HybridIndex
from index.types import Index
from qa.drafts import Draft
from qa.question import Question, understand
from tests.conftest import FakeEncoder

DAY = date(2026, 3, 1)
Form = Callable[[Question, Index, date], Draft | None]

TEXTS = {
    "meals": """湖州市人民政府办公室关于印发湖州市老年助餐服务管理办法的通知
湖政办发〔2024〕18号
各区县人民政府，市直各部门：
《湖州市老年助餐服务管理办法》已经市政府同意，现印发给你们，请认真贯彻执行。
湖州市人民政府办公室
2024年6月3日
湖州市老年助餐服务管理办法
第一章 总则
第一条 为规范老年助餐服务，根据《浙江省养老服务条例》，制定本办法。
第二条 本办法所称老年助餐服务，是指向六十周岁以上老年人提供的就餐、送餐服务。
第二章 管理
第三条 市民政局负责助餐服务的统筹指导。（责任单位：市民政局，配合单位：市财政局）
第四条 助餐点每餐补贴3元，补贴申请每年11月30日截止。（市财政局牵头，市民政局配合）
第五条 助餐点应当公示菜品价格。
第三章 附则
第六条 本办法自2024年7月15日起施行，有效期至2027年7月14日。\
《湖州市老年助餐服务补贴暂行办法》（湖政办发〔2020〕7号）同时废止。
""",
    "greenhouse": """山东省农业农村厅关于支持设施蔬菜发展的实施意见
鲁农发〔2023〕5号
为加快设施蔬菜发展，现提出如下实施意见。
一、总体要求
到2025年，新建标准化大棚2万亩。
二、重点任务
（一）建设育苗中心。每县建设一个育苗中心。（牵头单位：省农业农村厅，责任单位：省财政厅、各市人民政府）
（二）推广水肥一体化。支持大棚安装水肥一体化设备。（省水利厅牵头）
三、保障措施
（一）加强资金支持。对新建大棚给予补助。（责任单位：省财政厅）
（二）强化技术服务。组织专家下乡指导。
山东省农业农村厅
2023年4月12日
""",
    "rent": """青岛市公共租赁住房管理规定
青政发〔2019〕3号
第一条 为了完善住房保障制度，制定本规定。
第二条 申请人应当具有本市户籍。
第三条 租金按季度缴纳。
第四条 本规定自2019年3月1日起施行，有效期5年。
青岛市人民政府
2019年1月20日
""",
    "toilets": """国家林草局关于推进国家公园游客设施建设的指导意见
林园发〔2025〕2号
各有关单位：
为改善游客体验，现提出如下意见。
一、完善步道系统
新建步道应当避开核心保护区。
二、改造公共厕所
到2027年完成改造。
国家林草局
2025年9月1日
""",
}


@cache
def build() -> HybridIndex:
    """Return the index of the texts above."""
    return HybridIndex.build([parse_text(text, id) for id, text in TEXTS.items()], FakeEncoder())


def read(text: str, index: Index | None = None) -> Question:
    """Return a question as the assistant reads it."""
    index = index or build()
    references = index.find_references(text)
    return understand(text, references=references, expansions=index.expansions(text))


def ask(form: Form, text: str, *, index: Index | None = None, day: date = DAY) -> Draft | None:
    """Return the draft of ``form`` for a question; its lines point to verbatim passages."""
    index = index or build()
    draft = form(read(text, index), index, day)
    if draft is not None:
        for line in draft.lines:
            assert bool(line.text) != line.quote
            assert not line.quote or len(line.passages) == 1
        assert {i for line in draft.lines for i in line.passages} == set(range(len(draft.passages)))
        for passage in draft.passages:
            assert passage.clause.start <= passage.start < passage.end <= passage.clause.end
            assert passage.quote == passage.quote.strip()
    return draft


def said(draft: Draft) -> str:
    """Return the lines of a draft as one text, quotes in “…”."""
    return "\n".join(
        f"“{draft.passages[line.passages[0]].quote}”" if line.quote else line.text
        for line in draft.lines
    )

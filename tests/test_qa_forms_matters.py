"""No form of answer from structure and metadata may catch a question about a matter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.forms import duties, library, lookup, outline, validity
from tests.forms_library import Form, ask

FORMS: dict[str, Form] = {
    "library": library.draft,
    "validity": validity.draft,
    "outline": outline.draft,
    "lookup": lookup.draft,
    "duties": duties.draft,
}
MATTERS = [
    # what a document says of dates, terms and ends of other things
    "补贴申请到什么时候截止",
    "湖州助餐办法的补贴申请什么时候截止",
    "湖州市老年助餐服务管理办法的补贴标准有效期多久",
    "居住证有效期几年",
    "营业执照过期了怎么办",
    "公租房合同到期了还能续吗",
    "大棚补助什么时候执行",
    "新建大棚到哪年要达到两万亩",
    "口头约定有效吗",
    "助餐点资格什么时候失效",
    "厕所改造什么时候实施",
    "老年证作废了怎么补",
    "管理办法里规定的有效期是多久",
    "How long is a residence permit valid?",
    "When does the subsidy for greenhouses expire?",
    # documents on a matter, and not documents of a place or a kind
    "有哪些关于充电桩的文件",
    "山东有哪些制造业政策",
    "有没有支持大棚的政策",
    "申请公租房需要哪些文件",
    "办理老年证要带什么材料",
    "工会的文件有哪些要求",
    "有什么办法可以便宜点",
    "有没有办法",
    "青岛有哪些住房补贴政策",
    "which documents mention greenhouses",
    "What policies support greenhouses in Shandong?",
    "list the conditions for public rental housing",
    # what a document says of something
    "湖州市老年助餐服务管理办法对菜品价格有什么规定",
    "山东设施蔬菜意见的总体要求是什么",
    "设施蔬菜主要有哪些支持内容",
    "助餐服务包括哪些内容",
    "国家公园步道讲了什么要求",
    "湖政办发〔2024〕18号对补贴怎么说",
    "What does the Shandong opinion say about greenhouses?",
    # a clause, and more
    "湖州市老年助餐服务管理办法第四条由谁负责",
    "青政发〔2019〕3号第三条租金多少",
    "湖州市老年助餐服务管理办法第四条的补贴标准合理吗",
    # who does something, or what a department does about one
    "助餐服务由谁负责",
    "省财政厅在大棚补助方面负责什么",
    "市民政局负责的助餐点在哪里",
    "物业公司负责什么",
    "企业应当承担哪些责任",
    "哪个部门负责水肥一体化",
    "省财政厅电话是多少",
    "Which department is responsible for greenhouses?",
    "What is the Department of Finance responsible for in greenhouse subsidies?",
    # nothing at all
    "你好",
    "今天天气怎么样",
    "写一首诗",
    "？",
]


@pytest.mark.parametrize("text", MATTERS)
def test_a_question_about_a_matter_is_left_to_the_search(text: str) -> None:
    assert {name: ask(form, text) for name, form in FORMS.items()} == dict.fromkeys(FORMS)


PIECES = st.sampled_from(
    "湖州 山东 2024年 那个 老年助餐 大棚 的 办法 意见 文件 还 有效 吗 第四条 省财政厅 负责 什么 哪些 全文 □ ， 有效期 "
    "2026年底 明年 到 〔2020〕7号 湖政办发 《 》 is still in force the department of finance outline".split()
)


@given(st.lists(PIECES, max_size=10).map("".join) | st.text(max_size=30))
def test_whatever_is_asked_every_quote_is_verbatim(text: str) -> None:
    for form in FORMS.values():
        ask(form, text)

"""Questions that are two questions, and questions that only look so."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa import parts
from qa.parts import split_question
from qa.turns import Turn, read_turn

# (question, its parts)
SEVERAL = [
    (
        "吉林打算建几个加氢的站？要是自己建充电站，地皮给不给安排？",
        ("吉林打算建几个加氢的站？", "吉林要是自己建充电站，地皮给不给安排？"),
    ),
    (
        "吉林新能源车那个方案管几年，具体办事的办公室设在哪个厅",
        ("吉林新能源车那个方案管几年", "吉林新能源车那个方案具体办事的办公室设在哪个厅"),
    ),
    (
        "重庆那个汽车零部件的方案谁起草的，主要发展哪几样",
        ("重庆那个汽车零部件的方案谁起草的", "重庆那个汽车零部件的方案主要发展哪几样"),
    ),
    (
        "南昌到2023年汽车产业收入要做到多大，市里出不出钱支持",
        ("南昌到2023年汽车产业收入要做到多大", "南昌汽车产业收入，市里出不出钱支持"),
    ),
    (
        "吉林的企业把首台套产品卖出去能奖几成？申请要交哪些材料？",
        (
            "吉林的企业把首台套产品卖出去能奖几成？",
            "吉林的企业把首台套产品卖出去，申请要交哪些材料？",
        ),
    ),
    (
        "拉货的电动车在吉林城里让不让跑？新换的公交得有多少是电的？",
        ("拉货的电动车在吉林城里让不让跑？", "吉林新换的公交得有多少是电的？"),
    ),
    (
        "同一个项目在吉林能不能领两份补助，新建核心零部件项目的钱从哪出",
        ("同一个项目在吉林能不能领两份补助", "吉林新建核心零部件项目的钱从哪出"),
    ),
    (
        "上海大学生租房补贴能领多少？杭州的呢？",
        ("上海大学生租房补贴能领多少？", "杭州大学生租房补贴能领多少？"),
    ),
    (
        "灵活就业人员怎么交医保？失业金一个月多少钱？",
        ("灵活就业人员怎么交医保？", "失业金一个月多少钱？"),
    ),
    (
        "成都买二套房首付几成，公积金最多能贷多少",
        ("成都买二套房首付几成", "成都公积金最多能贷多少"),
    ),
    (
        "农机购置补贴怎么申请？秸秆还田每亩补多少？",
        ("农机购置补贴怎么申请？", "秸秆还田每亩补多少？"),
    ),
    (
        "個體戶怎麼交社保？失業金一個月多少錢？",
        ("個體戶怎麼交社保？", "失業金一個月多少錢？"),
    ),
    (
        "孩子在苏州上小学怎么报名；外地户口要交什么材料",
        ("孩子在苏州上小学怎么报名", "苏州外地户口要交什么材料"),
    ),
    (
        "高新技术企业怎么认定？认定后所得税税率是多少？",
        ("高新技术企业怎么认定？", "认定后所得税税率是多少？"),
    ),
    (
        "合肥的人才公寓租金多少，共有产权房怎么申请",
        ("合肥的人才公寓租金多少", "合肥共有产权房怎么申请"),
    ),
    (
        "退休年龄是多少？另外高龄津贴怎么领？",
        ("退休年龄是多少？", "高龄津贴怎么领？"),
    ),
    (
        "安徽首台套奖励多少？首批次新材料呢？谁负责审核？",
        (
            "安徽首台套奖励多少？",
            "安徽首批次新材料奖励多少？",
            "安徽首批次新材料奖励谁负责审核？",
        ),
    ),
    (
        "我在长春开了个小厂，充电桩建设补多少钱？研发投入又有什么奖励？",
        ("我在长春开了个小厂，充电桩建设补多少钱？", "长春研发投入又有什么奖励？"),
    ),
    (
        "In Chongqing, how many smart factories are planned by 2027, and what is the subsidy per factory?",
        (
            "In Chongqing, how many smart factories are planned by 2027?",
            "In Chongqing, what is the subsidy per factory?",
        ),
    ),
    (
        "What is the rent subsidy for graduates in Hangzhou? Who pays it?",
        (
            "What is the rent subsidy for graduates in Hangzhou?",
            "the rent subsidy for graduates in Hangzhou: who pays it?",
        ),
    ),
    (
        "How are farm machinery subsidies paid, and which crops get price support?",
        ("How are farm machinery subsidies paid?", "which crops get price support?"),
    ),
    (
        "How many charging piles will Jilin build by 2026? And what support exists for hydrogen stations?",
        (
            "How many charging piles will Jilin build by 2026?",
            "In Jilin, what support exists for hydrogen stations?",
        ),
    ),
    (
        "合肥的人才公寓怎么申请？社保断了有影响吗",
        ("合肥的人才公寓怎么申请？", "合肥社保断了有影响吗"),
    ),
    (
        "企业招用高校毕业生有补贴吗？另外见习基地怎么申报",
        ("企业招用高校毕业生有补贴吗？", "见习基地怎么申报"),
    ),
    (
        "杭州公积金最多能贷多少？二套房利率是多少？",
        ("杭州公积金最多能贷多少？", "杭州二套房利率是多少？"),
    ),
    ("请问农机补贴怎么申请，烘干机能补多少钱", ("请问农机补贴怎么申请", "烘干机能补多少钱")),
    (
        "What is the minimum wage in Shenzhen and how many vacation days are mandatory?",
        (
            "What is the minimum wage in Shenzhen?",
            "In Shenzhen, how many vacation days are mandatory?",
        ),
    ),
    ("哪些人可以申请公租房？租金怎么算？", ("哪些人可以申请公租房？", "申请公租房，租金怎么算？")),
    (
        "异地就医备案怎么办？报销比例是多少？",
        ("异地就医备案怎么办？", "异地就医备案，报销比例是多少？"),
    ),
    (
        "大学生租房补贴谁可以领，青年驿站能免费住几天",
        ("大学生租房补贴谁可以领", "青年驿站能免费住几天"),
    ),
]

WHOLE = [
    "喂你好，我有个铸件厂，一直给油车供货，眼看要没活了，重庆这边有没有说帮我们改行的",
    "吉林省汽车产业集群运行监测和评估由哪个部门牵头、哪个部门配合",
    "给新造的头几台设备上保险，政府替我们掏几成保费，最长管几年",
    "吉林和安徽对首台(套)重大技术装备的扶持方式有何不同",
    "重庆 零部件 营业收入 出口规模 目标",
    "听说两个省都搞集群比赛，安徽跟吉林的玩法一样吗，多久比一次",
    "电动车开到报废了，旧电池最后怎么处理，有人收吗",
    "我们这个电车项目吧，同一个事情两条扶持政策都够得上，是两份钱都能拿呢，还是只能挑一份",
    "那个吉林汽车，说要干到一万亿，到底哪年能干到啊",
    "楼上那个……天天半夜装修，吵得睡不着，你们管不管",
    "我刚毕业，在杭州租房，能领多少补贴",
    "我在老家交了十年社保，现在人在深圳，退休在哪领",
    "失业金能领几个月，每月多少钱",
    "零部件在本地买得到的比例，吉林和重庆各打算做到多少？",
    "新增汽车零部件企业数量，重庆和南昌哪家定得高",
    "老零件厂想上自动化生产线，有没有专家先来看看该怎么改？",
    "几家小厂想合伙一起进货省点成本，政策让不让",
    "听说有车厂要跟法国雷诺搞合作，有这回事吗",
    "什么条件的企业、多大规模，才能申请",
    "不管是个人还是企业，买农机能补多少",
    "你好，请问公积金怎么提取？谢谢",
    "喂？听得到吗？我想问医保卡丢了去哪补办",
    "为什么我的社保断了？我明明每个月都交",
    "多少钱以上的设备算大型设备，有标准吗",
    "无论在哪个省参保，退休金怎么算",
    "吉林的专精特新企业收购国外科技公司有补贴吗，最高多少",
    "想知道谁能领育儿补贴，怎么领",
    "充电站补贴",
    "《安徽省先进制造业集群促进条例》第二十三条规定了哪些法律责任",
    "How do Jilin and Anhui differ in supporting first-of-its-kind equipment?",
    "What share of the insurance premium is subsidised in Jilin, and for how long?",
    "We want to build a car plant. Will we be given priority for land?",
    "If one EV project qualifies under two of the support measures, can we claim both?",
    "What happens to worn-out EV batteries, is there a recycling scheme?",
    "Who is responsible for charging stations, and by when?",
    "我想开个养猪场，环评怎么做，找谁批",
    "我父亲七十岁了，高龄补贴怎么领，一个月多少",
    "听说电动车要换新国标，旧的还能骑吗",
    "请问二手车过户需要本人到场吗，要带什么",
    "公司裁员，赔偿怎么算",
    "孩子户口在老家，能不能在杭州上学",
    "申报截止时间和申报材料是什么",
    "在哪里、怎么申请公租房",
    "如果企业搬走了，补贴要退吗",
    "What documents and fees are required for a work permit?",
    "How and when can I apply for unemployment benefits?",
    "农田被征收了补多少钱一亩，钱什么时候到账",
    "",
    "？",
]


@pytest.mark.parametrize(("question", "parts"), SEVERAL)
def test_two_questions_are_told_apart(question: str, parts: tuple[str, ...]) -> None:
    assert split_question(question) == parts


@pytest.mark.parametrize("question", WHOLE)
def test_one_question_stays_whole(question: str) -> None:
    assert split_question(question) == (question,)


TYPED = st.lists(
    st.sampled_from(
        [
            *"吉林 安徽 那 呢 吗 谁负责 2026年 充电桩 補貼 怎么办 多少 这个 还有 另外 还是 各 ， ？ ； 。".split(),
            *[
                "几家",
                "失业金",
                "what is the fee",
                ", and ",
                "who pays",
                "?",
                "it",
                " Jilin ",
                "\n",
            ],
        ]
    ),
    max_size=14,
).map("".join)


@settings(max_examples=300, deadline=None)
@given(TYPED | st.text(max_size=40))
def test_parts_are_of_the_text(text: str) -> None:
    parts = split_question(text)
    if len(parts) == 1:
        assert parts == (text,)
    else:
        assert len(parts) <= 3 and all(re.search(r"\w", part) for part in parts)
        assert parts[0].rstrip("?") in text


@pytest.mark.parametrize(
    "question", [question for question, _ in SEVERAL if "？" in question or "，" in question]
)
def test_a_comparison_is_never_split(question: str) -> None:
    compared = f"{question}两者有何不同"
    assert split_question(compared) == (compared,)


@pytest.mark.parametrize("question", [question for question, _ in SEVERAL])
def test_more_than_three_questions_are_left_alone(question: str) -> None:
    many = " ".join([question.rstrip("?？") + "?"] * 4)
    assert split_question(many) == (many,)


@pytest.mark.parametrize(
    "piece", ["？充电站", "充电站，", "多少钱？", "多少，", "吉林呢？", "充电站多少，换电站多少，"]
)
def test_a_text_of_many_pieces_is_not_read_over_and_over(
    piece: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []

    def count(text: str) -> Turn:
        read.append(len(text))
        return read_turn(text)

    monkeypatch.setattr(parts, "read_turn", count)
    text = piece * 200
    assert split_question(text) == (text,)
    assert sum(read) <= 5 * len(text)

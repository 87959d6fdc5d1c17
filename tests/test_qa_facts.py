"""Every expected fact was read off the text by eye; what the texts have in common is checked by search."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.normalization import match_form
from documents.numbering import write_number
from qa.facts import (
    choose_figure,
    find_ceilings,
    find_conditions,
    find_dates,
    find_deadlines,
    find_figures,
    fits,
)
from qa.quantities import fold, lies_in
from qa.types import Fact

FINDERS = (find_figures, find_ceilings, find_conditions, find_deadlines, find_dates)

# text -> figures as (text, meaning, year)
FIGURES: dict[str, list[tuple[str, str | None, int | None]]] = {
    # goals and the years they are for
    "到2026年，全市建成充电桩10万个。": [("10万个", "goal", 2026)],
    "2026 年底前，力争建设 5 座加氢站。": [("5 座", "goal", 2026)],
    "到二〇二七年，产业规模突破一万亿。": [("突破一万亿", "goal", 2027)],
    "2025—2027年，每年新增高新技术企业100家以上。": [("100家以上", "goal", 2027)],
    "到2025年，粮食产量稳定在1000亿斤以上，高标准农田达到1.2亿亩。": [
        ("1000亿斤以上", "goal", 2025),
        ("1.2亿亩", "goal", 2025),
    ],
    "到2025年，单位GDP能耗比2020年下降13.5%。": [("13.5%", "goal", 2025)],
    "力争森林覆盖率提升至２４．１％左右。": [("２４．１％左右", "goal", None)],
    "力爭產業主營業務收入突破2500億元。": [("突破2500億元", "goal", None)],
    "打造千亿级产业集群，实现工业总产值翻一番。": [
        ("千亿级", "goal", None),
        ("翻一番", "goal", None),
    ],
    "新增公共充电桩与车辆推广数量比例力争达到1:1，服务区快充桩100%全覆盖。": [
        ("1:1", "goal", None),
        ("100%", "goal", None),
    ],
    "每年培育首台(套)装备200个以上、首批次新材料40个以上。": [
        ("200个以上", "goal", None),
        ("40个以上", "goal", None),
    ],
    "到2030年，引进10余万名高校毕业生，培养5万多人。": [
        ("10余万名", "goal", 2030),
        ("5万多人", "goal", 2030),
    ],
    "城镇新增就业1,200万人以上。": [("1,200万人以上", "goal", None)],
    "争取1家企业进入前10强、3家进入百强。": [
        ("1家", "goal", None),
        ("前10强", "goal", None),
        ("3家", "goal", None),
    ],
    # what is
    "截至2023年底，全市累计建成充电桩5.6万个，力争到2026年达到12万个。": [
        ("5.6万个", "present", 2023),
        ("12万个", "goal", 2026),
    ],
    "目前，全县有农业合作社326家，入社农户1.2万户。": [
        ("326家", "present", None),
        ("1.2万户", "present", None),
    ],
    "本地配套率尚不到50%，整零比约为2.5∶1，产值排在全国第八位。": [
        ("不到50%", "present", None),
        ("2.5∶1", "present", None),
        ("第八位", "present", None),
    ],
    "已建成地表水监测站点21处。": [("21处", "present", None)],
    # support: ceilings and fixed amounts
    "按设备投资额的10%给予补助，单个项目最高不超过500万元。": [
        ("10%", None, None),
        ("最高不超过500万元", "ceiling", None),
    ],
    "分别给予最高50万元、30万元、10万元奖励。": [
        ("最高50万元", "ceiling", None),
        ("30万元", "ceiling", None),
        ("10万元", "ceiling", None),
    ],
    "奖励上限为200万元，贴息率最高为2个百分点。": [
        ("200万元", "ceiling", None),
        ("2个百分点", "ceiling", None),
    ],
    "补助总额以100万元封顶，城镇调查失业率控制在5.5%以内。": [
        ("100万元", "ceiling", None),
        ("5.5%以内", "ceiling", None),
    ],
    "给予新认定的国家级集群1000万元、省级集群500万元补助。": [
        ("1000万元", None, None),
        ("500万元", None, None),
    ],
    "博士每人每月3000元，硕士每月2000元。": [
        ("每人每月3000元", None, None),
        ("每月2000元", None, None),
    ],
    "一次性奖励百分之三十，最高五十万元。": [
        ("百分之三十", None, None),
        ("最高五十万元", "ceiling", None),
    ],
    "每平方米补贴200元，每套总额不超过3万元。": [
        ("200元", None, None),
        ("不超过3万元", "ceiling", None),
    ],
    "租金标准为每月15元/平方米。": [("每月15元/平方米", None, None)],
    "耕地地力保护补贴每亩 150 元。": [("每亩 150 元", None, None)],
    "给予10万、20万元奖励。": [("10万", None, None), ("20万元", None, None)],
    "处五万元以上二十万元以下的罚款。": [("五万元以上二十万元以下", "ceiling", None)],
    "可以并处违法所得一倍以上五倍以下罚款。": [("一倍以上五倍以下", "ceiling", None)],
    # who qualifies is no goal and no ceiling
    "对年营业收入达到1亿元的企业，给予奖励。": [("1亿元", None, None)],
    "年应纳税所得额不超过300万元的部分，减按25%计入应纳税所得额，按20%的税率缴纳。": [
        ("不超过300万元", None, None),
        ("25%", None, None),
        ("20%", None, None),
    ],
    "月销售额10万元以下（含本数）的，免征增值税。": [("10万元以下（含本数）", None, None)],
    "年营业收入1亿元以上规模以上企业建立研发机构。": [("1亿元以上", None, None)],
    "年满60周岁、研发投入占比不低于3%。": [
        ("年满60周岁", None, None),
        ("不低于3%", None, None),
    ],
    "新建居住区绿地率不低于百分之三十，已满十六周岁。": [
        ("不低于百分之三十", None, None),
        ("满十六周岁", None, None),
    ],
    # shapes
    "投资30%—50%，面积5至10亩，企业1-2家，人员三至五名。": [
        ("30%—50%", None, None),
        ("5至10亩", None, None),
        ("1-2家", None, None),
        ("三至五名", None, None),
    ],
    "经三分之二以上业主同意，半数以上通过。": [
        ("三分之二以上", None, None),
        ("半数以上", None, None),
    ],
    "装机容量超 500 万千瓦，日供水一千立方米以上，室温不得低于18℃。": [
        ("超 500 万千瓦", None, None),
        ("一千立方米以上", None, None),
        ("不得低于18℃", None, None),
    ],
    "近百家企业参会，上千人到场。": [("近百家", None, None), ("上千人", None, None)],
    "容积率不低于1.5，师生比达到1:15。": [("不低于1.5", None, None), ("1:15", "goal", None)],
    "配备两名以上执法人员，至少一个服务点。": [
        ("两名以上", None, None),
        ("至少一个", None, None),
    ],
    "建成5G基站10万座，培育4S店20家。": [("10万座", "goal", None), ("20家", "goal", None)],
    "将“最高50万元”修改为“最高100万元”。": [
        ("最高50万元", "ceiling", None),
        ("最高100万元", "ceiling", None),
    ],
    # none
    "一、总体要求\n（二）培育方向\n3. 条件\n第十二条 本办法\n5 项目管理": [],
    "打造一批平台，形成一些经验，推进一体化，实施“双千工程”和“一集群一专班”。": [],
    "依据国发〔2023〕55号和《关于促进发展的十条措施（2023—2027年）》。": [],
    "贯彻党的二十大精神，落实“十四五”规划，L3级自动驾驶、5G、4S店、C-V2X、PM2.5。": [],
    "2023年12月1日，办公时间9:00至17:30，有效期5年，30个工作日内办结。": [],
    "最高不超过万元，超过0万元的项目，占比不低于%，年实现产值近亿元。": [],
    "十分重要，一定程度，统一管理，三次产业，二级节点，一次性告知，三位一体。": [],
    "违反前两款规定的，适用第四、五、六项内容和第三条第二款。": [],
    "三元锂电池、二氧化碳、一般纳税人、三门峡、二手车、千家万户。": [],
    "拨打12345热线，执行GB 18030标准，升级到3.0版。": [],
}


@pytest.mark.parametrize("text", FIGURES)
def test_figures_of_a_text(text: str) -> None:
    assert [(f.text, f.meaning, f.year) for f in find_figures(text)] == FIGURES[text]


CEILINGS = {
    "按投资额的5%给予奖励，单个项目最高不超过50万元。": ["单个项目最高不超过50万元"],
    "对符合条件的企业给予最高100万元奖励。": ["最高100万元"],
    "给予分档奖励，最高支持额度不超过200万元。": ["最高支持额度不超过200万元"],
    "每户每年最高补贴300元。": ["每户每年最高补贴300元"],
    "补贴时间按保险期限核算，原则上最多不超过3年。": ["原则上最多不超过3年"],
    "按实际保险费率（最高不超过3%）给予补贴。": ["最高不超过3%"],
    "补助总额以100万元封顶。": ["补助总额以100万元封顶"],
    "分别给予最高50万元、30万元奖励。": ["最高50万元", "30万元"],
    "对个人处一千元以下的罚款。": ["一千元以下"],
    "面积控制在130平方米以内。": ["面积控制在130平方米以内"],
    # a threshold, a floor and a lost number
    "面向年收入不超过12万元的家庭配租。": [],
    "研发投入不低于500万元。": [],
    "最高不超过万元，最高支持额度不超过0万元。": [],
}


@pytest.mark.parametrize("text", CEILINGS)
def test_ceilings_of_a_text(text: str) -> None:
    facts = find_ceilings(text)
    assert [fact.text for fact in facts] == CEILINGS[text]
    assert all((fact.kind, fact.meaning) == ("ceiling", "ceiling") for fact in facts)


CONDITIONS = {
    "对首次认定的国家级专精特新“小巨人”企业，给予一次性奖励100万元。": [
        "对首次认定的国家级专精特新“小巨人”企业"
    ],
    "对首次购买新建商品住房的家庭，每平方米补贴200元。": ["对首次购买新建商品住房的家庭"],
    "对集群内投资超10亿元,近年新建的且已纳入项目库的重大项目,择优给予支持。": [
        "对集群内投资超10亿元,近年新建的且已纳入项目库的重大项目"
    ],
    "对集群内首次被认定的中小企业给予专项资金支持,对示范企业(产品)的给予支持。": [
        "对集群内首次被认定的中小企业",
        "对示范企业(产品)的",
    ],
    "对种粮面积50亩以上的农户，按每亩100元予以补贴。": ["对种粮面积50亩以上的农户"],
    "连续两年考核不合格的，取消其称号。": ["连续两年考核不合格的"],
    "经认定的省级工程研究中心，奖励50万元。": ["经认定的省级工程研究中心"],
    "支持符合条件的园区申报，鼓励有条件的农民合作社参与。": [
        "符合条件的园区",
        "有条件的农民合作社",
    ],
    "取得高级职业资格证书的，可享受培训补贴。": ["取得高级职业资格证书的"],
    "月销售额10万元以下的，免征增值税。": ["月销售额10万元以下的"],
    "安置残疾人就业的单位，对排放浓度低于标准50%的企业减半征收环境保护税。": [
        "对排放浓度低于标准50%的企业"
    ],
    "获得省级以上科技奖的团队，优先支持。": ["获得省级以上科技奖的团队"],
    "第三十三条 逾期不改正的，处罚款。\n（二）拒不配合的，处罚款。": ["逾期不改正的", "拒不配合的"],
    # 对 that names nobody
    "对标国际先进，加强对产业的支持，对接重点项目，绝对优势，对外开放。": [],
    "加快形成具有国际竞争力的产业集群，满足人民群众的需要。": [],
}


@pytest.mark.parametrize("text", CONDITIONS)
def test_conditions_of_a_text(text: str) -> None:
    facts = find_conditions(text)
    assert [fact.text for fact in facts] == CONDITIONS[text]
    assert all(fact.kind == "condition" for fact in facts)


DEADLINES = {
    "自本办法施行之日起30日内，向市财政局申报。": ["自本办法施行之日起30日内"],
    "2025年底前全部完成。": ["2025年底前"],
    "每年3月底前完成上年度审核。": ["每年3月底前"],
    "本方案有效期 3 年，自印发之日起执行。": ["有效期 3 年", "自印发之日起执行"],
    "申报截止时间为2025年6月30日。": ["申报截止时间为2025年6月30日"],
    "本办法自2025年1月1日起施行，有效期至2027年12月31日。": [
        "自2025年1月1日起施行",
        "有效期至2027年12月31日",
    ],
    "应当在15个工作日内办结；三个月内未办结的，说明理由。": ["15个工作日内", "三个月内"],
    "该项优惠执行至2027年12月31日。": ["执行至2027年12月31日"],
    "于次年三月底前汇交，10月31日前下达。": ["次年三月底前", "10月31日前"],
    "用人单位自用工之日起一个月内订立合同。": ["自用工之日起一个月内"],
    # a state of affairs, a target and a lost year
    "截至2023年底，建成5座；到2027年，建成10座；到年，再建一批。": [],
}


@pytest.mark.parametrize("text", DEADLINES)
def test_deadlines_of_a_text(text: str) -> None:
    facts = find_deadlines(text)
    assert [fact.text for fact in facts] == DEADLINES[text]
    assert all(fact.kind == "deadline" for fact in facts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("力争用3—5年时间，到2027年建成。", [("3—5年", None), ("2027年", 2027)]),
        ("2025—2027年实施，2025年底前启动。", [("2025—2027年", 2027), ("2025年底前", 2025)]),
        ("每两年评审一次，公示不少于5个工作日。", [("每两年", None), ("不少于5个工作日", None)]),
        ("二〇二六年十二月三十一日前办结。", [("二〇二六年十二月三十一日前", 2026)]),
        ("補貼期限最長不超過36個月。", [("期限最長不超過36個月", None)]),
        ("每季度至少发布一次，每年100家。", [("每季度", None)]),
        ("到年，产业规模达到万亿级，打造1-2家企业。", []),
        ("《规划（2022—2030年）》和“十四五”，第三年度，同年级。", []),
    ],
)
def test_dates_of_a_text(text: str, expected: list[tuple[str, int | None]]) -> None:
    assert [(fact.text, fact.year) for fact in find_dates(text)] == expected


# --- which figure is asked for --------------------------------------------------------------------

HOUSING = (
    "对首次购买新建商品住房的家庭，每平方米补贴200元，每套补贴总额不超过3万元。"
    "到2026年，筹集保障性租赁住房2万套，目前已建成8000套，出租率为92%。"
)
TALENT = (
    "对新引进的博士，给予10万元安家补助，每人每月发放生活补贴3000元，期限3年；"
    "在站博士后科研经费最高50万元。2025年底前建成人才公寓1200套。"
)
POLLUTION = (
    "截至2023年底，全市有污水处理厂35座，日处理能力120万吨。到2025年，新建污水处理厂12座，"
    "污水集中处理率达到98%，再生水利用率达到30%以上。"
)
LOST = "对项目总投资超10亿元的企业，按投资额5%给予奖励，最高奖励额度不超过万元。"
CHOICES = [
    (HOUSING, "买新房一平米补多少钱", "每平方米补贴200元"),
    (HOUSING, "买新房每套最高补贴多少钱", "不超过3万元"),
    (HOUSING, "到2026年要建多少套保障性租赁住房", "2万套"),
    (HOUSING, "目前已经建成多少套保租房", "8000套"),
    (HOUSING, "保障性租赁住房的出租率是多少", "92%"),
    (HOUSING, "保障性租赁住房哪一年筹集完", "2026年"),
    (HOUSING, "how many rental homes are there at present?", "8000套"),
    (HOUSING, "保障性租赁住房占地多少亩", None),
    (HOUSING, "2030年要筹集多少套住房", None),
    (HOUSING, "办理要多少个工作日", None),
    (TALENT, "博士安家费给多少钱", "10万元"),
    (TALENT, "博士每个月生活补贴多少钱", "3000元"),
    (TALENT, "博士后科研经费上限是多少", "最高50万元"),
    (TALENT, "生活补贴发几年", "期限3年"),
    (TALENT, "人才公寓什么时候建成", "2025年底前"),
    (TALENT, "人才公寓有多少套", "1200套"),
    (TALENT, "补贴按工资的几成发", None),
    (TALENT, "引进多少人", None),
    (POLLUTION, "现在有几座污水处理厂", "35座"),
    (POLLUTION, "2025年要新建几座污水处理厂", "12座"),
    (POLLUTION, "再生水利用率目标是百分之几", "30%以上"),
    (POLLUTION, "污水集中处理率要达到多少", "98%"),
    (POLLUTION, "每天能处理多少吨污水", "120万吨"),
    (POLLUTION, "建污水处理厂补贴多少钱", None),
    (POLLUTION, "what percentage of sewage is to be treated by 2025?", "98%"),
    (LOST, "最高能奖励多少钱", None),
    (LOST, "what is the maximum reward in yuan?", None),
    (LOST, "奖励投资额的百分之几", "5%"),
    (LOST, "总投资要达到多少才能申请奖励", "超10亿元"),
    ("违反规定的，处五万元以上十万元以下罚款。", "最多罚多少钱", "五万元以上十万元以下"),
    ("产业规模达到万亿级。", "哪一年做到万亿级", None),
    ("1. 力争建设 5 座加氢站。", "要建几座加氢站", "5 座"),
]


@pytest.mark.parametrize(("text", "question", "expected"), CHOICES)
def test_the_figure_asked_for(text: str, question: str, expected: str | None) -> None:
    facts = [*find_figures(text), *find_dates(text)]
    chosen = choose_figure(match_form(question), facts, text)
    if expected is None:
        assert chosen is None
    else:
        assert chosen is not None
        assert chosen.text in expected
        assert expected in text


@pytest.mark.parametrize(
    ("question", "fitting", "other"),
    [
        ("奖励多少钱", ["50万元", "按20%", "最高三千元", "10万"], ["10家", "2025年", "5亩", "3年"]),
        ("一年卖多少个亿", ["200亿元"], ["30%", "100家", "5万人"]),
        ("占比要到几成", ["80%以上", "百分之六十", "1:1", "三成", "三分之二"], ["50万元", "8家"]),
        ("整零比是多少", ["2.5∶1"], ["8家", "50万元"]),
        ("多少个充电桩", ["10万个", "5座", "三家"], ["50万元", "80%", "5万吨", "2025年"]),
        ("引进多少人", ["5万人", "三十名"], ["5家", "100万元"]),
        ("多少亩", ["50亩", "1.2亿亩以上"], ["50吨", "50家"]),
        ("全国排第几", ["第八位", "前10强"], ["8家"]),
        ("哪一年", ["2025年", "2025年底前", "自印发之日起"], ["3年", "5家", "30%"]),
        ("补贴几年", ["3年", "不超过36个月", "自印发之日起30日内"], ["2025年", "5家"]),
        ("申报截止到什么时候", ["2025年6月30日", "每年3月底前", "30日内"], ["5家", "10万元"]),
        ("营业收入 2027", ["7000亿元", "800家", "70%"], ["2027年"]),
        ("how much money", ["50万元"], ["10家", "2025年"]),
        ("how many firms", ["300家"], ["70%", "50亿元", "2027年"]),
        ("what share", ["70%"], ["300家"]),
        ("when is it due", ["2025年底前"], ["300家", "3年"]),
        ("how long does it last", ["3年"], ["300家", "2025年"]),
    ],
)
def test_fits_by_the_unit_asked(question: str, fitting: list[str], other: list[str]) -> None:
    for text, expected in [*((t, True) for t in fitting), *((t, False) for t in other)]:
        facts = [*find_figures(text), *find_dates(text)]
        assert facts, text
        assert any(fits(question, fact) for fact in facts) is expected, text


def test_a_condition_is_no_figure() -> None:
    [condition] = find_conditions("对年收入10万元以下的家庭，给予补贴。")
    assert not fits("补贴多少钱", condition)
    assert choose_figure("补贴多少钱", [condition], condition.text) is None


# --- what holds of every text ---------------------------------------------------------------------

PIECES = (
    "一二三十百千万亿两半0123456789５％%.,，。；、：:()（）《》“”〔〕 \n年月日个家座元成倍率第前最高不超过以上以下内"
    "至到—-对给予的按自之日起有效期截止每达到建成目标已億萬個Aa①²\ufeff\U0001f600"
)
TEXTS = st.one_of(
    st.text(), st.text(PIECES), st.lists(st.sampled_from([*FIGURES, *CONDITIONS])).map("".join)
)


@given(TEXTS)
def test_facts_are_verbatim_disjoint_and_in_order(text: str) -> None:
    assert len(fold(text)) == len(text)
    for find in FINDERS:
        facts = find(text)
        for fact in facts:
            assert text[fact.start : fact.end] == fact.text != ""
        assert all(a.end <= b.start for a, b in pairwise(facts))


@given(TEXTS, st.text(PIECES))
def test_what_is_chosen_fits_and_is_one_of_those_given(text: str, question: str) -> None:
    facts = [*find_figures(text), *find_ceilings(text), *find_dates(text)]
    form = match_form(question)
    chosen = choose_figure(form, facts, text)
    assert chosen is None or (chosen in facts and fits(form, chosen))


@given(TEXTS)
def test_facts_do_not_depend_on_width_or_script_of_the_text(text: str) -> None:
    folded = fold(text)
    for find in FINDERS:
        assert [(f.start, f.end, f.meaning, f.year) for f in find(text)] == [
            (f.start, f.end, f.meaning, f.year) for f in find(folded)
        ]


@given(
    st.integers(3, 9999),
    st.sampled_from(
        [str, write_number, lambda n: f"{n:,}", lambda n: f"{n}.5", lambda n: f"{n}万"]
    ),
    st.sampled_from(["", " "]),
    st.sampled_from(["家", "座", "亿元", "亩", "%", "个", "万吨", "名", "台"]),
    st.sampled_from(["", "以上", "左右", "以下"]),
    st.sampled_from(["", "超过", "不低于", "每年", "突破"]),
)
def test_a_written_number_is_found_whole(
    value: int, write: Callable[[int], str], space: str, unit: str, tail: str, bound: str
) -> None:
    """The reference is the writer: whatever it puts together is one figure."""
    figure = f"{bound}{write(value)}{space}{unit}{tail}"
    text = f"本市企业有{figure}，产业有发展。"
    assert [fact.text for fact in find_figures(text)] == [figure]


@given(st.lists(st.integers(0, 60), unique=True).map(sorted), st.integers(-1, 61))
def test_lies_in_agrees_with_looking_at_every_span(bounds: list[int], position: int) -> None:
    spans = list(zip(bounds[::2], bounds[1::2], strict=False))
    assert lies_in(position, spans) == any(start <= position < end for start, end in spans)


@pytest.mark.parametrize(
    "piece",
    ["1", "1,000,", "一", "10家、", "最高5万元", "、对", "《“", "自之日起", "2025年至", "符合的"],
)
def test_a_long_text_of_one_piece_is_read(piece: str) -> None:
    """With a step that looks back over the whole text, these would not end."""
    text = piece * (40_000 // len(piece))
    assert all(find(text) is not None for find in FINDERS)


def test_no_text_no_fact() -> None:
    assert [find("") for find in FINDERS] == [[], [], [], [], []]
    assert choose_figure("多少钱", [], "") is None
    assert choose_figure("多少钱", [Fact("figure", "10家", 0, 3)], "10家企业") is None

"""Slips of typing by sound: what is read as meant, and what must stay as it was typed."""

from __future__ import annotations

from collections import Counter
from itertools import accumulate

import pypinyin
import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.parsing import parse_text
from index.configuration import Configuration
from index.hybrid import HybridIndex
from index.spelling import _LONGEST, Vocabulary, _Cut, correct, find_slips, rewrite
from index.tokenization import cut_known
from tests.conftest import FakeEncoder

# A library on many fields; what the general dictionary does not know (充电桩, 加氢站) comes twice.
TEXTS = [
    "支持充电桩和加氢站建设，对新建充电桩给予补贴，每座加氢站最高奖励两百万元。",
    "新能源汽车产销量突破五十万辆，培育零部件企业，支持汽车后市场发展。",
    "制造业单项冠军企业、首台套装备、专项资金、政策支持、发挥作用。",
    "城乡居民养老保险和医疗保险的缴费标准、报销比例、失业登记、就业补助。",
    "义务教育阶段入学、学生资助、职业培训、高校毕业生创业担保贷款、助学金。",
    "农业生产、粮食补贴、农机购置、乡村振兴、宅基地审批、土地流转、高标准农田。",
    "公共租赁住房申请、住房公积金提取、房屋征收补偿、物业管理、老旧小区改造。",
    "行政许可、营业执照、税收优惠、企业登记、知识产权保护、专利转让。",
    "环境保护、垃圾分类、污水处理、排放标准、节能减排、生态修复。",
    "交通运输、道路安全、驾驶证、公交车辆、停车收费、快递服务。",
    "食品安全、药品监管、疫苗接种、医院管理、传染病防治、社区卫生服务。",
    "残疾人救助、最低生活保障、老年人津贴、儿童福利、退役军人优待、殡葬服务。",
]
LIBRARY = Vocabulary.build(TEXTS)

SLIPS = [
    ("建充电庄有补贴吗", "建充电桩有补贴吗"),
    ("加清站建几座", "加氢站建几座"),
    ("新能原汽车怎么支持", "新能源汽车怎么支持"),
    ("单项贯军有没有奖励", "单项冠军有没有奖励"),
    ("陪育多少家", "培育多少家"),
    ("首台套庄备怎么认定", "首台套装备怎么认定"),
    ("有什么正策", "有什么政策"),
    ("汽车后是场怎么发展", "汽车后市场怎么发展"),
    ("企页登记", "企业登记"),
    ("安微有什么规定", "安徽有什么规定"),
    ("做用是什么", "作用是什么"),
    ("养老宝险怎么缴", "养老保险怎么缴"),
    ("医疗保显能报多少", "医疗保险能报多少"),
    ("报消比例是多少", "报销比例是多少"),
    ("失页登记在哪办", "失业登记在哪办"),
    ("就业补住怎么领", "就业补助怎么领"),
    ("学生资住标准", "学生资助标准"),
    ("职业陪训去哪报名", "职业培训去哪报名"),
    ("创业担宝贷款", "创业担保贷款"),
    ("粮食补帖什么时候发", "粮食补贴什么时候发"),
    ("农机购质怎么申请", "农机购置怎么申请"),
    ("土地流砖要签合同吗", "土地流转要签合同吗"),
    ("物页管理归谁管", "物业管理归谁管"),
    ("行正许可要多久", "行政许可要多久"),
    ("营业执找怎么办", "营业执照怎么办"),
    ("税收优会有哪些", "税收优惠有哪些"),
    ("环静保护由谁负责", "环境保护由谁负责"),
    ("垃圾分累怎么罚", "垃圾分类怎么罚"),
    ("交通运书企业", "交通运输企业"),
    ("停车收废标准", "停车收费标准"),
    ("快弟服务投诉", "快递服务投诉"),
    ("药品见管办法", "药品监管办法"),
    ("疫苗接钟在哪里", "疫苗接种在哪里"),
    ("传然病防治", "传染病防治"),
    ("儿童福力机构", "儿童福利机构"),
    ("退役军人优代", "退役军人优待"),
    ("老旧小区改皂怎么报名", "老旧小区改造怎么报名"),
    ("知识产全保护", "知识产权保护"),
    ("公共租林住房怎么申请", "公共租赁住房怎么申请"),
    ("污水处理排防标准", "污水处理排放标准"),
    ("首台套裝备和庄備", "首台套裝备和装备"),
]

# Slips that are left: real words, words of grammar, characters of several readings.
LEFT = ["住房公鸡金怎么提取", "污水处里费多少", "残疾人就助标准", "房屋征收补长标准"]

RIGHT = [
    "充电桩有补贴吗",
    "庄园里能建充电桩吗",
    "村庄规划由谁批准",
    "清洁能源项目",
    "加油站安全管理",
    "微信上能办吗",
    "微型企业有优惠吗",
    "他是在哪里登记的",
    "我的营业执照丢了怎么办",
    "公司不给我交社保怎么办",
    "在校大学生能申请吗",
    "再次申请要等多久",
    "合同和协议有什么区别",
    "张三和李四签了合同",
    "王某的房子被征收了",
    "网约车司机要什么证件",
    "二维码扫码支付被骗",
    "新冠疫苗还能打吗",
    "直播带货要交税吗",
    "外卖骑手算不算劳动者",
    "能不能领两份补助",
    "多少钱一年",
    "一年缴多少",
    "谁负责这件事",
    "十四五期间的目标",
    "全国百强县有哪些",
    "事实婚姻受法律保护吗",
    "实施方案什么时候印发",
    "时事新闻",
    "权利和权力不同吗",
    "公式和公示有什么不同",
    "医保卡丢了去哪补办",
    "老人走失了怎么报警",
    "小孩上学要户口吗",
    "房东不退押金",
    "买到假货怎么索赔",
    "离婚以后孩子归谁",
    "借条过了三年还有效吗",
    "电动自行车要上牌吗",
    "狗咬了人谁赔",
    "吉林省的补贴政策",
    "比亚迪在长春有工厂吗",
    "戈登博士的专利",
    "怎样才能评上高级职称",
    "What support is there for charging stations?",
    "充電樁有補貼嗎",
    "２０２６年建多少座",
    "",
]


@pytest.mark.parametrize(("typed", "meant"), SLIPS)
def test_slip_is_read_as_the_library_s_word(typed: str, meant: str) -> None:
    assert rewrite(typed, LIBRARY) == meant
    for (start, end), word in find_slips(typed, LIBRARY):
        assert typed[start:end] != word == meant[start:end]


@pytest.mark.parametrize("question", RIGHT + LEFT)
def test_question_that_could_be_meant_stays(question: str) -> None:
    assert correct(question, LIBRARY) == ()
    assert rewrite(question, LIBRARY) == question


def test_pairs_come_in_order_and_once() -> None:
    assert correct("有什么正策，企页正策，正策", LIBRARY) == (("正策", "政策"), ("企页", "企业"))


def test_what_was_typed_in_traditional_characters_is_named_as_typed() -> None:
    assert correct("充電莊有補貼嗎", LIBRARY) == (("充電莊", "充电桩"),)
    assert rewrite("充電莊有補貼嗎", LIBRARY) == "充电桩有補貼嗎"


def test_library_without_the_term_changes_nothing() -> None:
    other = Vocabulary.build(["城乡居民养老保险。"])
    assert correct("建充电庄有补贴吗", other) == ()
    assert correct("建充电庄有补贴吗", Vocabulary.build([])) == ()


def test_part_of_a_longer_term_is_no_term() -> None:
    """新能 is always the beginning of 新能源, so that 薪能 is not it."""
    assert correct("换薪能补多少", Vocabulary.build(["新能源汽车。新能源企业。新能源。"])) == ()


def test_place_need_not_stand_in_the_library() -> None:
    assert correct("安微的规定", Vocabulary.build(["规定。"])) == (("安微", "安徽"),)


# --- the vocabulary, beside counting by hand

HAN = st.text(alphabet="充电桩庄加氢清站政正策企业，。a\n", max_size=30)


@given(st.lists(HAN, max_size=4), st.text(alphabet="充电桩庄加氢", min_size=1, max_size=4))
def test_counts_are_those_of_every_substring(texts: list[str], term: str) -> None:
    starts = [(text, i) for text in texts for i in range(len(text))]
    assert Vocabulary.build(texts).count([term]) == [sum(t.startswith(term, i) for t, i in starts)]


@given(
    st.text(alphabet="充电桩，", max_size=60), st.text(alphabet="充电桩", min_size=1, max_size=3)
)
def test_whole_is_what_no_neighbour_goes_with_most_of_the_time(text: str, term: str) -> None:
    places = [i for i in range(len(text)) if text.startswith(term, i)]
    before = Counter(text[i - 1] for i in places if i and text[i - 1] != "，")
    behind = Counter(
        text[i + len(term)] for i in places if text[i + len(term) :][:1] not in ("", "，")
    )
    most = max([*before.values(), *behind.values()], default=0)
    assert Vocabulary.build([text]).is_whole(term) == (most <= 0.7 * len(places))


# --- laws

WORDS = sorted({w for text in TEXTS for w in cut_known(text) if len(w) > 1})
RUNS = [run for text in TEXTS for run in text.rstrip("。").split("，")]


@given(st.lists(st.sampled_from(WORDS), max_size=6).map("".join))
def test_words_of_the_library_are_never_changed(question: str) -> None:
    # Two words may meet so that the general dictionary cuts them elsewhere.
    if all(len(word) > 1 for word in cut_known(question)):
        assert rewrite(question, LIBRARY) == question


@given(st.sampled_from(RUNS))
def test_sentences_of_the_library_are_never_changed(question: str) -> None:
    assert rewrite(question, LIBRARY) == question


@given(st.text(alphabet="".join(TEXTS) + "庄清原贯陪正页微做宝显消吗 a1", max_size=20))
def test_correction_is_idempotent_and_keeps_the_length(question: str) -> None:
    once = rewrite(question, LIBRARY)
    assert rewrite(once, LIBRARY) == once
    assert len(once) == len(question)


@given(st.text(alphabet="".join(TEXTS) + "庄清原贯陪正页做宝显消吗", max_size=20))
def test_one_character_of_a_term_changes_and_sounds_nearly_alike(question: str) -> None:
    for (start, end), meant in find_slips(question, LIBRARY):
        [(typed, other)] = [
            (a, b) for a, b in zip(question[start:end], meant, strict=True) if a != b
        ]
        sounds = {fold(s) for s in pypinyin.pinyin(other, style=0, heteronym=True)[0]}
        assert fold(pypinyin.lazy_pinyin(typed)[0]) in sounds


def fold(syllable: str) -> str:
    for pair in (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ing", "in"), ("eng", "en")):
        syllable = syllable.replace(*pair)
    return syllable


# --- in the index


def test_index_searches_what_is_meant(encoder: FakeEncoder) -> None:
    text = "第一条 支持充电桩建设，充电桩给予补贴。\n第二条 本村庄的电动车。\n"
    index = HybridIndex.build([parse_text(text, "d")], encoder)
    typed, meant = "充电庄怎么补贴", "充电桩怎么补贴"
    assert index.correct(typed) == meant == index.correct(meant)
    assert ("充电庄", "充电桩") in index.expansions(typed)
    assert set(index.expansions(typed)) - {("充电庄", "充电桩")} == set(index.expansions(meant))
    assert index.search(typed) == index.search(meant)
    assert (index.encode(typed)[0] == index.encode(meant)[0]).all()
    plain = index.configured(Configuration(spelling=False))
    assert plain.correct(typed) == typed
    assert ("充电庄", "充电桩") not in plain.expansions(typed)
    assert plain.search(typed) != index.search(typed)


@given(st.lists(st.tuples(st.integers(1, 4), st.booleans()), min_size=1, max_size=12), st.data())
def test_the_spans_of_a_place_are_those_of_all_spans(
    words: list[tuple[int, bool]], data: st.DataObject
) -> None:
    bounds = (0, *accumulate(length for length, _ in words))
    costs = {at: float(at + 1) for at, (_, kept) in zip(bounds, words, strict=False) if kept}
    cut = _Cut("字" * bounds[-1], bounds, costs)
    place = data.draw(st.sampled_from(bounds[:-1]))
    expected = [
        (start, end)
        for start in bounds
        for end in bounds
        if start <= place < end <= start + _LONGEST
        and len(inside := [at for at in bounds if start <= at < end]) > 1
        and set(inside) <= set(costs)
    ]
    assert list(cut.spans(place)) == expected
    for start, end in expected:
        assert cut.cost((start, end)) == sum(costs[at] for at in costs if start <= at < end)


@pytest.mark.parametrize("words", ["有什么", "建充电庄有补贴吗", "加清站"])
def test_a_question_of_two_thousand_characters_is_read_in_bounded_time(words: str) -> None:
    text = words * (2000 // len(words))
    assert len(rewrite(text, LIBRARY)) == len(text)

"""What a question asks."""

from __future__ import annotations

import pytest

from qa.question import frame_of, understand


def words(text: str) -> list[str]:
    return [word.text for word in understand(text).words]


def test_words_are_the_matter_each_once() -> None:
    assert words("充电站建设有什么支持？") == ["充电站", "建设", "支持"]
    assert words("充电站和充电站") == ["充电站"]
    assert words("請問充電站建設有沒有支持") == ["充电站", "建设", "支持"]


def test_places_and_years_are_no_words() -> None:
    question = understand("吉林省2025年的目标是多少")
    assert [word.text for word in question.words] == ["目标"]
    assert [[r.name for r in readings] for readings in question.places] == [["吉林省"]]
    assert question.years == (2025,)


def test_place_has_all_its_readings() -> None:
    [readings] = understand("吉林有什么支持").places
    assert {region.name for region in readings} == {"吉林省", "吉林市"}
    assert len(understand("安徽和南昌").places) == 2


def test_english_places_are_found_and_are_no_words() -> None:
    question = understand("What subsidies are there in Shenzhen?")
    assert [[r.name for r in readings] for readings in question.places] == [["深圳市"]]
    assert [word.text for word in question.words] == ["subsidies"]


def test_english_words_have_their_chinese_forms() -> None:
    [word] = understand("charging stations").words
    assert word.text == "charging stations" and "充电站" in word.forms


def test_words_of_a_lay_phrase_have_its_official_terms_and_places_have_none() -> None:
    pairs = [("公租房", "公共租赁住房"), ("东京", "日本")]
    question = understand("公租房怎么申请", expansions=pairs)
    assert {word.official for word in question.words if word.text in "公租房"} == {
        ("公共租赁住房",)
    }
    assert all(not word.official for word in understand("公租房怎么申请").words)
    [place] = understand("东京", expansions=pairs).words
    assert place.required and not place.official


@pytest.mark.parametrize(
    ("text", "language"),
    [("充电站", "zh"), ("NEV 补贴", "zh"), ("charging", "en"), ("？！", "en"), ("🚗", "en")],
)
def test_language_is_chinese_where_there_is_a_chinese_character(text: str, language: str) -> None:
    assert understand(text).language == language


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("2025年到2027年", (2025, 2027)),
        ("二〇二五年目标", (2025,)),
        ("２０２５年", (2025,)),
        ("2025和2025", (2025,)),
        ("120255件", ()),
        ("1999年", ()),
        ("targets for 2030", (2030,)),
    ],
)
def test_years(text: str, years: tuple[int, ...]) -> None:
    assert understand(text).years == years


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("充电桩补贴是多少", "money"),
        ("充电桩有多少个", "figure"),
        ("最高奖励", "ceiling"),
        ("补贴上限是多少", "ceiling"),
        ("maximum reward", "ceiling"),
        ("How many charging stations?", "figure"),
        ("政策什么时候到期", "date"),
        ("有效期几年", "date"),
        ("When does it expire?", "date"),
        ("充电站由谁负责", "responsible"),
        ("哪个部门牵头", "responsible"),
        ("Who is responsible?", "responsible"),
        ("Whenever possible", "other"),
        ("充电站建设有什么支持", "support"),
        ("对充电站有哪些政策", "support"),
        ("what support is there for charging stations", "support"),
        ("申报补贴要什么材料", "procedure"),
        ("补贴怎么申请", "procedure"),
        ("链主企业是什么意思", "definition"),
        ("什么是首台套", "definition"),
        ("What does chain leader mean?", "definition"),
        ("个人可以建充电桩吗", "yes_no"),
        ("允不允许外资建厂，能不能", "yes_no"),
        ("Is recycling of batteries required?", "yes_no"),
        ("电池回收体系怎么建", "other"),
        ("几家小厂想合伙搞研发", "other"),
        ("我们几个人合伙开店", "other"),
        ("要引进几家整车厂", "figure"),
        ("一台车卖多少钱", "money"),
    ],
)
def test_kind_is_what_is_asked_of_the_matter(text: str, kind: str) -> None:
    assert understand(text).kind == kind


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("充电站建设有什么支持", "zh"),
        ("充電站建設有什麼支持", "zh-Hant"),
        ("NEV 補貼", "zh-Hant"),
        ("charging stations", "en"),
        ("产业集群 cluster", "zh"),
        # What is only named is no language, unless there is nothing else.
        ("Is 《某某方案》 still in force?", "en"),
        ("What does 吉政办发〔2024〕9号 say?", "en"),
        ("吉政办发〔2024〕9号", "zh"),
        ("吉政办发(2024)9号？", "zh"),
        ("《某某方案》", "zh"),
        ("《某某辦法》", "zh-Hant"),
        ("？！", "en"),
    ],
)
def test_frame_is_the_language_and_script_of_the_question(text: str, frame: str) -> None:
    assert (frame_of(text), understand(text).frame) == (frame, frame)


@pytest.mark.parametrize("text", ["", " ", "？", "\u202e", "有什么？", "what is it?"])
def test_question_without_matter_has_no_words(text: str) -> None:
    question = understand(text)
    assert question.words == () and question.text == text


def test_the_year_of_a_number_is_not_asked_about() -> None:
    assert understand("吉政办发〔2019〕41号2024年还有效吗").years == (2024,)


def test_a_number_of_no_document_must_stand_in_the_clause() -> None:
    [number, word] = understand("国办发〔2020〕1号的补贴").words
    assert (number.required, word.text) == (True, "补贴")
    assert "办发〔2020〕1号" in number.forms and "办发(2020)1号" in number.forms

"""Places: which a text names, which lies in which, and which words are no place."""

from __future__ import annotations

import pytest

from documents.regions import (
    find_mentions,
    find_region,
    find_romanized_mentions,
    named_region,
)


def paths(text: str) -> list[set[tuple[str, ...]]]:
    return [{region.path for region in place.readings} for place in find_mentions(text)]


@pytest.mark.parametrize(
    ("name", "path", "level"),
    [
        ("安徽省", ("安徽省",), "省"),
        ("安徽", ("安徽省",), "省"),
        ("重庆市", ("重庆市",), "省"),
        ("北京", ("北京市",), "省"),
        ("新疆", ("新疆维吾尔自治区",), "省"),
        ("内蒙古", ("内蒙古自治区",), "省"),
        ("西藏", ("西藏自治区",), "省"),
        ("广西", ("广西壮族自治区",), "省"),
        ("宁夏", ("宁夏回族自治区",), "省"),
        ("香港", ("香港特别行政区",), "省"),
        ("巴音郭楞", ("新疆维吾尔自治区", "巴音郭楞蒙古自治州"), "市"),
        ("海西", ("青海省", "海西蒙古族藏族自治州"), "市"),
        ("内蒙古自治区", ("内蒙古自治区",), "省"),
        ("长春市", ("吉林省", "长春市"), "市"),
        ("长春", ("吉林省", "长春市"), "市"),
        ("延边", ("吉林省", "延边朝鲜族自治州"), "市"),
        ("肥西县", ("安徽省", "合肥市", "肥西县"), "县"),
        ("万州区", ("重庆市", "万州区"), "县"),
        ("吉林", ("吉林省",), "省"),  # the province and a city in it: the higher one
    ],
)
def test_a_division_by_its_name(name: str, path: tuple[str, ...], level: str) -> None:
    region = named_region(name)
    assert region is not None
    assert (region.path, region.level, region.name) == (path, level, path[-1])


@pytest.mark.parametrize("name", ["", "中国", "新华", "和平", "日照", "某某省"])
def test_what_is_no_division(name: str) -> None:
    assert named_region(name) is None


def test_a_shared_name_gives_every_reading() -> None:
    assert paths("吉林") == [{("吉林省",), ("吉林省", "吉林市")}]
    assert paths("吉林市") == [{("吉林省", "吉林市")}]


def test_places_are_found_in_order_and_the_longest_wins() -> None:
    assert paths("从吉林省长春市到合肥") == [
        {("吉林省",)},
        {("吉林省", "长春市")},
        {("安徽省", "合肥市")},
    ]


@pytest.mark.parametrize("text", ["促进和平发展", "全市汽车产业", "日照充足", "管理县级财政"])
def test_ordinary_words_are_no_places(text: str) -> None:
    assert find_mentions(text) == []


def test_spans_point_at_the_spelling() -> None:
    text = "支持长春和合肥市"
    assert [(p.start, p.end, p.name) for p in find_mentions(text)] == [
        (2, 4, "长春"),
        (5, 8, "合肥市"),
    ]


def test_a_division_covers_what_lies_inside_it() -> None:
    province, city, other = map(named_region, ("吉林省", "长春市", "合肥市"))
    assert province and city and other
    assert province.covers(city)
    assert province.covers(province)
    assert not city.covers(province)
    assert not province.covers(other)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("安徽省人民政府办公厅", "安徽省"),
        ("合肥市科技局", "合肥市"),
        ("国务院办公厅", None),
        ("关于安徽省的意见", None),  # only what the name begins with
        ("", None),
    ],
)
def test_an_authority_begins_with_its_place(text: str, name: str | None) -> None:
    region = find_region(text)
    assert (region and region.name) == name


def test_pinyin_names_places() -> None:
    text = "Is there support in Shenzhen, shaanxi or Inner Mongolia?"
    found = find_romanized_mentions(text)
    assert [text[place.start : place.end] for place in found] == [p.name for p in found]
    assert [{region.name for region in place.readings} for place in found] == [
        {"深圳市"},
        {"陕西省"},
        {"内蒙古自治区"},
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Jilin Anhui and Yibin", ["Jilin", "Anhui", "Yibin"]),
        ("a dali painting by ali", []),  # four letters count with a capital only
        ("what support is there for charging stations", []),
        ("Hong Kong and macau", ["Hong Kong", "macau"]),
        ("", []),
    ],
)
def test_words_and_pinyin_are_told_apart(text: str, names: list[str]) -> None:
    assert [place.name for place in find_romanized_mentions(text)] == names

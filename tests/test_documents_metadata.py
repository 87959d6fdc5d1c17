"""Metadata: the samples against hand-written golden files, and each rule by itself."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from documents.metadata import read_kind, read_metadata
from documents.parsing import parse, parse_text
from documents.schema import write_metadata
from documents.types import Metadata, Reference

GOLDEN = Path(__file__).parent / "golden"
NAMES = sorted(path.name.removesuffix(".metadata.json") for path in GOLDEN.glob("*.metadata.json"))


def test_every_sample_has_a_golden_file(samples: Path) -> None:
    assert sorted(path.stem for path in samples.glob("*.txt")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_metadata_of_a_sample(name: str, samples: Path) -> None:
    expected = json.loads((GOLDEN / f"{name}.metadata.json").read_text("utf-8"))
    assert write_metadata(parse(samples / f"{name}.txt").metadata) == expected


def test_a_text_that_says_nothing_of_itself_has_no_metadata() -> None:
    assert read_metadata("各市要重视。", "一、甲", "") == Metadata()
    assert read_metadata("", "", "") == Metadata()


# --- title ----------------------------------------------------------------------------------------

TITLE = "安徽省人民政府关于促进汽车产业发展的指导意见"


@pytest.mark.parametrize(
    "front",
    [
        TITLE,
        "安徽省人民政府\n关于促进汽车产业发展的指导意见",
        "安徽省人民政府关于\n促进汽车产业发展的\n指导意见",
        "安徽省人民政府关于促进 汽车产业发展的指导意见",
        f"《{TITLE}》",
        f"皖政〔2023〕5号{TITLE}",
        f"皖政〔2023〕5号《{TITLE}》\n{TITLE}\n皖政〔2023〕5号",
        f"{TITLE}\n各市人民政府：\n经研究，提出意见。",
        f"近日，省政府印发意见。\n{TITLE}\n为了甲，提出意见。",
    ],
)
def test_a_title_is_found(front: str) -> None:
    metadata = read_metadata(front, "", "")
    assert (metadata.title, metadata.notice) == (TITLE, None)
    assert metadata.authorities == ("安徽省人民政府",)


def test_a_book_title_inside_a_title_keeps_its_marks() -> None:
    title = "《安徽省汽车产业促进条例》政策解读"
    assert read_metadata(title, "", "").title == title


NOTICE = "合肥市人民政府办公室关于印发合肥市充电设施管理办法的通知"


def test_a_notice_that_transmits_an_act_is_not_the_title() -> None:
    front = f"{NOTICE}\n合政办〔2024〕3号\n现印发给你们。\n合肥市充电设施管理办法"
    metadata = read_metadata(front, "", "")
    assert metadata.title == "合肥市充电设施管理办法"
    assert metadata.notice == NOTICE
    assert metadata.authorities == ("合肥市人民政府办公室",)
    assert metadata.kind == "管理办法"


def test_the_index_table_says_that_the_title_was_not_transmitted() -> None:
    front = f"标题：{TITLE}\n{NOTICE}\n\n{TITLE}"
    assert read_metadata(front, "", "").notice is None


def test_the_stated_title_wins_over_those_of_annexes() -> None:
    front = f"标题：{TITLE}\n{TITLE}\n各市：\n附件\n关于汽车产业情况的报告\n现报告如下。"
    assert read_metadata(front, "", "").title == TITLE


def test_the_stated_title_counts_where_the_text_has_none() -> None:
    front = f"标题：{TITLE}\n各市人民政府：\n提出如下意见。"
    assert read_metadata(front, "", "").title == TITLE


def test_a_stated_notice_transmits_the_act_below_it() -> None:
    front = (
        f"标题：{NOTICE}\n现印发给你们。\n\n合肥市充电设施管理办法\n目　录\n1　总则\n1.2　工作报告"
    )
    metadata = read_metadata(front, "", "")
    assert (metadata.title, metadata.notice) == ("合肥市充电设施管理办法", NOTICE)


def test_a_notice_alone_is_the_title() -> None:
    metadata = read_metadata(NOTICE, "一、甲", "")
    assert (metadata.title, metadata.notice, metadata.kind) == (NOTICE, None, "通知")


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("关于促进汽车产业发展的指导意见", "指导意见"),
        ("关于促进汽车产业发展的意见", "意见"),
        ("關於促進汽車產業發展的實施意見", "实施意见"),
        ("充电设施管理办法（试行）", "管理办法"),
        ("充电设施管理办法(2024年修订)", "管理办法"),
        ("新能源汽车行动方案", "行动方案"),
        ("《行动方案》政策解读", "解读"),
        ("汽车产业促进条例", "条例"),
        ("中华人民共和国公司法", "法"),
        ("总体要求", None),
        ("", None),
    ],
)
def test_the_kind_is_the_last_word_of_the_title(title: str, kind: str | None) -> None:
    assert read_kind(title) == kind


# --- 文号 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("皖政办秘〔2023〕55号", "皖政办秘〔2023〕55号"),
        ("皖政办秘[2023]55号", "皖政办秘[2023]55号"),
        ("皖政办秘(2023)55号", "皖政办秘(2023)55号"),
        ("皖政办秘（2023）55号", "皖政办秘（2023）55号"),
        ("皖政办秘【2023】55号", "皖政办秘【2023】55号"),
        ("皖政办秘 〔2023〕 55 号", "皖政办秘〔2023〕55号"),
        ("皖政办秘〔2023〕第55号", "皖政办秘〔2023〕第55号"),
        ("吉政发〔〕2号", "吉政发〔〕2号"),  # damaged: as found
        ("安徽省人民政府令第300号", "安徽省人民政府令第300号"),
    ],
)
def test_a_number_on_its_own_line(line: str, number: str) -> None:
    assert read_metadata(f"{TITLE}\n{line}\n各市：", "", "").number == number


def test_a_number_from_the_index_table() -> None:
    front = f"发文字号:\t皖政(2023)5号\t发布日期:\t2023年12月4日\n{TITLE}"
    assert read_metadata(front, "", "").number == "皖政(2023)5号"


def test_the_spelling_of_the_text_wins_over_the_index_table() -> None:
    front = f"发文字号:\t皖政(2023)5号\n{TITLE}\n皖政〔2023〕5号"
    assert read_metadata(front, "", "").number == "皖政〔2023〕5号"


def test_a_number_inside_a_sentence_is_another_documents() -> None:
    front = f"{TITLE}\n根据《汽车产业规划》（国发〔2020〕39号）制定。"
    assert read_metadata(front, "", "").number is None


# --- authorities, region --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("front", "closing", "authorities"),
    [
        (f"发文机关:\t安徽省科技厅、安徽省财政厅\n{TITLE}", "", ("安徽省科技厅", "安徽省财政厅")),
        ("汽车产业发展意见", "安徽省科技厅\n2023年12月1日", ("安徽省科技厅",)),
        ("汽车产业发展意见", "安徽省科技厅 安徽省财政厅", ("安徽省科技厅", "安徽省财政厅")),
        ("安徽省科技厅、安徽省财政厅关于甲的意见", "", ("安徽省科技厅", "安徽省财政厅")),
        ("安徽省科技厅 安徽省财政厅关于甲的意见", "", ("安徽省科技厅", "安徽省财政厅")),
        ("安徽省科技厅\n安徽省财政厅\n关于甲的意见", "", ("安徽省科技厅", "安徽省财政厅")),
        ("合肥市人民政府印发《汽车产业发展意见》。\n汽车产业发展意见", "", ("合肥市人民政府",)),
        ("合肥市人民政府印发《另一意见》。\n汽车产业发展意见", "", ()),
        ("汽车产业发展意见", "", ()),
    ],
)
def test_authorities(front: str, closing: str, authorities: tuple[str, ...]) -> None:
    assert read_metadata(front, "", closing).authorities == authorities


@pytest.mark.parametrize(
    ("title", "region", "level"),
    [
        ("安徽省人民政府关于甲的意见", "安徽省", "省"),
        ("重庆市人民政府关于甲的意见", "重庆市", "省"),
        ("上海市甲管理办法", "上海市", "省"),
        ("内蒙古自治区人民政府关于甲的意见", "内蒙古自治区", "省"),
        ("合肥市人民政府关于甲的意见", "合肥市", "市"),
        ("延边朝鲜族自治州人民政府关于甲的意见", "延边朝鲜族自治州", "市"),
        ("肥西县人民政府关于甲的意见", "肥西县", "县"),
        ("國務院關於甲的意見", None, "国家"),
        ("国务院关于甲的意见", None, "国家"),
        ("工业和信息化部关于甲的意见", None, "国家"),
        ("中华人民共和国公司法", None, "国家"),
        ("汽车产业发展意见", None, None),
    ],
)
def test_region_and_level(title: str, region: str | None, level: str | None) -> None:
    metadata = read_metadata(title, "", "")
    assert (metadata.region, metadata.level) == (region, level)


def test_a_title_of_nothing_but_office_endings_is_read_at_once() -> None:
    assert read_metadata("部" * 80 + "通知", "", "").title == "部" * 80 + "通知"


# --- dates ----------------------------------------------------------------------------------------

ISSUED = date(2024, 5, 22)
SIGNED = "安徽省人民政府\n2024年5月22日"


@pytest.mark.parametrize(
    "line",
    [
        "2024年5月22日",
        "2024年05月22日",
        "2024 年 5 月 22 日",
        "二〇二四年五月二十二日",
        "2024-05-22",
    ],
)
def test_the_date_of_signing(line: str) -> None:
    assert read_metadata(TITLE, "", f"安徽省人民政府\n{line}").written == ISSUED


def test_labelled_dates() -> None:
    front = f"成文日期:\t2024年05月22日\n发布日期:\t2024年05月24日\n施行日期：2024-07-01\n{TITLE}"
    metadata = read_metadata(front, "", "")
    assert (metadata.written, metadata.published) == (ISSUED, date(2024, 5, 24))
    assert metadata.effective == date(2024, 7, 1)


@pytest.mark.parametrize(
    "line",
    [
        "成文日期：2024年5月22日 发布日期：2024年5月24日",
        "来源：新华社 成文日期：2024-05-22　发布时间：2024-05-24 字号：大 中 小",
        "成 文 日 期：2024年5月22日\t发 布 日 期：2024年5月24日",
        "成文日期\t2024年5月22日\t发布日期\t2024年5月24日",
        "施行日期：\t成文日期：2024年5月22日\t\t发布日期：\t2024年5月24日",
    ],
)
def test_facts_of_one_line(line: str) -> None:
    metadata = read_metadata(f"{line}\n{TITLE}", "", "")
    assert (metadata.written, metadata.published) == (ISSUED, date(2024, 5, 24))
    assert metadata.effective is None


def test_a_label_without_a_value_takes_no_other_label() -> None:
    front = f"文号\t发文机关\t安徽省科技厅\n{TITLE}\n标题：\t文号：皖政〔2023〕5号"
    metadata = read_metadata(front, "", "")
    assert (metadata.title, metadata.number) == (TITLE, "皖政〔2023〕5号")
    assert metadata.authorities == ("安徽省科技厅",)


def test_a_date_that_no_calendar_has_is_unknown() -> None:
    assert read_metadata(TITLE, "", "2024年13月45日").written is None


@pytest.mark.parametrize(
    ("sentence", "effective", "expires"),
    [
        ("本办法有效期3年。", None, date(2027, 5, 22)),
        ("本办法有效期 3 年，自印发之日起执行。", ISSUED, date(2027, 5, 22)),
        ("本办法有效期为三年。", None, date(2027, 5, 22)),
        ("本办法有效期至2027年5月22日。", None, date(2027, 5, 22)),
        ("有效期限到2027年5月22日", None, date(2027, 5, 22)),
        ("本办法自2024年1月1日起施行。", date(2024, 1, 1), None),
        ("本办法自2024年7月1日起施行，有效期2年。", date(2024, 7, 1), date(2026, 7, 1)),
        ("本办法自印发之日起施行。", ISSUED, None),
        ("本办法自发布之日起实施。", ISSUED, None),
        ("自公布之日起生效", ISSUED, None),
        ("企业自获证之日起满3年。", None, None),
        ("各市要抓好落实。", None, None),
    ],
)
def test_validity(sentence: str, effective: date | None, expires: date | None) -> None:
    metadata = read_metadata(TITLE, "一、甲", f"{sentence}\n{SIGNED}")
    assert (metadata.effective, metadata.expires) == (effective, expires)


def test_years_from_a_leap_day_end_on_the_last_of_february() -> None:
    closing = "本办法有效期1年。\n2024年2月29日"
    assert read_metadata(TITLE, "", closing).expires == date(2025, 2, 28)


def test_years_without_a_first_day_end_nowhere() -> None:
    assert read_metadata(TITLE, "", "本办法有效期3年，自印发之日起执行。").expires is None


# --- relations ------------------------------------------------------------------------------------

OLD = Reference("充电设施管理办法", "皖政〔2019〕41号")


@pytest.mark.parametrize(
    ("sentence", "group", "reference"),
    [
        ("《充电设施管理办法》（皖政〔2019〕41号）同时废止。", "repeals", OLD),
        ("《充电设施管理办法》(皖政〔2019〕41 号)同时废止。", "repeals", OLD),
        ("《充电设施管理办法》自行失效。", "repeals", Reference(OLD.title, None)),
        ("废止《充电设施管理办法》（皖政〔2019〕41号）。", "repeals", OLD),
        ("对《充电设施管理办法》停止执行。", "repeals", Reference(OLD.title, None)),
        ("决定修改《充电设施管理办法》（皖政〔2019〕41号）。", "amends", OLD),
        ("为贯彻落实《充电设施管理办法》（皖政〔2019〕41号），制定。", "implements", OLD),
        ("根据《充电设施管理办法》，制定。", "cites", Reference(OLD.title, None)),
        ("符合《充电设施管理办法》的企业", "cites", Reference(OLD.title, None)),
    ],
)
def test_relations(sentence: str, group: str, reference: Reference) -> None:
    metadata = read_metadata(TITLE, f"一、甲\n{sentence}", "")
    groups = {
        name: getattr(metadata, name)
        for name in ("repeals", "amends", "implements", "explains", "cites")
    }
    assert groups == {name: (reference,) if name == group else () for name in groups}


def test_an_explanation_explains_the_document_in_its_title() -> None:
    front = "《充电设施管理办法》政策解读\n近日，印发了《充电设施管理办法》（皖政〔2019〕41号）。"
    metadata = read_metadata(front, "", "")
    assert metadata.explains == (OLD,)
    assert metadata.cites == ()
    assert metadata.number is None


def test_a_document_does_not_cite_itself() -> None:
    front = f"{NOTICE}\n《合肥市充电设施管理办法》已经同意。\n合肥市充电设施管理办法"
    assert read_metadata(front, "", "").cites == ()


def test_a_short_name_is_no_other_document() -> None:
    body = "一、根据《充电设施管理办法》（皖政〔2019〕41号，以下简称《办法》），制定。"
    assert read_metadata(TITLE, body, "").cites == (OLD,)


def test_a_document_named_twice_is_listed_once_with_its_number() -> None:
    body = "符合《充电设施管理办法》。按《充电设施管理办法》（皖政〔2019〕41号）执行。"
    assert read_metadata(TITLE, body, "").cites == (OLD,)


def test_a_repealed_document_is_not_also_cited() -> None:
    body = "符合《充电设施管理办法》的企业。"
    closing = "《充电设施管理办法》（皖政〔2019〕41号）同时废止。"
    metadata = read_metadata(TITLE, body, closing)
    assert (metadata.repeals, metadata.cites) == ((OLD,), ())


def test_validity_of_other_things_is_not_the_documents_own() -> None:
    text = (
        "某某市人民政府关于促进就业的办法\n\n一、证书。高新技术企业证书有效期为三年。\n"
        "二、依据。《民法典》自2021年1月1日起施行，应当遵守。\n\n某某市人民政府\n2024年3月1日\n"
    )
    metadata = parse_text(text, "d").metadata
    assert (metadata.effective, metadata.expires) == (None, None)


def test_own_validity_may_take_two_sentences() -> None:
    text = "某某办法\n第一条 为了就业。\n第二条 本办法自2024年3月1日起施行。有效期五年。\n"
    metadata = parse_text(text, "d").metadata
    assert (metadata.effective, metadata.expires) == (date(2024, 3, 1), date(2029, 3, 1))


def test_a_validity_beyond_the_calendar_is_unknown() -> None:
    text = "某某办法\n第一条 本办法自9990年1月1日起施行，有效期99年。\n"
    assert parse_text(text, "d").metadata.expires is None


def test_signature_and_date_on_one_line_before_a_colophon() -> None:
    text = (
        "关于促进就业的通知\n一、促进就业。支持企业招聘。\n二、落实责任。压实责任。\n"
        "长春市财政局 2025年4月30日\n抄送：市委办公室\n"
    )
    document = parse_text(text, "d")
    assert document.clauses[-1].path == "尾"
    assert document.metadata.written == date(2025, 4, 30)
    assert document.metadata.authorities == ("长春市财政局",)


def test_a_project_office_is_no_ministry() -> None:
    metadata = parse_text("西部大开发项目部关于用工的通知\n一、用工。\n", "d").metadata
    assert metadata.level is None


@pytest.mark.parametrize(
    ("text", "effective", "expires"),
    [
        # the term of a certificate is not the document's
        (
            "某市办法\n第一条 符合本办法规定的，发给证书，有效期3年。\n第二条 本办法自2024年1月1日起施行。",
            date(2024, 1, 1),
            None,
        ),
        (
            "某市办法\n第一条 甲。\n第二条 本办法自2024年1月1日起施行，有效期三年。",
            date(2024, 1, 1),
            date(2027, 1, 1),
        ),
        (
            "某市办法\n第一条 本办法自2024年1月1日起实施，至2026年12月31日止。",
            date(2024, 1, 1),
            date(2026, 12, 31),
        ),
        # said by the decree above
        ("现予公布，自2024年5月1日起施行。\n某市条例\n第一条 甲。", date(2024, 5, 1), None),
        (
            "某市办法\n第一条 本办法自发布之日起30日后施行。\n某市人民政府\n2024年1月1日",
            date(2024, 1, 31),
            None,
        ),
    ],
)
def test_when_a_document_holds(text: str, effective: date, expires: date | None) -> None:
    metadata = parse_text(text, "d").metadata
    assert (metadata.effective, metadata.expires) == (effective, expires)


@pytest.mark.parametrize("named", ["不得废止《丙制度》。", "《丙制度》失效的，按有关规定办理。"])
def test_what_is_not_repealed(named: str) -> None:
    assert parse_text(f"某市办法\n第一条 {named}", "d").metadata.repeals == ()


def test_an_entry_of_the_contents_is_no_title() -> None:
    text = "杭州市方案\n目录\n一、总体要求\n二、保障措施\n一、总体要求\n甲。\n二、保障措施\n乙。"
    assert parse_text(text, "d").metadata.title == "杭州市方案"

"""The library view: what is listed, filtered and sorted, and what a keeper is offered."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import get_args

import pytest
from fastapi.testclient import TestClient

from documents.library import find_original
from documents.names import SUFFIXES
from documents.types import Correction, Document, Metadata, Outcome
from index.types import Filters
from qa.web.application import create_web_app
from qa.web.reading.library_texts import LIBRARY_TEXTS, LibraryTexts
from qa.web.reading.library_view import ACCEPTED, PAGE, Query, render_library, select
from qa.web.reading.pages import read_query
from qa.web.reading.shelf import Shelves, arrange
from qa.web.startup import Assistant
from qa.web.texts import CHINESE, ENGLISH, Texts
from tests.web_keeping import Keeping, open_keeper
from tests.web_library import HOSTILE, OPINION, PLAN, StubIndex, build_document
from tests.web_reader import Reader

DAY = date(2026, 1, 1)
LIBRARY = StubIndex().documents


def build(name: str, title: str, year: int | None = None, region: str = "吉林省") -> Document:
    written = date(year, 1, 1) if year else None
    metadata = Metadata(title, written=written, region=region, level="省", kind="意见")
    return build_document(name, metadata, [(1, "clause", "1.", None, "1. 文\n")])


def shelve(*documents: Document) -> dict[str, Document]:
    return {document.id: document for document in documents}


def show(
    documents: dict[str, Document] | None = None,
    query: Query = Query(),  # noqa: B008
    texts: Texts = CHINESE,
    *,
    editable: bool = False,
) -> str:
    shelf = arrange(documents if documents is not None else dict(LIBRARY), DAY)
    listing = select(shelf, query, DAY)
    return render_library(listing, query, shelf.statuses, texts, editable=editable)


def names(html: str) -> list[str]:
    return re.findall(r'<a class="source"[^>]*>([^<]*)</a>', html)


# ---- what is listed ------------------------------------------------------------------------------


def test_every_document_is_listed_with_what_tells_it_from_others() -> None:
    html = show()
    reader = Reader(html)
    for expected in (
        "共 2 份文件",
        "吉政办发〔2024〕9号",
        "吉林省人民政府办公厅",
        "2024年5月22日",
        "现行有效",
        "有效期至 2099年5月22日",
        "缺损 1",
    ):
        assert expected in reader.text
    assert reader.links == [f"documents/{PLAN}", f"documents/{OPINION}"]
    assert not {"img", "script"} & set(reader.tags)
    assert HOSTILE in reader.text
    assert "库中还没有文件" in show({})


def test_titles_are_sorted_by_pinyin_and_days_with_the_undated_last() -> None:
    documents = shelve(
        build("a", "中部办法"),
        build("b", "安徽办法", 2020),
        build("c", "重慶辦法", 2024),
        build("d", "《北京办法》解读", 2022),
    )
    orders = {
        "title": ["安徽办法", "《北京办法》解读", "中部办法", "重慶辦法"],
        "newest": ["重慶辦法", "《北京办法》解读", "安徽办法", "中部办法"],
        "oldest": ["安徽办法", "《北京办法》解读", "重慶辦法", "中部办法"],
    }
    for sort, expected in orders.items():
        html = show(documents, read_query({"sort": sort}))
        assert names(html) == expected
        assert html.count("aria-sort") == 1
    assert names(show(documents, read_query({"sort": "<"}))) == orders["title"]


def test_words_and_filters_narrow_the_list_and_say_so() -> None:
    assert names(show(query=Query("行动 9号"))) == ["吉林省新能源汽车产业高质量发展行动方案"]
    html = show(query=Query(filters=Filters(status="unknown")))
    assert "符合条件 1 份，全库 2 份" in html and len(names(html)) == 1
    assert '<option value="unknown" selected>效力待核 (1)</option>' in html
    assert '<span class="summary-note active">1</span>' in html
    nothing = show(query=Query("没有的词"))
    assert "没有符合条件的文件" in nothing and "<table" not in nothing


def test_a_facet_counts_what_choosing_it_would_bring_and_keeps_what_is_chosen() -> None:
    documents = shelve(
        build("a", "甲"), build("b", "乙", region="安徽省"), build("c", "丙", region="安徽省")
    )
    html = show(documents, Query("甲", Filters(region="安徽省")))
    assert '<option lang="zh-CN" value="安徽省" selected>安徽省 (0)</option>' in html
    assert '<option lang="zh-CN" value="吉林省">吉林省 (1)</option>' in html


def test_a_long_list_comes_in_pages() -> None:
    documents = shelve(*(build(f"d{n:03}", f"办法{n:03}") for n in range(2 * PAGE + 1)))
    first = show(documents)
    assert len(names(first)) == PAGE and f"第 1–{PAGE} 份" in first
    assert f'data-offset="{PAGE}"' in first and "disabled>上一页" in first
    last = show(documents, Query(offset=10**6))
    assert names(last) == [f"办法{2 * PAGE:03}"] and "disabled>下一页" in last
    assert "paging" not in show()


def test_corrected_documents_are_marked() -> None:
    document = dataclasses.replace(build("a", "甲"), corrections=(Correction("title", "乙", "甲"),))
    assert '<span class="badge">已更正</span>' in show(shelve(document))
    assert "badge" not in show(shelve(build("a", "甲")))


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [({"from": "2024"}, "2024"), ({"status": "gone"}, "status"), ({"region": "乌有"}, "乌有")],
)
def test_a_query_that_cannot_be_is_refused_with_the_reason(
    fields: dict[str, str], wrong: str
) -> None:
    with pytest.raises(ValueError, match=wrong):
        read_query(fields)


def test_what_is_empty_or_nonsense_in_an_address_asks_for_nothing() -> None:
    assert read_query({"q": "", "region": "", "from": "", "offset": "-5"}) == Query()
    assert read_query({"offset": "9" * 30, "sort": "x"}) == Query()


# ---- what is offered -----------------------------------------------------------------------------


def test_who_may_not_edit_is_told_so_and_offered_nothing() -> None:
    html = show()
    assert "请联系管理员" in html
    assert not {"dialog"} & set(Reader(html).tags)
    assert 'type="file"' not in html and 'button class="remove"' not in html


def test_a_keeper_can_add_what_the_library_takes_and_remove_each_document() -> None:
    html = show(editable=True)
    assert set(ACCEPTED) == {*SUFFIXES, ".zip"}
    assert f'accept="{",".join(ACCEPTED)}"' in html
    assert "请联系管理员" not in html
    found = re.findall(r'class="remove" data-document="([^"]*)" data-title="([^"]*)"', html)
    assert [name for name, _ in found] == [PLAN, OPINION]
    assert "&lt;img" in found[1][1]
    assert html.count("<dialog") == 1


def test_english_says_it_in_english() -> None:
    html = show(texts=ENGLISH, editable=True)
    text = Reader(re.sub(r'<[^>]* lang="zh-CN"[^>]*>[^<]*', "", html)).text
    assert "22 May 2024" in text and "Applies in" in text
    assert not re.search("[\u4e00-\u9fff]", text)
    assert 'data-api="../api/v1/"' in html


def test_both_languages_say_everything() -> None:
    for field in dataclasses.fields(LibraryTexts):
        chinese, english = (getattr(words, field.name) for words in LIBRARY_TEXTS.values())
        if isinstance(chinese, str):
            chinese, english = {"": chinese}, {"": english}
        assert set(chinese) == set(english), field.name
        assert all(chinese.values()) and all(english.values())
        assert not re.search("[\u4e00-\u9fff]", "".join(english.values())), field.name
        for name, text in chinese.items():
            assert text.count("{}") == english[name].count("{}"), (field.name, name)


def test_every_text_that_the_scripts_ask_for_is_there() -> None:
    static = Path(__file__).parent.parent / "qa" / "web" / "static"
    scripts = "".join(
        (static / f"{name}.js").read_text(encoding="utf-8")
        for name in ("library", "adding", "work")
    )
    asked = set(re.findall(r"\btexts\.(\w+)", scripts))
    outcomes = {f"outcome{outcome.capitalize()}" for outcome in get_args(Outcome)}
    states = {"queued", "done", "failed", "cancelled"}
    stages = {"add", "read", "model", "encode", "open"}
    assert asked and asked | outcomes | states | stages <= set(LIBRARY_TEXTS["zh"].script)


def test_a_shelf_is_arranged_once_an_index_and_day() -> None:
    shelves = Shelves()
    index = StubIndex()
    first = shelves.get(index, DAY)
    assert shelves.get(index, DAY) is first
    assert shelves.get(index, date(2100, 1, 1)).statuses[PLAN] == "expired"
    assert shelves.get(dataclasses.replace(index, fingerprint="other"), DAY) is not first


# ---- the routes ----------------------------------------------------------------------------------


@pytest.fixture
def client(home: Path) -> Iterator[TestClient]:
    app = create_web_app(open_keeper, jobs=Keeping().make_jobs(), find_original=find_original)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield client


def test_the_view_is_served_in_both_languages_and_keeps_to_its_query(client: TestClient) -> None:
    html = client.get("/library", params={"q": "吉林", "kind": "意见"}).text
    assert len(names(html)) == 1 and "符合条件 1 份，全库 5 份" in html
    assert "Matching: 1 of 5" in client.get("/en/library", params={"q": "安徽"}).text
    refused = client.get("/en/library", params={"from": "x"})
    assert refused.status_code == 422 and "not a date" in refused.text


def test_a_document_of_the_library_offers_its_original(client: TestClient) -> None:
    [name] = re.findall(r'documents/(jilin-auto[^"]*)"', client.get("/library").text)
    page = client.get(f"/documents/{name}").text
    assert f"api/v1/documents/{name}/original" in page and "<dialog" in page
    assert re.search(r"<title>吉林省[^<]* · 政策问答</title>", page)
    assert (
        client.get(f"/api/v1/documents/{name}/original").content == find_original(name).read_bytes()
    )
    missing = client.get("/en/documents/none")
    assert missing.status_code == 404 and "no such document" in missing.text


def test_without_an_assistant_the_view_says_why() -> None:
    def fail() -> Assistant:
        raise RuntimeError("索引不在\nthe index is missing")

    with TestClient(create_web_app(fail)) as client:
        response = client.get("/en/library")
    assert response.status_code == 503 and "the index is missing" in response.text

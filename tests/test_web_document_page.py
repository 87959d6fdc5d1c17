"""The document page: its outline, links to clauses, relations, audit, and what can be corrected."""

from __future__ import annotations

import dataclasses
import re
from datetime import date
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents import cleaning, corrections
from documents.reports import find_doubts
from documents.types import (
    Audit,
    Characters,
    Correction,
    Document,
    Gap,
    Metadata,
    Reference,
    Removal,
    Status,
)
from documents.validity import compute_statuses, link, refers_to
from qa.web.places import Place, digest, make_link
from qa.web.reading.audit_view import EXAMPLES, count_oddities, find_clause, render_audit
from qa.web.reading.body import render_body
from qa.web.reading.correction_form import render_form
from qa.web.reading.document_texts import CHINESE as WORDS
from qa.web.reading.document_texts import DOCUMENT_TEXTS, DocumentTexts
from qa.web.reading.head import Offer, render_facts, render_head
from qa.web.reading.outline import OUTLINE_ENTRIES, choose_depth, make_tree, render_outline
from qa.web.reading.pane import render_pane
from qa.web.reading.relations import (
    RELATION_KINDS,
    Relation,
    collect_mentions,
    find_mentions,
    relate,
)
from qa.web.reading.relations_view import RELATIONS_SHOWN, render_relations
from qa.web.texts import CHINESE, ENGLISH, TEXTS, Texts
from tests.conftest import with_body
from tests.web_library import HOSTILE, OPINION, PLAN, Line, StubIndex, build_document
from tests.web_reader import Reader

LIBRARY = StubIndex().documents
DAY = date(2026, 1, 1)


class Nesting(HTMLParser):
    """For every link of an outline, the links of the entries that it lies in, outermost first."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.above: dict[str, tuple[str, ...]] = {}
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "li":
            self._open.append("")
        elif tag == "a":
            address = dict(attrs)["href"] or ""
            self._open[-1] = address
            self.above[address] = tuple(self._open[:-1])

    def handle_endtag(self, tag: str) -> None:
        if tag == "li":
            self._open.pop()


# ---- outline -------------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 4), min_size=1, max_size=30))
def test_the_outline_nests_as_the_clauses_contain_each_other(levels: list[int]) -> None:
    lines: list[Line] = [
        (level, "clause", f"{n}.", None, f"{n}. 文\n") for n, level in enumerate(levels)
    ]
    document = build_document("x", Metadata(), lines)
    above = Nesting(render_outline(document, CHINESE)).above
    assert len(above) == len(document.clauses)
    for number, clause in enumerate(document.clauses):
        holding = tuple(
            f"#clause-{other}"
            for other, outer in enumerate(document.clauses[:number])
            if outer.start <= clause.start < outer.end
        )
        assert above[f"#clause-{number}"] == holding


def test_a_short_outline_is_open_and_a_long_one_begins_with_its_chapters() -> None:
    short = build_document(
        "x",
        Metadata(),
        [(1, "heading", "一、", None, "一、章\n"), (2, "clause", "1.", None, "1. 条\n")],
    )
    assert " hidden" not in render_outline(short, CHINESE)
    chapter: list[Line] = [(1, "heading", "一、", None, "一、章\n")]
    article: list[Line] = [(2, "clause", "1.", None, "1. 条\n")]
    long = build_document("x", Metadata(), [*chapter, *article * OUTLINE_ENTRIES])
    assert choose_depth(make_tree(long.clauses)) == 1
    html = render_outline(long, CHINESE)
    assert html.count(" hidden") == 1 and 'aria-expanded="false"' in html
    assert html.count("<a ") == OUTLINE_ENTRIES + 1


# ---- the text ------------------------------------------------------------------------------------


def test_every_numbered_clause_has_a_link_that_opens_it_and_adds_no_text() -> None:
    for document in LIBRARY.values():
        reader = Reader(render_body(document, CHINESE))
        numbered = [c for c in document.clauses if c.kind in ("clause", "heading")]
        assert reader.links == [make_link(document.id, Place(c.path)) for c in numbered]
        assert reader.text == document.clean


def test_damage_carries_its_kind_for_the_style_sheet() -> None:
    html = render_body(LIBRARY[PLAN], ENGLISH)
    assert 'class="defect defect-missing_number" data-kind="a number is missing"' in html


# ---- relations -----------------------------------------------------------------------------------

NAMES = st.sampled_from(["甲办法", "乙办法", "丙規定", "丙规定"])
NUMBERS = st.sampled_from([None, "甲〔2020〕1号", "甲[2020]1号", "乙〔〕2号", "丙〔2021〕3号"])
REFERENCES = st.builds(Reference, st.none() | NAMES, NUMBERS)


@st.composite
def libraries(draw: st.DrawFn) -> dict[str, Document]:
    found = []
    for name in draw(st.lists(st.sampled_from("abcdef"), unique=True, min_size=1)):
        references = {
            kind: tuple(draw(st.lists(REFERENCES, max_size=2))) for kind in RELATION_KINDS
        }
        metadata = Metadata(
            title=draw(NAMES),
            notice=draw(st.none() | NAMES),
            number=draw(NUMBERS),
            repeals=references["repeals"],
            amends=references["amends"],
            implements=references["implements"],
            explains=references["explains"],
            cites=references["cites"],
        )
        found.append(build_document(name, metadata, [(1, "clause", "1.", None, "1. 文\n")]))
    return {document.id: document for document in link(found)}


@given(libraries())
def test_what_others_say_of_a_document_is_what_a_walk_through_all_finds(
    library: dict[str, Document],
) -> None:
    mentions = collect_mentions(library)
    for document in library.values():
        expected = [
            (kind, other)
            for kind in RELATION_KINDS
            for other in sorted(library)
            if other != document.id
            and any(refers_to(r, document) for r in getattr(library[other].metadata, kind))
        ]
        found = find_mentions(document, mentions)
        assert [(mention.kind, mention.source) for mention in found] == expected


def test_relations_are_shown_from_both_sides_with_number_and_status() -> None:
    old = build_document("old", Metadata("旧办法", number="甲〔2020〕1号"), [])
    new = build_document(
        "new",
        Metadata(
            "新办法",
            number="甲〔2024〕1号",
            written=date(2024, 1, 1),
            repeals=(Reference("旧办法", "甲〔2020〕1号"), Reference(None, "丁〔2019〕9号")),
        ),
        [],
    )
    library = {document.id: document for document in link([old, new])}
    statuses = compute_statuses(library.values(), library.values(), DAY)
    mentions = collect_mentions(library)
    stated = relate(library["new"], library, mentions, statuses)
    assert stated == (
        Relation("repeals", False, "旧办法", "甲〔2020〕1号", "old", "repealed"),
        Relation("repeals", False, None, "丁〔2019〕9号", None, None),
    )
    html = render_relations(stated, CHINESE)
    assert Reader(html).links == ["documents/old"]
    assert "废止" in html and "已废止" in html and "丁〔2019〕9号" in html and "不在库中" in html
    told = relate(library["old"], library, mentions, statuses)
    assert told == (Relation("repeals", True, "新办法", "甲〔2024〕1号", "new", "in_force"),)
    assert "Repealed by" in render_relations(told, ENGLISH)
    assert render_relations((), CHINESE) == ""


def test_a_law_that_hundreds_cite_shows_a_few_and_folds_the_others() -> None:
    many = [Relation("cites", True, f"办法{n}", None, f"d{n}", "unknown") for n in range(100)]
    html = render_relations(many, CHINESE)
    assert f"其余 {100 - RELATIONS_SHOWN} 份" in html and len(Reader(html).links) == 100


# ---- audit ---------------------------------------------------------------------------------------


def audited(**changes: object) -> Document:
    plan = LIBRARY[PLAN]
    return with_body(plan, audit=dataclasses.replace(plan.audit, **changes))


def test_the_audit_says_where_every_character_went() -> None:
    dropped = tuple(Removal(n, n + 3, "pinyin", f"(p{n})") for n in range(40))
    text = Reader(
        render_audit(audited(characters=Characters(2000, 1700, 140, 160), dropped=dropped), CHINESE)
    ).text
    assert "原文 2,000 字，去向合计相符，没有遗漏" in text
    assert "条款 1,700 字" in text and "前言 140 字" in text and "清理 160 字" in text
    assert "括注拼音" in text and "40 处，共" in text and "(p0)" in text
    assert text.count("(p") <= 3 * EXAMPLES


def test_characters_that_do_not_add_up_are_said_and_counted() -> None:
    document = audited(characters=Characters(2000, 1700, 140, 0))
    assert "对不上" in render_audit(document, CHINESE)
    assert count_oddities(document) == count_oddities(LIBRARY[PLAN]) + 1


def test_what_is_odd_leads_to_its_place() -> None:
    document = audited(
        gaps=(Gap("一/（二）/4", "3", "4"),), duplicates=("二",), overlong=("二/（一）",)
    )
    html = render_audit(document, CHINESE)
    links = Reader(html).links
    defect = next(d for c in document.clauses for d in c.defects)
    assert links == [
        make_link(PLAN, Place("一/（二）/3", defect.start, defect.end)),
        *(make_link(PLAN, Place(path)) for path in ("一/（二）/4", "二", "二/（一）")),
    ]
    assert "应为 3，实为 4" in html and "数字缺失" in html
    assert f'data-at="{defect.start}"' in html and f'data-at="{defect.start}"' in render_body(
        document, CHINESE
    )
    assert "4 处待核" in html


def test_a_sound_document_is_said_to_be_one() -> None:
    lines: list[Line] = [(1, "clause", "1.", None, "1. 文\n"), (0, "closing", None, None, "尾\n")]
    sound = build_document("x", Metadata("题", number="甲〔2020〕1号"), lines)
    html = render_audit(sound, ENGLISH)
    assert "nothing unusual" in html and "No number is skipped" in html


def test_doubts_are_told_in_words() -> None:
    empty = build_document("x", Metadata(), [])
    text = Reader(render_audit(empty, CHINESE)).text
    assert len(find_doubts(empty)) == 4
    assert all(WORDS.doubt[name] in text for name in find_doubts(empty))


def test_the_innermost_clause_holds_a_place() -> None:
    clauses = LIBRARY[PLAN].clauses
    inner = next(clause for clause in clauses if clause.path == "一/（二）/3")
    assert find_clause(clauses, inner.start + 3) == inner
    assert find_clause((), 0) is None


# ---- what is offered -----------------------------------------------------------------------------


def test_an_original_is_offered_only_where_it_can_be_had() -> None:
    document = LIBRARY[PLAN]
    assert "/original" not in render_head(document, "in_force", CHINESE)
    html = render_head(document, "in_force", CHINESE, Offer(original=True))
    assert f"api/v1/documents/{PLAN}/original" in Reader(html).links
    english = render_head(document, "in_force", ENGLISH, Offer(original=True))
    assert f"../api/v1/documents/{PLAN}/original" in Reader(english).links


@pytest.mark.parametrize("texts", TEXTS.values(), ids=TEXTS)
def test_the_facts_are_all_there(texts: Texts) -> None:
    text = Reader(render_facts(LIBRARY[PLAN], texts)).text
    days = (
        ("2024年5月24日", "2099年5月22日") if texts is CHINESE else ("24 May 2024", "22 May 2099")
    )
    for expected in ("吉林省人民政府办公厅", "吉林省", "行动方案", "关于印发", *days):
        assert expected in text


def corrected() -> Document:
    plan = LIBRARY[PLAN]
    return dataclasses.replace(
        plan,
        corrections=(
            Correction("number", HOSTILE, "吉政办发〔2024〕9号"),
            Correction("expires", "2027-05-22", "2099-05-22"),
            Correction("notice", "旧通知", None),
        ),
        metadata=dataclasses.replace(plan.metadata, notice=None),
    )


def test_a_correction_says_what_the_source_has_and_how_to_withdraw_it() -> None:
    html = render_facts(corrected(), CHINESE, Offer(editable=True))
    text = Reader(html).text
    assert f"已更正；原文：{HOSTILE}" in text
    assert "已更正；原文：2027年5月22日" in text
    assert "未载明已更正；原文：旧通知" in text
    assert re.findall(r'class="withdraw" data-field="(\w+)"', html) == [
        "number",
        "expires",
        "notice",
    ]


def test_who_may_not_edit_sees_corrections_but_no_way_to_change_them() -> None:
    html = render_facts(corrected(), CHINESE)
    assert "已更正" in html
    assert "withdraw" not in html and "<form" not in html and "<button" not in html


def test_the_form_has_every_field_that_can_be_corrected_with_its_value() -> None:
    html = render_form(LIBRARY[PLAN], CHINESE)
    names = re.findall(r'<(?:input|textarea|select)[^>]* name="(\w+)"', html)
    assert sorted(names) == sorted(corrections.FIELDS)
    assert 'name="written" value="2024-05-22" data-found="2024-05-22"' in html
    assert '<option value="省" selected>' in html


def test_hostile_metadata_stays_in_its_place() -> None:
    hostile = f"\"'>{HOSTILE}</textarea></dialog>"
    metadata = dataclasses.replace(
        LIBRARY[OPINION].metadata,
        number=hostile,
        authorities=(hostile,),
        region=hostile,
        kind=hostile,
        notice=hostile,
        cites=(Reference(hostile, hostile, hostile),),
    )
    audit = Audit(
        Characters(1, 0, 0, 1),
        (Removal(0, 1, hostile, hostile),),
        (Gap(hostile, hostile, hostile),),
        (hostile,),
    )
    document = dataclasses.replace(
        with_body(LIBRARY[OPINION], audit=audit),
        id=hostile,
        metadata=metadata,
        corrections=(Correction("kind", hostile, hostile),),
    )
    relations = (Relation("cites", True, hostile, hostile, hostile, "unknown"),)
    for texts in TEXTS.values():
        html = render_pane(
            document,
            "unknown",
            texts,
            relations=relations,
            offer=Offer(editable=True, original=True),
        )
        reader = Reader(html)
        assert not {"img", "script"} & set(reader.tags)
        assert reader.tags.count("dialog") == reader.tags.count("textarea") == 1
        assert all(link.startswith(("#", "documents/", "api/", "../api/")) for link in reader.links)


def test_a_quote_that_is_not_there_any_more_is_told_and_nothing_else_is_marked() -> None:
    document = LIBRARY[PLAN]
    clause = document.clause("一/（二）/3")
    for quoted, told in ((document.clean[clause.start : clause.end], False), ("别的话", True)):
        place = Place("一/（二）/3", clause.start, clause.end, digest(quoted))
        html = render_pane(document, "in_force", CHINESE, place)
        assert ('class="quote"' in html, "已被更换" in html) == (not told, told)


# ---- texts ---------------------------------------------------------------------------------------


def test_what_parsing_can_report_has_words() -> None:
    reasons = {"furniture", *(reason for reason, _ in cleaning._STEPS)}
    statuses: tuple[Status, ...] = ("in_force",)
    for words in DOCUMENT_TEXTS.values():
        assert reasons <= set(words.reasons)
        assert set(words.fields) == set(corrections.FIELDS)
        assert set(words.doubt) == set(find_doubts(build_document("x", Metadata(), [])))
        assert set(words.stated) == set(words.told) == set(RELATION_KINDS)
    assert statuses[0] in CHINESE.statuses


def test_both_languages_say_everything_and_english_says_it_in_english() -> None:
    for field in dataclasses.fields(DocumentTexts):
        chinese, english = (getattr(words, field.name) for words in DOCUMENT_TEXTS.values())
        if isinstance(chinese, str):
            chinese, english = {"": chinese}, {"": english}
        assert set(chinese) == set(english), field.name
        assert all(chinese.values()) and all(english.values())
        assert not re.search("[\u4e00-\u9fff]", "".join(english.values())), field.name
        for name, text in chinese.items():
            assert text.count("{}") == english[name].count("{}"), (field.name, name)

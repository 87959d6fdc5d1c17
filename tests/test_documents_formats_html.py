"""Web pages: what is read, line by line, what is marked as the site's, and what is refused."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.errors import LoadError
from documents.formats.html import read_html
from documents.parsing import parse_source
from documents.types import Source


def read(body: str, head: str = "") -> Source:
    page = f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>"
    return read_html(page.encode(), where="page")


def lines(body: str) -> list[str]:
    """The lines of a page's text that are not blank."""
    return [line for line in read(body).text.split("\n") if line]


def parted(source: Source) -> tuple[list[str], list[str]]:
    """The lines that are kept, and those that are furniture."""
    kept, gone, position = "", "", 0
    for start, end in source.furniture:
        kept, gone = kept + source.text[position:start], gone + source.text[start:end]
        position = end
    kept += source.text[position:]
    return [s for s in kept.split("\n") if s], [s for s in gone.split("\n") if s]


# --- lines ----------------------------------------------------------------------------------------


def test_a_block_is_a_line_and_so_is_what_a_break_parts() -> None:
    source = read("<p>一、支持企业。</p><p>二、支持<br>人才。</p><div>结尾</div>")
    assert source.format == "html"
    assert source.text == "一、支持企业。\n二、支持\n人才。\n结尾\n"


def test_a_blank_line_stands_where_the_page_has_one_or_another_element_begins() -> None:
    source = read("<div><p>甲</p><p>乙</p><p><br></p><p>丙</p></div><div><p>丁<br><br>戊</p></div>")
    assert source.text == "甲\n乙\n\n丙\n\n丁\n\n戊\n"


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("<p><span>关于<b>印<i>发</i></b></span><span>办法</span>的通知</p>", "关于印发办法的通知"),
        ("<p>&ldquo;十四五&rdquo;&nbsp;A&amp;B &#x3002;&lt;p&gt;</p>", "“十四五”\u00a0A&B 。<p>"),
        ("<p>面积10m<sup>2</sup>、CO<sub>2</sub>[<a href=x>1</a>]</p>", "面积10m2、CO2[1]"),
        ("<p>促进新能源\n    汽车产业</p>", "促进新能源汽车产业"),
        ("<p>new\n  energy\t vehicles</p>", "new energy vehicles"),
        ("<p> \n 　　一、总则 &nbsp; </p>", "　　一、总则"),
        ("<p style='text-indent: 2em'>一、总则</p>", "　　一、总则"),
        ("<div style='text-indent:32px'><p><b>一</b>、总则</p></div>", "　　一、总则"),
        ("<p style='text-indent:2em'>　　一、总则</p>", "　　一、总则"),
        ("<p style='text-indent:0'>一、总则</p>", "一、总则"),
        ("<p>產業<ruby>關<rt>guān</rt></ruby></p>", "產業關(guān)"),
        ("<p>產業<ruby>關<rp>（</rp><rt>guān</rt><rp>）</rp></ruby></p>", "產業關(guān)"),
        ("<o:p>甲</o:p><ucap>乙</ucap>", "甲乙"),
        ("<p>甲<![if !supportLists]>1．<![endif]>乙</p>", "甲1．乙"),
        ("<p>甲\f乙\tc</p>", "甲 乙 c"),
    ],
)
def test_the_text_of_one_line(body: str, line: str) -> None:
    assert lines(body) == [line]


def test_only_the_first_line_of_an_indented_block_is_indented() -> None:
    assert lines("<p style='text-indent:2em'>甲<br>乙</p>") == ["　　甲", "乙"]


def test_preformatted_text_keeps_its_lines() -> None:
    assert lines("<pre>一、总则\n\n二、附则</pre><p>甲\n乙</p>") == ["一、总则", "二、附则", "甲乙"]


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>var a = '<p>甲</p>';</script>",
        "<style>p{color:red}</style>",
        "<template><p>甲</p></template>",
        "<noscript>甲</noscript>",
        "<p hidden>甲</p>",
        "<p style='color:red; display : none'>甲</p>",
        "<p style='visibility:hidden'><b>甲</b></p>",
        "<span style='font-size:0'>甲</span>",
        "<!-- <p>甲</p> -->",
        "<!--[if IE]>甲<![endif]-->",
        "<svg><title>甲</title><text>甲</text></svg>",
        "<iframe src=x>甲</iframe>",
        "<input value=甲><img alt=甲 src=x>",
    ],
)
def test_what_no_browser_shows_is_not_text(hidden: str) -> None:
    assert lines(f"<p>前{hidden}后</p>")[0][0] == "前"
    assert "甲" not in read(f"<div>前{hidden}后</div>").text
    assert "".join(lines(f"<div>前{hidden}后</div>")) == "前后"


def test_a_small_font_is_not_hidden() -> None:
    assert lines("<p style='font-size:0.9em'>甲</p>") == ["甲"]


def test_items_of_an_ordered_list_have_their_numbers() -> None:
    assert lines("<ol><li>甲</li><li><p>乙</p><p>丙</p></li></ol>") == ["1. 甲", "2. 乙", "丙"]
    assert lines("<ol start=5><li>甲<li value=8>乙<li>丙</ol>") == ["5. 甲", "8. 乙", "9. 丙"]


def test_items_with_numbers_of_their_own_get_no_second_one() -> None:
    assert lines("<ol><li>1．甲</li><li>（二）乙</li></ol>") == ["1．甲", "（二）乙"]
    assert lines("<ul><li>甲</li></ul><ol type=a><li>乙</li></ol>") == ["甲", "乙"]


# --- tables ---------------------------------------------------------------------------------------


def test_a_row_is_a_line_and_its_cells_are_parted_by_tabs() -> None:
    body = (
        "<p>见下表。</p><table><caption>表1</caption><thead><tr><th>序号<th>任务<th>单位</thead>"
        "<tr><td>1</td><td><p>建设</p>\n<p>充电　站</p></td><td>能源局<br>工信厅</td></tr>"
        "<tr><td>2</td><td></td><td>财政厅</td></tr></table><p>一、总则</p>"
    )
    assert lines(body) == [
        "见下表。",
        "表1",
        "序号\t任务\t单位",
        "1\t建设 充电 站\t能源局 工信厅",
        "2\t\t财政厅",
        "一、总则",
    ]


def test_a_cell_of_several_sentences_stays_in_its_row() -> None:
    rows = "".join(
        f"<tr><td>{n}</td><td><p>支持建设。</p><p>给予补助。</p></td><td>第{n}局</td></tr>"
        for n in range(1, 4)
    )
    assert lines(f"<table>{rows}</table>")[1] == "2\t支持建设。 给予补助。\t第2局"


def test_a_table_of_one_column_comes_out_as_paragraphs() -> None:
    body = (
        "<table><tr><td><p>一、甲。</p><p>二、乙。</p></td></tr><tr><td>三、丙。</td></tr></table>"
    )
    assert lines(body) == ["一、甲。", "二、乙。", "三、丙。"]


def test_a_table_that_sets_a_menu_beside_the_text_comes_out_as_paragraphs() -> None:
    body = (
        "<table><tr><td>首页<br>机构</td><td><p>一、支持企业创新。</p><p>二、支持人才发展。</p></td>"
        "</tr></table>"
    )
    assert lines(body) == ["首页", "机构", "一、支持企业创新。", "二、支持人才发展。"]


def test_tables_inside_tables_come_out_where_they_stand() -> None:
    body = (
        "<table><tr><td>左</td><td><p>一、甲。</p><table><tr><td>1</td><td>能源局</td></tr>"
        "<tr><td>2</td><td>财政厅</td></tr></table><p>二、乙。</p></td></tr></table>"
    )
    assert lines(body) == ["左", "一、甲。", "1\t能源局", "2\t财政厅", "二、乙。"]


def test_text_between_the_tags_of_a_table_is_not_lost() -> None:
    assert lines("<table>甲<tr>乙<td>丙</td><td>丁</td></tr></table><td>戊</td>") == [
        "甲",
        "乙\t丙\t丁",
        "戊",
    ]


INDEX = (
    "<table><tr><td><b>索 引 号：</b></td><td>0001/2024</td><td>主题分类：</td><td>工业</td></tr>"
    "<tr><td>发文机关：</td><td>某省人民政府</td><td>成文日期：</td><td>2024年05月20日</td></tr>"
    "<tr><td>标　　题：</td><td colspan=3>某省人民政府关于支持企业的若干意见</td></tr>"
    "<tr><td>发文字号：</td><td>某政发〔2024〕5号</td><td>发布日期：</td><td>2024年05月24日</td></tr>"
    "<tr><td>主 题 词：</td><td></td><td></td><td></td></tr></table>"
)


def test_labels_in_cells_go_before_what_they_label() -> None:
    assert lines(INDEX) == [
        "索引号：0001/2024\t主题分类：工业",
        "发文机关：某省人民政府\t成文日期：2024年05月20日",
        "标题：某省人民政府关于支持企业的若干意见",
        "发文字号：某政发〔2024〕5号\t发布日期：2024年05月24日",
        "主题词：",
    ]


@pytest.mark.parametrize("index", [INDEX, INDEX.replace("：</", "</")])
def test_an_index_table_is_read_as_metadata(index: str) -> None:
    source = read(f"{index}<p>一、支持企业创新发展，给予补助。</p><p>二、支持人才。</p>")
    metadata = parse_source(source, "d").metadata
    assert metadata.title == "某省人民政府关于支持企业的若干意见"
    assert metadata.number == "某政发〔2024〕5号"
    assert metadata.authorities == ("某省人民政府",)
    assert str(metadata.written) == "2024-05-20"
    assert str(metadata.published) == "2024-05-24"


# --- furniture ------------------------------------------------------------------------------------

TITLE = "某省人民政府关于促进新能源汽车产业发展的若干意见"
CLAUSES = [
    "一、支持充电设施建设。对新建公共充电站的企业，按照设备投资额给予补助，最高不超过500万元。",
    "二、支持企业创新。鼓励整车企业与高等学校、科研院所联合攻关，对获得认定的给予奖励。",
    "三、支持扩大消费。鼓励各市出台购车补贴政策，提高新能源汽车在公共领域的使用比例。",
]
ABOVE = ["首页", "要闻动态", "政策文件", "互动交流", "当前位置：首页 > 政策 > 正文"]
BELOW = ["分享到：微信微博", "扫一扫在手机打开当前页", "相关解读", "一图读懂《若干意见》"]
FOOTER = ["主办：某省人民政府办公厅　承办：某省政务服务局", "版权所有：某省人民政府"]


def site(content: str) -> Source:
    """A page as government sites have them, with ``content`` in it."""
    body = (
        "<div class=top><a href=/>首页</a></div><ul><li><a href=1>要闻动态</a><li><a href=2>政策文件"
        "</a><li><a href=3>互动交流</a></ul><div>当前位置：<a href=/>首页</a> &gt; <a href=2>政策</a>"
        f" &gt; 正文</div>{content}<div>分享到：<a>微信</a><a>微博</a></div><div>扫一扫在手机打开当前页"
        "</div><div><h3>相关解读</h3><ul><li><a href=x>一图读懂《若干意见》</a></ul></div>"
        f"<div>{''.join(f'<p>{line}</p>' for line in FOOTER)}</div>"
    )
    return read(body, f"<title>{TITLE}_某省人民政府</title>")


def article(*paragraphs: str) -> str:
    return f"<div class=content>{''.join(f'<p>{p}</p>' for p in paragraphs)}</div>"


def test_the_site_around_a_document_is_furniture() -> None:
    kept, gone = parted(site(f"<h1>{TITLE}</h1>{article(*CLAUSES)}"))
    assert kept == [TITLE, *CLAUSES]
    assert gone == [f"{TITLE}_某省人民政府", *ABOVE, *BELOW, *FOOTER]


def test_title_number_and_facts_above_the_text_belong_to_the_document() -> None:
    head = f"{INDEX}<h1>{TITLE}</h1><div>发布时间：2024-05-24 来源：某省</div><h4>某政发〔2024〕5号</h4>"
    kept, gone = parted(site(f"{head}{article(*CLAUSES)}"))
    assert kept[5:-3] == [TITLE, "发布时间：2024-05-24 来源：某省", "某政发〔2024〕5号"]
    assert kept[0].startswith("索引号：0001/2024\t")
    assert gone[1:] == [*ABOVE, *BELOW, *FOOTER]


def test_signature_date_and_annexes_below_the_text_belong_to_the_document() -> None:
    end = (
        "<div>某省人民政府</div><div>2024年5月20日</div><div>（此件公开发布）</div>"
        "<div><a href=a.docx>附件1：任务分工表.docx</a></div><div>附件1</div>"
        "<table><tr><th>序号<th>单位<tr><td>1<td>能源局</table>"
    )
    kept, gone = parted(site(f"{article(TITLE, *CLAUSES)}{end}"))
    assert kept[4:] == [
        "某省人民政府",
        "2024年5月20日",
        "（此件公开发布）",
        "附件1：任务分工表.docx",
        "附件1",
        "序号\t单位",
        "1\t能源局",
    ]
    assert gone[1:] == [*ABOVE, *BELOW, *FOOTER]


def test_clauses_of_the_page_are_those_of_the_text() -> None:
    document = parse_source(site(article(TITLE, *CLAUSES)), "d")
    assert [clause.path for clause in document.clauses] == ["首", "一", "二", "三"]
    assert document.clauses[-1].text == CLAUSES[-1]
    dropped = "".join(removal.text for removal in document.audit.dropped)
    assert all(line in dropped for line in (*ABOVE, *BELOW, *FOOTER))


def test_links_between_paragraphs_stay_where_they_open_a_clause() -> None:
    middle = "<ul><li><a href=x>二、支持企业创新</a></ul><ul><li><a href=y>相关链接</a></ul>"
    kept, gone = parted(site(f"{article(CLAUSES[0])}{middle}{article(CLAUSES[2])}"))
    assert kept[1:] == [CLAUSES[0], "二、支持企业创新", CLAUSES[2]]
    assert "相关链接" in gone


def test_menus_and_buttons_are_furniture_wherever_they_are() -> None:
    body = (
        "<nav>首页<a>登录</a></nav><main><p>同意。</p><footer>某市人民政府</footer></main>"
        "<select><option>友情链接</option></select><button>打印</button><footer>网站声明</footer>"
    )
    kept, gone = parted(read(body))
    assert kept == ["同意。", "某市人民政府"]
    assert gone == ["首页登录", "友情链接", "打印", "网站声明"]


def test_a_very_short_document_is_kept_whole() -> None:
    kept, gone = parted(read("<p>某市人民政府</p><p>同意。</p><p>2020年3月1日</p>"))
    assert kept == ["某市人民政府", "同意。", "2020年3月1日"]
    assert gone == []


@pytest.mark.parametrize(
    "paragraphs",
    [
        ["某市：", "同意设立开发区。此复。"],
        ["你委关于设立某某经济开发区的请示收悉。", "同意设立某某经济开发区，规划面积10平方公里。"],
    ],
)
def test_a_short_document_in_a_site_is_found(paragraphs: list[str]) -> None:
    kept, gone = parted(site(f"<h1>{TITLE}</h1>{article(*paragraphs)}"))
    assert kept == [TITLE, *paragraphs]
    assert gone[-2:] == FOOTER


def test_where_more_would_be_left_out_than_kept_nothing_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("documents.formats.html_furniture._main_content", lambda _: CLAUSES[1])
    body = "".join(f"<div><div><p>{clause}</p></div></div>" for clause in CLAUSES)
    assert parted(read(body)) == (CLAUSES, [])


def test_a_title_that_only_the_tab_shows_is_the_first_line() -> None:
    body = "<p>一、支持企业创新。</p><p>二、支持人才。</p>"
    source = read(body, "<title>某市2021-2025年人才发展规划 - 某市人民政府</title>")
    assert parted(source)[0][0] == "某市2021-2025年人才发展规划"
    assert parse_source(source, "d").metadata.title == "某市2021-2025年人才发展规划"
    assert "- 某市人民政府" in parted(source)[1]


# --- encodings ------------------------------------------------------------------------------------

PAGE = (
    "<html><head>{}<title>某市办法</title></head><body><p>一、支持企业创新㙍镕。</p></body></html>"
)


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("", "utf-8"),
        ("", "utf-8-sig"),
        ("", "gb18030"),
        ("", "utf-16"),
        ("<meta charset=utf-8>", "utf-8"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=gb2312">', "gb18030"),
        ("<meta charset='GBK'>", "gb18030"),
        ("<meta charset=gb2312>", "utf-8"),
        ("<meta charset=iso-8859-1>", "gb18030"),
        ("<meta charset=utf-8>", "gb18030"),
        ("<meta charset=no-such>", "gb18030"),
        ("<meta charset=unicode_escape>", "gb18030"),
    ],
)
def test_a_page_in_any_encoding_whatever_it_declares(declared: str, encoding: str) -> None:
    source = read_html(PAGE.format(declared).encode(encoding), where="page")
    assert source.text.endswith("一、支持企业创新㙍镕。\n")


def test_a_traditional_page_in_big5() -> None:
    page = "<html><meta charset=big5><p>關於促進產業發展之辦法裏</p>"
    assert read_html(page.encode("big5hkscs"), where="page").text == "關於促進產業發展之辦法裏\n"


def test_an_xml_declaration_does_no_harm() -> None:
    page = '<?xml version="1.0" encoding="gb2312"?><html><body><p>一、总则</p></body></html>'
    assert read_html(page.encode("gb18030"), where="page").text == "一、总则\n"


def test_a_broken_byte_is_one_damaged_character() -> None:
    page = PAGE.format("<meta charset=utf-8>").replace("创新", "创新" * 50).encode()
    broken = page.replace("支持".encode(), b"\xe6\x94" + "持".encode())
    source = read_html(broken, where="page")
    assert "一、\ufffd持企业" in source.text
    defects = [d.kind for c in parse_source(source, "d").clauses for d in c.defects]
    assert defects == ["mojibake"]


# --- hostile pages --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("<html></html>", "no text"),
        ("<html><body><script>render()</script></body></html>", "no text"),
        ("<html><frameset><frame src=a.html></frameset></html>", "no text"),
        ("<!DOCTYPE html>", "no content"),
        ("<html>" + "<div>" * 100_000 + "一、总则", "nested too deep"),
        ("<html><p " + "".join(f"a{n}=1 " for n in range(20_000)) + ">一", "too many attributes"),
    ],
    ids=["empty", "script", "frames", "doctype", "deep", "attributes"],
)
def test_a_page_that_cannot_be_read(page: str, message: str) -> None:
    with pytest.raises(LoadError) as caught:
        read_html(page.encode(), where="某页.html")
    chinese, english = str(caught.value).split("\n")
    assert chinese.startswith("某页.html：网页")
    assert message in english


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(LoadError, match="not a text file"):
        read_html(b"<html><meta charset=utf-8>" + bytes(range(256)) * 50, where="page")


def test_a_bomb_of_entities_does_not_go_off() -> None:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 20))
    page = (
        f'<!DOCTYPE html [<!ENTITY a0 "lol">{entities}]><html><body><p>一、&a19;</p></body></html>'
    )
    assert len(read_html(page.encode(), where="page").text) < 2 * len(page)


@pytest.mark.parametrize(
    ("opening", "closing", "count"),
    [
        ("<div>", "</div>", 1500),
        ("<table><tr><td>", "</td></tr></table>", 500),
        ("<ol><li>", "</li></ol>", 900),
        ("<b>", "", 1500),
    ],
)
def test_deep_nesting_is_read_without_recursion(opening: str, closing: str, count: int) -> None:
    inner = "".join(f"<p>{clause}</p>" for clause in CLAUSES)
    assert lines(opening * count + inner + closing * count)[-3:] == CLAUSES


@pytest.mark.parametrize(
    "body",
    [
        f"<p>{CLAUSES[0]}</p>" * 40_000,
        "<p>字" + " " * 5_000_000 + "字",
        "<p>" + "字\n" * 1_000_000,
        "<table>" + "<tr><td>索引号：<td>甲" * 60_000,
        "<a href=x>首页</a> " * 150_000,
        '<p style="' + "display:" * 500_000 + '">字',
    ],
    ids=["paragraphs", "spaces", "line ends", "rows", "links", "style"],
)
def test_a_page_of_megabytes_is_read_in_bounded_time(body: str) -> None:
    begin = time.perf_counter()
    assert read(body).text
    # They take a second or two; what these guard against takes hours.
    assert time.perf_counter() - begin < 60


_PIECES = st.sampled_from(
    "<table> <tr> <td> </td> </tr> </table> <p> </p> <br> <ol> <li> </ol> <a> </a> <nav> <pre> </pre> "
    "<rt> <b> <!-- --> <![CDATA[ ]]> <script> </script> <title> </title> <select> <option> &amp; &#0; "
    "&#x110000; 一、总则。 附件 首页 索引号： \x00 \ud7ff \f \t < > \" '".split(" ")
)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.lists(_PIECES, max_size=60).map(lambda p: "".join(p).encode()))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        source = read_html(b"<html" + data, where="page")
    except LoadError:
        return
    assert source.text.strip()
    position = 0
    for start, end in source.furniture:
        assert position <= start < end <= len(source.text)
        position = end

"""Small real files of every kind, the words policy texts are made of, and a mutator that knows them."""

from __future__ import annotations

import io
import json
import random
import struct
import zipfile
from collections.abc import Mapping, Sequence

# What the grammar of these texts turns on: ordinals, brackets, labels, dates, furniture, damage.
TOKENS: tuple[str, ...] = (
    *"第 条 章 节 编 款 项 之 一 十 百 〇 零 壹 万 亿 元 % 是 附 件 表 省 市 县 州".split(),
    *"一、 （一） (二) 1. 1、 １． 1.1 1.1.1 （1） 1） ① ⑳ 第一条 第十二条之一 第一章 第一节 一是 二是 十是".split(),
    *"附件 附件1 附件1-2 附件： 附表 附录 （ ） 《 》 〈 〉 “ ” 「 」 〔 〕 [ ] 【 】 ( ) 、 ， 。 ；".split(),
    *"： … — - . ·".split(),
    *"〔2024〕 吉政办发〔2024〕9号 皖政〔2023〕5号 2024年5月22日 二〇二四年五月 2024-05-22 3年 5%".split(),
    *"100万元 不超过万元".split(),
    *"关于 印发 的通知 意见 办法 实施 同时废止。 自印发之日起施行 有效期3年。 牵头 配合 责任单位： 各市（州）".split(),
    *"安徽省人民政府 省科技厅、 （省科技厅牵头，各市配合） 长春市 发布日期： 索引号： 文号： 首页".split(),
    *"分享到： 打印 关闭".split(),
    *"關(guān) (chē) &nbsp; &amp; <!-- --> ** # ��� ￥ Ａ １ é Ⅷ ㈠ 𠀀 \u200b \ufeff \u202e \u3000".split(" "),
    *"\x0b \x00".split(" "),
    "\n", "\n\n", "\f", "\t", "\u2028", "- 1 -\n", "第1页\n", "标题\n", "甲乙丙丁戊己庚辛，\n",
)  # fmt: skip
_MARKUP = (
    *"<p> </p> <table> <tr> <td> <td colspan=9999999> <td rowspan=99999> </table> <div> </div> <br> <ol> <li>".split(),
    *"<script> </script> <style> <meta> <title> &#xD800; &#0; &#1114112; &nbsp <!DOCTYPE <![CDATA[ ]]>".split(),
    *"<ruby> <rt>".split(),
    '<meta charset="gb2312">', '<div style="display:none">', "<!--[if", "<svg>", "<math>", "<template>",
)  # fmt: skip
WORDS: Mapping[str, Sequence[str]] = {
    "html": (*TOKENS, *_MARKUP),
    "docx": (
        *"<w:p> </w:p> <w:r> </w:r> <w:t> </w:t> <w:tbl> </w:tbl> <w:tr> </w:tr> <w:tc> </w:tc> <w:ins>".split(),
        *"<w:del> <w:sdt> <w:br/> <w:tab/> <w:vanish/> <w:vMerge/> <w:instrText> &#xD800; </w:del> </w:ins>".split(),
        '<w:numId w:val="1"/>', '<w:ilvl w:val="9"/>', '<w:gridSpan w:val="99999999"/>', '<w:sym w:char="F0FE"/>',
        '<w:fldChar w:fldCharType="begin"/>', "<mc:AlternateContent>",
    ),
    "pdf": (
        *"obj endobj stream endstream xref trailer startxref /Type /Page /Kids /Count /Contents /Font /Rotate".split(),
        *"90 BT ET Tj TJ Td Tm re f S q Q << >> [ ] /MediaBox /Length /Filter /FlateDecode /Parent -1 0 1e38 R".split(),
        "99999999999",
    ),
    "json": (
        *'{ } [ ] , : " \\ \\ud800 \\u0000 null true NaN Infinity -1 1e999 "question" "history" "filters"'.split(),
        *'"as_of" "k" "id" "region" "status" "from" "to" "document" "2024-02-30" "sort" "files" "put"'.split(),
        *'"drop" "originals" "sha256"'.split(),
    ),
}  # fmt: skip

TEXT = """索 引 号：112200/2024-02401　发布日期：2024年5月24日

吉林省人民政府办公厅关于印发某某行动方案的通知
吉政办发〔2024〕9号

各市（州）人民政府：
　　为贯彻落实国家部署，制定本方案。
一、主要任务
（一）完善基础设施。
13. 推进新型基础设施建设。支持建设充电站，最高不超过万元。（省能源局牵头，各市政府配合）
第一章 总则
第十二条之一 本办法所称企业，一是甲；二是乙。
二、保障措施
本方案自印发之日起施行，有效期3年。《某某办法》（吉政办发〔2019〕41号）同时废止。
附件：1.任务表
吉林省人民政府办公厅
2024年5月22日
"""


def text_files() -> tuple[bytes, ...]:
    """Return one text in the encodings that texts come in, and an empty one."""
    marks = ("utf-8", "utf-8-sig", "gb18030", "big5hkscs", "utf-16", "utf-32")
    shown = TEXT.replace("网", "網")
    found = [TEXT.encode(mark) for mark in marks if mark != "big5hkscs"]
    return (*found, shown.encode("big5hkscs", "ignore"), b"", b"\n", b"# \xe7\x94\xb2\r\n")


def html_files() -> tuple[bytes, ...]:
    """Return a page with a table and furniture, a piece of one, and one that says GB2312."""
    lines = "".join(f"<p>{line}</p>\n" for line in TEXT.split("\n"))
    table = "<table><tr><th>序号</th><th>任务</th></tr><tr><td rowspan=2>1</td><td>甲<br>乙</td></tr></table>"
    page = (
        "<!DOCTYPE html><html><head><title>某某行动方案</title></head><body><div class=nav>首页 登录</div>"
        f"<div id=content>{lines}{table}<ol><li>一</li><li>二</li></ol></div><div>版权所有</div></body></html>"
    )
    declared = page.replace("<head>", '<head><meta charset="gb2312">')
    return page.encode(), lines.encode(), declared.encode("gb18030"), page.encode("utf-16")


def word_parts() -> tuple[bytes, ...]:
    """Return bodies of a Word document's main part: paragraphs, a table, numbering, a field."""
    paragraphs = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in TEXT.split("\n"))
    numbering = '<w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr>'
    numbered = f"<w:p>{numbering}<w:r><w:t>甲</w:t></w:r></w:p>"
    cell = "<w:tc><w:p><w:r><w:t>甲</w:t></w:r></w:p></w:tc>"
    table = f"<w:tbl><w:tr>{cell}{cell}</w:tr><w:tr>{cell}</w:tr></w:tbl>"
    field = (
        '<w:p><w:r><w:fldChar w:fldCharType="begin"/><w:instrText>PAGE</w:instrText></w:r></w:p>'
    )
    return paragraphs.encode(), numbered.encode() * 3, table.encode(), (field + numbered).encode()


_NUMBERING = (
    '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="chineseCounting"/>'
    '<w:lvlText w:val="第%1条"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
)
_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_MC = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'


def pack_word(body: bytes) -> bytes:
    """Return a Word document whose body is this XML."""
    content = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Override PartName="/word/document.xml" ContentType="{content}.document.main+xml"/>'
        f'<Override PartName="/word/numbering.xml" ContentType="{content}.numbering+xml"/></Types>'
    )
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    space = "http://schemas.openxmlformats.org/package/2006/relationships"

    def relate(name: str, target: str) -> str:
        related = f'<Relationship Id="r1" Type="{kind}/{name}" Target="{target}"/>'
        return f'<Relationships xmlns="{space}">{related}</Relationships>'

    return pack(
        {
            "[Content_Types].xml": types.encode(),
            "_rels/.rels": relate("officeDocument", "word/document.xml").encode(),
            "word/_rels/document.xml.rels": relate("numbering", "numbering.xml").encode(),
            "word/numbering.xml": f"<w:numbering {_W}>{_NUMBERING}</w:numbering>".encode(),
            "word/document.xml": f"<w:document {_W} {_MC}><w:body>".encode()
            + body
            + b"</w:body></w:document>",
        }
    )


def pack(members: Mapping[str, bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip of ``members``, the same bytes each time."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in members.items():
            member = zipfile.ZipInfo(name)
            member.compress_type = compression
            archive.writestr(member, data)
    return file.getvalue()


def archives() -> tuple[bytes, ...]:
    """Return zips of texts: stored and deflated, one within the other, empty, of Word's own parts."""
    texts = {"甲.txt": TEXT.encode(), "文件夹/乙.txt": TEXT.encode("gb18030"), "../丙.txt": b"\xff"}
    stored, small = pack(texts, compression=zipfile.ZIP_STORED), pack(texts)
    return stored, small, pack({"内.zip": stored, "b.html": html_files()[1]}), pack({})


def word_files() -> tuple[bytes, ...]:
    """Return whole Word documents: made by hand, and by python-docx."""
    import docx

    made = docx.Document()
    made.add_heading("某某办法", 0)
    for line in TEXT.split("\n"):
        made.add_paragraph(line)
    made.add_table(2, 2).cell(0, 0).text = "甲"
    file = io.BytesIO()
    made.save(file)
    return (*map(pack_word, word_parts()), file.getvalue())


def pdf_files() -> tuple[bytes, ...]:
    """Return PDFs whose streams are not compressed, so that a changed byte changes what is drawn."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    files = []
    for pages in (1, 3):
        file = io.BytesIO()
        canvas = Canvas(file, pageCompression=0, invariant=1)
        for number in range(pages):
            canvas.setFont("STSong-Light", 12)
            for i, line in enumerate(TEXT.split("\n")):
                canvas.drawString(70, 780 - 20 * i, line)
            canvas.grid([70, 200, 330], [100, 130, 160])
            canvas.drawString(280, 40, f"- {number + 1} -")
            canvas.showPage()
        canvas.save()
        files.append(file.getvalue())
    return tuple(files)


def pictures() -> tuple[bytes, ...]:
    """Return small blank and scribbled pictures in the formats that scans come in."""
    from PIL import Image, ImageDraw

    page = Image.new("L", (48, 32), 255)
    ImageDraw.Draw(page).line((4, 4, 40, 28), fill=0, width=2)
    files = []
    for form in ("PNG", "JPEG", "BMP", "TIFF", "WEBP"):
        file = io.BytesIO()
        page.save(file, form)
        files.append(file.getvalue())
    return tuple(files)


def compound_files() -> tuple[bytes, ...]:
    """Return beginnings of compound files (old Word, Excel, encrypted Office), and an RTF."""
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + struct.pack("<16xHHHHH", 0x3E, 3, 0xFFFE, 9, 6)

    def store(*names: str) -> bytes:
        entries = b"".join(f"{name}\0".encode("utf-16-le").ljust(128, b"\0") for name in names)
        return head.ljust(512, b"\0") + entries

    return (
        store("Root Entry", "WordDocument", "1Table"),
        store("Root Entry", "Workbook"),
        store("Root Entry", "EncryptionInfo", "EncryptedPackage"),
        b"{\\rtf1\\ansi \\u30002?\\par}",
    )


def requests() -> tuple[bytes, ...]:
    """Return requests as JSON: a full one, a search, and some that are refused."""
    full = {
        "id": "7", "question": "充电站建设有什么支持？", "history": [{"question": "那吉林呢？"}, "x"],
        "filters": {"region": "吉林省", "status": "in_force", "from": "2020-01-01"}, "as_of": "2026-01-01", "k": 3,
    }  # fmt: skip
    found = (full, {"question": "充电站", "sort": "newest"}, {"question": 3}, [], {})
    return tuple(json.dumps(obj, ensure_ascii=False).encode() for obj in found)


def records() -> tuple[bytes, ...]:
    """Return what the library keeps in JSON of its own, without its seal."""
    entry = {"sha256": "0" * 64, "text": None, "title": "某某办法", "number": None}
    found = (
        {"files": {"甲.txt": entry}},
        {"put": {}, "drop": ["乙.txt"], "files": {}},
        {"originals": {"0" * 64: {"document": "甲", "fields": {"title": "某某", "written": "-"}}}},
    )
    return tuple(json.dumps(obj, ensure_ascii=False).encode() for obj in found)


# --- mutation -------------------------------------------------------------------------------------


def mutate_text(data: bytes, most: int, seed: int, words: Sequence[str]) -> bytes:
    """Return UTF-8 ``data`` with words put in, pieces repeated, moved or taken out; at most ``most``."""
    random_ = random.Random(seed)
    text = data.decode("utf-8", "ignore")
    for _ in range(random_.choice((1, 1, 2, 4))):
        a, b = sorted(random_.randint(0, len(text)) for _ in range(2))
        b = min(b, a + random_.choice((1, 4, 16, 64)))
        put = "".join(random_.choice(words) for _ in range(random_.choice((1, 1, 2, 3))))
        match random_.randrange(5):
            case 0:
                text = text[:a] + put + text[a:]
            case 1:
                text = text[:a] + put + text[b:]
            case 2:
                text = text[:a] + text[b:]
            case 3:
                text = text[:b] + text[a:b] * random_.choice((1, 3, 30)) + text[b:]
            case 4:
                place = random_.randint(0, len(text))
                text = text[:place] + text[a:b] + text[place:]
    return text.encode()[:most].decode("utf-8", "ignore").encode()


def mutate_bytes(data: bytes, most: int, seed: int) -> bytes:
    """Return ``data`` with bytes changed, put in, repeated or cut off; at most ``most``."""
    random_ = random.Random(seed)
    changed = bytearray(data)
    for _ in range(random_.choice((1, 2, 4, 8))):
        at = random_.randint(0, len(changed))
        match random_.randrange(4):
            case 0 if at < len(changed):
                changed[at] = random_.choice((0, 1, 127, 128, 255, random_.randrange(256)))
            case 1:
                changed[at:at] = random_.randbytes(random_.choice((1, 2, 4, 8)))
            case 2:
                del changed[at : at + random_.choice((1, 2, 16, 256))]
            case 3:
                changed[at:at] = changed[at : at + random_.choice((1, 16, 256))]
    return bytes(changed[:most])

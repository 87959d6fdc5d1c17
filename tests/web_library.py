"""A small library and an assistant over it that answers at once, for tests of the page."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from documents.types import (
    Audit,
    Characters,
    Clause,
    ClauseKind,
    Defect,
    Department,
    Document,
    Metadata,
    Parsed,
    Reference,
)
from index.types import Expansion, Filters, Hit, Ranks, SearchResult
from qa.types import Citation, Notice, Outcome, Request, Response

PLAN = "jilin-nev-plan"
OPINION = "hostile-opinion"
REPLY = "原文：“支持充电站建设。”以原文为准。"
HOSTILE = "<img src=x onerror=alert(1)>"

# level, kind, marker, heading, own text (with marker and heading)
Line = tuple[int, ClauseKind, str | None, str | None, str]

PLAN_LINES: tuple[Line, ...] = (
    (0, "front", None, None, "为贯彻落实国家和省有关部署，推动产业高质量发展，制定本方案。\n"),
    (1, "heading", "一、", "主要任务", "一、主要任务\n"),
    (2, "heading", "（一）", "突破关键核心技术", "（一）突破关键核心技术\n"),
    (3, "clause", "1.", "加强技术攻关。", "1. 加强技术攻关。" + "支持组建创新联合体。" * 9 + "\n"),
    (3, "clause", "2.", "建设创新平台。", "2. 建设创新平台。" + "支持重点实验室建设。" * 30 + "\n"),
    (2, "heading", "（二）", "完善基础设施", "（二）完善基础设施\n"),
    (
        3,
        "clause",
        "3.",
        "推进新型基础设施建设。",
        "3. 推进新型基础设施建设。统筹充换电、加氢基础设施布局，支持在高速公路服务区、公共停车场和"
        "居民小区建设充电站，对符合条件的公共充电站按功率给予建设补助，最高不超过万元。"
        "（省能源局、省发展改革委牵头，省住房城乡建设厅配合）\n",
    ),
    (
        3,
        "clause",
        "4.",
        "推广应用。",
        "4. 推广应用。" + "公共领域新增车辆优先采用新能源汽车。" * 25 + "\n",
    ),
    (1, "heading", "二、", "保障措施", "二、保障措施\n"),
    (
        2,
        "clause",
        "（一）",
        "加强组织领导。",
        "（一）加强组织领导。" + "建立工作协调机制。" * 30 + "\n",
    ),
    (0, "closing", None, None, "本方案自印发之日起施行，有效期3年。\n"),
)
OPINION_LINES: tuple[Line, ...] = (
    (0, "front", None, None, f"标题里有标签的文件 {HOSTILE} & ${{alert(2)}} {{{{value}}}}\n"),
    (
        1,
        "clause",
        "第一条",
        None,
        f"第一条 正文也有 {HOSTILE} 与 </p><script>alert(3)</script>。\n",
    ),
    (1, "clause", "第二条", None, "第二条 充电站用地按公用设施用地管理。\n"),
)


def build_document(name: str, metadata: Metadata, lines: Sequence[Line]) -> Document:
    """Lay the lines one after the other; deeper levels lie inside the last shallower one."""
    clean = "".join(text for *_, text in lines)
    starts, position = [], 0
    for *_, text in lines:
        starts.append(position)
        position += len(text)
    clauses = []
    ordinals: list[str] = []
    for number, (level, kind, marker, heading, text) in enumerate(lines):
        later = range(number + 1, len(lines))
        # 首 and 尾 (level 0) hold no other clause
        end = next((starts[i] for i in later if not level or lines[i][0] <= level), len(clean))
        if kind in ("front", "closing"):
            path = "首" if kind == "front" else "尾"
        else:
            ordinals = [*ordinals[: level - 1], (marker or "").strip("、.")]
            path = "/".join(ordinals)
        start = starts[number]
        lost = text.find("不超过万元")
        clauses.append(
            Clause(
                path=path,
                kind=kind,
                level=level,
                marker=marker,
                heading=heading,
                text=text,
                start=start,
                end=end,
                source_start=start,
                source_end=end,
                departments=DEPARTMENTS if "牵头" in text and "配合" in text else (),
                defects=(
                    (Defect("missing_number", "不超过万元", start + lost, start + lost + 5),)
                    if lost >= 0
                    else ()
                ),
            )
        )
    audit = Audit(Characters(len(clean), len(clean), 0, 0))
    return Document(name, metadata, Parsed(clean, clean, tuple(clauses), audit))


DEPARTMENTS = (
    Department("省能源局", "省能源局", "lead"),
    Department("省发展改革委", "省发展改革委", "lead"),
    Department("省住房城乡建设厅", "省住房城乡建设厅", "support"),
)


def build_library() -> dict[str, Document]:
    """Return two documents: a plan of the usual shape, and one full of markup."""
    plan = Metadata(
        title="吉林省新能源汽车产业高质量发展行动方案",
        notice="关于印发吉林省新能源汽车产业高质量发展行动方案的通知",
        number="吉政办发〔2024〕9号",
        authorities=("吉林省人民政府办公厅",),
        region="吉林省",
        level="省",
        kind="行动方案",
        written=date(2024, 5, 22),
        published=date(2024, 5, 24),
        effective=date(2024, 5, 22),
        expires=date(2099, 5, 22),
        repeals=(Reference("旧方案", "吉政办发〔2019〕41号"),),
    )
    opinion = Metadata(title=f"意见 {HOSTILE}")
    return {
        OPINION: build_document(OPINION, opinion, OPINION_LINES),
        PLAN: build_document(PLAN, plan, PLAN_LINES),
    }


@dataclass
class StubIndex:
    """Finds every clause that shares two neighbouring characters with the question."""

    documents: Mapping[str, Document] = field(default_factory=build_library)
    fingerprint: str = "stub"
    built: datetime = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)

    def clause(self, document: str, path: str) -> Clause:
        return self.documents[document].clause(path)

    def expansions(self, question: str) -> tuple[Expansion, ...]:
        return (("充电桩", "充电站"),) if "充电桩" in question else ()

    def search(
        self,
        question: str,
        *,
        k: int = 10,
        filters: Filters = Filters(),
        as_of: date | None = None,
    ) -> tuple[Hit, ...]:
        pairs = {question[i : i + 2] for i in range(len(question) - 1)}
        hits = [
            (sum(pair in clause.text for pair in pairs), name, clause.path)
            for name, document in self.documents.items()
            for clause in document.clauses
        ]
        best = sorted((hit for hit in hits if hit[0]), key=lambda hit: -hit[0])[:k]
        hits = []
        for rank, (score, name, path) in enumerate(best, start=1):
            clause = self.clause(name, path)
            span = (clause.start, clause.start + len(clause.text))
            result = SearchResult(name, path, float(score), Ranks(rank, None))
            hits.append(Hit(result, chunk=span, spans=(span,), nearness=5.0))
        return tuple(hits)


@dataclass
class StubAssistant:
    """Answers from the charging clause, or not at all where the question is about something else.

    ``asked`` keeps the requests; ``delay`` seconds pass before each answer, which is said by halves
    first, as a language model would.
    """

    index: StubIndex = field(default_factory=StubIndex)
    asked: list[Request] = field(default_factory=list)
    delay: float = 0.0

    def ask(
        self,
        request: Request,
        *,
        on_text: Callable[[str], None] | None = None,
        composing: bool = True,
    ) -> Response:
        time.sleep(self.delay)
        self.asked.append(request)
        if "故障" in request.question:
            raise RuntimeError("secret detail")
        chinese = any("\u4e00" <= character <= "\u9fff" for character in request.question)
        asked = "充电" in request.question or "charging" in request.question
        about = asked and PLAN in self.index.documents
        citations = (
            (self._cite(PLAN, "一/（二）/3"), self._cite(OPINION, "第二条")) if about else ()
        )
        outcome: Outcome = "no_basis"
        answer = f"未检索到依据：{request.question}\n以原文为准。"
        notices: tuple[Notice, ...] = ()
        if about:
            outcome = "partial" if "多少" in request.question else "answered"
            answer = (
                "找到两条依据：公共充电站可获建设补助[1]；充电站用地按公用设施用地管理[2]。"
                if chinese
                else "Two clauses apply: public charging stations are subsidised [1]; land use [2]."
            )
            if on_text is not None:
                for sentence in re.findall("[^；;]+[；;]?", answer):
                    on_text(sentence)
        if outcome == "partial":
            notices = (Notice("lost", "原文此处缺少数字，金额未知。", PLAN, "一/（二）/3"),)
        return Response(
            question=request.question,
            language="zh" if chinese else "en",
            as_of=request.as_of or date(2026, 1, 1),
            outcome=outcome,
            answer=answer,
            citations=citations,
            results=tuple(hit.result for hit in self.index.search(request.question)),
            index=self.index.fingerprint,
            timings_ms={"total": 1.0},
            id=request.id,
            notices=notices,
            reply=REPLY,
        )

    def _cite(self, name: str, path: str) -> Citation:
        document = self.index.documents[name]
        clause = document.clause(path)
        start = clause.start + len(clause.marker or "") + 1
        end = clause.start + len(clause.text.rstrip())
        return Citation(
            document=name,
            title=document.metadata.title or name,
            number=document.metadata.number,
            clause=path,
            label="一、（二）3." if name == PLAN else "第二条",
            quote=document.clean[start:end],
            start=start,
            end=end,
            source_start=start,
            source_end=end,
            status="in_force" if name == PLAN else "unknown",
            departments=clause.departments,
            score=1.0,
        )

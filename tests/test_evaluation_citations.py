"""The check of citations, with an assistant that lies in one way at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import evaluation.__main__ as command
from documents.library import read_documents
from documents.parsing import parse_text
from documents.types import Document
from evaluation.citations import RULES, Checked, Rule, check, check_answers
from evaluation.holdings import Holdings
from evaluation.tables import format_checked
from index.hybrid import HybridIndex
from index.types import Ranks, SearchResult
from qa import outcome, relevance
from qa.assistant import PolicyAssistant
from qa.errors import RequestError
from qa.types import Citation, Notice, Request, Response
from tests.conftest import FakeEncoder
from tests.test_evaluation_answers import respond

SAMPLES = Path(__file__).parent.parent / "documents" / "samples"
REQUEST = Request("充电站建设有什么支持？", id="q")
RULES_LAW = """某某市充电设施管理办法

第一条　为了规范充电设施建设，制定本办法。

第二条　充电设施应当由市能源局统一规划。
充电设施的补贴按照《某某市补贴办法》（某政发〔2020〕3号）执行：
（一）公共充电站；
（二）换电站。

第三条　本办法所称“充电设施”包括充电站，按《办法》和旧某政发(2019)1号管理。
"""


@pytest.fixture(scope="module", autouse=True)
def _answer_anything() -> Iterator[None]:
    """What is near to the fake encoder means nothing, so that it refuses nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outcome, "LEAST", 0.0)
        patch.setattr(relevance, "_LISTED_SAME", 0.0)
        yield


@pytest.fixture(scope="module")
def assistant() -> PolicyAssistant:
    documents = [item for item in read_documents([SAMPLES]) if isinstance(item, Document)]
    documents.append(parse_text(RULES_LAW, "rules"))
    return PolicyAssistant(HybridIndex.build(documents, FakeEncoder()))


@pytest.fixture(scope="module")
def library(assistant: PolicyAssistant) -> Holdings:
    return Holdings(assistant.index.documents)


@pytest.fixture(scope="module")
def honest(assistant: PolicyAssistant) -> Response:
    response = assistant.ask(REQUEST)
    assert len(response.citations) > 1
    return response


def rules(response: Response, library: Holdings, request: Request = REQUEST) -> set[Rule]:
    return {rule for rule, _ in check(request, response, library)}


@pytest.mark.parametrize(
    "question",
    [
        REQUEST.question,
        "what support exists for charging stations",
        "首台套装备的奖励最高多少",
        "零部件产业集群由谁牵头",
        "行动方案什么时候到期",
        "今天天气怎么样",
        "深圳的充电桩补贴是多少",
        "某某市充电设施管理办法第二条",
        "《不存在的办法》第九条怎么规定",
        "南昌的行动方案有什么目标",
    ],
)
def test_the_product_keeps_every_rule(
    question: str, assistant: PolicyAssistant, library: Holdings
) -> None:
    request = Request(question, id="q")
    assert list(check(request, assistant.ask(request), library)) == []


def lie(response: Response, **changes: object) -> Response:
    """Return the response with its first citation changed, and nothing else."""
    first, *others = response.citations
    return replace(response, citations=(replace(first, **changes), *others))  # type: ignore[arg-type]


def shifted(response: Response, **by: int) -> Response:
    first = response.citations[0]
    return lie(response, **{name: getattr(first, name) + n for name, n in by.items()})


def added(text: str) -> Callable[[Response], Response]:
    return lambda response: replace(response, answer=f"{response.answer}\n{text}")


LIES: dict[str, tuple[Callable[[Response], Response], set[Rule]]] = {
    "a document that is not there": (lambda r: lie(r, document="d"), {"document"}),
    "another title": (lambda r: lie(r, title="某某办法"), {"title"}),
    "another 文号": (lambda r: lie(r, number="某政发〔2020〕1号"), {"title"}),
    "a changed quote": (
        lambda r: lie(r, quote=r.citations[0].quote.replace("充", "放")),
        {"quote", "source"},
    ),
    "an empty quote": (
        lambda r: lie(r, quote="", end=r.citations[0].start),
        {"quote", "source"},
    ),
    "a span moved": (lambda r: shifted(r, start=1, end=1), {"quote"}),
    "a span out of the text": (
        lambda r: shifted(r, start=10**7, end=10**7),
        {"quote", "clause"},
    ),
    "a negative span": (lambda r: lie(r, start=-3, end=-1), {"quote", "clause"}),
    "a source span moved": (lambda r: shifted(r, source_start=1, source_end=1), {"source"}),
    "a source span cut": (lambda r: shifted(r, source_end=-1), {"source"}),
    "a source span out of the text": (
        lambda r: shifted(r, source_start=10**7, source_end=10**7),
        {"source"},
    ),
    "a clause that is not there": (lambda r: lie(r, clause="九/（九）"), {"clause"}),
    "a clause elsewhere": (lambda r: lie(r, clause="首"), {"clause", "label", "attribution"}),
    "another label": (lambda r: lie(r, label="九、（九）99."), {"label"}),
    "no basis and yet cited": (lambda r: replace(r, outcome="no_basis"), {"outcome"}),
    "a unit that is not there": (
        lambda r: replace(r, results=(SearchResult("rules", "第九条", 1.0, Ranks(1, 1)),)),
        {"result"},
    ),
    "a unit of no document": (
        lambda r: replace(r, results=(SearchResult("d", "第一条", 1.0, Ranks(1, 1)),)),
        {"result"},
    ),
    "a notice on no document": (
        lambda r: replace(r, notices=(Notice("expired", "…", "d"),)),
        {"document"},
    ),
    "a notice on no clause": (
        lambda r: replace(r, notices=(Notice("damaged", "…", "rules", "第九条"),)),
        {"clause"},
    ),
    "a confidence above one": (lambda r: replace(r, confidence=1.5), {"confidence"}),
    "a mark too high": (added("[99]"), {"mark"}),
    "a mark of nought": (added("[0]"), {"mark"}),
    "an invented quotation": (added("“充电站每座补贴一万元。”"), {"quotation"}),
    "a quotation that goes on": (
        lambda r: replace(r, answer=r.answer.replace("” [1]", "每座补贴一万元” [1]")),
        {"quotation"},
    ),
    "a quotation of another clause": (added("“制定本办法。” [1]"), {"attribution"}),
    "two quotations that change places": (
        lambda r: replace(
            r, answer=r.answer.replace("[1]", "[0]").replace("[2]", "[1]").replace("[0]", "[2]")
        ),
        {"attribution"},
    ),
    "an invented title": (added("见《充电站补贴办法》。"), {"name"}),
    "an invented 文号": (added("见某政发〔2023〕99号。"), {"name"}),
    "an invented article": (added("见第九十九条。"), {"number"}),
    "an invented chain": (added("见九、（九）99.。"), {"number"}),
}


def test_the_lies_break_every_rule() -> None:
    told = {rule for _, broken in LIES.values() for rule in broken}
    assert told == set(RULES) - {"failed"}  # which is no lie; below


@pytest.mark.parametrize("name", LIES)
def test_a_lie_is_noticed_and_nothing_else_is(
    name: str, honest: Response, library: Holdings
) -> None:
    tell, broken = LIES[name]
    told = tell(honest)
    assert told != honest
    assert rules(told, library) == broken


@pytest.mark.parametrize(
    "text",
    [
        "《某某市充电设施管理办法》第二条",
        "《某某市充电设施管理办法》第二条第（一）项",
        "《吉林省新能源和智能网联汽车产业高质量发展行动方案》（吉政办发〔2024〕9号）一、（五）",
        "依据吉政办发〔2024〕9号",
        "“《某某市补贴办法》（某政发〔2020〕3号）执行”",
        "“本办法所称“充电设施”包括充电站，按《办法》”",
        "您问的是“充电站建设有什么支持？”",
    ],
)
def test_what_the_library_has_may_be_said(text: str, honest: Response, library: Holdings) -> None:
    assert rules(added(text)(honest), library) == set()


def cite_rules(library: Holdings, quote: str, clause: str, label: str) -> Citation:
    document = library.documents["rules"]
    start, source = document.clean.index(quote), document.source.index(quote)
    end, source_end = start + len(quote), source + len(quote)
    title = "某某市充电设施管理办法"
    return Citation(
        "rules",
        title,
        None,
        clause,
        label,
        quote,
        start,
        end,
        source,
        source_end,
        "unknown",
        (),
        1.0,
    )


def test_a_clause_is_one_of_a_document_that_is_cited_or_named(library: Holdings) -> None:
    silent = respond("answered")
    assert rules(replace(silent, answer="见第三条。"), library) == {"number"}
    named = "见《某某市充电设施管理办法》第三条。"
    assert rules(replace(silent, answer=named), library) == set()
    citation = cite_rules(library, "包括充电站", "第三条", "第三条")
    assert rules(replace(silent, answer="见第三条。", citations=(citation,)), library) == set()


def test_a_paragraph_is_only_a_citations(library: Holdings) -> None:
    citation = cite_rules(library, "充电设施的补贴", "第二条", "第二条第二款")
    told = replace(respond("answered"), answer="见第二条第二款。", citations=(citation,))
    assert rules(told, library) == set()
    assert rules(replace(told, answer="见第二条第三款。"), library) == {"number"}


def test_a_cited_text_may_be_named_as_it_names_others(library: Holdings) -> None:
    told = replace(respond("answered"), answer="见《办法》和某政发〔2019〕1号。")
    assert rules(told, library) == {"name"}
    citation = cite_rules(library, "包括充电站", "第三条", "第三条")
    assert rules(replace(told, citations=(citation,)), library) == set()


def test_who_is_refused_may_be_told_what_is_not_there(library: Holdings) -> None:
    request = Request("深圳补贴办法（深府(2020)8号）第十二条", id="q")
    answer = "未检索到依据：文档库中没有《深圳补贴办法》、深府〔2020〕8号第十二条。"
    told = replace(respond("no_basis"), answer=answer)
    assert rules(told, library, request) == set()
    assert rules(told, library, REQUEST) == {"name", "number"}
    assert rules(replace(told, outcome="answered"), library, request) == {"name", "number"}


def test_the_source_may_hold_what_cleaning_took_out() -> None:
    """Each traditional character is followed by its reading, which is no part of the quote."""
    [document] = [
        item
        for item in read_documents([SAMPLES / "nanchang-auto-action-plan.txt"])
        if isinstance(item, Document)
    ]
    assistant = PolicyAssistant(HybridIndex.build([document], FakeEncoder()))
    response = assistant.ask(Request("南昌汽车产业发展目标", id="q"))
    assert any(c.source_end - c.source_start > len(c.quote) for c in response.citations)
    assert rules(response, Holdings(assistant.index.documents)) == set()


# A set of questions


@dataclass(frozen=True, slots=True)
class Scripted:
    """Says what it is told to, and takes ``?`` for no question and ``!`` for its end."""

    response: Response

    def ask(self, request: Request) -> Response:
        if request.question == "?":
            raise RequestError("empty_question", "空", "empty")
        if request.question == "!":
            raise ZeroDivisionError("no more")
        return self.response


def ask(response: Response, library: Holdings, questions: Sequence[str]) -> Checked:
    requests = [Request(text, id=f"q{place}") for place, text in enumerate(questions)]
    return check_answers(Scripted(response), library, requests, name="set")


def test_everything_is_counted(honest: Response, library: Holdings) -> None:
    timed = replace(honest, timings_ms={"total": 20.0})
    checked = ask(added("[99]")(timed), library, ["a", "?", "!", "b"])
    assert checked.questions == 4
    assert checked.outcomes == {"answered": 2, "partial": 0, "no_basis": 0}
    assert checked.citations == 2 * len(honest.citations)
    assert checked.results == 2 * len(honest.results)
    assert checked.declined == ("q1",)
    assert {rule: count for rule, count in checked.broken.items() if count} == {
        "mark": 2,
        "failed": 1,
    }
    assert [one.question for one in checked.violations] == ["q0", "q2", "q3"]
    assert checked.timings_ms == {"p50": 20.0, "p95": 20.0}


def test_the_text_lists_the_first_violations(honest: Response, library: Holdings) -> None:
    text = format_checked(ask(added("[99]")(honest), library, ["a", "b", "c"]), most=2)
    assert "违规（violations）3：mark 3" in text
    assert [line.split() for line in text.splitlines() if line.startswith("  q")] == [
        ["q0", "mark", "[99]", "of", str(len(honest.citations))],
        ["q1", "mark", "[99]", "of", str(len(honest.citations))],
    ]
    assert "1 more" in text
    assert "more" not in format_checked(ask(honest, library, ["a"]), most=2)


# The command


@pytest.fixture
def sets(tmp_path: Path) -> tuple[Path, Path]:
    """A file of our own with one question, and a BEIR folder with two over one article."""
    own = tmp_path / "own.jsonl"
    question = {"id": "o", "question": REQUEST.question, "language": "zh", "outcome": "answered"}
    own.write_text(json.dumps({**question, "gold": []}, ensure_ascii=False), encoding="utf-8")
    folder = tmp_path / "laws"
    folder.mkdir()
    record = {"_id": "r", "title": "某某法第一条", "text": "国家支持公共充电站建设。"}
    (folder / "corpus.jsonl").write_text(json.dumps(record), encoding="utf-8")
    queries = [{"_id": "b1", "text": "充电站建设有什么支持"}, {"_id": "b2", "text": "今天天气"}]
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)), encoding="utf-8")
    return own, folder


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, assistant: PolicyAssistant
) -> Callable[..., int]:
    monkeypatch.setattr("index.encoder.load_encoder", lambda model: FakeEncoder())
    monkeypatch.setattr(command, "_open", lambda directory, model: assistant)
    return lambda *arguments: command.main(
        ["citations", "--cache", str(tmp_path / "cache"), *map(str, arguments)]
    )


def test_sets_are_asked_of_their_own_libraries(
    run: Callable[..., int], sets: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*sets, "--json") == 0
    captured = capsys.readouterr()
    own, laws = json.loads(captured.out)
    assert (own["name"], own["questions"], own["violations"]) == ("own.jsonl", 1, [])
    assert (laws["name"], laws["questions"], laws["violations"]) == ("laws", 2, [])
    assert own["citations"] > laws["citations"] > 0
    assert sum(laws["outcomes"].values()) == 2
    assert "ask laws: 2/2" in captured.err


def test_a_violation_is_exit_code_1(
    run: Callable[..., int],
    sets: tuple[Path, Path],
    honest: Response,
    assistant: PolicyAssistant,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(PolicyAssistant, "ask", lambda self, request: added("[99]")(honest))
    assert run(sets[0]) == 1
    assert "  o  mark  [99]" in capsys.readouterr().out


def test_a_limit_is_for_each_set(
    run: Callable[..., int], sets: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*sets, "--limit", 1, "--json") == 0
    assert [one["questions"] for one in json.loads(capsys.readouterr().out)] == [1, 1]


def test_bad_input_is_exit_code_2(
    run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert run(empty) == 2
    assert run(tmp_path / "none.jsonl") == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "corpus.jsonl" in captured.err and "none.jsonl" in captured.err

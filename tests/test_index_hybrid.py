"""The hybrid index: built, searched, stored; every score recomputed by brute force."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from documents.errors import LoadError
from documents.numbering import write_number
from documents.parsing import parse_text
from index import stores
from index.configuration import Configuration
from index.errors import BuildInProgressError, SnapshotError
from index.filters import read_filters
from index.fusion import combine
from index.hybrid import DEPTH, HybridIndex
from index.lexical import LexicalIndex
from index.snapshot import build_lock, current
from index.stores import build_store, open_index
from index.translation import in_chinese, known_in_chinese
from index.types import SearchResult, Vectors
from index.windows import WINDOW
from tests.conftest import FakeEncoder

LIBRARY = {
    "a": """吉林省人民政府关于充电设施的意见
吉政发〔2024〕2号
一、建设
（一）支持公共充电站建设，按照充电功率给予一次性补助。
（二）支持换电站建设。
二、回收
（一）建立动力电池回收体系。
2024年5月22日
""",
    "b": """安徽省人民政府关于产业集群的意见
皖政〔2023〕8号
一、培育先进制造业集群。
二、支持充电设备企业发展。
2023年3月1日
""",
    "c": """第一条 支持公共充电站建设。
第二条 支持公共充电站建设。
""",
}
QUESTION = "公共充电站建设有什么补助？"


def weigh_by_hand(lexical: Vectors, dense: Vectors) -> float:
    """Return .75, less .03 for every unit that is among the ten best of both sides."""
    by_words = [i for i in np.argsort(-lexical, kind="stable") if lexical[i] > 0][:10]
    by_meaning = np.argsort(-dense, kind="stable")[:10].tolist()
    return 0.75 - 0.03 * len(set(by_words) & set(by_meaning))


@pytest.fixture
def index(encoder: FakeEncoder) -> HybridIndex:
    documents = [parse_text(text, id) for id, text in LIBRARY.items()]
    # Late interaction has its own tests.
    return HybridIndex.build(documents, encoder, configuration=Configuration(late=0))


def found(index: HybridIndex, question: str, **filters: str) -> list[tuple[str, str]]:
    hits = index.search(question, k=100, filters=read_filters(filters))
    return [(hit.result.document, hit.result.clause) for hit in hits]


def results(index: HybridIndex, question: str, k: int = 100) -> list[SearchResult]:
    return [hit.result for hit in index.search(question, k=k)]


# --- search


def test_scores_and_ranks_are_those_of_the_two_sides(
    index: HybridIndex, encoder: FakeEncoder
) -> None:
    texts = [f"{unit.context}\n{unit.text}" for unit in index.units]  # each is one chunk
    official = [term for _, term in index.expansions(QUESTION)]
    lexical = LexicalIndex.build(texts).score(QUESTION, official)
    read = " ".join([QUESTION, *dict.fromkeys(official)])
    dense = encoder.encode_document(texts) @ encoder.encode_query([read])[0]
    fused = combine(lexical, dense, weight=weigh_by_hand(lexical, dense))
    places = [
        {i: place for place, i in enumerate(np.argsort(-side, kind="stable"), 1)}
        for side in (np.where(lexical > 0, lexical, 0), dense)
    ]
    hits = index.search(QUESTION, k=100)
    order = np.argsort(-fused, kind="stable")
    assert len(hits) == len(texts)
    for hit, i in zip(hits, order, strict=True):
        unit, result = index.units[i], hit.result
        assert (result.document, result.clause) == (unit.document, unit.clause)
        assert result.score == pytest.approx(float(fused[i]), abs=2e-6)
        assert result.ranks.lexical == (places[0][i] if lexical[i] > 0 else None)
        assert result.ranks.dense == places[1][i]
        assert hit.spans == unit.spans and hit.chunk == unit.spans[0]


def test_best_unit_is_first_and_k_cuts(index: HybridIndex) -> None:
    assert results(index, QUESTION, k=1) == results(index, QUESTION)[:1]
    assert results(index, "动力电池回收", k=1)[0].clause == "二/（一）"


def test_more_can_be_asked_for_than_either_side_usually_gives(encoder: FakeEncoder) -> None:
    ordinals = [write_number(n) for n in range(1, DEPTH + 21)]
    text = "\n".join(f"第{ordinal}条 支持充电站。" for ordinal in ordinals)
    index = HybridIndex.build([parse_text(text, "d")], encoder)
    assert len(results(index, "支持充电站", k=DEPTH + 20)) == DEPTH + 20


def test_ties_are_by_document_then_position(encoder: FakeEncoder) -> None:
    # The later article's path sorts before the earlier one's: 七 < 二.
    text = "第二条 支持充电站。\n第七条 支持充电站。\n"
    documents = [parse_text(text, id) for id in ("b", "a")]
    index = HybridIndex.build(documents, encoder)
    ties = results(index, "支持充电站")
    assert len({tie.score for tie in ties}) == 1
    assert [(tie.document, tie.clause) for tie in ties] == [
        ("a", "第二条"), ("a", "第七条"), ("b", "第二条"), ("b", "第七条"),
    ]  # fmt: skip


def test_order_in_which_documents_come_does_not_matter(encoder: FakeEncoder) -> None:
    documents = [parse_text(text, id) for id, text in LIBRARY.items()]
    one, other = (HybridIndex.build(d, encoder) for d in (documents, documents[::-1]))
    assert one.fingerprint == other.fingerprint and list(other.documents) == ["a", "b", "c"]
    assert one.search(QUESTION) == other.search(QUESTION)


def test_two_runs_are_identical(index: HybridIndex) -> None:
    assert index.search(QUESTION) == index.search(QUESTION)


def test_filters_apply_before_ranking(index: HybridIndex) -> None:
    limited = results(index, QUESTION)
    assert {r.document for r in limited} == {"a", "b", "c"}
    hits = index.search(QUESTION, filters=read_filters({"document": "b"}))
    assert [hit.result.document for hit in hits] == ["b", "b"]
    # Ranks count the admitted only, and scores are normalised over them.
    assert {hit.result.ranks.dense for hit in hits} == {1, 2}
    assert hits[0].result.score == 1.0


def test_filters_by_place_and_day(index: HybridIndex) -> None:
    assert {d for d, _ in found(index, QUESTION, region="长春市")} == {"a"}
    assert {d for d, _ in found(index, QUESTION, **{"from": "2024-01-01"})} == {"a"}
    assert found(index, QUESTION, region="深圳市") == []


def test_status_is_that_of_the_day_asked_about(index: HybridIndex) -> None:
    filters = read_filters({"status": "not_yet"})
    days = {day: index.search(QUESTION, filters=filters, as_of=day) for day in (
        date(2022, 1, 1), date(2023, 6, 1), date(2025, 1, 1))}  # fmt: skip
    documents = [sorted({h.result.document for h in s}) for s in days.values()]
    assert documents == [["a", "b"], ["a"], []]


def test_english_question_reaches_the_lexical_side_through_its_terms(
    index: HybridIndex, encoder: FakeEncoder
) -> None:
    question = "charging station flibbertigibbet"  # one term known, one not
    terms = in_chinese(question)
    assert "充电站" in terms
    texts = [f"{unit.context}\n{unit.text}" for unit in index.units]
    lexical = LexicalIndex.build(texts).score(terms)
    read = " ".join([question, *known_in_chinese(question)])
    dense = encoder.encode_document(texts) @ encoder.encode_query([read])[0]
    weight = weigh_by_hand(lexical, dense)
    expected = np.sort(combine(lexical, dense, weight=weight))[::-1]
    scores = [result.score for result in results(index, question)]
    np.testing.assert_allclose(scores, expected, atol=2e-6)
    assert lexical.max() > 0


def test_lay_words_reach_the_lexical_side_as_official_terms_too(encoder: FakeEncoder) -> None:
    index = HybridIndex.build(
        [parse_text("第一条 依法征收的房屋。\n第二条 支持换电站建设。\n", "d")], encoder
    )
    pairs = index.expansions("拆迁")
    assert ("拆迁", "征收") in pairs
    texts = [f"{unit.context}\n{unit.text}".strip() for unit in index.units]
    expected = LexicalIndex.build(texts).score("拆迁", [term for _, term in pairs])
    ranks = [result.ranks.lexical for result in results(index, "拆迁")]
    assert ranks == [1, None] and expected[0] > 0 == expected[1]
    plain = index.configured(Configuration(lexicon=False))
    assert plain.expansions("拆迁") == ()
    assert [result.ranks.lexical for result in results(plain, "拆迁")] == [None, None]


@pytest.mark.parametrize("question", ["Xqzt", "123 !", "🚗"])
def test_question_without_a_term_of_the_texts_is_answered_by_the_dense_side(
    question: str, index: HybridIndex
) -> None:
    hits = index.search(question, k=100)
    assert len(hits) == len(index.units)
    for place, hit in enumerate(hits, 1):
        assert (hit.result.ranks.lexical, hit.result.ranks.dense) == (None, place)
    scores = [hit.result.score for hit in hits]
    assert scores == sorted(scores, reverse=True)


def test_long_unit_is_found_by_its_best_chunk(encoder: FakeEncoder) -> None:
    filler = "各地区各部门要高度重视抓好落实。" * 20
    text = f"某某意见\n一、任务。{filler}建立氢能储运体系。{filler}\n"
    index = HybridIndex.build([parse_text(text, "d")], encoder)
    [hit] = index.search("氢能储运")
    clean = index.documents["d"].clean
    assert "氢能储运" in clean[slice(*hit.chunk)] and hit.chunk[1] - hit.chunk[0] <= WINDOW
    assert hit.spans == index.units[0].spans


def test_library_without_units_finds_nothing(encoder: FakeEncoder) -> None:
    for documents in ([], [parse_text("标题\n", "d")]):
        index = HybridIndex.build(documents, encoder)
        assert index.search(QUESTION) == ()


def test_clauses_and_weights_are_looked_up(index: HybridIndex) -> None:
    assert index.clause("a", "一/（二）").text == "（二）支持换电站建设。"
    assert index.idf("换电站") > index.idf("支持") > 0
    with pytest.raises(KeyError):
        index.clause("a", "九")


# --- stores


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoder: FakeEncoder) -> Path:
    """Return a folder of documents; the model is the fake one."""
    monkeypatch.setattr(stores, "load_encoder", lambda model: encoder)
    path = tmp_path / "texts"
    path.mkdir()
    for id, text in LIBRARY.items():
        (path / f"{id}.txt").write_text(text, encoding="utf-8")
    return path


def test_unreadable_files_are_left_out_and_reported(folder: Path, tmp_path: Path) -> None:
    (folder / "empty.txt").write_bytes(b"")
    (folder / "image.txt").write_bytes(bytes(range(256)) * 10)
    built = build_store(tmp_path / "store", [folder, tmp_path / "missing.txt"])
    told = "\n".join(map(str, built.failures))
    assert len(built.failures) == 3
    assert all(name in told for name in ("empty.txt", "image.txt", "missing.txt"))
    assert built.manifest.documents == 3
    assert list(open_index(tmp_path / "store").documents) == ["a", "b", "c"]


def test_nothing_readable_is_an_error_and_keeps_the_present_index(
    folder: Path, tmp_path: Path
) -> None:
    store, empty = tmp_path / "store", tmp_path / "empty"
    empty.mkdir()
    build_store(store, [folder])
    for path in (empty, tmp_path / "missing.txt"):
        with pytest.raises(LoadError, match=path.name):
            build_store(store, [path])
    assert list(open_index(store).documents) == ["a", "b", "c"]


def test_progress_names_the_stages(folder: Path, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    build_store(tmp_path / "store", [folder], progress=lambda *step: told.append(step))
    assert told[:3] == [("read", 1, 3), ("read", 2, 3), ("read", 3, 3)]
    assert told[3] == ("model", 0, 0)
    assert told[-3:] == [("lexical", 0, 0), ("dense", 0, 0), ("measure", 0, 0)]
    assert {stage for stage, _, _ in told[4:-3]} == {"encode"} and told[-4][1] == told[-4][2]


def test_library_s_own_index_is_built_at_first_use_only(
    folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir()
    folder.rename(home / "documents")
    assert list(open_index().documents) == ["a", "b", "c"]
    built = current(home / "index")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("built again")

    monkeypatch.setattr(stores, "build_store", refuse)
    open_index()
    assert current(home / "index") == built


def test_named_store_is_never_built_by_opening_it(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="no index here"):
        open_index(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_builds_in_one_store_exclude_each_other(folder: Path, tmp_path: Path) -> None:
    with build_lock(tmp_path / "store"), pytest.raises(BuildInProgressError):
        build_store(tmp_path / "store", [folder])


def test_chunks_longer_than_the_encoder_reads_are_counted() -> None:
    class Short(FakeEncoder):
        max_tokens = 5

    index = HybridIndex.build([parse_text("某某意见\n一、支持公共充电站建设。\n", "d")], Short())
    assert index.truncated == 1
    assert HybridIndex.build([parse_text("一、建设\n", "d")], FakeEncoder()).truncated == 0

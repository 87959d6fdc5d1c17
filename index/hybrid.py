"""The index side's main path: build, search, save and load a library's index."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from documents.normalization import has_han
from documents.types import Clause, Document
from documents.validity import link
from index import snapshot, spelling
from index.adapter import QueryAdapter
from index.background import language_of, measure_background
from index.configuration import Configuration
from index.contents import Content, hold
from index.cross_encoder import shared_reranker
from index.dense import DenseIndex
from index.encodings import Ask, Earlier, Questions, encode_question, encode_texts
from index.filters import filter_documents
from index.fusion import (
    combine,
    combine_ranks,
    follow_agreement,
    put_first,
    raise_named,
    rank,
    rescore,
)
from index.late_interaction import LATE_LIMIT, LateInteraction
from index.lexical import LexicalIndex
from index.lexicon import expand
from index.lookup import Catalogue, find_references
from index.snapshot import Manifest
from index.stages import measure
from index.translation import in_chinese, known_in_chinese
from index.types import (
    Chunk,
    DenseSide,
    Encoder,
    Expansion,
    Filters,
    Hit,
    LexicalSide,
    Ranks,
    Reference,
    SearchResult,
    Span,
    Unit,
    Vectors,
)
from index.units import build_units
from index.windows import split_chunks

# Each side contributes this many candidates.
DEPTH = 100
# A cross-encoder reads a unit whole up to so many characters, else its best chunk: with titles,
# headings and a question they fit the 512 tokens that most models take.
PASSAGE = 400
# What the encoder made of so many questions is kept: of each some kilobytes.
QUESTIONS = 1024
# Questions whose correction is remembered.
_CORRECTED = 64
# The nearest unit is looked for among so many of the best.
_NEAREST = 10

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class _Candidates:
    """What the two sides found for a question.

    ``plain`` and ``vector`` (1, dimension), before and after the adapter, and ``tokens`` (tokens,
    dimension) are the question's; the scores are of the units ``numbers``, in order; ``lexical`` and
    ``dense`` are each side's own list, best first, and ``places`` the place of each unit in the two,
    from 1.
    """

    plain: Vectors
    vector: Vectors
    tokens: Vectors
    numbers: NDArray[np.int64]
    lexical_scores: NDArray[np.float32]
    similarity: NDArray[np.float32]
    lexical: NDArray[np.int64]
    dense: NDArray[np.int64]
    places: tuple[Mapping[int, int], Mapping[int, int]]


class HybridIndex:
    """A library's documents and units, searched by words and by meaning."""

    def __init__(
        self,
        content: Content,
        lexical: LexicalSide,
        encoder: Encoder,
        fingerprint: str,
        configuration: Configuration = Configuration(),
        adapter: QueryAdapter | None = None,
        built: datetime | None = None,
        dense: DenseSide | None = None,
    ) -> None:
        """Search ``content`` by ``lexical`` and ``dense`` (default: over the vectors of the content)."""
        self._configuration = configuration
        self._built = built or datetime.now(UTC)
        self._adapter = adapter
        self._documents = {one.document.id: one.document for one in content.outlines}
        self._content = content
        self._lexical = lexical
        owners = content.owners
        self._dense: DenseSide = dense or DenseIndex(
            content.encodings.vectors, owners, len(content.units)
        )
        self._late = LateInteraction(content.encodings.tokens, owners, len(content.units))
        self._encoder = encoder
        self._ask: Ask = lru_cache(QUESTIONS)(partial(encode_question, encoder))
        self._encoded = 0
        self._fingerprint = fingerprint
        self._catalogue = Catalogue(content.outlines)
        # On the way to one answer a question is corrected several times.
        self._rewrite = lru_cache(_CORRECTED)(
            lambda question: spelling.rewrite(question, content.vocabulary())
        )

    @classmethod
    def build(
        cls,
        documents: Sequence[Document],
        encoder: Encoder,
        *,
        configuration: Configuration = Configuration(),
        adapter: QueryAdapter | None = None,
        earlier: Earlier = Earlier(),
        progress: Progress | None = None,
    ) -> HybridIndex:
        """Index ``documents``, whose ids differ; questions go through ``adapter``.

        What ``earlier`` builds encoded, with the same encoder, is not encoded again; the index is the
        same as without but for the float noise that ``index.encodings`` describes.
        """
        documents = link(sorted(documents, key=lambda document: document.id))
        units = [unit for document in documents for unit in build_units(document)]
        if not configuration.context:
            units = [replace(unit, context="") for unit in units]
        chunks, texts = _chunks(documents, units, configuration.window)
        report = (lambda done, total: progress("encode", done, total)) if progress else None
        tokens = len(texts) <= LATE_LIMIT
        encodings, encoded = encode_texts(
            texts, encoder, tokens=tokens, earlier=earlier, progress=report
        )
        if progress:
            progress("lexical", 0, 0)
        lexical = LexicalIndex.build(
            [_with_context(unit, unit.text) for unit in units], configuration.terms
        )
        if progress:
            progress("dense", 0, 0)
        content = hold(documents, units, chunks, encodings)
        identity = snapshot.fingerprint(documents, encoder.fingerprint)
        index = cls(content, lexical, encoder, identity, configuration, adapter)
        if progress:
            progress("measure", 0, 0)
        questions = Questions(encoder, earlier.questions)
        asking = copy(index)
        asking._ask = questions.encode
        background = measure_background(asking._nearest)
        index._content = replace(content, background=background, questions=questions.kept)
        index._encoded = encoded
        return index

    def configured(self, configuration: Configuration) -> HybridIndex:
        """Return this index searched in another way; it shares all that was built.

        ValueError where the parts themselves would differ.
        """
        if configuration.content != self._configuration.content:
            raise ValueError(f"built as {self._configuration}, not as {configuration}")
        other = copy(self)
        other._configuration = configuration
        return other

    def adapted(self, adapter: QueryAdapter | None) -> HybridIndex:
        """Return this index with another adapter for its questions; it shares all that was built."""
        other = copy(self)
        other._adapter = adapter
        return other

    @classmethod
    def load(
        cls, store: Path, encoder: Encoder, *, adapter: QueryAdapter | None = None
    ) -> HybridIndex:
        """Load the current snapshot of ``store``; questions go through ``adapter``.

        SnapshotError where it is damaged, or was made with another encoder.
        """
        manifest, content, lexical = snapshot.load(store)
        if manifest.encoder_fingerprint != encoder.fingerprint:
            raise snapshot.damaged(store, explain_encoder(manifest.encoder, encoder.name))
        try:
            dense = DenseIndex.load(
                lexical.parent / snapshot.DENSE,
                content.encodings.vectors,
                content.owners,
                len(content.units),
            )
            words = LexicalIndex.load(lexical, len(content.units), content.refuse)
        except Exception as error:  # a damaged file may make its reader fail in any way
            raise snapshot.damaged(store, f"{type(error).__name__}: {error}") from error
        return cls(
            content,
            words,
            encoder,
            manifest.fingerprint,
            adapter=adapter,
            dense=dense,
            built=snapshot.read_time(lexical.parent),
        )

    def save(self, store: Path) -> Manifest:
        """Write the index into ``store`` and make it the current one."""
        return snapshot.save(
            store,
            self._content,
            fingerprint=self._fingerprint,
            encoder=self._encoder.name,
            encoder_fingerprint=self._encoder.fingerprint,
            save_lexical=self._lexical.save,
            save_dense=self._dense.save,
        )

    @property
    def damage(self) -> str | None:
        """What was found damaged since it was loaded, in two languages; None where nothing was."""
        return self._content.damage()

    @property
    def documents(self) -> Mapping[str, Document]:
        """The documents by id, in order of id."""
        return self._documents

    @property
    def units(self) -> Sequence[Unit]:
        """The units, by document id and position."""
        return self._content.units

    @property
    def configuration(self) -> Configuration:
        """How it was built and is searched."""
        return self._configuration

    @property
    def chunks(self) -> Sequence[Chunk]:
        """The chunks, in the order of the units."""
        return self._content.chunks

    @property
    def vectors(self) -> Vectors:
        """The chunks' vectors, shape (chunks, dimension)."""
        return self._content.encodings.vectors

    @property
    def encoded(self) -> int:
        """How many of the chunks were encoded when it was built; 0 where it was loaded."""
        return self._encoded

    @property
    def truncated(self) -> int:
        """How many chunks are longer than the encoder reads."""
        return self._content.truncated

    @property
    def fingerprint(self) -> str:
        """Identity of the index: equal for equal documents and encoder."""
        return self._fingerprint

    @property
    def built(self) -> datetime:
        """When it was built, in UTC."""
        return self._built

    def clause(self, document: str, path: str) -> Clause:
        """Return a clause; KeyError where the library has none such."""
        return self._documents[document].clause(path)

    def idf(self, word: str) -> float:
        """Return how much a word tells: its inverse document frequency over the units."""
        return self._lexical.idf(word)

    def mentions(self, term: str, documents: Collection[str] | None = None) -> bool:
        """Whether ``term``, in match form, may stand in one of these documents (default: in any).

        Exact for given ``documents``; for all, a term may be taken for one whose parts stand apart.
        """
        if not self._lexical.bound(term):
            return False
        return documents is None or any(term in self._content.form(id) for id in documents)

    def find_references(
        self, question: str, *, filters: Filters = Filters(), as_of: date | None = None
    ) -> tuple[Reference, ...]:
        """Return what ``question`` names, in order; of clauses, those that ``filters`` admit."""
        return find_references(
            question, self._catalogue, among=self._admitted(filters, as_of or date.today())
        )

    def correct(self, question: str) -> str:
        """Return ``question`` with its slips of typing set right, as ``search`` reads it; idempotent."""
        if not self._configuration.spelling or not has_han(question):
            return question
        return self._rewrite(question)

    def expansions(self, question: str) -> tuple[Expansion, ...]:
        """Return (as typed, as meant), then (lay word, official term), for what ``search`` reads."""
        corrected = self.correct(question)
        vocabulary = self._content.vocabulary
        slips = spelling.correct(question, vocabulary()) if corrected != question else ()
        return (*slips, *self._official(corrected))

    def _official(self, question: str) -> tuple[Expansion, ...]:
        return expand(question) if self._configuration.lexicon else ()

    def search(
        self,
        question: str,
        *,
        k: int = 10,
        filters: Filters = Filters(),
        as_of: date | None = None,
    ) -> tuple[Hit, ...]:
        """Return the best ``k`` units for ``question`` among those that ``filters`` admit.

        Slips of typing are set right first.
        Units that hold a clause which the question names by its number come first, in the order of
        the question; their scores are above all others. A question without Chinese characters
        reaches the lexical side through its translated terms; where it has none, the dense side
        answers alone. Where late interaction is on, the best by the first fusion are fused again,
        with it in the place of the dense side. Ties: document id, then position.
        ModelError where the reranker, which is loaded at the first search, cannot be loaded.
        """
        configuration = self._configuration
        question = self.correct(question)
        names = self._admitted(filters, as_of or date.today())
        found = self._find(question, max(DEPTH, k), self._in(names))
        with measure("rank"):
            fused, near = self._fuse(found)
            scores = dict(zip(found.numbers.tolist(), fused.tolist(), strict=True))
            if configuration.reranker:
                scores = self._reranked(question, found.vector, scores, configuration.reranker)
            if configuration.lookup:
                scores = raise_named(scores, self._named(question, names))
            best = _ranking(scores)[:k]
            _, chunks = self._dense.score(found.vector, np.array(best, dtype=np.int64))
            near |= self._nearness(found, [number for number in best if number not in near])
            spread = self._content.background[language_of(question)]
            return tuple(
                self._hit(number, scores[number], found, chunk, spread.standardize(near[number]))
                for number, chunk in zip(best, chunks.tolist(), strict=True)
            )

    def _nearest(self, question: str) -> float:
        """Return the raw nearness of the nearest of the best units; 0 where none is found."""
        found = self._find(self.correct(question), DEPTH, None)
        fused, near = self._fuse(found)
        best = found.numbers[rank(fused)[:_NEAREST]].tolist()
        near |= self._nearness(found, [number for number in best if number not in near])
        return max((near[number] for number in best), default=0.0)

    def _nearness(self, found: _Candidates, numbers: Sequence[int]) -> dict[int, float]:
        """Return the raw nearness of these units: by their tokens, where the index has them."""
        units = np.array(numbers, dtype=np.int64)
        if found.tokens.size:
            scores = self._late.score(found.tokens, units)
        else:
            scores, _ = self._dense.score(found.plain, units)
        return dict(zip(numbers, scores.tolist(), strict=True))

    def _find(self, question: str, depth: int, admitted: NDArray[np.bool_] | None) -> _Candidates:
        """Return the best ``depth`` units of each side, with both sides' scores of all of them.

        ``question`` has been corrected.
        """
        configuration = self._configuration
        none = np.empty(0, dtype=np.int64)
        by_meaning, by_words = configuration.sides != "lexical", configuration.sides != "dense"
        with measure("encode"):
            plain, tokens = self._encode(question)
            vector = plain
            if self._adapter is not None and configuration.adapter:
                vector = self._adapter.apply(plain)
        with measure("lexical"):
            terms = question if has_han(question) else in_chinese(question)
            official = [term for _, term in self._official(question)]
            words = self._lexical.ask(terms, official)
            lexical = words.best(depth, admitted) if by_words else none
        with measure("dense"):
            dense = self._dense.search(vector, depth, admitted) if by_meaning else none
            numbers = np.union1d(dense, lexical)
            similarity, _ = self._dense.score(vector, numbers)
        return _Candidates(
            plain,
            vector,
            tokens,
            numbers,
            words.of(numbers),
            similarity,
            lexical,
            dense,
            (_places(lexical), _places(dense)),
        )

    def _fuse(self, found: _Candidates) -> tuple[NDArray[np.float32], dict[int, float]]:
        """Return one score for each candidate, none negative, and the raw nearness of the best."""
        configuration = self._configuration
        weight = _weight(configuration, found.lexical, found.dense)
        if configuration.fusion == "rrf":
            fused = combine_ranks(found.places, found.numbers.tolist())
        else:
            fused = combine(found.lexical_scores, found.similarity, weight=weight)
        if not found.tokens.size:
            return fused, {}
        head = rank(fused)[: configuration.late]
        near = self._nearness(found, found.numbers[head].tolist())
        again = np.array(list(near.values()), dtype=np.float32)
        late = combine(found.lexical_scores[head], again, weight=weight)
        return put_first(fused, head, late), near

    def encode(self, question: str) -> tuple[Vectors, Vectors]:
        """Return what is compared of ``question``: its vector, (1, dimension), and its tokens if any.

        The encoder reads the question without its slips, followed by what the lexicon knows of it:
        the official terms of lay words, the Chinese ones of an English question.
        """
        return self._encode(self.correct(question))

    def _encode(self, question: str) -> tuple[Vectors, Vectors]:
        configuration = self._configuration
        if configuration.lexicon:
            known = dict.fromkeys(term for _, term in self._official(question))
            terms = known if has_han(question) else known_in_chinese(question)
            question = " ".join([question, *terms])
        if self._late.on and configuration.late > 0 and configuration.sides != "lexical":
            return self._ask(question, True)
        return self._ask(question, False)

    def _reranked(
        self, question: str, vector: Vectors, scores: dict[int, float], reranker: str
    ) -> dict[int, float]:
        """Return ``scores`` with the best units re-scored by the cross-encoder of that name."""
        best = _ranking(scores)[: self._configuration.rerank]
        if not best:
            return scores
        _, chunks = self._dense.score(vector, np.array(best, dtype=np.int64))
        passages = [self._passage(*pair) for pair in zip(best, chunks.tolist(), strict=True)]
        logits = shared_reranker(reranker).score(question, passages)
        return rescore(scores, dict(zip(best, logits.tolist(), strict=True)))

    def _passage(self, number: int, chunk: int) -> str:
        """Return what a cross-encoder reads of a unit whose best chunk is ``chunk``."""
        unit = self._content.units[number]
        if len(unit.text) <= PASSAGE:
            return _with_context(unit, unit.text)
        best = self._content.chunks[chunk]
        clean = self._documents[unit.document].clean
        return _with_context(unit, clean[best.start : best.end])

    def _admitted(self, filters: Filters, day: date) -> frozenset[str] | None:
        """Return the ids of the documents that ``filters`` admit; None where that is all."""
        if filters == Filters():
            return None
        return frozenset(d.id for d in filter_documents(self._documents.values(), filters, day))

    def _in(self, documents: frozenset[str] | None) -> NDArray[np.bool_] | None:
        return None if documents is None else self._content.places.among(documents)

    def _named(self, question: str, documents: frozenset[str] | None) -> list[list[int]]:
        """Return the units of the clauses that ``question`` names in ``documents``, in its order.

        A clause's own unit comes before those inside it; those of one list rank alike.
        """
        found = []
        for reference in find_references(question, self._catalogue, among=documents):
            units = [self._units_of(*clause) for clause in reference.clauses]
            found.append([number for own, _ in units for number in own])
            found.append([number for _, inner in units for number in inner])
        return found

    def _units_of(self, document: str, path: str) -> tuple[list[int], list[int]]:
        """Return the units that hold the clause, and those that lie inside it."""
        clause = self.clause(document, path)
        places = self._content.places
        own, inner = [], []
        for number in places.of(document):
            unit = places[number]
            if unit.clause == path or _holds(unit.spans, (clause.start, clause.end)):
                own.append(number)
            elif clause.start <= unit.spans[0][0] < clause.end:
                inner.append(number)
        return own, inner

    def _hit(
        self,
        number: int,
        score: float,
        found: _Candidates,
        chunk: int,
        nearness: float,
    ) -> Hit:
        unit = self._content.places[number]
        best = self._content.chunks[chunk]
        places = Ranks(*(places.get(number) for places in found.places))
        result = SearchResult(unit.document, unit.clause, round(score, 6), places)
        return Hit(result, (best.start, best.end), unit.spans, round(nearness, 4))


def _weight(
    configuration: Configuration, lexical: NDArray[np.int64], dense: NDArray[np.int64]
) -> float:
    """Return the weight of the dense side for a question whose best units are these."""
    if configuration.sides != "both":
        return float(configuration.sides == "dense")
    if configuration.weight is not None:
        return configuration.weight
    return follow_agreement(lexical, dense)


def explain_encoder(made: str, now: str) -> str:
    """Return why vectors that ``made`` made cannot be compared with those of ``now``."""
    if made == now:
        return (
            f"由模型 {made} 的另一引擎或版本建立，可用 --engine 指定引擎 / "
            "made by another engine or version of the same model; --engine names an engine"
        )
    return f"由模型 {made} 建立，当前模型是 {now} / made with another model"


def _holds(spans: Iterable[Span], span: Span) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in spans)


def _with_context(unit: Unit, text: str) -> str:
    """Return ``text`` of a unit as both sides read it."""
    return f"{unit.context}\n{text}" if unit.context else text


def _chunks(
    documents: Sequence[Document], units: Sequence[Unit], window: int
) -> tuple[list[Chunk], list[str]]:
    """Return the chunks of ``units`` in order, and what the encoder reads for each."""
    clean = {document.id: document.clean for document in documents}
    chunks = [
        chunk
        for number, unit in enumerate(units)
        for chunk in split_chunks(unit, number, clean[unit.document], window=window)
    ]
    texts = [
        _with_context(units[c.unit], clean[units[c.unit].document][c.start : c.end]) for c in chunks
    ]
    return chunks, texts


def _ranking(scores: Mapping[int, float]) -> list[int]:
    return sorted(scores, key=lambda number: (-scores[number], number))


def _places(ranking: NDArray[np.int64]) -> dict[int, int]:
    return {int(unit): place for place, unit in enumerate(ranking, 1)}

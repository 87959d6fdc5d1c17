"""From ranked units, the verbatim sentences that answer.

What a unit holds of the question's content words, weighted by how rare they are in the library, is one
of the signals by which it is judged (``qa.relevance``). Within a unit, the quote is the run of whole
sentences around the one that holds most of those words; where none does (another language, other
words), the chunk that the encoder found nearest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from documents.departments import without_duties
from documents.normalization import match_form
from documents.types import Document
from index.translation import Term
from index.types import Hit, Index, Span
from index.windows import is_bracket, split_sentences
from qa.passages import Passage, take
from qa.question import Question

# What a compound with one character in between counts.
_FOLDED = 0.8
# What the official term for a lay word counts: it may say more or less than the word. Of 626 questions
# of laypeople that four laws answer, .7 lets 15 more be answered, .8 lets 21, of 473 that other laws
# answer 8 and 11; of 1,235 about other fields than the samples' none (evaluation/LOG.md).
_OFFICIAL = 0.7
# A quote is what an operator can read out in one breath or two.
MAX_QUOTE = 280
# A shorter one is hardly more than a heading.
_MIN_QUOTE = 40
# Sentences that hold at least this share of the best one's words belong to the quote when adjacent.
_NEIGHBOUR_SHARE = 0.5


Weights = Mapping[Term, float]

# The same clauses are found again and again; 20,000 of them take about 20 MB.
_form = lru_cache(maxsize=20_000)(match_form)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage with how well its unit fits the question.

    ``share``, 0..1: of the best unit's score. ``coverage``, 0..1: the weighted share of the question's
    content words that the unit, its title and its headings hold; ``held`` is what each word adds to
    it, ``weights`` what each could.
    """

    hit: Hit
    passage: Passage
    share: float
    weights: Weights
    held: Weights

    @property
    def coverage(self) -> float:
        """The sum of what the words add."""
        return sum(self.held.values())


def gather(question: Question, hits: Sequence[Hit], index: Index) -> list[Evidence]:
    """Return the evidence of every hit, in the hits' order."""
    words = weigh(question.words, index)
    # A clause that was asked for by its number stands above the scale.
    best = max((min(hit.result.score, 1.0) for hit in hits), default=0.0) or 1.0
    return [_evidence(hit, index, words, min(hit.result.score, 1.0) / best) for hit in hits]


def weigh(words: Iterable[Term], index: Index) -> dict[Term, float]:
    """Return each content word with its weight: that of the form which the library has most."""
    return {word: min(index.idf(form) for form in word.forms) for word in words}


def _evidence(hit: Hit, index: Index, words: Weights, share: float) -> Evidence:
    document = index.documents[hit.result.document]
    start, end = _quote(document.clean, hit, words)
    return Evidence(
        hit=hit,
        passage=take(document, start, end, score=hit.result.score),
        share=share,
        weights=words,
        held=cover(words, _form(_surroundings(document, hit))),
    )


def expand(evidence: Iterable[Evidence]) -> tuple[tuple[str, str], ...]:
    """Return (word of the question, form in which a cited clause holds it), each once."""
    found: dict[tuple[str, str], None] = {}
    for item in evidence:
        form = _form(_surroundings(item.passage.document, item.hit))
        for word in item.held:
            found.update({(word.text, f): None for f in word.forms if f != word.text and f in form})
    return tuple(found)


def cover(words: Weights, form: str) -> dict[Term, float]:
    """Return what each word that ``form`` holds, whole or in part, adds to its coverage."""
    total = sum(words.values())
    shares = {word: _share(word, form) for word in words}
    return {word: words[word] * share / total for word, share in shares.items() if share}


def _share(word: Term, form: str) -> float:
    """Return 1 where a spelling of ``word`` stands in ``form``, else what comes nearest, if anything.

    That is an official term for it, or part of a spelling.
    """
    if any(spelling in form for spelling in word.forms):
        return 1.0
    official = _OFFICIAL if any(term in form for term in word.official) else 0.0
    if word.loose or word.required:
        return official
    return max(official, *(_part(spelling, form) for spelling in word.forms))


def _part(spelling: str, form: str) -> float:
    # 充换电站 is a 充电站 too: policy texts fold two compounds into one.
    if len(spelling) > 2 and re.search(".?".join(map(re.escape, spelling)), form):
        return _FOLDED
    pairs = [spelling[i : i + 2] for i in range(len(spelling) - 1)]
    # Half of a compound (充电 of 充电桩) is worth less than half of its meaning.
    return 0.5 * sum(pair in form for pair in pairs) / len(pairs) if len(pairs) > 1 else 0.0


def _surroundings(document: Document, hit: Hit) -> str:
    """Return what a unit says together with its title and headings."""
    own = [document.clean[start:end] for start, end in hit.spans]
    start = hit.spans[0][0]
    above = [c.text.split("\n", 1)[0][:60] for c in document.clauses if c.start < start < c.end]
    return "\n".join([document.metadata.title or "", *above, *own])


def _quote(text: str, hit: Hit, words: Weights) -> Span:
    best: tuple[float, Span] = (0.0, hit.chunk)
    for start, end in hit.spans:
        sentences = [
            s for s in split_sentences(text, start, end) if not is_bracket(text[slice(*s)])
        ]
        scores = [
            sum(w * _share(word, _form(text[a:b])) for word, w in words.items())
            for a, b in sentences
        ]
        if sentences and max(scores) > best[0]:
            best = (max(scores), _run(sentences, scores))
    start, end = _with_body(text, hit, best[1])
    return start, without_duties(text, start, end)


def _run(sentences: Sequence[Span], scores: Sequence[float]) -> Span:
    """Return the best sentence with the neighbours that nearly match it, up to a quote's length."""
    best = max(range(len(scores)), key=scores.__getitem__)
    first = last = best
    enough = _NEIGHBOUR_SHARE * scores[best]
    while (
        first > 0
        and scores[first - 1] >= enough
        and sentences[last][1] - sentences[first - 1][0] <= MAX_QUOTE
    ):
        first -= 1
    while (
        last + 1 < len(scores)
        and scores[last + 1] >= enough
        and sentences[last + 1][1] - sentences[first][0] <= MAX_QUOTE
    ):
        last += 1
    return sentences[first][0], sentences[last][1]


def _with_body(text: str, hit: Hit, quote: Span) -> Span:
    """Extend a quote that is hardly more than a heading by the sentences behind it."""
    start, end = quote
    span = next(((a, b) for a, b in hit.spans if a <= start < b), quote)
    for a, b in split_sentences(text, end, span[1]):
        if end - start >= _MIN_QUOTE or b - start > MAX_QUOTE or text[a] in "（(":
            break
        end = b
    return start, end

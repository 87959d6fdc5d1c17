"""Slips of typing by sound: 「充电庄」 for 充电桩. Which characters of a question are meant otherwise.

Chinese is typed by its sound, so a slip is a character that sounds like the right one. The rule is
the noisy channel of spelling correction (Kernighan, Church and Gale, "A spelling correction program
based on a noisy channel model", 1990), with a library for its dictionary:

*Suspect* is a character that stands alone when the question is cut into the words of a general
dictionary, is no mere word of grammar, and that neither CC-CEDICT nor the lexicon joins to its
neighbours. *What is meant* is another character of the same sound
(tones and the usual confusions aside) that makes a term of two to four characters with the words
beside it. The term stands in the library, or is the name of a place. It is a word of the dictionary
from word to word of the question, or a run of two or three characters that the library has more
than once and in more than one surrounding. *It is a slip* where the term is likelier than what was
typed by a factor of more than ``exp(THRESHOLD)``. How likely a term is follows from how often the
dictionary and the library have it, words that the library never joins being taken for independent.

So 庄 in 充电庄 is read as 桩: both 充电 and 庄 are words, but they do not meet. A word of two characters
or more is never touched, however seldom the library has it.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from documents.normalization import match_form
from documents.regions import named_region
from index.lexicon import read_lexicon
from index.tokenization import cut_known, dictionary_total, frequency_of
from index.translation import is_headword
from index.types import Expansion, Span

# Natural logarithm of how much likelier a term must be than what was typed (evaluation/LOG.md).
THRESHOLD = 6.0
# What it costs, on the same scale, that two syllables are not the same but often confused.
CONFUSED = 2.0
# zh and z, ch and c, sh and s; ing and in, eng and en.
_CONFUSIONS = ((re.compile("^([zcs])h"), r"\1"), (re.compile("(?<=[ei])ng$"), "n"))
# Characters of place names that are mistaken for others by their looks.
_LOOK_ALIKE = ("徽微", "陕峡", "冀翼", "津律", "沈沉", "州卅")
# What the dictionary does not know is a term where the library has it so often,
_MIN_COUNT = 2
# and no one character stands before it, or behind it, in more than this share of the cases.
_SHARE = 0.7
# Characters of a term; four fill the 64 bits of a packed run.
_LONGEST = 4
_BITS = np.uint64(16)
# Longer runs than one character are packed to this or more.
_ONE = np.uint64(1) << _BITS
# Words of one character that stand beside anything and seldom are a part of a longer word: particles,
# pronouns, conjunctions, adverbs, prepositions, places, digits. The dictionary's tags are no help, as
# they have 安 and 策 among them.
_GRAMMATICAL = frozenset(
    "的了着吗呢吧啊嘛呀么这那此该其他她它我你您谁何啥每某和与或及而但且并若如因就才也都又再还只仅不没未已曾很太更最"
    "非被把将给让在从于由自之则无中里内前后零一二三四五六七八九两几"
)
_HAN_RUN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """How often a library has the runs of one to four Chinese characters.

    ``keys`` are the runs, packed and ascending, shape (runs,); ``counts``, of the same shape, how
    often they occur; ``total`` is the number of characters.
    """

    keys: NDArray[np.uint64]
    counts: NDArray[np.int32]
    total: int

    @classmethod
    def over(cls, keys: NDArray[np.uint64], counts: NDArray[np.int32]) -> Vocabulary:
        """Return the vocabulary of these runs, which may lie on disk: a look-up reads a few of them."""
        # The runs of one character come first.
        return cls(keys, counts, int(counts[: np.searchsorted(keys, _ONE)].sum()))

    @classmethod
    def build(cls, texts: Iterable[str]) -> Vocabulary:
        """Count the runs of ``texts``. The 6.6 million characters of 55,537 articles take seconds."""
        runs = "\n".join(_HAN_RUN.findall(match_form("\n".join(texts))))
        codes = np.frombuffer(runs.encode("utf-16-le"), dtype="<u2").astype(np.uint64)
        found = [_count_runs(codes, length) for length in range(1, _LONGEST + 1)]
        # A shorter run packs to a smaller number, so the whole is in order.
        keys, counts = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
        return cls.over(keys, counts.astype(np.int32))

    def count(self, terms: Sequence[str]) -> list[int]:
        """Return how often the library has each of ``terms``, of one to four characters."""
        counts: list[int] = self._count(_pack(terms)).tolist()
        return counts

    def is_whole(self, term: str) -> bool:
        """Whether ``term``, of one to three characters, is not for the most part one of a longer run."""
        [key] = _pack([term])
        first, last = np.searchsorted(self.keys, np.array([key, key + np.uint64(1)]) << _BITS)
        characters = self.keys[: np.searchsorted(self.keys, _ONE)]
        before = self._count((characters << (_BITS * np.uint64(len(term)))) | key)
        most = self.count([term])[0] * _SHARE
        return all(beside.max(initial=0) <= most for beside in (before, self.counts[first:last]))

    def _count(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        if not self.keys.size:
            return np.zeros(keys.shape, dtype=np.int64)
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[places] == keys, self.counts[places], 0)


def correct(question: str, vocabulary: Vocabulary) -> tuple[Expansion, ...]:
    """Return (as typed, as meant) for the slips of ``question``, in order, each pair once.

    What is meant is in match form; what was typed stands in ``question``.
    """
    slips = find_slips(question, vocabulary)
    return tuple(dict.fromkeys((question[start:end], meant) for (start, end), meant in slips))


def rewrite(question: str, vocabulary: Vocabulary) -> str:
    """Return ``question`` as it is meant, itself where it has no slip; idempotent."""
    return _replace(question, find_slips(question, vocabulary))


def find_slips(question: str, vocabulary: Vocabulary) -> tuple[tuple[Span, str], ...]:
    """Return the spans of ``question`` that are slips, in order and disjoint, with what is meant."""
    found: list[tuple[Span, str]] = []
    for run in _HAN_RUN.finditer(question):
        form = match_form(run[0])
        # Offsets hold only where the match form is character for character.
        if len(form) != len(run[0]) or not _HAN_RUN.fullmatch(form):
            continue
        slips = _find_in(form, vocabulary)
        # A reading that raises new doubts is none.
        if slips and not _find_in(_replace(form, slips), vocabulary):
            at = run.start()
            found += [((at + start, at + end), meant) for (start, end), meant in slips]
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Cut:
    """A run of Chinese characters, ``bounds`` its words' offsets and its end.

    ``costs`` are the words' by their offsets, none for those that carry no meaning.
    """

    text: str
    bounds: tuple[int, ...]
    costs: dict[int, float]

    def spans(self, place: int) -> Iterator[Span]:
        """Yield the spans from word to word, of several words with meaning, that hold ``place``."""
        # Only what is near: a question may be one run of two thousand characters.
        near = self._between(place - _LONGEST + 1, place + _LONGEST + 1)
        for start in near:
            for end in near:
                words = [at for at in near if start <= at < end]
                if (
                    start <= place < end <= start + _LONGEST
                    and len(words) > 1
                    and all(at in self.costs for at in words)
                ):
                    yield start, end

    def cost(self, span: Span) -> float:
        """Return the negative logarithm of how likely the words of ``span`` are together."""
        return sum(self.costs[at] for at in self._between(*span) if at in self.costs)

    def _between(self, start: int, end: int) -> tuple[int, ...]:
        """Return the bounds from ``start`` up to ``end``."""
        return self.bounds[bisect_left(self.bounds, start) : bisect_left(self.bounds, end)]


@dataclass(frozen=True, slots=True)
class _Reading:
    """``span`` read as ``meant``; ``gain`` is the logarithm of how much likelier that is."""

    span: Span
    meant: str
    gain: float


def _find_in(run: str, vocabulary: Vocabulary) -> list[tuple[Span, str]]:
    """Return the slips of ``run``; of two that overlap the likelier."""
    kept: list[_Reading] = []
    readings = _read_suspects(_cut(run, vocabulary), vocabulary)
    for reading in sorted(readings, key=lambda r: (-r.gain, r.span)):
        start, end = reading.span
        if all(end <= other.span[0] or other.span[1] <= start for other in kept):
            kept.append(reading)
    return sorted((reading.span, reading.meant) for reading in kept)


def _replace(text: str, slips: Iterable[tuple[Span, str]]) -> str:
    for (start, end), meant in slips:
        # What is meant has the length of what was typed.
        text = text[:start] + meant + text[end:]
    return text


def _cut(run: str, vocabulary: Vocabulary) -> _Cut:
    words = cut_known(run)
    bounds = tuple(accumulate(map(len, words), initial=0))
    costs = {
        start: _cost(word, 0, vocabulary)
        for start, word in zip(bounds, words, strict=False)
        if word not in _GRAMMATICAL
    }
    return _Cut(run, bounds, costs)


def _read_suspects(cut: _Cut, vocabulary: Vocabulary) -> Iterator[_Reading]:
    """Yield for each suspect character what it is most likely meant as, in the shortest term."""
    for place, end in pairwise(cut.bounds):
        if end - place > 1 or place not in cut.costs:
            continue
        found = [r for span in cut.spans(place) for r in _read(cut, span, place, vocabulary)]
        # Last, because CC-CEDICT takes a second to read.
        if found and not _is_joined(cut.text, place):
            best = max(found, key=lambda r: (r.gain, r.meant))
            other = best.meant[place - best.span[0]]
            same = [r for r in found if r.meant[place - r.span[0]] == other]
            yield min(same, key=lambda r: (len(r.meant), -r.gain))


def _read(cut: _Cut, span: Span, place: int, vocabulary: Vocabulary) -> Iterator[_Reading]:
    """Yield what ``span`` may be meant as, with another character at ``place``."""
    start, end = span
    typed, at = cut.text[start:end], place - start
    terms = [typed[:at] + other + typed[at + 1 :] for other in _confusable(typed[at])]
    own, *counts = vocabulary.count([typed, *terms])
    cost = min(cut.cost(span), _cost(typed, own, vocabulary)) if own else cut.cost(span)
    for term, count in zip(terms, counts, strict=True):
        if not count and not (frequency_of(term) and named_region(term)):
            continue
        gain = cost - _cost(term, count, vocabulary)
        if gain <= THRESHOLD:
            continue
        sound, meant = _sounds(typed[at])[0], _sounds(term)[at]
        if meant != sound:
            gain -= CONFUSED
        alike = _fold(meant) == _fold(sound) or term[at] in _look_alike(typed[at])
        if alike and gain > THRESHOLD and _is_term(term, span, place, cut, vocabulary):
            yield _Reading(span, term, gain)


def _is_term(term: str, span: Span, place: int, cut: _Cut, vocabulary: Vocabulary) -> bool:
    """Whether ``term``, in the place of ``span``, has a word for its character at ``place``.

    That is one of the dictionary that fits between the words of the question, or the whole term,
    where it is the library's own.
    """
    bounds = accumulate(map(len, cut_known(term)), initial=span[0])
    for start, end in pairwise(bounds):
        if start <= place < end and end - start > 1:
            return start in cut.bounds and end in cut.bounds
    own = len(term) < _LONGEST and vocabulary.count([term])[0] >= _MIN_COUNT
    return own and vocabulary.is_whole(term)


def _cost(term: str, count: int, vocabulary: Vocabulary) -> float:
    """Return the negative logarithm of how likely ``term`` is: by the dictionary and the library."""
    # A character that neither has is no less likely than the rarest.
    general = max(frequency_of(term), 0 if count else 1) / dictionary_total()
    own = count / vocabulary.total if count else 0.0
    return -math.log((general + own) / 2)


def _is_joined(run: str, place: int) -> bool:
    """Whether CC-CEDICT or the lexicon has a word of ``run`` that holds the character at ``place``."""
    spans = (
        (start, end)
        for start in range(max(0, place - _LONGEST + 1), place + 1)
        for end in range(max(place + 1, start + 2), min(len(run), start + _LONGEST) + 1)
    )
    words = {run[start:end] for start, end in spans}
    return not words.isdisjoint(_lexicon()) or any(map(is_headword, words))


@cache
def _lexicon() -> frozenset[str]:
    rows = [*read_lexicon("lay"), *(row[::-1] for row in read_lexicon("english"))]
    return frozenset(match_form(word) for row in rows for word in row)


def _count_runs(
    codes: NDArray[np.uint64], length: int
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return the packed runs of ``length`` characters, ascending, and how often they occur."""
    size = max(0, len(codes) - length + 1)
    packed = np.zeros(size, dtype=np.uint64)
    unbroken = np.ones(size, dtype=np.bool_)
    for i in range(length):
        packed = (packed << _BITS) | codes[i : i + size]
        unbroken &= codes[i : i + size] != ord("\n")
    return np.unique(packed[unbroken], return_counts=True)


def _pack(terms: Iterable[str]) -> NDArray[np.uint64]:
    packed = [int.from_bytes(term.encode("utf-16-be"), "big") for term in terms]
    return np.array(packed, dtype=np.uint64)


def _confusable(character: str) -> list[str]:
    """Return the characters that may sound like ``character``, as it is usually read, or look so."""
    alike = [*_by_sound().get(_fold(_sounds(character)[0]), ()), *_look_alike(character)]
    return [other for other in alike if other != character]


def _look_alike(character: str) -> str:
    return "".join(group for group in _LOOK_ALIKE if character in group)


@cache
def _by_sound() -> dict[str, list[str]]:
    """Return the dictionary's characters by each of their syllables, in the order of Unicode."""
    import pypinyin  # its dictionary takes half a second to read

    found: dict[str, list[str]] = {}
    for character in map(chr, range(0x4E00, 0xA000)):
        if frequency_of(character) and character not in _GRAMMATICAL:
            [sounds] = pypinyin.pinyin(character, style=pypinyin.Style.NORMAL, heteronym=True)
            for sound in {_fold(sound) for sound in sounds}:
                found.setdefault(sound, []).append(character)
    return found


@lru_cache(maxsize=10_000)
def _sounds(term: str) -> list[str]:
    """Return the syllables of ``term`` without tones, one for each character, as it is read there."""
    import pypinyin

    # It would give a row of characters that it does not know as one.
    return pypinyin.lazy_pinyin(term, errors=list)  # type: ignore[arg-type]


def _fold(syllable: str) -> str:
    """Return what a syllable has in common with those it is often confused with."""
    for pattern, to in _CONFUSIONS:
        syllable = pattern.sub(to, syllable)
    return syllable

"""Whether time grows with the length of a text, or faster: patterns repeated, each twice as often.

Time is that of the process (CPU), so that other load on the machine does not count.
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from torture.fuzz.seeds import TOKENS

# Lengths that are compared, in characters; what is this quick at the greater one is not looked at.
SHORT, LONG = 8_000, 64_000
_QUICK = 0.4
# Linear growth takes 8 times as long for 8 times the text; a quadratic one 64 times.
_FACTOR = 20.0


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text of any length: ``head``, then ``piece`` repeated, then ``tail``."""

    head: str
    piece: str
    tail: str

    def write(self, length: int) -> str:
        """Return a text of about ``length`` characters."""
        return self.head + self.piece * (length // len(self.piece)) + self.tail


@dataclass(frozen=True, slots=True)
class Growth:
    """Seconds at two lengths of a pattern."""

    pattern: Pattern
    short: float
    long: float


def draw_patterns(amount: int, seed: int, words: Sequence[str] = TOKENS) -> Iterator[Pattern]:
    """Yield patterns: every word alone first, then one to three of them between a head and a tail."""
    random_ = random.Random(seed)
    alone = list(dict.fromkeys((*words, "a", "充", "1", " ")))
    for number in range(amount):
        if number < len(alone):
            yield Pattern("", alone[number], "")
            continue
        piece = "".join(random_.choice(words) for _ in range(random_.choice((1, 2, 2, 3))))
        head, tail = (random_.choice(("", "\n", random_.choice(words))) for _ in range(2))
        yield Pattern(head, piece, tail)


def find_growth(
    read: Callable[[str], object], patterns: Iterator[Pattern], *, short: int, long: int
) -> Iterator[Growth]:
    """Yield the patterns for which ``read`` takes much longer than their length tells.

    One is measured again before it is told: a first call may load something.
    """
    factor = _FACTOR * (long / short) / (LONG / SHORT)
    for pattern in patterns:
        for _ in range(2):
            slow = _measure(read, pattern.write(long))
            if slow < _QUICK:
                break
            quick = _measure(read, pattern.write(short))
            if slow < factor * quick:
                break
        else:
            yield Growth(pattern, quick, slow)


def _measure(read: Callable[[str], object], text: str) -> float:
    # A collection goes through all that the process holds, which has nothing to do with the text.
    gc.disable()
    try:
        began = time.process_time()
        read(text)
        return time.process_time() - began
    finally:
        gc.enable()


# What a question is made of, beside policy words: places, what is asked, English, punctuation.
ASKED = (
    *"充电站 吉林 安徽 长春市 和 与 有什么 区别 支持 多少 什么时候 谁负责 第十三条 （一） 2025年".split(),
    *"〔2024〕 9号 首台套".split(),
    *"？ ， 。 《 》 “ ” 、 1 a x . / - charging station who pays? the jilin ? 是 的 呢 那 省 市 百 十".split(),
    *"% 关于 意见 附件".split(),
    " and ", " of ", " ",
)  # fmt: skip
LONGEST = 2_000


def find_slow_questions(
    ask: Callable[[str], object], amount: int, seed: int, *, limit: float
) -> tuple[float, list[str]]:
    """Ask questions of the greatest length; return the most seconds, and those above ``limit``."""
    times = {
        pattern: _measure(ask, pattern.write(LONGEST)[:LONGEST])
        for pattern in draw_patterns(amount, seed, ASKED)
    }
    slow = [
        f"{seconds:.1f} s for {pattern}" for pattern, seconds in times.items() if seconds > limit
    ]
    return max(times.values(), default=0.0), slow

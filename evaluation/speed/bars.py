"""What must hold at the largest size."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from evaluation.speed.prediction import without_encoding
from evaluation.speed.types import Speed


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure and the most that it may be; None where it was not measured."""

    name: str
    unit: str
    limit: float
    measured: float | None

    @property
    def holds(self) -> bool:
        """Whether it was measured and is not above the bar."""
        return self.measured is not None and self.measured <= self.limit


def judge(speed: Speed) -> tuple[Bar, ...]:
    """Return the bars with what was measured at the largest size.

    Of the two ways to tell an answer in passes of the encoder the worse one counts. A change counts
    only where a search found it.
    """
    size, change = speed.sizes[-1], speed.change
    latency = size.latency
    passes = max(latency.median_of_ratios, latency.ratio_of_medians)
    found = change.total if change and change.found else None
    return (
        Bar("提问，编码一遍的倍数 ask, in passes of the encoder", "x", 12, passes),
        Bar("检索，不含编码 search without encoding, p50", "ms", 10, latency.search.p50),
        Bar("内存 most memory after the questions", "MB", 1500, size.memory.asked.peak / 1e6),
        Bar("命令行首答 start of qa ask, median", "s", 5, median(size.starts.ask)),
        Bar("网页首答 page's first answer, median", "s", 8, median(size.starts.page_ask)),
        Bar("建立索引，不含编码 build without encoding", "s", 150, without_encoding(size)),
        Bar("改一份文档 one document changed", "s", 30, found),
    )

"""The scored reading of a sequence: its costs one by one, and against every reading there is."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents import sequence
from documents.candidates import Candidate
from documents.numbering import Marker, find_markers
from documents.sequence import find_step, read_sequence


def candidates(*lines: str, weight: float = 3.0) -> list[Candidate]:
    text = "\n".join(lines)
    return [Candidate(marker, weight) for marker in find_markers(text)]


def ordinals(found: list[Candidate]) -> list[str]:
    return [o.candidate.marker.ordinal for o in read_sequence(found)]


def cost_of(found: list[Candidate], taken: tuple[bool, ...]) -> float:
    """What one reading costs, step by step."""
    cost, chain, last = 0.0, (), {}
    for candidate, is_ordinal in zip(found, taken, strict=True):
        if not is_ordinal:
            cost += candidate.weight
            continue
        step = find_step(chain, last, candidate)
        cost += step.cost
        chain = (*chain[: step.depth], candidate.marker)
        last = ({} if step.body else last) | {candidate.marker.series: candidate.marker.value}
    return cost


def cost_found(found: list[Candidate], **options: float) -> float:
    taken = {id(o.candidate) for o in read_sequence(found, **options)}  # type: ignore[arg-type]
    return cost_of(found, tuple(id(candidate) in taken for candidate in found))


_LINES = st.sampled_from(
    "一、 二、 三、 五、 （一） （二） （三） 1. 2. 3. 7. （1） （2） 1.1 1.2 2.1 "
    "第一条 第二条 第三条 第九条 第二条之一".split()
)


@given(st.lists(_LINES, max_size=9), st.lists(st.sampled_from([0.4, 1.0, 1.5, 3, 4]), min_size=9))
def test_a_wide_beam_finds_the_cheapest_of_all_readings(
    lines: list[str], weights: list[float]
) -> None:
    markers = find_markers("\n".join(f"{line} 内容" for line in lines))
    found = [Candidate(m, w) for m, w in zip(markers, weights, strict=False)]
    best = min(cost_of(found, taken) for taken in product((True, False), repeat=len(found)))
    assert cost_found(found, width=10_000, margin=1e9) == pytest.approx(best)


@given(st.lists(_LINES, max_size=9))
def test_the_beam_in_use_is_hardly_ever_worse(lines: list[str]) -> None:
    """What it gives up is worth less than taking one marker for text."""
    found = [Candidate(m, 3.0) for m in find_markers("\n".join(f"{line} 内容" for line in lines))]
    best = min(cost_of(found, taken) for taken in product((True, False), repeat=len(found)))
    assert cost_found(found) < best + 3.0


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["一、甲", "二、乙", "三、丙"], ["一", "二", "三"]),
        (
            ["一、甲", "（一）乙", "（二）丙", "二、丁", "（三）戊"],
            ["一", "（一）", "（二）", "二", "（三）"],
        ),
        # one wrong candidate loses against what it would break
        (["第一条 甲", "第四十六条 乙", "第二条 丙"], ["第一条", "第二条"]),
        (["一、甲", "二、乙", "九、丙", "三、丁", "四、戊"], ["一", "二", "三", "四"]),
        # a lost stretch costs less than everything behind it
        (["第一条 甲", "第四十条 乙", "第四十一条 丙"], ["第一条", "第四十条", "第四十一条"]),
        (["第四百六十四条 甲", "第四百六十五条 乙"], ["第四百六十四条", "第四百六十五条"]),
        # printed twice by mistake
        (["一、甲", "二、乙", "二、丙", "三、丁"], ["一", "二", "二", "三"]),
        (
            ["第十二条 甲", "第十二条之一 乙", "第十三条 丙"],
            ["第十二条", "第十二条之一", "第十三条"],
        ),
        (["1 总则", "1.1 目的", "1.2 依据", "2 组织", "2.1 机构"], ["1", "1.1", "1.2", "2", "2.1"]),
    ],
)
def test_a_reading(lines: list[str], expected: list[str]) -> None:
    found = candidates(*lines, weight=4.0)
    assert ordinals(found) == expected


def test_what_was_expected_is_said() -> None:
    read = read_sequence(candidates("一、甲", "三、乙", "四、丙"))
    assert [o.expected for o in read] == [None, "二", None]


def test_a_title_above_a_restart_opens_a_new_body() -> None:
    first, second, again = candidates("第一条 甲", "第二条 乙", "第一条 丙", weight=4.0)
    plain = read_sequence([first, second, again])
    titled = read_sequence([first, second, Candidate(again.marker, 4.0, (20, "某某办法"))])
    assert not plain[-1].body
    assert titled[-1].body
    assert titled[-1].depth == 0


def test_time_is_linear_in_the_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    """However the candidates lie, no more readings are carried on than the beam is wide."""
    steps = 0
    real = sequence.find_step

    def count(chain: tuple[Marker, ...], last: dict[str, int], candidate: Candidate) -> object:
        nonlocal steps
        steps += 1
        return real(chain, last, candidate)

    monkeypatch.setattr(sequence, "find_step", count)
    lines = ["一、甲", "1. 乙", "（一）丙", "三、丁", "1. 戊", "（2）己"] * 200
    read_sequence(candidates(*lines, weight=1.5))
    assert steps <= sequence.WIDTH * len(lines)

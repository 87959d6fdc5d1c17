"""Names of systems -> configurations, for whatever settings a configuration has."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation import systems
from evaluation.errors import UnknownSystemError
from evaluation.systems import DEFAULT_SYSTEMS, read_system, read_systems
from index.configuration import Configuration


@dataclass(frozen=True, slots=True)
class Grown:
    """A configuration with later stages, and a setting of each type."""

    context: bool = True
    sides: Literal["both", "lexical", "dense"] = "both"
    weight: float | None = None
    late: int = 0
    reranker: str | None = None


@pytest.fixture
def grown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(systems, "Configuration", Grown)


def test_named_systems() -> None:
    assert read_system("default").configuration == Configuration()
    assert read_system("lexical").configuration.sides == "lexical"
    assert read_system("dense").configuration.sides == "dense"
    assert read_system("hybrid").configuration.sides == "both"
    assert read_system("rank-bm25").configuration is None
    assert [system.name for system in read_systems(",".join(DEFAULT_SYSTEMS))] == [*DEFAULT_SYSTEMS]


def test_settings_are_read_by_their_types() -> None:
    found = read_system("lexical:context=false, window=80").configuration
    assert (found.sides, found.context, found.window) == ("lexical", False, 80)
    assert read_system("hybrid:weight=0.5").configuration.weight == 0.5
    assert read_system("hybrid:weight=none").configuration.weight is None
    assert read_system("default:fusion=rrf").configuration.fusion == "rrf"


def test_a_comma_separates_systems_and_settings() -> None:
    names = [s.name for s in read_systems("hybrid:weight=0.5,fusion=rrf, lexical,dense:window=9")]
    assert names == ["hybrid:weight=0.5,fusion=rrf", "lexical", "dense:window=9"]
    assert [s.name for s in read_systems("lexical,lexical")] == ["lexical"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bm42", "hybrid"),
        ("hybrid:wait=1", "weight"),
        ("hybrid:weight=heavy", "float | none"),
        ("hybrid:weight=nan", "float"),
        ("hybrid:weight", "weight"),
        ("hybrid:fusion=sum", "convex | rrf"),
        ("hybrid:context=maybe", "true | false"),
        ("hybrid:window=1.5", "int"),
        ("rank-bm25:k1=2", "rank-bm25"),
        ("", "--systems"),
        (" , ", "--systems"),
        ("weight=0.5", "weight=0.5"),
    ],
)
def test_what_is_unknown_is_answered_with_what_is_known(text: str, message: str) -> None:
    with pytest.raises(UnknownSystemError) as raised:
        read_systems(text)
    assert message in str(raised.value)


@pytest.mark.parametrize("name", ["hybrid+late", "hybrid+ce"])
def test_a_stage_that_the_index_has_can_be_measured_and_no_other(name: str) -> None:
    stage = {"hybrid+late": "late", "hybrid+ce": "reranker"}[name]
    if stage in {field.name for field in fields(Configuration)}:
        assert getattr(read_system(name).configuration, stage)
    else:
        with pytest.raises(UnknownSystemError, match=stage):
            read_system(name)


def test_stages_come_alive_with_their_settings(grown: None) -> None:
    assert read_system("hybrid+late").configuration == Grown(late=200)
    assert read_system("hybrid+late:late=50").configuration == Grown(late=50)
    assert read_system("hybrid+ce:reranker=a/b").configuration == Grown(reranker="a/b")
    assert read_system("hybrid+ce").configuration.reranker
    assert read_system("lexical").configuration == Grown(sides="lexical")


def test_stages_of_the_product_are_off_where_it_is_compared_without_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    @dataclass(frozen=True, slots=True)
    class Late(Grown):
        late: int = 30

    monkeypatch.setattr(systems, "Configuration", Late)
    assert read_system("hybrid").configuration.late == 0
    assert read_system("hybrid+late").configuration.late == 30
    assert read_system("default").configuration.late == 30


def test_what_needs_an_encoder(grown: None) -> None:
    needs = {
        name: read_system(name).encodes for name in ("rank-bm25", "lexical", "dense", "hybrid")
    }
    assert needs == {"rank-bm25": False, "lexical": False, "dense": True, "hybrid": True}
    assert not read_system("lexical:late=10").encodes  # late interaction is for the dense side


def test_settings_that_do_not_fit_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass(frozen=True)
    class Strict:
        window: int = 160

        def __post_init__(self) -> None:
            if self.window < 1:
                raise ValueError("window")

    monkeypatch.setattr(systems, "Configuration", Strict)
    with pytest.raises(UnknownSystemError, match="window"):
        read_system("default:window=0")


@given(st.floats(0, 1))
def test_any_weight_is_read_back(weight: float) -> None:
    assert read_system(f"hybrid:weight={weight}").configuration.weight == weight


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert read_systems(text)
    except UnknownSystemError as error:
        assert str(error)

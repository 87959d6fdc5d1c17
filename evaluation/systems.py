"""Names of what is measured: configurations of the product's own index, and one reference.

``lexical``, ``dense``, ``hybrid``, ``hybrid+late``, ``hybrid+ce`` and ``default`` are configurations;
``hybrid:weight=0.5,fusion=rrf`` is one with settings changed. ``rank-bm25`` is the reference.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from evaluation.errors import UnknownSystemError
from index.configuration import Configuration
from index.cross_encoder import wanted_reranker

BASELINE = "rank-bm25"
DEFAULT_SYSTEMS = (BASELINE, "lexical", "dense", "hybrid", "default")

# Later stages, switched off in the systems that are compared without them.
_WITHOUT_STAGES: Mapping[str, Any] = {"late": 0, "reranker": None}
# Those stages as they are measured where the product itself leaves them off.
_STAGES: Mapping[str, Any] = {"late": 200, "reranker": "BAAI/bge-reranker-v2-m3"}
# What each name changes, and the stage that it is about.
_NAMED: Mapping[str, tuple[Mapping[str, Any], str | None]] = {
    "lexical": ({"sides": "lexical"}, None),
    "dense": ({"sides": "dense"}, None),
    "hybrid": ({"sides": "both"}, None),
    "hybrid+late": ({"sides": "both"}, "late"),
    "hybrid+ce": ({"sides": "both"}, "reranker"),
}
_WORDS = {"true": True, "yes": True, "false": False, "no": False}


@dataclass(frozen=True, slots=True)
class System:
    """A name as it was given, and what it means; the reference has no configuration."""

    name: str
    configuration: Configuration | None

    @property
    def encodes(self) -> bool:
        """Whether its ranking depends on an encoder."""
        configuration = self.configuration
        return configuration is not None and configuration.sides != "lexical"

    @property
    def settings(self) -> dict[str, Any]:
        """All settings by name; none for the reference."""
        configuration = self.configuration
        return (
            {f.name: getattr(configuration, f.name) for f in fields(configuration)}
            if configuration
            else {}
        )


def read_systems(text: str) -> tuple[System, ...]:
    """Return the systems of a list such as ``lexical,hybrid:weight=0.5,fusion=rrf,default``.

    A piece with ``=`` and no name before it is a further setting of the system before.
    UnknownSystemError where a name, a setting or its value cannot be used.
    """
    names: list[str] = []
    for piece in filter(None, map(str.strip, text.split(","))):
        if "=" in piece and ":" not in piece.partition("=")[0] and names:
            names[-1] += f",{piece}" if ":" in names[-1] else f":{piece}"
        else:
            names.append(piece)
    if not names:
        raise UnknownSystemError("--systems", "没有指定系统", "no system is named")
    return tuple(read_system(name) for name in dict.fromkeys(names))


def read_system(name: str) -> System:
    """Return the system of one name, with the settings behind its colon."""
    base, _, settings = name.partition(":")
    if base == BASELINE:
        if settings:
            raise UnknownSystemError(
                name, f"{BASELINE} 没有可改的设置", f"{BASELINE} has no settings"
            )
        return System(name, None)
    configuration = _named(base)
    changes = dict(_setting(name, item) for item in settings.split(",") if item.strip())
    try:
        return System(name, replace(configuration, **changes))
    except ValueError as error:
        raise UnknownSystemError(
            name, f"设置不可用（{error}）", f"unusable settings: {error}"
        ) from error


def _named(name: str) -> Configuration:
    product = Configuration()
    if name == "default":
        return product
    known = {field.name for field in fields(product)}
    if name not in _NAMED:
        names = ", ".join((BASELINE, *_NAMED, "default"))
        raise UnknownSystemError(
            name, f"没有这个系统，可用：{names}", f"no such system; use {names}"
        )
    changes, stage = _NAMED[name]
    if stage and stage not in known:
        raise UnknownSystemError(
            name,
            f"当前的索引没有 {stage} 这一步，无法评测",
            f"the index has no stage {stage} yet, so it cannot be measured",
        )
    wanted = {**_WITHOUT_STAGES, **changes}
    if stage:
        chosen = wanted_reranker() if stage == "reranker" else None
        wanted[stage] = getattr(product, stage) or chosen or _STAGES[stage]
    return replace(product, **{key: value for key, value in wanted.items() if key in known})


def _setting(system: str, item: str) -> tuple[str, Any]:
    key, _, text = map(str.strip, item.partition("="))
    hints = get_type_hints(Configuration)
    if key not in hints:
        known = ", ".join(hints)
        raise UnknownSystemError(
            system, f"没有设置 {key}，可用：{known}", f"no setting {key}; use one of {known}"
        )
    values = _read(hints[key], text)
    if not values:
        wanted = _describe(hints[key])
        raise UnknownSystemError(
            system,
            f"{key} 不能是 {text or '空'}，应为 {wanted}",
            f"{key} cannot be {text or 'empty'}; it must be {wanted}",
        )
    return key, values[0]


def _read(hint: Any, text: str) -> list[Any]:
    """Return the value of ``text`` as the type says, in a list; an empty list where it is none."""
    if get_origin(hint) in (Union, UnionType):
        # None first: "none" is no file's or model's name.
        options = sorted(get_args(hint), key=lambda option: option is not NoneType)
        return [value for option in options for value in _read(option, text)][:1]
    if get_origin(hint) is Literal:
        return [value for value in get_args(hint) if str(value) == text]
    if hint is NoneType:
        return [None] if text.lower() == "none" else []
    if hint is bool:
        return [_WORDS[text.lower()]] if text.lower() in _WORDS else []
    if hint in (int, float):
        try:
            value = hint(text)
        except ValueError:
            return []
        return [value] if math.isfinite(value) else []
    return [text] if hint is str and text else []


def _describe(hint: Any) -> str:
    if get_origin(hint) in (Union, UnionType):
        return " | ".join(map(_describe, get_args(hint)))
    if get_origin(hint) is Literal:
        return " | ".join(map(str, get_args(hint)))
    if hint is bool:
        return "true | false"
    return "none" if hint is NoneType else getattr(hint, "__name__", str(hint))

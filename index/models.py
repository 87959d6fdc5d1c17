"""What models of sentence-transformers have in common: how they are found, loaded and identified.

A model is a folder or a name on the Hugging Face hub; only a name that is not in the local cache
reaches for the network. Its identity is that of its files.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from index.errors import ModelError
from index.preparation import MANIFEST

# More threads than cores are slower, and one process should not take a whole server.
_MAX_THREADS = 8

# Seconds to wait for the hub's first word. Its own client retries for over a minute when offline.
_HUB_TIMEOUT = 10

# In a model's folder these do not touch what it computes: descriptions, and copies for other
# runtimes.
_IRRELEVANT_SUFFIXES = {".md", ".png", ".onnx", ".h5", ".ot", ".msgpack"}
_IRRELEVANT_FOLDERS = {"onnx", "openvino"}


class Prompted(Protocol):
    """A model of sentence-transformers, which puts prompts before texts."""

    @property
    def prompts(self) -> Mapping[str, str | None]: ...


Model = TypeVar("Model", bound=Prompted)


@dataclass(frozen=True, slots=True)
class Family:
    """Models for one use: what they are called, how one is chosen, how one is known.

    ``option`` and ``variable`` name one; ``owner`` is meant by a name on the hub without an owner;
    a folder or a name in the cache without the file ``marker`` is none.
    """

    zh: str
    en: str
    kind: str
    option: str
    variable: str
    owner: str
    marker: str

    def error(self, name: str, zh: str, en: str) -> ModelError:
        """Return the error that says why the model ``name`` cannot be loaded, and the way out."""
        return ModelError(
            f"无法加载{self.zh} {name}：{zh}。离线使用时，请把 {self.kind} 模型的整个文件夹"
            f"复制到本机，再用 {self.option} 或 {self.variable} 指定其路径。\n"
            f"Cannot load {self.en} {name}: {en}. To work offline, copy the folder of a "
            f"{self.kind} model to this machine and pass its path with {self.option} or "
            f"{self.variable}."
        )


def open_model(
    name: str, family: Family, load: Callable[[str, bool], Model], *, folder: str | None = None
) -> tuple[Model, str]:
    """Return the model ``name`` as ``load(folder or hub name, local only)`` has it, and its identity.

    The identity is ``sha256:`` over its files and prompts for a folder, wherever it lies, and
    ``name@revision`` for a name on the hub. ``folder`` is where the model lies if not at ``name``.

    Raises:
        ModelError: it cannot be found or loaded.
    """
    path = Path(folder or os.path.expanduser(name))
    _limit_threads()
    if path.is_dir():
        return _from_folder(name, path, family, load)
    if path.exists():
        raise family.error(name, "它是文件，不是文件夹", "it is a file, not a folder")
    return _from_hub(name, family, load)


def model_cache() -> str | None:
    """Return the cache folder that sentence-transformers is told to use; None: the hub's default."""
    return os.environ.get("SENTENCE_TRANSFORMERS_HOME")


def readable(texts: Sequence[str]) -> list[str]:
    """Return ``texts`` as tokenizers take them; TypeError for a single text."""
    if isinstance(texts, str):  # is itself a sequence of strings, and would be taken apart
        raise TypeError("expected a sequence of texts, got a single text")
    # JSON can carry half of a surrogate pair, at which tokenizers fail; it becomes a question mark.
    return [text.encode("utf-8", "replace").decode() for text in texts]


@contextmanager
def no_progress_bars() -> Iterator[None]:
    """Silence the bars of transformers and the hub, which are a global switch, for a while."""
    from transformers.utils import logging

    enabled = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if enabled:
            logging.enable_progress_bar()


def _from_folder(
    name: str, folder: Path, family: Family, load: Callable[[str, bool], Model]
) -> tuple[Model, str]:
    if not (folder / family.marker).is_file():
        raise family.error(
            name,
            f"文件夹中没有 {family.marker}，不是 {family.kind} 模型",
            f"the folder has no {family.marker}, so it is not a {family.kind} model",
        )
    try:
        model = load(str(folder), True)
        return model, _folder_fingerprint(folder, model.prompts)
    except ModelError:
        raise
    except Exception as error:  # whatever a damaged folder provokes in the libraries below
        raise family.error(name, _first_line(error), _first_line(error)) from error


def _from_hub(name: str, family: Family, load: Callable[[str, bool], Model]) -> tuple[Model, str]:
    from huggingface_hub import HfApi

    repository = name if "/" in name else f"{family.owner}/{name}"
    try:
        if _cached_revision(repository, family.marker):
            try:
                return load(repository, True), _hub_fingerprint(name, repository)
            except (OSError, ValueError):
                pass  # a download was interrupted; the hub has the rest
        HfApi().model_info(repository, timeout=_HUB_TIMEOUT)
        return load(repository, False), _hub_fingerprint(name, repository)
    except ModelError:
        raise
    except Exception as error:  # network, hub and libraries each have their own
        raise family.error(
            name,
            f"本机没有此文件夹，也无法从 Hugging Face 取得（{_first_line(error)}）",
            f"no such folder here, and it cannot be had from the hub ({_first_line(error)})",
        ) from error


def _hub_fingerprint(name: str, repository: str) -> str:
    revision = _cached_revision(repository, "config.json")  # where loading has just put it
    return f"{name}@{revision}" if revision else name


def _cached_revision(repository: str, file: str) -> str | None:
    """The revision at which the local cache holds the file, or None if it does not."""
    from huggingface_hub import try_to_load_from_cache

    path = try_to_load_from_cache(repository, file, cache_dir=model_cache())
    return Path(path).parent.name if isinstance(path, str) else None


def _limit_threads() -> None:
    """Lower torch's threads to the cores this process may use; never raise them."""
    import torch

    available = getattr(os, "sched_getaffinity", None)
    cores = len(available(0)) if available else os.cpu_count() or 1
    limit = min(cores, _MAX_THREADS)
    if torch.get_num_threads() > limit:
        torch.set_num_threads(limit)


def _folder_fingerprint(folder: Path, prompts: Mapping[str, str | None]) -> str:
    """SHA-256 over the names and contents of what makes the results; .3 s for 480 MB here."""
    digest = hashlib.sha256(json.dumps(dict(prompts), sort_keys=True).encode())
    for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix()):
        relative = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in relative.parts)
        irrelevant = (
            path.suffix in _IRRELEVANT_SUFFIXES
            or relative.parts[0] in _IRRELEVANT_FOLDERS
            or path.name == MANIFEST
        )
        if path.is_file() and not hidden and not irrelevant:
            with path.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()
            digest.update(f"{relative.as_posix()}\0{content}\n".encode())
    return f"sha256:{digest.hexdigest()}"


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
